/* What the capture could show: without this no absence of a finding means anything. */
#include <inttypes.h>
#include <stdlib.h>

#include "html.h"

static void
shares(struct page *p)
{
	const struct aud_coverage *c = p->c;

	html_put(p, "<dl class=\"facts\">\n");
	html_item(p, _(p->l, "Period"), "%s", c->first_ns ? human_period(p->l, c->first_ns, c->last_ns).s : _(p->l, "no packet with a time"));
	if (aud_coverage_windowed(c)) {
		html_item(p, _(p->l, "Window"), _(p->l, "this report speaks of the %s before %s UTC: what was silent for longer is not in it any more; frames, packets, flows and the captured period count since the start of the watch"),
		    human_span(p->l, c->window_ns).s, human_time(p->l, c->window_end_ns).s);
		html_item(p, _(p->l, "Watched within the window"), "%s", human_span(p->l, aud_watched_ns(p->t)).s);
	} else
		html_item(p, _(p->l, "Of it watched"), "%s", human_span(p->l, aud_watched_ns(p->t)).s);
	html_item(p, _(p->l, "Frames"), _(p->l, "%s, of which %s are no IP"), human_number(p->l, c->frames).s, human_number(p->l, c->non_ip).s);
	html_item(p, _(p->l, "IP packets"), _(p->l, "%s, of which %s inside a tunnel"), human_number(p->l, c->packets).s, human_number(p->l, c->tunneled).s);
	html_item(p, _(p->l, "Duplicates left out"), "%s", human_number(p->l, c->duplicates).s);
	html_item(p, _(p->l, "Cut short"), _(p->l, "%s (%s of the frames)"), human_number(p->l, c->truncated_frames).s,
	    human_share(p->l, c->truncated_frames, c->frames).s);
	html_item(p, _(p->l, "Not decodable"), _(p->l, "%s (%s of the frames)"), human_number(p->l, c->undecoded).s, human_share(p->l, c->undecoded, c->frames).s);
	html_item(p, _(p->l, "Loss, as TCP shows it"), _n(p->l, "%s segment acknowledged but not captured (%s)", "%s segments acknowledged but not captured (%s)", c->acked_unseen),
	    human_number(p->l, c->acked_unseen).s,
	    human_share(p->l, c->acked_unseen, c->tcp_data + c->acked_unseen).s);
	html_item(p, _(p->l, "Dropped while capturing"), "%s",
	    c->kernel_drops == UINT64_MAX ? _(p->l, "not told in the captures") : human_number(p->l, c->kernel_drops).s);
	html_item(p, _(p->l, "Flows with both sides"), "%s", human_number(p->l, c->two_way).s);
	html_item(p, _(p->l, "Flows with one side only"), _(p->l, "%s (%s)"), human_number(p->l, c->one_way).s, human_share(p->l, c->one_way, c->one_way + c->two_way).s);
	html_item(p, _(p->l, "Fragments"), _(p->l, "%s, of which %s without their first"), human_number(p->l, c->fragments).s,
	    human_number(p->l, c->orphan_fragments).s);
	html_item(p, _(p->l, "Out of scope"), "%s, %s", human_count(p->l, c->out_of_scope.flows, "%s flow", "%s flows").s,
	    human_count(p->l, c->out_of_scope.packets, "%s packet", "%s packets").s);
	html_put(p, "</dl>\n");
}

/* What weakens the whole audit, in sentences. */
static void
warnings(struct page *p)
{
	const struct aud_coverage *c = p->c;

	if (!c->packets)
		html_in(p, "p class=\"alert\"", _(p->l, "The captures hold no IP packet: this page says nothing about the traffic of the site."));
	if (c->broken)
		html_in(p, "p class=\"alert\"", _(p->l, "At least one capture could not be read to its end."));
	if (c->interrupted)
		html_in(p, "p class=\"alert\"", _(p->l, "The audit was stopped before the end of its input."));
	if (c->dropped_flows)
		html_say_in(p, "p class=\"alert\"", _(p->l, "Not judged for want of memory (--memory): %s flows."), human_number(p->l, c->dropped_flows).s);
	if (c->evicted_flows)
		html_say_in(p, "p class=\"alert\"", _(p->l, "Ended early, or looked into no further, for want of memory (--memory): %s flows."), human_number(p->l, c->evicted_flows).s);
	if (p->t->filter)
		html_say_in(p, "p class=\"alert\"", _(p->l, "A filter left packets out, so nothing is concluded from what is absent: %s"), p->t->filter);
}

static void
roles(struct page *p)
{
	static const char *const columns[] = {N_("Role"), N_("#Definitions in the site file"), N_("#Of them seen")};

	if (!p->c->nroles)
		return;
	html_table(p, "sort narrow", aud_coverage_windowed(p->c) ? _(p->l, "Hosts by role, within the window") : _(p->l, "Hosts by role"), columns, 3);
	for (size_t i = 0; i < p->c->nroles; i++) {
		html_put(p, p->c->roles[i].seen ? "<tr>" : "<tr class=\"weak\">");
		html_name_in(p, "th scope=\"row\"", aud_site_role_told(p->l, p->site, p->c->roles[i].role));
		html_number(p, p->c->roles[i].declared);
		html_number(p, p->c->roles[i].seen);
		html_put(p, "</tr>\n");
	}
	html_table_end(p);
}

static void
hosts(struct page *p)
{
	const struct aud_coverage *c = p->c;

	if (c->all_unseen) {
		html_say_in(p, "h3", aud_coverage_windowed(c) ? _(p->l, "Named by the site file, but silent within the window: %s") :
		    _(p->l, "Named by the site file, but silent in every conversation: %s"), human_number(p->l, c->all_unseen).s);
		html_put(p, "<ul class=\"flow\">\n");
		for (size_t i = 0; i < c->nunseen; i++) {
			html_put(p, "<li>");
			html_name(p, c->unseen[i]->name);
			html_say(p, aud_addr_cmp(&c->unseen[i]->lo, &c->unseen[i]->hi) ? " %s - %s" : " %s",
			    aud_addr_str(&c->unseen[i]->lo).s, aud_addr_str(&c->unseen[i]->hi).s);
			html_put(p, "</li>\n");
		}
		html_put(p, "</ul>\n");
		if (c->all_unseen > c->nunseen)
			html_say_in(p, "p", _(p->l, "Not listed: %s more."), human_number(p->l, c->all_unseen - c->nunseen).s);
	}
	if (c->all_strangers) {
		html_say_in(p, "h3", _(p->l, "In traffic with its servers, but not named by the site file: %s"), human_number(p->l, c->all_strangers).s);
		html_put(p, "<ul class=\"flow\">\n");
		for (size_t i = 0; i < c->nstrangers; i++)
			html_in(p, "li", aud_addr_str(&c->strangers[i]).s);
		html_put(p, "</ul>\n");
		if (c->all_strangers > c->nstrangers)
			html_say_in(p, "p", _(p->l, "Not listed: %s more."), human_number(p->l, c->all_strangers - c->nstrangers).s);
	}
}

static void
decoding(struct page *p)
{
	static const char *const columns[] = {N_("Layer"), N_("Reason"), N_("Kind"), N_("#Frames")};
	const struct aud_decode_stats *d = p->t->decode ? p->t->decode : p->r->decode;

	if (!d || !d->ncounts)
		return;
	html_table(p, "sort narrow", _(p->l, "Frames without a decoded IP packet"), columns, 4);
	for (size_t i = 0; i < d->ncounts; i++) {
		html_put(p, "<tr>");
		html_made_in(p, "th scope=\"row\"", d->counts[i].layer);
		html_made_in(p, "td", d->counts[i].reason);
		html_in(p, "td", d->counts[i].defect ? _(p->l, "could not be decoded") : _(p->l, "no IP"));
		html_number(p, d->counts[i].frames);
		html_put(p, "</tr>\n");
	}
	html_table_end(p);
}

void
html_coverage(struct page *p)
{
	warnings(p);
	shares(p);
	roles(p);
	hosts(p);
	decoding(p);
}
