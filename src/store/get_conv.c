/* Conversations of a stored audit, one at a time: there may be a million. */
#include <string.h>

#include "read.h"

/* Texts of the row before, which are mostly the same again: that is how they are sorted. */
struct cache {
	struct {
		char text[48];
		struct aud_addr addr;
	} addr[2];
	char transport[16];
	int proto;
};

struct row {
	struct aud_conv conv;
	struct aud_ruling ruling;
	struct aud_case c;
	char app[128], tunnel[512];
};

static struct aud_addr
addr(struct reader *r, struct cache *c, int side)
{
	const char *s = db_get_text(r->db);

	if (s && *s && strcmp(s, c->addr[side].text) == 0)
		return c->addr[side].addr;
	if (!s || strlen(s) >= sizeof c->addr[side].text || !aud_addr_parse(s, &c->addr[side].addr)) {
		read_damaged(r, "damaged: an address that is none");
		return (struct aud_addr){0};
	}
	strcpy(c->addr[side].text, s);
	return c->addr[side].addr;
}

static uint8_t
transport(struct reader *r, struct cache *c)
{
	const char *s = db_get_text(r->db);

	if (s && *s && strcmp(s, c->transport) == 0)
		return (uint8_t)c->proto;
	if (!s || strlen(s) >= sizeof c->transport || (c->proto = aud_proto_number(s)) < 0) {
		read_damaged(r, "damaged: a transport that is none");
		return 0;
	}
	strcpy(c->transport, s);
	return (uint8_t)c->proto;
}

/* NULL, or the text in buf. */
static const char *
text(struct reader *r, char *buf, size_t size)
{
	const char *s = db_get_text(r->db);
	size_t n = s ? strlen(s) : 0;

	if (!s)
		return NULL;
	n = n < size ? n : size - 1;
	memcpy(buf, s, n);
	buf[n] = '\0';
	return buf;
}

static const struct aud_host *
host(struct reader *r, const struct aud_stored *s)
{
	if (read_null(r))
		return NULL;
	return &s->site.hosts[read_ref(r, s->size.host, s->size.hosts)];
}

static uint32_t
small(struct reader *r)
{
	return (uint32_t)db_get_int(r->db);
}

/* input << 48 | frame; two NULLs: 0. */
static uint64_t
frame(struct reader *r, const struct aud_stored *s)
{
	bool none = read_null(r);
	uint64_t input = none ? 0 : read_ref(r, s->size.input, s->size.inputs);
	uint64_t number = (uint64_t)db_get_int(r->db);

	return none ? 0 : input << 48 | number;
}

static void
tally(struct reader *r, struct aud_conv *v)
{
	v->flows = small(r);
	for (int i = 0; i < 2; i++)
		v->packets[i] = (uint64_t)db_get_int(r->db);
	for (int i = 0; i < 2; i++)
		v->bytes[i] = (uint64_t)db_get_int(r->db);
	v->first_ns = (uint64_t)db_get_int(r->db);
	v->last_ns = (uint64_t)db_get_int(r->db);
	v->answered = small(r);
	v->facts = small(r);
	v->tls_min = (uint8_t)small(r);
	v->tls_max = (uint8_t)small(r);
	v->client_port_lo = (uint16_t)small(r);
	v->client_port_hi = (uint16_t)small(r);
	v->direction = (enum aud_direction)read_word(r, &names_direction);
}

static void
verdict(struct reader *r, const struct aud_stored *s, struct aud_verdict *v)
{
	v->answer = (enum aud_answer)read_word(r, &names_answer);
	v->failed = (enum aud_step)(read_null(r) ? AUD_STEP_NONE : read_word(r, &names_step));
	v->certainty = (enum aud_certainty)read_word(r, &names_certainty);
	v->nrules = !read_null(r);
	if (v->nrules)
		v->rules[0] = read_ref(r, s->place.rule, r->nrules);
}

/* As far as reports and differences tell it (store.h): a column costs more than what is made of it. */
static void
get_one(struct reader *r, const struct aud_stored *s, struct cache *cache, struct row *row)
{
	struct aud_conv *v = &row->conv;
	struct aud_ruling *u = &row->ruling;
	struct aud_case *c = &row->c;

	v->client = addr(r, cache, 0);
	v->server = addr(r, cache, 1);
	v->port = (uint16_t)small(r);
	v->proto = transport(r, cache);
	u->app = text(r, row->app, sizeof row->app);
	v->app.by = (uint8_t)read_word(r, &names_app_by);
	u->client.host = host(r, s);
	u->server.host = host(r, s);
	u->client.roles = read_roles(r);
	u->server.roles = read_roles(r);
	for (int i = 0; i < 2; i++) {
		struct aud_who *who = i ? &u->server : &u->client;

		who->group = who->host && aud_addr_cmp(&who->host->lo, &who->host->hi) != 0;
	}
	tally(r, v);
	v->frames[0] = frame(r, s);
	c->in_scope = db_get_int(r->db);
	c->attempt_only = db_get_int(r->db);
	c->noise = db_get_int(r->db);
	verdict(r, s, &u->verdict);
	u->tunnel = text(r, row->tunnel, sizeof row->tunnel);
}

/* Of a running audit all, for the next start goes on with it. */
static void
get_rest(struct reader *r, const struct aud_stored *s, struct aud_conv *v)
{
	v->app.master = (uint16_t)small(r);
	v->app.sub = (uint16_t)small(r);
	v->established = small(r);
	v->midstream = small(r);
	v->unanswered = small(r);
	v->server_only = small(r);
	v->refused_rst = small(r);
	v->refused_icmp = small(r);
	v->filtered_icmp = small(r);
	v->with_data[0] = small(r);
	v->with_data[1] = small(r);
	v->truncated = small(r);
	v->gaps = small(r);
	v->ah = small(r);
	v->duplicates = small(r);
	v->app_frame = frame(r, s);
	v->one_sided = small(r);
	v->hellos = small(r);
	v->server_hellos = small(r);
	v->certificates = small(r);
	v->no_certificates = small(r);
	v->esp_null = small(r);
}

enum aud_code
read_cases(void *stored, aud_case_fn *each, void *user, struct aud_err *err)
{
	const struct aud_stored *s = stored;
	struct reader r = {.db = s->db, .err = err, .at = s->place, .nrules = s->trial.matrix ? s->trial.matrix->nrules : 0};
	struct cache cache = {0};
	/* What is not read is nought in every one of them. */
	struct row row = {.c = {.conv = &row.conv, .ruling = &row.ruling}};

	if (!s->conversations)
		return AUD_OK;
	if (s->running) {
		db_begin(s->db, STMT_GET_RUNNING_CONVERSATIONS);
		db_int(s->db, s->audit);
	} else {
		db_begin(s->db, STMT_GET_CONVERSATIONS);
		db_int(s->db, s->first_conversation);
		db_int(s->db, s->first_conversation + (int64_t)s->conversations - 1);
	}
	while (read_next(&r)) {
		get_one(&r, s, &cache, &row);
		if (s->running)
			get_rest(&r, s, &row.conv);
		if (!r.code)
			r.code = each(user, &row.c, err);
	}
	return r.code;
}
