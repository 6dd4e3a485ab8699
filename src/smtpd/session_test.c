#include "base/test.h"

#include "smtpd/fake.h"
#include "smtpd/session.h"

/* Dialogues are scripts:
 *	C: a line of the client's, CRLF is added
 *	S: a line of the server's; (ID) stands for the opaque id
 *	A: what is deferred is answered
 *	T: the deadline passes
 *	D: a line of what was delivered since the last D, without prefix and message
 *	closed, open: whether the connection is
 * Client lines that follow each other are sent in one piece. */

struct script {
	struct fake *f;
	struct str rest;
	struct buf want, got;
	size_t seen; /* of f->delivered */
};

static struct str opaque_id(struct fake *f)
{
	return CONTAINER_OF(session_mem_session(f->m), struct smtpd, base)->id;
}

/* Adds out with (ID) for the opaque id, LF for CRLF. */
static void add_out(struct fake *f, struct buf *b, struct str out)
{
	struct str id = opaque_id(f);

	for (size_t i = 0; i < out.n; i++) {
		if (id.n && str_starts(str_from(out, i), id)) {
			buf_str_add(b, STR("ID"));
			i += id.n - 1;
		} else if (out.p[i] != '\r') {
			buf_char(b, out.p[i]);
		}
	}
}

static struct str next_delivered(struct script *sc)
{
	struct str line, rest;

	str_cut(str_from(buf_str(&sc->f->delivered), sc->seen), '\n', &line, &rest);
	sc->seen = sc->f->delivered.n;
	return line;
}

static bool peek(const struct script *sc, const char *kind)
{
	return str_starts(sc->rest, str_z(kind));
}

static void client_lines(struct script *sc)
{
	struct str line;
	BUF_AUTO in = BUF_INIT(1 << 20);

	while (peek(sc, "C:")) {
		str_cut(sc->rest, '\n', &line, &sc->rest);
		buf_strs(&in, str_from(line, line.n > 2 ? 3 : 2), STR("\r\n"));
	}
	add_out(sc->f, &sc->got, fake_say(sc->f, buf_str(&in)));
}

static void directive(struct script *sc)
{
	struct str line;

	str_cut(sc->rest, '\n', &line, &sc->rest);
	if (str_starts(line, STR("S: ")))
		buf_strs(&sc->want, str_from(line, 3), STR("\n"));
	else if (str_eq(line, STR("A:")))
		fake_answer(sc->f);
	else if (str_eq(line, STR("T:")))
		session_mem_timeout(sc->f->m);
	else if (str_starts(line, STR("D: ")))
		assert_str("delivered", next_delivered(sc), str_from(line, 3));
	else if (str_eq(line, STR("closed")) || str_eq(line, STR("open")))
		assert_int_equal(session_mem_closed(sc->f->m), line.p[0] == 'c');
	else
		fail_msg("script: %.*s", STR_ARG(line));
	add_out(sc->f, &sc->got, session_mem_out(sc->f->m));
}

static void run(struct fake *f, const char *script)
{
	struct script sc = {
		.f = f, .rest = str_z(script), .want = BUF_INIT(1 << 20), .got = BUF_INIT(1 << 20)};

	while (sc.rest.n) {
		if (peek(&sc, "C:"))
			client_lines(&sc);
		else
			directive(&sc);
	}
	assert_str("dialogue", buf_str(&sc.got), buf_str(&sc.want));
	buf_fini(&sc.want);
	buf_fini(&sc.got);
}

/* The same dialogue whatever the pieces are in which it arrives. */
static void dialogue(void (*init)(struct fake *f), const char *script)
{
	static const size_t chunks[] = {0, 1, 3};

	for (size_t i = 0; i < ARRAY_LEN(chunks); i++) {
		struct fake f;

		init(&f);
		fake_open(&f, chunks[i]);
		run(&f, script);
		fake_fini(&f);
	}
}

#define GREETING "S: 220 mx.mox.example ESMTP mox\n"
#define EHLO                           \
	GREETING                       \
	"C: EHLO a.example\n"          \
	"S: 250-mx.mox.example\n"      \
	"S: 250-PIPELINING\n"          \
	"S: 250-SIZE 1000000\n"        \
	"S: 250-ENHANCEDSTATUSCODES\n" \
	"S: 250-8BITMIME\n"            \
	"S: 250-CHUNKING\n"            \
	"S: 250-LIMITS RCPTMAX=1000\n" \
	"S: 250 SMTPUTF8\n"
#define MAIL    "C: MAIL FROM:<x@y.example>\nS: 250 2.1.0 looking good\n"
#define RCPT    "C: RCPT TO:<alice@mox.example>\nS: 250 2.1.5 now on the list\n"
#define DATA    "C: DATA\nS: 354 go ahead, end with <CRLF>.<CRLF>\n"
#define MESSAGE "C: Subject: x\nC: \nC: body\nC: .\n"
#define DONE    "S: 250 2.6.0 it is done\n"
#define HELLO   "C: HELO a.example\nS: 250 mx.mox.example\n"

/* How long the session has delayed; a delay begins a moment after it is computed. */
static int64_t delayed_s(struct fake *f)
{
	return (session_mem_delayed(f->m) + NS_PER_S - 1) / NS_PER_S;
}

static void init_tls(struct fake *f)
{
	fake_init(f);
	f->service.base.tls = (struct tls_server *)f;
	f->service.settings.requiretls = true;
}

static void init_tls_required(struct fake *f)
{
	init_tls(f);
	f->service.settings.require_tls = true;
}

static void init_submission_tls(struct fake *f)
{
	fake_init_submission(f);
	f->service.base.tls = (struct tls_server *)f;
	f->service.settings.require_tls = true;
}

static void init_localserve(struct fake *f)
{
	fake_init(f);
	f->service.settings.localserve = true;
	f->service.settings.pedantic = true;
}

static void init_defer(struct fake *f)
{
	fake_init(f);
	f->defer = true;
}

static void init_second_fails(struct fake *f)
{
	fake_init(f);
	f->results[1] = ERR_OVER_QUOTA;
}

static void init_second_bounces(struct fake *f)
{
	init_second_fails(f);
	f->service.settings.bounces = true;
}

static void init_both_fail(struct fake *f)
{
	fake_init(f);
	f->results[0] = ERR_NOT_ALLOWED;
	f->results[1] = ERR_OVER_QUOTA;
}

static void a_message_is_delivered(void **state)
{
	(void)state;
	dialogue(fake_init, EHLO MAIL RCPT
		 "C: RCPT TO:<Postmaster>\nS: 250 2.1.5 now on the list\n" DATA MESSAGE DONE
		 "D: from=<x@y.example> to=<alice@mox.example>(alice) to=<Postmaster>(alice) "
		 "size=20 lines=3\n"
		 "C: QUIT\nS: 221 2.0.0 okay thanks bye\nclosed\n");
	dialogue(fake_init, GREETING HELLO MAIL RCPT DATA MESSAGE DONE
		 "D: from=<x@y.example> to=<alice@mox.example>(alice) size=20 lines=3\n" MAIL RCPT
			 DATA MESSAGE DONE "open\n");
}

/* RFC 2920: a whole transaction in one piece. */
static void pipelining(void **state)
{
	(void)state;
	dialogue(fake_init,
		 EHLO "C: MAIL FROM:<> SIZE=10 BODY=8BITMIME SMTPUTF8\n"
		      "C: RCPT TO:<b\xc3\xb6@mox.example>\n"
		      "C: RCPT TO:<alice@mox.example>\n"
		      "C: DATA\n"
		      "S: 250 2.1.0 looking good\n"
		      "S: 250 2.1.5 now on the list\n"
		      "S: 452 4.5.3 one recipient at a time for the null reverse-path (ID)\n"
		      "S: 354 go ahead, end with <CRLF>.<CRLF>\n"
		      "C: .\n"
		      "C: RSET\n"
		      "C: NOOP\n"
		      "S: 550 5.1.1 no such user (ID)\n"
		      "S: 250 2.0.0 ok\n"
		      "S: 250 2.0.0 ok\n");
}

static void order_of_commands(void **state)
{
	(void)state;
	dialogue(fake_init, GREETING
		 "C: MAIL FROM:<a@b.example>\n"
		 "S: 503 5.5.1 say EHLO or HELO first (ID)\n" HELLO
		 "C: RCPT TO:<alice@mox.example>\n"
		 "S: 503 5.5.1 bad sequence of commands (ID)\n"
		 "C: DATA\n"
		 "S: 503 5.5.1 bad sequence of commands (ID)\n" MAIL "C: MAIL FROM:<a@b.example>\n"
		 "S: 503 5.5.1 bad sequence of commands (ID)\n"
		 "C: DATA\n"
		 "S: 554 5.5.1 no valid recipients (ID)\n" RCPT "C: RSET\nS: 250 2.0.0 ok\n"
		 "C: DATA\n"
		 "S: 503 5.5.1 bad sequence of commands (ID)\n" MAIL RCPT HELLO "C: DATA\n"
		 "S: 503 5.5.1 bad sequence of commands (ID)\n"
		 "C: AUTH PLAIN\n"
		 "S: 502 5.5.1 command not offered here (ID)\n"
		 "C: STARTTLS\n"
		 "S: 502 5.5.1 command not offered here (ID)\n");
}

static void small_commands(void **state)
{
	(void)state;
	dialogue(fake_init,
		 GREETING "C: NOOP x\nS: 250 2.0.0 ok\n"
			  "C: VRFY alice\n"
			  "S: 252 2.7.0 cannot verify or expand, will try to deliver\n"
			  "C: EXPN list\n"
			  "S: 252 2.7.0 cannot verify or expand, will try to deliver\n"
			  "C: HELP\nS: 214 2.0.0 see rfc 5321, 8314 and 4954\n"
			  "C: WHAT\nS: 500 5.5.2 unknown command (ID)\n"
			  "C: \nS: 500 5.5.2 unknown command (ID)\n"
			  "C: VRFY\n"
			  "S: 501 5.5.2 syntax error: VRFY: expected space at byte 4 (ID)\n"
			  "open\n");
}

static void first_command_unknown(void **state)
{
	(void)state;
	dialogue(fake_init, GREETING "C: GET / HTTP/1.1\n"
				     "C: Host: mx.mox.example\n"
				     "C: \n"
				     "S: 500 5.5.2 not an smtp command, closing (ID)\n"
				     "closed\n");
}

static void recipients(void **state)
{
	(void)state;
	dialogue(fake_init,
		 EHLO MAIL "C: RCPT TO:<x@elsewhere.example>\n"
			   "S: 550 5.1.1 not accepting mail for that domain (ID)\n"
			   "C: RCPT TO:<x@off.example>\n"
			   "S: 450 4.2.1 domain disabled, try again later (ID)\n"
			   "C: RCPT TO:<alice@[192.0.2.9]>\n"
			   "S: 550 5.1.1 recipient with an ip address is not accepted (ID)\n" RCPT
			   "C: RCPT TO:<nobody@mox.example>\n"
			   "S: 550 5.1.1 no such user (ID)\n"
			   "C: RSET\nS: 250 2.0.0 ok\n"
			   "C: MAIL FROM:<a@[192.0.2.1]>\n"
			   "S: 550 5.7.0 sender with an ip address is not accepted (ID)\n" MAIL
			   "C: RCPT TO:<nobody@mox.example>\n"
			   "S: 250 2.1.5 now on the list\n"
			   "C: RCPT TO:<alice@mox.example>\n"
			   "S: 452 4.5.3 too many recipients (ID)\n" DATA MESSAGE
			   "S: 550 5.1.1 no such user (ID)\n");
}

static void unknown_users_take_time(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, 0);
	run(&f,
	    EHLO MAIL "C: RCPT TO:<nobody@mox.example>\nS: 250 2.1.5 now on the list\n" DATA MESSAGE
		      "S: 550 5.1.1 no such user (ID)\n");
	assert_int_equal(delayed_s(&f), 5);
	assert_int_equal(f.deliveries, 0);
	fake_fini(&f);
}

static void parameters(void **state)
{
	(void)state;
	dialogue(fake_init,
		 EHLO "C: MAIL FROM:<x@y.example> SIZE=1000001\n"
		      "S: 552 5.2.3 message too large for this server (ID)\n"
		      "C: MAIL FROM:<x@y.example> BODY=BINARYMIME\n"
		      "S: 555 5.6.1 body type not supported (ID)\n"
		      "C: MAIL FROM:<x@y.example> REQUIRETLS\n"
		      "S: 555 5.3.3 parameter not recognized or not implemented: MAIL: expected "
		      "parameters that EHLO announced at byte 24 (ID)\n"
		      "C: MAIL FROM:<x@y.example> SIZE=1000000 AUTH=<>\n"
		      "S: 250 2.1.0 looking good\n");
}

static void bdat(void **state)
{
	(void)state;
	dialogue(fake_init, EHLO MAIL RCPT
		 "C: BDAT 14\nC: Subject: x\nC: \n"
		 "S: 250 2.0.0 got it\n"
		 "C: DATA\n"
		 "S: 503 5.5.1 DATA and BDAT do not mix in a transaction (ID)\n"
		 /* The third octet is the dot; CRLF is left. */
		 "C: BDAT 3 LAST\nC: \nC: .\n"
		 "S: 250 2.6.0 it is done\n"
		 "S: 500 5.5.2 unknown command (ID)\n"
		 "D: from=<x@y.example> to=<alice@mox.example>(alice) size=17 "
		 "lines=3\n" MAIL RCPT "C: BDAT 5\nC: abc\nC: BDAT 0 LAST\n"
		 "S: 250 2.0.0 got it\n" DONE
		 "D: from=<x@y.example> to=<alice@mox.example>(alice) size=5 "
		 "lines=1\n"
		 "C: BDAT 5\nC: abc\n"
		 "S: 503 5.5.1 bad sequence of commands (ID)\n"
		 "C: BDAT 0 LAST\n"
		 "S: 503 5.5.1 bad sequence of commands (ID)\n" MAIL "C: BDAT 6 LAST\nC: QUIT\n"
		 "S: 554 5.5.1 no valid recipients (ID)\n"
		 "open\n"
		 "C: BDAT x\n"
		 "S: 501 5.5.2 syntax error: BDAT: expected chunk size at byte 5 (ID)\n"
		 "closed\n");
}

static void bdat_rset(void **state)
{
	(void)state;
	dialogue(fake_init, EHLO MAIL RCPT "C: BDAT 5\nC: abc\nS: 250 2.0.0 got it\n"
					   "C: RCPT TO:<bob@mox.example>\n"
					   "S: 503 5.5.1 bad sequence of commands (ID)\n"
					   "C: RSET\nS: 250 2.0.0 ok\n" MAIL RCPT DATA MESSAGE DONE
					   "D: from=<x@y.example> to=<alice@mox.example>(alice) "
					   "size=20 lines=3\n");
}

static void starttls(void **state)
{
	(void)state;
	dialogue(init_tls, GREETING
		 "C: EHLO a.example\n"
		 "S: 250-mx.mox.example\n"
		 "S: 250-PIPELINING\n"
		 "S: 250-SIZE 1000000\n"
		 "S: 250-STARTTLS\n"
		 "S: 250-ENHANCEDSTATUSCODES\n"
		 "S: 250-8BITMIME\n"
		 "S: 250-CHUNKING\n"
		 "S: 250-LIMITS RCPTMAX=1000\n"
		 "S: 250 SMTPUTF8\n"
		 "C: MAIL FROM:<x@y.example> REQUIRETLS\n"
		 "S: 530 5.7.10 REQUIRETLS needs a tls connection (ID)\n"
		 "C: STARTTLS now\n"
		 "S: 501 5.5.2 syntax error: STARTTLS: expected no argument at byte 8 (ID)\n"
		 /* Whatever comes with STARTTLS is not taken as commands. */
		 "C: STARTTLS\nC: MAIL FROM:<injected@y.example>\n"
		 "S: 220 2.0.0 go! (ID)\n"
		 "C: RCPT TO:<alice@mox.example>\n"
		 "S: 503 5.5.1 say EHLO or HELO first (ID)\n"
		 "C: EHLO a.example\n"
		 "S: 250-mx.mox.example\n"
		 "S: 250-PIPELINING\n"
		 "S: 250-SIZE 1000000\n"
		 "S: 250-REQUIRETLS\n"
		 "S: 250-ENHANCEDSTATUSCODES\n"
		 "S: 250-8BITMIME\n"
		 "S: 250-CHUNKING\n"
		 "S: 250-LIMITS RCPTMAX=1000\n"
		 "S: 250 SMTPUTF8\n"
		 "C: STARTTLS\n"
		 "S: 503 5.5.1 already in tls (ID)\n"
		 "C: MAIL FROM:<x@y.example> REQUIRETLS\n"
		 "S: 250 2.1.0 looking good\n" RCPT DATA MESSAGE DONE
		 "D: from=<x@y.example> to=<alice@mox.example>(alice) size=20 lines=3 "
		 "requiretls\n");
	dialogue(init_tls, GREETING HELLO MAIL RCPT "C: STARTTLS\nS: 220 2.0.0 go! (ID)\n"
						    "C: DATA\n"
						    "S: 503 5.5.1 say EHLO or HELO first (ID)\n");
	dialogue(init_tls_required,
		 GREETING HELLO "C: MAIL FROM:<x@y.example>\n"
				"S: 530 5.7.0 STARTTLS required first (ID)\n"
				"C: STARTTLS\nS: 220 2.0.0 go! (ID)\n" HELLO MAIL);
}

#define EHLO_AUTH                      \
	GREETING                       \
	"C: EHLO my laptop\n"          \
	"S: 250-mx.mox.example\n"      \
	"S: 250-PIPELINING\n"          \
	"S: 250-SIZE 1000000\n"        \
	"S: 250-AUTH PLAIN LOGIN\n"    \
	"S: 250-ENHANCEDSTATUSCODES\n" \
	"S: 250-8BITMIME\n"            \
	"S: 250-CHUNKING\n"            \
	"S: 250-LIMITS RCPTMAX=1000\n" \
	"S: 250 SMTPUTF8\n"
/* NUL alice@mox.example NUL secret */
#define PLAIN "AGFsaWNlQG1veC5leGFtcGxlAHNlY3JldA=="
/* NUL alice@mox.example NUL wrong */
#define WRONG "AGFsaWNlQG1veC5leGFtcGxlAHdyb25n"

static void auth(void **state)
{
	(void)state;
	dialogue(fake_init_submission,
		 EHLO_AUTH "C: MAIL FROM:<alice@mox.example>\n"
			   "S: 530 5.7.0 authentication required (ID)\n"
			   "C: AUTH XOAUTH2\n"
			   "S: 504 5.5.4 mechanism not supported (ID)\n"
			   "C: AUTH PLAIN " PLAIN "\n"
			   "S: 235 2.7.0 nice\n"
			   "C: AUTH PLAIN " PLAIN "\n"
			   "S: 503 5.5.1 already authenticated (ID)\n"
			   "C: MAIL FROM:<bob@mox.example>\n"
			   "S: 550 5.7.1 sender address does not belong to your account (ID)\n"
			   "C: MAIL FROM:<alice@mox.example>\n"
			   "S: 250 2.1.0 looking good\n"
			   "C: AUTH PLAIN\n"
			   "S: 503 5.5.1 bad sequence of commands (ID)\n");
	dialogue(fake_init_submission, EHLO_AUTH "C: AUTH PLAIN\n"
						 "S: 334 \n"
						 "C: " PLAIN "\n"
						 "S: 235 2.7.0 nice\n");
	dialogue(fake_init_submission, EHLO_AUTH "C: AUTH LOGIN\n"
						 "S: 334 VXNlcm5hbWU6\n"
						 "C: YWxpY2VAbW94LmV4YW1wbGU=\n"
						 "S: 334 UGFzc3dvcmQ6\n"
						 "C: c2VjcmV0\n"
						 "S: 235 2.7.0 nice\n");
	dialogue(fake_init_submission,
		 EHLO_AUTH "C: AUTH LOGIN\nC: *\n"
			   "S: 334 VXNlcm5hbWU6\n"
			   "S: 501 5.5.0 authentication cancelled (ID)\n"
			   "C: AUTH LOGIN\nC: ?\n"
			   "S: 334 VXNlcm5hbWU6\n"
			   "S: 501 5.5.2 response is not base64 (ID)\n"
			   "C: AUTH PLAIN =\n"
			   "S: 501 5.5.2 response not as the mechanism has it (ID)\n"
			   "C: AUTH PLAIN Ym9iAGFsaWNlAHNlY3JldA==\n"
			   "S: 535 5.7.8 cannot act for another user (ID)\n"
			   "C: NOOP\nS: 250 2.0.0 ok\n");
}

static void auth_needs_tls(void **state)
{
	(void)state;
	dialogue(init_submission_tls,
		 GREETING "C: EHLO\n"
			  "S: 250-mx.mox.example\n"
			  "S: 250-PIPELINING\n"
			  "S: 250-SIZE 1000000\n"
			  "S: 250-STARTTLS\n"
			  "S: 250-ENHANCEDSTATUSCODES\n"
			  "S: 250-8BITMIME\n"
			  "S: 250-CHUNKING\n"
			  "S: 250-LIMITS RCPTMAX=1000\n"
			  "S: 250 SMTPUTF8\n"
			  "C: AUTH PLAIN " PLAIN "\n"
			  "S: 538 5.7.11 STARTTLS required for authentication (ID)\n"
			  "C: STARTTLS\nS: 220 2.0.0 go! (ID)\n" HELLO "C: AUTH PLAIN " PLAIN "\n"
			  "S: 235 2.7.0 nice\n");
}

static void failed_logins_get_slow(void **state)
{
	struct fake f;

	(void)state;
	fake_init_submission(&f);
	fake_open(&f, 0);
	run(&f, EHLO_AUTH);
	for (int i = 1; i <= 6; i++) {
		int64_t before = delayed_s(&f);

		run(&f, "C: AUTH PLAIN " WRONG "\nS: 535 5.7.8 bad user/pass (ID)\n");
		assert_int_equal(delayed_s(&f) - before, i > 4 ? i - 4 : 0);
		assert_int_equal(session_mem_session(f.m)->conn.slow, i >= 3);
	}
	run(&f, "C: AUTH PLAIN " PLAIN "\nS: 235 2.7.0 nice\n");
	assert_false(session_mem_session(f.m)->conn.slow);
	assert_int_equal(f.logins, 7);
	fake_fini(&f);
}

static void init_auth_defer(struct fake *f)
{
	fake_init_submission(f);
	f->defer = true;
}

static void answers_come_later(void **state)
{
	(void)state;
	dialogue(init_auth_defer, EHLO_AUTH "C: AUTH PLAIN " PLAIN "\nC: NOOP\n"
					    "A:\n"
					    "S: 235 2.7.0 nice\n"
					    "S: 250 2.0.0 ok\n"
					    "C: RSET\nS: 250 2.0.0 ok\n");
	dialogue(init_auth_defer, EHLO_AUTH "C: AUTH PLAIN " PLAIN "\n"
					    "T:\n"
					    "S: 454 4.7.0 temporary authentication failure (ID)\n"
					    "open\n");
	dialogue(init_defer, EHLO MAIL RCPT DATA MESSAGE "A:\n" DONE "open\n");
	dialogue(init_defer,
		 EHLO MAIL RCPT DATA MESSAGE "T:\n"
					     "S: 451 4.3.0 timed out, try again later (ID)\n"
					     "C: NOOP\nS: 250 2.0.0 ok\n");
}

/* The server stops while a message is delivered: the client hears of it first. */
static void shutdown_waits_for_delivery(void **state)
{
	struct fake f;

	(void)state;
	init_defer(&f);
	fake_open(&f, 0);
	run(&f, EHLO MAIL RCPT DATA MESSAGE);
	session_mem_shutdown(f.m);
	run(&f, "open\nA:\n" DONE "S: 421 4.3.2 shutting down, try again later (ID)\n"
		"closed\n");
	fake_fini(&f);
	fake_init(&f);
	fake_open(&f, 0);
	run(&f, EHLO);
	session_mem_shutdown(f.m);
	run(&f, "S: 421 4.3.2 shutting down, try again later (ID)\nclosed\n");
	fake_fini(&f);
}

/* The session goes before the answer comes. */
static void answer_to_nobody(void **state)
{
	struct fake f;

	(void)state;
	init_defer(&f);
	fake_open(&f, 0);
	run(&f, EHLO MAIL RCPT DATA MESSAGE);
	session_mem_free(f.m);
	f.m = NULL;
	assert_non_null(f.call);
	fake_fini(&f);
}

static void results(void **state)
{
	(void)state;
#define TWO \
	EHLO MAIL RCPT "C: RCPT TO:<bob@mox.example>\nS: 250 2.1.5 now on the list\n" DATA MESSAGE
	dialogue(fake_init, TWO DONE);
	/* Nobody can tell the sender, so the client must: better twice than never. */
	dialogue(init_second_fails, TWO "S: 452 4.2.2 mailbox full (ID)\n");
	dialogue(init_second_bounces, TWO DONE);
	dialogue(init_both_fail, TWO "S: 451 4.3.0 multiple errors (ID)\n");
}

static void idle(void **state)
{
	(void)state;
	dialogue(fake_init,
		 EHLO "T:\nS: 421 4.4.2 timed out waiting for you, closing (ID)\nclosed\n");
}

/* Each piece may take 30 s, all of them together 30 minutes. */
static void data_takes_half_an_hour_at_most(void **state)
{
	struct fake f;
	int pieces = 0;

	(void)state;
	fake_init(&f);
	fake_open(&f, 0);
	run(&f, EHLO MAIL RCPT DATA "C: Subject: x\n");
	for (; !session_mem_closed(f.m) && pieces < 1000; pieces++) {
		clock_step(&f.clock, 20 * NS_PER_S);
		fake_say(&f, STR("a line\r\n"));
		if (session_mem_next(f.m).until - clock_mono(&f.clock) < 15 * NS_PER_S)
			session_mem_timeout(f.m);
	}
	assert_int_equal(pieces, 90);
	run(&f, "S: 451 4.4.2 message took too long, closing (ID)\n");
	fake_fini(&f);

	fake_init(&f);
	fake_open(&f, 0);
	run(&f, EHLO MAIL RCPT DATA "C: Subject: x\n"
				    "T:\nS: 421 4.4.2 timed out waiting for you, closing (ID)\n"
				    "closed\n");
	fake_fini(&f);
}

/* The table is whole: every command of the syntax has one row, which says where it stands. */
static void every_command_has_a_row(void **state)
{
	static const struct smtpd_command *const rows[] = {
		&smtpd_cmd_helo, &smtpd_cmd_ehlo,     &smtpd_cmd_mail, &smtpd_cmd_rcpt,
		&smtpd_cmd_data, &smtpd_cmd_bdat,     &smtpd_cmd_rset, &smtpd_cmd_noop,
		&smtpd_cmd_quit, &smtpd_cmd_vrfy,     &smtpd_cmd_expn, &smtpd_cmd_help,
		&smtpd_cmd_auth, &smtpd_cmd_starttls,
	};
	unsigned seen = 1U << SMTP_UNKNOWN;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(seen & 1U << rows[i]->verb, 0);
		seen |= 1U << rows[i]->verb;
		assert_non_null(rows[i]->run);
		assert_true(str_starts(str_z(rows[i]->rfc), STR("RFC ")));
	}
	assert_int_equal(seen, (1U << SMTP_VERB_COUNT) - 1);
}

static void slow_and_delayed(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	f.slow = true;
	f.delay_ns = 15 * NS_PER_S;
	fake_open(&f, 0);
	run(&f, EHLO MAIL RCPT DATA MESSAGE DONE);
	assert_true(session_mem_session(f.m)->conn.slow);
	assert_int_equal(delayed_s(&f), 15);
	f.slow = false;
	run(&f, MAIL RCPT DATA MESSAGE DONE);
	assert_false(session_mem_session(f.m)->conn.slow);
	fake_fini(&f);
}

static void abuse_guard(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, 0);
	run(&f, EHLO);
	f.results[0] = ERR_NOT_ALLOWED;
	for (int i = 0; i <= SMTPD_TRANSACTIONS_BAD_MAX; i++)
		run(&f, MAIL RCPT DATA MESSAGE "S: 550 5.7.1 not allowed (ID)\n");
	run(&f, "C: MAIL FROM:<x@y.example>\n"
		"S: 550 5.1.0 too many bad transactions, closing (ID)\nclosed\n");
	fake_fini(&f);
}

static void localserve(void **state)
{
	struct fake f;

	(void)state;
	dialogue(init_localserve, EHLO
		 "C: MAIL FROM:<mailfromtemperror@y.example>\n"
		 "S: 451 4.3.0 temporary error as asked for (ID)\n"
		 "C: MAIL FROM:<mailfrom544@y.example>\n"
		 "S: 544 5.3.0 permanent error as asked for (ID)\n"
		 "C: MAIL FROM:<permerror@y.example>\n"
		 "S: 250 2.1.0 looking good\n"
		 "C: RCPT TO:<rcpttopermerror@mox.example>\n"
		 "S: 550 5.3.0 permanent error as asked for (ID)\n"
		 "C: RCPT TO:<x450@mox.example>\n"
		 "S: 250 2.1.5 now on the list\n" DATA MESSAGE
		 "S: 450 4.3.0 temporary error as asked for (ID)\n" MAIL RCPT DATA MESSAGE DONE);
	init_localserve(&f);
	fake_open(&f, 0);
	run(&f, EHLO MAIL
	    "C: RCPT TO:<timeout@mox.example>\nS: 250 2.1.5 now on the list\n" DATA MESSAGE
	    "S: 451 4.3.0 temporary error as asked for (ID)\n" MAIL);
	assert_int_equal(delayed_s(&f), 3600);
	fake_fini(&f);
}

static void submission(void **state)
{
	struct fake f;

	(void)state;
#define LOGIN      EHLO_AUTH "C: AUTH PLAIN " PLAIN "\nS: 235 2.7.0 nice\n"
#define MAIL_ALICE "C: MAIL FROM:<alice@mox.example>\nS: 250 2.1.0 looking good\n"
	dialogue(
		fake_init_submission, LOGIN MAIL_ALICE
		"C: RCPT TO:<x@elsewhere.example>\n"
		"S: 550 5.7.1 outgoing delivery is not available on this server (ID)\n"
		"C: RCPT TO:<nobody@mox.example>\n"
		"S: 550 5.1.1 no such user (ID)\n" RCPT DATA "C: From: bob@mox.example\nC: \nC: .\n"
		"S: 550 5.7.1 address in From header does not belong to your account (ID)\n" MAIL_ALICE
			RCPT DATA "C: Subject: x\nC: \nC: .\n"
		"S: 554 5.6.0 message needs exactly one From header (ID)\n" MAIL_ALICE RCPT DATA
		"C: From: <alice@mox.example>\nC: From: <alice@mox.example>\nC: \nC: .\n"
		"S: 554 5.6.0 message needs exactly one From header (ID)\n" MAIL_ALICE RCPT DATA
		"C: From: alice@mox.example\nC: .\n"
		"S: 554 5.6.0 message has no header section (ID)\n");
	fake_init_submission(&f);
	fake_open(&f, 0);
	run(&f, LOGIN MAIL_ALICE RCPT DATA
	    "C: From: Alice <alice@mox.example>\nC: \nC: body\nC: .\n" DONE);
	assert_true(str_find(buf_str(&f.delivered), STR("Received: from mx.mox.example\r\n\tby"),
			     0) > 0);
	assert_true(str_find(buf_str(&f.delivered), STR(" with ESMTPA\r\n"), 0) > 0);
	assert_true(str_find(buf_str(&f.delivered), STR("DATE\r\nMessage-Id: <"), 0) > 0);
	assert_true(str_find(buf_str(&f.delivered), STR("@mx.mox.example>\r\nDate: "), 0) > 0);
	fake_fini(&f);
}

/* RFC 5321 §4.5.3.1.4 */
static void command_line_limit(void **state)
{
	for (size_t chunk = 0; chunk < 2; chunk++) {
		struct fake f;
		BUF_AUTO line = BUF_INIT(8192);

		(void)state;
		fake_init(&f);
		fake_open(&f, chunk);
		run(&f, GREETING HELLO);
		buf_str_add(&line, STR("NOOP "));
		buf_char_n(&line, 'x', LIMIT_SMTP_LINE - 7);
		buf_str_add(&line, STR("\r\n"));
		assert_int_equal(line.n, LIMIT_SMTP_LINE);
		assert_str("n", fake_say(&f, buf_str(&line)), STR("250 2.0.0 ok\r\n"));
		buf_truncate(&line, line.n - 2);
		buf_str_add(&line, STR("x\r\n"));
		assert_true(str_starts(fake_say(&f, buf_str(&line)),
				       STR("500 5.5.2 line too long, closing (")));
		assert_true(session_mem_closed(f.m));
		fake_fini(&f);
	}
}

/* RFC 4954 §4 */
static void auth_line_limit(void **state)
{
	for (size_t past = 0; past < 2; past++) {
		struct fake f;
		BUF_AUTO line = BUF_INIT(16384);

		(void)state;
		fake_init_submission(&f);
		fake_open(&f, 0);
		run(&f, EHLO_AUTH "C: AUTH PLAIN\nS: 334 \n");
		buf_char_n(&line, 'x', LIMIT_SMTP_AUTH_LINE - 2 + past);
		buf_str_add(&line, STR("\r\n"));
		struct str out = fake_say(&f, buf_str(&line));

		assert_true(
			str_starts(out, past ? STR("500 5.5.2 line too long") : STR("501 5.5.2")));
		assert_int_equal(session_mem_closed(f.m), past);
		fake_fini(&f);
	}
}

static void recipient_limit(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, 0);
	run(&f, EHLO MAIL);
	for (int i = 0; i < SMTPD_MAX_RCPT; i++)
		run(&f, RCPT);
	run(&f, "C: RCPT TO:<alice@mox.example>\n"
		"S: 452 4.5.3 too many recipients (ID)\n" DATA MESSAGE DONE);
	fake_fini(&f);
}

/* RFC 5321 §2.3.8: nothing but CRLF ends a line. */
static void odd_lines(void **state)
{
	static const struct {
		struct str in, want;
		bool closed;
	} cases[] = {
		{STR_INIT("NOOP\n"), STR_INIT("500 5.5.2 lines must end with CRLF, closing ("),
		 true},
		{STR_INIT("\n"), STR_INIT("500 5.5.2 lines must end with CRLF, closing ("), true},
		{STR_INIT("NOOP\rNOOP\r\n"), STR_INIT("500 5.5.2 unknown command ("), false},
		{STR_INIT("NOOP \r NOOP\r\n"), STR_INIT("501 5.5.2 syntax error: NOOP: "), false},
		{STR_INIT("NOOP \0\r\n"), STR_INIT("501 5.5.2 syntax error: NOOP: "), false},
		{STR_INIT("\xff\xfe\r\n"), STR_INIT("500 5.5.2 unknown command ("), false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fake f;

		fake_init(&f);
		fake_open(&f, 1);
		run(&f, GREETING HELLO);
		struct str out = fake_say(&f, cases[i].in);

		assert_str("reply", str_sub(out, 0, cases[i].want.n), cases[i].want);
		assert_int_equal(session_mem_closed(f.m), cases[i].closed);
		fake_fini(&f);
	}
}

static void note_line(void *arg, struct str line)
{
	buf_str_add(arg, line);
}

/* Who sees what: passwords only at traceauth, messages only at tracedata. */
static void transcript(void **state)
{
	static const struct {
		enum log_level level;
		bool replies, passwords, bodies;
	} cases[] = {
		{LOG_DEBUG, false, false, false},
		{LOG_TRACE, true, false, false},
		{LOG_TRACEAUTH, true, true, false},
		{LOG_TRACEDATA, true, true, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fake f;
		struct log log;
		BUF_AUTO lines = BUF_INIT(1 << 20);

		fake_init_submission(&f);
		log_init(&log, -1, cases[i].level);
		log.sink = note_line;
		log.sink_arg = &lines;
		fake_open(&f, 0);
		session_mem_session(f.m)->log.log = &log;
		run(&f, EHLO_AUTH
		    "C: AUTH PLAIN " PLAIN "\nS: 235 2.7.0 nice\n"
		    "C: MAIL FROM:<alice@mox.example>\nS: 250 2.1.0 looking good\n" RCPT DATA
		    "C: From: alice@mox.example\nC: \nC: private\nC: .\n" DONE);
		bool replies = str_find(buf_str(&lines), STR("LC:"), 0) >= 0;
		bool passwords = str_find(buf_str(&lines), STR(PLAIN), 0) >= 0;
		bool bodies = str_find(buf_str(&lines), STR("private"), 0) >= 0;

		assert_int_equal(replies, cases[i].replies);
		assert_int_equal(passwords, cases[i].passwords);
		assert_int_equal(bodies, cases[i].bodies);
		fake_fini(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_delivered),
		cmocka_unit_test(pipelining),
		cmocka_unit_test(order_of_commands),
		cmocka_unit_test(small_commands),
		cmocka_unit_test(first_command_unknown),
		cmocka_unit_test(recipients),
		cmocka_unit_test(unknown_users_take_time),
		cmocka_unit_test(parameters),
		cmocka_unit_test(bdat),
		cmocka_unit_test(bdat_rset),
		cmocka_unit_test(starttls),
		cmocka_unit_test(auth),
		cmocka_unit_test(auth_needs_tls),
		cmocka_unit_test(failed_logins_get_slow),
		cmocka_unit_test(answers_come_later),
		cmocka_unit_test(shutdown_waits_for_delivery),
		cmocka_unit_test(answer_to_nobody),
		cmocka_unit_test(results),
		cmocka_unit_test(idle),
		cmocka_unit_test(data_takes_half_an_hour_at_most),
		cmocka_unit_test(slow_and_delayed),
		cmocka_unit_test(abuse_guard),
		cmocka_unit_test(localserve),
		cmocka_unit_test(submission),
		cmocka_unit_test(command_line_limit),
		cmocka_unit_test(auth_line_limit),
		cmocka_unit_test(recipient_limit),
		cmocka_unit_test(odd_lines),
		cmocka_unit_test(transcript),
		cmocka_unit_test(every_command_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
