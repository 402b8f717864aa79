/* Stage 1: pcapng. Expectations: draft-ietf-opsawg-pcapng; custom blocks count as frames as in Wireshark 4.0. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture_make.h"

#define SEC UINT64_C(1000000000)

struct expected {
	uint64_t no, ts_ns;
	uint32_t caplen, wirelen;
	uint16_t dlt;
	bool has_ts;
};

static void
check(const struct result *r, const struct expected *e, size_t n)
{
	assert_int_equal(r->code, AUD_OK);
	assert_int_equal(r->n, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(r->frames[i].no, e[i].no);
		assert_int_equal(r->frames[i].ts_ns, e[i].ts_ns);
		assert_int_equal(r->frames[i].caplen, e[i].caplen);
		assert_int_equal(r->frames[i].wirelen, e[i].wirelen);
		assert_int_equal(r->frames[i].dlt, e[i].dlt);
		assert_int_equal(r->frames[i].has_ts, e[i].has_ts);
		assert_int_equal((uintptr_t)r->frames[i].data, e[i].caplen & 0xff);
	}
}

/* Two sections in both orders, interfaces of three link types and resolutions, all kinds of blocks. */
static void
put_all_kinds(struct bytes *b, bool big, size_t *ends)
{
	size_t n = 0;

	b->big = big;
	put_ng_section(b, 1, 0);
	ends[n++] = b->n;
	put_ng_interface(b, 1, 65535, -1, 0);
	ends[n++] = b->n;
	put_ng_interface(b, 101, 48, 9, 0);
	ends[n++] = b->n;
	put_ng_enhanced(b, 0, 5000000, 61, 90);
	ends[n++] = b->n;
	put_ng_other(b, 4, 40);
	ends[n++] = b->n;
	put_ng_enhanced(b, 1, 6 * SEC + 7, 20, 20);
	ends[n++] = b->n;
	put_ng_simple(b, 33, 33);
	ends[n++] = b->n;
	put_ng_other(b, 0xbad, 8);
	ends[n++] = b->n;
	put_ng_obsolete(b, 1, 7 * SEC, 5, 50);
	ends[n++] = b->n;
	put_ng_other(b, 0x12345678, 0);
	ends[n++] = b->n;
	put_ng_statistics(b, 0, 3, 1);
	ends[n++] = b->n;
	put_ng_statistics(b, 0, 5, 2);
	ends[n++] = b->n;
	put_ng_statistics(b, 1, 10, 20);
	ends[n++] = b->n;
	b->big = !big;
	put_ng_section(b, 1, 2);
	ends[n++] = b->n;
	put_ng_interface(b, 113, 16, 0x80 | 10, 100);
	ends[n++] = b->n;
	put_ng_simple(b, 16, 1000);
	ends[n++] = b->n;
	put_ng_enhanced(b, 0, 1024 + 512, 7, 7);
	ends[n++] = b->n;
	put_ng_statistics(b, 0, 100, 200);
	ends[n++] = b->n;
	assert_int_equal(n, 18);
}

static const struct expected all_kinds[] = {
    {1, 5 * SEC, 61, 90, 1, true},
    {2, 6 * SEC + 7, 20, 20, 12, true},
    {3, 6 * SEC + 7, 33, 33, 1, false},
    {5, 7 * SEC, 5, 50, 12, true},		/* 4 is the custom block */
    {6, 7 * SEC, 16, 1000, 113, false},
    {7, 101 * SEC + SEC / 2, 7, 7, 113, true},
};

static void
test_all_kinds(void **state)
{
	size_t ends[18];

	(void)state;
	for (int big = 0; big < 2; big++) {
		struct bytes b = {0};
		put_all_kinds(&b, big, ends);
		struct result *r = read_bytes(&b, &(struct how){0}), *s;
		check(r, all_kinds, 6);
		assert_string_equal(r->info.format, "pcapng");
		assert_int_equal(r->info.snaplen, 65535);
		assert_int_equal(r->info.interface_drops, 5 + 10 + 100);
		assert_int_equal(r->info.kernel_drops, 2 + 20 + 200);
		assert_int_equal(r->info.no_ts, 2);
		assert_int_equal(r->info.truncated, 3);
		assert_int_equal(r->info.first_ns, 5 * SEC);
		assert_int_equal(r->info.last_ns, 101 * SEC + SEC / 2);
		assert_int_equal(r->info.backward, 0);
		assert_int_equal(r->info.bytes, b.n);
		assert_false(r->info.broken);
		for (size_t size = 1; size < 400; size++)
			for (unsigned flight = 1; flight <= 4; flight += 3) {
				struct how how = {.block_size = size, .in_flight = flight, .batch = 1 + size % 3};
				s = read_bytes(&b, &how);
				same_frames(r, s);
				assert_int_equal(s->info.kernel_drops, 222);
				free(s);
			}
		free(r);
		bytes_free(&b);
	}
}

/* Cut off after each byte: the blocks before count, and it is broken unless it ends with a block. */
static void
test_cut_off(void **state)
{
	size_t ends[18];
	struct bytes b = {0};

	(void)state;
	put_all_kinds(&b, true, ends);
	for (b.n = 0; b.n <= ends[17]; b.n++) {
		static const size_t packets[] = {3, 5, 6, 8, 15, 16};
		size_t n = 0, whole = 0;
		struct result *r = read_bytes(&b, &(struct how){.block_size = 128});
		if (b.n < ends[0]) {
			assert_int_equal(r->code, AUD_FORMAT);
			free(r);
			continue;
		}
		while (n < 6 && b.n >= ends[packets[n]])
			n++;
		while (whole < 17 && b.n >= ends[whole + 1])
			whole++;
		check(r, all_kinds, n);
		assert_int_equal(r->info.broken, b.n != ends[whole]);
		assert_int_equal(r->info.broken_at, b.n != ends[whole] ? ends[whole] : 0);
		if (r->info.broken)
			assert_true(!strncmp(r->info.broken_why, "the file ends inside a block (needs ", 36));
		free(r);
	}
	bytes_free(&b);
}

static void
test_resolutions(void **state)
{
	static const struct {
		int tsresol;
		int64_t offset;
		uint64_t ticks, ns;
		bool has_ts;
	} rows[] = {
	    {-1, 0, 1234567, 1234567000, true},			/* microseconds unless told */
	    {6, 0, 1234567, 1234567000, true},
	    {0, 0, 12, 12 * SEC, true},
	    {3, 0, 1234, 1234000000, true},
	    {9, 0, UINT64_MAX, UINT64_MAX, true},
	    {12, 0, 1234567, 1234, true},			/* picoseconds */
	    {19, 0, UINT64_C(10000000000000000000), SEC, true},
	    {28, 0, UINT64_MAX, 1, true},
	    {29, 0, UINT64_MAX, 0, true},
	    {127, 0, UINT64_MAX, 0, true},
	    {0x80, 0, 12, 12 * SEC, true},
	    {0x80 | 1, 0, 3, SEC + SEC / 2, true},
	    {0x80 | 20, 0, (UINT64_C(1) << 20) + 1, SEC + 953, true},
	    {0x80 | 64, 0, UINT64_C(1) << 63, SEC / 2, true},
	    {0xff, 0, UINT64_MAX, 0, true},
	    {6, 1000, 5, 1000 * SEC + 5000, true},
	    {6, -1, 5000000, 4 * SEC, true},
	    {6, -6, 5000000, 0, false},				/* before the epoch */
	    {6, 0, UINT64_MAX, 0, false},			/* the year 586524 */
	    {9, INT64_MAX, 0, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bytes b = {.big = i % 2};
		put_ng_section(&b, 1, 0);
		put_ng_interface(&b, 1, 0, rows[i].tsresol, rows[i].offset);
		put_ng_enhanced(&b, 0, rows[i].ticks, 4, 4);
		struct result *r = read_bytes(&b, &(struct how){0});
		assert_int_equal(r->n, 1);
		assert_int_equal(r->frames[0].has_ts, rows[i].has_ts);
		assert_int_equal(r->frames[0].ts_ns, rows[i].ns);
		assert_int_equal(r->info.no_ts, !rows[i].has_ts);
		assert_int_equal(r->opened_ns, rows[i].ns);
		free(r);
		bytes_free(&b);
	}
}

/* A file that goes well for one packet, and then has something that cannot be. */
enum wrong {
	TOTAL_SHORT, TOTAL_LONG, TRAILER, NO_IFACE, CAPLEN, NO_IFACE_OLD, SIMPLE_LONG, EPB_SHORT, IDB_SHORT,
	SHB_MAGIC, SHB_VERSION, SHB_SHORT, NO_IFACE_AFTER_SECTION, WRONG_END,
};
static const char *const wrong_why[WRONG_END] = {
    [TOTAL_SHORT] = "block of type 0x6 claims 8 bytes",
    [TOTAL_LONG] = "block of type 0x6 claims 4294967293 bytes",
    [TRAILER] = "the two lengths of a block differ (36 and 44)",
    [NO_IFACE] = "a packet block names interface 1, the section has 1",
    [CAPLEN] = "packet block claims 5 bytes, has room for 4",
    [NO_IFACE_OLD] = "a packet block names interface 7, the section has 1",
    [SIMPLE_LONG] = "simple packet block claims 9 bytes, has room for 8",
    [EPB_SHORT] = "a packet block of 28 bytes is too short",
    [IDB_SHORT] = "an interface description of 16 bytes is too short",
    [SHB_MAGIC] = "a section has the unknown byte-order magic 0xffffffff",
    [SHB_VERSION] = "a section has the unknown pcapng version 2.0",
    [SHB_SHORT] = "a section header of 16 bytes is too short",
    [NO_IFACE_AFTER_SECTION] = "a simple packet block comes before any interface",
};

static void
put_wrong(struct bytes *b, enum wrong w)
{
	size_t at = b->n;

	switch (w) {
	case TOTAL_SHORT:
	case TOTAL_LONG:
	case TRAILER:
	case NO_IFACE:
	case CAPLEN:
		put_ng_enhanced(b, w == NO_IFACE, 1, 4, 4);
		if (w == TOTAL_SHORT)
			memcpy(b->p + at + 4, "\x08\0\0\0", 4);
		if (w == TOTAL_LONG)
			memcpy(b->p + at + 4, "\xfd\xff\xff\xff", 4);
		if (w == TRAILER)
			b->p[b->n - 4] += 8;
		if (w == CAPLEN)
			b->p[at + 20]++;
		break;
	case NO_IFACE_OLD:
		put_ng_obsolete(b, 7, 1, 4, 4);
		break;
	case SIMPLE_LONG:
		put_ng_simple(b, 8, 9);
		break;
	case EPB_SHORT:
		put_ng_other(b, 6, 16);
		break;
	case IDB_SHORT:
		put_ng_other(b, 1, 4);
		break;
	case SHB_MAGIC:
	case SHB_VERSION:
		put_ng_section(b, 2, 0);
		if (w == SHB_MAGIC)
			memset(b->p + at + 8, 0xff, 4);
		break;
	case SHB_SHORT:
		put_u32(b, 0x0a0d0d0a);
		put_u32(b, 16);
		put_u32(b, 0x1a2b3c4d);
		put_u32(b, 16);
		break;
	case NO_IFACE_AFTER_SECTION:
		put_ng_section(b, 1, 0);
		put_ng_simple(b, 4, 4);
		break;
	case WRONG_END:
		break;
	}
}

static void
test_wrong(void **state)
{
	(void)state;
	for (enum wrong w = 0; w < WRONG_END; w++) {
		struct bytes b = {0};
		put_ng_section(&b, 1, 0);
		put_ng_interface(&b, 1, 0, -1, 0);
		put_ng_enhanced(&b, 0, 1, 3, 3);
		size_t at = b.n + (w == NO_IFACE_AFTER_SECTION ? 28 : 0);
		put_wrong(&b, w);
		put_ng_enhanced(&b, 0, 2, 3, 3);
		for (size_t size = 0; size < 200; size += 13) {
			struct result *r = read_bytes(&b, &(struct how){.block_size = size, .in_flight = 3});
			assert_int_equal(r->code, AUD_OK);
			assert_int_equal(r->n, 1);
			assert_true(r->info.broken);
			assert_string_equal(r->info.broken_why, wrong_why[w]);
			assert_int_equal(r->info.broken_at, at);
			free(r);
		}
		bytes_free(&b);
	}
}

/* Blocks of up to 16 MiB are read whatever the block size; a length without its padding is taken, as by Wireshark. */
static void
test_long_blocks(void **state)
{
	static const size_t bodies[] = {5000, 1 << 20, (16 << 20) - 12, (16 << 20) - 8};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct bytes b = {0};
		put_ng_section(&b, 1, 0);
		put_ng_interface(&b, 1, 0, -1, 0);
		put_ng_enhanced(&b, 0, 1, 300000, 300000);
		put_ng_other(&b, 77, bodies[i]);
		put_ng_enhanced(&b, 0, 2, 70000, 70000);
		b.p[b.n - 4 - 70000 - 28 + 4]--;	/* 70028 + 4: one less is rounded up again */
		for (size_t size = 4096; size <= 1 << 20; size *= 16) {
			struct result *r = read_bytes(&b, &(struct how){.block_size = size, .in_flight = 2});
			assert_int_equal(r->n, i < 3 ? 2 : 1);
			assert_int_equal(r->frames[0].caplen, 300000);
			assert_int_equal(r->info.broken, i == 3);
			assert_int_equal(r->opened_ns, 1000);
			if (i == 3)
				assert_string_equal(r->info.broken_why, "block of type 0x4d claims 16777220 bytes");
			free(r);
		}
		bytes_free(&b);
	}
}

/* The filter is compiled for each link type; where it cannot be, reading ends with the reason. */
static void
test_filter(void **state)
{
	struct bytes b = {0};
	struct result *r;

	(void)state;
	put_ng_section(&b, 1, 0);
	put_ng_interface(&b, 1, 0, -1, 0);
	put_ng_interface(&b, 12, 0, -1, 0);
	put_ng_enhanced(&b, 0, 1, 40, 40);
	put_ng_enhanced(&b, 1, 2, 41, 41);
	put_ng_enhanced(&b, 0, 3, 40, 40);
	r = read_bytes(&b, &(struct how){.filter = "len = 41"});
	assert_int_equal(r->n, 1);
	assert_int_equal(r->frames[0].no, 2);
	assert_int_equal(r->info.filtered, 2);
	free(r);
	r = read_bytes(&b, &(struct how){.filter = "ether broadcast or len = 40"});
	assert_int_equal(r->code, AUD_OK);
	assert_int_equal(r->n, 1);
	assert_true(r->info.broken);
	assert_non_null(strstr(r->info.broken_why, "frame 2: filter 'ether broadcast or len = 40' (link type RAW): "));
	free(r);
	bytes_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_kinds),
	    cmocka_unit_test(test_cut_off),
	    cmocka_unit_test(test_resolutions),
	    cmocka_unit_test(test_wrong),
	    cmocka_unit_test(test_long_blocks),
	    cmocka_unit_test(test_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
