#include <stdlib.h>
#include <string.h>

#include "shard.h"
#include "shares.h"

static enum aud_code
keep(struct shard *s, const struct fold_flow *x)
{
	const struct aud_flow *f = x->f;
	const struct aud_flow_more *m = x->m;

	if (s->nflows == s->cflows) {
		size_t c = s->cflows ? s->cflows * 2 : 256;
		struct aud_flow_record *r = realloc(s->flows, c * sizeof *r);
		if (!r)
			return aud_nomem(s->err);
		s->flows = r;
		s->cflows = c;
	}
	s->flows[s->nflows++] = (struct aud_flow_record){
	    .client = x->client, .server = x->server,
	    .client_port = f->port[x->side], .server_port = f->port[!x->side],
	    .proto = f->proto,
	    .packets = {aud_flow_packets(f, m, x->side), aud_flow_packets(f, m, !x->side)},
	    .bytes = {f->bytes[x->side], f->bytes[!x->side]},
	    .first_ns = m->first_ns, .last_ns = f->last_ns, .first_frame = m->first_frame,
	    .handshake = f->proto == 6 ? aud_flow_handshake(f) : AUD_HS_NONE,
	    .direction = x->by, .app = m->app, .facts = m->facts, .tls_version = m->tls_version,
	    .bits = f->bits, .vlans = f->vlans, .tunnel = m->tunnel, .shard = (uint8_t)s->no,
	};
	return AUD_OK;
}

static void
ended(void *user, struct aud_flow *f, struct aud_flow_more *m, enum aud_flow_end why)
{
	struct shard *s = user;
	struct fold_flow x = {.f = f, .m = m};
	bool open = why == AUD_ENDED_INPUT && aud_classify_decided(f);

	if (f->bits & AUD_FLOW_KEPT)
		kept_drop(s->kept, f);
	aud_classify_end(s->classifier, f, m);
	if (s->rc != AUD_OK)
		return;
	fold_direct(&s->fold, &x, aud_table_addr(s->table, f, 0), aud_table_addr(s->table, f, 1));
	if (open && s->left)
		s->left(s->user, s, f, &x);
	s->rc = s->keep_flows ? keep(s, &x) : fold_add(&s->fold, &x, s->err);
}

static void
rests(void *user, struct aud_flow *f, struct aud_flow_more *m)
{
	struct shard *s = user;

	aud_classify_rest(s->classifier, f, m);
	if (f->bits & AUD_FLOW_KEPT)
		kept_drop(s->kept, f);
}

static void
each(void *user, const struct aud_packet *p, const struct aud_hit *hit)
{
	struct shard *s = user;

	if (hit->flow->bits & AUD_FLOW_CLASSIFIED)
		return;
	aud_classify(s->classifier, hit->flow, hit->more, p, hit->side);
	if (!s->kept)
		return;
	if (!(hit->flow->bits & AUD_FLOW_CLASSIFIED))
		kept_add(s->kept, hit->flow, p, hit->side);
	else if (hit->flow->bits & AUD_FLOW_KEPT)
		kept_drop(s->kept, hit->flow);
}

static void
named(void *user, const struct aud_flow *f, const char *name, bool certificate)
{
	struct shard *s = user;
	enum aud_direction by;
	struct aud_addr server = aud_table_addr(s->table, f, !aud_flow_client(f, &by));

	server_names_add(&s->names, &server, name, certificate);
}

enum aud_code
shard_open(struct shard *s, unsigned no, const struct aud_audit_opts *o, const struct shares *max, const struct aud_attrib *attrib,
    const struct aud_matcher *matcher, uint64_t secret, struct aud_err *err)
{
	struct aud_table_opts t = {.split = !o->no_split, .dedup = !o->no_dedup, .max_flows = max->flows, .secret = secret, .ended = ended,
	    .rests = rests, .user = s};

	memset(s, 0, sizeof *s);
	s->no = no;
	s->keep_flows = o->keep_flows;
	s->fold.attrib = attrib;
	s->fold.matcher = matcher;
	s->fold.secret = s->classify.secret = secret;
	if (o->keep_names) {
		s->classify.named = named;
		s->classify.user = s;
	}
	s->fold.max = max->convs;
	s->classify.max_states = max->states;
	s->classify.beside = max->beside;
	return aud_table_new(&s->table, &t, err);
}

void
shard_close(struct shard *s)
{
	aud_table_free(s->table);
	aud_classifier_free(s->classifier);
	fold_clear(&s->fold);
	free(s->flows);
	server_names_clear(&s->names);
	memset(s, 0, sizeof *s);
}

enum aud_code
shard_ready(struct shard *s, struct aud_err *err)
{
	return s->classifier ? AUD_OK : aud_classifier_new(&s->classifier, &s->classify, err);
}

enum aud_code
shard_packets(struct shard *s, struct aud_packet *p, const uint32_t *of, size_t n, struct aud_err *err)
{
	enum aud_code rc = n ? shard_ready(s, err) : AUD_OK;

	s->err = err;
	for (size_t i = 0; rc == AUD_OK && i < n; i += AUD_BATCH) {
		rc = aud_table_batch(s->table, p, of + i, n - i < AUD_BATCH ? n - i : AUD_BATCH, each, s, err);
		if (rc == AUD_OK)
			rc = s->rc;
	}
	return rc;
}

enum aud_code
shard_idle(struct shard *s, uint64_t now_ns, uint64_t before_ns)
{
	s->err = NULL;
	aud_table_idle(s->table, now_ns);
	if (before_ns)
		fold_expire(&s->fold, before_ns);
	return s->rc;
}

void
shard_stats(const struct shard *s, struct aud_table_stats *out)
{
	struct aud_classify_stats stats = {0};

	*out = s->stats;
	if (s->table)
		aud_table_stats(s->table, out);
	if (s->classifier)
		aud_classify_stats(s->classifier, &stats);
	out->evicted += stats.given_up;
}

enum aud_code
shard_finish(struct shard *s, struct aud_err *err)
{
	enum aud_code rc = shard_ready(s, err);

	s->err = err;
	if (rc == AUD_OK)
		rc = aud_table_flush(s->table, each, s, err);
	if (rc == AUD_OK)
		rc = s->rc;
	if (s->classifier)
		aud_classifier_trim(s->classifier);
	return rc == AUD_OK ? fold_sort(&s->fold, err) : rc;
}
