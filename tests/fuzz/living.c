/* Open flows out of a database, behind a head that no fuzzer would find. */
#include <stdlib.h>
#include <string.h>

#include "living.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct living_parts own = {.max = 1};
	struct living l = {.flow = {.packets = {1, 1}}};
	struct aud_view v = view_of(data, size);
	uint8_t ip[60], *part = malloc(size + 8);
	struct aud_packet p;
	int side;

	if (living_open(&v, NULL) == AUD_OK)
		abort();
	if (!part || living_write(&own, &l, NULL, NULL) != AUD_OK)
		abort();
	memcpy(part, own.v[0].p, 8);
	memcpy(part + 8, data, size);
	v = view_of(part, size + 8);
	if (living_open(&v, NULL) != AUD_OK)
		abort();
	while (living_next(&v, &l, NULL) == AUD_OK) {
		(void)living_syn(&l, ip, &p, &side);
		while (living_packet(&l, &p, &side))
			if (p.caplen > p.iplen || p.l4 >= p.caplen || p.ip[p.caplen - 1] == p.ip[0] + 256)
				abort();
	}
	living_free(&own);
	free(part);
	return 0;
}
