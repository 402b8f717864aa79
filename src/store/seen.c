#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "seen.h"

void
seen_hash(const struct seen *s, const void *bytes, size_t n, uint64_t out[2])
{
	const uint8_t *p = bytes;
	uint64_t a = s->secret[0] ^ mix64(n + 1), b = s->secret[1];

	for (; n; ) {
		uint64_t w = 0;
		size_t k = n < 8 ? n : 8;

		memcpy(&w, p, k);
		a = mix64(a ^ w);
		b = mix64(b + a);
		p += k;
		n -= k;
	}
	out[0] = a;
	out[1] = a | b ? b : 1;
}

static bool
same(const struct seen_entry *e, const uint64_t key[2])
{
	return e->key[0] == key[0] && e->key[1] == key[1];
}

static bool
used(const struct seen_entry *e)
{
	return e->key[0] | e->key[1];
}

/* Into a table of another size; those of an older round than from are left behind. */
static bool
resize(struct seen *s, size_t size, uint32_t from)
{
	struct seen_entry *v = calloc(size, sizeof *v);
	size_t n = 0;

	if (!v)
		return false;
	for (size_t i = 0; s->slots && i <= s->mask; i++) {
		size_t k;

		if (!used(&s->slots[i]) || s->slots[i].round < from)
			continue;
		for (k = s->slots[i].key[0] & (size - 1); used(&v[k]); k = (k + 1) & (size - 1))
			;
		v[k] = s->slots[i];
		n++;
	}
	free(s->slots);
	s->slots = v;
	s->mask = size - 1;
	s->n = n;
	return true;
}

struct seen_entry *
seen_get(struct seen *s, const uint64_t key[2])
{
	size_t k;

	if ((!s->slots || s->n * 10 >= s->mask * 7) && !resize(s, s->slots ? (s->mask + 1) * 2 : 1024, 0))
		return NULL;
	for (k = key[0] & s->mask; used(&s->slots[k]); k = (k + 1) & s->mask)
		if (same(&s->slots[k], key))
			return &s->slots[k];
	s->slots[k] = (struct seen_entry){.key = {key[0], key[1]}};
	s->n++;
	return &s->slots[k];
}

void
seen_keep(struct seen *s)
{
	size_t gone = 0, size = s->mask + 1;

	for (size_t i = 0; s->slots && i <= s->mask; i++) {
		s->slots[i].written = s->slots[i].fresh = false;
		gone += used(&s->slots[i]) && s->slots[i].round != s->round;
	}
	if (!gone)
		return;
	while (size > 1024 && (s->n - gone) * 10 < size * 2)
		size /= 2;
	/* Out of memory: they are asked for again, and are in the file no more. */
	(void)resize(s, size, s->round);
}

void
seen_undo(struct seen *s)
{
	for (size_t i = 0; s->slots && i <= s->mask; i++)
		if (s->slots[i].written) {
			s->slots[i].content = 0;
			/* By the next time the number may be another's. */
			if (s->slots[i].fresh)
				s->slots[i].row = 0;
			s->slots[i].written = s->slots[i].fresh = false;
		}
}

void
seen_clear(struct seen *s)
{
	free(s->slots);
	s->slots = NULL;
	s->n = s->mask = 0;
}
