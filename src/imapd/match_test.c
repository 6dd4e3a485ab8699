#include "imapd/match.h"

#include "base/test.h"

static const struct {
	const char *pattern, *name;
	bool want;
} cases[] = {
	{"*", "", true},
	{"*", "a/b", true},
	{"%", "a", true},
	{"%", "a/b", false},
	{"%/%", "a/b", true},
	{"a/%", "a/b", true},
	{"a/%", "a/b/c", false},
	{"a*", "a/b/c", true},
	{"*b", "a/b", true},
	{"%b", "a/b", false},
	{"", "", true},
	{"", "a", false},
	{"a", "A", false},
	{"inbox", "Inbox", true},
	{"INB%", "Inbox", true},
	{"inbox/a", "Inbox/a", true},
	{"inbox/a", "Inbox/A", false},
	{"inboxes", "Inboxes", false},
	{"**%%*", "x/y", true},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (imapd_match(str_z(cases[i].pattern), str_z(cases[i].name)) != cases[i].want)
			fail_msg("%s %s", cases[i].pattern, cases[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
