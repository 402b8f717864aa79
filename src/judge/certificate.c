/*
 * no-client-certificate: mutual TLS is documented for this client, and a handshake that was watched to its end had no
 * client certificate. TLS 1.3, resumed sessions and handshakes with gaps cannot tell, and a person's client owes none
 * (the row of 5061 in the table of clients prints MTLS against the introduction of the same document; see spanaudit(1)).
 */
#include "docket.h"

/* The rule that demands one: that of the verdict, or a stricter sibling of it; -1 none. */
static int
demanding(const struct docket *d, const struct aud_case *c)
{
	if (c->ruling->verdict.answer != AUD_DOCUMENTED || !case_rule(d, c))
		return -1;
	if (c->ruling->verdict.failed == AUD_STEP_SECURITY)
		return (int)c->ruling->verdict.rules[0];
	return c->ruling->verdict.weaker && c->ruling->verdict.sibling < d->trial->matrix->nrules ? (int)c->ruling->verdict.sibling : -1;
}

static bool
told_here(const struct docket *d, const struct aud_case *c)
{
	int rule = demanding(d, c);
	const struct aud_rule *r = rule < 0 ? NULL : &d->trial->matrix->rules[rule];

	if (!r || c->attempt_only)
		return false;
	if (r->security != AUD_SEC_MTLS || roles_client(c->ruling->client.roles))
		return false;
	if (r->mtls_clients && !(r->mtls_clients & c->ruling->client.roles) && !c->ruling->verdict.swapped)
		return false;
	/* The row that holds may be that of another role of this host. */
	if (c->ruling->verdict.failed != AUD_STEP_SECURITY && !c->ruling->verdict.swapped &&
	    c->ruling->client.roles & case_rule(d, c)->clients & ~r->clients)
		return false;
	return case_fact(c, AUD_FACT_CLIENT_NOCERT);
}

enum aud_code
judge_certificate(struct docket *d, struct aud_err *err)
{
	const struct aud_trial *t = d->trial;

	for (size_t i = 0; i < t->ncases; i++) {
		const struct aud_case *c = &t->cases[i];
		uint64_t without = c->conv->no_certificates, with = c->conv->certificates;
		struct aud_finding *f;
		struct say say;
		enum aud_code rc;
		bool fresh;

		if (!told_here(d, c))
			continue;
		if (!(f = docket_find(d, AUD_KIND_NO_CLIENT_CERTIFICATE, c, &fresh)))
			return aud_nomem(err);
		finding_shown(f, c->conv, c->conv->nocert_frame);
		if (!fresh)
			continue;
		f->certainty = AUD_CERTAIN;
		finding_doubt(f, c);
		f->severity = c->ruling->verdict.failed == AUD_STEP_SECURITY ? AUD_MEDIUM : AUD_LOW;
		if (!finding_cite(f, t, demanding(d, c)) || !say_open(&say))
			return aud_nomem(err);
		say_seen(say.w, d, c);
		fprintf(say.w,
		    " without a client certificate in %llu of %llu handshakes that could be read, where the document "
		    "lists mutual TLS (",
		    (unsigned long long)without, (unsigned long long)(without + with));
		say_row(say.w, d, &t->matrix->rules[demanding(d, c)]);
		fputs(")", say.w);
		say_doubt(say.w, d, c);
		fputs(".", say.w);
		if ((rc = say_close(&say, &f->reason, err)) != AUD_OK)
			return rc;
	}
	return AUD_OK;
}
