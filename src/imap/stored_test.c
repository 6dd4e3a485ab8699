#include "imap/stored.h"

#include "base/test.h"

static void test_string(void **state)
{
	BUF_AUTO b = BUF_INIT(65536);
	BUF_AUTO longer = BUF_INIT(65536);

	(void)state;
	buf_imap_stored_string(&b, STR("a\"\\\r\n\0\xc3\xa9"));
	assert_str("kept", buf_str(&b), STR("\"a\\\"\\\\\xc3\xa9\""));
	buf_clear(&b);
	buf_char_n(&longer, 'x', IMAP_STORED_STRING_MAX + 1);
	buf_imap_stored_string(&b, buf_str(&longer));
	assert_int_equal(b.n, IMAP_STORED_STRING_MAX + 2);
}

static const struct {
	struct str in, ascii, utf8;
} cases[] = {
	{STR_INIT("(\"a\" NIL)"), STR_INIT("(\"a\" NIL)"), STR_INIT("(\"a\" NIL)")},
	{STR_INIT("(\"a\" \"\xc3\xa9\" 1)"), STR_INIT("(\"a\" {2}\r\n\xc3\xa9 1)"),
	 STR_INIT("(\"a\" \"\xc3\xa9\" 1)")},
	{STR_INIT("(\"\xe9\\\"\" \"\xc3\xa9\")"), STR_INIT("({2}\r\n\xe9\" {2}\r\n\xc3\xa9)"),
	 STR_INIT("({2}\r\n\xe9\" \"\xc3\xa9\")")},
	{STR_INIT("\"\xe9"), STR_INIT("{1}\r\n\xe9"), STR_INIT("{1}\r\n\xe9")},
};

static void test_send(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO a = BUF_INIT(1000), u = BUF_INIT(1000);

		buf_imap_stored(&a, cases[i].in, false);
		buf_imap_stored(&u, cases[i].in, true);
		assert_str("ascii", buf_str(&a), cases[i].ascii);
		assert_str("utf8", buf_str(&u), cases[i].utf8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_string),
		cmocka_unit_test(test_send),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
