#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "slab.h"

void
slab_init(struct slab *s, size_t size, uint32_t shift)
{
	*s = (struct slab){.size = size, .shift = shift};
}

void
slab_done(struct slab *s)
{
	for (uint32_t i = 0; i < s->chunks; i++)
		munmap(s->chunk[i], s->size << s->shift);
	free(s->chunk);
	*s = (struct slab){0};
}

void
slab_trim(struct slab *s)
{
	struct slab empty = {.size = s->size, .shift = s->shift, .peak = s->peak};

	if (s->live)
		return;
	slab_done(s);
	*s = empty;
}

static int
more(struct slab *s)
{
	uint32_t n = 1u << s->shift, first = s->chunks << s->shift;
	void *mem;

	/* Three bits of a handle are the classifier's own. */
	if (first + n > UINT32_MAX >> 3)
		return 0;
	if (s->chunks == s->room) {
		uint32_t room = s->room ? s->room * 2 : 16;
		char **p = realloc(s->chunk, room * sizeof *p);

		if (!p)
			return 0;
		s->chunk = p;
		s->room = room;
	}
	/* Mapped, so that it goes back as a whole. */
	mem = mmap(NULL, s->size << s->shift, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return 0;
	s->chunk[s->chunks++] = mem;
	for (uint32_t h = first + n; h > first; h--) {
		memcpy(slab_at(s, h), &s->free, sizeof s->free);
		s->free = h;
	}
	return 1;
}

uint32_t
slab_take(struct slab *s)
{
	uint32_t h;

	if (!s->free && !more(s))
		return 0;
	h = s->free;
	memcpy(&s->free, slab_at(s, h), sizeof s->free);
	if (++s->live > s->peak)
		s->peak = s->live;
	return h;
}

void
slab_give(struct slab *s, uint32_t h)
{
	memcpy(slab_at(s, h), &s->free, sizeof s->free);
	s->free = h;
	s->live--;
}
