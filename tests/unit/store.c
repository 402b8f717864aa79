#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <signal.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store_impl.h"
#include "store_made.h"
#include "store_same.h"

static char dir[] = "/tmp/aud-store-XXXXXX", path[64];

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/aud-store-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/audit.db", dir);
	return 0;
}

static int
teardown(void **state)
{
	char journal[80];

	(void)state;
	snprintf(journal, sizeof journal, "%s-journal", path);
	unlink(path);
	unlink(journal);
	return rmdir(dir);
}

static struct aud_store *
open_store(const char *p)
{
	struct aud_err err = {0};
	struct aud_store *s;

	if (aud_store_open(&s, p, &err))
		fail_msg("%s", err.msg);
	return s;
}

/* What a user's query sees: the first column of each row, rows separated by ';'. */
static const char *
ask(const char *sql)
{
	static char out[4096];
	sqlite3_stmt *st;
	size_t n = 0;
	sqlite3 *h;
	int rc;

	out[0] = 0;
	assert_int_equal(sqlite3_open_v2(path, &h, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(h, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(h));
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *t = (const char *)sqlite3_column_text(st, 0);

		n += (size_t)snprintf(out + n, sizeof out - n, "%s%s", n ? ";" : "", t ? t : "NULL");
		assert_true(n < sizeof out);
	}
	assert_int_equal(rc, SQLITE_DONE);
	sqlite3_finalize(st);
	sqlite3_close(h);
	return out;
}

static void
assert_sound(void)
{
	assert_string_equal(ask("PRAGMA integrity_check"), "ok");
	assert_string_equal(ask("PRAGMA foreign_key_check"), "");
}

static void
test_matrix(void **state)
{
	struct aud_store *s = open_store(NULL);
	struct aud_err err = {0};
	struct aud_matrix *m;

	(void)state;
	assert_int_equal(aud_store_read_matrix(s, &m, &err), AUD_RULES);
	assert_null(m);
	assert_non_null(strstr(err.msg, "no matrix is stored"));
	assert_int_equal(aud_store_matrix(s, &made_matrix, &made_site, NULL), AUD_OK);
	assert_int_equal(aud_store_read_matrix(s, &m, NULL), AUD_OK);
	aud_store_close(s);	/* of which the matrix is independent */
	assert_same(&made_matrix, m);
	assert_non_null(m->release);
	m->release(m);
	aud_store_close(NULL);
	/*
	 * A field that is added to one of these structs has to be added to schema.sql, put_matrix.c, get_matrix.c, store_made.h and
	 * assert_same() as well. Then set the sizes here.
	 */
	if (sizeof(void *) == 8) {
		assert_int_equal(sizeof(struct aud_document), 56);
		assert_int_equal(sizeof(struct aud_row), 88);
		assert_int_equal(sizeof(struct aud_rule), 264);
	}
}

/* The matrix stored last is the one that is read; the same one twice is kept once; those of audits stay. */
static void
test_matrices(void **state)
{
	struct aud_matrix shorter = made_matrix, *m;
	struct aud_rule rules[COUNT(made_rules)];
	struct aud_report report;
	struct aud_trial trial;
	struct aud_coverage coverage;
	struct aud_store *s = open_store(path);

	(void)state;
	memcpy(rules, made_rules, sizeof rules);
	rules[0].remark = "another remark";
	shorter.rules = rules;
	assert_int_equal(aud_store_matrix(s, &made_matrix, &made_site, NULL), AUD_OK);
	assert_int_equal(aud_store_matrix(s, &made_matrix, &made_site, NULL), AUD_OK);
	assert_string_equal(ask("SELECT count(*) FROM matrices"), "1");
	assert_int_equal(aud_store_matrix(s, &shorter, &made_site, NULL), AUD_OK);
	assert_string_equal(ask("SELECT count(*) FROM matrices"), "1");	/* no audit needs the first */
	assert_string_equal(ask("SELECT count(*) FROM rules"), "3");
	assert_int_equal(aud_store_read_matrix(s, &m, NULL), AUD_OK);
	assert_same(&shorter, m);
	m->release(m);

	made_report(&report, &trial, &coverage);
	assert_int_equal(aud_store_audit(s, &report, NULL), AUD_OK);
	assert_int_equal(aud_store_matrix(s, &shorter, &made_site, NULL), AUD_OK);
	assert_string_equal(ask("SELECT count(*) FROM matrices"), "2");
	assert_int_equal(aud_store_read_matrix(s, &m, NULL), AUD_OK);
	assert_same(&shorter, m);
	m->release(m);
	/* Own roles are part of it. */
	assert_int_equal(aud_store_matrix(s, &shorter, NULL, NULL), AUD_OK);
	assert_string_equal(ask("SELECT count(*) FROM roles WHERE english IS NULL"), "1");
	assert_int_equal(aud_store_matrix(s, NULL, NULL, NULL), AUD_OK);
	assert_int_equal(aud_store_read_matrix(s, &m, NULL), AUD_OK);
	assert_int_equal(m->nrules, 0);
	m->release(m);
	aud_store_close(s);
	assert_sound();
}

/* Query, and the answer that follows from store_made.h. */
static const struct {
	const char *sql, *expected;
} queries[] = {
    {"PRAGMA application_id", "1397768533"},
    {"PRAGMA user_version", "4"},
    {"SELECT concat FROM (SELECT version || ' ' || ndpi_version || ' ' || pcap_version || ' ' || sqlite_version || ' ' || today || ' ' || "
     "site_file || ' ' || site_name || ' ' || site_sha256 || ' ' || product || ' ' || load_balancing AS concat FROM audits)",
	"0.1.0 4.2.0 1.10 3.40 2026-01-31 site.yaml Contoso aa skype-for-business-2015 hardware"},
    {"SELECT audio_lo || '-' || audio_hi || ifnull(video_lo, 'n') FROM audits", "49152-57500n"},
    {"SELECT filter || ' ' || covered_ns || ' ' || frames || ' ' || fragments || ' ' || ifnull(kernel_drops, 'n') || ' ' || broken FROM audits", "tcp port 443 61 51 52 n 1"},
    {"SELECT dropped_flows || ' ' || tunneled || ' ' || conversations || ' ' || acked_unseen FROM audits", "62 63 0 0"},
    {"SELECT feature || '=' || state FROM site_features WHERE state <> 'unknown' ORDER BY 1", "dial-in=yes;ipsec=no"},
    {"SELECT count(*) FROM site_features", "22"},
    {"SELECT document FROM site_documents", "doc-b"},
    {"SELECT lo || '-' || hi || ' ' || ifnull(name, 'n') || ' ' || roles || ' ' || line || ' ' || \"column\" FROM hosts",
	"10.0.0.1-10.0.0.1 fe01 1 8 5;10.2.0.0-10.2.255.255 n 34360786944 9 5;2001:db8::1-2001:db8::1 vip 65536 10 5"},
    {"SELECT roles.name FROM roles, hosts WHERE hosts.line = 9 AND hosts.roles & mask ORDER BY role", "client;sbc"},
    {"SELECT lo || ' ' || address FROM host_members JOIN hosts ON id = host", "2001:db8::1 10.0.0.1"},
    {"SELECT lo || ' ' || port || '/' || transport FROM host_ports JOIN hosts ON id = host", "2001:db8::1 443/tcp"},
    {"SELECT kind || ' ' || client_lo || '-' || client_hi || ' ' || ifnull(server_lo, 'any') || ' ' || port || '/' || transport || ' ' || app "
     "|| ' ' || reason || ' ' || owner || ' ' || expires || ' ' || line FROM waivers WHERE finding IS NULL",
	"scan 10.2.0.0-10.2.0.255 any 443/tcp TLS scanner someone 2027-01-31 20"},
    {"SELECT finding || ifnull(port, 'n') || ifnull(transport, 'n') || ifnull(client_lo, 'n') FROM waivers WHERE kind IS NULL", "abcnnn"},
    {"SELECT position || ' ' || name || ' ' || sha256 || ' ' || format || ' ' || bytes || ' ' || size || ' ' || frames || ' ' || filtered || "
     "' ' || first_ns || ' ' || last_ns || ' ' || backward || ' ' || no_ts || ' ' || truncated || ' ' || snaplen || ' ' || "
     "ifnull(kernel_drops, 'n') || ' ' || interface_drops || ' ' || broken FROM inputs WHERE position = 0",
	"0 a.pcap ff pcap 1000 1001 20 3 1700000000000000000 1700000001000000000 4 5 6 262144 n 7 0"},
    {"SELECT name || ifnull(sha256, 'n') || compression || kernel_drops || ifnull(interface_drops, 'n') || broken_at || broken_why FROM inputs "
     "WHERE position = 1", "b.pcapngngzip9n77cut off"},
    {"SELECT layer || '/' || reason || ' ' || defect || ' ' || frames || ' ' || first_frame FROM decode_counts ORDER BY position",
	"ethernet/unknown ethertype 0x88cc (LLDP) 0 31 32;ipv4/truncated 1 33 34"},
    {"SELECT name || ' ' || declared || ' ' || seen FROM coverage_roles c JOIN roles r ON r.role = c.role", "client 41 42"},
    {"SELECT client || ' ' || server || ' ' || conversations || ' ' || one_way FROM coverage_pairs", "20 0 43 44"},
    /* conversations */
    {"SELECT client || ' ' || server || ' ' || port || ' ' || transport || ' ' || app || ' ' || app_by || ' ' || client_roles || ' ' || "
     "server_roles FROM conversations WHERE port = 5061", "10.2.0.5 10.0.0.1 5061 tcp TLS dpi 1048576 1"},
    {"SELECT flows || ' ' || packets_client || ' ' || packets_server || ' ' || bytes_client || ' ' || bytes_server || ' ' || first_ns || ' ' || "
     "last_ns || ' ' || established || ' ' || midstream || ' ' || answered || ' ' || unanswered || ' ' || server_only || ' ' || refused_rst || "
     "' ' || refused_icmp || ' ' || filtered_icmp || ' ' || data_client || ' ' || data_server || ' ' || truncated || ' ' || gaps || ' ' || ah || "
     "' ' || duplicates FROM conversations WHERE port = 5061",
	"101 102 103 104 105 1700000000000000001 1700000000000000002 106 107 108 109 110 111 112 113 114 115 116 117 118 119"},
    {"SELECT group_concat(fact, ' ') FROM conversations c JOIN facts f ON c.facts & f.mask WHERE c.port = 5061", "tls-client-hello tls-gap"},
    {"SELECT tls_min || ' ' || tls_max || ' ' || client_port_lo || ' ' || client_port_hi || ' ' || direction FROM conversations WHERE port = 5061",
	"49 51 50001 50002 syn"},
    {"SELECT i.name || ' ' || frame || ' ' || j.name || ' ' || app_frame FROM conversations c JOIN inputs i ON i.id = input JOIN inputs j ON "
     "j.id = app_input WHERE c.port = 5061", "a.pcap 11 b.pcapng 14"},
    {"SELECT in_scope || attempt_only || noise || swapped || condition_open FROM conversations ORDER BY id", "10011;01100"},
    {"SELECT answer || ' ' || failed || ' ' || certainty || ' ' || u.rule || ' ' || rules FROM conversations c JOIN rules u ON u.id = c.rule "
     "ORDER BY c.id", "documented security probable own-1 2;no-role roles indeterminate rule-1 1"},
    {"SELECT u.rule FROM conversation_rules c JOIN rules u ON u.id = c.rule ORDER BY conversation, position", "own-1;rule-0"},
    {"SELECT h.name FROM conversations c JOIN hosts h ON h.id = server_host", "fe01"},
    {"SELECT transport || port || ifnull(app, 'n') || app_by || ifnull(tls_min, 'n') || ifnull(frame, 'n') || ifnull(server_host, 'n') || direction "
     "FROM conversations WHERE port = 0", "esp0nnonennnfirst-packet"},
    {"SELECT client_roles || ' ' || server_roles || ' ' || rule || ' ' || first FROM v_conversations LIMIT 1",
	"client front-end own-1 2023-11-14 22:13:20"},
    /* findings */
    {"SELECT finding || ' ' || kind || ' ' || severity || ' ' || certainty || ' ' || title || ' ' || reason FROM findings",
	"f-1 cleartext critical strong Clear text where encryption is documented expected, seen;"
	"f-2 capture-empty info certain The capture holds nothing to audit nothing"},
    {"SELECT client || ' ' || ifnull(client_name, 'n') || ' ' || client_roles || ' ' || server || ' ' || server_name || ' ' || server_roles || ' ' "
     "|| port || '/' || transport || ' ' || app || ' ' || rule || ' ' || citations FROM v_findings WHERE kind = 'cleartext'",
	"10.2.0.5 n client sbc 10.0.0.1 fe01 front-end mediation 5061/tcp SIP own-1 doc-b#T2.1 doc-a#T1.1"},
    {"SELECT flows || ' ' || packets || ' ' || bytes || ' ' || first || ' ' || evidence || ' ' || waiver || ' ' || waiver_owner || ' ' || "
     "waiver_expires || ' ' || waiver_expired FROM v_findings WHERE kind = 'cleartext'",
	"201 202 203 2023-11-14 22:13:20 a.pcap:15 b.pcapng:16 scanner someone 2027-01-31 1"},
    {"SELECT ifnull(client, 'n') || ifnull(port, 'n') || ifnull(transport, 'n') || ifnull(rule, 'n') || ifnull(waiver, 'n') || waiver_expired FROM "
     "findings WHERE kind = 'capture-empty'", "nnnnn0"},
    {"SELECT u.rule FROM findings f JOIN rules u ON u.id = f.nearest", "rule-1"},
    {"SELECT app_master || '.' || app_sub FROM conversations WHERE port = 5061", "91.0"},
    /* rows */
    {"SELECT citation || ' ' || kind || ' ' || ifnull(rules, 'n') || ' ' || state || ' ' || ifnull(reason, 'n') || ' ' || flows FROM v_rows",
	"doc-a#T1.1 rule rule-0 own-1 observed seen 5;doc-a#T1.2 blank n blank n 0;doc-b#T2.1 rule own-1 rule-1 not-observed not seen 0;"
	"doc-b#P.7 statement n statement n 0"},
    {"SELECT lo || '-' || hi FROM rule_ports p JOIN rules r ON r.id = p.rule WHERE r.rule = 'rule-0' ORDER BY position",
	"5061-5061;5060-5062;1-2;65535-65535"},
    {"SELECT transport FROM rule_transports t JOIN rules r ON r.id = t.rule WHERE r.rule = 'own-1' ORDER BY position", "esp;ah;sctp;255"},
};

static void
test_audit(void **state)
{
	struct aud_store *s = open_store(path);
	struct aud_report report;
	struct aud_trial trial;
	struct aud_coverage coverage;

	(void)state;
	made_report(&report, &trial, &coverage);
	assert_int_equal(aud_store_audit(s, &report, NULL), AUD_OK);
	aud_store_close(s);
	for (size_t i = 0; i < COUNT(queries); i++) {
		const char *got = ask(queries[i].sql);

		if (strcmp(got, queries[i].expected) != 0)
			fail_msg("%s\nexpected: %s\ngot:      %s", queries[i].sql, queries[i].expected, got);
	}
	assert_sound();
}

static void
test_second_audit(void **state)
{
	struct aud_report report;
	struct aud_trial trial;
	struct aud_coverage coverage;
	struct aud_store *s;
	sqlite3 *h;

	(void)state;
	made_report(&report, &trial, &coverage);
	for (int i = 0; i < 2; i++) {
		s = open_store(path);
		assert_int_equal(aud_store_audit(s, &report, NULL), AUD_OK);
		aud_store_close(s);
	}
	assert_string_equal(ask("SELECT id || ' ' || matrix FROM audits"), "1 1;2 1");
	assert_string_equal(ask("SELECT audit || ' ' || count(*) FROM findings GROUP BY audit"), "1 2;2 2");
	assert_string_equal(ask("SELECT audit || ' ' || count(*) FROM row_states GROUP BY audit"), "1 4;2 4");
	assert_string_equal(ask("SELECT audit || ' ' || count(*) FROM v_rows GROUP BY audit"), "1 4;2 4");
	assert_string_equal(ask("SELECT DISTINCT h.audit FROM conversations c JOIN hosts h ON h.id = c.client_host WHERE c.audit = 2"), "2");
	assert_string_equal(ask("SELECT DISTINCT i.audit FROM evidence e JOIN findings f ON f.id = e.finding JOIN inputs i ON i.id = e.input "
				"WHERE f.audit = 2"), "2");
	assert_sound();

	/* As the schema says, an audit goes with all that hangs on it, whatever foreign_keys is. */
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, "BEGIN; DELETE FROM audits WHERE id = 1; ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, "PRAGMA foreign_keys = ON; DELETE FROM audits WHERE id = 1", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(h);
	assert_string_equal(ask("SELECT count(*) FROM conversation_rules"), "2");
	assert_string_equal(ask("SELECT (SELECT count(*) FROM hosts) || (SELECT count(*) FROM host_ports) || (SELECT count(*) FROM site_features)"), "3122");
	assert_string_equal(ask("SELECT DISTINCT audit FROM conversations UNION SELECT audit FROM findings UNION SELECT audit FROM inputs"), "2");
	assert_string_equal(ask("SELECT count(*) FROM evidence"), "2");
	assert_sound();
}

/* Neither site nor matrix: flows only. */
static void
test_bare_audit(void **state)
{
	const struct aud_ruling ruling = {.verdict = {.answer = AUD_NO_ROLE, .failed = AUD_STEP_ROLES, .certainty = AUD_INDETERMINATE}};
	struct aud_case cases[1] = {made_cases[1]};
	struct aud_trial trial = {.cases = cases, .ncases = 1};
	struct aud_report report = {.version = "1", .trial = &trial};
	struct aud_store *s = open_store(path);

	(void)state;
	cases[0].ruling = &ruling;
	assert_int_equal(aud_store_audit(s, &report, NULL), AUD_OK);
	aud_store_close(s);
	assert_string_equal(ask("SELECT ifnull(site_file, 'n') || product || load_balancing FROM audits"), "nanyunknown");
	assert_string_equal(ask("SELECT client || ' ' || client_roles FROM v_conversations"), "NULL");
	assert_string_equal(ask("SELECT client || ' ' || server FROM v_conversations"), "10.2.0.5 10.0.0.9");
	assert_sound();
}

/* A result that refers to what does not exist must not be half stored. */
static void
test_rollback(void **state)
{
	struct aud_finding findings[2] = {made_findings[0], made_findings[1]};
	struct aud_report report;
	struct aud_trial trial;
	struct aud_coverage coverage;
	struct aud_err err = {0};
	struct aud_store *s = open_store(path);

	(void)state;
	made_report(&report, &trial, &coverage);
	findings[1].rule = 99;
	trial.findings = findings;
	assert_int_equal(aud_store_audit(s, &report, &err), AUD_IO);
	assert_non_null(strstr(err.msg, path));
	assert_non_null(strstr(err.msg, "FOREIGN KEY"));
	assert_string_equal(ask("SELECT (SELECT count(*) FROM audits) + (SELECT count(*) FROM conversations) + (SELECT count(*) FROM matrices)"), "0");
	findings[1].rule = -1;
	assert_int_equal(aud_store_audit(s, &report, NULL), AUD_OK);
	aud_store_close(s);
	assert_sound();
}

/* What the schema itself refuses, whoever writes. */
static void
test_nonsense(void **state)
{
	static const char *const refused[] = {
	    "UPDATE findings SET kind = 'strange-flow'", "UPDATE findings SET port = 65536", "UPDATE findings SET transport = ''",
	    "UPDATE findings SET flows = -1", "UPDATE findings SET last_ns = first_ns - 1", "UPDATE findings SET finding = 'f-1'",
	    "UPDATE findings SET nearest = rule WHERE rule IS NOT NULL", "UPDATE conversations SET port = -1",
	    "UPDATE conversations SET transport = 'TCP '", "UPDATE conversations SET flows = -1", "UPDATE conversations SET last_ns = -1",
	    "UPDATE conversations SET server = '10.0.0.1', port = 1, transport = 'tcp', app_master = 0, app_sub = 0, app_by = 'none'",
	    "UPDATE row_states SET flows = 0 WHERE state = 'observed'", "UPDATE row_states SET state = 'missing' WHERE flows > 0",
	    "UPDATE inputs SET last_ns = first_ns - 1", "UPDATE inputs SET name = 'a.pcap'", "UPDATE waivers SET port = 70000",
	};
	struct aud_store *s = open_store(path);
	struct aud_report report;
	struct aud_trial trial;
	struct aud_coverage coverage;

	(void)state;
	made_report(&report, &trial, &coverage);
	assert_int_equal(aud_store_audit(s, &report, NULL), AUD_OK);
	for (size_t i = 0; i < COUNT(refused); i++)
		if (!db_exec(s->db, refused[i], NULL))
			fail_msg("taken: %s", refused[i]);
	/* Every kind that there is. */
	for (int i = 0; i < AUD_KIND_COUNT; i++) {
		char sql[128];

		snprintf(sql, sizeof sql, "UPDATE findings SET kind = '%s'", name_of(&names_kind, (unsigned)i));
		assert_int_equal(db_exec(s->db, sql, NULL), AUD_OK);
	}
	aud_store_close(s);
	assert_sound();
}

static void
write_file(const char *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void
assert_refused(const char *name, const char *expected)
{
	struct aud_err err = {0};
	struct stat before, after;
	struct aud_store *s;
	char shown[400];

	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(aud_store_open(&s, path, &err), AUD_IO);
	assert_null(s);
	snprintf(shown, sizeof shown, "%s: %s", path, expected);
	if (strncmp(err.msg, shown, strlen(shown)) != 0)
		fail_msg("%s: expected \"%s\", got \"%s\"", name, shown, err.msg);
	/* Untouched, and nothing beside it. */
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	assert_int_equal(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static void
make_database(const char *sql)
{
	sqlite3 *h;

	unlink(path);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	if (sqlite3_exec(h, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(h));
	sqlite3_close(h);
}

static void
test_refused(void **state)
{
	static const char ours[] = "PRAGMA application_id = 1397768533; CREATE TABLE t (a); PRAGMA user_version = 99";
	char capture[200] = "\xd4\xc3\xb2\xa1";
	struct aud_err err = {0};
	struct aud_store *s;

	(void)state;
	write_file(capture, sizeof capture);
	assert_refused("a capture", "exists and is no audit database: left as it is, give another file");
	write_file("short", 5);
	assert_refused("a short file", "exists and is no audit database: left as it is, give another file");
	write_file("SQLite format 3", 16);
	assert_refused("the beginning of a database", "exists and is no audit database: left as it is, give another file");
	make_database("CREATE TABLE t (a)");
	assert_refused("a database without an application", "a database of another program: left as it is, give another file");
	make_database("PRAGMA application_id = 252006673; CREATE TABLE t (a)");
	assert_refused("a database of another application", "a database of another program: left as it is, give another file");
	make_database("PRAGMA journal_mode = WAL; CREATE TABLE t (a)");
	assert_refused("a WAL database", "a database of another program: left as it is, give another file");
	make_database(ours);
	assert_refused("a newer one",
	    "written by a newer spanaudit (schema 99, this one knows 4): use that one, or give another file");
	unlink(path);
	assert_int_equal(aud_store_open(&s, dir, &err), AUD_IO);
	assert_non_null(strstr(err.msg, "no regular file"));
	err = (struct aud_err){0};
	assert_int_equal(aud_store_open(&s, "/nonexistent-folder/a.db", &err), AUD_IO);
	assert_non_null(strstr(err.msg, "/nonexistent-folder/a.db: cannot be read or written: No such file"));
	/* What mktemp leaves is taken. */
	write_file("", 0);
	aud_store_close(open_store(path));
	assert_string_equal(ask("PRAGMA user_version"), "4");
}

/* Damage is told with the path, whatever is damaged. */
static void
test_damaged(void **state)
{
	struct aud_store *s = open_store(path);
	struct aud_err err = {0};
	enum aud_code code;
	struct stat st;

	(void)state;
	assert_int_equal(aud_store_matrix(s, &made_matrix, &made_site, NULL), AUD_OK);
	aud_store_close(s);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size / 2 / 4096 * 4096), 0);
	code = aud_store_open(&s, path, &err);
	if (!code) {
		struct aud_matrix *m = NULL;

		code = aud_store_read_matrix(s, &m, &err);
		assert_null(m);
		aud_store_close(s);
	}
	assert_int_equal(code, AUD_IO);
	assert_non_null(strstr(err.msg, path));
	assert_non_null(strstr(err.msg, "damaged"));
}

/* A further version is applied to a file of the one before, each in its own transaction; a step that fails changes nothing. */
static void
test_migration(void **state)
{
	static const struct migration steps[] = {
	    {3, 4, "not applied again"},
	    {4, 5, "ALTER TABLE audits ADD COLUMN note TEXT"},
	    {5, 6, "CREATE TABLE four (a); CREATE TABLE audits (a)"},
	};
	struct aud_err err = {0};
	struct db *db;

	(void)state;
	aud_store_close(open_store(path));
	assert_int_equal(db_open(&db, path, NULL), AUD_OK);
	assert_int_equal(store_migrate(db, steps, 2, NULL), AUD_OK);
	assert_string_equal(ask("PRAGMA user_version"), "5");
	assert_string_equal(ask("SELECT count(*) FROM pragma_table_info('audits') WHERE name = 'note'"), "1");
	assert_int_equal(store_migrate(db, steps, 2, NULL), AUD_OK);
	assert_int_equal(store_migrate(db, steps, 3, &err), AUD_IO);
	assert_string_equal(ask("PRAGMA user_version"), "5");
	assert_string_equal(ask("SELECT count(*) FROM sqlite_master WHERE name = 'four'"), "0");
	err = (struct aud_err){0};
	assert_int_equal(store_migrate(db, steps, 1, &err), AUD_IO);
	assert_non_null(strstr(err.msg, "newer spanaudit"));
	db_close(db);
}

/* Root may write to files that are read-only; a database opened immutable may not be written by anyone. */
static void
test_readonly(void **state)
{
	struct aud_store *s = open_store(path), *second;
	struct aud_err err = {0};

	(void)state;
	/* Someone else holds the file. */
	assert_int_equal(db_exec(s->db, "BEGIN EXCLUSIVE", NULL), AUD_OK);
	second = NULL;
	assert_int_equal(aud_store_open(&second, path, &err), AUD_IO);
	assert_non_null(strstr(err.msg, path));
	assert_non_null(strstr(err.msg, "in use by another program"));
	assert_int_equal(db_exec(s->db, "COMMIT", NULL), AUD_OK);
	/* SQLite itself refuses to write. */
	assert_int_equal(db_exec(s->db, "PRAGMA query_only = ON", NULL), AUD_OK);
	err = (struct aud_err){0};
	assert_int_equal(aud_store_matrix(s, &made_matrix, NULL, &err), AUD_IO);
	assert_non_null(strstr(err.msg, path));
	assert_non_null(strstr(err.msg, "cannot be written"));
	aud_store_close(s);
	if (geteuid() == 0)
		return;
	assert_int_equal(chmod(path, 0444), 0);
	s = open_store(path);
	err = (struct aud_err){0};
	assert_int_equal(aud_store_matrix(s, &made_matrix, NULL, &err), AUD_IO);
	assert_non_null(strstr(err.msg, "cannot be written"));
	aud_store_close(s);
}

/* The disk is full: once by SQLite's own bound, once by the system's bound on the size of a file. */
static void
test_full(void **state)
{
	struct aud_store *s = open_store(path);
	struct rlimit old, tight = {0};
	struct aud_report report;
	struct aud_trial trial;
	struct aud_coverage coverage;
	struct aud_err err = {0};
	struct aud_case *many = calloc(3000, sizeof *many);
	struct aud_conv *convs = calloc(3000, sizeof *convs);

	(void)state;
	assert_non_null(many);
	assert_non_null(convs);
	for (size_t i = 0; i < 3000; i++) {
		many[i] = made_cases[0];
		convs[i] = *made_cases[0].conv;
		convs[i].port = (uint16_t)i;
		many[i].conv = &convs[i];
	}
	made_report(&report, &trial, &coverage);
	trial.cases = many;
	trial.ncases = 3000;
	assert_int_equal(db_exec(s->db, "PRAGMA max_page_count = 80", NULL), AUD_OK);
	assert_int_equal(aud_store_audit(s, &report, &err), AUD_IO);
	assert_non_null(strstr(err.msg, path));
	assert_non_null(strstr(err.msg, "No space left"));
	assert_string_equal(ask("SELECT count(*) FROM audits"), "0");
	assert_int_equal(db_exec(s->db, "PRAGMA max_page_count = 1000000", NULL), AUD_OK);

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tight.rlim_cur = 400000;
	tight.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	err = (struct aud_err){0};
	assert_int_equal(aud_store_audit(s, &report, &err), AUD_IO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_non_null(strstr(err.msg, path));
	assert_non_null(strstr(err.msg, "cannot be"));

	/* With room again, the same handle goes on. */
	assert_int_equal(aud_store_audit(s, &report, NULL), AUD_OK);
	aud_store_close(s);
	assert_string_equal(ask("SELECT count(*) FROM conversations"), "3000");
	assert_sound();
	free(many);
	free(convs);
}

/* SQLite runs out of memory at ever later points: each time all or nothing, and the file stays sound. */
static void
test_memory(void **state)
{
	struct aud_report report;
	struct aud_trial trial;
	struct aud_coverage coverage;
	int stored = 0, failed = 0;

	(void)state;
	made_report(&report, &trial, &coverage);
	aud_store_close(open_store(path));
	for (sqlite3_int64 limit = 200000; limit < 2000000; limit += 23000) {
		struct aud_err err = {0};
		struct aud_store *s;
		enum aud_code code;

		sqlite3_hard_heap_limit64(limit);
		code = aud_store_open(&s, path, &err);
		if (!code) {
			code = aud_store_audit(s, &report, &err);
			aud_store_close(s);
		}
		sqlite3_hard_heap_limit64(0);
		if (code) {
			assert_int_equal(code, AUD_NOMEM);
			assert_int_equal(err.code, AUD_NOMEM);
			failed++;
		} else
			stored++;
		assert_int_equal(atoi(ask("SELECT count(*) FROM audits")), stored);
	}
	assert_true(failed > 5 && stored > 5);
	assert_sound();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_matrix), TEST(test_matrices), TEST(test_audit), TEST(test_second_audit), TEST(test_bare_audit),
	    TEST(test_rollback), TEST(test_nonsense), TEST(test_refused), TEST(test_damaged), TEST(test_migration), TEST(test_readonly), TEST(test_full),
	    TEST(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
