/* Link types, one line each: the header that libpcap's description of DLT_ names (pcap-linktype(7)), then what follows
 * it. */
#include "decode.h"

/* By the address family, in either byte order; the families of IPv6 differ from system to system. */
static bool
loopback(struct walk *w, struct part x)
{
	const uint8_t *p = x.v.p;
	uint32_t family;

	if (!part_skip(&x, 4))
		return miss(w, L_NULL, WHY_TRUNCATED);
	family = be32(p);
	if (family >> 16 == 0xff03) { /* PPP, on some systems */
		x.v.p = p;
		return ppp_hdlc(w, x);
	}
	if (family > 0xffff)
		family = le32(p);
	switch (family) {
	case 2: return ip4(w, x);
	case 10: /* Linux */
	case 24: /* NetBSD, OpenBSD, BSD/OS */
	case 26: /* Solaris */
	case 28: /* FreeBSD, DragonFly */
	case 30: /* Darwin */ return ip6(w, x);
	}
	if (family >= 0x600 && family <= 0xffff)
		return ethertype(w, x, (uint16_t)family);
	return miss_type(w, L_NULL, family);
}

/* LINKTYPE_LINUX_SLL: protocol types below 0x600 are the kernel's own. */
static bool
cooked(struct walk *w, struct part x, uint16_t device, uint16_t type)
{
	enum { ARPHRD_NETLINK = 824, ARPHRD_RADIOTAP = 803, ARPHRD_WLAN = 801, NOVELL = 1, LLC = 4 };

	switch (device) {
	case ARPHRD_WLAN: return wlan(w, x);
	case ARPHRD_RADIOTAP: return radiotap(w, x);
	case ARPHRD_NETLINK: return miss_type(w, L_LINK, type);
	}
	if (type == LLC)
		return llc(w, x);
	if (type < 0x600)
		return miss_type(w, L_LINK, type);
	return ethertype(w, x, type);
}

static bool
sll(struct walk *w, struct part x)
{
	const uint8_t *p = x.v.p;

	return part_skip(&x, 16) ? cooked(w, x, be16(p + 2), be16(p + 14)) : miss(w, L_LINK, WHY_TRUNCATED);
}

static bool
sll2(struct walk *w, struct part x)
{
	const uint8_t *p = x.v.p;

	return part_skip(&x, 20) ? cooked(w, x, be16(p + 8), be16(p)) : miss(w, L_LINK, WHY_TRUNCATED);
}

/* RFC 2427: Q.922 address of two to four bytes, control, NLPID. Cisco's own form has an EtherType at once. */
static bool
frame_relay(struct walk *w, struct part x)
{
	enum { LAST = 1, UI = 0x03 };
	uint8_t b, nlpid;
	uint16_t type;

	if (!deeper(w, L_FRELAY))
		return false;
	do
		if (!view_u8(&x.v, &b))
			return miss(w, L_FRELAY, WHY_TRUNCATED);
	while (!(b & LAST));
	if (view_left(&x.v) < 2)
		return miss(w, L_FRELAY, WHY_TRUNCATED);
	if (*x.v.p != UI) {
		type = be16(x.v.p);
		x.v.p += 2;
		return ethertype(w, x, type);
	}
	x.v.p++;
	if (*x.v.p == 0) /* a pad, so that what follows is aligned */
		x.v.p++;
	if (!view_u8(&x.v, &nlpid))
		return miss(w, L_FRELAY, WHY_TRUNCATED);
	switch (nlpid) {
	case 0xcc: return ip4(w, x);
	case 0x8e: return ip6(w, x);
	case 0xcf: return ppp(w, x);
	case 0x80: return snap(w, x);
	}
	return miss_type(w, L_FRELAY, nlpid);
}

/* RFC 1201, and RFC 1051, whose frames have no fragment header. Linux puts an offset between addresses and type. */
static bool
arcnet_rest(struct walk *w, struct part x)
{
	enum { IP_1051 = 240, ARP_1051 = 241, IP_1201 = 212, IP6 = 196, EXCEPTION = 0xff };
	uint8_t code, split;

	if (!view_u8(&x.v, &code))
		return miss(w, L_ARCNET, WHY_TRUNCATED);
	if (code == IP_1051)
		return ip4(w, x);
	if (code != IP_1201 && code != IP6)
		return miss_type(w, L_ARCNET, code);
	if (!view_u8(&x.v, &split))
		return miss(w, L_ARCNET, WHY_TRUNCATED);
	if (split == EXCEPTION && !part_skip(&x, 4))
		return miss(w, L_ARCNET, WHY_TRUNCATED);
	if (!part_skip(&x, 2))
		return miss(w, L_ARCNET, WHY_TRUNCATED);
	if (split != EXCEPTION && split > 1 && !(split & 1))
		return miss(w, L_ARCNET, WHY_FRAGMENT);
	return code == IP6 ? ip6(w, x) : ip4(w, x);
}

static bool
arcnet(struct walk *w, struct part x)
{
	return part_skip(&x, 2) ? arcnet_rest(w, x) : miss(w, L_ARCNET, WHY_TRUNCATED);
}

static bool
arcnet_linux(struct walk *w, struct part x)
{
	return part_skip(&x, 4) ? arcnet_rest(w, x) : miss(w, L_ARCNET, WHY_TRUNCATED);
}

/* LINKTYPE_NFLOG: values of type 9 hold the packet; lengths are the host's, which is little-endian wherever one was
 * seen. */
static bool
nflog(struct walk *w, struct part x)
{
	enum { PAYLOAD = 9 };

	if (!part_skip(&x, 4))
		return miss(w, L_LINK, WHY_TRUNCATED);
	while (view_left(&x.v) >= 4) {
		uint16_t len = le16(x.v.p), type = le16(x.v.p + 2) & 0x7fff;

		if (len < 4)
			return miss(w, L_LINK, WHY_LENGTH);
		if (type == PAYLOAD) {
			x.v.p += 4;
			return ip4(w, part_head(x, len - 4u));
		}
		if (!part_skip(&x, (len + 3u) & ~3u))
			break;
	}
	return miss(w, L_LINK, WHY_TRUNCATED);
}

/* OpenBSD's log: a length, padded to four bytes. */
static bool
pflog(struct walk *w, struct part x)
{
	uint8_t len;

	if (!view_u8(&x.v, &len) || !part_skip(&x, ((len + 3u) & ~3u) - (len ? 1u : 0u)))
		return miss(w, L_LINK, WHY_TRUNCATED);
	return ip4(w, x);
}

/* DARWIN's: length, record type, then the link type that follows. */
static bool
pktap(struct walk *w, struct part x)
{
	const uint8_t *p = x.v.p;
	uint32_t len, dlt;

	if (!deeper(w, L_LINK))
		return false;
	if (view_left(&x.v) < 12)
		return miss(w, L_LINK, WHY_TRUNCATED);
	len = le32(p);
	dlt = le32(p + 8);
	if (len < 12)
		return miss(w, L_LINK, WHY_HEADER_LENGTH);
	if (!part_skip(&x, len))
		return miss(w, L_LINK, WHY_TRUNCATED);
	return link_layer(w, x, dlt > UINT16_MAX ? UINT16_MAX : (uint16_t)dlt);
}

/* IEEE 802.5: a source address with its top bit set is followed by a route, whose length is in its first byte. */
static bool
token_ring(struct walk *w, struct part x)
{
	const uint8_t *p = x.v.p;
	bool routed;

	if (!part_skip(&x, 14))
		return miss(w, L_LINK, WHY_TRUNCATED);
	routed = p[8] & 0x80;
	if (routed && (view_left(&x.v) < 2 || !part_skip(&x, *x.v.p & 0x1f)))
		return miss(w, L_LINK, WHY_TRUNCATED);
	return llc(w, x);
}

/* A header of fixed length, then always the same. */
struct fixed {
	uint16_t dlt, skip;
	layer_fn *fn;
};

static const struct fixed links[] = {
    {1, 0, ethernet},
    {113, 0, sll},
    {276, 0, sll2},
    {12, 0, ip4},
    {13, 0, ip4},
    {14, 0, ip4},
    {101, 0, ip4},
    {228, 0, ip4},
    {229, 0, ip6},
    {0, 0, loopback},
    {108, 0, loopback},
    {105, 0, wlan},
    {127, 0, radiotap},
    {119, 0, avs_or_prism},
    {163, 0, avs_or_prism},
    {192, 0, ppi},
    {9, 0, ppp_hdlc},
    {50, 0, ppp_hdlc},
    {51, 0, pppoe},
    {204, 1, ppp_hdlc},
    {166, 1, ppp_hdlc},
    {104, 0, cisco_hdlc},
    {205, 1, cisco_hdlc},
    {107, 0, frame_relay},
    {206, 1, frame_relay},
    {219, 0, mpls},
    {239, 0, nflog},
    {117, 0, pflog},
    {109, 12, ip4},
    {258, 0, pktap},
    {6, 0, token_ring},
    {10, 13, llc},
    {11, 0, llc},
    {122, 16, llc},
    {129, 0, arcnet_linux},
    {7, 0, arcnet},
    {8, 16, ip4},
    {240, 4, ethernet},
    {241, 12, ethernet},
    {274, 8, ethernet},
};

bool
link_layer(struct walk *w, struct part x, uint16_t dlt)
{
	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		if (links[i].dlt != dlt)
			continue;
		return part_skip(&x, links[i].skip) ? links[i].fn(w, x) : miss(w, L_LINK, WHY_TRUNCATED);
	}
	w->miss = (struct miss){L_LINK, WHY_LINK_TYPE, true, w->tunnel, dlt};
	return false;
}
