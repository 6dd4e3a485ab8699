#include "base/test.h"

#include "verify/dkim_signature.h"

#define REST "; d=example.org; s=s; bh=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=; b=AA=="

/* Every tag, decoded; with folds where they may be. RFC 6376 §3.5. */
static void all_tags(void **state)
{
	struct str value =
		STR(" v=1; a=rsa-sha256;\r\n\tc=relaxed; d=Example.NET;\r\n s=brisbane.x;"
		    " i=joe=40\r\n =78@eng.example.net; t=1117574938; x=1118006938; l=10;"
		    " q=http:dns/txt; h=From :\r\n to; z=From:foo|To:x;"
		    " bh=MTIzNDU2Nzg5MDEyMzQ1\r\n Njc4OTAxMjM0NTY3ODkwMTI=; b= AAEC\r\n Aw== ; y=");
	struct dkim_signature s;
	struct arena a;

	arena_init(&a, 1 << 16);
	assert_ok(dkim_signature_parse(value, DKIM_SIGNATURE, &a, &s));
	assert_int_equal(s.algorithm, DKIM_RSA_SHA256);
	assert_int_equal(s.header_canon, CANON_RELAXED);
	assert_int_equal(s.body_canon, CANON_SIMPLE);
	assert_str("d", s.domain, STR("example.net"));
	assert_str("s", s.selector, STR("brisbane.x"));
	assert_str("i", s.identity, STR("joe@x@eng.example.net"));
	assert_str("domain of i", s.identity_domain, STR("eng.example.net"));
	assert_str("names", s.names, STR("From :\r\n to"));
	assert_int_equal(s.names_n, 2);
	assert_true(dkim_signature_covers(&s, STR("TO")));
	assert_false(dkim_signature_covers(&s, STR("Subject")));
	assert_str("bh", s.body_hash, STR("12345678901234567890123456789012"));
	assert_str("b", s.signature, str_of("\0\1\2\3", 4));
	assert_str("b in text", s.signature_text, STR("AAECAw=="));
	assert_str("raw b", str_sub(value, s.raw_at, s.raw_to), STR(" AAEC\r\n Aw== "));
	assert_true(s.has_time && s.has_expiry && s.has_length);
	assert_int_equal(s.time, 1117574938);
	assert_int_equal(s.expiry, 1118006938);
	assert_int_equal(s.length, 10);
	arena_fini(&a);
}

/* What is wrong does not hide what is right. */
static void partly(void **state)
{
	static const struct {
		const char *name, *value;
		enum err_code want;
		const char *domain, *selector, *identity;
	} cases[] = {
		{"nothing", "", ERR_SYNTAX, "", "", ""},
		{"not a list", "v", ERR_SYNTAX, "", "", ""},
		{"a list, broken off", "d=example.org; s=x; =", ERR_SYNTAX, "example.org", "x",
		 "@example.org"},
		{"version", "v=2; a=rsa-sha256; h=from" REST, ERR_SYNTAX, "example.org", "s",
		 "@example.org"},
		{"algorithm", "v=1; a=x-y; h=from" REST, ERR_UNSUPPORTED, "example.org", "s",
		 "@example.org"},
		{"old algorithm", "v=1; a=rsa-sha1; h=from" REST, ERR_NONE, "example.org", "s",
		 "@example.org"},
		{"identity elsewhere", "v=1; a=rsa-sha256; i=x@y.z; h=from" REST, ERR_SYNTAX,
		 "example.org", "s", "x@y.z"},
		{"good", "v=1; a=rsa-sha256; i=x@example.org; h=from" REST, ERR_NONE, "example.org",
		 "s", "x@example.org"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dkim_signature s;
		struct arena a;

		arena_init(&a, 1 << 16);
		assert_err(dkim_signature_parse(str_z(cases[i].value), DKIM_SIGNATURE, &a, &s),
			   cases[i].want);
		assert_str(cases[i].name, s.domain, str_z(cases[i].domain));
		assert_str(cases[i].name, s.selector, str_z(cases[i].selector));
		assert_str(cases[i].name, s.identity, str_z(cases[i].identity));
		arena_fini(&a);
	}
}

static struct err parse(const struct buf *value, struct dkim_signature *ret)
{
	struct arena a;

	arena_init(&a, 1 << 20);
	struct err e = dkim_signature_parse(buf_str(value), DKIM_SIGNATURE, &a, ret);

	arena_fini(&a);
	return e;
}

/* Names in h=, bytes in b=, digits in numbers: at the limit, and one more. */
static void limits(void **state)
{
	BUF_AUTO v = BUF_INIT(1 << 20);
	struct dkim_signature s;

	for (int n = DKIM_NAMES_MAX; n <= DKIM_NAMES_MAX + 1; n++) {
		buf_clear(&v);
		buf_str_add(&v, STR("v=1; a=rsa-sha256" REST "; h=from"));
		for (int i = 1; i < n; i++)
			buf_str_add(&v, STR(":x"));
		assert_err(parse(&v, &s), n == DKIM_NAMES_MAX ? ERR_NONE : ERR_LIMIT);
	}
	for (size_t n = DKIM_SIGNATURE_MAX; n <= DKIM_SIGNATURE_MAX + 1; n++) {
		buf_clear(&v);
		buf_str_add(&v, STR("v=1; a=rsa-sha256; h=from; d=a.example; s=s;"
				    "bh=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=; b="));
		buf_char_n(&v, 'A', n / 3 * 4);
		buf_str_add(&v, n % 3 == 1 ? STR("AA==") : STR("AAA="));
		assert_err(parse(&v, &s), n == DKIM_SIGNATURE_MAX ? ERR_NONE : ERR_SYNTAX);
	}
	for (size_t n = 76; n <= 77; n++) {
		buf_clear(&v);
		buf_str_add(&v, STR("v=1; a=rsa-sha256; h=from" REST "; l="));
		buf_char_n(&v, '9', n);
		assert_err(parse(&v, &s), n == 76 ? ERR_NONE : ERR_SYNTAX);
	}
	buf_clear(&v);
	buf_printf(&v, "v=1; a=rsa-sha256; h=from" REST
		       "; l=18446744073709551614; x=0018446744073709551616");
	assert_err(parse(&v, &s), ERR_NONE);
	assert_true(s.length == DKIM_NUMBER_MAX && s.expiry == DKIM_NUMBER_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_tags),
		cmocka_unit_test(partly),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
