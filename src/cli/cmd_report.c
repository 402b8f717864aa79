#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "options.h"
#include "render.h"
#include "since.h"

struct report_args {
	const char *db, *since;
	struct render render;
	int64_t audit;
	int fail_on; /* enum aud_severity */
	bool list;
};

#define AT(field) offsetof(struct report_args, field)
static const struct opt opts[] = {
    {'d', "database", "FILE", "the database that 'spanaudit audit -d' or 'watch -d' stored audits in", set_database, AT(db)},
    {0, "audit", "N", "the audit of this number; default: the last one", set_audit, AT(audit)},
    {0, "list", NULL, "list the audits of the database instead", opt_flag, AT(list)},
    {'o', "output", "FILE", "write the report to FILE; its ending, such as .html, chooses the format", opt_text, AT(render.out)},
    {'f', "format", "FORMAT", "text (default), json, jsonl, csv, md, html, sarif or cef", opt_text, AT(render.format_name)},
    {'l', "language", "LANGUAGE", "of text, md and html: en, es or pt-BR; default: that of the locale", set_language, AT(render.language)},
    {0, "since", "DB", "tell what changed since the last audit in this database", set_database, AT(since)},
    {0, "fail-on", "SEVERITY", "exit 1 from: info low medium (default) high critical", set_severity, AT(fail_on)},
    {0, "table", "TABLE", "csv: findings (default), rows or conversations; jsonl: conversations too", set_table, AT(render.table)},
    {0, "all-rows", NULL, "text: every printed row, not only those to look at", opt_flag, AT(render.all_rows)},
    {0, "color", "[=WHEN]", "auto (default), always or never", set_color, AT(render.color)},
};

static const struct usage usage = {
    "report",
    "-d DB",
    "Writes the report of an audit that 'spanaudit audit -d DB' stored, or of a watch as it stands ('spanaudit watch -d DB'). The captures are not needed.\n",
    "Exit status: that of the audit. 0 nothing at or above --fail-on, 1 findings, 2 command line, database\n"
    "or output wrong, 3 a capture could not be read to its end then, 4 out of memory\n"
    "or of a limit then.\n",
    opts,
    sizeof opts / sizeof *opts,
};

struct time_line {
	char s[64];
};

static struct time_line
period(uint64_t first_ns, uint64_t last_ns)
{
	time_t a = (time_t)(first_ns / 1000000000), b = (time_t)(last_ns / 1000000000);
	char from[24] = "", to[24] = "";
	struct time_line line = {"no packets"};
	struct tm tm;

	if (!first_ns)
		return line;
	if (gmtime_r(&a, &tm))
		strftime(from, sizeof from, "%Y-%m-%d %H:%M:%S", &tm);
	if (gmtime_r(&b, &tm))
		strftime(to, sizeof to, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(line.s, sizeof line.s, "%s to %s", from, to);
	return line;
}

static enum aud_code
print_line(void *user, const struct aud_stored_line *l)
{
	const char *site = l->site_name && *l->site_name ? l->site_name : l->site_file ? l->site_file : "no site file";
	FILE *out = user;
	char clean[256];

	fprintf(out, "%5" PRId64 "  %-42s  %3" PRIu64 " input%s %9" PRIu64 " conversation%s %6" PRIu64 " finding%s  %s\n", l->audit,
	    period(l->first_ns, l->last_ns).s, l->inputs, l->inputs == 1 ? ", " : "s,", l->conversations,
	    l->conversations == 1 ? ", " : "s,", l->findings, l->findings == 1 ? " " : "s", aud_text_clean(clean, sizeof clean, site));
	return AUD_OK;
}

static enum status
list(const struct report_args *a)
{
	struct aud_err err = {0};
	struct aud_store *s;
	struct output out;
	enum aud_code code = aud_store_open_read(&s, a->db, &err);

	if (code)
		return say_err(code, &err);
	code = output_open(&out, a->render.out, &err);
	if (code == AUD_OK) {
		code = aud_store_list(s, print_line, out.f, &err);
		code = output_close(&out, code, &err);
	}
	aud_store_close(s);
	return say_err(code, &err);
}

static enum status
report(const struct report_args *a)
{
	struct stored now = {0}, before = {0};
	struct aud_diff *diff = NULL;
	enum status status = stored_open(&now, a->db, a->audit);

	if (now.report && a->since)
		status = stored_open(&before, a->since, 0);
	if (before.report)
		status = since(&diff, &before, now.report);
	if (status == STATUS_OK) {
		const struct aud_coverage *c = now.report->trial->coverage;

		status = render(now.report, &a->render);
		status = worse(status, render_status(now.report, a->fail_on));
		status = worse(status, c->broken || c->interrupted ? STATUS_CAPTURE : STATUS_OK);
		status = worse(status, c->dropped_flows ? STATUS_LIMIT : STATUS_OK);
	}
	aud_diff_free(diff);
	stored_close(&before);
	stored_close(&now);
	return status;
}

int
cmd_report(int argc, char **argv)
{
	struct report_args a = {.fail_on = AUD_MEDIUM};
	int status = opts_parse(&usage, &a, argc, argv);

	if (status >= 0)
		return status;
	if (optind < argc)
		return opts_fail(&usage, "'%s' is one word too many: a report is made of a database alone", argv[optind]);
	if (!a.db)
		return opts_fail(&usage, "no database: name with -d the one that 'spanaudit audit -d' or 'watch -d' stored the audit in");
	if (a.list && (a.since || a.audit || a.render.format_name || a.render.table))
		return opts_fail(&usage, "--list takes no --audit, --since, --format or --table");
	if (!a.list && !render_format(&usage, &a.render))
		return STATUS_USAGE;
	if (!output_usable(a.render.out, (const char *const[]){a.db, a.since}, 2))
		return STATUS_USAGE;
	return (int)(a.list ? list(&a) : report(&a));
}
