#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "layout.h"

#define SECOND UINT64_C(1000000000)

struct human
human_number(uint64_t n)
{
	struct human h;
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
	size_t k = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			h.s[k++] = ',';
		h.s[k++] = digits[i];
	}
	h.s[k] = '\0';
	return h;
}

struct human
human_bytes(uint64_t n)
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
	struct human h;
	double d = (double)n;
	size_t u = 0;

	for (; d >= 999.95 && u < sizeof units / sizeof *units - 1; u++)
		d /= 1000;
	if (!u)
		snprintf(h.s, sizeof h.s, "%" PRIu64 " byte%s", n, n == 1 ? "" : "s");
	else
		snprintf(h.s, sizeof h.s, "%.1f %s", d, units[u]);
	return h;
}

struct human
human_share(uint64_t part, uint64_t whole)
{
	struct human h;
	double p = whole ? 100.0 * (double)part / (double)whole : 0;

	if (part && p < 0.01)
		snprintf(h.s, sizeof h.s, "<0.01 %%");
	else
		snprintf(h.s, sizeof h.s, p > 0 && p < 1 ? "%.2f %%" : "%.1f %%", p);
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
human_time(uint64_t ns)
{
	struct human h = {"-"};
	struct tm tm;

	split(ns, &tm);
	if (ns)
		strftime(h.s, sizeof h.s, "%Y-%m-%d %H:%M:%S", &tm);
	return h;
}

struct human
human_span(uint64_t ns)
{
	struct human h;
	uint64_t s = ns / SECOND;

	if (s >= 86400)
		snprintf(h.s, sizeof h.s, "%" PRIu64 " d %" PRIu64 " h", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		snprintf(h.s, sizeof h.s, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s % 3600 / 60);
	else if (s >= 60)
		snprintf(h.s, sizeof h.s, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	else
		snprintf(h.s, sizeof h.s, "%.1f s", (double)ns / (double)SECOND);
	return h;
}

struct human
human_period(uint64_t first, uint64_t last)
{
	struct human h, from = human_time(first);
	struct tm a, b;
	char to[32] = "";

	split(first, &a);
	split(last, &b);
	if (a.tm_year != b.tm_year || a.tm_yday != b.tm_yday)
		strftime(to, sizeof to, " to %Y-%m-%d %H:%M:%S", &b);
	else if (first / SECOND != last / SECOND)
		strftime(to, sizeof to, " to %H:%M:%S", &b);
	snprintf(h.s, sizeof h.s, "%.20s%s UTC", from.s, to);
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
