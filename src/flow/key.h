/* Flow stage, keys: hashes of address pairs and 5-tuples, the same for both directions. */
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
fold_v6(const uint8_t *b)
{
	return mix64(load64(b)) + load64(b + 8) * 0x9e3779b97f4a7c15ULL;
}

/* Hash of a 5-tuple whose endpoints are given as words; symmetric. */
static inline uint32_t
hash_ends(uint64_t a, uint64_t b, uint8_t proto)
{
	uint64_t lo = a < b ? a : b, hi = a < b ? b : a;

	return (uint32_t)(mix64(lo * 0x9e3779b97f4a7c15ULL + hi + proto) >> 32);
}

static inline uint64_t
end_v4(uint32_t addr, uint16_t port)
{
	return (uint64_t)addr << 16 | port;
}

static inline uint64_t
end_v6(const uint8_t *addr, uint16_t port)
{
	return fold_v6(addr) + port;
}

/* Hash of the 5-tuple of p, from its headers. */
uint32_t key_hash(const struct aud_packet *p);

#endif
