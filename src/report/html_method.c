/* How it was audited, what the words mean, and what was not assessed. */
#include "html.h"

struct meaning {
	const char *word, *meaning;
};

static void
meanings(struct page *p, const char *caption, const struct meaning *rows, size_t n)
{
	static const char *const columns[] = {N_("Word"), N_("Meaning")};

	html_table(p, "meanings", caption, columns, 2);
	for (size_t i = 0; i < n; i++) {
		html_put(p, "<tr>");
		html_in(p, "th scope=\"row\"", _(p->l, rows[i].word));
		html_in(p, "td", _(p->l, rows[i].meaning));
		html_put(p, "</tr>\n");
	}
	html_table_end(p);
}

#define MEANINGS(caption, rows) meanings(p, caption, rows, sizeof rows / sizeof *rows)

void
html_method(struct page *p)
{
	static const struct meaning certainties[] = {
	    {N_("certain"), N_("Parsed from the packets themselves.")},
	    {N_("strong"), N_("Two independent indications agree.")},
	    {N_("probable"), N_("One indication.")},
	    {N_("port only"), N_("Roles and port fit; nothing in the payload was recognised.")},
	    {N_("indeterminate"), N_("The capture does not allow a statement.")},
	};
	static const struct meaning states[] = {
	    {N_("observed"), N_("Traffic that fits the row was seen, with an answer.")},
	    {N_("attempted"), N_("It was tried, and never answered, or without any exchange.")},
	    {N_("missing"), N_("It must occur in any working hour, the capture would have shown it, and it did not.")},
	    {N_("not observed"), N_("It was not seen, and that is no defect: it occurs on demand or is optional.")},
	    {N_("inconclusive"), N_("It was not seen, and the capture could not have shown it, or the site file leaves its condition open.")},
	    {N_("not applicable"), N_("Its document, or its condition, does not hold at this site.")},
	    {N_("blank"), N_("The document prints an empty row.")},
	    {N_("statement"), N_("A statement in prose that traffic alone cannot meet or break.")},
	};
	static const char *const limits[] = {
	    N_("What did not pass the point of capture while the capture was running, and what the mirror left out."),
	    N_("What encryption hides: the content of TLS, and of encrypted IPsec."),
	    N_("Whether a host really is what the site file says it is."),
	    N_("Configurations, firewall rules and patch levels: the audit sees packets and nothing else."),
	    N_("Traffic between hosts that the site file does not name."),
	};

	html_in(p, "p", _(p->l, "The audit is passive: packets that were captured are read, and nothing is sent. Packets are decoded through tunnels, duplicates of the mirror are left out, and packets are joined to flows. What a flow carries is told by deep packet inspection (nDPI) and by parsers of our own; an application that is only guessed by its port is never used as evidence. Flows of one client, one port of one server and one application are one conversation."));
	html_in(p, "p", _(p->l, "The site file gives hosts their roles. A conversation is documented where a rule joins these roles, in this direction, with this transport, on this port, under a condition that holds here, with no other application than the rule names. Every rule cites the printed rows on which it stands, so that it can be checked against the text. Of several rules the most specific wins."));
	html_in(p, "p", _(p->l, "Severity and certainty are two things: the severity of a finding comes from the matrix, its certainty from the evidence. What cannot be shown is said to be inconclusive, and not that it is in order."));
	MEANINGS(_(p->l, "Certainty of a finding"), certainties);
	MEANINGS(_(p->l, "State of a printed row"), states);
	html_in(p, "h3", _(p->l, "What was not assessed"));
	html_put(p, "<ul>\n");
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		html_in(p, "li", _(p->l, limits[i]));
	html_put(p, "</ul>\n");
	html_in(p, "p", _(p->l, "A page without findings therefore says that the capture shows no deviation, and not that there is none: read it together with the coverage below."));
}
