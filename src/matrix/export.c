/* "rules list" and "rules rows" as CSV (RFC 4180); columns: spanaudit(1). */
#include <string.h>

#include <aud/addr.h>

#include "export.h"
#include "names.h"

static void
text(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '"')
			putc('"', out);
		putc(*s, out);
	}
}

void
write_field(FILE *out, const char *s, bool last)
{
	bool quote = strpbrk(s, ",\"\r\n") != NULL;

	if (quote)
		putc('"', out);
	text(out, s);
	if (quote)
		putc('"', out);
	putc(last ? '\n' : ',', out);
}

/* The group in place of its members, but not where a host needs several roles at once. */
void
write_roles(FILE *out, const struct aud_site *site, aud_roles roles, aud_roles all)
{
	aud_roles servers = aud_roles_servers();

	if (roles != AUD_ROLES_ANY && !all && (roles & servers) == servers) {
		roles &= ~servers;
		fputs(roles ? "server " : "server", out);
	}
	aud_roles_write(out, site, roles, all ? "+" : " ");
}

void
write_ports(FILE *out, const struct aud_rule *r)
{
	for (size_t i = 0; i < r->nports; i++) {
		fprintf(out, "%s%u", i ? " " : "", r->ports[i].lo);
		if (r->ports[i].hi != r->ports[i].lo)
			fprintf(out, "-%u", r->ports[i].hi);
	}
}

void
write_transport(FILE *out, const struct aud_rule *r)
{
	for (size_t i = 0; i < r->nprotos; i++)
		fprintf(out, "%s%s", i ? " " : "", aud_proto_name(r->protos[i]).s);
}

void
write_security(FILE *out, const struct aud_rule *r)
{
	/* TLS of some of the clients and mutual TLS of the others. */
	fprintf(out, "%s%s", r->mtls_clients && r->clients & ~r->mtls_clients ? "tls " : "", aud_security_name(r->security));
}

/* None of the cells that are made of names and numbers holds a comma or a quote; the texts go through write_field(). */
void
aud_rules_write_list(FILE *out, const struct aud_matrix *m, const struct aud_site *site)
{
	fputs("rule,subject,service,client_roles,server_roles,transport,ports,port_side,apps,security,presence,absence,condition,"
	      "citations,inferred\n", out);
	for (size_t i = 0; i < m->nrules; i++) {
		const struct aud_rule *r = &m->rules[i];

		write_field(out, r->id, false);
		write_field(out, r->subject, false);
		write_field(out, r->service, false);
		write_roles(out, site, r->clients, r->clients_all);
		putc(',', out);
		write_roles(out, site, r->servers, r->servers_all);
		putc(',', out);
		write_transport(out, r);
		putc(',', out);
		write_ports(out, r);
		fprintf(out, ",%s,", aud_port_side_name(r->port_side));
		for (size_t j = 0; j < r->napps; j++)
			fprintf(out, "%s%s", j ? " " : "", r->apps[j]);
		putc(',', out);
		write_security(out, r);
		fprintf(out, ",%s,%s,", aud_presence_name(r->presence), aud_absence_name(r->absence));
		write_field(out, r->condition, false);
		for (size_t j = 0; j < r->ncitations; j++)
			fprintf(out, "%s%s", j ? " " : "", aud_citation(m, r->citations[j]).s);
		fputs(r->inferred ? ",security\n" : ",\n", out);
	}
}

void
aud_rules_write_rows(FILE *out, const struct aud_matrix *m)
{
	fputs("document,table,row,role,service,port,protocol,kind,rules,gloss\n", out);
	for (size_t i = 0; i < m->nrows; i++) {
		const struct aud_row *r = &m->rows[i];

		fprintf(out, "%s,%s,%u,", m->documents[r->document].id, r->table, r->ordinal);
		write_field(out, r->role, false);
		write_field(out, r->service, false);
		write_field(out, r->port, false);
		write_field(out, r->protocol, false);
		fprintf(out, "%s,", row_kind_name(r->kind));
		for (size_t j = 0; j < r->nrules; j++)
			fprintf(out, "%s%s", j ? " " : "", m->rules[r->rules[j]].id);
		putc(',', out);
		write_field(out, r->gloss, true);
	}
}
