/*
 * Stage watch, inside: the files of the ring, as its writer makes and removes them (segments.c). All is called with the ring's lock held,
 * which is given up while the disk is asked.
 */
#ifndef WATCH_SEGMENTS_H
#define WATCH_SEGMENTS_H

#include "ring.h"

enum { CHUNK = 1 << 19 };

struct chunk {
	struct chunk *next;
	struct segment *segment;	/* counted in its refs */
	uint64_t offset;		/* in the segment */
	size_t used;
	unsigned frames;
	uint8_t buf[CHUNK];
};

uint64_t ring_monotonic(void);

/* With one reference, the caller's. NULL: no memory, told as a failure. */
struct segment *segment_new(struct ring *);
void segment_put(struct ring *, struct segment *);
/* The oldest leaves the ring; who still reads it may go on. */
void segment_forget(struct ring *);
void segment_write(struct ring *, struct chunk *);
/* The chunk's frames are lost, or, c NULL, some that are not counted; sys 0: why says all. */
void segment_fail(struct ring *, struct chunk *, int sys, const char *why);

#endif
