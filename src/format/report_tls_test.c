#include "base/test.h"

#include "format/report_tls.h"

#define POLICY                                                          \
	"{\"policy\":{\"policy-type\":\"sts\",\"mx-host\":[\"m\"]},"    \
	"\"summary\":{\"total-successful-session-count\":5},"           \
	"\"failure-details\":[{\"result-type\":\"validation-failure\"," \
	"\"sending-mta-ip\":\"192.0.2.1\",\"failed-session-count\":2}]}"
#define REPORT                                                         \
	"{\"organization-name\":\"o\",\"report-id\":\"i\","            \
	"\"date-range\":{\"start-datetime\":\"2024-01-01T00:00:00Z\"," \
	"\"end-datetime\":\"2024-01-01T23:59:59Z\"},"                  \
	"\"policies\":[" POLICY "]}"

static struct err read_report(struct str json, struct arena *a, struct report_tls *ret)
{
	arena_init(a, REPORT_ARENA_MAX);
	return report_tls_read(json, a, ret);
}

/* RFC 8460 appendix B. */
static void sample(void **state)
{
	BUF_AUTO json = BUF_INIT(1 << 20);
	struct report_tls r;
	struct arena a;

	test_data_read("test/data/reports/tlsrpt/rpt01.json", &json);
	assert_ok(read_report(buf_str(&json), &a, &r));
	assert_str("organization", r.organization_name, STR("Company-X"));
	assert_str("contact", r.contact_info, STR("sts-reporting@company-x.example"));
	assert_str("id", r.report_id, STR("5065427c-23d3-47ca-b6e0-946ea0e8c4be"));
	assert_int_equal(r.begin, 1459468800);
	assert_int_equal(r.end, 1459468800 + 86399);
	assert_int_equal(r.policies.n, 1);
	const struct report_tls_policy *p = &r.policies.v[0];

	assert_str("type", p->policy_type, STR("sts"));
	assert_int_equal(p->policy_string.n, 4);
	assert_str("policy", p->policy_string.v[2], STR("mx: *.mail.company-y.example"));
	assert_str("domain", p->policy_domain, STR("company-y.example"));
	assert_int_equal(p->mx_host.n, 1);
	assert_int_equal(p->successes, 5326);
	assert_int_equal(p->failures, 303);
	assert_int_equal(p->details.n, 3);
	const struct report_tls_failure *f = &p->details.v[2];
	BUF_AUTO ip = BUF_INIT(100);

	assert_str("result", f->result_type, STR("validation-failure"));
	assert_str("host", f->receiving_mx_hostname, STR("mx-backup.mail.company-y.example"));
	assert_str("code", f->failure_reason_code, STR("X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED"));
	assert_int_equal(f->failed_session_count, 3);
	buf_ip(&ip, f->sending_mta_ip);
	assert_str("ip", buf_str(&ip), STR("198.51.100.62"));
	assert_null(f->receiving_mx_helo.p);
	arena_fini(&a);
}

static void replaced(const char *what, const char *by, struct buf *to)
{
	struct str report = STR(REPORT);
	ssize_t at = str_find(report, str_z(what), 0);

	assert_true(at >= 0);
	buf_strs(to, str_sub(report, 0, (size_t)at), str_z(by),
		 str_from(report, (size_t)at + strlen(what)));
}

static void variations(void **state)
{
	static const struct {
		const char *name, *what, *by;
		enum err_code want;
	} cases[] = {
		{"as it is", "", "", ERR_NONE},
		{"several policy domains", POLICY, POLICY "," POLICY, ERR_NONE},
		{"no policies", POLICY, "", ERR_NONE},
		{"unknown policy type", "\"sts\"", "\"x\"", ERR_NONE},
		{"a string for a list", "[\"m\"]", "\"m\"", ERR_NONE},
		{"null", "[\"m\"]", "null", ERR_NONE},
		{"unknown name", "{\"policy\"", "{\"x\":[{}],\"policy\"", ERR_NONE},
		{"empty address", "192.0.2.1", "", ERR_NONE},
		{"time zone", "00:00:00Z", "02:00:00+02:00", ERR_NONE},

		{"not JSON", "\"policies\"", "policies", ERR_SYNTAX},
		{"an array", "{\"organization-name\"", "[{\"organization-name\"", ERR_SYNTAX},
		{"no range", "\"date-range\"", "\"date\"", ERR_SYNTAX},
		{"no start", "\"start-datetime\"", "\"start\"", ERR_SYNTAX},
		{"no date", "2024-01-01T00:00:00Z", "2024-02-30T00:00:00Z", ERR_SYNTAX},
		{"no id", "\"report-id\"", "\"id\"", ERR_SYNTAX},
		{"id is a number", "\"i\"", "1", ERR_SYNTAX},
		{"policies is an object", "[" POLICY "]", "{}", ERR_SYNTAX},
		{"a policy is a string", POLICY, "\"x\"", ERR_SYNTAX},
		{"no policy in it", "\"policy\"", "\"police\"", ERR_SYNTAX},
		{"no summary", "\"summary\"", "\"sum\"", ERR_SYNTAX},
		{"list of numbers", "[\"m\"]", "[1]", ERR_SYNTAX},
		{"negative", "count\":5", "count\":-5", ERR_SYNTAX},
		{"no integer", "count\":5", "count\":5.5", ERR_SYNTAX},
		{"number as a string", "count\":5", "count\":\"5\"", ERR_SYNTAX},
		{"no address", "192.0.2.1", "host", ERR_SYNTAX},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO json = BUF_INIT(1 << 20);
		struct report_tls r;
		struct arena a;

		replaced(cases[i].what, cases[i].by, &json);
		struct err e = read_report(buf_str(&json), &a, &r);

		if (!err_is(e, cases[i].want))
			fail_msg("%s: %.*s", cases[i].name, STR_ARG(err_text(e)));
		arena_fini(&a);
	}
}

static void round_trip(void **state)
{
	static const char *const files[] = {
		"test/data/reports/tlsrpt/rpt01.json",
		"test/data/reports/tlsrpt/rpt02.json",
		"test/data/reports/tlsrpt/rpt03.json",
	};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		BUF_AUTO json = BUF_INIT(1 << 20), first = BUF_INIT(1 << 20);
		BUF_AUTO second = BUF_INIT(1 << 20);
		struct report_tls r, again;
		struct arena a, b;

		test_data_read(files[i], &json);
		assert_ok(read_report(buf_str(&json), &a, &r));
		report_tls_write(&r, &first);
		assert_ok(read_report(buf_str(&first), &b, &again));
		report_tls_write(&again, &second);
		assert_str(files[i], buf_str(&second), buf_str(&first));
		assert_int_equal(again.policies.n, r.policies.n);
		arena_fini(&a);
		arena_fini(&b);
	}
}

static struct err read_text(size_t n)
{
	BUF_AUTO text = BUF_INIT(1 << 20), json = BUF_INIT(1 << 20);
	struct report_tls r;
	struct arena a;

	buf_char(&text, '"');
	buf_char_n(&text, 'x', n);
	buf_add(&text, "\"", 2);
	replaced("\"i\"", text.p, &json);
	struct err e = read_report(buf_str(&json), &a, &r);

	arena_fini(&a);
	return e;
}

static void limits(void **state)
{
	assert_err(read_text(REPORT_TEXT_MAX), ERR_NONE);
	assert_err(read_text(REPORT_TEXT_MAX + 1), ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sample),
		cmocka_unit_test(variations),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
