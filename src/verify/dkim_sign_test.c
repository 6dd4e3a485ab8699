#include "verify/dkim_testing.h"

#define MESSAGE                           \
	"Received: from x\r\n"            \
	"From: Joe <joe@example.com>\r\n" \
	"To: a@example.net\r\n"           \
	"To: b@example.net\r\n"           \
	"Subject: Hi\r\n"                 \
	"\r\n"                            \
	"Hi.  \r\n\r\n"
#define ZONE "s._domainkey.example.com TXT \"v=DKIM1; k=ed25519; p=" ED25519_P "\"\n"

static struct dkim_sign_args args_of(EVP_PKEY *key)
{
	return (struct dkim_sign_args){
		.domain = STR("example.com"),
		.selector = STR("s"),
		.algorithm = DKIM_ED25519_SHA256,
		.seal = true,
		.sign = dkim_sign_with,
		.arg = key,
	};
}

/* What we sign is what we verify, and lines stay short. */
static void round_trip(void **state)
{
	static const struct str few[] = {STR_INIT("from"), STR_INIT("To")};
	static const struct {
		const char *name, *identity;
		enum canon header, body;
		const struct str *names;
		bool seal;
		uint64_t expiry;
		const char *want_names, *want_identity;
	} cases[] = {
		{"defaults", "", CANON_SIMPLE, CANON_SIMPLE, NULL, true, 0,
		 "From:From:To:To:To:Cc:Bcc:Reply-To:References:In-Reply-To:Subject:Subject:Date:"
		 "Message-Id:Content-Type",
		 "@example.com"},
		{"relaxed", "joe@example.com", CANON_RELAXED, CANON_RELAXED, NULL, true, 3600, NULL,
		 "joe@example.com"},
		{"not sealed", "@mail.example.com", CANON_RELAXED, CANON_SIMPLE, NULL, false, 1,
		 "From:To:To:Subject", "@mail.example.com"},
		{"few names", "a b;c=d\"@example.com", CANON_SIMPLE, CANON_RELAXED, few, false, 0,
		 "from:To:To", "a b;c=d\"@example.com"},
		{"not ASCII", "j\xc3\xb6@example.com", CANON_SIMPLE, CANON_RELAXED, few, true, 0,
		 "from:from:To:To:To", "j\xc3\xb6@example.com"},
	};
	EVP_PKEY *key = test_ed25519();
	const struct dkim_options o = {.now = DKIM_TEST_NOW + 1};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dkim_sign_args args = args_of(key);
		BUF_AUTO m = BUF_INIT(1 << 20);
		BUF_AUTO names = BUF_INIT(1 << 20);
		struct arena a;
		struct dkim_results r;

		args.identity = str_z(cases[i].identity);
		args.header_canon = cases[i].header;
		args.body_canon = cases[i].body;
		args.names = cases[i].names;
		args.names_n = ARRAY_LEN(few);
		args.seal = cases[i].seal;
		args.expiry = cases[i].expiry;
		arena_init(&a, 1 << 20);
		assert_ok(dkim_sign(STR(MESSAGE), &args, 1, DKIM_TEST_NOW, &a, &m));
		for (size_t at = 0; at < m.n; at = header_line_next(buf_str(&m), at))
			assert_true(header_line_next(buf_str(&m), at) - at <= 78);
		buf_str_add(&m, STR(MESSAGE));
		test_verify(buf_str(&m), ZONE, &o, &a, &r);
		assert_int_equal(r.n, 1);
		const struct dkim_signature *s = &r.result[0].signature;

		if (r.result[0].result != AUTH_PASS)
			fail_msg("%s: %.*s", cases[i].name, STR_ARG(r.result[0].why));
		assert_str(cases[i].name, s->identity, str_z(cases[i].want_identity));
		assert_int_equal(s->time, DKIM_TEST_NOW);
		assert_int_equal(s->expiry, cases[i].expiry ? DKIM_TEST_NOW + cases[i].expiry : 0);
		for (size_t k = 0; k < s->names.n; k++)
			if (!strchr("\r\n\t ", s->names.p[k]))
				buf_char(&names, s->names.p[k]);
		if (cases[i].want_names)
			assert_str(cases[i].name, buf_str(&names), str_z(cases[i].want_names));
		arena_fini(&a);
	}
	EVP_PKEY_free(key);
}

/* Two keys of different type, and many fields of long names, in one go. */
static void several(void **state)
{
	EVP_PKEY *ed = test_ed25519(), *rsa = test_rsa(2048);
	struct dkim_sign_args args[2] = {args_of(ed), args_of(rsa)};
	const struct dkim_options o = {.now = DKIM_TEST_NOW};
	BUF_AUTO m = BUF_INIT(1 << 20);
	BUF_AUTO zone = BUF_INIT(1 << 16);
	struct arena a;
	struct dkim_results r;

	args[1].algorithm = dkim_algorithm_of(rsa);
	args[1].selector = STR("r");
	buf_str_add(&zone, STR(ZONE "r._domainkey.example.com TXT \""));
	assert_ok(dkim_key_record(rsa, &zone));
	buf_str_add(&zone, STR("\"\n"));
	buf_char(&zone, 0);
	arena_init(&a, 1 << 20);
	assert_ok(dkim_sign(STR(MESSAGE), args, 2, DKIM_TEST_NOW, &a, &m));
	buf_str_add(&m, STR(MESSAGE));
	test_verify(buf_str(&m), zone.p, &o, &a, &r);
	assert_int_equal(r.n, 2);
	assert_int_equal(r.result[0].result, AUTH_PASS);
	assert_int_equal(r.result[1].result, AUTH_PASS);
	assert_int_equal(r.result[1].signature.algorithm, DKIM_RSA_SHA256);
	arena_fini(&a);
	EVP_PKEY_free(ed);
	EVP_PKEY_free(rsa);
}

static struct err sign_fails(void *arg, enum dkim_algorithm algorithm, struct str data,
			     struct buf *ret)
{
	return err_make(ERR_UNAVAILABLE, "the key is asleep");
}

static void refusals(void **state)
{
	static const struct str no_from[] = {STR_INIT("To")},
				bad[] = {STR_INIT("From"), STR_INIT("a b")};
	struct dkim_sign_args good = args_of(NULL), c[9];
	static const enum err_code want[] = {ERR_USAGE, ERR_USAGE,       ERR_USAGE,
					     ERR_USAGE, ERR_USAGE,       ERR_USAGE,
					     ERR_USAGE, ERR_UNSUPPORTED, ERR_UNAVAILABLE};
	static const struct {
		const char *name;
		struct str message;
	} messages[] = {
		{"no From", STR_INIT("To: x\r\n\r\n")},
		{"bare LF", STR_INIT("From: x\n\r\n")},
		{"bare LF in body", STR_INIT("From: x\r\n\r\na\nb\r\n")},
		{"bare CR", STR_INIT("From: x\r\n\r\na\rb\r\n")},
		{"CR at the end", STR_INIT("From: x\r\n\r\na\r")},
	};
	EVP_PKEY *key = test_ed25519();
	struct arena a;
	BUF_AUTO out = BUF_INIT(1 << 20);

	good.arg = key;
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		c[i] = good;
	c[0].names = no_from, c[0].names_n = 1;
	c[1].names = bad, c[1].names_n = 2;
	c[2].identity = STR("joe");
	c[3].identity = STR("joe@example.org");
	c[4].domain = STR("exam ple.com");
	c[5].selector = STR("");
	c[6].names = no_from, c[6].names_n = 0;
	c[7].algorithm = DKIM_RSA_SHA1;
	c[8].sign = sign_fails;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		assert_err(dkim_sign(STR(MESSAGE), &c[i], 1, 1, &a, &out), want[i]);
	for (size_t i = 0; i < ARRAY_LEN(messages); i++)
		assert_err(dkim_sign(messages[i].message, &good, 1, 1, &a, &out), ERR_BAD_MESSAGE);
	arena_fini(&a);
	EVP_PKEY_free(key);
}

/* As many fields as h= may name, and one more. */
static void limit(void **state)
{
	EVP_PKEY *key = test_ed25519();
	struct dkim_sign_args args = args_of(key);
	static const struct str from[] = {STR_INIT("From")};
	BUF_AUTO m = BUF_INIT(1 << 20);
	BUF_AUTO out = BUF_INIT(1 << 20);
	struct arena a;

	args.names = from;
	args.names_n = 1;
	arena_init(&a, 1 << 20);
	for (int i = 0; i < DKIM_NAMES_MAX - 1; i++)
		buf_str_add(&m, STR("From: x\r\n"));
	assert_ok(dkim_sign(buf_str(&m), &args, 1, 1, &a, &out));
	buf_str_add(&m, STR("From: x\r\n"));
	assert_err(dkim_sign(buf_str(&m), &args, 1, 1, &a, &out), ERR_BAD_MESSAGE);
	arena_fini(&a);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(several),
		cmocka_unit_test(refusals),
		cmocka_unit_test(limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
