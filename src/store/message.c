#include "store/message.h"

#include "store/internal.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- adding ---- */

/* The signature has a table of its own, so that a search reads signatures and little else. */
static struct err facts_without_signature(const struct facts *f, struct buf *b)
{
	struct facts g = *f;

	g.signature = STR("");
	return facts_write(&g, b);
}

static struct err message_row(struct writer *w, const struct message_add *m, uint32_t mailbox,
			      const struct place *p, uint64_t parent)
{
	Q_AUTO q = q_of(w->db, "INSERT INTO message VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	BUF_AUTO facts = BUF_INIT(FACTS_SIZE_MAX);

	TRY(facts_without_signature(m->facts, &facts));
	q_i64(&q, (int64_t)m->ret_message);
	q_i64(&q, p->segment);
	q_i64(&q, (int64_t)p->at);
	q_i64(&q, (int64_t)p->body_at);
	q_i64(&q, (int64_t)(m->prefix.n + m->bytes.size));
	q_i64(&q, (int64_t)m->prefix.n);
	q_i64(&q, m->received);
	q_i64(&q, mailbox);
	q_i64(&q, (int64_t)m->ret_thread);
	q_i64(&q, (int64_t)parent);
	q_i64(&q, key_hash(w->acc, m->facts->subject_base));
	q_blob(&q, str_of(m->facts->sha256, sizeof(m->facts->sha256)));
	q_blob(&q, buf_str(&facts));
	return q_run(&q);
}

static struct err signature_row(struct writer *w, uint64_t message, struct str bits)
{
	Q_AUTO q = q_of(w->db, "INSERT INTO signature VALUES(?, ?)");

	if (!bits.n)
		return ERR_OK;
	q_i64(&q, (int64_t)message);
	q_blob(&q, bits);
	return q_run(&q);
}

static struct err keys_add(struct writer *w, const struct message_add *m)
{
	const struct facts *f = m->facts;

	if (f->message_id.n)
		TRY(key_add(w, KEY_MESSAGE_ID, key_hash(w->acc, f->message_id), m->ret_message));
	if (f->subject_base.n)
		TRY(key_add(w, KEY_SUBJECT, key_hash(w->acc, f->subject_base), m->ret_message));
	return key_add(w, KEY_THREAD, (int64_t)m->ret_thread, m->ret_message);
}

static struct err destination(struct writer *w, const struct message_add *m,
			      struct mailbox_row *ret)
{
	bool found;
	uint32_t id;

	TRY(mailbox_row_get(w->db, m->mailbox, ret, &found));
	if (found)
		return ERR_OK;
	if (!m->mailbox_create)
		return err_make(ERR_NOT_FOUND, "no mailbox %.*s", STR_ARG(m->mailbox));
	TRY(mailbox_make(w, m->mailbox, 0, &id));
	return mailbox_row_get_id(w->db, id, ret, &found);
}

struct err message_insert(struct writer *w, struct message_add *m, const struct place *place)
{
	struct mailbox_row box;
	uint64_t parent;
	bool muted = false;
	BUF_AUTO keywords = BUF_INIT(RECORD_NAMES_MAX);

	TRY(destination(w, m, &box));
	TRY(thread_match(w, m->facts, box.id, m->received, &m->ret_thread, &parent));
	m->ret_message = writer_message_id(w);
	if (m->ret_thread)
		TRY(thread_muted(w, m->ret_thread, &muted));
	else
		m->ret_thread = m->ret_message;
	TRY(message_row(w, m, box.id, place, parent));
	TRY(signature_row(w, m->ret_message, m->facts->signature));
	TRY(keys_add(w, m));
	keywords_join(&m->set, &keywords);
	struct entry_row e = {
		.message = m->ret_message,
		.flags = m->set.flags | (muted ? FLAG_SEEN : 0),
		.keywords = buf_str(&keywords),
		.size = m->prefix.n + m->bytes.size,
		.received = m->received,
	};
	m->ret_mailbox = box.id;
	m->ret_uidvalidity = box.uidvalidity;
	m->ret_uid = box.uidnext;
	m->ret_modseq = writer_modseq(w);
	TRY(entry_insert(w, &box, &e));
	return mailbox_row_put(w, &box);
}

/* What an append knows of one message before the transaction. */
struct prepared {
	struct message_add *m;
	struct buf facts;
	bool own; /* it has a segment of its own already */
	struct place place;
};

struct append {
	struct prepared *p;
	size_t n;
};

static struct err append_run(struct writer *w, void *arg)
{
	struct append *a = arg;

	for (size_t i = 0; i < a->n; i++) {
		struct prepared *p = &a->p[i];

		if (p->own)
			TRY(segment_row_add(w, p->place.segment, p->place.end,
					    (int64_t)(p->place.end - p->place.at)));
		else
			TRY(append_record(w, p->m, buf_str(&p->facts), &p->place));
		TRY(message_insert(w, p->m, &p->place));
	}
	return ERR_OK;
}

static struct err prepare(struct account *acc, struct message_add *m, struct prepared *p)
{
	buf_init(&p->facts, FACTS_SIZE_MAX);
	p->m = m;
	if (!m->received)
		m->received = clock_unix(acc->store->o.clock);
	if (m->facts_bytes.n)
		buf_str_add(&p->facts, m->facts_bytes);
	else
		TRY(facts_write(m->facts, &p->facts));
	if (buf_failed(&p->facts))
		return err_make(ERR_LIMIT, "the facts of a message are too large");
	p->own = m->bytes.size >= acc->store->o.own_segment_min;
	return p->own ? append_own(acc, m, buf_str(&p->facts), &p->place) : ERR_OK;
}

struct err message_append(struct account *acc, struct message_add *m, size_t n)
{
	struct append a = {.p = calloc(n ? n : 1, sizeof(*a.p)), .n = n};
	struct err e = ERR_OK;

	if (!a.p)
		return err_make(ERR_RESOURCES, "no memory to append %zu messages", n);
	for (size_t i = 0; i < n && err_is_ok(e); i++)
		e = prepare(acc, &m[i], &a.p[i]);
	if (err_is_ok(e))
		e = writer_run(acc, append_run, &a);
	/* On failure segments of their own stay, for the sweeper: a commit that failed may yet be
	 * found in the WAL after a crash. */
	for (size_t i = 0; i < n; i++)
		buf_fini(&a.p[i].facts);
	free(a.p);
	return e;
}

static struct err deliver_one(struct store *s, struct delivery *d)
{
	struct account *acc;

	TRY(account_open(s, d->account, &acc));
	struct err e = message_append(acc, &d->add, 1);

	account_close(acc);
	return e;
}

void message_deliver(struct store *s, struct delivery *d, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct err e = deliver_one(s, &d[i]);

		d[i].ret_code = err_code(e);
		d[i].ret_why[0] = '\0';
		if (err_failed(e))
			snprintf(d[i].ret_why, sizeof(d[i].ret_why), "%.*s", STR_ARG(err_text(e)));
	}
}

/* ---- reading ---- */

static struct err place_read(struct account *acc, uint64_t message, uint32_t *ret_segment,
			     struct message_body *ret)
{
	READER_AUTO c = {0};

	TRY(reader_take(acc, &c));
	Q_AUTO q = q_of(c.db, "SELECT segment, body_at, size, prefix_n FROM message WHERE id = ?");

	q_i64(&q, (int64_t)message);
	if (!q_row(&q)) {
		TRY(q_end(&q));
		return err_make(ERR_EXPUNGED, "message %llu is gone", (unsigned long long)message);
	}
	*ret_segment = (uint32_t)q_col_i64(&q, 0);
	ret->at = (uint64_t)q_col_i64(&q, 1);
	ret->size = (uint64_t)q_col_i64(&q, 2);
	ret->prefix_n = (uint32_t)q_col_i64(&q, 3);
	return q_end(&q);
}

struct err message_open(struct account *acc, uint64_t message, struct message_body *ret)
{
	struct message_body b = {.fd = -1};
	uint32_t segment = 0, tried = 0;
	char name[16];

	/* The sweeper may move the message and remove the segment in between: then it is elsewhere
	 * now. */
	for (;;) {
		TRY(place_read(acc, message, &segment, &b));
		if (segment == tried)
			return err_make(ERR_CORRUPT, "segment %06u of message %llu is missing",
					segment, (unsigned long long)message);
		snprintf(name, sizeof(name), "%06u", segment);
		b.fd = openat(acc->mail_fd, name, O_RDONLY | O_CLOEXEC);
		if (b.fd >= 0)
			break;
		if (errno != ENOENT)
			return err_errno("open segment %s", name);
		tried = segment;
	}
	*ret = b;
	return ERR_OK;
}

void message_close(struct message_body *b)
{
	fd_close(&b->fd);
}

struct err message_read(const struct message_body *b, uint64_t offset, void *p, size_t n,
			size_t *ret_n)
{
	if (offset > b->size)
		offset = b->size;
	if (n > b->size - offset)
		n = (size_t)(b->size - offset);
	TRY(file_pread(b->fd, p, n, (off_t)(b->at + offset)));
	*ret_n = n;
	return ERR_OK;
}

struct err message_facts(struct account *acc, uint64_t message, struct arena *a, struct facts *ret)
{
	READER_AUTO c = {0};

	TRY(reader_take(acc, &c));
	Q_AUTO q = q_of(c.db, "SELECT m.facts, s.bits FROM message AS m LEFT JOIN signature AS s "
			      "ON s.message = m.id WHERE m.id = ?");

	q_i64(&q, (int64_t)message);
	if (!q_row(&q)) {
		TRY(q_end(&q));
		return err_make(ERR_NOT_FOUND, "no message %llu", (unsigned long long)message);
	}
	TRY(facts_read(arena_dup(a, q_col_blob(&q, 0)), a, ret));
	ret->signature = arena_dup(a, q_col_blob(&q, 1));
	return arena_failed(a) ? err_make(ERR_RESOURCES, "no memory for facts") : q_end(&q);
}
