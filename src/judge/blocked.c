/*
 * blocked-flow: documented, attempted, and never answered on that client, server and port; or connected, and nothing came
 * of it. How it was refused is said; where nobody answered, so is whether the capture could have shown an answer.
 */
#include <inttypes.h>

#include "docket.h"

struct tries {
	uint64_t rst, icmp, filtered, silent, hung, alerts, first_ns, last_ns;
};

static struct tries
count(const struct talk *talk)
{
	struct tries t = {0};

	for (size_t i = 0; i < talk->n; i++) {
		const struct aud_conv *v = talk->cases[i].conv;

		t.rst += v->refused_rst;
		t.filtered += v->filtered_icmp;
		t.icmp += v->refused_icmp > v->filtered_icmp ? v->refused_icmp - v->filtered_icmp : 0;
		t.silent += v->unanswered;
		if (!t.first_ns || v->first_ns < t.first_ns)
			t.first_ns = v->first_ns;
		if (v->last_ns > t.last_ns)
			t.last_ns = v->last_ns;
		if (case_hung(&talk->cases[i]))
			t.hung += v->with_data[0];
		else if (case_turned_down(&talk->cases[i]))
			t.alerts += v->hellos;
	}
	/* A flow that ICMP refused is also one in which only the client sent. */
	t.silent = t.silent > t.icmp + t.filtered ? t.silent - t.icmp - t.filtered : 0;
	return t;
}

/* Connected, and nothing came of it. */
static bool
in_vain(const struct aud_case *c)
{
	return case_hung(c) || case_turned_down(c);
}

/* The documented attempt that the finding is about; NULL where some of the talk was more than an attempt, or nothing is
 * documented. */
static const struct aud_case *
told_here(const struct docket *d, const struct talk *talk)
{
	const struct aud_case *best = NULL;

	for (size_t i = 0; i < talk->n; i++) {
		const struct aud_case *c = &talk->cases[i];
		const struct aud_rule *r = case_rule(d, c);

		if (d->scanned[talk->first + i] || c->noise || !(case_attempt(c) || in_vain(c)))
			return NULL;
		/* What did not fit the row besides is told for itself. */
		if (!case_attempt(c) && c->ruling->verdict.failed != AUD_STEP_NONE)
			continue;
		/* Checks of candidate addresses for media need not be answered (RFC 8445). */
		if (c->ruling->verdict.answer == AUD_DOCUMENTED && !c->ruling->verdict.swapped && r && !r->media && !best)
			best = c;
	}
	return best;
}

static void
add(struct aud_say *s, struct aud_said *list, uint64_t n, struct aud_said *said)
{
	if (n)
		aud_say_add(s, list, said);
}

/* "2 refused by RST, 1 unanswered" */
static const struct aud_said *
say_how(struct aud_say *s, const struct tries *t)
{
	struct aud_said *list = aud_say_list(s);

	add(s, list, t->rst, SAY_N(s, "%1$s refused by RST", "%1$s refused by RST", t->rst, aud_say_number(s, t->rst)));
	add(s, list, t->filtered, SAY_N(s, "%1$s refused by ICMP as administratively prohibited",
	    "%1$s refused by ICMP as administratively prohibited", t->filtered, aud_say_number(s, t->filtered)));
	add(s, list, t->icmp, SAY_N(s, "%1$s refused by ICMP as unreachable", "%1$s refused by ICMP as unreachable", t->icmp,
	    aud_say_number(s, t->icmp)));
	add(s, list, t->silent, SAY_N(s, "%1$s unanswered", "%1$s unanswered", t->silent, aud_say_number(s, t->silent)));
	add(s, list, t->alerts, SAY_N(s, "%1$s refused by a fatal TLS alert instead of a ServerHello",
	    "%1$s refused by a fatal TLS alert instead of a ServerHello", t->alerts, aud_say_number(s, t->alerts)));
	add(s, list, t->hung, SAY_N(s, "%1$s connected, but the server sent no data before the connection ended",
	    "%1$s connected, but the server sent no data before the connection ended", t->hung, aud_say_number(s, t->hung)));
	return list;
}

/* What was tried, what it is by the documents, and what became of it. */
static const struct aud_said *
say_tried(struct aud_say *s, const struct docket *d, const struct aud_case *c, const struct tries *t)
{
	const struct aud_rule *r = case_rule(d, c);
	const struct aud_said *said;

	said = SAY(s, "%1$s tried %2$s of %3$s", say_host(s, d, &c->conv->client, &c->ruling->client),
	    say_port(s, c->conv->port, c->conv->proto), say_host(s, d, &c->conv->server, &c->ruling->server));
	said = say_tunnel(s, said, c);
	return r->inferred ? SAY(s, "%1$s, which the rule expects to be %2$s, and never succeeded: %3$s", said, say_rule(s, d, r), say_how(s, t))
			   : SAY(s, "%1$s, which the document lists as %2$s, and never succeeded: %3$s", said, say_rule(s, d, r), say_how(s, t));
}

static enum aud_code
tell(struct docket *d, const struct talk *talk, const struct aud_case *c, struct aud_err *err)
{
	struct tries tries = count(talk);
	bool spoke = docket_spoke(d, c->conv);
	bool refused = tries.rst || tries.icmp || tries.filtered || tries.alerts, fresh;
	bool heard = docket_sent(d, &c->conv->server), one_sided = docket_one_sided(d);
	/* Of a connection the last packets may be those that ask. */
	bool late = docket_late(d, tries.hung ? tries.last_ns : tries.first_ns, tries.last_ns);
	struct aud_finding *f = docket_find(d, AUD_KIND_BLOCKED_FLOW, c, &fresh);
	struct aud_say s = {0};
	const struct aud_said *said;

	if (!f)
		return aud_nomem(err);
	if (!fresh)
		return AUD_OK;
	for (size_t i = 0; i < talk->n; i++)
		if (&talk->cases[i] != c)
			finding_absorb(f, &talk->cases[i]);
	if (refused)
		f->certainty = tries.rst || tries.icmp || tries.filtered ? AUD_CERTAIN : AUD_STRONG; /* who sent an alert is not told */
	else if (late || !heard || one_sided)
		f->certainty = AUD_INDETERMINATE;
	else
		f->certainty = spoke && !tries.hung ? AUD_STRONG : AUD_PROBABLE; /* who ended it is not told */
	if (f->certainty == AUD_INDETERMINATE || c->ruling->verdict.condition_open)
		f->severity = AUD_LOW;
	said = say_tried(&s, d, c, &tries);
	if (!refused && late)
		said = SAY(&s, "%1$s; the capture ends, or falls silent, before an answer was due", said);
	else if (!refused && !heard)
		said = SAY(&s, "%1$s; nothing at all that this server sent was captured, so it may be down or out of the capture's sight", said);
	else if (!refused && one_sided)
		said = SAY(&s, "%1$s; the mirror shows one direction, so an answer may have passed unseen", said);
	return finding_reason(f, &s, say_doubt(&s, d, said, c), err);
}

enum aud_code
judge_blocked(struct docket *d, struct aud_err *err)
{
	struct talk talk;
	enum aud_code rc;

	for (size_t at = 0; docket_talk(d, &at, &talk);) {
		const struct aud_case *c = told_here(d, &talk);

		/* One direction only of these hosts: capture-one-way speaks of it, and an answer may have passed
		 * unseen. */
		if (c && !docket_one_way(d, c->conv) && (rc = tell(d, &talk, c, err)) != AUD_OK)
			return rc;
	}
	return AUD_OK;
}
