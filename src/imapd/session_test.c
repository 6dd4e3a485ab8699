#include "imapd/testing.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_mail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
