/*
 * Stage 2, decode, inside: a frame is walked header by header until no IP header follows any more.
 *
 * Each layer takes its bytes as a struct part and returns whether an IP packet came of them. A layer that finds none
 * leaves in walk.miss why, and the IP header outside of it, if there is one, becomes the packet.
 */
#ifndef DECODE_H
#define DECODE_H

#include <aud/packet.h>
#include <view.h>

enum {
	DEPTH_MAX = 32,	  /* headers that may nest in one frame */
	TUNNELS_MAX = 16, /* tunnels among them */
	LAYER_TEXT = 192,
	REASON_TEXT = 64,
};

/* What a layer is given. */
struct part {
	struct aud_view v;
	uint32_t more; /* bytes that were sent behind v.end but not captured */
};

enum layer {
	L_LINK,
	L_ETHERNET,
	L_LLC,
	L_SNAP,
	L_MPLS,
	L_PPP,
	L_HDLC,
	L_PPPOE,
	L_MACSEC,
	L_WLAN,
	L_FRELAY,
	L_ARCNET,
	L_NULL,
	L_IP4,
	L_IP6,
	L_TUNNEL,
	L_TCP,
	L_UDP,
	L_SCTP,
	L_ICMP,
	L_IPCOMP,
	L_COUNT
};

enum why {
	WHY_TRUNCATED, /* the captured bytes end inside the header */
	WHY_VERSION,
	WHY_HEADER_LENGTH,
	WHY_LENGTH,
	WHY_DEPTH,
	WHY_ENCRYPTED,
	WHY_COMPRESSED,
	WHY_FRAGMENT,
	WHY_TYPE, /* what follows is told by a number, miss.type */
	WHY_LINK_TYPE,
	WHY_PORTS, /* the packet stands, its ports do not */
	WHY_FULL,  /* lines that found no room */
};

struct miss {
	uint8_t layer, why;
	bool defect;
	uint16_t tunnel; /* inside which */
	uint32_t type;
};

enum tunnel {
	T_GRE,
	T_ERSPAN1,
	T_ERSPAN2,
	T_ERSPAN3,
	T_VXLAN,
	T_VXLAN_GPE,
	T_GENEVE,
	T_IPIP,
	T_6IN4,
	T_4IN6,
	T_6IN6,
	T_TEREDO,
	T_GTPU,
	T_L2TP,
	T_EOMPLS,
	T_PBB,
	T_ETHERIP,
	T_MPLS,
	T_TZSP,
	T_CAPWAP,
	T_ESP_NULL,
	T_WESP,
	T_COUNT
};
extern const char *const tunnel_names[T_COUNT];

/* One frame on its way. */
struct walk {
	struct aud_decoder *d;
	struct aud_packet *out; /* two */
	unsigned n;		/* how many of them are filled */
	unsigned depth, tunnels;
	uint16_t vlans, tunnel;
	uint16_t clear;		/* AUD_PKT_CLEAR where the walk began inside ESP */
	const uint8_t *ah;	/* the last IP header before out[0] that an authentication header follows */
	struct miss miss;
};

typedef bool layer_fn(struct walk *, struct part);

/* miss.c: why there is no packet; all return false. */
bool miss(struct walk *, enum layer, enum why);
bool miss_type(struct walk *, enum layer, uint32_t type);
/* One header more; false and missed where that is one too many. */
bool deeper(struct walk *, enum layer);
const char *miss_type_name(enum layer, uint32_t type); /* NULL: not known */
void miss_text(const struct miss *, const char *tunnel, char layer[LAYER_TEXT], char reason[REASON_TEXT]);
const char *link_name(unsigned dlt); /* NULL: not known */

/* books.c: lines of counts. */
struct books;
struct books *books_new(void);
void books_free(struct books *);
void books_add(struct books *, const struct miss *, const struct aud_frame *, const char *tunnel);
const struct aud_decode_count *books_sorted(struct books *, size_t *n);

/* stack.c: stacks of small numbers as ids, the text of each made once. */
struct stacks;
struct stacks *stacks_new(const char *const *names, char separator); /* names NULL: the numbers themselves */
void stacks_free(struct stacks *);
uint16_t stacks_push(struct stacks *, uint16_t stack, uint16_t item);
const char *stacks_text(const struct stacks *, uint16_t stack);

/* decode.c. A line in the books for a packet that stands nevertheless. */
void note(struct walk *, enum layer, uint16_t tunnel, enum why);
void push_vlan(struct walk *, uint16_t vid);
/*
 * Room of OUT_MAX bytes for a packet that is being made. keep() copies one for as long as the decoder lives; NULL where
 * that would be too many bytes in all.
 */
enum { OUT_MAX = 65535 };
uint8_t *scratch(struct walk *);
/* One more payload may be unpacked: most that look compressed are encrypted, and each try costs as much as many frames. */
bool may_unpack(struct walk *);
const uint8_t *keep(struct walk *, const uint8_t *, size_t n);
bool push_tunnel(struct walk *, enum tunnel);

/* link.c, wlan.c, ether.c, ppp.c */
bool link_layer(struct walk *, struct part, uint16_t dlt);
layer_fn ethernet, wlan, wlan_swapped, radiotap, avs_or_prism, ppi, ppp, ppp_hdlc, pppoe, mpls, llc, snap, cisco_hdlc;
bool ethertype(struct walk *, struct part, uint16_t type);

/* ip4.c, ip6.c, l4.c, tunnel.c */
layer_fn ip4, ip6; /* ip4 takes either version */
/*
 * Fills q of an IP header, quoted or not, and moves x behind it (IPv6: and its extension headers) to what *proto is; x
 * then ends where the packet does. False where there is no such header: *why.
 */
bool ip4_header(struct part *x, struct aud_packet *q, uint8_t *proto, enum why *why);
bool ip6_header(struct part *x, struct aud_packet *q, uint8_t *proto, enum why *why);
/* Looks through authentication headers (RFC 4302). */
void through_ah(struct part *x, struct aud_packet *q, uint8_t *proto);
/* What IP carries; q goes out unless a packet inside it does. */
bool upper(struct walk *w, struct aud_packet *q, struct part x, uint8_t proto);
/* IPComp around an IP packet: false where it cannot be had. */
bool ipcomp(struct walk *w, struct part x, bool in6);
/* These return false where there is no tunnel, or no packet in it. */
bool tunnel_ip(struct walk *w, struct part x, uint8_t proto, bool in6);
bool tunnel_udp(struct walk *w, struct part x, uint16_t sport, uint16_t dport);

/* RFC 3947, RFC 9329: IKE, and ESP in UDP and in TCP. */
static inline bool
ike_ports(uint8_t proto, uint16_t sport, uint16_t dport)
{
	enum { TCP = 6, IKE = 500, NAT = 4500 };

	return sport == NAT || dport == NAT || (proto != TCP && (sport == IKE || dport == IKE));
}

enum { PORT_WORDS = 64 };
void tunnel_ports(uint64_t bits[PORT_WORDS]); /* sets a bit for each port of tunnel_udp(), see maybe_tunnel() */
static inline bool
maybe_tunnel(const uint64_t bits[PORT_WORDS], uint16_t port)
{
	return bits[port / 64 % PORT_WORDS] >> port % 64 & 1;
}

static inline bool
part_skip(struct part *x, size_t n)
{
	return view_skip(&x->v, n);
}

/* At most n bytes as sent: what follows them is none of the layer's. */
static inline struct part
part_head(struct part x, uint32_t n)
{
	size_t left = view_left(&x.v);

	if (n <= left)
		return (struct part){{x.v.p, x.v.p + n}, 0};
	if (n - left < x.more)
		x.more = (uint32_t)(n - left);
	return x;
}

#endif
