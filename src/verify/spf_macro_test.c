#include "base/test.h"

#include "verify/spf_macro.h"

/* RFC 7208 §7.1: domain-spec, and §7.2, §7.3 what its macros may be. */
static void domain_specs(void **state)
{
	static const struct {
		const char *s;
		bool ok;
	} cases[] = {
		{"example.com", true},
		{"example.com.", true},
		{"_spf.%{d}", true},
		{"%{d}", true},
		{"%{d}.", false},
		{"%{d}.com", true},
		{"%{d}com", false},
		{"x%%", true},
		{"x%_", true},
		{"x%-", true},
		{"%{ir}.%{v}._spf.%{d2}", true},
		{"%{l1r+-}.x.example.com", true},
		{"%{D127R.-+,/_=}", true},
		{"%{d0}", false},
		{"%{d00}", false},
		{"%{d007}", true},
		{"%{d99999999999999999999999}", true},
		{"%{dr2}", false},
		{"%{d!}", false},
		{"%{d", false},
		{"%{", false},
		{"%", false},
		{"%(ir).example.com", false},
		{"%{x}", false},
		{"%{}", false},
		{"%{c}", false},
		{"%{r}.example.com", false},
		{"%{T}.example.com", false},
		{"museum", false},
		{"museum.", false},
		{".com", true},
		{"", false},
		{".", false},
		{"abc.123", false},
		{"abc.1-2", true},
		{"abc.12a", true},
		{"example.-com", false},
		{"example.com-", false},
		{"example._com", false},
		{"example.xn--zckzah", true},
		{"foo:bar/baz.example.com", true},
		{"example.com:8080", false},
		{"exa mple.com", false},
		{"ex\xc3\xa4mple.com", false},
		{"example.com\r", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cur c = cur_of(str_z(cases[i].s));

		x_spf_domain_spec(&c);
		if (cur_failed(&c) == cases[i].ok || (cases[i].ok && !cur_end(&c)))
			fail_msg("\"%s\"", cases[i].s);
	}
}

static void macro_strings(void **state)
{
	static const struct {
		const char *s;
		enum spf_macro_place place;
		bool ok;
	} cases[] = {
		{"", SPF_MACRO_VALUE, true},
		{"pass", SPF_MACRO_VALUE, true},
		{"%{c}%{r}%{t}", SPF_MACRO_VALUE, true},
		{"%abc", SPF_MACRO_VALUE, false},
		{"a b", SPF_MACRO_VALUE, false},
		{"", SPF_MACRO_TEXT, true},
		{"%{C} is not one of %{d}'s hosts (100%%)", SPF_MACRO_TEXT, true},
		{"100%", SPF_MACRO_TEXT, false},
		{"a\tb", SPF_MACRO_TEXT, false},
		{"\xef\xbb\xbftext", SPF_MACRO_TEXT, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cur c = cur_of(str_z(cases[i].s));

		x_spf_macro_string(&c, cases[i].place);
		if (cur_failed(&c) == cases[i].ok)
			fail_msg("\"%s\"", cases[i].s);
	}
}

static struct spf_values values(const char *ip)
{
	struct spf_values v = {
		.local = STR("strong-bad"),
		.sender = STR("email.example.com"),
		.domain = STR("email.example.com"),
		.host = STR("mx.example.org"),
		.helo = STR("helo.example.net"),
		.receiver = STR("mail.receiver.example"),
		.now = 1400000000,
	};

	assert_true(ip_parse(str_z(ip), &v.ip));
	return v;
}

/* RFC 7208 §7.4, and what it does not show. */
static void expansions(void **state)
{
	static const struct {
		const char *s, *want;
	} cases[] = {
		{"%{s}", "strong-bad@email.example.com"},
		{"%{o}", "email.example.com"},
		{"%{d}", "email.example.com"},
		{"%{d4}", "email.example.com"},
		{"%{d3}", "email.example.com"},
		{"%{d2}", "example.com"},
		{"%{d1}", "com"},
		{"%{dr}", "com.example.email"},
		{"%{d2r}", "example.email"},
		{"%{l}", "strong-bad"},
		{"%{l-}", "strong.bad"},
		{"%{lr}", "strong-bad"},
		{"%{lr-}", "bad.strong"},
		{"%{l1r-}", "strong"},
		{"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
		{"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
		{"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}",
		 "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
		{"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}",
		 "3.2.0.192.in-addr.strong.lp._spf.example.com"},
		{"%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"},
		{"%{p} %{h} %{c} %{r} %{t}",
		 "mx.example.org helo.example.net 192.0.2.3 mail.receiver.example 1400000000"},
		{"%%%_%-%{S}", "% %20strong-bad%40email.example.com"},
		{"%{DR} %{L-}", "com.example.email strong.bad"},
		{"%{s1@}", NULL},
		{"%{s-+}", "strong.bad@email.example.com"},
		{"%{i2} %{i2r} %{i255}", "2.3 0.192 192.0.2.3"},
		{"%{V}", "in-addr"},
	};
	const struct spf_values v = values("192.0.2.3");

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);
		struct cur c = cur_of(str_z(cases[i].s));

		x_spf_macro_string(&c, SPF_MACRO_TEXT);
		if (cur_failed(&c) != !cases[i].want)
			fail_msg("%s", cases[i].s);
		if (!cases[i].want)
			continue;
		buf_spf_macro(&b, str_z(cases[i].s), &v);
		assert_str(cases[i].s, buf_str(&b), str_z(cases[i].want));
	}
}

/* RFC 7208 §7.3: "no special treatment is given to leading, trailing, or consecutive delimiters".
 */
static void delimiters(void **state)
{
	static const struct {
		const char *local, *s, *want;
	} cases[] = {
		{"a--b", "%{l-}", "a..b"},        {"-a-", "%{l-}", ".a."},
		{"-a-", "%{lr-}", ".a."},         {"a-b-", "%{lr-}", ".b.a"},
		{"a-b-", "%{l1-}", ""},           {"a-b-", "%{l1r-}", "a"},
		{"a-b+c", "%{l2-+}", "b.c"},      {"a.b", "%{l-}", "a.b"},
		{"a.b-c", "%{lr-}", "c.a.b"},     {"a", "%{l5r}", "a"},
		{"~a&b=c", "%{L}", "~a%26b%3Dc"}, {"\xc3\xa4", "%{L}", "%C3%A4"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);
		struct spf_values v = values("192.0.2.3");

		v.local = str_z(cases[i].local);
		buf_spf_macro(&b, str_z(cases[i].s), &v);
		assert_str(cases[i].s, buf_str(&b), str_z(cases[i].want));
	}
}

static void ip6(void **state)
{
	BUF_AUTO b = BUF_INIT(1000);
	const struct spf_values v = values("2001:db8::cb01");

	assert_true(spf_target_name(&b, STR("%{ir}.%{v}._spf.%{d2}"), &v));
	assert_str("RFC 7208 §7.4", buf_str(&b),
		   STR("1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf."
		       "example.com"));
	buf_clear(&b);
	buf_spf_macro(&b, STR("%{c} %{i4}"), &v);
	assert_str("c", buf_str(&b), STR("2001:db8::cb01 C.B.0.1"));
}

/* RFC 7208 §7.3: labels on the left go until 253 characters are left. */
static void truncation(void **state)
{
	static const struct {
		size_t labels; /* of 50 bytes, in front of a last one */
		size_t last;
		size_t want; /* 0: no such name */
	} cases[] = {
		{4, 48, 4 * 51 + 48 + 1},
		{4, 49, 253 + 1},
		{4, 50, 3 * 51 + 50 + 1},
		{9, 49, 253 + 1},
		{0, 63, 63 + 1},
		{0, 64, 0},
		{9, 64, 0},
		{9, 300, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO local = BUF_INIT(4000);
		BUF_AUTO b = BUF_INIT(1000);
		struct spf_values v = values("192.0.2.3");

		for (size_t k = 0; k < cases[i].labels; k++) {
			buf_char_n(&local, 'a', 50);
			buf_char(&local, '.');
		}
		buf_char_n(&local, 'A', cases[i].last);
		v.local = buf_str(&local);
		bool ok = spf_target_name(&b, STR("%{l}"), &v);

		if (ok != (cases[i].want > 0) || b.n + ok != cases[i].want)
			fail_msg("case %zu: %zu bytes", i, b.n);
		assert_int_equal(str_chr(buf_str(&b), 'A'), -1);
	}
}

static void not_names(void **state)
{
	static const char *const cases[] = {"", ".", "a..b", ".a", "a..", "\xc3\xa4.x"};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);
		struct spf_values v = values("192.0.2.3");

		v.helo = str_z(cases[i]);
		if (spf_target_name(&b, STR("%{h}"), &v) || b.n)
			fail_msg("\"%s\"", cases[i]);
	}
}

static void uses(void **state)
{
	struct str s = STR("p.%%p%_%{d2r}%-.%{L}.com");

	assert_int_equal(spf_macro_count(s), 5);
	assert_true(spf_macro_uses(s, STR("sl")));
	assert_true(spf_macro_uses(s, STR("d")));
	assert_false(spf_macro_uses(s, STR("pso")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domain_specs), cmocka_unit_test(macro_strings),
		cmocka_unit_test(expansions),   cmocka_unit_test(delimiters),
		cmocka_unit_test(ip6),          cmocka_unit_test(truncation),
		cmocka_unit_test(not_names),    cmocka_unit_test(uses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
