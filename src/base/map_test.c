#include "base/test.h"

#include "base/attr.h"
#include "base/map.h"

enum { KEYS = 500 };

/* Random puts and removes against a plain array. */
static void against_array(void **state)
{
	static char names[KEYS][8];
	static int values[KEYS];
	bool in[KEYS] = {0};
	size_t n = 0;
	uint64_t rnd = 1;
	struct map m;

	(void)state;
	map_init(&m, KEYS, (struct map_seed){{1, 2}});
	for (int i = 0; i < KEYS; i++)
		snprintf(names[i], sizeof(names[i]), "k%d", i);
	for (int step = 0; step < 20000; step++) {
		rnd = rnd * 6364136223846793005u + 1442695040888963407u;
		int i = (int)((rnd >> 33) % KEYS);
		bool put = step < 8000 ? rnd >> 62 : !(rnd >> 62);
		void *old;

		if (put) {
			assert_true(map_put(&m, str_z(names[i]), &values[i], &old));
			n += !in[i];
		} else {
			old = map_remove(&m, str_z(names[i]));
			n -= in[i];
		}
		assert_ptr_equal(old, in[i] ? &values[i] : NULL);
		in[i] = put;
		assert_int_equal(m.n, n);
	}
	for (int i = 0; i < KEYS; i++)
		assert_ptr_equal(map_get(&m, str_z(names[i])), in[i] ? &values[i] : NULL);
	map_for_each (&m, e)
		n--;
	assert_int_equal(n, 0);
	map_fini(&m);
}

static void bounded(void **state)
{
	struct map m;
	void *old;
	int x, y;

	(void)state;
	map_init(&m, 1, (struct map_seed){{0, 0}});
	assert_null(map_get(&m, STR("a")));
	assert_true(map_put(&m, STR("a"), &x, &old));
	assert_null(old);
	assert_false(map_put(&m, STR("b"), &x, &old));
	assert_true(map_put(&m, STR("a"), &y, &old));
	assert_ptr_equal(old, &x);
	assert_ptr_equal(map_get(&m, STR("a")), &y);
	assert_null(map_remove(&m, STR("b")));
	assert_ptr_equal(map_remove(&m, STR("a")), &y);
	map_fini(&m);
}

/* Values of an independent implementation (Rust's core::hash::SipHasher13), key 00 01 .. 0f. */
static void siphash(void **state)
{
	static const uint64_t want[] = {
		0xabac0158050fc4dc, 0xc9f49bf37d57ca93, 0x82cb9b024dc7d44d,
		0x8bf80ab8e7ddf7fb, 0xcf75576088d38328, 0xdef9d52f49533b67,
		0xc50d2b50c59f22a7, 0xd3927d989bb11140, 0x369095118d299a8e,
	};
	struct map_seed seed = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};
	char in[ARRAY_LEN(want)];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		in[i] = (char)i;
		assert_true(map_hash(str_of(in, i), seed) == want[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(against_array),
		cmocka_unit_test(bounded),
		cmocka_unit_test(siphash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
