#include "base/test.h"

#include "base/base64.h"

/* RFC 4648 §10. */
static void vectors(void **state)
{
	static const struct {
		const char *plain, *coded;
	} cases[] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
		{"\377\376>?", "//4+Pw=="},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(100);
		BUF_AUTO back = BUF_INIT(100);

		buf_base64(&b, str_z(cases[i].plain));
		assert_str(cases[i].plain, buf_str(&b), str_z(cases[i].coded));
		assert_true(base64_decode(buf_str(&b), &back));
		assert_str(cases[i].coded, buf_str(&back), str_z(cases[i].plain));
	}
}

static void url(void **state)
{
	BUF_AUTO b = BUF_INIT(100);
	BUF_AUTO back = BUF_INIT(100);

	(void)state;
	buf_base64url(&b, STR("\377\376>?"));
	assert_str("url", buf_str(&b), STR("__4-Pw"));
	assert_true(base64url_decode(STR("__4-Pw"), &back));
	assert_str("back", buf_str(&back), STR("\377\376>?"));
	assert_false(base64url_decode(STR("__4-Pw=="), &back));
}

static void strict(void **state)
{
	static const char *const bad[] = {
		"Zg",   "Zg=",   "Zg===",  "=",        "====",     "Z===", "Zh==",
		"Zm9=", "Zm 9v", "Zm9v\n", "Zm9v====", "Zg==Zg==", "__4-", "Z",
	};
	BUF_AUTO b = BUF_INIT(100);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (base64_decode(str_z(bad[i]), &b))
			fail_msg("decoded %s", bad[i]);
		assert_int_equal(b.n, 0);
	}
	assert_false(base64_decode(STR("Zm9\0"), &b));
}

static void bounded(void **state)
{
	BUF_AUTO b = BUF_INIT(3);

	(void)state;
	assert_true(base64_decode(STR("Zm9v"), &b));
	assert_false(buf_failed(&b));
	assert_true(base64_decode(STR("Zm9v"), &b));
	assert_true(buf_failed(&b));
	assert_int_equal(b.n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(url),
		cmocka_unit_test(strict),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
