/*
 * The IPsec stage: what a packet of IPsec or IKE is, header by header. AH: RFC 4302, 2; ESP: RFC 4303, 2; WESP: RFC 5840, 2; in UDP:
 * RFC 3948, 2; in TCP: RFC 9329.
 */
#include <stdlib.h>

#include "inside.h"

enum {
	TCP = 6, UDP = 17, ESP = 50, AH = 51, WESP = 141, IPV4 = 4, IPV6 = 41, SCTP = 132, PORT_IKE = 500, PORT_NAT = 4500,
	ESP_HEADER = 8, ESP_MIN = ESP_HEADER + 2, AH_MIN = 12, RESERVED_SPI = 255, WESP_SPI = 2, AH_MAX = 4,
	MAX_RECORDS = 65536, MAX_KEPT = 4 << 20, ENCRYPTED_AFTER = 4,
};
#define DEDUP_NS UINT64_C(1000000)

/* One packet on its way. */
struct pass {
	struct aud_ipsec *x;
	const struct aud_packet *p;
	aud_ipsec_emit *emit;
	void *user;
	bool under_ah;
	bool gone;	/* it was handed on, or waits */
};

enum aud_code
aud_ipsec_new(struct aud_ipsec **out, const struct aud_ipsec_opts *o, struct aud_err *err)
{
	struct aud_ipsec *x = calloc(1, sizeof *x);
	enum aud_code rc;

	*out = NULL;
	if (!x)
		return aud_nomem(err);
	x->opts = *o;
	x->round = 1;
	if (!x->opts.dedup_ns)
		x->opts.dedup_ns = DEDUP_NS;
	if (!o->dedup)
		x->opts.dedup_ns = 0;
	if (!(x->hold = hold_new(o->max_kept ? o->max_kept : MAX_KEPT)))
		rc = aud_nomem(err);
	else if ((rc = sa_table_init(&x->sas, o->max_sas ? o->max_sas : MAX_RECORDS, o->secret, err)) == AUD_OK)
		rc = ike_table_init(&x->ikes, o->max_ikes ? o->max_ikes : MAX_RECORDS, o->secret, err);
	if (rc != AUD_OK) {
		aud_ipsec_free(x);
		return rc;
	}
	*out = x;
	return AUD_OK;
}

void
aud_ipsec_free(struct aud_ipsec *x)
{
	if (!x)
		return;
	sa_table_clear(&x->sas);
	ike_table_clear(&x->ikes);
	hold_free(x->hold);
	free(x->streams);
	aud_ipsec_peek_free(&x->result);
	free(x);
}

static enum aud_code
plain(const struct pass *s, const struct aud_packet *p, struct aud_err *err)
{
	return s->emit(s->user, &(struct aud_ipsec_out){.packet = p}, err);
}

/* Hands on what is inside; at: the ESP header, from p->ip. */
static enum aud_code
hand_on(const struct pass *s, const struct aud_packet *p, uint32_t at, const struct clear_text *t, enum aud_inside in, struct aud_err *err)
{
	if (at + t->at > UINT16_MAX)
		return plain(s, p, err);
	return s->emit(s->user, &(struct aud_ipsec_out){.packet = p, .clear = true, .proto = t->proto, .at = (uint16_t)(at + t->at),
	    .end = at + t->end, .in = in}, err);
}

/* The same, and counts it. */
static enum aud_code
inside(const struct pass *s, struct sa *a, const struct aud_packet *p, uint32_t at, const struct clear_text *t, enum aud_inside in,
    struct aud_err *err)
{
	struct aud_sa_inner n = {.src = a->rec.src, .dst = a->rec.dst, .sport = t->sport, .dport = t->dport, .proto = t->proto};
	struct aud_view v = {p->ip + at + t->at, p->ip + at + t->end};
	bool tunnel = clear_tunnel(t->proto, v, &n);

	a->rec.mode |= tunnel ? AUD_IPSEC_TUNNEL : AUD_IPSEC_TRANSPORT;
	a->rec.read++;
	sa_inner(a, p, &n);
	return hand_on(s, p, at, t, in, err);
}

static struct aud_view
esp_of(const struct aud_packet *p, uint32_t at)
{
	return (struct aud_view){p->ip + at, p->ip + p->caplen};
}

/* What waited goes on: read, where the association is decided and it reads well. */
static enum aud_code
release(const struct pass *s, struct sa *a, struct aud_err *err)
{
	enum aud_code rc = AUD_OK;
	struct clear_text t;

	for (unsigned i = 0; i < a->nheld && rc == AUD_OK; i++) {
		const struct aud_packet *p = &a->held[i].packet;
		uint32_t at = a->held[i].at;
		if (!a->clear.decided || !clear_read(&a->clear, esp_of(p, at), &t))
			rc = plain(s, p, err);
		else if (a->held[i].copy)
			rc = hand_on(s, p, at, &t, AUD_INSIDE_ESP_NULL, err);
		else
			rc = inside(s, a, p, at, &t, AUD_INSIDE_ESP_NULL, err);
	}
	if (a->nheld)
		a->touched = s->x->round;
	a->nheld = 0;
	free(a->held);
	a->held = NULL;
	return rc;
}

static bool
hold(struct pass *s, struct sa *a, uint32_t at, bool copy)
{
	struct held *h;

	if (!a->held)
		a->held = calloc(HELD, sizeof *a->held);
	h = a->held ? &a->held[a->nheld] : NULL;
	if (!h || a->nheld == HELD || at > UINT16_MAX || !hold_packet(s->x->hold, s->p, h)) {
		s->x->result.stats.unheld++;
		/* Where there is no room for copies, an association without any keeps no place for them either. */
		if (!a->nheld) {
			free(a->held);
			a->held = NULL;
		}
		return false;
	}
	h->at = (uint16_t)at;
	h->seq = be32(s->p->ip + at + 4);
	h->copy = copy;
	a->nheld++;
	return true;
}

static bool
waits(const struct sa *a, uint32_t seq)
{
	for (unsigned i = 0; i < a->nheld; i++)
		if (a->held[i].seq == seq)
			return true;
	return false;
}

static void
decided(struct sa *a, uint64_t frame)
{
	struct aud_sa *r = &a->rec;

	r->payload = AUD_PAYLOAD_NULL;
	r->icv = icv_sizes[a->clear.icv];
	r->iv = a->clear.iv == IVS ? AUD_IV_UNKNOWN : iv_sizes[a->clear.iv];
	if (!r->decided_frame)
		r->decided_frame = frame;
}

/* No two packets in a row end as if they were clear under one and the same length. */
static bool
opaque(const struct sa *a)
{
	for (unsigned i = 0; i < ICVS; i++)
		if (a->clear.run[i] > 1)
			return false;
	return a->rec.tested >= ENCRYPTED_AFTER && a->rec.opaque * 2 > a->rec.tested;
}

static enum aud_code
look(struct pass *s, struct sa *a, uint32_t at, struct aud_err *err)
{
	const struct aud_packet *p = s->p;
	struct clear_text t;
	enum clear_answer answer = clear_look(&a->clear, esp_of(p, at), &t);
	enum aud_code rc;

	a->rec.tested++;
	switch (answer) {
	case CLEAR_SHAPE:
		s->gone = hold(s, a, at, false);
		return AUD_OK;
	case CLEAR_NO:
		a->rec.opaque++;
		/* What waited does so for no reason. */
		if ((rc = release(s, a, err)) != AUD_OK)
			return rc;
		break;
	case CLEAR_MAYBE:
	case CLEAR_MISFIT:
		break;
	case CLEAR_DECIDED:
		decided(a, p->frame_no);
		if ((rc = release(s, a, err)) != AUD_OK)
			return rc;
		if (clear_read(&a->clear, esp_of(p, at), &t)) {
			s->gone = true;
			return inside(s, a, p, at, &t, AUD_INSIDE_ESP_NULL, err);
		}
		break;
	case CLEAR_READ:
		a->rec.iv = iv_sizes[a->clear.iv];
		s->gone = true;
		return inside(s, a, p, at, &t, AUD_INSIDE_ESP_NULL, err);
	}
	if (a->rec.payload == AUD_PAYLOAD_UNDECIDED && opaque(a))
		a->rec.payload = AUD_PAYLOAD_ENCRYPTED;
	return AUD_OK;
}

static enum aud_code
association(struct pass *s, enum aud_ipsec_encap encap, uint32_t spi, struct sa **out, struct aud_err *err)
{
	struct sa_key k = {aud_packet_src(s->p), aud_packet_dst(s->p), spi, encap};
	bool fresh;
	enum aud_code rc = sa_get(&s->x->sas, &k, out, &fresh, err);

	if (*out)
		(*out)->touched = s->x->round;
	if (rc != AUD_OK || !*out || !fresh)
		return rc;
	(*out)->rec.sure = encap == AUD_ENCAP_ESP || encap == AUD_ENCAP_AH || encap == AUD_ENCAP_WESP || encap == AUD_ENCAP_ESP_TCP;
	if (s->p->proto == UDP || s->p->proto == TCP) {
		(*out)->rec.sport = s->p->sport;
		(*out)->rec.dport = s->p->dport;
	}
	if (encap == AUD_ENCAP_AH) {
		(*out)->rec.payload = AUD_PAYLOAD_AH;
		(*out)->rec.sport = (*out)->rec.dport = 0;
	}
	return AUD_OK;
}

static void
first_fragment(struct aud_ipsec *x, const struct aud_packet *p, const struct sa *a, uint8_t proto)
{
	if (!(p->bits & AUD_PKT_MORE))
		return;
	x->fragments[x->nfragments++ % FRAGMENTS] = (struct fragment){
	    aud_packet_src(p), aud_packet_dst(p), p->frag_id, proto, (uint32_t)(a - x->sas.v) + 1};
}

static void
later_fragment(struct aud_ipsec *x, const struct aud_packet *p)
{
	struct aud_addr src = aud_packet_src(p), dst = aud_packet_dst(p);

	for (unsigned i = 0; i < FRAGMENTS; i++) {
		const struct fragment *f = &x->fragments[i];
		struct sa *a = f->sa ? &x->sas.v[f->sa - 1] : NULL;
		struct aud_sa *r = a ? &a->rec : NULL;
		if (!r || f->id != p->frag_id || (f->proto != p->proto && !(p->bits & AUD_PKT_V6)) || aud_addr_cmp(&f->src, &src) ||
		    aud_addr_cmp(&f->dst, &dst))
			continue;
		/* Its place may be another's by now. */
		if (!aud_addr_cmp(&r->src, &src) && !aud_addr_cmp(&r->dst, &dst)) {
			a->touched = x->round;
			r->fragments++;
			r->bytes += p->iplen;
		}
		return;
	}
}

/* at: the ESP header, from p->ip; whole: the packet was captured to its end. */
static enum aud_code
esp(struct pass *s, enum aud_ipsec_encap encap, uint32_t at, bool whole, struct aud_err *err)
{
	const struct aud_packet *p = s->p;
	struct aud_view v = at <= p->caplen ? esp_of(p, at) : view_of(NULL, 0);
	struct sa *a;
	uint32_t spi, seq;
	enum aud_code rc;

	if (!view_be32(&v, &spi) || !view_be32(&v, &seq) || !spi) {
		s->x->result.stats.malformed++;
		return AUD_OK;
	}
	if ((rc = association(s, encap, spi, &a, err)) != AUD_OK || !a)
		return rc;
	a->rec.under_ah |= s->under_ah;
	if (p->bits & AUD_PKT_MORE)
		first_fragment(s->x, p, a, p->proto);
	if (!sa_account(a, p, seq, p->iplen, s->x->opts.dedup_ns)) {
		struct clear_text t;
		/* The flow stage knows copies by what is inside, so that they go on as their packets do. */
		if (whole && waits(a, seq)) {
			s->gone = hold(s, a, at, true);
			return AUD_OK;
		}
		if (whole && a->clear.decided && clear_read(&a->clear, esp_of(p, at), &t)) {
			s->gone = true;
			return hand_on(s, p, at, &t, AUD_INSIDE_ESP_NULL, err);
		}
		return AUD_OK;
	}
	/* In UDP the second packet tells whether this is ESP; the first may be needed then. */
	if (!whole || (!a->rec.sure && a->rec.packets > 1) || encap == AUD_ENCAP_ESP_TCP)
		return AUD_OK;
	return look(s, a, at, err);
}

/* RFC 5840, 2: next header, length up to the payload, size of the integrity value, flags; the ESP header follows. */
static enum aud_code
wesp(struct pass *s, uint32_t at, bool whole, struct aud_err *err)
{
	enum { HEAD = 4, VERSION = 0xc0, ENCRYPTED = 0x20, PADDED = 0x10 };
	const struct aud_packet *p = s->p;
	struct aud_view v = at <= p->caplen ? esp_of(p, at) : view_of(NULL, 0);
	const uint8_t *head = v.p;
	uint32_t spi, seq, skip;
	struct clear_text t;
	struct sa *a;
	enum aud_code rc;

	if (!view_skip(&v, HEAD) || head[3] & VERSION || (head[3] & PADDED && !view_skip(&v, HEAD)) || !view_be32(&v, &spi) ||
	    !view_be32(&v, &seq) || !spi) {
		s->x->result.stats.malformed++;
		return AUD_OK;
	}
	skip = head[3] & PADDED ? 2 * HEAD : HEAD;
	if ((rc = association(s, AUD_ENCAP_WESP, spi, &a, err)) != AUD_OK || !a)
		return rc;
	a->rec.under_ah |= s->under_ah;
	if (p->bits & AUD_PKT_MORE)
		first_fragment(s->x, p, a, p->proto);
	if (!sa_account(a, p, seq, p->iplen, s->x->opts.dedup_ns)) {
		if (!whole || head[3] & ENCRYPTED || head[1] < skip || !clear_told(esp_of(p, at + skip), head[0], head[1] - skip, head[2], &t))
			return AUD_OK;
		s->gone = true;
		return hand_on(s, p, at + skip, &t, AUD_INSIDE_WESP, err);
	}
	if (head[3] & ENCRYPTED) {
		if (a->rec.payload == AUD_PAYLOAD_UNDECIDED) {
			a->rec.payload = AUD_PAYLOAD_ENCRYPTED;
			a->rec.wesp_says = true;
			a->rec.decided_frame = p->frame_no;
		}
		return AUD_OK;
	}
	if (!whole)
		return AUD_OK;
	a->rec.tested++;
	if (head[1] < skip || !clear_told(esp_of(p, at + skip), head[0], head[1] - skip, head[2], &t)) {
		a->rec.opaque++;
		return AUD_OK;
	}
	if (a->rec.payload != AUD_PAYLOAD_WESP_CLEAR) {
		a->rec.payload = AUD_PAYLOAD_WESP_CLEAR;
		a->rec.wesp_says = true;
		a->rec.icv = head[2];
		a->rec.iv = (uint8_t)(head[1] - skip - ESP_HEADER);
		a->rec.decided_frame = p->frame_no;
	}
	s->gone = true;
	return inside(s, a, p, at + skip, &t, AUD_INSIDE_WESP, err);
}

/* IPv6 headers that may stand before an authentication header (RFC 8200, 4.1); 0: none of them. */
static uint32_t
extension(uint8_t next, const uint8_t *p)
{
	enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION = 60, MOBILITY = 135, HIP = 139, SHIM6 = 140 };

	switch (next) {
	case HOP_BY_HOP:
	case ROUTING:
	case DESTINATION:
	case MOBILITY:
	case HIP:
	case SHIM6: return (p[1] + 1u) * 8;
	case FRAGMENT: return 8;
	}
	return 0;
}

/* What an authentication header is around: the packet itself, or one in which it lies as in a tunnel. */
static void
ah_inside(struct sa *a, const struct aud_packet *p, bool tunnel)
{
	bool ports = p->proto == TCP || p->proto == UDP || p->proto == SCTP;
	struct aud_sa_inner n = {.src = a->rec.src, .dst = a->rec.dst, .proto = p->proto, .sport = ports ? p->sport : 0,
	    .dport = ports ? p->dport : 0};

	if (tunnel) {
		n.src = aud_packet_src(p);
		n.dst = aud_packet_dst(p);
	}
	a->rec.mode |= tunnel ? AUD_IPSEC_TUNNEL : AUD_IPSEC_TRANSPORT;
	if (p->bits & AUD_PKT_LATER)
		return;
	a->rec.read++;
	sa_inner(a, p, &n);
}

/* The authentication headers of the IP header that begins v. */
static enum aud_code
ah(struct pass *s, struct aud_view v, const struct aud_packet *outer, bool tunnel, struct aud_err *err)
{
	struct pass o = *s;
	const uint8_t *h = v.p;
	uint8_t next;
	enum aud_code rc = AUD_OK;

	o.p = outer;
	if (!view_skip(&v, h[0] >> 4 == 6 ? 40 : (h[0] & 15u) * 4u))
		return AUD_OK;
	next = h[0] >> 4 == 6 ? h[6] : h[9];
	for (unsigned i = 0, n = 0; n < AH_MAX && i < 16 && rc == AUD_OK && view_left(&v) >= 8; i++) {
		const uint8_t *p = v.p;
		uint32_t len = next == AH ? (p[1] + 2u) * 4 : h[0] >> 4 == 6 ? extension(next, p) : 0;
		struct sa *a;
		if (next == AH && view_left(&v) >= AH_MIN) {
			s->x->result.stats.ah += !n++;
			if ((rc = association(&o, AUD_ENCAP_AH, be32(p + 4), &a, err)) != AUD_OK || !a)
				return rc;
			if (outer->bits & AUD_PKT_MORE)
				first_fragment(s->x, outer, a, AH);
			if (sa_account(a, outer, be32(p + 8), outer->iplen, s->x->opts.dedup_ns))
				ah_inside(a, s->p, tunnel);
		}
		next = p[0];
		if (!len || !view_skip(&v, len))
			return rc;
	}
	return rc;
}

/* In tunnel mode the outer header is seen only through the packet inside of it. */
static enum aud_code
ah_headers(struct pass *s, struct aud_err *err)
{
	const struct aud_packet *p = s->p;
	struct aud_packet outer = *p;
	enum aud_code rc = AUD_OK;

	if (p->ah_back) {
		outer.ip = p->ip - p->ah_back;
		outer.caplen = p->caplen + p->ah_back;
		outer.bits = (uint16_t)(p->bits & ~(AUD_PKT_V6 | AUD_PKT_FRAGMENT | AUD_PKT_LATER | AUD_PKT_MORE));
		outer.iplen = be16(outer.ip + 2);
		if (outer.ip[0] >> 4 == 6) {
			outer.bits |= AUD_PKT_V6;
			outer.iplen = 40u + be16(outer.ip + 4);
		}
		rc = ah(s, (struct aud_view){outer.ip, p->ip}, &outer, true, err);
	}
	if (rc == AUD_OK && p->bits & AUD_PKT_AH)
		rc = ah(s, (struct aud_view){p->ip, p->ip + (p->l4 < p->caplen ? p->l4 : p->caplen)}, p, false, err);
	s->under_ah = p->ah_back || p->bits & AUD_PKT_AH;
	return rc;
}

static enum aud_code
ike(struct pass *s, struct aud_view v, uint32_t sent, bool nat_t, bool tcp, bool *is, struct aud_err *err)
{
	struct ike_way way = {.packet = s->p, .copy_ns = s->x->opts.dedup_ns, .round = s->x->round, .nat_t = nat_t, .tcp = tcp};
	enum aud_code rc = ike_message(&s->x->ikes, &way, v, sent, is, err);

	s->x->result.stats.ike += *is;
	return rc;
}

/* RFC 8656, 12.4: a channel's number, the length of the data, which is padded or not. In media the next four bytes count, as ESP's do. */
static bool
channel_data(struct aud_view v, uint32_t sent)
{
	uint32_t channel = be16(v.p), length = be16(v.p + 2) + 4u;

	return channel >= 0x4000 && channel <= 0x7fff && (length == sent || (length + 3) / 4 * 4 == sent);
}

static enum aud_code
in_udp(struct pass *s, struct aud_err *err)
{
	const struct aud_packet *p = s->p;
	struct aud_ipsec_stats *stats = &s->x->result.stats;
	struct aud_view v = view_of(p->ip + p->payload, aud_packet_payload_len(p));
	uint32_t sent = aud_packet_payload_sent(p);
	bool nat = p->sport == PORT_NAT || p->dport == PORT_NAT, whole = !(p->bits & (AUD_PKT_SHORT | AUD_PKT_FRAGMENT)), is;

	/* A length of UDP's own that is less than IP's is what counts, and of the first fragment the only one. */
	if (p->bits & AUD_PKT_MORE && p->caplen >= p->l4 + 8u && be16(p->ip + p->l4 + 4) > 8)
		sent = be16(p->ip + p->l4 + 4) - 8u;
	else if (!(p->bits & AUD_PKT_SHORT))
		sent = (uint32_t)view_left(&v);
	if (p->sport == PORT_IKE || p->dport == PORT_IKE)
		return ike(s, v, sent, false, false, &is, err);
	if (!nat)
		return AUD_OK;
	if (view_left(&v) == 1 && sent == 1 && *v.p == 0xff) {
		stats->keepalives++;
		return AUD_OK;
	}
	if (view_left(&v) < 4 || sent < 4)
		return AUD_OK;
	if (!be32(v.p)) {
		view_skip(&v, 4);
		return ike(s, v, sent - 4, true, false, &is, err);
	}
	if (be32(v.p) == WESP_SPI) {
		stats->wesp++;
		return wesp(s, p->payload + 4u, whole, err);
	}
	if (be32(v.p) <= RESERVED_SPI || sent < ESP_MIN || channel_data(v, sent))
		return AUD_OK;
	stats->esp_udp++;
	return esp(s, AUD_ENCAP_ESP_UDP, p->payload, whole, err);
}

static enum aud_code
message(void *user, const struct aud_packet *p, struct aud_view v, uint32_t sent, struct aud_err *err)
{
	struct pass *s = user;
	bool is;

	if (sent < 4 || view_left(&v) < 4)
		return AUD_OK;
	if (!be32(v.p)) {
		view_skip(&v, 4);
		return ike(s, v, sent - 4, false, true, &is, err);
	}
	s->x->result.stats.esp_tcp++;
	return esp(s, AUD_ENCAP_ESP_TCP, (uint32_t)(v.p - p->ip), false, err);
}

static enum aud_code
in_tcp(struct pass *s, struct aud_err *err)
{
	struct aud_ipsec *x = s->x;

	if (s->p->sport != PORT_NAT && s->p->dport != PORT_NAT)
		return AUD_OK;
	if (!x->streams && !(x->streams = calloc(1, sizeof *x->streams)))
		return aud_nomem(err);
	return stream_segment(x->streams, s->p, message, s, err);
}

enum aud_code
aud_ipsec_packet(struct aud_ipsec *x, const struct aud_packet *p, aud_ipsec_emit *emit, void *user, struct aud_err *err)
{
	struct pass s = {.x = x, .p = p, .emit = emit, .user = user};
	bool whole = !(p->bits & (AUD_PKT_SHORT | AUD_PKT_FRAGMENT));
	enum aud_code rc = AUD_OK;

	if (p->bits & AUD_PKT_QUOTE)
		return plain(&s, p, err);
	if (p->ah_back || p->bits & AUD_PKT_AH)
		rc = ah_headers(&s, err);
	if (rc != AUD_OK)
		return rc;
	if (p->bits & AUD_PKT_LATER) {
		later_fragment(x, p);
	} else if (p->proto == ESP) {
		x->result.stats.esp++;
		rc = esp(&s, AUD_ENCAP_ESP, p->l4, whole, err);
	} else if (p->proto == WESP) {
		x->result.stats.wesp++;
		rc = wesp(&s, p->l4, whole, err);
	} else if (p->proto == UDP && !(p->bits & AUD_PKT_NOPORTS)) {
		rc = in_udp(&s, err);
	} else if (p->proto == TCP && !(p->bits & AUD_PKT_NOPORTS)) {
		rc = in_tcp(&s, err);
	} else if (p->proto == AH) {
		x->result.stats.malformed++;
	}
	return rc == AUD_OK && !s.gone ? plain(&s, p, err) : rc;
}

enum aud_code
aud_ipsec_flush(struct aud_ipsec *x, aud_ipsec_emit *emit, void *user, struct aud_err *err)
{
	struct pass s = {.x = x, .emit = emit, .user = user};
	enum aud_code rc = AUD_OK;

	for (size_t i = 0; i < x->sas.n && rc == AUD_OK; i++)
		rc = release(&s, &x->sas.v[i], err);
	return rc;
}
