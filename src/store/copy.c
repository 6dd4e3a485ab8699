/* COPY and MOVE: entries, not bytes. */
#include "store/internal.h"

#include <stdlib.h>

struct transfer {
	struct mailbox_row *from, *to;
	bool move;
	uint32_t limit; /* uids below it were there before: a copy into the same mailbox ends */
	struct arena *a;
	struct copy_result *ret;
	size_t cap;
};

static struct err pair_add(struct transfer *t, uint32_t from, uint32_t to)
{
	struct copy_result *r = t->ret;

	if (!r)
		return ERR_OK;
	if (r->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 64;
		struct uid_pair *p = ARENA_NEW_N(t->a, struct uid_pair, cap);

		if (!p)
			return err_make(ERR_RESOURCES, "no memory for %zu uids", cap);
		if (r->n)
			memcpy(p, r->pairs, r->n * sizeof(*p));
		r->pairs = p;
		t->cap = cap;
	}
	r->pairs[r->n++] = (struct uid_pair){from, to};
	return ERR_OK;
}

static struct err transfer_entry(struct writer *w, struct transfer *t, struct q *q)
{
	uint32_t uid = (uint32_t)q_col_i64(q, 0);
	struct entry_row e = {
		.message = (uint64_t)q_col_i64(q, 1),
		.flags = (unsigned)q_col_i64(q, 2),
		.keywords = q_col_str(q, 3),
		.size = (uint64_t)q_col_i64(q, 4),
		.received = q_col_i64(q, 5),
	};

	TRY(pair_add(t, uid, t->to->uidnext));
	TRY(entry_insert(w, t->to, &e));
	if (!t->move)
		return ERR_OK;
	mailbox_row_count(t->from, e.flags, e.size, -1);
	return writer_change_uids(w, t->from->id, CHANGE_EXPUNGE, uid, uid);
}

static struct err transfer_range(struct writer *w, struct transfer *t, struct uid_range r)
{
	Q_AUTO q = q_of(w->db, "SELECT uid, message, flags, keywords, size, received FROM entry "
			       "WHERE mailbox = ? AND uid BETWEEN ? AND ?");
	Q_AUTO d = q_of(w->db, "DELETE FROM entry WHERE mailbox = ? AND uid BETWEEN ? AND ?");
	struct q *both[] = {&q, &d};

	if (r.first >= t->limit)
		return ERR_OK;
	if (r.last >= t->limit)
		r.last = t->limit - 1;
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		q_i64(both[i], t->from->id);
		q_i64(both[i], r.first);
		q_i64(both[i], r.last);
	}
	while (q_row(&q))
		TRY(transfer_entry(w, t, &q));
	TRY(q_end(&q));
	return t->move ? q_run(&d) : ERR_OK;
}

struct err entries_transfer(struct writer *w, struct mailbox_row *from, const struct uids *uids,
			    struct mailbox_row *to, bool move, struct arena *a,
			    struct copy_result *ret)
{
	static const struct uid_range all = {1, UINT32_MAX};
	const struct uid_range *r = uids ? uids->r : &all;
	size_t n = uids ? uids->n : 1;
	struct transfer t = {from, to, move, from->uidnext, a, ret, 0};
	uint32_t before = to->uidnext;

	for (size_t i = 0; i < n; i++)
		TRY(transfer_range(w, &t, r[i]));
	if (to->uidnext == before)
		return ERR_OK;
	TRY(mailbox_row_put(w, to));
	return move && from != to ? mailbox_row_put(w, from) : ERR_OK;
}

struct copy {
	const struct copy_args *args;
	bool move;
	struct arena *a;
	struct copy_result r;
	bool no_destination;
};

static struct err copy_run(struct writer *w, void *arg)
{
	struct copy *c = arg;
	const struct copy_args *args = c->args;
	struct mailbox_row from, to;
	bool found;

	TRY(mailbox_row_get_id(w->db, args->mailbox, &from, &found));
	if (!found)
		return err_make(ERR_NOT_FOUND, "mailbox %u is gone", args->mailbox);
	TRY(mailbox_row_get(w->db, args->destination, &to, &found));
	c->no_destination = !found;
	if (!found)
		return err_make(ERR_NOT_FOUND, "no mailbox %.*s", STR_ARG(args->destination));
	bool same = from.id == to.id;

	TRY(entries_transfer(w, same ? &to : &from, args->uids, &to, c->move, c->a, &c->r));
	if (args->all && c->r.n < uids_count(args->uids))
		return err_make(ERR_EXPUNGED, "%zu of %ju messages are there", c->r.n,
				(uintmax_t)uids_count(args->uids));
	c->r.uidvalidity = to.uidvalidity;
	c->r.modseq = c->r.n ? w->modseq : 0;
	return ERR_OK;
}

static struct err transfer(struct account *acc, struct copy *c, struct copy_result *ret,
			   bool *ret_no_destination)
{
	struct err e = writer_run(acc, copy_run, c);

	*ret_no_destination = c->no_destination;
	if (err_is_ok(e))
		*ret = c->r;
	return e;
}

struct err entry_copy(struct account *acc, const struct copy_args *args, struct arena *a,
		      struct copy_result *ret, bool *ret_no_destination)
{
	struct copy c = {args, false, a, {0}, false};

	return transfer(acc, &c, ret, ret_no_destination);
}

struct err entry_move(struct account *acc, const struct copy_args *args, struct arena *a,
		      struct copy_result *ret, bool *ret_no_destination)
{
	struct copy c = {args, true, a, {0}, false};

	return transfer(acc, &c, ret, ret_no_destination);
}
