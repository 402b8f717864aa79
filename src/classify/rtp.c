/* RTP and RTCP, RFC 3550 section 5.1, 6.4 and A.1. One packet proves nothing: several must fit each other. */
#include "own.h"

enum { HEADER = 12, SR = 200, RR = 201, LAST_TYPE = 207, GOOD = 3, MAX_DROPOUT = 16 };

enum rtp
rtp_packet(struct rtp_side *s, struct aud_view v, uint32_t sent)
{
	uint32_t ssrc, need;
	uint16_t seq, step;
	uint8_t type;

	if (view_left(&v) < HEADER || v.p[0] >> 6 != 2)
		return RTP_NO;
	type = v.p[1] & 0x7f;
	seq = be16(v.p + 2);
	ssrc = be32(v.p + 8);
	need = HEADER + (v.p[0] & 15u) * 4 + (v.p[0] & 0x10 ? 4 : 0);
	/* RFC 5761 section 4: 64 to 95 would be RTCP. */
	if (!ssrc || need >= sent || (type >= 64 && type <= 95))
		return RTP_NO;
	step = (uint16_t)(seq - s->seq);
	if (s->good && s->ssrc == ssrc && step && step <= MAX_DROPOUT)
		s->good = (uint16_t)(s->good > GOOD ? s->good : s->good + 1);
	else
		s->good = 1;
	s->ssrc = ssrc;
	s->seq = seq;
	return s->good > GOOD ? RTP_SURE : RTP_MAYBE;
}

bool
rtcp_packet(struct aud_view v, uint32_t sent)
{
	unsigned packets = 0;

	/* Section 6.1: a compound begins with a report and has at least one more packet; the lengths add up. */
	if (view_left(&v) != sent || view_left(&v) < 8 || (v.p[1] != SR && v.p[1] != RR))
		return false;
	for (; view_left(&v); packets++) {
		size_t n;

		if (view_left(&v) < 4 || v.p[0] >> 6 != 2 || v.p[1] < SR || v.p[1] > LAST_TYPE)
			return false;
		n = be16(v.p + 2) * 4u + 4;
		if (v.p[1] <= RR && n < (v.p[1] == SR ? 28u : 8u) + (v.p[0] & 31u) * 24)
			return false;
		if (!view_skip(&v, n))
			return false;
	}
	return packets > 1;
}
