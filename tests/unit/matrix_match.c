/*
 * The matcher against flows whose answers come from the printed rows of the Skype for Business Server 2015 document: every row of T1
 * with a flow that satisfies it and its near misses, then the points on which the rows are ambiguous. All rules: matrix_cases.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <aud/matrix.h>

#define R(role) AUD_ROLE_BIT(AUD_ROLE_##role)
enum { TCP = 6, UDP = 17, SCTP = 132 };

static struct aud_matrix *matrix;
static struct aud_matcher *open_matcher;	/* nothing is known of the site */

static bool
cites(const struct aud_verdict *v, unsigned row)
{
	for (size_t i = 0; i < v->nrules; i++) {
		const struct aud_rule *r = &matrix->rules[v->rules[i]];

		for (size_t j = 0; j < r->ncitations; j++)
			if (matrix->rows[r->citations[j]].ordinal == row && !strcmp(matrix->rows[r->citations[j]].table, "T1"))
				return true;
	}
	return false;
}

static const char *
best(const struct aud_verdict *v)
{
	return v->nrules ? matrix->rules[v->rules[0]].id : "";
}

/*
 * back: what the same with client and server exchanged is: 0 the wrong direction, 1 documented as well, 2 media, whose range goes with
 * the role, 3 the wrong direction by a SYN, but the port may be either side's, so it is as documented where who began is inferred.
 */
static const struct printed {
	unsigned row;
	aud_roles client, server;
	uint16_t port;
	uint8_t proto;
	const char *app;
	enum aud_app_by by;
	int back;
} printed[] = {
    {1, R(FRONT_END), R(MEDIATION), 1434, UDP, "SSRP", AUD_BY_OWN, 1},
    {2, R(FRONT_END), R(RCC_GATEWAY), 5060, TCP, "SIP", AUD_BY_DPI, 1},
    {3, R(CLIENT), R(FRONT_END), 5061, TCP, "TLS", AUD_BY_DPI, 0},
    {3, R(MEDIATION), R(FRONT_END), 5061, TCP, "TLS", AUD_BY_DPI, 1},
    {3, R(MONITORING), R(FRONT_END), 5061, TCP, "TLS", AUD_BY_DPI, 1},
    {3, R(EDGE_INTERNAL), R(FRONT_END), 5061, TCP, "TLS", AUD_BY_DPI, 0},
    {4, R(FRONT_END), R(FRONT_END), 444, TCP, "TLS", AUD_BY_DPI, 1},
    {4, R(SBA), R(FRONT_END), 444, TCP, "TLS", AUD_BY_DPI, 1},
    {5, R(DIRECTOR), R(FRONT_END), 135, TCP, "DCE_RPC", AUD_BY_DPI, 1},
    {5, R(ADMIN), R(FRONT_END), 135, TCP, "DCE_RPC", AUD_BY_DPI, 0},
    {6, R(DIRECTOR), R(FRONT_END), 5062, TCP, "SIP", AUD_BY_DPI, 0},
    {7, R(CLIENT), R(FRONT_END), 8057, TCP, "TLS", AUD_BY_DPI, 0},
    {8, R(CLIENT_LEGACY), R(FRONT_END), 8058, TCP, "TLS", AUD_BY_DPI, 0},
    {9, R(DIRECTOR), R(FRONT_END), 5063, TCP, "TLS", AUD_BY_DPI, 0},
    {10, R(CLIENT), R(FRONT_END), 57501, UDP, "RTP", AUD_BY_DPI, 2},
    {10, R(EDGE_AV_INTERNAL), R(FRONT_END), 65535, TCP, "FramedMedia", AUD_BY_OWN, 2},
    {11, R(CLIENT), R(FRONT_END), 80, TCP, "HTTP", AUD_BY_DPI, 0},
    {12, R(CLIENT), R(FRONT_END), 443, TCP, "TLS.Skype_Teams", AUD_BY_DPI, 0},
    {13, R(RP_INTERNAL), R(FRONT_END), 8080, TCP, "HTTP", AUD_BY_DPI, 0},
    {14, R(RP_INTERNAL), R(FRONT_END), 4443, TCP, "TLS", AUD_BY_DPI, 0},
    {15, R(FRONT_END), R(FRONT_END), 8060, TCP, "TLS", AUD_BY_DPI, 1},
    {16, R(FRONT_END), R(FRONT_END), 8061, TCP, "TLS", AUD_BY_DPI, 1},
    {17, R(FRONT_END), R(FRONT_END), 5086, TCP, "TLS", AUD_BY_DPI, 1},
    {18, R(FRONT_END), R(FRONT_END), 5087, TCP, "TLS", AUD_BY_DPI, 1},
    {19, R(CLIENT), R(FRONT_END), 443, TCP, "TLS", AUD_BY_DPI, 0},
    {20, R(MEDIATION), R(FRONT_END), 5064, TCP, "SIP", AUD_BY_OWN, 0},
    {21, R(MEDIATION), R(FRONT_END), 5072, TCP, "TLS", AUD_BY_DPI, 0},
    {22, R(FRONT_END), R(FRONT_END) | R(MEDIATION), 5070, TCP, "SIP", AUD_BY_DPI, 0},
    {23, R(PSTN_GATEWAY), R(FRONT_END) | R(MEDIATION), 5067, TCP, "TLS", AUD_BY_DPI, 0},
    {24, R(PSTN_GATEWAY), R(FRONT_END) | R(MEDIATION), 5068, TCP, "SIP", AUD_BY_OWN, 0},
    {25, R(FRONT_END) | R(MEDIATION), R(PSTN_GATEWAY), 5081, TCP, "SIP", AUD_BY_OWN, 3},
    {26, R(FRONT_END) | R(MEDIATION), R(PSTN_GATEWAY), 5082, TCP, "TLS", AUD_BY_DPI, 3},
    {27, R(DIRECTOR), R(FRONT_END), 5065, TCP, "TLS", AUD_BY_DPI, 0},
    {28, R(CLIENT), R(FRONT_END), 49152, TCP, "FramedMedia", AUD_BY_OWN, 2},
    {29, R(DIRECTOR), R(FRONT_END), 5073, TCP, "TLS", AUD_BY_DPI, 0},
    {30, R(DIRECTOR), R(FRONT_END), 5075, TCP, "TLS", AUD_BY_DPI, 0},
    {31, R(DIRECTOR), R(FRONT_END), 5076, TCP, "TLS", AUD_BY_DPI, 0},
    {32, R(FRONT_END), R(E911_GATEWAY), 5066, TCP, "SIP", AUD_BY_DPI, 3},
    {33, R(DIRECTOR), R(FRONT_END), 5071, TCP, "TLS", AUD_BY_DPI, 0},
    {34, R(FRONT_END), R(FRONT_END), 8404, TCP, "TLS", AUD_BY_DPI, 1},
    {35, R(EDGE_AV_INTERNAL), R(FRONT_END), 5080, TCP, "TLS", AUD_BY_DPI, 1},
    {36, R(MEDIATION), R(FRONT_END), 448, TCP, "TLS", AUD_BY_DPI, 1},
    {37, R(CMS), R(DIRECTOR), 445, TCP, "NetBIOS.SMBv23", AUD_BY_DPI, 1},
    {38, R(DIRECTOR), R(FRONT_END), 1434, UDP, "SSRP", AUD_BY_OWN, 1},
    {39, R(CLIENT), R(MEDIATION), 49152, UDP, "STUN.SkypeCall", AUD_BY_DPI, 2},
    {39, R(PSTN_GATEWAY), R(MEDIATION), 57500, UDP, "RTP", AUD_BY_DPI, 2},
    {40, R(FRONT_END), R(OFFICE_WEB_APPS), 443, TCP, "TLS", AUD_BY_DPI, 0},
    {41, R(DIRECTOR), R(RCC_GATEWAY), 5060, TCP, "SIP", AUD_BY_DPI, 1},
    {42, R(FRONT_END), R(DIRECTOR), 444, TCP, "TLS", AUD_BY_DPI, 1},
    {43, R(DIRECTOR), R(FRONT_END), 80, TCP, "HTTP", AUD_BY_DPI, 0},
    {44, R(DIRECTOR), R(FRONT_END), 443, TCP, "TLS", AUD_BY_DPI, 0},
    {45, R(CLIENT), R(DIRECTOR), 5061, TCP, "TLS", AUD_BY_DPI, 0},
    {46, R(FRONT_END), R(MEDIATION), 5070, TCP, "SIP", AUD_BY_DPI, 0},
    {47, R(PSTN_GATEWAY), R(MEDIATION), 5067, TCP, "TLS", AUD_BY_DPI, 0},
    {48, R(PSTN_GATEWAY), R(MEDIATION), 5068, TCP, "SIP", AUD_BY_DPI, 0},
    {49, R(FRONT_END), R(MEDIATION), 5070, TCP, "TLS", AUD_BY_DPI, 0},
    {50, R(FRONT_END), R(PERSISTENT_CHAT), 5041, TCP, "TLS", AUD_BY_DPI, 0},
    {51, R(CLIENT), R(PERSISTENT_CHAT), 881, TCP, "TLS", AUD_BY_DPI, 0},
    {52, R(CLIENT), R(PERSISTENT_CHAT), 443, TCP, "TLS", AUD_BY_DPI, 0},
};

static struct aud_query
query(const struct printed *p)
{
	return (struct aud_query){.client = p->client, .server = p->server, .server_port = p->port, .proto = p->proto, .app = p->app,
	    .app_by = p->by, .direction = AUD_DIR_SYN};
}

static bool
is_media(const struct printed *p)
{
	return p->port >= 49152;
}

#define EACH_PRINTED(p, q, v)                                                                                          \
	for (const struct printed *p = printed; p < printed + sizeof printed / sizeof *printed; p++)                   \
		for (struct aud_query q = query(p), *once_ = &q; once_; once_ = NULL)                                  \
			for (struct aud_verdict v; once_; once_ = NULL)

static void
ask(const struct aud_query *q, struct aud_verdict *v)
{
	memset(v, 0xff, sizeof *v);
	aud_match(open_matcher, q, v);
}

static void
test_printed(void **state)
{
	(void)state;
	EACH_PRINTED(p, q, v) {
		ask(&q, &v);
		if (v.answer != AUD_DOCUMENTED || v.failed != AUD_STEP_NONE || !cites(&v, p->row))
			fail_msg("row %u: answer %d, step %s, %s", p->row, v.answer, aud_step_name(v.failed), best(&v));
		assert_false(v.swapped);
		if (v.certainty != AUD_STRONG)
			fail_msg("row %u: %s", p->row, aud_certainty_name(v.certainty));
	}
}

static void
test_every_row_has_a_flow(void **state)
{
	bool seen[53] = {false};

	(void)state;
	for (size_t i = 0; i < sizeof printed / sizeof *printed; i++)
		seen[printed[i].row] = true;
	for (unsigned i = 1; i <= 52; i++)
		assert_true(seen[i]);
}

static void
test_wrong_port(void **state)
{
	(void)state;
	EACH_PRINTED(p, q, v) {
		q.server_port = 4000;
		ask(&q, &v);
		if (v.answer != AUD_PAIR_KNOWN || v.failed != AUD_STEP_PORT || !v.nrules)
			fail_msg("row %u: answer %d, step %s, %s", p->row, v.answer, aud_step_name(v.failed), best(&v));
	}
}

static void
test_wrong_transport(void **state)
{
	(void)state;
	EACH_PRINTED(p, q, v) {
		q.proto = SCTP;
		ask(&q, &v);
		if (v.answer != AUD_PAIR_KNOWN || v.failed != AUD_STEP_TRANSPORT)
			fail_msg("row %u: answer %d, step %s, %s", p->row, v.answer, aud_step_name(v.failed), best(&v));
	}
}

static void
test_wrong_roles(void **state)
{
	(void)state;
	EACH_PRINTED(p, q, v) {
		q.client = R(DNS_SERVER);
		ask(&q, &v);
		if (v.answer != AUD_PAIR_UNKNOWN || v.failed != AUD_STEP_PAIR || v.nrules)
			fail_msg("row %u, other client: answer %d, %s", p->row, v.answer, best(&v));
		q.client = p->client;
		q.server = R(DOMAIN_CONTROLLER);
		ask(&q, &v);
		if (v.answer != AUD_PAIR_UNKNOWN)
			fail_msg("row %u, other server: answer %d, %s", p->row, v.answer, best(&v));
		q.server = 0;
		ask(&q, &v);
		if (v.answer != AUD_NO_ROLE || v.failed != AUD_STEP_ROLES)
			fail_msg("row %u, no role: answer %d, %s", p->row, v.answer, best(&v));
	}
}

static void
test_wrong_application(void **state)
{
	(void)state;
	EACH_PRINTED(p, q, v) {
		q.app = "SSH";
		q.app_by = AUD_BY_DPI;
		ask(&q, &v);
		if (v.answer != AUD_PAIR_KNOWN || v.failed != AUD_STEP_APP || v.certainty != AUD_STRONG || !cites(&v, p->row))
			fail_msg("row %u, SSH: answer %d, step %s, %s", p->row, v.answer, aud_step_name(v.failed), best(&v));
		/* A guess by port is none, and silence is none. */
		for (int i = 0; i < 3; i++) {
			q.app = i == 0 ? "SSH" : i == 1 ? "Unknown" : NULL;
			q.app_by = i == 0 ? AUD_BY_PORT : AUD_BY_DPI;
			ask(&q, &v);
			if (is_media(p) ? v.answer != AUD_PAIR_KNOWN || v.failed != AUD_STEP_APP || v.certainty != AUD_INDETERMINATE
					: v.answer != AUD_DOCUMENTED || v.failed != AUD_STEP_NONE || v.certainty != AUD_PORT_ONLY)
				fail_msg("row %u, nothing recognised: answer %d, step %s, %s", p->row, v.answer, aud_step_name(v.failed),
				    aud_certainty_name(v.certainty));
		}
	}
}

static void
test_direction(void **state)
{
	(void)state;
	EACH_PRINTED(p, q, v) {
		q.client = p->server;
		q.server = p->client;
		ask(&q, &v);
		switch (p->back) {
		case 0:
		case 3:
			if (v.answer != AUD_PAIR_KNOWN || v.failed != AUD_STEP_DIRECTION || !cites(&v, p->row))
				fail_msg("row %u: answer %d, step %s, %s", p->row, v.answer, aud_step_name(v.failed), best(&v));
			/* Who began is inferred: that cannot be held against anybody, and the port is still on the wrong host. */
			q.direction = AUD_DIR_PORT;
			q.client_port_lo = q.client_port_hi = 40000;
			ask(&q, &v);
			if (p->back == 3 ? v.answer != AUD_DOCUMENTED || !v.swapped : v.answer != AUD_PAIR_KNOWN || v.failed == AUD_STEP_DIRECTION)
				fail_msg("row %u, inferred: answer %d, step %s, %s", p->row, v.answer, aud_step_name(v.failed), best(&v));
			break;
		case 1:
			if (v.answer != AUD_DOCUMENTED || !cites(&v, p->row))
				fail_msg("row %u: answer %d, step %s, %s", p->row, v.answer, aud_step_name(v.failed), best(&v));
			break;
		case 2:
			/* The range is that of the servers' hosts, not of whoever answers ... */
			if (v.answer != AUD_PAIR_KNOWN || v.failed != AUD_STEP_PORT)
				fail_msg("row %u: answer %d, step %s, %s", p->row, v.answer, aud_step_name(v.failed), best(&v));
			/* ... so the same port on the side that sent first is as good. */
			q.client_port_lo = q.client_port_hi = p->port;
			q.server_port = 20000;
			ask(&q, &v);
			if (v.answer != AUD_DOCUMENTED || !cites(&v, p->row))
				fail_msg("row %u: answer %d, step %s, %s", p->row, v.answer, aud_step_name(v.failed), best(&v));
			break;
		}
	}
}

/* A conversation caught in the middle, whose sides were guessed the wrong way round. */
static void
test_swapped(void **state)
{
	(void)state;
	EACH_PRINTED(p, q, v) {
		if (p->back == 2 || p->client == p->server)
			continue;
		q.client = p->server;
		q.server = p->client;
		q.client_port_lo = q.client_port_hi = p->port;
		q.server_port = 40000;
		for (int d = AUD_DIR_SYN; d <= AUD_DIR_FIRST; d++) {
			q.direction = (enum aud_direction)d;
			ask(&q, &v);
			/* 5081, 5082 and 5066 may be either side's, but then they are the caller's. */
			if (d <= AUD_DIR_DISSECTOR ? v.answer == AUD_DOCUMENTED : v.answer != AUD_DOCUMENTED || !v.swapped || !cites(&v, p->row))
				fail_msg("row %u, direction %d: answer %d, step %s, %s", p->row, d, v.answer, aud_step_name(v.failed), best(&v));
		}
	}
}

/* One question and its whole answer. */
struct row {
	const char *name;
	struct aud_query q;
	enum aud_answer answer;
	enum aud_step failed;
	enum aud_certainty certainty;
	const char *best;	/* NULL: whatever */
	size_t total;		/* 0: whatever */
};

static void
check_rows(const struct aud_matcher *m, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		struct aud_verdict v;

		aud_match(m, &r->q, &v);
		if (v.answer != r->answer || v.failed != r->failed || v.certainty != r->certainty || (r->best && strcmp(best(&v), r->best) != 0) ||
		    (r->total && v.total != r->total))
			fail_msg("%s: answer %d, step %s, %s, %zu rules, best %s", r->name, v.answer, aud_step_name(v.failed),
			    aud_certainty_name(v.certainty), v.total, best(&v));
	}
}
#define CHECK(m, rows) check_rows(m, rows, sizeof rows / sizeof *rows)

#define ASK(c, s, p, t, ...) {.client = c, .server = s, .server_port = p, .proto = t, __VA_ARGS__}
#define DPI(name) .app = name, .app_by = AUD_BY_DPI
#define OWN(name) .app = name, .app_by = AUD_BY_OWN
#define FACTS(...) .facts = (__VA_ARGS__)

static void
test_security(void **state)
{
	const uint32_t hello = AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER, mutual = hello | AUD_FACT_CERT_REQUEST | AUD_FACT_CLIENT_CERT;
	const struct row rows[] = {
	    {"client, TLS parsed", ASK(R(CLIENT), R(FRONT_END), 5061, TCP, DPI("TLS"), FACTS(hello | AUD_FACT_CLIENT_NOCERT)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_CERTAIN, "sip-front-end", 2},
	    {"server, mutual TLS", ASK(R(MEDIATION), R(FRONT_END), 5061, TCP, DPI("TLS"), FACTS(mutual)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_CERTAIN, "sip-front-end", 1},
	    {"server without certificate", ASK(R(MEDIATION), R(FRONT_END), 5061, TCP, DPI("TLS"), FACTS(hello | AUD_FACT_CLIENT_NOCERT)),
		AUD_DOCUMENTED, AUD_STEP_SECURITY, AUD_CERTAIN, "sip-front-end", 1},
	    {"front end to director, none", ASK(R(FRONT_END), R(MEDIATION), 5061, TCP, DPI("TLS"), FACTS(hello | AUD_FACT_CLIENT_NOCERT)),
		AUD_DOCUMENTED, AUD_STEP_SECURITY, AUD_CERTAIN, "sip-front-end", 1},
	    {"some flow without", ASK(R(MEDIATION), R(FRONT_END), 5061, TCP, DPI("TLS"), FACTS(mutual | AUD_FACT_CLIENT_NOCERT)),
		AUD_DOCUMENTED, AUD_STEP_SECURITY, AUD_CERTAIN, "sip-front-end", 1},
	    {"a server that is a client too", ASK(R(MEDIATION) | R(CLIENT), R(FRONT_END), 5061, TCP, DPI("TLS"), FACTS(hello | AUD_FACT_CLIENT_NOCERT)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_CERTAIN, "sip-front-end", 2},
	    {"TLS 1.3 cannot tell", ASK(R(MEDIATION), R(FRONT_END), 5061, TCP, DPI("TLS"), FACTS(hello | AUD_FACT_TLS13)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "sip-front-end", 1},
	    {"resumed cannot tell", ASK(R(MEDIATION), R(FRONT_END), 5061, TCP, DPI("TLS"), FACTS(hello | AUD_FACT_RESUMED)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "sip-front-end", 1},
	    {"a gap cannot tell", ASK(R(MEDIATION), R(FRONT_END), 5061, TCP, DPI("TLS"), FACTS(AUD_FACT_TLS_HELLO | AUD_FACT_TLS_GAP)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "sip-front-end", 1},
	    {"SIP in clear on 5061", ASK(R(CLIENT), R(FRONT_END), 5061, TCP, OWN("SIP"), FACTS(AUD_FACT_SIP_CLEAR)),
		AUD_DOCUMENTED, AUD_STEP_SECURITY, AUD_CERTAIN, "sip-front-end", 2},
	    {"the same by nDPI alone", ASK(R(CLIENT), R(FRONT_END), 5061, TCP, DPI("SIP")),
		AUD_DOCUMENTED, AUD_STEP_SECURITY, AUD_STRONG, "sip-front-end", 2},
	    {"the same by the fact alone", ASK(R(CLIENT), R(FRONT_END), 5061, TCP, FACTS(AUD_FACT_SIP_CLEAR)),
		AUD_DOCUMENTED, AUD_STEP_SECURITY, AUD_CERTAIN, "sip-front-end", 2},
	    {"SIP guessed by port", ASK(R(CLIENT), R(FRONT_END), 5061, TCP, .app = "SIP", .app_by = AUD_BY_PORT),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_PORT_ONLY, "sip-front-end", 2},
	    {"HTTP in clear on 443", ASK(R(CLIENT), R(FRONT_END), 443, TCP, DPI("HTTP"), FACTS(AUD_FACT_HTTP_CLEAR)),
		AUD_DOCUMENTED, AUD_STEP_SECURITY, AUD_CERTAIN, NULL, 2},
	    {"TLS records in mid-stream", ASK(R(CLIENT), R(FRONT_END), 8057, TCP, .app = "TLS", .app_by = AUD_BY_PORT, FACTS(AUD_FACT_TLS_RECORD)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_PROBABLE, "web-conferencing", 1},
	    {"SSH on 5061", ASK(R(CLIENT), R(FRONT_END), 5061, TCP, DPI("SSH")), AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_STRONG, "sip-front-end", 2},
	    {"SSH after a hello", ASK(R(CLIENT), R(FRONT_END), 5061, TCP, OWN("SSH"), FACTS(AUD_FACT_TLS_HELLO | AUD_FACT_NOT_TLS)),
		AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_CERTAIN, "sip-front-end", 2},
	    {"something after a hello", ASK(R(CLIENT), R(FRONT_END), 5061, TCP, FACTS(AUD_FACT_TLS_HELLO | AUD_FACT_TLS_RECORD | AUD_FACT_NOT_TLS)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_PORT_ONLY, "sip-front-end", 2},
	    {"and where only TCP is printed", ASK(R(PSTN_GATEWAY), R(MEDIATION), 5068, TCP, DPI("SSH"), FACTS(hello | AUD_FACT_NOT_TLS)),
		AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_STRONG, NULL, 1},
	    {"TCP is printed: clear is documented", ASK(R(FRONT_END), R(FRONT_END), 5062, TCP, OWN("SIP"), FACTS(AUD_FACT_SIP_CLEAR)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_CERTAIN, "im-conferencing", 1},
	    {"TCP is printed: TLS is as good", ASK(R(FRONT_END), R(FRONT_END), 5062, TCP, DPI("TLS"), FACTS(hello)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_CERTAIN, "im-conferencing", 1},
	    /* Rows 2, 24, 25, 41 and 48 print TCP as well. */
	    {"TLS to a PBX", ASK(R(FRONT_END), R(RCC_GATEWAY), 5060, TCP, DPI("TLS"), FACTS(hello)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, NULL, 1},
	    {"TLS to a PBX, by the fact", ASK(R(DIRECTOR), R(RCC_GATEWAY), 5060, TCP, FACTS(hello)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, NULL, 1},
	    {"TLS on the trunk", ASK(R(PSTN_GATEWAY), R(MEDIATION), 5068, TCP, DPI("TLS")), AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, NULL, 1},
	    {"TLS to the gateway", ASK(R(FRONT_END) | R(MEDIATION), R(PSTN_GATEWAY), 5081, TCP, DPI("TLS")),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, NULL, 2},
	    {"but not SSH", ASK(R(PSTN_GATEWAY), R(MEDIATION), 5068, TCP, DPI("SSH")), AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_STRONG, NULL, 1},
	    {"nor TLS where HTTP is printed", ASK(R(CLIENT), R(FRONT_END), 80, TCP, DPI("TLS")), AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_STRONG, NULL, 1},
	    {"OPTIONS that nDPI calls HTTP", ASK(R(PSTN_GATEWAY), R(MEDIATION), 5068, TCP, DPI("HTTP"), FACTS(AUD_FACT_SIP_CLEAR)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_CERTAIN, "gateway-tcp", 1},
	    {"and on a port of HTTP", ASK(R(CLIENT), R(FRONT_END), 80, TCP, DPI("HTTP"), FACTS(AUD_FACT_SIP_CLEAR)),
		AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_CERTAIN, "web-http", 1},
	    {"TLS or MTLS, no certificate", ASK(R(CLIENT), R(PERSISTENT_CHAT), 881, TCP, DPI("TLS"), FACTS(hello | AUD_FACT_CLIENT_NOCERT)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_CERTAIN, "persistent-chat-wcf", 1},
	    {"MTLS of all clients", ASK(R(FRONT_END), R(PERSISTENT_CHAT), 5041, TCP, DPI("TLS"), FACTS(hello | AUD_FACT_CLIENT_NOCERT)),
		AUD_DOCUMENTED, AUD_STEP_SECURITY, AUD_CERTAIN, "persistent-chat-sip", 1},
	    {"Skype's name alone tells no protocol", ASK(R(CLIENT), R(FRONT_END), 5061, TCP, DPI("Skype_Teams")),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_PORT_ONLY, "sip-front-end", 2},
	    {"a sub-protocol of TLS", ASK(R(CLIENT), R(FRONT_END), 5061, TCP, DPI("TLS.Azure")),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "sip-front-end", 2},
	    {"a name that only begins so", ASK(R(CLIENT), R(FRONT_END), 80, TCP, DPI("HTTP_Proxy")),
		AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_STRONG, "web-http", 1},
	    {"the pseudo handshake of MS-TURN is no TLS", ASK(R(CLIENT), R(FRONT_END), 443, TCP, OWN("PseudoTLS")),
		AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_CERTAIN, NULL, 2},
	};

	(void)state;
	CHECK(open_matcher, rows);
}

static void
test_two_rows(void **state)
{
	const uint16_t hello = AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER;
	const struct row rows[] = {
	    {"5070 mutual", ASK(R(FRONT_END), R(MEDIATION), 5070, TCP, DPI("TLS"), FACTS(hello | AUD_FACT_CLIENT_CERT)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_CERTAIN, "mediation-mtls", 2},
	    {"5070 TLS only", ASK(R(FRONT_END), R(MEDIATION), 5070, TCP, DPI("TLS"), FACTS(hello | AUD_FACT_CLIENT_NOCERT)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_CERTAIN, "mediation-tcp", 1},
	    {"5070 clear", ASK(R(FRONT_END), R(MEDIATION), 5070, TCP, OWN("SIP"), FACTS(AUD_FACT_SIP_CLEAR)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_CERTAIN, "mediation-tcp", 1},
	    {"5070 on a host with both roles", ASK(R(FRONT_END), R(FRONT_END) | R(MEDIATION), 5070, TCP, OWN("SIP"), FACTS(AUD_FACT_SIP_CLEAR)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_CERTAIN, "mediation-collocated", 2},
	    {"444 clear from a branch", ASK(R(SBA), R(FRONT_END), 444, TCP, DPI("HTTP"), FACTS(AUD_FACT_HTTP_CLEAR)),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_CERTAIN, "survivable-branch", 1},
	    {"444 clear from a director", ASK(R(DIRECTOR), R(FRONT_END), 444, TCP, DPI("HTTP"), FACTS(AUD_FACT_HTTP_CLEAR)),
		AUD_DOCUMENTED, AUD_STEP_SECURITY, AUD_CERTAIN, NULL, 2},
	    {"444 TLS from a branch: both uses", ASK(R(SBA), R(FRONT_END), 444, TCP, DPI("TLS")),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "conference-focus", 2},
	    {"443: both rows", ASK(R(CLIENT), R(FRONT_END), 443, TCP, DPI("TLS")), AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, NULL, 2},
	    {"445 to a server", ASK(R(CMS), R(MEDIATION), 445, TCP, DPI("NetBIOS.SMBv1")), AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "cms-replication", 1},
	    {"445 of a client", ASK(R(CLIENT), R(FRONT_END) | R(CMS), 445, TCP, DPI("NetBIOS.SMBv23")), AUD_PAIR_KNOWN, AUD_STEP_PORT, AUD_STRONG, NULL, 0},
	    {"445 to a client", ASK(R(FRONT_END) | R(CMS), R(CLIENT), 445, TCP, DPI("NetBIOS.SMBv23")), AUD_PAIR_KNOWN, AUD_STEP_PORT, AUD_STRONG, NULL, 0},
	    {"445 between others", ASK(R(FRONT_END), R(MEDIATION), 445, TCP, DPI("NetBIOS.SMBv23")), AUD_PAIR_KNOWN, AUD_STEP_PORT, AUD_STRONG, NULL, 0},
	    {"445 from the port 445", ASK(R(CMS), R(MEDIATION), 50000, TCP, .client_port_lo = 445, .client_port_hi = 445, DPI("NetBIOS.SMBv23")),
		AUD_PAIR_KNOWN, AUD_STEP_PORT, AUD_STRONG, NULL, 0},
	    {"5081 as the caller's own port", ASK(R(FRONT_END) | R(MEDIATION), R(PSTN_GATEWAY), 5060, TCP, .client_port_lo = 5081, .client_port_hi = 5081, OWN("SIP")),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "to-gateway-tcp-collocated", 2},
	    {"5081 among other ports of the caller", ASK(R(MEDIATION), R(PSTN_GATEWAY), 5060, TCP, .client_port_lo = 5081, .client_port_hi = 50000, OWN("SIP")),
		AUD_PAIR_KNOWN, AUD_STEP_PORT, AUD_STRONG, NULL, 0},
	    {"5082 of a stand-alone Mediation Server", ASK(R(MEDIATION), R(PSTN_GATEWAY), 5082, TCP, DPI("TLS")),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "to-gateway-tls", 1},
	    {"5066 as the caller's own port", ASK(R(FRONT_END), R(E911_GATEWAY), 5090, TCP, .client_port_lo = 5066, .client_port_hi = 5066, OWN("SIP")),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "e911", 1},
	    {"5067 of a front end without mediation", ASK(R(PSTN_GATEWAY), R(FRONT_END), 5067, TCP, DPI("TLS")), AUD_PAIR_KNOWN, AUD_STEP_PORT, AUD_STRONG, NULL, 0},
	};
	struct aud_verdict v;

	(void)state;
	CHECK(open_matcher, rows);
	aud_match(open_matcher, &rows[0].q, &v);
	assert_false(v.weaker);
	for (size_t i = 1; i <= 4; i++) {
		aud_match(open_matcher, &rows[i].q, &v);
		assert_true(v.weaker);
		assert_string_equal(matrix->rules[v.sibling].id, i == 4 ? "conference-focus" : "mediation-mtls");
	}
}

static void
test_media(void **state)
{
	const aud_roles fe = R(FRONT_END), client = R(CLIENT);
	const struct row rows[] = {
	    {"nothing recognised", ASK(client, fe, 50000, UDP, .client_port_lo = 20000, .client_port_hi = 20000),
		AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_INDETERMINATE, "media-audio", 1},
	    {"the set of rows", ASK(client, fe, 50000, TCP), AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_INDETERMINATE, "media-audio", 2},
	    {"a fact is enough", ASK(client, fe, 50000, UDP, FACTS(AUD_FACT_MEDIA)), AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "media-audio", 1},
	    {"framed over TCP", ASK(client, fe, 50000, TCP, OWN("FramedMedia")), AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "media-audio", 2},
	    {"57500 is audio", ASK(client, fe, 57500, UDP, DPI("RTP")), AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "media-audio", 1},
	    {"57501 is video", ASK(client, fe, 57501, UDP, DPI("RTP")), AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "media-video", 1},
	    {"video at a Mediation Server", ASK(client, R(MEDIATION), 57501, UDP, DPI("RTP")), AUD_PAIR_KNOWN, AUD_STEP_PORT, AUD_STRONG, NULL, 0},
	    {"49151", ASK(client, fe, 49151, UDP, DPI("RTP")), AUD_PAIR_KNOWN, AUD_STEP_PORT, AUD_STRONG, NULL, 0},
	    {"Skype's name over UDP", ASK(client, fe, 50000, UDP, DPI("Skype_Teams")), AUD_DOCUMENTED, AUD_STEP_NONE, AUD_PROBABLE, "media-audio", 1},
	    {"Skype's name over TCP", ASK(client, fe, 50000, TCP, DPI("Skype_Teams")), AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_INDETERMINATE, NULL, 2},
	    {"TLS tells neither way", ASK(client, fe, 50000, TCP, DPI("TLS")), AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_INDETERMINATE, NULL, 2},
	    {"BitTorrent", ASK(client, fe, 50000, UDP, DPI("BitTorrent")), AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_STRONG, "media-audio", 1},
	    {"STUN named after another service", ASK(client, fe, 50000, UDP, DPI("STUN.WhatsAppCall")), AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "media-audio", 1},
	    {"the server sends first", ASK(fe, client, 20000, UDP, .client_port_lo = 50000, .client_port_hi = 50010, DPI("RTP")),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "media-audio", 3},
	    {"the client's range does not excuse the server's", ASK(fe, client, 20000, UDP, .client_port_lo = 40000, .client_port_hi = 40000, DPI("RTP")),
		AUD_PAIR_KNOWN, AUD_STEP_PORT, AUD_STRONG, NULL, 0},
	    {"of an Edge no range is printed", ASK(client, R(EDGE_AV_INTERNAL), 3000, UDP, .client_port_lo = 20000, .client_port_hi = 20000, DPI("RTP")),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "client-audio", 2},
	    {"another application in nearly all ports there are", ASK(client, client, 3389, TCP, DPI("RDP")), AUD_PAIR_KNOWN, AUD_STEP_PORT, AUD_STRONG, NULL, 0},
	    {"an ephemeral port of the server is no media", ASK(fe, client, 445, TCP, .client_port_lo = 50000, .client_port_hi = 50000, DPI("NetBIOS.SMBv23")),
		AUD_PAIR_KNOWN, AUD_STEP_PORT, AUD_STRONG, NULL, 0},
	    {"nor when nothing is recognised", ASK(fe, client, 8888, TCP, .client_port_lo = 50000, .client_port_hi = 50000),
		AUD_PAIR_KNOWN, AUD_STEP_PORT, AUD_PORT_ONLY, NULL, 0},
	    {"between servers, unknown", ASK(R(DIRECTOR), fe, 50000, TCP), AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_INDETERMINATE, "dcom-dynamic", 1},
	    {"RPC between servers", ASK(R(DIRECTOR), fe, 50000, TCP, DPI("DCE_RPC")), AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "dcom-dynamic", 1},
	    {"RPC between front ends", ASK(fe, fe, 50000, TCP, DPI("DCE_RPC")), AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "dcom-dynamic", 1},
	    {"RPC of a client", ASK(client, fe, 50000, TCP, DPI("DCE_RPC")), AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_STRONG, "media-audio", 2},
	    {"SSH there is not RPC's business", ASK(R(ADMIN), fe, 50000, TCP, DPI("SSH")), AUD_PAIR_KNOWN, AUD_STEP_PORT, AUD_STRONG, NULL, 0},
	    {"RPC guessed by port", ASK(R(DIRECTOR), fe, 50000, TCP, .app = "DCE_RPC", .app_by = AUD_BY_PORT),
		AUD_PAIR_KNOWN, AUD_STEP_APP, AUD_INDETERMINATE, "dcom-dynamic", 1},
	};

	(void)state;
	CHECK(open_matcher, rows);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strncmp(rows[i].name, "RPC between", 11)) {
			struct aud_verdict v;

			aud_match(open_matcher, &rows[i].q, &v);
			assert_true(matrix->rules[v.rules[0]].implied);
			assert_true(cites(&v, 5));
		}
}

static void
test_uncertain_direction(void **state)
{
	const struct row rows[] = {
	    {"SYN", ASK(R(DNS_SERVER), R(FRONT_END), 9000, TCP, .direction = AUD_DIR_SYN), AUD_PAIR_UNKNOWN, AUD_STEP_PAIR, AUD_PORT_ONLY, NULL, 0},
	    {"first packet", ASK(R(DNS_SERVER), R(FRONT_END), 9000, TCP, .direction = AUD_DIR_FIRST), AUD_PAIR_UNKNOWN, AUD_STEP_PAIR, AUD_INDETERMINATE, NULL, 0},
	    {"dissector", ASK(R(FRONT_END), R(CLIENT), 5061, TCP, .direction = AUD_DIR_DISSECTOR, DPI("TLS")),
		AUD_PAIR_KNOWN, AUD_STEP_DIRECTION, AUD_STRONG, "sip-front-end", 2},
	};

	(void)state;
	CHECK(open_matcher, rows);
}

static struct aud_matcher *
matcher_for(const struct aud_site *site)
{
	struct aud_matcher *m;
	struct aud_err err = {0};

	if (aud_matcher_new(&m, matrix, site, &err))
		fail_msg("%s", err.msg);
	return m;
}

static void
test_conditions(void **state)
{
	struct aud_site site = {.path = "site.yaml", .product = AUD_PRODUCT_SFB_2015};
	const struct aud_query dial_in = ASK(R(FRONT_END), R(FRONT_END), 5064, TCP, DPI("TLS"));
	const struct aud_query legacy = ASK(R(CLIENT_LEGACY), R(FRONT_END), 8058, TCP, DPI("TLS"));
	struct aud_matcher *m;
	struct aud_verdict v;

	(void)state;
	m = matcher_for(&site);
	aud_match(m, &dial_in, &v);
	assert_int_equal(v.answer, AUD_DOCUMENTED);
	assert_true(v.condition_open);
	aud_matcher_free(m);

	site.features[AUD_FEATURE_DIAL_IN] = AUD_YES;
	m = matcher_for(&site);
	aud_match(m, &dial_in, &v);
	assert_int_equal(v.answer, AUD_DOCUMENTED);
	assert_false(v.condition_open);
	assert_true(aud_matcher_serves(m, R(FRONT_END), 5064, TCP));
	aud_matcher_free(m);

	site.features[AUD_FEATURE_DIAL_IN] = AUD_NO;
	site.features[AUD_FEATURE_LIVE_MEETING] = AUD_NO;
	m = matcher_for(&site);
	aud_match(m, &dial_in, &v);
	assert_int_equal(v.answer, AUD_PAIR_KNOWN);
	assert_int_equal(v.failed, AUD_STEP_CONDITION);
	assert_string_equal(best(&v), "conferencing-attendant");
	assert_false(aud_matcher_serves(m, R(FRONT_END), 5064, TCP));
	/* live-meeting or legacy-clients: one "no" leaves it open. */
	aud_match(m, &legacy, &v);
	assert_int_equal(v.answer, AUD_DOCUMENTED);
	assert_true(v.condition_open);
	aud_matcher_free(m);

	site.features[AUD_FEATURE_LEGACY_CLIENTS] = AUD_NO;
	m = matcher_for(&site);
	aud_match(m, &legacy, &v);
	assert_int_equal(v.failed, AUD_STEP_CONDITION);
	aud_matcher_free(m);
}

static const struct aud_rule *
rule(const char *id)
{
	for (size_t i = 0; i < matrix->nrules; i++)
		if (!strcmp(matrix->rules[i].id, id))
			return &matrix->rules[i];
	fail_msg("no rule %s", id);
	return NULL;
}

static bool
applies(const char *document, const struct aud_site *site)
{
	for (unsigned i = 0; i < matrix->ndocuments; i++)
		if (!strcmp(matrix->documents[i].id, document))
			return aud_document_applies(matrix, i, site);
	fail_msg("no document %s", document);
	return false;
}

static void
test_applies(void **state)
{
	struct aud_host both = {.roles = R(FRONT_END) | R(MEDIATION)};
	struct aud_host apart[] = {{.roles = R(FRONT_END)}, {.roles = R(MEDIATION), .lo = {{10, 1}, 4}, .hi = {{10, 1}, 4}}};
	/* One address, whose roles are bound to ports. */
	struct aud_host twins[] = {{.roles = R(FRONT_END)}, {.roles = R(CLIENT)}, {.roles = R(MEDIATION)}};
	struct aud_site site = {.path = "site.yaml"};
	const char *listed[] = {"sfb-2015-servers-es"};

	(void)state;
	assert_int_equal(aud_rule_applies(matrix, rule("sip-front-end"), NULL), AUD_YES);
	assert_int_equal(aud_rule_applies(matrix, rule("call-park"), NULL), AUD_UNKNOWN);
	assert_int_equal(aud_rule_applies(matrix, rule("gateway-tls-collocated"), &site), AUD_UNKNOWN);
	site.hosts = apart;
	site.nhosts = 1;
	assert_int_equal(aud_rule_applies(matrix, rule("gateway-tls-collocated"), &site), AUD_UNKNOWN);
	site.nhosts = 2;
	assert_int_equal(aud_rule_applies(matrix, rule("gateway-tls-collocated"), &site), AUD_NO);
	site.hosts = twins;
	site.nhosts = 3;
	assert_int_equal(aud_rule_applies(matrix, rule("gateway-tls-collocated"), &site), AUD_YES);
	site.hosts = &both;
	site.nhosts = 1;
	assert_int_equal(aud_rule_applies(matrix, rule("gateway-tls-collocated"), &site), AUD_YES);
	/* Row 40 prints no protocol; row 13 no condition, which is only the reverse proxy's. */
	assert_true(rule("office-web-apps")->inferred);
	assert_false(rule("web-https")->inferred);
	site.features[AUD_FEATURE_EXTERNAL_ACCESS] = AUD_NO;
	assert_int_equal(aud_rule_applies(matrix, rule("web-external"), &site), AUD_NO);
	assert_int_equal(aud_rule_applies(matrix, rule("web-external-devices"), &site), AUD_YES);
	/* directors and remote-call-control */
	site.features[AUD_FEATURE_DIRECTORS] = AUD_YES;
	assert_int_equal(aud_rule_applies(matrix, rule("rcc-director"), &site), AUD_UNKNOWN);
	site.features[AUD_FEATURE_RCC] = AUD_NO;
	assert_int_equal(aud_rule_applies(matrix, rule("rcc-director"), &site), AUD_NO);
	site.features[AUD_FEATURE_RCC] = AUD_YES;
	assert_int_equal(aud_rule_applies(matrix, rule("rcc-director"), &site), AUD_YES);

	assert_true(applies("lync-2013-servers-es", &site) && applies("lync-2013-servers-pt", &site) && applies("sfb-2015-servers-es", &site));
	assert_false(applies("lync-2013-public-im-es", &site) || applies("lync-2013-reverse-proxy-es", &site));
	site.product = AUD_PRODUCT_SFB_2015;
	assert_true(applies("sfb-2015-servers-es", &site));
	assert_false(applies("lync-2013-servers-es", &site) || applies("lync-2013-servers-pt", &site));
	assert_int_equal(aud_rule_applies(matrix, rule("ipsec-exempt-clients"), &site), AUD_UNKNOWN);
	site.product = AUD_PRODUCT_LYNC_2013;
	assert_true(applies("lync-2013-servers-es", &site) && applies("lync-2013-servers-pt", &site));
	assert_false(applies("sfb-2015-servers-es", &site));
	/* Printed in all editions, and in that of 2015 alone. */
	assert_int_equal(aud_rule_applies(matrix, rule("sip-front-end"), &site), AUD_YES);
	assert_int_equal(aud_rule_applies(matrix, rule("ipsec-exempt-clients"), &site), AUD_NO);
	site.documents = listed;
	site.ndocuments = 1;
	assert_true(applies("sfb-2015-servers-es", &site));
	/* Those that have to be listed count for any product then. */
	assert_int_equal(aud_rule_applies(matrix, rule("public-im-in"), &site), AUD_NO);
	listed[0] = "lync-2013-public-im-es";
	site.product = AUD_PRODUCT_SFB_2015;
	assert_int_equal(aud_rule_applies(matrix, rule("public-im-in"), &site), AUD_UNKNOWN);
}

static void
test_narrowed_media(void **state)
{
	struct aud_site site = {.path = "site.yaml", .media = {.audio = {49152, 50000}, .video = {60000, 65535}, .client = {50000, 50059}}};
	const struct row rows[] = {
	    {"in the site's range", ASK(R(CLIENT), R(FRONT_END), 50000, UDP, DPI("RTP")), AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "media-audio", 1},
	    {"in the printed one only", ASK(R(CLIENT), R(FRONT_END), 50001, UDP, DPI("RTP")), AUD_PAIR_KNOWN, AUD_STEP_PORT, AUD_STRONG, NULL, 0},
	    {"video", ASK(R(CLIENT), R(FRONT_END), 60000, UDP, DPI("RTP")), AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "media-video", 1},
	    {"below the site's video", ASK(R(CLIENT), R(FRONT_END), 59999, UDP, DPI("RTP")), AUD_PAIR_KNOWN, AUD_STEP_PORT, AUD_STRONG, NULL, 0},
	    {"the server's row before the client's", ASK(R(CLIENT), R(FRONT_END), 50000, UDP, .client_port_lo = 50000, .client_port_hi = 50000, DPI("RTP")),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "media-audio", 3},
	    {"a port that the site does not give to clients", ASK(R(CLIENT), R(FRONT_END), 50000, UDP, .client_port_lo = 40000, .client_port_hi = 40000, DPI("RTP")),
		AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "media-audio", 1},
	    {"sharing is not narrowed", ASK(R(CLIENT), R(FRONT_END), 59999, TCP, OWN("FramedMedia")), AUD_DOCUMENTED, AUD_STEP_NONE, AUD_STRONG, "media-sharing", 1},
	};
	struct aud_matcher *m = matcher_for(&site);

	(void)state;
	CHECK(m, rows);
	aud_matcher_free(m);
}

static void
test_serves(void **state)
{
	static const struct {
		aud_roles roles;
		uint16_t port;
		uint8_t proto;
		bool serves;
	} rows[] = {
	    {0, 5061, TCP, true},
	    {R(FRONT_END), 5061, TCP, true},
	    {R(DIRECTOR), 5061, TCP, true},
	    {R(MONITORING), 5061, TCP, true},	/* either way */
	    {R(CLIENT), 5061, TCP, false},
	    {R(EDGE_INTERNAL), 5061, TCP, false},
	    {R(FRONT_END), 5061, UDP, false},
	    {R(FRONT_END), 5061, SCTP, false},
	    {R(FRONT_END), 5062, TCP, true},
	    {R(MEDIATION), 5062, TCP, false},
	    {R(FRONT_END), 5067, TCP, false},
	    {R(FRONT_END) | R(MEDIATION), 5067, TCP, true},
	    {R(MEDIATION), 5067, TCP, true},
	    {R(MEDIATION), 1434, UDP, true},
	    {0, 1434, TCP, false},
	    {R(CMS), 445, TCP, true},
	    {R(CLIENT), 445, TCP, false},
	    {R(PSTN_GATEWAY), 5081, TCP, true},
	    {0, 50000, UDP, false},	/* a media range tells no direction */
	    {R(FRONT_END), 50000, TCP, false},
	    {0, 0, TCP, false},
	    {0, 65535, TCP, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (aud_matcher_serves(open_matcher, rows[i].roles, rows[i].port, rows[i].proto) != rows[i].serves)
			fail_msg("row %zu: %u/%u", i, rows[i].port, rows[i].proto);
}

static int
load(void **state)
{
	struct aud_err err = {0};

	(void)state;
	if (!aud_matrix_load(&matrix, NULL, NULL, &err) && !aud_matcher_new(&open_matcher, matrix, NULL, &err))
		return 0;
	fprintf(stderr, "%s\n", err.msg);
	return -1;
}

static int
unload(void **state)
{
	(void)state;
	aud_matcher_free(open_matcher);
	aud_matrix_free(matrix);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_printed),
	    cmocka_unit_test(test_every_row_has_a_flow),
	    cmocka_unit_test(test_wrong_port),
	    cmocka_unit_test(test_wrong_transport),
	    cmocka_unit_test(test_wrong_roles),
	    cmocka_unit_test(test_wrong_application),
	    cmocka_unit_test(test_direction),
	    cmocka_unit_test(test_swapped),
	    cmocka_unit_test(test_security),
	    cmocka_unit_test(test_two_rows),
	    cmocka_unit_test(test_media),
	    cmocka_unit_test(test_uncertain_direction),
	    cmocka_unit_test(test_conditions),
	    cmocka_unit_test(test_applies),
	    cmocka_unit_test(test_narrowed_media),
	    cmocka_unit_test(test_serves),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
