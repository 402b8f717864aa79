/* Conversations -> hosts, services and talks. */
#include <stdlib.h>
#include <string.h>

#include "discover.h"
#include "path.h"

/* Services of roles that no printed row names, so that no rule can tell them. Ports: IANA's registry. */
static const struct {
	uint16_t port;
	const char *app;
	aud_roles servers;
} well_known[] = {
    {53, "DNS", AUD_ROLE_BIT(AUD_ROLE_DNS_SERVER)},
    {88, "Kerberos", AUD_ROLE_BIT(AUD_ROLE_DOMAIN_CONTROLLER)},
    {389, "LDAP", AUD_ROLE_BIT(AUD_ROLE_DOMAIN_CONTROLLER)},
    {3268, "LDAP", AUD_ROLE_BIT(AUD_ROLE_DOMAIN_CONTROLLER)},
    {1433, "MsSQL-TDS", AUD_ROLE_BIT(AUD_ROLE_SQL_SERVER)},
};

/* "NetBIOS.SMBv23" is NetBIOS and SMBv23. */
static bool
app_is(const char *app, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = app;; p++) {
		if (!strncmp(p, name, n) && (!p[n] || p[n] == '.'))
			return true;
		if (!(p = strchr(p, '.')))
			return false;
	}
}

static bool
rule_fits(const struct aud_rule *r, const struct service *s)
{
	bool proto = false, port = r->port_side == AUD_PORT_NONE, app = !r->napps;

	if (r->exempt || r->port_side == AUD_PORT_CLIENT)
		return false;
	for (size_t i = 0; i < r->nprotos; i++)
		proto |= r->protos[i] == s->proto;
	for (size_t i = 0; i < r->nports; i++)
		port |= s->port >= r->ports[i].lo && s->port <= r->ports[i].hi;
	for (size_t i = 0; s->app && i < r->napps; i++)
		app |= app_is(s->app, r->apps[i]);
	/* What was not recognised may be anything, but where a range of ports is all there is. */
	return proto && port && (app || (!s->app && !r->media && !r->evidence));
}

/* The well-known services count as rules without a number. */
static bool
find_rules(struct service *s, const struct aud_matrix *m)
{
	if (!(s->rules = calloc(m ? m->nrules + 1 : 1, sizeof *s->rules)))
		return false;
	for (unsigned i = 0; m && i < m->nrules; i++) {
		const struct aud_rule *r = &m->rules[i];

		if (!rule_fits(r, s))
			continue;
		s->rules[s->nrules++] = i;
		/* "any" tells nothing of the one who is any. */
		if (r->clients != AUD_ROLES_ANY)
			s->clients |= r->clients;
		if (r->servers != AUD_ROLES_ANY)
			s->servers |= r->servers | r->servers_all;
	}
	for (size_t i = 0; i < sizeof well_known / sizeof *well_known; i++)
		if (s->port == well_known[i].port && s->app && app_is(s->app, well_known[i].app))
			s->servers |= well_known[i].servers;
	return true;
}

/* Only ranges of ports, of which every call has another. */
static bool
ranged(const struct service *s, const struct aud_matrix *m)
{
	enum { LONG_RANGE = 64 };

	for (size_t i = 0; i < s->nrules; i++)
		for (size_t k = 0; k < m->rules[s->rules[i]].nports; k++)
			if (m->rules[s->rules[i]].ports[k].hi - m->rules[s->rules[i]].ports[k].lo < LONG_RANGE)
				return false;
	return s->nrules > 0;
}

/* Media on forty ports is one service, not forty. */
static enum aud_code
join_ranges(struct aud_draft *d, const struct aud_matrix *m, struct aud_err *err)
{
	size_t n = 0, *firsts = calloc(d->nservices + 1, sizeof *firsts);

	if (!firsts)
		return aud_nomem(err);
	for (size_t i = 0; i < d->nservices; i++) {
		struct service *s = &d->services[i];
		size_t k = 0;

		s->as = i;
		s->last = s->port;
		if (!ranged(s, m))
			continue;
		for (; k < n; k++) {
			const struct service *f = &d->services[firsts[k]];

			if (f->proto == s->proto && !strcmp(f->app ? f->app : "", s->app ? s->app : "") && f->nrules == s->nrules &&
			    !memcmp(f->rules, s->rules, s->nrules * sizeof *s->rules))
				break;
		}
		if (k < n) {
			s->as = firsts[k];
			d->services[firsts[k]].last = s->port;
		} else
			firsts[n++] = i;
	}
	free(firsts);
	return AUD_OK;
}

static int
by_addr(const void *a, const void *b)
{
	return aud_addr_cmp(&((const struct host *)a)->addr, &((const struct host *)b)->addr);
}

static size_t
host_at(const struct aud_draft *d, const struct aud_addr *a)
{
	struct host key = {.addr = *a};

	return (size_t)((struct host *)bsearch(&key, d->hosts, d->nhosts, sizeof key, by_addr) - d->hosts);
}

/* Groups and nobody: RFC 5771, RFC 919, RFC 4291 2.7. */
static bool
is_host(const struct aud_addr *a)
{
	static const uint8_t none[16], all[4] = {255, 255, 255, 255};

	if (!memcmp(a->b, none, 16))
		return false;
	return a->family == 6 ? a->b[0] != 0xff : a->b[0] >> 4 != 14 && memcmp(a->b, all, 4) != 0;
}

/* What says something of its server: it was answered, or came from it. An answer to everybody (DHCP) has a server too. */
static bool
counts(const struct aud_case *c)
{
	return !c->attempt_only && is_host(&c->conv->server);
}

static int
compare(const struct service *s, uint16_t port, uint8_t proto, const char *app)
{
	if (s->port != port)
		return s->port < port ? -1 : 1;
	if (s->proto != proto)
		return s->proto < proto ? -1 : 1;
	return strcmp(s->app ? s->app : "", app ? app : "");
}

static int
by_key(const void *a, const void *b)
{
	const struct service *s = b;

	return compare(a, s->port, s->proto, s->app);
}

/* Where it is. */
static size_t
service_place(const struct aud_draft *d, uint16_t port, uint8_t proto, const char *app)
{
	size_t lo = 0, hi = d->nservices;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare(&d->services[mid], port, proto, app) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const char *
app_of(const struct aud_case *c)
{
	return c->conv->app.by == AUD_BY_NONE ? NULL : c->ruling->app;
}

struct gathering {
	struct aud_draft *d;
	size_t chosts, cservices, ctalks;
	bool nomem;
};

static void
unique_hosts(struct aud_draft *d)
{
	size_t n = 0;

	if (d->nhosts)
		qsort(d->hosts, d->nhosts, sizeof *d->hosts, by_addr);
	for (size_t i = 0; i < d->nhosts; i++)
		if (!n || by_addr(&d->hosts[n - 1], &d->hosts[i]))
			d->hosts[n++] = d->hosts[i];
	d->nhosts = n;
}

/* Made unique whenever the room is used up: it grows only where that does not make much room again. */
static bool
add_host(struct gathering *g, const struct aud_addr *a)
{
	struct aud_draft *d = g->d;

	if (!is_host(a))
		return true;
	if (d->nhosts == g->chosts) {
		unique_hosts(d);
		if (2 * d->nhosts >= g->chosts) {
			size_t c = g->chosts ? 2 * g->chosts : 256;
			struct host *h = realloc(d->hosts, c * sizeof *h);

			if (!h)
				return false;
			d->hosts = h;
			g->chosts = c;
		}
	}
	d->hosts[d->nhosts++] = (struct host){.addr = *a, .next = ROLES};
	return true;
}

static void
unique_services(struct aud_draft *d)
{
	size_t n = 0;

	if (d->nservices)
		qsort(d->services, d->nservices, sizeof *d->services, by_key);
	for (size_t i = 0; i < d->nservices; i++)
		if (!n || by_key(&d->services[n - 1], &d->services[i]))
			d->services[n++] = d->services[i];
		else
			free(d->services[i].app);
	d->nservices = n;
}

/* As add_host(): media has a service for each of thousands of ports, so none is put into its place one by one. */
static bool
add_service(struct gathering *g, const struct aud_conv *v, const char *app)
{
	struct aud_draft *d = g->d;
	struct service *s;

	if (d->nservices && !compare(&d->services[d->nservices - 1], v->port, v->proto, app))
		return true;
	if (d->nservices == g->cservices) {
		unique_services(d);
		if (2 * d->nservices >= g->cservices) {
			size_t c = g->cservices ? 2 * g->cservices : 64;

			if (!(s = realloc(d->services, c * sizeof *s)))
				return false;
			d->services = s;
			g->cservices = c;
		}
	}
	s = &d->services[d->nservices++];
	*s = (struct service){.port = v->port, .proto = v->proto, .app = app ? strdup(app) : NULL};
	return !app || s->app;
}

/* Hosts and services first, so that their places stay. */
static enum aud_code
first_pass(void *user, const struct aud_case *c, struct aud_err *err)
{
	struct gathering *g = user;

	if (counts(c) && (!add_host(g, &c->conv->client) || !add_host(g, &c->conv->server) || !add_service(g, c->conv, app_of(c))))
		return aud_nomem(err);
	return AUD_OK;
}

static enum aud_code
second_pass(void *user, const struct aud_case *c, struct aud_err *err)
{
	struct gathering *g = user;
	struct aud_draft *d = g->d;
	struct talk *t;

	if (!counts(c))
		return AUD_OK;
	if (d->ntalks == g->ctalks) {
		size_t n = g->ctalks ? 2 * g->ctalks : 256;

		if (!(t = realloc(d->talks, n * sizeof *t)))
			return aud_nomem(err);
		d->talks = t;
		g->ctalks = n;
	}
	t = &d->talks[d->ntalks++];
	*t = (struct talk){
	    .client = is_host(&c->conv->client) ? host_at(d, &c->conv->client) : SIZE_MAX,
	    .server = host_at(d, &c->conv->server),
	    .service = d->services[service_place(d, c->conv->port, c->conv->proto, app_of(c))].as,
	    .certificate = c->conv->certificates > 0,
	    .no_certificate = c->conv->no_certificates > 0,
	};
	return AUD_OK;
}

static int
by_server(const void *a, const void *b)
{
	const struct talk *x = a, *y = b;

	if (x->server != y->server)
		return x->server < y->server ? -1 : 1;
	if (x->service != y->service)
		return x->service < y->service ? -1 : 1;
	return (x->client > y->client) - (x->client < y->client);
}

static int
by_service(const void *a, const void *b, void *draft)
{
	const struct aud_draft *d = draft;
	size_t x = *(const size_t *)a, y = *(const size_t *)b, s = d->talks[x].service, t = d->talks[y].service;

	if (s != t)
		return s < t ? -1 : 1;
	return (x > y) - (x < y);
}

static enum aud_code
link_hosts(struct aud_draft *d, struct aud_err *err)
{
	size_t *at;

	if (d->ntalks)
		qsort(d->talks, d->ntalks, sizeof *d->talks, by_server);
	if (!(d->used = calloc(d->ntalks + 1, sizeof *d->used)))
		return aud_nomem(err);
	for (size_t i = 0; i < d->ntalks; i++) {
		struct host *server = &d->hosts[d->talks[i].server];

		if (!server->nserved++)
			server->served = i;
		if (d->talks[i].client != SIZE_MAX)
			d->hosts[d->talks[i].client].nused++;
	}
	at = d->used;
	for (size_t i = 0; i < d->nhosts; i++) {
		d->hosts[i].used = at;
		at += d->hosts[i].nused;
		d->hosts[i].nused = 0;
	}
	for (size_t i = 0; i < d->ntalks; i++) {
		struct host *client = d->talks[i].client == SIZE_MAX ? NULL : &d->hosts[d->talks[i].client];

		if (client)
			client->used[client->nused++] = i;
	}
	for (size_t i = 0; i < d->nhosts; i++)
		if (d->hosts[i].nused)
			qsort_r(d->hosts[i].used, d->hosts[i].nused, sizeof *d->used, by_service, d);
	return AUD_OK;
}

/* What every server of a role has to answer: rules that are required, and whose absence means something. */
static void
find_required(struct aud_draft *d, const struct aud_matrix *m)
{
	for (size_t i = 0; m && i < m->nrules && d->nrequired < REQUIRED; i++) {
		const struct aud_rule *r = &m->rules[i];

		if (r->presence == AUD_PRESENCE_REQUIRED && r->absence == AUD_ABSENCE_STRONG && r->nports == 1 &&
		    r->ports[0].lo == r->ports[0].hi && !r->media && !r->exempt && !*r->condition)
			d->required[d->nrequired++] = (struct draft_required){r->ports[0].lo, r->protos[0], r->servers};
	}
	for (size_t i = 0; i < d->ntalks; i++) {
		const struct talk *t = &d->talks[i];
		const struct service *s = &d->services[t->service];

		for (size_t k = 0; k < d->nrequired; k++) {
			if (s->port != d->required[k].port || s->proto != d->required[k].proto)
				continue;
			d->hosts[t->server].has |= UINT32_C(1) << k;
			d->answered |= UINT32_C(1) << k;
			if (t->client != SIZE_MAX)
				d->hosts[t->client].wants |= UINT32_C(1) << k;
		}
	}
}

static enum aud_code
name_inputs(struct aud_draft *d, const struct aud_trial *t, struct aud_err *err)
{
	if (!(d->inputs = calloc(t->ninputs + 1, sizeof *d->inputs)))
		return aud_nomem(err);
	for (; d->ninputs < t->ninputs; d->ninputs++)
		if (!aud_names_add(d->inputs, d->ninputs, t->inputs[d->ninputs].info.path))
			return aud_nomem(err);
	return AUD_OK;
}

enum aud_code
draft_gather(struct aud_draft *d, const struct aud_report *r, struct aud_err *err)
{
	const struct aud_trial *t = r->trial;
	struct gathering g = {.d = d};
	enum aud_code rc;

	d->first_ns = t->coverage->first_ns;
	d->last_ns = t->coverage->last_ns;
	if ((rc = name_inputs(d, t, err)) != AUD_OK || (rc = aud_report_cases(r, first_pass, &g, err)) != AUD_OK)
		return rc;
	unique_hosts(d);
	unique_services(d);
	for (size_t i = 0; i < d->nservices; i++)
		if (!find_rules(&d->services[i], t->matrix))
			return aud_nomem(err);
	if ((rc = join_ranges(d, t->matrix, err)) != AUD_OK)
		return rc;
	if ((rc = aud_report_cases(r, second_pass, &g, err)) != AUD_OK || (rc = link_hosts(d, err)) != AUD_OK)
		return rc;
	find_required(d, t->matrix);
	return AUD_OK;
}
