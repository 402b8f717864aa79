/*
 * One pass over the conversations of the new audit, which may be a million: what is kept is by host and by pair of hosts of the
 * findings that are gone, and all look-ups are binary searches.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diff_impl.h"

struct host {
	struct aud_addr addr;
	bool sent;
	aud_roles peers;	/* roles of those that it was seen with */
	bool strangers;		/* it was seen with a host without a role */
};

struct pair {
	struct aud_addr lo, hi;
	bool seen;
	size_t first, n;	/* of the sights in order of their pairs */
};

struct looker {
	const struct aud_matrix *matrix;
	struct host *hosts;
	size_t nhosts;
	struct pair *pairs;
	size_t npairs;
	struct sight **order;
};

static int
by_addr(const void *a, const void *b)
{
	return aud_addr_cmp(a, b);
}

_Static_assert(offsetof(struct host, addr) == 0, "hosts are compared as addresses");

static int
by_pair(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int c = aud_addr_cmp(&x->lo, &y->lo);

	return c ? c : aud_addr_cmp(&x->hi, &y->hi);
}

static struct pair
pair_of(const struct aud_addr *a, const struct aud_addr *b)
{
	bool turned = aud_addr_cmp(a, b) > 0;

	return (struct pair){.lo = turned ? *b : *a, .hi = turned ? *a : *b};
}

static int
by_sight(const void *a, const void *b)
{
	const struct sight *const *px = a, *const *py = b, *x = *px, *y = *py;
	struct pair p = pair_of(&x->f->client, &x->f->server), q = pair_of(&y->f->client, &y->f->server);
	int c = by_pair(&p, &q);

	return c ? c : (x > y) - (x < y);
}

static struct host *
find_host(const struct looker *l, const struct aud_addr *a)
{
	return l->nhosts ? bsearch(a, l->hosts, l->nhosts, sizeof *l->hosts, by_addr) : NULL;
}

static void
collect_hosts(struct looker *l, const struct sight *v, size_t n)
{
	size_t all = 0;

	for (size_t i = 0; i < n; i++) {
		const struct aud_addr *const sides[2] = {&v[i].f->client, &v[i].f->server};

		for (int k = 0; k < 2; k++)
			if (sides[k]->family)
				l->hosts[all++].addr = *sides[k];
	}
	qsort(l->hosts, all, sizeof *l->hosts, by_addr);
	for (size_t i = 0; i < all; i++)
		if (!l->nhosts || aud_addr_cmp(&l->hosts[l->nhosts - 1].addr, &l->hosts[i].addr))
			l->hosts[l->nhosts++] = l->hosts[i];
}

static void
collect_pairs(struct looker *l, struct sight *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		l->order[i] = &v[i];
	qsort(l->order, n, sizeof *l->order, by_sight);
	for (size_t i = 0; i < n; i++) {
		struct pair p = pair_of(&l->order[i]->f->client, &l->order[i]->f->server);

		if (!l->npairs || by_pair(&l->pairs[l->npairs - 1], &p)) {
			p.first = i;
			l->pairs[l->npairs++] = p;
		}
		l->pairs[l->npairs - 1].n++;
	}
}

static void
meet(struct host *h, bool sent, const struct aud_who *peer)
{
	if (!h)
		return;
	h->sent |= sent;
	h->peers |= peer->roles;
	h->strangers |= !peer->roles;
}

/* The conversation is the finding's traffic, or part of it. */
static bool
same(const struct aud_finding *f, const struct aud_conv *c)
{
	return (f->port < 0 || f->port == c->port) && (!f->proto || f->proto == c->proto) && !aud_addr_cmp(&f->client, &c->client) &&
	       !aud_addr_cmp(&f->server, &c->server);
}

static void
add(struct sight *s, const struct aud_case *x, const struct aud_matrix *m)
{
	const struct aud_conv *c = x->conv;

	s->flows += c->flows;
	s->answered += c->answered;
	s->facts |= c->facts;
	if (c->tls_min && (!s->tls_min || c->tls_min < s->tls_min))
		s->tls_min = c->tls_min;
	if (c->app.by == AUD_BY_DPI || c->app.by == AUD_BY_OWN) {
		s->recognised = true;
		snprintf(s->app, sizeof s->app, "%s", x->ruling->app ? x->ruling->app : "");
	}
	if (x->ruling->verdict.answer != AUD_DOCUMENTED)
		s->undocumented = true;
	else if (m && x->ruling->verdict.nrules && x->ruling->verdict.rules[0] < m->nrules)
		s->rule = m->rules[x->ruling->verdict.rules[0]].id;
}

static enum aud_code
look(void *user, const struct aud_case *x, struct aud_err *err)
{
	const struct looker *l = user;
	const struct aud_conv *c = x->conv;
	struct host *client = find_host(l, &c->client), *server = find_host(l, &c->server);
	struct pair key = pair_of(&c->client, &c->server), *p;

	(void)err;
	meet(client, c->packets[0] > 0, &x->ruling->server);
	meet(server, c->packets[1] > 0, &x->ruling->client);
	if (!client || !server || !(p = bsearch(&key, l->pairs, l->npairs, sizeof key, by_pair)))
		return AUD_OK;
	p->seen = true;
	for (size_t i = p->first; i < p->first + p->n; i++)
		if (same(l->order[i]->f, c))
			add(l->order[i], x, l->matrix);
	return AUD_OK;
}

/* Was this host seen with others like the peer? */
static bool
met(const struct host *h, aud_roles peer)
{
	return h && (peer ? (h->peers & peer) != 0 : h->strangers);
}

static void
conclude(const struct looker *l)
{
	for (size_t k = 0; k < l->npairs; k++)
		for (size_t i = l->pairs[k].first; i < l->pairs[k].first + l->pairs[k].n; i++) {
			struct sight *s = l->order[i];
			const struct host *client = find_host(l, &s->f->client), *server = find_host(l, &s->f->server);

			s->client_sent = client && client->sent;
			s->server_sent = server && server->sent;
			s->pair = l->pairs[k].seen;
			s->near = met(client, s->f->server_roles) && met(server, s->f->client_roles);
		}
}

enum aud_code
sight_look(struct sight *v, size_t n, const struct aud_report *r, struct aud_err *err)
{
	struct looker l = {.matrix = r->trial->matrix};
	enum aud_code code = AUD_OK;

	if (!n)
		return AUD_OK;
	l.hosts = calloc(2 * n, sizeof *l.hosts);
	l.pairs = calloc(n, sizeof *l.pairs);
	l.order = calloc(n, sizeof *l.order);
	if (!l.hosts || !l.pairs || !l.order)
		code = aud_nomem(err);
	if (!code) {
		collect_hosts(&l, v, n);
		collect_pairs(&l, v, n);
		code = aud_report_cases(r, look, &l, err);
	}
	if (!code)
		conclude(&l);
	free(l.hosts);
	free(l.pairs);
	free(l.order);
	return code;
}
