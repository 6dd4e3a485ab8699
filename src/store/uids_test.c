#include "base/test.h"

#include "base/rand.h"
#include "store/uids.h"

static void check(const char *name, const struct uids *u, const char *want)
{
	BUF_AUTO b = BUF_INIT(10000);

	uids_text(u, &b);
	assert_str(name, buf_str(&b), str_z(want));
}

static void add_remove(void **state)
{
	UIDS_AUTO u = {0};

	(void)state;
	assert_ok(uids_add(&u, 5));
	assert_ok(uids_add(&u, 7));
	check("apart", &u, "5,7");
	assert_ok(uids_add(&u, 6));
	check("joined", &u, "5:7");
	assert_ok(uids_add_range(&u, 1, 3));
	assert_ok(uids_add_range(&u, 10, UINT32_MAX));
	check("three", &u, "1:3,5:7,10:4294967295");
	assert_ok(uids_remove(&u, 2));
	assert_ok(uids_remove(&u, 4));
	assert_ok(uids_remove(&u, 7));
	check("split", &u, "1,3,5:6,10:4294967295");
	assert_ok(uids_add_range(&u, 2, 9));
	check("all", &u, "1:4294967295");
	assert_int_equal(uids_count(&u), UINT32_MAX);
}

static void look_up(void **state)
{
	UIDS_AUTO u = {0};

	(void)state;
	assert_int_equal(uids_next(&u, 1), 0);
	assert_ok(uids_add_range(&u, 2, 4));
	assert_ok(uids_add_range(&u, 8, 9));
	assert_int_equal(uids_at(&u, 3), 8);
	assert_int_equal(uids_at(&u, 5), 0);
	assert_int_equal(uids_below(&u, 9), 4);
	assert_int_equal(uids_below(&u, 3), 1);
	assert_int_equal(uids_next(&u, 5), 8);
	assert_int_equal(uids_next(&u, 9), 9);
	assert_int_equal(uids_next(&u, 10), 0);
}

/* Against a plain bit map, and through the packed form. */
static void random_sets(void **state)
{
	enum { TOP = 300 };
	struct rand_test r;

	(void)state;
	rand_test_init(&r, 1);
	for (int round = 0; round < 50; round++) {
		UIDS_AUTO u = {0};
		UIDS_AUTO v = {0};
		BUF_AUTO b = BUF_INIT(10000);
		bool want[TOP + 1] = {0};
		uint64_t count = 0;

		for (int i = 0; i < 200; i++) {
			uint32_t uid = 1 + (uint32_t)rand_below(&r.src, TOP);

			want[uid] = rand_below(&r.src, 3) != 0;
			assert_ok(want[uid] ? uids_add(&u, uid) : uids_remove(&u, uid));
		}
		uids_pack(&u, &b);
		assert_ok(uids_unpack(buf_str(&b), &v));
		for (uint32_t uid = 1; uid <= TOP; uid++) {
			assert_int_equal(uids_has(&v, uid), want[uid]);
			if (want[uid])
				assert_int_equal(uids_at(&v, count), uid);
			assert_int_equal(uids_below(&u, uid), count);
			count += want[uid];
		}
		assert_int_equal(uids_count(&u), count);
	}
}

static void malformed(void **state)
{
	static const struct str cases[] = {
		STR_INIT("\0\0"),     STR_INIT("\1"),
		STR_INIT("\201"),     STR_INIT("\377\377\377\377\17\1"),
		STR_INIT("\200\0\0"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		UIDS_AUTO u = {0};

		assert_err(uids_unpack(cases[i], &u), ERR_CORRUPT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(add_remove),
		cmocka_unit_test(look_up),
		cmocka_unit_test(random_sets),
		cmocka_unit_test(malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
