/* Writing of IPsec in a running audit: records that changed, and the working state of which the next start goes on. */
#include <string.h>

#include <aud/ipsec.h>

#include "running.h"

/* A kind of record. Bytes of padding are none of it: that they differ costs a row that is written for nothing. */
struct kind {
	struct seen *seen;
	size_t size;
	enum stmt drop[3];	/* children first */
	enum aud_code (*put)(struct db *, const struct ipsec_ids *, const void *, struct aud_err *);
	void (*key)(const void *, uint64_t out[6]);
};

static void
key_of(const struct aud_addr *a, const struct aud_addr *b, uint64_t rest, uint64_t out[6])
{
	memcpy(out, a->b, sizeof a->b);
	memcpy(out + 2, b->b, sizeof b->b);
	out[4] = rest;
	out[5] = (uint64_t)a->family << 8 | b->family;
}

static void
sa_key(const void *record, uint64_t out[6])
{
	const struct aud_sa *s = record;

	key_of(&s->src, &s->dst, (uint64_t)s->spi << 8 | s->encap, out);
}

static void
ike_key(const void *record, uint64_t out[6])
{
	const struct aud_ike *k = record;
	uint64_t spi;

	memcpy(&spi, k->initiator_spi, sizeof spi);
	key_of(&k->initiator, &k->responder, spi, out);
}

static enum aud_code
put_one_sa(struct db *db, const struct ipsec_ids *ids, const void *record, struct aud_err *err)
{
	return put_sa(db, ids, record, 0, err);
}

static enum aud_code
put_one_ike(struct db *db, const struct ipsec_ids *ids, const void *record, struct aud_err *err)
{
	return put_ike(db, ids, record, 0, err);
}

static enum aud_code
drop(struct db *db, const struct kind *k, int64_t row, struct aud_err *err)
{
	return running_clear(db, k->drop, sizeof k->drop / sizeof *k->drop, row, err);
}

/* next: the number of a record that is new. */
static enum aud_code
put_changed(struct db *db, const struct kind *k, const struct audit_ids *of, const void *records, size_t n, int64_t next, struct aud_err *err)
{
	enum aud_code code = AUD_OK;
	struct seen *s = k->seen;

	s->round++;
	for (size_t i = 0; i < n && !code; i++) {
		const void *record = (const char *)records + i * k->size;
		uint64_t bytes[6], key[2], content[2];
		struct seen_entry *e;
		bool had;

		k->key(record, bytes);
		seen_hash(s, bytes, sizeof bytes, key);
		seen_hash(s, record, k->size, content);
		if (!(e = seen_get(s, key)))
			return aud_nomem(err);
		e->round = s->round;
		if (e->content == (content[0] | 1))
			continue;
		had = e->row != 0;
		if (!had) {
			e->row = next++;
			e->fresh = true;
		}
		e->content = content[0] | 1;
		e->written = true;
		if (had)
			code = drop(db, k, e->row, err);
		if (!code)
			code = k->put(db, &(struct ipsec_ids){.of = of, .sa = e->row, .ike = e->row}, record, err);
	}
	for (size_t i = 0; s->slots && i <= s->mask && !code; i++)
		if (s->slots[i].row && s->slots[i].round != s->round)
			code = drop(db, k, s->slots[i].row, err);
	return code;
}

static enum aud_code
put_sum_if(struct db *db, struct running *r, const struct aud_trial *t, struct aud_err *err)
{
	uint64_t a[2], sum;
	enum aud_code code;

	seen_hash(&r->sas, &t->ipsec->stats, sizeof t->ipsec->stats, a);
	sum = a[0];
	for (size_t i = 0; i < t->nipsec_roles; i++) {
		const struct aud_ipsec_role *x = &t->ipsec_roles[i];
		const uint64_t about[] = {sum, x->role, x->saying, x->clear_flows, x->associations, x->negotiations};
		uint64_t b[2] = {0};

		if (x->reason)
			seen_hash(&r->sas, x->reason, strlen(x->reason), b);
		seen_hash(&r->sas, about, sizeof about, a);
		sum = a[0] ^ b[1];
	}
	sum |= 1;
	if (sum == r->ipsec)
		return AUD_OK;
	code = CLEAR(db, r->ids.audit, err, STMT_CLEAR_IPSEC_ROLES, STMT_CLEAR_IPSEC_PACKETS);
	r->ipsec = sum;
	return code ? code : put_ipsec_sum(db, t, &r->ids, err);
}

static enum aud_code
put_saved(struct db *db, const struct running *r, const struct aud_ipsec_saves *saves, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	for (size_t i = 0; saves && i < saves->n && !code; i++) {
		const struct aud_ipsec_saved *s = &saves->v[i];

		db_begin(db, STMT_PUT_WATCH_IPSEC);
		db_int(db, r->ids.audit);
		db_text(db, name_of(&names_part, s->part));
		db_int(db, s->slot);
		db_count(db, s->last_ns);
		db_text(db, s->tunnel_text);
		db_blob(db, s->bytes, s->n);
		code = db_run(db, err);
	}
	return code;
}

enum aud_code
running_ipsec(struct db *db, struct running *r, const struct aud_flush *f, struct aud_err *err)
{
	const struct kind sas = {&r->sas, sizeof(struct aud_sa), {STMT_DROP_SA_TALKS, STMT_DROP_SA_FRAMES, STMT_DROP_SA}, put_one_sa, sa_key};
	const struct kind ikes = {&r->ikes, sizeof(struct aud_ike), {STMT_DROP_IKE_EXCHANGES, STMT_DROP_IKE_FRAMES, STMT_DROP_IKE}, put_one_ike,
	    ike_key};
	const struct aud_trial *t = f->report->trial;
	struct ipsec_ids next = {.of = &r->ids};
	enum aud_code code = put_saved(db, r, f->ipsec, err);

	if (code || !t->ipsec)
		return code;
	code = next_ipsec_ids(db, &next, err);
	if (!code)
		code = put_changed(db, &sas, &r->ids, t->ipsec->sas, t->ipsec->nsas, next.sa, err);
	if (!code)
		code = put_changed(db, &ikes, &r->ids, t->ipsec->ikes, t->ipsec->nikes, next.ike, err);
	return code ? code : put_sum_if(db, r, t, err);
}
