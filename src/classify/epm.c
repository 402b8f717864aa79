/*
 * The RPC endpoint mapper on TCP 135: which ports its answers name. PDUs: C706 chapter 12, MS-RPCE section 2.2.2; ept_map and
 * its answer: C706 appendix O; towers: C706 appendix L; the wide transfer syntax, which Windows prefers: MS-RPCE section 2.2.5.
 *
 * Only answers to ept_map that lie whole in one segment and one fragment are read; of what is sealed nothing is known. The interface
 * that was bound need not have been seen: an operation of this number that is answered by towers is ept_map.
 */
#include <string.h>

#include "own.h"

enum { RPC_VERSION = 5, REQUEST = 0, RESPONSE = 2, FIRST_AND_LAST = 3, HEADER = 16, EPT_MAP = 3, LITTLE = 1 };
enum { FLOOR_UUID = 0x0d, FLOOR_CONNECTION = 0x0b, FLOOR_TCP = 0x07, FLOOR_IP = 0x09, FLOORS = 5, UUID_FLOOR = 19, TOWERS_MAX = 500 };

struct pdu {
	struct aud_view body;	/* behind the common header */
	uint32_t call;
	uint8_t type;
	bool little;
};

/* The next PDU of a segment; false: none that is whole. */
static bool
next_pdu(struct aud_view *v, struct pdu *out)
{
	struct aud_view whole;
	uint16_t length;

	if (view_left(v) < HEADER || v->p[0] != RPC_VERSION || v->p[1] > 1 || (v->p[4] & 0xf0) > LITTLE << 4)
		return false;
	out->little = v->p[4] >> 4 == LITTLE;
	length = out->little ? le16(v->p + 8) : be16(v->p + 8);
	out->type = v->p[2];
	/* A fragment alone is none of ours, but what follows it may be. */
	if ((v->p[3] & FIRST_AND_LAST) != FIRST_AND_LAST)
		out->type = UINT8_MAX;
	out->call = out->little ? le32(v->p + 12) : be32(v->p + 12);
	return length >= HEADER && view_cut(v, length, &whole) && view_skip(&whole, HEADER) && (out->body = whole, true);
}

static bool
number(struct aud_view *v, bool little, bool wide, uint32_t *out)
{
	uint32_t high = 0;

	if (view_left(v) < (wide ? 8 : 4))
		return false;
	*out = little ? le32(v->p) : be32(v->p + (wide ? 4 : 0));
	if (wide)
		high = little ? le32(v->p + 4) : be32(v->p);
	v->p += wide ? 8 : 4;
	return !high;
}

/* Both sides of a floor; their lengths are little-endian whatever the PDU is. */
static bool
floor_cut(struct aud_view *v, struct aud_view *left, struct aud_view *right)
{
	uint16_t n;

	if (view_left(v) < 2)
		return false;
	n = le16(v->p);
	if (!view_skip(v, 2) || !view_cut(v, n, left) || view_left(left) < 1 || view_left(v) < 2)
		return false;
	n = le16(v->p);
	return view_skip(v, 2) && view_cut(v, n, right);
}

/* The port of a tower of RPC over TCP; 0: it is another, or none. */
static uint16_t
tower_port(struct aud_view v, uint32_t *address)
{
	static const uint8_t want[FLOORS] = {FLOOR_UUID, FLOOR_UUID, FLOOR_CONNECTION, FLOOR_TCP};
	struct aud_view left, right;
	uint16_t port = 0;

	*address = 0;
	if (view_left(&v) < 2 || le16(v.p) != FLOORS || !view_skip(&v, 2))
		return 0;
	for (int i = 0; i < FLOORS; i++) {
		if (!floor_cut(&v, &left, &right) || (want[i] && left.p[0] != want[i]))
			return 0;
		if (want[i] == FLOOR_UUID && (view_left(&left) != UUID_FLOOR || view_left(&right) != 2))
			return 0;
		if (want[i] == FLOOR_TCP) {
			if (view_left(&left) != 1 || view_left(&right) != 2)
				return 0;
			port = be16(right.p);
		}
		if (i == FLOORS - 1 && left.p[0] == FLOOR_IP && view_left(&right) == 4)
			*address = be32(right.p);
	}
	return port;
}

static void
tell(struct found *out, uint16_t port, uint32_t address)
{
	for (unsigned i = 0; i < out->ntold; i++)
		if (out->told[i] == port && out->told_at[i] == address)
			return;
	if (port && out->ntold < TOLD_PORTS) {
		out->told_at[out->ntold] = address;
		out->told[out->ntold++] = port;
	}
}

/* What stands behind the head of a response; wide: 8 bytes for counts and pointers. */
static bool
towers(struct aud_view v, bool little, bool wide, struct found *out)
{
	const uint8_t *begin = v.p;
	uint32_t n, max, offset, actual, size, length, filled = 0;
	struct aud_view tower;

	/* The handle of the enquiry, and how many there are; then the array. */
	if (!view_skip(&v, 20) || !number(&v, little, false, &n) || !number(&v, little, wide, &max) || !number(&v, little, wide, &offset) ||
	    !number(&v, little, wide, &actual) || !n || n > TOWERS_MAX || actual != n || offset || max < n)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t pointer;

		/* A pointer may be any number but 0. */
		if (view_left(&v) < (wide ? 8 : 4))
			return false;
		pointer = le32(v.p) | (wide ? le32(v.p + 4) : 0);
		filled += pointer != 0;
		view_skip(&v, wide ? 8 : 4);
	}
	for (uint32_t i = 0; i < filled; i++) {
		uint32_t address;
		uint16_t port;
		size_t align = wide ? 8 : 4, past = (size_t)(v.p - begin) % align;

		if ((past && !view_skip(&v, align - past)) || !number(&v, little, wide, &size) || !number(&v, little, false, &length) ||
		    size != length || !view_cut(&v, length, &tower))
			return false;
		port = tower_port(tower, &address);
		tell(out, port, address);
	}
	return true;
}

void
epm_segment(struct own *o, struct aud_view v, int side, struct found *out)
{
	const uint16_t mine = side ? OWN_ASKED1 : OWN_ASKED0, theirs = side ? OWN_ASKED0 : OWN_ASKED1;
	struct pdu u;

	while (next_pdu(&v, &u)) {
		if (u.type == REQUEST && view_left(&u.body) >= 8) {
			uint16_t operation = u.little ? le16(u.body.p + 6) : be16(u.body.p + 6);

			o->bits &= (uint16_t)~(OWN_ASKED0 | OWN_ASKED1);
			if (operation != EPT_MAP)
				continue;
			o->bits |= mine;
			o->call = u.call;
			out->client = (int8_t)side;
		} else if (u.type == RESPONSE && o->bits & theirs && u.call == o->call && view_skip(&u.body, 8)) {
			struct found told = {.told_fact = AUD_FACT_TOLD_RPC};

			if (!towers(u.body, u.little, false, &told)) {
				told.ntold = 0;
				if (!towers(u.body, u.little, true, &told))
					continue;
			}
			out->told_fact = told.told_fact;
			for (unsigned i = 0; i < told.ntold; i++)
				tell(out, told.told[i], told.told_at[i]);
		}
	}
}
