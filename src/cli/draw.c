/* What the screen shows. Every line is cut to the terminal's width and placed by its number, so that nothing ever scrolls. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "screen_impl.h"

#define PLAIN "\033[0m"
#define BOLD "\033[1m"
#define REVERSE "\033[7m"
#define SECOND UINT64_C(1000000000)

/* LABEL: columns of what stands before the colon-less values; SEVERITY: of "CRITICAL" and a blank. */
enum { LABEL = 11, SEVERITY = 9, ALERTS_SHOWN = 5, ITEM_LINES = 3, TALL = 20, WIDE = 70 };

/* "1,234,567" */
struct count {
	char s[32];
};

static struct count
count(uint64_t n)
{
	struct count c;
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, n), to = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			c.s[to++] = ',';
		c.s[to++] = digits[i];
	}
	c.s[to] = '\0';
	return c;
}

/* "98.2 M": three digits or more, decimal units. */
static struct count
scaled(uint64_t n)
{
	static const char *const units[] = {"", "k", "M", "G", "T", "P"};
	struct count c;
	double v = (double)n;
	size_t u = 0;

	for (; v >= 999.5 && u + 1 < sizeof units / sizeof *units; u++)
		v /= 1000;
	snprintf(c.s, sizeof c.s, u && v < 99.95 ? "%.1f %s" : "%.0f %s", v, units[u]);
	return c;
}

static struct count
duration(uint64_t ns)
{
	struct count c;
	uint64_t s = ns / SECOND;

	if (s >= 86400)
		snprintf(c.s, sizeof c.s, "%" PRIu64 "d %02u:%02u", s / 86400, (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60));
	else
		snprintf(c.s, sizeof c.s, "%02u:%02u:%02u", (unsigned)(s / 3600), (unsigned)(s / 60 % 60), (unsigned)(s % 60));
	return c;
}

/* "2024-03-01 09:00:00"; those who have less room begin at DAY or HOUR. */
enum { DAY = 5, HOUR = 11 };
static struct count
clock_of(uint64_t ns)
{
	struct count c;
	time_t s = (time_t)(ns / SECOND);
	struct tm tm;

	if (!ns || !gmtime_r(&s, &tm) || strftime(c.s, sizeof c.s, "%Y-%m-%d %H:%M:%S", &tm) != 19)
		snprintf(c.s, sizeof c.s, "%19s", "-");
	return c;
}

/* "3 s ago" */
static struct count
ago(uint64_t now, uint64_t then)
{
	struct count c, d;

	if (!then)
		return (struct count){"not yet"};
	if (now < then + 120 * SECOND) {
		snprintf(c.s, sizeof c.s, "%" PRIu64 " s ago", now > then ? (now - then) / SECOND : 0);
	} else {
		d = duration(now - then);
		snprintf(c.s, sizeof c.s, "%.20s ago", d.s);
	}
	return c;
}

size_t
screen_columns(const struct screen *s, const char *text, size_t columns, size_t *bytes)
{
	size_t used = 0, at = 0, len = strlen(text);
	locale_t before = s->locale ? uselocale(s->locale) : (locale_t)0;
	mbstate_t state = {0};

	while (at < len) {
		wchar_t wc;
		size_t n = mbrtowc(&wc, text + at, len - at, &state);
		int w = 1;

		if (n == (size_t)-1 || n == (size_t)-2 || !n) {
			memset(&state, 0, sizeof state);
			n = 1;
		} else if ((w = wcwidth(wc)) < 0)
			w = 1;
		if (used + (size_t)w > columns)
			break;
		used += (size_t)w;
		at += n;
	}
	if (s->locale)
		uselocale(before);
	*bytes = at;
	return used;
}

struct canvas {
	struct screen *s;
	unsigned row;		/* of the next line, from 1 */
	size_t column;		/* in the line, from 0 */
};

static void
put(struct screen *s, const char *p, size_t n)
{
	if (n > sizeof s->out - s->nout)
		n = 0; /* a terminal of a thousand lines: what is left of it stays empty */
	memcpy(s->out + s->nout, p, n);
	s->nout += n;
}

static void
code(struct canvas *c, const char *escape)
{
	put(c->s, escape, strlen(escape));
}

static bool
begin(struct canvas *c)
{
	char move[24];
	int n = snprintf(move, sizeof move, "\033[%u;1H", c->row);

	if (c->row > c->s->height)
		return false;
	put(c->s, move, (size_t)n);
	c->column = 0;
	return true;
}

static void
end(struct canvas *c)
{
	code(c, PLAIN);
	/* Behind a full line the cursor still stands on its last character, which this would erase. */
	if (c->column < c->s->width)
		code(c, "\033[K");
	c->row++;
}

/* As much of it as the line has columns left. A terminal that shows no UTF-8 gets a question mark for each character. */
static void
text(struct canvas *c, const char *s)
{
	char ascii[2 * SCREEN_TEXT];
	size_t n = 0, bytes;

	if (!c->s->utf8) {
		for (; *s && n + 1 < sizeof ascii; s++)
			if ((*s & 0xc0) != 0x80)
				ascii[n++] = *s & 0x80 ? '?' : *s;
		ascii[n] = '\0';
		s = ascii;
	}
	if (c->column >= c->s->width)
		return;
	c->column += screen_columns(c->s, s, c->s->width - c->column, &bytes);
	put(c->s, s, bytes);
}

static void print(struct canvas *, const char *fmt, ...) AUD_PRINTF(2, 3);
static void
print(struct canvas *c, const char *fmt, ...)
{
	char line[2 * SCREEN_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	text(c, line);
}

static void
pad(struct canvas *c, size_t column)
{
	while (c->column < column && c->column < c->s->width)
		text(c, " ");
}

static const char *
paint(const struct screen *s, enum aud_severity severity)
{
	static const char *const colors[] = {
	    [AUD_INFO] = "", [AUD_LOW] = "\033[36m", [AUD_MEDIUM] = "\033[33m", [AUD_HIGH] = "\033[1;31m", [AUD_CRITICAL] = "\033[1;37;41m"};

	return s->color ? colors[severity] : severity >= AUD_HIGH ? BOLD : "";
}

static bool
label(struct canvas *c, const char *name)
{
	if (!begin(c))
		return false;
	code(c, BOLD);
	text(c, name);
	code(c, PLAIN);
	pad(c, LABEL);
	return true;
}

static void
head(struct canvas *c)
{
	const struct aud_live_status *st = &c->s->status;
	char right[80];
	size_t n, bytes;

	if (!begin(c))
		return;
	snprintf(right, sizeof right, "up %s  %s UTC ", duration(st->now_ns - st->started_ns).s,
	    clock_of(st->now_ns).s + (c->s->width >= WIDE ? 0 : HOUR));
	code(c, REVERSE);
	text(c, " spanaudit ");
	n = screen_columns(c->s, right, sizeof right, &bytes);
	/* The name of the site gives way to the clock. */
	if (c->s->width > c->column + n + 1) {
		unsigned width = c->s->width;

		c->s->width -= (unsigned)n + 1;
		text(c, c->s->site);
		c->s->width = width;
	}
	if (c->s->width > n)
		pad(c, c->s->width - n);
	text(c, right);
	pad(c, c->s->width);
	end(c);
}

static void
drops(const struct aud_live_status *st, uint64_t *kernel, uint64_t *interface)
{
	*kernel = *interface = 0;
	for (size_t i = 0; i < st->ninterfaces && i < SCREEN_INTERFACES; i++) {
		*kernel += st->interfaces[i].kernel_drops;
		*interface += st->interfaces[i].interface_drops;
	}
}

static void
traffic(struct canvas *c)
{
	const struct screen *s = c->s;
	const struct aud_live_status *st = &s->status;

	if (!label(c, "Traffic"))
		return;
	if (s->rate.known)
		print(c, "%s %s/s  %sbit/s  ", count(s->rate.per_second).s, s->width < WIDE ? "p" : "packets", scaled(s->rate.bits).s);
	print(c, "%s packets", count(st->packets).s);
	print(c, "  last %s", ago(st->now_ns, st->last_packet_ns).s);
	end(c);
}

static void
losses(struct canvas *c)
{
	const struct screen *s = c->s;
	const struct aud_live_status *st = &s->status;
	uint64_t kernel, interface, evicted = st->evicted_flows + st->dropped_flows;
	const char *by = s->width < WIDE ? "" : "by the ";

	drops(st, &kernel, &interface);
	if (label(c, "Dropped")) {
		if (kernel + interface)
			code(c, paint(s, AUD_MEDIUM));
		print(c, "%s %skernel  %s %sinterface", count(kernel).s, by, count(interface).s, by);
		if (kernel + interface)
			print(c, "  (%.2g %%)", 100 * (double)(kernel + interface) / ((double)st->frames + (double)kernel + (double)interface));
		end(c);
	}
	if (label(c, "Flows")) {
		print(c, "%s live  ", count(st->live_flows).s);
		if (evicted)
			code(c, paint(s, AUD_MEDIUM));
		print(c, "%s evicted", count(evicted).s);
		code(c, PLAIN);
		print(c, "  %s undecided  %s in all", count(st->states).s, count(st->flows).s);
		end(c);
	}
}

static void
sensor(struct canvas *c)
{
	const struct screen *s = c->s;
	const struct aud_live_status *st = &s->status;

	if (label(c, "Interfaces")) {
		for (size_t i = 0; i < st->ninterfaces && i < SCREEN_INTERFACES; i++) {
			if (i)
				text(c, "  ");
			if (!s->interfaces[i].up)
				code(c, paint(s, AUD_HIGH));
			print(c, "%s %s", s->names[i], s->interfaces[i].up ? "up" : "DOWN");
			code(c, PLAIN);
		}
		if (st->ninterfaces > SCREEN_INTERFACES)
			print(c, "  and %zu more", st->ninterfaces - SCREEN_INTERFACES);
		end(c);
	}
	if (label(c, "Database")) {
		if (s->database)
			print(c, "written %s, %s failures", ago(st->now_ns, st->last_flush_ns).s, count(st->flush_failures).s);
		else
			text(c, "none");
		print(c, "  judged %s", ago(st->now_ns, st->judged_ns).s);
		if (st->judged_ns)
			print(c, " in %s ms", count(st->judge_took_ns / 1000000).s);
		print(c, "  memory %sB", scaled(st->resident).s);
		end(c);
	}
	if (label(c, "Roles seen")) {
		text(c, s->roles[0] ? s->roles : "none yet");
		end(c);
	}
	if (s->unseen[0] && label(c, "Not seen")) {
		text(c, s->unseen);
		end(c);
	}
}

static void
totals(struct canvas *c)
{
	const struct aud_live_status *st = &c->s->status;

	if (!label(c, "Findings"))
		return;
	for (int i = AUD_CRITICAL; i >= AUD_INFO; i--) {
		if (!st->findings[i] && c->s->width < WIDE)
			continue;
		code(c, st->findings[i] ? paint(c->s, (enum aud_severity)i) : "");
		print(c, "%s %s", count(st->findings[i]).s, aud_severity_name((enum aud_severity)i));
		code(c, PLAIN);
		text(c, "  ");
	}
	print(c, "%s waived", count(st->waived).s);
	end(c);
}

/* Bytes of the text that fit into that many columns, broken at a blank where the rest goes on in the next line. */
static size_t
piece(const struct screen *s, const char *from, size_t columns)
{
	size_t bytes, blank;

	screen_columns(s, from, columns, &bytes);
	if (!from[bytes])
		return bytes;
	for (blank = bytes; blank && from[blank] != ' '; blank--)
		;
	return blank > bytes / 2 ? blank : bytes;
}

/* How many lines the text takes beside what stands before it, ITEM_LINES at most. */
static unsigned
lines_of(const struct screen *s, const char *from)
{
	size_t left = SEVERITY + (s->width >= WIDE ? 15 : 9);
	unsigned n = 1;

	for (; s->width > 2 * left && n <= ITEM_LINES; n++) {
		from += piece(s, from, s->width - left);
		from += strspn(from, " ");
		if (!*from)
			break;
	}
	return n < ITEM_LINES ? n : ITEM_LINES;
}

static void
item(struct canvas *c, const struct item *it, unsigned lines)
{
	const struct screen *s = c->s;
	const char *from = it->text;
	size_t left;

	if (!begin(c))
		return;
	code(c, paint(s, it->severity));
	text(c, aud_severity_name(it->severity));
	code(c, PLAIN);
	pad(c, SEVERITY);
	print(c, "%s ", clock_of(it->ts_ns).s + (s->width >= WIDE ? DAY : HOUR));
	left = c->column;
	for (; lines > 1; lines--) {
		size_t n = piece(s, from, s->width - left);

		print(c, "%.*s", (int)n, from);
		from += n;
		from += strspn(from, " ");
		end(c);
		if (!begin(c))
			return;
		pad(c, left);
	}
	text(c, from);
	end(c);
}

/* As many as there is room for in so many rows; lines that are left over go to the first that take several. */
static void
items(struct canvas *c, const char *title, const struct item *items, size_t n, uint64_t total, unsigned rows)
{
	unsigned last = c->row + rows, spare;
	size_t shown = n;

	if (!rows || !begin(c))
		return;
	if (shown > rows - 1)
		shown = rows - 1;
	spare = rows - 1 - (unsigned)shown;
	code(c, BOLD);
	print(c, "%s", title);
	if (shown < n || total > n)
		print(c, " (%zu of %s)", shown, count(total > n ? total : n).s);
	end(c);
	for (size_t i = 0; i < shown; i++) {
		unsigned more = spare ? lines_of(c->s, items[i].text) - 1 : 0;

		more = more < spare ? more : spare;
		spare -= more;
		item(c, &items[i], 1 + more);
	}
	if (!n && c->row < last && begin(c)) {
		text(c, "none");
		end(c);
	}
	while (c->row < last && begin(c))
		end(c);
}

static uint64_t
open_findings(const struct screen *s)
{
	uint64_t n = 0;

	for (int i = AUD_INFO; i <= AUD_CRITICAL; i++)
		n += s->status.findings[i];
	return n;
}

/* Few lines: what is wrong goes before how the sensor does. */
void
screen_draw(struct screen *s)
{
	struct canvas c = {.s = s, .row = 1};
	unsigned alerts = s->nalerts < ALERTS_SHOWN ? (unsigned)s->nalerts : ALERTS_SHOWN, left;

	s->nout = s->out_done = 0;
	if (s->whole)
		code(&c, "\033[2J");
	s->whole = false;
	head(&c);
	traffic(&c);
	losses(&c);
	if (s->height >= TALL)
		sensor(&c);
	totals(&c);
	/* The last line tells the key. */
	left = s->height > c.row ? s->height - c.row : 0;
	if (s->height < TALL && alerts > 1)
		alerts = 1;
	alerts = left > alerts + 4 ? alerts + 1 + !alerts : 0;
	items(&c, "Findings, by severity, newest first", s->findings, s->nfindings, open_findings(s), left - alerts);
	items(&c, "Alerts, newest first", s->alerts, s->nalerts, s->nalerts, alerts);
	c.row = s->height;
	if (begin(&c)) {
		code(&c, REVERSE);
		text(&c, " q ");
		code(&c, PLAIN);
		text(&c, " ends the audit");
		end(&c);
	}
}

char *
screen_summary(const struct screen *s, char *dst, size_t size)
{
	const struct aud_live_status *st = &s->status;
	uint64_t kernel, interface;
	int n;

	drops(st, &kernel, &interface);
	n = snprintf(dst, size, "%s packets/s, %sbit/s, %s packets, %s dropped, %s flows live, findings:", count(s->rate.per_second).s,
	    scaled(s->rate.bits).s, count(st->packets).s, count(kernel + interface).s, count(st->live_flows).s);
	for (int i = AUD_CRITICAL; i >= AUD_INFO && n > 0 && (size_t)n < size; i--)
		n += snprintf(dst + n, size - (size_t)n, "%s %s %s", i == AUD_CRITICAL ? "" : ",", count(st->findings[i]).s,
		    aud_severity_name((enum aud_severity)i));
	return dst;
}
