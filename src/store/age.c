/* What --keep lets go: a little at a time, so that no flush takes long. Audits of files are nobody's to delete. */
#include "running.h"

static enum aud_code
drop(struct db *db, enum stmt stmt, int64_t what, struct aud_err *err)
{
	db_begin(db, stmt);
	db_int(db, what);
	return db_run(db, err);
}

/* One number of one row; 0: there is none. */
static enum aud_code
ask(struct db *db, int64_t *out, struct aud_err *err)
{
	enum aud_code code = db_next(db, err);

	*out = 0;
	if (code == AUD_END)
		return AUD_OK;
	if (code)
		return code;
	*out = db_get_int(db);
	db_done(db);
	return AUD_OK;
}

/* A running audit that nobody goes on with. */
static enum aud_code
age_audit(struct db *db, int64_t audit, uint64_t before_ns, struct aud_err *err)
{
	int64_t old, left;
	enum aud_code code;

	db_begin(db, STMT_AGE_FIND);
	db_count(db, before_ns);
	db_int(db, audit);
	if ((code = ask(db, &old, err)) || !old)
		return code;
	if ((code = drop(db, STMT_AGE_RULES, old, err)) || (code = drop(db, STMT_AGE_CONVERSATIONS, old, err)))
		return code;
	db_begin(db, STMT_AGE_LEFT);
	db_int(db, old);
	if ((code = ask(db, &left, err)) || left)
		return code;
	return drop(db, STMT_AGE_AUDIT, old, err);
}

enum aud_code
age(struct db *db, int64_t audit, uint64_t before_ns, struct aud_err *err)
{
	static const enum stmt old[] = {STMT_AGE_PAST, STMT_AGE_ALERTS, STMT_AGE_COUNTS, STMT_AGE_TOLD, STMT_AGE_FILES};
	enum aud_code code = AUD_OK;

	for (size_t i = 0; i < sizeof old / sizeof *old && !code; i++) {
		db_begin(db, old[i]);
		db_count(db, before_ns);
		code = db_run(db, err);
	}
	return code ? code : age_audit(db, audit, before_ns, err);
}
