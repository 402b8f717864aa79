/* Conversations: the one table that may be long, so that nothing is formatted twice. */
#include <string.h>

#include "store_impl.h"

static const char *
addr_text(struct put_cache *c, int side, const struct aud_addr *a)
{
	if (aud_addr_cmp(&c->addr[side], a) != 0 || !c->text[side].s[0]) {
		c->addr[side] = *a;
		c->text[side] = aud_addr_str(a);
	}
	return c->text[side].s;
}

static const char *
transport(struct put_cache *c, uint8_t proto)
{
	if (c->proto != proto || !c->transport.s[0]) {
		c->proto = proto;
		c->transport = aud_proto_name(proto);
	}
	return c->transport.s;
}

static void
put_host(struct db *db, const struct aud_trial *t, const struct audit_ids *ids, const struct aud_who *who)
{
	if (who->host && t->site)
		db_id(db, ids->host, (uint64_t)(who->host - t->site->hosts));
	else
		db_null(db);
}

static void
put_tally(struct db *db, const struct aud_conv *c)
{
	const uint64_t counts[] = {c->flows, c->packets[0], c->packets[1], c->bytes[0], c->bytes[1], c->first_ns, c->last_ns,
	    c->established, c->midstream, c->answered, c->unanswered, c->server_only, c->refused_rst, c->refused_icmp, c->filtered_icmp,
	    c->with_data[0], c->with_data[1], c->truncated, c->gaps, c->ah, c->duplicates};

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		db_count(db, counts[i]);
	db_int(db, c->facts);
	db_count(db, c->tls_min ? c->tls_min : UINT64_MAX);
	db_count(db, c->tls_max ? c->tls_max : UINT64_MAX);
	db_int(db, c->client_port_lo);
	db_int(db, c->client_port_hi);
	db_text(db, name_of(&names_direction, c->direction));
}

static void
put_verdict(struct db *db, const struct audit_ids *ids, const struct aud_verdict *v)
{
	db_text(db, name_of(&names_answer, v->answer));
	db_text(db, name_of(&names_step, v->failed));
	db_text(db, name_of(&names_certainty, v->certainty));
	if (v->nrules)
		db_id(db, ids->place.rule, v->rules[0]);
	else
		db_null(db);
	db_count(db, v->total);
	db_int(db, v->swapped);
	db_int(db, v->condition_open);
}

static void
be(uint8_t **at, unsigned v, unsigned n)
{
	while (n--)
		*(*at)++ = (uint8_t)(v >> 8 * n);
}

static void
be_addr(uint8_t **at, const struct aud_addr *a)
{
	*(*at)++ = a->family;
	memcpy(*at, a->b, sizeof a->b);
	*at += sizeof a->b;
}

void
put_sort_key(uint8_t out[PUT_SORT_KEY], const struct aud_conv *c)
{
	be_addr(&out, &c->server);
	be(&out, c->port, 2);
	be(&out, c->proto, 1);
	be_addr(&out, &c->client);
	be(&out, c->app.master, 2);
	be(&out, c->app.sub, 2);
	be(&out, c->app.by, 1);
}

enum aud_code
put_case(struct db *db, enum stmt stmt, const struct aud_trial *t, const struct audit_ids *ids, size_t i, const struct aud_case *k,
    struct put_cache *cache, struct aud_err *err)
{
	const struct aud_conv *c = k->conv;
	uint8_t key[PUT_SORT_KEY];

	db_begin(db, stmt);
	db_id(db, ids->conversation, i);
	db_int(db, ids->audit);
	db_text(db, addr_text(cache, 0, &c->client));
	db_text(db, addr_text(cache, 1, &c->server));
	db_int(db, c->port);
	db_text(db, transport(cache, c->proto));
	db_text(db, k->ruling->app);
	db_int(db, c->app.master);
	db_int(db, c->app.sub);
	db_text(db, name_of(&names_app_by, c->app.by));
	put_host(db, t, ids, &k->ruling->client);
	put_host(db, t, ids, &k->ruling->server);
	db_roles(db, k->ruling->client.roles);
	db_roles(db, k->ruling->server.roles);
	put_tally(db, c);
	put_frame(db, ids, c->frames[0]);
	put_frame(db, ids, c->app_frame);
	db_int(db, k->in_scope);
	db_int(db, k->attempt_only);
	db_int(db, k->noise);
	put_verdict(db, ids, &k->ruling->verdict);
	db_text(db, k->ruling->tunnel && *k->ruling->tunnel ? k->ruling->tunnel : NULL);
	db_int(db, c->one_sided);
	db_int(db, c->hellos);
	db_int(db, c->server_hellos);
	db_int(db, c->certificates);
	db_int(db, c->no_certificates);
	if (k->ruling->verdict.weaker)
		db_id(db, ids->place.rule, k->ruling->verdict.sibling);
	else
		db_null(db);
	db_int(db, c->esp_null);
	if (stmt == STMT_PUT_CONVERSATION)
		db_null(db);
	else {
		put_sort_key(key, c);
		db_blob(db, key, sizeof key);
	}
	return db_run(db, err);
}

enum aud_code
put_case_rules(struct db *db, const struct audit_ids *ids, size_t i, const struct aud_verdict *v, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	for (size_t k = 0; k < v->nrules && !code; k++) {
		db_begin(db, STMT_PUT_CONVERSATION_RULE);
		db_id(db, ids->conversation, i);
		db_count(db, k);
		db_id(db, ids->place.rule, v->rules[k]);
		code = db_run(db, err);
	}
	return code;
}

enum aud_code
put_classes(struct db *db, const struct audit_ids *ids, const uint64_t counts[AUD_CASE_CLASSES], struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	for (unsigned i = 0; i < AUD_CASE_CLASSES && !code; i++) {
		if (!counts[i])
			continue;
		db_begin(db, STMT_PUT_CLASS);
		db_int(db, ids->audit);
		db_text(db, name_of(&names_class, i));
		db_count(db, counts[i]);
		code = db_run(db, err);
	}
	return code;
}

enum aud_code
put_conversations(struct db *db, const struct aud_trial *t, const struct audit_ids *ids, struct aud_err *err)
{
	uint64_t counts[AUD_CASE_CLASSES] = {0};
	struct put_cache cache = {0};
	enum aud_code code = AUD_OK;

	for (size_t i = 0; i < t->ncases && !code; i++) {
		counts[aud_case_class(&t->cases[i])]++;
		code = put_case(db, STMT_PUT_CONVERSATION, t, ids, i, &t->cases[i], &cache, err);
		if (!code && t->cases[i].ruling->verdict.answer == AUD_DOCUMENTED)
			code = put_case_rules(db, ids, i, &t->cases[i].ruling->verdict, err);
	}
	return code ? code : put_classes(db, ids, counts, err);
}
