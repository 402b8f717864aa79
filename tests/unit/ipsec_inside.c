/* Packets with real ciphers and keys through decoder and IPsec stage: what the associations are, and what is handed on of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <aud/ipsec.h>

#include "ipsec_rows.h"

enum { RAW = 101, PACKETS = 16 };

struct world {
	struct aud_decoder *d;
	struct aud_ipsec *x;
	struct aud_packet out[PACKETS];
	unsigned n, clear;
	uint64_t frames;
	uint8_t *copies[PACKETS];
};

static enum aud_code
emit(void *user, const struct aud_ipsec_out *o, struct aud_err *err)
{
	struct world *w = user;
	struct aud_packet in[2] = {*o->packet};
	unsigned n = o->clear ? aud_decode_inside(w->d, o->packet, o->in, o->proto, o->at, o->end, in) : 1;

	(void)err;
	assert_int_equal(n, 1);
	assert_true(w->n < PACKETS);
	w->out[w->n++] = in[0];
	w->clear += o->clear;
	return AUD_OK;
}

static void
open_world(struct world *w)
{
	const struct aud_ipsec_opts o = {.dedup = true};

	*w = (struct world){.n = 0};
	assert_int_equal(aud_decoder_new(&w->d, NULL), AUD_OK);
	assert_int_equal(aud_ipsec_new(&w->x, &o, NULL), AUD_OK);
}

static const struct aud_ipsec_result *
result(struct world *w)
{
	const struct aud_ipsec_result *r;

	assert_int_equal(aud_ipsec_flush(w->x, emit, w, NULL), AUD_OK);
	assert_int_equal(aud_ipsec_result(w->x, &r, NULL), AUD_OK);
	return r;
}

static void
close_world(struct world *w)
{
	aud_ipsec_free(w->x);
	aud_decoder_free(w->d);
	for (uint64_t i = 0; i < w->frames; i++)
		free(w->copies[i]);
}

/* An IP packet, 20 ms behind the one before; the last cut bytes are not captured. */
static void
show(struct world *w, const char *hex, size_t cut)
{
	size_t n = strlen(hex) / 2 - cut;
	struct aud_packet p[2];
	uint8_t *copy = malloc(n);

	assert_non_null(copy);
	assert_true(w->frames < PACKETS);
	for (size_t i = 0; i < n; i++) {
		unsigned b;
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &b), 1);
		copy[i] = (uint8_t)b;
	}
	w->copies[w->frames++] = copy;
	struct aud_frame f = {.no = w->frames, .ts_ns = w->frames * 20000000, .dlt = RAW, .data = copy, .caplen = (uint32_t)n,
	    .wirelen = (uint32_t)(n + cut), .has_ts = true};
	assert_int_equal(aud_decode(w->d, &f, p), 1);
	assert_true(p[0].bits & AUD_PKT_IPSEC);
	assert_int_equal(aud_ipsec_packet(w->x, &p[0], emit, w, NULL), AUD_OK);
}

static const struct aud_sa *
association(const struct aud_ipsec_result *r, bool ah)
{
	for (size_t i = 0; i < r->nsas; i++)
		if ((r->sas[i].encap == AUD_ENCAP_AH) == ah)
			return &r->sas[i];
	fail_msg("no such association");
	return NULL;
}

static void
check_row(const struct row *row)
{
	struct world w;
	unsigned n = 0;

	printf("%s\n", row->name);
	open_world(&w);
	for (; row->packets[n]; n++)
		show(&w, row->packets[n], 0);
	const struct aud_sa *a = association(result(&w), row->payload == AUD_PAYLOAD_AH);
	assert_int_equal(a->payload, row->payload);
	assert_int_equal(a->mode, row->mode);
	assert_int_equal(a->icv, row->icv);
	assert_int_equal(a->iv, row->iv);
	assert_int_equal(a->packets, n);
	assert_int_equal(a->lost + a->late + a->duplicates + a->restarts + a->copies, 0);
	assert_int_equal(a->frames[0], 1);
	assert_int_equal(a->frames[2], 3);
	/* Nothing is held back in the end, and nothing comes twice. */
	assert_int_equal(w.n, n);
	if (row->proto) {
		assert_int_equal(a->read, n);
		assert_int_equal(a->unread, 0);
		assert_int_equal(a->ninner, 1);
		assert_false(a->inner_more);
		assert_int_equal(a->inner[0].proto, row->proto);
		assert_int_equal(a->inner[0].sport, row->proto == 17 ? 50010 : row->proto == 6 ? 50040 : 0);
		assert_int_equal(a->inner[0].dport, row->proto == 17 ? 50020 : row->proto == 6 ? 5061 : 0);
		assert_int_equal(a->inner[0].packets, n);
		assert_int_equal(a->inner[0].first_ns, 20000000);
		for (unsigned i = 0; i < n; i++) {
			struct aud_addr src = aud_packet_src(&w.out[i]);
			assert_int_equal(w.out[i].proto, row->proto);
			assert_int_equal(w.out[i].frame_no, i + 1);
			assert_int_equal(w.out[i].sport, a->inner[0].sport);
			assert_int_equal(w.out[i].dport, a->inner[0].dport);
			assert_int_equal(aud_addr_cmp(&src, &a->inner[0].src), 0);
			assert_string_equal(aud_addr_str(&src).s, src.family == 4 ? "10.0.0.1" : "2001:db8::1");
			/* The generator's payloads. */
			unsigned payload = row->proto == 17 ? 13 + i : row->proto == 6 ? 21 + i : 30;
			assert_int_equal(aud_packet_payload_len(&w.out[i]), payload);
			assert_int_equal(aud_packet_payload_sent(&w.out[i]), payload);
		}
	} else {
		assert_int_equal(a->ninner, 0);
		assert_int_equal(w.clear, 0);
	}
	close_world(&w);
}

static void
rows_are_what_they_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_row(&rows[i]);
}

static const struct row *
row(const char *name)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	fail_msg("no row %s", name);
	return NULL;
}

/* Both headers are associations of their own. */
static void
nested(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	for (unsigned i = 0; i < 6; i++)
		show(&w, row("AES-CBC under AH")->packets[i], 0);
	const struct aud_ipsec_result *r = result(&w);
	assert_int_equal(r->nsas, 2);
	const struct aud_sa *ah = association(r, true), *esp = association(r, false);
	assert_int_equal(ah->spi, 0xc0ffee02);
	assert_int_equal(ah->packets, 6);
	assert_int_equal(ah->inner[0].proto, 50);
	assert_false(ah->under_ah);
	assert_int_equal(esp->spi, 0xc0ffee01);
	assert_int_equal(esp->packets, 6);
	assert_true(esp->under_ah);
	assert_int_equal(r->stats.ah, 6);
	assert_int_equal(r->stats.esp, 6);
	close_world(&w);
}

static void
tunnel_names_its_hosts(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	for (unsigned i = 0; i < 3; i++)
		show(&w, row("AH, tunnel")->packets[i], 0);
	const struct aud_sa *a = association(result(&w), true);
	assert_string_equal(aud_addr_str(&a->src).s, "192.0.2.1");
	assert_string_equal(aud_addr_str(&a->inner[0].dst).s, "10.0.0.2");
	assert_true(w.out[0].bits & AUD_PKT_AH);
	close_world(&w);
	open_world(&w);
	for (unsigned i = 0; i < 3; i++)
		show(&w, row("HMAC-SHA1-96, tunnel, IPv4")->packets[i], 0);
	a = association(result(&w), false);
	assert_string_equal(aud_addr_str(&a->src).s, "192.0.2.1");
	assert_string_equal(aud_addr_str(&a->inner[0].dst).s, "10.0.0.2");
	assert_string_equal(aud_decoder_tunnel(w.d, w.out[0].tunnel), "esp-null/ipip");
	close_world(&w);
}

/* What is read is marked, and its stack of tunnels says what was around it. */
static void
clear_is_marked(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	for (unsigned i = 0; i < 3; i++)
		show(&w, row("HMAC-SHA1-96, UDP")->packets[i], 0);
	(void)result(&w);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(w.out[i].bits & AUD_PKT_CLEAR);
		assert_false(w.out[i].bits & (AUD_PKT_IPSEC | AUD_PKT_SHORT));
		assert_string_equal(aud_decoder_tunnel(w.d, w.out[i].tunnel), "esp-null");
	}
	close_world(&w);
	open_world(&w);
	show(&w, row("WESP that says clear")->packets[0], 0);
	(void)result(&w);
	assert_string_equal(aud_decoder_tunnel(w.d, w.out[0].tunnel), "wesp");
	close_world(&w);
}

/* What is cut has no trailer to look at: it decides nothing, in neither way. */
static void
truncated_tells_nothing(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	for (unsigned i = 0; i < 6; i++)
		show(&w, row("AES-GCM")->packets[i], 8);
	for (unsigned i = 0; i < 3; i++)
		show(&w, row("HMAC-SHA2-512-256, UDP")->packets[i], 8);
	const struct aud_ipsec_result *r = result(&w);
	assert_int_equal(r->nsas, 1);	/* the rows share their number and hosts */
	assert_int_equal(r->sas[0].payload, AUD_PAYLOAD_UNDECIDED);
	assert_int_equal(r->sas[0].tested, 0);
	assert_int_equal(r->sas[0].truncated, r->sas[0].packets);
	assert_int_equal(w.clear, 0);
	close_world(&w);
}

/* One packet alone decides nothing and is not kept for ever. */
static void
one_is_too_few(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	show(&w, row("HMAC-SHA1-96, UDP")->packets[0], 0);
	assert_int_equal(w.n, 0);
	const struct aud_sa *a = association(result(&w), false);
	assert_int_equal(a->payload, AUD_PAYLOAD_UNDECIDED);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.clear, 0);
	assert_int_equal(w.out[0].proto, 50);
	close_world(&w);
}

/* A mirror's copy is handed on like its packet, so that the flow stage knows it for one, and counts once. */
static void
copies(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	for (unsigned i = 0; i < 3; i++) {
		show(&w, row("HMAC-SHA1-96, UDP")->packets[i], 0);
		struct aud_packet p[2];
		struct aud_frame f = {.no = 100 + i, .ts_ns = w.frames * 20000000 + 1000, .dlt = RAW, .data = w.copies[i],
		    .caplen = (uint32_t)strlen(row("HMAC-SHA1-96, UDP")->packets[i]) / 2};
		f.wirelen = f.caplen;
		assert_int_equal(aud_decode(w.d, &f, p), 1);
		assert_int_equal(aud_ipsec_packet(w.x, &p[0], emit, &w, NULL), AUD_OK);
	}
	const struct aud_sa *a = association(result(&w), false);
	assert_int_equal(a->packets, 3);
	assert_int_equal(a->copies, 3);
	assert_int_equal(a->duplicates, 0);
	assert_int_equal(a->payload, AUD_PAYLOAD_NULL);
	assert_int_equal(a->read, 3);
	assert_int_equal(a->inner[0].packets, 3);
	assert_int_equal(w.n, 6);
	assert_int_equal(w.clear, 6);
	close_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_are_what_they_are),
	    cmocka_unit_test(nested),
	    cmocka_unit_test(tunnel_names_its_hosts),
	    cmocka_unit_test(clear_is_marked),
	    cmocka_unit_test(truncated_tells_nothing),
	    cmocka_unit_test(one_is_too_few),
	    cmocka_unit_test(copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
