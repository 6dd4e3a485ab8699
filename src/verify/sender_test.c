#include "base/test.h"

#include "dns/fake.h"
#include "verify/sender.h"

struct sender_case {
	const char *name, *zone;
	enum sender_result want;
};

static void run(const struct sender_case *c, const char *name,
		enum dns_wait (*check)(struct dns_batch *, struct str, enum sender_result *))
{
	struct arena a;
	struct dns_fake f;
	struct dns_batch b;
	enum sender_result r;

	arena_init(&a, 1 << 20);
	dns_fake_init(&f, &a);
	dns_fake_zone(&f, str_z(c->zone));
	dns_batch_init(&b, &a);
	while (check(&b, str_z(name), &r) == DNS_WAIT)
		assert_true(dns_fake_answer(&f, &b, 0));
	assert_str(c->name, sender_result_name(r), sender_result_name(c->want));
	arena_fini(&a);
}

static void helo(void **state)
{
	static const struct sender_case cases[] = {
		{"IPv4", "mx.example A 192.0.2.1\n", SENDER_OK},
		{"IPv6", "mx.example AAAA 2001:db8::1\n", SENDER_OK},
		{"a name without address", "mx.example TXT \"x\"\n", SENDER_OK},
		{"a name above others", "a.mx.example A 192.0.2.1\n", SENDER_OK},
		{"no such name", "example A 192.0.2.1\n", SENDER_NO_NAME},
		{"failure", "mx.example * SERVFAIL\n", SENDER_TEMPORARY},
		{"bogus", "mx.example * BOGUS\n", SENDER_TEMPORARY},
		{"one fails", "mx.example A SERVFAIL\n", SENDER_OK},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		run(&cases[i], "mx.example", sender_helo_check);
		run(&cases[i], "MX.example.", sender_helo_check);
	}
}

/* RFC 5321 §5.1, RFC 7505 §3. */
static void domain(void **state)
{
	static const struct sender_case cases[] = {
		{"an MX", "example.org MX 10 mx.example\n", SENDER_OK},
		{"an address", "example.org A 192.0.2.1\n", SENDER_OK},
		{"an IPv6 address", "example.org AAAA 2001:db8::1\n", SENDER_OK},
		{"an address beside a failure",
		 "example.org A 192.0.2.1\nexample.org AAAA TIMEOUT\n", SENDER_OK},
		{"null MX", "example.org MX 0 .\nexample.org A 192.0.2.1\n", SENDER_NULL_MX},
		{"null MX with another preference", "example.org MX 10 .\n", SENDER_NULL_MX},
		{"null MX beside another", "example.org MX 0 .\nexample.org MX 10 mx.example\n",
		 SENDER_OK},
		{"no such domain", "org TXT \"x\"\n", SENDER_NO_HOST},
		{"neither", "example.org TXT \"x\"\n", SENDER_NO_HOST},
		{"MX fails", "example.org MX SERVFAIL\nexample.org A 192.0.2.1\n",
		 SENDER_TEMPORARY},
		{"MX bogus", "example.org MX BOGUS\n", SENDER_TEMPORARY},
		{"addresses fail", "example.org A SERVFAIL\n", SENDER_TEMPORARY},
		{"an alias", "example.org CNAME a.example\na.example MX 1 mx.example\n", SENDER_OK},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		run(&cases[i], "example.org", sender_domain_check);
		run(&cases[i], "Example.ORG.", sender_domain_check);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(helo),
		cmocka_unit_test(domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
