/*
 * Writing a running audit. The long table, conversations, is written by what has changed since the flush before; findings and associations
 * where some have; the short ones each time.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <aud/ipsec.h>

#include "running.h"

/* Points of the time series are not closer, but where an interface went or came. */
#define POINT_NS UINT64_C(5000000000)
enum { VACUUM = 256 };	/* pages a flush */

void
running_free(struct running *r)
{
	if (!r)
		return;
	seen_clear(&r->conversations);
	free(r->states);
	free(r);
}

void
aud_store_forget(struct aud_store *s)
{
	running_free(s->running);
	s->running = NULL;
}

static enum aud_code
running_new(struct aud_store *s, struct aud_err *err)
{
	if (s->running)
		return AUD_OK;
	if (!(s->running = calloc(1, sizeof *s->running)))
		return aud_nomem(err);
	if (getrandom(s->running->conversations.secret, sizeof s->running->conversations.secret, GRND_NONBLOCK) < 0)
		s->running->conversations.secret[0] = (uintptr_t)s->running;
	return AUD_OK;
}

static enum aud_code
clear(struct db *db, const enum stmt *stmts, size_t n, int64_t audit, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	for (size_t i = 0; i < n && !code; i++) {
		db_begin(db, stmts[i]);
		db_int(db, audit);
		code = db_run(db, err);
	}
	return code;
}
#define CLEAR(db, audit, err, ...) clear(db, (const enum stmt[]){__VA_ARGS__}, sizeof((enum stmt[]){__VA_ARGS__}) / sizeof(enum stmt), audit, err)

/* Of an audit that an earlier start wrote all goes that will be written again; what is beyond the window by now becomes past. */
static enum aud_code
take_over(struct db *db, int64_t audit, uint64_t before_ns, struct aud_err *err)
{
	enum aud_code code;

	db_begin(db, STMT_PAST_CONVERSATIONS);
	db_int(db, audit);
	db_count(db, before_ns);
	if ((code = db_run(db, err)))
		return code;
	return CLEAR(db, audit, err, STMT_CLEAR_CONVERSATION_RULES, STMT_CLEAR_CONVERSATIONS, STMT_CLEAR_EVIDENCE, STMT_CLEAR_FINDING_CITATIONS,
	    STMT_CLEAR_FINDINGS, STMT_CLEAR_ROW_STATES, STMT_CLEAR_ASSOCIATION_TALKS, STMT_CLEAR_ASSOCIATION_FRAMES,
	    STMT_CLEAR_SECURITY_ASSOCIATIONS, STMT_CLEAR_NEGOTIATION_EXCHANGES, STMT_CLEAR_NEGOTIATION_FRAMES, STMT_CLEAR_NEGOTIATIONS,
	    STMT_CLEAR_IPSEC_ROLES, STMT_CLEAR_IPSEC_PACKETS, STMT_CLEAR_COVERAGE_UNSEEN, STMT_CLEAR_INPUTS, STMT_CLEAR_WAIVERS,
	    STMT_CLEAR_HOST_MEMBERS, STMT_CLEAR_HOST_PORTS, STMT_CLEAR_HOSTS, STMT_CLEAR_SITE_FEATURES, STMT_CLEAR_SITE_DOCUMENTS);
}

/* The first flush of a start: what stays the same while it runs. */
static enum aud_code
begin(struct db *db, struct running *r, int64_t audit, const struct aud_flush *f, struct aud_err *err)
{
	const struct aud_trial *t = f->report->trial;
	enum aud_code code = put_matrix(db, t->matrix, t->site, &r->ids.place, err);

	if (!code && audit)
		code = take_over(db, audit, f->now_ns > f->window_ns ? f->now_ns - f->window_ns : 0, err);
	if (!code)
		code = next_audit_ids(db, &r->ids, err);
	if (audit)
		r->ids.audit = audit;
	if (!code)
		code = put_head(db, STMT_PUT_RUNNING_AUDIT, f->report, &r->ids, err);
	if (!code)
		code = put_site(db, &r->ids, t->site, err);
	return code;
}

/* What of a case is stored, as a number that is not 0. */
static uint64_t
content_of(const struct seen *s, const struct aud_trial *t, const struct aud_case *k)
{
	const struct aud_verdict *v = &k->ruling->verdict;
	const uint64_t about[] = {k->ruling->client.roles, k->ruling->server.roles, k->ruling->client.host ? (uint64_t)(k->ruling->client.host - t->site->hosts) + 1 : 0,
	    k->ruling->server.host ? (uint64_t)(k->ruling->server.host - t->site->hosts) + 1 : 0, v->answer, v->failed, v->certainty, v->nrules,
	    v->nrules ? v->rules[0] : 0, v->total, v->weaker ? v->sibling + 1 : 0,
	    (uint64_t)(v->swapped | v->condition_open << 1 | k->in_scope << 2 | k->attempt_only << 3 | k->noise << 4)};
	uint64_t a[2], b[2];

	seen_hash(s, k->conv, sizeof *k->conv, a);
	seen_hash(s, about, sizeof about, b);
	return (a[0] ^ b[1]) | 1;
}

static enum aud_code
write_case(struct db *db, const struct running *r, const struct aud_trial *t, const struct aud_case *k, int64_t row, struct put_cache *cache,
    struct aud_err *err)
{
	struct audit_ids ids = r->ids;
	enum aud_code code;

	ids.conversation = row;
	code = CLEAR(db, row, err, STMT_DROP_CONVERSATION_RULES);
	if (!code)
		code = put_case(db, STMT_PUT_RUNNING_CONVERSATION, t, &ids, 0, k, cache, err);
	if (!code && k->ruling->verdict.answer == AUD_DOCUMENTED)
		code = put_case_rules(db, &ids, 0, &k->ruling->verdict, err);
	return code;
}

/* Those that are there no more: beyond the window, or under another name, since it is known by now what they are. */
static enum aud_code
write_gone(struct db *db, struct running *r, uint64_t before_ns, struct aud_err *err)
{
	struct seen *s = &r->conversations;
	enum aud_code code = AUD_OK;

	for (size_t i = 0; s->slots && i <= s->mask && !code; i++) {
		const struct seen_entry *e = &s->slots[i];

		if (!e->row || e->round == s->round)
			continue;
		if (e->last_ns < before_ns)
			code = CLEAR(db, e->row, err, STMT_PAST_CONVERSATION);
		if (!code)
			code = CLEAR(db, e->row, err, STMT_DROP_CONVERSATION_RULES, STMT_DROP_CONVERSATION);
	}
	return code;
}

static enum aud_code
put_changed(struct db *db, struct running *r, const struct aud_flush *f, struct aud_err *err)
{
	const struct aud_trial *t = f->report->trial;
	uint64_t counts[AUD_CASE_CLASSES] = {0};
	struct put_cache cache = {0};
	struct audit_ids next = {0};
	struct seen *s = &r->conversations;
	enum aud_code code = next_audit_ids(db, &next, err);

	s->round++;
	for (size_t i = 0; i < t->ncases && !code; i++) {
		const struct aud_case *k = &t->cases[i];
		uint64_t content = content_of(s, t, k), key[2];
		uint8_t bytes[PUT_SORT_KEY];
		struct seen_entry *e;

		put_sort_key(bytes, k->conv);
		seen_hash(s, bytes, sizeof bytes, key);
		if (!(e = seen_get(s, key)))
			return aud_nomem(err);
		counts[aud_case_class(k)]++;
		e->round = s->round;
		e->last_ns = k->conv->last_ns;
		if (e->content == content)
			continue;
		if (!e->row) {
			e->row = next.conversation++;
			e->fresh = true;
		}
		e->content = content;
		e->written = true;
		code = write_case(db, r, t, k, e->row, &cache, err);
	}
	if (!code)
		code = write_gone(db, r, f->now_ns > f->window_ns ? f->now_ns - f->window_ns : 0, err);
	if (!code)
		code = CLEAR(db, r->ids.audit, err, STMT_CLEAR_CONVERSATION_COUNTS);
	return code ? code : put_classes(db, &r->ids, counts, err);
}

static uint64_t
mix_finding(const struct seen *s, uint64_t sum, const struct aud_finding *f)
{
	uint64_t a[2], b[2];
	struct aud_finding x = *f;

	/* Pointers say nothing; what they point to does. */
	x.reason = NULL;
	x.client_name = x.server_name = x.app = NULL;
	x.citations = NULL;
	seen_hash(s, f->id, strlen(f->id), a);
	const uint64_t about[] = {sum, a[0], x.severity, x.certainty, x.flows, x.packets, x.bytes, x.first_ns, x.last_ns, (uint64_t)x.waiver,
	    x.waiver_expired, x.nevidence, x.nevidence ? x.evidence[x.nevidence - 1] : 0};
	seen_hash(s, about, sizeof about, b);
	if (f->reason)
		seen_hash(s, f->reason, strlen(f->reason), a);
	return b[0] ^ a[1];
}

static enum aud_code
put_findings_if(struct db *db, struct running *r, const struct aud_trial *t, struct aud_err *err)
{
	struct audit_ids next = {0};
	uint64_t sum = 1;
	enum aud_code code;

	for (size_t i = 0; i < t->nfindings; i++)
		sum = mix_finding(&r->conversations, sum, &t->findings[i]);
	sum = sum ? sum : 1;
	if (sum == r->findings)
		return AUD_OK;
	code = CLEAR(db, r->ids.audit, err, STMT_CLEAR_EVIDENCE, STMT_CLEAR_FINDING_CITATIONS, STMT_CLEAR_FINDINGS);
	/* Of an audit they follow each other. */
	if (!code)
		code = next_audit_ids(db, &next, err);
	r->ids.finding = next.finding;
	if (!code)
		code = put_findings(db, &r->ids, t, err);
	r->findings = sum;
	return code;
}

static enum aud_code
put_states(struct db *db, struct running *r, const struct aud_trial *t, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	if (r->nstates != t->nstates) {
		free(r->states);
		r->nstates = 0;
		if (!(r->states = calloc(t->nstates + 1, sizeof *r->states)))
			return aud_nomem(err);
		r->nstates = t->nstates;
		code = CLEAR(db, r->ids.audit, err, STMT_CLEAR_ROW_STATES);
	}
	for (size_t i = 0; i < t->nstates && !code; i++) {
		const struct aud_row_state *s = &t->states[i];
		const uint64_t about[] = {s->row, s->state, s->flows, s->first_ns, s->last_ns};
		uint64_t a[2], b[2] = {0};

		seen_hash(&r->conversations, about, sizeof about, a);
		if (s->reason)
			seen_hash(&r->conversations, s->reason, strlen(s->reason), b);
		if (r->states[i] == ((a[0] ^ b[1]) | 1))
			continue;
		r->states[i] = (a[0] ^ b[1]) | 1;
		code = put_row_state(db, STMT_PUT_RUNNING_ROW_STATE, &r->ids, s, err);
	}
	return code;
}

static enum aud_code
put_ipsec_if(struct db *db, struct running *r, const struct aud_trial *t, struct aud_err *err)
{
	uint64_t a[2], sum = 1;
	enum aud_code code;

	if (!t->ipsec)
		return AUD_OK;
	seen_hash(&r->conversations, &t->ipsec->stats, sizeof t->ipsec->stats, a);
	sum = a[0];
	if (t->ipsec->nsas) {
		seen_hash(&r->conversations, t->ipsec->sas, t->ipsec->nsas * sizeof *t->ipsec->sas, a);
		sum ^= a[1];
	}
	for (size_t i = 0; i < t->nipsec_roles; i++) {
		const struct aud_ipsec_role *x = &t->ipsec_roles[i];
		const uint64_t about[] = {sum, x->role, x->saying, x->clear_flows, x->associations, x->negotiations};

		seen_hash(&r->conversations, about, sizeof about, a);
		sum = a[0];
	}
	sum |= 1;
	if (sum == r->ipsec)
		return AUD_OK;
	code = CLEAR(db, r->ids.audit, err, STMT_CLEAR_ASSOCIATION_TALKS, STMT_CLEAR_ASSOCIATION_FRAMES, STMT_CLEAR_SECURITY_ASSOCIATIONS,
	    STMT_CLEAR_NEGOTIATION_EXCHANGES, STMT_CLEAR_NEGOTIATION_FRAMES, STMT_CLEAR_NEGOTIATIONS, STMT_CLEAR_IPSEC_ROLES,
	    STMT_CLEAR_IPSEC_PACKETS);
	r->ipsec = sum;
	return code ? code : put_ipsec(db, t, &r->ids, err);
}

static enum aud_code
put_told(struct db *db, const struct running *r, const struct aud_flush *f, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	for (size_t i = 0; i < f->ntold && !code; i++) {
		db_begin(db, STMT_PUT_TOLD);
		db_int(db, r->ids.audit);
		db_text(db, f->told[i].finding);
		db_count(db, f->told[i].first_ns);
		db_count(db, f->told[i].last_ns);
		db_count(db, f->told[i].ended_ns ? f->told[i].ended_ns : UINT64_MAX);
		code = db_run(db, err);
	}
	for (size_t i = 0; i < f->nalerts && !code; i++) {
		db_begin(db, STMT_PUT_ALERT);
		db_int(db, r->ids.audit);
		db_count(db, f->alerts[i].ts_ns);
		db_text(db, name_of(&names_alert, f->alerts[i].alert));
		db_text(db, f->alerts[i].text);
		code = db_run(db, err);
	}
	for (size_t i = 0; i < f->nevidence && !code; i++) {
		const struct aud_flush_evidence *e = &f->evidence[i];

		db_begin(db, STMT_PUT_FILE);
		db_int(db, r->ids.audit);
		db_text(db, e->finding);
		db_count(db, e->ts_ns);
		db_text(db, e->file[0] ? e->file : NULL);
		db_text(db, e->sha256[0] ? e->sha256 : NULL);
		db_text(db, e->why[0] ? e->why : NULL);
		code = db_run(db, err);
	}
	return code;
}

static enum aud_code
put_points(struct db *db, struct running *r, const struct aud_flush *f, struct aud_err *err)
{
	enum aud_code code = AUD_OK;
	uint32_t up = 0;

	for (size_t i = 0; i < f->npoints && i < 32; i++)
		up |= (uint32_t)f->points[i].up << i;
	if (!f->over && up == r->up && f->now_ns - r->point_ns < POINT_NS - POINT_NS / 10 && f->now_ns > r->point_ns)
		return AUD_OK;
	r->up = up;
	for (size_t i = 0; i < f->npoints && !code; i++) {
		const struct aud_flush_point *p = &f->points[i];

		db_begin(db, STMT_PUT_POINT);
		db_int(db, r->ids.audit);
		db_text(db, p->name);
		db_count(db, f->now_ns);
		db_int(db, p->up);
		db_count(db, p->frames);
		db_count(db, p->received);
		db_count(db, p->kernel_drops);
		db_count(db, p->interface_drops);
		code = db_run(db, err);
	}
	r->point_ns = f->now_ns;
	return code;
}

/* One audit at a time is running in a file: none has open flows but this one. */
static enum aud_code
put_flows(struct db *db, const struct running *r, const struct aud_flush *f, struct aud_err *err)
{
	enum aud_code code = run(db, STMT_CLEAR_FLOWS, err);

	for (size_t i = 0; i < f->nparts && !code; i++) {
		db_begin(db, STMT_PUT_FLOWS);
		db_int(db, r->ids.audit);
		db_int(db, (int64_t)i);
		db_blob(db, f->parts[i].p, f->parts[i].n);
		code = db_run(db, err);
	}
	return code;
}

static enum aud_code
mark(struct db *db, const struct running *r, const struct aud_flush *f, struct aud_err *err)
{
	db_begin(db, STMT_MARK_RUNNING);
	db_int(db, r->ids.audit);
	db_count(db, f->started_ns);
	db_count(db, f->now_ns);
	db_count(db, f->over ? f->now_ns : UINT64_MAX);
	db_count(db, f->window_ns);
	return db_run(db, err);
}

/* Parents before children, as the foreign keys demand. */
static enum aud_code
put_all(struct db *db, struct running *r, int64_t audit, const struct aud_flush *f, struct aud_err *err)
{
	const struct aud_trial *t = f->report->trial;
	enum aud_code code = r->audit ? put_head(db, STMT_PUT_RUNNING_AUDIT, f->report, &r->ids, err) : begin(db, r, audit, f, err);

	if (!code)
		code = mark(db, r, f, err);
	if (!code)
		code = put_inputs(db, STMT_PUT_RUNNING_INPUT, t, &r->ids, err);
	if (!code)
		code = CLEAR(db, r->ids.audit, err, STMT_CLEAR_DECODE_COUNTS, STMT_CLEAR_COVERAGE_ROLES, STMT_CLEAR_COVERAGE_PAIRS,
		    STMT_CLEAR_COVERAGE_SPANS, STMT_CLEAR_COVERAGE_STRANGERS, STMT_CLEAR_COVERAGE_UNSEEN);
	if (!code)
		code = put_coverage_of(db, f->report, &r->ids, err);
	if (!code)
		code = put_changed(db, r, f, err);
	if (!code)
		code = put_findings_if(db, r, t, err);
	if (!code)
		code = put_states(db, r, t, err);
	if (!code)
		code = put_ipsec_if(db, r, t, err);
	if (!code)
		code = put_told(db, r, f, err);
	if (!code)
		code = put_points(db, r, f, err);
	if (!code)
		code = put_flows(db, r, f, err);
	if (!code && f->keep_ns && f->now_ns > f->keep_ns)
		code = age(db, r->ids.audit, f->now_ns - f->keep_ns, err);
	return code;
}

enum aud_code
aud_store_flush(struct aud_store *s, int64_t *audit, const struct aud_flush *f, struct aud_err *err)
{
	enum aud_code code = running_new(s, err);
	struct running *r = s->running;

	if (code || (code = run(s->db, STMT_BEGIN, err)))
		return code;
	code = put_all(s->db, r, *audit, f, err);
	if (!code)
		code = run(s->db, STMT_COMMIT, err);
	if (code) {
		/* Where SQLite rolled back itself this fails, and that is well. */
		(void)!run(s->db, STMT_ROLLBACK, NULL);
		seen_undo(&r->conversations);
		r->findings = r->ipsec = 0;
		free(r->states);
		r->states = NULL;
		r->nstates = 0;
		return code;
	}
	seen_keep(&r->conversations);
	*audit = r->audit = r->ids.audit;
	return f->keep_ns ? db_vacuum(s->db, VACUUM, err) : AUD_OK;
}
