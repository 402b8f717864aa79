/*
 * wrong-protocol: roles, direction, transport and port are documented, and the payload was recognised as something
 * else.
 *
 * Of a connection whose begin was not captured, nDPI alone knows some bytes in the middle of a stream, and random ones fit
 * one of its short patterns now and then: that is said, and no alarm.
 * A guess by port is no evidence. In a media range no port belongs to media alone (it is also the range of ephemeral
 * ports), so another protocol there is an undocumented flow, not a wrong one.
 */
#include "docket.h"

bool
wrong_protocol(const struct docket *d, const struct aud_case *c)
{
	const struct aud_rule *r = case_rule(d, c);

	return c->ruling->verdict.answer == AUD_PAIR_KNOWN && c->ruling->verdict.failed == AUD_STEP_APP && case_recognised(c) && r &&
	       !aud_rule_wants_evidence(r) && !c->attempt_only && !c->noise && c->ruling->verdict.certainty != AUD_INDETERMINATE;
}

/* One weak sign: no flow of it was seen from its begin, and no parser of our own knows it. */
static bool
weak(const struct aud_case *c)
{
	const struct aud_conv *v = c->conv;

	return v->app.by == AUD_BY_DPI && v->proto == PROTO_TCP && v->midstream >= v->flows;
}

enum aud_code
judge_protocol(struct docket *d, struct aud_err *err)
{
	const struct aud_trial *t = d->trial;

	for (size_t i = 0; i < t->ncases; i++) {
		const struct aud_case *c = &t->cases[i];
		const struct aud_rule *r = case_rule(d, c);
		struct aud_finding *f;
		struct aud_say s = {0};
		const struct aud_said *said;
		enum aud_code rc;
		bool fresh;

		if (!wrong_protocol(d, c))
			continue;
		if (!(f = docket_find(d, AUD_KIND_WRONG_PROTOCOL, c, &fresh)))
			return aud_nomem(err);
		if (!fresh)
			continue;
		f->certainty = c->conv->app.by == AUD_BY_OWN ? AUD_CERTAIN : AUD_STRONG;
		if (weak(c)) {
			f->certainty = AUD_PROBABLE;
			f->severity = AUD_LOW;
		}
		finding_doubt(f, c);
		finding_inferred(f, r);
		said = say_where(&s, d, say_seen(&s, d, c), r);
		if (weak(c))
			said = SAY(&s, "%1$s; the begin of the connection was not captured, so this is one pattern in the middle of a stream, "
				       "and may be an accident", said);
		if ((rc = finding_reason(f, &s, say_doubt(&s, d, said, c), err)) != AUD_OK)
			return rc;
	}
	return AUD_OK;
}
