/*
 * Flow stage, the table of one shard.
 *
 * Records never move: they lie in chunks, hot and cold halves apart, and are known by index. A hash table of (tag, index) pairs
 * with linear probing finds them; a batch of packets asks it for all its flows first and touches the records afterwards, so that
 * the cache misses of a batch overlap. Idle flows are found by a clock hand that goes round the records in capture time.
 */
#ifndef AUD_TABLE_H
#define AUD_TABLE_H

#include <aud/flow.h>

#include "addr6.h"
#include "dedup.h"
#include "fragment.h"
#include "vlanset.h"

enum { CHUNK_BITS = 12, CHUNK = 1 << CHUNK_BITS };

struct slot {
	uint32_t tag, index;	/* index 0: free */
};

struct aud_table {
	struct aud_table_opts opts;
	struct slot *slots;
	size_t size, used;	/* of the slots */
	struct aud_flow **hot;		/* chunks */
	struct aud_flow_more **cold;
	size_t nchunks, cchunks;
	uint32_t records;		/* handed out so far, the free ones included; index 0 is never used */
	uint32_t free;			/* list of free records through addr[0] */
	uint32_t hand;			/* the clock hand */
	uint64_t now_ns, swept_ns;	/* capture time; and up to when the hand has been moved */
	unsigned ahead;			/* packets in a row that are far ahead of now_ns */
	uint64_t tcp_bytes, lost_bytes;	/* of TCP payload: captured, acknowledged but not captured */
	struct addr6_table addr6;
	struct vlanset_table vlans;
	struct fragments *fragments;	/* made with the first fragment */
	struct dedup *dedup;
	struct aud_table_stats stats;
};

static inline struct aud_flow *
hot_of(const struct aud_table *t, uint32_t i)
{
	return &t->hot[i >> CHUNK_BITS][i & (CHUNK - 1)];
}

static inline struct aud_flow_more *
cold_of(const struct aud_table *t, uint32_t i)
{
	return &t->cold[i >> CHUNK_BITS][i & (CHUNK - 1)];
}

/* A record for the flow that p begins, whose hash is filled. */
enum aud_code table_new_flow(struct aud_table *, const struct aud_packet *, uint32_t *out, struct aud_err *err) AUD_CHECKED;
/* The record of p's flow and the sender's side, or 0. */
uint32_t table_find_flow(const struct aud_table *, const struct aud_packet *, int *side);

/* track.c: what one packet does to its flow. */

/* Idle times that end a flow are not shorter. */
#define TRACK_SHORTEST_NS UINT64_C(120000000000)
/* The cheap question before: no packet that does not pass it begins another flow. */
static inline bool
track_may_split(const struct aud_flow *f, const struct aud_packet *p)
{
	return p->tcp_flags & 2 /* SYN */ || (p->ts_ns > f->last_ns && p->ts_ns - f->last_ns > TRACK_SHORTEST_NS);
}

/* Does p begin another flow of the same 5-tuple? Sets why. */
bool track_splits(const struct aud_flow *, const struct aud_flow_more *, const struct aud_packet *, int side, enum aud_flow_end *why);
/* The idle time in ns after which a flow is over; depends on protocol and state. */
uint64_t track_timeout(const struct aud_flow *);
/* Counts, times and TCP state. */
void track_packet(struct aud_table *, struct aud_flow *, struct aud_flow_more *, const struct aud_packet *, int side);
/* An ICMP error quotes the flow. */
void track_quote(struct aud_flow *, const struct aud_packet *);

#endif
