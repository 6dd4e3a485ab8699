/* db: a thin wrapper of SQLite: a connection with its prepared statements, and statements that
 * fail stickily.
 *
 *     Q_AUTO q = q_of(db, "SELECT name FROM mailbox WHERE id = ?");
 *     q_i64(&q, id);
 *     if (q_row(&q))
 *             ... q_col_str(&q, 0) ...
 *     TRY(q_end(&q));
 *
 * Statements are kept a connection, found by the address of their text: it is a string literal.
 * The same text is not used by two open queries at a time.
 * Threads: a connection and its queries belong to one thread at a time.
 */
#ifndef MOX_STORE_DB_H
#define MOX_STORE_DB_H

#include "base/err.h"
#include <sqlite3.h>

enum { DB_STATEMENTS = 256 };

struct db {
	sqlite3 *h;
	int wal_pages; /* in the WAL after the last commit through this connection */
	struct db_statement {
		const char *sql;
		sqlite3_stmt *s;
	} statements[DB_STATEMENTS];
};

/* Opens (with create: or makes) the database file through the VFS of that name, in WAL mode with
 * synchronous=FULL. NOT_FOUND, CORRUPT. */
struct err db_open(const char *vfs, const char *path, bool create, struct db **ret);
/* Opens a database as it is, of whatever mode, through SQLite's own file layer: for copying it. */
struct err db_open_as_is(const char *path, bool create, struct db **ret);
void db_close(struct db *db);
/* Statements without parameters and results, once. */
struct err db_exec(struct db *db, const char *sql);
/* The number that a database keeps for its owner; 0 in a new one. */
struct err db_version(struct db *db, unsigned *ret);
struct err db_version_set(struct db *db, unsigned version);
/* Commits, or rolls back so that nothing of the transaction is left, also for who opens the
 * database after all have closed it. With the lock that the writers share. */
struct err db_commit(struct db *db);
/* Copies what it can from the WAL into the database file, without waiting for anyone. */
struct err db_checkpoint(struct db *db);
/* What SQLite says is an error of ours: FULL -> DISK_FULL, CORRUPT and NOTADB -> CORRUPT, BUSY ->
 * TIMEOUT, NOMEM -> RESOURCES, others IO. */
struct err db_err(struct db *db, int rc, const char *what);

struct q {
	struct db *db;
	sqlite3_stmt *s; /* NULL after a failure */
	int next;        /* parameter */
	struct err err;
};

#define Q_AUTO CLEANUP(q_done) struct q

struct q q_of(struct db *db, const char *sql);
/* Bind the parameters in order. Text and blobs are not copied: they live until the query ends. */
void q_i64(struct q *q, int64_t v);
void q_str(struct q *q, struct str s);
void q_blob(struct q *q, struct str s);
void q_null(struct q *q);
/* The next row; false at the end or after a failure. */
bool q_row(struct q *q);
/* To the end, discarding rows; with the outcome. The query can then be bound and run again. */
struct err q_run(struct q *q);
/* The outcome so far; resets the statement and its bindings, for the next use. */
struct err q_end(struct q *q);
void q_done(struct q *q);

/* Columns of the current row. Strings live until the next step. NULL is 0, or the empty str. */
int64_t q_col_i64(struct q *q, int col);
struct str q_col_str(struct q *q, int col);
struct str q_col_blob(struct q *q, int col);

#endif
