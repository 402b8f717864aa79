#include <string.h>

#include <aud/role.h>
#include <aud/site.h>

static const struct {
	const char *name, *marked, *english;	/* marked: to be translated */
	int server;
} roles[] = {
#define X(e, name, server, english) {name, "role\004" name, english, server},
    AUD_ROLES(X)
#undef X
};

static const char *const features[] = {
#define X(e, name) name,
    AUD_FEATURES(X)
#undef X
};

int
aud_role_by_name(const char *name)
{
	for (int i = 0; i < AUD_ROLE_BUILTIN; i++)
		if (!strcmp(roles[i].name, name))
			return i;
	return -1;
}

const char *
aud_role_name(enum aud_role role)
{
	return roles[role].name;
}

const char *
aud_role_english(enum aud_role role)
{
	return roles[role].english;
}

aud_roles
aud_roles_servers(void)
{
	aud_roles set = 0;

	for (int i = 0; i < AUD_ROLE_BUILTIN; i++)
		if (roles[i].server)
			set |= AUD_ROLE_BIT(i);
	return set;
}

int
aud_feature_by_name(const char *name)
{
	for (int i = 0; i < AUD_FEATURE_COUNT; i++)
		if (!strcmp(features[i], name))
			return i;
	return -1;
}

const char *
aud_feature_name(enum aud_feature feature)
{
	return features[feature];
}

const char *
aud_site_role_name(const struct aud_site *site, unsigned role)
{
	if (role < AUD_ROLE_BUILTIN)
		return aud_role_name((enum aud_role)role);
	role -= AUD_ROLE_BUILTIN;
	return site && role < site->nown_roles ? site->own_roles[role] : "?";
}

const char *
aud_site_role_told(const struct aud_lang *l, const struct aud_site *site, unsigned role)
{
	return role < AUD_ROLE_BUILTIN ? aud_tr(l, roles[role].marked) : aud_site_role_name(site, role);
}

void
aud_roles_tell(FILE *out, const struct aud_lang *l, const struct aud_site *site, aud_roles set)
{
	const char *lead = "";

	if (set == AUD_ROLES_ANY) {
		fputs(aud_tr(l, NC_("role", "any")), out);
		return;
	}
	for (unsigned i = 0; i < AUD_ROLE_MAX; i++)
		if (set & AUD_ROLE_BIT(i)) {
			fprintf(out, "%s%s", lead, aud_site_role_told(l, site, i));
			lead = ", ";
		}
}

const struct aud_said *
aud_say_roles(struct aud_say *s, const struct aud_site *site, aud_roles set)
{
	struct aud_said *list;

	if (set == AUD_ROLES_ANY)
		return SAY(s, NC_("role", "any"));
	list = aud_say_list(s);
	for (unsigned i = 0; i < AUD_ROLE_MAX; i++)
		if (set & AUD_ROLE_BIT(i))
			aud_say_add(s, list, i < AUD_ROLE_BUILTIN ? aud_say_message(s, roles[i].marked) : aud_say_word(s, aud_site_role_name(site, i)));
	return list;
}

void
aud_roles_write(FILE *out, const struct aud_site *site, aud_roles set, const char *between)
{
	const char *lead = "";

	if (set == AUD_ROLES_ANY) {
		fputs("any", out);
		return;
	}
	for (unsigned i = 0; i < AUD_ROLE_MAX; i++)
		if (set & AUD_ROLE_BIT(i)) {
			fprintf(out, "%s%s", lead, aud_site_role_name(site, i));
			lead = between;
		}
}
