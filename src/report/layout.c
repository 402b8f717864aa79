#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "layout.h"
#include "words.h"

#define SECOND UINT64_C(1000000000)

static struct human
human(const char *s)
{
	struct human h;

	snprintf(h.s, sizeof h.s, "%s", s);
	return h;
}

struct human
human_number(const struct aud_lang *l, uint64_t n)
{
	char digits[24];

	snprintf(digits, sizeof digits, "%" PRIu64, n);
	return human(aud_lang_digits(l, digits).s);
}

static struct aud_digits
decimal(const struct aud_lang *l, int decimals, double d)
{
	char digits[48];

	snprintf(digits, sizeof digits, "%.*f", decimals, d);
	return aud_lang_digits(l, digits);
}

struct human
human_decimal(const struct aud_lang *l, int decimals, double d)
{
	return human(decimal(l, decimals, d).s);
}

/* The number in its place. */
static struct human
counted(const char *text, const struct aud_lang *l, uint64_t n)
{
	const char *at = strstr(text, "%s");
	struct human h;
	char digits[24];

	snprintf(digits, sizeof digits, "%" PRIu64, n);
	if (at)
		snprintf(h.s, sizeof h.s, "%.*s%s%s", (int)(at - text), text, aud_lang_digits(l, digits).s, at + strlen("%s"));
	else
		snprintf(h.s, sizeof h.s, "%s", text);
	return h;
}

struct human
human_count(const struct aud_lang *l, uint64_t n, const char *one, const char *many)
{
	return counted(aud_tr_n(l, one, many, n), l, n);
}

struct human
human_counted(const struct aud_lang *l, uint64_t n, const char *word)
{
	char text[80];

	snprintf(text, sizeof text, "count\004%%s %.64s", word);
	for (char *c = text; *c; c++)
		*c = *c == '_' ? ' ' : *c;
	return counted(aud_tr_n(l, text, text, n), l, n);
}

struct human
human_bytes(const struct aud_lang *l, uint64_t n)
{
	static const char *const units[] = {"", "kB", "MB", "GB", "TB", "PB", "EB"};
	struct human h;
	double d = (double)n;
	size_t u = 0;

	for (; d >= 999.95 && u < sizeof units / sizeof *units - 1; u++)
		d /= 1000;
	if (!u)
		return human_count(l, n, "%s byte", "%s bytes");
	snprintf(h.s, sizeof h.s, "%s %s", decimal(l, 1, d).s, units[u]);
	return h;
}

struct human
human_share(const struct aud_lang *l, uint64_t part, uint64_t whole)
{
	struct human h;
	double p = whole ? 100.0 * (double)part / (double)whole : 0;

	if (part && p < 0.01)
		snprintf(h.s, sizeof h.s, _(l, "<%s %%"), decimal(l, 2, 0.01).s);
	else
		snprintf(h.s, sizeof h.s, _(l, "%s %%"), decimal(l, p > 0 && p < 1 ? 2 : 1, p).s);
	return h;
}

static void
split(uint64_t ns, struct tm *tm)
{
	time_t s = (time_t)(ns / SECOND);

	if (!gmtime_r(&s, tm))
		memset(tm, 0, sizeof *tm);
}

struct human
human_time(const struct aud_lang *l, uint64_t ns)
{
	struct human h = {"-"};
	struct tm tm;

	split(ns, &tm);
	if (ns)
		strftime(h.s, sizeof h.s, aud_lang_day_first(l) ? "%d/%m/%Y %H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm);
	return h;
}

struct human
human_date(const struct aud_lang *l, const char *iso)
{
	return human(aud_lang_date(l, iso ? iso : "").s);
}

struct human
human_span(const struct aud_lang *l, uint64_t ns)
{
	struct human h;
	uint64_t s = ns / SECOND;

	if (s >= 86400)
		snprintf(h.s, sizeof h.s, "%.40s d %" PRIu64 " h", human_number(l, s / 86400).s, s % 86400 / 3600);
	else if (s >= 3600)
		snprintf(h.s, sizeof h.s, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s % 3600 / 60);
	else if (s >= 60)
		snprintf(h.s, sizeof h.s, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	else
		snprintf(h.s, sizeof h.s, "%s s", decimal(l, 1, (double)ns / (double)SECOND).s);
	return h;
}

struct human
human_period(const struct aud_lang *l, uint64_t first, uint64_t last)
{
	struct human h, from = human_time(l, first), to = human_time(l, last);
	struct tm a, b;

	split(first, &a);
	split(last, &b);
	if (a.tm_year == b.tm_year && a.tm_yday == b.tm_yday)
		strftime(to.s, sizeof to.s, "%H:%M:%S", &b);
	if (first / SECOND != last / SECOND)
		snprintf(h.s, sizeof h.s, _(l, "%.20s to %.20s UTC"), from.s, to.s);
	else
		snprintf(h.s, sizeof h.s, "%.20s UTC", from.s);
	return h;
}

size_t
text_columns(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static size_t
columns(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += (s[i] & 0xc0) != 0x80;
	return n;
}

void
text_wrap(FILE *out, const char *s, size_t at, size_t hang, size_t width)
{
	size_t column = at;
	int first = 1; /* of its line */

	while (*(s += strspn(s, " "))) {
		size_t len = strcspn(s, " "), wide = columns(s, len);

		if (!first && column + 1 + wide > width) {
			fprintf(out, "\n%*s", (int)hang, "");
			column = hang;
			first = 1;
		}
		if (!first) {
			putc(' ', out);
			column++;
		}
		fwrite(s, 1, len, out);
		column += wide;
		s += len;
		first = 0;
	}
	putc('\n', out);
}
