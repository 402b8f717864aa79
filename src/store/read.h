/*
 * Stage 10, inside: reading rows into structs. A reader stops at the first failure; what it made is one arena, a list of chunks
 * that is released as a whole.
 */
#ifndef STORE_READ_H
#define STORE_READ_H

#include "store_impl.h"

struct chunk;

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

/* Zeroed, until the arena is released. */
void *read_alloc(struct reader *, size_t n, size_t size);
/* Columns, in their order. The text is copied into the arena. */
const char *read_text(struct reader *);
unsigned read_word(struct reader *, const struct names *);
aud_roles read_roles(struct reader *);
bool read_null(struct reader *);		/* is the next column NULL? Then it is passed over */
uint64_t read_count(struct reader *);		/* NULL: UINT64_MAX, "not told" */
struct aud_addr read_addr(struct reader *);	/* NULL: family 0 */
int read_proto(struct reader *);		/* NULL: -1 */
/* An id as an index into the n things that begin at base. */
unsigned read_ref(struct reader *, int64_t base, size_t n);
/* The same where ids have gaps: these n, in order. */
size_t read_among(struct reader *, const int64_t *ids, size_t n);
void read_damaged(struct reader *, const char *what);
/* A statement whose one parameter is the matrix, or this number; and its rows. */
void read_begin(struct reader *, enum stmt);
void read_begin_of(struct reader *, enum stmt, int64_t);
bool read_next(struct reader *);
void read_release(struct chunk *);

/* The matrix of this number, 0: that which was stored last, in the arena; the reader knows its place afterwards. NULL: see code. */
struct aud_matrix *read_matrix(struct reader *, int64_t matrix);

/* Two passes over a query of (owner, ...): how many each of the n owners has. NULL: see code. */
size_t *read_counts(struct reader *, enum stmt, int64_t of, int64_t base, size_t nowners, size_t *total);

/* How much of each an audit has, and the ids of its first; but for findings the rest follow in order. */
struct audit_size {
	size_t inputs, hosts, waivers, documents, decode, roles, pairs, spans, strangers, unseen, findings, states;
	int64_t input, host, waiver;
};

/* What aud_store_read_audit() makes. */
struct aud_stored {
	struct aud_report report;
	struct aud_trial trial;
	struct aud_coverage coverage;
	struct aud_decode_stats decode;
	struct aud_site site;
	struct audit_size size;
	struct place place;
	struct db *db;
	int64_t audit, first_conversation;
	uint64_t conversations;
	bool running;
	struct chunk *chunks;
};

/* The site's part: hosts, features, documents, own roles, waivers. Of the head of the audit the rest is set already. */
void read_site(struct reader *, struct aud_stored *);
/* Associations, negotiations and what is said of roles; the trial gets them. */
void read_ipsec(struct reader *, struct aud_stored *);
/* aud_report_cases() of a stored audit. */
enum aud_code read_cases(void *stored, aud_case_fn *each, void *user, struct aud_err *) AUD_CHECKED;

#endif
