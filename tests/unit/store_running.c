/* A running audit in the database: what a flush writes, what it leaves alone, and what another start finds. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include <aud/ipsec.h>

#include "store_ask.h"
#include "store_impl.h"
#include "store_made.h"

#define DAY UINT64_C(86400000000000)
static const uint64_t now = UINT64_C(1700000100000000000);

static char dir[] = "/tmp/aud-running-XXXXXX", path[64];
static struct aud_report report;
static struct aud_trial trial;
static struct aud_coverage coverage;

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/aud-running-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/audit.db", dir);
	made_report(&report, &trial, &coverage);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const beside[] = {"", "-wal", "-shm", "-journal"};

	(void)state;
	for (size_t i = 0; i < COUNT(beside); i++) {
		char name[80];

		snprintf(name, sizeof name, "%s%s", path, beside[i]);
		unlink(name);
	}
	return rmdir(dir);
}

static void
assert_ask(const char *sql, const char *expected)
{
	const char *got = store_ask(path, sql);

	if (strcmp(got, expected))
		fail_msg("%s: expected %s, got %s", sql, expected, got);
}

static struct aud_store *
start(int64_t *audit)
{
	struct aud_err err = {0};
	struct aud_store *s;

	if (aud_store_open_running(&s, path, &err) || aud_store_find_running(s, trial.matrix, trial.site, trial.filter, audit, &err))
		fail_msg("%s", err.msg);
	return s;
}

static void
flush_at(struct aud_store *s, int64_t *audit, struct aud_flush f)
{
	struct aud_err err = {0};

	f.report = &report;
	f.started_ns = now;
	f.window_ns = f.window_ns ? f.window_ns : DAY;
	if (aud_store_flush(s, audit, &f, &err))
		fail_msg("%s", err.msg);
	assert_ask("PRAGMA integrity_check", "ok");
	assert_ask("PRAGMA foreign_key_check", "");
}

/* Changes of rows by this connection, which is how it is known that nothing was written. */
static int64_t
changes(struct aud_store *s)
{
	int64_t n;

	assert_int_equal(db_ask(s->db, "SELECT total_changes()", &n, NULL), AUD_OK);
	return n;
}

static void
test_changes(void **state)
{
	struct aud_conv conv = *made_cases[0].conv, *const kept = made_cases[0].conv;
	int64_t audit, before, idle;
	struct aud_store *s = start(&audit);

	(void)state;
	assert_int_equal(audit, 0);
	made_cases[0].conv = &conv;
	flush_at(s, &audit, (struct aud_flush){.now_ns = now});
	assert_int_equal(audit, 1);
	assert_ask("SELECT count(*) FROM conversations", "2");
	/* The order is that of the bytes of addresses, not of their text. */
	assert_ask("SELECT server FROM conversations ORDER BY sort_key", "10.0.0.1;10.0.0.9");
	assert_ask("SELECT packets_client FROM conversations WHERE port = 5061", "102");
	assert_ask("SELECT journal_mode FROM pragma_journal_mode", "wal");
	before = changes(s);
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 1});
	idle = changes(s) - before;
	conv.packets[0] = 1000;
	before = changes(s);
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 2});
	/* One conversation more: its row, its rules deleted and written. */
	assert_in_range(changes(s) - before - idle, 1, 6);
	assert_ask("SELECT packets_client FROM conversations WHERE port = 5061", "1000");
	assert_ask("SELECT count(*) FROM findings", "2");
	assert_ask("SELECT count(*) FROM audits", "1");
	aud_store_close(s);
	made_cases[0].conv = kept;
}

/* As the stored audit tells them: ids, in their order, each with how many rows it cites and frames it shows. */
static void
assert_told_in_order(struct aud_store *s, int64_t audit)
{
	struct aud_stored *stored;
	struct aud_err err = {0};
	const struct aud_trial *t;

	if (aud_store_read_audit(s, audit, &stored, &err))
		fail_msg("%s", err.msg);
	t = aud_stored_report(stored)->trial;
	assert_int_equal(t->nfindings, trial.nfindings);
	for (size_t i = 0; i < t->nfindings; i++) {
		assert_string_equal(t->findings[i].id, trial.findings[i].id);
		assert_int_equal(t->findings[i].severity, trial.findings[i].severity);
		assert_int_equal(t->findings[i].flows, trial.findings[i].flows);
		assert_int_equal(t->findings[i].ncitations, trial.findings[i].ncitations);
		assert_int_equal(t->findings[i].nevidence, trial.findings[i].nevidence);
		for (size_t k = 0; k < t->findings[i].nevidence; k++)
			assert_true(t->findings[i].evidence[k] == trial.findings[i].evidence[k]);
		assert_true(!t->findings[i].ncitations || t->findings[i].citations[0] == trial.findings[i].citations[0]);
	}
	aud_stored_free(stored);
}

/* A thousand findings, of which one changes, one goes and one comes: three are written. */
static void
test_findings(void **state)
{
	enum { MANY = 1000, ROOM = MANY + 1 };
	struct aud_finding *v = calloc(ROOM, sizeof *v);
	int64_t audit, before, idle;
	struct aud_store *s = start(&audit);

	(void)state;
	assert_non_null(v);
	for (unsigned i = 0; i < MANY; i++) {
		v[i] = made_findings[0];
		v[i].severity = AUD_HIGH;
		v[i].port = (int)i + 1;
		snprintf(v[i].id, sizeof v[i].id, "n-%u", i);
	}
	trial.findings = v;
	trial.nfindings = MANY;
	flush_at(s, &audit, (struct aud_flush){.now_ns = now});
	before = changes(s);
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 1});
	idle = changes(s) - before;
	assert_true(idle < 50);
	assert_told_in_order(s, audit);
	/* The last becomes worse, and so the first; the one of port 11 goes; between those of ports 500 and 501 one comes. */
	struct aud_finding worse = v[MANY - 1], comes = v[499];
	worse.severity = AUD_CRITICAL;
	worse.nevidence = 1;
	comes.app = "TLS";
	comes.ncitations = 1;
	strcpy(comes.id, "n-comes");
	memmove(&v[10], &v[11], (MANY - 12) * sizeof *v);
	memmove(&v[500], &v[499], (MANY - 501) * sizeof *v);
	v[499] = comes;
	memmove(&v[1], &v[0], (MANY - 1) * sizeof *v);
	v[0] = worse;
	before = changes(s);
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 2});
	/* Each of the three is a row with two citations and two frames at most, deleted, written, or both. */
	assert_in_range(changes(s) - before - idle, 3, 20);
	assert_told_in_order(s, audit);
	assert_ask("SELECT count(*) FROM findings WHERE finding = 'n-10'", "0");
	trial.nfindings = 0;
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 3});
	assert_ask("SELECT (SELECT count(*) FROM findings) + (SELECT count(*) FROM finding_citations) + (SELECT count(*) FROM evidence)", "0");
	aud_store_close(s);
	free(v);
	trial.findings = made_findings;
	trial.nfindings = COUNT(made_findings);
}

/* Known by another name now: gone. Silent beyond the window: past. */
static void
test_gone(void **state)
{
	int64_t audit;
	struct aud_store *s = start(&audit);

	(void)state;
	flush_at(s, &audit, (struct aud_flush){.now_ns = now});
	trial.ncases = 1;
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 1, .window_ns = 2 * now});
	assert_ask("SELECT count(*) FROM conversations", "1");
	assert_ask("SELECT count(*) FROM past_conversations", "0");
	trial.ncases = 0;
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 3 * DAY});
	assert_ask("SELECT count(*) FROM conversations", "0");
	assert_ask("SELECT server || ' ' || packets_client FROM past_conversations", "10.0.0.1 102");
	assert_ask("SELECT count(*) FROM conversation_rules", "0");
	/* And until --keep. */
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 3 * DAY, .keep_ns = 4 * DAY});
	assert_ask("SELECT count(*) FROM past_conversations", "1");
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 3 * DAY, .keep_ns = 2 * DAY});
	assert_ask("SELECT count(*) FROM past_conversations", "0");
	aud_store_close(s);
	trial.ncases = COUNT(made_cases);
}

static enum aud_code
told(void *user, const char *finding, uint64_t first_ns, uint64_t last_ns, struct aud_err *err)
{
	char *out = user;

	(void)err;
	snprintf(out + strlen(out), 200 - strlen(out), "%s %u %u;", finding, (unsigned)(first_ns - now), (unsigned)(last_ns - now));
	return AUD_OK;
}

/* The next start goes on with the same audit and what it told; with other rules, site or filter it begins one. */
static void
test_next_start(void **state)
{
	const struct aud_flush_told list[] = {{"f-1", now + 1, now + 2, 0}, {"f-2", now + 1, now + 3, now + 3}};
	struct aud_flush_alert alerts[] = {{now, AUD_ALERT_DROPS, (char[]){"some"}}};
	const struct aud_flush_point points[] = {{"eth1", true, 5, 1, 0, 4}};
	struct aud_err err = {0};
	struct aud_store *other;
	struct aud_stored *stored;
	int64_t audit, same;
	struct aud_store *s = start(&audit);
	char text[200] = "";

	(void)state;
	flush_at(s, &audit, (struct aud_flush){.now_ns = now, .told = list, .ntold = 2, .alerts = alerts, .nalerts = 1, .points = points, .npoints = 1});
	assert_ask("SELECT watch_ended_ns FROM audits", "NULL");
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 9, .window_ns = 2 * DAY, .over = true});
	/* One at a time. */
	assert_int_equal(aud_store_open_running(&other, path, &err), AUD_IO);
	assert_non_null(strstr(err.msg, "another 'spanaudit watch'"));
	aud_store_close(s);
	/* Who may only read can read it: SQLite demands the right to make a log where the file says that it has one. */
	assert_ask("PRAGMA journal_mode", "delete");
	assert_ask("SELECT alert || ' ' || message FROM watch_alerts", "drops some");
	assert_ask("SELECT interface || ' ' || received || ' ' || kernel_drops FROM watch_counts", "eth1 5 1");
	assert_ask("SELECT watch_ended_ns > watch_started_ns FROM audits", "1");
	s = start(&same);
	assert_int_equal(same, audit);
	assert_int_equal(aud_store_told(s, same, told, text, NULL), AUD_OK);
	assert_string_equal(text, "f-1 1 2;");
	assert_int_equal(aud_store_read_audit(s, same, &stored, NULL), AUD_OK);
	assert_int_equal(aud_stored_report(stored)->trial->nfindings, 2);
	/* Over which time the report speaks: the window of the last flush, and when that was. */
	assert_true(aud_stored_report(stored)->trial->coverage->window_ns == 2 * DAY);
	assert_true(aud_stored_report(stored)->trial->coverage->window_end_ns == now + 9);
	assert_int_equal(aud_stored_report(stored)->trial->findings[0].nevidence, 2);
	aud_stored_free(stored);
	flush_at(s, &same, (struct aud_flush){.now_ns = now + 20});
	assert_ask("SELECT count(*) FROM audits", "1");
	assert_ask("SELECT count(*) FROM hosts", "3");
	assert_ask("SELECT count(*) FROM conversations", "2");
	trial.filter = "udp";
	assert_int_equal(aud_store_find_running(s, trial.matrix, trial.site, trial.filter, &same, NULL), AUD_OK);
	assert_int_equal(same, 0);
	aud_store_close(s);
}

static enum aud_code
saved(void *user, const struct aud_ipsec_saved *s, struct aud_err *err)
{
	char *out = user;

	(void)err;
	snprintf(out + strlen(out), 200 - strlen(out), "%u %u %u %s %.*s;", (unsigned)s->part, s->slot, (unsigned)(s->last_ns - now),
	    s->tunnel_text ? s->tunnel_text : "-", (int)s->n, (const char *)s->bytes);
	return AUD_OK;
}
#define SAVED(part, slot, age, tunnel, text) {part, slot, now + (age), 0, tunnel, sizeof(text) - 1, (const uint8_t *)(text)}

/* Records of IPsec: what has changed is written and nothing else, in any order it is read in theirs; and what the next start needs. */
static void
test_ipsec(void **state)
{
	static const uint8_t big[65537] = {'x'};
	struct aud_sa sas[] = {{.src = {{10, 0, 0, 1}, 4}, .dst = {{10, 0, 0, 2}, 4}, .spi = 7, .packets = 1, .frames = {1}, .first_ns = 1, .last_ns = 2},
	    {.src = {{10, 0, 0, 3}, 4}, .dst = {{10, 0, 0, 2}, 4}, .spi = 7, .packets = 2, .ninner = 1,
		.inner = {{.src = {{10, 0, 0, 3}, 4}, .dst = {{10, 0, 0, 2}, 4}, .proto = 17}}, .first_ns = 1, .last_ns = 2}};
	struct aud_ike ikes[] = {{.initiator = {{10, 0, 0, 1}, 4}, .responder = {{10, 0, 0, 2}, 4}, .initiator_spi = {1}, .first_ns = 1, .nexchanges = 1}};
	struct aud_ipsec_result r = {.sas = &sas[1], .nsas = 1, .ikes = ikes, .nikes = 1};
	struct aud_ipsec_saved first[] = {SAVED(AUD_PART_ASSOCIATION, 0, 5, NULL, "abc"), SAVED(AUD_PART_ASSOCIATION, 1, 9, "gre", "de"),
	    SAVED(AUD_PART_REST, 0, 1000, NULL, "f")}, later[] = {SAVED(AUD_PART_ASSOCIATION, 1, 11, NULL, "other"),
	    {AUD_PART_NEGOTIATION, 0, now + 12, 0, NULL, sizeof big, big}};
	struct aud_ipsec_saves saves = {.v = first, .n = COUNT(first)};
	int64_t audit, before, idle;
	struct aud_store *s = start(&audit);
	struct aud_stored *stored;
	char text[200] = "";

	(void)state;
	trial.ipsec = &r;
	flush_at(s, &audit, (struct aud_flush){.now_ns = now, .ipsec = &saves});
	before = changes(s);
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 1});
	idle = changes(s) - before;
	r = (struct aud_ipsec_result){.sas = sas, .nsas = 2, .ikes = ikes, .nikes = 1};
	before = changes(s);
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 2});
	/* The one that is new, and its frame. */
	assert_int_equal(changes(s) - before - idle, 2);
	sas[1].packets = 20;
	saves = (struct aud_ipsec_saves){.v = later, .n = COUNT(later)};
	before = changes(s);
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 3, .ipsec = &saves});
	/* Its talk and itself, away and anew, one that is kept in the place of another, and one more. */
	assert_int_equal(changes(s) - before - idle, 6);
	assert_int_equal(aud_store_read_audit(s, audit, &stored, NULL), AUD_OK);
	const struct aud_ipsec_result *got = aud_stored_report(stored)->trial->ipsec;
	assert_int_equal(got->nsas, 2);
	assert_int_equal(got->sas[0].packets, 1);
	assert_int_equal(got->sas[0].frames[0], 1);
	assert_int_equal(got->sas[0].ninner, 0);
	assert_int_equal(got->sas[1].packets, 20);
	assert_int_equal(got->sas[1].ninner, 1);
	assert_int_equal(got->ikes[0].nexchanges, 1);
	aud_stored_free(stored);
	r.nsas = 1;
	r.nikes = 0;
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 4});
	assert_ask("SELECT source FROM security_associations", "10.0.0.1");
	assert_ask("SELECT count(*) FROM negotiations", "0");
	assert_int_equal(aud_store_ipsec(s, audit, now + 6, saved, text, NULL), AUD_OK);
	/* What no version writes, so long, is none. */
	assert_string_equal(text, "2 0 1000 - f;0 1 11 - other;1 0 12 - ;");
	/* Another audit: the former one is over, and keeps nothing for a start that will not come. */
	int64_t other = 0;
	aud_store_forget(s);
	flush_at(s, &other, (struct aud_flush){.now_ns = now + 5});
	assert_int_equal(other, 2);
	assert_ask("SELECT ifnull(watch_ended_ns = watch_flushed_ns, 'runs') FROM audits ORDER BY id", "1;runs");
	assert_ask("SELECT count(*) FROM watch_ipsec", "0");
	assert_ask("SELECT count(*) FROM security_associations WHERE audit = 1", "1");
	aud_store_close(s);
	trial.ipsec = NULL;
}

static const char *const statements[] = {
#define X(e, sql) sql,
    STORE_SQL(X)
#undef X
};

/* What SQLite is going to do: a table that it scans it reads as a whole. */
static void
assert_searched(enum stmt stmt, const char *table, const char *alias)
{
	char sql[1024], scan[64], short_scan[64];
	sqlite3_stmt *st;
	sqlite3 *h;

	snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", statements[stmt]);
	snprintf(scan, sizeof scan, "SCAN %s", table);
	snprintf(short_scan, sizeof short_scan, "SCAN %s", alias);
	assert_int_equal(sqlite3_open_v2(path, &h, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(h, sql, -1, &st, NULL), SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(st, 3);

		if (!strcmp(step, scan) || !strcmp(step, short_scan))
			fail_msg("%s: %s", statements[stmt], step);
	}
	sqlite3_finalize(st);
	sqlite3_close(h);
}

/* What is older than --keep goes from the series of every interface, and from the alerts; what is not stays. */
static void
test_keep(void **state)
{
	const struct aud_flush_point points[] = {{"a.pcap", true, 5, 1, 0, 4}, {"b.pcapng", true, 5, 1, 0, 4}};
	struct aud_flush_alert alerts[] = {{now, AUD_ALERT_DROPS, (char[]){"some"}}};
	const struct aud_flush_told list[] = {{"f-1", now, now, 0}, {"f-2", now, now, now}, {"f-3", now, now, now + 2 * DAY}};
	const struct aud_flush_evidence files[] = {{.finding = "f-2", .ts_ns = now}, {.finding = "f-3", .ts_ns = now + 2 * DAY}};
	int64_t audit;
	struct aud_store *s = start(&audit);

	(void)state;
	flush_at(s, &audit, (struct aud_flush){.now_ns = now, .alerts = alerts, .nalerts = 1, .points = points, .npoints = 2});
	alerts[0].ts_ns = now + 2 * DAY;
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 2 * DAY, .alerts = alerts, .nalerts = 1, .points = points, .npoints = 2});
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 2 * DAY, .told = list, .ntold = 3, .evidence = files, .nevidence = 2});
	assert_ask("SELECT count(*) FROM watch_counts", "4");
	/* A clock that was set ahead makes nothing older. */
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 9 * DAY, .ahead_ns = 9 * DAY, .keep_ns = DAY});
	assert_ask("SELECT count(*) FROM watch_alerts", "2");
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 2 * DAY + 1, .keep_ns = DAY});
	assert_ask("SELECT finding FROM watch_findings", "f-1;f-3");
	assert_ask("SELECT finding FROM watch_files", "f-3");
	assert_ask("SELECT count(*) FROM watch_counts", "2");
	assert_ask("SELECT count(*) FROM watch_alerts", "1");
	aud_store_close(s);
	/* It is done at every flush, over what months have gathered. */
	assert_searched(STMT_AGE_COUNTS, "watch_counts", "c");
	assert_searched(STMT_AGE_ALERTS, "watch_alerts", "l");
	assert_searched(STMT_AGE_TOLD, "watch_findings", "watch_findings");
	assert_searched(STMT_AGE_FILES, "watch_files", "watch_files");
}

/* A flush that fails changes nothing, and the next one writes all that it would have. */
static void
test_failure(void **state)
{
	struct aud_conv conv = *made_cases[0].conv, *const kept = made_cases[0].conv;
	struct aud_flush f = {.report = &report, .now_ns = now + 1, .started_ns = now, .window_ns = DAY};
	struct aud_err err = {0};
	struct aud_sa sas[] = {{.src = {{10, 0, 0, 1}, 4}, .dst = {{10, 0, 0, 2}, 4}, .spi = 7, .packets = 1},
	    {.src = {{10, 0, 0, 2}, 4}, .dst = {{10, 0, 0, 1}, 4}, .spi = 8, .packets = 2}};
	struct aud_ike ikes[] = {{.initiator = {{10, 0, 0, 1}, 4}, .responder = {{10, 0, 0, 2}, 4}, .messages = {1, 1}}};
	struct aud_ipsec_result r = {.sas = sas, .nsas = 1, .ikes = ikes, .nikes = 1};
	sqlite3 *other;
	int64_t audit;
	struct aud_store *s = start(&audit);

	(void)state;
	made_cases[0].conv = &conv;
	trial.ipsec = &r;
	flush_at(s, &audit, (struct aud_flush){.now_ns = now});
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	conv.packets[0] = 2000;
	const struct aud_flush_point points[] = {{"eth1", true, 5, 1, 0, 4}};
	f.points = points;
	f.npoints = 1;
	made_findings[1].flows = 77;
	sas[0].packets = 20;
	ikes[0].messages[0] = 21;
	r.stats.esp = 22;
	r.nsas = 2;
	/* What comes last fails: all else has been written by then. */
	assert_int_equal(sqlite3_exec(other, "CREATE TRIGGER no BEFORE INSERT ON watch_counts BEGIN SELECT RAISE(ABORT, 'no'); END", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(aud_store_flush(s, &audit, &f, &err), AUD_IO);
	assert_ask("SELECT packets_client FROM conversations WHERE port = 5061", "102");
	assert_int_equal(sqlite3_exec(other, "DROP TRIGGER no", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	f.now_ns++;
	flush_at(s, &audit, f);
	assert_ask("SELECT packets_client FROM conversations WHERE port = 5061", "2000");
	assert_ask("SELECT count(*) FROM conversations", "2");
	assert_ask("SELECT count(*) FROM findings", "2");
	assert_ask("SELECT flows FROM findings WHERE finding = 'f-2'", "77");
	assert_ask("SELECT count(*) FROM row_states", "4");
	assert_ask("SELECT interface || ' ' || received FROM watch_counts", "eth1 5");
	assert_ask("SELECT packets FROM security_associations ORDER BY spi", "20;2");
	assert_ask("SELECT messages_initiator FROM negotiations", "21");
	assert_ask("SELECT esp FROM ipsec_packets", "22");
	aud_store_close(s);
	made_findings[1].flows = 0;
	made_cases[0].conv = kept;
	trial.ipsec = NULL;
}

/* No file grows beyond so much; 0: as far as it likes. */
static void
limit(rlim_t bytes)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
	r.rlim_cur = bytes ? bytes : r.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

/* A disk that is full at any page of a flush, those that give back space included: it fails and is made up for, or is stored; never both. */
static void
test_full(void **state)
{
	enum { PAGE = 4096 + 24 };
	static const uint8_t big[8 * PAGE];
	const struct aud_flush_part part = {big, sizeof big};
	struct aud_flush_alert alerts[] = {{now, AUD_ALERT_DROPS, (char[]){"some"}}};
	struct aud_flush f = {.report = &report, .now_ns = now + 1, .started_ns = now, .window_ns = DAY, .keep_ns = DAY, .alerts = alerts, .nalerts = 1};
	unsigned failed = 0, stored = 0;

	signal(SIGXFSZ, SIG_IGN);
	for (rlim_t room = 1; stored < 12; room += PAGE) {
		char log[80];
		struct stat st;
		int64_t audit;
		struct aud_store *s = start(&audit);

		flush_at(s, &audit, (struct aud_flush){.now_ns = now, .parts = &part, .nparts = 1});
		snprintf(log, sizeof log, "%s-wal", path);
		assert_int_equal(stat(log, &st), 0);
		limit((rlim_t)st.st_size + room);
		if (aud_store_flush(s, &audit, &f, NULL)) {
			failed++;
			limit(0);
			flush_at(s, &audit, f);
		} else
			stored++;
		limit(0);
		assert_ask("SELECT message FROM watch_alerts", "some");
		assert_ask("PRAGMA integrity_check", "ok");
		aud_store_close(s);
		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
	}
	assert_in_range(failed, 5, 200);
}

static enum aud_code
join(void *user, const void *p, size_t n, struct aud_err *err)
{
	char *to = user;

	(void)err;
	assert_true(n < 32);
	strncat(to, p ? p : "-", n ? n : 1);
	return AUD_OK;
}

/* Open flows are those of the last flush, and none are there after the end; what they said is nowhere in the file then. */
static void
test_parts(void **state)
{
	static const char secret[] = "secret-payload";
	const struct aud_flush_part first[] = {{"one,", 4}, {"two,", 4}, {secret, sizeof secret - 1}}, second[] = {{"three", 5}};
	char got[64] = "", found[1 << 16];
	struct aud_err err = {0};
	int64_t audit;
	struct aud_store *s = start(&audit);
	bool there = false;
	size_t n;
	FILE *f;

	(void)state;
	flush_at(s, &audit, (struct aud_flush){.now_ns = now, .parts = first, .nparts = 3});
	assert_int_equal(aud_store_parts(s, audit, 64, 16, join, got, &err), AUD_OK);
	assert_string_equal(got, "one,two,secret-payload");
	/* What is larger than anything that was written is not even read; nor are more than there may be. */
	got[0] = '\0';
	assert_int_equal(aud_store_parts(s, audit, 4, 16, join, got, &err), AUD_OK);
	assert_string_equal(got, "one,two,-");
	got[0] = '\0';
	assert_int_equal(aud_store_parts(s, audit, 64, 1, join, got, &err), AUD_OK);
	assert_string_equal(got, "one,");
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 1, .parts = second, .nparts = 1});
	got[0] = '\0';
	assert_int_equal(aud_store_parts(s, audit, 64, 16, join, got, &err), AUD_OK);
	assert_string_equal(got, "three");
	aud_store_close(s);
	s = start(&audit);
	flush_at(s, &audit, (struct aud_flush){.now_ns = now + 2, .over = true});
	assert_ask("SELECT count(*) FROM watch_flows", "0");
	aud_store_close(s);
	assert_non_null(f = fopen(path, "rb"));
	while ((n = fread(found, 1, sizeof found, f)) > 0)
		there |= memmem(found, n, secret, sizeof secret - 1) != NULL;
	fclose(f);
	assert_false(there);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_findings, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_next_start, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ipsec, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_keep, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_failure, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_full, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_parts, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
