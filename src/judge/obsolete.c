/*
 * obsolete-row: traffic after the day until which its row was valid (federation with Messenger ended, and its rows
 * remained printed). Dates of the traffic, not of today.
 */
#include <string.h>
#include <time.h>

#include "docket.h"

/* YYYY-MM-DD, UTC: text order is date order. */
static void
day(uint64_t ns, char out[16])
{
	time_t s = (time_t)(ns / SECOND_NS);
	struct tm tm;

	*out = '\0';
	if (gmtime_r(&s, &tm))
		strftime(out, 16, "%Y-%m-%d", &tm);
}

enum aud_code
judge_obsolete(struct docket *d, struct aud_err *err)
{
	const struct aud_trial *t = d->trial;

	for (size_t i = 0; i < t->ncases; i++) {
		const struct aud_case *c = &t->cases[i];
		const struct aud_rule *r = case_rule(d, c);
		struct aud_finding *f;
		struct aud_say s = {0};
		const struct aud_said *said;
		enum aud_code rc;
		char last[16];
		bool fresh;

		day(c->conv->last_ns, last);
		if (c->ruling->verdict.answer != AUD_DOCUMENTED || c->attempt_only || !r || !r->until || !*r->until ||
		    strcmp(last, r->until) <= 0)
			continue;
		if (!(f = docket_find(d, AUD_KIND_OBSOLETE_ROW, c, &fresh)))
			return aud_nomem(err);
		if (!fresh)
			continue;
		finding_doubt(f, c);
		said = SAY(&s, "%1$s, which the document lists as %2$s, a row that was valid until %3$s", say_seen(&s, d, c), say_rule(&s, d, r),
		    aud_say_date(&s, r->until));
		if (r->exception && *r->exception)
			said = SAY(&s, "%1$s, and %2$s is still", said, aud_say_message(&s, r->exception));
		if ((rc = finding_reason(f, &s, said, err)) != AUD_OK)
			return rc;
	}
	return AUD_OK;
}
