/*
 * wrong-protocol: roles, direction, transport and port are documented, and the payload was recognised as something
 * else.
 *
 * A guess by port is no evidence. In a media range no port belongs to media alone (it is also the range of ephemeral
 * ports), so another protocol there is an undocumented flow, not a wrong one.
 */
#include "docket.h"

bool
wrong_protocol(const struct docket *d, const struct aud_case *c)
{
	const struct aud_rule *r = case_rule(d, c);

	return c->verdict.answer == AUD_PAIR_KNOWN && c->verdict.failed == AUD_STEP_APP && case_recognised(c) && r &&
	       !r->media && !r->evidence && !c->attempt_only && !c->noise && c->verdict.certainty != AUD_INDETERMINATE;
}

enum aud_code
judge_protocol(struct docket *d, struct aud_err *err)
{
	const struct aud_trial *t = d->trial;

	for (size_t i = 0; i < t->ncases; i++) {
		const struct aud_case *c = &t->cases[i];
		const struct aud_rule *r = case_rule(d, c);
		struct aud_finding *f;
		struct say say;
		enum aud_code rc;
		bool fresh;

		if (!wrong_protocol(d, c))
			continue;
		if (!(f = docket_find(d, AUD_KIND_WRONG_PROTOCOL, c, &fresh)))
			return aud_nomem(err);
		if (!fresh)
			continue;
		f->certainty = c->conv->app.by == AUD_BY_OWN ? AUD_CERTAIN : AUD_STRONG;
		finding_doubt(f, c);
		finding_inferred(f, r);
		if (!say_open(&say))
			return aud_nomem(err);
		say_seen(say.w, d, c);
		fprintf(say.w, ", where %s ", rule_verb(r));
		say_rule(say.w, d, r);
		say_doubt(say.w, d, c);
		fputs(".", say.w);
		if ((rc = say_close(&say, &f->reason, err)) != AUD_OK)
			return rc;
	}
	return AUD_OK;
}
