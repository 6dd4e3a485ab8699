#include "base/test.h"

#include "base/buf.h"
#include "format/header.h"

/* Fields as "name|value|from-to;". */
static void print_fields(struct str section, struct buf *out)
{
	struct header_iter it = header_iter_of(section);
	struct header_field f;

	while (header_next(&it, &f)) {
		buf_strs(out, f.name, STR("|"), f.value, STR("|"));
		buf_printf(out, "%zu-%zu;", f.from, f.to);
	}
}

static void fields(void **state)
{
	static const struct {
		const char *name, *section, *want;
	} cases[] = {
		{"plain", "A: b\r\nC:d\r\n\r\nE: f", "A| b|0-6;C|d|6-11;"},
		{"bare LF", "A: b\nC:d\n\nE: f", "A| b|0-5;C|d|5-9;"},
		{"folded", "A: b\r\n c\r\n\td\r\nE:f\r\n", "A| b\r\n c\r\n\td|0-14;E|f|14-19;"},
		{"white space line continues", "A: b\r\n \r\nC: d\r\n", "A| b\r\n |0-9;C| d|9-15;"},
		{"space before colon", "A \t: b\r\n", "A| b|0-8;"},
		{"no colon", "A: b\nhello\n world\nC: d\n", "A| b|0-5;C| d|18-23;"},
		{"mbox", "From x Mon Jan  1 00:00:00 2024\nA: b\n", "A| b|32-37;"},
		{"starts with continuation", " x: y\nA: b\n", "A| b|6-11;"},
		{"empty name", ": x\nA: b\n", "A| b|4-9;"},
		{"space in name", "a b: x\nA: b\n", "A| b|7-12;"},
		{"8 bit in name", "\xc3\xa4: x\nA: \xc3\xa4\n", "A| \xc3\xa4|6-12;"},
		{"no line end", "A: b", "A| b|0-4;"},
		{"bare CR is data", "A: b\rC: d\r", "A| b\rC: d\r|0-10;"},
		{"CR before CRLF is data", "A: b\r\r\n", "A| b\r|0-7;"},
		{"empty value", "A:\r\nB:\r\n", "A||0-4;B||4-8;"},
		{"no header", "\r\nA: b", ""},
		{"nothing", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);

		print_fields(str_z(cases[i].section), &b);
		assert_str(cases[i].name, buf_str(&b), str_z(cases[i].want));
	}
}

static void end(void **state)
{
	static const struct {
		const char *s;
		size_t want;
		bool separator;
	} cases[] = {
		{"A: b\r\n\r\nx", 8, true},
		{"A: b\n\nx", 6, true},
		{"A: b\r\n\nx", 7, true},
		{"\r\nx", 2, true},
		{"\nx", 1, true},
		{"A: b\r\n", 6, false},
		{"A: b", 4, false},
		{"A: b\r\n\r", 7, false},
		{"A: b\r\n \r\n\r\n", 11, true},
		{"", 0, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool separator = !cases[i].separator;

		assert_int_equal(header_end(str_z(cases[i].s), &separator), cases[i].want);
		assert_int_equal(separator, cases[i].separator);
		assert_int_equal(header_end(str_z(cases[i].s), NULL), cases[i].want);
	}
}

static void get(void **state)
{
	struct str s = STR("To: a\r\nFrom: b\r\nTO: c\r\n\r\nTo: body\r\n");
	struct header_field f;

	(void)state;
	assert_true(header_get(s, STR("to"), 0, &f));
	assert_str("first", f.value, STR(" a"));
	assert_true(header_get(s, STR("to"), 1, &f));
	assert_str("second", f.value, STR(" c"));
	assert_false(header_get(s, STR("to"), 2, &f));
	assert_false(header_get(s, STR("t"), 0, &f));
	assert_int_equal(header_count(s, STR("tO")), 2);
	assert_int_equal(header_count(s, STR("Cc")), 0);
}

static void unfold(void **state)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{" a", "a"},
		{" a\r\n b\r\n\tc \r\n ", "a b\tc"},
		{" a\n b\n  c", "a b  c"},
		{"a\r b", "a\r b"},
		{" \r\n x", "x"},
		{" \r\n ", ""},
		{"", ""},
	};
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_str(cases[i].value, header_unfold(&a, str_z(cases[i].value)),
			   str_z(cases[i].want));
	arena_fini(&a);
	arena_init(&a, 2);
	assert_str("no copy, no memory", header_unfold(&a, STR(" abc ")), STR("abc"));
	assert_null(header_unfold(&a, STR("abc\n def")).p);
	arena_fini(&a);
}

/* A million fields cost what a million fields cost: with anything quadratic this never ends. */
static void a_million_fields(void **state)
{
	enum { N = 1000000 };
	BUF_AUTO b = BUF_INIT(16 << 20);
	struct header_field f;

	(void)state;
	for (size_t i = 0; i < N; i++)
		buf_str_add(&b, i % 2 ? STR("A: b\r\n") : STR(" c\nx\n"));
	assert_false(buf_failed(&b));
	assert_int_equal(header_count(buf_str(&b), STR("a")), N / 2);
	assert_true(header_get(buf_str(&b), STR("a"), N / 2 - 1, &f));
	assert_int_equal(f.to, b.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(end),
		cmocka_unit_test(get),
		cmocka_unit_test(unfold),
		cmocka_unit_test(a_million_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
