#include <stdlib.h>
#include <string.h>

#include "spans.h"

enum { SPANS_MAX = 4096 };	/* a clock that jumps with every packet costs no more than this */

static bool
reaches(const struct aud_span *s, uint64_t ts)
{
	return ts + SPAN_GAP_NS >= s->first_ns && ts <= s->last_ns + SPAN_GAP_NS;
}

static void
extend(struct aud_span *s, uint64_t ts, uint64_t packets)
{
	if (ts < s->first_ns)
		s->first_ns = ts;
	if (ts > s->last_ns)
		s->last_ns = ts;
	s->packets += packets;
}

static enum aud_code
add_one(struct spans *t, uint64_t ts, struct aud_err *err)
{
	for (size_t i = t->closed; i < t->n; i++)
		if (reaches(&t->v[i], ts)) {
			t->current = i;
			extend(&t->v[i], ts, 1);
			return AUD_OK;
		}
	if (t->n == SPANS_MAX)
		return AUD_OK;
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 16;
		struct aud_span *v = realloc(t->v, cap * sizeof *v);
		if (!v)
			return aud_nomem(err);
		t->v = v;
		t->cap = cap;
	}
	t->current = t->n;
	t->v[t->n++] = (struct aud_span){ts, ts, 1};
	return AUD_OK;
}

enum aud_code
spans_add(struct spans *t, const struct aud_frame *f, size_t n, struct aud_err *err)
{
	enum aud_code rc = AUD_OK;
	uint64_t lo = UINT64_MAX, hi = 0;

	for (size_t i = 0; i < n; i++) {
		lo = f[i].ts_ns < lo ? f[i].ts_ns : lo;
		hi = f[i].ts_ns > hi ? f[i].ts_ns : hi;
	}
	/* All of them at once, as nearly always. */
	if (n && t->current < t->n && hi - lo < SPAN_GAP_NS && reaches(&t->v[t->current], lo) && reaches(&t->v[t->current], hi)) {
		extend(&t->v[t->current], lo, 0);
		extend(&t->v[t->current], hi, n);
		return AUD_OK;
	}
	for (size_t i = 0; i < n && rc == AUD_OK; i++)
		if (t->current < t->n && reaches(&t->v[t->current], f[i].ts_ns))
			extend(&t->v[t->current], f[i].ts_ns, 1);
		else
			rc = add_one(t, f[i].ts_ns, err);
	return rc;
}

void
spans_forget(struct spans *t, uint64_t before_ns)
{
	size_t n = 0, closed = 0, current = SIZE_MAX;

	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].last_ns < before_ns)
			continue;
		if (i == t->current)
			current = n;
		closed += i < t->closed;
		t->v[n] = t->v[i];
		if (t->v[n].first_ns < before_ns)
			t->v[n].first_ns = before_ns;
		n++;
	}
	t->n = n;
	t->closed = closed;
	/* Where the current one is gone another that is open takes its place, or there is none. */
	t->current = current < n ? current : closed;
}

static int
by_first(const void *a, const void *b)
{
	const struct aud_span *x = a, *y = b;

	return (x->first_ns > y->first_ns) - (x->first_ns < y->first_ns);
}

/* Joins those of v that are closer to each other than that, or lie upon each other; how many are left. */
static size_t
join(struct aud_span *v, size_t count, uint64_t gap_ns)
{
	size_t n = 0;

	if (!count)
		return 0;
	qsort(v, count, sizeof *v, by_first);
	for (size_t i = 1; i < count; i++) {
		struct aud_span *last = &v[n];
		if (v[i].first_ns < last->last_ns + gap_ns) {
			if (v[i].last_ns > last->last_ns)
				last->last_ns = v[i].last_ns;
			last->packets += v[i].packets;
		} else
			v[++n] = v[i];
	}
	return n + 1;
}

void
spans_finish(struct spans *t)
{
	if (!t->n)
		return;
	t->n = t->closed + join(t->v + t->closed, t->n - t->closed, SPAN_GAP_NS + 1);
	/* What lies upon each other, since a clock was set back in between, counts once. */
	if (t->closed)
		t->n = join(t->v, t->n, 0);
}

void
spans_close(struct spans *t)
{
	spans_finish(t);
	t->closed = t->current = t->n;
}

uint64_t
spans_covered(const struct spans *t)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < t->n; i++)
		sum += t->v[i].last_ns - t->v[i].first_ns;
	return sum;
}
