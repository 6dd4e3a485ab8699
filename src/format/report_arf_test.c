#include "base/test.h"

#include "format/report_arf.h"

static struct err read_report(const char *fields, struct arena *a, struct report_arf *ret)
{
	arena_init(a, 1 << 20);
	return report_arf_read(str_z(fields), a, ret);
}

/* RFC 5965 §3.1, §3.2, §3.3; RFC 6591 §3.2. */
static void fields(void **state)
{
	struct report_arf r;
	struct arena a;

	assert_ok(read_report("Feedback-Type: auth-failure\r\n"
			      "USER-AGENT: Some/1.0\r\n"
			      "Version: 1 (one)\r\n"
			      "Original-Rcpt-To: <a@example.org>\r\n"
			      "Original-Rcpt-To: <b@example.org>\r\n"
			      "Received-Date: Thu, 8 Mar 2005 14:00:00 -0400\r\n"
			      "Source-IP: 192.0.2.1 (host.example.org)\r\n"
			      "Source-Port: 2525\r\n"
			      "Incidents: 3\r\n"
			      "Authentication-Results: mail.example.org;\r\n dkim=fail\r\n"
			      "Auth-Failure: bodyhash\r\n"
			      "Unknown: x\r\n",
			      &a, &r));
	assert_str("type", r.feedback_type, STR("auth-failure"));
	assert_str("agent", r.user_agent, STR("Some/1.0"));
	assert_int_equal(r.version.v, 1);
	assert_int_equal(r.original_rcpt_to.n, 2);
	assert_str("to", r.original_rcpt_to.v[1], STR("<b@example.org>"));
	assert_int_equal(r.arrival_date, 1110304800);
	assert_int_equal(r.source_ip.family, 4);
	assert_int_equal(r.source_port.v, 2525);
	assert_int_equal(r.incidents, 3);
	assert_str("folded", r.authentication_results.v[0], STR("mail.example.org; dkim=fail"));
	assert_str("failure", r.auth_failure, STR("bodyhash"));
	assert_null(r.dkim_domain.p);
	arena_fini(&a);
}

static void variations(void **state)
{
	static const struct {
		const char *name, *fields;
		enum err_code want;
	} cases[] = {
		{"least", "Feedback-Type: abuse\n", ERR_NONE},
		{"nothing", "", ERR_SYNTAX},
		{"no type", "Version: 1\n", ERR_SYNTAX},
		{"type twice", "Feedback-Type: abuse\nFeedback-Type: abuse\n", ERR_SYNTAX},
		{"version is no number", "Feedback-Type: abuse\nVersion: one\n", ERR_SYNTAX},
		{"no date", "Feedback-Type: abuse\nArrival-Date: soon\n", ERR_SYNTAX},
		{"both names of the date",
		 "Feedback-Type: abuse\nArrival-Date: 8 Mar 2005 14:00 +0000\n"
		 "Received-Date: 8 Mar 2005 14:00 +0000\n",
		 ERR_SYNTAX},
		{"IPv6", "Feedback-Type: abuse\nSource-IP: 2001:db8::1\n", ERR_NONE},
		{"IPv6 literal", "Feedback-Type: abuse\nSource-IP: [IPv6:2001:db8::1]\n", ERR_NONE},
		{"no address", "Feedback-Type: abuse\nSource-IP: host\n", ERR_SYNTAX},
		{"no field of ours", "Feedback-Type: abuse\nOriginal-Header: x\n", ERR_NONE},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct report_arf r;
		struct arena a;
		struct err e = read_report(cases[i].fields, &a, &r);

		if (!err_is(e, cases[i].want))
			fail_msg("%s: %.*s", cases[i].name, STR_ARG(err_text(e)));
		if (err_is_ok(e)) {
			assert_int_equal(r.incidents, 1); /* RFC 5965 §3.2: if it is absent */
			assert_null(r.original_header.p);
		}
		arena_fini(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(variations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
