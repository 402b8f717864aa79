/* The lines of counts: fixed room, nothing is allocated while frames go by. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"

enum {
	LINES_MAX = 512,
	BUCKETS = 1024,
};

struct line {
	struct miss key;
	uint16_t next;
	uint64_t frames, first_frame;
	char layer[LAYER_TEXT], reason[REASON_TEXT];
};

struct books {
	unsigned n; /* line 0 is used by what finds no room */
	uint16_t bucket[BUCKETS];
	struct line line[LINES_MAX];
	struct aud_decode_count sorted[LINES_MAX];
};

struct books *
books_new(void)
{
	struct books *b = calloc(1, sizeof *b);

	if (!b)
		return NULL;
	b->n = 1;
	b->line[0].key = (struct miss){.layer = L_COUNT, .why = WHY_FULL, .defect = true};
	miss_text(&b->line[0].key, "", b->line[0].layer, b->line[0].reason);
	return b;
}

void
books_free(struct books *b)
{
	free(b);
}

static bool
same(const struct miss *a, const struct miss *b)
{
	return a->layer == b->layer && a->why == b->why && a->type == b->type && a->tunnel == b->tunnel;
}

static struct line *
line_of(struct books *b, const struct miss *m, const char *tunnel)
{
	uint32_t hash = (m->type * 2654435761u) ^ (m->layer * 61u + m->why * 7u + m->tunnel * 257u);
	uint16_t *bucket = &b->bucket[(hash ^ hash >> 16) % BUCKETS];
	struct line *l;

	for (uint16_t i = *bucket; i; i = b->line[i].next)
		if (same(&b->line[i].key, m))
			return &b->line[i];
	if (b->n == LINES_MAX)
		return &b->line[0];
	l = &b->line[b->n];
	l->key = *m;
	miss_text(m, tunnel, l->layer, l->reason);
	l->next = *bucket;
	*bucket = (uint16_t)b->n++;
	return l;
}

void
books_add(struct books *b, const struct miss *m, const struct aud_frame *f, const char *tunnel)
{
	struct line *l = line_of(b, m, tunnel);

	if (!l->frames++)
		l->first_frame = f->no;
}

static int
by_text(const void *x, const void *y)
{
	const struct aud_decode_count *a = x, *b = y;
	int c = strcmp(a->layer, b->layer);

	return c ? c : strcmp(a->reason, b->reason);
}

const struct aud_decode_count *
books_sorted(struct books *b, size_t *n)
{
	*n = 0;
	for (unsigned i = 0; i < b->n; i++) {
		const struct line *l = &b->line[i];

		if (l->frames)
			b->sorted[(*n)++] =
			    (struct aud_decode_count){l->layer, l->reason, l->key.defect, l->frames, l->first_frame};
	}
	qsort(b->sorted, *n, sizeof *b->sorted, by_text);
	return b->sorted;
}
