/*
 * unknown-host: one side has a server's role, the other has none. Clients that talk to strangers, and strangers among
 * themselves, are out of scope: counted, not told.
 */
#include "docket.h"

static bool
told_here(const struct docket *d, const struct aud_case *c)
{
	struct aud_who client = docket_client(d, c), server = docket_server(d, c);

	if (c->noise || conv_icmp(c->conv) || addr_group(&c->conv->server) || c->ruling->verdict.answer != AUD_NO_ROLE)
		return false;
	/* A declared host is none, whatever the port. */
	if (!client.roles == !server.roles)
		return false;
	return roles_server(client.roles ? client.roles : server.roles);
}

static enum aud_severity
severity(const struct docket *d, const struct aud_case *c)
{
	if (c->attempt_only)
		return AUD_INFO;
	/* Answered by a server, and asked from outside. */
	if (docket_server(d, c).roles && addr_global(&c->conv->client) && c->conv->answered)
		return AUD_MEDIUM;
	return AUD_LOW;
}

static enum aud_code
tell(struct docket *d, const struct aud_case *c, struct aud_err *err)
{
	bool fresh;
	struct aud_finding *f = docket_find(d, AUD_KIND_UNKNOWN_HOST, c, &fresh);
	struct aud_say s = {0};

	if (!f)
		return aud_nomem(err);
	if (!fresh) {
		f->severity = severity(d, c) > f->severity ? severity(d, c) : f->severity;
		return AUD_OK;
	}
	f->severity = severity(d, c);
	f->certainty = c->conv->direction == AUD_DIR_FIRST ? AUD_PROBABLE : AUD_CERTAIN;
	return finding_reason(f, &s, SAY(&s, "%1$s; the site file gives %2$s no role, so no document can be applied", say_seen(&s, d, c),
	    aud_say_word(&s, aud_addr_str(docket_client(d, c).roles ? &c->conv->server : &c->conv->client).s)), err);
}

enum aud_code
judge_unknown(struct docket *d, struct aud_err *err)
{
	static const struct teller how = {told_here, tell};

	return docket_tell(d, &how, err);
}
