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
	case SSL2: return "SSL 2.0 (prohibited by RFC 6176)";
	case SSL3: return "SSL 3.0 (prohibited by RFC 7568)";
	case TLS10: return "TLS 1.0 (deprecated by RFC 8996)";
	case TLS11: return "TLS 1.1 (deprecated by RFC 8996)";
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
		struct say say;
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
		if (!say_open(&say))
			return aud_nomem(err);
		say_host(say.w, d, &c->conv->server, &c->ruling->server);
		fprintf(say.w, " negotiated %s with ", version(c->conv->tls_min));
		say_host(say.w, d, &c->conv->client, &c->ruling->client);
		fputs(" on ", say.w);
		say_port(say.w, c->conv->port, c->conv->proto);
		say_tunnel(say.w, c);
		fputs(c->conv->tls_max > c->conv->tls_min ? ", and a newer version in other flows." : ".", say.w);
		if ((rc = say_close(&say, &f->reason, err)) != AUD_OK)
			return rc;
	}
	return AUD_OK;
}
