/*
 * The audit database: SQLite, application_id and user_version set, schema in store/schema.sql, meant to be queried.
 */
#ifndef AUD_STORE_H
#define AUD_STORE_H

#include "err.h"
#include "matrix.h"
#include "report.h"

struct aud_store;

/* path NULL: in memory. An existing file of ours is migrated and gets a further audit; another file is refused (AUD_IO). */
enum aud_code aud_store_open(struct aud_store **out, const char *path, struct aud_err *err) AUD_CHECKED;
void aud_store_close(struct aud_store *);
/*
 * Documents, rows, rules, citations, roles, in one transaction: becomes the matrix of the file. Former ones stay as long as an
 * audit was made with them. NULL matrix: roles only.
 */
enum aud_code aud_store_matrix(struct aud_store *, const struct aud_matrix *, const struct aud_site *, struct aud_err *err) AUD_CHECKED;
/*
 * The matrix that was stored last, read out of SQLite: a fresh struct aud_matrix with every field as it was stored, for
 * aud_matrix_free(). It needs the store no longer. AUD_RULES where none is stored.
 */
enum aud_code aud_store_read_matrix(struct aud_store *, struct aud_matrix **out, struct aud_err *err) AUD_CHECKED;
/* The result of one audit (inputs, hosts, conversations, findings, evidence, row states, waivers), in one transaction. */
enum aud_code aud_store_audit(struct aud_store *, const struct aud_report *, struct aud_err *err) AUD_CHECKED;
const char *aud_sqlite_version(void);

#endif
