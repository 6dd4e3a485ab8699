#include "smtpd/dialogue.h"

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

static void abuse_guard(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, 0);
	dialogue_run(&f, EHLO);
	f.results[0] = ERR_NOT_ALLOWED;
	for (int i = 0; i <= SMTPD_TRANSACTIONS_BAD_MAX; i++)
		dialogue_run(&f, MAIL RCPT DATA MESSAGE "S: 550 5.7.1 not allowed (ID)\n");
	dialogue_run(&f, "C: MAIL FROM:<x@y.example>\n"
			 "S: 550 5.1.0 too many bad transactions, closing (ID)\nclosed\n");
	fake_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters),
		cmocka_unit_test(abuse_guard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
