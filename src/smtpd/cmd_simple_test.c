#include "smtpd/dialogue.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
