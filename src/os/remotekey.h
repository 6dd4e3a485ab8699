/* remotekey: an EVP_PKEY of a public key whose private operation is done elsewhere: the private key
 * is in the secrets role, and only there. TLS (1.2, 1.3), DKIM and ACME use it as any key.
 *
 * The one file that is allowed OpenSSL's deprecated RSA_METHOD and EC_KEY_METHOD, until a provider
 * replaces it.
 *
 * What is asked for is a signature of something that OpenSSL prepared:
 *	RSA_PKCS1	a DigestInfo (RFC 8017 §9.2), to be padded by the signer
 *	RSA_PSS		a whole encoded message (RFC 8017 §9.1.1), for the bare RSA operation
 *	ECDSA		a digest; the signature is DER
 *	ED25519		never asked for by OpenSSL, which has no hook for it: who signs with such a
 *			key (DKIM, RFC 8463) asks the secrets role itself
 * The bare operation would also decrypt. So the signer must check that an encoded message is one,
 * to the last bit of its padding (role/keys does). Decryption is refused here and asked nowhere.
 * TLS 1.0 and 1.1 sign an MD5 and SHA-1 pair without a DigestInfo: with an RSA key they fail.
 * Threads: any. The callback runs on the thread that needs the signature, inside the handshake.
 */
#ifndef MOX_OS_REMOTEKEY_H
#define MOX_OS_REMOTEKEY_H

#include "base/buf.h"
#include "base/err.h"

struct evp_pkey_st;

enum remotekey_scheme {
	REMOTEKEY_RSA_PKCS1,
	REMOTEKEY_RSA_PSS,
	REMOTEKEY_ECDSA,
	REMOTEKEY_ED25519
};

struct remotekey_call {
	struct str key_id;
	enum remotekey_scheme scheme;
	struct str data;
};

enum { REMOTEKEY_SIGNATURE_MAX = 1024, REMOTEKEY_ID_MAX = 255 };

/* A key with the public half of `public` (any EVP_PKEY that has it; not kept) and private
 * operations by sign, which appends the signature to its buffer (empty, bounded by
 * REMOTEKEY_SIGNATURE_MAX) or gives an error, failing the operation that needs it. id is copied;
 * arg outlives the key, which EVP_PKEY_free frees. UNSUPPORTED for what is neither RSA nor EC;
 * LIMIT for a longer id. */
struct err remotekey_new(struct evp_pkey_st *public, struct str id,
			 struct err (*sign)(void *arg, const struct remotekey_call *call,
					    struct buf *ret),
			 void *arg, struct evp_pkey_st **ret);

#endif
