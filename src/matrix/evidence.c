/* Steps 7 and 8: what is known of the application, against what a rule prints. */
#include <string.h>

#include "matcher.h"

/* Names that tell whose service it is, from addresses or lengths of packets, and not which protocol: no ground for a finding. */
static const char *const vague[] = {"Skype_Teams", "SkypeCall", "Teams", "Microsoft", "Microsoft365", "Azure"};
static const char *const media[] = {"STUN", "RTP", "RTCP", "FramedMedia"};

static bool
is_any(const char *const *names, size_t n, const char *s, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == len && !memcmp(names[i], s, len))
			return true;
	return false;
}

#define IS_ANY(names, s, len) is_any(names, sizeof names / sizeof *names, s, len)

static void
set_app(struct evidence *e, const char *app, enum strength strength)
{
	e->app = app;
	e->len = strlen(app);
	e->strength = strength;
}

static bool
base_is(const struct evidence *e, const char *name)
{
	size_t n = strlen(name);

	return e->app && e->len >= n && !memcmp(e->app, name, n) && (e->len == n || e->app[n] == '.');
}

/* A hello makes no TLS of what goes on in other bytes. */
static bool
hello_holds(uint32_t facts)
{
	return facts & (AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER) && !(facts & AUD_FACT_NOT_TLS);
}

/* Our own parsers' facts name what nDPI missed, and put right where it is known to be wrong (SIP's OPTIONS as HTTP). */
static void
apply_facts(struct evidence *e)
{
	if (e->facts & (AUD_FACT_ISAKMP | AUD_FACT_ESP_UDP))
		set_app(e, "IPsec", STRENGTH_PARSED);
	else if (e->facts & AUD_FACT_SIP_CLEAR && (!e->app || base_is(e, "HTTP")))
		set_app(e, "SIP", STRENGTH_PARSED);
	else if (e->app)
		return;
	else if (e->facts & AUD_FACT_HTTP_CLEAR)
		set_app(e, "HTTP", STRENGTH_PARSED);
	else if (hello_holds(e->facts))
		set_app(e, "TLS", STRENGTH_PARSED);
	else if (e->facts & AUD_FACT_MEDIA)
		set_app(e, "RTP", STRENGTH_PARSED);
	else if (e->facts & AUD_FACT_TLS_RECORD && !(e->facts & AUD_FACT_NOT_TLS))
		set_app(e, "TLS", STRENGTH_WEAK);
}

struct evidence
evidence_of(const struct aud_query *q)
{
	struct evidence e = {.facts = q->facts};
	size_t base;

	/* A guess by port never satisfies and never violates. */
	if (q->app && *q->app && strcmp(q->app, "Unknown") != 0 && (q->app_by == AUD_BY_DPI || q->app_by == AUD_BY_OWN))
		set_app(&e, q->app, q->app_by == AUD_BY_OWN ? STRENGTH_PARSED : STRENGTH_DPI);
	if (e.app && IS_ANY(vague, e.app, e.len)) {
		/* Over TCP they rest on the length of one segment. */
		e.strength = STRENGTH_WEAK;
		if (q->proto == MATRIX_PROTO_UDP && (!strcmp(e.app, "Skype_Teams") || !strcmp(e.app, "SkypeCall")))
			e.media = STRENGTH_WEAK;
		else
			e.app = NULL;
	}
	apply_facts(&e);
	base = e.app ? strcspn(e.app, ".") : 0;
	if (e.facts & AUD_FACT_MEDIA)
		e.media = STRENGTH_PARSED;
	else if (base && IS_ANY(media, e.app, base))
		e.media = e.strength;
	e.clear_parsed = e.facts & (AUD_FACT_SIP_CLEAR | AUD_FACT_HTTP_CLEAR);
	e.clear = e.clear_parsed || (e.strength >= STRENGTH_DPI && (base_is(&e, "SIP") || base_is(&e, "HTTP")));
	return e;
}

/* A name without '.' accepts its sub-protocols; one with '.' only itself. */
static bool
accepts(const char *name, const struct evidence *e)
{
	return strchr(name, '.') ? !strcmp(name, e->app) : base_is(e, name);
}

static bool
listed(const struct aud_rule *r, const struct evidence *e)
{
	for (size_t i = 0; e->app && i < r->napps; i++)
		if (accepts(r->apps[i], e))
			return true;
	return false;
}

static bool
lists(const struct aud_rule *r, const char *name)
{
	for (size_t i = 0; i < r->napps; i++)
		if (!strcmp(r->apps[i], name))
			return true;
	return false;
}

/* A fact of our own parsers that is one of the rule's applications, whatever nDPI called it. */
static bool
fact_listed(const struct aud_rule *r, uint32_t facts)
{
	return (facts & AUD_FACT_SIP_CLEAR && lists(r, "SIP")) || (facts & AUD_FACT_HTTP_CLEAR && lists(r, "HTTP")) ||
	    (hello_holds(facts) && lists(r, "TLS")) ||
	    (facts & AUD_FACT_MEDIA && (lists(r, "STUN") || lists(r, "RTP") || lists(r, "FramedMedia")));
}

static bool
encrypted(const struct aud_rule *r)
{
	return r->security == AUD_SEC_TLS || r->security == AUD_SEC_MTLS || r->security == AUD_SEC_TLS_OR_MTLS;
}

/* MS-TURN begins in the shape of TLS: where no more than that was recognised, it may be that, or any other service in TLS. */
static bool
shaped(const struct aud_rule *r, const struct evidence *e)
{
	return lists(r, "PseudoTLS") && !lists(r, "TLS") && (base_is(e, "TLS") || hello_holds(e->facts));
}

/* A row that prints only the transport of SIP says nothing of what is around it: inside TLS may be the same SIP. */
static bool
wrapped(const struct aud_rule *r, const struct evidence *e)
{
	return !encrypted(r) && lists(r, "SIP") && (base_is(e, "TLS") || hello_holds(e->facts));
}

/* The server told this client the port, by the way that the rule names. */
static bool
told(const struct aud_rule *r, const struct evidence *e)
{
	switch (r->announced) {
	case AUD_ANNOUNCED_NONE: break;
	case AUD_ANNOUNCED_RPC: return e->facts & AUD_FACT_TOLD_RPC;
	case AUD_ANNOUNCED_SQL: return e->facts & AUD_FACT_TOLD_SQL;
	}
	return false;
}

static enum app_result
judge_range(const struct aud_rule *r, const struct evidence *e, enum strength *strength)
{
	bool named = listed(r, e);

	if (r->media && e->media) {
		*strength = e->media;
		return APP_HOLDS;
	}
	if ((r->evidence || told(r, e)) && named && e->strength >= STRENGTH_DPI) {
		*strength = e->strength;
		return APP_HOLDS;
	}
	if (told(r, e) && (named || !e->app || e->strength == STRENGTH_WEAK)) {
		*strength = STRENGTH_WEAK;
		return APP_HOLDS;
	}
	/* TLS in a media range may be media inside a tunnel or any other service: it tells neither way. */
	return !e->app || e->strength == STRENGTH_WEAK || named ? APP_LACKING : APP_CONTRADICTED;
}

enum app_result
app_judge(const struct aud_rule *r, const struct evidence *e, enum strength *strength)
{
	*strength = STRENGTH_NONE;
	if (aud_rule_wants_evidence(r))
		return judge_range(r, e, strength);
	if (listed(r, e))
		*strength = e->strength;
	else if (shaped(r, e))
		*strength = STRENGTH_WEAK;
	else if (wrapped(r, e))
		*strength = base_is(e, "TLS") ? e->strength : STRENGTH_PARSED;
	else if (fact_listed(r, e->facts))
		*strength = STRENGTH_PARSED;
	else if (encrypted(r) && e->clear)
		*strength = e->clear_parsed ? STRENGTH_PARSED : STRENGTH_DPI;
	else if (e->app && e->strength > STRENGTH_WEAK && r->napps)
		return APP_CONTRADICTED;
	return APP_HOLDS;
}

/* Is a client certificate demanded of whoever connected? */
static bool
mutual(const struct aud_rule *r, aud_roles initiator, bool exchanged)
{
	aud_roles side = exchanged ? r->servers : r->clients;

	if (r->security != AUD_SEC_MTLS)
		return false;
	/* A host that also has a role of which none is demanded may have connected in that one. */
	return !r->mtls_clients || !(initiator & side & ~r->mtls_clients);
}

bool
security_holds(const struct aud_rule *r, const struct evidence *e, aud_roles initiator, bool exchanged)
{
	if (!encrypted(r))
		return true;
	if (e->clear)
		return false;
	return !(mutual(r, initiator, exchanged) && e->facts & AUD_FACT_CLIENT_NOCERT);
}

/* Parsed evidence of the security, besides that of the application. */
static bool
security_parsed(const struct aud_rule *r, const struct evidence *e, aud_roles initiator, bool exchanged)
{
	bool hello = hello_holds(e->facts);

	if (aud_rule_wants_evidence(r))
		return told(r, e);
	switch (r->security) {
	case AUD_SEC_UNSTATED: return hello || e->clear_parsed;
	case AUD_SEC_NONE: return e->clear_parsed;
	case AUD_SEC_TLS:
	case AUD_SEC_TLS_OR_MTLS: return hello;
	case AUD_SEC_MTLS: return mutual(r, initiator, exchanged) ? hello && e->facts & AUD_FACT_CLIENT_CERT : hello;
	}
	return false;
}

enum aud_certainty
certainty_of(const struct aud_rule *r, const struct evidence *e, enum strength strength, aud_roles initiator,
    bool exchanged, bool secure)
{
	switch (strength) {
	case STRENGTH_NONE: return !secure ? AUD_CERTAIN : AUD_PORT_ONLY; /* not secure: a parsed handshake said so */
	case STRENGTH_WEAK: return !secure ? AUD_CERTAIN : AUD_PROBABLE;
	case STRENGTH_DPI:
	case STRENGTH_PARSED:
		if (!secure)
			return e->clear && !e->clear_parsed ? AUD_STRONG : AUD_CERTAIN;
		return security_parsed(r, e, initiator, exchanged) ? AUD_CERTAIN : AUD_STRONG;
	}
	return AUD_INDETERMINATE;
}
