/*
 * cleartext: the flow is documented, its payload is readable, and the row prints TLS or MTLS (high). Where its row
 * prints only "TCP", it is against another row: one of the same port that prints more (5070 of the Mediation Server),
 * or that of 5061, which says that SIP between servers is mutual TLS (low).
 */
#include "docket.h"

enum { SIP_TLS = 5061 };

static bool
readable(const struct aud_case *c)
{
	return case_fact(c, AUD_FACT_SIP_CLEAR) || case_fact(c, AUD_FACT_HTTP_CLEAR) ||
	       (case_recognised(c) && !case_is_tls(c));
}

static bool
printed(const struct aud_rule *r)
{
	return r->security == AUD_SEC_TLS || r->security == AUD_SEC_MTLS || r->security == AUD_SEC_TLS_OR_MTLS;
}

/* The row that says that servers speak SIP over mutual TLS with each other, in a document that counts here. */
static int
sip_rule(const struct docket *d)
{
	const struct aud_matrix *m = d->trial->matrix;

	for (size_t i = 0; i < m->nrules; i++) {
		const struct aud_rule *r = &m->rules[i];

		if (!(r->servers & AUD_ROLE_BIT(AUD_ROLE_FRONT_END)) || r->security != AUD_SEC_MTLS || rule_width(r, SIP_TLS) != 1)
			continue;
		for (size_t k = 0; k < r->ncitations; k++)
			if (aud_document_applies(m, m->rows[r->citations[k]].document, d->trial->site))
				return (int)i;
	}
	return -1;
}

/* The rule that the clear text is against; -1 none. */
static int
against(const struct docket *d, const struct aud_case *c, int sip)
{
	const struct aud_rule *r = case_rule(d, c);

	if (c->ruling->verdict.answer != AUD_DOCUMENTED || c->attempt_only || !r || !readable(c))
		return -1;
	if (c->ruling->verdict.failed == AUD_STEP_SECURITY)
		return printed(r) ? (int)c->ruling->verdict.rules[0] : -1;
	if (c->ruling->verdict.weaker && c->ruling->verdict.sibling < d->trial->matrix->nrules &&
	    printed(&d->trial->matrix->rules[c->ruling->verdict.sibling]))
		return (int)c->ruling->verdict.sibling;
	if (r->security == AUD_SEC_UNSTATED && case_fact(c, AUD_FACT_SIP_CLEAR) && sip >= 0 &&
	    c->ruling->client.roles & aud_roles_servers() && c->ruling->server.roles & aud_roles_servers())
		return sip;
	return -1;
}

static const struct aud_said *
sentence(struct aud_say *s, const struct docket *d, const struct aud_case *c, const struct aud_rule *r, bool implied, bool sip)
{
	const struct aud_said *said = say_seen(s, d, c);

	/* The application tells of every flow, a fact of at least one. */
	if (c->conv->flows > 1 && (case_is_tls(c) || !case_recognised(c)))
		said = SAY(s, "%1$s in clear text in at least one of %2$s flows", said, aud_say_number(s, c->conv->flows));
	else
		said = SAY(s, "%1$s in clear text", said);
	if (implied && sip)
		said = SAY(s, "%1$s, where the document lists only the transport and requires mutual TLS for SIP between servers (%2$s)", said,
		    say_row(s, d, r));
	else if (implied)
		said = SAY(s, "%1$s, where the document also lists %2$s", said, say_rule(s, d, r));
	else
		said = say_where(s, d, said, r);
	return say_doubt(s, d, said, c);
}

enum aud_code
judge_cleartext(struct docket *d, struct aud_err *err)
{
	const struct aud_trial *t = d->trial;
	int sip = sip_rule(d);

	for (size_t i = 0; i < t->ncases; i++) {
		const struct aud_case *c = &t->cases[i];
		int rule = against(d, c, sip);
		bool implied = rule >= 0 && c->ruling->verdict.failed != AUD_STEP_SECURITY, fresh;
		struct aud_finding *f;
		struct aud_say s = {0};
		enum aud_code rc;

		if (rule < 0)
			continue;
		if (!(f = docket_find(d, AUD_KIND_CLEARTEXT, c, &fresh)))
			return aud_nomem(err);
		if (!fresh)
			continue;
		f->severity = implied ? AUD_LOW : AUD_HIGH;
		f->certainty =
		    case_fact(c, AUD_FACT_SIP_CLEAR) || case_fact(c, AUD_FACT_HTTP_CLEAR) ? AUD_CERTAIN : AUD_STRONG;
		finding_doubt(f, c);
		finding_inferred(f, &t->matrix->rules[rule]);
		if (implied && !finding_cite(f, t, rule))
			return aud_nomem(err);
		if ((rc = finding_reason(f, &s, sentence(&s, d, c, &t->matrix->rules[rule], implied, rule == sip), err)) != AUD_OK)
			return rc;
	}
	return AUD_OK;
}
