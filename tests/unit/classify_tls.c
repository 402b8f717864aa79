/* The handshake reader: what it says of real handshakes, however their segments come, and of what only looks like TLS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "classify_handshakes.h"
#include "own.h"
#include "slab.h"

enum {
	HELLO = AUD_FACT_TLS_HELLO, SERVER = AUD_FACT_TLS_SERVER, REQUEST = AUD_FACT_CERT_REQUEST,
	CERT = AUD_FACT_CLIENT_CERT, NOCERT = AUD_FACT_CLIENT_NOCERT, T13 = AUD_FACT_TLS13, RESUMED = AUD_FACT_RESUMED,
	ALERT = AUD_FACT_TLS_ALERT, GAP = AUD_FACT_TLS_GAP, RECORD = AUD_FACT_TLS_RECORD,
	DONE = AUD_FACT_TLS_DONE, ALIEN = AUD_FACT_NOT_TLS,
};
#define N(a) (sizeof(a) / sizeof *(a))

/* What OpenSSL was told to do when it made them. */
static const struct {
	const char *name;
	const struct flight *flights;
	size_t n;
	unsigned facts;
	unsigned version;
} handshakes[] = {
	{"mutual TLS 1.2", mutual12, N(mutual12), HELLO | SERVER | REQUEST | CERT | DONE, 0x33},
	{"asked for, none sent", empty12, N(empty12), HELLO | SERVER | REQUEST | NOCERT | DONE, 0x33},
	{"asked for, none sent, refused", refused12, N(refused12), HELLO | SERVER | REQUEST | ALERT, 0x33},
	{"not asked for", plain12, N(plain12), HELLO | SERVER | NOCERT | DONE, 0x33},
	{"resumed by ticket", ticket12, N(ticket12), HELLO | SERVER | RESUMED | DONE, 0x33},
	{"resumed by session id", session12, N(session12), HELLO | SERVER | RESUMED | DONE, 0x33},
	{"mutual TLS 1.3", mutual13, N(mutual13), HELLO | SERVER | T13 | DONE, 0x34},
};

struct talk {
	struct tls tls;
	struct slab store;
	struct found found;
	uint32_t isn[2], at[2];
	bool known[2];
};

static void
talk_begin(struct talk *t)
{
	*t = (struct talk){.isn = {0xfffffff0, 7}, .known = {true, true}, .found = {.client = -1}};
	t->at[0] = t->isn[0];
	t->at[1] = t->isn[1];
	tls_init(&t->tls);
	slab_init(&t->store, held_size(), 2);
}

static void
say_at(struct talk *t, int side, uint32_t seq, const uint8_t *p, size_t n)
{
	/* An exact copy, so that a sanitizer sees one byte too many. */
	uint8_t *copy = test_malloc(n ? n : 1);

	memcpy(copy, p, n);
	tls_segment(&t->tls, &t->store, side, seq, t->known[side] ? &t->isn[side] : NULL, view_of(copy, n), (uint32_t)n,
	    &t->found);
	test_free(copy);
}

static void
say(struct talk *t, int side, const uint8_t *p, size_t n)
{
	say_at(t, side, t->at[side], p, n);
	t->at[side] += (uint32_t)n;
}

static void
talk_end(struct talk *t)
{
	tls_end(&t->tls, &t->store, &t->found);
	assert_int_equal(t->store.live, 0);
	slab_done(&t->store);
}

#define expect(t, name, want_facts, want_version) \
	do { \
		if ((t).found.facts != (want_facts) || (t).found.version != (want_version)) \
			fail_msg("%s: facts %#x version %#x, wanted %#x %#x", name, (t).found.facts, (t).found.version, \
			    (unsigned)(want_facts), (unsigned)(want_version)); \
	} while (0)

static void
whole(void **state)
{
	struct talk t;

	(void)state;
	for (size_t i = 0; i < N(handshakes); i++) {
		talk_begin(&t);
		for (size_t k = 0; k < handshakes[i].n; k++)
			say(&t, handshakes[i].flights[k].side, handshakes[i].flights[k].bytes,
			    handshakes[i].flights[k].len);
		talk_end(&t);
		expect(t, handshakes[i].name, handshakes[i].facts, handshakes[i].version);
		assert_int_equal(t.found.client, 0);
	}
}

/* Split at odd places, sent twice, and each pair of segments swapped. */
static void
cut(void **state)
{
	static const size_t sizes[] = {41, 64, 101, 333};
	struct talk t;

	(void)state;
	for (size_t i = 0; i < N(handshakes) * N(sizes) * 3; i++) {
		size_t h = i / 3 / N(sizes), size = sizes[i / 3 % N(sizes)];

		talk_begin(&t);
		for (size_t k = 0; k < handshakes[h].n; k++) {
			const struct flight *f = &handshakes[h].flights[k];
			uint32_t at = t.at[f->side];

			for (size_t o = 0; o < f->len; o += size) {
				size_t n = f->len - o < size ? f->len - o : size;
				size_t m = f->len - o - n < size ? f->len - o - n : size;

				if (i % 3 == 2 && m) {
					say_at(&t, f->side, at + (uint32_t)(o + n), f->bytes + o + n, m);
					say_at(&t, f->side, at + (uint32_t)o, f->bytes + o, n);
					o += size;
					continue;
				}
				say_at(&t, f->side, at + (uint32_t)o, f->bytes + o, n);
				if (i % 3 == 1)
					say_at(&t, f->side, at + (uint32_t)(o ? o - 9 : 0), f->bytes + (o ? o - 9 : 0),
					    o ? n + 9 : n);
			}
			t.at[f->side] = at + (uint32_t)f->len;
			/* A keep-alive sends one old byte. */
			say_at(&t, f->side, t.at[f->side] - 1, (const uint8_t *)"", 1);
		}
		talk_end(&t);
		expect(t, handshakes[h].name, handshakes[h].facts, handshakes[h].version);
	}
}

/* Byte by byte, the first 40 of each flight. */
static void
bytes(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t);
	for (size_t k = 0; k < N(mutual12); k++) {
		size_t n = k < 2 ? 12 : 5;

		for (size_t o = 0; o < n; o++)
			say(&t, mutual12[k].side, mutual12[k].bytes + o, 1);
		say(&t, mutual12[k].side, mutual12[k].bytes + n, mutual12[k].len - n);
	}
	talk_end(&t);
	expect(t, "bytes", HELLO | SERVER | REQUEST | CERT | DONE, 0x33);
}

/* Bytes [from, to) of a flight are not captured, neither then nor later. */
static void
lost(void **state)
{
	static const struct {
		const char *name;
		const struct flight *flights;
		size_t n, flight, from, to;
		unsigned facts, version;
	} rows[] = {
	    {"in the server's certificate", mutual12, N(mutual12), 1, 200, 260, HELLO | SERVER | REQUEST | CERT | DONE,
		0x33},
	    {"the ServerHello", mutual12, N(mutual12), 1, 0, 60, HELLO | CERT, 0x33},
	    {"the client's certificate", mutual12, N(mutual12), 2, 0, 572, HELLO | SERVER | REQUEST | GAP, 0x33},
	    {"the head of the client's certificate", mutual12, N(mutual12), 2, 0, 20, HELLO | SERVER | REQUEST | GAP,
		0x33},
	    {"inside the client's certificate", mutual12, N(mutual12), 2, 100, 200,
		HELLO | SERVER | REQUEST | CERT | DONE, 0x33},
	    {"the client's second flight", plain12, N(plain12), 2, 0, 93, HELLO | SERVER | GAP, 0x33},
	    {"the ClientHello", plain12, N(plain12), 0, 0, 162, SERVER | GAP, 0x33},
	    {"inside random", plain12, N(plain12), 1, 20, 30, HELLO | SERVER | NOCERT | DONE, 0x33},
	};
	struct talk t;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		talk_begin(&t);
		for (size_t k = 0; k < rows[i].n; k++) {
			const struct flight *f = &rows[i].flights[k];

			if (k != rows[i].flight) {
				say(&t, f->side, f->bytes, f->len);
				continue;
			}
			if (rows[i].from)
				say_at(&t, f->side, t.at[f->side], f->bytes, rows[i].from);
			if (rows[i].to < f->len)
				say_at(&t, f->side, t.at[f->side] + (uint32_t)rows[i].to, f->bytes + rows[i].to,
				    f->len - rows[i].to);
			t.at[f->side] += (uint32_t)f->len;
		}
		talk_end(&t);
		expect(t, rows[i].name, rows[i].facts, rows[i].version);
	}
}

/* Only one direction was captured. */
static void
one_side(void **state)
{
	static const struct {
		const char *name;
		const struct flight *flights;
		size_t n;
		int side;
		unsigned facts;
		unsigned version;
	} rows[] = {
		{"mutual, client", mutual12, N(mutual12), 0, HELLO | CERT, 0x33},
		{"mutual, server", mutual12, N(mutual12), 1, SERVER | REQUEST | GAP, 0x33},
		{"plain, client", plain12, N(plain12), 0, HELLO | GAP, 0x33},
		{"resumed, client", ticket12, N(ticket12), 0, HELLO | GAP, 0x33},
		{"resumed, server", ticket12, N(ticket12), 1, SERVER | RESUMED, 0x33},
		{"TLS 1.3, client", mutual13, N(mutual13), 0, HELLO | GAP, 0x34},
		{"TLS 1.3, server", mutual13, N(mutual13), 1, SERVER | T13, 0x34},
	};
	struct talk t;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		talk_begin(&t);
		for (size_t k = 0; k < rows[i].n; k++)
			if (rows[i].flights[k].side == rows[i].side)
				say(&t, rows[i].side, rows[i].flights[k].bytes, rows[i].flights[k].len);
		talk_end(&t);
		expect(t, rows[i].name, rows[i].facts, rows[i].version);
		assert_int_equal(t.found.client, 0);
	}
}

static const uint8_t data_records[] = {
    0x17,
    0x03,
    0x03,
    0x00,
    0x08,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    0x17,
    0x03,
    0x03,
    0x00,
    0x03,
    9,
    9,
    9,
    0x17,
    0x03,
    0x03,
    0x00,
    0x20,
    1,
    2,
};

/* The start was not captured. */
static void
middle(void **state)
{
	static const uint8_t broken[] = {0x17, 0x03, 0x03, 0x00, 0x04, 1, 2, 3, 4, 0x18, 0x03, 0x03, 0x00, 0x01, 0, 0};
	static const uint8_t alone[] = {0x17, 0x03, 0x03, 0x01, 0x00, 1, 2, 3, 4};
	static const uint8_t tail[] = {0x55, 0x44, 0x33};
	struct talk t;

	(void)state;
	talk_begin(&t);
	t.known[0] = t.known[1] = false;
	say(&t, 1, tail, sizeof tail);
	say(&t, 1, data_records, sizeof data_records);
	talk_end(&t);
	expect(t, "records", RECORD, 0);
	assert_int_equal(t.found.app, 91);

	talk_begin(&t);
	t.known[0] = t.known[1] = false;
	say(&t, 1, data_records, 13);
	talk_end(&t);
	expect(t, "one record fills the segment", RECORD, 0);

	talk_begin(&t);
	t.known[0] = t.known[1] = false;
	say(&t, 0, broken, sizeof broken);
	say(&t, 1, alone, sizeof alone);
	talk_end(&t);
	expect(t, "no records", 0, 0);
	assert_int_equal(t.found.app, 0);

	/* From the client's second flight on. */
	talk_begin(&t);
	t.known[0] = t.known[1] = false;
	for (size_t k = 2; k < N(mutual12); k++)
		say(&t, mutual12[k].side, mutual12[k].bytes, mutual12[k].len);
	talk_end(&t);
	expect(t, "late", RECORD, 0);
}

/* Captured with a snapshot length: the segment is longer than what is there of it. */
static void
snapped(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t);
	tls_segment(&t.tls, &t.store, 0, t.at[0], &t.isn[0], view_of(mutual12[0].bytes, 60), (uint32_t)mutual12[0].len,
	    &t.found);
	tls_segment(&t.tls, &t.store, 1, t.at[1], &t.isn[1], view_of(mutual12[1].bytes, 40), (uint32_t)mutual12[1].len,
	    &t.found);
	talk_end(&t);
	expect(t, "snapped", 0, 0);
}

/* RFC 6101 appendix E: 2-byte length, type 1, version, lengths of ciphers, session id and challenge. */
static void
ssl2(void **state)
{
	uint8_t hello[2 + 9 + 6 + 16] = {0x80, 31, 1, 0, 2, 0, 6, 0, 0, 0, 16, 1, 0, 128, 2, 0, 128};
	uint8_t answer[2 + 11 + 1 + 3 + 16] = {0x80, 31, 4, 0, 1, 0, 2, 0, 1, 0, 3, 0, 16};
	struct talk t;

	(void)state;
	assert_true(tls_begins(view_of(hello, sizeof hello), true));
	talk_begin(&t);
	say(&t, 0, hello, sizeof hello);
	talk_end(&t);
	expect(t, "SSL 2.0 ClientHello", HELLO | GAP, 2);

	talk_begin(&t);
	say(&t, 0, hello, sizeof hello);
	say(&t, 1, answer, sizeof answer);
	talk_end(&t);
	expect(t, "SSL 2.0", HELLO | SERVER | GAP, 2);

	hello[3] = 3;
	hello[4] = 1;
	talk_begin(&t);
	say(&t, 0, hello, sizeof hello);
	say(&t, 1, plain12[1].bytes, plain12[1].len);
	say(&t, 0, plain12[2].bytes, plain12[2].len);
	say(&t, 1, plain12[3].bytes, plain12[3].len);
	talk_end(&t);
	expect(t, "version 2 hello, then TLS", HELLO | SERVER | NOCERT | DONE, 0x33);

	hello[6] = 7;
	assert_false(tls_begins(view_of(hello, sizeof hello), true));
	hello[6] = 6;
	assert_false(tls_begins(view_of(hello, sizeof hello - 1), true));
}

/* MS-TURN 2.1.1: ServerHello and ServerHelloDone in one record, version 3.1, a suite that cannot do without a key
 * exchange. */
static void
pseudo_tls(void **state)
{
	uint8_t client[5 + 45] = {22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1};
	uint8_t server[5 + 78] = {22, 3, 1, 0, 78, 2, 0, 0, 70, 3, 1};
	struct talk t;

	(void)state;
	client[5 + 4 + 34] = 0;				/* session id */
	client[5 + 4 + 36] = 2;				/* cipher suites */
	client[5 + 4 + 38] = 0x18;
	client[5 + 4 + 39] = 1;				/* compression methods */
	server[5 + 4 + 34] = 32;
	server[5 + 4 + 35 + 32 + 1] = 0x18;
	server[5 + 74] = 14;
	talk_begin(&t);
	say(&t, 0, client, sizeof client);
	expect(t, "its ClientHello alone", HELLO, 0x31);
	say(&t, 1, server, sizeof server);
	talk_end(&t);
	assert_true(t.found.not_tls);
	assert_int_equal(t.found.app, AUD_APP_PSEUDO_TLS);

	/* With a suite that authenticates by certificate or shared key it is TLS. */
	server[5 + 4 + 35 + 32 + 1] = 0x8c;
	talk_begin(&t);
	say(&t, 0, client, sizeof client);
	say(&t, 1, server, sizeof server);
	talk_end(&t);
	assert_false(t.found.not_tls);
	expect(t, "shared key", HELLO | SERVER | GAP, 0x31);
}

/* Bytes that are wrong in one place. */
static void
near_misses(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
		unsigned facts;
	} rows[] = {
	    {"content type", 0, 0x19, 0},
	    {"major version", 1, 2, 0},
	    {"minor version", 2, 5, 0},
	    {"record length", 3, 0x60, 0},
	    {"message type", 5, 11, 0},
	    {"message length", 7, 9, 0},
	    {"hello version", 9, 2, 0},
	    {"session id", 43, 33, 0},
	};
	uint8_t copy[600];
	struct talk t;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		memcpy(copy, plain12[0].bytes, plain12[0].len);
		copy[rows[i].at] = rows[i].value;
		talk_begin(&t);
		say(&t, 0, copy, plain12[0].len);
		talk_end(&t);
		expect(t, rows[i].name, rows[i].facts, 0);
	}
	assert_true(tls_begins(view_of(plain12[0].bytes, plain12[0].len), true));
	assert_false(tls_begins(view_of("GET / HTTP/1.1\r\n", 16), true));
}

/* The first flights of a handshake, then what is not of it. */
static void
after(void **state)
{
	static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 70}, beat[] = {24, 3, 3, 0, 4, 1, 2, 3, 4};
	/* Encrypted: HelloRequest, data; in TLS 1.3 an alert (RFC 8446 section 5.2) and a ticket. */
	static const uint8_t again[5 + 40] = {22, 3, 3, 0, 40}, data[5 + 60] = {23, 3, 3, 0, 60};
	static const uint8_t alert13[5 + 19] = {23, 3, 3, 0, 19}, ticket13[5 + 200] = {23, 3, 3, 0, 200};
	static const uint8_t ssh[] = "SSH-2.0-OpenSSH_9.2\r\n", invite[] = "INVITE sip:a@b SIP/2.0\r\n\r\n";
	static const uint8_t minor[] = {22, 3, 0x2f, 0, 4}, old[] = {0x80, 4, 9, 9, 9, 9};
#define SAY(side, bytes) {side, sizeof(bytes), bytes}
	static const struct {
		const char *name;
		const struct flight *flights;
		size_t n;
		struct flight more[2];
		unsigned facts, version;
	} rows[] = {
	    {"data", plain12, 4, {SAY(0, data), SAY(1, data)}, HELLO | SERVER | NOCERT | DONE, 0x33},
	    {"heartbeat", plain12, 4, {SAY(1, beat), SAY(0, beat)}, HELLO | SERVER | NOCERT | DONE, 0x33},
	    {"renegotiation asked for by the server", plain12, 4, {SAY(1, again)}, HELLO | SERVER | DONE | GAP, 0x33},
	    {"renegotiation after data", plain12, 4, {SAY(0, data), SAY(0, again)}, HELLO | SERVER | DONE | GAP, 0x33},
	    {"renegotiation, certificate known", mutual12, 4, {SAY(1, again)},
		HELLO | SERVER | REQUEST | CERT | DONE, 0x33},
	    {"the server's end is missing", plain12, 3, {{0}}, HELLO | SERVER | GAP, 0x33},
	    {"only data shows the server's end", plain12, 3, {SAY(0, data), SAY(1, data)},
		HELLO | SERVER | NOCERT | DONE, 0x33},
	    {"the client's data alone", plain12, 3, {SAY(0, data), SAY(0, data)}, HELLO | SERVER | GAP, 0x33},
	    {"refused by the server", plain12, 1, {SAY(1, alert)}, HELLO | ALERT, 0x33},
	    {"refused by the client", plain12, 2, {SAY(0, alert)}, HELLO | SERVER | ALERT, 0x33},
	    {"refused at the end", plain12, 3, {SAY(1, alert)}, HELLO | SERVER | ALERT, 0x33},
	    {"TLS 1.3, no word of the server after the client's", mutual13, 3, {{0}}, HELLO | SERVER | T13, 0x34},
	    {"TLS 1.3, the client refuses", mutual13, 2, {SAY(0, alert13), SAY(1, data)}, HELLO | SERVER | T13, 0x34},
	    {"TLS 1.3, the server refuses", mutual13, 3, {SAY(1, alert13)}, HELLO | SERVER | T13, 0x34},
	    {"TLS 1.3, the server goes on", mutual13, 3, {SAY(1, ticket13)}, HELLO | SERVER | T13 | DONE, 0x34},
	    {"SSH answers", plain12, 1, {SAY(1, ssh)}, HELLO | ALIEN, 0x33},
	    {"the client drops it", plain12, 1, {SAY(0, invite)}, HELLO | ALIEN, 0x33},
	    {"SIP after the end", mutual12, 4, {SAY(0, invite)}, HELLO | SERVER | REQUEST | CERT | DONE | ALIEN, 0x33},
	    {"SIP after data", plain12, 4, {SAY(1, data), SAY(1, invite)}, HELLO | SERVER | DONE | ALIEN, 0x33},
	    {"no version of TLS", plain12, 1, {SAY(1, minor)}, HELLO | ALIEN, 0x33},
	    {"perhaps SSL 2.0", plain12, 1, {SAY(1, old)}, HELLO | GAP, 0x33},
	};
	struct talk t;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		talk_begin(&t);
		for (size_t k = 0; k < rows[i].n; k++)
			say(&t, rows[i].flights[k].side, rows[i].flights[k].bytes, rows[i].flights[k].len);
		for (size_t k = 0; k < N(rows[i].more) && rows[i].more[k].len; k++)
			say(&t, rows[i].more[k].side, rows[i].more[k].bytes, rows[i].more[k].len);
		talk_end(&t);
		expect(t, rows[i].name, rows[i].facts, rows[i].version);
	}
	/* Behind bytes that were not captured nothing is known of where records begin. */
	talk_begin(&t);
	for (size_t k = 0; k < N(plain12); k++)
		say(&t, plain12[k].side, plain12[k].bytes, plain12[k].len);
	say_at(&t, 0, t.at[0] + 1000, invite, sizeof invite);
	talk_end(&t);
	expect(t, "behind a gap", HELLO | SERVER | NOCERT | DONE, 0x33);
	/* The watch ends; what comes then is not claimed. */
	talk_begin(&t);
	for (size_t k = 0; k < N(plain12); k++)
		say(&t, plain12[k].side, plain12[k].bytes, plain12[k].len);
	for (int i = 0; i < 256 && !t.tls.done; i++)
		say(&t, 0, data, sizeof data);
	assert_true(t.tls.done);
	say(&t, 0, invite, sizeof invite);
	talk_end(&t);
	expect(t, "later", HELLO | SERVER | NOCERT | DONE, 0x33);
}

/* Hellos in segments of one byte. */
static void
drops(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t);
	for (size_t k = 0; k < N(plain12); k++)
		for (size_t o = 0; o < plain12[k].len; o += k < 2 ? 1 : plain12[k].len)
			say(&t, plain12[k].side, plain12[k].bytes + o, k < 2 ? 1 : plain12[k].len);
	talk_end(&t);
	expect(t, "drops", HELLO | SERVER | NOCERT | DONE, 0x33);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole),
	    cmocka_unit_test(cut),
	    cmocka_unit_test(bytes),
	    cmocka_unit_test(lost),
	    cmocka_unit_test(one_side),
	    cmocka_unit_test(middle),
	    cmocka_unit_test(snapped),
	    cmocka_unit_test(ssl2),
	    cmocka_unit_test(pseudo_tls),
	    cmocka_unit_test(near_misses),
	    cmocka_unit_test(after),
	    cmocka_unit_test(drops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
