/*
 * obsolete-tls: a version that is prohibited (SSL 2.0 by RFC 6176, SSL 3.0 by RFC 7568) or deprecated (TLS 1.0 and 1.1
 * by RFC 8996) was negotiated with a documented service: the handshake came to its end in it. An offer is
 * none, nor a server's answer that the client turned down; the conversation keeps versions of finished handshakes only.
 * The TLS-like preamble of MS-TURN is no TLS.
 */
#include "docket.h"

enum { SSL2 = 2, SSL3 = 0x30, TLS10 = 0x31, TLS11 = 0x32 };

static const char *
version(uint8_t v)
{
	switch (v) {
	case SSL2: return N_("SSL 2.0 (prohibited by RFC 6176)");
	case SSL3: return N_("SSL 3.0 (prohibited by RFC 7568)");
	case TLS10: return N_("TLS 1.0 (deprecated by RFC 8996)");
	case TLS11: return N_("TLS 1.1 (deprecated by RFC 8996)");
	}
	return NULL;
}

static bool
told_here(const struct aud_case *c)
{
	if (!c->ruling->client.roles || !c->ruling->server.roles || c->attempt_only || c->noise || !version(c->conv->tls_min))
		return false;
	if (!case_fact(c, AUD_FACT_TLS_DONE) || case_fact(c, AUD_FACT_NOT_TLS))
		return false;
	if (c->conv->app.by == AUD_BY_OWN && c->conv->app.sub == AUD_APP_PSEUDO_TLS)
		return false;
	return c->ruling->verdict.answer == AUD_DOCUMENTED;
}

enum aud_code
judge_tls(struct docket *d, struct aud_err *err)
{
	const struct aud_trial *t = d->trial;

	for (size_t i = 0; i < t->ncases; i++) {
		const struct aud_case *c = &t->cases[i];
		struct aud_finding *f;
		struct aud_say s = {0};
		const struct aud_said *said;
		enum aud_code rc;
		bool fresh;

		if (!told_here(c))
			continue;
		if (!(f = docket_find(d, AUD_KIND_OBSOLETE_TLS, c, &fresh)))
			return aud_nomem(err);
		finding_shown(f, c->conv, c->conv->tls_frame);
		if (!fresh)
			continue;
		f->severity = c->conv->tls_min < TLS10 ? AUD_HIGH : AUD_MEDIUM;
		f->certainty = AUD_CERTAIN;
		said = SAY(&s, "%1$s negotiated %2$s with %3$s on %4$s", say_host(&s, d, &c->conv->server, &c->ruling->server),
		    aud_say_message(&s, version(c->conv->tls_min)), say_host(&s, d, &c->conv->client, &c->ruling->client),
		    say_port(&s, c->conv->port, c->conv->proto));
		said = say_tunnel(&s, said, c);
		if (c->conv->tls_max > c->conv->tls_min)
			said = SAY(&s, "%1$s, and a newer version in other flows", said);
		if ((rc = finding_reason(f, &s, said, err)) != AUD_OK)
			return rc;
	}
	return AUD_OK;
}
