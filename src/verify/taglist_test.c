#include "base/test.h"

#include "verify/taglist.h"

/* RFC 6376 §3.2. */
static void parse(void **state)
{
	static const struct {
		const char *name, *s;
		size_t n; /* 0: refused */
		const char *tag, *value;
	} cases[] = {
		{"one", "a=b", 1, "a", "b"},
		{"last semicolon", "a=b;", 1, "a", "b"},
		{"space around", " a = b ; c =\r\n\td ; ", 2, "c", "d"},
		{"folds inside", "p=ab\r\n cd", 1, "p", "ab\r\n cd"},
		{"empty value", "p=; k=rsa", 2, "p", ""},
		{"equals in value", "b=a==", 1, "b", "a=="},
		{"underscore", "x_y=1", 1, "x_y", "1"},
		{"case of names", "a=1; A=2", 2, "A", "2"},
		{"twice", "a=1; a=2", 0, NULL, NULL},
		{"no equals", "a", 0, NULL, NULL},
		{"empty tag", "a=1;;b=2", 0, NULL, NULL},
		{"digit first", "1a=b", 0, NULL, NULL},
		{"control", "a=b\001", 0, NULL, NULL},
		{"nothing", "", 0, NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct taglist l;
		struct err e = taglist_parse(str_z(cases[i].s), &l);

		if (err_is_ok(e) != (cases[i].n > 0))
			fail_msg("%s", cases[i].name);
		if (!cases[i].n)
			continue;
		const struct tag *t = taglist_get(&l, str_z(cases[i].tag));

		if (l.n != cases[i].n || !t || !str_eq(t->value, str_z(cases[i].value)))
			fail_msg("%s", cases[i].name);
	}
}

static void raw(void **state)
{
	struct str s = STR("a=1; b= x y ;c=2");
	struct taglist l;

	assert_ok(taglist_parse(s, &l));
	assert_str("raw", str_sub(s, l.tag[1].raw_at, l.tag[1].raw_to), STR(" x y "));
}

static void limits(void **state)
{
	BUF_AUTO b = BUF_INIT(1 << 20);
	struct taglist l;

	for (int i = 0; i < TAGLIST_MAX; i++)
		buf_printf(&b, "t%d=1;", i);
	assert_ok(taglist_parse(buf_str(&b), &l));
	buf_str_add(&b, STR("x=1"));
	assert_true(err_is(taglist_parse(buf_str(&b), &l), ERR_LIMIT));
	buf_clear(&b);
	buf_str_add(&b, STR("a="));
	buf_char_n(&b, 'b', TAGLIST_SIZE_MAX - 2);
	assert_ok(taglist_parse(buf_str(&b), &l));
	buf_char(&b, 'b');
	assert_true(err_is(taglist_parse(buf_str(&b), &l), ERR_LIMIT));
}

static void parts(void **state)
{
	struct str rest = STR("From : Subject\r\n :Date"), part;

	assert_true(taglist_next(&rest, ':', &part));
	assert_str("part", part, STR("From"));
	assert_true(taglist_next(&rest, ':', &part));
	assert_str("part", part, STR("Subject"));
	assert_true(taglist_next(&rest, ':', &part));
	assert_str("part", part, STR("Date"));
	assert_false(taglist_next(&rest, ':', &part));
	rest = STR("");
	assert_true(taglist_next(&rest, ':', &part));
	assert_str("part", part, STR(""));
	assert_false(taglist_next(&rest, ':', &part));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse),
		cmocka_unit_test(raw),
		cmocka_unit_test(limits),
		cmocka_unit_test(parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
