/* A stored audit read again: field by field, of this version and of the one before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store_impl.h"
#include "store_made.h"
#include "store_same.h"


static char dir[] = "/tmp/aud-stored-XXXXXX", path[64], older[64];

static struct aud_report report;
static struct aud_trial trial;
static struct aud_coverage coverage;

static const struct aud_span spans[] = {{1700000000000000000, 1700000000000000005, 71}, {1700000001000000000, 1700000001000000006, 72}};
static struct aud_addr strangers[] = {{{9, 9, 9, 9}, 4}, {{10, 0, 0, 9}, 4}, {{0x20, 1}, 6}};
static const struct aud_host *unseen[1];

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/aud-stored-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/audit.db", dir);
	snprintf(older, sizeof older, "%s/older.db", dir);
	made_report(&report, &trial, &coverage);
	report.command = "spanaudit audit -s site.yaml a.pcap";
	made_site.text = "site: Contoso\n";
	unseen[0] = &made_hosts[2];
	coverage.spans = spans;
	coverage.nspans = COUNT(spans);
	coverage.strangers = strangers;
	coverage.nstrangers = COUNT(strangers);
	coverage.all_strangers = 81;
	coverage.unseen = unseen;
	coverage.nunseen = COUNT(unseen);
	coverage.all_unseen = 82;
	coverage.out_of_scope.flows = 83;
	coverage.out_of_scope.tcp_one_way = 84;
	coverage.out_of_scope.tcp_answered = 85;
	coverage.first_ns = 86;
	coverage.last_ns = 87;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	made_site.text = NULL;
	unlink(path);
	unlink(older);
	return rmdir(dir);
}

static void
store(const char *p)
{
	struct aud_err err = {0};
	struct aud_store *s;

	if (aud_store_open(&s, p, &err) || aud_store_audit(s, &report, &err))
		fail_msg("%s", err.msg);
	aud_store_close(s);
}

static struct aud_stored *
get(struct aud_store **s, const char *p, int64_t audit)
{
	struct aud_err err = {0};
	struct aud_stored *a = NULL;

	if (aud_store_open_read(s, p, &err) || aud_store_read_audit(*s, audit, &a, &err))
		fail_msg("%s", err.msg);
	return a;
}

#define SAME(field) assert_true(a->field == b->field)
#define SAME_ADDR(field) assert_true(!aud_addr_cmp(&a->field, &b->field))

static void
same_coverage(const struct aud_coverage *a, const struct aud_coverage *b)
{
	SAME(frames), SAME(packets), SAME(bytes), SAME(first_ns), SAME(last_ns), SAME(covered_ns), SAME(duplicates), SAME(truncated_frames);
	SAME(undecoded), SAME(non_ip), SAME(tunneled), SAME(acked_unseen), SAME(tcp_data), SAME(one_way), SAME(two_way), SAME(flows);
	SAME(evicted_flows), SAME(conversations), SAME(dropped_flows), SAME(orphan_fragments), SAME(fragments), SAME(kernel_drops);
	SAME(out_of_scope.flows), SAME(out_of_scope.packets), SAME(out_of_scope.bytes), SAME(out_of_scope.tcp_one_way);
	SAME(out_of_scope.tcp_answered), SAME(broken), SAME(interrupted), SAME(window_ns), SAME(window_end_ns);
	SAME(nroles), SAME(npairs), SAME(nspans), SAME(nstrangers), SAME(all_strangers), SAME(nunseen), SAME(all_unseen);
	for (size_t i = 0; i < a->nroles; i++)
		SAME(roles[i].role), SAME(roles[i].declared), SAME(roles[i].seen);
	for (size_t i = 0; i < a->npairs; i++)
		SAME(pairs[i].client), SAME(pairs[i].server), SAME(pairs[i].conversations), SAME(pairs[i].one_way);
	for (size_t i = 0; i < a->nspans; i++)
		SAME(spans[i].first_ns), SAME(spans[i].last_ns), SAME(spans[i].packets);
	for (size_t i = 0; i < a->nstrangers; i++)
		SAME_ADDR(strangers[i]);
	for (size_t i = 0; i < a->nunseen; i++)
		assert_text(a->unseen[i]->name, b->unseen[i]->name);
}

static void
same_hosts(const struct aud_site *a, const struct aud_site *b)
{
	SAME(nhosts);
	for (size_t i = 0; i < a->nhosts; i++) {
		SAME_ADDR(hosts[i].lo), SAME_ADDR(hosts[i].hi), SAME(hosts[i].line), SAME(hosts[i].column), SAME(hosts[i].roles);
		assert_text(a->hosts[i].name, b->hosts[i].name);
		SAME(hosts[i].nmembers), SAME(hosts[i].nports);
		for (size_t k = 0; k < a->hosts[i].nmembers; k++)
			SAME_ADDR(hosts[i].members[k]);
		for (size_t k = 0; k < a->hosts[i].nports; k++)
			SAME(hosts[i].ports[k].port), SAME(hosts[i].ports[k].proto);
	}
}

static void
same_site(const struct aud_site *a, const struct aud_site *b)
{
	assert_text(a->path, b->path);
	assert_text(a->name, b->name);
	assert_text(a->text, b->text);
	assert_string_equal(a->sha256, b->sha256);
	SAME(product), SAME(load_balancing), SAME(ndocuments), SAME(nown_roles), SAME(nwaivers);
	SAME(media.audio.lo), SAME(media.audio.hi), SAME(media.video.lo), SAME(media.video.hi);
	for (size_t i = 0; i < a->ndocuments; i++)
		assert_text(a->documents[i], b->documents[i]);
	for (size_t i = 0; i < a->nown_roles; i++)
		assert_text(a->own_roles[i], b->own_roles[i]);
	for (int i = 0; i < AUD_FEATURE_COUNT; i++)
		SAME(features[i]);
	same_hosts(a, b);
	for (size_t i = 0; i < a->nwaivers; i++) {
		SAME(waivers[i].port), SAME(waivers[i].proto), SAME(waivers[i].line);
		SAME_ADDR(waivers[i].client_lo), SAME_ADDR(waivers[i].client_hi), SAME_ADDR(waivers[i].server_lo), SAME_ADDR(waivers[i].server_hi);
		assert_text(a->waivers[i].finding, b->waivers[i].finding);
		assert_text(a->waivers[i].kind, b->waivers[i].kind);
		assert_text(a->waivers[i].app, b->waivers[i].app);
		assert_text(a->waivers[i].reason, b->waivers[i].reason);
		assert_text(a->waivers[i].owner, b->waivers[i].owner);
		assert_text(a->waivers[i].expires, b->waivers[i].expires);
	}
}

/* Of versions 1 and 2 sentences are there in English alone. */
static void
same_said(const struct aud_trial *a, const struct aud_trial *b)
{
	for (size_t i = 0; i < a->nfindings; i++)
		assert_text(a->findings[i].said, b->findings[i].said);
	for (size_t i = 0; i < a->nstates; i++)
		assert_text(a->states[i].said, b->states[i].said);
}

static void
same_findings(const struct aud_trial *ta, const struct aud_trial *tb)
{
	assert_int_equal(ta->nfindings, tb->nfindings);
	for (size_t i = 0; i < ta->nfindings; i++) {
		const struct aud_finding *a = &ta->findings[i], *b = &tb->findings[i];

		assert_string_equal(a->id, b->id);
		SAME(kind), SAME(severity), SAME(certainty), SAME(client_roles), SAME(server_roles), SAME(port), SAME(proto), SAME(rule);
		SAME(nearest), SAME(flows), SAME(packets), SAME(bytes), SAME(first_ns), SAME(last_ns), SAME(waiver), SAME(waiver_expired);
		SAME_ADDR(client), SAME_ADDR(server);
		assert_text(a->reason, b->reason);
		assert_text(a->client_name, b->client_name);
		assert_text(a->server_name, b->server_name);
		assert_text(a->app, b->app);
		assert_indices(a->citations, a->ncitations, b->citations, b->ncitations);
		SAME(nevidence);
		for (size_t k = 0; k < a->nevidence; k++)
			SAME(evidence[k]);
	}
	assert_int_equal(ta->nstates, tb->nstates);
	for (size_t i = 0; i < ta->nstates; i++) {
		const struct aud_row_state *a = &ta->states[i], *b = &tb->states[i];

		SAME(row), SAME(state), SAME(flows), SAME(first_ns), SAME(last_ns);
		assert_text(a->reason, b->reason);
	}
}

/* What is stored of a path is its last part where it is absolute, of a reason what it says without the path. */
static void
same_inputs(const struct aud_trial *ta, const struct aud_trial *tb)
{
	static const char *const names[] = {"a.pcap", "b.pcapng"};

	assert_int_equal(ta->ninputs, tb->ninputs);
	for (size_t i = 0; i < ta->ninputs; i++) {
		const struct aud_capture_info *a = &ta->inputs[i].info, *b = &tb->inputs[i].info;

		assert_string_equal(b->path, names[i]);
		assert_string_equal(ta->inputs[i].sha256, tb->inputs[i].sha256);
		assert_text(a->format, b->format);
		assert_text(a->compression, b->compression);
		assert_string_equal(a->broken_why, b->broken_why);
		SAME(bytes), SAME(size), SAME(frames), SAME(filtered), SAME(first_ns), SAME(last_ns), SAME(backward), SAME(no_ts);
		SAME(truncated), SAME(snaplen), SAME(kernel_drops), SAME(interface_drops), SAME(interrupted), SAME(unreadable), SAME(broken);
		SAME(broken_at);
	}
	assert_int_equal(ta->decode->ncounts, tb->decode->ncounts);
	for (size_t i = 0; i < ta->decode->ncounts; i++) {
		const struct aud_decode_count *a = &ta->decode->counts[i], *b = &tb->decode->counts[i];

		assert_text(a->layer, b->layer);
		assert_text(a->reason, b->reason);
		SAME(defect), SAME(frames), SAME(first_frame);
	}
}

static enum aud_code
same_case(void *user, const struct aud_case *b, struct aud_err *err)
{
	size_t *n = user;
	const struct aud_case *a = &made_cases[*n];
	const struct aud_conv *v = a->conv, *w = b->conv;

	(void)err;
	assert_true(*n < COUNT(made_cases));
	++*n;
	SAME(in_scope), SAME(attempt_only), SAME(noise);
	assert_true(!aud_addr_cmp(&v->client, &w->client) && !aud_addr_cmp(&v->server, &w->server));
	assert_memory_equal(v->packets, w->packets, sizeof v->packets);
	assert_memory_equal(v->bytes, w->bytes, sizeof v->bytes);
	assert_true(v->port == w->port && v->proto == w->proto && v->app.by == w->app.by && v->flows == w->flows);
	assert_true(v->first_ns == w->first_ns && v->last_ns == w->last_ns && v->answered == w->answered && v->facts == w->facts);
	assert_true(v->tls_min == w->tls_min && v->tls_max == w->tls_max && v->direction == w->direction);
	assert_true(v->client_port_lo == w->client_port_lo && v->client_port_hi == w->client_port_hi && v->frames[0] == w->frames[0]);
	assert_text(a->ruling->app, b->ruling->app);
	assert_text(a->ruling->tunnel, b->ruling->tunnel);
	assert_true(a->ruling->client.roles == b->ruling->client.roles && a->ruling->server.roles == b->ruling->server.roles);
	assert_true(!a->ruling->client.host == !b->ruling->client.host && !a->ruling->server.host == !b->ruling->server.host);
	if (a->ruling->client.host)
		assert_int_equal(a->ruling->client.host->line, b->ruling->client.host->line);
	SAME(ruling->verdict.answer), SAME(ruling->verdict.failed), SAME(ruling->verdict.certainty), SAME(ruling->verdict.rules[0]);
	return AUD_OK;
}

static void
same_report(const struct aud_report *b)
{
	const struct aud_report *a = &report;
	size_t n = 0;

	assert_text(a->version, b->version);
	assert_text(a->ndpi_version, b->ndpi_version);
	assert_text(a->pcap_version, b->pcap_version);
	assert_text(a->sqlite_version, b->sqlite_version);
	assert_text(a->command, b->command);
	assert_text(a->trial->filter, b->trial->filter);
	assert_text(a->trial->today, b->trial->today);
	assert_same(a->trial->matrix, b->trial->matrix);
	same_coverage(a->trial->coverage, b->trial->coverage);
	same_site(a->trial->site, b->trial->site);
	same_findings(a->trial, b->trial);
	same_said(a->trial, b->trial);
	same_inputs(a->trial, b->trial);
	assert_int_equal(aud_report_cases(b, same_case, &n, NULL), AUD_OK);
	assert_int_equal(n, COUNT(made_cases));
	/* Both of them, since each is of a class of its own. */
	assert_int_equal(b->totals.conversations[AUD_CASE_WEAKER], 1);
	assert_int_equal(b->totals.conversations[AUD_CASE_NOISE], 1);
	assert_int_equal(b->totals.by_severity[AUD_CRITICAL], 1);	/* its waiver has expired */
	assert_int_equal(b->totals.waived, 0);
	assert_int_equal(b->totals.by_state[AUD_STATE_OBSERVED], 1);
}

static void
test_same(void **state)
{
	struct aud_stored *a;
	struct aud_store *s;

	(void)state;
	store(path);
	a = get(&s, path, 0);
	assert_int_equal(aud_stored_number(a), 1);
	same_report(aud_stored_report(a));
	aud_stored_free(a);
	aud_store_close(s);
	aud_stored_free(NULL);
}

/* Columns that no report tells are there for whoever asks the database: the made-up conversation has another number in each. */
static void
test_columns(void **state)
{
	static const struct {
		const char *column;
		int value;
	} rows[] = {{"app_master", 91}, {"app_sub", 0}, {"established", 106}, {"midstream", 107}, {"answered", 108}, {"unanswered", 109},
	    {"server_only", 110}, {"refused_rst", 111}, {"refused_icmp", 112}, {"filtered_icmp", 113}, {"data_client", 114}, {"data_server", 115},
	    {"truncated", 116}, {"gaps", 117}, {"ah", 118}, {"duplicates", 119}, {"app_input", 2}, {"app_frame", 14}, {"rules", 2},
	    {"swapped", 1}, {"condition_open", 1}, {"one_sided", 120}, {"hellos", 121}, {"server_hellos", 122}, {"certificates", 123},
	    {"no_certificates", 124}, {"sibling", 2}};
	struct aud_conv told = *made_cases[0].conv, *const kept = made_cases[0].conv;
	struct aud_ruling ruling = *made_cases[0].ruling;
	const struct aud_ruling *const ruled = made_cases[0].ruling;
	struct aud_store *s;

	(void)state;
	told.one_sided = 120;
	told.hellos = 121;
	told.server_hellos = 122;
	told.certificates = 123;
	told.no_certificates = 124;
	ruling.verdict.weaker = true;
	ruling.verdict.sibling = 1;
	made_cases[0].conv = &told;
	made_cases[0].ruling = &ruling;
	store(path);
	made_cases[0].conv = kept;
	made_cases[0].ruling = ruled;
	assert_int_equal(aud_store_open_read(&s, path, NULL), AUD_OK);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char sql[80];
		int64_t n = -1;

		snprintf(sql, sizeof sql, "SELECT %s FROM conversations WHERE id = 1", rows[i].column);
		assert_int_equal(db_ask(s->db, sql, &n, NULL), AUD_OK);
		if (n != rows[i].value)
			fail_msg("%s: %d, not %d", rows[i].column, (int)n, rows[i].value);
	}
	aud_store_close(s);
}

struct seen {
	int64_t audits[4];
	size_t n;
};

static enum aud_code
note(void *user, const struct aud_stored_line *l)
{
	struct seen *seen = user;

	assert_true(seen->n < COUNT(seen->audits));
	seen->audits[seen->n++] = l->audit;
	assert_string_equal(l->site_name, "Contoso");
	assert_string_equal(l->version, "0.1.0");
	assert_int_equal(l->inputs, 2);
	assert_int_equal(l->findings, 2);
	return AUD_OK;
}

/* Several audits of one file keep apart, of other matrices too, and after the first is gone. */
static void
test_several(void **state)
{
	struct aud_matrix other = made_matrix;
	struct aud_rule rules[COUNT(made_rules)];
	struct aud_err err = {0};
	struct seen seen = {.n = 0};
	struct aud_stored *a;
	struct aud_store *s;

	(void)state;
	memcpy(rules, made_rules, sizeof rules);
	rules[0].remark = "another remark";
	other.rules = rules;
	store(path);
	trial.matrix = &other;
	store(path);
	trial.matrix = &made_matrix;
	store(path);
	a = get(&s, path, 2);
	assert_string_equal(aud_stored_report(a)->trial->matrix->rules[0].remark, "another remark");
	aud_stored_free(a);
	assert_int_equal(aud_store_list(s, note, &seen, &err), AUD_OK);
	assert_true(seen.n == 3 && seen.audits[0] == 1 && seen.audits[1] == 2 && seen.audits[2] == 3);
	assert_int_equal(aud_store_read_audit(s, 4, &a, &err), AUD_USAGE);
	assert_null(a);
	assert_non_null(strstr(err.msg, "no audit of this number is stored here: 'spanaudit report --list -d'"));
	assert_int_equal(db_exec(s->db, "DELETE FROM audits WHERE id < 3", NULL), AUD_OK);
	aud_store_close(s);
	a = get(&s, path, 0);
	assert_int_equal(aud_stored_number(a), 3);
	same_report(aud_stored_report(a));
	aud_stored_free(a);
	aud_store_close(s);
}

/* Neither site nor matrix, no coverage: what was not there is not there again. */
static void
test_bare(void **state)
{
	struct aud_trial bare = {.cases = NULL};
	struct aud_report r = {.version = "1", .trial = &bare};
	struct aud_stored *a;
	struct aud_store *s;

	(void)state;
	assert_int_equal(aud_store_open(&s, path, NULL), AUD_OK);
	assert_int_equal(aud_store_audit(s, &r, NULL), AUD_OK);
	aud_store_close(s);
	a = get(&s, path, 0);
	assert_null(aud_stored_report(a)->trial->site);
	assert_null(aud_stored_report(a)->trial->matrix);
	assert_null(aud_stored_report(a)->command);
	assert_int_equal(aud_report_cases(aud_stored_report(a), same_case, NULL, NULL), AUD_OK);
	aud_stored_free(a);
	aud_store_close(s);
}

static void
run_sql(sqlite3 *h, const char *sql)
{
	if (sqlite3_exec(h, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(h));
}

/* The tables of version 1, as it was released. */
static char *
version_1(void)
{
	static char sql[64 << 10];
	FILE *f = fopen(GOLDEN "/schema-1.sql", "r");
	size_t n;

	assert_non_null(f);
	n = fread(sql, 1, sizeof sql - 1, f);
	assert_true(n > 0 && n < sizeof sql - 1);
	sql[n] = '\0';
	fclose(f);
	return sql;
}

/* Tables with their columns and references, and whatever else there is, are the same in both files. */
static void
same_schema(const char *a, const char *b)
{
	static const char *const parts[] = {
	    "SELECT m.name, x.cid, x.name, x.type, x.\"notnull\", x.dflt_value, x.pk FROM %s.sqlite_master m, pragma_table_xinfo(m.name, '%s') x",
	    "SELECT m.name, x.\"table\", x.\"from\", x.on_delete, 0, 0, 0 FROM %s.sqlite_master m, pragma_foreign_key_list(m.name, '%s') x",
	    "SELECT name, type, tbl_name, CASE type WHEN 'table' THEN '' ELSE sql END, 0, 0, 0 FROM %s.sqlite_master WHERE '%s' <> ''",
	    "SELECT mask, fact, 0, 0, 0, 0, 0 FROM %s.facts WHERE '%s' <> ''",
	};
	sqlite3_stmt *st;
	sqlite3 *h;

	assert_int_equal(sqlite3_open(a, &h), SQLITE_OK);
	char *sql = sqlite3_mprintf("ATTACH %Q AS other", b);
	run_sql(h, sql);
	sqlite3_free(sql);
	for (size_t i = 0; i < 2 * sizeof parts / sizeof *parts; i++) {
		const char *one = i & 1 ? "other" : "main", *two = i & 1 ? "main" : "other";
		char *left = sqlite3_mprintf(parts[i / 2], one, one), *right = sqlite3_mprintf(parts[i / 2], two, two);

		sql = sqlite3_mprintf("%s EXCEPT %s", left, right);
		assert_int_equal(sqlite3_prepare_v2(h, sql, -1, &st, NULL), SQLITE_OK);
		if (sqlite3_step(st) == SQLITE_ROW)
			fail_msg("%s has what %s has not: %s %s %s", one, two, sqlite3_column_text(st, 0), sqlite3_column_text(st, 1),
			    sqlite3_column_text(st, 2));
		sqlite3_finalize(st);
		sqlite3_free(left);
		sqlite3_free(right);
		sqlite3_free(sql);
	}
	sqlite3_close(h);
}

/* The file as version 1 would have written it: its tables, and of each what this version has of its columns. */
static void
make_older(void)
{
	sqlite3_stmt *tables;
	sqlite3 *h;

	assert_int_equal(sqlite3_open(older, &h), SQLITE_OK);
	run_sql(h, version_1());
	run_sql(h, "PRAGMA application_id = 1397768533; PRAGMA user_version = 1; DELETE FROM facts");
	{
		char *attach = sqlite3_mprintf("ATTACH %Q AS now", path);

		run_sql(h, attach);
		sqlite3_free(attach);
	}
	assert_int_equal(sqlite3_prepare_v2(h, "SELECT m.name, (SELECT group_concat('\"' || name || '\"') FROM pragma_table_info(m.name)) FROM "
	    "main.sqlite_master m WHERE type = 'table' ORDER BY rowid", -1, &tables, NULL), SQLITE_OK);
	while (sqlite3_step(tables) == SQLITE_ROW) {
		char *copy = sqlite3_mprintf("INSERT INTO main.%Q (%s) SELECT %s FROM now.%Q%s", sqlite3_column_text(tables, 0),
		    sqlite3_column_text(tables, 1), sqlite3_column_text(tables, 1), sqlite3_column_text(tables, 0),
		    strcmp((const char *)sqlite3_column_text(tables, 0), "facts") ? "" : " WHERE mask < 32768");

		run_sql(h, copy);
		sqlite3_free(copy);
	}
	sqlite3_finalize(tables);
	/* It had another digest: that of the columns there were. */
	run_sql(h, "DETACH now; UPDATE matrices SET digest = 'older'");
	sqlite3_close(h);
}

/*
 * Of version 1 the rest is reckoned from its conversations: the made ones show fe01 and two clients of a prefix; the vip is silent, and
 * the host without a role sent nothing.
 */
static void
test_older(void **state)
{
	struct aud_conv told = *made_cases[1].conv, *const kept = made_cases[1].conv;
	const struct aud_ruling *ruling = made_cases[1].ruling;
	struct aud_ruling stranger = *ruling;
	struct aud_stored *a;
	struct aud_store *s;

	(void)state;
	/* A host that the site does not name answers the server fe01. */
	told.client = (struct aud_addr){{10, 0, 0, 1}, 4};
	told.packets[0] = told.packets[1] = 3;
	stranger.client = (struct aud_who){.roles = R(FRONT_END), .host = &made_hosts[0]};
	made_cases[1].conv = &told;
	made_cases[1].ruling = &stranger;
	made_cases[1].noise = false;
	store(path);
	make_older();
	a = get(&s, older, 0);
	assert_null(aud_stored_report(a)->command);
	assert_null(aud_stored_report(a)->trial->site->text);
	assert_int_equal(aud_stored_report(a)->totals.conversations[AUD_CASE_WEAKER], 1);
	assert_int_equal(aud_stored_report(a)->totals.conversations[AUD_CASE_OUT_OF_SCOPE], 1);
	assert_int_equal(aud_stored_report(a)->trial->coverage->all_strangers, 1);
	assert_string_equal(aud_addr_str(&aud_stored_report(a)->trial->coverage->strangers[0]).s, "10.0.0.9");
	assert_int_equal(aud_stored_report(a)->trial->coverage->all_unseen, 1);
	assert_string_equal(aud_stored_report(a)->trial->coverage->unseen[0]->name, "vip");
	assert_int_equal(aud_stored_report(a)->trial->coverage->nspans, 0);
	same_findings(&trial, aud_stored_report(a)->trial);
	assert_null(aud_stored_report(a)->trial->findings[0].said);
	assert_null(aud_stored_report(a)->trial->states[0].said);
	same_inputs(&trial, aud_stored_report(a)->trial);
	same_hosts(&made_site, aud_stored_report(a)->trial->site);
	aud_stored_free(a);
	same_schema(path, older);
	/* And it is a file of this version now, from which an audit goes with all that is its own. */
	assert_int_equal(db_exec(s->db, "DELETE FROM audits", NULL), AUD_OK);
	aud_store_close(s);
	made_cases[1].conv = kept;
	made_cases[1].ruling = ruling;
	made_cases[1].noise = true;
	store(older);
	a = get(&s, older, 0);
	same_report(aud_stored_report(a));
	aud_stored_free(a);
	aud_store_close(s);
}

static void
refused(const char *p, const char *expected)
{
	struct aud_err err = {0};
	struct aud_store *s;

	assert_int_equal(aud_store_open_read(&s, p, &err), AUD_IO);
	assert_null(s);
	if (!strstr(err.msg, expected) || strncmp(err.msg, p, strlen(p)) != 0)
		fail_msg("expected \"%s\", got \"%s\"", expected, err.msg);
}

static void
write_file(const char *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* What cannot be read says why; nothing is made or changed. */
static void
test_refused(void **state)
{
	struct aud_err err = {0};
	struct aud_stored *a;
	struct aud_store *s;
	struct stat st;

	(void)state;
	refused(path, "No such file");
	assert_int_equal(stat(path, &st), -1);
	write_file("", 0);
	refused(path, "is empty");
	write_file("site: x\n", 8);
	refused(path, "is no audit database");
	refused(dir, "no regular file");
	unlink(path);
	assert_int_equal(aud_store_open(&s, path, NULL), AUD_OK);
	assert_int_equal(aud_store_read_audit(s, 0, &a, &err), AUD_USAGE);
	assert_non_null(strstr(err.msg, "no audit is stored here"));
	assert_int_equal(db_exec(s->db, "PRAGMA user_version = 99", NULL), AUD_OK);
	aud_store_close(s);
	refused(path, "written by a newer spanaudit");
}

/* Columns that hold what no audit of ours could: told, and nothing read beyond. */
static void
test_damaged(void **state)
{
	static const char *const damage[] = {
	    "UPDATE findings SET client = 'x'", "UPDATE findings SET transport = 'strange'", "UPDATE findings SET rule = NULL, nearest = 99",
	    "UPDATE findings SET waiver = 77 WHERE id = 1", "UPDATE evidence SET input = 99", "UPDATE finding_citations SET printed_row = 99",
	    "UPDATE hosts SET lo = 'x'", "UPDATE host_members SET address = '1.2.3'", "UPDATE host_ports SET transport = 'x'",
	    "UPDATE site_features SET feature = 'x' WHERE feature = 'ipsec'", "UPDATE row_states SET printed_row = 99 WHERE printed_row = 1",
	    "UPDATE coverage_unseen SET host = 99", "UPDATE conversations SET client = ''", "UPDATE conversations SET client_host = 99",
	    "UPDATE conversations SET input = 99 WHERE id = 1", "UPDATE conversations SET rule = 99",
	    "UPDATE audits SET site_sha256 = NULL",	/* hosts and waivers without a site */
	    "UPDATE audits SET site_sha256 = NULL; UPDATE findings SET waiver = NULL; DELETE FROM coverage_unseen",
	};

	(void)state;
	store(path);
	for (size_t i = 0; i < COUNT(damage); i++) {
		struct aud_stored *a = NULL;
		struct aud_err err = {0};
		struct aud_store *s;
		enum aud_code code;
		size_t n = 0;

		assert_int_equal(aud_store_open_read(&s, path, &err), AUD_OK);
		assert_int_equal(db_exec(s->db, "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; SAVEPOINT damage", NULL), AUD_OK);
		if (db_exec(s->db, damage[i], &err))
			fail_msg("%s: %s", damage[i], err.msg);
		assert_int_equal(db_exec(s->db, "RELEASE damage", NULL), AUD_OK);
		code = aud_store_read_audit(s, 0, &a, &err);
		if (!code)
			code = aud_report_cases(aud_stored_report(a), same_case, &n, &err);
		if (code != AUD_IO || !strstr(err.msg, "damaged"))
			fail_msg("%s: %d %s", damage[i], code, err.msg);
		aud_stored_free(a);
		aud_store_close(s);
		unlink(path);
		store(path);
	}
}

/* The reader of the cases may stop. */
static enum aud_code
stop(void *user, const struct aud_case *c, struct aud_err *err)
{
	(void)c;
	++*(int *)user;
	return aud_fail(err, AUD_LIMIT, 0, "enough");
}

static void
test_stop(void **state)
{
	struct aud_err err = {0};
	struct aud_stored *a;
	struct aud_store *s;
	int n = 0;

	(void)state;
	store(path);
	a = get(&s, path, 1);
	assert_int_equal(aud_report_cases(aud_stored_report(a), stop, &n, &err), AUD_LIMIT);
	assert_int_equal(n, 1);
	/* And from the beginning again. */
	assert_int_equal(aud_report_cases(aud_stored_report(a), stop, &n, NULL), AUD_LIMIT);
	assert_int_equal(n, 2);
	aud_stored_free(a);
	aud_store_close(s);
}

static enum aud_code
pass_over(void *user, const struct aud_case *c, struct aud_err *err)
{
	(void)user, (void)c, (void)err;
	return AUD_OK;
}

/* SQLite runs out of memory at ever later points; the last is where the conversations are read. */
static void
test_memory(void **state)
{
	int read = 0, failed = 0;

	(void)state;
	store(path);
	for (sqlite3_int64 limit = 200000; limit < 2400000; limit += 23000) {
		struct aud_stored *a = NULL;
		struct aud_err err = {0};
		struct aud_store *s;
		enum aud_code code;

		sqlite3_hard_heap_limit64(limit);
		code = aud_store_open_read(&s, path, &err);
		if (!code) {
			code = aud_store_read_audit(s, 0, &a, &err);
			if (!code)
				code = aud_report_cases(aud_stored_report(a), pass_over, NULL, &err);
			if (!code)
				same_report(aud_stored_report(a));
			aud_stored_free(a);
			aud_store_close(s);
		}
		sqlite3_hard_heap_limit64(0);
		if (code) {
			assert_int_equal(code, AUD_NOMEM);
			failed++;
		} else
			read++;
	}
	assert_true(failed > 5 && read > 5);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_same), TEST(test_columns), TEST(test_several), TEST(test_bare), TEST(test_older), TEST(test_refused), TEST(test_damaged), TEST(test_stop),
	    TEST(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
