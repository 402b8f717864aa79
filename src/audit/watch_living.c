/*
 * A running audit, going on with flows: those that an earlier start left open are taken into the tables as they were. What is not decided is
 * shown its packets once more. They are none that are captured: nothing counts them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "living.h"
#include "session.h"

enum { TCP = 6, UDP = 17 };

struct going {
	struct aud_watch *w;
	const unsigned *input;
	size_t ninputs;
	uint64_t now_ns;
};

static uint64_t
frame(const struct going *g, uint64_t no)
{
	return watch_frame(g->input, g->ninputs, no);
}

/* Handshakes that were looked at in part tell nothing of certificates. */
static void
leave_undecided(struct aud_flow *f, struct aud_flow_more *m)
{
	const uint32_t tls = AUD_FACT_TLS_RECORD | AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER;
	const uint32_t known = AUD_FACT_CLIENT_CERT | AUD_FACT_CLIENT_NOCERT | AUD_FACT_TLS13 | AUD_FACT_RESUMED | AUD_FACT_TLS_ALERT |
			       AUD_FACT_NOT_TLS;

	if (m->facts & tls && !(m->facts & known))
		m->facts |= AUD_FACT_TLS_GAP;
	f->bits |= AUD_FLOW_CLASSIFIED;
}

/* Shows what was kept to the classifier, and keeps it again. Returns how many packets. */
static unsigned
show(struct shard *s, struct living *l, struct aud_flow *f, struct aud_flow_more *m, const struct going *g)
{
	enum { SYN = 2, ACK = 16 };
	struct aud_packet p, first;
	uint8_t ip[60];
	unsigned n = 0;
	int side, syn;
	bool more = living_packet(l, &p, &side);

	if ((!more || p.proto != TCP || (p.tcp_flags & (SYN | ACK)) != SYN) && living_syn(l, ip, &first, &syn)) {
		first.frame_no = frame(g, first.frame_no);
		aud_classify(s->classifier, f, m, &first, syn);
		n++;
	}
	for (; more; more = living_packet(l, &p, &side), n++) {
		p.frame_no = frame(g, p.frame_no);
		if (!(f->bits & AUD_FLOW_CLASSIFIED))
			aud_classify(s->classifier, f, m, &p, side);
		if (!(f->bits & AUD_FLOW_CLASSIFIED) && s->kept)
			kept_add(s->kept, f, &p, side);
	}
	return n;
}

/* The record tells what the flow is, the packets how far the classifier is with it. */
static void
decide(struct shard *s, struct living *l, struct aud_flow *f, struct aud_flow_more *m, const struct going *g)
{
	const struct aud_flow_more had = *m;
	uint32_t bits = f->bits;
	bool known = had.app.by == AUD_BY_DPI || had.app.by == AUD_BY_OWN;
	unsigned shown;

	if (bits & AUD_FLOW_CLASSIFIED)
		return;
	m->app = (struct aud_app){0};
	m->facts = 0;
	m->tls_version = 0;
	/* At the time of these packets the connection was not over. */
	f->bits &= ~(uint32_t)(AUD_FLOW_FIN0 | AUD_FLOW_FIN1 | AUD_FLOW_CLIENT0 | AUD_FLOW_CLIENT1);
	shown = show(s, l, f, m, g);
	if (!(f->bits & AUD_FLOW_CLASSIFIED) && ((l->decided && !aud_classify_decided(f)) || (known && !shown))) {
		aud_classify_end(s->classifier, f, m);
		if (f->bits & AUD_FLOW_KEPT)
			kept_drop(s->kept, f);
		*m = had;
		f->bits |= bits;
		leave_undecided(f, m);
		return;
	}
	/* What nDPI remembers of other flows is not carried: it may decide now what it did not then. */
	if (known || !(f->bits & AUD_FLOW_CLASSIFIED))
		*m = had;
	f->bits |= bits;
	if (f->bits & AUD_FLOW_CLASSIFIED && f->bits & AUD_FLOW_KEPT)
		kept_drop(s->kept, f);
}

/* Where it is none of the audit's it was counted as such: that is done again when it ends, and in each picture. */
static void
less_outside(struct aud_coverage *c, const struct fold *t, const struct fold_flow *x)
{
	struct fold one = {.attrib = t->attrib};
	const struct fold_outside *o = &one.outside;

	if (!fold_leaves_out(t, x) || fold_add(&one, x, NULL) != AUD_OK)
		return;
	fold_less(&c->out_of_scope.flows, o->flows);
	fold_less(&c->out_of_scope.packets, o->packets);
	fold_less(&c->out_of_scope.bytes, o->bytes);
	fold_less(&c->out_of_scope.tcp_one_way, o->tcp_one_way);
	fold_less(&c->out_of_scope.tcp_answered, o->tcp_answered);
}

/* What a side said while no watch was running was not seen: that it said nothing cannot be told of such a connection any more. */
static void
doubt_silence(struct aud_flow *f)
{
	const uint32_t begun = AUD_FLOW_SYN0 | AUD_FLOW_SYN1 | AUD_FLOW_SYNACK0 | AUD_FLOW_SYNACK1;

	if (f->proto != TCP || !(f->bits & begun) || !f->packets[0] || !f->packets[1] || f->bits & (AUD_FLOW_RST0 | AUD_FLOW_RST1) ||
	    (f->bits & AUD_FLOW_FIN0 && f->bits & AUD_FLOW_FIN1))
		return;
	for (int i = 0; i < 2; i++)
		if (!(f->bits & (uint32_t)AUD_FLOW_DATA0 << i))
			f->bits |= (uint32_t)AUD_FLOW_GAP0 << i;
}

static enum aud_code
go_on(struct going *g, struct living *l, struct aud_err *err)
{
	struct aud_watch *w = g->w;
	struct shard *s = &w->shards[aud_flow_shard_of(&l->addr[0], &l->addr[1], SHARDS)];
	struct aud_coverage *c = &w->before_coverage;
	struct fold_flow x = {.f = &l->flow, .m = &l->more};
	struct aud_flow *f;
	struct aud_flow_more *m;
	enum aud_code rc;

	l->more.first_frame = frame(g, l->more.first_frame);
	l->more.app_input = AUD_NO_INPUT;
	aud_flow_set_app_frame(&l->more, frame(g, l->app_frame));
	l->more.tunnel = l->tunnel[0] ? aud_decoder_tunnel_id(w->decoder, l->tunnel) : 0;
	if (l->flow.last_ns > g->now_ns)
		l->flow.last_ns = g->now_ns;
	if (l->more.first_ns > l->flow.last_ns)
		l->more.first_ns = l->flow.last_ns;
	if ((rc = aud_table_put(s->table, l->addr, &l->flow, &l->more, &f, &m, err)) != AUD_OK || !f)
		return rc;
	if (l->counted) {
		fold_direct(&s->fold, &x, l->addr[0], l->addr[1]);
		fold_take_back(&s->fold, &x);
		less_outside(c, &s->fold, &x);
	}
	/* They are counted when flows end, and those that live in each picture. */
	if (l->flow.proto == TCP || l->flow.proto == UDP)
		fold_less(l->flow.packets[0] && l->flow.packets[1] ? &c->two_way : &c->one_way, 1);
	decide(s, l, f, m, g);
	doubt_silence(f);
	return AUD_OK;
}

static enum aud_code
part(void *user, const void *p, size_t n, struct aud_err *err)
{
	struct going *g = user;
	struct aud_view v = view_of(p, n);
	struct aud_err why = {0};
	struct living l;
	enum aud_code rc = living_open(&v, &why);

	while (rc == AUD_OK && (rc = living_next(&v, &l, &why)) == AUD_OK)
		if (l.told.port)
			aud_classifier_tell(g->w->shards[aud_flow_shard_of(&l.told.client, &l.told.server, SHARDS)].classifier, &l.told);
		else if ((rc = go_on(g, &l, err)) != AUD_OK)
			return rc;
	if (rc == AUD_FORMAT)
		snprintf(g->w->unread, sizeof g->w->unread, "%s", why.msg);
	return AUD_OK;
}

enum aud_code
watch_go_on(struct aud_watch *w, const unsigned *input, size_t ninputs, struct aud_err *err)
{
	struct going g = {w, input, ninputs, watch_now()};

	return aud_store_parts(w->store, w->number, LIVING_PART, LIVING_PARTS, part, &g, err);
}

/*
 * Parts that hold packets of undecided flows go: of those nothing is stored at the end. In their place come those of the flows that are left,
 * of both shards as much as half of what a picture may have, and one part of each at least.
 */
void
watch_left_room(struct aud_watch *w)
{
	size_t max = w->picture.flows.max;

	living_free(&w->picture.flows);
	w->picture.flows.max = (max + 1) / 2;
	for (int i = 0; i < SHARDS; i++)
		w->left[i].max = max >= 2 * SHARDS ? max / 2 / SHARDS : max != 0;
}

void
watch_left(void *watch, struct shard *s, const struct aud_flow *f, const struct fold_flow *x)
{
	struct aud_watch *w = watch;
	struct living_parts *to = &w->left[s->no];
	struct living l = {.flow = *x->f, .more = *x->m, .app_frame = aud_flow_app_frame(x->m), .counted = true, .decided = true};

	if (fold_leaves_out(&s->fold, x) && living_filled(to))
		return;
	l.addr[0] = aud_table_addr(s->table, f, 0);
	l.addr[1] = aud_table_addr(s->table, f, 1);
	if (x->m->tunnel)
		snprintf(l.tunnel, sizeof l.tunnel, "%s", aud_decoder_tunnel(w->decoder, x->m->tunnel));
	if (living_write(to, &l, NULL, NULL) != AUD_OK)
		to->lost++;
}

static void
told(void *user, const struct aud_told *t)
{
	struct living_parts *to = user;

	if (living_write_told(to, t) != AUD_OK)
		to->lost++;
}

void
watch_left_told(struct aud_watch *w)
{
	uint64_t lost = 0;

	for (int i = 0; i < SHARDS && w->o.database; i++) {
		aud_classifier_told_each(w->shards[i].classifier, told, &w->picture.flows);
		lost += w->left[i].lost;
	}
	lost += w->picture.flows.lost;
	if (lost)
		aud_watch_alert(w, AUD_ALERT_EVICTED, "So much is open at the end that %" PRIu64 " flows, or ports that servers told, could not be stored "
		    "(--memory has the room for them): what the next start sees of such flows counts as flows of its own.", lost);
}
