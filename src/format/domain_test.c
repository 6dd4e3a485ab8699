#include "base/test.h"

#include "format/domain.h"

#define LABEL63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"
#define NAME253                                                                       \
	LABEL63 "." LABEL63 "." LABEL63 ".aaaaaaaaaabbbbbbbbbbccccccccccddddddddddee" \
		"eeeeeeeeffffffffffg"

static void ascii(void **state)
{
	static const struct {
		const char *s, *want; /* NULL: none */
	} cases[] = {
		{"Example.ORG", "example.org"},
		{"example.org.", "example.org"},
		{"localhost", "localhost"},
		{"_dmarc.Example.org", "_dmarc.example.org"},
		{"m\303\274nchen.example", "xn--mnchen-3ya.example"},
		{"M\303\234NCHEN.example", "xn--mnchen-3ya.example"},
		{"mu\314\210nchen.example", "xn--mnchen-3ya.example"},
		{"fa\303\237.example", "xn--fa-hia.example"},
		{"xn--mnchen-3ya.example", "xn--mnchen-3ya.example"},
		{"xn--a.m\303\274nchen.example", "xn--a.xn--mnchen-3ya.example"},
		{"_dmarc.m\303\274nchen.example", "_dmarc.xn--mnchen-3ya.example"},
		{"a\343\200\202b\357\274\216c\357\275\241", "a.b.c"}, /* other dots */
		{"\357\274\241.example", "a.example"},                /* fullwidth A */
		{"\302\255.example", NULL}, /* nothing but a soft hyphen */
		{"a\343\200\202\343\200\202b", NULL},
		{LABEL63, LABEL63},
		{LABEL63 "h", NULL},
		{NAME253, NAME253},
		{NAME253 "h", NULL},
		{"", NULL},
		{".", NULL},
		{"a..b", NULL},
		{".a", NULL},
		{"a b", NULL},
		{"-a", NULL},
		{"a-", NULL},
		{"a@b", NULL},
		{"[127.0.0.1]", NULL},
		{"\303", NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(300);
		bool ok = domain_ascii(str_z(cases[i].s), &b);

		if (ok != !!cases[i].want)
			fail_msg("%s: %d", cases[i].s, ok);
		assert_str(cases[i].s, buf_str(&b), str_z(cases[i].want));
	}
}

static void unicode(void **state)
{
	BUF_AUTO b = BUF_INIT(300);

	assert_true(domain_unicode(STR("XN--mnchen-3ya.example"), &b));
	assert_str("unicode", buf_str(&b), STR("m\303\274nchen.example"));
	buf_clear(&b);
	assert_true(domain_unicode(STR("xn--a.example"), &b)); /* no U-label */
	assert_str("stays", buf_str(&b), STR("xn--a.example"));
	buf_clear(&b);
	assert_true(domain_unicode(STR("xn--a.xn--mnchen-3ya"), &b));
	assert_str("one of two", buf_str(&b), STR("xn--a.m\303\274nchen"));
	assert_true(domain_eq(buf_str(&b), STR("xn--a.xn--mnchen-3ya")));
}

static void equal(void **state)
{
	assert_true(domain_eq(STR("A.example"), STR("a.example.")));
	assert_true(domain_eq(STR("m\303\274nchen.example"), STR("xn--mnchen-3ya.example")));
	assert_false(domain_eq(STR("a.example"), STR("b.example")));
	assert_false(domain_eq(STR(""), STR("")));
}

static void local(void **state)
{
	static const struct {
		const char *s;
		bool sensitive;
		const char *want;
	} cases[] = {
		{"Post.Master", false, "post.master"},
		{"Post.Master", true, "Post.Master"},
		{"\303\211a", false, "\303\251a"},  /* upper case, composed */
		{"E\314\201A", false, "\303\251a"}, /* and decomposed */
		{"E\314\201A", true, "\303\211A"},
		{"", false, ""},
		{"\303", false, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(300);
		bool ok = local_part_fold(str_z(cases[i].s), cases[i].sensitive, &b);

		assert_int_equal(ok, !!cases[i].want);
		assert_str(cases[i].s, buf_str(&b), str_z(cases[i].want));
	}
}

static void local_limit(void **state)
{
	static char s[DOMAIN_LOCAL_MAX + 1];
	BUF_AUTO b = BUF_INIT(2000);

	memset(s, 'a', sizeof(s));
	assert_true(local_part_fold(str_of(s, DOMAIN_LOCAL_MAX), false, &b));
	assert_false(local_part_fold(str_of(s, DOMAIN_LOCAL_MAX + 1), false, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ascii), cmocka_unit_test(unicode),     cmocka_unit_test(equal),
		cmocka_unit_test(local), cmocka_unit_test(local_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
