#include "imapd/testing.h"

#include "imap/parse.h"

/* A dialogue: what the client sends, what it gets. */
struct turn {
	struct str in, want;
};

static void play(struct session_mem *m, const char *name, const struct turn *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		session_mem_feed(m, t[i].in);
		assert_str(name, session_mem_out(m), t[i].want);
	}
}

#define PLAY(m, name, ...)                                    \
	play((m), (name), (const struct turn[]){__VA_ARGS__}, \
	     sizeof((const struct turn[]){__VA_ARGS__}) / sizeof(struct turn))
#define T(in, want)                          \
	{                                    \
		STR_INIT(in), STR_INIT(want) \
	}

#define MESSAGE                                                                             \
	"From: Ann <ann@example.org>\r\nTo: bob@example.org\r\nSubject: tests and more\r\n" \
	"Date: Mon, 1 Jan 2024 10:00:00 +0200\r\nMessage-ID: <1@example.org>\r\n\r\n"       \
	"Hello W\xc3\xb6rld\r\n"
/* its size */
enum { MESSAGE_N = sizeof(MESSAGE) - 1 };

/* A message with NUL in it, and as it stands in a literal. */
#define NUL_HEADER                    \
	"Subject: x\0y\r\nTo: \0\r\n" \
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
#define NUL_BODY "--b\r\nX: \0\r\n\r\n\0\0z\0\r\n--b--\r\n"
#define CHARS_HEADER                      \
	"Subject: x\x80y\r\nTo: \x80\r\n" \
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
#define CHARS_BODY "--b\r\nX: \x80\r\n\r\n\x80\x80z\x80\r\n--b--\r\n"

static void append(struct session_mem *m, const char *mailbox, const char *flags, const char *text)
{
	BUF_AUTO b = BUF_INIT(1 << 20);

	buf_printf(&b, "ap APPEND %s %s{%zu+}\r\n%s\r\n", mailbox, flags, strlen(text), text);
	session_mem_feed(m, buf_str(&b));
	struct str out = session_mem_out(m);

	if (str_find(out, STR("ap OK [APPENDUID "), 0) < 0)
		fail_msg("%.*s", STR_ARG(out));
}

static void test_read_mail(void **state)
{
	struct imapd_testing t;

	(void)state;
	for (size_t chunk = 0; chunk < 2; chunk++) {
		imapd_testing_begin(&t);
		struct session_mem *m = imapd_testing_user(&t, chunk);

		append(m, "inbox", "(\\Flagged $Junk work) \" 5-Feb-1994 12:00:00 +0100\" ",
		       MESSAGE);
		PLAY(m, "select",
		     T("a SELECT inbox\r\n",
		       "* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $Forwarded $Junk "
		       "$NotJunk $Phishing $MDNSent work)\r\n"
		       "* OK [PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft "
		       "$Forwarded $Junk $NotJunk $Phishing $MDNSent work \\*)] -\r\n"
		       "* 1 EXISTS\r\n* 0 RECENT\r\n* OK [UNSEEN 1] -\r\n"
		       "* OK [UIDVALIDITY 852082322] -\r\n* OK [UIDNEXT 2] -\r\n"
		       "* OK [HIGHESTMODSEQ 2] -\r\n* LIST () \"/\" Inbox\r\n"
		       "a OK [READ-WRITE] selected\r\n"));
		PLAY(m, "fetch facts",
		     T("a FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE UID)\r\n",
		       "* 1 FETCH (FLAGS (\\Flagged $Junk work) INTERNALDATE \"05-Feb-1994 "
		       "11:00:00 +0000\" RFC822.SIZE 158 UID 1)\r\na OK done\r\n"),
		     T("a FETCH 1 (ENVELOPE BODY)\r\n",
		       "* 1 FETCH (ENVELOPE (\"Mon, 1 Jan 2024 10:00:00 +0200\" \"tests and more\" "
		       "((\"Ann\" NIL \"ann\" \"example.org\")) ((\"Ann\" NIL \"ann\" "
		       "\"example.org\")) ((\"Ann\" NIL \"ann\" \"example.org\")) ((NIL NIL \"bob\" "
		       "\"example.org\")) NIL NIL NIL \"<1@example.org>\") BODY (\"text\" "
		       "\"plain\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 14 1))\r\n"
		       "a OK done\r\n"));
		PLAY(m, "fetch bytes",
		     T("a FETCH 1 (BODY.PEEK[HEADER.FIELDS (subject)] BODY[TEXT]<2.3> BODY[2])\r\n",
		       "* 1 FETCH (BODY[HEADER.FIELDS (subject)] {27}\r\nSubject: tests and "
		       "more\r\n\r\n BODY[TEXT]<2> {3}\r\nllo BODY[2] NIL FLAGS (\\Seen \\Flagged "
		       "$Junk work))\r\na OK done\r\n"),
		     T("a UID FETCH 1:* (BINARY[1] BINARY.SIZE[1])\r\n",
		       "* 1 FETCH (BINARY[1] {14}\r\nHello W\xc3\xb6rld\r\n BINARY.SIZE[1] 14 UID "
		       "1)\r\na OK done\r\n"),
		     T("a FETCH 2 FLAGS\r\n", "a BAD no such message number\r\n"),
		     T("a LOGOUT\r\n", "* BYE logging out\r\na OK done\r\n"));
		assert_true(session_mem_closed(m));
		session_mem_free(m);
		imapd_testing_end(&t);
	}
}

/* Connection limits, delays, deadlines. */

static void test_guessing(void **state)
{
	struct imapd_testing t;

	(void)state;
	imapd_testing_begin(&t);
	struct session_mem *m = imapd_testing_connect(&t, 0);

	for (int i = 1; i <= 6; i++) {
		PLAY(m, "wrong",
		     T("a LOGIN mox wrong\r\n", "a NO [AUTHENTICATIONFAILED] bad user/pass\r\n"));
		assert_int_equal(session_mem_session(m)->conn.slow, i >= 3);
	}
	/* The fifth waits one second, the sixth two; less what passed since the deadline was set.
	 */
	assert_int_equal((session_mem_delayed(m) + NS_PER_S / 2) / NS_PER_S, 3);
	session_mem_feed(m, STR("a LOGIN mox moxmoxmox\r\n"));
	assert_true(str_starts(session_mem_out(m), STR("a OK ")));
	assert_false(session_mem_session(m)->conn.slow);
	session_mem_free(m);
	imapd_testing_end(&t);
}

static void test_late_answer(void **state)
{
	struct imapd_testing t;

	(void)state;
	imapd_testing_begin(&t);
	t.hold_login = true;
	struct session_mem *m = imapd_testing_connect(&t, 0);

	PLAY(m, "held", T("a LOGIN mox moxmoxmox\r\nb NOOP\r\n", ""));
	session_mem_timeout(m);
	assert_str("too late", session_mem_out(m),
		   STR("a NO [UNAVAILABLE] temporary authentication failure\r\nb OK done\r\n"));
	imapd_testing_answer(&t, ERR_NONE);
	PLAY(m, "again", T("a LOGIN mox moxmoxmox\r\n", ""));
	imapd_testing_answer(&t, ERR_NONE);
	assert_true(session_mem_run(m));
	assert_true(str_starts(session_mem_out(m), STR("a OK ")));
	/* The session ends before an answer. */
	struct session_mem *gone = imapd_testing_connect(&t, 0);

	PLAY(gone, "held", T("a LOGIN mox moxmoxmox\r\n", ""));
	session_mem_free(gone);
	imapd_testing_answer(&t, ERR_NONE);
	session_mem_free(m);
	imapd_testing_end(&t);
}

static void test_deadlines(void **state)
{
	struct imapd_testing t;

	(void)state;
	imapd_testing_begin(&t);
	struct session_mem *m = imapd_testing_connect(&t, 0);

	assert_int_equal(session_mem_session(m)->read_timeout, 30 * NS_PER_S);
	session_mem_timeout(m);
	assert_str("stranger", session_mem_out(m),
		   STR("* BYE [UNAVAILABLE] idle for too long\r\n"));
	assert_true(session_mem_closed(m));
	session_mem_free(m);
	m = imapd_testing_user(&t, 0);
	session_mem_feed(m, STR("a NOOP\r\n"));
	assert_int_equal(session_mem_session(m)->read_timeout, 1800 * NS_PER_S);
	assert_int_equal(session_mem_session(m)->write_timeout, 300 * NS_PER_S);
	session_mem_feed(m, STR("a APPEND inbox {100}\r\nx"));
	assert_int_equal(session_mem_session(m)->read_timeout, 30 * NS_PER_S);
	session_mem_free(m);
	m = imapd_testing_user(&t, 0);
	session_mem_feed(m, STR("a IDLE\r\n"));
	session_mem_out(m);
	session_mem_shutdown(m);
	assert_str("shutdown", session_mem_out(m), STR("* BYE [UNAVAILABLE] shutting down\r\n"));
	session_mem_free(m);
	imapd_testing_end(&t);
}

static void test_tls(void **state)
{
	struct imapd_testing t;
	struct tls_server *some = (struct tls_server *)(uintptr_t)16;

	(void)state;
	imapd_testing_begin(&t);
	t.service.base.tls = some;
	t.service.settings.require_tls = true;
	struct session_mem *m = imapd_testing_connect(&t, 0);

	session_mem_feed(m, STR("a CAPABILITY\r\n"));
	struct str out = session_mem_out(m);

	assert_true(str_find(out, STR(" STARTTLS LOGINDISABLED\r\n"), 0) > 0);
	PLAY(m, "before",
	     T("a LOGIN mox moxmoxmox\r\n", "a NO [PRIVACYREQUIRED] STARTTLS is required\r\n"),
	     T("a AUTHENTICATE PLAIN AG1veABtb3htb3htb3g=\r\n",
	       "a NO [PRIVACYREQUIRED] STARTTLS is required\r\n"),
	     /* What was sent behind it in plain text is no command (CVE-2011-0411). */
	     T("a STARTTLS\r\nb NOOP\r\n", "a OK go ahead\r\n"),
	     T("c STARTTLS\r\n", "c BAD TLS is active\r\n"));
	session_mem_feed(m, STR("a CAPABILITY\r\n"));
	assert_true(str_find(session_mem_out(m), STR(" AUTH=PLAIN AUTH=LOGIN\r\n"), 0) > 0);
	session_mem_feed(m, STR("a LOGIN mox moxmoxmox\r\n"));
	assert_true(str_starts(session_mem_out(m), STR("a OK ")));
	/* RFC 4978 §3 */
	PLAY(m, "compress", T("a COMPRESS LZW\r\n", "a BAD only DEFLATE is known\r\n"),
	     T("b COMPRESS deflate\r\n", "b OK DEFLATE active\r\n"),
	     T("c NOOP\r\n", "c OK done\r\n"),
	     T("d COMPRESS DEFLATE\r\n", "d NO [COMPRESSIONACTIVE] compression is active\r\n"));
	session_mem_free(m);
	imapd_testing_end(&t);
}

/* Limits that the grammar's tests do not meet, as a session answers to them. */
static void test_limits(void **state)
{
	static const struct turn cases[] = {
		T("a APPEND inbox {1073741824}\r\n", "a NO [TOOBIG] message too large\r\n"),
		T("a APPEND inbox {1048576}\r\n", "+ send the message\r\n"),
		T("a APPEND inbox {1048577}\r\n", "a NO [TOOBIG] message too large\r\n"),
		T("a APPEND inbox {4097+}\r\n",
		  "* BYE [TOOBIG] non-synchronizing literal is too large\r\n"),
		T("a SEARCH TEXT {102401}\r\n", "a BAD [TOOBIG] literal is too large\r\n"),
		T("a SEARCH TEXT {102400}\r\n", "+ go ahead\r\n"),
		T("a SEARCH TEXT {1073741824+}\r\n",
		  "* BYE [TOOBIG] non-synchronizing literal is too large\r\n"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct imapd_testing t;

		imapd_testing_begin(&t);
		struct session_mem *m = imapd_testing_user(&t, 0);

		play(m, cases[i].in.p, &cases[i], 1);
		session_mem_free(m);
		imapd_testing_end(&t);
	}
}

/* A message with bare LF is kept with CRLF; a large one goes through a file. */
static void test_append_large(void **state)
{
	struct imapd_testing t;
	BUF_AUTO in = BUF_INIT(2 << 20);
	enum { LINES = 40000 };

	(void)state;
	imapd_testing_begin(&t);
	t.env.tmp_dirfd = open("/tmp", O_RDONLY | O_DIRECTORY);
	struct session_mem *m = imapd_testing_user(&t, 0);

	buf_printf(&in, "a APPEND inbox {%d}\r\n", LINES * 10);
	for (int i = 0; i < LINES; i++)
		buf_str_add(&in, STR("012345678\n"));
	buf_str_add(&in, STR("\r\nb SELECT inbox\r\n"));
	session_mem_feed(m, buf_str(&in));
	session_mem_out(m);
	BUF_AUTO want = BUF_INIT(2 << 20);

	buf_printf(&want, "* 1 FETCH (RFC822.SIZE %d BODY[] {%d}\r\n", LINES * 11, LINES * 11);
	for (int i = 0; i < LINES; i++)
		buf_str_add(&want, STR("012345678\r\n"));
	buf_str_add(&want, STR(")\r\nc OK done\r\n"));
	session_mem_feed(m, STR("c FETCH 1 (RFC822.SIZE BODY.PEEK[])\r\n"));
	assert_true(str_eq(session_mem_out(m), buf_str(&want)));
	session_mem_free(m);
	close(t.env.tmp_dirfd);
	imapd_testing_end(&t);
}

/* RFC 9051 §9, §4.3.1: no literal holds NUL but the literal8 that answers BINARY; sizes and offsets
 * are those of the message. */
static void test_nul(void **state)
{
	struct imapd_testing t;

	(void)state;
	for (size_t chunk = 0; chunk < 2; chunk++) {
		imapd_testing_begin(&t);
		struct session_mem *m = imapd_testing_user(&t, chunk);

		PLAY(m, "append",
		     T("a APPEND inbox ~{92+}\r\n" NUL_HEADER NUL_BODY "\r\n",
		       "a OK [APPENDUID 852082322 1] appended\r\n"));
		session_mem_feed(m, STR("a EXAMINE inbox\r\n"));
		session_mem_out(m);
		PLAY(m, "whole",
		     T("a FETCH 1 (RFC822.SIZE BODY[])\r\n",
		       "* 1 FETCH (RFC822.SIZE 92 BODY[] {92}\r\n" CHARS_HEADER CHARS_BODY
		       ")\r\na OK done\r\n"),
		     T("a FETCH 1 RFC822\r\n",
		       "* 1 FETCH (RFC822 {92}\r\n" CHARS_HEADER CHARS_BODY ")\r\na OK done\r\n"),
		     T("a FETCH 1 (BINARY[] BINARY.SIZE[])\r\n",
		       "* 1 FETCH (BINARY[] ~{92}\r\n" NUL_HEADER NUL_BODY
		       " BINARY.SIZE[] 92)\r\na OK done\r\n"));
		PLAY(m, "header",
		     T("a FETCH 1 (BODY[HEADER] RFC822.HEADER)\r\n",
		       "* 1 FETCH (BODY[HEADER] {66}\r\n" CHARS_HEADER
		       " RFC822.HEADER {66}\r\n" CHARS_HEADER ")\r\na OK done\r\n"),
		     T("a FETCH 1 (BODY[HEADER.FIELDS (To)] BODY[HEADER.FIELDS.NOT (To "
		       "Content-Type)]<9.3>)\r\n",
		       "* 1 FETCH (BODY[HEADER.FIELDS (To)] {9}\r\nTo: \x80\r\n\r\n "
		       "BODY[HEADER.FIELDS.NOT (To Content-Type)]<9> {3}\r\nx\x80y)\r\n"
		       "a OK done\r\n"));
		PLAY(m, "body",
		     T("a FETCH 1 (BODY[TEXT] RFC822.TEXT)\r\n",
		       "* 1 FETCH (BODY[TEXT] {26}\r\n" CHARS_BODY
		       " RFC822.TEXT {26}\r\n" CHARS_BODY ")\r\na OK done\r\n"),
		     T("a FETCH 1 (BODY[1] BODY[1.MIME] BINARY[1] BINARY.SIZE[1])\r\n",
		       "* 1 FETCH (BODY[1] {4}\r\n\x80\x80z\x80 BODY[1.MIME] {8}\r\nX: \x80\r\n\r\n "
		       "BINARY[1] ~{4}\r\n\0\0z\0 BINARY.SIZE[1] 4)\r\na OK done\r\n"),
		     T("a FETCH 1 (BODY[1]<1.2> BINARY[1]<1.2> BODY[]<10.1> BODY[]<91.9>)\r\n",
		       "* 1 FETCH (BODY[1]<1> {2}\r\n\x80z BINARY[1]<1> ~{2}\r\n\0z BODY[]<10> "
		       "{1}\r\n\x80 BODY[]<91> {1}\r\n\n)\r\na OK done\r\n"));
		session_mem_free(m);
		imapd_testing_end(&t);
	}
}

/* NULs at both ends of every piece in which a body is read. */
static void test_nul_large(void **state)
{
	enum { N = 300000 };
	struct imapd_testing t;
	BUF_AUTO in = BUF_INIT(1 << 20);
	BUF_AUTO want = BUF_INIT(1 << 20);

	(void)state;
	imapd_testing_begin(&t);
	struct session_mem *m = imapd_testing_user(&t, 0);

	buf_printf(&in, "a APPEND inbox ~{%d}\r\n", N);
	session_mem_feed(m, buf_str(&in));
	session_mem_out(m);
	buf_clear(&in);
	buf_str_add(&in, STR("\r\n"));
	while (in.n < N)
		buf_char(&in, in.n % 32768 == 0 || in.n % 32768 == 32767 ? '\0' : 'x');
	buf_printf(&want, "* 1 FETCH (BINARY[] ~{%d}\r\n", N);
	buf_strs(&want, buf_str(&in), STR(" BODY[] "));
	buf_printf(&want, "{%d}\r\n", N);
	for (size_t i = 0; i < in.n; i++)
		buf_char(&want, in.p[i] ? in.p[i] : '\x80');
	buf_str_add(&want, STR(")\r\na OK done\r\n"));
	buf_str_add(&in, STR("\r\na EXAMINE inbox\r\n"));
	session_mem_feed(m, buf_str(&in));
	session_mem_out(m);
	session_mem_feed(m, STR("a FETCH 1 (BINARY[] BODY[])\r\n"));
	assert_true(str_eq(session_mem_out(m), buf_str(&want)));
	session_mem_free(m);
	imapd_testing_end(&t);
}

/* Where the bytes of a literal that has begun can't be read, the connection ends: what came next
 * would be taken for them. */
static void test_fetch_cut(void **state)
{
	static const struct turn cases[] = {
		T("a FETCH 1 BODY.PEEK[]\r\n",
		  "* 1 FETCH (BODY[] {158}\r\n* BYE [UNAVAILABLE] error processing\r\n"),
		T("a FETCH 1 BODY.PEEK[HEADER.FIELDS (Subject)]\r\n",
		  "* 1 FETCH (BODY[HEADER.FIELDS (Subject)] {27}\r\nSubject: tests and more\r\n\r\n"
		  ")\r\na OK done\r\n"),
		T("a FETCH 1 (BINARY.PEEK[1] UID)\r\n",
		  "* 1 FETCH (UID 1)\r\na NO [CORRUPTION] error processing\r\n"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct imapd_testing t;
		BUF_AUTO segment = BUF_INIT(1 << 20);
		char path[200];

		imapd_testing_begin(&t);
		struct session_mem *m = imapd_testing_user(&t, 0);

		append(m, "inbox", "", MESSAGE);
		session_mem_feed(m, STR("a SELECT inbox\r\n"));
		session_mem_out(m);
		snprintf(path, sizeof(path), "%s/accounts/mox/mail/000001", t.store.root);
		assert_ok(file_read(AT_FDCWD, path, &segment));
		ssize_t at = str_find(buf_str(&segment), STR("\r\n\r\nHello"), 0) + 4;

		assert_true(at > 4);
		assert_int_equal(truncate(path, at), 0);
		play(m, cases[i].in.p, &cases[i], 1);
		int fd = open(path, O_WRONLY | O_CLOEXEC);

		assert_true(pwrite(fd, segment.p, segment.n, 0) == (ssize_t)segment.n);
		close(fd);
		session_mem_free(m);
		imapd_testing_end(&t);
	}
}

/* A message that is gone hides no other failure, in a later batch either; alone it is one for
 * message numbers. */
static void test_fetch_failures(void **state)
{
	static const struct {
		const char *command, *end;
	} cases[] = {
		{"a UID FETCH 1:* BINARY.PEEK[1]\r\n",
		 "\r\na NO [UNKNOWN-CTE] unknown content transfer encoding\r\n"},
		{"a FETCH 1:* BINARY.PEEK[1]\r\n",
		 "\r\na NO [UNKNOWN-CTE] unknown content transfer encoding\r\n"},
		{"a FETCH 2:* BINARY.PEEK[1]\r\n", "\r\na NO [EXPUNGEISSUED] message is gone\r\n"},
		{"a FETCH 1:59 BODY.PEEK[1]\r\n", "\r\na OK done\r\n"},
	};
	enum { N = 60 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct imapd_testing t;
		UIDS_AUTO last = {0};
		struct account *acc;
		struct mailbox inbox;
		uint64_t modseq;

		imapd_testing_begin(&t);
		struct session_mem *m = imapd_testing_user(&t, 0);

		append(m, "inbox", "", "Content-Transfer-Encoding: x-odd\r\n\r\nhi\r\n");
		for (int k = 1; k < N; k++)
			append(m, "inbox", "", "Subject: x\r\n\r\nhi\r\n");
		session_mem_feed(m, STR("a SELECT inbox\r\n"));
		session_mem_out(m);
		testing_uids(&last, "60");
		assert_ok(account_create(t.store.store, STR("mox"), &acc));
		assert_ok(mailbox_get(acc, STR("Inbox"), &t.store.arena, &inbox));
		assert_ok(entry_expunge(acc, inbox.id, &last, false, NULL, &modseq));
		session_mem_feed(m, str_z(cases[i].command));
		struct str out = session_mem_out(m);

		if (!str_ends(out, str_z(cases[i].end)))
			fail_msg("%s: got %.*s", cases[i].command, STR_ARG(out));
		account_close(acc);
		session_mem_free(m);
		imapd_testing_end(&t);
	}
}

/* More messages than any batch: a cursor answers for all, in order, whatever the peer reads at
 * once.
 */
static void test_many(void **state)
{
	struct imapd_testing t;
	BUF_AUTO want = BUF_INIT(1 << 20);
	enum { N = 1200 };

	(void)state;
	imapd_testing_begin(&t);
	struct session_mem *m = imapd_testing_user(&t, 0);
	struct account *acc;

	assert_ok(account_create(t.store.store, STR("mox"), &acc));
	for (int i = 0; i < N; i++)
		testing_append(acc, &t.store.arena, "Inbox", "Subject: x\r\n\r\nhi\r\n");
	session_mem_feed(m, STR("a SELECT inbox\r\n"));
	session_mem_out(m);
	for (int i = 1; i <= N; i++)
		buf_printf(&want, "* %d FETCH (UID %d FLAGS (\\Deleted))\r\n", i, i);
	buf_str_add(&want, STR("a OK done\r\n"));
	session_mem_feed(m, STR("a STORE 1:* FLAGS (\\Deleted)\r\n"));
	assert_str("store", session_mem_out(m), buf_str(&want));
	session_mem_feed(m, STR("a FETCH 1:* (UID FLAGS)\r\n"));
	assert_str("fetch", session_mem_out(m), buf_str(&want));
	PLAY(m, "search",
	     T("a UID SEARCH RETURN (ALL) DELETED\r\n",
	       "* ESEARCH (TAG \"a\") UID ALL 1:1200\r\na OK done\r\n"));
	buf_clear(&want);
	for (int i = N; i >= 1; i--)
		buf_printf(&want, "* %d EXPUNGE\r\n", i);
	buf_str_add(&want, STR("a OK expunged\r\n"));
	session_mem_feed(m, STR("a EXPUNGE\r\n"));
	assert_str("expunge", session_mem_out(m), buf_str(&want));
	account_close(acc);
	session_mem_free(m);
	imapd_testing_end(&t);
}

#define SEARCH(keys, found) T("a SEARCH " keys "\r\n", "* SEARCH" found "\r\na OK done\r\n")

/* What is found is decoded, folded, and the same whether its signature was asked or not. */
static void test_search_text(void **state)
{
	struct imapd_testing t;
	BUF_AUTO large = BUF_INIT(1 << 20);
	BUF_AUTO command = BUF_INIT(100);

	(void)state;
	imapd_testing_begin(&t);
	struct session_mem *m = imapd_testing_user(&t, 0);

	append(m, "inbox", "",
	       "Subject: =?iso-8859-1?q?Gr=FC=DFe?= again\r\nX-Odd: some\r\n\tvalue\r\n"
	       "From: =?utf-8?q?J=C3=B6rg?= <j@example.org>\r\n"
	       "Content-Type: text/plain; charset=iso-8859-1\r\n"
	       "Content-Transfer-Encoding: quoted-printable\r\n\r\nStra=DFe  im=\r\nmer\r\n");
	append(m, "inbox", "",
	       "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
	       "--x\r\nContent-Type: text/html\r\n\r\n"
	       "<a href=\"https://links.example\">cl<b>ick</b></a>\r\n"
	       "--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ntext\r\n"
	       "--x\r\nContent-Type: text/plain; name=file.txt\r\n"
	       "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8gd29ybGQ=\r\n--x--\r\n");
	buf_str_add(&large, STR("Subject: large\r\n\r\n"));
	while (large.n < 300 << 10)
		buf_str_add(&large, STR("the same line again and again\r\n"));
	buf_str_add(&large, STR("needle\r\n"));
	buf_printf(&command, "a APPEND inbox {%zu}\r\n", large.n);
	session_mem_feed(m, buf_str(&command));
	session_mem_out(m);
	session_mem_feed(m, buf_str(&large));
	session_mem_feed(m, STR("\r\n"));
	assert_true(str_starts(session_mem_out(m), STR("a OK [APPENDUID ")));
	session_mem_feed(m, STR("a SELECT inbox\r\n"));
	session_mem_out(m);
	PLAY(m, "header", SEARCH("SUBJECT {7+}\r\ngr\xc3\xbcsse", " 1"),
	     SEARCH("HEADER X-Odd \"E V\"", " 1"), SEARCH("HEADER X-Odd \"\"", " 1"),
	     SEARCH("HEADER X-Odd other", ""), SEARCH("FROM {5+}\r\nJ\xc3\x96RG", " 1"),
	     SEARCH("SUBJECT inner", ""));
	PLAY(m, "body", SEARCH("BODY \"STRASSE IMMER\"", " 1"), SEARCH("BODY click", " 2"),
	     SEARCH("BODY links.example", " 2"), SEARCH("BODY href", ""),
	     SEARCH("BODY \"hello world\"", " 2"), SEARCH("BODY inner", " 2"),
	     SEARCH("BODY file.txt", " 2"), SEARCH("BODY again", " 3"), SEARCH("BODY needle", " 3"),
	     SEARCH("BODY xylophonist", ""), SEARCH("BODY \"in\"", " 2 3"),
	     SEARCH("BODY \"\"", " 1 2 3"));
	PLAY(m, "text", SEARCH("TEXT again", " 1 3"), SEARCH("TEXT \"some value\"", " 1"),
	     SEARCH("TEXT x-odd", " 1"), SEARCH("TEXT nowhere", ""),
	     SEARCH("NOT TEXT inner", " 1 3"));
	session_mem_free(m);
	imapd_testing_end(&t);
}

/* Sets of message numbers and uids, in a mailbox with holes, against counting one by one. */
static void test_holes(void **state)
{
	static const char *const sets[] = {"1",       "*",   "2:4",         "39:*", "*:38,1",
					   "7,3,5:6", "1:*", "10:20,15:25", "40"};
	enum { N = 60, LEFT = 40 };
	struct imapd_testing t;
	struct account *acc;
	uint32_t uids[LEFT + 1];

	(void)state;
	imapd_testing_begin(&t);
	struct session_mem *m = imapd_testing_user(&t, 0);

	assert_ok(account_create(t.store.store, STR("mox"), &acc));
	for (int i = 0; i < N; i++)
		testing_append(acc, &t.store.arena, "Inbox", "Subject: x\r\n\r\nhi\r\n");
	account_close(acc);
	session_mem_feed(m,
			 STR("a SELECT inbox\r\na STORE 3,6,9,12,15,18,21,24,27,30,33,36,39,42,45,"
			     "48,51,54,57,60 +FLAGS.SILENT \\Deleted\r\na EXPUNGE\r\n"));
	session_mem_out(m);
	for (uint32_t uid = 1, n = 0; uid <= N; uid++) {
		if (uid % 3)
			uids[++n] = uid;
	}
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		for (int by_uid = 0; by_uid < 2; by_uid++) {
			BUF_AUTO in = BUF_INIT(1000), want = BUF_INIT(65536);
			struct arena a;
			struct imap_seqset set;
			struct cur c = cur_of(str_z(sets[i]));

			arena_init(&a, 65536);
			set = imap_x_seqset(&c, &a);
			assert_true(imap_seqset_resolve(set, by_uid ? uids[LEFT] : LEFT, &a, &set));
			for (uint32_t n = 1; n <= LEFT; n++) {
				if (imap_seqset_has(set, by_uid ? uids[n] : n))
					buf_printf(&want, "* %u FETCH (UID %u)\r\n", n, uids[n]);
			}
			buf_str_add(&want, STR("a OK done\r\n"));
			buf_printf(&in, "a %sFETCH %s UID\r\n", by_uid ? "UID " : "", sets[i]);
			session_mem_feed(m, buf_str(&in));
			assert_str(sets[i], session_mem_out(m), buf_str(&want));
			arena_fini(&a);
		}
	}
	session_mem_free(m);
	imapd_testing_end(&t);
}

/* Sets n keywords that were not there before; what comes of it, and of a NOOP. */
static struct str keywords_add(struct session_mem *m, int *number, int n)
{
	BUF_AUTO in = BUF_INIT(1 << 20);

	buf_str_add(&in, STR("a STORE 1 FLAGS.SILENT ("));
	for (int k = 0; k < n; k++)
		buf_printf(&in, "%s%0*d", k ? " " : "", (int)KEYWORD_MAX, (*number)++);
	buf_str_add(&in, STR(")\r\na NOOP\r\n"));
	session_mem_feed(m, buf_str(&in));
	return session_mem_out(m);
}

/* RFC 9051 §7.1 PERMANENTFLAGS: once no more keywords fit it is told again, without \*. */
static void test_keywords_full(void **state)
{
	struct imapd_testing t;
	struct str out;
	int number = 0;

	(void)state;
	imapd_testing_begin(&t);
	struct session_mem *m = imapd_testing_user(&t, 0);

	append(m, "inbox", "", "x: y\r\n");
	session_mem_feed(m, STR("a SELECT inbox\r\n"));
	assert_true(str_find(session_mem_out(m), STR(" $MDNSent \\*)] -\r\n"), 0) > 0);
	do {
		out = keywords_add(m, &number, KEYWORDS_MAX);
		assert_true(str_find(out, STR("PERMANENTFLAGS"), 0) < 0);
	} while (str_starts(out, STR("a OK ")));
	assert_true(str_starts(out, STR("a NO [LIMIT] ")));
	do {
		out = keywords_add(m, &number, 1);
		assert_true(str_starts(out, STR("a OK ")));
	} while (str_find(out, STR("* OK [PERMANENTFLAGS (\\Seen "), 0) < 0);
	assert_true(str_find(out, STR("\\*"), 0) < 0);
	assert_true(str_starts(keywords_add(m, &number, 1), STR("a NO [LIMIT] ")));
	session_mem_feed(m, STR("a SELECT inbox\r\n"));
	assert_true(str_find(session_mem_out(m), STR("\\*"), 0) < 0);
	session_mem_free(m);
	imapd_testing_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_mail),     cmocka_unit_test(test_guessing),
		cmocka_unit_test(test_late_answer),   cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_tls),           cmocka_unit_test(test_limits),
		cmocka_unit_test(test_append_large),  cmocka_unit_test(test_many),
		cmocka_unit_test(test_search_text),   cmocka_unit_test(test_holes),
		cmocka_unit_test(test_keywords_full), cmocka_unit_test(test_nul),
		cmocka_unit_test(test_nul_large),     cmocka_unit_test(test_fetch_failures),
		cmocka_unit_test(test_fetch_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
