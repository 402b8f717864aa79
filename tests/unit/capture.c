/* Stage 1: pcap and its relatives, blocks, sources. Expectations: draft-ietf-opsawg-pcap, Wireshark's variants. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture.h"
#include "capture_make.h"

#define SEC UINT64_C(1000000000)

/* How a file is written, and what it is called. All hold two packets, at 100.5 and 200.000000001 or 200.000001. */
static const struct {
	const char *name, *format;
	uint32_t magic;
	unsigned minor;
	bool big, nano;
	unsigned header_extra, record_extra;
	bool lengths_old;
	uint32_t network;
	uint16_t dlt;
} variants[] = {
    {"microseconds, little-endian", "pcap", 0xa1b2c3d4, 4, 0, 0, 0, 0, 0, 1, 1},
    {"microseconds, big-endian", "pcap", 0xa1b2c3d4, 4, 1, 0, 0, 0, 0, 1, 1},
    {"nanoseconds, little-endian", "pcap (nanoseconds)", 0xa1b23c4d, 4, 0, 1, 0, 0, 0, 1, 1},
    {"nanoseconds, big-endian", "pcap (nanoseconds)", 0xa1b23c4d, 4, 1, 1, 0, 0, 0, 1, 1},
    {"Kuznetzov, 1999-10-29", "pcap (modified)", 0xa1b2cd34, 4, 0, 0, 0, 8, 0, 1, 1},
    {"Kuznetzov, 1999-10-29, big-endian", "pcap (modified)", 0xa1b2cd34, 4, 1, 0, 0, 8, 0, 1, 1},
    {"Kuznetzov, 1999-09-15", "pcap (modified)", 0xa1b2cd34, 4, 0, 0, 0, 12, 0, 1, 1},
    {"Kuznetzov, 1999-04-17", "pcap (modified)", 0xa1b2c3d4, 4, 0, 0, 0, 8, 0, 1, 1},
    {"Nokia", "pcap (Nokia)", 0xa1b2c3d4, 4, 0, 0, 0, 4, 0, 1, 1},
    {"Ixia, hardware", "pcap (Ixia)", 0x1c0001ac, 4, 0, 1, 4, 0, 0, 1, 1},
    {"Ixia, software, big-endian", "pcap (Ixia)", 0x1c0001ab, 4, 1, 0, 4, 0, 0, 1, 1},
    {"version 2.2: wire length first", "pcap", 0xa1b2c3d4, 2, 0, 0, 0, 0, 1, 1, 1},
    {"version 2.3, lengths swapped", "pcap", 0xa1b2c3d4, 3, 0, 0, 0, 0, 1, 1, 1},
    {"version 2.3, lengths in order", "pcap", 0xa1b2c3d4, 3, 0, 0, 0, 0, 0, 1, 1},
    {"version 2.5", "pcap", 0xa1b2c3d4, 5, 0, 0, 0, 0, 0, 1, 1},
    {"AIX, Ethernet as interface type 6", "pcap (AIX)", 0xa1b2c3d4, 2, 0, 1, 0, 0, 1, 6, 1},
    {"frame check sequence of 4 bytes told", "pcap", 0xa1b2c3d4, 4, 0, 0, 0, 0, 0, 0x24000001, 1},
    {"raw IP", "pcap", 0xa1b2c3d4, 4, 0, 0, 0, 0, 0, 101, 12},
    {"a link type of more than 16 bits is no link type", "pcap", 0xa1b2c3d4, 4, 0, 0, 0, 0, 0, 0x10001, 0xffff},
};

static void
put_variant_record(struct bytes *b, size_t v, uint32_t sec, uint32_t frac, uint32_t cap, uint32_t wire)
{
	static const uint8_t nokia[] = {0x01, 0xb6, 0xbf, 0x9f};
	bool old = variants[v].lengths_old;

	put_u32(b, sec);
	put_u32(b, frac);
	put_u32(b, old ? wire : cap);
	put_u32(b, old ? cap : wire);
	if (variants[v].record_extra == 4)
		put(b, nokia, 4);
	if (variants[v].record_extra >= 8) {
		put_u32(b, 2);
		put_u16(b, 0x800);
		put(b, "\0\0\0\0\0\0", variants[v].record_extra - 6);
	}
	put_fill(b, (uint8_t)cap, cap);
}

static void
put_variant(struct bytes *b, size_t v)
{
	b->big = variants[v].big;
	put_pcap_header(b, variants[v].magic, variants[v].minor, 65535, variants[v].network);
	put(b, "\0\0\0\0", variants[v].header_extra);
	put_variant_record(b, v, 100, variants[v].nano ? 500000000 : 500000, 60, 61);
	put_variant_record(b, v, 200, 1, 33, 1500);
}

static void
test_variants(void **state)
{
	(void)state;
	for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
		struct bytes b = {0};
		put_variant(&b, v);
		struct result *r = read_bytes(&b, &(struct how){0});
		assert_int_equal(r->code, AUD_OK);
		assert_string_equal(r->info.format, variants[v].format);
		assert_int_equal(r->n, 2);
		assert_int_equal(r->frames[0].no, 1);
		assert_int_equal(r->frames[1].no, 2);
		assert_int_equal(r->frames[0].ts_ns, 100 * SEC + SEC / 2);
		assert_int_equal(r->frames[1].ts_ns, 200 * SEC + (variants[v].nano ? 1 : 1000));
		assert_int_equal(r->frames[0].caplen, 60);
		assert_int_equal(r->frames[0].wirelen, 61);
		assert_int_equal(r->frames[1].caplen, 33);
		assert_int_equal(r->frames[1].wirelen, 1500);
		assert_int_equal((uintptr_t)r->frames[0].data, 60);
		assert_int_equal((uintptr_t)r->frames[1].data, 33);
		assert_int_equal(r->frames[1].dlt, variants[v].dlt);
		assert_true(r->frames[0].has_ts);
		assert_int_equal(r->opened_ns, 100 * SEC + SEC / 2);
		assert_int_equal(r->info.first_ns, 100 * SEC + SEC / 2);
		assert_int_equal(r->info.last_ns, r->frames[1].ts_ns);
		assert_int_equal(r->info.truncated, 2);
		assert_int_equal(r->info.bytes, b.n);
		assert_int_equal(r->info.size, b.n);
		assert_int_equal(r->info.snaplen, 65535);
		assert_int_equal(r->info.kernel_drops, UINT64_MAX);
		assert_false(r->info.broken);
		free(r);
		bytes_free(&b);
	}
}

/*
 * Each variant, cut off after each byte: the whole records before, and the word that it is broken unless none was
 * begun. Not those that only whole records tell apart.
 */
static void
test_cut_off(void **state)
{
	(void)state;
	for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
		struct bytes b = {0};
		size_t header = 24 + variants[v].header_extra, record = 16 + variants[v].record_extra;
		size_t one = header + record + 60, two = one + record + 33;
		if (variants[v].record_extra)
			continue;
		put_variant(&b, v);
		assert_int_equal(b.n, two);
		for (b.n = 0; b.n <= two; b.n++) {
			struct result *r = read_bytes(&b, &(struct how){.block_size = 32});
			if (b.n < header) {
				assert_int_equal(r->code, AUD_FORMAT);
				free(r);
				continue;
			}
			assert_int_equal(r->code, AUD_OK);
			assert_int_equal(r->n, (b.n >= one) + (b.n >= two));
			assert_int_equal(r->info.broken, b.n != header && b.n != one && b.n != two);
			if (r->info.broken)
				assert_int_equal(r->info.broken_at, b.n < one ? header : one);
			free(r);
		}
		bytes_free(&b);
	}
}

static void
test_reasons(void **state)
{
	static const struct {
		uint32_t caplen;
		size_t have;
		const char *why;	/* NULL: whole */
	} rows[] = {
	    {80, 40, "the file ends inside a packet record (needs 96 bytes, has 56)"},
	    {262144, 262144, NULL},
	    {262145, 262145, "packet record claims 262145 bytes"},
	    {UINT32_MAX, 100, "packet record claims 4294967295 bytes"},
	    {0, 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bytes b = {0};
		put_pcap_header(&b, 0xa1b2c3d4, 4, 96, 1);
		put_pcap_record(&b, 1, 0, 10, 10);
		put_pcap_record(&b, 2, 0, 0, rows[i].caplen);
		b.n -= 8;
		put_u32(&b, rows[i].caplen);
		put_u32(&b, rows[i].caplen);
		put_fill(&b, 0, rows[i].have);
		for (size_t size = 0; size <= 4096; size += 4096) {
			struct result *r = read_bytes(&b, &(struct how){.block_size = size});
			assert_int_equal(r->code, AUD_OK);
			assert_int_equal(r->n, rows[i].why ? 1 : 2);
			assert_int_equal(r->info.broken, rows[i].why != NULL);
			assert_string_equal(r->info.broken_why, rows[i].why ? rows[i].why : "");
			assert_int_equal(r->info.broken_at, rows[i].why ? 24 + 26 : 0);
			free(r);
		}
		bytes_free(&b);
	}
}

/* 300 records of many sizes. */
static void
put_many(struct bytes *b)
{
	put_pcap_header(b, 0xa1b2c3d4, 4, 65535, 1);
	for (uint32_t i = 0; i < 300; i++)
		put_pcap_record(b, 1000 + i, i, i * 7 % 250, i * 7 % 250 + i % 2);
}

static void
test_blocks(void **state)
{
	struct bytes b = {0};
	struct result *whole, *r;

	(void)state;
	put_many(&b);
	whole = read_bytes(&b, &(struct how){0});
	assert_int_equal(whole->n, 300);
	assert_true(whole->parallel);
	for (size_t size = 1; size < 1200; size += size < 70 ? 1 : 41)
		for (unsigned flight = 1; flight <= 8; flight += 7) {
			const struct how how = {.block_size = size, .in_flight = flight, .batch = size % 5 + 1};
			r = read_bytes(&b, &how);
			same_frames(whole, r);
			free(r);
		}
	for (size_t size = 1; size < 200; size++) {
		struct anonymous a = pipe_of(b.p, b.n);
		r = read_capture(a.path, &(struct how){.block_size = size});
		assert_false(r->parallel);
		assert_int_equal(r->info.size, 0);
		same_frames(whole, r);
		free(r);
		close(a.fd);
	}
	free(whole);
	bytes_free(&b);
}

/* "-", from a pipe and from a file that was read in part. */
static void
test_standard_input(void **state)
{
	struct bytes b = {0};
	struct result *whole, *r;
	struct anonymous a;
	int saved = dup(STDIN_FILENO);

	(void)state;
	put(&b, "ten bytes.", 10);
	put_many(&b);
	a = file_of(b.p + 10, b.n - 10);
	whole = read_capture(a.path, &(struct how){0});
	assert_int_equal(whole->n, 300);
	close(a.fd);
	for (int piped = 0; piped < 2; piped++) {
		char ten[10];
		a = piped ? pipe_of(b.p, b.n) : file_of(b.p, b.n);
		dup2(a.fd, STDIN_FILENO);
		if (!piped)
			lseek(STDIN_FILENO, 0, SEEK_SET);
		assert_int_equal(read(STDIN_FILENO, ten, 10), 10);
		r = read_capture("-", &(struct how){.block_size = 1000});
		assert_int_equal(r->parallel, !piped);
		same_frames(whole, r);
		free(r);
		close(a.fd);
	}
	dup2(saved, STDIN_FILENO);
	close(saved);
	free(whole);
	bytes_free(&b);
}

/* What libpcap reads and the own readers do not: version 543.0 of DG/UX, with the older order of lengths. */
static void
test_through_libpcap(void **state)
{
	struct bytes b = {.big = true};
	struct result *r;

	(void)state;
	put_pcap_header(&b, 0xa1b2c3d4, 0, 65535, 101);
	b.p[4] = 543 >> 8;
	b.p[5] = 543 & 0xff;
	for (uint32_t i = 0; i < 50; i++) {
		put_pcap_record(&b, 10 + i, 7, 40, 90);
		/* The wire length comes first. */
		memcpy(b.p + b.n - 48, "\0\0\0\x5a\0\0\0\x28", 8);
	}
	b.n -= 5;
	for (size_t size = 0; size <= 64; size += 16) {
		r = read_bytes(&b, &(struct how){.block_size = size});
		assert_int_equal(r->code, AUD_OK);
		assert_string_equal(r->info.format, "pcap via libpcap");
		assert_int_equal(r->n, 49);
		assert_int_equal(r->opened_ns, 10 * SEC + 7000);
		assert_int_equal(r->frames[48].ts_ns, 58 * SEC + 7000);
		assert_int_equal(r->frames[48].caplen, 40);
		assert_int_equal(r->frames[48].wirelen, 90);
		assert_int_equal(r->frames[48].dlt, 12);
		assert_int_equal((uintptr_t)r->frames[48].data, 40);
		assert_true(r->info.broken);
		assert_non_null(strstr(r->info.broken_why, "truncated dump file"));
		free(r);
	}
	b.n = 24;
	b.p[5]++;	/* a version that nobody knows */
	r = read_bytes(&b, &(struct how){0});
	assert_int_equal(r->code, AUD_FORMAT);
	assert_non_null(strstr(r->err.msg, "version 544.0"));
	free(r);
	bytes_free(&b);
}

static void
test_backward_and_filter(void **state)
{
	struct bytes b = {0};
	struct result *r;

	(void)state;
	put_pcap_header(&b, 0xa1b2c3d4, 4, 65535, 1);
	for (uint32_t i = 0; i < 90; i++)
		put_pcap_record(&b, i % 3 ? 100 + i : 50, 0, i < 10 ? 20 : 60, 60);
	r = read_bytes(&b, &(struct how){0});
	assert_int_equal(r->info.backward, 29);
	assert_int_equal(r->info.first_ns, 50 * SEC);
	assert_int_equal(r->info.last_ns, 189 * SEC);
	assert_int_equal(r->info.truncated, 10);
	free(r);
	/* The first byte of a packet is its length. */
	r = read_bytes(&b, &(struct how){.filter = "ether[0] = 20", .block_size = 128});
	assert_int_equal(r->n, 10);
	assert_int_equal(r->info.frames, 10);
	assert_int_equal(r->info.filtered, 80);
	assert_int_equal(r->frames[9].no, 10);
	free(r);
	r = read_bytes(&b, &(struct how){.filter = "ether[0] = 60", .batch = 3});
	assert_int_equal(r->n, 80);
	assert_int_equal(r->frames[0].no, 11);
	assert_int_equal(r->info.truncated, 0);
	free(r);
	r = read_bytes(&b, &(struct how){.filter = "ether[0] = 61"});
	assert_int_equal(r->n, 0);
	assert_int_equal(r->info.filtered, 90);
	assert_int_equal(r->code, AUD_OK);
	free(r);
	r = read_bytes(&b, &(struct how){.filter = "tcp prot 80"});
	assert_int_equal(r->code, AUD_USAGE);
	assert_non_null(strstr(r->err.msg, "tcp prot 80"));
	assert_non_null(strstr(r->err.msg, "syntax error"));
	free(r);
	bytes_free(&b);
}

/* LINKTYPE_ to DLT_ numbers as the installed libpcap has them. */
struct stream {
	const uint8_t *p;
	size_t left;
};

static size_t
stream_read(void *user, uint8_t *buf, size_t n)
{
	struct stream *s = user;

	n = n < s->left ? n : s->left;
	if (n)
		memcpy(buf, s->p, n);
	s->p += n;
	s->left -= n;
	return n;
}

static void
test_linktypes(void **state)
{
	(void)state;
	for (uint32_t lt = 0; lt < 1000; lt++) {
		struct bytes b = {0};
		struct savefile *f;
		put_pcap_header(&b, 0xa1b2c3d4, 4, 65535, lt);
		assert_int_equal(savefile_open(&f, stream_read, &(struct stream){b.p, b.n}, NULL), AUD_OK);
		assert_int_equal(linktype_dlt(lt), savefile_dlt(f));
		savefile_close(f);
		bytes_free(&b);
	}
	assert_int_equal(linktype_dlt(101), 12);
}

static void
test_no_capture(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *what;
	} rows[] = {
	    {"", 0, "it is empty"},
	    {"No.,Time,Source\n1,2,3\n", 22, "it is text"},
	    {"\n<!DOCTYPE HTML><title>404</title>", 34, "it is an HTML page"},
	    {"snoop\0\0\0\0\0\0\2\0\0\0", 15, "snoop file header is cut off (needs 16 bytes, has 15)"},
	    {"GMBU\0\2\1\0", 8, "Network Monitor file header is cut off (needs 128 bytes, has 8)"},
	    {"RTSS\1\1\1\0", 8, "Network Monitor file header is cut off (needs 128 bytes, has 8)"},
	    {"XCP\0" "001.100", 12, "NetXRay"},
	    {"btsnoop\0\0\0\0\1", 12, "btsnoop"},
	    {"\x4d\x3c\x2b\xa1\2\0\4\0", 8, "Navtel"},
	    {"PK\3\4\24\0", 6, "ZIP archive"},
	    {"SQLite format 3\0", 16, "SQLite database"},
	    {"\0\0\0\0\0\0\0\0", 8, "nothing but zero bytes"},
	    {"\x01\x02\x03\x04\xff\xfe\xfd\xfc\xfb", 9, "unknown format (it begins with 01 02 03 04 ff fe fd fc)"},
	    {"\xd4\xc3\xb2\xa1\2\0\4\0", 8, "pcap file header is cut off (needs 24 bytes, has 8)"},
	    {"\xd4\xc3\xb2", 3, "unknown format"},
	    {"\x0a\x0d\x0d\x0a", 4, "first pcapng block is cut off"},
	    {"\x0a\x0d\x0d\x0a\x1c\0\0\0\1\2\3\4\5\6\7\x8", 16, "unknown byte-order magic 0x01020304"},
	};
	struct result *r;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int piped = 0; piped < 2; piped++) {
			struct anonymous a = (piped ? pipe_of : file_of)(rows[i].bytes, rows[i].n);
			r = read_capture(a.path, &(struct how){0});
			assert_int_equal(r->code, AUD_FORMAT);
			assert_int_equal(r->err.code, AUD_FORMAT);
			if (!strstr(r->err.msg, rows[i].what))
				print_error("%s\n", r->err.msg);
			assert_null(strstr(r->err.msg, a.path));
			assert_non_null(strstr(r->err.msg, rows[i].what));
			assert_null(strchr(r->err.msg, '\n'));
			free(r);
			close(a.fd);
		}
	r = read_capture("/", &(struct how){0});
	assert_int_equal(r->code, AUD_FORMAT);
	assert_non_null(strstr(r->err.msg, "is a directory"));
	free(r);
	r = read_capture("/nonexistent/x.pcap", &(struct how){0});
	assert_int_equal(r->code, AUD_IO);
	assert_string_equal(r->err.msg, "No such file or directory");
	free(r);
}

/* A stop ends the wait for a pipe that nobody writes to and nobody closes: what came counts, and is told not to be all. */
static void
test_stop(void **state)
{
	static const struct {
		size_t cut, frames;
		enum aud_code code;
	} rows[] = {{0, 0, AUD_END}, {10, 0, AUD_END}, {24 + 16 + 60, 1, AUD_OK}, {24 + 16 + 60 + 16 + 5, 1, AUD_OK}};
	const atomic_bool stop = true;
	struct bytes b = {0};

	(void)state;
	put_variant(&b, 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct result *r;
		char path[64];
		int fd[2];

		assert_int_equal(pipe(fd), 0);
		assert_true(write(fd[1], b.p, rows[i].cut) == (ssize_t)rows[i].cut);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd[0]);
		r = read_capture(path, &(struct how){.stop = &stop});
		assert_int_equal(r->code, rows[i].code);
		assert_int_equal(r->n, rows[i].frames);
		if (r->code == AUD_OK) {
			assert_true(r->info.interrupted);
			assert_false(r->info.broken);
		} else
			assert_string_equal(r->err.msg, "interrupted before its first packet");
		free(r);
		close(fd[0]);
		close(fd[1]);
	}
	/* A file of the disk is there as it is. */
	struct result *r = read_bytes(&b, &(struct how){.stop = &stop});
	assert_int_equal(r->n, 2);
	assert_false(r->info.interrupted);
	free(r);
	bytes_free(&b);
}

/* A file that loses its end after it was opened, and one that grows. */
static void
test_changing_file(void **state)
{
	struct bytes b = {0};
	struct aud_capture *c;
	struct aud_block block = {0};
	struct aud_frame f[16];
	const struct aud_capture_opts opts = {.block_size = 4096};
	size_t n, all;

	(void)state;
	put_many(&b);
	for (int grows = 0; grows < 2; grows++) {
		struct anonymous a = file_of(b.p, grows ? b.n - 1 : b.n);
		assert_int_equal(aud_capture_open(&c, a.path, &opts, NULL), AUD_OK);
		assert_int_equal(ftruncate(a.fd, grows ? (off_t)b.n : 24 + 16), 0);
		for (all = 0; aud_capture_claim(c, &block, NULL) == AUD_OK;) {
			assert_int_equal(aud_capture_load(c, &block, NULL), AUD_OK);
			while ((n = aud_capture_cut(c, &block, f, 16)))
				all += n;
		}
		assert_int_equal(all, grows ? 299 : 1);	/* the first record is empty */
		assert_true(aud_capture_info(c)->broken);
		const char *why = aud_capture_info(c)->broken_why;
		assert_non_null(strstr(why, grows ? "it is being written" : "became shorter"));
		aud_capture_close(c);
		close(a.fd);
	}
	aud_block_free(&block);
	aud_block_free(NULL);
	aud_capture_close(NULL);
	bytes_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_variants),
	    cmocka_unit_test(test_stop),
	    cmocka_unit_test(test_cut_off),
	    cmocka_unit_test(test_reasons),
	    cmocka_unit_test(test_blocks),
	    cmocka_unit_test(test_standard_input),
	    cmocka_unit_test(test_through_libpcap),
	    cmocka_unit_test(test_backward_and_filter),
	    cmocka_unit_test(test_linktypes),
	    cmocka_unit_test(test_no_capture),
	    cmocka_unit_test(test_changing_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
