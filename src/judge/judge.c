/* The table of judges, their order, and the order of the findings. */
#include <stdlib.h>
#include <string.h>

#include "docket.h"

static const struct {
	enum aud_code (*run)(struct docket *, struct aud_err *);
	bool needs_roles; /* without a site file no host has a role, and nothing but the capture can be judged */
} judges[] = {
    {judge_capture, false},
    {judge_scan, true}, /* first of those that read cases: it takes attempts out of the others' hands */
    {judge_ipsec, true}, /* and this one what carries IPsec */
    {judge_undocumented, true}, {judge_unknown, true}, {judge_protocol, true}, {judge_cleartext, true},
    {judge_certificate, true}, {judge_tls, true}, {judge_direction, true}, {judge_blocked, true},
    {judge_obsolete, true}, {judge_missing, true}, /* reads the states of the rows */
};

bool
aud_trial_documented(const struct aud_trial *t)
{
	for (unsigned i = 0; t->matrix && i < t->matrix->ndocuments; i++)
		if (aud_document_applies(t->matrix, i, t->site))
			return true;
	return false;
}

/* Measured against no document all traffic would be undocumented. */
enum aud_code
aud_judge(struct aud_trial *t, struct aud_err *err)
{
	struct docket d;
	enum aud_code rc;

	if ((rc = docket_new(&d, t, err)) != AUD_OK || (rc = ipsec_new(&d, err)) != AUD_OK || (rc = docket_states(&d, err)) != AUD_OK)
		goto out;
	for (size_t i = 0; i < sizeof judges / sizeof *judges; i++) {
		if (judges[i].needs_roles && !(t->site && aud_trial_documented(t)))
			continue;
		if ((rc = judges[i].run(&d, err)) != AUD_OK)
			goto out;
	}
	if (t->nfindings)
		qsort(t->findings, t->nfindings, sizeof *t->findings, aud_finding_cmp);
	docket_waive(&d);
out:
	docket_clear(&d);
	return rc;
}

void
aud_trial_clear(struct aud_trial *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->nfindings; i++) {
		free(t->findings[i].reason);
		free(t->findings[i].said);
		free(t->findings[i].citations);
	}
	for (size_t i = 0; i < t->nstates; i++) {
		free(t->states[i].reason);
		free(t->states[i].said);
	}
	for (size_t i = 0; i < t->nipsec_roles; i++) {
		free(t->ipsec_roles[i].reason);
		free(t->ipsec_roles[i].said);
	}
	free(t->findings);
	free(t->states);
	free(t->ipsec_roles);
	t->findings = NULL;
	t->states = NULL;
	t->ipsec_roles = NULL;
	t->nfindings = t->cfindings = t->nstates = t->nipsec_roles = 0;
}
