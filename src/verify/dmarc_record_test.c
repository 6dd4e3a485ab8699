#include "base/test.h"

#include "verify/dmarc_record.h"

/* RFC 9989 §4.8: what is a record. */
static void version(void **state)
{
	static const struct {
		const char *name, *s;
		bool record;
	} cases[] = {
		{"only the version", "v=DMARC1", true},
		{"with a semicolon", "v=DMARC1;", true},
		{"space around", "v = DMARC1 ; p=none", true},
		{"space in front, as DKIM's lists may have", " v=DMARC1; p=none", true},
		{"name in capitals", "V=DMARC1; p=none", true},
		{"value in small letters: RFC 9989 §4.7 v", "v=dmarc1; p=none", false},
		{"another version", "v=DMARC2; p=none", false},
		{"more than the version", "v=DMARC10", false},
		{"no semicolon behind it", "v=DMARC1 p=none", false},
		{"not first", "p=none; v=DMARC1", false},
		{"no version", "p=none", false},
		{"SPF's", "v=spf1 -all", false},
		{"empty value", "v=", false},
		{"nothing", "", false},
		{"NUL behind it", "v=DMARC1\\0", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dmarc_record r;

		if (dmarc_record_parse(str_z(cases[i].s), &r) != cases[i].record)
			fail_msg("%s", cases[i].name);
	}
}

static void defaults(void **state)
{
	struct dmarc_record r;

	assert_true(dmarc_record_parse(STR("v=DMARC1"), &r));
	assert_int_equal(r.p, DMARC_UNSET);
	assert_int_equal(r.sp, DMARC_UNSET);
	assert_int_equal(r.np, DMARC_UNSET);
	assert_int_equal(r.psd, DMARC_PSD_UNKNOWN);
	assert_false(r.strict_dkim || r.strict_spf || r.testing || r.has_testing);
	assert_int_equal(r.percent, 100);
	assert_int_equal(r.failure, DMARC_FAILURE_ALL);
	assert_int_equal(r.interval, 86400);
	assert_int_equal(r.rua.n + r.ruf.n, 0);
	assert_false(r.policy_bad || r.other_format || dmarc_record_usable(&r));
}

static void all_tags(void **state)
{
	struct dmarc_record r;

	assert_true(dmarc_record_parse(
		STR("v=DMARC1; p=reject; sp=quarantine; np=none; psd=n; t=y; adkim=s; aspf=S; "
		    "fo=1:d:s; rua=mailto:a@example.org , mailto:b@example.net!10m; "
		    "ruf=mailto:c@example.org; pct=25; ri=3600; rf=iodef; later=1;"),
		&r));
	assert_int_equal(r.p, DMARC_REJECT);
	assert_int_equal(r.sp, DMARC_QUARANTINE);
	assert_int_equal(r.np, DMARC_NONE);
	assert_int_equal(r.psd, DMARC_PSD_NO);
	assert_true(r.testing && r.has_testing && r.strict_dkim && r.strict_spf);
	assert_int_equal(r.failure, DMARC_FAILURE_ANY | DMARC_FAILURE_DKIM | DMARC_FAILURE_SPF);
	assert_int_equal(r.rua.n, 2);
	assert_str("rua", r.rua.uri[0], STR("mailto:a@example.org"));
	assert_str("rua without size", r.rua.uri[1], STR("mailto:b@example.net"));
	assert_int_equal(r.ruf.n, 1);
	assert_int_equal(r.percent, 25);
	assert_int_equal(r.interval, 3600);
	assert_true(r.other_format);
	assert_int_equal(r.unknown, 1);
	assert_int_equal(r.bad, r.bad & (1U << 12)); /* rf is the only one passed over */
}

/* RFC 9989 §4.8: "Syntax errors in the remainder of the record MUST be discarded in favor of
 * default values (if any) or ignored outright." §4.10.1: when no policy can be read. */
static void ignored(void **state)
{
	static const struct {
		const char *name, *s;
		const char *ignored;
		bool usable;
	} cases[] = {
		{"all well", "v=DMARC1; p=none", "", true},
		{"policy unknown", "v=DMARC1; p=block", "p", false},
		{"policy unknown, with rua", "v=DMARC1; p=block; rua=mailto:a@b.example", "p",
		 true},
		{"subdomain policy unknown", "v=DMARC1; p=none; sp=x", "sp", false},
		{"np unknown", "v=DMARC1; p=none; np=", "np", false},
		{"no policy", "v=DMARC1; adkim=s", "", false},
		{"no policy, with rua", "v=DMARC1; rua=mailto:a@b.example", "", true},
		{"policy twice", "v=DMARC1; p=none; p=reject", "p", false},
		{"alignment twice", "v=DMARC1; p=none; adkim=s; adkim=r", "adkim", true},
		{"case of names and values", "v=DMARC1; P=Reject; SP=NONE", "", true},
		{"empty pieces", "v=DMARC1;; p=none;;", "", true},
		{"no equals", "v=DMARC1; none; p=none", "", true},
		{"alignment unknown", "v=DMARC1; p=none; aspf=relaxed", "aspf", true},
		{"t unknown", "v=DMARC1; p=none; t=yes", "t", true},
		{"psd", "v=DMARC1; p=none; psd=u", "", true},
		{"psd unknown", "v=DMARC1; p=none; psd=x", "psd", true},
		{"pct over 100", "v=DMARC1; p=none; pct=101", "pct", true},
		{"pct of 100", "v=DMARC1; p=none; pct=100", "", true},
		{"pct negative", "v=DMARC1; p=none; pct=-1", "pct", true},
		{"ri of 32 bits", "v=DMARC1; p=none; ri=4294967295", "", true},
		{"ri of more", "v=DMARC1; p=none; ri=4294967296", "ri", true},
		{"fo twice the same", "v=DMARC1; p=none; fo=d:d", "fo", true},
		{"fo 0 and 1", "v=DMARC1; p=none; fo=0:1", "fo", true},
		{"fo unknown", "v=DMARC1; p=none; fo=x", "fo", true},
		{"fo in any order", "v=DMARC1; p=none; fo=s:d:0", "", true},
		{"rf with afrf", "v=DMARC1; p=none; rf=iodef:afrf", "", true},
		{"no scheme", "v=DMARC1; p=none; rua=a@b.example", "rua", true},
		{"mailto without domain", "v=DMARC1; p=none; rua=mailto:a", "rua", true},
		{"one address of two", "v=DMARC1; p=none; rua=a@b.example,mailto:a@b.example", "",
		 true},
		{"bad size", "v=DMARC1; p=none; rua=mailto:a@b.example!10x", "rua", true},
		{"no size", "v=DMARC1; p=none; rua=mailto:a@b.example!", "rua", true},
		{"space in an address", "v=DMARC1; p=none; rua=mailto:a b@b.example", "rua", true},
		{"https", "v=DMARC1; p=none; rua=https://b.example/x?y", "", true},
		{"byte over 127", "v=DMARC1; p=none; rua=mailto:\303\274@b.example", "rua", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(100);
		struct dmarc_record r;

		assert_true(dmarc_record_parse(str_z(cases[i].s), &r));
		buf_dmarc_ignored(&b, &r);
		assert_str(cases[i].name, buf_str(&b), str_z(cases[i].ignored));
		if (dmarc_record_usable(&r) != cases[i].usable)
			fail_msg("%s: usable %d", cases[i].name, !cases[i].usable);
	}
}

static void hosts(void **state)
{
	static const struct {
		const char *uri, *host; /* NULL: none */
	} cases[] = {
		{"mailto:a@b.example", "b.example"},
		{"MAILTO:a@B.example", "B.example"},
		{"mailto:a@b.example?subject=x@y", "b.example"},
		{"mailto:a%40x@b.example", "b.example"},
		{"mailto:@b.example", NULL},
		{"mailto:a", NULL},
		{"mailto:a@", NULL},
		{"mailto:a@b%2Eexample", NULL},
		{"mailto:a@[192.0.2.1]", NULL},
		{"https://b.example/x", "b.example"},
		{"https://u@b.example:8443?x", "b.example"},
		{"https://b.example#x@y", "b.example"},
		{"https:b.example", NULL},
		{"https:///x", NULL},
		{"https://[2001:db8::1]/", NULL},
		{"b.example", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str host = STR("");

		if (dmarc_uri_host(str_z(cases[i].uri), &host) != !!cases[i].host)
			fail_msg("%s", cases[i].uri);
		if (cases[i].host)
			assert_str(cases[i].uri, host, str_z(cases[i].host));
	}
}

static void uris_limit(void **state)
{
	BUF_AUTO b = BUF_INIT(10000);
	struct dmarc_record r;

	buf_str_add(&b, STR("v=DMARC1; p=none; rua="));
	for (size_t i = 1; i <= DMARC_URIS_MAX + 1; i++) {
		buf_printf(&b, "%smailto:a%zu@b.example", i > 1 ? "," : "", i);
		assert_true(dmarc_record_parse(buf_str(&b), &r));
		assert_int_equal(r.rua.n, i < DMARC_URIS_MAX ? i : DMARC_URIS_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version), cmocka_unit_test(defaults), cmocka_unit_test(all_tags),
		cmocka_unit_test(ignored), cmocka_unit_test(hosts),    cmocka_unit_test(uris_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
