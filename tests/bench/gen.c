#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(2);
}

/* The finaliser of splitmix64 over two words. */
uint64_t
gen_hash(uint64_t a, uint64_t b)
{
	uint64_t z = a * 0x9e3779b97f4a7c15ULL + b + 0x632be59bd9b4e019ULL;

	for (int i = 0; i < 2; i++) {
		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
		z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
		z ^= z >> 31;
	}
	return z;
}

static int
before(const struct gen_event *a, const struct gen_event *b)
{
	if (a->when != b->when)
		return a->when < b->when;
	return a->id != b->id ? a->id < b->id : a->kind < b->kind;
}

void
gen_push(struct gen *g, struct gen_event e)
{
	size_t i = g->nheap++;

	if (i == g->cap) {
		g->cap = g->cap ? g->cap * 2 : 1024;
		g->heap = realloc(g->heap, g->cap * sizeof *g->heap);
		if (!g->heap)
			die(g->path, "out of memory");
	}
	for (; i && before(&e, &g->heap[(i - 1) / 2]); i = (i - 1) / 2)
		g->heap[i] = g->heap[(i - 1) / 2];
	g->heap[i] = e;
}

struct gen_event
gen_pop(struct gen *g)
{
	struct gen_event top = g->heap[0], last = g->heap[--g->nheap];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < g->nheap) {
		if (child + 1 < g->nheap && before(&g->heap[child + 1], &g->heap[child]))
			child++;
		if (!before(&g->heap[child], &last))
			break;
		g->heap[i] = g->heap[child];
		i = child;
	}
	g->heap[i] = last;
	return top;
}

static void
big(uint8_t *p, uint64_t value, unsigned bytes)
{
	while (bytes--) {
		p[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

void
gen_put_bytes(struct gen_buf *m, const void *p, size_t n)
{
	if (n > sizeof m->b - m->n)
		abort();
	memcpy(m->b + m->n, p, n);
	m->n += n;
}

void
gen_put(struct gen_buf *m, uint64_t value, unsigned bytes)
{
	uint8_t b[8];

	big(b, value, bytes);
	gen_put_bytes(m, b, bytes);
}

void
gen_put_random(struct gen_buf *m, uint64_t seed, size_t n)
{
	uint64_t word = seed;

	for (; n >= 8; n -= 8) {
		word = word * 6364136223846793005ULL + 1442695040888963407ULL;
		gen_put(m, word ^ word >> 29, 8);
	}
	gen_put(m, gen_hash(seed, n) >> 8, (unsigned)n);
}

void
gen_put_text(struct gen_buf *m, const char *fmt, ...)
{
	size_t left = sizeof m->b - m->n;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf((char *)m->b + m->n, left, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= left)
		abort();
	m->n += (size_t)n;
}

void
gen_put_length(struct gen_buf *m, size_t at, unsigned bytes)
{
	big(m->b + at, m->n - at - bytes, bytes);
}

struct gen_ends
gen_reverse(struct gen_ends e)
{
	return (struct gen_ends){e.dst, e.src, e.dport, e.sport};
}

/* RFC 1071. */
static uint64_t
sum(const uint8_t *p, size_t n, uint64_t s)
{
	for (; n > 1; n -= 2, p += 2)
		s += (uint64_t)p[0] << 8 | p[1];
	return n ? s + ((uint64_t)p[0] << 8) : s;
}

static uint16_t
checksum(uint64_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

static void
little(FILE *out, uint32_t value)
{
	putc((int)(value & 255), out);
	putc((int)(value >> 8 & 255), out);
	putc((int)(value >> 16 & 255), out);
	putc((int)(value >> 24), out);
}

enum { ETHER = 14, IP4 = 20, SHORTEST = 60, ICMP = 1, TCP = 6, UDP = 17 };

/* Ethernet and IPv4 around a transport header and its payload; `at` is where its checksum goes. */
static void
send(struct gen *g, uint64_t when, struct gen_ends e, uint8_t tos, uint8_t proto, const struct gen_buf *l4, size_t at)
{
	uint8_t b[ETHER + IP4 + sizeof l4->b] = {0}, *ip = b + ETHER, *body = ip + IP4;
	size_t n = ETHER + IP4 + l4->n, wire = n < SHORTEST ? SHORTEST : n;
	uint16_t check;

	b[0] = b[6] = 2; /* locally administered, the address in it */
	big(b + 2, e.dst, 4);
	big(b + 8, e.src, 4);
	big(b + 12, 0x0800, 2);
	ip[0] = 0x45;
	ip[1] = tos;
	big(ip + 2, IP4 + l4->n, 2);
	big(ip + 4, g->packets & 0xffff, 2); /* no two packets close to each other look like copies of one */
	big(ip + 6, 0x4000, 2);
	ip[8] = 64;
	ip[9] = proto;
	big(ip + 12, e.src, 4);
	big(ip + 16, e.dst, 4);
	big(ip + 10, checksum(sum(ip, IP4, 0)), 2);
	memcpy(body, l4->b, l4->n);
	check = checksum(sum(body, l4->n, proto == ICMP ? 0 : sum(ip + 12, 8, proto + l4->n)));
	big(body + at, check || proto != UDP ? check : 0xffff, 2); /* RFC 768: 0 would mean none */

	little(g->out, (uint32_t)(GEN_START + when / GEN_SECOND));
	little(g->out, (uint32_t)(when % GEN_SECOND));
	little(g->out, (uint32_t)wire);
	little(g->out, (uint32_t)wire);
	fwrite(b, 1, wire, g->out);
	g->packets++;
	g->bytes += 16 + wire;
}

void
gen_udp(struct gen *g, uint64_t when, struct gen_ends e, uint8_t tos, const struct gen_buf *m)
{
	struct gen_buf d = {.n = 0};

	gen_put(&d, e.sport, 2);
	gen_put(&d, e.dport, 2);
	gen_put(&d, 8 + m->n, 2);
	gen_put(&d, 0, 2);
	gen_put_bytes(&d, m->b, m->n);
	send(g, when, e, tos, UDP, &d, 6);
}

void
gen_tcp(struct gen *g, uint64_t when, struct gen_ends e, uint32_t seq, uint32_t ack, uint8_t flags, const struct gen_buf *m)
{
	struct gen_buf s = {.n = 0};

	gen_put(&s, e.sport, 2);
	gen_put(&s, e.dport, 2);
	gen_put(&s, seq, 4);
	gen_put(&s, ack, 4);
	gen_put(&s, flags & GEN_SYN ? 0x60 : 0x50, 1);
	gen_put(&s, flags, 1);
	gen_put(&s, 64240, 2);
	gen_put(&s, 0, 4);
	if (flags & GEN_SYN)
		gen_put(&s, 0x020405b4, 4); /* maximum segment size 1460 */
	if (m)
		gen_put_bytes(&s, m->b, m->n);
	send(g, when, e, 0, TCP, &s, 16);
}

void
gen_echo(struct gen *g, uint64_t when, struct gen_ends e, int reply, uint16_t id)
{
	struct gen_buf m = {.n = 0};

	gen_put(&m, reply ? 0 : 8, 1);
	gen_put(&m, 0, 3);
	gen_put(&m, id, 2);
	gen_put(&m, 1, 2);
	for (unsigned i = 0; i < 56; i++)
		gen_put(&m, i, 1);
	send(g, when, e, 0, ICMP, &m, 2);
}

static void
usage(FILE *to, const char *about, const struct gen_opt *opts, size_t n)
{
	fprintf(to, "%s\nThe same arguments give the same bytes.\n\n", about);
	for (size_t i = 0; i < n; i++)
		fprintf(to, "  --%-8s N  %s (default %llu)\n", opts[i].name, opts[i].help, (unsigned long long)*opts[i].value);
	fputs("  --seed     N  another capture of the same kind (default 1)\n  -o FILE       where it goes, - is standard output\n", to);
	exit(to == stdout ? 0 : 2);
}

static uint64_t
number(const struct gen_opt *o, const char *text)
{
	char *end;
	uint64_t v = isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;

	if (!isdigit((unsigned char)*text) || *end || v < o->min || v > o->max) {
		fprintf(stderr, "--%s %s: must be a number from %llu to %llu\n", o->name, text, (unsigned long long)o->min,
		    (unsigned long long)o->max);
		exit(2);
	}
	return v;
}

void
gen_open(struct gen *g, const char *about, const struct gen_opt *opts, size_t n, int argc, char **argv)
{
	static const uint32_t header[] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1};
	const struct gen_opt seed = {"seed", NULL, &g->seed, 0, UINT32_MAX};

	*g = (struct gen){.seed = 1};
	for (int i = 1; i < argc; i += 2) {
		const struct gen_opt *o = NULL;

		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help"))
			usage(stdout, about, opts, n);
		if (i + 1 == argc)
			usage(stderr, about, opts, n);
		for (size_t k = 0; k <= n && !o; k++) {
			const struct gen_opt *this = k < n ? &opts[k] : &seed;

			if (!strncmp(argv[i], "--", 2) && !strcmp(argv[i] + 2, this->name))
				o = this;
		}
		if (o)
			*o->value = number(o, argv[i + 1]);
		else if (!strcmp(argv[i], "-o"))
			g->path = argv[i + 1];
		else
			usage(stderr, about, opts, n);
	}
	if (!g->path)
		usage(stderr, about, opts, n);
	g->out = strcmp(g->path, "-") ? fopen(g->path, "wb") : stdout;
	if (!g->out)
		die(g->path, "cannot be written");
	setvbuf(g->out, NULL, _IOFBF, 1 << 20);
	for (size_t i = 0; i < sizeof header / sizeof *header; i++)
		little(g->out, header[i]);
	g->bytes = sizeof header;
}

int
gen_close(struct gen *g)
{
	int bad = ferror(g->out);

	free(g->heap);
	if (fclose(g->out) || bad) {
		fprintf(stderr, "%s: could not be written to its end\n", g->path);
		return 1;
	}
	fprintf(stderr, "%s: %llu flows, %llu packets, %llu bytes\n", g->path, (unsigned long long)g->flows,
	    (unsigned long long)g->packets, (unsigned long long)g->bytes);
	return 0;
}
