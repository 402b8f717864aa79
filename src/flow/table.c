#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "key.h"
#include "table.h"

/* In capture time, the hand goes round all records in this long. */
#define ROUND_NS UINT64_C(60000000000)
/* A flow that is silent for so long rests, and one round of the hand later it is known. */
#define REST_NS UINT64_C(120000000000)
/* So far ahead a time stamp is believed when this many packets in a row say so. */
#define JUMP_NS UINT64_C(3600000000000)
enum { JUMP_PACKETS = 32 };
/* Of records: their hot halves, behind them the cold ones. */
enum { CHUNK_SIZE = CHUNK * (sizeof(struct aud_flow) + sizeof(struct aud_flow_more)) };

enum aud_code
aud_table_new(struct aud_table **out, const struct aud_table_opts *opts, struct aud_err *err)
{
	struct aud_table *t = calloc(1, sizeof *t);

	*out = NULL;
	if (!t)
		return aud_nomem(err);
	t->opts = *opts;
	t->addr6.secret = opts->secret;
	if (!t->opts.dedup_ns)
		t->opts.dedup_ns = 1000000;
	t->size = 1024;
	t->slots = calloc(t->size, sizeof *t->slots);
	/* A set of fingerprints is a cache line, if it begins where one does. */
	if (opts->dedup && (t->dedup = aligned_alloc(64, sizeof *t->dedup)))
		memset(t->dedup, 0, sizeof *t->dedup);
	if (!t->slots || (opts->dedup && !t->dedup)) {
		aud_table_free(t);
		return aud_nomem(err);
	}
	*out = t;
	return AUD_OK;
}

void
aud_table_free(struct aud_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->nchunks; i++)
		munmap(t->hot[i], CHUNK_SIZE);
	free(t->hot);
	free(t->cold);
	free(t->slots);
	free(t->fragments);
	free(t->dedup);
	addr6_clear(&t->addr6);
	vlanset_clear(&t->vlans);
	free(t);
}

static bool
v6(const struct aud_flow *f)
{
	return f->bits & AUD_FLOW_V6;
}

/* In use? A free record has no packets. */
static bool
lives(const struct aud_flow *f)
{
	return f->bytes[0] | f->bytes[1] | f->packets[0] | f->packets[1];
}

static uint32_t
hash_flow(const struct aud_table *t, const struct aud_flow *f)
{
	uint64_t secret = t->opts.secret;

	if (v6(f))
		return hash_ends(end_v6(t->addr6.entries[f->addr[0]].b, f->port[0], secret),
		    end_v6(t->addr6.entries[f->addr[1]].b, f->port[1], secret), f->proto, secret);
	return hash_ends(end_v4(f->addr[0], f->port[0]), end_v4(f->addr[1], f->port[1]), f->proto, secret);
}

/* Which side of f sent p: 0, 1, or -1 where p is of another flow. */
static int
side_of(const struct aud_table *t, const struct aud_flow *f, const struct aud_packet *p)
{
	if (f->proto != p->proto || v6(f) != !!(p->bits & AUD_PKT_V6))
		return -1;
	if (v6(f)) {
		const uint8_t *a = t->addr6.entries[f->addr[0]].b, *b = t->addr6.entries[f->addr[1]].b;
		if (p->sport == f->port[0] && p->dport == f->port[1] && !memcmp(p->ip + 8, a, 16) && !memcmp(p->ip + 24, b, 16))
			return 0;
		if (p->sport == f->port[1] && p->dport == f->port[0] && !memcmp(p->ip + 8, b, 16) && !memcmp(p->ip + 24, a, 16))
			return 1;
		return -1;
	}
	uint32_t src = load32(p->ip + 12), dst = load32(p->ip + 16);
	if (p->sport == f->port[0] && p->dport == f->port[1] && src == f->addr[0] && dst == f->addr[1])
		return 0;
	if (p->sport == f->port[1] && p->dport == f->port[0] && src == f->addr[1] && dst == f->addr[0])
		return 1;
	return -1;
}

/* Where a search for tag begins: its share of the range of tags. */
static size_t
home_of(const struct aud_table *t, uint32_t tag)
{
	return (size_t)((uint64_t)tag * t->size >> 32);
}

static size_t
next_slot(const struct aud_table *t, size_t k)
{
	return k + 1 == t->size ? 0 : k + 1;
}

/* By a quarter, so that at most 14 bytes of slots fall on a flow; since homes are in the order of tags, both tables are gone through once. */
static enum aud_code
grow_slots(struct aud_table *t, struct aud_err *err)
{
	struct slot *old = t->slots, *s;
	size_t n = t->size, size = n + n / 4;

	if (!(s = calloc(size, sizeof *s)))
		return aud_nomem(err);
	t->slots = s;
	t->size = size;
	for (size_t i = 0; i < n; i++) {
		size_t k;
		if (!old[i].index)
			continue;
		for (k = home_of(t, old[i].tag); s[k].index; k = next_slot(t, k))
			;
		s[k] = old[i];
	}
	free(old);
	return AUD_OK;
}

static enum aud_code
grow_records(struct aud_table *t, struct aud_err *err)
{
	if (t->nchunks == t->cchunks) {
		size_t c = t->cchunks ? t->cchunks * 2 : 16;
		struct aud_flow **h = realloc(t->hot, c * sizeof *h);
		if (!h)
			return aud_nomem(err);
		t->hot = h;
		struct aud_flow_more **m = realloc(t->cold, c * sizeof *m);
		if (!m)
			return aud_nomem(err);
		t->cold = m;
		t->cchunks = c;
	}
	/* Mapped, so that it goes back as a whole when its flows have ended, whichever thread that is. */
	struct aud_flow *h = mmap(NULL, CHUNK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (h == MAP_FAILED)
		return aud_nomem(err);
	t->hot[t->nchunks] = h;
	t->cold[t->nchunks++] = (struct aud_flow_more *)(h + CHUNK);
	return AUD_OK;
}

/* How far slot k lies behind another one, going round. */
static size_t
behind(const struct aud_table *t, size_t k, size_t from)
{
	return k >= from ? k - from : k + t->size - from;
}

/* Takes the record out of the slots; closes the gap behind it, so that searches need no tombstones. */
static void
unlink_slot(struct aud_table *t, uint32_t index, uint32_t tag)
{
	size_t k, hole;

	for (k = home_of(t, tag); t->slots[k].index != index; k = next_slot(t, k))
		;
	for (hole = k;;) {
		k = next_slot(t, k);
		if (!t->slots[k].index)
			break;
		if (behind(t, k, home_of(t, t->slots[k].tag)) >= behind(t, k, hole)) {
			t->slots[hole] = t->slots[k];
			hole = k;
		}
	}
	t->slots[hole].index = 0;
	t->used--;
}

static void
count_ended(struct aud_table *t, const struct aud_flow *f)
{
	if (f->proto != 6 && f->proto != 17)
		return;
	if (f->packets[0] && f->packets[1])
		t->stats.two_way++;
	else
		t->stats.one_way++;
}

static void
end_flow(struct aud_table *t, struct aud_flow *f, struct aud_flow_more *m, enum aud_flow_end why)
{
	count_ended(t, f);
	if (t->opts.ended)
		t->opts.ended(t->opts.user, f, m, why);
}

static void
drop_addrs(struct aud_table *t, const struct aud_flow *f)
{
	if (v6(f)) {
		addr6_drop(&t->addr6, f->addr[0]);
		addr6_drop(&t->addr6, f->addr[1]);
	}
}

static void
remove_flow(struct aud_table *t, uint32_t index, enum aud_flow_end why)
{
	struct aud_flow *f = hot_of(t, index);

	end_flow(t, f, cold_of(t, index), why);
	unlink_slot(t, index, hash_flow(t, f));
	drop_addrs(t, f);
	memset(f, 0, sizeof *f);
	f->addr[0] = t->free;
	t->free = index;
}

/* Bounded table: of the records under the hand's next steps the idlest goes; half-open ones first. */
static void
evict(struct aud_table *t)
{
	uint32_t worst = 0;
	uint64_t score = 0;

	for (uint32_t tries = 0, seen = 0; seen < 16 && tries < t->records; tries++) {
		t->hand = t->hand >= t->records ? 1 : t->hand + 1;
		const struct aud_flow *f = hot_of(t, t->hand);
		if (!lives(f))
			continue;
		uint64_t idle = t->now_ns > f->last_ns ? t->now_ns - f->last_ns : 0;
		uint64_t s = idle + 1 + (f->packets[0] && f->packets[1] ? 0 : UINT64_C(3600000000000));
		if (s > score) {
			score = s;
			worst = t->hand;
		}
		seen++;
	}
	if (worst) {
		t->stats.evicted += !(hot_of(t, worst)->bits & AUD_FLOW_UNREAD);	/* that was counted */
		remove_flow(t, worst, AUD_ENDED_EVICTED);
	}
}

static void
start_flow(struct aud_flow *f, struct aud_flow_more *m, const struct aud_packet *p)
{
	*m = (struct aud_flow_more){
	    .first_ns = p->ts_ns, .first_frame = p->frame_no, .app_input = AUD_NO_INPUT, .tunnel = p->tunnel};
	f->bits &= AUD_FLOW_V6;
	f->state = 0;
	f->packets[0] = f->packets[1] = 0;
	f->bytes[0] = f->bytes[1] = 0;
	f->duplicates = 0;
	f->last_ns = p->ts_ns;
	f->vlans = p->vlans ? VLANSET_NEW : 0;
}

enum aud_code
table_new_flow(struct aud_table *t, const struct aud_packet *p, uint32_t *out, struct aud_err *err)
{
	struct aud_flow *f;
	uint32_t index;
	enum aud_code rc;
	size_t k;

	if (t->opts.max_flows && t->used >= t->opts.max_flows)
		evict(t);
	if (t->used * 10 >= t->size * 7 && (rc = grow_slots(t, err)) != AUD_OK)
		return rc;
	if (t->free) {
		index = t->free;
		t->free = hot_of(t, index)->addr[0];
	} else {
		if (t->records == UINT32_MAX - 1)
			return aud_fail(err, AUD_LIMIT, 0, "more than 4 billion flows at a time");
		if ((t->records + 1) >> CHUNK_BITS >= t->nchunks && (rc = grow_records(t, err)) != AUD_OK)
			return rc;
		index = ++t->records;
	}
	f = hot_of(t, index);
	memset(f, 0, sizeof *f);
	if (p->bits & AUD_PKT_V6) {
		f->bits = AUD_FLOW_V6;
		f->addr[0] = addr6_hold(&t->addr6, p->ip + 8);
		f->addr[1] = addr6_hold(&t->addr6, p->ip + 24);
		if (!f->addr[0] || !f->addr[1])
			return aud_nomem(err);
	} else {
		f->addr[0] = load32(p->ip + 12);
		f->addr[1] = load32(p->ip + 16);
	}
	f->port[0] = p->sport;
	f->port[1] = p->dport;
	f->proto = p->proto;
	start_flow(f, cold_of(t, index), p);
	for (k = home_of(t, p->hash); t->slots[k].index; k = next_slot(t, k))
		;
	t->slots[k] = (struct slot){p->hash, index};
	t->used++;
	t->stats.flows++;
	if (t->used > t->stats.peak)
		t->stats.peak = t->used;
	*out = index;
	return AUD_OK;
}

uint32_t
table_find_flow(const struct aud_table *t, const struct aud_packet *p, int *side)
{
	for (size_t k = home_of(t, p->hash); t->slots[k].index; k = next_slot(t, k))
		if (t->slots[k].tag == p->hash && (*side = side_of(t, hot_of(t, t->slots[k].index), p)) >= 0)
			return t->slots[k].index;
	return 0;
}

/* The flow goes on under the same 5-tuple as another one, begun by p's sender. */
static void
restart_flow(struct aud_table *t, uint32_t index, const struct aud_packet *p, int side, enum aud_flow_end why)
{
	struct aud_flow *f = hot_of(t, index);
	struct aud_flow_more *m = cold_of(t, index);

	end_flow(t, f, m, why);
	if (side == 1) {
		uint32_t a = f->addr[0];
		uint16_t q = f->port[0];
		f->addr[0] = f->addr[1];
		f->addr[1] = a;
		f->port[0] = f->port[1];
		f->port[1] = q;
	}
	start_flow(f, m, p);
	t->stats.flows++;
}

/* Capture time goes on. A lone time stamp far ahead is a broken clock, and must not make every flow look idle. */
static void
tick(struct aud_table *t, uint64_t ts_ns)
{
	if (ts_ns <= t->now_ns + JUMP_NS || !t->now_ns || ++t->ahead >= JUMP_PACKETS) {
		t->ahead = 0;
		if (ts_ns > t->now_ns)
			t->now_ns = ts_ns;
	}
}

struct batch {
	struct aud_table *t;
	void (*each)(void *user, const struct aud_packet *, const struct aud_hit *);
	void *user;
	struct aud_err *err;
};

/* A copy, and no packet of its own. */
static void
account_copy(struct aud_table *t, struct aud_flow *f, const struct aud_packet *p)
{
	f->duplicates = (uint8_t)(f->duplicates + (f->duplicates < UINT8_MAX));
	if (f->vlans | p->vlans)
		f->vlans = vlanset_add(&t->vlans, f->vlans, p->vlans);
	t->stats.duplicates++;
	t->stats.duplicate_bytes += p->iplen;
}

static enum aud_code
account(struct batch *b, const struct aud_packet *p, uint32_t guess, uint64_t print)
{
	struct aud_table *t = b->t;
	struct aud_flow *f = guess ? hot_of(t, guess) : NULL;
	enum dedup_answer copy = DEDUP_NEW;
	struct aud_hit hit;
	enum aud_flow_end why;
	enum aud_code rc;

	hit.index = guess;
	if (!f || (hit.side = side_of(t, f, p)) < 0) {
		hit.index = table_find_flow(t, p, &hit.side);
		f = hit.index ? hot_of(t, hit.index) : NULL;
	}
	if (p->bits & AUD_PKT_QUOTE) {
		t->stats.quotes++;
		if (f) {
			t->stats.quotes_matched++;
			track_quote(f, p);
		}
		return AUD_OK;
	}
	t->stats.packets++;
	if (t->dedup)
		copy = dedup_seen(t->dedup, p, print, t->opts.dedup_ns);
	if (copy != DEDUP_NEW && f && (copy == DEDUP_COPY || f->duplicates > 1)) {
		account_copy(t, f, p);
		return AUD_OK;
	}
	if (!f) {
		if ((rc = table_new_flow(t, p, &hit.index, b->err)) != AUD_OK)
			return rc;
		f = hot_of(t, hit.index);
		hit.side = 0;
	} else if (t->opts.split && track_may_split(f, p) && track_splits(f, cold_of(t, hit.index), p, hit.side, &why)) {
		restart_flow(t, hit.index, p, hit.side, why);
		hit.side = 0;
	}
	tick(t, p->ts_ns);
	hit.flow = f;
	hit.more = cold_of(t, hit.index);
	track_packet(t, f, hit.more, p, hit.side);
	if (b->each)
		b->each(b->user, p, &hit);
	return AUD_OK;
}

/* A packet of which nothing was prepared. */
static enum aud_code
account_alone(struct batch *b, const struct aud_packet *p)
{
	return account(b, p, 0, b->t->dedup ? dedup_print(p) : 0);
}

/* Every held fragment of the datagram that p begins is accounted behind it. */
static enum aud_code
release_held(struct batch *b, const struct aud_packet *first)
{
	struct fragment_held h;
	enum aud_code rc = AUD_OK;

	while (rc == AUD_OK && fragment_take(b->t->fragments, first, &h)) {
		if (!first)
			b->t->stats.orphan_fragments++;
		h.packet.ip = h.header;
		h.packet.hash = key_hash(&h.packet, b->t->opts.secret);
		rc = account_alone(b, &h.packet);
	}
	return rc;
}

static enum aud_code
account_fragment(struct batch *b, struct aud_packet *p)
{
	struct aud_table *t = b->t;
	struct fragment_held pushed;
	enum aud_code rc;

	t->stats.fragments++;
	if (!t->fragments && !(t->fragments = calloc(1, sizeof *t->fragments)))
		return aud_nomem(b->err);
	if (!(p->bits & AUD_PKT_LATER)) {
		fragment_first(t->fragments, p);
		rc = account_alone(b, p);
		return rc == AUD_OK ? release_held(b, p) : rc;
	}
	if (fragment_later(t->fragments, p)) {
		p->hash = key_hash(p, t->opts.secret);
		return account_alone(b, p);
	}
	if (!fragment_hold(t->fragments, p, &pushed))
		return AUD_OK;
	t->stats.orphan_fragments++;
	pushed.packet.ip = pushed.header;
	pushed.packet.hash = key_hash(&pushed.packet, t->opts.secret);
	return account_alone(b, &pushed.packet);
}

/* Moves the hand as far as capture time went on, and ends the idle flows it meets. */
static void
sweep(struct aud_table *t)
{
	uint64_t dt, steps;

	if (!t->opts.split || !t->used)
		return;
	if (!t->swept_ns || t->swept_ns > t->now_ns)
		t->swept_ns = t->now_ns;
	dt = t->now_ns - t->swept_ns;
	if (dt < ROUND_NS / 64)
		return;
	steps = dt >= ROUND_NS ? t->records : (uint64_t)((double)t->records * ((double)dt / (double)ROUND_NS)) + 1;
	t->swept_ns = t->now_ns;
	while (steps--) {
		t->hand = t->hand >= t->records ? 1 : t->hand + 1;
		struct aud_flow *f = hot_of(t, t->hand);
		if (!lives(f) || t->now_ns <= f->last_ns)
			continue;
		if (t->now_ns - f->last_ns > track_timeout(f))
			remove_flow(t, t->hand, AUD_ENDED_IDLE);
		else if (f->state && t->opts.rests && t->now_ns - f->last_ns > REST_NS)
			t->opts.rests(t->opts.user, f, cold_of(t, t->hand));
	}
}

enum aud_code
aud_table_batch(struct aud_table *t, struct aud_packet *packets, const uint32_t *of, size_t n,
    void (*each)(void *user, const struct aud_packet *, const struct aud_hit *), void *user, struct aud_err *err)
{
	struct batch b = {t, each, user, err};
	uint32_t guess[AUD_BATCH];
	uint64_t print[AUD_BATCH];
	enum aud_code rc = AUD_OK;

	for (size_t i = 0; i < n; i++) {
		const struct aud_packet *p = &packets[of[i]];
		uint32_t end = (uint32_t)p->payload + DEDUP_PREFIX;

		__builtin_prefetch(&t->slots[home_of(t, p->hash)]);
		__builtin_prefetch(p->ip);
		__builtin_prefetch(p->ip + (end < p->caplen ? end : p->caplen));
	}
	for (size_t i = 0; i < n; i++) {
		const struct aud_packet *p = &packets[of[i]];
		size_t k = home_of(t, p->hash);

		print[i] = t->dedup ? dedup_print(p) : 0;
		if (t->dedup)
			dedup_prefetch(t->dedup, print[i]);
		while (t->slots[k].index && t->slots[k].tag != p->hash)
			k = next_slot(t, k);
		guess[i] = t->slots[k].index;
		if (guess[i])
			__builtin_prefetch(hot_of(t, guess[i]), 1);
	}
	/* Nothing is removed inside a batch but by eviction, and account() checks its guess. */
	for (size_t i = 0; i < n && rc == AUD_OK; i++) {
		struct aud_packet *p = &packets[of[i]];

		rc = p->bits & AUD_PKT_FRAGMENT && !(p->bits & AUD_PKT_QUOTE) ? account_fragment(&b, p) : account(&b, p, guess[i], print[i]);
	}
	sweep(t);
	return rc;
}

void
aud_table_each(const struct aud_table *t, void (*each)(void *user, const struct aud_flow *, const struct aud_flow_more *), void *user)
{
	for (uint32_t i = 1; i <= t->records; i++)
		if (lives(hot_of(t, i)))
			each(user, hot_of(t, i), cold_of(t, i));
}

void
aud_table_idle(struct aud_table *t, uint64_t now_ns)
{
	if (now_ns > t->now_ns)
		t->now_ns = now_ns;
	sweep(t);
}

size_t
aud_table_living(const struct aud_table *t)
{
	return t->used;
}

enum aud_code
aud_table_flush(struct aud_table *t, void (*each)(void *user, const struct aud_packet *, const struct aud_hit *),
    void *user, struct aud_err *err)
{
	struct batch b = {t, each, user, err};
	enum aud_code rc = AUD_OK;

	if (t->fragments)
		rc = release_held(&b, NULL);
	free(t->slots);		/* nothing is searched any more; what is made of the ended flows has the memory */
	t->slots = NULL;
	for (size_t c = 0; c < t->nchunks; c++) {
		for (uint32_t i = c ? 0 : 1; i < CHUNK && (c << CHUNK_BITS) + i <= t->records; i++)
			if (lives(&t->hot[c][i])) {
				end_flow(t, &t->hot[c][i], &t->cold[c][i], AUD_ENDED_INPUT);
				drop_addrs(t, &t->hot[c][i]);
			}
		munmap(t->hot[c], CHUNK_SIZE);
	}
	t->nchunks = t->used = t->records = 0;
	return rc;
}

struct aud_addr
aud_table_addr(const struct aud_table *t, const struct aud_flow *f, int side)
{
	uint8_t b[4];

	if (v6(f))
		return aud_addr_v6(t->addr6.entries[f->addr[side]].b);
	memcpy(b, &f->addr[side], 4);
	return aud_addr_v4(b);
}

size_t
aud_table_vlans(const struct aud_table *t, uint16_t set, uint16_t *out, size_t max)
{
	return vlanset_list(&t->vlans, set, out, max);
}

void
aud_table_stats(const struct aud_table *t, struct aud_table_stats *out)
{
	*out = t->stats;
	/* As many segments as the bytes that lack would have made, by the mean size of those that are there. */
	if (t->lost_bytes)
		out->acked_unseen = t->tcp_bytes ? (t->lost_bytes * t->stats.tcp_data + t->tcp_bytes - 1) / t->tcp_bytes : 1;
}
