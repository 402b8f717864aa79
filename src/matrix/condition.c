/* Conditions of rules: text that people read, evaluated in three values. */
#include <string.h>

#include "load.h"

struct term {
	const char *kind, *value;	/* "feature", "dial-in": not terminated */
	size_t kind_len, value_len;
};

static const char *const kinds[] = {"feature", "product", "load-balancing", "collocated"};
enum { FEATURE, PRODUCT, BALANCING, COLLOCATED, KINDS };

/* The next word of text, or NULL. */
static const char *
word(const char **text, size_t *len)
{
	const char *p = *text + strspn(*text, " "), *w = p;

	p += strcspn(p, " ");
	*text = p;
	*len = (size_t)(p - w);
	return *len ? w : NULL;
}

static bool
is(const char *w, size_t len, const char *s)
{
	return strlen(s) == len && !memcmp(w, s, len);
}

static bool
split(const char *w, size_t len, struct term *t)
{
	const char *colon = memchr(w, ':', len);

	if (!colon)
		return false;
	*t = (struct term){w, colon + 1, (size_t)(colon - w), len - (size_t)(colon - w) - 1};
	return true;
}

static int
kind_of(const struct term *t)
{
	for (int i = 0; i < KINDS; i++)
		if (is(t->kind, t->kind_len, kinds[i]))
			return i;
	return -1;
}

static int
find(const char *const *names, size_t n, const char *w, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (len && is(w, len, names[i]))
			return (int)i;
	return -1;
}

static const char *const feature_names[] = {
#define X(e, name) name,
    AUD_FEATURES(X)
#undef X
};

static aud_roles
collocated(const struct aud_site *site, const char *w, size_t len)
{
	aud_roles set = 0;

	while (len) {
		const char *plus = memchr(w, '+', len);
		size_t n = plus ? (size_t)(plus - w) : len;
		int role = role_find(site, w, n);

		if (role < 0)
			return 0;
		set |= AUD_ROLE_BIT(role);
		w += plus ? n + 1 : n;
		len -= plus ? n + 1 : n;
	}
	return set;
}

/* Roles of the set at these addresses; a host has several definitions where its roles are bound to ports. */
static aud_roles
roles_at(const struct aud_site *site, size_t host, aud_roles set)
{
	aud_roles all = 0;

	for (size_t i = 0; i < site->nhosts; i++)
		if (site->hosts[i].roles & set && !aud_addr_cmp(&site->hosts[i].lo, &site->hosts[host].lo) &&
		    !aud_addr_cmp(&site->hosts[i].hi, &site->hosts[host].hi))
			all |= site->hosts[i].roles & set;
	return all;
}

/* A host that has all of the roles; "no" only where hosts are named for every one of them. */
static enum aud_tri
collocated_at(const struct aud_site *site, aud_roles set)
{
	aud_roles seen = 0;

	for (size_t i = 0; i < site->nhosts; i++) {
		if (!(site->hosts[i].roles & set))
			continue;
		if (roles_at(site, i, set) == set)
			return AUD_YES;
		seen |= site->hosts[i].roles;
	}
	return (seen & set) == set ? AUD_NO : AUD_UNKNOWN;
}

static enum aud_tri
term_holds(const struct term *t, const struct aud_site *site)
{
	int value;

	if (!site)
		return AUD_UNKNOWN;
	switch (kind_of(t)) {
	case FEATURE:
		value = find(feature_names, AUD_FEATURE_COUNT, t->value, t->value_len);
		return value < 0 ? AUD_UNKNOWN : site->features[value];
	case PRODUCT:
		value = find(words_product.names, words_product.n, t->value, t->value_len);
		return site->product == AUD_PRODUCT_UNKNOWN ? AUD_UNKNOWN : (int)site->product == value ? AUD_YES : AUD_NO;
	case BALANCING:
		value = find(words_balancing.names + 1, words_balancing.n - 1, t->value, t->value_len) + 1;
		return site->load_balancing == AUD_LB_UNKNOWN ? AUD_UNKNOWN : (int)site->load_balancing == value ? AUD_YES : AUD_NO;
	case COLLOCATED:
		return collocated_at(site, collocated(site, t->value, t->value_len));
	}
	return AUD_UNKNOWN;
}

enum aud_tri
condition_holds(const char *text, const struct aud_site *site)
{
	bool yes = false, no = false, unknown = false, any = false;
	const char *w;
	size_t len;

	while ((w = word(&text, &len))) {
		struct term t;

		if (is(w, len, "or"))
			any = true;
		if (!split(w, len, &t))
			continue;
		switch (term_holds(&t, site)) {
		case AUD_YES: yes = true; break;
		case AUD_NO: no = true; break;
		case AUD_UNKNOWN: unknown = true; break;
		}
	}
	if (any)
		return yes ? AUD_YES : unknown ? AUD_UNKNOWN : no ? AUD_NO : AUD_YES;
	return no ? AUD_NO : unknown ? AUD_UNKNOWN : AUD_YES;
}

static enum aud_code
fail_value(const struct aud_yaml *at, const char *what, const struct term *t, const char *const *names, size_t n,
    struct aud_err *err)
{
	char value[64];
	const char *near;

	if (t->value_len >= sizeof value)
		return aud_yaml_fail(err, at, "unknown %s '%.40s...' in a condition", what, t->value);
	memcpy(value, t->value, t->value_len);
	value[t->value_len] = 0;
	near = aud_nearest(value, names, n);
	return aud_yaml_fail(err, at, "unknown %s '%s' in a condition%s%s%s", what, value, near ? ": did you mean '" : "",
	    near ? near : "", near ? "'?" : "");
}

static enum aud_code
term_check(const struct aud_yaml *at, const struct term *t, const struct aud_site *site, struct aud_err *err)
{
	switch (kind_of(t)) {
	case FEATURE:
		if (find(feature_names, AUD_FEATURE_COUNT, t->value, t->value_len) < 0)
			return fail_value(at, "feature", t, feature_names, AUD_FEATURE_COUNT, err);
		return AUD_OK;
	case PRODUCT:
		if (find(words_product.names + 1, words_product.n - 1, t->value, t->value_len) < 0)
			return fail_value(at, "product", t, words_product.names + 1, words_product.n - 1, err);
		return AUD_OK;
	case BALANCING:
		if (find(words_balancing.names + 1, words_balancing.n - 1, t->value, t->value_len) < 0)
			return fail_value(at, "kind of load balancing", t, words_balancing.names + 1, words_balancing.n - 1, err);
		return AUD_OK;
	case COLLOCATED:
		if (!collocated(site, t->value, t->value_len))
			return aud_yaml_fail(err, at, "unknown role in 'collocated:%.*s': write roles joined by '+'",
			    (int)(t->value_len > 60 ? 60 : t->value_len), t->value);
		return AUD_OK;
	}
	return aud_yaml_fail(err, at, "unknown kind of condition '%.*s': feature, product, load-balancing and collocated are known",
	    (int)(t->kind_len > 40 ? 40 : t->kind_len), t->kind);
}

enum aud_code
condition_check(const struct aud_yaml *at, const char *text, const struct aud_site *site, struct aud_err *err)
{
	const char *w, *joint = NULL;
	size_t len, joint_len = 0;

	for (bool term = true;; term = !term) {
		struct term t;
		enum aud_code code;

		w = word(&text, &len);
		if (!w)
			return term ? aud_yaml_fail(err, at, "a condition ends in a term such as feature:dial-in") : AUD_OK;
		if (!term) {
			if (!is(w, len, "and") && !is(w, len, "or"))
				return aud_yaml_fail(err, at, "'%.*s' in a condition: terms are joined by 'and' or 'or'",
				    (int)(len > 40 ? 40 : len), w);
			if (joint && (joint_len != len || memcmp(joint, w, len) != 0))
				return aud_yaml_fail(err, at, "'and' and 'or' in one condition: which binds first is not defined");
			joint = w;
			joint_len = len;
			continue;
		}
		if (!split(w, len, &t))
			return aud_yaml_fail(err, at, "'%.*s' is no condition: write feature:NAME, product:NAME, "
			    "load-balancing:KIND or collocated:ROLE+ROLE", (int)(len > 40 ? 40 : len), w);
		code = term_check(at, &t, site, err);
		if (code)
			return code;
	}
}

enum aud_tri
aud_rule_applies(const struct aud_matrix *m, const struct aud_rule *r, const struct aud_site *site)
{
	bool document = r->site_own;

	for (size_t i = 0; i < r->ncitations && !document; i++)
		document = aud_document_applies(m, m->rows[r->citations[i]].document, site);
	return document ? condition_holds(r->condition, site) : AUD_NO;
}

bool
aud_document_applies(const struct aud_matrix *m, unsigned document, const struct aud_site *site)
{
	const struct aud_document *d = &m->documents[document];

	for (size_t i = 0; site && i < site->ndocuments; i++)
		if (!strcmp(site->documents[i], d->id))
			return true;
	if (d->listed_only)
		return false;
	return !site || site->product == AUD_PRODUCT_UNKNOWN || d->product == AUD_PRODUCT_UNKNOWN || d->product == site->product;
}
