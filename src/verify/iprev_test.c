#include "base/test.h"

#include "dns/fake.h"
#include "verify/iprev.h"

static struct ip ip_of(const char *s)
{
	struct ip ip = {0};

	assert_true(ip_parse(str_z(s), &ip));
	return ip;
}

#define REVERSE  "1.2.0.192.in-addr.arpa"
#define REVERSE6 "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"

/* RFC 8601 §2.7.3, §3. */
static void results(void **state)
{
	static const struct {
		const char *name, *zone, *ip;
		enum auth_result result;
		const char *host;
		bool authentic;
	} cases[] = {
		{"pass", REVERSE " PTR mx.example\nmx.example A 192.0.2.1\n", "192.0.2.1",
		 AUTH_PASS, "mx.example", false},
		{"pass, signed",
		 REVERSE " PTR mx.example\nmx.example A 192.0.2.1\n" REVERSE
			 " SECURE\nexample SECURE\n",
		 "192.0.2.1", AUTH_PASS, "mx.example", true},
		{"pass, half signed",
		 REVERSE " PTR mx.example\nmx.example A 192.0.2.1\n" REVERSE " SECURE\n",
		 "192.0.2.1", AUTH_PASS, "mx.example", false},
		{"pass by the second address and name",
		 REVERSE " PTR a.example\n" REVERSE " PTR b.example\nb.example A 192.0.2.9\n"
			 "b.example A 192.0.2.1\n",
		 "192.0.2.1", AUTH_PASS, "b.example", false},
		{"pass beside a failure",
		 REVERSE " PTR a.example\n" REVERSE " PTR b.example\nb.example A 192.0.2.1\n"
			 "a.example A SERVFAIL\n",
		 "192.0.2.1", AUTH_PASS, "b.example", false},
		{"IPv6", REVERSE6 " PTR mx.example\nmx.example AAAA 2001:db8::1\n", "2001:db8::1",
		 AUTH_PASS, "mx.example", false},
		{"IPv4 mapped", REVERSE " PTR mx.example\nmx.example A 192.0.2.1\n",
		 "::ffff:192.0.2.1", AUTH_PASS, "mx.example", false},
		{"fail: another address", REVERSE " PTR mx.example\nmx.example A 192.0.2.2\n",
		 "192.0.2.1", AUTH_FAIL, "mx.example", false},
		{"fail: the name does not exist", REVERSE " PTR mx.example\n", "192.0.2.1",
		 AUTH_FAIL, "mx.example", false},
		{"fail: an address of the other kind",
		 REVERSE " PTR mx.example\nmx.example AAAA 2001:db8::1\n", "192.0.2.1", AUTH_FAIL,
		 "mx.example", false},
		{"permerror: no name", "x.example A 192.0.2.1\n", "192.0.2.1", AUTH_PERMERROR, "",
		 false},
		{"permerror: no name, signed", REVERSE " SECURE\n", "192.0.2.1", AUTH_PERMERROR, "",
		 true},
		{"permerror: no name of a host", REVERSE " PTR a\\b!.example\n", "192.0.2.1",
		 AUTH_PERMERROR, "", false},
		{"temperror: PTR", REVERSE " PTR SERVFAIL\n", "192.0.2.1", AUTH_TEMPERROR, "",
		 false},
		{"temperror: address", REVERSE " PTR mx.example\nmx.example A TIMEOUT\n",
		 "192.0.2.1", AUTH_TEMPERROR, "mx.example", false},
		{"temperror: one of two",
		 REVERSE " PTR a.example\n" REVERSE " PTR b.example\nb.example A 192.0.2.2\n"
			 "a.example A BOGUS\n",
		 "192.0.2.1", AUTH_TEMPERROR, "a.example", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (uint64_t seed = 0; seed < 2; seed++) {
			struct arena a;
			struct dns_fake f;
			struct dns_batch b;
			struct iprev_result r;

			arena_init(&a, 1 << 20);
			dns_fake_init(&f, &a);
			dns_fake_zone(&f, str_z(cases[i].zone));
			dns_batch_init(&b, &a);
			while (iprev_check(&b, ip_of(cases[i].ip), &r) == DNS_WAIT)
				assert_true(dns_fake_answer(&f, &b, seed));
			assert_str(cases[i].name, auth_result_name(r.result),
				   auth_result_name(cases[i].result));
			assert_str(cases[i].name, r.name, str_z(cases[i].host));
			if (r.authentic != cases[i].authentic || !r.why.n)
				fail_msg("%s", cases[i].name);
			arena_fini(&a);
		}
	}
}

static void names_limit(void **state)
{
	for (size_t at = IPREV_NAMES_MAX; at <= IPREV_NAMES_MAX + 1; at++) {
		BUF_AUTO zone = BUF_INIT(10000);
		struct arena a;
		struct dns_fake f;
		struct dns_batch b;
		struct iprev_result r;

		for (size_t i = 1; i <= IPREV_NAMES_MAX + 1; i++)
			buf_printf(&zone, REVERSE " PTR n%zu.example\n", i);
		buf_printf(&zone, "n%zu.example A 192.0.2.1\n", at);
		arena_init(&a, 1 << 20);
		dns_fake_init(&f, &a);
		dns_fake_zone(&f, buf_str(&zone));
		dns_batch_init(&b, &a);
		while (iprev_check(&b, ip_of("192.0.2.1"), &r) == DNS_WAIT)
			dns_batch_resolve(&b, &f.resolver);
		assert_int_equal(r.result, at <= IPREV_NAMES_MAX ? AUTH_PASS : AUTH_FAIL);
		assert_int_equal(r.n, IPREV_NAMES_MAX);
		assert_int_equal(f.asked, 1 + IPREV_NAMES_MAX);
		arena_fini(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results),
		cmocka_unit_test(names_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
