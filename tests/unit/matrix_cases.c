/*
 * Every rule against flows that its rows document and flows that just miss them, through the whole matcher. The flows and what is to be
 * said of them are in tests/golden/matrix-cases.tsv, written from the printed rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <aud/matrix.h>

enum { RULE, CASE, SITE, CLIENT, SERVER, PORTS, TRANSPORT, APP, ANSWER, FAILED, CITATION, COLUMNS };
enum { MISSES = 3 };	/* of each rule, at least */

static struct aud_matrix *matrix;
static FILE *table;

/* A site of the words in the column: what is not said stays unknown. */
struct facts {
	struct aud_site site;
	struct aud_host hosts[4];
	const char *documents[4];
	char words[256];
};

static int
word_of(const char *const *names, const char *s)
{
	for (int i = 1; names[i]; i++)
		if (!strcmp(names[i], s))
			return i;
	fail_msg("no word '%s'", s);
	return 0;
}

static aud_roles
roles_of(const char *s)
{
	aud_roles set = 0;
	char word[64];
	size_t n;

	for (; strcmp(s, "-") != 0 && *s; s += n + (s[n] == '+')) {
		int role;

		n = strcspn(s, "+,@");
		snprintf(word, sizeof word, "%.*s", (int)n, s);
		role = aud_role_by_name(word);
		if (role < 0)
			fail_msg("no role '%s'", word);
		set |= AUD_ROLE_BIT(role);
		if (s[n] == ',' || s[n] == '@')
			break;
	}
	return set;
}

static void
set_fact(struct facts *f, const char *name, char *value)
{
	static const char *const products[] = {"", "lync-2013", "skype-for-business-2015", NULL};
	static const char *const balancing[] = {"", "dns", "hardware", "none", NULL};
	unsigned lo, hi;

	if (!strcmp(name, "product"))
		f->site.product = (enum aud_product)word_of(products, value);
	else if (!strcmp(name, "load-balancing"))
		f->site.load_balancing = (enum aud_load_balancing)word_of(balancing, value);
	else if (!strcmp(name, "documents"))
		f->documents[f->site.ndocuments++] = value;
	else if (!strcmp(name, "hosts"))
		for (char *s = value; s; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL)
			f->hosts[f->site.nhosts++].roles = roles_of(s);
	else if (!strcmp(name, "media-client")) {
		assert_int_equal(sscanf(value, "%u-%u", &lo, &hi), 2);
		f->site.media.client = (struct aud_range){(uint16_t)lo, (uint16_t)hi};
	} else {
		int feature = aud_feature_by_name(name);

		if (feature < 0)
			fail_msg("no feature '%s'", name);
		assert_true(!strcmp(value, "yes") || !strcmp(value, "no"));
		f->site.features[feature] = *value == 'y' ? AUD_YES : AUD_NO;
	}
}

static void
read_facts(struct facts *f, const char *words)
{
	memset(f, 0, sizeof *f);
	snprintf(f->words, sizeof f->words, "%s", words);
	f->site.path = "site.yaml";
	f->site.hosts = f->hosts;
	f->site.documents = f->documents;
	for (char *save, *w = strtok_r(f->words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char *equals = strchr(w, '=');

		assert_non_null(equals);
		*equals = '\0';
		set_fact(f, w, equals + 1);
	}
}

/* The next line of the table, cut into its columns; false at the end. */
static bool
next_line(char line[512], char *columns[COLUMNS], unsigned *number)
{
	do {
		if (!fgets(line, 512, table))
			return false;
		++*number;
	} while (*line == '#' || !strncmp(line, "rule\t", 5));
	line[strcspn(line, "\n")] = '\0';
	for (size_t i = 0; i < COLUMNS; i++) {
		columns[i] = strsep(&line, "\t");
		if (!columns[i])
			fail_msg("line %u: %zu columns", *number, i);
	}
	assert_null(line);
	return true;
}

static struct aud_query
query_of(char *const columns[COLUMNS])
{
	static const struct {
		const char *name;
		uint8_t proto;
	} protos[] = {{"tcp", 6}, {"udp", 17}, {"sctp", 132}, {"esp", 50}};
	struct aud_query q = {.client = roles_of(columns[CLIENT]), .server = roles_of(columns[SERVER]), .direction = AUD_DIR_SYN};
	char *at = strchr(columns[SERVER], '@'), *told = strchr(columns[APP], '@');
	unsigned a, b;

	if (at)
		q.member = strcmp(at, "@member") ? AUD_NO : AUD_YES;
	if (told) {
		q.facts = strcmp(told, "@sql") ? AUD_FACT_TOLD_RPC : AUD_FACT_TOLD_SQL;
		*told = '\0';
	}
	if (sscanf(columns[PORTS], "%u>%u", &a, &b) == 2)
		q.client_port_lo = q.client_port_hi = (uint16_t)a, q.server_port = (uint16_t)b;
	else
		q.server_port = (uint16_t)atoi(columns[PORTS]);
	for (size_t i = 0; i < sizeof protos / sizeof *protos; i++)
		if (!strcmp(protos[i].name, columns[TRANSPORT]))
			q.proto = protos[i].proto;
	assert_true(q.proto);
	if (strcmp(columns[APP], "-") != 0) {
		bool own = !strncmp(columns[APP], "own:", 4);

		q.app = columns[APP] + (own ? 4 : 0);
		q.app_by = own ? AUD_BY_OWN : AUD_BY_DPI;
	}
	return q;
}

static const struct aud_rule *
rule(const char *id)
{
	for (size_t i = 0; i < matrix->nrules; i++)
		if (!strcmp(matrix->rules[i].id, id))
			return &matrix->rules[i];
	fail_msg("no rule %s", id);
	return NULL;
}

static bool
cites(const struct aud_rule *r, const char *citation)
{
	for (size_t i = 0; i < r->ncitations; i++)
		if (!strcmp(aud_citation(matrix, r->citations[i]).s, citation))
			return true;
	return false;
}

static bool
lists(const struct aud_verdict *v, const struct aud_rule *r)
{
	for (size_t i = 0; i < v->nrules; i++)
		if (&matrix->rules[v->rules[i]] == r)
			return true;
	return false;
}

static const char *
answer_word(const struct aud_verdict *v)
{
	switch (v->answer) {
	case AUD_NO_ROLE: return "none";
	case AUD_PAIR_UNKNOWN: return "unknown";
	case AUD_PAIR_KNOWN: return "known";
	case AUD_DOCUMENTED: return "documented";
	}
	return "";
}

/* The step at which an exemption does not cover a packet of the sender "client". */
static const char *
exemption(const struct aud_rule *r, const struct aud_query *q, const struct aud_site *site)
{
	bool transport = false, port = !r->nports;

	if (!((q->client & r->clients || r->clients == AUD_ROLES_ANY) && (q->server & r->servers || r->servers == AUD_ROLES_ANY)))
		return "pair";
	for (size_t i = 0; i < r->nprotos; i++)
		transport |= r->protos[i] == q->proto;
	if (!transport)
		return "transport";
	for (size_t i = 0; i < r->nports; i++)
		port |= r->port_side == AUD_PORT_CLIENT && q->client_port_lo >= r->ports[i].lo && q->client_port_lo <= r->ports[i].hi;
	if (!port)
		return "port";
	return aud_rule_applies(matrix, r, site) == AUD_YES ? "none" : "condition";
}

static void
check_exemption(char *const columns[COLUMNS], const struct aud_rule *r, const struct aud_query *q, const struct facts *f, unsigned line)
{
	const char *failed = exemption(r, q, &f->site);

	assert_true(r->exempt);
	if (strcmp(failed, columns[FAILED]) != 0 || !strcmp(failed, "none") != !strcmp(columns[ANSWER], "covered"))
		fail_msg("line %u, %s, %s: %s", line, columns[RULE], columns[CASE], failed);
	if (strcmp(columns[CITATION], "-") != 0)
		assert_true(cites(r, columns[CITATION]));
}

static void
check_match(char *const columns[COLUMNS], const struct aud_rule *r, const struct aud_verdict *v, unsigned line)
{
	const char *failed = columns[FAILED];

	if (strcmp(answer_word(v), columns[ANSWER]) != 0 || strcmp(aud_step_name(v->failed), failed) != 0)
		fail_msg("line %u, %s, %s: %s, step %s, %s", line, columns[RULE], columns[CASE], answer_word(v), aud_step_name(v->failed),
		    v->nrules ? matrix->rules[v->rules[0]].id : "no rule");
	/* The rule is named as that which documents the flow, or as that which it missed. */
	if (strcmp(columns[CITATION], "-") != 0 && (!cites(r, columns[CITATION]) || !lists(v, r)))
		fail_msg("line %u, %s, %s: not by %s", line, columns[RULE], columns[CASE], columns[CITATION]);
	if (v->answer == AUD_PAIR_KNOWN && !strcmp(failed, columns[CASE]) && (!strcmp(failed, "application") || !strcmp(failed, "condition")) &&
	    !lists(v, r))
		fail_msg("line %u, %s, %s: missed %s instead", line, columns[RULE], columns[CASE], v->nrules ? matrix->rules[v->rules[0]].id : "nothing");
}

static void
test_cases(void **state)
{
	char line[512], *columns[COLUMNS], known[256] = "-";
	struct aud_matcher *matcher = NULL;
	struct aud_err err = {0};
	unsigned number = 0;
	struct facts f;

	(void)state;
	rewind(table);
	while (next_line(line, columns, &number)) {
		const struct aud_rule *r = rule(columns[RULE]);
		struct aud_query q = query_of(columns);
		struct aud_verdict v;

		if (strcmp(known, columns[SITE]) != 0) {
			aud_matcher_free(matcher);
			read_facts(&f, columns[SITE]);
			snprintf(known, sizeof known, "%s", columns[SITE]);
			assert_int_equal(aud_matcher_new(&matcher, matrix, &f.site, &err), AUD_OK);
		}
		aud_match(matcher, &q, &v);
		if (strstr(columns[ANSWER], "covered"))
			check_exemption(columns, r, &q, &f, number);
		else
			check_match(columns, r, &v, number);
		if (r->exempt) /* documents no traffic, whatever it covers */
			assert_false(lists(&v, r));
	}
	aud_matcher_free(matcher);
}

/* Every rule has its flow and its misses, and every printed row of ports a flow. */
static void
test_complete(void **state)
{
	char line[512], *columns[COLUMNS];
	size_t *good = calloc(matrix->nrules, sizeof *good), *misses = calloc(matrix->nrules, sizeof *misses), all = 0;
	bool *rows = calloc(matrix->nrows, sizeof *rows);
	unsigned number = 0;

	(void)state;
	assert_true(good && misses && rows);
	rewind(table);
	while (next_line(line, columns, &number)) {
		size_t i = (size_t)(rule(columns[RULE]) - matrix->rules);
		bool cited = strcmp(columns[CITATION], "-") != 0;

		*(cited ? &good[i] : &misses[i]) += 1;
		for (unsigned k = 0; cited && k < matrix->nrows; k++)
			rows[k] |= !strcmp(aud_citation(matrix, k).s, columns[CITATION]);
		all++;
	}
	for (size_t i = 0; i < matrix->nrules; i++)
		if (!good[i] || misses[i] < MISSES)
			fail_msg("%s: %zu flows and %zu misses", matrix->rules[i].id, good[i], misses[i]);
	for (unsigned i = 0; i < matrix->nrows; i++)
		if (matrix->rows[i].kind == AUD_ROW_RULE && !rows[i])
			fail_msg("%s: no flow", aud_citation(matrix, i).s);
	assert_true(all >= (MISSES + 1) * 117);
	free(good);
	free(misses);
	free(rows);
}

static int
load(void **state)
{
	struct aud_err err = {0};

	(void)state;
	table = fopen(CASES, "r");
	if (table && !aud_matrix_load(&matrix, NULL, NULL, &err))
		return 0;
	fprintf(stderr, "%s\n", table ? err.msg : CASES);
	return -1;
}

static int
unload(void **state)
{
	(void)state;
	fclose(table);
	aud_matrix_free(matrix);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_complete),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
