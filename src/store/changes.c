#include "store/changes.h"

#include "store/internal.h"

enum { CHANGES = 1000 };

void changes_fini(struct changes *c)
{
	uids_fini(&c->added);
	uids_fini(&c->flagged);
	uids_fini(&c->expunged);
}

static struct err row_add(struct changes *c, struct q *q)
{
	struct str uids = q_col_blob(q, 1);

	switch ((enum change_kind)q_col_i64(q, 0)) {
	case CHANGE_ADD: return uids_unpack(uids, &c->added);
	case CHANGE_FLAGS: return uids_unpack(uids, &c->flagged);
	case CHANGE_EXPUNGE: return uids_unpack(uids, &c->expunged);
	case CHANGE_KEYWORDS: c->keywords = true; break;
	case CHANGE_DELETE:
	case CHANGE_RENAME: c->gone = true; break;
	default: break;
	}
	return ERR_OK;
}

/* The account's modseq, and whether the rows since `since` are still there. */
static struct err horizon(struct db *db, uint64_t since, uint64_t *ret_modseq, bool *ret_resync)
{
	Q_AUTO q = q_of(db, "SELECT modseq, horizon FROM account");

	if (q_row(&q)) {
		*ret_modseq = (uint64_t)q_col_i64(&q, 0);
		/* A modseq of the future is one of before the account was rebuilt. */
		*ret_resync = since < (uint64_t)q_col_i64(&q, 1) || since > *ret_modseq;
	}
	return q_end(&q);
}

static struct err mailbox_rows(struct db *db, uint32_t mailbox, uint64_t since, struct changes *ret)
{
	Q_AUTO q = q_of(db, "SELECT kind, uids FROM change WHERE modseq > ? AND mailbox = ?");

	q_i64(&q, (int64_t)since);
	q_i64(&q, mailbox);
	while (q_row(&q))
		TRY(row_add(ret, &q));
	return q_end(&q);
}

struct err changes_since(struct account *acc, uint32_t mailbox, uint64_t since, struct changes *ret)
{
	READER_AUTO c = {0};

	uids_clear(&ret->added);
	uids_clear(&ret->flagged);
	uids_clear(&ret->expunged);
	ret->gone = ret->keywords = false;
	TRY(reader_take(acc, &c));
	TRY(db_exec(c.db, "BEGIN"));
	TRY(horizon(c.db, since, &ret->modseq, &ret->resync));
	if (ret->modseq > since)
		TRY(mailbox_rows(c.db, mailbox, since, ret));
	return db_exec(c.db, "COMMIT");
}

static struct err list_rows(struct db *db, uint64_t since, unsigned kinds, size_t max,
			    struct arena *a, struct change_list *ret)
{
	Q_AUTO q = q_of(db, "SELECT modseq, mailbox, kind, uids, name, old_name FROM change "
			    "WHERE modseq > ? AND (1 << kind) & ? ORDER BY modseq, number LIMIT ?");

	q_i64(&q, (int64_t)since);
	q_i64(&q, kinds ? kinds : UINT32_MAX);
	q_i64(&q, (int64_t)max);
	while (q_row(&q))
		ret->c[ret->n++] = (struct change){
			.modseq = (uint64_t)q_col_i64(&q, 0),
			.mailbox = (uint32_t)q_col_i64(&q, 1),
			.kind = (enum change_kind)q_col_i64(&q, 2),
			.uids = arena_dup(a, q_col_blob(&q, 3)),
			.name = arena_dup(a, q_col_str(&q, 4)),
			.old_name = arena_dup(a, q_col_str(&q, 5)),
		};
	return q_end(&q);
}

/* A transaction's rows have one modseq: a batch that ends inside one would hide the rest of it, so
 * the incomplete one is left for the next. */
static void whole_transactions(struct change_list *l)
{
	uint64_t last = l->c[l->n - 1].modseq;
	size_t n = l->n;

	while (n && l->c[n - 1].modseq == last)
		n--;
	l->more = true;
	if (n)
		l->n = n;
	else
		l->resync = true; /* one transaction of more rows than were asked for */
	l->modseq = l->c[l->n - 1].modseq;
}

struct err changes_list(struct account *acc, uint64_t since, unsigned kinds, size_t max,
			struct arena *a, struct change_list *ret)
{
	READER_AUTO c = {0};
	struct change_list l = {0};

	max = max ? max : CHANGES;
	l.c = ARENA_NEW_N(a, struct change, max);
	if (!l.c)
		return err_make(ERR_RESOURCES, "no memory for %zu changes", max);
	TRY(reader_take(acc, &c));
	TRY(db_exec(c.db, "BEGIN"));
	TRY(horizon(c.db, since, &l.modseq, &l.resync));
	TRY(list_rows(c.db, since, kinds, max, a, &l));
	TRY(db_exec(c.db, "COMMIT"));
	if (l.n == max)
		whole_transactions(&l);
	*ret = l;
	return arena_failed(a) ? err_make(ERR_RESOURCES, "no memory for changes") : ERR_OK;
}
