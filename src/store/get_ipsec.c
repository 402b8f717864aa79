/* What a stored audit found of IPsec, as far as reports tell it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aud/ipsec.h>

#include "read.h"

struct size {
	size_t sas, ikes, roles;
	int64_t *sa, *ike;	/* their numbers, in order: those of a running audit have gaps */
};

static uint64_t
number(struct reader *r)
{
	return (uint64_t)db_get_int(r->db);
}

static bool
get_size(struct reader *r, const struct aud_stored *s, struct size *z)
{
	read_begin_of(r, STMT_IPSEC_SIZE, s->audit);
	if (!read_next(r))
		return false;
	z->sas = (size_t)number(r);
	z->ikes = (size_t)number(r);
	z->roles = (size_t)number(r);
	db_done(r->db);
	z->sa = read_alloc(r, z->sas + 1, sizeof *z->sa);
	z->ike = read_alloc(r, z->ikes + 1, sizeof *z->ike);
	return z->sa && z->ike;
}

static bool
get_packets(struct reader *r, const struct aud_stored *s, struct aud_ipsec_stats *p)
{
	uint64_t *const to[] = {&p->esp, &p->ah, &p->wesp, &p->esp_udp, &p->esp_tcp, &p->ike, &p->keepalives, &p->malformed, &p->not_esp,
	    &p->evicted_sas, &p->evicted_ikes};

	read_begin_of(r, STMT_GET_IPSEC_PACKETS, s->audit);
	if (!read_next(r))
		return false;
	for (size_t i = 0; i < sizeof to / sizeof *to; i++)
		*to[i] = number(r);
	db_done(r->db);
	return true;
}

static void
get_sa(struct reader *r, struct aud_sa *s)
{
	uint64_t *const to[] = {&s->packets, &s->bytes, &s->first_ns, &s->last_ns, &s->lost, &s->gaps, &s->late, &s->duplicates, &s->restarts, &s->tested,
	    &s->opaque, &s->read};
	uint64_t pace;

	s->src = read_addr(r);
	s->dst = read_addr(r);
	s->spi = (uint32_t)number(r);
	s->encap = (enum aud_ipsec_encap)read_word(r, &names_encap);
	s->payload = (enum aud_ipsec_payload)read_word(r, &names_payload);
	s->mode = (enum aud_ipsec_mode)read_word(r, &names_mode);
	s->sure = number(r);
	s->sport = (uint16_t)number(r);
	s->dport = (uint16_t)number(r);
	for (size_t i = 0; i < sizeof to / sizeof *to; i++)
		*to[i] = number(r);
	if ((pace = number(r)) >= AUD_SA_CADENCES) {
		read_damaged(r, "damaged: a pace that there is not");
		return;
	}
	s->cadence[pace].run = (uint32_t)number(r);
	s->inner_more = number(r);
}

static void
get_sas(struct reader *r, const struct aud_stored *s, const struct size *z, struct aud_sa *sas)
{
	size_t n = 0;

	read_begin_of(r, STMT_GET_SAS, s->audit);
	while (read_next(r) && n < z->sas) {
		z->sa[n] = db_get_int(r->db);
		get_sa(r, &sas[n++]);
	}
	read_begin_of(r, STMT_GET_SA_TALKS, s->audit);
	while (read_next(r)) {
		struct aud_sa *sa = &sas[read_among(r, z->sa, z->sas)];
		struct aud_sa_inner in = {.src = read_addr(r), .proto = 0};
		int proto;

		in.dst = read_addr(r);
		proto = read_proto(r);
		in.proto = (uint8_t)(proto < 0 ? 0 : proto);
		in.sport = (uint16_t)number(r);
		in.dport = (uint16_t)number(r);
		in.packets = number(r);
		if (sa->ninner == AUD_SA_INNER)
			read_damaged(r, "damaged: an association with too many talks");
		else
			sa->inner[sa->ninner++] = in;
	}
}

static void
get_frame(struct reader *r, const struct aud_stored *s, uint64_t frames[AUD_SA_FRAMES])
{
	uint64_t at = number(r), input = read_ref(r, s->size.input, s->size.inputs);

	if (at < AUD_SA_FRAMES)
		frames[at] = input << 48 | number(r);
	else
		read_damaged(r, "damaged: an association with too many frames");
}

static void
get_spi(struct reader *r, uint8_t out[8])
{
	const char *s = db_get_text(r->db);
	unsigned byte;

	if (!s || strlen(s) != 16 || strspn(s, "0123456789abcdef") != 16) {
		read_damaged(r, "damaged: an SPI that is none");
		return;
	}
	for (size_t i = 0; i < 8 && sscanf(s + 2 * i, "%2x", &byte) == 1; i++)
		out[i] = (uint8_t)byte;
}

static void
get_ike(struct reader *r, struct aud_ike *k)
{
	uint64_t *const to[] = {&k->messages[0], &k->messages[1], &k->retransmissions[0], &k->retransmissions[1], &k->first_ns, &k->last_ns, &k->answer_ns};

	k->initiator = read_addr(r);
	k->responder = read_addr(r);
	get_spi(r, k->initiator_spi);
	get_spi(r, k->responder_spi);
	k->sides_known = number(r);
	k->nat_t = number(r);
	k->vendors = (uint32_t)number(r);
	for (size_t i = 0; i < sizeof to / sizeof *to; i++)
		*to[i] = number(r);
}

static void
get_ikes(struct reader *r, const struct aud_stored *s, const struct size *z, struct aud_ike *ikes)
{
	size_t n = 0;

	read_begin_of(r, STMT_GET_IKES, s->audit);
	while (read_next(r) && n < z->ikes) {
		z->ike[n] = db_get_int(r->db);
		get_ike(r, &ikes[n++]);
	}
	read_begin_of(r, STMT_GET_IKE_EXCHANGES, s->audit);
	while (read_next(r)) {
		struct aud_ike *k = &ikes[read_among(r, z->ike, z->ikes)];
		struct aud_ike_exchange x = {.version = (uint8_t)number(r)};

		x.type = (uint8_t)number(r);
		x.messages[0] = number(r);
		x.messages[1] = number(r);
		x.first_ns = number(r);
		if (k->nexchanges == AUD_IKE_EXCHANGES)
			read_damaged(r, "damaged: a negotiation with too many exchanges");
		else
			k->exchanges[k->nexchanges++] = x;
	}
}

static void
get_roles(struct reader *r, struct aud_stored *s, size_t n)
{
	struct aud_trial *t = &s->trial;

	t->ipsec_roles = read_alloc(r, n + 1, sizeof *t->ipsec_roles);
	read_begin_of(r, STMT_GET_IPSEC_ROLES, s->audit);
	while (read_next(r) && t->nipsec_roles < n) {
		struct aud_ipsec_role *role = &t->ipsec_roles[t->nipsec_roles++];

		role->role = (unsigned)number(r);
		if (role->role >= AUD_ROLE_MAX)
			read_damaged(r, "damaged: a role that there is not");
		role->saying = (enum aud_ipsec_saying)read_word(r, &names_saying);
		role->reason = (char *)(uintptr_t)read_text(r);	/* the arena's; the field is the judges' */
		role->clear_flows = number(r);
		role->associations = number(r);
		role->negotiations = number(r);
		role->said = (char *)(uintptr_t)read_text(r);
	}
}

void
read_ipsec(struct reader *r, struct aud_stored *s)
{
	struct aud_ipsec_result *out = read_alloc(r, 1, sizeof *out);
	struct size z = {0};
	struct aud_sa *sas;
	struct aud_ike *ikes;

	/* No line: not assessed, as in version 1. */
	if (!out || !get_packets(r, s, &out->stats) || !get_size(r, s, &z))
		return;
	sas = read_alloc(r, z.sas + 1, sizeof *sas);
	ikes = read_alloc(r, z.ikes + 1, sizeof *ikes);
	if (!sas || !ikes)
		return;
	get_sas(r, s, &z, sas);
	get_ikes(r, s, &z, ikes);
	read_begin_of(r, STMT_GET_SA_FRAMES, s->audit);
	while (read_next(r))
		get_frame(r, s, sas[read_among(r, z.sa, z.sas)].frames);
	read_begin_of(r, STMT_GET_IKE_FRAMES, s->audit);
	while (read_next(r))
		get_frame(r, s, ikes[read_among(r, z.ike, z.ikes)].frames);
	if (s->running) {
		qsort(sas, z.sas, sizeof *sas, aud_sa_cmp);
		qsort(ikes, z.ikes, sizeof *ikes, aud_ike_cmp);
	}
	get_roles(r, s, z.roles);
	*out = (struct aud_ipsec_result){.sas = sas, .nsas = z.sas, .ikes = ikes, .nikes = z.ikes, .stats = out->stats};
	s->trial.ipsec = out;
}
