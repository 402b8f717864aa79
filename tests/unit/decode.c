/* Frames of every kind: as rows, cut at every byte, nested too deep, and by the short way and the long way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <aud/packet.h>

#include "decode_rows.h"
#include "inflate.h"

#define ROWS (sizeof rows / sizeof *rows)

static size_t
bytes_of(const char *hex, uint8_t *out, size_t max)
{
	size_t n = 0;

	for (; hex[0] && hex[1]; hex += 2) {
		unsigned b;
		assert_int_equal(sscanf(hex, "%2x", &b), 1);
		assert_true(n < max);
		out[n++] = (uint8_t)b;
	}
	assert_int_equal(hex[0], 0);
	return n;
}

static struct aud_decoder *
fresh(void)
{
	struct aud_decoder *d;

	assert_int_equal(aud_decoder_new(&d, NULL), AUD_OK);
	return d;
}

/* Of an exact copy, so that the sanitizer sees one byte too many; the copy is the caller's, for ip points into it. */
static unsigned
decode(struct aud_decoder *d, unsigned dlt, const uint8_t *bytes, size_t captured, size_t sent, struct aud_packet p[2],
    uint8_t **copy)
{
	struct aud_frame f = {.no = 7,
	    .ts_ns = 5,
	    .caplen = (uint32_t)captured,
	    .wirelen = (uint32_t)sent,
	    .dlt = (uint16_t)dlt,
	    .has_ts = true};

	*copy = malloc(captured ? captured : 1);
	assert_non_null(*copy);
	if (captured)
		memcpy(*copy, bytes, captured);
	f.data = *copy;
	return aud_decode(d, &f, p);
}

static void say(char *out, size_t size, const char *fmt, ...) AUD_PRINTF(3, 4);
static void
say(char *out, size_t size, const char *fmt, ...)
{
	size_t n = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out + n, size - n, fmt, ap);
	va_end(ap);
}

static void
say_packet(struct aud_decoder *d, const struct aud_packet *p, char *out, size_t size)
{
	static const struct {
		int bit;
		const char *letter;
	} bits[] = {
	    {AUD_PKT_FRAGMENT, "F"},
	    {AUD_PKT_LATER, "L"},
	    {AUD_PKT_MORE, "M"},
	    {AUD_PKT_AH, "A"},
	    {AUD_PKT_SHORT, "S"},
	    {AUD_PKT_NOPORTS, "N"},
	};
	struct aud_addr src = aud_packet_src(p), dst = aud_packet_dst(p);
	const char *o = src.family == 6 ? "[" : "", *c = src.family == 6 ? "]" : "";
	char letters[8] = "";

	for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
		if (p->bits & bits[i].bit)
			say(letters, sizeof letters, "%s", bits[i].letter);
	say(out, size, "%u %s%s%s:%u > %s%s%s:%u len %u l4 %u pay %u", p->proto, o, aud_addr_str(&src).s, c, p->sport,
	    o, aud_addr_str(&dst).s, c, p->dport, p->iplen, p->l4, p->payload);
	if (p->caplen != p->iplen && !(p->bits & AUD_PKT_SHORT))
		say(out, size, " cap %u", p->caplen);
	if (p->tcp_flags && !(p->bits & AUD_PKT_QUOTE))
		say(out, size, " flags %02x", p->tcp_flags);
	if (*letters)
		say(out, size, " %s", letters);
	if (p->bits & AUD_PKT_FRAGMENT && !(p->bits & AUD_PKT_QUOTE))
		say(out, size, " id %u", p->frag_id);
	if (p->vlans)
		say(out, size, " vlan %s", aud_decoder_vlans(d, p->vlans));
	if (p->tunnel)
		say(out, size, " in %s", aud_decoder_tunnel(d, p->tunnel));
}

/* The packets and the books of a fresh decoder's only frame, as decode_rows.h describes them. */
static void
say_all(struct aud_decoder *d, const struct aud_packet *p, unsigned n, char *out, size_t size)
{
	struct aud_decode_stats s;

	*out = 0;
	if (n)
		say_packet(d, &p[0], out, size);
	if (n == 2) {
		say(out, size, " | quotes %u/%u ", p[1].tcp_flags, p[1].ttl);
		say_packet(d, &p[1], out, size);
	}
	aud_decoder_stats(d, &s);
	for (size_t i = 0; i < s.ncounts; i++) {
		say(out, size, "%s%c %s: %s", *out ? " " : "", s.counts[i].defect ? '!' : '-', s.counts[i].layer,
		    s.counts[i].reason);
		assert_int_equal(s.counts[i].frames, 1);
		assert_int_equal(s.counts[i].first_frame, 7);
	}
}

static void
test_rows(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		uint8_t bytes[512], *copy;
		size_t n = bytes_of(rows[i].hex, bytes, sizeof bytes);
		struct aud_decoder *d = fresh();
		struct aud_packet p[2];
		char got[512];
		unsigned k = decode(d, rows[i].dlt, bytes, n, n, p, &copy);

		say_all(d, p, k, got, sizeof got);
		if (strcmp(got, rows[i].want) != 0) {
			print_error("%s\n  got  %s\n  want %s\n", rows[i].name, got, rows[i].want);
			wrong++;
		}
		for (unsigned j = 0; j < k; j++) {
			assert_int_equal(p[j].frame_no, 7);
			assert_int_equal(p[j].ts_ns, 5);
		}
		free(copy);
		aud_decoder_free(d);
	}
	assert_int_equal(wrong, 0);
}

/* What holds for every packet of every frame. */
static void
check_packet(const struct aud_packet *p, const uint8_t *data, size_t captured)
{
	size_t at = (size_t)(p->ip - data);

	assert_true(p->ip >= data && at + p->caplen <= captured);
	assert_true(p->caplen >= (p->bits & AUD_PKT_V6 ? 40u : 20u));
	assert_true(p->caplen <= p->iplen);
	assert_true(p->l4 >= (p->bits & AUD_PKT_V6 ? 40u : 20u));
	assert_true(p->payload >= p->l4);
	assert_int_equal(p->ip[0] >> 4, p->bits & AUD_PKT_V6 ? 6 : 4);
	if (p->bits & (AUD_PKT_NOPORTS | AUD_PKT_LATER))
		assert_int_equal(p->sport | p->dport, 0);
	if (p->bits & (AUD_PKT_LATER | AUD_PKT_MORE))
		assert_true(p->bits & AUD_PKT_FRAGMENT);
}

/* Every prefix of every frame: no byte read that is not there, every frame in the books, and never a packet the whole
 * had not. */
static void
test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		uint8_t bytes[512], *copy;
		size_t n = bytes_of(rows[i].hex, bytes, sizeof bytes);

		for (size_t cut = 0; cut < n; cut++) {
			struct aud_decoder *d = fresh();
			struct aud_decode_stats s;
			struct aud_packet p[2];
			unsigned k = decode(d, rows[i].dlt, bytes, cut, n, p, &copy);

			for (unsigned j = 0; j < k; j++)
				check_packet(&p[j], copy, cut);
			aud_decoder_stats(d, &s);
			assert_int_equal(s.frames, 1);
			assert_int_equal(s.packets + s.non_ip + s.undecoded, 1);
			assert_int_equal(s.packets, k > 0);
			if (!k)
				assert_int_equal(s.ncounts, 1);
			free(copy);
			aud_decoder_free(d);
		}
	}
}

/* IPv4 and UDP cut at each byte: where the header of a layer ends is where its mark changes. */
static void
test_snaplen(void **state)
{
	static const struct {
		size_t cut;
		const char *want;
	} cuts[] = {
	    {13, "! ethernet: truncated"},
	    {14, "! ipv4: truncated"},
	    {33, "! ipv4: truncated"},
	    {34, "17 192.168.0.1:0 > 192.168.0.2:0 len 32 l4 20 pay 28 SN ! udp: ports not captured"},
	    {37, "17 192.168.0.1:0 > 192.168.0.2:0 len 32 l4 20 pay 28 SN ! udp: ports not captured"},
	    {38, "17 192.168.0.1:1000 > 192.168.0.2:53 len 32 l4 20 pay 28 S"},
	    {45, "17 192.168.0.1:1000 > 192.168.0.2:53 len 32 l4 20 pay 28 S"},
	    {46, IS4},
	};
	uint8_t bytes[64], *copy;
	size_t n = bytes_of(ETH("0800") IN4, bytes, sizeof bytes);

	(void)state;
	assert_int_equal(n, 46);
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		struct aud_decoder *d = fresh();
		struct aud_packet p[2];
		char got[256];
		unsigned k = decode(d, 1, bytes, cuts[i].cut, n, p, &copy);

		say_all(d, p, k, got, sizeof got);
		assert_string_equal(got, cuts[i].want);
		free(copy);
		aud_decoder_free(d);
	}
}

static void
deep(const char *head, const char *again, const char *want)
{
	static char hex[1 << 15];
	static uint8_t bytes[1 << 14];
	struct aud_decoder *d = fresh();
	struct aud_packet p[2];
	uint8_t *copy;
	char got[512];
	size_t n;

	snprintf(hex, sizeof hex, "%s", head);
	while (strlen(hex) + strlen(again) < 20000)
		strcat(hex, again);
	n = bytes_of(hex, bytes, sizeof bytes);
	unsigned k = decode(d, 1, bytes, n, n, p, &copy);
	say_all(d, p, k, got, sizeof got);
	if (!strstr(got, want))
		print_error("got  %s\nwant %s\n", got, want);
	assert_non_null(strstr(got, want));
	free(copy);
	aud_decoder_free(d);
}

static void
test_deep(void **state)
{
	(void)state;
	deep(ETH("8100"), "00018100", "! ethernet: too many headers");
	deep(ETH("8847"), "00010040", "! mpls: too many headers");
	deep(ETH("0800"), O4("0000", "04"), "/tunnel: too many headers");
	deep(ETH("86dd"), O6("0000", "29"), "/tunnel: too many headers");
	deep(ETH("0800") O4("0000", "2f"), "00000800" O4("0000", "2f"), "/ipv4: too many headers");
	deep(ETH("0800"), O4("0000", "2f") "00006558" ETH("0800"), ": too many headers");
	deep(ETH("86dd") O6("0000", "3c"), "3c00010400000000", "! ipv6: bad header length");
	deep(ETH("0909"), "00", "! ethernet: unknown ethertype 0x0909");
}

/* Field by field but ip: what lies between the fields is nobody's. */
static void
same_packet(const struct aud_packet *a, const struct aud_packet *b)
{
	assert_int_equal(a->ts_ns, b->ts_ns);
	assert_int_equal(a->frame_no, b->frame_no);
	assert_int_equal(a->caplen, b->caplen);
	assert_int_equal(a->iplen, b->iplen);
	assert_int_equal(a->hash, b->hash);
	assert_int_equal(a->frag_id, b->frag_id);
	assert_int_equal(a->sport, b->sport);
	assert_int_equal(a->dport, b->dport);
	assert_int_equal(a->l4, b->l4);
	assert_int_equal(a->payload, b->payload);
	assert_int_equal(a->vlans, b->vlans);
	assert_int_equal(a->tunnel, b->tunnel);
	assert_int_equal(a->proto, b->proto);
	assert_int_equal(a->tcp_flags, b->tcp_flags);
	assert_int_equal(a->bits, b->bits);
	assert_int_equal(a->ttl, b->ttl);
	assert_int_equal(a->ah_back, b->ah_back);
}

/* The short way must never differ from the long way: the same IP bytes as raw IP, which has no short way. */
static void
test_both_ways(void **state)
{
	uint8_t bytes[512], *a, *b;
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n = bytes_of(i & 1 ? ETH("0800") O4("0030", "06") TCP("50", "02") "4142434445464748"
					  : ETH("0800") O4("0030", "11")
						UDP("0035", "001c") "0102030405060708090a0b0c0d0e0f1011121314",
		    bytes, sizeof bytes);
		struct aud_decoder *d = fresh(), *e = fresh();
		struct aud_packet p[2], q[2];
		size_t cut;

		for (int j = i % 4; j; j--) {
			seed = seed * 1103515245 + 12345;
			bytes[14 + (seed >> 16) % 30] ^= (uint8_t)(1 << (seed >> 8) % 8);
		}
		seed = seed * 1103515245 + 12345;
		cut = i % 3 ? n : 14 + (seed >> 16) % (n - 14);
		unsigned k = decode(d, 1, bytes, cut, n, p, &a), l = decode(e, 12, bytes + 14, cut - 14, n - 14, q, &b);
		assert_int_equal(k, l);
		for (unsigned j = 0; j < k; j++) {
			assert_int_equal(p[j].ip - a - 14, q[j].ip - b);
			same_packet(&p[j], &q[j]);
		}
		free(a);
		free(b);
		aud_decoder_free(d);
		aud_decoder_free(e);
	}
}

static void
test_stats(void **state)
{
	static const char *const frames[] = {
	    ETH("88cc") "02",
	    ETH("0800") IN4,
	    ETH("0806") "00",
	    ETH("0806") "00",
	    ETH("0800") O4("0034", "04") IN4,
	    ETH("0800"),
	    ETH("0800") O4F("0020", "0004", "11") DNS,
	};
	struct aud_decoder *d = fresh();
	struct aud_decode_stats s;

	(void)state;
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
		uint8_t bytes[128];
		size_t n = bytes_of(frames[i], bytes, sizeof bytes);
		struct aud_frame f = {
		    .no = i + 1, .caplen = (uint32_t)n, .wirelen = (uint32_t)n, .dlt = 1, .data = bytes};
		struct aud_packet p[2];

		(void)aud_decode(d, &f, p);
	}
	aud_decoder_stats(d, &s);
	assert_int_equal(s.frames, 7);
	assert_int_equal(s.packets, 3);
	assert_int_equal(s.non_ip, 3);
	assert_int_equal(s.undecoded, 1);
	assert_int_equal(s.fragments, 1);
	assert_int_equal(s.tunneled, 1);
	assert_int_equal(s.quoted, 0);
	assert_int_equal(s.ncounts, 3);
	assert_string_equal(s.counts[0].reason, "ethertype 0x0806 (ARP)");
	assert_int_equal(s.counts[0].frames, 2);
	assert_int_equal(s.counts[0].first_frame, 3);
	assert_string_equal(s.counts[1].reason, "ethertype 0x88cc (LLDP)");
	assert_string_equal(s.counts[2].layer, "ipv4");
	assert_string_equal(s.counts[2].reason, "truncated");
	assert_int_equal(s.counts[2].first_frame, 6);
	aud_decoder_free(d);
}

/* Ids are the same for the same stack, and there is an end to them that is told, not guessed. */
static void
test_stacks(void **state)
{
	uint8_t bytes[128];
	size_t n = bytes_of(ETH("88a8") "0000"
					"8100"
					"0000"
					"0800" IN4,
	    bytes, sizeof bytes);
	struct aud_frame f = {.no = 1, .caplen = (uint32_t)n, .wirelen = (uint32_t)n, .dlt = 1, .data = bytes};
	struct aud_decoder *d = fresh();
	struct aud_packet p[2];
	uint16_t first = 0;

	(void)state;
	assert_string_equal(aud_decoder_vlans(d, 0), "");
	assert_string_equal(aud_decoder_vlans(d, 77), "");
	for (unsigned i = 0; i < 6000; i++) {
		bytes[14] = (uint8_t)(i / 200 >> 8);
		bytes[15] = (uint8_t)(i / 200);
		bytes[19] = (uint8_t)(i % 200);
		assert_int_equal(aud_decode(d, &f, p), 1);
		if (i == 0)
			first = p[0].vlans;
		else
			assert_int_not_equal(p[0].vlans, first);
		if (i == 399)
			assert_string_equal(aud_decoder_vlans(d, p[0].vlans), "1.199");
	}
	assert_string_equal(aud_decoder_vlans(d, p[0].vlans), "other");
	bytes[15] = bytes[19] = 0;
	assert_int_equal(aud_decode(d, &f, p), 1);
	assert_int_equal(p[0].vlans, first);
	assert_string_equal(aud_decoder_vlans(d, first), "0.0");
	aud_decoder_free(d);
}

/* RFC 1951: what is no stream must be told as such, and not one byte before the output be read. */
static void
test_inflate(void **state)
{
	static const struct {
		const char *name, *hex;
		size_t max;
		bool good;
	} streams[] = {
	    {"a fixed block with nothing in it", "0300", 8, true},
	    {"a distance beyond the beginning", "030200", 8, false},
	    {"nothing", "", 8, false},
	    {"block type 3", "0700", 8, false},
	    {"a stored block of two bytes", "010200fdff4142", 2, true},
	    {"a stored block of two bytes, room for one", "010200fdff4142", 1, false},
	    {"a stored block, its complement wrong", "010200fcff4142", 8, false},
	    {"a stored block that is cut", "010200fdff41", 8, false},
	    {"a dynamic block with 31 distances", "05de", 8, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
		uint8_t in[16], *out = malloc(streams[i].max);
		size_t n, made;
		bool good;

		assert_non_null(out);
		n = bytes_of(streams[i].hex, in, sizeof in);
		good = unpack_deflate(view_of(in, n), out, streams[i].max, &made);
		if (good != streams[i].good)
			print_error("%s\n", streams[i].name);
		assert_int_equal(good, streams[i].good);
		free(out);
	}
}

/* What was decompressed is kept, but not without bound: then the packet is the compressed one, and the books say so. */
static void
test_kept_bound(void **state)
{
	enum { INNER = 60000, HEADS = 14 + 20 + 4 + 5, SENT = HEADS + INNER, BOUND = 16 << 20 };
	uint8_t *bytes = calloc(1, SENT);
	struct aud_frame f = {.no = 1, .caplen = SENT, .wirelen = SENT, .dlt = 1, .data = bytes};
	struct aud_decoder *d = fresh();
	struct aud_decode_stats s;
	struct aud_packet p[2];

	(void)state;
	assert_non_null(bytes);
	/* 60029 = 0xea7d bytes of IP; a stored block of 60000 = 0xea60. */
	bytes_of(ETH("0800") O4("ea7d", "6c") "0400"
					      "0002"
					      "01"
					      "60ea"
					      "9f15"
					      "4500"
					      "ea60"
					      "0001"
					      "0000"
					      "40"
					      "11"
					      "0000"
					      "c0a80001"
					      "c0a80002"
					      "03e8"
					      "0035"
					      "ea4c"
					      "0000",
	    bytes, SENT);
	for (unsigned i = 0; i < BOUND / INNER; i++) {
		assert_int_equal(aud_decode(d, &f, p), 1);
		assert_int_equal(p[0].proto, 17);
		assert_int_equal(p[0].iplen, INNER);
	}
	assert_int_equal(aud_decode(d, &f, p), 1);
	assert_int_equal(p[0].proto, 108);
	aud_decoder_stats(d, &s);
	assert_int_equal(s.ncounts, 1);
	assert_string_equal(s.counts[0].reason, "compressed");
	assert_int_equal(s.counts[0].frames, 1);
	aud_decoder_free(d);
	free(bytes);
}

/* More kinds of trouble than lines: none is lost. */
static void
test_books_full(void **state)
{
	uint8_t bytes[16] = {0};
	struct aud_decoder *d = fresh();
	struct aud_decode_stats s;
	struct aud_packet p[2];
	uint64_t sum = 0;

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		struct aud_frame f = {.no = i + 1, .caplen = 15, .wirelen = 15, .dlt = 1, .data = bytes};

		bytes[12] = (uint8_t)(0xa0 + i / 256);
		bytes[13] = (uint8_t)i;
		assert_int_equal(aud_decode(d, &f, p), 0);
	}
	aud_decoder_stats(d, &s);
	assert_int_equal(s.undecoded, 3000);
	assert_true(s.ncounts < 3000);
	for (size_t i = 0; i < s.ncounts; i++)
		sum += s.counts[i].frames;
	assert_int_equal(sum, 3000);
	aud_decoder_free(d);
	aud_decoder_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_snaplen),
	    cmocka_unit_test(test_deep),
	    cmocka_unit_test(test_both_ways),
	    cmocka_unit_test(test_stats),
	    cmocka_unit_test(test_stacks),
	    cmocka_unit_test(test_books_full),
	    cmocka_unit_test(test_kept_bound),
	    cmocka_unit_test(test_inflate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
