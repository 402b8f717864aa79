/* Packets that are kept of flows, and flows as they are stored for another start: what is written is read, what is damaged is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "living.h"
#include "put.h"

enum { MANY = 4000, BODY = 700 };

/* An IPv4 packet of TCP with size bytes of payload that all say fill; an option in front where odd. */
static struct aud_packet
packet(uint8_t *ip, uint8_t flags, size_t size, uint8_t fill, bool odd)
{
	size_t header = odd ? 24 : 20;
	uint8_t *tcp = ip + header;

	memset(ip, 0, header + 20);
	ip[0] = odd ? 0x46 : 0x45;
	put16(ip + 2, (uint16_t)(header + 20 + size));
	ip[9] = 6;
	memcpy(ip + 12, (const uint8_t[]){10, 0, 0, 1, 10, 0, 0, 2}, 8);
	put16(put16(tcp, 40000), 5061);
	put32(tcp + 4, 1000);
	tcp[12] = 0x50;
	tcp[13] = flags;
	memset(tcp + 20, fill, size);
	return (struct aud_packet){.ip = ip, .ts_ns = 5, .frame_no = 7, .caplen = (uint32_t)(header + 20 + size), .iplen = (uint32_t)(header + 20 + size),
	    .sport = 40000, .dport = 5061, .l4 = (uint16_t)header, .payload = (uint16_t)(header + 20), .proto = 6, .tcp_flags = flags};
}

static void
keep(struct kept *k, struct aud_flow *f, uint8_t flags, size_t size, uint8_t fill)
{
	uint8_t ip[2048];
	struct aud_packet p = packet(ip, flags, size, fill, false);

	f->packets[0]++;
	kept_add(k, f, &p, 0);
}

static void
test_kept(void **state)
{
	struct aud_flow one = {.proto = 6}, other = {.proto = 6};
	uint8_t out[4096];
	struct kept k;

	(void)state;
	assert_int_equal(kept_open(&k, 1 << 16, NULL), AUD_OK);
	keep(&k, &one, 2, 0, 0);	/* a SYN: the record has it */
	assert_int_equal(kept_size(&k, &one), 0);
	assert_false(one.bits & AUD_FLOW_KEPT);
	keep(&k, &one, 16, 300, 0xaa);
	keep(&k, &other, 16, 10, 0xbb);
	keep(&k, &one, 16, 1000, 0xcc);
	assert_true(one.bits & other.bits & AUD_FLOW_KEPT);
	assert_int_equal(kept_size(&k, &one), 2 * (KEPT_HEAD + 40) + 1300);
	kept_copy(&k, &one, out);
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(out[KEPT_HEAD + 40 + i], 0xaa);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(out[2 * (KEPT_HEAD + 40) + 300 + i], 0xcc);
	kept_drop(&k, &one);
	assert_int_equal(kept_size(&k, &one), 0);
	assert_false(one.bits & AUD_FLOW_KEPT);
	assert_int_equal(kept_size(&k, &other), KEPT_HEAD + 50);
	assert_int_equal(k.lost, 0);
	kept_drop(&k, &other);
	assert_int_equal(k.nfree, k.ncells);
	kept_close(&k);
}

/* More than there is room for: the oldest go and are counted, the others stay whole, and in the end all room is there again. */
static void
test_bound(void **state)
{
	struct aud_flow *flows = calloc(MANY, sizeof *flows);
	uint8_t out[4096];
	size_t there = 0;
	struct kept k;

	(void)state;
	assert_non_null(flows);
	assert_int_equal(kept_open(&k, 1 << 18, NULL), AUD_OK);
	for (size_t i = 0; i < MANY; i++) {
		flows[i].proto = 6;
		keep(&k, &flows[i], 16, BODY, (uint8_t)i);
		if (i % 3 == 0)
			kept_drop(&k, &flows[i]);
	}
	for (size_t i = 0; i < MANY; i++) {
		if (!(flows[i].bits & AUD_FLOW_KEPT))
			continue;
		there++;
		kept_copy(&k, &flows[i], out);
		for (size_t b = 0; b < BODY; b++)
			assert_int_equal(out[KEPT_HEAD + 40 + b], (uint8_t)i);
	}
	assert_true(flows[MANY - 2].bits & AUD_FLOW_KEPT);
	assert_in_range(there, 100, (1 << 18) / BODY);
	assert_int_equal(k.lost, MANY - (MANY + 2) / 3 - there);
	/* No flow gets all of it. */
	for (int i = 0; i < 400; i++)
		keep(&k, &flows[MANY - 2], 16, BODY, 1);
	assert_in_range(kept_size(&k, &flows[MANY - 2]), KEPT_BYTES / 2, KEPT_BYTES);
	for (size_t i = 0; i < MANY; i++)
		kept_drop(&k, &flows[i]);
	assert_int_equal(k.nfree, k.ncells);
	assert_int_equal(k.oldest, 0);
	kept_close(&k);
	free(flows);
}

static struct living
flow(void)
{
	struct living l = {.counted = true, .tunnel = "gre", .app_frame = 9, .flow = {.proto = 6, .port = {40000, 5061}, .bits = AUD_FLOW_SYN0 | AUD_FLOW_CLEAR,
	    .packets = {3, 2}, .bytes = {UINT64_C(1) << 40, 80}, .duplicates = 4, .last_ns = 20},
	    .more = {.first_ns = 10, .first_frame = UINT64_C(1) << 48 | 8, .isn = 999, .facts = AUD_FACT_SIP_CLEAR, .tls_version = 0x33,
	    .packets_hi = {1, 0}, .app = {1, 100, AUD_BY_OWN}}};

	l.addr[0] = (struct aud_addr){{10, 0, 0, 1}, 4};
	l.addr[1] = (struct aud_addr){{10, 0, 0, 2}, 4};
	return l;
}

/* One flow with two packets, the second with an option and cut short. */
static void
write_one(struct living_parts *t)
{
	struct living l = flow();
	struct aud_flow from = {.proto = 6, .packets = {1, 1}};
	uint8_t ip[256];
	struct aud_packet p = packet(ip, 24, 100, 0xaa, false);
	struct kept k;

	assert_int_equal(kept_open(&k, 1 << 16, NULL), AUD_OK);
	kept_add(&k, &from, &p, 0);
	p = packet(ip, 24, 200, 0xbb, true);
	p.caplen -= 150;
	p.bits = AUD_PKT_SHORT | AUD_PKT_CLEAR;
	kept_add(&k, &from, &p, 0);
	assert_int_equal(living_write(t, &l, &k, &from), AUD_OK);
	kept_close(&k);
}

static void
test_read(void **state)
{
	struct living_parts t = {.max = 2};
	struct living l, had = flow();
	struct aud_packet p;
	struct aud_view v;
	uint8_t ip[60];
	int side;

	(void)state;
	write_one(&t);
	v = view_of(t.v[0].p, t.v[0].n);
	assert_int_equal(living_open(&v, NULL), AUD_OK);
	assert_int_equal(living_next(&v, &l, NULL), AUD_OK);
	assert_int_equal(aud_addr_cmp(&l.addr[0], &had.addr[0]) | aud_addr_cmp(&l.addr[1], &had.addr[1]), 0);
	assert_memory_equal(&l.flow, &had.flow, sizeof l.flow);
	assert_int_equal(l.more.first_ns, 10);
	assert_int_equal(l.more.first_frame, UINT64_C(1) << 48 | 8);
	assert_int_equal(l.more.isn, 999);
	assert_int_equal(l.more.facts, AUD_FACT_SIP_CLEAR);
	assert_int_equal(l.more.tls_version, 0x33);
	assert_int_equal(l.more.packets_hi[0], 1);
	assert_int_equal(l.more.app.master, 1);
	assert_int_equal(l.more.app.sub, 100);
	assert_int_equal(l.more.app.by, AUD_BY_OWN);
	assert_int_equal(l.app_frame, 9);
	assert_true(l.counted && !l.decided);
	assert_string_equal(l.tunnel, "gre");
	assert_true(living_packet(&l, &p, &side));
	assert_int_equal(side, 0);
	assert_int_equal(p.ts_ns, 5);
	assert_int_equal(p.frame_no, 7);
	assert_int_equal(p.caplen, 140);
	assert_int_equal(p.iplen, 140);
	assert_int_equal(p.payload, 40);
	assert_int_equal(p.tcp_flags, 24);
	assert_int_equal(p.bits, 0);
	assert_int_equal(be16(p.ip + 2), 140);
	assert_int_equal(p.ip[139], 0xaa);
	assert_true(living_packet(&l, &p, &side));
	assert_int_equal(aud_packet_payload_len(&p), 50);
	assert_int_equal(aud_packet_payload_sent(&p), 200);
	assert_int_equal(p.bits, AUD_PKT_SHORT | AUD_PKT_CLEAR);
	/* As long as it was sent, but for the option that it has no more. */
	assert_int_equal(be16(p.ip + 2), 240);
	assert_int_equal(p.ip[40], 0xbb);
	assert_false(living_packet(&l, &p, &side));
	assert_true(living_syn(&l, ip, &p, &side));
	assert_int_equal(side, 0);
	assert_int_equal(be32(ip + 24), 999);
	assert_int_equal(p.tcp_flags, 2);
	assert_int_equal(living_next(&v, &l, NULL), AUD_END);
	living_free(&t);
}

/* Cut anywhere, or with any byte changed: no more than was there is read, and nothing outside of it (the sanitizer sees that). */
static void
test_damaged(void **state)
{
	struct living_parts t = {.max = 2};
	struct aud_err err = {0};
	struct aud_packet p;
	struct aud_view v;
	struct living l;
	int side;

	(void)state;
	write_one(&t);
	for (size_t n = 0; n < t.v[0].n; n++) {
		uint8_t *cut = malloc(n + 1);

		assert_non_null(cut);
		memcpy(cut, t.v[0].p, n);
		v = view_of(cut, n);
		if (n < 8)
			assert_int_equal(living_open(&v, NULL), AUD_FORMAT);
		else {
			assert_int_equal(living_open(&v, NULL), AUD_OK);
			assert_int_equal(living_next(&v, &l, NULL), n == 8 ? AUD_END : AUD_FORMAT);
		}
		free(cut);
	}
	for (size_t i = 0; i < t.v[0].n; i++) {
		t.v[0].p[i] ^= 0xff;
		v = view_of(t.v[0].p, t.v[0].n);
		assert_int_equal(living_open(&v, NULL), i < 8 ? AUD_FORMAT : AUD_OK);
		if (i >= 8 && i < 11)
			assert_int_equal(living_next(&v, &l, NULL), AUD_FORMAT);
		while (i >= 11 && living_next(&v, &l, NULL) == AUD_OK)
			while (living_packet(&l, &p, &side))
				assert_true(p.caplen <= p.iplen && p.payload >= p.l4 + 20);
		t.v[0].p[i] ^= 0xff;
	}
	t.v[0].p[4] ^= 1;
	v = view_of(t.v[0].p, t.v[0].n);
	assert_int_equal(living_open(&v, &err), AUD_FORMAT);
	assert_non_null(strstr(err.msg, "another version"));
	living_free(&t);
}

/* What no flow is. */
static void
test_impossible(void **state)
{
	static const struct { const char *what; size_t at, n; uint8_t bytes[8]; } rows[] = {
	    {"no family", 12, 1, {5}},
	    {"an IPv4 address of 16 bytes", 16 + 15, 1, {1}},
	    {"no packet", 48 + 2, 8, {0}},
	    {"an application by nothing that there is", 84 + 48, 1, {9}},
	    {"a name with an end in it", 140, 1, {0}},
	    {"a first packet after the last one", 84 + 4, 8, {1}},
	};
	struct living_parts t = {.max = 2};
	struct aud_view v;
	struct living l;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		living_clear(&t);
		write_one(&t);
		memcpy(t.v[0].p + rows[i].at, rows[i].bytes, rows[i].n);
		if (rows[i].at == 50)	/* both sides */
			memset(t.v[0].p + 68, 0, 8);
		v = view_of(t.v[0].p, t.v[0].n);
		assert_int_equal(living_open(&v, NULL), AUD_OK);
		if (living_next(&v, &l, NULL) != AUD_FORMAT)
			fail_msg("%s", rows[i].what);
	}
	living_free(&t);
}

/* Ports that servers told clients lie between the flows. */
static void
test_told(void **state)
{
	const struct aud_told told = {{{10, 0, 0, 1}, 4}, {{10, 0, 0, 2}, 4}, 49668, 77, UINT64_MAX};
	struct living_parts t = {.max = 1};
	struct aud_view v;
	struct living l;

	(void)state;
	write_one(&t);
	assert_int_equal(living_write_told(&t, &told), AUD_OK);
	write_one(&t);
	v = view_of(t.v[0].p, t.v[0].n);
	assert_int_equal(living_open(&v, NULL), AUD_OK);
	assert_int_equal(living_next(&v, &l, NULL), AUD_OK);
	assert_int_equal(l.told.port, 0);
	assert_int_equal(living_next(&v, &l, NULL), AUD_OK);
	assert_int_equal(l.told.port, 49668);
	assert_int_equal(aud_addr_cmp(&l.told.client, &told.client) | aud_addr_cmp(&l.told.server, &told.server), 0);
	assert_true(l.told.rpc_ns == 77 && l.told.sql_ns == UINT64_MAX);
	assert_int_equal(living_next(&v, &l, NULL), AUD_OK);
	assert_int_equal(l.told.port, 0);
	assert_int_equal(living_next(&v, &l, NULL), AUD_END);
	living_free(&t);
}

/* As many parts as there may be; attempts leave half of them, and what found no room is counted. */
static void
test_parts(void **state)
{
	struct living_parts t = {.max = 4};
	struct living l = flow();
	unsigned attempts = 0, answered = 0, read = 0;

	(void)state;
	l.flow.packets[1] = 0;
	while (!t.lost) {
		assert_int_equal(living_write(&t, &l, NULL, NULL), AUD_OK);
		attempts += !t.lost;
	}
	assert_int_equal(t.n, 3);
	l.flow.packets[1] = 1;
	while (t.lost < 10) {
		assert_int_equal(living_write(&t, &l, NULL, NULL), AUD_OK);
		answered++;
	}
	assert_int_equal(t.n, 4);
	for (size_t i = 0; i < t.n; i++) {
		struct aud_view v = view_of(t.v[i].p, t.v[i].n);

		assert_true(t.v[i].n <= LIVING_PART);
		assert_int_equal(living_open(&v, NULL), AUD_OK);
		while (living_next(&v, &l, NULL) == AUD_OK)
			read++;
	}
	assert_int_equal(read, attempts + answered - 9);
	living_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kept),
	    cmocka_unit_test(test_bound),
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_impossible),
	    cmocka_unit_test(test_told),
	    cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
