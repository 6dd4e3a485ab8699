#include "smtpd/dialogue.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bdat),
		cmocka_unit_test(bdat_rset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
