/* The matrix as CSV files for a spreadsheet and back: nothing is lost, and mistakes are told with their cell. */
#include "matrix_folder.h"

#include <dirent.h>
#include <stdint.h>

#include <aud/matrix.h>

#include "store_same.h"

static const char *const sheets[] = {"documents.csv", "rows.csv", "rules.csv"};
enum { SHEETS = 3, TEXT_MAX = 1 << 20 };

static void
path_in(char out[192], const char *dir, const char *name)
{
	snprintf(out, 192, "%s/%s%s%s", folder_path, dir, name ? "/" : "", name ? name : "");
}

static char *
slurp(const char *dir, const char *name)
{
	char path[192], *text = calloc(1, TEXT_MAX);
	FILE *f;

	path_in(path, dir, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_non_null(text);
	assert_true(fread(text, 1, TEXT_MAX - 1, f) < TEXT_MAX - 1);
	fclose(f);
	return text;
}

static void
spit(const char *dir, const char *name, const char *text)
{
	char path[192];
	FILE *f;

	path_in(path, dir, NULL);
	mkdir(path, 0777);
	path_in(path, dir, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static size_t
remove_dir(const char *dir)
{
	char path[192], file[512];
	size_t n = 0;
	DIR *d;

	path_in(path, dir, NULL);
	d = opendir(path);
	if (!d)
		return 0;
	for (struct dirent *e; (e = readdir(d));)
		if (e->d_name[0] != '.') {
			snprintf(file, sizeof file, "%s/%s", path, e->d_name);
			assert_int_equal(unlink(file), 0);
			n++;
		}
	closedir(d);
	rmdir(path);
	return n;
}

static int
remove_all(void **state)
{
	remove_dir("csv");
	remove_dir("rules");
	remove_dir("again");
	return folder_remove(state);
}

static struct aud_matrix *
load(const char *dir)
{
	struct aud_matrix *m = NULL;
	struct aud_err err = {0};

	if (aud_matrix_load(&m, dir, NULL, &err))
		fail_msg("%s", err.msg);
	return m;
}

static void
export(const struct aud_matrix *m, const char *dir)
{
	struct aud_err err = {0};
	char path[192];

	path_in(path, dir, NULL);
	if (aud_rules_export(m, NULL, path, &err))
		fail_msg("%s", err.msg);
}

static enum aud_code
import(struct aud_err *err)
{
	char from[192], to[192];

	path_in(from, "csv", NULL);
	path_in(to, "rules", NULL);
	*err = (struct aud_err){0};
	return aud_rules_import(from, NULL, to, err);
}

/* "rules" holds this matrix. Where a rule stands and the sum of the bytes are the folder's own; the name of its file is not. */
static void
same_matrix(const struct aud_matrix *m)
{
	struct aud_matrix *read, want = *m;
	struct aud_rule *rules = calloc(m->nrules, sizeof *rules);
	char path[192];

	path_in(path, "rules", NULL);
	read = load(path);
	assert_non_null(rules);
	assert_int_equal(read->nrules, m->nrules);
	for (size_t i = 0; i < m->nrules; i++) {
		const struct aud_rule *r = &read->rules[i];

		rules[i] = m->rules[i];
		assert_string_equal(strrchr(r->file, '/'), strrchr(rules[i].file, '/'));
		rules[i].file = r->file;
		rules[i].line = r->line;
		rules[i].column = r->column;
	}
	want.rules = rules;
	memcpy(want.sha256, read->sha256, sizeof want.sha256);
	assert_same(&want, read);
	export(read, "again");
	for (size_t i = 0; i < SHEETS; i++) {
		char *a = slurp("csv", sheets[i]), *b = slurp("again", sheets[i]);

		assert_string_equal(a, b);
		free(a);
		free(b);
	}
	free(rules);
	aud_matrix_free(read);
}

static void
round_trip(const char *dir)
{
	struct aud_matrix *m = load(dir);
	struct aud_err err;

	export(m, "csv");
	if (import(&err))
		fail_msg("%s", err.msg);
	same_matrix(m);
	aud_matrix_free(m);
	assert_int_equal(remove_dir("csv"), SHEETS);
	assert_int_equal(remove_dir("again"), SHEETS);
	assert_true(remove_dir("rules") > 2);
}

static void
test_builtin(void **state)
{
	(void)state;
	round_trip(NULL);
}

/* What the built-in rules do not hold: every kind of field, and texts that CSV and YAML have to escape. */
static void
test_fields(void **state)
{
	static const char *const rules[] = {
	    "subject: \"a: b\"\nrules:\n"
	    "  - {id: 1-2, rows: [d#T1.1, d#P.1], service: \"\\\"x\\\", \\\\ ; \\t | # '\", clients: [client, front-end], servers: [server],\n"
	    "     either_way: true, transport: [tcp, udp], ports: [1-2, 80], port_side: either, apps: [TLS, Sina(Weibo), Z39.50],\n"
	    "     security: mtls, mtls_clients: [front-end], presence: optional, absence: weak, condition: \"feature:dial-in\",\n"
	    "     until: 2020-02-29, gloss: \"two\\nlines\\u0085\\u2028\\uFEFF\\x7f\", remark: \" = +1 \\u00e9\\U0001F600\", implied: true, inferred: true}\n",
	    "subject: s\nrules:\n"
	    "  - {id: a, rows: [d#T1.1], service: null, clients: [any], servers: [mediation+front-end], either_way: [mediation], transport: [udp],\n"
	    "     ports: [1024-65535], apps: [RTP], media: edge, evidence: true, security: unstated, presence: conditional,\n"
	    "     absence: periodic, gloss: G}\n"
	    "  - {id: b, rows: [d#T1.1], service: S, clients: [client], servers: [any], transport: [ah, esp, gre, icmp6], port_side: none,\n"
	    "     effect: ipsec-exempt, security: none, presence: required, absence: none, gloss: G}\n"
	    "  - {id: c, rows: [d#T1.1], service: S, clients: [client+mediation], servers: [server, client], transport: [sctp, icmp],\n"
	    "     ports: [9], port_side: client, media: video, security: none, presence: required, absence: on-demand, gloss: G}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		folder_write(FOLDER_RULES, 0, rules[i]);
		round_trip(folder_path);
	}
	folder_write(FOLDER_ROWS, 2, "T1,1,\" a \nb\",\"x;\"\"y\"\"\t\",é,=1,rule");
	round_trip(folder_path);
}

/* As a spreadsheet writes it: a byte order mark, CRLF, its own separator, every cell in quotes, an empty line. */
static void
test_spreadsheet(void **state)
{
	struct aud_matrix *m;

	(void)state;
	folder_write(FOLDER_FILES, 0, NULL);
	m = load(folder_path);
	for (const char *separator = ",;\t"; *separator; separator++) {
		struct aud_err err;

		export(m, "csv");
		for (size_t i = 0; i < SHEETS; i++) {
			char *text = slurp("csv", sheets[i]), *made = calloc(4, TEXT_MAX), *to = made;
			bool quoted = false;

			assert_non_null(made);
			/* The mark is there already: spreadsheets that do without it take Latin-1. */
			assert_memory_equal(text, "\xef\xbb\xbf", 3);
			to += sprintf(to, "\xef\xbb\xbf\"");
			for (const char *p = text + 3; *p; p++)
				if (*p == '"')
					quoted = !quoted;
				else if (*p == ',' && !quoted)
					to += sprintf(to, "\"%c\"", *separator);
				else if (*p == '\n' && !quoted)
					to += sprintf(to, "\"\r\n%s", p[1] ? "\"" : "");
				else
					*to++ = *p;
			sprintf(to, "%c%c%c\r\n", *separator, *separator, *separator);
			spit("csv", sheets[i], made);
			free(made);
			free(text);
		}
		if (import(&err))
			fail_msg("%s", err.msg);
		remove_dir("csv");
		export(m, "csv");
		same_matrix(m);
		remove_dir("csv");
		remove_dir("rules");
		remove_dir("again");
	}
	aud_matrix_free(m);
}

/* One word of an exported file is another; the message has the place, the cell and the reason. */
static void
test_mistakes(void **state)
{
	static const struct {
		const char *sheet, *from, *to, *message;
	} cases[] = {
	    {"rules.csv", "\xef\xbb\xbfid", "\xc3\xaf\xc2\xbb\xc2\xbfid", "/csv/rules.csv:1:1: A1: the spreadsheet read this file as Latin-1"},
	    {"rules.csv", ",tls,", ",tsl,", "/csv/rules.csv:2:67: U2 (security): unknown security 'tsl': did you mean 'tls'?"},
	    {"rules.csv", "d#T1.1", "d#T1.9", "/csv/rules.csv:2:12: D2 (rows): the row 'd#T1.9' does not exist: this table has 2"},
	    {"rules.csv", ",G,", ",,", "(gloss): 'gloss' is empty"},
	    {"rules.csv", "r.yaml", "../r.yaml", "C2 (file): '../r.yaml' cannot be"},
	    {"rules.csv", ",G,", ",G\xff,", "(gloss): this is not UTF-8"},
	    {"rules.csv", ",G,,", ",G,,because", "AD2 (reason): a rule with a reason is one of a site file"},
	    {"rules.csv", ",G,", ",a\"b,", "AB2 (gloss): a quote inside a field"},
	    {"rules.csv", "port_side", "portside", "J1: unknown column 'portside': did you mean 'port_side'?"},
	    {"rules.csv", ",tcp,", ",tcp,,", "cells in a line where the header has 30"},
	    {"rows.csv", "d,T1,2", "d,T1,3", "/csv/rows.csv:3:6: C3 (row): row 3 of T1 where 2 is expected"},
	    {"rows.csv", "d,T1,2", "e,T1,2", "/csv/rows.csv:3:1: A3 (document): unknown document 'e'"},
	    {"rows.csv", ",blank", ",rule", "/csv/rows.csv:3:1: A3 (document): the row 'd#T1.2' is cited by no rule"},
	    {"documents.csv", "2020-02-29", "29.02.2020", "/csv/documents.csv:2:10: E2 (date): '29.02.2020' is no date"},
	};
	struct aud_matrix *m;

	(void)state;
	folder_write(FOLDER_FILES, 0, NULL);
	m = load(folder_path);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text, *at, *made = calloc(1, TEXT_MAX), path[192];
		struct aud_err err;

		export(m, "csv");
		text = slurp("csv", cases[i].sheet);
		at = strstr(text, cases[i].from);
		assert_non_null(made);
		assert_non_null(at);
		snprintf(made, TEXT_MAX, "%.*s%s%s", (int)(at - text), text, cases[i].to, at + strlen(cases[i].from));
		spit("csv", cases[i].sheet, made);
		assert_int_equal(import(&err), AUD_RULES);
		if (!strstr(err.msg, cases[i].message))
			fail_msg("'%s' is not in '%s'", cases[i].message, err.msg);
		path_in(path, "rules", NULL);
		assert_int_equal(access(path, F_OK), -1);
		remove_dir("csv");
		free(made);
		free(text);
	}
	aud_matrix_free(m);
}

/* Nothing is written where something is. */
static void
test_not_empty(void **state)
{
	struct aud_matrix *m;
	struct aud_err err = {0};

	(void)state;
	folder_write(FOLDER_FILES, 0, NULL);
	m = load(folder_path);
	assert_int_equal(aud_rules_export(m, NULL, folder_path, &err), AUD_USAGE);
	assert_non_null(strstr(err.msg, "is not empty"));
	export(m, "csv");
	spit("rules", "mine.txt", "mine");
	assert_int_equal(import(&err), AUD_USAGE);
	assert_int_equal(remove_dir("rules"), 1);
	remove_dir("csv");
	aud_matrix_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_builtin, folder_make, remove_all),
	    cmocka_unit_test_setup_teardown(test_fields, folder_make, remove_all),
	    cmocka_unit_test_setup_teardown(test_spreadsheet, folder_make, remove_all),
	    cmocka_unit_test_setup_teardown(test_mistakes, folder_make, remove_all),
	    cmocka_unit_test_setup_teardown(test_not_empty, folder_make, remove_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
