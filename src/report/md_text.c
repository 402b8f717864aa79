#include <ctype.h>
#include <string.h>

#include "layout.h"
#include "md.h"

/* Where an autolink or a mention would begin (GFM 6.9), a comment that says nothing parts the text. */
static bool
parts(const char *s, size_t i)
{
	return s[i] == '@' || (s[i] == ':' && s[i + 1] == '/') || (s[i] == '.' && i >= 3 && !strncasecmp(s + i - 3, "www", 3));
}

/* Every ASCII punctuation mark may be escaped by a backslash (CommonMark 2.4); these can mean something inside a line. */
void
md_put(FILE *out, const char *s)
{
	for (size_t i = 0; s[i]; i++) {
		if (parts(s, i))
			fputs("<!-- -->", out);
		if (strchr("\\`*_{}[]<>&|~$#!", s[i]) || (i == 0 && strchr("-+=.)", s[i])))
			putc('\\', out);
		/* GitHub's emoji, :name: */
		if (s[i] == ':' && isalnum((unsigned char)s[i + 1]))
			putc('\\', out);
		putc(s[i], out);
	}
}

/*
 * A label goes before a text, so that none stands at the start of a line, where it could be a list or a heading, and where the comment
 * of md_put() would begin a block of HTML.
 */
void
md_label(FILE *out, const char *name)
{
	fprintf(out, "- **%s:** ", name);
}

void
md_item(FILE *out, const char *name, const char *text)
{
	if (!*text)
		return;
	md_label(out, name);
	md_put(out, text);
	putc('\n', out);
}

void
md_cell(FILE *out, const char *text)
{
	fputs(" ", out);
	md_put(out, text);
	fputs(" |", out);
}

void
md_number_cell(FILE *out, uint64_t n)
{
	fprintf(out, " %s |", human_number(n).s);
}

void
md_table(FILE *out, const char *columns)
{
	char copy[256], *rest = copy;

	snprintf(copy, sizeof copy, "%s", columns);
	fputs("\n|", out);
	for (const char *c; (c = strsep(&rest, "|"));)
		fprintf(out, " %s |", *c == '#' ? c + 1 : c);
	fputs("\n|", out);
	snprintf(copy, sizeof copy, "%s", columns);
	rest = copy;
	for (const char *c; (c = strsep(&rest, "|"));)
		fputs(*c == '#' ? " ---: |" : " --- |", out);
	putc('\n', out);
}

void
md_list_item(FILE *out, const struct sheet *s, const char *name, const char *path)
{
	const struct sheet_entry *e;
	size_t from = 0;
	bool begun = false;

	while ((e = sheet_next(s, path, &from))) {
		if (!begun)
			md_label(out, name);
		else
			fputs(", ", out);
		begun = true;
		md_put(out, sheet_entry_text(s, e));
	}
	if (begun)
		putc('\n', out);
}

void
md_words(FILE *out, const char *name)
{
	for (size_t i = 0; name[i]; i++)
		if (name[i] == '_' || name[i] == '.')
			putc(' ', out);
		else
			putc(i ? name[i] : toupper((unsigned char)name[i]), out);
}

void
md_put_value(FILE *out, const struct sheet *s, const struct sheet_entry *e)
{
	switch (e->kind) {
	case VALUE_NULL: fputs("not told", out); break;
	case VALUE_BOOL: fputs(e->n ? "yes" : "no", out); break;
	case VALUE_NUMBER: fputs(human_number(e->n).s, out); break;
	case VALUE_TEXT: md_put(out, sheet_entry_text(s, e)); break;
	case VALUE_TIME: fprintf(out, "%s UTC", human_time(e->n).s); break;
	}
}

bool
md_below(const char *path, const char *top, size_t n)
{
	return !strncmp(path, top, n) && (path[n] == '.' || !path[n]);
}
