/* The ring: what is captured goes into chunks of memory, and from there by a thread into segments in a folder (segments.c). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <aud/evidence.h>

#include "segments.h"

/* CHUNKS: 32 MiB, which is a quarter of a second of a full gigabit. */
enum { CHUNKS = 64 };
_Static_assert(CHUNKS * sizeof(struct chunk) + (SEGMENTS + 1) * (sizeof(struct segment) + MARKS * sizeof(struct mark)) + READ_ROOM <= AUD_EVIDENCE_MEMORY,
    "what --memory keeps for it");
#define PATIENCE_NS UINT64_C(2000000000)

uint64_t
ring_monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void *
run(void *ring)
{
	struct ring *r = ring;
	struct chunk *c;
	uint64_t frames;

	pthread_mutex_lock(&r->lock);
	for (;;) {
		while (!r->first && !r->ending)
			pthread_cond_wait(&r->work, &r->lock);
		if (!(c = r->first))
			break;
		r->first = c->next;
		if (!r->first)
			r->last = NULL;
		r->busy = true;
		frames = c->frames;
		segment_write(r, c);
		r->waiting -= frames;
		segment_put(r, c->segment);
		c->next = r->spare;
		r->spare = c;
		r->busy = false;
		pthread_cond_broadcast(&r->rest);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* Started with the first chunk, so that a sandbox may be entered before. Signals are for others. */
static bool
start(struct ring *r)
{
	sigset_t all, before;

	if (r->started)
		return true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r->started = !pthread_create(&r->writer, NULL, run, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r->started;
}

/* The chunk that is being filled goes to the writer. */
static void
hand_over(struct ring *r)
{
	struct chunk *c = r->filling;

	if (!c)
		return;
	r->filling = NULL;
	if (!start(r)) {
		r->waiting -= c->frames;
		segment_fail(r, c, 0, "no thread can be started");
		segment_put(r, c->segment);
		c->next = r->spare;
		r->spare = c;
		return;
	}
	c->next = NULL;
	if (r->last)
		r->last->next = c;
	else
		r->first = c;
	r->last = c;
	pthread_cond_signal(&r->work);
}

static struct chunk *
take_chunk(struct ring *r, struct segment *s)
{
	struct chunk *c = r->spare;

	if (c)
		r->spare = c->next;
	else if (r->chunks < CHUNKS && (c = malloc(sizeof *c)))
		r->chunks++;
	if (!c) {
		r->failures += !r->failing[0];
		snprintf(r->failing, sizeof r->failing, "recent packets cannot all be kept: the disk is too slow");
		return NULL;
	}
	c->segment = s;
	c->offset = s->planned;
	c->used = 0;
	c->frames = 0;
	s->refs++;
	return c;
}

static struct segment *
segment_for(struct ring *r, size_t caplen)
{
	struct segment *s = r->current;

	if (s && !s->failed && s->planned + HEAD_MAX + caplen <= r->segment_size && s->ninterfaces < INTERFACES)
		return s;
	hand_over(r);
	r->current = NULL;
	if (s)
		segment_put(r, s);
	return r->current = segment_new(r);
}

/* Where the next frame goes; NULL: nowhere at present. */
static struct chunk *
place_for(struct ring *r, size_t caplen)
{
	struct segment *s;
	struct chunk *c;

	if (r->retry_ns && ring_monotonic() < r->retry_ns)
		return NULL;
	if (!(s = segment_for(r, caplen)))
		return NULL;
	if (r->filling && r->filling->used + HEAD_MAX + BLOCK_MAX > CHUNK)
		hand_over(r);
	if (!r->filling && !(r->filling = take_chunk(r, s)))
		return NULL;
	c = r->filling;
	if (!s->planned)
		c->used += block_section(c->buf, r->application, NULL);
	return c;
}

/* The frame's interface in the segment, told there where it is new. */
static uint32_t
interface_of(struct segment *s, struct chunk *c, const struct aud_frame *f)
{
	uint16_t input = (uint16_t)(f->no >> 48);
	unsigned i = 0;

	while (i < s->ninterfaces && (s->interfaces[i].input != input || s->interfaces[i].dlt != f->dlt))
		i++;
	if (i == s->ninterfaces) {
		s->interfaces[i] = (struct interface){.input = input, .dlt = f->dlt, .first = f->no};
		s->ninterfaces++;
		c->used += block_interface(c->buf + c->used, f->dlt, NULL);
	}
	s->interfaces[i].last = f->no;
	return i;
}

static void
mark(const struct ring *r, struct segment *s, uint64_t no, uint64_t offset)
{
	if (s->nmarks < MARKS && (!s->nmarks || offset - s->marks[s->nmarks - 1].offset >= r->segment_size / MARKS))
		s->marks[s->nmarks++] = (struct mark){no, offset};
}

static void
add(struct ring *r, const struct aud_frame *f)
{
	struct chunk *c = place_for(r, f->caplen < FRAME_MAX ? f->caplen : FRAME_MAX);
	struct segment *s;
	uint32_t i;

	if (!c) {
		r->skipped++;
		return;
	}
	s = c->segment;
	i = interface_of(s, c, f);
	if (!s->first_ns)
		s->first_ns = f->ts_ns;
	mark(r, s, f->no, c->offset + c->used);
	c->used += block_packet(c->buf + c->used, i, f, f->no, NULL);
	c->frames++;
	r->waiting++;
	s->planned = c->offset + c->used;
	r->frames++;
}

void
ring_add(struct ring *r, const struct aud_frame *f, size_t n)
{
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < n; i++)
		add(r, &f[i]);
	pthread_mutex_unlock(&r->lock);
}

bool
ring_flush(struct ring *r)
{
	uint64_t now = ring_monotonic(), until_ns, spent;
	struct timespec until;
	bool done;

	/* A flood of findings on a disk that stalls: each would wait, and the audit with it. */
	r->patience_ns += (now - r->flushed_ns) / 5;
	if (!r->flushed_ns || r->patience_ns > PATIENCE_NS)
		r->patience_ns = PATIENCE_NS;
	until_ns = now + r->patience_ns;
	until = (struct timespec){.tv_sec = (time_t)(until_ns / 1000000000), .tv_nsec = (long)(until_ns % 1000000000)};
	pthread_mutex_lock(&r->lock);
	hand_over(r);
	while (r->first || r->busy)
		if (pthread_cond_timedwait(&r->rest, &r->lock, &until))
			break;
	done = !r->first && !r->busy;
	pthread_mutex_unlock(&r->lock);
	r->flushed_ns = ring_monotonic();
	spent = r->flushed_ns - now;
	r->patience_ns -= spent < r->patience_ns ? spent : r->patience_ns;
	return done;
}

void
ring_snapshot(struct ring *r, struct snapshot *out)
{
	pthread_mutex_lock(&r->lock);
	out->n = r->nsegments;
	for (unsigned i = 0; i < r->nsegments; i++) {
		struct segment *s = r->segments[i];
		struct view *v = &out->views[i];

		s->refs++;
		*v = (struct view){.s = s, .size = s->size, .first_ns = s->first_ns, .ninterfaces = s->ninterfaces, .nmarks = s->nmarks};
		memcpy(v->interfaces, s->interfaces, sizeof v->interfaces);
	}
	pthread_mutex_unlock(&r->lock);
}

void
ring_release(struct ring *r, struct snapshot *s)
{
	pthread_mutex_lock(&r->lock);
	while (s->n)
		segment_put(r, s->views[--s->n].s);
	pthread_mutex_unlock(&r->lock);
}

enum aud_code
ring_open(struct ring *r, int dir, uint64_t size, const char *application, struct aud_err *err)
{
	pthread_condattr_t attr;

	*r = (struct ring){.dir = dir, .application = application, .size = size, .segment_size = size / SEGMENTS, .next = 1};
	if (pthread_mutex_init(&r->lock, NULL))
		return aud_nomem(err);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&r->work, &attr);
	pthread_cond_init(&r->rest, &attr);
	pthread_condattr_destroy(&attr);
	r->locked = true;
	return AUD_OK;
}

static void
free_chunks(struct chunk *c)
{
	while (c) {
		struct chunk *next = c->next;

		free(c);
		c = next;
	}
}

void
ring_close(struct ring *r)
{
	if (!r->locked)
		return;
	pthread_mutex_lock(&r->lock);
	r->ending = true;
	pthread_cond_signal(&r->work);
	pthread_mutex_unlock(&r->lock);
	if (r->started)
		pthread_join(r->writer, NULL);
	pthread_mutex_lock(&r->lock);
	if (r->filling)
		segment_put(r, r->filling->segment);
	if (r->current)
		segment_put(r, r->current);
	while (r->nsegments)
		segment_forget(r);
	pthread_mutex_unlock(&r->lock);
	free(r->filling);
	free_chunks(r->spare);
	pthread_cond_destroy(&r->work);
	pthread_cond_destroy(&r->rest);
	pthread_mutex_destroy(&r->lock);
	r->locked = false;
}
