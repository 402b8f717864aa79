/* Stage 1 on any bytes. The first two tell a block size and a batch, which must not change what is read of the rest. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <aud/frame.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t
digest(int fd, size_t block_size, size_t batch)
{
	struct aud_capture *c;
	struct aud_block b = {0};
	struct aud_frame f[64];
	uint64_t sum = 0;
	char path[32];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (aud_capture_open(&c, path, &(struct aud_capture_opts){.block_size = block_size}, NULL) != AUD_OK)
		return sum;
	while (aud_capture_claim(c, &b, NULL) == AUD_OK && aud_capture_load(c, &b, NULL) == AUD_OK)
		for (size_t n; (n = aud_capture_cut(c, &b, f, batch));)
			for (size_t i = 0; i < n; sum += f[i++].ts_ns)
				for (size_t k = 0; k < f[i].caplen; k++)
					sum = sum * 31 + f[i].data[k];
	sum = sum * 31 + aud_capture_info(c)->frames + aud_capture_info(c)->broken_at;
	aud_block_free(&b);
	aud_capture_close(c);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", 0);
	if (size >= 2 && write(fd, data + 2, size - 2) >= 0)
		if (digest(fd, 0, 64) != digest(fd, data[0] + 1u, data[1] % 64 + 1u))
			abort();
	return close(fd);
}
