#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "hash.h"
#include "view.h"

enum { CHUNK = FOLD_CHUNK, ICMP = 1, TCP = 6, UDP = 17, ICMP6 = 58, SCTP = 132 };

/* What is sorted: as much of the order as fits beside each other, so that the records themselves are hardly looked at. */
struct __attribute__((packed, aligned(4))) fold_order {	/* as small as can be: the library's sort needs it twice */
	uint64_t server, client;
	uint32_t index;		/* of the record */
};

static uint64_t
word(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}

uint64_t
fold_hash(const struct fold *t, const struct aud_conv *c)
{
	/* Mixed before the addresses come in: whoever chooses both could make one up for the other. */
	uint64_t h = mix64(t->secret ^ ((uint64_t)c->port << 8 | c->proto));

	h = mix64(mix64(mix64(h ^ word(c->client.b)) ^ word(c->client.b + 8)) ^ word(c->server.b));
	return mix64(h ^ word(c->server.b + 8));
}

/* The order of server, port and transport in one word, that of client and application in another: IPv4 wholly, of IPv6 the first bytes. */
static struct fold_order
order_of(const struct aud_conv *c, uint32_t index)
{
	struct fold_order o = {.index = index};

	if (c->server.family == 6) {
		o.server = UINT64_C(1) << 63 | be64(c->server.b) >> 1;
		return o;
	}
	o.server = (uint64_t)be32(c->server.b) << 24 | (uint64_t)c->port << 8 | c->proto;
	o.client = (uint64_t)be32(c->client.b) << 32 | (uint64_t)c->app.master << 16 | c->app.sub;
	return o;
}

static int
by_order(const void *a, const void *b, void *fold)
{
	const struct fold_order *x = a, *y = b;

	if (x->server != y->server)
		return x->server < y->server ? -1 : 1;
	if (x->client != y->client)
		return x->client < y->client ? -1 : 1;
	return conv_cmp(fold_at(fold, x->index), fold_at(fold, y->index));
}

/* Moves every record to the place that order gives it, one cycle of the permutation after the other. */
static void
permute(struct fold *t, struct fold_order *order)
{
	struct aud_conv hand;

	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t to = i;
		if (order[i].index == i)
			continue;
		hand = *fold_at(t, i);
		while (order[to].index != i) {
			uint32_t next = order[to].index;
			*fold_at(t, to) = *fold_at(t, next);
			order[to].index = to;
			to = next;
		}
		*fold_at(t, to) = hand;
		order[to].index = to;
	}
}

enum aud_code
fold_sort(struct fold *t, struct aud_err *err)
{
	struct fold_order *order = malloc((t->n + 1) * sizeof *order);

	if (!order)
		return aud_nomem(err);
	free(t->slots);		/* nothing is added any more */
	t->slots = NULL;
	for (size_t i = 0; i < t->n; i++)
		order[i] = order_of(fold_at(t, i), (uint32_t)i);
	qsort_r(order, t->n, sizeof *order, by_order, t);
	permute(t, order);
	free(order);
	return AUD_OK;
}

struct aud_conv *
fold_at(const struct fold *t, size_t i)
{
	return &t->chunks[i / CHUNK][i % CHUNK];
}

void
fold_clear(struct fold *t)
{
	for (size_t i = 0; i < t->nchunks; i++)
		free(t->chunks[i]);
	free(t->chunks);
	free(t->slots);
	memset(t, 0, sizeof *t);
}

int
conv_cmp(const struct aud_conv *a, const struct aud_conv *b)
{
	int c;

	if ((c = aud_addr_cmp(&a->server, &b->server)))
		return c;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;
	if ((c = aud_addr_cmp(&a->client, &b->client)))
		return c;
	if (a->app.master != b->app.master)
		return a->app.master < b->app.master ? -1 : 1;
	if (a->app.sub != b->app.sub)
		return a->app.sub < b->app.sub ? -1 : 1;
	return (a->app.by > b->app.by) - (a->app.by < b->app.by);
}

static bool
has_ports(uint8_t proto)
{
	return proto == TCP || proto == UDP || proto == SCTP;
}

/* -1: no opinion. */
static int
server_side(bool side0, bool side1)
{
	return side0 == side1 ? -1 : side1;
}

void
fold_direct(const struct fold *t, struct fold_flow *x, struct aud_addr side0, struct aud_addr side1)
{
	const uint16_t *port = x->f->port;
	uint8_t proto = x->f->proto;
	int server = -1;

	x->side = aud_flow_client(x->f, &x->by);
	if (x->by == AUD_DIR_FIRST && has_ports(proto)) {
		if (t->matcher && t->attrib) {
			struct aud_who a = aud_attrib_find(t->attrib, &side0, port[0], proto), b = aud_attrib_find(t->attrib, &side1, port[1], proto);
			server = server_side(a.roles && aud_matcher_serves(t->matcher, a.roles, port[0], proto),
			    b.roles && aud_matcher_serves(t->matcher, b.roles, port[1], proto));
		}
		if (server >= 0)
			x->by = AUD_DIR_ROLE;
		else if ((t->matcher && (server = server_side(aud_matcher_serves(t->matcher, 0, port[0], proto),
		    aud_matcher_serves(t->matcher, 0, port[1], proto))) >= 0) ||
		    (server = server_side(port[0] < 1024, port[1] < 1024)) >= 0)	/* RFC 6335: system ports */
			x->by = AUD_DIR_PORT;
		if (server >= 0)
			x->side = !server;
	}
	x->client = x->side ? side1 : side0;
	x->server = x->side ? side0 : side1;
}

static enum aud_code
grow(struct fold *t, struct aud_err *err)
{
	size_t size = t->slots ? (t->mask + 1) * 2 : 1024;
	uint32_t *s = calloc(size, sizeof *s);

	if (!s)
		return aud_nomem(err);
	for (size_t i = 0; i < t->n; i++) {
		const struct aud_conv *c = fold_at(t, i);
		size_t k = fold_hash(t, c) & (size - 1);
		while (s[k])
			k = (k + 1) & (size - 1);
		s[k] = (uint32_t)i + 1;
	}
	free(t->slots);
	t->slots = s;
	t->mask = size - 1;
	return AUD_OK;
}

static enum aud_code
conv_new(struct fold *t, const struct aud_conv *key, size_t slot, struct aud_conv **out, struct aud_err *err)
{
	if (t->n / CHUNK == t->nchunks) {
		struct aud_conv **c = realloc(t->chunks, (t->nchunks + 1) * sizeof *c);
		if (!c)
			return aud_nomem(err);
		t->chunks = c;
		if (!(c[t->nchunks] = malloc(CHUNK * sizeof **c)))
			return aud_nomem(err);
		t->nchunks++;
	}
	*out = fold_at(t, t->n);
	**out = *key;
	t->slots[slot] = (uint32_t)++t->n;
	return AUD_OK;
}

static enum aud_code
find(struct fold *t, const struct aud_conv *key, struct aud_conv **out, struct aud_err *err)
{
	enum aud_code rc;
	size_t k;

	if ((!t->slots || t->n * 10 >= t->mask * 7) && (rc = grow(t, err)) != AUD_OK)
		return rc;
	for (k = fold_hash(t, key) & t->mask; t->slots[k]; k = (k + 1) & t->mask)
		if (!conv_cmp(fold_at(t, t->slots[k] - 1), key)) {
			*out = fold_at(t, t->slots[k] - 1);
			return AUD_OK;
		}
	if (t->max && t->n >= t->max) {
		if (!t->evicts) {
			*out = NULL;
			return AUD_OK;
		}
		fold_evict(t);
		for (k = fold_hash(t, key) & t->mask; t->slots[k]; k = (k + 1) & t->mask)
			;
	}
	return conv_new(t, key, k, out, err);
}

enum aud_code
fold_put(struct fold *t, const struct aud_conv *conv, struct aud_err *err)
{
	struct aud_conv *c;

	return find(t, conv, &c, err);
}

/* Keeps the earliest frames, in order. */
static void
add_frame(uint64_t frames[AUD_CONV_FRAMES], uint64_t frame)
{
	for (int i = 0; i < AUD_CONV_FRAMES; i++) {
		if (frames[i] == frame)
			return;
		if (!frames[i] || frame < frames[i]) {
			memmove(&frames[i + 1], &frames[i], (size_t)(AUD_CONV_FRAMES - 1 - i) * sizeof *frames);
			frames[i] = frame;
			return;
		}
	}
}

static void
earliest(uint64_t *frame, uint64_t other)
{
	if (other && (!*frame || other < *frame))
		*frame = other;
}

/*
 * One side of a connection was captured, and it shows that the other one spoke: it acknowledges an answer to its SYN, sends data
 * (which RFC 9293 allows after the handshake only), or answers a SYN itself.
 */
static bool
one_sided(const struct fold_flow *x, bool from_client, bool from_server)
{
	uint32_t bits = x->f->bits;
	int there = from_client ? x->side : !x->side;

	if (from_client == from_server)
		return false;
	return bits & ((uint32_t)AUD_FLOW_DATA0 << there) || bits & ((uint32_t)AUD_FLOW_SYNACK0 << there) || bits & AUD_FLOW_ANSWERED;
}

static void
tally_tcp(struct aud_conv *c, const struct fold_flow *x, bool from_client, bool from_server)
{
	enum aud_handshake hs = aud_flow_handshake(x->f);
	bool refused = x->f->bits & AUD_FLOW_REFUSED_RST, one = one_sided(x, from_client, from_server);

	c->established += hs == AUD_HS_FULL || hs == AUD_HS_SYN_SYNACK;
	c->midstream += hs == AUD_HS_NONE;
	c->refused_rst += refused;
	c->answered += from_client && from_server && !refused;
	c->one_sided += one;
	c->unanswered += from_client && !from_server && !one;
}

static void
tally(struct aud_conv *c, const struct fold_flow *x)
{
	const struct aud_flow *f = x->f;
	const struct aud_flow_more *m = x->m;
	uint64_t sent[2] = {aud_flow_packets(f, m, x->side), aud_flow_packets(f, m, !x->side)};
	uint64_t app_frame = aud_flow_app_frame(m);
	uint16_t port = f->port[x->side];

	c->flows++;
	for (int i = 0; i < 2; i++) {
		c->packets[i] += sent[i];
		c->bytes[i] += f->bytes[i ? !x->side : x->side];
		c->with_data[i] += !!(f->bits & ((uint32_t)AUD_FLOW_DATA0 << (i ? !x->side : x->side)));
	}
	if (m->first_ns < c->first_ns)
		c->first_ns = m->first_ns;
	if (f->last_ns > c->last_ns)
		c->last_ns = f->last_ns;
	if (f->proto == TCP)
		tally_tcp(c, x, sent[0], sent[1]);
	else {
		c->answered += sent[0] && sent[1];
		c->unanswered += sent[0] && !sent[1];
	}
	c->server_only += !sent[0] && sent[1];
	c->refused_icmp += !!(f->bits & AUD_FLOW_REFUSED);
	c->filtered_icmp += !!(f->bits & AUD_FLOW_FILTERED);
	c->facts |= m->facts;
	c->hellos += !!(m->facts & AUD_FACT_TLS_HELLO);
	c->server_hellos += !!(m->facts & AUD_FACT_TLS_SERVER);
	c->certificates += !!(m->facts & AUD_FACT_CLIENT_CERT);
	c->no_certificates += !!(m->facts & AUD_FACT_CLIENT_NOCERT);
	c->truncated += !!(f->bits & AUD_FLOW_SHORT);
	c->gaps += !!(f->bits & (AUD_FLOW_GAP0 | AUD_FLOW_GAP1));
	c->ah += !!(f->bits & AUD_FLOW_AH);
	c->esp_null += !!(f->bits & AUD_FLOW_CLEAR);
	if (x->by < c->direction)
		c->direction = x->by;
	c->duplicates += f->duplicates;
	if (port < c->client_port_lo)
		c->client_port_lo = port;
	if (port > c->client_port_hi)
		c->client_port_hi = port;
	/* An offer, or an answer that the client turned down, is not what the two speak. */
	if (m->tls_version && m->facts & AUD_FACT_TLS_SERVER && m->facts & AUD_FACT_TLS_DONE && !(m->facts & AUD_FACT_NOT_TLS)) {
		if (!c->tls_min || m->tls_version < c->tls_min) {
			c->tls_min = m->tls_version;
			c->tls_frame = 0;
		}
		if (m->tls_version == c->tls_min)
			earliest(&c->tls_frame, app_frame);
		if (m->tls_version > c->tls_max)
			c->tls_max = m->tls_version;
	}
	add_frame(c->frames, m->first_frame);
	earliest(&c->app_frame, app_frame);
	if (m->facts & AUD_FACT_CLIENT_NOCERT)
		earliest(&c->nocert_frame, app_frame);
}

bool
fold_leaves_out(const struct fold *t, const struct fold_flow *x)
{
	return t->attrib && !aud_attrib_find(t->attrib, &x->client, 0, 0).host && !aud_attrib_find(t->attrib, &x->server, 0, 0).host;
}

/* True, and counted, where neither host is in the site file: the matrix speaks of roles only. */
static bool
outside(struct fold *t, const struct fold_flow *x)
{
	struct fold_outside *o = &t->outside;
	uint64_t sent[2] = {aud_flow_packets(x->f, x->m, x->side), aud_flow_packets(x->f, x->m, !x->side)};

	if (!fold_leaves_out(t, x))
		return false;
	o->flows++;
	o->packets += sent[0] + sent[1];
	o->bytes += x->f->bytes[0] + x->f->bytes[1];
	if (x->f->proto != TCP)
		return true;
	if (sent[0] && sent[1])
		o->tcp_answered += !(x->f->bits & AUD_FLOW_REFUSED_RST);
	else if (one_sided(x, sent[0], sent[1])) {
		o->tcp_one_way++;
		if (!o->frame || x->m->first_frame < o->frame)
			o->frame = x->m->first_frame;
	}
	return true;
}

/* What an error message says stands with the flow that it quotes; it is no talk of its own (RFC 1122 3.2.2). */
static bool
no_talk(const struct aud_flow *f)
{
	return (f->proto == ICMP || f->proto == ICMP6) && !(f->bits & AUD_FLOW_ICMP_QUERY);
}

/* The conversation of x, of which nothing is tallied yet. */
static struct aud_conv
begun(const struct fold_flow *x)
{
	struct aud_conv key;

	memset(&key, 0, sizeof key);
	key.client = x->client;
	key.server = x->server;
	key.port = x->f->port[!x->side];
	key.proto = x->f->proto;
	/* A guess by port is no evidence: such flows count as not recognised. */
	if (x->m->app.by == AUD_BY_DPI || x->m->app.by == AUD_BY_OWN)
		key.app = x->m->app;
	key.first_ns = UINT64_MAX;
	key.client_port_lo = UINT16_MAX;
	key.direction = AUD_DIR_FIRST;
	key.tunnel = x->m->tunnel;
	return key;
}

enum aud_code
fold_add(struct fold *t, const struct fold_flow *x, struct aud_err *err)
{
	struct aud_conv key, *c = NULL;
	enum aud_code rc;

	if (no_talk(x->f) || outside(t, x))
		return AUD_OK;
	key = begun(x);
	if ((rc = find(t, &key, &c, err)) != AUD_OK)
		return rc;
	if (c)
		tally(c, x);
	else
		t->dropped++;
	return AUD_OK;
}

static void
less32(uint32_t *n, uint32_t by)
{
	*n -= by < *n ? by : *n;
}

void
fold_take_back(struct fold *t, const struct fold_flow *x)
{
	struct aud_conv one = begun(x), *c;
	size_t k;

	if (!t->slots || no_talk(x->f) || fold_leaves_out(t, x))
		return;
	for (k = fold_hash(t, &one) & t->mask; t->slots[k] && conv_cmp(fold_at(t, t->slots[k] - 1), &one); k = (k + 1) & t->mask)
		;
	if (!t->slots[k])
		return;
	c = fold_at(t, t->slots[k] - 1);
	if (c->flows <= 1) {
		fold_drop(t, t->slots[k] - 1);
		return;
	}
	tally(&one, x);
	for (int i = 0; i < 2; i++) {
		fold_less(&c->packets[i], one.packets[i]);
		fold_less(&c->bytes[i], one.bytes[i]);
		less32(&c->with_data[i], one.with_data[i]);
	}
	uint32_t *const from[] = {&c->flows, &c->established, &c->midstream, &c->answered, &c->unanswered, &c->one_sided, &c->server_only,
	    &c->refused_rst, &c->refused_icmp, &c->filtered_icmp, &c->hellos, &c->server_hellos, &c->certificates, &c->no_certificates,
	    &c->truncated, &c->gaps, &c->ah, &c->esp_null, &c->duplicates};
	const uint32_t by[] = {one.flows, one.established, one.midstream, one.answered, one.unanswered, one.one_sided, one.server_only,
	    one.refused_rst, one.refused_icmp, one.filtered_icmp, one.hellos, one.server_hellos, one.certificates, one.no_certificates,
	    one.truncated, one.gaps, one.ah, one.esp_null, one.duplicates};
	_Static_assert(sizeof from / sizeof *from == sizeof by / sizeof *by, "each has its own");
	for (size_t i = 0; i < sizeof by / sizeof *by; i++)
		less32(from[i], by[i]);
}
