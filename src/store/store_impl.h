/* Stage 10, inside: what the files of the store share. */
#ifndef STORE_IMPL_H
#define STORE_IMPL_H

#include <aud/store.h>

#include "db.h"
#include "names.h"
#include "sql.h"

/* Where a matrix lies in the file: the id of its first document, printed row and rule; the rest follow in order. */
struct place {
	int64_t matrix, document, row, rule;
};

struct running;

struct aud_store {
	struct db *db;
	int lock;		/* of a running audit: a descriptor that keeps others from writing the same; -1 none */
	struct running *running;	/* what is known of a running audit that is written (put_running.c); or NULL */
};
void running_free(struct running *);

struct migration {
	int from, version;	/* from 0: a fresh file */
	const char *sql;
};

/* Applies what leads on from the file's version, one transaction each. AUD_IO where the file is newer than all of them. */
enum aud_code store_migrate(struct db *, const struct migration *, size_t n, struct aud_err *) AUD_CHECKED;

/* Inside a transaction: writes the matrix (NULL: roles only), unless it is there already. */
enum aud_code put_matrix(struct db *, const struct aud_matrix *, const struct aud_site *, struct place *out, struct aud_err *)
    AUD_CHECKED;
/* Inside a transaction: conversations of an audit, from id first on; hosts and inputs: the ids of their first. */
struct audit_ids {
	int64_t audit, host, waiver, input, conversation, finding;
	struct place place;
};
enum aud_code put_conversations(struct db *, const struct aud_trial *, const struct audit_ids *, struct aud_err *) AUD_CHECKED;

/* put_audit.c, in the order in which references demand it; the statement is that of an audit of files, or of a running one. */
enum aud_code next_audit_ids(struct db *, struct audit_ids *, struct aud_err *) AUD_CHECKED;
enum aud_code put_head(struct db *, enum stmt, const struct aud_report *, const struct audit_ids *, struct aud_err *) AUD_CHECKED;
enum aud_code put_site(struct db *, const struct audit_ids *, const struct aud_site *, struct aud_err *) AUD_CHECKED;
enum aud_code put_inputs(struct db *, enum stmt, const struct aud_trial *, const struct audit_ids *, struct aud_err *) AUD_CHECKED;
enum aud_code put_coverage_of(struct db *, const struct aud_report *, const struct audit_ids *, struct aud_err *) AUD_CHECKED;
/* Under the number ids->finding + index. */
enum aud_code put_finding(struct db *, enum stmt, const struct audit_ids *, const struct aud_finding *, size_t index, struct aud_err *)
    AUD_CHECKED;
enum aud_code put_row_state(struct db *, enum stmt, const struct audit_ids *, const struct aud_row_state *, struct aud_err *) AUD_CHECKED;

/* put_conv.c. Texts of the conversation before, which is mostly of the same server and transport: that is how they are sorted. */
struct put_cache {
	struct aud_addr addr[2];
	struct aud_addr_text text[2];
	struct aud_proto_text transport;
	uint8_t proto;
};
enum { PUT_SORT_KEY = 42 };
/* Bytes whose order is that of the conversations. */
void put_sort_key(uint8_t out[PUT_SORT_KEY], const struct aud_conv *);
/* Under the number ids->conversation + i. */
enum aud_code put_case(struct db *, enum stmt, const struct aud_trial *, const struct audit_ids *, size_t i, const struct aud_case *,
    struct put_cache *, struct aud_err *) AUD_CHECKED;
enum aud_code put_case_rules(struct db *, const struct audit_ids *, size_t i, const struct aud_verdict *, struct aud_err *) AUD_CHECKED;
enum aud_code put_classes(struct db *, const struct audit_ids *, const uint64_t counts[AUD_CASE_CLASSES], struct aud_err *) AUD_CHECKED;

/* put_ipsec.c. Records under the number of their kind + index. */
struct aud_sa;
struct aud_ike;
struct ipsec_ids {
	const struct audit_ids *of;
	int64_t sa, ike;
};
enum aud_code next_ipsec_ids(struct db *, struct ipsec_ids *, struct aud_err *) AUD_CHECKED;
enum aud_code put_sa(struct db *, const struct ipsec_ids *, const struct aud_sa *, size_t index, struct aud_err *) AUD_CHECKED;
enum aud_code put_ike(struct db *, const struct ipsec_ids *, const struct aud_ike *, size_t index, struct aud_err *) AUD_CHECKED;
enum aud_code put_ipsec_sum(struct db *, const struct aud_trial *, const struct audit_ids *, struct aud_err *) AUD_CHECKED;
enum aud_code put_ipsec(struct db *, const struct aud_trial *, const struct audit_ids *, struct aud_err *) AUD_CHECKED;

/* A statement without parameters. */
static inline enum aud_code
run(struct db *db, enum stmt stmt, struct aud_err *err)
{
	db_begin(db, stmt);
	return db_run(db, err);
}

/* input << 48 | frame; 0: two NULLs. */
static inline void
put_frame(struct db *db, const struct audit_ids *ids, uint64_t frame)
{
	if (frame) {
		db_id(db, ids->input, frame >> 48);
		db_count(db, frame & 0xffffffffffff);
	} else {
		db_null(db);
		db_null(db);
	}
}

#endif
