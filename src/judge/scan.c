/*
 * scan: one client tried many ports or many hosts in vain. One finding a client, and its attempts are not told one by
 * one.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "docket.h"

/* Undocumented ports of one host. A Windows host may try about ten on a peer that answers none of them (DNS, Kerberos,
 * kpasswd, LDAP and its three kin, RPC, SMB, NTP); more is a search. */
enum { SCAN_PORTS = 15 };
/* Hosts tried on one port. A pool has at most 12 Front End Servers, two paired pools 24: a client that lost its network
 * may try as many. */
enum { SCAN_HOSTS = 25 };

struct tally {
	size_t ports, hosts; /* largest number of ports of a host, of hosts of a port */
	bool vertical, horizontal;
};

static bool
is_probe(const struct docket *d, const struct aud_case *c)
{
	if (!c->in_scope || c->noise || !case_attempt(c) || addr_group(&c->conv->server) ||
	    (c->conv->proto != PROTO_TCP && c->conv->proto != PROTO_UDP))
		return false;
	/* Connectivity checks of ICE try every candidate, and media of a one-sided mirror looks like asking in vain. */
	if (case_fact(c, AUD_FACT_MEDIA) || docket_one_way(d, c->conv))
		return false;
	/* Of UDP, silence is a sign only where the host is heard at all; a mirror may show one direction. */
	return c->conv->proto != PROTO_UDP || c->conv->refused_icmp || c->conv->filtered_icmp || docket_sent(d, &c->conv->server);
}

/* A port that answered in another flow of the two is in use: nothing was searched there. */
static bool
searched(const struct docket *d, const struct talk *talk)
{
	for (size_t i = 0; i < talk->n; i++)
		if (!is_probe(d, &talk->cases[i]))
			return false;
	return true;
}

static int
by_port(const struct aud_conv *a, const struct aud_conv *b)
{
	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;
	return (a->port > b->port) - (a->port < b->port);
}

/* Client, server, port: for the search in one host. */
static int
vertically(const void *pa, const void *pb)
{
	const struct aud_case *const *pca = pa, *const *pcb = pb, *a = *pca, *b = *pcb;
	int c;

	if ((c = aud_addr_cmp(&a->conv->client, &b->conv->client)) ||
	    (c = aud_addr_cmp(&a->conv->server, &b->conv->server)) || (c = by_port(a->conv, b->conv)))
		return c;
	return (a > b) - (a < b);
}

/* Port, server, of one client. */
static int
horizontally(const void *pa, const void *pb)
{
	const struct aud_case *const *pca = pa, *const *pcb = pb, *a = *pca, *b = *pcb;
	int c;

	if ((c = by_port(a->conv, b->conv)) || (c = aud_addr_cmp(&a->conv->server, &b->conv->server)))
		return c;
	return (a > b) - (a < b);
}

static void
mark(struct docket *d, const struct aud_case *const *probes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		d->scanned[probes[i] - d->trial->cases] = true;
}

/* Probes of one client, sorted vertically. */
static void
vertical(struct docket *d, const struct aud_case *const *probes, size_t n, struct tally *t)
{
	for (size_t i = 0, end; i < n; i = end) {
		const struct aud_conv *last = NULL;
		size_t ports = 0;

		for (end = i; end < n && !aud_addr_cmp(&probes[end]->conv->server, &probes[i]->conv->server); end++) {
			if (probes[end]->ruling->verdict.answer == AUD_DOCUMENTED)
				continue;
			ports += !last || by_port(last, probes[end]->conv);
			last = probes[end]->conv;
		}
		if (ports > t->ports)
			t->ports = ports;
		if (ports < SCAN_PORTS)
			continue;
		t->vertical = true;
		mark(d, probes + i, end - i);
	}
}

/* Probes of one client, sorted horizontally. */
static void
horizontal(struct docket *d, const struct aud_case *const *probes, size_t n, struct tally *t)
{
	for (size_t i = 0, end; i < n; i = end) {
		size_t hosts = 0;

		for (end = i; end < n && !by_port(probes[end]->conv, probes[i]->conv); end++)
			hosts += end == i || aud_addr_cmp(&probes[end]->conv->server, &probes[end - 1]->conv->server);
		if (hosts > t->hosts)
			t->hosts = hosts;
		if (hosts < SCAN_HOSTS)
			continue;
		t->horizontal = true;
		mark(d, probes + i, end - i);
	}
}

/* What all probes have in common is part of the key, the rest is "many". */
static struct aud_finding
seed_of(const struct docket *d, const struct aud_case *const *probes, size_t n, const struct aud_case **one)
{
	struct aud_finding f = finding_seed(AUD_KIND_SCAN);
	bool server = true, port = true;

	*one = NULL;
	for (size_t i = 0; i < n; i++) {
		const struct aud_case *c = probes[i];

		if (!d->scanned[c - d->trial->cases])
			continue;
		if (!*one)
			*one = c;
		server &= !aud_addr_cmp(&(*one)->conv->server, &c->conv->server);
		port &= (*one)->conv->port == c->conv->port && (*one)->conv->proto == c->conv->proto;
	}
	f.client = (*one)->conv->client;
	f.client_roles = (*one)->ruling->client.roles;
	f.client_name = (*one)->ruling->client.host ? (*one)->ruling->client.host->name : NULL;
	if (server) {
		f.server = (*one)->conv->server;
		f.server_roles = (*one)->ruling->server.roles;
		f.server_name = (*one)->ruling->server.host ? (*one)->ruling->server.host->name : NULL;
	}
	if (port) {
		f.port = (*one)->conv->port;
		f.proto = (*one)->conv->proto;
	}
	f.certainty = AUD_STRONG;
	return f;
}

static const struct aud_said *
sentence(struct aud_say *s, const struct docket *d, const struct aud_finding *f, const struct aud_case *one, const struct tally *t)
{
	const struct aud_said *client = say_host(s, d, &one->conv->client, &one->ruling->client), *flows = aud_say_number(s, f->flows);
	const struct aud_said *ports = aud_say_number(s, t->ports), *hosts = aud_say_number(s, t->hosts);
	const struct aud_said *host = f->server.family ? say_host(s, d, &one->conv->server, &one->ruling->server) : SAY(s, "one host");
	const struct aud_said *port = f->port >= 0 ? say_port(s, one->conv->port, one->conv->proto) : SAY(s, "one port");

	if (t->vertical && t->horizontal)
		return SAY(s, "%1$s tried %2$s undocumented ports of %3$s and %4$s hosts on %5$s in %6$s flows, all of them refused or unanswered",
		    client, ports, host, hosts, port, flows);
	if (t->vertical)
		return SAY(s, "%1$s tried %2$s undocumented ports of %3$s in %4$s flows, all of them refused or unanswered", client, ports, host,
		    flows);
	return SAY(s, "%1$s tried %2$s hosts on %3$s in %4$s flows, all of them refused or unanswered", client, hosts, port, flows);
}

static enum aud_code
tell(struct docket *d, const struct aud_case *const *probes, size_t n, const struct tally *t, struct aud_err *err)
{
	const struct aud_case *one;
	struct aud_finding seed = seed_of(d, probes, n, &one), *f;
	struct aud_say s = {0};
	bool fresh;

	for (size_t i = 0; i < n; i++)
		if (d->scanned[probes[i] - d->trial->cases])
			finding_absorb(&seed, probes[i]);
	if (!(f = docket_add(d, &seed, NULL, &fresh)))
		return aud_nomem(err);
	return finding_reason(f, &s, sentence(&s, d, f, one, t), err);
}

enum aud_code
judge_scan(struct docket *d, struct aud_err *err)
{
	const struct aud_trial *t = d->trial;
	const struct aud_case **probes;
	enum aud_code rc = AUD_OK;
	struct talk talk;
	size_t n = 0;

	if (!t->ncases)
		return AUD_OK;
	if (!(probes = calloc(t->ncases, sizeof *probes)))
		return aud_nomem(err);
	for (size_t at = 0; docket_talk(d, &at, &talk);)
		for (size_t i = 0; searched(d, &talk) && i < talk.n; i++)
			probes[n++] = &talk.cases[i];
	if (n)
		qsort(probes, n, sizeof *probes, vertically);
	for (size_t first = 0, last; first < n && rc == AUD_OK; first = last) {
		const struct aud_case **mine = probes + first;
		struct tally tally = {0};

		for (last = first; last < n && !aud_addr_cmp(&probes[last]->conv->client, &mine[0]->conv->client);)
			last++;
		vertical(d, mine, last - first, &tally);
		qsort(mine, last - first, sizeof *mine, horizontally);
		horizontal(d, mine, last - first, &tally);
		if (tally.vertical || tally.horizontal)
			rc = tell(d, mine, last - first, &tally, err);
	}
	free(probes);
	return rc;
}
