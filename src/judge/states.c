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
	char *reason;
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

static void
say_hours(FILE *w, uint64_t ns)
{
	uint64_t s = ns / SECOND_NS;

	if (s >= 7200)
		fprintf(w, "%" PRIu64 ".%" PRIu64 " hours", s / 3600, s % 3600 / 360);
	else if (s >= 120)
		fprintf(w, "%" PRIu64 " minutes", s / 60);
	else
		fprintf(w, "%" PRIu64 " seconds", s);
}

/* Step 1 for a rule; false: it applies. */
static bool
not_applicable(const struct docket *d, const struct aud_rule *r, FILE *w)
{
	const struct aud_trial *t = d->trial;
	aud_roles have = declared(t->site), lack = (r->clients_all | r->servers_all) & ~have;

	if (r->until && *r->until && t->today && strcmp(r->until, t->today) < 0)
		fprintf(w, "The row is no longer valid since %s%s%s.", r->until, r->exception && *r->exception ? ", except " : "",
		    r->exception ? r->exception : "");
	else if (aud_rule_applies(t->matrix, r, t->site) == AUD_NO)
		fprintf(w, "The rule drawn from this row is in force only where %s, and the site file says no.",
		    *r->condition ? r->condition : "its document counts");
	else if (!(r->servers & have) || !(r->clients & have)) {
		fputs("The site file declares no ", w);
		say_roles(w, d, r->servers & have ? r->clients : r->servers);
		fputs(".", w);
	} else if (lack) {
		fputs("The site file declares no ", w);
		say_roles(w, d, lack);
		fputs(".", w);
	} else
		return false;
	return true;
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
static void
say_one_of(FILE *w, const struct docket *d, aud_roles roles)
{
	while (roles) {
		aud_roles first = roles & -roles;

		say_roles(w, d, first);
		roles &= ~first;
		fputs(!roles ? "" : roles & (roles - 1) ? ", " : " or ", w);
	}
}

static void
say_between(FILE *w, const struct docket *d, aud_roles from, aud_roles to)
{
	fputs(from == to ? "among " : "from ", w);
	say_one_of(w, d, from);
	fputs(from == to ? " hosts" : " to ", w);
	if (from != to)
		say_one_of(w, d, to);
}

/* The capture point has these hosts in sight. */
static bool
out_of_sight(const struct docket *d, const struct aud_rule *r, FILE *w)
{
	const struct aud_site *site = d->trial->site;
	aud_roles from = askers(site, r), to = r->servers & declared(site);
	uint64_t period;

	if (docket_met(d, from, r, &period))
		return false;
	fputs("No two-way traffic over TCP or UDP ", w);
	say_between(w, d, from, to);
	fputs(" was captured, so this vantage point may not see them.", w);
	return true;
}

/* It has them in sight now and then only: one meeting may have taken another way than the next. */
static bool
glimpsed(const struct docket *d, const struct aud_rule *r, FILE *w)
{
	const struct aud_site *site = d->trial->site;
	aud_roles from = askers(site, r), to = r->servers & declared(site);
	uint64_t period, least = needed(r) / SIGHT_PART;

	if (!timed(r) || !docket_met(d, from, r, &period) || period >= least)
		return false;
	fputs("Not seen, but all two-way traffic over TCP or UDP ", w);
	say_between(w, d, from, to);
	fputs(" falls within ", w);
	say_hours(w, period);
	fputs(", and at least ", w);
	say_hours(w, least);
	fputs(" from the first to the last are needed to conclude anything.", w);
	return true;
}

static bool
left_open(const struct docket *d, const struct aud_rule *r, FILE *w)
{
	if (!timed(r) || aud_rule_applies(d->trial->matrix, r, d->trial->site) != AUD_UNKNOWN)
		return false;
	fprintf(w, "Not seen, and the site file leaves open whether %s holds.", *r->condition ? r->condition : "its condition");
	return true;
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
static bool
balanced(const struct docket *d, const struct aud_rule *r, FILE *w)
{
	const struct aud_trial *t = d->trial;
	aud_roles have = declared(t->site), before = balancers(r->servers & have);
	bool taken = false;

	if (!timed(r) || !r->nports || r->servers & before)
		return false;
	for (size_t i = 0; i < t->matrix->nrules && !taken; i++) {
		const struct aud_rule *o = &t->matrix->rules[i];

		taken = o->servers != AUD_ROLES_ANY && o->servers & before && rule_width(o, r->ports[0].lo) &&
			aud_rule_applies(t->matrix, o, t->site) != AUD_NO;
	}
	if (!taken)
		return false;
	fputs(have & before ? "Not seen, but a load balancer stands before these servers and takes the same port: what they were "
	    "asked may have come by way of it." : "Not seen, and the site file names no load balancer of these servers, nor says that there "
	    "is none: what they were asked may have come by way of one.", w);
	return true;
}

static bool
filtered(const struct docket *d, const struct aud_rule *r, FILE *w)
{
	if (!timed(r) || !d->trial->filter)
		return false;
	fputs("Not seen, but a filter left packets out.", w);
	return true;
}

static bool
hidden(const struct docket *d, const struct aud_rule *r, FILE *w)
{
	if (!timed(r) || !ipsec_hides(d, askers(d->trial->site, r), r))
		return false;
	fputs("Not seen, but encrypted IPsec of such hosts was, and what it carries is hidden.", w);
	return true;
}

static bool
too_short(const struct docket *d, const struct aud_rule *r, FILE *w)
{
	if (!timed(r) || d->watched_ns >= needed(r))
		return false;
	fputs("Not seen, but the capture lasts only ", w);
	say_hours(w, d->watched_ns);
	fputs(" and at least ", w);
	say_hours(w, needed(r));
	fputs(" are needed to conclude anything.", w);
	return true;
}

static bool
broken(const struct docket *d, const struct aud_rule *r, FILE *w)
{
	const struct aud_coverage *c = d->trial->coverage;

	if (!timed(r) || !(c->broken || c->interrupted || c->evicted_flows || c->dropped_flows))
		return false;
	fputs(c->interrupted ? "Not seen, but the audit was interrupted before the end of its inputs." :
		c->broken ? "Not seen, but an input breaks off." :
	    c->dropped_flows ? "Not seen, but flows were left out for want of memory." :
	    "Not seen, but flows were ended early for want of memory.", w);
	return true;
}

static bool
lossy(const struct docket *d, const struct aud_rule *r, FILE *w)
{
	unsigned loss = coverage_loss(d->trial->coverage);

	if (!timed(r) || loss <= LOSS_ABSENCE)
		return false;
	fprintf(w, "Not seen, but the capture lost about %u.%u %% of the packets.", loss / 10, loss % 10);
	return true;
}

static bool
undecoded(const struct docket *d, const struct aud_rule *r, FILE *w)
{
	const struct aud_coverage *c = d->trial->coverage;
	unsigned share = c->frames ? (unsigned)(c->undecoded * 1000 / c->frames) : 0;

	if (!timed(r) || share <= LOSS_ABSENCE)
		return false;
	fprintf(w, "Not seen, but %u.%u %% of the frames could not be decoded.", share / 10, share % 10);
	return true;
}

static bool
one_sided(const struct docket *d, const struct aud_rule *r, FILE *w)
{
	if (!timed(r) || !docket_one_sided(d))
		return false;
	fputs("Not seen, but the mirror shows one direction.", w);
	return true;
}

/* Nothing made it necessary. */
static bool
idle(const struct docket *d, const struct aud_rule *r, FILE *w)
{
	(void)d;
	switch (r->absence) {
	case AUD_ABSENCE_ON_DEMAND:
		fputs("Not seen; it occurs on demand only, and nothing shows that it was demanded.", w);
		return true;
	case AUD_ABSENCE_PERIODIC:
		fputs("Not seen; it follows changes of the configuration, and nothing shows that there were any.", w);
		return true;
	case AUD_ABSENCE_WEAK:
	case AUD_ABSENCE_NONE:
		fputs("Not seen; it is optional, local or rare, so nothing follows from that.", w);
		return true;
	case AUD_ABSENCE_STRONG: break;
	}
	return false;
}

/* In the order of spanaudit(1): the first that explains the silence says so. */
static const struct {
	bool (*explains)(const struct docket *, const struct aud_rule *, FILE *);
	enum aud_state state;
} reasons[] = {
    {out_of_sight, AUD_STATE_INCONCLUSIVE}, {left_open, AUD_STATE_INCONCLUSIVE}, {balanced, AUD_STATE_INCONCLUSIVE},
    {filtered, AUD_STATE_INCONCLUSIVE}, {hidden, AUD_STATE_INCONCLUSIVE},
    {too_short, AUD_STATE_INCONCLUSIVE}, {broken, AUD_STATE_INCONCLUSIVE}, {lossy, AUD_STATE_INCONCLUSIVE},
    {undecoded, AUD_STATE_INCONCLUSIVE}, {one_sided, AUD_STATE_INCONCLUSIVE}, {glimpsed, AUD_STATE_INCONCLUSIVE},
    {idle, AUD_STATE_NOT_OBSERVED},
};

static enum aud_state
unseen(const struct docket *d, const struct aud_rule *r, FILE *w)
{
	const struct aud_site *site = d->trial->site;

	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].explains(d, r, w))
			return reasons[i].state;
	fputs("Not seen from ", w);
	say_roles(w, d, askers(site, r));
	fputs(" to ", w);
	say_roles(w, d, r->servers & declared(site));
	fputs(", although these talked to each other in the ", w);
	say_hours(w, d->watched_ns);
	fputs(" that were captured.", w);
	return AUD_STATE_MISSING;
}

static void
say_observed(FILE *w, const struct seen *s)
{
	fprintf(w, "Seen in %" PRIu64 " flow%s", s->flows, s->flows == 1 ? "" : "s");
	if (s->bare)
		fprintf(w, ", %" PRIu64 " of them without the client certificate that mutual TLS asks for", s->bare);
	if (s->clear)
		fprintf(w, ", %s clear text", s->flows == 1 ? "in" : "at least one of them in");
	if (s->weaker)
		fprintf(w, ", %swithout the security of its rule", s->flows == 1 ? "" : "at least one of them ");
	if (s->shared)
		fprintf(w, ", %" PRIu64 " of which fit other rows as well", s->shared);
	fputs(".", w);
}

static void
say_attempted(FILE *w, const struct seen *s)
{
	fprintf(w, "Attempted in %" PRIu64 " flow%s, ", s->attempts, s->attempts == 1 ? "" : "s");
	if (!s->hung && !s->alerts)
		fputs("none answered.", w);
	else {
		fputs("none with success: ", w);
		if (s->hung)
			fprintf(w, "%" PRIu64 " connected, but the server sent no data", s->hung);
		if (s->alerts)
			fprintf(w, "%s%" PRIu64 " refused by a fatal TLS alert instead of a ServerHello", s->hung ? ", " : "", s->alerts);
		if (s->attempts > s->hung + s->alerts)
			fprintf(w, ", %" PRIu64 " not connected", s->attempts - s->hung - s->alerts);
		fputs(".", w);
	}
}

static enum aud_code
assess(const struct docket *d, const struct aud_rule *r, const struct seen *s, struct answer *a, struct aud_err *err)
{
	struct say say;

	*a = (struct answer){0};
	if (!say_open(&say))
		return aud_nomem(err);
	if (s->flows) {
		*a = (struct answer){AUD_STATE_OBSERVED, s->flows, s->first_ns, s->last_ns, NULL};
		say_observed(say.w, s);
	} else if (s->port_only) {
		*a = (struct answer){AUD_STATE_INCONCLUSIVE, s->port_only, s->at_first_ns, s->at_last_ns, NULL};
		fprintf(say.w, "%" PRIu64 " flow%s on its port, but nothing in them shows the protocol.", s->port_only,
		    s->port_only == 1 ? "" : "s");
	} else if (s->attempts) {
		*a = (struct answer){AUD_STATE_ATTEMPTED, s->attempts, s->at_first_ns, s->at_last_ns, NULL};
		say_attempted(say.w, s);
	} else if (s->unheard) {
		*a = (struct answer){AUD_STATE_INCONCLUSIVE, s->unheard, s->at_first_ns, s->at_last_ns, NULL};
		fprintf(say.w, "%" PRIu64 " flow%s asked, and no answer was captured; one may have passed out of the capture's sight.",
		    s->unheard, s->unheard == 1 ? "" : "s");
	} else if (!(r->exempt && ipsec_row_shown(d, r)) && not_applicable(d, r, say.w))
		a->state = AUD_STATE_NOT_APPLICABLE;
	else if (r->exempt)
		a->state = ipsec_row(d, r, &a->flows, &a->first_ns, &a->last_ns, say.w);
	else
		a->state = unseen(d, r, say.w);
	return say_close(&say, &a->reason, err);
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
		return "The document prints this row without content.";
	}
	if (row->kind == AUD_ROW_STATEMENT) {
		*state = AUD_STATE_STATEMENT;
		return "A statement of the text, not a row of ports.";
	}
	*state = AUD_STATE_NOT_APPLICABLE;
	if (t->site && !aud_document_applies(t->matrix, row->document, t->site))
		return "The document is not one of this site's product or of its additional documents.";
	*state = AUD_STATE_INCONCLUSIVE;
	if (!t->site)
		return "Without a site file no host has a role, so no row can be recognised.";
	return row->nrules ? NULL : "No rule was derived from this row.";
}

static enum aud_code
state_of(const struct aud_trial *t, unsigned index, const struct answer *answers, struct aud_row_state *s,
    struct aud_err *err)
{
	const struct aud_row *row = &t->matrix->rows[index];
	const char *text = fixed(t, row, &s->state);

	s->row = index;
	if (!text) {
		const struct answer *best = NULL;

		for (size_t k = 0; k < row->nrules; k++)
			if (counts(t->matrix, row, k) &&
			    (!best || rank(answers[row->rules[k]].state) < rank(best->state)))
				best = &answers[row->rules[k]];
		s->state = best->state;
		s->flows = best->flows;
		s->first_ns = best->first_ns;
		s->last_ns = best->last_ns;
		text = best->reason;
	}
	return (s->reason = strdup(text)) ? AUD_OK : aud_nomem(err);
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
	for (size_t i = 0; answers && i < m->nrules; i++)
		free(answers[i].reason);
	free(answers);
	free(seen);
	return rc;
}
