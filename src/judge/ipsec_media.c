/*
 * What shows that media is inside IPsec: ports that can be read; media in the clear that gives way to ESP; the pace of a codec; and
 * negotiations beside the beginning of media.
 */
#include <string.h>

#include "ipsec.h"

bool
inner_of_bond(const struct aud_sa *s, const struct aud_sa_inner *in)
{
	return !aud_addr_cmp(&s->src, &in->src) && !aud_addr_cmp(&s->dst, &in->dst);
}

static bool
spans(const struct aud_range *r, size_t n, uint16_t port)
{
	for (size_t i = 0; i < n; i++)
		if (port >= r[i].lo && port <= r[i].hi)
			return true;
	return false;
}

static bool
names_app(const struct aud_rule *r, const char *app)
{
	for (size_t i = 0; i < r->napps; i++) {
		size_t n = strlen(r->apps[i]);

		if (!strncmp(app, r->apps[i], n) && (!app[n] || app[n] == '.'))
			return true;
	}
	return false;
}

/* The conversation that the inner packets became; NULL: none that can be told from others. */
static const struct aud_case *
inner_case(const struct bond *b, const struct aud_sa_inner *in)
{
	for (size_t i = 0; i < b->ncases; i++) {
		const struct aud_conv *v = b->cases[i]->conv;
		bool forth = !aud_addr_cmp(&v->client, &in->src);
		uint16_t server = forth ? in->dport : in->sport, client = forth ? in->sport : in->dport;

		if (case_inside(b->cases[i]) && v->proto == in->proto && v->port == server && client >= v->client_port_lo &&
		    client <= v->client_port_hi)
			return b->cases[i];
	}
	return NULL;
}

/* One side has the roles whose ports the rule lists, and its port is one of them. */
static bool
holds(const struct docket *d, const struct aud_rule *r, aud_roles owner, aud_roles peer, uint16_t port)
{
	struct aud_range ports[4];

	if (!(owner & r->servers) || r->servers_all & ~owner || !(peer & r->clients) || r->clients_all & ~peer)
		return false;
	return spans(ports, aud_rule_ports(r, d->trial->site, ports), port);
}

/*
 * Ephemeral ports come from the same numbers as those of media, so that a port in a range is media's only where the other is no service's;
 * of TCP, whose ports have two meanings, only that of the side that was connected to. Nearly every port is in the range that is printed
 * for clients: it tells where the site narrows it. Media that was recognised needs none of this.
 */
static bool
tells(const struct docket *d, const struct aud_rule *r, const struct aud_case *c, const struct aud_sa_inner *in)
{
	enum { SYSTEM_PORTS = 1024 };	/* RFC 6335, section 6 */
	const struct aud_matcher *m = d->trial->matcher;

	if (c && case_fact(c, AUD_FACT_MEDIA))
		return true;
	if (c && case_recognised(c) && !names_app(r, c->ruling->app))
		return false;
	if (in->proto == PROTO_TCP && !(c && case_directed(c)))
		return false;
	if (in->sport < SYSTEM_PORTS || in->dport < SYSTEM_PORTS || aud_matcher_serves(m, 0, in->sport, in->proto) ||
	    aud_matcher_serves(m, 0, in->dport, in->proto))
		return false;
	return r->media_range != AUD_MEDIA_CLIENT || d->trial->site->media.client.hi;
}

/* This end opened the connection: its port is ephemeral. */
static bool
opened(const struct aud_case *c, const struct aud_sa_inner *in, const struct aud_addr *end)
{
	return in->proto == PROTO_TCP && c && !aud_addr_cmp(&c->conv->client, end);
}

bool
inner_media(const struct docket *d, const struct bond *b, const struct aud_sa *s, const struct aud_sa_inner *in, bool *rules)
{
	const struct aud_matrix *m = d->trial->matrix;
	const struct aud_case *c = inner_case(b, in);
	int from = sa_from(b, s, 0) ? 0 : 1;
	aud_roles src = b->who[from].roles, dst = b->who[!from].roles;
	bool found = false;

	for (size_t i = 0; i < m->nrules; i++) {
		const struct aud_rule *r = &m->rules[i];
		bool carried = false;

		for (size_t k = 0; k < r->nprotos; k++)
			carried |= r->protos[k] == in->proto;
		if (!r->media || r->exempt || !carried || aud_rule_applies(m, r, d->trial->site) == AUD_NO || !tells(d, r, c, in))
			continue;
		if ((holds(d, r, dst, src, in->dport) && !opened(c, in, &in->dst)) || (holds(d, r, src, dst, in->sport) && !opened(c, in, &in->src)))
			rules[i] = found = true;
	}
	return found;
}

static bool
opaque(const struct aud_sa *s)
{
	return sa_certain(s) && !sa_read(s);
}

/* Both directions keep to one interval at the same time. */
static bool
paced_pair(const struct aud_sa *a, const struct aud_sa *b, int k)
{
	const struct aud_cadence *x = &a->cadence[k], *y = &b->cadence[k];
	uint64_t due = 1000 / aud_cadence_ms[k], x_end = x->run_ns + x->run * SECOND_NS, y_end = y->run_ns + y->run * SECOND_NS;
	uint64_t from = x->run_ns > y->run_ns ? x->run_ns : y->run_ns, to = x_end < y_end ? x_end : y_end;

	if (x->run < PACE_SECONDS || y->run < PACE_SECONDS)
		return false;
	if (x->near * 100 < PACE_SHARE * x->seconds * due || y->near * 100 < PACE_SHARE * y->seconds * due)
		return false;
	/* The two count their seconds from packets of their own. */
	return to > from && to - from >= (PACE_SECONDS - 1) * SECOND_NS;
}

static bool
keeps_pace(const struct bond *b, const struct aud_sa *s, int side)
{
	bool paced = false;

	for (int k = 0; k < AUD_SA_CADENCES; k++)
		paced |= s->cadence[k].run >= PACE_SECONDS;
	return paced && opaque(s) && sa_from(b, s, side);
}

struct media
paced(const struct bond *b)
{
	if (!media_capable(b->who[0].roles) || !media_capable(b->who[1].roles))
		return (struct media){0};
	for (size_t i = 0; i < b->nsas; i++)
		for (size_t j = 0; keeps_pace(b, b->sas[i], 0) && j < b->nsas; j++) {
			const struct aud_sa *x = b->sas[i], *y = b->sas[j];

			if (!keeps_pace(b, y, 1))
				continue;
			for (int k = 0; k < AUD_SA_CADENCES; k++)
				if (paced_pair(x, y, k))
					return (struct media){.found = true, .sa = {x, y}, .ms = aud_cadence_ms[k]};
		}
	return (struct media){0};
}

/* Somebody answered a negotiation shortly before. */
static bool
negotiated(const struct bond *b, uint64_t at)
{
	for (size_t i = 0; i < b->nikes; i++)
		if (ike_answered(b->ikes[i]) && b->ikes[i]->first_ns <= at + SECOND_NS && b->ikes[i]->last_ns + NEAR_NS >= at)
			return true;
	return false;
}

/* Packets in ten seconds. */
static uint64_t
rate(uint64_t packets, uint64_t ns)
{
	return ns < SECOND_NS / 10 ? 0 : packets * 100 / (ns / (SECOND_NS / 10));
}

/* Clear and ESP run at similar rates wherever both can be measured; *n: in how many directions. */
static bool
similar(const struct bond *b, const struct aud_conv *v, const struct aud_sa *const sa[2], int *n)
{
	*n = 0;
	for (int side = 0; side < 2; side++) {
		int role = aud_addr_cmp(&v->client, &b->addr[side]) != 0;
		uint64_t x, y;

		if (!sa[side] || v->packets[role] < RATE_PACKETS)
			continue;
		x = rate(v->packets[role], v->last_ns - v->first_ns);
		y = rate(sa[side]->packets + sa[side]->lost, sa[side]->last_ns - sa[side]->first_ns);
		if (!x || !y)
			continue;
		if (x > RATE_FACTOR * y || y > RATE_FACTOR * x)
			return false;
		++*n;
	}
	return true;
}

/* All media between the two that is in the clear has ended by then. */
static bool
silent(const struct docket *d, const struct bond *b, uint64_t at)
{
	for (size_t i = 0; i < b->ncases; i++)
		if (case_clear_media(d, b->cases[i]) && b->cases[i]->conv->last_ns > at + SILENT_NS)
			return false;
	return true;
}

/* The first association of each side that begins while, or soon after, this media is there, and goes on without it. */
static void
successors(const struct bond *b, const struct aud_conv *v, const struct aud_sa *sa[2])
{
	for (size_t i = 0; i < b->nsas; i++) {
		const struct aud_sa *s = b->sas[i];
		int side = sa_from(b, s, 0) ? 0 : 1;

		if (!opaque(s) || s->first_ns <= v->first_ns || s->first_ns > v->last_ns + NEAR_NS || s->last_ns < v->last_ns + SILENCE_NS)
			continue;
		if (!sa[side] || s->first_ns < sa[side]->first_ns)
			sa[side] = s;
	}
}

struct media
upgrade(const struct docket *d, const struct bond *b)
{
	for (size_t i = 0; i < b->ncases; i++) {
		const struct aud_conv *v = b->cases[i]->conv;
		struct media m = {.found = true, .clear = b->cases[i]};
		uint64_t begin;
		int compared;

		if (!case_clear_media(d, b->cases[i]))
			continue;
		successors(b, v, m.sa);
		if (!m.sa[0] && !m.sa[1])
			continue;
		m.one_way = !m.sa[0] || !m.sa[1];
		begin = !m.sa[0] || (m.sa[1] && m.sa[1]->first_ns < m.sa[0]->first_ns) ? m.sa[1]->first_ns : m.sa[0]->first_ns;
		if (!silent(d, b, begin) || !negotiated(b, begin) || !similar(b, v, m.sa, &compared))
			continue;
		/* Of checks alone there is no rate: then ESP itself has to look like media. */
		if (!compared && !paced(b).found)
			continue;
		m.gap_ns = begin > v->last_ns ? begin - v->last_ns : 0;
		return m;
	}
	return (struct media){0};
}

static uint64_t
apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static const struct aud_sa *
follows(const struct bond *b, const struct aud_ike *k)
{
	const struct aud_sa *first = NULL;

	for (size_t i = 0; i < b->nsas; i++)
		if (b->sas[i]->first_ns >= k->first_ns && b->sas[i]->first_ns <= k->last_ns + NEAR_NS &&
		    (!first || b->sas[i]->first_ns < first->first_ns))
			first = b->sas[i];
	return first;
}

static bool
worse(const struct start *a, const struct start *b)
{
	if (!b->ike || a->answered != b->answered)
		return !b->ike || !a->answered;
	return a->delay_ns > b->delay_ns;
}

struct start
media_start(const struct docket *d, const struct bond *b, size_t *n)
{
	struct start worst = {0};

	*n = 0;
	for (size_t i = 0; i < b->nikes; i++) {
		const struct aud_ike *k = b->ikes[i];
		const struct aud_sa *s = follows(b, k);
		const struct aud_case *media = NULL;
		struct start at;

		for (size_t c = 0; c < b->ncases && !ike_probe(b, k); c++)
			if (case_clear_media(d, b->cases[c]) && apart(b->cases[c]->conv->first_ns, k->first_ns) <= NEAR_NS &&
			    (!media || b->cases[c]->conv->first_ns < media->conv->first_ns))
				media = b->cases[c];
		if (!media)
			continue;
		++*n;
		at = (struct start){k, media, ike_answered(k), s != NULL, (s ? s->first_ns : k->last_ns) - k->first_ns};
		if (worse(&at, &worst))
			worst = at;
	}
	return worst;
}
