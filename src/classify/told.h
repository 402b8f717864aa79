/*
 * Ports that servers told clients: a table by client, server and port, with the earliest time. It belongs to a classifier.
 */
#ifndef AUD_TOLD_H
#define AUD_TOLD_H

#include <stddef.h>
#include <stdint.h>

#include "aud/addr.h"

/* One per pair and port; beyond it nothing more is kept, which costs certainty and no truth. */
enum { TOLD_MAX = 1 << 16 };

struct told_entry {
	uint64_t ns[2];		/* by the kind of fact; UINT64_MAX: not told */
	struct aud_addr client, server;
	uint16_t port;		/* 0: free */
};

struct told {
	struct told_entry *slots;
	size_t n, mask;
	uint64_t secret;
};

/* kind: 0 or 1. Out of memory: it is not kept. */
void told_add(struct told *, const struct aud_addr *client, const struct aud_addr *server, uint16_t port, unsigned kind, uint64_t ns);
/* NULL: nothing was told. */
const struct told_entry *told_find(const struct told *, const struct aud_addr *client, const struct aud_addr *server, uint16_t port);
void told_done(struct told *);

#endif
