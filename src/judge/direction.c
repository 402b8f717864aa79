/*
 * wrong-direction: the roles and the port are documented the other way round. Only where the packets show who began
 * (SYN, SYN-ACK or the dissector); an inferred direction raises nothing of the kind.
 */
#include <string.h>

#include "docket.h"

/* Nothing else was recognised than what the rule lists. */
static bool
fits(const struct aud_rule *r, const struct aud_case *c)
{
	if (!case_recognised(c) || !r->napps)
		return true;
	for (size_t i = 0; i < r->napps; i++) {
		size_t n = strlen(r->apps[i]);

		if (!strncmp(c->ruling->app, r->apps[i], n) && (!c->ruling->app[n] || c->ruling->app[n] == '.'))
			return true;
		if (!strcmp(r->apps[i], "SIP") && case_is_tls(c))
			return true; /* SIP over TLS */
	}
	return false;
}

bool
wrong_direction(const struct docket *d, const struct aud_case *c)
{
	const struct aud_rule *r = case_rule(d, c);

	return c->ruling->verdict.answer == AUD_PAIR_KNOWN && c->ruling->verdict.failed == AUD_STEP_DIRECTION && case_directed(c) && !case_lone_answer(c) &&
	       r && !c->noise && !c->attempt_only && rule_width(r, c->conv->port) &&
	       rule_port(r, c->conv->port, c->conv->proto) && !aud_rule_wants_evidence(r) && fits(r, c) &&
	       aud_rule_applies(d->trial->matrix, r, d->trial->site) != AUD_NO;
}

enum aud_code
judge_direction(struct docket *d, struct aud_err *err)
{
	const struct aud_trial *t = d->trial;

	for (size_t i = 0; i < t->ncases; i++) {
		const struct aud_case *c = &t->cases[i];
		struct aud_finding *f;
		struct say say;
		enum aud_code rc;
		bool fresh;

		if (!wrong_direction(d, c))
			continue;
		if (!(f = docket_find(d, AUD_KIND_WRONG_DIRECTION, c, &fresh)))
			return aud_nomem(err);
		if (!fresh)
			continue;
		f->certainty = c->conv->direction == AUD_DIR_DISSECTOR ? AUD_STRONG : AUD_CERTAIN;
		if (!say_open(&say))
			return aud_nomem(err);
		say_seen(say.w, d, c);
		fputs(", where the document lists ", say.w);
		say_rule(say.w, d, case_rule(d, c));
		fputs(" from ", say.w);
		say_roles(say.w, d, c->ruling->server.roles);
		fputs(" to ", say.w);
		say_roles(say.w, d, c->ruling->client.roles);
		fputs(" only.", say.w);
		if ((rc = say_close(&say, &f->reason, err)) != AUD_OK)
			return rc;
	}
	return AUD_OK;
}
