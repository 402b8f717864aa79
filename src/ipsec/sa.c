/* Security associations: their table, their sequence numbers (RFC 4303, 2.2 and 3.4.3) and their rhythm. */
#include <hash.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"

#define SECOND_NS UINT64_C(1000000000)
enum {
	FIRST_CAP = 64,
	NEAR = 64,		/* so close behind a number the next one follows */
	FAR = 1 << 16,		/* no loss is believed to be that long */
	EVICT_SAMPLE = 32,
};

/* Packets in a second that keeps to it: the right number, 10 % less or more. */
static const struct {
	uint8_t low, high;
} in_second[AUD_SA_CADENCES] = {{45, 55}, {30, 37}, {15, 18}};

enum aud_code
sa_table_init(struct sa_table *t, size_t max, uint64_t secret, struct aud_err *err)
{
	t->max = max;
	t->secret = secret;
	t->mask = FIRST_CAP - 1;
	t->buckets = calloc(FIRST_CAP, sizeof *t->buckets);
	return t->buckets ? AUD_OK : aud_nomem(err);
}

void
sa_table_clear(struct sa_table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i].held);
	free(t->v);
	free(t->buckets);
}

static uint64_t
load(const uint8_t *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof x);
	return x;
}

static uint32_t
hash(const struct sa_table *t, const struct sa_key *k)
{
	uint64_t h = mix64(t->secret ^ load(k->src.b)) + load(k->src.b + 8);

	h = mix64(h ^ load(k->dst.b)) + load(k->dst.b + 8);
	return (uint32_t)mix64(h ^ (uint64_t)k->spi << 8 ^ k->encap);
}

static bool
is(const struct aud_sa *a, const struct sa_key *k)
{
	return a->spi == k->spi && a->encap == k->encap && !aud_addr_cmp(&a->src, &k->src) && !aud_addr_cmp(&a->dst, &k->dst);
}

static void
put(struct sa_table *t, uint32_t i)
{
	uint32_t *b = &t->buckets[t->v[i].hash & t->mask];

	t->v[i].next = *b;
	*b = i + 1;
}

static enum aud_code
grow(struct sa_table *t, struct aud_err *err)
{
	size_t cap = t->cap ? t->cap * 2 : FIRST_CAP;
	struct sa *v = realloc(t->v, cap * sizeof *v);
	uint32_t *b;

	if (!v)
		return aud_nomem(err);
	t->v = v;
	if (!(b = calloc(cap, sizeof *b)))
		return aud_nomem(err);
	free(t->buckets);
	t->buckets = b;
	t->mask = cap - 1;
	t->cap = cap;
	for (uint32_t i = 0; i < t->n; i++)
		put(t, i);
	return AUD_OK;
}

static void
take_out(struct sa_table *t, uint32_t i)
{
	uint32_t *b = &t->buckets[t->v[i].hash & t->mask];

	while (*b != i + 1)
		b = &t->v[*b - 1].next;
	*b = t->v[i].next;
}

/* Of the records under the hand's next steps the one with the fewest packets goes, of these the idlest. UINT32_MAX: all have packets waiting. */
static uint32_t
evict(struct sa_table *t)
{
	uint32_t worst = UINT32_MAX;

	for (unsigned i = 0; i < EVICT_SAMPLE && i < t->n; i++) {
		t->hand = t->hand + 1 < t->n ? t->hand + 1 : 0;
		const struct sa *a = &t->v[t->hand], *w = worst == UINT32_MAX ? NULL : &t->v[worst];
		if (!a->nheld && (!w || a->rec.packets < w->rec.packets ||
				     (a->rec.packets == w->rec.packets && a->rec.last_ns < w->rec.last_ns)))
			worst = t->hand;
	}
	t->evicted++;
	if (worst != UINT32_MAX) {
		take_out(t, worst);
		free(t->v[worst].held);
	}
	return worst;
}

enum aud_code
sa_get(struct sa_table *t, const struct sa_key *k, struct sa **out, bool *fresh, struct aud_err *err)
{
	uint32_t h = hash(t, k), i;
	enum aud_code rc;

	*fresh = false;
	*out = NULL;
	for (i = t->buckets[h & t->mask]; i; i = t->v[i - 1].next)
		if (t->v[i - 1].hash == h && is(&t->v[i - 1].rec, k)) {
			*out = &t->v[i - 1];
			return AUD_OK;
		}
	if (t->n == t->max) {
		if ((i = evict(t)) == UINT32_MAX)
			return AUD_OK;
	} else {
		if (t->n == t->cap && (rc = grow(t, err)) != AUD_OK)
			return rc;
		i = (uint32_t)t->n++;
	}
	t->v[i] = (struct sa){
	    .rec = {.src = k->src, .dst = k->dst, .spi = k->spi, .encap = k->encap},
	    .hash = h,
	};
	clear_begin(&t->v[i].clear, &k->src, &k->dst);
	put(t, i);
	*out = &t->v[i];
	*fresh = true;
	return AUD_OK;
}

/* Was this number seen so recently that a mirror may have repeated the packet? Remembers it. */
static bool
copied(struct sa *a, uint32_t seq, uint64_t ts_ns, uint64_t within_ns)
{
	for (unsigned i = 0; within_ns && i < RECENT; i++) {
		const struct recent *r = &a->recent[i];
		uint64_t apart = r->ts_ns < ts_ns ? ts_ns - r->ts_ns : r->ts_ns - ts_ns;
		if (r->ts_ns && r->seq == seq && apart <= within_ns)
			return true;
	}
	a->recent[a->nrecent++ % RECENT] = (struct recent){ts_ns, seq};
	return false;
}

static void
slide(struct sa *a, uint32_t by)
{
	enum { WORDS = WINDOW / 64 };

	if (by >= WINDOW) {
		memset(a->seen, 0, sizeof a->seen);
	} else {
		for (int i = WORDS - 1; i >= 0; i--) {
			int from = i - (int)(by / 64);
			uint64_t low = from > 0 ? a->seen[from - 1] : 0, here = from >= 0 ? a->seen[from] : 0;
			a->seen[i] = by % 64 ? here << by % 64 | low >> (64 - by % 64) : here;
		}
	}
	a->seen[0] |= 1;
}

static void
begin(struct sa *a, uint32_t seq)
{
	memset(a->seen, 0, sizeof a->seen);
	/* What was before the first packet of the capture is no loss, and neither is what comes late of it. */
	a->seen[0] = 1;
	a->high = seq;
	a->begun = true;
	a->strayed = false;
	a->rec.last_seq = seq;
}

/* Numbers are compared modulo 2^32, so that an extended one may pass the end of the lower half. */
static void
sequence(struct sa *a, uint32_t seq)
{
	int32_t step = (int32_t)(seq - a->high);
	uint32_t behind = a->high - seq;

	if (!a->begun) {
		a->rec.first_seq = seq;
		begin(a, seq);
	} else if (step > 0 && step <= FAR) {
		if (step <= NEAR)
			a->rec.sure = true;
		if (step > 1) {
			a->rec.gaps++;
			a->rec.lost += (uint32_t)step - 1;
		}
		slide(a, (uint32_t)step);
		a->high = a->rec.last_seq = seq;
		a->strayed = false;
	} else if (step <= 0 && behind < WINDOW) {
		uint64_t *word = &a->seen[behind / 64], bit = UINT64_C(1) << behind % 64;
		if (*word & bit) {
			a->rec.duplicates++;
		} else {
			*word |= bit;
			a->rec.late++;
			a->rec.lost -= a->rec.lost > 0;
		}
	} else if (a->strayed && seq - a->stray <= NEAR) {
		/* A second packet goes on from there: counting began anew. */
		a->rec.restarts++;
		a->rec.strays--;
		if (seq - a->stray > 1) {
			a->rec.gaps++;
			a->rec.lost += seq - a->stray - 1;
		}
		begin(a, seq);
		clear_begin(&a->clear, &a->rec.src, &a->rec.dst);
	} else {
		a->strayed = true;
		a->stray = seq;
		a->rec.strays++;
	}
}

static void
close_second(struct sa *a)
{
	for (unsigned i = 0; i < AUD_SA_CADENCES; i++) {
		struct aud_cadence *c = &a->rec.cadence[i];
		if (a->in_second < in_second[i].low || a->in_second > in_second[i].high) {
			a->run[i] = 0;
			continue;
		}
		c->seconds++;
		if (!a->run[i]++)
			a->run_ns[i] = a->rec.first_ns + a->second * SECOND_NS;
		if (a->run[i] > c->run) {
			c->run = a->run[i];
			c->run_ns = a->run_ns[i];
		}
	}
}

static void
rhythm(struct sa *a, uint64_t ts_ns)
{
	uint64_t gap = ts_ns > a->rec.last_ns ? ts_ns - a->rec.last_ns : 0;
	uint64_t second = ts_ns > a->rec.first_ns ? (ts_ns - a->rec.first_ns) / SECOND_NS : 0;

	for (unsigned i = 0; i < AUD_SA_CADENCES; i++) {
		uint64_t ms = aud_cadence_ms[i] * UINT64_C(1000000);
		if (a->rec.packets && gap >= ms - ms / 4 && gap <= ms + ms / 4)
			a->rec.cadence[i].near++;
	}
	if (second > a->second) {
		close_second(a);
		if (second > a->second + 1)
			memset(a->run, 0, sizeof a->run);
		a->second = second;
		a->in_second = 0;
	}
	a->in_second++;
}

bool
sa_account(struct sa *a, const struct aud_packet *p, uint32_t seq, uint32_t bytes, uint64_t copy_ns)
{
	struct aud_sa *r = &a->rec;

	if (copied(a, seq, p->ts_ns, copy_ns)) {
		r->copies++;
		return false;
	}
	sequence(a, seq);
	if (!r->packets) {
		r->first_ns = r->last_ns = p->ts_ns;
		r->tunnel = p->tunnel;
	}
	rhythm(a, p->ts_ns);
	if (r->packets < AUD_SA_FRAMES)
		r->frames[r->packets] = p->frame_no;
	r->packets++;
	r->bytes += bytes;
	if (p->ts_ns < r->first_ns)
		r->first_ns = p->ts_ns;
	if (p->ts_ns > r->last_ns)
		r->last_ns = p->ts_ns;
	if (p->bits & AUD_PKT_SHORT)
		r->truncated++;
	return true;
}

void
sa_inner(struct sa *a, const struct aud_packet *p, const struct aud_sa_inner *x)
{
	struct aud_sa *r = &a->rec;
	struct aud_sa_inner *i;

	for (i = r->inner; i < r->inner + r->ninner; i++)
		if (i->proto == x->proto && i->sport == x->sport && i->dport == x->dport && !aud_addr_cmp(&i->src, &x->src) &&
		    !aud_addr_cmp(&i->dst, &x->dst))
			break;
	if (i == r->inner + AUD_SA_INNER) {
		r->inner_more = true;
		return;
	}
	if (i == r->inner + r->ninner) {
		*i = *x;
		i->packets = 0;
		i->first_ns = i->last_ns = p->ts_ns;
		i->frame = p->frame_no;
		r->ninner++;
	}
	i->packets++;
	if (p->ts_ns < i->first_ns)
		i->first_ns = p->ts_ns;
	if (p->ts_ns > i->last_ns)
		i->last_ns = p->ts_ns;
}

void
sa_finish(struct sa *a)
{
	close_second(a);
	if (a->rec.payload == AUD_PAYLOAD_NULL || a->rec.payload == AUD_PAYLOAD_WESP_CLEAR)
		a->rec.unread = a->rec.packets - a->rec.read;
}
