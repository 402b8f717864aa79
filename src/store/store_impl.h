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

struct aud_store {
	struct db *db;
};

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
