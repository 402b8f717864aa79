/*
 * Every row of every document gets a state. Of what was not seen, the first that explains it is said, in this order:
 *  1 not applicable: the document, the condition or the roles are not at this site
 *  2 the vantage cannot see these hosts
 *  3 the window is too short
 *  4 the capture is lossy
 *  5 nothing made the traffic necessary (on demand, optional, local)
 *  6 missing
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "docket.h"

/* What the cases say of one rule. */
struct seen {
	uint64_t flows, first_ns, last_ns; /* recognised and documented */
	uint64_t weaker;		   /* of these, without the printed security */
	uint64_t shared;		   /* of these, such that fit another rule as well */
	uint64_t port_only, attempts;
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

/* One side of a media stream is media; one side of anything else is an attempt. */
static void
credit(struct seen *s, const struct aud_case *c, bool media, bool shared)
{
	const struct aud_conv *v = c->conv;

	if (c->attempt_only || (case_attempt(c) && !media))
		s->attempts += v->flows;
	else if (c->verdict.certainty >= AUD_PORT_ONLY)
		s->port_only += v->flows;
	else {
		s->flows += v->flows;
		s->shared += shared ? v->flows : 0;
		s->weaker += c->verdict.failed == AUD_STEP_SECURITY ? v->flows : 0;
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
		const struct aud_verdict *v = &c->verdict;
		const struct aud_rule *best = case_rule(d, c);
		size_t n = 0;

		if (v->answer != AUD_DOCUMENTED || !best)
			continue;
		for (size_t k = 0; k < v->nrules; k++)
			n += ties(best, &t->matrix->rules[v->rules[k]], c->conv->port);
		for (size_t k = 0; k < v->nrules; k++)
			if (ties(best, &t->matrix->rules[v->rules[k]], c->conv->port))
				credit(&seen[v->rules[k]], c, best->media, n > 1);
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
		fprintf(w, "The row is no longer valid since %s.", r->until);
	else if (aud_rule_applies(t->matrix, r, t->site) == AUD_NO)
		fprintf(w, "The condition %s does not hold at this site.",
		    *r->condition ? r->condition : "of the document");
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

/* Steps 2 to 6. */
static enum aud_state
unseen(const struct docket *d, const struct aud_rule *r, FILE *w)
{
	const struct aud_trial *t = d->trial;
	const struct aud_coverage *cov = t->coverage;
	uint64_t window = cov->last_ns - cov->first_ns;
	uint64_t needed = r->absence == AUD_ABSENCE_PERIODIC ? WINDOW_PERIODIC_NS : WINDOW_STRONG_NS;
	bool timed = r->absence == AUD_ABSENCE_STRONG || r->absence == AUD_ABSENCE_PERIODIC;

	if (!docket_met(d, askers(t->site, r), r)) {
		fputs("No two-way traffic at all between ", w);
		say_roles(w, d, askers(t->site, r));
		fputs(askers(t->site, r) == (r->servers & declared(t->site)) ? " hosts" : " and ", w);
		if (askers(t->site, r) != (r->servers & declared(t->site)))
			say_roles(w, d, r->servers & declared(t->site));
		fputs(" was captured, so this vantage point may not see them.", w);
		return AUD_STATE_INCONCLUSIVE;
	}
	if (timed && aud_rule_applies(t->matrix, r, t->site) == AUD_UNKNOWN) {
		fprintf(w, "Not seen, and the site file leaves open whether %s holds.",
		    *r->condition ? r->condition : "its condition");
		return AUD_STATE_INCONCLUSIVE;
	}
	if (timed && window < needed) {
		fputs("Not seen, but the capture lasts only ", w);
		say_hours(w, window);
		fputs(" and at least ", w);
		say_hours(w, needed);
		fputs(" are needed to conclude anything.", w);
		return AUD_STATE_INCONCLUSIVE;
	}
	if (timed && (coverage_loss(cov) > LOSS_ABSENCE || cov->broken)) {
		if (cov->broken)
			fputs("Not seen, but an input breaks off.", w);
		else
			fprintf(w, "Not seen, but the capture lost about %u.%u %% of the packets.",
			    coverage_loss(cov) / 10, coverage_loss(cov) % 10);
		return AUD_STATE_INCONCLUSIVE;
	}
	switch (r->absence) {
	case AUD_ABSENCE_ON_DEMAND:
		fputs("Not seen; it occurs on demand only, and nothing shows that it was demanded.", w);
		return AUD_STATE_NOT_OBSERVED;
	case AUD_ABSENCE_PERIODIC:
		fputs("Not seen; it follows changes of the configuration, and nothing shows that there were any.", w);
		return AUD_STATE_NOT_OBSERVED;
	case AUD_ABSENCE_WEAK:
	case AUD_ABSENCE_NONE:
		fputs("Not seen; it is optional, local or rare, so nothing follows from that.", w);
		return AUD_STATE_NOT_OBSERVED;
	case AUD_ABSENCE_STRONG: break;
	}
	fputs("Not seen from ", w);
	say_roles(w, d, askers(t->site, r));
	fputs(" to ", w);
	say_roles(w, d, r->servers & declared(t->site));
	fputs(", although these talked to each other in the ", w);
	say_hours(w, window);
	fputs(" of the capture.", w);
	return AUD_STATE_MISSING;
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
		fprintf(say.w, "Seen in %" PRIu64 " flow%s", s->flows, s->flows == 1 ? "" : "s");
		if (s->weaker)
			fprintf(say.w, ", %" PRIu64 " of them without the security that is printed", s->weaker);
		if (s->shared)
			fprintf(say.w, ", %" PRIu64 " of which fit other rows as well", s->shared);
		fputs(".", say.w);
	} else if (s->port_only) {
		*a = (struct answer){AUD_STATE_INCONCLUSIVE, s->port_only, s->at_first_ns, s->at_last_ns, NULL};
		fprintf(say.w, "%" PRIu64 " flow%s on its port, but nothing in them shows the protocol.", s->port_only,
		    s->port_only == 1 ? "" : "s");
	} else if (s->attempts) {
		*a = (struct answer){AUD_STATE_ATTEMPTED, s->attempts, s->at_first_ns, s->at_last_ns, NULL};
		fprintf(
		    say.w, "Attempted in %" PRIu64 " flow%s, none answered.", s->attempts, s->attempts == 1 ? "" : "s");
	} else if (not_applicable(d, r, say.w))
		a->state = AUD_STATE_NOT_APPLICABLE;
	else if (r->exempt) {
		a->state = AUD_STATE_INCONCLUSIVE;
		fputs("The row asks that there be no IPsec, which this version does not assess.", say.w);
	} else
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
