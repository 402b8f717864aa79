/*
 * Every row of every document gets a state. Of what was not seen, the first that explains it is said: whether the row
 * applies at all, then the table of reasons at unseen().
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "docket.h"
#include "ipsec.h"

/* Hosts have to be seen with each other over half of the time that a claim of absence needs: a meeting or two at one end of it
 * does not show that the rest would have been seen. */
enum { SIGHT_PART = 2 };

/* What the cases say of one rule. */
struct seen {
	uint64_t flows, first_ns, last_ns; /* recognised and documented */
	uint64_t bare;			   /* of these, whose handshake had no client certificate though one is printed */
	bool clear, weaker;		   /* some of these in clear text, or otherwise without the printed security */
	uint64_t shared;		   /* of these, such that fit another rule as well */
	uint64_t port_only, attempts, unheard;
	uint64_t hung, alerts;		/* of the attempts, those that were connected, and got no data, or a fatal alert */
	uint64_t at_first_ns, at_last_ns; /* of port-only traffic and attempts */
};

struct answer {
	enum aud_state state;
	uint64_t flows, first_ns, last_ns;
	char *reason, *said;
};

unsigned
coverage_loss(const struct aud_coverage *c)
{
	unsigned tcp = 0, kernel = 0;

	if (c->tcp_data)
		tcp = (unsigned)(c->acked_unseen * 1000 / (c->tcp_data + c->acked_unseen));
	if (c->kernel_drops != UINT64_MAX && c->kernel_drops)
		kernel = (unsigned)(c->kernel_drops * 1000 / (c->kernel_drops + c->frames));
	return tcp > kernel ? tcp : kernel;
}

static void
span(uint64_t *first, uint64_t *last, const struct aud_conv *v)
{
	if (v->first_ns && (!*first || v->first_ns < *first))
		*first = v->first_ns;
	if (v->last_ns > *last)
		*last = v->last_ns;
}

/* Random bytes look like RTP now and then; half a second of it, at 20 ms a packet (RFC 3551, 4.2), does not. */
static bool
weak_media(const struct aud_case *c)
{
	enum { STREAM = 25 };
	const struct aud_conv *v = c->conv;

	return !case_fact(c, AUD_FACT_MEDIA) && v->packets[0] + v->packets[1] < STREAM * (uint64_t)v->flows;
}

/* The conversation is a sum over flows: what only a fact tells, holds of at least one. */
static void
credit_security(struct seen *s, const struct aud_case *c)
{
	if (c->ruling->verdict.failed != AUD_STEP_SECURITY)
		return;
	if (case_fact(c, AUD_FACT_SIP_CLEAR) || case_fact(c, AUD_FACT_HTTP_CLEAR) || (case_recognised(c) && !case_is_tls(c)))
		s->clear = true;
	else if (c->conv->no_certificates)
		s->bare += c->conv->no_certificates;
	else
		s->weaker = true;
}

/* Without an exchange nothing was used: the server took the connection, and said nothing, or no to the handshake. */
static bool
in_vain(const struct aud_case *c, const struct aud_rule *r)
{
	bool tls = r->security == AUD_SEC_TLS || r->security == AUD_SEC_MTLS || r->security == AUD_SEC_TLS_OR_MTLS;

	return case_hung(c) || (tls && case_turned_down(c));
}

/* One side of a media stream is media; one side of anything else is an attempt. */
static void
credit(const struct docket *d, struct seen *s, const struct aud_case *c, const struct aud_rule *r, bool media, bool shared)
{
	const struct aud_conv *v = c->conv;
	bool refused = v->refused_rst || v->refused_icmp || v->filtered_icmp;

	if (c->attempt_only || (case_attempt(c) && !media))
		*(refused || !docket_deaf(d, v) ? &s->attempts : &s->unheard) += v->flows;
	else if (!media && in_vain(c, r)) {
		/* The last packets may be those that ask. */
		bool late = case_hung(c) && docket_late(d, v->last_ns, v->last_ns);

		if (late)
			s->unheard += v->flows;
		else
			s->attempts += v->flows;
		if (!late && case_hung(c))
			s->hung += v->with_data[0];
		else if (!late)
			s->alerts += v->hellos;
	} else if (c->ruling->verdict.certainty >= AUD_PORT_ONLY || (media && weak_media(c)))
		s->port_only += v->flows;
	else {
		s->flows += v->flows;
		s->shared += shared ? v->flows : 0;
		credit_security(s, c);
		span(&s->first_ns, &s->last_ns, v);
		return;
	}
	span(&s->at_first_ns, &s->at_last_ns, v);
}

/*
 * Of the rules that hold, the best and those that tie with it by the width of their range: a flow on 5061 is no sign of
 * 1024-65535. Ranges of media overlap by print (TCP of audio, video and application sharing), so of media the whole set
 * counts.
 */
static bool
ties(const struct aud_rule *best, const struct aud_rule *r, uint16_t port)
{
	return r == best || rule_width(r, port) == rule_width(best, port) || (r->media && best->media);
}

static void
credit_all(const struct docket *d, struct seen *seen)
{
	const struct aud_trial *t = d->trial;

	for (size_t i = 0; i < t->ncases; i++) {
		const struct aud_case *c = &t->cases[i];
		const struct aud_verdict *v = &c->ruling->verdict;
		const struct aud_rule *best = case_rule(d, c);
		size_t n = 0;

		if (v->answer != AUD_DOCUMENTED || !best)
			continue;
		for (size_t k = 0; k < v->nrules; k++)
			n += ties(best, &t->matrix->rules[v->rules[k]], c->conv->port);
		for (size_t k = 0; k < v->nrules; k++)
			if (ties(best, &t->matrix->rules[v->rules[k]], c->conv->port))
				credit(d, &seen[v->rules[k]], c, &t->matrix->rules[v->rules[k]], best->media, n > 1);
	}
}

static aud_roles
declared(const struct aud_site *site)
{
	aud_roles all = 0;

	for (size_t i = 0; i < site->nhosts; i++)
		all |= site->hosts[i].roles;
	return all;
}

/* Who is expected to begin: people's devices where the rule and the site have some (that servers meet says nothing of
 * them). */
static aud_roles
askers(const struct aud_site *site, const struct aud_rule *r)
{
	aud_roles all = r->clients & declared(site), devices = 0;

	for (unsigned i = 0; i < AUD_ROLE_BUILTIN; i++)
		if (all & AUD_ROLE_BIT(i) && roles_client(AUD_ROLE_BIT(i)))
			devices |= AUD_ROLE_BIT(i);
	return devices ? devices : all;
}

static const struct aud_said *
say_hours(struct aud_say *s, uint64_t ns)
{
	uint64_t sec = ns / SECOND_NS;

	if (sec >= 7200)
		return SAY(s, "%1$s hours", aud_say_decimal(s, "%" PRIu64 ".%" PRIu64, sec / 3600, sec % 3600 / 360));
	if (sec >= 120)
		return SAY(s, "%1$s minutes", aud_say_number(s, sec / 60));
	return SAY_N(s, "%1$s seconds", "%1$s seconds", sec, aud_say_number(s, sec));
}

static const struct aud_said *
none_declared(struct aud_say *s, const struct docket *d, aud_roles roles)
{
	return SAY(s, "The site file declares no %1$s.", say_roles(s, d, roles));
}

/* Step 1 for a rule; NULL: it applies. */
static const struct aud_said *
not_applicable(const struct docket *d, const struct aud_rule *r, struct aud_say *s)
{
	const struct aud_trial *t = d->trial;
	aud_roles have = declared(t->site), lack = (r->clients_all | r->servers_all) & ~have;

	if (r->until && *r->until && t->today && strcmp(r->until, t->today) < 0)
		return r->exception && *r->exception
			   ? SAY(s, "The row is no longer valid since %1$s, except %2$s.", aud_say_date(s, r->until), aud_say_message(s, r->exception))
			   : SAY(s, "The row is no longer valid since %1$s.", aud_say_date(s, r->until));
	if (aud_rule_applies(t->matrix, r, t->site) == AUD_NO)
		return *r->condition ? SAY(s, "The rule drawn from this row is in force only where %1$s, and the site file says no.",
					   say_condition(s, r->condition))
				     : SAY(s, "The rule drawn from this row is in force only where its document counts, and the site file says no.");
	if (!(r->servers & have) || !(r->clients & have))
		return none_declared(s, d, r->servers & have ? r->clients : r->servers);
	return lack ? none_declared(s, d, lack) : NULL;
}

/* Whether absence could be concluded at all: then the rule has a time in which it is to be expected. */
static bool
timed(const struct aud_rule *r)
{
	return r->absence == AUD_ABSENCE_STRONG || r->absence == AUD_ABSENCE_PERIODIC;
}

static uint64_t
needed(const struct aud_rule *r)
{
	return r->absence == AUD_ABSENCE_PERIODIC ? WINDOW_PERIODIC_NS : WINDOW_STRONG_NS;
}

/* "a, b or c": one of them is enough. */
static const struct aud_said *
say_one_of(struct aud_say *s, const struct docket *d, aud_roles roles)
{
	aud_roles last = 0;

	for (unsigned i = 0; i < AUD_ROLE_MAX; i++)
		last = roles & AUD_ROLE_BIT(i) ? AUD_ROLE_BIT(i) : last;
	return roles & ~last ? SAY(s, "%1$s or %2$s", say_roles(s, d, roles & ~last), say_roles(s, d, last)) : say_roles(s, d, roles);
}

static const struct aud_said *
say_between(struct aud_say *s, const struct docket *d, aud_roles from, aud_roles to)
{
	return from == to ? SAY(s, "among %1$s hosts", say_one_of(s, d, from))
			  : SAY(s, "from %1$s to %2$s", say_one_of(s, d, from), say_one_of(s, d, to));
}

/* The capture point has these hosts in sight. */
static const struct aud_said *
out_of_sight(const struct docket *d, const struct aud_rule *r, struct aud_say *s)
{
	const struct aud_site *site = d->trial->site;
	aud_roles from = askers(site, r), to = r->servers & declared(site);
	uint64_t period;

	if (docket_met(d, from, r, &period))
		return NULL;
	return SAY(s, "No two-way traffic over TCP or UDP %1$s was captured, so this vantage point may not see them.",
	    say_between(s, d, from, to));
}

/* It has them in sight now and then only: one meeting may have taken another way than the next. */
static const struct aud_said *
glimpsed(const struct docket *d, const struct aud_rule *r, struct aud_say *s)
{
	const struct aud_site *site = d->trial->site;
	aud_roles from = askers(site, r), to = r->servers & declared(site);
	uint64_t period, least = needed(r) / SIGHT_PART;

	if (!timed(r) || !docket_met(d, from, r, &period) || period >= least)
		return NULL;
	return SAY(s, "Not seen, but all two-way traffic over TCP or UDP %1$s falls within %2$s, and at least %3$s from the first to the last are "
		      "needed to conclude anything.", say_between(s, d, from, to), say_hours(s, period), say_hours(s, least));
}

static const struct aud_said *
left_open(const struct docket *d, const struct aud_rule *r, struct aud_say *s)
{
	if (!timed(r) || aud_rule_applies(d->trial->matrix, r, d->trial->site) != AUD_UNKNOWN)
		return NULL;
	return *r->condition ? SAY(s, "Not seen, and the site file leaves open whether %1$s holds.", say_condition(s, r->condition))
			     : SAY(s, "Not seen, and the site file leaves open whether its condition holds.");
}

/* The load balancers in front of servers with these roles. */
static aud_roles
balancers(aud_roles servers)
{
	aud_roles all = 0;

	if (servers & AUD_ROLE_BIT(AUD_ROLE_FRONT_END))
		all |= AUD_ROLE_BIT(AUD_ROLE_LB_FRONT_END);
	if (servers & AUD_ROLE_BIT(AUD_ROLE_DIRECTOR))
		all |= AUD_ROLE_BIT(AUD_ROLE_LB_DIRECTOR);
	if (servers & AUD_ROLE_BIT(AUD_ROLE_MEDIATION))
		all |= AUD_ROLE_BIT(AUD_ROLE_LB_MEDIATION);
	return all;
}

/* A virtual address may have taken what is looked for at the servers behind it. */
static const struct aud_said *
balanced(const struct docket *d, const struct aud_rule *r, struct aud_say *s)
{
	const struct aud_trial *t = d->trial;
	aud_roles have = declared(t->site), before = balancers(r->servers & have);
	bool taken = false;

	if (!timed(r) || !r->nports || r->servers & before)
		return NULL;
	for (size_t i = 0; i < t->matrix->nrules && !taken; i++) {
		const struct aud_rule *o = &t->matrix->rules[i];

		taken = o->servers != AUD_ROLES_ANY && o->servers & before && rule_width(o, r->ports[0].lo) &&
			aud_rule_applies(t->matrix, o, t->site) != AUD_NO;
	}
	if (!taken)
		return NULL;
	return have & before
		   ? SAY(s, "Not seen, but a load balancer stands before these servers and takes the same port: what they were asked may have come by way "
			    "of it.")
		   : SAY(s, "Not seen, and the site file names no load balancer of these servers, nor says that there is none: what they were asked "
			    "may have come by way of one.");
}

static const struct aud_said *
filtered(const struct docket *d, const struct aud_rule *r, struct aud_say *s)
{
	return timed(r) && d->trial->filter ? SAY(s, "Not seen, but a filter left packets out.") : NULL;
}

static const struct aud_said *
hidden(const struct docket *d, const struct aud_rule *r, struct aud_say *s)
{
	if (!timed(r) || !ipsec_hides(d, askers(d->trial->site, r), r))
		return NULL;
	return SAY(s, "Not seen, but encrypted IPsec of such hosts was, and what it carries is hidden.");
}

static const struct aud_said *
too_short(const struct docket *d, const struct aud_rule *r, struct aud_say *s)
{
	if (!timed(r) || d->watched_ns >= needed(r))
		return NULL;
	return SAY(s, "Not seen, but the capture lasts only %1$s and at least %2$s are needed to conclude anything.", say_hours(s, d->watched_ns),
	    say_hours(s, needed(r)));
}

static const struct aud_said *
broken(const struct docket *d, const struct aud_rule *r, struct aud_say *s)
{
	const struct aud_coverage *c = d->trial->coverage;

	if (!timed(r))
		return NULL;
	if (c->interrupted)
		return SAY(s, "Not seen, but the audit was interrupted before the end of its inputs.");
	if (c->broken)
		return SAY(s, "Not seen, but an input breaks off.");
	if (c->dropped_flows > c->dropped_past)
		return SAY(s, "Not seen, but flows were left out for want of memory.");
	return c->evicted_flows > c->evicted_past ? SAY(s, "Not seen, but flows were ended early, or looked into no further, for want of memory.") : NULL;
}

static const struct aud_said *
lossy(const struct docket *d, const struct aud_rule *r, struct aud_say *s)
{
	unsigned loss = coverage_loss(d->trial->coverage);

	if (!timed(r) || loss <= LOSS_ABSENCE)
		return NULL;
	return SAY(s, "Not seen, but the capture lost about %1$s %% of the packets.", aud_say_decimal(s, "%u.%u", loss / 10, loss % 10));
}

static const struct aud_said *
undecoded(const struct docket *d, const struct aud_rule *r, struct aud_say *s)
{
	const struct aud_coverage *c = d->trial->coverage;
	unsigned share = c->frames ? (unsigned)(c->undecoded * 1000 / c->frames) : 0;

	if (!timed(r) || share <= LOSS_ABSENCE)
		return NULL;
	return SAY(s, "Not seen, but %1$s %% of the frames could not be decoded.", aud_say_decimal(s, "%u.%u", share / 10, share % 10));
}

static const struct aud_said *
one_sided(const struct docket *d, const struct aud_rule *r, struct aud_say *s)
{
	return timed(r) && docket_one_sided(d) ? SAY(s, "Not seen, but the mirror shows one direction.") : NULL;
}

/* Nothing made it necessary. */
static const struct aud_said *
idle(const struct docket *d, const struct aud_rule *r, struct aud_say *s)
{
	(void)d;
	switch (r->absence) {
	case AUD_ABSENCE_ON_DEMAND: return SAY(s, "Not seen; it occurs on demand only, and nothing shows that it was demanded.");
	case AUD_ABSENCE_PERIODIC: return SAY(s, "Not seen; it follows changes of the configuration, and nothing shows that there were any.");
	case AUD_ABSENCE_WEAK:
	case AUD_ABSENCE_NONE: return SAY(s, "Not seen; it is optional, local or rare, so nothing follows from that.");
	case AUD_ABSENCE_STRONG: break;
	}
	return NULL;
}

/* In the order of spanaudit(1): the first that explains the silence says so. */
static const struct {
	const struct aud_said *(*explains)(const struct docket *, const struct aud_rule *, struct aud_say *);
	enum aud_state state;
} reasons[] = {
    {out_of_sight, AUD_STATE_INCONCLUSIVE}, {left_open, AUD_STATE_INCONCLUSIVE}, {balanced, AUD_STATE_INCONCLUSIVE},
    {filtered, AUD_STATE_INCONCLUSIVE}, {hidden, AUD_STATE_INCONCLUSIVE},
    {too_short, AUD_STATE_INCONCLUSIVE}, {broken, AUD_STATE_INCONCLUSIVE}, {lossy, AUD_STATE_INCONCLUSIVE},
    {undecoded, AUD_STATE_INCONCLUSIVE}, {one_sided, AUD_STATE_INCONCLUSIVE}, {glimpsed, AUD_STATE_INCONCLUSIVE},
    {idle, AUD_STATE_NOT_OBSERVED},
};

static const struct aud_said *
unseen(const struct docket *d, const struct aud_rule *r, enum aud_state *state, struct aud_say *s)
{
	const struct aud_site *site = d->trial->site;
	const struct aud_said *said = NULL;

	for (size_t i = 0; i < sizeof reasons / sizeof *reasons && !said && !s->failed; i++) {
		said = reasons[i].explains(d, r, s);
		*state = reasons[i].state;
	}
	if (said || s->failed)
		return said;
	*state = AUD_STATE_MISSING;
	return SAY(s, "%1$s.", SAY(s, "Not seen from %1$s to %2$s, although these talked to each other in the %3$s that were captured",
	    say_roles(s, d, askers(site, r)), say_roles(s, d, r->servers & declared(site)), say_hours(s, d->watched_ns)));
}

static const struct aud_said *
say_observed(struct aud_say *s, const struct seen *seen)
{
	const struct aud_said *said = SAY_N(s, "Seen in %1$s flow", "Seen in %1$s flows", seen->flows, aud_say_number(s, seen->flows));

	if (seen->bare)
		said = SAY_N(s, "%1$s, %2$s of them without the client certificate that mutual TLS asks for",
		    "%1$s, %2$s of them without the client certificate that mutual TLS asks for", seen->bare, said, aud_say_number(s, seen->bare));
	if (seen->clear)
		said = seen->flows == 1 ? SAY(s, "%1$s, in clear text", said) : SAY(s, "%1$s, at least one of them in clear text", said);
	if (seen->weaker)
		said = seen->flows == 1 ? SAY(s, "%1$s, without the security of its rule", said)
					: SAY(s, "%1$s, at least one of them without the security of its rule", said);
	if (seen->shared)
		said = SAY_N(s, "%1$s, %2$s of which fit other rows as well", "%1$s, %2$s of which fit other rows as well", seen->shared, said,
		    aud_say_number(s, seen->shared));
	return SAY(s, "%1$s.", said);
}

static const struct aud_said *
say_attempted(struct aud_say *s, const struct seen *seen)
{
	const struct aud_said *said = SAY_N(s, "Attempted in %1$s flow", "Attempted in %1$s flows", seen->attempts, aud_say_number(s, seen->attempts));
	struct aud_said *how = aud_say_list(s);
	uint64_t rest = seen->attempts - seen->hung - seen->alerts;

	if (!seen->hung && !seen->alerts)
		return SAY(s, "%1$s, none answered.", said);
	if (seen->hung)
		aud_say_add(s, how, SAY_N(s, "%1$s connected, but the server sent no data", "%1$s connected, but the server sent no data", seen->hung,
		    aud_say_number(s, seen->hung)));
	if (seen->alerts)
		aud_say_add(s, how, SAY_N(s, "%1$s refused by a fatal TLS alert instead of a ServerHello",
		    "%1$s refused by a fatal TLS alert instead of a ServerHello", seen->alerts, aud_say_number(s, seen->alerts)));
	if (seen->attempts > seen->hung + seen->alerts)
		aud_say_add(s, how, SAY_N(s, "%1$s not connected", "%1$s not connected", rest, aud_say_number(s, rest)));
	return SAY(s, "%1$s, none with success: %2$s.", said, how);
}

static enum aud_code
assess(const struct docket *d, const struct aud_rule *r, const struct seen *s, struct answer *a, struct aud_err *err)
{
	struct aud_say say = {0};
	const struct aud_said *said;

	*a = (struct answer){0};
	if (s->flows) {
		*a = (struct answer){AUD_STATE_OBSERVED, s->flows, s->first_ns, s->last_ns, NULL, NULL};
		said = say_observed(&say, s);
	} else if (s->port_only) {
		*a = (struct answer){AUD_STATE_INCONCLUSIVE, s->port_only, s->at_first_ns, s->at_last_ns, NULL, NULL};
		said = SAY_N(&say, "%1$s flow on its port, but nothing in them shows the protocol.",
		    "%1$s flows on its port, but nothing in them shows the protocol.", s->port_only, aud_say_number(&say, s->port_only));
	} else if (s->attempts) {
		*a = (struct answer){AUD_STATE_ATTEMPTED, s->attempts, s->at_first_ns, s->at_last_ns, NULL, NULL};
		said = say_attempted(&say, s);
	} else if (s->unheard) {
		*a = (struct answer){AUD_STATE_INCONCLUSIVE, s->unheard, s->at_first_ns, s->at_last_ns, NULL, NULL};
		said = SAY_N(&say, "%1$s flow asked, and no answer was captured; one may have passed out of the capture's sight.",
		    "%1$s flows asked, and no answer was captured; one may have passed out of the capture's sight.", s->unheard,
		    aud_say_number(&say, s->unheard));
	} else if (!(r->exempt && ipsec_row_shown(d, r)) && (said = not_applicable(d, r, &say)))
		a->state = AUD_STATE_NOT_APPLICABLE;
	else if (r->exempt)
		said = ipsec_row(d, r, &a->state, &a->flows, &a->first_ns, &a->last_ns, &say);
	else
		said = unseen(d, r, &a->state, &say);
	return aud_say_end(&say, said, &a->reason, &a->said, err);
}

/* A rule of the row; one that only follows from the row tells of it where no other does. */
static bool
counts(const struct aud_matrix *m, const struct aud_row *row, size_t k)
{
	bool printed = false;

	for (size_t i = 0; i < row->nrules; i++)
		printed |= !m->rules[row->rules[i]].implied;
	return !printed || !m->rules[row->rules[k]].implied;
}

/* Of several rules of a row: what was seen counts before what was not, and of that a loss before a doubt. */
static int
rank(enum aud_state s)
{
	switch (s) {
	case AUD_STATE_OBSERVED: return 0;
	case AUD_STATE_ATTEMPTED: return 1;
	case AUD_STATE_MISSING: return 2;
	case AUD_STATE_INCONCLUSIVE: return 3;
	case AUD_STATE_NOT_OBSERVED: return 4;
	case AUD_STATE_NOT_APPLICABLE: return 5;
	case AUD_STATE_BLANK:
	case AUD_STATE_STATEMENT: break;
	}
	return 6;
}

static const char *
fixed(const struct aud_trial *t, const struct aud_row *row, enum aud_state *state)
{
	if (row->kind == AUD_ROW_BLANK) {
		*state = AUD_STATE_BLANK;
		return N_("The document prints this row without content.");
	}
	if (row->kind == AUD_ROW_STATEMENT) {
		*state = AUD_STATE_STATEMENT;
		return N_("A statement of the text, not a row of ports.");
	}
	*state = AUD_STATE_NOT_APPLICABLE;
	if (t->site && !aud_document_applies(t->matrix, row->document, t->site))
		return N_("The document is not one of this site's product or of its additional documents.");
	*state = AUD_STATE_INCONCLUSIVE;
	if (!t->site)
		return N_("Without a site file no host has a role, so no row can be recognised.");
	return row->nrules ? NULL : N_("No rule was derived from this row.");
}

static enum aud_code
state_of(const struct aud_trial *t, unsigned index, const struct answer *answers, struct aud_row_state *s,
    struct aud_err *err)
{
	const struct aud_row *row = &t->matrix->rows[index];
	const struct answer *best = NULL;
	const char *text = fixed(t, row, &s->state);
	struct aud_say say = {0};

	s->row = index;
	if (text)
		return aud_say_end(&say, aud_say_message(&say, text), &s->reason, &s->said, err);
	for (size_t k = 0; k < row->nrules; k++)
		if (counts(t->matrix, row, k) && (!best || rank(answers[row->rules[k]].state) < rank(best->state)))
			best = &answers[row->rules[k]];
	s->state = best->state;
	s->flows = best->flows;
	s->first_ns = best->first_ns;
	s->last_ns = best->last_ns;
	return (s->reason = strdup(best->reason)) && (s->said = strdup(best->said)) ? AUD_OK : aud_nomem(err);
}

enum aud_code
docket_states(struct docket *d, struct aud_err *err)
{
	struct aud_trial *t = d->trial;
	const struct aud_matrix *m = t->matrix;
	struct answer *answers = NULL;
	struct seen *seen = NULL;
	enum aud_code rc = AUD_OK;

	if (!m || !m->nrows)
		return AUD_OK;
	t->states = calloc(m->nrows, sizeof *t->states);
	answers = calloc(m->nrules + 1, sizeof *answers);
	seen = calloc(m->nrules + 1, sizeof *seen);
	if (!t->states || !answers || !seen) {
		rc = aud_nomem(err);
		goto out;
	}
	if (t->site) {
		credit_all(d, seen);
		for (size_t i = 0; i < m->nrules; i++)
			if ((rc = assess(d, &m->rules[i], &seen[i], &answers[i], err)) != AUD_OK)
				goto out;
	}
	for (unsigned i = 0; i < m->nrows; i++) {
		t->nstates = i + 1;
		if ((rc = state_of(t, i, answers, &t->states[i], err)) != AUD_OK)
			goto out;
	}
out:
	for (size_t i = 0; answers && i < m->nrules; i++) {
		free(answers[i].reason);
		free(answers[i].said);
	}
	free(answers);
	free(seen);
	return rc;
}
