/*
 * Audit stage, folding: ended flows -> conversations. One table per shard; shards go by address pair, so that no conversation lies
 * in two of them.
 */
#ifndef AUD_FOLD_H
#define AUD_FOLD_H

#include <stddef.h>

#include <aud/attrib.h>
#include <aud/conv.h>
#include <aud/err.h>
#include <aud/matrix.h>

struct fold {
	struct aud_conv **chunks;
	size_t n, nchunks;
	uint32_t *slots;	/* index + 1 */
	size_t mask;
	size_t max;		/* conversations at most; 0: no bound */
	bool evicts;		/* at max the idlest attempt makes room, or the idlest of all; else nothing is added */
	size_t hand;		/* the clock hand that looks for it */
	uint64_t dropped;	/* flows that found no room under max, or had to leave it */
	uint64_t secret;	/* as the flow tables' */
	const struct aud_attrib *attrib;	/* NULL: no site */
	struct fold_outside {		/* flows between hosts that the site does not name: counted, not kept */
		uint64_t flows, packets, bytes, tcp_one_way, tcp_answered, frame;
	} outside;
	const struct aud_matcher *matcher;	/* NULL: no matrix */
};

/* What a flow is, once its direction is settled. */
struct fold_flow {
	const struct aud_flow *f;
	const struct aud_flow_more *m;
	struct aud_addr client, server;
	int side;			/* the client's */
	enum aud_direction by;
};

/* Settles who is the client: by the flow itself, else by a role's documented port, else by the port, else by the first packet. */
void fold_direct(const struct fold *, struct fold_flow *, struct aud_addr side0, struct aud_addr side1);
enum aud_code fold_add(struct fold *, const struct fold_flow *, struct aud_err *err) AUD_CHECKED;
/* Puts the records in the order of conv_cmp(); nothing may be added any more. */
enum aud_code fold_sort(struct fold *, struct aud_err *err) AUD_CHECKED;
/*
 * For an audit that goes on (fold_live.c): another fold that has what this one has, its bound and its counts too, in memory that it may have
 * had before; takes a whole conversation in; lets those go that were silent since before_ns; and makes room by one.
 */
enum aud_code fold_copy(struct fold *to, const struct fold *from, struct aud_err *err) AUD_CHECKED;
enum aud_code fold_put(struct fold *, const struct aud_conv *, struct aud_err *err) AUD_CHECKED;
void fold_expire(struct fold *, uint64_t before_ns);
void fold_evict(struct fold *);
void fold_drop(struct fold *, size_t index);
/*
 * A flow that a conversation counts lives on, and will be added when it ends: its counts leave the conversation, which goes where it had
 * no other. What is no count (times, facts, frames) stays: the flow brings it again. Of no conversation: nothing happens.
 */
void fold_take_back(struct fold *, const struct fold_flow *);
/* A count without what it counted; not below 0. */
static inline void
fold_less(uint64_t *n, uint64_t by)
{
	*n -= by < *n ? by : *n;
}
/* Neither host is in the site file, of which it is told only that there was something. */
bool fold_leaves_out(const struct fold *, const struct fold_flow *);
enum { FOLD_CHUNK = 256 };	/* records in a piece of memory */
uint64_t fold_hash(const struct fold *, const struct aud_conv *);
struct aud_conv *fold_at(const struct fold *, size_t i);
void fold_clear(struct fold *);

/* Total order of conversations: server, port, transport, client, application. */
int conv_cmp(const struct aud_conv *, const struct aud_conv *);

#endif
