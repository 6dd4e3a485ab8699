#include "base/test.h"

#include "base/buf.h"
#include "format/mailbox_name.h"

static void names(void **state)
{
	static const struct {
		const char *name, *why;
	} cases[] = {
		{"Inbox", NULL},
		{"Lists/a b & c%*", NULL},
		{"caf\303\251", NULL},
		{"...", NULL},
		{"", "a level of it is empty"},
		{"/a", "a level of it is empty"},
		{"a/", "a level of it is empty"},
		{"a//b", "a level of it is empty"},
		{"a/../b", "\".\" and \"..\" are no names"},
		{".", "\".\" and \"..\" are no names"},
		{"a\tb", "it has control characters"},
		{"a\302\205", "it has control characters"},
		{"a\342\200\250", "it has control characters"},
		{"\377", "it is not UTF-8"},
		{"cafe\314\201", "it is not in Unicode normalization form C"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_str(cases[i].name, str_z(mailbox_name_wrong(str_z(cases[i].name))),
			   str_z(cases[i].why));
}

static void limits(void **state)
{
	char s[MAILBOX_NAME_MAX + 1];
	BUF_AUTO levels = BUF_INIT(1000);

	memset(s, 'a', sizeof(s));
	assert_null(mailbox_name_wrong(str_of(s, MAILBOX_NAME_MAX)));
	assert_string_equal(mailbox_name_wrong(str_of(s, MAILBOX_NAME_MAX + 1)), "it is too long");
	for (int i = 1; i < MAILBOX_LEVELS_MAX; i++)
		buf_str_add(&levels, STR("a/"));
	buf_char(&levels, 'a');
	assert_null(mailbox_name_wrong(buf_str(&levels)));
	buf_str_add(&levels, STR("/a"));
	assert_string_equal(mailbox_name_wrong(buf_str(&levels)), "it has too many levels");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(limits)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
