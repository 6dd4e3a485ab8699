/* Threads: to which conversation a message belongs (features section 9). */
#include "store/internal.h"

enum {
	LOOKUPS_MAX = 50, /* references tried; candidates with one subject */
	WEEKS_4 = 28 * 86400,
	DAY = 86400,
};

/* Keyed with random bytes of the account: a stranger cannot make two texts collide. */
int64_t key_hash(const struct account *acc, struct str s)
{
	return (int64_t)str_hash(s, acc->hash_seed);
}

struct err key_add(struct writer *w, enum key_kind kind, int64_t hash, uint64_t message)
{
	Q_AUTO q = q_of(w->db, "INSERT OR IGNORE INTO key VALUES(?, ?, ?)");

	q_i64(&q, kind);
	q_i64(&q, hash);
	q_i64(&q, (int64_t)message);
	return q_run(&q);
}

struct match {
	uint64_t thread, parent;
};

/* The newest message with the Message-ID, with `subject` also that subject. */
static struct err by_message_id(struct writer *w, struct str id, const int64_t *subject,
				struct match *ret)
{
	Q_AUTO q =
		q_of(w->db, "SELECT m.id, m.thread FROM key AS k JOIN message AS m "
			    "ON m.id = k.message WHERE k.kind = ?1 AND k.hash = ?2 "
			    "AND (?3 IS NULL OR m.subject = ?3) ORDER BY k.message DESC LIMIT 1");

	q_i64(&q, KEY_MESSAGE_ID);
	q_i64(&q, key_hash(w->acc, id));
	if (subject)
		q_i64(&q, *subject);
	else
		q_null(&q);
	if (q_row(&q))
		*ret = (struct match){.parent = (uint64_t)q_col_i64(&q, 0),
				      .thread = (uint64_t)q_col_i64(&q, 1)};
	return q_end(&q);
}

/* A reply whose references are unknown: the newest message of the same subject that was delivered
 * to the same mailbox at most 4 weeks before, or a day after. */
static struct err by_subject(struct writer *w, int64_t subject, uint32_t mailbox, int64_t received,
			     struct match *ret)
{
	Q_AUTO q = q_of(w->db, "SELECT m.id, m.thread, m.received, m.mailbox FROM key AS k "
			       "JOIN message AS m ON m.id = k.message WHERE k.kind = ? "
			       "AND k.hash = ? ORDER BY k.message DESC LIMIT ?");

	q_i64(&q, KEY_SUBJECT);
	q_i64(&q, subject);
	q_i64(&q, LOOKUPS_MAX);
	while (q_row(&q)) {
		int64_t other = q_col_i64(&q, 2);

		if (q_col_i64(&q, 3) != mailbox || other < received - WEEKS_4 ||
		    other > received + DAY)
			continue;
		*ret = (struct match){.parent = (uint64_t)q_col_i64(&q, 0),
				      .thread = (uint64_t)q_col_i64(&q, 1)};
		break;
	}
	return q_end(&q);
}

struct err thread_match(struct writer *w, const struct facts *f, uint32_t mailbox, int64_t received,
			uint64_t *ret_thread, uint64_t *ret_parent)
{
	struct match m = {0};
	int64_t subject = key_hash(w->acc, f->subject_base);

	if (f->message_id.n)
		TRY(by_message_id(w, f->message_id, NULL, &m));
	/* The nearest is the last. */
	for (size_t i = 0; i < f->reference_count && i < LOOKUPS_MAX && !m.thread; i++)
		TRY(by_message_id(w, f->references[f->reference_count - 1 - i], &subject, &m));
	if (!m.thread && f->subject_is_reply && f->subject_base.n)
		TRY(by_subject(w, subject, mailbox, received, &m));
	*ret_thread = m.thread;
	*ret_parent = m.parent;
	return ERR_OK;
}

static struct err thread_read(struct db *db, uint64_t thread, bool *ret_muted, bool *ret_collapsed)
{
	Q_AUTO q = q_of(db, "SELECT muted, collapsed FROM thread WHERE id = ?");

	*ret_muted = *ret_collapsed = false;
	q_i64(&q, (int64_t)thread);
	if (q_row(&q)) {
		*ret_muted = q_col_i64(&q, 0) != 0;
		*ret_collapsed = q_col_i64(&q, 1) != 0;
	}
	return q_end(&q);
}

struct err thread_muted(struct writer *w, uint64_t thread, bool *ret)
{
	bool collapsed;

	return thread_read(w->db, thread, ret, &collapsed);
}

struct err thread_get(struct account *acc, uint64_t thread, bool *ret_muted, bool *ret_collapsed)
{
	READER_AUTO c = {0};

	TRY(reader_take(acc, &c));
	return thread_read(c.db, thread, ret_muted, ret_collapsed);
}

struct thread_state {
	uint64_t thread;
	bool muted, collapsed;
};

static struct err set_run(struct writer *w, void *arg)
{
	struct thread_state *t = arg;
	Q_AUTO off = q_of(w->db, "DELETE FROM thread WHERE id = ?");
	Q_AUTO on = q_of(w->db, "INSERT INTO thread VALUES(?, ?, ?)");

	q_i64(&off, (int64_t)t->thread);
	TRY(q_run(&off));
	writer_modseq(w);
	if (!t->muted && !t->collapsed)
		return ERR_OK;
	q_i64(&on, (int64_t)t->thread);
	q_i64(&on, t->muted);
	q_i64(&on, t->collapsed);
	return q_run(&on);
}

struct err thread_set(struct account *acc, uint64_t thread, bool muted, bool collapsed)
{
	struct thread_state t = {thread, muted, collapsed};

	return writer_run(acc, set_run, &t);
}
