#include "smtpd/dialogue.h"

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
	dialogue_run(&f, LOGIN MAIL_ALICE RCPT DATA
		     "C: From: Alice <alice@mox.example>\nC: \nC: body\nC: .\n" DONE);
	assert_true(str_find(buf_str(&f.delivered), STR("Received: from mx.mox.example\r\n\tby"),
			     0) > 0);
	assert_true(str_find(buf_str(&f.delivered), STR(" with ESMTPA\r\n"), 0) > 0);
	assert_true(str_find(buf_str(&f.delivered), STR("DATE\r\nMessage-Id: <"), 0) > 0);
	assert_true(str_find(buf_str(&f.delivered), STR("@mx.mox.example>\r\nDate: "), 0) > 0);
	fake_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(submission),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
