#include "base/test.h"

#include "smtpd/smtpd.h"

static const struct smtpd_settings stranger = {.hostname = STR_INIT("mx.mox.example")};
static const struct smtpd_settings user = {.hostname = STR_INIT("mx.mox.example"),
					   .submission = true};
static const struct conn_tls tls = {.version = "TLS1.3", .cipher = "TLS_AES_128_GCM_SHA256"};

static struct smtpd_rcpt to(const char *local)
{
	return (struct smtpd_rcpt){
		.to = {.local = str_z(local), .host = {.name = STR("mox.example")}}};
}

static void from_a_stranger(void **state)
{
	struct smtpd_peer peer = {.ehlo = true, .tls = &tls, .hello = {.name = STR("a.example")}};
	struct smtpd_message m = {.settings = &stranger,
				  .peer = &peer,
				  .from = {.local = STR("x"), .host = {.name = STR("y.example")}},
				  .requiretls = true,
				  .received = 1136239445,
				  .id = STR("abc")};
	struct smtpd_rcpt rcpt = to("a b");
	BUF_AUTO b = BUF_INIT(4096);

	(void)state;
	assert_true(ip_parse(STR("2001:db8::1"), &peer.remote.ip));
	assert_true(ip_parse(STR("198.51.100.1"), &peer.local.ip));
	smtpd_prefix(&b, &m, &rcpt);
	assert_str("all of it", buf_str(&b),
		   STR("Delivered-To: \"a b\"@mox.example\r\n"
		       "Return-Path: <x@y.example>\r\n"
		       "Received: from a.example ([IPv6:2001:db8::1])\r\n"
		       "\tby mx.mox.example ([198.51.100.1]) via tcp with ESMTPS (requiretls)\r\n"
		       "\tid abc (TLS1.3 TLS_AES_128_GCM_SHA256)\r\n"
		       "\tfor <\"a b\"@mox.example>;\r\n"
		       "\tMon, 2 Jan 2006 22:04:05 +0000\r\n"));
}

/* RFC 3848, RFC 6531 §4.3 */
static void protocols(void **state)
{
	static const struct {
		bool ehlo, tls, auth, utf8;
		const char *want;
	} cases[] = {
		{false, false, false, false, " with SMTP\r\n"},
		{true, false, false, false, " with ESMTP\r\n"},
		{true, true, true, false, " with ESMTPSA\r\n"},
		{true, false, true, false, " with ESMTPA\r\n"},
		{true, true, false, true, " with UTF8SMTPS\r\n"},
		{true, true, true, true, " with UTF8SMTPSA\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct smtpd_peer peer = {.ehlo = cases[i].ehlo,
					  .tls = cases[i].tls ? &tls : NULL,
					  .account = cases[i].auth ? STR("alice") : STR("")};
		struct smtpd_message m = {
			.settings = &stranger, .peer = &peer, .smtputf8 = cases[i].utf8};
		struct smtpd_rcpt rcpt = to("alice");
		BUF_AUTO b = BUF_INIT(4096);

		smtpd_prefix(&b, &m, &rcpt);
		assert_true(str_find(buf_str(&b), str_z(cases[i].want), 0) > 0);
	}
}

static void a_users_place_is_hidden(void **state)
{
	struct smtpd_peer peer = {
		.ehlo = true, .hello_text = STR("my laptop"), .account = STR("alice")};
	struct smtpd_message m = {.settings = &user,
				  .peer = &peer,
				  .from = {.null = true},
				  .added = STR("Message-Id: <1@mox.example>\r\n")};
	struct smtpd_rcpt rcpt = to("alice");
	BUF_AUTO b = BUF_INIT(4096);

	(void)state;
	assert_true(ip_parse(STR("192.0.2.7"), &peer.remote.ip));
	smtpd_prefix(&b, &m, &rcpt);
	assert_true(str_find(buf_str(&b), STR("192.0.2.7"), 0) < 0);
	assert_true(str_find(buf_str(&b), STR("laptop"), 0) < 0);
	assert_true(str_find(buf_str(&b), STR("Return-Path: <>\r\n"), 0) > 0);
	assert_true(str_ends(buf_str(&b), STR("\r\nMessage-Id: <1@mox.example>\r\n")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_a_stranger),
		cmocka_unit_test(protocols),
		cmocka_unit_test(a_users_place_is_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
