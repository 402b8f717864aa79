/*
 * What an EtherType leads to. Ethernet: IEEE 802.3 3.2 and 802.3 LLC/SNAP: IEEE 802 9.2, RFC 1042. Tags: IEEE
 * 802.1Q 9.5, 802.1ah, 802.1BR, 802.1AE 9.3; MPLS: RFC 3032, RFC 4385 (control word), RFC 4448 (Ethernet over MPLS).
 */
#include "decode.h"

enum {
	ETHER_HEAD = 14,
	LENGTH_MAX = 1500, /* at most this: a length, not an EtherType */
	TYPE_MIN = 0x0600,
};

static bool
is_length(uint16_t type)
{
	return type < TYPE_MIN;
}

/* A length and 802.2, or an EtherType: what stands behind two addresses or a tag. */
static bool
type_or_length(struct walk *w, struct part x, uint16_t type)
{
	if (!is_length(type))
		return ethertype(w, x, type);
	if (type > LENGTH_MAX)
		return miss_type(w, L_ETHERNET, type);
	return llc(w, part_head(x, type));
}

bool
ethernet(struct walk *w, struct part x)
{
	uint16_t type;

	if (!deeper(w, L_ETHERNET))
		return false;
	if (!part_skip(&x, ETHER_HEAD - 2) || !view_be16(&x.v, &type))
		return miss(w, L_ETHERNET, WHY_TRUNCATED);
	return type_or_length(w, x, type);
}

/* IEEE 802.1Q 9.5: priority 3 bits, drop eligible 1, VLAN 12. */
static bool
vlan(struct walk *w, struct part x)
{
	uint16_t tci, type;

	if (!view_be16(&x.v, &tci) || !view_be16(&x.v, &type))
		return miss(w, L_ETHERNET, WHY_TRUNCATED);
	push_vlan(w, tci & 0x0fff);
	return type_or_length(w, x, type);
}

/* IEEE 802.1Q 9.7 (802.1ah): a service instance tag, then the customer's whole frame. */
static bool
pbb(struct walk *w, struct part x)
{
	if (!part_skip(&x, 4))
		return miss(w, L_ETHERNET, WHY_TRUNCATED);
	return push_tunnel(w, T_PBB) && ethernet(w, x);
}

/* Cisco metadata with a security group tag: version, number of options, options of four bytes each. */
static bool
cmd(struct walk *w, struct part x)
{
	uint8_t version, options;
	uint16_t type;

	if (!view_u8(&x.v, &version) || !view_u8(&x.v, &options) || !part_skip(&x, options * 4u) ||
	    !view_be16(&x.v, &type))
		return miss(w, L_ETHERNET, WHY_TRUNCATED);
	return type_or_length(w, x, type);
}

/* VN-Tag; HSR (IEC 62439-3): four bytes, then the type. */
static bool
tag4(struct walk *w, struct part x)
{
	uint16_t type;

	if (!part_skip(&x, 4) || !view_be16(&x.v, &type))
		return miss(w, L_ETHERNET, WHY_TRUNCATED);
	return type_or_length(w, x, type);
}

/* Cisco FabricPath: forwarding tag and time to live, then the whole frame of the edge. */
static bool
fabricpath(struct walk *w, struct part x)
{
	if (!part_skip(&x, 2))
		return miss(w, L_ETHERNET, WHY_TRUNCATED);
	return ethernet(w, x);
}

/* IEEE 802.1BR 7.5: E-TAG. */
static bool
etag(struct walk *w, struct part x)
{
	uint16_t type;

	if (!part_skip(&x, 6) || !view_be16(&x.v, &type))
		return miss(w, L_ETHERNET, WHY_TRUNCATED);
	return type_or_length(w, x, type);
}

/* IEEE 802.1AE 9.3: SecTAG; what is only authenticated is in clear, an ICV of 16 bytes behind it. */
static bool
macsec(struct walk *w, struct part x)
{
	enum { SC = 0x20, E = 0x08, C = 0x04 };
	uint8_t tci;
	uint16_t type;

	if (!view_u8(&x.v, &tci) || !part_skip(&x, tci & SC ? 13 : 5))
		return miss(w, L_MACSEC, WHY_TRUNCATED);
	if (tci & (E | C))
		return miss(w, L_MACSEC, WHY_ENCRYPTED);
	if (!view_be16(&x.v, &type))
		return miss(w, L_MACSEC, WHY_TRUNCATED);
	return type_or_length(w, x, type);
}

/* Whether an Ethernet header with IP, a tag or another known type stands here. */
static bool
looks_ethernet(struct part x)
{
	const uint8_t *p = x.v.p;
	uint16_t type;

	if (view_left(&x.v) < ETHER_HEAD)
		return false;
	type = be16(p + 12);
	if (type == 0x0800 || type == 0x86dd)
		return view_left(&x.v) > ETHER_HEAD && p[14] >> 4 == (type == 0x0800 ? 4 : 6);
	if (is_length(type))
		return type >= 3 && type <= view_left(&x.v) - ETHER_HEAD + x.more;
	return type == 0x8100 || type == 0x88a8 || type == 0x8847 || type == 0x8863 || type == 0x8864 ||
	       miss_type_name(L_ETHERNET, type);
}

/* No label tells what is below the stack (RFC 3032, 2.2): the first nibble does (RFC 4928), and for Ethernet its own
 * type. */
static bool
below_mpls(struct walk *w, struct part x)
{
	struct part behind = x;
	uint8_t nibble;

	if (view_left(&x.v) < 1)
		return miss(w, L_MPLS, WHY_TRUNCATED);
	nibble = *x.v.p >> 4;
	if ((nibble == 4 || nibble == 6) && !looks_ethernet(x))
		return nibble == 4 ? ip4(w, x) : ip6(w, x);
	if (looks_ethernet(x))
		return push_tunnel(w, T_EOMPLS) && ethernet(w, x);
	if (nibble == 0 && part_skip(&behind, 4) && looks_ethernet(behind))
		return push_tunnel(w, T_EOMPLS) && ethernet(w, behind);
	/* The associated channel (RFC 4385, 5) may hold IP. */
	if (nibble == 1 && part_skip(&behind, 4) && (be16(x.v.p + 2) == 0x0021 || be16(x.v.p + 2) == 0x0057))
		return ip4(w, behind);
	return miss_type(w, L_MPLS, nibble);
}

bool
mpls(struct walk *w, struct part x)
{
	enum { BOTTOM = 0x100 };
	uint32_t entry;

	do {
		if (!deeper(w, L_MPLS))
			return false;
		if (!view_be32(&x.v, &entry))
			return miss(w, L_MPLS, WHY_TRUNCATED);
	} while (!(entry & BOTTOM));
	switch (entry >> 12) {
	case 0: return ip4(w, x); /* explicit null (RFC 3032, 2.1) */
	case 2: return ip6(w, x);
	}
	return below_mpls(w, x);
}

static const struct {
	uint16_t type;
	layer_fn *fn;
} types[] = {
    {0x0800, ip4},
    {0x86dd, ip6},
    {0x8100, vlan},
    {0x88a8, vlan},
    {0x9100, vlan},
    {0x9200, vlan},
    {0x8847, mpls},
    {0x8848, mpls},
    {0x8864, pppoe},
    {0x88e7, pbb},
    {0x8909, cmd},
    {0x880b, ppp_hdlc},
    {0x6558, ethernet},
    {0x88e5, macsec},
    {0x892f, tag4},
    {0x8926, tag4},
    {0x893f, etag},
    {0x8903, fabricpath},
};

bool
ethertype(struct walk *w, struct part x, uint16_t type)
{
	if (!deeper(w, L_ETHERNET))
		return false;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].type == type)
			return types[i].fn(w, x);
	return miss_type(w, L_ETHERNET, type);
}

/* IEEE 802 9.2: OUI and protocol. RFC 1042: OUI 0 means an EtherType; RFC 2684: bridged frames. */
bool
snap(struct walk *w, struct part x)
{
	uint32_t oui;
	uint16_t type;

	if (!view_be24(&x.v, &oui) || !view_be16(&x.v, &type))
		return miss(w, L_SNAP, WHY_TRUNCATED);
	switch (oui) {
	case 0x000000:
	case 0x0000f8: return ethertype(w, x, type);
	case 0x0080c2:
		if (type == 1 || type == 7)
			return ethernet(w, x);
		break;
	}
	return miss_type(w, L_SNAP, (oui & 0xffff) << 16 | type);
}

/* IEEE 802.2: destination and source SAP, control. */
bool
llc(struct walk *w, struct part x)
{
	enum { SAP_IP = 0x06, SAP_SNAP = 0xaa, UI = 0x03 };
	uint8_t dsap, ssap, control;

	if (!deeper(w, L_LLC))
		return false;
	if (!view_u8(&x.v, &dsap) || !view_u8(&x.v, &ssap))
		return miss(w, L_LLC, WHY_TRUNCATED);
	if (dsap == 0xff && ssap == 0xff)
		return miss_type(w, L_LLC, dsap);
	if (!view_u8(&x.v, &control))
		return miss(w, L_LLC, WHY_TRUNCATED);
	if (control == UI && dsap == SAP_SNAP && (ssap & 0xfe) == SAP_SNAP)
		return snap(w, x);
	if (control == UI && dsap == SAP_IP)
		return ip4(w, x);
	return miss_type(w, L_LLC, dsap);
}
