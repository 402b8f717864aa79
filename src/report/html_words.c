/* Words of the vocabulary of findings and rows, for people. */
#include <stdlib.h>
#include <string.h>

#include "html.h"

const char *
html_severity(const struct page *p, enum aud_severity s)
{
	static const char *const words[] = {N_("info"), N_("low"), N_("medium"), N_("high"), N_("critical")};

	return _(p->l, words[s]);
}

const char *
html_certainty(const struct page *p, enum aud_certainty c)
{
	static const char *const words[] = {N_("certain"), N_("strong"), N_("probable"), N_("port only"), N_("indeterminate")};

	return _(p->l, words[c]);
}

const char *
html_state(const struct page *p, enum aud_state s)
{
	static const char *const words[] = {N_("observed"), N_("attempted"), N_("missing"), N_("not observed"), N_("inconclusive"),
	    N_("not applicable"), N_("blank"), N_("statement")};

	return _(p->l, words[s]);
}

const char *
html_kind(const struct page *p, enum aud_kind k)
{
	return _(p->l, aud_kind_title(k));
}

void
html_badge(struct page *p, enum aud_severity s)
{
	html_putf(p, "<span class=\"sev s%d\">", (int)s);
	html_text(p, html_severity(p, s));
	html_put(p, "</span>");
}

void
html_state_badge(struct page *p, enum aud_state s)
{
	html_putf(p, "<span class=\"state %s\">", aud_state_name(s));
	html_text(p, html_state(p, s));
	html_put(p, "</span>");
}

bool
html_waived(const struct aud_finding *f)
{
	return f->waiver >= 0 && !f->waiver_expired;
}

bool
html_applies(const struct page *p, unsigned document)
{
	return p->m && p->site && aud_document_applies(p->m, document, p->site);
}

const char *
html_str(const char *s)
{
	return s ? s : "";
}

char *
html_roles(struct page *p, aud_roles set)
{
	char *s = NULL;
	size_t n;
	FILE *w;

	if (!set) {
		if (!(s = strdup(_(p->l, "no role"))))
			p->failed = true;
		return s;
	}
	if (!(w = open_memstream(&s, &n))) {
		p->failed = true;
		return NULL;
	}
	aud_roles_tell(w, p->l, p->site, set);
	if (fclose(w)) {
		p->failed = true;
		free(s);
		return NULL;
	}
	return s;
}

void
html_cite(struct page *p, unsigned row)
{
	const struct aud_row *r = &p->m->rows[row];

	html_putf(p, "<a class=\"cite\" href=\"#r%u\">", row);
	html_say(p, "%s %s.%u", p->m->documents[r->document].id, r->table, r->ordinal);
	html_put(p, "</a>");
}
