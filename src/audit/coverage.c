#include <stdlib.h>
#include <string.h>

#include "coverage.h"

enum { ROLES = 64 };

static void
sum_inputs(struct aud_coverage *c, const struct aud_input *inputs, size_t n)
{
	c->kernel_drops = UINT64_MAX;
	for (size_t i = 0; i < n; i++) {
		const struct aud_capture_info *in = &inputs[i].info;
		c->frames += in->frames;
		c->bytes += in->bytes;
		c->truncated_frames += in->truncated;
		c->broken |= in->broken;
		c->interrupted |= in->interrupted;
		if (in->first_ns && (!c->first_ns || in->first_ns < c->first_ns))
			c->first_ns = in->first_ns;
		if (in->last_ns > c->last_ns)
			c->last_ns = in->last_ns;
		if (in->kernel_drops != UINT64_MAX)
			c->kernel_drops = (c->kernel_drops == UINT64_MAX ? 0 : c->kernel_drops) + in->kernel_drops;
		if (in->interface_drops != UINT64_MAX)
			c->kernel_drops = (c->kernel_drops == UINT64_MAX ? 0 : c->kernel_drops) + in->interface_drops;
	}
}

static void
sum_shards(struct aud_coverage *c, const struct shard *shards)
{
	for (int i = 0; i < SHARDS; i++) {
		struct aud_table_stats s;

		shard_stats(&shards[i], &s);
		c->duplicates += s.duplicates;
		c->acked_unseen += s.acked_unseen;
		c->tcp_data += s.tcp_data;
		c->one_way += s.one_way;
		c->two_way += s.two_way;
		c->flows += s.flows;
		c->evicted_flows += s.evicted;
		c->dropped_flows += shards[i].fold.dropped;
		c->orphan_fragments += s.orphan_fragments;
		const struct fold_outside *o = &shards[i].fold.outside;
		c->out_of_scope.flows += o->flows;
		c->out_of_scope.packets += o->packets;
		c->out_of_scope.bytes += o->bytes;
		c->out_of_scope.tcp_one_way += o->tcp_one_way;
		c->out_of_scope.tcp_answered += o->tcp_answered;
		if (o->frame && (!c->out_of_scope.frame || o->frame < c->out_of_scope.frame))
			c->out_of_scope.frame = o->frame;
		c->fragments += s.fragments;
	}
}

/* Which declared definitions were seen talking: a packet that only tries to reach a host does not show the host. */
static bool *
who_talks(const struct aud_site *site, const struct aud_case *cases, size_t ncases)
{
	bool *talks = calloc(site->nhosts ? site->nhosts : 1, sizeof *talks);

	for (size_t i = 0; talks && i < ncases; i++) {
		const struct aud_conv *v = cases[i].conv;
		if (cases[i].ruling->client.host && v->packets[0])
			talks[cases[i].ruling->client.host - site->hosts] = true;
		if (cases[i].ruling->server.host && v->packets[1])
			talks[cases[i].ruling->server.host - site->hosts] = true;
	}
	return talks;
}

static enum aud_code
list_unseen(struct aud_coverage *c, const struct aud_site *site, const bool *talks, struct aud_err *err)
{
	if (!(c->unseen = calloc(AUD_COVERAGE_HOSTS, sizeof *c->unseen)))
		return aud_nomem(err);
	for (size_t i = 0; i < site->nhosts; i++) {
		if (talks[i])
			continue;
		c->all_unseen++;
		if (c->nunseen < AUD_COVERAGE_HOSTS)
			c->unseen[c->nunseen++] = &site->hosts[i];
	}
	return AUD_OK;
}

static int
by_addr(const void *a, const void *b)
{
	return aud_addr_cmp(a, b);
}

/* The side that the site file does not name, of traffic with one of its servers; NULL: this is no such traffic. */
static const struct aud_addr *
stranger(const struct aud_case *x)
{
	aud_roles servers = aud_roles_servers();
	const struct aud_conv *v = x->conv;

	if (x->noise || (x->ruling->client.host && x->ruling->server.host))
		return NULL;
	if (!x->ruling->client.host)
		return x->ruling->server.host && x->ruling->server.host->roles & servers && v->packets[0] ? &v->client : NULL;
	return x->ruling->client.host->roles & servers && v->packets[1] ? &v->server : NULL;
}

static enum aud_code
list_strangers(struct aud_coverage *c, const struct aud_case *cases, size_t ncases, struct aud_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < ncases; i++)
		n += stranger(&cases[i]) != NULL;
	if (!n)
		return AUD_OK;
	if (!(c->strangers = calloc(n, sizeof *c->strangers)))
		return aud_nomem(err);
	n = 0;
	for (size_t i = 0; i < ncases; i++) {
		const struct aud_addr *a = stranger(&cases[i]);
		if (a)
			c->strangers[n++] = *a;
	}
	qsort(c->strangers, n, sizeof *c->strangers, by_addr);
	for (size_t i = 0; i < n; i++)
		if (!i || aud_addr_cmp(&c->strangers[i], &c->strangers[i - 1]))
			c->strangers[c->all_strangers++] = c->strangers[i];
	c->nstrangers = c->all_strangers < AUD_COVERAGE_HOSTS ? c->all_strangers : AUD_COVERAGE_HOSTS;
	return AUD_OK;
}

/* How many declared definitions were seen talking, per role: each definition counts once. */
static enum aud_code
count_roles(struct aud_coverage *c, const struct aud_site *site, const bool *talks, struct aud_err *err)
{
	size_t declared[ROLES] = {0}, seen[ROLES] = {0};

	if (!(c->roles = calloc(ROLES, sizeof *c->roles)))
		return aud_nomem(err);
	for (size_t i = 0; i < site->nhosts; i++)
		for (int r = 0; r < ROLES; r++)
			if (site->hosts[i].roles >> r & 1) {
				declared[r]++;
				seen[r] += talks[i];
			}
	for (unsigned r = 0; r < ROLES; r++)
		if (declared[r]) {
			c->roles[c->nroles].role = r;
			c->roles[c->nroles].declared = declared[r];
			c->roles[c->nroles++].seen = seen[r];
		}
	return AUD_OK;
}

static enum aud_code
count_pairs(struct aud_coverage *c, const struct aud_case *cases, size_t ncases, struct aud_err *err)
{
	uint64_t (*n)[ROLES] = calloc(ROLES, sizeof *n), (*one_way)[ROLES] = calloc(ROLES, sizeof *one_way);
	enum aud_code rc = AUD_OK;
	size_t pairs = 0;

	if (!n || !one_way) {
		rc = aud_nomem(err);
		goto out;
	}
	for (size_t i = 0; i < ncases; i++) {
		const struct aud_case *x = &cases[i];
		for (aud_roles a = x->ruling->client.roles; a; a &= a - 1)
			for (aud_roles b = x->ruling->server.roles; b; b &= b - 1) {
				int p = __builtin_ctzll(a), q = __builtin_ctzll(b);
				pairs += !n[p][q]++;
				one_way[p][q] += !x->conv->answered;
			}
	}
	if (pairs && !(c->pairs = calloc(pairs, sizeof *c->pairs))) {
		rc = aud_nomem(err);
		goto out;
	}
	for (unsigned p = 0; p < ROLES; p++)
		for (unsigned q = 0; q < ROLES; q++)
			if (n[p][q]) {
				c->pairs[c->npairs].client = p;
				c->pairs[c->npairs].server = q;
				c->pairs[c->npairs].conversations = n[p][q];
				c->pairs[c->npairs++].one_way = one_way[p][q];
			}
out:
	free(n);
	free(one_way);
	return rc;
}

enum aud_code
coverage_fill(struct aud_coverage *c, const struct aud_input *inputs, size_t ninputs, const struct aud_decode_stats *decode,
    const struct shard *shards, const struct aud_site *site, const struct aud_case *cases, size_t ncases, struct aud_err *err)
{
	enum aud_code rc;
	bool *talks;

	memset(c, 0, sizeof *c);
	sum_inputs(c, inputs, ninputs);
	sum_shards(c, shards);
	c->packets = decode->packets;
	c->undecoded = decode->undecoded;
	c->non_ip = decode->non_ip;
	c->tunneled = decode->tunneled;
	c->conversations = ncases;
	if (!site)
		return AUD_OK;
	if (!(talks = who_talks(site, cases, ncases)))
		return aud_nomem(err);
	rc = count_roles(c, site, talks, err);
	if (rc == AUD_OK)
		rc = list_unseen(c, site, talks, err);
	if (rc == AUD_OK)
		rc = list_strangers(c, cases, ncases, err);
	if (rc == AUD_OK)
		rc = count_pairs(c, cases, ncases, err);
	free(talks);
	return rc;
}

void
coverage_clear(struct aud_coverage *c)
{
	free(c->roles);
	free(c->pairs);
	free(c->strangers);
	free(c->unseen);
	memset(c, 0, sizeof *c);
}
