#include <string.h>

#include "fragment.h"
#include "key.h"

/* RFC 791 bounds reassembly at about a minute; an identification that comes back later is another datagram. */
#define LIFETIME_NS UINT64_C(60000000000)

static void
fragment_key(const struct aud_packet *p, uint64_t key[2])
{
	uint64_t a, b;

	if (p->bits & AUD_PKT_V6) {
		a = fold_v6(p->ip + 8, 0);
		b = fold_v6(p->ip + 24, 0);
	} else {
		a = load32(p->ip + 12);
		b = load32(p->ip + 16);
	}
	/* Next header differs between first and later fragments of IPv6 with further extension headers: left out there. */
	uint64_t rest = (uint64_t)p->frag_id << 16 | (p->bits & AUD_PKT_V6 ? 0x100u : p->ip[9]);
	key[0] = mix64(a * 0x9e3779b97f4a7c15ULL + b) ^ rest;
	key[1] = mix64(b * 0xc2b2ae3d27d4eb4fULL + a + rest) | 1;
}

static struct fragment_known *
find(struct fragments *t, const uint64_t key[2], uint64_t ts_ns)
{
	struct fragment_known *set = t->known[mix64(key[0]) % FRAGMENT_SETS];

	for (int i = 0; i < FRAGMENT_WAYS; i++)
		if (set[i].key[0] == key[0] && set[i].key[1] == key[1] &&
		    (ts_ns < set[i].ts_ns || ts_ns - set[i].ts_ns <= LIFETIME_NS))
			return &set[i];
	return NULL;
}

void
fragment_first(struct fragments *t, const struct aud_packet *p)
{
	uint64_t key[2];
	struct fragment_known *k, *set;

	fragment_key(p, key);
	k = find(t, key, p->ts_ns);
	if (!k) {
		set = t->known[mix64(key[0]) % FRAGMENT_SETS];
		k = &set[0];
		for (int i = 1; i < FRAGMENT_WAYS; i++)
			if (set[i].ts_ns < k->ts_ns)
				k = &set[i];
	}
	*k = (struct fragment_known){{key[0], key[1]}, p->ts_ns, p->sport, p->dport, p->proto};
}

bool
fragment_later(struct fragments *t, struct aud_packet *p)
{
	uint64_t key[2];
	const struct fragment_known *k;

	fragment_key(p, key);
	k = find(t, key, p->ts_ns);
	if (!k)
		return false;
	p->sport = k->sport;
	p->dport = k->dport;
	p->proto = k->proto;
	return true;
}

static void
copy_out(const struct fragment_held *h, struct fragment_held *out)
{
	*out = *h;
	out->packet.ip = out->header;
}

bool
fragment_hold(struct fragments *t, const struct aud_packet *p, struct fragment_held *out)
{
	bool full = t->nheld == FRAGMENT_HELD;
	struct fragment_held *h;

	if (full) {
		copy_out(&t->held[0], out);
		memmove(&t->held[0], &t->held[1], (FRAGMENT_HELD - 1) * sizeof t->held[0]);
		t->nheld--;
		for (size_t i = 0; i < t->nheld; i++)
			t->held[i].packet.ip = t->held[i].header;
	}
	h = &t->held[t->nheld++];
	fragment_key(p, h->key);
	h->packet = *p;
	memset(h->header, 0, sizeof h->header);
	if (p->bits & AUD_PKT_V6) {
		/* Other extension headers between the two are left out; nobody asks for them any more. */
		memcpy(h->header, p->ip, 40);
		if (p->l4 >= 48)
			memcpy(h->header + 40, p->ip + p->l4 - 8, 8);
		h->packet.l4 = 48;
	} else {
		memcpy(h->header, p->ip, 20);
		h->packet.l4 = 20;
	}
	h->packet.ip = h->header;
	if (h->packet.caplen > h->packet.l4)
		h->packet.caplen = h->packet.l4;
	return full;
}

bool
fragment_take(struct fragments *t, const struct aud_packet *first, struct fragment_held *out)
{
	uint64_t key[2] = {0, 0};

	if (!t->nheld)
		return false;
	if (first)
		fragment_key(first, key);
	for (size_t i = 0; i < t->nheld; i++) {
		if (first && (t->held[i].key[0] != key[0] || t->held[i].key[1] != key[1]))
			continue;
		copy_out(&t->held[i], out);
		if (first) {
			out->packet.sport = first->sport;
			out->packet.dport = first->dport;
			out->packet.proto = first->proto;
		}
		memmove(&t->held[i], &t->held[i + 1], (t->nheld - i - 1) * sizeof t->held[0]);
		t->nheld--;
		for (size_t k = i; k < t->nheld; k++)
			t->held[k].packet.ip = t->held[k].header;
		return true;
	}
	return false;
}
