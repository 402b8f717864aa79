/* Findings by severity and certainty, rows by state and document, conversations by answer. */
#include <inttypes.h>
#include <stdlib.h>

#include "html.h"

enum { CERTAINTIES = AUD_INDETERMINATE + 1, SEVERITIES = AUD_CRITICAL + 1, STATES = AUD_STATE_STATEMENT + 1 };

/* A cell of a cross table: nothing where there is nothing, so that the eye finds the rest. */
static void
count(struct page *p, uint64_t n)
{
	html_putf(p, "<td class=\"n%s\">%s</td>", n ? "" : " zero", n ? human_number(p->l, n).s : "0");
}

static void
cross(struct page *p)
{
	static const char *const columns[] = {N_("Severity"), N_("#certain"), N_("#strong"), N_("#probable"), N_("#port only"),
	    N_("#indeterminate"), N_("#All open"), N_("#Waived")};
	uint64_t open[SEVERITIES][CERTAINTIES] = {0}, waived[SEVERITIES] = {0};

	for (size_t i = 0; i < p->t->nfindings; i++) {
		const struct aud_finding *f = &p->t->findings[i];

		if (html_waived(f))
			waived[f->severity]++;
		else
			open[f->severity][f->certainty]++;
	}
	html_table(p, "cross", _(p->l, "Open findings by severity and certainty"), columns, sizeof columns / sizeof *columns);
	for (int s = AUD_CRITICAL; s >= AUD_INFO; s--) {
		uint64_t sum = 0;

		html_put(p, "<tr><th scope=\"row\">");
		html_badge(p, (enum aud_severity)s);
		html_put(p, "</th>");
		for (int c = 0; c < CERTAINTIES; c++) {
			count(p, open[s][c]);
			sum += open[s][c];
		}
		count(p, sum);
		count(p, waived[s]);
		html_put(p, "</tr>\n");
	}
	html_table_end(p);
}

/* What a reviewer can do about it, by kind. */
static const char *
advice(const struct page *p, enum aud_kind k)
{
	switch (k) {
	case AUD_KIND_UNDOCUMENTED_FLOW:
		return _(p->l, "Find what needs this traffic. Stop it, or add a rule with its reason to the site file.");
	case AUD_KIND_UNKNOWN_HOST: return _(p->l, "Find out what this host is, and give it a role in the site file or keep it away from the server.");
	case AUD_KIND_WRONG_PROTOCOL: return _(p->l, "Find the program that uses this port on both hosts.");
	case AUD_KIND_CLEARTEXT: return _(p->l, "Turn encryption on for this service, and take what was sent readably for disclosed.");
	case AUD_KIND_NO_CLIENT_CERTIFICATE: return _(p->l, "Check that the server demands a certificate of its peer.");
	case AUD_KIND_OBSOLETE_TLS: return _(p->l, "Allow TLS 1.2 and later only on both sides.");
	case AUD_KIND_WRONG_DIRECTION: return _(p->l, "Find out why this side connects, and check the roles in the site file.");
	case AUD_KIND_BLOCKED_FLOW: return _(p->l, "Check firewalls on the way, and whether the service runs.");
	case AUD_KIND_MISSING_FLOW: return _(p->l, "Check that the service is in use, and that the point of capture sees it.");
	case AUD_KIND_OBSOLETE_ROW: return _(p->l, "Find out who still uses this, since the document says that it has ended.");
	case AUD_KIND_SCAN: return _(p->l, "Find out who scans, and whether it was agreed on.");
	case AUD_KIND_IPSEC_MEDIA: return _(p->l, "Exempt the media ranges from IPsec on both sides.");
	case AUD_KIND_IPSEC_ROLE:
	case AUD_KIND_IPSEC_NEGOTIATION: return _(p->l, "Exempt this role from IPsec as the cited rows ask.");
	case AUD_KIND_IPSEC_TUNNEL: return _(p->l, "Capture on the inner side of the tunnel as well, if its traffic is in scope.");
	case AUD_KIND_CAPTURE_LOSS:
	case AUD_KIND_CAPTURE_ONE_WAY:
	case AUD_KIND_CAPTURE_TRUNCATED:
	case AUD_KIND_CAPTURE_UNDECODED:
	case AUD_KIND_CAPTURE_EMPTY: return _(p->l, "Mend the capture and audit again before anything is concluded from absence.");
	case AUD_KIND_COUNT: break;
	}
	return "";
}

static void
kinds(struct page *p)
{
	static const char *const columns[] = {N_("Kind of finding"), N_("#Open"), N_("#Waived"), N_("What to do")};
	uint64_t n[AUD_KIND_COUNT][2] = {0};

	if (!p->t->nfindings) {
		html_in(p, "p", p->site ? _(p->l, "There is no finding.") : _(p->l, "There is no finding about the captures."));
		return;
	}
	for (size_t i = 0; i < p->t->nfindings; i++)
		n[p->t->findings[i].kind][html_waived(&p->t->findings[i])]++;
	html_table(p, "sort kinds", _(p->l, "Findings by kind"), columns, 4);
	for (int k = 0; k < AUD_KIND_COUNT; k++) {
		if (!n[k][0] && !n[k][1])
			continue;
		html_put(p, "<tr>");
		html_in(p, "th scope=\"row\"", html_kind(p, (enum aud_kind)k));
		html_number(p, n[k][0]);
		html_number(p, n[k][1]);
		html_in(p, "td", advice(p, (enum aud_kind)k));
		html_put(p, "</tr>\n");
	}
	html_table_end(p);
}

static void
rows(struct page *p)
{
	static const char *const columns[] = {N_("Document"), N_("#observed"), N_("#attempted"), N_("#missing"), N_("#not observed"),
	    N_("#inconclusive"), N_("#not applicable"), N_("#blank"), N_("#statement")};
	uint64_t(*n)[STATES] = p->m ? calloc(p->m->ndocuments + 1, sizeof *n) : NULL;

	if (!n) {
		p->failed = p->failed || p->m;
		return;
	}
	for (size_t i = 0; i < p->t->nstates; i++)
		n[p->m->rows[p->t->states[i].row].document][p->t->states[i].state]++;
	html_table(p, "cross", _(p->l, "Printed rows by state"), columns, sizeof columns / sizeof *columns);
	for (size_t d = 0; d < p->m->ndocuments; d++) {
		html_put(p, "<tr>");
		html_name_in(p, "th scope=\"row\"", p->m->documents[d].id);
		for (int s = 0; s < STATES; s++)
			count(p, n[d][s]);
		html_put(p, "</tr>\n");
	}
	html_put(p, "<tr class=\"sum\">");
	html_in(p, "th scope=\"row\"", _(p->l, "All"));
	for (int s = 0; s < STATES; s++)
		count(p, p->r->totals.by_state[s]);
	html_put(p, "</tr>\n");
	html_table_end(p);
	free(n);
}

static void
conversations(struct page *p)
{
	static const char *const words[AUD_CASE_CLASSES] = {
	    [AUD_CASE_DOCUMENTED] = N_("documented"),
	    [AUD_CASE_WEAKER] = N_("documented, but less secure than printed"),
	    [AUD_CASE_UNDOCUMENTED] = N_("between hosts with roles, and not documented"),
	    [AUD_CASE_UNKNOWN_HOST] = N_("with a host that has no role"),
	    [AUD_CASE_OUT_OF_SCOPE] = N_("out of scope"),
	    [AUD_CASE_NOISE] = N_("broadcasts, ICMP and other housekeeping of which no matrix speaks"),
	};
	static const char *const columns[] = {N_("Conversations"), N_("#Number")};

	html_table(p, "narrow", _(p->l, "Conversations; each counts once"), columns, 2);
	for (int i = 0; i < AUD_CASE_CLASSES; i++) {
		html_put(p, "<tr>");
		html_in(p, "th scope=\"row\"", _(p->l, words[i]));
		html_number(p, p->r->totals.conversations[i]);
		html_put(p, "</tr>\n");
	}
	html_table_end(p);
}

void
html_summary(struct page *p)
{
	cross(p);
	kinds(p);
	rows(p);
	conversations(p);
}
