/*
 * Flow stage, interned IPv6 addresses: 16 bytes become a 32-bit id while some flow uses them, so that a flow's record has room
 * for two of any family in eight bytes. Counted references; ids of addresses that nobody uses are given out again.
 */
#ifndef AUD_ADDR6_H
#define AUD_ADDR6_H

#include <stddef.h>
#include <stdint.h>

struct addr6_table {
	struct addr6 {
		uint8_t b[16];
		uint32_t refs;
		uint32_t next;	/* free list */
	} *entries;		/* [0] is unused: id 0 is no address */
	uint32_t *slots;
	size_t mask, n, cap, used;
	uint64_t secret;	/* key.h */
	uint32_t free;
};

/* 0 where the address is not in the table. */
uint32_t addr6_find(const struct addr6_table *, const uint8_t b[16]);
/* The id, with one more reference; 0: out of memory. */
uint32_t addr6_hold(struct addr6_table *, const uint8_t b[16]);
void addr6_drop(struct addr6_table *, uint32_t id);
void addr6_clear(struct addr6_table *);

#endif
