/* IPsec: what the documents ask, whether the capture could show it, associations and negotiations, rows. */
#include <inttypes.h>
#include <stdlib.h>

#include <aud/ipsec.h>

#include "html.h"

enum { MOST = 500 };	/* associations and negotiations that are listed */

#define X(e, name) "ipsec\004" name,
static const char *const encaps[] = {AUD_IPSEC_ENCAPS(X)};
static const char *const payloads[] = {AUD_IPSEC_PAYLOADS(X)};
static const char *const modes[] = {AUD_IPSEC_MODES(X)};
#undef X

static void
address(struct page *p, const struct aud_addr *a)
{
	html_in(p, "td class=\"addr\"", aud_addr_str(a).s);
}

static void
associations(struct page *p, const struct aud_ipsec_result *r)
{
	static const char *const columns[] = {N_("From"), N_("To"), N_("SPI"), N_("Carried in"), N_("Payload"), N_("Mode"), N_("#Packets"),
	    N_("#Bytes"), N_("#Lost, by sequence numbers"), N_("First seen (UTC)"), N_("Last seen (UTC)")};

	if (!r->nsas)
		return;
	html_table(p, "sort", _(p->l, "Security associations, one line a direction"), columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < r->nsas && i < MOST; i++) {
		const struct aud_sa *s = &r->sas[i];

		html_put(p, "<tr>");
		address(p, &s->src);
		address(p, &s->dst);
		html_say_in(p, "td class=\"t\"", "0x%08" PRIx32, s->spi);
		html_in(p, "td", _(p->l, encaps[s->encap]));
		html_in(p, "td", _(p->l, payloads[s->payload]));
		html_in(p, "td", _(p->l, modes[s->mode]));
		html_number(p, s->packets);
		html_number(p, s->bytes);
		html_number(p, s->lost);
		html_when(p, s->first_ns);
		html_when(p, s->last_ns);
		html_put(p, "</tr>\n");
	}
	html_table_end(p);
	if (r->nsas > MOST)
		html_say_in(p, "p class=\"note\"", _(p->l, "Not listed: %s more."), human_number(p->l, r->nsas - MOST).s);
}

static void
negotiations(struct page *p, const struct aud_ipsec_result *r)
{
	static const char *const columns[] = {N_("Initiator"), N_("Responder"), N_("#Messages of the initiator"), N_("#Messages of the responder"),
	    N_("#Repeated"), N_("First seen (UTC)"), N_("First answer after")};

	if (!r->nikes)
		return;
	html_table(p, "sort", _(p->l, "Negotiations (IKE, AuthIP)"), columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < r->nikes && i < MOST; i++) {
		const struct aud_ike *k = &r->ikes[i];
		bool answered = k->answer_ns && k->answer_ns >= k->first_ns;

		html_put(p, "<tr>");
		address(p, &k->initiator);
		address(p, &k->responder);
		html_number(p, k->messages[0]);
		html_number(p, k->messages[1]);
		html_number(p, k->retransmissions[0] + k->retransmissions[1]);
		html_when(p, k->first_ns);
		html_putf(p, "<td class=\"n\" data-s=\"%" PRIu64 "\">", answered ? k->answer_ns - k->first_ns : UINT64_MAX);
		if (answered)
			html_say(p, "%s s", human_decimal(p->l, 3, (double)(k->answer_ns - k->first_ns) / 1e9).s);
		else
			html_text(p, _(p->l, "no answer seen"));
		html_put(p, "</td></tr>\n");
	}
	html_table_end(p);
	if (r->nikes > MOST)
		html_say_in(p, "p class=\"note\"", _(p->l, "Not listed: %s more."), human_number(p->l, r->nikes - MOST).s);
}

/* "None seen" may only be said of a role whose media was seen in the clear: the positive control. */
static void
roles(struct page *p)
{
	static const char *const columns[] = {N_("Role"), N_("IPsec on its media"), N_("Why"), N_("#Media flows in the clear"),
	    N_("#Associations"), N_("#Negotiations")};
	static const char *const sayings[] = {N_("inconclusive"), N_("none observed"), N_("observed")};

	if (!p->t->nipsec_roles)
		return;
	html_table(p, "sort", _(p->l, "What may be said of the roles that the rows name"), columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < p->t->nipsec_roles; i++) {
		const struct aud_ipsec_role *r = &p->t->ipsec_roles[i];

		html_put(p, "<tr>");
		html_name_in(p, "th scope=\"row\"", aud_site_role_told(p->l, p->site, r->role));
		html_in(p, "td", _(p->l, sayings[r->saying]));
		html_said_in(p, "td", r->said, r->reason);
		html_number(p, r->clear_flows);
		html_number(p, r->associations);
		html_number(p, r->negotiations);
		html_put(p, "</tr>\n");
	}
	html_table_end(p);
}

static bool
of_ipsec(const struct page *p, const struct aud_row *r)
{
	for (size_t i = 0; i < r->nrules; i++)
		if (p->m->rules[r->rules[i]].exempt)
			return true;
	return false;
}

static void
rows(struct page *p)
{
	static const char *const columns[] = {N_("Row"), N_("Meaning"), N_("State"), N_("Why")};
	bool any = false;

	for (size_t i = 0; p->m && i < p->t->nstates; i++) {
		const struct aud_row_state *s = &p->t->states[i];
		const struct aud_row *r = &p->m->rows[s->row];

		if (!of_ipsec(p, r))
			continue;
		if (!any)
			html_table(p, "sort", _(p->l, "Rows that ask for no IPsec"), columns, sizeof columns / sizeof *columns);
		any = true;
		html_putf(p, "<tr><th scope=\"row\" data-s=\"%zu\">", i);
		html_cite(p, s->row);
		html_put(p, "</th>");
		html_in(p, "td", _(p->l, html_str(p->m->rules[r->rules[0]].gloss)));
		html_putf(p, "<td data-s=\"%d\">", (int)s->state);
		html_state_badge(p, s->state);
		html_put(p, "</td>");
		html_said_in(p, "td", s->said, s->reason);
		html_put(p, "</tr>\n");
	}
	if (any)
		html_table_end(p);
}

static void
findings(struct page *p)
{
	bool any = false;

	for (size_t i = 0; i < p->t->nfindings; i++) {
		const struct aud_finding *f = &p->t->findings[i];

		if (f->kind != AUD_KIND_IPSEC_MEDIA && f->kind != AUD_KIND_IPSEC_ROLE && f->kind != AUD_KIND_IPSEC_NEGOTIATION &&
		    f->kind != AUD_KIND_IPSEC_TUNNEL)
			continue;
		if (!any) {
			html_in(p, "h3", _(p->l, "Findings about IPsec"));
			html_put(p, "<ul>\n");
		}
		any = true;
		html_putf(p, "<li><a href=\"#f%zu\">%zu</a> ", i + 1, i + 1);
		html_badge(p, f->severity);
		html_put(p, " ");
		html_said(p, f->said, f->reason);
		html_put(p, "</li>\n");
	}
	if (any)
		html_put(p, "</ul>\n");
}

void
html_ipsec(struct page *p)
{
	const struct aud_ipsec_result *r = p->t->ipsec;
	enum aud_tri deployed = p->site ? p->site->features[AUD_FEATURE_IPSEC] : AUD_UNKNOWN;

	html_in(p, "p", _(p->l, "The document for 2015 asks that IPsec be off on the port ranges of audio, video and panoramic video, since its negotiation delays the allocation of media ports; its table of exceptions names the roles. The prose speaks of media ranges, the table of any port: both are judged, and severity follows the media ranges."));
	html_put(p, "<dl class=\"facts\">\n");
	html_item(p, _(p->l, "IPsec at this site"), "%s", deployed == AUD_YES ? _(p->l, "deployed, says the site file") : deployed == AUD_NO ? _(p->l, "not deployed, says the site file") : _(p->l, "not given in the site file"));
	if (r) {
		html_item(p, _(p->l, "Packets"), _(p->l, "ESP: %s. AH: %s. WESP: %s. ESP in UDP: %s. ESP in TCP: %s. IKE messages: %s."), human_number(p->l, r->stats.esp).s,
		    human_number(p->l, r->stats.ah).s, human_number(p->l, r->stats.wesp).s, human_number(p->l, r->stats.esp_udp).s, human_number(p->l, r->stats.esp_tcp).s,
		    human_number(p->l, r->stats.ike).s);
		html_item(p, _(p->l, "Security associations"), "%s", human_number(p->l, r->nsas).s);
		html_item(p, _(p->l, "Negotiations"), "%s", human_number(p->l, r->nikes).s);
		if (r->stats.evicted_sas || r->stats.evicted_ikes)
			html_item(p, _(p->l, "Left out for want of room"), "%s, %s",
			    human_count(p->l, r->stats.evicted_sas, "%s association", "%s associations").s,
			    human_count(p->l, r->stats.evicted_ikes, "%s negotiation", "%s negotiations").s);
	}
	html_put(p, "</dl>\n");
	findings(p);
	roles(p);
	if (r) {
		associations(p, r);
		negotiations(p, r);
	}
	rows(p);
}
