/* The table of languages, how they write numbers and dates, and what is looked up in their catalogues. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <aud/lang.h>

#include "catalogues.h"
#include "language.h"
#include "mo.h"

static unsigned
one_is_one(uint64_t n)
{
	return n != 1;
}

static unsigned
one_is_least(uint64_t n)
{
	return n > 1;
}

#define NARROW_SPACE "\xe2\x80\xaf"	/* U+202F, does not break */

static const struct aud_lang english = {"en", "en", {0}, ",", ".", 4, false, one_is_one};
static const struct aud_lang languages[] = {
    {"es", "es", {catalogue_es, sizeof catalogue_es}, NARROW_SPACE, ",", 5, true, one_is_one},
    {"pt-BR", "pt", {catalogue_pt_BR, sizeof catalogue_pt_BR}, ".", ",", 4, true, one_is_least},
};
enum { LANGUAGES = sizeof languages / sizeof *languages };

static bool
same(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i]) && !(strchr("-_", a[i]) && strchr("-_", b[i])))
			return false;
	return true;
}

bool
aud_lang_by_name(const char *name, const struct aud_lang **out)
{
	size_t n = strlen(name);

	*out = NULL;
	if (n == strlen(english.tag) && same(name, english.tag, n))
		return true;
	for (size_t i = 0; i < LANGUAGES; i++)
		if (n == strlen(languages[i].tag) && same(name, languages[i].tag, n)) {
			*out = &languages[i];
			return true;
		}
	return false;
}

const struct aud_lang *
aud_lang_of_locale(const char *locale)
{
	size_t n = locale ? strcspn(locale, "_-.@") : 0;

	for (size_t i = 0; i < LANGUAGES; i++)
		if (n == strlen(languages[i].language) && same(locale, languages[i].language, n))
			return &languages[i];
	return NULL;
}

const char *
aud_lang_tag(const struct aud_lang *l)
{
	return l ? l->tag : english.tag;
}

const char *
aud_lang_names(void)
{
	return "en es pt-BR";
}

static const char *
without_context(const char *text)
{
	const char *end = strchr(text, '\004');

	return end ? end + 1 : text;
}

const char *
aud_tr(const struct aud_lang *l, const char *text)
{
	const char *found = l && *text ? mo_find(&l->mo, text, 0) : NULL;

	return found ? found : without_context(text);
}

const char *
aud_tr_n(const struct aud_lang *l, const char *one, const char *many, uint64_t n)
{
	const char *found = l ? mo_find(&l->mo, one, l->plural(n)) : NULL;

	return found ? found : without_context(n == 1 ? one : many);
}

struct aud_digits
aud_lang_digits(const struct aud_lang *l, const char *plain)
{
	const struct aud_lang *by = l ? l : &english;
	size_t whole = strspn(plain, "0123456789"), left = whole;
	struct aud_digits d;
	int n = 0;

	for (const char *c = plain; *c && n < (int)sizeof d.s - 8; c++) {
		if (left && left != whole && left % 3 == 0 && whole >= by->group_from)
			n += snprintf(d.s + n, sizeof d.s - (size_t)n, "%s", by->group);
		left -= left > 0;
		n += snprintf(d.s + n, sizeof d.s - (size_t)n, *c == '.' ? "%s" : "%.1s", *c == '.' ? by->decimal : c);
	}
	d.s[n] = '\0';
	return d;
}

bool
aud_lang_day_first(const struct aud_lang *l)
{
	return l && l->day_first;
}

struct aud_digits
aud_lang_date(const struct aud_lang *l, const char *iso)
{
	struct aud_digits d;
	bool is = strlen(iso) == 10;

	for (size_t i = 0; is && i < 10; i++)
		is = i == 4 || i == 7 ? iso[i] == '-' : isdigit((unsigned char)iso[i]) != 0;
	if (is && aud_lang_day_first(l))
		snprintf(d.s, sizeof d.s, "%.2s/%.2s/%.4s", iso + 8, iso + 5, iso);
	else
		snprintf(d.s, sizeof d.s, "%s", iso);
	return d;
}
