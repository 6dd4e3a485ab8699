#include "base/test.h"

#include "base/secret.h"

static void holds_and_forgets(void **state)
{
	SECRET_AUTO s = {0};

	(void)state;
	assert_false(secret_is_set(&s));
	assert_false(secret_eq(&s, STR("")));
	assert_true(secret_set(&s, STR("tea\0pot")));
	assert_true(secret_eq(&s, STR("tea\0pot")));
	assert_false(secret_eq(&s, STR("tea\0poT")));
	assert_false(secret_eq(&s, STR("tea")));
	/* From its own bytes: the copy is made before the old ones are wiped. */
	assert_true(secret_set(&s, str_sub(secret_view(&s), 0, 3)));
	assert_str("view", secret_view(&s), STR("tea"));
	assert_true(secret_set(&s, STR("")));
	assert_true(secret_is_set(&s));
	assert_true(secret_eq(&s, STR("")));
	secret_fini(&s);
	assert_false(secret_is_set(&s));
}

static void wipe(void **state)
{
	char p[5] = "abcd";

	(void)state;
	secret_wipe(p + 1, 2);
	assert_memory_equal(p, "a\0\0d", 5);
	secret_wipe(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_and_forgets),
		cmocka_unit_test(wipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
