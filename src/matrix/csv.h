/*
 * Stage 7, inside: CSV after RFC 4180 (LF as well as CRLF), read in place; every field knows its line and column.
 */
#ifndef MATRIX_CSV_H
#define MATRIX_CSV_H

#include <stddef.h>

#include <aud/err.h>

enum { CSV_FIELDS = 32, CSV_FIELDS_USUAL = 16 };

struct csv {
	const char *file;
	char *p, *end;		/* what is left; overwritten as it is read */
	char separator;		/* ',' unless the caller sets another behind csv_open() */
	size_t max;		/* fields of a line: CSV_FIELDS_USUAL, or what the caller sets, at most CSV_FIELDS */
	unsigned line, column;
};

struct csv_record {
	unsigned line;
	size_t n;
	char *fields[CSV_FIELDS];	/* NUL-terminated, live in the buffer */
	unsigned lines[CSV_FIELDS], columns[CSV_FIELDS];
};

/* buf[len] has to be writable: it becomes the last NUL. */
void csv_open(struct csv *, const char *file, char *buf, size_t len);
/* AUD_END after the last record; AUD_RULES with place and reason. Empty lines are passed over. */
enum aud_code csv_next(struct csv *, struct csv_record *out, struct aud_err *err) AUD_CHECKED;

#endif
