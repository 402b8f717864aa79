#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot.h"

enum { TCP = 6, TUNNELS = SNAPSHOT_TUNNELS, YOUNG_MAX = 1 << 16 };

static bool
closed(const struct aud_flow *f)
{
	return f->proto == TCP && (f->bits & (AUD_FLOW_RST0 | AUD_FLOW_RST1) || (f->bits & AUD_FLOW_FIN0 && f->bits & AUD_FLOW_FIN1));
}

/* What it is will not change by what may come at any moment. */
static bool
settled(const struct aud_flow *f, const struct aud_flow_more *m)
{
	bool known = aud_classify_decided(f) || m->app.by == AUD_BY_DPI || m->app.by == AUD_BY_OWN;

	if (f->bits & (AUD_FLOW_REFUSED | AUD_FLOW_REFUSED_RST))
		return true;
	if (closed(f))
		return known || !f->state;
	return f->packets[0] && f->packets[1] && aud_classify_decided(f);
}

static struct young
young_key(const struct aud_addr *a, const struct aud_addr *b, uint16_t port, uint8_t proto)
{
	bool swap = aud_addr_cmp(a, b) > 0;
	struct young y;

	memset(&y, 0, sizeof y);
	y.lo = swap ? *b : *a;
	y.hi = swap ? *a : *b;
	y.port = port;
	y.proto = proto;
	return y;
}

static void
remember(struct snapshot *s, const struct fold_flow *x)
{
	if (s->nyoung == YOUNG_MAX) {
		s->young_beyond++;
		return;
	}
	if (s->nyoung == s->cyoung) {
		size_t c = s->cyoung ? s->cyoung * 2 : 256;
		struct young *v = realloc(s->young, c * sizeof *v);

		if (!v) {
			s->rc = AUD_NOMEM;
			return;
		}
		s->young = v;
		s->cyoung = c;
	}
	s->young[s->nyoung++] = young_key(&x->client, &x->server, x->f->port[!x->side], x->f->proto);
}

/*
 * For another start, should this one be killed. Where room is short flows that nobody audits have to stay behind, and those of one side that are
 * old: who waits for an answer for so long hardly gets one.
 */
static void
carry(struct snapshot *s, const struct aud_flow *flow, const struct fold_flow *x, bool counted)
{
	struct living l = {.flow = *x->f, .more = *x->m, .app_frame = aud_flow_app_frame(x->m), .counted = counted,
	    .decided = aud_classify_decided(x->f)};
	const char *tunnel = x->m->tunnel ? aud_decoder_tunnel(s->decoder, x->m->tunnel) : "";
	bool out = fold_leaves_out(&s->shard->fold, x), one_side = !x->f->packets[0] || !x->f->packets[1];

	if (!s->flows.max || ((out || (counted && one_side)) && living_filled(&s->flows)))
		return;
	l.addr[0] = aud_table_addr(s->shard->table, flow, 0);
	l.addr[1] = aud_table_addr(s->shard->table, flow, 1);
	snprintf(l.tunnel, sizeof l.tunnel, "%s", tunnel);
	s->rc = living_write(&s->flows, &l, out || x->f->bits & AUD_FLOW_CLASSIFIED ? NULL : s->shard->kept, flow);
}

static void
add_living(void *user, const struct aud_flow *flow, const struct aud_flow_more *more)
{
	struct snapshot *s = user;
	struct aud_flow f = *flow;
	struct aud_flow_more m = *more;
	struct fold_flow x = {.f = &f, .m = &m};
	struct aud_table_stats *stats = &s->shards[s->shard->no].stats;
	bool counted;

	if (s->rc != AUD_OK)
		return;
	if (f.proto == TCP || f.proto == 17)
		++*(f.packets[0] && f.packets[1] ? &stats->two_way : &stats->one_way);
	/* It may live for longer than the window: conversations and associations of IPsec leave together. */
	if (f.last_ns < s->since_ns)
		return;
	fold_direct(&s->shard->fold, &x, aud_table_addr(s->shard->table, flow, 0), aud_table_addr(s->shard->table, flow, 1));
	counted = settled(&f, &m) || s->now_ns >= m.first_ns + SNAPSHOT_GRACE_NS;
	if (counted)
		s->rc = fold_add(s->fold, &x, NULL);
	else if (f.packets[0] && f.packets[1])
		remember(s, &x);
	if (s->rc == AUD_OK)
		carry(s, flow, &x, counted);
}

static int
by_talk(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct young));
}

/* What a reader of the copies would have to ask the living for: names of applications, of tunnels, what servers told. */
static enum aud_code
resolve(struct snapshot *s, const struct snapshot_of *of, struct shard *from, struct fold *fold, struct aud_err *err)
{
	struct aud_app last = {0};
	bool any = false;

	for (size_t i = 0; i < fold->n; i++) {
		struct aud_conv *c = fold_at(fold, i);

		if (c->proto == TCP)
			c->facts |= aud_classifier_told(from->classifier, &c->client, &c->server, c->port, c->first_ns);
		s->tunnels[c->tunnel % TUNNELS] = aud_decoder_tunnel(of->decoder, c->tunnel);
		if (any && last.master == c->app.master && last.sub == c->app.sub)
			continue;
		if (!app_names_get(of->names, from->classifier, c->app))
			return aud_nomem(err);
		last = c->app;
		any = true;
	}
	return AUD_OK;
}

static void
carry_told(void *user, const struct aud_told *told)
{
	struct snapshot *s = user;

	if (s->rc == AUD_OK)
		s->rc = living_write_told(&s->flows, told);
}

static enum aud_code
take_shard(struct snapshot *s, const struct snapshot_of *of, unsigned k, struct aud_err *err)
{
	struct shard *from = &of->shards[k], *to = &s->shards[k];
	struct aud_classify_stats classify = {0};
	enum aud_code rc;

	to->no = k;
	shard_stats(from, &to->stats);
	s->living += aud_table_living(from->table);
	if (from->classifier)
		aud_classify_stats(from->classifier, &classify);
	s->states += classify.states;
	if ((rc = fold_copy(&to->fold, &from->fold, err)) != AUD_OK)
		return rc;
	s->shard = from;
	s->fold = &to->fold;
	aud_table_each(from->table, add_living, s);
	if (s->rc != AUD_OK)
		return aud_nomem(err);
	s->lacking += to->fold.dropped - from->fold.dropped;
	if ((rc = resolve(s, of, from, &to->fold, err)) != AUD_OK)
		return rc;
	return AUD_OK;
}

/* The books' texts live as long as the decoder; their lines may move. */
enum aud_code
snapshot_decode(struct snapshot *s, const struct snapshot_of *of, struct aud_err *err)
{
	struct aud_decode_count *v;

	aud_decoder_stats(of->decoder, &s->decode);
	if (!(v = before_merge(of->before, s->decode.counts, &s->decode.ncounts)))
		return aud_nomem(err);
	free(s->counts);
	s->decode.counts = s->counts = v;
	return AUD_OK;
}

static enum aud_code
make_tunnels(struct snapshot *s, struct aud_err *err)
{
	if (!s->tunnels && !(s->tunnels = calloc(TUNNELS, sizeof *s->tunnels)))
		return aud_nomem(err);
	s->tunnels[0] = "";
	return AUD_OK;
}

static const char *
name_tunnel(struct snapshot *s, const struct snapshot_of *of, uint16_t tunnel)
{
	return s->tunnels[tunnel % TUNNELS] = aud_decoder_tunnel(of->decoder, tunnel);
}

enum aud_code
snapshot_ipsec(struct snapshot *s, const struct snapshot_of *of, uint64_t since_ns, uint64_t settled_ns, struct aud_err *err)
{
	enum aud_code rc = make_tunnels(s, err);

	aud_ipsec_peek_free(&s->ipsec);
	aud_ipsec_saves_free(&s->saves);
	if (rc != AUD_OK || (rc = aud_ipsec_peek(of->ipsec, since_ns, settled_ns, &s->ipsec, err)) != AUD_OK)
		return rc;
	for (size_t i = 0; i < s->ipsec.nsas; i++)
		name_tunnel(s, of, s->ipsec.sas[i].tunnel);
	for (size_t i = 0; i < s->ipsec.nikes; i++)
		name_tunnel(s, of, s->ipsec.ikes[i].tunnel);
	if (of->save && (rc = aud_ipsec_save(of->ipsec, of->saved_round, &s->saves, err)) != AUD_OK)
		return rc;
	for (size_t i = 0; i < s->saves.n; i++)
		if (s->saves.v[i].tunnel)
			s->saves.v[i].tunnel_text = name_tunnel(s, of, s->saves.v[i].tunnel);
	return AUD_OK;
}

static enum aud_code
take_inputs(struct snapshot *s, const struct snapshot_of *of, struct aud_err *err)
{
	struct aud_input *v = malloc((of->ninputs + 1) * sizeof *v);

	if (!v)
		return aud_nomem(err);
	memcpy(v, of->inputs, of->ninputs * sizeof *v);
	free(s->inputs);
	s->inputs = v;
	s->ninputs = of->ninputs;
	return AUD_OK;
}

static enum aud_code
take_spans(struct snapshot *s, const struct snapshot_of *of, struct aud_err *err)
{
	struct aud_span *v = malloc((of->spans->n + 1) * sizeof *v);

	if (!v)
		return aud_nomem(err);
	if (of->spans->n)
		memcpy(v, of->spans->v, of->spans->n * sizeof *v);
	free(s->spans.v);
	s->spans = (struct spans){.v = v, .n = of->spans->n, .cap = of->spans->n + 1, .closed = of->spans->closed};
	spans_finish(&s->spans);
	return AUD_OK;
}

enum aud_code
snapshot_take(struct snapshot *s, const struct snapshot_of *of, struct aud_err *err)
{
	enum aud_code rc;

	s->now_ns = of->now_ns;
	s->since_ns = of->since_ns;
	s->nyoung = 0;
	s->young_beyond = 0;
	s->living = s->states = s->lacking = 0;
	s->rc = AUD_OK;
	if ((rc = make_tunnels(s, err)) != AUD_OK)
		return rc;
	s->decoder = of->decoder;
	living_clear(&s->flows);
	/* Before flows, which may be so many that nothing else finds room. */
	for (unsigned k = 0; k < SHARDS && s->flows.max; k++)
		aud_classifier_told_each(of->shards[k].classifier, carry_told, s);
	for (unsigned k = 0; k < SHARDS; k++)
		if ((rc = take_shard(s, of, k, err)) != AUD_OK)
			return rc;
	if ((rc = snapshot_decode(s, of, err)) != AUD_OK || (rc = take_inputs(s, of, err)) != AUD_OK ||
	    (rc = take_spans(s, of, err)) != AUD_OK)
		return rc;
	return snapshot_ipsec(s, of, s->since_ns, of->now_ns - SNAPSHOT_GRACE_NS, err);
}

void
snapshot_clear(struct snapshot *s)
{
	for (unsigned k = 0; k < SHARDS; k++)
		fold_clear(&s->shards[k].fold);
	free(s->inputs);
	free(s->counts);
	free(s->spans.v);
	free(s->tunnels);
	free(s->young);
	living_free(&s->flows);
	aud_ipsec_peek_free(&s->ipsec);
	aud_ipsec_saves_free(&s->saves);
	memset(s, 0, sizeof *s);
}

bool
snapshot_young(const struct snapshot *s, const struct aud_finding *f)
{
	if (!f->client.family || !f->server.family)
		return false;
	for (size_t i = 0; i < s->nyoung; i++) {
		struct young y = young_key(&f->client, &f->server, (uint16_t)f->port, f->proto);

		if (f->port < 0)
			y.port = s->young[i].port;
		if (!f->proto)
			y.proto = s->young[i].proto;
		if (!by_talk(&y, &s->young[i]))
			return true;
	}
	return false;
}
