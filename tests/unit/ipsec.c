/* The IPsec stage alone: sequence numbers, rhythm, negotiations, ports, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <aud/ipsec.h>

#include "hash.h"
#include "inside.h"

enum { ROOM = 2048, MS = 1000000, UDP = 17, TCP = 6, ESP = 50 };

struct world {
	struct aud_ipsec *x;
	uint64_t ns, frame, emitted;
	uint8_t ip[ROOM];
};

static enum aud_code
emit(void *user, const struct aud_ipsec_out *o, struct aud_err *err)
{
	struct world *w = user;

	(void)err;
	w->emitted++;
	return o->packet ? AUD_OK : AUD_FORMAT;
}

static void
open_world(struct world *w, const struct aud_ipsec_opts *o)
{
	const struct aud_ipsec_opts usual = {.dedup = true};

	*w = (struct world){.ns = 1};
	assert_int_equal(aud_ipsec_new(&w->x, o ? o : &usual, NULL), AUD_OK);
}

static const struct aud_ipsec_result *
result(struct world *w)
{
	const struct aud_ipsec_result *r;

	assert_int_equal(aud_ipsec_flush(w->x, emit, w, NULL), AUD_OK);
	assert_int_equal(aud_ipsec_result(w->x, &r, NULL), AUD_OK);
	assert_int_equal(w->emitted, w->frame);
	return r;
}

static void
put32(uint8_t *p, uint32_t x)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(x >> (24 - 8 * i));
}

/* How a packet is sent: 10.0.0.from > 10.0.0.to. */
struct way {
	uint8_t from, to, proto;
	uint16_t sport, dport;
	uint32_t tcp_seq, tcp_ack;
	uint16_t bits;
	uint32_t frag_id;
};

static void
show(struct world *w, const struct way *y, const uint8_t *bytes, size_t n)
{
	size_t head = 20, upper = y->proto == UDP ? 8 : y->proto == TCP ? 20 : 0;
	uint8_t *ip = w->ip;

	assert_true(head + upper + n <= ROOM);
	memset(ip, 0, head + upper);
	ip[0] = 0x45, ip[9] = y->proto;
	ip[2] = (uint8_t)((head + upper + n) >> 8), ip[3] = (uint8_t)(head + upper + n);
	put32(ip + 12, 0x0a000000u + y->from);
	put32(ip + 16, 0x0a000000u + y->to);
	if (upper) {
		put32(ip + head, (uint32_t)y->sport << 16 | y->dport);
		put32(ip + head + 4, y->proto == TCP ? y->tcp_seq : (uint32_t)(n + 8) << 16);
	}
	if (y->proto == TCP) {
		put32(ip + head + 8, y->tcp_ack);
		ip[head + 12] = 0x50;
	}
	memcpy(ip + head + upper, bytes, n);
	struct aud_packet p = {.ts_ns = w->ns, .ip = ip, .frame_no = ++w->frame, .caplen = (uint32_t)(head + upper + n),
	    .iplen = (uint32_t)(head + upper + n), .sport = y->sport, .dport = y->dport, .l4 = (uint16_t)head,
	    .payload = (uint16_t)(head + upper), .proto = y->proto, .bits = (uint16_t)(AUD_PKT_IPSEC | y->bits), .frag_id = y->frag_id};
	assert_int_equal(aud_ipsec_packet(w->x, &p, emit, w, NULL), AUD_OK);
}

static const struct way esp_way = {.from = 1, .to = 2, .proto = ESP};

/* Bytes that fit no trailer: 0xfe is more padding than there is. */
static void
esp(struct world *w, const struct way *y, uint32_t spi, uint32_t seq)
{
	uint8_t b[100];

	memset(b, 0xfe, sizeof b);
	put32(b, spi);
	put32(b + 4, seq);
	show(w, y, b, sizeof b);
}

static const struct aud_sa *
sa(struct world *w)
{
	const struct aud_ipsec_result *r = result(w);

	assert_int_equal(r->nsas, 1);
	return &r->sas[0];
}

/* RFC 4303, 2.2 and 3.4.3. Each number comes 2 ms after the one before. */
static const struct sequence {
	const char *name;
	uint32_t seq[12];
	unsigned n;
	uint64_t lost, gaps, late, duplicates, restarts, strays;
	uint32_t last;
} sequences[] = {
    {"in order", {1, 2, 3, 4}, 4, 0, 0, 0, 0, 0, 0, 4},
    {"two are lost", {1, 4, 5}, 3, 2, 1, 0, 0, 0, 0, 5},
    {"two losses", {1, 3, 6}, 3, 3, 2, 0, 0, 0, 0, 6},
    {"out of order is no loss", {1, 3, 2, 4}, 4, 0, 1, 1, 0, 0, 0, 4},
    {"one again", {1, 2, 2, 3}, 4, 0, 0, 0, 1, 0, 0, 3},
    {"a late one again", {1, 3, 2, 2}, 4, 0, 1, 1, 1, 0, 0, 3},
    {"late of before the capture", {10, 9, 11}, 3, 0, 0, 1, 0, 0, 0, 11},
    {"the end of the lower half (64 bit numbers)", {0xfffffffe, 0xffffffff, 0, 1}, 4, 0, 0, 0, 0, 0, 0, 1},
    {"loss over the end of the lower half", {0xffffffff, 2}, 2, 2, 1, 0, 0, 0, 0, 2},
    {"begun anew", {70000, 70001, 1, 2, 3}, 5, 0, 0, 0, 0, 1, 0, 3},
    {"begun anew, with a loss", {70000, 1, 4}, 3, 2, 1, 0, 0, 1, 0, 4},
    {"one far off, not gone on from", {1, 2, 900000, 3, 4}, 5, 0, 0, 0, 0, 0, 1, 4},
    {"a window of 256", {1, 257, 2, 1}, 4, 254, 1, 1, 0, 0, 1, 257},
};

static void
sequence_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
		const struct sequence *s = &sequences[i];
		struct world w;
		open_world(&w, NULL);
		printf("%s\n", s->name);
		for (unsigned k = 0; k < s->n; k++, w.ns += 2 * MS)
			esp(&w, &esp_way, 0x1000, s->seq[k]);
		const struct aud_sa *a = sa(&w);
		assert_int_equal(a->packets, s->n);
		assert_int_equal(a->first_seq, s->seq[0]);
		assert_int_equal(a->last_seq, s->last);
		assert_int_equal(a->lost, s->lost);
		assert_int_equal(a->gaps, s->gaps);
		assert_int_equal(a->late, s->late);
		assert_int_equal(a->duplicates, s->duplicates);
		assert_int_equal(a->restarts, s->restarts);
		assert_int_equal(a->strays, s->strays);
		assert_int_equal(a->bytes, 120 * s->n);
		aud_ipsec_free(w.x);
	}
}

static void
copies_within_a_millisecond(void **state)
{
	const struct aud_ipsec_opts no_dedup = {.dedup = false};

	(void)state;
	for (int dedup = 0; dedup < 2; dedup++) {
		struct world w;
		open_world(&w, dedup ? NULL : &no_dedup);
		esp(&w, &esp_way, 0x1000, 1);
		w.ns += MS / 2;
		esp(&w, &esp_way, 0x1000, 1);
		w.ns += 2 * MS;
		esp(&w, &esp_way, 0x1000, 1);
		const struct aud_sa *a = sa(&w);
		assert_int_equal(a->packets, dedup ? 2 : 3);
		assert_int_equal(a->copies, dedup ? 1 : 0);
		assert_int_equal(a->duplicates, dedup ? 1 : 2);
		aud_ipsec_free(w.x);
	}
}

static void
rhythm(void **state)
{
	static const struct {
		unsigned ms, count, kind, run;
	} rows[] = {
	    {20, 350, 0, 7}, {30, 200, 1, 6}, {60, 120, 2, 7}, {40, 200, 3, 0}, {10, 700, 3, 0}, {100, 100, 3, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct world w;
		open_world(&w, NULL);
		/* One millisecond of jitter to and fro. */
		for (unsigned k = 0; k < rows[i].count; k++) {
			w.ns = 1 + (uint64_t)(k * rows[i].ms + k % 2) * MS;
			esp(&w, &esp_way, 0x1000, k + 1);
		}
		const struct aud_sa *a = sa(&w);
		for (unsigned k = 0; k < AUD_SA_CADENCES; k++) {
			assert_int_equal(a->cadence[k].run, k == rows[i].kind ? rows[i].run : 0);
			assert_int_equal(a->cadence[k].seconds, a->cadence[k].run);
			if (k == rows[i].kind) {
				assert_int_equal(a->cadence[k].near, rows[i].count - 1);
				assert_int_equal(a->cadence[k].run_ns, 1);
			}
		}
		aud_ipsec_free(w.x);
	}
	/* A pause of three seconds ends a run. */
	struct world w;
	open_world(&w, NULL);
	for (unsigned k = 0; k < 400; k++) {
		w.ns = 1 + (uint64_t)(k * 20 + (k < 150 ? 0 : 3000)) * MS;
		esp(&w, &esp_way, 0x1000, k + 1);
	}
	const struct aud_sa *a = sa(&w);
	assert_int_equal(a->cadence[0].run, 5);
	assert_int_equal(a->cadence[0].seconds, 8);
	assert_int_equal(a->cadence[0].run_ns, 1 + UINT64_C(6000) * MS);
	aud_ipsec_free(w.x);
}

/* RFC 7296, 3.1; RFC 2408, 3.1. */
static size_t
ike(uint8_t *b, uint64_t ispi, uint64_t rspi, uint8_t version, uint8_t exchange, uint8_t flags, uint32_t id, uint8_t fill, size_t body)
{
	put32(b, (uint32_t)(ispi >> 32)), put32(b + 4, (uint32_t)ispi);
	put32(b + 8, (uint32_t)(rspi >> 32)), put32(b + 12, (uint32_t)rspi);
	b[16] = 0, b[17] = version, b[18] = exchange, b[19] = flags;
	put32(b + 20, id);
	put32(b + 24, (uint32_t)(28 + body));
	memset(b + 28, fill, body);
	return 28 + body;
}

static void
authip_negotiation(void **state)
{
	const struct way to = {.from = 1, .to = 2, .proto = UDP, .sport = 500, .dport = 500};
	const struct way back = {.from = 2, .to = 1, .proto = UDP, .sport = 500, .dport = 500};
	uint8_t b[400];
	struct world w;

	(void)state;
	open_world(&w, NULL);
	show(&w, &to, b, ike(b, 0x1111, 0, 0x10, 243, 0, 0, 1, 100));
	w.ns += 500 * UINT64_C(1000000);	/* again after half a second: nobody answered */
	show(&w, &to, b, ike(b, 0x1111, 0, 0x10, 243, 0, 0, 1, 100));
	w.ns += MS / 10;			/* and a mirror's copy of that */
	show(&w, &to, b, ike(b, 0x1111, 0, 0x10, 243, 0, 0, 1, 100));
	w.ns += 30 * MS;
	show(&w, &back, b, ike(b, 0x1111, 0x2222, 0x10, 243, 0, 0, 2, 80));
	w.ns += 2 * MS;
	show(&w, &to, b, ike(b, 0x1111, 0x2222, 0x10, 244, 1, 7, 3, 60));
	const struct aud_ipsec_result *r = result(&w);
	assert_int_equal(r->nikes, 1);
	assert_int_equal(r->stats.ike, 5);
	const struct aud_ike *k = &r->ikes[0];
	assert_string_equal(aud_addr_str(&k->initiator).s, "10.0.0.1");
	assert_string_equal(aud_addr_str(&k->responder).s, "10.0.0.2");
	assert_true(k->sides_known);
	assert_true(aud_ike_is_authip(k));
	assert_int_equal(k->initiator_spi[7], 0x11);
	assert_int_equal(k->responder_spi[7], 0x22);
	assert_int_equal(k->messages[0], 3);
	assert_int_equal(k->messages[1], 1);
	assert_int_equal(k->retransmissions[0], 1);
	assert_int_equal(k->copies, 1);
	assert_int_equal(k->answer_ns - k->first_ns, 530 * MS + MS / 10);
	assert_int_equal(k->answer_frame, 4);
	assert_int_equal(k->nexchanges, 2);
	assert_int_equal(k->exchanges[0].type, 243);
	assert_int_equal(k->exchanges[0].messages[0], 2);
	assert_int_equal(k->exchanges[0].messages[1], 1);
	assert_int_equal(k->exchanges[1].answer_ns, 0);
	assert_string_equal(aud_ike_exchange_name(0x10, 243), "AuthIP main mode");
	assert_string_equal(aud_ike_exchange_name(0x10, 244), "AuthIP quick mode");
	assert_string_equal(aud_ike_exchange_name(0x10, 245), "AuthIP extended mode");
	assert_string_equal(aud_ike_exchange_name(0x10, 246), "AuthIP notify");
	assert_string_equal(aud_ike_exchange_name(0x20, 243), "unknown");
	assert_string_equal(aud_ike_exchange_name(0x20, 34), "IKE_SA_INIT");
	assert_string_equal(aud_ike_exchange_name(0x10, 32), "quick mode");
	aud_ipsec_free(w.x);
}

/* The flag says who began, whoever is seen first (RFC 7296, 3.1). */
static void
responder_seen_first(void **state)
{
	const struct way back = {.from = 2, .to = 1, .proto = UDP, .sport = 4500, .dport = 4500};
	uint8_t b[400] = {0};
	struct world w;

	(void)state;
	open_world(&w, NULL);
	show(&w, &back, b, 4 + ike(b + 4, 0x1111, 0x2222, 0x20, 35, 0x20, 1, 1, 100));
	const struct aud_ike *k = &result(&w)->ikes[0];
	assert_string_equal(aud_addr_str(&k->initiator).s, "10.0.0.1");
	assert_true(k->sides_known);
	assert_true(k->nat_t);
	assert_int_equal(k->messages[1], 1);
	aud_ipsec_free(w.x);
}

/* RFC 3947, 3.1; RFC 3706, 6.2; MS-IKEE's id of Windows with a version behind it. Payloads: RFC 2408, 3.2. */
static void
vendors(void **state)
{
	static const uint8_t payloads[] = {
	    13, 0, 0, 20, 0x4a, 0x13, 0x1c, 0x81, 0x07, 0x03, 0x58, 0x45, 0x5c, 0x57, 0x28, 0xf2, 0x0e, 0x95, 0x45, 0x2f,
	    13, 0, 0, 20, 0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57, 0x01, 0x00,
	    13, 0, 0, 24, 0x1e, 0x2b, 0x51, 0x69, 0x05, 0x99, 0x1c, 0x7d, 0x7c, 0x96, 0xfc, 0xbf, 0xb5, 0x87, 0xe4, 0x61, 0, 0, 0, 8,
	    0, 0, 0, 8, 1, 2, 3, 4,
	};
	const struct way to = {.from = 1, .to = 2, .proto = UDP, .sport = 500, .dport = 500};
	uint8_t b[400];
	struct world w;
	size_t n;

	(void)state;
	for (int encrypted = 0; encrypted < 2; encrypted++) {
		open_world(&w, NULL);
		n = ike(b, 0x1111, 0, 0x10, 2, (uint8_t)encrypted, 0, 0, sizeof payloads);
		b[16] = 13;
		memcpy(b + 28, payloads, sizeof payloads);
		show(&w, &to, b, n);
		const struct aud_ike *k = &result(&w)->ikes[0];
		assert_int_equal(k->vendors, encrypted ? 0 : AUD_VENDOR_NAT_T | AUD_VENDOR_DPD | AUD_VENDOR_MICROSOFT);
		assert_int_equal(k->other_vendors, encrypted ? 0 : 1);
		aud_ipsec_free(w.x);
	}
	assert_string_equal(aud_ike_vendor_name(5), "Microsoft Windows");
	assert_null(aud_ike_vendor_name(31));
}

/* RFC 3948, 2: what a datagram of port 4500 is. */
static void
port_4500(void **state)
{
	const struct way to = {.from = 1, .to = 2, .proto = UDP, .sport = 61000, .dport = 4500};
	const struct way other = {.from = 3, .to = 4, .proto = UDP, .sport = 4500, .dport = 53};
	const uint8_t keepalive = 0xff, dns[] = {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1};
	uint8_t b[400] = {0};
	struct world w;

	(void)state;
	open_world(&w, NULL);
	show(&w, &to, &keepalive, 1);
	show(&w, &to, b, 4 + ike(b + 4, 0x1111, 0x2222, 0x20, 37, 8, 1, 1, 100));
	esp(&w, &to, 0x1000, 7);	/* the two negotiate: ESP for sure, though it is alone */
	show(&w, &other, dns, sizeof dns);
	const struct aud_ipsec_result *r = result(&w);
	assert_int_equal(r->stats.keepalives, 1);
	assert_int_equal(r->stats.ike, 1);
	assert_int_equal(r->stats.not_esp, 1);
	assert_int_equal(r->nsas, 1);
	assert_int_equal(r->sas[0].encap, AUD_ENCAP_ESP_UDP);
	assert_int_equal(r->sas[0].sport, 61000);
	assert_true(r->sas[0].sure);
	assert_int_equal(r->nikes, 1);
	aud_ipsec_free(w.x);
	/* Nobody answered; or the negotiation has other ports: media may be there too. */
	for (int i = 0; i < 2; i++) {
		const struct way beside = {.from = 1, .to = 2, .proto = UDP, .sport = 61001, .dport = 4500};

		open_world(&w, NULL);
		show(&w, i ? &beside : &to, b, 4 + ike(b + 4, 0x1111, i ? 0x2222 : 0, 0x20, i ? 37 : 34, 8, 1, 1, 100));
		esp(&w, &to, 0x1000, 7);
		assert_int_equal(result(&w)->nikes, 1);
		assert_int_equal(result(&w)->nsas, 0);
		aud_ipsec_free(w.x);
	}
	/* RFC 8656, 12.4: channel data of TURN, with media whose numbers follow each other. */
	open_world(&w, NULL);
	for (uint8_t i = 0; i < 4; i++, w.ns += 20 * MS) {
		uint8_t channel[24] = {0x40, 1, 0, 20, 0x80, 104, 3, i};

		show(&w, &to, channel, sizeof channel);
	}
	assert_int_equal(result(&w)->nsas, 0);
	aud_ipsec_free(w.x);
	/* Without a negotiation, numbers that follow each other tell. */
	for (uint32_t n = 1; n < 3; n++) {
		open_world(&w, NULL);
		for (uint32_t i = 0; i < n; i++, w.ns += 5 * MS)
			esp(&w, &to, 0x1000, 7 + i);
		assert_int_equal(result(&w)->nsas, n - 1);
		aud_ipsec_free(w.x);
	}
}

/* A header that only looks like one: lengths and versions that no IKE has. */
static void
not_ike(void **state)
{
	const struct way to = {.from = 1, .to = 2, .proto = UDP, .sport = 500, .dport = 500};
	uint8_t b[400];
	struct world w;
	size_t n;

	(void)state;
	open_world(&w, NULL);
	n = ike(b, 0x1111, 0, 0x30, 2, 0, 0, 0, 20);
	show(&w, &to, b, n);
	n = ike(b, 0, 0, 0x10, 2, 0, 0, 0, 20);
	show(&w, &to, b, n);
	n = ike(b, 0x1111, 0, 0x10, 2, 0, 0, 0, 20);
	show(&w, &to, b, n - 1);
	show(&w, &to, b, 27);
	const struct aud_ipsec_result *r = result(&w);
	assert_int_equal(r->nikes, 0);
	assert_int_equal(r->stats.ike, 0);
	aud_ipsec_free(w.x);
}

/* RFC 9329, 3: the prefix, then lengths that count themselves; the answer begins where the first segment's acknowledgment says. */
static void
in_tcp(void **state)
{
	struct way to = {.from = 1, .to = 2, .proto = TCP, .sport = 40000, .dport = 4500, .tcp_seq = 1000, .tcp_ack = 5000};
	struct way back = {.from = 2, .to = 1, .proto = TCP, .sport = 4500, .dport = 40000, .tcp_seq = 5000};
	uint8_t b[400] = "IKETCP";
	struct world w;
	size_t n;

	(void)state;
	open_world(&w, NULL);
	n = ike(b + 12, 0x1111, 0, 0x20, 34, 8, 0, 1, 100);
	b[6] = 0, b[7] = (uint8_t)(n + 6);
	show(&w, &to, b, n + 12);
	/* Two messages in one segment: IKE, and ESP that goes on in another one. */
	memset(b, 0, sizeof b);
	n = ike(b + 6, 0x1111, 0x2222, 0x20, 34, 0x20, 0, 2, 80);
	b[1] = (uint8_t)(n + 6);
	b[n + 6] = 0, b[n + 7] = 150;
	put32(b + n + 8, 0x1000);
	put32(b + n + 12, 1);
	show(&w, &back, b, n + 6 + 60);
	back.tcp_seq += (uint32_t)n + 66;
	memset(b, 0xfe, sizeof b);
	show(&w, &back, b, 90);
	const struct aud_ipsec_result *r = result(&w);
	assert_int_equal(r->nikes, 1);
	assert_true(r->ikes[0].tcp);
	assert_int_equal(r->ikes[0].messages[0], 1);
	assert_int_equal(r->ikes[0].messages[1], 1);
	assert_int_equal(r->nsas, 1);
	assert_int_equal(r->sas[0].encap, AUD_ENCAP_ESP_TCP);
	assert_int_equal(r->sas[0].spi, 0x1000);
	assert_int_equal(r->sas[0].packets, 1);
	aud_ipsec_free(w.x);
}

static void
fragments(void **state)
{
	struct way y = esp_way;
	uint8_t rest[100];
	struct world w;

	(void)state;
	memset(rest, 0xfe, sizeof rest);
	open_world(&w, NULL);
	y.bits = AUD_PKT_FRAGMENT | AUD_PKT_MORE;
	y.frag_id = 77;
	esp(&w, &y, 0x1000, 1);
	y.bits = AUD_PKT_FRAGMENT | AUD_PKT_LATER;
	show(&w, &y, rest, sizeof rest);
	y.frag_id = 78;		/* of nothing that was seen */
	show(&w, &y, rest, sizeof rest);
	const struct aud_sa *a = sa(&w);
	assert_int_equal(a->packets, 1);
	assert_int_equal(a->fragments, 1);
	assert_int_equal(a->bytes, 240);
	assert_int_equal(a->tested, 0);
	aud_ipsec_free(w.x);
}

/* The first fragment of a datagram whose own length (RFC 768) ends inside the marker: what stands behind it is no message. */
static void
datagram_shorter_than_marker(void **state)
{
	const struct way to = {.from = 1, .to = 2, .proto = UDP, .sport = 4500, .dport = 4500};
	uint8_t b[400] = {0};
	size_t n = 4 + ike(b + 4, 0x1111, 0x2222, 0x20, 37, 8, 1, 1, 100);

	(void)state;
	for (unsigned length = 9; length <= 12 + n; length++) {
		struct world w;

		open_world(&w, NULL);
		show(&w, &to, b, n);	/* lays out w.ip */
		w.ip[24] = (uint8_t)(length >> 8), w.ip[25] = (uint8_t)length;
		struct aud_packet p = {.ts_ns = 5 * MS, .ip = w.ip, .frame_no = ++w.frame, .caplen = (uint32_t)(28 + n),
		    .iplen = (uint32_t)(28 + n), .sport = 4500, .dport = 4500, .l4 = 20, .payload = 28, .proto = UDP,
		    .bits = AUD_PKT_IPSEC | AUD_PKT_FRAGMENT | AUD_PKT_MORE};
		assert_int_equal(aud_ipsec_packet(w.x, &p, emit, &w, NULL), AUD_OK);
		assert_int_equal(result(&w)->stats.ike, length < 8 + n ? 1 : 2);
		aud_ipsec_free(w.x);
	}
}

/* A flood of numbers costs the records with the fewest packets, and is told. */
static void
bounds(void **state)
{
	const struct aud_ipsec_opts o = {.dedup = true, .max_sas = 16, .max_ikes = 16};
	const struct way to = {.from = 1, .to = 2, .proto = UDP, .sport = 500, .dport = 500};
	uint8_t b[100];
	struct world w;
	uint64_t long_one = 0;

	(void)state;
	open_world(&w, &o);
	for (uint32_t i = 1; i <= 10; i++, w.ns += 5 * MS)
		esp(&w, &esp_way, 0x1000, i);
	for (uint32_t i = 0; i < 1000; i++, w.ns += MS) {
		esp(&w, &esp_way, 0x2000 + i, 1);
		show(&w, &to, b, ike(b, 0x9000 + i, 0, 0x20, 34, 8, 0, 1, 40));
	}
	const struct aud_ipsec_result *r = result(&w);
	assert_int_equal(r->nsas, 16);
	assert_int_equal(r->nikes, 16);
	assert_int_equal(r->stats.evicted_sas, 1001 - 16);
	assert_int_equal(r->stats.evicted_ikes, 1000 - 16);
	for (size_t i = 0; i < r->nsas; i++)
		long_one += r->sas[i].spi == 0x1000 ? r->sas[i].packets : 0;
	assert_int_equal(long_one, 10);
	aud_ipsec_free(w.x);
}

/* Who knows how addresses are mixed, but not the secret, cannot choose SPIs that put all negotiations into one place. */
static void
flood(void **state)
{
	struct ike_table t = {0};
	unsigned same = 0;

	(void)state;
	assert_int_equal(ike_table_init(&t, 1024, UINT64_C(0x0123456789abcdef), NULL), AUD_OK);
	for (uint32_t i = 0; i < 256; i++) {
		uint8_t ip[20] = {0x45}, b[28];
		struct aud_packet p = {.ts_ns = 1, .ip = ip, .proto = UDP};
		const struct ike_way way = {.packet = &p};
		uint64_t mixed;
		bool is;

		put32(ip + 12, 0x0a000000u + i);
		put32(ip + 16, 0x0a000100u);
		mixed = mix64((uint64_t)(0x0a000000u + i) << 32) + mix64((uint64_t)0x0a000100u << 32) + 2 * mix64(8);
		(void)ike(b, mixed ^ 0x5555, 0, 0x20, 34, 8, 0, 1, 0);
		assert_int_equal(ike_message(&t, &way, view_of(b, sizeof b), sizeof b, &is, NULL), AUD_OK);
		assert_true(is);
	}
	assert_int_equal(t.n, 256);
	for (size_t i = 0; i < t.n; i++)
		same += t.v[i].hash == t.v[0].hash;
	assert_int_equal(same, 1);
	ike_table_clear(&t);
}

/* Records come sorted, whatever the number that places them. */
static void
sorted(void **state)
{
	(void)state;
	for (uint64_t secret = 0; secret < 5; secret++) {
		const struct aud_ipsec_opts o = {.secret = secret * UINT64_C(0x9e3779b97f4a7c15)};
		struct world w;
		open_world(&w, &o);
		for (uint8_t i = 0; i < 200; i++) {
			struct way y = {.from = (uint8_t)(1 + i * 7 % 20), .to = (uint8_t)(50 + i % 3), .proto = ESP};
			esp(&w, &y, 0x1000u + i * 13u % 64, 1);
		}
		const struct aud_ipsec_result *r = result(&w);
		for (size_t i = 1; i < r->nsas; i++) {
			const struct aud_sa *a = &r->sas[i - 1], *b = &r->sas[i];
			int c = aud_addr_cmp(&a->src, &b->src);
			c = c ? c : aud_addr_cmp(&a->dst, &b->dst);
			assert_true(c < 0 || (!c && a->spi < b->spi));
		}
		aud_ipsec_free(w.x);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sequence_numbers),
	    cmocka_unit_test(copies_within_a_millisecond),
	    cmocka_unit_test(rhythm),
	    cmocka_unit_test(authip_negotiation),
	    cmocka_unit_test(responder_seen_first),
	    cmocka_unit_test(vendors),
	    cmocka_unit_test(port_4500),
	    cmocka_unit_test(not_ike),
	    cmocka_unit_test(in_tcp),
	    cmocka_unit_test(fragments),
	    cmocka_unit_test(datagram_shorter_than_marker),
	    cmocka_unit_test(bounds),
	    cmocka_unit_test(flood),
	    cmocka_unit_test(sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
