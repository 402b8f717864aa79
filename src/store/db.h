/*
 * Stage 10, inside: SQLite, so that sqlite3.h is included in db.c only.
 *
 * One statement is current at a time: db_begin() chooses it, the db_int() family binds its parameters in their order, db_run()
 * executes it; or db_next() fetches rows, and the db_get family reads their columns in order. What goes wrong while binding is
 * told by db_run() or db_next().
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aud/err.h>

#include "hash.h"

struct db;

/* path NULL: in memory. Waits two seconds for other users of the file. */
enum aud_code db_open(struct db **out, const char *path, struct aud_err *) AUD_CHECKED;
/* A file that exists; where it may not be written it is opened for reading. */
enum aud_code db_open_existing(struct db **out, const char *path, struct aud_err *) AUD_CHECKED;
void db_close(struct db *);
/* The statements that db_begin() chooses from; sql is kept. Each is prepared when it is first chosen. */
enum aud_code db_statements(struct db *, const char *const *sql, size_t n, struct aud_err *) AUD_CHECKED;
/* Proves that all of them compile. */
enum aud_code db_prepare_all(struct db *, struct aud_err *) AUD_CHECKED;
enum aud_code db_exec(struct db *, const char *sql, struct aud_err *) AUD_CHECKED;
/* First column of the first row of an unprepared query. */
enum aud_code db_ask(struct db *, const char *sql, int64_t *out, struct aud_err *) AUD_CHECKED;
/* A failure of this database: with its path in front. */
enum aud_code db_fail(struct db *, enum aud_code, struct aud_err *, const char *text);

void db_begin(struct db *, unsigned stmt);
void db_int(struct db *, int64_t);
void db_roles(struct db *, uint64_t);
void db_count(struct db *, uint64_t);	/* UINT64_MAX: NULL, "not told" */
void db_text(struct db *, const char *);	/* NULL: NULL; has to live until db_run() */
void db_blob(struct db *, const void *, size_t);	/* has to live until db_run() */
void db_null(struct db *);
/* An id that depends on what else is in the file: base + index, of which only the index goes into the digest. */
void db_id(struct db *, int64_t base, uint64_t index);
enum aud_code db_run(struct db *, struct aud_err *) AUD_CHECKED;

enum aud_code db_next(struct db *, struct aud_err *) AUD_CHECKED;	/* AUD_END after the last row */
/* The one row of a statement that gives numbers; of: its parameter, NULL: it has none. AUD_END: there is no row. */
enum aud_code db_numbers(struct db *, unsigned stmt, const int64_t *of, int64_t *const *out, size_t n, struct aud_err *err) AUD_CHECKED;
int64_t db_get_int(struct db *);
bool db_get_null(struct db *);	/* is the next column NULL? It stays the next. */
/* NULL: NULL or empty; until the next db call. */
const void *db_get_blob(struct db *, size_t *n);
const char *db_get_text(struct db *);	/* NULL: NULL; until the next db call */
/* Ends the current statement early. */
void db_done(struct db *);

/* From now on all that is bound goes into the digest as well; NULL: no more. */
void db_digest(struct db *, struct aud_sha256 *);

/* Gives the file's free pages back, so many of them at most, where it was made for that. */
enum aud_code db_vacuum(struct db *, unsigned pages, struct aud_err *) AUD_CHECKED;

const char *db_version(void);

#endif
