#include "base/test.h"

#include "base/rand.h"

static void same_for_same_seed(void **state)
{
	struct rand_test a, b;
	char x[21] = {0}, y[21] = {0};

	(void)state;
	rand_test_init(&a, 7);
	rand_test_init(&b, 7);
	rand_fill(&a.src, x, 20);
	rand_fill(&b.src, y, 20);
	assert_memory_equal(x, y, 21);
	rand_test_init(&b, 8);
	rand_fill(&b.src, y, 20);
	assert_memory_not_equal(x, y, 20);
}

static void below(void **state)
{
	struct rand_test t;
	unsigned seen[6] = {0};

	(void)state;
	rand_test_init(&t, 1);
	for (int i = 0; i < 6000; i++) {
		uint64_t v = rand_below(&t.src, 6);

		assert_in_range(v, 0, 5);
		seen[v]++;
	}
	for (int i = 0; i < 6; i++)
		assert_in_range(seen[i], 900, 1100);
	assert_int_equal(rand_below(&t.src, 1), 0);
	assert_true(rand_below(&t.src, UINT64_MAX) < UINT64_MAX);
}

static void system_differs(void **state)
{
	(void)state;
	assert_true(rand_u64(rand_system()) != rand_u64(rand_system()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_for_same_seed),
		cmocka_unit_test(below),
		cmocka_unit_test(system_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
