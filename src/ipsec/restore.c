/*
 * Records with their working state out of the bytes of save.c. These may have been written by anybody: whatever a later step would take for
 * granted is looked at, and nothing is changed by what is refused.
 */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

enum { UDP = 17, ESP = 50, DLT_IP = 12, SECOND = 1000000000 };

static enum aud_code
not_ours(struct aud_err *err)
{
	return aud_fail(err, AUD_FORMAT, 0, "what is kept of IPsec is not as this version keeps it");
}

static bool
whole(const struct tape *t)
{
	return !t->bad && !view_left(&t->from);
}

/* Between two hosts, of one family, and seen. */
static bool
sound(const struct aud_addr *a, const struct aud_addr *b, uint64_t packets, uint64_t first_ns, uint64_t last_ns)
{
	return a->family && a->family == b->family && packets && first_ns && first_ns <= last_ns;
}

/* What later steps divide, subtract and count back from. */
static bool
counted(const struct sa *a)
{
	const struct aud_sa *r = &a->rec;

	for (size_t i = 0; i < r->ninner; i++)
		if (!r->inner[i].first_ns || r->inner[i].first_ns > r->inner[i].last_ns)
			return false;
	return a->begun && r->read <= r->packets && r->opaque <= r->tested && (!a->strayed || r->strays) &&
	       a->second <= (r->last_ns - r->first_ns) / SECOND;
}

struct waiting {
	struct aud_packet p;
	uint16_t at;
	bool copy;
};

/* A whole packet of this association, as it was when it began to wait. */
static bool
waits(const struct sa *a, const struct aud_packet *p, const struct aud_view *bytes, struct waiting *out)
{
	const uint16_t other = AUD_PKT_SHORT | AUD_PKT_FRAGMENT | AUD_PKT_QUOTE | AUD_PKT_NOPORTS;
	struct aud_addr src, dst;
	bool udp = a->rec.encap == AUD_ENCAP_ESP_UDP;

	if (p->ip != bytes->p || p->caplen != view_left(bytes) || p->bits & other || p->proto != (udp ? UDP : ESP))
		return false;
	src = aud_packet_src(p);
	dst = aud_packet_dst(p);
	out->p = *p;
	out->p.ah_back = 0;
	out->at = udp ? p->payload : p->l4;
	return p->caplen >= out->at + 8u && be32(p->ip + out->at) == a->rec.spi && !aud_addr_cmp(&src, &a->rec.src) && !aud_addr_cmp(&dst, &a->rec.dst);
}

static bool
read_one(struct tape *t, const struct sa *a, uint16_t tunnel, const struct aud_ipsec_again *again, struct waiting *out)
{
	struct aud_frame f = {.dlt = DLT_IP, .has_ts = true};
	struct aud_packet p[2];
	struct aud_view bytes;
	uint8_t copy;
	uint16_t bits;

	if (!view_be64(&t->from, &f.ts_ns) || !view_be64(&t->from, &f.no) || !view_be16(&t->from, &bits) || !view_u8(&t->from, &copy) ||
	    !view_be32(&t->from, &f.caplen) || !view_cut(&t->from, f.caplen, &bytes))
		return false;
	f.wirelen = f.caplen;
	f.data = bytes.p;
	if (f.ts_ns < a->rec.first_ns || f.ts_ns > a->rec.last_ns || copy > 1 || bits & ~WAITING_BITS || !f.caplen || again->decode(again->user, &f, p) != 1 ||
	    !waits(a, &p[0], &bytes, out))
		return false;
	out->copy = copy;
	out->p.bits |= bits;
	out->p.tunnel = tunnel;
	out->p.frame_no = again->frame(again->user, f.no);
	return true;
}

/* Where the association is decided, or of a kind that is not, nothing waits. */
static unsigned
read_waiting(struct tape *t, const struct sa *a, uint16_t tunnel, const struct aud_ipsec_again *again, struct waiting out[HELD])
{
	bool may = !t->bad && !a->clear.decided && (a->rec.encap == AUD_ENCAP_ESP || a->rec.encap == AUD_ENCAP_ESP_UDP);
	uint8_t n = 0;

	t->bad |= !view_u8(&t->from, &n) || n > (may ? HELD : 0);
	for (unsigned i = 0; i < n && !t->bad; i++)
		t->bad = !read_one(t, a, tunnel, again, &out[i]);
	return t->bad ? 0 : n;
}

static void
hold_again(struct aud_ipsec *x, struct sa *a, const struct waiting *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (!a->held)
			a->held = calloc(HELD, sizeof *a->held);
		if (!a->held || !hold_packet(x->hold, &w[i].p, &a->held[a->nheld])) {
			x->result.stats.unheld++;
			continue;
		}
		a->held[a->nheld].at = w[i].at;
		a->held[a->nheld].seq = be32(w[i].p.ip + w[i].at + 4);
		a->held[a->nheld++].copy = w[i].copy;
	}
	if (!a->nheld) {
		free(a->held);
		a->held = NULL;
	}
}

static void
renumber(const struct aud_ipsec_again *again, uint64_t frames[AUD_SA_FRAMES])
{
	for (size_t i = 0; i < AUD_SA_FRAMES; i++)
		frames[i] = again->frame(again->user, frames[i]);
}

static enum aud_code
restore_sa(struct aud_ipsec *x, const struct aud_ipsec_saved *s, struct tape *t, const struct aud_ipsec_again *again, struct aud_err *err)
{
	struct sa a = {.nheld = 0}, *to;
	struct waiting waiting[HELD];
	unsigned n;
	bool fresh;
	enum aud_code rc;

	tape_sa(t, &a);
	n = read_waiting(t, &a, s->tunnel, again, waiting);
	if (!whole(t) || !sound(&a.rec.src, &a.rec.dst, a.rec.packets, a.rec.first_ns, a.rec.last_ns) || !counted(&a))
		return not_ours(err);
	const struct sa_key key = {a.rec.src, a.rec.dst, a.rec.spi, a.rec.encap};
	/* NULL: there is less room than there was, and it is counted. */
	if ((rc = sa_get(&x->sas, &key, &to, &fresh, err)) != AUD_OK || !to)
		return rc;
	if (!fresh)
		return not_ours(err);
	a.next = to->next;
	a.hash = to->hash;
	a.touched = x->round;
	*to = a;
	to->rec.tunnel = s->tunnel;
	renumber(again, to->rec.frames);
	for (size_t i = 0; i < a.rec.ninner; i++)
		to->rec.inner[i].frame = again->frame(again->user, a.rec.inner[i].frame);
	to->rec.decided_frame = again->frame(again->user, a.rec.decided_frame);
	hold_again(x, to, waiting, n);
	return AUD_OK;
}

static enum aud_code
restore_ike(struct aud_ipsec *x, const struct aud_ipsec_saved *s, struct tape *t, const struct aud_ipsec_again *again, struct aud_err *err)
{
	struct ike k = {.hash = 0}, *to;
	const struct aud_ike *r = &k.rec;
	enum aud_code rc;

	tape_ike(t, &k);
	if (!whole(t) || !sound(&r->initiator, &r->responder, r->messages[0] + r->messages[1], r->first_ns, r->last_ns) ||
	    (r->answer_ns && (r->answer_ns < r->first_ns || r->answer_ns > r->last_ns)))
		return not_ours(err);
	if ((rc = ike_take(&x->ikes, r, &to, err)) != AUD_OK)
		return rc;
	if (!to)
		return not_ours(err);
	k.next = to->next;
	k.hash = to->hash;
	k.touched = x->round;
	*to = k;
	to->rec.tunnel = s->tunnel;
	renumber(again, to->rec.frames);
	to->rec.answer_frame = again->frame(again->user, k.rec.answer_frame);
	return AUD_OK;
}

static enum aud_code
restore_rest(struct aud_ipsec *x, struct tape *t, struct aud_err *err)
{
	struct aud_ipsec_stats stats = {0};
	struct streams streams = {.hand = 0};

	tape_rest(t, &stats, &streams);
	/* There is one of it. */
	if (!whole(t) || x->streams)
		return not_ours(err);
	if (!streams_of(x))
		return aud_nomem(err);
	*x->streams = streams;
	/* These are counted already where there is less room than there was. */
	x->sas.evicted += stats.evicted_sas;
	x->ikes.evicted += stats.evicted_ikes;
	stats.evicted_sas = stats.evicted_ikes = 0;
	stats.unheld += x->result.stats.unheld;
	x->result.stats = stats;
	return AUD_OK;
}

enum aud_code
aud_ipsec_restore(struct aud_ipsec *x, const struct aud_ipsec_saved *s, const struct aud_ipsec_again *again, struct aud_err *err)
{
	struct tape t = {.how = TAPE_READ, .from = view_of(s->bytes, s->n)};

	tape_version(&t);
	if (t.bad)
		return not_ours(err);
	switch (s->part) {
	case AUD_PART_ASSOCIATION: return restore_sa(x, s, &t, again, err);
	case AUD_PART_NEGOTIATION: return restore_ike(x, s, &t, again, err);
	case AUD_PART_REST: return restore_rest(x, &t, err);
	}
	return not_ours(err);
}
