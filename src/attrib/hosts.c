#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <aud/attrib.h>

#include "load.h"
#include "words.h"

enum { OWN_MAX = AUD_ROLE_MAX - AUD_ROLE_BUILTIN, NAME_MAX_LEN = 40 };

/* A role's bit by its name; -1 none. */
static int
role_by_name(const struct aud_site *site, const char *name)
{
	for (size_t i = 0; i < site->nown_roles; i++)
		if (!strcmp(site->own_roles[i], name))
			return AUD_ROLE_BUILTIN + (int)i;
	return aud_role_by_name(name);
}

enum aud_code
load_own_roles(struct aud_site *site, const struct aud_yaml *list, struct aud_err *err)
{
	enum aud_code code = aud_yaml_want(list, AUD_YAML_LIST, "roles", err);

	if (code)
		return code;
	if (list->n > OWN_MAX)
		return aud_yaml_fail(err, &list->items[OWN_MAX], "'%.40s' is one too many: a site has at most %d roles of its own",
		    list->items[OWN_MAX].kind == AUD_YAML_SCALAR ? list->items[OWN_MAX].text : "", OWN_MAX);
	site->own_roles = room(list, sizeof *site->own_roles);
	if (!site->own_roles)
		return aud_nomem(err);
	for (size_t i = 0; i < list->n; i++) {
		const struct aud_yaml *node = &list->items[i];
		const char *name = NULL;

		code = word_text(node, "a role's name", &name, err);
		if (code)
			return code;
		if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name) || strlen(name) > NAME_MAX_LEN ||
		    name[0] < 'a')
			return aud_yaml_fail(err, node, "the role name '%.60s' must be small letters, digits and '-', from a letter on",
			    name);
		if (!strcmp(name, "server") || !strcmp(name, "any"))
			return aud_yaml_fail(err, node, "'%s' is a group of roles already: take another name", name);
		if (role_by_name(site, name) >= 0)
			return aud_yaml_fail(err, node, "the role '%s' exists already: take another name, or delete this one", name);
		site->own_roles[site->nown_roles++] = name;
	}
	return AUD_OK;
}

static enum aud_code
fail_role(const struct aud_site *site, const struct aud_yaml *node, struct aud_err *err)
{
	const char *names[AUD_ROLE_MAX], *near;
	size_t n = 0;

	if (!strcmp(node->text, "server") || !strcmp(node->text, "any"))
		return aud_yaml_fail(err, node, "'%s' is a group of roles, for rules only: name the roles of this host", node->text);
	while (n < AUD_ROLE_BUILTIN) {
		names[n] = aud_role_name((enum aud_role)n);
		n++;
	}
	for (size_t i = 0; i < site->nown_roles; i++)
		names[n++] = site->own_roles[i];
	near = aud_nearest(node->text, names, n);
	if (near)
		return aud_yaml_fail(err, node, "unknown role '%.40s': did you mean '%s'?", node->text, near);
	return aud_yaml_fail(err, node, "unknown role '%.40s': a name of your own must be declared first (roles: [%.40s])",
	    node->text, node->text);
}

static enum aud_code
read_roles(const struct aud_site *site, const struct aud_yaml *list, struct aud_host *h, struct aud_err *err)
{
	enum aud_code code = aud_yaml_want(list, AUD_YAML_LIST, "roles", err);

	if (!code && !list->n)
		code = aud_yaml_fail(err, list, "roles is empty: name at least one");
	for (size_t i = 0; i < list->n && !code; i++) {
		const char *name = NULL;
		int role;

		code = word_text(&list->items[i], "a role", &name, err);
		if (code)
			break;
		role = role_by_name(site, name);
		if (role < 0)
			code = fail_role(site, &list->items[i], err);
		else if (h->roles & AUD_ROLE_BIT(role))
			code = aud_yaml_fail(err, &list->items[i], "the role '%s' is there twice", name);
		else
			h->roles |= AUD_ROLE_BIT(role);
	}
	return code;
}

static enum aud_code
read_members(const struct aud_yaml *list, struct aud_host *h, struct aud_err *err)
{
	enum aud_code code = aud_yaml_want(list, AUD_YAML_LIST, "members", err);

	if (code)
		return code;
	if (!list->n)
		return aud_yaml_fail(err, list, "members is empty: name the hosts behind this address, or leave it out");
	if (aud_addr_cmp(&h->lo, &h->hi) != 0)
		return aud_yaml_fail(err, list, "members belong to one address (a VIP), not to a prefix or range");
	h->members = room(list, sizeof *h->members);
	if (!h->members)
		return aud_nomem(err);
	for (size_t i = 0; i < list->n && !code; i++) {
		struct aud_addr *a = &h->members[i];

		code = word_addr(&list->items[i], "member", a, err);
		if (!code && !aud_addr_cmp(a, &h->lo))
			code = aud_yaml_fail(err, &list->items[i], "%s cannot be a member of itself", aud_addr_str(a).s);
		for (size_t k = 0; k < i && !code; k++)
			if (!aud_addr_cmp(a, &h->members[k]))
				code = aud_yaml_fail(err, &list->items[i], "the member %s is there twice", aud_addr_str(a).s);
		h->nmembers = i + 1;
	}
	return code;
}

static enum aud_code
read_ports(const struct aud_yaml *list, struct aud_host *h, struct aud_err *err)
{
	enum aud_code code = aud_yaml_want(list, AUD_YAML_LIST, "ports", err);

	if (code)
		return code;
	if (!list->n)
		return aud_yaml_fail(err, list, "ports is empty: name them (443/tcp), or leave it out where the roles hold for all");
	h->ports = room(list, sizeof *h->ports);
	if (!h->ports)
		return aud_nomem(err);
	for (size_t i = 0; i < list->n; i++) {
		uint16_t port = 0;
		int proto = 0;

		code = word_port(&list->items[i], false, &port, &proto, err);
		if (code)
			return code;
		for (size_t k = 0; k < i; k++)
			if (h->ports[k].port == port && h->ports[k].proto == proto)
				return aud_yaml_fail(err, &list->items[i], "port %s is there twice", list->items[i].text);
		h->ports[i].port = port;
		h->ports[i].proto = (uint8_t)proto;
		h->nports = i + 1;
	}
	return AUD_OK;
}

static enum aud_code
read_host(const struct aud_site *site, const struct aud_yaml *map, struct aud_host *h, struct aud_err *err)
{
	static const char *const keys[] = {"address", "name", "roles", "members", "ports"};
	const struct aud_yaml *node;
	enum aud_code code = aud_yaml_want(map, AUD_YAML_MAP, "a host", err);

	if (code)
		return code;
	h->line = map->line;
	h->column = map->column;
	code = aud_yaml_keys(map, keys, sizeof keys / sizeof *keys, err);
	if (code)
		return code;
	if (!(node = aud_yaml_get(map, "address")))
		return aud_yaml_fail(err, map, "this host has no address");
	code = word_range(node, "address", &h->lo, &h->hi, err);
	if (!code && (node = aud_yaml_get(map, "name")))
		code = word_text(node, "name", &h->name, err);
	if (!code && !(node = aud_yaml_get(map, "roles")))
		code = aud_yaml_fail(err, map, "the host %s has no roles", aud_yaml_get(map, "address")->text);
	if (!code)
		code = read_roles(site, node, h, err);
	if (!code && (node = aud_yaml_get(map, "members")))
		code = read_members(node, h, err);
	if (!code && (node = aud_yaml_get(map, "ports")))
		code = read_ports(node, h, err);
	return code;
}

/* A member that nobody defines would be reported as an unknown host; most likely its address is mistyped. */
static enum aud_code
check_members(const struct aud_site *site, const struct aud_attrib *known, const struct aud_yaml *list, struct aud_err *err)
{
	for (size_t i = 0; i < site->nhosts; i++)
		for (size_t k = 0; k < site->hosts[i].nmembers; k++)
			if (!aud_attrib_find(known, &site->hosts[i].members[k], 0, 0).host)
				return aud_yaml_fail(err, &aud_yaml_get(&list->items[i], "members")->items[k],
				    "the member %s is not defined under hosts: add it with its roles",
				    aud_addr_str(&site->hosts[i].members[k]).s);
	return AUD_OK;
}

enum aud_code
load_hosts(struct aud_site *site, const struct aud_yaml *list, struct aud_err *err)
{
	struct aud_attrib *known;
	enum aud_code code = aud_yaml_want(list, AUD_YAML_LIST, "hosts", err);

	if (code)
		return code;
	site->hosts = room(list, sizeof *site->hosts);
	if (!site->hosts)
		return aud_nomem(err);
	for (size_t i = 0; i < list->n && !code; i++) {
		site->nhosts = i + 1;
		code = read_host(site, &list->items[i], &site->hosts[i], err);
	}
	if (code)
		return code;
	/* It finds what overlaps. */
	code = aud_attrib_new(&known, site, err);
	if (!code)
		code = check_members(site, known, list, err);
	aud_attrib_free(known);
	return code;
}
