#include "dedup.h"
#include "key.h"

enum { TCP = 6, TCP_FIN = 1, TCP_SYN = 2 };
#define K1 0x9e3779b97f4a7c15ULL
#define K2 0xd6e8feb86659fd93ULL

static uint16_t
identification(const struct aud_packet *p)
{
	return (uint16_t)(p->bits & AUD_PKT_V6 ? 0 : p->ip[4] << 8 | p->ip[5]);
}

/* n bytes, 16 at a time; the last ones overlap those before them rather than go one by one. No piece waits for the one before it. */
static uint64_t
hash_bytes(uint64_t h, const uint8_t *b, size_t n)
{
	const uint8_t *end = b + n;
	uint64_t sum = h, k = K1;

	for (; end - b > 16; b += 16, k += K2)
		sum += mum64(load64(b) ^ h, load64(b + 8) ^ k);
	if (n >= 16)
		return sum + mum64(load64(end - 16) ^ h, load64(end - 8) ^ k);
	if (n >= 8)
		return sum + mum64(load64(b) ^ h, load64(end - 8) ^ k);
	for (; b < end; b++)
		sum = (sum ^ *b) * K1;
	return sum;
}

/* From the first transport byte to DEDUP_PREFIX bytes of payload. */
uint64_t
dedup_print(const struct aud_packet *p)
{
	uint64_t h = (uint64_t)identification(p) << 48 | (uint64_t)p->proto << 40 | p->iplen;
	size_t from = p->l4, to = (size_t)p->payload + DEDUP_PREFIX;

	if (p->bits & AUD_PKT_LATER) {	/* the fragment's offset stands in for the transport header */
		to = from + DEDUP_PREFIX;
		if (!(p->bits & AUD_PKT_V6))
			h ^= (uint64_t)load32(p->ip + 4) << 8;
		else if (from >= 48)	/* RFC 8200 4.5: the fragment header is the last one before the fragment */
			from -= 8;
	}
	if (to > p->caplen)
		to = p->caplen;
	if (from > to)
		from = to;
	if (p->bits & AUD_PKT_V6)
		h = hash_bytes(h, p->ip + 8, 32);
	else
		h ^= mum64(load64(p->ip + 12) ^ K1, h ^ K2);
	return mum64(hash_bytes(h, p->ip + from, to - from) ^ K1, (to - from) ^ K2);
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
static inline struct dedup_slot
put_first(struct dedup_slot set[DEDUP_WAYS], struct dedup_slot s)
{
	struct dedup_slot old = set[DEDUP_WAYS - 1];
	int same = DEDUP_WAYS - 1;

	_Static_assert(DEDUP_WAYS == 4, "each is named");
	if ((set[0].print != s.print) & (set[1].print != s.print) & (set[2].print != s.print)) {	/* as nearly always */
		set[3] = set[2];
		set[2] = set[1];
		set[1] = set[0];
		set[0] = s;
		return old;
	}
	while (set[same].print != s.print)
		same--;
	old = set[same];
	for (; same; same--)
		set[same] = set[same - 1];
	set[0] = s;
	return old;
}

enum dedup_answer
dedup_seen(struct dedup *d, const struct aud_packet *p, uint64_t print, uint64_t window_ns)
{
	uint32_t now = (uint32_t)(p->ts_ns >> 10), apart, window = (uint32_t)(window_ns >> 10) + 1;
	uint64_t seen = (uint64_t)now << 32 | (uint32_t)p->vlans << 8 | p->ttl;
	struct dedup_slot old = put_first(d->slots[set_of(print)], (struct dedup_slot){print, seen});
	bool data = p->iplen > p->payload;

	if (old.print != print)
		return DEDUP_NEW;
	apart = now - (uint32_t)(old.seen >> 32);
	if ((int32_t)apart < 0)
		apart = -apart;
	if (apart > window)
		return DEDUP_NEW;
	/*
	 * RFC 6864: an identification is not used twice within a packet's lifetime, but atomic datagrams may all say 0. A TCP segment with
	 * data or a SYN is not repeated so soon; a datagram may be, though hardly back to back.
	 */
	if (identification(p) || (uint32_t)old.seen != (uint32_t)seen)
		return DEDUP_COPY;
	if (p->proto == TCP)
		return data || p->tcp_flags & (TCP_SYN | TCP_FIN) ? DEDUP_COPY : DEDUP_MAYBE;
	return data && apart <= window / 10 ? DEDUP_COPY : DEDUP_MAYBE;
}
