/* From scores to what is written: roles of a host, prefixes of clients. */
#include <stdlib.h>
#include <string.h>

#include "discover.h"

enum { GROUP_V4 = 24, GROUP_V6 = 64, GROUP = 3, WIDEST_V4 = 8, WIDEST_V6 = 32 };

#define ENOUGH 0.2	/* below this score nothing speaks for any role */
#define FEW 1.5		/* a service's weight: not more than five roles speak it */
#define SAME 0.005	/* between the first two roles: nothing parts them */
#define NEAR 0.85	/* of the first role's score: the next one is told */

static bool
is_client(unsigned role)
{
	return role == AUD_ROLE_CLIENT || role == AUD_ROLE_CLIENT_EXTERNAL || role == AUD_ROLE_CLIENT_LEGACY || role == AUD_ROLE_PHONE;
}

static unsigned
best_role(const struct host *h, aud_roles except)
{
	unsigned best = ROLES;

	for (unsigned r = 0; r < ROLES; r++)
		if (!(except & AUD_ROLE_BIT(r)) && (best == ROLES || h->score[r] > h->score[best]))
			best = r;
	return best;
}

static aud_roles
roles_of(const struct host *h)
{
	aud_roles set = 0;

	for (size_t i = 0; i < h->nroles; i++)
		set |= AUD_ROLE_BIT(h->roles[i]);
	return set;
}

/*
 * The roles found leave some service without a rule, and another role with them has one: the best of them is added, if but few roles
 * speak that service.
 */
static bool
add_role(const struct aud_draft *d, const struct aud_matrix *m, struct host *h)
{
	aud_roles has = roles_of(h);
	double gain[ROLES] = {0};
	unsigned best = 0;

	for (size_t i = 0; i < h->nserved + h->nused; i++) {
		bool server = i < h->nserved;
		const struct talk *t = &d->talks[server ? h->served + i : h->used[i - h->nserved]];
		double weight = d->services[t->service].weight[server];

		if (draft_explains(d, m, has, t, server))
			continue;
		/* Of roles that explain the same the one that fits the host better. */
		for (unsigned r = 0; r < ROLES; r++)
			if (draft_explains(d, m, has | AUD_ROLE_BIT(r), t, server) && weight + h->score[r] / 1000 > gain[r])
				gain[r] = weight + h->score[r] / 1000;
	}
	for (unsigned r = 1; r < ROLES; r++)
		if (gain[r] > gain[best])
			best = r;
	if (gain[best] < FEW)
		return false;
	h->roles[h->nroles++] = best;
	return true;
}

static void
decide(const struct aud_draft *d, const struct aud_matrix *m, struct host *h)
{
	unsigned first = best_role(h, 0), next = best_role(h, AUD_ROLE_BIT(first));

	if (h->score[first] > SAME && h->score[next] >= NEAR * h->score[first])
		h->next = next;
	if (h->score[first] < ENOUGH || h->score[first] - h->score[next] < SAME)
		return;
	h->roles[h->nroles++] = first;
	if (!is_client(first))
		while (h->nroles < DRAFT_ROLES && add_role(d, m, h))
			;
}

static unsigned
group_len(const struct aud_addr *a)
{
	return a->family == 6 ? GROUP_V6 : GROUP_V4;
}

static bool
same_net(const struct aud_addr *a, const struct aud_addr *b)
{
	return a->family == b->family && !memcmp(a->b, b->b, group_len(a) / 8);
}

/* Are these the two halves of one prefix? The first one is the lower. */
static bool
halves(const struct prefix *a, const struct prefix *b)
{
	unsigned bit = a->len - 1;
	struct aud_addr up = a->net;

	if (a->len != b->len || a->role != b->role || a->net.family != b->net.family || a->len <= (a->net.family == 6 ? WIDEST_V6 : WIDEST_V4) ||
	    a->net.b[bit / 8] >> (7 - bit % 8) & 1)
		return false;
	up.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return !aud_addr_cmp(&up, &b->net);
}

/* Prefixes that fill a wider one become that one. */
static void
join(struct aud_draft *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->nprefixes; i++) {
		d->prefixes[n++] = d->prefixes[i];
		for (; n >= 2 && halves(&d->prefixes[n - 2], &d->prefixes[n - 1]); n--) {
			d->prefixes[n - 2].n += d->prefixes[n - 1].n;
			d->prefixes[n - 2].len--;
		}
	}
	d->nprefixes = n;
}

/* Hosts are sorted, so those of a prefix stand together. A prefix becomes one where all in it are clients of one kind. */
static enum aud_code
group(struct aud_draft *d, struct aud_err *err)
{
	for (size_t i = 0, end; i < d->nhosts; i = end) {
		struct host *h = &d->hosts[i];
		bool all = h->nroles == 1 && is_client(h->roles[0]);
		struct prefix *p;

		for (end = i + 1; end < d->nhosts && same_net(&h->addr, &d->hosts[end].addr); end++)
			all = all && d->hosts[end].nroles == 1 && d->hosts[end].roles[0] == h->roles[0];
		if (!all || end - i < GROUP)
			continue;
		if (!(p = realloc(d->prefixes, (d->nprefixes + 1) * sizeof *p)))
			return aud_nomem(err);
		d->prefixes = p;
		p += d->nprefixes++;
		*p = (struct prefix){.net = h->addr, .len = group_len(&h->addr), .n = end - i, .role = h->roles[0]};
		memset(p->net.b + p->len / 8, 0, (p->net.family == 6 ? 16 : 4) - p->len / 8);
		for (size_t k = i; k < end; k++)
			d->hosts[k].grouped = true;
	}
	join(d);
	return AUD_OK;
}

static int
by_name(const void *a, const void *b)
{
	const struct aud_server_name *x = a, *y = b;
	int c = aud_addr_cmp(&x->server, &y->server);

	if (c)
		return c;
	if (x->certificate != y->certificate)
		return x->certificate ? -1 : 1;
	return strcmp(x->name, y->name);
}

static enum aud_code
copy_names(struct aud_draft *d, const struct aud_server_name *names, size_t n, struct aud_err *err)
{
	if (!(d->names = malloc((n + 1) * sizeof *d->names)))
		return aud_nomem(err);
	if (n)
		memcpy(d->names, names, n * sizeof *names);
	d->nnames = n;
	if (n)
		qsort(d->names, n, sizeof *d->names, by_name);
	return AUD_OK;
}

enum aud_code
aud_draft_new(struct aud_draft **out, const struct aud_report *r, const struct aud_server_name *names, size_t nnames,
    struct aud_err *err)
{
	struct aud_draft *d = calloc(1, sizeof *d);
	enum aud_code rc;

	*out = NULL;
	if (!d)
		return aud_nomem(err);
	rc = draft_gather(d, r, err);
	if (rc == AUD_OK) {
		draft_score(d, r->trial->matrix);
		for (size_t i = 0; i < d->nhosts; i++)
			decide(d, r->trial->matrix, &d->hosts[i]);
		rc = group(d, err);
	}
	if (rc == AUD_OK)
		rc = copy_names(d, names, nnames, err);
	if (rc != AUD_OK) {
		aud_draft_free(d);
		return rc;
	}
	*out = d;
	return AUD_OK;
}

void
aud_draft_free(struct aud_draft *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->nservices; i++) {
		free(d->services[i].app);
		free(d->services[i].rules);
	}
	for (size_t i = 0; i < d->ninputs; i++)
		free(d->inputs[i]);
	free(d->inputs);
	free(d->services);
	free(d->hosts);
	free(d->talks);
	free(d->used);
	free(d->prefixes);
	free(d->names);
	free(d);
}
