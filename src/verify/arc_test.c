#include "verify/dkim_testing.h"

#include "verify/arc.h"

#define MESSAGE                           \
	"From: Joe <joe@example.com>\r\n" \
	"Subject: Hi\r\n"                 \
	"\r\n"                            \
	"Hi.\r\n"
#define ZONE "s._domainkey.example.org TXT \"v=DKIM1; k=ed25519; p=" ED25519_P "\"\n"

/* Adds set i to the message in m, as a sealer does: results, message signature, seal. */
static void seal(struct buf *m, unsigned i, const char *cv, EVP_PKEY *key, struct arena *a)
{
	BUF_AUTO aar = BUF_INIT(1 << 10);
	BUF_AUTO ams = BUF_INIT(1 << 12);
	BUF_AUTO as = BUF_INIT(1 << 12);
	BUF_AUTO all = BUF_INIT(1 << 20);
	BUF_AUTO tags = BUF_INIT(1 << 10);
	uint8_t digest[32];
	struct fields_hash h;

	buf_printf(&aar, "ARC-Authentication-Results: i=%u; example.org; spf=pass\r\n", i);
	buf_printf(
		&tags,
		"i=%u; a=ed25519-sha256; c=relaxed/relaxed; d=example.org; s=s; h=from:subject; bh=@; b=%c",
		i, 0);
	test_sign("ARC-Message-Signature", tags.p, ARC_MESSAGE_SIGNATURE, buf_str(m), key, a, &ams);
	buf_printf(&as, "ARC-Seal: i=%u; a=ed25519-sha256; cv=%s; d=example.org; s=s; b=", i, cv);
	/* RFC 8617 §5.1.1: all sets, oldest first. */
	fields_hash_begin(&h, CANON_RELAXED);
	for (unsigned k = 1; k < i; k++) {
		static const char *const names[] = {"ARC-Authentication-Results",
						    "ARC-Message-Signature", "ARC-Seal"};

		for (size_t n = 0; n < ARRAY_LEN(names); n++) {
			struct header_field f;

			assert_true(header_get(buf_str(m), str_z(names[n]), i - 1 - k, &f));
			fields_hash_add(&h, str_sub(buf_str(m), f.from, f.to));
		}
	}
	fields_hash_add(&h, buf_str(&aar));
	fields_hash_add(&h, buf_str(&ams));
	assert_ok(fields_hash_end(&h, buf_str(&as), STR(""), digest));
	BUF_AUTO signature = BUF_INIT(64);

	assert_ok(dkim_sign_with(key, DKIM_ED25519_SHA256, str_of(digest, 32), &signature));
	buf_base64(&as, buf_str(&signature));
	buf_strs(&all, buf_str(&as), STR("\r\n"), buf_str(&ams), buf_str(&aar), buf_str(m));
	buf_clear(m);
	buf_str_add(m, buf_str(&all));
}

static void sealed(struct buf *m, unsigned n, EVP_PKEY *key, struct arena *a)
{
	buf_str_add(m, STR(MESSAGE));
	for (unsigned i = 1; i <= n; i++)
		seal(m, i, i == 1 ? "none" : "pass", key, a);
}

static struct arc_result verify(struct str message, const char *zone, struct arena *a,
				size_t *ret_asked)
{
	const struct arc_options o = {.now = DKIM_TEST_NOW};
	struct dns_fake dns;
	struct dns_batch batch;
	struct arc_result r;
	struct arc *c;

	dns_fake_init(&dns, a);
	dns_fake_zone(&dns, str_z(zone));
	dns_batch_init(&batch, a);
	assert_ok(arc_begin(message, &o, a, &c));
	while (arc_check(c, &batch, &r) == DNS_WAIT)
		assert_true(dns_fake_answer(&dns, &batch, 0));
	if (ret_asked)
		*ret_asked = dns.asked;
	return r;
}

static void replace(struct buf *m, const char *from, const char *to)
{
	BUF_AUTO copy = BUF_INIT(1 << 20);
	ssize_t at = str_find(buf_str(m), str_z(from), 0);

	assert_true(at >= 0);
	buf_strs(&copy, str_sub(buf_str(m), 0, (size_t)at), str_z(to),
		 str_from(buf_str(m), (size_t)at + strlen(from)));
	buf_clear(m);
	buf_str_add(m, buf_str(&copy));
}

/* What breaks a chain of three sets, and how the first change to it is told. RFC 8617 §5.2. */
static void broken(void **state)
{
	static const struct {
		const char *name, *from, *to, *zone;
		enum auth_result want;
		const char *why;
	} cases[] = {
		{"good", "", "", ZONE, AUTH_PASS, "3 sets"},
		{"body", "Hi.\r\n", "Ho.\r\n", ZONE, AUTH_FAIL, "i=3: the body"},
		{"header", "Subject: Hi", "Subject: Ho", ZONE, AUTH_FAIL, "i=3: the signature"},
		{"results of the newest", "i=3; example.org; spf=pass",
		 "i=3; example.org; spf=fail", ZONE, AUTH_FAIL, "ARC-Seal i=3: the seal"},
		{"results of the oldest", "i=1; example.org; spf=pass",
		 "i=1; example.org; spf=fail", ZONE, AUTH_FAIL, "ARC-Seal i=3: the seal"},
		{"newest says fail", "cv=pass", "cv=fail", ZONE, AUTH_FAIL, "i=3: the sealer saw"},
		{"newest says none", "cv=pass", "cv=none", ZONE, AUTH_FAIL, "i=3: cv= is not pass"},
		{"oldest says pass", "cv=none", "cv=pass", ZONE, AUTH_FAIL, "i=1: cv= is not none"},
		{"oldest says fail", "cv=none", "cv=fail", ZONE, AUTH_FAIL, "i=1: cv= is not none"},
		{"a gap", "ARC-Seal: i=3", "ARC-Seal: i=4", ZONE, AUTH_FAIL, "is missing"},
		{"twice", "ARC-Seal: i=3", "ARC-Seal: i=2", ZONE, AUTH_FAIL, "i=2: comes twice"},
		{"no seal", "ARC-Seal: i=3", "X-Seal: i=3", ZONE, AUTH_FAIL,
		 "ARC-Seal i=3: is missing"},
		{"no results", "ARC-Authentication-Results: i=1", "X: i=1", ZONE, AUTH_FAIL,
		 "ARC-Authentication-Results i=1: is missing"},
		{"results without instance", "i=1; example.org", "example.org", ZONE, AUTH_FAIL,
		 "ARC-Authentication-Results: "},
		{"instance 0", "ARC-Seal: i=1", "ARC-Seal: i=0", ZONE, AUTH_FAIL,
		 "not an instance"},
		{"instance 51", "ARC-Seal: i=1", "ARC-Seal: i=51", ZONE, AUTH_FAIL,
		 "not an instance"},
		{"names in a seal", "ARC-Seal: i=1", "ARC-Seal: h=from; i=1", ZONE, AUTH_FAIL,
		 "h=: may not be there"},
		{"a signed seal", "h=from:subject", "h=from:ARC-Seal", ZONE, AUTH_FAIL,
		 "ARC-Seal may not be signed"},
		{"no key", "", "", "", AUTH_FAIL, "no key"},
		{"no answer", "", "", "s._domainkey.example.org TXT TIMEOUT\n", AUTH_FAIL,
		 "looked up"},
		{"key revoked", "", "", "s._domainkey.example.org TXT \"k=ed25519; p=\"\n",
		 AUTH_FAIL, "revoked"},
	};
	EVP_PKEY *key = test_ed25519();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO m = BUF_INIT(1 << 20);
		struct arena a;

		arena_init(&a, 4 << 20);
		sealed(&m, 3, key, &a);
		replace(&m, cases[i].from, cases[i].to);
		struct arc_result r = verify(buf_str(&m), cases[i].zone, &a, NULL);

		assert_str(cases[i].name, auth_result_name(r.result),
			   auth_result_name(cases[i].want));
		if (str_find(r.why, str_z(cases[i].why), 0) < 0)
			fail_msg("%s: %.*s", cases[i].name, STR_ARG(r.why));
		assert_int_equal(r.n, r.result == AUTH_PASS ? 3 : 0);
		assert_false(r.authentic);
		arena_fini(&a);
	}
	EVP_PKEY_free(key);
}

static void none(void **state)
{
	struct arena a;

	arena_init(&a, 1 << 20);
	assert_int_equal(verify(STR(MESSAGE), ZONE, &a, NULL).result, AUTH_NONE);
	assert_int_equal(verify(STR(""), ZONE, &a, NULL).result, AUTH_NONE);
	arena_fini(&a);
}

/* RFC 8617 §5.2 step 5: a forwarder in the middle may have changed the message. */
static void oldest_pass(void **state)
{
	EVP_PKEY *key = test_ed25519();

	for (unsigned changed = 0; changed < 4; changed++) {
		BUF_AUTO m = BUF_INIT(1 << 20);
		struct arena a;

		arena_init(&a, 4 << 20);
		buf_str_add(&m, STR(MESSAGE));
		for (unsigned i = 1; i <= 4; i++) {
			seal(&m, i, i == 1 ? "none" : "pass", key, &a);
			if (i == changed)
				replace(&m, "Subject: Hi", "Subject: [list] Hi");
		}
		struct arc_result r = verify(buf_str(&m), ZONE "example.org SECURE\n", &a, NULL);

		assert_int_equal(r.result, AUTH_PASS);
		assert_true(r.authentic);
		assert_int_equal(r.oldest_pass, changed ? changed + 1 : 0);
		assert_int_equal(r.n, 4);
		assert_str("domain", r.set[3].seal.domain, STR("example.org"));
		assert_str("results", r.set[1].results, STR("example.org; spf=pass"));
		arena_fini(&a);
	}
	EVP_PKEY_free(key);
}

/* As many sets as there may be, with one question for the key; cost grows with the fields. */
static void limit(void **state)
{
	EVP_PKEY *key = test_ed25519();
	BUF_AUTO m = BUF_INIT(1 << 20);
	struct arena a;
	size_t asked;

	arena_init(&a, 16 << 20);
	sealed(&m, ARC_INSTANCE_MAX, key, &a);
	struct arc_result r = verify(buf_str(&m), ZONE, &a, &asked);

	assert_int_equal(r.result, AUTH_PASS);
	assert_int_equal(r.n, ARC_INSTANCE_MAX);
	assert_int_equal(asked, 1);
	seal(&m, ARC_INSTANCE_MAX + 1, "pass", key, &a);
	r = verify(buf_str(&m), ZONE, &a, &asked);
	assert_int_equal(r.result, AUTH_FAIL);
	assert_int_equal(asked, 0);
	arena_fini(&a);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken),
		cmocka_unit_test(none),
		cmocka_unit_test(oldest_pass),
		cmocka_unit_test(limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
