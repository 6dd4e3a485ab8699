#include "base/test.h"

#include "base/hex.h"

static void both_ways(void **state)
{
	BUF_AUTO b = BUF_INIT(100);
	BUF_AUTO back = BUF_INIT(100);

	(void)state;
	buf_hex(&b, STR("\0\x7f\xff z"));
	assert_str("lower case", buf_str(&b), STR("007fff207a"));
	assert_true(hex_decode(STR("007FfF207a"), &back));
	assert_str("either case", buf_str(&back), STR("\0\x7f\xff z"));
	assert_true(hex_decode(STR(""), &back));
}

static void strict(void **state)
{
	static const char *const bad[] = {"0", "0g", "0x00", " 00", "00 ", "-1", "@@", "``"};
	BUF_AUTO b = BUF_INIT(100);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (hex_decode(str_z(bad[i]), &b) || b.n)
			fail_msg("decoded %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways),
		cmocka_unit_test(strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
