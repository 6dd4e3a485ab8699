/* APPEND: RFC 9051 §6.3.12, RFC 3502 (MULTIAPPEND), RFC 4315 §3, RFC 7889, RFC 6855 §4.
 *
 * Messages are streamed into spools. Before the client is told to send one, everything that can be
 * known is checked: the arguments, the size, the mailbox. Bare line feeds become CRLF on the way,
 * because IMAP has no other line end to show. All messages of a command are stored, or none. */
#include "facts/build.h"
#include "imapd/user.h"
#include "os/spool.h"
#include "store/message.h"

enum { MESSAGES_MAX = 100 }; /* in one command */

struct message {
	struct message *next;
	struct imap_append args;
	struct flagset set;
	struct spool spool;
	bool was_cr; /* the last byte */
	struct facts facts;
};

struct append {
	struct str mailbox; /* canonical */
	struct message *first, *last;
	size_t n;
	uint64_t announced; /* bytes of all */
	size_t text_n;      /* of the command's text up to the last literal's bytes */
};

static void job_free(struct imapd *s)
{
	struct append *p = s->job_data;

	for (struct message *m = p->first; m; m = m->next)
		spool_fini(&m->spool);
}

static uint64_t size_max(const struct imapd *s)
{
	uint64_t max = s->service->settings.append_max;

	return max ? max : IMAPD_APPEND_MAX;
}

/* In front of each LF that has none, a CR. */
static struct err add_crlf(struct message *m, struct str piece)
{
	size_t from = 0;

	for (size_t i = 0; i < piece.n; i++) {
		bool after_cr = i ? piece.p[i - 1] == '\r' : m->was_cr;

		if (piece.p[i] != '\n' || after_cr)
			continue;
		TRY(spool_add(&m->spool, str_sub(piece, from, i)));
		TRY(spool_add(&m->spool, STR("\r")));
		from = i;
	}
	if (piece.n)
		m->was_cr = piece.p[piece.n - 1] == '\r';
	return spool_add(&m->spool, str_from(piece, from));
}

static struct err message_make(struct append *p, struct message *m, struct arena *a,
			       struct message_add *ret)
{
	unsigned char sha256[32];
	struct str bytes;

	TRY(spool_end(&m->spool, sha256));
	TRY(spool_bytes(&m->spool, &bytes));
	struct facts_known known = {.sha256 = sha256};

	TRY(facts_build(bytes, &known, a, &m->facts));
	*ret = (struct message_add){
		.bytes = {.fd = m->spool.fd,
			  .memory = m->spool.fd < 0 ? bytes : str_of(NULL, 0),
			  .size = bytes.n},
		.facts = &m->facts,
		.mailbox = p->mailbox,
		.set = m->set,
		.received = m->args.has_date ? m->args.date : 0,
	};
	return ERR_OK;
}

/* *ret_code gets APPENDUID. */
static struct err messages_store(struct imapd *s, struct append *p, struct arena *a,
				 struct buf *ret_code)
{
	struct message_add *add = ARENA_NEW_N(a, struct message_add, p->n);
	struct imap_seqset_build uids = {.arena = a};
	size_t i = 0;

	if (!add)
		return err_make(ERR_RESOURCES, "no memory for messages");
	for (struct message *m = p->first; m; m = m->next)
		TRY(message_make(p, m, a, &add[i++]));
	TRY(message_append(imapd_account(s), add, p->n));
	for (i = 0; i < p->n; i++)
		imap_seqset_add(&uids, add[i].ret_uid);
	buf_printf(ret_code, "APPENDUID %u ", add[0].ret_uidvalidity);
	buf_imap_seqset(ret_code, uids.set);
	return ERR_OK;
}

static void finish(struct imapd *s, struct append *p)
{
	BUF_AUTO code = BUF_INIT(4096);
	struct arena a;

	arena_init(&a, p->n * FACTS_ARENA_MAX + (1 << 20));
	struct err e = messages_store(s, p, &a, &code);

	arena_fini(&a);
	if (err_is(e, ERR_NOT_FOUND))
		imapd_no(s, STR("TRYCREATE"), STR("no such mailbox"));
	else if (err_failed(e))
		imapd_fail(s, e);
	else
		imapd_ok(s, buf_str(&code), STR("appended"));
}

/* A piece of the message, or (p NULL) the end of the command. */
static void data(struct imapd *s, struct str piece)
{
	struct append *p = s->job_data;
	struct message *m = p->last;

	if (!piece.p) {
		struct str rest = str_from(buf_str(&s->reader.text), p->text_n);

		if (str_eq(rest, m->args.utf8 ? STR(")") : STR("")))
			finish(s, p);
		else
			imapd_bad(s, STR("end of APPEND expected behind the message"));
		return;
	}
	struct err e = add_crlf(m, piece);

	if (err_is_ok(e) && m->spool.size > size_max(s))
		e = err_make(ERR_TOO_BIG, "message with CRLF");
	if (err_failed(e)) {
		imapd_fail(s, e);
		imap_reader_discard(&s->reader);
	}
}

/* Whether the arguments, the size and the mailbox are good. */
static struct err check(struct imapd *s, struct append *p, struct message *m)
{
	p->announced += s->reader.literal.n;
	if (s->reader.literal.n > size_max(s) || p->announced > size_max(s))
		return err_make(ERR_TOO_BIG, "message of %ju bytes",
				(uintmax_t)s->reader.literal.n);
	if (++p->n > MESSAGES_MAX)
		return err_make(ERR_LIMIT, "more than %d messages", MESSAGES_MAX);
	return imapd_flagset(s, &m->args.flags, &m->set);
}

/* A message's arguments are parsed, its literal comes next. */
static void message_begin(struct imapd *s, struct append *p, struct message *m)
{
	struct err e = check(s, p, m);

	if (err_failed(e)) {
		imapd_fail(s, e);
		imap_reader_discard(&s->reader);
		return;
	}
	spool_init(&m->spool, s->env->fs, s->env->tmp_dirfd, s->env->rand);
	if (p->last)
		p->last->next = m;
	else
		p->first = m;
	p->last = m;
	p->text_n = s->reader.text.n;
	if (!s->reader.literal.nonsync)
		imapd_continue(s, STR("send the message"));
	imap_reader_stream(&s->reader);
}

static void refuse(struct imapd *s, struct err e)
{
	imapd_fail(s, e);
	imap_reader_discard(&s->reader);
}

/* Another message: RFC 3502 §6.3.11. */
static void data_next(struct imapd *s)
{
	struct append *p = s->job_data;
	struct message *m = ARENA_NEW(&s->mem, struct message);
	struct cur c = cur_of(str_from(buf_str(&s->reader.text), p->text_n));

	if (!m) {
		refuse(s, err_make(ERR_RESOURCES, "append"));
		return;
	}
	if (p->last->args.utf8)
		cur_xlit(&c, ")");
	imap_x_sp(&c);
	imap_x_append_opts(&c, &s->mem, &m->args);
	if (cur_failed(&c))
		refuse(s, cur_err(&c));
	else
		message_begin(s, p, m);
}

/* The mailbox must be there before any message is sent; ends the command if it is not. */
static bool mailbox_check(struct imapd *s, struct append *p, struct str written)
{
	struct mailbox m;

	if (imapd_name(s, written, &p->mailbox)) {
		struct err e = mailbox_get(imapd_account(s), p->mailbox, &s->mem, &m);

		if (err_is(e, ERR_NOT_FOUND))
			imapd_no(s, STR("TRYCREATE"), STR("no such mailbox"));
		else if (err_failed(e))
			imapd_fail(s, e);
	}
	if (imapd_has_ended(s))
		imap_reader_discard(&s->reader);
	return !imapd_has_ended(s);
}

/* Whether all that is left is one literal's header. */
static bool at_literal(const struct cur *c)
{
	struct str rest = cur_rest(c);

	return cur_peek(c) == '{' && str_chr(rest, '\n') == (ssize_t)rest.n - 1;
}

/* The text up to a literal: the mailbox's name, which is a string like others, or the message. */
bool imapd_cmd_append_literal(struct imapd *s, struct cur *c)
{
	struct append *p = ARENA_NEW(&s->mem, struct append);
	struct message *m = ARENA_NEW(&s->mem, struct message);

	imap_x_sp(c);
	if (at_literal(c))
		return false;
	if (!p || !m) {
		refuse(s, err_make(ERR_RESOURCES, "append"));
		return true;
	}
	imap_x_append(c, &s->mem, &m->args);
	if (cur_failed(c)) {
		refuse(s, cur_err(c));
		return true;
	}
	if (!mailbox_check(s, p, m->args.mailbox))
		return true;
	s->job_data = p;
	s->job_free = job_free;
	s->data = data;
	s->data_next = data_next;
	message_begin(s, p, m);
	return true;
}

/* A whole command without a literal has no message. */
void imapd_cmd_append(struct imapd *s, struct cur *c)
{
	struct imap_append args;

	imap_x_sp(c);
	imap_x_append(c, &s->mem, &args);
	cur_fail(c, "literal");
	imapd_fail(s, cur_err(c));
}
