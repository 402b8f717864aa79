/* Flow stage: tracking, splits, duplicates, fragments, quotes, bounds, and the table against a naive model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <aud/flow.h>

#include "table.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
#define MS UINT64_C(1000000)
#define SEC UINT64_C(1000000000)

/* A packet with its bytes. */
struct made {
	struct aud_packet p;
	uint8_t bytes[128];
};

static void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

struct spec {
	uint64_t ts;
	unsigned src, dst;	/* last octets of 10.0.0.x, or of 2001:db8::x */
	unsigned sport, dport;
	unsigned proto;		/* 0: TCP */
	unsigned flags;
	uint32_t seq, ack;
	unsigned data;		/* payload bytes */
	unsigned id, ttl, vlans;
	bool v6;
	unsigned bits;
	uint32_t frag_id;
	unsigned offset;	/* of a fragment, in 8 bytes */
};

static uint64_t frame_no;

static struct made *
make(struct made *m, const struct spec *s)
{
	struct aud_packet *p = &m->p;
	unsigned ip = s->v6 ? 40 : 20, proto = s->proto ? s->proto : 6, l4 = proto == 6 ? 20 : 8;

	memset(m, 0, sizeof *m);
	if (s->v6) {
		m->bytes[0] = 0x60;
		put32(m->bytes + 8, 0x20010db8);
		m->bytes[23] = (uint8_t)s->src;
		put32(m->bytes + 24, 0x20010db8);
		m->bytes[39] = (uint8_t)s->dst;
		p->bits = AUD_PKT_V6;
	} else {
		m->bytes[0] = 0x45;
		put16(m->bytes + 4, s->id);
		put16(m->bytes + 6, s->offset);
		m->bytes[9] = (uint8_t)proto;
		put32(m->bytes + 12, 0x0a000000 | s->src);
		put32(m->bytes + 16, 0x0a000000 | s->dst);
	}
	put16(m->bytes + ip, s->sport);
	put16(m->bytes + ip + 2, s->dport);
	if (proto == 6) {
		put32(m->bytes + ip + 4, s->seq);
		put32(m->bytes + ip + 8, s->ack);
		m->bytes[ip + 12] = 0x50;
		m->bytes[ip + 13] = (uint8_t)s->flags;
	}
	p->ts_ns = s->ts;
	p->frame_no = ++frame_no;
	p->ip = m->bytes;
	p->proto = (uint8_t)proto;
	p->tcp_flags = (uint8_t)s->flags;
	p->ttl = (uint8_t)s->ttl;
	p->vlans = (uint16_t)s->vlans;
	p->l4 = (uint16_t)ip;
	p->payload = (uint16_t)(ip + l4);
	p->iplen = ip + l4 + s->data;
	p->caplen = p->iplen < sizeof m->bytes ? p->iplen : sizeof m->bytes;
	p->sport = (uint16_t)s->sport;
	p->dport = (uint16_t)s->dport;
	p->bits |= (uint8_t)s->bits;
	p->frag_id = s->frag_id;
	if (s->bits & AUD_PKT_LATER)
		p->sport = p->dport = 0;
	if (s->bits & AUD_PKT_QUOTE)
		p->ttl = (uint8_t)s->ttl;
	(void)aud_flow_shard(p, 4, 0);
	return m;
}

/* What the callback saw of flows that ended. */
struct seen {
	struct aud_flow f[4096];
	struct aud_flow_more m[4096];
	enum aud_flow_end why[4096];
	size_t n;
	uint64_t packets, flows;
};
static struct seen seen;

static void
on_end(void *user, struct aud_flow *f, struct aud_flow_more *m, enum aud_flow_end why)
{
	struct seen *s = user;

	s->flows++;
	s->packets += aud_flow_packets(f, m, 0) + aud_flow_packets(f, m, 1);
	if (s->n < 4096) {
		s->f[s->n] = *f;
		s->m[s->n] = *m;
		s->why[s->n++] = why;
	}
}

static struct aud_table *
table(bool split, bool dedup, size_t max)
{
	struct aud_table_opts o = {.split = split, .dedup = dedup, .max_flows = max, .ended = on_end, .user = &seen};
	struct aud_table *t;

	memset(&seen, 0, sizeof seen);
	assert_int_equal(aud_table_new(&t, &o, NULL), AUD_OK);
	return t;
}

static const uint32_t alone;	/* the place of a packet that comes alone */

static void
feed(struct aud_table *t, const struct spec *s, size_t n)
{
	struct made m;

	for (size_t i = 0; i < n; i++) {
		make(&m, &s[i]);
		assert_int_equal(aud_table_batch(t, &m.p, &alone, 1, NULL, NULL, NULL), AUD_OK);
	}
}

static void
finish(struct aud_table *t, struct aud_table_stats *st)
{
	assert_int_equal(aud_table_flush(t, NULL, NULL, NULL), AUD_OK);
	if (st)
		aud_table_stats(t, st);
	aud_table_free(t);
}

#define FEED(t, ...) feed(t, (const struct spec[]){__VA_ARGS__}, sizeof((const struct spec[]){__VA_ARGS__}) / sizeof(struct spec))

/* Client 1:1000, server 2:5061; C and S are what they send. */
#define C .src = 1, .dst = 2, .sport = 1000, .dport = 5061
#define S .src = 2, .dst = 1, .sport = 5061, .dport = 1000

static void
handshakes(void **state)
{
	static const struct {
		const char *name;
		struct spec p[4];
		size_t n;
		enum aud_handshake hs;
		unsigned client;	/* the last octet */
		enum aud_direction by;
	} rows[] = {
	    {"full", {{1, C, .flags = SYN, .seq = 9}, {2, S, .flags = SYN | ACK, .seq = 70, .ack = 10}, {3, C, .flags = ACK, .seq = 10, .ack = 71}},
		3, AUD_HS_FULL, 1, AUD_DIR_SYN},
	    {"syn only", {{1, C, .flags = SYN}}, 1, AUD_HS_SYN, 1, AUD_DIR_SYN},
	    {"syn and syn-ack", {{1, C, .flags = SYN}, {2, S, .flags = SYN | ACK}}, 2, AUD_HS_SYN_SYNACK, 1, AUD_DIR_SYN},
	    {"server's ACK does not complete it", {{1, C, .flags = SYN}, {2, S, .flags = SYN | ACK}, {3, S, .flags = ACK}}, 3, AUD_HS_SYN_SYNACK, 1,
		AUD_DIR_SYN},
	    {"the reset does not complete it", {{1, C, .flags = SYN}, {2, S, .flags = SYN | ACK}, {3, C, .flags = RST | ACK}}, 3, AUD_HS_SYN_SYNACK, 1,
		AUD_DIR_SYN},
	    {"syn-ack only", {{1, S, .flags = SYN | ACK}}, 1, AUD_HS_SYNACK, 1, AUD_DIR_SYNACK},
	    {"one-sided, server's side", {{1, S, .flags = SYN | ACK}, {2, S, .flags = ACK, .data = 5}}, 2, AUD_HS_SYNACK, 1, AUD_DIR_SYNACK},
	    {"syn after syn-ack (out of order)", {{1, S, .flags = SYN | ACK}, {2, C, .flags = SYN}}, 2, AUD_HS_SYN_SYNACK, 1, AUD_DIR_SYN},
	    {"mid-stream", {{1, S, .flags = ACK, .data = 4}, {2, C, .flags = ACK}}, 2, AUD_HS_NONE, 2, AUD_DIR_FIRST},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct aud_table *t = table(true, true, 0);
		enum aud_direction by;
		feed(t, rows[i].p, rows[i].n);
		finish(t, NULL);
		if (seen.n != 1 || aud_flow_handshake(&seen.f[0]) != rows[i].hs)
			fail_msg("%s: %zu flows, handshake %s", rows[i].name, seen.n, aud_handshake_name(aud_flow_handshake(&seen.f[0])));
		int side = aud_flow_client(&seen.f[0], &by);
		uint8_t b[4];
		memcpy(b, &seen.f[0].addr[side], 4);
		if (b[3] != rows[i].client || by != rows[i].by)
			fail_msg("%s: client %u by %s", rows[i].name, b[3], aud_direction_name(by));
	}
}

/* Counts, bytes and times both ways; time stamps out of order. */
static void
tallies(void **state)
{
	struct aud_table *t = table(true, false, 0);

	(void)state;
	FEED(t, {5 * MS, C, .proto = 17, .data = 10}, {3 * MS, C, .proto = 17, .data = 1}, {9 * MS, S, .proto = 17, .data = 100});
	finish(t, NULL);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.f[0].packets[0], 2);
	assert_int_equal(seen.f[0].packets[1], 1);
	assert_int_equal(seen.f[0].bytes[0], 38 + 29);
	assert_int_equal(seen.f[0].bytes[1], 128);
	assert_int_equal(seen.m[0].first_ns, 3 * MS);
	assert_int_equal(seen.f[0].last_ns, 9 * MS);
	assert_true(seen.f[0].bits & AUD_FLOW_DATA0 && seen.f[0].bits & AUD_FLOW_DATA1);
}

static void
splits(void **state)
{
	static const struct {
		const char *name;
		struct spec p[8];
		size_t n, flows;
		enum aud_flow_end why;	/* of the first */
	} rows[] = {
	    {"closed by FIN, then a new SYN",
		{{1, C, .flags = SYN, .seq = 1}, {2, S, .flags = SYN | ACK, .seq = 1, .ack = 2}, {3, C, .flags = ACK, .seq = 2, .ack = 2},
		    {4, C, .flags = FIN | ACK, .seq = 2, .ack = 2}, {5, S, .flags = FIN | ACK, .seq = 2, .ack = 3}, {6, C, .flags = ACK, .seq = 3, .ack = 3},
		    {7, C, .flags = SYN, .seq = 500}}, 7, 2, AUD_ENDED_CLOSED},
	    {"half closed is not closed",
		{{1, C, .flags = SYN, .seq = 1}, {2, S, .flags = SYN | ACK, .seq = 1, .ack = 2}, {4, C, .flags = FIN | ACK, .seq = 2, .ack = 2},
		    {5, S, .flags = ACK, .data = 7, .seq = 2, .ack = 3}}, 4, 1, AUD_ENDED_INPUT},
	    {"reset, then a new SYN from the other side", {{1, C, .flags = SYN, .seq = 1}, {2, S, .flags = RST | ACK, .ack = 2}, {3, S, .flags = SYN, .seq = 8}},
		3, 2, AUD_ENDED_CLOSED},
	    {"a SYN repeated is one attempt", {{1, C, .flags = SYN, .seq = 1}, {SEC, C, .flags = SYN, .seq = 1}, {3 * SEC, C, .flags = SYN, .seq = 1}}, 3, 1,
		AUD_ENDED_INPUT},
	    {"port reused: a SYN ahead of the window",
		{{1, C, .flags = SYN, .seq = 1}, {2, S, .flags = SYN | ACK, .seq = 1, .ack = 2}, {3, C, .flags = ACK, .seq = 2, .ack = 2},
		    {4, C, .flags = SYN, .seq = 90000}}, 4, 2, AUD_ENDED_REUSED},
	    {"port reused: a SYN behind the window",
		{{1, C, .flags = SYN, .seq = 90000}, {2, S, .flags = SYN | ACK, .seq = 1, .ack = 90001}, {3, C, .flags = ACK, .seq = 90001, .ack = 2},
		    {4 * MS, C, .flags = SYN, .seq = 500}}, 4, 2, AUD_ENDED_REUSED},
	    {"a SYN after a connection whose start was not seen", {{1, C, .flags = ACK, .seq = 70, .ack = 9}, {2, S, .flags = ACK, .seq = 9, .ack = 70},
		    {3 * SEC, C, .flags = SYN, .seq = 5}}, 3, 2, AUD_ENDED_REUSED},
	    {"a late copy of the SYN that was reset", {{1, C, .flags = SYN, .seq = 1}, {2, S, .flags = RST | ACK, .ack = 2}, {4 * MS, C, .flags = SYN, .seq = 1}},
		3, 1, AUD_ENDED_INPUT},
	    {"an old duplicate SYN splits nothing",
		{{1, C, .flags = SYN, .seq = 1}, {2, S, .flags = SYN | ACK, .seq = 1, .ack = 2}, {3, C, .flags = ACK, .seq = 2, .ack = 2},
		    {4 * MS, C, .flags = SYN, .seq = 1}}, 4, 1, AUD_ENDED_INPUT},
	    {"UDP idle over 5 min", {{0, C, .proto = 17, .data = 1}, {301 * SEC, C, .proto = 17, .data = 1}}, 2, 2, AUD_ENDED_IDLE},
	    {"UDP idle under 5 min", {{0, C, .proto = 17, .data = 1}, {299 * SEC, C, .proto = 17, .data = 1}}, 2, 1, AUD_ENDED_INPUT},
	    {"established TCP rests for two hours",
		{{1, C, .flags = SYN, .seq = 1}, {2, S, .flags = SYN | ACK, .seq = 1, .ack = 2}, {3, C, .flags = ACK, .seq = 2, .ack = 2},
		    {7200 * SEC, C, .flags = ACK, .seq = 2, .ack = 2, .data = 1}}, 4, 1, AUD_ENDED_INPUT},
	    {"half-open TCP does not", {{1, C, .flags = SYN, .seq = 1}, {121 * SEC, C, .flags = SYN, .seq = 1}}, 2, 2, AUD_ENDED_IDLE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int split = 0; split < 2; split++) {
			struct aud_table *t = table(split, true, 0);
			feed(t, rows[i].p, rows[i].n);
			finish(t, NULL);
			if (seen.n != (split ? rows[i].flows : 1))
				fail_msg("%s (split %d): %zu flows", rows[i].name, split, seen.n);
			if (split && seen.why[0] != rows[i].why)
				fail_msg("%s: ended for reason %d", rows[i].name, seen.why[0]);
			if (seen.packets != rows[i].n)
				fail_msg("%s: %d packets", rows[i].name, (int)seen.packets);
		}
}

/* After a split the new flow is told from its own first packet's side. */
static void
split_sides(void **state)
{
	struct aud_table *t = table(true, true, 0);
	uint8_t b[4];

	(void)state;
	FEED(t, {1, C, .flags = SYN, .seq = 1}, {2, S, .flags = RST | ACK, .ack = 2}, {3, S, .flags = SYN, .seq = 8}, {4, C, .flags = SYN | ACK, .seq = 70, .ack = 9});
	finish(t, NULL);
	assert_int_equal(seen.n, 2);
	assert_true(seen.f[0].bits & AUD_FLOW_REFUSED_RST);
	memcpy(b, &seen.f[1].addr[0], 4);
	assert_int_equal(b[3], 2);
	assert_int_equal(seen.f[1].port[0], 5061);
	assert_int_equal(aud_flow_handshake(&seen.f[1]), AUD_HS_SYN_SYNACK);
	assert_false(seen.f[1].bits & AUD_FLOW_REFUSED_RST);
}

static void
duplicates(void **state)
{
	static const struct {
		const char *name;
		struct spec a, b;
		bool copy;
	} rows[] = {
	    {"same id within 1 ms", {0, C, .flags = ACK, .id = 7, .ttl = 64}, {MS, C, .flags = ACK, .id = 7, .ttl = 64}, true},
	    {"other TTL and VLAN", {0, C, .flags = ACK, .id = 7, .ttl = 64, .vlans = 1}, {1, C, .flags = ACK, .id = 7, .ttl = 63, .vlans = 2}, true},
	    {"later than 1 ms", {0, C, .flags = ACK, .id = 7}, {MS + 3000, C, .flags = ACK, .id = 7}, false},
	    {"time stamps a little backward", {MS, C, .flags = ACK, .id = 7}, {MS / 2, C, .flags = ACK, .id = 7}, true},
	    {"other id", {0, C, .flags = ACK, .id = 7}, {1, C, .flags = ACK, .id = 8}, false},
	    {"other sequence number", {0, C, .flags = ACK, .id = 7, .seq = 1}, {1, C, .flags = ACK, .id = 7, .seq = 2}, false},
	    {"other length", {0, C, .flags = ACK, .id = 7, .data = 1}, {1, C, .flags = ACK, .id = 7, .data = 2}, false},
	    {"other direction", {0, C, .flags = ACK, .id = 7}, {1, S, .flags = ACK, .id = 7}, false},
	    {"no id, pure ACK: a host may repeat it", {0, C, .flags = ACK}, {1, C, .flags = ACK}, false},
	    {"no id, pure ACK, other VLAN", {0, C, .flags = ACK, .vlans = 1}, {1, C, .flags = ACK, .vlans = 2}, true},
	    {"no id, data", {0, C, .flags = ACK, .data = 9}, {1, C, .flags = ACK, .data = 9}, true},
	    {"no id, SYN", {0, C, .flags = SYN}, {1, C, .flags = SYN}, true},
	    {"IPv6 pure ACK", {0, C, .flags = ACK, .v6 = true, .ttl = 9}, {1, C, .flags = ACK, .v6 = true, .ttl = 9}, false},
	    {"IPv6 pure ACK, other hop limit", {0, C, .flags = ACK, .v6 = true, .ttl = 9}, {1, C, .flags = ACK, .v6 = true, .ttl = 8}, true},
	    {"fragments of one datagram that hold the same bytes", {0, C, .proto = 17, .data = 9, .id = 7, .bits = AUD_PKT_FRAGMENT | AUD_PKT_LATER, .frag_id = 7, .offset = 2},
		{1, C, .proto = 17, .data = 9, .id = 7, .bits = AUD_PKT_FRAGMENT | AUD_PKT_LATER, .frag_id = 7, .offset = 4}, false},
	    {"IPv6 datagram", {0, C, .proto = 17, .data = 20, .v6 = true}, {1, C, .proto = 17, .data = 20, .v6 = true}, true},
	    {"IPv6 datagram that a host repeats", {0, C, .proto = 17, .data = 20, .v6 = true}, {MS / 2, C, .proto = 17, .data = 20, .v6 = true}, false},
	    {"datagram without id that a host repeats", {0, C, .proto = 17, .data = 20}, {MS / 2, C, .proto = 17, .data = 20}, false},
	    {"datagram without id in another VLAN", {0, C, .proto = 17, .data = 20}, {MS / 2, C, .proto = 17, .data = 20, .vlans = 3}, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int dedup = 0; dedup < 2; dedup++) {
			struct aud_table_stats st;
			struct aud_table *t = table(false, dedup, 0);
			feed(t, &rows[i].a, 1);
			feed(t, &rows[i].b, 1);
			finish(t, &st);
			bool copy = dedup && rows[i].copy;
			if (st.duplicates != copy || seen.packets != (copy ? 1 : 2))
				fail_msg("%s (dedup %d): %d duplicates", rows[i].name, dedup, (int)st.duplicates);
			assert_int_equal(st.packets, 2);
		}
}

static void
vlan_sets(void **state)
{
	struct aud_table *t = table(false, true, 0);
	uint16_t ids[8];

	(void)state;
	FEED(t, {0, C, .flags = ACK, .id = 1, .vlans = 5}, {2 * MS, C, .flags = ACK, .id = 2}, {4 * MS, C, .flags = ACK, .id = 3, .vlans = 5},
	    {6 * MS, S, .flags = ACK, .id = 4, .vlans = 9});
	assert_int_equal(aud_table_flush(t, NULL, NULL, NULL), AUD_OK);
	assert_int_equal(seen.n, 1);
	assert_int_equal(aud_table_vlans(t, seen.f[0].vlans, ids, 8), 3);
	assert_int_equal(ids[2], 5);
	assert_int_equal(ids[1], 0);
	assert_int_equal(ids[0], 9);
	aud_table_free(t);
}

/* RFC 791, RFC 8200 4.5: ports stand in the first fragment only. */
static void
fragments(void **state)
{
	enum { FIRST = AUD_PKT_FRAGMENT | AUD_PKT_MORE, NEXT = AUD_PKT_FRAGMENT | AUD_PKT_LATER };
	static const struct {
		const char *name;
		struct spec p[4];
		size_t n, flows, orphans;
	} rows[] = {
	    {"in order", {{0, C, .proto = 17, .data = 40, .bits = FIRST, .frag_id = 3}, {1, C, .proto = 17, .data = 4, .bits = NEXT, .frag_id = 3}}, 2, 1, 0},
	    {"last one first",
		{{0, C, .proto = 17, .data = 4, .bits = NEXT, .frag_id = 3}, {1, C, .proto = 17, .data = 5, .bits = NEXT, .frag_id = 3},
		    {2, C, .proto = 17, .data = 40, .bits = FIRST, .frag_id = 3}}, 3, 1, 0},
	    {"no first one", {{0, C, .proto = 17, .data = 4, .bits = NEXT, .frag_id = 3}}, 1, 1, 1},
	    {"another identification", {{0, C, .proto = 17, .data = 40, .bits = FIRST, .frag_id = 3}, {1, C, .proto = 17, .data = 4, .bits = NEXT, .frag_id = 4}},
		2, 2, 1},
	    {"the other direction's is another datagram",
		{{0, C, .proto = 17, .data = 40, .bits = FIRST, .frag_id = 3}, {1, S, .proto = 17, .data = 4, .bits = NEXT, .frag_id = 3}}, 2, 2, 1},
	    {"IPv6", {{0, C, .proto = 17, .data = 4, .bits = NEXT, .frag_id = 77777, .v6 = true}, {1, C, .proto = 17, .data = 40, .bits = FIRST, .frag_id = 77777, .v6 = true}},
		2, 1, 0},
	    {"the identification comes back after more than a minute",
		{{0, C, .proto = 17, .data = 40, .bits = FIRST, .frag_id = 3}, {61 * SEC, C, .proto = 17, .data = 4, .bits = NEXT, .frag_id = 3}}, 2, 2, 1},
	};

	(void)state;
	for (size_t i = 0; i < 2 * (sizeof rows / sizeof *rows); i++) {
		struct aud_table_stats st;
		bool dedup = i >= sizeof rows / sizeof *rows;
		size_t k = i % (sizeof rows / sizeof *rows);
		struct aud_table *t = table(false, dedup, 0);
		feed(t, rows[k].p, rows[k].n);
		finish(t, &st);
		if (seen.n != rows[k].flows || st.orphan_fragments != rows[k].orphans || seen.packets != rows[k].n)
			fail_msg("%s: %zu flows, %d packets, %d orphans", rows[k].name, seen.n, (int)seen.packets, (int)st.orphan_fragments);
	}
}

static void
many_orphans(void **state)
{
	struct aud_table_stats st;
	struct aud_table *t = table(false, false, 0);

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		FEED(t, {i, C, .proto = 17, .data = 4, .bits = AUD_PKT_FRAGMENT | AUD_PKT_LATER, .frag_id = i});
	finish(t, &st);
	assert_int_equal(st.orphan_fragments, 1000);
	assert_int_equal(seen.packets, 1000);
}

static void
quotes(void **state)
{
	static const struct {
		const char *name;
		unsigned type, code;
		bool v6;
		unsigned bits;
	} rows[] = {
	    {"port unreachable", 3, 3, false, AUD_FLOW_REFUSED},
	    {"administratively prohibited", 3, 13, false, AUD_FLOW_REFUSED | AUD_FLOW_FILTERED},
	    {"fragmentation needed", 3, 4, false, 0},
	    {"time exceeded", 11, 0, false, 0},
	    {"IPv6 no route", 1, 0, true, AUD_FLOW_REFUSED},
	    {"IPv6 administratively prohibited", 1, 1, true, AUD_FLOW_REFUSED | AUD_FLOW_FILTERED},
	    {"IPv6 packet too big", 2, 0, true, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct aud_table_stats st;
		struct aud_table *t = table(true, true, 0);
		FEED(t, {0, C, .proto = 17, .data = 4, .v6 = rows[i].v6},
		    {1, C, .proto = 17, .v6 = rows[i].v6, .bits = AUD_PKT_QUOTE, .flags = rows[i].type, .ttl = rows[i].code},
		    {2, .src = 7, .dst = 2, .sport = 1, .dport = 2, .proto = 17, .v6 = rows[i].v6, .bits = AUD_PKT_QUOTE, .flags = rows[i].type});
		finish(t, &st);
		if (seen.n != 1 || (seen.f[0].bits & (AUD_FLOW_REFUSED | AUD_FLOW_FILTERED)) != rows[i].bits)
			fail_msg("%s: %zu flows, bits %x", rows[i].name, seen.n, seen.f[0].bits);
		assert_int_equal(seen.packets, 1);
		assert_int_equal(st.quotes, 2);
		assert_int_equal(st.quotes_matched, 1);
	}
}

/* RFC 1122 3.2.2, RFC 4443 2.1: error messages are told from the rest. */
static void
icmp_errors(void **state)
{
	static const struct {
		unsigned proto, type;
		bool v6, query;
	} rows[] = {{1, 3, false, false}, {1, 11, false, false}, {1, 8, false, true}, {1, 0, false, true}, {58, 1, true, false}, {58, 128, true, true}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct aud_table *t = table(true, true, 0);
		struct made m;
		struct spec s = {1, .src = 1, .dst = 2, .proto = rows[i].proto, .v6 = rows[i].v6, .data = 30};
		make(&m, &s);
		m.bytes[m.p.l4] = (uint8_t)rows[i].type;
		assert_int_equal(aud_table_batch(t, &m.p, &alone, 1, NULL, NULL, NULL), AUD_OK);
		finish(t, NULL);
		assert_int_equal(!!(seen.f[0].bits & AUD_FLOW_ICMP_QUERY), rows[i].query);
	}
}

/* RFC 9293: what the receiver acknowledges has reached it; where the capture lacks it, the capture is to blame. */
static void
losses(void **state)
{
	struct aud_table_stats st;
	struct aud_table *t = table(true, true, 0);

	(void)state;
	FEED(t, {1, C, .flags = SYN, .seq = 1}, {2, S, .flags = SYN | ACK, .seq = 50, .ack = 2}, {3, C, .flags = ACK, .seq = 2, .ack = 51},
	    {4, C, .flags = ACK, .seq = 2, .ack = 51, .data = 10}, {5, S, .flags = ACK, .seq = 51, .ack = 12},
	    {6, S, .flags = ACK, .seq = 51, .ack = 40}, {7, S, .flags = ACK, .seq = 51, .ack = 40}, {8, C, .flags = RST, .seq = 9999});
	finish(t, &st);
	assert_int_equal(st.acked_unseen, 3);	/* 28 bytes, where a segment has 10 */
	assert_int_equal(st.tcp_data, 1);
	assert_true(seen.f[0].bits & AUD_FLOW_GAP0);
	assert_false(seen.f[0].bits & AUD_FLOW_GAP1);
}

/* One direction of the mirror is stamped late: nothing is missing. */
static void
skew(void **state)
{
	struct aud_table_stats st;
	struct aud_table *t = table(true, true, 0);

	(void)state;
	FEED(t, {1, C, .flags = SYN, .seq = 1}, {2, S, .flags = SYN | ACK, .seq = 50, .ack = 2}, {3, C, .flags = ACK, .seq = 2, .ack = 51},
	    {4, C, .flags = ACK, .seq = 2, .ack = 51, .data = 10}, {5, S, .flags = ACK, .seq = 51, .ack = 32},
	    {6, C, .flags = ACK, .seq = 12, .ack = 51, .data = 10}, {7, C, .flags = ACK, .seq = 22, .ack = 51, .data = 10});
	finish(t, &st);
	assert_int_equal(st.acked_unseen, 0);
}

/* What an initiator's ACK proves: RFC 9293 3.5, it answers a SYN-ACK. */
static void
answers(void **state)
{
	static const struct {
		const char *name;
		struct spec p[4];
		size_t n;
		unsigned set, clear;
	} rows[] = {
	    {"refused", {{1, C, .flags = SYN, .seq = 1}, {2, S, .flags = RST | ACK, .ack = 2}}, 2, AUD_FLOW_REFUSED_RST, AUD_FLOW_ANSWERED},
	    {"the SYN-ACK was not captured", {{1, C, .flags = SYN, .seq = 1}, {2, C, .flags = ACK, .seq = 2, .ack = 9}}, 2, AUD_FLOW_ANSWERED, AUD_FLOW_ACKED},
	    {"nor that, and a reset much later",
		{{1, C, .flags = SYN, .seq = 1}, {2, C, .flags = ACK, .seq = 2, .ack = 9}, {60 * SEC, S, .flags = RST, .seq = 9}}, 3, AUD_FLOW_ANSWERED,
		AUD_FLOW_REFUSED_RST},
	    {"a SYN-ACK after the reset takes the refusal back",
		{{1, C, .flags = SYN, .seq = 1}, {2, S, .flags = RST | ACK, .ack = 2}, {3, S, .flags = SYN | ACK, .seq = 7, .ack = 2}}, 3, AUD_FLOW_SYNACK1,
		AUD_FLOW_REFUSED_RST},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct aud_table *t = table(true, true, 0);
		feed(t, rows[i].p, rows[i].n);
		finish(t, NULL);
		if (seen.n != 1 || !(seen.f[0].bits & rows[i].set) || seen.f[0].bits & rows[i].clear)
			fail_msg("%s: %zu flows, bits %x", rows[i].name, seen.n, seen.f[0].bits);
	}
}

/* A burst of packets, then the copies of all of them. */
static void
burst(void **state)
{
	enum { N = 2000 };
	struct aud_table_stats st;
	struct aud_table *t = table(true, true, 0);

	(void)state;
	for (unsigned i = 0; i < 2 * N; i++)
		FEED(t, {i * 100, C, .flags = ACK, .seq = i % N, .data = 1, .id = 1 + i % N});
	finish(t, &st);
	if (st.duplicates < N * 9 / 10)
		fail_msg("%d of %d copies recognised", (int)st.duplicates, N);
}

/* One broken time stamp far ahead does not end the flows that go on. */
static void
clock_jump(void **state)
{
	struct aud_table *t = table(true, true, 0);

	(void)state;
	FEED(t, {1, C, .proto = 17, .data = 1}, {1000000 * SEC, .src = 8, .dst = 9, .proto = 17, .data = 1}, {SEC, C, .proto = 17, .data = 1});
	finish(t, NULL);
	assert_int_equal(seen.n, 2);
}

static void
bounded(void **state)
{
	struct aud_table_stats st;
	struct aud_table *t = table(true, true, 100);
	struct made m;

	(void)state;
	/* One connection that lives beside a flood of attempts is still there at its end. */
	FEED(t, {1, C, .flags = SYN, .seq = 1}, {2, S, .flags = SYN | ACK, .seq = 50, .ack = 2}, {3, C, .flags = ACK, .seq = 2, .ack = 51});
	for (unsigned i = 0; i < 20000; i++) {
		struct spec s = {4 + i, .src = 200, .dst = 3, .sport = 1 + i % 60000, .dport = 1 + i / 60000, .flags = SYN};
		make(&m, &s);
		assert_int_equal(aud_table_batch(t, &m.p, &alone, 1, NULL, NULL, NULL), AUD_OK);
	}
	FEED(t, {30000, C, .flags = ACK, .seq = 2, .ack = 51, .data = 3});
	finish(t, &st);
	assert_int_equal(st.peak, 100);
	assert_int_equal(st.evicted, 20001 - 100);
	assert_int_equal(seen.packets, 20004);
	assert_int_equal(st.flows, 20001);
}

/* The table against a list: random 5-tuples that come, rest and come back, both families, thousands of removals. */
static void
shadow(void **state)
{
	enum { KEYS = 3000, ROUNDS = 60000 };
	static struct {
		uint64_t last, packets, flows;
	} model[KEYS];
	struct aud_table *t = table(true, false, 0);
	uint64_t now = 0, total = 0, flows = 0, rnd = 88172645463325252ULL;
	struct made m[AUD_BATCH];
	struct aud_packet batch[AUD_BATCH];
	uint32_t all[AUD_BATCH];
	size_t n = 0;

	(void)state;
	memset(model, 0, sizeof model);
	for (unsigned i = 0; i < ROUNDS; i++) {
		rnd ^= rnd << 13;
		rnd ^= rnd >> 7;
		rnd ^= rnd << 17;
		unsigned k = (unsigned)(rnd % KEYS);
		now += (rnd >> 20) % (200 * MS);
		struct spec s = {now, .src = 1 + k % 11, .dst = 20 + k % 7, .sport = 1024 + k, .dport = 53, .proto = 17, .data = 8, .v6 = k & 1};
		if (!model[k].packets || now - model[k].last > 300 * SEC)
			flows++;
		model[k].last = now;
		model[k].packets++;
		total++;
		make(&m[n], &s);
		batch[n] = m[n].p;
		all[n] = (uint32_t)n;
		if (++n == AUD_BATCH || i + 1 == ROUNDS) {
			assert_int_equal(aud_table_batch(t, batch, all, n, NULL, NULL, NULL), AUD_OK);
			n = 0;
		}
	}
	assert_true(seen.flows > 1000);	/* the hand has removed some */
	assert_int_equal(aud_table_flush(t, NULL, NULL, NULL), AUD_OK);
	assert_int_equal(seen.flows, flows);
	assert_int_equal(seen.packets, total);
	assert_int_equal(t->used, 0);
	assert_int_equal(t->addr6.used, 0);
	aud_table_free(t);
}

static unsigned rested;

static void
on_rest(void *user, struct aud_flow *f, struct aud_flow_more *m)
{
	(void)user;
	assert_int_equal(f->state, 77);
	assert_int_equal(m->first_ns, 1);
	rested++;
	f->state = 0;
}

/* A flow that has a state and falls silent is told once; one without is not, though a third one keeps the clock going beside them. */
static void
rests(void **state)
{
	struct aud_table_opts o = {.split = true, .ended = on_end, .rests = on_rest, .user = &seen};
	struct aud_table *t;

	(void)state;
	memset(&seen, 0, sizeof seen);
	rested = 0;
	assert_int_equal(aud_table_new(&t, &o, NULL), AUD_OK);
	FEED(t, {1, C, .flags = ACK, .seq = 1, .ack = 1}, {2, S, .flags = ACK, .seq = 1, .ack = 1});
	hot_of(t, 1)->state = 77;
	for (uint64_t at = 1; at <= 119; at++)
		FEED(t, {at * SEC, .src = 8, .dst = 9, .proto = 17, .data = 1});
	assert_int_equal(rested, 0);
	for (uint64_t at = 120; at <= 240; at++)
		FEED(t, {at * SEC, .src = 8, .dst = 9, .proto = 17, .data = 1});
	assert_int_equal(rested, 1);
	assert_int_equal(seen.n, 0);
	finish(t, NULL);
	assert_int_equal(seen.n, 2);
}

/* Also where it was captured at another tap than the first packet, and not where it is too far. */
static void
app_frames(void **state)
{
	const uint64_t first = UINT64_C(3) << 48 | 1000;
	const struct {
		uint64_t frame, kept;
	} rows[] = {{first, first}, {first + 7, first + 7}, {5, 5}, {UINT64_C(65534) << 48 | 1, UINT64_C(65534) << 48 | 1}, {0, 0},
	    {first + INT32_MAX, first + INT32_MAX}, {first + INT32_MAX + 1, 0}};
	struct aud_flow_more m = {.first_frame = first, .app_input = AUD_NO_INPUT};

	(void)state;
	assert_int_equal(aud_flow_app_frame(&m), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		aud_flow_set_app_frame(&m, rows[i].frame);
		assert_int_equal(aud_flow_app_frame(&m), rows[i].kept);
	}
}

static void
counts_beyond_32_bits(void **state)
{
	struct aud_table *t = table(false, false, 0);

	(void)state;
	FEED(t, {0, C, .proto = 17, .data = 1});
	hot_of(t, 1)->packets[0] = UINT32_MAX;
	FEED(t, {1, C, .proto = 17, .data = 1});
	finish(t, NULL);
	assert_true(seen.packets == UINT64_C(1) << 32);
}

/* A flow that another table had goes on in this one: with its counts and bits, and what was not seen in between is no loss. */
static void
goes_on(void **state)
{
	struct aud_table *t = table(true, true, 0);
	struct aud_addr addr[2] = {aud_addr_v4((const uint8_t[]){10, 0, 0, 1}), aud_addr_v4((const uint8_t[]){10, 0, 0, 2})};
	struct aud_flow had, *f;
	struct aud_flow_more more, *m;
	struct aud_table_stats st;

	(void)state;
	FEED(t, {1, C, .flags = SYN, .seq = 9}, {2, S, .flags = SYN | ACK, .seq = 70, .ack = 10}, {3, C, .flags = ACK, .seq = 10, .ack = 71},
	    {4, C, .flags = ACK, .seq = 10, .ack = 71, .data = 5});
	finish(t, NULL);
	had = seen.f[0];
	more = seen.m[0];
	t = table(true, true, 2);
	assert_int_equal(aud_table_put(t, addr, &had, &more, &f, &m, NULL), AUD_OK);
	assert_non_null(f);
	assert_int_equal(aud_table_living(t), 1);
	assert_int_equal(aud_table_put(t, addr, &had, &more, &f, &m, NULL), AUD_OK);
	assert_null(f);	/* it is there */
	addr[0].b[3] = 7;
	assert_int_equal(aud_table_put(t, addr, &had, &more, &f, &m, NULL), AUD_OK);
	assert_non_null(f);
	addr[0].b[3] = 8;
	assert_int_equal(aud_table_put(t, addr, &had, &more, &f, &m, NULL), AUD_OK);
	assert_null(f);	/* two are as many as may be */
	FEED(t, {9, C, .flags = ACK, .seq = 5000, .ack = 9000, .data = 5}, {10, S, .flags = ACK, .seq = 9000, .ack = 5005});
	finish(t, &st);
	assert_int_equal(seen.n, 2);
	assert_int_equal(st.flows, 0);
	assert_int_equal(st.packets, 2);
	assert_int_equal(st.acked_unseen, 0);
	assert_int_equal(seen.f[0].packets[0], 4);
	assert_int_equal(seen.f[0].packets[1], 2);
	assert_int_equal(seen.f[0].bytes[0], had.bytes[0] + 45);
	assert_int_equal(seen.m[0].first_ns, 1);
	assert_int_equal(seen.f[0].last_ns, 10);
	assert_int_equal(seen.m[0].first_frame, more.first_frame);
	assert_int_equal(aud_flow_handshake(&seen.f[0]), AUD_HS_FULL);
	assert_false(seen.f[0].bits & (AUD_FLOW_GAP0 | AUD_FLOW_GAP1));
}

static void
goes_on_v6(void **state)
{
	struct aud_table *t = table(true, true, 0);
	struct aud_flow had = {.port = {1000, 5061}, .proto = 6, .packets = {3, 1}, .bits = AUD_FLOW_SYN0, .last_ns = 1}, *f;
	struct aud_flow_more more = {.first_ns = 1}, *m;
	struct aud_addr addr[2];
	struct made made;

	(void)state;
	make(&made, &(struct spec){1, C, .v6 = true});
	addr[0] = aud_packet_src(&made.p);
	addr[1] = aud_packet_dst(&made.p);
	assert_int_equal(aud_table_put(t, addr, &had, &more, &f, &m, NULL), AUD_OK);
	assert_non_null(f);
	FEED(t, {5, S, .flags = ACK, .v6 = true});
	finish(t, NULL);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.f[0].packets[1], 2);
}

static void
shards_keep_pairs(void **state)
{
	struct made a, b;

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		struct spec x = {0, .src = i, .dst = i / 2 + 1, .sport = 1000 + i, .dport = 80, .v6 = i & 1};
		struct spec y = {0, .src = i / 2 + 1, .dst = i, .sport = 7, .dport = 9, .proto = 17, .v6 = i & 1};
		assert_int_equal(aud_flow_shard(&make(&a, &x)->p, 4, 0), aud_flow_shard(&make(&b, &y)->p, 4, 0));
		struct spec back = {0, .src = x.dst, .dst = x.src, .sport = x.dport, .dport = x.sport, .v6 = x.v6};
		assert_int_equal(make(&b, &back)->p.hash, a.p.hash);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(handshakes), cmocka_unit_test(tallies), cmocka_unit_test(splits), cmocka_unit_test(split_sides),
	    cmocka_unit_test(duplicates), cmocka_unit_test(vlan_sets), cmocka_unit_test(fragments), cmocka_unit_test(many_orphans),
	    cmocka_unit_test(quotes), cmocka_unit_test(icmp_errors), cmocka_unit_test(losses), cmocka_unit_test(skew), cmocka_unit_test(answers), cmocka_unit_test(burst), cmocka_unit_test(clock_jump), cmocka_unit_test(bounded), cmocka_unit_test(shadow), cmocka_unit_test(rests), cmocka_unit_test(app_frames),
	    cmocka_unit_test(counts_beyond_32_bits), cmocka_unit_test(goes_on), cmocka_unit_test(goes_on_v6), cmocka_unit_test(shards_keep_pairs),
	};

	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
