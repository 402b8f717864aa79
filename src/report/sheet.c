#include <stdlib.h>
#include <string.h>

#include "sheet.h"

static bool
pool_add(struct sheet *s, const char *text, size_t *at)
{
	size_t len = strlen(text) + 1;

	if (s->used + len > s->size) {
		size_t size = 2 * (s->used + len);
		char *p = realloc(s->pool, size);

		if (!p)
			return false;
		s->pool = p;
		s->size = size;
	}
	memcpy(s->pool + s->used, text, len);
	*at = s->used;
	s->used += len;
	return true;
}

bool
sheet_add(struct sheet *s, const char *path, const struct value *v)
{
	struct sheet_entry *e;

	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 64;

		if (!(e = realloc(s->v, room * sizeof *e)))
			return false;
		s->v = e;
		s->room = room;
	}
	e = &s->v[s->n];
	*e = (struct sheet_entry){.kind = v->kind, .n = v->n};
	snprintf(e->path, sizeof e->path, "%s", path);
	if (v->kind == VALUE_TEXT && !pool_add(s, v->text, &e->at))
		return false;
	s->n++;
	return true;
}

void
sheet_clear(struct sheet *s)
{
	s->n = s->used = 0;
}

void
sheet_free(struct sheet *s)
{
	free(s->v);
	free(s->pool);
	*s = (struct sheet){0};
}

const struct sheet_entry *
sheet_next(const struct sheet *s, const char *path, size_t *from)
{
	for (size_t i = *from; i < s->n; i++)
		if (!strcmp(s->v[i].path, path)) {
			*from = i + 1;
			return &s->v[i];
		}
	*from = s->n;
	return NULL;
}

const char *
sheet_entry_text(const struct sheet *s, const struct sheet_entry *e)
{
	return e && e->kind == VALUE_TEXT ? s->pool + e->at : "";
}

const char *
sheet_text(const struct sheet *s, const char *path)
{
	size_t from = 0;

	return sheet_entry_text(s, sheet_next(s, path, &from));
}

uint64_t
sheet_number(const struct sheet *s, const char *path)
{
	size_t from = 0;
	const struct sheet_entry *e = sheet_next(s, path, &from);

	return e ? e->n : 0;
}

bool
sheet_null(const struct sheet *s, const char *path)
{
	size_t from = 0;
	const struct sheet_entry *e = sheet_next(s, path, &from);

	return !e || e->kind == VALUE_NULL;
}

void
sheet_join(FILE *out, const struct sheet *s, const char *path)
{
	const struct sheet_entry *e;
	size_t from = 0;

	for (const char *comma = ""; (e = sheet_next(s, path, &from)); comma = ", ")
		fprintf(out, "%s%s", comma, sheet_entry_text(s, e));
}

bool
sheet_windowed(const struct sheet *s)
{
	const struct aud_coverage c = {.first_ns = sheet_number(s, "first"), .window_ns = sheet_number(s, "window_ns"),
	    .window_end_ns = sheet_number(s, "window_end")};

	return aud_coverage_windowed(&c);
}
