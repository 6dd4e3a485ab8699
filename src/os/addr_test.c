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
		cmocka_unit_test(classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
