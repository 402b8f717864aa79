#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aud/date.h>

#include "cli.h"
#include "options.h"
#include "wrap.h"

enum { OPTS_MAX = 32, LONG = 256 }; /* an option's value for getopt_long: LONG + its place in the table */

static const struct opt help_opt = {'h', "help", NULL, "this text", NULL, 0};

int
opts_fail(const struct usage *u, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	say("%s (see 'spanaudit %s --help')", text, u->command);
	return STATUS_USAGE;
}

static void
help_row(const struct opt *o)
{
	char left[64];
	const char *join = !o->arg || o->arg[0] == '[' ? "" : "=";

	snprintf(left, sizeof left, "%c%c%c --%s%s%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
	    o->letter ? ',' : ' ', o->name, join, o->arg ? o->arg : "");
	printf("  %-24s  ", left);
	wrap(stdout, 28, 28, o->help);
}

static int
help(const struct usage *u)
{
	printf("usage: spanaudit %s [OPTION]... ", u->command);
	wrap(stdout, strlen("usage: spanaudit  [OPTION]... ") + strlen(u->command), 4, u->operands);
	putchar('\n');
	wrap(stdout, 0, 0, u->about);
	putchar('\n');
	for (size_t i = 0; i < u->nopts; i++)
		help_row(&u->opts[i]);
	help_row(&help_opt);
	if (u->more) {
		putchar('\n');
		wrap(stdout, 0, 0, u->more);
	}
	return (int)output_flush();
}

/* What getopt_long wants of the tables. */
static void
translate(const struct usage *u, struct option *longs, char *shorts)
{
	*shorts++ = ':';
	*shorts++ = 'h';
	for (size_t i = 0; i < u->nopts; i++) {
		const struct opt *o = &u->opts[i];
		int arg = !o->arg ? no_argument : o->arg[0] == '[' ? optional_argument : required_argument;

		longs[i] = (struct option){o->name, arg, NULL, LONG + (int)i};
		if (!o->letter)
			continue;
		*shorts++ = o->letter;
		if (arg != no_argument)
			*shorts++ = ':';
	}
	longs[u->nopts] = (struct option){help_opt.name, no_argument, NULL, 'h'};
	*shorts = '\0';
}

static int
unknown(const struct usage *u, const char *word)
{
	const char *names[OPTS_MAX + 1], *near;
	char name[64];
	size_t n = 0;

	if (optopt >= LONG)
		return opts_fail(u, "--%s takes no value", u->opts[optopt - LONG].name);
	if (optopt == 'h' && !strncmp(word, "--", 2))
		return opts_fail(u, "--help takes no value");
	if (optopt)
		return opts_fail(u, "unknown option -%c", optopt);
	for (; n < u->nopts; n++)
		names[n] = u->opts[n].name;
	names[n++] = help_opt.name;
	snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
	near = aud_nearest(name, names, n);
	if (near)
		return opts_fail(u, "unknown option --%s, did you mean --%s?", name, near);
	return opts_fail(u, "unknown option --%s", name);
}

static const struct opt *
find(const struct usage *u, int c)
{
	if (c >= LONG)
		return &u->opts[c - LONG];
	for (size_t i = 0; i < u->nopts; i++)
		if (u->opts[i].letter == c)
			return &u->opts[i];
	return NULL;
}

int
opts_parse(const struct usage *u, void *fields, int argc, char **argv)
{
	struct option longs[OPTS_MAX + 2] = {0};
	char shorts[2 * OPTS_MAX + 4];
	int c;

	if (u->nopts > OPTS_MAX)
		abort();
	translate(u, longs, shorts);
	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct opt *o;
		const char *want;

		if (c == 'h')
			return help(u);
		if (c == '?')
			return unknown(u, argv[optind - 1]);
		o = find(u, c == ':' ? optopt : c);
		if (!o)
			abort();
		if (c == ':')
			return opts_fail(u, "--%s needs a value: %s", o->name, o->arg);
		want = o->set((char *)fields + o->offset, optarg);
		if (want && optarg)
			return opts_fail(u, "--%s '%s': must be %s", o->name, optarg, want);
	}
	return -1;
}

const char *
opt_flag(void *field, const char *text)
{
	(void)text;
	*(bool *)field = true;
	return NULL;
}

const char *
opt_text(void *field, const char *text)
{
	*(const char **)field = text;
	return *text ? NULL : "something: it is empty";
}

/* Digits only: strtoull alone would take blanks and signs. */
static bool
number(const char *text, uint64_t *out, char **end)
{
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*out = strtoull(text, end, 10);
	return errno == 0;
}

const char *
opt_threads(void *field, const char *text)
{
	uint64_t n;
	char *end;

	if (!number(text, &n, &end) || *end || n < 1 || n > 256)
		return "a whole number from 1 to 256";
	*(unsigned *)field = (unsigned)n;
	return NULL;
}

const char *
opt_size(void *field, const char *text)
{
	static const char *const want = "a number of bytes from 1M on, such as 512M or 2G";
	uint64_t n;
	unsigned shift = 0;
	char *end;

	if (!number(text, &n, &end))
		return want;
	if (*end)
		shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
	if ((*end && (!shift || end[1])) || n > SIZE_MAX >> shift || n << shift < 1 << 20)
		return want;
	*(size_t *)field = (size_t)(n << shift);
	return NULL;
}

const char *
opt_port(void *field, const char *text)
{
	uint64_t n;
	char *end;

	if (!number(text, &n, &end) || *end || n < 1 || n > UINT16_MAX)
		return "a port, from 1 to 65535";
	*(uint16_t *)field = (uint16_t)n;
	return NULL;
}

const char *
opt_date(void *field, const char *text)
{
	if (!aud_date_valid(text))
		return "a date, YYYY-MM-DD";
	*(const char **)field = text;
	return NULL;
}
