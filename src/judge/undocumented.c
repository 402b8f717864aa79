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

static void
say_expected(FILE *w, const struct docket *d, const struct aud_case *c)
{
	const struct aud_rule *r = case_rule(d, c);

	if (c->ruling->verdict.answer == AUD_NO_ROLE) {
		fputs("; the site file gives ", w);
		fputs(aud_addr_str(c->ruling->server.roles ? &c->conv->client : &c->conv->server).s, w);
		fputs(" roles on other ports only, so no document can be applied", w);
	} else if (aud_verdict_stranger(&c->ruling->verdict)) {
		fputs("; the rule drawn from ", w);
		say_row(w, d, r);
		fprintf(w, ", %s, is for the members of the virtual address, and the site file does not list ", r->id);
		fputs(aud_addr_str(&c->conv->server).s, w);
		fputs(" among those of ", w);
		fputs(aud_addr_str(&c->conv->client).s, w);
	} else if (c->ruling->verdict.answer == AUD_PAIR_UNKNOWN || !r)
		fputs("; no loaded document that counts at this site lists traffic between these roles", w);
	else if (unproven_media(d, c)) {
		fputs("; the port fits ", w);
		say_rule(w, d, r);
		fputs(", but the capture shows no sign of ", w);
		fputs(r->media ? "media" : "that protocol", w);
	} else if (c->ruling->verdict.failed == AUD_STEP_CONDITION) {
		fputs("; the rule drawn from ", w);
		say_row(w, d, r);
		fprintf(w, ", %s, fits, but is in force only where %s, and the site file says no", r->id, r->condition);
	} else {
		fputs("; the nearest that a loaded document lists is ", w);
		say_rule(w, d, r);
		if (c->ruling->verdict.failed == AUD_STEP_DIRECTION)
			fputs(" in the other direction", w);
	}
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
	struct say say;

	if (!f)
		return aud_nomem(err);
	if (!fresh) {
		enum aud_severity s = severity(d, c);

		f->severity = s > f->severity ? s : f->severity;
		return AUD_OK;
	}
	f->severity = severity(d, c);
	f->certainty = certainty(d, c);
	/* The row itself may print no condition: it is ours. */
	if (c->ruling->verdict.failed == AUD_STEP_CONDITION && f->certainty < AUD_PROBABLE)
		f->certainty = AUD_PROBABLE;
	if (!say_open(&say))
		return aud_nomem(err);
	say_seen(say.w, d, c);
	say_expected(say.w, d, c);
	fputs(".", say.w);
	return say_close(&say, &f->reason, err);
}

enum aud_code
judge_undocumented(struct docket *d, struct aud_err *err)
{
	static const struct teller how = {told_here, tell};

	return docket_tell(d, &how, err);
}
