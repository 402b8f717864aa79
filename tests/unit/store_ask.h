/* A query of a database that a test has made; for tests that have included cmocka.h. */
#ifndef TEST_STORE_ASK_H
#define TEST_STORE_ASK_H

#include <stdio.h>

#include <sqlite3.h>

/* What another connection's query sees, of a file that is written meanwhile too: the first column of each row, rows separated by ';'. */
static inline const char *
store_ask(const char *path, const char *sql)
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

#endif
