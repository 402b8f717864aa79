/*
 * Writing a running audit. The long tables, conversations and findings, are written by what has changed since the flush before, and so are the
 * records of IPsec (put_running_ipsec.c); the short ones each time.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

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
	seen_clear(&r->findings);
	seen_clear(&r->sas);
	seen_clear(&r->ikes);
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
	memcpy(s->running->findings.secret, s->running->conversations.secret, sizeof s->running->findings.secret);
	memcpy(s->running->sas.secret, s->running->conversations.secret, sizeof s->running->sas.secret);
	memcpy(s->running->ikes.secret, s->running->conversations.secret, sizeof s->running->ikes.secret);
	return AUD_OK;
}

enum aud_code
running_clear(struct db *db, const enum stmt *stmts, size_t n, int64_t of, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	for (size_t i = 0; i < n && !code; i++) {
		db_begin(db, stmts[i]);
		db_int(db, of);
		code = db_run(db, err);
	}
	return code;
}

/* By the time that has passed, whatever the clock was set to. */
static uint64_t
ago(const struct aud_flush *f, uint64_t ns)
{
	return f->now_ns > ns && f->now_ns - ns > f->ahead_ns ? f->now_ns - ns - f->ahead_ns : 0;
}

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
		code = take_over(db, audit, ago(f, f->window_ns), err);
	if (!code)
		code = next_audit_ids(db, &r->ids, err);
	if (audit)
		r->ids.audit = audit;
	/* One running audit a file: whichever it was before, it is over, and nobody goes on with it. */
	if (!code)
		code = CLEAR(db, r->ids.audit, err, STMT_CLOSE_RUNNING);
	if (!code)
		code = run(db, STMT_CLEAR_WATCH_IPSEC, err);
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
write_case(struct db *db, const struct running *r, const struct aud_trial *t, const struct aud_case *k, int64_t row, bool anew,
    struct put_cache *cache, struct aud_err *err)
{
	struct audit_ids ids = r->ids;
	enum aud_code code = AUD_OK;

	ids.conversation = row;
	if (!anew)
		code = CLEAR(db, row, err, STMT_DROP_CONVERSATION_RULES);
	if (!code)
		code = put_case(db, anew ? STMT_PUT_CONVERSATION : STMT_PUT_RUNNING_CONVERSATION, t, &ids, 0, k, cache, err);
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
		bool anew;

		put_sort_key(bytes, k->conv);
		seen_hash(s, bytes, sizeof bytes, key);
		if (!(e = seen_get(s, key)))
			return aud_nomem(err);
		counts[aud_case_class(k)]++;
		e->round = s->round;
		e->last_ns = k->conv->last_ns;
		if (e->content == content)
			continue;
		if ((anew = !e->row)) {
			e->row = next.conversation++;
			e->fresh = true;
		}
		e->content = content;
		e->written = true;
		code = write_case(db, r, t, k, e->row, anew, &cache, err);
	}
	if (!code)
		code = write_gone(db, r, ago(f, f->window_ns), err);
	if (!code)
		code = CLEAR(db, r->ids.audit, err, STMT_CLEAR_CONVERSATION_COUNTS);
	return code ? code : put_classes(db, &r->ids, counts, err);
}

static uint64_t
mix_text(const struct seen *s, uint64_t sum, const char *text)
{
	uint64_t a[2];

	seen_hash(s, text ? text : "", text ? strlen(text) : 0, a);
	return (sum * 2 + (text != NULL)) ^ a[1];
}

/* All that is stored of a finding but its id, as a number that is not 0. Pointers say nothing; what they point to does. */
static uint64_t
content_of_finding(const struct seen *s, const struct aud_finding *f)
{
	const uint64_t about[] = {f->kind, f->severity, f->certainty, f->client_roles, f->server_roles, (uint64_t)f->port, f->proto,
	    (uint64_t)f->rule, (uint64_t)f->nearest, f->flows, f->packets, f->bytes, f->first_ns, f->last_ns, (uint64_t)f->waiver,
	    f->waiver_expired, f->ncitations, f->nevidence};
	const char *const texts[] = {f->reason, f->said, f->client_name, f->server_name, f->app};
	const struct {
		const void *p;
		size_t n;
	} parts[] = {{&f->client, sizeof f->client}, {&f->server, sizeof f->server}, {f->citations, f->ncitations * sizeof *f->citations},
	    {f->evidence, f->nevidence * sizeof *f->evidence}};
	uint64_t a[2], sum;

	seen_hash(s, about, sizeof about, a);
	sum = a[0];
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		sum = mix_text(s, sum, texts[i]);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		seen_hash(s, parts[i].p, parts[i].n, a);
		sum = sum * 3 ^ a[1];
	}
	return sum | 1;
}

static enum aud_code
drop_gone_findings(struct db *db, const struct seen *s, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	for (size_t i = 0; s->slots && i <= s->mask && !code; i++)
		if (s->slots[i].row && s->slots[i].round != s->round)
			code = CLEAR(db, s->slots[i].row, err, STMT_DROP_EVIDENCE, STMT_DROP_FINDING_CITATIONS, STMT_DROP_FINDING);
	return code;
}

/* Their numbers are in the order in which they came up; who reads them sorts them. */
static enum aud_code
put_changed_findings(struct db *db, struct running *r, const struct aud_trial *t, struct aud_err *err)
{
	struct audit_ids ids = r->ids, next = {0};
	struct seen *s = &r->findings;
	enum aud_code code = next_audit_ids(db, &next, err);

	s->round++;
	for (size_t i = 0; i < t->nfindings && !code; i++) {
		const struct aud_finding *f = &t->findings[i];
		uint64_t content = content_of_finding(s, f), key[2];
		struct seen_entry *e;
		bool anew;

		seen_hash(s, f->id, strlen(f->id), key);
		if (!(e = seen_get(s, key)))
			return aud_nomem(err);
		e->round = s->round;
		if (e->content == content)
			continue;
		if ((anew = !e->row)) {
			e->row = next.finding++;
			e->fresh = true;
		} else
			code = CLEAR(db, e->row, err, STMT_DROP_EVIDENCE, STMT_DROP_FINDING_CITATIONS);
		e->content = content;
		e->written = true;
		ids.finding = e->row;
		if (!code)
			code = put_finding(db, anew ? STMT_PUT_FINDING : STMT_PUT_RUNNING_FINDING, &ids, f, 0, err);
	}
	return code ? code : drop_gone_findings(db, s, err);
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

	r->next_up = r->up;
	r->next_point_ns = r->point_ns;
	for (size_t i = 0; i < f->npoints && i < 32; i++)
		up |= (uint32_t)f->points[i].up << i;
	if (!f->over && up == r->up && f->now_ns - r->point_ns < POINT_NS - POINT_NS / 10 && f->now_ns > r->point_ns)
		return AUD_OK;
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
	r->next_up = up;
	r->next_point_ns = f->now_ns;
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
		code = put_changed_findings(db, r, t, err);
	if (!code)
		code = put_states(db, r, t, err);
	if (!code)
		code = running_ipsec(db, r, f, err);
	if (!code)
		code = put_told(db, r, f, err);
	if (!code)
		code = put_points(db, r, f, err);
	if (!code)
		code = put_flows(db, r, f, err);
	if (!code && f->keep_ns && ago(f, f->keep_ns))
		code = age(db, r->ids.audit, ago(f, f->keep_ns), err);
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
		seen_undo(&r->findings);
		seen_undo(&r->sas);
		seen_undo(&r->ikes);
		r->ipsec = 0;
		free(r->states);
		r->states = NULL;
		r->nstates = 0;
		return code;
	}
	seen_keep(&r->conversations);
	seen_keep(&r->sas);
	seen_keep(&r->ikes);
	seen_keep(&r->findings);
	r->up = r->next_up;
	r->point_ns = r->next_point_ns;
	*audit = r->audit = r->ids.audit;
	/* What was to be stored is: where no space can be given back now it is given back later. */
	if (f->keep_ns)
		(void)!db_vacuum(s->db, VACUUM, NULL);
	return AUD_OK;
}
