/* The site of a stored audit: what a report tells of it. Its own rules are part of the matrix. */
#include <string.h>

#include "read.h"

static void
get_own_roles(struct reader *r, struct aud_site *site)
{
	enum { OWN_MAX = AUD_ROLE_MAX - AUD_ROLE_BUILTIN };

	site->own_roles = read_alloc(r, OWN_MAX, sizeof *site->own_roles);
	read_begin(r, STMT_GET_OWN_ROLES);
	while (read_next(r)) {
		if (site->nown_roles == OWN_MAX) {
			read_damaged(r, "damaged: too many roles");
			continue;
		}
		site->own_roles[site->nown_roles++] = read_text(r);
	}
}

static void
get_features(struct reader *r, struct aud_site *site, int64_t audit)
{
	read_begin_of(r, STMT_GET_FEATURES, audit);
	while (read_next(r)) {
		const char *name = read_text(r);
		int feature = name ? aud_feature_by_name(name) : -1;
		unsigned state = read_word(r, &names_tri);

		if (feature < 0)
			read_damaged(r, "damaged: a feature that there is not");
		else
			site->features[feature] = (enum aud_tri)state;
	}
}

static void
get_members(struct reader *r, struct aud_site *site, const struct aud_stored *s)
{
	size_t total, *counts = read_counts(r, STMT_GET_MEMBERS, s->audit, s->size.host, site->nhosts, &total);
	struct aud_addr *all = read_alloc(r, total + 1, sizeof *all);

	for (size_t i = 0; all && i < site->nhosts; i++) {
		site->hosts[i].members = counts[i] ? all : NULL;
		all += counts[i];
	}
	if (!all)
		return;
	read_begin_of(r, STMT_GET_MEMBERS, s->audit);
	while (read_next(r)) {
		struct aud_host *h = &site->hosts[read_ref(r, s->size.host, site->nhosts)];

		h->members[h->nmembers++] = read_addr(r);
	}
}

static void
get_ports(struct reader *r, struct aud_site *site, const struct aud_stored *s)
{
	size_t total, *counts = read_counts(r, STMT_GET_HOST_PORTS, s->audit, s->size.host, site->nhosts, &total);

	for (size_t i = 0; counts && i < site->nhosts; i++)
		if (counts[i])
			site->hosts[i].ports = read_alloc(r, counts[i], sizeof *site->hosts[i].ports);
	if (r->code)
		return;
	read_begin_of(r, STMT_GET_HOST_PORTS, s->audit);
	while (read_next(r)) {
		struct aud_host *h = &site->hosts[read_ref(r, s->size.host, site->nhosts)];
		int proto;

		h->ports[h->nports].port = (uint16_t)db_get_int(r->db);
		proto = read_proto(r);
		h->ports[h->nports++].proto = (uint8_t)(proto < 0 ? 0 : proto);
	}
}

static void
get_hosts(struct reader *r, struct aud_site *site, const struct aud_stored *s)
{
	site->hosts = read_alloc(r, s->size.hosts + 1, sizeof *site->hosts);
	read_begin_of(r, STMT_GET_HOSTS, s->audit);
	while (read_next(r) && site->nhosts < s->size.hosts) {
		struct aud_host *h = &site->hosts[site->nhosts++];

		h->lo = read_addr(r);
		h->hi = read_addr(r);
		h->name = read_text(r);
		h->roles = read_roles(r);
		h->line = (unsigned)db_get_int(r->db);
		h->column = (unsigned)db_get_int(r->db);
	}
	get_members(r, site, s);
	get_ports(r, site, s);
}

static void
get_waivers(struct reader *r, struct aud_site *site, const struct aud_stored *s)
{
	site->waivers = read_alloc(r, s->size.waivers + 1, sizeof *site->waivers);
	read_begin_of(r, STMT_GET_WAIVERS, s->audit);
	while (read_next(r) && site->nwaivers < s->size.waivers) {
		struct aud_waiver *w = &site->waivers[site->nwaivers++];
		uint64_t port;

		w->finding = read_text(r);
		w->kind = read_text(r);
		w->client_lo = read_addr(r);
		w->client_hi = read_addr(r);
		w->server_lo = read_addr(r);
		w->server_hi = read_addr(r);
		port = read_count(r);
		w->port = port == UINT64_MAX ? -1 : (int)port;
		w->proto = read_proto(r);
		w->app = read_text(r);
		w->reason = read_text(r);
		w->owner = read_text(r);
		w->expires = read_text(r);
		w->line = (unsigned)db_get_int(r->db);
	}
}

void
read_site(struct reader *r, struct aud_stored *s)
{
	struct aud_site *site = &s->site;

	get_own_roles(r, site);
	get_features(r, site, s->audit);
	site->documents = read_alloc(r, s->size.documents + 1, sizeof *site->documents);
	read_begin_of(r, STMT_GET_SITE_DOCUMENTS, s->audit);
	while (read_next(r) && site->ndocuments < s->size.documents)
		site->documents[site->ndocuments++] = read_text(r);
	get_hosts(r, site, s);
	get_waivers(r, site, s);
}
