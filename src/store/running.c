/* Going on with a running audit: which one, and what it has told. */
#include <string.h>

#include <aud/ipsec.h>

#include "read.h"
#include "running.h"

static bool
same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Inside a transaction. The matrix is put where it is not yet: it is not the audit's own then. */
static enum aud_code
find(struct db *db, const struct aud_matrix *m, const struct aud_site *site, const char *filter, int64_t *audit, struct aud_err *err)
{
	struct place place;
	enum aud_code code = put_matrix(db, m, site, &place, err);

	if (code)
		return code;
	db_begin(db, STMT_FIND_RUNNING);
	code = db_next(db, err);
	if (code)
		return code == AUD_END ? AUD_OK : code;
	int64_t id = db_get_int(db), matrix = db_get_int(db);
	bool same = same_text(db_get_text(db), site ? site->sha256 : NULL);
	same = same_text(db_get_text(db), filter) && same;
	db_done(db);
	if (same && matrix == place.matrix)
		*audit = id;
	return AUD_OK;
}

enum aud_code
aud_store_find_running(struct aud_store *s, const struct aud_matrix *m, const struct aud_site *site, const char *filter, int64_t *audit,
    struct aud_err *err)
{
	enum aud_code code = run(s->db, STMT_BEGIN, err);

	*audit = 0;
	if (code)
		return code;
	code = find(s->db, m, site, filter, audit, err);
	if (!code)
		code = run(s->db, STMT_COMMIT, err);
	if (code && run(s->db, STMT_ROLLBACK, NULL))
		return code;	/* SQLite rolled back itself */
	return code;
}

enum aud_code
aud_store_told(struct aud_store *s, int64_t audit, enum aud_code (*each)(void *user, const char *finding, uint64_t first_ns, uint64_t last_ns,
    struct aud_err *), void *user, struct aud_err *err)
{
	struct reader r = {.db = s->db, .err = err};

	read_begin_of(&r, STMT_GET_TOLD, audit);
	while (read_next(&r)) {
		const char *finding = db_get_text(s->db);
		uint64_t first = (uint64_t)db_get_int(s->db), last = (uint64_t)db_get_int(s->db);

		r.code = each(user, finding, first, last, err);
	}
	return r.code;
}

enum aud_code
aud_store_ipsec(struct aud_store *s, int64_t audit, uint64_t since_ns, enum aud_code (*each)(void *user, const struct aud_ipsec_saved *,
    struct aud_err *), void *user, struct aud_err *err)
{
	struct reader r = {.db = s->db, .err = err};

	read_begin_of(&r, STMT_GET_WATCH_IPSEC, audit);
	db_count(s->db, since_ns);
	while (read_next(&r)) {
		struct aud_ipsec_saved x = {.part = (enum aud_ipsec_part)read_word(&r, &names_part)};

		x.slot = (uint32_t)db_get_int(s->db);
		x.last_ns = (uint64_t)db_get_int(s->db);
		x.tunnel_text = db_get_text(s->db);
		x.bytes = db_get_blob(s->db, &x.n);
		if (!r.code)
			r.code = each(user, &x, err);
	}
	return r.code;
}

enum aud_code
aud_store_parts(struct aud_store *s, int64_t audit, size_t bytes, size_t parts,
    enum aud_code (*each)(void *user, const void *p, size_t n, struct aud_err *), void *user, struct aud_err *err)
{
	struct reader r = {.db = s->db, .err = err};

	read_begin_of(&r, STMT_GET_FLOWS, audit);
	db_int(s->db, (int64_t)bytes);
	db_int(s->db, (int64_t)parts);
	while (read_next(&r)) {
		size_t n;
		const void *p = db_get_blob(s->db, &n);

		r.code = each(user, p, n, err);
	}
	return r.code;
}
