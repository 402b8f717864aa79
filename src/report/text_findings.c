/* The text format: findings. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { SEVERITY = 10 };

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
		text_line(p, p->out, "Frames", text);
	free(text);
	return true;
}

static const char *
severity_label(const struct pen *p, const char *name)
{
	static const char *const labels[] = {N_("INFO"), N_("LOW"), N_("MEDIUM"), N_("HIGH"), N_("CRITICAL")};
	int s = aud_severity_by_name(name);

	return s < 0 ? name : _(p->l, labels[s]);
}

/* "jump host, by A. Person, until 2024-03-01" */
static bool
waiver_line(struct pen *p, const struct sheet *s, bool expired)
{
	const char *reason = sheet_text(s, "waiver.reason"), *owner = sheet_text(s, "waiver.owner");
	struct human date = human_date(p->l, sheet_text(s, "waiver.expires"));
	char *who;
	bool ok;

	if ((sheet_null(s, "waiver.owner") ? asprintf(&who, "%s", reason) : asprintf(&who, _(p->l, "%s, by %s"), reason, owner)) < 0)
		return false;
	if (sheet_null(s, "waiver.expires"))
		ok = text_line_f(p, p->out, expired ? "Reopened" : "Waived", _(p->l, "%s, never expires"), who);
	else
		ok = text_line_f(p, p->out, expired ? "Reopened" : "Waived", expired ? _(p->l, "%s; the waiver expired on %s") : _(p->l, "%s, until %s"), who,
		    date.s);
	free(who);
	return ok;
}

bool
text_finding(struct pen *p, const struct sheet *s)
{
	struct text *t = p->own;
	const char *severity = sheet_text(s, "severity");
	bool waived = !sheet_null(s, "waiver.expired"), expired = sheet_number(s, "waiver.expired") != 0;
	const char *label = severity_label(p, severity);
	char title[192];
	size_t n = text_columns(label);
	char *cited;
	FILE *w;

	if (!t->findings++)
		text_section(p, p->out, _(p->l, "Findings"));
	else
		putc('\n', p->out);
	fprintf(p->out, "%s%s%s%*s%s", text_paint(p, severity_color(severity)), label, text_paint(p, PLAIN),
	    (int)(n < SEVERITY ? SEVERITY - n : 1), "", text_paint(p, BOLD));
	snprintf(title, sizeof title, waived && !expired ? _(p->l, "%s (waived)") : "%s", sheet_text(s, "title"));
	text_wrap(p->out, title, SEVERITY, SEVERITY, t->width);
	fputs(text_paint(p, PLAIN), p->out);
	fprintf(p->out, "  ");
	text_wrap(p->out, sheet_text(s, "reason"), 2, 2, t->width);
	if (!(w = open_memstream(&cited, &n)))
		return false;
	sheet_join(w, s, "citations");
	if (!fclose(w) && n)
		text_line(p, p->out, "Cites", cited);
	free(cited);
	/* What counts flows alone claims no packets. */
	if (sheet_number(s, "flows") && !sheet_number(s, "packets"))
		text_line_f(p, p->out, "Seen", "%s, %s", human_count(p->l, sheet_number(s, "flows"), "%s flow", "%s flows").s,
		    human_period(p->l, sheet_number(s, "first"), sheet_number(s, "last")).s);
	else if (sheet_number(s, "packets"))
		text_line_f(p, p->out, "Seen", "%s, %s, %s, %s", human_count(p->l, sheet_number(s, "flows"), "%s flow", "%s flows").s,
		    human_count(p->l, sheet_number(s, "packets"), "%s packet", "%s packets").s, human_bytes(p->l, sheet_number(s, "bytes")).s,
		    human_period(p->l, sheet_number(s, "first"), sheet_number(s, "last")).s);
	if (!frames(p, s) || (waived && !waiver_line(p, s, expired)))
		return false;
	return text_line_f(p, p->out, "Kind", _(p->l, "%s, certainty %s, id %s"), sheet_text(s, "kind"), _(p->l, sheet_text(s, "certainty")),
	    sheet_text(s, "id"));
}

void
text_after_findings(struct pen *p)
{
	struct text *t = p->own;

	if (!t->findings) {
		text_section(p, p->out, _(p->l, "Findings"));
		fprintf(p->out, "  %s\n", t->no_site || t->no_document ? _(p->l, "None about the capture.") : _(p->l, "None."));
	}
	fflush(t->later_f);
	if (t->later_n)
		fwrite(t->later, 1, t->later_n, p->out);
	if (t->made)
		text_line(p, p->out, "Made with", t->made);
}
