/*
 * CEF, ArcSight's Common Event Format, version 0: a finding a line, as the message of a syslog record. In the header | and \ are
 * escaped, in values = and \; line breaks are none, since clean text has none. Values are cut to the lengths of CEF's dictionary.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

struct cef {
	struct records rec;
	char version[32];
};

static bool
begin(struct pen *p)
{
	return (p->own = calloc(1, sizeof(struct cef))) != NULL;
}

/* At most max bytes of the text, no character cut in two. */
static size_t
length(const char *s, size_t max)
{
	size_t n = strlen(s);

	if (n <= max)
		return n;
	while (max && (s[max] & 0xc0) == 0x80)
		max--;
	return max;
}

static void
escape(FILE *out, const char *s, const char *special, size_t max)
{
	size_t n = length(s, max);

	for (size_t i = 0; i < n; i++) {
		if (strchr(special, s[i]))
			putc('\\', out);
		putc(s[i], out);
	}
}

static void
header(FILE *out, const char *s)
{
	escape(out, s, "|\\", 512);
	putc('|', out);
}

static void
value(FILE *out, const char *key, const char *s, size_t max)
{
	if (!*s)
		return;
	fprintf(out, " %s=", key);
	escape(out, s, "=\\", max);
}

/* A field of one's own: its label says what it is. */
static void
custom(FILE *out, const char *key, const char *label, const char *s)
{
	if (!*s)
		return;
	value(out, key, s, 4000);
	fprintf(out, " %sLabel=%s", key, label);
}

static void
address(FILE *out, const char *v4, const char *v6, const char *label, const char *s)
{
	if (strchr(s, ':'))
		custom(out, v6, label, s);
	else
		value(out, v4, s, 64);
}

static void
when(FILE *out, const char *key, uint64_t ns)
{
	if (ns)
		fprintf(out, " %s=%" PRIu64, key, ns / 1000000);
}

/* CEF's bands are 0-3 low, 4-6 medium, 7-8 high, 9-10 very high. */
static int
severity(const char *s)
{
	static const struct {
		const char *name;
		int n;
	} all[] = {{"info", 1}, {"low", 3}, {"medium", 5}, {"high", 8}, {"critical", 10}};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (!strcmp(all[i].name, s))
			return all[i].n;
	return 0;
}

/* "day.pcap:132 day.pcap:135" */
static void
frames(FILE *f, const struct sheet *s)
{
	const struct sheet_entry *in, *frame;
	size_t a = 0, b = 0;

	for (const char *blank = ""; (in = sheet_next(s, "evidence.input", &a)) && (frame = sheet_next(s, "evidence.frame", &b)); blank = " ")
		fprintf(f, "%s%s:%" PRIu64, blank, sheet_entry_text(s, in), frame->n);
}

static void
citations(FILE *f, const struct sheet *s)
{
	sheet_join(f, s, "citations");
}

static void
client_roles(FILE *f, const struct sheet *s)
{
	sheet_join(f, s, "client.roles");
}

static void
server_roles(FILE *f, const struct sheet *s)
{
	sheet_join(f, s, "server.roles");
}

static void
waiver(FILE *f, const struct sheet *s)
{
	if (sheet_null(s, "waiver.expired"))
		return;
	fputs(sheet_number(s, "waiver.expired") ? "expired" : "waived", f);
	if (!sheet_null(s, "waiver.expires"))
		fprintf(f, sheet_number(s, "waiver.expired") ? " on %s" : " until %s", sheet_text(s, "waiver.expires"));
	if (!sheet_null(s, "waiver.owner"))
		fprintf(f, " by %s", sheet_text(s, "waiver.owner"));
	fprintf(f, ": %s", sheet_text(s, "waiver.reason"));
}

static const struct {
	const char *key, *label;
	void (*write)(FILE *, const struct sheet *);
} customs[] = {
    {"cs1", "Citations", citations}, {"cs3", "Client roles", client_roles}, {"cs4", "Server roles", server_roles},
    {"cs5", "Frames", frames}, {"flexString1", "Waiver", waiver},
};

static bool
write_customs(FILE *out, const struct sheet *s)
{
	for (size_t i = 0; i < sizeof customs / sizeof *customs; i++) {
		char *text;
		size_t n;
		FILE *f = open_memstream(&text, &n);
		bool ok;

		if (!f)
			return false;
		customs[i].write(f, s);
		ok = !fclose(f);
		if (ok)
			custom(out, customs[i].key, customs[i].label, text);
		free(text);
		if (!ok)
			return false;
	}
	return true;
}

static bool
finding(struct pen *p)
{
	const struct cef *c = p->own;
	const struct sheet *s = &c->rec.sheet;
	FILE *out = p->out;

	fputs("CEF:0|spanaudit|spanaudit|", out);
	header(out, c->version);
	header(out, sheet_text(s, "kind"));
	header(out, sheet_text(s, "title"));
	fprintf(out, "%d|externalId=%s", severity(sheet_text(s, "severity")), sheet_text(s, "id"));
	when(out, "start", sheet_number(s, "first"));
	when(out, "end", sheet_number(s, "last"));
	if (sheet_number(s, "flows"))
		fprintf(out, " cnt=%" PRIu64, sheet_number(s, "flows"));
	address(out, "src", "c6a2", "Source IPv6 Address", sheet_text(s, "client.address"));
	value(out, "shost", sheet_text(s, "client.name"), 1023);
	address(out, "dst", "c6a3", "Destination IPv6 Address", sheet_text(s, "server.address"));
	value(out, "dhost", sheet_text(s, "server.name"), 1023);
	if (!sheet_null(s, "port"))
		fprintf(out, " dpt=%" PRIu64, sheet_number(s, "port"));
	value(out, "proto", sheet_text(s, "transport"), 31);
	value(out, "app", sheet_text(s, "app"), 31);
	value(out, "msg", sheet_text(s, "reason"), 1023);
	custom(out, "cs2", "Rule", sheet_text(s, "rule"));
	custom(out, "cs6", "Certainty", sheet_text(s, "certainty"));
	if (!write_customs(out, s))
		return false;
	putc('\n', out);
	return true;
}

static bool
open(struct pen *p, enum shape shape, const char *name)
{
	struct cef *c = p->own;

	return records_open(&c->rec, shape, name);
}

/* Other sections are not kept: that of IPsec may have a hundred thousand records. */
static bool
field(struct pen *p, const char *name, const struct value *v)
{
	struct cef *c = p->own;

	if (strcmp(c->rec.section, "findings") != 0 && strcmp(c->rec.section, "tool") != 0)
		return true;
	return records_field(&c->rec, name, v);
}

static bool
close(struct pen *p)
{
	struct cef *c = p->own;

	if (records_close(&c->rec) != CLOSED_RECORD)
		return true;
	if (!strcmp(c->rec.section, "tool"))
		snprintf(c->version, sizeof c->version, "%s", sheet_text(&c->rec.sheet, "version"));
	return strcmp(c->rec.section, "findings") != 0 || finding(p);
}

static bool
end(struct pen *p)
{
	struct cef *c = p->own;

	if (c)
		sheet_free(&c->rec.sheet);
	free(c);
	return true;
}

const struct writer writer_cef = {begin, open, field, close, end, NULL};
