/*
 * Reports of a trial made by hand, against goldens (AUD_BLESS=1 writes them anew: read the difference); hostile text;
 * closed output.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "judge_world.h"

static struct aud_waiver waivers[] = {
    {.kind = "undocumented-flow",
	.port = 3389,
	.proto = TCP,
	.reason = "jump host until the move",
	.owner = "network team",
	.expires = "2024-06-30"},
    {.kind = "undocumented-flow", .port = 53, .proto = -1, .reason = "name service", .expires = "2024-02-01"},
    {.kind = "scan", .port = -1, .proto = -1, .reason = "yearly test"},
};

/* One of each sort: wrong protocol, waived, reopened, blocked, unknown host, loss, and two inputs of one base name. */
static void
make(struct world *w)
{
	static const struct aud_decode_count counts[] = {{"ethernet", "unknown ethertype 0x88cc (LLDP)", false, 12, 1}};
	struct aud_case *c;

	world_init(w);
	w->inputs[0].info.path = "/srv/captures/a/day.pcap";
	w->inputs[1] = w->inputs[0];
	w->inputs[1].info.path = "/srv/captures/b/day.pcap";
	w->inputs[1].info.format = "pcapng";
	w->inputs[1].info.compression = "zstd";
	w->inputs[1].info.kernel_drops = 0;
	w->trial.ninputs = 2;
	w->site.waivers = waivers;
	w->site.nwaivers = sizeof waivers / sizeof *waivers;
	w->coverage.acked_unseen = 3;
	w->coverage.non_ip = 12;
	w->decode.counts = counts;
	w->decode.ncounts = 1;
	case_app(world_case(w, "10.2.0.7", "10.1.0.11", 3389), "RDP");
	case_app(world_case(w, "10.1.0.11", "10.1.0.31", 53), "DNS");
	c = world_case(w, "10.2.0.8", "10.1.0.11", 5061);
	case_app(c, "SSH");
	case_failed(c, AUD_STEP_APP, RULE_5061);
	c->conv->frames[1] = UINT64_C(1) << 48 | 77;
	c->conv->bytes[1] = 1234567;
	c = world_case(w, "10.2.0.9", "10.1.0.12", 443);
	case_documented(c, RULE_443, AUD_PORT_ONLY);
	case_unanswered(c);
	world_case(w, "192.0.2.1", "10.1.0.11", 443);
	c = world_case(w, "10.2.0.7", "10.1.0.11", 443);
	case_app(c, "TLS");
	case_documented(c, RULE_443, AUD_CERTAIN);
	w->coverage.conversations = w->trial.ncases;
}

static struct aud_report
report_of(struct world *w)
{
	struct aud_report r = {.version = "0.1.0",
	    .ndpi_version = "4.2.0",
	    .pcap_version = "1.10.3",
	    .sqlite_version = "3.40.1",
	    .trial = &w->trial,
	    .decode = &w->decode};

	aud_report_totals(&r);
	return r;
}

static char *
write_report(const struct aud_report *r, struct aud_report_opts o, size_t *n)
{
	struct aud_err err = {0};
	char *text;
	FILE *f = open_memstream(&text, n);

	assert_non_null(f);
	assert_int_equal(aud_report_write(r, &o, f, &err), AUD_OK);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void
golden(const char *name, const char *text, size_t n)
{
	char path[512], *want;
	size_t got;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", GOLDEN, name);
	if (getenv("AUD_BLESS")) {
		assert_non_null(f = fopen(path, "w"));
		assert_int_equal(fwrite(text, 1, n, f), n);
		assert_int_equal(fclose(f), 0);
		return;
	}
	assert_non_null(f = fopen(path, "r"));
	assert_non_null(want = calloc(1, n + 65536));
	got = fread(want, 1, n + 65535, f);
	fclose(f);
	assert_int_equal(got, strlen(want));
	assert_string_equal(text, want);
	free(want);
}

static void
test_golden(void **state)
{
	static const struct {
		const char *name;
		struct aud_report_opts opts;
		bool no_site;
	} table[] = {
	    {"report-80.txt", {.format = AUD_FORMAT_TEXT, .width = 80}, false},
	    {"report-120.txt", {.format = AUD_FORMAT_TEXT, .width = 120, .all_rows = true}, false},
	    {"report-nosite.txt", {.format = AUD_FORMAT_TEXT, .width = 80}, true},
	    {"report.json", {.format = AUD_FORMAT_JSON}, false},
	    {"report-nosite.json", {.format = AUD_FORMAT_JSON}, true},
	};
	static struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct aud_report r;
		char *text;
		size_t n;

		make(&w);
		if (table[i].no_site) {
			w.trial.site = NULL;
			for (size_t k = 0; k < w.trial.ncases; k++) {
				ruling_of(&w.cases[k])->client = ruling_of(&w.cases[k])->server = (struct aud_who){0};
				w.cases[k].in_scope = false;
			}
		}
		world_judge(&w);
		r = report_of(&w);
		text = write_report(&r, table[i].opts, &n);
		golden(table[i].name, text, n);
		assert_null(strstr(text, "/srv"));
		free(text);
		world_clear(&w);
	}
}

/* The text with some figure of the coverage, or without. */
static void
expect_line(struct world *w, const char *line, bool there)
{
	struct aud_report r = report_of(w);
	size_t n;
	char *text = write_report(&r, (struct aud_report_opts){.format = AUD_FORMAT_TEXT, .width = 160}, &n);

	if ((strstr(text, line) != NULL) != there)
		fail_msg("%s'%s' in: %s", there ? "no " : "", line, text);
	free(text);
}

/* What a figure of the coverage says, in the singular too, and that nothing is said of nothing. */
static void
test_coverage(void **state)
{
	static struct world w;
	struct aud_addr strangers[AUD_COVERAGE_HOSTS];
	const struct aud_host *unseen[1];

	(void)state;
	make(&w);
	world_judge(&w);
	for (int i = 0; i < AUD_COVERAGE_HOSTS; i++)
		strangers[i] = w.convs[4].client;
	expect_line(&w, "not judged", false);
	expect_line(&w, "Tunnels", false);
	expect_line(&w, "Unknown hosts", false);
	expect_line(&w, "Not seen  ", false);
	expect_line(&w, "50 flows in 6 conversations", true);
	w.coverage.dropped_flows = 1;
	expect_line(&w, "Limits        1 flow not judged: --memory left no room for a further conversation\n", true);
	expect_line(&w, "50 flows, 49 of them in 6 conversations", true);
	w.coverage.dropped_flows = 2;
	expect_line(&w, "Limits        2 flows not judged", true);
	w.coverage.tunneled = 250;
	expect_line(&w, "Tunnels       250 packets (25.0 %) inside a tunnel", true);
	w.coverage.strangers = strangers;
	w.coverage.nstrangers = w.coverage.all_strangers = 1;
	expect_line(&w, "Unknown hosts 1 host that the site file does not name, in traffic with its servers: 192.0.2.1\n", true);
	w.coverage.nstrangers = AUD_COVERAGE_HOSTS;
	w.coverage.all_strangers = 1000 + AUD_COVERAGE_HOSTS;
	expect_line(&w, " and 1,000 more\n", true);
	unseen[0] = &w.site.hosts[0];
	w.coverage.unseen = unseen;
	w.coverage.nunseen = w.coverage.all_unseen = 1;
	expect_line(&w, "Not seen      1 host definition whose hosts sent nothing in any conversation: fe01 (10.1.0.11)\n", true);
	w.coverage.flows = w.coverage.packets = w.coverage.conversations = 1;
	w.coverage.dropped_flows = 0;
	expect_line(&w, "1 IP packet from 2 inputs; 1 flow in 1 conversation (", true);
	world_clear(&w);
}

/* The report in a format, with some words or without. */
static void
expect_words(struct world *w, enum aud_format format, const char *words, bool there)
{
	struct aud_report r = report_of(w);
	size_t n;
	char *text = write_report(&r, (struct aud_report_opts){.format = format, .width = 400}, &n);

	if ((strstr(text, words) != NULL) != there)
		fail_msg("%s'%s' in: %s", there ? "no " : "", words, text);
	free(text);
}

/* A watch that has lasted for longer than its window: what it knows of the window only is not said of all of its time. */
static void
test_window(void **state)
{
	static const struct {
		enum aud_format format;
		const char *always, *since, *within;
	} table[] = {
	    {AUD_FORMAT_TEXT, "sent nothing in any conversation", "this report speaks of the 1 d 0 h before 2024-03-02 12:00:00 UTC",
		"sent nothing within the window"},
	    {AUD_FORMAT_TEXT, ", of which 1 d 0 h were captured", "Window ", "; within the window (see the coverage) 1 d 0 h were captured"},
	    {AUD_FORMAT_TEXT, "50 flows in 6 conversations", "50 flows since the start", "within the window 6 conversations"},
	    {AUD_FORMAT_MD, "Hosts of the site file that sent nothing\n", "this report speaks of the 1 d 0 h before 2024-03-02 12:00:00 UTC",
		"Hosts of the site file that sent nothing within the window\n"},
	    {AUD_FORMAT_MD, "| Watched |", "**Window:**", "| Watched within the window |"},
	    {AUD_FORMAT_HTML, "silent in every conversation", "this report speaks of the 1 d 0 h before 2024-03-02 12:00:00 UTC",
		"silent within the window"},
	    {AUD_FORMAT_HTML, "Of it watched", "IP packets since the start", "Watched within the window"},
	};
	const uint64_t hour = UINT64_C(3600000000000), end = UINT64_C(1709380800) * 1000000000; /* date -ud '2024-03-02 12:00' +%s */
	static struct world w;
	const struct aud_host *unseen[1];

	(void)state;
	make(&w);
	world_judge(&w);
	unseen[0] = &w.site.hosts[0];
	w.coverage.unseen = unseen;
	w.coverage.nunseen = w.coverage.all_unseen = 1;
	w.coverage.last_ns = end - 1000000000;
	w.coverage.covered_ns = 24 * hour;
	w.trial.ninputs = 1;
	w.inputs[0].info.last_ns = w.coverage.last_ns;
	/* Since 30 days: no watch, and a watch whose window has not passed yet. */
	for (int longer = 0; longer < 3; longer++) {
		w.coverage.window_ns = longer ? 24 * hour : 0;
		w.coverage.window_end_ns = longer ? end : 0;
		w.coverage.first_ns = longer == 1 ? end - 24 * hour : end - 720 * hour;
		w.inputs[0].info.first_ns = w.coverage.first_ns;
		for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
			if (longer != 1 || !strstr(table[i].always, "of which"))
				expect_words(&w, table[i].format, table[i].always, longer < 2);
			expect_words(&w, table[i].format, table[i].since, longer == 2);
			expect_words(&w, table[i].format, table[i].within, longer == 2);
		}
	}
	expect_words(&w, AUD_FORMAT_JSON, "\"window_ns\": 86400000000000", true);
	expect_words(&w, AUD_FORMAT_JSON, "\"window_end\": \"2024-03-02T12:00:00.000000000Z\"", true);
	world_clear(&w);
}

/* What is accused says that it was seen in a tunnel, unless that is how the mirror sends its copies. */
static void
test_tunnel(void **state)
{
	static const struct {
		const char *tunnel, *seen;
		unsigned flows;
	} table[] = {
	    {NULL, "of fe01 (front-end), where", 1},
	    {"", "of fe01 (front-end), where", 1},
	    {"erspan2", "of fe01 (front-end), where", 1},
	    {"tzsp", "of fe01 (front-end), where", 1},
	    {"gre", "of fe01 (front-end) inside gre, where", 1},
	    {"gre/vxlan", "of fe01 (front-end) inside gre/vxlan, where", 1},
	    {"gre/erspan3/vxlan", "of fe01 (front-end) inside vxlan, where", 1},
	    {"ipip", "of fe01 (front-end) (its first flow inside ipip), where", 2},
	};
	static struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		make(&w);
		ruling_of(&w.cases[2])->tunnel = table[i].tunnel;
		ruling_of(&w.cases[3])->tunnel = table[i].tunnel;
		w.convs[2].flows = table[i].flows;
		world_judge(&w);
		expect_line(&w, table[i].seen, true);
		expect_line(&w, "tried 443/tcp of fe02 (front-end) inside gre", table[i].tunnel && !strncmp(table[i].seen + 20, "inside gre", 10));
		world_clear(&w);
	}
}

/* No line is wider than the terminal, unless a single word is. */
static void
test_width(void **state)
{
	static struct world w;
	struct aud_report r;

	(void)state;
	make(&w);
	world_judge(&w);
	r = report_of(&w);
	for (unsigned width = 60; width <= 160; width += 7) {
		size_t n;
		char *text = write_report(
			 &r, (struct aud_report_opts){.format = AUD_FORMAT_TEXT, .width = width, .all_rows = true}, &n),
		     *rest = text;

		for (const char *l; (l = strsep(&rest, "\n"));)
			if (strlen(l) > width)
				fail_msg("%u columns: %s", width, l);
		free(text);
	}
	world_clear(&w);
}

static void
test_color(void **state)
{
	static struct world w;
	struct aud_report r;
	char *text;
	size_t n;

	(void)state;
	make(&w);
	world_judge(&w);
	r = report_of(&w);
	text = write_report(&r, (struct aud_report_opts){.format = AUD_FORMAT_TEXT}, &n);
	assert_null(strchr(text, '\033'));
	free(text);
	text = write_report(&r, (struct aud_report_opts){.format = AUD_FORMAT_TEXT, .color = true}, &n);
	assert_non_null(strchr(text, '\033'));
	free(text);
	world_clear(&w);
}

static void
test_totals(void **state)
{
	static struct world w;
	struct aud_report r;

	(void)state;
	make(&w);
	world_judge(&w);
	r = report_of(&w);
	/* wrong-protocol high; blocked-flow low (never heard); dns low and reopened; unknown host outside medium; loss
	 * low */
	assert_int_equal(r.totals.by_severity[AUD_HIGH], 1);
	assert_int_equal(r.totals.waived, 1);
	assert_int_equal(r.totals.by_state[AUD_STATE_BLANK], 1);
	assert_int_equal(r.totals.by_state[AUD_STATE_STATEMENT], 1);
	assert_int_equal(r.totals.by_state[AUD_STATE_OBSERVED], 1);
	world_clear(&w);
}

static void
test_clean(void **state)
{
	static const struct {
		const char *in, *out;
	} table[] = {
	    {"", ""},
	    {"fe01.contoso.com", "fe01.contoso.com"},
	    {"caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80",
		"caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80"},
	    {"a\033[2Jb", "a\\x1b[2Jb"},
	    {"a\nb\tc\rd\x7f", "a\\x0ab\\x09c\\x0dd\\x7f"},
	    {"\xc2\x9b"
	     "31m",
		"\\u{9b}31m"}, /* C1 control sequence introducer */
	    {"\xe2\x80\xae"
	     "gpj.exe",
		"\\u{202e}gpj.exe"},				  /* right-to-left override */
	    {"\xe2\x81\xa6x\xe2\x81\xa9", "\\u{2066}x\\u{2069}"}, /* isolates */
	    {"x\xe2\x80\x8by", "x\\u{200b}y"},			  /* zero width space */
	    {"\xef\xbb\xbfx", "\\u{feff}x"},
	    {"\xf3\xa0\x81\x81", "\\u{e0041}"},		  /* tag character */
	    {"\xc0\xaf", "\\xc0\\xaf"},			  /* overlong */
	    {"\xed\xa0\x80", "\\xed\\xa0\\x80"},	  /* surrogate */
	    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* above U+10FFFF */
	    {"\xe2\x82", "\\xe2\\x82"},			  /* cut short */
	    {"\x80\xff", "\\x80\\xff"},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_string_equal(aud_text_clean(out, sizeof out, table[i].in), table[i].out);
	/* Too small a buffer ends before a character, never in one. */
	assert_string_equal(aud_text_clean(out, 4, "ab\xc3\xa9"), "ab");
	assert_string_equal(aud_text_clean(out, 5, "ab\xc3\xa9"), "ab\xc3\xa9");
	assert_string_equal(aud_text_clean(out, 4, "\033x"), "");
	assert_string_equal(aud_text_clean(out, 1, "x"), "");
}

/* Names of the site file, the application and the path reach the report harmless, and the JSON stays JSON. */
static void
test_hostile(void **state)
{
	static const char evil[] = "x\033]0;owned\a\"\\\n\xe2\x80\xae\xff";
	static struct world w;
	struct aud_host host = {.name = evil, .roles = R(FRONT_END)};
	struct aud_report r;
	json_error_t error;
	json_t *root;
	char *text;
	size_t n;

	(void)state;
	make(&w);
	ruling_of(&w.cases[2])->server.host = &host;
	ruling_of(&w.cases[2])->app = evil;
	w.inputs[0].info.path = evil;
	w.site.name = evil;
	world_judge(&w);
	r = report_of(&w);
	text = write_report(&r, (struct aud_report_opts){.format = AUD_FORMAT_TEXT}, &n);
	for (const char *c = text; *c; c++)
		assert_true(*c == '\n' || (unsigned char)*c >= 0x20);
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_non_null(strstr(text, "x\\x1b]0;owned\\x07\"\\\\x0a\\u{202e}\\xff"));
	free(text);
	text = write_report(&r, (struct aud_report_opts){.format = AUD_FORMAT_JSON}, &n);
	if (!(root = json_loadb(text, n, 0, &error)))
		fail_msg("%s at %d", error.text, error.position);
	assert_string_equal(json_string_value(json_object_get(json_object_get(root, "site"), "name")),
	    "x\\x1b]0;owned\\x07\"\\\\x0a\\u{202e}\\xff");
	json_decref(root);
	free(text);
	/* No byte of it that acts on a terminal, none that is no UTF-8, in any format. */
	for (int format = AUD_FORMAT_TEXT; format <= AUD_FORMAT_CEF; format++)
		for (int table = AUD_TABLE_FINDINGS; table <= AUD_TABLE_CONVERSATIONS; table++) {
			text = write_report(&r, (struct aud_report_opts){.format = (enum aud_format)format, .table = (enum aud_report_table)table}, &n);
			assert_int_equal(strlen(text), n);
			for (const char *c = text; *c; c++)
				assert_true(*c == '\n' || *c == '\t' || (unsigned char)*c >= 0x20);
			assert_null(strstr(text, "\xe2\x80\xae"));
			assert_null(strchr(text, '\xff'));
			free(text);
		}
	world_clear(&w);
}

static void
test_closed(void **state)
{
	static struct world w;
	struct aud_report r;

	(void)state;
	make(&w);
	world_judge(&w);
	r = report_of(&w);
	for (int format = AUD_FORMAT_TEXT; format <= AUD_FORMAT_CEF; format++) {
		struct aud_report_opts o = {.format = (enum aud_format)format};
		struct aud_err err = {0};
		FILE *f = fopen("/dev/full", "w");

		if (!f)
			skip();
		assert_int_equal(aud_report_write(&r, &o, f, &err), AUD_IO);
		assert_int_equal(err.code, AUD_IO);
		fclose(f);
	}
	world_clear(&w);
}

static void
test_formats(void **state)
{
	static struct world w;
	struct aud_err err = {0};
	struct aud_report r;
	char names[128];

	(void)state;
	assert_int_equal(aud_format_by_name("cef"), AUD_FORMAT_CEF);
	assert_int_equal(aud_format_by_name("text"), AUD_FORMAT_TEXT);
	assert_int_equal(aud_format_by_name("json"), AUD_FORMAT_JSON);
	assert_int_equal(aud_format_by_name("yaml"), -1);
	make(&w);
	r = report_of(&w);
	assert_int_equal(
	    aud_report_write(&r, &(struct aud_report_opts){.format = (enum aud_format)99}, stdout, &err), AUD_USAGE);
	/* Every name that the message names is one. */
	snprintf(names, sizeof names, "%s", aud_format_names());
	for (char *rest = names, *name; (name = strsep(&rest, " "));)
		assert_true(aud_format_by_name(name) >= 0);
	world_clear(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden),
	    cmocka_unit_test(test_coverage),
	    cmocka_unit_test(test_window),
	    cmocka_unit_test(test_tunnel),
	    cmocka_unit_test(test_width),
	    cmocka_unit_test(test_color),
	    cmocka_unit_test(test_totals),
	    cmocka_unit_test(test_clean),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_closed),
	    cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
