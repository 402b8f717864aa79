/* JSON (RFC 8259), written as it is told: nothing is held, so that its size does not matter. Schema: audit.schema.json.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "writer.h"

enum { DEPTH = 16 };

struct json {
	int depth;
	struct {
		enum shape shape;
		bool filled;
	} at[DEPTH];
};

static bool
begin(struct pen *p)
{
	return (p->own = calloc(1, sizeof(struct json))) != NULL;
}

void
aud_json_string(FILE *out, const char *s)
{
	putc('"', out);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', out);
		putc(*s, out);
	}
	putc('"', out);
}

/* Comma, line and name before a value. Findings and rows take a line each, so that line tools work on them too. */
static void
lead(struct pen *p, const char *name)
{
	struct json *j = p->own;

	if (j->depth) {
		if (j->at[j->depth - 1].filled)
			putc(',', p->out);
		j->at[j->depth - 1].filled = true;
		if (j->depth <= 2) {
			putc('\n', p->out);
			for (int i = 0; i < j->depth; i++)
				putc(' ', p->out);
		}
	}
	if (name) {
		aud_json_string(p->out, name);
		fputs(j->depth <= 2 ? ": " : ":", p->out);
	}
}

static bool
json_open(struct pen *p, enum shape shape, const char *name)
{
	struct json *j = p->own;

	lead(p, name);
	putc(shape == SHAPE_OBJECT ? '{' : '[', p->out);
	if (j->depth == DEPTH)
		return false;
	j->at[j->depth].shape = shape;
	j->at[j->depth++].filled = false;
	return true;
}

static bool
json_close(struct pen *p)
{
	struct json *j = p->own;

	j->depth--;
	if (j->depth < 2 && j->at[j->depth].filled) {
		putc('\n', p->out);
		for (int i = 0; i < j->depth; i++)
			putc(' ', p->out);
	}
	putc(j->at[j->depth].shape == SHAPE_OBJECT ? '}' : ']', p->out);
	return true;
}

static bool
field(struct pen *p, const char *name, const struct value *v)
{
	lead(p, name);
	switch (v->kind) {
	case VALUE_NULL: fputs("null", p->out); break;
	case VALUE_BOOL: fputs(v->n ? "true" : "false", p->out); break;
	case VALUE_NUMBER: fprintf(p->out, "%" PRIu64, v->n); break;
	case VALUE_TEXT: aud_json_string(p->out, v->text); break;
	case VALUE_TIME: aud_json_string(p->out, time_str(v->n).s); break;
	}
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

const struct writer writer_json = {begin, json_open, field, json_close, end};
