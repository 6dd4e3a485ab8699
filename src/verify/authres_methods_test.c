#include "base/test.h"

#include "verify/authres_methods.h"

static struct ip ip_of(const char *s)
{
	struct ip ip = {0};

	assert_true(ip_parse(str_z(s), &ip));
	return ip;
}

static void all(void **state)
{
	BUF_AUTO b = BUF_INIT(10000);
	struct dkim_result signatures[] = {
		{.result = AUTH_PASS,
		 .key_bits = 2048,
		 .authentic = true,
		 .signature = {.algorithm = DKIM_RSA_SHA256,
			       .domain = STR("example.org"),
			       .selector = STR("s1"),
			       .signature_text = STR("abcdefghi/klmnop")}},
		{.result = AUTH_FAIL,
		 .key_bits = 256,
		 .why = STR("body hash differs"),
		 .signature = {.algorithm = DKIM_ED25519_SHA256,
			       .domain = STR("example.org"),
			       .selector = STR("s2"),
			       .signature_text = STR("ABCDEFGHIJKLMNOP")}},
		{.result = AUTH_PERMERROR, .why = STR("no d=")},
	};
	struct iprev_result iprev = {.result = AUTH_PASS, .authentic = true};
	struct spf_result spf = {
		.result = AUTH_SOFTFAIL, .identity = SPF_HELO, .domain = STR("[192.0.2.1]")};
	struct dkim_results dkim = {.result = signatures, .n = 3};
	struct dmarc_from from = {.domain = STR("example.org")};
	struct dmarc_result dmarc = {
		.result = AUTH_FAIL, .applied = DMARC_REJECT, .why = STR("nothing aligned passed")};
	struct arc_result arc = {.result = AUTH_PASS, .oldest_pass = 2};
	struct authres r;
	struct arena a;

	arena_init(&a, 1 << 20);
	authres_init(&r, &a, STR("mx.example"));
	authres_add_iprev(&r, ip_of("::ffff:192.0.2.1"), &iprev);
	authres_add_spf(&r, &spf);
	authres_add_dkim(&r, &dkim);
	authres_add_dmarc(&r, &from, &dmarc);
	authres_add_arc(&r, &arc);
	assert_false(r.failed);
	buf_authres(&b, &r);
	assert_str(
		"field", buf_str(&b),
		STR("Authentication-Results: mx.example;\r\n"
		    "\tiprev=pass (with dnssec) policy.iprev=192.0.2.1;\r\n"
		    "\tspf=softfail (without dnssec) smtp.helo=\"[192.0.2.1]\";\r\n"
		    "\tdkim=pass (2048 bit rsa, with dnssec) header.d=example.org header.s=s1\r\n"
		    " header.a=rsa-sha256 header.b=\"abcdefghi/kl\";\r\n"
		    "\tdkim=fail (256 bit ed25519, without dnssec) reason=\"body hash differs\"\r\n"
		    " header.d=example.org header.s=s2 header.a=ed25519-sha256\r\n"
		    " header.b=ABCDEFGHIJKL;\r\n"
		    "\tdkim=permerror (without dnssec) reason=\"no d=\";\r\n"
		    "\tdmarc=fail (without dnssec) reason=\"nothing aligned passed\"\r\n"
		    " header.from=example.org policy.dmarc=reject;\r\n"
		    "\tarc=pass (without dnssec) header.oldest-pass=2\r\n"));
	arena_fini(&a);
}

static void none(void **state)
{
	BUF_AUTO b = BUF_INIT(10000);
	struct dkim_results dkim = {0};
	struct arc_result arc = {.result = AUTH_NONE};
	struct dmarc_from from = {0};
	struct dmarc_result dmarc = {.result = AUTH_NONE, .authentic = true};
	struct authres r;
	struct arena a;

	arena_init(&a, 1 << 20);
	authres_init(&r, &a, STR("mx.example"));
	authres_add_dkim(&r, &dkim);
	authres_add_dmarc(&r, &from, &dmarc);
	authres_add_arc(&r, &arc);
	buf_authres(&b, &r);
	assert_str("field", buf_str(&b),
		   STR("Authentication-Results: mx.example;\r\n"
		       "\tdkim=none;\r\n"
		       "\tdmarc=none (with dnssec)\r\n"));
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all),
		cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
