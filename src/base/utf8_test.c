#include "base/test.h"

#include "base/utf8.h"

static void every_code_point(void **state)
{
	(void)state;
	for (uint32_t cp = 0; cp <= UTF8_LAST; cp++) {
		char t[4];
		uint32_t back = 1;

		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		size_t n = utf8_encode(cp, t);

		assert_int_equal(utf8_decode(str_of(t, n), 0, &back), n);
		assert_int_equal(back, cp);
		for (size_t cut = 1; cut < n; cut++)
			assert_int_equal(utf8_decode(str_of(t, cut), 0, &back), 0);
	}
}

/* Bytes to U+FFFD as Unicode 15 table 3-8 to 3-11 have it. */
static void repair(void **state)
{
	static const struct {
		const char *s, *want;
	} cases[] = {
		{"plain", "plain"},
		{"gr\303\274n", "gr\303\274n"},
		{"\xc0\xaf", "\ufffd\ufffd"},
		{"\xe0\x80\xaf", "\ufffd\ufffd\ufffd"},
		{"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},
		{"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42",
		 "\ufffd\ufffd\ufffd\ufffd\ufffd\x41\ufffd\ufffd\x42"},
		{"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", "\ufffd\ufffd\ufffd\ufffd\x41"},
		{"end\xe2\x82", "end\ufffd"},
		{"\xf8\x88\x80\x80\x80", "\ufffd\ufffd\ufffd\ufffd\ufffd"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(100);

		buf_utf8_repair(&b, str_z(cases[i].s));
		assert_str(cases[i].s, buf_str(&b), str_z(cases[i].want));
		assert_true(utf8_valid(buf_str(&b)));
		assert_int_equal(utf8_valid(str_z(cases[i].s)),
				 str_eq(str_z(cases[i].s), str_z(cases[i].want)));
	}
}

static void cut(void **state)
{
	(void)state;
	assert_str("whole", utf8_cut(STR("abc"), 3), STR("abc"));
	assert_str("ascii", utf8_cut(STR("abc"), 2), STR("ab"));
	assert_str("inside", utf8_cut(STR("a\xe2\x82\xac"), 3), STR("a"));
	assert_str("at the boundary", utf8_cut(STR("a\xe2\x82\xac."), 4), STR("a\xe2\x82\xac"));
	assert_str("nothing fits", utf8_cut(STR("\xf0\x9f\x98\x80"), 3), STR(""));
	assert_str("not UTF-8", utf8_cut(STR("\x80\x80\x80\x80\x80\x80"), 5),
		   STR("\x80\x80\x80\x80\x80"));
}

static void ascii(void **state)
{
	(void)state;
	assert_true(utf8_is_ascii(STR("")));
	assert_true(utf8_is_ascii(STR("0123456789\x7f")));
	assert_false(utf8_is_ascii(STR("0123456\x80")));
	assert_false(utf8_is_ascii(STR("012345678\x80")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point),
		cmocka_unit_test(repair),
		cmocka_unit_test(cut),
		cmocka_unit_test(ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
