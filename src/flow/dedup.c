#include "dedup.h"
#include "key.h"

enum { TCP = 6, TCP_FIN = 1, TCP_SYN = 2 };

/* Hash of what makes a packet the same packet; from the first transport byte to DEDUP_PREFIX bytes of payload. */
static uint64_t
fingerprint(const struct aud_packet *p, uint16_t id)
{
	const uint8_t *b = p->ip + p->l4, *end;
	uint64_t h = (uint64_t)p->hash << 32 | (uint32_t)id << 16 | p->sport;
	size_t from = p->l4, to = (size_t)p->payload + DEDUP_PREFIX;

	if (p->bits & AUD_PKT_LATER) {	/* the fragment's offset stands in for the transport header */
		to = from + DEDUP_PREFIX;
		if (!(p->bits & AUD_PKT_V6))
			h ^= load32(p->ip + 4);
		else if (from >= 48) {	/* RFC 8200 4.5: the fragment header is the last one before the fragment */
			from -= 8;
			b -= 8;
		}
	}
	if (to > p->caplen)
		to = p->caplen;
	if (from > to)
		from = to;
	h = (h ^ p->iplen) * 0x9e3779b97f4a7c15ULL;
	for (end = b + (to - from); end - b >= 8; b += 8)
		h = (h ^ load64(b) ^ h >> 31) * 0x9e3779b97f4a7c15ULL;
	for (; b < end; b++)
		h = (h ^ *b) * 0x100000001b3ULL;
	return mix64(h);
}

enum dedup_answer
dedup_seen(struct dedup *d, const struct aud_packet *p, uint64_t window_ns)
{
	uint16_t id = (uint16_t)(p->bits & AUD_PKT_V6 ? 0 : p->ip[4] << 8 | p->ip[5]);
	uint64_t print = fingerprint(p, id);
	struct dedup_slot *s = &d->slots[print % DEDUP_SLOTS];
	uint64_t apart = p->ts_ns > s->ts_ns ? p->ts_ns - s->ts_ns : s->ts_ns - p->ts_ns;
	bool same = s->print == print && apart <= window_ns;
	bool moved = s->vlans != p->vlans || s->ttl != p->ttl;

	*s = (struct dedup_slot){print, p->ts_ns, p->vlans, p->ttl};
	if (!same)
		return DEDUP_NEW;
	/* RFC 6864: an identification is not used twice within a packet's lifetime, but atomic datagrams may all say 0. */
	if (id || moved || (p->proto == TCP ? p->iplen > p->payload || p->tcp_flags & (TCP_SYN | TCP_FIN) : p->iplen > p->payload))
		return DEDUP_COPY;
	return DEDUP_MAYBE;
}
