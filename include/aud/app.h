/*
 * What a flow is: nDPI's protocol numbers, and the few of ours that nDPI lacks.
 */
#ifndef AUD_APP_H
#define AUD_APP_H

#include <stdint.h>

enum aud_app_by { AUD_BY_NONE, AUD_BY_PORT, AUD_BY_DPI, AUD_BY_OWN };

/* Numbers above nDPI's own; names in classify/app.c. */
enum aud_app_own {
	AUD_APP_SSRP = 0x400,	/* SQL Server Resolution Protocol, MC-SQLR */
	AUD_APP_FRAMED_MEDIA,	/* RTP, RTCP or STUN framed by two length bytes over TCP, RFC 4571 */
	AUD_APP_PSEUDO_TLS,	/* the TLS-like preamble of MS-TURN over TCP 443 */
	AUD_APP_NAT_KEEPALIVE,	/* nothing but keep-alives of a NAT on UDP 4500, RFC 3948 section 2.3 */
};

struct aud_app {
	uint16_t master, sub;	/* as ndpi_protocol's master_protocol and app_protocol; 0 unknown */
	uint8_t by;		/* enum aud_app_by */
};

/* Bits that our own parsers saw; facts, never guesses. */
enum aud_fact {
	AUD_FACT_TLS_RECORD = 1 << 0,		/* well-formed TLS records, start not seen */
	AUD_FACT_TLS_HELLO = 1 << 1,		/* a ClientHello was parsed */
	AUD_FACT_TLS_SERVER = 1 << 2,		/* a ServerHello was parsed: tls_version is the negotiated one */
	AUD_FACT_CERT_REQUEST = 1 << 3,		/* server asked for a client certificate (TLS <= 1.2) */
	AUD_FACT_CLIENT_CERT = 1 << 4,		/* client sent a certificate that is not empty (TLS <= 1.2) */
	/*
	 * The handshake came to its end without one, or with an empty one (TLS <= 1.2), and no second one, which is
	 * encrypted and may ask for one, was begun in the first segments after it (16 long ones, more of short ones).
	 */
	AUD_FACT_CLIENT_NOCERT = 1 << 5,
	AUD_FACT_TLS13 = 1 << 6,		/* TLS 1.3: certificates are encrypted, cannot tell */
	AUD_FACT_RESUMED = 1 << 7,		/* session resumed: no certificates on the wire, cannot tell */
	AUD_FACT_SIP_CLEAR = 1 << 8,		/* SIP start line readable */
	AUD_FACT_HTTP_CLEAR = 1 << 9,		/* HTTP request or status line readable */
	AUD_FACT_MEDIA = 1 << 10,		/* STUN, RTP or RTCP recognised */
	AUD_FACT_ISAKMP = 1 << 11,		/* IKE header, on 500 or behind the non-ESP marker on 4500 */
	AUD_FACT_ESP_UDP = 1 << 12,		/* ESP in UDP (RFC 3948) */
	AUD_FACT_TLS_ALERT = 1 << 13,		/* a fatal alert ended the handshake */
	AUD_FACT_TLS_GAP = 1 << 14,		/* certificates cannot be told: handshake not seen whole, or a second one */
	/* The handshake came to its end: both sides changed cipher (TLS <= 1.2), or the server answered the client's data. */
	AUD_FACT_TLS_DONE = 1 << 15,
	/* Of a conversation: before its first packet the server told this client its port, by the endpoint mapper or by SQL Browser. */
	AUD_FACT_TOLD_RPC = 1 << 17,
	AUD_FACT_TOLD_SQL = 1 << 18,
	AUD_FACT_NOT_TLS = 1 << 16,		/* after a hello, bytes that are no TLS record; the app is theirs, or unknown */
};

#endif
