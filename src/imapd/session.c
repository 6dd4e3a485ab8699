#include "imapd/session.h"

#include "imap/write.h"
#include <assert.h>

enum { MEM_MAX = 4 << 20, MEM_MAX_STRANGER = 64 << 10, ENDED_MAX = 64 << 10 };

static void greet(struct imapd *s)
{
	BUF_AUTO caps = BUF_INIT(4096);

	buf_imapd_capability(&caps, s);
	imapd_untagged_ok(s, buf_str(&caps), STR("mox imap"));
}

static void first_step(struct imapd *s)
{
	s->service = (const struct imapd_service *)s->base.service;
	s->env = s->service->env;
	s->state = IMAPD_STRANGER;
	imap_reader_init(&s->reader);
	s->reader.literal_max = s->reader.literal_total = IMAP_LITERAL_BEFORE_LOGIN;
	arena_init(&s->mem, MEM_MAX_STRANGER);
	s->ended = BUF_INIT(ENDED_MAX);
	imapd_count_connection(s);
	greet(s);
}

/* The command is over: the tagged answer goes out and everything of the command goes. */
static void command_finish(struct imapd *s)
{
	imapd_trace_out(s, buf_str(&s->ended));
	imapd_count_command(s);
	s->server_error = false;
	buf_strs(imapd_out(s), s->tag, STR(" "), buf_str(&s->ended));
	buf_release(&s->ended);
	s->tag = str_of(NULL, 0);
	if (s->job_free)
		s->job_free(s);
	s->job_data = NULL;
	s->job_free = NULL;
	if (s->text_held && s->command && s->command->secret)
		secret_wipe(s->reader.text.p, s->reader.text.n);
	if (s->text_held)
		imap_reader_next(&s->reader);
	s->text_held = false;
	s->command = NULL;
	arena_reset(&s->mem);
	s->mem.cap = s->user ? MEM_MAX : MEM_MAX_STRANGER;
}

static bool tells_changes(const struct imapd *s)
{
	return s->state == IMAPD_SELECTED && s->command && (s->uid || !s->command->keeps_seqs);
}

/* tag SP command-name, and SP "UID" before it; the cursor is then behind the name. */
static void command_head(struct imapd *s, struct cur *c)
{
	struct str tag = imap_x_tag(c);

	s->command_at = clock_mono(s->base.clock);
	imap_x_sp(c);
	struct str name = imap_x_word(c);

	s->uid = str_eq_nocase(name, STR("UID"));
	if (s->uid) {
		imap_x_sp(c);
		name = imap_x_word(c);
	}
	if (cur_failed(c))
		return;
	s->tag = arena_dup(&s->mem, tag);
	s->command = imapd_command_find(name);
	if (!s->command || (s->uid && !s->command->uid))
		cur_fail(c, "command");
}

/* Not IMAP, or not what we know. Without a tag there is nothing to answer to. */
static void command_bad(struct imapd *s, struct cur *c)
{
	if (s->commands == 0) {
		imapd_bye(s, STR(""), STR("please try again speaking imap"));
		return;
	}
	if (++s->bad > IMAPD_BAD_MAX) {
		imapd_bye(s, STR(""), STR("too many bad commands"));
		return;
	}
	if (s->tag.n == 0)
		s->tag = STR("*");
	imapd_fail(s, cur_err(c));
}

/* Whether the command's row allows it now; ends it if not. */
static bool command_legal(struct imapd *s)
{
	if (s->command->states & s->state)
		return true;
	imapd_no(s, STR("CLIENTBUG"), STR("not in this state"));
	return false;
}

/* The reader has a whole command. */
static void command_run(struct imapd *s)
{
	struct cur c = cur_of(buf_str(&s->reader.text));

	command_head(s, &c);
	imapd_trace_in(s, c.s, s->command && s->command->secret);
	if (cur_failed(&c)) {
		command_bad(s, &c);
		return;
	}
	s->commands++;
	if (command_legal(s)) {
		s->command->run(s, &c);
		if (str_starts(buf_str(&s->ended), STR("BAD")))
			s->bad++;
		else
			s->bad = 0;
	}
}

static void string_literal(struct imapd *s)
{
	bool nonsync = s->reader.literal.nonsync;

	if (!imap_reader_accept(&s->reader)) {
		imapd_literal_refuse(s);
		return;
	}
	/* The head is parsed again when the command is whole. */
	s->tag = str_of(NULL, 0);
	s->command = NULL;
	arena_reset(&s->mem);
	if (!nonsync)
		imapd_continue(s, STR("go ahead"));
}

/* A line has ended in a literal's header. Most literals are strings; whether this one is a message
 * says the command, of which all before it is here. */
static void literal_begin(struct imapd *s)
{
	struct cur c = cur_of(buf_str(&s->reader.text));
	const struct imap_literal *l = &s->reader.literal;

	if (l->nonsync && l->n > IMAP_LITERAL_NONSYNC_MAX) {
		imapd_bye(s, STR("TOOBIG"), STR("non-synchronizing literal is too large"));
		return;
	}
	if (s->data_next) {
		s->data_next(s);
		return;
	}
	command_head(s, &c);
	if (cur_failed(&c)) {
		command_bad(s, &c);
		if (!s->closing)
			imap_reader_discard(&s->reader);
		return;
	}
	if (!s->command->literal || !(s->command->states & s->state) || !s->command->literal(s, &c))
		string_literal(s);
}

/* Reads up to one event; false if more input is needed. */
static bool input(struct imapd *s)
{
	size_t used;
	bool streaming = s->data != NULL;
	enum imap_read e = imap_reader_feed(&s->reader, conn_in(&s->base.conn), &used);
	struct str text = buf_str(&s->reader.text);

	switch (e) {
	case IMAP_READ_MORE: break;
	case IMAP_READ_COMMAND:
		if (s->line) {
			/* Of AUTHENTICATE it is credentials; IDLE's DONE tells nothing. */
			imapd_trace_in(s, text, true);
			s->line(s, text);
			secret_wipe(s->reader.text.p, s->reader.text.n);
		} else if (streaming) {
			s->data(s, str_of(NULL, 0));
		} else {
			command_run(s);
		}
		s->text_held = !s->line;
		if (s->line) {
			imap_reader_next(&s->reader);
			s->reader.plain_line = true;
		}
		break;
	case IMAP_READ_LITERAL: literal_begin(s); break;
	case IMAP_READ_DATA:
		imapd_trace_data(s, s->reader.data);
		if (s->data)
			s->data(s, s->reader.data);
		break;
	case IMAP_READ_DATA_END: break;
	case IMAP_READ_DISCARDED: imap_reader_next(&s->reader); break;
	case IMAP_READ_TOO_LONG: imapd_bye(s, STR("TOOBIG"), STR("line is too long")); break;
	}
	conn_take(&s->base.conn, used);
	return e != IMAP_READ_MORE;
}

static struct session_next wait_input(struct imapd *s)
{
	bool whole = s->reader.text.n == 0 && !s->data;

	if (s->user)
		s->base.read_timeout = whole ? IMAPD_READ_TIMEOUT : IMAPD_LITERAL_TIMEOUT;
	return session_input();
}

static struct session_next close_now(struct imapd *s)
{
	log_debug(&s->base.log, "connection ends", F_U64("commands", s->commands));
	return session_close();
}

/* As far as input, the peer's reading, and fairness to others allow. */
static struct session_next go_on(struct imapd *s)
{
	for (;;) {
		if (s->closing) {
			/* LOGOUT: RFC 9051 §6.1.3 wants its OK behind the BYE. */
			if (imapd_has_ended(s))
				command_finish(s);
			return close_now(s);
		}
		if (s->parked) {
			s->parked = false;
			return s->next;
		}
		if (conn_out_full(&s->base.conn))
			return session_drain();
		if (imapd_has_ended(s)) {
			if (tells_changes(s) && !imapd_update(s))
				continue;
			command_finish(s);
			if (s->starttls) {
				s->starttls = false;
				return session_starttls(SESSION_BEHIND_DROP);
			}
			if (s->deflate) {
				s->deflate = false;
				return session_deflate();
			}
		} else if (s->job) {
			s->job(s);
			if (s->job && !s->parked && !conn_out_full(&s->base.conn))
				return session_again();
		} else if (!input(s)) {
			if (conn_at_end(&s->base.conn))
				return close_now(s);
			if (!s->idle)
				return wait_input(s);
			if (imapd_update(s))
				return session_wait_input(0);
		}
	}
}

static void then_run(struct imapd *s)
{
	void (*then)(struct imapd *) = s->then;

	s->then = NULL;
	if (then)
		then(s);
}

static struct session_next imapd_step(struct session *base, enum session_why why)
{
	struct imapd *s = CONTAINER_OF(base, struct imapd, base);

	switch (why) {
	case SESSION_START: first_step(s); break;
	case SESSION_TIMEOUT:
		if (s->then)
			then_run(s);
		else
			imapd_bye(s, STR("UNAVAILABLE"), STR("idle for too long"));
		break;
	case SESSION_SHUTDOWN: imapd_bye(s, STR("UNAVAILABLE"), STR("shutting down")); break;
	case SESSION_DELAYED:
	case SESSION_WOKEN: then_run(s); break;
	case SESSION_TLS:
	case SESSION_INPUT:
	case SESSION_DRAINED:
	case SESSION_AGAIN:
	case SESSION_DEFLATE: break;
	}
	return go_on(s);
}

static void imapd_free(struct session *base)
{
	struct imapd *s = CONTAINER_OF(base, struct imapd, base);

	if (s->job_free)
		s->job_free(s);
	if (s->call)
		question_leave(&s->call->question);
	imapd_user_free(s);
	sasl_server_fini(&s->sasl);
	imap_reader_fini(&s->reader);
	buf_fini(&s->ended);
	arena_fini(&s->mem);
}

const struct session_ops imapd_ops = {
	.name = "imap",
	.size = sizeof(struct imapd),
	.refusal = {"* BYE [UNAVAILABLE] too many connections, try again later\r\n",
		    sizeof("* BYE [UNAVAILABLE] too many connections, try again later\r\n") - 1},
	.step = imapd_step,
	.free = imapd_free,
};
