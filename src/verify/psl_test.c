#include "base/test.h"

#include "verify/psl.h"

/* With the library's own list, whatever its age. */
static void organizational(void **state)
{
	static const struct {
		const char *domain, *icann, *all; /* NULL: nobody's */
	} cases[] = {
		{"example.com", "example.com", "example.com"},
		{"a.b.example.com", "example.com", "example.com"},
		{"A.Example.COM", "Example.COM", "Example.COM"},
		{"a.example.com.", "example.com", "example.com"},
		{"a.example.co.uk", "example.co.uk", "example.co.uk"},
		{"a.b.github.io", "github.io", "b.github.io"},
		{"github.io", "github.io", NULL},
		{"_dmarc.example.com", "example.com", "example.com"},
		{"a.b.unlisted", "b.unlisted", "b.unlisted"},
		{"a.m\303\274nchen.de", "m\303\274nchen.de", "m\303\274nchen.de"},
		{"a.xn--mnchen-3ya.de", "xn--mnchen-3ya.de", "xn--mnchen-3ya.de"},
		{"a.\347\213\256.\345\205\254\345\217\270.cn",
		 "\347\213\256.\345\205\254\345\217\270.cn",
		 "\347\213\256.\345\205\254\345\217\270.cn"},
		{"a.example\343\200\202com", "a.example\343\200\202com",
		 "a.example\343\200\202com"},
		{"co.uk", NULL, NULL},
		{"com", NULL, NULL},
		{"\345\205\254\345\217\270.cn", NULL, NULL},
		{"xn--55qx5d.cn", NULL, NULL},
		{"c.mm", NULL, NULL},
		{"localhost", NULL, NULL},
		{"", NULL, NULL},
		{".com", NULL, NULL},
		{"a..com", NULL, NULL},
		{"\303", NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (int s = PSL_ICANN; s <= PSL_ALL; s++) {
			struct str d = str_z(cases[i].domain);
			const char *want = s == PSL_ICANN ? cases[i].icann : cases[i].all;

			assert_str(cases[i].domain, psl_organizational_in(s, d),
				   want ? str_z(want) : d);
			if (psl_is_suffix_in(s, d) != !want)
				fail_msg("%s", cases[i].domain);
		}
	}
}

static void loading(void **state)
{
	assert_err(psl_load("/nonexistent"), ERR_CONFIG);
	assert_err(psl_load("/dev/null"), ERR_CONFIG);
	assert_true(psl_is_suffix(STR("co.uk"))); /* the list in use stays */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(organizational),
		cmocka_unit_test(loading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
