/* The first two bytes are the link type, the third how much more was on the wire, the rest the frame. */
#include <stdint.h>
#include <stdlib.h>

#include <aud/packet.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct aud_decoder *d;
	struct aud_packet p[2];
	struct aud_decode_stats s;
	struct aud_frame f = {.no = 1};
	unsigned n;

	if (size < 3 || aud_decoder_new(&d, NULL) != AUD_OK)
		return 0;
	f.dlt = (uint16_t)(data[0] << 8 | data[1]);
	f.data = data + 3;
	f.caplen = (uint32_t)(size - 3);
	f.wirelen = f.caplen + data[2];
	n = aud_decode(d, &f, p);
	for (unsigned i = 0; i < n; i++) {
		const volatile uint8_t *ip = p[i].ip;
		for (uint32_t at = 0; at < p[i].caplen; at++)
			(void)ip[at];
		if (p[i].caplen > p[i].iplen || p[i].payload < p[i].l4 ||
		    p[i].caplen < (p[i].bits & AUD_PKT_V6 ? 40 : 20))
			abort();
	}
	aud_decoder_stats(d, &s);
	if (s.packets + s.non_ip + s.undecoded != 1 || s.packets != (n > 0))
		abort();
	aud_decoder_free(d);
	return 0;
}
