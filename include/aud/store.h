/*
 * The audit database: SQLite, application_id and user_version set, schema in store/schema.sql, meant to be queried.
 */
#ifndef AUD_STORE_H
#define AUD_STORE_H

#include <stdint.h>

#include "err.h"
#include "matrix.h"
#include "report.h"

struct aud_store;

/* path NULL: in memory. An existing file of ours is migrated and gets a further audit; another file is refused (AUD_IO). */
enum aud_code aud_store_open(struct aud_store **out, const char *path, struct aud_err *err) AUD_CHECKED;
void aud_store_close(struct aud_store *);
/*
 * Would aud_store_open() and a write succeed? For before long work. Nothing is left behind where there was nothing, and an existing file
 * stays as it is, of an older schema too. AUD_IO with the reason.
 */
enum aud_code aud_store_check(const char *path, struct aud_err *err) AUD_CHECKED;
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

/*
 * Reading: a file that exists and is ours; one of an older schema is migrated first, for which it must be writable.
 * AUD_IO with the reason: no such file, no audit database, written by a newer spanaudit, damaged, in use.
 */
enum aud_code aud_store_open_read(struct aud_store **out, const char *path, struct aud_err *err) AUD_CHECKED;

/* One line of a list of audits. */
struct aud_stored_line {
	int64_t audit;		/* its number in the file */
	const char *version, *site_name, *site_file, *today;	/* NULL: none */
	uint64_t first_ns, last_ns, inputs, conversations, findings;
};
/* In the order of their numbers; the line lives during the call. */
enum aud_code aud_store_list(struct aud_store *, enum aud_code (*each)(void *user, const struct aud_stored_line *), void *user,
    struct aud_err *err) AUD_CHECKED;

/*
 * A stored audit as a report again: what a format tells of it are the bytes that it told when the audit was made. In memory are
 * findings, rows, coverage, inputs, site (hosts, features, waivers, own roles) and matrix; conversations are read when
 * aud_report_cases() asks for them, so the store must stay open as long as the report is used. One report of a store at a time
 * may be reading conversations.
 *
 * Of a conversation there is what reports and differences tell: both sides with their hosts and roles, port, transport, application and
 * app.by, packets, bytes, times, flows, answered, facts, TLS versions, the client's ports, direction, frames[0], tunnel, the case's three
 * flags; of its verdict answer, failed, certainty and the best rule. The rest is nought, and in the file. Of the decoder's totals there
 * are those that the coverage tells; of an audit that version 1 stored neither command, site text nor spans.
 *
 * audit: its number (0: the last one). AUD_USAGE where there is none of that number, or no audit at all.
 */
struct aud_stored;
enum aud_code aud_store_read_audit(struct aud_store *, int64_t audit, struct aud_stored **out, struct aud_err *err) AUD_CHECKED;
/* Totals are filled. The caller may set since. */
struct aud_report *aud_stored_report(struct aud_stored *);
int64_t aud_stored_number(const struct aud_stored *);
void aud_stored_free(struct aud_stored *);
const char *aud_sqlite_version(void);

#endif
