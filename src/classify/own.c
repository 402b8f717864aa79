/* Which of our parsers looks at a packet, and what their word weighs against nDPI's. */
#include <string.h>

#include "own.h"
#include "ndpi.h"
#include "slab.h"

enum {
	TCP = 6, UDP = 17, PORT_EPM = 135, PORT_TURN_TLS = 443, PORT_IKE = 500, PORT_SSRP = 1434, PORT_STUN = 3478, PORT_IKE_NAT = 4500,
	FIRST_USER_PORT = 1024,
	UDP_PACKETS = 24,	/* what our parsers look at; nDPI stops there, too */
	TCP_PACKETS = 16,	/* until the side that nDPI did not wait for has spoken */
	CLEAR_SEGMENTS = 16,	/* after bytes that are no TLS */
	EPM_PACKETS = 256,	/* a client asks for a few ports, and goes */
	SEQ = 4, FLAGS = 13, SYN = 2, RST = 4, TCP_HEADER = 20,
};

static bool
port(const struct aud_packet *p, uint16_t n)
{
	return p->sport == n || p->dport == n;
}

/* Checks of ICE go both ways: who asks is the client only where a port of the service says which one is the server. */
static void
stun_found(struct own *o, const struct aud_packet *p, struct aud_view v, int side, struct found *out)
{
	int asks = stun_asks(v);
	uint16_t server = asks ? p->dport : p->sport;

	o->bits |= OWN_STUN;
	out->facts |= AUD_FACT_MEDIA;
	out->app = DPI_STUN;
	if (asks >= 0 && (server == PORT_STUN || server == PORT_TURN_TLS))
		out->client = (int8_t)(asks ? side : !side);
}

/* UDP 4500 has three users: ESP, IKE behind four zero bytes, and a keep-alive of one byte (RFC 3948 section 2). */
static void
nat_traversal(struct own *o, struct aud_view v, uint32_t sent, int side, struct found *out)
{
	uint8_t exchange;

	if (sent == 1 && view_left(&v) == 1 && *v.p == 0xff) {
		if (!(o->bits & OWN_NAT_OTHER))
			out->app = AUD_APP_NAT_KEEPALIVE;
		return;
	}
	o->bits |= OWN_NAT_OTHER;
	if (o->app == AUD_APP_NAT_KEEPALIVE)
		o->app = 0;
	if (view_left(&v) < 4)
		return;
	if (be32(v.p)) {
		if (!(o->bits & OWN_ESP))
			o->esp[0] = o->esp[1] = (struct esp_side){0};
		o->bits |= OWN_ESP;
		if (esp_packet(&o->esp[side], v, sent)) {
			out->facts |= AUD_FACT_ESP_UDP;
			out->app = DPI_IPSEC;
		}
		return;
	}
	view_skip(&v, 4);
	if (isakmp_message(v, sent - 4, &exchange)) {
		out->facts |= AUD_FACT_ISAKMP;
		out->app = DPI_IPSEC;
	}
}

static void
udp(struct own *o, const struct aud_packet *p, struct aud_view v, uint32_t sent, int side, struct found *out)
{
	uint16_t begun = side ? OWN_DATA1 : OWN_DATA0;
	uint8_t exchange;
	bool asks;

	if (!(o->bits & begun))
		out->client = (int8_t)client_side(p, v, sent, side);
	o->bits |= begun;
	if (port(p, PORT_IKE_NAT) || (view_left(&v) >= 4 && !be32(v.p))) {
		nat_traversal(o, v, sent, side, out);
		if (out->app || o->app == DPI_IPSEC)
			return;
	}
	/* Strict enough for any port: negotiations on media ports are what is looked for. */
	if (isakmp_message(v, sent, &exchange)) {
		out->facts |= AUD_FACT_ISAKMP;
		out->app = DPI_IPSEC;
	} else if (p->dport == PORT_SSRP && ssrp_request(v, sent)) {
		out->app = AUD_APP_SSRP;
		out->client = (int8_t)side;
	} else if (p->sport == PORT_SSRP && ssrp_response(v, sent, out)) {
		out->app = AUD_APP_SSRP;
		out->client = (int8_t)!side;
	} else if (stun_message(v, sent, false)) {
		stun_found(o, p, v, side, out);
	} else if (o->bits & OWN_STUN && turn_channel(v, sent)) {
		out->facts |= AUD_FACT_MEDIA;
		out->app = DPI_STUN;
	} else if (sip_line(v, &asks) != LINE_NONE) {
		out->facts |= AUD_FACT_SIP_CLEAR;
		out->app = DPI_SIP;
	} else if (rtcp_packet(v, sent)) {
		out->facts |= AUD_FACT_MEDIA;
		out->app = DPI_RTCP;
	} else if (!(o->bits & OWN_ESP) && rtp_packet(&o->rtp[side], v, sent) == RTP_SURE) {
		out->facts |= AUD_FACT_MEDIA;
		out->app = DPI_RTP;
	}
}

/* Clear text. first: v begins what its side has to say; a later segment may still begin a SIP message. */
static void
start_line(struct own *o, struct aud_view v, bool first, int side, struct found *out)
{
	enum start_line http;
	bool asks;

	if (sip_line(v, &asks) != LINE_NONE) {
		out->facts |= AUD_FACT_SIP_CLEAR;
		/* What follows HTTP on its connection does not unname it. */
		if (!(o->bits & OWN_HTTP))
			out->app = DPI_SIP;
		if (asks)
			out->client = (int8_t)side;
	} else if (first && (http = http_line(v)) != LINE_NONE) {
		o->bits |= OWN_HTTP;
		out->facts |= AUD_FACT_HTTP_CLEAR;
		out->app = DPI_HTTP;
		out->client = (int8_t)(http == LINE_REQUEST ? side : !side);
	}
}

/* The TLS reader met bytes that are no record: what are they? nDPI looks no more. */
static void
not_tls(struct own *o, int side, struct found *out)
{
	/* RFC 4253 section 4.2 */
	bool ssh = view_left(&out->clear) >= 8 && !memcmp(out->clear.p, "SSH-2.0-", 8);

	o->bits = (uint16_t)((o->bits & ~OWN_TLS) | OWN_NOT_TLS | OWN_NO_MEDIA);
	o->left = CLEAR_SEGMENTS;
	o->app = out->app = 0;
	if (ssh)
		out->app = DPI_SSH;
	else
		start_line(o, out->clear, true, side, out);
}

static void
tcp(struct own *o, struct slab *store, const struct aud_packet *p, struct aud_view v, uint32_t sent, int side,
    struct found *out)
{
	uint32_t seq = be32(p->ip + p->l4 + SEQ);
	uint16_t begun = side ? OWN_DATA1 : OWN_DATA0;
	bool known = o->bits & (side ? OWN_ISN1 : OWN_ISN0);
	bool first = known ? seq == o->isn[side] : !(o->bits & begun);
	const uint32_t *isn = known && !(o->bits & begun) ? &o->isn[side] : NULL;
	bool fits;

	if (first && !(o->bits & begun))
		out->client = (int8_t)client_side(p, v, sent, side);
	if (first || !known)
		o->bits |= begun;

	if (port(p, PORT_EPM))
		epm_segment(o, v, side, out);
	if (!(o->bits & (OWN_TLS | OWN_NOT_TLS)) && tls_begins(v, first)) {
		o->bits |= OWN_TLS;
		tls_init(&o->tls);
	}
	if (o->bits & OWN_TLS) {
		tls_segment(&o->tls, store, side, seq, isn, v, sent, out);
		if (out->facts & AUD_FACT_NOT_TLS)
			not_tls(o, side, out);
		return;
	}
	if (o->app)
		return;
	if (o->left)
		o->left--;
	start_line(o, v, first, side, out);
	if (out->app || o->bits & OWN_NO_MEDIA)
		return;
	if (stun_message(v, sent, true)) {
		stun_found(o, p, v, side, out);
	} else if (framed_media(&o->rtp[side], v, &fits)) {
		out->facts |= AUD_FACT_MEDIA;
		out->app = AUD_APP_FRAMED_MEDIA;
	} else if (!fits && first) {
		o->bits |= OWN_NO_MEDIA;
	}
}

void
own_look(struct own *o, struct slab *store, const struct aud_packet *p, int side, struct found *out)
{
	uint32_t sent = aud_packet_payload_sent(p);
	struct aud_view v = view_of(p->ip + p->payload, aud_packet_payload_len(p));

	if (o->shown < UINT16_MAX)
		o->shown++;
	if (p->proto == TCP) {
		if (p->caplen < p->l4 + (uint32_t)TCP_HEADER)
			return;
		if (p->ip[p->l4 + FLAGS] & SYN) {
			o->isn[side] = be32(p->ip + p->l4 + SEQ) + 1;
			o->bits |= side ? OWN_ISN1 : OWN_ISN0;
			return;
		}
		/* RFC 9293 section 3.5.3: what a reset carries is no data. */
		if (p->ip[p->l4 + FLAGS] & RST)
			return;
	}
	if (!sent || (p->proto != TCP && p->proto != UDP))
		return;
	o->bits |= OWN_PAYLOAD;
	if (p->proto == TCP)
		tcp(o, store, p, v, sent, side, out);
	else
		udp(o, p, v, sent, side, out);
	if (out->sure)
		o->bits |= OWN_SURE;
	if (out->app && !(o->app && o->app != out->app && o->app >= AUD_APP_SSRP))
		o->app = out->app;
}

bool
own_pending(const struct own *o, const struct aud_packet *p, struct aud_app app, uint32_t facts)
{
	const uint16_t both = OWN_DATA0 | OWN_DATA1;

	if (p->proto == TCP && o->bits & OWN_TLS)
		return !o->tls.done;
	if (p->proto == TCP && o->bits & OWN_NOT_TLS)
		return !o->app && o->left;
	if (p->proto == TCP && port(p, PORT_EPM))
		return !o->app && o->shown < EPM_PACKETS;
	if (p->proto == TCP)
		return !o->app && o->shown < TCP_PACKETS && (o->bits & both) != both;
	if (p->proto != UDP || o->shown >= UDP_PACKETS)
		return false;
	if (port(p, PORT_IKE_NAT) || port(p, PORT_IKE))
		return o->app != DPI_IPSEC;
	if (facts & AUD_FACT_MEDIA || app.by != AUD_BY_DPI)
		return false;
	/* nDPI may name a service by one packet of RTP; below 1024 such a packet is another protocol's. */
	return app.sub == DPI_RTP || app.sub == DPI_RTCP ||
	    (p->sport >= FIRST_USER_PORT && p->dport >= FIRST_USER_PORT && (o->rtp[0].good || o->rtp[1].good));
}

void
own_end(struct own *o, struct slab *store, struct found *out)
{
	if (o->bits & OWN_TLS)
		tls_end(&o->tls, store, out);
	if (out->app && !o->app)
		o->app = out->app;
}

struct aud_app
own_weigh(struct aud_app ndpi, const struct own *o)
{
	uint16_t own = o->app;
	struct aud_app ours = {.sub = own, .by = AUD_BY_OWN};

	/* nDPI names TLS by the first bytes, and SIP and others by the port. */
	if (o->bits & OWN_NOT_TLS && (ndpi.by == AUD_BY_PORT || dpi_over_tls(ndpi)))
		ndpi = (struct aud_app){0};
	/* Our own word of before, which what came then took back. */
	if (ndpi.by == AUD_BY_OWN && ndpi.sub == AUD_APP_NAT_KEEPALIVE && o->bits & OWN_NAT_OTHER)
		ndpi = (struct aud_app){0};
	if (!own)
		return ndpi;
	if (ndpi.by != AUD_BY_DPI)
		return ours;
	/* Where nDPI 4.2 is known to be wrong although it says DPI. */
	if (own == DPI_SIP && (ndpi.sub == DPI_HTTP || ndpi.master == DPI_HTTP))
		return ours;
	if (own == DPI_IPSEC && ndpi.sub != DPI_IPSEC && ndpi.master != DPI_IPSEC)
		return ours;
	if (own == DPI_TLS && o->bits & OWN_SURE && !dpi_over_tls(ndpi))
		return ours;
	/* Two packets of one byte are IMO to it. */
	return own == AUD_APP_PSEUDO_TLS || own == AUD_APP_NAT_KEEPALIVE ? ours : ndpi;
}
