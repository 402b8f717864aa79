#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "store_impl.h"

/* An address as text, or NULL where there is none. */
static void
put_addr(struct db *db, const struct aud_addr *a, struct aud_addr_text *keep)
{
	*keep = aud_addr_str(a);
	db_text(db, a->family ? keep->s : NULL);
}

/* TCP and the rest by name; 0 or -1: NULL. */
static void
put_proto(struct db *db, int proto, struct aud_proto_text *keep)
{
	*keep = aud_proto_name((uint8_t)proto);
	db_text(db, proto > 0 ? keep->s : NULL);
}

static void
put_range(struct db *db, struct aud_range r)
{
	db_count(db, r.hi ? r.lo : UINT64_MAX);
	db_count(db, r.hi ? r.hi : UINT64_MAX);
}

static void
put_coverage(struct db *db, const struct aud_coverage *c)
{
	const uint64_t counts[] = {c->frames, c->packets, c->bytes, c->first_ns, c->last_ns, c->covered_ns, c->duplicates, c->truncated_frames,
	    c->undecoded, c->non_ip, c->tunneled, c->acked_unseen, c->tcp_data, c->one_way, c->two_way, c->flows, c->evicted_flows,
	    c->dropped_flows, c->conversations, c->orphan_fragments, c->fragments, c->out_of_scope.flows, c->out_of_scope.packets, c->out_of_scope.bytes, c->kernel_drops};

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		db_count(db, counts[i]);
	db_int(db, c->broken);
	db_int(db, c->interrupted);
}

enum aud_code
put_head(struct db *db, enum stmt stmt, const struct aud_report *r, const struct audit_ids *ids, struct aud_err *err)
{
	static const struct aud_site none = {0};
	static const struct aud_coverage nothing = {.kernel_drops = UINT64_MAX};
	const struct aud_site *site = r->trial->site ? r->trial->site : &none;

	db_begin(db, stmt);
	db_int(db, ids->audit);
	db_int(db, ids->place.matrix);
	db_text(db, r->version);
	db_text(db, r->ndpi_version);
	db_text(db, r->pcap_version);
	db_text(db, r->sqlite_version);
	db_text(db, r->trial->today);
	db_text(db, r->trial->filter);
	db_text(db, aud_base_name(site->path));
	db_text(db, site->name);
	db_text(db, r->trial->site ? site->sha256 : NULL);
	db_text(db, name_of(&names_product, site->product));
	db_text(db, name_of(&names_balancing, site->load_balancing));
	put_range(db, site->media.audio);
	put_range(db, site->media.video);
	put_range(db, site->media.sharing);
	put_range(db, site->media.client);
	put_coverage(db, r->trial->coverage ? r->trial->coverage : &nothing);
	db_text(db, r->command);
	db_text(db, site->text);
	db_count(db, r->trial->coverage ? r->trial->coverage->all_strangers : 0);
	db_count(db, r->trial->coverage ? r->trial->coverage->all_unseen : 0);
	db_count(db, r->trial->coverage ? r->trial->coverage->out_of_scope.tcp_one_way : 0);
	db_count(db, r->trial->coverage ? r->trial->coverage->out_of_scope.tcp_answered : 0);
	if (r->trial->ncases && stmt == STMT_PUT_AUDIT)
		db_id(db, ids->conversation, 0);
	else
		db_null(db);
	return db_run(db, err);
}

static enum aud_code
put_host(struct db *db, const struct audit_ids *ids, const struct aud_host *h, size_t index, struct aud_err *err)
{
	struct aud_addr_text lo, hi;
	enum aud_code code;

	db_begin(db, STMT_PUT_HOST);
	db_id(db, ids->host, index);
	db_int(db, ids->audit);
	put_addr(db, &h->lo, &lo);
	put_addr(db, &h->hi, &hi);
	db_text(db, h->name);
	db_roles(db, h->roles);
	db_int(db, h->line);
	db_int(db, h->column);
	code = db_run(db, err);
	for (size_t i = 0; i < h->nmembers && !code; i++) {
		db_begin(db, STMT_PUT_MEMBER);
		db_id(db, ids->host, index);
		db_count(db, i);
		put_addr(db, &h->members[i], &lo);
		code = db_run(db, err);
	}
	for (size_t i = 0; i < h->nports && !code; i++) {
		struct aud_proto_text proto;

		db_begin(db, STMT_PUT_HOST_PORT);
		db_id(db, ids->host, index);
		db_int(db, h->ports[i].port);
		put_proto(db, h->ports[i].proto, &proto);
		code = db_run(db, err);
	}
	return code;
}

static enum aud_code
put_waiver(struct db *db, const struct audit_ids *ids, const struct aud_waiver *w, size_t index, struct aud_err *err)
{
	struct aud_addr_text keep[4];
	struct aud_proto_text proto;

	db_begin(db, STMT_PUT_WAIVER);
	db_id(db, ids->waiver, index);
	db_int(db, ids->audit);
	db_text(db, w->finding);
	db_text(db, w->kind);
	put_addr(db, &w->client_lo, &keep[0]);
	put_addr(db, &w->client_hi, &keep[1]);
	put_addr(db, &w->server_lo, &keep[2]);
	put_addr(db, &w->server_hi, &keep[3]);
	db_count(db, w->port < 0 ? UINT64_MAX : (uint64_t)w->port);
	/* 0 is a protocol here: IPv6's hop-by-hop options. */
	proto = aud_proto_name((uint8_t)w->proto);
	db_text(db, w->proto >= 0 ? proto.s : NULL);
	db_text(db, w->app);
	db_text(db, w->reason);
	db_text(db, w->owner);
	db_text(db, w->expires);
	db_int(db, w->line);
	return db_run(db, err);
}

enum aud_code
put_site(struct db *db, const struct audit_ids *ids, const struct aud_site *site, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	if (!site)
		return AUD_OK;
	for (int i = 0; i < AUD_FEATURE_COUNT && !code; i++) {
		db_begin(db, STMT_PUT_FEATURE);
		db_int(db, ids->audit);
		db_text(db, aud_feature_name((enum aud_feature)i));
		db_text(db, name_of(&names_tri, site->features[i]));
		code = db_run(db, err);
	}
	for (size_t i = 0; i < site->ndocuments && !code; i++) {
		db_begin(db, STMT_PUT_SITE_DOCUMENT);
		db_int(db, ids->audit);
		db_count(db, i);
		db_text(db, site->documents[i]);
		code = db_run(db, err);
	}
	for (size_t i = 0; i < site->nhosts && !code; i++)
		code = put_host(db, ids, &site->hosts[i], i, err);
	for (size_t i = 0; i < site->nwaivers && !code; i++)
		code = put_waiver(db, ids, &site->waivers[i], i, err);
	return code;
}

static enum aud_code
put_input(struct db *db, enum stmt stmt, const struct audit_ids *ids, const struct aud_input *in, const char *name, size_t index,
    struct aud_err *err)
{
	const struct aud_capture_info *c = &in->info;

	db_begin(db, stmt);
	db_id(db, ids->input, index);
	db_int(db, ids->audit);
	db_count(db, index);
	db_text(db, name);
	db_text(db, in->sha256[0] ? in->sha256 : NULL);
	db_text(db, c->format);
	db_text(db, c->compression);
	db_count(db, c->bytes);
	db_count(db, c->size);
	db_count(db, c->frames);
	db_count(db, c->filtered);
	db_count(db, c->first_ns);
	db_count(db, c->last_ns);
	db_count(db, c->backward);
	db_count(db, c->no_ts);
	db_count(db, c->truncated);
	db_count(db, c->snaplen);
	db_count(db, c->kernel_drops);
	db_count(db, c->interface_drops);
	db_int(db, c->interrupted);
	db_int(db, c->broken);
	db_count(db, c->broken && !c->unreadable ? c->broken_at : UINT64_MAX);
	db_text(db, c->broken ? aud_without_path(c->broken_why, c->path) : NULL);
	return db_run(db, err);
}

/* Under the names that reports give them. */
enum aud_code
put_inputs(struct db *db, enum stmt stmt, const struct aud_trial *t, const struct audit_ids *ids, struct aud_err *err)
{
	char **names = calloc(t->ninputs + 1, sizeof *names);
	enum aud_code code = names ? AUD_OK : aud_nomem(err);

	for (size_t i = 0; i < t->ninputs && !code; i++) {
		const char *path = t->inputs[i].info.path;

		code = aud_names_add(names, i, path) ? put_input(db, stmt, ids, &t->inputs[i], names[i], i, err) : aud_nomem(err);
	}
	aud_names_free(names, t->ninputs);
	return code;
}

/* Who and when: the lists of the coverage that reports cut short are cut here too. */
static enum aud_code
put_coverage_lists(struct db *db, const struct aud_trial *t, const struct audit_ids *ids, struct aud_err *err)
{
	const struct aud_coverage *c = t->coverage;
	enum aud_code code = AUD_OK;
	struct aud_addr_text keep;

	for (size_t i = 0; i < c->nspans && !code; i++) {
		db_begin(db, STMT_PUT_SPAN);
		db_int(db, ids->audit);
		db_count(db, i);
		db_count(db, c->spans[i].first_ns);
		db_count(db, c->spans[i].last_ns);
		db_count(db, c->spans[i].packets);
		code = db_run(db, err);
	}
	for (size_t i = 0; i < c->nstrangers && !code; i++) {
		db_begin(db, STMT_PUT_STRANGER);
		db_int(db, ids->audit);
		put_addr(db, &c->strangers[i], &keep);
		code = db_run(db, err);
	}
	for (size_t i = 0; i < c->nunseen && !code; i++) {
		db_begin(db, STMT_PUT_UNSEEN);
		db_int(db, ids->audit);
		db_id(db, ids->host, (uint64_t)(c->unseen[i] - t->site->hosts));
		code = db_run(db, err);
	}
	return code;
}

enum aud_code
put_coverage_of(struct db *db, const struct aud_report *r, const struct audit_ids *ids, struct aud_err *err)
{
	const struct aud_coverage *c = r->trial->coverage;
	const struct aud_decode_stats *d = r->decode ? r->decode : r->trial->decode;
	enum aud_code code = AUD_OK;

	for (size_t i = 0; d && i < d->ncounts && !code; i++) {
		db_begin(db, STMT_PUT_DECODE);
		db_int(db, ids->audit);
		db_count(db, i);
		db_text(db, d->counts[i].layer);
		db_text(db, d->counts[i].reason);
		db_int(db, d->counts[i].defect);
		db_count(db, d->counts[i].frames);
		db_count(db, d->counts[i].first_frame);
		code = db_run(db, err);
	}
	for (size_t i = 0; c && i < c->nroles && !code; i++) {
		db_begin(db, STMT_PUT_COVERAGE_ROLE);
		db_int(db, ids->audit);
		db_int(db, c->roles[i].role);
		db_count(db, c->roles[i].declared);
		db_count(db, c->roles[i].seen);
		code = db_run(db, err);
	}
	for (size_t i = 0; c && i < c->npairs && !code; i++) {
		db_begin(db, STMT_PUT_COVERAGE_PAIR);
		db_int(db, ids->audit);
		db_int(db, c->pairs[i].client);
		db_int(db, c->pairs[i].server);
		db_count(db, c->pairs[i].conversations);
		db_count(db, c->pairs[i].one_way);
		code = db_run(db, err);
	}
	if (c && !code)
		code = put_coverage_lists(db, r->trial, ids, err);
	return code;
}

static enum aud_code
put_finding_lists(struct db *db, const struct audit_ids *ids, const struct aud_finding *f, size_t index, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	for (size_t i = 0; i < f->ncitations && !code; i++) {
		db_begin(db, STMT_PUT_FINDING_CITATION);
		db_id(db, ids->finding, index);
		db_count(db, i);
		db_id(db, ids->place.row, f->citations[i]);
		code = db_run(db, err);
	}
	for (size_t i = 0; i < f->nevidence && !code; i++) {
		if (!f->evidence[i])
			continue;
		db_begin(db, STMT_PUT_EVIDENCE);
		db_id(db, ids->finding, index);
		db_count(db, i);
		put_frame(db, ids, f->evidence[i]);
		code = db_run(db, err);
	}
	return code;
}

static void
put_rule_id(struct db *db, const struct audit_ids *ids, int rule)
{
	if (rule >= 0)
		db_id(db, ids->place.rule, (uint64_t)rule);
	else
		db_null(db);
}

enum aud_code
put_finding(struct db *db, enum stmt stmt, const struct audit_ids *ids, const struct aud_finding *f, size_t index, struct aud_err *err)
{
	struct aud_addr_text client, server;
	struct aud_proto_text proto;
	enum aud_code code;

	db_begin(db, stmt);
	db_id(db, ids->finding, index);
	db_int(db, ids->audit);
	db_text(db, f->id);
	db_text(db, name_of(&names_kind, f->kind));
	db_text(db, name_of(&names_severity, f->severity));
	db_text(db, name_of(&names_certainty, f->certainty));
	db_text(db, name_of(&names_title, f->kind));
	db_text(db, f->reason);
	put_addr(db, &f->client, &client);
	db_text(db, f->client_name);
	db_roles(db, f->client_roles);
	put_addr(db, &f->server, &server);
	db_text(db, f->server_name);
	db_roles(db, f->server_roles);
	db_count(db, f->port < 0 ? UINT64_MAX : (uint64_t)f->port);
	put_proto(db, f->proto, &proto);
	db_text(db, f->app);
	put_rule_id(db, ids, f->rule);
	put_rule_id(db, ids, f->rule < 0 ? f->nearest : -1);
	db_count(db, f->flows);
	db_count(db, f->packets);
	db_count(db, f->bytes);
	db_count(db, f->first_ns);
	db_count(db, f->last_ns);
	if (f->waiver >= 0)
		db_id(db, ids->waiver, (uint64_t)f->waiver);
	else
		db_null(db);
	db_int(db, f->waiver_expired);
	db_text(db, f->said);
	code = db_run(db, err);
	return code ? code : put_finding_lists(db, ids, f, index, err);
}

static enum aud_code
put_findings(struct db *db, const struct audit_ids *ids, const struct aud_trial *t, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	for (size_t i = 0; i < t->nfindings && !code; i++)
		code = put_finding(db, STMT_PUT_FINDING, ids, &t->findings[i], i, err);
	return code;
}

enum aud_code
put_row_state(struct db *db, enum stmt stmt, const struct audit_ids *ids, const struct aud_row_state *s, struct aud_err *err)
{
	db_begin(db, stmt);
	db_int(db, ids->audit);
	db_id(db, ids->place.row, s->row);
	db_text(db, name_of(&names_state, s->state));
	db_text(db, s->reason);
	db_count(db, s->flows);
	db_count(db, s->first_ns);
	db_count(db, s->last_ns);
	db_text(db, s->said);
	return db_run(db, err);
}

static enum aud_code
put_judgement(struct db *db, const struct audit_ids *ids, const struct aud_trial *t, struct aud_err *err)
{
	enum aud_code code = put_findings(db, ids, t, err);

	for (size_t i = 0; i < t->nstates && !code; i++)
		code = put_row_state(db, STMT_PUT_ROW_STATE, ids, &t->states[i], err);
	return code;
}

enum aud_code
next_audit_ids(struct db *db, struct audit_ids *ids, struct aud_err *err)
{
	int64_t *const out[] = {&ids->audit, &ids->host, &ids->waiver, &ids->input, &ids->conversation, &ids->finding};

	return db_numbers(db, STMT_NEXT_AUDIT_IDS, NULL, out, 6, err);
}

/* Parents before children, as the foreign keys demand. */
static enum aud_code
put_all(struct db *db, const struct aud_report *r, struct aud_err *err)
{
	struct audit_ids ids = {0};
	enum aud_code code = put_matrix(db, r->trial->matrix, r->trial->site, &ids.place, err);

	if (!code)
		code = next_audit_ids(db, &ids, err);
	if (!code)
		code = put_head(db, STMT_PUT_AUDIT, r, &ids, err);
	if (!code)
		code = put_site(db, &ids, r->trial->site, err);
	if (!code)
		code = put_inputs(db, STMT_PUT_INPUT, r->trial, &ids, err);
	if (!code)
		code = put_coverage_of(db, r, &ids, err);
	if (!code)
		code = put_conversations(db, r->trial, &ids, err);
	if (!code)
		code = put_judgement(db, &ids, r->trial, err);
	if (!code)
		code = put_ipsec(db, r->trial, &ids, err);
	return code;
}

enum aud_code
aud_store_audit(struct aud_store *s, const struct aud_report *r, struct aud_err *err)
{
	enum aud_code code = run(s->db, STMT_BEGIN, err);

	if (code)
		return code;
	code = put_all(s->db, r, err);
	if (!code)
		code = run(s->db, STMT_COMMIT, err);
	if (code && run(s->db, STMT_ROLLBACK, NULL))
		return code;	/* SQLite rolled back itself */
	return code;
}
