#include "role/keys.h"

#include "base/hex.h"
#include "os/tls.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct key {
	char id[KEY_ID_LEN + 1];
	EVP_PKEY *pkey;
};

/* Keys are added, never changed or removed: who reads up to n needs no lock. */
struct keys {
	pthread_mutex_t lock; /* of who adds */
	struct key *key[KEYS_MAX];
	atomic_size_t n;
};

static void key_free(struct key *key)
{
	EVP_PKEY_free(key->pkey);
	free(key);
}

struct err keys_new(struct keys **ret)
{
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return err_make(ERR_RESOURCES, "no memory for keys");
	pthread_mutex_init(&(*ret)->lock, NULL);
	return ERR_OK;
}

void keys_free(struct keys *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->n; i++)
		key_free(k->key[i]);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

size_t keys_count(const struct keys *k)
{
	return k->n;
}

struct err key_id_of(EVP_PKEY *key, char ret_id[KEY_ID_LEN + 1])
{
	unsigned char *der = NULL, hash[32];
	int n = i2d_PUBKEY(key, &der);
	BUF_AUTO hex = BUF_INIT(KEY_ID_LEN);

	if (n <= 0 || EVP_Digest(der, (size_t)n, hash, NULL, EVP_sha256(), NULL) != 1) {
		OPENSSL_free(der);
		return err_make(ERR_INTERNAL, "cannot hash a public key");
	}
	OPENSSL_free(der);
	buf_hex(&hex, str_of(hash, sizeof(hash)));
	if (buf_failed(&hex))
		return err_make(ERR_RESOURCES, "no memory for a key id");
	memcpy(ret_id, hex.p, KEY_ID_LEN);
	ret_id[KEY_ID_LEN] = '\0';
	return ERR_OK;
}

/* Why a key is of no use to us; NULL: it is fine. */
static const char *refusal(EVP_PKEY *key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		return EVP_PKEY_get_bits(key) < 1024 ? "an RSA key of fewer than 1024 bits"
		       : EVP_PKEY_get_size(key) > KEY_SIGNATURE_MAX
			       ? "an RSA key of more than 8192 bits"
			       : NULL;
	case EVP_PKEY_EC:
		return EVP_PKEY_get_bits(key) == 256 || EVP_PKEY_get_bits(key) == 384
			       ? NULL
			       : "an EC key that is neither P-256 nor P-384";
	case EVP_PKEY_ED25519: return NULL;
	default: return "neither RSA, EC nor Ed25519";
	}
}

static const struct key *key_find(const struct keys *k, struct str id)
{
	size_t n = k->n;

	for (size_t i = 0; i < n; i++)
		if (str_eq(str_z(k->key[i]->id), id))
			return k->key[i];
	return NULL;
}

static struct err key_add(struct keys *k, EVP_PKEY *pkey, const char id[KEY_ID_LEN + 1])
{
	struct key *key;
	size_t n = k->n;

	if (n == KEYS_MAX)
		return err_make(ERR_CONFIG, "more than %d private keys", KEYS_MAX);
	key = malloc(sizeof(*key));
	if (!key)
		return err_make(ERR_RESOURCES, "no memory for a key");
	memcpy(key->id, id, sizeof(key->id));
	key->pkey = pkey;
	k->key[n] = key;
	k->n = n + 1;
	return ERR_OK;
}

/* Takes the key, also on failure. One that is there already is no error. */
static struct err key_keep(struct keys *k, EVP_PKEY *pkey, const char id[KEY_ID_LEN + 1])
{
	bool known = key_find(k, str_z(id)) != NULL;
	struct err e = known ? ERR_OK : key_add(k, pkey, id);

	if (known || err_failed(e))
		EVP_PKEY_free(pkey);
	return e;
}

struct err keys_add_pem(struct keys *k, struct str pem, char ret_id[KEY_ID_LEN + 1])
{
	EVP_PKEY *pkey;

	if (pem.n > KEY_PEM_MAX)
		return err_make(ERR_CONFIG, "a key file of more than %d bytes", KEY_PEM_MAX);
	TRY(tls_key_read(pem, &pkey));
	const char *why = refusal(pkey);
	struct err e = why ? err_make(ERR_CONFIG, "%s", why) : key_id_of(pkey, ret_id);

	if (err_failed(e)) {
		EVP_PKEY_free(pkey);
		return e;
	}
	pthread_mutex_lock(&k->lock);
	e = key_keep(k, pkey, ret_id);
	pthread_mutex_unlock(&k->lock);
	return e;
}

struct err keys_kind(const struct keys *k, struct str id, enum msg_key_kind *ret)
{
	const struct key *key = key_find(k, id);

	if (!key)
		return err_make(ERR_NOT_FOUND, "no private key %.*s", STR_ARG(str_sub(id, 0, 80)));
	switch (EVP_PKEY_get_base_id(key->pkey)) {
	case EVP_PKEY_RSA: *ret = MSG_KEY_KIND_RSA; break;
	case EVP_PKEY_ED25519: *ret = MSG_KEY_KIND_ED25519; break;
	default: *ret = MSG_KEY_KIND_EC; break;
	}
	return ERR_OK;
}

/* RFC 8017 §9.2: the DER in front of a digest, by hash. */
static const struct digest_info {
	size_t digest_n;
	struct str prefix;
} digest_infos[] = {
	{20, STR_INIT("\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14")},
	{32,
	 STR_INIT("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20")},
	{48,
	 STR_INIT("\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30")},
	{64,
	 STR_INIT("\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40")},
};

static bool is_digest_info(struct str data, EVP_PKEY *key)
{
	(void)key;
	for (size_t i = 0; i < ARRAY_LEN(digest_infos); i++)
		if (data.n == digest_infos[i].prefix.n + digest_infos[i].digest_n &&
		    str_starts(data, digest_infos[i].prefix))
			return true;
	return false;
}

/* RFC 8017 §B.2.1: mask ^= MGF1(seed), of mask_n bytes. */
static bool mgf1_xor(const EVP_MD *md, const unsigned char *seed, size_t seed_n,
		     unsigned char *mask, size_t mask_n)
{
	unsigned char in[EVP_MAX_MD_SIZE + 4], out[EVP_MAX_MD_SIZE] = {0};
	size_t h = (size_t)EVP_MD_get_size(md);

	memcpy(in, seed, seed_n);
	for (size_t at = 0; at < mask_n; at++) {
		if (at % h == 0) {
			size_t counter = at / h;

			for (int i = 0; i < 4; i++)
				in[seed_n + i] = (unsigned char)(counter >> (24 - 8 * i));
			if (EVP_Digest(in, seed_n + 4, out, NULL, md, NULL) != 1)
				return false;
		}
		mask[at] ^= out[at % h];
	}
	return true;
}

/* RFC 8017 §9.1.1 with a salt as long as the hash, as TLS 1.3 has it (RFC 8446 §4.2.3): zeros, 1
 * and the salt, masked; the hash; 0xbc. */
static bool is_pss_of(struct str data, const EVP_MD *md)
{
	size_t h = (size_t)EVP_MD_get_size(md);
	unsigned char db[KEY_SIGNATURE_MAX];

	if (data.n > sizeof(db) || data.n < 2 * h + 2)
		return false;
	size_t db_n = data.n - h - 1, one = db_n - h - 1;

	memcpy(db, data.p, db_n);
	if (!mgf1_xor(md, (const unsigned char *)data.p + db_n, h, db, db_n))
		return false;
	db[0] &= 0x7f;
	for (size_t i = 0; i < one; i++)
		if (db[i] != 0)
			return false;
	return db[one] == 1;
}

/* The bare RSA operation follows, which would also decrypt. Every bit of the padding is checked: of
 * what is not an encoded message nothing passes, also not after trying for a long time (a check of
 * the last byte alone would let one blinded ciphertext in 512 through). */
static bool is_pss_encoded(struct str data, EVP_PKEY *key)
{
	return data.n == (size_t)EVP_PKEY_get_size(key) && EVP_PKEY_get_bits(key) % 8 == 0 &&
	       !(data.p[0] & 0x80) && (unsigned char)data.p[data.n - 1] == 0xbc &&
	       (is_pss_of(data, EVP_sha256()) || is_pss_of(data, EVP_sha384()) ||
		is_pss_of(data, EVP_sha512()));
}

static bool is_digest(struct str data, EVP_PKEY *key)
{
	(void)key;
	return data.n == 20 || data.n == 32 || data.n == 48 || data.n == 64;
}

static bool is_sha256(struct str data, EVP_PKEY *key)
{
	(void)key;
	return data.n == 32;
}

static const struct scheme {
	int key_type;
	int padding; /* of RSA */
	bool (*form)(struct str data, EVP_PKEY *key);
} schemes[MSG_SIGN_SCHEME_N] = {
	[MSG_SIGN_SCHEME_RSA_PKCS1] = {EVP_PKEY_RSA, RSA_PKCS1_PADDING, is_digest_info},
	[MSG_SIGN_SCHEME_RSA_PSS] = {EVP_PKEY_RSA, RSA_NO_PADDING, is_pss_encoded},
	[MSG_SIGN_SCHEME_ECDSA] = {EVP_PKEY_EC, 0, is_digest},
	[MSG_SIGN_SCHEME_ED25519] = {EVP_PKEY_ED25519, 0, is_sha256},
};

static bool sign_digest(EVP_PKEY *key, int padding, struct str data, unsigned char *to, size_t *n)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool ok = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
		  (!padding || EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1) &&
		  EVP_PKEY_sign(ctx, to, n, (const unsigned char *)data.p, data.n) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static bool sign_message(EVP_PKEY *key, struct str data, unsigned char *to, size_t *n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
		  EVP_DigestSign(ctx, to, n, (const unsigned char *)data.p, data.n) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

struct err keys_sign(const struct keys *k, struct str id, enum msg_sign_scheme scheme,
		     struct str data, struct arena *a, struct str *ret_signature)
{
	const struct key *key = key_find(k, id);
	size_t n = KEY_SIGNATURE_MAX;

	if (!key)
		return err_make(ERR_NOT_FOUND, "no private key %.*s", STR_ARG(str_sub(id, 0, 80)));
	if ((unsigned)scheme >= MSG_SIGN_SCHEME_N ||
	    EVP_PKEY_get_base_id(key->pkey) != schemes[scheme].key_type ||
	    !schemes[scheme].form(data, key->pkey))
		return err_make(ERR_SYNTAX, "%zu bytes that are not for this key and scheme",
				data.n);
	unsigned char *to = arena_alloc(a, n);

	if (!to)
		return err_make(ERR_RESOURCES, "no memory for a signature");
	bool ok = scheme == MSG_SIGN_SCHEME_ED25519
			  ? sign_message(key->pkey, data, to, &n)
			  : sign_digest(key->pkey, schemes[scheme].padding, data, to, &n);

	ERR_clear_error();
	if (!ok)
		return err_make(ERR_INTERNAL, "signing failed");
	*ret_signature = str_of(to, n);
	return ERR_OK;
}
