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

bool
text_finding(struct pen *p, const struct sheet *s)
{
	struct text *t = p->own;
	const char *severity = sheet_text(s, "severity");
	bool waived = !sheet_null(s, "waiver.expired"), expired = sheet_number(s, "waiver.expired") != 0;
	char label[24], title[128];
	size_t n = strlen(severity);
	char *cited;
	FILE *w;

	if (!t->findings++)
		text_section(p, p->out, "Findings");
	else
		putc('\n', p->out);
	snprintf(label, sizeof label, "%s", severity);
	for (char *c = label; *c; c++)
		*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	fprintf(p->out, "%s%s%s%*s%s", text_paint(p, severity_color(severity)), label, text_paint(p, PLAIN),
	    (int)(n < SEVERITY ? SEVERITY - n : 1), "", text_paint(p, BOLD));
	snprintf(title, sizeof title, "%s%s", sheet_text(s, "title"), waived && !expired ? " (waived)" : "");
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
		text_line_f(p, p->out, "Seen", "%s flow%s, %s", human_number(sheet_number(s, "flows")).s, plural(sheet_number(s, "flows")),
		    human_period(sheet_number(s, "first"), sheet_number(s, "last")).s);
	else if (sheet_number(s, "packets"))
		text_line_f(p, p->out, "Seen", "%s flow%s, %s packet%s, %s, %s", human_number(sheet_number(s, "flows")).s,
		    plural(sheet_number(s, "flows")), human_number(sheet_number(s, "packets")).s,
		    plural(sheet_number(s, "packets")), human_bytes(sheet_number(s, "bytes")).s,
		    human_period(sheet_number(s, "first"), sheet_number(s, "last")).s);
	if (!frames(p, s))
		return false;
	if (waived)
		text_line_f(p, p->out, expired ? "Reopened" : "Waived", "%s%s%s%s%s", sheet_text(s, "waiver.reason"),
		    sheet_null(s, "waiver.owner") ? "" : ", by ", sheet_text(s, "waiver.owner"),
		    sheet_null(s, "waiver.expires") ? ", never expires"
		    : expired			    ? "; the waiver expired on "
						    : ", until ",
		    sheet_text(s, "waiver.expires"));
	return text_line_f(p, p->out, "Kind", "%s, certainty %s, id %s", sheet_text(s, "kind"), sheet_text(s, "certainty"),
	    sheet_text(s, "id"));
}

void
text_after_findings(struct pen *p)
{
	struct text *t = p->own;

	if (!t->findings) {
		text_section(p, p->out, "Findings");
		fprintf(p->out, "  None%s.\n", t->no_site || t->no_document ? " about the capture" : "");
	}
	fflush(t->later_f);
	if (t->later_n)
		fwrite(t->later, 1, t->later_n, p->out);
	if (t->made)
		text_line(p, p->out, "Made with", t->made);
}
