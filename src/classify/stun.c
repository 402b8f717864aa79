/* STUN, RFC 8489 section 5 (and RFC 5389 section 6), also as MS-TURN sends it; TURN channel data, RFC 8656
 * section 12.4. */
#include "own.h"

enum { HEADER = 20, COOKIE = 0x2112a442, MS_COOKIE = 0x72c64bc6, MS_COOKIE_ATTRIBUTE = 0x000f };

/* The attributes fill the message; those not captured are taken on trust. */
static bool
attributes(struct aud_view v, uint32_t length)
{
	uint16_t type, n;

	while (length) {
		uint32_t padded;

		if (length < 4)
			return false;
		if (!view_be16(&v, &type) || !view_be16(&v, &n))
			return true;
		padded = (n + 3u) & ~3u;
		if (padded > length - 4)
			return false;
		length -= 4 + padded;
		if (!view_skip(&v, padded))
			return true;
	}
	return true;
}

bool
stun_message(struct aud_view v, uint32_t sent, bool stream)
{
	uint32_t length;

	if (view_left(&v) < HEADER || sent < HEADER || v.p[0] & 0xc0)
		return false;
	length = be16(v.p + 2);
	if (length % 4 || (stream ? length > sent - HEADER : length != sent - HEADER))
		return false;
	/* RFC 3489 has no cookie: only with Microsoft's, which is the first attribute (MS-TURN 2.2.2.1). */
	if (be32(v.p + 4) != COOKIE && (view_left(&v) < HEADER + 8 || be16(v.p + 20) != MS_COOKIE_ATTRIBUTE ||
					   be16(v.p + 22) != 4 || be32(v.p + 24) != MS_COOKIE))
		return false;
	return view_skip(&v, HEADER) && attributes(v, length);
}

/* RFC 8489 section 5: the class is in bits 4 and 8 of the type. */
int
stun_asks(struct aud_view v)
{
	switch (view_left(&v) < HEADER ? 0x10 : be16(v.p) & 0x110) {
	case 0x000: return 1;
	case 0x100:
	case 0x110: return 0;
	}
	return -1;
}

bool
turn_channel(struct aud_view v, uint32_t sent)
{
	if (view_left(&v) < 4 || v.p[0] < 0x40 || v.p[0] > 0x4f)
		return false;
	uint32_t n = be16(v.p + 2) + 4u;

	return n == sent || ((n + 3) & ~3u) == sent;
}
