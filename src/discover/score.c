/*
 * How well each role fits each host. A service that a host answers or uses speaks for the roles that some rule names on that side, the
 * more so the fewer roles speak it, the better the other side fits the rule, and where certificates are as printed; and against the
 * others. What peers are is not known either, so it is asked several times, each time with the answers of the time before.
 *
 * Nothing here looks at an address or a name.
 */
#include <math.h>
#include <string.h>

#include "discover.h"

enum { ROUNDS = 6, ENOUGH_PEERS = 64 /* of a service: more tell nothing new */ };

#define EACH_ROLE(r, set) \
	(aud_roles left_ = (set) & (AUD_ROLE_BIT(ROLES) - 1); left_ && ((r) = (unsigned)__builtin_ctzll(left_), true); left_ &= left_ - 1)

#define SHARPNESS 4.0	/* of the step from scores to likelihoods */
#define FLOOR 0.1	/* of a peer that does not fit: it may be misjudged itself */
#define AS_CLIENT 0.6	/* what a host uses tells less than what it answers */
#define AGAINST 0.35	/* a service that the role has no rule for */
#define LACKING 0.25	/* what every such server answers, and this one was not asked, though its clients ask others */
#define ABSENT 0.1	/* the same, where somebody else asks others */
#define MISSED 1.2	/* what either takes from the score besides that part of it */
#define SILENT_CLIENT 0.2 /* most hosts that answer nothing are clients */
#define WHOLE 0.1	/* every port of the role was seen answered: parts those that nothing else parts */
#define SILENT 0.7	/* a server that answers nothing */
#define DEAD_END 0.4	/* one that should pass on what it answers, and does not */

static unsigned
count(aud_roles set)
{
	unsigned n = 0;

	for (; set; set &= set - 1)
		n++;
	return n;
}

/* log2 of how much the number of roles shrinks. */
static double
tells(aud_roles set)
{
	unsigned n = count(set);

	return n ? log2(1 + (double)ROLES / n) / 2 : 0;
}

/* A rule that always holds before one that may. */
static double
weight(const struct aud_rule *r)
{
	double w = 1, width = 0;

	switch (r->presence) {
	case AUD_PRESENCE_REQUIRED: break;
	case AUD_PRESENCE_CONDITIONAL: w = 0.9; break;
	case AUD_PRESENCE_OPTIONAL: w = 0.8; break;
	}
	if (*r->condition)
		w *= 0.9;
	if (r->implied)
		w *= 0.9;
	/* A range of ports says little: all of them next to nothing. */
	for (size_t i = 0; i < r->nports; i++)
		width += r->ports[i].hi - r->ports[i].lo;
	return w * (1 - log2(1 + width) / 18);
}

/* Is the certificate that the client showed, or did not, what the rule prints for a client of this role? 1: not known. */
static double
certificate(const struct aud_rule *r, unsigned client, const struct talk *t)
{
	bool demanded = r->security == AUD_SEC_MTLS && (!r->mtls_clients || r->mtls_clients & AUD_ROLE_BIT(client));
	bool never = r->security == AUD_SEC_TLS || (r->security == AUD_SEC_MTLS && !demanded);

	if (t->certificate)
		return demanded ? 1.4 : never ? 0.4 : 1;
	if (t->no_certificate)
		return demanded ? 0.4 : never ? 1.2 : 1;
	return 1;
}

/* How likely the host has one of these roles. */
static double
fits(const struct host *h, aud_roles set)
{
	double p = 0;
	unsigned i;

	for EACH_ROLE (i, set)
		p += h->p[i];
	return p < FLOOR ? FLOOR : p > 1 ? 1 : p;
}

/* One rule, one talk, one role on the side that is asked. */
static double
rule_speaks(const struct aud_draft *d, const struct aud_rule *r, const struct talk *t, unsigned role, bool server)
{
	aud_roles here = server ? r->servers | r->servers_all : r->clients | r->clients_all;
	aud_roles there = server ? r->clients | r->clients_all : r->servers | r->servers_all;
	size_t peer = server ? t->client : t->server;
	double best = 0;
	unsigned c;

	/* "any" tells nothing of the one who is any. */
	if (here == AUD_ROLES_ANY || !(here & AUD_ROLE_BIT(role)))
		return 0;
	if (there == AUD_ROLES_ANY)
		return weight(r) / 3;
	if (peer == SIZE_MAX)
		return weight(r);
	if (!server)
		return weight(r) * fits(&d->hosts[peer], there) * certificate(r, role, t);
	/* The certificate is that of the client, whose role is not known. */
	if (r->security != AUD_SEC_TLS && r->security != AUD_SEC_MTLS)
		return weight(r) * fits(&d->hosts[peer], there);
	for EACH_ROLE (c, there)
		best += d->hosts[peer].p[c] * certificate(r, c, t);
	return weight(r) * (best < FLOOR ? FLOOR : best);
}

static double
talk_speaks(const struct aud_draft *d, const struct aud_matrix *m, const struct talk *t, unsigned role, bool server)
{
	const struct service *s = &d->services[t->service];
	double best = 0;

	for (size_t i = 0; i < s->nrules; i++) {
		double x = rule_speaks(d, &m->rules[s->rules[i]], t, role, server);

		best = x > best ? x : best;
	}
	/* A well-known service, of which there is no rule. */
	return best == 0 && server && s->servers & AUD_ROLE_BIT(role) && !s->nrules ? 1 : best;
}

bool
draft_explains(const struct aud_draft *d, const struct aud_matrix *m, aud_roles roles, const struct talk *t, bool server)
{
	const struct service *s = &d->services[t->service];

	for (size_t i = 0; i < s->nrules; i++) {
		const struct aud_rule *r = &m->rules[s->rules[i]];
		aud_roles any = server ? r->servers : r->clients, all = server ? r->servers_all : r->clients_all;

		if (any != AUD_ROLES_ANY && any & roles && !(all & ~roles))
			return true;
	}
	return !s->nrules && server && s->servers & roles;
}

/* Adds what one service says: best[] is the best talk of it for each role. */
static void
add_service(double *score, const double *best, aud_roles known, double weigh)
{
	if (!known)
		return;
	for (unsigned r = 0; r < ROLES; r++)
		score[r] += weigh * (known & AUD_ROLE_BIT(r) ? best[r] : -AGAINST);
}

/* Roles that answer only to pass on: what no rule of the documents says, and the word "load balancer" does. */
#define RELAYS (AUD_ROLE_BIT(AUD_ROLE_LB_FRONT_END) | AUD_ROLE_BIT(AUD_ROLE_LB_DIRECTOR) | AUD_ROLE_BIT(AUD_ROLE_LB_MEDIATION))

/* Does it use some port that it answers? Both lists are in the order of services, which is that of ports and transports. */
static bool
passes_on(const struct aud_draft *d, const struct host *h)
{
	for (size_t i = 0, k = 0; i < h->nused && k < h->nserved;) {
		const struct service *a = &d->services[d->talks[h->used[i]].service], *b = &d->services[d->talks[h->served + k].service];

		if (a->port == b->port && a->proto == b->proto)
			return true;
		if (a->port != b->port ? a->port < b->port : a->proto < b->proto)
			i++;
		else
			k++;
	}
	return false;
}

/* How many services of the role it answers. */
static unsigned
answered(const struct aud_draft *d, const struct host *h, unsigned role)
{
	size_t last = SIZE_MAX;
	unsigned n = 0;

	for (size_t i = 0; i < h->nserved; i++) {
		size_t service = d->talks[h->served + i].service;

		n += service != last && d->services[service].servers & AUD_ROLE_BIT(role);
		last = service;
	}
	return n < d->ports[role] ? n : d->ports[role];
}

static void
lessen(double *score, double part)
{
	if (*score > 0)
		*score -= part * (*score + MISSED);
}

/* What a role has to show besides services that fit it. */
static void
restrain(const struct aud_draft *d, struct host *h, uint32_t lacking)
{
	bool silent = true, relay = passes_on(d, h);

	for (size_t i = 0; i < h->nserved && silent; i++)
		silent = !d->services[d->talks[h->served + i].service].servers;
	if (silent && h->score[AUD_ROLE_CLIENT] > 0)
		h->score[AUD_ROLE_CLIENT] += SILENT_CLIENT;
	for (unsigned r = 0; r < ROLES; r++) {
		if (d->ports[r] && h->score[r] > 0)
			h->score[r] += WHOLE * (double)answered(d, h, r) / d->ports[r];
		if (silent && h->score[r] > 0 && aud_roles_servers() & AUD_ROLE_BIT(r))
			h->score[r] *= SILENT;
		if (!relay && h->score[r] > 0 && RELAYS & AUD_ROLE_BIT(r))
			h->score[r] *= DEAD_END;
		for (size_t k = 0; k < d->nrequired && !silent; k++)
			if (d->required[k].servers & AUD_ROLE_BIT(r) && !(h->has >> k & 1) && d->answered >> k & 1)
				lessen(&h->score[r], lacking >> k & 1 ? LACKING : ABSENT);
	}
}

static void
score_host(const struct aud_draft *d, const struct aud_matrix *m, struct host *h)
{
	uint32_t lacking = 0;
	unsigned r;

	memset(h->score, 0, sizeof h->score);
	for (size_t i = 0; i < h->nserved;) {
		size_t service = d->talks[h->served + i].service;
		const struct service *s = &d->services[service];
		double best[ROLES] = {0};

		for (size_t n = 0; i < h->nserved && d->talks[h->served + i].service == service; i++, n++) {
			const struct talk *t = &d->talks[h->served + i];

			if (t->client != SIZE_MAX)
				lacking |= d->hosts[t->client].wants & ~h->has;
			for EACH_ROLE (r, n < ENOUGH_PEERS ? s->servers : 0)
				best[r] = fmax(best[r], talk_speaks(d, m, t, r, true));
		}
		add_service(h->score, best, s->servers, s->weight[1]);
	}
	for (size_t i = 0; i < h->nused;) {
		size_t service = d->talks[h->used[i]].service;
		const struct service *s = &d->services[service];
		double best[ROLES] = {0};

		for (size_t n = 0; i < h->nused && d->talks[h->used[i]].service == service; i++, n++)
			for EACH_ROLE (r, n < ENOUGH_PEERS ? s->clients : 0)
				best[r] = fmax(best[r], talk_speaks(d, m, &d->talks[h->used[i]], r, false));
		add_service(h->score, best, s->clients, AS_CLIENT * s->weight[0]);
	}
	restrain(d, h, lacking);
}

/* Scores -> likelihoods. */
static void
settle(struct host *h)
{
	double most = h->score[0], sum = 0;

	for (unsigned r = 1; r < ROLES; r++)
		most = fmax(most, h->score[r]);
	for (unsigned r = 0; r < ROLES; r++)
		sum += h->p[r] = exp(SHARPNESS * (h->score[r] - most));
	for (unsigned r = 0; r < ROLES; r++)
		h->p[r] /= sum;
}

static bool
serves(const struct aud_rule *r, unsigned role)
{
	return !r->exempt && r->nports && r->servers != AUD_ROLES_ANY && r->servers & AUD_ROLE_BIT(role);
}

/* How many ports, or ranges, the rules name for servers of a role. */
static unsigned
ports_of(const struct aud_matrix *m, unsigned role)
{
	unsigned n = 0;

	for (size_t i = 0; i < m->nrules; i++) {
		bool again = !serves(&m->rules[i], role);

		for (size_t k = 0; k < i && !again; k++)
			again = serves(&m->rules[k], role) && m->rules[k].ports[0].lo == m->rules[i].ports[0].lo;
		n += again ? 0 : (unsigned)m->rules[i].nports;
	}
	return n;
}

void
draft_score(struct aud_draft *d, const struct aud_matrix *m)
{
	for (size_t i = 0; i < d->nservices; i++) {
		d->services[i].weight[0] = tells(d->services[i].clients);
		d->services[i].weight[1] = tells(d->services[i].servers);
	}
	for (unsigned r = 0; m && r < ROLES; r++)
		d->ports[r] = ports_of(m, r);
	for (size_t i = 0; i < d->nhosts; i++)
		for (unsigned r = 0; r < ROLES; r++)
			d->hosts[i].p[r] = 1.0 / ROLES;
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < d->nhosts; i++)
			score_host(d, m, &d->hosts[i]);
		for (size_t i = 0; i < d->nhosts; i++)
			settle(&d->hosts[i]);
	}
}
