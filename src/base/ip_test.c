#include "base/test.h"

#include "base/ip.h"

static void text(void **state)
{
	static const struct {
		const char *s;
		uint8_t family; /* 0: refused */
		const char *want;
	} cases[] = {
		{"192.0.2.1", 4, "192.0.2.1"},
		{"0.0.0.0", 4, "0.0.0.0"},
		{"192.0.2.01", 0, ""},
		{"192.0.2.256", 0, ""},
		{"192.0.2", 0, ""},
		{"192.0.2.1 ", 0, ""},
		{"0x7f.0.0.1", 0, ""},
		{"::", 6, "::"},
		{"2001:DB8:0:0:0:0:0:1", 6, "2001:db8::1"},
		{"::ffff:192.0.2.1", 6, "::ffff:192.0.2.1"},
		{"fe80::1%eth0", 0, ""},
		{"1:2:3:4:5:6:7", 0, ""},
		{"1::2::3", 0, ""},
		{"", 0, ""},
		{"1111:2222:3333:4444:5555:6666:255.255.255.255.255", 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(64);
		struct ip ip = {0};

		assert_int_equal(ip_parse(str_z(cases[i].s), &ip), cases[i].family != 0);
		assert_int_equal(ip.family, cases[i].family);
		buf_ip(&b, ip);
		assert_str(cases[i].s, buf_str(&b), str_z(cases[i].want));
	}
}

static void addresses_with_ports(void **state)
{
	static const struct {
		const char *s;
		uint8_t family; /* 0: refused */
		uint16_t port;
	} cases[] = {
		{"192.0.2.1", 4, 0},
		{"192.0.2.1:53", 4, 53},
		{"192.0.2.1:65535", 4, 65535},
		{"192.0.2.1:65536", 0, 0},
		{"192.0.2.1:0", 0, 0},
		{"192.0.2.1:", 0, 0},
		{"192.0.2.1:x", 0, 0},
		{"2001:db8::1", 6, 0},
		{"::1", 6, 0},
		{"[2001:db8::1]", 6, 0},
		{"[2001:db8::1]:53", 6, 53},
		{"[2001:db8::1]53", 0, 0},
		{"[2001:db8::1", 0, 0},
		{"[]:53", 0, 0},
		{"[192.0.2.1]:53", 0, 0},
		{"dns.example:53", 0, 0},
		{":53", 0, 0},
		{"", 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ip ip = {0};
		uint16_t port = 0;

		if (ip_port_parse(str_z(cases[i].s), &ip, &port) != (cases[i].family != 0) ||
		    ip.family != cases[i].family || port != cases[i].port)
			fail_msg("%s: family %u, port %u", cases[i].s, ip.family, port);
	}
}

static void networks_as_text(void **state)
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
		struct ip_net net;
		struct ip a = {0};

		assert_true(!cases[i].ok || ip_parse(str_z(cases[i].ip), &a));

		if (ip_net_parse(str_z(cases[i].net), &net) != cases[i].ok)
			fail_msg("%s", cases[i].net);
		if (cases[i].ok && ip_in_net(a, &net) != cases[i].in)
			fail_msg("%s in %s", cases[i].ip, cases[i].net);
	}
}

static void networks(void **state)
{
	struct ip a, b, net;

	(void)state;
	assert_true(ip_parse(STR("10.1.255.7"), &a) && ip_parse(STR("10.1.248.0"), &net));
	assert_true(ip_in_prefix(a, net, 21));
	assert_false(ip_in_prefix(a, net, 22));
	assert_true(ip_in_prefix(a, net, 0));
	assert_false(ip_in_prefix(a, net, 32));
	assert_true(ip_eq(ip_mask(a, 21), net));
	assert_true(ip_parse(STR("::ffff:10.1.255.7"), &b));
	assert_true(ip_eq(ip_unmap(b), a));
	assert_false(ip_in_prefix(b, net, 0));
	assert_true(ip_parse(STR("::1"), &b) && ip_is_loopback(b));
	assert_true(ip_parse(STR("127.9.9.9"), &b) && ip_is_loopback(b));
	assert_false(ip_is_loopback(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text),
		cmocka_unit_test(addresses_with_ports),
		cmocka_unit_test(networks_as_text),
		cmocka_unit_test(networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
