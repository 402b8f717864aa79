/*
 * Our own parsers: where nDPI is wrong or blind. Each reads bounded views only, and says only what it is certain of.
 *
 * struct own is the state of one undecided flow; it is copied as bytes when the flow changes from one kind of state to
 * another.
 */
#ifndef AUD_OWN_H
#define AUD_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "aud/app.h"
#include "aud/packet.h"
#include "view.h"

enum { TOLD_PORTS = 64 };	/* a SQL Server has at most 50 instances */

/* What the parsers learnt from one packet; added to what is known. */
struct found {
	uint32_t facts;		/* enum aud_fact */
	uint16_t app;		/* 0, nDPI's number or enum aud_app_own */
	uint32_t told_fact;	/* of the ports below: AUD_FACT_TOLD_RPC or AUD_FACT_TOLD_SQL */
	uint8_t ntold;
	uint8_t version;	/* as aud_flow_more.tls_version */
	int8_t client;		/* the side that is the client, -1 not told */
	bool not_tls;		/* facts about TLS that were told are void: it was a TLS-like preamble */
	bool uncertified;	/* this packet shows that the client sends no certificate */
	bool sure;		/* app was read from both sides, or from a message that is nothing else */
	struct aud_view clear;	/* with AUD_FACT_NOT_TLS: the bytes where a record should begin; may be empty */
	uint16_t told[TOLD_PORTS];	/* TCP ports that the sender, a server, told the receiver; as many as ntold are valid */
	uint32_t told_at[TOLD_PORTS];	/* the IPv4 address that the answer names beside the port; 0 none */
};

/* Nothing learnt so far. The lists are long, made for every packet and nearly always empty: they are not cleared. */
static inline void
found_none(struct found *f)
{
	memset(f, 0, offsetof(struct found, told));
	f->client = -1;
}

/* TLS, RFC 5246 section 6.2 and 7.4, RFC 8446 section 4 and 5. One direction of the connection. */
struct tls_side {
	uint32_t next;		/* sequence number of the byte that comes next */
	uint32_t left;		/* of the handshake message */
	uint16_t record;	/* bytes left in the record */
	uint16_t skip;		/* bytes of the message to pass over */
	uint8_t state;		/* enum tls_state */
	uint8_t type;		/* of the record */
	uint8_t message;	/* of the handshake message */
	uint8_t step;		/* in the message, enum hello_step */
	uint8_t have;		/* bytes in buf */
	uint8_t list;		/* bytes left in the list of supported versions */
	uint8_t head;		/* bytes of the record header that were read; all: in its body */
	uint8_t buf[5];
};

struct tls {
	struct tls_side side[2];
	uint32_t held;		/* segments that came too early: handle for the owner of the store, 0 none */
	uint32_t facts;
	uint16_t seen;		/* enum tls_seen */
	uint16_t cipher;
	uint16_t left;		/* patience, as session.c counts it */
	uint8_t version, chosen;	/* offered, then negotiated; of the ServerHello at hand */
	int8_t client;
	uint8_t holding;	/* how many are held */
	bool done;
};

/* RTP, RFC 3550 section 5.1; one direction. */
struct rtp_side {
	uint32_t ssrc;
	uint16_t seq;
	uint16_t good;		/* packets in a row that fit the one before */
};

/* ESP in UDP, RFC 3948 section 2.1; one direction. */
struct esp_side {
	uint32_t spi, seq;
};

enum own_bit {
	OWN_ISN0 = 1 << 0,	/* isn[0] is known */
	OWN_ISN1 = 1 << 1,
	OWN_DATA0 = 1 << 2,	/* payload of side 0 was looked at */
	OWN_DATA1 = 1 << 3,
	OWN_TLS = 1 << 4,	/* the union holds tls */
	OWN_ESP = 1 << 5,	/* ... esp */
	OWN_HTTP = 1 << 6,	/* an HTTP start line came first */
	OWN_STUN = 1 << 7,	/* STUN was seen */
	OWN_NO_MEDIA = 1 << 8,	/* TCP: not framed as RFC 4571 says */
	OWN_PAYLOAD = 1 << 9,	/* some payload was seen, of any side */
	OWN_EARLY = 1 << 10,	/* nDPI had its verdict before there was payload */
	OWN_SURE = 1 << 11,	/* app stands against nDPI's word */
	OWN_NOT_TLS = 1 << 12,	/* it began like TLS, and is not */
	OWN_ASKED0 = 1 << 13,	/* side 0 asked the endpoint mapper for a port, in the call below */
	OWN_ASKED1 = 1 << 14,
	OWN_NAT_OTHER = 1 << 15,	/* UDP 4500: something else than keep-alives was sent */
};

struct own {
	uint32_t isn[2];	/* TCP: first sequence number behind the SYN */
	uint16_t shown;		/* packets, as ndpiReader counts them */
	uint16_t bits;		/* enum own_bit */
	uint16_t app;		/* what our parsers say; 0 nothing */
	uint16_t left;		/* OWN_NOT_TLS: segments that are still looked at */
	uint32_t call;		/* OWN_ASKED0, OWN_ASKED1 */
	union {
		struct tls tls;
		struct rtp_side rtp[2];
		struct esp_side esp[2];
	};
};
_Static_assert(sizeof(struct own) <= 96, "the state of a flow that only our parsers still watch");

struct slab;	/* store of segments that came too early */
size_t held_size(void);	/* of its blocks */

/* Looks at one packet. */
void own_look(struct own *, struct slab *, const struct aud_packet *, int side, struct found *);
/* Would a further packet tell more, now that nDPI has said app? */
bool own_pending(const struct own *, const struct aud_packet *, struct aud_app app, uint32_t facts);
/* The flow ends: what is now certain to be unknown. Gives back what is held. */
void own_end(struct own *, struct slab *, struct found *);
/* nDPI's word and ours, weighed. */
struct aud_app own_weigh(struct aud_app ndpi, const struct own *);

/* A segment of a TCP connection: sent is its length on the wire, v what of it was captured. */
bool tls_begins(struct aud_view v, bool first);
void tls_init(struct tls *);
void tls_segment(struct tls *, struct slab *, int side, uint32_t seq, const uint32_t *isn, struct aud_view v,
    uint32_t sent, struct found *);
void tls_end(struct tls *, struct slab *, struct found *);

/* Hello messages, hello.c: reads on in a message. false: the message is not well-formed. */
bool hello_read(struct tls *, struct tls_side *, struct aud_view *);
bool hello_over(const struct tls_side *);
bool tls_collect(struct tls_side *, struct aud_view *, uint8_t want);

enum start_line { LINE_NONE, LINE_REQUEST, LINE_STATUS };
/* *asks: the sender of this request is the connection's client. */
enum start_line sip_line(struct aud_view, bool *asks);
enum start_line http_line(struct aud_view);

bool ssrp_request(struct aud_view, uint32_t sent);
/* told: the instances' TCP ports. */
bool ssrp_response(struct aud_view, uint32_t sent, struct found *);
/* One segment of a connection to the endpoint mapper. */
void epm_segment(struct own *, struct aud_view, int side, struct found *);

bool stun_message(struct aud_view, uint32_t sent, bool stream);
/* Is the sender of this STUN message the client (1), the server (0), or is it not told (-1)? */
int stun_asks(struct aud_view);
bool turn_channel(struct aud_view, uint32_t sent);

enum rtp { RTP_NO, RTP_MAYBE, RTP_SURE };	/* sure: enough packets in a row fit */
enum rtp rtp_packet(struct rtp_side *, struct aud_view, uint32_t sent);
bool rtcp_packet(struct aud_view, uint32_t sent);
/* One segment that begins with a frame; *fits: all of it looks like frames. */
bool framed_media(struct rtp_side *, struct aud_view, bool *fits);

bool isakmp_message(struct aud_view, uint32_t sent, uint8_t *exchange);
bool esp_packet(struct esp_side *, struct aud_view, uint32_t sent);

/* Which side is the client, by what the first payload of a side says; -1 not told. */
int client_side(const struct aud_packet *, struct aud_view, uint32_t sent, int side);

#endif
