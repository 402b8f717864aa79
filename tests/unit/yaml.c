#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "yaml.h"

static struct aud_yaml *
parse(const char *text)
{
	struct aud_err err = {0};
	struct aud_yaml *y;

	if (aud_yaml_parse(&y, "f.yaml", text, strlen(text), &err))
		fail_msg("%s", err.msg);
	return y;
}

/* Lines and columns counted by hand in the text. */
static void
test_places(void **state)
{
	struct aud_yaml *y = parse("a: 1\nlist:\n  - x\n  - {k: 'v', e: }\n\xc3\xb1: \xc3\xb1 # two bytes, one column\nempty:\n");
	const struct aud_yaml *n;

	(void)state;
	assert_int_equal(y->kind, AUD_YAML_MAP);
	assert_int_equal(y->n, 4);
	assert_string_equal(y->file, "f.yaml");
	n = aud_yaml_get(y, "a");
	assert_string_equal(n->text, "1");
	assert_int_equal(n->line, 1);
	assert_int_equal(n->column, 4);
	assert_false(n->quoted);
	n = aud_yaml_get(y, "list");
	assert_int_equal(n->kind, AUD_YAML_LIST);
	assert_int_equal(n->n, 2);
	assert_int_equal(n->items[0].line, 3);
	assert_int_equal(n->items[0].column, 5);
	assert_int_equal(n->items[1].items[0].column, 9);
	assert_true(n->items[1].items[0].quoted);
	assert_string_equal(n->items[1].items[1].text, "");
	n = aud_yaml_get(y, "\xc3\xb1");
	assert_int_equal(n->line, 5);
	assert_int_equal(n->column, 4);
	assert_string_equal(aud_yaml_get(y, "empty")->text, "");
	assert_null(aud_yaml_get(y, "none"));
	assert_null(aud_yaml_get(n, "scalars have no keys"));
	aud_yaml_free(y);
	aud_yaml_free(NULL);
}

static void
test_forms(void **state)
{
	struct aud_yaml *y = parse("\xef\xbb\xbf# mark\r\nplain: a b\r\nsingle: 'it''s'\r\ndouble: \"\\u00e9\"\r\nblock: |\r\n  1\r\n  2\r\n");

	(void)state;
	assert_int_equal(y->line, 2);
	assert_int_equal(y->column, 1);
	assert_string_equal(aud_yaml_get(y, "plain")->text, "a b");
	assert_string_equal(aud_yaml_get(y, "single")->text, "it's");
	assert_string_equal(aud_yaml_get(y, "double")->text, "\xc3\xa9");
	assert_string_equal(aud_yaml_get(y, "block")->text, "1\n2\n");
	assert_true(aud_yaml_get(y, "block")->quoted);
	aud_yaml_free(y);
}

#define BYTES(s) s, sizeof s - 1
#define SIX(s) s s s s s s
static const struct {
	const char *name, *text;
	size_t len;
	const char *expected;
} wrong[] = {
    {"empty", BYTES(""), "f.yaml:1:1: the file is empty"},
    {"comments only", BYTES("# nothing\n"), "f.yaml:2:1: the file is empty"},
    {"two documents", BYTES("a: 1\n---\nb: 2\n"), "f.yaml:2:1: a second YAML document begins here: one is read"},
    {"alias", BYTES("a: *x\n"), "f.yaml:1:4: the alias '*x': aliases are not read; quote the text if it begins with '*'"},
    {"anchor", BYTES("a: &x 1\n"), "f.yaml:1:4: the anchor '&x': anchors and aliases are not read; quote the text if it begins with '&'"},
    {"anchor of a list", BYTES("a: &x [1]\n"), "f.yaml:1:4: the anchor '&x': anchors and aliases are not read"},
    {"tag", BYTES("a: !!str 1\n"), "f.yaml:1:4: the tag 'tag:yaml.org,2002:str': tags are not read"},
    {"tag of a map", BYTES("a: !x {}\n"), "f.yaml:1:4: the tag '!x': tags are not read"},
    {"key is a list", BYTES("? [a]\n: 1\n"), "f.yaml:1:3: a key must be a word, not a list or a map"},
    {"key twice", BYTES("a: 1\nb: 2\na: 3\n"), "f.yaml:3:1: the key 'a' is there twice, first in line 1: keep one"},
    {"first repetition is told", BYTES("b: 1\na: 1\nb: 1\na: 1\n"), "f.yaml:3:1: the key 'b' is there twice, first in line 1: keep one"},
    {"key thrice", BYTES("a: 1\na: 2\na: 3\n"), "f.yaml:2:1: the key 'a' is there twice, first in line 1: keep one"},
    {"tab", BYTES("a:\n\tb: 1\n"), "f.yaml:2:1: a tab: YAML indents with spaces only"},
    {"Latin-1", BYTES("a: 1\nb: \xf1z\n"), "f.yaml:2:4: this is not UTF-8 (byte 0xf1): save the file as UTF-8"},
    {"overlong", BYTES("a: \xc0\xaf\n"), "f.yaml:1:4: this is not UTF-8 (byte 0xc0): save the file as UTF-8"},
    {"surrogate", BYTES("a: \xed\xa0\x80\n"), "f.yaml:1:4: this is not UTF-8 (byte 0xed): save the file as UTF-8"},
    {"cut", BYTES("a: \xc3"), "f.yaml:1:4: this is not UTF-8 (byte 0xc3): save the file as UTF-8"},
    {"UTF-16", BYTES("\xff\xfe" "a\0:\0"), "f.yaml:1:1: this is not UTF-8 (byte 0xff): save the file as UTF-8"},
    {"control character", BYTES("a: \x01\n"), "f.yaml:1:4: the control character 0x01 cannot stand in YAML: delete it"},
    {"NUL", BYTES("a: b\0c\n"), "f.yaml:1:5: the control character 0x00 cannot stand in YAML: delete it"},
    {"NUL by escape", BYTES("a: \"b\\0c\"\n"), "f.yaml:1:4: a NUL character in the text 'b': delete it"},
    {"unclosed list", BYTES("a: [1, 2\nb: 3\n"), "f.yaml:2:2: not valid YAML near ': 3': "},
    {"unclosed quote", BYTES("a: 'x\n"), "f.yaml:2:1: not valid YAML near '': found unexpected end of stream (while scanning a quoted scalar in line 1)"},
    {"colon in plain text", BYTES("a: b: c\n"), "f.yaml:1:5: not valid YAML near ': c': mapping values are not allowed in this context: a text that "
     "holds ': ' must stand in quotes"},
    {"two colons", BYTES("a: [::1]\n"), "f.yaml:1:5: text that begins with ':' must stand in quotes ('::1')"},
    {"33 levels", BYTES(SIX("[[[[[") "[[[" "]]]" SIX("]]]]]")), "f.yaml:1:33: nested over 32 levels deep"},
};

static void
test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct aud_err err = {0};
		struct aud_yaml *y;

		assert_int_equal(aud_yaml_parse(&y, "f.yaml", wrong[i].text, wrong[i].len, &err), AUD_RULES);
		assert_null(y);
		assert_int_equal(err.code, AUD_RULES);
		if (strncmp(err.msg, wrong[i].expected, strlen(wrong[i].expected)) != 0)
			fail_msg("%s: expected \"%s\", got \"%s\"", wrong[i].name, wrong[i].expected, err.msg);
	}
}

static void
test_depth(void **state)
{
	(void)state;
	aud_yaml_free(parse(SIX("[[[[[") "[[" "]]" SIX("]]]]]")));
}

/* A message stays one clean line whatever the file says, and the reason is told however long the path is. */
static void
test_message(void **state)
{
	struct aud_err err = {0};
	struct aud_yaml *y = parse("\"\\e[31m\\n\\u009b\\u00e9\": 1\n");
	char path[400];

	(void)state;
	assert_int_equal(aud_yaml_keys(y, NULL, 0, &err), AUD_RULES);
	assert_string_equal(err.msg, "f.yaml:1:1: unknown key '?[31m???\xc3\xa9'");
	aud_yaml_free(y);

	/* Forty bytes of a word are shown: here the last is half a letter. */
	err = (struct aud_err){0};
	y = parse("x\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9: 1\n");
	assert_int_equal(aud_yaml_keys(y, NULL, 0, &err), AUD_RULES);
	assert_string_equal(err.msg + strlen(err.msg) - 4, "\xc3\xa9?'");
	aud_yaml_free(y);

	memset(path, 'd', sizeof path);
	memcpy(path + sizeof path - 6, "/last", 6);
	err = (struct aud_err){0};
	assert_int_equal(aud_yaml_parse(&y, path, "", 0, &err), AUD_RULES);
	assert_non_null(strstr(err.msg, "/last:1:1: the file is empty"));
	assert_memory_equal(err.msg, "...d", 4);
}

static void
test_helpers(void **state)
{
	static const char *const names[] = {"address", "roles", "front-end", "edge-av-internal", "edge-av-external"};
	static const struct {
		const char *word, *near;
	} rows[] = {{"adress", "address"}, {"Address", "address"}, {"frontend", "front-end"}, {"rolse", "roles"}, {"role", "roles"},
	    {"edge-av-intrenal", "edge-av-internal"}, {"fe", NULL}, {"", NULL}, {"gateway", NULL}, {"x", NULL}};
	struct aud_err err = {0};
	struct aud_yaml *y = parse("adress: [1]\nrole: x\nzzz:\n");

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *near = aud_nearest(rows[i].word, names, 5);

		if ((near == NULL) != (rows[i].near == NULL) || (near && strcmp(near, rows[i].near) != 0))
			fail_msg("%s: expected %s, got %s", rows[i].word, rows[i].near ? rows[i].near : "none", near ? near : "none");
	}
	assert_int_equal(aud_yaml_keys(y, names, 5, &err), AUD_RULES);
	assert_string_equal(err.msg, "f.yaml:1:1: unknown key 'adress': did you mean 'address'?");
	err = (struct aud_err){0};
	assert_int_equal(aud_yaml_want(&y->items[0], AUD_YAML_SCALAR, "address", &err), AUD_RULES);
	assert_string_equal(err.msg, "f.yaml:1:9: address must be a single value, not a list");
	err = (struct aud_err){0};
	assert_int_equal(aud_yaml_want(&y->items[1], AUD_YAML_LIST, "role", &err), AUD_RULES);
	assert_string_equal(err.msg, "f.yaml:2:7: role must be a list, not 'x'");
	err = (struct aud_err){0};
	assert_int_equal(aud_yaml_want(&y->items[2], AUD_YAML_MAP, "zzz", &err), AUD_RULES);
	assert_string_equal(err.msg, "f.yaml:3:5: zzz must be a map (key: value), not empty");
	assert_int_equal(aud_yaml_want(&y->items[1], AUD_YAML_SCALAR, "role", &err), AUD_OK);
	assert_int_equal(aud_yaml_fail(NULL, y, "nobody reads this"), AUD_RULES);
	aud_yaml_free(y);
}

/* A hostile map costs no quadratic time: 200,000 keys are read, and the one that is there twice is told. */
static void
test_many_keys(void **state)
{
	size_t n = 200000, used = 0;
	char *text = malloc(n * 12 + 64);
	struct aud_err err = {0};
	struct aud_yaml *y;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		used += (size_t)sprintf(text + used, "k%zu: 1\n", i);
	assert_int_equal(aud_yaml_parse(&y, "f.yaml", text, used, &err), AUD_OK);
	assert_int_equal(y->n, n);
	aud_yaml_free(y);
	used += (size_t)sprintf(text + used, "k77: 1\n");
	assert_int_equal(aud_yaml_parse(&y, "f.yaml", text, used, &err), AUD_RULES);
	assert_string_equal(err.msg, "f.yaml:200001:1: the key 'k77' is there twice, first in line 78: keep one");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_wrong),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_message),
	    cmocka_unit_test(test_helpers),
	    cmocka_unit_test(test_many_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
