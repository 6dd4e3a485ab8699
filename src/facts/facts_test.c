#include "base/test.h"

#include "facts/facts.h"

/* multipart/mixed of text, message/rfc822 (of multipart of two), and message/rfc822 of text. */
static struct facts_part tree[] = {
	{.kind = FACTS_PART_MULTIPART,
	 .type = STR_INIT("multipart"),
	 .subtype = STR_INIT("mixed"),
	 .header_n = 20,
	 .body_at = 20,
	 .body_n = 80},
	{.parent = 0,
	 .number = 1,
	 .type = STR_INIT("text"),
	 .charset = STR_INIT("utf-8"),
	 .header_at = 25,
	 .body_at = 25,
	 .body_n = 5},
	{.parent = 0,
	 .number = 2,
	 .kind = FACTS_PART_MESSAGE,
	 .header_at = 30,
	 .header_n = 5,
	 .body_at = 35,
	 .body_n = 45},
	{.parent = 2,
	 .number = 1,
	 .kind = FACTS_PART_MULTIPART,
	 .header_at = 35,
	 .header_n = 5,
	 .body_at = 40,
	 .body_n = 40},
	{.parent = 3,
	 .number = 1,
	 .encoding = FACTS_ENCODING_BASE64,
	 .header_at = 40,
	 .body_at = 40,
	 .body_n = 10},
	{.parent = 3,
	 .number = 2,
	 .filename = STR_INIT("a.txt"),
	 .attachment = true,
	 .header_at = 50,
	 .body_at = 50,
	 .body_n = 30},
	{.parent = 0,
	 .number = 3,
	 .kind = FACTS_PART_MESSAGE,
	 .header_at = 85,
	 .header_n = 5,
	 .body_at = 90,
	 .body_n = 9},
	{.parent = 6, .number = 1, .header_at = 90, .header_n = 4, .body_at = 94, .body_n = 5},
};

static struct facts_address addresses[] = {
	{FACTS_FROM, STR_INIT("A B"), STR_INIT("a"), STR_INIT("example.org")},
	{FACTS_TO, STR_INIT(""), STR_INIT("c"), STR_INIT("example.net")},
};

static struct str references[] = {STR_INIT("x@y"), STR_INIT("z@y")};

static struct facts sample(void)
{
	return (struct facts){
		.size = 100,
		.header_n = 20,
		.lines = 7,
		.sha256 = {1, 2, 3},
		.has_8bit = true,
		.envelope = STR("(NIL)"),
		.body = STR("(\"text\")"),
		.parts = tree,
		.part_count = ARRAY_LEN(tree),
		.addresses = addresses,
		.address_count = ARRAY_LEN(addresses),
		.references = references,
		.reference_count = ARRAY_LEN(references),
		.message_id = STR("m@y"),
		.has_date = true,
		.date = -5,
		.date_zone = -330,
		.preview = STR("hello"),
		.signature = STR("\1\2\3\4\5\6\7\10"),
	};
}

static void round_trip(void **state)
{
	struct facts f = sample(), g;
	struct arena a;
	BUF_AUTO b = BUF_INIT(FACTS_SIZE_MAX);
	BUF_AUTO again = BUF_INIT(FACTS_SIZE_MAX);

	(void)state;
	arena_init(&a, 1 << 20);
	assert_ok(facts_write(&f, &b));
	assert_ok(facts_read(buf_str(&b), &a, &g));
	assert_int_equal(g.date, -5);
	assert_int_equal(g.date_zone, -330);
	assert_str("reference", g.references[1], STR("z@y"));
	assert_str("domain", g.addresses[0].domain, STR("example.org"));
	assert_true(g.parts[5].attachment);
	assert_ok(facts_write(&g, &again));
	assert_str("the same bytes", buf_str(&again), buf_str(&b));
	arena_fini(&a);
}

/* Every shorter record, and one with a byte more, is refused; no flipped bit crashes. */
static void damaged(void **state)
{
	struct facts f = sample(), g;
	struct arena a;
	BUF_AUTO b = BUF_INIT(FACTS_SIZE_MAX);

	(void)state;
	arena_init(&a, 1 << 20);
	assert_ok(facts_write(&f, &b));
	for (size_t n = 0; n < b.n; n++) {
		assert_err(facts_read(str_sub(buf_str(&b), 0, n), &a, &g), ERR_CORRUPT);
		arena_reset(&a);
	}
	for (size_t i = 0; i < b.n * 8; i++) {
		b.p[i / 8] ^= (char)(1 << i % 8);
		if (err_is_ok(facts_read(buf_str(&b), &a, &g)))
			assert_in_range(g.part_count, 1, FACTS_PARTS_MAX);
		b.p[i / 8] ^= (char)(1 << i % 8);
		arena_reset(&a);
	}
	buf_char(&b, 0);
	assert_err(facts_read(buf_str(&b), &a, &g), ERR_CORRUPT);
	b.p[0] = FACTS_VERSION + 1;
	assert_err(facts_read(buf_str(&b), &a, &g), ERR_VERSION);
	arena_fini(&a);
}

#define AT(at) .header_at = (at), .body_at = (at)

static void bad_values(void **state)
{
	static const struct {
		const char *name;
		struct facts_part last;
	} cases[] = {
		{"parent after child", {.parent = 7, .number = 1}},
		{"child of a leaf", {.parent = 1, .number = 1}},
		{"number skipped", {.parent = 0, .number = 5, AT(99)}},
		{"second child of a message", {.parent = 6, .number = 2, AT(99)}},
		{"body outside", {.parent = 0, .number = 4, AT(99), .body_n = 2}},
		{"header outside", {.parent = 0, .number = 4, AT(101)}},
		{"not depth first", {.parent = 3, .number = 3, AT(80)}},
		{"before its sister", {.parent = 0, .number = 4, AT(98)}},
		{"gap behind the header",
		 {.parent = 0, .number = 4, .header_at = 99, .body_at = 100}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct facts f = sample(), g;
		struct facts_part parts[ARRAY_LEN(tree) + 1];
		struct arena a;
		BUF_AUTO b = BUF_INIT(FACTS_SIZE_MAX);

		memcpy(parts, tree, sizeof(tree));
		parts[ARRAY_LEN(tree)] = cases[i].last;
		f.parts = parts;
		f.part_count++;
		arena_init(&a, 1 << 20);
		assert_ok(facts_write(&f, &b));
		if (!err_is(facts_read(buf_str(&b), &a, &g), ERR_CORRUPT))
			fail_msg("%s is accepted", cases[i].name);
		arena_fini(&a);
	}
}

static void wire_text_is_one_line(void **state)
{
	struct facts f = sample(), g;
	struct arena a;
	BUF_AUTO b = BUF_INIT(FACTS_SIZE_MAX);

	(void)state;
	f.bodystructure = STR("(\r\nA1 OK)");
	arena_init(&a, 1 << 20);
	assert_ok(facts_write(&f, &b));
	assert_err(facts_read(buf_str(&b), &a, &g), ERR_CORRUPT);
	arena_fini(&a);
}

/* RFC 9051 §6.4.5.1, its example of part numbers. */
static void sections(void **state)
{
	static const struct {
		uint32_t section[5];
		size_t n;
		int part; /* -1: none */
	} cases[] = {
		{{0}, 0, 0},        {{1}, 1, 1},     {{2}, 1, 2},     {{2, 1}, 2, 4},
		{{2, 2}, 2, 5},     {{3}, 1, 6},     {{3, 1}, 2, 7},  {{4}, 1, -1},
		{{1, 1}, 2, -1},    {{2, 3}, 2, -1}, {{3, 2}, 2, -1}, {{3, 1, 1}, 3, -1},
		{{2, 1, 1}, 3, -1},
	};
	struct facts f = sample();
	struct facts single = {.parts = tree + 1, .part_count = 1};
	size_t part;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool found = facts_part_find(&f, cases[i].section, cases[i].n, &part);

		assert_int_equal(found ? (int)part : -1, cases[i].part);
	}
	assert_true(facts_part_find(&single, (uint32_t[]){1}, 1, &part));
	assert_int_equal(part, 0);
	assert_false(facts_part_find(&single, (uint32_t[]){2}, 1, &part));
	assert_false(facts_part_find(&single, (uint32_t[]){1, 1}, 2, &part));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(damaged),
		cmocka_unit_test(bad_values), cmocka_unit_test(wire_text_is_one_line),
		cmocka_unit_test(sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
