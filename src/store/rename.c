/* RENAME: names change, messages and their uids stay; Inbox's messages move instead. */
#include "store/internal.h"

#include <stdlib.h>

struct rename {
	struct str from, to;
};

/* One mailbox gets its new name and a new UIDVALIDITY (RFC 9051 §6.3.6 leaves the choice; a client
 * that knew another mailbox by this name must not take the uids for that one's). */
static struct err rename_one(struct writer *w, uint32_t id, struct str old_name, struct str name)
{
	Q_AUTO q = q_of(w->db, "UPDATE mailbox SET name = ?1, uidvalidity = ?2, modseq = ?3, "
			       "highestmodseq = ?3 WHERE id = ?4");

	q_str(&q, name);
	q_i64(&q, writer_uidvalidity(w));
	q_i64(&q, (int64_t)writer_modseq(w));
	q_i64(&q, id);
	TRY(q_run(&q));
	return writer_change_name(w, id, CHANGE_RENAME, name, old_name);
}

/* The mailbox and those below it, in an order in which a child follows its parent. */
static struct err tree_ids(struct writer *w, struct str name, uint32_t **ret, size_t *ret_n)
{
	Q_AUTO q = q_of(w->db, "SELECT id FROM mailbox WHERE name = ?1 OR "
			       "(name > ?1 || '/' AND name < ?1 || '0') ORDER BY name");
	size_t cap = 0;

	*ret_n = 0;
	q_str(&q, name);
	while (q_row(&q)) {
		if (*ret_n == cap) {
			cap = cap ? cap * 2 : 16;
			uint32_t *p = realloc(*ret, cap * sizeof(*p));

			if (!p)
				return err_make(ERR_RESOURCES, "no memory to rename mailboxes");
			*ret = p;
		}
		(*ret)[(*ret_n)++] = (uint32_t)q_col_i64(&q, 0);
	}
	return q_end(&q);
}

static struct err rename_tree(struct writer *w, const struct rename *r, const uint32_t *ids,
			      size_t n)
{
	for (size_t i = 0; i < n; i++) {
		BUF_AUTO name = BUF_INIT(MAILBOX_NAME_MAX);
		struct mailbox_row m;
		bool found;

		TRY(mailbox_row_get_id(w->db, ids[i], &m, &found));
		struct str old_name = str_z(m.name);

		buf_strs(&name, r->to, str_from(old_name, r->from.n));
		if (buf_failed(&name))
			return err_make(ERR_CANNOT, "the new name of a child would be too long");
		/* A child's new name may be taken only if that one is renamed as well, and then
		 * SQLite would refuse half-way: both are refused. */
		struct mailbox_row other;

		TRY(mailbox_row_get(w->db, buf_str(&name), &other, &found));
		if (found)
			return err_make(ERR_EXISTS, "mailbox %.*s exists", STR_ARG(buf_str(&name)));
		TRY(rename_one(w, ids[i], old_name, buf_str(&name)));
	}
	return ERR_OK;
}

/* RFC 9051 §6.3.6: renaming INBOX moves its messages to a new mailbox. */
static struct err rename_inbox(struct writer *w, const struct rename *r)
{
	struct mailbox_row inbox, to;
	uint32_t id;
	bool found;

	TRY(mailbox_make(w, r->to, 0, &id));
	TRY(mailbox_row_get(w->db, r->from, &inbox, &found));
	TRY(mailbox_row_get_id(w->db, id, &to, &found));
	return entries_transfer(w, &inbox, NULL, &to, true, NULL, NULL);
}

static struct err rename_run(struct writer *w, void *arg)
{
	struct rename *r = arg;
	struct mailbox_row m;
	uint32_t *ids = NULL;
	size_t n;
	bool found;

	TRY(mailbox_row_get(w->db, r->from, &m, &found));
	if (!found)
		return err_make(ERR_NOT_FOUND, "no mailbox %.*s", STR_ARG(r->from));
	TRY(mailbox_row_get(w->db, r->to, &m, &found));
	if (found)
		return err_make(ERR_EXISTS, "mailbox %.*s exists", STR_ARG(r->to));
	if (str_eq(r->from, STR("Inbox")))
		return rename_inbox(w, r);
	struct err e = tree_ids(w, r->from, &ids, &n);

	if (err_is_ok(e))
		e = rename_tree(w, r, ids, n);
	/* Afterwards, as the new name may lie below the old: "a" to "a/b" makes "a" anew. */
	if (err_is_ok(e))
		e = mailbox_parents_make(w, r->to);
	free(ids);
	return e;
}

struct err mailbox_rename(struct account *acc, struct str from, struct str to)
{
	struct rename r = {from, to};

	return writer_run(acc, rename_run, &r);
}
