/* "rules show": one rule or one printed row as text. */
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "load.h"
#include "names.h"

static void
line(FILE *out, const char *name, const char *value)
{
	if (*value)
		fprintf(out, "  %-10s %s\n", name, value);
}

static void
show_row(FILE *out, const struct aud_matrix *m, unsigned row)
{
	const struct aud_row *r = &m->rows[row];
	const struct aud_document *d = &m->documents[r->document];

	fprintf(out, "%s (%s)\n", aud_citation(m, row).s, row_kind_name(r->kind));
	fprintf(out, "  %-10s %s (%s, %s, %s)\n", "document", d->title, d->edition, d->language, d->date);
	line(out, "address", d->source);
	line(out, "role", r->role);
	line(out, "service", r->service);
	line(out, "port", r->port);
	line(out, "protocol", r->protocol);
	line(out, "meaning", r->gloss);
	for (size_t i = 0; i < r->nrules; i++)
		line(out, i ? "" : "rules", m->rules[r->rules[i]].id);
}

static void
show_state(FILE *out, const struct aud_matrix *m, const struct aud_rule *r, const struct aud_site *site)
{
	static const char *const words[] = {"cannot be told from the site file", "no", "yes"};

	if (site)
		line(out, "in force", words[aud_rule_applies(m, r, site)]);
}

/* Whose ports they are, and what the site leaves of them. */
static void
show_side(FILE *out, const struct aud_rule *r, const struct aud_site *site)
{
	struct aud_range own[4];
	size_t n = aud_rule_ports(r, site, own);

	if (r->pair) {
		fprintf(out, " (%u of the server, any of them of the client)", r->ports[0].lo);
		return;
	}

	fprintf(out, " (%s%s", r->port_side == AUD_PORT_EITHER ? "of either side" : r->port_side == AUD_PORT_CLIENT ? "of the client" :
	    r->media ? "of the hosts in 'to'" : "of the server", r->media && !r->exempt ? "; counts with evidence of media only" : "");
	if (!n || own[0].lo != r->ports[0].lo || own[0].hi != r->ports[0].hi) {
		fputs("; at this site ", out);
		if (n)
			fprintf(out, "%u-%u", own[0].lo, own[0].hi);
		else
			fputs("none", out);
	}
	putc(')', out);
}

/* The rows that count at the site, or those that do not: other editions print the same. */
static void
show_citations(FILE *out, const struct aud_matrix *m, const struct aud_rule *r, const struct aud_site *site, bool here)
{
	const char *name = here ? "rows" : "elsewhere";

	for (size_t i = 0; i < r->ncitations; i++)
		if (here == (!site || aud_document_applies(m, m->rows[r->citations[i]].document, site))) {
			line(out, name, aud_citation(m, r->citations[i]).s);
			name = "";
		}
}

static void
show_rule(FILE *out, const struct aud_matrix *m, const struct aud_rule *r, const struct aud_site *site)
{
	fprintf(out, "%s (%s:%u)\n", r->id, r->file, r->line);
	line(out, "subject", r->subject);
	line(out, "service", r->service);
	fputs("  from       ", out);
	write_roles(out, site, r->clients, r->clients_all);
	fputs("\n  to         ", out);
	write_roles(out, site, r->servers, r->servers_all);
	if (r->either_way) {
		fputs("\n  and back   to ", out);
		write_roles(out, site, r->either ? r->either : r->clients, 0);
	}
	fputs("\n  transport  ", out);
	write_transport(out, r);
	if (r->nports) {
		fputs("\n  ports      ", out);
		write_ports(out, r);
		show_side(out, r, site);
	}
	fputs("\n  security   ", out);
	write_security(out, r);
	if (r->mtls_clients) {
		fputs(" (mutual with ", out);
		write_roles(out, site, r->mtls_clients, 0);
		putc(')', out);
	}
	putc('\n', out);
	for (size_t i = 0; i < r->napps; i++)
		fprintf(out, "%s%s%s", i ? " " : "  apps       ", strcmp(r->apps[i], "Unknown") != 0 ? r->apps[i] :
		    "none that nDPI has a name for", i + 1 < r->napps ? "" : "\n");
	if (r->announced)
		line(out, "announced", r->announced == AUD_ANNOUNCED_RPC ? "holds on any port that the endpoint mapper of the server told the client" :
		    "holds on a port that SQL Browser of the server told the client, and on no other");
	if (r->members)
		line(out, "members", "of the virtual address alone, where the site file lists them");
	line(out, "presence", aud_presence_name(r->presence));
	line(out, "absence", aud_absence_name(r->absence));
	line(out, "condition", r->condition);
	show_state(out, m, r, site);
	line(out, "until", r->until);
	line(out, "except", r->exception);
	line(out, "meaning", r->gloss);
	line(out, "remark", r->remark);
	line(out, "reason", r->reason);
	if (r->inferred)
		line(out, "inferred", "the row does not print this security");
	if (r->implied)
		line(out, "implied", "follows from the row, which does not print it");
	if (r->exempt)
		line(out, "effect", "IPsec must be off; documents no traffic");
	show_citations(out, m, r, site, true);
	show_citations(out, m, r, site, false);
}

static enum aud_code
fail_unknown(const struct aud_matrix *m, const char *what, struct aud_err *err)
{
	const char **ids = calloc(m->nrules + 1, sizeof *ids), *near;

	if (!ids)
		return aud_nomem(err);
	for (size_t i = 0; i < m->nrules; i++)
		ids[i] = m->rules[i].id;
	near = aud_nearest(what, ids, m->nrules);
	free(ids);
	return aud_fail(err, AUD_USAGE, 0, "'%.60s' is no rule and no row of the matrix%s%s%s", what, near ? ": did you mean '" : "",
	    near ? near : "", near ? "'?" : "");
}

enum aud_code
aud_rules_show(FILE *out, const struct aud_matrix *m, const struct aud_site *site, const char *what, struct aud_err *err)
{
	for (size_t i = 0; i < m->nrules; i++)
		if (!strcmp(m->rules[i].id, what)) {
			show_rule(out, m, &m->rules[i], site);
			return AUD_OK;
		}
	for (unsigned i = 0; i < m->nrows; i++) {
		struct aud_citation_text t = aud_citation(m, i);
		const char *hash = strchr(t.s, '#');

		if (strcmp(t.s, what) != 0 && (m->ndocuments != 1 || strcmp(hash + 1, what) != 0))
			continue;
		show_row(out, m, i);
		for (size_t j = 0; j < m->rows[i].nrules; j++) {
			putc('\n', out);
			show_rule(out, m, &m->rules[m->rows[i].rules[j]], site);
		}
		return AUD_OK;
	}
	return fail_unknown(m, what, err);
}
