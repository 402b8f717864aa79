/*
 * Writes an audit database of many conversations and findings, as a large site would leave one: for the time that reports take.
 *
 * usage: mkaudit FILE [CONVERSATIONS [FINDINGS [ASSOCIATIONS]]]     ASSOCIATIONS: so many negotiations too; without: none
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aud/audit.h>
#include <aud/ipsec.h>
#include <aud/store.h>

static const uint16_t ports[] = {443, 444, 5061, 5062, 3389, 445, 8080, 22};
enum { NPORTS = sizeof ports / sizeof *ports, SERVERS = 32, HOUR = 3600 };
#define T0 UINT64_C(1700000000000000000)

static const char site_text[] =
    "site: Contoso, made up for a measurement\nproduct: skype-for-business-2015\nhosts:\n  - {address: 10.1.0.0/24, roles: [front-end]}\n"
    "  - {address: 10.2.0.0/15, roles: [client]}\n";

/* Sorted as an audit sorts them: server, port, transport, client. */
static void
make_conv(struct aud_conv *v, size_t i, size_t n)
{
	size_t per = n / (SERVERS * NPORTS) + 1, server = i / (per * NPORTS), port = i / per % NPORTS, client = i % per;

	*v = (struct aud_conv){.client = {{10, 2, (uint8_t)(client >> 8), (uint8_t)client}, 4}, .server = {{10, 1, 0, (uint8_t)(server + 1)}, 4},
	    .port = ports[port], .proto = 6, .app = {91, 91, AUD_BY_DPI}, .packets = {i % 50 + 10, i % 40 + 8}, .bytes = {4000 + i, 9000 + i},
	    .first_ns = T0 + i * 1000, .last_ns = T0 + UINT64_C(1000000000) * HOUR - i, .flows = 3, .established = 3, .answered = 3,
	    .with_data = {3, 3}, .facts = 6, .hellos = 3, .server_hellos = 3, .client_port_lo = 49152, .client_port_hi = 60000, .tls_min = 0x33,
	    .tls_max = 0x33, .direction = AUD_DIR_SYN, .frames = {i + 1, i + 2, i + 3}, .app_frame = i + 4};
}

static void
make_finding(struct aud_finding *f, const struct aud_conv *v, size_t i, size_t n)
{
	static const enum aud_kind kinds[] = {AUD_KIND_UNDOCUMENTED_FLOW, AUD_KIND_UNKNOWN_HOST, AUD_KIND_CLEARTEXT, AUD_KIND_OBSOLETE_TLS};
	enum aud_severity severity = i < n / 5 ? AUD_HIGH : i < n / 2 ? AUD_MEDIUM : AUD_LOW;

	*f = (struct aud_finding){.kind = kinds[i % 4], .severity = severity, .certainty = (enum aud_certainty)(i % 4), .client = v->client,
	    .server = v->server, .client_roles = AUD_ROLE_BIT(AUD_ROLE_CLIENT), .server_roles = AUD_ROLE_BIT(AUD_ROLE_FRONT_END),
	    .port = v->port, .proto = v->proto, .app = "TLS", .rule = i % 3 ? -1 : (int)(i % 50), .nearest = -1, .flows = v->flows,
	    .packets = v->packets[0] + v->packets[1], .bytes = v->bytes[0] + v->bytes[1], .first_ns = v->first_ns, .last_ns = v->last_ns,
	    .evidence = {i + 1, i + 2, i + 3, i + 4}, .nevidence = 4, .waiver = -1};
	snprintf(f->id, sizeof f->id, "%016zx", i * 2654435761u);
	if (asprintf(&f->reason, "%s (client) talks TLS to %u/tcp of %s (front-end), and no rule of the loaded documents lists that.",
	    aud_addr_str(&v->client).s, v->port, aud_addr_str(&v->server).s) < 0)
		abort();
}

static char made_up[] = "Made up.";

static void
make_ipsec(struct aud_sa *sas, struct aud_ike *ikes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct aud_addr client = {{10, 2, (uint8_t)(i >> 8), (uint8_t)i}, 4}, server = {{10, 1, 0, (uint8_t)(i >> 16)}, 4};
		struct aud_sa_inner inner = {.src = client, .dst = server, .proto = 17, .sport = (uint16_t)i, .dport = 49152, .packets = i};

		sas[i] = (struct aud_sa){.src = client, .dst = server, .spi = (uint32_t)i + 256, .sure = true, .packets = i, .bytes = 100 * i,
		    .first_ns = T0 + i, .last_ns = T0 + 2 * i, .payload = i % 2 ? AUD_PAYLOAD_NULL : AUD_PAYLOAD_ENCRYPTED, .frames = {i + 1, i + 2},
		    .inner = {inner, inner}, .ninner = i % 2 ? 2 : 0};
		ikes[i] = (struct aud_ike){.initiator = client, .responder = server, .sides_known = true, .messages = {4, 4}, .first_ns = T0 + i,
		    .last_ns = T0 + 2 * i, .answer_ns = i % 3 ? T0 + 2 * i : 0, .frames = {i + 1, i + 3}, .nexchanges = 2,
		    .exchanges = {{.version = 0x20, .type = 34, .messages = {1, 1}, .first_ns = T0 + i},
			{.version = 0x20, .type = 35, .messages = {1, 1}, .first_ns = T0 + i}}};
		memcpy(ikes[i].initiator_spi, &i, sizeof i < 8 ? sizeof i : 8);
	}
}

static void
make_coverage(struct aud_coverage *c, const struct aud_conv *convs, size_t n)
{
	*c = (struct aud_coverage){.first_ns = T0, .last_ns = T0 + UINT64_C(1000000000) * HOUR, .covered_ns = UINT64_C(1000000000) * HOUR,
	    .flows = 3 * n, .conversations = n, .two_way = 3 * n, .tcp_data = 20 * n, .kernel_drops = 0};
	for (size_t i = 0; i < n; i++)
		c->packets += convs[i].packets[0] + convs[i].packets[1];
	c->frames = c->packets;
	c->pairs = calloc(1, sizeof *c->pairs);
	if (!c->pairs)
		abort();
	c->pairs[0].client = AUD_ROLE_CLIENT;
	c->pairs[0].server = AUD_ROLE_FRONT_END;
	c->pairs[0].conversations = n;
	c->npairs = 1;
}

static enum aud_code
keep(const char *file, const struct aud_report *r, struct aud_err *err)
{
	struct aud_store *s;
	enum aud_code code = aud_store_open(&s, file, err);

	if (code)
		return code;
	code = aud_store_audit(s, r, err);
	aud_store_close(s);
	return code;
}

int
main(int argc, char **argv)
{
	size_t n = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000, nf = argc > 3 ? strtoul(argv[3], NULL, 10) : 5000;
	struct aud_conv *convs = calloc(n + 1, sizeof *convs);
	struct aud_case *cases = calloc(n + 1, sizeof *cases);
	struct aud_finding *findings = calloc(nf + 1, sizeof *findings);
	struct aud_ruling rulings[2] = {{.app = "TLS", .verdict = {.answer = AUD_DOCUMENTED, .certainty = AUD_CERTAIN, .nrules = 1, .total = 1}},
	    {.app = "TLS", .verdict = {.answer = AUD_PAIR_KNOWN, .failed = AUD_STEP_PORT, .certainty = AUD_STRONG, .nrules = 1, .total = 1}}};
	struct aud_input input = {.info = {.path = "day.pcapng", .format = "pcapng", .frames = n, .first_ns = T0,
	    .last_ns = T0 + UINT64_C(1000000000) * HOUR, .kernel_drops = 0, .interface_drops = UINT64_MAX}};
	struct aud_coverage coverage;
	struct aud_matrix *matrix = NULL;
	struct aud_site *site = NULL;
	struct aud_err err = {0};
	size_t nsas = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
	struct aud_sa *sas = calloc(nsas + 1, sizeof *sas);
	struct aud_ike *ikes = calloc(nsas + 1, sizeof *ikes);
	struct aud_ipsec_result ipsec = {.sas = sas, .nsas = nsas, .ikes = ikes, .nikes = nsas, .stats = {.esp = 100 * nsas, .ike = 8 * nsas}};
	enum aud_code code;

	if (argc < 2 || !sas || !ikes || !convs || !cases || !findings || !nf || n < nf)
		return 2;
	code = aud_site_parse(&site, "site.yaml", site_text, sizeof site_text - 1, &err);
	if (!code)
		code = aud_audit_matrix(&matrix, NULL, site, &err);
	for (size_t i = 0; !code && i < n; i++) {
		struct aud_ruling *u = &rulings[i / (n / (SERVERS * NPORTS) + 1) % NPORTS > 3];

		u->client = (struct aud_who){.roles = AUD_ROLE_BIT(AUD_ROLE_CLIENT), .host = &site->hosts[1], .group = true};
		u->server = (struct aud_who){.roles = AUD_ROLE_BIT(AUD_ROLE_FRONT_END), .host = &site->hosts[0], .group = true};
		make_conv(&convs[i], i, n);
		cases[i] = (struct aud_case){.conv = &convs[i], .ruling = u, .in_scope = true};
	}
	for (size_t i = 0; !code && i < nf; i++)
		make_finding(&findings[i], &convs[i * (n / nf)], i, nf);
	make_coverage(&coverage, convs, n);
	make_ipsec(sas, ikes, nsas);
	if (!code) {
		struct aud_row_state *states = calloc(matrix->nrows + 1, sizeof *states);
		struct aud_trial trial = {.site = site, .matrix = matrix, .cases = cases, .ncases = n, .coverage = &coverage, .inputs = &input,
		    .ninputs = 1, .today = "2023-11-14", .findings = findings, .nfindings = nf, .states = states, .nstates = matrix->nrows,
		    .ipsec = nsas ? &ipsec : NULL};
		struct aud_report report = {.version = "0", .ndpi_version = "0", .pcap_version = "0", .sqlite_version = "0", .trial = &trial};

		if (!states)
			abort();
		for (size_t i = 0; i < matrix->nrows; i++)
			states[i] = (struct aud_row_state){.row = (unsigned)i, .state = i % 3 ? AUD_STATE_NOT_OBSERVED : AUD_STATE_OBSERVED,
			    .reason = made_up, .flows = i % 3 ? 0 : i + 1};
		code = keep(argv[1], &report, &err);
		free(states);
	}
	if (code)
		fprintf(stderr, "%s\n", err.msg);
	for (size_t i = 0; i < nf; i++)
		free(findings[i].reason);
	free(findings);
	free(coverage.pairs);
	free(cases);
	free(convs);
	free(sas);
	free(ikes);
	aud_matrix_free(matrix);
	aud_site_free(site);
	return code != AUD_OK;
}
