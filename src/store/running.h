/* Stage 10, inside: a running audit that is written. */
#ifndef STORE_RUNNING_H
#define STORE_RUNNING_H

#include "seen.h"
#include "store_impl.h"

struct running {
	int64_t audit;		/* 0: none is begun */
	struct audit_ids ids;
	struct seen conversations, findings, sas, ikes;
	uint64_t *states;	/* hashes of the row states that are in the file */
	size_t nstates;
	uint64_t ipsec;		/* a hash of what is in the file of its packets and roles; 0: not known */
	uint64_t point_ns;		/* of the last points of time */
	uint32_t up;			/* and which interfaces were up then */
	uint64_t next_point_ns;		/* both, once this flush is on the disk */
	uint32_t next_up;
};

/* DELETE statements of one parameter. */
enum aud_code running_clear(struct db *, const enum stmt *, size_t n, int64_t of, struct aud_err *) AUD_CHECKED;
#define CLEAR(db, of, err, ...) \
	running_clear(db, (const enum stmt[]){__VA_ARGS__}, sizeof((enum stmt[]){__VA_ARGS__}) / sizeof(enum stmt), of, err)

/* put_running_ipsec.c: what has changed, and what is there no more. */
enum aud_code running_ipsec(struct db *, struct running *, const struct aud_flush *, struct aud_err *) AUD_CHECKED;

/* age.c: deletes a little of what is older than keep_ns. */
enum aud_code age(struct db *, int64_t audit, uint64_t before_ns, struct aud_err *) AUD_CHECKED;

#endif
