/*
 * Copies of packets that wait until their association is decided. A block dies before that, and what is handed on is read later by
 * other threads, so a copy stays as long as the context; there is a bound to all of them.
 */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

enum { PACKET_MAX = 2048 };

struct hold {
	struct copy {
		struct copy *next;
		uint8_t bytes[];
	} *copies;
	size_t used, max;
};

struct hold *
hold_new(size_t max)
{
	struct hold *h = calloc(1, sizeof *h);

	if (h)
		h->max = max;
	return h;
}

void
hold_clear(struct hold *h)
{
	while (h->copies) {
		struct copy *next = h->copies->next;
		free(h->copies);
		h->copies = next;
	}
	h->used = 0;
}

void
hold_free(struct hold *h)
{
	if (h)
		hold_clear(h);
	free(h);
}

bool
hold_packet(struct hold *h, const struct aud_packet *p, struct held *out)
{
	struct copy *c;

	if (p->caplen > PACKET_MAX || p->caplen > h->max - h->used || !(c = malloc(sizeof *c + p->caplen)))
		return false;
	memcpy(c->bytes, p->ip, p->caplen);
	c->next = h->copies;
	h->copies = c;
	h->used += p->caplen;
	out->packet = *p;
	out->packet.ip = c->bytes;
	out->packet.ah_back = 0;
	return true;
}
