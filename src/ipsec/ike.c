/* IKE: the header that IKEv1 (RFC 2408, 3.1), AuthIP (MS-AIPS) and IKEv2 (RFC 7296, 3.1) share, and a record for each negotiation. */
#include <hash.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"

enum {
	HEADER = 28, FIRST_CAP = 64, EVICT_SAMPLE = 32,
	V1_ENCRYPTED = 1, V2_INITIATOR = 8, V2_SA_INIT = 34,
};

struct message {
	const uint8_t *initiator_spi, *responder_spi;
	uint8_t payload, version, exchange, flags;
	uint32_t length;
	struct aud_view payloads;
};

enum aud_code
ike_table_init(struct ike_table *t, size_t max, uint64_t secret, struct aud_err *err)
{
	t->max = max;
	t->secret = secret;
	t->mask = FIRST_CAP - 1;
	t->buckets = calloc(FIRST_CAP, sizeof *t->buckets);
	return t->buckets ? AUD_OK : aud_nomem(err);
}

void
ike_table_clear(struct ike_table *t)
{
	free(t->v);
	free(t->buckets);
}

static bool
zero(const uint8_t spi[8])
{
	return !be64(spi);
}

static bool
parse(struct aud_view v, uint32_t sent, struct message *m)
{
	const uint8_t *p = v.p;

	if (!view_skip(&v, HEADER))
		return false;
	*m = (struct message){
	    .initiator_spi = p, .responder_spi = p + 8, .payload = p[16], .version = p[17], .exchange = p[18], .flags = p[19],
	    .length = be32(p + 24), .payloads = v,
	};
	if (m->version >> 4 != 1 && m->version >> 4 != 2)
		return false;
	return m->length >= HEADER && m->length <= sent && !zero(p) && m->exchange;
}

static uint32_t
hash(const struct ike_table *t, const struct aud_addr *a, const struct aud_addr *b, const uint8_t spi[8])
{
	uint64_t h = 0;

	/* The same for both directions. The secret is in each part, so that no sender can choose a SPI that makes up for its addresses. */
	for (int i = 0; i < 16; i += 8)
		h += mix64(t->secret ^ (be64(a->b + i) + (uint64_t)i)) + mix64(t->secret ^ (be64(b->b + i) + (uint64_t)i));
	return (uint32_t)mix64(h ^ be64(spi));
}

static bool
is_pair(const struct aud_ike *k, const struct aud_addr *a, const struct aud_addr *b)
{
	return (!aud_addr_cmp(&k->initiator, a) && !aud_addr_cmp(&k->responder, b)) ||
	       (!aud_addr_cmp(&k->initiator, b) && !aud_addr_cmp(&k->responder, a));
}

static void
put(struct ike_table *t, uint32_t i)
{
	uint32_t *b = &t->buckets[t->v[i].hash & t->mask];

	t->v[i].next = *b;
	*b = i + 1;
}

static enum aud_code
grow(struct ike_table *t, struct aud_err *err)
{
	size_t cap = t->cap ? t->cap * 2 : FIRST_CAP;
	struct ike *v = realloc(t->v, cap * sizeof *v);
	uint32_t *b;

	if (!v)
		return aud_nomem(err);
	t->v = v;
	if (!(b = calloc(cap, sizeof *b)))
		return aud_nomem(err);
	free(t->buckets);
	t->buckets = b;
	t->mask = cap - 1;
	t->cap = cap;
	for (uint32_t i = 0; i < t->n; i++)
		put(t, i);
	return AUD_OK;
}

/* Of the records under the hand's next steps the unanswered ones go first, of these the idlest. */
static uint32_t
evict(struct ike_table *t)
{
	uint32_t worst = UINT32_MAX;

	for (unsigned i = 0; i < EVICT_SAMPLE && i < t->n; i++) {
		t->hand = t->hand + 1 < t->n ? t->hand + 1 : 0;
		const struct aud_ike *a = &t->v[t->hand].rec, *w = worst == UINT32_MAX ? NULL : &t->v[worst].rec;
		if (!w || !a->answer_ns > !w->answer_ns || (!a->answer_ns == !w->answer_ns && a->last_ns < w->last_ns))
			worst = t->hand;
	}
	uint32_t *b = &t->buckets[t->v[worst].hash & t->mask];
	while (*b != worst + 1)
		b = &t->v[*b - 1].next;
	*b = t->v[worst].next;
	t->evicted++;
	return worst;
}

/* Who began is told by the first message's empty cookie, or by a flag (RFC 7296, 3.1). */
static void
start(struct ike *k, const struct message *m, const struct aud_packet *p)
{
	struct aud_addr src = aud_packet_src(p), dst = aud_packet_dst(p);
	bool v2 = m->version >> 4 == 2, from = !v2 || m->flags & V2_INITIATOR;

	k->rec = (struct aud_ike){
	    .initiator = from ? src : dst, .responder = from ? dst : src,
	    .sides_known = v2 || zero(m->responder_spi),
	    .sport = p->sport, .dport = p->dport,
	    .tunnel = p->tunnel,
	    .first_ns = p->ts_ns, .last_ns = p->ts_ns,
	};
	memcpy(k->rec.initiator_spi, m->initiator_spi, 8);
}

static enum aud_code
fresh(struct ike_table *t, uint32_t h, struct ike **out, struct aud_err *err)
{
	enum aud_code rc;
	uint32_t i;

	if (t->n == t->max) {
		i = evict(t);
	} else {
		if (t->n == t->cap && (rc = grow(t, err)) != AUD_OK)
			return rc;
		i = (uint32_t)t->n++;
	}
	t->v[i] = (struct ike){.hash = h};
	put(t, i);
	*out = &t->v[i];
	return AUD_OK;
}

static struct ike *
find(const struct ike_table *t, uint32_t h, const struct aud_addr *a, const struct aud_addr *b, const uint8_t spi[8])
{
	for (uint32_t i = t->buckets[h & t->mask]; i; i = t->v[i - 1].next) {
		struct ike *k = &t->v[i - 1];

		if (k->hash == h && !memcmp(k->rec.initiator_spi, spi, 8) && is_pair(&k->rec, a, b))
			return k;
	}
	return NULL;
}

enum aud_code
ike_take(struct ike_table *t, const struct aud_ike *key, struct ike **out, struct aud_err *err)
{
	uint32_t h = hash(t, &key->initiator, &key->responder, key->initiator_spi);

	*out = NULL;
	if (find(t, h, &key->initiator, &key->responder, key->initiator_spi))
		return AUD_OK;
	return fresh(t, h, out, err);
}

static enum aud_code
get(struct ike_table *t, const struct message *m, const struct aud_packet *p, struct ike **out, struct aud_err *err)
{
	struct aud_addr src = aud_packet_src(p), dst = aud_packet_dst(p);
	uint32_t h = hash(t, &src, &dst, m->initiator_spi);
	enum aud_code rc;

	if ((*out = find(t, h, &src, &dst, m->initiator_spi)))
		return AUD_OK;
	if ((rc = fresh(t, h, out, err)) == AUD_OK)
		start(*out, m, p);
	return rc;
}

static void
exchange(struct ike *k, const struct message *m, uint64_t ts_ns, unsigned side)
{
	struct aud_ike *r = &k->rec;
	struct aud_ike_exchange *x = r->exchanges;
	unsigned i;

	for (i = 0; i < r->nexchanges; i++)
		if (x[i].version == m->version && x[i].type == m->exchange)
			break;
	if (i == AUD_IKE_EXCHANGES) {
		r->exchanges_more = true;
		return;
	}
	if (i == r->nexchanges) {
		x[i] = (struct aud_ike_exchange){.version = m->version, .type = m->exchange, .first_ns = ts_ns};
		k->first_side[i] = (uint8_t)side;
		r->nexchanges++;
	}
	x[i].messages[side]++;
	if (side != k->first_side[i] && !x[i].answer_ns)
		x[i].answer_ns = ts_ns;
}

enum seen { NEW, AGAIN, COPY };

/* A retransmission is the same bytes again (RFC 7296, 2.1). */
static enum seen
seen(struct ike *k, uint64_t print, uint64_t ts_ns, uint64_t copy_ns)
{
	enum seen is = NEW;

	for (unsigned i = 0; i < RECENT_IKE; i++) {
		struct recent_ike *r = &k->recent[i];
		if (!r->ts_ns || r->print != print)
			continue;
		uint64_t apart = r->ts_ns < ts_ns ? ts_ns - r->ts_ns : r->ts_ns - ts_ns;
		if (copy_ns && apart <= copy_ns)
			return COPY;
		r->ts_ns = ts_ns;
		is = AGAIN;
	}
	if (is == NEW)
		k->recent[k->nrecent++ % RECENT_IKE] = (struct recent_ike){ts_ns, print};
	return is;
}

static uint64_t
print_of(struct aud_view v, unsigned side)
{
	uint64_t h = side + 1;

	for (; view_left(&v) >= 8; v.p += 8)
		h = mix64(h ^ be64(v.p));
	for (; v.p < v.end; v.p++)
		h = mix64(h ^ *v.p);
	return h;
}

static void
tally(struct aud_ike *r, const struct aud_packet *p, unsigned side)
{
	uint64_t n = r->messages[0] + r->messages[1];

	if (n < AUD_SA_FRAMES)
		r->frames[n] = p->frame_no;
	r->messages[side]++;
	r->bytes += p->iplen;
	if (p->ts_ns < r->first_ns)
		r->first_ns = p->ts_ns;
	if (p->ts_ns > r->last_ns)
		r->last_ns = p->ts_ns;
	if (side && !r->answer_ns) {
		r->answer_ns = p->ts_ns;
		r->answer_frame = p->frame_no;
	}
}

enum aud_code
ike_message(struct ike_table *t, const struct ike_way *way, struct aud_view v, uint32_t sent, bool *is, struct aud_err *err)
{
	const struct aud_packet *p = way->packet;
	struct aud_addr src = aud_packet_src(p);
	struct message m;
	struct ike *k;
	unsigned side;
	bool v2;
	enum aud_code rc;

	*is = parse(v, sent, &m);
	if (!*is)
		return AUD_OK;
	if ((rc = get(t, &m, p, &k, err)) != AUD_OK)
		return rc;
	k->touched = way->round;
	v2 = m.version >> 4 == 2;
	side = aud_addr_cmp(&src, &k->rec.initiator) != 0;
	switch (seen(k, print_of(v, side), p->ts_ns, way->copy_ns)) {
	case COPY: k->rec.copies++; return AUD_OK;
	case AGAIN: k->rec.retransmissions[side]++; break;
	case NEW: break;
	}
	if (zero(k->rec.responder_spi))
		memcpy(k->rec.responder_spi, m.responder_spi, 8);
	k->rec.nat_t |= way->nat_t;
	if (way->nat_t) {
		k->nat_port[side] = p->sport;
		k->nat_port[!side] = p->dport;
	}
	k->rec.tcp |= way->tcp;
	exchange(k, &m, p->ts_ns, side);
	tally(&k->rec, p, side);
	if (v2 ? m.exchange == V2_SA_INIT : !(m.flags & V1_ENCRYPTED))
		vendor_ids(m.payloads, m.payload, v2, &k->rec.vendors, &k->rec.other_vendors);
	return AUD_OK;
}
