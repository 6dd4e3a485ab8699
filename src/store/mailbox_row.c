/* A mailbox's row, as the operations of a transaction read and change it. */
#include "store/internal.h"

#include <stdio.h>

static struct err row_take(struct q *q, struct mailbox_row *ret, bool *ret_found)
{
	*ret_found = q_row(q);
	if (*ret_found) {
		struct str name = q_col_str(q, 4);

		*ret = (struct mailbox_row){
			.id = (uint32_t)q_col_i64(q, 0),
			.uidvalidity = (uint32_t)q_col_i64(q, 1),
			.uidnext = (uint32_t)q_col_i64(q, 2),
			.special = (unsigned)q_col_i64(q, 3),
		};
		snprintf(ret->name, sizeof(ret->name), "%.*s", STR_ARG(name));
	}
	return q_end(q);
}

struct err mailbox_row_get(struct db *db, struct str name, struct mailbox_row *ret, bool *ret_found)
{
	Q_AUTO q = q_of(db, "SELECT id, uidvalidity, uidnext, special, name FROM mailbox "
			    "WHERE name = ?");

	q_str(&q, name);
	return row_take(&q, ret, ret_found);
}

struct err mailbox_row_get_id(struct db *db, uint32_t id, struct mailbox_row *ret, bool *ret_found)
{
	Q_AUTO q = q_of(db, "SELECT id, uidvalidity, uidnext, special, name FROM mailbox "
			    "WHERE id = ?");

	q_i64(&q, id);
	return row_take(&q, ret, ret_found);
}

void mailbox_row_count(struct mailbox_row *m, unsigned flags, uint64_t size, int sign)
{
	bool seen = flags & FLAG_SEEN, deleted = flags & FLAG_DELETED;

	m->total += sign;
	m->unseen += seen ? 0 : sign;
	m->deleted += deleted ? sign : 0;
	m->unread += seen || deleted ? 0 : sign;
	m->size += sign * (int64_t)size;
	m->deleted_size += deleted ? sign * (int64_t)size : 0;
}

struct err mailbox_row_put(struct writer *w, struct mailbox_row *m)
{
	Q_AUTO q = q_of(w->db, "UPDATE mailbox SET uidnext = ?, highestmodseq = ?, "
			       "total = total + ?, unseen = unseen + ?, deleted = deleted + ?, "
			       "unread = unread + ?, size = size + ?, "
			       "deleted_size = deleted_size + ? WHERE id = ?");

	q_i64(&q, m->uidnext);
	q_i64(&q, (int64_t)writer_modseq(w));
	q_i64(&q, m->total);
	q_i64(&q, m->unseen);
	q_i64(&q, m->deleted);
	q_i64(&q, m->unread);
	q_i64(&q, m->size);
	q_i64(&q, m->deleted_size);
	q_i64(&q, m->id);
	m->total = m->unseen = m->deleted = m->unread = m->size = m->deleted_size = 0;
	return q_run(&q);
}

struct err mailbox_keywords_add(struct writer *w, uint32_t mailbox, struct str keywords)
{
	Q_AUTO q = q_of(w->db, "SELECT keywords FROM mailbox WHERE id = ?");
	Q_AUTO u = q_of(w->db, "UPDATE mailbox SET keywords = ? WHERE id = ?");
	BUF_AUTO merged = BUF_INIT(MAILBOX_KEYWORDS_BYTES);
	bool all = true;

	if (!keywords.n)
		return ERR_OK;
	q_i64(&q, mailbox);
	if (q_row(&q)) {
		struct str head, rest = keywords, list = q_col_str(&q, 0);

		while (rest.n && all) {
			str_cut(rest, ' ', &head, &rest);
			all = words_has(list, head);
		}
		if (!all)
			words_merge(list, keywords, &merged);
	}
	TRY(q_end(&q));
	if (all)
		return ERR_OK;
	if (buf_failed(&merged))
		return err_make(ERR_LIMIT, "too many keywords in one mailbox");
	q_str(&u, buf_str(&merged));
	q_i64(&u, mailbox);
	TRY(q_run(&u));
	return writer_change_name(w, mailbox, CHANGE_KEYWORDS, STR(""), STR(""));
}

static struct err subscribe_row(struct writer *w, struct str name)
{
	Q_AUTO q = q_of(w->db, "INSERT OR IGNORE INTO subscription VALUES(?)");

	q_str(&q, name);
	return q_run(&q);
}

static struct err row_insert(struct writer *w, struct str name, unsigned use, uint32_t *ret_id)
{
	Q_AUTO q = q_of(w->db, "INSERT INTO mailbox VALUES(?1, ?2, ?3, 1, ?4, ?4, ?4, ?5, '', "
			       "0, 0, 0, 0, 0, 0)");

	*ret_id = writer_mailbox_id(w);
	q_i64(&q, *ret_id);
	q_str(&q, name);
	q_i64(&q, writer_uidvalidity(w));
	q_i64(&q, (int64_t)writer_modseq(w));
	q_i64(&q, use);
	TRY(q_run(&q));
	TRY(subscribe_row(w, name));
	return writer_change_name(w, *ret_id, CHANGE_CREATE, name, STR(""));
}

struct err mailbox_parents_make(struct writer *w, struct str name)
{
	struct mailbox_row m;

	for (size_t i = 0; i < name.n; i++) {
		bool found;
		uint32_t id;

		if (name.p[i] != '/')
			continue;
		TRY(mailbox_row_get(w->db, str_sub(name, 0, i), &m, &found));
		if (!found)
			TRY(row_insert(w, str_sub(name, 0, i), 0, &id));
	}
	return ERR_OK;
}

struct err mailbox_make(struct writer *w, struct str name, unsigned use, uint32_t *ret_id)
{
	TRY(mailbox_parents_make(w, name));
	return row_insert(w, name, use, ret_id);
}
