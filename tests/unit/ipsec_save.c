/*
 * What an audit that goes on keeps of IPsec for its next start: every field of the working state; and captures of the lab, cut at any
 * packet, give the records that they give in one piece.
 *
 * With a folder as its argument it writes seeds for fuzz/ipsec_save.c into it: tests/fuzz/corpus/ipsec_save, anew for each KEPT_VERSION.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inside.h"

enum { CUTS = 24, VERSION_BYTE = 1 };

/*
 * Every field, each another number. In the order of the structs, without names: a field that is added lacks a value here, which is an error of
 * compilation (-Wextra); one that has a value and that save.c does not know is lost, and the comparison is red.
 */
#define ADDR4(n) {{10, 0, 0, n}, 4}
#define ADDR6(n) {{0x20, n}, 6}
static const struct sa filled_sa = {
    {ADDR4(1), ADDR4(2), UINT32_MAX, AUD_ENCAP_ESP_UDP, 4500, 61000, true, true, 9, 11, 12, 13, 14, {15, 16, 17}, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
	AUD_PAYLOAD_NULL, AUD_IPSEC_BOTH, true, 29, AUD_IV_UNKNOWN, 30, 31, 32, 33, 34, {{ADDR6(1), ADDR6(2), 35, 36, 37, 38, 39, 40, 41}}, 1, true,
	{{42, 43, 44, 45}, {46, 47, 48, 49}, {50, 51, 52, 53}}},
    0, 0, 0, 54, 55, true, true, {1, 2, 3, UINT64_MAX}, {{56, 57}, {58, 59}}, 60, 61, 62, {63, 64, 65}, {66, 67, 68},
    {69, {70, 71}, {72}, {73}, {{74, 75}}, {{76, 77}}, {{78, 4, 1, 79, 80, 81}}, 1, true, 4, 2, 82}, NULL, 0};
static const struct ike filled_ike = {
    {ADDR4(3), ADDR4(4), {1, 2}, {3, 4}, true, 80, 81, true, true, 82, {{0x10, 243, {83, 84}, 85, 86}}, 1, true, 87, 88, {89, 90}, 91, {92, 93}, 94, 95, 96, 97,
	{98, 99, 100}, 101},
    0, 0, 0, {102, 103}, {1, 0, 1}, {{104, UINT64_MAX}, {105, 106}}, 107};
static const struct stream filled_stream = {ADDR4(5), ADDR4(6), 108, 109, true, 110};
static const struct aud_ipsec_stats filled_stats = {111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122};

static void
test_every_field(void **state)
{
	static uint8_t bytes[8192];
	static struct sa sa, from_sa;
	static struct ike ike, from_ike;
	static struct stream stream, from_stream;
	static struct aud_ipsec_stats stats, from_stats;
	struct tape write = {.how = TAPE_WRITE, .to = bytes}, read = {.how = TAPE_READ};

	(void)state;
	memcpy(&from_sa, &filled_sa, sizeof sa);
	memcpy(&from_ike, &filled_ike, sizeof ike);
	memcpy(&from_stream, &filled_stream, sizeof stream);
	memcpy(&from_stats, &filled_stats, sizeof stats);
	tape_sa(&write, &from_sa);
	tape_ike(&write, &from_ike);
	tape_stream(&write, &from_stream);
	tape_stats(&write, &from_stats);
	assert_in_range(write.n, 1000, sizeof bytes);
	read.from = view_of(bytes, write.n);
	tape_sa(&read, &sa);
	tape_ike(&read, &ike);
	tape_stream(&read, &stream);
	tape_stats(&read, &stats);
	assert_false(read.bad);
	assert_int_equal(view_left(&read.from), 0);
	assert_memory_equal(&sa, &filled_sa, sizeof sa);
	assert_memory_equal(&ike, &filled_ike, sizeof ike);
	assert_memory_equal(&stream, &filled_stream, sizeof stream);
	assert_memory_equal(&stats, &filled_stats, sizeof stats);
}

/* --- cut in two --- */

struct tally {
	uint64_t handed, clear;
};
static enum aud_code
emit(void *user, const struct aud_ipsec_out *o, struct aud_err *err)
{
	struct tally *t = user;

	(void)err;
	t->handed++;
	t->clear += o->clear;
	return AUD_OK;
}

static uint64_t
same_frame(const void *user, uint64_t no)
{
	(void)user;
	return no;
}

/* Its own: what waits is shown to no other one twice. */
static struct aud_decoder *other;
static unsigned
decode(const void *user, const struct aud_frame *f, struct aud_packet out[2])
{
	(void)user;
	return aud_decode(other, f, out);
}
static const struct aud_ipsec_again again = {same_frame, decode, NULL};

static struct aud_ipsec *
context(void)
{
	const struct aud_ipsec_opts o = {.dedup = true, .secret = 7};
	struct aud_ipsec *x;

	assert_int_equal(aud_ipsec_new(&x, &o, NULL), AUD_OK);
	return x;
}

/* As a restart does; the saves of two rounds, since a flush has only what has changed. */
static struct aud_ipsec *
restart(struct aud_ipsec *x, const struct aud_ipsec_saves *before)
{
	struct aud_ipsec_saves s;
	struct aud_ipsec *y = context();
	struct aud_err err = {0};

	assert_int_equal(aud_ipsec_save(x, before->round, &s, NULL), AUD_OK);
	assert_true(s.round > before->round);
	for (size_t i = 0; i < s.n + before->n; i++) {
		const struct aud_ipsec_saved *one = i < s.n ? &s.v[i] : &before->v[i - s.n];
		bool newer = false;

		for (size_t k = 0; i >= s.n && k < s.n; k++)
			newer |= s.v[k].part == one->part && s.v[k].slot == one->slot;
		if (!newer && aud_ipsec_restore(y, one, &again, &err))
			fail_msg("%s", err.msg);
	}
	aud_ipsec_saves_free(&s);
	aud_ipsec_free(x);
	return y;
}

static bool
waiting(const struct aud_ipsec *x)
{
	for (size_t i = 0; i < x->sas.n; i++)
		if (x->sas.v[i].nheld)
			return true;
	return false;
}

/* Records of the frames first to last of a capture are shown. */
static void
play(struct aud_ipsec *x, struct aud_decoder *d, const uint8_t *pcap, size_t n, size_t first, size_t last, struct tally *tally)
{
	size_t at = 24, no = 0;

	for (; at + 16 <= n && no < last; no++) {
		uint32_t len = le32(pcap + at + 8);
		struct aud_frame f = {.no = no + 1, .ts_ns = le32(pcap + at) * UINT64_C(1000000000) + le32(pcap + at + 4) * (pcap[0] == 0x4d ? 1u : 1000u),
		    .dlt = le16(pcap + 20), .data = pcap + at + 16, .caplen = len, .wirelen = le32(pcap + at + 12)};
		struct aud_packet p[2];

		at += 16 + len;
		if (no < first)
			continue;
		for (unsigned i = 0, k = aud_decode(d, &f, p); i < k; i++)
			if (p[i].bits & AUD_PKT_IPSEC)
				assert_int_equal(aud_ipsec_packet(x, &p[i], emit, tally, NULL), AUD_OK);
	}
}

/* All that is told, as bytes. */
static uint8_t *
told(struct aud_ipsec *x, struct tally *tally, size_t *n)
{
	const struct aud_ipsec_result *r;
	struct tape t = {.how = TAPE_WRITE};
	uint8_t *out;

	assert_int_equal(aud_ipsec_flush(x, emit, tally, NULL), AUD_OK);
	assert_int_equal(aud_ipsec_result(x, &r, NULL), AUD_OK);
	assert_non_null(out = malloc((r->nsas + r->nikes + 1) * 4096));
	t.to = out;
	for (size_t i = 0; i < r->nsas; i++)
		tape_sa(&t, &(struct sa){.rec = r->sas[i]});
	for (size_t i = 0; i < r->nikes; i++)
		tape_ike(&t, &(struct ike){.rec = r->ikes[i]});
	struct aud_ipsec_stats stats = r->stats;
	tape_stats(&t, &stats);
	*n = t.n;
	return out;
}

/* How many of the cuts had packets waiting. */
static unsigned
cut_capture(const char *path, size_t *records)
{
	static uint8_t pcap[16 << 20];
	FILE *f = fopen(path, "rb");
	size_t n, frames = 0, whole_n;
	struct tally whole_tally = {0};
	struct aud_decoder *d;
	struct aud_ipsec *x;
	uint8_t *whole;
	unsigned waited = 0;

	assert_non_null(f);
	n = fread(pcap, 1, sizeof pcap, f);
	fclose(f);
	assert_true(n > 24 && n < sizeof pcap);
	for (size_t at = 24; at + 16 <= n; at += 16 + le32(pcap + at + 8))
		frames++;
	assert_int_equal(aud_decoder_new(&d, NULL), AUD_OK);
	play(x = context(), d, pcap, n, 0, frames, &whole_tally);
	whole = told(x, &whole_tally, &whole_n);
	*records += x->sas.n + x->ikes.n;
	aud_ipsec_free(x);
	for (size_t c = 1; c < CUTS; c++) {
		size_t cut = frames * c / CUTS, cut_n;
		struct aud_ipsec_saves early = {0};
		struct tally tally = {0};
		uint8_t *cut_told;

		play(x = context(), d, pcap, n, 0, cut / 2, &tally);
		assert_int_equal(aud_ipsec_save(x, 0, &early, NULL), AUD_OK);
		play(x, d, pcap, n, cut / 2, cut, &tally);
		waited += waiting(x);
		x = restart(x, &early);
		play(x, d, pcap, n, cut, frames, &tally);
		cut_told = told(x, &tally, &cut_n);
		if (cut_n != whole_n || memcmp(cut_told, whole, whole_n) || memcmp(&tally, &whole_tally, sizeof tally))
			fail_msg("%s: cut behind frame %zu it tells something else", path, cut);
		free(cut_told);
		aud_ipsec_saves_free(&early);
		aud_ipsec_free(x);
	}
	free(whole);
	aud_decoder_free(d);
	return waited;
}

static void
test_cut(void **state)
{
	DIR *dir = opendir(PCAPS);
	size_t captures = 0, records = 0;
	unsigned waited = 0;
	struct dirent *e;

	(void)state;
	assert_non_null(dir);
	while ((e = readdir(dir))) {
		char path[1024];

		if (strncmp(e->d_name, "ipsec-", 6) || !strstr(e->d_name, ".pcap"))
			continue;
		snprintf(path, sizeof path, "%s/%s", PCAPS, e->d_name);
		waited += cut_capture(path, &records);
		captures++;
	}
	closedir(dir);
	print_message("%u cuts with packets waiting\n", waited);
	assert_true(captures >= 10 && records > captures && waited > 0);
}

/* --- what others may have written --- */

/* Cut behind so many frames; 0: where packets wait. The context is for aud_ipsec_free(). */
static struct aud_ipsec *
first_part(const char *path, struct aud_decoder *d, size_t frames, const uint8_t **pcap, size_t *n)
{
	static uint8_t bytes[16 << 20];
	struct aud_ipsec *x = context();
	struct tally tally = {0};
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	*n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	*pcap = bytes;
	for (size_t i = 0; frames ? i < frames : !waiting(x); i++) {
		assert_true(frames || i < 10000);
		play(x, d, bytes, *n, i, i + 1, &tally);
	}
	return x;
}

static void
damage(const char *path, size_t frames)
{
	struct aud_decoder *d;
	struct aud_ipsec_saves s;
	struct tally tally = {0};
	const uint8_t *pcap;
	size_t n;
	struct aud_ipsec *x;

	assert_int_equal(aud_decoder_new(&d, NULL), AUD_OK);
	x = first_part(path, d, frames, &pcap, &n);
	assert_int_equal(aud_ipsec_save(x, 0, &s, NULL), AUD_OK);
	assert_true(s.n > 1);
	for (size_t i = 0; i < s.n; i++) {
		uint8_t *bytes = (uint8_t *)(uintptr_t)s.v[i].bytes;

		/* Any shorter, any longer, another version: refused. */
		for (size_t k = 0; k < s.v[i].n; k++) {
			struct aud_ipsec *y = context();
			struct aud_ipsec_saved one = s.v[i];

			one.n = k;
			assert_int_equal(aud_ipsec_restore(y, &one, &again, NULL), AUD_FORMAT);
			one.n = s.v[i].n;
			/* Any byte another one: taken or refused, and what is taken can be told and gone on with. */
			bytes[k] ^= 0xff;
			enum aud_code rc = aud_ipsec_restore(y, &one, &again, NULL);
			assert_true(rc == AUD_OK || rc == AUD_FORMAT);
			assert_true(k >= VERSION_BYTE || rc == AUD_FORMAT);
			play(y, d, pcap, n, 0, 60, &tally);
			size_t told_n;
			free(told(y, &tally, &told_n));
			bytes[k] ^= 0xff;
			aud_ipsec_free(y);
		}
	}
	aud_ipsec_saves_free(&s);
	aud_decoder_free(d);
	aud_ipsec_free(x);
}

static void
test_damaged(void **state)
{
	(void)state;
	damage(PCAPS "/ipsec-ikev2.pcap", 1000);
	damage(PCAPS "/ipsec-null.pcap", 0);
}

/* A record twice, what waits in an association that is decided, numbers that contradict each other: all of it as long as it should be. */
static void
test_contradiction(void **state)
{
	static uint8_t bytes[8192];
	const struct aud_addr hosts[] = {ADDR4(1), ADDR4(2)};
	const struct {
		uint64_t packets, read, first_ns, last_ns, second, tested, opaque, strays;
		bool begun, strayed;
		enum aud_code expected;
	} rows[] = {
	    {5, 5, 10, 2000000010, 2, 3, 3, 1, true, true, AUD_OK},
	    {5, 6, 10, 20, 0, 3, 3, 1, true, true, AUD_FORMAT},
	    {0, 0, 10, 20, 0, 3, 3, 1, true, true, AUD_FORMAT},
	    {5, 5, 20, 10, 0, 3, 3, 1, true, true, AUD_FORMAT},
	    {5, 5, 0, 10, 0, 3, 3, 1, true, true, AUD_FORMAT},
	    {5, 5, 10, 2000000009, 2, 3, 3, 1, true, true, AUD_FORMAT},
	    {5, 5, 10, 20, 0, 3, 4, 1, true, true, AUD_FORMAT},
	    {5, 5, 10, 20, 0, 3, 3, 0, true, true, AUD_FORMAT},
	    {5, 5, 10, 20, 0, 3, 3, 0, true, false, AUD_OK},
	    {5, 5, 10, 20, 0, 3, 3, 1, false, true, AUD_FORMAT},
	    {UINT64_MAX, 5, 10, 20, 0, 3, 3, 1, true, true, AUD_FORMAT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sa a = {.rec = {.src = hosts[0], .dst = hosts[1], .spi = 300, .packets = rows[i].packets, .read = rows[i].read,
				   .first_ns = rows[i].first_ns, .last_ns = rows[i].last_ns, .tested = rows[i].tested, .opaque = rows[i].opaque,
				   .strays = rows[i].strays}, .second = rows[i].second, .begun = rows[i].begun, .strayed = rows[i].strayed};
		struct tape t = {.how = TAPE_WRITE, .to = bytes};
		struct aud_ipsec *x = context();

		tape_version(&t);
		tape_sa(&t, &a);
		*t.to = 0;
		struct aud_ipsec_saved one = {.part = AUD_PART_ASSOCIATION, .bytes = bytes, .n = t.n + 1};
		if (aud_ipsec_restore(x, &one, &again, NULL) != rows[i].expected)
			fail_msg("row %zu", i);
		assert_int_equal(x->sas.n, rows[i].expected == AUD_OK);
		/* Twice the same. */
		assert_int_equal(aud_ipsec_restore(x, &one, &again, NULL), AUD_FORMAT);
		assert_int_equal(x->sas.n, rows[i].expected == AUD_OK);
		aud_ipsec_free(x);
	}
}

/* For the fuzzer (fuzz/ipsec_save.c): into the folder. */
static void
write_seeds(const char *folder, const char *capture, size_t frames)
{
	char path[1024];
	struct aud_decoder *d;
	struct aud_ipsec_saves s;
	const uint8_t *pcap;
	size_t n, files[3] = {0};
	struct aud_ipsec *x;

	snprintf(path, sizeof path, "%s/%s.pcap", PCAPS, capture);
	assert_int_equal(aud_decoder_new(&d, NULL), AUD_OK);
	x = first_part(path, d, frames, &pcap, &n);
	assert_int_equal(aud_ipsec_save(x, 0, &s, NULL), AUD_OK);
	for (size_t i = 0; i < s.n; i++) {
		const struct aud_ipsec_saved *one = &s.v[i];
		size_t length = one->n - VERSION_BYTE;
		const uint8_t head[] = {(uint8_t)one->part, (uint8_t)(length >> 8), (uint8_t)length};
		FILE *f;

		if (files[one->part]++ || (one->part == AUD_PART_REST && !x->streams->v[0].used && strcmp(capture, "ipsec-ikev2") != 0))
			continue;
		snprintf(path, sizeof path, "%s/%s-%s", folder, capture + 6, (const char *[]){"association", "negotiation", "rest"}[one->part]);
		assert_non_null(f = fopen(path, "wb"));
		fwrite(head, 1, sizeof head, f);
		fwrite(one->bytes + VERSION_BYTE, 1, length, f);
		fclose(f);
	}
	aud_ipsec_saves_free(&s);
	aud_decoder_free(d);
	aud_ipsec_free(x);
}

static int
setup(void **state)
{
	(void)state;
	return aud_decoder_new(&other, NULL) != AUD_OK;
}

static int
teardown(void **state)
{
	(void)state;
	aud_decoder_free(other);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *capture;
		size_t frames;
	} seeds[] = {{"ipsec-ah", 100}, {"ipsec-cadence", 900}, {"ipsec-ikev1-null", 0}, {"ipsec-ikev2", 1000}, {"ipsec-mixed", 500}, {"ipsec-null", 0},
	    {"ipsec-request", 300}, {"ipsec-scan", 20}, {"ipsec-tunnel", 300}};
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_field), cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_damaged), cmocka_unit_test(test_contradiction)};

	if (argc > 1) {
		for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
			write_seeds(argv[1], seeds[i].capture, seeds[i].frames);
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
