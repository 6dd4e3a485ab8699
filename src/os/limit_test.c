#include "base/test.h"

#include "os/clock.h"
#include "os/limit.h"

static struct ip ip4(unsigned a, unsigned b, unsigned c, unsigned d)
{
	return (struct ip){
		.family = 4,
		.b = {(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d},
	};
}

/* Each class at its maximum and one more; features.md §1. */
static void connections_at_the_limit(void **state)
{
	struct clock clock;

	(void)state;
	clock_init(&clock);
	struct limit *l = limit_new(&clock, &limit_connections_open);

	for (int i = 0; i < 30; i++)
		assert_true(limit_add(l, ip4(192, 0, 2, 1), 1));
	assert_false(limit_can_add(l, ip4(192, 0, 2, 1), 1));
	assert_false(limit_add(l, ip4(192, 0, 2, 1), 1));
	/* the /26 around it */
	for (unsigned i = 0; i < 60; i++)
		assert_true(limit_add(l, ip4(192, 0, 2, 2 + i % 2), 1));
	assert_false(limit_add(l, ip4(192, 0, 2, 60), 1));
	/* the /21 */
	for (unsigned i = 0; i < 180; i++)
		assert_true(limit_add(l, ip4(192, 0, 3 + i / 60, i % 60), 1));
	assert_false(limit_add(l, ip4(192, 0, 7, 255), 1));
	assert_true(limit_add(l, ip4(192, 0, 8, 0), 1));
	/* all-time: no window ends, only what is taken back counts */
	clock_step(&clock, 1000 * 3600 * NS_PER_S);
	assert_false(limit_add(l, ip4(192, 0, 2, 1), 1));
	limit_sub(l, ip4(192, 0, 2, 1), 1);
	assert_true(limit_add(l, ip4(192, 0, 2, 1), 1));
	limit_free(l);
}

static void rate_in_windows(void **state)
{
	static const struct limit_opts login = {
		.windows = {{.ns = 60 * NS_PER_S, .max = {10, 30, 90}},
			    {.ns = 24 * 3600 * NS_PER_S, .max = {50, 150, 450}}},
	};
	struct clock clock;

	(void)state;
	clock_init(&clock);
	struct limit *l = limit_new(&clock, &login);
	struct ip a = ip4(198, 51, 100, 7);

	/* To just after the beginning of a day, so that the steps below stay in it. */
	clock_step(&clock, 24 * 3600 * NS_PER_S - clock_mono(&clock) % (24 * 3600 * NS_PER_S));
	for (int minute = 0; minute < 5; minute++) {
		for (int i = 0; i < 10; i++)
			assert_true(limit_add(l, a, 1));
		assert_false(limit_add(l, a, 1));
		clock_step(&clock, 60 * NS_PER_S);
	}
	assert_false(limit_add(l, a, 1)); /* the day's 50 */
	limit_reset(l, a);
	assert_true(limit_add(l, a, 10));
	assert_false(limit_add(l, a, 1));
	clock_step(&clock, 24 * 3600 * NS_PER_S);
	assert_true(limit_add(l, a, 10));
	limit_free(l);
}

static void loopback_can_be_free(void **state)
{
	struct limit_opts opts = limit_connections_open;
	struct clock clock;

	(void)state;
	clock_init(&clock);
	opts.exempt_loopback = true;
	struct limit *l = limit_new(&clock, &opts);

	for (int i = 0; i < 1000; i++)
		assert_true(limit_add(l, ip4(127, 0, 0, 1), 1));
	assert_false(limit_add(l, ip4(192, 0, 2, 1), 31));
	limit_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_at_the_limit),
		cmocka_unit_test(rate_in_windows),
		cmocka_unit_test(loopback_can_be_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
