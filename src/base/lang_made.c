/*
 * Diagnoses that were made of a message and its arguments before anybody asked for a language: why a capture breaks off, why frames
 * were not decoded. There are few, and they are found again by the text between the placeholders of the messages.
 */
#include <string.h>

#include "language.h"

enum { ARGS = 9, DEPTH = 4, LEAST = 5 };	/* LEAST: literal bytes without which a message fits anything */

struct fit {
	const char *at[ARGS];
	size_t n[ARGS], nargs, literal;	/* literal: bytes outside of placeholders */
};

/* Length of the conversion at s ("%s", "%u", "%04x", "%1$s", "%llu"), 0: there is none. */
static size_t
conversion(const char *s)
{
	size_t n = 1;

	if (*s != '%')
		return 0;
	n += strspn(s + n, "0123456789$.-*");
	n += strspn(s + n, "hlzjt");
	return s[n] && strchr("sudxXic", s[n]) ? n + 1 : 0;
}

/* What follows the next conversion in the pattern has to come in the text: the first place of it, or the end. */
static bool
matches(const char *pattern, const char *text, struct fit *f)
{
	*f = (struct fit){0};
	while (*pattern) {
		size_t skip = conversion(pattern), n = 0;
		const char *end;

		if (!skip) {
			pattern += *pattern == '%' && pattern[1] == '%';
			if (*pattern++ != *text++)
				return false;
			f->literal++;
			continue;
		}
		pattern += skip;
		if (f->nargs == ARGS)
			return false;
		while (pattern[n] && !conversion(pattern + n))
			n++;
		for (end = text; *end && (!n || strncmp(end, pattern, n) != 0 || (!pattern[n] && end[n])); end++)
			;
		if (n && !*end)
			return false;
		f->at[f->nargs] = text;
		f->n[f->nargs++] = (size_t)(end - text);
		text = end;
	}
	return !*text;
}

static size_t
append(char *dst, size_t size, size_t used, const char *s, size_t n)
{
	for (size_t i = 0; i < n && used + 1 < size; i++)
		dst[used++] = s[i];
	dst[used] = '\0';
	return used;
}

static void
made(const struct aud_lang *l, const char *text, char *dst, size_t size, unsigned depth)
{
	struct fit best = {0}, f;
	const char *found = NULL, *exact = depth ? aud_tr(l, text) : text;
	struct mo_pair pair;
	size_t used = 0, next = 0;

	if (strcmp(exact, text) || !depth) {
		append(dst, size, 0, exact, strlen(exact));
		return;
	}
	for (size_t i = 1; mo_pair(&l->mo, i, &pair); i++)
		if (strchr(pair.id, '%') && !strchr(pair.id, '\004') && matches(pair.id, text, &f) && f.nargs && f.literal >= LEAST && f.literal > best.literal) {
			best = f;
			found = pair.text;
		}
	if (!found) {
		append(dst, size, 0, text, strlen(text));
		return;
	}
	dst[0] = '\0';
	while (*found) {
		size_t skip = conversion(found), which = next;

		if (!skip) {
			found += *found == '%' && found[1] == '%';
			used = append(dst, size, used, found++, 1);
			continue;
		}
		if (found[1] >= '1' && found[1] <= '9' && found[2] == '$')
			which = (size_t)(found[1] - '1');
		next++;
		found += skip;
		if (which < best.nargs) {
			char arg[256], told[256];

			append(arg, sizeof arg, 0, best.at[which], best.n[which]);
			made(l, arg, told, sizeof told, depth - 1);
			used = append(dst, size, used, told, strlen(told));
		}
	}
}

char *
aud_tr_made(const struct aud_lang *l, const char *text, char *dst, size_t size)
{
	if (size)
		made(l, text, dst, size, l ? DEPTH : 0);
	return dst;
}
