/* The compiled-in matrix against the printed document, and what is written of it. */
#include "matrix_folder.h"

#include <aud/matrix.h>

static struct aud_matrix *matrix;

/* What T1 of the Skype for Business Server 2015 document prints: port and protocol of each row. */
static const struct {
	const char *port, *protocol;
} printed[] = {
    {"1434", "UDP"}, {"5060", "TCP"}, {"5061", "TCP (TLS)"}, {"444", "HTTPS / TCP"},
    {"135", "DCOM y llamada a procedimiento remoto (RPC)"}, {"5062", "TCP"}, {"8057", "TCP (TLS)"}, {"8058", "TCP (TLS)"}, {"5063", "TCP"},
    {"57501-65535", "TCP/UDP"}, {"80", "HTTP"}, {"443", "HTTPS"}, {"8080", "TCP y HTTP"}, {"4443", "HTTPS"}, {"8060", "TCP (MTLS)"},
    {"8061", "TCP (MTLS)"}, {"5086", "TCP (MTLS)"}, {"5087", "TCP (MTLS)"}, {"443", "HTTPS"}, {"5064", "TCP"}, {"5072", "TCP"},
    {"5070", "TCP"}, {"5067", "TCP (TLS)"}, {"5068", "TCP"}, {"5081", "TCP"}, {"5082", "TCP (TLS)"}, {"5065", "TCP"},
    {"49152-65535", "TCP"}, {"5073", "TCP"}, {"5075", "TCP"}, {"5076", "TCP"}, {"5066", "TCP"}, {"5071", "TCP"}, {"8404", "TCP (MTLS)"},
    {"5080", "TCP"}, {"448", "TCP"}, {"445", "TCP"}, {"1434", "UDP"}, {"49152-57500", "TCP/UDP"}, {"443", ""}, {"5060", "TCP"},
    {"444", "HTTPS / TCP"}, {"80", "TCP"}, {"443", "HTTPS"}, {"5061", "TCP"}, {"5070", "TCP"}, {"5067", "TCP (TLS)"}, {"5068", "TCP"},
    {"5070", "TCP (MTLS)"}, {"5041", "TCP (MTLS)"}, {"881", "TCP (TLS) y TCP (MTLS)"}, {"443", "TCP (TLS)"},
};
enum { T1_ROWS = sizeof printed / sizeof *printed };

static void
test_rows(void **state)
{
	size_t n = 0;

	(void)state;
	assert_int_equal(T1_ROWS, 52);
	for (unsigned i = 0; i < matrix->nrows; i++) {
		const struct aud_row *r = &matrix->rows[i];

		if (strcmp(matrix->documents[r->document].id, "sfb-2015-servers-es") != 0 || strcmp(r->table, "T1") != 0)
			continue;
		assert_int_equal(r->ordinal, ++n);
		assert_string_equal(r->port, printed[n - 1].port);
		assert_string_equal(r->protocol, printed[n - 1].protocol);
		assert_int_equal(r->kind, AUD_ROW_RULE);
		assert_true(r->nrules);
	}
	assert_int_equal(n, T1_ROWS);
	assert_int_equal(strlen(matrix->sha256), 64);
}

/* Tables, their rows, and what is blank: counted in the documents. */
static void
test_documents(void **state)
{
	enum { TABLES = 5 };
	static const struct {
		const char *id;
		unsigned tables[TABLES + 1];	/* rows of T1 ... T5, statements */
		unsigned blank;			/* ordinal in T3 */
		enum aud_product product;
		bool listed_only;
	} rows[] = {
	    {"lync-2013-servers-es", {52, 20, 7, 12, 0, 8}, 6, AUD_PRODUCT_LYNC_2013, false},
	    {"lync-2013-servers-pt", {52, 20, 7, 12, 0, 8}, 6, AUD_PRODUCT_LYNC_2013, false},
	    {"sfb-2015-servers-es", {52, 20, 6, 12, 15, 9}, 0, AUD_PRODUCT_SFB_2015, false},
	    {"lync-2013-public-im-es", {6, 0, 0, 0, 0, 2}, 0, AUD_PRODUCT_LYNC_2013, true},
	    {"lync-2013-reverse-proxy-es", {2, 3, 0, 0, 0, 7}, 0, AUD_PRODUCT_LYNC_2013, true},
	};
	size_t at = 0;

	(void)state;
	assert_int_equal(matrix->ndocuments, sizeof rows / sizeof *rows);
	for (unsigned d = 0; d < matrix->ndocuments; d++) {
		assert_string_equal(matrix->documents[d].id, rows[d].id);
		assert_int_equal(matrix->documents[d].product, rows[d].product);
		assert_int_equal(matrix->documents[d].listed_only, rows[d].listed_only);
		for (unsigned t = 0; t <= TABLES; t++)
			for (unsigned i = 1; i <= rows[d].tables[t]; i++, at++) {
				const struct aud_row *r = &matrix->rows[at];
				bool blank = t == 2 && i == rows[d].blank;

				assert_true(at < matrix->nrows);
				assert_int_equal(r->document, d);
				assert_int_equal(r->table[0], t == TABLES ? 'P' : 'T');
				assert_int_equal(r->table[1], t == TABLES ? '\0' : '1' + (char)t);
				assert_int_equal(r->ordinal, i);
				assert_int_equal(r->kind, t == TABLES ? AUD_ROW_STATEMENT : blank ? AUD_ROW_BLANK : AUD_ROW_RULE);
				assert_int_equal(r->kind == AUD_ROW_RULE, *r->role != 0);
			}
	}
	assert_int_equal(at, matrix->nrows);
	assert_int_equal(at, 298 + 34);
}

/* Cells that are easily lost: as each document prints them. */
static void
test_cells(void **state)
{
	static const struct {
		const char *citation, *role, *service, *port, *protocol;	/* NULL: whatever */
	} rows[] = {
	    {"lync-2013-servers-es#T1.10", "Servidores front-end", NULL, "57501 -65535", "TCP/UDP"},
	    {"lync-2013-servers-es#T1.39", "Todos los usuarios internos", "Varios", "49152 -57500", "TCP/UDP"},
	    {"lync-2013-servers-pt#T1.39", "Todos os servidores internos", "Vários", "49152-57500", "TCP/UDP"},
	    {"sfb-2015-servers-es#T1.39", "Todos los usuarios internos", "Varios", "49152-57500", "TCP/UDP"},
	    {"sfb-2015-servers-es#T1.40", "Servidores de Office Web Apps", "", "443", ""},
	    {"lync-2013-servers-pt#T4.8", "Clientes", "", "1024-65535 *", "TCP/UDP"},
	    {"sfb-2015-servers-es#T4.8", "Clientes", "", "1024-65535\\*", "TCP/UDP"},
	    {"lync-2013-servers-es#T4.1", "Clientes", "", "67/68", "DHCP"},
	    {"lync-2013-servers-es#T3.7", "Equilibrador de carga del Director", "", "4443", "HTTPS (desde proxy inverso)"},
	    {"sfb-2015-servers-es#T3.6", "Equilibrador de carga del Director", "", "4443", "HTTPS (desde proxy inverso)"},
	    {"sfb-2015-servers-es#T5.15", "Clientes", "Origen: Cualquiera | Destino: Cualquiera",
		"Origen: Intervalo de puertos de medios especificado | Destino: Cualquiera", "UDP | No autenticar"},
	    {"lync-2013-public-im-es#T1.4", "A/V/RTP/TCP/50000-59.999 SESIONES", NULL, "50000-59.999 SESIONES", "RTP/TCP"},
	    {"lync-2013-reverse-proxy-es#T1.1", "Agente de escucha de proxy inverso", NULL, "80", "HTTP/TCP"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		unsigned at = 0;

		while (at < matrix->nrows && strcmp(aud_citation(matrix, at).s, rows[i].citation) != 0)
			at++;
		assert_true(at < matrix->nrows);
		assert_string_equal(matrix->rows[at].role, rows[i].role);
		if (rows[i].service)
			assert_string_equal(matrix->rows[at].service, rows[i].service);
		assert_string_equal(matrix->rows[at].port, rows[i].port);
		assert_string_equal(matrix->rows[at].protocol, rows[i].protocol);
	}
}

/* The three editions of one topic print the same rows, but for the blank one and the IPsec table: a rule stands on all of them. */
static void
test_editions(void **state)
{
	(void)state;
	for (size_t i = 0; i < matrix->nrules; i++) {
		const struct aud_rule *r = &matrix->rules[i];
		size_t n[3] = {0};

		for (size_t j = 0; j < r->ncitations; j++) {
			const struct aud_row *row = &matrix->rows[r->citations[j]];

			if (row->kind == AUD_ROW_RULE && row->document < 3 && strcmp(row->table, "T5") != 0)
				n[row->document]++;
		}
		if (n[0] != n[1] || n[0] != n[2])
			fail_msg("%s: %zu, %zu and %zu rows", r->id, n[0], n[1], n[2]);
	}
}

/* What is printed of transport and security has to be in the rules that cite the row. */
static void
test_rules_say_what_is_printed(void **state)
{
	(void)state;
	for (size_t i = 0; i < matrix->nrules; i++) {
		const struct aud_rule *r = &matrix->rules[i];

		for (size_t j = 0; j < r->ncitations; j++) {
			const struct aud_row *row = &matrix->rows[r->citations[j]];
			const char *p = row->protocol;
			bool udp = strstr(p, "UDP") || !strcmp(p, "DHCP"), tcp = !udp || strstr(p, "TCP");

			if (row->kind == AUD_ROW_STATEMENT || r->announced) /* the port that an answer told, over another transport */
				continue;
			assert_int_equal(r->nprotos, (size_t)udp + tcp);
			assert_int_equal(r->protos[0], tcp ? 6 : 17);
			if (!strcmp(p, "TCP (MTLS)")) /* of clients the same documents say TLS elsewhere */
				assert_int_equal(r->security, strcmp(row->table, "T4") ? AUD_SEC_MTLS : AUD_SEC_TLS);
			else if (!strcmp(p, "SIP (MTLS)/TCP"))
				assert_int_equal(r->security, AUD_SEC_MTLS);
			else if (!strcmp(p, "TCP (TLS) y TCP (MTLS)"))
				assert_int_equal(r->security, AUD_SEC_TLS_OR_MTLS);
			else if (!strncmp(p, "HTTPS", 5) && strcmp(p, "HTTPS / TCP") != 0)
				assert_int_equal(r->security, AUD_SEC_TLS);
			else if (!strcmp(p, "TCP (TLS)")) /* the 5061 row: TLS of clients, mutual TLS of servers */
				assert_int_equal(r->security, strcmp(r->id, "sip-front-end") ? AUD_SEC_TLS : AUD_SEC_MTLS);
			else if (!strcmp(p, "TCP") || !strcmp(p, "UDP") || !strcmp(p, "HTTP"))
				assert_true(r->security == AUD_SEC_UNSTATED || r->security == AUD_SEC_NONE || r->inferred);
		}
	}
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

static void
test_particular_rules(void **state)
{
	const struct aud_rule *r = rule("sql-browser");

	(void)state;
	/* One statement printed twice, in three editions, is one rule. */
	assert_int_equal(r->ncitations, 6);
	assert_string_equal(aud_citation(matrix, r->citations[0]).s, "lync-2013-servers-es#T1.1");
	assert_string_equal(aud_citation(matrix, r->citations[5]).s, "sfb-2015-servers-es#T1.38");
	assert_int_equal(r->clients, aud_roles_servers());
	/* The 5061 row owes a certificate to servers only. */
	r = rule("sip-front-end");
	assert_true(r->clients & AUD_ROLE_BIT(AUD_ROLE_CLIENT));
	assert_false(r->mtls_clients & AUD_ROLE_BIT(AUD_ROLE_CLIENT));
	assert_int_equal(r->mtls_clients | AUD_ROLE_BIT(AUD_ROLE_CLIENT), r->clients);
	assert_int_equal(r->absence, AUD_ABSENCE_STRONG);
	assert_int_equal(r->presence, AUD_PRESENCE_REQUIRED);
	/* Both roles on one host. */
	r = rule("mediation-collocated");
	assert_int_equal(r->servers_all, AUD_ROLE_BIT(AUD_ROLE_FRONT_END) | AUD_ROLE_BIT(AUD_ROLE_MEDIATION));
	assert_int_equal(r->servers, r->servers_all);
	assert_string_equal(r->condition, "collocated:front-end+mediation");
	/* 445 is periodic; only three rows of T1 are strong, one of public IM and two of the reverse proxy. */
	assert_int_equal(rule("cms-replication")->absence, AUD_ABSENCE_PERIODIC);
	size_t strong = 0;
	for (size_t i = 0; i < matrix->nrules; i++)
		strong += matrix->rules[i].absence == AUD_ABSENCE_STRONG;
	assert_int_equal(strong, 6);
}

static void
test_check(void **state)
{
	struct aud_rules_counts c;

	(void)state;
	assert_true(aud_rules_check(matrix, stderr, &c));
	assert_int_equal(c.documents, matrix->ndocuments);
	assert_int_equal(c.rows, matrix->nrows);
	assert_int_equal(c.rule_rows + c.blank_rows + c.statements, c.rows);
	assert_int_equal(c.uncited, 0);
	assert_int_equal(c.contradictions, 0);
	assert_true(c.citations >= c.rule_rows);
	assert_int_equal(c.site_rules, 0);
}

/* Printed port cells as people write them, and what a rule may say of them. */
static void
test_check_ports(void **state)
{
	static const struct {
		const char *cell, *ports;
		size_t contradictions;
	} rows[] = {
	    {"5061", "5061", 0},
	    {"5061", "5062", 1},
	    {"5061", "\"5061-5062\"", 1},
	    {"57501-65535", "57501-65535", 0},
	    {"57501 - 65535", "57501-65535", 0},
	    {"57501-65535", "57501-65534", 1},
	    {"67/68", "67-68", 0},
	    {"67/68", "\"67\", \"68\"", 0},
	    {"67/68", "67", 1},
	    {"1024-65535*", "1024-65535", 0},
	    {"1024-65535\\*", "1024-65535", 0},
	    {"50000-59.999 SESIONES", "50000-59999", 0},
	    {"50.000 -59.999", "50000-59999", 0},
	    {"cualquiera", "443", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct aud_rules_counts c;
		struct aud_matrix *m;
		struct aud_err err = {0};
		char line[128], name[128];
		FILE *f;

		snprintf(line, sizeof line, "    ports: [%s]", rows[i].ports);
		folder_write(FOLDER_RULES, 9, line);
		folder_name(name, FOLDER_ROWS);
		f = fopen(name, "w");
		assert_non_null(f);
		fprintf(f, "table,ordinal,role,service,port,protocol,kind\r\nT1,1,\"a \"\"b\"\"\",,%s,TCP,rule\r\n", rows[i].cell);
		assert_int_equal(fclose(f), 0);
		if (aud_matrix_load(&m, folder_path, NULL, &err))
			fail_msg("%s: %s", rows[i].cell, err.msg);
		assert_string_equal(m->rows[0].role, "a \"b\"");
		if (aud_rules_check(m, NULL, &c) != !rows[i].contradictions || c.contradictions != rows[i].contradictions)
			fail_msg("%s as %s: %zu", rows[i].cell, rows[i].ports, c.contradictions);
		aud_matrix_free(m);
	}
}

static char *
written(void (*write)(FILE *))
{
	char *s = NULL;
	size_t n;
	FILE *f = open_memstream(&s, &n);

	assert_non_null(f);
	write(f);
	assert_int_equal(fclose(f), 0);
	return s;
}

static void
write_list(FILE *f)
{
	aud_rules_write_list(f, matrix, NULL);
}

static void
write_rows(FILE *f)
{
	aud_rules_write_rows(f, matrix);
}

static void
test_list(void **state)
{
	char *s = written(write_list);

	(void)state;
	assert_ptr_equal(strstr(s, "rule,subject,service,client_roles,server_roles,transport,ports,port_side,apps,security,presence,absence,"
	    "condition,citations,inferred\n"), s);
	assert_non_null(strstr(s, "\nsql-browser,management,SQL Browser,server,server,udp,1434,server,SSRP,none,required,none,,"
	    "lync-2013-servers-es#T1.1 lync-2013-servers-pt#T1.1 sfb-2015-servers-es#T1.1 "
	    "lync-2013-servers-es#T1.38 lync-2013-servers-pt#T1.38 sfb-2015-servers-es#T1.38,\n"));
	assert_non_null(strstr(s, ",front-end+mediation,tcp,5070,"));
	assert_non_null(strstr(s, "\ndcom,management,\"Front End service, DCOM and RPC\",front-end director admin,front-end,tcp,135,"));
	free(s);
}

static void
test_row_list(void **state)
{
	char *s = written(write_rows);

	(void)state;
	assert_ptr_equal(strstr(s, "document,table,row,role,service,port,protocol,kind,rules,gloss\n"), s);
	assert_non_null(strstr(s, "\nsfb-2015-servers-es,T1,38,Todos los servidores,Explorador SQL,1434,UDP,rule,sql-browser sql-browser-instance,\n"));
	assert_non_null(strstr(s, "\nsfb-2015-servers-es,T1,40,Servidores de Office Web Apps,,443,,rule,office-web-apps,\n"));
	assert_non_null(strstr(s, "\nlync-2013-servers-pt,P,2,,,,,statement,,Windows Firewall has to run before the services start.\n"));
	free(s);
}

static void
show(FILE *f, const char *what)
{
	struct aud_err err = {0};

	if (aud_rules_show(f, matrix, NULL, what, &err))
		fail_msg("%s", err.msg);
}

static void
show_row(FILE *f)
{
	show(f, "sfb-2015-servers-es#T1.23");
}

static void
show_rule(FILE *f)
{
	show(f, "gateway-tls-collocated");
}

static void
test_show(void **state)
{
	char *row = written(show_row), *rule_text = written(show_rule);
	struct aud_err err = {0};

	(void)state;
	assert_non_null(strstr(row, "5067"));
	assert_non_null(strstr(row, "TCP (TLS)"));
	assert_non_null(strstr(row, rule_text));
	assert_non_null(strstr(rule_text, "pstn-gateway"));
	assert_non_null(strstr(rule_text, "front-end+mediation"));
	free(row);
	free(rule_text);
	assert_int_equal(aud_rules_show(stderr, matrix, NULL, "sip-front-ent", &err), AUD_USAGE);
	assert_non_null(strstr(err.msg, "did you mean 'sip-front-end'?"));
}

static int
load(void **state)
{
	struct aud_err err = {0};

	if (!aud_matrix_load(&matrix, NULL, NULL, &err))
		return folder_make(state);
	fprintf(stderr, "%s\n", err.msg);
	return -1;
}

static int
unload(void **state)
{
	aud_matrix_free(matrix);
	return folder_remove(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_documents),
	    cmocka_unit_test(test_cells),
	    cmocka_unit_test(test_editions),
	    cmocka_unit_test(test_rules_say_what_is_printed),
	    cmocka_unit_test(test_particular_rules),
	    cmocka_unit_test(test_check),
	    cmocka_unit_test(test_check_ports),
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_row_list),
	    cmocka_unit_test(test_show),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
