/* What was audited: inputs, site, rules; and with which scope. */
#include <inttypes.h>
#include <stdlib.h>

#include "html.h"
#include "path.h"

static void
tile(struct page *p, const char *label, const char *figure, const char *classes)
{
	html_putf(p, "<div class=\"tile%s\"><p class=\"figure\">%s</p><p>", classes, figure);
	html_text(p, label);
	html_put(p, "</p>");
}

/* The four figures that a reader asks for first. */
static void
figures(struct page *p)
{
	const uint64_t *by = p->r->totals.by_severity, *state = p->r->totals.by_state;
	uint64_t open = 0, rows = p->t->nstates - state[AUD_STATE_STATEMENT];

	for (int s = AUD_INFO; s <= AUD_CRITICAL; s++)
		open += by[s];
	html_put(p, "<div class=\"tiles\">\n");
	tile(p, _(p->l, "open findings"), human_number(p->l, open).s, by[AUD_CRITICAL] || by[AUD_HIGH] ? " grave" : "");
	html_put(p, "<ul>");
	for (int s = AUD_CRITICAL; s >= AUD_INFO; s--)
		if (by[s])
			html_say_in(p, "li", _(p->l, "%s %s"), human_number(p->l, by[s]).s, html_severity(p, (enum aud_severity)s));
	if (p->r->totals.waived)
		html_in(p, "li", human_count(p->l, p->r->totals.waived, "%s waived besides", "%s waived besides").s);
	html_put(p, "</ul></div>\n");
	tile(p, _(p->l, "printed rows observed"), human_number(p->l, state[AUD_STATE_OBSERVED]).s, "");
	html_put(p, "<ul>");
	html_in(p, "li", human_count(p->l, rows, "of %s printed row", "of %s printed rows").s);
	html_in(p, "li", human_count(p->l, state[AUD_STATE_MISSING], "%s missing", "%s missing").s);
	html_in(p, "li", human_count(p->l, state[AUD_STATE_INCONCLUSIVE], "%s inconclusive", "%s inconclusive").s);
	html_put(p, "</ul></div>\n");
	tile(p, _(p->l, "conversations not documented"), human_number(p->l, p->r->totals.conversations[AUD_CASE_UNDOCUMENTED]).s, "");
	html_put(p, "<ul>");
	html_in(p, "li", human_count(p->l, p->c->conversations, "of %s conversation", "of %s conversations").s);
	html_in(p, "li", human_count(p->l, p->r->totals.conversations[AUD_CASE_DOCUMENTED], "%s documented", "%s documented").s);
	html_put(p, "</ul></div>\n");
	tile(p, aud_coverage_windowed(p->c) ? _(p->l, "watched within the window") : _(p->l, "watched"), human_span(p->l, aud_watched_ns(p->t)).s, "");
	html_put(p, "<ul>");
	html_in(p, "li", aud_coverage_windowed(p->c) ?
	    human_count(p->l, p->c->packets, "%s IP packet since the start", "%s IP packets since the start").s :
	    human_count(p->l, p->c->packets, "%s IP packet", "%s IP packets").s);
	if (p->c->tcp_data + p->c->acked_unseen)
		html_say_in(p, "li", _(p->l, "%s of TCP segments lost"), human_share(p->l, p->c->acked_unseen, p->c->tcp_data + p->c->acked_unseen).s);
	html_put(p, "</ul></div>\n</div>\n");
}

static void
inputs(struct page *p)
{
	static const char *const columns[] = {N_("Capture"), N_("Format"), N_("#Frames"), N_("#Bytes"), N_("First packet (UTC)"),
	    N_("Last packet (UTC)"), N_("Remarks"), N_("SHA-256")};

	html_table(p, "sort inputs", _(p->l, "Captures that were read"), columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < p->t->ninputs; i++) {
		const struct aud_input *in = &p->t->inputs[i];
		const struct aud_capture_info *f = &in->info;
		char why[512];

		html_put(p, "<tr>");
		html_name_in(p, "th scope=\"row\"", p->inputs[i]);
		if (f->compression)
			html_say_in(p, "td", _(p->l, "%s in %s"), _(p->l, html_str(f->format)), f->compression);
		else
			html_in(p, "td", _(p->l, html_str(f->format)));
		html_number(p, f->frames);
		html_number(p, f->bytes);
		html_when(p, f->first_ns);
		html_when(p, f->last_ns);
		html_put(p, "<td>");
		if (f->broken)
			html_say_in(p, "p class=\"alert\"", _(p->l, "Not read to its end: %s"),
			    aud_tr_made(p->l, aud_without_path(f->broken_why, f->path), why, sizeof why));
		if (f->interrupted)
			html_in(p, "p class=\"alert\"", _(p->l, "Not read to its end: the audit was stopped."));
		if (f->filtered)
			html_say_in(p, "p", _(p->l, "Left out by the filter: %s frames."), human_number(p->l, f->filtered).s);
		if (f->backward)
			html_say_in(p, "p", _(p->l, "Out of order in time: %s frames."), human_number(p->l, f->backward).s);
		if (f->truncated)
			html_say_in(p, "p", _(p->l, "Cut short: %s frames."), human_number(p->l, f->truncated).s);
		if (f->kernel_drops != UINT64_MAX && f->kernel_drops)
			html_say_in(p, "p", _(p->l, "Dropped while capturing: %s packets."), human_number(p->l, f->kernel_drops).s);
		html_put(p, "</td>");
		html_in(p, "td class=\"hash\"", *in->sha256 ? in->sha256 : _(p->l, "not computed (--hash)"));
		html_put(p, "</tr>\n");
	}
	html_table_end(p);
}

void
html_identification(struct page *p)
{
	figures(p);
	html_put(p, "<dl class=\"facts\">\n");
	if (p->site) {
		html_item(p, _(p->l, "Site file"), "%s", html_str(aud_base_name(p->site->path)));
		html_item(p, _(p->l, "SHA-256 of the site file"), "%s", p->site->sha256);
	} else
		html_item(p, _(p->l, "Site file"), "%s", _(p->l, "none: no host has a role, so no document can be applied"));
	html_item(p, _(p->l, "Rules and printed rows"), _(p->l, "Documents: %s. Rows: %s. Rules: %s."), human_number(p->l, p->m ? p->m->ndocuments : 0).s,
	    human_number(p->l, p->m ? p->m->nrows : 0).s, human_number(p->l, p->m ? p->m->nrules : 0).s);
	if (p->m)
		html_item(p, _(p->l, "SHA-256 of the rules"), "%s", p->m->sha256);
	html_item(p, _(p->l, "Made with"), _(p->l, "spanaudit %s, nDPI %s, libpcap %s, SQLite %s"), html_str(p->r->version),
	    html_str(p->r->ndpi_version), html_str(p->r->pcap_version), html_str(p->r->sqlite_version));
	if (p->t->today && p->site && p->site->nwaivers)
		html_item(p, _(p->l, "Waivers judged by the day"), "%s", human_date(p->l, p->t->today).s);
	html_item(p, _(p->l, "Times"), "%s", _(p->l, "as the captures have them, in UTC"));
	html_put(p, "</dl>\n");
	inputs(p);
}

#define X(e, name) name,
static const char *const products[] = {AUD_PRODUCTS(X)};
#undef X
#define X(e, name) "load balancing\004" name,
static const char *const balancings[] = {AUD_LOAD_BALANCINGS(X)};
#undef X

static void
documents(struct page *p)
{
	static const char *const columns[] = {N_("Document"), N_("Title"), N_("Edition"), N_("Language"), N_("Date"), N_("Counts here"),
	    N_("Address")};

	html_table(p, "", _(p->l, "Documents of the matrix"), columns, sizeof columns / sizeof *columns);
	for (unsigned i = 0; p->m && i < p->m->ndocuments; i++) {
		const struct aud_document *d = &p->m->documents[i];

		html_put(p, "<tr>");
		html_name_in(p, "th scope=\"row\"", d->id);
		html_put(p, "<td lang=\"");
		html_text(p, html_str(d->language));
		html_put(p, "\">");
		html_text(p, d->title);
		html_put(p, "</td>");
		html_name_in(p, "td", d->edition);
		html_name_in(p, "td", d->language);
		html_name_in(p, "td class=\"t\"", human_date(p->l, d->date).s);
		html_in(p, "td", html_applies(p, i) ? _(p->l, "yes") : _(p->l, "no"));
		html_in(p, "td class=\"url\"", _(p->l, html_str(d->source)));
		html_put(p, "</tr>\n");
	}
	html_table_end(p);
}

static void
features(struct page *p)
{
#define X(e, name) "feature\004" name,
	static const char *const names[] = {AUD_FEATURES(X)};
#undef X
	static const char *const answers[] = {N_("not given"), N_("no"), N_("yes")};

	html_in(p, "h3", _(p->l, "What the site file says is deployed"));
	html_in(p, "p class=\"note\"", _(p->l, "What is not given is neither assumed nor ruled out."));
	html_put(p, "<dl class=\"columns\">\n");
	for (int i = 0; i < AUD_FEATURE_COUNT; i++) {
		html_put(p, "<div>");
		html_item(p, _(p->l, names[i]), "%s", _(p->l, answers[p->site->features[i]]));
		html_put(p, "</div>");
	}
	html_put(p, "</dl>\n");
}

static void
media(struct page *p, const char *label, struct aud_range r)
{
	if (r.lo || r.hi)
		html_item(p, label, "%u-%u", r.lo, r.hi);
}

void
html_scope(struct page *p)
{
	html_in(p, "p", _(p->l, "In scope is traffic in which at least one side is a host that the site file names. Other traffic is counted and not judged."));
	if (p->site) {
		html_put(p, "<dl class=\"facts\">\n");
		html_item(p, _(p->l, "Product"), "%s", p->site->product ? products[p->site->product] : _(p->l, "not given: documents of any product count"));
		html_item(p, _(p->l, "Load balancing"), "%s", p->site->load_balancing ? _(p->l, balancings[p->site->load_balancing]) : _(p->l, "not given"));
		html_item(p, _(p->l, "Definitions of hosts"), "%s", human_number(p->l, p->site->nhosts).s);
		media(p, _(p->l, "Ports of audio"), p->site->media.audio);
		media(p, _(p->l, "Ports of video"), p->site->media.video);
		media(p, _(p->l, "Ports of application sharing"), p->site->media.sharing);
		media(p, _(p->l, "Ports of clients' media"), p->site->media.client);
		if (p->t->filter)
			html_item(p, _(p->l, "Only packets that match"), "%s", p->t->filter);
		html_put(p, "</dl>\n");
	} else
		html_in(p, "p class=\"alert\"", _(p->l, "There was no site file, so no host has a role. Nothing on this page says whether traffic is documented; only the captures themselves were judged. \"spanaudit discover\" drafts a site file."));
	if (p->m)
		documents(p);
	if (p->site)
		features(p);
}
