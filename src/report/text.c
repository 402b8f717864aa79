/*
 * The report for reading in a terminal: summary, findings by severity, coverage, inputs, rows. Events are collected
 * into one record at a time; what is told before the summary (inputs, coverage) is kept as text and printed behind the
 * findings.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* Above this the time that was captured is told beside the time from first to last packet. */
#define WATCHED_SLACK_NS UINT64_C(60000000000)

enum { WIDTH = 100, WIDTH_LEAST = 60 };

const char *
text_paint(const struct pen *p, const char *code)
{
	return p->opts->color ? code : "";
}

void
text_section(const struct pen *p, FILE *out, const char *title)
{
	fprintf(out, "\n%s%s%s\n", text_paint(p, BOLD), title, text_paint(p, PLAIN));
}

/* "  Label       text, wrapped behind the label" */
void
text_line(const struct pen *p, FILE *out, const char *label, const char *text)
{
	const struct text *t = p->own;
	const char *told = _(p->l, label);
	size_t n = text_columns(told);

	fprintf(out, "  %s%s%*s%s", text_paint(p, DIM), told, (int)(n < t->label ? t->label - n : 1), "", text_paint(p, PLAIN));
	text_wrap(out, text, 2 + t->label, 2 + t->label, t->width);
}

/* As wide as the longest of them. */
static size_t
label_width(const struct aud_lang *l)
{
	static const char *const labels[] = {N_("Site"), N_("Documents"), N_("Roles seen"), N_("Unknown hosts"), N_("Not seen"), N_("Frames"),
	    N_("Directions"), N_("Loss"), N_("Tunnels"), N_("Out of scope"), N_("Limits"), N_("Traffic"), N_("Captured"), N_("Filter"), N_("Window"),
	    N_("Interrupted"), N_("Findings"), N_("Rows"), N_("Conversations"), N_("Cites"), N_("Seen"), N_("Reopened"), N_("Waived"), N_("Kind"),
	    N_("Made with"), N_("Observed"), N_("None observed"), N_("Inconclusive"), N_("Associations"), N_("Negotiations"), N_("Keep-alives"),
	    N_("Site file"), N_("Expired"), N_("Unused")};
	size_t most = TEXT_LABEL;

	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
		if (text_columns(_(l, labels[i])) + 1 > most)
			most = text_columns(_(l, labels[i])) + 1;
	return most;
}

bool
text_line_f(const struct pen *p, FILE *out, const char *label, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		return false;
	text_line(p, out, label, s);
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
	t->label = label_width(p->l);
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

	fprintf(t->head_f, "%sspanaudit %s%s", text_paint(p, BOLD), sheet_text(s, "version"), text_paint(p, PLAIN));
	return asprintf(&t->made, _(p->l, "nDPI %s, libpcap %s, SQLite %s; matrix %.16s"), sheet_text(s, "ndpi"),
		   sheet_text(s, "libpcap"), sheet_text(s, "sqlite"),
		   sheet_null(s, "matrix_sha256") ? _(p->l, "none") : sheet_text(s, "matrix_sha256")) >= 0;
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
	ok = text_line_f(p, t->head_f, "Site", "%s (%s, %s)", sheet_null(s, "name") ? _(p->l, "without a name") : sheet_text(s, "name"),
	    sheet_text(s, "file"), human_count(p->l, sheet_number(s, "hosts"), "%s host definition", "%s host definitions").s);
	if (n)
		text_line(p, t->head_f, "Documents", documents);
	else
		t->no_document = true;
	if (!n && sheet_null(s, "product"))
		text_line(p, t->head_f, "Documents", _(p->l, "none: no document is loaded that counts at this site, so only the capture itself is judged"));
	else if (!n && !text_line_f(p, t->head_f, "Documents",
		      _(p->l, "none of the loaded documents is of %s or named by the site file, so only the capture itself is judged"),
		      sheet_text(s, "product")))
		ok = false;
	free(documents);
	return ok;
}

/* "2 high, 1 low" of the fields below path; the names are what follows it. */
static void
counts(const struct pen *p, const struct sheet *s, const char *path, FILE *w)
{
	size_t len = strlen(path);
	const char *comma = "";

	for (size_t i = 0; i < s->n; i++) {
		const struct sheet_entry *e = &s->v[i];

		if (strncmp(e->path, path, len) != 0 || e->path[len] != '.' || !e->n)
			continue;
		fprintf(w, "%s%s", comma, human_counted(p->l, e->n, e->path + len + 1).s);
		comma = ", ";
	}
	if (!*comma)
		fputs(_(p->l, "none"), w);
}

static bool
count_line(struct pen *p, const struct sheet *s, const char *label, const char *path, uint64_t waived)
{
	char *text;
	size_t n;
	FILE *w = open_memstream(&text, &n);

	if (!w)
		return false;
	counts(p, s, path, w);
	if (waived)
		fprintf(w, "; %s", human_count(p->l, waived, "%s waived", "%s waived").s);
	if (!fclose(w))
		text_line(p, p->out, label, text);
	free(text);
	return true;
}

/* Flows and conversations are counted apart, so both are told, and what a conversation is. */
static bool
traffic(struct pen *p)
{
	const struct text *t = p->own;
	struct human packets = human_count(p->l, t->packets, "%s IP packet", "%s IP packets");
	struct human inputs = human_count(p->l, t->inputs, "%s input", "%s inputs"), flows = human_count(p->l, t->flows, "%s flow", "%s flows");
	struct human conversations = human_count(p->l, t->conversations, "%s conversation", "%s conversations");

	if (t->windowed)
		return text_line_f(p, p->out, "Traffic", _(p->l, "%s from %s and %s since the start; within the window %s (one client, one port of one server, one application each)"),
		    packets.s, inputs.s, flows.s, conversations.s);
	if (t->judged != t->flows)
		return text_line_f(p, p->out, "Traffic", _(p->l, "%s from %s; %s, %s of them in %s (one client, one port of one server, one application each)"),
		    packets.s, inputs.s, flows.s, human_number(p->l, t->judged).s, conversations.s);
	return text_line_f(p, p->out, "Traffic", _(p->l, "%s from %s; %s in %s (one client, one port of one server, one application each)"), packets.s,
	    inputs.s, flows.s, conversations.s);
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
		text_line(p, p->out, "Site",
		    _(p->l, "no site file: no host has a role, so only the capture itself is judged (see the end)"));
	}
	if (t->first && t->windowed) {
		if (!text_line_f(p, p->out, "Captured", _(p->l, "%s; within the window (see the coverage) %s were captured"),
			human_period(p->l, t->first, t->last).s, human_span(p->l, t->watched).s))
			return false;
	} else if (t->first && t->watched + WATCHED_SLACK_NS < t->last - t->first) {
		if (!text_line_f(p, p->out, "Captured", _(p->l, "%s, of which %s were captured"), human_period(p->l, t->first, t->last).s,
			human_span(p->l, t->watched).s))
			return false;
	} else if (t->first && !text_line_f(p, p->out, "Captured", "%s (%s)", human_period(p->l, t->first, t->last).s,
			    human_span(p->l, t->last - t->first).s))
		return false;
	if (t->filter && !text_line_f(p, p->out, "Filter", _(p->l, "%s; what it left out was not audited, and nothing is concluded from what was not seen"),
			     t->filter))
		return false;
	if (!traffic(p))
		return false;
	if (t->interrupted)
		text_line(p, p->out, "Interrupted", _(p->l, "the captures were not read to their end: this report tells of their beginning only"));
	text_section(p, p->out, _(p->l, "Summary"));
	return count_line(p, s, "Findings", "findings", sheet_number(s, "waived")) &&
	       (t->no_site || t->no_document || count_line(p, s, "Rows", "rows", 0)) &&
	       (t->no_site || t->no_document || count_line(p, s, "Conversations", "conversations", 0));
}

static bool
waiver(struct pen *p, const struct sheet *s)
{
	struct text *t = p->own;
	uint64_t n = sheet_number(s, "matches");
	const char *finding = sheet_text(s, "finding"), *label;
	const char *reason = sheet_null(s, "reason") ? _(p->l, "no reason given") : sheet_text(s, "reason");
	struct human date = human_date(p->l, sheet_text(s, "expires"));

	/* Those that matched stand at their findings. */
	if (n && !sheet_number(s, "expired"))
		return true;
	if (!t->waivers++)
		text_section(p, p->out, _(p->l, "Waivers without effect"));
	label = n ? "Expired" : "Unused";
	if (!sheet_null(s, "finding") && !sheet_null(s, "expires"))
		return text_line_f(p, p->out, label, _(p->l, "waiver of %s until %s: %s"), finding, date.s, reason);
	if (!sheet_null(s, "finding"))
		return text_line_f(p, p->out, label, _(p->l, "waiver of %s: %s"), finding, reason);
	if (!sheet_null(s, "expires"))
		return text_line_f(p, p->out, label, _(p->l, "waiver until %s: %s"), date.s, reason);
	return text_line_f(p, p->out, label, _(p->l, "waiver: %s"), reason);
}

static void
hint(struct pen *p)
{
	const struct text *t = p->own;

	text_section(p, p->out, _(p->l, "No host has a role"));
	fputs("  ", p->out);
	text_wrap(p->out,
	    _(p->l, "Without a site file nothing can be said about documented, undocumented or missing traffic. A site file tells "
		    "which address plays which role: write one as spanaudit(1), section THE SITE FILE, describes it (`spanaudit flows "
		    "CAPTURE...` lists the hosts and what they talk), then `spanaudit audit -s site.yaml CAPTURE...` uses it."),
	    2, 2, t->width);
}

/* ---- the events ---- */

static const struct {
	const char *name;
	bool (*record)(struct pen *, const struct sheet *);
} records[] = {{"tool", tool}, {"inputs", text_input}, {"site", site}, {"coverage", text_coverage}, {"totals", totals},
    {"findings", text_finding}, {"rows", text_row}, {"ipsec", text_ipsec}, {"waivers", waiver}};

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

	if (t->depth == TEXT_DEPTH)
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
	return text_ipsec_counted(t, path, v) || sheet_add(&t->record, path, v);
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
		text_after_findings(p);
	if (depth == 2 && !strcmp(name, "rows"))
		return text_after_rows(p);
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
	text_rows_free(t);
	free(t->made);
	free(t->filter);
	free(t->head);
	free(t->later);
	sheet_free(&t->record);
	free(t);
	return true;
}

const struct writer writer_text = {begin, text_open, field, text_close, end, NULL};
