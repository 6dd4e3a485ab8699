#include "base/test.h"

#include "verify/spf.h"

static struct spf_args args_of(const char *ip, const char *helo)
{
	struct spf_args a = {.helo = str_z(helo), .receiver = STR("mx.receiver.example")};

	assert_true(ip_parse(str_z(ip), &a.ip));
	return a;
}

/* RFC 7208 §9.1. */
static void fields(void **state)
{
	static const struct {
		const char *name, *ip, *helo;
		struct spf_result result;
		const char *want;
	} cases[] = {
		{"pass",
		 "::ffff:192.0.2.1",
		 "helo.example",
		 {.result = AUTH_PASS,
		  .local = STR_INIT("a.b"),
		  .domain = STR_INIT("example.org"),
		  .mechanism = STR_INIT("mx")},
		 "Received-SPF: pass\r\n"
		 "\t(domain of example.org designates 192.0.2.1 as permitted sender)\r\n"
		 "\tclient-ip=192.0.2.1;\r\n"
		 "\tenvelope-from=\"a.b@example.org\";\r\n"
		 "\thelo=helo.example;\r\n"
		 "\treceiver=mx.receiver.example;\r\n"
		 "\tidentity=mailfrom;\r\n"
		 "\tmechanism=mx;\r\n"},
		{"problem",
		 "2001:db8::1",
		 "[IPv6:2001:db8::1]",
		 {.result = AUTH_PERMERROR,
		  .identity = SPF_HELO,
		  .local = STR_INIT("postmaster"),
		  .domain = STR_INIT("[IPv6:2001:db8::1]"),
		  .mechanism = STR_INIT("-include:x/y.example"),
		  .problem = STR_INIT("a \"b\" \\")},
		 "Received-SPF: permerror\r\n"
		 "\t(domain of [IPv6:2001:db8::1] has no proper record to judge 2001:db8::1)\r\n"
		 "\tclient-ip=\"2001:db8::1\";\r\n"
		 "\tenvelope-from=\"postmaster@[IPv6:2001:db8::1]\";\r\n"
		 "\thelo=\"[IPv6:2001:db8::1]\";\r\n"
		 "\treceiver=mx.receiver.example;\r\n"
		 "\tidentity=helo;\r\n"
		 "\tmechanism=\"-include:x/y.example\";\r\n"
		 "\tproblem=\"a \\\"b\\\" \\\\\";\r\n"},
		{"hostile",
		 "192.0.2.1",
		 "a\r\nX: y\"\xff",
		 {.result = AUTH_NONE,
		  .local = STR_INIT("a\" b\\\r\n"),
		  .domain = STR_INIT("x)\r\n(y\\")},
		 "Received-SPF: none\r\n"
		 "\t(domain of x\\)\?\?\\(y\\\\ says nothing of 192.0.2.1)\r\n"
		 "\tclient-ip=192.0.2.1;\r\n"
		 "\tenvelope-from=\"\\\"a\\\\\\\" b\\\\\\\\\?\?\\\"@x)\?\?(y\\\\\";\r\n"
		 "\thelo=\"a\?\?X: y\\\"?\";\r\n"
		 "\treceiver=mx.receiver.example;\r\n"
		 "\tidentity=mailfrom;\r\n"},
		{"UTF-8",
		 "192.0.2.1",
		 "h.example",
		 {.result = AUTH_SOFTFAIL,
		  .local = STR_INIT("\xc3\xa4"),
		  .domain = STR_INIT("example.org"),
		  .mechanism = STR_INIT("~all")},
		 "Received-SPF: softfail\r\n"
		 "\t(domain of example.org does most likely not designate 192.0.2.1 as permitted "
		 "sender)\r\n"
		 "\tclient-ip=192.0.2.1;\r\n"
		 "\tenvelope-from=\"\\\"\xc3\xa4\\\"@example.org\";\r\n"
		 "\thelo=h.example;\r\n"
		 "\treceiver=mx.receiver.example;\r\n"
		 "\tidentity=mailfrom;\r\n"
		 "\tmechanism=~all;\r\n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(10000);
		struct spf_args a = args_of(cases[i].ip, cases[i].helo);

		buf_received_spf(&b, &a, &cases[i].result);
		assert_str(cases[i].name, buf_str(&b), str_z(cases[i].want));
	}
}

/* RFC 5322 §2.1.1: whatever the values hold, lines of at most 998 that begin with white space. */
static void lines(void **state)
{
	static const char bytes[] = "a\"\\()\r\n\t\x80\xc3 ;=";
	BUF_AUTO b = BUF_INIT(1 << 20);
	struct str rest, line;

	for (size_t i = 0; i + 1 < sizeof(bytes); i++) {
		BUF_AUTO value = BUF_INIT(10000);

		buf_char_n(&value, bytes[i], 5000);
		struct str v = buf_str(&value);
		struct spf_args a = {.helo = v, .receiver = v};
		struct spf_result r = {.local = v, .domain = v, .mechanism = v, .problem = v};

		buf_clear(&b);
		buf_received_spf(&b, &a, &r);
		assert_false(buf_failed(&b));
		assert_true(str_ends(buf_str(&b), STR("\r\n")));
		rest = str_sub(buf_str(&b), 0, b.n - 2);
		for (size_t n = 0; rest.n; n++) {
			(void)str_cut(rest, '\n', &line, &rest);
			assert_true(line.n < 998);
			assert_true(n == 0 || line.p[0] == '\t');
			assert_true(rest.n == 0 || line.p[line.n - 1] == '\r');
			assert_true(str_chr(str_sub(line, 0, line.n - 1), '\r') < 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(fields), cmocka_unit_test(lines)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
