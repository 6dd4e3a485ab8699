#include "base/test.h"

#include "idl/scalar.h"

static const char *const choices[] = {"one", "two"};

static const struct idl_type types[] = {
	[IDL_STRING] = {.kind = IDL_STRING},
	[IDL_BOOL] = {.kind = IDL_BOOL},
	[IDL_INT] = {.kind = IDL_INT, .min = -5, .max = 70},
	[IDL_SIZE] = {.kind = IDL_SIZE, .min = 0, .max = INT64_MAX},
	[IDL_DURATION] = {.kind = IDL_DURATION, .min = 0, .max = IDL_DURATION_MAX},
	[IDL_FLOAT] = {.kind = IDL_FLOAT, .min = 0, .max = 1},
	[IDL_ENUM] = {.kind = IDL_ENUM, .choices = choices, .choices_n = 2},
	[IDL_REGEXP] = {.kind = IDL_REGEXP},
	[IDL_IP] = {.kind = IDL_IP},
	[IDL_DOMAIN_NAME] = {.kind = IDL_DOMAIN_NAME},
	[IDL_ACCOUNT_NAME] = {.kind = IDL_ACCOUNT_NAME},
	[IDL_MAILBOX] = {.kind = IDL_MAILBOX},
	[IDL_URL] = {.kind = IDL_URL},
	[IDL_HOSTPORT] = {.kind = IDL_HOSTPORT},
	[IDL_IP_PORT] = {.kind = IDL_IP_PORT},
	[IDL_IP_NET] = {.kind = IDL_IP_NET},
};

#define LABEL63   "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"
#define ACCOUNT64 LABEL63 "g"
#define NAME191   LABEL63 "." LABEL63 "." LABEL63
#define NAME253   NAME191 ".aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffg"

static void values(void **state)
{
	/* want: what is written of the value; NULL: refused */
	static const struct {
		enum idl_kind kind;
		const char *text, *want;
	} cases[] = {
		{IDL_STRING, "", ""},
		{IDL_STRING, " \"x\" # y ", " \"x\" # y "},
		{IDL_STRING, "\303\251", "\303\251"},
		{IDL_STRING, "\303", NULL},
		{IDL_BOOL, "true", "true"},
		{IDL_BOOL, "false", "false"},
		{IDL_BOOL, "yes", NULL},
		{IDL_BOOL, "True", NULL},
		{IDL_BOOL, "true ", NULL},
		{IDL_BOOL, "", NULL},
		{IDL_INT, "0", "0"},
		{IDL_INT, "070", "70"},
		{IDL_INT, "71", NULL},
		{IDL_INT, "-5", "-5"},
		{IDL_INT, "-6", NULL},
		{IDL_INT, "1.0", NULL},
		{IDL_INT, "-", NULL},
		{IDL_INT, "--1", NULL},
		{IDL_INT, "+1", NULL},
		{IDL_INT, "", NULL},
		{IDL_SIZE, "104857600", "104857600"},
		{IDL_SIZE, "9223372036854775807", "9223372036854775807"},
		{IDL_SIZE, "9223372036854775808", NULL},
		{IDL_SIZE, "1k", NULL},
		{IDL_SIZE, "-1", NULL},
		{IDL_DURATION, "12h", "12h"},
		{IDL_DURATION, "72h0m0s", "72h"},
		{IDL_DURATION, "1h30m", "1h30m"},
		{IDL_DURATION, "1.5h", "1h30m"},
		{IDL_DURATION, ".5s", "500ms"},
		{IDL_DURATION, "90s", "1m30s"},
		{IDL_DURATION, "1500us", "1ms"},
		{IDL_DURATION, "999999ns1ns", "1ms"},
		{IDL_DURATION, "0", "0s"},
		{IDL_DURATION, "0s", "0s"},
		{IDL_DURATION, "878400h", "878400h"}, /* 100 years of 366 days */
		{IDL_DURATION, "878400h1ms", NULL},
		{IDL_DURATION, "12", NULL},
		{IDL_DURATION, "12d", NULL},
		{IDL_DURATION, "h", NULL},
		{IDL_DURATION, "-1h", NULL},
		{IDL_DURATION, "1h ", NULL},
		{IDL_DURATION, "1..5h", NULL},
		{IDL_DURATION, "9999999999999999h", NULL},
		{IDL_DURATION, "", NULL},
		{IDL_FLOAT, "0.95", "0.95"},
		{IDL_FLOAT, ".01", "0.01"},
		{IDL_FLOAT, "1e-05", "1e-05"},
		{IDL_FLOAT, "0.30000000000000004", "0.30000000000000004"},
		{IDL_FLOAT, "1", "1"},
		{IDL_FLOAT, "1.01", NULL},
		{IDL_FLOAT, "-0.1", NULL},
		{IDL_FLOAT, "nan", NULL},
		{IDL_FLOAT, "0x1p-1", NULL},
		{IDL_FLOAT, "0,5", NULL},
		{IDL_FLOAT, "", NULL},
		{IDL_ENUM, "two", "two"},
		{IDL_ENUM, "Two", NULL},
		{IDL_ENUM, "three", NULL},
		{IDL_REGEXP, "^(junk|spam)", "^(junk|spam)"},
		{IDL_REGEXP, "(junk", NULL},
		{IDL_IP, "198.51.100.1", "198.51.100.1"},
		{IDL_IP, "::", "::"},
		{IDL_IP, "198.51.100.256", NULL},
		{IDL_IP, "198.51.100.0/24", NULL},
		{IDL_IP, "localhost", NULL},
		{IDL_DOMAIN_NAME, "localhost", "localhost"},
		{IDL_DOMAIN_NAME, "m\303\274nchen.example", "m\303\274nchen.example"},
		{IDL_DOMAIN_NAME, "_dmarc.xn--mnchen-3ya.example", "_dmarc.xn--mnchen-3ya.example"},
		{IDL_DOMAIN_NAME, LABEL63, LABEL63},
		{IDL_DOMAIN_NAME, LABEL63 "h", NULL},
		{IDL_DOMAIN_NAME, NAME253, NAME253},
		{IDL_DOMAIN_NAME, NAME253 "h", NULL},
		{IDL_DOMAIN_NAME, "example.org.", NULL},
		{IDL_DOMAIN_NAME, ".example.org", NULL},
		{IDL_DOMAIN_NAME, "-a.example", NULL},
		{IDL_DOMAIN_NAME, "a-.example", NULL},
		{IDL_DOMAIN_NAME, "a b.example", NULL},
		{IDL_DOMAIN_NAME, "\303.example", NULL},
		{IDL_ACCOUNT_NAME, "a.b-c_D9", "a.b-c_D9"},
		{IDL_ACCOUNT_NAME, "_", "_"},
		{IDL_ACCOUNT_NAME, ".a", NULL},
		{IDL_ACCOUNT_NAME, "a/b", NULL},
		{IDL_ACCOUNT_NAME, "a@b", NULL},
		{IDL_ACCOUNT_NAME, "\303\251", NULL},
		{IDL_ACCOUNT_NAME, ACCOUNT64, ACCOUNT64},
		{IDL_ACCOUNT_NAME, ACCOUNT64 "h", NULL},
		{IDL_MAILBOX, "Lists/a b", "Lists/a b"},
		{IDL_MAILBOX, "/a", NULL},
		{IDL_MAILBOX, "a/", NULL},
		{IDL_MAILBOX, "a//b", NULL},
		{IDL_URL, "https://a.example/?b", "https://a.example/?b"},
		{IDL_URL, "https://", NULL},
		{IDL_URL, "ftp://a.example", NULL},
		{IDL_URL, "https://a b", NULL},
		{IDL_HOSTPORT, "a.example:1080", "a.example:1080"},
		{IDL_HOSTPORT, "[2001:db8::1]:1080", "[2001:db8::1]:1080"},
		{IDL_HOSTPORT, "127.0.0.1:65535", "127.0.0.1:65535"},
		{IDL_HOSTPORT, "127.0.0.1:65536", NULL},
		{IDL_HOSTPORT, "127.0.0.1:0", NULL},
		{IDL_HOSTPORT, "a.example", NULL},
		{IDL_IP_PORT, "192.0.2.53", "192.0.2.53"},
		{IDL_IP_PORT, "[2001:db8::53]:5353", "[2001:db8::53]:5353"},
		{IDL_IP_PORT, "a.example:53", NULL},
		{IDL_IP_NET, "192.0.2.0/24", "192.0.2.0/24"},
		{IDL_IP_NET, "2001:db8::1", "2001:db8::1"},
		{IDL_IP_NET, "192.0.2.1/24", NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct idl_type *t = &types[cases[i].kind];
		BUF_AUTO tmp = BUF_INIT(1000);
		BUF_AUTO out = BUF_INIT(1000);
		_Alignas(16) char value[16] = {0};
		const char *expected = idl_scalar_parse(t, str_z(cases[i].text), &tmp, value);

		if (!expected != !!cases[i].want)
			fail_msg("%s: %s", cases[i].text, expected ? expected : "accepted");
		if (expected)
			continue;
		assert_true(idl_scalar_size(t) <= sizeof(value));
		idl_scalar_write(t, value, &out);
		assert_str(cases[i].text, buf_str(&out), str_z(cases[i].want));
	}
}

static void expectations(void **state)
{
	static const struct {
		enum idl_kind kind;
		const char *text, *want;
	} cases[] = {
		{IDL_INT, "x", "number from -5 to 70"},
		{IDL_DURATION, "x", "duration like 12h"},
		{IDL_ENUM, "x", "one of one, two"},
		{IDL_REGEXP, "a)", "regular expression () without ()"},
		{IDL_BOOL, "x", "true or false"},
		{IDL_MAILBOX, "a//b", "mailbox name like Lists/Announce (a level of it is empty)"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO tmp = BUF_INIT(1000);
		char value[16];
		const char *got =
			idl_scalar_parse(&types[cases[i].kind], str_z(cases[i].text), &tmp, value);

		assert_str(cases[i].text, str_z(got), str_z(cases[i].want));
	}
}

static void long_string(void **state)
{
	static char s[IDL_STRING_MAX + 1];
	BUF_AUTO tmp = BUF_INIT(1000);
	struct str got;

	memset(s, 'a', sizeof(s));
	assert_null(idl_scalar_parse(&types[IDL_STRING], str_of(s, IDL_STRING_MAX), &tmp, &got));
	assert_non_null(
		idl_scalar_parse(&types[IDL_STRING], str_of(s, IDL_STRING_MAX + 1), &tmp, &got));
}

/* What an example shows can be read, if it shows anything. */
static void examples(void **state)
{
	for (size_t k = IDL_BOOL; k < IDL_STRUCT; k++) {
		BUF_AUTO tmp = BUF_INIT(1000);
		_Alignas(16) char value[16];

		assert_null(idl_scalar_parse(&types[k], str_z(idl_scalar_example(&types[k])), &tmp,
					     value));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(expectations),
		cmocka_unit_test(long_string),
		cmocka_unit_test(examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
