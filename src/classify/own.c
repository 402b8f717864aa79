/* Which of our parsers looks at a packet, and what their word weighs against nDPI's. */
#include "own.h"
#include "ndpi.h"
#include "slab.h"

enum {
	TCP = 6, UDP = 17, PORT_IKE = 500, PORT_SSRP = 1434, PORT_IKE_NAT = 4500, FIRST_USER_PORT = 1024,
	UDP_PACKETS = 24,	/* what our parsers look at; nDPI stops there, too */
	SEQ = 4, FLAGS = 13, SYN = 2, TCP_HEADER = 20,
};

static bool
port(const struct aud_packet *p, uint16_t n)
{
	return p->sport == n || p->dport == n;
}

/* UDP 4500 has three users: ESP, IKE behind four zero bytes, and a keep-alive of one byte (RFC 3948 section 2). */
static void
nat_traversal(struct own *o, struct aud_view v, uint32_t sent, int side, struct found *out)
{
	uint8_t exchange;

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
		out->detail = exchange;
		out->app = DPI_IPSEC;
	}
}

static void
udp(struct own *o, const struct aud_packet *p, struct aud_view v, uint32_t sent, int side, struct found *out)
{
	uint16_t announced, begun = side ? OWN_DATA1 : OWN_DATA0;
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
		out->detail = exchange;
		out->app = DPI_IPSEC;
	} else if (p->dport == PORT_SSRP && ssrp_request(v, sent)) {
		out->app = AUD_APP_SSRP;
		out->client = (int8_t)side;
	} else if (p->sport == PORT_SSRP && ssrp_response(v, sent, &announced)) {
		out->app = AUD_APP_SSRP;
		out->detail = announced;
		out->client = (int8_t)!side;
	} else if (stun_message(v, sent, false) || (o->bits & OWN_STUN && turn_channel(v, sent))) {
		o->bits |= OWN_STUN;
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

	if (o->bits & OWN_TLS) {
		tls_segment(&o->tls, store, side, seq, isn, v, sent, out);
		return;
	}
	if (tls_begins(v, first)) {
		o->bits |= OWN_TLS;
		tls_init(&o->tls);
		tls_segment(&o->tls, store, side, seq, isn, v, sent, out);
		return;
	}
	if (o->app)
		return;
	start_line(o, v, first, side, out);
	if (out->app || o->bits & OWN_NO_MEDIA)
		return;
	if (stun_message(v, sent, true)) {
		out->facts |= AUD_FACT_MEDIA;
		out->app = DPI_STUN;
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
	}
	if (!sent || (p->proto != TCP && p->proto != UDP))
		return;
	if (p->proto == TCP)
		tcp(o, store, p, v, sent, side, out);
	else
		udp(o, p, v, sent, side, out);
	if (out->app && !(o->app && o->app != out->app && o->app >= AUD_APP_SSRP))
		o->app = out->app;
}

bool
own_pending(const struct own *o, const struct aud_packet *p, struct aud_app app, uint32_t facts)
{
	if (p->proto == TCP)
		return o->bits & OWN_TLS && !o->tls.done;
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
own_weigh(struct aud_app ndpi, uint16_t own)
{
	struct aud_app ours = {.sub = own, .by = AUD_BY_OWN};

	if (!own)
		return ndpi;
	if (ndpi.by != AUD_BY_DPI)
		return ours;
	/* Where nDPI 4.2 is known to be wrong although it says DPI. */
	if (own == DPI_SIP && (ndpi.sub == DPI_HTTP || ndpi.master == DPI_HTTP))
		return ours;
	if (own == DPI_IPSEC && ndpi.sub != DPI_IPSEC && ndpi.master != DPI_IPSEC)
		return ours;
	return own == AUD_APP_PSEUDO_TLS ? ours : ndpi;
}
