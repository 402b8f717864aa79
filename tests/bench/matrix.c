/* Prints the cost of one match, and of one question for a port. Argument: a folder of rules instead of those compiled in. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <aud/matrix.h>

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

#define ROLE(r) AUD_ROLE_BIT(AUD_ROLE_##r)

static const struct {
	const char *name;
	struct aud_query q;
} questions[] = {
    {"client to front end, 5061", {.client = ROLE(CLIENT), .server = ROLE(FRONT_END), .server_port = 5061, .proto = 6, .app = "TLS", .app_by = AUD_BY_DPI}},
    {"front ends, 5070", {.client = ROLE(FRONT_END), .server = ROLE(FRONT_END) | ROLE(MEDIATION), .server_port = 5070, .proto = 6, .app = "SIP", .app_by = AUD_BY_OWN}},
    {"media", {.client = ROLE(CLIENT), .server = ROLE(FRONT_END), .server_port = 50000, .proto = 17, .app = "STUN.SkypeCall", .app_by = AUD_BY_DPI, .direction = AUD_DIR_FIRST}},
    {"undocumented port", {.client = ROLE(FRONT_END), .server = ROLE(FRONT_END), .server_port = 3389, .proto = 6, .app = "RDP", .app_by = AUD_BY_DPI}},
    {"unknown pair, direction unknown", {.client = ROLE(DNS_SERVER), .server = ROLE(PHONE), .server_port = 53, .proto = 17, .direction = AUD_DIR_FIRST}},
    {"no roles", {.server_port = 53, .proto = 17, .direction = AUD_DIR_FIRST}},
};

int
main(int argc, char **argv)
{
	enum { TIMES = 2000000 };
	/* Nothing is known of the site, so every condition is open: all rules of all documents take part. */
	const char *documents[] = {"lync-2013-public-im-es", "lync-2013-reverse-proxy-es"};
	struct aud_site all = {.path = "", .documents = documents, .ndocuments = 2}, *site = argc > 1 ? NULL : &all;
	struct aud_matrix *m;
	struct aud_matcher *x;
	struct aud_err err = {0};
	struct aud_verdict v;
	uint64_t sum = 0;
	double t = now();

	if (aud_matrix_load(&m, argc > 1 ? argv[1] : NULL, site, &err) || aud_matcher_new(&x, m, site, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	printf("%zu rules loaded and compiled in %.1f ms\n", m->nrules, (now() - t) / 1e6);
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
		t = now();
		for (unsigned k = 0; k < TIMES; k++) {
			aud_match(x, &questions[i].q, &v);
			sum += v.total;
		}
		printf("%6.1f ns  %s\n", (now() - t) / TIMES, questions[i].name);
	}
	t = now();
	for (unsigned k = 0; k < TIMES; k++)
		sum += aud_matcher_serves(x, k & 1 ? ROLE(FRONT_END) : 0, (uint16_t)(k * 7919), 6);
	printf("%6.1f ns  serves\n(sum %" PRIu64 ")\n", (now() - t) / TIMES, sum);
	aud_matcher_free(x);
	aud_matrix_free(m);
	return 0;
}
