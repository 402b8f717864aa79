/*
 * undocumented-flow: both sides have a role, and no rule lists what they do. A host that has its roles on some ports only
 * is declared all the same: what it does on others is undocumented.
 *
 * Attempts that nobody answered are told as attempts, and only where no traffic of the same talk is told.
 */
#include "docket.h"

enum { PROTO_ESP = 50, PROTO_AH = 51 };

/* Roles whose services every network needs and the documents leave out: a site rule is the answer, not an alarm. */
static bool
infrastructure(aud_roles client, aud_roles server)
{
	const aud_roles directory = AUD_ROLE_BIT(AUD_ROLE_DOMAIN_CONTROLLER) | AUD_ROLE_BIT(AUD_ROLE_DNS_SERVER) |
				    AUD_ROLE_BIT(AUD_ROLE_DHCP_SERVER);

	if (server & directory)
		return true;
	return server & AUD_ROLE_BIT(AUD_ROLE_SQL_SERVER) && roles_server(client);
}

/* By role, not by address: hosts inside may have global addresses, IPv6 ones usually do. */
static bool
outside(aud_roles client)
{
	const aud_roles out = AUD_ROLE_BIT(AUD_ROLE_CLIENT_EXTERNAL) | AUD_ROLE_BIT(AUD_ROLE_PUBLIC_IM) |
			      AUD_ROLE_BIT(AUD_ROLE_LIVE_MESSENGER);

	return (client & out) != 0;
}

/* The port lies in a media range, and nothing says that it is media, or that it is not. */
static bool
unproven_media(const struct docket *d, const struct aud_case *c)
{
	const struct aud_rule *r = case_rule(d, c);

	return c->ruling->verdict.failed == AUD_STEP_APP &&
	       (!case_recognised(c) || (c->ruling->verdict.certainty == AUD_INDETERMINATE && r && aud_rule_wants_evidence(r)));
}

/* Documented the other way round, and who began is only inferred: an unexpected direction is not claimed. */
static bool
unsure_direction(const struct docket *d, const struct aud_case *c)
{
	const struct aud_rule *r = case_rule(d, c);

	return c->ruling->verdict.failed == AUD_STEP_DIRECTION && !case_directed(c) && r &&
	       rule_port(r, c->conv->port, c->conv->proto);
}

static enum aud_severity
severity(const struct docket *d, const struct aud_case *c)
{
	uint8_t proto = c->conv->proto;
	aud_roles client = docket_client(d, c).roles, server = docket_server(d, c).roles;

	if (unproven_media(d, c) || unsure_direction(d, c))
		return AUD_INFO;
	if (c->attempt_only || case_lone_answer(c) || infrastructure(client, server) || (c->conv->direction == AUD_DIR_FIRST && !case_recognised(c)))
		return AUD_LOW;
	if (proto == PROTO_ESP || proto == PROTO_AH)
		return AUD_LOW;
	if (roles_server(server))
		return outside(client) ? AUD_HIGH : AUD_MEDIUM;
	return AUD_LOW;
}

/* What is claimed is that these two talk on this port: as certain as the direction is. */
static enum aud_certainty
certainty(const struct docket *d, const struct aud_case *c)
{
	if (unproven_media(d, c) || unsure_direction(d, c))
		return AUD_INDETERMINATE;
	if (c->conv->proto != PROTO_TCP && c->conv->proto != PROTO_UDP)
		return AUD_CERTAIN;
	switch (c->conv->direction) {
	case AUD_DIR_SYN: return AUD_CERTAIN;
	case AUD_DIR_SYNACK: return case_lone_answer(c) ? AUD_PROBABLE : AUD_CERTAIN;
	case AUD_DIR_DISSECTOR:
	case AUD_DIR_ROLE: return AUD_STRONG;
	case AUD_DIR_PORT: return AUD_PROBABLE;
	case AUD_DIR_FIRST:
		/* The matcher asked both ways round, so it is undocumented either way; only which port is the server's
		 * is open. */
		return case_recognised(c) ? AUD_PROBABLE : AUD_INDETERMINATE;
	}
	return AUD_INDETERMINATE;
}

static const struct aud_said *
say_expected(struct aud_say *s, const struct docket *d, const struct aud_case *c)
{
	const struct aud_said *seen = say_seen(s, d, c), *client = aud_say_word(s, aud_addr_str(&c->conv->client).s),
			      *server = aud_say_word(s, aud_addr_str(&c->conv->server).s);
	const struct aud_rule *r = case_rule(d, c);

	if (c->ruling->verdict.answer == AUD_NO_ROLE)
		return SAY(s, "%1$s; the site file gives %2$s roles on other ports only, so no document can be applied", seen,
		    c->ruling->server.roles ? client : server);
	if (aud_verdict_stranger(&c->ruling->verdict))
		return SAY(s, "%1$s; the rule drawn from %2$s, %3$s, is for the members of the virtual address, and the site file does not list "
			      "%4$s among those of %5$s", seen, say_row(s, d, r), aud_say_word(s, r->id), server, client);
	if (c->ruling->verdict.answer == AUD_PAIR_UNKNOWN || !r)
		return SAY(s, "%1$s; no loaded document that counts at this site lists traffic between these roles", seen);
	if (unproven_media(d, c))
		return r->media ? SAY(s, "%1$s; the port fits %2$s, but the capture shows no sign of media", seen, say_rule(s, d, r))
				: SAY(s, "%1$s; the port fits %2$s, but the capture shows no sign of that protocol", seen, say_rule(s, d, r));
	if (c->ruling->verdict.failed == AUD_STEP_CONDITION)
		return SAY(s, "%1$s; the rule drawn from %2$s, %3$s, fits, but is in force only where %4$s, and the site file says no", seen,
		    say_row(s, d, r), aud_say_word(s, r->id), say_condition(s, r->condition));
	if (c->ruling->verdict.failed == AUD_STEP_DIRECTION)
		return SAY(s, "%1$s; the nearest that a loaded document lists is %2$s in the other direction", seen, say_rule(s, d, r));
	return SAY(s, "%1$s; the nearest that a loaded document lists is %2$s", seen, say_rule(s, d, r));
}

static bool
told_here(const struct docket *d, const struct aud_case *c)
{
	if (c->noise || conv_icmp(c->conv) || addr_group(&c->conv->server) || !docket_client(d, c).roles || !docket_server(d, c).roles)
		return false;
	if (c->ruling->verdict.answer == AUD_DOCUMENTED)
		return false;
	return !wrong_direction(d, c) && !wrong_protocol(d, c);
}

static enum aud_code
tell(struct docket *d, const struct aud_case *c, struct aud_err *err)
{
	bool fresh;
	struct aud_finding *f = docket_find(d, AUD_KIND_UNDOCUMENTED_FLOW, c, &fresh);
	struct aud_say s = {0};

	if (!f)
		return aud_nomem(err);
	if (!fresh) {
		enum aud_severity more = severity(d, c);

		f->severity = more > f->severity ? more : f->severity;
		return AUD_OK;
	}
	f->severity = severity(d, c);
	f->certainty = certainty(d, c);
	/* The row itself may print no condition: it is ours. */
	if (c->ruling->verdict.failed == AUD_STEP_CONDITION && f->certainty < AUD_PROBABLE)
		f->certainty = AUD_PROBABLE;
	return finding_reason(f, &s, say_expected(&s, d, c), err);
}

enum aud_code
judge_undocumented(struct docket *d, struct aud_err *err)
{
	static const struct teller how = {told_here, tell};

	return docket_tell(d, &how, err);
}
