#include "smtp/client.h"

#include "base/base64.h"
#include "base/log.h"
#include "base/secret.h"
#include <assert.h>

enum phase {
	GREETING,
	EHLO,
	HELO,
	STARTTLS,
	HANDSHAKE,
	AUTH,
	READY,
	RSET,
	ENVELOPE, /* replies to MAIL, RCPT and DATA */
	BODY,     /* writing the message */
	ACCEPTED, /* the reply to it */
	QUIT,
	OVER,
};

enum {
	RESULTS_MAX = 4 << 20,
	PIECE = 16 * 1024, /* of the message, read at a time */
};

void smtp_client_init(struct smtp_client *c, const struct smtp_client_opts *opts, struct conn *conn)
{
	*c = (struct smtp_client){.opts = *opts, .conn = conn, .phase = GREETING};
	smtp_response_init(&c->response);
	arena_init(&c->mem, RESULTS_MAX);
	buf_init(&c->auth_mechs, 1024);
}

void smtp_client_fini(struct smtp_client *c)
{
	smtp_response_fini(&c->response);
	arena_fini(&c->mem);
	buf_fini(&c->auth_mechs);
}

/* Saying. */

static void trace(struct smtp_client *c, const char *who, struct str line)
{
	if (c->opts.log && log_enabled(c->opts.log, LOG_TRACE))
		log_trace(c->opts.log, "smtp client", F_Z("who", who), F_STR("line", line));
}

static void say(struct smtp_client *c, struct str line)
{
	trace(c, "LC", line);
	buf_strs(conn_out(c->conn), line, STR("\r\n"));
}

/* Failing. */

static enum smtp_client_verdict fail(struct smtp_client *c, const char *at, bool temporary,
				     struct str text)
{
	c->phase = OVER;
	c->failed_at = at;
	c->failure = (struct smtp_client_result){.temporary = temporary, .text = text};
	return SMTP_CLIENT_FAILED;
}

static struct smtp_client_result result_of(struct smtp_client *c)
{
	const struct smtp_response *r = &c->response;

	return (struct smtp_client_result){.code = r->code,
					   .enhanced = arena_dup(&c->mem, r->enhanced),
					   .text = arena_dup(&c->mem, buf_str(&r->text)),
					   .temporary = smtp_response_class(r) == 3 ||
							smtp_response_class(r) == 4,
					   .ok = smtp_response_class(r) == 2};
}

static enum smtp_client_verdict fail_response(struct smtp_client *c, const char *at)
{
	c->phase = OVER;
	c->failed_at = at;
	c->failure = result_of(c);
	/* A reply that makes no sense here may be another one next time. */
	c->failure.temporary |= c->failure.ok || smtp_response_class(&c->response) == 3;
	c->failure.ok = false;
	return SMTP_CLIENT_FAILED;
}

/* Setting up. */

static enum smtp_client_verdict hello(struct smtp_client *c, enum phase phase)
{
	BUF_AUTO line = BUF_INIT(512);

	buf_strs(&line, phase == EHLO ? STR("EHLO ") : STR("HELO "), c->opts.hello);
	say(c, buf_str(&line));
	c->phase = phase;
	return SMTP_CLIENT_INPUT;
}

static enum smtp_client_verdict on_greeting(struct smtp_client *c)
{
	return c->response.code == 220 ? hello(c, EHLO) : fail_response(c, "greeting");
}

static bool logs_in(const struct smtp_client *c)
{
	return c->opts.username.n > 0;
}

/* RFC 4616. The password is not logged; our copy is wiped (its buffer never moves). */
static void auth_plain(struct smtp_client *c)
{
	BUF_AUTO message = BUF_INIT(4096);
	struct buf *out = conn_out(c->conn);

	if (buf_reserve(&message, 2 + c->opts.username.n + c->opts.password.n))
		buf_strs(&message, STR("\0"), c->opts.username, STR("\0"), c->opts.password);
	buf_str_add(out, STR("AUTH PLAIN "));
	buf_base64(out, buf_str(&message));
	buf_str_add(out, STR("\r\n"));
	if (message.p)
		secret_wipe(message.p, message.n);
	trace(c, "LC", STR("AUTH PLAIN ***"));
}

static enum smtp_client_verdict login_or_ready(struct smtp_client *c)
{
	if (!logs_in(c)) {
		c->phase = READY;
		return SMTP_CLIENT_READY;
	}
	if (!c->conn->tls && !c->opts.plain_auth)
		return fail(c, "AUTH", true, STR("no TLS, the password is not sent"));
	if (!smtp_offer_has_mech(&c->offer, STR("PLAIN")))
		return fail(c, "AUTH", false, STR("server does not offer AUTH PLAIN"));
	auth_plain(c);
	c->phase = AUTH;
	return SMTP_CLIENT_INPUT;
}

static bool wants_starttls(const struct smtp_client *c)
{
	return !c->conn->tls && c->opts.starttls != SMTP_STARTTLS_NEVER;
}

static enum smtp_client_verdict tls_or_login(struct smtp_client *c)
{
	if (wants_starttls(c) && (c->offer.ext & SMTP_EXT_STARTTLS)) {
		say(c, STR("STARTTLS"));
		c->phase = STARTTLS;
		return SMTP_CLIENT_INPUT;
	}
	if (wants_starttls(c) && c->opts.starttls == SMTP_STARTTLS_REQUIRED)
		return fail(c, "STARTTLS", true, STR("server does not offer STARTTLS"));
	return login_or_ready(c);
}

/* The offer outlives the reply it came in. */
static void offer_take(struct smtp_client *c)
{
	c->offer = smtp_offer_of(&c->response);
	buf_clear(&c->auth_mechs);
	buf_str_add(&c->auth_mechs, c->offer.auth);
	c->offer.auth = buf_str(&c->auth_mechs);
}

/* RFC 5321 §3.2: who does not know EHLO is asked with HELO. */
static enum smtp_client_verdict on_ehlo(struct smtp_client *c)
{
	if (c->response.code == 250) {
		offer_take(c);
		return tls_or_login(c);
	}
	if (c->response.code >= 500 && c->response.code <= 504)
		return hello(c, HELO);
	return fail_response(c, "EHLO");
}

static enum smtp_client_verdict on_helo(struct smtp_client *c)
{
	if (c->response.code != 250)
		return fail_response(c, "HELO");
	c->offer = (struct smtp_offer){0};
	return tls_or_login(c);
}

/* What came in plain text behind the reply is not the server's (RFC 3207 §6, CVE-2011-0411). */
static enum smtp_client_verdict on_starttls(struct smtp_client *c)
{
	if (c->response.code != 220)
		return fail_response(c, "STARTTLS");
	if (conn_in(c->conn).n > 0)
		return fail(c, "STARTTLS", true, STR("octets in plain text behind STARTTLS"));
	c->phase = HANDSHAKE;
	return SMTP_CLIENT_STARTTLS;
}

static enum smtp_client_verdict on_auth(struct smtp_client *c)
{
	if (c->response.code != 235)
		return fail_response(c, "AUTH");
	c->phase = READY;
	return SMTP_CLIENT_READY;
}

/* A transaction. Command 0 is MAIL, 1 to n are RCPT, n + 1 is DATA. */

static unsigned data_index(const struct smtp_client *c)
{
	return c->message.to_n + 1;
}

static void say_mail(struct smtp_client *c)
{
	const struct smtp_client_message *m = &c->message;
	BUF_AUTO line = BUF_INIT(1024);

	buf_str_add(&line, STR("MAIL FROM:"));
	buf_smtp_path(&line, &m->from);
	if (c->offer.ext & SMTP_EXT_SIZE)
		buf_printf(&line, " SIZE=%llu", (unsigned long long)m->size);
	if (m->eight_bit && (c->offer.ext & SMTP_EXT_8BITMIME))
		buf_str_add(&line, STR(" BODY=8BITMIME"));
	if (m->smtputf8)
		buf_str_add(&line, STR(" SMTPUTF8"));
	if (m->requiretls)
		buf_str_add(&line, STR(" REQUIRETLS"));
	say(c, buf_str(&line));
}

static void say_rcpt(struct smtp_client *c, const struct smtp_path *to)
{
	BUF_AUTO line = BUF_INIT(1024);

	buf_str_add(&line, STR("RCPT TO:"));
	buf_smtp_path(&line, to);
	say(c, buf_str(&line));
}

static void say_command(struct smtp_client *c, unsigned i)
{
	if (i == 0)
		say_mail(c);
	else if (i < data_index(c))
		say_rcpt(c, &c->message.to[i - 1]);
	else
		say(c, STR("DATA"));
}

/* RFC 2920: all at once, where the server can read it so. */
static void ask(struct smtp_client *c)
{
	unsigned to = c->offer.ext & SMTP_EXT_PIPELINING ? data_index(c) + 1 : c->asked + 1;

	while (c->asked < to)
		say_command(c, c->asked++);
}

static enum smtp_client_verdict results_all(struct smtp_client *c, struct smtp_client_result r)
{
	for (unsigned i = 0; i < c->message.to_n; i++)
		if (c->results[i].ok || c->results[i].code == 0)
			c->results[i] = r;
	c->phase = READY;
	return SMTP_CLIENT_SENT;
}

static enum smtp_client_verdict begin(struct smtp_client *c)
{
	c->transaction = true;
	c->phase = ENVELOPE;
	ask(c);
	return SMTP_CLIENT_INPUT;
}

static enum smtp_client_verdict on_rset(struct smtp_client *c)
{
	return c->response.code == 250 ? begin(c) : fail_response(c, "RSET");
}

/* What this server can't take, known without asking. */
static bool refused_here(const struct smtp_client *c, const struct smtp_client_message *m,
			 struct smtp_client_result *ret)
{
	uint64_t max = c->offer.size_max;

	/* RFC 1870 §4: SIZE 0 says nothing. */
	if ((c->offer.ext & SMTP_EXT_SIZE) && max > 0 && m->size > max)
		*ret = (struct smtp_client_result){.enhanced = STR("5.3.4"),
						   .text = STR("message too large for server")};
	else if (m->smtputf8 && !(c->offer.ext & SMTP_EXT_SMTPUTF8))
		*ret = (struct smtp_client_result){.enhanced = STR("5.6.7"),
						   .text = STR("server does not offer SMTPUTF8")};
	/* RFC 8689 §4.2.1 */
	else if (m->requiretls && (!c->conn->tls || !(c->offer.ext & SMTP_EXT_REQUIRETLS)))
		*ret = (struct smtp_client_result){.enhanced = STR("5.7.30"),
						   .text = STR("server does not offer REQUIRETLS")};
	else
		return false;
	return true;
}

static enum smtp_client_verdict transaction_begin(struct smtp_client *c,
						  const struct smtp_client_message *m)
{
	struct smtp_client_result refusal;

	assert(c->phase == READY && m->to_n > 0);
	arena_reset(&c->mem);
	c->message = *m;
	c->stuff = (struct smtp_stuff){0};
	c->sent = 0;
	c->asked = c->heard = c->accepted = 0;
	c->sending = true;
	c->results = ARENA_NEW_N(&c->mem, struct smtp_client_result, m->to_n);
	if (!c->results)
		return fail(c, "MAIL", true, STR("no memory for results"));
	if (refused_here(c, m, &refusal))
		return results_all(c, refusal);
	if (!c->transaction)
		return begin(c);
	say(c, STR("RSET"));
	c->phase = RSET;
	return SMTP_CLIENT_INPUT;
}

static struct err body_piece(struct smtp_client *c)
{
	char piece[PIECE / 2];
	uint64_t left = c->message.size - c->sent;
	size_t n = left < sizeof(piece) ? left : sizeof(piece);

	TRY(c->message.read(c->message.arg, c->sent, piece, n));
	smtp_stuff_add(&c->stuff, str_of(piece, n), conn_out(c->conn));
	c->sent += n;
	return ERR_OK;
}

/* A failed read must not look like the message's end. */
static enum smtp_client_verdict body(struct smtp_client *c)
{
	while (c->sent < c->message.size) {
		if (conn_out_full(c->conn))
			return SMTP_CLIENT_DRAIN;
		if (err_failed(body_piece(c)))
			return fail(c, "DATA", true, STR("cannot read the message"));
	}
	smtp_stuff_end(&c->stuff, conn_out(c->conn));
	c->phase = ACCEPTED;
	return SMTP_CLIENT_INPUT;
}

/* DATA was answered by 354. RFC 2920 §3.1: if no recipient was accepted an empty message ends
 * what was begun. */
static enum smtp_client_verdict body_begin(struct smtp_client *c)
{
	trace(c, "LC", STR("(message)"));
	if (c->accepted == 0)
		c->sent = c->message.size;
	c->phase = BODY;
	return body(c);
}

static enum smtp_client_verdict on_data(struct smtp_client *c)
{
	if (c->response.code == 354)
		return body_begin(c);
	return results_all(c, result_of(c));
}

/* MAIL was refused: so is everybody, whatever is said to the RCPTs that were sent along. */
static void on_mail(struct smtp_client *c)
{
	struct smtp_client_result r = result_of(c);

	if (r.ok)
		return;
	for (unsigned i = 0; i < c->message.to_n; i++)
		c->results[i] = r;
}

static void on_rcpt(struct smtp_client *c, struct smtp_client_result *ret)
{
	/* RFC 5321 §4.5.3.1.10: too many recipients is said with 552 by some, and means 452. */
	bool mail_refused = ret->code != 0;

	if (mail_refused)
		return;
	*ret = result_of(c);
	ret->temporary |= ret->code == 552;
	c->accepted += ret->ok;
}

static enum smtp_client_verdict on_envelope(struct smtp_client *c)
{
	unsigned i = c->heard++;

	if (i == data_index(c))
		return on_data(c);
	if (i == 0)
		on_mail(c);
	else
		on_rcpt(c, &c->results[i - 1]);
	/* Without pipelining there is no need to go on with what has failed. */
	if (c->asked == c->heard) {
		bool mail_refused = i == 0 && c->results[0].code != 0;

		if (mail_refused || (c->heard == data_index(c) && c->accepted == 0)) {
			c->phase = READY;
			return SMTP_CLIENT_SENT;
		}
		ask(c);
	}
	return SMTP_CLIENT_INPUT;
}

/* The one reply for all who were accepted; RFC 5321 §4.2.5: 2xx means that the server has the
 * message. */
static enum smtp_client_verdict on_accepted(struct smtp_client *c)
{
	struct smtp_client_result r = result_of(c);

	for (unsigned i = 0; i < c->message.to_n; i++)
		if (c->results[i].ok)
			c->results[i] = r;
	c->transaction = false;
	c->phase = READY;
	return SMTP_CLIENT_SENT;
}

static enum smtp_client_verdict on_quit(struct smtp_client *c)
{
	c->phase = OVER;
	return SMTP_CLIENT_BYE;
}

enum smtp_client_verdict smtp_client_quit(struct smtp_client *c)
{
	assert(c->phase == READY);
	say(c, STR("QUIT"));
	c->phase = QUIT;
	return SMTP_CLIENT_INPUT;
}

static enum smtp_client_verdict (*const handlers[])(struct smtp_client *c) = {
	[GREETING] = on_greeting, [EHLO] = on_ehlo,         [HELO] = on_helo,
	[STARTTLS] = on_starttls, [AUTH] = on_auth,         [RSET] = on_rset,
	[ENVELOPE] = on_envelope, [ACCEPTED] = on_accepted, [QUIT] = on_quit,
};

static const char *const phase_names[] = {
	[GREETING] = "greeting", [EHLO] = "EHLO",     [HELO] = "HELO",
	[STARTTLS] = "STARTTLS", [AUTH] = "AUTH",     [RSET] = "RSET",
	[ENVELOPE] = "envelope", [ACCEPTED] = "DATA", [QUIT] = "QUIT",
};

static void trace_response(struct smtp_client *c)
{
	struct str rest = buf_str(&c->response.text), line;

	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		trace(c, "RC", line);
	}
}

/* A server may say 421 at any time, as a reply to whatever was asked (RFC 5321 §3.8). */
static enum smtp_client_verdict replied(struct smtp_client *c)
{
	trace_response(c);
	if (c->response.code == 421 && c->phase != QUIT)
		return fail_response(c, phase_names[c->phase]);
	enum smtp_client_verdict v = handlers[c->phase](c);

	if (arena_failed(&c->mem))
		return fail(c, "RCPT", true, STR("no memory for results"));
	return v;
}

static enum smtp_client_verdict response_input(struct smtp_client *c)
{
	struct str in = conn_in(c->conn), rest = in;
	enum smtp_response_verdict v = smtp_response_read(&c->response, &rest);

	conn_take(c->conn, in.n - rest.n);
	if (v == SMTP_RESPONSE_DONE)
		return replied(c);
	if (v == SMTP_RESPONSE_BAD)
		return fail(c, phase_names[c->phase], true, STR("not an SMTP reply"));
	if (c->conn->eof && c->phase == QUIT)
		return on_quit(c);
	if (c->conn->eof)
		return fail(c, phase_names[c->phase], true, STR("server closed the connection"));
	return SMTP_CLIENT_INPUT;
}

static enum smtp_client_verdict step(struct smtp_client *c)
{
	enum smtp_client_verdict v;
	size_t before;

	if (c->phase == READY)
		return SMTP_CLIENT_READY;
	if (c->phase == OVER)
		return SMTP_CLIENT_FAILED;
	if (c->phase == HANDSHAKE) {
		assert(c->conn->tls);
		return hello(c, EHLO);
	}
	if (c->phase == BODY && (c->conn->eof || c->conn->failed))
		return fail(c, "DATA", true, STR("server closed the connection"));
	if (c->phase == BODY)
		return body(c);
	do {
		before = conn_in(c->conn).n;
		v = response_input(c);
	} while (v == SMTP_CLIENT_INPUT && (conn_in(c->conn).n < before || c->conn->eof));
	return v;
}

/* Who was accepted by RCPT has not got the message before its end was answered. */
static enum smtp_client_verdict settle(struct smtp_client *c, enum smtp_client_verdict v)
{
	if (v == SMTP_CLIENT_FAILED && c->sending)
		for (unsigned i = 0; i < c->message.to_n; i++)
			if (c->results && (c->results[i].ok || c->results[i].code == 0))
				c->results[i] = c->failure;
	if (v == SMTP_CLIENT_FAILED || v == SMTP_CLIENT_SENT)
		c->sending = false;
	return v;
}

enum smtp_client_verdict smtp_client_step(struct smtp_client *c)
{
	return settle(c, step(c));
}

enum smtp_client_verdict smtp_client_send(struct smtp_client *c,
					  const struct smtp_client_message *m)
{
	return settle(c, transaction_begin(c, m));
}
