#include "base/test.h"

#include "idl/messages.h"
#include "idl/sample.h"

/* xorshift: the same values in every run. */
static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void value_random(const struct wire_type *t, uint64_t *seed, struct arena *a, char *ret);

static void item_random(const struct wire_field *f, uint64_t *seed, struct arena *a, char *ret)
{
	uint64_t r = next(seed);

	if (f->kind == WIRE_STRUCT) {
		value_random(f->sub, seed, a, ret);
	} else if (f->kind == WIRE_STR) {
		size_t n = r % (f->max < 40 ? f->max + 1 : 40);
		char *p = arena_alloc(a, n);

		assert_non_null(p);
		for (size_t i = 0; i < n; i++)
			p[i] = (char)next(seed);
		*(struct str *)ret = str_of(p, n);
	} else if (f->kind == WIRE_ENUM) {
		*(int *)ret = (int)(r % f->max);
	} else if (f->kind == WIRE_BOOL) {
		*(bool *)ret = r & 1;
	} else {
		memcpy(ret, &r, wire_item_size(f));
	}
}

static void list_random(const struct wire_field *f, uint64_t *seed, struct arena *a, char *v)
{
	size_t n = next(seed) % (f->list_max < 20 ? f->list_max + 1 : 20);
	char *items = arena_array(a, n, wire_item_size(f));

	assert_non_null(items);
	for (size_t i = 0; i < n; i++)
		item_random(f, seed, a, items + i * wire_item_size(f));
	*(char **)(v + f->offset) = items;
	*(size_t *)(v + f->extra_offset) = n;
}

static void value_random(const struct wire_type *t, uint64_t *seed, struct arena *a, char *ret)
{
	memset(ret, 0, t->size);
	for (size_t i = 0; i < t->fields_n; i++) {
		const struct wire_field *f = &t->fields[i];

		if (f->shape == WIRE_LIST) {
			list_random(f, seed, a, ret);
			continue;
		}
		if (f->shape == WIRE_OPT) {
			*(bool *)(ret + f->extra_offset) = next(seed) & 1;
			if (!*(bool *)(ret + f->extra_offset))
				continue;
		}
		item_random(f, seed, a, ret + f->offset);
	}
}

/* What is written is read back and written again as the same bytes; nothing shorter or longer is
 * accepted. */
static void round_trip(const struct wire_type *t, uint64_t seed)
{
	struct arena a, scratch;
	BUF_AUTO one = BUF_INIT(1 << 20);
	BUF_AUTO two = BUF_INIT(1 << 20);

	arena_init(&a, 64 << 20);
	char *v = arena_alloc(&a, t->size), *w = arena_alloc(&a, t->size);

	assert_true(v && w);
	value_random(t, &seed, &a, v);
	wire_write(&one, t, v);
	assert_false(buf_failed(&one));
	assert_in_range(one.n, t->min, t->max);
	assert_ok(wire_read(buf_str(&one), &a, t, w));
	wire_write(&two, t, w);
	assert_str(t->name, buf_str(&two), buf_str(&one));
	/* Some will do of a long one. */
	arena_init(&scratch, 64 << 20);
	for (size_t n = 0; n < one.n; n += 1 + one.n / 4096 * 32) {
		assert_err(wire_read(str_of(one.p, n), &scratch, t, w), ERR_SYNTAX);
		arena_reset(&scratch);
	}
	buf_char(&one, '\0');
	assert_err(wire_read(buf_str(&one), &scratch, t, w), ERR_SYNTAX);
	arena_fini(&scratch);
	arena_fini(&a);
}

static void every_type_round_trips(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		for (size_t i = 0; i < sample_types_n; i++)
			round_trip(sample_types[i], seed * 0x9e3779b97f4a7c15u);
		for (size_t i = 0; i < msg_types_n; i++)
			round_trip(msg_types[i], seed * 0x9e3779b97f4a7c15u);
	}
}

static void the_bytes(void **state)
{
	struct sample_point p = {.x = -2, .y = 0x1234};
	BUF_AUTO b = BUF_INIT(100);

	(void)state;
	sample_point_write(&b, &p);
	assert_str("point", buf_str(&b), STR("\xfe\xff\xff\xff\xff\xff\xff\xff\x34\x12"));
}

static void what_is_not_allowed_is_not_written(void **state)
{
	char text[] = "12345678901";
	struct str names[4] = {{0}};
	struct sample_shapes ok = {0}, bad[] = {
					       {.name = str_of(text, 11)},
					       {.has_note = true, .note = str_of(text, 6)},
					       {.names = names, .names_n = 4},
					       {.colour = SAMPLE_COLOUR_N},
				       };
	BUF_AUTO b = BUF_INIT(1000);

	(void)state;
	ok.name = str_of(text, 10);
	ok.names = names;
	ok.names_n = 3;
	sample_shapes_write(&b, &ok);
	assert_false(buf_failed(&b));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		buf_clear(&b);
		sample_shapes_write(&b, &bad[i]);
		assert_true(buf_failed(&b));
	}
}

/* Each byte of a valid message that is checked against its table, spoiled. */
static void what_is_not_allowed_is_not_read(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		char byte;
	} cases[] = {
		{"bool 2", 0, 2},
		{"enum past its end", 24, 3},
		{"name longer than its maximum", 25, 11},
		{"name longer than the message", 28, 1},
		{"more names than allowed", 43, 4},
		{"more names than bytes", 46, 1},
		{"has_note 2", 59, 2},
	};
	struct arena a;
	struct sample_shapes v = {0};
	BUF_AUTO b = BUF_INIT(1000);

	(void)state;
	arena_init(&a, 4096);
	sample_shapes_write(&b, &v);
	assert_ok(sample_shapes_read(buf_str(&b), &a, &v));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char was = b.p[cases[i].at];

		b.p[cases[i].at] = cases[i].byte;
		struct err e = sample_shapes_read(buf_str(&b), &a, &v);

		if (!err_is(e, ERR_SYNTAX))
			print_error("%s\n", cases[i].name);
		assert_err(e, ERR_SYNTAX);
		b.p[cases[i].at] = was;
	}
	arena_fini(&a);
}

/* A list that fits the message may still be more than the reader's arena holds. */
static void arena_bounds_the_lists(void **state)
{
	struct arena a;
	struct str names[3] = {{0}};
	struct sample_shapes v = {.names = names, .names_n = 3};
	BUF_AUTO b = BUF_INIT(1000);

	(void)state;
	sample_shapes_write(&b, &v);
	arena_init(&a, 47);
	assert_err(sample_shapes_read(buf_str(&b), &a, &v), ERR_RESOURCES);
	arena_fini(&a);
	arena_init(&a, 48);
	assert_ok(sample_shapes_read(buf_str(&b), &a, &v));
	assert_int_equal(v.names_n, 3);
	arena_fini(&a);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(sample_call_name(SAMPLE_CALL_N), "?");
	assert_string_equal(sample_call_name(SAMPLE_CALL_FILE), "file");
	assert_string_equal(sample_colour_name(SAMPLE_COLOUR_BLUE), "blue");
	assert_int_equal(sample_calls[SAMPLE_CALL_FILE].request_fds, 1);
	assert_int_equal(sample_calls[SAMPLE_CALL_FILE].reply_fds, 2);
	assert_int_equal(sample_calls[SAMPLE_CALL_ECHO].request->max, 1000004);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_round_trips),
		cmocka_unit_test(the_bytes),
		cmocka_unit_test(what_is_not_allowed_is_not_written),
		cmocka_unit_test(what_is_not_allowed_is_not_read),
		cmocka_unit_test(arena_bounds_the_lists),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
