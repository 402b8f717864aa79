/* The pieces of which the sentences of findings are made. */
#include <stdlib.h>
#include <string.h>

#include "docket.h"

bool
say_open(struct say *say)
{
	*say = (struct say){0};
	say->w = open_memstream(&say->s, &say->n);
	return say->w != NULL;
}

enum aud_code
say_close(struct say *say, char **reason, struct aud_err *err)
{
	if (fclose(say->w)) {
		free(say->s);
		*reason = NULL;
		return aud_nomem(err);
	}
	*reason = say->s;
	return AUD_OK;
}

void
say_roles(FILE *w, const struct docket *d, aud_roles roles)
{
	aud_roles_write(w, d->trial->site, roles, ", ");
}

void
say_host(FILE *w, const struct docket *d, const struct aud_addr *a, const struct aud_who *who)
{
	/* The name of a prefix is that of many hosts, so the address stays. */
	if (who->host && who->host->name && !who->group)
		fputs(who->host->name, w);
	else
		fputs(aud_addr_str(a).s, w);
	if (who->roles) {
		fputs(" (", w);
		say_roles(w, d, who->roles);
		fputs(")", w);
	} else
		fputs(" (no role)", w);
}

void
say_port(FILE *w, uint16_t port, uint8_t proto)
{
	if (port || proto == PROTO_TCP || proto == PROTO_UDP)
		fprintf(w, "%u/%s", port, aud_proto_name(proto).s);
	else
		fputs(aud_proto_name(proto).s, w);
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

void
say_tunnel(FILE *w, const struct aud_case *c)
{
	const char *tunnel = tunnel_proper(c->ruling->tunnel);

	/* The conversation knows that of its first flow only. */
	if (*tunnel)
		fprintf(w, c->conv->flows > 1 ? " (its first flow inside %s)" : " inside %s", tunnel);
}

void
say_app(FILE *w, const struct aud_case *c)
{
	if (case_recognised(c))
		fprintf(w, "%s on ", c->ruling->app);
	say_port(w, c->conv->port, c->conv->proto);
}

void
say_row(FILE *w, const struct docket *d, const struct aud_rule *r)
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
		fprintf(w, "rule %s%s", r->id, r->site_own ? " of the site file" : "");
	else if (row->kind == AUD_ROW_STATEMENT)
		fprintf(w, "%s statement %u", m->documents[row->document].id, row->ordinal);
	else
		fprintf(w, "%s %s row %u", m->documents[row->document].id, row->table, row->ordinal);
}

static const char *
expected_app(const struct aud_rule *r)
{
	if (r->media)
		return "media";
	switch (r->security) {
	case AUD_SEC_TLS: return "TLS";
	case AUD_SEC_MTLS: return r->mtls_clients ? "TLS" : "mutual TLS";
	case AUD_SEC_TLS_OR_MTLS: return "TLS";
	case AUD_SEC_UNSTATED:
	case AUD_SEC_NONE: break;
	}
	return NULL;
}

void
say_rule(FILE *w, const struct docket *d, const struct aud_rule *r)
{
	const char *app = expected_app(r);
	struct aud_range ports[4];
	size_t n = aud_rule_ports(r, d->trial->site, ports);

	if (app)
		fprintf(w, "%s", app);
	else
		for (size_t i = 0; i < r->napps; i++)
			fprintf(w, "%s%s", i ? " or " : "", strcmp(r->apps[i], "Unknown") != 0 ? r->apps[i] : "what is not recognised");
	if (n)
		fprintf(w, "%s", app || r->napps ? " on " : "");
	for (size_t i = 0; i < n; i++) {
		fprintf(w, "%s%u", i ? "," : "", ports[i].lo);
		if (ports[i].hi != ports[i].lo)
			fprintf(w, "-%u", ports[i].hi);
	}
	for (size_t i = 0; i < r->nprotos; i++)
		fprintf(w, "%s%s", i || n ? "/" : " over ", aud_proto_name(r->protos[i]).s);
	fputs(" (", w);
	say_row(w, d, r);
	fputs(r->inferred ? "; not printed there, but inferred)" : ")", w);
}

const char *
rule_verb(const struct aud_rule *r)
{
	return r->inferred ? "the rule expects" : "the document lists";
}

/* Of hosts, not of a client and a server: who began is open. */
static void
say_portless(FILE *w, const struct docket *d, const struct aud_case *c)
{
	const struct aud_conv *v = c->conv;
	bool turned = case_turned(c);
	struct aud_who client = docket_client(d, c), server = docket_server(d, c);

	say_host(w, d, turned ? &v->server : &v->client, turned ? &server : &client);
	fputs(" and ", w);
	say_host(w, d, turned ? &v->client : &v->server, turned ? &client : &server);
	fputs(" exchanged ", w);
	fprintf(w, "%s over %s on ports that no rule gives to a service, such as %u (who began is not known",
	    case_recognised(c) ? c->ruling->app : "data", aud_proto_name(v->proto).s, v->port);
	fputs(case_recognised(c) ? ")" : ", application not recognised)", w);
}

static const char *
refusal(const struct aud_conv *v)
{
	if (v->filtered_icmp)
		return "refused by ICMP as administratively prohibited";
	if (v->refused_icmp)
		return "refused by ICMP";
	return v->refused_rst ? "refused by RST" : "unanswered";
}

void
say_seen(FILE *w, const struct docket *d, const struct aud_case *c)
{
	const struct aud_conv *v = c->conv;
	bool hung = case_hung(c), in_vain = hung || case_attempt(c);
	struct aud_who client = docket_client(d, c), server = docket_server(d, c);

	if (case_portless(d, c)) {
		say_portless(w, d, c);
		say_tunnel(w, c);
		return;
	}
	if (case_lone_answer(c)) {
		say_host(w, d, &v->server, &server);
		fputs(" answered ", w);
		say_host(w, d, &v->client, &client);
		fputs(" from ", w);
		say_port(w, v->port, v->proto);
		say_tunnel(w, c);
		fputs(v->packets[1] > 1 ? " (nothing but its SYN-ACKs was captured)" : " (nothing but its SYN-ACK was captured)", w);
		return;
	}
	say_host(w, d, &v->client, &client);
	fputs(c->attempt_only ? " tried " : in_vain ? " sent " : " used ", w);
	say_app(w, c);
	fputs(!v->port ? " with " : c->attempt_only || !in_vain ? " of " : " to ", w);
	say_host(w, d, &v->server, &server);
	say_tunnel(w, c);
	if (c->attempt_only)
		fprintf(w, " (attempted only: %s)", refusal(v));
	else if (hung)
		fputs(" (the server sent no data)", w);
	else if (in_vain)
		fprintf(w, " (%s)", refusal(v));
	else if (!case_recognised(c) && v->port)
		fputs(v->with_data[0] || v->with_data[1] ? " (application not recognised)" : " (no data was exchanged)",
		    w);
	if (v->direction >= AUD_DIR_PORT && !c->attempt_only && v->port)
		fputs(" (who began it is inferred)", w);
}

void
say_doubt(FILE *w, const struct docket *d, const struct aud_case *c)
{
	const struct aud_rule *r = case_rule(d, c);

	if (c->ruling->verdict.condition_open && r && *r->condition)
		fprintf(w, "; the site file leaves open whether %s holds", r->condition);
	if (r && r->members && c->ruling->client.host && !c->ruling->client.host->nmembers)
		fputs("; the site file lists no members of the virtual address", w);
}
