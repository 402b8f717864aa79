/* What changed since an earlier audit (--since). */
#include <inttypes.h>

#include "html.h"

static const char *
change(const struct page *p, enum aud_change c)
{
	switch (c) {
	case AUD_CHANGE_NEW: return _(p->l, "new");
	case AUD_CHANGE_CHANGED: return _(p->l, "changed");
	case AUD_CHANGE_NOT_SEEN: return _(p->l, "not seen: the new captures could not have shown it");
	case AUD_CHANGE_SUPERSEDED: return _(p->l, "told by another finding now");
	case AUD_CHANGE_RESOLVED: return _(p->l, "resolved");
	case AUD_CHANGE_UNCHANGED: return _(p->l, "unchanged");
	case AUD_CHANGE_COUNT: break;
	}
	return "";
}

static void
counts(struct page *p, const struct aud_diff *d)
{
	static const char *const columns[] = {N_("Change"), N_("#Findings")};

	html_table(p, "narrow", _(p->l, "Findings by what became of them"), columns, 2);
	for (int c = 0; c < AUD_CHANGE_COUNT; c++) {
		html_put(p, "<tr>");
		html_in(p, "th scope=\"row\"", change(p, (enum aud_change)c));
		html_number(p, d->counts[c]);
		html_put(p, "</tr>\n");
	}
	html_table_end(p);
}

static void
findings(struct page *p, const struct aud_diff *d)
{
	static const char *const columns[] = {N_("Change"), N_("Severity"), N_("Finding"), N_("Id"), N_("Why")};
	bool any = false;

	for (size_t i = 0; i < d->nfindings; i++) {
		const struct aud_diff_finding *x = &d->findings[i];
		const struct aud_finding *f = x->after ? x->after : x->before;

		if (x->change == AUD_CHANGE_UNCHANGED)
			continue;
		if (!any)
			html_table(p, "sort", _(p->l, "Findings that changed"), columns, sizeof columns / sizeof *columns);
		any = true;
		html_putf(p, "<tr><td data-s=\"%d\">", (int)x->change);
		html_text(p, change(p, x->change));
		html_putf(p, "</td><td data-s=\"%d\">", AUD_CRITICAL - (int)f->severity);
		html_badge(p, f->severity);
		html_put(p, "</td>");
		html_said_in(p, "td", f->said, f->reason);
		html_name_in(p, "th scope=\"row\" class=\"id\"", f->id);
		html_said_in(p, "td", x->said, x->reason);
		html_put(p, "</tr>\n");
	}
	if (any)
		html_table_end(p);
	else
		html_in(p, "p", _(p->l, "No finding changed."));
}

static void
rows(struct page *p, const struct aud_diff *d)
{
	static const char *const columns[] = {N_("Row"), N_("Before"), N_("Now"), N_("Why now")};

	if (!d->nrows)
		return;
	html_table(p, "sort", _(p->l, "Printed rows that changed their state"), columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < d->nrows; i++) {
		const struct aud_diff_row *x = &d->rows[i];

		html_putf(p, "<tr><th scope=\"row\" data-s=\"%zu\">", i);
		html_say(p, "%s %s.%u", html_str(x->document), html_str(x->table), x->ordinal);
		html_put(p, "</th><td>");
		if (x->before)
			html_state_badge(p, x->before->state);
		html_put(p, "</td><td>");
		if (x->after)
			html_state_badge(p, x->after->state);
		html_put(p, "</td>");
		if (x->after)
			html_said_in(p, "td", x->after->said, x->after->reason);
		else
			html_in(p, "td", _(p->l, "The row is in none of the documents any more."));
		html_put(p, "</tr>\n");
	}
	html_table_end(p);
}

void
html_changes(struct page *p)
{
	const struct aud_diff *d = p->r->since;
	const struct aud_coverage *before = d->before->trial->coverage;

	if (aud_coverage_windowed(before))
		html_say_in(p, "p", _(p->l, "The earlier audit is of the %s before %s UTC, the window of its watch."), human_span(p->l, before->window_ns).s,
		    human_time(p->l, before->window_end_ns).s);
	else if (before->first_ns)
		html_say_in(p, "p", _(p->l, "The earlier audit is of what was captured %s."), human_period(p->l, before->first_ns, before->last_ns).s);
	for (size_t i = 0; i < d->nremarks; i++)
		html_in(p, "p class=\"alert\"", _(p->l, d->remarks[i]));
	counts(p, d);
	findings(p, d);
	rows(p, d);
}
