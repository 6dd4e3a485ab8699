#include "base/test.h"

#include "smtp/data.h"
#include "smtp/stuff.h"

static void stuff(struct str in, size_t chunk, struct buf *ret)
{
	struct smtp_stuff s = {0};

	for (size_t at = 0; at < in.n; at += chunk ? chunk : in.n)
		smtp_stuff_add(&s, str_sub(in, at, chunk ? at + chunk : in.n), ret);
	smtp_stuff_end(&s, ret);
}

static void stuffs(void **state)
{
	static const char *const cases[][2] = {
		{"", ".\r\n"},
		{"a\r\n", "a\r\n.\r\n"},
		{"a", "a\r\n.\r\n"},
		{".\r\n", "..\r\n.\r\n"},
		{".a\r\n..\r\na.\r\n", "..a\r\n...\r\na.\r\n.\r\n"},
		{"a\n.\n", "a\r\n..\r\n.\r\n"},
		{"a\r.\rb", "a\r\n..\r\nb\r\n.\r\n"},
		{"a\r\r\n.", "a\r\n\r\n..\r\n.\r\n"},
		{"\r", "\r\n.\r\n"},
		{"\r\n", "\r\n.\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (size_t chunk = 0; chunk < 3; chunk++) {
			BUF_AUTO b = BUF_INIT(4096);

			stuff(str_z(cases[i][0]), chunk, &b);
			assert_str(cases[i][0], buf_str(&b), str_z(cases[i][1]));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stuffs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
