/*
 * What IP carries. TCP: RFC 9293, 3.1; UDP: RFC 768; UDP-Lite: RFC 3828; DCCP: RFC 4340, 5.1; SCTP: RFC 9260, 3.1;
 * ICMP: RFC 792; ICMPv6: RFC 4443; the authentication header: RFC 4302, 2.
 */
#include "decode.h"

enum { ICMP = 1, TCP = 6, UDP = 17, DCCP = 33, ESP = 50, AH = 51, ICMP6 = 58, IPCOMP = 108, SCTP = 132, UDPLITE = 136, WESP = 141 };

void
through_ah(struct part *x, struct aud_packet *q, uint8_t *proto)
{
	enum { MIN_LEN = 12 };

	while (*proto == AH && view_left(&x->v) >= 2 && !(q->bits & AUD_PKT_LATER)) {
		const uint8_t *p = x->v.p;
		/* In units of four bytes, less two: unlike every other IPv6 extension header. */
		uint32_t len = (p[1] + 2u) * 4;

		if (len < MIN_LEN || len > view_left(&x->v) + x->more || q->l4 + len > UINT16_MAX / 2)
			return;
		q->bits |= AUD_PKT_AH;
		q->l4 = (uint16_t)(q->l4 + len);
		*proto = p[0];
		x->v.p += len < view_left(&x->v) ? len : view_left(&x->v);
	}
}

static enum layer
layer_of(uint8_t proto)
{
	return proto == TCP ? L_TCP : proto == SCTP ? L_SCTP : L_UDP;
}

/* What is wrong with a transport header, if anything: it is for the books, the packet stands. */
struct fault {
	bool is;
	enum why why;
};
static const struct fault none;

static struct fault
tcp(struct aud_packet *q, const uint8_t *p, size_t left)
{
	uint32_t head;

	if (left < 14)
		return none;
	q->tcp_flags = p[13];
	head = (p[12] >> 4) * 4u;
	if (head < 20)
		return (struct fault){true, WHY_HEADER_LENGTH};
	q->payload = (uint16_t)(q->l4 + head);
	if (q->payload > q->iplen && !(q->bits & AUD_PKT_MORE))
		return (struct fault){true, WHY_LENGTH};
	return none;
}

/* The length may be less than what IP carries (the rest is no payload), and more only where this is a fragment. */
static struct fault
udp(struct aud_packet *q, const uint8_t *p, size_t left)
{
	uint32_t len;

	if (left < 6)
		return none;
	len = be16(p + 4);
	if (len == 0 && q->iplen > UINT16_MAX)
		return none; /* RFC 2675, 4 */
	if (len < 8)
		return (struct fault){true, WHY_LENGTH};
	if (q->l4 + len > q->iplen)
		return q->bits & AUD_PKT_MORE ? none : (struct fault){true, WHY_LENGTH};
	if (q->l4 + len < q->caplen)
		q->caplen = q->l4 + len;
	return none;
}

/* Ports, and where the payload begins; x is at the transport header. */
static struct fault
transport(struct aud_packet *q, struct part x)
{
	const uint8_t *p = x.v.p;
	size_t left = view_left(&x.v);
	uint16_t head = 0;

	switch (q->proto) {
	case TCP: head = 20; break;
	case SCTP:
	case DCCP: head = 12; break;
	case UDP:
	case UDPLITE:
	case ICMP:
	case ICMP6: head = 8; break;
	}
	q->payload = (uint16_t)(q->l4 + head);
	if (head == 0 || q->proto == ICMP || q->proto == ICMP6)
		return none;
	if (left < 4) {
		q->bits |= AUD_PKT_NOPORTS;
		return (struct fault){true, q->bits & AUD_PKT_SHORT ? WHY_PORTS : WHY_LENGTH};
	}
	q->sport = be16(p);
	q->dport = be16(p + 2);
	if (q->proto == TCP)
		return tcp(q, p, left);
	if (q->proto == UDP)
		return udp(q, p, left);
	return none;
}

static bool
is_error(uint8_t proto, uint8_t type)
{
	if (proto == ICMP)
		return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
	return proto == ICMP6 && type >= 1 && type <= 4;
}

/* The header behind the eight bytes of an ICMP error; x is at the ICMP header. */
static bool
quoted(const struct aud_packet *error, struct part x, struct aud_packet *q)
{
	const uint8_t *icmp = x.v.p;
	uint8_t proto;
	enum why why;

	if (view_left(&x.v) < 8 || !is_error(error->proto, icmp[0]))
		return false;
	x.v.p += 8;
	if (error->proto == ICMP ? !ip4_header(&x, q, &proto, &why) : !ip6_header(&x, q, &proto, &why))
		return false;
	through_ah(&x, q, &proto);
	q->proto = proto;
	q->payload = q->l4;
	/* Most quotes end early, and what is wrong in one is not this packet's fault. */
	if (!(q->bits & AUD_PKT_LATER))
		transport(q, x);
	q->bits |= AUD_PKT_QUOTE;
	q->tcp_flags = icmp[0];
	q->ttl = icmp[1];
	q->vlans = error->vlans;
	q->tunnel = error->tunnel;
	return true;
}

/* Is it for the IPsec stage? */
static bool
ipsec(const struct walk *w, struct aud_packet *q)
{
	if (w->ah && w->ah < q->ip && q->ip - w->ah <= UINT16_MAX)
		q->ah_back = (uint16_t)(q->ip - w->ah);
	if (q->ah_back)
		q->bits |= AUD_PKT_AH;
	if (q->bits & AUD_PKT_AH)
		return true;
	if (q->proto == UDP || q->proto == TCP)
		return !(q->bits & (AUD_PKT_LATER | AUD_PKT_NOPORTS)) && ike_ports(q->proto, q->sport, q->dport);
	return q->proto == ESP || q->proto == AH || q->proto == WESP;
}

bool
upper(struct walk *w, struct aud_packet *q, struct part x, uint8_t proto)
{
	struct fault fault = none;

	through_ah(&x, q, &proto);
	q->proto = proto;
	q->payload = q->l4;
	q->vlans = w->vlans;
	q->tunnel = w->tunnel;
	if (q->bits & AUD_PKT_AH)
		w->ah = q->ip;
	if (!(q->bits & (AUD_PKT_LATER | AUD_PKT_NOPORTS))) {
		if (tunnel_ip(w, x, proto, q->bits & AUD_PKT_V6))
			return true;
		if (proto == IPCOMP && !(q->bits & AUD_PKT_FRAGMENT) && ipcomp(w, x, q->bits & AUD_PKT_V6))
			return true;
		fault = transport(q, x);
		if (proto == UDP && view_left(&x.v) > 8 && !fault.is) {
			struct part inside = {{x.v.p + 8, q->ip + q->caplen}, x.more};

			if (tunnel_udp(w, inside, q->sport, q->dport))
				return true;
		}
	}
	/* RFC 3173: what is compressed is not looked into. */
	if (proto == IPCOMP)
		note(w, L_IPCOMP, q->tunnel, WHY_COMPRESSED);
	if (fault.is)
		note(w, layer_of(proto), q->tunnel, fault.why);
	q->bits |= w->clear;
	if (ipsec(w, q))
		q->bits |= AUD_PKT_IPSEC;
	w->out[0] = *q;
	w->n = 1;
	if ((proto == ICMP || proto == ICMP6) && !(q->bits & AUD_PKT_LATER) && quoted(q, x, &w->out[1]))
		w->n = 2;
	return true;
}
