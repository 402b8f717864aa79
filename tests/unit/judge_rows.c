/*
 * States of rows of the built-in documents: site file, roles, the real matrix and the judges together. What each row prints is
 * that of the Skype for Business Server 2015 document, table T1.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <aud/finding.h>
#include <aud/report.h>

enum { TCP = 6, UDP = 17, MAX_FLOWS = 3 };
#define SECOND UINT64_C(1000000000)
/* 2024-03-01 09:00:00 UTC */
#define BEGIN (UINT64_C(1709283600) * SECOND)
#define HOUR (3600 * SECOND)
#define DOCUMENT "sfb-2015-servers-es"

#define FE "10.20.1.11"
#define FE2 "10.20.1.12"
#define PC "10.20.100.7"
static const char text[] =
    "site: Lab\n"
    "product: skype-for-business-2015\n"
    "features: {directors: no, dial-in: yes, call-park: no}\n"
    "hosts:\n"
    "  - {address: " FE ", name: fe01, roles: [front-end]}\n"
    "  - {address: " FE2 ", name: fe02, roles: [front-end]}\n"
    "  - {address: 10.20.1.30, name: med01, roles: [mediation]}\n"
    "  - {address: 10.20.100.0/24, name: clients, roles: [client]}\n";

enum how { TWO_WAY, UNANSWERED, HUNG };
struct flow {
	const char *client, *server;
	uint16_t port;
	uint8_t proto;
	const char *app;
	uint32_t facts;
	enum how how;
};

#define TLS_FACTS (AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER | AUD_FACT_TLS_DONE)
#define WEB {PC, FE, 443, TCP, "TLS", TLS_FACTS, TWO_WAY}
#define SIP {PC, FE, 5061, TCP, "TLS", TLS_FACTS, TWO_WAY}

static const struct {
	const char *name;
	struct flow flows[MAX_FLOWS];
	unsigned row;
	enum aud_state state;
	int balancing;	/* 1 + enum aud_load_balancing; 0: none */
} table[] = {
    {"SIP of a client", {WEB, {PC, FE, 5061, TCP, "TLS", TLS_FACTS, TWO_WAY}}, 3, AUD_STATE_OBSERVED, 0},
    {"SIP between servers, either way", {WEB, {FE, "10.20.1.30", 5061, TCP, "TLS", TLS_FACTS, TWO_WAY}}, 3,
	AUD_STATE_OBSERVED, 0},
    {"no SIP, though clients use the web service", {WEB}, 3, AUD_STATE_MISSING, 0},
    {"the web service", {WEB}, 12, AUD_STATE_OBSERVED, 0},
    {"nobody answers", {WEB, {PC, FE, 5061, TCP, NULL, 0, UNANSWERED}}, 3, AUD_STATE_ATTEMPTED, 0},
    {"reset after the hello", {WEB, {PC, FE, 5061, TCP, "TLS", AUD_FACT_TLS_HELLO, HUNG}}, 3, AUD_STATE_ATTEMPTED, 0},
    {"SSH is no SIP", {WEB, {PC, FE, 5061, TCP, "SSH", 0, TWO_WAY}}, 3, AUD_STATE_MISSING, 0},
    {"SSH after a hello is none either", {WEB, {PC, FE, 5061, TCP, "SSH", AUD_FACT_TLS_HELLO | AUD_FACT_NOT_TLS, TWO_WAY}}, 3, AUD_STATE_MISSING, 0},
    {"nothing recognised", {WEB, {PC, FE, 5061, TCP, NULL, 0, TWO_WAY}}, 3, AUD_STATE_INCONCLUSIVE, 0},
    {"conferencing between servers", {{FE2, FE, 444, TCP, "TLS", TLS_FACTS, TWO_WAY}}, 4, AUD_STATE_OBSERVED, 0},
    {"clients are no servers", {{PC, FE, 444, TCP, "TLS", TLS_FACTS, TWO_WAY}}, 4, AUD_STATE_INCONCLUSIVE, 0},
    {"media of a client", {{PC, FE, 60000, UDP, "RTP", AUD_FACT_MEDIA, TWO_WAY}}, 10, AUD_STATE_OBSERVED, 0},
    {"media is on demand", {WEB}, 10, AUD_STATE_NOT_OBSERVED, 0},
    {"no Persistent Chat at this site", {WEB}, 50, AUD_STATE_NOT_APPLICABLE, 0},
    {"no Director at this site", {WEB}, 45, AUD_STATE_NOT_APPLICABLE, 0},
    {"no web service", {SIP}, 12, AUD_STATE_MISSING, 0},
    {"no SIP, and who balances it is not told", {WEB}, 3, AUD_STATE_INCONCLUSIVE, 1 + AUD_LB_UNKNOWN},
    {"no SIP, but a load balancer may have taken it", {WEB}, 3, AUD_STATE_INCONCLUSIVE, 1 + AUD_LB_HARDWARE},
    {"SIP comes directly where DNS balances it", {WEB}, 3, AUD_STATE_MISSING, 1 + AUD_LB_DNS},
    {"but the web service does not", {SIP}, 12, AUD_STATE_INCONCLUSIVE, 1 + AUD_LB_DNS},
};

static struct aud_site *site;
static struct aud_attrib *attrib;
static struct aud_matrix *matrix;
static struct aud_matcher *matcher;

/* As the audit makes a case, with half an hour from the first to the last packet. */
static void
make(const struct flow *f, struct aud_conv *v, struct aud_ruling *r, struct aud_case *c)
{
	struct aud_query q;

	*v = (struct aud_conv){.port = f->port, .proto = f->proto, .flows = 1, .first_ns = BEGIN + 60 * SECOND,
	    .last_ns = BEGIN + 60 * SECOND + HOUR / 2, .packets = {60, 60}, .bytes = {6000, 6000}, .with_data = {1, 1}, .answered = 1,
	    .established = f->proto == TCP, .facts = f->facts, .hellos = !!(f->facts & AUD_FACT_TLS_HELLO),
	    .server_hellos = !!(f->facts & AUD_FACT_TLS_SERVER), .app = {.by = f->app ? AUD_BY_OWN : AUD_BY_NONE}, .frames = {1}};
	if (f->how != TWO_WAY)
		v->with_data[1] = 0;
	if (f->how == UNANSWERED) {
		v->with_data[0] = v->established = v->answered = 0;
		v->packets[1] = v->bytes[1] = 0;
		v->unanswered = 1;
	}
	assert_true(aud_addr_parse(f->client, &v->client) && aud_addr_parse(f->server, &v->server));
	*c = (struct aud_case){.conv = v, .ruling = r, .attempt_only = f->how == UNANSWERED, .in_scope = true};
	*r = (struct aud_ruling){.app = f->app ? f->app : "Unknown", .client = aud_attrib_find(attrib, &v->client, 0, 0),
	    .server = aud_attrib_find(attrib, &v->server, v->port, v->proto)};
	q = (struct aud_query){.client = r->client.roles, .server = r->server.roles, .client_port_lo = 50000, .client_port_hi = 50000,
	    .server_port = v->port, .proto = v->proto, .app = f->app, .app_by = v->app.by, .facts = v->facts, .direction = AUD_DIR_SYN};
	aud_match(matcher, &q, &r->verdict);
}

static const struct aud_row_state *
state_of(const struct aud_trial *t, unsigned row)
{
	for (size_t i = 0; i < t->nstates; i++) {
		const struct aud_row *r = &matrix->rows[t->states[i].row];

		if (!strcmp(matrix->documents[r->document].id, DOCUMENT) && !strcmp(r->table, "T1") && r->ordinal == row)
			return &t->states[i];
	}
	fail_msg("no T1 row %u", row);
	return NULL;
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct aud_coverage cov = {.frames = 1000, .packets = 1000, .first_ns = BEGIN, .last_ns = BEGIN + HOUR, .covered_ns = HOUR,
		    .tcp_data = 500, .kernel_drops = UINT64_MAX};
		struct aud_input input = {.info = {.path = "hour.pcap", .frames = 1000, .first_ns = BEGIN, .last_ns = BEGIN + HOUR}};
		struct aud_decode_stats decode = {0};
		struct aud_conv convs[MAX_FLOWS];
		struct aud_ruling rulings[MAX_FLOWS];
		struct aud_case cases[MAX_FLOWS];
		struct aud_trial t = {.site = site, .matrix = matrix, .matcher = matcher, .attrib = attrib, .coverage = &cov,
		    .inputs = &input, .ninputs = 1, .decode = &decode, .cases = cases, .today = "2024-03-01"};
		const struct aud_row_state *s;
		struct aud_err err = {0};

		site->load_balancing = table[i].balancing ? (enum aud_load_balancing)(table[i].balancing - 1) : AUD_LB_NONE;
		for (; t.ncases < MAX_FLOWS && table[i].flows[t.ncases].client; t.ncases++)
			make(&table[i].flows[t.ncases], &convs[t.ncases], &rulings[t.ncases], &cases[t.ncases]);
		assert_int_equal(aud_judge(&t, &err), AUD_OK);
		s = state_of(&t, table[i].row);
		if (s->state != table[i].state)
			fail_msg("%s: row %u is %s: %s", table[i].name, table[i].row, aud_state_name(s->state), s->reason);
		aud_trial_clear(&t);
	}
}

static int
load(void **state)
{
	struct aud_err err = {0};

	(void)state;
	if (aud_site_parse(&site, "site.yaml", text, sizeof text - 1, &err) || aud_attrib_new(&attrib, site, &err) ||
	    aud_matrix_load(&matrix, NULL, site, &err) || aud_matcher_new(&matcher, matrix, site, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return -1;
	}
	return 0;
}

static int
unload(void **state)
{
	(void)state;
	aud_matcher_free(matcher);
	aud_matrix_free(matrix);
	aud_attrib_free(attrib);
	aud_site_free(site);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, load, unload);
}
