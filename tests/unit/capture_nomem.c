/* Stage 1 when memory is out: the nth allocation fails, for each n, over open, claim, load and cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture_make.h"

/* The linker sends the stage's own allocations here (--wrap). */
void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);

static unsigned countdown;	/* 0: none fails */

static bool
fails(void)
{
	return countdown && !--countdown;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

/* True: nothing failed any more. */
static bool
read_failing(const char *path, unsigned nth, size_t expected)
{
	struct aud_err err = {0};
	struct aud_block block = {0};
	struct aud_frame f[8];
	struct aud_capture *c;
	enum aud_code code;
	size_t n, all = 0;
	bool failed;

	countdown = nth;
	code = aud_capture_open(&c, path, &(struct aud_capture_opts){.block_size = 256, .filter = "len >= 0"}, &err);
	while (code == AUD_OK && (code = aud_capture_claim(c, &block, &err)) == AUD_OK) {
		assert_int_equal(aud_capture_load(c, &block, &err), AUD_OK);
		while ((n = aud_capture_cut(c, &block, f, 8)))
			all += n;
	}
	failed = !countdown;
	countdown = 0;
	if (!failed) {
		assert_int_equal(code, AUD_END);
		assert_int_equal(all, expected);
		assert_false(aud_capture_info(c)->broken);
	} else if (code == AUD_NOMEM)
		assert_non_null(strstr(err.msg, "out of memory"));
	else {
		/* Broken with the reason; or it went well at the second attempt, after the look at the first frame. */
		assert_int_equal(code, AUD_END);
		assert_int_equal(aud_capture_info(c)->broken, all != expected);
		if (all != expected)
			assert_non_null(strstr(aud_capture_info(c)->broken_why, "out of memory"));
	}
	aud_block_free(&block);
	aud_capture_close(c);
	return !failed;
}

static void
test_nomem(void **state)
{
	struct bytes ng = {0}, pcap = {0}, odd = {0}, netmon = {0};
	struct bytes *all[] = {&ng, &pcap, &odd, &netmon};

	(void)state;
	put_ng_section(&ng, 1, 0);
	for (unsigned i = 0; i < 20; i++)
		put_ng_interface(&ng, i % 2 ? 1 : 101, 0, -1, 0);
	put_pcap_header(&pcap, 0xa1b2c3d4, 4, 65535, 1);
	put_pcap_header(&odd, 0xa1b2c3d4, 4, 65535, 1);
	memcpy(odd.p + 4, "\x1f\x02\0\0", 4);	/* version 543.0 is libpcap's */
	for (uint32_t i = 0; i < 10; i++) {
		put_ng_enhanced(&ng, i, i, i * 100, i * 100);
		put_pcap_record(&pcap, i, 0, i * 100, i * 100);
		put_pcap_record(&odd, i, 0, i * 100, i * 100);
	}
	put(&netmon, "GMBU\0\2\1\0\xd1\7\11\0\0\0\11\0\1\0\56\0\50\0\0\0", 24);
	put_u32(&netmon, 128);
	put_u32(&netmon, 4 * 10);
	put_fill(&netmon, 0, 96);
	for (uint32_t i = 0; i < 10; i++)
		put_u32(&netmon, 168 + 16 * i);
	for (uint32_t i = 0; i < 20; i++)
		put_u64(&netmon, i % 2 ? 0 : i);	/* a time, and no bytes */
	for (size_t i = 0; i < 4; i++) {
		for (int piped = 0; piped < 2; piped++) {
			unsigned nth = 0;
			for (bool whole = false; !whole;) {
				struct anonymous a = (piped ? pipe_of : file_of)(all[i]->p, all[i]->n);
				whole = read_failing(a.path, ++nth, 10);
				close(a.fd);
			}
			assert_true(nth > 5);
		}
		bytes_free(all[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nomem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
