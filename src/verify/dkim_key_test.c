#include "verify/dkim_testing.h"

/* RFC 6376 §3.6.1 */
static void records(void **state)
{
	static const struct {
		const char *name, *record;
		enum err_code want;
		struct dkim_key key;
	} cases[] = {
		{"defaults",
		 "p=AAAA",
		 ERR_NONE,
		 {.type = DKIM_KEY_RSA, .sha256 = true, .email = true}},
		{"all",
		 "v=DKIM1; h=sha256; k=ed25519; n=a note; s=email; t=y:s; p=AA==; x=y",
		 ERR_NONE,
		 {.type = DKIM_KEY_ED25519,
		  .sha256 = true,
		  .email = true,
		  .testing = true,
		  .strict = true}},
		{"unknown in lists",
		 "h=sha1:md5; k=rsa; s=tlsrpt:foo; t=z; p=AAAA",
		 ERR_NONE,
		 {.type = DKIM_KEY_RSA}},
		{"unknown type",
		 "k=dsa; p=AAAA",
		 ERR_NONE,
		 {.type = DKIM_KEY_UNKNOWN, .sha256 = true, .email = true}},
		{"empty", "", ERR_SYNTAX, {0}},
		{"another record", "v=spf1 include:example.org -all", ERR_SYNTAX, {0}},
		{"no data", "v=DKIM1; k=rsa", ERR_SYNTAX, {0}},
		{"version in lower case", "v=dkim1; p=AAAA", ERR_SYNTAX, {0}},
		{"version with a colon", "v=DKIM1: g=*; k=rsa; p=AAAA", ERR_SYNTAX, {0}},
		{"version later", "p=AAAA; v=DKIM1", ERR_SYNTAX, {0}},
		{"data twice", "p=AAAA; p=AAAA", ERR_SYNTAX, {0}},
		{"bad data", "p=A!AA", ERR_SYNTAX, {0}},
		{"no padding", "p=AA", ERR_SYNTAX, {0}},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct dkim_key *want = &cases[i].key;
		struct dkim_key k = {0};
		struct arena a;

		arena_init(&a, 1 << 16);
		if (err_code(dkim_key_parse(str_z(cases[i].record), &a, &k)) != cases[i].want)
			fail_msg("%s", cases[i].name);
		if (cases[i].want == ERR_NONE &&
		    (k.type != want->type || k.sha256 != want->sha256 || k.email != want->email ||
		     k.testing != want->testing || k.strict != want->strict))
			fail_msg("%s", cases[i].name);
		arena_fini(&a);
	}
}

/* What is no key of its type. */
static void bad_keys(void **state)
{
	EVP_PKEY *rsa = test_rsa(1024), *ec = EVP_EC_gen("P-256"), *loaded;
	uint8_t *spki = NULL, *bare = NULL, *other = NULL;
	int spki_n = i2d_PUBKEY(rsa, &spki), bare_n = i2d_PublicKey(rsa, &bare);
	int other_n = i2d_PUBKEY(ec, &other);
	BUF_AUTO longer = BUF_INIT(1024);

	buf_add(&longer, spki, (size_t)spki_n);
	buf_char(&longer, 0);
	const struct {
		const char *name;
		enum dkim_key_type type;
		struct str data;
		bool good;
	} cases[] = {
		{"wrapped", DKIM_KEY_RSA, str_of(spki, (size_t)spki_n), true},
		{"bare", DKIM_KEY_RSA, str_of(bare, (size_t)bare_n), true},
		{"wrapped, cut", DKIM_KEY_RSA, str_of(spki, (size_t)spki_n - 1), false},
		{"bare, cut", DKIM_KEY_RSA, str_of(bare, (size_t)bare_n - 1), false},
		{"wrapped, longer", DKIM_KEY_RSA, buf_str(&longer), false},
		{"of another algorithm", DKIM_KEY_RSA, str_of(other, (size_t)other_n), false},
		{"empty", DKIM_KEY_RSA, STR(""), false},
		{"one byte", DKIM_KEY_RSA, STR("\x30"), false},
		{"a length of lengths", DKIM_KEY_RSA, STR("\x30\x84\xff\xff\xff\xff"), false},
		{"ed25519", DKIM_KEY_ED25519, STR("0123456789abcdef0123456789abcdef"), true},
		{"ed25519, short", DKIM_KEY_ED25519, STR("0123456789abcdef0123456789abcde"), false},
		{"ed25519, long", DKIM_KEY_ED25519, STR("0123456789abcdef0123456789abcdef0"),
		 false},
		{"unknown", DKIM_KEY_UNKNOWN, STR("0123456789abcdef0123456789abcdef"), false},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct dkim_key k = {.type = cases[i].type, .data = cases[i].data};
		struct err e = dkim_key_load(&k, &loaded);

		if (err_is_ok(e) != cases[i].good || (loaded != NULL) != cases[i].good)
			fail_msg("%s", cases[i].name);
		EVP_PKEY_free(loaded);
	}
	OPENSSL_free(spki);
	OPENSSL_free(bare);
	OPENSSL_free(other);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
}

/* An RSAPublicKey of so many bits, which nobody has the private half of. */
static void rsa_record(unsigned bits, struct buf *ret)
{
	BUF_AUTO der = BUF_INIT(4096);
	size_t n = (bits + 7) / 8;
	bool sign = bits % 8 == 0; /* a zero byte in front, so that it is not negative */
	size_t body = 4 + sign + n + 3;

	buf_add(&der, (const uint8_t[]){0x30, 0x82, (uint8_t)(body >> 8), (uint8_t)body}, 4);
	buf_add(&der,
		(const uint8_t[]){0x02, 0x82, (uint8_t)((n + sign) >> 8), (uint8_t)(n + sign)}, 4);
	if (sign)
		buf_char(&der, 0);
	buf_char(&der, (char)(1 << ((bits - 1) % 8)));
	buf_char_n(&der, 1, n - 1);
	buf_add(&der, (const uint8_t[]){0x02, 0x01, 0x03}, 3);
	buf_str_add(ret, STR("v=DKIM1; p="));
	buf_base64(ret, buf_str(&der));
}

/* RFC 8301 §3.2: 1024 to 4096 bits MUST be taken; more is up to us, up to a limit. */
static void rsa_sizes(void **state)
{
	static const struct {
		unsigned bits;
		enum auth_result want;
	} cases[] = {
		{1023, AUTH_PERMERROR}, {1024, AUTH_PASS},      {4096, AUTH_PASS},
		{8192, AUTH_PASS},      {8193, AUTH_PERMERROR},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct dkim_signature s = {.algorithm = DKIM_RSA_SHA256};
		BUF_AUTO record = BUF_INIT(8192);
		struct dkim_key_found found;
		struct arena a;

		arena_init(&a, 1 << 16);
		rsa_record(cases[i].bits, &record);
		const struct dns_record r = {.txt = {.joined = buf_str(&record)}};
		const struct dns_answer answer = {.status = DNS_FOUND, .record = &r, .n = 1};

		dkim_key_find(&s, &answer, 0, &a, &found);
		assert_int_equal(found.bits, cases[i].bits);
		assert_int_equal(found.result, cases[i].want);
		assert_true((found.pkey != NULL) == (cases[i].want == AUTH_PASS));
		EVP_PKEY_free(found.pkey);
		arena_fini(&a);
	}
}

/* RFC 8463 §A.2: the record that is published for a key. */
static void record_of_key(void **state)
{
	EVP_PKEY *ed = test_ed25519(), *ec = EVP_EC_gen("P-256");
	BUF_AUTO record = BUF_INIT(1024);

	assert_ok(dkim_key_record(ed, &record));
	assert_str("record", buf_str(&record), STR("v=DKIM1; h=sha256; k=ed25519; p=" ED25519_P));
	assert_err(dkim_key_record(ec, &record), ERR_UNSUPPORTED);
	EVP_PKEY_free(ed);
	EVP_PKEY_free(ec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records),
		cmocka_unit_test(bad_keys),
		cmocka_unit_test(rsa_sizes),
		cmocka_unit_test(record_of_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
