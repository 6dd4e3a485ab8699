#include "base/test.h"

#include "verify/spf_record.h"

/* RFC 7208 §4.5: the version ends in a space or the record's end. */
static void versions(void **state)
{
	static const struct {
		const char *s;
		bool is;
	} cases[] = {
		{"v=spf1", true},      {"v=spf1 ", true},     {"V=SPF1 -all", true},
		{"v=spf10", false},    {"v=spf1-all", false}, {"v=spf1\t-all", false},
		{" v=spf1", false},    {"", false},           {"v=spf", false},
		{"v=spf1 \xff", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (spf_record_is(str_z(cases[i].s)) != cases[i].is)
			fail_msg("\"%s\"", cases[i].s);
}

/* Terms as they are read: "KIND=RESULT[:DOMAIN][NETWORK][/4/6]", with spaces between. */
static void dump(const struct spf_record *r, struct buf *b)
{
	struct spf_term t;

	for (size_t at = 0; spf_record_next(r, &at, &t);) {
		buf_printf(b, "%s%d=%.*s", b->n ? " " : "", (int)t.kind,
			   STR_ARG(auth_result_name(t.result)));
		if (t.domain.n)
			buf_strs(b, STR(":"), t.domain);
		buf_ip(b, t.net);
		if (t.bits4 != 32 || t.bits6 != 128)
			buf_printf(b, "/%u/%u", t.bits4, t.bits6);
	}
}

/* RFC 7208 §4.6, §5, §6, §12. */
static void records(void **state)
{
	static const struct {
		const char *s, *want; /* NULL: a syntax error */
	} cases[] = {
		{"v=spf1", ""},
		{"v=spf1  a   -all  ", "2=pass 0=fail"},
		{"v=spf1 +a -mx ~ptr ?exists:x.y all",
		 "2=pass 3=fail 4=softfail 7=neutral:x.y 0=pass"},
		{"v=spf1 A MX ALL", "2=pass 3=pass 0=pass"},
		{"v=spf1 a/24", "2=pass/24/128"},
		{"v=spf1 a//64", "2=pass/32/64"},
		{"v=spf1 a/24//64", "2=pass/24/64"},
		{"v=spf1 mx:example.com/0//0", "3=pass:example.com/0/0"},
		{"v=spf1 a:%{d}/8", "2=pass:%{d}/8/128"},
		{"v=spf1 a:foo:bar/baz.example.com", "2=pass:foo:bar/baz.example.com"},
		{"v=spf1 a:b/8.com/9", "2=pass:b/8.com/9/128"},
		{"v=spf1 a/33", NULL},
		{"v=spf1 a//129", NULL},
		{"v=spf1 a/24/64", NULL},
		{"v=spf1 a/", NULL},
		{"v=spf1 a//", NULL},
		{"v=spf1 a/08", NULL},
		{"v=spf1 a//00", NULL},
		{"v=spf1 a///64", NULL},
		{"v=spf1 a/99999999999999999999", NULL},
		{"v=spf1 a:", NULL},
		{"v=spf1 a:/24", NULL},
		{"v=spf1 a:111.222.33.44", NULL},
		{"v=spf1 a:x.com/24/", NULL},
		{"v=spf1 a:%{d}/8/24", NULL},
		{"v=spf1 a=x", "8=none:x"},
		{"v=spf1 ptr:x.y", "4=pass:x.y"},
		{"v=spf1 ptr/0", NULL},
		{"v=spf1 ptr:", NULL},
		{"v=spf1 include:x.y", "1=pass:x.y"},
		{"v=spf1 include", NULL},
		{"v=spf1 include:", NULL},
		{"v=spf1 include:x.y/24", NULL},
		{"v=spf1 exists", NULL},
		{"v=spf1 exists:x.y/24", NULL},
		{"v=spf1 -all.", NULL},
		{"v=spf1 -all:x.y", NULL},
		{"v=spf1 -all/8", NULL},
		{"v=spf1 ip4:192.0.2.0/24", "5=pass192.0.2.0/24/128"},
		{"v=spf1 ip4:192.0.2.1", "5=pass192.0.2.1"},
		{"v=spf1 ip4:192.0.2.1/0", "5=pass192.0.2.1/0/128"},
		{"v=spf1 ip4:192.0.2.1/33", NULL},
		{"v=spf1 ip4:192.0.2.1/032", NULL},
		{"v=spf1 ip4:192.0.2.1/", NULL},
		{"v=spf1 ip4:192.0.2.1//32", NULL},
		{"v=spf1 ip4:192.0.2.01", NULL},
		{"v=spf1 ip4:192.0.2", NULL},
		{"v=spf1 ip4:192.0.2.1:25", NULL},
		{"v=spf1 ip4:2001:db8::1", NULL},
		{"v=spf1 ip4:", NULL},
		{"v=spf1 ip4", NULL},
		{"v=spf1 ip6:2001:DB8::1/33", "6=pass2001:db8::1/32/33"},
		{"v=spf1 ip6:::1.1.1.1/0", "6=pass::1.1.1.1/32/0"},
		{"v=spf1 ip6:::ffff:192.0.2.1", "6=pass::ffff:192.0.2.1"},
		{"v=spf1 ip6:::1/129", NULL},
		{"v=spf1 ip6:::1//33", NULL},
		{"v=spf1 ip6::CAFE::BABE", NULL},
		{"v=spf1 ip6:fe80::1%eth0", NULL},
		{"v=spf1 ip6:192.0.2.1", NULL},
		{"v=spf1 redirect=x.y", "8=none:x.y"},
		{"v=spf1 REDIRECT=x.y Exp=%{d}", "8=none:x.y 8=none:%{d}"},
		{"v=spf1 redirect=", NULL},
		{"v=spf1 exp=-all", NULL},
		{"v=spf1 redirect:x.y", NULL},
		{"v=spf1 +redirect=x.y", NULL},
		{"v=spf1 redirect=x.y redirect=x.y", NULL},
		{"v=spf1 exp=x.y -all EXP=x.y", NULL},
		{"v=spf1 exp=%{r}.y", NULL},
		{"v=spf1 moo.cow-far_out=man:dog/cat", "8=none:man:dog/cat"},
		{"v=spf1 x= x= x=%{c}", "8=none 8=none 8=none:%{c}"},
		{"v=spf1 x=%abc", NULL},
		{"v=spf1 1up=foo", NULL},
		{"v=spf1 =all", NULL},
		{"v=spf1 moo.cow/far_out=man", NULL},
		{"v=spf1 moo", NULL},
		{"v=spf1 --all", NULL},
		{"v=spf1 !all", NULL},
		{"v=spf1 - all", NULL},
		{"v=spf1 a,mx", NULL},
		{"v=spf1 a\tmx", NULL},
		{"v=spf1 a\rmx", NULL},
		{"v=spf1 a:example.net \x96"
		 "all",
		 NULL},
		{"v=spf1 ip4:1.2.3.4 -all moo", NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);
		struct spf_record r;
		struct err e = spf_record_parse(str_z(cases[i].s), &r);

		if (err_code(e) != (cases[i].want ? ERR_NONE : ERR_SYNTAX))
			fail_msg("\"%s\": %.*s", cases[i].s, STR_ARG(err_text(e)));
		if (!cases[i].want)
			continue;
		dump(&r, &b);
		assert_str(cases[i].s, buf_str(&b), str_z(cases[i].want));
	}
}

static void modifiers(void **state)
{
	struct spf_record r;

	assert_ok(spf_record_parse(STR("v=spf1 exp=a.b redirect=%{d} x=y all"), &r));
	assert_str("exp", r.exp.domain, STR("a.b"));
	assert_str("redirect", r.redirect.text, STR("redirect=%{d}"));
	assert_true(r.has_all);
	assert_int_equal(r.terms, 4);
}

static void errors(void **state)
{
	struct spf_record r;

	assert_str("where", err_text(spf_record_parse(STR("v=spf1 mx a:museum -all"), &r)),
		   STR("a:museum: expected a domain that ends in a macro or a top-level label at "
		       "byte 18"));
	assert_str("not one", err_text(spf_record_parse(STR("v=spf2"), &r)),
		   STR("expected \"v=spf1\""));
}

static void limits(void **state)
{
	BUF_AUTO b = BUF_INIT(SPF_RECORD_MAX + 1);
	struct spf_record r;

	buf_str_add(&b, STR("v=spf1 x="));
	buf_char_n(&b, 'a', SPF_RECORD_MAX - b.n);
	assert_ok(spf_record_parse(buf_str(&b), &r));
	buf_char(&b, 'a');
	assert_err(spf_record_parse(buf_str(&b), &r), ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions), cmocka_unit_test(records), cmocka_unit_test(modifiers),
		cmocka_unit_test(errors),   cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
