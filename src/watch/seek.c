/* The ring, read again: where a frame is, and what came after it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ring.h"

bool
reader_open(struct reader *r, const struct snapshot *ring)
{
	*r = (struct reader){.ring = ring, .buf = malloc(READ_ROOM)};
	return r->buf != NULL;
}

void
reader_close(struct reader *r)
{
	free(r->buf);
	r->buf = NULL;
}

static const struct view *
segment(const struct snapshot *r, unsigned number)
{
	for (unsigned i = 0; i < r->n; i++)
		if (r->views[i].s->number == number)
			return &r->views[i];
	return NULL;
}

/* As much as there is from the reader's place on. */
static bool
load(struct reader *r, const struct view *s)
{
	uint64_t left = s->size - r->at.offset;
	size_t want = left < READ_ROOM ? (size_t)left : READ_ROOM;

	r->from = r->at.offset;
	r->loaded = s->s->number;
	r->have = 0;
	while (r->have < want) {
		ssize_t n = pread(s->s->fd, r->buf + r->have, want - r->have, (off_t)(r->from + r->have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		r->have += (size_t)n;
	}
	return true;
}

/* The block at the reader's place. NULL: the segment ends there, or is damaged. */
static const uint8_t *
block(struct reader *r, const struct view *s, size_t *len)
{
	if (r->at.offset >= s->size)
		return NULL;
	for (int tries = 0; tries < 2; tries++) {
		if (r->loaded == s->s->number && r->at.offset >= r->from && r->at.offset < r->from + r->have) {
			size_t skip = (size_t)(r->at.offset - r->from);

			if ((*len = block_length(r->buf + skip, r->have - skip)))
				return r->buf + skip;
		}
		if (!load(r, s))
			return NULL;
	}
	return NULL;
}

/* To the beginning of the next segment. False: there is none. */
static bool
next_segment(struct reader *r)
{
	const struct snapshot *ring = r->ring;

	for (unsigned i = 0; i < ring->n; i++)
		if (ring->views[i].s->number > r->at.segment) {
			r->at = (struct place){ring->views[i].s->number, 0};
			return true;
		}
	return false;
}

bool
reader_next(struct reader *r, struct aud_frame *f, struct place *place)
{
	for (;;) {
		const struct view *s = segment(r->ring, r->at.segment);
		const uint8_t *p;
		uint32_t i;
		size_t len;

		if (!s)
			return false;
		if (!(p = block(r, s, &len))) {
			if (!next_segment(r))
				return false;
			continue;
		}
		*place = r->at;
		r->at.offset += len;
		if (block_read(p, len, f, &i) && i < s->ninterfaces) {
			f->dlt = s->interfaces[i].dlt;
			return true;
		}
	}
}

static bool
may_hold(const struct view *s, uint64_t no)
{
	for (unsigned i = 0; i < s->ninterfaces; i++)
		if (s->interfaces[i].input == no >> 48 && s->interfaces[i].first <= no && no <= s->interfaces[i].last)
			return true;
	return false;
}

/* Numbers grow within an input: from the last mark of this input that is not behind the frame, it is found or is not there. */
static bool
seek_in(struct reader *r, const struct view *s, uint64_t no)
{
	uint64_t from = 0, to = s->size;
	struct aud_frame f;
	struct place place;

	for (unsigned i = 0; i < s->nmarks && s->s->marks[i].offset < s->size; i++) {
		if (s->s->marks[i].no >> 48 != no >> 48)
			continue;
		if (s->s->marks[i].no > no) {
			to = s->s->marks[i].offset;
			break;
		}
		from = s->s->marks[i].offset;
	}
	r->at = (struct place){s->s->number, from};
	while (r->at.segment == s->s->number && r->at.offset < to && reader_next(r, &f, &place)) {
		if (place.segment != s->s->number)
			return false;
		if (f.no == no) {
			r->at = place;
			return true;
		}
		if (f.no >> 48 == no >> 48 && f.no > no)
			return false;
	}
	return false;
}

bool
reader_seek(struct reader *r, uint64_t no)
{
	for (unsigned i = r->ring->n; i-- > 0;)
		if (may_hold(&r->ring->views[i], no) && seek_in(r, &r->ring->views[i], no))
			return true;
	return false;
}
