#include "base/test.h"

#include "format/sconf.h"

static struct arena arena;

static struct err parse(struct str text, struct sconf_node **ret)
{
	arena_reset(&arena);
	return sconf_parse(&arena, "f", text, ret);
}

static int setup(void **state)
{
	arena_init(&arena, 128 * 1024 * 1024);
	return 0;
}

static int teardown(void **state)
{
	arena_fini(&arena);
	return 0;
}

static void round_trip(void **state)
{
	/* What is read, and what is written of it. */
	static const struct {
		const char *name, *text, *want;
	} cases[] = {
		{"empty", "", ""},
		{"no newline at the end", "a: b", "a: b\n"},
		{"comments and blank lines", "# x\n\na: b\n\t # y\n \t\nc: d\n", "a: b\nc: d\n"},
		{"value as it is", "a:  b: # \"c\" \n", "a:  b: # \"c\" \n"},
		{"empty values", "a:\nb: \nc:\n\t-\n\t- \n", "a:\nb:\nc:\n\t-\n\t-\n"},
		{"nil is a value", "a:\n\tb: nil\n", "a:\n\tb: nil\n"},
		{"nested", "l:\n\t-\n\t\ta: 1\n\t\tb:\n\t\t\t- x\n\t-\n\t\t- y\nz: -\n",
		 "l:\n\t-\n\t\ta: 1\n\t\tb:\n\t\t\t- x\n\t-\n\t\t- y\nz: -\n"},
		{"back by several", "a:\n\tb:\n\t\tc: d\ne: f\n", "a:\n\tb:\n\t\tc: d\ne: f\n"},
		{"key like a number or dash", "-1: x\n-y: z\n", "-1: x\n-y: z\n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);
		struct sconf_node *root;

		assert_ok(parse(str_z(cases[i].text), &root));
		assert_ok(sconf_write(root, &b));
		assert_str(cases[i].name, buf_str(&b), str_z(cases[i].want));
	}
}

static void errors(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"a: b\nxy\n", "f:2: expected \"key: value\", got \"xy\""},
		{"a:b\n", "f:1: expected a space after the colon"},
		{"l:\n\t-x\n", "f:2: expected \"key: value\", got \"-x\""},
		{"l:\n\t- y\n\t-x\n",
		 "f:3: expected a list item beginning with \"- \", got \"-x\""},
		{"l:\n\t- y\n\tx: y\n",
		 "f:3: expected a list item beginning with \"- \", got \"x: y\""},
		{"- x\n", "f:1: expected \"key: value\", got a list item"},
		{"a: b\n\tc: d\n", "f:2: indented with 1 tabs, expected at most 0 here"},
		{"a:\n\t\tc: d\n", "f:2: indented with 2 tabs, expected at most 1 here"},
		{"a:\n  c: d\n", "f:2: expected tabs only for indentation, got a space"},
		{"a: b\r\n", "f:1: line ends with CR and LF, expected LF only"},
		{"a: b\001\n", "f:1: control character in line"},
		{": b\n", "f:1: expected a key without space around it before the colon"},
		{"a : b\n", "f:1: expected a key without space around it before the colon"},
		{"a: 1\nb: 2\na: 3\n", "f:3: key \"a\" was given before, at line 1"},
		{"m:\n\ta: 1\n\ta: 2\nb: 2\n", "f:3: key \"a\" was given before, at line 2"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sconf_node *root;
		struct err e = parse(str_z(cases[i].text), &root);

		assert_err(e, ERR_CONFIG);
		assert_str(cases[i].text, err_text(e), str_z(cases[i].want));
	}
}

static void look_up(void **state)
{
	struct sconf_node *root;

	assert_ok(parse(STR("# c\na:\n\t- x\n\n\t-\n\t\tk: v\n"), &root));
	const struct sconf_node *a = sconf_get(root, STR("a"));

	assert_int_equal(root->kind, SCONF_MAP);
	assert_int_equal(a->kind, SCONF_LIST);
	assert_int_equal(a->line, 2);
	assert_int_equal(a->count, 2);
	assert_int_equal(a->first->next->line, 5);
	assert_null(sconf_get(a, STR("x")));
	assert_str("value", sconf_get(a->last, STR("k"))->value, STR("v"));
	assert_null(sconf_get(root, STR("b")));
}

/* Composes "k:" lines nested to the depth, the deepest a scalar. */
static void nest(struct buf *b, unsigned tabs)
{
	for (unsigned i = 0; i <= tabs; i++) {
		buf_char_n(b, '\t', i);
		buf_str_add(b, i < tabs ? STR("k:\n") : STR("k: v\n"));
	}
}

static void limits(void **state)
{
	BUF_AUTO b = BUF_INIT(2 * SCONF_TEXT_MAX);
	struct sconf_node *root;

	nest(&b, SCONF_DEPTH_MAX);
	assert_ok(parse(buf_str(&b), &root));
	buf_clear(&b);
	nest(&b, SCONF_DEPTH_MAX + 1);
	assert_err(parse(buf_str(&b), &root), ERR_CONFIG);

	buf_clear(&b);
	buf_str_add(&b, STR("k: "));
	buf_char_n(&b, 'x', SCONF_LINE_MAX - 3);
	assert_ok(parse(buf_str(&b), &root));
	buf_char(&b, 'x');
	assert_err(parse(buf_str(&b), &root), ERR_LIMIT);

	buf_clear(&b);
	buf_char_n(&b, '\n', SCONF_LINES_MAX - 1);
	buf_str_add(&b, STR("a: b"));
	assert_ok(parse(buf_str(&b), &root));
	buf_str_add(&b, STR("\nc: d"));
	assert_err(parse(buf_str(&b), &root), ERR_LIMIT);

	buf_clear(&b);
	while (b.n < SCONF_TEXT_MAX)
		buf_str_add(&b, STR("################################################"
				    "###############\n"));
	buf_truncate(&b, SCONF_TEXT_MAX);
	assert_ok(parse(buf_str(&b), &root));
	buf_char(&b, '\n');
	assert_err(parse(buf_str(&b), &root), ERR_LIMIT);
}

static void write_refuses(void **state)
{
	static const struct {
		const char *key, *value;
		bool ok;
	} cases[] = {
		{"k", "v", true},
		{"k", "a\tb", true},
		{"k", "a\nb", false},
		{"k", "\r", false},
		{"", "v", false},
		{"a:b", "v", false},
		{" a", "v", false},
		{"#a", "v", false},
		{"- a", "v", false},
		{"-", "v", true},
		{"-a", "v", true},
		{"a\nb", "v", false},
		{"a@b.example", "nil", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(100);

		arena_reset(&arena);
		struct sconf_node *root = sconf_new_root(&arena);
		struct sconf_node *n = sconf_add(&arena, root, SCONF_SCALAR, str_z(cases[i].key));

		n->value = str_z(cases[i].value);
		assert_int_equal(err_code(sconf_write(root, &b)),
				 cases[i].ok ? ERR_NONE : ERR_CONFIG);
	}
}

static void write_empty_block(void **state)
{
	BUF_AUTO b = BUF_INIT(100);
	struct sconf_node *root = sconf_new_root(&arena);
	struct sconf_node *list = sconf_add(&arena, root, SCONF_LIST, STR("l"));

	assert_non_null(sconf_add(&arena, list, SCONF_MAP, str_of(NULL, 0)));
	assert_non_null(sconf_add(&arena, root, SCONF_MAP, STR("m")));
	assert_ok(sconf_write(root, &b));
	assert_str("nil", buf_str(&b), STR("l:\n\t- nil\nm: nil\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(errors, setup, teardown),
		cmocka_unit_test_setup_teardown(look_up, setup, teardown),
		cmocka_unit_test_setup_teardown(limits, setup, teardown),
		cmocka_unit_test_setup_teardown(write_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(write_empty_block, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
