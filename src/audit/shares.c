#include <aud/evidence.h>

#include "shard.h"
#include "shares.h"

/* Bytes that a flow costs while it lives (both halves and its slots), an undecided one on top (nDPI's state), a conversation. */
enum { FLOW_COST = 136, STATE_COST = 720, CONV_COST = sizeof(struct aud_conv) + sizeof(struct aud_case) + 16 };

/*
 * The same where an audit goes on, measured in floods of SYNs, UDP and connections: addresses of IPv6 are held beside their flows; nDPI
 * keeps 2 KiB of a connection that may be TLS (ndpi_search_tls_tcp_memory()); and each conversation is in its table, in the picture of it
 * that is judged, in the index of what is stored, and a finding with its sentence, which is remembered as told.
 */
enum { LIVE_FLOW_COST = 176, LIVE_STATE_COST = 2900, LIVE_CONV_COST = 2560 };

/* nDPI's modules, programs and libraries, SQLite's cache, blocks on their way: measured, and some more. Then what is left at least. */
enum { FIXED = 48 << 20, LEAST = 12 << 20 };

/* Of what is left, in parts of a hundred; the rest is for tables that grow beside themselves, and for holes in the heap. */
enum { FLOWS = 16, STATES = 18, CONVS = 50, SAS = 4 };

enum { MANY_SAS = 65536, KEPT = 4 << 20 };

/* Packets of flows that are not decided, for the next start: a part of what is left; and twice as much for them and the flows on their way
 * to the database. */
enum { PACKETS_PART = 16, PACKETS_MOST = 8 << 20, PACKETS_TIMES = 3 };

static size_t
part(size_t memory, unsigned of_hundred, size_t cost)
{
	return memory / 100 * of_hundred / cost + 1;
}

struct shares
shares_of_audit(size_t memory)
{
	if (!memory)
		return (struct shares){0};
	return (struct shares){.flows = memory / 3 / SHARDS / FLOW_COST + 1, .states = memory / 4 / SHARDS / STATE_COST + 1,
	    .convs = memory / 4 / SHARDS / CONV_COST + 1, .sas = memory / 24 / AUD_SA_COST + 1, .kept = memory / 24};
}

static size_t
spoken_for(const struct aud_watch_opts *o)
{
	return o->ninterfaces * o->buffer + FIXED + (o->seen ? AUD_EVIDENCE_MEMORY : 0);
}

size_t
aud_watch_least_memory(const struct aud_watch_opts *o)
{
	return spoken_for(o) + LEAST;
}

static size_t
packets_kept(const struct aud_watch_opts *o)
{
	size_t least = aud_watch_least_memory(o), share = o->memory > least ? (o->memory - least) / PACKETS_PART : 0;

	if (!o->database)
		return 0;
	return !o->memory || share > PACKETS_MOST ? PACKETS_MOST : share;
}

struct shares
shares_of_watch(const struct aud_watch_opts *o)
{
	size_t packets = packets_kept(o), taken = spoken_for(o) + PACKETS_TIMES * packets, rest = o->memory > taken ? o->memory - taken : 0;
	struct shares s;

	if (!o->memory)
		return (struct shares){.packets = packets};
	s = (struct shares){.packets = packets, .beside = LIVE_STATE_COST - STATE_COST, .flows = part(rest, FLOWS, SHARDS * LIVE_FLOW_COST),
	    .states = part(rest, STATES, SHARDS * LIVE_STATE_COST), .convs = part(rest, CONVS, SHARDS * LIVE_CONV_COST),
	    .sas = part(rest, SAS / 2, AUD_SA_COST), .kept = rest / 100 * (SAS / 4)};	/* and copied for the database */
	/* Those that hold are as many as conversations, or few; of those that hold no more some. */
	s.told = SHARDS * (s.convs + s.convs / 4);
	return s;
}

void
shares_ipsec(const struct shares *s, struct aud_ipsec_opts *o)
{
	o->max_sas = o->max_ikes = s->sas < MANY_SAS ? s->sas : MANY_SAS;
	o->max_kept = s->kept < KEPT ? s->kept : KEPT;
}
