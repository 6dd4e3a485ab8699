#include "base/test.h"

#include "format/mbox.h"

static void messages(void **state)
{
	static const char file[] = "From a@b Mon Jan  2 15:04:05 2006\n"
				   "Subject: one\n"
				   "\n"
				   ">From here\n"
				   "From there\n"
				   ">>From deep\n"
				   "> quoted\n"
				   "\n"
				   "From c@d Tue Jan  3 00:00:00 2006\r\n"
				   "Subject: two\r\n"
				   "\r\n"
				   "From e@f Wed Jan  4 00:00:00 2006\n"
				   "no end";
	static const char *const want[] = {
		"Subject: one\r\n\r\nFrom here\r\nFrom there\r\n>From deep\r\n> quoted\r\n",
		"Subject: two\r\n",
		"no end\r\n",
	};
	struct mbox m;
	struct mbox_message msg;
	int64_t t;

	(void)state;
	assert_true(mbox_open(str_z(file), &m));
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		BUF_AUTO b = BUF_INIT(1000);

		assert_true(mbox_next(&m, &msg));
		mbox_message(msg.raw, &b);
		assert_str("message", buf_str(&b), str_z(want[i]));
		assert_true(mbox_from_time(msg.from, &t));
		assert_int_equal(t / 86400, 13150 + (int64_t)i);
	}
	assert_false(mbox_next(&m, &msg));
	assert_false(mbox_open(STR("Subject: x\n"), &m));
	assert_true(mbox_open(STR(""), &m));
	assert_false(mbox_next(&m, &msg));
}

static void line_ends(void **state)
{
	BUF_AUTO a = BUF_INIT(100);
	BUF_AUTO b = BUF_INIT(100);

	(void)state;
	buf_crlf(&a, STR("a\nb\r\nc\rd\n\n"));
	assert_str("crlf", buf_str(&a), STR("a\r\nb\r\nc\rd\r\n\r\n"));
	buf_lf(&b, buf_str(&a));
	assert_str("lf", buf_str(&b), STR("a\nb\nc\rd\n\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(messages), cmocka_unit_test(line_ends)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
