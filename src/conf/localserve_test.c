#include "base/test.h"

#include "conf/conf.h"
#include "conf/localserve.h"

static struct conf *make(struct ip ip)
{
	BUF_AUTO st = BUF_INIT(10000);
	BUF_AUTO dyn = BUF_INIT(10000);
	struct conf *c = NULL;

	localserve_static_write(ip, &st);
	localserve_domains_write(STR("/home/you/work dir"), &dyn);
	struct conf_source src = {
		.static_path = STR("mox.conf"),
		.static_text = buf_str(&st),
		.domains_path = STR("domains.conf"),
		.domains_text = buf_str(&dyn),
		.localserve = true,
	};

	assert_ok(conf_parse(&src, NULL, &c));
	return c;
}

static void takes_any_address(void **state)
{
	static const struct {
		const char *local, *domain;
		enum conf_via via;
	} cases[] = {
		{"mox", "localhost", CONF_VIA_ADDRESS},
		{"Mox+x", "LOCALHOST", CONF_VIA_ADDRESS},
		{"postmaster", "", CONF_VIA_POSTMASTER},
		{"temperror", "localhost", CONF_VIA_LOCALSERVE},
		{"any one", "example.org", CONF_VIA_LOCALSERVE},
		{"x", "a..b", CONF_VIA_LOCALSERVE},
		{"x", "", CONF_VIA_LOCALSERVE},
	};
	struct conf *c = make((struct ip){0});

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf_address got;

		conf_address_lookup(c, str_z(cases[i].local), str_z(cases[i].domain), &got);
		assert_int_equal(got.found, CONF_USER);
		assert_int_equal(got.via, cases[i].via);
		assert_str("account", got.account->name, STR("mox"));
		assert_str("mailbox", got.destination->mailbox, STR("Inbox"));
	}
	assert_non_null(conf_login(c, STR(LOCALSERVE_ADDRESS)));
	assert_null(conf_login(c, STR("x@example.org")));
	conf_unref(c);
}

static void ports(void **state)
{
	static const struct {
		enum conf_service_kind kind;
		uint16_t port;
	} want[] = {
		{CONF_SMTP, 1025},           {CONF_SUBMISSION, 1587},
		{CONF_SUBMISSIONS, 1465},    {CONF_IMAP, 1143},
		{CONF_IMAPS, 1993},          {CONF_ACCOUNT_HTTP, 1080},
		{CONF_ACCOUNT_HTTPS, 1443},  {CONF_ADMIN_HTTP, 1080},
		{CONF_ADMIN_HTTPS, 1443},    {CONF_WEBMAIL_HTTP, 1080},
		{CONF_WEBMAIL_HTTPS, 1443},  {CONF_WEBAPI_HTTP, 1080},
		{CONF_WEBAPI_HTTPS, 1443},   {CONF_METRICS_HTTP, 1081},
		{CONF_WEBSERVER_HTTP, 1080}, {CONF_WEBSERVER_HTTPS, 1443},
	};
	struct ip ip;
	size_t n;

	assert_true(ip_parse(STR("192.0.2.1"), &ip));
	struct conf *c = make(ip);
	const struct conf_service *s = conf_services(c, &n);

	assert_int_equal(n, ARRAY_LEN(want));
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(s[i].kind, want[i].kind);
		assert_int_equal(s[i].port, want[i].port);
		assert_false(s[i].require_tls);
	}
	assert_int_equal(s[0].listener->ips_n, 1);
	assert_str("ip", s[0].listener->ips[0], STR("192.0.2.1"));
	assert_str("root", conf_dynamic(c)->web_handlers[0].web_static->root,
		   STR("/home/you/work dir"));
	conf_unref(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_any_address),
		cmocka_unit_test(ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
