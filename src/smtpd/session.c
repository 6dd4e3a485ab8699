#include "smtpd/session.h"
#include "smtpd/count.h"

#include <assert.h>
#include <stdlib.h>

static const struct smtpd_command *const commands[] = {
	&smtpd_cmd_helo, &smtpd_cmd_ehlo, &smtpd_cmd_mail, &smtpd_cmd_rcpt,     &smtpd_cmd_data,
	&smtpd_cmd_bdat, &smtpd_cmd_rset, &smtpd_cmd_noop, &smtpd_cmd_quit,     &smtpd_cmd_vrfy,
	&smtpd_cmd_expn, &smtpd_cmd_help, &smtpd_cmd_auth, &smtpd_cmd_starttls,
};

/* Answers. */

void smtpd_reply(struct smtpd *s, const struct smtp_reply *r)
{
	struct buf *out = conn_out(&s->base.conn);
	struct smtp_reply said = *r;
	size_t from = out->n;

	if (smtp_reply_is_error(r))
		said.id = s->id;
	smtpd_count_reply(s, r->code, r->enhanced);
	smtp_reply_write(out, &said, s->t.smtputf8);
	smtpd_trace_out(s, from);
}

void smtpd_reply_code(struct smtpd *s, enum smtp_reply_code code)
{
	struct smtp_reply r = smtp_reply_of(code);

	smtpd_reply(s, &r);
}

void smtpd_reply_err(struct smtpd *s, enum err_code code)
{
	struct smtp_reply r = smtp_reply_of_err(code);

	smtpd_reply(s, &r);
}

void smtpd_reply_close(struct smtpd *s, enum smtp_reply_code code)
{
	smtpd_reply_code(s, code);
	smtpd_park(s, session_close());
}

/* Waiting. */

void smtpd_park(struct smtpd *s, struct session_next next)
{
	s->parked = true;
	s->next = next;
}

void smtpd_park_delay(struct smtpd *s, int64_t ns, void (*then)(struct smtpd *s))
{
	s->then = then;
	smtpd_park(s, session_delay(clock_mono(s->base.clock) + ns));
}

static void call_fini(struct question *q)
{
	free(CONTAINER_OF(q, struct smtpd_call, question)->answer.results);
}

struct smtpd_call *smtpd_park_call(struct smtpd *s, int64_t ns, void (*then)(struct smtpd *s))
{
	s->call = question_new(&s->base, sizeof(*s->call), call_fini);
	if (!s->call)
		return NULL;
	s->then = then;
	smtpd_park(s, session_wait(clock_mono(s->base.clock) + ns));
	return s->call;
}

void smtpd_call_end(struct smtpd *s)
{
	if (s->call)
		question_leave(&s->call->question);
	s->call = NULL;
}

/* State. */

bool smtpd_is_authenticated(const struct smtpd *s)
{
	return s->peer.account.n > 0;
}

void smtpd_transaction_reset(struct smtpd *s)
{
	spool_fini(&s->t.spool);
	smtpd_dns_reset(&s->dns);
	arena_reset(&s->t.mem);
	s->t = (struct smtpd_transaction){.mem = s->t.mem};
	if (s->state != SMTPD_NEW)
		s->state = SMTPD_HELLO;
}

void smtpd_forget_peer(struct smtpd *s)
{
	s->state = SMTPD_NEW;
	smtpd_transaction_reset(s);
	arena_reset(&s->hello_mem);
	s->peer.hello = (struct smtp_host){0};
	s->peer.hello_text = STR("");
	s->peer.ehlo = false;
	s->peer.tls = s->base.conn.tls;
}

/* Lines. */

bool smtpd_line(struct smtpd *s, size_t max, struct str *ret_line)
{
	struct str in = conn_in(&s->base.conn);
	ssize_t lf = str_chr(str_sub(in, 0, max), '\n');

	if (lf < 0 && in.n >= max) {
		smtpd_reply_close(s, SMTP_REPLY_LINE_TOO_LONG);
		return false;
	}
	if (lf < 0)
		return false;
	/* RFC 5321 §2.3.8: only CRLF ends a line. */
	if (lf == 0 || in.p[lf - 1] != '\r') {
		smtpd_reply_close(s, SMTP_REPLY_LINE_END);
		return false;
	}
	*ret_line = str_sub(in, 0, (size_t)lf - 1);
	return true;
}

static const struct smtpd_command *command_of(enum smtp_verb verb)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (commands[i]->verb == verb)
			return commands[i];
	return NULL;
}

static unsigned mail_params(const struct smtpd *s)
{
	unsigned p = SMTP_PARAM_SIZE | SMTP_PARAM_BODY | SMTP_PARAM_AUTH | SMTP_PARAM_SMTPUTF8;

	return s->settings->requiretls ? p | SMTP_PARAM_REQUIRETLS : p;
}

/* An HTTP request, a TLS handshake in plain text, a worm: not worth a conversation, nor a line each
 * in the log. */
static void unknown_command(struct smtpd *s)
{
	if (s->commands == 1)
		smtpd_reply_close(s, SMTP_REPLY_FIRST_UNKNOWN);
	else
		smtpd_reply_code(s, SMTP_REPLY_COMMAND_UNKNOWN);
}

/* What follows a BDAT that can't be read is the client's message, not commands. */
static void bad_syntax(struct smtpd *s, const struct smtp_cmd *cmd, struct err e)
{
	struct smtp_reply r = smtp_reply_of_err(err_code(e));

	r.detail = err_text(e);
	smtpd_reply(s, &r);
	if (cmd->verb == SMTP_BDAT)
		smtpd_park(s, session_close());
}

static struct smtp_reply out_of_sequence(const struct smtpd *s)
{
	return smtp_reply_of(s->state == SMTPD_NEW ? SMTP_REPLY_NEED_HELLO : SMTP_REPLY_SEQUENCE);
}

static void run_command(struct smtpd *s, const struct smtp_cmd *cmd)
{
	const struct smtpd_command *c = command_of(cmd->verb);
	struct smtp_reply refusal = SMTPD_ALLOWED;

	assert(c); /* every verb of the parser has its row */
	if (!(c->states & s->state))
		refusal = out_of_sequence(s);
	else if (c->check)
		refusal = c->check(s, cmd);
	/* BDAT has octets behind it whatever we think of it. */
	if (refusal.code && cmd->verb == SMTP_BDAT)
		smtpd_chunk_refuse(s, cmd, &refusal);
	else if (refusal.code)
		smtpd_reply(s, &refusal);
	else
		c->run(s, cmd);
}

enum { SCRATCH_MAX = 16 * 1024 };

static bool command_input(struct smtpd *s)
{
	struct smtp_syntax rules = {.submission = s->settings->submission,
				    .pedantic = s->settings->pedantic,
				    .utf8 = s->t.smtputf8,
				    .params = mail_params(s)};
	struct smtp_cmd cmd;
	struct arena scratch;
	struct str line;

	if (!smtpd_line(s, LIMIT_SMTP_LINE, &line))
		return s->parked;
	arena_init(&scratch, SCRATCH_MAX);
	struct err e = smtp_cmd_parse(line, &rules, &scratch, &cmd);

	smtpd_trace_in(s, line, cmd.verb == SMTP_AUTH ? LOG_TRACEAUTH : LOG_TRACE);
	s->commands++;
	s->verb = cmd.verb;
	s->command_at = clock_mono(s->base.clock);
	if (err_failed(e))
		bad_syntax(s, &cmd, e);
	else if (cmd.verb == SMTP_UNKNOWN)
		unknown_command(s);
	else
		run_command(s, &cmd);
	/* Only now: the command's values borrow from the line. */
	conn_take(&s->base.conn, line.n + 2);
	arena_fini(&scratch);
	return true;
}

static bool (*const inputs[])(struct smtpd *s) = {
	[SMTPD_COMMANDS] = command_input,
	[SMTPD_AUTH_RESPONSE] = smtpd_auth_input,
	[SMTPD_DATA_OCTETS] = smtpd_data_input,
	[SMTPD_CHUNK_OCTETS] = smtpd_chunk_input,
};

/* Steps. */

static void greet(struct smtpd *s)
{
	struct buf *out = conn_out(&s->base.conn);
	size_t from = out->n;

	buf_strs(out, STR("220 "), s->settings->hostname, STR(" ESMTP mox\r\n"));
	smtpd_trace_out(s, from);
}

static void begin(struct smtpd *s)
{
	s->service = CONTAINER_OF(s->base.service, const struct smtpd_service, base);
	s->settings = &s->service->settings;
	s->env = s->service->env;
	s->id = receivedid_encode(s->env->id, s->base.cid, s->id_text);
	s->config = s->env->config_ref ? s->env->config_ref(s->env->arg) : NULL;
	arena_init(&s->hello_mem, 4096);
	arena_init(&s->login_mem, 4096);
	arena_init(&s->t.mem, 2 << 20);
	smtpd_dns_init(&s->dns);
	s->peer.remote = s->base.conn.peer;
	s->peer.local = s->base.conn.local;
	smtpd_forget_peer(s);
	smtpd_count_connection(s);
	greet(s);
}

static void go_on(struct smtpd *s)
{
	void (*then)(struct smtpd *) = s->then;

	s->then = NULL;
	if (then)
		then(s);
}

/* Who asked and got no answer in time goes on with TIMEOUT as the answer. */
static void timed_out(struct smtpd *s)
{
	if (smtpd_dns_waits(&s->dns)) {
		smtpd_dns_timed_out(s);
	} else if (s->call) {
		if (!question_is_answered(&s->call->question)) {
			smtpd_call_end(s);
			log_error(&s->base.log, "no answer from another role in time");
		}
		go_on(s);
	} else if (s->t.until && clock_mono(s->base.clock) >= s->t.until) {
		smtpd_reply_close(s, SMTP_REPLY_DATA_TIMEOUT);
	} else {
		smtpd_reply_close(s, SMTP_REPLY_IDLE);
	}
}

/* A delivery that is under way is waited for: its result must reach the client. */
static void woken(struct smtpd *s)
{
	if (smtpd_dns_waits(&s->dns))
		smtpd_dns_woken(s);
	else if (s->call && !question_is_answered(&s->call->question))
		smtpd_park(s, s->next);
	else
		go_on(s);
}

/* What was delayed is said now: it may be that a message was delivered. One that is still being
 * checked was not. */
static void shut_down(struct smtpd *s)
{
	if (s->call)
		woken(s);
	else if (s->then)
		go_on(s);
	else
		smtpd_reply_close(s, SMTP_REPLY_SHUTDOWN);
}

static void occasion(struct smtpd *s, enum session_why why)
{
	switch (why) {
	case SESSION_START: begin(s); break;
	case SESSION_TIMEOUT: timed_out(s); break;
	case SESSION_DELAYED: go_on(s); break;
	case SESSION_WOKEN: woken(s); break;
	case SESSION_TLS: smtpd_forget_peer(s); break;
	case SESSION_SHUTDOWN: shut_down(s); break;
	case SESSION_INPUT:
	case SESSION_DRAINED:
	case SESSION_AGAIN:
	case SESSION_DEFLATE: break;
	}
}

/* The client has gone, or has said part of something. A message has a deadline of its own besides
 * that of each read. */
static struct session_next wait_for_input(struct smtpd *s)
{
	int64_t until = clock_mono(s->base.clock) + s->base.read_timeout;

	if (s->base.conn.eof)
		return session_close();
	return session_input_until(s->t.until && s->t.until < until ? s->t.until : until);
}

static struct session_next step(struct session *base, enum session_why why)
{
	struct smtpd *s = CONTAINER_OF(base, struct smtpd, base);

	s->parked = false;
	occasion(s, why);
	while (!s->parked) {
		if (s->base.stopping)
			shut_down(s);
		else if (conn_out_full(&s->base.conn))
			smtpd_park(s, session_drain());
		else if (!inputs[s->mode](s))
			smtpd_park(s, wait_for_input(s));
	}
	return s->next;
}

static void session_free(struct session *base)
{
	struct smtpd *s = CONTAINER_OF(base, struct smtpd, base);

	smtpd_call_end(s);
	sasl_server_fini(&s->sasl);
	spool_fini(&s->t.spool);
	smtpd_dns_fini(&s->dns);
	arena_fini(&s->t.mem);
	arena_fini(&s->hello_mem);
	arena_fini(&s->login_mem);
	if (s->config && s->env->config_unref)
		s->env->config_unref(s->env->arg, s->config);
}

/* AUTH lines are the longest that must fit; a refusal is the same for both. */
const struct session_ops smtpd_ops = {
	.name = "smtp",
	.size = sizeof(struct smtpd),
	.refusal = STR_INIT("421 4.7.0 too many connections, try again later\r\n"),
	.step = step,
	.free = session_free,
};

const struct session_ops smtpd_submission_ops = {
	.name = "submission",
	.size = sizeof(struct smtpd),
	.refusal = STR_INIT("421 4.7.0 too many connections, try again later\r\n"),
	.step = step,
	.free = session_free,
};
