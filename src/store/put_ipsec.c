/* Writing what an audit found of IPsec. */
#include <string.h>

#include <aud/ipsec.h>

#include "hash.h"
#include "store_impl.h"

enum aud_code
next_ipsec_ids(struct db *db, struct ipsec_ids *ids, struct aud_err *err)
{
	int64_t *const out[] = {&ids->sa, &ids->ike};

	return db_numbers(db, STMT_NEXT_IPSEC_IDS, NULL, out, 2, err);
}

static enum aud_code
put_frames(struct db *db, enum stmt stmt, const struct ipsec_ids *ids, int64_t base, size_t index, const uint64_t frames[AUD_SA_FRAMES], struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	for (size_t i = 0; i < AUD_SA_FRAMES && !code; i++) {
		if (!frames[i])
			continue;
		db_begin(db, stmt);
		db_id(db, base, index);
		db_count(db, i);
		put_frame(db, ids->of, frames[i]);
		code = db_run(db, err);
	}
	return code;
}

static enum aud_code
put_talks(struct db *db, const struct ipsec_ids *ids, const struct aud_sa *s, size_t index, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	for (size_t i = 0; i < s->ninner && !code; i++) {
		const struct aud_sa_inner *in = &s->inner[i];
		struct aud_addr_text src = aud_addr_str(&in->src), dst = aud_addr_str(&in->dst);
		struct aud_proto_text proto = aud_proto_name(in->proto);

		db_begin(db, STMT_PUT_SA_TALK);
		db_id(db, ids->sa, index);
		db_count(db, i);
		db_text(db, src.s);
		db_text(db, dst.s);
		db_text(db, proto.s);
		db_int(db, in->sport);
		db_int(db, in->dport);
		db_count(db, in->packets);
		code = db_run(db, err);
	}
	return code;
}

enum aud_code
put_sa(struct db *db, const struct ipsec_ids *ids, const struct aud_sa *s, size_t index, struct aud_err *err)
{
	struct aud_addr_text src = aud_addr_str(&s->src), dst = aud_addr_str(&s->dst);
	const uint64_t counts[] = {s->packets, s->bytes, s->first_ns, s->last_ns, s->lost, s->gaps, s->late, s->duplicates, s->restarts, s->tested,
	    s->opaque, s->read};
	int pace = 0;
	enum aud_code code;

	for (int i = 1; i < AUD_SA_CADENCES; i++)
		if (s->cadence[i].run > s->cadence[pace].run)
			pace = i;
	db_begin(db, STMT_PUT_SA);
	db_id(db, ids->sa, index);
	db_int(db, ids->of->audit);
	db_text(db, src.s);
	db_text(db, dst.s);
	db_int(db, s->spi);
	db_text(db, name_of(&names_encap, s->encap));
	db_text(db, name_of(&names_payload, s->payload));
	db_text(db, name_of(&names_mode, s->mode));
	db_int(db, s->sure);
	db_int(db, s->sport);
	db_int(db, s->dport);
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		db_count(db, counts[i]);
	db_int(db, pace);
	db_int(db, s->cadence[pace].run);
	db_int(db, s->inner_more);
	if ((code = db_run(db, err)) || (code = put_talks(db, ids, s, index, err)))
		return code;
	return put_frames(db, STMT_PUT_SA_FRAME, ids, ids->sa, index, s->frames, err);
}

static const char *
hex(char out[17], const uint8_t spi[8])
{
	aud_hex(spi, 8, out);
	return out;
}

enum aud_code
put_ike(struct db *db, const struct ipsec_ids *ids, const struct aud_ike *k, size_t index, struct aud_err *err)
{
	struct aud_addr_text initiator = aud_addr_str(&k->initiator), responder = aud_addr_str(&k->responder);
	const uint64_t counts[] = {k->messages[0], k->messages[1], k->retransmissions[0], k->retransmissions[1], k->first_ns, k->last_ns, k->answer_ns};
	char spi[2][17];
	enum aud_code code;

	db_begin(db, STMT_PUT_IKE);
	db_id(db, ids->ike, index);
	db_int(db, ids->of->audit);
	db_text(db, initiator.s);
	db_text(db, responder.s);
	db_text(db, hex(spi[0], k->initiator_spi));
	db_text(db, hex(spi[1], k->responder_spi));
	db_int(db, k->sides_known);
	db_int(db, k->nat_t);
	db_int(db, k->vendors);
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		db_count(db, counts[i]);
	code = db_run(db, err);
	for (size_t i = 0; i < k->nexchanges && !code; i++) {
		const struct aud_ike_exchange *x = &k->exchanges[i];

		db_begin(db, STMT_PUT_IKE_EXCHANGE);
		db_id(db, ids->ike, index);
		db_count(db, i);
		db_int(db, x->version);
		db_int(db, x->type);
		db_count(db, x->messages[0]);
		db_count(db, x->messages[1]);
		db_count(db, x->first_ns);
		code = db_run(db, err);
	}
	return code ? code : put_frames(db, STMT_PUT_IKE_FRAME, ids, ids->ike, index, k->frames, err);
}

static enum aud_code
put_packets(struct db *db, const struct audit_ids *of, const struct aud_ipsec_stats *s, struct aud_err *err)
{
	const uint64_t counts[] = {s->esp, s->ah, s->wesp, s->esp_udp, s->esp_tcp, s->ike, s->keepalives, s->malformed, s->not_esp, s->evicted_sas,
	    s->evicted_ikes};

	db_begin(db, STMT_PUT_IPSEC_PACKETS);
	db_int(db, of->audit);
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		db_count(db, counts[i]);
	return db_run(db, err);
}

/* Packets of each sort, and what is said of roles. */
enum aud_code
put_ipsec_sum(struct db *db, const struct aud_trial *t, const struct audit_ids *of, struct aud_err *err)
{
	enum aud_code code = put_packets(db, of, &t->ipsec->stats, err);

	for (size_t i = 0; i < t->nipsec_roles && !code; i++) {
		const struct aud_ipsec_role *role = &t->ipsec_roles[i];

		db_begin(db, STMT_PUT_IPSEC_ROLE);
		db_int(db, of->audit);
		db_int(db, role->role);
		db_text(db, name_of(&names_saying, role->saying));
		db_text(db, role->reason);
		db_count(db, role->clear_flows);
		db_count(db, role->associations);
		db_count(db, role->negotiations);
		db_text(db, role->said);
		code = db_run(db, err);
	}
	return code;
}

enum aud_code
put_ipsec(struct db *db, const struct aud_trial *t, const struct audit_ids *of, struct aud_err *err)
{
	const struct aud_ipsec_result *r = t->ipsec;
	struct ipsec_ids ids = {.of = of};
	enum aud_code code;

	if (!r)
		return AUD_OK;
	code = next_ipsec_ids(db, &ids, err);
	for (size_t i = 0; i < r->nsas && !code; i++)
		code = put_sa(db, &ids, &r->sas[i], i, err);
	for (size_t i = 0; i < r->nikes && !code; i++)
		code = put_ike(db, &ids, &r->ikes[i], i, err);
	return code ? code : put_ipsec_sum(db, t, of, err);
}
