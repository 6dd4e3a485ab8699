#include "base/test.h"

#include "os/addr.h"

static struct ip ip(const char *z)
{
	struct ip a = {0};

	assert_true(ip_parse(str_z(z), &a));
	return a;
}

static void sockaddr_there_and_back(void **state)
{
	static const struct {
		const char *ip, *want;
		uint16_t port;
	} cases[] = {
		{"192.0.2.1", "192.0.2.1:25", 25},
		{"2001:db8::1", "[2001:db8::1]:993", 993},
		{"::ffff:192.0.2.1", "192.0.2.1:65535", 65535},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		 "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", 65535},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct addr a = {.ip = ip(cases[i].ip), .port = cases[i].port};
		struct sockaddr_storage ss;
		char text[ADDR_TEXT_MAX];
		socklen_t n = addr_sockaddr(&a, &ss);
		struct addr back = addr_of_sockaddr((struct sockaddr *)&ss, n);

		assert_str(cases[i].ip, addr_text(&back, text), str_z(cases[i].want));
	}
	struct addr none = {0};
	char text[ADDR_TEXT_MAX];

	assert_str("none", addr_text(&none, text), STR(""));
}

static void networks(void **state)
{
	static const struct {
		const char *net, *ip;
		bool ok, in;
	} cases[] = {
		{"192.0.2.0/24", "192.0.2.255", true, true},
		{"192.0.2.0/24", "192.0.3.0", true, false},
		{"192.0.2.7", "192.0.2.7", true, true},
		{"192.0.2.7", "192.0.2.6", true, false},
		{"0.0.0.0/0", "203.0.113.9", true, true},
		{"0.0.0.0/0", "::1", true, false},
		{"2001:db8::/32", "2001:db8:ffff::1", true, true},
		{"2001:db8::/32", "2001:db9::1", true, false},
		{"::/0", "2001:db9::1", true, true},
		{"192.0.2.1/24", "", false, false},
		{"192.0.2.0/33", "", false, false},
		{"192.0.2.0/", "", false, false},
		{"192.0.2.0/0024", "", false, false},
		{"192.0.2.0/-1", "", false, false},
		{"2001:db8::/129", "", false, false},
		{"", "", false, false},
		{"example.org/24", "", false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct addr_net net;

		if (addr_net_parse(str_z(cases[i].net), &net) != cases[i].ok)
			fail_msg("%s", cases[i].net);
		if (cases[i].ok && addr_in_net(ip(cases[i].ip), &net) != cases[i].in)
			fail_msg("%s in %s", cases[i].ip, cases[i].net);
	}
}

static void classes(void **state)
{
	static const struct {
		const char *a, *b;
		bool same[ADDR_CLASSES];
	} cases[] = {
		{"192.0.2.1", "192.0.2.1", {true, true, true}},
		{"192.0.2.1", "192.0.2.2", {false, true, true}},
		{"192.0.2.1", "192.0.2.64", {false, false, true}},
		{"192.0.2.1", "192.0.7.255", {false, false, true}},
		{"192.0.2.1", "192.0.8.0", {false, false, false}},
		{"2001:db8::1", "2001:db8::2", {true, true, true}},
		{"2001:db8::1", "2001:db8:0:1::1", {false, true, true}},
		{"2001:db8::1", "2001:db8:1::1", {false, false, true}},
		{"2001:db8::1", "2001:db9::1", {false, false, false}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (unsigned k = 0; k < ADDR_CLASSES; k++) {
			uint64_t a = addr_class_key(ip(cases[i].a), k);
			uint64_t b = addr_class_key(ip(cases[i].b), k);

			assert_int_equal(a == b, cases[i].same[k]);
			assert_int_not_equal(a, addr_class_key(ip(cases[i].a), (k + 1) % 3));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockaddr_there_and_back),
		cmocka_unit_test(networks),
		cmocka_unit_test(classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
