#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "render.h"

const char *
set_severity(void *field, const char *text)
{
	*(int *)field = aud_severity_by_name(text);
	return *(int *)field < 0 ? "one of: info low medium high critical" : NULL;
}

const char *
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
const char *
set_database(void *field, const char *text)
{
	if (!strcmp(text, "-") || *text == ':')
		return "the name of a file: a database is neither written to standard output nor kept in memory";
	return opt_text(field, text);
}

/* In the order of enum aud_report_table. */
static const char *const tables[] = {"findings", "rows", "conversations"};

static enum aud_report_table
table(const char *name)
{
	enum aud_report_table t = AUD_TABLE_FINDINGS;

	while (name && t < AUD_TABLE_CONVERSATIONS && strcmp(name, tables[t]) != 0)
		t++;
	return t;
}

const char *
set_table(void *field, const char *text)
{
	*(const char **)field = text;
	return strcmp(text, tables[table(text)]) ? "one of: findings rows conversations" : NULL;
}

const char *
set_language(void *field, const char *text)
{
	const struct aud_lang *l;

	*(const char **)field = text;
	return aud_lang_by_name(text, &l) ? NULL : "one of: en es pt-BR";
}

/* Of messages as POSIX has it (8.2): the first of these that is set to something. */
static const struct aud_lang *
language(const struct render *a)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	const struct aud_lang *l = NULL;

	if (a->language) {
		(void)aud_lang_by_name(a->language, &l);
		return l;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *locale = getenv(names[i]);

		if (locale && *locale)
			return aud_lang_of_locale(locale);
	}
	return NULL;
}

/* jsonl tells all findings and rows anyway. */
static bool
table_fits(const struct usage *u, const struct render *r)
{
	if (!r->table || r->format == AUD_FORMAT_CSV ||
	    (r->format == AUD_FORMAT_JSONL && table(r->table) == AUD_TABLE_CONVERSATIONS))
		return true;
	(void)opts_fail(u, "--table %s: is for the format csv%s", r->table,
	    table(r->table) == AUD_TABLE_CONVERSATIONS ? " and for jsonl" : "");
	return false;
}

bool
render_format(const struct usage *u, struct render *r)
{
	static const char *const reserved[] = {"json", "jsonl", "csv", "md", "html", "sarif", "cef"};
	const char *dot = r->out ? strrchr(r->out, '.') : NULL, *name = r->format_name;
	int format;

	for (size_t i = 0; !name && dot && i < sizeof reserved / sizeof *reserved; i++)
		if (!strcasecmp(dot + 1, reserved[i]))
			name = reserved[i];
	format = name ? aud_format_by_name(name) : AUD_FORMAT_TEXT;
	if (format < 0) {
		(void)opts_fail(u, "no format '%s': choose with --format one of: %s", name, aud_format_names());
		return false;
	}
	r->format = (enum aud_format)format;
	return table_fits(u, r);
}

struct aud_report_opts
render_opts(const struct render *a)
{
	struct aud_report_opts r = {.format = a->format, .lang = language(a), .table = table(a->table), .all_rows = a->all_rows};
	bool tty = (!a->out || !strcmp(a->out, "-")) && isatty(STDOUT_FILENO);
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct winsize ws;

	r.color = a->color == COLOR_ALWAYS ||
		  (a->color == COLOR_AUTO && tty && !(no_color && *no_color) && term && strcmp(term, "dumb"));
	if (tty && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws))
		r.width = ws.ws_col;
	return r;
}

enum status
render(const struct aud_report *r, const struct render *a)
{
	struct aud_report_opts ro = render_opts(a);
	struct aud_err err = {0};
	struct output out;
	enum aud_code code = output_open(&out, a->out, &err);

	if (code == AUD_OK) {
		code = aud_report_write(r, &ro, out.f, &err);
		code = output_close(&out, code, &err);
	}
	return say_err(code, &err);
}

enum status
render_status(const struct aud_report *r, int fail_on)
{
	for (int s = fail_on; s <= AUD_CRITICAL; s++)
		if (r->totals.by_severity[s])
			return STATUS_FINDINGS;
	return STATUS_OK;
}
