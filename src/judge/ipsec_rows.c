/*
 * The rows that ask for no IPsec, and what may be said of each role. Absence is claimed only with a positive control: media of that role
 * in the clear, in a capture that would have shown IPsec.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "ipsec.h"

enum { PROTO_ESP = 50, PROTO_AH = 51, PROTO_WESP = 141, PORT_IKE = 500, PORT_NAT_T = 4500 };

const char *
ipsec_blind(const struct docket *d)
{
	const struct aud_coverage *c = d->trial->coverage;

	if (d->trial->filter)
		return N_("a filter left packets out");
	if (c->interrupted || c->broken)
		return c->interrupted ? N_("the audit was interrupted before the end of its inputs") : N_("an input breaks off");
	if (c->evicted_flows > c->evicted_past || c->dropped_flows > c->dropped_past)
		return N_("flows were ended early or left out for want of memory");
	if (d->trial->ipsec && d->trial->ipsec->stats.evicted_sas)
		return N_("associations were left out for want of room");
	if (d->trial->ipsec && d->trial->ipsec->stats.evicted_ikes)
		return N_("negotiations were left out for want of room");
	if (coverage_loss(c) > LOSS_ABSENCE)
		return N_("the capture lost packets");
	if (c->frames && c->undecoded * 1000 / c->frames > LOSS_ABSENCE)
		return N_("frames could not be decoded");
	return docket_one_sided(d) ? N_("the mirror shows one direction") : NULL;
}

static bool
within(const struct docket *d, const struct aud_rule *r, uint16_t lo, uint16_t hi)
{
	struct aud_range ports[4];
	size_t n = aud_rule_ports(r, d->trial->site, ports);

	for (size_t i = 0; i < n; i++)
		if (lo >= ports[i].lo && hi <= ports[i].hi)
			return true;
	return false;
}

static bool
carries(const struct aud_rule *r, uint8_t proto)
{
	bool carried = !r->nprotos;

	for (size_t i = 0; i < r->nprotos; i++)
		carried |= r->protos[i] == proto;
	return carried;
}

/* This media in the clear is the row's: what the row exempts was seen exempt. */
static bool
control(const struct docket *d, const struct aud_rule *r, const struct aud_case *c)
{
	const struct aud_conv *v = c->conv;

	if (!carries(r, v->proto))
		return false;
	if (ipsec_of_roles(r))
		return ipsec_names(r, c->ruling->client.roles, c->ruling->server.roles) != 0;
	return within(d, r, v->client_port_lo, v->client_port_hi) || within(d, r, v->port, v->port);
}

static bool
shows_media(const struct docket *d, const struct bond *b)
{
	bool *marks = calloc(d->trial->matrix->nrules + 1, sizeof *marks), found = false;

	for (size_t i = 0; marks && i < b->nsas; i++)
		for (size_t k = 0; sa_read(b->sas[i]) && k < b->sas[i]->ninner; k++)
			found = found || (inner_of_bond(b->sas[i], &b->sas[i]->inner[k]) &&
					     inner_media(d, b, b->sas[i], &b->sas[i]->inner[k], marks));
	for (size_t i = 0; i < b->ncases; i++)	/* an association lists its first few talks only */
		found = found || (case_inside(b->cases[i]) && case_fact(b->cases[i], AUD_FACT_MEDIA));
	free(marks);
	return found || b->upgrade.found || b->paced.found;
}

/*
 * IPsec of which there is no record: fragments without their first, headers that were cut off, datagrams of its ports that do not show what
 * they are. What somebody without a role sends in vain is none.
 */
static bool
unclear(const struct docket *d, const struct aud_case *c)
{
	const struct aud_conv *v = c->conv;
	const struct bond *b;
	bool port = v->port == PORT_IKE || v->port == PORT_NAT_T || v->client_port_lo == PORT_NAT_T || v->client_port_hi == PORT_NAT_T;

	if ((!c->ruling->client.roles && !v->answered) || case_fact(c, AUD_FACT_ISAKMP))
		return false;
	if (v->proto != PROTO_ESP && v->proto != PROTO_AH && v->proto != PROTO_WESP &&
	    (!port || case_recognised(c) || (v->proto != PROTO_UDP && (v->proto != PROTO_TCP || case_attempt(c)))))
		return false;
	return !(b = ipsec_bond(d->ipsec, c)) || !b->nsas;
}

struct shown {
	size_t associations, negotiations;
	size_t other;	/* associations that can be read, and carry none of the row's transports */
	size_t hidden;	/* further associations that may hide media, and of which no finding of the row tells */
	size_t unclear;	/* conversations */
	size_t inside;	/* flows inside IPsec of other hosts */
};

/* The findings tell of the association: what it carries is hidden, or is of the row's transports. */
static bool
told(const struct aud_rule *r, const struct bond *b, const struct aud_sa *s)
{
	bool of_row = sa_opaque(s);

	for (size_t i = 0; i < s->ninner; i++)
		of_row |= inner_of_bond(s, &s->inner[i]) && carries(r, s->inner[i].proto);
	for (size_t i = 0; i < b->ncases && s->inner_more && !of_row; i++)
		of_row = case_inside(b->cases[i]) && carries(r, b->cases[i]->conv->proto);
	return of_row && sa_certain(s);
}

/* Inside IPsec that ends on other hosts: these two share none that can be read. */
static bool
inside_others(const struct docket *d, const struct aud_case *c)
{
	const struct bond *b = case_inside(c) ? ipsec_bond(d->ipsec, c) : NULL;

	return case_inside(c) && !(b && b->read);
}

static struct shown
shown(const struct docket *d, const struct aud_rule *r)
{
	const struct ipsec *p = d->ipsec;
	struct shown s = {0};

	for (size_t i = 0; i < p->nbonds; i++) {
		const struct bond *b = &p->bonds[i];
		bool media = ipsec_of_roles(r);

		if (media && !ipsec_names(r, b->who[0].roles, b->who[1].roles))
			continue;
		media = bond_unasked(b) ? false : media || shows_media(d, b);
		for (size_t k = 0; k < b->nsas; k++) {
			s.associations += media && told(r, b, b->sas[k]);
			s.other += media && sa_certain(b->sas[k]) && !told(r, b, b->sas[k]);
			s.hidden += !media && sa_opaque(b->sas[k]);
		}
		for (size_t k = 0; k < b->nikes && media; k++)
			s.negotiations += !ike_probe(b, b->ikes[k]);
	}
	return s;
}

/* What else may be IPsec with the row's roles. */
static void
count_unread(const struct docket *d, const struct aud_rule *r, struct shown *s)
{
	for (size_t i = 0; i < d->trial->ncases; i++) {
		const struct aud_case *c = &d->trial->cases[i];
		bool open = unclear(d, c), inside = inside_others(d, c);

		if (!(open || inside) || (ipsec_of_roles(r) && !ipsec_names(r, c->ruling->client.roles, c->ruling->server.roles)))
			continue;
		s->unclear += open;
		s->inside += inside ? c->conv->flows : 0;
	}
}

bool
ipsec_row_shown(const struct docket *d, const struct aud_rule *r)
{
	struct shown s = shown(d, r);

	return s.associations || s.negotiations;
}

/* Media in the clear, which is what a row that asks for no IPsec wants to see, and IPsec beside it. */
static const struct aud_said *
say_shown(struct aud_say *s, const struct aud_rule *r, const struct shown *n, uint64_t flows)
{
	bool roles = ipsec_of_roles(r);
	const struct aud_said *clear = flows ? SAY_N(s, "Media was seen in the clear in %1$s flow", "Media was seen in the clear in %1$s flows", flows,
						   aud_say_number(s, flows))
					     : SAY(s, "No media of this row was seen in the clear");
	const struct aud_said *some = SAY_N(s, "%1$s association", "%1$s associations", n->associations ? n->associations : n->other,
	    aud_say_number(s, n->associations ? n->associations : n->other));

	if (n->associations && roles)
		return flows ? SAY(s, "%1$s, and IPsec with this role in %2$s, of which the findings tell", clear, some)
			     : SAY(s, "%1$s, but IPsec with this role in %2$s, of which the findings tell", clear, some);
	if (n->associations)
		return flows ? SAY(s, "%1$s, and IPsec between hosts with media in it in %2$s, of which the findings tell", clear, some)
			     : SAY(s, "%1$s, but IPsec between hosts with media in it in %2$s, of which the findings tell", clear, some);
	if (n->negotiations && roles)
		return flows ? SAY(s, "%1$s, and IPsec with this role was negotiated, of which the findings tell", clear)
			     : SAY(s, "%1$s, but IPsec with this role was negotiated, of which the findings tell", clear);
	if (n->negotiations)
		return flows ? SAY(s, "%1$s, and IPsec on media was negotiated, of which the findings tell", clear)
			     : SAY(s, "%1$s, but IPsec on media was negotiated, of which the findings tell", clear);
	if (n->other && roles)
		return flows ? SAY(s, "%1$s, and IPsec with this role in %2$s, around none of the transports of this row", clear, some)
			     : SAY(s, "%1$s, but IPsec with this role in %2$s, around none of the transports of this row", clear, some);
	if (n->other)
		return flows ? SAY(s, "%1$s, and IPsec on media in %2$s, around none of the transports of this row", clear, some)
			     : SAY(s, "%1$s, but IPsec on media in %2$s, around none of the transports of this row", clear, some);
	if (roles)
		return flows ? SAY(s, "%1$s, and no IPsec with this role", clear)
			     : SAY(s, "%1$s, and no IPsec with this role, so that nothing shows whether it is off", clear);
	return flows ? SAY(s, "%1$s, and no IPsec on media", clear) : SAY(s, "%1$s, and no IPsec on media, so that nothing shows whether it is off", clear);
}

const struct aud_said *
ipsec_row(const struct docket *d, const struct aud_rule *r, enum aud_state *state, uint64_t *flows, uint64_t *first_ns, uint64_t *last_ns,
    struct aud_say *say)
{
	struct shown s = shown(d, r);
	const char *blind = ipsec_blind(d);
	const struct aud_said *said;

	for (size_t i = 0; i < d->ipsec->nclear; i++) {
		const struct aud_conv *v = d->ipsec->clear[i]->conv;

		if (!control(d, r, d->ipsec->clear[i]))
			continue;
		*flows += v->flows;
		if (!*first_ns || v->first_ns < *first_ns)
			*first_ns = v->first_ns;
		if (v->last_ns > *last_ns)
			*last_ns = v->last_ns;
	}
	said = say_shown(say, r, &s, *flows);
	if (!s.associations)
		count_unread(d, r, &s);
	if (s.hidden)
		said = SAY_N(say, "%1$s; %2$s encrypted association may hide some", "%1$s; %2$s encrypted associations may hide some", s.hidden, said,
		    aud_say_number(say, s.hidden));
	if (s.inside)
		said = SAY_N(say, "%1$s; %2$s flow passed inside IPsec of other hosts", "%1$s; %2$s flows passed inside IPsec of other hosts", s.inside,
		    said, aud_say_number(say, s.inside));
	if (s.unclear)
		said = SAY_N(say, "%1$s; %2$s conversation may be IPsec, of which too little can be read to tell",
		    "%1$s; %2$s conversations may be IPsec, of which too little can be read to tell", s.unclear, said, aud_say_number(say, s.unclear));
	if (blind && !s.associations)
		said = SAY(say, "%1$s; IPsec may have passed unseen, since %2$s", said, aud_say_message(say, blind));
	*state = *flows ? AUD_STATE_OBSERVED : AUD_STATE_INCONCLUSIVE;
	return SAY(say, "%1$s.", said);
}

/* --- roles --- */

static aud_roles
declared(const struct aud_site *site)
{
	aud_roles all = 0;

	for (size_t i = 0; i < site->nhosts; i++)
		all |= site->hosts[i].roles;
	return all;
}

/* Those that the rows name; the row of clients has any host and the ports of clients. */
static aud_roles
spoken_of(const struct docket *d)
{
	const struct ipsec *p = d->ipsec;
	aud_roles all = 0;

	for (size_t i = 0; i < p->nrules; i++) {
		const struct aud_rule *r = &d->trial->matrix->rules[p->rules[i]];

		if (r->clients != AUD_ROLES_ANY)
			all |= r->clients;
		if (r->servers != AUD_ROLES_ANY)
			all |= r->servers;
		if (!ipsec_of_roles(r))
			all |= AUD_ROLE_BIT(AUD_ROLE_CLIENT) | AUD_ROLE_BIT(AUD_ROLE_CLIENT_EXTERNAL) | AUD_ROLE_BIT(AUD_ROLE_CLIENT_LEGACY);
	}
	return all & declared(d->trial->site);
}

static void
count_role(const struct docket *d, struct aud_ipsec_role *out)
{
	const struct aud_trial *t = d->trial;
	const struct ipsec *p = d->ipsec;
	aud_roles bit = AUD_ROLE_BIT(out->role);

	for (size_t i = 0; i < p->nclear; i++)
		if ((p->clear[i]->ruling->client.roles | p->clear[i]->ruling->server.roles) & bit)
			out->clear_flows += p->clear[i]->conv->flows;
	for (size_t i = 0; i < p->nbonds; i++) {
		const struct bond *b = &p->bonds[i];

		if (!((b->who[0].roles | b->who[1].roles) & bit))
			continue;
		for (size_t k = 0; k < b->nsas; k++)
			out->associations += sa_certain(b->sas[k]);
		for (size_t k = 0; k < b->nikes; k++)
			out->negotiations += !ike_probe(b, b->ikes[k]);
	}
	for (size_t i = 0; i < t->nfindings; i++) {
		const struct aud_finding *f = &t->findings[i];

		if (f->kind == AUD_KIND_IPSEC_MEDIA && (f->client_roles | f->server_roles) & bit)
			out->saying = AUD_IPSEC_OBSERVED;
	}
}

/* What may be IPsec with the role, though no record says so. */
struct doubt {
	size_t unclear, inside, opaque;
};

static struct doubt
doubts(const struct docket *d, unsigned role)
{
	const struct ipsec *p = d->ipsec;
	aud_roles bit = AUD_ROLE_BIT(role);
	struct doubt s = {0};

	for (size_t i = 0; i < d->trial->ncases; i++) {
		const struct aud_case *c = &d->trial->cases[i];
		bool of_role = (c->ruling->client.roles | c->ruling->server.roles) & bit;

		s.unclear += of_role && unclear(d, c);
		s.inside += of_role && inside_others(d, c) ? c->conv->flows : 0;
	}
	for (size_t i = 0; i < p->nbonds; i++)
		for (size_t k = 0; (p->bonds[i].who[0].roles | p->bonds[i].who[1].roles) & bit && k < p->bonds[i].nsas; k++)
			s.opaque += sa_opaque(p->bonds[i].sas[k]) || (sa_certain(p->bonds[i].sas[k]) && p->bonds[i].sas[k]->unread);
	return s;
}

/* Media in the clear, and none in IPsec that was seen: what that is worth. */
static const struct aud_said *
say_control(struct aud_say *s, struct aud_ipsec_role *out, const struct doubt *n, const char *blind)
{
	const struct aud_said *clear = aud_say_number(s, out->clear_flows);

	if (blind)
		return SAY_N(s, "Media in the clear was seen in %1$s flow, and no IPsec, but %2$s.",
		    "Media in the clear was seen in %1$s flows, and no IPsec, but %2$s.", out->clear_flows, clear, aud_say_message(s, blind));
	if (n->inside)
		return SAY_N(s, "Media in the clear was seen in %1$s flow, and IPsec with no host of this role, but %2$s of its flows passed inside IPsec "
				"of other hosts.",
		    "Media in the clear was seen in %1$s flows, and IPsec with no host of this role, but %2$s of its flows passed inside IPsec of other "
		    "hosts.", out->clear_flows, clear, aud_say_number(s, n->inside));
	if (n->unclear)
		return SAY_N(s, "%1$s, but %2$s conversation may be IPsec, of which too little can be read to tell.",
		    "%1$s, but %2$s conversations may be IPsec, of which too little can be read to tell.", n->unclear,
		    SAY_N(s, "Media in the clear was seen in %1$s flow", "Media in the clear was seen in %1$s flows", out->clear_flows, clear),
		    aud_say_number(s, n->unclear));
	out->saying = AUD_IPSEC_NONE_OBSERVED;
	return SAY_N(s, "No IPsec on media observed: media was seen in the clear in %1$s flow, and no IPsec with this role.",
	    "No IPsec on media observed: media was seen in the clear in %1$s flows, and no IPsec with this role.", out->clear_flows, clear);
}

static const struct aud_said *
say_role(struct aud_say *s, const struct docket *d, struct aud_ipsec_role *out)
{
	struct doubt n = doubts(d, out->role);

	if (out->saying == AUD_IPSEC_OBSERVED)
		return SAY(s, "IPsec on media was observed; the findings tell how certain that is.");
	if (out->associations && n.opaque)
		return SAY_N(s, "%1$s association of IPsec with this role was seen, of which no media is known, and which may hide some.",
		    "%1$s associations of IPsec with this role were seen, of which no media is known, and which may hide some.", out->associations,
		    aud_say_number(s, out->associations));
	if (out->associations)
		return SAY_N(s, "%1$s association of IPsec with this role was seen, and in what could be read of it, which is not encrypted, no media is "
				"known.",
		    "%1$s associations of IPsec with this role were seen, and in what could be read of it, which is not encrypted, no media is known.",
		    out->associations, aud_say_number(s, out->associations));
	if (out->negotiations)
		return SAY_N(s, "IPsec was negotiated (%1$s time), and no association seen.", "IPsec was negotiated (%1$s times), and no association seen.",
		    out->negotiations, aud_say_number(s, out->negotiations));
	if (!out->clear_flows)
		return SAY(s, "No media of this role was seen in the clear, so that nothing follows from seeing no IPsec.");
	return say_control(s, out, &n, ipsec_blind(d));
}

enum aud_code
ipsec_roles(struct docket *d, struct aud_err *err)
{
	struct aud_trial *t = d->trial;
	aud_roles all = spoken_of(d);

	if (!all)
		return AUD_OK;
	if (!(t->ipsec_roles = calloc(AUD_ROLE_MAX, sizeof *t->ipsec_roles)))
		return aud_nomem(err);
	for (unsigned i = 0; i < AUD_ROLE_MAX; i++) {
		struct aud_ipsec_role *r = &t->ipsec_roles[t->nipsec_roles];
		struct aud_say say = {0};
		enum aud_code rc;

		if (!(all & AUD_ROLE_BIT(i)))
			continue;
		*r = (struct aud_ipsec_role){.role = i};
		count_role(d, r);
		if ((rc = aud_say_end(&say, say_role(&say, d, r), &r->reason, &r->said, err)) != AUD_OK)
			return rc;
		t->nipsec_roles++;
	}
	return AUD_OK;
}
