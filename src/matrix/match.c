/* aud_match(): the eight steps of matrix.h. */
#include <string.h>

#include "matcher.h"

/* The longest range that a row prints for servers; only what is printed for clients is longer. */
enum { LONG_RANGE = 16384 };

/* One way round to ask. */
struct ask {
	aud_roles client, server;
	uint16_t client_lo, client_hi, server_port;
	uint8_t proto;
	bool directed;	/* the packets themselves showed who connected */
	enum aud_tri member, member_back;
	struct evidence e;
};

/* How a rule relates to the pair of roles. */
enum way { FORWARD, EXCHANGED, REVERSED };

/* The best few, smallest key first. */
struct picks {
	unsigned rule[AUD_VERDICT_RULES];	/* in the matcher */
	bool exchanged[AUD_VERDICT_RULES];
	uint64_t key[AUD_VERDICT_RULES];
	size_t n, total;
};

static void
pick(struct picks *p, unsigned rule, bool exchanged, uint64_t key)
{
	size_t at;

	p->total++;
	key = key << 12 | rule; /* RULES_MAX: 12 bits */
	if (p->n == AUD_VERDICT_RULES && key >= p->key[p->n - 1])
		return;
	if (p->n < AUD_VERDICT_RULES)
		p->n++;
	for (at = p->n - 1; at && p->key[at - 1] > key; at--) {
		p->rule[at] = p->rule[at - 1];
		p->exchanged[at] = p->exchanged[at - 1];
		p->key[at] = p->key[at - 1];
	}
	p->rule[at] = rule;
	p->exchanged[at] = exchanged;
	p->key[at] = key;
}

static unsigned
strictness(enum aud_security s)
{
	switch (s) {
	case AUD_SEC_UNSTATED: return 4;
	case AUD_SEC_NONE: return 3;
	case AUD_SEC_TLS: return 2;
	case AUD_SEC_TLS_OR_MTLS: return 1;
	case AUD_SEC_MTLS: return 0;
	}
	return 5;
}

/* What is printed before what follows from it, few ports before many, more roles before fewer, stricter before laxer. */
static uint64_t
specificity(const struct compiled *c)
{
	const struct aud_rule *r = c->rule;

	return (uint64_t)r->implied << 24 | (uint64_t)c->width << 4 | (uint64_t)!(r->clients_all || r->servers_all) << 3 |
	    strictness(r->security);
}

static bool
empty(const struct aud_matcher *m, const struct set *s)
{
	for (size_t i = 0; i < m->words; i++)
		if (s->w[i])
			return false;
	return true;
}

/* Calls for every rule of a set. */
#define EACH(m, s, i)                                                                                                  \
	for (size_t word_ = 0; word_ < (m)->words; word_++)                                                            \
		for (uint64_t left_ = (s)->w[word_]; left_; left_ &= left_ - 1)                                        \
			for (unsigned i = (unsigned)word_ * 64 + (unsigned)__builtin_ctzll(left_), once_ = 1; once_; once_ = 0)

static bool
has_all(aud_roles have, aud_roles all)
{
	return (have & all) == all;
}

/* Steps 1 and 2: the rules that join these roles in this way. */
static void
pair_set(const struct aud_matcher *m, const struct ask *a, enum way way, struct set *out)
{
	aud_roles client = way == FORWARD ? a->client : a->server, server = way == FORWARD ? a->server : a->client;
	bool stranger = (way == FORWARD ? a->member : a->member_back) == AUD_NO;
	struct set other;

	matcher_roles(m, way == EXCHANGED ? m->either_clients : m->clients, client, out);
	matcher_roles(m, m->servers, server, &other);
	for (size_t i = 0; i < m->words; i++) {
		uint64_t several;

		out->w[i] &= other.w[i];
		if (way == EXCHANGED)
			out->w[i] &= m->either[i];
		if (stranger)
			out->w[i] &= ~m->members[i];
		several = out->w[i] & m->several[i];
		for (uint64_t left = several; left; left &= left - 1) {
			const struct aud_rule *r = m->rules[i * 64 + (size_t)__builtin_ctzll(left)].rule;

			if (!has_all(client, r->clients_all) || !has_all(server, r->servers_all))
				out->w[i] &= ~(left & -left);
		}
	}
}

static bool
holds_client_ports(const struct compiled *c, const struct ask *a)
{
	for (size_t i = 0; i < c->nports; i++)
		if (a->client_lo && a->client_lo >= c->ports[i].lo && a->client_hi <= c->ports[i].hi)
			return true;
	return false;
}

/* A client's port that nobody told is one of them. */
static bool
pair_holds(const struct aud_rule *r, const struct ask *a)
{
	bool lo = !a->client_lo, hi = !a->client_lo;

	for (size_t i = 0; i < r->nports; i++) {
		lo |= a->client_lo >= r->ports[i].lo && a->client_lo <= r->ports[i].hi;
		hi |= a->client_hi >= r->ports[i].lo && a->client_hi <= r->ports[i].hi;
	}
	return lo && hi;
}

/*
 * Step 5. Ports belong to a side of the connection, whoever has which role; those of media to the hosts of "servers", whoever sends
 * first. Every host takes ephemeral ports from the media ranges too, so at the side that connected they count with evidence only. A
 * port that the server told the client is that of the rule, whatever is printed.
 */
static void
port_set(const struct aud_matcher *m, const struct ask *a, bool exchanged, const struct set *in, struct set *out)
{
	const uint64_t *ports = matcher_ports(m, a->server_port);
	bool rpc = a->e.facts & AUD_FACT_TOLD_RPC, sql = a->e.facts & AUD_FACT_TOLD_SQL;

	for (size_t i = 0; i < m->words; i++) {
		uint64_t told = (rpc ? m->announced[AUD_ANNOUNCED_RPC][i] : 0) | (sql ? m->announced[AUD_ANNOUNCED_SQL][i] : 0);
		uint64_t turned = exchanged ? m->media[i] : 0;
		uint64_t at_server = (m->at_server[i] & ~turned) | (m->at_client[i] & turned);
		uint64_t at_client = (m->at_client[i] & ~turned) | (m->at_server[i] & turned);

		out->w[i] = in->w[i] & (m->portless[i] | (at_server & ((ports[i] & ~m->announced_only[i]) | told)));
		for (uint64_t left = out->w[i] & m->pair[i]; left; left &= left - 1)
			if (!pair_holds(m->rules[i * 64 + (size_t)__builtin_ctzll(left)].rule, a))
				out->w[i] &= ~(left & -left);
		if (!a->e.media)
			at_client &= ~m->media[i];
		for (uint64_t left = in->w[i] & at_client & ~out->w[i]; left; left &= left - 1)
			if (holds_client_ports(&m->rules[i * 64 + (size_t)__builtin_ctzll(left)], a))
				out->w[i] |= left & -left;
	}
}

static void
narrow(const struct aud_matcher *m, struct set *s, const uint64_t *keep, bool inverted)
{
	for (size_t i = 0; i < m->words; i++)
		s->w[i] &= !keep ? 0 : inverted ? ~keep[i] : keep[i];
}

/* How sure it is that something is not documented: as sure as what is known of it. */
static enum aud_certainty
undocumented(const struct ask *a)
{
	if (a->e.app && a->e.strength >= STRENGTH_DPI)
		return a->directed ? AUD_STRONG : AUD_PROBABLE;
	return a->directed ? AUD_PORT_ONLY : AUD_INDETERMINATE;
}

static void
fill(const struct aud_matcher *m, struct aud_verdict *v, enum aud_answer answer, enum aud_step failed, enum aud_certainty certainty,
    const struct picks *p)
{
	*v = (struct aud_verdict){.answer = answer, .failed = failed, .certainty = certainty, .nrules = p->n, .total = p->total};
	for (size_t i = 0; i < p->n; i++)
		v->rules[i] = m->rules[p->rule[i]].index;
	v->condition_open = p->n && m->rules[p->rule[0]].condition == AUD_UNKNOWN;
}

/* How far a port is from those of a rule. */
static uint32_t
distance(const struct compiled *c, uint16_t port)
{
	uint32_t best = 1 << 17;

	if (c->rule->announced && !c->rule->evidence)
		return best; /* what is printed for it is no port */
	for (size_t i = 0; i < c->nports; i++) {
		uint32_t lo = c->ports[i].lo, hi = c->ports[i].hi, d = port < lo ? lo - port : port > hi ? port - hi : 0;

		best = d < best ? d : best;
	}
	return best;
}

static void
near(const struct aud_matcher *m, const struct ask *a, const struct set *s, struct picks *p)
{
	EACH(m, s, i)
		pick(p, i, false, (uint64_t)distance(&m->rules[i], a->server_port) << 26 | specificity(&m->rules[i]));
}

/* Step 3: would a rule hold if the roles were exchanged? Then it is the direction that is wrong, and not the port. */
static bool
wrong_way(const struct aud_matcher *m, const struct ask *a, const struct set *reversed, struct picks *p)
{
	const uint64_t *ports = matcher_ports(m, a->server_port);
	struct set s = *reversed;

	if (!a->directed || !m->proto[a->proto])
		return false;
	for (size_t i = 0; i < m->words; i++)
		s.w[i] &= m->proto[a->proto][i] & ports[i] & m->at_server[i] & ~m->media[i] & ~m->evidence[i] & ~m->condition_no[i];
	EACH(m, &s, i) {
		enum strength strength;

		if (app_judge(m->rules[i].rule, &a->e, &strength) == APP_HOLDS)
			pick(p, i, false, specificity(&m->rules[i]));
	}
	return p->n > 0;
}

/* What the rules that hold up to step 6 come to. */
struct outcome {
	struct picks holds, insecure, lacking, contradicted;
	struct picks beside;		/* ranges of clients whose peer has one of its own, which has to hold as well */
	enum strength strength[2];	/* of the best: of holds, of insecure */
	uint64_t best[2];
};

static void
judge_rule(const struct aud_matcher *m, const struct ask *a, unsigned i, bool exchanged, struct outcome *o)
{
	const struct compiled *c = &m->rules[i];
	bool client_range = c->rule->media && c->rule->media_range == AUD_MEDIA_CLIENT, secure;
	uint64_t key = specificity(c);
	enum app_result result;
	enum strength strength;

	result = app_judge(c->rule, &a->e, &strength);
	if (client_range && (exchanged ? a->server : a->client) & m->ranged) {
		if (result == APP_HOLDS)
			pick(&o->beside, i, exchanged, UINT64_C(1) << 25 | key); /* behind whatever it stands beside */
		return;
	}
	switch (result) {
	case APP_LACKING: pick(&o->lacking, i, exchanged, key); return;
	case APP_CONTRADICTED:
		/*
		 * The row does not print this port, or prints nearly all there are: another application on it is none of its
		 * business.
		 */
		if (!(c->rule->implied && aud_rule_wants_evidence(c->rule)) && !(client_range && c->width > LONG_RANGE))
			pick(&o->contradicted, i, exchanged, key);
		return;
	case APP_HOLDS: break;
	}
	secure = security_holds(c->rule, &a->e, a->client, exchanged);
	pick(secure ? &o->holds : &o->insecure, i, exchanged, key);
	key = key << 12 | i;
	if (key < o->best[secure]) {
		o->best[secure] = key;
		o->strength[secure] = strength;
	}
}

/* Steps 7 and 8. False: nothing of it concerns this port. */
static bool
judge_set(const struct aud_matcher *m, const struct ask *a, const struct set *forward, const struct set *exchanged,
    struct aud_verdict *v)
{
	struct outcome o = {.best = {UINT64_MAX, UINT64_MAX}};
	const struct picks *p;
	bool secure;

	EACH(m, forward, i)
		judge_rule(m, a, i, false, &o);
	EACH(m, exchanged, i)
		judge_rule(m, a, i, true, &o);
	secure = o.holds.n;
	for (size_t i = 0; secure && m->rules[o.holds.rule[0]].rule->media && i < o.beside.n; i++)
		pick(&o.holds, o.beside.rule[i], o.beside.exchanged[i], o.beside.key[i] >> 12);
	p = secure ? &o.holds : &o.insecure;
	if (p->n) {
		const struct aud_rule *r = m->rules[p->rule[0]].rule;

		fill(m, v, AUD_DOCUMENTED, secure ? AUD_STEP_NONE : AUD_STEP_SECURITY,
		    certainty_of(r, &a->e, o.strength[secure], a->client, p->exchanged[0], secure), p);
		/* Any server of the role is taken for a member where none is listed. */
		if (r->members && a->member == AUD_UNKNOWN && v->certainty < AUD_PROBABLE)
			v->certainty = AUD_PROBABLE;
		v->weaker = secure && o.insecure.n;
		v->sibling = v->weaker ? m->rules[o.insecure.rule[0]].index : 0;
		return true;
	}
	if (o.lacking.n)
		fill(m, v, AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_INDETERMINATE, &o.lacking);
	else if (o.contradicted.n)
		fill(m, v, AUD_PAIR_KNOWN, AUD_STEP_APP, a->e.strength == STRENGTH_PARSED ? AUD_CERTAIN : AUD_STRONG, &o.contradicted);
	return o.lacking.n || o.contradicted.n;
}

static void
unite(const struct aud_matcher *m, const struct set *a, const struct set *b, struct set *out)
{
	for (size_t i = 0; i < m->words; i++)
		out->w[i] = a->w[i] | b->w[i];
}

/* Steps 2 to 8 one way round. */
static void
match_way(const struct aud_matcher *m, const struct ask *a, struct aud_verdict *v)
{
	struct set forward, exchanged, reversed, all, port_forward, port_exchanged;
	struct picks p = {0};
	enum aud_step failed;

	pair_set(m, a, FORWARD, &forward);
	pair_set(m, a, EXCHANGED, &exchanged);
	unite(m, &forward, &exchanged, &all);
	if (empty(m, &all)) {
		pair_set(m, a, REVERSED, &reversed);
		if (wrong_way(m, a, &reversed, &p)) {
			fill(m, v, AUD_PAIR_KNOWN, AUD_STEP_DIRECTION, undocumented(a), &p);
			return;
		}
		near(m, a, &reversed, &p);
		fill(m, v, p.n ? AUD_PAIR_KNOWN : AUD_PAIR_UNKNOWN, p.n ? AUD_STEP_DIRECTION : AUD_STEP_PAIR, undocumented(a), &p);
		return;
	}
	narrow(m, &forward, m->proto[a->proto], false);
	narrow(m, &exchanged, m->proto[a->proto], false);
	failed = AUD_STEP_TRANSPORT;
	struct set transport;
	unite(m, &forward, &exchanged, &transport);
	if (!empty(m, &transport)) {
		failed = AUD_STEP_PORT;
		all = transport;
		port_set(m, a, false, &forward, &port_forward);
		port_set(m, a, true, &exchanged, &port_exchanged);
		unite(m, &port_forward, &port_exchanged, &transport);
		if (!empty(m, &transport)) {
			narrow(m, &port_forward, m->condition_no, true);
			narrow(m, &port_exchanged, m->condition_no, true);
			if (judge_set(m, a, &port_forward, &port_exchanged, v))
				return;
			unite(m, &port_forward, &port_exchanged, &reversed);
			if (empty(m, &reversed)) {
				near(m, a, &transport, &p);
				fill(m, v, AUD_PAIR_KNOWN, AUD_STEP_CONDITION, undocumented(a), &p);
				return;
			}
		}
	}
	pair_set(m, a, REVERSED, &reversed);
	if (wrong_way(m, a, &reversed, &p))
		failed = AUD_STEP_DIRECTION;
	else
		near(m, a, &all, &p);
	fill(m, v, AUD_PAIR_KNOWN, failed, undocumented(a), &p);
}

/* Of two verdicts that are none, the one that came further; a direction that is not certain cannot be wrong. */
static unsigned
progress(const struct aud_verdict *v)
{
	if (v->answer == AUD_DOCUMENTED)
		return 100;
	return v->answer != AUD_PAIR_KNOWN || v->failed == AUD_STEP_DIRECTION ? 0 : (unsigned)v->failed;
}

/* A server behind another virtual address: were it a member, would this be documented, or a matter of the application alone? */
static bool
stranger(const struct aud_matcher *m, const struct ask *a, struct aud_verdict *v)
{
	struct ask listed = *a;
	struct aud_verdict other;

	if (a->member != AUD_NO || v->answer == AUD_DOCUMENTED)
		return false;
	listed.member = AUD_YES;
	match_way(m, &listed, &other);
	if (other.answer != AUD_DOCUMENTED && other.failed != AUD_STEP_APP) {
		*v = other; /* what fails first would fail of a member as well */
		return false;
	}
	if (v->answer == AUD_PAIR_KNOWN && v->failed == AUD_STEP_APP)
		return false;
	*v = other;
	v->answer = AUD_PAIR_KNOWN;
	v->failed = AUD_STEP_PAIR;
	v->certainty = undocumented(a);
	v->weaker = false;
	return true;
}

void
aud_match(const struct aud_matcher *m, const struct aud_query *q, struct aud_verdict *out)
{
	struct ask a = {
	    .client = q->client & ~AUD_ROLE_BIT(ANY_BIT),
	    .server = q->server & ~AUD_ROLE_BIT(ANY_BIT),
	    .client_lo = q->client_port_lo,
	    .client_hi = q->client_port_hi,
	    .server_port = q->server_port,
	    .proto = q->proto,
	    .directed = q->direction <= AUD_DIR_DISSECTOR,
	    .member = q->member,
	    .member_back = q->member_back,
	    .e = evidence_of(q),
	};
	struct aud_verdict other;

	match_way(m, &a, out);
	if (!stranger(m, &a, out) && !a.directed && out->answer != AUD_DOCUMENTED) {
		struct ask b = a;

		b.client = a.server;
		b.server = a.client;
		b.member = a.member_back;
		b.member_back = a.member;
		b.client_lo = b.client_hi = a.server_port;
		b.server_port = a.client_lo == a.client_hi ? a.client_lo : 0;
		match_way(m, &b, &other);
		if (progress(&other) > progress(out)) {
			*out = other;
			out->swapped = true;
		}
	}
	/* Step 1: a host without a role matches only what is written for any. */
	if (out->answer != AUD_DOCUMENTED && (!a.client || !a.server))
		*out = (struct aud_verdict){.answer = AUD_NO_ROLE, .failed = AUD_STEP_ROLES, .certainty = undocumented(&a)};
}
