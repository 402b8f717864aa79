/*
 * IPv6: RFC 8200, 3 and 4; jumbograms: RFC 2675. The lengths of extension headers count in three ways: (n + 1) * 8
 * bytes, 8 bytes for the fragment header (4.5), (n + 2) * 4 for the authentication header (RFC 4302, 2.2).
 */
#include "decode.h"

enum {
	HEAD = 40,
	HOP_BY_HOP = 0,
	ROUTING = 43,
	FRAGMENT = 44,
	AH = 51,
	NO_NEXT = 59,
	DESTINATION = 60,
	MOBILITY = 135,
	HIP = 139,
	SHIM6 = 140,
	CHAIN_MAX = 16,
};

/* RFC 2675, 2: the length in a hop-by-hop option; 0 where there is none. */
static uint32_t
jumbo(struct aud_view v)
{
	enum { PAD1 = 0, JUMBO = 0xc2 };
	struct aud_view options;
	uint8_t n, type, len;
	uint32_t length;

	if (!view_skip(&v, 1) || !view_u8(&v, &n) || !view_cut(&v, (n + 1u) * 8 - 2, &options))
		return 0;
	while (view_u8(&options, &type)) {
		if (type == PAD1)
			continue;
		if (!view_u8(&options, &len))
			return 0;
		if (type == JUMBO && len == 4 && view_be32(&options, &length))
			return length > UINT16_MAX && length <= UINT32_MAX - HEAD ? length : 0;
		if (!view_skip(&options, len))
			return 0;
	}
	return 0;
}

/* RFC 8200, 4.5. Offset 0 and no more to follow: not in pieces at all (RFC 6946). */
static void
fragment(const uint8_t *p, struct aud_packet *q)
{
	uint16_t offset = be16(p + 2);

	if ((offset & 0xfff9) == 0)
		return;
	q->bits |= AUD_PKT_FRAGMENT;
	q->bits |= offset & 1 ? AUD_PKT_MORE : 0;
	q->bits |= offset & 0xfff8 ? AUD_PKT_LATER : 0;
	q->frag_id = be32(p + 4);
}

/* The length of the extension header at p; 0: none, or one that ends the chain. */
static uint32_t
extension(uint8_t next, const uint8_t *p)
{
	switch (next) {
	case HOP_BY_HOP:
	case ROUTING:
	case DESTINATION:
	case MOBILITY:
	case HIP:
	case SHIM6: return (p[1] + 1u) * 8;
	case FRAGMENT: return 8;
	case AH: return (p[1] + 2u) * 4;
	}
	return 0;
}

static bool
is_extension(uint8_t next)
{
	const uint8_t any[2] = {0, 0};

	return extension(next, any) != 0;
}

/*
 * Walks the chain. One that is cut or too long ends at the header that could not be passed, which is then the protocol:
 * what is behind it is not known.
 */
static void
chain(struct part *x, struct aud_packet *q, uint8_t *proto)
{
	for (unsigned i = 0; i < CHAIN_MAX && is_extension(*proto) && !(q->bits & AUD_PKT_LATER); i++) {
		const uint8_t *p = x->v.p;
		uint32_t len;

		if (view_left(&x->v) < 8)
			return;
		len = extension(*proto, p);
		if (len > view_left(&x->v) + x->more || q->l4 + len > UINT16_MAX / 2)
			return;
		/* A message of its own, with nothing behind it (RFC 6275, 6.1.1; RFC 7401, 5.1; RFC 5533, 5.1). */
		if (p[0] == NO_NEXT && (*proto == MOBILITY || *proto == HIP || *proto == SHIM6))
			return;
		if (*proto == FRAGMENT)
			fragment(p, q);
		else if (*proto == AH)
			q->bits |= AUD_PKT_AH;
		*proto = p[0];
		q->l4 = (uint16_t)(q->l4 + len);
		/* What follows is known where only the rest of this header was not captured. */
		x->v.p += len < view_left(&x->v) ? len : view_left(&x->v);
	}
}

bool
ip6_header(struct part *x, struct aud_packet *q, uint8_t *proto, enum why *why)
{
	const uint8_t *p = x->v.p;
	size_t left = view_left(&x->v);
	uint32_t length;

	*why = WHY_TRUNCATED;
	if (left < 1)
		return false;
	*why = WHY_VERSION;
	if (p[0] >> 4 != 6)
		return false;
	*why = WHY_TRUNCATED;
	if (left < HEAD)
		return false;
	length = be16(p + 4);
	*proto = p[6];
	if (length == 0 && *proto == HOP_BY_HOP)
		length = jumbo((struct aud_view){p + HEAD, x->v.end});
	/* Zero where the network card was to cut the segment: all that is on the wire then. */
	if (length == 0 && *proto != NO_NEXT)
		length = (uint32_t)left - HEAD + x->more;
	*x = part_head(*x, HEAD + length);
	left = view_left(&x->v);
	*q = (struct aud_packet){
	    .ip = p,
	    .caplen = (uint32_t)left,
	    .iplen = HEAD + length,
	    .l4 = HEAD,
	    .ttl = p[7],
	    .bits = AUD_PKT_V6,
	};
	if (left < q->iplen)
		q->bits |= AUD_PKT_SHORT;
	x->v.p += HEAD;
	chain(x, q, proto);
	return true;
}

bool
ip6(struct walk *w, struct part x)
{
	struct aud_packet q;
	uint8_t proto;
	enum why why;

	if (!deeper(w, L_IP6))
		return false;
	if (!ip6_header(&x, &q, &proto, &why))
		return miss(w, L_IP6, why);
	if (is_extension(proto) && !(q.bits & AUD_PKT_LATER) && proto != MOBILITY && proto != HIP && proto != SHIM6) {
		q.bits |= AUD_PKT_NOPORTS;
		note(w, L_IP6, w->tunnel, q.bits & AUD_PKT_SHORT ? WHY_TRUNCATED : WHY_HEADER_LENGTH);
	}
	return upper(w, &q, x, proto);
}
