/* A stored audit as a report again. All memory but that of conversations is one arena. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read.h"

/* Numbers that are never NULL in an audit of ours. */
static uint64_t
number(struct reader *r)
{
	return (uint64_t)db_get_int(r->db);
}

static void
copy_hex(struct reader *r, char out[65])
{
	const char *s = db_get_text(r->db);

	snprintf(out, 65, "%s", s ? s : "");
}

static struct aud_range
range(struct reader *r)
{
	uint64_t lo = read_count(r), hi = read_count(r);

	return hi == UINT64_MAX ? (struct aud_range){0, 0} : (struct aud_range){(uint16_t)lo, (uint16_t)hi};
}

static void
get_coverage(struct reader *r, struct aud_coverage *c)
{
	uint64_t *const to[] = {&c->frames, &c->packets, &c->bytes, &c->first_ns, &c->last_ns, &c->covered_ns, &c->duplicates,
	    &c->truncated_frames, &c->undecoded, &c->non_ip, &c->tunneled, &c->acked_unseen, &c->tcp_data, &c->one_way, &c->two_way,
	    &c->flows, &c->evicted_flows, &c->dropped_flows, &c->conversations, &c->orphan_fragments, &c->fragments,
	    &c->out_of_scope.flows, &c->out_of_scope.packets, &c->out_of_scope.bytes, &c->out_of_scope.tcp_one_way,
	    &c->out_of_scope.tcp_answered};

	for (size_t i = 0; i < sizeof to / sizeof *to; i++)
		*to[i] = number(r);
	c->all_strangers = (size_t)number(r);
	c->all_unseen = (size_t)number(r);
	c->kernel_drops = read_count(r);
	c->broken = db_get_int(r->db);
	c->interrupted = db_get_int(r->db);
	c->window_ns = number(r);
	c->window_end_ns = number(r);
}

/* The row of the audit itself. The matrix that it was made with is told by its number. */
static int64_t
get_head(struct reader *r, struct aud_stored *s)
{
	struct aud_site *site = &s->site;
	int64_t matrix;

	read_begin_of(r, STMT_GET_AUDIT, s->audit);
	if (!read_next(r))
		return 0;
	matrix = db_get_int(r->db);
	s->report.version = read_text(r);
	s->report.ndpi_version = read_text(r);
	s->report.pcap_version = read_text(r);
	s->report.sqlite_version = read_text(r);
	s->trial.today = read_text(r);
	s->trial.filter = read_text(r);
	s->report.command = read_text(r);
	site->path = read_text(r);
	site->name = read_text(r);
	s->trial.site = read_null(r) ? NULL : site;
	if (s->trial.site)
		copy_hex(r, site->sha256);
	site->text = read_text(r);
	site->product = (enum aud_product)read_word(r, &names_product);
	site->load_balancing = (enum aud_load_balancing)read_word(r, &names_balancing);
	site->media.audio = range(r);
	site->media.video = range(r);
	site->media.sharing = range(r);
	site->media.client = range(r);
	get_coverage(r, &s->coverage);
	s->first_conversation = db_get_int(r->db);
	s->running = db_get_int(r->db);
	db_done(r->db);
	return matrix;
}

static void
get_size(struct reader *r, struct aud_stored *s)
{
	struct audit_size *z = &s->size;
	size_t *const counts[] = {&z->inputs, &z->hosts, &z->waivers, &z->documents, &z->decode, &z->roles, &z->pairs, &z->spans,
	    &z->strangers, &z->unseen, &z->findings, &z->states};
	int64_t *const ids[] = {&z->input, &z->host, &z->waiver};

	read_begin_of(r, STMT_COUNT_AUDIT, s->audit);
	if (!read_next(r))
		return;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		*counts[i] = (size_t)number(r);
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		*ids[i] = db_get_int(r->db);
	db_done(r->db);
}

static void
get_input(struct reader *r, struct aud_input *in)
{
	struct aud_capture_info *c = &in->info;
	const char *why;

	c->path = read_text(r);
	copy_hex(r, in->sha256);
	c->format = read_text(r);
	c->compression = read_text(r);
	c->bytes = number(r);
	c->size = number(r);
	c->frames = number(r);
	c->filtered = number(r);
	c->first_ns = number(r);
	c->last_ns = number(r);
	c->backward = number(r);
	c->no_ts = number(r);
	c->truncated = number(r);
	c->snaplen = (uint32_t)number(r);
	c->kernel_drops = read_count(r);
	c->interface_drops = read_count(r);
	c->interrupted = db_get_int(r->db);
	c->broken = db_get_int(r->db);
	c->unreadable = read_null(r) && c->broken;
	if (c->broken && !c->unreadable)
		c->broken_at = number(r);
	why = db_get_text(r->db);
	snprintf(c->broken_why, sizeof c->broken_why, "%s", why ? why : "");
}

static void
get_inputs(struct reader *r, struct aud_stored *s)
{
	struct aud_input *v = read_alloc(r, s->size.inputs + 1, sizeof *v);

	s->trial.inputs = v;
	read_begin_of(r, STMT_GET_INPUTS, s->audit);
	while (read_next(r) && s->trial.ninputs < s->size.inputs)
		get_input(r, &v[s->trial.ninputs++]);
}

/* Of its totals those that the coverage tells too. */
static void
get_decode(struct reader *r, struct aud_stored *s)
{
	struct aud_decode_count *v = read_alloc(r, s->size.decode + 1, sizeof *v);

	s->decode = (struct aud_decode_stats){.frames = s->coverage.frames, .packets = s->coverage.packets, .non_ip = s->coverage.non_ip,
	    .undecoded = s->coverage.undecoded, .tunneled = s->coverage.tunneled, .fragments = s->coverage.fragments, .counts = v};
	read_begin_of(r, STMT_GET_DECODE, s->audit);
	while (read_next(r) && s->decode.ncounts < s->size.decode) {
		struct aud_decode_count *c = &v[s->decode.ncounts++];

		c->layer = read_text(r);
		c->reason = read_text(r);
		c->defect = db_get_int(r->db);
		c->frames = number(r);
		c->first_frame = number(r);
	}
}

static void
get_roles(struct reader *r, struct aud_stored *s)
{
	struct aud_coverage *c = &s->coverage;

	c->roles = read_alloc(r, s->size.roles + 1, sizeof *c->roles);
	read_begin_of(r, STMT_GET_COVERAGE_ROLES, s->audit);
	while (read_next(r) && c->nroles < s->size.roles) {
		c->roles[c->nroles].role = (unsigned)number(r);
		c->roles[c->nroles].declared = (size_t)number(r);
		c->roles[c->nroles++].seen = (size_t)number(r);
	}
	c->pairs = read_alloc(r, s->size.pairs + 1, sizeof *c->pairs);
	read_begin_of(r, STMT_GET_COVERAGE_PAIRS, s->audit);
	while (read_next(r) && c->npairs < s->size.pairs) {
		c->pairs[c->npairs].client = (unsigned)number(r);
		c->pairs[c->npairs].server = (unsigned)number(r);
		c->pairs[c->npairs].conversations = number(r);
		c->pairs[c->npairs++].one_way = number(r);
	}
}

static int
by_addr(const void *a, const void *b)
{
	return aud_addr_cmp(a, b);
}

/* Those that a migration found are all there are: reports tell the first ones. */
static void
get_hosts(struct reader *r, struct aud_stored *s)
{
	struct aud_coverage *c = &s->coverage;

	c->strangers = read_alloc(r, s->size.strangers + 1, sizeof *c->strangers);
	read_begin_of(r, STMT_GET_STRANGERS, s->audit);
	while (read_next(r) && c->nstrangers < s->size.strangers)
		c->strangers[c->nstrangers++] = read_addr(r);
	if (c->nstrangers)
		qsort(c->strangers, c->nstrangers, sizeof *c->strangers, by_addr);
	if (c->nstrangers > AUD_COVERAGE_HOSTS)
		c->nstrangers = AUD_COVERAGE_HOSTS;
	c->unseen = read_alloc(r, s->size.unseen + 1, sizeof *c->unseen);
	read_begin_of(r, STMT_GET_UNSEEN, s->audit);
	while (read_next(r) && c->nunseen < s->size.unseen)
		c->unseen[c->nunseen++] = &s->site.hosts[read_ref(r, s->size.host, s->size.hosts)];
	if (c->nunseen > AUD_COVERAGE_HOSTS)
		c->nunseen = AUD_COVERAGE_HOSTS;
}

static void
get_spans(struct reader *r, struct aud_stored *s)
{
	struct aud_span *v = read_alloc(r, s->size.spans + 1, sizeof *v);

	s->coverage.spans = v;
	read_begin_of(r, STMT_GET_SPANS, s->audit);
	while (read_next(r) && s->coverage.nspans < s->size.spans) {
		struct aud_span *span = &v[s->coverage.nspans++];

		span->first_ns = number(r);
		span->last_ns = number(r);
		span->packets = number(r);
	}
}

static int
optional_ref(struct reader *r, int64_t base, size_t n)
{
	return read_null(r) ? -1 : (int)read_ref(r, base, n);
}

/* Texts of an arena are nobody's to change; the struct's field is not const because the judges own theirs. */
static char *
reason(struct reader *r)
{
	return (char *)(uintptr_t)read_text(r);
}

static void
get_finding(struct reader *r, const struct aud_stored *s, struct aud_finding *f)
{
	const char *id = db_get_text(r->db);
	uint64_t port;
	int proto;

	snprintf(f->id, sizeof f->id, "%s", id ? id : "");
	f->kind = (enum aud_kind)read_word(r, &names_kind);
	f->severity = (enum aud_severity)read_word(r, &names_severity);
	f->certainty = (enum aud_certainty)read_word(r, &names_certainty);
	f->reason = reason(r);
	f->client = read_addr(r);
	f->client_name = read_text(r);
	f->client_roles = read_roles(r);
	f->server = read_addr(r);
	f->server_name = read_text(r);
	f->server_roles = read_roles(r);
	port = read_count(r);
	f->port = port == UINT64_MAX ? -1 : (int)port;
	proto = read_proto(r);
	f->proto = (uint8_t)(proto < 0 ? 0 : proto);
	f->app = read_text(r);
	f->rule = optional_ref(r, r->at.rule, r->nrules);
	f->nearest = optional_ref(r, r->at.rule, r->nrules);
	f->flows = number(r);
	f->packets = number(r);
	f->bytes = number(r);
	f->first_ns = number(r);
	f->last_ns = number(r);
	f->waiver = optional_ref(r, s->size.waiver, s->size.waivers);
	f->waiver_expired = db_get_int(r->db);
	f->said = reason(r);
}

/* Of which the next column tells the number. NULL: it is none of the audit's. */
static struct aud_finding *
owner(struct reader *r, const struct aud_trial *t, const int64_t *ids)
{
	size_t i = read_among(r, ids, t->nfindings);

	return r->code ? NULL : &t->findings[i];
}

static void
get_citations(struct reader *r, struct aud_stored *s, const int64_t *ids)
{
	struct aud_trial *t = &s->trial;
	struct aud_finding *f;
	size_t total = 0;
	unsigned *all;

	read_begin_of(r, STMT_GET_FINDING_CITATIONS, s->audit);
	while (read_next(r))
		if ((f = owner(r, t, ids))) {
			f->ncitations++;
			total++;
		}
	if (!(all = read_alloc(r, total + 1, sizeof *all)))
		return;
	for (size_t i = 0; i < t->nfindings; i++) {
		f = &t->findings[i];
		f->citations = f->ncitations ? all : NULL;
		all += f->ncitations;
		f->ncitations = 0;
	}
	read_begin_of(r, STMT_GET_FINDING_CITATIONS, s->audit);
	while (read_next(r))
		if ((f = owner(r, t, ids)))
			f->citations[f->ncitations++] = read_ref(r, r->at.row, r->nrows);
}

static void
get_evidence(struct reader *r, struct aud_stored *s, const int64_t *ids)
{
	struct aud_finding *f;

	read_begin_of(r, STMT_GET_EVIDENCE, s->audit);
	while (read_next(r)) {
		uint64_t input;

		if (!(f = owner(r, &s->trial, ids)))
			continue;
		input = read_ref(r, s->size.input, s->size.inputs);
		if (f->nevidence == AUD_EVIDENCE)
			read_damaged(r, "damaged: a finding with too much evidence");
		else
			f->evidence[f->nevidence++] = input << 48 | number(r);
	}
}

static void
get_findings(struct reader *r, struct aud_stored *s)
{
	struct aud_trial *t = &s->trial;
	int64_t *ids = read_alloc(r, s->size.findings + 1, sizeof *ids);

	t->findings = read_alloc(r, s->size.findings + 1, sizeof *t->findings);
	read_begin_of(r, STMT_GET_FINDINGS, s->audit);
	while (read_next(r) && t->nfindings < s->size.findings) {
		ids[t->nfindings] = db_get_int(r->db);
		get_finding(r, s, &t->findings[t->nfindings++]);
	}
	t->cfindings = t->nfindings;
	get_citations(r, s, ids);
	get_evidence(r, s, ids);
	/* A running audit writes them as they come up. */
	if (s->running && t->nfindings)
		qsort(t->findings, t->nfindings, sizeof *t->findings, aud_finding_cmp);
}

static void
get_judgement(struct reader *r, struct aud_stored *s)
{
	struct aud_trial *t = &s->trial;

	t->states = read_alloc(r, s->size.states + 1, sizeof *t->states);
	get_findings(r, s);
	read_begin_of(r, STMT_GET_ROW_STATES, s->audit);
	while (read_next(r) && t->nstates < s->size.states) {
		struct aud_row_state *state = &t->states[t->nstates++];

		state->row = read_ref(r, r->at.row, r->nrows);
		state->state = (enum aud_state)read_word(r, &names_state);
		state->reason = reason(r);
		state->flows = number(r);
		state->first_ns = number(r);
		state->last_ns = number(r);
		state->said = reason(r);
	}
}

/* What aud_report_totals() would count, and could not without the conversations. */
static void
get_totals(struct reader *r, struct aud_stored *s)
{
	const struct aud_trial *t = &s->trial;
	struct aud_report *p = &s->report;

	for (size_t i = 0; i < t->nfindings; i++) {
		const struct aud_finding *f = &t->findings[i];

		if (f->waiver >= 0 && !f->waiver_expired)
			p->totals.waived++;
		else
			p->totals.by_severity[f->severity]++;
	}
	for (size_t i = 0; i < t->nstates; i++)
		p->totals.by_state[t->states[i].state]++;
	read_begin_of(r, STMT_GET_CLASSES, s->audit);
	while (read_next(r)) {
		unsigned class = read_word(r, &names_class);

		p->totals.conversations[class] = number(r);
		s->conversations += p->totals.conversations[class];
	}
}

static void
get_all(struct reader *r, struct aud_stored *s, int64_t wanted)
{
	struct aud_matrix *m;
	int64_t matrix;

	read_begin_of(r, STMT_FIND_AUDIT, wanted);
	if (!read_next(r)) {
		if (!r->code)
			r->code = db_fail(r->db, AUD_USAGE, r->err, wanted ? "no audit of this number is stored here: 'spanaudit report --list -d' tells which there are" :
			    "no audit is stored here: 'spanaudit audit -d' or 'watch -d' stores one");
		return;
	}
	s->audit = db_get_int(r->db);
	db_done(r->db);
	matrix = get_head(r, s);
	get_size(r, s);
	/* What only a site has: without one every reference to it leads nowhere. */
	if (!s->trial.site)
		s->size.hosts = s->size.waivers = 0;
	if (r->code || !(m = read_matrix(r, matrix)))
		return;
	/* One without documents stands for none at all. */
	s->trial.matrix = m->ndocuments || m->nrules ? m : NULL;
	s->place = r->at;
	if (s->trial.site)
		read_site(r, s);
	get_inputs(r, s);
	get_decode(r, s);
	get_roles(r, s);
	get_hosts(r, s);
	get_spans(r, s);
	get_judgement(r, s);
	read_ipsec(r, s);
	get_totals(r, s);
}

enum aud_code
aud_store_read_audit(struct aud_store *store, int64_t audit, struct aud_stored **out, struct aud_err *err)
{
	struct reader r = {.db = store->db, .err = err};
	struct aud_stored *s = calloc(1, sizeof *s);

	*out = NULL;
	if (!s)
		return aud_nomem(err);
	/* One transaction, so that no other process changes it between the queries. */
	r.code = run(store->db, STMT_BEGIN_READ, err);
	if (!r.code) {
		get_all(&r, s, audit);
		if (run(store->db, STMT_ROLLBACK, r.code ? NULL : err) && !r.code)
			r.code = AUD_IO;
	}
	s->chunks = r.chunks;
	if (r.code) {
		aud_stored_free(s);
		return r.code;
	}
	s->db = store->db;
	s->trial.coverage = &s->coverage;
	s->trial.decode = s->report.decode = &s->decode;
	s->report.trial = &s->trial;
	s->report.read_cases = read_cases;
	s->report.source = s;
	*out = s;
	return AUD_OK;
}

struct aud_report *
aud_stored_report(struct aud_stored *s)
{
	return &s->report;
}

int64_t
aud_stored_number(const struct aud_stored *s)
{
	return s->audit;
}

void
aud_stored_free(struct aud_stored *s)
{
	if (!s)
		return;
	read_release(s->chunks);
	free(s);
}

enum aud_code
aud_store_list(struct aud_store *s, enum aud_code (*each)(void *user, const struct aud_stored_line *), void *user, struct aud_err *err)
{
	struct reader r = {.db = s->db, .err = err};

	db_begin(s->db, STMT_LIST_AUDITS);
	while (read_next(&r)) {
		struct aud_stored_line line = {.audit = db_get_int(s->db)};

		line.version = db_get_text(s->db);
		line.site_name = db_get_text(s->db);
		line.site_file = db_get_text(s->db);
		line.today = db_get_text(s->db);
		line.first_ns = number(&r);
		line.last_ns = number(&r);
		line.inputs = number(&r);
		line.conversations = number(&r);
		line.findings = number(&r);
		r.code = each(user, &line);
	}
	return r.code;
}
