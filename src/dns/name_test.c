#include "base/test.h"

#include "dns/name.h"

#define LABEL63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"
#define NAME253                                                                       \
	LABEL63 "." LABEL63 "." LABEL63 ".aaaaaaaaaabbbbbbbbbbccccccccccddddddddddee" \
		"eeeeeeeeffffffffffg"

static void valid(void **state)
{
	static const struct {
		const char *s;
		bool ok, host;
	} cases[] = {
		{"", true, false},
		{"org", true, true},
		{"_dmarc.example.org", true, true},
		{"a b!.example.org", true, false},
		{"example.org.", false, false},
		{".example.org", false, false},
		{"a..b", false, false},
		{".", false, false},
		{LABEL63 ".x", true, true},
		{LABEL63 "a.x", false, false},
		{NAME253, true, true},
		{NAME253 "a", false, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str s = str_z(cases[i].s);

		if (dns_name_ok(s) != cases[i].ok || dns_name_is_host(s) != cases[i].host)
			fail_msg("%s", cases[i].s);
	}
	assert_false(dns_name_ok(str_of("a\0b", 3)));
}

static void labels(void **state)
{
	static const struct {
		const char *s;
		size_t labels, n;
		const char *tail, *parent;
	} cases[] = {
		{"", 0, 1, "", ""},
		{"org", 1, 1, "org", ""},
		{"org", 1, 0, "", ""},
		{"a.b.c", 3, 1, "c", "b.c"},
		{"a.b.c", 3, 2, "b.c", "b.c"},
		{"a.b.c", 3, 3, "a.b.c", "b.c"},
		{"a.b.c", 3, 9, "a.b.c", "b.c"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str s = str_z(cases[i].s);

		assert_int_equal(dns_name_labels(s), cases[i].labels);
		assert_str(cases[i].s, dns_name_tail(s, cases[i].n), str_z(cases[i].tail));
		assert_str(cases[i].s, dns_name_parent(s), str_z(cases[i].parent));
	}
}

static void within(void **state)
{
	assert_true(dns_name_within(STR("a.Example.org"), STR("example.ORG")));
	assert_true(dns_name_within(STR("example.org"), STR("example.org")));
	assert_true(dns_name_within(STR("org"), STR("")));
	assert_false(dns_name_within(STR("notexample.org"), STR("example.org")));
	assert_false(dns_name_within(STR("org"), STR("example.org")));
	assert_false(dns_name_within(STR(""), STR("org")));
}

static void reverse(void **state)
{
	static const struct {
		const char *ip, *want;
	} cases[] = {
		{"192.0.2.1", "1.2.0.192.in-addr.arpa"},
		{"2001:db8::567:89ab", "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1."
				       "0.0.2.ip6.arpa"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(DNS_REVERSE_MAX);
		struct ip ip;

		assert_true(ip_parse(str_z(cases[i].ip), &ip));
		buf_dns_reverse(&b, ip);
		assert_str(cases[i].ip, buf_str(&b), str_z(cases[i].want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid),
		cmocka_unit_test(labels),
		cmocka_unit_test(within),
		cmocka_unit_test(reverse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
