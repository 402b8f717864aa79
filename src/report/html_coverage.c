/* What the capture could show: without this no absence of a finding means anything. */
#include <inttypes.h>
#include <stdlib.h>

#include "html.h"

static void
shares(struct page *p)
{
	const struct aud_coverage *c = p->c;

	html_put(p, "<dl class=\"facts\">\n");
	html_item(p, _("Period"), "%s", c->first_ns ? human_period(c->first_ns, c->last_ns).s : _("no packet with a time"));
	html_item(p, _("Of it watched"), "%s", human_span(aud_watched_ns(p->t)).s);
	html_item(p, _("Frames"), _("%s, of which %s are no IP"), human_number(c->frames).s, human_number(c->non_ip).s);
	html_item(p, _("IP packets"), _("%s, of which %s inside a tunnel"), human_number(c->packets).s, human_number(c->tunneled).s);
	html_item(p, _("Duplicates left out"), "%s", human_number(c->duplicates).s);
	html_item(p, _("Cut short"), _("%s (%s of the frames)"), human_number(c->truncated_frames).s,
	    human_share(c->truncated_frames, c->frames).s);
	html_item(p, _("Not decodable"), _("%s (%s of the frames)"), human_number(c->undecoded).s, human_share(c->undecoded, c->frames).s);
	html_item(p, _("Loss, as TCP shows it"), _("%s segments acknowledged but not captured (%s)"), human_number(c->acked_unseen).s,
	    human_share(c->acked_unseen, c->tcp_data + c->acked_unseen).s);
	html_item(p, _("Dropped while capturing"), "%s",
	    c->kernel_drops == UINT64_MAX ? _("not told in the captures") : human_number(c->kernel_drops).s);
	html_item(p, _("Flows with both sides"), "%s", human_number(c->two_way).s);
	html_item(p, _("Flows with one side only"), _("%s (%s)"), human_number(c->one_way).s, human_share(c->one_way, c->one_way + c->two_way).s);
	html_item(p, _("Fragments"), _("%s, of which %s without their first"), human_number(c->fragments).s,
	    human_number(c->orphan_fragments).s);
	html_item(p, _("Out of scope"), _("%s flows, %s packets"), human_number(c->out_of_scope.flows).s,
	    human_number(c->out_of_scope.packets).s);
	html_put(p, "</dl>\n");
}

/* What weakens the whole audit, in sentences. */
static void
warnings(struct page *p)
{
	const struct aud_coverage *c = p->c;

	if (!c->packets)
		html_in(p, "p class=\"alert\"", _("The captures hold no IP packet: this page says nothing about the traffic of the site."));
	if (c->broken)
		html_in(p, "p class=\"alert\"", _("At least one capture could not be read to its end."));
	if (c->interrupted)
		html_in(p, "p class=\"alert\"", _("The audit was stopped before the end of its input."));
	if (c->dropped_flows)
		html_say_in(p, "p class=\"alert\"", _("Not judged for want of memory (--memory): %s flows."), human_number(c->dropped_flows).s);
	if (c->evicted_flows)
		html_say_in(p, "p class=\"alert\"", _("Ended early for want of memory (--memory): %s flows."), human_number(c->evicted_flows).s);
	if (p->t->filter)
		html_say_in(p, "p class=\"alert\"", _("A filter left packets out, so nothing is concluded from what is absent: %s"), p->t->filter);
}

static void
roles(struct page *p)
{
	static const char *const columns[] = {N_("Role"), N_("#Definitions in the site file"), N_("#Of them seen")};

	if (!p->c->nroles)
		return;
	html_table(p, "sort narrow", _("Hosts by role"), columns, 3);
	for (size_t i = 0; i < p->c->nroles; i++) {
		html_put(p, p->c->roles[i].seen ? "<tr>" : "<tr class=\"weak\">");
		html_name_in(p, "th scope=\"row\"", aud_site_role_name(p->site, p->c->roles[i].role));
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
		html_say_in(p, "h3", _("Named by the site file, but silent in every conversation: %s"), human_number(c->all_unseen).s);
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
			html_say_in(p, "p", _("Not listed: %s more."), human_number(c->all_unseen - c->nunseen).s);
	}
	if (c->all_strangers) {
		html_say_in(p, "h3", _("In traffic with its servers, but not named by the site file: %s"), human_number(c->all_strangers).s);
		html_put(p, "<ul class=\"flow\">\n");
		for (size_t i = 0; i < c->nstrangers; i++)
			html_in(p, "li", aud_addr_str(&c->strangers[i]).s);
		html_put(p, "</ul>\n");
		if (c->all_strangers > c->nstrangers)
			html_say_in(p, "p", _("Not listed: %s more."), human_number(c->all_strangers - c->nstrangers).s);
	}
}

static void
decoding(struct page *p)
{
	static const char *const columns[] = {N_("Layer"), N_("Reason"), N_("Kind"), N_("#Frames")};
	const struct aud_decode_stats *d = p->t->decode ? p->t->decode : p->r->decode;

	if (!d || !d->ncounts)
		return;
	html_table(p, "sort narrow", _("Frames without a decoded IP packet"), columns, 4);
	for (size_t i = 0; i < d->ncounts; i++) {
		html_put(p, "<tr>");
		html_name_in(p, "th scope=\"row\"", d->counts[i].layer);
		html_name_in(p, "td", d->counts[i].reason);
		html_in(p, "td", d->counts[i].defect ? _("could not be decoded") : _("no IP"));
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
