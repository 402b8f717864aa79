/* Weighs what fails in a rule; the same walk tells it in words. Whether traffic is documented is the matcher's word alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aud/addr.h>

#include "cli.h"
#include "nearest.h"

/* What a term that fails costs, and a range that holds but is wide. */
enum { COST_APP = 1, COST_CONDITION = 1, COST_UNTOLD = 1, COST_DIRECTION = 2, COST_ROLES = 3, COST_TRANSPORT = 3, COST_PORT = 4,
	COST_WIDE = 4, COST_MOST = 9, COST_BEYOND = 2 /* the nearest: not shown */ };
enum { WIDE = 64 };	/* ports */

/* One rule, held against the traffic one way round. */
struct scale {
	const struct traffic *t;
	const struct aud_rule *r;
	bool exchanged;		/* the traffic's client is one of the rule's servers */
	unsigned cost;
	FILE *w;		/* the words; NULL: not asked for */
	bool said;
};

static void AUD_PRINTF(3, 4)
fails(struct scale *s, unsigned cost, const char *fmt, ...)
{
	va_list ap;

	s->cost += cost;
	if (!s->w)
		return;
	if (s->said)
		fputs("; ", s->w);
	s->said = true;
	va_start(ap, fmt);
	vfprintf(s->w, fmt, ap);
	va_end(ap);
}

/* Behind what fails() said. */
static void
say_roles(struct scale *s, aud_roles any, aud_roles all)
{
	if (!s->w)
		return;
	if (all) {
		fputs("all of ", s->w);
		print_roles(s->w, all, s->t->site);
	} else if (any != AUD_ROLES_ANY && (any & aud_roles_servers()) == aud_roles_servers()) {
		fputs("any server", s->w);
		if (any & ~aud_roles_servers()) {
			fputs(", ", s->w);
			print_roles(s->w, any & ~aud_roles_servers(), s->t->site);
		}
	} else {
		if (any != AUD_ROLES_ANY && any & (any - 1))
			fputs("one of ", s->w);
		print_roles(s->w, any, s->t->site);
	}
}

static bool
fits(aud_roles have, aud_roles any, aud_roles all)
{
	return (any == AUD_ROLES_ANY || have & any) && (have & all) == all;
}

/* False: nothing of the pair is right. */
static bool
roles(struct scale *s)
{
	const struct aud_rule *r = s->r;
	const struct traffic *t = s->t;
	bool client, server, begins, answers;

	if (s->exchanged)
		return r->either_way && fits(t->client, r->servers, r->servers_all) &&
		    fits(t->server, r->either ? r->either : r->clients, r->clients_all);
	client = fits(t->client, r->clients, r->clients_all);
	server = fits(t->server, r->servers, r->servers_all);
	if (client && server)
		return true;
	begins = fits(t->server, r->clients, r->clients_all);
	answers = fits(t->client, r->servers, r->servers_all);
	/* Whoever begins, no direction is wrong: then it is the other way round that is to be weighed. */
	if (r->either_way && answers && fits(t->server, r->either ? r->either : r->clients, r->clients_all))
		return false;
	if ((begins && answers) || (!r->either_way && !client && !server && (begins || answers))) {
		fails(s, COST_DIRECTION + (begins && answers ? 0 : COST_ROLES), "the direction: there ");
		say_roles(s, r->clients, r->clients_all);
		if (s->w)
			fputs(" connects to ", s->w);
		say_roles(s, r->servers, r->servers_all);
		return true;
	}
	if (!client) {
		fails(s, COST_ROLES, "the client has to be ");
		say_roles(s, r->clients, r->clients_all);
	}
	if (!server) {
		fails(s, COST_ROLES, "the server has to be ");
		say_roles(s, r->servers, r->servers_all);
	}
	return client || server;
}

static bool
over(const struct aud_rule *r, uint8_t proto)
{
	for (size_t i = 0; i < r->nprotos; i++)
		if (r->protos[i] == proto)
			return true;
	return false;
}

static void
transport(struct scale *s)
{
	if (over(s->r, s->t->proto))
		return;
	fails(s, COST_TRANSPORT, "the transport has to be");
	for (size_t i = 0; s->w && i < s->r->nprotos; i++)
		fprintf(s->w, "%s %s", i ? " or" : "", aud_proto_name(s->r->protos[i]).s);
}

static void
say_ports(struct scale *s, const struct aud_range *ports, size_t n)
{
	if (s->w && !n)
		fputs(" none: media_ports leaves the rule no port", s->w);
	for (size_t i = 0; s->w && i < n; i++)
		fprintf(s->w, ports[i].lo == ports[i].hi ? "%s %u" : "%s %u-%u", i ? " or" : "", ports[i].lo, ports[i].hi);
}

/* How many ports the range has in which this one lies; 0: in none. */
static unsigned
width(const struct aud_range *ports, size_t n, uint16_t port)
{
	for (size_t i = 0; i < n; i++)
		if (port >= ports[i].lo && port <= ports[i].hi)
			return (unsigned)(ports[i].hi - ports[i].lo) + 1;
	return 0;
}

/* The range of clients documents media with a host that has a range of its own only where that one holds as well. */
static void
beside(struct scale *s)
{
	const struct traffic *t = s->t;
	aud_roles peer = s->exchanged ? t->server : t->client, ranged = 0;
	uint16_t at = s->exchanged ? t->port : t->client_port;

	if (!s->r->media || s->r->media_range != AUD_MEDIA_CLIENT)
		return;
	for (size_t i = 0; i < t->matrix->nrules; i++) {
		const struct aud_rule *o = &t->matrix->rules[i];
		struct aud_range ports[4];

		if (o->media_range == AUD_MEDIA_NONE || o->media_range == AUD_MEDIA_CLIENT || o->exempt || o->servers == AUD_ROLES_ANY ||
		    !(o->servers & peer) || aud_rule_applies(t->matrix, o, t->site) == AUD_NO)
			continue;
		ranged |= o->servers & peer;
		if (at && over(o, t->proto) && width(ports, aud_rule_ports(o, t->site, ports), at))
			return;
	}
	if (!ranged)
		return;
	fails(s, COST_PORT, "the port of its range is right, but ");
	say_roles(s, ranged, 0);
	if (s->w && at)
		fprintf(s->w, " has a range of its own, and port %u is not in it", at);
	else if (s->w)
		fputs(" has a range of its own, and its port is not told (--client-port)", s->w);
}

/* Ports that no document prints: the server tells them, and the client's of a pair. */
static void
port_beside(struct scale *s)
{
	const struct aud_rule *r = s->r;
	uint16_t client = s->t->client_port;

	if (r->announced && !r->evidence)
		fails(s, COST_PORT + COST_WIDE, "the port has to be one that %s of the server told this client before, as only a capture shows",
		    r->announced == AUD_ANNOUNCED_SQL ? "SQL Browser" : "the endpoint mapper");
	if (r->pair && client && !width(r->ports, r->nports, client)) {
		fails(s, COST_PORT, "the client's port has to be");
		say_ports(s, r->ports, r->nports);
		if (s->w)
			fprintf(s->w, ", not %u", client);
	}
}

static void
port(struct scale *s)
{
	const struct aud_rule *r = s->r;
	const struct traffic *t = s->t;
	struct aud_range ports[4];
	size_t n = aud_rule_ports(r, t->site, ports);
	/* Ports of media belong to the hosts of "servers", whoever begins. */
	bool turned = s->exchanged && r->media, either = r->port_side == AUD_PORT_EITHER;
	bool at_client = !either && (r->port_side == AUD_PORT_CLIENT) != turned;
	unsigned in_server = at_client ? 0 : width(ports, n, t->port);
	unsigned in_client = at_client || either ? width(ports, n, t->client_port) : 0;

	if (!r->nports || r->port_side == AUD_PORT_NONE || !t->has_ports)
		return;
	port_beside(s);
	if (r->announced && !r->evidence)
		return;
	if (in_server || in_client) {
		s->cost += (in_server ? in_server : in_client) > WIDE ? COST_WIDE : 0;
		beside(s);
		return;
	}
	if (at_client && !t->client_port) {
		s->cost += COST_WIDE;
		fails(s, COST_UNTOLD, "the client's port is not told (--client-port): it has to be");
	} else
		fails(s, COST_PORT, "the %s port has to be", at_client ? "client's" : either ? "client's or the server's" : "server's");
	say_ports(s, ports, n);
	if (s->w && at_client && t->client_port)
		fprintf(s->w, ", not %u", t->client_port);
	else if (s->w && !at_client)
		fprintf(s->w, ", not %u", t->port);
}

/* A name without '.' accepts its sub-protocols. */
static bool
accepts(const char *name, const char *app)
{
	size_t n = strlen(name);

	return !strncmp(name, app, n) && (!app[n] || (app[n] == '.' && !strchr(name, '.')));
}

static void
application(struct scale *s)
{
	const struct aud_rule *r = s->r;
	bool needed = r->media || r->evidence;

	for (size_t i = 0; s->t->app && i < r->napps; i++)
		if (accepts(r->apps[i], s->t->app))
			return;
	if (!r->napps || (!s->t->app && (!needed || !s->t->has_ports)))
		return;
	fails(s, COST_APP, s->t->app ? "the application has to be " : "the application is not told: it has to be ");
	for (size_t i = 0; s->w && i < r->napps; i++)
		fprintf(s->w, "%s%s", i ? i + 1 < r->napps ? ", " : " or " : "", r->apps[i]);
	if (s->w && s->t->app)
		fprintf(s->w, ", not %s", s->t->app);
}

/* False: too far away to tell anybody anything. */
static bool
weigh_way(struct scale *s)
{
	if (!roles(s))
		return false;
	transport(s);
	port(s);
	if (aud_rule_applies(s->t->matrix, s->r, s->t->site) == AUD_NO)
		fails(s, COST_CONDITION, "it is not in force here (%s)",
		    *s->r->condition ? s->r->condition : "its document is not one of this site's");
	application(s);
	return s->cost <= COST_MOST;
}

/* The way round in which less fails. */
static bool
weigh(struct scale *s)
{
	struct scale forward = *s, exchanged = *s;
	bool a, b;

	forward.w = exchanged.w = NULL;
	exchanged.exchanged = true;
	a = weigh_way(&forward);
	b = weigh_way(&exchanged);
	s->exchanged = b && (!a || exchanged.cost < forward.cost);
	s->cost = s->exchanged ? exchanged.cost : forward.cost;
	return a || b;
}

static unsigned
distance(const struct aud_rule *r, unsigned port)
{
	unsigned best = 65536;

	for (size_t i = 0; i < r->nports; i++) {
		unsigned lo = r->ports[i].lo, hi = r->ports[i].hi, d = port < lo ? lo - port : port > hi ? port - hi : 0;

		best = d < best ? d : best;
	}
	return best;
}

void
nearest_find(struct nearest *out, const struct traffic *t)
{
	unsigned long key[NEAREST];

	out->n = 0;
	for (size_t i = 0; i < t->matrix->nrules; i++) {
		struct scale s = {.t = t, .r = &t->matrix->rules[i]};
		unsigned long mine;
		size_t at;

		if (s.r->exempt || !weigh(&s))
			continue;
		mine = (unsigned long)s.cost << 17 | distance(s.r, t->port);
		if (out->n == NEAREST && mine >= key[NEAREST - 1])
			continue;
		out->n += out->n < NEAREST;
		for (at = out->n - 1; at && key[at - 1] > mine; at--) {
			key[at] = key[at - 1];
			out->rules[at] = out->rules[at - 1];
		}
		key[at] = mine;
		out->rules[at] = s.r;
	}
	while (out->n && key[out->n - 1] >> 17 > (key[0] >> 17) + COST_BEYOND)
		out->n--;
}

enum aud_code
nearest_why(char **out, const struct traffic *t, const struct aud_rule *r, struct aud_err *err)
{
	struct scale s = {.t = t, .r = r};
	char *text = NULL;
	size_t n;

	(void)weigh(&s);
	s.cost = 0;
	s.w = open_memstream(&text, &n);
	if (!s.w)
		return aud_nomem(err);
	(void)weigh_way(&s);
	if (!s.said)
		fputs("what is told of the application is not enough", s.w);
	if (fclose(s.w)) {
		free(text);
		return aud_nomem(err);
	}
	*out = text;
	return AUD_OK;
}
