/* The stage as a whole: packets of a flow in, application and facts out. What nDPI 4.2 says of them was asked of
 * ndpiReader 4.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "aud/classify.h"
#include "classify_handshakes.h"

#define N(a) (sizeof(a) / sizeof *(a))

enum { TCP = 6, UDP = 17, SYN = 2, RST = 4, PUSH = 8, ACK = 16 };
enum { DATA_OFFSET = 12 };

struct wire {
	struct aud_classifier *c;
	struct aud_flow f;
	struct aud_flow_more m;
	uint32_t seq[2];
	uint64_t no;
	unsigned v6, ah, snap;		/* snap: payload bytes captured; 0 all */
	uint8_t packet[4096];
};

static struct wire
wire(struct aud_classifier *c, int proto, uint16_t client, uint16_t server)
{
	struct wire w = {.c = c, .f = {.port = {client, server}, .proto = (uint8_t)proto}, .seq = {1000, 2000}};

	return w;
}

static void
put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8), p[1] = (uint8_t)v;
}

/* Sends one packet of side. */
static void
send_flags(struct wire *w, int side, unsigned flags, const void *data, size_t n)
{
	size_t ip = w->v6 ? 40 : 20, ah = w->ah ? 24 : 0, l4 = ip + ah, head = w->f.proto == TCP ? 20 : 8,
	       all = l4 + head + n;
	uint8_t *p = w->packet;
	struct aud_packet packet = {.ts_ns = 1600000000000000000u + w->no * 1000000,
	    .frame_no = 1ull << 48 | ++w->no,
	    .caplen = (uint32_t)all,
	    .iplen = (uint32_t)all,
	    .sport = w->f.port[side],
	    .dport = w->f.port[!side],
	    .l4 = (uint16_t)l4,
	    .payload = (uint16_t)(l4 + head),
	    .proto = w->f.proto,
	    .tcp_flags = (uint8_t)flags,
	    .ttl = 64};

	assert_true(all <= sizeof w->packet);
	memset(p, 0, l4 + head);
	if (w->v6) {
		p[0] = 0x60, p[6] = w->f.proto, p[7] = 64, p[8] = p[24] = 0xfd, p[23] = (uint8_t)(1 + side),
		p[39] = (uint8_t)(2 - side);
		put16(p + 4, all - 40);
		packet.bits = AUD_PKT_V6;
	} else {
		p[0] = 0x45, p[8] = 64, p[9] = w->ah ? 51 : w->f.proto;
		p[12] = p[16] = 10, p[15] = (uint8_t)(1 + side), p[19] = (uint8_t)(2 - side);
		put16(p + 2, all);
	}
	if (ah) {
		p[ip] = w->f.proto, p[ip + 1] = 4;	/* RFC 4302 section 2.2: in units of four bytes, less two */
		packet.bits |= AUD_PKT_AH;
	}
	put16(p + l4, packet.sport);
	put16(p + l4 + 2, packet.dport);
	if (w->f.proto == TCP) {
		put16(p + l4 + 4, w->seq[side] >> 16), put16(p + l4 + 6, w->seq[side] & 0xffff);
		put16(p + l4 + 8, w->seq[!side] >> 16), put16(p + l4 + 10, w->seq[!side] & 0xffff);
		p[l4 + DATA_OFFSET] = 0x50, p[l4 + 13] = (uint8_t)flags;
		put16(p + l4 + 14, 8192);
		w->seq[side] += (uint32_t)n + (flags & SYN ? 1 : 0);
	} else {
		put16(p + l4 + 4, 8 + n);
	}
	memcpy(p + l4 + head, data, n);
	packet.ip = p;
	if (w->snap && w->snap < n) {
		packet.caplen = (uint32_t)(l4 + head + w->snap);
		packet.bits |= AUD_PKT_SHORT;
	}
	w->f.packets[side]++;
	if (!(w->f.bits & AUD_FLOW_CLASSIFIED))
		aud_classify(w->c, &w->f, &w->m, &packet, side);
}

static void
send(struct wire *w, int side, const void *data, size_t n)
{
	send_flags(w, side, PUSH | ACK, data, n);
}

static void
text(struct wire *w, int side, const char *s)
{
	send(w, side, s, strlen(s));
}

static void
connect(struct wire *w)
{
	send_flags(w, 0, SYN, "", 0);
	send_flags(w, 1, SYN | ACK, "", 0);
	send_flags(w, 0, ACK, "", 0);
}

#define expect(w, want, want_by, want_facts) \
	do { \
		struct aud_app_text name; \
		struct aud_classify_stats stats; \
		aud_classify_end((w).c, &(w).f, &(w).m); \
		name = aud_app_name((w).c, (w).m.app); \
		assert_string_equal(name.s, want); \
		assert_string_equal(aud_app_by_name((w).m.app.by), want_by); \
		assert_int_equal((w).m.facts, want_facts); \
		assert_true((w).f.bits & AUD_FLOW_CLASSIFIED); \
		assert_int_equal((w).f.state, 0); \
		aud_classify_stats((w).c, &stats); \
		assert_int_equal(stats.states, 0); \
	} while (0)

static int
setup(void **state)
{
	return aud_classifier_new((struct aud_classifier **)state, &(struct aud_classify_opts){0}, NULL) != AUD_OK;
}

static int
teardown(void **state)
{
	aud_classifier_free(*state);
	return 0;
}

/* A flow that rests keeps no state, has the guess that its end would give it, and is recognised if it goes on. */
static void
resting(void **state)
{
	struct wire w = wire(*state, TCP, 50000, 5061);
	struct aud_classify_stats now;

	connect(&w);
	aud_classify_rest(w.c, &w.f, &w.m);
	assert_int_equal(w.f.state, 0);
	assert_false(w.f.bits & AUD_FLOW_CLASSIFIED);
	assert_int_equal(w.m.app.by, AUD_BY_PORT);
	text(&w, 0, "OPTIONS sip:a@example.com SIP/2.0\r\nVia: SIP/2.0/TCP h\r\nCSeq: 1 OPTIONS\r\nCall-ID: 1\r\n\r\n");
	text(&w, 1, "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP h\r\nCSeq: 1 OPTIONS\r\nCall-ID: 1\r\n\r\n");
	aud_classify_end(w.c, &w.f, &w.m);
	assert_string_equal(aud_app_name(w.c, w.m.app).s, "SIP");
	assert_int_equal(w.m.app.by, AUD_BY_DPI);
	w = wire(*state, UDP, 50000, 50001);
	text(&w, 0, "nobody knows this");
	aud_classify_stats(w.c, &now);
	assert_int_equal(now.states, 1);
	aud_classify_rest(w.c, &w.f, &w.m);
	aud_classify_stats(w.c, &now);
	assert_int_equal(now.states, 0);
	aud_classify_rest(w.c, &w.f, &w.m);	/* it has none */
	text(&w, 1, "nor this");
	expect(w, "Unknown", "none", 0);
}

static void
ports_are_guesses(void **state)
{
	struct wire w = wire(*state, TCP, 50000, 5061);

	send_flags(&w, 0, SYN, "", 0);
	expect(w, "SIP", "port", 0);
	w = wire(*state, TCP, 50000, 5061);
	connect(&w);
	send_flags(&w, 1, RST, "", 0);
	send_flags(&w, 0, RST, "", 0);
	expect(w, "SIP", "port", 0);
	assert_int_equal(aud_flow_app_frame(&w.m), 0);
	w = wire(*state, TCP, 50000, 50001);
	w.v6 = 1;
	connect(&w);
	expect(w, "Unknown", "none", 0);
	/* Never shown a packet: only later fragments, say. */
	w = wire(*state, UDP, 0, 0);
	expect(w, "Unknown", "none", 0);
}

static void
sip(void **state)
{
	static const char options[] =
	    "OPTIONS sip:10.0.0.2:5068;transport=tcp SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.1:50000\r\n\r\n";
	struct wire w = wire(*state, TCP, 50000, 5068);

	connect(&w);
	text(&w, 0, options);
	text(&w, 1, "SIP/2.0 200 OK\r\n\r\n");
	expect(w, "SIP", "own", AUD_FACT_SIP_CLEAR);
	assert_int_equal(aud_flow_app_frame(&w.m), 1ull << 48 | 4);
	w = wire(*state, TCP, 50000, 5060);
	connect(&w);
	text(&w, 0,
	    "NEGOTIATE sip:127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.1:50000\r\nCSeq: 1 NEGOTIATE\r\n\r\n");
	expect(w, "SIP", "own", AUD_FACT_SIP_CLEAR);
	assert_int_equal(w.f.bits & (AUD_FLOW_CLIENT0 | AUD_FLOW_CLIENT1), AUD_FLOW_CLIENT0);
	/* A proxy's reply does not turn HTTP into SIP. */
	w = wire(*state, TCP, 50000, 80);
	connect(&w);
	text(&w, 0, "GET /x HTTP/1.1\r\nHost: a.example\r\nUser-Agent: x\r\n\r\n");
	text(&w, 1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	expect(w, "HTTP", "dpi", AUD_FACT_HTTP_CLEAR);
	assert_int_equal(w.f.bits & (AUD_FLOW_CLIENT0 | AUD_FLOW_CLIENT1), AUD_FLOW_CLIENT0);
	/* The authentication header was looked through: what is inside counts. */
	w = wire(*state, UDP, 5060, 5060);
	w.ah = 1;
	text(&w, 0,
	    "INVITE sip:b@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1\r\nFrom: <sip:a@10.0.0.1>\r\nTo: "
	    "<sip:b@10.0.0.2>\r\n\r\n");
	expect(w, "SIP", "dpi", AUD_FACT_SIP_CLEAR);
}

static void
tls(void **state)
{
	const struct {
		const struct flight *flights;
		size_t n;
		unsigned facts;
		int version;
	} rows[] = {
	    {mutual12, N(mutual12),
		AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER | AUD_FACT_CERT_REQUEST | AUD_FACT_CLIENT_CERT |
		    AUD_FACT_TLS_DONE,
		0x33},
	    {plain12, N(plain12),
		AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER | AUD_FACT_CLIENT_NOCERT | AUD_FACT_TLS_DONE, 0x33},
	    {mutual13, N(mutual13), AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER | AUD_FACT_TLS13 | AUD_FACT_TLS_DONE,
		0x34},
	};

	for (size_t i = 0; i < N(rows) * 2; i++) {
		size_t r = i / 2;
		struct wire w = wire(*state, TCP, 50000, 5061);

		w.v6 = i & 1;
		connect(&w);
		for (size_t k = 0; k < rows[r].n; k++)
			send(&w, rows[r].flights[k].side, rows[r].flights[k].bytes, rows[r].flights[k].len);
		expect(w, "TLS", "dpi", rows[r].facts);
		assert_int_equal(w.m.tls_version, rows[r].version);
		assert_int_equal(w.f.bits & (AUD_FLOW_CLIENT0 | AUD_FLOW_CLIENT1), AUD_FLOW_CLIENT0);
	}
}

static void
tls_middle(void **state)
{
	static const uint8_t records[] = {0x17, 3, 3, 0, 4, 1, 2, 3, 4, 0x17, 3, 3, 0, 4, 5, 6, 7, 8};
	struct wire w = wire(*state, TCP, 50000, 5061);

	send(&w, 1, records, sizeof records);
	send(&w, 0, records, sizeof records);
	expect(w, "TLS", "own", AUD_FACT_TLS_RECORD);
	assert_int_equal(w.m.tls_version, 0);
	assert_int_equal(w.f.bits & (AUD_FLOW_CLIENT0 | AUD_FLOW_CLIENT1), 0);
}

/* nDPI 4.2 calls ports 5001 and 5201 TargusDataspeed, by a SYN. */
static void
early_verdict(void **state)
{
	static const uint8_t records[] = {0x17, 3, 3, 0, 4, 1, 2, 3, 4, 0x17, 3, 3, 0, 4, 5, 6, 7, 8};
	static const uint8_t bind[72] = {5, 0, 11, 3, 16, 0, 0, 0, 72};
	struct wire w = wire(*state, TCP, 5201, 5061);

	send_flags(&w, 0, SYN, "", 0);
	expect(w, "TargusDataspeed", "port", 0);
	for (int kept = 0; kept < 2; kept++) {
		w = wire(*state, TCP, kept ? 5201 : 5001, 5061);
		connect(&w);
		if (!kept)
			send_flags(&w, 0, ACK, "", 0);	/* one more than is kept: nDPI sees it come */
		for (size_t k = 0; k < N(plain12); k++)
			send(&w, plain12[k].side, plain12[k].bytes, plain12[k].len);
		expect(w, "TLS", "own",
		    AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER | AUD_FACT_CLIENT_NOCERT | AUD_FACT_TLS_DONE);
		/* Not that of the ClientHello: the one in which the client goes on, and sends no certificate. */
		assert_int_equal(aud_flow_app_frame(&w.m), 1ull << 48 | (kept ? 6 : 7));
	}
	/* From the middle. */
	w = wire(*state, TCP, 5201, 5061);
	send(&w, 0, records, sizeof records);
	send(&w, 1, records, sizeof records);
	expect(w, "TLS", "own", AUD_FACT_TLS_RECORD);
	/* nDPI names it by the first payload; what the other side says is heard, too. */
	w = wire(*state, TCP, 50000, 49152);
	connect(&w);
	send(&w, 0, bind, sizeof bind);
	assert_false(w.f.bits & AUD_FLOW_CLASSIFIED);
	text(&w, 1, "SIP/2.0 200 OK\r\n\r\n");
	assert_true(w.f.bits & AUD_FLOW_CLASSIFIED);
	expect(w, "DCE_RPC", "dpi", AUD_FACT_SIP_CLEAR);
}

/* It begins like TLS, and goes on as something else. */
static void
not_tls(void **state)
{
	const unsigned hello = AUD_FACT_TLS_HELLO | AUD_FACT_NOT_TLS;
	const struct {
		size_t flights;		/* of plain12, from the first */
		const char *says[3];	/* server, client, server */
		const char *app, *by;
		unsigned facts;
	} rows[] = {
	    {1, {"SSH-2.0-OpenSSH_9.2\r\n"}, "SSH", "own", hello},
	    {1, {"HTTP/1.1 400 Bad Request\r\n\r\n"}, "HTTP", "own", hello | AUD_FACT_HTTP_CLEAR},
	    {1, {"\1\2\3\4\5\6\7\10"}, "Unknown", "none", hello},
	    {1, {"hello", "INVITE sip:a@b SIP/2.0\r\n\r\n"}, "SIP", "own", hello | AUD_FACT_SIP_CLEAR},
	    {4, {"SIP/2.0 200 OK\r\n\r\n"}, "SIP", "own",
		hello | AUD_FACT_TLS_SERVER | AUD_FACT_TLS_DONE | AUD_FACT_SIP_CLEAR},
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct wire w = wire(*state, TCP, 50000, 5061);

		connect(&w);
		for (size_t k = 0; k < rows[i].flights; k++)
			send(&w, plain12[k].side, plain12[k].bytes, plain12[k].len);
		for (size_t k = 0; k < N(rows[i].says) && rows[i].says[k]; k++)
			text(&w, k != 1, rows[i].says[k]);
		expect(w, rows[i].app, rows[i].by, rows[i].facts);
	}
	/* RFC 9293 section 3.5.3: a reset may carry text. */
	struct wire w = wire(*state, TCP, 50000, 5061);

	connect(&w);
	send(&w, 0, plain12[0].bytes, plain12[0].len);
	send_flags(&w, 1, RST | ACK, "go away", 7);
	expect(w, "TLS", "dpi", AUD_FACT_TLS_HELLO | AUD_FACT_TLS_GAP);
	/* One byte to a segment: nDPI gives up. */
	w = wire(*state, TCP, 50000, 5061);
	connect(&w);
	for (size_t i = 0; i < plain12[0].len; i++)
		send(&w, 0, plain12[0].bytes + i, 1);
	send(&w, 1, plain12[1].bytes, plain12[1].len);
	expect(w, "TLS", "own", AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER | AUD_FACT_TLS_GAP);
}

static void
ipsec(void **state)
{
	uint8_t esp[100] = {0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 1},
		ike[48] = {[4] = 0xab, [20] = 33, 0x20, 34, 8, [31] = 44};
	struct wire w = wire(*state, UDP, 4500, 4500);

	memset(esp + 8, 0x77, sizeof esp - 8);
	send(&w, 0, esp, sizeof esp);
	send(&w, 0, "\xff", 1);
	esp[7] = 2;
	send(&w, 0, esp, sizeof esp);
	expect(w, "IPsec", "own", AUD_FACT_ESP_UDP);
	w = wire(*state, UDP, 4500, 4500);
	send(&w, 0, ike, sizeof ike);
	send(&w, 1, esp, sizeof esp);
	expect(w, "IPsec", "own", AUD_FACT_ISAKMP);
	w = wire(*state, UDP, 500, 500);
	send(&w, 0, ike + 4, 44);
	expect(w, "IPsec", "own", AUD_FACT_ISAKMP);
	/* Behind the marker on a media port. */
	w = wire(*state, UDP, 50010, 50012);
	send(&w, 0, ike, sizeof ike);
	expect(w, "IPsec", "own", AUD_FACT_ISAKMP);
	/* One packet of opaque data on 4500 is only that. */
	w = wire(*state, UDP, 4500, 4500);
	esp[0] = 0x13;
	send(&w, 0, esp, sizeof esp);
	expect(w, "IPsec", "port", 0);
}

/* RFC 3948 section 2.3: one byte 0xff. nDPI 4.2 takes two of them for IMO. */
static void
nat_keepalives(void **state)
{
	uint8_t esp[100] = {0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 1};
	struct wire w = wire(*state, UDP, 4500, 4500);

	for (int i = 0; i < 4; i++)
		send(&w, 0, "\xff", 1);
	expect(w, "NATKeepalive", "own", 0);
	/* What follows them counts, and what came before. */
	w = wire(*state, UDP, 4500, 4500);
	for (int i = 0; i < 4; i++)
		send(&w, i & 1, "\xff", 1);
	send(&w, 0, esp, sizeof esp);
	esp[7] = 2;
	send(&w, 0, esp, sizeof esp);
	expect(w, "IPsec", "own", AUD_FACT_ESP_UDP);
	for (int turn = 0; turn < 2; turn++) {
		struct aud_app_text app;

		w = wire(*state, UDP, 4500, 4500);
		for (int i = 0; i < 4; i++)
			send(&w, 0, turn == (i > 1) ? "a question" : "\xff", turn == (i > 1) ? 10 : 1);
		aud_classify_end(w.c, &w.f, &w.m);
		app = aud_app_name(*state, w.m.app);
		assert_string_not_equal(app.s, "NATKeepalive");
	}
	/* Elsewhere a byte is only that. */
	w = wire(*state, UDP, 50010, 50012);
	send(&w, 0, "\xff", 1);
	aud_classify_end(w.c, &w.f, &w.m);
	assert_int_not_equal(w.m.app.by, AUD_BY_OWN);
}

static void
sql(void **state)
{
	struct wire w = wire(*state, UDP, 50000, 1434);

	send(&w, 0, "\17\1RTC", 6);
	send(&w, 1, "\5\3\0\1\x99\xc0", 6);
	expect(w, "SSRP", "own", 0);
	assert_int_equal(w.f.bits & (AUD_FLOW_CLIENT0 | AUD_FLOW_CLIENT1), AUD_FLOW_CLIENT0);
}

static void
media(void **state)
{
	static const uint8_t stun[] = {
	    0, 22, 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
	uint8_t rtp[172] = {0x80, 8, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4};
	struct wire w = wire(*state, TCP, 50000, 50001);
	uint8_t framed[22];

	memcpy(framed, stun, sizeof framed);
	framed[1] = 20;
	connect(&w);
	send(&w, 0, framed, sizeof framed);
	expect(w, "FramedMedia", "own", AUD_FACT_MEDIA);
	w = wire(*state, TCP, 50000, 3478);
	connect(&w);
	send(&w, 0, stun + 2, 20);
	expect(w, "STUN", "own", AUD_FACT_MEDIA);
	w = wire(*state, UDP, 50000, 50001);
	w.v6 = 1;
	send(&w, 0, stun + 2, 20);
	expect(w, "STUN", "own", AUD_FACT_MEDIA);

	/* nDPI takes the first packet for RTP; we want four. */
	for (int n = 1; n <= 4; n++) {
		w = wire(*state, UDP, 50000, 50010);
		for (int i = 0; i < n; i++) {
			rtp[3] = (uint8_t)i;
			rtp[7] = (uint8_t)(160 * i);
			send(&w, 0, rtp, sizeof rtp);
		}
		expect(w, "RTP", "dpi", n < 4 ? 0 : AUD_FACT_MEDIA);
	}
	/* RTP by its first byte alone: nDPI's word is no fact. */
	w = wire(*state, UDP, 50000, 50010);
	for (uint32_t i = 0, x = 1; i < 60; i++) {
		for (size_t k = 0; k < sizeof rtp; k++)
			rtp[k] = (uint8_t)((x = x * 1103515245 + 12345) >> 16);
		rtp[0] = 0x80;
		rtp[1] = 8;
		send(&w, i & 1, rtp, sizeof rtp);
	}
	expect(w, "RTP", "dpi", 0);
}

/* MS-TURN 2.1.1. nDPI says TLS. */
static void
pseudo_tls(void **state)
{
	uint8_t hello[5 + 45] = {22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1, [45] = 2, [47] = 0x18, [48] = 1};
	uint8_t answer[5 + 78] = {22, 3, 1, 0, 78, 2, 0, 0, 70, 3, 1, [43] = 32, [77] = 0x18, [79] = 14};
	struct wire w = wire(*state, TCP, 50000, 443);

	connect(&w);
	send(&w, 0, hello, sizeof hello);
	send(&w, 1, answer, sizeof answer);
	send(&w, 0, "\2\0\0\4abcd", 8);
	expect(w, "PseudoTLS", "own", 0);
	assert_int_equal(w.m.tls_version, 0);
}

/* The first payload of a side tells who is the client; the sender is side 0. */
static void
clients(void **state)
{
	static const uint8_t dhcp[240] = {1, 1, 6, [236] = 0x63, 0x82, 0x53, 0x63}, offer[240] = {2, 1, 6, [236] = 0x63, 0x82, 0x53, 0x63};
	static const uint8_t query[] = {1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1};
	static const uint8_t reply[] = {1, 2, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1};
	static const uint8_t bind[72] = {5, 0, 11, 3, 16, 0, 0, 0, 72}, bind_ack[60] = {5, 0, 12, 3, 16, 0, 0, 0, 60};
	static const uint8_t call[60] = {5, 0, 0, 3, 16, 0, 0, 0, 60};
	static const uint8_t smb[68] = {0, 0, 0, 64, 0xfe, 'S', 'M', 'B', 64}, smb_answer[68] = {0, 0, 0, 64, 0xfe, 'S', 'M', 'B', 64, [20] = 1};
	static const uint8_t smb1[36] = {0, 0, 0, 32, 0xff, 'S', 'M', 'B', 0x72}, smb_read[68] = {0, 0, 0, 64, 0xfe, 'S', 'M', 'B', 64, [16] = 8};
	static const uint8_t ask[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
	static const uint8_t answer[20] = {1, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
	static const uint8_t error[20] = {1, 0x13, 0, 0, 0x21, 0x12, 0xa4, 0x42};
	static const uint8_t indication[20] = {0, 0x17, 0, 0, 0x21, 0x12, 0xa4, 0x42};
	static const struct {
		const char *name;
		int proto;
		uint16_t from, to;
		const uint8_t *p;
		size_t n;
		unsigned bits;
	} rows[] = {
	    {"DNS query", UDP, 50000, 53, query, sizeof query, AUD_FLOW_CLIENT0},
	    {"DNS response", UDP, 53, 50000, reply, sizeof reply, AUD_FLOW_CLIENT1},
	    {"DNS query from 53 to 53", UDP, 53, 53, query, sizeof query, 0},
	    {"DNS query, the wrong way", UDP, 53, 50000, query, sizeof query, 0},
	    {"DHCP request", UDP, 68, 67, dhcp, sizeof dhcp, AUD_FLOW_CLIENT0},
	    {"DHCP offer", UDP, 67, 68, offer, sizeof offer, AUD_FLOW_CLIENT1},
	    {"RPC bind", TCP, 50000, 135, bind, sizeof bind, AUD_FLOW_CLIENT0},
	    {"RPC bind_ack", TCP, 49152, 50000, bind_ack, sizeof bind_ack, AUD_FLOW_CLIENT1},
	    {"RPC request, which a callback may be", TCP, 50000, 49152, call, sizeof call, 0},
	    {"SMB2 negotiate", TCP, 50000, 445, smb, sizeof smb, AUD_FLOW_CLIENT0},
	    {"SMB2 negotiate answer", TCP, 445, 50000, smb_answer, sizeof smb_answer, AUD_FLOW_CLIENT1},
	    {"SMB1 negotiate", TCP, 50000, 445, smb1, sizeof smb1, AUD_FLOW_CLIENT0},
	    {"SMB2 read", TCP, 50000, 445, smb_read, sizeof smb_read, 0},
	    {"STUN request", UDP, 50000, 3478, ask, sizeof ask, AUD_FLOW_CLIENT0},
	    {"STUN success response", UDP, 3478, 50000, answer, sizeof answer, AUD_FLOW_CLIENT1},
	    {"TURN error response", UDP, 3478, 50000, error, sizeof error, AUD_FLOW_CLIENT1},
	    {"TURN over TCP 443", TCP, 443, 50000, answer, sizeof answer, AUD_FLOW_CLIENT1},
	    {"between servers", UDP, 3478, 3478, ask, sizeof ask, AUD_FLOW_CLIENT0},
	    {"STUN indication", UDP, 50000, 3478, indication, sizeof indication, 0},
	    {"STUN request, the wrong way", UDP, 3478, 50000, ask, sizeof ask, 0},
	    {"STUN response, the wrong way", UDP, 50000, 3478, answer, sizeof answer, 0},
	    {"check of ICE", UDP, 50000, 50010, ask, sizeof ask, 0},
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct wire w = wire(*state, rows[i].proto, rows[i].from, rows[i].to);

		send(&w, 0, rows[i].p, rows[i].n);
		aud_classify_end(w.c, &w.f, &w.m);
		if ((w.f.bits & (AUD_FLOW_CLIENT0 | AUD_FLOW_CLIENT1)) != rows[i].bits)
			fail_msg("%s: %#x", rows[i].name, w.f.bits);
	}
}

static void
cut_short(void **state)
{
	struct wire w = wire(*state, TCP, 50000, 443);

	connect(&w);
	w.snap = 60;
	send(&w, 0, plain12[0].bytes, plain12[0].len);
	send(&w, 1, plain12[1].bytes, plain12[1].len);
	expect(w, "TLS", "port", 0);
	/* Whole, nDPI takes it for NTP (RFC 5905 section 7.3); of a part it is shown the headers only. */
	for (unsigned snap = 0; snap <= 30; snap += 30) {
		static const uint8_t ntp[48] = {0x1b};

		w = wire(*state, UDP, 50000, 123);
		w.snap = snap;
		send(&w, 0, ntp, sizeof ntp);
		expect(w, "NTP", snap ? "port" : "dpi", 0);
	}
}

static void
bounded(void **state)
{
	struct aud_classifier *c;
	struct aud_classify_stats stats;
	static struct wire w[3];

	(void)state;
	assert_int_equal(aud_classifier_new(&c, &(struct aud_classify_opts){.max_states = 2, .beside = 4096}, NULL), AUD_OK);
	for (int i = 0; i < 3; i++) {
		w[i] = wire(c, TCP, (uint16_t)(50000 + i), 5061);
		connect(&w[i]);
		assert_false(w[i].f.bits & AUD_FLOW_CLASSIFIED);
	}
	aud_classify_stats(c, &stats);
	assert_int_equal(stats.states, 0);	/* nothing said, nothing held */
	for (int i = 0; i < 3; i++)
		text(&w[i], 0, "\x81\x02...........");
	assert_true(w[0].f.bits & AUD_FLOW_CLASSIFIED);
	assert_true(w[0].f.bits & AUD_FLOW_UNREAD);
	assert_false((w[1].f.bits | w[2].f.bits) & AUD_FLOW_UNREAD);
	assert_int_equal(w[0].m.app.by, AUD_BY_PORT);
	assert_false(w[1].f.bits & AUD_FLOW_CLASSIFIED);
	aud_classify_stats(c, &stats);
	assert_int_equal(stats.given_up, 1);
	assert_int_equal(stats.states, 2);
	assert_int_equal(stats.peak, 2);
	aud_classify_end(c, &w[1].f, &w[1].m);
	aud_classifier_free(c);			/* one flow was never ended */
	aud_classifier_free(NULL);
}

/* nDPI puts together the record that each of many connections promises: that has a bound too. */
static void
bounded_beside(void **state)
{
	(void)state;
	for (size_t beside = 0; beside <= 4096; beside += 4096) {
		struct aud_classify_opts o = {.max_states = 16, .beside = beside};
		struct aud_classify_stats stats;
		static struct wire w[16];
		struct aud_classifier *c;
		unsigned unread = 0;

		assert_int_equal(aud_classifier_new(&c, &o, NULL), AUD_OK);
		for (unsigned i = 0; i < 16; i++) {
			w[i] = wire(c, TCP, (uint16_t)(50000 + i), 443);
			connect(&w[i]);
			send(&w[i], 0, "\x16\x03\x01\x40\x00\x01\x00\x3f\xfc\x03\x03", 11);
		}
		aud_classify_stats(c, &stats);
		if (beside) {
			assert_int_equal(stats.states, 16);
		} else {
			/* 2048 bytes of each at least, of the room of 16 states, which have less than 1 KiB each */
			assert_in_range(stats.states, 1, 6);
		}
		for (unsigned i = 0; i < 16; i++)
			unread += !!(w[i].f.bits & AUD_FLOW_UNREAD);
		assert_int_equal(unread, 16 - stats.states);
		assert_int_equal(stats.given_up, unread);
		for (unsigned i = 0; i < 16; i++)
			aud_classify_end(c, &w[i].f, &w[i].m);
		aud_classifier_free(c);
	}
}

static void
names(void **state)
{
	assert_string_equal(aud_app_name(*state, (struct aud_app){.master = 91, .sub = 125}).s, "TLS.Skype_Teams");
	assert_string_equal(aud_app_name(*state, (struct aud_app){0}).s, "Unknown");
	assert_string_equal(
	    aud_app_name(*state, (struct aud_app){.sub = AUD_APP_PSEUDO_TLS, .by = AUD_BY_OWN}).s, "PseudoTLS");
	assert_string_equal(aud_app_by_name(AUD_BY_OWN), "own");
	assert_int_equal(aud_ndpi_version()[0], '4');
}

static void
hear(void *user, const struct aud_flow *f, const char *name, bool certificate)
{
	char *heard = user;

	(void)f;
	snprintf(heard + strlen(heard), 200 - strlen(heard), "%s%s;", certificate ? "" : "asked ", name);
}

/* A certificate without alternative names, whose subject is CN=server, O=Org: the organisation is no name of the server. */
static void
subject(void **state)
{
	static const uint8_t org[] = {0x31, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x04, 0x0a, 0x0c, 3, 'O', 'r', 'g'};
	/* Low bytes of the lengths around it: of record, message, list, certificate (three in one another), subject. */
	static const size_t lengths[] = {74, 78, 81, 84, 88, 92, 184};
	enum { AT = 202 };
	uint8_t b[sizeof plain12_1 + sizeof org];
	char heard[200] = "";
	struct aud_classify_opts o = {.named = hear, .user = heard};
	struct aud_classifier *c;
	struct wire w;

	(void)state;
	memcpy(b, plain12_1, AT);
	memcpy(b + AT, org, sizeof org);
	memcpy(b + AT + sizeof org, plain12_1 + AT, sizeof plain12_1 - AT);
	for (size_t i = 0; i < N(lengths); i++)
		b[lengths[i]] = (uint8_t)(b[lengths[i]] + sizeof org);
	assert_int_equal(aud_classifier_new(&c, &o, NULL), AUD_OK);
	w = wire(c, TCP, 50000, 5061);
	connect(&w);
	for (size_t k = 0; k < N(plain12); k++)
		if (k == 1)
			send(&w, 1, b, sizeof b);
		else
			send(&w, plain12[k].side, plain12[k].bytes, plain12[k].len);
	aud_classify_end(c, &w.f, &w.m);
	assert_string_equal(heard, "server;");
	aud_classifier_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(resting), cmocka_unit_test(ports_are_guesses),
	    cmocka_unit_test(sip),
	    cmocka_unit_test(tls),
	    cmocka_unit_test(tls_middle),
	    cmocka_unit_test(early_verdict),
	    cmocka_unit_test(not_tls),
	    cmocka_unit_test(ipsec), cmocka_unit_test(nat_keepalives),
	    cmocka_unit_test(sql),
	    cmocka_unit_test(media),
	    cmocka_unit_test(cut_short),
	    cmocka_unit_test(bounded), cmocka_unit_test(bounded_beside),
	    cmocka_unit_test(names),
	    cmocka_unit_test(subject),
	    cmocka_unit_test(pseudo_tls),
	    cmocka_unit_test(clients),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
