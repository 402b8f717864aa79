/* Community ID, version 1: github.com/corelight/community-id-spec, README.md. */
#include <stdio.h>
#include <string.h>

#include <aud/events.h>

#include "hash.h"

enum { ICMP = 1, TCP = 6, UDP = 17, ICMP6 = 58, SCTP = 132, SHA1 = 20 };

/* RFC 4648, section 4. */
static void
base64(char *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (; n; p += 3, n -= n < 3 ? n : 3) {
		uint32_t v = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0) | (n > 2 ? p[2] : 0);

		*out++ = digits[v >> 18];
		*out++ = digits[v >> 12 & 63];
		*out++ = n > 1 ? digits[v >> 6 & 63] : '=';
		*out++ = n > 2 ? digits[v & 63] : '=';
	}
	*out = '\0';
}

static size_t
put(uint8_t *to, const void *from, size_t n)
{
	memcpy(to, from, n);
	return n;
}

bool
aud_community_id(struct aud_community_id *out, const struct aud_addr *a, uint16_t aport, const struct aud_addr *b, uint16_t bport,
    uint8_t proto)
{
	bool ports = proto == TCP || proto == UDP || proto == SCTP;
	uint8_t text[2 + 16 + 16 + 2 + 2 + 2] = {0}, digest[SHA1];
	size_t width = a->family == 6 ? 16 : 4, n = 2; /* the seed is 0 */
	int order = memcmp(a->b, b->b, sizeof a->b);

	out->s[0] = '\0';
	if (!a->family || a->family != b->family || proto == ICMP || proto == ICMP6)
		return false;
	if (order > 0 || (!order && ports && aport > bport)) {
		const struct aud_addr *addr = a;
		uint16_t port = aport;

		a = b;
		aport = bport;
		b = addr;
		bport = port;
	}
	n += put(text + n, a->b, width);
	n += put(text + n, b->b, width);
	text[n] = proto;
	n += 2;
	if (ports) {
		n += put(text + n, (uint8_t[]){(uint8_t)(aport >> 8), (uint8_t)aport}, 2);
		n += put(text + n, (uint8_t[]){(uint8_t)(bport >> 8), (uint8_t)bport}, 2);
	}
	aud_sha1(text, n, digest);
	memcpy(out->s, "1:", 2);
	base64(out->s + 2, digest, sizeof digest);
	return true;
}
