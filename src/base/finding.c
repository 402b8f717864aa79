#include <string.h>

#include <aud/finding.h>

int
aud_finding_cmp(const void *x, const void *y)
{
	const struct aud_finding *a = x, *b = y;
	int c;

	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if ((c = aud_addr_cmp(&a->client, &b->client)) || (c = aud_addr_cmp(&a->server, &b->server)))
		return c;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;
	if ((c = strcmp(a->app ? a->app : "", b->app ? b->app : "")))
		return c;
	return strcmp(a->id, b->id);
}
