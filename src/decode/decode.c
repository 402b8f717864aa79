/*
 * The decoder: the short way for Ethernet, IPv4, TCP and UDP without anything special, and the long way for all else.
 * The short way is taken only where the long way would come to the same packet.
 */
#include <stdlib.h>
#include <string.h>

#include "decode.h"

enum {
	DLT_ETHERNET = 1,
	ETHER_HEAD = 14,
	IP4_HEAD = 20,
	TCP_HEAD = 20,
	UDP_HEAD = 8,
};

/* Nobody tells when a packet is read no more, so what was decompressed stays, and there is a bound to it. */
enum { KEPT_MAX = 16 << 20, TRIES_MAX = 2000 };

struct kept {
	struct kept *next;
	uint8_t bytes[];
};

struct aud_decoder {
	struct aud_decode_stats stats;
	struct books *books;
	struct stacks *vlans, *tunnels;
	const struct aud_frame *frame; /* the one being decoded */
	uint64_t tunnel_ports[PORT_WORDS];
	struct kept *kept;
	size_t kept_bytes;
	unsigned tries;			/* payloads unpacked in vain since the last that was one */
	uint8_t scratch[OUT_MAX];
};

enum aud_code
aud_decoder_new(struct aud_decoder **out, struct aud_err *err)
{
	struct aud_decoder *d = calloc(1, sizeof *d);

	*out = NULL;
	if (!d)
		return aud_nomem(err);
	tunnel_ports(d->tunnel_ports);
	d->tunnel_ports[500 / 64] |= (uint64_t)1 << 500 % 64;
	d->tunnel_ports[4500 / 64 % PORT_WORDS] |= (uint64_t)1 << 4500 % 64;
	d->books = books_new();
	d->vlans = stacks_new(NULL, '.');
	d->tunnels = stacks_new(tunnel_names, '/');
	if (!d->books || !d->vlans || !d->tunnels) {
		aud_decoder_free(d);
		return aud_nomem(err);
	}
	*out = d;
	return AUD_OK;
}

void
aud_decoder_tidy(struct aud_decoder *d)
{
	while (d->kept) {
		struct kept *next = d->kept->next;

		free(d->kept);
		d->kept = next;
	}
	d->kept_bytes = 0;
	d->tries = 0;
}

void
aud_decoder_free(struct aud_decoder *d)
{
	if (!d)
		return;
	aud_decoder_tidy(d);
	books_free(d->books);
	stacks_free(d->vlans);
	stacks_free(d->tunnels);
	free(d);
}

void
push_vlan(struct walk *w, uint16_t vid)
{
	w->vlans = stacks_push(w->d->vlans, w->vlans, vid);
}

bool
push_tunnel(struct walk *w, enum tunnel t)
{
	if (++w->tunnels > TUNNELS_MAX)
		return miss(w, L_TUNNEL, WHY_DEPTH);
	w->tunnel = stacks_push(w->d->tunnels, w->tunnel, (uint16_t)t);
	return true;
}

uint8_t *
scratch(struct walk *w)
{
	return w->d->scratch;
}

bool
may_unpack(struct walk *w)
{
	return w->d->kept_bytes < KEPT_MAX && w->d->tries++ < TRIES_MAX;
}

const uint8_t *
keep(struct walk *w, const uint8_t *bytes, size_t n)
{
	struct aud_decoder *d = w->d;
	struct kept *k;

	if (n > KEPT_MAX - d->kept_bytes || !(k = malloc(sizeof *k + n)))
		return NULL;
	memcpy(k->bytes, bytes, n);
	k->next = d->kept;
	d->kept = k;
	d->kept_bytes += n;
	d->tries = 0;
	return k->bytes;
}

void
note(struct walk *w, enum layer layer, uint16_t tunnel, enum why why)
{
	struct miss m = {.layer = (uint8_t)layer, .why = (uint8_t)why, .defect = true, .tunnel = tunnel};

	books_add(w->d->books, &m, w->d->frame, aud_decoder_tunnel(w->d, tunnel));
}

static void
count_packet(struct aud_decoder *d, const struct walk *w)
{
	const struct aud_packet *p = w->out;

	d->stats.packets++;
	d->stats.fragments += (p->bits & AUD_PKT_FRAGMENT) != 0;
	d->stats.tunneled += p->tunnel != 0;
	d->stats.quoted += w->n == 2;
}

static unsigned
decode_slow(struct aud_decoder *d, const struct aud_frame *f, struct aud_packet out[2])
{
	struct walk w = {.d = d, .out = out};
	struct part x = {view_of(f->data, f->caplen), f->wirelen > f->caplen ? f->wirelen - f->caplen : 0};
	bool found;

	d->frame = f;
	found = link_layer(&w, x, f->dlt);
	/* A packet around what could not be decoded stands, and the defect inside is told all the same. */
	if (!found || w.miss.defect)
		books_add(d->books, &w.miss, f, aud_decoder_tunnel(d, w.miss.tunnel));
	if (!found) {
		if (w.miss.defect)
			d->stats.undecoded++;
		else
			d->stats.non_ip++;
		return 0;
	}
	for (unsigned i = 0; i < w.n; i++) {
		out[i].ts_ns = f->ts_ns;
		out[i].frame_no = f->no;
		out[i].hash = 0;
	}
	count_packet(d, &w);
	return w.n;
}

/* Whether the frame is of the common kind, and if so the packet. */
static inline bool
decode_fast(const struct aud_decoder *d, const struct aud_frame *f, struct aud_packet *q)
{
	const uint8_t *ip = f->data + ETHER_HEAD, *l4 = ip + IP4_HEAD;
	uint32_t len;
	uint16_t payload, sport, dport;
	uint8_t flags;

	if (f->dlt != DLT_ETHERNET || f->caplen < ETHER_HEAD + IP4_HEAD + UDP_HEAD)
		return false;
	/* Version 4, no options (RFC 791, 3.1), no fragment. */
	if (be16(ip - 2) != 0x0800 || ip[0] != 0x45 || (be16(ip + 6) & 0x3fff) != 0)
		return false;
	len = be16(ip + 2);
	if (len > f->caplen - ETHER_HEAD)
		return false;
	if (ip[9] == 6) {
		if (len < IP4_HEAD + TCP_HEAD)
			return false;
		payload = (uint16_t)(IP4_HEAD + (l4[12] >> 4) * 4);
		flags = l4[13];
		if (payload < IP4_HEAD + TCP_HEAD || payload > len)
			return false;
		sport = be16(l4);
		dport = be16(l4 + 2);
		if (ike_ports(6, sport, dport))
			return false;
	} else if (ip[9] == 17) {
		if (len < IP4_HEAD + UDP_HEAD || be16(l4 + 4) != len - IP4_HEAD)
			return false;
		payload = IP4_HEAD + UDP_HEAD;
		flags = 0;
		sport = be16(l4);
		dport = be16(l4 + 2);
		if (maybe_tunnel(d->tunnel_ports, sport) || maybe_tunnel(d->tunnel_ports, dport))
			return false;
	} else {
		return false;
	}
	*q = (struct aud_packet){
	    .ts_ns = f->ts_ns,
	    .ip = ip,
	    .frame_no = f->no,
	    .caplen = len,
	    .iplen = len,
	    .sport = sport,
	    .dport = dport,
	    .l4 = IP4_HEAD,
	    .payload = payload,
	    .proto = ip[9],
	    .tcp_flags = flags,
	    .ttl = ip[8],
	};
	return true;
}

unsigned
aud_decode(struct aud_decoder *d, const struct aud_frame *f, struct aud_packet out[2])
{
	d->stats.frames++;
	if (decode_fast(d, f, out)) {
		d->stats.packets++;
		return 1;
	}
	return decode_slow(d, f, out);
}

unsigned
aud_decode_inside(struct aud_decoder *d, const struct aud_packet *p, enum aud_inside in, uint8_t proto, uint16_t at, uint32_t end,
    struct aud_packet out[2])
{
	const struct aud_frame f = {.no = p->frame_no, .ts_ns = p->ts_ns};
	struct walk w = {.d = d, .out = out, .vlans = p->vlans, .tunnel = p->tunnel, .clear = AUD_PKT_CLEAR};
	struct part x = {{p->ip + at, p->ip + end}, 0};
	struct aud_packet q = *p;

	if (at > end || end > p->caplen || !push_tunnel(&w, in == AUD_INSIDE_WESP ? T_WESP : T_ESP_NULL))
		return 0;
	d->frame = &f;
	q.bits &= (uint16_t)~(AUD_PKT_IPSEC | AUD_PKT_SHORT);
	q.l4 = at;
	q.caplen = q.iplen = end;
	q.tcp_flags = 0;
	if (!upper(&w, &q, x, proto))
		w.n = 0;
	for (unsigned i = 0; i < w.n; i++) {
		out[i].ts_ns = p->ts_ns;
		out[i].frame_no = p->frame_no;
		out[i].hash = 0;
	}
	d->frame = NULL;
	return w.n;
}

void
aud_decoder_stats(struct aud_decoder *d, struct aud_decode_stats *out)
{
	d->stats.checksum_unchecked = d->stats.packets;
	d->stats.counts = books_sorted(d->books, &d->stats.ncounts);
	*out = d->stats;
}

const char *
aud_decoder_vlans(const struct aud_decoder *d, uint16_t id)
{
	return stacks_text(d->vlans, id);
}

const char *
aud_decoder_tunnel(const struct aud_decoder *d, uint16_t id)
{
	return stacks_text(d->tunnels, id);
}

uint16_t
aud_decoder_tunnel_id(struct aud_decoder *d, const char *text)
{
	uint16_t id = 0;

	while (*text) {
		size_t n = strcspn(text, "/");
		unsigned t;

		for (t = 0; t < T_COUNT && (strlen(tunnel_names[t]) != n || memcmp(tunnel_names[t], text, n) != 0); t++)
			;
		if (t == T_COUNT)
			return 0;
		id = stacks_push(d->tunnels, id, (uint16_t)t);
		text += n + (text[n] == '/');
	}
	return id;
}
