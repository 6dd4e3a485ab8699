#include "smtpd/dialogue.h"

static void init_defer(struct fake *f)
{
	fake_init(f);
	f->defer = true;
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

static void first_command_unknown(void **state)
{
	(void)state;
	dialogue(fake_init, GREETING "C: GET / HTTP/1.1\n"
				     "C: Host: mx.mox.example\n"
				     "C: \n"
				     "S: 500 5.5.2 not an smtp command, closing (ID)\n"
				     "closed\n");
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
	dialogue_run(&f, EHLO MAIL RCPT DATA MESSAGE);
	session_mem_shutdown(f.m);
	dialogue_run(&f, "open\nA:\n" DONE "S: 421 4.3.2 shutting down, try again later (ID)\n"
			 "closed\n");
	fake_fini(&f);
	fake_init(&f);
	fake_open(&f, 0);
	dialogue_run(&f, EHLO);
	session_mem_shutdown(f.m);
	dialogue_run(&f, "S: 421 4.3.2 shutting down, try again later (ID)\nclosed\n");
	fake_fini(&f);
}

/* The session goes before the answer comes. */
static void answer_to_nobody(void **state)
{
	struct fake f;

	(void)state;
	init_defer(&f);
	fake_open(&f, 0);
	dialogue_run(&f, EHLO MAIL RCPT DATA MESSAGE);
	session_mem_free(f.m);
	f.m = NULL;
	assert_non_null(f.call);
	fake_fini(&f);
}

static void idle(void **state)
{
	(void)state;
	dialogue(fake_init,
		 EHLO "T:\nS: 421 4.4.2 timed out waiting for you, closing (ID)\nclosed\n");
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

/* RFC 5321 §4.5.3.1.4 */
static void command_line_limit(void **state)
{
	for (size_t chunk = 0; chunk < 2; chunk++) {
		struct fake f;
		BUF_AUTO line = BUF_INIT(8192);

		(void)state;
		fake_init(&f);
		fake_open(&f, chunk);
		dialogue_run(&f, GREETING HELLO);
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
		dialogue_run(&f, GREETING HELLO);
		struct str out = fake_say(&f, cases[i].in);

		assert_str("reply", str_sub(out, 0, cases[i].want.n), cases[i].want);
		assert_int_equal(session_mem_closed(f.m), cases[i].closed);
		fake_fini(&f);
	}
}

static bool suspect_all(void *arg, const struct smtpd_peer *peer)
{
	(void)arg;
	(void)peer;
	return true;
}

/* Whose message we died of is refused before the next one comes; the connection stays. */
static void suspect(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	f.env.suspect = suspect_all;
	fake_open(&f, 1);
	dialogue_run(&f, GREETING HELLO);
	assert_true(str_starts(fake_say(&f, STR("MAIL FROM:<a@remote.example>\r\n")),
			       STR("451 4.3.0 an earlier message of yours was too much")));
	assert_true(str_starts(fake_say(&f, STR("DATA\r\n")), STR("503 ")));
	assert_str("noop", fake_say(&f, STR("NOOP\r\n")), STR("250 2.0.0 ok\r\n"));
	assert_false(session_mem_closed(f.m));
	assert_int_equal(f.deliveries, 0);
	fake_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_delivered),
		cmocka_unit_test(pipelining),
		cmocka_unit_test(order_of_commands),
		cmocka_unit_test(first_command_unknown),
		cmocka_unit_test(answers_come_later),
		cmocka_unit_test(shutdown_waits_for_delivery),
		cmocka_unit_test(answer_to_nobody),
		cmocka_unit_test(idle),
		cmocka_unit_test(every_command_has_a_row),
		cmocka_unit_test(command_line_limit),
		cmocka_unit_test(odd_lines),
		cmocka_unit_test(suspect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
