/* Every mistake in a folder of rules or in a site's own rules: where it is, which word it is, and what was probably meant. */
#include "matrix_folder.h"

#include <aud/matrix.h>

#include "yaml.h"

static const struct row {
	const char *name;
	enum folder_file file;
	unsigned line;
	const char *text, *message;	/* message: what follows the folder's path */
} rows[] = {
    /* rules */
    {"no YAML", FOLDER_RULES, 6, "    clients: [client", "r.yaml:7:"},
    {"no map", FOLDER_RULES, 0, "- a\n", "r.yaml:1:1: the file must be a map"},
    {"unknown key of the file", FOLDER_RULES, 1, "subjekt: s", "r.yaml:1:1: unknown key 'subjekt': did you mean 'subject'?"},
    {"no subject", FOLDER_RULES, 1, "", "r.yaml:1:1: the file has no 'subject'"},
    {"no rules", FOLDER_RULES, 0, "subject: s\n", "r.yaml:1:1: the file has no 'rules'"},
    {"rules is no list", FOLDER_RULES, 0, "subject: s\nrules: 1\n", "r.yaml:2:8: rules must be a list"},
    {"empty list of rules", FOLDER_RULES, 0, "subject: s\nrules: []\n", "r.yaml:2:8: the list of rules is empty"},
    {"a rule is no map", FOLDER_RULES, 0, "subject: s\nrules: [x]\n", "r.yaml:2:9: a rule must be a map"},
    {"unknown key", FOLDER_RULES, 11, "    securty: tls", "r.yaml:11:5: unknown key 'securty': did you mean 'security'?"},
    {"key twice", FOLDER_RULES, 11, "    apps: [SIP]", "r.yaml:11:5: the key 'apps' is there twice"},
    {"bad id", FOLDER_RULES, 3, "  - id: A b", "r.yaml:3:9: 'A b' cannot be an id"},
    {"no id", FOLDER_RULES, 3, "  - until: 2020-01-01", "r.yaml:3:5: the rule has no 'id'"},
    {"no rows", FOLDER_RULES, 4, "", "r.yaml:3:5: the rule 'a' has no 'rows'"},
    {"no service", FOLDER_RULES, 5, "", "r.yaml:3:5: the rule 'a' has no 'service'"},
    {"no clients", FOLDER_RULES, 6, "", "r.yaml:3:5: the rule 'a' has no 'clients'"},
    {"no servers", FOLDER_RULES, 7, "", "r.yaml:3:5: the rule 'a' has no 'servers'"},
    {"no transport", FOLDER_RULES, 8, "", "r.yaml:3:5: the rule 'a' has no 'transport'"},
    {"no ports", FOLDER_RULES, 9, "", "r.yaml:3:5: the rule 'a' has no 'ports': give them, or port_side: none"},
    {"no security", FOLDER_RULES, 11, "", "r.yaml:3:5: the rule 'a' has no 'security'"},
    {"no presence", FOLDER_RULES, 12, "", "r.yaml:3:5: the rule 'a' has no 'presence'"},
    {"no absence", FOLDER_RULES, 13, "", "r.yaml:3:5: the rule 'a' has no 'absence'"},
    {"no gloss", FOLDER_RULES, 14, "", "r.yaml:3:5: the rule 'a' has no 'gloss'"},
    {"empty gloss", FOLDER_RULES, 14, "    gloss: \" \"", "r.yaml:14:12: gloss is empty"},
    {"duplicate id", FOLDER_RULES, 14,
	"    gloss: G\n  - id: a\n    rows: [\"d#T1.1\"]\n    service: S\n    clients: [client]\n    servers: [front-end]\n"
	"    transport: [tcp]\n    ports: [1]\n    security: tls\n    presence: required\n    absence: strong\n    gloss: G",
	"r.yaml:15:9: the rule 'a' is there twice, first at "},
    {"no citation", FOLDER_RULES, 4, "    rows: [T1.1]", "r.yaml:4:12: 'T1.1' is no citation"},
    {"unknown document", FOLDER_RULES, 4, "    rows: [\"e#T1.1\"]", "r.yaml:4:12: unknown document 'e'"},
    {"row that does not exist", FOLDER_RULES, 4, "    rows: [\"d#T1.9\"]", "r.yaml:4:12: the row 'd#T1.9' does not exist: this table has 2"},
    {"table that does not exist", FOLDER_RULES, 4, "    rows: [\"d#T7.1\"]", "r.yaml:4:12: the row 'd#T7.1' does not exist: the document has no such table"},
    {"blank row", FOLDER_RULES, 4, "    rows: [\"d#T1.2\"]", "r.yaml:4:12: the row 'd#T1.2' is blank"},
    {"row cited twice", FOLDER_RULES, 4, "    rows: [\"d#T1.1\", \"d#T1.1\"]", "r.yaml:4:22: 'd#T1.1' is there twice in rows"},
    {"empty rows", FOLDER_RULES, 4, "    rows: []", "r.yaml:4:11: the list of rows is empty"},
    {"row that nobody cites", FOLDER_RULES, 4, "    rows: [\"d#P.1\"]",
	"d.csv:2:1: the row 'd#T1.1' is cited by no rule: cite it, or mark it blank or statement"},
    {"unknown role", FOLDER_RULES, 6, "    clients: [clint]", "r.yaml:6:15: unknown role 'clint': did you mean 'client'?"},
    {"unknown role of several", FOLDER_RULES, 7, "    servers: [front-end+mediator]", "r.yaml:7:15: unknown role 'mediator': did you mean 'mediation'?"},
    {"several roles and another", FOLDER_RULES, 7, "    servers: [front-end+mediation, director]", "r.yaml:7:15: 'front-end+mediation': hosts with several roles"},
    {"empty clients", FOLDER_RULES, 6, "    clients: []", "r.yaml:6:14: the list of clients is empty"},
    {"clients is no list", FOLDER_RULES, 6, "    clients: client", "r.yaml:6:14: clients must be a list, not 'client'"},
    {"a role twice", FOLDER_RULES, 6, "    clients: [client, client]", "r.yaml:6:23: 'client' is there twice in clients"},
    {"either_way is no boolean", FOLDER_RULES, 11, "    security: tls\n    either_way: maybe", "r.yaml:12:17: either_way is true, false or a list"},
    {"either_way of others", FOLDER_RULES, 11, "    security: tls\n    either_way: [director]", "r.yaml:12:17: either_way names a role that is not among the clients"},
    {"unknown transport", FOLDER_RULES, 8, "    transport: [tpc]", "r.yaml:8:17: unknown transport 'tpc': did you mean 'tcp'?"},
    {"empty transport", FOLDER_RULES, 8, "    transport: []", "r.yaml:8:16: the list of transport is empty"},
    {"too many transports", FOLDER_RULES, 8, "    transport: [tcp, udp, sctp, esp, ah]", "r.yaml:8:38: more than 4 transports"},
    {"ports without a transport that has them", FOLDER_RULES, 8, "    transport: [esp]", "r.yaml:9:12: 'ports' with a transport that has none"},
    {"port upside down", FOLDER_RULES, 9, "    ports: [5062-5061]", "r.yaml:9:13: the range '5062-5061' is upside down"},
    {"port too high", FOLDER_RULES, 9, "    ports: [65536]", "r.yaml:9:13: the port '65536' does not exist"},
    {"port much too high", FOLDER_RULES, 9, "    ports: [99999999999999999999]", "r.yaml:9:13: the port '99999999999999999999' does not exist"},
    {"port 0", FOLDER_RULES, 9, "    ports: [0]", "r.yaml:9:13: the port '0' does not exist"},
    {"port in words", FOLDER_RULES, 9, "    ports: [https]", "r.yaml:9:13: 'https' is no port"},
    {"half a range", FOLDER_RULES, 9, "    ports: [5061-]", "r.yaml:9:13: '5061-' is no port"},
    {"overlapping ports", FOLDER_RULES, 9, "    ports: [5000-5100, 5061]", "r.yaml:9:24: '5061' overlaps another port"},
    {"too many ports", FOLDER_RULES, 9, "    ports: [1, 2, 3, 4, 5]", "r.yaml:9:25: more than 4 ports"},
    {"empty ports", FOLDER_RULES, 9, "    ports: []", "r.yaml:9:12: the list of ports is empty"},
    {"unknown port side", FOLDER_RULES, 9, "    ports: [1]\n    port_side: sever", "r.yaml:10:16: unknown port_side 'sever': did you mean 'server'?"},
    {"ports of no side", FOLDER_RULES, 9, "    ports: [1]\n    port_side: none", "r.yaml:10:16: port_side: none, but there are 'ports'"},
    {"unknown application", FOLDER_RULES, 10, "    apps: [TSL]", "r.yaml:10:12: unknown application 'TSL': did you mean 'TLS'?"},
    {"unknown sub-protocol", FOLDER_RULES, 10, "    apps: [TLS.Skype_Team]", "r.yaml:10:12: unknown application 'TLS.Skype_Team': did you mean 'Skype_Teams'?"},
    {"empty apps", FOLDER_RULES, 10, "    apps: []", "r.yaml:10:11: the list of apps is empty"},
    {"unknown media", FOLDER_RULES, 11, "    security: none\n    media: vidio", "r.yaml:12:12: unknown kind of media 'vidio': did you mean 'video'?"},
    {"media with security", FOLDER_RULES, 11, "    security: tls\n    media: audio", "r.yaml:11:15: security 'tls' in a rule that needs evidence"},
    {"evidence of nothing", FOLDER_RULES, 10, "    evidence: true", "r.yaml:10:15: evidence: true, but no 'apps'"},
    {"no boolean", FOLDER_RULES, 10, "    evidence: yes", "r.yaml:10:15: evidence is true or false, not 'yes'"},
    {"inferred without a remark", FOLDER_RULES, 10, "    inferred: true", "r.yaml:10:15: inferred: true without a 'remark'"},
    {"implied without a remark", FOLDER_RULES, 10, "    implied: true", "r.yaml:10:14: implied: true without a 'remark'"},
    {"unknown announcer", FOLDER_RULES, 10, "    announced: dns", "r.yaml:10:16: unknown announced 'dns': one of rpc, sql"},
    {"announced over udp", FOLDER_RULES, 8, "    transport: [udp]\n    announced: rpc", "r.yaml:9:16: 'announced' is for ports of servers over tcp"},
    {"announced with security", FOLDER_RULES, 10, "    announced: sql", "r.yaml:11:15: security 'tls' in a rule that needs evidence"},
    {"members both ways", FOLDER_RULES, 10, "    either_way: true\n    members: true", "r.yaml:11:14: members: true with either_way"},
    {"a pair of one", FOLDER_RULES, 10, "    pair: true", "r.yaml:10:11: pair: true is for ports of servers"},
    {"exception to nothing", FOLDER_RULES, 10, "    exception: E", "r.yaml:10:16: 'exception' without 'until'"},
    {"unknown effect", FOLDER_RULES, 10, "    effect: deny", "r.yaml:10:13: unknown effect 'deny': one of permit, ipsec-exempt"},
    {"unknown security", FOLDER_RULES, 11, "    security: ssl", "r.yaml:11:15: unknown security 'ssl': one of unstated, none, tls, mtls, tls-or-mtls"},
    {"mtls_clients of TLS", FOLDER_RULES, 11, "    security: tls\n    mtls_clients: [client]", "r.yaml:12:19: mtls_clients, but security is 'tls'"},
    {"mtls_clients that never connect", FOLDER_RULES, 11, "    security: mtls\n    mtls_clients: [director]", "r.yaml:12:19: mtls_clients names a role that never connects here"},
    {"unknown presence", FOLDER_RULES, 12, "    presence: requird", "r.yaml:12:15: unknown presence 'requird': did you mean 'required'?"},
    {"unknown absence", FOLDER_RULES, 13, "    absence: stong", "r.yaml:13:14: unknown absence 'stong': did you mean 'strong'?"},
    {"unknown feature", FOLDER_RULES, 14, "    gloss: G\n    condition: feature:dialin", "r.yaml:15:16: unknown feature 'dialin' in a condition: did you mean 'dial-in'?"},
    {"unknown product", FOLDER_RULES, 14, "    gloss: G\n    condition: product:lync-2014", "r.yaml:15:16: unknown product 'lync-2014' in a condition: did you mean 'lync-2013'?"},
    {"unknown load balancing", FOLDER_RULES, 14, "    gloss: G\n    condition: load-balancing:dsn", "r.yaml:15:16: unknown kind of load balancing 'dsn' in a condition: did you mean 'dns'?"},
    {"unknown collocated role", FOLDER_RULES, 14, "    gloss: G\n    condition: collocated:front-end+x", "r.yaml:15:16: unknown role in 'collocated:front-end+x'"},
    {"unknown kind of condition", FOLDER_RULES, 14, "    gloss: G\n    condition: weather:fine", "r.yaml:15:16: unknown kind of condition 'weather'"},
    {"condition without a kind", FOLDER_RULES, 14, "    gloss: G\n    condition: dial-in", "r.yaml:15:16: 'dial-in' is no condition"},
    {"condition without a joint", FOLDER_RULES, 14, "    gloss: G\n    condition: feature:e911 feature:mobility", "r.yaml:15:16: 'feature:mobility' in a condition: terms are joined"},
    {"condition cut off", FOLDER_RULES, 14, "    gloss: G\n    condition: feature:e911 and", "r.yaml:15:16: a condition ends in a term"},
    {"and with or", FOLDER_RULES, 14, "    gloss: G\n    condition: feature:e911 and feature:mobility or feature:dial-in", "r.yaml:15:16: 'and' and 'or' in one condition"},
    {"no date", FOLDER_RULES, 14, "    gloss: G\n    until: 2013-02-30x", "r.yaml:15:12: '2013-02-30x' is no date"},
    {"no leap year", FOLDER_RULES, 14, "    gloss: G\n    until: 2026-02-29", "r.yaml:15:12: '2026-02-29' is no date"},
    {"no month", FOLDER_RULES, 14, "    gloss: G\n    until: 2013-13-01", "r.yaml:15:12: '2013-13-01' is no date"},
    {"a reason in a document's rule", FOLDER_RULES, 14, "    gloss: G\n    reason: R", "r.yaml:15:13: 'reason' in a rule of a document"},
    {"no file of rules", FOLDER_RULES, 0, NULL, "no file of rules in this folder"},
    /* documents */
    {"no documents.yaml", FOLDER_DOCUMENTS, 0, NULL, "documents.yaml is missing"},
    {"no list of documents", FOLDER_DOCUMENTS, 0, "documents: 1\n", "documents.yaml:1:12: documents must be a list"},
    {"no documents", FOLDER_DOCUMENTS, 0, "documents: []\n", "documents.yaml:1:12: the list of documents is empty"},
    {"unknown key of a document", FOLDER_DOCUMENTS, 3, "    titel: T", "documents.yaml:3:5: unknown key 'titel': did you mean 'title'?"},
    {"document without a title", FOLDER_DOCUMENTS, 3, "", "documents.yaml:2:5: the document has no 'title'"},
    {"document without rows", FOLDER_DOCUMENTS, 8, "", "documents.yaml:2:5: the document has no 'csv'"},
    {"row file that is not there", FOLDER_DOCUMENTS, 8, "    csv: e.csv", "documents.yaml:8:10: the row file 'e.csv' is not in this folder"},
    {"bad date", FOLDER_DOCUMENTS, 6, "    date: 29.2.2020", "documents.yaml:6:11: '29.2.2020' is no date"},
    {"bad product", FOLDER_DOCUMENTS, 7, "    source: S\n    product: lync", "documents.yaml:8:14: unknown product 'lync'"},
    {"bad when", FOLDER_DOCUMENTS, 7, "    source: S\n    when: list", "documents.yaml:8:11: unknown when 'list': one of product, listed"},
    {"bad id of a document", FOLDER_DOCUMENTS, 2, "  - id: D#1", "documents.yaml:2:9: 'D#1' cannot be an id"},
    {"document twice", FOLDER_DOCUMENTS, 8,
	"    csv: d.csv\n  - {id: d, title: T, edition: E, language: en, date: 2020-01-01, source: S, csv: d.csv}",
	"documents.yaml:9:10: the document 'd' is there twice"},
    /* rows */
    {"empty row file", FOLDER_ROWS, 0, "", "d.csv:1:1: the file is empty"},
    {"wrong column", FOLDER_ROWS, 1, "table,row,role,service,port,protocol,kind", "d.csv:1:7: column 2 must be 'ordinal', not 'row'"},
    {"missing column", FOLDER_ROWS, 1, "table,ordinal,role,service,port,protocol", "d.csv:1:1: column 7 must be 'kind'"},
    {"unknown column", FOLDER_ROWS, 1, "table,ordinal,role,service,port,protocol,kind,note", "d.csv:1:47: column 8 must be 'gloss', not 'note'"},
    {"unknown column behind the last", FOLDER_ROWS, 1, "table,ordinal,role,service,port,protocol,kind,gloss,note", "d.csv:1:53: unknown column 'note'"},
    {"gloss of a row", FOLDER_ROWS, 2, "T1,1,R,S,5061,TCP,rule,G", "d.csv:2:24: a gloss of a rule: only statements have one"},
    {"no row", FOLDER_ROWS, 0, "table,ordinal,role,service,port,protocol,kind\n", "d.csv:1:1: no printed row in this file"},
    {"missing field", FOLDER_ROWS, 3, "T1,2,,,,blank", "d.csv:3:1: 6 fields where 7 are expected"},
    {"bad table", FOLDER_ROWS, 3, "A,2,,,,,blank", "d.csv:3:1: 'A' is no table"},
    {"bad ordinal", FOLDER_ROWS, 3, "T1,two,,,,,blank", "d.csv:3:4: 'two' is no ordinal"},
    {"ordinal left out", FOLDER_ROWS, 3, "T1,3,,,,,blank", "d.csv:3:4: row 3 of T1 where 2 is expected"},
    {"ordinal twice", FOLDER_ROWS, 3, "T1,1,,,,,blank", "d.csv:3:4: row 1 of T1 where 2 is expected"},
    {"tables out of order", FOLDER_ROWS, 4, "P,1,,,,,statement\nT2,1,,,,,statement", "d.csv:5:1: table 'T2' after table 'P'"},
    {"bad kind", FOLDER_ROWS, 3, "T1,2,,,,,empty", "d.csv:3:10: unknown kind of row 'empty'"},
    {"blank row with a port", FOLDER_ROWS, 3, "T1,2,,,443,,blank", "d.csv:3:8: a blank row has no port and no protocol, this one prints '443'"},
    {"quote that is not closed", FOLDER_ROWS, 3, "T1,2,\"x,,,,blank", "d.csv:3:6: this quote is never closed"},
    {"quote in the middle", FOLDER_ROWS, 3, "T1,2,a\"b,,,,blank", "d.csv:3:7: a quote inside a field"},
    {"text behind a quote", FOLDER_ROWS, 3, "T1,2,\"a\"b,,,,blank", "d.csv:3:9: text after a closing quote"},
    {"too many fields", FOLDER_ROWS, 3, "T1,2,,,,,,,,,,,,,,,,,,blank", "d.csv:3:20: too many fields in this line"},
};

static void
test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		struct aud_matrix *m = NULL;
		struct aud_err err = {0};
		char expected[400];
		enum aud_code code;

		folder_write(r->file, r->line, r->text);
		code = aud_matrix_load(&m, folder_path, NULL, &err);
		snprintf(expected, sizeof expected, "%s/%s", folder_path, r->message);
		if (strchr(r->message, ':') == NULL || !strchr(r->message, '.') || r->text == NULL)
			snprintf(expected, sizeof expected, "%s", r->message);
		if (code != AUD_RULES || m || !strstr(err.msg, expected))
			fail_msg("%s: code %d, '%s' instead of '%s'", r->name, code, err.msg, expected);
		aud_matrix_free(m);
	}
}

static void
test_sound(void **state)
{
	struct aud_matrix *m;
	struct aud_err err = {0};

	(void)state;
	folder_write(FOLDER_FILES, 0, "");
	if (aud_matrix_load(&m, folder_path, NULL, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(m->nrules, 1);
	assert_int_equal(m->nrows, 3);
	assert_string_equal(m->rows[0].service, "Service, first");
	assert_int_equal(m->rows[1].kind, AUD_ROW_BLANK);
	assert_int_equal(m->rows[2].kind, AUD_ROW_STATEMENT);
	assert_string_equal(aud_citation(m, 2).s, "d#P.1");
	assert_int_equal(m->documents[0].product, AUD_PRODUCT_UNKNOWN);
	aud_matrix_free(m);
}

static void
test_no_folder(void **state)
{
	struct aud_matrix *m;
	struct aud_err err = {0};

	(void)state;
	assert_int_equal(aud_matrix_load(&m, "/nonexistent/rules", NULL, &err), AUD_IO);
	assert_non_null(strstr(err.msg, "/nonexistent/rules"));
}

/* A site's own rules: the same form, a reason instead of rows. */
static const struct {
	const char *name, *text, *message;	/* NULL: sound */
} own[] = {
    {"sound", "- {id: dns, clients: [any], servers: [dns-server], transport: [udp], ports: [53], apps: [DNS], reason: names}", NULL},
    {"own role", "- {id: scan, clients: [scanner], servers: [server], transport: [tcp], ports: [1-65535], reason: weekly}", NULL},
    {"no reason", "- {id: dns, clients: [any], servers: [dns-server], transport: [udp], ports: [53]}", "site.yaml:1:3: the rule 'dns' has no 'reason'"},
    {"empty reason", "- {id: dns, clients: [any], servers: [dns-server], transport: [udp], ports: [53], reason: ''}", "site.yaml:1:91: reason is empty"},
    {"rows", "- {id: dns, rows: [\"d#T1.1\"], reason: r, clients: [any], servers: [any], transport: [udp], ports: [53]}",
	"site.yaml:1:19: 'rows' in a rule of the site"},
    {"id of a built-in rule", "- {id: sip-front-end, reason: r, clients: [any], servers: [any], transport: [udp], ports: [53]}",
	"site.yaml:1:8: the rule 'sip-front-end' is there twice, first at rules/signalling.yaml:"},
    {"unknown own role", "- {id: x, reason: r, clients: [scaner], servers: [any], transport: [udp], ports: [53]}",
	"site.yaml:1:32: unknown role 'scaner': did you mean 'scanner'?"},
    {"no list", "rules", "site.yaml:1:1: rules must be a list"},
};

static void
test_own_rules(void **state)
{
	const char *roles[] = {"scanner"};

	(void)state;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		struct aud_site site = {.path = "site.yaml", .own_roles = roles, .nown_roles = 1};
		struct aud_matrix *m = NULL;
		struct aud_err err = {0};
		struct aud_yaml *list;
		enum aud_code code;

		assert_int_equal(aud_yaml_parse(&list, "site.yaml", own[i].text, strlen(own[i].text), &err), AUD_OK);
		site.rules = list;
		code = aud_matrix_load(&m, NULL, &site, &err);
		aud_yaml_free(list);
		if (own[i].message ? code != AUD_RULES || !strstr(err.msg, own[i].message) : code != AUD_OK)
			fail_msg("%s: code %d, '%s'", own[i].name, code, err.msg);
		if (m) { /* the site's tree is gone: the matrix owns what it points to */
			const struct aud_rule *r = &m->rules[m->nrules - 1];

			assert_true(r->site_own);
			assert_string_equal(r->subject, "site");
			assert_true(*r->reason);
			assert_string_equal(r->file, "site.yaml");
			assert_int_equal(r->security, AUD_SEC_UNSTATED);
			assert_int_equal(r->absence, AUD_ABSENCE_NONE);
		}
		aud_matrix_free(m);
	}
}

/* A site's own documents: an id, or a folder beside the site file. */
static void
test_own_documents(void **state)
{
	const char *folder[] = {strrchr(folder_path, '/') + 1}, *wrong[] = {"sfb-2015-server-es"};
	struct aud_site site = {.path = "/tmp/site.yaml", .product = AUD_PRODUCT_LYNC_2013, .documents = folder, .ndocuments = 1};
	struct aud_matrix *m;
	struct aud_err err = {0};

	(void)state;
	folder_write(FOLDER_FILES, 0, "");
	if (aud_matrix_load(&m, NULL, &site, &err))
		fail_msg("%s", err.msg);
	assert_string_equal(m->documents[m->ndocuments - 1].id, "d");
	assert_true(aud_document_applies(m, (unsigned)m->ndocuments - 1, &site));
	for (unsigned i = 0; i + 1 < m->ndocuments; i++)
		assert_int_equal(aud_document_applies(m, i, &site), !strncmp(m->documents[i].id, "lync-2013-servers", 17));
	assert_string_equal(m->rules[m->nrules - 1].id, "a");
	aud_matrix_free(m);
	site.documents = wrong;
	assert_int_equal(aud_matrix_load(&m, NULL, &site, &err), AUD_RULES);
	assert_non_null(strstr(err.msg, "/tmp/site.yaml: documents: 'sfb-2015-server-es' is no document"));
	assert_non_null(strstr(err.msg, "did you mean 'sfb-2015-servers-es'?"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sound),
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_no_folder),
	    cmocka_unit_test(test_own_rules),
	    cmocka_unit_test(test_own_documents),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
