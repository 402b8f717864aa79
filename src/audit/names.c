#include <stdlib.h>
#include <string.h>

#include "names.h"

static int
compare(const struct aud_server_name *a, const struct aud_server_name *b)
{
	int c = aud_addr_cmp(&a->server, &b->server);

	if (c)
		return c;
	if (a->certificate != b->certificate)
		return a->certificate ? -1 : 1;
	return strcmp(a->name, b->name);
}

static bool
make_room(struct server_names *t)
{
	size_t room = t->room ? 2 * t->room : 32;
	struct aud_server_name *v;

	if (t->n < t->room)
		return true;
	if (!(v = realloc(t->v, room * sizeof *v)))
		return false;
	t->v = v;
	t->room = room;
	return true;
}

void
server_names_add(struct server_names *t, const struct aud_addr *server, const char *name, bool certificate)
{
	struct aud_server_name x = {.server = *server, .certificate = certificate};
	size_t lo = 0, hi = t->n, same = 0;

	snprintf(x.name, sizeof x.name, "%s", name);
	if (!*x.name || t->n >= NAMES_MAX)
		return;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare(&t->v[mid], &x) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < t->n && !compare(&t->v[lo], &x))
		return;
	for (size_t i = lo; i-- > 0 && !aud_addr_cmp(&t->v[i].server, server);)
		same++;
	for (size_t i = lo; i < t->n && !aud_addr_cmp(&t->v[i].server, server); i++)
		same++;
	if (same >= NAMES_OF_SERVER || !make_room(t))
		return;
	memmove(&t->v[lo + 1], &t->v[lo], (t->n - lo) * sizeof *t->v);
	t->v[lo] = x;
	t->n++;
}

void
server_names_clear(struct server_names *t)
{
	free(t->v);
	*t = (struct server_names){0};
}
