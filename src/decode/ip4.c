/* IPv4: RFC 791, 3.1. */
#include "decode.h"

enum { MIN_HEAD = 20, DONT_FRAGMENT = 0x4000, MORE_FRAGMENTS = 0x2000, OFFSET = 0x1fff };

bool
ip4_header(struct part *x, struct aud_packet *q, uint8_t *proto, enum why *why)
{
	const uint8_t *p = x->v.p;
	size_t left = view_left(&x->v), head;
	uint32_t total;
	uint16_t flags;

	*why = WHY_TRUNCATED;
	if (left < 1)
		return false;
	*why = WHY_VERSION;
	if (p[0] >> 4 != 4)
		return false;
	*why = WHY_HEADER_LENGTH;
	head = (p[0] & 0x0fu) * 4;
	if (head < MIN_HEAD)
		return false;
	*why = WHY_TRUNCATED;
	if (left < MIN_HEAD)
		return false;
	total = be16(p + 2);
	/* Zero where the network card was to cut the segment: all that is on the wire then. */
	if (total == 0)
		total = (uint32_t)left + x->more;
	*why = WHY_LENGTH;
	if (total < head)
		return false;
	*x = part_head(*x, total);
	left = view_left(&x->v);
	*q = (struct aud_packet){
	    .ip = p,
	    .caplen = (uint32_t)left,
	    .iplen = total,
	    .l4 = (uint16_t)head,
	    .ttl = p[8],
	    .bits = left < total ? AUD_PKT_SHORT : 0,
	};
	flags = be16(p + 6);
	if (flags & (MORE_FRAGMENTS | OFFSET)) {
		q->bits |= AUD_PKT_FRAGMENT;
		q->bits |= flags & MORE_FRAGMENTS ? AUD_PKT_MORE : 0;
		q->bits |= flags & OFFSET ? AUD_PKT_LATER : 0;
		q->frag_id = be16(p + 4);
	}
	*proto = p[9];
	/* Options that were cut off: the rest is empty. */
	x->v.p += head < left ? head : left;
	return true;
}

bool
ip4(struct walk *w, struct part x)
{
	struct aud_packet q;
	uint8_t proto;
	enum why why;

	/* Some senders leave the type of IPv4 in front of IPv6. */
	if (view_left(&x.v) && *x.v.p >> 4 == 6)
		return ip6(w, x);
	if (!deeper(w, L_IP4))
		return false;
	if (!ip4_header(&x, &q, &proto, &why))
		return miss(w, L_IP4, why);
	return upper(w, &q, x, proto);
}
