/* Folding for an audit that goes on: what is looked at while flows end, and what leaves. */
#include <stdlib.h>
#include <string.h>

#include "fold.h"

/* Records that are compared; and how far it is looked for an attempt among them. */
enum { TCP = 6, LOOKED_AT = 16, LOOKED_FURTHER = 64 };

static enum aud_code
room(struct fold *t, size_t nchunks, struct aud_err *err)
{
	struct aud_conv **c;

	if (t->nchunks >= nchunks)
		return AUD_OK;
	if (!(c = realloc(t->chunks, nchunks * sizeof *c)))
		return aud_nomem(err);
	t->chunks = c;
	while (t->nchunks < nchunks) {
		if (!(c[t->nchunks] = malloc(FOLD_CHUNK * sizeof **c)))
			return aud_nomem(err);
		t->nchunks++;
	}
	return AUD_OK;
}

enum aud_code
fold_copy(struct fold *to, const struct fold *from, struct aud_err *err)
{
	struct fold had = *to;
	size_t nchunks = (from->n + FOLD_CHUNK - 1) / FOLD_CHUNK;
	enum aud_code rc;

	free(had.slots);
	*to = *from;
	to->chunks = had.chunks;
	to->nchunks = had.nchunks;
	to->slots = NULL;
	to->n = 0;
	if ((rc = room(to, nchunks, err)) != AUD_OK)
		return rc;
	if (from->slots) {
		if (!(to->slots = malloc((from->mask + 1) * sizeof *to->slots)))
			return aud_nomem(err);
		memcpy(to->slots, from->slots, (from->mask + 1) * sizeof *to->slots);
	}
	for (size_t i = 0; i < nchunks; i++)
		memcpy(to->chunks[i], from->chunks[i], FOLD_CHUNK * sizeof **to->chunks);
	to->n = from->n;
	return AUD_OK;
}

/* Takes a record out of the slots, and closes the gap behind it. */
static void
unlink_slot(struct fold *t, size_t index)
{
	size_t k, hole;

	for (k = fold_hash(t, fold_at(t, index)) & t->mask; t->slots[k] != index + 1; k = (k + 1) & t->mask)
		;
	for (hole = k;;) {
		size_t home;

		k = (k + 1) & t->mask;
		if (!t->slots[k])
			break;
		home = fold_hash(t, fold_at(t, t->slots[k] - 1)) & t->mask;
		if (((k - home) & t->mask) >= ((k - hole) & t->mask)) {
			t->slots[hole] = t->slots[k];
			hole = k;
		}
	}
	t->slots[hole] = 0;
}

/* The last record takes the place of the one that goes. */
void
fold_drop(struct fold *t, size_t index)
{
	size_t last = t->n - 1, k;

	unlink_slot(t, index);
	if (index != last) {
		for (k = fold_hash(t, fold_at(t, last)) & t->mask; t->slots[k] != last + 1; k = (k + 1) & t->mask)
			;
		t->slots[k] = (uint32_t)index + 1;
		*fold_at(t, index) = *fold_at(t, last);
	}
	t->n = last;
}

/* What is sorted stays so. */
static void
expire_sorted(struct fold *t, uint64_t before_ns)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (fold_at(t, i)->last_ns >= before_ns) {
			if (i != n)
				*fold_at(t, n) = *fold_at(t, i);
			n++;
		}
	t->n = n;
}

void
fold_expire(struct fold *t, uint64_t before_ns)
{
	if (!t->slots) {
		expire_sorted(t, before_ns);
		return;
	}
	for (size_t i = t->n; i-- > 0;)
		if (fold_at(t, i)->last_ns < before_ns)
			fold_drop(t, i);
}

/* Nothing but attempts: who floods makes such. */
static bool
attempt(const struct aud_conv *c)
{
	return !c->answered && !c->server_only && !c->midstream && !c->one_sided && (c->proto != TCP || !c->with_data[0]);
}

void
fold_evict(struct fold *t)
{
	size_t worst = 0;
	bool found = false;

	for (unsigned i = 0; t->n && i < (found && attempt(fold_at(t, worst)) ? LOOKED_AT : LOOKED_FURTHER); i++) {
		const struct aud_conv *c, *w = fold_at(t, worst);

		/* In strides of the golden section: those that came together lie together. */
		t->hand = (t->hand + (size_t)((double)t->n * 0.618) + 1) % t->n;
		c = fold_at(t, t->hand);
		if (!found || (attempt(c) != attempt(w) ? attempt(c) : c->last_ns < w->last_ns)) {
			worst = t->hand;
			found = true;
		}
	}
	if (!found)
		return;
	t->dropped += fold_at(t, worst)->flows;
	fold_drop(t, worst);
}
