/*
 * Audit stage, a picture of an audit that goes on: what an audit of the traffic up to this moment would have found in its tables.
 *
 * Taken while nothing is under way, and read while packets go on being processed. Flows that live are folded into a copy as if they
 * ended now, but for those that are too young to be judged: neither settled nor older than an answer may take. Nothing that lives is
 * changed, and no guess is made for it. The copy is bounded as the tables are: what it has no room for is counted in its fold's dropped.
 */
#ifndef AUD_SNAPSHOT_H
#define AUD_SNAPSHOT_H

#include <aud/device.h>
#include <aud/ipsec.h>
#include <aud/report.h>

#include "before.h"
#include "cases.h"
#include "living.h"
#include "pipeline.h"

/*
 * A SYN is sent again after 1, 3, 7 and 15 seconds (RFC 6298, 5.5), and an answer to the last of these is one: until then silence is
 * none. nDPI's verdicts come with the first packets of data.
 */
#define SNAPSHOT_GRACE_NS UINT64_C(30000000000)

/* Texts of tunnels, by number. */
enum { SNAPSHOT_TUNNELS = 4096 };

/* A talk of which some flow was left out though it is answered: what it lacks may be there a moment later. */
struct young {
	struct aud_addr lo, hi;	/* the two hosts, the smaller first */
	uint16_t port;		/* the server's, as far as it is known */
	uint8_t proto;
};

struct snapshot {
	struct shard shards[SHARDS];	/* fold and stats only */
	struct aud_input *inputs;
	size_t ninputs;
	struct aud_decode_stats decode;
	struct aud_ipsec_result ipsec;
	struct aud_ipsec_saves saves;	/* of what changed since the round that snapshot_of names; empty: none are asked for */
	struct spans spans;
	const char **tunnels;		/* texts by number */
	struct young *young;
	size_t nyoung, cyoung;
	uint64_t young_beyond;		/* as many more could not be remembered: snapshot_young() does not know them */
	struct living_parts flows;	/* those that live and another start would go on with; max is who takes the picture's */
	uint64_t now_ns, since_ns;	/* since_ns: where the window begins; 0: it has no bound */
	uint64_t unkept;		/* flows that lack in flows, or packets of them */
	uint64_t living, states;	/* flows in the tables; classifier's states */
	uint64_t lacking;		/* of its folds' dropped, those that the tables' folds have not dropped */
	struct aud_decode_count *counts;
	enum aud_code rc;
	const struct aud_decoder *decoder;
	struct shard *shard;		/* while it is taken */
	struct fold *fold;
};

struct snapshot_of {
	struct shard *shards;
	struct aud_decoder *decoder;
	struct aud_ipsec *ipsec;
	const struct spans *spans;
	const struct aud_input *inputs;
	size_t ninputs;
	struct app_names *names;
	uint64_t now_ns, since_ns;	/* of the system's clock; since_ns: where the window begins, 0: it has no bound */
	const struct before_books *before;	/* what an earlier start could not decode */
	bool save;
	uint64_t saved_round;		/* see aud_ipsec_save() */
};

/* May be taken again and again into the same memory. */
enum aud_code snapshot_take(struct snapshot *, const struct snapshot_of *, struct aud_err *err) AUD_CHECKED;
/* The part of IPsec alone, and of the decoder's books; settled_ns: aud_ipsec_peek(). */
enum aud_code snapshot_ipsec(struct snapshot *, const struct snapshot_of *, uint64_t since_ns, uint64_t settled_ns, struct aud_err *err) AUD_CHECKED;
enum aud_code snapshot_decode(struct snapshot *, const struct snapshot_of *, struct aud_err *err) AUD_CHECKED;
void snapshot_clear(struct snapshot *);
/* Does the finding speak of a talk with a young flow? */
bool snapshot_young(const struct snapshot *, const struct aud_finding *);

#endif
