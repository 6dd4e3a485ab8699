#include "base/test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/cur.h"
#include <errno.h>

static void find(void **state)
{
	(void)state;
	assert_int_equal(str_find(STR("abcabc"), STR("bc"), 2), 4);
	assert_int_equal(str_find(STR("abc"), STR(""), 3), 3);
	assert_int_equal(str_find(STR("abc"), STR(""), 4), -1);
	assert_int_equal(str_find_nocase(STR("x-Spam: NO"), STR("no"), 0), 8);
	assert_int_equal(str_rchr(STR("a@b@c"), '@'), 3);
}

static void number(void **state)
{
	static const struct {
		const char *s;
		uint64_t max;
		bool ok;
		uint64_t want;
	} cases[] = {
		{"0", 10, true, 0},
		{"007", 10, true, 7},
		{"10", 10, true, 10},
		{"11", 10, false, 0},
		{"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, false, 0},
		{"", 10, false, 0},
		{"+1", 10, false, 0},
		{"1 ", 10, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t got = 0;

		assert_int_equal(str_u64(str_z(cases[i].s), cases[i].max, &got), cases[i].ok);
		assert_int_equal(got, cases[i].want);
	}
}

static void cut_trim(void **state)
{
	struct str h, t;

	(void)state;
	assert_true(str_cut(STR("a=b=c"), '=', &h, &t));
	assert_str("head", h, STR("a"));
	assert_str("tail", t, STR("b=c"));
	assert_false(str_cut(STR("abc"), '=', &h, &t));
	assert_str("no cut", h, STR("abc"));
	assert_str("trim", str_trim(STR(" \t x y\r\n")), STR("x y"));
	char room[4];

	assert_str("lower", str_lower(STR("A-b\xc4"), room, sizeof(room)), STR("a-b\xc4"));
	assert_str("lower, cut", str_lower(STR("ABCDE"), room, sizeof(room)), STR("abcd"));
}

static void buf_is_bounded(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	buf_str_add(&b, STR("12345678"));
	assert_false(buf_failed(&b));
	buf_char(&b, '9');
	assert_true(buf_failed(&b));
	assert_str("nothing of the failed write", buf_str(&b), STR("12345678"));
	buf_clear(&b);
	buf_printf(&b, "%d-%s", 42, "abc");
	assert_str("printf", buf_str(&b), STR("42-abc"));
	buf_consume(&b, 3);
	buf_i64(&b, -5);
	assert_str("consume", buf_str(&b), STR("abc-5"));
	buf_fini(&b);
}

static void arena_is_bounded(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	char *p = arena_alloc(&a, 4096);
	assert_non_null(p);
	assert_null(arena_alloc(&a, 1));
	assert_true(arena_failed(&a));
	arena_reset(&a);
	for (int i = 0; i < 100; i++)
		assert_non_null(arena_alloc(&a, 16));
	struct str s = arena_printf(&a, "%s", "hello");
	assert_str("printf", s, STR("hello"));
	assert_null(arena_strz(&a, STR("a\0b")));
	arena_fini(&a);
}

static void cursor_is_sticky(void **state)
{
	struct cur c = cur_of(STR("FROM:<a> 12"));

	(void)state;
	cur_xlit_nocase(&c, "from:");
	cur_xlit(&c, "<");
	assert_str("run", cur_opt_run(&c, ch_is_alpha), STR("a"));
	cur_xlit(&c, "]");
	cur_xlit(&c, ">");
	assert_true(cur_failed(&c));
	assert_int_equal(c.failed_at, 7);
	struct err e = cur_err(&c);
	assert_err(e, ERR_SYNTAX);
	assert_str("what and where", err_text(e), STR("expected \"]\" at byte 7"));
	cur_back(&c, 9);
	assert_int_equal(cur_xu64(&c, 12, "number"), 12);
	cur_xend(&c);
	assert_ok(cur_err(&c));
}

static void err_context(void **state)
{
	(void)state;
	errno = ENOSPC;
	struct err e = err_add(err_errno("write %s", "x"), "deliver");
	assert_err(e, ERR_DISK_FULL);
	assert_true(err_is_temporary(e));
	assert_str("context first", err_text(e), STR("deliver: write x: No space left on device"));
	assert_ok(err_add(ERR_OK, "nothing"));
}

/* Every row: SMTP class agrees with the enhanced code's class (RFC 3463 §2). */
static void table_is_consistent(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ERR_CODE_COUNT; i++) {
		const struct err_row *r = err_row(i);

		if (r->smtp)
			assert_int_equal(r->smtp / 100, r->enhanced[0] - '0');
		assert_in_range(r->http, 200, 599);
		assert_true(r->text[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find),
		cmocka_unit_test(number),
		cmocka_unit_test(cut_trim),
		cmocka_unit_test(buf_is_bounded),
		cmocka_unit_test(arena_is_bounded),
		cmocka_unit_test(cursor_is_sticky),
		cmocka_unit_test(err_context),
		cmocka_unit_test(table_is_consistent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
