#include "base/test.h"

#include "dns/fake.h"
#include "filter/dnsbl.h"

/* RFC 5782 §2.1, §2.4, §5. */
static const char zone[] =
	"99.2.0.192.bl.example A 127.0.0.2\n"
	"99.2.0.192.bl.example TXT \"Dynamic address, see \" \"bl.example\"\n"
	"98.2.0.192.bl.example A 127.0.1.1\n"
	"98.2.0.192.bl.example A 127.0.1.2\n"
	"97.2.0.192.bl.example A 192.0.2.1\n"
	"96.2.0.192.bl.example A 127.255.255.254\n"
	"95.2.0.192.bl.example A 127.0.0.2\n"
	"95.2.0.192.bl.example A 127.255.255.255\n"
	"94.2.0.192.bl.example A 127.255.254.255\n"
	"93.2.0.192.bl.example A SERVFAIL\n"
	"92.2.0.192.bl.example A BOGUS\n"
	"91.2.0.192.bl.example A 127.0.0.4\n"
	"91.2.0.192.bl.example TXT TIMEOUT\n"
	"90.2.0.192.bl.example TXT \"not an answer\"\n"
	"b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.bl.example A 127.0.0.3\n";

struct fixture {
	struct arena arena;
	struct dns_fake fake;
	struct dns_batch batch;
};

static void setup(struct fixture *f, const char *text)
{
	arena_init(&f->arena, 1 << 20);
	dns_fake_init(&f->fake, &f->arena);
	dns_fake_zone(&f->fake, str_z(text));
	dns_batch_init(&f->batch, &f->arena);
}

static void check(void **state)
{
	static const struct {
		const char *ip;
		enum dnsbl_status status;
		const char *code, *explanation;
	} cases[] = {
		{"192.0.2.99", DNSBL_LISTED, "127.0.0.2", "Dynamic address, see bl.example"},
		{"192.0.2.98", DNSBL_LISTED, "127.0.1.1", ""},
		{"192.0.2.97", DNSBL_TEMPERROR, "192.0.2.1",
		 "the list answers with an address outside 127.0.0.0/8"},
		{"192.0.2.96", DNSBL_TEMPERROR, "127.255.255.254",
		 "the list answers that it does not serve public resolvers"},
		{"192.0.2.95", DNSBL_TEMPERROR, "127.255.255.255",
		 "the list answers that it was asked too much"},
		{"192.0.2.94", DNSBL_LISTED, "127.255.254.255", ""},
		{"192.0.2.93", DNSBL_TEMPERROR, "", NULL},
		{"192.0.2.92", DNSBL_TEMPERROR, "", NULL},
		{"192.0.2.91", DNSBL_LISTED, "127.0.0.4", ""},
		{"192.0.2.90", DNSBL_UNLISTED, "", ""},
		{"192.0.2.1", DNSBL_UNLISTED, "", ""},
		{"2001:db8:1:2:3:4:567:89ab", DNSBL_LISTED, "127.0.0.3", ""},
		{"2001:db8::1", DNSBL_UNLISTED, "", ""},
		{"::ffff:192.0.2.99", DNSBL_UNLISTED, "", ""},
	};
	struct fixture f;

	setup(&f, zone);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO code = BUF_INIT(100);
		struct dnsbl_result r;
		struct ip ip;

		assert_true(ip_parse(str_z(cases[i].ip), &ip));
		while (dnsbl_check(&f.batch, STR("bl.example."), ip, &r) == DNS_WAIT)
			assert_true(dns_fake_answer(&f.fake, &f.batch, 0));
		if (r.status != cases[i].status)
			fail_msg("%s: %.*s", cases[i].ip, STR_ARG(dnsbl_status_name(r.status)));
		buf_ip(&code, r.code);
		assert_str(cases[i].ip, buf_str(&code), str_z(cases[i].code));
		if (cases[i].explanation)
			assert_str(cases[i].ip, r.explanation, str_z(cases[i].explanation));
		else
			assert_true(r.explanation.n > 0);
	}
	arena_fini(&f.arena);
}

/* The TXT record is asked for only when there is something to explain. */
static void questions(void **state)
{
	struct ip listed = {4, {192, 0, 2, 99}}, unlisted = {4, {192, 0, 2, 1}};
	struct dnsbl_result r;
	struct fixture f;

	setup(&f, zone);
	while (dnsbl_check(&f.batch, STR("bl.example"), unlisted, &r) == DNS_WAIT)
		dns_batch_resolve(&f.batch, &f.fake.resolver);
	assert_int_equal(f.fake.asked, 1);
	while (dnsbl_check(&f.batch, STR("bl.example"), listed, &r) == DNS_WAIT)
		dns_batch_resolve(&f.batch, &f.fake.resolver);
	assert_int_equal(f.fake.asked, 3);
	arena_fini(&f.arena);
}

static void explanation_length(void **state)
{
	for (size_t n = DNSBL_EXPLANATION_MAX; n <= DNSBL_EXPLANATION_MAX + 1; n++) {
		BUF_AUTO text = BUF_INIT(4096);
		struct dnsbl_result r;
		struct fixture f;

		buf_str_add(&text, STR("1.2.0.192.bl.example A 127.0.0.2\n"
				       "1.2.0.192.bl.example TXT"));
		for (size_t i = 0; i < n; i++)
			buf_str_add(&text, i % 200 ? STR("x") : i ? STR("\" \"x") : STR(" \"x"));
		buf_str_add(&text, STR("\"\n"));
		buf_char(&text, 0);
		setup(&f, text.p);
		while (dnsbl_check(&f.batch, STR("bl.example"), (struct ip){4, {192, 0, 2, 1}},
				   &r) == DNS_WAIT)
			dns_batch_resolve(&f.batch, &f.fake.resolver);
		assert_int_equal(r.explanation.n, DNSBL_EXPLANATION_MAX);
		arena_fini(&f.arena);
	}
}

#define V6 ".0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.bl.example "

static void health(void **state)
{
	static const struct {
		const char *name, *zone, *want, *want6;
	} cases[] = {
		{"good", "2.0.0.127.bl.example A 127.0.0.2\n", "healthy", "unhealthy"},
		{"good for both", "2.0.0.127.bl.example A 127.0.0.2\n2" V6 "A 127.0.0.2\n",
		 "healthy", "healthy"},
		{"good for IPv6", "2" V6 "A 127.0.0.2\n", "unhealthy", "healthy"},
		{"gone", "example A 192.0.2.1\n", "unhealthy", "unhealthy"},
		{"lists all",
		 "2.0.0.127.bl.example A 127.0.0.2\n1.0.0.127.bl.example A 127.0.0.2\n"
		 "2" V6 "A 127.0.0.2\n1" V6 "A 127.0.0.2\n",
		 "unhealthy", "unhealthy"},
		{"parked", "2.0.0.127.bl.example A 192.0.2.1\n1.0.0.127.bl.example A 192.0.2.1\n",
		 "temperror", "unhealthy"},
		{"no answer", "2.0.0.127.bl.example A TIMEOUT\n", "temperror", "unhealthy"},
		{"half an answer",
		 "2.0.0.127.bl.example A 127.0.0.2\n1.0.0.127.bl.example A SERVFAIL\n", "temperror",
		 "unhealthy"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dnsbl_health h;
		struct fixture f;

		setup(&f, cases[i].zone);
		for (unsigned family = 4; family <= 6; family += 2) {
			while (dnsbl_health_check(&f.batch, STR("bl.example"), family, &h) ==
			       DNS_WAIT)
				assert_true(dns_fake_answer(&f.fake, &f.batch, i));
			assert_str(cases[i].name, dnsbl_health_name(&h),
				   str_z(family == 4 ? cases[i].want : cases[i].want6));
			assert_int_equal(h.why.n > 0, h.status != DNSBL_HEALTHY);
		}
		arena_fini(&f.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check),
		cmocka_unit_test(questions),
		cmocka_unit_test(explanation_length),
		cmocka_unit_test(health),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
