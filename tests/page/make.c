/*
 * Pages for the tests that no capture gives: bulk (many findings) and hostile (every string that can be foreign is an attack).
 *
 * usage: page_make bulk FINDINGS | page_make hostile      the page goes to standard output
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aud/audit.h>
#include <aud/ipsec.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define R(e) AUD_ROLE_BIT(AUD_ROLE_##e)
#define SEC UINT64_C(1000000000)
#define T0 (UINT64_C(1709283600) * SEC) /* 2024-03-01 09:00:00 UTC */

static const struct {
	enum aud_role from, to;
	uint64_t conversations;
} pairs[] = {{AUD_ROLE_CLIENT, AUD_ROLE_FRONT_END, 612345}, {AUD_ROLE_CLIENT, AUD_ROLE_DIRECTOR, 150000},
    {AUD_ROLE_FRONT_END, AUD_ROLE_FRONT_END, 1200}, {AUD_ROLE_FRONT_END, AUD_ROLE_MEDIATION, 88},
    {AUD_ROLE_MEDIATION, AUD_ROLE_PSTN_GATEWAY, 9}, {AUD_ROLE_CLIENT, AUD_ROLE_CLIENT, 236358}};

struct made {
	struct aud_report report;
	struct aud_trial trial;
	struct aud_coverage coverage;
	struct aud_site site;
	struct aud_input inputs[3];
	struct aud_ipsec_result ipsec;
	struct aud_matrix *matrix;
	struct aud_finding *findings;
	struct aud_row_state *states;
};

static struct aud_addr
addr(const char *s)
{
	struct aud_addr a;

	if (!aud_addr_parse(s, &a))
		abort();
	return a;
}

static void
finding(struct made *m, size_t i)
{
	struct aud_finding *f = &m->findings[i];
	size_t rule = i % m->matrix->nrules, n = m->trial.nfindings;
	char *reason;

	snprintf(f->id, sizeof f->id, "%016zx", i * 0x9e3779b97f4a7c15u);
	f->kind = (enum aud_kind)(i % AUD_KIND_COUNT);
	f->severity = (enum aud_severity)(AUD_CRITICAL - i * 5 / n);
	f->certainty = (enum aud_certainty)(i % 5);
	if (asprintf(&reason, "10.2.%zu.%zu (client) used SSH on 5061/tcp of fe%02zu (front-end), where the document lists TLS on 5061/tcp.",
		i / 250 % 250, i % 250, i % 40) < 0)
		abort();
	f->reason = reason;
	f->client = addr("10.2.0.0");
	f->client.b[2] = (uint8_t)(i / 250);
	f->client.b[3] = (uint8_t)(i % 250);
	f->server = addr(i % 7 ? "10.1.0.11" : "2001:db8::11");
	f->server_name = "fe01";
	f->client_roles = i % 9 ? R(CLIENT) : 0;
	f->server_roles = i % 3 ? R(FRONT_END) : R(FRONT_END) | R(MEDIATION);
	f->port = i % 11 ? (int)(5000 + i % 100) : -1;
	f->proto = 6;
	f->app = "SSH";
	f->rule = i % 2 ? (int)rule : -1;
	f->nearest = i % 2 ? -1 : (int)rule;
	if (i % 2) {
		/* An audit cites the documents that count at the site. */
		f->citations = calloc(m->matrix->rules[rule].ncitations + 1, sizeof *f->citations);
		for (size_t k = 0; k < m->matrix->rules[rule].ncitations; k++) {
			unsigned row = m->matrix->rules[rule].citations[k];

			if (aud_document_applies(m->matrix, m->matrix->rows[row].document, &m->site))
				f->citations[f->ncitations++] = row;
		}
	}
	f->flows = i + 1;
	f->packets = 10 * i + 10;
	f->bytes = 1000 * i;
	f->first_ns = T0 + i * SEC / 2;
	f->last_ns = f->first_ns + 600 * SEC;
	f->evidence[0] = (uint64_t)(i % 2) << 48 | (i + 1);
	f->evidence[1] = (uint64_t)(i % 2) << 48 | (i + 900);
	f->nevidence = 2;
	f->waiver = -1;
}

static void
make(struct made *m, size_t nfindings)
{
	struct aud_err err = {0};

	memset(m, 0, sizeof *m);
	if (aud_matrix_load(&m->matrix, NULL, NULL, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	m->site = (struct aud_site){.path = "site.yaml", .name = "Contoso headquarters", .product = AUD_PRODUCT_SFB_2015};
	memset(m->site.sha256, 'a', 64);
	m->coverage = (struct aud_coverage){.frames = 90000000, .packets = 90000000, .first_ns = T0, .last_ns = T0 + 7200 * SEC,
	    .conversations = 1000000, .flows = 4000000, .one_way = 7, .two_way = 3999993, .tcp_data = 1000, .kernel_drops = 3};
	m->coverage.pairs = calloc(COUNT(pairs), sizeof *m->coverage.pairs);
	for (size_t i = 0; i < COUNT(pairs); i++, m->coverage.npairs++) {
		m->coverage.pairs[i].client = pairs[i].from;
		m->coverage.pairs[i].server = pairs[i].to;
		m->coverage.pairs[i].conversations = pairs[i].conversations;
	}
	for (size_t i = 0; i < COUNT(m->inputs); i++)
		m->inputs[i].info = (struct aud_capture_info){.path = "/srv/day.pcap", .format = "pcap", .frames = 30000000,
		    .first_ns = T0 + i * 2400 * SEC, .last_ns = T0 + (i + 1) * 2400 * SEC, .kernel_drops = UINT64_MAX,
		    .interface_drops = UINT64_MAX};
	m->trial = (struct aud_trial){.site = &m->site, .matrix = m->matrix, .coverage = &m->coverage, .inputs = m->inputs,
	    .ninputs = COUNT(m->inputs), .ipsec = &m->ipsec, .today = "2024-03-01", .nfindings = nfindings};
	m->trial.findings = m->findings = calloc(nfindings + 1, sizeof *m->findings);
	for (size_t i = 0; i < nfindings; i++)
		finding(m, i);
	m->trial.nstates = m->matrix->nrows;
	m->trial.states = m->states = calloc(m->trial.nstates, sizeof *m->states);
	for (size_t i = 0; i < m->trial.nstates; i++)
		m->states[i] = (struct aud_row_state){.row = (unsigned)i, .state = (enum aud_state)(i % 8), .reason = strdup("Seen in 10 flows.")};
	m->report = (struct aud_report){.version = "0.1.0", .ndpi_version = "4.2.0", .pcap_version = "1.10.3", .sqlite_version = "3.40.1",
	    .command = "spanaudit audit -s site.yaml day.pcap", .trial = &m->trial};
	aud_report_totals(&m->report);
	m->report.totals.conversations[AUD_CASE_DOCUMENTED] = 1000000;
}

/* ---- hostile ---- */

/* Each with a number of its own, so that a failure names the field. */
static const char *
attack(void)
{
	static int n;
	char *s;

	if (asprintf(&s, "a%d\"'><script>window.pwned=%d</script><img src=x onerror=\"window.pwned=%d\"><!-- </style></title></td></table>"
			 " style=\"x\" javascript:pwned() \x1b[31mred\x07 \xe2\x80\xaexet\xe2\x80\xac \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d &amp; &lt;"
			 " \xff\xc0\xaf \r\n Z\xcd\x91\xcd\xab\xcd\x83\xcd\xaa\xcc\x82\xcd\xab {{7*7}} ${7*7} %%s%%n", n, n, n) < 0)
		abort();
	n++;
	return s;
}

static void
hostile_matrix(struct made *m)
{
	struct aud_document *d = calloc(1, sizeof *d);
	struct aud_row *r = calloc(2, sizeof *r);
	struct aud_rule *u = calloc(1, sizeof *u);
	static const unsigned zero[] = {0};
	static const char *apps[1];
	static struct aud_matrix matrix;

	*d = (struct aud_document){attack(), attack(), attack(), attack(), attack(), attack(), AUD_PRODUCT_UNKNOWN, false};
	apps[0] = attack();
	r[0] = (struct aud_row){0, attack(), 1, attack(), attack(), attack(), attack(), AUD_ROW_RULE, zero, 1, attack()};
	r[1] = (struct aud_row){0, attack(), 2, attack(), attack(), attack(), attack(), AUD_ROW_BLANK, NULL, 0, attack()};
	*u = (struct aud_rule){.id = attack(), .service = attack(), .clients = AUD_ROLE_BIT(AUD_ROLE_BUILTIN), .servers = AUD_ROLES_ANY,
	    .protos = {6}, .nprotos = 1, .ports = {{1, 2}}, .nports = 1, .apps = apps, .napps = 1, .either_way = true, .inferred = true,
	    .exempt = true, .condition = "", .gloss = attack(), .remark = attack(), .reason = attack(), .until = attack(),
	    .citations = zero, .ncitations = 1};
	matrix = (struct aud_matrix){.documents = d, .ndocuments = 1, .rows = r, .nrows = 2, .rules = u, .nrules = 1};
	memset(matrix.sha256, '<', 64);
	m->trial.matrix = m->matrix = &matrix;
	m->trial.nstates = 2;
	for (size_t i = 0; i < 2; i++)
		m->states[i] = (struct aud_row_state){.row = (unsigned)i, .state = i ? AUD_STATE_BLANK : AUD_STATE_MISSING, .reason = (char *)(uintptr_t)attack()};
}

static void
hostile_site(struct made *m)
{
	static struct aud_host host;
	static const struct aud_host *unseen[] = {&host};
	static struct aud_waiver waivers[2];
	static const char *roles[1];

	roles[0] = attack();
	host = (struct aud_host){.lo = addr("10.1.0.1"), .hi = addr("10.1.0.9"), .name = attack()};
	for (size_t i = 0; i < 2; i++)
		waivers[i] = (struct aud_waiver){.finding = attack(), .kind = attack(), .port = 1, .proto = 6, .app = attack(), .reason = attack(),
		    .owner = attack(), .expires = attack(), .line = 7};
	m->site.path = attack();
	m->site.name = attack();
	m->site.own_roles = roles;
	m->site.nown_roles = 1;
	m->site.waivers = waivers;
	m->site.nwaivers = 2;
	m->coverage.unseen = unseen;
	m->coverage.nunseen = m->coverage.all_unseen = 1;
	m->coverage.pairs[0].client = m->coverage.pairs[0].server = AUD_ROLE_BUILTIN;
	m->coverage.roles = calloc(1, sizeof *m->coverage.roles);
	m->coverage.roles[0].role = AUD_ROLE_BUILTIN;
	m->coverage.nroles = 1;
}

static void
hostile(struct made *m)
{
	static struct aud_decode_count count;
	static struct aud_decode_stats decode = {.counts = &count, .ncounts = 1};
	static unsigned first[1];

	make(m, 20);
	hostile_matrix(m);
	hostile_site(m);
	count = (struct aud_decode_count){attack(), attack(), true, 1, 1};
	m->report.decode = &decode;
	m->trial.filter = attack();
	m->trial.today = attack();
	m->report.version = attack();
	m->report.ndpi_version = attack();
	m->report.pcap_version = attack();
	m->report.sqlite_version = attack();
	m->report.command = attack();
	for (size_t i = 0; i < COUNT(m->inputs); i++) {
		m->inputs[i].info.path = attack();
		m->inputs[i].info.format = attack();
		m->inputs[i].info.compression = attack();
		m->inputs[i].info.broken = true;
		snprintf(m->inputs[i].info.broken_why, sizeof m->inputs[i].info.broken_why, "%s", attack());
		memset(m->inputs[i].sha256, '"', 64);
	}
	for (size_t i = 0; i < m->trial.nfindings; i++) {
		struct aud_finding *f = &m->findings[i];

		memcpy(f->id, "<script>alert(1)", 17);
		f->reason = (char *)(uintptr_t)attack();
		f->client_name = attack();
		f->server_name = attack();
		f->app = attack();
		f->rule = i % 2 ? 0 : -1;
		f->nearest = i % 2 ? -1 : 0;
		f->citations = first;
		f->ncitations = 1;
		f->client_roles = AUD_ROLE_BIT(AUD_ROLE_BUILTIN);
		f->waiver = (int)(i % 2);
		f->waiver_expired = i % 4 == 1;
	}
	aud_report_totals(&m->report);
}

int
main(int argc, char **argv)
{
	static struct made m;
	struct aud_report_opts opts = {.format = AUD_FORMAT_HTML};
	struct aud_err err = {0};

	if (argc == 3 && !strcmp(argv[1], "bulk"))
		make(&m, strtoul(argv[2], NULL, 10));
	else if (argc == 2 && !strcmp(argv[1], "hostile"))
		hostile(&m);
	else {
		fputs("usage: page_make bulk FINDINGS | hostile\n", stderr);
		return 2;
	}
	if (aud_report_write(&m.report, &opts, stdout, &err) != AUD_OK) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	return 0; /* what it made goes with it */
}
