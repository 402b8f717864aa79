#include <stdlib.h>
#include <string.h>

#include "vlanset.h"

enum { VLANSET_NONE = UINT16_MAX };

static int
holds(const struct vlanset_table *t, uint16_t set, uint16_t stack)
{
	for (;;) {
		if (t->sets[set].stack == stack)
			return 1;
		if (t->sets[set].base == VLANSET_NONE)
			return 0;
		set = t->sets[set].base;
	}
}

static uint16_t
intern(struct vlanset_table *t, uint16_t base, uint16_t stack)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->sets[i].base == base && t->sets[i].stack == stack)
			return (uint16_t)i;
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 16;
		struct vlanset *s = cap <= UINT16_MAX ? realloc(t->sets, cap * sizeof *s) : NULL;
		if (!s)
			return VLANSET_NONE;
		t->sets = s;
		t->cap = cap;
	}
	t->sets[t->n] = (struct vlanset){base, stack};
	return (uint16_t)t->n++;
}

uint16_t
vlanset_add(struct vlanset_table *t, uint16_t set, uint16_t stack)
{
	uint16_t got;

	if (!t->n && intern(t, VLANSET_NONE, 0) == VLANSET_NONE)
		return set;
	if (set == VLANSET_NONE)	/* a new flow: the set of this one stack */
		got = intern(t, VLANSET_NONE, stack);
	else if (holds(t, set, stack))
		return set;
	else
		got = intern(t, set, stack);
	return got == VLANSET_NONE ? 0 : got;
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
	memset(t, 0, sizeof *t);
}
