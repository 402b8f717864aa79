/*
 * Sentences that were kept, read again. They come from a database, so that whatever stands there is read within bounds, and what is no
 * sentence of ours is none: RFC 8259 without what aud_say_end() does not make (true, false, null, exponents, other objects).
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "said_impl.h"

struct reading {
	struct aud_say *say;
	const char *p;
	size_t nodes;
	unsigned depth;
};

static bool
sign(struct reading *r, char c)
{
	r->p += strspn(r->p, " \t\r\n");
	if (*r->p != c)
		return false;
	r->p++;
	return true;
}

static int
hex4(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		int c = tolower((unsigned char)p[i]);

		if (!isxdigit(c))
			return -1;
		v = v * 16 + (isdigit(c) ? c - '0' : c - 'a' + 10);
	}
	return v;
}

/* Moves behind the string; dst (NULL: only looked at) takes no more bytes than the source has. NUL would end it: refused. */
static bool
unquote(struct reading *r, char *dst)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (!sign(r, '"'))
		return false;
	for (; *r->p && *r->p != '"'; r->p++) {
		char c = *r->p;

		if ((unsigned char)c < 0x20)
			return false;
		if (c == '\\') {
			c = *++r->p;
			if (c == 'u') {
				int v = hex4(r->p + 1);

				/* Only controls are written so. */
				if (v <= 0 || v >= 0x20)
					return false;
				c = (char)v;
				r->p += 4;
			} else {
				if (!c || !(at = strchr(from, c)))
					return false;
				c = to[at - from];
			}
		}
		if (dst)
			*dst++ = c;
	}
	if (dst)
		*dst = '\0';
	return *r->p && r->p++;
}

/* The node of a string, with a copy of it. */
static struct aud_said *
string(struct reading *r, enum said_kind kind)
{
	const char *begin = r->p;
	struct aud_said *s;

	if (++r->nodes > SAID_NODES || !unquote(r, NULL))
		return NULL;
	if (!(s = said_new(r->say, kind, NULL, (size_t)(r->p - begin))))
		return NULL;
	r->p = begin;
	s->text = s->own;
	return unquote(r, s->own) ? s : NULL;
}

static struct aud_said *
number(struct reading *r)
{
	size_t n = strspn(r->p, "0123456789"), decimals = r->p[n] == '.' ? strspn(r->p + n + 1, "0123456789") : 0;
	struct aud_said *s;

	if (!n || n > 20 || decimals > 20 || (r->p[n] == '.' && !decimals) || ++r->nodes > SAID_NODES)
		return NULL;
	n += decimals ? decimals + 1 : 0;
	if (!(s = said_new(r->say, SAID_NUMBER, NULL, n + 1)))
		return NULL;
	memcpy(s->own, r->p, n);
	s->own[n] = '\0';
	s->text = s->own;
	r->p += n;
	return s;
}

/* A date or a diagnosis. */
static struct aud_said *
object(struct reading *r)
{
	struct aud_said *name = string(r, SAID_WORD), *s = NULL;

	if (!name || (strcmp(name->text, "date") && strcmp(name->text, "made")) || !sign(r, ':'))
		return NULL;
	s = string(r, *name->text == 'd' ? SAID_DATE : SAID_MADE);
	return s && sign(r, '}') ? s : NULL;
}

/* ["one", "many", n] */
static struct aud_said *
plural(struct reading *r)
{
	struct aud_said *one = string(r, SAID_PLURAL), *many, *n;

	if (!one || !sign(r, ',') || !(many = string(r, SAID_WORD)) || !sign(r, ','))
		return NULL;
	r->p += strspn(r->p, " \t\r\n");
	if (!(n = number(r)) || strchr(n->text, '.') || !sign(r, ']'))
		return NULL;
	one->many = many->text;
	one->n = strtoull(n->text, NULL, 10);
	return one;
}

static struct aud_said *value(struct reading *);

/* A message, or a list. */
static struct aud_said *
array(struct reading *r)
{
	struct aud_said *s = sign(r, '[') ? plural(r) : string(r, SAID_TEXT), *arg;

	if (!s)
		return NULL;
	if (s->kind == SAID_TEXT && !*s->text)
		s->kind = SAID_LIST;
	while (sign(r, ','))
		if ((s->kind != SAID_LIST && s->nargs == SAID_ARGS) || !(arg = value(r)) || !said_arg(r->say, s, arg))
			return NULL;
	return sign(r, ']') ? s : NULL;
}

static struct aud_said *
value(struct reading *r)
{
	struct aud_said *s;

	if (++r->depth > SAID_DEPTH)
		return NULL;
	if (sign(r, '['))
		s = array(r);
	else if (sign(r, '{'))
		s = object(r);
	else
		s = *r->p == '"' ? string(r, SAID_WORD) : number(r);
	r->depth--;
	return s;
}

struct aud_said *
aud_said_read(struct aud_say *say, const char *kept)
{
	struct reading r = {.say = say, .p = kept};
	struct aud_said *s;

	if (strlen(kept) > SAID_BYTES)
		return NULL;
	s = value(&r);
	r.p += strspn(r.p, " \t\r\n");
	return *r.p ? NULL : s;
}
