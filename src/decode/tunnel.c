/*
 * Tunnels, one function each. GRE: RFC 2784, 2890, RFC 1701 (routing), RFC 2637 (version 1, PPTP); ERSPAN:
 * draft-foschiano-erspan; VXLAN: RFC 7348, 5, and its generic protocol extension: draft-ietf-nvo3-vxlan-gpe; GENEVE:
 * RFC 8926, 3.4; Teredo: RFC 4380, 5.1.1; GTP-U: 3GPP TS 29.281, 5.1; L2TP: RFC 2661, 3.1; IP in IP: RFC 2003, RFC
 * 4213, RFC 2473; EtherIP: RFC 3378; MPLS in IP: RFC 4023, in UDP: RFC 7510. IPComp: RFC 3173, RFC 2394. TZSP is known
 * from what its senders emit. CAPWAP: RFC 5415, 4.3.
 *
 * Those on a UDP port are believed only as far as their fixed bits are right; else the datagram is just that.
 */
#include <string.h>

#include "decode.h"
#include "inflate.h"

const char *const tunnel_names[T_COUNT] = {
    [T_GRE] = "gre",
    [T_ERSPAN1] = "erspan1",
    [T_ERSPAN2] = "erspan2",
    [T_ERSPAN3] = "erspan3",
    [T_VXLAN] = "vxlan",
    [T_VXLAN_GPE] = "vxlan-gpe",
    [T_GENEVE] = "geneve",
    [T_IPIP] = "ipip",
    [T_6IN4] = "6in4",
    [T_4IN6] = "4in6",
    [T_6IN6] = "6in6",
    [T_TEREDO] = "teredo",
    [T_GTPU] = "gtp-u",
    [T_L2TP] = "l2tp",
    [T_EOMPLS] = "eompls",
    [T_PBB] = "pbb",
    [T_ETHERIP] = "etherip",
    [T_MPLS] = "mpls",
    [T_TZSP] = "tzsp",
    [T_CAPWAP] = "capwap",
    [T_ESP_NULL] = "esp-null",
    [T_WESP] = "wesp",
};

/* Type I has no header of its own, type II eight bytes (GRE then has a sequence number), type III twelve and maybe
 * eight more. */
static bool
erspan(struct walk *w, struct part x, bool third, bool sequence)
{
	enum { PLATFORM = 1 };
	const uint8_t *p = x.v.p;

	if (!third && !sequence)
		return push_tunnel(w, T_ERSPAN1) && ethernet(w, x);
	if (!push_tunnel(w, third ? T_ERSPAN3 : T_ERSPAN2))
		return false;
	if (!part_skip(&x, third ? 12 : 8))
		return miss(w, L_TUNNEL, WHY_TRUNCATED);
	if (p[0] >> 4 != (third ? 2 : 1))
		return miss(w, L_TUNNEL, WHY_VERSION);
	if (!third)
		return ethernet(w, x);
	if (p[11] & PLATFORM && !part_skip(&x, 8))
		return miss(w, L_TUNNEL, WHY_TRUNCATED);
	switch (p[10] >> 2 & 0x1f) { /* frame type */
	case 0: return ethernet(w, x);
	case 2: return ip4(w, x);
	}
	return miss_type(w, L_TUNNEL, p[10] >> 2 & 0x1f);
}

/* RFC 1701: address family, offset, length, and that many bytes; family 0 with length 0 ends the list. */
static bool
gre_routes(struct part *x)
{
	uint16_t family;
	uint8_t len;

	do {
		if (!view_be16(&x->v, &family) || !view_skip(&x->v, 1) || !view_u8(&x->v, &len) ||
		    !view_skip(&x->v, len))
			return false;
	} while (len);
	return true;
}

static bool
gre(struct walk *w, struct part x)
{
	enum { CHECKSUM = 0x8000, ROUTING = 0x4000, KEY = 0x2000, SEQUENCE = 0x1000, ACK = 0x0080, VERSION = 7 };
	enum { ERSPAN2 = 0x88be, ERSPAN3 = 0x22eb, PPP = 0x880b, WCCP = 0x883e, KEEPALIVE = 0 };
	uint16_t flags, type;
	size_t options;

	if (!view_be16(&x.v, &flags) || !view_be16(&x.v, &type))
		return miss(w, L_TUNNEL, WHY_TRUNCATED);
	options = (flags & (CHECKSUM | ROUTING) ? 4u : 0u) + (flags & KEY ? 4u : 0u) + (flags & SEQUENCE ? 4u : 0u);
	if ((flags & VERSION) == 1)
		options = 4u + (flags & SEQUENCE ? 4u : 0u) + (flags & ACK ? 4u : 0u);
	else if (flags & VERSION)
		return miss(w, L_TUNNEL, WHY_VERSION);
	if (!part_skip(&x, options) || ((flags & ROUTING) && !gre_routes(&x)))
		return miss(w, L_TUNNEL, WHY_TRUNCATED);
	if (type == ERSPAN2 || type == ERSPAN3)
		return erspan(w, x, type == ERSPAN3, flags & SEQUENCE);
	/* A keepalive, or the bare acknowledgment of PPTP: nothing inside, and no defect. */
	if (view_left(&x.v) + x.more == 0 || type == KEEPALIVE)
		return false;
	if (!push_tunnel(w, T_GRE))
		return false;
	if (type == WCCP) {
		/* Version 2 has a redirect header before the packet, which cannot begin with a 4. */
		if (view_left(&x.v) && *x.v.p >> 4 != 4)
			part_skip(&x, 4);
		return ip4(w, x);
	}
	return type == PPP ? ppp_hdlc(w, x) : ethertype(w, x, type);
}

static bool
etherip(struct walk *w, struct part x)
{
	uint16_t version;

	if (!push_tunnel(w, T_ETHERIP))
		return false;
	if (!view_be16(&x.v, &version))
		return miss(w, L_TUNNEL, WHY_TRUNCATED);
	return version >> 12 == 3 ? ethernet(w, x) : miss(w, L_TUNNEL, WHY_VERSION);
}

bool
tunnel_ip(struct walk *w, struct part x, uint8_t proto, bool in6)
{
	enum { IPIP = 4, IPV6 = 41, GRE = 47, ETHERIP = 97, MPLS = 137, ETHERNET = 143 };

	switch (proto) {
	case IPIP: return push_tunnel(w, in6 ? T_4IN6 : T_IPIP) && ip4(w, x);
	case IPV6: return push_tunnel(w, in6 ? T_6IN6 : T_6IN4) && ip6(w, x);
	case GRE: return gre(w, x);
	case ETHERIP: return etherip(w, x);
	case MPLS: return push_tunnel(w, T_MPLS) && mpls(w, x);
	}
	return false;
}

/*
 * RFC 3173, 3.1: next header, flags, compression parameter index. DEFLATE has index 2, or one that was agreed on: what
 * comes out must be one IP packet to its last byte, else it was something else.
 */
bool
ipcomp(struct walk *w, struct part x, bool in6)
{
	enum { IPIP = 4, IPV6 = 41, DEFLATE = 2, NEGOTIATED = 256 };
	/* An authentication header around it is copied as well, since its reader goes back from the packet to it. */
	const uint8_t *ah = w->ah;
	size_t head = ah ? (size_t)(x.v.p - ah) : 0;
	uint8_t *out = scratch(w) + head;
	struct aud_view v = x.v;
	const uint8_t *kept;
	uint8_t next, flags;
	uint16_t cpi;
	size_t n;

	if (x.more || head > UINT8_MAX || !view_u8(&v, &next) || !view_u8(&v, &flags) || !view_be16(&v, &cpi))
		return false;
	if ((next != IPIP && next != IPV6) || (cpi != DEFLATE && cpi < NEGOTIATED) || !may_unpack(w) ||
	    !unpack_deflate(v, out, OUT_MAX - head, &n))
		return false;
	if (next == IPIP ? n < 20 || be16(out + 2) != n : n < 40 || be16(out + 4) + 40u != n)
		return false;
	if (head)
		memcpy(out - head, ah, head);
	if (!(kept = keep(w, out - head, head + n)))
		return false;
	w->ah = head ? kept : NULL;
	if (tunnel_ip(w, (struct part){view_of(kept + head, n), 0}, next, in6))
		return true;
	w->ah = ah;
	return false;
}

static bool
vxlan(struct walk *w, struct part x)
{
	enum { HAS_VNI = 0x08 };
	const uint8_t *p = x.v.p;

	if (!part_skip(&x, 8) || !(p[0] & HAS_VNI))
		return false;
	return push_tunnel(w, T_VXLAN) && ethernet(w, x);
}

static bool
vxlan_gpe(struct walk *w, struct part x)
{
	enum { HAS_NEXT = 0x04 };
	const uint8_t *p = x.v.p;

	if (!part_skip(&x, 8) || p[0] & 0xc0 || !(p[0] & HAS_NEXT) || !push_tunnel(w, T_VXLAN_GPE))
		return false;
	switch (p[3]) {
	case 1: return ip4(w, x);
	case 2: return ip6(w, x);
	case 3: return ethernet(w, x);
	case 5: return mpls(w, x);
	}
	return miss_type(w, L_TUNNEL, p[3]);
}

static bool
geneve(struct walk *w, struct part x)
{
	const uint8_t *p = x.v.p;

	/* Version 0, options in units of four bytes. */
	if (view_left(&x.v) < 8 || p[0] >> 6 || !part_skip(&x, 8 + (p[0] & 0x3fu) * 4))
		return false;
	return push_tunnel(w, T_GENEVE) && ethertype(w, x, be16(p + 2));
}

/* RFC 4380, 5.1.1: authentication and origin indications may stand before the packet. */
static bool
teredo(struct walk *w, struct part x)
{
	const uint8_t *p = x.v.p;

	if (view_left(&x.v) >= 4 && be16(p) == 0x0001 && !part_skip(&x, 4u + p[2] + p[3] + 8u + 1u))
		return false;
	p = x.v.p;
	if (view_left(&x.v) >= 2 && be16(p) == 0x0000 && !part_skip(&x, 8))
		return false;
	if (view_left(&x.v) < 40 || *x.v.p >> 4 != 6)
		return false;
	return push_tunnel(w, T_TEREDO) && ip6(w, x);
}

/* TS 29.281, 5.1 and 5.2: version 1, GTP (not GTP'), a T-PDU; extension headers in units of four bytes end with type 0.
 */
static bool
gtp_u(struct walk *w, struct part x)
{
	enum { VERSION_PT = 0xf0, TPDU = 0xff, EXTENSION = 4, OPTIONAL = 7 };
	const uint8_t *p = x.v.p;
	uint8_t next = 0, units;

	if (!part_skip(&x, 8) || (p[0] & VERSION_PT) != 0x30 || p[1] != TPDU)
		return false;
	if (p[0] & OPTIONAL) {
		if (!part_skip(&x, 4))
			return false;
		next = p[0] & EXTENSION ? p[11] : 0;
	}
	while (next) {
		if (!view_u8(&x.v, &units) || units == 0 || !part_skip(&x, units * 4u - 2) || !view_u8(&x.v, &next))
			return false;
	}
	if (view_left(&x.v) < 1 || (*x.v.p >> 4 != 4 && *x.v.p >> 4 != 6))
		return false;
	return push_tunnel(w, T_GTPU) && ip4(w, x);
}

/* RFC 2661, 3.1: version 2, a data message. What version 3 carries was agreed on elsewhere, so it is not looked into.
 */
static bool
l2tp(struct walk *w, struct part x)
{
	enum { CONTROL = 0x8000, LENGTH = 0x4000, SEQUENCE = 0x0800, OFFSET = 0x0200, VERSION = 0x000f };
	uint16_t flags, offset = 0;

	if (!view_be16(&x.v, &flags) || flags & CONTROL || (flags & VERSION) != 2)
		return false;
	if (!part_skip(&x, 4u + (flags & LENGTH ? 2u : 0u) + (flags & SEQUENCE ? 4u : 0u)))
		return false;
	if (flags & OFFSET && (!view_be16(&x.v, &offset) || !part_skip(&x, offset)))
		return false;
	return push_tunnel(w, T_L2TP) && ppp_hdlc(w, x);
}

/* Version 1, type 0 (received) or 1; tags end with type 1, type 0 is padding. */
static bool
tzsp(struct walk *w, struct part x)
{
	enum { PADDING = 0, END = 1, ETHERNET = 1, WLAN = 18 };
	const uint8_t *p = x.v.p;
	uint8_t tag, len;

	if (!part_skip(&x, 4) || p[0] != 1 || p[1] > 1)
		return false;
	do {
		if (!view_u8(&x.v, &tag))
			return false;
		if (tag != PADDING && tag != END && (!view_u8(&x.v, &len) || !part_skip(&x, len)))
			return false;
	} while (tag != END);
	if (be16(p + 2) != ETHERNET && be16(p + 2) != WLAN)
		return false;
	return push_tunnel(w, T_TZSP) && (be16(p + 2) == ETHERNET ? ethernet(w, x) : wlan(w, x));
}

/* RFC 5415, 4.3: 802.3 frames, or those of the radio's own kind, of which 802.11 is number 1. Fragments are left alone.
 */
static bool
capwap(struct walk *w, struct part x)
{
	enum { NATIVE = 0x0100, FRAGMENT = 0x0080, KEEPALIVE = 0x0008 };
	const uint8_t *p = x.v.p;
	uint32_t bits;

	if (view_left(&x.v) < 8 || p[0] != 0)
		return false;
	bits = be24(p + 1);
	if (bits & (FRAGMENT | KEEPALIVE) || bits >> 19 < 2 || !part_skip(&x, (bits >> 19) * 4))
		return false;
	if (bits & NATIVE && (bits >> 9 & 0x1f) != 1)
		return false;
	return push_tunnel(w, T_CAPWAP) && (bits & NATIVE ? wlan_swapped(w, x) : ethernet(w, x));
}

static bool
mpls_udp(struct walk *w, struct part x)
{
	return push_tunnel(w, T_MPLS) && mpls(w, x);
}

static const struct {
	uint16_t port;
	layer_fn *fn;
} ports[] = {
    {4789, vxlan},
    {6081, geneve},
    {3544, teredo},
    {2152, gtp_u},
    {1701, l2tp},
    {37008, tzsp},
    {4790, vxlan_gpe},
    {5247, capwap},
    {6635, mpls_udp},
};

void
tunnel_ports(uint64_t bits[PORT_WORDS])
{
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
		bits[ports[i].port / 64 % PORT_WORDS] |= (uint64_t)1 << ports[i].port % 64;
}

bool
tunnel_udp(struct walk *w, struct part x, uint16_t sport, uint16_t dport)
{
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
		if (ports[i].port == dport || ports[i].port == sport)
			return ports[i].fn(w, x);
	return false;
}
