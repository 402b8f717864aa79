/*
 * Stage 2, decode: struct aud_frame -> struct aud_packet, the innermost IP packet of a frame.
 *
 * One cache line, so that a batch of packets stays in the first-level cache; headers are read in place through ip.
 * Ownership: ip points into the frame's block and dies with it, or, where a payload had to be unpacked (IPComp), into the decoder.
 */
#ifndef AUD_PACKET_H
#define AUD_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "err.h"
#include "frame.h"

enum aud_packet_bit {
	AUD_PKT_V6 = 1 << 0,
	AUD_PKT_FRAGMENT = 1 << 1,	/* any fragment, the first included */
	AUD_PKT_LATER = 1 << 2,		/* not the first fragment: no ports here */
	AUD_PKT_MORE = 1 << 3,		/* more fragments follow */
	AUD_PKT_AH = 1 << 4,		/* an authentication header was looked through (RFC 4302), of this header or of one around it */
	AUD_PKT_SHORT = 1 << 5,		/* captured shorter than the IP total length */
	AUD_PKT_QUOTE = 1 << 6,		/* not a packet: the header that an ICMP error quotes (RFC 792, RFC 4443) */
	AUD_PKT_NOPORTS = 1 << 7,	/* TCP, UDP or SCTP whose ports were not captured */
	AUD_PKT_IPSEC = 1 << 8,		/* ESP, AH or WESP, or a port of IKE (500, 4500): for the IPsec stage */
	AUD_PKT_CLEAR = 1 << 9,		/* an ESP header without encryption was looked through (ESP-NULL, WESP) */
};

struct aud_packet {
	uint64_t ts_ns;
	const uint8_t *ip;	/* innermost IP header */
	uint64_t frame_no;	/* the frame's no: the audit puts the input's index above bit 48 */
	uint32_t caplen;	/* captured bytes from ip on, at most iplen */
	uint32_t iplen;		/* IP total length as sent (jumbo and segmentation offload: the bytes on the wire) */
	uint32_t hash;		/* of the 5-tuple, the same for both directions: filled by the flow stage */
	uint32_t frag_id;	/* identification, where AUD_PKT_FRAGMENT */
	uint16_t sport, dport;	/* host order; 0 where the protocol has none */
	uint16_t l4;		/* offset of the transport header from ip */
	uint16_t payload;	/* offset of the transport payload from ip; == caplen or more: none captured */
	uint16_t vlans;		/* stack of tags: index for aud_decoder_vlans(), 0 none */
	uint16_t tunnel;	/* stack of tunnels: index for aud_decoder_tunnel(), 0 none */
	uint8_t proto;		/* IANA's protocol number of what is at l4 */
	uint8_t tcp_flags;	/* for AUD_PKT_QUOTE: ICMP type */
	uint16_t bits;		/* enum aud_packet_bit */
	uint8_t ttl;		/* for AUD_PKT_QUOTE: ICMP code */
	uint16_t ah_back;	/* AH in tunnel mode: bytes from its IP header to ip; 0 none */
};
_Static_assert(sizeof(struct aud_packet) <= 64, "at most one cache line");

static inline struct aud_addr
aud_packet_src(const struct aud_packet *p)
{
	return p->bits & AUD_PKT_V6 ? aud_addr_v6(p->ip + 8) : aud_addr_v4(p->ip + 12);
}

static inline struct aud_addr
aud_packet_dst(const struct aud_packet *p)
{
	return p->bits & AUD_PKT_V6 ? aud_addr_v6(p->ip + 24) : aud_addr_v4(p->ip + 16);
}

/* Captured transport payload bytes. */
static inline uint32_t
aud_packet_payload_len(const struct aud_packet *p)
{
	return p->caplen > p->payload ? p->caplen - p->payload : 0;
}

/* Transport payload bytes as sent, captured or not. */
static inline uint32_t
aud_packet_payload_sent(const struct aud_packet *p)
{
	return p->iplen > p->payload ? p->iplen - p->payload : 0;
}

struct aud_decoder;

enum aud_code aud_decoder_new(struct aud_decoder **out, struct aud_err *err) AUD_CHECKED;
void aud_decoder_free(struct aud_decoder *);

/*
 * Decodes one frame into out[0..1]. Returns how many: 0 (no IP packet in it, or not decodable: counted by layer and reason),
 * 1, or 2 when an ICMP error quotes a packet (out[1] has AUD_PKT_QUOTE, and its addresses and ports are the quoted ones).
 */
unsigned aud_decode(struct aud_decoder *, const struct aud_frame *, struct aud_packet out[2]);

enum aud_inside { AUD_INSIDE_ESP_NULL, AUD_INSIDE_WESP };
/*
 * Goes on inside a packet that was found to carry clear text: what is of protocol proto (4, 41: IP) at ip + at and ends at ip + end, both
 * captured. Returns as aud_decode() does, 0: there is no packet. Those that come out have AUD_PKT_CLEAR and name what was around them
 * in their stack of tunnels.
 */
unsigned aud_decode_inside(struct aud_decoder *, const struct aud_packet *, enum aud_inside, uint8_t proto, uint16_t at, uint32_t end,
    struct aud_packet out[2]);

/* Of an input that has no end, now and then, while no packet of it lives: gives back the memory of those that were unpacked. */
void aud_decoder_tidy(struct aud_decoder *);

/* One line of the decoder's books. */
struct aud_decode_count {
	const char *layer;	/* "ethernet", "ipv4", "gre", "link type 147 (USER0)" ... */
	const char *reason;	/* "truncated", "bad length", "unknown ethertype 0x88cc (LLDP)" ... */
	bool defect;		/* true: could not be decoded; false: legitimately no IP (ARP, STP ...) */
	uint64_t frames;
	uint64_t first_frame;	/* no of the first such frame */
};

struct aud_decode_stats {
	uint64_t frames, packets, non_ip, undecoded;
	uint64_t fragments, tunneled, quoted, checksum_unchecked;
	const struct aud_decode_count *counts;	/* sorted by layer, then reason; owned by the decoder */
	size_t ncounts;
};
void aud_decoder_stats(struct aud_decoder *, struct aud_decode_stats *out);

/* Text of a stack: "10.20" outer first; "gre/vxlan" outer first. "" for 0. Owned by the decoder. */
const char *aud_decoder_vlans(const struct aud_decoder *, uint16_t id);
const char *aud_decoder_tunnel(const struct aud_decoder *, uint16_t id);
/* The reverse: the id of such a text; 0 where it is none. */
uint16_t aud_decoder_tunnel_id(struct aud_decoder *, const char *text);

#endif
