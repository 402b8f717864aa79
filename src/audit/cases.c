#include <stdlib.h>
#include <string.h>

#include "cases.h"

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
	return is_group(&c->client) || is_group(&c->server) || (is_link_local(&c->client) && is_link_local(&c->server)) || c->proto == IGMP;
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

static void
judge_case(struct aud_case *x, const struct aud_attrib *attrib, const struct aud_matcher *matcher)
{
	const struct aud_conv *c = x->conv;
	struct aud_query q;

	x->client = aud_attrib_find(attrib, &c->client, 0, 0);
	x->server = aud_attrib_find(attrib, &c->server, c->port, c->proto);
	x->attempt_only = is_attempt(c);
	x->in_scope = x->client.host || x->server.host;
	x->noise = is_noise(c);
	if (!matcher)
		return;
	q = (struct aud_query){
	    .client = x->client.roles, .server = x->server.roles,
	    .client_port_lo = c->client_port_lo, .client_port_hi = c->client_port_hi, .server_port = c->port,
	    .proto = c->proto,
	    .app = c->app.by == AUD_BY_NONE ? NULL : x->app, .app_by = c->app.by,
	    .facts = c->facts, .direction = c->direction,
	};
	aud_match(matcher, &q, &x->verdict);
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
cases_build(struct aud_case **out, size_t *n, struct shard *shards, const struct aud_attrib *attrib, const struct aud_matcher *matcher,
    struct app_names *names, const struct aud_decoder *decoder, struct aud_err *err)
{
	size_t total = 0, at[SHARDS] = {0};
	struct aud_case *v;
	int s;

	for (s = 0; s < SHARDS; s++)
		total += shards[s].fold.n;
	*n = 0;
	if (!(*out = v = calloc(total ? total : 1, sizeof *v)))
		return aud_nomem(err);
	while ((s = first_of(shards, at)) >= 0) {
		struct aud_case *x = &v[(*n)++];
		x->conv = fold_at(&shards[s].fold, at[s]++);
		if (!(x->app = app_names_get(names, shards[s].classifier, x->conv->app)))
			return aud_nomem(err);
		x->tunnel = aud_decoder_tunnel(decoder, x->conv->tunnel);
		judge_case(x, attrib, matcher);
	}
	return AUD_OK;
}
