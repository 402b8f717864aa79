#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "csv.h"

struct cells *
cells_new(FILE *out, bool json)
{
	struct cells *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->out = out;
	c->json = json;
	if (!(c->buffer = malloc(CELLS_BUFFER))) {
		free(c);
		return NULL;
	}
	return c;
}

void
cells_flush(struct cells *c)
{
	fwrite(c->buffer, 1, c->used, c->out);
	c->used = 0;
}

void
cells_free(struct cells *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < CELLS_KEPT; i++) {
		free(c->texts[i].shown);
		free(c->pieces[i].shown);
	}
	free(c->buffer);
	free(c);
}

void
cells_spill(struct cells *c, const char *s, size_t n)
{
	cells_flush(c);
	if (n > CELLS_BUFFER)
		fwrite(s, 1, n, c->out);
	else
		memcpy(c->buffer, s, c->used = n);
}

void
cells_null(struct cells *c)
{
	if (c->json)
		CELLS_RAW(c, "null");
}

void
cells_bool(struct cells *c, bool b)
{
	const char *s = c->json ? b ? "true" : "false" : b ? "yes" : "no";

	cells_raw(c, s, strlen(s));
}

/* Backwards from end, two digits at a time; returns where it begins. */
static char *
digits(uint64_t n, char *end)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
				    "4950515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495969798"
				    "99";

	for (; n >= 100; n /= 100)
		memcpy(end -= 2, &pairs[n % 100 * 2], 2);
	if (n >= 10)
		memcpy(end -= 2, &pairs[n * 2], 2);
	else
		*--end = (char)('0' + n);
	return end;
}

void
cells_number(struct cells *c, uint64_t n)
{
	char s[20], *begin = digits(n, s + sizeof s);

	cells_raw(c, begin, (size_t)(s + sizeof s - begin));
}

/* As time_str(), which is asked once for each second. */
void
cells_time(struct cells *c, uint64_t ns)
{
	char s[] = "\"2024-03-01T09:00:00.123456789Z\"", *begin = s + 21;
	uint64_t second = ns / 1000000000;
	char *date = c->dates[second % CELLS_DATES].text;

	if (!ns) {
		cells_null(c);
		return;
	}
	if (second != c->dates[second % CELLS_DATES].second || !*date) {
		c->dates[second % CELLS_DATES].second = second;
		memcpy(date, time_str(ns).s, sizeof c->dates->text);
	}
	memcpy(s + 1, date, 20);
	for (char *p = digits(ns % 1000000000, s + 30); p > begin;)
		*--p = '0';
	cells_raw(c, s + !c->json, c->json ? 32 : 30);
}

void
cells_word(struct cells *c, const char *s)
{
	if (!s) {
		cells_null(c);
		return;
	}
	if (c->json)
		CELLS_RAW(c, "\"");
	cells_raw(c, s, strlen(s));
	if (c->json)
		CELLS_RAW(c, "\"");
}

void
cells_quote(FILE *out, bool json, const char *clean)
{
	if (json)
		aud_json_string(out, clean);
	else
		csv_text(out, clean);
}

char *
cells_clean(const char *s)
{
	/* The longest replacement is four bytes for one. */
	size_t size = 4 * strlen(s) + 1;
	char *clean = malloc(size);

	return clean ? aud_text_clean(clean, size, s) : NULL;
}

static char *
show(const struct cells *c, const char *s)
{
	char *clean = cells_clean(s), *shown = NULL;
	size_t n;
	FILE *f = clean ? open_memstream(&shown, &n) : NULL;

	if (f) {
		cells_quote(f, c->json, clean);
		if (fclose(f)) {
			free(shown);
			shown = NULL;
		}
	}
	free(clean);
	return shown;
}

/* FNV-1a */
static uint64_t
mix(const char *s, size_t n)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < n; i++)
		h = (h ^ (uint8_t)s[i]) * UINT64_C(1099511628211);
	return h;
}

static bool
same(const struct cells_known *t, const char *s, size_t n)
{
	return t->shown && memcmp(t->text, s, n + 1) == 0;
}

void
cells_text(struct cells *c, const char *s)
{
	size_t n = s ? strlen(s) : 0;
	struct cells_known *t;

	if (!s) {
		cells_null(c);
		return;
	}
	if (n >= CELLS_LONGEST) {
		char *shown = show(c, s);

		if (shown)
			cells_raw(c, shown, strlen(shown));
		c->failed = c->failed || !shown;
		free(shown);
		return;
	}
	/* Two places for each, so that two texts that come in turn do not drive each other out. */
	t = &c->texts[(mix(s, n) % CELLS_KEPT) & ~UINT64_C(1)];
	t += !same(t, s, n) && (same(t + 1, s, n) || t->shown);
	if (!same(t, s, n)) {
		free(t->shown);
		if (!(t->shown = show(c, s))) {
			c->failed = true;
			return;
		}
		memcpy(t->text, s, n + 1);
		t->n = strlen(t->shown);
	}
	cells_raw(c, t->shown, t->n);
}

static struct cells_piece *
place(struct cells *c, const void *owner, uint64_t set)
{
	const uint64_t key[] = {(uintptr_t)owner, set};

	return &c->pieces[mix((const char *)key, sizeof key) % CELLS_KEPT];
}

bool
cells_again(struct cells *c, const void *owner, uint64_t set)
{
	const struct cells_piece *p = place(c, owner, set);

	if (!p->shown || p->owner != owner || p->set != set)
		return false;
	cells_raw(c, p->shown, p->n);
	return true;
}

void
cells_keep(struct cells *c, const void *owner, uint64_t set, char *shown)
{
	struct cells_piece *p = place(c, owner, set);

	free(p->shown);
	*p = (struct cells_piece){owner, set, shown, shown ? strlen(shown) : 0};
	if (shown)
		cells_raw(c, shown, p->n);
	c->failed = c->failed || !shown;
}
