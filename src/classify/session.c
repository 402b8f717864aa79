/*
 * What the records tell of a TLS session as a whole: whether the handshake came to its end (RFC 5246 section 7.3,
 * RFC 8446 section 2), whether another was begun inside it, and what may be said of the client's certificate.
 *
 * The session is looked at for some segments after the handshake. What comes later is not claimed.
 */
#include "own.h"
#include "ndpi.h"
#include "tls.h"

enum {
	UNITS = 16,			/* patience counts small segments for less */
	AFTER = 16 * UNITS,		/* after the end of the handshake */
	LAST = 32 * UNITS,		/* until the end, where only one direction can still show it */
	HELLO = AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER,
	/* An alert is sealed in at most 2 + 1 + 16 bytes, a Finished in at least 4 + 32 + 1 + 8 (RFC 8446 section 5.2). */
	LONGER_THAN_ALERT = 36,
};

static void
hurry(struct tls *t, uint16_t left)
{
	if (t->left > left)
		t->left = left;
}

void
session_over(struct tls *t)
{
	hurry(t, LAST);
}

static void
finished(struct tls *t)
{
	if (!(t->facts & AUD_FACT_TLS_DONE))
		hurry(t, AFTER);
	t->facts |= AUD_FACT_TLS_DONE;
}

static void
change_cipher(struct tls *t, int side)
{
	uint16_t both = SEEN_CCS0 | SEEN_CCS1;
	uint8_t other = t->side[!side].state;

	t->seen |= side ? SEEN_CCS1 : SEEN_CCS0;
	/* RFC 8446 appendix D.4: there it has no meaning. */
	if (t->facts & AUD_FACT_TLS13)
		return;
	if (t->side[side].state != SIDE_RECORDS && t->client == side) {
		if (t->seen & SEEN_CLIENT_KEY && !(t->facts & AUD_FACT_CLIENT_CERT))
			t->seen |= SEEN_NO_CERT;
		if (t->seen & SEEN_CLIENT_KEY && other >= SIDE_RECORDS)
			session_over(t);
	} else if (t->side[side].state != SIDE_RECORDS && t->facts & AUD_FACT_TLS_SERVER) {
		/* RFC 5246 section 7.3: before any ServerHelloDone only in the abbreviated handshake. */
		if (!(t->seen & SEEN_SERVER_DONE))
			t->facts |= AUD_FACT_RESUMED;
		if (!(t->seen & SEEN_SERVER_DONE) || other >= SIDE_RECORDS)
			session_over(t);
	}
	if ((t->seen & both) == both && t->facts & AUD_FACT_TLS_SERVER)
		finished(t);
}

/*
 * In TLS 1.3 the server's flight and alerts of either side look like data: the client's Finished or data come after the
 * server's first word, and the server's data after those. That holds for older versions, too.
 */
static void
data(struct tls *t, int side)
{
	if (t->client < 0 || t->side[side].record < LONGER_THAN_ALERT)
		return;
	if (side != t->client) {
		t->seen |= SEEN_SERVER_DATA;
		if (t->seen & SEEN_CLIENT_DATA)
			finished(t);
	} else if (t->facts & AUD_FACT_TLS_SERVER || t->seen & SEEN_SERVER_DATA) {
		t->seen |= SEEN_CLIENT_DATA;
	}
}

void
session_record(struct tls *t, int side)
{
	const struct tls_side *s = &t->side[side];
	uint16_t own_finished = side ? SEEN_FINISHED1 : SEEN_FINISHED0;

	if (s->type == REC_DATA) {
		data(t, side);
	} else if (!tls_encrypted(t, side)) {
		if (s->type == REC_CCS && s->record == 1)
			change_cipher(t, side);
	} else if (s->type == REC_HANDSHAKE && !(t->facts & AUD_FACT_TLS13)) {
		t->seen |= t->seen & own_finished ? SEEN_AGAIN : own_finished;
	}
}

void
session_framed(struct tls *t, int side)
{
	t->facts |= AUD_FACT_TLS_RECORD;
	t->seen |= side ? SEEN_RECORDS1 : SEEN_RECORDS0;
}

void
session_segment(struct tls *t, int side, uint32_t sent)
{
	uint16_t both = SEEN_RECORDS0 | SEEN_RECORDS1;
	uint16_t cost = sent < UNITS * UNITS ? (uint16_t)(1 + sent / UNITS) : UNITS;

	if (!(t->facts & HELLO) && t->facts & AUD_FACT_TLS_RECORD && t->side[side].type == REC_DATA) {
		hurry(t, AFTER);
		t->done |= (t->seen & both) == both;
	}
	t->left = t->left > cost ? (uint16_t)(t->left - cost) : 0;
	t->done |= !t->left;
}

/* The client's certificate, now that no more is looked at. */
static void
certificate(struct tls *t)
{
	const uint32_t known = AUD_FACT_CLIENT_CERT | AUD_FACT_CLIENT_NOCERT | AUD_FACT_TLS13 | AUD_FACT_RESUMED |
			       AUD_FACT_TLS_ALERT | AUD_FACT_NOT_TLS;

	/* A second handshake, in the first, may ask for what the first did not. */
	if (t->seen & SEEN_NO_CERT && !(t->seen & SEEN_AGAIN) && t->facts & AUD_FACT_TLS_DONE && !(t->facts & known))
		t->facts |= AUD_FACT_CLIENT_NOCERT;
	if (!(t->facts & known))
		t->facts |= AUD_FACT_TLS_GAP;
}

void
session_tell(struct tls *t, struct found *out)
{
	uint16_t both = SEEN_RECORDS0 | SEEN_RECORDS1;

	if (out->not_tls)
		return;
	if (t->facts & HELLO) {
		t->facts &= ~(uint32_t)AUD_FACT_TLS_RECORD;
		out->version = t->version;
		if (t->done)
			certificate(t);
	}
	out->facts |= t->facts;
	out->sure = t->facts & HELLO || (t->seen & both) == both;
	if (t->facts & (HELLO | AUD_FACT_TLS_RECORD) && !(t->facts & AUD_FACT_NOT_TLS))
		out->app = DPI_TLS;
}
