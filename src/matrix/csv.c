/* RFC 4180 section 2. */
#include <stdbool.h>
#include <string.h>

#include "csv.h"

void
csv_open(struct csv *c, const char *file, char *buf, size_t len)
{
	*c = (struct csv){.file = file, .p = buf, .end = buf + len, .separator = ',', .max = CSV_FIELDS_USUAL, .line = 1,
	    .column = 1};
	if (len >= 3 && !memcmp(buf, "\xef\xbb\xbf", 3))
		c->p += 3;
}

static char
step(struct csv *c)
{
	char b = *c->p++;

	if (b == '\n') {
		c->line++;
		c->column = 1;
	} else if (((unsigned char)b & 0xc0) != 0x80)
		c->column++;
	return b;
}

static bool
at_eol(const struct csv *c)
{
	return c->p < c->end && (*c->p == '\n' || (*c->p == '\r' && c->end - c->p > 1 && c->p[1] == '\n'));
}

static enum aud_code
fail(const struct csv *c, unsigned line, unsigned column, const char *what, struct aud_err *err)
{
	return aud_fail(err, AUD_RULES, 0, "%s:%u:%u: %s", c->file, line, column, what);
}

/* Leaves p on the separator, the line end or the end; *stop is where the field's NUL belongs. */
static enum aud_code
field(struct csv *c, char **start, char **stop, struct aud_err *err)
{
	unsigned line = c->line, column = c->column;
	char *to;

	*start = to = c->p;
	if (c->p < c->end && *c->p == '"') {
		step(c);
		for (;;) {
			char b;

			if (c->p == c->end)
				return fail(c, line, column, "this quote is never closed", err);
			b = step(c);
			if (!b)
				return fail(c, c->line, c->column - 1, "a NUL character: delete it", err);
			if (b == '"') {
				if (c->p == c->end || *c->p != '"')
					break;
				step(c);
			}
			*to++ = b;
		}
		if (c->p < c->end && *c->p != c->separator && !at_eol(c))
			return fail(c, c->line, c->column, "text after a closing quote: double the quotes inside a field", err);
	} else {
		while (c->p < c->end && *c->p != c->separator && !at_eol(c)) {
			if (*c->p == '"')
				return fail(c, c->line, c->column, "a quote inside a field: put the field into quotes and double it", err);
			if (!*c->p)
				return fail(c, c->line, c->column, "a NUL character: delete it", err);
			*to++ = step(c);
		}
	}
	*stop = to;
	return AUD_OK;
}

enum aud_code
csv_next(struct csv *c, struct csv_record *r, struct aud_err *err)
{
	bool more = true;

	while (at_eol(c))
		step(c);
	*r = (struct csv_record){.line = c->line};
	if (c->p == c->end)
		return AUD_END;
	while (more) {
		char *stop = c->p;
		enum aud_code code;

		if (r->n == c->max)
			return fail(c, c->line, c->column, "too many fields in this line", err);
		r->lines[r->n] = c->line;
		r->columns[r->n] = c->column;
		code = field(c, &r->fields[r->n], &stop, err);
		if (code)
			return code;
		r->n++;
		more = c->p < c->end && *c->p == c->separator;
		if (more)
			step(c);
		else
			while (at_eol(c) && step(c) != '\n')
				;
		*stop = 0; /* stop is at most the separator, which was read */
	}
	return AUD_OK;
}
