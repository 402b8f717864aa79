/* The draft of a site file: names of the network stay in their comments, whatever bytes they are of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <aud/discover.h>

static void
test_names(void **state)
{
	static const char *const names[] = {"x\n  - {address: 10.9.9.9, roles: [client]}", "\r\nhosts: []", "a\033]0;x\a", "\xff\xfe",
	    "\xe2\x80\xaegpj", "'\"#: {"};
	struct aud_conv conv = {.port = 5061, .proto = 6, .flows = 1, .answered = 1, .packets = {3, 3}};
	struct aud_ruling ruling = {.app = names[0]};
	struct aud_case c = {.conv = &conv, .ruling = &ruling};
	struct aud_input input = {.info = {.path = names[0]}};
	struct aud_coverage coverage = {.first_ns = 1, .last_ns = 2};
	struct aud_trial trial = {.cases = &c, .ncases = 1, .coverage = &coverage, .inputs = &input, .ninputs = 1};
	struct aud_report report = {.trial = &trial};

	(void)state;
	assert_true(aud_addr_parse("10.1.0.5", &conv.client));
	assert_true(aud_addr_parse("10.1.0.9", &conv.server));
	conv.app.by = AUD_BY_DPI;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct aud_server_name name = {.server = conv.server, .certificate = i % 2};
		struct aud_err err = {0};
		struct aud_draft *d;
		char *text, *rest;
		size_t n;
		FILE *f = open_memstream(&text, &n);

		assert_non_null(f);
		snprintf(name.name, sizeof name.name, "%s", names[i]);
		assert_int_equal(aud_draft_new(&d, &report, &name, 1, &err), AUD_OK);
		aud_draft_write(d, f);
		aud_draft_free(d);
		assert_int_equal(fclose(f), 0);
		assert_non_null(strstr(text, "10.1.0.9"));
		assert_non_null(strstr(text, i % 2 ? "its certificate names '" : "clients ask it for '"));
		assert_null(strstr(text, "\xe2\x80\xae"));
		for (const char *b = text; *b; b++)
			assert_true(*b == '\n' || ((unsigned char)*b >= 0x20 && (unsigned char)*b < 0xfe));
		rest = text;
		/* Nothing is known of the hosts without a matrix: all is comment but these. */
		for (char *line; (line = strsep(&rest, "\n"));)
			if (line[strspn(line, " ")] != '#' && *line && strcmp(line, "site: draft") != 0 && strcmp(line, "hosts: []") != 0)
				fail_msg("broke out: %s", line);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
