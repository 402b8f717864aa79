#include <stdlib.h>
#include <string.h>

#include "merge.h"

enum { PIECE = 1 << 18, AHEAD = 64 };

/* One input that is being read. */
struct lane {
	struct aud_capture *capture;
	uint64_t input;		/* its index */
	struct aud_block block;
	bool loaded;		/* the block has bytes that may be cut */
	struct aud_frame frames[AHEAD];
	size_t n, at;
};

struct merge {
	struct aud_capture *const *inputs;
	size_t ninputs, next;	/* next: the first that is not begun */
	struct lane **lanes;	/* of the inputs under way, in their order */
	size_t nlanes;
	uint64_t ended;		/* bytes of the inputs that have ended */
};

void
merged_free(struct merged *m)
{
	free(m->mem);
	free(m->frames);
	memset(m, 0, sizeof *m);
}

size_t
merged_cut(struct merged *m, struct aud_frame *out, size_t max)
{
	size_t n = m->n - m->at < max ? m->n - m->at : max;

	if (n)
		memcpy(out, m->frames + m->at, n * sizeof *out);
	m->at += n;
	return n;
}

enum aud_code
merge_new(struct merge **out, struct aud_capture *const *inputs, size_t n, struct aud_err *err)
{
	struct merge *m = calloc(1, sizeof *m);

	*out = m;
	if (!m)
		return aud_nomem(err);
	m->inputs = inputs;
	m->ninputs = n;
	if (!(m->lanes = calloc(n + 1, sizeof *m->lanes))) {
		merge_free(m);
		*out = NULL;
		return aud_nomem(err);
	}
	return AUD_OK;
}

static void
lane_free(struct lane *l)
{
	if (!l)
		return;
	aud_block_free(&l->block);
	free(l);
}

void
merge_free(struct merge *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->nlanes; i++)
		lane_free(m->lanes[i]);
	free(m->lanes);
	free(m);
}

uint64_t
merge_done(const struct merge *m)
{
	uint64_t sum = m->ended;

	for (size_t i = 0; i < m->nlanes; i++)
		sum += m->lanes[i]->block.offset;
	return sum;
}

/* Makes sure that the lane has a frame; AUD_END: its input has none left. */
static enum aud_code
lane_ready(struct lane *l, struct aud_err *err)
{
	enum aud_code rc;

	while (l->at == l->n) {
		l->at = l->n = 0;
		if (l->loaded && (l->n = aud_capture_cut(l->capture, &l->block, l->frames, AHEAD)) > 0)
			break;
		l->loaded = false;
		if ((rc = aud_capture_claim(l->capture, &l->block, err)) != AUD_OK ||
		    (rc = aud_capture_load(l->capture, &l->block, err)) != AUD_OK)
			return rc;
		l->loaded = true;
	}
	return AUD_OK;
}

static enum aud_code
begin_lane(struct merge *m, struct aud_err *err)
{
	struct lane *l = calloc(1, sizeof *l);

	if (!l)
		return aud_nomem(err);
	l->capture = m->inputs[m->next];
	l->input = m->next++;
	m->lanes[m->nlanes++] = l;
	return AUD_OK;
}

static void
end_lane(struct merge *m, size_t i)
{
	m->ended += aud_capture_info(m->lanes[i]->capture)->size;
	lane_free(m->lanes[i]);
	memmove(&m->lanes[i], &m->lanes[i + 1], (--m->nlanes - i) * sizeof *m->lanes);
}

/* The lane whose next frame is the earliest; begins and ends lanes on the way. AUD_END: nothing is left. */
static enum aud_code
earliest(struct merge *m, struct lane **out, struct aud_err *err)
{
	enum aud_code rc;

	for (;;) {
		struct lane *best = NULL;
		for (size_t i = 0; i < m->nlanes;) {
			struct lane *l = m->lanes[i];
			if (l->at == l->n && (rc = lane_ready(l, err)) != AUD_OK) {
				if (rc != AUD_END)
					return rc;
				end_lane(m, i);
				continue;
			}
			if (!best || l->frames[l->at].ts_ns < best->frames[best->at].ts_ns)
				best = l;
			i++;
		}
		*out = best;
		if (m->next == m->ninputs || (best && best->frames[best->at].ts_ns < aud_capture_info(m->inputs[m->next])->first_ns))
			return best ? AUD_OK : AUD_END;
		if ((rc = begin_lane(m, err)) != AUD_OK)
			return rc;
	}
}

/* Room for a frame of n bytes; false: the piece is full. */
static bool
room(struct merged *p, size_t n, enum aud_code *rc, struct aud_err *err)
{
	if (p->size - p->used < n) {
		if (p->n)
			return false;
		/* Frames point into the memory, so it grows only while it is empty. */
		free(p->mem);
		p->size = n > PIECE ? n : PIECE;
		if (!(p->mem = malloc(p->size))) {
			p->size = 0;
			*rc = aud_nomem(err);
			return false;
		}
	}
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 1024;
		struct aud_frame *f = realloc(p->frames, cap * sizeof *f);
		if (!f) {
			*rc = aud_nomem(err);
			return false;
		}
		p->frames = f;
		p->cap = cap;
	}
	return true;
}

enum aud_code
merge_fill(struct merge *m, struct merged *p, struct aud_err *err)
{
	enum aud_code rc;
	struct lane *l;

	p->n = p->at = p->used = 0;
	while ((rc = earliest(m, &l, err)) == AUD_OK) {
		const struct aud_frame *f = &l->frames[l->at];
		if (!room(p, f->caplen, &rc, err))
			break;
		struct aud_frame *to = &p->frames[p->n++];
		*to = *f;
		to->no |= l->input << 48;
		to->data = p->mem + p->used;
		if (f->caplen)
			memcpy(p->mem + p->used, f->data, f->caplen);
		p->used += f->caplen;
		l->at++;
	}
	return rc == AUD_END && p->n ? AUD_OK : rc;
}
