/*
 * ClientHello and ServerHello, RFC 5246 section 7.4.1 and RFC 8446 section 4.1 and 4.2.1, read as the bytes come: a
 * field that is cut by the end of a segment or record waits in buf.
 */
#include <string.h>

#include "own.h"
#include "tls.h"

enum { RANDOM_LEN = 32, SESSION_ID_MAX = 32, SUPPORTED_VERSIONS = 43, VERSIONS_MAX = 254 };

bool
tls_collect(struct tls_side *s, struct aud_view *v, uint8_t want)
{
	size_t n = view_left(v) < (size_t)(want - s->have) ? view_left(v) : (size_t)(want - s->have);

	memcpy(s->buf + s->have, v->p, n);
	s->have = (uint8_t)(s->have + n);
	v->p += n;
	if (s->have < want)
		return false;
	s->have = 0;
	return true;
}

/* 0x0303 -> 0x33; drafts of TLS 1.3 had 0x7fxx; 0 for what is no version (GREASE, RFC 8701). */
static uint8_t
version(const uint8_t *p)
{
	if (p[0] == 0x7f)
		return 0x34;
	return p[0] == 3 && p[1] <= 4 ? (uint8_t)(0x30 | p[1]) : 0;
}

/* How many bytes each step collects. */
static uint8_t
want(uint8_t step, uint8_t message)
{
	switch ((enum hello_step)step) {
	case HELLO_VERSION: return 2;
	case HELLO_SESSION: return 1;
	case HELLO_CIPHER: return 2;
	case HELLO_COMPRESSION: return 1;
	case HELLO_EXTENSIONS: return 2;
	case HELLO_EXTENSION: return 4;
	case HELLO_LIST: return message == MSG_CLIENT_HELLO ? 1 : 2;
	case HELLO_LISTED: return 2;
	}
	return 1;
}

static void
offered(struct tls *t, const uint8_t *p)
{
	uint8_t n = version(p);

	if (!(t->facts & AUD_FACT_TLS_SERVER) && n > t->version)
		t->version = n;
}

static bool
step(struct tls *t, struct tls_side *s)
{
	const uint8_t *p = s->buf;
	bool client = s->message == MSG_CLIENT_HELLO;

	switch ((enum hello_step)s->step) {
	case HELLO_VERSION:
		if (!version(p))
			return false;
		if (client)
			offered(t, p);
		else
			t->chosen = version(p);
		s->skip = RANDOM_LEN;
		s->step = HELLO_SESSION;
		return true;
	case HELLO_SESSION:
		s->skip = p[0];
		s->step = HELLO_CIPHER;
		return p[0] <= SESSION_ID_MAX;
	case HELLO_CIPHER:
		if (client)
			s->skip = be16(p);
		else
			t->cipher = be16(p);
		s->step = HELLO_COMPRESSION;
		return !client || (be16(p) >= 2 && !(be16(p) & 1));
	case HELLO_COMPRESSION:
		s->skip = client ? p[0] : 0;
		s->step = HELLO_EXTENSIONS;
		return !client || p[0];
	case HELLO_EXTENSIONS:
		s->step = HELLO_EXTENSION;
		return be16(p) == s->left;
	case HELLO_EXTENSION:
		if (be16(p + 2) > s->left)
			return false;
		if (be16(p) == SUPPORTED_VERSIONS)
			s->step = HELLO_LIST;
		else
			s->skip = be16(p + 2);
		return true;
	case HELLO_LIST:
		if (!client) {
			t->chosen = version(p);
			s->step = HELLO_EXTENSION;
			return t->chosen != 0;
		}
		s->list = p[0];
		s->step = HELLO_LISTED;
		return p[0] >= 2 && p[0] <= VERSIONS_MAX && !(p[0] & 1);
	case HELLO_LISTED:
		offered(t, p);
		s->list = (uint8_t)(s->list - 2);
		if (!s->list)
			s->step = HELLO_EXTENSION;
		return true;
	}
	return false;
}

/* v is what is at hand of the message; all of it is read. s->left counts down in step with it. */
bool
hello_read(struct tls *t, struct tls_side *s, struct aud_view *v)
{
	while (view_left(v)) {
		const uint8_t *before = v->p;
		size_t n = view_left(v) < s->skip ? view_left(v) : s->skip;
		bool whole = false;

		v->p += n;
		s->skip = (uint16_t)(s->skip - n);
		if (!s->skip && view_left(v))
			whole = tls_collect(s, v, want(s->step, s->message));
		s->left -= (uint32_t)(v->p - before);
		if (whole && !step(t, s))
			return false;
	}
	return true;
}

/* The message is over: was it whole? Extensions are optional. */
bool
hello_over(const struct tls_side *s)
{
	return !s->skip && !s->have && (s->step == HELLO_EXTENSIONS || s->step == HELLO_EXTENSION);
}
