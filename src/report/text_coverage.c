/* The text format: captures, and what they could show. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

bool
text_input(struct pen *p, const struct sheet *s)
{
	struct text *t = p->own;
	FILE *out = t->later_f;

	if (!t->inputs++)
		text_section(p, out, _(p->l, "Inputs"));
	fprintf(out, "  ");
	text_wrap(out, sheet_text(s, "name"), 2, 4, t->width);
	fprintf(out, "    %s%s%s, %s, %s", sheet_text(s, "format"), sheet_null(s, "compression") ? "" : ", ",
	    sheet_text(s, "compression"), human_bytes(p->l, sheet_number(s, "bytes")).s,
	    human_count(p->l, sheet_number(s, "frames"), "%s frame", "%s frames").s);
	if (sheet_number(s, "filtered"))
		fprintf(out, " (%s)", human_count(p->l, sheet_number(s, "filtered"), "%s more left out by the filter", "%s more left out by the filter").s);
	putc('\n', out);
	if (!sheet_null(s, "first"))
		fprintf(out, "    %s\n", human_period(p->l, sheet_number(s, "first"), sheet_number(s, "last")).s);
	if (sheet_number(s, "interrupted"))
		fprintf(out, "    %s\n", _(p->l, "not read to its end: the audit was interrupted"));
	if (sheet_number(s, "broken")) {
		struct human why = {""};

		if (sheet_null(s, "broken_at"))
			snprintf(why.s, sizeof why.s, "%s", _(p->l, "could not be read:"));
		else
			snprintf(why.s, sizeof why.s, _(p->l, "breaks off at byte %s:"), human_number(p->l, sheet_number(s, "broken_at")).s);
		fprintf(out, "    %s ", why.s);
		text_wrap(out, sheet_text(s, "broken_why"), 5 + text_columns(why.s), 6, t->width);
	}
	if (sheet_number(s, "backward"))
		fprintf(out, "    %s\n",
		    human_count(p->l, sheet_number(s, "backward"), "%s frame out of order in time", "%s frames out of order in time").s);
	if (!sheet_null(s, "sha256"))
		fprintf(out, "    SHA-256 %s\n", sheet_text(s, "sha256"));
	return true;
}

static bool
coverage_roles(struct pen *p, const struct sheet *s, FILE *out)
{
	const struct sheet_entry *e;
	size_t n, a = 0, b = 0, c = 0;
	const char *comma = "";
	char *list;
	FILE *w = open_memstream(&list, &n);

	if (!w)
		return false;
	while ((e = sheet_next(s, "roles.role", &a))) {
		uint64_t declared = sheet_next(s, "roles.declared", &b)->n, seen = sheet_next(s, "roles.seen", &c)->n;

		fprintf(w, "%s%s %" PRIu64 "/%" PRIu64, comma, sheet_entry_text(s, e), seen, declared);
		comma = ", ";
	}
	if (!fclose(w) && n)
		text_line(p, out, "Roles seen", list);
	free(list);
	return true;
}

static void
and_more(const struct pen *p, FILE *w, uint64_t all, uint64_t listed)
{
	if (all > listed)
		fprintf(w, " %s", human_count(p->l, all - listed, "and %s more", "and %s more").s);
}

/* Whom only the capture has, and whom only the site file has. */
static bool
coverage_hosts(struct pen *p, const struct sheet *s, FILE *out)
{
	uint64_t unknown = sheet_number(s, "unknown_hosts.count"), unseen = sheet_number(s, "unseen_hosts.count"), listed;
	const struct sheet_entry *name, *addr;
	size_t n, a, b;
	char *list;
	FILE *w;

	if (unknown) {
		if (!(w = open_memstream(&list, &n)))
			return false;
		fprintf(w, _n(p->l, "%s host that the site file does not name, in traffic with its servers:",
			       "%s hosts that the site file does not name, in traffic with its servers:", unknown), human_number(p->l, unknown).s);
		putc(' ', w);
		sheet_join(w, s, "unknown_hosts.addresses");
		for (listed = 0, a = 0; sheet_next(s, "unknown_hosts.addresses", &a); listed++)
			;
		and_more(p, w, unknown, listed);
		if (!fclose(w))
			text_line(p, out, "Unknown hosts", list);
		free(list);
	}
	if (unseen) {
		if (!(w = open_memstream(&list, &n)))
			return false;
		if (sheet_windowed(s))
			fprintf(w, _n(p->l, "%s host definition whose hosts sent nothing within the window:",
				       "%s host definitions whose hosts sent nothing within the window:", unseen), human_number(p->l, unseen).s);
		else
			fprintf(w, _n(p->l, "%s host definition whose hosts sent nothing in any conversation:",
				       "%s host definitions whose hosts sent nothing in any conversation:", unseen), human_number(p->l, unseen).s);
		putc(' ', w);
		for (listed = a = b = 0; (name = sheet_next(s, "unseen_hosts.hosts.name", &a)) &&
					 (addr = sheet_next(s, "unseen_hosts.hosts.address", &b)); listed++)
			fprintf(w, name->kind == VALUE_NULL ? "%s%s%s" : "%s%s (%s)", listed ? ", " : "", sheet_entry_text(s, name),
			    sheet_entry_text(s, addr));
		and_more(p, w, unseen, listed);
		if (!fclose(w))
			text_line(p, out, "Not seen", list);
		free(list);
	}
	return true;
}

bool
text_coverage(struct pen *p, const struct sheet *s)
{
	struct text *t = p->own;
	FILE *out = t->later_f;
	uint64_t one = sheet_number(s, "one_way"), two = sheet_number(s, "two_way"), frames = sheet_number(s, "frames");
	uint64_t unseen = sheet_number(s, "acked_unseen"), data = sheet_number(s, "tcp_data");
	uint64_t tunneled = sheet_number(s, "tunneled"), outside = sheet_number(s, "out_of_scope_flows");
	uint64_t dropped = sheet_number(s, "dropped_flows");

	t->first = sheet_number(s, "first");
	t->last = sheet_number(s, "last");
	t->watched = sheet_number(s, "watched_ns");
	t->windowed = sheet_windowed(s);
	if (!sheet_null(s, "filter") && !(t->filter = strdup(sheet_text(s, "filter"))))
		return false;
	t->packets = sheet_number(s, "packets");
	t->flows = sheet_number(s, "flows");
	t->judged = t->flows - outside - dropped;
	t->conversations = sheet_number(s, "conversations");
	t->interrupted = sheet_number(s, "interrupted");
	text_section(p, out, _(p->l, "Coverage: what the capture could show"));
	if (t->windowed)
		text_line_f(p, out, "Window", _(p->l, "this report speaks of the %s before %s UTC: what was silent for longer is not in it any more; frames, packets, flows and the captured period count since the start of the watch"),
		    human_span(p->l, sheet_number(s, "window_ns")).s, human_time(p->l, sheet_number(s, "window_end")).s);
	text_line_f(p, out, "Frames", _(p->l, "%s; %s, %s without IP, %s truncated (%s), %s not decodable (%s)"), human_number(p->l, frames).s,
	    human_count(p->l, sheet_number(s, "duplicates"), "%s duplicate", "%s duplicates").s, human_number(p->l, sheet_number(s, "non_ip")).s,
	    human_number(p->l, sheet_number(s, "truncated_frames")).s, human_share(p->l, sheet_number(s, "truncated_frames"), frames).s,
	    human_number(p->l, sheet_number(s, "undecoded")).s, human_share(p->l, sheet_number(s, "undecoded"), frames).s);
	text_line_f(p, out, "Directions", _(p->l, "%s with both sides, %s with one side only (%s)"), human_count(p->l, two, "%s flow", "%s flows").s,
	    human_number(p->l, one).s, human_share(p->l, one, one + two).s);
	text_line_f(p, out, "Loss", _(p->l, "%s of %s TCP segments acknowledged but not captured (%s); drops while capturing: %s"),
	    human_number(p->l, unseen).s, human_number(p->l, data + unseen).s, human_share(p->l, unseen, data + unseen).s,
	    sheet_null(s, "kernel_drops") ? _(p->l, "not told in the capture") : human_number(p->l, sheet_number(s, "kernel_drops")).s);
	if (tunneled)
		text_line_f(p, out, "Tunnels", _(p->l, "%s (%s) inside a tunnel; what a tunnel carries is audited like all else"),
		    human_count(p->l, tunneled, "%s packet", "%s packets").s, human_share(p->l, tunneled, t->packets).s);
	if (outside)
		text_line_f(p, out, "Out of scope", _(p->l, "%s (%s) between hosts that the site file does not name"),
		    human_count(p->l, outside, "%s flow", "%s flows").s,
		    human_count(p->l, sheet_number(s, "out_of_scope_packets"), "%s packet", "%s packets").s);
	if (sheet_number(s, "evicted_flows"))
		text_line(p, out, "Limits", human_count(p->l, sheet_number(s, "evicted_flows"), "%s flow ended early, or looked into no further, for want of memory",
		    "%s flows ended early, or looked into no further, for want of memory").s);
	if (dropped)
		text_line(p, out, "Limits", human_count(p->l, dropped, "%s flow not judged: --memory left no room for a further conversation",
		    "%s flows not judged: --memory left no room for a further conversation").s);
	return coverage_roles(p, s, out) && coverage_hosts(p, s, out);
}
