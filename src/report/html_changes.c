/* What changed since an earlier audit (--since). */
#include <inttypes.h>

#include "html.h"

static const char *
change(enum aud_change c)
{
	switch (c) {
	case AUD_CHANGE_NEW: return _("new");
	case AUD_CHANGE_CHANGED: return _("changed");
	case AUD_CHANGE_NOT_SEEN: return _("not seen: the new captures could not have shown it");
	case AUD_CHANGE_SUPERSEDED: return _("told by another finding now");
	case AUD_CHANGE_RESOLVED: return _("resolved");
	case AUD_CHANGE_UNCHANGED: return _("unchanged");
	case AUD_CHANGE_COUNT: break;
	}
	return "";
}

static void
counts(struct page *p, const struct aud_diff *d)
{
	static const char *const columns[] = {N_("Change"), N_("#Findings")};

	html_table(p, "narrow", _("Findings by what became of them"), columns, 2);
	for (int c = 0; c < AUD_CHANGE_COUNT; c++) {
		html_put(p, "<tr>");
		html_in(p, "th scope=\"row\"", change((enum aud_change)c));
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
			html_table(p, "sort", _("Findings that changed"), columns, sizeof columns / sizeof *columns);
		any = true;
		html_putf(p, "<tr><td data-s=\"%d\">", (int)x->change);
		html_text(p, change(x->change));
		html_putf(p, "</td><td data-s=\"%d\">", AUD_CRITICAL - (int)f->severity);
		html_badge(p, f->severity);
		html_put(p, "</td>");
		html_in(p, "td", html_str(f->reason));
		html_name_in(p, "th scope=\"row\" class=\"id\"", f->id);
		html_in(p, "td", x->reason);
		html_put(p, "</tr>\n");
	}
	if (any)
		html_table_end(p);
	else
		html_in(p, "p", _("No finding changed."));
}

static void
rows(struct page *p, const struct aud_diff *d)
{
	static const char *const columns[] = {N_("Row"), N_("Before"), N_("Now"), N_("Why now")};

	if (!d->nrows)
		return;
	html_table(p, "sort", _("Printed rows that changed their state"), columns, sizeof columns / sizeof *columns);
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
		html_in(p, "td", x->after ? x->after->reason : _("The row is in none of the documents any more."));
		html_put(p, "</tr>\n");
	}
	html_table_end(p);
}

void
html_changes(struct page *p)
{
	const struct aud_diff *d = p->r->since;
	const struct aud_coverage *before = d->before->trial->coverage;

	if (before->first_ns)
		html_say_in(p, "p", _("The earlier audit is of what was captured %s."), human_period(before->first_ns, before->last_ns).s);
	for (size_t i = 0; i < d->nremarks; i++)
		html_in(p, "p class=\"alert\"", d->remarks[i]);
	counts(p, d);
	findings(p, d);
	rows(p, d);
}
