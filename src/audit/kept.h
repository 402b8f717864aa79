/*
 * Audit stage, kept packets: of a flow that is not yet decided, what it was shown so far, so that another start can go on with it. In a
 * piece of memory that is bounded: where it is full, the packets of the flow that came first give way.
 *
 * Ownership: packets are copied in. One of these belongs to a shard, and is used by who works that.
 */
#ifndef AUD_KEPT_H
#define AUD_KEPT_H

#include <aud/flow.h>

struct kept {
	uint8_t *cells;
	uint32_t ncells, fresh, nfree, free;	/* fresh: the first that was never used; numbers from 1 */
	uint32_t *buckets, mask;		/* by flow */
	uint32_t oldest, newest;
	uint64_t lost;				/* flows of which some packet could not be kept, or not any longer */
};

enum { KEPT_HEAD = 24, KEPT_BYTES = 1 << 17 };	/* before each packet; bytes that are kept of a flow */
/* What is told of a packet beside its bytes: what was looked through to see it, and that it is the first fragment of several. */
enum kept_bit { KEPT_AH = 1, KEPT_CLEAR = 2, KEPT_FRAGMENT = 4 };

/* bytes: of memory, at most; none: nothing is kept. */
enum aud_code kept_open(struct kept *, size_t bytes, struct aud_err *err) AUD_CHECKED;
void kept_close(struct kept *);
/*
 * A packet that the flow was shown, sent by side: its IP header without options and what is between it and the transport header, the rest
 * as captured. The flow gets AUD_FLOW_KEPT. A SYN that comes alone is not kept: the flow's record has what it said.
 */
void kept_add(struct kept *, struct aud_flow *, const struct aud_packet *, int side);
/* It has ended, or is decided. */
void kept_drop(struct kept *, struct aud_flow *);
/* How many bytes are kept of the flow; and they themselves, one packet behind the other as living.h reads them. */
size_t kept_size(const struct kept *, const struct aud_flow *);
void kept_copy(const struct kept *, const struct aud_flow *, uint8_t *out);

#endif
