/*
 * blocked-flow: documented, attempted, and never answered on that client, server and port. How it was refused is said;
 * where nobody answered, so is whether the capture could have shown an answer.
 */
#include <inttypes.h>

#include "docket.h"

/* Retransmissions of a SYN leave after 1 and 3 seconds (RFC 6298, section 2); an answer this late after the capture's
 * end is not to be expected in it. */
#define ANSWER_WAIT_NS (3 * SECOND_NS)

struct tries {
	uint64_t rst, icmp, filtered, silent, first_ns;
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
	}
	/* A flow that ICMP refused is also one in which only the client sent. */
	t.silent = t.silent > t.icmp + t.filtered ? t.silent - t.icmp - t.filtered : 0;
	return t;
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

		if (d->scanned[talk->first + i] || c->noise || !case_attempt(c))
			return NULL;
		/* Checks of candidate addresses for media need not be answered (RFC 8445). */
		if (c->verdict.answer == AUD_DOCUMENTED && !c->verdict.swapped && r && !r->media && !best)
			best = c;
	}
	return best;
}

static void
say_how(FILE *w, const struct tries *t)
{
	const char *comma = "";

	if (t->rst) {
		fprintf(w, "%" PRIu64 " refused by RST", t->rst);
		comma = ", ";
	}
	if (t->filtered) {
		fprintf(w, "%s%" PRIu64 " refused by ICMP as administratively prohibited", comma, t->filtered);
		comma = ", ";
	}
	if (t->icmp) {
		fprintf(w, "%s%" PRIu64 " refused by ICMP as unreachable", comma, t->icmp);
		comma = ", ";
	}
	if (t->silent)
		fprintf(w, "%s%" PRIu64 " unanswered", comma, t->silent);
}

static enum aud_code
tell(struct docket *d, const struct talk *talk, const struct aud_case *c, struct aud_err *err)
{
	const struct aud_coverage *cov = d->trial->coverage;
	struct tries tries = count(talk);
	const struct pair *pair = docket_pair(d, &c->conv->client, &c->conv->server);
	bool refused = tries.rst || tries.icmp || tries.filtered, fresh;
	bool heard = docket_sent(d, &c->conv->server), one_sided = docket_one_sided(d);
	bool late = cov && cov->last_ns < tries.first_ns + ANSWER_WAIT_NS;
	struct aud_finding *f = docket_find(d, AUD_KIND_BLOCKED_FLOW, c, &fresh);
	struct say say;

	if (!f)
		return aud_nomem(err);
	if (!fresh)
		return AUD_OK;
	for (size_t i = 0; i < talk->n; i++)
		if (&talk->cases[i] != c)
			finding_absorb(f, &talk->cases[i]);
	if (refused)
		f->certainty = AUD_CERTAIN;
	else if (late || !heard || one_sided)
		f->certainty = AUD_INDETERMINATE;
	else
		f->certainty = pair && pair->two_way ? AUD_STRONG : AUD_PROBABLE;
	if (f->certainty == AUD_INDETERMINATE || c->verdict.condition_open)
		f->severity = AUD_LOW;
	if (!say_open(&say))
		return aud_nomem(err);
	say_host(say.w, d, &c->conv->client, &c->client);
	fputs(" tried ", say.w);
	say_port(say.w, c->conv->port, c->conv->proto);
	fputs(" of ", say.w);
	say_host(say.w, d, &c->conv->server, &c->server);
	fputs(case_rule(d, c)->inferred ? ", which the rule expects to be " : ", which the document lists as ", say.w);
	say_rule(say.w, d, case_rule(d, c));
	fputs(", and never succeeded: ", say.w);
	say_how(say.w, &tries);
	if (!refused && late)
		fputs("; the capture ends before an answer was due", say.w);
	else if (!refused && !heard)
		fputs("; nothing at all that this server sent was captured, so it may be down or out of the capture's "
		      "sight",
		    say.w);
	else if (!refused && one_sided)
		fputs("; the mirror shows one direction, so an answer may have passed unseen", say.w);
	say_doubt(say.w, d, c);
	fputs(".", say.w);
	return say_close(&say, &f->reason, err);
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
