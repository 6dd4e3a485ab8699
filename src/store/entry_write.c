/* Changing entries: flags, copy, move, expunge. */
#include "store/internal.h"

#include <stdlib.h>

static const struct uid_range all_uids = {1, UINT32_MAX};

static struct err mailbox_must(struct writer *w, uint32_t id, struct mailbox_row *ret)
{
	bool found;

	TRY(mailbox_row_get_id(w->db, id, ret, &found));
	return found ? ERR_OK : err_make(ERR_NOT_FOUND, "mailbox %u is gone", id);
}

struct err entry_insert(struct writer *w, struct mailbox_row *m, const struct entry_row *e)
{
	Q_AUTO q = q_of(w->db, "INSERT INTO entry VALUES(?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9)");

	if (m->uidnext == UINT32_MAX)
		return err_make(ERR_LIMIT, "mailbox %s has no uids left", m->name);
	q_i64(&q, m->id);
	q_i64(&q, m->uidnext);
	q_i64(&q, (int64_t)e->message);
	q_i64(&q, (int64_t)writer_modseq(w));
	q_i64(&q, e->flags);
	if (e->keywords.n)
		q_str(&q, e->keywords);
	else
		q_null(&q);
	q_i64(&q, (int64_t)e->size);
	q_i64(&q, e->received);
	q_i64(&q, w->now);
	TRY(q_run(&q));
	TRY(mailbox_keywords_add(w, m->id, e->keywords));
	mailbox_row_count(m, e->flags, e->size, 1);
	TRY(writer_change_uids(w, m->id, CHANGE_ADD, m->uidnext, m->uidnext));
	m->uidnext++;
	return ERR_OK;
}

/* ---- flags ---- */

struct flags_run {
	struct flags_change *c;
	struct mailbox_row m;
	struct buf set; /* the keywords of the change */
	struct buf keywords;
	bool bulk; /* no keywords change: one statement a range */
};

/* The flags an entry would have; its keywords go to f->keywords when the change has any. */
static unsigned flags_after(struct flags_run *f, unsigned flags, struct str keywords)
{
	const struct flags_change *c = f->c;
	struct str set = buf_str(&f->set);

	buf_clear(&f->keywords);
	if (f->bulk) {
		buf_str_add(&f->keywords, keywords);
		return c->how == FLAGS_ADD ? flags | c->set.flags : flags & ~c->set.flags;
	}
	switch (c->how) {
	case FLAGS_ADD: words_merge(keywords, set, &f->keywords); return flags | c->set.flags;
	case FLAGS_REMOVE: words_remove(keywords, set, &f->keywords); return flags & ~c->set.flags;
	case FLAGS_REPLACE: buf_str_add(&f->keywords, set); break;
	}
	return c->set.flags;
}

static struct err flags_put(struct writer *w, const struct flags_run *f, uint32_t uid,
			    unsigned flags)
{
	Q_AUTO q = q_of(w->db, "UPDATE entry SET flags = ?, keywords = ?, modseq = ? "
			       "WHERE mailbox = ? AND uid = ?");

	q_i64(&q, flags);
	if (f->keywords.n)
		q_str(&q, buf_str(&f->keywords));
	else
		q_null(&q);
	q_i64(&q, (int64_t)writer_modseq(w));
	q_i64(&q, f->m.id);
	q_i64(&q, uid);
	return q_run(&q);
}

static bool is_known(const struct flags_change *c, uint64_t modseq)
{
	for (size_t i = 0; i < c->own_n; i++)
		if (c->own[i] == modseq)
			return true;
	return modseq <= c->known;
}

static struct err flags_entry(struct writer *w, struct flags_run *f, struct q *q)
{
	struct flags_change *c = f->c;
	uint32_t uid = (uint32_t)q_col_i64(q, 0);
	uint64_t before = (uint64_t)q_col_i64(q, 1);
	unsigned flags = (unsigned)q_col_i64(q, 2);
	struct str keywords = q_col_str(q, 3);
	uint64_t size = (uint64_t)q_col_i64(q, 4);

	c->ret_present++;
	if (c->conditional && before > c->unchanged_since)
		return c->ret_modified ? uids_add(c->ret_modified, uid) : ERR_OK;
	unsigned after = flags_after(f, flags, keywords);

	if (buf_failed(&f->keywords) || f->keywords.n > KEYWORDS_MAX * (KEYWORD_MAX + 1))
		return err_make(ERR_LIMIT, "too many keywords for one message");
	if (after == flags && str_eq(keywords, buf_str(&f->keywords)))
		return ERR_OK;
	if (!f->bulk)
		TRY(flags_put(w, f, uid, after));
	mailbox_row_count(&f->m, flags, size, -1);
	mailbox_row_count(&f->m, after, size, 1);
	c->ret_modseq = w->modseq;
	c->ret_foreign |= !is_known(c, before);
	if (c->ret_changed)
		TRY(uids_add(c->ret_changed, uid));
	return writer_change_uids(w, f->m.id, CHANGE_FLAGS, uid, uid);
}

/* Changes the entries that flags_entry has just counted. */
static struct err flags_put_all(struct writer *w, const struct flags_run *f, struct uid_range r)
{
	const struct flags_change *c = f->c;
	Q_AUTO add = q_of(w->db, "UPDATE entry SET flags = flags | ?1, modseq = ?2 "
				 "WHERE mailbox = ?3 AND uid BETWEEN ?4 AND ?5 "
				 "AND flags & ?1 <> ?1 AND modseq <= ?6");
	Q_AUTO remove = q_of(w->db, "UPDATE entry SET flags = flags & ~?1, modseq = ?2 "
				    "WHERE mailbox = ?3 AND uid BETWEEN ?4 AND ?5 "
				    "AND flags & ?1 <> 0 AND modseq <= ?6");
	struct q *q = c->how == FLAGS_ADD ? &add : &remove;

	q_i64(q, c->set.flags);
	q_i64(q, (int64_t)w->modseq);
	q_i64(q, f->m.id);
	q_i64(q, r.first);
	q_i64(q, r.last);
	q_i64(q, c->conditional && c->unchanged_since < INT64_MAX ? (int64_t)c->unchanged_since
								  : INT64_MAX);
	return q_run(q);
}

static struct err flags_range(struct writer *w, struct flags_run *f, struct uid_range r)
{
	Q_AUTO q = q_of(w->db, "SELECT uid, modseq, flags, keywords, size FROM entry "
			       "WHERE mailbox = ? AND uid BETWEEN ? AND ?");

	q_i64(&q, f->m.id);
	q_i64(&q, r.first);
	q_i64(&q, r.last);
	while (q_row(&q))
		TRY(flags_entry(w, f, &q));
	TRY(q_end(&q));
	return f->bulk ? flags_put_all(w, f, r) : ERR_OK;
}

static struct err flags_run(struct writer *w, void *arg)
{
	struct flags_run *f = arg;

	f->c->ret_modseq = f->c->ret_present = 0;
	f->c->ret_foreign = false;
	TRY(mailbox_must(w, f->c->mailbox, &f->m));
	for (size_t i = 0; i < f->c->uids->n; i++)
		TRY(flags_range(w, f, f->c->uids->r[i]));
	if (!f->c->ret_modseq)
		return ERR_OK;
	if (f->c->how != FLAGS_REMOVE)
		TRY(mailbox_keywords_add(w, f->m.id, buf_str(&f->set)));
	return mailbox_row_put(w, &f->m);
}

struct err entry_flags(struct account *acc, struct flags_change *c)
{
	struct flags_run f = {.c = c, .bulk = c->how != FLAGS_REPLACE && c->set.keyword_count == 0};

	buf_init(&f.set, RECORD_NAMES_MAX);
	buf_init(&f.keywords, 2 * RECORD_NAMES_MAX);
	keywords_join(&c->set, &f.set);
	struct err e = writer_run(acc, flags_run, &f);

	buf_fini(&f.set);
	buf_fini(&f.keywords);
	return e;
}

/* ---- expunge ---- */

struct expunge {
	uint32_t mailbox;
	const struct uids *uids;
	bool only_deleted;
	struct uids *ret_uids;
	uint64_t modseq;
};

/* Notes what goes: counts, the uid, the message. */
static struct err expunge_note(struct writer *w, struct mailbox_row *m, struct expunge *x,
			       struct q *q)
{
	uint32_t uid = (uint32_t)q_col_i64(q, 0);

	mailbox_row_count(m, (unsigned)q_col_i64(q, 2), (uint64_t)q_col_i64(q, 3), -1);
	TRY(writer_gone(w, (uint64_t)q_col_i64(q, 1)));
	if (x->ret_uids)
		TRY(uids_add(x->ret_uids, uid));
	x->modseq = w->modseq;
	return writer_change_uids(w, m->id, CHANGE_EXPUNGE, uid, uid);
}

static struct err expunge_range(struct writer *w, struct mailbox_row *m, struct expunge *x,
				struct uid_range r)
{
	Q_AUTO q = q_of(w->db, "SELECT uid, message, flags, size FROM entry "
			       "WHERE mailbox = ? AND uid BETWEEN ? AND ? AND flags & ? = ?");
	Q_AUTO d = q_of(w->db, "DELETE FROM entry WHERE mailbox = ? AND uid BETWEEN ? AND ? "
			       "AND flags & ? = ?");
	unsigned need = x->only_deleted ? FLAG_DELETED : 0;
	struct q *both[] = {&q, &d};

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		q_i64(both[i], m->id);
		q_i64(both[i], r.first);
		q_i64(both[i], r.last);
		q_i64(both[i], need);
		q_i64(both[i], need);
	}
	while (q_row(&q))
		TRY(expunge_note(w, m, x, &q));
	TRY(q_end(&q));
	return q_run(&d);
}

static struct err expunge_run(struct writer *w, void *arg)
{
	struct expunge *x = arg;
	struct mailbox_row m;

	TRY(mailbox_must(w, x->mailbox, &m));
	const struct uid_range *r = x->uids ? x->uids->r : &all_uids;
	size_t n = x->uids ? x->uids->n : 1;

	for (size_t i = 0; i < n; i++)
		TRY(expunge_range(w, &m, x, r[i]));
	return x->modseq ? mailbox_row_put(w, &m) : ERR_OK;
}

struct err entry_expunge(struct account *acc, uint32_t mailbox, const struct uids *uids,
			 bool only_deleted, struct uids *ret_uids, uint64_t *ret_modseq)
{
	struct expunge x = {mailbox, uids, only_deleted, ret_uids, 0};

	TRY(writer_run(acc, expunge_run, &x));
	*ret_modseq = x.modseq;
	return ERR_OK;
}
