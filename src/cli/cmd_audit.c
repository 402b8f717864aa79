#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <aud/store.h>

#include "cli.h"
#include "options.h"
#include "signals.h"

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct audit_args {
	const char *site, *out, *db, *filter, *rules, *today;
	const char *format_name;
	enum aud_format format;
	int fail_on; /* enum aud_severity */
	enum color color;
	unsigned threads;
	size_t memory;
	bool no_split, no_dedup, hash, all_rows;
};

static const char *
set_severity(void *field, const char *text)
{
	*(int *)field = aud_severity_by_name(text);
	return *(int *)field < 0 ? "one of: info low medium high critical" : NULL;
}

static const char *
set_color(void *field, const char *text)
{
	static const char *const when[] = {"auto", "always", "never"};
	enum color *c = field;

	if (!text)
		text = when[COLOR_ALWAYS];
	for (*c = COLOR_AUTO; *c <= COLOR_NEVER; ++*c)
		if (!strcmp(text, when[*c]))
			return NULL;
	return "one of: auto always never";
}

/* SQLite knows such names; here they would be a file of that name, or an audit that nobody can read. */
static const char *
set_database(void *field, const char *text)
{
	if (!strcmp(text, "-") || *text == ':')
		return "the name of a file: a database is neither written to standard output nor kept in memory";
	return opt_text(field, text);
}

#define AT(field) offsetof(struct audit_args, field)
static const struct opt opts[] = {
    {'s', "site", "FILE", "the site file: which host plays which role", opt_text, AT(site)},
    {'o', "output", "FILE", "write the report to FILE; .json chooses that format", opt_text, AT(out)},
    {'f', "format", "FORMAT", "text (default) or json", opt_text, AT(format_name)},
    {'d', "database", "FILE", "store the audit in this SQLite database too", set_database, AT(db)},
    {0, "rules", "DIR", "rules of this folder instead of the built-in ones", opt_text, AT(rules)},
    {0, "filter", "EXPR", "only packets that match, as in pcap-filter(7)", opt_text, AT(filter)},
    {0, "fail-on", "SEVERITY", "exit 1 from: info low medium (default) high critical", set_severity, AT(fail_on)},
    {0, "date", "DATE", "waivers expire by this day; default: the last packet's", opt_date, AT(today)},
    {0, "hash", NULL, "SHA-256 of each capture in the report", opt_flag, AT(hash)},
    {0, "all-rows", NULL, "text: every printed row, not only those to look at", opt_flag, AT(all_rows)},
    {0, "color", "[=WHEN]", "auto (default), always or never", set_color, AT(color)},
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

/* By --format, else by the name of the output: -1 where it is that of a format that there is not. */
static int
format_of(const struct audit_args *a)
{
	static const char *const reserved[] = {"json", "jsonl", "csv", "md", "html", "sarif"};
	const char *dot = a->out ? strrchr(a->out, '.') : NULL;

	if (a->format_name)
		return aud_format_by_name(a->format_name);
	for (size_t i = 0; dot && i < sizeof reserved / sizeof *reserved; i++)
		if (!strcasecmp(dot + 1, reserved[i]))
			return aud_format_by_name(reserved[i]);
	return AUD_FORMAT_TEXT;
}

/* What is to be written must be none of what is to be read, and not the same twice. */
static bool
outputs_usable(const struct audit_args *a, char **captures, size_t n)
{
	const char **inputs = calloc(n + 2, sizeof *inputs);
	bool ok;

	if (!inputs) {
		say("out of memory");
		return false;
	}
	memcpy(inputs, captures, n * sizeof *inputs);
	inputs[n] = a->site;
	ok = output_usable(a->db, inputs, n + 1);
	inputs[n + 1] = a->db;
	ok = ok && output_usable(a->out, inputs, n + 2);
	free(inputs);
	return ok;
}

static struct aud_report_opts
report_opts(const struct audit_args *a)
{
	struct aud_report_opts r = {.format = a->format, .all_rows = a->all_rows};
	bool tty = (!a->out || !strcmp(a->out, "-")) && isatty(STDOUT_FILENO);
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct winsize ws;

	r.color = a->color == COLOR_ALWAYS ||
		  (a->color == COLOR_AUTO && tty && !(no_color && *no_color) && term && strcmp(term, "dumb"));
	if (tty && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws))
		r.width = ws.ws_col;
	return r;
}

static enum status
write_report(const struct aud_report *r, const struct audit_args *a, struct aud_err *err)
{
	struct aud_report_opts ro = report_opts(a);
	struct output out;
	enum aud_code code = output_open(&out, a->out, err);

	if (code == AUD_OK) {
		code = aud_report_write(r, &ro, out.f, err);
		code = output_close(&out, code, err);
	}
	return say_err(code, err);
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

static enum status
report(const struct aud_audit *audit, const struct audit_args *a)
{
	const struct aud_report *r = aud_audit_report(audit);
	struct aud_err err = {0};
	enum status status = say_err(store(r, a, &err), &err);

	err = (struct aud_err){0};
	status = worse(status, write_report(r, a, &err));
	for (int s = a->fail_on; s <= AUD_CRITICAL; s++)
		if (r->totals.by_severity[s])
			status = worse(status, STATUS_FINDINGS);
	return status;
}

static enum status
audit(const struct audit_args *a, char **captures, size_t n)
{
	struct aud_site *site;
	struct aud_matrix *matrix;
	struct aud_audit *audit = NULL;
	enum status status = load(a->site, a->rules, &site, &matrix);
	struct aud_audit_opts o = {
	    .paths = (const char *const *)captures,
	    .npaths = n,
	    .filter = a->filter,
	    .no_split = a->no_split,
	    .no_dedup = a->no_dedup,
	    .hash = a->hash,
	    .threads = a->threads,
	    .memory = a->memory,
	    .today = a->today,
	};

	o.site = site;
	o.matrix = matrix;
	if (status == STATUS_OK)
		status = run(&audit, &o);
	if (audit)
		status = worse(status, report(audit, a));
	run_done(audit);
	aud_matrix_free(matrix);
	aud_site_free(site);
	return status;
}

int
cmd_audit(int argc, char **argv)
{
	struct audit_args a = {.fail_on = AUD_MEDIUM};
	int status = opts_parse(&usage, &a, argc, argv), format;
	char **captures = argv + optind;
	size_t n = (size_t)(argc - optind);

	if (status >= 0)
		return status;
	if (!n)
		return opts_fail(&usage, "no capture to audit: name one or more, or - for standard input");
	format = format_of(&a);
	if (format < 0)
		return opts_fail(&usage, "no format '%s': choose with --format one of: %s",
		    a.format_name ? a.format_name : strrchr(a.out, '.') + 1, aud_format_names());
	a.format = (enum aud_format)format;
	if (!captures_usable(captures, n, a.site) || !outputs_usable(&a, captures, n))
		return STATUS_USAGE;
	return (int)audit(&a, captures, n);
}
