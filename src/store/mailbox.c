#include "store/mailbox.h"

#include "store/internal.h"
#include <stdlib.h>

/* ---- names ---- */

bool mailbox_keywords_full(const struct mailbox *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->keyword_count; i++)
		n += m->keywords[i].n + 1;
	return n + KEYWORD_MAX > MAILBOX_KEYWORDS_BYTES;
}

struct err mailbox_name(struct str name, struct arena *a, struct str *ret)
{
	struct str inbox = STR("Inbox");

	if (name.n > 1 && str_ends(name, STR("/")))
		name.n--;
	const char *why = mailbox_name_wrong(name);

	if (why)
		return err_make(ERR_CANNOT, "not a mailbox name: %s", why);
	/* RFC 9051 §5.1: INBOX in any case; so its children. */
	if (str_starts_nocase(name, inbox) && (name.n == inbox.n || name.p[inbox.n] == '/'))
		*ret = arena_printf(a, "Inbox%.*s", STR_ARG(str_from(name, inbox.n)));
	else
		*ret = arena_dup(a, name);
	return arena_failed(a) ? err_make(ERR_RESOURCES, "no memory for a mailbox name") : ERR_OK;
}

/* ---- reading ---- */

#define MAILBOX_COLUMNS                                                               \
	"id, name, uidvalidity, uidnext, createseq, modseq, highestmodseq, special, " \
	"total, unseen, deleted, unread, size, deleted_size, keywords, "              \
	"EXISTS(SELECT 1 FROM subscription WHERE subscription.name = mailbox.name) "  \
	"FROM mailbox "

static struct err mailbox_take(struct q *q, struct arena *a, struct mailbox *m)
{
	*m = (struct mailbox){
		.id = (uint32_t)q_col_i64(q, 0),
		.name = arena_dup(a, q_col_str(q, 1)),
		.uidvalidity = (uint32_t)q_col_i64(q, 2),
		.uidnext = (uint32_t)q_col_i64(q, 3),
		.createseq = (uint64_t)q_col_i64(q, 4),
		.modseq = (uint64_t)q_col_i64(q, 5),
		.highestmodseq = (uint64_t)q_col_i64(q, 6),
		.use = (unsigned)q_col_i64(q, 7),
		.total = (uint32_t)q_col_i64(q, 8),
		.unseen = (uint32_t)q_col_i64(q, 9),
		.deleted = (uint32_t)q_col_i64(q, 10),
		.unread = (uint32_t)q_col_i64(q, 11),
		.size = (uint64_t)q_col_i64(q, 12),
		.deleted_size = (uint64_t)q_col_i64(q, 13),
		.subscribed = q_col_i64(q, 15) != 0,
	};
	return keywords_split(q_col_str(q, 14), a, &m->keywords, &m->keyword_count);
}

struct err mailbox_list(struct account *acc, struct arena *a, struct mailbox **ret, size_t *ret_n)
{
	READER_AUTO c = {0};
	size_t n = 0, max = 0;

	TRY(reader_take(acc, &c));
	Q_AUTO count = q_of(c.db, "SELECT count(*) FROM mailbox");
	Q_AUTO q = q_of(c.db, "SELECT " MAILBOX_COLUMNS "ORDER BY name <> 'Inbox', name LIMIT ?");

	if (q_row(&count))
		max = (size_t)q_col_i64(&count, 0);
	TRY(q_end(&count));
	struct mailbox *m = ARENA_NEW_N(a, struct mailbox, max);

	if (!m)
		return err_make(ERR_RESOURCES, "no memory for %zu mailboxes", max);
	q_i64(&q, (int64_t)max);
	while (q_row(&q))
		TRY(mailbox_take(&q, a, &m[n++]));
	*ret = m;
	*ret_n = n;
	return arena_failed(a) ? err_make(ERR_RESOURCES, "no memory for mailboxes") : q_end(&q);
}

struct err mailbox_subscriptions(struct account *acc, struct arena *a, struct str **ret,
				 size_t *ret_n)
{
	READER_AUTO c = {0};
	size_t n = 0, max = 0;

	TRY(reader_take(acc, &c));
	Q_AUTO count = q_of(c.db, "SELECT count(*) FROM subscription");
	Q_AUTO q = q_of(c.db, "SELECT name FROM subscription ORDER BY name LIMIT ?");

	if (q_row(&count))
		max = (size_t)q_col_i64(&count, 0);
	TRY(q_end(&count));
	struct str *names = ARENA_NEW_N(a, struct str, max);

	if (!names)
		return err_make(ERR_RESOURCES, "no memory for %zu subscriptions", max);
	q_i64(&q, (int64_t)max);
	while (q_row(&q))
		names[n++] = arena_dup(a, q_col_str(&q, 0));
	*ret = names;
	*ret_n = n;
	return arena_failed(a) ? err_make(ERR_RESOURCES, "no memory for subscriptions") : q_end(&q);
}

static struct err take_one(struct q *q, struct arena *a, struct mailbox *ret)
{
	if (!q_row(q)) {
		TRY(q_end(q));
		return err_make(ERR_NOT_FOUND, "no such mailbox");
	}
	TRY(mailbox_take(q, a, ret));
	return arena_failed(a) ? err_make(ERR_RESOURCES, "no memory for a mailbox") : q_end(q);
}

struct err mailbox_get(struct account *acc, struct str name, struct arena *a, struct mailbox *ret)
{
	READER_AUTO c = {0};

	TRY(reader_take(acc, &c));
	Q_AUTO q = q_of(c.db, "SELECT " MAILBOX_COLUMNS "WHERE name = ?");

	q_str(&q, name);
	return take_one(&q, a, ret);
}

struct err mailbox_read_id(struct db *db, uint32_t id, struct arena *a, struct mailbox *ret)
{
	Q_AUTO q = q_of(db, "SELECT " MAILBOX_COLUMNS "WHERE id = ?");

	q_i64(&q, id);
	return take_one(&q, a, ret);
}

struct err mailbox_get_id(struct account *acc, uint32_t id, struct arena *a, struct mailbox *ret)
{
	READER_AUTO c = {0};

	TRY(reader_take(acc, &c));
	return mailbox_read_id(c.db, id, a, ret);
}

struct err mailbox_get_use(struct account *acc, enum mailbox_use use, struct arena *a,
			   struct mailbox *ret)
{
	READER_AUTO c = {0};

	TRY(reader_take(acc, &c));
	Q_AUTO q = q_of(c.db, "SELECT " MAILBOX_COLUMNS "WHERE special & ? ORDER BY id LIMIT 1");

	q_i64(&q, use);
	return take_one(&q, a, ret);
}

/* ---- changing ---- */

struct named {
	struct str name, to;
	unsigned use;
	bool flag;
	uint32_t id;
};

/* RFC 6154 §2: a use belongs to one mailbox here. */
static struct err uses_take(struct writer *w, uint32_t except, unsigned use)
{
	Q_AUTO q = q_of(w->db, "SELECT id, name FROM mailbox WHERE special & ? AND id <> ?");
	Q_AUTO u = q_of(w->db, "UPDATE mailbox SET special = special & ~?1, modseq = ?2 "
			       "WHERE special & ?1 AND id <> ?3");

	if (!use)
		return ERR_OK;
	q_i64(&q, use);
	q_i64(&q, except);
	while (q_row(&q))
		TRY(writer_change_name(w, (uint32_t)q_col_i64(&q, 0), CHANGE_USE, q_col_str(&q, 1),
				       STR("")));
	TRY(q_end(&q));
	q_i64(&u, use);
	q_i64(&u, (int64_t)w->modseq);
	q_i64(&u, except);
	return q_run(&u);
}

static struct err create(struct writer *w, void *arg)
{
	struct named *n = arg;
	struct mailbox_row m;
	bool found;

	TRY(mailbox_row_get(w->db, n->name, &m, &found));
	if (found)
		return err_make(ERR_EXISTS, "mailbox %.*s exists", STR_ARG(n->name));
	TRY(mailbox_make(w, n->name, n->use, &n->id));
	return uses_take(w, n->id, n->use);
}

struct err mailbox_create(struct account *acc, struct str name, unsigned use, uint32_t *ret_id)
{
	struct named n = {.name = name, .use = use};

	TRY(writer_run(acc, create, &n));
	if (ret_id)
		*ret_id = n.id;
	return ERR_OK;
}

/* Names of children: after name and '/', before name and '0', the byte after it. */
static struct err has_children(struct writer *w, struct str name, bool *ret)
{
	Q_AUTO q = q_of(w->db, "SELECT 1 FROM mailbox WHERE name > ?1 || '/' AND name < ?1 || '0' "
			       "LIMIT 1");

	q_str(&q, name);
	*ret = q_row(&q);
	return q_end(&q);
}

/* The entries go without a change row a uid: the mailbox's own row says it all. */
static struct err entries_drop(struct writer *w, uint32_t mailbox)
{
	Q_AUTO all = q_of(w->db, "SELECT message FROM entry WHERE mailbox = ?");
	Q_AUTO q = q_of(w->db, "DELETE FROM entry WHERE mailbox = ?");

	q_i64(&all, mailbox);
	while (q_row(&all))
		TRY(writer_gone(w, (uint64_t)q_col_i64(&all, 0)));
	TRY(q_end(&all));
	q_i64(&q, mailbox);
	return q_run(&q);
}

static struct err delete_run(struct writer *w, void *arg)
{
	struct named *n = arg;
	struct mailbox_row m;
	bool found, children;
	Q_AUTO q = q_of(w->db, "DELETE FROM mailbox WHERE id = ?");

	TRY(mailbox_row_get(w->db, n->name, &m, &found));
	if (!found)
		return err_make(ERR_NOT_FOUND, "no mailbox %.*s", STR_ARG(n->name));
	if (str_eq(n->name, STR("Inbox")))
		return err_make(ERR_CANNOT, "Inbox cannot be deleted");
	TRY(has_children(w, n->name, &children));
	if (children)
		return err_make(ERR_HAS_CHILDREN, "mailbox %.*s has children", STR_ARG(n->name));
	TRY(entries_drop(w, m.id));
	q_i64(&q, m.id);
	TRY(q_run(&q));
	return writer_change_name(w, m.id, CHANGE_DELETE, n->name, STR(""));
}

struct err mailbox_delete(struct account *acc, struct str name)
{
	struct named n = {.name = name};

	return writer_run(acc, delete_run, &n);
}

static struct err subscribe(struct writer *w, void *arg)
{
	struct named *n = arg;
	Q_AUTO on = q_of(w->db, "INSERT OR IGNORE INTO subscription VALUES(?)");
	Q_AUTO off = q_of(w->db, "DELETE FROM subscription WHERE name = ?");
	struct q *q = n->flag ? &on : &off;
	struct mailbox_row m = {0};
	bool found;

	q_str(q, n->name);
	TRY(q_run(q));
	if (sqlite3_changes(w->db->h) == 0)
		return ERR_OK;
	TRY(mailbox_row_get(w->db, n->name, &m, &found));
	return writer_change_name(w, found ? m.id : 0,
				  n->flag ? CHANGE_SUBSCRIBE : CHANGE_UNSUBSCRIBE, n->name,
				  STR(""));
}

struct err mailbox_subscribe(struct account *acc, struct str name, bool subscribed)
{
	struct named n = {.name = name, .flag = subscribed};

	return writer_run(acc, subscribe, &n);
}

static struct err use_set(struct writer *w, void *arg)
{
	struct named *n = arg;
	struct mailbox_row m;
	bool found;
	Q_AUTO q = q_of(w->db, "UPDATE mailbox SET special = ?, modseq = ? WHERE id = ?");

	TRY(mailbox_row_get(w->db, n->name, &m, &found));
	if (!found)
		return err_make(ERR_NOT_FOUND, "no mailbox %.*s", STR_ARG(n->name));
	if (m.special == n->use)
		return ERR_OK;
	TRY(uses_take(w, m.id, n->use));
	q_i64(&q, n->use);
	q_i64(&q, (int64_t)writer_modseq(w));
	q_i64(&q, m.id);
	TRY(q_run(&q));
	return writer_change_name(w, m.id, CHANGE_USE, n->name, STR(""));
}

struct err mailbox_use_set(struct account *acc, struct str name, unsigned use)
{
	struct named n = {.name = name, .use = use};

	return writer_run(acc, use_set, &n);
}
