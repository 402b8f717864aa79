/* A small matrix and an audit of it, made by hand: every field set, different from its neighbours. */
#ifndef STORE_MADE_H
#define STORE_MADE_H

#include <stdint.h>
#include <string.h>

#include <aud/store.h>

#define R(role) AUD_ROLE_BIT(AUD_ROLE_##role)
#define COUNT(a) (sizeof(a) / sizeof *(a))

static const unsigned made_row0[] = {0, 2}, made_row2[] = {2, 1}, made_rule0[] = {0}, made_rule1[] = {2}, made_rule2[] = {2, 0};
static const char *made_apps0[] = {"TLS", "SIP"}, *made_apps2[] = {"RTP"};

static const struct aud_document made_documents[] = {
    {"doc-a", "T\xc3\xadtulo", "edition a", "es", "2013-01-02", "source a", AUD_PRODUCT_LYNC_2013, false},
    {"doc-b", "title b", "", "pt", NULL, "source b", AUD_PRODUCT_UNKNOWN, true},
};

static const struct aud_row made_rows[] = {
    {0, "T1", 1, "role 1", "service 1", "5061", "TCP (TLS)", AUD_ROW_RULE, made_row0, COUNT(made_row0), ""},
    {0, "T1", 2, "", "", "", "", AUD_ROW_BLANK, NULL, 0, ""},
    {1, "T2", 1, "role 3", NULL, "49152-65535", "UDP", AUD_ROW_RULE, made_row2, COUNT(made_row2), ""},
    {1, "P", 7, "", "prose", "", "", AUD_ROW_STATEMENT, NULL, 0, "gloss \xe2\x80\xa6"},
};

static const struct aud_rule made_rules[] = {
    {
	.id = "rule-0", .subject = "server", .service = "Front-End service", .clients = R(CLIENT) | R(PHONE), .servers = R(FRONT_END),
	.clients_all = R(PHONE), .servers_all = R(FRONT_END) | R(MEDIATION), .mtls_clients = R(DIRECTOR), .either_way = true,
	.either = R(PHONE), .protos = {6, 17}, .nprotos = 2, .ports = {{5061, 5061}, {5060, 5062}, {1, 2}, {65535, 65535}}, .nports = 4,
	.port_side = AUD_PORT_EITHER, .apps = made_apps0, .napps = COUNT(made_apps0), .media = true, .media_range = AUD_MEDIA_VIDEO,
	.evidence = true, .announced = AUD_ANNOUNCED_SQL, .members = true, .pair = true, .implied = true, .inferred = true, .exempt = true, .security = AUD_SEC_TLS_OR_MTLS, .presence = AUD_PRESENCE_CONDITIONAL,
	.absence = AUD_ABSENCE_ON_DEMAND, .condition = "feature:dial-in", .gloss = "gloss \xe2\x80\xa6", .remark = "remark",
	.reason = "reason", .until = "2013-03-15", .exception = "but there", .citations = made_rule0, .ncitations = 1, .file = "rules/a.yaml", .line = 12,
	.column = 3,
    },
    {
	.id = "rule-1", .clients = AUD_ROLES_ANY, .servers = UINT64_C(1) << 63, .port_side = AUD_PORT_NONE, .condition = "", .exception = "",
	.citations = made_rule1, .ncitations = 1, .security = AUD_SEC_NONE, .absence = AUD_ABSENCE_NONE,
    },
    {
	.id = "own-1", .subject = "", .service = "own", .clients = AUD_ROLE_BIT(AUD_ROLE_BUILTIN), .servers = AUD_ROLE_BIT(62),
	.protos = {50, 51, 132, 255}, .nprotos = 4, .ports = {{0, 0}}, .nports = 1, .port_side = AUD_PORT_CLIENT, .apps = made_apps2,
	.napps = 1, .security = AUD_SEC_MTLS, .presence = AUD_PRESENCE_OPTIONAL, .absence = AUD_ABSENCE_PERIODIC, .condition = "x", .exception = "",
	.citations = made_rule2, .ncitations = 2, .site_own = true, .file = "site.yaml", .line = 400, .column = 5,
    },
};

static const struct aud_matrix made_matrix = {
    .documents = made_documents, .ndocuments = COUNT(made_documents), .rows = made_rows, .nrows = COUNT(made_rows),
    .rules = made_rules, .nrules = COUNT(made_rules), .sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
};

static const char *made_own_roles[] = {"sbc"}, *made_site_documents[] = {"doc-b"};
static struct aud_addr made_members[] = {{{10, 0, 0, 1}, 4}};
static struct aud_host made_hosts[] = {
    {.lo = {{10, 0, 0, 1}, 4}, .hi = {{10, 0, 0, 1}, 4}, .line = 8, .column = 5, .name = "fe01", .roles = R(FRONT_END)},
    {.lo = {{10, 2}, 4}, .hi = {{10, 2, 255, 255}, 4}, .line = 9, .column = 5, .roles = R(CLIENT) | AUD_ROLE_BIT(AUD_ROLE_BUILTIN)},
    {.lo = {{0x20, 1, 0xd, 0xb8, [15] = 1}, 6}, .hi = {{0x20, 1, 0xd, 0xb8, [15] = 1}, 6}, .line = 10, .column = 5, .name = "vip",
	.roles = R(LB_FRONT_END), .members = made_members, .nmembers = 1},
};

static struct aud_waiver made_waivers[] = {
    {.kind = "scan", .client_lo = {{10, 2}, 4}, .client_hi = {{10, 2, 0, 255}, 4}, .port = 443, .proto = 6, .app = "TLS",
	.reason = "scanner", .owner = "someone", .expires = "2027-01-31", .line = 20},
    {.finding = "abc", .port = -1, .proto = -1, .reason = "r", .owner = "o", .line = 21},
};

static struct aud_site made_site = {
    .path = "site.yaml", .name = "Contoso", .sha256 = "aa", .product = AUD_PRODUCT_SFB_2015, .documents = made_site_documents,
    .ndocuments = 1, .load_balancing = AUD_LB_HARDWARE, .media = {.audio = {49152, 57500}}, .hosts = made_hosts,
    .nhosts = COUNT(made_hosts), .own_roles = made_own_roles, .nown_roles = 1, .waivers = made_waivers,
    .nwaivers = COUNT(made_waivers),
};

static struct aud_input made_inputs[] = {
    {.info = {.path = "/mnt/store/a.pcap", .format = "pcap", .bytes = 1000, .size = 1001, .frames = 20, .filtered = 3, .first_ns = 1700000000000000000,
	 .last_ns = 1700000001000000000, .backward = 4, .no_ts = 5, .truncated = 6, .snaplen = 262144, .kernel_drops = UINT64_MAX,
	 .interface_drops = 7}, .sha256 = "ff"},
    {.info = {.path = "b.pcapng", .format = "pcapng", .compression = "gzip", .kernel_drops = 9, .interface_drops = UINT64_MAX, .broken = true,
	 .broken_at = 77, .broken_why = "cut off"}},
};

static const struct aud_ruling made_rulings[] = {
    {.app = "TLS", .client = {.roles = R(CLIENT), .host = &made_hosts[1], .group = true}, .server = {.roles = R(FRONT_END), .host = &made_hosts[0]},
	.verdict = {.answer = AUD_DOCUMENTED, .failed = AUD_STEP_SECURITY, .certainty = AUD_PROBABLE, .rules = {2, 0}, .nrules = 2,
	    .total = 2, .swapped = true, .condition_open = true}},
    {.client = {.roles = R(CLIENT), .host = &made_hosts[1]},
	.verdict = {.answer = AUD_NO_ROLE, .failed = AUD_STEP_ROLES, .certainty = AUD_INDETERMINATE, .rules = {1}, .nrules = 1, .total = 1}},
};

/* Numbers that differ, so that two columns exchanged are seen. */
static struct aud_case made_cases[] = {
    {.conv = &(struct aud_conv){.client = {{10, 2, 0, 5}, 4}, .server = {{10, 0, 0, 1}, 4}, .port = 5061, .proto = 6, .app = {91, 0, AUD_BY_DPI},
	 .flows = 101, .packets = {102, 103}, .bytes = {104, 105}, .first_ns = 1700000000000000001, .last_ns = 1700000000000000002,
	 .established = 106, .midstream = 107, .answered = 108, .unanswered = 109, .server_only = 110, .refused_rst = 111,
	 .refused_icmp = 112, .filtered_icmp = 113, .with_data = {114, 115}, .facts = AUD_FACT_TLS_HELLO | AUD_FACT_TLS_GAP, .truncated = 116,
	 .gaps = 117, .ah = 118, .duplicates = 119, .client_port_lo = 50001, .client_port_hi = 50002, .tls_min = 0x31, .tls_max = 0x33,
	 .direction = AUD_DIR_SYN, .frames = {11, 12}, .app_frame = UINT64_C(1) << 48 | 14},
	.ruling = &made_rulings[0], .in_scope = true},
    {.conv = &(struct aud_conv){.client = {{10, 2, 0, 5}, 4}, .server = {{10, 0, 0, 9}, 4}, .proto = 50, .direction = AUD_DIR_FIRST},
	.ruling = &made_rulings[1], .attempt_only = true, .noise = true},
};

static unsigned made_cited[] = {2, 0};
static struct aud_finding made_findings[] = {
    {.id = "f-1", .kind = AUD_KIND_CLEARTEXT, .severity = AUD_CRITICAL, .certainty = AUD_STRONG, .reason = (char[]){"expected, seen"}, .said = (char[]){"[\"expected, seen\"]"},
	.client = {{10, 2, 0, 5}, 4}, .server = {{10, 0, 0, 1}, 4}, .server_name = "fe01",
	.client_roles = R(CLIENT) | AUD_ROLE_BIT(AUD_ROLE_BUILTIN), .server_roles = R(FRONT_END) | R(MEDIATION), .port = 5061, .proto = 6,
	.app = "SIP", .rule = 2, .nearest = -1, .citations = made_cited, .ncitations = 2, .flows = 201, .packets = 202, .bytes = 203,
	.first_ns = 1700000000000000003, .last_ns = 1700000000000000004, .evidence = {15, UINT64_C(1) << 48 | 16}, .nevidence = 2,
	.waiver = 0, .waiver_expired = true},
    {.id = "f-2", .kind = AUD_KIND_CAPTURE_EMPTY, .severity = AUD_INFO, .certainty = AUD_CERTAIN, .reason = (char[]){"nothing"}, .port = -1,
	.rule = -1, .nearest = 1, .waiver = -1},
};

static struct aud_row_state made_states[] = {
    {.row = 0, .state = AUD_STATE_OBSERVED, .reason = (char[]){"seen"}, .said = (char[]){"[\"seen\"]"}, .flows = 5, .first_ns = 1700000000000000000, .last_ns = 1700000001000000000},
    {.row = 1, .state = AUD_STATE_BLANK}, {.row = 2, .state = AUD_STATE_NOT_OBSERVED, .reason = (char[]){"not seen"}},
    {.row = 3, .state = AUD_STATE_STATEMENT},
};

static const struct aud_decode_count made_counts[] = {
    {"ethernet", "unknown ethertype 0x88cc (LLDP)", false, 31, 32}, {"ipv4", "truncated", true, 33, 34}};
static const struct aud_decode_stats made_decode = {.counts = made_counts, .ncounts = COUNT(made_counts)};

/* Fills what cannot be said in an initializer: members of structs without a name. */
static inline void
made_report(struct aud_report *report, struct aud_trial *trial, struct aud_coverage *coverage)
{
	static _Alignas(8) unsigned char roles[64], pairs[64], ports[8];

	made_site.features[AUD_FEATURE_DIAL_IN] = AUD_YES;
	made_site.features[AUD_FEATURE_IPSEC] = AUD_NO;
	made_hosts[2].ports = (void *)ports;
	made_hosts[2].nports = 1;
	made_hosts[2].ports[0].port = 443;
	made_hosts[2].ports[0].proto = 6;
	memset(coverage, 0, sizeof *coverage);
	coverage->roles = (void *)roles;
	coverage->roles[0].role = AUD_ROLE_CLIENT;
	coverage->roles[0].declared = 41;
	coverage->roles[0].seen = 42;
	coverage->nroles = 1;
	coverage->pairs = (void *)pairs;
	coverage->pairs[0].client = AUD_ROLE_CLIENT;
	coverage->pairs[0].server = AUD_ROLE_FRONT_END;
	coverage->pairs[0].conversations = 43;
	coverage->pairs[0].one_way = 44;
	coverage->npairs = 1;
	coverage->frames = 51;
	coverage->covered_ns = 61;
	coverage->fragments = 52;
	coverage->dropped_flows = 62;
	coverage->tunneled = 63;
	coverage->kernel_drops = UINT64_MAX;
	coverage->broken = true;
	*trial = (struct aud_trial){.site = &made_site, .matrix = &made_matrix, .cases = made_cases, .ncases = COUNT(made_cases),
	    .coverage = coverage, .inputs = made_inputs, .ninputs = COUNT(made_inputs), .decode = &made_decode, .filter = "tcp port 443", .today = "2026-01-31",
	    .findings = made_findings, .nfindings = COUNT(made_findings), .states = made_states, .nstates = COUNT(made_states)};
	*report = (struct aud_report){.version = "0.1.0", .ndpi_version = "4.2.0", .pcap_version = "1.10", .sqlite_version = "3.40",
	    .trial = trial, .decode = &made_decode};
}

#endif
