#include "base/test.h"

#include "dns/probe.h"

static void judged(void **state)
{
	static const struct {
		struct str zone;
		struct dns_answer a;
		enum dns_probe want;
		struct str line;
	} cases[] = {
		{STR_INIT(""),
		 {.status = DNS_FOUND, .authentic = true},
		 DNS_PROBE_PASSES,
		 STR_INIT("DNS server 192.0.2.1 lets DNSSEC through: signed names are validated")},
		{STR_INIT("example.org"),
		 {.status = DNS_NODATA, .authentic = true},
		 DNS_PROBE_PASSES,
		 STR_INIT("DNS server 192.0.2.1 for example.org lets DNSSEC through: signed names "
			  "are validated")},
		{STR_INIT(""),
		 {.status = DNS_BOGUS, .error = STR_INIT("no signatures")},
		 DNS_PROBE_BREAKS,
		 STR_INIT("DNS server 192.0.2.1 breaks DNSSEC: signed names cannot be validated "
			  "through it (no signatures)")},
		{STR_INIT(""),
		 {.status = DNS_FOUND},
		 DNS_PROBE_PLAIN,
		 STR_INIT("DNS server 192.0.2.1 answers, but there is nothing to validate: names "
			  "there are never authentic")},
		{STR_INIT(""),
		 {.status = DNS_FAILED, .error = STR_INIT("no answer in time")},
		 DNS_PROBE_SILENT,
		 STR_INIT("DNS server 192.0.2.1 gives no usable answer (no answer in time)")},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dns_forward f = {cases[i].zone, {.family = 4, .b = {192, 0, 2, 1}}};
		struct dns_question q = dns_probe_question(&f);
		BUF_AUTO line = BUF_INIT(1000);

		assert_int_equal(dns_probe_judge(&f, &cases[i].a, &line), cases[i].want);
		assert_str("line", buf_str(&line), cases[i].line);
		assert_int_equal(q.type, DNS_NS);
		assert_str("zone", q.name, f.zone);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(judged)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
