/* What every section writes with: markup of ours, and text of whoever, escaped. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"

void
html_put(struct page *p, const char *markup)
{
	fputs(markup, p->out);
}

void
html_putf(struct page *p, const char *markup, ...)
{
	va_list ap;

	va_start(ap, markup);
	vfprintf(p->out, markup, ap);
	va_end(ap);
}

/* Marks that stand above or below the letter before them (Unicode, combining blocks): a pile of them leaves its line. */
static bool
combining(const unsigned char *s)
{
	unsigned cp = *s >> 5 == 6 ? (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu)
		      : *s >> 4 == 14 ? (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu) : 0;

	return (cp >= 0x300 && cp <= 0x36f) || (cp >= 0x483 && cp <= 0x489) || (cp >= 0x1ab0 && cp <= 0x1aff) ||
	       (cp >= 0x1dc0 && cp <= 0x1dff) || (cp >= 0x20d0 && cp <= 0x20ff) || (cp >= 0xfe20 && cp <= 0xfe2f);
}

enum { PILE = 2 };	/* marks on one letter that languages need */

/* s is clean: valid UTF-8. */
static void
escape(FILE *out, const char *s, size_t most)
{
	size_t marks = 0;

	for (size_t n = 0; *s; n++) {
		size_t len = 1;

		if (n == most) {
			fputs("\xe2\x80\xa6", out);
			return;
		}
		while ((s[len] & 0xc0) == 0x80)
			len++;
		marks = len > 1 && combining((const unsigned char *)s) ? marks + 1 : 0;
		if (marks > PILE) {
			for (size_t i = 0; i < len; i++)
				fprintf(out, "\\x%02x", (unsigned char)s[i]);
		} else if (len > 1)
			fwrite(s, 1, len, out);
		else
			switch (*s) {
			case '&': fputs("&amp;", out); break;
			case '<': fputs("&lt;", out); break;
			case '>': fputs("&gt;", out); break;
			case '"': fputs("&quot;", out); break;
			case '\'': fputs("&#39;", out); break;
			default: putc(*s, out);
			}
		s += len;
	}
}

static void
clean_and_escape(struct page *p, const char *s, size_t most)
{
	char small[1024], *room = small;
	size_t need;

	if (!s)
		return;
	/* The longest replacement is four bytes for one. */
	need = 4 * strlen(s) + 1;
	if (need > sizeof small && !(room = malloc(need))) {
		p->failed = true;
		return;
	}
	escape(p->out, aud_text_clean(room, need, s), most);
	if (room != small)
		free(room);
}

void
html_text(struct page *p, const char *s)
{
	clean_and_escape(p, s, CUT_TEXT);
}

void
html_name(struct page *p, const char *s)
{
	if (!s)
		return;
	html_put(p, "<bdi>");
	clean_and_escape(p, s, CUT_NAME);
	html_put(p, "</bdi>");
}

static void vsay(struct page *, const char *sentence, va_list) AUD_PRINTF(2, 0);

static void
vsay(struct page *p, const char *sentence, va_list ap)
{
	char *s;

	if (vasprintf(&s, sentence, ap) < 0) {
		p->failed = true;
		return;
	}
	html_text(p, s);
	free(s);
}

void
html_say(struct page *p, const char *sentence, ...)
{
	va_list ap;

	va_start(ap, sentence);
	vsay(p, sentence, ap);
	va_end(ap);
}

static void
open_tag(struct page *p, const char *markup)
{
	html_putf(p, "<%s>", markup);
}

static void
close_tag(struct page *p, const char *markup)
{
	html_putf(p, "</%.*s>", (int)strcspn(markup, " "), markup);
}

void
html_in(struct page *p, const char *markup, const char *s)
{
	open_tag(p, markup);
	html_text(p, s);
	close_tag(p, markup);
}

void
html_name_in(struct page *p, const char *markup, const char *s)
{
	open_tag(p, markup);
	clean_and_escape(p, s, CUT_NAME);
	close_tag(p, markup);
}

void
html_said(struct page *p, const char *said, const char *english)
{
	char *text = p->l ? aud_said_in(p->l, said, english) : NULL;

	p->failed = p->failed || (p->l && !text);
	html_text(p, p->l ? text : english);
	free(text);
}

void
html_said_in(struct page *p, const char *markup, const char *said, const char *english)
{
	open_tag(p, markup);
	html_said(p, said, english);
	close_tag(p, markup);
}

void
html_made_in(struct page *p, const char *markup, const char *text)
{
	char made[1024];

	html_name_in(p, markup, text ? aud_tr_made(p->l, text, made, sizeof made) : NULL);
}

void
html_say_in(struct page *p, const char *markup, const char *sentence, ...)
{
	va_list ap;

	open_tag(p, markup);
	va_start(ap, sentence);
	vsay(p, sentence, ap);
	va_end(ap);
	close_tag(p, markup);
}

void
html_number(struct page *p, uint64_t n)
{
	html_putf(p, "<td class=\"n\" data-s=\"%" PRIu64 "\">%s</td>", n, human_number(p->l, n).s);
}

void
html_when(struct page *p, uint64_t ns)
{
	html_putf(p, "<td class=\"t\" data-s=\"%" PRIu64 "\">%s</td>", ns, ns ? human_time(p->l, ns).s : "\xe2\x80\x93");
}

void
html_item(struct page *p, const char *label, const char *sentence, ...)
{
	va_list ap;

	html_in(p, "dt", label);
	html_put(p, "<dd>");
	va_start(ap, sentence);
	vsay(p, sentence, ap);
	va_end(ap);
	html_put(p, "</dd>\n");
}

void
html_table(struct page *p, const char *classes, const char *caption, const char *const *columns, size_t n)
{
	/* A wide table scrolls in a frame of its own, which has to take the focus for that. */
	html_put(p, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"");
	html_text(p, caption);
	html_putf(p, "\">\n<table class=\"%s\">", classes);
	html_in(p, "caption", caption);
	html_put(p, "<thead><tr>");
	for (size_t i = 0; i < n; i++)
		if (*columns[i] == '#')
			html_in(p, "th scope=\"col\" class=\"n\"", _(p->l, columns[i]) + 1);
		else
			html_in(p, "th scope=\"col\"", _(p->l, columns[i]));
	html_put(p, "</tr></thead>\n<tbody>\n");
}

void
html_table_end(struct page *p)
{
	html_put(p, "</tbody></table></div>\n");
}

void
html_filter(struct page *p, const char *id)
{
	html_putf(p, "<div class=\"tools\" hidden><label for=\"%s-filter\">", id);
	html_text(p, _(p->l, "Show only what contains"));
	html_putf(p, "</label> <input type=\"search\" id=\"%s-filter\" data-filter=\"%s\" autocomplete=\"off\" spellcheck=\"false\"> ", id, id);
	html_put(p, "<output data-words=\"");
	html_text(p, _(p->l, "%1 of %2 shown"));
	html_putf(p, "\" for=\"%s-filter\"></output></div>\n", id);
}
