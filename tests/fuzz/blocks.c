#include <stdint.h>
#include <stdlib.h>

#include "ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As seek.c reads the ring. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	volatile uint8_t last;
	struct aud_frame f;
	uint32_t i;

	for (size_t n; (n = block_length(data, size)); data += n, size -= n) {
		if (n > size)
			abort();
		if (!block_read(data, n, &f, &i))
			continue;
		if (f.data < data || f.caplen > FRAME_MAX || f.data + f.caplen > data + n)
			abort();
		for (uint32_t k = 0; k < f.caplen; k++)
			last = f.data[k];
	}
	(void)last;
	return 0;
}
