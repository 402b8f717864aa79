/* Rules in force -> rows of bits. */
#include <stdlib.h>
#include <string.h>

#include "matcher.h"

static struct aud_range
site_range(const struct aud_site *site, enum aud_media m)
{
	if (site)
		switch (m) {
		case AUD_MEDIA_NONE: break;
		case AUD_MEDIA_AUDIO: return site->media.audio;
		case AUD_MEDIA_VIDEO: return site->media.video;
		case AUD_MEDIA_SHARING: return site->media.sharing;
		case AUD_MEDIA_CLIENT: return site->media.client;
		}
	return (struct aud_range){0, 0};
}

/* The printed ports, as far as the site's own range lets them. */
size_t
aud_rule_ports(const struct aud_rule *r, const struct aud_site *site, struct aud_range out[4])
{
	struct aud_range own = site_range(site, r->media_range);
	size_t n = 0;

	for (size_t i = 0; i < (r->pair ? 1 : r->nports); i++) {
		struct aud_range a = r->ports[i];

		if (own.hi) {
			a.lo = a.lo > own.lo ? a.lo : own.lo;
			a.hi = a.hi < own.hi ? a.hi : own.hi;
		}
		if (a.lo <= a.hi)
			out[n++] = a;
	}
	return n;
}

static void
narrow(struct compiled *c, const struct aud_site *site)
{
	c->nports = aud_rule_ports(c->rule, site, c->ports);
	for (size_t i = 0; i < c->nports; i++)
		c->width += (uint32_t)(c->ports[i].hi - c->ports[i].lo) + 1;
	if (!c->rule->nports)
		c->width = 65536;
}

static void
add(uint64_t *row, size_t i)
{
	row[i / 64] |= UINT64_C(1) << (i % 64);
}

static void
add_roles(uint64_t *const rows[64], aud_roles roles, size_t i)
{
	for (unsigned role = 0; role < 64; role++)
		if (roles >> role & 1)
			add(rows[role], i);
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The ports fall into stretches in which no rule begins or ends. */
static enum aud_code
cut_stretches(struct aud_matcher *m, struct aud_err *err)
{
	size_t n = 0, k = 0;

	m->stretches = calloc(1 + 8 * m->n, sizeof *m->stretches);
	if (!m->stretches)
		return aud_nomem(err);
	m->stretches[n++] = 0;
	for (size_t i = 0; i < m->n; i++)
		for (size_t j = 0; j < m->rules[i].nports; j++) {
			m->stretches[n++] = m->rules[i].ports[j].lo;
			m->stretches[n++] = (uint32_t)m->rules[i].ports[j].hi + 1;
		}
	qsort(m->stretches, n, sizeof *m->stretches, by_number);
	for (size_t i = 1; i < n; i++)
		if (m->stretches[i] != m->stretches[k] && m->stretches[i] <= UINT16_MAX)
			m->stretches[++k] = m->stretches[i];
	m->nstretches = k + 1;
	m->port_rows = calloc(m->nstretches * m->words, sizeof *m->port_rows);
	if (!m->port_rows)
		return aud_nomem(err);
	for (size_t s = 0; s < m->nstretches; s++)
		for (size_t i = 0; i < m->n; i++)
			for (size_t j = 0; j < m->rules[i].nports; j++)
				if (m->stretches[s] >= m->rules[i].ports[j].lo && m->stretches[s] <= m->rules[i].ports[j].hi)
					add(m->port_rows + s * m->words, i);
	return AUD_OK;
}

static void
mark_serves(struct aud_matcher *m, size_t i)
{
	const struct compiled *c = &m->rules[i];
	const struct aud_rule *r = c->rule;

	/* A range that needs evidence is also the range of ephemeral ports: it tells no direction. */
	if (aud_rule_wants_evidence(r) || c->condition == AUD_NO || (r->port_side != AUD_PORT_SERVER && r->port_side != AUD_PORT_EITHER))
		return;
	add(m->serves_row, i);
	for (size_t k = 0; k < r->nprotos; k++)
		for (size_t j = 0; j < c->nports; j++)
			for (uint32_t p = c->ports[j].lo; p <= c->ports[j].hi; p++)
				if (r->protos[k] == MATRIX_PROTO_TCP || r->protos[k] == MATRIX_PROTO_UDP)
					add(m->serves[r->protos[k] == MATRIX_PROTO_UDP], p);
}

static void
compile_rule(struct aud_matcher *m, size_t i)
{
	const struct aud_rule *r = m->rules[i].rule;

	add_roles(m->clients, r->clients, i);
	add_roles(m->servers, r->servers, i);
	if (r->either_way) {
		add(m->either, i);
		add_roles(m->either_clients, r->either ? r->either : r->clients, i);
	}
	for (size_t k = 0; k < r->nprotos; k++)
		add(m->proto[r->protos[k]], i);
	if (m->rules[i].condition == AUD_NO)
		add(m->condition_no, i);
	if (r->media)
		add(m->media, i);
	if (r->media_range == AUD_MEDIA_AUDIO || r->media_range == AUD_MEDIA_VIDEO || r->media_range == AUD_MEDIA_SHARING)
		m->ranged |= r->servers;
	if (r->evidence || r->announced)
		add(m->evidence, i);
	if (r->announced)
		add(m->announced[r->announced], i);
	if (r->announced && !r->evidence)
		add(m->announced_only, i);
	if (r->members)
		add(m->members, i);
	if (r->pair)
		add(m->pair, i);
	if (r->clients_all || r->servers_all)
		add(m->several, i);
	if (r->port_side == AUD_PORT_NONE)
		add(m->portless, i);
	if (r->port_side == AUD_PORT_SERVER || r->port_side == AUD_PORT_EITHER)
		add(m->at_server, i);
	if (r->port_side == AUD_PORT_CLIENT || r->port_side == AUD_PORT_EITHER)
		add(m->at_client, i);
	mark_serves(m, i);
}

/* Hands out the rows from one block. */
static enum aud_code
lay_out(struct aud_matcher *m, struct aud_err *err)
{
	bool proto[256] = {false};
	size_t rows = 3 * 64 + 15;
	uint64_t *p;

	for (size_t i = 0; i < m->n; i++)
		for (size_t k = 0; k < m->rules[i].rule->nprotos; k++)
			proto[m->rules[i].rule->protos[k]] = true;
	for (size_t i = 0; i < 256; i++)
		rows += proto[i];
	p = m->bits = calloc(rows * m->words, sizeof *p);
	if (!p)
		return aud_nomem(err);
	for (size_t i = 0; i < 64; i++, p += 3 * m->words) {
		m->clients[i] = p;
		m->servers[i] = p + m->words;
		m->either_clients[i] = p + 2 * m->words;
	}
	uint64_t **single[] = {
	    &m->condition_no, &m->either, &m->at_server, &m->at_client, &m->portless, &m->media, &m->evidence, &m->several,
	    &m->serves_row, &m->announced[0], &m->announced[1], &m->announced[2], &m->announced_only, &m->members,
	    &m->pair};
	for (size_t i = 0; i < sizeof single / sizeof *single; i++, p += m->words)
		*single[i] = p;
	for (size_t i = 0; i < 256; i++)
		if (proto[i]) {
			m->proto[i] = p;
			p += m->words;
		}
	return AUD_OK;
}

/* Does some document that the rule cites count here? The condition is looked at in step 6. */
static bool
in_matrix(const struct aud_matrix *x, const struct aud_rule *r, const struct aud_site *site)
{
	for (size_t i = 0; i < r->ncitations; i++)
		if (aud_document_applies(x, x->rows[r->citations[i]].document, site))
			return true;
	return r->site_own;
}

enum aud_code
aud_matcher_new(struct aud_matcher **out, const struct aud_matrix *x, const struct aud_site *site, struct aud_err *err)
{
	struct aud_matcher *m = calloc(1, sizeof *m);
	enum aud_code code = AUD_OK;

	*out = NULL;
	if (m)
		m->rules = calloc(x->nrules + 1, sizeof *m->rules);
	if (!m || !m->rules) {
		aud_matcher_free(m);
		return aud_nomem(err);
	}
	for (size_t i = 0; i < x->nrules; i++) {
		const struct aud_rule *r = &x->rules[i];

		if (r->exempt || !in_matrix(x, r, site))
			continue;
		m->rules[m->n] = (struct compiled){.rule = r, .index = (unsigned)i, .condition = aud_rule_applies(x, r, site)};
		narrow(&m->rules[m->n++], site);
	}
	m->words = m->n / 64 + 1;
	if (m->words > WORDS_MAX)
		code = aud_fail(err, AUD_RULES, 0, "more than %d rules in force", RULES_MAX - 64);
	if (!code)
		code = lay_out(m, err);
	if (!code)
		code = cut_stretches(m, err);
	if (code) {
		aud_matcher_free(m);
		return code;
	}
	for (size_t i = 0; i < m->n; i++)
		compile_rule(m, i);
	*out = m;
	return AUD_OK;
}

void
aud_matcher_free(struct aud_matcher *m)
{
	if (!m)
		return;
	free(m->rules);
	free(m->bits);
	free(m->stretches);
	free(m->port_rows);
	free(m);
}

const uint64_t *
matcher_ports(const struct aud_matcher *m, uint16_t port)
{
	size_t lo = 0, hi = m->nstretches;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->stretches[mid] <= port)
			lo = mid;
		else
			hi = mid;
	}
	return m->port_rows + lo * m->words;
}

void
matcher_roles(const struct aud_matcher *m, uint64_t *const rows[64], aud_roles roles, struct set *out)
{
	/* Hosts without a role still are "any". */
	const uint64_t *any = rows[ANY_BIT];

	for (size_t i = 0; i < m->words; i++)
		out->w[i] = any[i];
	for (aud_roles left = roles & ~AUD_ROLE_BIT(ANY_BIT); left; left &= left - 1) {
		const uint64_t *row = rows[__builtin_ctzll(left)];

		for (size_t i = 0; i < m->words; i++)
			out->w[i] |= row[i];
	}
}

bool
aud_matcher_serves(const struct aud_matcher *m, aud_roles roles, uint16_t port, uint8_t proto)
{
	const uint64_t *ports;

	if ((proto != MATRIX_PROTO_TCP && proto != MATRIX_PROTO_UDP) ||
	    !(m->serves[proto == MATRIX_PROTO_UDP][port / 64] >> (port % 64) & 1))
		return false;
	if (!roles)
		return true;
	ports = matcher_ports(m, port);
	for (size_t i = 0; i < m->words; i++)
		for (uint64_t left = ports[i] & m->serves_row[i] & m->proto[proto][i]; left; left &= left - 1) {
			const struct aud_rule *r = m->rules[i * 64 + (size_t)__builtin_ctzll(left)].rule;

			if ((roles & r->servers && (roles & r->servers_all) == r->servers_all) ||
			    (r->either_way && roles & r->either && (roles & r->clients_all) == r->clients_all))
				return true;
		}
	return false;
}
