#include "base/test.h"

#include "base/attr.h"
#include "base/buf.h"
#include "format/msgid.h"

static void canonical(void **state)
{
	static const struct {
		const char *in, *want; /* NULL: none */
	} cases[] = {
		{"<Abc.1@Example.ORG>", "abc.1@example.org"},
		{" \t<a@b>\r\n", "a@b"},
		{"<\"a.b\"@c>", "a.b@c"},
		{"<\"a b\"@c>", "ab@c"},
		{"<\"A\\\"<b\"@c>", "\"a\\\"<b\"@c"},
		{"<a@[192.0.2.1]>", "a@[192.0.2.1]"},
		{"<a@[\\x]>", "a@[\\x]"},
		{"<a@host_1.example>", "a@host_1.example"},
		{"<1@2@host>", "1@2@host"},
		{"<No-At>", "no-at"},
		{"<a(b)@c>", "a(b)@c"},
		{"<a@b> (added by postmaster@b)", "a@b"},
		{"<a\r\n b@c>", "ab@c"},
		{"<J\xc3\xb6@c>", "j\xc3\xb6@c"},
		{"<\xff@c>", "\xff@c"},
		{"a@b", NULL},
		{"<a@b", NULL},
		{"<>", NULL},
		{"< >", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena a;
		struct str got;

		arena_init(&a, 4096);
		if (msgid_canonical(str_z(cases[i].in), &a, &got) != (cases[i].want != NULL))
			fail_msg("%s", cases[i].in);
		if (cases[i].want)
			assert_str(cases[i].in, got, str_z(cases[i].want));
		arena_fini(&a);
	}
}

static void references(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{"<a@b> <c@d>", "a@b c@d"},
		{"<a@b><C@d>,<e@f>\r\n\t<g@h>", "a@b c@d e@f g@h"},
		{"<a@b> <cut@ <c@d>", "a@b c@d"},
		{"<lo\r\n ng@b> <x y@z>", "long@b xy@z"},
		{"Your message of Monday <a@b> \"x\"", "a@b"},
		{"Message from \"John\" of <> <a@b>", "a@b"},
		{"a@b> <c@d", ""},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct msgid_list l = {0};
		struct arena a;
		BUF_AUTO b = BUF_INIT(1000);

		arena_init(&a, 1 << 16);
		msgid_references(str_z(cases[i].in), &a, &l);
		for (size_t k = 0; k < l.n; k++)
			buf_strs(&b, k ? STR(" ") : STR(""), l.at[k]);
		assert_str(cases[i].in, buf_str(&b), str_z(cases[i].want));
		arena_fini(&a);
	}
}

/* The first stays, and the last do. */
static void references_are_bounded(void **state)
{
	struct msgid_list l = {0};
	struct arena a;
	BUF_AUTO b = BUF_INIT(1 << 20);

	(void)state;
	arena_init(&a, 1 << 20);
	for (int i = 0; i < MSGID_REFERENCES_MAX; i++)
		buf_printf(&b, "<%d@x>", i);
	msgid_references(buf_str(&b), &a, &l);
	assert_int_equal(l.n, MSGID_REFERENCES_MAX);
	assert_str("second", l.at[1], STR("1@x"));
	msgid_references(STR("<next@x>"), &a, &l);
	assert_int_equal(l.n, MSGID_REFERENCES_MAX);
	assert_str("first", l.at[0], STR("0@x"));
	assert_str("second", l.at[1], STR("2@x"));
	assert_str("last", l.at[l.n - 1], STR("next@x"));
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical),
		cmocka_unit_test(references),
		cmocka_unit_test(references_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
