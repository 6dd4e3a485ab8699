/* What may wait: checkpoints, rows of messages that are gone, segments that are dead. */
#include "store/internal.h"

#include "os/memory.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PURGE_ROWS = 10,       /* of `gone`, a transaction */
	MOVE_BYTES = 16 << 20, /* a transaction */
	MOVE_MESSAGES = 1000,  /* a transaction */
	KEEP_SECONDS = 3600,   /* a dead segment stays for readers that have just looked it up */
	SWEEP_SECONDS = 600,   /* between two looks at an account's segments */
	IDLE_SECONDS = 2,      /* after which a database is closed */
	ACCOUNTS_MAX = 1000,   /* looked at in one go */
};

/* ---- messages without entries ---- */

static struct err delete_where(struct writer *w, const char *sql, int64_t a, int64_t b, int64_t c)
{
	Q_AUTO q = q_of(w->db, sql);

	q_i64(&q, a);
	q_i64(&q, b);
	q_i64(&q, c);
	return q_run(&q);
}

struct err segment_live_add(struct writer *w, uint32_t number, int64_t bytes)
{
	Q_AUTO q = q_of(w->db, "UPDATE segment SET live = live + ?1, "
			       "emptied = CASE WHEN live + ?1 = 0 THEN ?2 ELSE 0 END "
			       "WHERE number = ?3");

	q_i64(&q, bytes);
	q_i64(&q, w->now);
	q_i64(&q, number);
	return q_run(&q);
}

static struct err keys_delete(struct writer *w, struct q *q, uint64_t id)
{
	static const char sql[] = "DELETE FROM key WHERE kind = ? AND hash = ? AND message = ?";
	struct facts f;
	struct arena a;

	arena_init(&a, 8 << 20);
	struct err e = facts_read(q_col_blob(q, 5), &a, &f);

	/* Facts that are damaged: the key of the Message-ID is looked for the long way. */
	if (err_failed(e))
		e = delete_where(w, "DELETE FROM key WHERE kind = ? AND hash >= ? AND message = ?",
				 KEY_MESSAGE_ID, INT64_MIN, (int64_t)id);
	else
		e = delete_where(w, sql, KEY_MESSAGE_ID, key_hash(w->acc, f.message_id),
				 (int64_t)id);
	arena_fini(&a);
	TRY(e);
	TRY(delete_where(w, sql, KEY_SUBJECT, q_col_i64(q, 4), (int64_t)id));
	return delete_where(w, sql, KEY_THREAD, q_col_i64(q, 3), (int64_t)id);
}

/* The message's row and all that hangs on it. */
static struct err message_delete(struct writer *w, uint64_t id)
{
	Q_AUTO q = q_of(w->db, "SELECT segment, at, body_at + size, thread, subject, facts "
			       "FROM message WHERE id = ?");
	Q_AUTO m = q_of(w->db, "DELETE FROM message WHERE id = ?");
	Q_AUTO s = q_of(w->db, "DELETE FROM signature WHERE message = ?");

	q_i64(&q, (int64_t)id);
	if (!q_row(&q))
		return q_end(&q);
	int64_t end = (q_col_i64(&q, 2) + SEGMENT_ALIGN - 1) / SEGMENT_ALIGN * SEGMENT_ALIGN;

	TRY(keys_delete(w, &q, id));
	TRY(segment_live_add(w, (uint32_t)q_col_i64(&q, 0), q_col_i64(&q, 1) - end));
	TRY(q_end(&q));
	q_i64(&m, (int64_t)id);
	TRY(q_run(&m));
	q_i64(&s, (int64_t)id);
	return q_run(&s);
}

static struct err purge_message(struct writer *w, uint64_t id)
{
	Q_AUTO q = q_of(w->db, "SELECT 1 FROM entry WHERE message = ? LIMIT 1");

	q_i64(&q, (int64_t)id);
	bool alive = q_row(&q);

	TRY(q_end(&q));
	return alive ? ERR_OK : message_delete(w, id);
}

static struct err purge_run(struct writer *w, void *arg)
{
	bool *ret_more = arg;
	Q_AUTO q = q_of(w->db, "SELECT rowid, messages FROM gone ORDER BY rowid LIMIT ?");
	Q_AUTO d = q_of(w->db, "DELETE FROM gone WHERE rowid <= ?");
	int64_t last = 0;
	int rows = 0;

	q_i64(&q, PURGE_ROWS);
	for (; q_row(&q); rows++) {
		struct str ids = q_col_blob(&q, 1);
		uint64_t id;

		last = q_col_i64(&q, 0);
		for (size_t i = 0; i + sizeof(id) <= ids.n; i += sizeof(id)) {
			memcpy(&id, ids.p + i, sizeof(id));
			TRY(purge_message(w, id));
		}
	}
	TRY(q_end(&q));
	*ret_more = rows == PURGE_ROWS;
	q_i64(&d, last);
	return q_run(&d);
}

/* ---- segments ---- */

/* With the number in `arg`: the row goes first; a file without a row is dead. */
static struct err segment_forget(struct writer *w, void *arg)
{
	Q_AUTO q = q_of(w->db, "DELETE FROM segment WHERE number = ? AND live = 0");

	q_i64(&q, *(uint32_t *)arg);
	return q_run(&q);
}

static struct err empty_segment(struct account *acc, int64_t now, uint32_t *ret)
{
	READER_AUTO c = {0};

	*ret = 0;
	TRY(reader_take(acc, &c));
	Q_AUTO q = q_of(c.db, "SELECT number FROM segment WHERE live = 0 AND emptied < ? "
			      "AND number <> (SELECT segment FROM account) LIMIT 1");

	q_i64(&q, now - KEEP_SECONDS);
	if (q_row(&q))
		*ret = (uint32_t)q_col_i64(&q, 0);
	return q_end(&q);
}

/* Another process may have been faster. */
static struct err segment_unlink(struct account *acc, const char *name)
{
	struct err e = fs_unlink(acc->store->o.fs, acc->mail_fd, name);

	return err_is(e, ERR_NOT_FOUND) ? ERR_OK : e;
}

static struct err empty_segments_remove(struct account *acc)
{
	uint32_t number;
	char name[16];

	for (;;) {
		TRY(empty_segment(acc, clock_unix(acc->store->o.clock), &number));
		if (!number)
			return ERR_OK;
		TRY(writer_run(acc, segment_forget, &number));
		snprintf(name, sizeof(name), "%06u", number);
		TRY(segment_unlink(acc, name));
	}
}

static struct err segment_known(struct account *acc, uint32_t number, bool *ret)
{
	READER_AUTO c = {0};

	TRY(reader_take(acc, &c));
	Q_AUTO q = q_of(c.db, "SELECT 1 FROM segment WHERE number = ?");

	q_i64(&q, number);
	*ret = q_row(&q);
	return q_end(&q);
}

/* A file that no row knows and nobody has written to for an hour: of an append that failed, or of a
 * segment that was forgotten. */
static struct err stray_remove(struct account *acc, const char *name, int64_t now)
{
	struct stat st;
	uint64_t number;
	bool known;

	if (!str_u64(str_z(name), UINT32_MAX, &number) ||
	    fstatat(acc->mail_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    st.st_mtime > now - KEEP_SECONDS)
		return ERR_OK;
	TRY(segment_known(acc, (uint32_t)number, &known));
	if (known)
		return ERR_OK;
	log_info(&acc->store->log, "dead segment removed", F_Z("account", acc->name),
		 F_Z("segment", name));
	return segment_unlink(acc, name);
}

static struct err strays_remove(struct account *acc)
{
	int fd = openat(acc->mail_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	int64_t now = clock_unix(acc->store->o.clock);
	struct err e = ERR_OK;
	struct dirent *entry;

	if (!d) {
		fd_close(&fd);
		return err_errno("read the mail folder");
	}
	while (err_is_ok(e) && (entry = readdir(d)))
		if (entry->d_name[0] != '.')
			e = stray_remove(acc, entry->d_name, now);
	closedir(d);
	return e;
}

/* ---- moving what lives out of mostly dead segments ---- */

struct move {
	uint32_t segment;
	int fd;
	uint64_t size; /* of the file */
	uint64_t from; /* records from this offset on */
	bool more;
};

/* The record as it is now: flags and mailbox of the message's first entry. */
static struct err record_now(struct writer *w, uint64_t message, struct record *r, struct arena *a)
{
	Q_AUTO q =
		q_of(w->db, "SELECT m.name, e.flags, e.keywords FROM entry AS e JOIN mailbox AS m "
			    "ON m.id = e.mailbox WHERE e.message = ? ORDER BY e.mailbox LIMIT 1");

	q_i64(&q, (int64_t)message);
	if (q_row(&q)) {
		r->mailbox = arena_dup(a, q_col_str(&q, 0));
		r->flags = (uint32_t)q_col_i64(&q, 1);
		r->keywords = arena_dup(a, q_col_str(&q, 2));
	}
	return q_end(&q);
}

static struct err place_update(struct writer *w, uint64_t message, const struct place *p)
{
	Q_AUTO q = q_of(w->db, "UPDATE message SET segment = ?, at = ?, body_at = ? WHERE id = ?");

	q_i64(&q, p->segment);
	q_i64(&q, (int64_t)p->at);
	q_i64(&q, (int64_t)p->body_at);
	q_i64(&q, (int64_t)message);
	return q_run(&q);
}

static struct err message_move(struct writer *w, struct move *m, uint64_t message, uint64_t at,
			       uint64_t end, struct arena *a)
{
	char *p = arena_alloc(a, end - at);
	struct record r;
	struct place place;

	if (!p)
		return err_make(ERR_RESOURCES, "no memory to move a message");
	TRY(file_pread(m->fd, p, end - at, (off_t)at));
	if (!record_header_read(str_of(p, end - at), w->acc->cookie, end - at, &r))
		return err_make(ERR_CORRUPT, "a record's header is damaged");
	struct str facts = str_of(p + record_facts_at(&r), r.facts_n);
	struct str body = str_of(p + record_body_at(&r), r.prefix_n + r.bytes_n);

	if (record_body_at(&r) + body.n > end - at || record_crc(0, facts) != r.facts_crc ||
	    record_crc(0, body) != r.bytes_crc)
		return err_make(ERR_CORRUPT, "a record is damaged");
	uint64_t old = record_size(&r);

	TRY(record_now(w, message, &r, a));
	TRY(append_again(w, &r, facts, body, &place));
	TRY(segment_live_add(w, m->segment, -(int64_t)old));
	return place_update(w, message, &place);
}

static struct err move_run(struct writer *w, void *arg)
{
	struct move *m = arg;
	Q_AUTO q = q_of(w->db, "SELECT id, at, body_at + size FROM message "
			       "WHERE segment = ? AND at >= ? ORDER BY at LIMIT ?");
	uint64_t bytes = 0;
	int n = 0;

	q_i64(&q, m->segment);
	q_i64(&q, (int64_t)m->from);
	q_i64(&q, MOVE_MESSAGES);
	for (; bytes < MOVE_BYTES && q_row(&q); n++) {
		uint64_t id = (uint64_t)q_col_i64(&q, 0), at = (uint64_t)q_col_i64(&q, 1);
		uint64_t end = (uint64_t)q_col_i64(&q, 2);
		struct arena a;

		arena_init(&a, end - at + (1 << 20));
		struct err e = message_move(w, m, id, at, end, &a);

		arena_fini(&a);
		bytes += end - at;
		m->from = end;
		/* It stays where it is; the others move. The check names it. */
		if (err_is(e, ERR_CORRUPT))
			log_error(&w->acc->store->log, "damaged message not moved",
				  F_Z("account", w->acc->name), F_U64("message", id), F_ERR(e));
		else
			TRY(e);
	}
	m->more = bytes >= MOVE_BYTES || n == MOVE_MESSAGES;
	return q_end(&q);
}

static struct err mostly_dead(struct account *acc, uint32_t above, uint32_t *ret)
{
	READER_AUTO c = {0};

	*ret = 0;
	TRY(reader_take(acc, &c));
	Q_AUTO q = q_of(c.db, "SELECT number FROM segment WHERE number > ? AND live > 0 "
			      "AND live < end / 2 AND number <> (SELECT segment FROM account) "
			      "ORDER BY number LIMIT 1");

	q_i64(&q, above);
	if (q_row(&q))
		*ret = (uint32_t)q_col_i64(&q, 0);
	return q_end(&q);
}

static struct err segment_empty(struct account *acc, uint32_t number)
{
	struct move m = {.segment = number, .more = true};
	char name[16];

	snprintf(name, sizeof(name), "%06u", number);
	m.fd = openat(acc->mail_fd, name, O_RDONLY | O_CLOEXEC);
	if (m.fd < 0)
		return err_errno("open segment %s", name);
	struct err e = ERR_OK;

	while (m.more && err_is_ok(e))
		e = writer_run(acc, move_run, &m);
	fd_close(&m.fd);
	return e;
}

static struct err mostly_dead_move(struct account *acc)
{
	uint32_t number = 0;

	for (;;) {
		TRY(mostly_dead(acc, number, &number));
		if (!number)
			return ERR_OK;
		TRY(segment_empty(acc, number));
	}
}

/* ---- history ---- */

/* Forgets changes older than the last changes_keep modseqs, an eighth of them at a time. */
static struct err changes_trim(struct writer *w, void *arg)
{
	uint64_t keep = w->acc->store->o.changes_keep, horizon = 0;
	Q_AUTO q = q_of(w->db, "SELECT horizon FROM account");
	Q_AUTO d = q_of(w->db, "DELETE FROM change WHERE modseq <= ?");
	Q_AUTO u = q_of(w->db, "UPDATE account SET horizon = ?");

	if (q_row(&q))
		horizon = (uint64_t)q_col_i64(&q, 0);
	TRY(q_end(&q));
	if (w->modseq <= horizon + keep + keep / 8)
		return ERR_OK;
	q_i64(&d, (int64_t)(w->modseq - keep));
	TRY(q_run(&d));
	q_i64(&u, (int64_t)(w->modseq - keep));
	return q_run(&u);
}

/* ---- the round ---- */

static struct err checkpoint(struct account *acc)
{
	READER_AUTO c = {0};

	TRY(reader_take(acc, &c));
	acc->wants_checkpoint = false;
	return db_checkpoint(c.db);
}

/* Closes the connections: nobody needed one for a while. */
static void cool(struct account *acc)
{
	struct db *idle[ACCOUNT_IDLE_MAX];
	size_t n = 0;

	acc->db_warm = false;
	pthread_mutex_lock(&acc->lock);
	while (acc->idle_n)
		idle[n++] = acc->idle[--acc->idle_n];
	pthread_mutex_unlock(&acc->lock);
	while (n)
		db_close(idle[--n]);
}

static struct err purge(struct account *acc)
{
	bool more = true;

	acc->wants_purge = false;
	while (more)
		TRY(writer_run(acc, purge_run, &more));
	return ERR_OK;
}

static struct err sweep(struct account *acc)
{
	TRY(writer_run(acc, changes_trim, NULL));
	TRY(mostly_dead_move(acc));
	TRY(empty_segments_remove(acc));
	return strays_remove(acc);
}

/* True if it gave memory back. */
static bool account_work(struct account *acc)
{
	int64_t now = clock_mono(acc->store->o.clock);
	struct err e = acc->wants_purge ? purge(acc) : ERR_OK;

	if (err_is_ok(e) && now >= acc->next_sweep) {
		acc->next_sweep = now + SWEEP_SECONDS * NS_PER_S;
		e = sweep(acc);
	}
	if (err_is_ok(e) && acc->wants_checkpoint)
		e = checkpoint(acc);
	if (err_failed(e))
		log_error(&acc->store->log, "housekeeping failed", F_Z("account", acc->name),
			  F_ERR(e));
	if (!acc->db_warm || now - acc->db_used <= IDLE_SECONDS * NS_PER_S)
		return false;
	cool(acc);
	return true;
}

void store_work(struct store *s)
{
	struct account *list[ACCOUNTS_MAX];
	bool freed = false;
	size_t n = 0;

	pthread_mutex_lock(&s->lock);
	for (struct account *a = s->accounts; a && n < ACCOUNTS_MAX; a = a->next) {
		a->refs++;
		list[n++] = a;
	}
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < n; i++) {
		freed |= account_work(list[i]);
		account_unref(list[i]);
	}
	if (freed)
		memory_give_back();
}
