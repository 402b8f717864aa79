/*
 * Audit stage, names of servers: what their TLS clients asked for, and what their certificates say. Bounded: of more names the first
 * that came are kept, in the order of the input.
 */
#ifndef AUD_NAMES_H
#define AUD_NAMES_H

#include <aud/discover.h>

enum { NAMES_MAX = 8192, NAMES_OF_SERVER = 8 };

struct server_names {
	struct aud_server_name *v;	/* sorted by server, kind and name */
	size_t n, room;
};

/* Keeps the name, unless it is there or has no room. Out of memory: it is not kept. */
void server_names_add(struct server_names *, const struct aud_addr *server, const char *name, bool certificate);
void server_names_clear(struct server_names *);

#endif
