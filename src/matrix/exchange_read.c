/*
 * "rules import": each line of the spreadsheet becomes the map that a YAML file would have held there, at its own place, so
 * that the same readers judge it; what they complain of is told with the name of the cell.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "exchange.h"

struct sheet_row {
	unsigned number;	/* as a spreadsheet counts */
	struct csv_record r;
};

struct sheet {
	const char *name, *file;	/* "rules.csv" and as it is shown */
	const struct column *columns;
	size_t ncolumns, n;
	size_t at[RULE_COLUMNS];	/* where columns[i] stands */
	char *buf;
	struct sheet_row *rows;		/* rows[0]: the header */
};

static void
sheet_close(struct sheet *s)
{
	free(s->buf);
	free(s->rows);
}

/* "rules.csv:12:85: why" -> "rules.csv:12:85: H12 (ports): why". The cell is the last that begins at the place or before it. */
static void
name_cell(const struct sheet *s, struct aud_err *err)
{
	char mark[32], *p, rest[sizeof err->msg];
	const struct sheet_row *row = NULL;
	unsigned line, column;
	size_t cell = 0;
	int used = 0;

	snprintf(mark, sizeof mark, "/%s:", s->name);
	p = err ? strstr(err->msg, mark) : NULL;
	if (!p || sscanf(p + strlen(mark), "%u:%u: %n", &line, &column, &used) < 2 || !used)
		return;
	p += strlen(mark) + (size_t)used;
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->rows[i].r.n; k++) {
			const struct csv_record *r = &s->rows[i].r;

			if (r->lines[k] < line || (r->lines[k] == line && r->columns[k] <= column)) {
				row = &s->rows[i];
				cell = k;
			}
		}
	if (!row)
		return;
	memcpy(rest, p, strlen(p) + 1);
	p += snprintf(p, (size_t)(err->msg + sizeof err->msg - p), "%c%.1s%u", (int)('A' + (cell < 26 ? cell : cell / 26 - 1)),
	    cell < 26 ? "" : &"ABCDEFGHIJKLMNOPQRSTUVWXYZ"[cell % 26], row->number);
	if (row != s->rows && cell < s->rows[0].r.n)
		p += snprintf(p, (size_t)(err->msg + sizeof err->msg - p), " (%.20s)", s->rows[0].r.fields[cell]);
	snprintf(p, (size_t)(err->msg + sizeof err->msg - p), ": %s", rest);
}

static const char *
text_of(const struct sheet *s, const struct sheet_row *row, size_t column)
{
	return row->r.fields[s->at[column]];
}

static struct aud_yaml
node(const struct sheet *s, const struct sheet_row *row, size_t field)
{
	return (struct aud_yaml){.kind = AUD_YAML_SCALAR, .file = s->file, .line = row->r.lines[field],
	    .column = row->r.columns[field], .text = row->r.fields[field]};
}

static bool
blank(const char *s)
{
	return !s[strspn(s, " \t\r\n")];
}

/* The header has no separator inside its names, so its first one is that of the file. */
static char
separator(const char *p, const char *end)
{
	for (; p < end && *p != '\n'; p++)
		if (*p == ',' || *p == ';' || *p == '\t')
			return *p;
	return ',';
}

static enum aud_code
read_header(struct sheet *s, struct aud_err *err)
{
	const char *names[RULE_COLUMNS], *near;
	bool seen[RULE_COLUMNS] = {false};

	/* The mark of UTF-8, read as Latin-1 and written as UTF-8: so are the cells. */
	if (s->rows[0].r.n && !strncmp(s->rows[0].r.fields[0], "\xc3\xaf\xc2\xbb\xc2\xbf", 6)) {
		struct aud_yaml y = node(s, s->rows, 0);

		return aud_yaml_fail(err, &y, "the spreadsheet read this file as Latin-1, so that its letters are spoilt: open it as UTF-8");
	}
	for (size_t i = 0; i < s->ncolumns; i++)
		names[i] = s->columns[i].name;
	for (size_t k = 0; k < s->rows[0].r.n; k++) {
		struct aud_yaml y = node(s, s->rows, k);
		size_t i = 0;

		while (i < s->ncolumns && strcmp(names[i], y.text) != 0)
			i++;
		if (i == s->ncolumns) {
			near = aud_nearest(y.text, names, s->ncolumns);
			return aud_yaml_fail(err, &y, "unknown column '%.40s'%s%s%s", y.text, near ? ": did you mean '" : "", near ? near : "",
			    near ? "'?" : "");
		}
		if (seen[i])
			return aud_yaml_fail(err, &y, "the column '%s' is there twice", names[i]);
		seen[i] = true;
		s->at[i] = k;
	}
	for (size_t i = 0; i < s->ncolumns; i++)
		if (!seen[i]) {
			struct aud_yaml y = node(s, s->rows, 0);

			return aud_yaml_fail(err, &y, "the column '%s' is missing", names[i]);
		}
	return AUD_OK;
}

static enum aud_code
check_cells(const struct sheet *s, const struct sheet_row *row, struct aud_err *err)
{
	struct aud_yaml y = node(s, row, row->r.n - 1);
	unsigned c;

	if (row->r.n != s->rows[0].r.n)
		return aud_yaml_fail(err, &y, "%zu cells in a line where the header has %zu", row->r.n, s->rows[0].r.n);
	for (size_t i = 0; i < s->ncolumns; i++) {
		y = node(s, row, s->at[i]);
		for (const char *p = y.text; *p;) {
			size_t n = utf8_next(p, &c);

			if (!n)
				return aud_yaml_fail(err, &y, "this is not UTF-8: save the file as UTF-8");
			p += n;
		}
		if (s->columns[i].need && blank(y.text) && (s->ncolumns != RULE_COLUMNS || blank(text_of(s, row, RULE_REASON))))
			return aud_yaml_fail(err, &y, "'%s' is empty", s->columns[i].name);
	}
	return AUD_OK;
}

/* A spreadsheet writes an empty line as separators alone. */
static bool
all_empty(const struct csv_record *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (*r->fields[i])
			return false;
	return true;
}

static enum aud_code
read_lines(struct sheet *s, struct csv *c, struct aud_err *err)
{
	unsigned number = 0;
	enum aud_code code;

	for (;;) {
		struct sheet_row *rows = load_more(s->rows, s->n, sizeof *rows, err), *row;
		unsigned before = c->line;

		if (!rows)
			return AUD_NOMEM;
		s->rows = rows;
		row = &rows[s->n];
		code = csv_next(c, &row->r, err);
		if (code == AUD_END)
			break;
		row->number = number += row->r.line - before + 1;
		if (code && s->n && row->r.n < CSV_FIELDS)
			row->r.n++; /* the cell in which it failed */
		s->n += code || !all_empty(&row->r);
		if (code || s->n > ROWS_MAX)
			return code ? code : aud_fail(err, AUD_RULES, 0, "%s: more than %d lines", s->file, ROWS_MAX);
	}
	return s->n > 1 ? AUD_OK : aud_fail(err, AUD_RULES, 0, "%s:1:1: %s", s->file, s->n ? "nothing below the header" : "the file is empty");
}

static enum aud_code
sheet_open(struct sheet *s, const struct pack *pack, const char *dir, struct aud_err *err)
{
	const struct pack_file *f = pack_find(pack, s->name);
	enum aud_code code;
	struct csv c;

	if (!f)
		return aud_fail(err, AUD_RULES, 0, "%s: %s is missing in this folder", dir, s->name);
	s->file = f->shown;
	s->buf = malloc(f->len + 1);
	if (!s->buf)
		return aud_nomem(err);
	if (f->len)
		memcpy(s->buf, f->data, f->len);
	csv_open(&c, f->shown, s->buf, f->len);
	c.separator = separator(c.p, c.end);
	c.max = CSV_FIELDS;
	code = read_lines(s, &c, err);
	if (!code)
		code = read_header(s, err);
	for (size_t i = 1; !code && i < s->n; i++)
		code = check_cells(s, &s->rows[i], err);
	if (code)
		name_cell(s, err);
	return code;
}

static bool
word_in(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(s, *words))
			return true;
	return false;
}

static enum aud_code
split(struct load *l, struct aud_yaml *y)
{
	char *s = (char *)(uintptr_t)keep_text(l->keep, y->text, strlen(y->text), l->err), *save = NULL;
	struct aud_yaml *items = keep_alloc(l->keep, (strlen(y->text) / 2 + 1) * sizeof *items, l->err);

	if (!s || !items)
		return AUD_NOMEM;
	y->kind = AUD_YAML_LIST;
	y->items = items;
	for (char *w = strtok_r(s, " |\t\r\n", &save); w; w = strtok_r(NULL, " |\t\r\n", &save)) {
		items[y->n] = *y;
		items[y->n] = (struct aud_yaml){.kind = AUD_YAML_SCALAR, .file = y->file, .line = y->line, .column = y->column, .text = w};
		y->n++;
	}
	return AUD_OK;
}

static enum aud_code
cell(struct load *l, struct aud_yaml *y, const struct column *c)
{
	static const char *const yes[] = {"yes", "true", "TRUE", "1", NULL}, *const no[] = {"no", "false", "FALSE", "0", NULL};

	if (c->kind == CELL_BOOL || c->kind == CELL_EITHER) {
		if (word_in(y->text, yes))
			y->text = "true";
		else if (word_in(y->text, no))
			y->text = "false";
		else if (c->kind == CELL_EITHER)
			return split(l, y);
		else
			return aud_yaml_fail(l->err, y, "%s is yes or no, not '%.40s'", c->name, y->text);
	}
	return c->kind == CELL_LIST ? split(l, y) : AUD_OK;
}

/* The cells that are not empty, but for subject and file of a rule. */
static enum aud_code
map(struct load *l, const struct sheet *s, const struct sheet_row *row, struct aud_yaml *out)
{
	struct aud_yaml *keys = keep_alloc(l->keep, s->ncolumns * sizeof *keys, l->err);
	struct aud_yaml *items = keep_alloc(l->keep, s->ncolumns * sizeof *items, l->err);

	if (!keys || !items)
		return AUD_NOMEM;
	*out = node(s, row, s->at[0]);
	out->kind = AUD_YAML_MAP;
	out->keys = keys;
	out->items = items;
	for (size_t i = 0; i < s->ncolumns; i++) {
		enum aud_code code;

		if (blank(text_of(s, row, i)) || (s->columns == rule_columns && (i == RULE_SUBJECT || i == RULE_FILE)))
			continue;
		keys[out->n] = items[out->n] = node(s, row, s->at[i]);
		keys[out->n].text = s->columns[i].name;
		code = cell(l, &items[out->n++], &s->columns[i]);
		if (code)
			return code;
	}
	return AUD_OK;
}

static enum aud_code
import_documents(struct load *l, const struct sheet *s)
{
	enum aud_code code = AUD_OK;

	for (size_t i = 1; !code && i < s->n; i++) {
		struct aud_yaml y;

		code = map(l, s, &s->rows[i], &y);
		if (!code)
			code = load_document(l, &y);
	}
	return code;
}

/* Document by document, in the order of the sheet; lines of one document need not stand together. */
static enum aud_code
import_rows(struct load *l, const struct sheet *s)
{
	enum aud_code code = AUD_OK;

	for (size_t i = 1; i < s->n; i++) {
		struct aud_yaml y = node(s, &s->rows[i], s->at[0]);
		size_t d = 0;

		while (d < l->ndocuments && strcmp(l->documents[d].id, y.text) != 0)
			d++;
		if (d == l->ndocuments)
			return aud_yaml_fail(l->err, &y, "unknown document '%.60s': it is not in documents.csv", y.text);
	}
	for (unsigned d = 0; d < l->ndocuments; d++) {
		size_t first = l->nrows;

		for (size_t i = 1; !code && i < s->n; i++) {
			const struct csv_record *from = &s->rows[i].r;
			struct csv_record r = {.line = from->line, .n = s->ncolumns - 1};

			if (strcmp(text_of(s, &s->rows[i], 0), l->documents[d].id) != 0)
				continue;
			for (size_t k = 0; k < r.n; k++) {
				r.fields[k] = from->fields[s->at[k + 1]];
				r.lines[k] = from->lines[s->at[k + 1]];
				r.columns[k] = from->columns[s->at[k + 1]];
			}
			code = load_row(l, d, first, &r, s->file);
		}
		if (!code && l->nrows == first)
			code = aud_fail(l->err, AUD_RULES, 0, "%s:1:1: no row of the document '%s'", s->file, l->documents[d].id);
		if (code)
			return code;
	}
	return AUD_OK;
}

/* The file that a rule goes to: its own, or that of its subject. */
static enum aud_code
rule_file(struct load *l, const struct sheet *s, const struct sheet_row *row, const char **out)
{
	bool own = !blank(text_of(s, row, RULE_FILE));
	struct aud_yaml y = node(s, row, s->at[own ? RULE_FILE : RULE_SUBJECT]);
	const size_t len = strlen(y.text);
	char *name = keep_alloc(l->keep, len + sizeof ".yaml", l->err);

	if (!name)
		return AUD_NOMEM;
	memcpy(name, y.text, len + 1);
	if (!own)
		memcpy(name + len, ".yaml", sizeof ".yaml");
	*out = name;
	if (*name == '.' || strlen(name) < 6 || strlen(name) > 120 || strcmp(name + strlen(name) - 5, ".yaml") != 0 ||
	    !strcmp(name, "documents.yaml"))
		return aud_yaml_fail(l->err, &y, "'%.60s' cannot be a file of rules: write web.yaml, or leave 'file' empty", y.text);
	for (const char *p = name; *p; p++)
		if (*p == '/' || iscntrl((unsigned char)*p))
			return aud_yaml_fail(l->err, &y, "'%.60s' cannot be the name of a file", y.text);
	return AUD_OK;
}

static enum aud_code
import_rule(struct load *l, const struct sheet *s, const struct sheet_row *row, const char **files)
{
	struct aud_yaml top[2] = {node(s, row, s->at[RULE_SUBJECT]), node(s, row, s->at[RULE_ID])}, keys[2] = {top[0], top[1]}, rule;
	struct aud_yaml root = top[1], reason = node(s, row, s->at[RULE_REASON]);
	size_t i = l->nrules;
	enum aud_code code;

	if (!blank(reason.text))
		return aud_yaml_fail(l->err, &reason, "a rule with a reason is one of a site file: leave it there, and delete this line");
	if ((code = rule_file(l, s, row, &files[i])) || (code = map(l, s, row, &rule)))
		return code;
	keys[0].text = "subject";
	keys[1].text = "rules";
	top[1].kind = AUD_YAML_LIST;
	top[1].items = &rule;
	top[1].n = 1;
	root.kind = AUD_YAML_MAP;
	root.keys = keys;
	root.items = top;
	root.n = 2;
	if ((code = load_rules(l, &root)))
		return code;
	for (size_t j = 0; j < i; j++)
		if (!strcmp(files[j], files[i]) && strcmp(l->rules[j].subject, l->rules[i].subject) != 0)
			return aud_yaml_fail(l->err, &top[0], "'%.40s' goes to the file '%.40s', whose subject is '%.40s'",
			    l->rules[i].subject, files[i], l->rules[j].subject);
	return AUD_OK;
}

static enum aud_code
import_sheets(struct load *l, struct sheet *sheets, const char **files)
{
	enum aud_code code = import_documents(l, &sheets[0]);

	if (code)
		name_cell(&sheets[0], l->err);
	if (!code && (code = import_rows(l, &sheets[1])))
		name_cell(&sheets[1], l->err);
	for (size_t i = 1; !code && i < sheets[2].n; i++)
		if ((code = import_rule(l, &sheets[2], &sheets[2].rows[i], files)))
			name_cell(&sheets[2], l->err);
	if (!code && (code = load_link(l)))
		name_cell(&sheets[1], l->err);
	return code;
}

static enum aud_code
write_folder(const struct load *l, const char *const *files, const char *dir)
{
	const struct aud_matrix m = {.documents = l->documents, .ndocuments = l->ndocuments, .rows = l->rows, .nrows = l->nrows,
	    .rules = l->rules, .nrules = l->nrules};
	struct folder f;
	enum aud_code code = folder_open(&f, dir, l->err);

	if (code)
		return code;
	code = folder_rules(&f, &m, files, l->site, l->err);
	folder_close(&f, code);
	return code;
}

enum aud_code
aud_rules_import(const char *from, const struct aud_site *site, const char *dir, struct aud_err *err)
{
	struct sheet sheets[] = {{.name = "documents.csv", .columns = document_columns, .ncolumns = DOCUMENT_COLUMNS},
	    {.name = "rows.csv", .columns = row_columns, .ncolumns = ROW_COLUMNS},
	    {.name = "rules.csv", .columns = rule_columns, .ncolumns = RULE_COLUMNS}};
	struct keep keep = {0};
	struct load l = {.keep = &keep, .site = site, .err = err};
	const char **files = NULL;
	struct pack pack;
	enum aud_code code = pack_open(&pack, from, err);

	for (size_t i = 0; !code && i < 3; i++)
		code = sheet_open(&sheets[i], &pack, from, err);
	if (!code && !(files = calloc(sheets[2].n, sizeof *files)))
		code = aud_nomem(err);
	if (!code)
		code = import_sheets(&l, sheets, files);
	if (!code)
		code = write_folder(&l, files, dir);
	free(files);
	free(l.documents);
	free(l.rows);
	free(l.places);
	free(l.rules);
	keep_free(&keep);
	for (size_t i = 0; i < 3; i++)
		sheet_close(&sheets[i]);
	pack_close(&pack);
	return code;
}
