/* IPsec as events: what may be said of each role, packets, associations, negotiations. */
#include <inttypes.h>
#include <stdlib.h>

#include <aud/ipsec.h>

#include "hash.h"
#include "ipsec.h"

enum { LONGEST = 1024 };	/* of a text once it is clean; a site's own role may have any name, and ours are short */

struct teller {
	const struct aud_trial *t;
	char *const *inputs;
	const struct writer *w;
	struct pen *pen;
	bool failed;
};

static void
open_one(struct teller *t, enum shape shape, const char *name)
{
	t->failed = t->failed || !t->w->open(t->pen, shape, name);
}

static void
close_one(struct teller *t)
{
	t->failed = t->failed || !t->w->close(t->pen);
}

static void
value(struct teller *t, const char *name, struct value v)
{
	t->failed = t->failed || !t->w->field(t->pen, name, &v);
}

static void
text(struct teller *t, const char *name, const char *s)
{
	char clean[LONGEST];

	value(t, name, (struct value){.kind = s ? VALUE_TEXT : VALUE_NULL, .text = s ? aud_text_clean(clean, sizeof clean, s) : NULL});
}

/* In the reader's language. */
static void
said(struct teller *t, const char *parts, const char *english)
{
	char *s = t->pen->l ? aud_said_in(t->pen->l, parts, english) : NULL;

	t->failed = t->failed || (t->pen->l && !s);
	text(t, "reason", s ? s : english);
	free(s);
}

static void
number(struct teller *t, const char *name, uint64_t n)
{
	value(t, name, (struct value){.kind = VALUE_NUMBER, .n = n});
}

static void
number_if(struct teller *t, const char *name, bool known, uint64_t n)
{
	value(t, name, (struct value){.kind = known ? VALUE_NUMBER : VALUE_NULL, .n = n});
}

static void
boolean(struct teller *t, const char *name, bool b)
{
	value(t, name, (struct value){.kind = VALUE_BOOL, .n = b});
}

static void
when(struct teller *t, const char *name, uint64_t ns)
{
	value(t, name, (struct value){.kind = ns ? VALUE_TIME : VALUE_NULL, .n = ns});
}

/* input << 48 | frame; 0: none */
static void
frames(struct teller *t, const uint64_t *v)
{
	open_one(t, SHAPE_LIST, "evidence");
	for (size_t i = 0; i < AUD_SA_FRAMES; i++) {
		size_t input = (size_t)(v[i] >> 48);

		if (!v[i])
			continue;
		open_one(t, SHAPE_OBJECT, NULL);
		text(t, "input", input < t->t->ninputs ? t->inputs[input] : NULL);
		number(t, "frame", v[i] & ((UINT64_C(1) << 48) - 1));
		close_one(t);
	}
	close_one(t);
}

static void
roles(struct teller *t)
{
	open_one(t, SHAPE_LIST, "roles");
	for (size_t i = 0; i < t->t->nipsec_roles; i++) {
		const struct aud_ipsec_role *r = &t->t->ipsec_roles[i];

		open_one(t, SHAPE_OBJECT, NULL);
		text(t, "role", aud_site_role_told(t->pen->l, t->t->site, r->role));
		text(t, "on_media", aud_ipsec_saying_name(r->saying));
		said(t, r->said, r->reason);
		number(t, "clear_flows", r->clear_flows);
		number(t, "associations", r->associations);
		number(t, "negotiations", r->negotiations);
		close_one(t);
	}
	close_one(t);
}

static void
packets(struct teller *t, const struct aud_ipsec_stats *s)
{
	open_one(t, SHAPE_OBJECT, "packets");
	number(t, "esp", s->esp);
	number(t, "ah", s->ah);
	number(t, "wesp", s->wesp);
	number(t, "esp_in_udp", s->esp_udp);
	number(t, "esp_in_tcp", s->esp_tcp);
	number(t, "ike", s->ike);
	number(t, "keepalives", s->keepalives);
	number(t, "malformed", s->malformed);
	number(t, "not_esp", s->not_esp);
	close_one(t);
	number(t, "evicted_associations", s->evicted_sas);
	number(t, "evicted_negotiations", s->evicted_ikes);
}

static void
inner(struct teller *t, const struct aud_sa *s)
{
	open_one(t, SHAPE_LIST, "inner");
	for (size_t i = 0; i < s->ninner; i++) {
		const struct aud_sa_inner *in = &s->inner[i];

		open_one(t, SHAPE_OBJECT, NULL);
		text(t, "source", aud_addr_str(&in->src).s);
		text(t, "destination", aud_addr_str(&in->dst).s);
		text(t, "transport", aud_proto_name(in->proto).s);
		number_if(t, "source_port", in->sport, in->sport);
		number_if(t, "destination_port", in->dport, in->dport);
		number(t, "packets", in->packets);
		close_one(t);
	}
	close_one(t);
	boolean(t, "inner_more", s->inner_more);
}

/* The interval that most seconds in a row keep to. */
static void
pace(struct teller *t, const struct aud_sa *s)
{
	int best = 0;

	for (int i = 1; i < AUD_SA_CADENCES; i++)
		if (s->cadence[i].run > s->cadence[best].run)
			best = i;
	number_if(t, "pace_ms", s->cadence[best].run, aud_cadence_ms[best]);
	number(t, "pace_seconds", s->cadence[best].run);
}

static void
association(struct teller *t, const struct aud_sa *s)
{
	char spi[16];

	snprintf(spi, sizeof spi, "0x%08" PRIx32, s->spi);
	open_one(t, SHAPE_OBJECT, NULL);
	text(t, "source", aud_addr_str(&s->src).s);
	text(t, "destination", aud_addr_str(&s->dst).s);
	text(t, "spi", spi);
	text(t, "encapsulation", aud_ipsec_encap_name(s->encap));
	number_if(t, "source_port", s->sport, s->sport);
	number_if(t, "destination_port", s->dport, s->dport);
	boolean(t, "sure", s->sure);
	text(t, "payload", aud_ipsec_payload_name(s->payload));
	text(t, "mode", aud_ipsec_mode_name(s->mode));
	number(t, "packets", s->packets);
	number(t, "bytes", s->bytes);
	number(t, "lost", s->lost);
	number(t, "gaps", s->gaps);
	number(t, "late", s->late);
	number(t, "duplicates", s->duplicates);
	number(t, "restarts", s->restarts);
	number(t, "tested", s->tested);
	number(t, "opaque", s->opaque);
	number(t, "read", s->read);
	pace(t, s);
	inner(t, s);
	when(t, "first", s->first_ns);
	when(t, "last", s->last_ns);
	frames(t, s->frames);
	close_one(t);
}

static void
spi8(struct teller *t, const char *name, const uint8_t spi[8])
{
	char s[17];

	aud_hex(spi, 8, s);
	text(t, name, s);
}

static void
exchanges(struct teller *t, const struct aud_ike *n)
{
	open_one(t, SHAPE_LIST, "exchanges");
	for (size_t i = 0; i < n->nexchanges; i++) {
		const struct aud_ike_exchange *x = &n->exchanges[i];

		open_one(t, SHAPE_OBJECT, NULL);
		number(t, "type", x->type);
		text(t, "name", aud_ike_exchange_name(x->version, x->type));
		number(t, "messages_initiator", x->messages[0]);
		number(t, "messages_responder", x->messages[1]);
		when(t, "first", x->first_ns);
		close_one(t);
	}
	close_one(t);
	open_one(t, SHAPE_LIST, "vendors");
	for (unsigned bit = 0; bit < 32; bit++)
		if (n->vendors >> bit & 1)
			text(t, NULL, aud_ike_vendor_name(bit));
	close_one(t);
}

static void
negotiation(struct teller *t, const struct aud_ike *n)
{
	bool two = n->nexchanges && n->exchanges[0].version >> 4 == 2;

	open_one(t, SHAPE_OBJECT, NULL);
	text(t, "initiator", aud_addr_str(&n->initiator).s);
	text(t, "responder", aud_addr_str(&n->responder).s);
	spi8(t, "initiator_spi", n->initiator_spi);
	spi8(t, "responder_spi", n->responder_spi);
	text(t, "protocol", aud_ike_is_authip(n) ? "AuthIP" : two ? "IKEv2" : "IKEv1");
	boolean(t, "sides_known", n->sides_known);
	boolean(t, "nat_traversal", n->nat_t);
	exchanges(t, n);
	number(t, "messages_initiator", n->messages[0]);
	number(t, "messages_responder", n->messages[1]);
	number(t, "retransmissions", n->retransmissions[0] + n->retransmissions[1]);
	number_if(t, "answer_after_ns", n->answer_ns && n->answer_ns >= n->first_ns, n->answer_ns - n->first_ns);
	when(t, "first", n->first_ns);
	when(t, "last", n->last_ns);
	frames(t, n->frames);
	close_one(t);
}

/* The site file says that there is no IPsec, and a finding speaks of some with its hosts; the tunnels of others are none of it. */
static bool
contradicts(const struct aud_trial *t)
{
	bool found = false;

	for (size_t i = 0; i < t->nfindings; i++)
		found |= t->findings[i].kind == AUD_KIND_IPSEC_MEDIA || t->findings[i].kind == AUD_KIND_IPSEC_ROLE;
	return found && t->site && t->site->features[AUD_FEATURE_IPSEC] == AUD_NO;
}

bool
ipsec_tell(const struct aud_trial *trial, char *const *inputs, const struct writer *w, struct pen *pen)
{
	struct teller t = {.t = trial, .inputs = inputs, .w = w, .pen = pen};
	const struct aud_ipsec_result *r = trial->ipsec;

	if (!r) {	/* not assessed, as in what version 1 of the database holds */
		value(&t, "ipsec", (struct value){.kind = VALUE_NULL});
		return !t.failed;
	}
	open_one(&t, SHAPE_OBJECT, "ipsec");
	boolean(&t, "contradicts_site", contradicts(trial));
	roles(&t);
	packets(&t, &r->stats);
	open_one(&t, SHAPE_LIST, "associations");
	for (size_t i = 0; i < r->nsas && !t.failed && !ferror(pen->out); i++)
		association(&t, &r->sas[i]);
	close_one(&t);
	open_one(&t, SHAPE_LIST, "negotiations");
	for (size_t i = 0; i < r->nikes && !t.failed && !ferror(pen->out); i++)
		negotiation(&t, &r->ikes[i]);
	close_one(&t);
	close_one(&t);
	return !t.failed;
}
