/* States of rows in the rule-out order, and missing-flow, which follows from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judge_world.h"

#define FE "10.1.0.11"
#define FE2 "10.1.0.12"
#define MED "10.1.0.21"
#define PC "10.2.0.7"

static void attempted(struct world *);

/* Client and front end are seen talking, so the vantage covers them; 443 is what they use. */
static void
talk(struct world *w)
{
	struct aud_case *c = world_case(w, PC, FE, 443);
	case_app(c, "TLS");
	case_documented(c, RULE_443, AUD_CERTAIN);
	c->conv->last_ns = c->conv->first_ns + 1800 * SEC;
}
/* All of it within less than half an hour. */
static void
talk_once(struct world *w)
{
	talk(w);
	w->cases[0].conv->last_ns -= SEC;
}
/* Twice, far enough from each other. */
static void
talk_twice(struct world *w)
{
	talk_once(w);
	talk(w);
	w->cases[1].conv->first_ns = w->cases[1].conv->last_ns = w->cases[0].conv->first_ns + 1800 * SEC;
}
/* Hosts that answer a ping, or that only connect. */
static void
pings(struct world *w)
{
	talk(w);
	w->cases[0].conv->proto = 1;
	ruling_of(&w->cases[0])->verdict = (struct aud_verdict){.answer = AUD_PAIR_KNOWN, .failed = AUD_STEP_TRANSPORT};
}
static void
connects(struct world *w)
{
	talk(w);
	w->cases[0].conv->with_data[0] = w->cases[0].conv->with_data[1] = 0;
	ruling_of(&w->cases[0])->verdict.certainty = AUD_PORT_ONLY;
}
/* The server resets it after the hello, or says no. */
static struct aud_case *
hung(struct world *w, enum aud_certainty certainty)
{
	struct aud_case *c;

	talk(w);
	c = world_case(w, PC, FE, 5061);
	case_app(c, "TLS");
	case_documented(c, RULE_5061, certainty);
	c->conv->facts = AUD_FACT_TLS_HELLO;
	c->conv->hellos = 1;
	c->conv->with_data[1] = 0;
	return c;
}
static void
reset_after_hello(struct world *w)
{
	hung(w, AUD_CERTAIN);
}
static void
reset_unrecognised(struct world *w)
{
	hung(w, AUD_PORT_ONLY);
}
static void
reset_and_refused(struct world *w)
{
	hung(w, AUD_CERTAIN);
	attempted(w);
}
static void
alert_after_hello(struct world *w)
{
	struct aud_case *c = hung(w, AUD_CERTAIN);

	c->conv->with_data[1] = 1;
	c->conv->facts |= AUD_FACT_TLS_ALERT;
}
static void
alert_once(struct world *w)
{
	alert_after_hello(w);
	w->cases[1].conv->flows = w->cases[1].conv->hellos = 2;
	w->cases[1].conv->server_hellos = 1;
}
static void
hung_gap(struct world *w)
{
	hung(w, AUD_CERTAIN)->conv->gaps = 1;
}
static void
hung_at_end(struct world *w)
{
	hung(w, AUD_CERTAIN)->conv->last_ns = T0 + HOUR * SEC - SEC;
}
static void
nothing(struct world *w)
{
	(void)w;
}
static void
servers_only(struct world *w)
{
	case_app(world_case(w, FE, "10.1.0.31", 53), "DNS");
}
static void
too_short(struct world *w)
{
	talk(w);
	world_end(w, T0 + 1800 * SEC);
}
static void
lossy(struct world *w)
{
	talk(w);
	w->coverage.acked_unseen = 100;
}
static void
broken(struct world *w)
{
	talk(w);
	w->coverage.broken = true;
}
static void
interrupted(struct world *w)
{
	talk(w);
	w->coverage.interrupted = true;
}
static void
seen(struct world *w)
{
	talk(w);
	struct aud_case *c = world_case(w, PC, FE, 5061);
	case_app(c, "TLS");
	case_documented(c, RULE_5061, AUD_CERTAIN);
}
static void
seen_weaker(struct world *w)
{
	talk(w);
	struct aud_case *c = world_case(w, FE2, FE, 5061);
	case_app(c, "TLS");
	case_failed(c, AUD_STEP_SECURITY, RULE_5061);
}
static void
guessed(struct world *w)
{
	talk(w);
	case_documented(world_case(w, PC, FE, 5061), RULE_5061, AUD_PORT_ONLY);
}
static void
attempted(struct world *w)
{
	talk(w);
	struct aud_case *c = world_case(w, PC, FE, 5061);
	case_documented(c, RULE_5061, AUD_PORT_ONLY);
	case_unanswered(c);
}
static void
one_way(struct world *w)
{
	struct aud_case *c = world_case(w, PC, FE, 443);
	case_documented(c, RULE_443, AUD_PORT_ONLY);
	case_unanswered(c);
	c->attempt_only = false;
	c->conv->with_data[0] = c->conv->one_sided = 1;
}
static void
dialin_open(struct world *w)
{
	talk(w);
	case_app(world_case(w, FE2, FE, 1234), "RDP");
	w->cases[1].conv->last_ns = w->cases[0].conv->last_ns;
}
static void
dialin_yes(struct world *w)
{
	dialin_open(w);
	w->site.features[AUD_FEATURE_DIAL_IN] = AUD_YES;
}
static void
dialin_no(struct world *w)
{
	dialin_open(w);
	w->site.features[AUD_FEATURE_DIAL_IN] = AUD_NO;
}
static void
other_product(struct world *w)
{
	talk(w);
	w->site.product = AUD_PRODUCT_LYNC_2013;
}
static void
no_site(struct world *w)
{
	talk(w);
	w->trial.site = NULL;
}
/* Two captures of a minute, a day apart: a minute twice, and not a day. */
static void
day_apart(struct world *w)
{
	talk(w);
	w->inputs[1] = w->inputs[0];
	w->inputs[0].info.last_ns = T0 + 60 * SEC;
	w->inputs[1].info.first_ns = T0 + 24 * HOUR * SEC;
	w->inputs[1].info.last_ns = T0 + 24 * HOUR * SEC + 60 * SEC;
	w->coverage.last_ns = w->inputs[1].info.last_ns;
	w->coverage.covered_ns = 24 * HOUR * SEC;
	w->trial.ninputs = 2;
}
/* Two that overlap, and one that continues the other: together an hour. */
static void
halves(struct world *w)
{
	talk(w);
	w->inputs[1] = w->inputs[0];
	w->inputs[1].info.last_ns = T0 + 1800 * SEC;
	w->inputs[0].info.first_ns = T0 + 1700 * SEC;
	w->trial.ninputs = 2;
}
static void
rotated(struct world *w)
{
	halves(w);
	w->inputs[0].info.first_ns = T0 + 1800 * SEC + SEC / 2;
}
/* A capture in which nothing was heard for half of the time. */
static void
silent(struct world *w)
{
	talk(w);
	w->coverage.covered_ns = 1800 * SEC;
}
static void
filtered(struct world *w)
{
	talk(w);
	w->trial.filter = "tcp port 443";
}
static void
undecoded(struct world *w)
{
	talk(w);
	w->coverage.undecoded = 51;
}
static void
evicted(struct world *w)
{
	talk(w);
	w->coverage.evicted_flows = 1;
}
static void
dropped(struct world *w)
{
	talk(w);
	w->coverage.dropped_flows = 1;
}
/* Of a running audit: what went for want of memory went before the window began, or some of it within. */
static void
went_before(struct world *w)
{
	talk(w);
	w->coverage.evicted_flows = w->coverage.evicted_past = 5;
	w->coverage.dropped_flows = w->coverage.dropped_past = 3;
}
static void
went_since(struct world *w)
{
	went_before(w);
	w->coverage.evicted_flows++;
}
static void
one_sided(struct world *w)
{
	talk(w);
	w->coverage.out_of_scope.tcp_one_way = 3;
}
/* SQL Browser, UDP, where the mirror has the questions only. */
static struct aud_case *
asked(struct world *w)
{
	struct aud_case *c = world_case(w, FE2, FE, 5062);

	case_documented(c, RULE_5062, AUD_PORT_ONLY);
	case_unanswered(c);
	return c;
}
static void
deaf(struct world *w)
{
	asked(w);
}
static void
deaf_refused(struct world *w)
{
	asked(w)->conv->refused_icmp = 1;
}
static void
deaf_mirror(struct world *w)
{
	talk(w);
	asked(w);
	w->coverage.out_of_scope.tcp_one_way = 3;
}
/* One of two handshakes was without a certificate. */
static void
bare_once(struct world *w)
{
	struct aud_case *c;

	seen_weaker(w);
	c = &w->cases[1];
	c->conv->flows = 2;
	c->conv->no_certificates = 1;
}
static void
clear_once(struct world *w)
{
	bare_once(w);
	w->cases[1].conv->facts = AUD_FACT_SIP_CLEAR;
}
/* nDPI takes a packet of random bytes for RTP now and then. */
static struct aud_case *
rtp(struct world *w, unsigned packets)
{
	struct aud_case *c = world_case(w, PC, FE, 60000);

	case_app(c, "RTP");
	c->conv->proto = UDP;
	c->conv->packets[0] = packets;
	c->conv->packets[1] = 0;
	case_documented(c, RULE_MEDIA, AUD_STRONG);
	return c;
}
static void
rtp_once(struct world *w)
{
	rtp(w, 24);
}
static void
rtp_stream(struct world *w)
{
	rtp(w, 25);
}
static void
rtp_fact(struct world *w)
{
	rtp(w, 1)->conv->facts = AUD_FACT_MEDIA;
}
/* No document of the product is loaded. */
static void
no_document(struct world *w)
{
	talk(w);
	w->site.product = AUD_PRODUCT_UNKNOWN;
}
static void
fe_fe(struct world *w)
{
	case_app(world_case(w, FE2, FE, 1234), "RDP");
}
/* What only follows from a row does not make it observed. */
static void
rpc(struct world *w)
{
	struct aud_case *c = world_case(w, FE2, FE, 50123);
	case_app(c, "DCE_RPC");
	case_documented(c, RULE_RPC_DYNAMIC, AUD_STRONG);
}
static void
day(struct world *w)
{
	fe_fe(w);
	w->cases[0].conv->last_ns += 12 * HOUR * SEC;
	world_end(w, T0 + 24 * HOUR * SEC);
}
/* TLS on a port of the media range is no sign of the row of the exact port, and the reverse. */
static void
wide_and_exact(struct world *w)
{
	struct aud_case *c = world_case(w, PC, FE, 5061);

	case_app(c, "TLS");
	case_documented(c, RULE_5061, AUD_CERTAIN);
	ruling_of(c)->verdict.rules[1] = RULE_MEDIA;
	ruling_of(c)->verdict.nrules = 2;
}

/* Media over TCP fits video (57501-65535) and application sharing (49152-65535): the set of rows is what is seen. */
static void
overlap(struct world *w)
{
	struct aud_case *c = world_case(w, PC, FE, 60000);

	case_app(c, "RTP");
	c->conv->facts = AUD_FACT_MEDIA;
	case_documented(c, RULE_MEDIA, AUD_CERTAIN);
	ruling_of(c)->verdict.rules[1] = RULE_SHARING;
	ruling_of(c)->verdict.nrules = 2;
}

static const struct {
	void (*make)(struct world *);
	enum world_row row;
	enum aud_state state;
	const char *reason;
	uint64_t flows;
} table[] = {
    {talk, ROW_T1_3, AUD_STATE_MISSING,
	"Not seen from client to front-end, although these talked to each other in the 60 minutes that were captured.", 0},
    {talk, ROW_T1_12, AUD_STATE_OBSERVED, "Seen in 1 flow.", 1},
    {talk, ROW_P1, AUD_STATE_STATEMENT, "A statement of the text, not a row of ports.", 0},
    {talk, ROW_LYNC_T3_6, AUD_STATE_BLANK, "The document prints this row without content.", 0},
    {talk, ROW_LYNC_T1_3, AUD_STATE_NOT_APPLICABLE,
	"The document is not one of this site's product or of its additional documents.", 0},
    {talk, ROW_T1_50, AUD_STATE_NOT_APPLICABLE, "The site file declares no director.", 0},
    {talk, ROW_T1_10, AUD_STATE_NOT_OBSERVED,
	"Not seen; it occurs on demand only, and nothing shows that it was demanded.", 0},
    {talk, ROW_T1_24, AUD_STATE_INCONCLUSIVE,
	"No two-way traffic over TCP or UDP from mediation to front-end was captured, so this vantage point may not see "
	"them.",
	0},
    {talk_once, ROW_T1_3, AUD_STATE_INCONCLUSIVE,
	"Not seen, but all two-way traffic over TCP or UDP from client to front-end falls within 29 minutes, and at least 30 minutes "
	"from the first to the last are needed to conclude anything.", 0},
    {talk_twice, ROW_T1_3, AUD_STATE_MISSING, NULL, 0},
    {pings, ROW_T1_3, AUD_STATE_INCONCLUSIVE,
	"No two-way traffic over TCP or UDP from client to front-end was captured, so this vantage point may not see them.", 0},
    {connects, ROW_T1_3, AUD_STATE_INCONCLUSIVE, NULL, 0},
    {reset_after_hello, ROW_T1_3, AUD_STATE_ATTEMPTED,
	"Attempted in 1 flow, none with success: 1 connected, but the server sent no data.", 1},
    {reset_unrecognised, ROW_T1_3, AUD_STATE_ATTEMPTED, NULL, 1},
    {reset_and_refused, ROW_T1_3, AUD_STATE_ATTEMPTED,
	"Attempted in 2 flows, none with success: 1 connected, but the server sent no data, 1 not connected.", 2},
    {alert_after_hello, ROW_T1_3, AUD_STATE_ATTEMPTED,
	"Attempted in 1 flow, none with success: 1 refused by a fatal TLS alert instead of a ServerHello.", 1},
    {alert_once, ROW_T1_3, AUD_STATE_OBSERVED, NULL, 2},
    {hung_gap, ROW_T1_3, AUD_STATE_OBSERVED, NULL, 1},
    {hung_at_end, ROW_T1_3, AUD_STATE_INCONCLUSIVE, NULL, 1},
    {nothing, ROW_T1_3, AUD_STATE_INCONCLUSIVE, NULL, 0},
    {servers_only, ROW_T1_12, AUD_STATE_INCONCLUSIVE, NULL, 0},
    {one_way, ROW_T1_3, AUD_STATE_INCONCLUSIVE, NULL, 0},
    {too_short, ROW_T1_3, AUD_STATE_INCONCLUSIVE,
	"Not seen, but the capture lasts only 30 minutes and at least 60 minutes are needed to conclude anything.", 0},
    {lossy, ROW_T1_3, AUD_STATE_INCONCLUSIVE, "Not seen, but the capture lost about 16.6 % of the packets.", 0},
    {interrupted, ROW_T1_3, AUD_STATE_INCONCLUSIVE, "Not seen, but the audit was interrupted before the end of its inputs.", 0},
    {broken, ROW_T1_3, AUD_STATE_INCONCLUSIVE, "Not seen, but an input breaks off.", 0},
    {seen, ROW_T1_3, AUD_STATE_OBSERVED, "Seen in 1 flow.", 1},
    {seen_weaker, ROW_T1_3, AUD_STATE_OBSERVED, "Seen in 1 flow, without the security of its rule.", 1},
    {guessed, ROW_T1_3, AUD_STATE_INCONCLUSIVE, "1 flow on its port, but nothing in them shows the protocol.", 1},
    {attempted, ROW_T1_3, AUD_STATE_ATTEMPTED, "Attempted in 1 flow, none answered.", 1},
    {dialin_open, ROW_T1_21, AUD_STATE_INCONCLUSIVE,
	"Not seen, and the site file leaves open whether feature:dial-in holds.", 0},
    {dialin_yes, ROW_T1_21, AUD_STATE_MISSING, NULL, 0},
    {dialin_no, ROW_T1_21, AUD_STATE_NOT_APPLICABLE,
	"The rule drawn from this row is in force only where feature:dial-in, and the site file says no.", 0},
    {day_apart, ROW_T1_3, AUD_STATE_INCONCLUSIVE,
	"Not seen, but the capture lasts only 2 minutes and at least 60 minutes are needed to conclude anything.", 0},
    {halves, ROW_T1_3, AUD_STATE_MISSING, NULL, 0},
    {rotated, ROW_T1_3, AUD_STATE_MISSING, NULL, 0},
    {silent, ROW_T1_3, AUD_STATE_INCONCLUSIVE,
	"Not seen, but the capture lasts only 30 minutes and at least 60 minutes are needed to conclude anything.", 0},
    {filtered, ROW_T1_3, AUD_STATE_INCONCLUSIVE, "Not seen, but a filter left packets out.", 0},
    {filtered, ROW_T1_10, AUD_STATE_NOT_OBSERVED, NULL, 0},
    {undecoded, ROW_T1_3, AUD_STATE_INCONCLUSIVE, "Not seen, but 5.1 % of the frames could not be decoded.", 0},
    {evicted, ROW_T1_3, AUD_STATE_INCONCLUSIVE, "Not seen, but flows were ended early, or looked into no further, for want of memory.", 0},
    {dropped, ROW_T1_3, AUD_STATE_INCONCLUSIVE, "Not seen, but flows were left out for want of memory.", 0},
    {went_before, ROW_T1_3, AUD_STATE_MISSING, NULL, 0},
    {went_since, ROW_T1_3, AUD_STATE_INCONCLUSIVE, "Not seen, but flows were ended early, or looked into no further, for want of memory.", 0},
    {one_sided, ROW_T1_3, AUD_STATE_INCONCLUSIVE, "Not seen, but the mirror shows one direction.", 0},
    {deaf, ROW_T1_6, AUD_STATE_INCONCLUSIVE,
	"1 flow asked, and no answer was captured; one may have passed out of the capture's sight.", 1},
    {deaf_mirror, ROW_T1_6, AUD_STATE_INCONCLUSIVE, NULL, 1},
    {deaf_refused, ROW_T1_6, AUD_STATE_ATTEMPTED, NULL, 1},
    {bare_once, ROW_T1_3, AUD_STATE_OBSERVED,
	"Seen in 2 flows, 1 of them without the client certificate that mutual TLS asks for.", 2},
    {clear_once, ROW_T1_3, AUD_STATE_OBSERVED, "Seen in 2 flows, at least one of them in clear text.", 2},
    {rtp_once, ROW_T1_10, AUD_STATE_INCONCLUSIVE, "1 flow on its port, but nothing in them shows the protocol.", 1},
    {rtp_stream, ROW_T1_10, AUD_STATE_OBSERVED, NULL, 1},
    {rtp_fact, ROW_T1_10, AUD_STATE_OBSERVED, NULL, 1},
    {no_document, ROW_T1_3, AUD_STATE_NOT_APPLICABLE, NULL, 0},
    {talk, ROW_PIC, AUD_STATE_NOT_APPLICABLE, "The row is no longer valid since 2013-03-15.", 0},
    {talk, ROW_T5_5, AUD_STATE_INCONCLUSIVE, "No media of this row was seen in the clear, and no IPsec with this role, so that nothing shows whether it is off.",
	0},
    {rpc, ROW_T1_5, AUD_STATE_NOT_OBSERVED, NULL, 0},
    {other_product, ROW_T1_3, AUD_STATE_NOT_APPLICABLE, NULL, 0},
    {other_product, ROW_LYNC_T1_3, AUD_STATE_MISSING, NULL, 0},
    {no_site, ROW_T1_3, AUD_STATE_INCONCLUSIVE, "Without a site file no host has a role, so no row can be recognised.",
	0},
    {fe_fe, ROW_T1_3, AUD_STATE_INCONCLUSIVE,
	"No two-way traffic over TCP or UDP from client to front-end was captured, so this vantage point may not see them.",
	0},
    {fe_fe, ROW_T1_37, AUD_STATE_INCONCLUSIVE,
	"Not seen, but the capture lasts only 60 minutes and at least 24.0 hours are needed to conclude anything.", 0},
    {day, ROW_T1_37, AUD_STATE_NOT_OBSERVED, NULL, 0},
    {wide_and_exact, ROW_T1_3, AUD_STATE_OBSERVED, "Seen in 1 flow.", 1},
    {wide_and_exact, ROW_T1_10, AUD_STATE_NOT_OBSERVED, NULL, 0},
    {overlap, ROW_T1_10, AUD_STATE_OBSERVED, "Seen in 1 flow, 1 of which fit other rows as well.", 1},
    {overlap, ROW_T1_28, AUD_STATE_OBSERVED, "Seen in 1 flow, 1 of which fit other rows as well.", 1},
};

static void
test_states(void **state)
{
	static struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct aud_row_state *s;

		world_init(&w);
		table[i].make(&w);
		world_judge(&w);
		assert_int_equal(w.trial.nstates, NROWS);
		s = &w.trial.states[table[i].row];
		assert_int_equal(s->row, table[i].row);
		if (s->state != table[i].state)
			fail_msg("row %zu: expected %s, got %s: %s", i, aud_state_name(table[i].state),
			    aud_state_name(s->state), s->reason);
		assert_int_equal(s->flows, table[i].flows);
		if (table[i].reason)
			assert_string_equal(s->reason, table[i].reason);
		world_clear(&w);
	}
}

static size_t
missing(const struct world *w, const struct aud_finding **f)
{
	size_t n = 0;

	for (size_t i = 0; i < w->trial.nfindings; i++)
		if (w->trial.findings[i].kind == AUD_KIND_MISSING_FLOW) {
			n++;
			*f = &w->trial.findings[i];
		}
	return n;
}

/* ESP between such hosts, or of one with a stranger, hides what was not seen; that of others, and what can be read, hides nothing. */
static void
test_hidden(void **state)
{
	static const struct {
		const char *a, *b;
		enum aud_ipsec_payload payload;
		size_t missing;
	} t[] = {
	    {PC, FE, AUD_PAYLOAD_ENCRYPTED, 0}, {PC, FE, AUD_PAYLOAD_UNDECIDED, 0}, {PC, "192.0.2.9", AUD_PAYLOAD_ENCRYPTED, 0},
	    {"192.0.2.9", "192.0.2.10", AUD_PAYLOAD_ENCRYPTED, 1}, {PC, FE, AUD_PAYLOAD_NULL, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		static struct world w;
		struct aud_sa s = {.spi = 4711, .sure = true, .payload = t[i].payload, .packets = 9, .first_ns = T0 + SEC, .last_ns = T0 + 2 * SEC};
		const struct aud_ipsec_result r = {.sas = &s, .nsas = 1};
		const struct aud_finding *f = NULL;

		assert_true(aud_addr_parse(t[i].a, &s.src) && aud_addr_parse(t[i].b, &s.dst));
		world_init(&w);
		talk(&w);
		w.site.features[AUD_FEATURE_DIAL_IN] = AUD_NO;
		w.trial.ipsec = &r;
		world_judge(&w);
		assert_int_equal(missing(&w, &f), t[i].missing);
		world_clear(&w);
	}
}

static void
test_missing(void **state)
{
	static struct world w;
	const struct aud_finding *f = NULL;

	(void)state;
	world_init(&w);
	talk(&w);
	w.site.features[AUD_FEATURE_DIAL_IN] = AUD_NO;
	world_judge(&w);
	assert_int_equal(missing(&w, &f), 1);
	assert_int_equal(f->severity, AUD_MEDIUM);
	assert_int_equal(f->rule, RULE_5061);
	assert_int_equal(f->port, 5061);
	assert_int_equal(f->citations[0], ROW_T1_3);
	assert_string_equal(f->reason,
	    "Not seen from client to front-end, although these talked to each other in the 60 minutes that were captured: "
	    "TLS on 5061/tcp (made-up-2015 T1 row 3).");
	world_clear(&w);

	/* Neither on-demand rows nor strong ones that something explains. */
	static void (*const explained[])(struct world *) = {
	    nothing, servers_only, fe_fe, one_way, too_short, lossy, broken, seen, guessed, attempted};
	for (size_t i = 0; i < sizeof explained / sizeof *explained; i++) {
		world_init(&w);
		w.site.features[AUD_FEATURE_DIAL_IN] = AUD_NO;
		explained[i](&w);
		world_judge(&w);
		for (size_t k = 0; k < w.trial.nfindings; k++)
			if (w.trial.findings[k].kind == AUD_KIND_MISSING_FLOW)
				assert_int_not_equal(w.trial.findings[k].rule, RULE_5061);
		world_clear(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_states), cmocka_unit_test(test_missing), cmocka_unit_test(test_hidden)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
