#include <stdio.h>
#include <string.h>

#include <aud/finding.h>

#include "load.h"
#include "words.h"

/* The slugs alone: their meaning is the judges'. */
static const char *const kinds[] = {
#define X(e, slug, title, severity) slug,
    AUD_FINDING_KINDS(X)
#undef X
};

static const char *const terms[] = {"kind", "client", "server", "port", "transport", "app"};
enum { NTERMS = sizeof terms / sizeof *terms };

static enum aud_code
read_port(const struct aud_yaml *map, struct aud_waiver *w, struct aud_err *err)
{
	const struct aud_yaml *port = aud_yaml_get(map, "port"), *transport = aud_yaml_get(map, "transport");
	enum aud_code code = AUD_OK;
	const char *text = NULL;
	uint16_t number = 0;

	w->port = w->proto = -1;
	if (port) {
		code = word_port(port, true, &number, &w->proto, err);
		w->port = number;
	}
	if (code || !transport)
		return code;
	if (w->proto >= 0)
		return aud_yaml_fail(err, transport, "the transport stands with the port already (%s): delete one", port->text);
	code = word_text(transport, "transport", &text, err);
	if (code)
		return code;
	w->proto = aud_proto_number(text);
	if (w->proto < 0)
		return aud_yaml_fail(err, transport, "unknown transport '%.20s': tcp, udp, icmp, esp ... or a number", text);
	return AUD_OK;
}

static enum aud_code
read_terms(const struct aud_yaml *map, struct aud_waiver *w, struct aud_err *err)
{
	const struct aud_yaml *node;
	enum aud_code code = AUD_OK;

	if ((node = aud_yaml_get(map, "kind"))) {
		int kind = 0;

		code = word_choice(node, "finding kind", kinds, AUD_KIND_COUNT, &kind, err);
		w->kind = kinds[kind];
	}
	if (!code && (node = aud_yaml_get(map, "client")))
		code = word_range(node, "client", &w->client_lo, &w->client_hi, err);
	if (!code && (node = aud_yaml_get(map, "server")))
		code = word_range(node, "server", &w->server_lo, &w->server_hi, err);
	if (!code)
		code = read_port(map, w, err);
	if (!code && (node = aud_yaml_get(map, "app")))
		code = word_text(node, "app", &w->app, err);
	return code;
}

/* A waiver speaks of one finding, or of all that its terms fit: it must do one of them, and not both. */
static enum aud_code
read_scope(const struct aud_yaml *map, struct aud_waiver *w, struct aud_err *err)
{
	const struct aud_yaml *finding = aud_yaml_get(map, "finding");
	enum aud_code code;
	size_t n = 0;

	for (size_t i = 0; i < NTERMS; i++) {
		n += aud_yaml_get(map, terms[i]) != NULL;
		if (finding && aud_yaml_get(map, terms[i]))
			return aud_yaml_fail(err, aud_yaml_get(map, terms[i]), "a waiver has a finding or terms, not both: delete '%s'",
			    terms[i]);
	}
	if (!finding && !n)
		return aud_yaml_fail(err, map, "this waiver would waive everything: give a finding, or a kind, client, server, port or app");
	if (!finding)
		return read_terms(map, w, err);
	w->port = w->proto = -1;
	code = word_text(finding, "finding", &w->finding, err);
	if (!code && strlen(w->finding) >= sizeof((struct aud_finding *)0)->id)
		code = aud_yaml_fail(err, finding, "'%.40s' is no id of a finding", w->finding);
	return code;
}

static enum aud_code
read_waiver(const struct aud_yaml *map, struct aud_waiver *w, struct aud_err *err)
{
	static const char *const keys[] = {
	    "finding", "kind", "client", "server", "port", "transport", "app", "reason", "owner", "expires"};
	const struct aud_yaml *node;
	enum aud_code code = aud_yaml_want(map, AUD_YAML_MAP, "a waiver", err);

	/* The reports call it so. */
	if (!code && aud_yaml_get(map, "id"))
		return aud_yaml_fail(err, aud_yaml_get(map, "id"), "unknown key 'id': the id of a finding stands under 'finding'");
	if (!code)
		code = aud_yaml_keys(map, keys, sizeof keys / sizeof *keys, err);
	if (code)
		return code;
	w->line = map->line;
	code = read_scope(map, w, err);
	if (!code && !(node = aud_yaml_get(map, "reason")))
		code = aud_yaml_fail(err, map, "this waiver has no reason: say why the finding is accepted");
	if (!code)
		code = word_text(node, "reason", &w->reason, err);
	if (!code && !(node = aud_yaml_get(map, "owner")))
		code = aud_yaml_fail(err, map, "this waiver has no owner: say who accepts the finding");
	if (!code)
		code = word_text(node, "owner", &w->owner, err);
	if (!code && (node = aud_yaml_get(map, "expires")))
		code = word_date(node, "expires", &w->expires, err);
	return code;
}

enum aud_code
load_waivers(struct aud_site *site, const struct aud_yaml *list, struct aud_err *err)
{
	enum aud_code code = aud_yaml_want(list, AUD_YAML_LIST, "waivers", err);

	if (code)
		return code;
	site->waivers = room(list, sizeof *site->waivers);
	if (!site->waivers)
		return aud_nomem(err);
	for (size_t i = 0; i < list->n && !code; i++) {
		code = read_waiver(&list->items[i], &site->waivers[i], err);
		site->nwaivers = i + 1;
	}
	return code;
}
