#include <stdlib.h>
#include <string.h>

#include "before.h"

static int
cmp(const void *x, const void *y)
{
	const struct aud_decode_count *a = x, *b = y;
	int c = strcmp(a->layer, b->layer);

	if (!c)
		c = strcmp(a->reason, b->reason);
	return c ? c : a->defect - b->defect;
}

enum aud_code
before_take(struct before_books *b, const struct aud_decode_stats *s, uint64_t (*frame)(const void *user, uint64_t no), const void *user,
    struct aud_err *err)
{
	*b = (struct before_books){.v = calloc(s->ncounts + 1, sizeof *b->v)};
	if (!b->v)
		return aud_nomem(err);
	for (size_t i = 0; i < s->ncounts; i++) {
		struct aud_decode_count *c = &b->v[b->n++];

		*c = s->counts[i];
		c->layer = strdup(c->layer);
		c->reason = strdup(c->reason);
		c->first_frame = frame(user, c->first_frame);
		if (!c->layer || !c->reason)
			return aud_nomem(err);
	}
	/* Another version may have sorted otherwise. */
	qsort(b->v, b->n, sizeof *b->v, cmp);
	return AUD_OK;
}

struct aud_decode_count *
before_merge(const struct before_books *before, const struct aud_decode_count *now, size_t *n)
{
	static const struct before_books none = {NULL, 0};
	const struct before_books *b = before ? before : &none;
	struct aud_decode_count *out = malloc((b->n + *n + 1) * sizeof *out);
	size_t i = 0, k = 0, to = 0;

	while (out && (i < b->n || k < *n)) {
		int c = i == b->n ? 1 : k == *n ? -1 : cmp(&b->v[i], &now[k]);

		if (c > 0) {
			out[to++] = now[k++];
			continue;
		}
		out[to] = b->v[i++];
		if (!c)
			out[to].frames += now[k++].frames;
		to++;
	}
	*n = to;
	return out;
}

void
before_clear(struct before_books *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free((void *)(uintptr_t)b->v[i].layer);
		free((void *)(uintptr_t)b->v[i].reason);
	}
	free(b->v);
	*b = (struct before_books){NULL, 0};
}
