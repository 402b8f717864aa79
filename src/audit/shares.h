/*
 * Audit stage, memory: what --memory is divided into. Whatever grows with the traffic has its bound from here, so that the shares can be
 * seen together, and their sum.
 *
 * Input: the bound in bytes, 0: none. Output: counts and bytes; nothing is held.
 */
#ifndef AUD_SHARES_H
#define AUD_SHARES_H

#include <aud/audit.h>
#include <aud/ipsec.h>
#include <aud/watch.h>

struct shares {
	size_t flows, states, convs;	/* of a shard, at most; 0: no bound */
	size_t beside;			/* bytes beside each state that have their room with it */
	size_t sas;			/* associations at most, and as many negotiations; 0: no bound */
	size_t kept;			/* bytes of packets of IPsec that wait for a decision; 0: as many as usual */
	size_t packets;			/* bytes of packets of flows that are not decided, for the next start; 0: none are kept */
	size_t told;			/* findings that are remembered since they were told; 0: no bound */
};

/* Of an audit of files: flows, states and conversations; what is made of them at the end takes the place of the flows. */
struct shares shares_of_audit(size_t memory);
/* Of a running audit: the whole process. */
struct shares shares_of_watch(const struct aud_watch_opts *);
void shares_ipsec(const struct shares *, struct aud_ipsec_opts *);

#endif
