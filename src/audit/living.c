#include <stdlib.h>
#include <string.h>

#include <aud/classify.h>

#include "living.h"
#include "put.h"

enum {
	TCP = 6, UDP = 17, SYN = 2, COUNTED = 1, DECIDED = 2, V4_HEADER = 20, V6_HEADER = 40, TCP_HEADER = 20, UDP_HEADER = 8,
	PART_HEAD = 8, FORM = 1,
};
static const char magic[] = "SPFL";

static bool
address(const struct aud_addr *a)
{
	static const uint8_t none[12];

	return a->family == 6 || (a->family == 4 && !memcmp(a->b + 4, none, sizeof none));
}

/* Of this program, of nDPI and of the form: another, and nothing is read. FNV-1a. */
static uint32_t
version(void)
{
	const char *const of[] = {AUD_VERSION, aud_ndpi_version()};
	uint32_t h = UINT32_C(2166136261) ^ FORM;

	for (size_t i = 0; i < 2; i++)
		for (const char *s = of[i]; *s; s++)
			h = (h ^ (uint8_t)*s) * UINT32_C(16777619);
	return h;
}

void
living_clear(struct living_parts *t)
{
	t->n = 0;
	t->lost = 0;
}

void
living_free(struct living_parts *t)
{
	for (size_t i = 0; i < LIVING_PARTS; i++)
		free(t->v[i].p);
	memset(t, 0, sizeof *t);
}

/* Room for n bytes; *out NULL: there is none. */
static enum aud_code
room(struct living_parts *t, size_t n, uint8_t **out)
{
	*out = NULL;
	if (!t->n || t->v[t->n - 1].n + n > LIVING_PART) {
		if (t->n >= t->max || t->n == LIVING_PARTS || n > LIVING_PART - PART_HEAD)
			return AUD_OK;
		if (!t->v[t->n].p && !(t->v[t->n].p = malloc(LIVING_PART)))
			return AUD_NOMEM;
		memcpy(t->v[t->n].p, magic, 4);
		put32(t->v[t->n].p + 4, version());
		t->v[t->n++].n = PART_HEAD;
	}
	*out = t->v[t->n - 1].p + t->v[t->n - 1].n;
	t->v[t->n - 1].n += n;
	return AUD_OK;
}

/* Attempts and told ports leave room for flows that were answered: a flood is made of such. */
static bool
crowded(const struct living_parts *t)
{
	return t->n > (t->max + 1) / 2;
}

bool
living_filled(const struct living_parts *t)
{
	return t->n > (t->max + 3) / 4;
}

static bool
attempt(const struct aud_flow *f)
{
	return !f->packets[0] || !f->packets[1];
}

enum aud_code
living_write(struct living_parts *t, const struct living *l, const struct kept *kept, const struct aud_flow *from)
{
	const struct aud_flow *f = &l->flow;
	const struct aud_flow_more *m = &l->more;
	size_t name = strlen(l->tunnel), packets = kept && from ? kept_size(kept, from) : 0, n = LIVING_HEAD + name + packets;
	uint8_t *p = NULL;
	enum aud_code rc = attempt(f) && crowded(t) ? AUD_OK : room(t, 4 + n, &p);

	if (rc != AUD_OK || !p) {
		t->lost += rc == AUD_OK;
		return rc;
	}
	p = put32(p, (uint32_t)n);
	*p++ = l->addr[0].family;
	*p++ = f->proto;
	*p++ = (uint8_t)((l->counted ? COUNTED : 0) | (l->decided ? DECIDED : 0));
	*p++ = (uint8_t)name;
	for (int i = 0; i < 2; i++, p += 16)
		memcpy(p, l->addr[i].b, 16);
	for (int i = 0; i < 2; i++) {
		p = put16(p, f->port[i]);
		p = put64(p, aud_flow_packets(f, m, i));
		p = put64(p, f->bytes[i]);
	}
	p = put32(p, f->bits);
	p = put64(p, m->first_ns);
	p = put64(p, f->last_ns);
	p = put64(p, m->first_frame);
	p = put64(p, l->app_frame);
	p = put32(p, m->isn);
	p = put32(p, m->facts);
	p = put16(put16(p, m->app.master), m->app.sub);
	*p++ = m->app.by;
	*p++ = (uint8_t)m->tls_version;
	*p++ = f->duplicates;
	for (int i = 0; i < 5; i++)
		*p++ = 0;
	memcpy(p, l->tunnel, name);
	if (packets)
		kept_copy(kept, from, p + name);
	return AUD_OK;
}

enum aud_code
living_write_told(struct living_parts *t, const struct aud_told *told)
{
	const struct aud_addr *const addr[] = {&told->client, &told->server};
	uint8_t *p = NULL;
	enum aud_code rc = crowded(t) ? AUD_OK : room(t, 4 + LIVING_TOLD, &p);

	if (rc != AUD_OK || !p) {
		t->lost += rc == AUD_OK;
		return rc;
	}
	p = put32(p, LIVING_TOLD);
	*p++ = told->client.family;
	for (int i = 0; i < 2; i++, p += 16)
		memcpy(p, addr[i]->b, 16);
	put64(put64(put16(p, told->port), told->rpc_ns), told->sql_ns);
	return AUD_OK;
}

/* false: no port was told so. */
static bool
read_told(const uint8_t *p, struct aud_told *t)
{
	t->client.family = t->server.family = p[0];
	memcpy(t->client.b, p + 1, 16);
	memcpy(t->server.b, p + 17, 16);
	t->port = be16(p + 33);
	t->rpc_ns = be64(p + 35);
	t->sql_ns = be64(p + 43);
	return t->port && address(&t->client) && address(&t->server);
}

enum aud_code
living_open(struct aud_view *part, struct aud_err *err)
{
	uint32_t v;

	if (view_left(part) < PART_HEAD || memcmp(part->p, magic, 4))
		return aud_fail(err, AUD_FORMAT, 0, "what is stored of them is damaged");
	view_skip(part, 4);
	if (!view_be32(part, &v) || v != version())
		return aud_fail(err, AUD_FORMAT, 0, "another version of spanaudit or of nDPI stored them");
	return AUD_OK;
}

/* The head is there as a whole. */
static void
read_head(const uint8_t *p, struct living *l)
{
	struct aud_flow *f = &l->flow;
	struct aud_flow_more *m = &l->more;

	l->addr[0].family = l->addr[1].family = *p++;
	f->proto = *p++;
	l->counted = *p & COUNTED;
	l->decided = *p & DECIDED;
	p += 2;
	for (int i = 0; i < 2; i++, p += 16)
		memcpy(l->addr[i].b, p, 16);
	for (int i = 0; i < 2; i++, p += 18) {
		f->port[i] = be16(p);
		f->packets[i] = be32(p + 6);
		m->packets_hi[i] = p[5];
		f->bytes[i] = be64(p + 10);
	}
	f->bits = be32(p);
	m->first_ns = be64(p + 4);
	f->last_ns = be64(p + 12);
	m->first_frame = be64(p + 20);
	l->app_frame = be64(p + 28);
	m->isn = be32(p + 36);
	m->facts = be32(p + 40) & AUD_FACTS;
	m->app = (struct aud_app){be16(p + 44), be16(p + 46), p[48]};
	m->tls_version = p[49];
	f->duplicates = p[50];
}

/* What no flow is. */
static bool
possible(const struct living *l)
{
	const struct aud_flow *f = &l->flow;

	return address(&l->addr[0]) && address(&l->addr[1]) && (f->packets[0] | f->packets[1]) && l->more.first_ns <= f->last_ns && l->more.app.by <= AUD_BY_OWN;
}

enum aud_code
living_next(struct aud_view *part, struct living *out, struct aud_err *err)
{
	struct aud_view v;
	uint32_t n;
	size_t name;

	if (!view_left(part))
		return AUD_END;
	memset(out, 0, sizeof *out);
	if (!view_be32(part, &n) || !view_cut(part, n, &v))
		goto damaged;
	if (n == LIVING_TOLD && read_told(v.p, &out->told))
		return AUD_OK;
	if (n < LIVING_HEAD)
		goto damaged;
	name = v.p[3];
	read_head(v.p, out);
	view_skip(&v, LIVING_HEAD);
	if (view_left(&v) < name || memchr(v.p, '\0', name) || !possible(out))
		goto damaged;
	memcpy(out->tunnel, v.p, name);
	view_skip(&v, name);
	out->packets = v;
	return AUD_OK;
damaged:
	return aud_fail(err, AUD_FORMAT, 0, "what is stored of them is damaged");
}

static void
fill(const struct living *l, struct aud_packet *p, int side)
{
	p->sport = l->flow.port[side];
	p->dport = l->flow.port[!side];
	p->proto = l->flow.proto;
	p->bits |= l->addr[0].family == 6 ? AUD_PKT_V6 : 0;
	p->l4 = l->addr[0].family == 6 ? V6_HEADER : V4_HEADER;
	p->payload = (uint16_t)(p->l4 + (p->proto == TCP ? p->ip[p->l4 + 12] >> 4 << 2 : UDP_HEADER));
	p->tcp_flags = p->proto == TCP ? p->ip[p->l4 + 13] : 0;
}

/* Is it a packet of this very flow? Of addresses and ports parsers read the packet's own. */
static bool
fits(const struct living *l, const struct aud_packet *p, int side)
{
	bool v6 = l->addr[0].family == 6;
	const uint8_t *ip = p->ip;
	size_t size = v6 ? 16 : 4, at = v6 ? 8 : 12;

	return ip[0] >> 4 == (v6 ? 6 : 4) && (v6 || ip[0] == 0x45) && ip[v6 ? 6 : 9] == p->proto && !memcmp(ip + at, l->addr[side].b, size) &&
	    !memcmp(ip + at + size, l->addr[!side].b, size) && be16(ip + p->l4) == p->sport && be16(ip + p->l4 + 2) == p->dport &&
	    (p->proto != TCP || p->payload >= p->l4 + TCP_HEADER);
}

bool
living_packet(struct living *l, struct aud_packet *out, int *side)
{
	size_t header = l->addr[0].family == 6 ? V6_HEADER : V4_HEADER, least = header;
	const uint8_t *head = l->packets.p;
	struct aud_view bytes;

	if (l->flow.proto != TCP && l->flow.proto != UDP)
		return false;
	least += l->flow.proto == TCP ? TCP_HEADER : UDP_HEADER;
	if (!view_skip(&l->packets, KEPT_HEAD) || !view_cut(&l->packets, header + be16(head + 20), &bytes) || view_left(&bytes) < least)
		return false;
	*side = head[22] & 1;
	*out = (struct aud_packet){.ts_ns = be64(head), .frame_no = be64(head + 8), .ip = bytes.p, .caplen = (uint32_t)view_left(&bytes),
	    .bits = (uint16_t)((head[23] & KEPT_AH ? AUD_PKT_AH : 0) | (head[23] & KEPT_CLEAR ? AUD_PKT_CLEAR : 0) |
	    (head[23] & KEPT_FRAGMENT ? AUD_PKT_FRAGMENT : 0))};
	if (be32(head + 16) > UINT32_MAX - header || be32(head + 16) + header < out->caplen)
		return false;
	out->iplen = (uint32_t)(be32(head + 16) + header);
	if (out->caplen < out->iplen)
		out->bits |= AUD_PKT_SHORT;
	fill(l, out, *side);
	return fits(l, out, *side);
}

bool
living_syn(const struct living *l, uint8_t ip[60], struct aud_packet *out, int *side)
{
	bool v6 = l->addr[0].family == 6;
	size_t header = v6 ? V6_HEADER : V4_HEADER, size = v6 ? 16 : 4, at = v6 ? 8 : 12;
	uint8_t *tcp = ip + header;

	if (l->flow.proto != TCP || !(l->flow.bits & (AUD_FLOW_SYN0 | AUD_FLOW_SYN1)))
		return false;
	*side = !(l->flow.bits & AUD_FLOW_SYN0);
	memset(ip, 0, 60);
	ip[0] = v6 ? 0x60 : 0x45;
	ip[v6 ? 5 : 3] = (uint8_t)(v6 ? TCP_HEADER : V4_HEADER + TCP_HEADER);
	ip[v6 ? 7 : 8] = 64;
	ip[v6 ? 6 : 9] = TCP;
	memcpy(ip + at, l->addr[*side].b, size);
	memcpy(ip + at + size, l->addr[!*side].b, size);
	put32(put16(put16(tcp, l->flow.port[*side]), l->flow.port[!*side]), l->more.isn);
	tcp[12] = TCP_HEADER / 4 << 4;
	tcp[13] = SYN;
	put16(tcp + 14, UINT16_MAX);
	*out = (struct aud_packet){.ts_ns = l->more.first_ns, .frame_no = l->more.first_frame, .ip = ip,
	    .caplen = (uint32_t)header + TCP_HEADER, .iplen = (uint32_t)header + TCP_HEADER};
	fill(l, out, *side);
	return true;
}
