#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "hash.h"

enum { TCP = 6, UDP = 17, IGMP = 2 };

const char *
app_names_get(struct app_names *t, struct aud_classifier *c, struct aud_app app)
{
	struct app_named *v;
	struct aud_app_text text;

	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].app.master == app.master && t->v[i].app.sub == app.sub)
			return t->v[i].name;
	v = realloc(t->v, (t->n + 1) * sizeof *v);
	if (!v)
		return NULL;
	t->v = v;
	text = c ? aud_app_name(c, app) : (struct aud_app_text){"Unknown"};
	v[t->n].app = app;
	if (!(v[t->n].name = strdup(text.s)))
		return NULL;
	return v[t->n++].name;
}

void
app_names_clear(struct app_names *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i].name);
	free(t->v);
	memset(t, 0, sizeof *t);
}

/* An address that stands for a group or for nobody yet: RFC 5771, RFC 919, RFC 1122 3.2.1.3, RFC 4291 2.7. */
static bool
is_group(const struct aud_addr *a)
{
	static const uint8_t ones[4] = {255, 255, 255, 255}, zero[16];

	if (a->family == 6)
		return a->b[0] == 0xff || !memcmp(a->b, zero, 16);
	return a->b[0] >> 4 == 14 || !memcmp(a->b, ones, 4) || !memcmp(a->b, zero, 4);
}

static bool
is_link_local(const struct aud_addr *a)
{
	return a->family == 6 ? a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80 : a->b[0] == 169 && a->b[1] == 254;
}

static bool
is_noise(const struct aud_conv *c)
{
	return is_group(&c->client) || is_group(&c->server) || (is_link_local(&c->client) && is_link_local(&c->server)) || c->proto == IGMP ||
	       (c->app.by == AUD_BY_OWN && c->app.sub == AUD_APP_NAT_KEEPALIVE);
}

/* Nothing but attempts: no flow was answered, and none carries data of an exchange whose other side the capture may lack. */
static bool
is_attempt(const struct aud_conv *c)
{
	if (c->answered || c->server_only)
		return false;
	if (c->proto == TCP)
		return !c->midstream && !c->with_data[0] && !c->one_sided;
	return c->refused_icmp || (c->app.by == AUD_BY_NONE && c->packets[0] <= 3 * c->flows);
}

static bool
same_who(const struct aud_who *a, const struct aud_who *b)
{
	return a->roles == b->roles && a->host == b->host && a->group == b->group;
}

static bool
same_verdict(const struct aud_verdict *a, const struct aud_verdict *b)
{
	return a->answer == b->answer && a->failed == b->failed && a->certainty == b->certainty && a->nrules == b->nrules && a->total == b->total &&
	    a->swapped == b->swapped && a->condition_open == b->condition_open && a->weaker == b->weaker && a->sibling == b->sibling &&
	    !memcmp(a->rules, b->rules, a->nrules * sizeof *a->rules);
}

/* Names and tunnels are held once each: their addresses tell them apart. */
static bool
same_ruling(const struct aud_ruling *a, const struct aud_ruling *b)
{
	return a->app == b->app && a->tunnel == b->tunnel && same_who(&a->client, &b->client) && same_who(&a->server, &b->server) &&
	    same_verdict(&a->verdict, &b->verdict);
}

static uint64_t
ruling_hash(const struct aud_ruling *r)
{
	uint64_t h = mix64((uintptr_t)r->app ^ mix64((uintptr_t)r->client.host ^ mix64((uintptr_t)r->server.host)));

	h = mix64(h ^ r->client.roles ^ mix64(r->server.roles));
	return mix64(h ^ (uintptr_t)r->tunnel ^ (uint64_t)r->verdict.rules[0] << 32 ^ (uint64_t)r->verdict.failed << 24 ^ r->verdict.total);
}

static enum aud_code
rulings_grow(struct rulings *t, struct aud_err *err)
{
	size_t size = t->slots ? (t->mask + 1) * 2 : 256;
	struct aud_ruling **s = calloc(size, sizeof *s);

	if (!s)
		return aud_nomem(err);
	for (size_t i = 0; t->slots && i <= t->mask; i++) {
		size_t k;
		if (!t->slots[i])
			continue;
		for (k = ruling_hash(t->slots[i]) & (size - 1); s[k]; k = (k + 1) & (size - 1))
			;
		s[k] = t->slots[i];
	}
	free(t->slots);
	t->slots = s;
	t->mask = size - 1;
	return AUD_OK;
}

/* The one that equals r, made where there is none yet. */
static enum aud_code
rulings_get(struct rulings *t, const struct aud_ruling *r, const struct aud_ruling **out, struct aud_err *err)
{
	enum aud_code rc;
	size_t k;

	if ((!t->slots || t->n * 2 >= t->mask) && (rc = rulings_grow(t, err)) != AUD_OK)
		return rc;
	for (k = ruling_hash(r) & t->mask; t->slots[k]; k = (k + 1) & t->mask)
		if (same_ruling(t->slots[k], r)) {
			*out = t->slots[k];
			return AUD_OK;
		}
	if (!(t->slots[k] = malloc(sizeof *r)))
		return aud_nomem(err);
	*t->slots[k] = *r;
	t->n++;
	*out = t->slots[k];
	return AUD_OK;
}

void
rulings_clear(struct rulings *t)
{
	for (size_t i = 0; t->slots && i <= t->mask; i++)
		free(t->slots[i]);
	free(t->slots);
	memset(t, 0, sizeof *t);
}

static void
rule_on(struct aud_ruling *r, const struct aud_conv *c, const struct aud_attrib *attrib, const struct aud_matcher *matcher)
{
	struct aud_query q;

	r->client = aud_attrib_find(attrib, &c->client, 0, 0);
	r->server = aud_attrib_find(attrib, &c->server, c->port, c->proto);
	if (!matcher)
		return;
	q = (struct aud_query){
	    .client = r->client.roles, .server = r->server.roles,
	    .client_port_lo = c->client_port_lo, .client_port_hi = c->client_port_hi, .server_port = c->port,
	    .proto = c->proto,
	    .app = c->app.by == AUD_BY_NONE ? NULL : r->app, .app_by = c->app.by,
	    .facts = c->facts, .direction = c->direction,
	    .member = aud_attrib_member(attrib, r->client.roles, &c->client, &c->server),
	    .member_back = aud_attrib_member(attrib, r->server.roles, &c->server, &c->client),
	};
	aud_match(matcher, &q, &r->verdict);
}

/* Which shard's next conversation comes first; -1: none is left. */
static int
first_of(const struct shard *shards, const size_t at[SHARDS])
{
	int best = -1;

	for (int s = 0; s < SHARDS; s++)
		if (at[s] < shards[s].fold.n &&
		    (best < 0 || conv_cmp(fold_at(&shards[s].fold, at[s]), fold_at(&shards[best].fold, at[best])) < 0))
			best = s;
	return best;
}

enum aud_code
cases_build(struct aud_case **out, size_t *n, struct rulings *rulings, struct shard *shards, const struct aud_attrib *attrib,
    const struct aud_matcher *matcher, struct app_names *names, const struct aud_decoder *decoder, const char *const *tunnels,
    struct aud_err *err)
{
	size_t total = 0, at[SHARDS] = {0};
	struct aud_case *v;
	enum aud_code rc;
	int s;

	for (s = 0; s < SHARDS; s++)
		total += shards[s].fold.n;
	*n = 0;
	if (!(*out = v = calloc(total ? total : 1, sizeof *v)))
		return aud_nomem(err);
	while ((s = first_of(shards, at)) >= 0) {
		struct aud_conv *c = fold_at(&shards[s].fold, at[s]++);
		struct aud_ruling r = {.tunnel = tunnels ? tunnels[c->tunnel] : aud_decoder_tunnel(decoder, c->tunnel)};
		if (c->proto == TCP)
			c->facts |= aud_classifier_told(shards[s].classifier, &c->client, &c->server, c->port, c->first_ns);
		if (!(r.app = app_names_get(names, shards[s].classifier, c->app)))
			return aud_nomem(err);
		rule_on(&r, c, attrib, matcher);
		v[*n] = (struct aud_case){
		    .conv = c, .attempt_only = is_attempt(c), .in_scope = r.client.host || r.server.host, .noise = is_noise(c)};
		if ((rc = rulings_get(rulings, &r, &v[*n].ruling, err)) != AUD_OK)
			return rc;
		(*n)++;
	}
	return AUD_OK;
}
