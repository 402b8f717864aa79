/*
 * A row of IP packets between two hosts: a byte of length in units of four, a byte that picks protocol and time, the packet's bytes. They
 * are decoded, shown, and what is handed on is decoded again and read to its end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <aud/ipsec.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum aud_code
emit(void *user, const struct aud_ipsec_out *o, struct aud_err *err)
{
	struct aud_packet in[2] = {*o->packet};
	unsigned n = o->clear ? aud_decode_inside(user, o->packet, o->in, o->proto, o->at, o->end, in) : 1;

	(void)err;
	for (unsigned i = 0; i < n; i++) {
		const volatile uint8_t *ip = in[i].ip;
		for (uint32_t at = 0; at < in[i].caplen; at++)
			(void)ip[at];
		if (in[i].caplen > in[i].iplen || in[i].payload < in[i].l4)
			abort();
	}
	return AUD_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t protos[] = {50, 51, 141, 17, 6, 17, 50, 4};
	const struct aud_ipsec_opts o = {.dedup = true, .max_sas = 8, .max_ikes = 8, .max_kept = 4096};
	const struct aud_ipsec_result *r;
	struct aud_ipsec *x;
	struct aud_decoder *d;
	uint64_t now = 1, packets = 0, shown = 0;

	if (aud_ipsec_new(&x, &o, NULL) != AUD_OK || aud_decoder_new(&d, NULL) != AUD_OK)
		return 0;
	while (size >= 2) {
		size_t len = data[0] * 4u < size - 2 ? data[0] * 4u : size - 2, n = 20 + len;
		uint8_t *ip = malloc(n), how = data[1];
		struct aud_packet p[2];
		const uint8_t head[20] = {0x45, 0, (uint8_t)(n >> 8), (uint8_t)n, 0, 1, 0, how & 0x80 ? 0x20 : 0, 64, protos[how & 7], 0, 0,
		    10, 0, 0, how & 8 ? 1 : 2, 10, 0, 0, how & 8 ? 2 : 1};
		if (!ip)
			break;
		memcpy(ip, head, sizeof head);
		memcpy(ip + sizeof head, data + 2, len);
		struct aud_frame f = {.no = ++packets, .ts_ns = now += how & 0x70, .dlt = 101, .data = ip, .caplen = (uint32_t)n, .wirelen = (uint32_t)n + (how == 0xff)};
		unsigned k = aud_decode(d, &f, p);
		for (unsigned i = 0; i < k; i++)
			if (p[i].bits & AUD_PKT_IPSEC && ++shown && aud_ipsec_packet(x, &p[i], emit, d, NULL) != AUD_OK)
				abort();
		free(ip);
		data += 2 + len;
		size -= 2 + len;
	}
	if (aud_ipsec_flush(x, emit, d, NULL) != AUD_OK || aud_ipsec_result(x, &r, NULL) != AUD_OK || r->nsas > 8 || r->nikes > 8)
		abort();
	aud_ipsec_free(x);
	aud_decoder_free(d);
	return 0;
}
