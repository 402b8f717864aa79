#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "talks.h"

struct talks {
	const struct aud_report *r;
	char *const *inputs;	/* names as the report prints them */
	struct cells *c;
	const char *schema;
	uint64_t last;
	uint8_t proto;		/* whose names these are */
	char transport[16], capitals[16];
};

#define X(e, name) name,
static const char *const classes[] = {AUD_CASE_CLASS_LIST(X)};
#undef X

void
talks_head(FILE *out)
{
	fputs("client,client_name,client_roles,server,server_name,server_roles,transport,port,app,class,certainty,failed,rule,direction_by,"
	      "tunnel,flows,attempts_only,client_port_lo,client_port_hi,packets_client,packets_server,bytes_client,bytes_server,tls_min,"
	      "tls_max,first,last,evidence\n", out);
}

static void
role_names(FILE *f, const struct talks *t, aud_roles set, const char *between, const char *around)
{
	const char *lead = "";

	for (unsigned i = 0; i < AUD_ROLE_MAX; i++) {
		char *clean;

		if (set == AUD_ROLES_ANY ? i > 0 : !(set >> i & 1))
			continue;
		clean = cells_clean(set == AUD_ROLES_ANY ? "any" : aud_site_role_name(t->r->trial->site, i));
		if (!clean) {
			t->c->failed = true;
			return;
		}
		fputs(lead, f);
		if (*around)
			cells_quote(f, true, clean);
		else
			fputs(clean, f);
		lead = between;
		free(clean);
	}
}

/* "client_name,client_roles", or in JSON the rest of the object whose address was told. */
static char *
name_and_roles(const struct talks *t, const struct aud_who *who)
{
	const char *host = who->host ? who->host->name : NULL;
	char *name = host ? cells_clean(host) : NULL, *shown = NULL, *roles = NULL;
	size_t n, m;
	FILE *f = open_memstream(&shown, &n), *list = open_memstream(&roles, &m);
	bool ok = f && list && (name || !host);

	if (ok) {
		role_names(list, t, who->roles, t->c->json ? "," : " ", t->c->json ? "\"" : "");
		ok = !fflush(list);
	}
	if (ok) {
		fputs(t->c->json ? ",\"name\":" : ",", f);
		if (name)
			cells_quote(f, t->c->json, name);
		else if (t->c->json)
			fputs("null", f);
		fputs(t->c->json ? ",\"roles\":[" : ",", f);
		if (t->c->json)
			fputs(roles, f);
		else
			cells_quote(f, false, roles);
		if (t->c->json)
			fputs("]}", f);
	}
	ok = f && !fclose(f) && ok;
	if (list)
		fclose(list);
	free(roles);
	free(name);
	if (ok)
		return shown;
	free(shown);
	return NULL;
}

static void
side(struct talks *t, const struct aud_addr *a, const struct aud_who *who)
{
	/* Of several definitions with the same roles each has its name. */
	const void *owner = who->host ? (const void *)who->host : t;

	cells_word(t->c, a->family ? aud_addr_str(a).s : NULL);
	if (!cells_again(t->c, owner, who->roles))
		cells_keep(t->c, owner, who->roles, name_and_roles(t, who));
}

static void
transport(struct talks *t, uint8_t proto)
{
	if (t->proto == proto && *t->transport)
		return;
	t->proto = proto;
	snprintf(t->transport, sizeof t->transport, "%s", aud_proto_name(proto).s);
	for (size_t i = 0; i < sizeof t->capitals; i++)
		t->capitals[i] = (char)toupper((unsigned char)t->transport[i]);
}

static void
number_if(struct cells *c, bool known, uint64_t n)
{
	if (known)
		cells_number(c, n);
	else
		cells_null(c);
}

static void
verdict(const struct talks *t, const struct aud_case *k)
{
	const struct aud_matrix *m = t->r->trial->matrix;
	const struct aud_verdict *v = &k->ruling->verdict;
	enum aud_case_class class = aud_case_class(k);
	bool documented = class == AUD_CASE_DOCUMENTED || class == AUD_CASE_WEAKER;
	struct cells *c = t->c;

	CELLS_KEY(c, "class");
	cells_word(c, classes[class]);
	CELLS_KEY(c, "certainty");
	cells_word(c, documented ? aud_certainty_name(v->certainty) : NULL);
	CELLS_KEY(c, "failed");
	cells_word(c, v->failed == AUD_STEP_NONE ? NULL : aud_step_name(v->failed));
	CELLS_KEY(c, "rule");
	/* The best: a stored audit keeps no others. */
	cells_text(c, documented && m && v->nrules ? m->rules[v->rules[0]].id : NULL);
}

/* As tls_version of struct aud_flow_more; 0: none seen. */
static const char *
tls_version(uint8_t v)
{
	static const char *const modern[] = {"SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"};

	return v == 2 ? "SSL 2.0" : v >= 0x30 && v < 0x30 + sizeof modern / sizeof *modern ? modern[v - 0x30] : NULL;
}

static void
counts(struct cells *c, const struct aud_case *k)
{
	const struct aud_conv *v = k->conv;

	CELLS_KEY(c, "flows");
	cells_number(c, v->flows);
	CELLS_KEY(c, "attempts_only");
	cells_bool(c, k->attempt_only);
	CELLS_KEY(c, "client_port_lo");
	number_if(c, v->client_port_hi, v->client_port_lo);
	CELLS_KEY(c, "client_port_hi");
	number_if(c, v->client_port_hi, v->client_port_hi);
	CELLS_KEY(c, "packets_client");
	cells_number(c, v->packets[0]);
	CELLS_KEY(c, "packets_server");
	cells_number(c, v->packets[1]);
	CELLS_KEY(c, "bytes_client");
	cells_number(c, v->bytes[0]);
	CELLS_KEY(c, "bytes_server");
	cells_number(c, v->bytes[1]);
	CELLS_KEY(c, "tls_min");
	cells_text(c, tls_version(v->tls_min));
	CELLS_KEY(c, "tls_max");
	cells_text(c, tls_version(v->tls_max));
	CELLS_KEY(c, "first");
	cells_time(c, v->first_ns);
	CELLS_KEY(c, "last");
	cells_time(c, v->last_ns);
}

/* The first frame, input << 48 | number: a stored audit keeps no others. In CSV the cell is "day.pcap:132". */
static void
evidence(const struct talks *t, uint64_t frame)
{
	size_t input = (size_t)(frame >> 48);
	const char *name = input < t->r->trial->ninputs ? t->inputs[input] : NULL;
	struct cells *c = t->c;

	CELLS_KEY(c, "evidence");
	frame &= (UINT64_C(1) << 48) - 1;
	if (c->json) {
		CELLS_RAW(c, "[");
		if (frame) {
			CELLS_RAW(c, "{\"input\":");
			cells_text(c, name);
			CELLS_RAW(c, ",\"frame\":");
			cells_number(c, frame);
			CELLS_RAW(c, "}");
		}
		CELLS_RAW(c, "]");
	} else if (frame && name) {
		bool quoted;

		cells_text(c, name);
		/* The number belongs inside of the quotes. The buffer is not empty: a text was just put there. */
		quoted = c->used && c->buffer[c->used - 1] == '"';
		c->used -= quoted;
		CELLS_RAW(c, ":");
		cells_number(c, frame);
		if (quoted)
			CELLS_RAW(c, "\"");
	}
}

/* What Suricata's EVE has: see jsonl.c. */
static void
event_head(const struct talks *t, const struct aud_case *k)
{
	const struct aud_conv *v = k->conv;
	struct cells *c = t->c;

	CELLS_RAW(c, "{\"schema\":\"");
	cells_raw(c, t->schema, strlen(t->schema));
	CELLS_RAW(c, "\"");
	if (v->first_ns || t->last) {
		CELLS_RAW(c, ",\"timestamp\":");
		cells_time(c, v->first_ns ? v->first_ns : t->last);
	}
	CELLS_RAW(c, ",\"event_type\":\"conversation\"");
	if (v->client.family) {
		CELLS_RAW(c, ",\"src_ip\":");
		cells_word(c, aud_addr_str(&v->client).s);
	}
	if (v->client_port_hi && v->client_port_lo == v->client_port_hi) {
		CELLS_RAW(c, ",\"src_port\":");
		cells_number(c, v->client_port_lo);
	}
	if (v->server.family) {
		CELLS_RAW(c, ",\"dest_ip\":");
		cells_word(c, aud_addr_str(&v->server).s);
	}
	if (v->port) {
		CELLS_RAW(c, ",\"dest_port\":");
		cells_number(c, v->port);
	}
	CELLS_RAW(c, ",\"proto\":");
	cells_word(c, t->capitals);
	if (k->ruling->app && *k->ruling->app) {
		CELLS_RAW(c, ",\"app_proto\":");
		cells_text(c, k->ruling->app);
	}
	CELLS_RAW(c, ",\"conversation\":");
}

static enum aud_code
line(void *talks, const struct aud_case *k, struct aud_err *err)
{
	struct talks *t = talks;
	const struct aud_conv *v = k->conv;
	struct cells *c = t->c;

	transport(t, v->proto);
	if (c->json) {
		event_head(t, k);
		CELLS_RAW(c, "{\"client\":{\"address\":");
	}
	side(t, &v->client, &k->ruling->client);
	if (c->json)
		CELLS_RAW(c, ",\"server\":{\"address\":");
	else
		CELLS_RAW(c, ",");
	side(t, &v->server, &k->ruling->server);
	CELLS_KEY(c, "transport");
	cells_word(c, t->transport);
	CELLS_KEY(c, "port");
	number_if(c, v->port, v->port);
	CELLS_KEY(c, "app");
	cells_text(c, k->ruling->app);
	verdict(t, k);
	CELLS_KEY(c, "direction_by");
	cells_word(c, aud_direction_name(v->direction));
	CELLS_KEY(c, "tunnel");
	cells_text(c, k->ruling->tunnel && *k->ruling->tunnel ? k->ruling->tunnel : NULL);
	counts(c, k);
	evidence(t, v->frames[0]);
	if (c->json)
		CELLS_RAW(c, "}}");
	CELLS_RAW(c, "\n");
	if (c->failed)
		return aud_nomem(err);
	/* A reader that went away is not written to for a million lines. */
	return ferror(c->out) ? AUD_END : AUD_OK;
}

static enum aud_code
tell(struct talks *t, FILE *out, bool json, struct aud_err *err)
{
	enum aud_code code;

	if (!(t->c = cells_new(out, json)))
		return aud_nomem(err);
	code = aud_report_cases(t->r, line, t, err);
	cells_flush(t->c);
	cells_free(t->c);
	return code == AUD_END ? AUD_OK : code;
}

enum aud_code
talks_csv(const struct aud_report *r, char *const *inputs, FILE *out, struct aud_err *err)
{
	struct talks t = {.r = r, .inputs = inputs};

	return tell(&t, out, false, err);
}

enum aud_code
talks_jsonl(const struct aud_report *r, char *const *inputs, const char *schema, uint64_t last_ns, FILE *out, struct aud_err *err)
{
	struct talks t = {.r = r, .inputs = inputs, .schema = schema, .last = last_ns};

	return tell(&t, out, true, err);
}
