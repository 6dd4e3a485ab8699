#include "smtpd/dialogue.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starttls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
