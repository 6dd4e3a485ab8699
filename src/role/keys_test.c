#include "base/test.h"

#include "role/keys.h"
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

static struct keys *keys;
static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	return err_failed(keys_new(&keys));
}

static int teardown(void **state)
{
	(void)state;
	keys_free(keys);
	arena_fini(&arena);
	return 0;
}

static struct str pem_of(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;

	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	long n = BIO_get_mem_data(bio, &p);
	struct str s = arena_dup(&arena, str_of(p, (size_t)n));

	BIO_free(bio);
	return s;
}

static EVP_PKEY *add(EVP_PKEY *key, char id[KEY_ID_LEN + 1])
{
	assert_non_null(key);
	assert_ok(keys_add_pem(keys, pem_of(key), id));
	return key;
}

static bool verifies(EVP_PKEY *key, int padding, struct str digest, struct str sig)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	bool ok = EVP_PKEY_verify_init(c) == 1 &&
		  (!padding || (EVP_PKEY_CTX_set_rsa_padding(c, padding) == 1 &&
				EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) == 1)) &&
		  EVP_PKEY_verify(c, (const unsigned char *)sig.p, sig.n,
				  (const unsigned char *)digest.p, digest.n) == 1;

	EVP_PKEY_CTX_free(c);
	return ok;
}

#define DIGEST "0123456789abcdef0123456789abcdef"
#define INFO   "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"

static void rsa(void **state)
{
	char id[KEY_ID_LEN + 1];
	EVP_PKEY *key = add(EVP_RSA_gen(2048), id);
	struct str sig;

	(void)state;
	assert_ok(keys_sign(keys, str_z(id), MSG_SIGN_SCHEME_RSA_PKCS1, STR(INFO DIGEST), &arena,
			    &sig));
	assert_true(verifies(key, RSA_PKCS1_PADDING, STR(DIGEST), sig));
	/* Not a DigestInfo; not for this key; unknown key. */
	assert_err(keys_sign(keys, str_z(id), MSG_SIGN_SCHEME_RSA_PKCS1, STR(DIGEST), &arena, &sig),
		   ERR_SYNTAX);
	assert_err(keys_sign(keys, str_z(id), MSG_SIGN_SCHEME_ECDSA, STR(DIGEST), &arena, &sig),
		   ERR_SYNTAX);
	assert_err(keys_sign(keys, STR("00"), MSG_SIGN_SCHEME_ECDSA, STR(DIGEST), &arena, &sig),
		   ERR_NOT_FOUND);
	EVP_PKEY_free(key);
}

/* Signs with PSS by OpenSSL, then undoes the private operation: an encoded message. */
static void pss_encode(EVP_PKEY *key, const EVP_MD *md, int salt, char em[256],
		       unsigned char sig[256])
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	unsigned char digest[64] = "digest";
	size_t n = 256;

	assert_int_equal(EVP_PKEY_sign_init(c), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(c, md), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(c, salt), 1);
	assert_int_equal(EVP_PKEY_sign(c, sig, &n, digest, (size_t)EVP_MD_get_size(md)), 1);
	EVP_PKEY_CTX_free(c);
	c = EVP_PKEY_CTX_new(key, NULL);
	assert_int_equal(EVP_PKEY_verify_recover_init(c), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(c, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_verify_recover(c, (unsigned char *)em, &n, sig, 256), 1);
	EVP_PKEY_CTX_free(c);
}

/* RFC 8446 §4.2.3: rsa_pss_rsae_sha256, 384, 512, salt as long as the hash. */
static void rsa_pss(void **state)
{
	const EVP_MD *mds[] = {EVP_sha256(), EVP_sha384(), EVP_sha512()};
	static const size_t spoiled[] = {0, 1, 100, 189, 190, 254, 255};
	char id[KEY_ID_LEN + 1], em[256];
	EVP_PKEY *key = add(EVP_RSA_gen(2048), id);
	unsigned char want[256];
	struct str sig;

	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(mds); m++) {
		pss_encode(key, mds[m], RSA_PSS_SALTLEN_DIGEST, em, want);
		assert_ok(keys_sign(keys, str_z(id), MSG_SIGN_SCHEME_RSA_PSS, str_of(em, 256),
				    &arena, &sig));
		assert_true(str_eq(sig, str_of(want, 256)));
	}
	pss_encode(key, EVP_sha256(), RSA_PSS_SALTLEN_DIGEST, em, want);
	for (size_t i = 0; i < ARRAY_LEN(spoiled); i++) {
		em[spoiled[i]] ^= 0x10;
		assert_err(keys_sign(keys, str_z(id), MSG_SIGN_SCHEME_RSA_PSS, str_of(em, 256),
				     &arena, &sig),
			   ERR_SYNTAX);
		em[spoiled[i]] ^= 0x10;
	}
	/* Another length of salt; what only looks like it; too short. */
	pss_encode(key, EVP_sha256(), 20, em, want);
	assert_err(
		keys_sign(keys, str_z(id), MSG_SIGN_SCHEME_RSA_PSS, str_of(em, 256), &arena, &sig),
		ERR_SYNTAX);
	memset(em, 0, sizeof(em));
	em[255] = (char)0xbc;
	assert_err(
		keys_sign(keys, str_z(id), MSG_SIGN_SCHEME_RSA_PSS, str_of(em, 256), &arena, &sig),
		ERR_SYNTAX);
	assert_err(
		keys_sign(keys, str_z(id), MSG_SIGN_SCHEME_RSA_PSS, str_of(em, 255), &arena, &sig),
		ERR_SYNTAX);
	EVP_PKEY_free(key);
}

static void ec(void **state)
{
	char id[KEY_ID_LEN + 1];
	EVP_PKEY *key = add(EVP_EC_gen("P-256"), id);
	struct str sig;

	(void)state;
	assert_ok(keys_sign(keys, str_z(id), MSG_SIGN_SCHEME_ECDSA, STR(DIGEST), &arena, &sig));
	assert_true(verifies(key, 0, STR(DIGEST), sig));
	EVP_PKEY_free(key);
}

static void ed25519(void **state)
{
	char id[KEY_ID_LEN + 1];
	EVP_PKEY *key = add(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), id);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	struct str sig;

	(void)state;
	assert_ok(keys_sign(keys, str_z(id), MSG_SIGN_SCHEME_ED25519, STR(DIGEST), &arena, &sig));
	assert_int_equal(EVP_DigestVerifyInit(c, NULL, NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(c, (const unsigned char *)sig.p, sig.n,
					  (const unsigned char *)DIGEST, 32),
			 1);
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(key);
}

static void refused(void **state)
{
	char id[KEY_ID_LEN + 1];
	EVP_PKEY *small = EVP_EC_gen("P-521");

	(void)state;
	assert_err(keys_add_pem(keys, STR("nothing"), id), ERR_CONFIG);
	assert_err(keys_add_pem(keys, pem_of(small), id), ERR_CONFIG);
	EVP_PKEY_free(small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rsa),     cmocka_unit_test(rsa_pss), cmocka_unit_test(ec),
		cmocka_unit_test(ed25519), cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
