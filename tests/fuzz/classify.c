/* Packets of one flow: a byte of flags, a byte of length, then the transport header and payload. */
#include <stdint.h>
#include <string.h>

#include "aud/classify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct aud_classifier *c;
	struct aud_flow f = {.port = {5061, 4500}, .proto = size & 1 ? 6 : 17};
	struct aud_flow_more m = {.app_input = AUD_NO_INPUT};
	struct aud_packet p = {.l4 = 20, .payload = size & 1 ? 40 : 28, .proto = f.proto};
	uint8_t ip[20 + 20 + 1024];

	if (!c && aud_classifier_new(&c, &(struct aud_classify_opts){.max_states = 2}, NULL))
		return 0;
	for (size_t at = 0; at + 2 + 20 < size; at += 2 + p.iplen - 20) {
		size_t n = 20 + data[at + 1] * 4u, left = size - at - 2, side = data[at] & 1;

		n = n < left ? n : left;
		memset(ip, 0, 20);
		ip[0] = 0x45, ip[2] = (uint8_t)((20 + n) >> 8), ip[3] = (uint8_t)(20 + n), ip[8] = 64, ip[9] = f.proto;
		ip[15] = (uint8_t)side, ip[19] = (uint8_t)!side;
		memcpy(ip + 20, data + at + 2, n);
		if (f.proto == 6)
			ip[32] = 0x50;
		p.ip = ip;
		p.caplen = p.iplen = (uint32_t)(20 + n);
		p.sport = f.port[side], p.dport = f.port[!side];
		p.bits = data[at] & 2 ? AUD_PKT_SHORT : 0;
		aud_classify(c, &f, &m, &p, (int)side);
	}
	aud_classify_end(c, &f, &m);
	return 0;
}
