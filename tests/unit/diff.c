/* Two audits compared: above all, when a finding that is gone may be called resolved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include <aud/diff.h>

#include "judge_world.h"

#define CLIENT "10.2.0.7"
#define SERVER "10.1.0.11"
#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct world old, new;
static struct aud_finding before, after[2];
static unsigned cited[] = {ROW_T1_3};
static struct aud_row_state states[2][1];
static char sentence[] = "Seen, not documented.", so_it_is[] = "So it is.";

/* An undocumented flow of twenty connections over nearly the whole hour. */
static void
usual(struct aud_finding *f)
{
	*f = (struct aud_finding){.id = "f-1", .kind = AUD_KIND_UNDOCUMENTED_FLOW, .severity = AUD_MEDIUM, .certainty = AUD_STRONG,
	    .reason = sentence, .client_roles = R(CLIENT), .server_roles = R(FRONT_END), .port = 3389, .proto = TCP,
	    .app = "RDP", .rule = -1, .nearest = -1, .waiver = -1, .flows = 20, .packets = 200, .bytes = 20000, .first_ns = T0 + 60 * SEC,
	    .last_ns = T0 + 3500 * SEC};
	assert_true(aud_addr_parse(CLIENT, &f->client) && aud_addr_parse(SERVER, &f->server));
}

static void
none(void)
{
}

static void
other_port(void)
{
	case_documented(world_case(&new, CLIENT, SERVER, 443), RULE_443, AUD_CERTAIN);
}

static void
others_alike(void)
{
	world_case(&new, CLIENT, "10.1.0.12", 443);
	world_case(&new, "10.2.0.9", SERVER, 443);
}

static void
elsewhere(void)
{
	world_case(&new, CLIENT, "10.1.0.31", 88);
	world_case(&new, "10.1.0.21", SERVER, 5061);
}

static void
client_only(void)
{
	case_unanswered(world_case(&new, CLIENT, SERVER, 443));
	new.convs[0].packets[1] = 0;
}

static void
too_short(void)
{
	other_port();
	world_end(&new, T0 + 120 * SEC);
}

static void
once(void)
{
	other_port();
	before.flows = 20;
	before.last_ns = before.first_ns + SEC;
}

static void
one_long(void)
{
	other_port();
	before.flows = 1;
}

static void
filtered(void)
{
	other_port();
	new.trial.filter = "not port 3389";
}

static void
same_filter(void)
{
	other_port();
	old.trial.filter = new.trial.filter = "tcp";
}

static void
lost(void)
{
	other_port();
	new.coverage.acked_unseen = 100;
}

static void
dropped(void)
{
	other_port();
	new.coverage.kernel_drops = 100;
}

static void
bounded(void)
{
	other_port();
	new.coverage.dropped_flows = 1;
}

static void
one_way(void)
{
	other_port();
	new.coverage.one_way = 51;
}

static void
no_site(void)
{
	other_port();
	new.trial.site = NULL;
}

static void
no_rules(void)
{
	other_port();
	new.trial.matrix = NULL;
}

static struct aud_conv *
same(void)
{
	struct aud_case *c = world_case(&new, CLIENT, SERVER, 3389);

	case_app(c, "RDP");
	return c->conv;
}

static void
goes_on(void)
{
	same();
}

static void
documented(void)
{
	same();
	case_documented(&new.cases[0], RULE_443, AUD_CERTAIN);
}

static void
documented_in_part(void)
{
	documented();
	same();
	case_app(&new.cases[1], "SSH");
}

static void
encrypted(void)
{
	before.kind = AUD_KIND_CLEARTEXT;
	same()->facts = AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER;
}

static void
clear_too(void)
{
	encrypted();
	new.convs[0].facts |= AUD_FACT_HTTP_CLEAR;
}

static void
begun_before(void)
{
	before.kind = AUD_KIND_CLEARTEXT;
	same();
}

static void
certificate(void)
{
	before.kind = AUD_KIND_NO_CLIENT_CERTIFICATE;
	same()->facts = AUD_FACT_CLIENT_CERT;
}

static void
certificate_in_part(void)
{
	certificate();
	new.convs[0].facts |= AUD_FACT_CLIENT_NOCERT;
}

static void
new_tls(void)
{
	before.kind = AUD_KIND_OBSOLETE_TLS;
	same()->tls_min = 0x33;
}

static void
no_tls(void)
{
	before.kind = AUD_KIND_OBSOLETE_TLS;
	same();
}

static void
answered(void)
{
	before.kind = AUD_KIND_BLOCKED_FLOW;
	same();
}

static void
still_blocked(void)
{
	before.kind = AUD_KIND_BLOCKED_FLOW;
	case_unanswered(world_case(&new, CLIENT, SERVER, 3389));
}

static void
scanned(void)
{
	before.kind = AUD_KIND_SCAN;
	before.server.family = 0;
	before.port = -1;
	world_case(&new, CLIENT, "10.1.0.31", 88);
}

static void
renamed(void)
{
	same();
	usual(&after[0]);
	strcpy(after[0].id, "f-2");
	after[0].kind = AUD_KIND_WRONG_PROTOCOL;
	new.trial.findings = after;
	new.trial.nfindings = 1;
}

static void
captures(void)
{
	before.kind = AUD_KIND_CAPTURE_LOSS;
}

static void
row_is(enum aud_state state)
{
	before.kind = AUD_KIND_MISSING_FLOW;
	before.client.family = before.server.family = 0;
	before.citations = cited;
	before.ncitations = 1;
	states[1][0] = (struct aud_row_state){.row = ROW_T1_3, .state = state, .reason = so_it_is, .flows = state == AUD_STATE_OBSERVED};
	new.trial.states = states[1];
	new.trial.nstates = 1;
}

static void
row_observed(void)
{
	row_is(AUD_STATE_OBSERVED);
}

static void
row_inconclusive(void)
{
	row_is(AUD_STATE_INCONCLUSIVE);
}

static void
row_not_applicable(void)
{
	row_is(AUD_STATE_NOT_APPLICABLE);
}

static void
row_unknown(void)
{
	row_is(AUD_STATE_OBSERVED);
	new.trial.nstates = 0;
}

static const struct {
	const char *name;
	void (*make)(void);
	enum aud_change change;
	const char *reason;
} gone[] = {
    {"an empty capture", none, AUD_CHANGE_NOT_SEEN, "Its host 10.2.0.7 sent nothing"},
    {"the two hosts talk of other things", other_port, AUD_CHANGE_RESOLVED, "no such traffic in 1.0 hours"},
    {"each is seen with hosts like the other", others_alike, AUD_CHANGE_RESOLVED, "no such traffic"},
    {"each is seen with hosts of other roles", elsewhere, AUD_CHANGE_NOT_SEEN, "taken elsewhere"},
    {"the server is silent", client_only, AUD_CHANGE_NOT_SEEN, "Its host 10.1.0.11 sent nothing"},
    {"two minutes instead of an hour", too_short, AUD_CHANGE_NOT_SEEN, "too short"},
    {"twenty flows in one second of the hour are one episode", once, AUD_CHANGE_NOT_SEEN, "too short"},
    {"one flow that lasted the hour", one_long, AUD_CHANGE_RESOLVED, "no such traffic"},
    {"a filter", filtered, AUD_CHANGE_NOT_SEEN, "not port 3389"},
    {"the filter of the old audit", same_filter, AUD_CHANGE_RESOLVED, "no such traffic"},
    {"a sixth of the segments lost", lost, AUD_CHANGE_NOT_SEEN, "lack too many packets"},
    {"drops while capturing", dropped, AUD_CHANGE_NOT_SEEN, "dropped while capturing"},
    {"memory ran out", bounded, AUD_CHANGE_NOT_SEEN, "no memory left"},
    {"one direction", one_way, AUD_CHANGE_NOT_SEEN, "one direction only"},
    {"no site file any more", no_site, AUD_CHANGE_NOT_SEEN, "no site file"},
    {"no rules", no_rules, AUD_CHANGE_NOT_SEEN, "no rules"},
    {"it goes on", goes_on, AUD_CHANGE_NOT_SEEN, "The traffic goes on (1 flow)"},
    {"it goes on and is documented", documented, AUD_CHANGE_RESOLVED, "is documented now, by rule"},
    {"it goes on and is documented in part", documented_in_part, AUD_CHANGE_NOT_SEEN, "The traffic goes on (2 flows)"},
    {"clear text is TLS now", encrypted, AUD_CHANGE_RESOLVED, "is encrypted now"},
    {"clear text beside TLS", clear_too, AUD_CHANGE_NOT_SEEN, "goes on"},
    {"clear text whose beginning was not captured", begun_before, AUD_CHANGE_NOT_SEEN, "goes on"},
    {"client certificates", certificate, AUD_CHANGE_RESOLVED, "client certificates now"},
    {"client certificates, not always", certificate_in_part, AUD_CHANGE_NOT_SEEN, "goes on"},
    {"TLS 1.2", new_tls, AUD_CHANGE_RESOLVED, "TLS 1.2 or later"},
    {"a version that was not captured", no_tls, AUD_CHANGE_NOT_SEEN, "goes on"},
    {"what was blocked is answered", answered, AUD_CHANGE_RESOLVED, "is answered now"},
    {"what was blocked is tried still", still_blocked, AUD_CHANGE_NOT_SEEN, "goes on"},
    {"the scanner talks and does not scan", scanned, AUD_CHANGE_RESOLVED, "no such traffic"},
    {"another kind of finding", renamed, AUD_CHANGE_SUPERSEDED, "f-2, wrong-protocol"},
    {"about the captures", captures, AUD_CHANGE_RESOLVED, "about the captures of then"},
    {"the missing row is observed", row_observed, AUD_CHANGE_RESOLVED, "is observed now, in 1 flow."},
    {"nothing is known of the missing row", row_inconclusive, AUD_CHANGE_NOT_SEEN, "is inconclusive now: So it is."},
    {"the missing row does not apply any more", row_not_applicable, AUD_CHANGE_RESOLVED, "is not-applicable now"},
    {"the missing row is not loaded", row_unknown, AUD_CHANGE_NOT_SEEN, "do not have its row"},
};

static struct aud_report
report_of(struct world *w)
{
	return (struct aud_report){.version = "0.1.0", .ndpi_version = "4.2.0", .trial = &w->trial, .decode = &w->decode};
}

static void
start(void)
{
	world_init(&old);
	world_init(&new);
	usual(&before);
	old.trial.findings = &before;
	old.trial.nfindings = 1;
}

static struct aud_diff *
compare(const struct aud_report *a, const struct aud_report *b)
{
	struct aud_err err = {0};
	struct aud_diff *d;

	if (aud_diff_new(&d, a, b, &err))
		fail_msg("%s", err.msg);
	return d;
}

static void
test_gone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(gone); i++) {
		struct aud_report a, b;
		const struct aud_diff_finding *f;
		struct aud_diff *d;

		start();
		gone[i].make();
		a = report_of(&old);
		b = report_of(&new);
		d = compare(&a, &b);
		f = &d->findings[d->nfindings - 1];
		if (f->before != &before || f->after || f->change != gone[i].change || !strstr(f->reason, gone[i].reason))
			fail_msg("%s: %s, %s", gone[i].name, aud_change_name(f->change), f->reason ? f->reason : "no reason");
		assert_int_equal(d->counts[gone[i].change], 1);
		aud_diff_free(d);
	}
	aud_diff_free(NULL);
}

/* Both have it: what differs of it, and whether that counts. */
static void
test_changed(void **state)
{
	static const struct {
		const char *name;
		enum aud_severity was, is;
		int waived, waives; /* 0 not, 1 waived, 2 by a waiver that has expired */
		enum aud_certainty certainty;
		enum aud_change change;
		unsigned changed;
		bool fails;
		const char *reason;
	} rows[] = {
	    {"nothing", AUD_MEDIUM, AUD_MEDIUM, 0, 0, AUD_STRONG, AUD_CHANGE_UNCHANGED, 0, false, NULL},
	    {"worse", AUD_LOW, AUD_HIGH, 0, 0, AUD_STRONG, AUD_CHANGE_CHANGED, AUD_CHANGED_SEVERITY, true, "Severity high, was low."},
	    {"worse below the threshold", AUD_INFO, AUD_LOW, 0, 0, AUD_STRONG, AUD_CHANGE_CHANGED, AUD_CHANGED_SEVERITY, false, "Severity low"},
	    {"better", AUD_HIGH, AUD_MEDIUM, 0, 0, AUD_STRONG, AUD_CHANGE_CHANGED, AUD_CHANGED_SEVERITY, false, "Severity medium, was high."},
	    {"certainty", AUD_HIGH, AUD_HIGH, 0, 0, AUD_CERTAIN, AUD_CHANGE_CHANGED, AUD_CHANGED_CERTAINTY, false, "Certainty certain, was strong."},
	    {"waived now", AUD_HIGH, AUD_HIGH, 0, 1, AUD_STRONG, AUD_CHANGE_CHANGED, AUD_CHANGED_WAIVED, false, "Waived now."},
	    {"expired", AUD_HIGH, AUD_HIGH, 1, 2, AUD_STRONG, AUD_CHANGE_CHANGED, AUD_CHANGED_REOPENED, true, "has expired: open again."},
	    {"withdrawn", AUD_HIGH, AUD_HIGH, 1, 0, AUD_STRONG, AUD_CHANGE_CHANGED, AUD_CHANGED_REOPENED, true, "Not waived any more"},
	    {"waived all along", AUD_HIGH, AUD_HIGH, 1, 1, AUD_STRONG, AUD_CHANGE_UNCHANGED, 0, false, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct aud_report a, b;
		struct aud_diff *d;

		start();
		usual(&after[0]);
		new.trial.findings = after;
		new.trial.nfindings = 1;
		before.severity = rows[i].was;
		before.waiver = rows[i].waived ? 0 : -1;
		before.waiver_expired = rows[i].waived == 2;
		after[0].severity = rows[i].is;
		after[0].certainty = rows[i].certainty;
		after[0].waiver = rows[i].waives ? 0 : -1;
		after[0].waiver_expired = rows[i].waives == 2;
		a = report_of(&old);
		b = report_of(&new);
		d = compare(&a, &b);
		assert_int_equal(d->nfindings, 1);
		if (d->findings[0].change != rows[i].change || d->findings[0].changed != rows[i].changed ||
		    !d->findings[0].reason != !rows[i].reason || (rows[i].reason && !strstr(d->findings[0].reason, rows[i].reason)) ||
		    aud_diff_fails(d, AUD_MEDIUM) != rows[i].fails)
			fail_msg("%s: %s %u %s", rows[i].name, aud_change_name(d->findings[0].change), d->findings[0].changed,
			    d->findings[0].reason ? d->findings[0].reason : "-");
		aud_diff_free(d);
	}
}

/* New ones: they count from the threshold on, and not where they are waived. */
static void
test_new(void **state)
{
	struct aud_report a, b;
	struct aud_diff *d;

	(void)state;
	start();
	old.trial.nfindings = 0;
	usual(&after[0]);
	new.trial.findings = after;
	new.trial.nfindings = 1;
	a = report_of(&old);
	b = report_of(&new);
	d = compare(&a, &b);
	assert_int_equal(d->counts[AUD_CHANGE_NEW], 1);
	assert_true(aud_diff_fails(d, AUD_MEDIUM));
	assert_false(aud_diff_fails(d, AUD_HIGH));
	after[0].waiver = 0;
	assert_false(aud_diff_fails(d, AUD_MEDIUM));
	after[0].waiver_expired = true;
	assert_true(aud_diff_fails(d, AUD_MEDIUM));
	aud_diff_free(d);
}

/* Rows by their citation, whatever their place in the matrix; those that one audit alone has. */
static void
test_rows(void **state)
{
	static struct aud_row_state was[] = {{.row = ROW_T1_3, .state = AUD_STATE_OBSERVED, .flows = 1}, {.row = ROW_T1_6, .state = AUD_STATE_OBSERVED, .flows = 1},
	    {.row = ROW_T1_12, .state = AUD_STATE_MISSING}};
	static struct aud_row_state is[] = {{.row = ROW_T1_12, .state = AUD_STATE_OBSERVED, .flows = 2}, {.row = ROW_T1_3, .state = AUD_STATE_OBSERVED, .flows = 9},
	    {.row = ROW_PIC, .state = AUD_STATE_INCONCLUSIVE}};
	struct aud_report a, b;
	struct aud_diff *d;

	(void)state;
	start();
	old.trial.states = was;
	old.trial.nstates = COUNT(was);
	new.trial.states = is;
	new.trial.nstates = COUNT(is);
	a = report_of(&old);
	b = report_of(&new);
	d = compare(&a, &b);
	assert_int_equal(d->nrows, 3);
	assert_true(d->rows[0].before == &was[2] && d->rows[0].after == &is[0]);
	assert_true(!d->rows[1].before && d->rows[1].after == &is[2]);
	assert_true(d->rows[2].before == &was[1] && !d->rows[2].after);
	assert_string_equal(d->rows[0].table, new.matrix.rows[ROW_T1_12].table);
	aud_diff_free(d);
}

static char *
written(const struct aud_diff *d, enum aud_format format)
{
	struct aud_report_opts o = {.format = format};
	struct aud_err err = {0};
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	if (aud_diff_write(d, &o, f, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* What is told, and that a hostile name cannot leave its place. */
static void
test_written(void **state)
{
	struct aud_report_opts md = {.format = AUD_FORMAT_MD};
	struct aud_report a, b;
	struct aud_err err = {0};
	struct aud_diff *d;
	json_error_t e;
	json_t *j, *f;
	char *text, *again;

	(void)state;
	start();
	renamed();
	after[0].app = "x\033[31m\"\\\xe2\x80\xae\xff";
	after[0].reason = (char[]){"name \033]0;x\a"};
	old.site.name = "Contoso\n\033[2J";
	old.matrix.sha256[0] = 'f';
	a = report_of(&old);
	b = report_of(&new);
	a.version = "0.0.9";
	d = compare(&a, &b);
	text = written(d, AUD_FORMAT_TEXT);
	assert_null(strpbrk(text, "\033\a"));
	assert_non_null(strstr(text, "1 new, 1 superseded"));
	assert_non_null(strstr(text, "The rules are not the same."));
	assert_non_null(strstr(text, "different versions"));
	again = written(d, AUD_FORMAT_TEXT);
	assert_string_equal(text, again);
	free(again);
	free(text);
	text = written(d, AUD_FORMAT_JSON);
	j = json_loads(text, 0, &e);
	if (!j)
		fail_msg("line %d: %s", e.line, e.text);
	assert_string_equal(json_string_value(json_object_get(j, "schema")), "spanaudit-diff/1");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(j, "totals"), "new")), 1);
	f = json_array_get(json_object_get(j, "findings"), 1);
	assert_string_equal(json_string_value(json_object_get(f, "change")), "superseded");
	assert_true(json_is_null(json_object_get(f, "after")));
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(j, "findings"), 0), "app")),
	    "x\\x1b[31m\"\\\\u{202e}\\xff");
	json_decref(j);
	free(text);
	assert_int_equal(aud_diff_write(d, &md, stdout, &err), AUD_USAGE);
	aud_diff_free(d);
}

/* With an earlier audit a report tells the same in its own formats. */
static void
test_since(void **state)
{
	struct aud_report_opts o = {.format = AUD_FORMAT_JSON};
	struct aud_report a, b;
	struct aud_err err = {0};
	json_error_t e;
	struct aud_diff *d;
	char *text;
	size_t n;
	FILE *f;
	json_t *j;

	(void)state;
	start();
	other_port();
	a = report_of(&old);
	b = report_of(&new);
	b.pcap_version = b.sqlite_version = "1";
	d = compare(&a, &b);
	b.since = d;
	for (int i = 0; i < 2; i++) {
		f = open_memstream(&text, &n);
		assert_non_null(f);
		o.format = i ? AUD_FORMAT_TEXT : AUD_FORMAT_JSON;
		if (aud_report_write(&b, &o, f, &err))
			fail_msg("%s", err.msg);
		assert_int_equal(fclose(f), 0);
		if (i)
			assert_non_null(strstr(text, "Changes since the former audit"));
		else {
			j = json_loads(text, 0, &e);
			assert_non_null(j);
			assert_int_equal(json_integer_value(json_object_get(json_object_get(json_object_get(j, "since"), "totals"), "resolved")), 1);
			json_decref(j);
		}
		free(text);
	}
	aud_diff_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_gone), cmocka_unit_test(test_changed), cmocka_unit_test(test_new),
	    cmocka_unit_test(test_rows), cmocka_unit_test(test_written), cmocka_unit_test(test_since)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
