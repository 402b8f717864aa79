/*
 * Follows a TLS handshake over the segments of both directions: RFC 5246 section 6.2.1 (records) and 7.4 (messages),
 * RFC 8446 section 5.1, RFC 6101 for SSL 3.0; MS-TURN 2.1.1 for what only looks like TLS.
 *
 * Nothing is reassembled: bytes are read as they come, in order of their sequence numbers. A segment that comes early
 * waits in the store; one that never comes may be passed over where it lies wholly in bytes that are not read.
 */
#include <string.h>

#include "own.h"
#include "slab.h"
#include "tls.h"

enum {
	HEAD = 5, RECORD_MAX = 16384 + 2048, MESSAGE_MAX = 1 << 18, NO_MESSAGE = 255,
	PATIENCE = 80 * 16,	/* until a handshake must be over: 80 long segments, or more short ones */
	HELD_BYTES = 1480, HELD_OF_FLOW = 8, HELD_OF_ALL = 2048,
};

struct held {
	uint32_t next, seq;
	uint16_t len;
	uint8_t side;
	uint8_t data[HELD_BYTES];
};

size_t
held_size(void)
{
	return sizeof(struct held);
}

static bool
header_fits(struct aud_view v)
{
	return view_left(&v) >= HEAD && v.p[0] >= REC_CCS && v.p[0] <= REC_DATA && v.p[1] == 3 && v.p[2] <= 4 &&
	       be16(v.p + 3) <= RECORD_MAX && (be16(v.p + 3) || v.p[0] == REC_DATA);
}

/* ClientHello or ServerHello in the format of SSL 2.0: RFC 5246 appendix E.2, RFC 6101 appendix E. */
static bool
ssl2_hello(struct aud_view v, uint8_t *message, uint8_t *version)
{
	uint32_t len;

	if (view_left(&v) < 13 || !(v.p[0] & 0x80))
		return false;
	len = be16(v.p) & 0x7fff;
	if (len + 2 > view_left(&v))
		return false;
	*message = v.p[2];
	if (*message == 1) {
		uint16_t ciphers = be16(v.p + 5), session = be16(v.p + 7), challenge = be16(v.p + 9);

		*version = v.p[3] == 3 && v.p[4] <= 4 ? (uint8_t)(0x30 | v.p[4]) : be16(v.p + 3) == 2 ? 2 : 0;
		return *version && ciphers && !(ciphers % 3) && (!session || session == 16) && challenge >= 16 &&
		       challenge <= 32 && len == 9u + ciphers + session + challenge;
	}
	*version = 2;
	return *message == 4 && be16(v.p + 5) == 2 && !(be16(v.p + 9) % 3) &&
	       len == 11u + be16(v.p + 7) + be16(v.p + 9) + be16(v.p + 11);
}

bool
tls_begins(struct aud_view v, bool first)
{
	uint8_t message, version;

	if (view_left(&v) >= HEAD ? header_fits(v) : view_left(&v) && v.p[0] == REC_HANDSHAKE && first)
		return true;
	return first && ssl2_hello(v, &message, &version) && message == 1;
}

void
tls_init(struct tls *t)
{
	*t = (struct tls){.client = -1, .left = PATIENCE};
	t->side[0].message = t->side[1].message = NO_MESSAGE;
}

/* Who is the client; false if that contradicts what is known. */
static bool
client_is(struct tls *t, int side, struct found *out)
{
	if (t->client >= 0 && t->client != side)
		return false;
	t->client = out->client = (int8_t)side;
	return true;
}

/* A DH_anon suite (RFC 2246 A.5) needs a ServerKeyExchange: a ServerHello and ServerHelloDone alone are MS-TURN's
 * preamble. */
static bool
pseudo(const struct tls *t)
{
	return t->version == 0x31 && t->cipher >= 0x17 && t->cipher <= 0x1b && t->seen & SEEN_HELLO_HERE &&
	    !(t->seen & (SEEN_SERVER_CERT | SEEN_SERVER_KEY));
}

static bool
hello_ends(struct tls *t, struct tls_side *s, int side, struct found *out)
{
	if (!hello_over(s) || !client_is(t, s->message == MSG_CLIENT_HELLO ? side : !side, out))
		return false;
	s->state = SIDE_FULL;
	if (s->message == MSG_CLIENT_HELLO) {
		t->facts |= AUD_FACT_TLS_HELLO;
		return true;
	}
	t->facts |= AUD_FACT_TLS_SERVER;
	t->version = t->chosen;
	t->seen |= SEEN_HELLO_HERE;
	if (t->version == 0x34)
		t->facts |= AUD_FACT_TLS13;
	return true;
}

static bool
message_ends(struct tls *t, struct tls_side *s, int side, bool last, struct found *out)
{
	bool client = t->client == side;
	enum tls_message message = s->message;

	if ((message == MSG_CLIENT_HELLO || message == MSG_SERVER_HELLO) && !hello_ends(t, s, side, out))
		return false;
	s->message = NO_MESSAGE;
	s->have = 0;
	switch (message) {
	case MSG_CLIENT_HELLO:
	case MSG_SERVER_HELLO: break;
	case MSG_CERTIFICATE:
		if (!client)
			t->seen |= SEEN_SERVER_CERT;
		break;
	case MSG_SERVER_KEY: t->seen |= client ? 0 : SEEN_SERVER_KEY; break;
	case MSG_CERT_REQUEST: t->facts |= client ? 0 : AUD_FACT_CERT_REQUEST; break;
	case MSG_CLIENT_KEY: t->seen |= client ? SEEN_CLIENT_KEY : 0; break;
	case MSG_SERVER_DONE:
		if (client)
			return false;
		t->seen |= SEEN_SERVER_DONE;
		if (last && pseudo(t)) {
			out->not_tls = t->done = true;
			out->app = AUD_APP_PSEUDO_TLS;
		}
		break;
	case MSG_HELLO_REQUEST:
	case MSG_NEW_TICKET:
	case MSG_CERT_VERIFY:
	case MSG_FINISHED:
	case MSG_CERT_URL:
	case MSG_CERT_STATUS:
	case MSG_SUPPLEMENTAL: break;
	}
	return true;
}

/* Which messages may come in the clear, and where. */
static bool
message_begins(struct tls_side *s)
{
	uint8_t type = s->buf[0];

	s->left = be24(s->buf + 1);
	s->message = type;
	s->step = 0;
	s->skip = 0;
	if (s->left > MESSAGE_MAX || (type == MSG_SERVER_DONE && s->left) || (type == MSG_CERTIFICATE && s->left < 3))
		return false;
	if (s->state == SIDE_START)
		return type <= MSG_SERVER_HELLO;
	return type <= MSG_SERVER_HELLO || type == MSG_NEW_TICKET ||
	       (type >= MSG_CERTIFICATE && type <= MSG_CLIENT_KEY) ||
	       (type >= MSG_CERT_URL && type <= MSG_SUPPLEMENTAL);
}

/* Certificate, RFC 5246 section 7.4.2 and 7.4.6: the length of the list tells whether there is one. */
static bool
certificate(struct tls *t, struct tls_side *s, int side, struct aud_view *v)
{
	if (!tls_collect(s, v, 3))
		return true;
	if (be24(s->buf) != s->left - 3)
		return false;
	if (t->client == side && be24(s->buf))
		t->facts |= AUD_FACT_CLIENT_CERT;
	else if (t->client == side)
		t->seen |= SEEN_NO_CERT;
	s->left -= 3;
	s->step = 1;
	return true;
}

static bool
message_body(struct tls *t, struct tls_side *s, int side, struct aud_view *v)
{
	struct aud_view part;
	size_t n = view_left(v) < s->left ? view_left(v) : s->left;

	if (s->message == MSG_CERTIFICATE && !s->step)
		return certificate(t, s, side, v);
	if (!view_cut(v, n, &part))
		return false;
	if (s->message == MSG_CLIENT_HELLO || s->message == MSG_SERVER_HELLO)
		return hello_read(t, s, &part);
	s->left -= (uint32_t)n;
	return true;
}

/* v: what is at hand of a handshake record; s->record already counts it as read. */
static bool
messages(struct tls *t, struct tls_side *s, int side, struct aud_view v, struct found *out)
{
	while (view_left(&v) && !t->done) {
		if (s->message == NO_MESSAGE) {
			if (!tls_collect(s, &v, 4))
				return true;
			if (!message_begins(s))
				return false;
		} else if (!message_body(t, s, side, &v)) {
			return false;
		}
		if (!s->left && !message_ends(t, s, side, !s->record && !view_left(&v), out))
			return false;
	}
	return true;
}

/* The header of a record is complete. */
static bool
record_begins(struct tls *t, struct tls_side *s, int side)
{
	if (s->type != REC_HANDSHAKE)
		s->have = 0;
	s->list = s->type == REC_ALERT ? s->record == 2 : s->list;
	if (s->record > RECORD_MAX || (!s->record && s->type != REC_DATA))
		return false;
	if (s->state == SIDE_START && s->type != REC_HANDSHAKE && s->type != REC_ALERT)
		s->state = SIDE_RECORDS, s->step = 0;
	session_record(t, side);
	if (s->state == SIDE_RECORDS) {
		if (++s->step >= 2)
			session_framed(t, side);
		s->step = s->step > 2 ? 2 : s->step;
		return true;
	}
	if (t->client != side)
		t->seen &= (uint16_t)~SEEN_HELLO_HERE;
	return true;
}

/* A record should begin here, and does not; always false. A first byte with its top bit set may be SSL 2.0. */
static bool
alien(struct tls *t, const struct tls_side *s)
{
	if (t->facts & (AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER) &&
	    (s->state == SIDE_FULL || (s->state == SIDE_START && !(s->type & 0x80)))) {
		t->facts |= AUD_FACT_NOT_TLS;
		t->done = true;
	}
	return false;
}

/* Reads as much of the header as there is; its length gathers in s->record. */
static bool
record_head(struct tls *t, struct tls_side *s, int side, struct aud_view *v)
{
	uint8_t b;

	while (s->head < HEAD && view_u8(v, &b)) {
		switch (s->head++) {
		case 0:
			s->type = b;
			if (b < REC_CCS || b > (s->state == SIDE_FULL ? REC_HEARTBEAT : REC_DATA))
				return alien(t, s);
			break;
		case 1:
			if (b != 3)
				return alien(t, s);
			break;
		case 2:
			if (b > 4)
				return alien(t, s);
			break;
		case 3: s->record = (uint16_t)(b << 8); break;
		default:
			s->record |= b;
			if (!record_begins(t, s, side))
				return false;
			if (!s->record)
				s->head = 0;
		}
	}
	return true;
}

/* Reads bytes that are in order. false: they are not what TLS would send here. */
static bool
feed(struct tls *t, int side, struct aud_view v, struct found *out)
{
	struct tls_side *s = &t->side[side];

	while (view_left(&v) && !t->done) {
		struct aud_view body;
		size_t n;

		if (s->head < HEAD) {
			struct aud_view from = s->head ? (struct aud_view){0} : v;

			if (!record_head(t, s, side, &v)) {
				out->clear = from;
				return false;
			}
			continue;
		}
		n = view_left(&v) < s->record ? view_left(&v) : s->record;
		if (!view_cut(&v, n, &body))
			return false;
		s->record = (uint16_t)(s->record - n);
		if (s->state != SIDE_RECORDS && !tls_encrypted(t, side)) {
			if (s->type == REC_HANDSHAKE && !messages(t, s, side, body, out))
				return false;
			if (s->type == REC_ALERT && s->list && tls_collect(s, &body, 2) && s->buf[0] == 2 &&
			    t->facts & (AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER)) {
				t->facts |= AUD_FACT_TLS_ALERT;
				t->done = true;
			}
		}
		if (!s->record)
			s->head = 0;
	}
	return true;
}

/* May n bytes that were not captured be passed over? */
static bool
pass(struct tls *t, int side, uint32_t n, struct found *out)
{
	struct tls_side *s = &t->side[side];

	if (s->head < HEAD || n > s->record)
		return false;
	if (s->state != SIDE_RECORDS && !tls_encrypted(t, side)) {
		bool hello = s->message == MSG_CLIENT_HELLO || s->message == MSG_SERVER_HELLO;

		if (s->type == REC_ALERT)
			return false;
		if (s->type == REC_HANDSHAKE) {
			if (s->message == NO_MESSAGE || s->have || n > s->left || (hello && n > s->skip) ||
			    (s->message == MSG_CERTIFICATE && !s->step))
				return false;
			s->left -= n;
			s->skip = hello ? (uint16_t)(s->skip - n) : 0;
		}
	}
	s->record = (uint16_t)(s->record - n);
	if (s->type == REC_HANDSHAKE && s->message != NO_MESSAGE && !s->left && s->state != SIDE_RECORDS &&
	    !message_ends(t, s, side, !s->record, out))
		return false;
	if (!s->record)
		s->head = 0;
	s->next += n;
	return true;
}

static void
lose(struct tls *t, int side)
{
	struct tls_side *s = &t->side[side];

	s->state = SIDE_LOST;
	s->head = s->have = 0;
	/* The last that was hoped for may have gone with it. */
	if (tls_encrypted(t, !side) && t->side[!side].state >= SIDE_FULL)
		session_over(t);
}

static void
release(struct tls *t, struct slab *store)
{
	while (t->held) {
		struct held *h = slab_at(store, t->held);
		uint32_t next = h->next;

		slab_give(store, t->held);
		t->held = next;
	}
	t->holding = 0;
}

static bool
hold(struct tls *t, struct slab *store, int side, uint32_t seq, struct aud_view v, uint32_t sent)
{
	size_t n = view_left(&v);
	uint32_t handle;
	struct held *h;

	if (n != sent || n > HELD_BYTES || t->holding >= HELD_OF_FLOW || store->live >= HELD_OF_ALL ||
	    !(handle = slab_take(store)))
		return false;
	h = slab_at(store, handle);
	h->next = t->held;
	h->seq = seq;
	h->len = (uint16_t)n;
	h->side = (uint8_t)side;
	memcpy(h->data, v.p, n);
	t->held = handle;
	t->holding++;
	return true;
}

/* The first segment of a side that is looked at, or the next after some were lost. true: it can be read from its first
 * byte. */
static bool
enter(struct tls *t, struct slab *store, int side, uint32_t seq, const uint32_t *isn, struct aud_view v, uint32_t sent)
{
	struct tls_side *s = &t->side[side];
	bool hello = view_left(&v) > HEAD && v.p[0] == REC_HANDSHAKE &&
		     (v.p[HEAD] == MSG_CLIENT_HELLO || v.p[HEAD] == MSG_SERVER_HELLO);
	bool first = s->state == SIDE_NONE && (isn ? seq == *isn : hello || (view_left(&v) && v.p[0] & 0x80));

	if (s->state == SIDE_NONE && isn && !first) {
		/* A keep-alive sends the byte before the first (RFC 9293 section 3.8.4); what comes early may have been
		 * overtaken. */
		if ((int32_t)(seq - *isn) < 0 || hold(t, store, side, seq, v, sent))
			return false;
	}
	if (!first && !header_fits(v))
		return false;
	*s = (struct tls_side){.next = seq, .state = first ? SIDE_START : SIDE_RECORDS, .message = NO_MESSAGE};
	return true;
}

/* A hello in the format of SSL 2.0, which only the first bytes of a side can be. */
static void
old_hello(struct tls *t, int side, struct aud_view *v, struct found *out)
{
	struct tls_side *s = &t->side[side];
	uint8_t message, version;

	if (s->state != SIDE_START || s->head || !ssl2_hello(*v, &message, &version) ||
	    !client_is(t, message == 1 ? side : !side, out))
		return;
	t->facts |= message == 1 ? AUD_FACT_TLS_HELLO : AUD_FACT_TLS_SERVER;
	t->version = version;
	t->done = message != 1;
	s->state = SIDE_FULL;
	view_skip(v, (be16(v->p) & 0x7fffu) + 2);
}

static void
place(struct tls *t, struct slab *store, int side, uint32_t seq, const uint32_t *isn, struct aud_view v, uint32_t sent,
    struct found *out)
{
	struct tls_side *s = &t->side[side];
	uint32_t ahead, n;

	if ((s->state == SIDE_NONE || s->state == SIDE_LOST) && !enter(t, store, side, seq, isn, v, sent))
		return;
	ahead = seq - s->next;
	if ((int32_t)ahead < 0) {
		uint32_t old = 0 - ahead;

		if (old >= sent)
			return;
		sent -= old;
		if (!view_skip(&v, old))
			v.p = v.end;
	} else if (ahead && !pass(t, side, ahead, out)) {
		if (s->state != SIDE_RECORDS && hold(t, store, side, seq, v, sent))
			return;
		lose(t, side);
		if (t->done || !enter(t, store, side, seq, isn, v, sent))
			return;
	}
	n = (uint32_t)view_left(&v);
	s->next += n;
	old_hello(t, side, &v, out);
	if (!feed(t, side, v, out) || (n < sent && !pass(t, side, sent - n, out)))
		lose(t, side);
	else if (s->state == SIDE_RECORDS && !s->head && s->step)
		session_framed(t, side); /* the record ends with the segment */
}

/* Places what is held and no longer early; true if there was one. */
static bool
place_held(struct tls *t, struct slab *store, int side, struct found *out)
{
	const struct tls_side *s = &t->side[side];

	for (uint32_t *link = &t->held; *link;) {
		uint32_t handle = *link;
		struct held *h = slab_at(store, handle);

		if (h->side == side && s->state != SIDE_NONE && (int32_t)(h->seq - s->next) <= 0) {
			*link = h->next;
			t->holding--;
			place(t, store, side, h->seq, NULL, view_of(h->data, h->len), h->len, out);
			out->clear = (struct aud_view){0};
			slab_give(store, handle);
			return true;
		}
		link = &h->next;
	}
	return false;
}

void
tls_segment(struct tls *t, struct slab *store, int side, uint32_t seq, const uint32_t *isn, struct aud_view v,
    uint32_t sent, struct found *out)
{
	bool before = t->seen & SEEN_NO_CERT;

	if (t->done)
		return;
	place(t, store, side, seq, isn, v, sent, out);
	while (t->held && !t->done && place_held(t, store, side, out))
		;
	session_segment(t, side, sent);
	session_tell(t, out);
	out->uncertified = !before && t->seen & SEEN_NO_CERT;
	if (t->done)
		release(t, store);
}

void
tls_end(struct tls *t, struct slab *store, struct found *out)
{
	release(t, store);
	if (t->done)
		return;
	t->done = true;
	session_tell(t, out);
}
