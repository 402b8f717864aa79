/* SQLite -> struct aud_matrix. All memory is the arena of the reader, which hangs at priv. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read.h"

static void
get_documents(struct reader *r)
{
	read_begin(r, STMT_GET_DOCUMENTS);
	for (size_t i = 0; read_next(r) && i < r->ndocuments; i++) {
		struct aud_document *d = &r->documents[i];

		d->id = read_text(r);
		d->title = read_text(r);
		d->edition = read_text(r);
		d->language = read_text(r);
		d->date = read_text(r);
		d->source = read_text(r);
		d->product = (enum aud_product)read_word(r, &names_product);
		d->listed_only = db_get_int(r->db);
	}
}

static void
get_rows(struct reader *r)
{
	read_begin(r, STMT_GET_ROWS);
	for (size_t i = 0; read_next(r) && i < r->nrows; i++) {
		struct aud_row *row = &r->rows[i];

		row->document = read_ref(r, r->at.document, r->ndocuments);
		row->table = read_text(r);
		row->ordinal = (unsigned)db_get_int(r->db);
		row->role = read_text(r);
		row->service = read_text(r);
		row->port = read_text(r);
		row->protocol = read_text(r);
		row->kind = (enum aud_row_kind)read_word(r, &names_row_kind);
		row->gloss = read_text(r);
	}
}

static void
get_rule(struct reader *r, struct aud_rule *u)
{
	u->id = read_text(r);
	u->subject = read_text(r);
	u->service = read_text(r);
	u->clients = read_roles(r);
	u->clients_all = read_roles(r);
	u->servers = read_roles(r);
	u->servers_all = read_roles(r);
	u->mtls_clients = read_roles(r);
	u->either_way = db_get_int(r->db);
	u->either = read_roles(r);
	u->port_side = (enum aud_port_side)read_word(r, &names_port_side);
	u->media = db_get_int(r->db);
	u->media_range = (enum aud_media)read_word(r, &names_media);
	u->evidence = db_get_int(r->db);
	u->announced = (enum aud_announced)read_word(r, &names_announced);
	u->members = db_get_int(r->db);
	u->pair = db_get_int(r->db);
	u->implied = db_get_int(r->db);
	u->inferred = db_get_int(r->db);
	u->exempt = db_get_int(r->db);
	u->security = (enum aud_security)read_word(r, &names_security);
	u->presence = (enum aud_presence)read_word(r, &names_presence);
	u->absence = (enum aud_absence)read_word(r, &names_absence);
	u->condition = read_text(r);
	u->gloss = read_text(r);
	u->remark = read_text(r);
	u->reason = read_text(r);
	u->until = read_text(r);
	u->exception = read_text(r);
	u->site_own = db_get_int(r->db);
	u->file = read_text(r);
	u->line = (unsigned)db_get_int(r->db);
	u->column = (unsigned)db_get_int(r->db);
}

static void
get_small_lists(struct reader *r)
{
	read_begin(r, STMT_GET_TRANSPORTS);
	while (read_next(r)) {
		struct aud_rule *u = &r->rules[read_ref(r, r->at.rule, r->nrules)];

		if (u->nprotos == sizeof u->protos / sizeof *u->protos)
			read_damaged(r, "damaged: a rule with too many transports");
		else
			u->protos[u->nprotos++] = (uint8_t)db_get_int(r->db);
	}
	read_begin(r, STMT_GET_PORTS);
	while (read_next(r)) {
		struct aud_rule *u = &r->rules[read_ref(r, r->at.rule, r->nrules)];

		if (u->nports == sizeof u->ports / sizeof *u->ports) {
			read_damaged(r, "damaged: a rule with too many ports");
			continue;
		}
		u->ports[u->nports].lo = (uint16_t)db_get_int(r->db);
		u->ports[u->nports++].hi = (uint16_t)db_get_int(r->db);
	}
}

static void
get_apps(struct reader *r)
{
	size_t total, *counts = read_counts(r, STMT_GET_APPS, r->at.matrix, r->at.rule, r->nrules, &total);
	const char **all = read_alloc(r, total + 1, sizeof *all);

	for (size_t i = 0; all && i < r->nrules; i++) {
		r->rules[i].apps = counts[i] ? all : NULL;
		all += counts[i];
	}
	if (!all)
		return;
	read_begin(r, STMT_GET_APPS);
	while (read_next(r)) {
		struct aud_rule *u = &r->rules[read_ref(r, r->at.rule, r->nrules)];

		u->apps[u->napps++] = read_text(r);
	}
}

static void
get_citations(struct reader *r)
{
	size_t total, *counts = read_counts(r, STMT_GET_CITATIONS, r->at.matrix, r->at.rule, r->nrules, &total);
	unsigned *all = read_alloc(r, total + 1, sizeof *all);

	for (size_t i = 0; all && i < r->nrules; i++) {
		r->rules[i].citations = counts[i] ? all : NULL;
		r->rules[i].ncitations = counts[i];
		all += counts[i];
	}
	if (!all)
		return;
	all -= total;
	read_begin(r, STMT_GET_CITATIONS);
	/* In the order of the rules, so that the pieces fill one after the other. */
	while (read_next(r)) {
		read_ref(r, r->at.rule, r->nrules);
		*all++ = read_ref(r, r->at.row, r->nrows);
	}
}

static void
get_row_rules(struct reader *r)
{
	size_t total, *counts = read_counts(r, STMT_GET_ROW_RULES, r->at.matrix, r->at.row, r->nrows, &total);
	unsigned *all = read_alloc(r, total + 1, sizeof *all);

	for (size_t i = 0; all && i < r->nrows; i++) {
		r->rows[i].rules = counts[i] ? all : NULL;
		r->rows[i].nrules = counts[i];
		all += counts[i];
	}
	if (!all)
		return;
	all -= total;
	read_begin(r, STMT_GET_ROW_RULES);
	while (read_next(r)) {
		read_ref(r, r->at.row, r->nrows);
		*all++ = read_ref(r, r->at.rule, r->nrules);
	}
}

static void
release(struct aud_matrix *m)
{
	read_release(m->priv);	/* in which m lies too */
}

static void
get_ids(struct reader *r)
{
	read_begin(r, STMT_MATRIX_IDS);
	if (!read_next(r))
		return;
	r->at.document = db_get_int(r->db);
	r->at.row = db_get_int(r->db);
	r->at.rule = db_get_int(r->db);
	db_done(r->db);
}

struct aud_matrix *
read_matrix(struct reader *r, int64_t matrix)
{
	struct aud_matrix *m = read_alloc(r, 1, sizeof *m);
	enum aud_code code;

	db_begin(r->db, STMT_ONE_MATRIX);
	db_int(r->db, matrix);
	code = db_next(r->db, r->err);
	if (code == AUD_END)
		code = db_fail(r->db, AUD_RULES, r->err, "no matrix is stored here");
	if (r->code || code) {
		r->code = code ? code : r->code;
		return NULL;
	}
	r->at.matrix = db_get_int(r->db);
	if (m) {
		const char *sha = db_get_text(r->db);
		snprintf(m->sha256, sizeof m->sha256, "%s", sha ? sha : "");
	}
	m->documents = r->documents = read_alloc(r, (m->ndocuments = r->ndocuments = (size_t)db_get_int(r->db)), sizeof *r->documents);
	m->rows = r->rows = read_alloc(r, (m->nrows = r->nrows = (size_t)db_get_int(r->db)), sizeof *r->rows);
	m->rules = r->rules = read_alloc(r, (m->nrules = r->nrules = (size_t)db_get_int(r->db)), sizeof *r->rules);
	db_done(r->db);
	get_ids(r);
	get_documents(r);
	get_rows(r);
	read_begin(r, STMT_GET_RULES);
	for (size_t i = 0; read_next(r) && i < r->nrules; i++)
		get_rule(r, &r->rules[i]);
	get_small_lists(r);
	get_apps(r);
	get_citations(r);
	get_row_rules(r);
	return m;
}

enum aud_code
aud_store_read_matrix(struct aud_store *s, struct aud_matrix **out, struct aud_err *err)
{
	struct reader r = {.db = s->db, .err = err};
	struct aud_matrix *m;

	*out = NULL;
	/* One transaction, so that no other process changes it between the queries. */
	r.code = run(s->db, STMT_BEGIN_READ, err);
	if (r.code)
		return r.code;
	m = read_matrix(&r, 0);
	if (run(s->db, STMT_ROLLBACK, r.code ? NULL : err) && !r.code)
		r.code = AUD_IO;
	if (r.code) {
		read_release(r.chunks);
		return r.code;
	}
	m->priv = r.chunks;
	m->release = release;
	*out = m;
	return AUD_OK;
}
