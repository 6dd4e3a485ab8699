/* Reading entries. */
#include "store/entry.h"

#include "store/internal.h"
#include <stdlib.h>

enum { ROWS = 1000 };

#define ENTRY_COLUMNS                                                                       \
	"e.mailbox, e.uid, e.message, e.createseq, e.modseq, e.flags, e.keywords, e.size, " \
	"e.received, e.saved"
#define PLACE_COLUMNS ", m.thread, m.parent, m.prefix_n, m.sha256"
#define FACTS_COLUMNS ", m.facts"
#define RANGE                                                             \
	"WHERE e.mailbox = ? AND e.uid BETWEEN ? AND ? AND e.modseq > ? " \
	"AND e.flags & ? = ? AND e.flags & ? = 0 "
#define JOIN_MESSAGE   "JOIN message AS m ON m.id = e.message "
#define JOIN_SIGNATURE "LEFT JOIN signature AS s ON s.message = e.message "

/* By want (of which PLACE comes with FACTS), then by direction. */
static const char *const list_sql[8][2] = {
#define BOTH(cols, joins)                                                            \
	{                                                                            \
		"SELECT " ENTRY_COLUMNS cols " FROM entry AS e " joins RANGE         \
		"ORDER BY e.uid LIMIT ?",                                            \
			"SELECT " ENTRY_COLUMNS cols " FROM entry AS e " joins RANGE \
			"ORDER BY e.uid DESC LIMIT ?"                                \
	}
	[0] = BOTH("", ""),
	[WANT_PLACE] = BOTH(PLACE_COLUMNS, JOIN_MESSAGE),
	[WANT_PLACE | WANT_FACTS] = BOTH(PLACE_COLUMNS FACTS_COLUMNS, JOIN_MESSAGE),
	[WANT_SIGNATURE] = BOTH(", s.bits", JOIN_SIGNATURE),
	[WANT_SIGNATURE | WANT_PLACE] = BOTH(PLACE_COLUMNS ", s.bits", JOIN_MESSAGE JOIN_SIGNATURE),
	[WANT_SIGNATURE | WANT_PLACE | WANT_FACTS] =
		BOTH(PLACE_COLUMNS FACTS_COLUMNS ", s.bits", JOIN_MESSAGE JOIN_SIGNATURE),
#undef BOTH
};

/* The first columns of a row. */
static struct err light_take(struct q *q, struct arena *a, struct entry *e)
{
	*e = (struct entry){
		.mailbox = (uint32_t)q_col_i64(q, 0),
		.uid = (uint32_t)q_col_i64(q, 1),
		.message = (uint64_t)q_col_i64(q, 2),
		.createseq = (uint64_t)q_col_i64(q, 3),
		.modseq = (uint64_t)q_col_i64(q, 4),
		.set.flags = (unsigned)q_col_i64(q, 5),
		.size = (uint64_t)q_col_i64(q, 7),
		.received = q_col_i64(q, 8),
		.saved = q_col_i64(q, 9),
	};
	struct str keywords = q_col_str(q, 6);

	return keywords.n ? keywords_split(keywords, a, &e->set.keywords, &e->set.keyword_count)
			  : ERR_OK;
}

static struct err facts_take(struct q *q, int col, struct arena *a, struct entry *e)
{
	struct str bytes = arena_dup(a, q_col_blob(q, col));

	e->facts = ARENA_NEW(a, struct facts);
	if (!e->facts)
		return err_make(ERR_RESOURCES, "no memory for facts");
	return facts_read(bytes, a, e->facts);
}

static struct err heavy_take(struct q *q, unsigned want, struct arena *a, struct entry *e)
{
	int col = 10;

	if (want & WANT_PLACE) {
		e->thread = (uint64_t)q_col_i64(q, col++);
		e->parent = (uint64_t)q_col_i64(q, col++);
		e->prefix_n = (uint32_t)q_col_i64(q, col++);
		struct str hash = q_col_blob(q, col++);

		if (hash.n != sizeof(e->sha256))
			return err_make(ERR_CORRUPT, "a hash of %zu bytes", hash.n);
		memcpy(e->sha256, hash.p, hash.n);
	}
	if (want & WANT_FACTS)
		TRY(facts_take(q, col++, a, e));
	if (want & WANT_SIGNATURE) {
		e->signature = arena_dup(a, q_col_blob(q, col));
		if (e->facts)
			e->facts->signature = e->signature;
	}
	return ERR_OK;
}

/* A growing list in an arena. */
struct rows {
	struct account *acc;
	struct arena *a;
	unsigned want;
	struct entry *e;
	size_t n, cap, max;
};

/* Takes the row unless it is damaged; that is logged and the rest is served. */
static struct err row_take(struct rows *r, struct q *q)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 64;
		struct entry *e = ARENA_NEW_N(r->a, struct entry, cap < r->max ? cap : r->max);

		if (!e)
			return err_make(ERR_RESOURCES, "no memory for %zu entries", cap);
		if (r->n)
			memcpy(e, r->e, r->n * sizeof(*e));
		r->e = e;
		r->cap = cap < r->max ? cap : r->max;
	}
	struct entry *e = &r->e[r->n];
	struct err err = light_take(q, r->a, e);

	if (err_is_ok(err))
		err = heavy_take(q, r->want, r->a, e);
	if (arena_failed(r->a))
		return err_make(ERR_RESOURCES, "no memory for entries");
	if (err_failed(err))
		log_error(&r->acc->store->log, "damaged row left out", F_Z("account", r->acc->name),
			  F_U64("mailbox", e->mailbox), F_U64("uid", e->uid), F_ERR(err));
	else
		r->n++;
	return ERR_OK;
}

/* The rows of one range of uids, until max. */
static struct err range_list(struct db *db, const struct entry_query *query, struct uid_range range,
			     struct rows *r)
{
	Q_AUTO q = q_of(db, list_sql[r->want][query->newest_first]);

	q_i64(&q, query->mailbox);
	q_i64(&q, range.first);
	q_i64(&q, range.last);
	q_i64(&q, (int64_t)query->changed_since);
	q_i64(&q, query->flags_all);
	q_i64(&q, query->flags_all);
	q_i64(&q, query->flags_none);
	q_i64(&q, (int64_t)(r->max - r->n));
	while (q_row(&q))
		TRY(row_take(r, &q));
	return q_end(&q);
}

static bool clip(struct uid_range *r, const struct entry_query *q)
{
	if (!q->uid_from)
		return true;
	if (q->newest_first && r->last > q->uid_from)
		r->last = q->uid_from;
	if (!q->newest_first && r->first < q->uid_from)
		r->first = q->uid_from;
	return r->first <= r->last;
}

static struct err ranges_list(struct db *db, const struct entry_query *q, struct rows *r)
{
	static const struct uid_range all = {1, UINT32_MAX};
	const struct uid_range *ranges = q->uids ? q->uids->r : &all;
	size_t n = q->uids ? q->uids->n : 1;

	for (size_t i = 0; i < n && r->n < r->max; i++) {
		struct uid_range range = ranges[q->newest_first ? n - 1 - i : i];

		if (clip(&range, q))
			TRY(range_list(db, q, range, r));
	}
	return ERR_OK;
}

static struct err mailbox_exists(struct db *db, uint32_t mailbox)
{
	struct mailbox_row m;
	bool found;

	TRY(mailbox_row_get_id(db, mailbox, &m, &found));
	return found ? ERR_OK : err_make(ERR_NOT_FOUND, "mailbox %u is gone", mailbox);
}

struct err entry_list(struct account *acc, const struct entry_query *q, struct arena *a,
		      struct entries *ret)
{
	READER_AUTO c = {0};
	struct rows r = {.acc = acc, .a = a, .want = q->want, .max = q->max ? q->max : ROWS};

	if (r.want & WANT_FACTS)
		r.want |= WANT_PLACE;
	TRY(reader_take(acc, &c));
	/* One snapshot for the ranges. A failure leaves the transaction open: the connection is
	 * then closed when it goes back. */
	TRY(db_exec(c.db, "BEGIN"));
	TRY(mailbox_exists(c.db, q->mailbox));
	TRY(ranges_list(c.db, q, &r));
	TRY(db_exec(c.db, "COMMIT"));
	*ret = (struct entries){.e = r.e, .n = r.n, .more = r.n == r.max};
	return ERR_OK;
}

static struct err uids_read(struct db *db, uint32_t mailbox, struct uids *ret, uint32_t *ret_unseen)
{
	Q_AUTO q = q_of(db, "SELECT uid, flags & 1 FROM entry WHERE mailbox = ? ORDER BY uid");

	*ret_unseen = 0;
	uids_clear(ret);
	q_i64(&q, mailbox);
	while (q_row(&q)) {
		uint32_t uid = (uint32_t)q_col_i64(&q, 0);

		TRY(uids_add(ret, uid));
		if (!*ret_unseen && !q_col_i64(&q, 1))
			*ret_unseen = uid;
	}
	return q_end(&q);
}

struct err entry_uids(struct account *acc, uint32_t mailbox, struct uids *ret_uids,
		      struct mailbox *ret_mailbox, struct arena *a, uint32_t *ret_first_unseen)
{
	READER_AUTO c = {0};

	_Static_assert(FLAG_SEEN == 1, "uids_read's statement has it as a number");
	TRY(reader_take(acc, &c));
	TRY(db_exec(c.db, "BEGIN"));
	TRY(mailbox_read_id(c.db, mailbox, a, ret_mailbox));
	TRY(uids_read(c.db, mailbox, ret_uids, ret_first_unseen));
	return db_exec(c.db, "COMMIT");
}

/* Entries of the messages with a key, each with place and facts. */
static struct err by_key(struct account *acc, enum key_kind kind, int64_t hash, struct rows *r)
{
	READER_AUTO c = {0};

	TRY(reader_take(acc, &c));
	Q_AUTO q =
		q_of(c.db, "SELECT " ENTRY_COLUMNS PLACE_COLUMNS FACTS_COLUMNS
			   " FROM key AS k JOIN entry AS e ON e.message = k.message " JOIN_MESSAGE
			   "WHERE k.kind = ? AND k.hash = ? ORDER BY k.message LIMIT ?");

	q_i64(&q, kind);
	q_i64(&q, hash);
	q_i64(&q, (int64_t)r->max);
	while (q_row(&q))
		TRY(row_take(r, &q));
	return q_end(&q);
}

struct err entry_by_message_id(struct account *acc, struct str message_id, size_t max,
			       struct arena *a, struct entries *ret)
{
	struct rows r = {.acc = acc, .a = a, .want = WANT_PLACE | WANT_FACTS, .max = max};
	size_t n = 0;

	TRY(by_key(acc, KEY_MESSAGE_ID, key_hash(acc, message_id), &r));
	/* The key is a hash. */
	for (size_t i = 0; i < r.n; i++)
		if (str_eq(r.e[i].facts->message_id, message_id))
			r.e[n++] = r.e[i];
	*ret = (struct entries){.e = r.e, .n = n, .more = r.n == r.max};
	return ERR_OK;
}

struct err entry_by_thread(struct account *acc, uint64_t thread, size_t max, struct arena *a,
			   struct entries *ret)
{
	struct rows r = {.acc = acc, .a = a, .want = WANT_PLACE | WANT_FACTS, .max = max};

	TRY(by_key(acc, KEY_THREAD, (int64_t)thread, &r));
	*ret = (struct entries){.e = r.e, .n = r.n, .more = r.n == r.max};
	return ERR_OK;
}
