/*
 * How often random ESP payloads are taken for clear text, and how many associations without encryption are told within four packets.
 *
 * usage: bench_ipsec [PACKETS]     10 million by default
 *
 * Prints the figures; fails where one random association is decided, or fewer than 99.9 % of the clear ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <aud/ipsec.h>

enum { ASSOCIATIONS = 1000, SEED = 20150, EACH = 500, WITHIN = 4, ROOM = 2048 };

static uint64_t state = SEED;

static uint64_t
random64(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(2685821657736338717);
}

static void
random_bytes(uint8_t *p, size_t n)
{
	for (; n >= 8; p += 8, n -= 8) {
		uint64_t x = random64();
		memcpy(p, &x, 8);
	}
	for (; n; n--)
		*p++ = (uint8_t)random64();
}

static uint32_t
below(uint32_t n)
{
	return (uint32_t)(random64() % n);
}

static void
put16(uint8_t *p, size_t x)
{
	p[0] = (uint8_t)(x >> 8), p[1] = (uint8_t)x;
}

static void
put32(uint8_t *p, size_t x)
{
	put16(p, x >> 16), put16(p + 2, x);
}

struct tally {
	uint64_t plain, clear;
};

static enum aud_code
emit(void *user, const struct aud_ipsec_out *o, struct aud_err *err)
{
	struct tally *t = user;

	(void)err;
	t->plain += !o->clear;
	t->clear += o->clear;
	return AUD_OK;
}

/* An IP header around n bytes of ESP that stand behind it. Returns the header's length. */
static size_t
header(uint8_t *ip, bool v6, uint32_t pair, size_t n)
{
	size_t head = v6 ? 40 : 20;

	memset(ip, 0, head);
	if (v6) {
		ip[0] = 0x60, ip[6] = 50, ip[7] = 64;
		put16(ip + 4, n);
		ip[8] = ip[24] = 0xfd;
		put32(ip + 20, pair);
		ip[39] = 1;
	} else {
		ip[0] = 0x45, ip[8] = 64, ip[9] = 50;
		put16(ip + 2, n + head);
		put32(ip + 12, 0x0a000000 + pair);
		put32(ip + 16, 0x0aff0001);
	}
	return head;
}

static void
show(struct aud_ipsec *x, const uint8_t *ip, size_t head, size_t n, uint64_t no, struct tally *t)
{
	struct aud_packet p = {.ts_ns = no * 100000, .ip = ip, .frame_no = no, .caplen = (uint32_t)(head + n), .iplen = (uint32_t)(head + n),
	    .l4 = (uint16_t)head, .payload = (uint16_t)head, .proto = 50, .bits = AUD_PKT_IPSEC};

	if (head == 40)
		p.bits |= AUD_PKT_V6;
	if (aud_ipsec_packet(x, &p, emit, t, NULL) != AUD_OK)
		exit(2);
}

static const struct aud_ipsec_result *
result(struct aud_ipsec *x, struct tally *t)
{
	const struct aud_ipsec_result *r;

	if (aud_ipsec_flush(x, emit, t, NULL) != AUD_OK || aud_ipsec_result(x, &r, NULL) != AUD_OK)
		exit(2);
	return r;
}

static struct aud_ipsec *
fresh(void)
{
	const struct aud_ipsec_opts o = {.dedup = true, .max_kept = (size_t)1 << 30};
	struct aud_ipsec *x;

	if (aud_ipsec_new(&x, &o, NULL) != AUD_OK)
		exit(2);
	return x;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Encrypted payload is random bytes; all of it ends at four bytes, as it must. */
static bool
encrypted(uint64_t packets)
{
	struct aud_ipsec *x = fresh();
	struct tally t = {0};
	uint32_t *seq = calloc(ASSOCIATIONS, sizeof *seq);
	uint8_t *ip = malloc(ROOM);
	uint64_t by[5] = {0}, udp = 0, tcp = 0;
	double begun = now(), took;

	if (!seq || !ip)
		exit(2);
	for (uint64_t i = 0; i < packets; i++) {
		uint32_t a = below(ASSOCIATIONS);
		/* Half of it as small as speech, the rest of all sizes. */
		size_t n = 8 + (random64() & 1 ? 20 + 4 * below(50) : 20 + 4 * below(346)), head = header(ip, a & 1, a, n);
		random_bytes(ip + head + 8, n - 8);
		put32(ip + head, 0x10000 + a);
		put32(ip + head + 4, ++seq[a]);
		show(x, ip, head, n, i + 1, &t);
	}
	took = now() - begun;
	const struct aud_ipsec_result *r = result(x, &t);
	for (size_t i = 0; i < r->nsas; i++) {
		by[r->sas[i].payload]++;
		for (unsigned k = 0; k < r->sas[i].ninner; k++) {
			udp += r->sas[i].inner[k].proto == 17;
			tcp += r->sas[i].inner[k].proto == 6;
		}
	}
	printf("random: %llu packets, %zu associations: %llu decided as null (UDP %llu, TCP %llu inside), %llu encrypted, %llu undecided; "
	       "%llu packets read; %.0f ns a packet, the generator included\n",
	    (unsigned long long)packets, r->nsas, (unsigned long long)by[AUD_PAYLOAD_NULL], (unsigned long long)udp, (unsigned long long)tcp,
	    (unsigned long long)by[AUD_PAYLOAD_ENCRYPTED], (unsigned long long)by[AUD_PAYLOAD_UNDECIDED], (unsigned long long)t.clear,
	    took * 1e9 / (double)packets);
	bool good = !by[AUD_PAYLOAD_NULL] && !t.clear && t.plain == packets && r->nsas == (packets < 10000 ? r->nsas : ASSOCIATIONS);
	aud_ipsec_free(x);
	free(seq);
	free(ip);
	return good;
}

/* ESP without encryption around UDP or TCP; returns its length. */
static size_t
clear_packet(uint8_t *esp, uint32_t spi, uint32_t seq, bool tcp, unsigned icv, unsigned iv, uint16_t sport, uint16_t dport)
{
	size_t n = (tcp ? 20 : 8) + below(tcp ? 1200 : 200), pad;
	uint8_t *p = esp + 8 + iv;

	put32(esp, spi);
	put32(esp + 4, seq);
	random_bytes(esp + 8, iv + n);
	put16(p, sport);
	put16(p + 2, dport);
	if (tcp) {
		p[12] = 0x50, p[13] = 0x10;
		put16(p + 18, 0);
	} else {
		put16(p + 4, n);
	}
	pad = (4 - (iv + n + 2) % 4) % 4;
	for (size_t i = 0; i < pad; i++)
		p[n + i] = (uint8_t)(i + 1);
	p[n + pad] = (uint8_t)pad;
	p[n + pad + 1] = tcp ? 6 : 17;
	random_bytes(p + n + pad + 2, icv);
	return 8 + iv + n + pad + 2 + icv;
}

static bool
clear(void)
{
	static const unsigned icvs[] = {12, 16, 20, 24, 32}, ivs[] = {0, 8};
	struct aud_ipsec *x = fresh();
	struct tally t = {0};
	uint64_t no = 0, made = 0, decided = 0, right = 0, read = 0;
	uint8_t *ip = malloc(ROOM), *esp = malloc(ROOM);

	if (!ip || !esp)
		exit(2);
	for (unsigned kind = 0; kind < 5 * 2 * 2 * 2; kind++) {
		unsigned icv = icvs[kind % 5], iv = ivs[kind / 5 % 2];
		bool v6 = kind / 10 % 2, tcp = kind / 20 % 2;
		for (unsigned i = 0; i < EACH; i++, made++) {
			uint16_t sport = (uint16_t)(1024 + below(60000)), dport = (uint16_t)(1024 + below(60000));
			for (uint32_t k = 0; k < WITHIN; k++) {
				/* The kind is told by the SPI afterwards. */
				size_t n = clear_packet(esp, 0x10000 + kind * 0x10000 + i, k + 1, tcp, icv, iv, sport, dport);
				size_t head = header(ip, v6, (uint32_t)made, n);
				memcpy(ip + head, esp, n);
				show(x, ip, head, n, ++no, &t);
			}
		}
	}
	const struct aud_ipsec_result *r = result(x, &t);
	for (size_t i = 0; i < r->nsas; i++) {
		const struct aud_sa *a = &r->sas[i];
		unsigned kind = a->spi / 0x10000 - 1;
		decided += a->payload == AUD_PAYLOAD_NULL;
		right += a->payload == AUD_PAYLOAD_NULL && a->icv == icvs[kind % 5] && a->iv == ivs[kind / 5 % 2] && a->ninner == 1 &&
		    a->inner[0].proto == (kind / 20 % 2 ? 6 : 17);
		read += a->read;
	}
	printf("without encryption: %llu associations of %u packets each: %llu decided (%.2f %%), %llu with the right integrity value, vector, "
	       "protocol and ports; %llu of %llu packets read\n",
	    (unsigned long long)made, WITHIN, (unsigned long long)decided, 100.0 * (double)decided / (double)made, (unsigned long long)right,
	    (unsigned long long)read, (unsigned long long)no);
	bool good = (double)right >= 0.999 * (double)made;
	aud_ipsec_free(x);
	free(ip);
	free(esp);
	return good;
}

int
main(int argc, char **argv)
{
	uint64_t packets = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
	bool good = encrypted(packets);

	return clear() && good ? 0 : 1;
}
