/* SQLite -> struct aud_matrix. All memory is one arena: a list of chunks that hangs at priv. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_impl.h"

struct chunk {
	struct chunk *next;
	max_align_t data[];
};

struct reader {
	struct db *db;
	struct aud_err *err;
	enum aud_code code;	/* the first failure; then nothing more is read */
	struct place at;
	struct chunk *chunks;
	struct aud_document *documents;
	struct aud_row *rows;
	struct aud_rule *rules;
	size_t ndocuments, nrows, nrules;
};

/* Zeroed, until the matrix is released. */
static void *
alloc(struct reader *r, size_t n, size_t size)
{
	struct chunk *c;

	if (r->code || (size && n > (SIZE_MAX - sizeof *c) / size)) {
		r->code = r->code ? r->code : aud_nomem(r->err);
		return NULL;
	}
	c = calloc(1, sizeof *c + n * size);
	if (!c) {
		r->code = aud_nomem(r->err);
		return NULL;
	}
	c->next = r->chunks;
	r->chunks = c;
	return c->data;
}

static const char *
text(struct reader *r)
{
	const char *s = db_get_text(r->db);
	char *copy;

	if (!s)
		return NULL;
	copy = alloc(r, strlen(s) + 1, 1);
	return copy ? strcpy(copy, s) : NULL;
}

static void
damaged(struct reader *r, const char *what)
{
	if (!r->code)
		r->code = db_fail(r->db, AUD_IO, r->err, what);
}

static unsigned
word(struct reader *r, const struct names *names)
{
	int i = name_find(names, db_get_text(r->db));

	if (i < 0)
		damaged(r, "damaged: a word that is none of those that the schema knows");
	return i < 0 ? 0 : (unsigned)i;
}

static aud_roles
roles(struct reader *r)
{
	return (aud_roles)db_get_int(r->db);
}

/* An id as an index into the n things that begin at base. */
static unsigned
ref(struct reader *r, int64_t base, size_t n)
{
	int64_t i = db_get_int(r->db) - base;

	if (i < 0 || (uint64_t)i >= n) {
		damaged(r, "damaged: a reference leads nowhere");
		return 0;
	}
	return (unsigned)i;
}

static void
begin(struct reader *r, enum stmt stmt)
{
	db_begin(r->db, stmt);
	db_int(r->db, r->at.matrix);
}

static bool
next(struct reader *r)
{
	enum aud_code code;

	if (r->code) {
		db_done(r->db);
		return false;
	}
	code = db_next(r->db, r->err);
	if (code && code != AUD_END)
		r->code = code;
	return code == AUD_OK;
}

static void
get_documents(struct reader *r)
{
	begin(r, STMT_GET_DOCUMENTS);
	for (size_t i = 0; next(r) && i < r->ndocuments; i++) {
		struct aud_document *d = &r->documents[i];

		d->id = text(r);
		d->title = text(r);
		d->edition = text(r);
		d->language = text(r);
		d->date = text(r);
		d->source = text(r);
		d->product = (enum aud_product)word(r, &names_product);
		d->listed_only = db_get_int(r->db);
	}
}

static void
get_rows(struct reader *r)
{
	begin(r, STMT_GET_ROWS);
	for (size_t i = 0; next(r) && i < r->nrows; i++) {
		struct aud_row *row = &r->rows[i];

		row->document = ref(r, r->at.document, r->ndocuments);
		row->table = text(r);
		row->ordinal = (unsigned)db_get_int(r->db);
		row->role = text(r);
		row->service = text(r);
		row->port = text(r);
		row->protocol = text(r);
		row->kind = (enum aud_row_kind)word(r, &names_row_kind);
	}
}

static void
get_rule(struct reader *r, struct aud_rule *u)
{
	u->id = text(r);
	u->subject = text(r);
	u->service = text(r);
	u->clients = roles(r);
	u->clients_all = roles(r);
	u->servers = roles(r);
	u->servers_all = roles(r);
	u->mtls_clients = roles(r);
	u->either_way = db_get_int(r->db);
	u->either = roles(r);
	u->port_side = (enum aud_port_side)word(r, &names_port_side);
	u->media = db_get_int(r->db);
	u->media_range = (enum aud_media)word(r, &names_media);
	u->evidence = db_get_int(r->db);
	u->implied = db_get_int(r->db);
	u->inferred = db_get_int(r->db);
	u->exempt = db_get_int(r->db);
	u->security = (enum aud_security)word(r, &names_security);
	u->presence = (enum aud_presence)word(r, &names_presence);
	u->absence = (enum aud_absence)word(r, &names_absence);
	u->condition = text(r);
	u->gloss = text(r);
	u->remark = text(r);
	u->reason = text(r);
	u->until = text(r);
	u->site_own = db_get_int(r->db);
	u->file = text(r);
	u->line = (unsigned)db_get_int(r->db);
	u->column = (unsigned)db_get_int(r->db);
}

static void
get_small_lists(struct reader *r)
{
	begin(r, STMT_GET_TRANSPORTS);
	while (next(r)) {
		struct aud_rule *u = &r->rules[ref(r, r->at.rule, r->nrules)];

		if (u->nprotos == sizeof u->protos / sizeof *u->protos)
			damaged(r, "damaged: a rule with too many transports");
		else
			u->protos[u->nprotos++] = (uint8_t)db_get_int(r->db);
	}
	begin(r, STMT_GET_PORTS);
	while (next(r)) {
		struct aud_rule *u = &r->rules[ref(r, r->at.rule, r->nrules)];

		if (u->nports == sizeof u->ports / sizeof *u->ports) {
			damaged(r, "damaged: a rule with too many ports");
			continue;
		}
		u->ports[u->nports].lo = (uint16_t)db_get_int(r->db);
		u->ports[u->nports++].hi = (uint16_t)db_get_int(r->db);
	}
}

/* Two passes over a query of (owner, item): how many each owner has, for one array that is cut into pieces; then the items. */
static size_t *
count(struct reader *r, enum stmt stmt, int64_t base, size_t nowners, size_t *total)
{
	size_t *counts = alloc(r, nowners + 1, sizeof *counts);

	*total = 0;
	if (!counts)
		return NULL;
	begin(r, stmt);
	for (; next(r); ++*total)
		counts[ref(r, base, nowners)]++;
	return r->code ? NULL : counts;
}

static void
get_apps(struct reader *r)
{
	size_t total, *counts = count(r, STMT_GET_APPS, r->at.rule, r->nrules, &total);
	const char **all = alloc(r, total + 1, sizeof *all);

	for (size_t i = 0; all && i < r->nrules; i++) {
		r->rules[i].apps = counts[i] ? all : NULL;
		all += counts[i];
	}
	if (!all)
		return;
	begin(r, STMT_GET_APPS);
	while (next(r)) {
		struct aud_rule *u = &r->rules[ref(r, r->at.rule, r->nrules)];

		u->apps[u->napps++] = text(r);
	}
}

static void
get_citations(struct reader *r)
{
	size_t total, *counts = count(r, STMT_GET_CITATIONS, r->at.rule, r->nrules, &total);
	unsigned *all = alloc(r, total + 1, sizeof *all);

	for (size_t i = 0; all && i < r->nrules; i++) {
		r->rules[i].citations = counts[i] ? all : NULL;
		r->rules[i].ncitations = counts[i];
		all += counts[i];
	}
	if (!all)
		return;
	all -= total;
	begin(r, STMT_GET_CITATIONS);
	/* In the order of the rules, so that the pieces fill one after the other. */
	while (next(r)) {
		ref(r, r->at.rule, r->nrules);
		*all++ = ref(r, r->at.row, r->nrows);
	}
}

static void
get_row_rules(struct reader *r)
{
	size_t total, *counts = count(r, STMT_GET_ROW_RULES, r->at.row, r->nrows, &total);
	unsigned *all = alloc(r, total + 1, sizeof *all);

	for (size_t i = 0; all && i < r->nrows; i++) {
		r->rows[i].rules = counts[i] ? all : NULL;
		r->rows[i].nrules = counts[i];
		all += counts[i];
	}
	if (!all)
		return;
	all -= total;
	begin(r, STMT_GET_ROW_RULES);
	while (next(r)) {
		ref(r, r->at.row, r->nrows);
		*all++ = ref(r, r->at.rule, r->nrules);
	}
}

static void
release_chunks(struct chunk *c)
{
	while (c) {
		struct chunk *gone = c;

		c = c->next;
		free(gone);
	}
}

static void
release(struct aud_matrix *m)
{
	release_chunks(m->priv);	/* in which m lies too */
}

static void
get_ids(struct reader *r)
{
	begin(r, STMT_MATRIX_IDS);
	if (!next(r))
		return;
	r->at.document = db_get_int(r->db);
	r->at.row = db_get_int(r->db);
	r->at.rule = db_get_int(r->db);
	db_done(r->db);
}

static struct aud_matrix *
get_all(struct reader *r)
{
	struct aud_matrix *m = alloc(r, 1, sizeof *m);
	enum aud_code code;

	db_begin(r->db, STMT_LAST_MATRIX);
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
	m->documents = r->documents = alloc(r, (m->ndocuments = r->ndocuments = (size_t)db_get_int(r->db)), sizeof *r->documents);
	m->rows = r->rows = alloc(r, (m->nrows = r->nrows = (size_t)db_get_int(r->db)), sizeof *r->rows);
	m->rules = r->rules = alloc(r, (m->nrules = r->nrules = (size_t)db_get_int(r->db)), sizeof *r->rules);
	db_done(r->db);
	get_ids(r);
	get_documents(r);
	get_rows(r);
	begin(r, STMT_GET_RULES);
	for (size_t i = 0; next(r) && i < r->nrules; i++)
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
	m = get_all(&r);
	if (run(s->db, STMT_ROLLBACK, r.code ? NULL : err) && !r.code)
		r.code = AUD_IO;
	if (r.code) {
		release_chunks(r.chunks);
		return r.code;
	}
	m->priv = r.chunks;
	m->release = release;
	*out = m;
	return AUD_OK;
}
