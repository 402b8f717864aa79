/*
 * Audit stage, a shard: the flows of a fixed part of all address pairs, their classifier and their conversations. Worked by one
 * thread at a time; the number of shards never depends on the number of threads, so neither does any result.
 */
#ifndef AUD_SHARD_H
#define AUD_SHARD_H

#include <aud/audit.h>
#include <aud/classify.h>
#include <aud/flow.h>

#include "fold.h"
#include "kept.h"
#include "names.h"

struct shares;

/* Each has an nDPI module of its own: 12 ms to set up, some megabytes that want the cache. Two keep two processors busy beside decoding. */
enum { SHARDS = 2 };

struct shard {
	unsigned no;
	bool keep_flows;
	struct aud_table *table;
	struct aud_classifier *classifier;
	struct aud_classify_opts classify;
	struct fold fold;
	struct kept *kept;		/* of an audit that goes on, and lent; NULL: no packet is kept */
	/* Who asks for decided flows that are open when the input ends, of which f is the table's; NULL: nobody does. */
	void (*left)(void *user, struct shard *, const struct aud_flow *f, const struct fold_flow *);
	void *user;
	struct aud_flow_record *flows;
	size_t nflows, cflows;
	struct server_names names;	/* where they are asked for */
	struct aud_table_stats stats;	/* of one without a table: a picture of a shard that goes on (snapshot.h) */
	enum aud_code rc;	/* what a callback could not return */
	struct aud_err *err;
};

enum aud_code shard_open(struct shard *, unsigned no, const struct aud_audit_opts *, const struct shares *, const struct aud_attrib *,
    const struct aud_matcher *, uint64_t secret, struct aud_err *err) AUD_CHECKED;
/* Sets the classifier up, unless that was done. */
enum aud_code shard_ready(struct shard *, struct aud_err *err) AUD_CHECKED;
void shard_close(struct shard *);
/* Takes n of the packets, in the order in which of names them. */
enum aud_code shard_packets(struct shard *, struct aud_packet *, const uint32_t *of, size_t n, struct aud_err *err) AUD_CHECKED;
/* An audit that goes on: time has come so far though no packet may have; conversations that were silent since before_ns leave. */
enum aud_code shard_idle(struct shard *, uint64_t now_ns, uint64_t before_ns) AUD_CHECKED;
/* What its table counted, or of a picture was counted then; evicted has those too that the classifier looked into no further. */
void shard_stats(const struct shard *, struct aud_table_stats *out);
/* The input has ended: every flow is folded. */
enum aud_code shard_finish(struct shard *, struct aud_err *err) AUD_CHECKED;

#endif
