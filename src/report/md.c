/* GitHub Flavored Markdown: the whole report in the order of the text format, with every row. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "md.h"
#include "record.h"

/* Of a list in a section as items of which there may be a hundred thousand are told: as many as the page of HTML lists. */
enum { MOST = 500, LISTS = 64 };

struct md {
	struct records rec;
	struct {
		char name[32];
		uint64_t n;
	} lists[LISTS];	/* of the section at hand */
	size_t nlists;
	struct memory {
		char *text;
		size_t n;
		FILE *f;
	} head, later; /* tool and site, for the first lines; coverage and inputs, told behind the findings */
	uint64_t first, last;
	uint64_t findings, inputs, rows, waivers;
	bool site, waived;
	char severity[16];  /* of the finding before */
	char document[128]; /* of the row before */
};

static bool
begin(struct pen *p)
{
	struct md *m = calloc(1, sizeof *m);

	if (!(p->own = m))
		return false;
	m->head.f = open_memstream(&m->head.text, &m->head.n);
	m->later.f = open_memstream(&m->later.text, &m->later.n);
	return m->head.f && m->later.f;
}

static void
heading(FILE *out, int level, const char *title)
{
	fprintf(out, "\n%.*s %s\n", level, "######", title);
}

/* A word of the site file, in the reader's language. */
static const char *
balancing(const struct aud_lang *l, const char *name)
{
#define X(e, word) {word, "load balancing\004" word},
	static const struct {
		const char *name, *marked;
	} words[] = {AUD_LOAD_BALANCINGS(X)};
#undef X

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i].name, name))
			return _(l, words[i].marked);
	return name;
}

/* ---- the records ---- */

static bool
tool(struct pen *p, FILE *out)
{
	const struct md *m = p->own;
	const struct sheet *s = &m->rec.sheet;

	md_label(out, _(p->l, "Made with"));
	fputs("spanaudit ", out);
	md_put(out, sheet_text(s, "version"));
	fputs(", nDPI ", out);
	md_put(out, sheet_text(s, "ndpi"));
	fputs(", libpcap ", out);
	md_put(out, sheet_text(s, "libpcap"));
	fputs(", SQLite ", out);
	md_put(out, sheet_text(s, "sqlite"));
	putc('\n', out);
	md_item(out, _(p->l, "Matrix, SHA-256"), sheet_text(s, "matrix_sha256"));
	md_item(out, _(p->l, "Command"), sheet_text(s, "command"));
	return true;
}

static bool
site(struct pen *p, FILE *out)
{
	struct md *m = p->own;
	const struct sheet *s = &m->rec.sheet;

	m->site = true;
	md_item(out, _(p->l, "Site"), sheet_null(s, "name") || !*sheet_text(s, "name") ? _(p->l, "without a name") : sheet_text(s, "name"));
	md_label(out, _(p->l, "Site file"));
	md_put(out, sheet_text(s, "file"));
	fprintf(out, _(p->l, ", host definitions: %s"), human_number(p->l, sheet_number(s, "hosts")).s);
	putc('\n', out);
	md_item(out, _(p->l, "Site file, SHA-256"), sheet_text(s, "sha256"));
	md_item(out, _(p->l, "Product"), sheet_text(s, "product"));
	md_item(out, _(p->l, "Load balancing"), balancing(p->l, sheet_text(s, "load_balancing")));
	md_list_item(out, s, _(p->l, "Documents"), "documents");
	return true;
}

static bool
input(struct pen *p, FILE *out)
{
	struct md *m = p->own;
	const struct sheet *s = &m->rec.sheet;

	if (!m->inputs++) {
		heading(out, 2, _(p->l, "Inputs"));
		md_table(out, _(p->l, "Name|Format|#Bytes|#Frames|#Left out by the filter|Time (UTC)|SHA-256|Remarks"));
	}
	putc('|', out);
	md_cell(out, sheet_text(s, "name"));
	putc(' ', out);
	md_put(out, sheet_text(s, "format"));
	fprintf(out, "%s%s |", sheet_null(s, "compression") ? "" : ", ", sheet_text(s, "compression"));
	md_number_cell(out, p->l, sheet_number(s, "bytes"));
	md_number_cell(out, p->l, sheet_number(s, "frames"));
	md_number_cell(out, p->l, sheet_number(s, "filtered"));
	fprintf(out, " %s |", sheet_null(s, "first") ? "" : human_period(p->l, sheet_number(s, "first"), sheet_number(s, "last")).s);
	md_cell(out, sheet_text(s, "sha256"));
	if (sheet_number(s, "interrupted"))
		fprintf(out, " %s", _(p->l, "not read to its end: the audit was interrupted"));
	if (sheet_number(s, "broken")) {
		putc(' ', out);
		if (sheet_null(s, "broken_at"))
			fputs(_(p->l, "could not be read:"), out);
		else
			fprintf(out, _(p->l, "breaks off at byte %s:"), human_number(p->l, sheet_number(s, "broken_at")).s);
		putc(' ', out);
	}
	md_put(out, sheet_text(s, "broken_why"));
	if (sheet_number(s, "backward")) {
		putc(' ', out);
		fprintf(out, _(p->l, "frames out of order in time: %s"), human_number(p->l, sheet_number(s, "backward")).s);
	}
	fputs(" |\n", out);
	return true;
}

/* Lists of the coverage: their items are told field by field, in order. */
static const struct {
	const char *title, *columns, *fields[5];
} lists[] = {
    {N_("Roles"), N_("Role|#Declared|#Seen"), {"roles.role", "roles.declared", "roles.seen"}},
    {N_("Pairs of roles"), N_("Client|Server|#Conversations|#One way"), {"pairs.client", "pairs.server", "pairs.conversations", "pairs.one_way"}},
    {N_("Frames that were not decoded, or hold no IP"), N_("Layer|Reason|Defect|#Frames"),
	{"decode.layer", "decode.reason", "decode.defect", "decode.frames"}},
    {N_("Hosts that only the capture has"), N_("Address"), {"unknown_hosts.addresses"}},
    {N_("Hosts of the site file that sent nothing"), N_("Name|Address"), {"unseen_hosts.hosts.name", "unseen_hosts.hosts.address"}},
};

static void
list(const struct pen *p, FILE *out, const struct sheet *s, size_t which)
{
	size_t from[5] = {0};
	bool begun = false;

	for (;;) {
		for (size_t i = 0; i < 5 && lists[which].fields[i]; i++) {
			const struct sheet_entry *e = sheet_next(s, lists[which].fields[i], &from[i]);

			if (!i && !e)
				return;
			if (!begun) {
				heading(out, 3, sheet_windowed(s) && !strcmp(lists[which].fields[0], "unseen_hosts.hosts.name") ?
				    _(p->l, "Hosts of the site file that sent nothing within the window") : _(p->l, lists[which].title));
				md_table(out, _(p->l, lists[which].columns));
				begun = true;
			}
			fputs(i ? " " : "| ", out);
			if (e && e->kind != VALUE_NULL)
				md_put_value(out, p->l, s, e);
			fputs(" |", out);
		}
		putc('\n', out);
	}
}

/* Is it part of a list? */
static bool
listed(const char *path)
{
	for (size_t w = 0; w < sizeof lists / sizeof *lists; w++)
		for (size_t i = 0; i < 5 && lists[w].fields[i]; i++)
			if (!strcmp(lists[w].fields[i], path))
				return true;
	return false;
}

static bool
coverage(struct pen *p, FILE *out)
{
	struct md *m = p->own;
	const struct sheet *s = &m->rec.sheet;
	bool windowed = sheet_windowed(s);

	m->first = sheet_number(s, "first");
	m->last = sheet_number(s, "last");
	heading(out, 2, _(p->l, "Coverage"));
	if (windowed) {
		putc('\n', out);
		md_label(out, _(p->l, "Window"));
		fprintf(out, _(p->l, "this report speaks of the %s before %s UTC: what was silent for longer is not in it any more; frames, packets, flows and the captured period count since the start of the watch"),
		    human_span(p->l, sheet_number(s, "window_ns")).s, human_time(p->l, sheet_number(s, "window_end")).s);
		putc('\n', out);
	}
	md_table(out, _(p->l, "What|#Figure"));
	for (size_t i = 0; i < s->n; i++) {
		if (listed(s->v[i].path) || (s->v[i].kind == VALUE_NULL && strcmp(s->v[i].path, "kernel_drops") != 0))
			continue;
		if (!strcmp(s->v[i].path, "window_ns") || !strcmp(s->v[i].path, "window_end"))
			continue;
		fputs("| ", out);
		if (!strcmp(s->v[i].path, "watched_ns")) {
			fprintf(out, "%s | %s |\n", windowed ? _(p->l, "Watched within the window") : _(p->l, "Watched"), human_span(p->l, s->v[i].n).s);
			continue;
		}
		md_words(out, p->l, s->v[i].path, SIZE_MAX);
		fputs(" | ", out);
		md_put_value(out, p->l, s, &s->v[i]);
		fputs(" |\n", out);
	}
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		list(p, out, s, i);
	return true;
}

static void
counts(const struct pen *p, FILE *out, const struct sheet *s, const char *path, const char *columns)
{
	size_t len = strlen(path);

	md_table(out, columns);
	for (size_t i = 0; i < s->n; i++) {
		if (strncmp(s->v[i].path, path, len) != 0 || s->v[i].path[len] != '.')
			continue;
		fputs("| ", out);
		md_words(out, p->l, s->v[i].path + len + 1, SIZE_MAX);
		fprintf(out, " | %s |\n", human_number(p->l, s->v[i].n).s);
	}
}

static bool
totals(struct pen *p, FILE *out)
{
	struct md *m = p->own;
	const struct sheet *s = &m->rec.sheet;

	fprintf(out, "# %s\n\n", _(p->l, "Audit of observed traffic against the documented ports"));
	if (fflush(m->head.f))
		return false;
	fwrite(m->head.text, 1, m->head.n, out);
	if (!m->site)
		fprintf(out, "- **%s:** %s\n", _(p->l, "Site"), _(p->l, "no site file: no host has a role, so only the capture itself is judged"));
	if (m->first)
		fprintf(out, "- **%s:** %s (%s)\n", _(p->l, "Captured"), human_period(p->l, m->first, m->last).s, human_span(p->l, m->last - m->first).s);
	heading(out, 2, _(p->l, "Summary"));
	counts(p, out, s, "findings", _(p->l, "Severity|#Findings"));
	if (sheet_number(s, "waived")) {
		putc('\n', out);
		fprintf(out, _(p->l, "Waived besides: %s."), human_number(p->l, sheet_number(s, "waived")).s);
		putc('\n', out);
	}
	if (m->site) {
		counts(p, out, s, "rows", _(p->l, "State of printed rows|#Rows"));
		counts(p, out, s, "conversations", _(p->l, "Conversations|#Number"));
	}
	return true;
}

static void
side(FILE *out, const struct sheet *s, const char *name, const char *who)
{
	char path[32];
	const char *text;

	snprintf(path, sizeof path, "%s.address", who);
	if (!*sheet_text(s, path))
		return;
	md_label(out, name);
	md_put(out, sheet_text(s, path));
	snprintf(path, sizeof path, "%s.name", who);
	text = sheet_text(s, path);
	if (*text) {
		fputs(", ", out);
		md_put(out, text);
	}
	snprintf(path, sizeof path, "%s.roles", who);
	text = sheet_text(s, path);
	if (*text) {
		const struct sheet_entry *e;
		size_t from = 0;

		for (const char *before = " ("; (e = sheet_next(s, path, &from)); before = ", ") {
			fputs(before, out);
			md_put(out, sheet_entry_text(s, e));
		}
		putc(')', out);
	}
	putc('\n', out);
}

static void
frames(const struct pen *p, FILE *out, const struct sheet *s)
{
	const struct sheet_entry *in, *frame;
	const char *last = NULL;
	size_t a = 0, b = 0;

	while ((in = sheet_next(s, "evidence.input", &a)) && (frame = sheet_next(s, "evidence.frame", &b))) {
		const char *name = sheet_entry_text(s, in);

		if (!last)
			md_label(out, _(p->l, "Frames"));
		if (!last || strcmp(last, name) != 0) {
			fputs(last ? "; " : "", out);
			md_put(out, name);
			fputs(": ", out);
		} else
			fputs(", ", out);
		fprintf(out, "%" PRIu64, frame->n);
		last = name;
	}
	if (last)
		putc('\n', out);
}

static void
seen(const struct pen *p, FILE *out, const struct sheet *s)
{
	struct human flows = human_number(p->l, sheet_number(s, "flows")), packets = human_number(p->l, sheet_number(s, "packets"));
	struct human period = human_period(p->l, sheet_number(s, "first"), sheet_number(s, "last"));

	if (!sheet_number(s, "flows") && !sheet_number(s, "packets"))
		return;
	md_label(out, _(p->l, "Seen"));
	if (sheet_number(s, "packets"))
		fprintf(out, _(p->l, "flows %s, packets %s, %s, %s"), flows.s, packets.s, human_bytes(p->l, sheet_number(s, "bytes")).s, period.s);
	else
		fprintf(out, _(p->l, "flows %s, %s"), flows.s, period.s);
	putc('\n', out);
}

/* Words of ours go around texts of others, which md_put() makes harmless. */
static void
waiver_item(const struct pen *p, FILE *out, const struct sheet *s, bool expired)
{
	struct human date = human_date(p->l, sheet_text(s, "waiver.expires"));

	md_label(out, expired ? _(p->l, "Waiver that expired") : _(p->l, "Waiver"));
	md_put(out, sheet_null(s, "waiver.reason") ? _(p->l, "no reason given") : sheet_text(s, "waiver.reason"));
	if (!sheet_null(s, "waiver.owner")) {
		fputs(_(p->l, ", by "), out);
		md_put(out, sheet_text(s, "waiver.owner"));
	}
	if (sheet_null(s, "waiver.expires"))
		fputs(_(p->l, ", never expires"), out);
	else
		fprintf(out, expired ? _(p->l, ", expired on %s") : _(p->l, ", until %s"), date.s);
	putc('\n', out);
}

static bool
finding(struct pen *p, FILE *out)
{
	struct md *m = p->own;
	const struct sheet *s = &m->rec.sheet;
	const char *severity = sheet_text(s, "severity");
	bool waived = !sheet_null(s, "waiver.expired"), expired = sheet_number(s, "waiver.expired");

	if (!m->findings++)
		heading(out, 2, _(p->l, "Findings"));
	fputs("\n### ", out);
	md_words(out, p->l, severity, SIZE_MAX);
	fputs(": ", out);
	md_put(out, sheet_text(s, "title"));
	fprintf(out, "%s\n\n", waived && !expired ? _(p->l, " (waived)") : "");
	md_item(out, _(p->l, "What"), sheet_text(s, "reason"));
	side(out, s, _(p->l, "Client"), "client");
	side(out, s, _(p->l, "Server"), "server");
	if (!sheet_null(s, "transport")) {
		md_label(out, _(p->l, "Port"));
		if (!sheet_null(s, "port") && (sheet_number(s, "port") || !strcmp(sheet_text(s, "transport"), "tcp") ||
						  !strcmp(sheet_text(s, "transport"), "udp"))) /* ESP and its like have none */
			fprintf(out, "%" PRIu64 "/", sheet_number(s, "port"));
		md_put(out, sheet_text(s, "transport"));
		putc('\n', out);
	}
	md_item(out, _(p->l, "Application"), sheet_text(s, "app"));
	md_item(out, _(p->l, "Rule"), sheet_text(s, "rule"));
	md_item(out, _(p->l, "Nearest rule"), sheet_text(s, "nearest"));
	md_list_item(out, s, _(p->l, "Cites"), "citations");
	seen(p, out, s);
	frames(p, out, s);
	if (waived)
		waiver_item(p, out, s, expired);
	md_label(out, _(p->l, "Kind"));
	fprintf(out, _(p->l, "%s, certainty %s, id %s"), sheet_text(s, "kind"), _(p->l, sheet_text(s, "certainty")), sheet_text(s, "id"));
	putc('\n', out);
	return true;
}

static bool
row(struct pen *p, FILE *out)
{
	static const char *const cells[] = {"printed.role", "printed.service", "printed.port", "printed.protocol", "state", "reason"};
	struct md *m = p->own;
	const struct sheet *s = &m->rec.sheet;

	if (!m->rows++)
		heading(out, 2, _(p->l, "Rows of the documents"));
	if (strcmp(m->document, sheet_text(s, "document")) != 0) {
		snprintf(m->document, sizeof m->document, "%s", sheet_text(s, "document"));
		fputs("\n### ", out);
		md_put(out, m->document);
		putc('\n', out);
		md_table(out, _(p->l, "Row|Role|Service|Port|Protocol|State|Reason|#Flows"));
	}
	fputs("| ", out);
	md_put(out, sheet_text(s, "table"));
	fprintf(out, ".%" PRIu64 " |", sheet_number(s, "row"));
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		md_cell(out, !strcmp(cells[i], "state") ? _(p->l, sheet_text(s, cells[i])) : sheet_text(s, cells[i]));
	md_number_cell(out, p->l, sheet_number(s, "flows"));
	putc('\n', out);
	return true;
}

static bool
waiver(struct pen *p, FILE *out)
{
	static const char *const terms[] = {"finding", "kind", "client", "server", "transport", "port", "app"};
	static const char *const words[] = {N_("finding"), N_("kind"), N_("client"), N_("server"), N_("transport"), N_("port"), N_("app")};
	struct md *m = p->own;
	const struct sheet *s = &m->rec.sheet;
	const struct sheet_entry *e;

	if (!m->waivers++) {
		heading(out, 2, _(p->l, "Waivers"));
		md_table(out, _(p->l, "Of|Reason|Owner|Expires|#Findings|Effect"));
	}
	putc('|', out);
	for (size_t i = 0, from = 0; i < sizeof terms / sizeof *terms; i++, from = 0)
		if ((e = sheet_next(s, terms[i], &from)) && e->kind != VALUE_NULL) {
			fprintf(out, " %s ", _(p->l, words[i]));
			if (e->kind == VALUE_NUMBER)
				fprintf(out, "%" PRIu64, e->n);
			else
				md_put_value(out, p->l, s, e);
		}
	fputs(" |", out);
	md_cell(out, sheet_text(s, "reason"));
	md_cell(out, sheet_text(s, "owner"));
	md_cell(out, human_date(p->l, sheet_text(s, "expires")).s);
	md_number_cell(out, p->l, sheet_number(s, "matches"));
	md_cell(out, sheet_number(s, "expired") ? _(p->l, "expired") : sheet_number(s, "matches") ? _(p->l, "in force") : _(p->l, "matches nothing"));
	putc('\n', out);
	return true;
}

/* A list of the record: its fields as columns. An item begins where the first field comes again. */
static void
items(const struct pen *p, FILE *out, size_t first)
{
	enum { COLUMNS = 64 };
	const struct md *m = p->own;
	const struct sheet *s = &m->rec.sheet;
	const char *columns[COLUMNS];
	size_t len = strcspn(s->v[first].path, "."), n = 0;

	for (size_t i = first; i < s->n && n < COLUMNS; i++) {
		bool known = !md_below(s->v[i].path, s->v[first].path, len);

		for (size_t k = 0; k < n && !known; k++)
			known = !strcmp(columns[k], s->v[i].path);
		if (!known)
			columns[n++] = s->v[i].path;
	}
	fputs("\n### ", out);
	md_words(out, p->l, s->v[first].path, len);
	fputs("\n\n|", out);
	for (size_t k = 0; k < n; k++) {
		putc(' ', out);
		md_words(out, p->l, columns[k][len] ? columns[k] + len + 1 : columns[k], SIZE_MAX);
		fputs(" |", out);
	}
	fputs("\n|", out);
	for (size_t k = 0; k < n; k++)
		fputs(" --- |", out);
	putc('\n', out);
	for (size_t i = first, end; i < s->n; i = end) {
		for (end = i + 1; end < s->n && strcmp(s->v[end].path, columns[0]) != 0; end++)
			;
		if (strcmp(s->v[i].path, columns[0]) != 0)
			continue;
		putc('|', out);
		for (size_t k = 0; k < n; k++) {
			const char *comma = " ";

			for (size_t e = i; e < end; e++)
				if (!strcmp(s->v[e].path, columns[k]) && s->v[e].kind != VALUE_NULL) {
					fputs(comma, out);
					md_put_value(out, p->l, s, &s->v[e]);
					comma = ", ";
				}
			fputs(" |", out);
		}
		putc('\n', out);
	}
	for (size_t i = 0; i < m->nlists; i++)
		if (m->lists[i].n > MOST && strlen(m->lists[i].name) == len && md_below(s->v[first].path, m->lists[i].name, len))
			fprintf(out, "\n%s\n",
			    human_count(p->l, m->lists[i].n - MOST, "Not listed: %s more (json and jsonl list all).", "Not listed: %s more (json and jsonl list all).").s);
}

/* A section of which nothing more is known here: all its fields, lists as tables. */
static bool
other(struct pen *p, FILE *out)
{
	struct md *m = p->own;
	const struct sheet *s = &m->rec.sheet;
	const char *tops[LISTS];	/* lists that are told, by a path of each */
	size_t ntops = 0;

	fputs("\n## ", out);
	if (!strcmp(m->rec.section, "ipsec"))
		fputs("IPsec", out);
	else
		md_words(out, p->l, m->rec.section, SIZE_MAX);
	putc('\n', out);
	md_table(out, _(p->l, "What|Value"));
	for (size_t i = 0; i < s->n; i++) {
		if (strchr(s->v[i].path, '.'))
			continue;
		fputs("| ", out);
		md_words(out, p->l, s->v[i].path, SIZE_MAX);
		fputs(" | ", out);
		if (s->v[i].kind != VALUE_NULL)
			md_put_value(out, p->l, s, &s->v[i]);
		fputs(" |\n", out);
	}
	for (size_t i = 0; i < s->n; i++) {
		bool told = !strchr(s->v[i].path, '.');

		for (size_t k = 0; k < ntops && !told; k++)
			told = md_below(s->v[i].path, tops[k], strcspn(tops[k], "."));
		if (told || ntops == LISTS)
			continue;
		tops[ntops++] = s->v[i].path;
		items(p, out, i);
	}
	return true;
}

/* ---- the events ---- */

enum where { HEAD, LATER, HERE };

static const struct {
	const char *name;
	enum where where;
	bool (*record)(struct pen *, FILE *);
} sections[] = {
    {"tool", HEAD, tool}, {"inputs", LATER, input}, {"site", HEAD, site}, {"coverage", LATER, coverage}, {"totals", HERE, totals},
    {"findings", HERE, finding}, {"rows", HERE, row}, {"waivers", HERE, waiver},
};

static bool
record(struct pen *p)
{
	struct md *m = p->own;

	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
		if (!strcmp(sections[i].name, m->rec.section)) {
			enum where w = sections[i].where;

			return sections[i].record(p, w == HEAD ? m->head.f : w == LATER ? m->later.f : p->out);
		}
	return other(p, p->out);
}

static bool
after_findings(struct pen *p)
{
	struct md *m = p->own;

	if (!m->findings)
		fprintf(p->out, "\n## %s\n\n%s\n", _(p->l, "Findings"), m->site ? _(p->l, "None.") : _(p->l, "None about the capture."));
	if (fflush(m->later.f))
		return false;
	fwrite(m->later.text, 1, m->later.n, p->out);
	return true;
}

static bool
open(struct pen *p, enum shape shape, const char *name)
{
	struct md *m = p->own;

	if (!records_open(&m->rec, shape, name))
		return false;
	if (m->rec.depth == 2)
		m->nlists = 0;
	else if (m->rec.depth == 3 && shape == SHAPE_LIST && m->nlists < LISTS) {
		snprintf(m->lists[m->nlists].name, sizeof m->lists[0].name, "%s", name ? name : "");
		m->lists[m->nlists++].n = 0;
	} else if (m->rec.depth == 4 && m->rec.at[2].shape == SHAPE_LIST && m->nlists)
		m->lists[m->nlists - 1].n++;
	return true;
}

/* An item of a list that is told as far as it goes. */
static bool
too_many(const struct md *m)
{
	return m->rec.depth >= 4 && m->rec.at[1].shape == SHAPE_OBJECT && m->rec.at[2].shape == SHAPE_LIST && m->nlists &&
	       m->lists[m->nlists - 1].n > MOST;
}

static bool
field(struct pen *p, const char *name, const struct value *v)
{
	struct md *m = p->own;

	return too_many(m) || records_field(&m->rec, name, v);
}

static bool
close(struct pen *p)
{
	struct md *m = p->own;
	enum closed closed = records_close(&m->rec);

	if (closed == CLOSED_RECORD)
		return record(p);
	return closed != CLOSED_SECTION || strcmp(m->rec.section, "findings") != 0 || after_findings(p);
}

static bool
end(struct pen *p)
{
	struct md *m = p->own;

	if (!m)
		return true;
	if (m->head.f)
		fclose(m->head.f);
	if (m->later.f)
		fclose(m->later.f);
	free(m->head.text);
	free(m->later.text);
	sheet_free(&m->rec.sheet);
	free(m);
	return true;
}

const struct writer writer_md = {begin, open, field, close, end, NULL};
