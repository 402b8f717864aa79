/*
 * missing-flow: a rule whose rows are missing by their states: absence=strong, and nothing in the rule-out order
 * (states.c) explains the silence. One finding a rule, whatever the number of its rows.
 */
#include <string.h>

#include "docket.h"

static bool
missing(const struct aud_trial *t, const struct aud_rule *r, const struct aud_row_state **state)
{
	for (size_t i = 0; i < r->ncitations; i++)
		for (size_t k = 0; k < t->nstates; k++)
			if (t->states[k].row == r->citations[i] && t->states[k].state == AUD_STATE_MISSING) {
				*state = &t->states[k];
				return true;
			}
	return false;
}

enum aud_code
judge_missing(struct docket *d, struct aud_err *err)
{
	struct aud_trial *t = d->trial;

	for (size_t i = 0; i < t->matrix->nrules; i++) {
		const struct aud_rule *r = &t->matrix->rules[i];
		const struct aud_row_state *state;
		struct aud_finding seed = finding_seed(AUD_KIND_MISSING_FLOW), *f;
		struct aud_say s = {0};
		enum aud_code rc;
		bool fresh;

		if (r->absence != AUD_ABSENCE_STRONG || !missing(t, r, &state))
			continue;
		seed.client_roles = r->clients;
		seed.server_roles = r->servers;
		seed.port = r->nports && r->ports[0].lo == r->ports[0].hi ? r->ports[0].lo : -1;
		seed.proto = r->nprotos == 1 ? r->protos[0] : 0;
		seed.certainty = AUD_PROBABLE;
		if (!(f = docket_add(d, &seed, r->id, &fresh)) || !finding_cite(f, t, (int)i))
			return aud_nomem(err);
		/* The state's sentence without its full stop, then what was expected. */
		if ((rc = finding_reason(f, &s, SAY(&s, "%1$s: %2$s", aud_said_bare(aud_say_kept(&s, state->said, state->reason)), say_rule(&s, d, r)),
			 err)) != AUD_OK)
			return rc;
	}
	return AUD_OK;
}
