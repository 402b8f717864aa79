/* Opening: a file that is not ours is refused before SQLite, which might write to it, sees it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_impl.h"
#include "view.h"

#include "schema_2_sql.h"
#include "schema_3_sql.h"
#include "schema_4_sql.h"
#include "schema_sql.h"

/* "SPAU", in the file's header for file(1) and for us. */
enum { APPLICATION_ID = 0x53504155 };

static const struct migration migrations[] = {
    {0, 4, schema_sql},
    {1, 2, schema_2_sql},
    {2, 3, schema_3_sql},
    {3, 4, schema_4_sql},
};
enum { MIGRATIONS = sizeof migrations / sizeof *migrations };

static const char *const statements[] = {
#define X(e, sql) sql,
    STORE_SQL(X)
#undef X
};

/* The header of a database file, https://sqlite.org/fileformat2.html, section 1.3. */
static enum aud_code
check_header(const char *path, int fd, bool existing, struct aud_err *err)
{
	const char *advice = existing ? "give one that 'spanaudit audit -d' or 'watch -d' made" : "left as it is, give another file";
	uint8_t head[100];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st))
		return aud_fail(err, AUD_IO, errno, "%s: cannot be read", path);
	if (!S_ISREG(st.st_mode))
		return aud_fail(err, AUD_IO, 0, "%s: no regular file: a database cannot be there", path);
	if (st.st_size == 0)
		return existing ? aud_fail(err, AUD_IO, 0, "%s: is empty: %s", path, advice) : AUD_OK;
	n = read(fd, head, sizeof head);
	if (n < 0)
		return aud_fail(err, AUD_IO, errno, "%s: cannot be read", path);
	if ((size_t)n < sizeof head || memcmp(head, "SQLite format 3", 16) != 0)
		return aud_fail(err, AUD_IO, 0, "%s: %sis no audit database: %s", path, existing ? "" : "exists and ", advice);
	if (be32(head + 68) != APPLICATION_ID)
		return aud_fail(err, AUD_IO, 0, "%s: a database of another program: %s", path, advice);
	if (be32(head + 60) > (uint32_t)migrations[MIGRATIONS - 1].version)
		return aud_fail(err, AUD_IO, 0,
		    "%s: written by a newer spanaudit (schema %u, this one knows %d): use that one, or give another file", path,
		    be32(head + 60), migrations[MIGRATIONS - 1].version);
	return AUD_OK;
}

static enum aud_code
check_file(const char *path, bool existing, struct aud_err *err)
{
	enum aud_code code;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT && !existing ? AUD_OK : aud_fail(err, AUD_IO, errno, "%s: cannot be opened", path);
	code = check_header(path, fd, existing, err);
	close(fd);
	return code;
}

static enum aud_code
migrate_one(struct db *db, const struct migration *m, struct aud_err *err)
{
	char sql[80];
	enum aud_code code = db_exec(db, "BEGIN IMMEDIATE", err);
	int64_t version = 0;

	if (code)
		return code;
	/* Another process may have been faster. */
	code = db_ask(db, "PRAGMA user_version", &version, err);
	if (!code && version == m->from)
		code = db_exec(db, m->sql, err);
	snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", APPLICATION_ID,
	    version > m->version ? (int)version : m->version);
	if (!code)
		code = db_exec(db, sql, err);
	if (code && db_exec(db, "ROLLBACK", NULL))
		return code;	/* SQLite rolled back itself */
	return code;
}

enum aud_code
store_migrate(struct db *db, const struct migration *m, size_t n, struct aud_err *err)
{
	int64_t version = 0;
	enum aud_code code = db_ask(db, "PRAGMA user_version", &version, err);

	if (!code && version > m[n - 1].version)
		return db_fail(db, AUD_IO, err, "written by a newer spanaudit: use that one, or give another file");
	for (size_t i = 0; i < n && !code; i++)
		if (m[i].from == version && !(code = migrate_one(db, &m[i], err)))
			version = m[i].version;
	return code;
}

/* How it is opened: a file to be made or written, to be read, or to be written by a running audit; or none, in memory. */
enum use { USE_WRITE, USE_READ, USE_RUN, USE_MEMORY };

/*
 * 64 MiB of cache: the pages of an audit are written once, when it commits. A running audit writes little at a time, and has to fit into a
 * bound: but each flush is on the disk when it ends (synchronous FULL), and readers are not kept waiting (a write-ahead log). What lives in
 * memory is read back by its writer alone, at every start: checking a word against its list costs SQLite a table of its own, ten times the row.
 */
static const char *const settings[] = {
    [USE_WRITE] = "PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY",
    [USE_READ] = "PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY",
    [USE_RUN] = "PRAGMA foreign_keys = ON; PRAGMA cache_size = -6144; PRAGMA temp_store = MEMORY; PRAGMA auto_vacuum = INCREMENTAL",
    [USE_MEMORY] = "PRAGMA foreign_keys = ON; PRAGMA ignore_check_constraints = ON",
};
/*
 * What is deleted is overwritten: packets of flows that are not decided are in the file, and are to be in it no longer than they are needed.
 * After the tables were made: until then the file's header, by which it is known as ours, must not be in the log alone.
 */
static const char *const run_settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216; PRAGMA secure_delete = ON";

/*
 * One running audit a file. Not a lock of SQLite's: that kind goes when any descriptor of the file is closed (fcntl(2)); so the descriptor
 * outlives the connection.
 */
static enum aud_code
lock(struct aud_store *s, const char *path, struct aud_err *err)
{
	int sys;

	s->lock = open(path, O_RDONLY | O_CLOEXEC);
	if (s->lock < 0)
		return aud_fail(err, AUD_IO, errno, "%s: cannot be opened", path);
	if (!flock(s->lock, LOCK_EX | LOCK_NB))
		return AUD_OK;
	sys = errno;
	close(s->lock);
	s->lock = -1;
	return aud_fail(err, AUD_IO, sys == EWOULDBLOCK ? 0 : sys, "%s: %s", path, sys == EWOULDBLOCK ?
	    "another 'spanaudit watch' keeps its audit there: give another file" : "cannot be locked");
}

static enum aud_code
open_store(struct aud_store **out, const char *path, enum use use, struct aud_err *err)
{
	bool existing = use == USE_READ;
	struct aud_store *s = calloc(1, sizeof *s);
	enum aud_code code;

	*out = NULL;
	if (!s)
		return aud_nomem(err);
	s->lock = -1;
	code = path ? check_file(path, existing, err) : AUD_OK;
	if (!code)
		code = existing ? db_open_existing(&s->db, path, err) : db_open(&s->db, path, err);
	if (!code)
		code = db_exec(s->db, settings[use], err);
	if (!code)
		code = store_migrate(s->db, migrations, MIGRATIONS, err);
	/* Who only wants to read wonders what is to be written. */
	if (code == AUD_IO && existing && err && err->sys == EACCES) {
		*err = (struct aud_err){0};
		code = aud_fail(err, AUD_IO, EACCES, "%s: of an older version: let somebody who may write it read it once, which brings it to this one", path);
	}
	if (!code && use == USE_RUN)
		code = lock(s, path, err);
	if (!code && use == USE_RUN)
		code = db_exec(s->db, run_settings, err);
	if (!code)
		code = db_statements(s->db, statements, STMT_COUNT, err);
	/* A file may be damaged, which is better told now; memory is not, and most statements are not for it. */
	if (!code && use != USE_MEMORY)
		code = db_prepare_all(s->db, err);
	if (code) {
		aud_store_close(s);
		return code;
	}
	*out = s;
	return AUD_OK;
}

/*
 * A file beside it is made and removed again: permissions alone do not tell of quotas and of systems that are mounted read-only, and the
 * database itself may just be made by somebody else.
 */
static enum aud_code
check_place(const char *path, struct aud_err *err)
{
	char *probe;
	int fd, sys;

	if (asprintf(&probe, "%s.XXXXXX", path) < 0)
		return aud_nomem(err);
	fd = mkstemp(probe);
	sys = errno;
	if (fd >= 0) {
		close(fd);
		unlink(probe);
	}
	free(probe);
	return fd >= 0 ? AUD_OK : aud_fail(err, AUD_IO, sys, "%s: cannot be made", path);
}

static bool
is_current(int fd)
{
	uint8_t head[64];

	return pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head && be32(head + 60) == (uint32_t)migrations[MIGRATIONS - 1].version;
}

enum aud_code
aud_store_check(const char *path, struct aud_err *err)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	struct aud_store *s = NULL;
	enum aud_code code;
	bool current;

	if (fd < 0 && errno == ENOENT)
		return check_place(path, err);
	if (fd < 0)
		return aud_fail(err, AUD_IO, errno, "%s: cannot be opened for writing", path);
	code = check_header(path, fd, false, err);
	current = !code && is_current(fd);
	close(fd);
	/* One of an older schema would be migrated. */
	if (current) {
		code = open_store(&s, path, USE_READ, err);
		aud_store_close(s);
	}
	return code;
}

enum aud_code
aud_store_open(struct aud_store **out, const char *path, struct aud_err *err)
{
	return open_store(out, path, path ? USE_WRITE : USE_MEMORY, err);
}

enum aud_code
aud_store_open_running(struct aud_store **out, const char *path, struct aud_err *err)
{
	return open_store(out, path, USE_RUN, err);
}

enum aud_code
aud_store_open_read(struct aud_store **out, const char *path, struct aud_err *err)
{
	return open_store(out, path, USE_READ, err);
}

/* A file that is marked as having a log can be read only by who may make one. Whoever reads it just now keeps it so. */
static void
end_log(struct aud_store *s)
{
	struct aud_err ignored;

	if (db_exec(s->db, "PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE", &ignored) != AUD_OK)
		return;
}

void
aud_store_close(struct aud_store *s)
{
	if (!s)
		return;
	running_free(s->running);
	if (s->lock >= 0)
		end_log(s);
	db_close(s->db);
	if (s->lock >= 0)
		close(s->lock);
	free(s);
}

enum aud_code
aud_store_matrix(struct aud_store *s, const struct aud_matrix *m, const struct aud_site *site, struct aud_err *err)
{
	enum aud_code code = run(s->db, STMT_BEGIN, err);
	struct place place;

	if (code)
		return code;
	code = put_matrix(s->db, m, site, &place, err);
	if (!code) {
		db_begin(s->db, STMT_PRUNE);
		db_int(s->db, place.matrix);
		code = db_run(s->db, err);
	}
	if (!code)
		code = run(s->db, STMT_COMMIT, err);
	if (code && run(s->db, STMT_ROLLBACK, NULL))
		return code;	/* SQLite rolled back itself */
	return code;
}

const char *
aud_sqlite_version(void)
{
	return db_version();
}
