/*
 * ESP without encryption told from ESP with it: RFC 5879, section 8. The trailer (RFC 4303, 2.4 to 2.6) is looked for in front of an
 * integrity value of each usual length: padding 1, 2, 3 ..., its length, a protocol. What decides is agreement of several packets,
 * with none between them that has no such trailer: one packet in 250 of random bytes has one.
 */
#include <string.h>

#include "inside.h"

/* RFC 2403, 2404 (12), RFC 4868 and 4543 (16, 24, 32); 20: HMAC-SHA-1 that is not cut. */
const uint8_t icv_sizes[ICVS] = {12, 16, 20, 24, 32};
/* RFC 2410: none; RFC 4543: 8. */
const uint8_t iv_sizes[IVS] = {0, 8};

enum { ICMP = 1, IPV4 = 4, TCP = 6, UDP = 17, IPV6 = 41, GRE = 47, ICMP6 = 58, SCTP = 132, ESP_HEADER = 8 };
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16, URG = 32 };
enum {
	DECIDE_UDP = 2, DECIDE_UDP_PORTS = 3, DECIDE_TCP = 3, DECIDE_IP4 = 2, DECIDE_IP6 = 3, DECIDE_TRAILER = 4,
	MISFITS = 4,	/* in a row: another association of the same number */
};

void
clear_begin(struct clear_state *s, const struct aud_addr *src, const struct aud_addr *dst)
{
	uint32_t sum = 0;

	for (int i = 0; i < 16; i += 2)
		sum += (uint32_t)be16(src->b + i) + be16(dst->b + i);
	*s = (struct clear_state){.addresses = sum};
}

/* RFC 1071: 0xffff where it is right. */
static uint16_t
checksum(const uint8_t *p, size_t n, uint32_t sum)
{
	for (; n > 1; p += 2, n -= 2)
		sum += be16(p);
	if (n)
		sum += (uint32_t)p[0] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Where the trailer in front of the integrity value begins, and what protocol it names; false: there is none. */
static bool
trailer(struct aud_view esp, uint32_t icv, uint32_t *end, uint8_t *proto)
{
	size_t n = view_left(&esp);
	uint32_t pad, to;

	if (n < ESP_HEADER + 2 + icv)
		return false;
	to = (uint32_t)(n - icv);
	/* It ends at a multiple of four bytes (RFC 4303, 2.4). */
	if (to % 4)
		return false;
	pad = esp.p[to - 2];
	if (pad + 2 > to - ESP_HEADER)
		return false;
	for (uint32_t i = 0; i < pad; i++)
		if (esp.p[to - 2 - pad + i] != (uint8_t)(i + 1))
			return false;
	*proto = esp.p[to - 1];
	*end = to - 2 - pad;
	return true;
}

static bool
udp_shape(struct aud_view v, bool exact)
{
	uint16_t len;

	if (view_left(&v) < 8)
		return false;
	len = be16(v.p + 4);
	return be16(v.p + 2) && len >= 8 && (exact ? len == view_left(&v) : len <= view_left(&v));
}

static bool
tcp_shape(struct aud_view v)
{
	uint32_t head;
	uint8_t flags;

	if (view_left(&v) < 20 || !be16(v.p) || !be16(v.p + 2))
		return false;
	head = (v.p[12] >> 4) * 4u;
	flags = v.p[13];
	if (head < 20 || head > view_left(&v) || v.p[12] & 0x0e)
		return false;
	if (!(flags & (SYN | RST | ACK)) || (flags & SYN && flags & (FIN | RST)))
		return false;
	return flags & URG || !be16(v.p + 18);
}

static bool
ip4_shape(struct aud_view v, bool exact)
{
	size_t n = view_left(&v), head;
	uint32_t total;

	if (n < 20 || v.p[0] >> 4 != 4)
		return false;
	head = (v.p[0] & 15u) * 4;
	total = be16(v.p + 2);
	if (head < 20 || head > n || total < head || !v.p[8] || !be32(v.p + 12) || !be32(v.p + 16))
		return false;
	return (exact ? total == n : total <= n) && checksum(v.p, head, 0) == 0xffff;
}

static bool
ip6_shape(struct aud_view v, bool exact)
{
	size_t n = view_left(&v);

	if (n < 40 || v.p[0] >> 4 != 6 || v.p[8] == 0xff || !v.p[7])
		return false;
	return exact ? be16(v.p + 4) + 40u == n : be16(v.p + 4) + 40u <= n;
}

static bool
has_ports(uint8_t proto)
{
	return proto == TCP || proto == UDP || proto == SCTP;
}

bool
clear_tunnel(uint8_t proto, struct aud_view v, struct aud_sa_inner *n)
{
	enum { OFFSET = 0x1fff };

	if (proto == IPV4 && ip4_shape(v, false)) {
		n->src = aud_addr_v4(v.p + 12);
		n->dst = aud_addr_v4(v.p + 16);
		n->proto = be16(v.p + 6) & OFFSET ? 0 : v.p[9];
		view_skip(&v, (v.p[0] & 15u) * 4u);
	} else if (proto == IPV6 && ip6_shape(v, false)) {
		n->src = aud_addr_v6(v.p + 8);
		n->dst = aud_addr_v6(v.p + 24);
		n->proto = v.p[6];
		view_skip(&v, 40);
	} else {
		return false;
	}
	n->sport = n->dport = 0;
	if (has_ports(n->proto) && view_left(&v) >= 4) {
		n->sport = be16(v.p);
		n->dport = be16(v.p + 2);
	}
	return true;
}

/* Does v look like what proto names? exact: nothing may follow it, as traffic flow confidentiality would (RFC 4303, 2.7). */
static bool
shape(const struct clear_state *s, uint8_t proto, struct aud_view v, bool exact)
{
	size_t n = view_left(&v);

	switch (proto) {
	case ICMP: return n >= 8 && checksum(v.p, n, 0) == 0xffff;
	/* RFC 8200, 8.1; what was in a tunnel or behind a NAT has other addresses and stays unread. */
	case ICMP6: return n >= 8 && checksum(v.p, n, s->addresses + (uint32_t)n + ICMP6) == 0xffff;
	case IPV4: return ip4_shape(v, exact);
	case TCP: return tcp_shape(v);
	case UDP: return udp_shape(v, exact);
	case IPV6: return ip6_shape(v, exact);
	}
	return false;
}

/* Protocols that a trailer may name where nothing else can be checked. */
static bool
carried(uint8_t proto)
{
	return proto == ICMP || proto == IPV4 || proto == TCP || proto == UDP || proto == IPV6 || proto == GRE || proto == ICMP6 ||
	       proto == SCTP;
}

static void
fill(struct clear_text *t, struct aud_view esp, uint8_t proto, uint32_t at, uint32_t end)
{
	bool ports = has_ports(proto) && end - at >= 4;

	t->proto = proto;
	t->at = at;
	t->end = end;
	t->sport = ports ? be16(esp.p + at) : 0;
	t->dport = ports ? be16(esp.p + at + 2) : 0;
}

/* The reading of a packet under one integrity value and one initialisation vector; false: its protocol does not look like that. */
static bool
reading(const struct clear_state *s, struct aud_view esp, unsigned iv, uint8_t proto, uint32_t end, bool exact, struct clear_text *out)
{
	uint32_t at = ESP_HEADER + iv_sizes[iv];

	if (at > end || !shape(s, proto, (struct aud_view){esp.p + at, esp.p + end}, exact))
		return false;
	fill(out, esp, proto, at, end);
	out->iv = (uint8_t)iv;
	return true;
}

static uint8_t
more(uint8_t n)
{
	return (uint8_t)(n + (n < UINT8_MAX));
}

/* No trailer in front of this integrity value: what was believed of it is forgotten. */
static void
forget(struct clear_state *s, unsigned icv)
{
	unsigned n = 0;

	s->run[icv] = s->same[icv] = 0;
	memset(s->shapes[icv], 0, sizeof s->shapes[icv]);
	memset(s->udp[icv], 0, sizeof s->udp[icv]);
	for (unsigned i = 0; i < s->ncandidates; i++)
		if (s->candidate[i].icv != icv)
			s->candidate[n++] = s->candidate[i];
	s->ncandidates = (uint8_t)n;
}

/* How many packets agree with this reading, itself included. */
static unsigned
agree(struct clear_state *s, const struct clear_text *t)
{
	/* Of IP packets the addresses vary; their own headers were checked whole. */
	uint16_t sport = t->proto == IPV4 || t->proto == IPV6 ? 0 : t->sport, dport = sport ? t->dport : 0;
	struct candidate *c;

	for (unsigned i = 0; i < s->ncandidates; i++) {
		c = &s->candidate[i];
		if (c->proto == t->proto && c->icv == t->icv && c->iv == t->iv && c->sport == sport && c->dport == dport)
			return c->n = more(c->n);
	}
	if (s->ncandidates == CANDIDATES) {	/* the oldest makes room */
		memmove(s->candidate, s->candidate + 1, (CANDIDATES - 1) * sizeof *s->candidate);
		s->ncandidates--;
	}
	s->candidate[s->ncandidates++] = (struct candidate){t->proto, t->icv, t->iv, 1, sport, dport};
	return 1;
}

static bool
enough(const struct clear_state *s, const struct clear_text *t, unsigned n)
{
	switch (t->proto) {
	case UDP: return n >= DECIDE_UDP || s->udp[t->icv][t->iv] >= DECIDE_UDP_PORTS;
	case TCP: return n >= DECIDE_TCP;
	case IPV4: return n >= DECIDE_IP4;
	case IPV6: return n >= DECIDE_IP6;
	}
	return false;
}

static void
decide(struct clear_state *s, unsigned icv, unsigned iv)
{
	s->decided = true;
	s->icv = (uint8_t)icv;
	s->iv = (uint8_t)iv;
	s->misfits = 0;
	s->ncandidates = 0;
}

/* One integrity value's length; true: decided. */
static bool
try_icv(struct clear_state *s, struct aud_view esp, unsigned icv, bool *fits, bool *shaped)
{
	struct clear_text t;
	uint8_t proto;
	uint32_t end;

	if (!trailer(esp, icv_sizes[icv], &end, &proto)) {
		forget(s, icv);
		return false;
	}
	*fits = true;
	s->same[icv] = s->run[icv] && s->proto[icv] == proto ? more(s->same[icv]) : 1;
	s->proto[icv] = proto;
	s->run[icv] = more(s->run[icv]);
	for (unsigned iv = 0; iv < IVS; iv++) {
		if (!reading(s, esp, iv, proto, end, true, &t))
			continue;
		*shaped = true;
		t.icv = (uint8_t)icv;
		s->shapes[icv][iv] = more(s->shapes[icv][iv]);
		if (proto == UDP)
			s->udp[icv][iv] = more(s->udp[icv][iv]);
		if (enough(s, &t, agree(s, &t))) {
			decide(s, icv, iv);
			return true;
		}
	}
	if (s->same[icv] < DECIDE_TRAILER || !carried(proto))
		return false;
	/* Null for sure; where the content begins may still be open. */
	decide(s, icv, s->shapes[icv][0] > s->shapes[icv][1] ? 0 : s->shapes[icv][1] > s->shapes[icv][0] ? 1 : IVS);
	return true;
}

bool
clear_read(const struct clear_state *s, struct aud_view esp, struct clear_text *out)
{
	struct clear_text other;
	uint8_t proto;
	uint32_t end;

	if (!trailer(esp, icv_sizes[s->icv], &end, &proto))
		return false;
	*out = (struct clear_text){.icv = s->icv};
	if (s->iv == IVS) {	/* believed where only one of them fits */
		if (!reading(s, esp, 0, proto, end, true, out))
			return reading(s, esp, 1, proto, end, true, out);
		return !reading(s, esp, 1, proto, end, true, &other);
	}
	if (reading(s, esp, s->iv, proto, end, false, out))
		return true;
	if (proto == UDP || proto == TCP || proto == IPV4 || proto == IPV6 || proto == ICMP || proto == ICMP6 || !carried(proto) ||
	    (uint32_t)ESP_HEADER + iv_sizes[s->iv] > end)
		return false;
	fill(out, esp, proto, ESP_HEADER + iv_sizes[s->iv], end);
	out->iv = s->iv;
	return true;
}

enum clear_answer
clear_look(struct clear_state *s, struct aud_view esp, struct clear_text *out)
{
	bool fits = false, shaped = false;

	if (s->decided) {
		if (clear_read(s, esp, out)) {
			s->iv = out->iv;
			s->misfits = 0;
			return CLEAR_READ;
		}
		s->misfits = more(s->misfits);
		if (s->misfits >= MISFITS)
			*s = (struct clear_state){.addresses = s->addresses};
		return CLEAR_MISFIT;
	}
	for (unsigned i = 0; i < ICVS; i++)
		if (try_icv(s, esp, i, &fits, &shaped))
			return CLEAR_DECIDED;
	return shaped ? CLEAR_SHAPE : fits ? CLEAR_MAYBE : CLEAR_NO;
}

bool
clear_told(struct aud_view esp, uint8_t proto, uint32_t at, uint32_t icv, struct clear_text *out)
{
	uint8_t named;
	uint32_t end;

	if (!trailer(esp, icv, &end, &named) || named != proto || at < ESP_HEADER || at > end)
		return false;
	*out = (struct clear_text){.proto = proto};
	fill(out, esp, proto, at, end);
	return true;
}
