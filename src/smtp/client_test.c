#include "base/test.h"

#include "smtp/client.h"
#include <stdlib.h>

/* Dialogues are transcripts:
 *	S: what the server says
 *	C: what the client says
 *	TLS, READY, BYE: verdicts
 *	R: a recipient's result;  F: a failure, with temporary or permanent
 * At READY a message is sent, at the next one QUIT. */

struct player {
	struct smtp_client c;
	struct conn conn;
	struct buf got;
	struct smtp_client_message m;
	unsigned messages; /* still to send */
	struct str body;
	bool over;
};

static struct err body_read(void *arg, uint64_t offset, void *to, size_t n)
{
	struct player *p = arg;

	if (offset + n > p->body.n)
		return err_make(ERR_IO, "test");
	memcpy(to, p->body.p + offset, n);
	return ERR_OK;
}

static void result_note(struct player *p, const char *kind, const struct smtp_client_result *r)
{
	buf_printf(&p->got, "%s: %u %s%s%.*s\n", kind, r->code,
		   r->ok          ? ""
		   : r->temporary ? "temporary "
				  : "permanent ",
		   r->enhanced.n && r->code == 0 ? "(local) " : "", STR_ARG(r->text));
}

static void collect(struct player *p)
{
	struct str rest = buf_str(&p->conn.out), line;

	while (str_cut(rest, '\n', &line, &rest))
		buf_strs(&p->got, STR("C: "), str_trim(line), STR("\n"));
	assert_int_equal(rest.n, 0);
	buf_release(&p->conn.out);
}

static enum smtp_client_verdict ready(struct player *p)
{
	buf_str_add(&p->got, STR("READY\n"));
	if (p->messages == 0)
		return smtp_client_quit(&p->c);
	p->messages--;
	return smtp_client_send(&p->c, &p->m);
}

/* One verdict; true if there is a next one at once. */
static bool verdict(struct player *p, enum smtp_client_verdict *v)
{
	collect(p);
	switch (*v) {
	case SMTP_CLIENT_INPUT: return false;
	case SMTP_CLIENT_DRAIN: *v = smtp_client_step(&p->c); return true;
	case SMTP_CLIENT_STARTTLS:
		buf_str_add(&p->got, STR("TLS\n"));
		p->conn.tls = calloc(1, sizeof(*p->conn.tls));
		*v = smtp_client_step(&p->c);
		return true;
	case SMTP_CLIENT_READY: *v = ready(p); return true;
	case SMTP_CLIENT_SENT:
		for (unsigned i = 0; i < p->m.to_n; i++)
			result_note(p, "R", &p->c.results[i]);
		*v = ready(p);
		return true;
	case SMTP_CLIENT_FAILED:
		buf_printf(&p->got, "F: %s ", p->c.failed_at);
		result_note(p, "F", &p->c.failure);
		for (unsigned i = 0; p->c.results && i < p->m.to_n; i++)
			result_note(p, "R", &p->c.results[i]);
		p->over = true;
		return false;
	case SMTP_CLIENT_BYE:
		buf_str_add(&p->got, STR("BYE\n"));
		p->over = true;
		return false;
	}
	return false;
}

static void step(struct player *p)
{
	enum smtp_client_verdict v = smtp_client_step(&p->c);

	while (verdict(p, &v))
		;
}

static void feed(struct player *p, struct str in, size_t chunk)
{
	for (size_t at = 0; at < in.n && !p->over; at += chunk) {
		struct str piece = str_sub(in, at, at + chunk);

		conn_feed(&p->conn, piece.p, piece.n);
		step(p);
	}
}

static void play(struct player *p, const char *script, size_t chunk)
{
	struct str rest = str_z(script), line;
	BUF_AUTO in = BUF_INIT(65536);

	while (rest.n && !p->over) {
		str_cut(rest, '\n', &line, &rest);
		if (str_eq(line, STR("EOF"))) {
			p->conn.eof = true;
			buf_str_add(&p->got, STR("EOF\n"));
			step(p);
		}
		if (!str_starts(line, STR("S: ")))
			continue;
		buf_strs(&p->got, line, STR("\n"));
		buf_strs(&in, str_from(line, 3), STR("\r\n"));
		if (str_starts(rest, STR("S: ")))
			continue;
		feed(p, buf_str(&in), chunk ? chunk : in.n);
		buf_clear(&in);
	}
	assert_str("transcript", buf_str(&p->got), str_z(script));
}

static const struct smtp_path to[] = {
	{.local = STR_INIT("a"), .host = {.name = STR_INIT("x.example")}},
	{.local = STR_INIT("b c"), .host = {.name = STR_INIT("x.example")}},
};

struct setup {
	struct smtp_client_opts opts;
	unsigned messages;
	bool smtputf8, requiretls, eight_bit;
	const char *body;
};

static void dialogue(struct setup setup, const char *script)
{
	for (size_t chunk = 0; chunk < 3; chunk++) {
		struct player p = {
			.got = BUF_INIT(65536),
			.messages = setup.messages,
			.body = str_z(setup.body ? setup.body : "Subject: x\r\n\r\n.x\r\n")};

		p.m = (struct smtp_client_message){
			.from = {.local = STR("me"), .host = {.name = STR("y.example")}},
			.to = to,
			.to_n = ARRAY_LEN(to),
			.size = p.body.n,
			.smtputf8 = setup.smtputf8,
			.requiretls = setup.requiretls,
			.eight_bit = setup.eight_bit,
			.read = body_read,
			.arg = &p};
		setup.opts.hello = STR("me.example");
		conn_init(&p.conn, -1, CONN_IN_MAX);
		smtp_client_init(&p.c, &setup.opts, &p.conn);
		play(&p, script, chunk);
		smtp_client_fini(&p.c);
		conn_fini(&p.conn);
		buf_fini(&p.got);
	}
}

#define HELLO "S: 220 hi\nC: EHLO me.example\nS: 250-x.example\n"
#define PIPELINED                                                        \
	"READY\nC: MAIL FROM:<me@y.example>\nC: RCPT TO:<a@x.example>\n" \
	"C: RCPT TO:<\"b c\"@x.example>\nC: DATA\n"
#define BODY "C: Subject: x\nC: \nC: ..x\nC: .\n"
#define QUIT "READY\nC: QUIT\nS: 221 bye\nBYE\n"

static void delivers(void **state)
{
	(void)state;
	dialogue((struct setup){.messages = 1}, HELLO
		 "S: 250 PIPELINING\n" PIPELINED "S: 250 ok\nS: 250 ok\nS: 250 ok\nS: 354 go\n" BODY
		 "S: 250 2.6.0 got it\nR: 250 2.6.0 got it\nR: 250 2.6.0 got it\n" QUIT);
	dialogue((struct setup){.messages = 1, .eight_bit = true},
		 HELLO "S: 250-8BITMIME\nS: 250 SIZE 1000\nREADY\n"
		       "C: MAIL FROM:<me@y.example> SIZE=18 BODY=8BITMIME\n"
		       "S: 250 ok\nC: RCPT TO:<a@x.example>\n"
		       "S: 250 ok\nC: RCPT TO:<\"b c\"@x.example>\n"
		       "S: 550 5.1.1 no\nC: DATA\n"
		       "S: 354 go\n" BODY "S: 250 got it\n"
		       "R: 250 got it\nR: 550 permanent 5.1.1 no\n" QUIT);
	dialogue((struct setup){.messages = 0},
		 "S: 220 hi\nC: EHLO me.example\nS: 502 what\nC: HELO me.example\nS: 250 x\n" QUIT);
}

static void envelope_refused(void **state)
{
	(void)state;
	dialogue((struct setup){.messages = 1},
		 HELLO "S: 250 SIZE\nREADY\nC: MAIL FROM:<me@y.example> SIZE=18\n"
		       "S: 451 4.7.1 later\n"
		       "R: 451 temporary 4.7.1 later\nR: 451 temporary 4.7.1 later\n" QUIT);
	dialogue((struct setup){.messages = 1},
		 HELLO "S: 250 X\nREADY\nC: MAIL FROM:<me@y.example>\n"
		       "S: 250 ok\nC: RCPT TO:<a@x.example>\n"
		       "S: 550 no\nC: RCPT TO:<\"b c\"@x.example>\n"
		       "S: 450 later\nR: 550 permanent no\nR: 450 temporary later\n" QUIT);
	/* RFC 2920 §3.1: 354 although nobody was accepted. */
	dialogue((struct setup){.messages = 2},
		 HELLO "S: 250 PIPELINING\n" PIPELINED
		       "S: 250 ok\nS: 550 no\nS: 552 too many\nS: 354 go\nC: .\n"
		       "S: 554 no valid recipients\n"
		       "R: 550 permanent no\nR: 552 temporary too many\n" PIPELINED
		       "S: 250 ok\nS: 250 ok\nS: 250 ok\nS: 452 4.3.1 full\n"
		       "R: 452 temporary 4.3.1 full\nR: 452 temporary 4.3.1 full\n" QUIT);
	dialogue((struct setup){.messages = 2}, HELLO
		 "S: 250 PIPELINING\n" PIPELINED
		 "S: 550 you\nS: 503 what\nS: 503 what\nS: 503 what\n"
		 "R: 550 permanent you\nR: 550 permanent you\n"
		 "READY\nC: RSET\nS: 250 ok\n"
		 "C: MAIL FROM:<me@y.example>\nC: RCPT TO:<a@x.example>\n"
		 "C: RCPT TO:<\"b c\"@x.example>\nC: DATA\n"
		 "S: 250 ok\nS: 250 ok\nS: 550 no\nS: 354 go\n" BODY
		 "S: 554 5.7.1 spam\nR: 554 permanent 5.7.1 spam\nR: 550 permanent no\n" QUIT);
}

/* Nobody has the message before its end was answered by 2xx. */
static void connection_lost(void **state)
{
	(void)state;
	dialogue((struct setup){.messages = 1},
		 HELLO "S: 250 PIPELINING\n" PIPELINED
		       "S: 250 ok\nS: 250 ok\nS: 550 no\nS: 354 go\n" BODY "EOF\n"
		       "F: DATA F: 0 temporary server closed the connection\n"
		       "R: 0 temporary server closed the connection\nR: 550 permanent no\n");
	dialogue((struct setup){.messages = 1},
		 HELLO "S: 250 PIPELINING\n" PIPELINED "S: 421 4.3.2 stopping\n"
		       "F: envelope F: 421 temporary 4.3.2 stopping\n"
		       "R: 421 temporary 4.3.2 stopping\nR: 421 temporary 4.3.2 stopping\n");
	/* Some close right after their answer; it counts. */
	dialogue((struct setup){.messages = 1},
		 HELLO "S: 250 PIPELINING\n" PIPELINED "S: 250 ok\nS: 554 no\nS: 554 no\nEOF\n"
		       "F: envelope F: 0 temporary server closed the connection\n"
		       "R: 554 permanent no\nR: 554 permanent no\n");
	dialogue((struct setup){.messages = 0}, "S: 554 go away\n"
						"F: greeting F: 554 permanent go away\n");
	dialogue((struct setup){.messages = 0}, "S: SSH-2.0-OpenSSH\n"
						"F: greeting F: 0 temporary not an SMTP reply\n");
	dialogue((struct setup){.messages = 0}, HELLO "S: 250 X\nREADY\nC: QUIT\nEOF\nBYE\n");
}

static void body_unreadable(void **state)
{
	struct player p = {.got = BUF_INIT(65536), .messages = 1, .body = STR("short")};
	struct smtp_client_opts opts = {.hello = STR("me.example")};

	(void)state;
	p.m = (struct smtp_client_message){.from = {.null = true},
					   .to = to,
					   .to_n = 1,
					   .size = 1000,
					   .read = body_read,
					   .arg = &p};
	conn_init(&p.conn, -1, CONN_IN_MAX);
	smtp_client_init(&p.c, &opts, &p.conn);
	/* The end of the message is not sent. */
	play(&p,
	     HELLO "S: 250 X\nREADY\nC: MAIL FROM:<>\nS: 250 ok\nC: RCPT TO:<a@x.example>\n"
		   "S: 250 ok\nC: DATA\nS: 354 go\n"
		   "F: DATA F: 0 temporary cannot read the message\n"
		   "R: 0 temporary cannot read the message\n",
	     0);
	smtp_client_fini(&p.c);
	conn_fini(&p.conn);
	buf_fini(&p.got);
}

static void starttls(void **state)
{
	static const struct smtp_client_opts if_offered = {.starttls = SMTP_STARTTLS_IF_OFFERED};
	static const struct smtp_client_opts required = {.starttls = SMTP_STARTTLS_REQUIRED};

	(void)state;
	dialogue((struct setup){.opts = if_offered},
		 HELLO "S: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nTLS\nC: EHLO me.example\n"
		       "S: 250 x.example\n" QUIT);
	dialogue((struct setup){.opts = if_offered}, HELLO "S: 250 X\n" QUIT);
	dialogue((struct setup){.opts = required},
		 HELLO "S: 250 X\nF: STARTTLS F: 0 temporary server does not offer STARTTLS\n");
	dialogue((struct setup){.opts = required},
		 HELLO "S: 250 STARTTLS\nC: STARTTLS\nS: 454 4.7.0 no\n"
		       "F: STARTTLS F: 454 temporary 4.7.0 no\n");
}

/* CVE-2011-0411, the other way round. */
static void starttls_injection(void **state)
{
	struct player p = {.got = BUF_INIT(65536)};
	struct smtp_client_opts opts = {.hello = STR("me.example"),
					.starttls = SMTP_STARTTLS_REQUIRED};

	(void)state;
	conn_init(&p.conn, -1, CONN_IN_MAX);
	smtp_client_init(&p.c, &opts, &p.conn);
	play(&p,
	     HELLO "S: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nS: 250-evil\n"
		   "F: STARTTLS F: 0 temporary octets in plain text behind STARTTLS\n",
	     0);
	smtp_client_fini(&p.c);
	conn_fini(&p.conn);
	buf_fini(&p.got);
}

static void auth(void **state)
{
	struct smtp_client_opts opts = {
		.username = STR("alice"), .password = STR("secret"), .plain_auth = true};

	(void)state;
	dialogue((struct setup){.opts = opts},
		 HELLO "S: 250 AUTH LOGIN PLAIN\nC: AUTH PLAIN AGFsaWNlAHNlY3JldA==\n"
		       "S: 235 ok\n" QUIT);
	dialogue((struct setup){.opts = opts},
		 HELLO "S: 250 AUTH PLAIN\nC: AUTH PLAIN AGFsaWNlAHNlY3JldA==\n"
		       "S: 535 5.7.8 no\nF: AUTH F: 535 permanent 5.7.8 no\n");
	dialogue((struct setup){.opts = opts},
		 HELLO "S: 250 AUTH SCRAM-SHA-256\n"
		       "F: AUTH F: 0 permanent server does not offer AUTH PLAIN\n");
	opts.plain_auth = false;
	dialogue((struct setup){.opts = opts},
		 HELLO "S: 250 AUTH PLAIN\n"
		       "F: AUTH F: 0 temporary no TLS, the password is not sent\n");
}

static void what_the_server_cannot(void **state)
{
	(void)state;
#define LOCAL(text) "READY\nR: 0 permanent (local) " text "\nR: 0 permanent (local) " text "\n" QUIT
	dialogue((struct setup){.messages = 1},
		 HELLO "S: 250 SIZE 17\n" LOCAL("message too large for server"));
	dialogue((struct setup){.messages = 1, .smtputf8 = true},
		 HELLO "S: 250 X\n" LOCAL("server does not offer SMTPUTF8"));
	dialogue((struct setup){.messages = 1, .requiretls = true},
		 HELLO "S: 250 REQUIRETLS\n" LOCAL("server does not offer REQUIRETLS"));
	dialogue((struct setup){.messages = 1}, HELLO
		 "S: 250-SIZE 0\nS: 250 PIPELINING\nREADY\nC: MAIL FROM:<me@y.example> SIZE=18\n"
		 "C: RCPT TO:<a@x.example>\nC: RCPT TO:<\"b c\"@x.example>\nC: DATA\n"
		 "S: 250 ok\nS: 250 ok\nS: 250 ok\nS: 354 go\n" BODY
		 "S: 250 ok\nR: 250 ok\nR: 250 ok\n" QUIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delivers),
		cmocka_unit_test(envelope_refused),
		cmocka_unit_test(connection_lost),
		cmocka_unit_test(body_unreadable),
		cmocka_unit_test(starttls),
		cmocka_unit_test(starttls_injection),
		cmocka_unit_test(auth),
		cmocka_unit_test(what_the_server_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
