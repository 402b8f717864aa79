/* Two directions of a connection from one buffer: side, how far the sequence number jumps, and how many bytes follow.
 */
#include <stddef.h>
#include <stdint.h>

#include "own.h"
#include "slab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct aud_view v = view_of(data, size), part;
	struct found found = {.client = -1};
	uint32_t seq[2] = {0}, isn[2] = {0};
	struct slab store;
	struct tls tls;
	uint8_t how, n;

	tls_init(&tls);
	slab_init(&store, held_size(), 2);
	while (view_u8(&v, &how) && view_u8(&v, &n)) {
		int side = how & 1;
		/* 2: jump, 4: back, 8: nothing known of the start, 16: more was sent than captured. */
		uint32_t at = seq[side] + (how & 2 ? how >> 5 : 0) - (how & 4 ? how >> 5 : 0), sent;
		size_t len = how & 32 ? n * 16u : n;

		if (!view_cut(&v, len < view_left(&v) ? len : view_left(&v), &part))
			break;
		sent = (uint32_t)view_left(&part) + (how & 16 ? 40 : 0);
		tls_segment(&tls, &store, side, at, how & 8 ? NULL : &isn[side], part, sent, &found);
		seq[side] = at + sent;
	}
	tls_end(&tls, &store, &found);
	if (store.live)
		__builtin_trap();
	slab_done(&store);
	return 0;
}
