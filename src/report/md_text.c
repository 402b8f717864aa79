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
md_number_cell(FILE *out, const struct aud_lang *l, uint64_t n)
{
	fprintf(out, " %s |", human_number(l, n).s);
}

void
md_table(FILE *out, const char *columns)
{
	char copy[512], *rest = copy;

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

/* All that md_words() is given, so that the catalogues have them. */
const char *const md_names[] = {
    /* coverage */
    N_("First"), N_("Last"), N_("Filter"), N_("Frames"), N_("Packets"), N_("Bytes"), N_("Flows"), N_("Conversations"), N_("One way"), N_("Two way"),
    N_("Tcp data"), N_("Acked unseen"), N_("Kernel drops"), N_("Duplicates"), N_("Truncated frames"), N_("Undecoded"), N_("Non ip"), N_("Fragments"),
    N_("Orphan fragments"), N_("Evicted flows"), N_("Dropped flows"), N_("Tunneled"), N_("Out of scope flows"), N_("Out of scope packets"),
    N_("Out of scope bytes"), N_("Broken"), N_("Interrupted"), N_("Unknown hosts count"), N_("Unseen hosts count"),
    /* totals */
    N_("Critical"), N_("High"), N_("Medium"), N_("Low"), N_("Info"), N_("Observed"), N_("Attempted"), N_("Missing"), N_("Not-observed"),
    N_("Inconclusive"), N_("Not-applicable"), N_("Blank"), N_("Statement"), N_("Documented"), N_("Documented weaker"), N_("Undocumented"),
    N_("Unknown host"), N_("Out of scope"), N_("Noise"),
    /* IPsec */
    N_("Ipsec"), N_("Contradicts site"), N_("Evicted associations"), N_("Evicted negotiations"), N_("Roles"), N_("Associations"), N_("Negotiations"),
    N_("Role"), N_("On media"), N_("Reason"), N_("Clear flows"), N_("Esp"), N_("Ah"), N_("Wesp"), N_("Esp in udp"), N_("Esp in tcp"), N_("Ike"),
    N_("Keepalives"), N_("Malformed"), N_("Not esp"), N_("Source"), N_("Destination"), N_("Spi"), N_("Encapsulation"), N_("Source port"),
    N_("Destination port"), N_("Sure"), N_("Payload"), N_("Mode"), N_("Lost"), N_("Gaps"), N_("Late"), N_("Restarts"), N_("Tested"), N_("Opaque"),
    N_("Read"), N_("Pace ms"), N_("Pace seconds"), N_("Inner source"), N_("Inner destination"), N_("Inner transport"), N_("Inner source port"),
    N_("Inner destination port"), N_("Inner packets"), N_("Inner more"), N_("Evidence input"), N_("Evidence frame"), N_("Initiator"),
    N_("Responder"), N_("Initiator spi"), N_("Responder spi"), N_("Protocol"), N_("Sides known"), N_("Nat traversal"), N_("Exchanges type"),
    N_("Exchanges name"), N_("Exchanges messages initiator"), N_("Exchanges messages responder"), N_("Exchanges first"), N_("Vendors"),
    N_("Messages initiator"), N_("Messages responder"), N_("Retransmissions"), N_("Answer after ns"),
    /* since */
    N_("Since"), N_("Before"), N_("After"), N_("Totals"), N_("Findings"), N_("Rows"), N_("Remarks"), N_("Version"), N_("Matrix sha256"), N_("Site"),
    N_("Site sha256"), N_("Watched ns"), N_("New"), N_("Changed"), N_("Not-seen"), N_("Superseded"), N_("Resolved"), N_("Unchanged"), N_("Change"),
    N_("Id"), N_("Kind"), N_("Title"), N_("Client"), N_("Server"), N_("Transport"), N_("Port"), N_("App"), N_("Before severity"),
    N_("Before certainty"), N_("Before waived"), N_("Before reason"), N_("Before flows"), N_("After severity"), N_("After certainty"),
    N_("After waived"), N_("After reason"), N_("After flows"), N_("Document"), N_("Table"), N_("Row"), N_("State"),
    NULL,
};

void
md_words(FILE *out, const struct aud_lang *l, const char *name, size_t n)
{
	char words[SHEET_PATH];

	snprintf(words, sizeof words, "%.*s", (int)n, name);
	for (char *c = words; *c; c++)
		*c = *c == '_' || *c == '.' ? ' ' : *c;
	*words = (char)toupper((unsigned char)*words);
	fputs(_(l, words), out);
}

static bool
ends(const char *path, const char *name)
{
	size_t n = strlen(path), m = strlen(name);

	return n >= m && !strcmp(path + n - m, name) && (n == m || path[n - m - 1] == '.');
}

/* The text of a field that takes one of our words. */
static const char *
vocabulary(const struct aud_lang *l, const char *path, const char *text)
{
	static const char *const plain[] = {"state", "severity", "certainty", "change", "on_media", "before", "after"}, *const ipsec[] = {"payload", "mode", "encapsulation"};
	char marked[64];

	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (ends(path, plain[i]))
			return _(l, text);
	for (size_t i = 0; i < sizeof ipsec / sizeof *ipsec; i++)
		if (l && ends(path, ipsec[i])) {
			const char *told;

			snprintf(marked, sizeof marked, "ipsec\004%s", text);
			told = _(l, marked);
			return told >= marked && told < marked + sizeof marked ? text : told;
		}
	return text;
}

void
md_put_value(FILE *out, const struct aud_lang *l, const struct sheet *s, const struct sheet_entry *e)
{
	switch (e->kind) {
	case VALUE_NULL: fputs(_(l, "not told"), out); break;
	case VALUE_BOOL: fputs(e->n ? _(l, "yes") : _(l, "no"), out); break;
	case VALUE_NUMBER: fputs(human_number(l, e->n).s, out); break;
	case VALUE_TEXT: md_put(out, vocabulary(l, e->path, sheet_entry_text(s, e))); break;
	case VALUE_TIME: fprintf(out, "%s UTC", human_time(l, e->n).s); break;
	}
}

bool
md_below(const char *path, const char *top, size_t n)
{
	return !strncmp(path, top, n) && (path[n] == '.' || !path[n]);
}
