#include "dedup.h"
#include "key.h"

enum { TCP = 6, TCP_FIN = 1, TCP_SYN = 2 };

static uint16_t
identification(const struct aud_packet *p)
{
	return (uint16_t)(p->bits & AUD_PKT_V6 ? 0 : p->ip[4] << 8 | p->ip[5]);
}

/* The last bytes of n, fewer than 8 of which are left; where there are as many, 8 of which the first were taken already. */
static uint64_t
tail(const uint8_t *b, const uint8_t *end, size_t n)
{
	uint64_t h = 0;

	if (n >= 8)
		return load64(end - 8);
	while (b < end)
		h = h << 8 | *b++;
	return h;
}

/* From the first transport byte to DEDUP_PREFIX bytes of payload. */
uint64_t
dedup_print(const struct aud_packet *p)
{
	const uint8_t *b = p->ip + p->l4, *end;
	uint64_t h = (uint64_t)identification(p) << 32 | (uint32_t)p->sport << 16 | p->dport;
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
	h = (h ^ (uint64_t)p->proto << 48) * 0x9e3779b97f4a7c15ULL;
	if (p->bits & AUD_PKT_V6)
		h ^= fold_v6(p->ip + 8, 1) + fold_v6(p->ip + 24, 2);
	else
		h ^= load64(p->ip + 12);
	h = (h ^ h >> 29 ^ p->iplen) * 0x9e3779b97f4a7c15ULL;
	for (end = b + (to - from); end - b >= 8; b += 8)
		h = (h ^ load64(b) ^ h >> 31) * 0x9e3779b97f4a7c15ULL;
	if (b < end)
		h = (h ^ tail(b, end, to - from)) * 0x9e3779b97f4a7c15ULL;
	return mix64(h);
}

static size_t
set_of(uint64_t print)
{
	return (size_t)(print >> 40) % DEDUP_SETS;
}

void
dedup_prefetch(const struct dedup *d, uint64_t print)
{
	__builtin_prefetch(d->slots[set_of(print)], 1);
}

/* Puts the slot in front of its set; what gives way, the same fingerprint or else the oldest, is returned. */
static struct dedup_slot
put_first(struct dedup_slot set[DEDUP_WAYS], struct dedup_slot s)
{
	struct dedup_slot old = set[0];
	int i;

	set[0] = s;
	for (i = 1; i < DEDUP_WAYS && old.print != s.print; i++) {
		struct dedup_slot next = set[i];
		set[i] = old;
		old = next;
	}
	return old;
}

enum dedup_answer
dedup_seen(struct dedup *d, const struct aud_packet *p, uint64_t print, uint64_t window_ns)
{
	uint32_t now = (uint32_t)(p->ts_ns >> 10), apart, window = (uint32_t)(window_ns >> 10) + 1;
	struct dedup_slot old = put_first(d->slots[set_of(print)], (struct dedup_slot){print, now, p->vlans, p->ttl});
	bool data = p->iplen > p->payload;

	apart = now - old.when;
	if ((int32_t)apart < 0)
		apart = -apart;
	if (old.print != print || apart > window)
		return DEDUP_NEW;
	/*
	 * RFC 6864: an identification is not used twice within a packet's lifetime, but atomic datagrams may all say 0. A TCP segment with
	 * data or a SYN is not repeated so soon; a datagram may be, though hardly back to back.
	 */
	if (identification(p) || old.vlans != p->vlans || old.ttl != p->ttl)
		return DEDUP_COPY;
	if (p->proto == TCP)
		return data || p->tcp_flags & (TCP_SYN | TCP_FIN) ? DEDUP_COPY : DEDUP_MAYBE;
	return data && apart <= window / 10 ? DEDUP_COPY : DEDUP_MAYBE;
}
