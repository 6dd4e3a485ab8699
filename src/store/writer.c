/* Group commit. Who wants to change an account puts an operation into its queue. Whoever finds no
 * leader becomes it: takes the account's lock file, then all operations queued by then, runs them
 * in one transaction, syncs the segments, commits, wakes their owners and hands over. Nobody waits
 * on purpose to make a batch. The interface is in internal.h.
 */
#include "store/internal.h"
#include "store/lock.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHECKPOINT_NOW_PAGES = 4000 };

struct write_op {
	struct err (*run)(struct writer *w, void *arg);
	void *arg;
	struct write_op *next;
	bool done;
	enum err_code code;
	char why[256];
};

/* An err lives on its thread; its owner waits on another. */
static void op_outcome(struct write_op *op, struct err e)
{
	struct str text = err_text(e);

	op->code = err_code(e);
	snprintf(op->why, sizeof(op->why), "%.*s", STR_ARG(text));
}

static struct err op_err(const struct write_op *op)
{
	return op->code == ERR_NONE ? ERR_OK : err_make(op->code, "%s", op->why);
}

/* ---- what operations call ---- */

uint64_t writer_modseq(struct writer *w)
{
	w->s.changed = w->s.modseq_used = true;
	return w->modseq;
}

uint64_t writer_message_id(struct writer *w)
{
	w->s.changed = true;
	return w->s.message_next++;
}

uint32_t writer_mailbox_id(struct writer *w)
{
	w->s.changed = true;
	return w->s.mailbox_next++;
}

/* Features section 9: it grows with every mailbox made or renamed, and at least with half the time,
 * so that an account that was lost and made again does not repeat one. */
uint32_t writer_uidvalidity(struct writer *w)
{
	w->s.changed = true;
	if (w->s.uidvalidity_next < w->now / 2)
		w->s.uidvalidity_next = (uint32_t)(w->now / 2);
	return w->s.uidvalidity_next++;
}

/* The array, from malloc, with room for more than n items; NULL without memory, then nothing
 * changed. */
static void *grow(void *items, size_t n, size_t *cap, size_t size)
{
	if (items && n < *cap)
		return items;
	size_t more = *cap ? *cap * 2 : 64;
	void *p = realloc(items, more * size);

	if (p)
		*cap = more;
	return p;
}

struct err writer_change_uids(struct writer *w, uint32_t mailbox, enum change_kind kind,
			      uint32_t first, uint32_t last)
{
	struct pending_uids *p = w->s.uids_n ? &w->uids[w->s.uids_n - 1] : NULL;

	writer_modseq(w);
	if (p && p->mailbox == mailbox && p->kind == kind && p->range.last + 1 == first) {
		/* Only within one operation is this row its own to take back; appending to an
		 * earlier one's is right as long as that one stays. */
		if (w->s.uids_n > w->uids_kept) {
			p->range.last = last;
			return ERR_OK;
		}
	}
	p = grow(w->uids, w->s.uids_n, &w->uids_cap, sizeof(*w->uids));
	if (!p)
		return err_make(ERR_RESOURCES, "no memory for changes");
	w->uids = p;
	w->uids[w->s.uids_n++] = (struct pending_uids){mailbox, kind, {first, last}};
	return ERR_OK;
}

static struct err change_insert(struct writer *w, uint32_t mailbox, enum change_kind kind,
				const struct str *uids, struct str name, struct str old_name)
{
	Q_AUTO q = q_of(w->db, "INSERT INTO change VALUES(?, ?, ?, ?, ?, ?, ?)");

	q_i64(&q, (int64_t)writer_modseq(w));
	q_i64(&q, w->change_number++);
	q_i64(&q, kind);
	q_i64(&q, mailbox);
	if (uids)
		q_blob(&q, *uids);
	else
		q_null(&q);
	q_str(&q, name);
	q_str(&q, old_name);
	return q_run(&q);
}

struct err writer_change_name(struct writer *w, uint32_t mailbox, enum change_kind kind,
			      struct str name, struct str old_name)
{
	return change_insert(w, mailbox, kind, NULL, name, old_name);
}

struct err writer_gone(struct writer *w, uint64_t message)
{
	w->s.changed = true;
	uint64_t *p = grow(w->gone, w->s.gone_n, &w->gone_cap, sizeof(*w->gone));

	if (!p)
		return err_make(ERR_RESOURCES, "no memory for changes");
	w->gone = p;
	w->gone[w->s.gone_n++] = message;
	return ERR_OK;
}

/* ---- the transaction ---- */

static struct err account_row_read(struct writer *w)
{
	Q_AUTO q = q_of(w->db, "SELECT modseq, message_next, mailbox_next, uidvalidity_next, "
			       "segment, (SELECT end FROM segment WHERE number = account.segment) "
			       "FROM account");

	if (!q_row(&q)) {
		TRY(q_end(&q));
		return err_make(ERR_CORRUPT, "the database has no account row");
	}
	w->modseq = (uint64_t)q_col_i64(&q, 0) + 1;
	w->s.message_next = (uint64_t)q_col_i64(&q, 1);
	w->s.mailbox_next = (uint32_t)q_col_i64(&q, 2);
	w->s.uidvalidity_next = (uint32_t)q_col_i64(&q, 3);
	w->s.segment.number = (uint32_t)q_col_i64(&q, 4);
	w->s.segment.end = (uint64_t)q_col_i64(&q, 5);
	return q_end(&q);
}

static struct err account_row_write(struct writer *w)
{
	Q_AUTO q = q_of(w->db, "UPDATE account SET modseq = ?, message_next = ?, mailbox_next = ?, "
			       "uidvalidity_next = ?, segment = ?");

	q_i64(&q, (int64_t)(w->s.modseq_used ? w->modseq : w->modseq - 1));
	q_i64(&q, (int64_t)w->s.message_next);
	q_i64(&q, w->s.mailbox_next);
	q_i64(&q, w->s.uidvalidity_next);
	q_i64(&q, w->s.segment.number);
	return q_run(&q);
}

static int pending_cmp(const void *a, const void *b)
{
	const struct pending_uids *x = a, *y = b;

	if (x->mailbox != y->mailbox)
		return x->mailbox < y->mailbox ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->range.first > y->range.first) - (x->range.first < y->range.first);
}

/* One row a mailbox and kind. */
static struct err uids_flush(struct writer *w)
{
	size_t n = w->s.uids_n;

	if (n)
		qsort(w->uids, n, sizeof(*w->uids), pending_cmp);
	for (size_t i = 0, next; i < n; i = next) {
		UIDS_AUTO u = {0};
		BUF_AUTO b = BUF_INIT(64 << 20);

		for (next = i; next < n && w->uids[next].mailbox == w->uids[i].mailbox &&
			       w->uids[next].kind == w->uids[i].kind;
		     next++)
			TRY(uids_add_range(&u, w->uids[next].range.first,
					   w->uids[next].range.last));
		uids_pack(&u, &b);
		if (buf_failed(&b))
			return err_make(ERR_RESOURCES, "no memory for a set of uids");
		struct str packed = buf_str(&b);

		TRY(change_insert(w, w->uids[i].mailbox, w->uids[i].kind, &packed, STR(""),
				  STR("")));
	}
	return ERR_OK;
}

static struct err gone_flush(struct writer *w)
{
	if (!w->s.gone_n)
		return ERR_OK;
	Q_AUTO q = q_of(w->db, "INSERT INTO gone VALUES(?, ?)");

	q_i64(&q, (int64_t)w->modseq);
	q_blob(&q, str_of(w->gone, w->s.gone_n * sizeof(*w->gone)));
	return q_run(&q);
}

/* An operation that fails leaves nothing behind. False when SQLite gave up the transaction. */
static bool op_run(struct writer *w, struct write_op *op, bool alone)
{
	struct writer_state before = w->s;
	struct err e = alone ? ERR_OK : db_exec(w->db, "SAVEPOINT op");

	w->uids_kept = w->s.uids_n;
	if (err_is_ok(e))
		e = op->run(w, op->arg);
	op_outcome(op, e);
	if (sqlite3_get_autocommit(w->db->h) || w->sync_failed)
		return false;
	if (err_failed(e)) {
		/* With the segment's end: the next record overwrites what this one wrote. */
		w->s = before;
		e = db_exec(w->db, alone ? "ROLLBACK; BEGIN IMMEDIATE" : "ROLLBACK TO op");
	}
	if (err_is_ok(e) && !alone)
		e = db_exec(w->db, "RELEASE op");
	return err_is_ok(e);
}

/* Everything an operation wrote is durable before the commit that makes it visible. */
static struct err commit(struct writer *w)
{
	if (w->s.changed) {
		TRY(uids_flush(w));
		TRY(gone_flush(w));
		TRY(append_flush(w));
		TRY(account_row_write(w));
	}
	return db_commit(w->db);
}

struct err writer_begin(struct writer *w)
{
	TRY(db_exec(w->db, "BEGIN IMMEDIATE"));
	return account_row_read(w);
}

struct err writer_end(struct writer *w, struct err e)
{
	if (err_is_ok(e))
		e = commit(w);
	if (err_failed(e) && !sqlite3_get_autocommit(w->db->h))
		err_ignore(db_exec(w->db, "ROLLBACK"), "the first error counts");
	free(w->uids);
	free(w->gone);
	return e;
}

static struct err ops_run(struct writer *w, struct write_op *ops)
{
	TRY(writer_begin(w));
	for (struct write_op *op = ops; op; op = op->next)
		if (!op_run(w, op, !ops->next))
			return op->code != ERR_NONE
				       ? op_err(op)
				       : err_make(ERR_IO, "the transaction was given up");
	return commit(w);
}

/* Runs the operations in one transaction; *ret_changed when somebody should be told. */
static void batch(struct account *acc, struct db *db, struct write_op *ops, bool *ret_changed)
{
	struct writer w = {.acc = acc, .db = db, .now = clock_unix(acc->store->o.clock)};
	struct err e = ops_run(&w, ops);

	*ret_changed = err_is_ok(e) && w.s.modseq_used;
	if (w.s.gone_n)
		acc->wants_purge = true;
	if (err_failed(e)) {
		if (!sqlite3_get_autocommit(db->h))
			err_ignore(db_exec(db, "ROLLBACK"), "the first error counts");
		for (struct write_op *op = ops; op; op = op->next)
			op_outcome(op, e);
		log_error(&acc->store->log, "commit failed", F_Z("account", acc->name), F_ERR(e));
	}
	if (w.sync_failed)
		append_failed(acc, db);
	free(w.uids);
	free(w.gone);
}

/* With acc->lock: takes what is queued. */
static struct write_op *queue_take(struct account *acc)
{
	struct write_op *ops = acc->queue;

	acc->queue = NULL;
	acc->queue_end = &acc->queue;
	return ops;
}

static void lead(struct account *acc)
{
	struct store *s = acc->store;
	struct db *db = NULL;
	bool changed = false;
	struct err e = lock_take(acc->lock_fd, s->o.lock_ms);
	bool locked = err_is_ok(e);

	if (locked)
		e = account_db(acc, &db);
	pthread_mutex_lock(&acc->lock);
	struct write_op *ops = queue_take(acc);

	pthread_mutex_unlock(&acc->lock);
	if (err_is_ok(e)) {
		batch(acc, db, ops, &changed);
	} else {
		for (struct write_op *op = ops; op; op = op->next)
			op_outcome(op, e);
	}
	/* Nobody does store_work often enough. With the lock, as only a WAL that is copied to its
	 * end can begin anew, and under steady writing it would never be. */
	if (db && db->wal_pages > CHECKPOINT_NOW_PAGES)
		err_ignore(db_checkpoint(db), "the next commit tries again");
	if (locked)
		lock_drop(acc->lock_fd);
	pthread_mutex_lock(&acc->lock);
	for (struct write_op *op = ops, *next; op; op = next) {
		next = op->next; /* its owner may be gone once it is done */
		op->done = true;
	}
	acc->leading = false;
	pthread_cond_broadcast(&acc->cond);
	pthread_mutex_unlock(&acc->lock);
	if (changed && s->o.notify) {
		s->o.notify->counter[acc->slot]++;
		if (s->o.ring)
			s->o.ring(s->o.ring_arg, acc->slot);
	}
	if (db)
		account_db_back(acc, db, !sqlite3_get_autocommit(db->h));
}

struct err writer_run(struct account *acc, struct err (*run)(struct writer *w, void *arg),
		      void *arg)
{
	struct write_op op = {.run = run, .arg = arg};

	pthread_mutex_lock(&acc->lock);
	*acc->queue_end = &op;
	acc->queue_end = &op.next;
	while (!op.done) {
		if (acc->leading) {
			pthread_cond_wait(&acc->cond, &acc->lock);
			continue;
		}
		acc->leading = true;
		pthread_mutex_unlock(&acc->lock);
		lead(acc);
		pthread_mutex_lock(&acc->lock);
	}
	pthread_mutex_unlock(&acc->lock);
	return op_err(&op);
}
