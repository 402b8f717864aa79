#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "db.h"

struct db {
	sqlite3 *h;
	char *path;
	sqlite3_stmt **stmts, *now;
	size_t n;
	int in, out;	/* parameters bound, columns read */
	bool stepped;
	int rc;		/* the first failure to bind or to read */
	struct aud_sha256 *digest;
};

static enum aud_code
fail_rc(struct db *db, int rc, struct aud_err *err)
{
	int sys = sqlite3_system_errno(db->h);

	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return aud_nomem(err);
	case SQLITE_FULL:
		return aud_fail(err, AUD_IO, ENOSPC, "%s: cannot be written", db->path);
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return aud_fail(err, AUD_IO, EACCES, "%s: cannot be written", db->path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return aud_fail(err, AUD_IO, 0, "%s: in use by another program: wait for it, or give another file", db->path);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return aud_fail(err, AUD_IO, 0, "%s: damaged (%s): give another file", db->path, sqlite3_errmsg(db->h));
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		if (sys)
			return aud_fail(err, AUD_IO, sys, "%s: cannot be read or written", db->path);
		return aud_fail(err, AUD_IO, 0, "%s: cannot be read or written: %s", db->path, sqlite3_errmsg(db->h));
	default:
		return aud_fail(err, AUD_IO, 0, "%s: SQLite says: %s", db->path, sqlite3_errmsg(db->h));
	}
}

enum aud_code
db_fail(struct db *db, enum aud_code code, struct aud_err *err, const char *text)
{
	return aud_fail(err, code, 0, "%s: %s", db->path, text);
}

static enum aud_code
open_with(struct db **out, const char *path, int flags, struct aud_err *err)
{
	struct db *db = calloc(1, sizeof *db);
	enum aud_code code;
	int rc;

	*out = NULL;
	if (!db || !(db->path = strdup(path ? path : "database in memory"))) {
		free(db);
		return aud_nomem(err);
	}
	rc = sqlite3_open_v2(path ? path : ":memory:", &db->h, flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(db->h, 1);
		sqlite3_busy_timeout(db->h, 2000);
		*out = db;
		return AUD_OK;
	}
	code = db->h ? fail_rc(db, rc, err) : aud_nomem(err);
	db_close(db);
	return code;
}

enum aud_code
db_open(struct db **out, const char *path, struct aud_err *err)
{
	return open_with(out, path, SQLITE_OPEN_CREATE, err);
}

enum aud_code
db_open_existing(struct db **out, const char *path, struct aud_err *err)
{
	return open_with(out, path, 0, err);
}

void
db_close(struct db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < db->n; i++)
		sqlite3_finalize(db->stmts[i]);
	free(db->stmts);
	sqlite3_close(db->h);
	free(db->path);
	free(db);
}

enum aud_code
db_prepare(struct db *db, const char *const *sql, size_t n, struct aud_err *err)
{
	db->stmts = calloc(n, sizeof *db->stmts);
	if (!db->stmts)
		return aud_nomem(err);
	for (db->n = 0; db->n < n; db->n++) {
		int rc = sqlite3_prepare_v3(db->h, sql[db->n], -1, SQLITE_PREPARE_PERSISTENT, &db->stmts[db->n], NULL);

		if (rc != SQLITE_OK)
			return fail_rc(db, rc, err);
	}
	return AUD_OK;
}

enum aud_code
db_exec(struct db *db, const char *sql, struct aud_err *err)
{
	int rc = sqlite3_exec(db->h, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? AUD_OK : fail_rc(db, rc, err);
}

enum aud_code
db_ask(struct db *db, const char *sql, int64_t *out, struct aud_err *err)
{
	enum aud_code code = AUD_OK;
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db->h, sql, -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(s, 0);
	else
		code = fail_rc(db, rc, err);
	sqlite3_finalize(s);
	return code;
}

void
db_begin(struct db *db, unsigned stmt)
{
	db->now = db->stmts[stmt];
	sqlite3_reset(db->now);
	db->in = 0;
	db->stepped = false;
	db->rc = SQLITE_OK;
	if (db->digest)
		aud_sha256_add(db->digest, &stmt, sizeof stmt);
}

static void
bound(struct db *db, int rc, char type, const void *p, size_t n)
{
	if (rc != SQLITE_OK && db->rc == SQLITE_OK)
		db->rc = rc;
	if (db->digest) {
		uint64_t len = n;

		aud_sha256_add(db->digest, &type, 1);
		aud_sha256_add(db->digest, &len, sizeof len);
		aud_sha256_add(db->digest, p, n);
	}
}

void
db_int(struct db *db, int64_t v)
{
	bound(db, sqlite3_bind_int64(db->now, ++db->in, v), 'i', &v, sizeof v);
}

/* SQLite's integers are signed: the bits are kept. */
void
db_roles(struct db *db, uint64_t v)
{
	int64_t bits;

	memcpy(&bits, &v, sizeof bits);
	db_int(db, bits);
}

void
db_count(struct db *db, uint64_t v)
{
	if (v == UINT64_MAX)
		db_null(db);
	else
		db_int(db, v > INT64_MAX ? INT64_MAX : (int64_t)v);
}

void
db_text(struct db *db, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (!s)
		db_null(db);
	else
		bound(db, sqlite3_bind_text64(db->now, ++db->in, s, n, SQLITE_STATIC, SQLITE_UTF8), 't', s, n);
}

void
db_blob(struct db *db, const void *p, size_t n)
{
	bound(db, sqlite3_bind_blob64(db->now, ++db->in, p, n, SQLITE_STATIC), 'b', p, n);
}

void
db_null(struct db *db)
{
	bound(db, sqlite3_bind_null(db->now, ++db->in), 'n', "", 0);
}

void
db_id(struct db *db, int64_t base, uint64_t index)
{
	bound(db, sqlite3_bind_int64(db->now, ++db->in, base + (int64_t)index), 'r', &index, sizeof index);
}

enum aud_code
db_run(struct db *db, struct aud_err *err)
{
	enum aud_code code = db_next(db, err);

	if (code == AUD_END)
		return AUD_OK;
	if (!code)
		code = db_fail(db, AUD_IO, err, "a statement that was to change something gave rows");
	db_done(db);
	return code;
}

enum aud_code
db_next(struct db *db, struct aud_err *err)
{
	enum aud_code code;
	int rc = db->rc;

	/* A parameter too few would be a silent NULL. */
	if (rc == SQLITE_OK && !db->stepped && db->in != sqlite3_bind_parameter_count(db->now))
		return db_fail(db, AUD_IO, err, "the number of parameters is wrong");
	if (rc == SQLITE_OK)
		rc = sqlite3_step(db->now);
	if (rc == SQLITE_ROW) {
		db->stepped = true;
		db->out = 0;
		return AUD_OK;
	}
	/* Before the reset, which forgets the text of the failure. */
	code = rc == SQLITE_DONE ? AUD_END : fail_rc(db, rc, err);
	sqlite3_reset(db->now);
	return code;
}

enum aud_code
db_numbers(struct db *db, unsigned stmt, const int64_t *of, int64_t *const *out, size_t n, struct aud_err *err)
{
	enum aud_code code;

	db_begin(db, stmt);
	if (of)
		db_int(db, *of);
	if ((code = db_next(db, err)) != AUD_OK)
		return code;
	for (size_t i = 0; i < n; i++)
		*out[i] = db_get_int(db);
	db_done(db);
	return AUD_OK;
}

int64_t
db_get_int(struct db *db)
{
	return sqlite3_column_int64(db->now, db->out++);
}

bool
db_get_null(struct db *db)
{
	return sqlite3_column_type(db->now, db->out) == SQLITE_NULL;
}

const char *
db_get_text(struct db *db)
{
	int column = db->out++;
	const char *s = (const char *)sqlite3_column_text(db->now, column);

	/* NULL, or no memory: only then is the type worth a call. */
	if (!s && sqlite3_column_type(db->now, column) != SQLITE_NULL)
		db->rc = SQLITE_NOMEM;
	return s;
}

const void *
db_get_blob(struct db *db, size_t *n)
{
	int column = db->out++;
	const void *p = sqlite3_column_blob(db->now, column);

	*n = (size_t)sqlite3_column_bytes(db->now, column);
	if (!p && *n)
		db->rc = SQLITE_NOMEM;
	return p;
}

void
db_done(struct db *db)
{
	sqlite3_reset(db->now);
}

void
db_digest(struct db *db, struct aud_sha256 *digest)
{
	db->digest = digest;
}

enum aud_code
db_vacuum(struct db *db, unsigned pages, struct aud_err *err)
{
	char sql[48];

	snprintf(sql, sizeof sql, "PRAGMA incremental_vacuum(%u)", pages);
	return db_exec(db, sql, err);
}

const char *
db_version(void)
{
	return sqlite3_libversion();
}
