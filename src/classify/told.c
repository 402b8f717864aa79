#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "told.h"

static size_t
place(const struct told *t, const struct aud_addr *client, const struct aud_addr *server, uint16_t port)
{
	/* Mixed before the addresses come in: a client may choose its own to make up for the port. */
	uint64_t w[4], h = mix64(port ^ t->secret);
	size_t k;

	memcpy(w, client->b, 16);
	memcpy(w + 2, server->b, 16);
	for (int i = 0; i < 4; i++)
		h = mix64(h ^ w[i]);
	for (k = h & t->mask; t->slots[k].port; k = (k + 1) & t->mask) {
		const struct told_entry *e = &t->slots[k];

		if (e->port == port && !aud_addr_cmp(&e->client, client) && !aud_addr_cmp(&e->server, server))
			break;
	}
	return k;
}

static bool
grow(struct told *t)
{
	size_t size = t->slots ? (t->mask + 1) * 2 : 64;
	struct told bigger = {calloc(size, sizeof *t->slots), t->n, size - 1, t->secret};

	if (!bigger.slots)
		return false;
	for (size_t i = 0; t->slots && i <= t->mask; i++) {
		const struct told_entry *e = &t->slots[i];

		if (e->port)
			bigger.slots[place(&bigger, &e->client, &e->server, e->port)] = *e;
	}
	free(t->slots);
	*t = bigger;
	return true;
}

void
told_add(struct told *t, const struct aud_addr *client, const struct aud_addr *server, uint16_t port, unsigned kind, uint64_t ns)
{
	struct told_entry *e;

	if (!port || ((!t->slots || (t->n * 2 > t->mask && t->n < TOLD_MAX)) && !grow(t)))
		return;
	e = &t->slots[place(t, client, server, port)];
	if (!e->port) {
		if (t->n == TOLD_MAX)
			return;
		*e = (struct told_entry){{UINT64_MAX, UINT64_MAX}, *client, *server, port};
		t->n++;
	}
	if (ns < e->ns[kind])
		e->ns[kind] = ns;
}

const struct told_entry *
told_find(const struct told *t, const struct aud_addr *client, const struct aud_addr *server, uint16_t port)
{
	const struct told_entry *e = t->slots && port ? &t->slots[place(t, client, server, port)] : NULL;

	return e && e->port ? e : NULL;
}

void
told_done(struct told *t)
{
	free(t->slots);
	*t = (struct told){0};
}
