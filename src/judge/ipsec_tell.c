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

/* The ports of what is inside stand in the order of its packets, which need not be that of the two hosts. */
static void
say_port_of(FILE *w, const struct bond *b, const struct aud_addr *a, uint16_t port)
{
	const struct aud_host *host = NULL;

	for (int i = 0; i < 2; i++)
		if (!aud_addr_cmp(&b->addr[i], a) && !b->who[i].group)
			host = b->who[i].host;
	fprintf(w, "port %u of %s", port, host && host->name ? host->name : aud_addr_str(a).s);
}

/* One sort of encapsulation in one scope. */
static enum aud_code
tell_read(struct docket *d, struct note *n, bool media, const struct aud_sa_inner *one, struct aud_err *err)
{
	bool ah = n->seed.proto == PROTO_AH;
	char key[48];
	struct say say;

	n->seed.certainty = AUD_CERTAIN;
	n->seed.severity = media ? AUD_HIGH : AUD_LOW;
	if (!note_cite(d, &n->seed, n->rules, false) || !say_open(&say))
		return aud_nomem(err);
	say_bond(say.w, d, n->bond);
	fprintf(say.w, " use %s", n->seed.app);
	say_count(say.w, n);
	fprintf(say.w, " around %s from ", aud_proto_name(one->proto).s);
	say_port_of(say.w, n->bond, &one->src, one->sport);
	fputs(" to ", say.w);
	say_port_of(say.w, n->bond, &one->dst, one->dport);
	fputs(", ", say.w);
	fputs(media ? "a range of media, on which IPsec has to be off by " : "no range of media; with this role there has to be no IPsec on any port by ",
	    say.w);
	say_cited(say.w, d, &n->seed);
	fputs(ah ? " (evidence: the authentication header hides nothing)" : n->unread ? " (evidence: the other packets parse without decryption)" : " (evidence: the packets parse without decryption)", say.w);
	say_end(say.w, d);
	snprintf(key, sizeof key, "%s.%s", n->seed.app, media ? "media" : "role");
	return note_tell(d, n, key, &say, err);
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
static const char *
how_opaque(const struct bond *b)
{
	enum { ENOUGH = 4 };
	bool tested = false;

	for (size_t i = 0; i < b->nsas; i++) {
		if (sa_opaque(b->sas[i]) && b->sas[i]->payload == AUD_PAYLOAD_ENCRYPTED)
			return " use encrypted ESP";
		tested |= sa_opaque(b->sas[i]) && b->sas[i]->tested >= ENOUGH;
	}
	return tested ? " use ESP, of which the packets do not tell whether it is encrypted" : " use ESP, of which too little was captured to tell whether it is encrypted";
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

/* Media by how it behaves: it gave way to ESP, or ESP keeps a codec's pace. */
static enum aud_code
judge_behaviour(struct docket *d, const struct bond *b, struct aud_err *err)
{
	struct media m = b->upgrade;
	bool gave_way = m.found, tcp;
	struct note n;
	struct say say;
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
	if (!note_cite(d, &n.seed, n.rules, false) || !say_open(&say)) {
		note_close(&n);
		return aud_nomem(err);
	}
	say_bond(say.w, d, b);
	if (gave_way) {
		fprintf(say.w, " %s media in the clear, %s on ", m.clear->conv->answered ? "exchanged" : "began", m.clear->ruling->app);
		say_port(say.w, m.clear->conv->port, m.clear->conv->proto);
		fputs(m.clear->conv->answered ? "" : ", to which no answer was captured", say.w);
		fputs(", which fell silent when ESP between them began", say.w);
		say_count(say.w, &n);
		fputs(" after a negotiation: media was taken into IPsec, which has to be off there by ", say.w);
	} else {
		fputs(" use encrypted ESP", say.w);
		say_count(say.w, &n);
		fprintf(say.w, " both ways at the pace of a codec, a packet every %u ms: probably media, where IPsec has to be off by ", m.ms);
	}
	say_cited(say.w, d, &n.seed);
	fputs(!gave_way ? " (evidence: the pace alone; what is inside cannot be read)" :
		m.one_way ? " (evidence: the transition, of which one direction was captured; what is inside cannot be read)" :
			    " (evidence: the transition; what is inside cannot be read)",
	    say.w);
	say_end(say.w, d);
	rc = note_tell(d, &n, gave_way ? "esp.upgrade" : "esp.rtp-like", &say, err);
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
	struct say say;
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
	if (!note_cite(d, &n.seed, n.rules, false) || !say_open(&say)) {
		rc = aud_nomem(err);
		goto out;
	}
	say_bond(say.w, d, b);
	fputs(how_opaque(b), say.w);
	say_count(say.w, &n);
	if (clients)
		fputs("; whether it carries media, for which IPsec has to be off, cannot be told; by ", say.w);
	else
		fputs("; with this role there has to be no IPsec on any port by ", say.w);
	say_cited(say.w, d, &n.seed);
	if (!clients) {
		fputs(" (evidence: the roles of the hosts; ports are hidden, so that it is open whether media is inside", say.w);
		if (tcp)
			fputs("; the rows print TCP alone, and UDP may be inside", say.w);
		else if (!two)
			fputs("; one direction only was captured", say.w);
		fputs(")", say.w);
	}
	say_end(say.w, d);
	rc = note_tell(d, &n, clients ? "esp.clients" : "esp.role", &say, err);
out:
	note_close(&n);
	return rc;
}

/* --- negotiations --- */

static void
say_exchanges(FILE *w, const struct aud_ike *k)
{
	for (size_t i = 0; i < k->nexchanges; i++)
		fprintf(w, "%s%s", i ? ", " : ": ", aud_ike_exchange_name(k->exchanges[i].version, k->exchanges[i].type));
}

static enum aud_code
judge_negotiation(struct docket *d, const struct bond *b, const char *app, struct aud_err *err)
{
	const struct aud_ike *first = NULL;
	size_t answered = 0;
	struct note n;
	struct say say;
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
	if (!note_cite(d, &n.seed, n.rules, false) || !say_open(&say)) {
		rc = aud_nomem(err);
		goto out;
	}
	say_bond(say.w, d, b);
	fprintf(say.w, " negotiate IPsec by %s (%" PRIu64 " negotiation%s, %zu answered", app, n.seed.flows, n.seed.flows == 1 ? "" : "s", answered);
	say_exchanges(say.w, first);
	fputs("); an exemption in force would leave TCP and UDP of this role without, by ", say.w);
	say_cited(say.w, d, &n.seed);
	say_end(say.w, d);
	rc = note_tell(d, &n, "ike.role", &say, err);
out:
	note_close(&n);
	return rc;
}

static void
say_delay(FILE *w, const struct start *s, bool heard)
{
	if (!s->answered) {
		fputs(heard ? "; nobody answered" : "; no answer was captured, nor anything else that would show one", w);
		if (s->delay_ns) {
			fputs(", and it was asked for ", w);
			say_time(w, s->delay_ns);
		}
	} else {
		fputs(s->up ? "; the first packet of an association came " : "; the first answer in the last of its exchanges that make keys came ", w);
		say_time(w, s->delay_ns);
		fputs(" after its first message", w);
	}
	if (s->ike->retransmissions[0] || s->ike->retransmissions[1])
		fprintf(w, " (%" PRIu64 " retransmissions)", s->ike->retransmissions[0] + s->ike->retransmissions[1]);
}

static enum aud_code
judge_start(struct docket *d, const struct bond *b, struct aud_err *err)
{
	size_t count;
	struct start s = media_start(d->ipsec, b, &count);
	bool heard, early;
	struct note n;
	struct say say;
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
	if (!note_cite(d, &n.seed, n.rules, true) || !say_open(&say)) {
		rc = aud_nomem(err);
		goto out;
	}
	early = s.ike->first_ns < s.media->conv->first_ns;
	say_bond(say.w, d, b);
	fprintf(say.w, " negotiate IPsec by %s ", ike_app(s.ike));
	say_time(say.w, early ? s.media->conv->first_ns - s.ike->first_ns : s.ike->first_ns - s.media->conv->first_ns);
	fprintf(say.w, " %s the first media between them, %s on ", early ? "before" : "after", s.media->ruling->app);
	say_port(say.w, s.media->conv->port, s.media->conv->proto);
	say_delay(say.w, &s, heard);
	fputs("; media is not to wait for a negotiation by ", say.w);
	say_cited(say.w, d, &n.seed);
	fputs(" (that it is for this media is circumstantial)", say.w);
	say_end(say.w, d);
	rc = note_tell(d, &n, "ike.media-start", &say, err);
out:
	note_close(&n);
	return rc;
}

/* --- tunnels of others --- */

static enum aud_code
judge_tunnel(struct docket *d, const struct bond *b, struct aud_err *err)
{
	struct note n;
	struct say say;
	enum aud_code rc = AUD_OK;

	if (listed(b) || (b->who[0].roles && b->who[1].roles))
		return AUD_OK;
	if (!note_open(&n, d, b, AUD_KIND_IPSEC_TUNNEL, PROTO_ESP, "ESP"))
		return aud_nomem(err);
	note_opaque(d, &n);
	if (n.nsas) {
		if (!say_open(&say)) {
			note_close(&n);
			return aud_nomem(err);
		}
		say_bond(say.w, d, b);
		fputs(how_opaque(b), say.w);
		say_count(say.w, &n);
		fputs(", and no row asks that these have none; media of others may be hidden in it, and is then not in this audit", say.w);
		say_end(say.w, d);
		rc = note_tell(d, &n, "tunnel", &say, err);
	}
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
