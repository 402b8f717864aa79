/*
 * Flow stage, SPAN duplicates: the same packet seen again within a short window, whatever its TTL, MAC addresses or VLAN.
 *
 * The same means: addresses, protocol, IP identification, transport header and the first bytes of the payload. A segment that
 * carries no data and no identification (IPv6, or 0) may well be sent twice by its host, so there more is asked for.
 */
#ifndef AUD_DEDUP_H
#define AUD_DEDUP_H

#include <stdbool.h>
#include <stdint.h>

#include <aud/packet.h>

enum { DEDUP_SETS = 2048, DEDUP_WAYS = 4, DEDUP_PREFIX = 32 };	/* payload bytes that are compared */

struct dedup {
	struct dedup_slot {
		uint64_t print;
		uint64_t seen;	/* time in 1024 ns, modulo 73 minutes, above stack of VLANs, above TTL */
	} slots[DEDUP_SETS][DEDUP_WAYS];	/* of a set, the latest comes first: a cache line */
};

enum dedup_answer {
	DEDUP_NEW,
	DEDUP_COPY,
	DEDUP_MAYBE,	/* equal in every bit, but a host may send it so: a copy only where the flow shows others */
};
/* What makes p the same packet, as a number; the only part that reads its bytes. */
uint64_t dedup_print(const struct aud_packet *p);
void dedup_prefetch(const struct dedup *, uint64_t print);
/* Remembers p, whose number is print, and tells whether it repeats one within window_ns. */
enum dedup_answer dedup_seen(struct dedup *, const struct aud_packet *p, uint64_t print, uint64_t window_ns);

#endif
