/* What a syslog message says: RFC 5424, section 6. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <aud/addr.h>
#include <aud/events.h>

#include "tell.h"

/*
 * Structured data of our own needs a private enterprise number. 32473 is the one that RFC 5612 sets aside for examples: the project has
 * registered none.
 */
#define SD_ID "spanaudit@32473"
#define BOM "\xef\xbb\xbf"
#define ELLIPSIS "\xe2\x80\xa6"

/* TAIL: what the parts behind our own parameters take, and a beginning of the text. */
enum { DAEMON = 3, VALUE_MAX = 160, PATH_SHOWN = 255, TEXT_SHOWN = 7000, TAIL = 256 };

struct page {
	char *buf;
	size_t size, n;
};

/* All of it, or nothing where that does not fit. */
static void add(struct page *, const char *fmt, ...) AUD_PRINTF(2, 3);
static void
add(struct page *p, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(p->buf + p->n, p->size - p->n, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= p->size - p->n)
		p->buf[p->n] = '\0';
	else
		p->n += (size_t)n;
}

/* A parameter: in its value ", \ and ] are escaped (section 6.3.3). One that does not fit is left out whole. */
static void
param(struct page *p, const char *name, const char *value, size_t max)
{
	char clean[PATH_SHOWN + 1], escaped[2 * sizeof clean];
	size_t n = 0;

	if (!value || !*value)
		return;
	tell_clean(clean, (max < PATH_SHOWN ? max : PATH_SHOWN) + 1, value);
	for (const char *c = clean; *c; c++) {
		if (strchr("\"\\]", *c))
			escaped[n++] = '\\';
		escaped[n++] = *c;
	}
	escaped[n] = '\0';
	add(p, " %s=\"%s\"", name, escaped);
}

static void
param_number(struct page *p, const char *name, uint64_t n)
{
	add(p, " %s=\"%" PRIu64 "\"", name, n);
}

static void
param_flow(struct page *p, const struct aud_event *e)
{
	const struct aud_finding *f = e->finding;
	struct aud_community_id id;
	bool ports = f->proto == 6 || f->proto == 17 || f->proto == 132;

	if (f->client.family)
		param(p, "src", aud_addr_str(&f->client).s, VALUE_MAX);
	if (f->server.family)
		param(p, "dst", aud_addr_str(&f->server).s, VALUE_MAX);
	if (f->port >= 0)
		param_number(p, "dpt", (uint64_t)f->port);
	if (f->proto)
		param(p, "proto", aud_proto_name(f->proto).s, VALUE_MAX);
	param(p, "app", f->app, VALUE_MAX);
	if (f->proto && ports && f->port >= 0 && e->client_port) {
		param_number(p, "spt", e->client_port);
		if (aud_community_id(&id, &f->client, e->client_port, &f->server, (uint16_t)f->port, f->proto))
			param(p, "communityId", id.s, VALUE_MAX);
	}
}

static void
param_citations(struct page *p, const struct aud_event *e)
{
	const struct aud_finding *f = e->finding;
	char list[VALUE_MAX + 1] = "";

	for (size_t i = 0, n = 0; e->trial && e->trial->matrix && i < f->ncitations && n < sizeof list; i++) {
		struct aud_citation_text c = aud_citation(e->trial->matrix, f->citations[i]);
		size_t len = strlen(c.s) + (n > 0);

		/* Half a citation would be another one. */
		if (n + len >= sizeof list)
			break;
		n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", n ? " " : "", c.s);
	}
	param(p, "citations", list, VALUE_MAX);
}

static void
structured(struct page *p, const struct syslog_who *who, const struct aud_event *e)
{
	const struct aud_finding *f = e->finding;
	const struct aud_matrix *m = e->trial ? e->trial->matrix : NULL;

	p->size -= TAIL;
	add(p, "[" SD_ID);
	if (e->kind == AUD_EVENT_ALERT) {
		param(p, "alert", aud_alert_slug(e->alert), VALUE_MAX);
		param(p, "severity", aud_severity_name(aud_alert_severity(e->alert)), VALUE_MAX);
	} else {
		param(p, "id", f->id, VALUE_MAX);
		param(p, "action", tell_action(e->action), VALUE_MAX);
		param(p, "kind", aud_kind_slug(f->kind), VALUE_MAX);
		param(p, "severity", aud_severity_name(f->severity), VALUE_MAX);
		param(p, "certainty", aud_certainty_name(f->certainty), VALUE_MAX);
		param_flow(p, e);
		param_number(p, "flows", f->flows);
		param_number(p, "packets", f->packets);
		param(p, "rule", m && f->rule >= 0 ? m->rules[f->rule].id : NULL, VALUE_MAX);
		param_citations(p, e);
		param(p, "evidenceFile", e->evidence, PATH_SHOWN);
		if (f->waiver >= 0)
			param(p, "waiver", f->waiver_expired ? "expired" : "waived", VALUE_MAX);
	}
	p->size += TAIL;
	add(p, "][origin software=\"spanaudit\"");
	if (strcmp(who->version, "-") != 0)
		param(p, "swVersion", who->version, 32);
	add(p, "][meta sequenceId=\"%" PRIu32 "\"]", who->sequence);
}

/* Section 6.2.1: what is over, or accepted, is for information. */
static int
severity(const struct aud_event *e)
{
	static const int of[] = {
	    [AUD_INFO] = 6, [AUD_LOW] = 5, [AUD_MEDIUM] = 4, [AUD_HIGH] = 3, [AUD_CRITICAL] = 2};

	if (e->kind == AUD_EVENT_ALERT)
		return of[aud_alert_severity(e->alert)];
	if (e->action == AUD_ACTION_ENDED || (e->finding->waiver >= 0 && !e->finding->waiver_expired))
		return of[AUD_INFO];
	return of[e->finding->severity];
}

/* The text fills what is left; where that is too little it ends in an ellipsis, and in no half character. */
static void
text(struct page *p, const char *lead, const char *s)
{
	char clean[TEXT_SHOWN];
	size_t left, n;

	tell_clean(clean, sizeof clean, s);
	add(p, " " BOM "%s", lead);
	left = p->size - p->n - 1;
	n = strlen(clean);
	if (n <= left) {
		add(p, "%s", clean);
		return;
	}
	if (left < sizeof ELLIPSIS)
		return;
	n = left - (sizeof ELLIPSIS - 1);
	while (n && (clean[n] & 0xc0) == 0x80)
		n--;
	add(p, "%.*s" ELLIPSIS, (int)n, clean);
}

size_t
syslog_format(char *buf, size_t size, const struct syslog_who *who, const struct aud_event *e)
{
	struct page p = {.buf = buf, .size = size};
	const char *id;
	char lead[128] = "";

	if (e->kind == AUD_EVENT_STATS)
		return 0;
	id = e->kind == AUD_EVENT_ALERT ? aud_alert_slug(e->alert) : aud_kind_slug(e->finding->kind);
	add(&p, "<%d>1 %s %s spanaudit %ld %s ", DAEMON * 8 + severity(e), tell_time(e->ts_ns, "Z").s, who->host, who->pid, id);
	structured(&p, who, e);
	if (e->kind == AUD_EVENT_ALERT)
		text(&p, "", e->text ? e->text : id);
	else {
		snprintf(lead, sizeof lead, "%s (%s): ", aud_kind_title(e->finding->kind), tell_action(e->action));
		text(&p, lead, e->finding->reason);
	}
	return p.n;
}
