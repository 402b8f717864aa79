/*
 * Flow stage, sets of tag stacks: a flow remembers under which VLAN stacks it was seen as one 16-bit id. A set is another set plus
 * one stack; nearly all flows share a handful of them.
 */
#ifndef AUD_VLANSET_H
#define AUD_VLANSET_H

#include <stddef.h>
#include <stdint.h>

enum { VLANSET_NEW = UINT16_MAX, VLANSET_MAX = 32 };	/* of a flow that was seen under none yet; stacks in a set */

struct vlanset_table {
	struct vlanset {
		uint16_t base, stack;
	} *sets;	/* [0] is the set that holds the empty stack alone */
	size_t n, cap;
	uint32_t *slots;	/* hash of (base, stack): index + 1 */
	size_t mask;
};

/* The set for set plus stack; set itself, or the empty stack's, where memory or ids are out. */
uint16_t vlanset_add(struct vlanset_table *, uint16_t set, uint16_t stack);
/* The stacks, the one seen last first; returns how many, at most max. */
size_t vlanset_list(const struct vlanset_table *, uint16_t set, uint16_t *out, size_t max);
void vlanset_clear(struct vlanset_table *);

#endif
