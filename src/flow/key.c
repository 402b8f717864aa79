#include <aud/flow.h>

#include "key.h"

uint32_t
key_hash(const struct aud_packet *p, uint64_t secret)
{
	if (p->bits & AUD_PKT_V6)
		return hash_ends(end_v6(p->ip + 8, p->sport, secret), end_v6(p->ip + 24, p->dport, secret), p->proto, secret);
	return hash_ends(end_v4(load32(p->ip + 12), p->sport), end_v4(load32(p->ip + 16), p->dport), p->proto, secret);
}

/* Another multiplier than hash_ends(): a shard's flows must not share the bits that place them in its table. */
static unsigned
shard_of(uint64_t a, uint64_t b, unsigned shards)
{
	uint64_t h = mum64((a < b ? a : b) ^ 0xd6e8feb86659fd93ULL, (a < b ? b : a) ^ 0xbf58476d1ce4e5b9ULL);

	return (unsigned)((h >> 32) * shards >> 32);
}

unsigned
aud_flow_shard(struct aud_packet *p, unsigned shards, uint64_t secret)
{
	p->hash = key_hash(p, secret);
	if (p->bits & AUD_PKT_V6)
		return shard_of(fold_v6(p->ip + 8, 0), fold_v6(p->ip + 24, 0), shards);
	return shard_of(load32(p->ip + 12), load32(p->ip + 16), shards);
}

unsigned
aud_flow_shard_of(const struct aud_addr *a, const struct aud_addr *b, unsigned shards)
{
	if (a->family == 6)
		return shard_of(fold_v6(a->b, 0), fold_v6(b->b, 0), shards);
	return shard_of(load32(a->b), load32(b->b), shards);
}
