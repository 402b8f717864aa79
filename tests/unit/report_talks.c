/* The table of conversations, byte for byte: quoting by RFC 4180 and RFC 8259, formulas by CWE-1236, and what comes back in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <aud/report.h>

#include "cells.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static char *
told(const struct aud_report *r, enum aud_format format)
{
	const struct aud_report_opts opts = {.format = format, .table = AUD_TABLE_CONVERSATIONS};
	char *s = NULL, *line;
	size_t n;
	FILE *f = open_memstream(&s, &n);

	assert_non_null(f);
	assert_int_equal(aud_report_write(r, &opts, f, NULL), AUD_OK);
	assert_int_equal(fclose(f), 0);
	/* Of the lines that which ends the report. */
	s[n - 1] = '\0';
	line = strrchr(s, '\n');
	line = strdup(line ? line + 1 : s);
	free(s);
	assert_non_null(line);
	return line;
}

/* A conversation in which all that comes from outside is hostile. */
static void
test_hostile(void **state)
{
	struct aud_input input = {.info = {.path = "a\"; b.pcap", .kernel_drops = UINT64_MAX, .interface_drops = UINT64_MAX}};
	struct aud_host host = {.lo = {{10, 0, 0, 1}, 4}, .hi = {{10, 0, 0, 1}, 4}, .name = "=1+1;\t@x", .roles = AUD_ROLE_BIT(AUD_ROLE_FRONT_END)};
	struct aud_site site = {.path = "site.yaml", .hosts = &host, .nhosts = 1};
	struct aud_coverage coverage = {.kernel_drops = UINT64_MAX};
	struct aud_ruling ruling = {.app = "x\x1b[31m\"\\\xe2\x80\xae,\xff", .tunnel = "gre/vxlan", .client = {.roles = 0},
	    .server = {.roles = host.roles | AUD_ROLE_BIT(AUD_ROLE_MEDIATION), .host = &host},
	    .verdict = {.answer = AUD_NO_ROLE, .failed = AUD_STEP_ROLES}};
	struct aud_conv conv = {.client = {{0x20, 1, 0xd, 0xb8, [15] = 1}, 6}, .server = host.lo, .port = 5061, .proto = 6, .flows = 100,
	    .packets = {0, 7}, .bytes = {UINT64_MAX, 1000}, .first_ns = 1000000001, .last_ns = 61000000000, .tls_min = 0x31, .tls_max = 2,
	    .client_port_lo = 50000, .client_port_hi = 50000, .direction = AUD_DIR_SYN, .frames = {132}};
	struct aud_case c = {.conv = &conv, .ruling = &ruling, .in_scope = true};
	struct aud_trial trial = {.site = &site, .cases = &c, .ncases = 1, .coverage = &coverage, .inputs = &input, .ninputs = 1};
	struct aud_report r = {.version = "1", .trial = &trial};
	char *csv = told(&r, AUD_FORMAT_CSV), *jsonl = told(&r, AUD_FORMAT_JSONL);

	(void)state;
	assert_string_equal(csv,
	    "2001:db8::1,,,10.0.0.1,\"'=1+1;\\x09@x\",\"front-end mediation\",tcp,5061,\"x\\x1b[31m\"\"\\\\u{202e},\\xff\",unknown_host,,roles,,"
	    "syn,gre/vxlan,100,no,50000,50000,0,7,18446744073709551615,1000,\"TLS 1.0\",\"SSL 2.0\",1970-01-01T00:00:01.000000001Z,"
	    "1970-01-01T00:01:01.000000000Z,\"a\"\"; b.pcap:132\"");
	assert_string_equal(jsonl,
	    "{\"schema\":\"spanaudit/1\",\"timestamp\":\"1970-01-01T00:00:01.000000001Z\",\"event_type\":\"conversation\","
	    "\"src_ip\":\"2001:db8::1\",\"src_port\":50000,\"dest_ip\":\"10.0.0.1\",\"dest_port\":5061,\"proto\":\"TCP\","
	    "\"app_proto\":\"x\\\\x1b[31m\\\"\\\\\\\\u{202e},\\\\xff\",\"conversation\":{\"client\":{\"address\":\"2001:db8::1\",\"name\":null,"
	    "\"roles\":[]},\"server\":{\"address\":\"10.0.0.1\",\"name\":\"=1+1;\\\\x09@x\",\"roles\":[\"front-end\",\"mediation\"]},"
	    "\"transport\":\"tcp\",\"port\":5061,\"app\":\"x\\\\x1b[31m\\\"\\\\\\\\u{202e},\\\\xff\",\"class\":\"unknown_host\",\"certainty\":null,"
	    "\"failed\":\"roles\",\"rule\":null,\"direction_by\":\"syn\",\"tunnel\":\"gre/vxlan\",\"flows\":100,\"attempts_only\":false,"
	    "\"client_port_lo\":50000,\"client_port_hi\":50000,\"packets_client\":0,\"packets_server\":7,"
	    "\"bytes_client\":18446744073709551615,\"bytes_server\":1000,\"tls_min\":\"TLS 1.0\",\"tls_max\":\"SSL 2.0\","
	    "\"first\":\"1970-01-01T00:00:01.000000001Z\",\"last\":\"1970-01-01T00:01:01.000000000Z\","
	    "\"evidence\":[{\"input\":\"a\\\"; b.pcap\",\"frame\":132}]}}");
	free(csv);
	free(jsonl);
}

/* What is remembered is given back for its own text only, whatever drove it out meanwhile and across the buffer's end. */
static void
test_memory(void **state)
{
	enum { TEXTS = 3000, ROUNDS = 3 };
	char *s, *at;
	size_t n;
	FILE *f = open_memstream(&s, &n);
	struct cells *c = cells_new(f, false);

	(void)state;
	assert_non_null(c);
	for (int i = 0; i < ROUNDS * TEXTS; i++) {
		char text[400];

		/* Every seventh is longer than what is remembered. */
		snprintf(text, sizeof text, i % 7 ? "a,%d" : "%0300d", i % TEXTS);
		cells_text(c, text);
		cells_time(c, UINT64_C(1000000000) * (uint64_t)(i % TEXTS + 1) + 5);
		if (!cells_again(c, f, (uint64_t)(i % TEXTS))) {
			char *shown;

			assert_true(asprintf(&shown, "|%d\n", i % TEXTS) > 0);
			cells_keep(c, f, (uint64_t)(i % TEXTS), shown);
		}
	}
	cells_flush(c);
	assert_false(c->failed);
	cells_free(c);
	assert_int_equal(fclose(f), 0);
	at = s;
	for (int i = 0; i < ROUNDS * TEXTS; i++) {
		char line[500];
		int k = i % TEXTS, t = k + 1;

		snprintf(line, sizeof line, i % 7 ? "\"a,%d\"1970-01-01T00:%02d:%02d.000000005Z|%d\n" :
		    "%0300d1970-01-01T00:%02d:%02d.000000005Z|%d\n", k, t / 60, t % 60, k);
		if (strncmp(at, line, strlen(line)) != 0)
			fail_msg("line %d: %.340s", i, at);
		at += strlen(line);
	}
	assert_ptr_equal(at, s + n);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_hostile), cmocka_unit_test(test_memory)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
