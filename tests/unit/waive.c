/* A waiver written into the text of a site file: what comes out, byte for byte; what has no safe place is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <aud/site.h>

#define HEAD "# who is who\nsite: x   # a comment\nhosts:\n  - {address: 10.0.0.1, roles: [front-end]}\n"
#define OLD "finding: \"aa\"\n    reason: r\n    owner: o\n"
#define NEW "finding: \"0123456789abcdef\"\n    reason: \"until the move\"\n    owner: \"net team\"\n    expires: 2027-01-31\n"
#define FLOW "{finding: \"0123456789abcdef\", reason: \"until the move\", owner: \"net team\", expires: 2027-01-31}"

static const struct aud_waiver_words usual = {
    .finding = "0123456789abcdef", .reason = "until the move", .owner = "net team", .expires = "2027-01-31"};

/* after: NULL: refused, with this in the reason. */
static const struct {
	const char *name, *before, *after, *why;
} rows[] = {
    {"none yet", HEAD, HEAD "waivers:\n  - " NEW, NULL},
    {"none yet, and no end of the last line", "site: x", "site: x\nwaivers:\n  - " NEW, NULL},
    {"none yet, all keys moved to the right", "  site: x\n  product: lync-2013\n", "  site: x\n  product: lync-2013\n  waivers:\n    - "
	"finding: \"0123456789abcdef\"\n      reason: \"until the move\"\n      owner: \"net team\"\n      expires: 2027-01-31\n", NULL},
    {"an empty list", HEAD "waivers: []\n", HEAD "waivers:\n  - " NEW, NULL},
    {"an empty list with a comment", "waivers: []   # none\nsite: x\n", "waivers:   # none\n  - " NEW "site: x\n", NULL},
    {"an empty list over two lines", "waivers: [ # none\n  ]\nsite: x\n", "waivers:\n  - " NEW "site: x\n", NULL},
    {"an empty list, and no end of the last line", "site: x\nwaivers: []", "site: x\nwaivers:\n  - " NEW, NULL},
    {"a block", HEAD "waivers:\n  - " OLD, HEAD "waivers:\n  - " OLD "  - " NEW, NULL},
    {"a block without an end of the last line", "site: x\nwaivers:\n  - {finding: aa, reason: r, owner: o}",
	"site: x\nwaivers:\n  - {finding: aa, reason: r, owner: o}\n  - " NEW, NULL},
    {"a block that is not moved to the right", "waivers:\n- {finding: aa, reason: r, owner: o}\nsite: x\n", "waivers:\n- {finding: aa, "
	"reason: r, owner: o}\n- finding: \"0123456789abcdef\"\n  reason: \"until the move\"\n  owner: \"net team\"\n  expires: 2027-01-31\nsite: x\n", NULL},
    {"a block, and the next key's comment", "waivers:\n  - " OLD "\n# the name\nsite: x\n", "waivers:\n  - " OLD "  - " NEW "\n# the name\nsite: x\n", NULL},
    {"a block, and comments at the end", "site: x\nwaivers:\n  # first\n  - " OLD "  # last\n\n", "site: x\nwaivers:\n  # first\n  - " OLD
	"  - " NEW "  # last\n\n", NULL},
    {"a text whose last line looks like a comment", "waivers:\n  - finding: aa\n    owner: o\n    reason: |\n      first\n      # not a comment\nsite: x\n",
	"waivers:\n  - finding: aa\n    owner: o\n    reason: |\n      first\n      # not a comment\n  - " NEW "site: x\n", NULL},
    {"a list in brackets", "waivers: [{finding: aa, reason: \"a ] b\", owner: 'it''s }'}]  # one\nsite: x\n",
	"waivers: [{finding: aa, reason: \"a ] b\", owner: 'it''s }'}, " FLOW "]  # one\nsite: x\n", NULL},
    {"a list in brackets with a comma at its end", "waivers: [\n  {finding: aa, reason: r, owner: o},\n]\n",
	"waivers: [\n  {finding: aa, reason: r, owner: o}, " FLOW "\n]\n", NULL},
    {"lines that end with CR and LF", "site: x\r\nwaivers: []\r\n", "site: x\r\nwaivers:\r\n  - finding: \"0123456789abcdef\"\r\n    reason: "
	"\"until the move\"\r\n    owner: \"net team\"\r\n    expires: 2027-01-31\r\n", NULL},
    {"letters of several bytes before the list", "{site: h\xc3\xa9, waivers: [], product: lync-2013}\n", NULL, "write it there by hand"},
    {"all in braces", "{site: x}\n", NULL, "write it there by hand"},
    {"an end of the document", "site: x\n...\n", NULL, "site.yaml"},
    {"a comment within the brackets", "waivers: [{finding: aa, reason: r, owner: o} # one\n  ]\n", NULL, "write it there by hand"},
};

static struct aud_site *
parse(const char *text)
{
	struct aud_err err = {0};
	struct aud_site *site;

	if (aud_site_parse(&site, "site.yaml", text, strlen(text), &err))
		fail_msg("%s: %s", text, err.msg);
	return site;
}

static void
test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct aud_site *site = parse(rows[i].before), *waived;
		struct aud_err err = {0};
		char *text;
		enum aud_code code = aud_site_waive(&text, &waived, site, &usual, &err);

		if (code != (rows[i].after ? AUD_OK : AUD_RULES) || (code && !strstr(err.msg, rows[i].why)))
			fail_msg("%s: %d %s", rows[i].name, code, err.msg);
		if (rows[i].after && strcmp(rows[i].after, text) != 0)
			fail_msg("%s:\n%s\nexpected:\n%s", rows[i].name, text, rows[i].after);
		if (!code) {
			assert_int_equal(waived->nwaivers, site->nwaivers + 1);
			assert_string_equal(waived->waivers[site->nwaivers].owner, "net team");
			assert_string_equal(waived->waivers[site->nwaivers].expires, "2027-01-31");
		} else
			assert_true(!text && !waived);
		free(text);
		aud_site_free(waived);
		aud_site_free(site);
	}
}

/* Whatever a person writes comes back as it was, or is refused; twice in a row too. */
static void
test_words(void **state)
{
	static const char *const reasons[] = {"plain", "a: b", "# no comment", "'single' \"double\" back\\slash", "- dash", "{brace}", "yes", "2027-01-31",
	    "h\xc3\xa9llo \xe2\x80\xa6", " blanks ", "two\nlines", "%directive", "&anchor *alias", "!tag", "tab\there"};
	static const char *const wrong[] = {"", "bad \xff byte", "bell\a", "esc\033[31m"};
	struct aud_site *site = parse(HEAD), *waived;
	struct aud_waiver_words w = usual;
	struct aud_err err = {0};
	char *text;

	(void)state;
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
		w.reason = w.owner = reasons[i];
		err = (struct aud_err){0};
		if (aud_site_waive(&text, &waived, site, &w, &err))
			fail_msg("%s: %s", reasons[i], err.msg);
		assert_string_equal(waived->waivers[i].reason, reasons[i]);
		assert_string_equal(waived->waivers[i].owner, reasons[i]);
		aud_site_free(site);
		aud_site_free(waived);
		site = parse(text);
		free(text);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		w.reason = wrong[i];
		err = (struct aud_err){0};
		assert_int_equal(aud_site_waive(&text, &waived, site, &w, &err), AUD_RULES);
		assert_non_null(strstr(err.msg, "with this waiver the site file would be wrong"));
	}
	aud_site_free(site);
}

static void
test_terms(void **state)
{
	const struct aud_waiver_words terms = {.kind = "unknown-host", .client = "10.0.0.0/8", .server = "2001:db8::1", .port = "443/tcp",
	    .app = "TLS", .reason = "r", .owner = "o"};
	struct aud_waiver_words wrong = terms;
	struct aud_site *site = parse(HEAD), *waived;
	struct aud_err err = {0};
	char *text;

	(void)state;
	assert_int_equal(aud_site_waive(&text, &waived, site, &terms, &err), AUD_OK);
	assert_non_null(strstr(text, "waivers:\n  - kind: unknown-host\n    client: 10.0.0.0/8\n    server: \"2001:db8::1\"\n    port: 443/tcp\n"));
	assert_int_equal(waived->waivers[0].port, 443);
	assert_int_equal(waived->waivers[0].proto, 6);
	assert_null(waived->waivers[0].expires);
	aud_site_free(waived);
	free(text);
	wrong.kind = "unknown-hosts";
	assert_int_equal(aud_site_waive(&text, &waived, site, &wrong, &err), AUD_RULES);
	assert_non_null(strstr(err.msg, "unknown-hosts"));
	wrong = terms;
	wrong.client = "10.0.0.300";
	err = (struct aud_err){0};
	assert_int_equal(aud_site_waive(&text, &waived, site, &wrong, &err), AUD_RULES);
	assert_non_null(strstr(err.msg, "10.0.0.300"));
	aud_site_free(site);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_places), cmocka_unit_test(test_words), cmocka_unit_test(test_terms)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
