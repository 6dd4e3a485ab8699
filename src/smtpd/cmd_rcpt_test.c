#include "smtpd/dialogue.h"

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
	dialogue_run(&f, EHLO MAIL
		     "C: RCPT TO:<nobody@mox.example>\nS: 250 2.1.5 now on the list\n" DATA MESSAGE
		     "S: 550 5.1.1 no such user (ID)\n");
	assert_int_equal(dialogue_delayed_s(&f), 5);
	assert_int_equal(f.deliveries, 0);
	fake_fini(&f);
}

static void recipient_limit(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, 0);
	dialogue_run(&f, EHLO MAIL);
	for (int i = 0; i < SMTPD_MAX_RCPT; i++)
		dialogue_run(&f, RCPT);
	dialogue_run(&f, "C: RCPT TO:<alice@mox.example>\n"
			 "S: 452 4.5.3 too many recipients (ID)\n" DATA MESSAGE DONE);
	fake_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recipients),
		cmocka_unit_test(unknown_users_take_time),
		cmocka_unit_test(recipient_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
