#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "options.h"

struct rules_args {
	const char *site, *rules, *out;
	bool csv;
};

static const char *
set_format(void *field, const char *text)
{
	*(bool *)field = !strcmp(text, "csv");
	return *(bool *)field || !strcmp(text, "text") ? NULL : "one of: text csv";
}

#define AT(field) offsetof(struct rules_args, field)
static const struct opt opts[] = {
    {'f', "format", "FORMAT", "list and rows: text (default) or csv", set_format, AT(csv)},
    {'o', "output", "DIR", "export, import: the folder to write, new or empty", opt_text, AT(out)},
    {'s', "site", "FILE", "with the rules of this site file", opt_text, AT(site)},
    {0, "rules", "DIR", "rules of this folder instead of the built-in ones", opt_text, AT(rules)},
};

static const struct usage usage = {
    "rules",
    "list | show RULE|ROW... | rows | check | export -o DIR | import CSVDIR -o DIR",
    "Looks at the matrix: list tells the rules, rows the printed rows, show all of a rule or of a row\n"
    "(sfb-2015-servers-es#T1.3), check proves that every printed row is cited by a rule, or blank, or a statement,\n"
    "export writes CSV files for a spreadsheet, import makes a folder of rules of such files.\n",
    "Exit status: 0, 2 command line, site, rules or output wrong, 4 out of memory.\n",
    opts,
    sizeof opts / sizeof *opts,
};

static void
list(const struct aud_matrix *m, const struct aud_site *site)
{
	for (size_t i = 0; i < m->nrules; i++) {
		const struct aud_rule *r = &m->rules[i];

		printf("%s: %s, from ", r->id, r->service);
		print_roles(stdout, r->clients, site);
		fputs(" to ", stdout);
		print_roles(stdout, r->servers, site);
		for (size_t k = 0; k < r->nprotos; k++)
			printf("%s%s", k ? ", " : "; ", aud_proto_name(r->protos[k]).s);
		for (size_t k = 0; k < r->nports; k++)
			printf(r->ports[k].lo == r->ports[k].hi ? " %u" : " %u-%u", r->ports[k].lo, r->ports[k].hi);
		putchar('\n');
	}
}

static void
rows(const struct aud_matrix *m)
{
	for (size_t i = 0; i < m->nrows; i++) {
		const struct aud_row *r = &m->rows[i];
		const char *const cells[] = {r->role, r->service, r->port, r->protocol};

		fputs(aud_citation(m, (unsigned)i).s, stdout);
		for (size_t k = 0; k < sizeof cells / sizeof *cells; k++)
			printf(" | %s", cells[k] ? cells[k] : "");
		if (r->kind == AUD_ROW_BLANK)
			fputs(" (blank)", stdout);
		else if (r->kind == AUD_ROW_STATEMENT)
			printf(" (statement) %s", r->gloss);
		putchar('\n');
	}
}

static enum status
check(const struct aud_matrix *m)
{
	struct aud_rules_counts n;
	bool sound = aud_rules_check(m, stdout, &n);

	printf("%s: %zu document%s with %zu printed rows (%zu blank) and %zu statement%s, %zu unaccounted; %zu rules, %zu of the site's "
	       "own\n",
	    sound ? "sound" : "not sound", n.documents, n.documents == 1 ? "" : "s", n.rule_rows + n.blank_rows, n.blank_rows,
	    n.statements, n.statements == 1 ? "" : "s", n.uncited, n.rules, n.site_rules);
	return sound ? STATUS_OK : STATUS_USAGE;
}

enum verb { VERB_LIST, VERB_SHOW, VERB_ROWS, VERB_CHECK, VERB_EXPORT, VERB_IMPORT, VERBS };

static enum status
look(enum verb verb, const struct rules_args *a, const struct aud_matrix *m, const struct aud_site *site, char **words)
{
	enum status status = STATUS_OK;
	struct aud_err err = {0};
	enum aud_code code = AUD_OK;

	switch (verb) {
	case VERB_LIST:
		if (a->csv)
			aud_rules_write_list(stdout, m, site);
		else
			list(m, site);
		break;
	case VERB_SHOW:
		for (; *words && code == AUD_OK; words++)
			code = aud_rules_show(stdout, m, site, *words, &err);
		break;
	case VERB_ROWS:
		if (a->csv)
			aud_rules_write_rows(stdout, m);
		else
			rows(m);
		break;
	case VERB_CHECK: status = check(m); break;
	case VERB_EXPORT: code = aud_rules_export(m, site, a->out, &err); break;
	case VERB_IMPORT:
	case VERBS: break;
	}
	return worse(worse(status, say_err(code, &err)), output_flush());
}

/* What is wrong with the words behind 'rules' and with -o; NULL nothing. */
static const char *
misused(enum verb verb, const struct rules_args *a, int nwords)
{
	bool writes = verb == VERB_EXPORT || verb == VERB_IMPORT;

	if (verb == VERB_SHOW && nwords < 2)
		return "which rules?";
	if (verb == VERB_IMPORT && nwords != 2)
		return "takes one folder of CSV files";
	if (verb != VERB_SHOW && verb != VERB_IMPORT && nwords > 1)
		return "takes no arguments";
	if (a->csv && verb != VERB_LIST && verb != VERB_ROWS)
		return "takes no -f csv: list and rows do";
	if (writes != !!a->out)
		return writes ? "where to? Name a folder with -o" : "takes no -o";
	return verb == VERB_IMPORT && a->rules ? "takes no --rules: it reads the CSV files alone" : NULL;
}

static enum status
import(const struct rules_args *a, const char *from)
{
	struct aud_site *site = NULL;
	struct aud_err err = {0};
	enum aud_code code = AUD_OK;

	if (a->site)
		code = aud_site_load(&site, a->site, &err);
	if (code == AUD_OK)
		code = aud_rules_import(from, site, a->out, &err);
	aud_site_free(site);
	return say_err(code, &err);
}

int
cmd_rules(int argc, char **argv)
{
	static const char *const verbs[] = {"list", "show", "rows", "check", "export", "import"};
	struct rules_args a = {0};
	struct aud_site *site;
	struct aud_matrix *matrix;
	int status = opts_parse(&usage, &a, argc, argv), n = argc - optind;
	char **words = argv + optind;
	const char *wrong;
	enum verb verb = VERB_LIST;

	if (status >= 0)
		return status;
	while (n && verb < VERBS && strcmp(words[0], verbs[verb]))
		verb++;
	if (!n)
		return opts_fail(&usage, "what of the rules? One of: list show rows check export import");
	if (verb == VERBS)
		return opts_fail(&usage, "no '%s': one of: list show rows check export import", words[0]);
	wrong = misused(verb, &a, n);
	if (wrong)
		return opts_fail(&usage, "'%s' %s", words[0], wrong);
	if (verb == VERB_IMPORT)
		return (int)import(&a, words[1]);
	status = (int)load(a.site, a.rules, &site, &matrix);
	if (status == STATUS_OK)
		status = (int)look(verb, &a, matrix, site, words + 1);
	aud_matrix_free(matrix);
	aud_site_free(site);
	return status;
}
