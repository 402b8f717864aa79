#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libyaml.h" /* not <yaml.h>, which would find our own */

#include "view.h"
#include "yaml.h"

enum { DEPTH_MAX = 32, WORD_MAX = 64, PATH_SHOWN = 100 };

/* The root and what all nodes share. */
struct tree {
	struct aud_yaml root;	/* first, so that the root leads back here */
	char *file;
};

struct reader {
	yaml_parser_t parser;
	const char *file, *text;
	size_t len;
	struct aud_err *err;
};

/* Control characters, broken UTF-8 and a sequence that was cut at the end become '?': a message is one clean line. */
static void
clean(char *s)
{
	unsigned char *p = (unsigned char *)s;

	while (*p) {
		unsigned more = *p >= 0xf0 && *p < 0xf5 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc2 ? 1 : 0;
		bool bad = *p < 0x20 || *p == 0x7f || (*p >= 0x80 && *p < 0xc2) || *p >= 0xf5 || (*p == 0xc2 && p[1] < 0xa0);

		for (unsigned i = 1; !bad && i <= more; i++)
			bad = (p[i] & 0xc0) != 0x80;
		if (bad)
			*p++ = '?';
		else
			p += more + 1;
	}
}

static enum aud_code AUD_PRINTF(5, 0)
fail_at(struct aud_err *err, const char *file, size_t line, size_t column, const char *fmt, va_list ap)
{
	char msg[sizeof err->msg];
	size_t n = strlen(file);
	int used;

	/* Of a long path the end tells more, and the reason must fit behind it. */
	if (n > PATH_SHOWN)
		used = snprintf(msg, sizeof msg, "...%s:%zu:%zu: ", file + n - PATH_SHOWN, line, column);
	else
		used = snprintf(msg, sizeof msg, "%s:%zu:%zu: ", file, line, column);
	if (used >= 0 && (size_t)used < sizeof msg)
		vsnprintf(msg + used, sizeof msg - (size_t)used, fmt, ap);
	clean(msg);
	return aud_fail(err, AUD_RULES, 0, "%s", msg);
}

enum aud_code
aud_yaml_fail(struct aud_err *err, const struct aud_yaml *at, const char *fmt, ...)
{
	enum aud_code code;
	va_list ap;

	va_start(ap, fmt);
	code = fail_at(err, at->file, at->line, at->column, fmt, ap);
	va_end(ap);
	return code;
}

static enum aud_code AUD_PRINTF(3, 4)
fail_mark(struct reader *r, yaml_mark_t mark, const char *fmt, ...)
{
	enum aud_code code;
	va_list ap;

	va_start(ap, fmt);
	code = fail_at(r->err, r->file, mark.line + 1, mark.column + 1, fmt, ap);
	va_end(ap);
	return code;
}

/* The text at a mark; libyaml counts lines from 0 and characters, not bytes, in a line. */
static struct aud_view
at_mark(const struct reader *r, yaml_mark_t mark)
{
	struct aud_view v = view_of(r->text, r->len);

	for (size_t line = 0; line < mark.line && v.p < v.end;)
		if (*v.p++ == '\n')
			line++;
	for (size_t column = 0; column < mark.column && v.p < v.end && *v.p != '\n'; column++)
		do
			v.p++;
		while (v.p < v.end && (*v.p & 0xc0) == 0x80);
	return v;
}

/* libyaml tells where bytes are no UTF-8 by their offset only. */
static enum aud_code
fail_bytes(struct reader *r)
{
	yaml_mark_t mark = {0};
	size_t at = r->parser.problem_offset;

	for (size_t i = 0; i < at && i < r->len; i++)
		if (r->text[i] == '\n') {
			mark.line++;
			mark.column = 0;
		} else if (((unsigned char)r->text[i] & 0xc0) != 0x80)
			mark.column++;
	if (at < r->len && (unsigned char)r->text[at] < 0x80)
		return fail_mark(r, mark, "the control character 0x%02x cannot stand in YAML: delete it", (unsigned char)r->text[at]);
	return fail_mark(r, mark, "this is not UTF-8 (byte 0x%02x): save the file as UTF-8",
	    at < r->len ? (unsigned char)r->text[at] : 0);
}

static enum aud_code
fail_syntax(struct reader *r)
{
	yaml_parser_t *p = &r->parser;
	struct aud_view v;
	int n = 0;

	if (p->error == YAML_MEMORY_ERROR)
		return aud_nomem(r->err);
	if (p->error == YAML_READER_ERROR)
		return fail_bytes(r);
	v = at_mark(r, p->problem_mark);
	if (v.p < v.end && *v.p == '\t')
		return fail_mark(r, p->problem_mark, "a tab: YAML indents with spaces only");
	if (view_left(&v) > 1 && v.p[0] == ':' && v.p[1] == ':')
		return fail_mark(r, p->problem_mark, "text that begins with ':' must stand in quotes ('::1')");
	while (n < 24 && v.p + n < v.end && v.p[n] != '\n' && v.p[n] != '\r')
		n++;
	if (view_left(&v) > 1 && v.p[0] == ':' && v.p[1] == ' ' && !strncmp(p->problem, "mapping values", 14))
		return fail_mark(r, p->problem_mark, "not valid YAML near '%.*s': %s: a text that holds ': ' must stand in quotes", n,
		    (const char *)v.p, p->problem);
	if (p->context)
		return fail_mark(r, p->problem_mark, "not valid YAML near '%.*s': %s (%s in line %zu)", n, (const char *)v.p,
		    p->problem, p->context, p->context_mark.line + 1);
	return fail_mark(r, p->problem_mark, "not valid YAML near '%.*s': %s", n, (const char *)v.p, p->problem);
}

static void
node_clear(struct aud_yaml *y)
{
	for (size_t i = 0; i < y->n; i++) {
		if (y->keys)
			node_clear(&y->keys[i]);
		node_clear(&y->items[i]);
	}
	free(y->items);
	free(y->keys);
	free((char *)(uintptr_t)y->text);
}

void
aud_yaml_free(struct aud_yaml *root)
{
	struct tree *t = (struct tree *)root;

	if (!t)
		return;
	node_clear(&t->root);
	free(t->file);
	free(t);
}

static enum aud_code
next(struct reader *r, yaml_event_t *ev)
{
	return yaml_parser_parse(&r->parser, ev) ? AUD_OK : fail_syntax(r);
}

/* Room for one more child, zeroed, so that a tree cut off by a failure can be freed. */
static enum aud_code
grow(struct reader *r, struct aud_yaml *y, bool map)
{
	if ((y->n & (y->n - 1)) == 0) {
		size_t room = y->n ? y->n * 2 : 1;
		struct aud_yaml *p = reallocarray(y->items, room, sizeof *p);

		if (!p)
			return aud_nomem(r->err);
		y->items = p;
		if (map) {
			p = reallocarray(y->keys, room, sizeof *p);
			if (!p)
				return aud_nomem(r->err);
			y->keys = p;
		}
	}
	memset(&y->items[y->n], 0, sizeof *y->items);
	if (map)
		memset(&y->keys[y->n], 0, sizeof *y->keys);
	y->n++;
	return AUD_OK;
}

static enum aud_code
read_scalar(struct reader *r, const yaml_event_t *ev, struct aud_yaml *y)
{
	const char *text = (const char *)ev->data.scalar.value;
	size_t len = ev->data.scalar.length;

	if (memchr(text, 0, len))
		return fail_mark(r, ev->start_mark, "a NUL character in the text '%.40s': delete it", text);
	y->kind = AUD_YAML_SCALAR;
	y->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	y->text = strndup(text, len);
	return y->text ? AUD_OK : aud_nomem(r->err);
}

static int
key_order(const void *a, const void *b)
{
	const struct aud_yaml *const *x = a, *const *y = b;
	int c = strcmp((*x)->text, (*y)->text);

	return c ? c : *x < *y ? -1 : *x > *y;
}

/* Sorted, so that a hostile map of a million keys costs no quadratic time. */
static enum aud_code
check_twice(struct reader *r, const struct aud_yaml *map)
{
	const struct aud_yaml **keys, *second = NULL, *first = NULL;

	if (map->n < 2)
		return AUD_OK;
	keys = reallocarray(NULL, map->n, sizeof *keys);
	if (!keys)
		return aud_nomem(r->err);
	for (size_t i = 0; i < map->n; i++)
		keys[i] = &map->keys[i];
	qsort(keys, map->n, sizeof *keys, key_order);
	for (size_t i = 1; i < map->n; i++)
		if (!strcmp(keys[i - 1]->text, keys[i]->text) && (!second || keys[i] < second)) {
			first = keys[i - 1];
			second = keys[i];
		}
	free(keys);
	if (!second)
		return AUD_OK;
	return aud_yaml_fail(r->err, second, "the key '%.40s' is there twice, first in line %u: keep one", second->text, first->line);
}

static enum aud_code read_node(struct reader *r, const yaml_event_t *ev, struct aud_yaml *y, unsigned depth);

/* A list or a map, up to its end. */
static enum aud_code
read_children(struct reader *r, struct aud_yaml *y, unsigned depth)
{
	bool map = y->kind == AUD_YAML_MAP;

	for (;;) {
		yaml_event_t ev;
		enum aud_code code = next(r, &ev);

		if (code)
			return code;
		if (ev.type == YAML_MAPPING_END_EVENT || ev.type == YAML_SEQUENCE_END_EVENT) {
			yaml_event_delete(&ev);
			return map ? check_twice(r, y) : AUD_OK;
		}
		code = grow(r, y, map);
		if (!code && map) {
			struct aud_yaml *key = &y->keys[y->n - 1];

			code = read_node(r, &ev, key, depth + 1);
			if (!code && key->kind != AUD_YAML_SCALAR)
				code = aud_yaml_fail(r->err, key, "a key must be a word, not a list or a map");
			yaml_event_delete(&ev);
			if (code)
				return code;
			code = next(r, &ev);
			if (code)
				return code;
		}
		if (!code)
			code = read_node(r, &ev, &y->items[y->n - 1], depth + 1);
		yaml_event_delete(&ev);
		if (code)
			return code;
	}
}

static enum aud_code
refuse_extras(struct reader *r, yaml_mark_t at, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return fail_mark(r, at, "the anchor '&%.40s': anchors and aliases are not read; quote the text if it begins with '&'",
		    (const char *)anchor);
	if (tag)
		return fail_mark(r, at, "the tag '%.40s': tags are not read; quote the text if it begins with '!'", (const char *)tag);
	return AUD_OK;
}

static enum aud_code
read_node(struct reader *r, const yaml_event_t *ev, struct aud_yaml *y, unsigned depth)
{
	enum aud_code code;

	y->file = r->file;
	y->line = (unsigned)ev->start_mark.line + 1;
	y->column = (unsigned)ev->start_mark.column + 1;
	if (depth > DEPTH_MAX)
		return aud_yaml_fail(r->err, y, "nested over %d levels deep", DEPTH_MAX);
	if (ev->type == YAML_ALIAS_EVENT)
		return aud_yaml_fail(r->err, y, "the alias '*%.40s': aliases are not read; quote the text if it begins with '*'",
		    (const char *)ev->data.alias.anchor);
	if (ev->type == YAML_SCALAR_EVENT) {
		code = refuse_extras(r, ev->start_mark, ev->data.scalar.anchor, ev->data.scalar.tag);
		return code ? code : read_scalar(r, ev, y);
	}
	if (ev->type == YAML_MAPPING_START_EVENT) {
		y->kind = AUD_YAML_MAP;
		code = refuse_extras(r, ev->start_mark, ev->data.mapping_start.anchor, ev->data.mapping_start.tag);
	} else {
		y->kind = AUD_YAML_LIST;
		code = refuse_extras(r, ev->start_mark, ev->data.sequence_start.anchor, ev->data.sequence_start.tag);
	}
	return code ? code : read_children(r, y, depth);
}

/* Start of the stream, one document, end of the stream. */
static enum aud_code
read_stream(struct reader *r, struct aud_yaml *root)
{
	bool seen = false;

	for (;;) {
		yaml_event_t ev;
		enum aud_code code = next(r, &ev);
		bool end;

		if (code)
			return code;
		end = ev.type == YAML_STREAM_END_EVENT;
		if (end && !seen)
			code = fail_mark(r, ev.start_mark, "the file is empty");
		else if (ev.type == YAML_DOCUMENT_START_EVENT && seen)
			code = fail_mark(r, ev.start_mark, "a second YAML document begins here: one is read");
		else if (ev.type == YAML_DOCUMENT_START_EVENT)
			seen = true;
		else if (ev.type != YAML_STREAM_START_EVENT && ev.type != YAML_DOCUMENT_END_EVENT && !end)
			code = read_node(r, &ev, root, 1);
		yaml_event_delete(&ev);
		if (code || end)
			return code;
	}
}

enum aud_code
aud_yaml_parse(struct aud_yaml **out, const char *file, const char *text, size_t len, struct aud_err *err)
{
	struct reader r = {.text = text, .len = len, .err = err};
	struct tree *t = calloc(1, sizeof *t);
	enum aud_code code;

	*out = NULL;
	if (!t || !(t->file = strdup(file)) || !yaml_parser_initialize(&r.parser)) {
		if (t)
			free(t->file);
		free(t);
		return aud_nomem(err);
	}
	r.file = t->file;
	/* The byte order mark of UTF-8 is no column of the first line. */
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		r.text += 3;
		r.len -= 3;
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)r.text, r.len);
	code = read_stream(&r, &t->root);
	yaml_parser_delete(&r.parser);
	if (code) {
		aud_yaml_free(&t->root);
		return code;
	}
	*out = &t->root;
	return AUD_OK;
}

const struct aud_yaml *
aud_yaml_get(const struct aud_yaml *map, const char *key)
{
	if (map->kind != AUD_YAML_MAP)
		return NULL;
	for (size_t i = 0; i < map->n; i++)
		if (!strcmp(map->keys[i].text, key))
			return &map->items[i];
	return NULL;
}

enum aud_code
aud_yaml_keys(const struct aud_yaml *map, const char *const *names, size_t n, struct aud_err *err)
{
	for (size_t i = 0; i < map->n; i++) {
		const char *near, *word = map->keys[i].text;
		size_t k = 0;

		while (k < n && strcmp(names[k], word) != 0)
			k++;
		if (k < n)
			continue;
		for (k = 0; k < n; k++)
			if (!strncmp(word, names[k], strlen(names[k])) && word[strlen(names[k])] == ' ')
				return aud_yaml_fail(err, &map->keys[i], "unknown key '%.40s': is a ':' missing after '%s'?", word,
				    names[k]);
		near = aud_nearest(word, names, n);
		if (near)
			return aud_yaml_fail(err, &map->keys[i], "unknown key '%.40s': did you mean '%s'?", word, near);
		return aud_yaml_fail(err, &map->keys[i], "unknown key '%.40s'", word);
	}
	return AUD_OK;
}

enum aud_code
aud_yaml_want(const struct aud_yaml *node, enum aud_yaml_kind kind, const char *what, struct aud_err *err)
{
	static const char *const names[] = {
	    [AUD_YAML_SCALAR] = "a single value", [AUD_YAML_LIST] = "a list", [AUD_YAML_MAP] = "a map (key: value)"};

	if (node->kind == kind)
		return AUD_OK;
	if (node->kind == AUD_YAML_SCALAR && *node->text)
		return aud_yaml_fail(err, node, "%s must be %s, not '%.40s'", what, names[kind], node->text);
	return aud_yaml_fail(err, node, "%s must be %s, not %s", what, names[kind],
	    node->kind == AUD_YAML_SCALAR ? "empty" : names[node->kind]);
}

/* Edits between two words: insertions, deletions, replacements and exchanges of neighbours (optimal string alignment). */
static size_t
distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t rows[3][WORD_MAX + 1], *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= nb; j++)
		last[j] = before[j] = j;
	for (size_t i = 1; i <= na; i++) {
		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t best = last[j - 1] + (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]));

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
		size_t *oldest = before;

		before = last;
		last = row;
		row = oldest;
	}
	return last[nb];
}

const char *
aud_nearest(const char *word, const char *const *names, size_t n)
{
	/* More edits than a third of the letters would make a name of anything. */
	size_t len = strnlen(word, WORD_MAX + 1), best = len / 3 + 1;
	const char *found = NULL;

	if (len == 0 || len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t d, nlen = strnlen(names[i], WORD_MAX + 1);

		if (nlen > WORD_MAX)
			continue;
		d = distance(word, len, names[i], nlen);
		if (d < best) {
			best = d;
			found = names[i];
		}
	}
	return found;
}
