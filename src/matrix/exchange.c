/* "rules export": documents.csv, rows.csv and rules.csv (RFC 4180); columns: spanaudit(1). */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exchange.h"
#include "export.h"

const struct column document_columns[DOCUMENT_COLUMNS] = {{"id", true, CELL_TEXT}, {"title", true, CELL_TEXT},
    {"edition", true, CELL_TEXT}, {"language", true, CELL_TEXT}, {"date", true, CELL_TEXT}, {"source", true, CELL_TEXT},
    {"product", false, CELL_TEXT}, {"when", false, CELL_TEXT}};

const struct column row_columns[ROW_COLUMNS] = {{"document", true, CELL_TEXT}, {"table", true, CELL_TEXT},
    {"row", true, CELL_TEXT}, {"role", false, CELL_TEXT}, {"service", false, CELL_TEXT}, {"port", false, CELL_TEXT},
    {"protocol", false, CELL_TEXT}, {"kind", true, CELL_TEXT}, {"gloss", false, CELL_TEXT}};

/* But for subject and file the keys of a rule. */
const struct column rule_columns[RULE_COLUMNS] = {{"id", true, CELL_TEXT}, {"subject", true, CELL_TEXT},
    {"file", false, CELL_TEXT}, {"rows", true, CELL_LIST}, {"service", true, CELL_TEXT}, {"clients", true, CELL_LIST},
    {"servers", true, CELL_LIST}, {"transport", true, CELL_LIST}, {"ports", false, CELL_LIST}, {"port_side", false, CELL_TEXT},
    {"either_way", false, CELL_EITHER}, {"apps", false, CELL_LIST}, {"media", false, CELL_TEXT}, {"evidence", false, CELL_BOOL},
    {"announced", false, CELL_TEXT}, {"members", false, CELL_BOOL}, {"pair", false, CELL_BOOL},
    {"implied", false, CELL_BOOL}, {"inferred", false, CELL_BOOL}, {"effect", false, CELL_TEXT},
    {"security", true, CELL_TEXT},
    {"mtls_clients", false, CELL_LIST}, {"presence", true, CELL_TEXT}, {"absence", true, CELL_TEXT},
    {"condition", false, CELL_TEXT}, {"until", false, CELL_TEXT},
    {"exception", false, CELL_TEXT}, {"gloss", true, CELL_TEXT}, {"remark", false, CELL_TEXT},
    {"reason", false, CELL_TEXT}};

enum aud_code
folder_open(struct folder *f, const char *dir, struct aud_err *err)
{
	bool empty = true;
	DIR *d;

	*f = (struct folder){.dir = dir};
	if (!mkdir(dir, 0777)) {
		f->made = true;
		return AUD_OK;
	}
	d = errno == EEXIST ? opendir(dir) : NULL;
	if (!d)
		return aud_fail(err, AUD_IO, errno, "%s: cannot be written", dir);
	for (struct dirent *e; empty && (e = readdir(d));)
		empty = !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..");
	closedir(d);
	return empty ? AUD_OK : aud_fail(err, AUD_USAGE, 0, "%s: is not empty: name a new folder, nothing is overwritten", dir);
}

enum aud_code
folder_file(struct folder *f, const char *name, FILE **out, struct aud_err *err)
{
	char **paths = load_more(f->paths, f->n, sizeof *paths, err);

	if (!paths)
		return AUD_NOMEM;
	f->paths = paths;
	if (asprintf(&paths[f->n], "%s/%s", f->dir, name) < 0)
		return aud_nomem(err);
	*out = fopen(paths[f->n], "wx");
	if (!*out) {
		enum aud_code code = aud_fail(err, AUD_IO, errno, "%s: cannot be written", paths[f->n]);

		free(paths[f->n]);
		return code;
	}
	f->n++;
	return AUD_OK;
}

enum aud_code
folder_end(struct folder *f, FILE *file, struct aud_err *err)
{
	bool failed = ferror(file);

	failed |= fclose(file) != 0;
	return failed ? aud_fail(err, AUD_IO, errno, "%s: cannot be written", f->paths[f->n - 1]) : AUD_OK;
}

void
folder_close(struct folder *f, enum aud_code code)
{
	for (size_t i = 0; i < f->n; i++) {
		if (code)
			unlink(f->paths[i]);
		free(f->paths[i]);
	}
	if (code && f->made)
		rmdir(f->dir);
	free(f->paths);
	*f = (struct folder){0};
}

const char *
media_word(const struct aud_rule *r)
{
	return !r->media ? "" : r->media_range ? words_media.names[r->media_range] : "edge";
}

/* The mark in front has spreadsheets read UTF-8 by themselves: some take Latin-1 else, and save that. */
static void
header(FILE *out, const struct column *c, size_t n)
{
	fputs("\xef\xbb\xbf", out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%c", c[i].name, i + 1 < n ? ',' : '\n');
}

static void
write_documents(FILE *out, const struct aud_matrix *m)
{
	header(out, document_columns, DOCUMENT_COLUMNS);
	for (size_t i = 0; i < m->ndocuments; i++) {
		const struct aud_document *d = &m->documents[i];
		const char *const cells[] = {d->id, d->title, d->edition, d->language, d->date, d->source, product_name(d->product),
		    words_when.names[d->listed_only]};

		for (size_t k = 0; k < DOCUMENT_COLUMNS; k++)
			write_field(out, cells[k], k + 1 == DOCUMENT_COLUMNS);
	}
}

static void
write_rows(FILE *out, const struct aud_matrix *m)
{
	header(out, row_columns, ROW_COLUMNS);
	for (size_t i = 0; i < m->nrows; i++) {
		const struct aud_row *r = &m->rows[i];

		fprintf(out, "%s,%s,%u,", m->documents[r->document].id, r->table, r->ordinal);
		write_field(out, r->role, false);
		write_field(out, r->service, false);
		write_field(out, r->port, false);
		write_field(out, r->protocol, false);
		fprintf(out, "%s,", row_kind_name(r->kind));
		write_field(out, r->gloss, true);
	}
}

/* None of the cells that are made of names and numbers holds a comma or a quote. "yes": a spreadsheet would translate "true". */
static void
write_rule(FILE *out, const struct aud_matrix *m, const struct aud_rule *r, const struct aud_site *site)
{
	const char *slash = strrchr(r->file, '/');

	write_field(out, r->id, false);
	write_field(out, r->subject, false);
	write_field(out, slash ? slash + 1 : r->file, false);
	for (size_t i = 0; i < r->ncitations; i++)
		fprintf(out, "%s%s", i ? " " : "", aud_citation(m, r->citations[i]).s);
	putc(',', out);
	write_field(out, r->service, false);
	write_roles(out, site, r->clients, r->clients_all);
	putc(',', out);
	write_roles(out, site, r->servers, r->servers_all);
	putc(',', out);
	write_transport(out, r);
	putc(',', out);
	write_ports(out, r);
	fprintf(out, ",%s,", aud_port_side_name(r->port_side));
	if (r->either_way)
		write_roles(out, site, r->either, 0);
	putc(',', out);
	for (size_t i = 0; i < r->napps; i++)
		fprintf(out, "%s%s", i ? " " : "", r->apps[i]);
	fprintf(out, ",%s,%s,%s,%s,%s,%s,%s,%s,%s,", media_word(r), r->evidence ? "yes" : "", words_announced.names[r->announced],
	    r->members ? "yes" : "", r->pair ? "yes" : "", r->implied ? "yes" : "", r->inferred ? "yes" : "",
	    r->exempt ? words_effect.names[1] : "", aud_security_name(r->security));
	write_roles(out, site, r->mtls_clients, 0);
	fprintf(out, ",%s,%s,", aud_presence_name(r->presence), aud_absence_name(r->absence));
	write_field(out, r->condition, false);
	write_field(out, r->until, false);
	write_field(out, r->exception, false);
	write_field(out, r->gloss, false);
	write_field(out, r->remark, false);
	write_field(out, r->reason, true);
}

enum aud_code
aud_rules_export(const struct aud_matrix *m, const struct aud_site *site, const char *dir, struct aud_err *err)
{
	struct folder f;
	enum aud_code code = folder_open(&f, dir, err);
	FILE *out;

	if (code)
		return code;
	if (!(code = folder_file(&f, "documents.csv", &out, err))) {
		write_documents(out, m);
		code = folder_end(&f, out, err);
	}
	if (!code && !(code = folder_file(&f, "rows.csv", &out, err))) {
		write_rows(out, m);
		code = folder_end(&f, out, err);
	}
	if (!code && !(code = folder_file(&f, "rules.csv", &out, err))) {
		header(out, rule_columns, RULE_COLUMNS);
		for (size_t i = 0; i < m->nrules; i++)
			write_rule(out, m, &m->rules[i], site);
		code = folder_end(&f, out, err);
	}
	folder_close(&f, code);
	return code;
}
