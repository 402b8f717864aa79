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
	for (size_t i = 0; i < t->n; i++)
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
	if (n && t->n && hi - lo < SPAN_GAP_NS && reaches(&t->v[t->current], lo) && reaches(&t->v[t->current], hi)) {
		extend(&t->v[t->current], lo, 0);
		extend(&t->v[t->current], hi, n);
		return AUD_OK;
	}
	for (size_t i = 0; i < n && rc == AUD_OK; i++)
		if (t->n && reaches(&t->v[t->current], f[i].ts_ns))
			extend(&t->v[t->current], f[i].ts_ns, 1);
		else
			rc = add_one(t, f[i].ts_ns, err);
	return rc;
}

static int
by_first(const void *a, const void *b)
{
	const struct aud_span *x = a, *y = b;

	return (x->first_ns > y->first_ns) - (x->first_ns < y->first_ns);
}

void
spans_finish(struct spans *t)
{
	size_t n = 0;

	if (!t->n)
		return;
	qsort(t->v, t->n, sizeof *t->v, by_first);
	for (size_t i = 1; i < t->n; i++) {
		struct aud_span *last = &t->v[n];
		if (t->v[i].first_ns <= last->last_ns + SPAN_GAP_NS) {
			if (t->v[i].last_ns > last->last_ns)
				last->last_ns = t->v[i].last_ns;
			last->packets += t->v[i].packets;
		} else
			t->v[++n] = t->v[i];
	}
	t->n = n + 1;
}

void
spans_cut(struct spans *t, uint64_t since_ns)
{
	size_t kept = 0, current = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct aud_span p = t->v[i];

		if (p.last_ns < since_ns)
			continue;
		if (p.first_ns < since_ns)
			p.first_ns = since_ns;
		if (i == t->current)
			current = kept;
		t->v[kept++] = p;
	}
	t->n = kept;
	t->current = current;
}

uint64_t
spans_covered(const struct spans *t)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < t->n; i++)
		sum += t->v[i].last_ns - t->v[i].first_ns;
	return sum;
}
