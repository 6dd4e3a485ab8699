#include "base/test.h"

#include "os/session_mem.h"

/* A protocol that shows every verdict: each line is a command. */
struct toy {
	struct session base;
	int drains, agains;
	bool freed_is_fine;
};

static struct toy *toy_of(struct session *s)
{
	return CONTAINER_OF(s, struct toy, base);
}

static struct session_next command(struct session *s, struct str line)
{
	struct buf *out = conn_out(&s->conn);
	int64_t now = clock_mono(s->clock);

	if (str_eq(line, STR("delay")))
		return session_delay(now + 5 * NS_PER_S);
	if (str_eq(line, STR("wait")))
		return session_wait(now + 7 * NS_PER_S);
	if (str_eq(line, STR("idle")))
		return session_wait_input(0);
	if (str_eq(line, STR("tls")) && session_can_starttls(s)) {
		buf_str_add(out, STR("ready\r\n"));
		return session_starttls(SESSION_BEHIND_FAIL);
	}
	if (str_eq(line, STR("tls-drop")) && session_can_starttls(s))
		return session_starttls(SESSION_BEHIND_DROP);
	if (str_eq(line, STR("big"))) {
		toy_of(s)->drains = 3;
		return session_drain();
	}
	if (str_eq(line, STR("slices"))) {
		toy_of(s)->agains = 3;
		return session_again();
	}
	if (str_eq(line, STR("quit"))) {
		buf_str_add(out, STR("bye\r\n"));
		return session_close();
	}
	if (str_eq(line, STR("abort"))) {
		buf_str_add(out, STR("never seen\r\n"));
		return session_abort();
	}
	buf_strs(out, STR("echo "), line, STR("\r\n"));
	return session_input();
}

static struct session_next lines(struct session *s)
{
	struct session_next next = session_input();

	/* Waiting for input too while idle: what has come already must be looked at first. */
	while (next.verb == SESSION_DO_INPUT || next.verb == SESSION_DO_WAIT_INPUT) {
		struct str in = conn_in(&s->conn);
		ssize_t lf = str_chr(in, '\n');

		if (lf < 0)
			break;
		next = command(s, str_trim(str_sub(in, 0, (size_t)lf)));
		conn_take(&s->conn, (size_t)lf + 1);
	}
	if (next.verb == SESSION_DO_INPUT && conn_at_end(&s->conn))
		return session_close();
	return next;
}

static struct session_next toy_step(struct session *s, enum session_why why)
{
	static const char *const names[] = {
		"start\r\n",   NULL,        "timeout\r\n",   "delayed\r\n", "woken\r\n",
		"drained\r\n", "again\r\n", "tls is up\r\n", "shutdown\r\n"};
	struct toy *t = toy_of(s);

	if (names[why])
		buf_str_add(conn_out(&s->conn), str_z(names[why]));
	if (why == SESSION_TIMEOUT || why == SESSION_SHUTDOWN)
		return session_close();
	if (why == SESSION_DRAINED && --t->drains)
		return session_drain();
	if (why == SESSION_AGAIN && --t->agains)
		return session_again();
	return lines(s);
}

static void toy_free(struct session *s)
{
	toy_of(s)->freed_is_fine = true;
}

static const struct session_ops toy_ops = {
	.name = "toy",
	.size = sizeof(struct toy),
	.in_max = 64,
	.step = toy_step,
	.free = toy_free,
};

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
		{"big\r\na\r\n", "start\r\ndrained\r\ndrained\r\ndrained\r\necho a\r\n", false},
		{"slices\r\na\r\n", "start\r\nagain\r\nagain\r\nagain\r\necho a\r\n", false},
		{"a\r\nquit\r\nb\r\n", "start\r\necho a\r\nbye\r\n", true},
		{"abort\r\n", "start\r\n", true},
		{"idle\r\na\r\n", "start\r\necho a\r\n", false},
		{"wait\r\na\r\n", "start\r\n", false},
		{"tls\r\n", "start\r\nready\r\ntls is up\r\n", false},
		{"tls\r\nevil\r\n", "start\r\nready\r\n", true},
		{"tls-drop\r\nevil\r\n", "start\r\ntls is up\r\n", false},
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
		cmocka_unit_test(time_wake_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
