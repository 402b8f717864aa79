/*
 * Stage 9, inside: cells of a table that may have a million lines, as CSV or as JSON. Input: values, in the order of the columns;
 * output: bytes, through a buffer of its own, since a call of stdio for each piece costs more than all else. What comes back from
 * line to line (names, roles, applications) is cleaned and quoted once. It owns its buffer and what it remembers.
 */
#ifndef REPORT_CELLS_H
#define REPORT_CELLS_H

#include <string.h>

#include "writer.h"

enum { CELLS_BUFFER = 1 << 16, CELLS_KEPT = 256, CELLS_DATES = 64, CELLS_LONGEST = 120 };

struct cells_known {
	char text[CELLS_LONGEST], *shown;	/* shown NULL: free */
	size_t n;
};

struct cells_piece {
	const void *owner;
	uint64_t set;
	char *shown;		/* NULL: free */
	size_t n;
};

struct cells {
	FILE *out;
	bool json, failed;	/* out of memory */
	char *buffer;
	size_t used;
	struct {
		uint64_t second;	/* 0: free */
		char text[24];
	} dates[CELLS_DATES];
	struct cells_known texts[CELLS_KEPT];
	struct cells_piece pieces[CELLS_KEPT];
};

/* NULL: out of memory. */
struct cells *cells_new(FILE *, bool json);
/* Writes what is in the buffer. */
void cells_flush(struct cells *);
void cells_free(struct cells *);

void cells_spill(struct cells *, const char *, size_t n);

/* As it is. */
static inline void
cells_raw(struct cells *c, const char *s, size_t n)
{
	if (n > CELLS_BUFFER - c->used) {
		cells_spill(c, s, n);
		return;
	}
	memcpy(c->buffer + c->used, s, n);
	c->used += n;
}

/* A literal. */
#define CELLS_RAW(c, s) cells_raw((c), (s), sizeof(s) - 1)
/* What stands before a value: a comma, and in JSON the name. */
#define CELLS_KEY(c, name) ((c)->json ? CELLS_RAW((c), ",\"" name "\":") : CELLS_RAW((c), ","))

/* Values; NULL: null in JSON, nothing in CSV. */
void cells_null(struct cells *);
void cells_bool(struct cells *, bool);
void cells_number(struct cells *, uint64_t);
void cells_time(struct cells *, uint64_t ns);	/* 0: NULL */
void cells_word(struct cells *, const char *);	/* one of ours, which needs no quotes in CSV and no escape in JSON */
void cells_text(struct cells *, const char *);	/* of the network, of a file: cleaned, quoted */

/*
 * What is costly to make and stays the same for an owner and a set, such as the name and roles of a host: cells_again() writes it
 * where it is known; else the caller makes it and gives it to cells_keep(), which writes it and takes it (malloc; NULL: out of memory).
 */
bool cells_again(struct cells *, const void *owner, uint64_t set);
void cells_keep(struct cells *, const void *owner, uint64_t set, char *shown);

/* As csv.c and json.c write them; clean text. */
void cells_quote(FILE *, bool json, const char *clean);
/* Cleaned in fresh memory, for free(); NULL: out of memory. */
char *cells_clean(const char *);

#endif
