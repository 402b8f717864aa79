/*
 * ipsec-media, ipsec-role, ipsec-negotiation, ipsec-tunnel: one finding a pair of hosts and sort of evidence, never one an association.
 *
 * Two scopes that are not mixed: rows that name a role ask for no IPsec with it on any port (ipsec-role); the text, and the row of
 * clients, on the ranges of media (ipsec-media), and there is the harm.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ipsec_note.h"

enum { PROTO_ESP = 50, PROTO_AH = 51 };

/* --- what can be read --- */

/* As an application's name, which is ours here and holds words. */
static const struct aud_said *
say_encapsulation(struct aud_say *s, const char *app)
{
	return strcmp(app, "WESP without encryption") ? aud_say_word(s, app) : SAY(s, "WESP without encryption");
}

/* The ports of what is inside stand in the order of its packets, which need not be that of the two hosts. */
static const struct aud_said *
say_port_of(struct aud_say *s, const struct bond *b, const struct aud_addr *a, uint16_t port)
{
	const struct aud_host *host = NULL;

	for (int i = 0; i < 2; i++)
		if (!aud_addr_cmp(&b->addr[i], a) && !b->who[i].group)
			host = b->who[i].host;
	return SAY(s, "port %1$s of %2$s", aud_say_wordf(s, "%u", port), aud_say_word(s, host && host->name ? host->name : aud_addr_str(a).s));
}

/* One sort of encapsulation in one scope. */
static enum aud_code
tell_read(struct docket *d, struct note *n, bool media, const struct aud_sa_inner *one, struct aud_err *err)
{
	struct aud_say s = {0};
	const struct aud_said *said;
	char key[48];

	n->seed.certainty = AUD_CERTAIN;
	n->seed.severity = media ? AUD_HIGH : AUD_LOW;
	if (!note_cite(d, &n->seed, n->rules, false))
		return aud_nomem(err);
	said = SAY(&s, "%1$s use %2$s (%3$s) around %4$s from %5$s to %6$s", say_bond(&s, d, n->bond), say_encapsulation(&s, n->seed.app),
	    say_count(&s, n), aud_say_word(&s, aud_proto_name(one->proto).s), say_port_of(&s, n->bond, &one->src, one->sport),
	    say_port_of(&s, n->bond, &one->dst, one->dport));
	said = media ? SAY(&s, "%1$s, a range of media, on which IPsec has to be off by %2$s", said, say_cited(&s, d, &n->seed))
		     : SAY(&s, "%1$s, no range of media; with this role there has to be no IPsec on any port by %2$s", said,
			   say_cited(&s, d, &n->seed));
	if (n->seed.proto == PROTO_AH)
		said = SAY(&s, "%1$s (evidence: the authentication header hides nothing)", said);
	else
		said = n->unread ? SAY(&s, "%1$s (evidence: the other packets parse without decryption)", said)
				 : SAY(&s, "%1$s (evidence: the packets parse without decryption)", said);
	snprintf(key, sizeof key, "%s.%s", n->seed.app, media ? "media" : "role");
	return note_tell(d, n, key, &s, said, err);
}

/* The first inner talk of a scope; media: its ranges' rules are marked. NULL: there is none. */
static const struct aud_sa_inner *
inner_of(const struct docket *d, struct note *n, const struct aud_sa *s, bool media)
{
	const struct aud_sa_inner *first = NULL;
	bool tcp;

	for (size_t i = 0; i < s->ninner; i++) {
		const struct aud_sa_inner *in = &s->inner[i];
		bool *marks = calloc(d->trial->matrix->nrules + 1, sizeof *marks);
		bool fits = marks && inner_of_bond(s, in) && inner_media(d, n->bond, s, in, marks) == media;

		if (fits && media)
			for (size_t r = 0; r < d->trial->matrix->nrules; r++)
				n->rules[r] |= marks[r];
		free(marks);
		if (!fits)
			continue;
		/* Media between two that no row of roles names is the row's of clients. */
		if (!note_roles(d, n, in->proto, &tcp) && !media)
			continue;
		first = first ? first : in;
	}
	return first;
}

/*
 * An association lists its first few talks, and in tunnel mode only that there are IP packets: what else two hosts say inside is known as
 * conversations.
 */
static bool
talk_of_cases(const struct docket *d, const struct bond *b, const char *app, bool media, struct note *n, struct aud_sa_inner *out)
{
	const struct aud_matrix *m = d->trial->matrix;

	for (size_t i = 0; i < b->ncases; i++) {
		const struct aud_case *c = b->cases[i];
		const struct aud_verdict *verdict = &c->ruling->verdict;
		const struct aud_conv *v = c->conv;
		bool range = false, tcp;

		if (!case_inside(c) || !v->ah != !!strcmp(app, "AH") || (v->proto != PROTO_TCP && v->proto != PROTO_UDP))
			continue;
		for (size_t k = 0; k < verdict->nrules; k++)
			range |= verdict->answer == AUD_DOCUMENTED && m->rules[verdict->rules[k]].media;
		if ((range && case_fact(c, AUD_FACT_MEDIA)) != media || (!media && range))
			continue;
		for (size_t k = 0; media && k < verdict->nrules; k++)
			n->rules[verdict->rules[k]] |= m->rules[verdict->rules[k]].media;
		if (!note_roles(d, n, v->proto, &tcp) && !media)
			continue;
		*out = (struct aud_sa_inner){v->client, v->server, v->client_port_lo, v->port, v->proto, v->packets[0], v->first_ns,
		    v->last_ns, v->frames[0]};
		return true;
	}
	return false;
}

static enum aud_code
judge_read(struct docket *d, const struct bond *b, const char *app, bool media, struct aud_err *err)
{
	struct note n;
	struct aud_sa_inner other;
	const struct aud_sa_inner *one = NULL;
	enum aud_code rc = AUD_OK;
	bool more_read = false;

	if (!note_open(&n, d, b, media ? AUD_KIND_IPSEC_MEDIA : AUD_KIND_IPSEC_ROLE, !strcmp(app, "AH") ? PROTO_AH : PROTO_ESP, app))
		return aud_nomem(err);
	for (size_t i = 0; i < b->nsas; i++) {
		const struct aud_sa *s = b->sas[i];
		const struct aud_sa_inner *in;

		if (!sa_read(s) || strcmp(sa_app(s), app) || !(in = inner_of(d, &n, s, media)))
			continue;
		note_sa(d, &n, s);
		one = one ? one : in;
	}
	for (size_t i = 0; !one && i < b->nsas; i++) {
		const struct aud_sa *s = b->sas[i];
		bool more = s->inner_more || s->mode == AUD_IPSEC_TUNNEL || s->mode == AUD_IPSEC_BOTH;

		more_read |= more && sa_read(s) && !strcmp(sa_app(s), app);
	}
	if (more_read && talk_of_cases(d, b, app, media, &n, &other)) {
		for (size_t i = 0; i < b->nsas; i++)
			if (sa_read(b->sas[i]) && !strcmp(sa_app(b->sas[i]), app))
				note_sa(d, &n, b->sas[i]);
		one = &other;
	}
	if (one && media && !note_media(d, &n) && !b->listed[0] && !b->listed[1])
		one = NULL;
	if (one)
		rc = tell_read(d, &n, media, one, err);
	note_close(&n);
	return rc;
}

/* --- what cannot --- */

static void
note_opaque(const struct docket *d, struct note *n)
{
	for (size_t i = 0; i < n->bond->nsas; i++)
		if (sa_certain(n->bond->sas[i]) && !sa_read(n->bond->sas[i]))
			note_sa(d, n, n->bond->sas[i]);
}

/* Of too few packets, or only parts of them, it is not known whether they could be read; nor where they end like clear text that is none. */
static const struct aud_said *
say_opaque(struct aud_say *s, const struct docket *d, const struct note *n)
{
	enum { ENOUGH = 4 };
	const struct bond *b = n->bond;
	const struct aud_said *bond = say_bond(s, d, b), *count = say_count(s, n);
	bool tested = false;

	for (size_t i = 0; i < b->nsas; i++) {
		if (sa_opaque(b->sas[i]) && b->sas[i]->payload == AUD_PAYLOAD_ENCRYPTED)
			return SAY(s, "%1$s use encrypted ESP (%2$s)", bond, count);
		tested |= sa_opaque(b->sas[i]) && b->sas[i]->tested >= ENOUGH;
	}
	return tested ? SAY(s, "%1$s use ESP, of which the packets do not tell whether it is encrypted (%2$s)", bond, count)
		      : SAY(s, "%1$s use ESP, of which too little was captured to tell whether it is encrypted (%2$s)", bond, count);
}

static bool
listed(const struct bond *b)
{
	return b->listed[0] || b->listed[1];
}

static bool
both_clients(const struct bond *b)
{
	return roles_client(b->who[0].roles) && roles_client(b->who[1].roles);
}

static const struct aud_said *
say_media(struct aud_say *s, const struct aud_case *c)
{
	return SAY(s, "%1$s on %2$s", aud_say_word(s, c->ruling->app), say_port(s, c->conv->port, c->conv->proto));
}

static const struct aud_said *
say_gave_way(struct aud_say *s, const struct docket *d, const struct note *n, const struct media *m)
{
	const struct aud_case *c = m->clear;
	const struct aud_said *bond = say_bond(s, d, n->bond), *media = say_media(s, c), *count = say_count(s, n), *cited = say_cited(s, d, &n->seed);
	const struct aud_said *said;

	if (c->conv->answered)
		said = SAY(s, "%1$s exchanged media in the clear, %2$s, which fell silent when ESP between them began (%3$s) after a negotiation: media "
			      "was taken into IPsec, which has to be off there by %4$s", bond, media, count, cited);
	else
		said = SAY(s, "%1$s began media in the clear, %2$s, to which no answer was captured, which fell silent when ESP between them began (%3$s) "
			      "after a negotiation: media was taken into IPsec, which has to be off there by %4$s", bond, media, count, cited);
	return m->one_way ? SAY(s, "%1$s (evidence: the transition, of which one direction was captured; what is inside cannot be read)", said)
			  : SAY(s, "%1$s (evidence: the transition; what is inside cannot be read)", said);
}

static const struct aud_said *
say_paced(struct aud_say *s, const struct docket *d, const struct note *n, const struct media *m)
{
	return SAY(s, "%1$s use encrypted ESP (%2$s) both ways at the pace of a codec, a packet every %3$s ms: probably media, where IPsec has to be off "
		      "by %4$s (evidence: the pace alone; what is inside cannot be read)", say_bond(s, d, n->bond), say_count(s, n),
	    aud_say_number(s, m->ms), say_cited(s, d, &n->seed));
}

/* Media by how it behaves: it gave way to ESP, or ESP keeps a codec's pace. */
static enum aud_code
judge_behaviour(struct docket *d, const struct bond *b, struct aud_err *err)
{
	struct media m = b->upgrade;
	bool gave_way = m.found, tcp;
	struct note n;
	struct aud_say s = {0};
	const struct aud_said *said;
	enum aud_code rc = AUD_OK;

	if (!gave_way)
		m = b->paced;
	if (!m.found || !(listed(b) || both_clients(b)))
		return AUD_OK;
	if (!note_open(&n, d, b, AUD_KIND_IPSEC_MEDIA, PROTO_ESP, "ESP"))
		return aud_nomem(err);
	for (int side = 0; side < 2; side++)
		if (m.sa[side])
			note_sa(d, &n, m.sa[side]);
	note_roles(d, &n, 0, &tcp);
	note_media(d, &n);
	n.seed.severity = gave_way ? AUD_HIGH : AUD_MEDIUM;
	n.seed.certainty = gave_way && !m.one_way ? AUD_STRONG : AUD_PROBABLE;
	if (gave_way) {
		finding_frame(&n.seed, m.clear->conv->frames[0]);
		for (size_t i = 0; i < m.clear->ruling->verdict.nrules; i++)
			n.rules[m.clear->ruling->verdict.rules[i]] |= d->trial->matrix->rules[m.clear->ruling->verdict.rules[i]].media;
	}
	if (!note_cite(d, &n.seed, n.rules, false)) {
		note_close(&n);
		return aud_nomem(err);
	}
	said = gave_way ? say_gave_way(&s, d, &n, &m) : say_paced(&s, d, &n, &m);
	rc = note_tell(d, &n, gave_way ? "esp.upgrade" : "esp.rtp-like", &s, said, err);
	note_close(&n);
	return rc;
}

/* Hosts of which every network has some, and whose traffic with a server is none of media. */
static bool
back_office(const struct bond *b)
{
	const aud_roles roles = AUD_ROLE_BIT(AUD_ROLE_DOMAIN_CONTROLLER) | AUD_ROLE_BIT(AUD_ROLE_SQL_SERVER) | AUD_ROLE_BIT(AUD_ROLE_ADMIN);

	for (int i = 0; i < 2; i++)
		if (b->listed[!i] && !b->listed[i] && b->who[i].roles & roles && !media_capable(b->who[i].roles))
			return true;
	return false;
}

static bool
both_ways(const struct bond *b)
{
	bool from[2] = {false, false};

	for (size_t i = 0; i < b->nsas; i++)
		from[sa_from(b, b->sas[i], 0) ? 0 : 1] |= sa_certain(b->sas[i]) && !sa_read(b->sas[i]);
	return from[0] && from[1];
}

static enum aud_code
judge_role(struct docket *d, const struct bond *b, struct aud_err *err)
{
	bool tcp, clients = false, two = both_ways(b);
	struct note n;
	struct aud_say s = {0};
	const struct aud_said *said, *cited;
	enum aud_code rc = AUD_OK;

	if (!note_open(&n, d, b, AUD_KIND_IPSEC_ROLE, PROTO_ESP, "ESP"))
		return aud_nomem(err);
	note_opaque(d, &n);
	if (!n.nsas || bond_unasked(b) || (!note_roles(d, &n, 0, &tcp) && !(clients = both_clients(b) && note_media(d, &n))))
		goto out;
	/* Between clients: what behaves like media is told as such. */
	if (clients && (b->upgrade.found || b->paced.found))
		goto out;
	n.seed.severity = clients ? AUD_INFO : back_office(b) ? AUD_LOW : AUD_MEDIUM;
	n.seed.certainty = clients ? AUD_INDETERMINATE : tcp || !two ? AUD_PROBABLE : AUD_STRONG;
	if (!note_cite(d, &n.seed, n.rules, false)) {
		rc = aud_nomem(err);
		goto out;
	}
	said = say_opaque(&s, d, &n);
	cited = say_cited(&s, d, &n.seed);
	if (clients)
		said = SAY(&s, "%1$s; whether it carries media, for which IPsec has to be off, cannot be told; by %2$s", said, cited);
	else if (tcp)
		said = SAY(&s, "%1$s; with this role there has to be no IPsec on any port by %2$s (evidence: the roles of the hosts; ports are hidden, so "
			       "that it is open whether media is inside; the rows print TCP alone, and UDP may be inside)", said, cited);
	else if (!two)
		said = SAY(&s, "%1$s; with this role there has to be no IPsec on any port by %2$s (evidence: the roles of the hosts; ports are hidden, so "
			       "that it is open whether media is inside; one direction only was captured)", said, cited);
	else
		said = SAY(&s, "%1$s; with this role there has to be no IPsec on any port by %2$s (evidence: the roles of the hosts; ports are hidden, so "
			       "that it is open whether media is inside)", said, cited);
	rc = note_tell(d, &n, clients ? "esp.clients" : "esp.role", &s, said, err);
out:
	note_close(&n);
	return rc;
}

/* --- negotiations --- */

/* "Main Mode, Quick Mode": as RFCs name them. */
static const struct aud_said *
say_exchanges(struct aud_say *s, const struct aud_ike *k)
{
	struct aud_said *list = aud_say_list(s);

	for (size_t i = 0; i < k->nexchanges; i++)
		aud_say_add(s, list, aud_say_word(s, aud_ike_exchange_name(k->exchanges[i].version, k->exchanges[i].type)));
	return list;
}

static const struct aud_said *
say_negotiated(struct aud_say *s, const struct docket *d, const struct note *n, const char *app, size_t answered, const struct aud_ike *first)
{
	const struct aud_said *count = SAY_N(s, "%1$s negotiation, %2$s answered", "%1$s negotiations, %2$s answered", n->seed.flows,
	    aud_say_number(s, n->seed.flows), aud_say_number(s, answered));

	if (first->nexchanges)
		count = SAY(s, "%1$s: %2$s", count, say_exchanges(s, first));
	return SAY(s, "%1$s negotiate IPsec by %2$s (%3$s); an exemption in force would leave TCP and UDP of this role without, by %4$s",
	    say_bond(s, d, n->bond), aud_say_word(s, app), count, say_cited(s, d, &n->seed));
}

static enum aud_code
judge_negotiation(struct docket *d, const struct bond *b, const char *app, struct aud_err *err)
{
	const struct aud_ike *first = NULL;
	size_t answered = 0;
	struct note n;
	struct aud_say s = {0};
	enum aud_code rc = AUD_OK;
	bool tcp;

	if (!note_open(&n, d, b, AUD_KIND_IPSEC_NEGOTIATION, PROTO_UDP, app))
		return aud_nomem(err);
	for (size_t i = 0; i < b->nikes; i++) {
		const struct aud_ike *k = b->ikes[i];

		if (strcmp(ike_app(k), app) || ike_probe(b, k))
			continue;
		note_ike(d, &n, k);
		answered += ike_answered(k);
		first = first ? first : k;
	}
	if (!first || !note_roles(d, &n, 0, &tcp))
		goto out;
	n.seed.severity = AUD_LOW;
	if (!note_cite(d, &n.seed, n.rules, false)) {
		rc = aud_nomem(err);
		goto out;
	}
	rc = note_tell(d, &n, "ike.role", &s, say_negotiated(&s, d, &n, app, answered, first), err);
out:
	note_close(&n);
	return rc;
}

/* What became of the negotiation, behind what was said. */
static const struct aud_said *
say_delay(struct aud_say *s, const struct aud_said *said, const struct start *start, bool heard)
{
	uint64_t again = start->ike->retransmissions[0] + start->ike->retransmissions[1];
	const struct aud_said *delay = say_time(s, start->delay_ns);

	if (!start->answered && !start->delay_ns)
		said = heard ? SAY(s, "%1$s; nobody answered", said)
			     : SAY(s, "%1$s; no answer was captured, nor anything else that would show one", said);
	else if (!start->answered)
		said = heard ? SAY(s, "%1$s; nobody answered, and it was asked for %2$s", said, delay)
			     : SAY(s, "%1$s; no answer was captured, nor anything else that would show one, and it was asked for %2$s", said, delay);
	else if (start->up)
		said = SAY(s, "%1$s; the first packet of an association came %2$s after its first message", said, delay);
	else
		said = SAY(s, "%1$s; the first answer in the last of its exchanges that make keys came %2$s after its first message", said, delay);
	return again ? SAY_N(s, "%1$s (%2$s retransmissions)", "%1$s (%2$s retransmissions)", again, said, aud_say_number(s, again)) : said;
}

/* A negotiation, and the media beside whose beginning it is. */
static const struct aud_said *
say_start(struct aud_say *s, const struct docket *d, const struct note *n, const struct start *start, bool heard)
{
	bool early = start->ike->first_ns < start->media->conv->first_ns;
	const struct aud_said *bond = say_bond(s, d, n->bond), *ike = aud_say_word(s, ike_app(start->ike)), *media = say_media(s, start->media), *said;

	if (early)
		said = SAY(s, "%1$s negotiate IPsec by %2$s %3$s before the first media between them, %4$s", bond, ike,
		    say_time(s, start->media->conv->first_ns - start->ike->first_ns), media);
	else
		said = SAY(s, "%1$s negotiate IPsec by %2$s %3$s after the first media between them, %4$s", bond, ike,
		    say_time(s, start->ike->first_ns - start->media->conv->first_ns), media);
	return SAY(s, "%1$s; media is not to wait for a negotiation by %2$s (that it is for this media is circumstantial)",
	    say_delay(s, said, start, heard), say_cited(s, d, &n->seed));
}

static enum aud_code
judge_start(struct docket *d, const struct bond *b, struct aud_err *err)
{
	size_t count;
	struct start s = media_start(d->ipsec, b, &count);
	bool heard;
	struct note n;
	struct aud_say say = {0};
	enum aud_code rc = AUD_OK;

	if (!s.ike || !(listed(b) || both_clients(b)))
		return AUD_OK;
	if (!note_open(&n, d, b, AUD_KIND_IPSEC_NEGOTIATION, PROTO_UDP, ike_app(s.ike)))
		return aud_nomem(err);
	if (!note_media(d, &n))
		goto out;
	note_ike(d, &n, s.ike);
	n.seed.flows = count;
	finding_frame(&n.seed, s.media->conv->frames[0]);
	heard = docket_sent(d, &s.ike->responder) && !docket_one_sided(d) && !docket_late(d, s.ike->first_ns, s.ike->last_ns);
	n.seed.severity = (s.answered ? s.delay_ns > DELAY_NS : heard) ? AUD_MEDIUM : AUD_LOW;
	if (!note_cite(d, &n.seed, n.rules, true)) {
		rc = aud_nomem(err);
		goto out;
	}
	rc = note_tell(d, &n, "ike.media-start", &say, say_start(&say, d, &n, &s, heard), err);
out:
	note_close(&n);
	return rc;
}

/* --- tunnels of others --- */

static enum aud_code
judge_tunnel(struct docket *d, const struct bond *b, struct aud_err *err)
{
	struct note n;
	struct aud_say s = {0};
	enum aud_code rc = AUD_OK;

	if (listed(b) || (b->who[0].roles && b->who[1].roles))
		return AUD_OK;
	if (!note_open(&n, d, b, AUD_KIND_IPSEC_TUNNEL, PROTO_ESP, "ESP"))
		return aud_nomem(err);
	note_opaque(d, &n);
	if (n.nsas)
		rc = note_tell(d, &n, "tunnel", &s, SAY(&s, "%1$s, and no row asks that these have none; media of others may be hidden in it, and is then "
		    "not in this audit", say_opaque(&s, d, &n)), err);
	note_close(&n);
	return rc;
}

/* --- all --- */

/* What carries IPsec between two hosts of which a finding speaks is no undocumented flow besides. */
static void
take(struct docket *d, const struct bond *b)
{
	for (size_t i = 0; i < b->ncases; i++)
		if (case_carrier(b->cases[i]))
			d->scanned[b->cases[i] - d->trial->cases] = true;
}

static enum aud_code
judge_bond(struct docket *d, const struct bond *b, struct aud_err *err)
{
	static const char *const read[] = {"AH", "ESP-NULL", "WESP without encryption"}, *const keys[] = {"IKEv1", "IKEv2", "AuthIP"};
	enum aud_code rc = AUD_OK;

	for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
		if ((rc = judge_read(d, b, read[i], true, err)) != AUD_OK || (rc = judge_read(d, b, read[i], false, err)) != AUD_OK)
			return rc;
	}
	if ((rc = judge_behaviour(d, b, err)) != AUD_OK || (rc = judge_role(d, b, err)) != AUD_OK || (rc = judge_start(d, b, err)) != AUD_OK)
		return rc;
	for (size_t i = 0; i < sizeof keys / sizeof *keys && rc == AUD_OK; i++)
		rc = judge_negotiation(d, b, keys[i], err);
	return rc;
}

enum aud_code
judge_ipsec(struct docket *d, struct aud_err *err)
{
	const struct ipsec *p = d->ipsec;

	for (size_t i = 0; i < p->nbonds; i++) {
		size_t before = d->trial->nfindings;
		enum aud_code rc = p->nrules ? judge_bond(d, &p->bonds[i], err) : AUD_OK;

		if (rc != AUD_OK)
			return rc;
		if (d->trial->nfindings > before)
			take(d, &p->bonds[i]);
		if ((rc = judge_tunnel(d, &p->bonds[i], err)) != AUD_OK)
			return rc;
	}
	return ipsec_roles(d, err);
}
