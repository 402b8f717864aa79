/*
 * Stage 3, flow: struct aud_packet -> struct aud_flow, both directions of one 5-tuple.
 *
 * A flow has a hot half, touched by every packet, and a cold half. Side 0 is the sender of the first packet; who is the
 * client is a derived value that comes with its evidence. A table belongs to one shard and is used by one thread at a time.
 *
 * Ownership: flows belong to their table and are valid until they end. The ended callback may read both halves during the
 * call and copies what it keeps.
 */
#ifndef AUD_FLOW_H
#define AUD_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "app.h"
#include "err.h"
#include "packet.h"

enum aud_flow_bit {
	AUD_FLOW_V6 = 1 << 0,
	AUD_FLOW_SYN0 = 1 << 1,		/* side 0 sent SYN without ACK */
	AUD_FLOW_SYN1 = 1 << 2,
	AUD_FLOW_SYNACK0 = 1 << 3,	/* side 0 sent SYN and ACK */
	AUD_FLOW_SYNACK1 = 1 << 4,
	AUD_FLOW_ACKED = 1 << 5,	/* the initiator's ACK after SYN-ACK: the handshake is full */
	AUD_FLOW_FIN0 = 1 << 6,
	AUD_FLOW_FIN1 = 1 << 7,
	AUD_FLOW_RST0 = 1 << 8,		/* side 0 sent RST */
	AUD_FLOW_RST1 = 1 << 9,
	AUD_FLOW_DATA0 = 1 << 10,	/* side 0 sent payload */
	AUD_FLOW_DATA1 = 1 << 11,
	AUD_FLOW_REFUSED = 1 << 12,	/* an ICMP error of the kind "unreachable" quotes it */
	AUD_FLOW_FILTERED = 1 << 13,	/* the ICMP error says administratively prohibited */
	AUD_FLOW_CLIENT1 = 1 << 14,	/* the dissector says: side 1 is the client */
	AUD_FLOW_CLIENT0 = 1 << 15,	/* the dissector says: side 0 is the client */
	AUD_FLOW_AH = 1 << 16,
	AUD_FLOW_REFUSED_RST = 1 << 17,	/* the first answer to a SYN was RST */
	AUD_FLOW_SHORT = 1 << 18,	/* some packet was captured truncated */
	AUD_FLOW_GAP0 = 1 << 19,	/* side 1 acknowledged data of side 0 that the capture lacks */
	AUD_FLOW_GAP1 = 1 << 20,
	AUD_FLOW_CLASSIFIED = 1 << 21,	/* nothing more to learn: the classifier need not see further packets */
	AUD_FLOW_SEQ0 = 1 << 22,	/* seq[0] is valid */
	AUD_FLOW_SEQ1 = 1 << 23,
	AUD_FLOW_ICMP_QUERY = 1 << 24,	/* ICMP: something else than error messages */
	AUD_FLOW_CLEAR = 1 << 26,	/* some packet was read inside ESP without encryption, or WESP */
	AUD_FLOW_KEPT = 1 << 27,	/* the audit keeps packets of it */
	AUD_FLOW_UNREAD = 1 << 28,	/* what it carries was looked into no further, for want of memory: the classifier counted it */
	AUD_FLOW_ANSWERED = 1 << 25,	/* the initiator acknowledges an answer to its SYN: it was there, seen or not */
};

/* The hot half. */
struct aud_flow {
	uint32_t addr[2];	/* IPv4 as in memory; IPv6: index for aud_table_addr() */
	uint16_t port[2];
	uint32_t bits;		/* enum aud_flow_bit */
	uint32_t state;		/* the classifier's own while undecided; 0 none */
	uint32_t packets[2];	/* low words; aud_flow_packets() */
	uint32_t seq[2];	/* TCP: next expected sequence number of each side */
	uint16_t vlans;		/* set of tag stacks: aud_table_vlans() */
	uint8_t proto;
	uint8_t duplicates;	/* saturates */
	uint64_t bytes[2];	/* IP total lengths */
	uint64_t last_ns;
};
_Static_assert(sizeof(struct aud_flow) == 64, "one cache line");

/* The cold half. */
struct aud_flow_more {
	uint64_t first_ns;
	uint64_t first_frame;	/* frame_no of the packet: input << 48 | number */
	uint32_t isn;		/* TCP: initial sequence number of the first SYN */
	uint32_t facts : 24;	/* enum aud_fact */
	uint32_t tls_version : 8;	/* 0 unknown, 2 SSL 2, 0x30 SSL 3, 0x31 TLS 1.0 ... 0x34 TLS 1.3 */
	int32_t app_after;	/* aud_flow_app_frame(): its number less that of the first frame */
	uint16_t app_input;	/* and its input; AUD_NO_INPUT: there is none */
	uint16_t tunnel;	/* of the first packet; aud_decoder_tunnel() */
	struct aud_app app;
	uint8_t packets_hi[2];
};
_Static_assert(sizeof(struct aud_flow_more) <= 40, "a decided flow costs at most 128 bytes, its slots included");

#define AUD_FRAME_NUMBER(frame_no) ((frame_no) & UINT64_C(0xffffffffffff))
enum { AUD_NO_INPUT = 0xffff };
#define AUD_FACTS UINT32_C(0xffffff)	/* as many as a record has room for */

/* The frame that decided what the flow is, of TLS that which tells version or certificate; 0 none. */
static inline uint64_t
aud_flow_app_frame(const struct aud_flow_more *m)
{
	if (m->app_input == AUD_NO_INPUT)
		return 0;
	return (uint64_t)m->app_input << 48 | (AUD_FRAME_NUMBER(m->first_frame) + (uint64_t)(int64_t)m->app_after);
}

/* 0: none. Nor is a frame kept that lies further from the first one than 2^31 others. */
static inline void
aud_flow_set_app_frame(struct aud_flow_more *m, uint64_t frame_no)
{
	int64_t after = (int64_t)(AUD_FRAME_NUMBER(frame_no) - AUD_FRAME_NUMBER(m->first_frame));

	m->app_input = frame_no && after >= INT32_MIN && after <= INT32_MAX ? (uint16_t)(frame_no >> 48) : AUD_NO_INPUT;
	m->app_after = m->app_input == AUD_NO_INPUT ? 0 : (int32_t)after;
}

static inline uint64_t
aud_flow_packets(const struct aud_flow *f, const struct aud_flow_more *m, int side)
{
	return (uint64_t)m->packets_hi[side] << 32 | f->packets[side];
}

enum aud_handshake { AUD_HS_NONE, AUD_HS_SYN, AUD_HS_SYNACK, AUD_HS_SYN_SYNACK, AUD_HS_FULL };
enum aud_direction {	/* best evidence first */
	AUD_DIR_SYN, AUD_DIR_SYNACK, AUD_DIR_DISSECTOR, AUD_DIR_ROLE, AUD_DIR_PORT, AUD_DIR_FIRST
};

const char *aud_handshake_name(enum aud_handshake);
const char *aud_direction_name(enum aud_direction);
enum aud_handshake aud_flow_handshake(const struct aud_flow *);
/* Which side is the client (0 or 1) by what the flow itself shows, and by which evidence. */
int aud_flow_client(const struct aud_flow *, enum aud_direction *by);

enum aud_flow_end { AUD_ENDED_IDLE, AUD_ENDED_CLOSED, AUD_ENDED_REUSED, AUD_ENDED_EVICTED, AUD_ENDED_INPUT };

struct aud_table_opts {
	bool split;		/* end flows at timeout, FIN/RST and port reuse; false: one flow per 5-tuple */
	bool dedup;		/* mark and leave out SPAN duplicates */
	uint64_t dedup_ns;	/* window; 1 ms by default */
	size_t max_flows;	/* 0: no bound; the idlest is evicted and counted */
	uint64_t secret;	/* of the run: aud_flow_shard() */
	/* Called when a flow ends, before its record is used again. */
	void (*ended)(void *user, struct aud_flow *, struct aud_flow_more *, enum aud_flow_end);
	/* Called for a flow whose state is not 0 and that has been silent for two to three minutes of capture time. NULL: nobody asks. */
	void (*rests)(void *user, struct aud_flow *, struct aud_flow_more *);
	void *user;
};

struct aud_table_stats {
	uint64_t packets, duplicates, duplicate_bytes;
	uint64_t flows, evicted;
	uint64_t orphan_fragments;	/* later fragments whose first one was not captured: flows without ports */
	uint64_t fragments;
	uint64_t acked_unseen, tcp_data;/* segments acknowledged but not captured (by the bytes that lack); TCP segments with data */
	uint64_t quotes, quotes_matched;
	uint64_t one_way, two_way;	/* TCP and UDP flows that ended, by whether both sides sent */
	size_t peak;
};

struct aud_table;
enum aud_code aud_table_new(struct aud_table **out, const struct aud_table_opts *, struct aud_err *err) AUD_CHECKED;
void aud_table_free(struct aud_table *);

/*
 * The shard that a packet belongs to, by its address pair: both directions and all ports of two hosts go together. Fills p->hash
 * on the way, while the headers are in the cache. secret: any number, the same as the table's; it changes no result, only who can
 * foresee the places in the table.
 */
unsigned aud_flow_shard(struct aud_packet *, unsigned shards, uint64_t secret);
/* The same of two hosts. */
unsigned aud_flow_shard_of(const struct aud_addr *, const struct aud_addr *, unsigned shards);

enum { AUD_BATCH = 32 };

/* What became of a packet. */
struct aud_hit {
	struct aud_flow *flow;		/* NULL: a duplicate, or a quote that matched nothing */
	struct aud_flow_more *more;
	uint32_t index;
	int side;			/* who sent it */
};
/*
 * Accounts up to AUD_BATCH of the packets, those at the n places that of names, in that order, and calls each(user, packet, hit) for each that belongs to a flow
 * and is no duplicate. Fragments that come before their first one are held and called when it comes.
 */
enum aud_code aud_table_batch(struct aud_table *, struct aud_packet *, const uint32_t *of, size_t n,
    void (*each)(void *user, const struct aud_packet *, const struct aud_hit *), void *user, struct aud_err *err) AUD_CHECKED;
/* Accounts what is still held and ends every flow; the table's memory goes with them, and it takes no packets any more. */
enum aud_code aud_table_flush(struct aud_table *, void (*each)(void *user, const struct aud_packet *, const struct aud_hit *),
    void *user, struct aud_err *err) AUD_CHECKED;

/*
 * For a table that goes on: shows every flow that lives, which stays as it is; and lets the time go on where no packets come, so that what
 * is idle ends.
 */
void aud_table_each(const struct aud_table *, void (*each)(void *user, const struct aud_flow *, const struct aud_flow_more *), void *user);
void aud_table_idle(struct aud_table *, uint64_t now_ns);
/*
 * Takes a flow of an earlier start in, as it was: side 0 is addr[0], ports, protocol, bits, counts and times are those of the two halves.
 * Its state, tags and sequence numbers are not: what came between was not seen. It is none of the flows that this table counts. *f NULL:
 * there is one already, or no room under max_flows.
 */
enum aud_code aud_table_put(struct aud_table *, const struct aud_addr addr[2], const struct aud_flow *, const struct aud_flow_more *,
    struct aud_flow **f, struct aud_flow_more **m, struct aud_err *err) AUD_CHECKED;
/* How many live. */
size_t aud_table_living(const struct aud_table *);

struct aud_addr aud_table_addr(const struct aud_table *, const struct aud_flow *, int side);
/* Ids of the tag stacks that a flow was seen under; returns how many, at most max are stored. */
size_t aud_table_vlans(const struct aud_table *, uint16_t set, uint16_t *out, size_t max);
void aud_table_stats(const struct aud_table *, struct aud_table_stats *out);

#endif
