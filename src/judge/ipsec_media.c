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
	return paced && sa_opaque(s) && sa_from(b, s, side);
}

struct media
paced(const struct bond *b)
{
	if (!media_capable(b->who[0].roles) || !media_capable(b->who[1].roles))
		return (struct media){0};
	for (size_t i = 0; i < b->nsas; i++) {
		const struct aud_sa *x = b->sas[i];

		for (size_t j = 0, n = keeps_pace(b, x, 0) ? b->nsas : 0; j < n; j++) {
			const struct aud_sa *y = b->sas[j];

			if (!keeps_pace(b, y, 1))
				continue;
			for (int k = 0; k < AUD_SA_CADENCES; k++)
				if (paced_pair(x, y, k))
					return (struct media){.found = true, .sa = {x, y}, .ms = aud_cadence_ms[k]};
		}
	}
	return (struct media){0};
}

/* How many of the negotiations began by then. */
static size_t
ikes_by(const struct bond *b, uint64_t at)
{
	size_t lo = 0, hi = b->nikes;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (b->ikes[mid]->first_ns <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Somebody answered a negotiation shortly before. */
static bool
negotiated(const struct bond *b, uint64_t at)
{
	size_t n = ikes_by(b, at + SECOND_NS);

	return n && b->answered_until[n - 1] + NEAR_NS >= at;
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

/* Where those of the side's associations are, from which on they begin at this time or later. */
static size_t
sent_from(const struct ipsec *p, const struct bond *b, int side, uint64_t at)
{
	size_t lo = b->sent[side], hi = lo + b->nsent[side];

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->begun[mid]->first_ns < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The first association of a side that begins while, or soon after, this media is there, and goes on without it. */
static const struct aud_sa *
successor(const struct ipsec *p, const struct bond *b, const struct aud_conv *v, int side)
{
	uint64_t until = v->last_ns + SILENCE_NS;

	for (size_t i = sent_from(p, b, side, v->first_ns + 1), end = b->sent[side] + b->nsent[side]; i < end; i++) {
		const struct aud_sa *s = p->begun[i];

		if (s->first_ns > v->last_ns + NEAR_NS)
			return NULL;
		if (!(i % BLOCK) && p->opaque_reach[i / BLOCK] < until)
			i += BLOCK - 1;
		else if (sa_opaque(s) && s->last_ns >= until)
			return s;
	}
	return NULL;
}

/* ESP was there beside this media, so that a new association renews one, and nothing gave way to it. */
static bool
renewed(const struct ipsec *p, const struct bond *b, const struct aud_conv *v, uint64_t begin)
{
	for (int side = 0; side < 2; side++) {
		size_t i = sent_from(p, b, side, v->first_ns + 1);

		if (b->nsent[side] && i > b->sent[side] && p->opaque_until[i - 1] + NEAR_NS >= begin)
			return true;
	}
	return false;
}

struct media
upgrade(const struct ipsec *p, const struct bond *b)
{
	for (size_t i = 0; i < b->nmedia; i++) {
		const struct aud_conv *v = b->media[i]->conv;
		struct media m = {.found = true, .clear = b->media[i], .sa = {successor(p, b, v, 0), successor(p, b, v, 1)}};
		uint64_t begin;
		int compared;

		if (!m.sa[0] && !m.sa[1])
			continue;
		m.one_way = !m.sa[0] || !m.sa[1];
		begin = !m.sa[0] || (m.sa[1] && m.sa[1]->first_ns < m.sa[0]->first_ns) ? m.sa[1]->first_ns : m.sa[0]->first_ns;
		/* All media between the two that is in the clear has ended by then. */
		if (b->media_end > begin + SILENT_NS || renewed(p, b, v, begin) || !negotiated(b, begin) || !similar(b, v, m.sa, &compared))
			continue;
		/* Of checks alone there is no rate: then ESP itself has to look like media. */
		if (!compared && !b->paced.found)
			continue;
		m.gap_ns = begin > v->last_ns ? begin - v->last_ns : 0;
		return m;
	}
	return (struct media){0};
}

/* The first association that begins with or soon after a negotiation. */
static const struct aud_sa *
follows(const struct ipsec *p, const struct bond *b, const struct aud_ike *k)
{
	const struct aud_sa *first = NULL;

	for (int side = 0; side < 2; side++) {
		size_t i = sent_from(p, b, side, k->first_ns), end = b->sent[side] + b->nsent[side];

		while (i < end && !sa_certain(p->begun[i]) && p->begun[i]->first_ns <= ike_done(k) + NEAR_NS)
			i++;
		if (i < end && p->begun[i]->first_ns <= ike_done(k) + NEAR_NS && (!first || p->begun[i]->first_ns < first->first_ns))
			first = p->begun[i];
	}
	return first;
}

/* The first media that begins near it. */
static const struct aud_case *
media_near(const struct bond *b, uint64_t at)
{
	uint64_t from = at > NEAR_NS ? at - NEAR_NS : 0;
	size_t lo = 0, hi = b->nmedia;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (b->media[mid]->conv->first_ns < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < b->nmedia && b->media[lo]->conv->first_ns <= at + NEAR_NS ? b->media[lo] : NULL;
}

static bool
worse(const struct start *a, const struct start *b)
{
	if (!b->ike || a->answered != b->answered)
		return !b->ike || !a->answered;
	return a->delay_ns > b->delay_ns;
}

struct start
media_start(const struct ipsec *p, const struct bond *b, size_t *n)
{
	struct start worst = {0};

	*n = 0;
	for (size_t i = 0; i < b->nikes; i++) {
		const struct aud_ike *k = b->ikes[i];
		const struct aud_case *media = ike_probe(b, k) ? NULL : media_near(b, k->first_ns);
		const struct aud_sa *s;
		struct start at;

		if (!media)
			continue;
		++*n;
		s = follows(p, b, k);
		at = (struct start){k, media, ike_answered(k), s != NULL, 0};
		at.delay_ns = (s ? s->first_ns : at.answered ? ike_done(k) : k->last_ns) - k->first_ns;
		if (worse(&at, &worst))
			worst = at;
	}
	return worst;
}
