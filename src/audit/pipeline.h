/*
 * Audit stage, the pipeline: inputs -> blocks -> packets -> shards, worked by any number of threads.
 *
 * A block passes through four kinds of task: claim and load (bytes), decode (frames to packets, those of IPsec to what is inside them, dealt out to shards; strictly in order),
 * and per shard process (flows, classification, folding; in order within the shard). Any thread takes any task that is ready. Order within
 * decoding and within each shard is the order of the input, so a result does not depend on who did the work.
 */
#ifndef AUD_PIPELINE_H
#define AUD_PIPELINE_H

#include <aud/audit.h>
#include <aud/frame.h>
#include <aud/ipsec.h>
#include <aud/packet.h>

#include "merge.h"
#include "mirror.h"
#include "shard.h"
#include "spans.h"

struct pipeline {
	const struct aud_audit_opts *opts;
	struct aud_capture **inputs;	/* sorted by their first time stamps */
	size_t ninputs;			/* more than one: merged by time */
	struct aud_decoder *decoder;
	struct aud_ipsec *ipsec;
	struct shard *shards;		/* SHARDS of them */
	struct spans *spans;		/* filled */
	uint64_t secret;		/* places flows in their tables */
	unsigned threads;
	uint64_t total;			/* bytes of all inputs, 0 unknown */
	/*
	 * Of an audit that goes on, else NULL: when *pause is set, everything that is claimed is processed, then paused() called while nothing
	 * is under way, and *pause cleared. seen() is shown every frame, in order, by one thread at a time.
	 */
	atomic_bool *pause;
	void (*paused)(void *user);
	void (*seen)(void *user, const struct aud_frame *, size_t n);
	const struct mirror *mirror;	/* whose packets are no traffic */
	void *user;
};

/* Reads all inputs to their end (or to opts->stop) and finishes the shards. */
enum aud_code pipeline_run(struct pipeline *, struct aud_err *err) AUD_CHECKED;

#endif
