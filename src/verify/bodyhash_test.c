#include "base/test.h"

#include "base/base64.h"
#include "verify/bodyhash.h"
#include <openssl/sha.h>

static void hash_is(const char *name, struct str got, struct str want_base64)
{
	BUF_AUTO text = BUF_INIT(64);

	buf_base64(&text, got);
	assert_str(name, buf_str(&text), want_base64);
}

/* RFC 6376 §3.4.3, §3.4.4: hashes of the empty body. */
static void empty(void **state)
{
	struct arena a;
	struct bodyhash h;
	size_t simple, relaxed, zero;

	arena_init(&a, 1 << 16);
	bodyhash_init(&h, &a);
	assert_ok(bodyhash_want(&h, CANON_SIMPLE, BODYHASH_ALL, &simple));
	assert_ok(bodyhash_want(&h, CANON_RELAXED, BODYHASH_ALL, &relaxed));
	assert_ok(bodyhash_want(&h, CANON_RELAXED, 0, &zero));
	assert_ok(bodyhash_run(&h, STR("")));
	hash_is("simple", bodyhash_get(&h, simple),
		STR("frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="));
	hash_is("relaxed", bodyhash_get(&h, relaxed),
		STR("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="));
	hash_is("zero", bodyhash_get(&h, zero),
		STR("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="));
	arena_fini(&a);
}

/* Each limit is the hash of that many canonical bytes; past the body there is none. */
static void limits(void **state)
{
	BUF_AUTO body = BUF_INIT(1 << 20);
	struct arena a;
	struct bodyhash h;
	size_t all, again, id[9];

	buf_char_n(&body, 'x', 100000);
	buf_str_add(&body, STR("\r\n"));
	const uint64_t at[] = {0, 1, 4095, 4096, 4097, 65537, 100001, 100002, 100003};

	arena_init(&a, 1 << 16);
	bodyhash_init(&h, &a);
	for (size_t i = 0; i < ARRAY_LEN(at); i++)
		assert_ok(bodyhash_want(&h, CANON_SIMPLE, at[i], &id[i]));
	assert_ok(bodyhash_want(&h, CANON_SIMPLE, BODYHASH_ALL, &all));
	assert_ok(bodyhash_want(&h, CANON_SIMPLE, BODYHASH_ALL, &again));
	assert_int_equal(all, again);
	assert_ok(bodyhash_run(&h, buf_str(&body)));
	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		uint8_t want[BODYHASH_N];

		SHA256((const uint8_t *)body.p, at[i] > body.n ? 0 : at[i], want);
		assert_str("prefix", bodyhash_get(&h, id[i]),
			   at[i] > body.n ? STR("") : str_of(want, sizeof(want)));
	}
	assert_str("all", bodyhash_get(&h, all), bodyhash_get(&h, id[7]));
	arena_fini(&a);
}

/* However many want it, a body is hashed once for each canonicalisation, and each l= adds less than
 * a chunk. */
static void once(void **state)
{
	enum { SIZE = 100 << 20, LIMITS = 20 };
	char *body = malloc(SIZE);
	struct arena a;
	struct bodyhash h;
	size_t id;

	assert_non_null(body);
	memset(body, 'x', SIZE);
	for (size_t i = 0; i + 80 < SIZE; i += 80)
		memcpy(body + i, " \r\n", 3);
	arena_init(&a, 1 << 16);
	bodyhash_init(&h, &a);
	for (int i = 0; i < 10; i++)
		for (int c = 0; c < CANON_N; c++)
			assert_ok(bodyhash_want(&h, (enum canon)c, BODYHASH_ALL, &id));
	for (uint64_t i = 0; i < LIMITS; i++)
		assert_ok(bodyhash_want(&h, CANON_SIMPLE, i * (SIZE / LIMITS), &id));
	assert_ok(bodyhash_run(&h, str_of(body, SIZE)));
	assert_true(h.hashed > 2 * (uint64_t)(SIZE - SIZE / 40));
	assert_true(h.hashed <= 2 * (uint64_t)SIZE + 2 + LIMITS * (64 << 10));
	arena_fini(&a);
	free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(limits),
		cmocka_unit_test(once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
