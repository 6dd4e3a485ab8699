#include "base/test.h"

#include "base/utf8.h"
#include "smtp/limit.h"
#include "smtp/reply.h"

static void writes(void **state)
{
	struct smtp_reply ok = smtp_reply_of(SMTP_REPLY_OK);
	struct smtp_reply go = smtp_reply_of(SMTP_REPLY_DATA_GO);
	struct smtp_reply full = smtp_reply_of_err(ERR_DISK_FULL);
	struct smtp_reply many = smtp_reply_of(SMTP_REPLY_MULTIPLE_PERM);
	BUF_AUTO b = BUF_INIT(65536);

	(void)state;
	smtp_reply_write(&b, &ok, false);
	smtp_reply_write(&b, &go, false);
	full.id = STR("abc");
	smtp_reply_write(&b, &full, false);
	many.detail = STR("one\n550 \r\n250 two");
	smtp_reply_write(&b, &many, false);
	assert_str("replies", buf_str(&b),
		   STR("250 2.0.0 ok\r\n"
		       "354 go ahead, end with <CRLF>.<CRLF>\r\n"
		       "452 4.3.1 insufficient system storage (abc)\r\n"
		       "554-5.3.0 multiple errors: one\r\n"
		       "554-5.3.0 550 ?\r\n"
		       "554 5.3.0 250 two\r\n"));
}

static void long_text_is_folded(void **state)
{
	for (size_t n = 1; n < 3000; n += 7) {
		struct smtp_reply r = smtp_reply_of(SMTP_REPLY_OK);
		BUF_AUTO text = BUF_INIT(4096);
		BUF_AUTO b = BUF_INIT(65536);
		struct str line, rest;
		size_t got = 0;

		(void)state;
		while (text.n < n)
			buf_str_add(&text, text.n % 100 == 98 ? STR(" ") : STR("\xc3\xa9"));
		r.text = buf_str(&text);
		smtp_reply_write(&b, &r, true);
		assert_true(utf8_valid(buf_str(&b)));
		rest = buf_str(&b);
		while (str_cut(rest, '\n', &line, &rest)) {
			assert_in_range(line.n, 10, LIMIT_SMTP_REPLY_LINE - 1);
			assert_str("code", str_sub(line, 0, 3), STR("250"));
			assert_int_equal(line.p[3], rest.n ? '-' : ' ');
			got += line.n - strlen("250 2.0.0 \r");
		}
		assert_int_equal(got, text.n);
	}
}

static void text_is_sanitised(void **state)
{
	BUF_AUTO b = BUF_INIT(64);

	(void)state;
	buf_smtp_text(&b, STR("a\r\n\0\x7f\xc3\xa9\xff z"), false);
	assert_str("ascii", buf_str(&b), STR("a?????? z"));
}

static void utf8_where_allowed(void **state)
{
	BUF_AUTO b = BUF_INIT(64);

	(void)state;
	buf_smtp_text(&b, STR("\xc3\xa9\xff"), true);
	assert_str("utf8", buf_str(&b), STR("\xc3\xa9?"));
}

/* Each row: the class of the enhanced code is that of the reply code (RFC 3463 §2), and only 334
 * and 354 have none (RFC 2034 §3). */
static void table_is_consistent(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SMTP_REPLY_CODE_COUNT; i++) {
		struct smtp_reply r = smtp_reply_of(i);

		assert_in_range(r.code, 214, 555);
		if (r.enhanced[0])
			assert_int_equal(r.code / 100, r.enhanced[0] - '0');
		else
			assert_int_equal(r.code / 100, 3);
		assert_true(utf8_is_ascii(r.text));
		assert_true(r.text.n > 0 || i == SMTP_REPLY_AUTH_CHALLENGE);
	}
	for (unsigned i = 0; i < ERR_CODE_COUNT; i++)
		assert_int_equal(smtp_reply_of_err(i).code, err_row(i)->smtp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes),
		cmocka_unit_test(long_text_is_folded),
		cmocka_unit_test(text_is_sanitised),
		cmocka_unit_test(utf8_where_allowed),
		cmocka_unit_test(table_is_consistent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
