/* The definitions of a site in the order of their addresses: proven to be nested or apart, never crossing. */
#ifndef AUD_ORDER_H
#define AUD_ORDER_H

#include <aud/site.h>

/*
 * *out: the hosts by low end, then wider ones first, then place in the file; the caller frees it. AUD_RULES where two
 * definitions speak of the same addresses and none of them is the narrower one. One and the same range may stand there several
 * times only where all of them are bound to ports, and to different ones.
 */
enum aud_code order_hosts(const struct aud_site *, const struct aud_host ***out, struct aud_err *) AUD_CHECKED;

static inline int
order_same(const struct aud_host *a, const struct aud_host *b)
{
	return !aud_addr_cmp(&a->lo, &b->lo) && !aud_addr_cmp(&a->hi, &b->hi);
}

#endif
