/* Blocks of one size in chunks that never move, with a free list: a handle from 1 up, no malloc per block. */
#ifndef AUD_SLAB_H
#define AUD_SLAB_H

#include <stddef.h>
#include <stdint.h>

struct slab {
	char **chunk;
	size_t size;		/* of a block */
	uint32_t shift;		/* log2 of the blocks in a chunk */
	uint32_t chunks, room;	/* chunks in use, and entries of chunk */
	uint32_t free;		/* handle of the first free block; its first four bytes are the next one's */
	uint32_t live, peak;
};

void slab_init(struct slab *, size_t size, uint32_t shift);
void slab_done(struct slab *);
/* Gives the memory back where nothing is taken. */
void slab_trim(struct slab *);
/* 0: out of memory, or of handles. The block is not cleared. */
uint32_t slab_take(struct slab *);
void slab_give(struct slab *, uint32_t handle);

static inline void *
slab_at(const struct slab *s, uint32_t handle)
{
	uint32_t i = handle - 1;

	return s->chunk[i >> s->shift] + (size_t)(i & ((1u << s->shift) - 1)) * s->size;
}

#endif
