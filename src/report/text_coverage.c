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
		text_section(p, out, "Inputs");
	fprintf(out, "  ");
	text_wrap(out, sheet_text(s, "name"), 2, 4, t->width);
	fprintf(out, "    %s%s%s, %s, %s frame%s", sheet_text(s, "format"), sheet_null(s, "compression") ? "" : ", ",
	    sheet_text(s, "compression"), human_bytes(sheet_number(s, "bytes")).s,
	    human_number(sheet_number(s, "frames")).s, plural(sheet_number(s, "frames")));
	if (sheet_number(s, "filtered"))
		fprintf(out, " (%s more left out by the filter)", human_number(sheet_number(s, "filtered")).s);
	putc('\n', out);
	if (!sheet_null(s, "first"))
		fprintf(out, "    %s\n", human_period(sheet_number(s, "first"), sheet_number(s, "last")).s);
	if (sheet_number(s, "interrupted"))
		fputs("    not read to its end: the audit was interrupted\n", out);
	if (sheet_number(s, "broken")) {
		if (sheet_null(s, "broken_at"))
			fputs("    could not be read: ", out);
		else
			fprintf(out, "    breaks off at byte %s: ", human_number(sheet_number(s, "broken_at")).s);
		text_wrap(out, sheet_text(s, "broken_why"), 24, 6, t->width);
	}
	if (sheet_number(s, "backward"))
		fprintf(out, "    %s frame%s out of order in time\n", human_number(sheet_number(s, "backward")).s,
		    plural(sheet_number(s, "backward")));
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
and_more(FILE *w, uint64_t all, uint64_t listed)
{
	if (all > listed)
		fprintf(w, " and %s more", human_number(all - listed).s);
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
		fprintf(w, "%s host%s that the site file does not name, in traffic with its servers: ", human_number(unknown).s, plural(unknown));
		sheet_join(w, s, "unknown_hosts.addresses");
		for (listed = 0, a = 0; sheet_next(s, "unknown_hosts.addresses", &a); listed++)
			;
		and_more(w, unknown, listed);
		if (!fclose(w))
			text_line(p, out, "Unknown hosts", list);
		free(list);
	}
	if (unseen) {
		if (!(w = open_memstream(&list, &n)))
			return false;
		fprintf(w, "%s host definition%s whose hosts sent nothing in any conversation: ", human_number(unseen).s, plural(unseen));
		for (listed = a = b = 0; (name = sheet_next(s, "unseen_hosts.hosts.name", &a)) &&
					 (addr = sheet_next(s, "unseen_hosts.hosts.address", &b)); listed++)
			fprintf(w, name->kind == VALUE_NULL ? "%s%s%s" : "%s%s (%s)", listed ? ", " : "", sheet_entry_text(s, name),
			    sheet_entry_text(s, addr));
		and_more(w, unseen, listed);
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
	if (!sheet_null(s, "filter") && !(t->filter = strdup(sheet_text(s, "filter"))))
		return false;
	t->packets = sheet_number(s, "packets");
	t->flows = sheet_number(s, "flows");
	t->judged = t->flows - outside - dropped;
	t->conversations = sheet_number(s, "conversations");
	t->interrupted = sheet_number(s, "interrupted");
	text_section(p, out, "Coverage: what the capture could show");
	text_line_f(p, out, "Frames", "%s; %s duplicate%s, %s without IP, %s truncated (%s), %s not decodable (%s)",
	    human_number(frames).s, human_number(sheet_number(s, "duplicates")).s, plural(sheet_number(s, "duplicates")),
	    human_number(sheet_number(s, "non_ip")).s, human_number(sheet_number(s, "truncated_frames")).s,
	    human_share(sheet_number(s, "truncated_frames"), frames).s, human_number(sheet_number(s, "undecoded")).s,
	    human_share(sheet_number(s, "undecoded"), frames).s);
	text_line_f(p, out, "Directions", "%s flow%s with both sides, %s with one side only (%s)", human_number(two).s,
	    plural(two), human_number(one).s, human_share(one, one + two).s);
	text_line_f(p, out, "Loss", "%s of %s TCP segments acknowledged but not captured (%s); drops while capturing: %s",
	    human_number(unseen).s, human_number(data + unseen).s, human_share(unseen, data + unseen).s,
	    sheet_null(s, "kernel_drops") ? "not told in the capture" : human_number(sheet_number(s, "kernel_drops")).s);
	if (tunneled)
		text_line_f(p, out, "Tunnels", "%s packet%s (%s) inside a tunnel; what a tunnel carries is audited like all else", human_number(tunneled).s,
		    plural(tunneled), human_share(tunneled, t->packets).s);
	if (outside)
		text_line_f(p, out, "Out of scope", "%s flow%s (%s packet%s) between hosts that the site file does not name", human_number(outside).s,
		    plural(outside), human_number(sheet_number(s, "out_of_scope_packets")).s, plural(sheet_number(s, "out_of_scope_packets")));
	if (sheet_number(s, "evicted_flows"))
		text_line_f(p, out, "Limits", "%s flow%s ended early for want of memory", human_number(sheet_number(s, "evicted_flows")).s,
		    plural(sheet_number(s, "evicted_flows")));
	if (dropped)
		text_line_f(p, out, "Limits", "%s flow%s not judged: --memory left no room for a further conversation", human_number(dropped).s,
		    plural(dropped));
	return coverage_roles(p, s, out) && coverage_hosts(p, s, out);
}
