/* Media over TCP: two bytes of length, then RTP, RTCP (RFC 4571 section 2) or STUN (RFC 6544 section 3). */
#include "own.h"

bool
framed_media(struct rtp_side *s, struct aud_view v, bool *fits)
{
	bool sure = false;
	uint16_t n;

	*fits = false;
	while (view_be16(&v, &n)) {
		size_t left = view_left(&v);
		struct aud_view frame = view_of(v.p, n < left ? n : left);

		if (stun_message(frame, n, false) || rtcp_packet(frame, n)) {
			sure = true;
		} else {
			enum rtp rtp = rtp_packet(s, frame, n);

			if (rtp == RTP_NO)
				return *fits = false;
			sure |= rtp == RTP_SURE;
		}
		*fits = true;
		if (!view_skip(&v, n))
			break;
	}
	return sure;
}
