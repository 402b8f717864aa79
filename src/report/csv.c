/*
 * CSV (RFC 4180): one table of the report, findings unless another is asked for (struct aud_report_opts). Lines end in LF, as in
 * `flows -f csv`. Several values in one cell are separated by a space. New columns are added at the end only.
 *
 * Spreadsheets run what looks like a formula (CWE-1236): a cell that begins so, after blanks and quotes too, gets an apostrophe before
 * it, and so does what follows a semicolon, which separates cells where the comma is the decimal sign.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "record.h"
#include "talks.h"

struct column {
	const char *name, *path;
};

static const struct column findings[] = {
    {"id", "id"}, {"kind", "kind"}, {"severity", "severity"}, {"certainty", "certainty"}, {"title", "title"}, {"reason", "reason"},
    {"client", "client.address"}, {"client_name", "client.name"}, {"client_roles", "client.roles"},
    {"server", "server.address"}, {"server_name", "server.name"}, {"server_roles", "server.roles"},
    {"transport", "transport"}, {"port", "port"}, {"app", "app"}, {"rule", "rule"}, {"nearest", "nearest"},
    {"citations", "citations"}, {"flows", "flows"}, {"packets", "packets"}, {"bytes", "bytes"}, {"first", "first"}, {"last", "last"},
    {"evidence", "evidence.input"}, {"waiver_reason", "waiver.reason"}, {"waiver_owner", "waiver.owner"},
    {"waiver_expires", "waiver.expires"}, {"waiver_expired", "waiver.expired"},
};

static const struct column rows[] = {
    {"document", "document"}, {"table", "table"}, {"row", "row"}, {"rules", "rules"}, {"role", "printed.role"},
    {"service", "printed.service"}, {"port", "printed.port"}, {"protocol", "printed.protocol"}, {"state", "state"},
    {"reason", "reason"}, {"flows", "flows"}, {"first", "first"}, {"last", "last"},
};

#define N(a) (sizeof(a) / sizeof *(a))
static const struct {
	const char *section;
	const struct column *columns;
	size_t n;
} tables[] = {
    [AUD_TABLE_FINDINGS] = {"findings", findings, N(findings)},
    [AUD_TABLE_ROWS] = {"rows", rows, N(rows)},
    [AUD_TABLE_CONVERSATIONS] = {"conversations", NULL, 0},	/* talks.c */
};

struct csv {
	struct records rec;
	char *cell; /* of the texts of one cell */
	size_t n;
	FILE *f;
};

static bool
begin(struct pen *p)
{
	struct csv *c = calloc(1, sizeof *c);

	if (!(p->own = c))
		return false;
	for (size_t i = 0; i < tables[p->opts->table].n; i++)
		fprintf(p->out, "%s%s", i ? "," : "", tables[p->opts->table].columns[i].name);
	if (p->opts->table == AUD_TABLE_CONVERSATIONS)
		talks_head(p->out);
	else
		putc('\n', p->out);
	return (c->f = open_memstream(&c->cell, &c->n)) != NULL;
}

/* The signs, and their full-width forms, which some spreadsheets take for the same. Tabs and CR are no more in clean text. */
static bool
is_formula(const char *s)
{
	static const char *const wide[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};

	s += strspn(s, " \"'\xc2\xa0");
	for (size_t i = 0; i < N(wide); i++)
		if (!strncmp(s, wide[i], strlen(wide[i])))
			return true;
	return *s && strchr("=+-@", *s);
}

void
csv_text(FILE *out, const char *s)
{
	bool quote = s[strcspn(s, ",;\"' \r\n\t")] != '\0', start = true;

	if (quote)
		putc('"', out);
	for (; *s; s++) {
		if (start && is_formula(s))
			putc('\'', out);
		start = *s == ';';
		if (*s == '"')
			putc('"', out);
		putc(*s, out);
	}
	if (quote)
		putc('"', out);
}

/* What is looked for stands behind what was found before, since columns and fields have one order, more or less. */
static const struct sheet_entry *
find(const struct sheet *s, const char *path, size_t *from)
{
	const struct sheet_entry *e = sheet_next(s, path, from);

	if (e)
		return e;
	*from = 0;
	return sheet_next(s, path, from);
}

/* The next value of a list, whose items are one field or two each. */
static const struct sheet_entry *
item(const struct sheet *s, const struct sheet_entry *e)
{
	for (size_t i = 1; i <= 2 && e + i < s->v + s->n; i++)
		if (!strcmp(e[i].path, e->path))
			return e + i;
	return NULL;
}

static void
put_value(FILE *out, const struct sheet *s, const struct sheet_entry *e)
{
	switch (e->kind) {
	case VALUE_NULL: break;
	case VALUE_BOOL: fputs(e->n ? "yes" : "no", out); break;
	case VALUE_NUMBER: fprintf(out, "%" PRIu64, e->n); break;
	case VALUE_TEXT: fputs(sheet_entry_text(s, e), out); break;
	case VALUE_TIME: fputs(time_str(e->n).s, out); break;
	}
}

static bool
put_cell(struct pen *p, const char *path, size_t *from)
{
	struct csv *c = p->own;
	const struct sheet *s = &c->rec.sheet;
	const struct sheet_entry *e = find(s, path, from);
	bool frames = !strcmp(path, "evidence.input");

	if (!e)
		return true;
	if (e->kind != VALUE_TEXT) {
		put_value(p->out, s, e);
		return true;
	}
	if (fseeko(c->f, 0, SEEK_SET))
		return false;
	for (const char *blank = ""; e; e = item(s, e), blank = " ") {
		fputs(blank, c->f);
		put_value(c->f, s, e);
		/* "day.pcap:132" */
		if (frames && e + 1 < s->v + s->n)
			fprintf(c->f, ":%" PRIu64, e[1].n);
	}
	putc('\0', c->f);
	if (fflush(c->f))
		return false;
	csv_text(p->out, c->cell);
	return true;
}

static bool
record(struct pen *p)
{
	const struct csv *c = p->own;
	size_t from = 0;

	if (strcmp(c->rec.section, tables[p->opts->table].section) != 0)
		return true;
	for (size_t i = 0; i < tables[p->opts->table].n; i++) {
		if (i)
			putc(',', p->out);
		if (!put_cell(p, tables[p->opts->table].columns[i].path, &from))
			return false;
	}
	putc('\n', p->out);
	return true;
}

static bool
open(struct pen *p, enum shape shape, const char *name)
{
	struct csv *c = p->own;

	return records_open(&c->rec, shape, name);
}

/* Other sections are not kept: that of IPsec may have a hundred thousand records. */
static bool
field(struct pen *p, const char *name, const struct value *v)
{
	struct csv *c = p->own;

	return strcmp(c->rec.section, tables[p->opts->table].section) != 0 || records_field(&c->rec, name, v);
}

static bool
close(struct pen *p)
{
	struct csv *c = p->own;

	return records_close(&c->rec) != CLOSED_RECORD || record(p);
}

static bool
end(struct pen *p)
{
	struct csv *c = p->own;

	if (!c)
		return true;
	if (c->f)
		fclose(c->f);
	free(c->cell);
	sheet_free(&c->rec.sheet);
	free(c);
	return true;
}

static enum aud_code
talks(struct pen *p, const struct aud_report *r, char *const *inputs, struct aud_err *err)
{
	return talks_csv(r, inputs, p->out, err);
}

const struct writer writer_csv = {begin, open, field, close, end, talks};
