/* JSON (RFC 8259), written as it is told: nothing is held, so that its size does not matter. Schema: audit.schema.json.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static bool
begin(struct pen *p)
{
	struct json *j = calloc(1, sizeof *j);

	if (j)
		j->spread = 2;
	return (p->own = j) != NULL;
}

void
aud_json_string(FILE *out, const char *s)
{
	putc('"', out);
	for (;;) {
		size_t plain = strcspn(s, "\"\\");

		fwrite(s, 1, plain, out);
		s += plain;
		if (!*s)
			break;
		putc('\\', out);
		putc(*s++, out);
	}
	putc('"', out);
}

static void
new_line(const struct json *j, FILE *out)
{
	putc('\n', out);
	for (int i = 0; i < j->depth; i++)
		putc(' ', out);
}

/* Comma, line and name before a value. Findings and rows take a line each, so that line tools work on them too. */
static void
lead(struct json *j, FILE *out, const char *name)
{
	if (j->depth) {
		if (j->at[j->depth - 1].filled)
			putc(',', out);
		j->at[j->depth - 1].filled = true;
		if (j->depth <= j->spread)
			new_line(j, out);
	}
	if (name) {
		aud_json_string(out, name);
		fputs(j->depth <= j->spread ? ": " : ":", out);
	}
}

bool
json_open(struct json *j, FILE *out, enum shape shape, const char *name)
{
	lead(j, out, name);
	putc(shape == SHAPE_OBJECT ? '{' : '[', out);
	if (j->depth == JSON_DEPTH)
		return false;
	j->at[j->depth].shape = shape;
	j->at[j->depth++].filled = false;
	return true;
}

void
json_close(struct json *j, FILE *out)
{
	j->depth--;
	if (j->depth < j->spread && j->at[j->depth].filled)
		new_line(j, out);
	putc(j->at[j->depth].shape == SHAPE_OBJECT ? '}' : ']', out);
}

void
json_field(struct json *j, FILE *out, const char *name, const struct value *v)
{
	lead(j, out, name);
	switch (v->kind) {
	case VALUE_NULL: fputs("null", out); break;
	case VALUE_BOOL: fputs(v->n ? "true" : "false", out); break;
	case VALUE_NUMBER: fprintf(out, "%" PRIu64, v->n); break;
	case VALUE_TEXT: aud_json_string(out, v->text); break;
	case VALUE_TIME: aud_json_string(out, time_str(v->n).s); break;
	}
}

static bool
open(struct pen *p, enum shape shape, const char *name)
{
	return json_open(p->own, p->out, shape, name);
}

static bool
field(struct pen *p, const char *name, const struct value *v)
{
	json_field(p->own, p->out, name, v);
	return true;
}

static bool
close(struct pen *p)
{
	json_close(p->own, p->out);
	return true;
}

static bool
end(struct pen *p)
{
	if (p->own)
		putc('\n', p->out);
	free(p->own);
	return true;
}

const struct writer writer_json = {begin, open, field, close, end, NULL};
