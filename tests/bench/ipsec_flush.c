/*
 * Seconds that a running audit takes for its IPsec: records as they are now and what changed of them, for which packets have to wait, and
 * the flush of it; first of all, then of ten. No test. ipsec_flush FILE [ASSOCIATIONS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <aud/ipsec.h>
#include <aud/store.h>

enum { HEADER = 20, ESP = 50, LENGTH = HEADER + 8 + 72, PACKETS = 6, CHANGED = 10 };
#define BEGAN UINT64_C(1700000000000000000)

static struct aud_ipsec *x;
static uint64_t frames;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static enum aud_code
emit(void *user, const struct aud_ipsec_out *o, struct aud_err *err)
{
	(void)user;
	(void)o;
	(void)err;
	return AUD_OK;
}

/* One more packet of an association; what is in it looks encrypted. */
static void
show(uint32_t association, uint32_t seq)
{
	static uint32_t state = 1;
	uint8_t ip[LENGTH] = {0x45, 0, 0, LENGTH, 0, 0, 0, 0, 64, ESP, 0, 0, 10, 1, (uint8_t)(association >> 8), (uint8_t)association, 10, 2, 0, 1,
	    0, 1, (uint8_t)(association >> 8), (uint8_t)association, 0, 0, 0, (uint8_t)seq};
	const struct aud_packet p = {.ts_ns = BEGAN + frames * 1000, .ip = ip, .frame_no = frames + 1, .caplen = LENGTH, .iplen = LENGTH, .l4 = HEADER,
	    .payload = HEADER, .proto = ESP, .bits = AUD_PKT_IPSEC};

	frames++;
	for (size_t i = HEADER + 8; i < LENGTH; i++)
		ip[i] = (uint8_t)((state = state * 1664525 + 1013904223) >> 24);
	if (aud_ipsec_packet(x, &p, emit, NULL, NULL) != AUD_OK)
		abort();
}

int
main(int argc, char **argv)
{
	uint32_t n = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 65536;
	const struct aud_ipsec_opts o = {.dedup = true, .secret = 1};
	struct aud_document document = {.id = "made-up"};
	struct aud_matrix matrix = {.documents = &document, .ndocuments = 1};
	struct aud_site site = {.path = "site.yaml", .name = ""};
	struct aud_input input = {.info = {.path = "eth0"}};
	struct aud_ipsec_result records = {0};
	struct aud_coverage coverage = {0};
	struct aud_decode_stats decode = {0};
	struct aud_trial trial = {.site = &site, .matrix = &matrix, .inputs = &input, .ninputs = 1, .ipsec = &records, .coverage = &coverage, .decode = &decode};
	struct aud_report report = {.version = "0", .trial = &trial};
	struct aud_ipsec_saves saves = {0};
	struct aud_err err = {0};
	struct aud_store *s;
	int64_t audit = 0;

	if (argc < 2 || aud_ipsec_new(&x, &o, &err) || aud_store_open_running(&s, argv[1], &err)) {
		fprintf(stderr, "%s\n", argc < 2 ? "ipsec_flush FILE [ASSOCIATIONS]" : err.msg);
		return 2;
	}
	for (uint32_t i = 0; i < n * PACKETS; i++)
		show(i % n, i / n + 1);
	for (unsigned round = 0; round < 4; round++) {
		struct aud_flush f = {.report = &report, .started_ns = BEGAN, .ipsec = &saves};
		double began, taken;
		uint64_t saved = saves.round;

		for (uint32_t i = 0; round && i < CHANGED; i++)
			show(i * (n / CHANGED), PACKETS + round);
		aud_ipsec_peek_free(&records);
		aud_ipsec_saves_free(&saves);
		began = now();
		if (aud_ipsec_peek(x, 0, UINT64_MAX, &records, &err) || aud_ipsec_save(x, saved, &saves, &err))
			break;
		taken = now();
		f.now_ns = BEGAN + (frames + round) * 1000;
		if (aud_store_flush(s, &audit, &f, &err))
			break;
		printf("%zu associations, %zu kept: taken in %.3f s, stored in %.3f s\n", records.nsas, saves.n - 1, taken - began, now() - taken);
	}
	if (err.code)
		fprintf(stderr, "%s\n", err.msg);
	aud_ipsec_peek_free(&records);
	aud_ipsec_saves_free(&saves);
	aud_store_close(s);
	aud_ipsec_free(x);
	return err.code != AUD_OK;
}
