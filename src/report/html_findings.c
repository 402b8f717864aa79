/* The list of findings, and each of them with its reason, citations and evidence. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"

/* Browsers lay out groups of so many when they come into sight, and not one by one: of each they have to keep track. */
enum { COLUMNS = 11, GROUP = 50 };

/* The name of a prefix is that of many hosts, so the address stays. */
static void
endpoint(struct page *p, const char *name, const struct aud_addr *a)
{
	html_put(p, "<td>");
	html_name(p, name ? name : a->family ? NULL : "\xe2\x80\x93");
	if (a->family)
		html_in(p, name ? "span class=\"addr\"" : "span class=\"addr alone\"", aud_addr_str(a).s);
	html_put(p, "</td>");
}

static void
status(struct page *p, const struct aud_finding *f)
{
	html_text(p, html_waived(f) ? _(p->l, "waived") : f->waiver >= 0 ? _(p->l, "re-opened") : _(p->l, "open"));
}

static void
transport(struct page *p, uint8_t proto)
{
	if (aud_proto_named(proto))
		html_text(p, aud_proto_name(proto).s);
	else
		html_say(p, _(p->l, "IP protocol %1$s"), aud_proto_name(proto).s);
}

/* As few elements as can be, and no white space between them, which is a node each: there may be thousands of lines. */
static void
listed(struct page *p, const struct aud_finding *f, size_t n)
{
	html_putf(p, "<tr data-for=\"f%zu\"><td class=\"n\"><a href=\"#f%zu\">%zu</a></td><td class=\"k s%d\" data-s=\"%d\">", n, n, n,
	    (int)f->severity, AUD_CRITICAL - (int)f->severity);
	html_text(p, html_severity(p, f->severity));
	html_putf(p, "</td><td data-s=\"%d\">", (int)f->certainty);
	html_text(p, html_certainty(p, f->certainty));
	html_put(p, "</td>");
	html_in(p, "th scope=\"row\"", html_kind(p, f->kind));
	endpoint(p, f->client_name, &f->client);
	endpoint(p, f->server_name, &f->server);
	html_putf(p, "<td class=\"t\" data-s=\"%d\">", f->port);
	if (aud_proto_has_port(f->proto, f->port))
		html_say(p, "%d/%s", f->port, aud_proto_name(f->proto).s);
	else if (f->proto)
		transport(p, f->proto);
	else
		html_text(p, "\xe2\x80\x93");
	html_put(p, "</td>");
	html_name_in(p, "td", f->app ? _(p->l, f->app) : NULL);
	html_number(p, f->flows);
	html_when(p, f->first_ns);
	html_put(p, "<td>");
	status(p, f);
	html_put(p, "</td></tr>");
}

static void
fact(struct page *p, const char *label)
{
	html_in(p, "dt", label);
	html_put(p, "<dd>");
}

static char *
ports_of(struct page *p, const struct aud_rule *u)
{
	struct aud_range r[4];
	size_t n = aud_rule_ports(u, p->site, r), used = 0;
	char list[64] = "", *s = NULL;
	int rc = 0;

	for (size_t i = 0; i < n && used < sizeof list; i++)
		used += (size_t)snprintf(list + used, sizeof list - used, r[i].lo == r[i].hi ? "%s%u" : "%s%u-%u", i ? ", " : "", r[i].lo, r[i].hi);
	if (!n)
		s = strdup(_(p->l, "any"));
	else if (u->port_side == AUD_PORT_NONE)
		s = strdup(list);
	else
		rc = u->port_side == AUD_PORT_SERVER   ? asprintf(&s, _(p->l, "%s of the server"), list)
		     : u->port_side == AUD_PORT_CLIENT ? asprintf(&s, _(p->l, "%s of the client"), list)
						       : asprintf(&s, _(p->l, "%s of either side"), list);
	p->failed = p->failed || rc < 0 || !s;
	return rc < 0 ? NULL : s;
}

static const char *
security(const struct page *p, const struct aud_rule *u)
{
	switch (u->security) {
	case AUD_SEC_UNSTATED: return _(p->l, "not stated");
	case AUD_SEC_NONE: return _(p->l, "none");
	case AUD_SEC_TLS: return u->inferred ? _(p->l, "TLS (inferred, not printed in the row)") : _(p->l, "TLS");
	case AUD_SEC_MTLS:
		if (u->mtls_clients)
			return _(p->l, "mutual TLS between servers, TLS from others");
		return u->inferred ? _(p->l, "mutual TLS (inferred, not printed in the row)") : _(p->l, "mutual TLS");
	case AUD_SEC_TLS_OR_MTLS: return _(p->l, "TLS or mutual TLS");
	}
	return "";
}

static char *
joined(struct page *p, const struct aud_rule *u, bool apps)
{
	char *s;
	size_t n;
	FILE *w = open_memstream(&s, &n);

	if (!w) {
		p->failed = true;
		return NULL;
	}
	for (size_t i = 0; i < (apps ? u->napps : u->nprotos); i++)
		fprintf(w, "%s%s", i ? ", " : "", apps ? _(p->l, u->apps[i]) : aud_proto_name(u->protos[i]).s);
	if (apps ? !u->napps : !u->nprotos)
		fputs(_(p->l, "any"), w);
	if (fclose(w)) {
		p->failed = true;
		free(s);
		return NULL;
	}
	return s;
}

static void
rule(struct page *p, const struct aud_rule *u)
{
	char *clients = html_roles(p, u->clients), *servers = html_roles(p, u->servers), *apps = joined(p, u, true),
	     *protos = joined(p, u, false), *ports = ports_of(p, u);

	if (u->exempt)
		html_say(p, _(p->l, "No IPsec, neither AH nor ESP nor its negotiation, from %s to %s over %s, port %s."), html_str(clients),
		    html_str(servers), html_str(protos), html_str(ports));
	else
		html_say(p, _(p->l, "From %s to %s over %s, port %s; security: %s; application: %s."), html_str(clients), html_str(servers),
		    html_str(protos), html_str(ports), security(p, u), html_str(apps));
	if (u->either_way) {
		char *back = html_roles(p, u->either ? u->either : u->clients);

		html_put(p, " ");
		html_say(p, _(p->l, "Servers may also connect to %s."), html_str(back));
		free(back);
	}
	html_put(p, " ");
	html_name_in(p, "bdi class=\"id\"", u->id);
	if (*html_str(u->gloss)) {
		html_put(p, "<br>");
		html_say(p, _(p->l, "Meaning: %s"), _(p->l, u->gloss));
	}
	free(clients);
	free(servers);
	free(apps);
	free(protos);
	free(ports);
}

static void
expected(struct page *p, const struct aud_finding *f)
{
	if (p->m && f->rule >= 0) {
		fact(p, _(p->l, "Expected"));
		rule(p, &p->m->rules[f->rule]);
	} else if (f->kind == AUD_KIND_UNDOCUMENTED_FLOW) {
		fact(p, _(p->l, "Expected"));
		html_text(p, _(p->l, "Nothing: no loaded document that counts at this site lists this traffic."));
		if (p->m && f->nearest >= 0) {
			html_put(p, "</dd>");
			fact(p, _(p->l, "Nearest rule, which does not fit"));
			rule(p, &p->m->rules[f->nearest]);
		}
	} else if (f->kind == AUD_KIND_UNKNOWN_HOST) {
		fact(p, _(p->l, "Expected"));
		html_text(p, _(p->l, "That the site file gives a role to every host that talks to the servers of the site."));
	} else
		return;
	html_put(p, "</dd>");
}

/* "fe01, 10.1.0.11 (front-end)" */
static void
side(struct page *p, const char *name, const struct aud_addr *a, aud_roles set)
{
	char *roles = html_roles(p, set);

	if (name) {
		html_name(p, name);
		html_put(p, ", ");
	}
	html_say(p, "%s (%s)", aud_addr_str(a).s, html_str(roles));
	free(roles);
}

static void
seen(struct page *p, const struct aud_finding *f)
{
	if (!f->client.family && !f->server.family && !f->flows && !f->packets && f->kind != AUD_KIND_MISSING_FLOW)
		return;
	fact(p, _(p->l, "Seen"));
	if (f->kind == AUD_KIND_MISSING_FLOW && !f->flows)
		html_text(p, _(p->l, "No such traffic."));
	if (f->client.family)
		side(p, f->client_name, &f->client, f->client_roles);
	if (f->client.family && f->server.family)
		html_put(p, " \xe2\x86\x92 ");
	if (f->server.family)
		side(p, f->server_name, &f->server, f->server_roles);
	if (f->app && f->proto && f->port >= 0) {
		html_put(p, "; ");
		if (aud_proto_has_port(f->proto, f->port))
			html_say(p, _(p->l, "%s on %d/%s"), _(p->l, f->app), f->port, aud_proto_name(f->proto).s);
		else
			transport(p, f->proto);
	}
	if (f->flows && !f->packets) {
		html_put(p, "<br>");
		html_say(p, _(p->l, "Flows: %s. Period: %s."), human_number(p->l, f->flows).s, human_period(p->l, f->first_ns, f->last_ns).s);
	} else if (f->packets) {
		html_put(p, "<br>");
		html_say(p, _(p->l, "Flows: %s. Packets: %s. Volume: %s. Period: %s."), human_number(p->l, f->flows).s, human_number(p->l, f->packets).s,
		    human_bytes(p->l, f->bytes).s, human_period(p->l, f->first_ns, f->last_ns).s);
	}
	html_put(p, "</dd>");
}

/* The cells, each in quotation marks, since they hold whatever a document prints; a statement in prose has none. */
static void
citations(struct page *p, const struct aud_finding *f)
{
	if (!p->m || !f->ncitations)
		return;
	html_in(p, "dt", _(p->l, "The documents print as role, service, port, protocol"));
	for (size_t i = 0; i < f->ncitations; i++) {
		const struct aud_row *r = &p->m->rows[f->citations[i]];

		html_put(p, "<dd lang=\"");
		html_text(p, html_str(p->m->documents[r->document].language));
		html_put(p, "\">");
		html_cite(p, f->citations[i]);
		html_put(p, " ");
		if (r->kind == AUD_ROW_STATEMENT) {
			html_putf(p, "<span lang=\"%s\">", aud_lang_tag(p->l));
			html_text(p, _(p->l, "(a statement in prose)"));
			html_put(p, "</span>");
		} else
			html_say(p, "\xe2\x80\x9c%s\xe2\x80\x9d, \xe2\x80\x9c%s\xe2\x80\x9d, \xe2\x80\x9c%s\xe2\x80\x9d, \xe2\x80\x9c%s\xe2\x80\x9d",
			    html_str(r->role), html_str(r->service), html_str(r->port), html_str(r->protocol));
		html_put(p, "</dd>");
	}
}

static void
evidence(struct page *p, const struct aud_finding *f)
{
	char *flow = html_filter_flow(f, &p->failed);
	bool any = false;

	for (size_t i = 0; i < p->t->ninputs; i++) {
		char *frames = html_filter_frames(f, i, &p->failed);

		if (frames) {
			if (!any)
				html_in(p, "dt", _(p->l, "Frames that show it"));
			any = true;
			html_put(p, "<dd>");
			html_name(p, p->inputs[i]);
			html_put(p, " ");
			html_in(p, "code", frames);
			html_put(p, "</dd>");
		}
		free(frames);
	}
	if (flow) {
		fact(p, _(p->l, "All of it in Wireshark"));
		html_in(p, "code", flow);
		html_put(p, "</dd>");
	}
	free(flow);
}

static void
waiver(struct page *p, const struct aud_finding *f)
{
	const struct aud_waiver *w = f->waiver >= 0 && p->site ? &p->site->waivers[f->waiver] : NULL;

	if (w)
		html_item(p, f->waiver_expired ? _(p->l, "Waiver, expired") : _(p->l, "Waiver"), _(p->l, "Reason: %s. Owner: %s. Expires: %s."),
		    html_str(w->reason), w->owner ? w->owner : _(p->l, "none named"), w->expires ? human_date(p->l, w->expires).s : _(p->l, "never"));
}

static void
detail(struct page *p, const struct aud_finding *f, size_t no)
{
	html_putf(p, "<article id=\"f%zu\" class=\"finding b%d%s\"><p class=\"meta\">", no, (int)f->severity, html_waived(f) ? " waived" : "");
	html_badge(p, f->severity);
	html_put(p, " ");
	html_say(p, _(p->l, "certainty: %s"), html_certainty(p, f->certainty));
	html_put(p, " \xc2\xb7 ");
	status(p, f);
	html_put(p, " \xc2\xb7 ");
	html_say(p, "%s %s", aud_kind_slug(f->kind), f->id);
	html_putf(p, "</p><h3>%zu. ", no);
	html_text(p, html_kind(p, f->kind));
	html_put(p, "</h3>");
	html_said_in(p, "p class=\"reason\"", f->said, f->reason);
	html_put(p, "<dl class=\"facts\">");
	expected(p, f);
	citations(p, f);
	seen(p, f);
	evidence(p, f);
	waiver(p, f);
	html_put(p, "</dl></article>");
}

void
html_findings(struct page *p)
{
	static const char *const columns[COLUMNS] = {N_("#No."), N_("Severity"), N_("Certainty"), N_("Finding"), N_("Client"),
	    N_("Server"), N_("Port"), N_("Application"), N_("#Flows"), N_("First seen (UTC)"), N_("Status")};
	const struct aud_trial *t = p->t;

	if (!t->nfindings) {
		html_in(p, "p", p->site ? _(p->l, "None. The coverage says what that is worth.") : _(p->l, "None about the captures; without a site file nothing else was judged."));
		return;
	}
	html_filter(p, "findings");
	html_table(p, "sort list", _(p->l, "All findings, the most severe first"), columns, COLUMNS);
	for (size_t i = 0; i < t->nfindings && !ferror(p->out); i++) {
		if (i && i % GROUP == 0)
			html_put(p, "</tbody>\n<tbody>");
		listed(p, &t->findings[i], i + 1);
	}
	html_table_end(p);
	for (size_t i = 0; i < t->nfindings && !p->failed && !ferror(p->out); i++) {
		if (i % GROUP == 0)
			html_put(p, i ? "</div>\n<div class=\"group\">" : "<div class=\"group\">");
		detail(p, &t->findings[i], i + 1);
	}
	html_put(p, "</div>\n");
}
