/* An event as a line of JSON; schema: events.schema.json. The only file that includes jansson.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <aud/addr.h>
#include <aud/events.h>

#include "path.h"
#include "tell.h"

/* Bytes of a text in a line; longer ones are cut, so that a line is bounded whatever the network called its hosts. */
enum { TEXT_MAX = 4096, NAME_MAX_BYTES = 512, CITATIONS_MAX = 64 };

/* Filled by one walk; a failure (out of memory) is asked for once, at the end. */
struct draft {
	const struct aud_event *e;
	bool failed;
};

static void
put(struct draft *d, json_t *in, const char *key, json_t *v)
{
	if (json_object_set_new(in, key, v))
		d->failed = true;
}

static void
append(struct draft *d, json_t *list, json_t *v)
{
	if (json_array_append_new(list, v))
		d->failed = true;
}

static json_t *
text(const char *s, size_t max)
{
	char clean[TEXT_MAX + 1];

	return s ? json_string(tell_clean(clean, max + 1, s)) : json_null();
}

/* JSON's integers end at 2^63 - 1 here. */
static json_t *
number(uint64_t n)
{
	return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

static json_t *
when(uint64_t ns)
{
	return ns ? json_string(tell_time_ns(ns).s) : json_null();
}

static json_t *
roles(struct draft *d, aud_roles set)
{
	const struct aud_site *site = d->e->trial ? d->e->trial->site : NULL;
	json_t *list = json_array();

	if (set == AUD_ROLES_ANY)
		append(d, list, json_string("any"));
	else
		for (unsigned i = 0; i < AUD_ROLE_MAX; i++)
			if (set & AUD_ROLE_BIT(i))
				append(d, list, text(aud_site_role_name(site, i), NAME_MAX_BYTES));
	return list;
}

static json_t *
side(struct draft *d, const struct aud_addr *a, const char *name, aud_roles set)
{
	json_t *o = json_object();

	put(d, o, "address", a->family ? json_string(aud_addr_str(a).s) : json_null());
	put(d, o, "name", text(name, NAME_MAX_BYTES));
	put(d, o, "roles", roles(d, set));
	return o;
}

static json_t *
citations(struct draft *d, const struct aud_finding *f)
{
	const struct aud_matrix *m = d->e->trial ? d->e->trial->matrix : NULL;
	json_t *list = json_array();

	for (size_t i = 0; m && i < f->ncitations && i < CITATIONS_MAX; i++)
		append(d, list, text(aud_citation(m, f->citations[i]).s, NAME_MAX_BYTES));
	return list;
}

static json_t *
evidence(struct draft *d, const struct aud_finding *f)
{
	const struct aud_trial *t = d->e->trial;
	json_t *list = json_array();

	for (size_t i = 0; i < f->nevidence; i++) {
		size_t input = (size_t)(f->evidence[i] >> 48);
		json_t *o;

		if (!f->evidence[i])
			continue;
		o = json_object();
		put(d, o, "input", text(t && input < t->ninputs ? aud_base_name(t->inputs[input].info.path) : NULL, NAME_MAX_BYTES));
		put(d, o, "frame", number(AUD_FRAME_NUMBER(f->evidence[i])));
		append(d, list, o);
	}
	return list;
}

static json_t *
waiver(struct draft *d, const struct aud_finding *f)
{
	const struct aud_site *site = d->e->trial ? d->e->trial->site : NULL;
	const struct aud_waiver *w;
	json_t *o;

	if (f->waiver < 0 || !site || (size_t)f->waiver >= site->nwaivers)
		return json_null();
	w = &site->waivers[f->waiver];
	o = json_object();
	put(d, o, "reason", text(w->reason, TEXT_MAX));
	put(d, o, "owner", text(w->owner, NAME_MAX_BYTES));
	put(d, o, "expires", text(w->expires, NAME_MAX_BYTES));
	put(d, o, "expired", json_boolean(f->waiver_expired));
	return o;
}

static json_t *
finding(struct draft *d, const struct aud_finding *f)
{
	const struct aud_matrix *m = d->e->trial ? d->e->trial->matrix : NULL;
	json_t *o = json_object();

	put(d, o, "id", text(f->id, NAME_MAX_BYTES));
	put(d, o, "action", json_string(tell_action(d->e->action)));
	put(d, o, "kind", json_string(aud_kind_slug(f->kind)));
	put(d, o, "severity", json_string(aud_severity_name(f->severity)));
	put(d, o, "certainty", json_string(aud_certainty_name(f->certainty)));
	put(d, o, "title", json_string(aud_kind_title(f->kind)));
	put(d, o, "reason", text(f->reason, TEXT_MAX));
	put(d, o, "client", side(d, &f->client, f->client_name, f->client_roles));
	put(d, o, "server", side(d, &f->server, f->server_name, f->server_roles));
	put(d, o, "transport", f->proto ? json_string(aud_proto_name(f->proto).s) : json_null());
	put(d, o, "port", f->port < 0 ? json_null() : number((uint64_t)f->port));
	put(d, o, "app", text(f->app, NAME_MAX_BYTES));
	put(d, o, "rule", text(m && f->rule >= 0 ? m->rules[f->rule].id : NULL, NAME_MAX_BYTES));
	put(d, o, "nearest", text(m && f->rule < 0 && f->nearest >= 0 ? m->rules[f->nearest].id : NULL, NAME_MAX_BYTES));
	put(d, o, "citations", citations(d, f));
	put(d, o, "flows", number(f->flows));
	put(d, o, "packets", number(f->packets));
	put(d, o, "bytes", number(f->bytes));
	put(d, o, "first", when(f->first_ns));
	put(d, o, "last", when(f->last_ns));
	put(d, o, "evidence", evidence(d, f));
	put(d, o, "evidence_file", text(d->e->evidence, TEXT_MAX));
	put(d, o, "evidence_missing", text(d->e->no_evidence, TEXT_MAX));
	put(d, o, "waiver", waiver(d, f));
	return o;
}

/* Whom a finding speaks of, under EVE's names; what is not known is left out. */
static void
flow(struct draft *d, json_t *o, const struct aud_finding *f)
{
	static const uint8_t ported[] = {6, 17, 132};
	bool ports = f->proto && memchr(ported, f->proto, sizeof ported);
	uint16_t cport = f->port >= 0 && ports ? d->e->client_port : 0;
	struct aud_community_id id;
	uint64_t flow_id = tell_flow_id(f);

	if (flow_id)
		put(d, o, "flow_id", number(flow_id));
	if (f->client.family)
		put(d, o, "src_ip", json_string(aud_addr_str(&f->client).s));
	if (cport)
		put(d, o, "src_port", number(cport));
	if (f->server.family)
		put(d, o, "dest_ip", json_string(aud_addr_str(&f->server).s));
	if (f->port >= 0)
		put(d, o, "dest_port", number((uint64_t)f->port));
	if (f->proto) {
		struct aud_proto_text p = aud_proto_name(f->proto);

		for (char *c = p.s; *c; c++)
			*c = (char)toupper((unsigned char)*c);
		put(d, o, "proto", json_string(p.s));
	}
	if (f->app)
		put(d, o, "app_proto", text(f->app, NAME_MAX_BYTES));
	if ((cport || !ports) && f->proto && aud_community_id(&id, &f->client, cport, &f->server, (uint16_t)(f->port < 0 ? 0 : f->port), f->proto))
		put(d, o, "community_id", json_string(id.s));
}

static json_t *
alert(struct draft *d, const struct aud_event *e)
{
	json_t *o = json_object();

	put(d, o, "name", json_string(aud_alert_slug(e->alert)));
	put(d, o, "severity", json_string(aud_severity_name(aud_alert_severity(e->alert))));
	put(d, o, "text", text(e->text, TEXT_MAX));
	return o;
}

static json_t *
interfaces(struct draft *d, const struct aud_live_status *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->ninterfaces; i++) {
		const struct aud_live_interface *in = &s->interfaces[i];
		json_t *o = json_object();

		put(d, o, "name", text(in->name, NAME_MAX_BYTES));
		put(d, o, "up", json_boolean(in->up));
		put(d, o, "received", number(in->received));
		put(d, o, "kernel_drops", number(in->kernel_drops));
		put(d, o, "interface_drops", number(in->interface_drops));
		append(d, list, o);
	}
	return list;
}

static json_t *
stats(struct draft *d, const struct aud_live_status *s)
{
	const struct {
		const char *key;
		uint64_t n;
	} counters[] = {{"uptime", s->now_ns > s->started_ns ? (s->now_ns - s->started_ns) / 1000000000 : 0}, {"frames", s->frames},
	    {"packets", s->packets}, {"bytes", s->bytes}, {"flows", s->flows}, {"live_flows", s->live_flows}, {"states", s->states},
	    {"conversations", s->conversations}, {"evicted_flows", s->evicted_flows}, {"dropped_flows", s->dropped_flows},
	    {"waived", s->waived}, {"told", s->told}, {"flushes", s->flushes}, {"flush_failures", s->flush_failures},
	    {"flush_took_ns", s->flush_took_ns}, {"judge_took_ns", s->judge_took_ns}, {"resident", s->resident}};
	json_t *o = json_object(), *findings = json_object(), *alerts = json_object();

	for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
		put(d, o, counters[i].key, number(counters[i].n));
	put(d, o, "last_packet", when(s->last_packet_ns));
	put(d, o, "last_flush", when(s->last_flush_ns));
	put(d, o, "last_judged", when(s->judged_ns));
	for (int i = AUD_CRITICAL; i >= AUD_INFO; i--)
		put(d, findings, aud_severity_name((enum aud_severity)i), number(s->findings[i]));
	put(d, o, "findings", findings);
	for (int i = 0; i < AUD_ALERT_COUNT; i++)
		put(d, alerts, aud_alert_slug((enum aud_alert)i), number(s->alerts[i]));
	put(d, o, "alerts", alerts);
	put(d, o, "interfaces", interfaces(d, s));
	return o;
}

static void
record(struct draft *d, json_t *o)
{
	const struct aud_event *e = d->e;

	switch (e->kind) {
	case AUD_EVENT_FINDING:
		flow(d, o, e->finding);
		put(d, o, "finding", finding(d, e->finding));
		break;
	case AUD_EVENT_ALERT:
		put(d, o, "alert", alert(d, e));
		break;
	case AUD_EVENT_STATS:
		put(d, o, "stats", stats(d, e->status));
		break;
	}
}

char *
tell_line(const struct aud_event *e, size_t *len)
{
#define X(e, slug) slug,
	static const char *const types[] = {AUD_EVENTS(X)};
#undef X
	struct draft d = {.e = e};
	json_t *o = json_object();
	char *line = NULL;
	size_t n;

	put(&d, o, "schema", json_string("spanaudit-events/1"));
	put(&d, o, "timestamp", json_string(tell_time(e->ts_ns, TELL_UTC).s));
	put(&d, o, "event_type", json_string(types[e->kind]));
	record(&d, o);
	n = d.failed ? 0 : json_dumpb(o, NULL, 0, JSON_COMPACT);
	if (n && (line = malloc(n + 1))) {
		/* Both calls write the same: keys stand in the order in which they were put. */
		json_dumpb(o, line, n, JSON_COMPACT);
		line[n] = '\n';
		*len = n + 1;
	}
	json_decref(o);
	return line;
}
