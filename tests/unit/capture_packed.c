/* Stage 1: compressed captures, made here through libarchive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>

#include "capture_make.h"

static const struct {
	const char *name;
	int (*add)(struct archive *);
} packers[] = {
    {"gzip", archive_write_add_filter_gzip},
    {"zstd", archive_write_add_filter_zstd},
    {"xz", archive_write_add_filter_xz},
    {"lz4", archive_write_add_filter_lz4},
    {"bzip2", archive_write_add_filter_bzip2},
};
enum { PACKERS = sizeof packers / sizeof *packers };

static la_ssize_t
sink(struct archive *a, void *user, const void *p, size_t n)
{
	(void)a;
	put(user, p, n);
	return (la_ssize_t)n;
}

/* Appends what p compresses to. */
static void
pack(struct bytes *out, size_t packer, const void *p, size_t n)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();

	assert_int_equal(packers[packer].add(a), ARCHIVE_OK);
	archive_write_set_format_raw(a);
	if (!strcmp(packers[packer].name, "lz4"))
		archive_write_set_filter_option(a, "lz4", "block-size", "4");	/* 64 KiB, not 4 MiB */
	archive_write_set_bytes_in_last_block(a, 1);
	assert_int_equal(archive_write_open(a, out, NULL, sink, NULL), ARCHIVE_OK);
	archive_entry_set_filetype(e, AE_IFREG);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, p, n), n);
	archive_entry_free(e);
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
}

/* Packets that do not compress, so that the unpacked bytes come in many pieces. */
static void
put_noise(struct bytes *b, uint32_t records)
{
	uint32_t x = 1;

	put_pcap_header(b, 0xa1b2c3d4, 4, 65535, 1);
	for (uint32_t i = 0; i < records; i++) {
		put_pcap_record(b, i, 0, 500, 500);
		for (size_t k = b->n - 500; k < b->n; k++)
			b->p[k] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
	}
}

static void
test_packed(void **state)
{
	struct bytes b = {0};
	struct result *plain, *r;

	(void)state;
	put_noise(&b, 600);
	plain = read_bytes(&b, &(struct how){0});
	assert_int_equal(plain->n, 600);
	assert_null(plain->info.compression);
	for (size_t i = 0; i < PACKERS; i++) {
		struct bytes z = {0};
		pack(&z, i, b.p, b.n);
		for (size_t size = 0; size < 3000; size += 999) {
			r = read_bytes(&z, &(struct how){.block_size = size});
			assert_string_equal(r->info.compression, packers[i].name);
			assert_string_equal(r->info.format, "pcap");
			assert_int_equal(r->info.size, z.n);
			assert_false(r->parallel);
			same_frames(plain, r);
			free(r);
		}
		bytes_free(&z);
		/* Two compressed parts one after the other are one stream. */
		pack(&z, i, b.p, 1000);
		pack(&z, i, b.p + 1000, b.n - 1000);
		r = read_bytes(&z, &(struct how){0});
		same_frames(plain, r);
		free(r);
		bytes_free(&z);
		/* From a pipe. */
		pack(&z, i, b.p, 24 + 516 * 20);
		struct anonymous a = pipe_of(z.p, z.n);
		r = read_capture(a.path, &(struct how){0});
		assert_int_equal(r->n, 20);
		assert_int_equal(r->info.size, 0);
		close(a.fd);
		free(r);
		bytes_free(&z);
	}
	free(plain);
	bytes_free(&b);
}

/* What can still be unpacked of a stream that breaks off is delivered, and the break is told. */
static void
test_cut_off(void **state)
{
	struct bytes b = {0};

	(void)state;
	put_noise(&b, 4000);
	for (size_t i = 0; i < PACKERS; i++) {
		struct bytes z = {0};
		pack(&z, i, b.p, b.n);
		z.n = z.n * 9 / 10;
		struct result *r = read_bytes(&z, &(struct how){0});
		assert_int_equal(r->code, AUD_OK);
		assert_true(r->info.broken);
		assert_true(!strncmp(r->info.broken_why, "the ", 4));
		assert_non_null(strstr(r->info.broken_why, packers[i].name));
		assert_non_null(strstr(r->info.broken_why, " data breaks off: "));
		assert_int_equal(r->info.broken_at, 24 + 516 * r->n);
		/* libarchive loses the block that it was unpacking: 64 KiB, with bzip2 900,000 bytes. */
		assert_true(r->n >= (strcmp(packers[i].name, "bzip2") ? 3600 - 131 : 3600 - 1750));
		assert_true(r->n <= 3610);
		free(r);
		/* So early that there is nothing. */
		z.n = 20;
		r = read_bytes(&z, &(struct how){0});
		assert_int_equal(r->code, AUD_FORMAT);
		assert_non_null(strstr(r->err.msg, packers[i].name));
		free(r);
		bytes_free(&z);
	}
	bytes_free(&b);
}

/* gzip cut off anywhere: each whole record that is in what zcat(1) still makes of it. */
static void
test_gzip_cut_off(void **state)
{
	struct bytes b = {0}, z = {0};

	(void)state;
	if (system("command -v zcat >/dev/null") != 0)
		skip();
	put_noise(&b, 300);
	for (size_t i = 24; i < b.n; i++)
		b.p[i] &= i % 3 ? 0xff : 0x0f;	/* so that something is compressed */
	for (size_t at = 24; at < b.n; at += 516)
		memcpy(b.p + at + 8, "\xf4\1\0\0\xf4\1\0\0", 8);
	pack(&z, 0, b.p, b.n);
	size_t all = z.n;	/* then cuts over all of it, and each of the last ten */
	for (size_t i = 0; i < 40; i++) {
		z.n = i < 30 ? 200 + i * (all / 31) : all - (39 - i);
		struct anonymous a = file_of(z.p, z.n);
		struct result *r = read_capture(a.path, &(struct how){0});
		char command[200];
		size_t n = 0;
		snprintf(command, sizeof command, "zcat </proc/%d/fd/%d 2>/dev/null", (int)getpid(), a.fd);
		FILE *f = popen(command, "r");
		assert_non_null(f);
		while (fgetc(f) != EOF)
			n++;
		pclose(f);
		assert_int_equal(r->code, AUD_OK);
		assert_true(n >= 24);
		/* gzip(1) may hold back a symbol that zlib does not. */
		assert_in_range(r->n, (n - 24) / 516, (n - 24 + 8) / 516);
		assert_int_equal(r->info.broken, z.n < all);
		free(r);
		close(a.fd);
	}
	bytes_free(&z);
	bytes_free(&b);
}

/* Zero bytes behind the end are padding; anything else is told, and so is a checksum that differs. */
static void
test_gzip_end(void **state)
{
	static const struct {
		const char *tail;
		size_t n;
		const char *why;
	} rows[] = {
	    {"\0\0\0\0\0\0\0\0\0\0\0\0\0", 13, ""},
	    {"more", 4, "the gzip data breaks off: what follows is no gzip data"},
	    {"\0\0\x1f\x8b\x08", 5, "the gzip data breaks off: what follows is no gzip data"},
	    {"\x1f\x8b\x08\0\0", 5, "the gzip data breaks off: truncated gzip input"},
	};
	struct bytes b = {0};

	(void)state;
	put_noise(&b, 3);
	for (size_t i = 0; i <= sizeof rows / sizeof *rows; i++) {
		bool crc = i == sizeof rows / sizeof *rows;
		struct bytes z = {0};
		pack(&z, 0, b.p, b.n);
		if (crc)
			z.p[z.n - 8] ^= 1;
		else
			put(&z, rows[i].tail, rows[i].n);
		struct result *r = read_bytes(&z, &(struct how){0});
		assert_int_equal(r->n, 3);
		assert_string_equal(r->info.broken_why, crc ? "the gzip data breaks off: incorrect data check" : rows[i].why);
		free(r);
		bytes_free(&z);
	}
	bytes_free(&b);
}

static void
test_no_capture(void **state)
{
	struct result *r;

	(void)state;
	for (size_t i = 0; i < PACKERS; i++) {
		struct bytes z = {0};
		pack(&z, i, "To be or not to be\n", 19);
		r = read_bytes(&z, &(struct how){0});
		assert_int_equal(r->code, AUD_FORMAT);
		assert_non_null(strstr(r->err.msg, packers[i].name));
		assert_non_null(strstr(r->err.msg, "data that is text"));
		free(r);
		bytes_free(&z);
	}
	/* What gzip makes of nothing. */
	struct bytes z = {0};
	put(&z, "\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0", 20);
	r = read_bytes(&z, &(struct how){0});
	assert_int_equal(r->code, AUD_FORMAT);
	assert_non_null(strstr(r->err.msg, "gzip data that is empty"));
	free(r);
	bytes_free(&z);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_packed),
	    cmocka_unit_test(test_cut_off),
	    cmocka_unit_test(test_gzip_cut_off),
	    cmocka_unit_test(test_gzip_end),
	    cmocka_unit_test(test_no_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
