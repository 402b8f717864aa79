/* Seconds to store an audit of many conversations, and to delete it again; no test. store FILE [CONVERSATIONS] */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sqlite3.h>

#include <aud/store.h>

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
make(struct aud_case *k, struct aud_conv *v, const struct aud_ruling *rulings, uint32_t i)
{
	static const uint16_t ports[] = {443, 444, 5061, 5062};

	/* Sorted as the audit sorts them: server, port, transport, client. */
	*v = (struct aud_conv){.client = {{10, 2, (uint8_t)(i % 1024 >> 8), (uint8_t)i}, 4},
	    .server = {{10, 1, (uint8_t)(i / 4096 >> 8), (uint8_t)(i / 4096)}, 4},
	    .port = ports[i / 1024 & 3], .proto = 6, .app = {91, 91, AUD_BY_DPI}, .packets = {i % 50 + 10, i % 40 + 8},
	    .bytes = {4000 + i, 9000 + i}, .first_ns = UINT64_C(1700000000000000000) + i, .last_ns = UINT64_C(1700000100000000000) + i,
	    .flows = 3, .established = 3, .answered = 3, .with_data = {3, 3}, .facts = 6, .hellos = 3, .server_hellos = 3,
	    .client_port_lo = 49152, .client_port_hi = 60000, .tls_min = 0x33, .tls_max = 0x33, .direction = AUD_DIR_SYN,
	    .frames = {i + 1, i + 2, i + 3}, .app_frame = i + 4};
	*k = (struct aud_case){.conv = v, .ruling = &rulings[i % 4 == 0], .in_scope = true};
}

int
main(int argc, char **argv)
{
	size_t n = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
	struct aud_case *cases = calloc(n, sizeof *cases);
	struct aud_conv *convs = calloc(n, sizeof *convs);
	struct aud_host hosts[2] = {{.lo = {{10, 2}, 4}, .hi = {{10, 2, 255, 255}, 4}, .roles = 1},
	    {.lo = {{10, 1, 0, 1}, 4}, .hi = {{10, 1, 0, 1}, 4}, .roles = 1}};
	struct aud_ruling rulings[2] = {{.app = "TLS", .client = {AUD_ROLE_BIT(AUD_ROLE_CLIENT), &hosts[0], true},
	    .server = {AUD_ROLE_BIT(AUD_ROLE_FRONT_END), &hosts[1], false},
	    .verdict = {.answer = AUD_DOCUMENTED, .certainty = AUD_CERTAIN, .rules = {0, 1}, .nrules = 1, .total = 1}}};
	struct aud_rule rules[2] = {{.id = "a", .condition = ""}, {.id = "b", .condition = ""}};
	struct aud_document document = {.id = "made-up"};
	struct aud_matrix matrix = {.documents = &document, .ndocuments = 1, .rules = rules, .nrules = 2};
	struct aud_site site = {.path = "site.yaml", .name = "", .hosts = hosts, .nhosts = 2};
	struct aud_input input = {.info = {.path = "a.pcap", .frames = 1}};
	struct aud_trial trial = {.site = &site, .matrix = &matrix, .cases = cases, .ncases = n, .inputs = &input, .ninputs = 1};
	struct aud_report report = {.version = "0", .trial = &trial};
	struct aud_err err = {0};
	struct aud_store *s;
	double start;
	sqlite3 *h;

	if (argc < 2 || !cases || !convs)
		return 2;
	for (size_t i = 0; i < n; i++)
		make(&cases[i], &convs[i], rulings, (uint32_t)i);
	start = now();
	if (aud_store_open(&s, argv[1], &err) || aud_store_audit(s, &report, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	aud_store_close(s);
	printf("stored %zu conversations in %.2f s\n", n, now() - start);
	start = now();
	if (sqlite3_open(argv[1], &h) || sqlite3_exec(h, "PRAGMA foreign_keys = ON; DELETE FROM audits WHERE id = 1", NULL, NULL, NULL)) {
		fprintf(stderr, "%s\n", sqlite3_errmsg(h));
		return 1;
	}
	sqlite3_close(h);
	printf("deleted in %.2f s\n", now() - start);
	free(cases);
	free(convs);
	return 0;
}
