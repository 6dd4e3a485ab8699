#include "smtpd/dialogue.h"
#include <errno.h>
#include <unistd.h>

static const struct str envelope = STR_INIT("EHLO a.example\r\nMAIL FROM:<x@y.example>\r\n"
					    "RCPT TO:<alice@mox.example>\r\n");

/* What is said behind the 354 (or the last reply), without the opaque id. */
static struct str last_reply(struct str out)
{
	out.n -= out.n > 2 ? 2 : 0;
	ssize_t lf = str_rchr(out, '\n');
	struct str line = str_from(out, (size_t)(lf + 1));
	ssize_t id = str_find(line, STR(" ("), 0);

	return id < 0 ? line : str_sub(line, 0, (size_t)id);
}

static struct str send_message(struct fake *f, struct str wire)
{
	fake_say(f, envelope);
	fake_say(f, STR("DATA\r\n"));
	return last_reply(fake_say(f, wire));
}

/* Each of these ends a message for some server somewhere. Here all of it up to CRLF.CRLF is one
 * message, which is refused; the commands in it are never run, those behind it are. */
static void smuggling(void **state)
{
	static const char *const ends[] = {
		"\n.\n",     "\n.\r\n",     "\r\n.\n",       "\r.\r",        "\r.\r\n",
		"\r\n.\r",   "\r\n.\r\r\n", "\n.\r",         "\r\n\r.\r\n",  "\n\n.\r\n",
		"\r\r\n.\n", "\r\n.\n\r",   "\n\r\n.\r\r\n", "\r\n.\r.\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		for (size_t chunk = 0; chunk < 3; chunk++) {
			struct fake f;
			BUF_AUTO wire = BUF_INIT(4096);

			fake_init(&f);
			fake_open(&f, chunk);
			buf_strs(&wire, STR("Subject: x\r\n\r\nbody"), str_z(ends[i]),
				 STR("MAIL FROM:<evil@y.example>\r\nRCPT TO:<bob@mox.example>\r\n"
				     "DATA\r\nSubject: smuggled\r\n\r\n.\r\n"));
			assert_str(
				ends[i], send_message(&f, buf_str(&wire)),
				STR("500 5.6.0 bare carriage return or line feed in the message"));
			assert_int_equal(f.deliveries, 0);
			assert_str("next", fake_say(&f, STR("NOOP\r\n")), STR("250 2.0.0 ok\r\n"));
			fake_fini(&f);
		}
	}
}

/* RFC 3030 §2: in a chunk a dot is a dot. */
static void chunks_have_no_end_of_data(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, 1);
	fake_say(&f, envelope);
	assert_str(
		"delivered",
		last_reply(fake_say(&f, STR("BDAT 32 LAST\r\nSubject: x\r\n\r\n.\r\n..\r\nQUIT\r\n"
					    ".\r\n\r\n"))),
		STR("250 2.6.0 it is done"));
	assert_true(str_ends(buf_str(&f.delivered), STR("\r\n\r\n.\r\n..\r\nQUIT\r\n.\r\n\r\n")));
	fake_say(&f, STR("RSET\r\n"));
	fake_say(&f, envelope);
	assert_str("spoiled", last_reply(fake_say(&f, STR("BDAT 3\r\na\n\nBDAT 0 LAST\r\n"))),
		   STR("500 5.6.0 bare carriage return or line feed in the message"));
	fake_say(&f, envelope);
	assert_str("CR at the end", last_reply(fake_say(&f, STR("BDAT 2 LAST\r\na\r"))),
		   STR("500 5.6.0 bare carriage return or line feed in the message"));
	assert_int_equal(f.deliveries, 1);
	fake_fini(&f);
}

static void nul(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, 0);
	assert_str("nul", send_message(&f, STR("Subject: a\0b\r\n\r\n.\r\n")),
		   STR("554 5.6.0 message contains a NUL byte"));
	fake_fini(&f);
}

/* A message of n octets: one header line, then lines of 80. */
static void message_of_size(struct buf *b, size_t n)
{
	struct str head = STR("Subject: x\r\n\r\n");
	size_t left = n - head.n;

	buf_str_add(b, head);
	while (left > 0) {
		size_t line = left > 160 ? 80 : left;

		buf_char_n(b, 'x', line - 2);
		buf_str_add(b, STR("\r\n"));
		left -= line;
	}
	buf_str_add(b, STR(".\r\n"));
}

static void size_limit(void **state)
{
	struct fake f;
	BUF_AUTO wire = BUF_INIT(4 << 20);

	(void)state;
	fake_init(&f);
	f.service.settings.max_size = 10000;
	fake_open(&f, 0);
	message_of_size(&wire, 10000);
	assert_str("at the limit", send_message(&f, buf_str(&wire)), STR("250 2.6.0 it is done"));
	buf_clear(&wire);
	message_of_size(&wire, 10001);
	assert_str("past it", send_message(&f, buf_str(&wire)), STR("552 5.3.4 message too large"));
	assert_false(session_mem_closed(f.m));
	buf_clear(&wire);
	for (int i = 0; i < 8000; i++)
		buf_str_add(&wire, STR("..\r\n"));
	fake_say(&f, envelope);
	fake_say(&f, STR("DATA\r\n"));
	/* Once, and that is all. */
	struct str out = fake_say(&f, buf_str(&wire));
	assert_str("much larger", last_reply(out), STR("552 5.3.4 message too large"));
	assert_true(str_chr(out, '\n') == (ssize_t)out.n - 1);
	assert_true(session_mem_closed(f.m));
	assert_int_equal(f.deliveries, 1);
	fake_fini(&f);
}

static void chunk_size_limit(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	f.service.settings.max_size = 10;
	fake_open(&f, 0);
	fake_say(&f, envelope);
	assert_str("past it", last_reply(fake_say(&f, STR("BDAT 12\r\n0123456789\r\n"))),
		   STR("552 5.3.4 message too large"));
	assert_str("gone", last_reply(fake_say(&f, STR("BDAT 0 LAST\r\n"))),
		   STR("503 5.5.1 bad sequence of commands"));
	fake_say(&f, envelope);
	assert_str("not worth reading", last_reply(fake_say(&f, STR("BDAT 9999999999\r\n"))),
		   STR("552 5.3.4 message too large"));
	assert_true(session_mem_closed(f.m));
	fake_fini(&f);
}

static struct str send_with_received(struct fake *f, unsigned n)
{
	BUF_AUTO wire = BUF_INIT(1 << 20);

	for (unsigned i = 0; i < n; i++)
		buf_str_add(&wire, STR("Received: by x\r\n"));
	buf_str_add(&wire, STR("\r\nReceived: in the body\r\n.\r\n"));
	return send_message(f, buf_str(&wire));
}

static void loops(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, 0);
	assert_str("100", send_with_received(&f, 100), STR("250 2.6.0 it is done"));
	assert_str("101", send_with_received(&f, 101),
		   STR("550 5.4.6 loop detected, too many Received headers"));
	fake_fini(&f);
}

static void temp_folder(struct fake *f, char *path)
{
	assert_non_null(mkdtemp(path));
	f->env.tmp_dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(f->env.tmp_dirfd >= 0);
}

static void temp_folder_end(struct fake *f, const char *path)
{
	close(f->env.tmp_dirfd);
	/* Fails if a spool file was left. */
	assert_int_equal(rmdir(path), 0);
}

/* Small ones stay in memory, large ones go through a file; both arrive as sent. */
static void spooled_message_arrives_whole(void **state)
{
	char path[] = "/tmp/mox-smtpd-XXXXXX";
	struct fake f;

	(void)state;
	fake_init(&f);
	temp_folder(&f, path);
	fake_open(&f, 1000);
	for (size_t n = SPOOL_MEMORY_MAX - 1; n < SPOOL_MEMORY_MAX + 200000; n += 66667) {
		BUF_AUTO wire = BUF_INIT(4 << 20);

		message_of_size(&wire, n);
		buf_clear(&f.delivered);
		assert_str("delivered", send_message(&f, buf_str(&wire)),
			   STR("250 2.6.0 it is done"));
		assert_true(str_ends(buf_str(&f.delivered),
				     str_sub(buf_str(&wire), 0, wire.n - strlen(".\r\n"))));
	}
	fake_fini(&f);
	temp_folder_end(&f, path);
}

static int no_space(void *arg, const struct fs_call *call)
{
	return call->op == FS_WRITE ? ENOSPC : 0;
}

static void disk_full(void **state)
{
	char path[] = "/tmp/mox-smtpd-XXXXXX";
	struct fake f;
	BUF_AUTO wire = BUF_INIT(4 << 20);

	(void)state;
	fake_init(&f);
	temp_folder(&f, path);
	f.fs.before = no_space;
	fake_open(&f, 0);
	message_of_size(&wire, 2 * SPOOL_MEMORY_MAX);
	assert_str("full", send_message(&f, buf_str(&wire)),
		   STR("452 4.3.1 insufficient system storage"));
	assert_str("go on", fake_say(&f, STR("NOOP\r\n")), STR("250 2.0.0 ok\r\n"));
	fake_say(&f, envelope);
	buf_clear(&wire);
	buf_printf(&wire, "BDAT %d\r\n", 2 * SPOOL_MEMORY_MAX);
	buf_char_n(&wire, 'x', 2 * SPOOL_MEMORY_MAX);
	assert_str("full, in a chunk", last_reply(fake_say(&f, buf_str(&wire))),
		   STR("452 4.3.1 insufficient system storage"));
	assert_int_equal(f.deliveries, 0);
	fake_fini(&f);
	temp_folder_end(&f, path);
}

static void peer_leaves(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, 0);
	fake_say(&f, envelope);
	fake_say(&f, STR("DATA\r\nSubject: x\r\n\r\n."));
	session_mem_eof(f.m);
	assert_true(session_mem_closed(f.m));
	assert_int_equal(f.deliveries, 0);
	fake_fini(&f);
}

static void digest(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, 1);
	send_message(&f, STR("a\r\n.\r\n"));
	/* printf 'a\r\n' | sha256sum */
	assert_string_equal(f.digest,
			    "8e4621379786ef42a4fec155cd525c291dd7db3c1fde3478522f4f61c03fd1bd");
	fake_fini(&f);
}

static void init_second_fails(struct fake *f)
{
	fake_init(f);
	f->results[1] = ERR_OVER_QUOTA;
}

static void init_second_bounces(struct fake *f)
{
	init_second_fails(f);
	f->service.settings.bounces = true;
}

static void init_both_fail(struct fake *f)
{
	fake_init(f);
	f->results[0] = ERR_NOT_ALLOWED;
	f->results[1] = ERR_OVER_QUOTA;
}

static void results(void **state)
{
	(void)state;
#define TWO \
	EHLO MAIL RCPT "C: RCPT TO:<bob@mox.example>\nS: 250 2.1.5 now on the list\n" DATA MESSAGE
	dialogue(fake_init, TWO DONE);
	/* Nobody can tell the sender, so the client must: better twice than never. */
	dialogue(init_second_fails, TWO "S: 452 4.2.2 mailbox full (ID)\n");
	dialogue(init_second_bounces, TWO DONE);
	dialogue(init_both_fail, TWO "S: 451 4.3.0 multiple errors (ID)\n");
}

/* Each piece may take 30 s, all of them together 30 minutes. */
static void data_takes_half_an_hour_at_most(void **state)
{
	struct fake f;
	int pieces = 0;

	(void)state;
	fake_init(&f);
	fake_open(&f, 0);
	dialogue_run(&f, EHLO MAIL RCPT DATA "C: Subject: x\n");
	for (; !session_mem_closed(f.m) && pieces < 1000; pieces++) {
		clock_step(&f.clock, 20 * NS_PER_S);
		fake_say(&f, STR("a line\r\n"));
		if (session_mem_next(f.m).until - clock_mono(&f.clock) < 15 * NS_PER_S)
			session_mem_timeout(f.m);
	}
	assert_int_equal(pieces, 90);
	dialogue_run(&f, "S: 451 4.4.2 message took too long, closing (ID)\n");
	fake_fini(&f);

	fake_init(&f);
	fake_open(&f, 0);
	dialogue_run(&f, EHLO MAIL RCPT DATA
		     "C: Subject: x\n"
		     "T:\nS: 421 4.4.2 timed out waiting for you, closing (ID)\n"
		     "closed\n");
	fake_fini(&f);
}

static void slow_and_delayed(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	f.slow = true;
	f.delay_ns = 15 * NS_PER_S;
	fake_open(&f, 0);
	dialogue_run(&f, EHLO MAIL RCPT DATA MESSAGE DONE);
	assert_true(session_mem_session(f.m)->conn.slow);
	assert_int_equal(dialogue_delayed_s(&f), 15);
	f.slow = false;
	dialogue_run(&f, MAIL RCPT DATA MESSAGE DONE);
	assert_false(session_mem_session(f.m)->conn.slow);
	fake_fini(&f);
}

static void init_localserve(struct fake *f)
{
	fake_init(f);
	f->service.settings.localserve = true;
	f->service.settings.pedantic = true;
}

static void localserve(void **state)
{
	struct fake f;

	(void)state;
	dialogue(init_localserve, EHLO
		 "C: MAIL FROM:<mailfromtemperror@y.example>\n"
		 "S: 451 4.3.0 temporary error as asked for (ID)\n"
		 "C: MAIL FROM:<mailfrom544@y.example>\n"
		 "S: 544 5.3.0 permanent error as asked for (ID)\n"
		 "C: MAIL FROM:<permerror@y.example>\n"
		 "S: 250 2.1.0 looking good\n"
		 "C: RCPT TO:<rcpttopermerror@mox.example>\n"
		 "S: 550 5.3.0 permanent error as asked for (ID)\n"
		 "C: RCPT TO:<x450@mox.example>\n"
		 "S: 250 2.1.5 now on the list\n" DATA MESSAGE
		 "S: 450 4.3.0 temporary error as asked for (ID)\n" MAIL RCPT DATA MESSAGE DONE);
	init_localserve(&f);
	fake_open(&f, 0);
	dialogue_run(&f, EHLO MAIL
		     "C: RCPT TO:<timeout@mox.example>\nS: 250 2.1.5 now on the list\n" DATA MESSAGE
		     "S: 451 4.3.0 temporary error as asked for (ID)\n" MAIL);
	assert_int_equal(dialogue_delayed_s(&f), 3600);
	fake_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smuggling),
		cmocka_unit_test(chunks_have_no_end_of_data),
		cmocka_unit_test(nul),
		cmocka_unit_test(size_limit),
		cmocka_unit_test(chunk_size_limit),
		cmocka_unit_test(loops),
		cmocka_unit_test(spooled_message_arrives_whole),
		cmocka_unit_test(disk_full),
		cmocka_unit_test(peer_leaves),
		cmocka_unit_test(digest),
		cmocka_unit_test(results),
		cmocka_unit_test(data_takes_half_an_hour_at_most),
		cmocka_unit_test(slow_and_delayed),
		cmocka_unit_test(localserve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
