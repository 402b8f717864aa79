/* Waivers, issues of the documents, the block to sign, and what it takes to make the report again. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "path.h"

static void
term(struct page *p, const char *label, const char *value)
{
	if (!value)
		return;
	html_put(p, "<p>");
	html_say(p, "%s: ", label);
	html_name(p, value);
	html_put(p, "</p>");
}

static void
range(struct page *p, const char *label, const struct aud_addr *lo, const struct aud_addr *hi)
{
	char s[2 * sizeof(struct aud_addr_text) + 4];

	if (!lo->family)
		return;
	if (aud_addr_cmp(lo, hi))
		snprintf(s, sizeof s, "%s - %s", aud_addr_str(lo).s, aud_addr_str(hi).s);
	else
		snprintf(s, sizeof s, "%s", aud_addr_str(lo).s);
	term(p, label, s);
}

static void
terms(struct page *p, const struct aud_waiver *w)
{
	char port[16];

	html_put(p, "<td>");
	term(p, _(p->l, "finding"), w->finding);
	term(p, _(p->l, "kind"), w->kind);
	range(p, _(p->l, "client"), &w->client_lo, &w->client_hi);
	range(p, _(p->l, "server"), &w->server_lo, &w->server_hi);
	if (w->port >= 0) {
		snprintf(port, sizeof port, "%d", w->port);
		term(p, _(p->l, "port"), port);
	}
	if (w->proto >= 0)
		term(p, _(p->l, "transport"), aud_proto_name((uint8_t)w->proto).s);
	term(p, _(p->l, "application"), w->app);
	html_put(p, "</td>");
}

void
html_waivers(struct page *p)
{
	static const char *const columns[] = {N_("Line"), N_("Waives"), N_("Reason"), N_("Owner"), N_("Expires"), N_("Effect"),
	    N_("Findings")};
	size_t n = p->site ? p->site->nwaivers : 0;

	if (!n) {
		html_in(p, "p", _(p->l, "The site file waives nothing."));
		return;
	}
	html_table(p, "sort", _(p->l, "Waivers of the site file"), columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < n; i++) {
		const struct aud_waiver *w = &p->site->waivers[i];
		bool expired = w->expires && p->t->today && strcmp(w->expires, p->t->today) < 0, any = false;

		html_putf(p, "<tr><th scope=\"row\">%u</th>", w->line);
		terms(p, w);
		html_in(p, "td", w->reason);
		html_name_in(p, "td", w->owner);
		html_name_in(p, "td class=\"t\"", w->expires ? human_date(p->l, w->expires).s : _(p->l, "never"));
		for (size_t k = 0; k < p->t->nfindings && !any; k++)
			any = p->t->findings[k].waiver == (int)i;
		html_in(p, expired && any ? "td class=\"bad\"" : "td",
		    expired ? any ? _(p->l, "expired: its findings are open again") : _(p->l, "expired, matches nothing") : any ? _(p->l, "effective") : _(p->l, "matches nothing"));
		html_put(p, "<td>");
		for (size_t k = 0, told = 0; k < p->t->nfindings && any; k++) {
			if (p->t->findings[k].waiver != (int)i)
				continue;
			if (told++ == 20) {
				html_put(p, "\xe2\x80\xa6");
				break;
			}
			html_putf(p, "<a href=\"#f%zu\">%zu</a> ", k + 1, k + 1);
		}
		html_put(p, "</td></tr>\n");
	}
	html_table_end(p);
}

/* ---- issues ---- */

/* The gravest come first. */
enum issue { ISSUE_INFERRED, ISSUE_IMPLIED, ISSUE_ENDED, ISSUE_READING, ISSUES };

static enum issue
issue_of(const struct aud_rule *u)
{
	return u->inferred ? ISSUE_INFERRED : u->implied ? ISSUE_IMPLIED : *html_str(u->until) ? ISSUE_ENDED : ISSUE_READING;
}

static bool
concerns(const struct page *p, const struct aud_rule *u)
{
	if (u->site_own || !(u->inferred || u->implied || *html_str(u->until) || *html_str(u->remark)))
		return false;
	for (size_t i = 0; i < u->ncitations; i++)
		if (!p->site || html_applies(p, p->m->rows[u->citations[i]].document))
			return true;
	return false;
}

static void
issue_begin(struct page *p, size_t no)
{
	html_putf(p, "<tr><th scope=\"row\">%zu</th><td>", no);
}

static void
ruling(struct page *p)
{
	html_put(p, "<td class=\"ruling\"></td></tr>\n");
}

static void
issue(struct page *p, const struct aud_rule *u, size_t no)
{
	static const char *const words[ISSUES] = {N_("security not printed, inferred"), N_("not printed, implied"), N_("no longer valid"),
	    N_("reading of the text")};

	issue_begin(p, no);
	for (size_t i = 0; i < u->ncitations; i++) {
		if (p->site && !html_applies(p, p->m->rows[u->citations[i]].document))
			continue;
		html_cite(p, u->citations[i]);
		html_put(p, "<br>");
	}
	html_put(p, "</td>");
	html_in(p, "td", _(p->l, words[issue_of(u)]));
	html_put(p, "<td>");
	html_text(p, _(p->l, html_str(u->gloss)));
	html_put(p, " <span class=\"id\">");
	html_name(p, u->id);
	html_put(p, "</span></td><td>");
	html_text(p, _(p->l, html_str(u->remark)));
	if (*html_str(u->until)) {
		html_put(p, " ");
		html_say(p, _(p->l, "Valid until %s."), human_date(p->l, u->until).s);
	}
	html_put(p, "</td>");
	ruling(p);
}

void
html_issues(struct page *p)
{
	static const char *const columns[] = {N_("No."), N_("Rows"), N_("Issue"), N_("How the row is read here"), N_("Ground"), N_("Ruling")};
	size_t no = 0;

	if (!p->m) {
		html_in(p, "p", _(p->l, "No documents were loaded."));
		return;
	}
	html_in(p, "p", _(p->l, "The documents are silent, ambiguous or at odds with each other in these rows. The audit had to read them in some way, and the reviewer is asked to rule on each reading."));
	html_filter(p, "issues");
	html_table(p, "sort issues", _(p->l, "Readings of rows of the documents that count at this site"), columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < p->m->nrows; i++) {
		const struct aud_row *r = &p->m->rows[i];

		if (r->kind != AUD_ROW_BLANK || (p->site && !html_applies(p, r->document)))
			continue;
		issue_begin(p, ++no);
		html_cite(p, (unsigned)i);
		html_put(p, "</td>");
		html_in(p, "td", _(p->l, "blank row"));
		html_in(p, "td", _(p->l, "Kept with its number; it matches nothing."));
		html_in(p, "td", _(p->l, "The document prints a row without content."));
		ruling(p);
	}
	for (int sort = 0; sort < ISSUES; sort++)
		for (size_t i = 0; i < p->m->nrules; i++)
			if (concerns(p, &p->m->rules[i]) && (int)issue_of(&p->m->rules[i]) == sort)
				issue(p, &p->m->rules[i], ++no);
	html_table_end(p);
}

void
html_signoff(struct page *p)
{
	static const char *const lines[] = {N_("Reviewed by"), N_("Function"), N_("Date and place"), N_("Signature")};
	static const char *const boxes[] = {N_("Accepted as it stands"), N_("Accepted with the rulings and remarks noted"),
	    N_("Not accepted; to be audited again")};

	html_in(p, "p", _(p->l, "The signature covers this report as identified by the hashes in the last section, with the coverage, the limits and the waivers that it states."));
	html_put(p, "<ul class=\"boxes\">\n");
	for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++)
		html_in(p, "li", _(p->l, boxes[i]));
	html_put(p, "</ul>\n<dl class=\"sign\">\n");
	for (int times = 0; times < 2; times++) {
		html_put(p, "<div>");
		for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
			html_in(p, "dt", times && !i ? _(p->l, "Approved by") : _(p->l, lines[i]));
			html_put(p, "<dd></dd>\n");
		}
		html_put(p, "</div>\n");
	}
	html_put(p, "</dl>\n");
}

/* The command that makes it again, as far as it is known. */
static void
command(struct page *p)
{
	html_in(p, "dt", _(p->l, "Command"));
	html_put(p, "<dd>");
	if (p->r->command)
		html_in(p, "code class=\"filter\"", p->r->command);
	else
		html_text(p, _(p->l, "not known"));
	html_put(p, "</dd>\n");
}

static void
hash(struct page *p, const char *label, const char *name, const char *sum)
{
	html_put(p, "<tr>");
	html_in(p, "td", label);
	html_name_in(p, "th scope=\"row\"", name);
	html_in(p, "td class=\"hash\"", *sum ? sum : _(p->l, "not computed (--hash)"));
	html_put(p, "</tr>\n");
}

void
html_reproduce(struct page *p)
{
	static const char *const columns[] = {N_("What"), N_("Name"), N_("SHA-256")};

	html_in(p, "p", _(p->l, "The same captures, site file, rules and version give the same bytes again, on any machine and with any number of threads: the report holds no time of its own making and no path."));
	html_put(p, "<dl class=\"facts\">\n");
	command(p);
	html_item(p, _(p->l, "Versions"), _(p->l, "spanaudit %s, nDPI %s, libpcap %s, SQLite %s"), html_str(p->r->version), html_str(p->r->ndpi_version),
	    html_str(p->r->pcap_version), html_str(p->r->sqlite_version));
	html_put(p, "</dl>\n");
	html_table(p, "hashes", _(p->l, "What went into the audit"), columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < p->t->ninputs; i++)
		hash(p, _(p->l, "Capture"), p->inputs[i], p->t->inputs[i].sha256);
	if (p->site)
		hash(p, _(p->l, "Site file"), aud_base_name(p->site->path), p->site->sha256);
	if (p->m)
		hash(p, _(p->l, "Rules"), _(p->l, "all rule files and row files, in the order of their names"), p->m->sha256);
	html_table_end(p);
}
