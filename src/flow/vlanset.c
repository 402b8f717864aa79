#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "vlanset.h"

static bool
holds(const struct vlanset_table *t, uint16_t set, uint16_t stack)
{
	unsigned n = 0;

	/* So many that a capture has them is noise of tags: no more are remembered. */
	for (; set != VLANSET_NEW; set = t->sets[set].base)
		if (t->sets[set].stack == stack || ++n == VLANSET_MAX)
			return true;
	return false;
}

static size_t
place(const struct vlanset_table *t, uint16_t base, uint16_t stack)
{
	size_t k = (size_t)mix64((uint64_t)base << 16 | stack) & t->mask;

	while (t->slots[k] && (t->sets[t->slots[k] - 1].base != base || t->sets[t->slots[k] - 1].stack != stack))
		k = (k + 1) & t->mask;
	return k;
}

static bool
grow(struct vlanset_table *t)
{
	size_t cap = t->cap ? t->cap * 2 : 16;
	struct vlanset *s = cap <= VLANSET_NEW ? realloc(t->sets, cap * sizeof *s) : NULL;
	uint32_t *slots;

	if (!s)
		return false;
	t->sets = s;
	if (!(slots = calloc(cap * 2, sizeof *slots)))
		return false;
	free(t->slots);
	t->slots = slots;
	t->mask = cap * 2 - 1;
	t->cap = cap;
	for (size_t i = 0; i < t->n; i++)
		t->slots[place(t, t->sets[i].base, t->sets[i].stack)] = (uint32_t)i + 1;
	return true;
}

/* The set of base plus stack; VLANSET_NEW where there is no room for it. */
static uint16_t
intern(struct vlanset_table *t, uint16_t base, uint16_t stack)
{
	size_t k;

	if (t->n == t->cap && !grow(t)) {
		if (!t->slots)
			return VLANSET_NEW;
		k = place(t, base, stack);
		return t->slots[k] ? (uint16_t)(t->slots[k] - 1) : VLANSET_NEW;
	}
	k = place(t, base, stack);
	if (!t->slots[k]) {
		t->sets[t->n] = (struct vlanset){base, stack};
		t->slots[k] = (uint32_t)++t->n;
	}
	return (uint16_t)(t->slots[k] - 1);
}

uint16_t
vlanset_add(struct vlanset_table *t, uint16_t set, uint16_t stack)
{
	uint16_t got;

	if (!t->n && intern(t, VLANSET_NEW, 0) == VLANSET_NEW)
		return 0;
	if (set != VLANSET_NEW && holds(t, set, stack))
		return set;
	got = intern(t, set, stack);
	return got != VLANSET_NEW ? got : set != VLANSET_NEW ? set : 0;
}

size_t
vlanset_list(const struct vlanset_table *t, uint16_t set, uint16_t *out, size_t max)
{
	size_t n = 0;

	for (; n < max && set < t->n; set = t->sets[set].base)
		out[n++] = t->sets[set].stack;
	return n;
}

void
vlanset_clear(struct vlanset_table *t)
{
	free(t->sets);
	free(t->slots);
	memset(t, 0, sizeof *t);
}
