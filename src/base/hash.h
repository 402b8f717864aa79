/* Hashes: SHA-256 for what a reader may check (sha256sum), SHA-1 where a format wants it, and a fast mixer for tables. */
#ifndef AUD_HASH_H
#define AUD_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Sets the library up; called before threads are started, since nDPI's modules use it as well. */
void aud_hash_setup(void);

struct aud_sha256;
struct aud_sha256 *aud_sha256_new(void);	/* NULL: out of memory */
void aud_sha256_add(struct aud_sha256 *, const void *, size_t);
void aud_sha256_hex(struct aud_sha256 *, char out[65]);	/* ends and frees it; NULL out: only frees */
void aud_sha256_of(const void *, size_t, char out[65]);	/* the same of what is there whole */
void aud_hex(const void *, size_t n, char *out);	/* 2 n digits and a 0 */
/* For identifiers that others make in the same way; it protects nothing. */
void aud_sha1(const void *, size_t, uint8_t out[20]);

static inline uint64_t
mix64(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* Both halves of a product, folded: one multiplication for 16 bytes. */
static inline uint64_t
mum64(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;
	wide r = (wide)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

#endif
