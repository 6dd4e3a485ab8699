/* tls: contexts of OpenSSL, as mail servers want them: certificates by the name a client asks for,
 * the listener's own for everybody else.
 *
 * Keys are given as EVP_PKEY and need not hold a secret: os/remotekey makes one whose private
 * operation happens in another role. Such an operation may block for its deadline inside
 * conn_handshake.
 * Threads: a tls_server is used by all workers; certificates may be added while it serves.
 */
#ifndef MOX_OS_TLS_H
#define MOX_OS_TLS_H

#include "base/buf.h"
#include "base/err.h"

struct evp_pkey_st;
struct ssl_st;
struct ssl_ctx_st;
struct tls_server;

/* The names of configuration: "TLSv1.0" and so on. */
enum tls_version {
	TLS_VERSION_DEFAULT,
	TLS_VERSION_10,
	TLS_VERSION_11,
	TLS_VERSION_12,
	TLS_VERSION_13
};

struct tls_server_opts {
	enum tls_version min; /* default: 1.2 */
	bool no_tickets;      /* session tickets off: Microsoft's senders fail with them */
	/* Ask clients for a certificate. Any is taken, for its key: who may log in with it is for
	 * the protocol to say (conn_tls.client_spki). */
	bool ask_client_cert;
	/* Whose certificate answers a client that names no host or one we have none for. */
	struct str hostname;
	/* ALPN protocols in our order of preference, up to a NULL; NULL: none. A client that offers
	 * only others is refused (RFC 7301 §3.2), one that offers none is served. */
	const char *const *alpn;
};

struct err tls_server_new(const struct tls_server_opts *opts, struct tls_server **ret);
void tls_server_free(struct tls_server *t);

/* Adds a certificate: PEM of it and its chain, and its key, of which a reference is taken. One
 * for the same names with a key of the same kind is replaced; one with a key of another kind
 * stands beside it and clients get what they can use. CONFIG if the certificate can't be read or
 * the key is not its. */
struct err tls_server_add(struct tls_server *t, struct str chain_pem, struct evp_pkey_st *key);
/* For ACME's tls-alpn-01 (RFC 8737): a certificate that is shown only to clients that offer
 * acme-tls/1 for the name. */
struct err tls_server_challenge_add(struct tls_server *t, struct str chain_pem,
				    struct evp_pkey_st *key);
void tls_server_challenge_remove(struct tls_server *t, struct str name);
/* Whether a certificate is there for this name (not the fallback). */
bool tls_server_has(struct tls_server *t, struct str name);

/* One connection's server side, for conn_tls_start; NULL without memory. */
struct ssl_st *tls_server_ssl(struct tls_server *t) NODISCARD;

/* A private key of PEM text; the caller frees it with EVP_PKEY_free. */
struct err tls_key_read(struct str pem, struct evp_pkey_st **ret);

/* A client's side for tests: nothing is verified. */
struct ssl_ctx_st *tls_client_ctx_new(void) NODISCARD;
/* With the name to ask for ("": none). */
struct ssl_st *tls_client_ssl(struct ssl_ctx_st *ctx, const char *name) NODISCARD;

#endif
