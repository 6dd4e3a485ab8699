#include "store/check.h"

#include "store/internal.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each statement finds rows that must not be; its columns are numbers for the text. */
static const struct rule {
	const char *what; /* with two %lld */
	const char *sql;
} rules[] = {
	{"there are %lld account rows%.0lld",
	 "SELECT count(*), 0 FROM account HAVING count(*) <> 1"},
	{"there is no Inbox%.0lld%.0lld",
	 "SELECT 0, 0 WHERE NOT EXISTS(SELECT 1 FROM mailbox WHERE name = 'Inbox')"},
	{"mailbox %lld has a UIDVALIDITY of the future: %lld",
	 "SELECT id, uidvalidity FROM mailbox, account WHERE uidvalidity >= uidvalidity_next"},
	{"mailboxes %lld and %lld have the same UIDVALIDITY",
	 "SELECT a.id, b.id FROM mailbox AS a JOIN mailbox AS b ON a.uidvalidity = b.uidvalidity "
	 "AND a.id < b.id"},
	{"mailbox %lld has an id that is not given out yet%.0lld",
	 "SELECT id, 0 FROM mailbox, account WHERE id >= mailbox_next"},
	{"mailbox %lld has uidnext %lld, which an entry has reached",
	 "SELECT id, uidnext FROM mailbox WHERE uidnext <= (SELECT max(uid) FROM entry "
	 "WHERE entry.mailbox = mailbox.id)"},
	{"mailbox %lld has a modseq of the future: %lld",
	 "SELECT id, max(m.modseq, highestmodseq) FROM mailbox AS m, account AS a "
	 "WHERE max(m.modseq, highestmodseq) > a.modseq"},
	{"mailbox %lld has an entry above its HIGHESTMODSEQ %lld",
	 "SELECT id, highestmodseq FROM mailbox WHERE highestmodseq < (SELECT max(modseq) "
	 "FROM entry WHERE entry.mailbox = mailbox.id)"},
	{"mailbox %lld: its counts are wrong, it has %lld entries",
	 "SELECT id, n FROM mailbox AS m JOIN (SELECT b.id AS i, count(e.uid) AS n, "
	 "total(e.flags & 1 = 0) AS unseen, total(e.flags & 8 <> 0) AS deleted, "
	 "total(e.flags & 9 = 0) AS unread, total(e.size) AS size, "
	 "total(CASE WHEN e.flags & 8 THEN e.size END) AS deleted_size FROM mailbox AS b "
	 "LEFT JOIN entry AS e ON e.mailbox = b.id GROUP BY b.id) AS c ON c.i = m.id "
	 "WHERE m.total <> n OR m.unseen <> c.unseen OR m.deleted <> c.deleted "
	 "OR m.unread <> c.unread OR m.size <> c.size OR m.deleted_size <> c.deleted_size"},
	{"mailbox %lld is gone but has an entry, uid %lld",
	 "SELECT mailbox, uid FROM entry WHERE mailbox NOT IN (SELECT id FROM mailbox)"},
	{"mailbox %lld, uid %lld: its message is missing",
	 "SELECT mailbox, uid FROM entry WHERE message NOT IN (SELECT id FROM message)"},
	{"mailbox %lld, uid %lld: its size is not its message's",
	 "SELECT e.mailbox, uid FROM entry AS e JOIN message AS m ON m.id = e.message "
	 "WHERE e.size <> m.size"},
	{"mailbox %lld, uid %lld: createseq, modseq and the account's are out of order",
	 "SELECT e.mailbox, uid FROM entry AS e, account AS a WHERE createseq > e.modseq "
	 "OR e.modseq > a.modseq OR createseq < 1"},
	{"mailbox %lld, uid %lld: unknown flags",
	 "SELECT mailbox, uid FROM entry WHERE flags & ~1023"},
	{"message %lld has an id that is not given out yet%.0lld",
	 "SELECT id, 0 FROM message, account WHERE id >= message_next"},
	{"message %lld lies outside of segment %lld",
	 "SELECT id, segment FROM message LEFT JOIN segment ON number = segment "
	 "WHERE number IS NULL OR body_at + message.size > end OR at >= body_at OR at < 64 "
	 "OR at % 16"},
	{"segment %lld: %lld bytes of it live, the count is another",
	 "SELECT number, total(n) FROM segment LEFT JOIN (SELECT segment AS s, "
	 "(body_at + size + 15) / 16 * 16 - at AS n FROM message) ON s = number "
	 "GROUP BY number HAVING total(n) <> live"},
	{"messages %lld and %lld overlap",
	 "SELECT id, other FROM (SELECT id, body_at + size AS e, lead(id) OVER w AS other, "
	 "lead(at) OVER w AS next FROM message WINDOW w AS (PARTITION BY segment ORDER BY at)) "
	 "WHERE next < e"},
	{"message %lld: its thread %lld has another root",
	 "SELECT m.id, m.thread FROM message AS m JOIN message AS p ON p.id = m.parent "
	 "WHERE p.thread <> m.thread"},
	{"message %lld is its own ancestor, or older than its parent %lld",
	 "SELECT id, parent FROM message WHERE parent >= id"},
	{"message %lld: its thread %lld does not list it",
	 "SELECT id, thread FROM message WHERE NOT EXISTS(SELECT 1 FROM key WHERE kind = 3 "
	 "AND hash = thread AND message = id)"},
	{"a key of kind %lld is of message %lld, which is missing",
	 "SELECT kind, message FROM key WHERE message NOT IN (SELECT id FROM message)"},
	{"a signature is of message %lld, which is missing%.0lld",
	 "SELECT message, 0 FROM signature WHERE message NOT IN (SELECT id FROM message)"},
	{"a change has modseq %lld; the account is at %lld",
	 "SELECT change.modseq, account.modseq FROM change, account "
	 "WHERE change.modseq > account.modseq OR change.modseq <= horizon"},
};

struct check {
	struct account *acc;
	struct db *db;
	unsigned how;
	struct check_report *r;
	struct buf missing; /* ids of messages whose bytes are gone, for CHECK_FIX */
	struct buf head;    /* the start of the record that is looked at */
};

static void PRINTF(2, 3) found(struct check *c, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	c->r->findings++;
	if (!c->r->found)
		return;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->r->found(c->r->arg, str_of(text, n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1));
}

static long long num(struct q *q, int col)
{
	return q_col_i64(q, col);
}

static struct err rule_check(struct check *c, const struct rule *r)
{
	Q_AUTO q = q_of(c->db, r->sql);

	while (q_row(&q)) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		found(c, r->what, num(&q, 0), num(&q, 1));
#pragma GCC diagnostic pop
	}
	return q_end(&q);
}

static struct err sqlite_check(struct check *c)
{
	Q_AUTO q = q_of(c->db, "PRAGMA quick_check(20)");

	while (q_row(&q))
		if (!str_eq(q_col_str(&q, 0), STR("ok")))
			found(c, "database: %.*s", STR_ARG(q_col_str(&q, 0)));
	return q_end(&q);
}

/* ---- keywords ---- */

static struct err keywords_check(struct check *c)
{
	Q_AUTO q =
		q_of(c->db, "SELECT e.mailbox, e.uid, e.keywords, m.keywords FROM entry AS e "
			    "JOIN mailbox AS m ON m.id = e.mailbox WHERE e.keywords IS NOT NULL");

	while (q_row(&q)) {
		struct str word, before = STR(""), rest = q_col_str(&q, 2);

		if (!rest.n)
			found(c, "mailbox %lld, uid %lld: empty keywords", num(&q, 0), num(&q, 1));
		while (rest.n) {
			str_cut(rest, ' ', &word, &rest);
			if (str_cmp(before, word) >= 0 || !words_has(q_col_str(&q, 3), word))
				found(c,
				      "mailbox %lld, uid %lld: keyword out of order, or unknown "
				      "to the mailbox",
				      num(&q, 0), num(&q, 1));
			before = word;
		}
	}
	return q_end(&q);
}

/* ---- changes: what they say of each uid is what the entries are ---- */

/* Every entry's modseq is explained. Rows come ordered, so that a set is unpacked once. */
static struct err entries_explained(struct check *c)
{
	Q_AUTO q = q_of(c->db, "SELECT e.modseq, e.mailbox, e.uid FROM entry AS e, account AS a "
			       "WHERE e.modseq > a.horizon ORDER BY e.modseq, e.mailbox");
	Q_AUTO sets = q_of(c->db, "SELECT uids FROM change WHERE modseq = ? AND mailbox = ? "
				  "AND uids IS NOT NULL AND kind <> 3");
	UIDS_AUTO u = {0};
	int64_t modseq = -1, mailbox = -1;

	while (q_row(&q)) {
		if (q_col_i64(&q, 0) != modseq || q_col_i64(&q, 1) != mailbox) {
			modseq = q_col_i64(&q, 0);
			mailbox = q_col_i64(&q, 1);
			uids_clear(&u);
			q_i64(&sets, modseq);
			q_i64(&sets, mailbox);
			while (q_row(&sets))
				TRY(uids_unpack(q_col_blob(&sets, 0), &u));
			TRY(q_end(&sets));
		}
		if (!uids_has(&u, (uint32_t)q_col_i64(&q, 2)))
			found(c, "mailbox %lld, uid %lld: no change row for its modseq %lld",
			      (long long)mailbox, num(&q, 2), (long long)modseq);
	}
	return q_end(&q);
}

static struct err entry_is_gone(struct check *c, uint32_t mailbox, struct uid_range r)
{
	Q_AUTO q = q_of(c->db, "SELECT uid FROM entry WHERE mailbox = ? AND uid BETWEEN ? AND ? "
			       "LIMIT 1");

	q_i64(&q, mailbox);
	q_i64(&q, r.first);
	q_i64(&q, r.last);
	if (q_row(&q))
		found(c, "mailbox %u, uid %lld: expunged, and still there", mailbox, num(&q, 0));
	return q_end(&q);
}

static struct err expunged_are_gone(struct check *c)
{
	Q_AUTO q = q_of(c->db, "SELECT mailbox, uids FROM change WHERE kind = 3");

	while (q_row(&q)) {
		UIDS_AUTO u = {0};

		TRY(uids_unpack(q_col_blob(&q, 1), &u));
		for (size_t i = 0; i < u.n; i++)
			TRY(entry_is_gone(c, (uint32_t)q_col_i64(&q, 0), u.r[i]));
	}
	return q_end(&q);
}

/* ---- messages without entries wait in `gone` ---- */

static int u64_cmp(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static struct err orphans_check(struct check *c)
{
	Q_AUTO g = q_of(c->db, "SELECT messages FROM gone");
	Q_AUTO q = q_of(c->db, "SELECT id FROM message AS m WHERE NOT EXISTS(SELECT 1 FROM entry "
			       "WHERE entry.message = m.id)");
	BUF_AUTO gone = BUF_INIT(SIZE_MAX);

	while (q_row(&g))
		buf_str_add(&gone, q_col_blob(&g, 0));
	TRY(q_end(&g));
	size_t n = gone.n / sizeof(uint64_t);

	if (n)
		qsort(gone.p, n, sizeof(uint64_t), u64_cmp);
	while (q_row(&q)) {
		uint64_t id = (uint64_t)q_col_i64(&q, 0);

		if (!n || !bsearch(&id, gone.p, n, sizeof(uint64_t), u64_cmp))
			found(c, "message %llu is in no mailbox", (unsigned long long)id);
	}
	return q_end(&q);
}

/* ---- messages and their bytes ---- */

struct segment_file {
	uint32_t number;
	int fd;
	uint64_t size;
};

static struct err segment_open(struct check *c, uint32_t number, struct segment_file *f)
{
	char name[16];
	struct stat st;

	if (f->fd >= 0 && f->number == number)
		return ERR_OK;
	fd_close(&f->fd);
	snprintf(name, sizeof(name), "%06u", number);
	f->number = number;
	f->fd = openat(c->acc->mail_fd, name, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0 && errno != ENOENT)
		return err_errno("open segment %s", name);
	if (f->fd < 0)
		return ERR_OK;
	if (fstat(f->fd, &st) != 0)
		return err_errno("size of segment %s", name);
	f->size = (uint64_t)st.st_size;
	return ERR_OK;
}

static struct err range_crc(int fd, uint64_t at, uint64_t n, uint32_t *ret)
{
	char p[8192];

	*ret = 0;
	for (uint64_t done = 0; done < n;) {
		size_t k = n - done < sizeof(p) ? (size_t)(n - done) : sizeof(p);

		TRY(file_pread(fd, p, k, (off_t)(at + done)));
		*ret = record_crc(*ret, str_of(p, k));
		done += k;
	}
	return ERR_OK;
}

/* NULL if the record at `at` is whole and is what the message's row says. */
static const char *record_damage(struct check *c, const struct segment_file *f, struct q *q,
				 const struct facts *facts)
{
	uint64_t at = (uint64_t)q_col_i64(q, 2), body_at = (uint64_t)q_col_i64(q, 3);
	uint64_t size = (uint64_t)q_col_i64(q, 4), prefix_n = (uint64_t)q_col_i64(q, 5);
	struct record r;
	uint32_t crc;

	if (f->fd < 0 || body_at + size > f->size) {
		int64_t id = q_col_i64(q, 0);

		buf_add(&c->missing, &id, sizeof(id));
		return f->fd < 0 ? "its segment is missing" : "its segment ends before it";
	}
	if (!(c->how & CHECK_BYTES))
		return NULL;
	size_t n = f->size - at < c->head.max ? (size_t)(f->size - at) : c->head.max;

	buf_clear(&c->head);
	char *to = buf_reserve(&c->head, n);

	if (!to || err_failed(file_pread(f->fd, to, n, (off_t)at)))
		return "its record cannot be read";
	buf_commit(&c->head, n);
	if (!record_header_read(buf_str(&c->head), c->acc->cookie, f->size - at, &r))
		return "its record's header is damaged";
	if (at + record_body_at(&r) != body_at || r.prefix_n + r.bytes_n != size ||
	    r.prefix_n != prefix_n || memcmp(r.sha256, facts->sha256, sizeof(r.sha256)) != 0)
		return "its record is another one";
	if (err_failed(range_crc(f->fd, at + record_facts_at(&r), r.facts_n, &crc)) ||
	    crc != r.facts_crc)
		return "its record's facts are damaged";
	if (err_failed(range_crc(f->fd, body_at, size, &crc)) || crc != r.bytes_crc)
		return "its bytes are damaged";
	return NULL;
}

static struct err message_check(struct check *c, struct segment_file *f, struct q *q)
{
	struct facts facts;
	struct arena a;

	c->r->messages++;
	arena_init(&a, 8 << 20);
	struct err e = facts_read(q_col_blob(q, 6), &a, &facts);
	const char *why = NULL;

	if (err_failed(e))
		why = "its facts are damaged";
	else if (facts.size + (uint64_t)q_col_i64(q, 5) != (uint64_t)q_col_i64(q, 4))
		why = "its facts are of another size";
	e = why ? ERR_OK : segment_open(c, (uint32_t)q_col_i64(q, 1), f);
	if (!why && err_is_ok(e))
		why = record_damage(c, f, q, &facts);
	arena_fini(&a);
	if (why)
		found(c, "message %lld in segment %06lld at %lld: %s", num(q, 0), num(q, 1),
		      num(q, 2), why);
	return e;
}

static struct err messages_check(struct check *c)
{
	Q_AUTO q =
		q_of(c->db, "SELECT id, segment, at, body_at, size, prefix_n, facts FROM message "
			    "ORDER BY segment, at");
	struct segment_file f = {.fd = -1};
	struct err e = ERR_OK;

	while (err_is_ok(e) && q_row(&q))
		e = message_check(c, &f, &q);
	fd_close(&f.fd);
	return err_failed(e) ? e : q_end(&q);
}

/* ---- mending ---- */

static struct err entry_drop(struct writer *w, struct q *q)
{
	Q_AUTO d = q_of(w->db, "DELETE FROM entry WHERE mailbox = ? AND uid = ?");
	uint32_t uid = (uint32_t)q_col_i64(q, 1);
	struct mailbox_row m;
	bool there;

	TRY(mailbox_row_get_id(w->db, (uint32_t)q_col_i64(q, 0), &m, &there));
	q_i64(&d, q_col_i64(q, 0));
	q_i64(&d, uid);
	TRY(q_run(&d));
	if (!there)
		return ERR_OK;
	mailbox_row_count(&m, (unsigned)q_col_i64(q, 2), (uint64_t)q_col_i64(q, 3), -1);
	TRY(writer_change_uids(w, m.id, CHANGE_EXPUNGE, uid, uid));
	return mailbox_row_put(w, &m);
}

static struct err missing_drop(struct writer *w, void *arg)
{
	struct check *c = arg;
	Q_AUTO q = q_of(w->db, "SELECT mailbox, uid, flags, size FROM entry WHERE message = ?");

	for (size_t i = 0; i + sizeof(int64_t) <= c->missing.n; i += sizeof(int64_t)) {
		int64_t id;

		memcpy(&id, c->missing.p + i, sizeof(id));
		q_i64(&q, id);
		while (q_row(&q))
			TRY(entry_drop(w, &q));
		TRY(q_end(&q));
		TRY(writer_gone(w, (uint64_t)id));
		c->r->lost++;
	}
	return ERR_OK;
}

static struct err check_run(struct check *c)
{
	READER_AUTO r = {0};

	TRY(reader_take(c->acc, &r));
	c->db = r.db;
	TRY(db_exec(c->db, "BEGIN"));
	TRY(sqlite_check(c));
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		TRY(rule_check(c, &rules[i]));
	TRY(keywords_check(c));
	TRY(entries_explained(c));
	TRY(expunged_are_gone(c));
	TRY(orphans_check(c));
	TRY(messages_check(c));
	return db_exec(c->db, "COMMIT");
}

struct err account_check(struct account *acc, unsigned how, struct check_report *report)
{
	struct check c = {.acc = acc, .how = how, .r = report};

	buf_init(&c.missing, SIZE_MAX);
	buf_init(&c.head, RECORD_HEADER + RECORD_NAMES_MAX);
	struct err e = check_run(&c);

	if (err_is_ok(e) && buf_failed(&c.missing))
		e = err_make(ERR_RESOURCES, "no memory for the check's findings");
	if (err_is_ok(e) && how & CHECK_FIX && c.missing.n)
		e = writer_run(acc, missing_drop, &c);
	buf_fini(&c.head);
	buf_fini(&c.missing);
	return e;
}
