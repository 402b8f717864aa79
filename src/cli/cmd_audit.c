#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <aud/store.h>

#include "cli.h"
#include "options.h"
#include "render.h"
#include "signals.h"
#include "since.h"

struct audit_args {
	const char *site, *db, *since, *filter, *rules, *today;
	struct render render;
	int fail_on; /* enum aud_severity */
	unsigned threads;
	size_t memory;
	bool no_split, no_dedup, hash;
};

#define AT(field) offsetof(struct audit_args, field)
static const struct opt opts[] = {
    {'s', "site", "FILE", "the site file: which host plays which role", opt_text, AT(site)},
    {'o', "output", "FILE", "write the report to FILE; its ending, such as .html, chooses the format", opt_text, AT(render.out)},
    {'f', "format", "FORMAT", "text (default), json, jsonl, csv, md, html, sarif or cef", opt_text, AT(render.format_name)},
    {'d', "database", "FILE", "store the audit in this SQLite database too", set_database, AT(db)},
    {0, "since", "DB", "tell what changed since the last audit in this database", set_database, AT(since)},
    {0, "rules", "DIR", "rules of this folder instead of the built-in ones", opt_text, AT(rules)},
    {0, "filter", "EXPR", "only packets that match, as in pcap-filter(7)", opt_text, AT(filter)},
    {0, "fail-on", "SEVERITY", "exit 1 from: info low medium (default) high critical", set_severity, AT(fail_on)},
    {0, "date", "DATE", "waivers expire by this day; default: the last packet's", opt_date, AT(today)},
    {0, "hash", NULL, "SHA-256 of each capture in the report", opt_flag, AT(hash)},
    {0, "table", "TABLE", "csv: findings (default), rows or conversations; jsonl: conversations too", set_table, AT(render.table)},
    {0, "all-rows", NULL, "text: every printed row, not only those to look at", opt_flag, AT(render.all_rows)},
    {0, "color", "[=WHEN]", "auto (default), always or never", set_color, AT(render.color)},
    {0, "no-split", NULL, "one flow per 5-tuple: no timeout, no split at FIN", opt_flag, AT(no_split)},
    {0, "no-dedup", NULL, "count packets that were mirrored twice as two", opt_flag, AT(no_dedup)},
    {0, "threads", "N", "default: one per processor; never changes the result", opt_threads, AT(threads)},
    {0, "memory", "SIZE", "bound for flows and their states, such as 512M or 2G", opt_size, AT(memory)},
};

static const struct usage usage = {
    "audit",
    "CAPTURE...",
    "Reads captures (pcap or pcapng, compressed too; - is standard input), audits their traffic\n"
    "against the documented port matrix and writes a report.\n",
    "Exit status: 0 nothing at or above --fail-on, 1 findings, 2 command line, site, rules or output\n"
    "wrong, 3 a capture could not be read to its end, 4 out of memory or of a limit.\n",
    opts,
    sizeof opts / sizeof *opts,
};

/* Told now, and not after hours of reading. */
static bool
database_usable(const char *path)
{
	struct aud_err err = {0};

	return !path || say_err(aud_store_check(path, &err), &err) == STATUS_OK;
}

/* What is to be written must be none of what is to be read, and not the same twice. */
static bool
outputs_usable(const struct audit_args *a, char **captures, size_t n)
{
	const char **inputs = calloc(n + 3, sizeof *inputs);
	bool ok;

	if (!inputs) {
		say("out of memory");
		return false;
	}
	memcpy(inputs, captures, n * sizeof *inputs);
	inputs[n] = a->site;
	ok = output_usable(a->db, inputs, n + 1) && database_usable(a->db);
	inputs[n + 1] = a->db;
	inputs[n + 2] = a->since;
	ok = ok && output_usable(a->render.out, inputs, n + 3);
	free(inputs);
	return ok;
}

static enum aud_code
store(const struct aud_report *r, const struct audit_args *a, struct aud_err *err)
{
	bool fresh = a->db && access(a->db, F_OK);
	struct aud_store *s;
	char *journal;
	enum aud_code code;

	if (!a->db)
		return AUD_OK;
	if (asprintf(&journal, "%s-journal", a->db) < 0)
		return aud_nomem(err);
	if (fresh)
		signals_scrap(a->db, journal);
	code = aud_store_open(&s, a->db, err);
	if (code == AUD_OK) {
		code = aud_store_matrix(s, r->trial->matrix, r->trial->site, err);
		if (code == AUD_OK)
			code = aud_store_audit(s, r, err);
		aud_store_close(s);
	}
	signals_settle(a->db);
	free(journal);
	return code;
}

/* The former audit is read before this one may go into the same database. */
static enum status
report(const struct aud_audit *audit, const struct audit_args *a, const struct stored *before)
{
	struct aud_report r = *aud_audit_report(audit);
	struct aud_diff *diff = NULL;
	struct aud_err err = {0};
	enum status status = STATUS_OK;

	if (before->report)
		status = since(&diff, before, &r);
	status = worse(status, say_err(store(&r, a, &err), &err));
	status = worse(status, render(&r, &a->render));
	aud_diff_free(diff);
	return worse(status, render_status(&r, a->fail_on));
}

static enum status
audit(const struct audit_args *a, char **captures, size_t n)
{
	struct aud_site *site;
	struct aud_matrix *matrix;
	struct aud_audit *audit = NULL;
	struct stored before = {0};
	enum status status = load(a->site, a->rules, &site, &matrix);
	struct aud_audit_opts o = {
	    .paths = (const char *const *)captures,
	    .npaths = n,
	    .filter = a->filter,
	    .no_split = a->no_split,
	    .no_dedup = a->no_dedup,
	    .hash = a->hash || a->render.format == AUD_FORMAT_HTML, /* what is signed names what it was made of */
	    .threads = a->threads,
	    .memory = a->memory,
	    .today = a->today,
	};

	o.site = site;
	o.matrix = matrix;
	o.rules = a->rules;
	if (status == STATUS_OK && a->since)
		status = stored_open(&before, a->since, 0);
	if (status == STATUS_OK)
		status = run(&audit, &o);
	if (audit)
		status = worse(status, report(audit, a, &before));
	stored_close(&before);
	run_done(audit);
	aud_matrix_free(matrix);
	aud_site_free(site);
	return status;
}

int
cmd_audit(int argc, char **argv)
{
	struct audit_args a = {.fail_on = AUD_MEDIUM};
	int status = opts_parse(&usage, &a, argc, argv);
	char **captures = argv + optind;
	size_t n = (size_t)(argc - optind);

	if (status >= 0)
		return status;
	if (!n)
		return opts_fail(&usage, "no capture to audit: name one or more, or - for standard input");
	if (!render_format(&usage, &a.render))
		return STATUS_USAGE;
	if (!captures_usable(captures, n, a.site) || !outputs_usable(&a, captures, n))
		return STATUS_USAGE;
	return (int)audit(&a, captures, n);
}
