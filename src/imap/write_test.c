#include "imap/write.h"

#include "base/test.h"

static void w_date(struct buf *b, struct str s)
{
	uint64_t v = 0;

	assert_true(str_u64(s, INT64_MAX, &v));
	buf_imap_date_time(b, (int64_t)v);
}

static const struct {
	void (*write)(struct buf *b, struct str s);
	struct str in, want;
} cases[] = {
	{buf_imap_string, STR_INIT(""), STR_INIT("\"\"")},
	{buf_imap_string, STR_INIT("a\"\\b"), STR_INIT("\"a\\\"\\\\b\"")},
	{buf_imap_string, STR_INIT("a\r\nb"), STR_INIT("{4}\r\na\r\nb")},
	{buf_imap_string, STR_INIT("a\0b"), STR_INIT("{2}\r\nab")},
	{buf_imap_string, STR_INIT("\xc3\xa9"), STR_INIT("{2}\r\n\xc3\xa9")},
	{buf_imap_string_utf8, STR_INIT("\xc3\xa9"), STR_INIT("\"\xc3\xa9\"")},
	{buf_imap_string_utf8, STR_INIT("\xc3"), STR_INIT("{1}\r\n\xc3")},
	{buf_imap_nstring, STR_INIT("x"), STR_INIT("\"x\"")},
	{buf_imap_astring, STR_INIT("x]"), STR_INIT("x]")},
	{buf_imap_astring, STR_INIT("nil"), STR_INIT("\"nil\"")},
	{buf_imap_astring, STR_INIT("a b"), STR_INIT("\"a b\"")},
	{buf_imap_astring, STR_INIT(""), STR_INIT("\"\"")},
	{buf_imap_text, STR_INIT("a\r\n* OK"), STR_INIT("a??* OK")},
	{buf_imap_text, STR_INIT("[ALERT] x"), STR_INIT(":[ALERT] x")},
	{buf_imap_text, STR_INIT(""), STR_INIT("-")},
	{w_date, STR_INIT("837596665"), STR_INIT("\"17-Jul-1996 09:44:25 +0000\"")},
	{w_date, STR_INIT("9223372036854775807"), STR_INIT("\"31-Dec-9999 23:59:59 +0000\"")},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO out = BUF_INIT(65536);

		cases[i].write(&out, cases[i].in);
		assert_str(cases[i].want.p, buf_str(&out), cases[i].want);
	}
}

static void test_flags(void **state)
{
	BUF_AUTO out = BUF_INIT(256);

	(void)state;
	buf_imap_system_flags(&out, IMAP_FLAG_SEEN | IMAP_FLAG_DRAFT);
	assert_str("flags", buf_str(&out), STR("\\Seen \\Draft"));
	buf_imap_system_flags(&out, 0);
	assert_str("none added", buf_str(&out), STR("\\Seen \\Draft"));
	buf_clear(&out);
	buf_imap_nstring(&out, str_of(NULL, 0));
	assert_str("nil", buf_str(&out), STR("NIL"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
