#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge_world.h"

/* Hosts of the site: 10.1.0.11 and .12 front ends, .21 mediation, .31 domain controller, .32 SQL, 10.2.0.0/16 clients.
 */
static struct aud_host hosts[] = {
    {.name = "fe01", .roles = R(FRONT_END)},
    {.name = "fe02", .roles = R(FRONT_END)},
    {.name = "med01", .roles = R(MEDIATION)},
    {.name = "dc01", .roles = R(DOMAIN_CONTROLLER)},
    {.name = "sql01", .roles = R(SQL_SERVER)},
    {.name = "pc01", .roles = R(PERSISTENT_CHAT)},
    {.name = "as01", .roles = R(APPLICATION_SHARING)},
    {.name = NULL, .roles = R(CLIENT)},
};
static const char *const addresses[] = {"10.1.0.11", "10.1.0.12", "10.1.0.21", "10.1.0.31", "10.1.0.32", "10.1.0.41", "10.1.0.51"};

static const struct aud_document documents[] = {
    {.id = "made-up-2015", .product = AUD_PRODUCT_SFB_2015},
    {.id = "made-up-2013", .product = AUD_PRODUCT_LYNC_2013},
};

#define CITE(rule) (const unsigned[]){rule}, 1, ""
static const struct aud_row rows[NROWS] = {
    [ROW_T1_3] = {0, "T1", 3, "Servidores front-end", "Skype para servicio Business Server front-end", "5061",
	"TCP (TLS)", AUD_ROW_RULE, CITE(RULE_5061)},
    [ROW_T1_6] = {0, "T1", 6, "Servidores front-end", "IM Conferencing", "5062", "TCP", AUD_ROW_RULE, CITE(RULE_5062)},
    [ROW_T1_12] = {0, "T1", 12, "Servidores front-end", "Web", "443", "HTTPS", AUD_ROW_RULE, CITE(RULE_443)},
    [ROW_T1_37] = {0, "T1", 37, "CMS", "Replicator", "445", "TCP", AUD_ROW_RULE, CITE(RULE_445)},
    [ROW_T1_10] = {0, "T1", 10, "Servidores front-end", "A/V", "57501-65535", "TCP/UDP", AUD_ROW_RULE,
	CITE(RULE_MEDIA)},
    [ROW_T1_24] = {0, "T1", 24, "Servidores front-end", "Mediation", "5068", "TCP", AUD_ROW_RULE, CITE(RULE_5068)},
    [ROW_T1_5] = {0, "T1", 5, "Servidores front-end", "Front-end", "135", "DCOM y RPC", AUD_ROW_RULE,
	(const unsigned[]){RULE_RPC_DYNAMIC, RULE_135}, 2, ""},
    [ROW_T1_21] = {0, "T1", 21, "Servidores front-end", "Conferencing Attendant", "5072", "TCP", AUD_ROW_RULE,
	CITE(RULE_DIALIN)},
    [ROW_T1_50] = {0, "T1", 50, "Chat persistente", "SIP", "5041", "TCP (MTLS)", AUD_ROW_RULE, CITE(RULE_5041)},
    [ROW_T1_46] = {0, "T1", 46, "Servidores de mediación", "Mediation", "5070", "TCP", AUD_ROW_RULE,
	CITE(RULE_5070_TCP)},
    [ROW_T1_49] = {0, "T1", 49, "Servidores de mediación", "Mediation", "5070", "TCP (MTLS)", AUD_ROW_RULE,
	CITE(RULE_5070_MTLS)},
    [ROW_PIC] = {0, "T9", 1, "", "", "5999", "TCP", AUD_ROW_RULE, CITE(RULE_PIC)},
    [ROW_T5_5] = {0, "T5", 5, "Servidor front-end", "", "", "", AUD_ROW_RULE, CITE(RULE_IPSEC)},
    [ROW_T1_28] = {0, "T1", 28, "Servidores front-end", "Sharing", "49152-65535", "TCP", AUD_ROW_RULE,
	CITE(RULE_SHARING)},
    [ROW_P1] = {0, "P", 1, "", "IPsec", "", "", AUD_ROW_STATEMENT, NULL, 0, ""},
    [ROW_LYNC_T1_3] = {1, "T1", 3, "Servidores front-end", "Front-end", "5061", "TCP (TLS)", AUD_ROW_RULE,
	CITE(RULE_5061)},
    [ROW_T1_40] = {0, "T1", 40, "Servidores de Office Web Apps", "", "443", "", AUD_ROW_RULE, CITE(RULE_OWA)},
    [ROW_T5_12] = {0, "T5", 12, "Servidores de aplicaciones compartidas", "", "", "", AUD_ROW_RULE, CITE(RULE_IPSEC_SHARING)},
    [ROW_T5_15] = {0, "T5", 15, "Clientes", "", "", "", AUD_ROW_RULE, CITE(RULE_IPSEC_CLIENTS)},
    [ROW_T4_8] = {0, "T4", 8, "Clientes", "", "1024-65535*", "TCP/UDP", AUD_ROW_RULE, CITE(RULE_CLIENT_MEDIA)},
    [ROW_LYNC_T3_6] = {1, "T3", 6, "", "", "", "", AUD_ROW_BLANK, NULL, 0, ""},
};

static const char *tls[] = {"TLS"}, *tls_sip[] = {"TLS", "SIP"}, *sip[] = {"SIP"}, *smb[] = {"NetBIOS.SMBv23"},
		  *media[] = {"STUN", "RTP"}, *rpc[] = {"DCE_RPC"};
#define ONE(p) .protos = {TCP}, .nprotos = 1, .ports = {{p, p}}, .nports = 1
#define APPS(a) .apps = a, .napps = sizeof a / sizeof *a
static const struct aud_rule rules[NRULES] = {
    [RULE_5061] = {.id = "fe-5061",
	.clients = R(CLIENT) | R(FRONT_END) | R(MEDIATION),
	.servers = R(FRONT_END),
	ONE(5061),
	APPS(tls),
	.mtls_clients = R(FRONT_END) | R(MEDIATION),
	.security = AUD_SEC_MTLS,
	.absence = AUD_ABSENCE_STRONG,
	.condition = "",
	.citations = (const unsigned[]){ROW_LYNC_T1_3, ROW_T1_3},
	.ncitations = 2},
    [RULE_5062] = {.id = "fe-5062",
	.clients = R(FRONT_END),
	.servers = R(FRONT_END),
	ONE(5062),
	APPS(tls_sip),
	.security = AUD_SEC_UNSTATED,
	.absence = AUD_ABSENCE_ON_DEMAND,
	.condition = "",
	.citations = (const unsigned[]){ROW_T1_6},
	.ncitations = 1},
    [RULE_443] = {.id = "fe-443",
	.clients = R(CLIENT) | R(FRONT_END),
	.servers = R(FRONT_END),
	ONE(443),
	APPS(tls),
	.security = AUD_SEC_TLS,
	.absence = AUD_ABSENCE_STRONG,
	.condition = "",
	.citations = (const unsigned[]){ROW_T1_12},
	.ncitations = 1},
    [RULE_445] = {.id = "cms-445",
	.clients = R(FRONT_END),
	.servers = R(FRONT_END) | R(MEDIATION),
	ONE(445),
	APPS(smb),
	.security = AUD_SEC_NONE,
	.absence = AUD_ABSENCE_PERIODIC,
	.condition = "",
	.citations = (const unsigned[]){ROW_T1_37},
	.ncitations = 1},
    [RULE_MEDIA] = {.id = "fe-video",
	.clients = R(CLIENT) | R(FRONT_END) | R(MEDIATION),
	.servers = R(FRONT_END),
	.protos = {TCP, UDP},
	.nprotos = 2,
	.ports = {{57501, 65535}},
	.nports = 1,
	APPS(media),
	.media = true,
	.absence = AUD_ABSENCE_ON_DEMAND,
	.condition = "",
	.citations = (const unsigned[]){ROW_T1_10},
	.ncitations = 1},
    [RULE_5068] = {.id = "med-5068",
	.clients = R(MEDIATION),
	.servers = R(FRONT_END),
	ONE(5068),
	APPS(sip),
	.security = AUD_SEC_NONE,
	.absence = AUD_ABSENCE_NONE,
	.condition = "",
	.citations = (const unsigned[]){ROW_T1_24},
	.ncitations = 1},
    [RULE_135] = {.id = "fe-135",
	.clients = R(FRONT_END),
	.servers = R(FRONT_END),
	ONE(135),
	APPS(rpc),
	.security = AUD_SEC_UNSTATED,
	.absence = AUD_ABSENCE_ON_DEMAND,
	.condition = "",
	.citations = (const unsigned[]){ROW_T1_5},
	.ncitations = 1},
    [RULE_DIALIN] = {.id = "fe-5072",
	.clients = R(FRONT_END),
	.servers = R(FRONT_END),
	ONE(5072),
	APPS(tls_sip),
	.security = AUD_SEC_UNSTATED,
	.absence = AUD_ABSENCE_STRONG,
	.condition = "feature:dial-in",
	.citations = (const unsigned[]){ROW_T1_21},
	.ncitations = 1},
    [RULE_5041] = {.id = "pchat-5041",
	.clients = R(FRONT_END),
	.servers = R(DIRECTOR),
	ONE(5041),
	APPS(tls),
	.security = AUD_SEC_MTLS,
	.absence = AUD_ABSENCE_STRONG,
	.condition = "",
	.citations = (const unsigned[]){ROW_T1_50},
	.ncitations = 1},
    [RULE_5070_TCP] = {.id = "med-5070",
	.clients = R(FRONT_END),
	.servers = R(MEDIATION),
	ONE(5070),
	APPS(tls_sip),
	.security = AUD_SEC_UNSTATED,
	.absence = AUD_ABSENCE_ON_DEMAND,
	.condition = "",
	.citations = (const unsigned[]){ROW_T1_46},
	.ncitations = 1},
    [RULE_5070_MTLS] = {.id = "med-5070-mtls",
	.clients = R(FRONT_END),
	.servers = R(MEDIATION),
	ONE(5070),
	APPS(tls),
	.security = AUD_SEC_MTLS,
	.absence = AUD_ABSENCE_ON_DEMAND,
	.condition = "",
	.citations = (const unsigned[]){ROW_T1_49},
	.ncitations = 1},
    [RULE_PIC] = {.id = "pic",
	.clients = R(FRONT_END),
	.servers = R(MEDIATION),
	ONE(5999),
	.absence = AUD_ABSENCE_STRONG,
	.condition = "",
	.until = "2013-03-15",
	.citations = (const unsigned[]){ROW_PIC},
	.ncitations = 1},
    [RULE_RPC_DYNAMIC] = {.id = "fe-rpc",
	.clients = R(FRONT_END),
	.servers = R(FRONT_END),
	.protos = {TCP},
	.nprotos = 1,
	.ports = {{49152, 65535}},
	.nports = 1,
	APPS(rpc),
	.evidence = true,
	.implied = true,
	.absence = AUD_ABSENCE_NONE,
	.condition = "",
	.citations = (const unsigned[]){ROW_T1_5},
	.ncitations = 1},
    [RULE_SHARING] = {.id = "fe-sharing",
	.clients = R(CLIENT),
	.servers = R(FRONT_END),
	.protos = {TCP},
	.nprotos = 1,
	.ports = {{49152, 65535}},
	.nports = 1,
	APPS(media),
	.media = true,
	.absence = AUD_ABSENCE_ON_DEMAND,
	.condition = "",
	.citations = (const unsigned[]){ROW_T1_28},
	.ncitations = 1},
    [RULE_OWA] = {.id = "owa-443",
	.clients = R(FRONT_END),
	.servers = R(PERSISTENT_CHAT),
	ONE(443),
	APPS(tls),
	.security = AUD_SEC_TLS,
	.inferred = true,
	.absence = AUD_ABSENCE_NONE,
	.condition = "",
	.citations = (const unsigned[]){ROW_T1_40},
	.ncitations = 1},
    [RULE_IPSEC] = {.id = "ipsec-fe",
	.clients = AUD_ROLES_ANY,
	.servers = R(FRONT_END),
	.protos = {TCP, UDP},
	.nprotos = 2,
	.exempt = true,
	.absence = AUD_ABSENCE_NONE,
	.condition = "",
	.citations = (const unsigned[]){ROW_T5_5},
	.ncitations = 1},
    [RULE_IPSEC_SHARING] = {.id = "ipsec-sharing",
	.clients = R(APPLICATION_SHARING),
	.servers = AUD_ROLES_ANY,
	.protos = {TCP},
	.nprotos = 1,
	.exempt = true,
	.absence = AUD_ABSENCE_NONE,
	.condition = "feature:ipsec",
	.citations = (const unsigned[]){ROW_T5_12},
	.ncitations = 1},
    [RULE_IPSEC_CLIENTS] = {.id = "ipsec-clients",
	.clients = AUD_ROLES_ANY,
	.servers = AUD_ROLES_ANY,
	.protos = {UDP},
	.nprotos = 1,
	.ports = {{1024, 65535}},
	.nports = 1,
	.port_side = AUD_PORT_CLIENT,
	.media = true,
	.media_range = AUD_MEDIA_CLIENT,
	.exempt = true,
	.absence = AUD_ABSENCE_NONE,
	.condition = "feature:ipsec",
	.citations = (const unsigned[]){ROW_T5_15, ROW_P1},
	.ncitations = 2},
    [RULE_CLIENT_MEDIA] = {.id = "client-media",
	.clients = R(CLIENT),
	.servers = R(CLIENT),
	.protos = {UDP},
	.nprotos = 1,
	.ports = {{1024, 65535}},
	.nports = 1,
	APPS(media),
	.media = true,
	.media_range = AUD_MEDIA_CLIENT,
	.absence = AUD_ABSENCE_ON_DEMAND,
	.condition = "",
	.citations = (const unsigned[]){ROW_T4_8},
	.ncitations = 1},
};

static struct aud_who
who(const struct aud_addr *a)
{
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		if (!aud_addr_cmp(a, &hosts[i].lo))
			return (struct aud_who){hosts[i].roles, &hosts[i], false};
	if (a->family == 4 && a->b[0] == 10 && a->b[1] == 2)
		return (struct aud_who){R(CLIENT), &hosts[7], true};
	return (struct aud_who){0};
}

/* What the judges ask of the stages before them. */
bool
aud_document_applies(const struct aud_matrix *m, unsigned document, const struct aud_site *s)
{
	return s && m->documents[document].product == s->product;
}

enum aud_tri
aud_rule_applies(const struct aud_matrix *m, const struct aud_rule *r, const struct aud_site *s)
{
	(void)m;
	return !strncmp(r->condition, "feature:", 8) ? s->features[aud_feature_by_name(r->condition + 8)] : AUD_YES;
}

struct aud_citation_text
aud_citation(const struct aud_matrix *m, unsigned row)
{
	struct aud_citation_text t;
	const struct aud_row *r = &m->rows[row];

	snprintf(t.s, sizeof t.s, "%s#%s.%u", m->documents[r->document].id, r->table, r->ordinal);
	return t;
}

/* The site's range of video, as far as the row goes. */
size_t
aud_rule_ports(const struct aud_rule *r, const struct aud_site *s, struct aud_range out[4])
{
	memcpy(out, r->ports, sizeof r->ports);
	if (r->media_range == AUD_MEDIA_CLIENT) {
		if (s && s->media.client.hi)
			out[0] = s->media.client;
	} else if (r->media && s && s->media.video.hi)
		out[0] = s->media.video;
	return r->nports;
}

/* Whatever the port. */
struct aud_who
aud_attrib_find(const struct aud_attrib *attrib, const struct aud_addr *a, uint16_t port, uint8_t proto)
{
	(void)attrib;
	assert_true(!port && !proto);
	return who(a);
}

bool
aud_matcher_serves(const struct aud_matcher *m, aud_roles roles, uint16_t port, uint8_t proto)
{
	(void)m;
	(void)roles;
	for (size_t i = 0; i < NRULES; i++)
		if (rules[i].nports && !rules[i].media && !rules[i].evidence && rules[i].protos[0] == proto && rules[i].ports[0].lo == port)
			return true;
	return false;
}

const char *
aud_step_name(enum aud_step s)
{
	static const char *const names[] = {"none", "roles", "pair", "direction", "transport", "port", "condition", "application", "security"};

	return names[s];
}

const char *
aud_direction_name(enum aud_direction d)
{
	static const char *const names[] = {"syn", "synack", "dissector", "role", "port", "first-packet"};

	return names[d];
}

const char *
aud_certainty_name(enum aud_certainty c)
{
	static const char *const names[] = {"certain", "strong", "probable", "port-only", "indeterminate"};

	return names[c];
}

void
world_init(struct world *w)
{
	memset(w, 0, sizeof *w);
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		assert_true(aud_addr_parse(addresses[i], &hosts[i].lo));
		hosts[i].hi = hosts[i].lo;
	}
	w->site = (struct aud_site){.path = "site.yaml",
	    .name = "Contoso",
	    .product = AUD_PRODUCT_SFB_2015,
	    .hosts = hosts,
	    .nhosts = sizeof hosts / sizeof *hosts};
	w->matrix = (struct aud_matrix){.documents = documents,
	    .ndocuments = 2,
	    .rows = rows,
	    .nrows = NROWS,
	    .rules = rules,
	    .nrules = NRULES,
	    .sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"};
	w->coverage = (struct aud_coverage){.frames = 1000,
	    .packets = 1000,
	    .bytes = 500000,
	    .first_ns = T0,
	    .last_ns = T0 + HOUR * SEC,
	    .covered_ns = HOUR * SEC,
	    .flows = 50,
	    .two_way = 50,
	    .tcp_data = 500,
	    .kernel_drops = UINT64_MAX};
	w->inputs[0].info = (struct aud_capture_info){.path = "day.pcap",
	    .format = "pcap",
	    .bytes = 600000,
	    .frames = 1000,
	    .first_ns = T0,
	    .last_ns = T0 + HOUR * SEC,
	    .kernel_drops = UINT64_MAX,
	    .interface_drops = UINT64_MAX,
	    .snaplen = 262144};
	w->trial = (struct aud_trial){.site = &w->site,
	    .matrix = &w->matrix,
	    .coverage = &w->coverage,
	    .inputs = w->inputs,
	    .ninputs = 1,
	    .decode = &w->decode,
	    .ipsec = &w->ipsec,
	    .cases = w->cases,
	    .today = "2024-03-01"};
}

void
world_end(struct world *w, uint64_t ns)
{
	w->coverage.last_ns = w->inputs[0].info.last_ns = ns;
	w->coverage.covered_ns = ns - T0;
}

struct aud_case *
world_case(struct world *w, const char *client, const char *server, unsigned port)
{
	size_t i = w->trial.ncases++;
	struct aud_case *c = &w->cases[i];
	struct aud_conv *v = c->conv = &w->convs[i];

	c->ruling = &w->rulings[i];
	assert_true(i < MAX_CASES && aud_addr_parse(client, &v->client) && aud_addr_parse(server, &v->server));
	v->port = (uint16_t)port;
	v->proto = TCP;
	v->flows = v->established = v->answered = 1;
	v->packets[0] = 6;
	v->packets[1] = 4;
	v->bytes[0] = 600;
	v->bytes[1] = 1400;
	v->with_data[0] = v->with_data[1] = 1;
	v->first_ns = T0 + 60 * SEC;
	v->last_ns = T0 + 62 * SEC;
	v->frames[0] = 10 + i;
	ruling_of(c)->app = "Unknown";
	ruling_of(c)->client = who(&v->client);
	ruling_of(c)->server = who(&v->server);
	c->in_scope = ruling_of(c)->client.roles || ruling_of(c)->server.roles;
	ruling_of(c)->verdict.answer = ruling_of(c)->client.roles && ruling_of(c)->server.roles ? AUD_PAIR_UNKNOWN : AUD_NO_ROLE;
	ruling_of(c)->verdict.failed = ruling_of(c)->client.roles && ruling_of(c)->server.roles ? AUD_STEP_PAIR : AUD_STEP_ROLES;
	return c;
}

void
case_app(struct aud_case *c, const char *name)
{
	ruling_of(c)->app = name;
	c->conv->app = (struct aud_app){.sub = 1, .by = AUD_BY_DPI};
	c->conv->app_frame = c->conv->frames[0] + 3;
}

void
case_documented(struct aud_case *c, enum world_rule rule, enum aud_certainty certainty)
{
	ruling_of(c)->verdict = (struct aud_verdict){
	    .answer = AUD_DOCUMENTED, .certainty = certainty, .rules = {rule}, .nrules = 1, .total = 1};
}

void
case_failed(struct aud_case *c, enum aud_step step, enum world_rule rule)
{
	ruling_of(c)->verdict = (struct aud_verdict){.answer = step == AUD_STEP_SECURITY ? AUD_DOCUMENTED : AUD_PAIR_KNOWN,
	    .failed = step,
	    .rules = {rule},
	    .nrules = 1,
	    .total = 1};
}

void
case_unanswered(struct aud_case *c)
{
	struct aud_conv *v = c->conv;

	v->established = v->answered = 0;
	v->with_data[0] = v->with_data[1] = 0;
	v->packets[1] = v->bytes[1] = 0;
	v->packets[0] = 3;
	v->bytes[0] = 156;
	v->unanswered = v->flows;
	c->attempt_only = true;
}

void
world_judge(struct world *w)
{
	struct aud_err err = {0};

	assert_int_equal(aud_judge(&w->trial, &err), AUD_OK);
}

void
world_clear(struct world *w)
{
	aud_trial_clear(&w->trial);
}
