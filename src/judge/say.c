/* The pieces of which the sentences of findings are made. */
#include <stdlib.h>
#include <string.h>

#include "docket.h"

enum aud_code
finding_reason(struct aud_finding *f, struct aud_say *s, const struct aud_said *sentence, struct aud_err *err)
{
	return aud_say_end(s, SAY(s, "%1$s.", sentence), &f->reason, &f->said, err);
}

const struct aud_said *
say_roles(struct aud_say *s, const struct docket *d, aud_roles roles)
{
	return aud_say_roles(s, d->trial->site, roles);
}

const struct aud_said *
say_host(struct aud_say *s, const struct docket *d, const struct aud_addr *a, const struct aud_who *who)
{
	/* The name of a prefix is that of many hosts, so the address stays. */
	bool named = who->host && who->host->name && !who->group;
	const struct aud_said *host = aud_say_word(s, named ? who->host->name : aud_addr_str(a).s);

	return who->roles ? SAY(s, "%1$s (%2$s)", host, say_roles(s, d, who->roles)) : SAY(s, "%1$s (no role)", host);
}

const struct aud_said *
say_port(struct aud_say *s, uint16_t port, uint8_t proto)
{
	if (aud_proto_has_port(proto, port))
		return aud_say_wordf(s, "%u/%s", port, aud_proto_name(proto).s);
	return aud_proto_named(proto) ? aud_say_word(s, aud_proto_name(proto).s) : SAY(s, "IP protocol %1$s", aud_say_wordf(s, "%u", proto));
}

/* How a mirror wraps what it copies is no property of the traffic; what stands inside of that is. */
const char *
tunnel_proper(const char *tunnel)
{
	static const char *const mirrors[] = {"erspan1", "erspan2", "erspan3", "tzsp"};
	const char *rest = tunnel ? tunnel : "";

	for (const char *at = rest; *at;) {
		size_t n = strcspn(at, "/");

		for (size_t i = 0; i < sizeof mirrors / sizeof *mirrors; i++)
			if (strlen(mirrors[i]) == n && !strncmp(mirrors[i], at, n))
				rest = at + n + (at[n] == '/');
		at += n + (at[n] == '/');
	}
	return rest;
}

const struct aud_said *
say_tunnel(struct aud_say *s, const struct aud_said *said, const struct aud_case *c)
{
	const char *tunnel = tunnel_proper(c->ruling->tunnel);

	if (!*tunnel)
		return said;
	/* The conversation knows that of its first flow only. */
	return c->conv->flows > 1 ? SAY(s, "%1$s (its first flow inside %2$s)", said, aud_say_word(s, tunnel))
				  : SAY(s, "%1$s inside %2$s", said, aud_say_word(s, tunnel));
}

const struct aud_said *
say_app(struct aud_say *s, const struct aud_case *c)
{
	const struct aud_said *port = say_port(s, c->conv->port, c->conv->proto);

	return case_recognised(c) ? SAY(s, "%1$s on %2$s", aud_say_word(s, c->ruling->app), port) : port;
}

const struct aud_said *
say_row(struct aud_say *s, const struct docket *d, const struct aud_rule *r)
{
	const struct aud_matrix *m = d->trial->matrix;
	const struct aud_row *row = NULL;

	for (size_t i = 0; i < r->ncitations; i++) {
		const struct aud_row *x = &m->rows[r->citations[i]];

		if (!row || (!aud_document_applies(m, row->document, d->trial->site) &&
				aud_document_applies(m, x->document, d->trial->site)))
			row = x;
	}
	if (!row)
		return r->site_own ? SAY(s, "rule %1$s of the site file", aud_say_word(s, r->id)) : SAY(s, "rule %1$s", aud_say_word(s, r->id));
	if (row->kind == AUD_ROW_STATEMENT)
		return SAY(s, "%1$s statement %2$s", aud_say_word(s, m->documents[row->document].id), aud_say_wordf(s, "%u", row->ordinal));
	return SAY(s, "%1$s %2$s row %3$s", aud_say_word(s, m->documents[row->document].id), aud_say_word(s, row->table),
	    aud_say_wordf(s, "%u", row->ordinal));
}

/* NULL: no one thing. */
static const struct aud_said *
expected_app(struct aud_say *s, const struct aud_rule *r)
{
	const struct aud_said *said = NULL;

	if (r->media)
		return SAY(s, "media");
	switch (r->security) {
	case AUD_SEC_MTLS: return r->mtls_clients ? aud_say_word(s, "TLS") : SAY(s, "mutual TLS");
	case AUD_SEC_TLS:
	case AUD_SEC_TLS_OR_MTLS: return aud_say_word(s, "TLS");
	case AUD_SEC_UNSTATED:
	case AUD_SEC_NONE: break;
	}
	for (size_t i = 0; i < r->napps; i++) {
		const struct aud_said *app =
		    strcmp(r->apps[i], "Unknown") != 0 ? aud_say_word(s, r->apps[i]) : SAY(s, "what is not recognised");

		said = said ? SAY(s, "%1$s or %2$s", said, app) : app;
	}
	return said;
}

/* "5060,5061/tcp/udp", or the transports alone; as documents have them. */
static const struct aud_said *
rule_place(struct aud_say *s, const struct docket *d, const struct aud_rule *r, bool *ports)
{
	struct aud_range range[4];
	size_t n = aud_rule_ports(r, d->trial->site, range), used = 0;
	char text[128] = "";

	for (size_t i = 0; i < n && used < sizeof text; i++) {
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%u", i ? "," : "", range[i].lo);
		if (range[i].hi != range[i].lo && used < sizeof text)
			used += (size_t)snprintf(text + used, sizeof text - used, "-%u", range[i].hi);
	}
	for (size_t i = 0; i < r->nprotos && used < sizeof text; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i || n ? "/" : "", aud_proto_name(r->protos[i]).s);
	*ports = n > 0;
	return aud_say_word(s, text);
}

const struct aud_said *
say_rule(struct aud_say *s, const struct docket *d, const struct aud_rule *r)
{
	const struct aud_said *app = expected_app(s, r), *place, *what;
	bool ports;

	place = rule_place(s, d, r, &ports);
	if (!app)
		what = ports ? place : SAY(s, "any traffic over %1$s", place);
	else if (ports)
		what = SAY(s, "%1$s on %2$s", app, place);
	else
		what = r->nprotos ? SAY(s, "%1$s over %2$s", app, place) : app;
	return r->inferred ? SAY(s, "%1$s (%2$s; not printed there, but inferred)", what, say_row(s, d, r))
			   : SAY(s, "%1$s (%2$s)", what, say_row(s, d, r));
}

const struct aud_said *
say_condition(struct aud_say *s, const char *condition)
{
	const char *or = strstr(condition, " or "), *and = strstr(condition, " and ");
	const char *at = or ? or : and;
	const struct aud_said *first;

	if (!at)
		return aud_say_word(s, condition);
	first = aud_say_wordf(s, "%.*s", (int)(at - condition), condition);
	return or ? SAY(s, "%1$s or %2$s", first, say_condition(s, at + strlen(" or ")))
		  : SAY(s, "%1$s and %2$s", first, say_condition(s, at + strlen(" and ")));
}

const struct aud_said *
say_where(struct aud_say *s, const struct docket *d, const struct aud_said *said, const struct aud_rule *r)
{
	return r->inferred ? SAY(s, "%1$s, where the rule expects %2$s", said, say_rule(s, d, r))
			   : SAY(s, "%1$s, where the document lists %2$s", said, say_rule(s, d, r));
}

/* Of hosts, not of a client and a server: who began is open. */
static const struct aud_said *
say_portless(struct aud_say *s, const struct docket *d, const struct aud_case *c)
{
	const struct aud_conv *v = c->conv;
	bool turned = case_turned(c);
	struct aud_who client = docket_client(d, c), server = docket_server(d, c);
	const struct aud_said *one = say_host(s, d, turned ? &v->server : &v->client, turned ? &server : &client);
	const struct aud_said *other = say_host(s, d, turned ? &v->client : &v->server, turned ? &client : &server);
	const struct aud_said *proto = aud_say_word(s, aud_proto_name(v->proto).s), *port = aud_say_wordf(s, "%u", v->port);

	if (case_recognised(c))
		return SAY(s, "%1$s and %2$s exchanged %3$s over %4$s on ports that no rule gives to a service, such as %5$s (who began is "
			      "not known)", one, other, aud_say_word(s, c->ruling->app), proto, port);
	return SAY(s, "%1$s and %2$s exchanged data over %3$s on ports that no rule gives to a service, such as %4$s (who began is not "
		      "known, application not recognised)", one, other, proto, port);
}

static const struct aud_said *
refusal(struct aud_say *s, const struct aud_conv *v)
{
	if (v->filtered_icmp)
		return SAY(s, "refused by ICMP as administratively prohibited");
	if (v->refused_icmp)
		return SAY(s, "refused by ICMP");
	return v->refused_rst ? SAY(s, "refused by RST") : SAY(s, "unanswered");
}

/* Who did what with whom. */
static const struct aud_said *
deed(struct aud_say *s, const struct docket *d, const struct aud_case *c, bool in_vain)
{
	struct aud_who client = docket_client(d, c), server = docket_server(d, c);
	const struct aud_said *from = say_host(s, d, &c->conv->client, &client), *app = say_app(s, c),
			      *to = say_host(s, d, &c->conv->server, &server);

	if (c->attempt_only)
		return c->conv->port ? SAY(s, "%1$s tried %2$s of %3$s", from, app, to) : SAY(s, "%1$s tried %2$s with %3$s", from, app, to);
	if (in_vain)
		return c->conv->port ? SAY(s, "%1$s sent %2$s to %3$s", from, app, to) : SAY(s, "%1$s sent %2$s with %3$s", from, app, to);
	return c->conv->port ? SAY(s, "%1$s used %2$s of %3$s", from, app, to) : SAY(s, "%1$s used %2$s with %3$s", from, app, to);
}

/* The same of answers alone: that somebody asked for them was not seen. */
static const struct aud_said *
lone_answer(struct aud_say *s, const struct docket *d, const struct aud_case *c)
{
	struct aud_who client = docket_client(d, c), server = docket_server(d, c);

	return SAY(s, "%1$s answered %2$s from %3$s", say_host(s, d, &c->conv->server, &server), say_host(s, d, &c->conv->client, &client),
	    say_port(s, c->conv->port, c->conv->proto));
}

const struct aud_said *
say_seen(struct aud_say *s, const struct docket *d, const struct aud_case *c)
{
	const struct aud_conv *v = c->conv;
	bool hung = case_hung(c), in_vain = hung || case_attempt(c);
	const struct aud_said *said;

	if (case_portless(d, c))
		return say_tunnel(s, say_portless(s, d, c), c);
	if (case_lone_answer(c)) {
		said = say_tunnel(s, lone_answer(s, d, c), c);
		return v->packets[1] > 1 ? SAY(s, "%1$s (nothing but its SYN-ACKs was captured)", said)
					 : SAY(s, "%1$s (nothing but its SYN-ACK was captured)", said);
	}
	said = say_tunnel(s, deed(s, d, c, in_vain), c);
	if (c->attempt_only)
		return SAY(s, "%1$s (attempted only: %2$s)", said, refusal(s, v));
	if (hung)
		said = SAY(s, "%1$s (the server sent no data)", said);
	else if (in_vain)
		said = SAY(s, "%1$s (%2$s)", said, refusal(s, v));
	else if (!case_recognised(c) && v->port)
		said = v->with_data[0] || v->with_data[1] ? SAY(s, "%1$s (application not recognised)", said)
							  : SAY(s, "%1$s (no data was exchanged)", said);
	return v->direction >= AUD_DIR_PORT && v->port ? SAY(s, "%1$s (who began it is inferred)", said) : said;
}

const struct aud_said *
say_doubt(struct aud_say *s, const struct docket *d, const struct aud_said *said, const struct aud_case *c)
{
	const struct aud_rule *r = case_rule(d, c);

	if (c->ruling->verdict.condition_open && r && *r->condition)
		said = SAY(s, "%1$s; the site file leaves open whether %2$s holds", said, say_condition(s, r->condition));
	if (r && r->members && c->ruling->client.host && !c->ruling->client.host->nmembers)
		said = SAY(s, "%1$s; the site file lists no members of the virtual address", said);
	return said;
}
