/* Every parser that looks at one packet, on the same bytes. */
#include <stddef.h>
#include <stdint.h>

#include "own.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtp_side rtp = {0};
	struct esp_side esp = {0};
	struct aud_view v = view_of(data, size);
	uint32_t sent = (uint32_t)size;
	struct aud_packet p = {.proto = size & 1 ? 6 : 17, .sport = size & 2 ? 53 : 445, .dport = size & 4 ? 68 : 67};
	struct own own = {0};
	struct found found = {0};
	uint8_t exchange;
	bool b;

	for (int i = 0; i < 2; i++, sent += 8) {
		(void)sip_line(v, &b);
		(void)http_line(v);
		(void)ssrp_request(v, sent);
		(void)ssrp_response(v, sent, &found);
		own.bits = i ? OWN_ASKED0 : 0;
		own.call = size > 16 ? le32(data + 12) : 0;
		epm_segment(&own, v, 1, &found);
		(void)stun_message(v, sent, i);
		(void)turn_channel(v, sent);
		(void)rtp_packet(&rtp, v, sent);
		(void)rtcp_packet(v, sent);
		(void)framed_media(&rtp, v, &b);
		(void)isakmp_message(v, sent, &exchange);
		(void)esp_packet(&esp, v, sent);
		(void)tls_begins(v, i);
		(void)client_side(&p, v, sent, i);
	}
	return 0;
}
