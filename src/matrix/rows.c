/* documents.yaml, and the printed rows of each document. */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aud/date.h>

#include "csv.h"
#include "load.h"

static const char *const columns[] = {"table", "ordinal", "role", "service", "port", "protocol", "kind", "gloss"};
enum { TABLE, ORDINAL, ROLE, SERVICE, PORT, PROTOCOL, KIND, GLOSS, COLUMNS };

void *
load_more(void *array, size_t n, size_t size, struct aud_err *err)
{
	char *p = array;

	if ((n & (n - 1)) == 0) {
		p = reallocarray(array, n ? n * 2 : 1, size);
		if (!p) {
			(void)aud_nomem(err);
			return NULL;
		}
	}
	memset(p + n * size, 0, size);
	return p;
}

enum aud_code
load_word(const struct aud_yaml *y, const struct words *w, const char *what, int *out, struct aud_err *err)
{
	enum aud_code code = aud_yaml_want(y, AUD_YAML_SCALAR, what, err);
	char all[96] = "";
	const char *near;
	size_t used = 0;

	if (code)
		return code;
	*out = word_find(w, y->text);
	if (*out >= 0)
		return AUD_OK;
	near = aud_nearest(y->text, w->names, w->n);
	if (near && *near)
		return aud_yaml_fail(err, y, "unknown %s '%.40s': did you mean '%s'?", what, y->text, near);
	for (size_t i = 0; i < w->n && used < sizeof all; i++)
		if (*w->names[i])
			used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", used ? ", " : "", w->names[i]);
	return aud_yaml_fail(err, y, "unknown %s '%.40s': one of %s", what, y->text, all);
}

enum aud_code
load_text(struct load *l, const struct aud_yaml *y, const char *what, const char **out)
{
	enum aud_code code = aud_yaml_want(y, AUD_YAML_SCALAR, what, l->err);
	size_t len;

	if (code)
		return code;
	len = strlen(y->text);
	while (len && isspace((unsigned char)y->text[len - 1]))
		len--;
	if (!len)
		return aud_yaml_fail(l->err, y, "%s is empty", what);
	*out = keep_text(l->keep, y->text, len, l->err);
	return *out ? AUD_OK : AUD_NOMEM;
}

static enum aud_code AUD_PRINTF(5, 6)
fail_field(struct load *l, const struct csv_record *r, const char *file, size_t cell, const char *fmt, ...)
{
	char msg[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	return aud_fail(l->err, AUD_RULES, 0, "%s:%u:%u: %s", file, r->lines[cell], r->columns[cell], msg);
}

static enum aud_code
read_ordinal(const char *s, unsigned *out)
{
	unsigned n = 0;

	if (!*s || strlen(s) > 5)
		return AUD_RULES;
	for (; *s; s++) {
		if (!isdigit((unsigned char)*s))
			return AUD_RULES;
		n = n * 10 + (unsigned)(*s - '0');
	}
	*out = n;
	return n ? AUD_OK : AUD_RULES;
}

/* "T1" ... "T99" or "P". */
static bool
table_valid(const char *s)
{
	unsigned n;

	return !strcmp(s, "P") || (s[0] == 'T' && s[1] != '0' && strlen(s) < 4 && !read_ordinal(s + 1, &n));
}

/* Sort key of tables: T1 < T2 < T10 < P, as printed. */
static unsigned
table_order(const char *s)
{
	return s[0] == 'P' ? 1000 : (unsigned)atoi(s + 1);
}

/* The next row of a document has to follow the last one: ordinals count from 1, tables come in order. */
static enum aud_code
check_order(struct load *l, const struct aud_row *row, size_t first, const struct csv_record *r, const char *file)
{
	const struct aud_row *last = l->nrows > first ? &l->rows[l->nrows - 1] : NULL;
	unsigned expected = last && !strcmp(last->table, row->table) ? last->ordinal + 1 : 1;

	if (last && table_order(row->table) < table_order(last->table))
		return fail_field(l, r, file, TABLE, "table '%s' after table '%s': tables come in printed order", row->table, last->table);
	if (row->ordinal == expected)
		return AUD_OK;
	return fail_field(l, r, file, ORDINAL, "row %u of %s where %u is expected: ordinals count the printed rows from 1", row->ordinal,
	    row->table, expected);
}

static enum aud_code
check_header(struct load *l, const struct csv_record *r, const char *file)
{
	/* The last one may be left out. */
	for (size_t i = 0; i < COLUMNS && (i < GLOSS || i < r->n); i++)
		if (i >= r->n || strcmp(r->fields[i], columns[i]) != 0)
			return aud_fail(l->err, AUD_RULES, 0, "%s:%u:%u: column %zu must be '%s', not '%.40s'", file, r->line,
			    i < r->n ? r->columns[i] : r->columns[0], i + 1, columns[i], i < r->n ? r->fields[i] : "");
	if (r->n > COLUMNS)
		return aud_fail(l->err, AUD_RULES, 0, "%s:%u:%u: unknown column '%.40s'", file, r->line, r->columns[COLUMNS],
		    r->fields[COLUMNS]);
	return AUD_OK;
}

enum aud_code
load_row(struct load *l, unsigned document, size_t first, const struct csv_record *r, const char *file)
{
	const char **cells[COLUMNS] = {NULL};
	struct aud_row row = {.document = document, .gloss = ""};
	enum aud_code code;
	int kind;
	void *p;

	if (r->n != GLOSS && r->n != COLUMNS)
		return fail_field(l, r, file, 0, "%zu fields where %d are expected (%s ... %s), or a %s besides", r->n, GLOSS, columns[TABLE],
		    columns[KIND], columns[GLOSS]);
	if (!table_valid(r->fields[TABLE]))
		return fail_field(l, r, file, TABLE, "'%.40s' is no table: T1, T2 ... or P for statements in prose", r->fields[TABLE]);
	if (read_ordinal(r->fields[ORDINAL], &row.ordinal))
		return fail_field(l, r, file, ORDINAL, "'%.40s' is no ordinal: rows count from 1", r->fields[ORDINAL]);
	kind = word_find(&words_kind, r->fields[KIND]);
	if (kind < 0)
		return fail_field(l, r, file, KIND, "unknown kind of row '%.40s': rule, blank or statement", r->fields[KIND]);
	row.kind = (enum aud_row_kind)kind;
	if (row.kind == AUD_ROW_BLANK && (*r->fields[PORT] || *r->fields[PROTOCOL]))
		return fail_field(l, r, file, *r->fields[PORT] ? PORT : PROTOCOL, "a blank row has no port and no protocol, this one prints '%.40s'",
		    *r->fields[PORT] ? r->fields[PORT] : r->fields[PROTOCOL]);
	if (row.kind != AUD_ROW_STATEMENT && r->n > GLOSS && *r->fields[GLOSS])
		return fail_field(l, r, file, GLOSS, "a gloss of a %s: only statements have one, a row has that of its rules",
		    words_kind.names[kind]);
	if (l->nrows == ROWS_MAX)
		return fail_field(l, r, file, 0, "more than %d rows", ROWS_MAX);
	cells[TABLE] = &row.table;
	cells[ROLE] = &row.role;
	cells[SERVICE] = &row.service;
	cells[PORT] = &row.port;
	cells[PROTOCOL] = &row.protocol;
	cells[GLOSS] = &row.gloss;
	for (size_t i = 0; i < r->n; i++)
		if (cells[i] && !(*cells[i] = keep_text(l->keep, r->fields[i], strlen(r->fields[i]), l->err)))
			return AUD_NOMEM;
	code = check_order(l, &row, first, r, file);
	if (code)
		return code;
	p = load_more(l->rows, l->nrows, sizeof *l->rows, l->err);
	if (!p)
		return AUD_NOMEM;
	l->rows = p;
	p = load_more(l->places, l->nrows, sizeof *l->places, l->err);
	if (!p)
		return AUD_NOMEM;
	l->places = p;
	l->places[l->nrows] = (struct place){keep_text(l->keep, file, strlen(file), l->err), r->line, 1};
	l->rows[l->nrows++] = row;
	return l->places[l->nrows - 1].file ? AUD_OK : AUD_NOMEM;
}

static enum aud_code
load_rows(struct load *l, unsigned document, const struct pack_file *f)
{
	char *buf = malloc(f->len + 1);
	size_t first = l->nrows;
	struct csv_record r;
	enum aud_code code;
	struct csv c;

	if (!buf)
		return aud_nomem(l->err);
	if (f->len)
		memcpy(buf, f->data, f->len);
	csv_open(&c, f->shown, buf, f->len);
	code = csv_next(&c, &r, l->err);
	if (code == AUD_END)
		code = aud_fail(l->err, AUD_RULES, 0, "%s:1:1: the file is empty", f->shown);
	if (!code)
		code = check_header(l, &r, f->shown);
	while (!code && !(code = csv_next(&c, &r, l->err)))
		code = load_row(l, document, first, &r, f->shown);
	if (code == AUD_END)
		code = AUD_OK;
	if (!code && l->nrows == first)
		code = aud_fail(l->err, AUD_RULES, 0, "%s:1:1: no printed row in this file", f->shown);
	free(buf);
	return code;
}

static bool
id_valid(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n && !s[n] && n < 48 && *s != '-';
}

enum aud_code
load_document(struct load *l, const struct aud_yaml *y)
{
	static const char *const keys[] = {"id", "title", "edition", "language", "date", "source", "product", "when", "csv"};
	enum { ID, TITLE, EDITION, LANGUAGE, DATE, SOURCE, TEXTS };
	struct aud_document d = {0};
	const char **texts[] = {&d.id, &d.title, &d.edition, &d.language, &d.date, &d.source};
	const struct aud_yaml *v, *id = NULL;
	enum aud_code code;
	int word;
	void *p;

	if ((code = aud_yaml_want(y, AUD_YAML_MAP, "a document", l->err)) ||
	    (code = aud_yaml_keys(y, keys, sizeof keys / sizeof *keys, l->err)))
		return code;
	for (int i = 0; i < TEXTS; i++) {
		v = aud_yaml_get(y, keys[i]);
		if (!v)
			return aud_yaml_fail(l->err, y, "the document has no '%s'", keys[i]);
		if ((code = load_text(l, v, keys[i], texts[i])))
			return code;
		if (i == ID)
			id = v;
		if (i == DATE && !aud_date_valid(d.date))
			return aud_yaml_fail(l->err, v, "'%.40s' is no date: write YYYY-MM-DD", v->text);
	}
	if (!id_valid(d.id))
		return aud_yaml_fail(l->err, id, "'%.40s' cannot be an id: small letters, digits and '-', at most 47", d.id);
	for (size_t i = 0; i < l->ndocuments; i++)
		if (!strcmp(l->documents[i].id, d.id))
			return aud_yaml_fail(l->err, id, "the document '%s' is there twice", d.id);
	if ((v = aud_yaml_get(y, "product"))) {
		if ((code = load_word(v, &words_product, "product", &word, l->err)))
			return code;
		d.product = (enum aud_product)word;
	}
	if ((v = aud_yaml_get(y, "when"))) {
		if ((code = load_word(v, &words_when, "when", &word, l->err)))
			return code;
		d.listed_only = word == 1;
	}
	p = load_more(l->documents, l->ndocuments, sizeof *l->documents, l->err);
	if (!p)
		return AUD_NOMEM;
	l->documents = p;
	l->documents[l->ndocuments++] = d;
	return AUD_OK;
}

static enum aud_code
load_with_rows(struct load *l, const struct pack *pack, const struct aud_yaml *y)
{
	enum aud_code code = load_document(l, y);
	const struct pack_file *f;
	const struct aud_yaml *v;

	if (code)
		return code;
	v = aud_yaml_get(y, "csv");
	if (!v)
		return aud_yaml_fail(l->err, y, "the document has no 'csv'");
	if ((code = aud_yaml_want(v, AUD_YAML_SCALAR, "csv", l->err)))
		return code;
	f = pack_find(pack, v->text);
	if (!f)
		return aud_yaml_fail(l->err, v, "the row file '%.60s' is not in this folder", v->text);
	return load_rows(l, (unsigned)l->ndocuments - 1, f);
}

enum aud_code
load_documents(struct load *l, const struct pack *pack, const char *dir)
{
	static const char *const keys[] = {"documents"};
	const struct pack_file *f = pack_find(pack, "documents.yaml");
	const struct aud_yaml *list;
	struct aud_yaml *root;
	enum aud_code code;

	if (!f)
		return aud_fail(l->err, AUD_RULES, 0, "%s: documents.yaml is missing in this folder of rules", dir);
	code = aud_yaml_parse(&root, f->shown, f->data, f->len, l->err);
	if (code)
		return code;
	code = aud_yaml_want(root, AUD_YAML_MAP, "the file", l->err);
	if (!code)
		code = aud_yaml_keys(root, keys, 1, l->err);
	list = code ? NULL : aud_yaml_get(root, "documents");
	if (!code && !list)
		code = aud_yaml_fail(l->err, root, "the file has no 'documents'");
	if (!code)
		code = aud_yaml_want(list, AUD_YAML_LIST, "documents", l->err);
	if (!code && !list->n)
		code = aud_yaml_fail(l->err, list, "the list of documents is empty");
	for (size_t i = 0; !code && i < list->n; i++)
		code = load_with_rows(l, pack, &list->items[i]);
	aud_yaml_free(root);
	return code;
}
