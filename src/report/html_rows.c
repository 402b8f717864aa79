/* Every printed row of every document with its cells as printed, what they mean, and what became of it. */
#include <inttypes.h>

#include "html.h"

static void
printed(struct page *p, const char *lang, const char *s)
{
	html_put(p, "<td lang=\"");
	html_text(p, lang);
	html_put(p, "\">");
	html_text(p, s);
	html_put(p, "</td>");
}

static void
meaning(struct page *p, const struct aud_row *r)
{
	html_put(p, "<td>");
	for (size_t i = 0; i < r->nrules; i++) {
		const struct aud_rule *u = &p->m->rules[r->rules[i]];

		html_put(p, "<p>");
		html_text(p, _(p->l, *html_str(u->gloss) ? u->gloss : html_str(u->service)));
		html_put(p, " <span class=\"id\">");
		html_name(p, u->id);
		html_put(p, "</span></p>");
	}
	html_put(p, "</td>");
}

static void
row(struct page *p, const struct aud_row_state *s)
{
	const struct aud_row *r = &p->m->rows[s->row];
	const char *lang = html_str(p->m->documents[r->document].language);

	html_putf(p, "<tr id=\"r%u\"><th scope=\"row\" data-s=\"", s->row);
	/* As printed, and not as the letters of the number: T1.3 is before T1.10, prose is last. */
	html_putf(p, "%zu\">", (size_t)s->row);
	html_say(p, "%s.%u", r->table, r->ordinal);
	html_put(p, "</th>");
	printed(p, lang, r->role);
	printed(p, lang, r->service);
	printed(p, lang, r->port);
	printed(p, lang, r->protocol);
	meaning(p, r);
	html_putf(p, "<td data-s=\"%d\">", (int)s->state);
	html_state_badge(p, s->state);
	html_put(p, "</td>");
	html_said_in(p, "td", s->said, s->reason);
	html_number(p, s->flows);
	html_put(p, "</tr>\n");
}

static void
document(struct page *p, unsigned d)
{
	static const char *const columns[] = {N_("Row"), N_("Role, as printed"), N_("Service, as printed"), N_("Port, as printed"),
	    N_("Protocol, as printed"), N_("Meaning"), N_("State"), N_("Why"), N_("#Flows")};
	const struct aud_document *doc = &p->m->documents[d];

	html_put(p, "<h3>");
	html_name(p, doc->id);
	html_put(p, "</h3>\n<p class=\"note\"><cite lang=\"");
	html_text(p, html_str(doc->language));
	html_put(p, "\">");
	html_text(p, doc->title);
	html_put(p, "</cite> ");
	html_say(p, _(p->l, "(%s, language %s, dated %s)"), html_str(doc->edition), html_str(doc->language), human_date(p->l, doc->date).s);
	if (p->site && !html_applies(p, d)) {
		html_put(p, " ");
		html_text(p, _(p->l, "This document does not count at this site."));
	}
	html_put(p, "</p>\n");
	html_table(p, "sort rows named", doc->id, columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < p->t->nstates; i++)
		if (p->m->rows[p->t->states[i].row].document == d)
			row(p, &p->t->states[i]);
	html_table_end(p);
}

void
html_rows(struct page *p)
{
	uint64_t statements = p->r->totals.by_state[AUD_STATE_STATEMENT];

	if (!p->m || !p->t->nstates) {
		html_in(p, "p", _(p->l, "No rows were judged."));
		return;
	}
	html_say_in(p, "p", _(p->l, "All %s printed rows, the blank ones included, and %s statements in prose. Cells stand as printed, in the language of the document; the meaning is ours."),
	    human_number(p->l, p->t->nstates - statements).s, human_number(p->l, statements).s);
	html_filter(p, "rows");
	/* Those that count here come first. */
	for (int counts = 1; counts >= 0; counts--)
		for (unsigned d = 0; d < p->m->ndocuments; d++)
			if (html_applies(p, d) == counts)
				document(p, d);
}
