/* The records as readers get them: those that are sure, sorted. */
#include <hash.h>
#include <stdlib.h>

#include "inside.h"

static uint64_t
end_of(const struct aud_addr *a, uint16_t port)
{
	return mix64(mix64(mix64(be64(a->b)) ^ be64(a->b + 8)) ^ port);
}

/* The same for both directions. */
static uint64_t
pair_of(const struct aud_addr *a, uint16_t a_port, const struct aud_addr *b, uint16_t b_port)
{
	return end_of(a, a_port) + end_of(b, b_port);
}

static int
by_value(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* What in UDP may be ESP is, where the two came to terms on the same ports (RFC 3948, 2.1); else it is left out. */
static void
keep_sure(struct aud_ipsec *x, const uint64_t *pairs, size_t npairs)
{
	for (size_t i = 0; i < x->sas.n; i++) {
		struct sa *a = &x->sas.v[i];
		uint64_t pair = pair_of(&a->rec.src, a->rec.sport, &a->rec.dst, a->rec.dport);
		if (!a->rec.sure)
			a->rec.sure = bsearch(&pair, pairs, npairs, sizeof pair, by_value) != NULL;
		if (!a->rec.sure) {
			x->result.stats.not_esp += a->rec.packets + a->rec.copies;
			continue;
		}
		sa_finish(a);
		x->out_sas[x->result.nsas++] = a->rec;
	}
}

enum aud_code
aud_ipsec_result(struct aud_ipsec *x, const struct aud_ipsec_result **out, struct aud_err *err)
{
	uint64_t *pairs;
	size_t npairs = 0;

	*out = &x->result;
	if (x->finished)
		return AUD_OK;
	pairs = malloc((x->ikes.n + 1) * sizeof *pairs);
	x->out_sas = malloc((x->sas.n + 1) * sizeof *x->out_sas);
	x->out_ikes = malloc((x->ikes.n + 1) * sizeof *x->out_ikes);
	if (!pairs || !x->out_sas || !x->out_ikes) {
		free(pairs);
		return aud_nomem(err);
	}
	for (size_t i = 0; i < x->ikes.n; i++) {
		const struct ike *k = &x->ikes.v[i];

		x->out_ikes[i] = k->rec;
		/* Who knows the other's number was answered. */
		if (k->rec.nat_t && (k->rec.answer_ns || be64(k->rec.responder_spi)))
			pairs[npairs++] = pair_of(&k->rec.initiator, k->nat_port[0], &k->rec.responder, k->nat_port[1]);
	}
	qsort(pairs, npairs, sizeof *pairs, by_value);
	keep_sure(x, pairs, npairs);
	free(pairs);
	qsort(x->out_sas, x->result.nsas, sizeof *x->out_sas, sa_cmp);
	qsort(x->out_ikes, x->ikes.n, sizeof *x->out_ikes, ike_cmp);
	x->result.nikes = x->ikes.n;
	x->result.sas = x->out_sas;
	x->result.ikes = x->out_ikes;
	x->result.stats.evicted_sas = x->sas.evicted;
	x->result.stats.evicted_ikes = x->ikes.evicted;
	x->finished = true;
	return AUD_OK;
}
