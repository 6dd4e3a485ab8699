#include "base/test.h"

#include "dns/fake.h"

static const char zone[] = "example.org A 192.0.2.1\n"
			   "example.org A 192.0.2.2\n"
			   "example.org MX 10 mail.Example.org.\n"
			   "example.org TXT \"a\\\"b\" \"\\099\\\\\"\n"
			   "example.org CAA 0 issue \"ca.example\"\n"
			   "_25._tcp.example.org TLSA 3 1 1 00ff\n"
			   "_x._tcp.example.org SRV 1 2 3 host.example.org\n"
			   "null.example MX 0 .\n"
			   "alias.example.org CNAME example.org\n"
			   "out.example.org CNAME insecure.example\n"
			   "insecure.example A 192.0.2.3\n"
			   "loop.example CNAME loop2.example\n"
			   "loop2.example CNAME loop.example\n"
			   "slow.example A 192.0.2.4\n"
			   "slow.example * TIMEOUT\n"
			   "sick.example TXT SERVFAIL\n"
			   "forged.example A BOGUS\n"
			   "empty.example A NULL\n"
			   "example.org SECURE\n";

struct fixture {
	struct arena arena;
	struct dns_fake fake;
	struct dns_batch batch;
};

static void setup(struct fixture *f)
{
	arena_init(&f->arena, 1 << 20);
	dns_fake_init(&f->fake, &f->arena);
	dns_fake_zone(&f->fake, str_z(zone));
	dns_batch_init(&f->batch, &f->arena);
}

static const struct dns_answer *ask(struct fixture *f, enum dns_type type, const char *name)
{
	(void)dns_ask(&f->batch, type, str_z(name));
	dns_batch_resolve(&f->batch, &f->fake.resolver);
	return dns_ask(&f->batch, type, str_z(name));
}

static void answers(void **state)
{
	static const struct {
		const char *name;
		enum dns_type type;
		enum dns_status status;
		bool authentic;
		size_t n;
	} cases[] = {
		{"example.org", DNS_A, DNS_FOUND, true, 2},
		{"EXAMPLE.org", DNS_MX, DNS_FOUND, true, 1},
		{"example.org", DNS_AAAA, DNS_NODATA, true, 0},
		{"nope.example.org", DNS_A, DNS_NXDOMAIN, true, 0},
		{"org", DNS_A, DNS_NODATA, false, 0},
		{"alias.example.org", DNS_A, DNS_FOUND, true, 2},
		{"alias.example.org", DNS_CNAME, DNS_FOUND, true, 1},
		{"out.example.org", DNS_A, DNS_FOUND, false, 1},
		{"loop.example", DNS_A, DNS_FAILED, false, 0},
		{"slow.example", DNS_A, DNS_FOUND, false, 1},
		{"slow.example", DNS_TXT, DNS_FAILED, false, 0},
		{"sick.example", DNS_TXT, DNS_FAILED, false, 0},
		{"sick.example", DNS_A, DNS_NODATA, false, 0},
		{"forged.example", DNS_A, DNS_BOGUS, false, 0},
		{"empty.example", DNS_A, DNS_NODATA, false, 0},
		{"a..b", DNS_A, DNS_NXDOMAIN, false, 0},
	};
	struct fixture f;

	setup(&f);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct dns_answer *a = ask(&f, cases[i].type, cases[i].name);

		if (!a || a->status != cases[i].status || a->n != cases[i].n ||
		    a->authentic != cases[i].authentic)
			fail_msg("%s: status %d, %zu records, authentic %d", cases[i].name,
				 a ? (int)a->status : -1, a ? a->n : 0, a && a->authentic);
	}
	assert_int_equal(ask(&f, DNS_A, "forged.example")->ede, 6);
	arena_fini(&f.arena);
}

static void records(void **state)
{
	struct fixture f;

	setup(&f);
	const struct dns_record *r = ask(&f, DNS_TXT, "example.org")->record;

	assert_str("joined", r->txt.joined, STR("a\"bc\\"));
	assert_int_equal(r->txt.parts, 2);
	assert_str("part", r->txt.part[1], STR("c\\"));
	r = ask(&f, DNS_MX, "example.org")->record;
	assert_int_equal(r->mx.preference, 10);
	assert_str("mx", r->mx.host, STR("mail.example.org"));
	assert_str("null mx", ask(&f, DNS_MX, "null.example")->record->mx.host, STR(""));
	r = ask(&f, DNS_TLSA, "_25._tcp.example.org")->record;
	assert_str("tlsa", r->tlsa.data, str_of("\0\377", 2));
	r = ask(&f, DNS_SRV, "_x._tcp.example.org")->record;
	assert_int_equal(r->srv.port, 3);
	r = ask(&f, DNS_CAA, "example.org")->record;
	assert_str("caa", r->caa.value, STR("ca.example"));
	arena_fini(&f.arena);
}

/* Questions are asked once, answered in any order, and once each. */
static void batch(void **state)
{
	const struct dns_answer late = {.status = DNS_NODATA, .ede = DNS_EDE_NONE};
	struct fixture f;
	struct dns_question q;
	size_t id;

	setup(&f);
	assert_null(dns_ask(&f.batch, DNS_A, STR("example.org")));
	assert_null(dns_ask(&f.batch, DNS_A, STR("Example.ORG")));
	assert_null(dns_ask(&f.batch, DNS_MX, STR("example.org")));
	assert_int_equal(f.batch.n, 2);
	assert_false(dns_batch_set(&f.batch, 0, &late));
	assert_true(dns_fake_answer(&f.fake, &f.batch, 1));
	assert_null(dns_ask(&f.batch, DNS_A, STR("example.org")));
	assert_non_null(dns_ask(&f.batch, DNS_MX, STR("example.org")));
	assert_false(dns_batch_set(&f.batch, 1, &late));
	dns_batch_fail(&f.batch, STR("deadline"));
	assert_int_equal(dns_ask(&f.batch, DNS_A, STR("example.org"))->status, DNS_FAILED);
	assert_false(dns_batch_waits(&f.batch));
	assert_false(dns_batch_next(&f.batch, &id, &q));
	assert_false(dns_fake_answer(&f.fake, &f.batch, 0));
	arena_fini(&f.arena);
}

static void limits(void **state)
{
	static struct dns_record many[DNS_RECORDS_MAX + 1];
	static char big[DNS_ANSWER_MAX + 1];
	struct dns_answer a = {.status = DNS_FOUND, .record = many};
	struct fixture f;
	struct dns_question q;
	char name[32];
	size_t id;

	setup(&f);
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i].ip.family = 4;
	for (size_t i = 0; i < DNS_BATCH_MAX; i++) {
		snprintf(name, sizeof(name), "%zu.example", i);
		assert_null(dns_ask(&f.batch, i < 2 ? DNS_A : DNS_TXT, str_z(name)));
		assert_true(dns_batch_next(&f.batch, &id, &q));
	}
	assert_int_equal(dns_ask(&f.batch, DNS_A, STR("one.more"))->status, DNS_FAILED);
	a.n = DNS_RECORDS_MAX;
	assert_true(dns_batch_set(&f.batch, 0, &a));
	assert_int_equal(dns_ask(&f.batch, DNS_A, STR("0.example"))->status, DNS_FOUND);
	a.n = DNS_RECORDS_MAX + 1;
	assert_true(dns_batch_set(&f.batch, 1, &a));
	assert_int_equal(dns_ask(&f.batch, DNS_A, STR("1.example"))->status, DNS_FAILED);
	for (size_t over = 0; over < 2; over++) {
		struct str part = str_of(big, DNS_ANSWER_MAX - 1 + over);

		many[0].txt.joined = part;
		many[0].txt.part = &part;
		many[0].txt.parts = 1;
		a.n = 1;
		snprintf(name, sizeof(name), "%zu.example", 2 + over);
		assert_true(dns_batch_set(&f.batch, 2 + over, &a));
		assert_int_equal(dns_ask(&f.batch, DNS_TXT, str_z(name))->status,
				 over ? DNS_FAILED : DNS_FOUND);
	}
	arena_fini(&f.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(records),
		cmocka_unit_test(batch),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
