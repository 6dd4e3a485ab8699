#include "base/test.h"

#include "base/regexp.h"

static void matches(void **state)
{
	static const struct {
		const char *regexp, *text;
		bool want;
	} cases[] = {
		{"", "anything", true},
		{"^(junk|spam)", "junk/old", true},
		{"^(junk|spam)", "my junk", false},
		{".*", "", true},
		{"^user(|\\+.*)@forward\\.example$", "user+x@forward.example", true},
		{"^user(|\\+.*)@forward\\.example$", "user@forward.example", true},
		{"^user(|\\+.*)@forward\\.example$", "user@forwardxexample", false},
		{"<name\\.lists\\.example\\.org>", "name <name.lists.example.org>", true},
		{"(?i)LIST", "a list", true},
		{"LIST", "a list", false},
		{"^\\d{2,3}$", "123", true},
		{"^\\d{2,3}$", "1234", false},
		{"^\\D+$", "ab", true},
		{"^\\w+$", "a_1", true},
		{"\\bab\\b", "x ab y", true},
		{"\\bab\\b", "xaby", false},
		{"^[\\w.-]+@", "a.b-c@", true},
		{"^[^\\s]+$", "a b", false},
		{"^[]a]+$", "]a", true},
		{"^[\\]\\-^[]+$", "]-^[", true},
		{"^[\\^]$", "^", true},
		{"^[\\^-]+$", "-^", true},
		{"^[^^]$", "^", false},
		{"^[\\\\]$", "\\", true},
		{"^[[:alpha:]_]+$", "ab_", true},
		{"^[\\W]$", "-", true},
		{"^[a-c\\-]+$", "a-c", true},
		{"a.*?b", "axxb", true},
		{"^(?:ab)+?$", "abab", true},
		{"\\Aab\\z", "ab", true},
		{"a\\/b\\@", "a/b@", true},
		{"x\\{2\\}", "x{2}", true},
		{"]", "]", true},
		{"}", "}", true},
		{"^\303\251", "\303\251t\303\251", true},
		{"a|", "", true},
		{"\\+\\*\\?\\(\\)\\|\\$", "+*?()|$", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct regexp r;
		const char *why = regexp_compile(str_z(cases[i].regexp), &r);

		if (why)
			fail_msg("%s: %s", cases[i].regexp, why);
		if (regexp_match(&r, str_z(cases[i].text), NULL, 0) != cases[i].want)
			fail_msg("%s on %s", cases[i].regexp, cases[i].text);
		regexp_fini(&r);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *regexp, *why;
	} cases[] = {
		{"(", "( without )"},
		{")", ") without ("},
		{"[a", "missing ]"},
		{"[", "missing ]"},
		{"*a", "repetition of nothing"},
		{"a**", "repetition of nothing"},
		{"^*", "repetition of nothing"},
		{"a{2", "bad repetition in { }"},
		{"a{,2}", "bad repetition in { }"},
		{"a{3,2}", "bad repetition in { }"},
		{"a{101}", "too many repetitions in { }"},
		{"((a{30}){30}){30}", "too many repetitions in { }"},
		{"(a)\\1", "unknown \\ sequence"},
		{"\\pL", "unknown \\ sequence"},
		{"[\\pL]", "unknown \\ sequence in brackets"},
		{"a\\", "backslash at the end"},
		{"[a\\", "unknown \\ sequence in brackets"},
		{"(?=a)", "(? other than (?: and a leading (?i)"},
		{"(?P<n>a)", "(? other than (?: and a leading (?i)"},
		{"a(?i)b", "(? other than (?: and a leading (?i)"},
		{"[z-a]", "bad range in brackets"},
		{"[a-\303\251]", "bad range in brackets"},
		{"[[:nope:]]", "unknown class in brackets"},
		{"[[:alpha]", "missing :] in brackets"},
		{"[^\\d\\D]", "brackets that match nothing"},
		{"((((((((((()))))))))))", "groups nested too deep"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *why = regexp_why_not(str_z(cases[i].regexp));

		assert_str(cases[i].regexp, str_z(why), str_z(cases[i].why));
	}
}

static void limits(void **state)
{
	char s[REGEXP_LENGTH_MAX + 1];

	memset(s, 'a', sizeof(s));
	assert_null(regexp_why_not(str_of(s, REGEXP_LENGTH_MAX)));
	assert_non_null(regexp_why_not(str_of(s, REGEXP_LENGTH_MAX + 1)));
	assert_null(regexp_why_not(STR("a{100}")));
	assert_null(regexp_why_not(STR("((((((((((a))))))))))")));
	assert_string_equal(regexp_why_not(STR("a\0b")), "NUL byte");
}

static void text_limit(void **state)
{
	static char s[REGEXP_TEXT_MAX + 1];
	struct regexp r;

	memset(s, 'a', sizeof(s));
	assert_null(regexp_compile(STR("b"), &r));
	s[REGEXP_TEXT_MAX - 1] = 'b';
	assert_true(regexp_match(&r, str_of(s, sizeof(s)), NULL, 0));
	s[REGEXP_TEXT_MAX - 1] = 'a';
	s[REGEXP_TEXT_MAX] = 'b';
	assert_false(regexp_match(&r, str_of(s, sizeof(s)), NULL, 0));
	regexp_fini(&r);
}

static void groups(void **state)
{
	struct regexp r;
	struct regexp_group g[3];

	assert_null(regexp_compile(STR("a(x)|b(y)"), &r));
	assert_true(regexp_match(&r, str_of("--by--", 6), g, 3));
	assert_int_equal(g[0].from, 2);
	assert_int_equal(g[0].to, 4);
	assert_int_equal(g[1].from, -1);
	assert_int_equal(g[2].from, 3);
	/* Not past the end of the piece. */
	assert_false(regexp_match(&r, str_of("--by--", 3), g, 3));
	regexp_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),    cmocka_unit_test(refused), cmocka_unit_test(limits),
		cmocka_unit_test(text_limit), cmocka_unit_test(groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
