/* Sentences are made, told and written. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "said_impl.h"

struct aud_said *
said_new(struct aud_say *say, enum said_kind kind, const char *text, size_t own)
{
	struct aud_said *s = malloc(sizeof *s + own);

	if (!s) {
		say->failed = true;
		return NULL;
	}
	*s = (struct aud_said){.next = say->made, .kind = kind, .text = text};
	say->made = s;
	return s;
}

bool
said_arg(struct aud_say *say, struct aud_said *s, const struct aud_said *arg)
{
	if (s->nargs == s->room) {
		size_t room = s->room ? 2 * s->room : 4;
		const struct aud_said **p = realloc(s->args, room * sizeof *p);

		if (!p) {
			say->failed = true;
			return false;
		}
		s->args = p;
		s->room = room;
	}
	s->args[s->nargs++] = arg;
	return true;
}

static struct aud_said *
with_args(struct aud_say *say, struct aud_said *s, va_list ap)
{
	const struct aud_said *arg;

	/* Out of memory an argument is NULL and ends the list too early; say knows. */
	while (s && (arg = va_arg(ap, const struct aud_said *)) && said_arg(say, s, arg))
		;
	return s;
}

struct aud_said *
aud_say_text(struct aud_say *say, const char *text, ...)
{
	struct aud_said *s = said_new(say, SAID_TEXT, text, 0);
	va_list ap;

	va_start(ap, text);
	s = with_args(say, s, ap);
	va_end(ap);
	return s;
}

struct aud_said *
aud_say_plural(struct aud_say *say, const char *one, const char *many, uint64_t n, ...)
{
	struct aud_said *s = said_new(say, SAID_PLURAL, one, 0);
	va_list ap;

	if (!s)
		return NULL;
	s->many = many;
	s->n = n;
	va_start(ap, n);
	s = with_args(say, s, ap);
	va_end(ap);
	return s;
}

static struct aud_said *
copied(struct aud_say *say, enum said_kind kind, const char *text)
{
	size_t n = strlen(text ? text : "") + 1;
	struct aud_said *s = said_new(say, kind, NULL, n);

	if (s)
		s->text = memcpy(s->own, text ? text : "", n);
	return s;
}

struct aud_said *
aud_say_message(struct aud_say *say, const char *text)
{
	return copied(say, SAID_TEXT, text);
}

struct aud_said *
aud_say_word(struct aud_say *say, const char *word)
{
	return copied(say, SAID_WORD, word);
}

static struct aud_said *formatted(struct aud_say *, enum said_kind, const char *fmt, va_list) AUD_PRINTF(3, 0);

static struct aud_said *
formatted(struct aud_say *say, enum said_kind kind, const char *fmt, va_list ap)
{
	struct aud_said *s = NULL;
	char *text;

	if (vasprintf(&text, fmt, ap) < 0) {
		say->failed = true;
		return NULL;
	}
	s = copied(say, kind, text);
	free(text);
	return s;
}

struct aud_said *
aud_say_wordf(struct aud_say *say, const char *fmt, ...)
{
	struct aud_said *s;
	va_list ap;

	va_start(ap, fmt);
	s = formatted(say, SAID_WORD, fmt, ap);
	va_end(ap);
	return s;
}

struct aud_said *
aud_say_number(struct aud_say *say, uint64_t n)
{
	return aud_say_decimal(say, "%" PRIu64, n);
}

struct aud_said *
aud_say_decimal(struct aud_say *say, const char *fmt, ...)
{
	struct aud_said *s;
	va_list ap;

	va_start(ap, fmt);
	s = formatted(say, SAID_NUMBER, fmt, ap);
	va_end(ap);
	return s;
}

struct aud_said *
aud_say_date(struct aud_say *say, const char *iso)
{
	return copied(say, SAID_DATE, iso);
}

struct aud_said *
aud_say_diagnosis(struct aud_say *say, const char *text)
{
	return copied(say, SAID_MADE, text);
}

struct aud_said *
aud_say_list(struct aud_say *say)
{
	return said_new(say, SAID_LIST, "", 0);
}

void
aud_say_add(struct aud_say *say, struct aud_said *list, const struct aud_said *item)
{
	if (list && item)
		(void)said_arg(say, list, item);
}

const struct aud_said *
aud_say_kept(struct aud_say *say, const char *kept, const char *english)
{
	const struct aud_said *s = kept ? aud_said_read(say, kept) : NULL;

	return s ? s : aud_say_word(say, english);
}

const struct aud_said *
aud_said_bare(const struct aud_said *s)
{
	return s && s->kind == SAID_TEXT && s->nargs == 1 && !strcmp(s->text, "%1$s.") ? s->args[0] : s;
}

/* ---- where it goes ---- */

/* An audit of much that is amiss makes a hundred thousand sentences, and a stream of its own for each costs more than the sentence. */
struct sink {
	char *text;
	size_t n, room;
	bool failed;
};

static void
put(struct sink *to, const char *text, size_t n)
{
	if (n >= to->room - to->n) {	/* and a 0 */
		size_t room = 2 * to->room + n + 256;
		char *p = to->failed ? NULL : realloc(to->text, room);

		if (!p) {
			to->failed = true;
			return;
		}
		to->text = p;
		to->room = room;
	}
	memcpy(to->text + to->n, text, n);
	to->n += n;
}

static void
put_text(struct sink *to, const char *text)
{
	put(to, text, strlen(text));
}

/* ---- telling ---- */

static void tell(struct sink *, const struct aud_said *, const struct aud_lang *);

static void
diagnosis(struct sink *to, const char *text, const struct aud_lang *l)
{
	char made[1024];

	put_text(to, l ? aud_tr_made(l, text, made, sizeof made) : text);
}

/* What is no placeholder stays: a text of others may hold a percent sign. */
static void
fill(struct sink *to, const char *text, const struct aud_said *s, const struct aud_lang *l)
{
	for (const char *c = text; *c;) {
		size_t plain = strcspn(c, "%"), i;

		put(to, c, plain);
		c += plain;
		if (!*c)
			return;
		i = (size_t)(c[1] - '1');
		if (c[1] >= '1' && c[1] <= '9' && c[2] == '$' && c[3] == 's') {
			if (i < s->nargs)
				tell(to, s->args[i], l);
			c += 4;
			continue;
		}
		put(to, "%", 1);
		c += c[1] == '%' ? 2 : 1;
	}
}

static void
tell(struct sink *to, const struct aud_said *s, const struct aud_lang *l)
{
	switch (s->kind) {
	case SAID_WORD: put_text(to, s->text); break;
	case SAID_NUMBER: put_text(to, l ? aud_lang_digits(l, s->text).s : s->text); break;
	case SAID_DATE: put_text(to, aud_lang_date(l, s->text).s); break;
	case SAID_MADE: diagnosis(to, s->text, l); break;
	case SAID_LIST:
		for (size_t i = 0; i < s->nargs; i++) {
			put_text(to, i ? ", " : "");
			tell(to, s->args[i], l);
		}
		break;
	case SAID_TEXT: fill(to, aud_tr(l, s->text), s, l); break;
	case SAID_PLURAL: fill(to, aud_tr_n(l, s->text, s->many, s->n), s, l); break;
	}
}

/* ---- writing ---- */

/* RFC 8259, 7. Bytes that are no UTF-8 stay what they are: a database holds what it is given. */
static void
quoted(struct sink *to, const char *s)
{
	put(to, "\"", 1);
	for (;;) {
		size_t plain = 0;
		char code[8];

		while ((unsigned char)s[plain] >= 0x20 && s[plain] != '"' && s[plain] != '\\')
			plain++;
		put(to, s, plain);
		s += plain;
		if (!*s)
			break;
		snprintf(code, sizeof code, (unsigned char)*s < 0x20 ? "\\u%04x" : "\\%c", *s);
		put_text(to, code);
		s++;
	}
	put(to, "\"", 1);
}

static void
write_said(struct sink *to, const struct aud_said *s)
{
	switch (s->kind) {
	case SAID_WORD: quoted(to, s->text); return;
	case SAID_NUMBER: put_text(to, s->text); return;
	case SAID_DATE:
	case SAID_MADE:
		put_text(to, s->kind == SAID_DATE ? "{\"date\":" : "{\"made\":");
		quoted(to, s->text);
		put(to, "}", 1);
		return;
	case SAID_LIST:
	case SAID_TEXT:
	case SAID_PLURAL: break;
	}
	put(to, "[", 1);
	if (s->kind == SAID_PLURAL) {
		char n[24];

		snprintf(n, sizeof n, ",%" PRIu64 "]", s->n);
		put(to, "[", 1);
		quoted(to, s->text);
		put(to, ",", 1);
		quoted(to, s->many);
		put_text(to, n);
	} else
		quoted(to, s->text);
	for (size_t i = 0; i < s->nargs; i++) {
		put(to, ",", 1);
		write_said(to, s->args[i]);
	}
	put(to, "]", 1);
}

/* What went into memory; NULL: it ran out. */
static char *
taken(struct sink *from)
{
	char *fits;

	put(from, "", 0);	/* where nothing went in, room for the 0 */
	if (from->failed) {
		free(from->text);
		return NULL;
	}
	from->text[from->n] = '\0';
	fits = realloc(from->text, from->n + 1);
	return fits ? fits : from->text;
}

enum aud_code
aud_say_end(struct aud_say *say, const struct aud_said *s, char **english, char **kept, struct aud_err *err)
{
	struct sink told = {.failed = !s || say->failed}, written = told;

	if (!told.failed)
		tell(&told, s, NULL);
	*english = taken(&told);
	if (kept) {
		if (*english)
			write_said(&written, s);
		*kept = *english ? taken(&written) : NULL;
	}
	aud_say_clear(say);
	if (*english && (!kept || *kept))
		return AUD_OK;
	free(*english);
	*english = NULL;
	return aud_nomem(err);
}

void
aud_say_clear(struct aud_say *say)
{
	for (struct aud_said *s = say->made, *next; s; s = next) {
		next = s->next;
		free(s->args);
		free(s);
	}
	*say = (struct aud_say){0};
}

char *
aud_said_in(const struct aud_lang *l, const char *kept, const char *english)
{
	struct aud_say say = {0};
	struct aud_said *s = l && kept ? aud_said_read(&say, kept) : NULL;
	struct sink told = {.failed = say.failed};

	if (!s) {
		aud_say_clear(&say);
		return told.failed ? NULL : strdup(english ? english : "");
	}
	tell(&told, s, l);
	aud_say_clear(&say);
	return taken(&told);
}
