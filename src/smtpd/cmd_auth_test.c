#include "smtpd/dialogue.h"

static void init_submission_tls(struct fake *f)
{
	fake_init_submission(f);
	f->service.base.tls = (struct tls_server *)f;
	f->service.settings.require_tls = true;
}

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
	dialogue_run(&f, EHLO_AUTH);
	for (int i = 1; i <= 6; i++) {
		int64_t before = dialogue_delayed_s(&f);

		dialogue_run(&f, "C: AUTH PLAIN " WRONG "\nS: 535 5.7.8 bad user/pass (ID)\n");
		assert_int_equal(dialogue_delayed_s(&f) - before, i > 4 ? i - 4 : 0);
		assert_int_equal(session_mem_session(f.m)->conn.slow, i >= 3);
	}
	dialogue_run(&f, "C: AUTH PLAIN " PLAIN "\nS: 235 2.7.0 nice\n");
	assert_false(session_mem_session(f.m)->conn.slow);
	assert_int_equal(f.logins, 7);
	fake_fini(&f);
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
		dialogue_run(&f, EHLO_AUTH "C: AUTH PLAIN\nS: 334 \n");
		buf_char_n(&line, 'x', LIMIT_SMTP_AUTH_LINE - 2 + past);
		buf_str_add(&line, STR("\r\n"));
		struct str out = fake_say(&f, buf_str(&line));

		assert_true(
			str_starts(out, past ? STR("500 5.5.2 line too long") : STR("501 5.5.2")));
		assert_int_equal(session_mem_closed(f.m), past);
		fake_fini(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auth),
		cmocka_unit_test(auth_needs_tls),
		cmocka_unit_test(failed_logins_get_slow),
		cmocka_unit_test(auth_line_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
