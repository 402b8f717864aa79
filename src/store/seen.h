/*
 * Stage 10, inside: what of a running audit's conversations or findings is in the file, so that only what has changed is written. An entry
 * is known by 128 bits of hash under a secret of the process: two of them with the same do not occur.
 */
#ifndef STORE_SEEN_H
#define STORE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen_entry {
	uint64_t key[2];	/* 0-0: free */
	uint64_t content;	/* 0: not known to be in the file */
	uint64_t last_ns;
	int64_t row;		/* its id there */
	uint32_t round;		/* the last one in which it was there */
	bool written, fresh;	/* in this round; and it had no row before */
};

struct seen {
	struct seen_entry *slots;
	size_t n, mask;
	uint64_t secret[2];
	uint32_t round;
};

/* Two hashes of some bytes. */
void seen_hash(const struct seen *, const void *, size_t, uint64_t out[2]);
/* The entry, made where there is none (row 0). NULL: out of memory. It is good until the next call. */
struct seen_entry *seen_get(struct seen *, const uint64_t key[2]);
/* The round is in the file: those that were not in it are forgotten. */
void seen_keep(struct seen *);
/* It is not: what it has written is not known to be there. */
void seen_undo(struct seen *);
void seen_clear(struct seen *);

#endif
