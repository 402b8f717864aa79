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
keep_sure(const struct aud_ipsec *x, const uint64_t *pairs, size_t npairs, uint64_t since_ns, uint64_t settled_ns,
    struct aud_ipsec_result *out, struct aud_sa *sas)
{
	for (size_t i = 0; i < x->sas.n; i++) {
		/* A copy: the association may go on. */
		struct sa a = x->sas.v[i];
		uint64_t pair = pair_of(&a.rec.src, a.rec.sport, &a.rec.dst, a.rec.dport);

		if (!a.rec.sure)
			a.rec.sure = bsearch(&pair, pairs, npairs, sizeof pair, by_value) != NULL;
		if (!a.rec.sure)
			out->stats.not_esp += a.rec.packets + a.rec.copies;
		if (!a.rec.sure || a.rec.last_ns < since_ns || (a.rec.payload == AUD_PAYLOAD_UNDECIDED && a.rec.first_ns >= settled_ns))
			continue;
		sa_finish(&a);
		sas[out->nsas++] = a.rec;
	}
}

enum aud_code
aud_ipsec_peek(const struct aud_ipsec *x, uint64_t since_ns, uint64_t settled_ns, struct aud_ipsec_result *out, struct aud_err *err)
{
	uint64_t *pairs = malloc((x->ikes.n + 1) * sizeof *pairs);
	struct aud_sa *sas = malloc((x->sas.n + 1) * sizeof *sas);
	struct aud_ike *ikes = malloc((x->ikes.n + 1) * sizeof *ikes);
	size_t npairs = 0;

	*out = (struct aud_ipsec_result){.stats = x->result.stats};
	if (!pairs || !sas || !ikes) {
		free(pairs);
		free(sas);
		free(ikes);
		return aud_nomem(err);
	}
	for (size_t i = 0; i < x->ikes.n; i++) {
		const struct ike *k = &x->ikes.v[i];

		if (k->rec.last_ns >= since_ns)
			ikes[out->nikes++] = k->rec;
		/* Who knows the other's number was answered. */
		if (k->rec.nat_t && (k->rec.answer_ns || be64(k->rec.responder_spi)))
			pairs[npairs++] = pair_of(&k->rec.initiator, k->nat_port[0], &k->rec.responder, k->nat_port[1]);
	}
	qsort(pairs, npairs, sizeof *pairs, by_value);
	keep_sure(x, pairs, npairs, since_ns, settled_ns, out, sas);
	free(pairs);
	qsort(sas, out->nsas, sizeof *sas, aud_sa_cmp);
	qsort(ikes, out->nikes, sizeof *ikes, aud_ike_cmp);
	out->sas = sas;
	out->ikes = ikes;
	out->stats.evicted_sas = x->sas.evicted;
	out->stats.evicted_ikes = x->ikes.evicted;
	return AUD_OK;
}

void
aud_ipsec_peek_free(struct aud_ipsec_result *r)
{
	free((void *)(uintptr_t)r->sas);
	free((void *)(uintptr_t)r->ikes);
	*r = (struct aud_ipsec_result){0};
}

void
aud_ipsec_tidy(struct aud_ipsec *x)
{
	for (size_t i = 0; i < x->sas.n; i++)
		if (x->sas.v[i].nheld)
			return;
	hold_clear(x->hold);
}

enum aud_code
aud_ipsec_result(struct aud_ipsec *x, const struct aud_ipsec_result **out, struct aud_err *err)
{
	struct aud_ipsec_result r;
	enum aud_code rc;

	*out = &x->result;
	if (x->finished)
		return AUD_OK;
	if ((rc = aud_ipsec_peek(x, 0, UINT64_MAX, &r, err)) != AUD_OK)
		return rc;
	x->result = r;
	x->finished = true;
	return AUD_OK;
}
