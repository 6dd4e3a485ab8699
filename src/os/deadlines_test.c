#include "base/test.h"

#include "base/rand.h"
#include "os/deadlines.h"

enum { N = 300, ROUNDS = 20000 };

/* Against a plain array, with timers set, moved and removed at random. */
static void like_an_array(void **state)
{
	struct timer timers[N] = {0};
	int64_t at[N]; /* -1: not set */
	struct deadlines d = {0};
	struct rand_test r;

	(void)state;
	rand_test_init(&r, 1);
	assert_true(deadlines_room(&d, N));
	for (int i = 0; i < N; i++)
		at[i] = -1;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t i = rand_below(&r.src, N);

		if (rand_below(&r.src, 3)) {
			at[i] = (int64_t)rand_below(&r.src, 1000);
			deadlines_set(&d, &timers[i], at[i]);
			assert_int_equal(deadlines_at(&d, &timers[i]), at[i]);
		} else {
			at[i] = -1;
			deadlines_remove(&d, &timers[i]);
			assert_false(timer_is_set(&timers[i]));
		}
		int64_t first = INT64_MAX;

		for (int k = 0; k < N; k++)
			if (at[k] >= 0 && at[k] < first)
				first = at[k];
		if (first == INT64_MAX)
			assert_null(deadlines_first(&d));
		else
			assert_int_equal(deadlines_at(&d, deadlines_first(&d)), first);
	}
	deadlines_fini(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(like_an_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
