#include "base/test.h"

#include "verify/fields.h"
#include <openssl/sha.h>

static void check(const char *name, struct str section, struct str names, size_t self,
		  struct str want)
{
	struct arena a;
	struct fields f;
	struct fields_hash h;
	uint8_t got[32], expected[32];
	struct str own = STR("S: b=x");

	arena_init(&a, 1 << 20);
	fields_init(&f, section, &a);
	assert_ok(fields_want(&f, names));
	assert_ok(fields_index(&f));
	/* Twice: a selection leaves nothing behind. */
	for (int i = 0; i < 2; i++) {
		fields_hash_begin(&h, CANON_RELAXED);
		fields_hash_select(&h, &f, names, self);
		assert_ok(fields_hash_end(&h, own, str_from(own, 5), got));
		SHA256((const uint8_t *)want.p, want.n, expected);
		assert_str(name, str_of(got, 32), str_of(expected, 32));
	}
	arena_fini(&a);
}

/* RFC 6376 §5.4.2: from the bottom, each field once. */
static void select_fields(void **state)
{
	static const struct {
		const char *name, *names;
		size_t self;
		const char *want;
	} cases[] = {
		{"none", "", SIZE_MAX, "s:b="},
		{"one", "a", SIZE_MAX, "a:3\r\ns:b="},
		{"case and white space", " B :\r\n A ", SIZE_MAX, "b:1\r\na:3\r\ns:b="},
		{"from the end", "a:a", SIZE_MAX, "a:3\r\na:2\r\ns:b="},
		{"all, and more", "a:a:a:a:a", SIZE_MAX, "a:3\r\na:2\r\na:1\r\ns:b="},
		{"interleaved", "a:b:a:b", SIZE_MAX, "a:3\r\nb:1\r\na:2\r\ns:b="},
		{"missing", "x:a", SIZE_MAX, "a:3\r\ns:b="},
		{"empty name", "a::b", SIZE_MAX, "a:3\r\nb:1\r\ns:b="},
		{"not itself", "a:a:a", 0, "a:3\r\na:2\r\ns:b="},
		{"not itself, last", "a", 18, "a:2\r\ns:b="},
	};
	struct str section = STR("A: 1\r\nB: 1\r\na :2\r\nA:\r\n 3\r\n\r\na: body\r\n");

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(cases[i].name, section, str_z(cases[i].names), cases[i].self,
		      str_z(cases[i].want));
}

static void counts(void **state)
{
	struct arena a;
	struct fields f;

	arena_init(&a, 1 << 20);
	fields_init(&f, STR("A: 1\r\nB: 1\r\na: 2\r\n"), &a);
	assert_ok(fields_want(&f, STR("a:b")));
	assert_ok(fields_want(&f, STR("c:a")));
	assert_ok(fields_index(&f));
	assert_int_equal(fields_count(&f, STR("A")), 2);
	assert_int_equal(fields_count(&f, STR("b")), 1);
	assert_int_equal(fields_count(&f, STR("c")), 0);
	assert_int_equal(fields_count(&f, STR("unknown")), 0);
	arena_fini(&a);
}

static uint64_t steps_of(size_t lines)
{
	BUF_AUTO section = BUF_INIT(64 << 20);
	BUF_AUTO names = BUF_INIT(64 << 10);
	struct arena a;
	struct fields f;
	struct fields_hash h;
	uint8_t hash[32];

	for (size_t i = 0; i < lines; i++)
		buf_printf(&section, "n%zu: v\r\n", i % 500);
	for (size_t i = 0; i < 1000; i++)
		buf_printf(&names, "n%zu:", i % 700);
	arena_init(&a, 256 << 20);
	fields_init(&f, buf_str(&section), &a);
	for (int i = 0; i < 10; i++)
		assert_ok(fields_want(&f, buf_str(&names)));
	assert_ok(fields_index(&f));
	for (int i = 0; i < 10; i++) {
		fields_hash_begin(&h, CANON_SIMPLE);
		fields_hash_select(&h, &f, buf_str(&names), SIZE_MAX);
		assert_ok(fields_hash_end(&h, STR("S: b="), STR(""), hash));
	}
	arena_fini(&a);
	return f.steps;
}

/* Ten signatures of a thousand names over half a million lines: cost grows with the lines. */
static void linear(void **state)
{
	uint64_t half = steps_of(250000), whole = steps_of(500000);

	assert_true(whole < 500000 * 12 + 10 * 1001 * 12);
	assert_true(whole < 2 * half + 1000);
}

static void limit(void **state)
{
	BUF_AUTO section = BUF_INIT(64 << 20);
	struct arena a;
	struct fields f;

	for (size_t i = 0; i < FIELDS_MAX; i++)
		buf_str_add(&section, STR("a:\r\n"));
	arena_init(&a, 256 << 20);
	fields_init(&f, buf_str(&section), &a);
	assert_ok(fields_want(&f, STR("a")));
	assert_ok(fields_index(&f));
	assert_int_equal(fields_count(&f, STR("a")), FIELDS_MAX);
	buf_str_add(&section, STR("a:\r\n"));
	fields_init(&f, buf_str(&section), &a);
	assert_ok(fields_want(&f, STR("a")));
	assert_err(fields_index(&f), ERR_LIMIT);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(select_fields),
		cmocka_unit_test(counts),
		cmocka_unit_test(linear),
		cmocka_unit_test(limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
