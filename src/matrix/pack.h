/*
 * Stage 7, inside: the files that a matrix is read from, whether compiled in or in a folder, and the memory that its texts live in.
 *
 * A pack owns its files. A keep hands out zeroed memory that lives until it is freed as a whole.
 */
#ifndef MATRIX_PACK_H
#define MATRIX_PACK_H

#include <stddef.h>

#include <aud/err.h>

struct pack_file {
	const char *name;	/* "sip.yaml" */
	const char *shown;	/* "rules/sip.yaml", for messages */
	const char *data;
	size_t len;
};

struct pack {
	struct pack_file *files;	/* *.yaml and *.csv in order of their names (bytes) */
	size_t n;
};

/* dir NULL: the files compiled in. */
enum aud_code pack_open(struct pack *, const char *dir, struct aud_err *err) AUD_CHECKED;
void pack_close(struct pack *);
const struct pack_file *pack_find(const struct pack *, const char *name);

struct keep {
	struct block *blocks;
};
void *keep_alloc(struct keep *, size_t n, struct aud_err *err);	/* NULL: out of memory, err filled */
const char *keep_text(struct keep *, const char *s, size_t len, struct aud_err *err);
void keep_free(struct keep *);

#endif
