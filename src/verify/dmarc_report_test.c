#include "base/test.h"

#include "dns/fake.h"
#include "verify/dmarc_report.h"

#define COM   "_dmarc.example.com TXT \"v=DMARC1; p=none\"\n"
#define THIRD COM "example.com._report._dmarc.thirdparty.example.net TXT "

/* RFC 9990 §4, RFC 9989 §B.2.3 and §B.2.4. */
static void destinations(void **state)
{
	static const struct {
		const char *name, *zone, *domain, *uri;
		enum dmarc_destination_status want;
		const char *instead; /* the first */
	} cases[] = {
		{"the domain itself", COM, "example.com", "mailto:a@example.com",
		 DMARC_DESTINATION_SAME, ""},
		{"the same organization", COM, "example.com", "mailto:a@mail.Example.com",
		 DMARC_DESTINATION_SAME, ""},
		{"of a subdomain to its organization", COM, "sub.example.com",
		 "mailto:a@example.com", DMARC_DESTINATION_SAME, ""},
		{"B.2.3: consent of a third party", THIRD "\"v=DMARC1;\"\n", "example.com",
		 "mailto:auth-reports@thirdparty.example.net", DMARC_DESTINATION_CONSENT, ""},
		{"B.2.4: another address",
		 THIRD "\"v=DMARC1; \" \"rua=mailto:aggregate-reports@thirdparty.example.net; \" "
		       "\"ruf=mailto:failure-reports@thirdparty.example.net\"\n",
		 "example.com", "mailto:auth-reports@thirdparty.example.net",
		 DMARC_DESTINATION_CONSENT, "mailto:aggregate-reports@thirdparty.example.net"},
		{"9990 4: blue and red",
		 "_dmarc.blue.example.com TXT \"v=DMARC1; p=none\"\n"
		 "blue.example.com._report._dmarc.red.example.net TXT \"v=DMARC1\"\n",
		 "blue.example.com", "mailto:reports@red.example.net", DMARC_DESTINATION_CONSENT,
		 ""},
		{"an address at another host",
		 THIRD "\"v=DMARC1; rua=mailto:victim@example.org\"\n", "example.com",
		 "mailto:a@thirdparty.example.net", DMARC_DESTINATION_REFUSED, ""},
		{"one of two at another host",
		 THIRD
		 "\"v=DMARC1; rua=mailto:b@thirdparty.example.net,mailto:victim@example.org\"\n",
		 "example.com", "mailto:a@thirdparty.example.net", DMARC_DESTINATION_REFUSED, ""},
		{"no consent", COM, "example.com", "mailto:a@thirdparty.example.net",
		 DMARC_DESTINATION_REFUSED, ""},
		{"another text", THIRD "\"yes\"\n", "example.com",
		 "mailto:a@thirdparty.example.net", DMARC_DESTINATION_REFUSED, ""},
		{"one of two texts", THIRD "\"yes\"\n" THIRD "\"v=DMARC1\"\n", "example.com",
		 "mailto:a@thirdparty.example.net", DMARC_DESTINATION_CONSENT, ""},
		{"failure", THIRD "SERVFAIL\n", "example.com", "mailto:a@thirdparty.example.net",
		 DMARC_DESTINATION_TEMPORARY, ""},
		{"organization not known", COM "_dmarc.com TXT SERVFAIL\n", "example.com",
		 "mailto:a@b.example.com", DMARC_DESTINATION_TEMPORARY, ""},
		{"https", THIRD "\"v=DMARC1\"\n", "example.com", "https://thirdparty.example.net/x",
		 DMARC_DESTINATION_CONSENT, ""},
		{"no host", COM, "example.com", "mailto:a", DMARC_DESTINATION_BAD, ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena a;
		struct dns_fake f;
		struct dns_batch b;
		struct dmarc_destination d;

		arena_init(&a, 1 << 20);
		dns_fake_init(&f, &a);
		dns_fake_zone(&f, str_z(cases[i].zone));
		dns_batch_init(&b, &a);
		while (dmarc_destination_check(&b, str_z(cases[i].domain), str_z(cases[i].uri),
					       &d) == DNS_WAIT)
			assert_true(dns_fake_answer(&f, &b, 1));
		assert_str(cases[i].name, dmarc_destination_name(d.status),
			   dmarc_destination_name(cases[i].want));
		assert_str(cases[i].name, d.instead.n ? d.instead.uri[0] : STR(""),
			   str_z(cases[i].instead));
		arena_fini(&a);
	}
}

/* The name to ask for has DNS_NAME_MAX bytes, and one more. */
static void name_limit(void **state)
{
	for (size_t over = 0; over < 2; over++) {
		BUF_AUTO domain = BUF_INIT(300);
		struct arena a;
		struct dns_fake f;
		struct dns_batch b;
		struct dmarc_destination d;

		while (domain.n < 180)
			buf_str_add(&domain, STR("aaaaaaaaa."));
		buf_char_n(&domain, 'b', 253 - 180 - strlen("._report._dmarc.c.example") + over);
		arena_init(&a, 1 << 20);
		dns_fake_init(&f, &a);
		dns_batch_init(&b, &a);
		while (dmarc_destination_check(&b, buf_str(&domain), STR("mailto:a@c.example"),
					       &d) == DNS_WAIT)
			dns_batch_resolve(&b, &f.resolver);
		assert_int_equal(d.status,
				 over ? DMARC_DESTINATION_BAD : DMARC_DESTINATION_REFUSED);
		arena_fini(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(destinations),
		cmocka_unit_test(name_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
