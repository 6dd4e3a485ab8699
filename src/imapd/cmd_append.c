/* APPEND: RFC 9051 §6.3.12, RFC 4315 §3, RFC 7889, RFC 6855 §4.
 *
 * The message is streamed into a spool. Before the client is told to send it, everything that can
 * be known is checked: the arguments, the size, the mailbox. Bare line feeds become CRLF on the
 * way, because IMAP has no other line end to show. */
#include "facts/build.h"
#include "imapd/user.h"
#include "os/spool.h"
#include "store/message.h"

#include <sys/mman.h>

struct append {
	struct imap_append args;
	struct str mailbox; /* canonical */
	struct flagset set;
	struct spool spool;
	bool was_cr;   /* the last byte */
	size_t text_n; /* of the command's text up to the literal's bytes */
};

static void job_free(struct imapd *s)
{
	struct append *p = s->job_data;

	spool_fini(&p->spool);
}

/* The literal will not be taken: what of it comes is passed over. */
static void refuse(struct imapd *s, struct str code, struct str text)
{
	imap_reader_discard(&s->reader);
	imapd_no(s, code, text);
}

static uint64_t size_max(const struct imapd *s)
{
	uint64_t max = s->service->settings.append_max;

	return max ? max : IMAPD_APPEND_MAX;
}

/* In front of each LF that has none, a CR. */
static struct err add_crlf(struct append *p, struct str piece)
{
	size_t from = 0;

	for (size_t i = 0; i < piece.n; i++) {
		bool after_cr = i ? piece.p[i - 1] == '\r' : p->was_cr;

		if (piece.p[i] != '\n' || after_cr)
			continue;
		TRY(spool_add(&p->spool, str_sub(piece, from, i)));
		TRY(spool_add(&p->spool, STR("\r")));
		from = i;
	}
	if (piece.n)
		p->was_cr = piece.p[piece.n - 1] == '\r';
	return spool_add(&p->spool, str_from(piece, from));
}

/* The whole message as one piece of memory; a large one is mapped. */
static struct err spool_map(struct spool *sp, struct str *ret, void **ret_map)
{
	*ret_map = NULL;
	*ret = spool_memory(sp);
	if (ret->p || sp->size == 0)
		return ERR_OK;
	void *p = mmap(NULL, sp->size, PROT_READ, MAP_PRIVATE, sp->fd, 0);

	if (p == MAP_FAILED)
		return err_errno("map a message of %ju bytes", (uintmax_t)sp->size);
	*ret_map = p;
	*ret = str_of(p, sp->size);
	return ERR_OK;
}

static struct err store_message(struct imapd *s, struct append *p, struct arena *a,
				struct message_add *add)
{
	unsigned char sha256[32];
	struct facts facts = {0};
	struct str bytes;
	void *map;

	TRY(spool_end(&p->spool, sha256));
	TRY(spool_map(&p->spool, &bytes, &map));
	struct err e = facts_build(bytes, &(struct facts_known){.sha256 = sha256}, a, &facts);

	if (map)
		munmap(map, p->spool.size);
	TRY(e);
	bytes = spool_memory(&p->spool);
	*add = (struct message_add){
		.bytes = {.fd = bytes.p ? -1 : p->spool.fd, .memory = bytes, .size = p->spool.size},
		.facts = &facts,
		.mailbox = p->mailbox,
		.set = p->set,
		.received = p->args.has_date ? p->args.date : 0,
	};
	return message_append(imapd_account(s), add, 1);
}

static void finish(struct imapd *s, struct append *p)
{
	struct message_add add = {0};
	BUF_AUTO code = BUF_INIT(100);
	struct arena a;

	arena_init(&a, FACTS_ARENA_MAX);
	struct err e = store_message(s, p, &a, &add);

	arena_fini(&a);
	if (err_is(e, ERR_NOT_FOUND)) {
		imapd_no(s, STR("TRYCREATE"), STR("no such mailbox"));
	} else if (err_failed(e)) {
		imapd_fail(s, e);
	} else {
		buf_printf(&code, "APPENDUID %u %u", add.ret_uidvalidity, add.ret_uid);
		imapd_ok(s, buf_str(&code), STR("appended"));
	}
}

/* A piece of the message, or (p NULL) the end of the command. */
static void data(struct imapd *s, struct str piece)
{
	struct append *p = s->job_data;

	if (!piece.p) {
		struct str rest = str_from(buf_str(&s->reader.text), p->text_n);

		if (str_eq(rest, p->args.utf8 ? STR(")") : STR("")))
			finish(s, p);
		else
			imapd_bad(s, STR("end of APPEND expected behind the message"));
		return;
	}
	struct err e = add_crlf(p, piece);

	if (err_is_ok(e) && p->spool.size > size_max(s))
		e = err_make(ERR_TOO_BIG, "message with CRLF");
	if (err_failed(e)) {
		imapd_fail(s, e);
		imap_reader_discard(&s->reader);
	}
}

/* Whether the arguments, the size and the mailbox are good; ends the command if not. */
static bool check(struct imapd *s, struct append *p)
{
	struct mailbox m;

	if (s->reader.literal.n > size_max(s)) {
		refuse(s, STR("TOOBIG"), STR("message is too large"));
		return false;
	}
	struct err e = imapd_flagset(s, &p->args.flags, &p->set);

	if (err_is_ok(e) && imapd_name(s, p->args.mailbox, &p->mailbox))
		e = mailbox_get(imapd_account(s), p->mailbox, &s->mem, &m);
	if (err_is(e, ERR_NOT_FOUND))
		imapd_no(s, STR("TRYCREATE"), STR("no such mailbox"));
	else if (err_failed(e))
		imapd_fail(s, e);
	if (imapd_has_ended(s))
		imap_reader_discard(&s->reader);
	return !imapd_has_ended(s);
}

/* The text up to a literal: the mailbox's name, which is a string like others, or the message. */
bool imapd_cmd_append_literal(struct imapd *s, struct cur *c)
{
	struct append *p = ARENA_NEW(&s->mem, struct append);

	imap_x_sp(c);
	if (p && !cur_failed(c) && (cur_peek(c) == '{') &&
	    str_chr(cur_rest(c), '\n') == (ssize_t)cur_rest(c).n - 1)
		return false;
	if (p)
		imap_x_append(c, &s->mem, &p->args);
	if (!p || cur_failed(c)) {
		imap_reader_discard(&s->reader);
		imapd_fail(s, p ? cur_err(c) : err_make(ERR_RESOURCES, "append"));
		return true;
	}
	if (!check(s, p))
		return true;
	spool_init(&p->spool, s->env->fs, s->env->tmp_dirfd, s->env->rand);
	p->text_n = s->reader.text.n;
	s->job_data = p;
	s->job_free = job_free;
	s->data = data;
	if (!s->reader.literal.nonsync)
		imapd_continue(s, STR("send the message"));
	imap_reader_stream(&s->reader);
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
