/* session_toy: a protocol for the tests of the drivers: each line is a command, and each verdict
 * has one.
 */
#ifndef MOX_OS_SESSION_TOY_H
#define MOX_OS_SESSION_TOY_H

#include "os/session.h"

enum {
	TOY_BLOCK = 100 * 1000,
	TOY_BLOCKS = 200,
	TOY_BIG = TOY_BLOCK * TOY_BLOCKS, /* the answer to "big" */
};

struct toy {
	struct session base;
	int blocks, agains;
};

static struct toy *toy_of(struct session *s)
{
	return CONTAINER_OF(s, struct toy, base);
}

static struct session_next toy_block(struct session *s)
{
	if (toy_of(s)->blocks == 0)
		return session_input();
	toy_of(s)->blocks--;
	buf_char_n(conn_out(&s->conn), 'x', TOY_BLOCK);
	return session_drain();
}

static struct session_next toy_command(struct session *s, struct str line)
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
	if (str_eq(line, STR("tls-drop")) && session_can_starttls(s)) {
		buf_str_add(out, STR("ready\r\n"));
		return session_starttls(SESSION_BEHIND_DROP);
	}
	if (str_eq(line, STR("deflate")) && session_can_deflate(s)) {
		buf_str_add(out, STR("ready\r\n"));
		return session_deflate();
	}
	if (str_eq(line, STR("big"))) {
		toy_of(s)->blocks = TOY_BLOCKS;
		return toy_block(s);
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
	if (str_eq(line, STR("slow")) || str_eq(line, STR("fast")))
		conn_set_slow(&s->conn, line.p[0] == 's');
	if (str_eq(line, STR("who")))
		buf_strs(out, s->log.peer, STR("\r\n"));
	else
		buf_strs(out, STR("echo "), line, STR("\r\n"));
	return session_input();
}

static struct session_next toy_lines(struct session *s)
{
	struct session_next next = session_input();

	/* Waiting for input too while idle: what has come already must be looked at first. */
	while (next.verb == SESSION_DO_INPUT || next.verb == SESSION_DO_WAIT_INPUT) {
		struct str in = conn_in(&s->conn);
		ssize_t lf = str_chr(in, '\n');

		if (lf < 0)
			break;
		next = toy_command(s, str_trim(str_sub(in, 0, (size_t)lf)));
		conn_take(&s->conn, (size_t)lf + 1);
	}
	if (next.verb == SESSION_DO_INPUT && conn_at_end(&s->conn))
		return session_close();
	return next;
}

static struct session_next toy_step(struct session *s, enum session_why why)
{
	static const char *const words[] = {
		[SESSION_START] = "start\r\n",       [SESSION_TIMEOUT] = "timeout\r\n",
		[SESSION_DELAYED] = "delayed\r\n",   [SESSION_WOKEN] = "woken\r\n",
		[SESSION_AGAIN] = "again\r\n",       [SESSION_TLS] = "tls is up\r\n",
		[SESSION_SHUTDOWN] = "shutdown\r\n", [SESSION_DEFLATE] = "deflated\r\n",
	};
	struct session_next next = session_input();

	if (words[why])
		buf_str_add(conn_out(&s->conn), str_z(words[why]));
	if (why == SESSION_TIMEOUT || why == SESSION_SHUTDOWN)
		return session_close();
	if (why == SESSION_AGAIN && --toy_of(s)->agains)
		return session_again();
	if (why == SESSION_DRAINED)
		next = toy_block(s);
	return next.verb == SESSION_DO_INPUT ? toy_lines(s) : next;
}

static void toy_free(struct session *s)
{
	(void)s;
}

static const struct session_ops toy_ops = {
	.name = "toy",
	.size = sizeof(struct toy),
	.in_max = 64,
	.refusal = STR_INIT("too many\r\n"),
	.step = toy_step,
	.free = toy_free,
};

#endif
