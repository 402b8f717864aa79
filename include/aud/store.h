/*
 * The audit database: SQLite, application_id and user_version set, schema in store/schema.sql, meant to be queried.
 */
#ifndef AUD_STORE_H
#define AUD_STORE_H

#include <stdint.h>

#include "err.h"
#include "live.h"
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
 * Writing of a running audit, again and again: the file is in write-ahead mode, so that it can be read meanwhile, and each flush is one
 * transaction that is on the disk when it returns. What has not changed since the flush before is not written.
 */
enum aud_code aud_store_open_running(struct aud_store **out, const char *path, struct aud_err *err) AUD_CHECKED;
/*
 * The number of the running audit that a start with this matrix, site and filter goes on with: the last one, if it was made with the same;
 * 0: there is none, and the first flush begins one.
 */
enum aud_code aud_store_find_running(struct aud_store *, const struct aud_matrix *, const struct aud_site *, const char *filter, int64_t *audit,
    struct aud_err *err) AUD_CHECKED;
/* What it told and has not ended, by id of finding; for each. */
enum aud_code aud_store_told(struct aud_store *, int64_t audit, enum aud_code (*each)(void *user, const char *finding, uint64_t first_ns,
    uint64_t last_ns, struct aud_err *), void *user, struct aud_err *err) AUD_CHECKED;

/* What it kept of IPsec for the next start, of what was seen from since_ns on; the bytes live during the call. More than 64 KiB
 * come as none. */
struct aud_ipsec_saved;
struct aud_ipsec_saves;
enum aud_code aud_store_ipsec(struct aud_store *, int64_t audit, uint64_t since_ns, enum aud_code (*each)(void *user, const struct aud_ipsec_saved *,
    struct aud_err *), void *user, struct aud_err *err) AUD_CHECKED;

/* The parts of its open flows, in their order, so many at most; each lives during the call. One of more bytes comes as none (NULL, 0). */
enum aud_code aud_store_parts(struct aud_store *, int64_t audit, size_t bytes, size_t parts,
    enum aud_code (*each)(void *user, const void *p, size_t n, struct aud_err *), void *user, struct aud_err *err) AUD_CHECKED;

struct aud_flush_told {
	const char *finding;		/* id */
	uint64_t first_ns, last_ns, ended_ns;	/* ended_ns 0: it holds */
};
struct aud_flush_alert {
	uint64_t ts_ns;
	enum aud_alert alert;
	char *text;
};
struct aud_flush_evidence {
	uint64_t ts_ns;
	char finding[20];
	char file[256], sha256[65], why[240];	/* "": none; the file without its folder */
};
struct aud_flush_point {		/* one interface at a moment; counts since its opening */
	const char *name;
	bool up;
	uint64_t received, kernel_drops, interface_drops, frames;
};
struct aud_flush {
	const struct aud_report *report;
	uint64_t now_ns, started_ns, window_ns;
	uint64_t ahead_ns;		/* by how much the clock was set ahead within the window: what was seen before looks that much older */
	uint64_t keep_ns;		/* 0: for ever */
	bool over;			/* the last one of this start */
	const struct aud_flush_told *told;
	size_t ntold;
	const struct aud_flush_alert *alerts;
	size_t nalerts;
	const struct aud_flush_evidence *evidence;
	size_t nevidence;
	const struct aud_flush_point *points;
	size_t npoints;
	const struct aud_ipsec_saves *ipsec;	/* for the next start: what has changed since the last flush that succeeded; NULL: nothing */
	const struct aud_flush_part {	/* open flows, in a form that is the audit stage's: those of the flush before go */
		const void *p;
		size_t n;
	} *parts;
	size_t nparts;
};
/*
 * *audit: the number of the running audit, or 0: one is begun, and *audit is its number then. Where it fails nothing is changed, and the
 * next flush writes all that this one would have.
 */
enum aud_code aud_store_flush(struct aud_store *, int64_t *audit, const struct aud_flush *, struct aud_err *err) AUD_CHECKED;
/* The next flush of any audit writes everything. */
void aud_store_forget(struct aud_store *);

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
