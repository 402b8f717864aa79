#include <stdlib.h>
#include <string.h>

#include "addr6.h"
#include "key.h"

static size_t
home(const struct addr6_table *t, const uint8_t *b)
{
	return (size_t)fold_v6(b, t->secret) & t->mask;
}

uint32_t
addr6_find(const struct addr6_table *t, const uint8_t b[16])
{
	if (!t->slots)
		return 0;
	for (size_t k = home(t, b); t->slots[k]; k = (k + 1) & t->mask)
		if (!memcmp(t->entries[t->slots[k]].b, b, 16))
			return t->slots[k];
	return 0;
}

static int
grow(struct addr6_table *t)
{
	size_t size = t->slots ? (t->mask + 1) * 2 : 256;
	uint32_t *slots = calloc(size, sizeof *slots);

	if (!slots)
		return -1;
	t->mask = size - 1;
	for (uint32_t id = 1; id <= t->n; id++)
		if (t->entries[id].refs) {
			size_t k = home(t, t->entries[id].b);
			while (slots[k])
				k = (k + 1) & t->mask;
			slots[k] = id;
		}
	free(t->slots);
	t->slots = slots;
	return 0;
}

uint32_t
addr6_hold(struct addr6_table *t, const uint8_t b[16])
{
	uint32_t id = addr6_find(t, b);
	size_t k;

	if (id) {
		t->entries[id].refs++;
		return id;
	}
	if ((!t->slots || t->used * 10 >= t->mask * 7) && grow(t))
		return 0;
	if (t->free) {
		id = t->free;
		t->free = t->entries[id].next;
	} else {
		if (t->n + 1 >= t->cap) {
			size_t cap = t->cap ? t->cap * 2 : 256;
			struct addr6 *e = realloc(t->entries, cap * sizeof *e);
			if (!e)
				return 0;
			t->entries = e;
			t->cap = cap;
		}
		id = (uint32_t)++t->n;
	}
	memcpy(t->entries[id].b, b, 16);
	t->entries[id].refs = 1;
	for (k = home(t, b); t->slots[k]; k = (k + 1) & t->mask)
		;
	t->slots[k] = id;
	t->used++;
	return id;
}

void
addr6_drop(struct addr6_table *t, uint32_t id)
{
	struct addr6 *e = &t->entries[id];
	size_t k, hole;

	if (--e->refs)
		return;
	for (k = home(t, e->b); t->slots[k] != id; k = (k + 1) & t->mask)
		;
	/* Linear probing: close the gap, so that searches need no tombstones. */
	for (hole = k;;) {
		k = (k + 1) & t->mask;
		if (!t->slots[k])
			break;
		if (((k - home(t, t->entries[t->slots[k]].b)) & t->mask) >= ((k - hole) & t->mask)) {
			t->slots[hole] = t->slots[k];
			hole = k;
		}
	}
	t->slots[hole] = 0;
	e->next = t->free;
	t->free = id;
	t->used--;
}

void
addr6_clear(struct addr6_table *t)
{
	free(t->entries);
	free(t->slots);
	memset(t, 0, sizeof *t);
}
