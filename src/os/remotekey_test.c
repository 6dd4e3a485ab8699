#include "base/test.h"

#include "os/remotekey.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

/* What stands for the secrets role: the private key, and what it was asked. */
struct secrets {
	EVP_PKEY *key;
	unsigned asked[REMOTEKEY_ED25519 + 1];
	bool refuses;
	size_t cut; /* bytes left off the signature */
};

static struct err sign(void *arg, const struct remotekey_call *call, struct buf *ret)
{
	static const int padding[] = {[REMOTEKEY_RSA_PKCS1] = RSA_PKCS1_PADDING,
				      [REMOTEKEY_RSA_PSS] = RSA_NO_PADDING,
				      [REMOTEKEY_ECDSA] = 0};
	struct secrets *s = arg;
	unsigned char sig[REMOTEKEY_SIGNATURE_MAX];
	size_t n = sizeof(sig);

	assert_str("key id", call->key_id, STR("key one"));
	s->asked[call->scheme]++;
	if (s->refuses)
		return err_make(ERR_UNAVAILABLE, "not today");
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(s->key, NULL);

	assert_int_equal(EVP_PKEY_sign_init(c), 1);
	if (padding[call->scheme])
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(c, padding[call->scheme]), 1);
	assert_int_equal(
		EVP_PKEY_sign(c, sig, &n, (const unsigned char *)call->data.p, call->data.n), 1);
	EVP_PKEY_CTX_free(c);
	buf_add(ret, sig, n - s->cut);
	return ERR_OK;
}

static X509 *certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	assert_non_null(x);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1,
				   0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	return x;
}

/* A server's context with the remote key of the certificate, a client's that trusts only it. */
struct tls {
	struct secrets secrets;
	X509 *cert;
	SSL_CTX *server, *client;
};

static void tls_setup(struct tls *t, EVP_PKEY *key)
{
	EVP_PKEY *remote;

	*t = (struct tls){.secrets = {.key = key}, .cert = certificate(key)};
	t->server = SSL_CTX_new(TLS_server_method());
	t->client = SSL_CTX_new(TLS_client_method());
	/* The public half as it comes from a certificate. */
	assert_ok(remotekey_new(X509_get0_pubkey(t->cert), STR("key one"), sign, &t->secrets,
				&remote));
	assert_int_equal(SSL_CTX_use_certificate(t->server, t->cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(t->server, remote), 1);
	assert_int_equal(SSL_CTX_check_private_key(t->server), 1);
	EVP_PKEY_free(remote);
	SSL_CTX_set_verify(t->client, SSL_VERIFY_PEER, NULL);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(t->client), t->cert);
}

static void tls_end(struct tls *t)
{
	SSL_CTX_free(t->server);
	SSL_CTX_free(t->client);
	X509_free(t->cert);
	EVP_PKEY_free(t->secrets.key);
}

/* A handshake through memory; the client verifies the certificate and the signature. */
static bool handshake(struct tls *t, int version)
{
	SSL *s = SSL_new(t->server), *c = SSL_new(t->client);
	BIO *x, *y;
	bool done = false;

	SSL_set_min_proto_version(c, version);
	SSL_set_max_proto_version(c, version);
	assert_int_equal(BIO_new_bio_pair(&x, 0, &y, 0), 1);
	SSL_set_bio(s, x, x);
	SSL_set_bio(c, y, y);
	SSL_set_accept_state(s);
	SSL_set_connect_state(c);
	for (int i = 0; i < 10 && !done; i++) {
		SSL_do_handshake(c);
		SSL_do_handshake(s);
		done = SSL_is_init_finished(s) && SSL_is_init_finished(c);
	}
	SSL_free(s);
	SSL_free(c);
	ERR_clear_error();
	return done;
}

static void handshakes(void **state)
{
	static const struct {
		const char *name;
		int version;
		enum remotekey_scheme asked[2]; /* with RSA, with EC */
	} cases[] = {
		{"TLS 1.2", TLS1_2_VERSION, {REMOTEKEY_RSA_PSS, REMOTEKEY_ECDSA}},
		{"TLS 1.3", TLS1_3_VERSION, {REMOTEKEY_RSA_PSS, REMOTEKEY_ECDSA}},
	};

	(void)state;
	for (int k = 0; k < 3; k++) {
		struct tls t;
		EVP_PKEY *key = k == 0   ? EVP_RSA_gen(2048)
				: k == 1 ? EVP_EC_gen("P-256")
					 : EVP_EC_gen("P-384");

		tls_setup(&t, key);
		for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
			if (!handshake(&t, cases[i].version))
				fail_msg("%s with key %d", cases[i].name, k);
			assert_int_equal(t.secrets.asked[cases[i].asked[k > 0]], i + 1);
		}
		tls_end(&t);
	}
}

/* TLS 1.2 also with the older padding. */
static void pkcs1_in_a_handshake(void **state)
{
	struct tls t;

	(void)state;
	tls_setup(&t, EVP_RSA_gen(2048));
	assert_int_equal(SSL_CTX_set1_sigalgs_list(t.client, "RSA+SHA256"), 1);
	assert_true(handshake(&t, TLS1_2_VERSION));
	assert_int_equal(t.secrets.asked[REMOTEKEY_RSA_PKCS1], 1);
	tls_end(&t);
}

/* A signer that fails, or answers nonsense, fails the handshake and nothing else. */
static void a_signer_that_fails(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++) {
		struct tls t;

		tls_setup(&t, k ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048));
		t.secrets.refuses = true;
		assert_false(handshake(&t, TLS1_3_VERSION));
		t.secrets.refuses = false;
		t.secrets.cut = 1;
		assert_false(handshake(&t, TLS1_3_VERSION));
		t.secrets.cut = 0;
		assert_true(handshake(&t, TLS1_3_VERSION));
		tls_end(&t);
	}
}

/* As DKIM and ACME sign. */
static void digest_sign(void **state)
{
	static const unsigned char text[] = "signed";

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct secrets s = {.key = k ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048)};
		EVP_MD_CTX *m = EVP_MD_CTX_new();
		EVP_PKEY *remote;
		unsigned char sig[REMOTEKEY_SIGNATURE_MAX];
		size_t n = sizeof(sig);

		assert_ok(remotekey_new(s.key, STR("key one"), sign, &s, &remote));
		assert_int_equal(EVP_DigestSignInit(m, NULL, EVP_sha256(), NULL, remote), 1);
		assert_int_equal(EVP_DigestSign(m, sig, &n, text, sizeof(text)), 1);
		EVP_MD_CTX_reset(m);
		assert_int_equal(EVP_DigestVerifyInit(m, NULL, EVP_sha256(), NULL, s.key), 1);
		assert_int_equal(EVP_DigestVerify(m, sig, n, text, sizeof(text)), 1);
		assert_int_equal(s.asked[k ? REMOTEKEY_ECDSA : REMOTEKEY_RSA_PKCS1], 1);
		EVP_MD_CTX_free(m);
		EVP_PKEY_free(remote);
		EVP_PKEY_free(s.key);
	}
}

static void nothing_is_decrypted(void **state)
{
	struct secrets s = {.key = EVP_RSA_gen(2048)};
	EVP_PKEY *remote;
	unsigned char sealed[256], open[256];
	size_t n = sizeof(sealed), open_n = sizeof(open);

	(void)state;
	assert_ok(remotekey_new(s.key, STR("key one"), sign, &s, &remote));
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(s.key, NULL);

	assert_int_equal(EVP_PKEY_encrypt_init(c), 1);
	assert_int_equal(EVP_PKEY_encrypt(c, sealed, &n, (const unsigned char *)"hello", 5), 1);
	EVP_PKEY_CTX_free(c);
	c = EVP_PKEY_CTX_new(remote, NULL);
	assert_int_equal(EVP_PKEY_decrypt_init(c), 1);
	assert_true(EVP_PKEY_decrypt(c, open, &open_n, sealed, n) <= 0);
	EVP_PKEY_CTX_free(c);
	for (size_t i = 0; i < ARRAY_LEN(s.asked); i++)
		assert_int_equal(s.asked[i], 0);
	ERR_clear_error();
	EVP_PKEY_free(remote);
	EVP_PKEY_free(s.key);
}

static void what_is_not_supported(void **state)
{
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), *remote;
	EVP_PKEY *ec = EVP_EC_gen("P-256");
	char id[REMOTEKEY_ID_MAX + 1] = {0};

	(void)state;
	assert_err(remotekey_new(ed, STR("x"), sign, NULL, &remote), ERR_UNSUPPORTED);
	assert_err(remotekey_new(ec, str_of(id, sizeof(id)), sign, NULL, &remote), ERR_LIMIT);
	assert_ok(remotekey_new(ec, str_of(id, sizeof(id) - 1), sign, NULL, &remote));
	EVP_PKEY_free(remote);
	EVP_PKEY_free(ed);
	EVP_PKEY_free(ec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshakes),           cmocka_unit_test(pkcs1_in_a_handshake),
		cmocka_unit_test(a_signer_that_fails),  cmocka_unit_test(digest_sign),
		cmocka_unit_test(nothing_is_decrypted), cmocka_unit_test(what_is_not_supported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
