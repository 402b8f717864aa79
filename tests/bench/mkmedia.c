/*
 * Writes a capture that is nearly all voice: so many calls at a time, each G.711 both ways (RFC 3551, 160 bytes every 20 ms) with RTCP
 * sender reports every five seconds, set up and ended by SIP through the front end; a call that ends is followed by the next
 * one of the same phone. Between the same networks, on ports of the media range, run flows that are no media: ESP in UDP (RFC 3948),
 * and every fourth IKEv2 (RFC 7296).
 *
 * Addresses fit site.yaml: phones are clients in 10.100.0.0/16, their peers are gateways in 10.101.0.0/26 (mediation) or phones in
 * 10.102.0.0/20, the front end is 10.1.0.5. No 5-tuple is used by two flows.
 */
#include <stdlib.h>

#include "gen.h"

enum kind { SIP, RTP, RTCP, ESP, IKE };
enum { CALLS_MAX = 32768, SECONDS_MAX = 8000, PORT = 49152, PORTS = 4096, FRONT_END = 0x0a010005 };
enum { FRAME = 20 * GEN_MSEC, REPORT = 5 * GEN_SECOND, TUNNEL = 50 * GEN_MSEC, DPD = GEN_SECOND };
enum { VOICE = 0xb8, SIGNAL = 0x60 }; /* DSCP EF and CS3 */

struct call {
	uint64_t hash, born, hold; /* a tunnel is held for ever */
	struct gen_ends ends; /* of RTP, from the phone */
	uint32_t phone;
	uint16_t round;
};

static uint16_t
media_port(uint64_t n)
{
	return (uint16_t)(PORT + 2 * (n % PORTS)); /* even; RTCP is on the next one */
}

/* The dialogue of a call: who speaks, and when, from the call's beginning (or from its end) on. */
static const struct {
	int from_server, at_end;
	int64_t when;
	const char *line, *cseq; /* the method, or the status line */
} dialogue[] = {
    {0, 0, -300 * GEN_MSEC, "INVITE", "1 INVITE"},
    {1, 0, -290 * GEN_MSEC, "SIP/2.0 100 Trying", "1 INVITE"},
    {1, 0, -250 * GEN_MSEC, "SIP/2.0 180 Ringing", "1 INVITE"},
    {1, 0, -40 * GEN_MSEC, "SIP/2.0 200 OK", "1 INVITE"},
    {0, 0, -30 * GEN_MSEC, "ACK", "1 ACK"},
    {0, 1, 10 * GEN_MSEC, "BYE", "2 BYE"},
    {1, 1, 25 * GEN_MSEC, "SIP/2.0 200 OK", "2 BYE"},
};
enum { LINES = sizeof dialogue / sizeof *dialogue, SETUP = GEN_SECOND }; /* SETUP: between two calls of a phone */

/* Call number `round` of a phone. A phone is in its first one, or has just ended it, when the capture begins. */
static struct call
call_of(const struct gen *g, const struct gen_event *e, uint64_t hold)
{
	uint64_t line = gen_hash(g->seed, e->id), hash = gen_hash(line, e->round), period = hold + SETUP;
	uint32_t peer = (hash & 3) ? 0x0a650000u | (uint32_t)(hash >> 8 & 0x3f) : 0x0a660000u | (uint32_t)(hash >> 8 & 0xfff);

	return (struct call){
	    .hash = hash,
	    .born = SETUP + (e->round + 1u) * period - line % period,
	    .hold = hold,
	    .ends = {0x0a640000u | e->id, peer, media_port((line >> 40) + e->round), media_port(hash >> 40)},
	    .phone = e->id,
	    .round = e->round,
	};
}

static void
sdp(struct gen_buf *m, uint32_t address, uint16_t port)
{
	unsigned b = address >> 16 & 255, c = address >> 8 & 255, d = address & 255;

	gen_put_text(m, "v=0\r\no=- %u 1 IN IP4 10.%u.%u.%u\r\ns=-\r\nc=IN IP4 10.%u.%u.%u\r\nt=0 0\r\nm=audio %u RTP/AVP 0\r\n", address, b, c, d,
	    b, c, d, port);
}

/* RFC 3261; line 0 offers the phone's address for media, line 3 answers with the peer's. */
static void
sip(struct gen *g, const struct call *c, uint64_t when, uint32_t line)
{
	struct gen_ends e = {c->ends.src, FRONT_END, (uint16_t)(20000 + c->round), 5060};
	unsigned long long id = c->hash;
	unsigned from = c->ends.src & 0xffff, to = c->ends.dst & 0xffff;
	struct gen_buf m = {.n = 0}, body = {.n = 0};

	if (line == 0)
		sdp(&body, c->ends.src, c->ends.sport);
	if (line == 3)
		sdp(&body, c->ends.dst, c->ends.dport);
	if (dialogue[line].from_server)
		gen_put_text(&m, "%s\r\n", dialogue[line].line);
	else
		gen_put_text(&m, "%s sip:u%u@example.net SIP/2.0\r\nMax-Forwards: 70\r\n", dialogue[line].line, to);
	gen_put_text(&m, "Via: SIP/2.0/UDP 10.100.%u.%u:%u;branch=z9hG4bK%llx%c\r\n", from >> 8, from & 255, e.sport, id, *dialogue[line].cseq);
	gen_put_text(&m, "From: <sip:u%u@example.net>;tag=%x\r\nTo: <sip:u%u@example.net>%s\r\n", from, (unsigned)(id >> 40), to,
	    line > 1 ? ";tag=b" : "");
	gen_put_text(&m, "Call-ID: %llx@example.net\r\nCSeq: %s\r\nContent-Length: %zu\r\n%s\r\n", id, dialogue[line].cseq, body.n,
	    body.n ? "Content-Type: application/sdp\r\n" : "");
	gen_put_bytes(&m, body.b, body.n);
	gen_udp(g, when, dialogue[line].from_server ? gen_reverse(e) : e, SIGNAL, &m);
}

/* RFC 3550 5.1; even steps are the phone's. */
static void
rtp(struct gen *g, const struct call *c, uint64_t when, uint32_t step)
{
	uint32_t side = step & 1, n = step / 2;
	struct gen_buf m = {.n = 0};

	gen_put(&m, 0x80, 1);
	gen_put(&m, n ? 0 : 0x80, 1); /* the marker opens a talkspurt */
	gen_put(&m, (c->hash >> (16 * side)) + n, 2);
	gen_put(&m, (c->hash >> (8 * side)) + (uint64_t)n * 160, 4);
	gen_put(&m, (c->hash >> 24) + side, 4);
	gen_put_random(&m, gen_hash(c->hash, step), 160);
	gen_udp(g, when, side ? gen_reverse(c->ends) : c->ends, VOICE, &m);
}

/* RFC 3550 6.4.1 and 6.5: a sender report with one reception report, and the canonical name. */
static void
rtcp(struct gen *g, const struct call *c, uint64_t when, uint32_t step)
{
	uint64_t now = (GEN_START + when / GEN_SECOND + 2208988800u) << 32 | (when % GEN_SECOND) * 4294;
	struct gen_ends e = {c->ends.src, c->ends.dst, (uint16_t)(c->ends.sport + 1), (uint16_t)(c->ends.dport + 1)};
	uint32_t side = step & 1, n = (uint32_t)((when - c->born) / FRAME);
	struct gen_buf m = {.n = 0};

	gen_put(&m, 0x81c8000c, 4);
	gen_put(&m, (c->hash >> 24) + side, 4);
	gen_put(&m, now, 8);
	gen_put(&m, (c->hash >> (8 * side)) + (uint64_t)n * 160, 4);
	gen_put(&m, n, 4);
	gen_put(&m, (uint64_t)n * 160, 4);
	gen_put(&m, (c->hash >> 24) + !side, 4);
	gen_put(&m, 0, 4); /* nothing lost */
	gen_put(&m, (uint16_t)((c->hash >> (16 * !side)) + n), 4);
	gen_put(&m, 12, 4);
	gen_put(&m, 0, 8);
	gen_put(&m, 0x81ca0004, 4);
	gen_put(&m, (c->hash >> 24) + side, 4);
	gen_put(&m, 0x0108, 2);
	gen_put_text(&m, "u%07u", c->phone % 10000000);
	gen_put(&m, 0, 2);
	gen_udp(g, when, side ? gen_reverse(e) : e, VOICE, &m);
}

static struct call
tunnel_of(const struct gen *g, const struct gen_event *e, uint64_t begin)
{
	uint64_t hash = gen_hash(g->seed, e->id);

	return (struct call){
	    .hash = hash,
	    .born = begin + hash % GEN_SECOND,
	    .hold = UINT64_MAX,
	    .ends = {0x0a640000u | e->id, 0x0a650000u | (uint32_t)(hash >> 8 & 0x3f), media_port(hash >> 20), media_port(hash >> 40)},
	};
}

/* RFC 4303 2, as it looks with AES-CBC and HMAC-SHA1-96: each direction has an SPI and a sequence of its own. */
static void
esp(struct gen *g, const struct call *c, uint64_t when, uint32_t step)
{
	struct gen_buf m = {.n = 0};
	uint32_t side = step & 1;

	gen_put(&m, 0x10000000u | (uint32_t)(gen_hash(c->hash, side) & 0xfffffff), 4);
	gen_put(&m, step / 2 + 1, 4);
	gen_put_random(&m, gen_hash(c->hash, 2 + step), 16 + 16 * (2 + gen_hash(c->hash, step) % 60) + 12);
	gen_udp(g, when, side ? gen_reverse(c->ends) : c->ends, 0, &m);
}

/* RFC 7296 3.3 to 3.9: what a side says of itself in IKE_SA_INIT. */
static void
ike_offer(struct gen_buf *m, uint64_t seed)
{
	static const uint8_t offer[] = {
	    34, 0, 0, 48, 0, 0, 0, 44, 1, 1, 0, 4,	 /* security association, its one proposal */
	    3, 0, 0, 12, 1, 0, 0, 12, 0x80, 14, 1, 0, /* AES-CBC, 256 bits */
	    3, 0, 0, 8, 2, 0, 0, 5,			 /* PRF-HMAC-SHA2-256 */
	    3, 0, 0, 8, 3, 0, 0, 12,			 /* HMAC-SHA2-256-128 */
	    0, 0, 0, 8, 4, 0, 0, 14,			 /* MODP group of 2048 bits */
	};

	gen_put_bytes(m, offer, sizeof offer);
	gen_put(m, 0x28000108000e0000, 8); /* key exchange */
	gen_put_random(m, seed, 256);
	gen_put(m, 0x00000024, 4); /* nonce */
	gen_put_random(m, seed + 1, 32);
}

/* RFC 7296 3.1 after the marker of RFC 3948 2.2: IKE_SA_INIT, IKE_AUTH, then the peer is asked whether it lives, once a second. */
static void
ike(struct gen *g, const struct call *c, uint64_t when, uint32_t step)
{
	uint32_t side = step & 1, exchange = step / 2, sealed = exchange == 1 ? 16 + 160 + 16 : 16 + 16 + 16;
	struct gen_buf m = {.n = 0};

	gen_put(&m, 0, 4);
	gen_put(&m, gen_hash(c->hash, 1), 8);
	gen_put(&m, step ? gen_hash(c->hash, 2) : 0, 8);
	gen_put(&m, exchange ? 46 : 33, 1);
	gen_put(&m, 0x20, 1);
	gen_put(&m, exchange < 2 ? 34 + exchange : 37, 1);
	gen_put(&m, side ? 0x20 : 0x08, 1);
	gen_put(&m, exchange, 4);
	gen_put(&m, 28 + (exchange ? 4 + sealed : 48 + 264 + 36), 4);
	if (exchange) {
		gen_put(&m, exchange > 1 ? 0 : side ? 36 : 35, 1);
		gen_put(&m, 4 + sealed, 3);
		gen_put_random(&m, gen_hash(c->hash, 2 + step), sealed);
	} else {
		ike_offer(&m, gen_hash(c->hash, 3 + side));
	}
	gen_udp(g, when, side ? gen_reverse(c->ends) : c->ends, 0, &m);
}

/* When packet number `step` of a flow is due; UINT64_MAX: the flow has no such packet. */
static uint64_t
due(enum kind kind, const struct call *c, uint32_t step)
{
	uint64_t n = step / 2, side = step & 1, at = UINT64_MAX;

	switch (kind) {
	case SIP:
		return step < LINES ? c->born + (dialogue[step].at_end ? c->hold : 0) + (uint64_t)dialogue[step].when : UINT64_MAX;
	case RTP: at = n * FRAME + side * 7 * GEN_MSEC; break;
	case RTCP: at = 2 * GEN_SECOND + n * REPORT + side * GEN_SECOND; break;
	case ESP: at = step * (uint64_t)TUNNEL; break;
	case IKE: at = side * 15 * GEN_MSEC + (n < 2 ? n * 40 * GEN_MSEC : (n - 1) * DPD); break;
	}
	return at < c->hold ? c->born + at : UINT64_MAX;
}

static void
packet(struct gen *g, const struct gen_event *e, const struct call *c)
{
	switch ((enum kind)e->kind) {
	case SIP: sip(g, c, e->when, e->step); return;
	case RTP: rtp(g, c, e->when, e->step); return;
	case RTCP: rtcp(g, c, e->when, e->step); return;
	case ESP: esp(g, c, e->when, e->step); return;
	case IKE: ike(g, c, e->when, e->step); return;
	}
}

/* The flow's next packet, or the first of the next call's flow of the kind, goes onto the heap. */
static void
queue(struct gen *g, struct gen_event e, uint64_t hold, uint64_t begin)
{
	for (;;) {
		struct call c = e.kind < ESP ? call_of(g, &e, hold) : tunnel_of(g, &e, begin);

		while ((e.when = due((enum kind)e.kind, &c, e.step)) < begin)
			e.step++;
		if (e.when != UINT64_MAX)
			break;
		e.round++;
		e.step = e.told = 0;
	}
	gen_push(g, e);
}

int
main(int argc, char **argv)
{
	uint64_t calls = 500, seconds = 30, hold = 12, tunnels = 20, begin;
	const struct gen_opt opts[] = {
	    {"calls", "how many at a time", &calls, 1, CALLS_MAX},
	    {"seconds", "how long the capture lasts, in seconds", &seconds, 1, SECONDS_MAX},
	    {"hold", "how long a call lasts, in seconds", &hold, 3, SECONDS_MAX},
	    {"tunnels", "how many flows of ESP and IKE beside them", &tunnels, 0, CALLS_MAX},
	};
	struct gen g;

	gen_open(&g, "Writes a capture of voice calls.", opts, sizeof opts / sizeof *opts, argc, argv);
	hold *= GEN_SECOND;
	begin = 2 * SETUP + hold;
	for (uint32_t i = 0; i < calls; i++)
		for (enum kind k = SIP; k <= RTCP; k++)
			queue(&g, (struct gen_event){.id = i, .kind = (uint8_t)k}, hold, begin);
	for (uint32_t i = 0; i < tunnels; i++)
		queue(&g, (struct gen_event){.id = CALLS_MAX + i, .kind = i % 4 == 3 ? IKE : ESP}, hold, begin);
	while (g.heap[0].when < begin + seconds * GEN_SECOND) {
		struct gen_event e = gen_pop(&g);
		struct call c = e.kind < ESP ? call_of(&g, &e, hold) : tunnel_of(&g, &e, begin);

		packet(&g, &e, &c);
		g.flows += !e.told;
		e.told = 1;
		e.step++;
		queue(&g, e, hold, begin);
	}
	return gen_close(&g);
}
