#include "smtpd/dialogue.h"

static void note_line(void *arg, struct str line)
{
	buf_str_add(arg, line);
}

/* Who sees what: passwords only at traceauth, messages only at tracedata. */
static void transcript(void **state)
{
	static const struct {
		enum log_level level;
		bool replies, passwords, bodies;
	} cases[] = {
		{LOG_DEBUG, false, false, false},
		{LOG_TRACE, true, false, false},
		{LOG_TRACEAUTH, true, true, false},
		{LOG_TRACEDATA, true, true, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fake f;
		struct log log;
		BUF_AUTO lines = BUF_INIT(1 << 20);

		fake_init_submission(&f);
		log_init(&log, -1, cases[i].level);
		log.sink = note_line;
		log.sink_arg = &lines;
		fake_open(&f, 0);
		session_mem_session(f.m)->log.log = &log;
		dialogue_run(
			&f, EHLO_AUTH
			"C: AUTH PLAIN " PLAIN "\nS: 235 2.7.0 nice\n"
			"C: MAIL FROM:<alice@mox.example>\nS: 250 2.1.0 looking good\n" RCPT DATA
			"C: From: alice@mox.example\nC: \nC: private\nC: .\n" DONE);
		bool replies = str_find(buf_str(&lines), STR("LC:"), 0) >= 0;
		bool passwords = str_find(buf_str(&lines), STR(PLAIN), 0) >= 0;
		bool bodies = str_find(buf_str(&lines), STR("private"), 0) >= 0;

		assert_int_equal(replies, cases[i].replies);
		assert_int_equal(passwords, cases[i].passwords);
		assert_int_equal(bodies, cases[i].bodies);
		fake_fini(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transcript),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
