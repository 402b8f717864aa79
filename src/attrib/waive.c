/*
 * One more waiver in the text of a site file. The file is a person's: not a byte of it changes but where the waiver goes. Where that
 * is follows from the places that the YAML tree remembers; what comes out is loaded again and held against what was there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

struct edit {
	const struct aud_site *site;
	const struct aud_yaml *root, *list;	/* list: waivers; NULL: there are none */
	const char *text, *end, *newline;
	const struct aud_waiver_words *words;
};

/* The beginning of a line, from 1; the end of the text where there are fewer. */
static const char *
line_at(const struct edit *e, unsigned line)
{
	const char *p = e->text;

	while (--line && p < e->end) {
		const char *nl = memchr(p, '\n', (size_t)(e->end - p));

		p = nl ? nl + 1 : e->end;
	}
	return p;
}

static const char *
line_end(const struct edit *e, const char *p)
{
	const char *nl = memchr(p, '\n', (size_t)(e->end - p));

	return nl ? nl + 1 : e->end;
}

/* A column counts characters, from 1. */
static const char *
place(const struct edit *e, const struct aud_yaml *at)
{
	const char *p = line_at(e, at->line);

	for (unsigned column = at->column; p < e->end && column > 1; column--)
		do
			p++;
		while (p < e->end && (*p & 0xc0) == 0x80);
	return p;
}

/* A double-quoted scalar: YAML 1.2, 7.3.1. What it may not hold (controls, broken UTF-8) the loader refuses. */
static void
quoted(FILE *w, const char *s)
{
	putc('"', w);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', w);
		if (*s == '\n')
			fputs("\\n", w);
		else
			putc(*s, w);
	}
	putc('"', w);
}

/* Plain where that is surely the same scalar. */
static void
scalar(FILE *w, const char *s)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./-";

	if (*s && *s != '-' && s[strspn(s, safe)] == '\0')
		fputs(s, w);
	else
		quoted(w, s);
}

/* between: what stands between two of its keys. */
static void
entry(FILE *w, const struct aud_waiver_words *v, const char *between)
{
	const struct {
		const char *key, *value;
		bool prose;
	} pairs[] = {{"finding", v->finding, true}, {"kind", v->kind, false}, {"client", v->client, false}, {"server", v->server, false},
	    {"port", v->port, false}, {"transport", v->transport, false}, {"app", v->app, true}, {"reason", v->reason, true},
	    {"owner", v->owner, true}, {"expires", v->expires, false}};
	const char *before = "";

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		if (!pairs[i].value)
			continue;
		fprintf(w, "%s%s: ", before, pairs[i].key);
		(pairs[i].prose ? quoted : scalar)(w, pairs[i].value);
		before = between;
	}
}

/* "<indent>- key: value", further keys below the first. */
static void
block(FILE *w, const struct edit *e, const char *indent, size_t n)
{
	char *between;

	if (asprintf(&between, "%s%.*s  ", e->newline, (int)n, indent) < 0)
		return;
	fprintf(w, "%.*s- ", (int)n, indent);
	entry(w, e->words, between);
	fputs(e->newline, w);
	free(between);
}

static void
copy(FILE *w, const char *from, const char *to)
{
	fwrite(from, 1, (size_t)(to - from), w);
}

/* Up to p, which begins a line: a last line without an end gets one. */
static void
copy_lines(FILE *w, const struct edit *e, const char *p)
{
	copy(w, e->text, p);
	if (p > e->text && p[-1] != '\n')
		fputs(e->newline, w);
}

/* The bracket that closes the one at p; NULL: not found. */
static const char *
closing(const struct edit *e, const char *p)
{
	int depth = 0;
	char quote = 0;

	for (; p < e->end; p++) {
		if (quote) {
			/* Escaped in double quotes; in single ones it stands twice. */
			if ((*p == '\\' && quote == '"') || (*p == '\'' && quote == '\'' && p + 1 < e->end && p[1] == '\''))
				p++;
			else if (*p == quote)
				quote = 0;
		} else if ((*p == '"' || *p == '\'') && strchr(" \t\n\r[{,:", p[-1]))
			quote = *p;
		else if (*p == '#' && strchr(" \t\n\r", p[-1]))
			p = line_end(e, p) - 1;
		else if (*p == '[' || *p == '{')
			depth++;
		else if ((*p == ']' || *p == '}') && !--depth)
			return p;
	}
	return NULL;
}

/* "waivers: [...]": an empty one becomes a block, another one gets one more item. */
static bool
into_flow(FILE *w, const struct edit *e, const char *open)
{
	const char *close = closing(e, open), *rest;

	if (!close)
		return false;
	if (e->list->n) {
		const char *last = close;

		while (last > open && strchr(" \t\r\n,", last[-1]))
			last--;
		copy(w, e->text, last);
		fputs(", {", w);
		entry(w, e->words, ", ");
		putc('}', w);
		copy(w, last + (*last == ','), e->end);
		return true;
	}
	rest = line_end(e, close);
	while (open > e->text && open[-1] == ' ')
		open--;
	copy(w, e->text, open);
	copy(w, close + 1, rest);
	if (rest[-1] != '\n')
		fputs(e->newline, w);
	block(w, e, "                                ", e->root->column + 1 < 32 ? e->root->column + 1 : 32);
	copy(w, rest, e->end);
	return true;
}

static bool
says_nothing(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p == end || *p == '\n' || *p == '#';
}

/* Where the next key of the file stands, or the end of the document. */
static const char *
list_limit(const struct edit *e)
{
	unsigned next = 0;
	const char *p;

	for (size_t i = 0; i < e->root->n; i++)
		if (e->root->keys[i].line > e->list->line && (!next || e->root->keys[i].line < next))
			next = e->root->keys[i].line;
	if (next)
		return line_at(e, next);
	for (p = line_at(e, e->list->line); p < e->end; p = line_end(e, p))
		if (e->end - p >= 3 && !strncmp(p, "...", 3))
			break;
	return p;
}

/*
 * Behind the last item of a block. Blank lines and comments before the next key are that key's, so the waiver goes before them;
 * unless they are part of a text (attempt 1).
 */
static void
into_block(FILE *w, const struct edit *e, int attempt)
{
	const char *first = line_at(e, e->list->items[0].line), *at = list_limit(e);
	size_t indent = strspn(first, " ");

	while (!attempt && at > first) {
		const char *before = at - 1;

		while (before > first && before[-1] != '\n')
			before--;
		if (!says_nothing(before, at))
			break;
		at = before;
	}
	copy_lines(w, e, at);
	block(w, e, first, indent);
	copy(w, at, e->end);
}

/* No waivers yet: at the end of the file. */
static void
at_end(FILE *w, const struct edit *e)
{
	int indent = (int)e->root->column - 1;

	copy_lines(w, e, e->end);
	fprintf(w, "%*swaivers:%s", indent, "", e->newline);
	block(w, e, "                                ", (size_t)(indent < 30 ? indent : 30) + 2);
}

static enum aud_code
write_text(char **out, size_t *len, const struct edit *e, int attempt, struct aud_err *err)
{
	FILE *w = open_memstream(out, len);
	bool ok = true;

	if (!w)
		return aud_nomem(err);
	if (!e->list)
		at_end(w, e);
	else if (*place(e, e->list) == '[')
		ok = into_flow(w, e, place(e, e->list));
	else
		into_block(w, e, attempt);
	if (fclose(w)) {
		free(*out);
		*out = NULL;
		return aud_nomem(err);
	}
	return ok ? AUD_OK : AUD_RULES;
}

static bool
same_text(const char *a, const char *b)
{
	return (!a && !b) || (a && b && !strcmp(a, b));
}

static bool
same_waiver(const struct aud_waiver *a, const struct aud_waiver *b)
{
	return same_text(a->finding, b->finding) && same_text(a->kind, b->kind) && same_text(a->app, b->app) &&
	       same_text(a->reason, b->reason) && same_text(a->owner, b->owner) && same_text(a->expires, b->expires) &&
	       a->port == b->port && a->proto == b->proto && !aud_addr_cmp(&a->client_lo, &b->client_lo) &&
	       !aud_addr_cmp(&a->client_hi, &b->client_hi) && !aud_addr_cmp(&a->server_lo, &b->server_lo) &&
	       !aud_addr_cmp(&a->server_hi, &b->server_hi);
}

static bool
same_tree(const struct aud_yaml *a, const struct aud_yaml *b)
{
	if (a->kind != b->kind || a->n != b->n || (a->kind == AUD_YAML_SCALAR && (a->quoted != b->quoted || strcmp(a->text, b->text))))
		return false;
	for (size_t i = 0; i < a->n; i++)
		if ((a->kind == AUD_YAML_MAP && strcmp(a->keys[i].text, b->keys[i].text)) || !same_tree(&a->items[i], &b->items[i]))
			return false;
	return true;
}

/* All keys but waivers are word for word what they were, and of the waivers only the last is new and says what it should. */
static bool
faithful(const struct edit *e, const struct aud_site *made)
{
	const struct aud_waiver *last = made->nwaivers ? &made->waivers[made->nwaivers - 1] : NULL;

	if (made->nwaivers != e->site->nwaivers + 1 || !same_text(last->reason, e->words->reason) || !same_text(last->owner, e->words->owner) ||
	    !same_text(last->finding, e->words->finding))
		return false;
	for (size_t i = 0; i < e->site->nwaivers; i++)
		if (!same_waiver(&e->site->waivers[i], &made->waivers[i]))
			return false;
	for (size_t i = 0; i < e->root->n; i++) {
		const struct aud_yaml *other = aud_yaml_get(made->priv, e->root->keys[i].text);

		if (strcmp(e->root->keys[i].text, "waivers") != 0 && (!other || !same_tree(&e->root->items[i], other)))
			return false;
	}
	return true;
}

static enum aud_code
attempt(char **out, struct aud_site **made, const struct edit *e, int n, struct aud_err *err)
{
	size_t len;
	enum aud_code code = write_text(out, &len, e, n, err);

	*made = NULL;
	if (!code)
		code = aud_site_parse(made, e->site->path, *out, len, err);
	if (!code && !faithful(e, *made))
		code = AUD_RULES;
	if (code) {
		aud_site_free(*made);
		free(*out);
		*made = NULL;
		*out = NULL;
	}
	return code;
}

enum aud_code
aud_site_waive(char **out, struct aud_site **waived, const struct aud_site *site, const struct aud_waiver_words *words, struct aud_err *err)
{
	struct edit e = {.site = site, .root = site->priv, .words = words, .text = site->text};
	struct aud_err first = {0}, second = {0};
	const char *nl;
	enum aud_code code;

	*out = NULL;
	*waived = NULL;
	if (!e.root || !e.text)
		return aud_fail(err, AUD_RULES, 0, "the text of the site file is not known");
	e.end = e.text + strlen(e.text);
	nl = strchr(e.text, '\n');
	e.newline = nl && nl > e.text && nl[-1] == '\r' ? "\r\n" : "\n";
	e.list = aud_yaml_get(e.root, "waivers");
	code = *place(&e, e.root) == '{' ? AUD_RULES : attempt(out, waived, &e, 0, &first);
	if (code == AUD_RULES && e.list && e.list->n)
		code = attempt(out, waived, &e, 1, &second);
	if (code == AUD_NOMEM)
		return aud_nomem(err);
	if (!code)
		return AUD_OK;
	if (first.msg[0])
		return aud_fail(err, code, 0, "with this waiver the site file would be wrong: %s", first.msg);
	return aud_fail(err, code, 0, "%s: no safe place for a waiver in this layout: write it there by hand (finding or terms, reason, owner, "
	    "expires)", site->path);
}
