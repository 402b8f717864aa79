/* PPP: RFC 1661, with HDLC framing RFC 1662; PPPoE: RFC 2516. Cisco HDLC. */
#include "decode.h"

bool
ppp(struct walk *w, struct part x)
{
	uint8_t b;
	uint16_t protocol;

	if (!deeper(w, L_PPP))
		return false;
	if (!view_u8(&x.v, &b))
		return miss(w, L_PPP, WHY_TRUNCATED);
	protocol = b;
	/* The low byte of a protocol is odd, the high one even: one byte where it was compressed (RFC 1661, 2 and 6.5).
	 */
	if (!(b & 1)) {
		if (!view_u8(&x.v, &b))
			return miss(w, L_PPP, WHY_TRUNCATED);
		protocol = (uint16_t)(protocol << 8 | b);
	}
	switch (protocol) {
	case 0x0021: return ip4(w, x);
	case 0x0057: return ip6(w, x);
	case 0x0281:
	case 0x0283: return mpls(w, x);
	case 0x002d: /* Van Jacobson, RFC 1144 */
	case 0x002f:
	case 0x0061: /* RFC 2507, 5795 */
	case 0x0063:
	case 0x0065:
	case 0x0069:
	case 0x0003:
	case 0x0005:
	case 0x00fb:
	case 0x00fd: return miss(w, L_PPP, WHY_COMPRESSED);
	case 0x0053:
	case 0x0055: return miss(w, L_PPP, WHY_ENCRYPTED);
	case 0x003d: return miss(w, L_PPP, WHY_FRAGMENT);
	}
	return miss_type(w, L_PPP, protocol);
}

bool
cisco_hdlc(struct walk *w, struct part x)
{
	uint16_t type;

	if (!part_skip(&x, 2) || !view_be16(&x.v, &type))
		return miss(w, L_HDLC, WHY_TRUNCATED);
	return miss_type_name(L_HDLC, type) ? miss_type(w, L_HDLC, type) : ethertype(w, x, type);
}

/* Address and control may have been left out (RFC 1661, 6.6); Cisco HDLC shares the framing. */
bool
ppp_hdlc(struct walk *w, struct part x)
{
	const uint8_t *p = x.v.p;

	if (view_left(&x.v) >= 2) {
		if (p[0] == 0xff && p[1] == 0x03) {
			x.v.p += 2;
			return ppp(w, x);
		}
		if ((p[0] == 0x0f || p[0] == 0x8f) && p[1] == 0x00)
			return cisco_hdlc(w, x);
	}
	return ppp(w, x);
}

/* RFC 2516, 4: version and type, code, session, length. */
bool
pppoe(struct walk *w, struct part x)
{
	uint8_t version, code;
	uint16_t length;

	if (!view_u8(&x.v, &version) || !view_u8(&x.v, &code) || !part_skip(&x, 2) || !view_be16(&x.v, &length))
		return miss(w, L_PPPOE, WHY_TRUNCATED);
	if (version != 0x11)
		return miss(w, L_PPPOE, WHY_VERSION);
	if (code != 0)
		return miss_type(w, L_PPPOE, code);
	return ppp(w, part_head(x, length));
}
