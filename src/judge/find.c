/* Findings: made, keyed and counted in one place. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "docket.h"
#include "hash.h"

enum { FIRST_ROOM = 64, ID_DIGITS = 16 };

/* Names, not bits: the site's own roles may change places in the file. */
static void
key_side(FILE *w, const struct docket *d, const struct aud_addr *a, aud_roles roles)
{
	fprintf(w, "|%s|", aud_addr_str(a).s);
	aud_roles_write(w, d->trial->site, roles, ", ");
}

/* Same kind and key, same id: nothing else enters. */
static bool
make_id(const struct docket *d, struct aud_finding *f, const char *key)
{
	char hex[65];
	FILE *w = d->key.out;

	rewind(w);
	fprintf(w, "%s", aud_kind_slug(f->kind));
	key_side(w, d, &f->client, f->client_roles);
	key_side(w, d, &f->server, f->server_roles);
	fprintf(w, "|%d|%u|%s|%s", f->port, f->proto, f->app ? f->app : "", key ? key : "");
	if (fflush(w))
		return false;
	aud_sha256_of(d->key.text, d->key.n, hex);
	memcpy(f->id, hex, ID_DIGITS);
	f->id[ID_DIGITS] = '\0';
	return true;
}

void
finding_frame(struct aud_finding *f, uint64_t frame)
{
	size_t i = f->nevidence;

	if (!frame)
		return;
	for (size_t k = 0; k < f->nevidence; k++)
		if (f->evidence[k] == frame)
			return;
	if (i == AUD_EVIDENCE) {
		if (frame > f->evidence[--i])
			return;
	} else
		f->nevidence++;
	for (; i && f->evidence[i - 1] > frame; i--)
		f->evidence[i] = f->evidence[i - 1];
	f->evidence[i] = frame;
}

void
finding_absorb(struct aud_finding *f, const struct aud_case *c)
{
	const struct aud_conv *v = c->conv;

	f->flows += v->flows;
	f->packets += v->packets[0] + v->packets[1];
	f->bytes += v->bytes[0] + v->bytes[1];
	if (v->first_ns && (!f->first_ns || v->first_ns < f->first_ns))
		f->first_ns = v->first_ns;
	if (v->last_ns > f->last_ns)
		f->last_ns = v->last_ns;
	for (size_t i = 0; i < AUD_CONV_FRAMES; i++)
		finding_frame(f, v->frames[i]);
	finding_frame(f, v->app_frame);
}

void
finding_shown(struct aud_finding *f, const struct aud_conv *v, uint64_t frame)
{
	size_t n = 0;

	if (!frame)
		return;
	for (size_t i = 0; i < f->nevidence; i++) {
		bool of_flows = f->evidence[i] == v->app_frame;

		for (size_t k = 0; k < AUD_CONV_FRAMES; k++)
			of_flows |= f->evidence[i] == v->frames[k];
		if (!of_flows)
			f->evidence[n++] = f->evidence[i];
	}
	f->nevidence = n;
	finding_frame(f, frame);
}

/* The rule and its rows, those of documents that count at this site; all where none does. */
bool
finding_cite(struct aud_finding *f, const struct aud_trial *t, int rule)
{
	const struct aud_rule *r = &t->matrix->rules[rule];

	f->rule = rule;
	free(f->citations);
	f->ncitations = 0;
	f->citations = calloc(r->ncitations ? r->ncitations : 1, sizeof *f->citations);
	if (!f->citations)
		return false;
	for (size_t i = 0; i < r->ncitations; i++)
		if (aud_document_applies(t->matrix, t->matrix->rows[r->citations[i]].document, t->site))
			f->citations[f->ncitations++] = r->citations[i];
	if (!f->ncitations)
		for (size_t i = 0; i < r->ncitations; i++)
			f->citations[f->ncitations++] = r->citations[i];
	return true;
}

/* The finding of the same id; cases of one key are neighbours, so it is among the last. */
static struct aud_finding *
find_again(struct aud_trial *t, const struct aud_finding *f)
{
	for (size_t i = t->nfindings; i; i--) {
		struct aud_finding *o = &t->findings[i - 1];

		if (o->kind != f->kind || aud_addr_cmp(&o->client, &f->client) ||
		    aud_addr_cmp(&o->server, &f->server) || o->port != f->port || o->proto != f->proto)
			break;
		if (!strcmp(o->id, f->id))
			return o;
	}
	return NULL;
}

struct aud_finding
finding_seed(enum aud_kind kind)
{
	return (struct aud_finding){.kind = kind,
	    .severity = aud_kind_severity(kind),
	    .certainty = AUD_CERTAIN,
	    .port = -1,
	    .rule = -1,
	    .nearest = -1,
	    .waiver = -1};
}

static bool
make_room(struct aud_trial *t)
{
	size_t n = t->cfindings ? 2 * t->cfindings : FIRST_ROOM;
	struct aud_finding *p;

	if (t->nfindings < t->cfindings)
		return true;
	if (!(p = realloc(t->findings, n * sizeof *p)))
		return false;
	t->findings = p;
	t->cfindings = n;
	return true;
}

struct aud_finding *
docket_add(struct docket *d, const struct aud_finding *seed, const char *key, bool *fresh)
{
	struct aud_trial *t = d->trial;
	struct aud_finding f = *seed, *known;

	*fresh = false;
	if (!make_id(d, &f, key))
		return NULL;
	if ((known = find_again(t, &f)))
		return known;
	if (!make_room(t))
		return NULL;
	*fresh = true;
	t->findings[t->nfindings] = f;
	return &t->findings[t->nfindings++];
}

struct aud_finding *
docket_find(struct docket *d, enum aud_kind kind, const struct aud_case *c, bool *fresh)
{
	struct aud_finding seed = finding_seed(kind), *f;
	bool portless = (kind == AUD_KIND_UNDOCUMENTED_FLOW || kind == AUD_KIND_UNKNOWN_HOST) && case_portless(d, c);
	bool turned = portless && case_turned(c);
	struct aud_who sides[2] = {docket_client(d, c), docket_server(d, c)}, *client = &sides[turned], *server = &sides[!turned];

	seed.client = turned ? c->conv->server : c->conv->client;
	seed.server = turned ? c->conv->client : c->conv->server;
	seed.client_roles = client->roles;
	seed.server_roles = server->roles;
	seed.client_name = client->host ? client->host->name : NULL;
	seed.server_name = server->host ? server->host->name : NULL;
	seed.port = portless ? -1 : c->conv->port;
	seed.proto = c->conv->proto;
	seed.app = case_recognised(c) ? c->ruling->app : "Unknown";
	seed.certainty = c->ruling->verdict.certainty;
	if (!(f = docket_add(d, &seed, portless && c->ruling->verdict.failed == AUD_STEP_APP ? "in a range" : NULL, fresh)))
		return NULL;
	finding_absorb(f, c);
	if (*fresh && case_cites(d, c) && !finding_cite(f, d->trial, (int)c->ruling->verdict.rules[0]))
		return NULL;
	if (*fresh && case_rule(d, c) && f->rule < 0)
		f->nearest = (int)c->ruling->verdict.rules[0];
	return f;
}

void
finding_inferred(struct aud_finding *f, const struct aud_rule *r)
{
	if (!r->inferred)
		return;
	if (f->severity > AUD_LOW)
		f->severity = AUD_LOW;
	if (f->certainty < AUD_PROBABLE)
		f->certainty = AUD_PROBABLE;
}

void
finding_doubt(struct aud_finding *f, const struct aud_case *c)
{
	if (c->ruling->verdict.swapped && f->certainty < AUD_PROBABLE)
		f->certainty = AUD_PROBABLE;
}
