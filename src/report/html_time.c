/*
 * The time line: when the capture was running, and when each finding was seen. A lane for each finding while there are few; else
 * one for each kind, darker where more findings are.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "html.h"

enum { LEFT = 216, RIGHT = 16, PLOT = 640, LANE = 20, TOP = 30, MOST_LANES = 30, BINS = 128, LEAST = 3 };
#define SECOND UINT64_C(1000000000)

struct axis {
	uint64_t first, span; /* nanoseconds; the span is not 0 */
};

static int
x_of(const struct axis *a, uint64_t ns)
{
	double d = ns <= a->first ? 0 : (double)(ns - a->first) / (double)a->span;

	return LEFT + (int)((d > 1 ? 1 : d) * PLOT);
}

/* The smallest step of the clock of which at most seven fit. */
static uint64_t
step(uint64_t span)
{
	static const uint64_t seconds[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800,
	    604800, 1209600, 2592000, 7776000, 31536000};
	size_t i = 0;

	while (i + 1 < sizeof seconds / sizeof *seconds && span / SECOND / seconds[i] >= 7)
		i++;
	return seconds[i] * SECOND;
}

static void
ticks(struct page *p, const struct axis *a, int bottom)
{
	uint64_t s = step(a->span), from = (a->first + s - 1) / s * s;
	bool day_first = aud_lang_day_first(p->l);
	int n = 0;

	for (uint64_t t = from; t <= a->first + a->span && n < 64; t += s, n++) {
		time_t sec = (time_t)(t / SECOND);
		struct tm tm;
		char text[32];
		int x = x_of(a, t);

		if (!gmtime_r(&sec, &tm) || !strftime(text, sizeof text,
						s >= 86400 * SECOND	    ? (day_first ? "%d/%m/%Y" : "%Y-%m-%d")
						: a->span >= 86400 * SECOND ? (day_first ? "%d/%m %H:%M" : "%m-%d %H:%M")
						: s >= 60 * SECOND	    ? "%H:%M"
									    : "%H:%M:%S", &tm))
			return;
		html_putf(p, "<line class=\"grid\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/><text class=\"tick\" text-anchor=\"middle\" x=\"%d\" y=\"%d\">%s</text>\n",
		    x, TOP - 8, x, bottom, x, TOP - 14, text);
	}
}

static void
bar(struct page *p, const struct axis *a, const char *classes, uint64_t from, uint64_t to, int y, int h)
{
	int x = x_of(a, from), w = x_of(a, to) - x;

	html_putf(p, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", classes, x, y, w < LEAST ? LEAST : w, h);
}

static void
lane_label(struct page *p, int lane, const char *text)
{
	html_putf(p, "<text class=\"lab\" text-anchor=\"end\" x=\"%d\" y=\"%d\">", LEFT - 10, TOP + lane * LANE + LANE / 2 + 4);
	html_text(p, text);
	html_put(p, "</text>");
}

static void
shade(bool *on, const struct axis *a, uint64_t from, uint64_t to)
{
	int x = x_of(a, from) - LEFT, last = x_of(a, to) - LEFT;

	for (; x <= last && x < PLOT; x++)
		on[x] = true;
}

/* Columns of the picture in which some input was running, and not silent for long. */
static void
captured(struct page *p, const struct axis *a, int bottom)
{
	const struct aud_coverage *c = p->c;
	bool input[PLOT] = {false}, span[PLOT] = {false};

	lane_label(p, 0, _(p->l, "Capture running"));
	for (size_t i = 0; i < p->t->ninputs; i++)
		if (p->t->inputs[i].info.first_ns)
			shade(input, a, p->t->inputs[i].info.first_ns, p->t->inputs[i].info.last_ns);
	for (size_t i = 0; i < c->nspans; i++)
		shade(span, a, c->spans[i].first_ns, c->spans[i].last_ns);
	for (int x = 0, to; x < PLOT; x = to + 1) {
		for (to = x; to < PLOT && input[to] && (span[to] || !c->nspans); to++)
			;
		if (to == x)
			continue;
		html_putf(p, "<rect class=\"back\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", LEFT + x, TOP, to - x, bottom - TOP);
		html_putf(p, "<rect class=\"span\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", LEFT + x, TOP + 4, to - x, LANE - 8);
	}
}

static bool
timed(const struct aud_finding *f)
{
	return f->first_ns != 0;
}

/* Their titles are those of the list: the number leads there. */
static void
each_finding(struct page *p, const struct axis *a)
{
	int lane = 1;

	for (size_t i = 0; i < p->t->nfindings; i++) {
		const struct aud_finding *f = &p->t->findings[i];
		char classes[32], text[80];

		if (!timed(f))
			continue;
		html_putf(p, "<a href=\"#f%zu\">", i + 1);
		snprintf(text, sizeof text, "%zu %s, %s", i + 1, aud_kind_slug(f->kind), html_severity(p, f->severity));
		lane_label(p, lane, text);
		snprintf(classes, sizeof classes, "bar b%d%s", (int)f->severity, html_waived(f) ? " waived" : "");
		bar(p, a, classes, f->first_ns, f->last_ns, TOP + lane * LANE + 4, LANE - 8);
		html_put(p, "</a>\n");
		lane++;
	}
}

static size_t
bin_of(const struct axis *a, uint64_t ns)
{
	size_t b = ns <= a->first ? 0 : (size_t)((double)(ns - a->first) / (double)a->span * BINS);

	return b < BINS ? b : BINS - 1;
}

static void
each_kind(struct page *p, const struct axis *a)
{
	uint64_t(*n)[BINS] = calloc(AUD_KIND_COUNT, sizeof *n);
	int worst[AUD_KIND_COUNT] = {0}, lane = 1;

	if (!n) {
		p->failed = true;
		return;
	}
	for (size_t i = 0; i < p->t->nfindings; i++) {
		const struct aud_finding *f = &p->t->findings[i];

		if (!timed(f))
			continue;
		for (size_t b = bin_of(a, f->first_ns); b <= bin_of(a, f->last_ns); b++)
			n[f->kind][b]++;
		if ((int)f->severity > worst[f->kind])
			worst[f->kind] = (int)f->severity;
	}
	for (int k = 0; k < AUD_KIND_COUNT; k++) {
		uint64_t most = 0;

		for (int b = 0; b < BINS; b++)
			most = n[k][b] > most ? n[k][b] : most;
		if (!most)
			continue;
		lane_label(p, lane, aud_kind_slug((enum aud_kind)k));
		for (int b = 0; b < BINS; b++)
			if (n[k][b])
				html_putf(p, "<rect class=\"bar b%d\" opacity=\"%.2f\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", worst[k],
				    0.25 + 0.75 * (double)n[k][b] / (double)most, LEFT + b * PLOT / BINS, TOP + lane * LANE + 3,
				    PLOT / BINS, LANE - 6);
		html_put(p, "\n");
		lane++;
	}
	free(n);
}

static int
lanes_of(const struct page *p, bool single)
{
	bool kinds[AUD_KIND_COUNT] = {false};
	int n = 0;

	for (size_t i = 0; i < p->t->nfindings; i++)
		if (timed(&p->t->findings[i]) && (single || !kinds[p->t->findings[i].kind])) {
			kinds[p->t->findings[i].kind] = true;
			n++;
		}
	return n;
}

static void
picture(struct page *p, const struct axis *a, bool single)
{
	int bottom = TOP + (lanes_of(p, single) + 1) * LANE, w = LEFT + PLOT + RIGHT + 24, h = bottom + 8;

	html_put(p, "<figure><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"");
	html_text(p, _(p->l, "Time line of findings"));
	html_putf(p, "\"><svg class=\"time\" role=\"%s\" aria-labelledby=\"time-t time-d\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">",
	    single ? "group" : "img", w, h, w, h); /* an image has no links */
	html_in(p, "title id=\"time-t\"", _(p->l, "Time line of findings"));
	html_in(p, "desc id=\"time-d\"", _(p->l, "When each finding was seen; the list of findings holds the same times."));
	html_put(p, "\n");
	captured(p, a, bottom);
	ticks(p, a, bottom);
	if (single)
		each_finding(p, a);
	else
		each_kind(p, a);
	html_put(p, "</svg></div>\n<figcaption>");
	html_text(p, single ? _(p->l, "A bar reaches from the first to the last packet of a finding. Times are in UTC; where the background is shaded the capture was running.")
			    : _(p->l, "A bar stands where findings of the kind were seen, the darker the more of them. Times are in UTC; where the background is shaded the capture was running."));
	html_put(p, "</figcaption></figure>\n");
}

void
html_timeline(struct page *p)
{
	struct axis a = {p->c->first_ns, p->c->last_ns - p->c->first_ns};
	int n = lanes_of(p, true);

	if (!p->c->first_ns || !n) {
		html_in(p, "p", _(p->l, "No finding has a time."));
		return;
	}
	if (a.span < SECOND)
		a.span = SECOND;
	picture(p, &a, n <= MOST_LANES);
}
