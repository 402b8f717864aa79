/* DEFLATE: RFC 1951, 3.2. Names of fields are the RFC's. */
#include <string.h>

#include "inflate.h"

enum { LITERALS = 288, DISTANCES = 30, LENGTHS = 29, CODE_LENGTHS = 19, BITS_MAX = 15, END_OF_BLOCK = 256 };

struct stream {
	struct aud_view in;
	uint32_t hold; /* bits read but not yet used, the next one lowest */
	unsigned held;
	bool ended; /* more bits were asked for than there are */
	uint8_t *out;
	size_t n, max;
};

/* A prefix code as 3.2.2 defines it: codes of one length are consecutive, in the order of their symbols. */
struct code {
	uint16_t count[BITS_MAX + 1];
	uint16_t symbol[LITERALS];
};

static uint32_t
bits(struct stream *s, unsigned n)
{
	uint32_t value;
	uint8_t b;

	while (s->held < n) {
		if (!view_u8(&s->in, &b)) {
			s->ended = true;
			return 0;
		}
		s->hold |= (uint32_t)b << s->held;
		s->held += 8;
	}
	value = s->hold & ((1u << n) - 1);
	s->hold >>= n;
	s->held -= n;
	return value;
}

static bool
make(struct code *c, const uint8_t *length, size_t n)
{
	uint16_t at[BITS_MAX + 2] = {0};
	uint32_t used = 0;

	memset(c, 0, sizeof *c);
	for (size_t i = 0; i < n; i++)
		c->count[length[i]]++;
	c->count[0] = 0;
	for (unsigned l = 1; l <= BITS_MAX; l++) {
		at[l + 1] = (uint16_t)(at[l] + c->count[l]);
		used += (uint32_t)c->count[l] << (BITS_MAX - l);
	}
	for (size_t i = 0; i < n; i++)
		if (length[i])
			c->symbol[at[length[i]]++] = (uint16_t)i;
	return used <= 1u << BITS_MAX;
}

/* -1: no symbol has these bits. */
static int
symbol(struct stream *s, const struct code *c)
{
	uint32_t value = 0, smallest = 0, before = 0;

	for (unsigned l = 1; l <= BITS_MAX; l++) {
		value = value << 1 | bits(s, 1);
		smallest <<= 1;
		if (value - smallest < c->count[l])
			return s->ended ? -1 : c->symbol[before + value - smallest];
		before += c->count[l];
		smallest += c->count[l];
	}
	return -1;
}

static bool
stored(struct stream *s)
{
	struct aud_view bytes;
	uint8_t head[4];

	/* From the next whole byte on; fewer than eight bits are held. */
	s->hold = s->held = 0;
	for (int i = 0; i < 4; i++)
		if (!view_u8(&s->in, &head[i]))
			return false;
	if ((le16(head) ^ le16(head + 2)) != 0xffff || !view_cut(&s->in, le16(head), &bytes) ||
	    view_left(&bytes) > s->max - s->n)
		return false;
	if (view_left(&bytes))
		memcpy(s->out + s->n, bytes.p, view_left(&bytes));
	s->n += view_left(&bytes);
	return true;
}

/* 3.2.5: a length and a distance back. */
static bool
repeat(struct stream *s, const struct code *distances, unsigned sym)
{
	static const uint16_t base[LENGTHS] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59,
	    67, 83, 99, 115, 131, 163, 195, 227, 258};
	static const uint8_t extra[LENGTHS] = {
	    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
	size_t len, distance;
	unsigned more;
	int d;

	if (sym >= LENGTHS)
		return false;
	len = base[sym] + bits(s, extra[sym]);
	d = symbol(s, distances);
	if (d < 0 || d >= DISTANCES)
		return false;
	more = d < 4 ? 0 : (unsigned)d / 2 - 1;
	distance = (d < 4 ? (size_t)d : (size_t)(2 + d % 2) << more) + 1 + bits(s, more);
	if (s->ended || distance > s->n || len > s->max - s->n)
		return false;
	for (; len; len--, s->n++)
		s->out[s->n] = s->out[s->n - distance];
	return true;
}

static bool
compressed(struct stream *s, const struct code *literals, const struct code *distances)
{
	for (;;) {
		int sym = symbol(s, literals);

		if (sym == END_OF_BLOCK)
			return true;
		if (sym < 0)
			return false;
		if (sym > END_OF_BLOCK) {
			if (!repeat(s, distances, (unsigned)sym - END_OF_BLOCK - 1))
				return false;
		} else if (s->n < s->max) {
			s->out[s->n++] = (uint8_t)sym;
		} else {
			return false;
		}
	}
}

/* 3.2.6 */
static bool
fixed(struct stream *s)
{
	uint8_t length[LITERALS];
	struct code literals, distances;

	memset(length, 8, 144);
	memset(length + 144, 9, 112);
	memset(length + 256, 7, 24);
	memset(length + 280, 8, 8);
	if (!make(&literals, length, LITERALS))
		return false;
	memset(length, 5, DISTANCES);
	return make(&distances, length, DISTANCES) && compressed(s, &literals, &distances);
}

/* 3.2.7: the lengths of the codes are coded themselves. */
static bool
dynamic(struct stream *s)
{
	static const uint8_t order[CODE_LENGTHS] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
	uint8_t length[LITERALS + 32] = {0};
	size_t hlit = bits(s, 5) + 257, hdist = bits(s, 5) + 1, hclen = bits(s, 4) + 4, n = 0;
	struct code lengths, literals, distances;

	if (hlit > 286 || hdist > DISTANCES)
		return false;
	for (size_t i = 0; i < hclen; i++)
		length[order[i]] = (uint8_t)bits(s, 3);
	if (!make(&lengths, length, CODE_LENGTHS))
		return false;
	memset(length, 0, sizeof length);
	while (n < hlit + hdist) {
		int sym = symbol(s, &lengths);
		size_t times = 1;
		uint8_t value = (uint8_t)sym;

		if (sym < 0 || (sym == 16 && n == 0))
			return false;
		if (sym >= 16) {
			value = sym == 16 ? length[n - 1] : 0;
			times = sym == 16 ? 3 + bits(s, 2) : sym == 17 ? 3 + bits(s, 3) : 11 + bits(s, 7);
		}
		if (times > hlit + hdist - n)
			return false;
		memset(length + n, value, times);
		n += times;
	}
	return make(&literals, length, hlit) && make(&distances, length + hlit, hdist) &&
	       compressed(s, &literals, &distances);
}

bool
unpack_deflate(struct aud_view in, uint8_t *out, size_t max, size_t *n)
{
	struct stream s = {.in = in, .out = out, .max = max};
	bool last, ok;

	do {
		last = bits(&s, 1);
		switch (bits(&s, 2)) {
		case 0: ok = stored(&s); break;
		case 1: ok = fixed(&s); break;
		case 2: ok = dynamic(&s); break;
		default: ok = false; break;
		}
	} while (ok && !last && !s.ended);
	*n = s.n;
	return ok && !s.ended;
}
