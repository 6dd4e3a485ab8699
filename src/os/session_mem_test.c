#include "base/test.h"

#include "os/session_mem.h"
#include "os/session_toy.h"

/* Whatever stands for a struct tls_server: it is only compared with NULL. */
static const struct session_service service = {
	.ops = &toy_ops,
	.tls = (struct tls_server *)(uintptr_t)16,
};

static void all_verdicts(void **state)
{
	static const struct {
		const char *in, *want;
		bool closed;
	} cases[] = {
		{"a\r\nb\r\n", "start\r\necho a\r\necho b\r\n", false},
		{"delay\r\na\r\n", "start\r\ndelayed\r\necho a\r\n", false},
		{"slices\r\na\r\n", "start\r\nagain\r\nagain\r\nagain\r\necho a\r\n", false},
		{"a\r\nquit\r\nb\r\n", "start\r\necho a\r\nbye\r\n", true},
		{"abort\r\n", "start\r\n", true},
		{"idle\r\na\r\n", "start\r\necho a\r\n", false},
		{"wait\r\na\r\n", "start\r\n", false},
		{"tls\r\n", "start\r\nready\r\ntls is up\r\n", false},
		{"tls\r\nevil\r\n", "start\r\nready\r\n", true},
		{"tls-drop\r\nevil\r\n", "start\r\nready\r\ntls is up\r\n", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (size_t chunk = 0; chunk < 5; chunk++) {
			struct clock clock;

			clock_init(&clock);
			struct session_mem *m = session_mem_new(&service, &clock, chunk);

			session_mem_feed(m, str_z(cases[i].in));
			assert_str(cases[i].in, session_mem_out(m), str_z(cases[i].want));
			assert_int_equal(session_mem_closed(m), cases[i].closed);
			session_mem_free(m);
		}
	}
}

static void big_answers(void **state)
{
	struct clock clock;

	(void)state;
	clock_init(&clock);
	struct session_mem *m = session_mem_new(&service, &clock, 0);

	session_mem_feed(m, STR("big\r\nquit\r\n"));
	assert_int_equal(session_mem_out(m).n, strlen("start\r\nbye\r\n") + TOY_BIG);
	assert_true(session_mem_closed(m));
	session_mem_free(m);
}

static void time_wake_end(void **state)
{
	struct clock clock;

	(void)state;
	clock_init(&clock);
	struct session_mem *m = session_mem_new(&service, &clock, 0);
	struct session *s = session_mem_session(m);

	session_mem_feed(m, STR("delay\r\nwait\r\nx\r\n"));
	assert_in_range(session_mem_delayed(m), 4 * NS_PER_S, 5 * NS_PER_S);
	assert_int_equal(session_mem_next(m).verb, SESSION_DO_WAIT);
	assert_false(session_mem_run(m));
	session_wake(s);
	assert_true(session_mem_run(m));
	assert_str("after the wake, what waited", session_mem_out(m),
		   STR("start\r\ndelayed\r\nwoken\r\necho x\r\n"));
	session_mem_timeout(m);
	assert_str("timeout", session_mem_out(m), STR("timeout\r\n"));
	assert_true(session_mem_closed(m));
	session_mem_free(m);

	m = session_mem_new(&service, &clock, 1);
	session_mem_feed(m, STR("quick"));
	session_mem_eof(m);
	assert_true(session_mem_closed(m));
	session_mem_free(m);

	m = session_mem_new(&service, &clock, 0);
	session_mem_shutdown(m);
	assert_str("shutdown", session_mem_out(m), STR("start\r\nshutdown\r\n"));
	assert_true(session_mem_closed(m));
	session_mem_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_verdicts),
		cmocka_unit_test(big_answers),
		cmocka_unit_test(time_wake_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
