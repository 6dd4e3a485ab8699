#include "base/test.h"

#include "format/mutf7.h"

static void both_ways(void **state)
{
	static const struct {
		const char *mutf7, *utf8;
	} cases[] = {
		{"", ""},
		{"INBOX", "INBOX"},
		{"a&-b", "a&b"},
		/* RFC 3501 §5.1.3's own example */
		{"~peter/mail/&U,BTFw-/&ZeVnLIqe-",
		 "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"},
		{"Entw&APw-rfe", "Entw\xc3\xbcrfe"},
		{"&2D3eAA-", "\xf0\x9f\x98\x80"},
		{"&AAk-", "\t"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);

		assert_ok(mutf7_decode(str_z(cases[i].mutf7), &b));
		assert_str(cases[i].mutf7, buf_str(&b), str_z(cases[i].utf8));
		buf_clear(&b);
		mutf7_encode(str_z(cases[i].utf8), &b);
		assert_str(cases[i].mutf7, buf_str(&b), str_z(cases[i].mutf7));
	}
}

static void refused(void **state)
{
	static const char *const cases[] = {
		"&",     "&AGE-", "&2D0-",      "&3gA-",    "&A-",    "&AP/-", "\xc3\xbc",
		"&APwA", "&APx-", "&APw-&APw-", "a&AAAAAA", "&2D0A-", "\t",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);

		if (err_is_ok(mutf7_decode(str_z(cases[i]), &b)))
			fail_msg("%s was taken", cases[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
