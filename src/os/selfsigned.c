#include "os/selfsigned.h"

#include "base/ip.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

enum { DAYS = 4 * 365 + 1 };

static bool sans_add(X509 *cert, const struct str *names, size_t n)
{
	BUF_AUTO b = BUF_INIT(64 * 1024);

	for (size_t i = 0; i < n; i++) {
		struct ip ip;
		bool is_ip = ip_parse(names[i], &ip);

		/* The text becomes OpenSSL's little language: nothing in it may separate. */
		if (str_chr(names[i], ',') >= 0)
			return false;
		buf_strs(&b, i ? STR(",") : STR(""), is_ip ? STR("IP:") : STR("DNS:"), names[i]);
	}
	buf_char(&b, '\0');
	if (b.failed)
		return false;
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, b.p);
	bool ok = ext && X509_add_ext(cert, ext, -1);

	X509_EXTENSION_free(ext);
	return ok;
}

static bool cert_fill(X509 *cert, EVP_PKEY *key, const struct str *names, size_t n, int64_t wall_s)
{
	unsigned char serial[16];
	X509_NAME *subject = X509_get_subject_name(cert);
	BIGNUM *bn = NULL;

	if (RAND_bytes(serial, sizeof(serial)) == 1)
		bn = BN_bin2bn(serial, sizeof(serial), NULL);
	bool ok = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) &&
		  X509_set_version(cert, X509_VERSION_3) &&
		  ASN1_TIME_adj(X509_getm_notBefore(cert), wall_s, 0, -3600) &&
		  ASN1_TIME_adj(X509_getm_notAfter(cert), wall_s, DAYS, 0) &&
		  X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC,
					     (const unsigned char *)"mox", -1, -1, 0) &&
		  X509_set_issuer_name(cert, subject) && X509_set_pubkey(cert, key) &&
		  sans_add(cert, names, n) && X509_sign(cert, key, EVP_sha256());

	BN_free(bn);
	return ok;
}

static bool pem_write(X509 *cert, EVP_PKEY *key, struct buf *cert_pem, struct buf *key_pem)
{
	BIO *c = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_secmem());
	char *p;
	bool ok = c && k && PEM_write_bio_X509(c, cert) &&
		  PEM_write_bio_PKCS8PrivateKey(k, key, NULL, NULL, 0, NULL, NULL);

	if (ok) {
		long n = BIO_get_mem_data(c, &p);

		buf_add(cert_pem, p, (size_t)n);
		n = BIO_get_mem_data(k, &p);
		buf_add(key_pem, p, (size_t)n);
	}
	BIO_free(c);
	BIO_free(k);
	return ok && !cert_pem->failed && !key_pem->failed;
}

struct err selfsigned_make(const struct str *names, size_t n, int64_t wall_s, struct buf *cert_pem,
			   struct buf *key_pem)
{
	ERR_clear_error();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	bool ok = key && cert && cert_fill(cert, key, names, n, wall_s) &&
		  pem_write(cert, key, cert_pem, key_pem);

	X509_free(cert);
	EVP_PKEY_free(key);
	if (ok)
		return ERR_OK;
	char reason[160];

	ERR_error_string_n(ERR_peek_error(), reason, sizeof(reason));
	return err_make(ERR_INTERNAL, "make a self-signed certificate: %s", reason);
}
