/*
 * Records with their working state as bytes, for the next start of an audit that goes on. Numbers are big-endian and as long as their
 * fields. restore.c takes them back.
 */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

#define NO_AGE (UINT64_MAX / 2)

/* size: 1, 2, 4 or 8. */
static void
number(struct tape *t, void *field, size_t size)
{
	uint64_t x = 0;

	t->n += size;
	if (t->how == TAPE_WRITE && t->to) {
		x = size == 1 ? *(uint8_t *)field : size == 2 ? *(uint16_t *)field : size == 4 ? *(uint32_t *)field : *(uint64_t *)field;
		for (size_t i = size; i > 0; i--, x >>= 8)
			t->to[i - 1] = (uint8_t)x;
		t->to += size;
	} else if (t->how == TAPE_READ) {
		const uint8_t *p = t->from.p;

		if (!view_skip(&t->from, size)) {
			t->bad = true;
			return;
		}
		switch (size) {
		case 1: *(uint8_t *)field = *p; break;
		case 2: *(uint16_t *)field = be16(p); break;
		case 4: *(uint32_t *)field = be32(p); break;
		default: *(uint64_t *)field = be64(p); break;
		}
	}
}
#define N(t, field) number(t, &(field), sizeof(field))
#define EACH(t, array) \
	for (size_t each_ = 0; each_ < sizeof(array) / sizeof *(array); each_++) \
		N(t, (array)[each_])

/* A count or a time: such as SQLite keeps, so that no sum of two wraps. */
static void
count(struct tape *t, uint64_t *field)
{
	number(t, field, sizeof *field);
	if (t->how == TAPE_READ && *field > INT64_MAX / 4)
		t->bad = true;
}

static void
flag(struct tape *t, bool *field)
{
	uint8_t x = t->how == TAPE_WRITE ? *field : 0;

	number(t, &x, 1);
	t->bad |= t->how == TAPE_READ && x > 1;
	if (t->how == TAPE_READ)
		*field = x == 1;
}

/* An enumerator below n. */
#define WORD(t, field, n) \
	do { \
		uint32_t word_ = t->how == TAPE_WRITE ? (uint32_t)(field) : 0; \
		number(t, &word_, sizeof word_); \
		t->bad |= t->how == TAPE_READ && word_ >= (n); \
		if (t->how == TAPE_READ && !t->bad) \
			(field) = word_; \
	} while (0)

/* A number of things, n at most. */
static void
few(struct tape *t, uint8_t *field, unsigned n)
{
	number(t, field, 1);
	t->bad |= t->how == TAPE_READ && *field > n;
}

static void
address(struct tape *t, struct aud_addr *a)
{
	EACH(t, a->b);
	N(t, a->family);
	/* What is behind the four bytes of IPv4 takes part in hashes. */
	if (t->how == TAPE_READ)
		t->bad |= a->family == 4 ? be32(a->b + 4) || be64(a->b + 8) : a->family != 0 && a->family != 6;
}

/* Of one that came in another tunnel than its association's first packet only the number of the tunnel is known here. */
static bool
kept(const struct sa *a, const struct held *h)
{
	return h->packet.tunnel == a->rec.tunnel;
}

static size_t
waiting_length(const struct sa *a)
{
	size_t n = 1;

	for (unsigned i = 0; i < a->nheld; i++)
		n += kept(a, &a->held[i]) ? WAITING_HEAD + a->held[i].packet.caplen : 0;
	return n;
}

/* The way back is restore.c's: it asks the decoder. */
static void
write_waiting(struct tape *t, const struct sa *a)
{
	uint8_t n = 0;

	for (unsigned i = 0; i < a->nheld; i++)
		n += kept(a, &a->held[i]);
	N(t, n);
	for (unsigned i = 0; i < a->nheld; i++) {
		struct aud_packet p = a->held[i].packet;
		bool copy = a->held[i].copy;

		if (!kept(a, &a->held[i]))
			continue;
		p.bits &= WAITING_BITS;
		N(t, p.ts_ns);
		N(t, p.frame_no);
		N(t, p.bits);
		flag(t, &copy);
		N(t, p.caplen);
		memcpy(t->to, p.ip, p.caplen);
		t->to += p.caplen;
	}
}

static void
tape_cadences(struct tape *t, struct sa *a)
{
	for (size_t i = 0; i < AUD_SA_CADENCES; i++) {
		count(t, &a->rec.cadence[i].near);
		N(t, a->rec.cadence[i].seconds);
		N(t, a->rec.cadence[i].run);
		count(t, &a->rec.cadence[i].run_ns);
		N(t, a->run[i]);
		count(t, &a->run_ns[i]);
	}
	count(t, &a->second);
	count(t, &a->in_second);
}

static void
tape_inner(struct tape *t, struct aud_sa *r)
{
	few(t, &r->ninner, AUD_SA_INNER);
	for (size_t i = 0; i < AUD_SA_INNER; i++) {
		struct aud_sa_inner *in = &r->inner[i];

		address(t, &in->src);
		address(t, &in->dst);
		N(t, in->sport);
		N(t, in->dport);
		N(t, in->proto);
		count(t, &in->packets);
		count(t, &in->first_ns);
		count(t, &in->last_ns);
		N(t, in->frame);
	}
	flag(t, &r->inner_more);
}

static void
tape_clear(struct tape *t, struct clear_state *c)
{
	N(t, c->addresses);
	EACH(t, c->run);
	EACH(t, c->same);
	EACH(t, c->proto);
	for (size_t i = 0; i < ICVS; i++) {
		EACH(t, c->shapes[i]);
		EACH(t, c->udp[i]);
	}
	for (size_t i = 0; i < CANDIDATES; i++) {
		N(t, c->candidate[i].proto);
		few(t, &c->candidate[i].icv, ICVS - 1);
		few(t, &c->candidate[i].iv, IVS - 1);
		N(t, c->candidate[i].n);
		N(t, c->candidate[i].sport);
		N(t, c->candidate[i].dport);
	}
	few(t, &c->ncandidates, CANDIDATES);
	flag(t, &c->decided);
	few(t, &c->icv, ICVS - 1);
	few(t, &c->iv, IVS);
	N(t, c->misfits);
}

static void
tape_record(struct tape *t, struct aud_sa *r)
{
	uint64_t *const counts[] = {&r->packets, &r->bytes, &r->first_ns, &r->last_ns, &r->copies, &r->fragments, &r->truncated, &r->lost, &r->gaps,
	    &r->late, &r->duplicates, &r->restarts, &r->strays, &r->tested, &r->opaque, &r->read, &r->unread};

	address(t, &r->src);
	address(t, &r->dst);
	N(t, r->spi);
	WORD(t, r->encap, AUD_ENCAP_ESP_TCP + 1);
	N(t, r->sport);
	N(t, r->dport);
	flag(t, &r->under_ah);
	flag(t, &r->sure);
	N(t, r->tunnel);
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		count(t, counts[i]);
	EACH(t, r->frames);
	N(t, r->first_seq);
	N(t, r->last_seq);
	WORD(t, r->payload, AUD_PAYLOAD_AH + 1);
	WORD(t, r->mode, AUD_IPSEC_BOTH + 1);
	flag(t, &r->wesp_says);
	N(t, r->icv);
	N(t, r->iv);
	N(t, r->decided_frame);
	tape_inner(t, r);
}

void
tape_sa(struct tape *t, struct sa *a)
{
	tape_record(t, &a->rec);
	N(t, a->high);
	N(t, a->stray);
	flag(t, &a->begun);
	flag(t, &a->strayed);
	EACH(t, a->seen);
	for (size_t i = 0; i < RECENT; i++) {
		count(t, &a->recent[i].ts_ns);
		N(t, a->recent[i].seq);
	}
	N(t, a->nrecent);
	tape_cadences(t, a);
	tape_clear(t, &a->clear);
}

static void
tape_exchanges(struct tape *t, struct ike *k)
{
	few(t, &k->rec.nexchanges, AUD_IKE_EXCHANGES);
	flag(t, &k->rec.exchanges_more);
	for (size_t i = 0; i < AUD_IKE_EXCHANGES; i++) {
		struct aud_ike_exchange *x = &k->rec.exchanges[i];

		N(t, x->version);
		N(t, x->type);
		count(t, &x->messages[0]);
		count(t, &x->messages[1]);
		count(t, &x->first_ns);
		count(t, &x->answer_ns);
		few(t, &k->first_side[i], 1);
	}
}

void
tape_ike(struct tape *t, struct ike *k)
{
	struct aud_ike *r = &k->rec;
	uint64_t *const counts[] = {&r->messages[0], &r->messages[1], &r->bytes, &r->retransmissions[0], &r->retransmissions[1], &r->copies,
	    &r->first_ns, &r->last_ns, &r->answer_ns};

	address(t, &r->initiator);
	address(t, &r->responder);
	EACH(t, r->initiator_spi);
	EACH(t, r->responder_spi);
	flag(t, &r->sides_known);
	N(t, r->sport);
	N(t, r->dport);
	flag(t, &r->nat_t);
	flag(t, &r->tcp);
	N(t, r->tunnel);
	tape_exchanges(t, k);
	N(t, r->vendors);
	N(t, r->other_vendors);
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		count(t, counts[i]);
	EACH(t, r->frames);
	N(t, r->answer_frame);
	EACH(t, k->nat_port);
	for (size_t i = 0; i < RECENT_IKE; i++) {
		count(t, &k->recent[i].ts_ns);
		N(t, k->recent[i].print);
	}
	N(t, k->nrecent);
}

void
tape_stats(struct tape *t, struct aud_ipsec_stats *s)
{
	uint64_t *const counts[] = {&s->esp, &s->ah, &s->wesp, &s->esp_udp, &s->esp_tcp, &s->ike, &s->keepalives, &s->malformed, &s->not_esp,
	    &s->evicted_sas, &s->evicted_ikes, &s->unheld};

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		count(t, counts[i]);
}

void
tape_stream(struct tape *t, struct stream *s)
{
	address(t, &s->src);
	address(t, &s->dst);
	N(t, s->sport);
	N(t, s->dport);
	flag(t, &s->used);
	N(t, s->next);
}

/* Counts of the context, and the connections whose messages are followed. */
void
tape_rest(struct tape *t, struct aud_ipsec_stats *stats, struct streams *streams)
{
	tape_stats(t, stats);
	N(t, streams->hand);
	for (size_t i = 0; i < STREAMS; i++)
		tape_stream(t, &streams->v[i]);
}

void
tape_version(struct tape *t)
{
	uint8_t v = KEPT_VERSION;

	number(t, &v, 1);
	t->bad |= v != KEPT_VERSION;
}

struct streams *
streams_of(struct aud_ipsec *x)
{
	if (!x->streams)
		x->streams = calloc(1, sizeof *x->streams);
	return x->streams;
}

/* How long the parts are: the same for each of a kind, but for what waits. */
struct lengths {
	size_t sa, ike, rest;
};

static struct lengths
lengths_of(struct aud_ipsec *x)
{
	struct tape sa = {.how = TAPE_WRITE}, ike = sa, rest = sa;
	struct sa a = {.nheld = 0};
	struct ike k = {.hash = 0};

	tape_version(&sa);
	tape_sa(&sa, &a);
	tape_version(&ike);
	tape_ike(&ike, &k);
	tape_version(&rest);
	tape_rest(&rest, &x->result.stats, x->streams);
	return (struct lengths){sa.n, ike.n, rest.n};
}

static struct tape
begin(struct aud_ipsec_saves *out, struct aud_ipsec_saved s, uint8_t **at, size_t n)
{
	struct tape t = {.how = TAPE_WRITE, .to = *at};

	s.bytes = *at;
	s.n = n;
	out->v[out->n++] = s;
	*at += n;
	tape_version(&t);
	return t;
}

static void
write_all(struct aud_ipsec *x, uint64_t after, const struct lengths *l, struct aud_ipsec_saves *out)
{
	struct aud_ipsec_stats stats = x->result.stats;
	uint8_t *at = out->bytes;
	struct tape t;

	for (uint32_t i = 0; i < x->sas.n; i++) {
		struct sa *a = &x->sas.v[i];

		if (a->touched <= after)
			continue;
		t = begin(out, (struct aud_ipsec_saved){.part = AUD_PART_ASSOCIATION, .slot = i, .last_ns = a->rec.last_ns, .tunnel = a->rec.tunnel},
		    &at, l->sa + waiting_length(a));
		tape_sa(&t, a);
		write_waiting(&t, a);
	}
	for (uint32_t i = 0; i < x->ikes.n; i++) {
		struct ike *k = &x->ikes.v[i];

		if (k->touched <= after)
			continue;
		t = begin(out, (struct aud_ipsec_saved){.part = AUD_PART_NEGOTIATION, .slot = i, .last_ns = k->rec.last_ns, .tunnel = k->rec.tunnel},
		    &at, l->ike);
		tape_ike(&t, k);
	}
	stats.evicted_sas = x->sas.evicted;
	stats.evicted_ikes = x->ikes.evicted;
	t = begin(out, (struct aud_ipsec_saved){.part = AUD_PART_REST, .last_ns = NO_AGE}, &at, l->rest);
	tape_rest(&t, &stats, x->streams);
}

enum aud_code
aud_ipsec_save(struct aud_ipsec *x, uint64_t after, struct aud_ipsec_saves *out, struct aud_err *err)
{
	size_t sas = 0, ikes = 0, waiting = 0;
	struct lengths l;

	*out = (struct aud_ipsec_saves){.round = x->round};
	if (!streams_of(x))
		return aud_nomem(err);
	l = lengths_of(x);
	for (size_t i = 0; i < x->sas.n; i++) {
		sas += x->sas.v[i].touched > after;
		waiting += x->sas.v[i].touched > after ? waiting_length(&x->sas.v[i]) : 0;
	}
	for (size_t i = 0; i < x->ikes.n; i++)
		ikes += x->ikes.v[i].touched > after;
	out->v = malloc((sas + ikes + 1) * sizeof *out->v);
	out->bytes = malloc(sas * l.sa + waiting + ikes * l.ike + l.rest);
	if (!out->v || !out->bytes) {
		aud_ipsec_saves_free(out);
		return aud_nomem(err);
	}
	write_all(x, after, &l, out);
	x->round++;
	return AUD_OK;
}

void
aud_ipsec_saves_free(struct aud_ipsec_saves *s)
{
	free(s->v);
	free(s->bytes);
	*s = (struct aud_ipsec_saves){0};
}
