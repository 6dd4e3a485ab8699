#define OPENSSL_SUPPRESS_DEPRECATED
#include "os/remotekey.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdlib.h>

struct remote {
	struct err (*sign)(void *arg, const struct remotekey_call *call, struct buf *ret);
	void *arg;
	size_t id_n;
	char id[REMOTEKEY_ID_MAX];
};

/* Made once a process, and never changed: OpenSSL knows a method by its address, and what belongs
 * to one key by a number. */
static struct {
	RSA_METHOD *rsa;
	EC_KEY_METHOD *ec;
	int rsa_index, ec_index;
} methods;
static pthread_once_t methods_once = PTHREAD_ONCE_INIT;

static bool remote_sign(const struct remote *r, enum remotekey_scheme scheme, const void *data,
			int data_n, struct buf *ret)
{
	struct remotekey_call call = {.key_id = str_of(r->id, r->id_n),
				      .scheme = scheme,
				      .data = str_of(data, data_n < 0 ? 0 : (size_t)data_n)};
	struct err e = r->sign(r->arg, &call, ret);

	if (err_is_ok(e) && !buf_failed(ret))
		return true;
	ERR_raise_data(ERR_LIB_USER, ERR_R_OPERATION_FAIL, "%.*s", STR_ARG(err_text(e)));
	return false;
}

/* As RSA_private_encrypt: the signature's length, or -1. */
static int rsa_private_encrypt(int n, const unsigned char *from, unsigned char *to, RSA *rsa,
			       int padding)
{
	const struct remote *r = RSA_get_ex_data(rsa, methods.rsa_index);
	BUF_AUTO b = BUF_INIT(REMOTEKEY_SIGNATURE_MAX);

	if (!r || (padding != RSA_PKCS1_PADDING && padding != RSA_NO_PADDING))
		return -1;
	if (!remote_sign(r, padding == RSA_NO_PADDING ? REMOTEKEY_RSA_PSS : REMOTEKEY_RSA_PKCS1,
			 from, n, &b))
		return -1;
	if (b.n != (size_t)RSA_size(rsa)) {
		ERR_raise(ERR_LIB_USER, ERR_R_OPERATION_FAIL);
		return -1;
	}
	memcpy(to, b.p, b.n);
	return (int)b.n;
}

static int rsa_private_decrypt(int n, const unsigned char *from, unsigned char *to, RSA *rsa,
			       int padding)
{
	ERR_raise(ERR_LIB_USER, ERR_R_UNSUPPORTED);
	return -1;
}

/* As ECDSA_sign: 1 and the DER signature, or 0. OpenSSL gives room for ECDSA_size bytes. */
static int ec_sign(int type, const unsigned char *digest, int n, unsigned char *sig,
		   unsigned int *ret_n, const BIGNUM *kinv, const BIGNUM *rp, EC_KEY *ec)
{
	const struct remote *r = EC_KEY_get_ex_data(ec, methods.ec_index);
	BUF_AUTO b = BUF_INIT(REMOTEKEY_SIGNATURE_MAX);

	if (!r || !remote_sign(r, REMOTEKEY_ECDSA, digest, n, &b))
		return 0;
	if (b.n == 0 || b.n > (size_t)ECDSA_size(ec)) {
		ERR_raise(ERR_LIB_USER, ERR_R_OPERATION_FAIL);
		return 0;
	}
	memcpy(sig, b.p, b.n);
	*ret_n = (unsigned)b.n;
	return 1;
}

/* The same for who wants numbers instead of DER. */
static ECDSA_SIG *ec_sign_sig(const unsigned char *digest, int n, const BIGNUM *kinv,
			      const BIGNUM *rp, EC_KEY *ec)
{
	unsigned char sig[REMOTEKEY_SIGNATURE_MAX];
	const unsigned char *p = sig;
	unsigned int sig_n = 0;

	if (ECDSA_size(ec) > (int)sizeof(sig) || !ec_sign(0, digest, n, sig, &sig_n, kinv, rp, ec))
		return NULL;
	return d2i_ECDSA_SIG(NULL, &p, (long)sig_n);
}

static void remote_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int i, long argl, void *argp)
{
	free(ptr);
}

/* A copy of the key object would share what one of them frees: the copy gets none and can't sign.
 */
static int remote_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **ptr, int i, long argl,
		      void *argp)
{
	*ptr = NULL;
	return 1;
}

static void methods_make(void)
{
	int (*ec_setup)(EC_KEY *, BN_CTX *, BIGNUM **, BIGNUM **);

	methods.rsa_index = RSA_get_ex_new_index(0, NULL, NULL, remote_dup, remote_free);
	methods.ec_index = EC_KEY_get_ex_new_index(0, NULL, NULL, remote_dup, remote_free);
	methods.rsa = RSA_meth_dup(RSA_get_default_method());
	methods.ec = EC_KEY_METHOD_new(EC_KEY_get_default_method());
	if (!methods.rsa || !methods.ec)
		return;
	/* Without EXT_PKEY OpenSSL looks for the private numbers itself. */
	RSA_meth_set_flags(methods.rsa, RSA_meth_get_flags(methods.rsa) | RSA_FLAG_EXT_PKEY);
	RSA_meth_set_priv_enc(methods.rsa, rsa_private_encrypt);
	RSA_meth_set_priv_dec(methods.rsa, rsa_private_decrypt);
	EC_KEY_METHOD_get_sign(methods.ec, NULL, &ec_setup, NULL);
	EC_KEY_METHOD_set_sign(methods.ec, ec_sign, ec_setup, ec_sign_sig);
}

static bool rsa_make(EVP_PKEY *public, struct remote *r, EVP_PKEY *to)
{
	const RSA *from = EVP_PKEY_get0_RSA(public);
	RSA *rsa = from ? RSA_new() : NULL;
	BIGNUM *n, *e;

	if (!rsa)
		return false;
	n = BN_dup(RSA_get0_n(from));
	e = BN_dup(RSA_get0_e(from));
	if (!n || !e || RSA_set0_key(rsa, n, e, NULL) != 1) {
		BN_free(n);
		BN_free(e);
	} else if (RSA_set_method(rsa, methods.rsa) == 1 && EVP_PKEY_assign_RSA(to, rsa) == 1) {
		/* The last that can fail leaves r to the caller. */
		return RSA_set_ex_data(rsa, methods.rsa_index, r) == 1;
	}
	RSA_free(rsa);
	return false;
}

static bool ec_make(EVP_PKEY *public, struct remote *r, EVP_PKEY *to)
{
	const EC_KEY *from = EVP_PKEY_get0_EC_KEY(public);
	EC_KEY *ec = from ? EC_KEY_new() : NULL;

	if (!ec)
		return false;
	if (EC_KEY_set_group(ec, EC_KEY_get0_group(from)) == 1 &&
	    EC_KEY_set_public_key(ec, EC_KEY_get0_public_key(from)) == 1 &&
	    EC_KEY_set_method(ec, methods.ec) == 1 && EVP_PKEY_assign_EC_KEY(to, ec) == 1)
		return EC_KEY_set_ex_data(ec, methods.ec_index, r) == 1;
	EC_KEY_free(ec);
	return false;
}

struct err remotekey_new(struct evp_pkey_st *public, struct str id,
			 struct err (*sign)(void *arg, const struct remotekey_call *call,
					    struct buf *ret),
			 void *arg, struct evp_pkey_st **ret)
{
	int type = EVP_PKEY_get_base_id(public);

	if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC)
		return err_make(ERR_UNSUPPORTED, "key %.*s is neither RSA nor EC", STR_ARG(id));
	if (id.n > REMOTEKEY_ID_MAX)
		return err_make(ERR_LIMIT, "key id of %zu bytes", id.n);
	pthread_once(&methods_once, methods_make);
	struct remote *r = calloc(1, sizeof(*r));
	EVP_PKEY *key = EVP_PKEY_new();

	if (!methods.rsa || !methods.ec || !r || !key)
		goto fail;
	*r = (struct remote){.sign = sign, .arg = arg, .id_n = id.n};
	memcpy(r->id, id.p, id.n);
	if (!(type == EVP_PKEY_RSA ? rsa_make : ec_make)(public, r, key))
		goto fail;
	*ret = key;
	return ERR_OK;
fail:
	ERR_clear_error();
	EVP_PKEY_free(key);
	free(r);
	return err_make(ERR_RESOURCES, "no memory for key %.*s", STR_ARG(id));
}
