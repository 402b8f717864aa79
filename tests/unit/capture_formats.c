/*
 * Stage 1: snoop (RFC 1761, and Surveyor's kind), Network Monitor 1 and 2, ERF. Expectations: these documents, and what
 * Wireshark's capinfos and tshark say of such files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture_make.h"

#define SEC UINT64_C(1000000000)

enum { RECORDS = 4, UNKNOWN = 0xffff };

/* A file of RECORDS packets of 20, 21, 22 and 23 bytes, at 1,000,000,000 s and on; end: where each record ends. */
struct file {
	struct bytes b;
	size_t header, end[RECORDS];
};

static uint32_t
cap_of(unsigned i)
{
	return 20 + i;
}

static void
put_snoop_record(struct bytes *b, uint32_t sec, uint32_t cap, uint32_t wire, uint32_t pad, uint32_t drops)
{
	b->big = true;
	put_u32(b, wire);
	put_u32(b, cap);
	put_u32(b, 24 + cap + pad);
	put_u32(b, drops);
	put_u32(b, sec);
	put_u32(b, 250000);
	put_fill(b, (uint8_t)cap, cap);
	put_fill(b, 0xee, pad);
}

static void
put_snoop_header(struct bytes *b, uint32_t version, uint32_t type)
{
	b->big = true;
	put(b, "snoop\0\0\0", 8);
	put_u32(b, version);
	put_u32(b, type);
}

static void
put_erf_record(struct bytes *b, uint32_t sec, unsigned type, unsigned extensions, const char *sub, size_t nsub,
    uint32_t cap, unsigned wire, unsigned lost)
{
	b->big = false;
	put_u32(b, 0x40000000);	/* a quarter of a second */
	put_u32(b, sec);
	b->big = true;
	put_u8(b, type | (extensions ? 0x80 : 0));
	put_u8(b, 4);
	put_u16(b, (unsigned)(16 + 8 * extensions + nsub + cap));
	put_u16(b, lost);
	put_u16(b, wire);
	while (extensions--) {
		put_u8(b, extensions ? 0x83 : 3);
		put(b, "\1\2\3\4\5\6\7", 7);
	}
	put(b, sub, nsub);
	put_fill(b, (uint8_t)cap, cap);
}

/* How a Network Monitor file is written; the records lie in the file in the order of place. */
struct kind {
	unsigned major, minor, network;
	unsigned networks[RECORDS];	/* with 2.1 and later */
	unsigned place[RECORDS];
	unsigned gap;			/* in front of each record */
};

static void
put_netmon_record(struct bytes *b, const struct kind *k, unsigned i)
{
	/* 116444736000000000: 1970 in units of 100 ns since 1601. */
	uint64_t filetime = UINT64_C(116444736000000000) + (1000000000 + i) * UINT64_C(10000000) + 2500000;

	if (k->major == 1) {
		put_u32(b, i * 1000);
		put_u16(b, 1500);
		put_u16(b, cap_of(i));
	} else {
		put_u64(b, i * UINT64_C(1000000));
		put_u32(b, 1500);
		put_u32(b, cap_of(i));
	}
	put_fill(b, (uint8_t)cap_of(i), cap_of(i));
	if (k->major == 1 || !k->minor)
		return;
	put_u16(b, k->networks[i]);
	if (k->minor >= 2)
		put_u32(b, 7);
	if (k->minor >= 3) {
		put_u64(b, filetime);
		put_u8(b, 0);
	}
}

static size_t
netmon_record_size(const struct kind *k, unsigned i)
{
	static const size_t trailers[] = {0, 2, 6, 15};

	return (k->major == 1 ? 8 : 16 + trailers[k->minor]) + cap_of(i);
}

/* at: offsets of the records. */
static void
put_netmon(struct bytes *b, const struct kind *k, size_t at[RECORDS])
{
	/* 2001-09-09 01:46:40.250 UTC is 1,000,000,000.25; a Sunday. */
	static const unsigned start[] = {2001, 9, 0, 9, 1, 46, 40, 250};
	size_t end = 128;

	for (unsigned i = 0; i < RECORDS; i++)
		end += k->gap + netmon_record_size(k, i);
	put(b, k->major == 1 ? "RTSS" : "GMBU", 4);
	put_u8(b, k->minor);
	put_u8(b, k->major);
	put_u16(b, k->network);
	for (size_t i = 0; i < 8; i++)
		put_u16(b, start[i]);
	put_u32(b, (uint32_t)end);
	put_u32(b, RECORDS * 4);
	while (b->n < 128)
		put_u8(b, 0);
	for (unsigned i = 0; i < RECORDS; i++) {
		put_fill(b, 0xee, k->gap);
		at[k->place[i]] = b->n;
		put_netmon_record(b, k, k->place[i]);
	}
	for (unsigned i = 0; i < RECORDS; i++)
		put_u32(b, (uint32_t)at[i]);
}

/* The four packets, as every one of these formats tells them. */
static void
check_frames(const struct result *r, size_t n, const char *format)
{
	assert_int_equal(r->code, AUD_OK);
	assert_string_equal(r->info.format, format);
	assert_int_equal(r->n, n);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(r->frames[i].no, i + 1);
		assert_int_equal(r->frames[i].ts_ns, (1000000000 + i) * SEC + SEC / 4);
		assert_true(r->frames[i].has_ts);
		assert_int_equal(r->frames[i].caplen, cap_of(i));
		assert_int_equal(r->frames[i].wirelen, 1500);
		assert_int_equal((uintptr_t)r->frames[i].data, cap_of(i));
	}
}

/* From a file with blocks of many sizes, and from a pipe. */
static void
check_all_ways(const struct bytes *b, const struct result *whole)
{
	struct anonymous a = pipe_of(b->p, b->n);
	struct result *r = read_capture(a.path, &(struct how){.block_size = 33});

	same_frames(whole, r);
	assert_false(r->parallel);
	free(r);
	close(a.fd);
	for (size_t size = 1; size < 200; size += 3) {
		r = read_bytes(b, &(struct how){.block_size = size, .batch = size % 3 + 1, .in_flight = size % 8 + 1});
		same_frames(whole, r);
		free(r);
	}
}

static void
make_snoop(struct file *f)
{
	put_snoop_header(&f->b, 2, 4);
	f->header = f->b.n;
	for (unsigned i = 0; i < RECORDS; i++) {
		put_snoop_record(&f->b, 1000000000 + i, cap_of(i), 1500, -cap_of(i) & 3, 0);
		f->end[i] = f->b.n;
	}
}

static void
make_erf(struct file *f)
{
	for (unsigned i = 0; i < RECORDS; i++) {
		put_erf_record(&f->b, 1000000000 + i, 2, i, "\0\0", 2, cap_of(i), 1500, 0);
		f->end[i] = f->b.n;
	}
}

static void
test_snoop(void **state)
{
	static const struct {
		uint32_t version, type, pad;
		const char *format;
		uint16_t dlt;
	} rows[] = {
	    {2, 4, 0, "snoop", 1},
	    {2, 0, 3, "snoop", 1},
	    {2, 2, 0, "snoop", 6},
	    {2, 8, 15, "snoop", 10},
	    {2, 14, 0, "snoop", 0},
	    {2, 18, 0, "snoop", 123},
	    {2, 9, 0, "snoop", UNKNOWN},
	    {2, 12, 0, "snoop", UNKNOWN},
	    {2, 0x80000005, 0, "snoop", 226},
	    {2, 12, 16, "snoop (Surveyor)", 1},
	    {4, 14, 16, "snoop (Surveyor)", 6},
	    {5, 18, 24, "snoop (Surveyor)", UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bytes b = {0};
		put_snoop_header(&b, rows[i].version, rows[i].type);
		for (unsigned k = 0; k < RECORDS; k++)
			put_snoop_record(&b, 1000000000 + k, cap_of(k), 1500, rows[i].pad, 0);
		struct result *r = read_bytes(&b, &(struct how){0});
		check_frames(r, RECORDS, rows[i].format);
		assert_int_equal(r->frames[3].dlt, rows[i].dlt);
		assert_int_equal(r->info.bytes, b.n);
		assert_int_equal(r->info.kernel_drops, UINT64_MAX);
		assert_false(r->info.broken);
		check_all_ways(&b, r);
		free(r);
		bytes_free(&b);
	}
}

static void
test_erf(void **state)
{
	static const struct {
		unsigned type, extensions;
		const char *sub;
		size_t nsub;
		uint16_t dlt;
	} rows[] = {
	    {2, 0, "\0\0", 2, 1},
	    {2, 3, "\0\0", 2, 1},
	    {11, 1, "\0\0", 2, 1},
	    {16, 0, "\0\0", 2, 1},
	    {20, 0, "\0\0", 2, 1},
	    {22, 0, "", 0, 228},
	    {23, 2, "", 0, 229},
	};
	static const struct {
		unsigned type;
		size_t nsub;
		const char *first;
		uint16_t dlt;
	} hdlc[] = {
	    {1, 0, "\xff\x03", 50},
	    {10, 0, "\x0f\0", 104},
	    {15, 0, "\x8f\0", 104},
	    {19, 0, "\x18\x41", UNKNOWN},
	    {5, 4, "\xff\x03", 50},
	    {17, 4, "\x0f\0", 104},
	};
	struct bytes b = {0};
	struct result *r;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (unsigned k = 0; k < RECORDS; k++)
			put_erf_record(&b, 1000000000 + k, rows[i].type, rows[i].extensions, rows[i].sub, rows[i].nsub,
			    cap_of(k), 1500, 0);
		r = read_bytes(&b, &(struct how){0});
		check_frames(r, RECORDS, "ERF");
		assert_int_equal(r->frames[3].dlt, rows[i].dlt);
		assert_int_equal(r->info.bytes, b.n);
		assert_int_equal(r->info.interface_drops, UINT64_MAX);
		assert_false(r->info.broken);
		check_all_ways(&b, r);
		free(r);
		bytes_free(&b);
	}
	for (size_t i = 0; i < sizeof hdlc / sizeof *hdlc; i++) {
		put_erf_record(&b, 1000000000, hdlc[i].type, 1, "\0\0\0\0", hdlc[i].nsub, 60, 57, 0);
		memcpy(b.p + b.n - 60, hdlc[i].first, 2);
		r = read_bytes(&b, &(struct how){0});
		assert_int_equal(r->code, AUD_OK);
		assert_int_equal(r->n, 1);
		assert_int_equal(r->frames[0].dlt, hdlc[i].dlt);
		/* The record is longer than its packet. */
		assert_int_equal(r->frames[0].caplen, 57);
		assert_int_equal((uintptr_t)r->frames[0].data, (uint8_t)hdlc[i].first[0]);
		free(r);
		bytes_free(&b);
	}
}

/* Padding has no number, metadata has one but is no packet, what libpcap's DLT_ERF describes is shown whole; losses. */
static void
test_erf_records(void **state)
{
	struct bytes b = {0};
	struct result *r;

	(void)state;
	put_erf_record(&b, 0, 48, 0, "", 0, 16, 0, 0);
	put_erf_record(&b, 1000000000, 2, 0, "\0\0", 2, 40, 40, 3);
	put_erf_record(&b, 1000000000, 27, 1, "", 0, 24, 0, 0);
	put_erf_record(&b, 1000000001, 3, 0, "", 0, 56, 52, 4);
	put_erf_record(&b, 1000000002, 11, 0, "\0\0", 2, 40, 60, 99);
	/* Almost a second: rounded up to the next. */
	put_erf_record(&b, 1000000003, 2, 0, "\0\0", 2, 40, 60, 0);
	memcpy(b.p + b.n - 58, "\xff\xff\xff\xff", 4);
	r = read_bytes(&b, &(struct how){0});
	assert_int_equal(r->code, AUD_OK);
	assert_int_equal(r->n, 4);
	assert_int_equal(r->frames[0].no, 1);
	assert_int_equal(r->frames[1].no, 3);
	assert_int_equal(r->frames[1].dlt, 197);
	assert_int_equal(r->frames[1].caplen, 72);
	assert_int_equal(r->frames[3].no, 5);
	assert_int_equal(r->frames[3].ts_ns, 1000000004 * SEC);
	assert_int_equal(r->info.truncated, 2);
	assert_int_equal(r->info.interface_drops, 7);	/* the coloured record counts something else */
	assert_false(r->info.broken);
	free(r);
	bytes_free(&b);
}

/* No magic number: what looks like ERF but for one thing is not taken for it. */
static void
test_erf_or_not(void **state)
{
	static const struct {
		size_t at;		/* in the second record */
		uint8_t value;
		bool is_erf;
	} rows[] = {
	    {0, 0, true},
	    {8, 0, false},	/* legacy */
	    {8, 30, false},	/* not defined */
	    {8, 48, true},	/* padding */
	    {8, 0x82, false},	/* extension headers without an end */
	    {10, 0xff, false},	/* the record is longer than the file */
	    {11, 15, false},	/* shorter than its header */
	    {7, 0x3c, false},	/* years later */
	    {7, 0x3a, false},	/* and before */
	    {5, 0xc9, false},	/* minutes before the record in front of it */
	    {4, 0x01, true},	/* the next record is a second before this one */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bytes b = {0};
		/* 1,000,000,000 is 0x3b9aca00. */
		put_erf_record(&b, 1000000000, 2, 0, "\0\0", 2, 0xf0, 0xf0, 0);
		for (int k = 0; k < 2; k++)
			put_erf_record(&b, 1000000000, 2, 0, "\0\0", 2, 0xf0, 0xf0, 0);
		memset(b.p + 258 + 16, 0xff, 0xf2);
		b.p[258 + rows[i].at] = rows[i].value;
		struct result *r = read_bytes(&b, &(struct how){0});
		assert_int_equal(r->code, rows[i].is_erf ? AUD_OK : AUD_FORMAT);
		free(r);
		bytes_free(&b);
	}
}

/* Cut off after each byte: the whole records before, and the word that it is broken unless none was begun. */
static void
test_cut_off(void **state)
{
	static const struct {
		void (*make)(struct file *);
		size_t records;		/* that have to be whole to know the format */
	} rows[] = {{make_snoop, 0}, {make_erf, 3}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct file f = {0};
		rows[i].make(&f);
		size_t all = f.b.n, known = rows[i].records ? f.end[rows[i].records - 1] : f.header;
		for (f.b.n = 0; f.b.n <= all; f.b.n++) {
			struct result *r = read_bytes(&f.b, &(struct how){.block_size = 32});
			size_t n = 0;
			while (n < RECORDS && f.b.n >= f.end[n])
				n++;
			size_t begins = n ? f.end[n - 1] : f.header;
			/* Fewer records of ERF will do where nothing is left over. */
			bool open = f.b.n >= known || (rows[i].records && n && f.b.n == begins);
			assert_int_equal(r->code, open ? AUD_OK : AUD_FORMAT);
			if (open) {
				assert_int_equal(r->n, n);
				assert_int_equal(r->info.broken, f.b.n != begins);
				assert_int_equal(r->info.broken_at, r->info.broken ? begins : 0);
			}
			free(r);
		}
		bytes_free(&f.b);
	}
}

static void
test_snoop_records(void **state)
{
	static const struct {
		uint32_t cap, len;
		const char *why;
	} rows[] = {
	    {20, 43, "packet record of 43 bytes claims 20 bytes"},
	    {20, 44 + 4097, "packet record of 4141 bytes claims 20 bytes"},
	    {262145, 262169, "packet record claims 262145 bytes"},
	    {UINT32_MAX, 44, "packet record claims 4294967295 bytes"},
	    {20, 1000, "the file ends inside a packet record (needs 1000 bytes, has 44)"},
	};
	struct bytes b = {0};
	struct result *r;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		put_snoop_header(&b, 2, 4);
		put_snoop_record(&b, 1, 20, 20, 0, 0);
		put_snoop_record(&b, 2, 20, 20, 0, 0);
		b.n -= 40;
		put_u32(&b, rows[i].cap);
		put_u32(&b, rows[i].len);
		b.n += 32;
		r = read_bytes(&b, &(struct how){0});
		assert_int_equal(r->n, 1);
		assert_true(r->info.broken);
		assert_string_equal(r->info.broken_why, rows[i].why);
		assert_int_equal(r->info.broken_at, 16 + 44);
		free(r);
		bytes_free(&b);
	}
	/* The drops are the sum so far. */
	put_snoop_header(&b, 2, 4);
	put_snoop_record(&b, 1, 20, 20, 0, 5);
	put_snoop_record(&b, 2, 20, 20, 0, 8);
	r = read_bytes(&b, &(struct how){0});
	assert_int_equal(r->info.kernel_drops, 8);
	free(r);
	b.p[11] = 6;
	r = read_bytes(&b, &(struct how){0});
	assert_int_equal(r->code, AUD_FORMAT);
	assert_non_null(strstr(r->err.msg, "unknown version 6"));
	free(r);
	bytes_free(&b);
}

static const struct {
	struct kind k;
	const char *format;
	uint16_t dlts[RECORDS];
} netmons[] = {
    {{1, 1, 1, {0}, {0, 1, 2, 3}, 0}, "Network Monitor 1", {1, 1, 1, 1}},
    {{1, 1, 3, {0}, {3, 2, 1, 0}, 5}, "Network Monitor 1", {10, 10, 10, 10}},
    {{2, 0, 1, {0}, {0, 1, 2, 3}, 0}, "Network Monitor 2", {1, 1, 1, 1}},
    {{2, 0, 2, {0}, {3, 0, 1, 2}, 0}, "Network Monitor 2", {6, 6, 6, 6}},
    {{2, 0, 4, {0}, {0, 1, 2, 3}, 9}, "Network Monitor 2", {UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN}},
    {{2, 1, 1, {1, 9, 0xe071, 0}, {0, 1, 2, 3}, 0}, "Network Monitor 2", {1, 12, 113, 1}},
    {{2, 2, 1, {1, 2, 3, 0x1234}, {2, 3, 0, 1}, 1}, "Network Monitor 2", {1, 6, 10, UNKNOWN}},
    {{2, 3, 1, {1, 7, 0xe065, 0xe083}, {1, 0, 3, 2}, 3}, "Network Monitor 2", {1, 12, 12, UNKNOWN}},
};
enum { NETMONS = sizeof netmons / sizeof *netmons };

static void
test_netmon(void **state)
{
	(void)state;
	for (size_t i = 0; i < NETMONS; i++) {
		struct bytes b = {0};
		size_t at[RECORDS];
		put_netmon(&b, &netmons[i].k, at);
		struct result *r = read_bytes(&b, &(struct how){0});
		check_frames(r, RECORDS, netmons[i].format);
		for (size_t k = 0; k < RECORDS; k++)
			assert_int_equal(r->frames[k].dlt, netmons[i].dlts[k]);
		assert_false(r->info.broken);
		assert_int_equal(r->info.size, b.n);
		check_all_ways(&b, r);
		free(r);
		bytes_free(&b);
	}
}

/* Without its frame table it is no capture; else the entries that are there count. */
static void
test_netmon_cut_off(void **state)
{
	(void)state;
	for (size_t i = 0; i < NETMONS; i++) {
		struct bytes b = {0};
		size_t at[RECORDS];
		put_netmon(&b, &netmons[i].k, at);
		size_t all = b.n, table = all - 4 * RECORDS;
		for (b.n = 0; b.n <= all; b.n++)
			for (int piped = 0; piped < 2; piped++) {
				struct anonymous a = (piped ? pipe_of : file_of)(b.p, b.n);
				struct result *r = read_capture(a.path, &(struct how){.block_size = 32});
				assert_int_equal(r->code, b.n < table + 4 ? AUD_FORMAT : AUD_OK);
				if (r->code == AUD_OK) {
					check_frames(r, (b.n - table) / 4, netmons[i].format);
					assert_int_equal(r->info.broken, b.n < all);
					assert_int_equal(r->info.broken_at, b.n < all ? table + (b.n - table) / 4 * 4 : 0);
				} else if (b.n >= 4)
					assert_non_null(strstr(r->err.msg, "cut off"));
				free(r);
				close(a.fd);
			}
		bytes_free(&b);
	}
}

static void
put_le32_at(struct bytes *b, size_t at, uint32_t v)
{
	size_t n = b->n;

	b->n = at;
	put_u32(b, v);
	b->n = n;
}

static void
test_netmon_tables(void **state)
{
	static const struct {
		unsigned entry;		/* of the table; 4: the field of the header that tells its size */
		uint32_t value;
		size_t n;
		const char *why;
		uint32_t at;
	} rows[] = {
	    {1, 0xffffffff, 1, "entry 2 of the frame table points behind the end of the input", 0xffffffff},
	    {2, 60, 2, "packet record claims 2290649224 bytes", 60},
	    {3, 128, 4, "", 0},
	    {4, 17, 4, "the frame table ends inside an entry", 0},
	    {4, 8, 2, "", 0},
	};
	struct bytes b = {0};
	struct result *r;
	size_t at[RECORDS], table;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		put_netmon(&b, &netmons[2].k, at);
		table = b.n - 4 * RECORDS;
		memset(b.p + 60, 0x88, 60);
		put_le32_at(&b, rows[i].entry < 4 ? table + 4 * rows[i].entry : 28, rows[i].value);
		r = read_bytes(&b, &(struct how){0});
		assert_int_equal(r->code, AUD_OK);
		assert_int_equal(r->n, rows[i].n);
		assert_string_equal(r->info.broken_why, rows[i].why);
		assert_int_equal(r->info.broken, *rows[i].why != 0);
		assert_int_equal(r->info.broken_at, rows[i].entry == 4 && *rows[i].why ? table + 16 : rows[i].at);
		free(r);
		bytes_free(&b);
	}
	/* A table that names one record again and again would make much of little. */
	put_netmon(&b, &netmons[2].k, at);
	put_le32_at(&b, 28, 4 * 1000);
	table = b.n - 4 * RECORDS;
	b.n = table;
	for (int i = 0; i < 1000; i++)
		put_u32(&b, 128);
	r = read_bytes(&b, &(struct how){0});
	assert_true(r->n > 4 && r->n * 36 <= b.n);
	assert_string_equal(r->info.broken_why, "packet records lie one in another");
	free(r);
	bytes_free(&b);
	/* None at all, and a version that nobody knows. */
	put_netmon(&b, &netmons[2].k, at);
	put_le32_at(&b, 28, 0);
	r = read_bytes(&b, &(struct how){0});
	assert_int_equal(r->code, AUD_FORMAT);
	assert_non_null(strstr(r->err.msg, "without a frame table"));
	free(r);
	b.p[5] = 3;
	put_le32_at(&b, 28, 16);
	r = read_bytes(&b, &(struct how){0});
	assert_int_equal(r->code, AUD_FORMAT);
	assert_non_null(strstr(r->err.msg, "unknown version 3.0"));
	free(r);
	bytes_free(&b);
}

/* Metadata is passed over or only counted, as in Wireshark; the header in front of 802.11 is taken off. */
static void
test_netmon_records(void **state)
{
	static const struct kind k = {2, 1, 1, {0xfffd, 0xffff, 0xfffe, 1}, {0, 1, 2, 3}, 0};
	static const struct kind delta = {2, 0, 1, {0}, {0, 1, 2, 3}, 0};
	struct bytes b = {0};
	struct result *r;
	size_t at[RECORDS];

	(void)state;
	put_netmon(&b, &k, at);
	r = read_bytes(&b, &(struct how){0});
	assert_int_equal(r->n, 1);
	assert_int_equal(r->frames[0].no, 2);
	assert_int_equal(r->frames[0].caplen, 23);
	free(r);
	bytes_free(&b);
	for (unsigned version = 1; version <= 2; version++) {
		put(&b, "GMBU\0\2\6\0\xd1\7\11\0\0\0\11\0\1\0\56\0\50\0\0\0", 24);
		put_u32(&b, 128 + 16 + 40);
		put_u32(&b, 4);
		while (b.n < 128)
			put_u8(&b, 0);
		put_u64(&b, 0);
		put_u32(&b, 60);
		put_u32(&b, 40);
		put_fill(&b, 1, 40);
		b.p[144] = (uint8_t)version;
		b.p[145] = 32;
		b.p[146] = 0;
		put_u32(&b, 128);
		r = read_bytes(&b, &(struct how){0});
		assert_int_equal(r->n, 1);
		assert_int_equal(r->frames[0].dlt, version == 2 ? 105 : UNKNOWN);
		assert_int_equal(r->frames[0].caplen, version == 2 ? 8 : 40);
		assert_int_equal(r->frames[0].wirelen, version == 2 ? 28 : 60);
		assert_int_equal((uintptr_t)r->frames[0].data, version == 2 ? 33 : 1);
		free(r);
		bytes_free(&b);
	}
	/* Before the start, by the times ten that makes a large number negative; a start that is no date. */
	put_netmon(&b, &delta, at);
	memcpy(b.p + at[0], "\xc0\xbd\xf0\xff\xff\xff\xff\xff", 8);	/* -1,000,000 */
	r = read_bytes(&b, &(struct how){0});
	assert_int_equal(r->frames[0].ts_ns, 999999999 * SEC + SEC / 4);
	free(r);
	b.p[10] = 13;	/* the month */
	r = read_bytes(&b, &(struct how){0});
	assert_int_equal(r->n, 4);
	assert_false(r->frames[0].has_ts);
	assert_int_equal(r->info.no_ts, 4);
	free(r);
	bytes_free(&b);
}

/* date(1) -u -d ... +%s */
static void
test_netmon_start(void **state)
{
	static const struct {
		uint16_t year, month, day;
		uint64_t sec;
	} rows[] = {
	    {1970, 1, 1, 0},
	    {1999, 12, 31, 946598400},
	    {2000, 2, 29, 951782400},
	    {2000, 3, 1, 951868800},
	    {2004, 12, 31, 1104451200},
	    {2005, 7, 17, 1121558400},
	    {2024, 2, 29, 1709164800},
	    {2100, 3, 1, 4107542400},
	};
	static const struct kind k = {2, 0, 1, {0}, {0, 1, 2, 3}, 0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bytes b = {0};
		size_t at[RECORDS], n;
		put_netmon(&b, &k, at);
		n = b.n;
		b.n = 8;
		put_u16(&b, rows[i].year);
		put_u16(&b, rows[i].month);
		put_u16(&b, 0);
		put_u16(&b, rows[i].day);
		b.n = n;
		struct result *r = read_bytes(&b, &(struct how){0});
		assert_int_equal(r->frames[0].ts_ns, (rows[i].sec + 6400) * SEC + SEC / 4);
		free(r);
		bytes_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_snoop),
	    cmocka_unit_test(test_snoop_records),
	    cmocka_unit_test(test_erf),
	    cmocka_unit_test(test_erf_records),
	    cmocka_unit_test(test_erf_or_not),
	    cmocka_unit_test(test_cut_off),
	    cmocka_unit_test(test_netmon),
	    cmocka_unit_test(test_netmon_cut_off),
	    cmocka_unit_test(test_netmon_tables),
	    cmocka_unit_test(test_netmon_records),
	    cmocka_unit_test(test_netmon_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
