#include "imap/envelope.h"

#include "base/test.h"

static const struct {
	const char *name;
	struct str header, want;
} cases[] = {
	{"nothing", STR_INIT("\r\n"), STR_INIT("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)")},
	{"RFC 9051 §8",
	 STR_INIT("Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
		  "From: Terry Gray <gray@cac.washington.edu>\r\n"
		  "Subject: IMAP4rev2 WG mtg summary and minutes\r\n"
		  "To: imap@cac.washington.edu\r\n"
		  "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
		  "Message-Id: <B27397-0100000@cac.washington.ed>\r\n\r\n"),
	 STR_INIT("(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" "
		  "\"IMAP4rev2 WG mtg summary and minutes\" "
		  "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
		  "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
		  "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
		  "((NIL NIL \"imap\" \"cac.washington.edu\")) "
		  "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")"
		  "(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL "
		  "\"<B27397-0100000@cac.washington.ed>\")")},
	{"empty fields", STR_INIT("Subject:\r\nFrom: a@b\r\nReply-To:\r\nTo: \r\n\r\n"),
	 STR_INIT("(NIL \"\" ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) "
		  "((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL)")},
	{"group", STR_INIT("To: A Group: x@y, z@w;\r\n\r\n"),
	 STR_INIT("(NIL NIL NIL NIL NIL ((NIL NIL \"A Group\" NIL)(NIL NIL \"x\" \"y\")"
		  "(NIL NIL \"z\" \"w\")(NIL NIL NIL NIL)) NIL NIL NIL NIL)")},
	{"folded, encoded words stay", STR_INIT("Subject: =?utf-8?q?a?=\r\n b\r\n\r\n"),
	 STR_INIT("(NIL \"=?utf-8?q?a?= b\" NIL NIL NIL NIL NIL NIL NIL NIL)")},
	{"no domain is no group", STR_INIT("From: root\r\n\r\n"),
	 STR_INIT("(NIL NIL ((NIL NIL \"root\" \"\")) ((NIL NIL \"root\" \"\")) "
		  "((NIL NIL \"root\" \"\")) NIL NIL NIL NIL NIL)")},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(65536);
		struct arena a;

		arena_init(&a, 1 << 20);
		buf_imap_envelope(&b, cases[i].header, &a);
		assert_str(cases[i].name, buf_str(&b), cases[i].want);
		arena_fini(&a);
	}
}

static size_t count(struct str s, struct str what)
{
	size_t n = 0;

	for (ssize_t at = 0; (at = str_find(s, what, (size_t)at)) >= 0; at++)
		n++;
	return n;
}

static void test_limit(void **state)
{
	BUF_AUTO h = BUF_INIT(1 << 20), b = BUF_INIT(1 << 20);
	struct arena a;

	(void)state;
	arena_init(&a, 16 << 20);
	buf_str_add(&h, STR("To: g:"));
	for (int i = 0; i < IMAP_ENVELOPE_ADDRESSES + 10; i++)
		buf_str_add(&h, i ? STR(",a@b") : STR("a@b"));
	buf_str_add(&h, STR(";, c@d\r\n\r\n"));
	buf_imap_envelope(&b, buf_str(&h), &a);
	assert_int_equal(count(buf_str(&b), STR("\"a\" \"b\"")), IMAP_ENVELOPE_ADDRESSES - 1);
	/* The group is closed all the same. */
	assert_int_equal(count(buf_str(&b), STR("(NIL NIL NIL NIL)")), 1);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
