/*
 * One record of the report as a flat list of fields, for formats that print a record when it is whole. The path of a
 * nested field is joined with points ("client.address"); items of a list repeat the list's path, in order.
 */
#ifndef REPORT_SHEET_H
#define REPORT_SHEET_H

#include "writer.h"

enum { SHEET_PATH = 64 };

struct sheet_entry {
	char path[SHEET_PATH];
	enum value_kind kind;
	uint64_t n;
	size_t at; /* of the text in the pool */
};

struct sheet {
	struct sheet_entry *v;
	size_t n, room;
	char *pool;
	size_t used, size;
};

bool sheet_add(struct sheet *, const char *path, const struct value *);
void sheet_clear(struct sheet *); /* empties it, keeps its memory */
void sheet_free(struct sheet *);

/* The first, or after *from the next, entry of a path; NULL none. */
const struct sheet_entry *sheet_next(const struct sheet *, const char *path, size_t *from);
/* Text of the first entry; "" where there is none. */
const char *sheet_text(const struct sheet *, const char *path);
uint64_t sheet_number(const struct sheet *, const char *path);
bool sheet_null(const struct sheet *, const char *path);
const char *sheet_entry_text(const struct sheet *, const struct sheet_entry *);
/* Of the coverage: aud_coverage_windowed(). */
bool sheet_windowed(const struct sheet *);
/* Texts of a list, joined by ", ". */
void sheet_join(FILE *, const struct sheet *, const char *path);

#endif
