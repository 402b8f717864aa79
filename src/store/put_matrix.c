#include <string.h>

#include "path.h"
#include "store_impl.h"

static enum aud_code
put_roles(struct db *db, int64_t matrix, const struct aud_site *site, struct aud_err *err)
{
	size_t n = AUD_ROLE_BUILTIN + (site ? site->nown_roles : 0);
	enum aud_code code = AUD_OK;

	for (unsigned i = 0; i < n && !code; i++) {
		bool own = i >= AUD_ROLE_BUILTIN;

		db_begin(db, STMT_PUT_ROLE);
		db_id(db, matrix, 0);
		db_int(db, i);
		db_text(db, own ? site->own_roles[i - AUD_ROLE_BUILTIN] : aud_role_name((enum aud_role)i));
		db_text(db, own ? NULL : aud_role_english((enum aud_role)i));
		db_int(db, (aud_roles_servers() & AUD_ROLE_BIT(i)) != 0);
		db_roles(db, AUD_ROLE_BIT(i));
		code = db_run(db, err);
	}
	return code;
}

static enum aud_code
put_documents(struct db *db, const struct place *at, const struct aud_matrix *m, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	for (size_t i = 0; i < m->ndocuments && !code; i++) {
		const struct aud_document *d = &m->documents[i];

		db_begin(db, STMT_PUT_DOCUMENT);
		db_id(db, at->document, i);
		db_id(db, at->matrix, 0);
		db_text(db, d->id);
		db_text(db, d->title);
		db_text(db, d->edition);
		db_text(db, d->language);
		db_text(db, d->date);
		db_text(db, d->source);
		db_text(db, name_of(&names_product, d->product));
		db_int(db, d->listed_only);
		code = db_run(db, err);
	}
	return code;
}

static enum aud_code
put_rows(struct db *db, const struct place *at, const struct aud_matrix *m, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	for (size_t i = 0; i < m->nrows && !code; i++) {
		const struct aud_row *r = &m->rows[i];

		db_begin(db, STMT_PUT_ROW);
		db_id(db, at->row, i);
		db_id(db, at->matrix, 0);
		db_id(db, at->document, r->document);
		db_text(db, r->table);
		db_int(db, r->ordinal);
		db_text(db, r->role);
		db_text(db, r->service);
		db_text(db, r->port);
		db_text(db, r->protocol);
		db_text(db, name_of(&names_row_kind, r->kind));
		db_text(db, r->gloss ? r->gloss : "");
		code = db_run(db, err);
	}
	return code;
}

/* The place of a rule among the rules of a row that it cites. */
static void
put_citation_place(struct db *db, const struct aud_row *row, unsigned rule)
{
	for (size_t i = 0; i < row->nrules; i++)
		if (row->rules[i] == rule) {
			db_count(db, i);
			return;
		}
	db_null(db);
}

static enum aud_code
put_rule_lists(struct db *db, const struct place *at, const struct aud_matrix *m, unsigned rule, struct aud_err *err)
{
	const struct aud_rule *r = &m->rules[rule];
	enum aud_code code = AUD_OK;

	for (size_t i = 0; i < r->nprotos && !code; i++) {
		struct aud_proto_text name = aud_proto_name(r->protos[i]);

		db_begin(db, STMT_PUT_RULE_TRANSPORT);
		db_id(db, at->rule, rule);
		db_count(db, i);
		db_int(db, r->protos[i]);
		db_text(db, name.s);
		code = db_run(db, err);
	}
	for (size_t i = 0; i < r->nports && !code; i++) {
		db_begin(db, STMT_PUT_RULE_PORT);
		db_id(db, at->rule, rule);
		db_count(db, i);
		db_int(db, r->ports[i].lo);
		db_int(db, r->ports[i].hi);
		code = db_run(db, err);
	}
	for (size_t i = 0; i < r->napps && !code; i++) {
		db_begin(db, STMT_PUT_RULE_APP);
		db_id(db, at->rule, rule);
		db_count(db, i);
		db_text(db, r->apps[i]);
		code = db_run(db, err);
	}
	for (size_t i = 0; i < r->ncitations && !code; i++) {
		db_begin(db, STMT_PUT_CITATION);
		db_id(db, at->rule, rule);
		db_count(db, i);
		db_id(db, at->row, r->citations[i]);
		if (r->citations[i] < m->nrows)
			put_citation_place(db, &m->rows[r->citations[i]], rule);
		else
			db_null(db);	/* and the foreign key refuses it */
		code = db_run(db, err);
	}
	return code;
}

static enum aud_code
put_rule(struct db *db, const struct place *at, const struct aud_matrix *m, unsigned rule, struct aud_err *err)
{
	const struct aud_rule *r = &m->rules[rule];

	db_begin(db, STMT_PUT_RULE);
	db_id(db, at->rule, rule);
	db_id(db, at->matrix, 0);
	db_text(db, r->id);
	db_text(db, r->subject);
	db_text(db, r->service);
	db_roles(db, r->clients);
	db_roles(db, r->clients_all);
	db_roles(db, r->servers);
	db_roles(db, r->servers_all);
	db_roles(db, r->mtls_clients);
	db_int(db, r->either_way);
	db_roles(db, r->either);
	db_text(db, name_of(&names_port_side, r->port_side));
	db_int(db, r->media);
	db_text(db, name_of(&names_media, r->media_range));
	db_int(db, r->evidence);
	db_text(db, name_of(&names_announced, r->announced));
	db_int(db, r->members);
	db_int(db, r->pair);
	db_int(db, r->implied);
	db_int(db, r->inferred);
	db_int(db, r->exempt);
	db_text(db, name_of(&names_security, r->security));
	db_text(db, name_of(&names_presence, r->presence));
	db_text(db, name_of(&names_absence, r->absence));
	db_text(db, r->condition);
	db_text(db, r->gloss);
	db_text(db, r->remark);
	db_text(db, r->reason);
	db_text(db, r->until);
	db_text(db, r->exception ? r->exception : "");
	db_int(db, r->site_own);
	db_text(db, aud_base_name(r->file));
	db_int(db, r->line);
	db_int(db, r->column);
	enum aud_code code = db_run(db, err);
	return code ? code : put_rule_lists(db, at, m, rule, err);
}

static enum aud_code
put_all(struct db *db, const struct place *at, const struct aud_matrix *m, const struct aud_site *site, struct aud_err *err)
{
	enum aud_code code = put_roles(db, at->matrix, site, err);

	if (!m || code)
		return code;
	code = put_documents(db, at, m, err);
	if (!code)
		code = put_rows(db, at, m, err);
	for (unsigned i = 0; i < m->nrules && !code; i++)
		code = put_rule(db, at, m, i, err);
	return code;
}

/* The ids of a new matrix, and its first row. */
static enum aud_code
begin(struct db *db, const struct aud_matrix *m, struct place *at, struct aud_err *err)
{
	int64_t stored, *const ids[] = {&at->document, &at->row, &at->rule}, *const numbers[] = {&at->matrix, &stored};
	enum aud_code code = db_numbers(db, STMT_NEXT_MATRIX_IDS, NULL, ids, 3, err);

	if (!code)
		code = db_numbers(db, STMT_NEXT_MATRIX, NULL, numbers, 2, err);
	if (code)
		return code;
	db_begin(db, STMT_PUT_MATRIX);
	db_int(db, at->matrix);
	db_text(db, m ? m->sha256 : "");
	db_text(db, "");
	db_int(db, stored);
	return db_run(db, err);
}

/* Keeps what was written, or goes back to the same matrix where it is in the file already. */
static enum aud_code
settle(struct db *db, const char *digest, struct place *at, struct aud_err *err)
{
	int64_t *const ids[] = {&at->document, &at->row, &at->rule};
	enum aud_code code;

	db_begin(db, STMT_FIND_MATRIX);
	db_text(db, digest);
	code = db_next(db, err);
	if (code == AUD_END) {
		db_begin(db, STMT_DIGEST_MATRIX);
		db_text(db, digest);
		db_int(db, at->matrix);
		code = db_run(db, err);
		return code ? code : run(db, STMT_KEEP, err);
	}
	if (code)
		return code;
	at->matrix = db_get_int(db);
	db_done(db);
	code = run(db, STMT_UNDO, err);
	if (!code)
		code = run(db, STMT_KEEP, err);
	if (code)
		return code;
	db_begin(db, STMT_STORED_MATRIX);
	db_int(db, at->matrix);
	code = db_run(db, err);
	return code ? code : db_numbers(db, STMT_MATRIX_IDS, &at->matrix, ids, 3, err);
}

enum aud_code
put_matrix(struct db *db, const struct aud_matrix *m, const struct aud_site *site, struct place *out, struct aud_err *err)
{
	struct aud_sha256 *sha = aud_sha256_new();
	char digest[65];
	enum aud_code code;

	if (!sha)
		return aud_nomem(err);
	code = run(db, STMT_SAVE, err);
	if (!code)
		code = begin(db, m, out, err);
	aud_sha256_add(sha, m ? m->sha256 : "", m ? strlen(m->sha256) : 0);
	db_digest(db, sha);
	if (!code)
		code = put_all(db, out, m, site, err);
	db_digest(db, NULL);
	aud_sha256_hex(sha, digest);
	return code ? code : settle(db, digest, out, err);
}
