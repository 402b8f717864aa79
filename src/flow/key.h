/*
 * Flow stage, keys: hashes of address pairs and 5-tuples, the same for both directions.
 *
 * What places things in tables is keyed with a secret of the run, so that nobody can write a capture that makes one long chain
 * of them. What results depend on (the shard, the fingerprint of a duplicate) is not.
 */
#ifndef AUD_KEY_H
#define AUD_KEY_H

#include <stdint.h>
#include <string.h>

#include <aud/packet.h>

#include "hash.h"

static inline uint32_t
load32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

static inline uint64_t
load64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}

/* 16 bytes of address to a word; for hashing only. */
static inline uint64_t
fold_v6(const uint8_t *b, uint64_t secret)
{
	return mix64(mix64(load64(b) ^ secret) + load64(b + 8));
}

/* Hash of a 5-tuple whose endpoints are given as words; symmetric. */
static inline uint32_t
hash_ends(uint64_t a, uint64_t b, uint8_t proto, uint64_t secret)
{
	uint64_t lo = a < b ? a : b, hi = a < b ? b : a;

	return (uint32_t)(mum64(mum64(lo ^ secret, hi ^ ~secret ^ (uint64_t)proto << 56) ^ hi ^ secret, 0x9e3779b97f4a7c15ULL) >> 32);
}

static inline uint64_t
end_v4(uint32_t addr, uint16_t port)
{
	return (uint64_t)addr << 16 | port;
}

static inline uint64_t
end_v6(const uint8_t *addr, uint16_t port, uint64_t secret)
{
	return fold_v6(addr, secret) + port;
}

/* Hash of the 5-tuple of p, from its headers. */
uint32_t key_hash(const struct aud_packet *p, uint64_t secret);

#endif
