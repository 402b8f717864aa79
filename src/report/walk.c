/* The report as events: the only place that knows its content. Schema of what is told: audit.schema.json. */
#include <stdlib.h>
#include <string.h>

#include "changes.h"
#include "ipsec.h"
#include "path.h"
#include "writer.h"

struct walk {
	const struct aud_report *r;
	const struct aud_trial *t;
	const struct writer *w;
	struct pen *pen;
	char **inputs; /* names as the report prints them */
	char *scratch; /* of text() */
	size_t room;
	bool failed; /* out of memory */
};

static void
open_object(struct walk *k, const char *name)
{
	k->failed = k->failed || !k->w->open(k->pen, SHAPE_OBJECT, name);
}

static void
open_list(struct walk *k, const char *name)
{
	k->failed = k->failed || !k->w->open(k->pen, SHAPE_LIST, name);
}

static void
close_one(struct walk *k)
{
	k->failed = k->failed || !k->w->close(k->pen);
}

static void
value(struct walk *k, const char *name, struct value v)
{
	k->failed = k->failed || !k->w->field(k->pen, name, &v);
}

static void
number(struct walk *k, const char *name, uint64_t n)
{
	value(k, name, (struct value){.kind = VALUE_NUMBER, .n = n});
}

/* UINT64_MAX: nobody told. */
static void
number_if(struct walk *k, const char *name, uint64_t n)
{
	value(k, name, (struct value){.kind = n == UINT64_MAX ? VALUE_NULL : VALUE_NUMBER, .n = n});
}

static void
boolean(struct walk *k, const char *name, bool b)
{
	value(k, name, (struct value){.kind = VALUE_BOOL, .n = b});
}

static void
when(struct walk *k, const char *name, uint64_t ns)
{
	value(k, name, (struct value){.kind = ns ? VALUE_TIME : VALUE_NULL, .n = ns});
}

/* Every string passes here and is clean afterwards; the longest replacement is four bytes for one. */
static void
text(struct walk *k, const char *name, const char *s)
{
	size_t need = s ? 4 * strlen(s) + 1 : 0;

	if (!s) {
		value(k, name, (struct value){.kind = VALUE_NULL});
		return;
	}
	if (need > k->room) {
		char *p = realloc(k->scratch, need);

		if (!p) {
			k->failed = true;
			return;
		}
		k->scratch = p;
		k->room = need;
	}
	value(k, name, (struct value){.kind = VALUE_TEXT, .text = aud_text_clean(k->scratch, k->room, s)});
}

static void
text_if(struct walk *k, const char *name, const char *s)
{
	text(k, name, s && *s ? s : NULL);
}

/* A sentence in the reader's language. */
static void
said(struct walk *k, const char *name, const char *parts, const char *english)
{
	char *s = k->pen->l && english ? aud_said_in(k->pen->l, parts, english) : NULL;

	k->failed = k->failed || (k->pen->l && english && !s);
	text(k, name, s ? s : english);
	free(s);
}

/* What another stage found wrong, and wrote down in English. */
static void
made(struct walk *k, const char *name, const char *s)
{
	char told[1024];

	text(k, name, s ? aud_tr_made(k->pen->l, s, told, sizeof told) : NULL);
}

static const char *
role(const struct walk *k, unsigned number)
{
	return aud_site_role_told(k->pen->l, k->t->site, number);
}

static void
address(struct walk *k, const char *name, const struct aud_addr *a)
{
	text(k, name, a->family ? aud_addr_str(a).s : NULL);
}

static void
roles(struct walk *k, const char *name, aud_roles set)
{
	open_list(k, name);
	if (set == AUD_ROLES_ANY)
		text(k, NULL, _(k->pen->l, NC_("role", "any")));
	else
		for (unsigned i = 0; i < AUD_ROLE_MAX; i++)
			if (set & AUD_ROLE_BIT(i))
				text(k, NULL, role(k, i));
	close_one(k);
}

static bool
name_inputs(struct walk *k)
{
	return (k->inputs = calloc(k->t->ninputs + 1, sizeof *k->inputs)) && report_inputs(k->inputs, k->t, k->pen->l);
}

static void
tool(struct walk *k)
{
	open_object(k, "tool");
	text(k, "name", "spanaudit");
	text(k, "version", k->r->version);
	text(k, "ndpi", k->r->ndpi_version);
	text(k, "libpcap", k->r->pcap_version);
	text(k, "sqlite", k->r->sqlite_version);
	text_if(k, "matrix_sha256", k->t->matrix ? k->t->matrix->sha256 : NULL);
	close_one(k);
}

static void
inputs(struct walk *k)
{
	open_list(k, "inputs");
	for (size_t i = 0; i < k->t->ninputs; i++) {
		const struct aud_input *in = &k->t->inputs[i];
		const struct aud_capture_info *f = &in->info;

		open_object(k, NULL);
		text(k, "name", k->inputs[i]);
		text(k, "format", f->format ? _(k->pen->l, f->format) : NULL);
		text(k, "compression", f->compression);
		text_if(k, "sha256", in->sha256);
		number(k, "bytes", f->bytes);
		number(k, "frames", f->frames);
		number(k, "filtered", f->filtered);
		when(k, "first", f->first_ns);
		when(k, "last", f->last_ns);
		number(k, "backward", f->backward);
		number(k, "without_time", f->no_ts);
		number(k, "truncated", f->truncated);
		number(k, "snaplen", f->snaplen);
		number_if(k, "kernel_drops", f->kernel_drops);
		number_if(k, "interface_drops", f->interface_drops);
		boolean(k, "interrupted", f->interrupted);
		boolean(k, "broken", f->broken);
		number_if(k, "broken_at", f->broken && !f->unreadable ? f->broken_at : UINT64_MAX);
		made(k, "broken_why", f->broken ? aud_without_path(f->broken_why, f->path) : NULL);
		close_one(k);
	}
	close_one(k);
}

/* The first of each: not given. */
#define X(e, name) name,
static const char *const products[] = {AUD_PRODUCTS(X)}, *const balancings[] = {AUD_LOAD_BALANCINGS(X)};
#undef X

static void
site(struct walk *k)
{
	const struct aud_site *s = k->t->site;
	const struct aud_matrix *m = k->t->matrix;

	if (!s) {
		value(k, "site", (struct value){.kind = VALUE_NULL});
		return;
	}
	open_object(k, "site");
	text(k, "name", s->name);
	text(k, "file", aud_base_name(s->path));
	text_if(k, "sha256", s->sha256);
	text(k, "product", s->product ? products[s->product] : NULL);
	text(k, "load_balancing", s->load_balancing ? balancings[s->load_balancing] : NULL);
	number(k, "hosts", s->nhosts);
	open_list(k, "documents");
	for (unsigned i = 0; m && i < m->ndocuments; i++)
		if (aud_document_applies(m, i, s))
			text(k, NULL, m->documents[i].id);
	close_one(k);
	close_one(k);
}

static void
range(struct walk *k, const char *name, const struct aud_addr *lo, const struct aud_addr *hi)
{
	char s[2 * sizeof(struct aud_addr_text) + 2];

	if (lo->family && aud_addr_cmp(lo, hi)) {
		snprintf(s, sizeof s, "%s-%s", aud_addr_str(lo).s, aud_addr_str(hi).s);
		text(k, name, s);
	} else
		address(k, name, lo);
}

/* Who is missing on either side: hosts that only the capture has, and hosts that only the site file has. */
static void
coverage_hosts(struct walk *k, const struct aud_coverage *c)
{
	open_object(k, "unknown_hosts");
	number(k, "count", c->all_strangers);
	open_list(k, "addresses");
	for (size_t i = 0; i < c->nstrangers; i++)
		address(k, NULL, &c->strangers[i]);
	close_one(k);
	close_one(k);
	open_object(k, "unseen_hosts");
	number(k, "count", c->all_unseen);
	open_list(k, "hosts");
	for (size_t i = 0; i < c->nunseen; i++) {
		open_object(k, NULL);
		text(k, "name", c->unseen[i]->name);
		range(k, "address", &c->unseen[i]->lo, &c->unseen[i]->hi);
		close_one(k);
	}
	close_one(k);
	close_one(k);
}

static void
coverage_lists(struct walk *k, const struct aud_coverage *c)
{
	const struct aud_decode_stats *dec = k->t->decode ? k->t->decode : k->r->decode;

	open_list(k, "roles");
	for (size_t i = 0; i < c->nroles; i++) {
		open_object(k, NULL);
		text(k, "role", role(k, c->roles[i].role));
		number(k, "declared", c->roles[i].declared);
		number(k, "seen", c->roles[i].seen);
		close_one(k);
	}
	close_one(k);
	open_list(k, "pairs");
	for (size_t i = 0; i < c->npairs; i++) {
		open_object(k, NULL);
		text(k, "client", role(k, c->pairs[i].client));
		text(k, "server", role(k, c->pairs[i].server));
		number(k, "conversations", c->pairs[i].conversations);
		number(k, "one_way", c->pairs[i].one_way);
		close_one(k);
	}
	close_one(k);
	open_list(k, "decode");
	for (size_t i = 0; dec && i < dec->ncounts; i++) {
		open_object(k, NULL);
		made(k, "layer", dec->counts[i].layer);
		made(k, "reason", dec->counts[i].reason);
		boolean(k, "defect", dec->counts[i].defect);
		number(k, "frames", dec->counts[i].frames);
		close_one(k);
	}
	close_one(k);
}

static void
coverage(struct walk *k)
{
	const struct aud_coverage *c = k->t->coverage;

	open_object(k, "coverage");
	when(k, "first", c->first_ns);
	when(k, "last", c->last_ns);
	number(k, "watched_ns", aud_watched_ns(k->t));
	number_if(k, "window_ns", c->window_ns ? c->window_ns : UINT64_MAX);
	when(k, "window_end", c->window_ns ? c->window_end_ns : 0);
	text(k, "filter", k->t->filter);
	number(k, "frames", c->frames);
	number(k, "packets", c->packets);
	number(k, "bytes", c->bytes);
	number(k, "flows", c->flows);
	number(k, "conversations", c->conversations);
	number(k, "one_way", c->one_way);
	number(k, "two_way", c->two_way);
	number(k, "tcp_data", c->tcp_data);
	number(k, "acked_unseen", c->acked_unseen);
	number_if(k, "kernel_drops", c->kernel_drops);
	number(k, "duplicates", c->duplicates);
	number(k, "truncated_frames", c->truncated_frames);
	number(k, "undecoded", c->undecoded);
	number(k, "non_ip", c->non_ip);
	number(k, "fragments", c->fragments);
	number(k, "orphan_fragments", c->orphan_fragments);
	number(k, "evicted_flows", c->evicted_flows);
	number(k, "dropped_flows", c->dropped_flows);
	number(k, "tunneled", c->tunneled);
	number(k, "out_of_scope_flows", c->out_of_scope.flows);
	number(k, "out_of_scope_packets", c->out_of_scope.packets);
	number(k, "out_of_scope_bytes", c->out_of_scope.bytes);
	boolean(k, "broken", c->broken);
	boolean(k, "interrupted", c->interrupted);
	coverage_lists(k, c);
	coverage_hosts(k, c);
	close_one(k);
}

#define X(e, name) name,
static const char *const classes[] = {AUD_CASE_CLASS_LIST(X)};
#undef X

static void
totals(struct walk *k)
{
	open_object(k, "totals");
	open_object(k, "findings");
	for (int s = AUD_CRITICAL; s >= AUD_INFO; s--)
		number(k, aud_severity_name((enum aud_severity)s), k->r->totals.by_severity[s]);
	close_one(k);
	number(k, "waived", k->r->totals.waived);
	open_object(k, "rows");
	for (int s = 0; s <= AUD_STATE_STATEMENT; s++)
		number(k, aud_state_name((enum aud_state)s), k->r->totals.by_state[s]);
	close_one(k);
	open_object(k, "conversations");
	for (int c = 0; c < AUD_CASE_CLASSES; c++)
		number(k, classes[c], k->r->totals.conversations[c]);
	close_one(k);
	close_one(k);
}

static void
side(struct walk *k, const char *name, const struct aud_addr *a, const char *host, aud_roles set)
{
	open_object(k, name);
	address(k, "address", a);
	text(k, "name", host);
	roles(k, "roles", set);
	close_one(k);
}

static void
waiver_of(struct walk *k, const struct aud_finding *f)
{
	const struct aud_waiver *w;

	if (f->waiver < 0 || !k->t->site) {
		value(k, "waiver", (struct value){.kind = VALUE_NULL});
		return;
	}
	w = &k->t->site->waivers[f->waiver];
	open_object(k, "waiver");
	text(k, "reason", w->reason);
	text(k, "owner", w->owner);
	text(k, "expires", w->expires);
	boolean(k, "expired", f->waiver_expired);
	close_one(k);
}

/* input << 48 | frame; 0: none */
static void
frames_of(struct walk *k, const uint64_t *frames, size_t n)
{
	open_list(k, "evidence");
	for (size_t i = 0; i < n; i++) {
		size_t input = (size_t)(frames[i] >> 48);

		if (!frames[i])
			continue;
		open_object(k, NULL);
		text(k, "input", input < k->t->ninputs ? k->inputs[input] : NULL);
		number(k, "frame", frames[i] & ((UINT64_C(1) << 48) - 1));
		close_one(k);
	}
	close_one(k);
}

static void
finding(struct walk *k, const struct aud_finding *f)
{
	const struct aud_matrix *m = k->t->matrix;

	open_object(k, NULL);
	text(k, "id", f->id);
	text(k, "kind", aud_kind_slug(f->kind));
	text(k, "severity", aud_severity_name(f->severity));
	text(k, "certainty", aud_certainty_name(f->certainty));
	text(k, "title", _(k->pen->l, aud_kind_title(f->kind)));
	said(k, "reason", f->said, f->reason);
	side(k, "client", &f->client, f->client_name, f->client_roles);
	side(k, "server", &f->server, f->server_name, f->server_roles);
	text(k, "transport", f->proto ? aud_proto_name(f->proto).s : NULL);
	number_if(k, "port", f->port < 0 ? UINT64_MAX : (uint64_t)f->port);
	text(k, "app", f->app ? _(k->pen->l, f->app) : NULL);
	text(k, "rule", m && f->rule >= 0 ? m->rules[f->rule].id : NULL);
	text(k, "nearest", m && f->rule < 0 && f->nearest >= 0 ? m->rules[f->nearest].id : NULL);
	open_list(k, "citations");
	for (size_t i = 0; m && i < f->ncitations; i++)
		text(k, NULL, aud_citation(m, f->citations[i]).s);
	close_one(k);
	number(k, "flows", f->flows);
	number(k, "packets", f->packets);
	number(k, "bytes", f->bytes);
	when(k, "first", f->first_ns);
	when(k, "last", f->last_ns);
	frames_of(k, f->evidence, f->nevidence);
	waiver_of(k, f);
	close_one(k);
}

static void
row(struct walk *k, const struct aud_row_state *s)
{
	const struct aud_matrix *m = k->t->matrix;
	const struct aud_row *r = &m->rows[s->row];

	open_object(k, NULL);
	text(k, "document", m->documents[r->document].id);
	text(k, "table", r->table);
	number(k, "row", r->ordinal);
	open_list(k, "rules");
	for (size_t i = 0; i < r->nrules; i++)
		text(k, NULL, m->rules[r->rules[i]].id);
	close_one(k);
	open_object(k, "printed");
	text(k, "role", r->role);
	text(k, "service", r->service);
	text(k, "port", r->port);
	text(k, "protocol", r->protocol);
	close_one(k);
	text(k, "state", aud_state_name(s->state));
	said(k, "reason", s->said, s->reason);
	number(k, "flows", s->flows);
	when(k, "first", s->first_ns);
	when(k, "last", s->last_ns);
	close_one(k);
}

static void
waivers(struct walk *k)
{
	const struct aud_trial *t = k->t;

	open_list(k, "waivers");
	for (size_t i = 0; t->site && i < t->site->nwaivers; i++) {
		const struct aud_waiver *w = &t->site->waivers[i];
		uint64_t matched = 0;

		for (size_t j = 0; j < t->nfindings; j++)
			matched += t->findings[j].waiver == (int)i;
		open_object(k, NULL);
		text(k, "finding", w->finding);
		text(k, "kind", w->kind);
		range(k, "client", &w->client_lo, &w->client_hi);
		range(k, "server", &w->server_lo, &w->server_hi);
		number_if(k, "port", w->port < 0 ? UINT64_MAX : (uint64_t)w->port);
		text(k, "transport", w->proto < 0 ? NULL : aud_proto_name((uint8_t)w->proto).s);
		text(k, "app", w->app);
		text(k, "reason", w->reason);
		text(k, "owner", w->owner);
		text(k, "expires", w->expires);
		boolean(k, "expired", w->expires && t->today && strcmp(w->expires, t->today) < 0);
		number(k, "matches", matched);
		close_one(k);
	}
	close_one(k);
}

/* Only where they are asked for, and where a format has a place for them: there may be millions. */
static enum aud_code
conversations(struct walk *k, struct aud_err *err)
{
	if (k->failed || k->pen->opts->table != AUD_TABLE_CONVERSATIONS || !k->w->talks)
		return AUD_OK;
	return k->w->talks(k->pen, k->r, k->inputs, err);
}

static enum aud_code
all(struct walk *k, struct aud_err *err)
{
	const struct aud_trial *t = k->t;
	enum aud_code rc;

	open_object(k, NULL);
	text(k, "schema", "spanaudit/1");
	tool(k);
	inputs(k);
	site(k);
	coverage(k);
	totals(k);
	open_list(k, "findings");
	/* A reader that went away is not written to for a million findings. */
	for (size_t i = 0; i < t->nfindings && !k->failed && !ferror(k->pen->out); i++)
		finding(k, &t->findings[i]);
	close_one(k);
	open_list(k, "rows");
	for (size_t i = 0; t->matrix && i < t->nstates && !k->failed && !ferror(k->pen->out); i++)
		row(k, &t->states[i]);
	close_one(k);
	k->failed = k->failed || !ipsec_tell(t, k->inputs, k->w, k->pen);
	waivers(k);
	if (k->r->since)
		k->failed = k->failed || !changes_tell(k->r->since, k->w, k->pen);
	rc = conversations(k, err);
	close_one(k);
	return rc;
}

enum aud_code
report_walk(const struct aud_report *r, const struct writer *w, struct pen *pen, struct aud_err *err)
{
	struct walk k = {.r = r, .t = r->trial, .w = w, .pen = pen};
	enum aud_code rc = AUD_OK;

	k.failed = !w->begin(pen) || !name_inputs(&k);
	if (!k.failed)
		rc = all(&k, err);
	k.failed = !w->end(pen) || k.failed;
	aud_names_free(k.inputs, r->trial->ninputs);
	free(k.scratch);
	return k.failed ? aud_nomem(err) : rc;
}
