#include "base/test.h"

#include "format/report_dmarc.h"
#include "format/xml.h"

#define METADATA                                                                          \
	"<report_metadata><org_name>o</org_name><email>e</email><report_id>i</report_id>" \
	"<date_range><begin>1</begin><end>2</end></date_range></report_metadata>"
#define POLICY "<policy_published><domain>d</domain><p>none</p></policy_published>"
#define EVALUATED \
	"<policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated>"
#define ROW         "<row><source_ip>192.0.2.1</source_ip><count>3</count>" EVALUATED "</row>"
#define IDENTIFIERS "<identifiers><header_from>d</header_from></identifiers>"
#define RECORD      "<record>" ROW IDENTIFIERS "<auth_results/></record>"
#define REPORT      "<feedback>" METADATA POLICY RECORD "</feedback>"

static struct err read_report(struct str xml, struct arena *a, struct report_dmarc *ret)
{
	arena_init(a, REPORT_ARENA_MAX);
	return report_dmarc_read(xml, a, ret);
}

/* The report with `what` in it replaced. */
static void replaced(const char *what, const char *by, struct buf *to)
{
	struct str report = STR(REPORT);
	ssize_t at = str_find(report, str_z(what), 0);

	assert_true(at >= 0);
	buf_strs(to, str_sub(report, 0, (size_t)at), str_z(by),
		 str_from(report, (size_t)at + strlen(what)));
}

/* RFC 9990 appendix B. */
static void sample(void **state)
{
	BUF_AUTO xml = BUF_INIT(1 << 20);
	struct report_dmarc r;
	struct arena a;

	test_data_read("test/data/reports/dmarc-feedback/004.xml", &xml);
	assert_ok(read_report(buf_str(&xml), &a, &r));
	assert_str("version", r.version, STR("1.0"));
	assert_str("org_name", r.org_name, STR("Sample Reporter"));
	assert_str("email", r.email, STR("report_sender@example-reporter.com"));
	assert_str("extra", r.extra_contact_info, STR("..."));
	assert_str("report_id", r.report_id, STR("3v98abbp8ya9n3va8yr8oa3ya"));
	assert_str("generator", r.generator, STR("Example DMARC Aggregate Reporter v1.2"));
	assert_int_equal(r.begin, 302832000);
	assert_int_equal(r.end, 302918399);
	assert_int_equal(r.error.n, 0);
	assert_str("domain", r.policy.domain, STR("example.com"));
	assert_int_equal(r.policy.p, REPORT_QUARANTINE);
	assert_int_equal(r.policy.sp, REPORT_NONE);
	assert_int_equal(r.policy.np, REPORT_NONE);
	assert_int_equal(r.policy.testing, REPORT_NO);
	assert_int_equal(r.policy.discovery_method, REPORT_TREEWALK);
	assert_int_equal(r.policy.adkim, 0);
	assert_false(r.policy.pct.set);
	assert_int_equal(r.record.n, 1);
	const struct report_dmarc_record *rec = &r.record.v[0];

	assert_int_equal(rec->count, 123);
	assert_int_equal(rec->disposition, REPORT_PASS);
	assert_int_equal(rec->aligned_dkim, REPORT_ALIGNED_PASS);
	assert_int_equal(rec->aligned_spf, REPORT_ALIGNED_FAIL);
	assert_str("envelope_from", rec->envelope_from, STR("example.com"));
	assert_null(rec->envelope_to.p);
	assert_int_equal(rec->dkim.n, 1);
	assert_str("selector", rec->dkim.v[0].selector, STR("abc123"));
	assert_int_equal(rec->dkim.v[0].result, REPORT_AUTH_PASS);
	assert_int_equal(rec->spf.n, 1);
	assert_int_equal(rec->spf.v[0].result, REPORT_AUTH_FAIL);
	assert_int_equal(rec->spf.v[0].scope, 0);
	arena_fini(&a);
}

/* What real reporters send, and what is no report; each is REPORT with one thing in it replaced. */
static void variations(void **state)
{
	static const struct {
		const char *name, *what, *by;
		enum err_code want;
	} cases[] = {
		{"as it is", "", "", ERR_NONE},
		{"no version", "<feedback>", "<feedback>", ERR_NONE},
		{"namespace of RFC 9990", "<feedback>",
		 "<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\">", ERR_NONE},
		{"namespace of RFC 7489", "<feedback>",
		 "<feedback xmlns=\"http://dmarc.org/dmarc-xml/0.1\">", ERR_NONE},
		{"unknown element", POLICY, "<x><count>y</count></x>" POLICY, ERR_NONE},
		{"element in a value", "<count>3</count>", "<count><x/></count>", ERR_SYNTAX},
		{"extension", "<auth_results/>",
		 "<auth_results/><x:row xmlns:x='urn:x'><x:count>y</x:count></x:row>", ERR_NONE},
		{"order", METADATA POLICY, POLICY METADATA, ERR_NONE},
		{"white space", "<count>3</count>", "<count>\n 3 </count>", ERR_NONE},
		{"upper case", "<dkim>pass</dkim>", "<dkim>Pass</dkim>", ERR_NONE},
		{"empty sp", "<p>none</p>", "<p>none</p><sp/>", ERR_NONE},
		{"empty pct", "<p>none</p>", "<p>none</p><pct/>", ERR_NONE},
		{"empty e-mail", "<email>e</email>", "<email/>", ERR_NONE},
		{"IPv6", "192.0.2.1", "2001:db8::1", ERR_NONE},
		{"several errors", "<email>e</email>", "<error>a</error><error>b</error><email/>",
		 ERR_NONE},
		{"unknown reason", "</spf></policy_evaluated>",
		 "</spf><reason><type>arc</type></reason></policy_evaluated>", ERR_NONE},
		{"SPF's old words", "<auth_results/>",
		 "<auth_results><spf><domain/><result>hardfail</result></spf>"
		 "<spf><domain/><result>unknown</result></spf></auth_results>",
		 ERR_NONE},

		{"another root", "<feedback>" METADATA POLICY RECORD "</feedback>", "<x/>",
		 ERR_SYNTAX},
		{"no metadata", METADATA, "", ERR_SYNTAX},
		{"metadata twice", METADATA, METADATA METADATA, ERR_SYNTAX},
		{"no policy", POLICY, "", ERR_SYNTAX},
		{"no record", RECORD, "", ERR_SYNTAX},
		{"no row", ROW, "", ERR_SYNTAX},
		{"no identifiers", IDENTIFIERS, "", ERR_SYNTAX},
		{"no auth_results", "<auth_results/>", "", ERR_SYNTAX},
		{"no count", "<count>3</count>", "", ERR_SYNTAX},
		{"count twice", "<count>3</count>", "<count>3</count><count>3</count>", ERR_SYNTAX},
		{"count is no number", "<count>3</count>", "<count>three</count>", ERR_SYNTAX},
		{"negative count", "<count>3</count>", "<count>-3</count>", ERR_SYNTAX},
		{"empty count", "<count>3</count>", "<count/>", ERR_SYNTAX},
		{"largest count", ">3<", ">9223372036854775807<", ERR_NONE},
		{"larger count", ">3<", ">9223372036854775808<", ERR_SYNTAX},
		{"no such address", "192.0.2.1", "192.0.2.256", ERR_SYNTAX},
		{"no disposition", "<disposition>none</disposition>", "", ERR_SYNTAX},
		{"unknown disposition", "<disposition>none", "<disposition>some", ERR_SYNTAX},
		{"policy pass", "<p>none</p>", "<p>pass</p>", ERR_SYNTAX},
		{"empty p", "<p>none</p>", "<p/>", ERR_SYNTAX},
		{"DKIM without result", "<auth_results/>",
		 "<auth_results><dkim><domain>d</domain></dkim></auth_results>", ERR_SYNTAX},
		{"document type", "<feedback>", "<!DOCTYPE feedback><feedback>", ERR_SYNTAX},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO xml = BUF_INIT(1 << 20);
		struct report_dmarc r;
		struct arena a;

		replaced(cases[i].what, cases[i].by, &xml);
		struct err e = read_report(buf_str(&xml), &a, &r);

		if (!err_is(e, cases[i].want))
			fail_msg("%s: %.*s", cases[i].name, STR_ARG(err_text(e)));
		arena_fini(&a);
	}
}

static void errors_say_where(void **state)
{
	BUF_AUTO xml = BUF_INIT(1 << 20);
	struct report_dmarc r;
	struct arena a;

	replaced("<count>3</count>", "\n<count>x</count>", &xml);
	assert_str("text", err_text(read_report(buf_str(&xml), &a, &r)),
		   STR("XML line 2 column 9: count: \"x\" is no number"));
	arena_fini(&a);
}

/* All that RFC 9990 has, and texts that need escaping. */
static void round_trip(void **state)
{
	struct report_dmarc_reason reasons[] = {
		{REPORT_LOCAL_POLICY, STR("<&>")},
		{REPORT_POLICY_TEST_MODE, {0}},
	};
	struct report_dmarc_dkim dkim[] = {
		{STR("d1"), STR("s1"), REPORT_AUTH_PASS, STR("\"ok\"")},
		{STR("d2"), STR("s2"), REPORT_AUTH_PERMERROR, {0}},
	};
	struct report_dmarc_spf spf[] = {{STR(""), REPORT_MFROM, REPORT_AUTH_NONE, {0}}};
	struct report_dmarc_record records[] = {
		{.count = 7,
		 .disposition = REPORT_REJECT,
		 .aligned_dkim = REPORT_ALIGNED_FAIL,
		 .aligned_spf = REPORT_ALIGNED_PASS,
		 .reason = {reasons, 2},
		 .envelope_from = STR(""),
		 .header_from = STR("x.example"),
		 .dkim = {dkim, 2},
		 .spf = {spf, 1}},
	};
	struct str errors[] = {STR("no key")};
	struct report_dmarc r = {
		.version = STR("1.0"),
		.org_name = STR("J\xc3\xb6rg & Co"),
		.email = STR("a@example.org"),
		.report_id = STR("1@example.org"),
		.error = {errors, 1},
		.begin = 1700000000,
		.end = 1700086399,
		.policy = {.domain = STR("x.example"),
			   .p = REPORT_REJECT,
			   .adkim = REPORT_STRICT,
			   .testing = REPORT_YES,
			   .discovery_method = REPORT_PSL},
		.record = {records, 1},
	};
	BUF_AUTO first = BUF_INIT(1 << 20), second = BUF_INIT(1 << 20);
	struct report_dmarc again;
	struct arena a;

	assert_true(ip_parse(STR("2001:db8::1"), &records[0].source_ip));
	report_dmarc_write(&r, &first);
	assert_ok(read_report(buf_str(&first), &a, &again));
	report_dmarc_write(&again, &second);
	assert_str("again", buf_str(&second), buf_str(&first));
	assert_str("org_name", again.org_name, r.org_name);
	assert_str("comment", again.record.v[0].reason.v[0].comment, STR("<&>"));
	assert_non_null(again.record.v[0].envelope_from.p);
	assert_true(str_find(buf_str(&first),
			     STR("<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-"
				 "2.0\">\n  <version>1.0</version>\n"),
			     0) > 0);
	arena_fini(&a);
}

static struct err read_records(size_t n)
{
	BUF_AUTO xml = BUF_INIT(64 << 20);
	struct report_dmarc r;
	struct arena a;

	buf_str_add(&xml, STR("<feedback>" METADATA POLICY));
	for (size_t i = 0; i < n; i++)
		buf_str_add(&xml, STR("<record/>"));
	buf_str_add(&xml, STR("</feedback>"));
	struct err e = read_report(buf_str(&xml), &a, &r);

	arena_fini(&a);
	return e;
}

static struct err read_reasons(size_t n)
{
	BUF_AUTO xml = BUF_INIT(XML_SIZE_MAX), reasons = BUF_INIT(XML_SIZE_MAX);
	struct report_dmarc r;
	struct arena a;

	buf_str_add(&reasons, STR("</spf>"));
	for (size_t i = 0; i < n; i++)
		buf_str_add(&reasons, STR("<reason><type>other</type></reason>"));
	buf_str_add(&reasons, STR("</policy_evaluated>"));
	buf_char(&reasons, 0);
	replaced("</spf></policy_evaluated>", reasons.p, &xml);
	struct err e = read_report(buf_str(&xml), &a, &r);

	arena_fini(&a);
	return e;
}

static void limits(void **state)
{
	assert_err(read_reasons(REPORT_LIST_MAX), ERR_NONE);
	assert_err(read_reasons(REPORT_LIST_MAX + 1), ERR_LIMIT);
	assert_err(read_records(1), ERR_SYNTAX); /* an empty one is none */
}

/* An arena that is too small is an error at whatever it stops. */
static void little_memory(void **state)
{
	struct err e = ERR_OK;

	for (size_t cap = 1; cap < 100000 && (cap == 1 || err_failed(e)); cap += 97) {
		struct report_dmarc r;
		struct arena a;

		arena_init(&a, cap);
		e = report_dmarc_read(STR(REPORT), &a, &r);
		assert_true(err_is_ok(e) || err_is(e, ERR_LIMIT));
		arena_fini(&a);
	}
	assert_ok(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sample),           cmocka_unit_test(variations),
		cmocka_unit_test(errors_say_where), cmocka_unit_test(round_trip),
		cmocka_unit_test(limits),           cmocka_unit_test(little_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
