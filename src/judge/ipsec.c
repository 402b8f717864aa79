/* IPsec by pairs of hosts: who shares associations and negotiations, and which rows name them. */
#include <stdlib.h>
#include <string.h>

#include "ipsec.h"

enum { PROTO_ESP = 50, PROTO_AH = 51, PROTO_WESP = 141, PORT_IKE = 500, PORT_NAT_T = 4500 };

/* Two hosts in one order. */
struct ends {
	struct aud_addr lo, hi;
};

static struct ends
ends_of(const struct aud_addr *a, const struct aud_addr *b)
{
	bool swap = aud_addr_cmp(a, b) > 0;

	return (struct ends){swap ? *b : *a, swap ? *a : *b};
}

static int
ends_cmp(const struct ends *a, const struct ends *b)
{
	int c = aud_addr_cmp(&a->lo, &b->lo);

	return c ? c : aud_addr_cmp(&a->hi, &b->hi);
}

static struct ends
sa_ends(const struct aud_sa *s)
{
	return ends_of(&s->src, &s->dst);
}

static struct ends
ike_ends(const struct aud_ike *k)
{
	return ends_of(&k->initiator, &k->responder);
}

static struct ends
case_ends(const struct aud_case *c)
{
	return ends_of(&c->conv->client, &c->conv->server);
}

/* By hosts, then in the order in which they were. */
#define BY_ENDS(name, type, hosts) \
	static int name(const void *pa, const void *pb) \
	{ \
		const struct type *a = *(const struct type *const *)pa, *b = *(const struct type *const *)pb; \
		struct ends x = hosts(a), y = hosts(b); \
		int c = ends_cmp(&x, &y); \
		return c ? c : (a > b) - (a < b); \
	}
BY_ENDS(sa_order, aud_sa, sa_ends)
BY_ENDS(ike_order, aud_ike, ike_ends)	/* the stage sorted them by their beginning */
BY_ENDS(case_order, aud_case, case_ends)

/* By hosts, sender, beginning. */
static int
begun_order(const void *pa, const void *pb)
{
	const struct aud_sa *a = *(const struct aud_sa *const *)pa, *b = *(const struct aud_sa *const *)pb;
	struct ends x = sa_ends(a), y = sa_ends(b);
	int c = ends_cmp(&x, &y);

	if (c || (c = aud_addr_cmp(&a->src, &b->src)))
		return c;
	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	return (a > b) - (a < b);
}

static int
media_order(const void *pa, const void *pb)
{
	const struct aud_case *a = *(const struct aud_case *const *)pa, *b = *(const struct aud_case *const *)pb;

	if (a->conv->first_ns != b->conv->first_ns)
		return a->conv->first_ns < b->conv->first_ns ? -1 : 1;
	return (a > b) - (a < b);
}

bool
ipsec_of_roles(const struct aud_rule *r)
{
	return !r->nports;
}

static bool
in(aud_roles set, aud_roles all, aud_roles host)
{
	return set == AUD_ROLES_ANY || (host & set && !(all & ~host));
}

unsigned
ipsec_names(const struct aud_rule *r, aud_roles a, aud_roles b)
{
	const aud_roles roles[2] = {a, b};
	unsigned named = 0;

	for (unsigned i = 0; i < 2; i++)	/* side i sends */
		if (in(r->clients, r->clients_all, roles[i]) && in(r->servers, r->servers_all, roles[!i])) {
			bool any[2] = {r->clients == AUD_ROLES_ANY, r->servers == AUD_ROLES_ANY};

			if (!any[0] || any[1])
				named |= 1u << i;
			if (!any[1] || any[0])
				named |= 1u << !i;
		}
	return named;
}

/* A site that says that there is no IPsec, and shows some, is measured all the same. */
bool
ipsec_rule_counts(const struct docket *d, const struct aud_rule *r)
{
	const struct aud_trial *t = d->trial;

	if (!r->exempt)
		return false;
	if (aud_rule_applies(t->matrix, r, t->site) != AUD_NO)
		return true;
	if (strcmp(r->condition, "feature:ipsec"))
		return false;
	for (size_t i = 0; i < r->ncitations; i++)
		if (aud_document_applies(t->matrix, t->matrix->rows[r->citations[i]].document, t->site))
			return true;
	return r->site_own;
}

bool
sa_read(const struct aud_sa *s)
{
	switch (s->payload) {
	case AUD_PAYLOAD_NULL:
	case AUD_PAYLOAD_WESP_CLEAR:
	case AUD_PAYLOAD_AH: return true;
	case AUD_PAYLOAD_UNDECIDED:
	case AUD_PAYLOAD_ENCRYPTED: break;
	}
	return false;
}

bool
sa_certain(const struct aud_sa *s)
{
	return s->sure || s->encap == AUD_ENCAP_AH || s->encap == AUD_ENCAP_ESP || s->encap == AUD_ENCAP_WESP;
}

bool
sa_from(const struct bond *b, const struct aud_sa *s, int side)
{
	return !aud_addr_cmp(&s->src, &b->addr[side]);
}

bool
sa_opaque(const struct aud_sa *s)
{
	return sa_certain(s) && !sa_read(s);
}

const char *
sa_app(const struct aud_sa *s)
{
	if (s->encap == AUD_ENCAP_AH)
		return "AH";
	if (s->encap == AUD_ENCAP_WESP)
		return sa_read(s) ? "WESP without encryption" : "WESP";
	return sa_read(s) ? "ESP-NULL" : "ESP";
}

const char *
ike_app(const struct aud_ike *k)
{
	if (aud_ike_is_authip(k))
		return "AuthIP";
	return k->nexchanges && k->exchanges[0].version >> 4 == 2 ? "IKEv2" : "IKEv1";
}

bool
ike_answered(const struct aud_ike *k)
{
	static const uint8_t none[8];

	/* One who knows the other's number was answered, whether or not that was captured. */
	return k->answer_ns || k->messages[1] || memcmp(k->responder_spi, none, sizeof none) != 0;
}

/* Notices, and what renews or keeps alive: RFC 2408, 3.1 (5); MS-AIPS (246); RFC 7296, 3.1 (36, 37). */
static bool
upkeep(const struct aud_ike_exchange *x)
{
	enum { INFORMATIONAL = 5, NOTIFY = 246, CREATE_CHILD = 36, V2_INFORMATIONAL = 37 };

	return x->version >> 4 == 2 ? x->type == CREATE_CHILD || x->type == V2_INFORMATIONAL : x->type == INFORMATIONAL || x->type == NOTIFY;
}

uint64_t
ike_done(const struct aud_ike *k)
{
	uint64_t done = k->first_ns;

	for (size_t i = 0; i < k->nexchanges; i++) {
		const struct aud_ike_exchange *x = &k->exchanges[i];
		uint64_t at = x->answer_ns ? x->answer_ns : x->first_ns;

		if (!upkeep(x) && at > done)
			done = at;
	}
	return done;
}

bool
ike_probe(const struct bond *b, const struct aud_ike *k)
{
	int side = aud_addr_cmp(&k->initiator, &b->addr[0]) != 0;

	return !b->who[side].roles && !ike_answered(k);
}

bool
bond_unasked(const struct bond *b)
{
	for (size_t i = 0; i < b->nsas; i++)
		if (b->who[sa_from(b, b->sas[i], 0) ? 0 : 1].roles)
			return false;
	for (size_t i = 0; i < b->nikes; i++)
		if (!ike_probe(b, b->ikes[i]))
			return false;
	return true;
}

bool
case_inside(const struct aud_case *c)
{
	return c->conv->ah || c->conv->esp_null;
}

bool
case_carrier(const struct aud_case *c)
{
	const struct aud_conv *v = c->conv;

	return v->proto == PROTO_ESP || v->proto == PROTO_AH || v->proto == PROTO_WESP || case_fact(c, AUD_FACT_ISAKMP) ||
	       case_fact(c, AUD_FACT_ESP_UDP) || (v->proto == PROTO_UDP && (v->port == PORT_IKE || v->port == PORT_NAT_T) && !case_recognised(c));
}

bool
case_clear_media(const struct docket *d, const struct aud_case *c)
{
	const struct aud_matrix *m = d->trial->matrix;

	if (!case_fact(c, AUD_FACT_MEDIA) || case_inside(c) || c->ruling->verdict.answer != AUD_DOCUMENTED)
		return false;
	for (size_t i = 0; i < c->ruling->verdict.nrules; i++)
		if (m->rules[c->ruling->verdict.rules[i]].media)
			return true;
	return false;
}

bool
media_capable(aud_roles r)
{
	static const enum aud_role roles[] = {AUD_ROLE_FRONT_END, AUD_ROLE_MEDIATION, AUD_ROLE_EDGE_AV_INTERNAL, AUD_ROLE_EDGE_AV_EXTERNAL,
	    AUD_ROLE_EXCHANGE_UM, AUD_ROLE_ATTENDANT, AUD_ROLE_PSTN_GATEWAY, AUD_ROLE_SBA, AUD_ROLE_CLIENT, AUD_ROLE_CLIENT_EXTERNAL,
	    AUD_ROLE_CLIENT_LEGACY, AUD_ROLE_PHONE};

	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (r & AUD_ROLE_BIT(roles[i]))
			return true;
	return false;
}

static enum aud_code
sort_records(struct ipsec *p, const struct aud_ipsec_result *r, struct aud_err *err)
{
	p->sas = calloc(r->nsas + 1, sizeof *p->sas);
	p->ikes = calloc(r->nikes + 1, sizeof *p->ikes);
	p->bonds = calloc(r->nsas + r->nikes, sizeof *p->bonds);
	p->begun = calloc(r->nsas + 1, sizeof *p->begun);
	p->opaque_until = calloc(r->nsas + 1, sizeof *p->opaque_until);
	p->opaque_reach = calloc(r->nsas / BLOCK + 1, sizeof *p->opaque_reach);
	p->answered_until = calloc(r->nikes + 1, sizeof *p->answered_until);
	if (!p->sas || !p->ikes || !p->bonds || !p->begun || !p->opaque_until || !p->opaque_reach || !p->answered_until)
		return aud_nomem(err);
	for (size_t i = 0; i < r->nsas; i++)
		p->sas[i] = p->begun[i] = &r->sas[i];
	for (size_t i = 0; i < r->nikes; i++)
		p->ikes[i] = &r->ikes[i];
	qsort(p->sas, r->nsas, sizeof *p->sas, sa_order);
	qsort(p->begun, r->nsas, sizeof *p->begun, begun_order);
	qsort(p->ikes, r->nikes, sizeof *p->ikes, ike_order);
	return AUD_OK;
}

static uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The times by which records of one pair are found without going through all of them. */
static void
index_times(struct ipsec *p, struct bond *b)
{
	size_t sas = (size_t)(b->sas - p->sas), ikes = (size_t)(b->ikes - p->ikes);

	for (size_t i = sas; i < sas + b->nsas; i++) {
		const struct aud_sa *s = p->begun[i];
		int side = sa_from(b, s, 0) ? 0 : 1;
		uint64_t end = sa_opaque(s) ? s->last_ns : 0;

		b->read |= sa_certain(s) && sa_read(s);
		b->hides |= sa_opaque(s) || (sa_certain(s) && s->unread > s->read);
		if (!b->nsent[side]++)
			b->sent[side] = i;
		p->opaque_until[i] = later(end, i > b->sent[side] ? p->opaque_until[i - 1] : 0);
		p->opaque_reach[i / BLOCK] = later(end, p->opaque_reach[i / BLOCK]);
	}
	for (size_t i = ikes; i < ikes + b->nikes; i++)
		p->answered_until[i] = later(ike_answered(p->ikes[i]) ? p->ikes[i]->last_ns : 0, i > ikes ? p->answered_until[i - 1] : 0);
	b->answered_until = p->answered_until + ikes;
}

static void
describe(const struct docket *d, const struct ipsec *p, struct bond *b)
{
	for (int i = 0; i < 2; i++)
		b->who[i] = aud_attrib_find(d->trial->attrib, &b->addr[i], 0, 0);
	for (size_t i = 0; i < p->nrules; i++) {
		const struct aud_rule *r = &d->trial->matrix->rules[p->rules[i]];
		unsigned named = ipsec_of_roles(r) ? ipsec_names(r, b->who[0].roles, b->who[1].roles) : 0;

		b->listed[0] |= named & 1;
		b->listed[1] |= named >> 1 & 1;
	}
}

/* Two sorted lists are gone through side by side. */
static void
join(struct docket *d, struct ipsec *p)
{
	size_t nsas = d->trial->ipsec->nsas, nikes = d->trial->ipsec->nikes, s = 0, k = 0;

	while (s < nsas || k < nikes) {
		struct ends next, other;
		struct bond *b = &p->bonds[p->nbonds++];

		next = s < nsas ? sa_ends(p->sas[s]) : ike_ends(p->ikes[k]);
		if (k < nikes && (other = ike_ends(p->ikes[k]), ends_cmp(&other, &next) < 0))
			next = other;
		*b = (struct bond){.addr = {next.lo, next.hi}, .sas = p->sas + s, .ikes = p->ikes + k};
		while (s < nsas && (other = sa_ends(p->sas[s]), !ends_cmp(&other, &next)))
			s++, b->nsas++;
		while (k < nikes && (other = ike_ends(p->ikes[k]), !ends_cmp(&other, &next)))
			k++, b->nikes++;
		describe(d, p, b);
		index_times(p, b);
	}
}

static int
bond_cmp(const void *key, const void *pb)
{
	const struct bond *b = pb;
	const struct ends e = {b->addr[0], b->addr[1]};

	return ends_cmp(key, &e);
}

static struct bond *
bond_of(const struct ipsec *p, const struct aud_case *c)
{
	const struct ends e = case_ends(c);

	return bsearch(&e, p->bonds, p->nbonds, sizeof *p->bonds, bond_cmp);
}

const struct bond *
ipsec_bond(const struct ipsec *p, const struct aud_case *c)
{
	return p->nbonds ? bond_of(p, c) : NULL;
}

/* An association hides what is said between its hosts; one that ends on a host without a role, what is said behind that. */
bool
ipsec_hides(const struct docket *d, aud_roles askers, const struct aud_rule *r)
{
	const struct ipsec *p = d->ipsec;

	for (size_t i = 0; i < p->nbonds; i++) {
		const struct bond *b = &p->bonds[i];

		for (int side = 0; side < 2; side++) {
			aud_roles from = b->who[side].roles, to = b->who[!side].roles;
			bool asks = from & askers, serves = to & r->servers;

			if (b->hides && ((asks && serves) || (asks && !to) || (!from && serves)))
				return true;
		}
	}
	return false;
}

/* Only those of bonds: of millions of conversations few have to do with IPsec. */
static enum aud_code
gather_cases(struct ipsec *p, const struct aud_trial *t, struct aud_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < t->ncases; i++)
		n += bond_of(p, &t->cases[i]) != NULL;
	if (!(p->cases = calloc(n + 1, sizeof *p->cases)))
		return aud_nomem(err);
	n = 0;
	for (size_t i = 0; i < t->ncases; i++)
		if (bond_of(p, &t->cases[i]))
			p->cases[n++] = &t->cases[i];
	qsort(p->cases, n, sizeof *p->cases, case_order);
	for (size_t i = 0; i < n; i++) {
		struct bond *b = bond_of(p, p->cases[i]);

		if (!b->ncases++)
			b->cases = p->cases + i;
	}
	return AUD_OK;
}

static enum aud_code
gather_media(const struct docket *d, struct ipsec *p, struct aud_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < p->nbonds; i++)
		n += p->bonds[i].ncases;
	if (!(p->media = calloc(n + 1, sizeof *p->media)))
		return aud_nomem(err);
	n = 0;
	for (size_t i = 0; i < p->nbonds; i++) {
		struct bond *b = &p->bonds[i];
		const struct aud_case **media = p->media + n;

		for (size_t k = 0; k < b->ncases; k++) {
			if (!case_clear_media(d, b->cases[k]))
				continue;
			media[b->nmedia++] = b->cases[k];
			b->media_end = later(b->media_end, b->cases[k]->conv->last_ns);
		}
		if (b->nmedia)
			qsort(media, b->nmedia, sizeof *media, media_order);
		b->media = media;
		n += b->nmedia;
		b->paced = paced(b);
		b->upgrade = upgrade(p, b);
	}
	return AUD_OK;
}

static enum aud_code
gather_clear(struct docket *d, struct ipsec *p, struct aud_err *err)
{
	const struct aud_trial *t = d->trial;
	size_t n = 0;

	for (size_t i = 0; i < t->ncases; i++)
		n += t->cases[i].conv->answered && case_clear_media(d, &t->cases[i]);
	if (!(p->clear = calloc(n + 1, sizeof *p->clear)))
		return aud_nomem(err);
	for (size_t i = 0; i < t->ncases && p->nclear < n; i++)
		if (t->cases[i].conv->answered && case_clear_media(d, &t->cases[i]))
			p->clear[p->nclear++] = &t->cases[i];
	return AUD_OK;
}

enum aud_code
ipsec_new(struct docket *d, struct aud_err *err)
{
	const struct aud_trial *t = d->trial;
	struct ipsec *p = d->ipsec = calloc(1, sizeof *p);
	enum aud_code rc;

	if (!p)
		return aud_nomem(err);
	if (!t->site || !t->matrix)
		return AUD_OK;
	if (!(p->rules = calloc(t->matrix->nrules + 1, sizeof *p->rules)))
		return aud_nomem(err);
	for (unsigned i = 0; i < t->matrix->nrules; i++)
		if (ipsec_rule_counts(d, &t->matrix->rules[i]))
			p->rules[p->nrules++] = i;
	if (p->nrules && (rc = gather_clear(d, p, err)) != AUD_OK)
		return rc;
	if (!t->ipsec || !(t->ipsec->nsas + t->ipsec->nikes))
		return AUD_OK;
	if ((rc = sort_records(p, t->ipsec, err)) != AUD_OK)
		return rc;
	join(d, p);
	if ((rc = gather_cases(p, t, err)) != AUD_OK)
		return rc;
	return gather_media(d, p, err);
}

void
ipsec_free(struct ipsec *p)
{
	if (!p)
		return;
	free(p->bonds);
	free(p->rules);
	free(p->sas);
	free(p->begun);
	free(p->opaque_until);
	free(p->opaque_reach);
	free(p->ikes);
	free(p->answered_until);
	free(p->cases);
	free(p->media);
	free(p->clear);
	free(p);
}
