/*
 * The HTML report: what leaves its place, display filters, and that the policy names the very style and script that are there. What a
 * browser makes of it: tests/page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gcrypt.h>

#include "html.h"
#include "judge_world.h"

static char *
text_of(void (*write)(struct page *, const char *), const char *s)
{
	struct page p = {0};
	char *text;
	size_t n;

	assert_non_null(p.out = open_memstream(&text, &n));
	write(&p, s);
	assert_int_equal(fclose(p.out), 0);
	assert_false(p.failed);
	return text;
}

/* HTML 13.1.2.3 and 13.3: what may stand in text and in a quoted attribute. */
static void
test_text(void **state)
{
	static const struct {
		const char *name, *in, *out;
	} table[] = {
	    {"none", NULL, ""},
	    {"empty", "", ""},
	    {"plain", "fe01", "fe01"},
	    {"markup", "<b a=\"c\" d='e'>&amp;", "&lt;b a=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;"},
	    {"controls", "a\x1b[31m\r\n\x7f", "a\\x1b[31m\\x0d\\x0a\\x7f"},
	    {"invalid UTF-8", "a\xff\xc0\xaf", "a\\xff\\xc0\\xaf"},
	    {"right-to-left override", "a\xe2\x80\xae" "b", "a\\u{202e}b"},
	    {"letters of other scripts", "\xd7\xa9 \xc3\xa9 \xf0\x9f\x93\x9e", "\xd7\xa9 \xc3\xa9 \xf0\x9f\x93\x9e"},
	    {"two marks on a letter", "e\xcc\x81\xcc\xa3x", "e\xcc\x81\xcc\xa3x"},
	    {"a pile of marks", "e\xcc\x81\xcc\xa3\xcc\x82\xcc\x83x", "e\xcc\x81\xcc\xa3\\xcc\\x82\\xcc\\x83x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *text = text_of(html_text, table[i].in);

		if (strcmp(text, table[i].out))
			fail_msg("%s: '%s', not '%s'", table[i].name, text, table[i].out);
		free(text);
	}
}

/* At a boundary of characters, and never inside of a reference. */
static void
test_cut(void **state)
{
	char in[4 * CUT_NAME], *text;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < CUT_NAME + 1; i++)
		n += (size_t)sprintf(in + n, i % 2 ? "\xc3\xa9" : "&");
	text = text_of(html_name, in);
	assert_int_equal(strlen(text), strlen("<bdi></bdi>") + CUT_NAME / 2 * (2 + strlen("&amp;")) + strlen("\xe2\x80\xa6"));
	assert_string_equal(text + strlen(text) - strlen("\xc3\xa9\xe2\x80\xa6</bdi>"), "\xc3\xa9\xe2\x80\xa6</bdi>");
	free(text);
	/* Longer than what is kept on the stack. */
	memset(in, '<', 300);
	in[300] = '\0';
	text = text_of(html_text, in);
	assert_int_equal(strlen(text), 300 * strlen("&lt;"));
	free(text);
}

/* wireshark-filter(4): ==, in {}, and the fields of Wireshark's display filter reference. */
static void
test_filter(void **state)
{
	static const struct {
		const char *client, *server;
		int port;
		uint8_t proto;
		const char *flow;
	} table[] = {
	    {"10.2.0.7", "10.1.0.11", 5061, 6, "ip.addr == 10.2.0.7 && ip.addr == 10.1.0.11 && tcp.port == 5061"},
	    {"2001:db8::7", "2001:db8::11", 3478, 17, "ipv6.addr == 2001:db8::7 && ipv6.addr == 2001:db8::11 && udp.port == 3478"},
	    {"10.2.0.7", NULL, -1, 6, "ip.addr == 10.2.0.7 && tcp"},
	    {NULL, "10.1.0.11", -1, 0, "ip.addr == 10.1.0.11"},
	    {"10.2.0.7", "10.1.0.11", 0, 50, "ip.addr == 10.2.0.7 && ip.addr == 10.1.0.11 && esp"},
	    {"10.2.0.7", "10.1.0.11", 9, 132, "ip.addr == 10.2.0.7 && ip.addr == 10.1.0.11 && sctp.port == 9"},
	    {"10.2.0.7", "10.1.0.11", -1, 89, "ip.addr == 10.2.0.7 && ip.addr == 10.1.0.11 && ip.proto == 89"},
	    {"2001:db8::7", "2001:db8::11", -1, 89, "ipv6.addr == 2001:db8::7 && ipv6.addr == 2001:db8::11 && ipv6.nxt == 89"},
	    {NULL, NULL, 5061, 6, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct aud_finding f = {.port = table[i].port, .proto = table[i].proto};
		bool failed = false;
		char *flow;

		assert_true(!table[i].client || aud_addr_parse(table[i].client, &f.client));
		assert_true(!table[i].server || aud_addr_parse(table[i].server, &f.server));
		flow = html_filter_flow(&f, &failed);
		if (table[i].flow) {
			assert_non_null(flow);
			assert_string_equal(flow, table[i].flow);
		} else
			assert_null(flow);
		assert_false(failed);
		free(flow);
	}
}

static void
test_frames(void **state)
{
	struct aud_finding f = {.evidence = {12, 15, UINT64_C(1) << 48 | 77}, .nevidence = 3};
	bool failed = false;
	char *s;

	(void)state;
	assert_non_null(s = html_filter_frames(&f, 0, &failed));
	assert_string_equal(s, "frame.number in {12, 15}");
	free(s);
	assert_non_null(s = html_filter_frames(&f, 1, &failed));
	assert_string_equal(s, "frame.number in {77}");
	free(s);
	assert_null(html_filter_frames(&f, 2, &failed));
	assert_false(failed);
}

static char *
page_of(struct world *w, size_t *n)
{
	struct aud_report r = {.version = "0.1.0", .ndpi_version = "4.2.0", .pcap_version = "1.10.3", .sqlite_version = "3.40.1", .trial = &w->trial};
	struct aud_report_opts o = {.format = AUD_FORMAT_HTML};
	struct aud_err err = {0};
	char *text;
	FILE *f = open_memstream(&text, n);

	assert_non_null(f);
	aud_report_totals(&r);
	assert_int_equal(aud_report_write(&r, &o, f, &err), AUD_OK);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* The hash source of CSP 3, 2.3.1, of what stands between the tags, is in the policy. */
static void
in_policy(const char *page, const char *directive, const char *open, const char *close)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *from = strstr(page, open), *to = from ? strstr(from, close) : NULL, *policy = strstr(page, directive);
	unsigned char sum[33] = {0};
	char text[45] = "";

	assert_non_null(to);
	assert_non_null(policy);
	assert_null(strstr(to + 1, open));
	from += strlen(open);
	gcry_md_hash_buffer(GCRY_MD_SHA256, sum, from, (size_t)(to - from));
	for (int i = 0; i < 43; i++) {
		unsigned bit = 6 * (unsigned)i, at = bit / 8, v = (unsigned)sum[at] << 8 | sum[at + 1];

		text[i] = digits[v >> (10 - bit % 8) & 63];
	}
	text[43] = '=';
	policy += strlen(directive);
	assert_memory_equal(policy, " 'sha256-", 9);
	assert_memory_equal(policy + 9, text, 44);
}

static void
test_page(void **state)
{
	static struct world w;
	char *first, *second;
	size_t n, again;

	(void)state;
	world_init(&w);
	w.site.name = "<script>alert(1)</script>";
	w.inputs[0].info.path = "/srv/secret/\"><img src=x>.pcap";
	case_failed(world_case(&w, "10.2.0.8", "10.1.0.11", 5061), AUD_STEP_APP, RULE_5061);
	case_app(&w.cases[0], "SSH");
	world_judge(&w);
	first = page_of(&w, &n);
	second = page_of(&w, &again);
	assert_int_equal(n, again);
	assert_memory_equal(first, second, n);
	in_policy(first, "style-src", "<style>", "</style>");
	in_policy(first, "script-src", "<script>", "</script>");
	assert_non_null(strstr(first, "default-src 'none'"));
	assert_non_null(strstr(first, "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi></h1>"));
	assert_non_null(strstr(first, "&quot;&gt;&lt;img src=x&gt;.pcap"));
	assert_null(strstr(first, "/srv"));
	assert_null(strstr(first, "<img"));
	assert_non_null(strstr(first, "ip.addr == 10.2.0.8 &amp;&amp; ip.addr == 10.1.0.11 &amp;&amp; tcp.port == 5061"));
	free(first);
	free(second);
	world_clear(&w);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_filter),
	    cmocka_unit_test(test_frames),
	    cmocka_unit_test(test_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
