#include "store/db.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUSY_MS = 10000, CACHE_KIB = 2048 };

struct err db_err(struct db *db, int rc, const char *what)
{
	static const struct {
		int rc;
		enum err_code code;
	} codes[] = {
		{SQLITE_FULL, ERR_DISK_FULL},  {SQLITE_CORRUPT, ERR_CORRUPT},
		{SQLITE_NOTADB, ERR_CORRUPT},  {SQLITE_BUSY, ERR_TIMEOUT},
		{SQLITE_NOMEM, ERR_RESOURCES}, {SQLITE_CANTOPEN, ERR_IO},
		{SQLITE_MISUSE, ERR_INTERNAL}, {SQLITE_CONSTRAINT, ERR_CORRUPT},
		{SQLITE_ERROR, ERR_CORRUPT},
	};
	enum err_code code = ERR_IO;

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if ((rc & 0xff) == codes[i].rc)
			code = codes[i].code;
	return err_make(code, "%s: %s (SQLite %d)", what,
			db && db->h ? sqlite3_errmsg(db->h) : sqlite3_errstr(rc), rc);
}

struct err db_exec(struct db *db, const char *sql)
{
	int rc = sqlite3_exec(db->h, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? ERR_OK : db_err(db, rc, sql);
}

struct err db_version(struct db *db, unsigned *ret)
{
	Q_AUTO q = q_of(db, "PRAGMA user_version");
	bool row = q_row(&q);
	unsigned version = row ? (unsigned)q_col_i64(&q, 0) : 0;

	TRY(q_end(&q));
	if (!row)
		return err_make(ERR_CORRUPT, "the database has no version");
	*ret = version;
	return ERR_OK;
}

struct err db_version_set(struct db *db, unsigned version)
{
	char set[64];

	snprintf(set, sizeof(set), "PRAGMA user_version = %u", version);
	return db_exec(db, set);
}

/* When the sync of the WAL fails its frames are there, whole, and SQLite rolls back in memory
 * alone: its next commit would overwrite them, but opening the database comes first when all
 * connections were closed, and takes them for committed. So a commit that changes nothing
 * overwrites them now: each frame's checksum is of all before it, so what is left behind it is
 * void. */
static struct err frames_void(struct db *db)
{
	unsigned version = 0;

	TRY(db_version(db, &version));
	return db_version_set(db, version);
}

struct err db_commit(struct db *db)
{
	struct err e = db_exec(db, "COMMIT");

	if (err_is_ok(e))
		return e;
	if (!sqlite3_get_autocommit(db->h))
		err_ignore(db_exec(db, "ROLLBACK"), "the first error counts");
	err_ignore(frames_void(db), "a disk that fails on: store.md, when a sync fails");
	return e;
}

static int wal_committed(void *arg, sqlite3 *h, const char *name, int pages)
{
	struct db *db = arg;

	db->wal_pages = pages;
	return SQLITE_OK;
}

/* WAL before synchronous: the first makes the file. secure_delete costs a write of every freed
 * page; Debian's default is on. The hook replaces automatic checkpoints, which would run inside a
 * commit. */
static struct err configure(struct db *db)
{
	int keep = 1;

	sqlite3_busy_timeout(db->h, BUSY_MS);
	sqlite3_extended_result_codes(db->h, 1);
	TRY(db_exec(db, "PRAGMA journal_mode=WAL"));
	TRY(db_exec(db, "PRAGMA synchronous=FULL"));
	TRY(db_exec(db, "PRAGMA secure_delete=OFF"));
	TRY(db_exec(db, "PRAGMA journal_size_limit=33554432"));
	TRY(db_exec(db, "PRAGMA temp_store=MEMORY"));
	TRY(db_exec(db, "PRAGMA cache_size=-2048"));
	TRY(db_exec(db, "PRAGMA trusted_schema=OFF"));
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_file_control(db->h, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
	sqlite3_wal_hook(db->h, wal_committed, db);
	return ERR_OK;
}

static struct err open_with(const char *vfs, const char *path, bool create,
			    struct err (*prepare)(struct db *db), struct db **ret)
{
	struct db *db = calloc(1, sizeof(*db));
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);

	if (!db)
		return err_make(ERR_RESOURCES, "no memory for a database");
	int rc = sqlite3_open_v2(path, &db->h, flags, vfs);
	struct err e = rc == SQLITE_OK ? prepare(db) : db_err(db, rc, "open");

	if (err_failed(e)) {
		db_close(db);
		return err_add(e, "database %s", path);
	}
	*ret = db;
	return ERR_OK;
}

struct err db_open(const char *vfs, const char *path, bool create, struct db **ret)
{
	return open_with(vfs, path, create, configure, ret);
}

static struct err leave_as_is(struct db *db)
{
	sqlite3_busy_timeout(db->h, BUSY_MS);
	return ERR_OK;
}

struct err db_open_as_is(const char *path, bool create, struct db **ret)
{
	return open_with(NULL, path, create, leave_as_is, ret);
}

void db_close(struct db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < DB_STATEMENTS; i++)
		sqlite3_finalize(db->statements[i].s);
	int rc = sqlite3_close(db->h);

	assert(rc == SQLITE_OK);
	free(db);
}

struct err db_checkpoint(struct db *db)
{
	int rc = sqlite3_wal_checkpoint_v2(db->h, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY && (rc & 0xff) != SQLITE_LOCKED)
		return db_err(db, rc, "checkpoint");
	db->wal_pages = 0;
	return ERR_OK;
}

/* Where the statement with this text is kept, or would be. */
static struct db_statement *statement(struct db *db, const char *sql)
{
	size_t i = ((uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15)) >> 40;

	for (size_t n = 0; n < DB_STATEMENTS; n++, i++) {
		struct db_statement *st = &db->statements[i % DB_STATEMENTS];

		if (!st->sql || st->sql == sql)
			return st;
	}
	assert(!"more statements than places");
	return NULL;
}

struct q q_of(struct db *db, const char *sql)
{
	struct q q = {.db = db, .next = 1};
	struct db_statement *st = statement(db, sql);

	if (!st->s) {
		int rc =
			sqlite3_prepare_v3(db->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &st->s, NULL);

		if (rc != SQLITE_OK) {
			q.err = db_err(db, rc, sql);
			return q;
		}
		st->sql = sql;
	}
	assert(!sqlite3_stmt_busy(st->s));
	q.s = st->s;
	return q;
}

static void bound(struct q *q, int rc)
{
	if (rc != SQLITE_OK && err_is_ok(q->err))
		q->err = db_err(q->db, rc, "bind");
}

void q_i64(struct q *q, int64_t v)
{
	if (q->s)
		bound(q, sqlite3_bind_int64(q->s, q->next++, v));
}

void q_str(struct q *q, struct str s)
{
	if (q->s)
		bound(q,
		      sqlite3_bind_text(q->s, q->next++, s.p ? s.p : "", (int)s.n, SQLITE_STATIC));
}

void q_blob(struct q *q, struct str s)
{
	if (q->s)
		bound(q,
		      sqlite3_bind_blob(q->s, q->next++, s.p ? s.p : "", (int)s.n, SQLITE_STATIC));
}

void q_null(struct q *q)
{
	if (q->s)
		bound(q, sqlite3_bind_null(q->s, q->next++));
}

bool q_row(struct q *q)
{
	if (!q->s || err_failed(q->err))
		return false;
	int rc = sqlite3_step(q->s);

	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		q->err = db_err(q->db, rc, sqlite3_sql(q->s));
	return false;
}

struct err q_end(struct q *q)
{
	struct err e = q->err;

	if (q->s) {
		sqlite3_reset(q->s);
		sqlite3_clear_bindings(q->s);
	}
	q->next = 1;
	return e;
}

struct err q_run(struct q *q)
{
	while (q_row(q))
		;
	return q_end(q);
}

void q_done(struct q *q)
{
	err_ignore(q_end(q), "who wanted to know has asked");
}

int64_t q_col_i64(struct q *q, int col)
{
	return sqlite3_column_int64(q->s, col);
}

struct str q_col_str(struct q *q, int col)
{
	const unsigned char *p = sqlite3_column_text(q->s, col);

	return str_of(p ? (const char *)p : "", p ? (size_t)sqlite3_column_bytes(q->s, col) : 0);
}

struct str q_col_blob(struct q *q, int col)
{
	const void *p = sqlite3_column_blob(q->s, col);

	return str_of(p ? p : "", p ? (size_t)sqlite3_column_bytes(q->s, col) : 0);
}
