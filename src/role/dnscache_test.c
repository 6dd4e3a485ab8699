#include "base/test.h"

#include "role/dnscache.h"

enum { MAX = 3 };

struct fixture {
	struct clock clock;
	struct dnscache cache;
};

static void setup(struct fixture *f)
{
	clock_init(&f->clock);
	dnscache_init(&f->cache, &f->clock, MAX, (struct map_seed){{1, 2}});
}

static void teardown(struct fixture *f)
{
	dnscache_fini(&f->cache);
}

static void put(struct fixture *f, const char *key, enum dns_status status, uint32_t ttl)
{
	const struct dns_record r = {.name = STR("host.example")};
	const struct dns_answer a = {
		.status = status,
		.authentic = true,
		.ede = DNS_EDE_NONE,
		.ttl = ttl,
		.record = &r,
		.n = status == DNS_FOUND,
	};

	dnscache_put(&f->cache, str_z(key), DNS_PTR, &a);
}

static bool has(struct fixture *f, const char *key)
{
	struct msg_dns_answer m;

	return dnscache_get(&f->cache, str_z(key), &m);
}

static void answers(void **state)
{
	struct msg_dns_answer m;
	struct fixture f;

	(void)state;
	setup(&f);
	assert_false(has(&f, "a"));
	put(&f, "a", DNS_FOUND, 30);
	put(&f, "b", DNS_NXDOMAIN, 30);
	assert_true(dnscache_get(&f.cache, STR("a"), &m));
	assert_int_equal(m.status, MSG_DNS_STATUS_FOUND);
	assert_true(m.authentic);
	assert_int_equal(m.names_n, 1);
	assert_str("name", m.names[0], STR("host.example"));
	assert_true(dnscache_get(&f.cache, STR("b"), &m));
	assert_int_equal(m.status, MSG_DNS_STATUS_NXDOMAIN);
	put(&f, "a", DNS_NODATA, 30);
	assert_true(dnscache_get(&f.cache, STR("a"), &m));
	assert_int_equal(m.status, MSG_DNS_STATUS_NODATA);
	dnscache_clear(&f.cache);
	assert_false(has(&f, "a"));
	teardown(&f);
}

static void only_what_is_final(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	put(&f, "failed", DNS_FAILED, 30);
	put(&f, "bogus", DNS_BOGUS, 30);
	put(&f, "without ttl", DNS_FOUND, 0);
	assert_int_equal(f.cache.by_key.n, 0);
	teardown(&f);
}

/* Its TTL, or a minute; the TTL that is told goes down. Time goes on by itself, too. */
static void expires(void **state)
{
	struct msg_dns_answer m;
	struct fixture f;

	(void)state;
	setup(&f);
	put(&f, "short", DNS_FOUND, DNSCACHE_S / 2);
	put(&f, "long", DNS_FOUND, 3600);
	clock_step(&f.clock, DNSCACHE_S / 4 * NS_PER_S);
	assert_true(dnscache_get(&f.cache, STR("short"), &m));
	assert_true(m.ttl <= DNSCACHE_S / 4);
	assert_true(dnscache_get(&f.cache, STR("long"), &m));
	assert_true(m.ttl > DNSCACHE_S && m.ttl <= 3600 - DNSCACHE_S / 4);
	clock_step(&f.clock, DNSCACHE_S / 4 * NS_PER_S);
	assert_false(has(&f, "short"));
	assert_true(has(&f, "long"));
	clock_step(&f.clock, DNSCACHE_S / 2 * NS_PER_S);
	assert_false(has(&f, "long"));
	assert_int_equal(f.cache.by_key.n, 0);
	teardown(&f);
}

static void the_oldest_goes(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	put(&f, "a", DNS_FOUND, 30);
	put(&f, "b", DNS_FOUND, 30);
	put(&f, "c", DNS_FOUND, 30);
	put(&f, "a", DNS_FOUND, 30);
	assert_true(has(&f, "a") && has(&f, "b") && has(&f, "c"));
	put(&f, "d", DNS_FOUND, 30);
	assert_int_equal(f.cache.by_key.n, MAX);
	assert_false(has(&f, "b"));
	assert_true(has(&f, "a") && has(&f, "c") && has(&f, "d"));
	teardown(&f);
}

/* Of n records; true if it was kept. */
static bool records_kept(struct fixture *f, size_t n)
{
	struct dns_record r[DNS_RECORDS_MAX];
	const struct dns_answer a = {
		.status = DNS_FOUND, .ede = DNS_EDE_NONE, .ttl = 30, .record = r, .n = n};

	for (size_t i = 0; i < n; i++)
		r[i] = (struct dns_record){.name = STR("a-name-that-is-not-short.example")};
	dnscache_put(&f->cache, STR("names"), DNS_PTR, &a);
	return has(f, "names");
}

static void large_answers(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	assert_true(records_kept(&f, 16));
	assert_false(records_kept(&f, DNS_RECORDS_MAX));
	assert_int_equal(f.cache.by_key.n, 0);
	teardown(&f);
}

static void long_keys(void **state)
{
	char key[DNSCACHE_KEY_MAX + 1];
	struct fixture f;

	(void)state;
	setup(&f);
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	put(&f, key, DNS_FOUND, 30);
	assert_true(has(&f, key));
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),       cmocka_unit_test(only_what_is_final),
		cmocka_unit_test(expires),       cmocka_unit_test(the_oldest_goes),
		cmocka_unit_test(large_answers), cmocka_unit_test(long_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
