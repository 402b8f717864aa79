#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pipeline.h"

enum {
	RING = 12,	/* blocks in flight at most */
	AHEAD = 4,	/* blocks decoded ahead of the slowest shard */
	CUT = 64,	/* frames at a time */
	PROGRESS_MS = 100,
};

/* Packets in the order of the input, and of each shard which of them are its own. */
struct deal {
	struct aud_packet *packets;
	size_t n, cap;
	uint32_t *of[SHARDS];	/* places in packets; room for cap */
	size_t nof[SHARDS];
};

/* A block on its way. */
struct transit {
	struct aud_block block;		/* of the only input */
	struct merged merged;		/* or of several */
	bool loaded;
	struct deal deal;
};

/* Everything below is under the lock but what a task that is under way owns: its stop, the decoder, its shard. */
struct run {
	struct pipeline *p;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct transit ring[RING];
	unsigned depth;				/* of the ring that is used: few blocks stay in the cache, each thread needs some */
	uint64_t claimed, loaded, decoded, processed[SHARDS];	/* counts of blocks; loaded: without a gap */
	bool claims_over;			/* the last input is claimed to its end, or a stop was asked for */
	struct merge *merge;			/* NULL: there is one input */
	unsigned loading;			/* loads under way */
	bool decoding, busy[SHARDS], finished[SHARDS];
	bool flushed;				/* what waited in the IPsec stage is in rest */
	struct deal rest;
	enum aud_code rc;
	struct aud_err *err;
	uint64_t packets;			/* frames decoded, for progress */
	uint64_t bytes;
};

struct worker {
	struct run *run;
	struct aud_err err;
	bool main;
	struct timespec told;
};

/* Makes room for n more packets: they are decoded into their places. */
static enum aud_code
deal_room(struct deal *d, size_t n, struct aud_err *err)
{
	size_t cap = d->cap ? d->cap : 1024;

	if (d->cap - d->n >= n)
		return AUD_OK;
	while (cap - d->n < n)
		cap *= 2;
	/* A packet is a cache line, if it begins where one does. */
	struct aud_packet *p = aligned_alloc(64, cap * sizeof *p);
	if (!p)
		return aud_nomem(err);
	if (d->n)
		memcpy(p, d->packets, d->n * sizeof *p);
	free(d->packets);
	d->packets = p;
	for (int i = 0; i < SHARDS; i++) {
		uint32_t *of = realloc(d->of[i], cap * sizeof *of);
		if (!of)
			return aud_nomem(err);
		d->of[i] = of;
	}
	d->cap = cap;
	return AUD_OK;
}

static void
deal_empty(struct deal *d)
{
	d->n = 0;
	memset(d->nof, 0, sizeof d->nof);
}

static void
deal_free(struct deal *d)
{
	free(d->packets);
	for (int i = 0; i < SHARDS; i++)
		free(d->of[i]);
}

/* The packet at that place goes to its shard. */
static inline void
deal_out(const struct pipeline *p, struct deal *d, size_t at)
{
	unsigned shard;

	if (p->mirror && mirror_is(p->mirror, &d->packets[at]))
		return;
	shard = aud_flow_shard(&d->packets[at], SHARDS, p->secret);
	d->of[shard][d->nof[shard]++] = (uint32_t)at;
}

struct beyond {
	const struct pipeline *p;
	struct deal *deal;
};

/* What the IPsec stage hands on: the packet, or what was found inside it. */
static enum aud_code
pass_on(void *user, const struct aud_ipsec_out *o, struct aud_err *err)
{
	const struct beyond *b = user;
	struct aud_packet in[2] = {*o->packet};
	unsigned n = o->clear ? aud_decode_inside(b->p->decoder, o->packet, o->in, o->proto, o->at, o->end, in) : 1;
	struct deal *d = b->deal;
	enum aud_code rc;

	if (!n) {
		in[0] = *o->packet;
		n = 1;
	}
	if ((rc = deal_room(d, n, err)) != AUD_OK)
		return rc;
	for (unsigned i = 0; i < n; i++) {
		d->packets[d->n] = in[i];
		deal_out(b->p, d, d->n++);
	}
	return AUD_OK;
}

/* Frames of the block on its way; 0: it is used up. */
static size_t
cut(struct run *r, struct transit *s, struct aud_frame *out)
{
	return r->merge ? merged_cut(&s->merged, out, CUT) : aud_capture_cut(r->p->inputs[0], &s->block, out, CUT);
}

static enum aud_code
decode_block(struct run *r, struct transit *s, uint64_t *frames, struct aud_err *err)
{
	struct pipeline *p = r->p;
	struct aud_frame frame[CUT];
	struct deal *d = &s->deal;
	struct beyond beyond = {p, d};
	enum aud_code rc = AUD_OK;
	size_t n, from;

	deal_empty(d);
	while (rc == AUD_OK && (n = cut(r, s, frame)) > 0) {
		*frames += n;
		if ((rc = spans_add(p->spans, frame, n, err)) != AUD_OK || (rc = deal_room(d, 2 * n, err)) != AUD_OK)
			break;
		from = d->n;
		if (p->seen)
			p->seen(p->user, frame, n);
		for (size_t i = 0; i < n; i++)
			d->n += aud_decode(p->decoder, &frame[i], &d->packets[d->n]);
		/* What the IPsec stage hands on comes behind the batch, and is of no shard's list twice: the packet itself is of none. */
		for (size_t i = from, end = d->n; i < end && rc == AUD_OK; i++) {
			if (d->packets[i].bits & AUD_PKT_IPSEC) {
				const struct aud_packet q = d->packets[i];
				rc = aud_ipsec_packet(p->ipsec, &q, pass_on, &beyond, err);
			} else
				deal_out(p, d, i);
		}
	}
	return rc;
}

static bool
stopping(const struct run *r)
{
	return r->rc != AUD_OK || (r->p->opts->stop && atomic_load(r->p->opts->stop));
}

/* The first failure is the one that is told; AUD_OK is none. */
static void
fail(struct run *r, const struct worker *w, enum aud_code rc)
{
	if (rc == AUD_OK || r->rc != AUD_OK)
		return;
	r->rc = rc;
	if (r->err && r->err->code == AUD_OK)
		*r->err = w->err;
	pthread_cond_broadcast(&r->changed);
}

/* May different blocks be loaded at once? */
static bool
parallel(const struct run *r)
{
	return !r->merge && aud_capture_parallel(r->p->inputs[0]);
}

/* Locked on entry and on return. Reserves the next block of the input; false: none to be had now. */
static bool
claim(struct run *r, struct worker *w, uint64_t *which)
{
	struct transit *s = &r->ring[r->claimed % r->depth];
	enum aud_code rc = AUD_OK;

	if (r->claims_over || (r->loading && !parallel(r)) || (r->p->pause && atomic_load(r->p->pause)))
		return false;
	/* What a pipe delivered before a stop lies in memory since it was opened: it counts. */
	if (stopping(r) && (r->rc != AUD_OK || r->claimed || parallel(r)))
		rc = AUD_END;
	else if (!r->merge)
		rc = aud_capture_claim(r->p->inputs[0], &s->block, &w->err);
	if (rc != AUD_OK) {
		r->claims_over = true;
		if (rc != AUD_END)
			fail(r, w, rc);
		return false;
	}
	s->loaded = false;
	*which = r->claimed++;
	return true;
}

/* The tasks, in the order of preference: what lets others go on comes first. Locked on entry and return; false: nothing is ready. */
static bool
decode_task(struct run *r, struct worker *w, uint64_t slowest)
{
	uint64_t frames = 0;
	struct transit *s;
	enum aud_code rc;

	if (r->decoding || r->decoded == r->loaded || r->decoded - slowest >= AHEAD)
		return false;
	s = &r->ring[r->decoded % r->depth];
	r->decoding = true;
	pthread_mutex_unlock(&r->lock);
	rc = decode_block(r, s, &frames, &w->err);
	pthread_mutex_lock(&r->lock);
	r->decoding = false;
	r->decoded++;
	r->packets += frames;
	if (!r->merge)
		r->bytes = s->block.offset;
	fail(r, w, rc);
	return true;
}

static bool
process_task(struct run *r, struct worker *w)
{
	int pick = -1;
	struct transit *s;
	enum aud_code rc;

	for (int i = 0; i < SHARDS; i++)
		if (!r->busy[i] && r->processed[i] < r->decoded && (pick < 0 || r->processed[i] < r->processed[pick]))
			pick = i;
	if (pick < 0)
		return false;
	s = &r->ring[r->processed[pick] % r->depth];
	r->busy[pick] = true;
	pthread_mutex_unlock(&r->lock);
	rc = shard_packets(&r->p->shards[pick], s->deal.packets, s->deal.of[pick], s->deal.nof[pick], &w->err);
	pthread_mutex_lock(&r->lock);
	r->busy[pick] = false;
	r->processed[pick]++;
	fail(r, w, rc);
	return true;
}

static bool
load_task(struct run *r, struct worker *w, uint64_t slowest)
{
	struct transit *s;
	uint64_t which;
	enum aud_code rc;

	if (r->claimed - slowest >= r->depth || !claim(r, w, &which))
		return false;
	s = &r->ring[which % r->depth];
	r->loading++;
	pthread_mutex_unlock(&r->lock);
	rc = r->merge ? merge_fill(r->merge, &s->merged, &w->err) : aud_capture_load(r->p->inputs[0], &s->block, &w->err);
	pthread_mutex_lock(&r->lock);
	if (r->merge)
		r->bytes = merge_done(r->merge);
	if (rc == AUD_END) {
		r->claims_over = true;
		rc = AUD_OK;
	}
	r->loading--;
	s->loaded = true;
	while (r->loaded < r->claimed && r->ring[r->loaded % r->depth].loaded)
		r->loaded++;
	fail(r, w, rc);
	return true;
}

static bool
finish_task(struct run *r, struct worker *w)
{
	enum aud_code rc;
	int pick = -1;

	if (!r->claims_over || r->loading || r->decoded < r->claimed)
		return false;
	/* Little and rare, so it is done under the lock. */
	if (!r->flushed) {
		struct beyond beyond = {r->p, &r->rest};
		r->flushed = true;
		fail(r, w, aud_ipsec_flush(r->p->ipsec, pass_on, &beyond, &w->err));
	}
	for (int i = 0; i < SHARDS; i++)
		if (!r->busy[i] && !r->finished[i] && r->processed[i] == r->claimed)
			pick = i;
	if (pick < 0)
		return false;
	r->busy[pick] = true;
	r->finished[pick] = true;
	pthread_mutex_unlock(&r->lock);
	rc = shard_packets(&r->p->shards[pick], r->rest.packets, r->rest.of[pick], r->rest.nof[pick], &w->err);
	if (rc == AUD_OK)
		rc = shard_finish(&r->p->shards[pick], &w->err);
	pthread_mutex_lock(&r->lock);
	r->busy[pick] = false;
	fail(r, w, rc);
	return true;
}

/* Everything that was claimed is through. Locked on entry and return; the lock keeps all others away. */
static bool
pause_task(struct run *r)
{
	bool through = r->p->pause && atomic_load(r->p->pause) && !r->loading && !r->decoding && r->decoded == r->claimed;

	for (int i = 0; i < SHARDS; i++)
		through = through && !r->busy[i] && !r->finished[i] && r->processed[i] == r->claimed;
	if (!through || r->flushed)
		return false;
	r->p->paused(r->p->user);
	atomic_store(r->p->pause, false);
	return true;
}

/* Nothing is under way and nothing is left; after a failure what is under way is waited for and the rest let go. */
static bool
over(const struct run *r)
{
	bool idle = !r->loading && !r->decoding;

	for (int i = 0; i < SHARDS; i++)
		idle = idle && !r->busy[i];
	if (r->rc != AUD_OK)
		return idle;
	for (int i = 0; i < SHARDS; i++)
		idle = idle && r->finished[i];
	return idle;
}

static void
tell_progress(struct run *r, struct worker *w)
{
	const struct aud_audit_opts *o = r->p->opts;
	struct timespec now;
	uint64_t done, packets = r->packets;

	if (!w->main || !o->progress)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if ((now.tv_sec - w->told.tv_sec) * 1000 + (now.tv_nsec - w->told.tv_nsec) / 1000000 < PROGRESS_MS)
		return;
	w->told = now;
	done = r->bytes;
	pthread_mutex_unlock(&r->lock);
	o->progress(o->user, done, r->p->total, packets);
	pthread_mutex_lock(&r->lock);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct run *r = w->run;

	pthread_mutex_lock(&r->lock);
	while (!over(r)) {
		uint64_t slowest = r->processed[0];
		for (int i = 1; i < SHARDS; i++)
			if (r->processed[i] < slowest)
				slowest = r->processed[i];
		if (r->rc == AUD_OK && (decode_task(r, w, slowest) || process_task(r, w) || load_task(r, w, slowest) || finish_task(r, w) ||
		    pause_task(r))) {
			pthread_cond_broadcast(&r->changed);
			tell_progress(r, w);
			continue;
		}
		if (over(r))
			break;
		pthread_cond_wait(&r->changed, &r->lock);
	}
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

enum aud_code
pipeline_run(struct pipeline *p, struct aud_err *err)
{
	struct run *r = calloc(1, sizeof *r);
	struct worker *w = calloc(p->threads, sizeof *w);
	pthread_t *thread = calloc(p->threads, sizeof *thread);
	enum aud_code rc;
	unsigned started = 0;

	if (!r || !w || !thread) {
		rc = aud_nomem(err);
		goto out;
	}
	r->p = p;
	r->err = err;
	r->claims_over = !p->ninputs;
	r->depth = p->threads == 1 ? 1 : 2 * p->threads < RING ? 2 * p->threads : RING;
	if (p->ninputs > 1 && (rc = merge_new(&r->merge, p->inputs, p->ninputs, err)) != AUD_OK)
		goto out;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	for (unsigned i = 0; i < p->threads; i++)
		w[i].run = r;
	w[0].main = true;
	/* Fewer threads than asked for do the same work. */
	for (unsigned i = 1; i < p->threads && !pthread_create(&thread[i], NULL, work, &w[i]); i++)
		started = i;
	work(&w[0]);
	for (unsigned i = 1; i <= started; i++)
		pthread_join(thread[i], NULL);
	rc = r->rc;
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->changed);
	deal_free(&r->rest);
	for (int i = 0; i < RING; i++) {
		aud_block_free(&r->ring[i].block);
		merged_free(&r->ring[i].merged);
		deal_free(&r->ring[i].deal);
	}
out:
	if (r)
		merge_free(r->merge);
	free(r);
	free(w);
	free(thread);
	return rc;
}
