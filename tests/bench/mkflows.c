/*
 * Writes a capture of very many short flows, each with a 5-tuple of its own: of a thousand, 420 are DNS lookups, 200 HTTP
 * transactions, 130 TLS 1.3 connections, 200 SYN probes (half of them refused), 30 NTP exchanges and 20 pings. They begin evenly spread
 * over time, and their packets are up to 40 ms apart, so that they interleave as on a wire.
 *
 * Addresses fit site.yaml: clients, pinging hosts and scanners are in 10.0.0.0/10, an eighth of the TLS goes to the front end, and
 * the other servers have no role.
 */
#include <stdlib.h>

#include "gen.h"

enum kind { DNS, HTTP, TLS, PROBE, REFUSED, NTP, PING };
enum { FLOWS_MAX = 16000000 }; /* as long as client and port can name each flow */

struct flow {
	uint64_t hash;
	struct gen_ends ends; /* from the client to the server */
};

/* A message of a TCP connection; without bytes it is an acknowledgement. */
struct message {
	int from_server;
	void (*build)(const struct flow *, struct gen_buf *);
};

static uint32_t
server_of(uint64_t hash)
{
	return (hash & 1 ? 0x0a800000u : 0xc6120000u) | (uint32_t)(hash >> 1 & 0xfff); /* 10.128.0.0/20, 198.18.0.0/20 */
}

static struct gen_ends
ends_of(enum kind kind, uint32_t id, uint64_t hash)
{
	static const uint16_t ports[] = {[DNS] = 53, [HTTP] = 80, [TLS] = 443, [NTP] = 123};
	struct gen_ends e = {0x0a100000u | (id & 0x3fff), server_of(hash), (uint16_t)(16384 + (id >> 14)), ports[kind < PING ? kind : NTP]};

	switch (kind) {
	case PING: /* no ports: the two addresses name the flow */
		return (struct gen_ends){0x0a200000u | (id & 0x3fff), 0x0a810000u | id >> 14, 0, 0};
	case PROBE:
	case REFUSED:
		return (struct gen_ends){0x0a300000u | (id & 0xff), 0x0a900000u | (uint32_t)(hash >> 8 & 0xffff), (uint16_t)(1024 + (id >> 8)),
		    (uint16_t)(1 + (hash >> 24) % 10000)};
	case TLS:
		if (hash >> 60 < 2)
			e.dst = 0x0a010005;
		return e;
	case DNS:
	case HTTP:
	case NTP:
		return e;
	}
	abort();
}

/* RFC 1035 4.1: a question for an address, and its answer. */
static void
dns(const struct flow *f, int answer, struct gen_buf *m)
{
	static const char *const domains[] = {"\7example\3com", "\7example\3net", "\7example\3org", "\6branch\4test"};
	char host[32];
	int n = snprintf(host, sizeof host, "host-%x", (unsigned)(f->hash >> 40));

	gen_put(m, f->hash & 0xffff, 2);
	gen_put(m, answer ? 0x8180 : 0x0100, 2);
	gen_put(m, 1, 2);
	gen_put(m, answer ? 1 : 0, 2);
	gen_put(m, 0, 4);
	gen_put(m, (uint64_t)n, 1);
	gen_put_text(m, "%s%s", host, domains[f->hash >> 16 & 3]);
	gen_put(m, 0, 1);
	gen_put(m, 1, 2);
	gen_put(m, 1, 2);
	if (answer) {
		gen_put(m, 0xc00c00010001, 6); /* the name above, address, internet */
		gen_put(m, 300, 4);
		gen_put(m, 4, 2);
		gen_put(m, server_of(f->hash >> 20), 4);
	}
}

/* RFC 5905 7.3. */
static void
ntp(uint64_t when, int answer, struct gen_buf *m)
{
	uint64_t now = (GEN_START + when / GEN_SECOND + 2208988800u) << 32 | (when % GEN_SECOND) * 4294;

	gen_put(m, answer ? 0x24 : 0x23, 1);
	gen_put(m, answer ? 2 : 0, 1);
	gen_put(m, 0x06e9, 2);
	gen_put(m, 0, 4);
	gen_put(m, answer ? 0x100 : 0, 4);
	gen_put(m, answer ? 0x0a810001 : 0, 4);
	for (int i = 0; i < 3; i++)
		gen_put(m, answer ? now - (1u << 20) : 0, 8);
	gen_put(m, now, 8);
}

static void
http_request(const struct flow *f, struct gen_buf *m)
{
	gen_put_text(m, "GET /item/%x HTTP/1.1\r\nHost: app%u.example.net\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n\r\n",
	    (unsigned)(f->hash >> 44), (unsigned)(f->hash & 63));
}

static void
http_response(const struct flow *f, struct gen_buf *m)
{
	unsigned n = 100 + (unsigned)(f->hash >> 8) % 500;

	gen_put_text(m, "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\nContent-Length: %u\r\n\r\n%0*d", n, (int)n, 0);
}

static void
tls_record(const struct flow *f, struct gen_buf *m, unsigned size)
{
	gen_put(m, 0x170303, 3);
	gen_put(m, size, 2);
	gen_put_random(m, f->hash ^ size, size);
}

static void
tls_key_share(const struct flow *f, struct gen_buf *m, int server)
{
	gen_put(m, 0x0033, 2);
	gen_put(m, server ? 36 : 38, 2);
	if (!server)
		gen_put(m, 36, 2);
	gen_put(m, 0x001d0020, 4);
	gen_put_random(m, f->hash + 3 + (unsigned)server, 32);
}

/* RFC 8446 4.1.2. */
static void
tls_client_hello(const struct flow *f, struct gen_buf *m)
{
	static const uint8_t offer[] = {0, 10, 0x13, 1, 0x13, 2, 0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x30, 1, 0}; /* suites, no compression */
	static const uint8_t extensions[] = {
	    0, 10, 0, 6, 0, 4, 0, 0x1d, 0, 0x17,	/* supported groups */
	    0, 13, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1,	/* signature algorithms */
	    0, 16, 0, 5, 0, 3, 2, 'h', '2',		/* ALPN */
	    0, 43, 0, 5, 4, 3, 4, 3, 3,			/* supported versions */
	};
	size_t list, name;

	gen_put(m, 0x1603010000, 5);
	gen_put(m, 0x01000000, 4);
	gen_put(m, 0x0303, 2);
	gen_put_random(m, f->hash + 1, 32);
	gen_put(m, 32, 1);
	gen_put_random(m, f->hash + 2, 32);
	gen_put_bytes(m, offer, sizeof offer);
	list = m->n;
	gen_put(m, 0, 2);
	name = m->n; /* RFC 6066 3: type, length, length of the list, kind of name, length of the name */
	gen_put(m, 0, 8);
	gen_put(m, 0, 1);
	gen_put_text(m, "svc%u.example.com", (unsigned)(f->hash >> 20 & 255));
	gen_put_length(m, name + 2, 2);
	gen_put_length(m, name + 4, 2);
	gen_put_length(m, name + 7, 2);
	gen_put_bytes(m, extensions, sizeof extensions);
	tls_key_share(f, m, 0);
	gen_put_length(m, list, 2);
	gen_put_length(m, 6, 3);
	gen_put_length(m, 3, 2);
}

/* RFC 8446 4.1.3, and what is encrypted of the handshake after it. */
static void
tls_server_hello(const struct flow *f, struct gen_buf *m)
{
	size_t list;

	gen_put(m, 0x1603030000, 5);
	gen_put(m, 0x02000000, 4);
	gen_put(m, 0x0303, 2);
	gen_put_random(m, f->hash + 5, 32);
	gen_put(m, 32, 1);
	gen_put_random(m, f->hash + 2, 32);
	gen_put(m, 0x130100, 3);
	list = m->n;
	gen_put(m, 0, 2);
	gen_put(m, 0x002b00020304, 6);
	tls_key_share(f, m, 1);
	gen_put_length(m, list, 2);
	gen_put_length(m, 6, 3);
	gen_put_length(m, 3, 2);
	tls_record(f, m, 500);
}

static void
tls_finished(const struct flow *f, struct gen_buf *m)
{
	tls_record(f, m, 53);
	tls_record(f, m, 200);
}

static void
tls_answer(const struct flow *f, struct gen_buf *m)
{
	tls_record(f, m, 201);
}

static const struct message http[] = {{0, http_request}, {1, NULL}, {1, http_response}, {0, NULL}};
static const struct message tls[] = {{0, tls_client_hello}, {1, tls_server_hello}, {0, tls_finished}, {1, tls_answer}};
enum { MESSAGES = 4, PACKETS = 3 + MESSAGES + 3 }; /* three to open, three to close */

/* Packet number `step` of a connection; false when it was the last one. */
static int
connection(struct gen *g, const struct flow *f, uint64_t when, uint32_t step, const struct message *messages)
{
	struct gen_buf m = {.n = 0};
	uint32_t seq[2] = {(uint32_t)gen_hash(f->hash, 1), (uint32_t)gen_hash(f->hash, 2)};
	uint32_t last = step < 3 ? 0 : step < 3 + MESSAGES ? step - 3 : MESSAGES, closing = step - 3 - MESSAGES;
	int side = step == 1;
	uint8_t flags = step ? GEN_ACK : 0;

	if (step < 2)
		flags |= GEN_SYN;
	else
		seq[0]++, seq[1]++;
	for (uint32_t i = 0; i < last; i++) {
		m.n = 0;
		if (messages[i].build)
			messages[i].build(f, &m);
		seq[messages[i].from_server] += (uint32_t)m.n;
	}
	m.n = 0;
	if (step >= 3 && last < MESSAGES) {
		side = messages[last].from_server;
		if (messages[last].build) {
			messages[last].build(f, &m);
			flags |= GEN_PSH;
		}
	} else if (last == MESSAGES) {
		side = closing == 1;
		flags |= closing < 2 ? GEN_FIN : 0;
		seq[0] += closing > 0;
		seq[1] += closing > 1;
	}
	if (step == 1)
		seq[0]++;
	gen_tcp(g, when, side ? gen_reverse(f->ends) : f->ends, seq[side], step ? seq[!side] : 0, flags, &m);
	return step + 1 < PACKETS;
}

/* Packet number `step` of a flow; false when it was the last one. */
static int
packet(struct gen *g, enum kind kind, const struct flow *f, uint64_t when, uint32_t step)
{
	struct gen_ends e = step ? gen_reverse(f->ends) : f->ends;
	uint32_t seq = (uint32_t)gen_hash(f->hash, 1);
	struct gen_buf m = {.n = 0};

	switch (kind) {
	case DNS:
		dns(f, step == 1, &m);
		gen_udp(g, when, e, 0, &m);
		return step == 0;
	case NTP:
		ntp(when, step == 1, &m);
		gen_udp(g, when, e, 0, &m);
		return step == 0;
	case PING:
		gen_echo(g, when, e, step == 1, (uint16_t)f->hash);
		return step == 0;
	case PROBE:
		gen_tcp(g, when, e, seq, 0, GEN_SYN, NULL);
		return 0;
	case REFUSED:
		gen_tcp(g, when, e, step ? 0 : seq, step ? seq + 1 : 0, step ? GEN_RST | GEN_ACK : GEN_SYN, NULL);
		return step == 0;
	case HTTP: return connection(g, f, when, step, http);
	case TLS: return connection(g, f, when, step, tls);
	}
	abort();
}

static enum kind
kind_of(uint64_t hash)
{
	static const uint16_t until[] = {[DNS] = 420, [HTTP] = 620, [TLS] = 750, [PROBE] = 850, [REFUSED] = 950, [NTP] = 980, [PING] = 1000};
	unsigned kind = 0;

	while ((hash >> 32) % 1000 >= until[kind])
		kind++;
	return (enum kind)kind;
}

int
main(int argc, char **argv)
{
	uint64_t flows = 200000, rate = 20000, begun = 0;
	const struct gen_opt opts[] = {
	    {"flows", "how many flows", &flows, 1, FLOWS_MAX},
	    {"rate", "how many of them begin in a second", &rate, 1, 1000000},
	};
	struct gen g;

	gen_open(&g, "Writes a capture of very many short flows.", opts, sizeof opts / sizeof *opts, argc, argv);
	while (begun < flows || g.nheap) {
		uint64_t start = begun * GEN_SECOND / rate;
		struct gen_event e = {.when = start, .id = (uint32_t)begun};
		struct flow f;

		if (begun < flows && (!g.nheap || start <= g.heap[0].when)) {
			e.kind = (uint8_t)kind_of(gen_hash(g.seed, 3 * begun++));
			gen_push(&g, e);
			continue;
		}
		e = gen_pop(&g);
		f.hash = gen_hash(g.seed, 3 * (uint64_t)e.id + 1);
		f.ends = ends_of((enum kind)e.kind, e.id, gen_hash(g.seed, 3 * (uint64_t)e.id + 2));
		g.flows += !e.step;
		if (packet(&g, (enum kind)e.kind, &f, e.when, e.step++)) {
			e.when += GEN_MSEC + (f.hash >> (e.step & 15)) % (39 * GEN_MSEC);
			gen_push(&g, e);
		}
	}
	return gen_close(&g);
}
