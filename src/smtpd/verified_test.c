#include "smtpd/dialogue.h"

#define ZONE                                            \
	"a.example A 192.0.2.9\n"                       \
	"y.example MX 10 mx.y.example\n"                \
	"y.example TXT \"v=spf1 ip4:192.0.2.1 -all\"\n" \
	"_dmarc.y.example TXT \"v=DMARC1; p=reject\"\n" \
	"1.2.0.192.in-addr.arpa PTR mx.y.example\n"     \
	"mx.y.example A 192.0.2.1\n"                    \
	"mx.y.example AAAA NULL\n"                      \
	"other.example MX 10 mx.y.example\n"            \
	"other.example TXT \"v=spf1 -all\"\n"           \
	"host.example A 192.0.2.7\n"                    \
	"nomail.example MX 0 .\n"                       \
	"nothing.example TXT \"hello\"\n"               \
	"broken.example * SERVFAIL\n"

static void init(struct fake *f)
{
	fake_init(f);
	f->service.settings.verify = true;
	f->zone = ZONE;
}

static void init_defer(struct fake *f)
{
	init(f);
	f->dns_defer = true;
}

static void init_without_dns(struct fake *f)
{
	init(f);
	f->env.lookup = NULL;
}

static void init_localserve(struct fake *f)
{
	init(f);
	f->service.settings.localserve = true;
}

/* The name of HELO must exist; that of EHLO is only recorded. */
static void helo(void **state)
{
	(void)state;
	dialogue(init, GREETING "C: HELO gone.example\n"
				"S: 550 5.5.0 your hostname does not exist in dns (ID)\n"
				"C: MAIL FROM:<x@y.example>\n"
				"S: 503 5.5.1 say EHLO or HELO first (ID)\n"
				"C: HELO broken.example\nS: 250 mx.mox.example\n"
				"C: HELO nothing.example\nS: 250 mx.mox.example\n" HELLO MAIL);
	dialogue(init_without_dns, GREETING "C: HELO gone.example\nS: 250 mx.mox.example\n");
	dialogue(init_localserve, GREETING "C: HELO gone.example\nS: 250 mx.mox.example\n");
}

/* RFC 7505 §4.2, RFC 5321 §5.1. A refused sender begins no transaction. */
static void mail_from(void **state)
{
	(void)state;
	dialogue(init,
		 EHLO "C: MAIL FROM:<x@nomail.example>\n"
		      "C: RCPT TO:<alice@mox.example>\n"
		      "S: 550 5.7.27 sender domain takes no mail (ID)\n"
		      "S: 503 5.5.1 bad sequence of commands (ID)\n"
		      "C: MAIL FROM:<x@gone.example>\n"
		      "S: 550 5.7.27 sender domain has neither mx nor address in dns (ID)\n"
		      "C: MAIL FROM:<x@nothing.example>\n"
		      "S: 550 5.7.27 sender domain has neither mx nor address in dns (ID)\n"
		      "C: MAIL FROM:<x@broken.example>\n"
		      "S: 451 4.4.0 sender domain cannot be looked up now, try again later (ID)\n"
		      "C: MAIL FROM:<x@host.example>\n"
		      "S: 250 2.1.0 looking good\n"
		      "C: RSET\nS: 250 2.0.0 ok\n"
		      "C: MAIL FROM:<>\n"
		      "S: 250 2.1.0 looking good\n"
		      "C: RSET\nS: 250 2.0.0 ok\n" MAIL);
	dialogue(init_localserve,
		 EHLO "C: MAIL FROM:<x@gone.example>\nS: 250 2.1.0 looking good\n");
}

static void several_recipients(void **state)
{
	(void)state;
	dialogue(init, EHLO MAIL RCPT "C: RCPT TO:<bob@mox.example>\n"
				      "C: RCPT TO:<postmaster>\n"
				      "S: 250 2.1.5 now on the list\n"
				      "S: 250 2.1.5 now on the list\n");
	dialogue(init, EHLO "C: MAIL FROM:<x@other.example>\nS: 250 2.1.0 looking good\n" RCPT
			    "C: RCPT TO:<bob@mox.example>\n"
			    "S: 452 4.5.3 one recipient at a time unless spf passes for the sender "
			    "(ID)\n" DATA MESSAGE DONE);
	dialogue(init_localserve,
		 EHLO "C: MAIL FROM:<x@other.example>\nS: 250 2.1.0 looking good\n" RCPT
		      "C: RCPT TO:<bob@mox.example>\nS: 250 2.1.5 now on the list\n");
}

static void assert_has(struct str s, const char *what)
{
	if (str_find(s, str_z(what), 0) < 0)
		fail_msg("\"%s\" is not in: %.*s", what, STR_ARG(s));
}

/* The fields stand in front of the message, in their order; names are asked once. */
static void message(void **state)
{
	struct fake f;

	(void)state;
	init(&f);
	fake_open(&f, 0);
	dialogue_run(&f, EHLO MAIL RCPT
		     "C: RCPT TO:<bob@mox.example>\n"
		     "S: 250 2.1.5 now on the list\n" DATA
		     "C: From: <x@y.example>\nC: Subject: x\nC: \nC: body\nC: .\n" DONE);
	struct str d = buf_str(&f.delivered);

	assert_has(d, "Return-Path: <x@y.example>\r\nAuthentication-Results: mx.mox.example;");
	assert_has(d, "iprev=pass");
	assert_has(d, "spf=pass");
	assert_has(d, "smtp.mailfrom=y.example");
	assert_has(d, "dkim=none");
	assert_has(d, "dmarc=pass");
	assert_has(d, "policy.dmarc=none\r\nReceived-SPF: pass\r\n\t");
	assert_has(d, "\r\nReceived: from a.example (mx.y.example [192.0.2.1])\r\n");
	/* MX, SPF, PTR and its name, DMARC and where it might stand: nothing twice. */
	assert_true(f.dns.asked <= 10);
	fake_fini(&f);
}

/* A resolver that is not there delays nothing and loses no mail. */
static void message_without_dns(void **state)
{
	struct fake f;

	(void)state;
	init(&f);
	f.zone = NULL;
	f.service.settings.localserve = true;
	fake_open(&f, 0);
	dialogue_run(&f, EHLO MAIL RCPT DATA MESSAGE DONE);
	assert_has(buf_str(&f.delivered), "iprev=temperror");
	assert_has(buf_str(&f.delivered), "spf=temperror");
	fake_fini(&f);
}

/* While answers are on their way nothing else happens; in any order they lead to the same. */
static void answers_one_by_one(void **state)
{
	struct fake f;

	(void)state;
	init_defer(&f);
	fake_open(&f, 0);
	dialogue_run(&f, EHLO "C: MAIL FROM:<x@y.example>\nC: NOOP\n");
	while (fake_dns_answer(&f))
		;
	dialogue_run(
		&f,
		"C: NOOP\nS: 250 2.1.0 looking good\nS: 250 2.0.0 ok\nS: 250 2.0.0 ok\n" RCPT DATA
		"C: From: <x@y.example>\nC: \nC: body\nC: .\n");
	assert_int_equal(f.deliveries, 0);
	while (fake_dns_answer(&f))
		;
	dialogue_run(&f, "C: NOOP\n" DONE "S: 250 2.0.0 ok\n");
	assert_has(buf_str(&f.delivered), "dmarc=pass");
	fake_fini(&f);
}

/* Past the deadline what is missing has failed, and answers that come later are nobody's. */
static void deadline(void **state)
{
	struct fake f;

	(void)state;
	init_defer(&f);
	f.service.settings.localserve = true;
	fake_open(&f, 0);
	dialogue_run(&f, EHLO MAIL RCPT DATA MESSAGE);
	assert_int_equal(f.deliveries, 0);
	dialogue_run(&f, "T:\n" DONE);
	assert_has(buf_str(&f.delivered), "spf=temperror");
	while (fake_dns_answer(&f))
		;
	dialogue_run(&f, "C: NOOP\nS: 250 2.0.0 ok\n");
	fake_fini(&f);
}

/* The session ends with questions under way; so does the server. */
static void left(void **state)
{
	struct fake f;

	(void)state;
	init_defer(&f);
	fake_open(&f, 0);
	dialogue_run(&f, EHLO "C: MAIL FROM:<x@y.example>\n");
	session_mem_shutdown(f.m);
	dialogue_run(&f, "S: 421 4.3.2 shutting down, try again later (ID)\nclosed\n");
	assert_true(f.questions > 0);
	session_mem_free(f.m);
	f.m = NULL;
	fake_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(helo),
		cmocka_unit_test(mail_from),
		cmocka_unit_test(several_recipients),
		cmocka_unit_test(message),
		cmocka_unit_test(message_without_dns),
		cmocka_unit_test(answers_one_by_one),
		cmocka_unit_test(deadline),
		cmocka_unit_test(left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
