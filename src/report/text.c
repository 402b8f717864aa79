/*
 * The report for reading in a terminal: summary, findings by severity, coverage, inputs, rows. Events are collected
 * into one record at a time; what is told before the summary (inputs, coverage) is kept as text and printed behind the
 * findings.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "sheet.h"

/* Above this the time that was captured is told beside the time from first to last packet. */
#define WATCHED_SLACK_NS UINT64_C(60000000000)

enum { WIDTH = 100, WIDTH_LEAST = 60, LABEL = 14, SEVERITY = 10, STATE = 15, DEPTH = 16 };

struct group { /* rows of one document, state and reason */
	char *document, *state, *reason, *list; /* of the list each row ends with a newline */
};

struct text {
	struct sheet record;
	struct {
		char name[32];
		enum shape shape;
		size_t plain; /* length of the path outside */
	} at[DEPTH];
	int depth;
	char path[SHEET_PATH];
	size_t width;
	char *head, *later; /* memory of the streams below */
	size_t head_n, later_n;
	FILE *head_f;  /* tool and site, for the first lines */
	FILE *later_f; /* coverage and inputs */
	char *made;    /* versions of what was used */
	char *filter;
	uint64_t inputs, findings, waivers, first, last, watched, packets, flows, judged, conversations;
	bool no_site, no_document, interrupted;
	struct group *groups;
	size_t ngroups;
};

static const char *
paint(const struct pen *p, const char *code)
{
	return p->opts->color ? code : "";
}

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

static const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static const char *
severity_color(const char *s)
{
	static const char *const colors[][2] = {{"critical", "\033[1;31m"}, {"high", "\033[1;31m"},
	    {"medium", "\033[1;33m"}, {"low", "\033[36m"}, {"info", "\033[2m"}};

	for (size_t i = 0; i < sizeof colors / sizeof *colors; i++)
		if (!strcmp(colors[i][0], s))
			return colors[i][1];
	return "";
}

static void
section(const struct pen *p, FILE *out, const char *title)
{
	fprintf(out, "\n%s%s%s\n", paint(p, BOLD), title, paint(p, PLAIN));
}

/* "  Label       text, wrapped behind the label" */
static void
line(const struct pen *p, FILE *out, const char *label, const char *text)
{
	const struct text *t = p->own;

	fprintf(out, "  %s%-*s%s", paint(p, DIM), LABEL, label, paint(p, PLAIN));
	text_wrap(out, text, 2 + LABEL, 2 + LABEL, t->width);
}

static bool line_f(const struct pen *, FILE *, const char *label, const char *fmt, ...) AUD_PRINTF(4, 5);

static bool
line_f(const struct pen *p, FILE *out, const char *label, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		return false;
	line(p, out, label, s);
	free(s);
	return true;
}

static bool
begin(struct pen *p)
{
	struct text *t = calloc(1, sizeof *t);

	if (!(p->own = t))
		return false;
	t->width = p->opts->width ? p->opts->width : WIDTH;
	if (t->width < WIDTH_LEAST)
		t->width = WIDTH_LEAST;
	t->head_f = open_memstream(&t->head, &t->head_n);
	t->later_f = open_memstream(&t->later, &t->later_n);
	return t->head_f && t->later_f;
}

/* ---- the records ---- */

static bool
tool(struct pen *p, const struct sheet *s)
{
	struct text *t = p->own;

	fprintf(t->head_f, "%sspanaudit %s%s", paint(p, BOLD), sheet_text(s, "version"), paint(p, PLAIN));
	return asprintf(&t->made, "nDPI %s, libpcap %s, SQLite %s; matrix %.16s", sheet_text(s, "ndpi"),
		   sheet_text(s, "libpcap"), sheet_text(s, "sqlite"),
		   sheet_null(s, "matrix_sha256") ? "none" : sheet_text(s, "matrix_sha256")) >= 0;
}

static bool
input(struct pen *p, const struct sheet *s)
{
	struct text *t = p->own;
	FILE *out = t->later_f;

	if (!t->inputs++)
		section(p, out, "Inputs");
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
site(struct pen *p, const struct sheet *s)
{
	struct text *t = p->own;
	char *documents;
	size_t n;
	FILE *w = open_memstream(&documents, &n);
	bool ok;

	if (!w)
		return false;
	sheet_join(w, s, "documents");
	if (fclose(w)) {
		free(documents);
		return false;
	}
	putc('\n', t->head_f);
	ok = line_f(p, t->head_f, "Site", "%s (%s, %" PRIu64 " host definition%s)",
	    sheet_null(s, "name") ? "without a name" : sheet_text(s, "name"), sheet_text(s, "file"),
	    sheet_number(s, "hosts"), plural(sheet_number(s, "hosts")));
	if (n)
		line(p, t->head_f, "Documents", documents);
	else
		t->no_document = true;
	if (!n && sheet_null(s, "product"))
		line(p, t->head_f, "Documents", "none: no document is loaded that counts at this site, so only the capture itself is judged");
	else if (!n && !line_f(p, t->head_f, "Documents",
		      "none of the loaded documents is of %s or named by the site file, so only the capture itself is judged",
		      sheet_text(s, "product")))
		ok = false;
	free(documents);
	return ok;
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
		line(p, out, "Roles seen", list);
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
			line(p, out, "Unknown hosts", list);
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
			line(p, out, "Not seen", list);
		free(list);
	}
	return true;
}

static bool
coverage(struct pen *p, const struct sheet *s)
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
	section(p, out, "Coverage: what the capture could show");
	line_f(p, out, "Frames", "%s; %s duplicate%s, %s without IP, %s truncated (%s), %s not decodable (%s)",
	    human_number(frames).s, human_number(sheet_number(s, "duplicates")).s, plural(sheet_number(s, "duplicates")),
	    human_number(sheet_number(s, "non_ip")).s, human_number(sheet_number(s, "truncated_frames")).s,
	    human_share(sheet_number(s, "truncated_frames"), frames).s, human_number(sheet_number(s, "undecoded")).s,
	    human_share(sheet_number(s, "undecoded"), frames).s);
	line_f(p, out, "Directions", "%s flow%s with both sides, %s with one side only (%s)", human_number(two).s,
	    plural(two), human_number(one).s, human_share(one, one + two).s);
	line_f(p, out, "Loss", "%s of %s TCP segments acknowledged but not captured (%s); drops while capturing: %s",
	    human_number(unseen).s, human_number(data + unseen).s, human_share(unseen, data + unseen).s,
	    sheet_null(s, "kernel_drops") ? "not told in the capture" : human_number(sheet_number(s, "kernel_drops")).s);
	if (tunneled)
		line_f(p, out, "Tunnels", "%s packet%s (%s) inside a tunnel; what a tunnel carries is audited like all else", human_number(tunneled).s,
		    plural(tunneled), human_share(tunneled, t->packets).s);
	if (outside)
		line_f(p, out, "Out of scope", "%s flow%s (%s packet%s) between hosts that the site file does not name", human_number(outside).s,
		    plural(outside), human_number(sheet_number(s, "out_of_scope_packets")).s, plural(sheet_number(s, "out_of_scope_packets")));
	if (sheet_number(s, "evicted_flows"))
		line_f(p, out, "Limits", "%s flow%s ended early for want of memory", human_number(sheet_number(s, "evicted_flows")).s,
		    plural(sheet_number(s, "evicted_flows")));
	if (dropped)
		line_f(p, out, "Limits", "%s flow%s not judged: --memory left no room for a further conversation", human_number(dropped).s,
		    plural(dropped));
	return coverage_roles(p, s, out) && coverage_hosts(p, s, out);
}

/* "2 high, 1 low" of the fields below path; the names are what follows it. */
static void
counts(const struct sheet *s, const char *path, FILE *w)
{
	size_t len = strlen(path);
	const char *comma = "";

	for (size_t i = 0; i < s->n; i++) {
		const struct sheet_entry *e = &s->v[i];

		if (strncmp(e->path, path, len) != 0 || e->path[len] != '.' || !e->n)
			continue;
		fprintf(w, "%s%s ", comma, human_number(e->n).s);
		for (const char *c = e->path + len + 1; *c; c++)
			putc(*c == '_' ? ' ' : *c, w);
		comma = ", ";
	}
	if (!*comma)
		fputs("none", w);
}

static bool
count_line(struct pen *p, const struct sheet *s, const char *label, const char *path, uint64_t waived)
{
	char *text;
	size_t n;
	FILE *w = open_memstream(&text, &n);

	if (!w)
		return false;
	counts(s, path, w);
	if (waived)
		fprintf(w, "; %s waived", human_number(waived).s);
	if (!fclose(w))
		line(p, p->out, label, text);
	free(text);
	return true;
}

/* Flows and conversations are counted apart, so both are told, and what a conversation is. */
static bool
traffic(struct pen *p)
{
	const struct text *t = p->own;
	char judged[96] = "";

	if (t->judged != t->flows)
		snprintf(judged, sizeof judged, ", %s of them", human_number(t->judged).s);
	return line_f(p, p->out, "Traffic", "%s IP packet%s from %s input%s; %s flow%s%s in %s conversation%s (one client, one "
	    "port of one server, one application each)", human_number(t->packets).s, plural(t->packets), human_number(t->inputs).s,
	    plural(t->inputs), human_number(t->flows).s, plural(t->flows), judged, human_number(t->conversations).s,
	    plural(t->conversations));
}

static bool
totals(struct pen *p, const struct sheet *s)
{
	struct text *t = p->own;

	fflush(t->head_f);
	if (t->head_n)
		fwrite(t->head, 1, t->head_n, p->out);
	if (t->no_site) {
		putc('\n', p->out);
		line(p, p->out, "Site",
		    "no site file: no host has a role, so only the capture itself is judged (see the end)");
	}
	if (t->first && t->watched + WATCHED_SLACK_NS < t->last - t->first) {
		if (!line_f(p, p->out, "Captured", "%s, of which %s were captured", human_period(t->first, t->last).s, human_span(t->watched).s))
			return false;
	} else if (t->first && !line_f(p, p->out, "Captured", "%s (%s)", human_period(t->first, t->last).s,
			    human_span(t->last - t->first).s))
		return false;
	if (t->filter && !line_f(p, p->out, "Filter", "%s; what it left out was not audited, and nothing is concluded from what was not seen",
			     t->filter))
		return false;
	if (!traffic(p))
		return false;
	if (t->interrupted)
		line(p, p->out, "Interrupted", "the captures were not read to their end: this report tells of their beginning only");
	section(p, p->out, "Summary");
	return count_line(p, s, "Findings", "findings", sheet_number(s, "waived")) &&
	       (t->no_site || t->no_document || count_line(p, s, "Rows", "rows", 0)) &&
	       (t->no_site || t->no_document || count_line(p, s, "Conversations", "conversations", 0));
}

static bool
frames(struct pen *p, const struct sheet *s)
{
	const struct sheet_entry *in, *frame;
	const char *last = NULL;
	char *text;
	size_t n, a = 0, b = 0;
	FILE *w = open_memstream(&text, &n);

	if (!w)
		return false;
	while ((in = sheet_next(s, "evidence.input", &a)) && (frame = sheet_next(s, "evidence.frame", &b))) {
		const char *name = sheet_entry_text(s, in);

		if (!last || strcmp(last, name) != 0)
			fprintf(w, "%s%s: ", last ? "; " : "", name);
		else
			fputs(", ", w);
		fprintf(w, "%" PRIu64, frame->n);
		last = name;
	}
	if (!fclose(w) && last)
		line(p, p->out, "Frames", text);
	free(text);
	return true;
}

static bool
finding(struct pen *p, const struct sheet *s)
{
	struct text *t = p->own;
	const char *severity = sheet_text(s, "severity");
	bool waived = !sheet_null(s, "waiver.expired"), expired = sheet_number(s, "waiver.expired") != 0;
	char label[24], title[128];
	size_t n = strlen(severity);
	char *cited;
	FILE *w;

	if (!t->findings++)
		section(p, p->out, "Findings");
	else
		putc('\n', p->out);
	snprintf(label, sizeof label, "%s", severity);
	for (char *c = label; *c; c++)
		*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	fprintf(p->out, "%s%s%s%*s%s", paint(p, severity_color(severity)), label, paint(p, PLAIN),
	    (int)(n < SEVERITY ? SEVERITY - n : 1), "", paint(p, BOLD));
	snprintf(title, sizeof title, "%s%s", sheet_text(s, "title"), waived && !expired ? " (waived)" : "");
	text_wrap(p->out, title, SEVERITY, SEVERITY, t->width);
	fputs(paint(p, PLAIN), p->out);
	fprintf(p->out, "  ");
	text_wrap(p->out, sheet_text(s, "reason"), 2, 2, t->width);
	if (!(w = open_memstream(&cited, &n)))
		return false;
	sheet_join(w, s, "citations");
	if (!fclose(w) && n)
		line(p, p->out, "Cites", cited);
	free(cited);
	/* What counts flows alone claims no packets. */
	if (sheet_number(s, "flows") && !sheet_number(s, "packets"))
		line_f(p, p->out, "Seen", "%s flow%s, %s", human_number(sheet_number(s, "flows")).s, plural(sheet_number(s, "flows")),
		    human_period(sheet_number(s, "first"), sheet_number(s, "last")).s);
	else if (sheet_number(s, "packets"))
		line_f(p, p->out, "Seen", "%s flow%s, %s packet%s, %s, %s", human_number(sheet_number(s, "flows")).s,
		    plural(sheet_number(s, "flows")), human_number(sheet_number(s, "packets")).s,
		    plural(sheet_number(s, "packets")), human_bytes(sheet_number(s, "bytes")).s,
		    human_period(sheet_number(s, "first"), sheet_number(s, "last")).s);
	if (!frames(p, s))
		return false;
	if (waived)
		line_f(p, p->out, expired ? "Reopened" : "Waived", "%s%s%s%s%s", sheet_text(s, "waiver.reason"),
		    sheet_null(s, "waiver.owner") ? "" : ", by ", sheet_text(s, "waiver.owner"),
		    sheet_null(s, "waiver.expires") ? ", never expires"
		    : expired			    ? "; the waiver expired on "
						    : ", until ",
		    sheet_text(s, "waiver.expires"));
	return line_f(p, p->out, "Kind", "%s, certainty %s, id %s", sheet_text(s, "kind"), sheet_text(s, "certainty"),
	    sheet_text(s, "id"));
}

static void
after_findings(struct pen *p)
{
	struct text *t = p->own;

	if (!t->findings) {
		section(p, p->out, "Findings");
		fprintf(p->out, "  None%s.\n", t->no_site || t->no_document ? " about the capture" : "");
	}
	fflush(t->later_f);
	if (t->later_n)
		fwrite(t->later, 1, t->later_n, p->out);
	if (t->made)
		line(p, p->out, "Made with", t->made);
}

static bool
wants_attention(const char *state)
{
	return !strcmp(state, "missing") || !strcmp(state, "attempted") || !strcmp(state, "inconclusive");
}

/* "T1.4 Servicio front-end, 5060 TCP": the row's number and what it prints. */
static bool
append(char **list, const struct sheet *s)
{
	static const char *const parts[] = {"printed.role", "printed.service"};
	const char *port = sheet_text(s, "printed.port"), *protocol = sheet_text(s, "printed.protocol"), *comma = " ";
	char *text, *whole;
	size_t n;
	FILE *w = open_memstream(&text, &n);

	if (!w)
		return false;
	fprintf(w, "%s.%" PRIu64, sheet_text(s, "table"), sheet_number(s, "row"));
	/* The service names what the port is for; the role only where a table has no services. */
	for (size_t i = *sheet_text(s, parts[1]) ? 1 : 0; i < 2 && *comma == ' '; i++)
		if (*sheet_text(s, parts[i])) {
			fprintf(w, " %s", sheet_text(s, parts[i]));
			comma = ", ";
		}
	if (*port || *protocol)
		fprintf(w, "%s%s%s%s", comma, port, *port && *protocol ? " " : "", protocol);
	if (fclose(w) || asprintf(&whole, "%s%s\n", *list ? *list : "", text) < 0) {
		free(text);
		return false;
	}
	free(text);
	free(*list);
	*list = whole;
	return true;
}

static bool
row(struct pen *p, const struct sheet *s)
{
	struct text *t = p->own;
	const char *document = sheet_text(s, "document"), *state = sheet_text(s, "state"),
		   *reason = sheet_text(s, "reason");
	struct group *g = NULL;

	if (!p->opts->all_rows && (t->no_site || !wants_attention(state)))
		return true;
	for (size_t i = 0; i < t->ngroups && !g; i++)
		if (!strcmp(t->groups[i].document, document) && !strcmp(t->groups[i].state, state) &&
		    !strcmp(t->groups[i].reason, reason))
			g = &t->groups[i];
	if (!g) {
		if (!(g = realloc(t->groups, (t->ngroups + 1) * sizeof *g)))
			return false;
		t->groups = g;
		g += t->ngroups++;
		*g = (struct group){strdup(document), strdup(state), strdup(reason), NULL};
		if (!g->document || !g->state || !g->reason)
			return false;
	}
	return append(&g->list, s);
}

/* The sentence, and beneath it the rows of which it is true. */
static void
print_group(struct pen *p, struct group *g)
{
	const struct text *t = p->own;
	char *rest = g->list;

	fprintf(p->out, "    %-*s", STATE, g->state);
	text_wrap(p->out, g->reason, 4 + STATE, 4 + STATE, t->width);
	for (const char *one; (one = strsep(&rest, "\n")) && *one;) {
		fprintf(p->out, "      %s", paint(p, DIM));
		text_wrap(p->out, one, 6, 10, t->width);
		fputs(paint(p, PLAIN), p->out);
	}
}

/* Rows of a document that share state and reason stand together: what needs attention first stands first. */
static bool
after_rows(struct pen *p)
{
	static const char *const order[] = {
	    "missing", "attempted", "inconclusive", "observed", "not-observed", "not-applicable", "blank", "statement"};
	struct text *t = p->own;
	const char *document = "";

	if (!t->ngroups)
		return true;
	section(p, p->out,
	    p->opts->all_rows ? "Rows of the documents" : "Rows that need attention (--all-rows shows the others)");
	for (size_t d = 0; d < t->ngroups; d++) {
		bool again = false;

		for (size_t e = 0; e < d; e++)
			again |= !strcmp(t->groups[e].document, t->groups[d].document);
		if (again)
			continue;
		document = t->groups[d].document;
		fprintf(p->out, "  %s\n", document);
		for (size_t o = 0; o < sizeof order / sizeof *order; o++)
			for (size_t i = 0; i < t->ngroups; i++) {
				struct group *g = &t->groups[i];

				if (strcmp(g->document, document) != 0 || strcmp(g->state, order[o]) != 0)
					continue;
				print_group(p, g);
			}
	}
	return true;
}

/* ---- IPsec ---- */

/* How many entries of the path have this text. */
static uint64_t
count_of(const struct sheet *s, const char *path, const char *text)
{
	const struct sheet_entry *e;
	uint64_t n = 0;
	size_t at = 0;

	while ((e = sheet_next(s, path, &at)))
		n += !text || !strcmp(sheet_entry_text(s, e), text);
	return n;
}

/* Roles of which the same is said stand together. */
static bool
ipsec_sayings(struct pen *p, const struct sheet *s)
{
	static const char *const words[][2] = {{"observed", "Observed"}, {"none-observed", "None observed"}, {"inconclusive", "Inconclusive"}};
	const struct sheet_entry *saying, *reason;

	for (size_t w = 0; w < sizeof words / sizeof *words; w++)
		for (size_t a = 0, b = 0, i = 0; (saying = sheet_next(s, "roles.on_media", &a)) && (reason = sheet_next(s, "roles.reason", &b)); i++) {
			const struct sheet_entry *role, *other;
			size_t c = 0, d = 0, n;
			bool first = true;
			char *list;
			FILE *f;

			if (strcmp(sheet_entry_text(s, saying), words[w][0]) != 0)
				continue;
			if (!(f = open_memstream(&list, &n)))
				return false;
			for (size_t k = 0; (role = sheet_next(s, "roles.role", &c)) && (other = sheet_next(s, "roles.reason", &d)); k++) {
				if (strcmp(sheet_entry_text(s, other), sheet_entry_text(s, reason)) != 0)
					continue;
				first = first && k >= i;
				fprintf(f, "%s%s", ftell(f) ? ", " : "", sheet_entry_text(s, role));
			}
			if (fclose(f))
				return false;
			if (first)
				line_f(p, p->out, words[w][1], "%s: %s", list, sheet_entry_text(s, reason));
			free(list);
		}
	return true;
}

static bool
ipsec(struct pen *p, const struct sheet *s)
{
	uint64_t sas = count_of(s, "associations.spi", NULL), ikes = count_of(s, "negotiations.protocol", NULL), unanswered = 0;
	uint64_t keepalives = sheet_number(s, "packets.keepalives");
	const struct sheet_entry *e;
	size_t at = 0;

	if (!sas && !ikes && !keepalives && !count_of(s, "roles.role", NULL))
		return true;
	section(p, p->out, "IPsec: what may be said of media in it");
	if (!ipsec_sayings(p, s))
		return false;
	if (sas)
		line_f(p, p->out, "Associations", "%s: %s encrypted, %s not known to be, %s without encryption, %s of authentication headers", human_number(sas).s,
		    human_number(count_of(s, "associations.payload", "encrypted")).s, human_number(count_of(s, "associations.payload", "undecided")).s,
		    human_number(count_of(s, "associations.payload", "null") + count_of(s, "associations.payload", "wesp-clear")).s,
		    human_number(count_of(s, "associations.payload", "ah")).s);
	while ((e = sheet_next(s, "negotiations.answer_after_ns", &at)))
		unanswered += e->kind == VALUE_NULL;
	if (ikes)
		line_f(p, p->out, "Negotiations", "%s: %s by IKEv1, %s by IKEv2, %s by AuthIP; of %s no answer was captured", human_number(ikes).s,
		    human_number(count_of(s, "negotiations.protocol", "IKEv1")).s, human_number(count_of(s, "negotiations.protocol", "IKEv2")).s,
		    human_number(count_of(s, "negotiations.protocol", "AuthIP")).s, human_number(unanswered).s);
	if (keepalives)
		line_f(p, p->out, "Keep-alives", "%s of a NAT, which carry nothing", human_number(keepalives).s);
	if (sheet_number(s, "contradicts_site"))
		line(p, p->out, "Site file", "It says that there is no IPsec (features, ipsec: no), and the capture shows some.");
	return true;
}

static bool
waiver(struct pen *p, const struct sheet *s)
{
	struct text *t = p->own;
	uint64_t n = sheet_number(s, "matches");

	/* Those that matched stand at their findings. */
	if (n && !sheet_number(s, "expired"))
		return true;
	if (!t->waivers++)
		section(p, p->out, "Waivers without effect");
	return line_f(p, p->out, n ? "Expired" : "Unused", "waiver%s%s%s%s: %s", sheet_null(s, "finding") ? "" : " of ",
	    sheet_text(s, "finding"), sheet_null(s, "expires") ? "" : " until ", sheet_text(s, "expires"),
	    sheet_null(s, "reason") ? "no reason given" : sheet_text(s, "reason"));
}

static void
hint(struct pen *p)
{
	const struct text *t = p->own;

	section(p, p->out, "No host has a role");
	fputs("  ", p->out);
	text_wrap(p->out,
	    "Without a site file nothing can be said about documented, undocumented or missing traffic. A site file tells "
	    "which address plays which role: write one as spanaudit(1), section THE SITE FILE, describes it (`spanaudit flows "
	    "CAPTURE...` lists the hosts and what they talk), then `spanaudit audit -s site.yaml CAPTURE...` uses it.",
	    2, 2, t->width);
}

/* ---- the events ---- */

static const struct {
	const char *name;
	bool (*record)(struct pen *, const struct sheet *);
} records[] = {{"tool", tool}, {"inputs", input}, {"site", site}, {"coverage", coverage}, {"totals", totals},
    {"findings", finding}, {"rows", row}, {"ipsec", ipsec}, {"waivers", waiver}};

/* Depth of what is one record: the section itself, or an item of it where it is a list. */
static int
record_depth(const struct text *t)
{
	return t->at[1].shape == SHAPE_LIST ? 3 : 2;
}

static bool
text_open(struct pen *p, enum shape shape, const char *name)
{
	struct text *t = p->own;
	size_t plain = strlen(t->path);

	if (t->depth == DEPTH)
		return false;
	t->at[t->depth].shape = shape;
	t->at[t->depth].plain = plain;
	snprintf(t->at[t->depth].name, sizeof t->at[0].name, "%s", name ? name : "");
	t->depth++;
	if (t->depth <= 2 || t->depth <= record_depth(t))
		sheet_clear(&t->record);
	else if (name)
		snprintf(t->path + plain, sizeof t->path - plain, "%s%s", plain ? "." : "", name);
	return true;
}

static bool
field(struct pen *p, const char *name, const struct value *v)
{
	struct text *t = p->own;
	char path[SHEET_PATH];

	if (t->depth == 1) {
		if (!strcmp(name, "site") && v->kind == VALUE_NULL)
			t->no_site = true;
		return true;
	}
	/* The field's name is cut before it could exceed; the walk has no such names. */
	if (name && *t->path)
		snprintf(path, sizeof path, "%.30s.%.30s", t->path, name);
	else
		snprintf(path, sizeof path, "%.62s", name ? name : t->path);
	return sheet_add(&t->record, path, v);
}

static bool
text_close(struct pen *p)
{
	struct text *t = p->own;
	int depth = t->depth--;
	const char *name = t->at[1].name;

	t->path[t->at[depth - 1].plain] = '\0';
	if (depth == record_depth(t) && depth > 1)
		for (size_t i = 0; i < sizeof records / sizeof *records; i++)
			if (!strcmp(records[i].name, name) && !records[i].record(p, &t->record))
				return false;
	if (depth == 2 && !strcmp(name, "findings"))
		after_findings(p);
	if (depth == 2 && !strcmp(name, "rows"))
		return after_rows(p);
	return true;
}

static bool
end(struct pen *p)
{
	struct text *t = p->own;

	if (!t)
		return true;
	if (t->no_site)
		hint(p);
	if (t->head_f)
		fclose(t->head_f);
	if (t->later_f)
		fclose(t->later_f);
	for (size_t i = 0; i < t->ngroups; i++) {
		free(t->groups[i].document);
		free(t->groups[i].state);
		free(t->groups[i].reason);
		free(t->groups[i].list);
	}
	free(t->groups);
	free(t->made);
	free(t->filter);
	free(t->head);
	free(t->later);
	sheet_free(&t->record);
	free(t);
	return true;
}

const struct writer writer_text = {begin, text_open, field, text_close, end, NULL};
