#include "os/tls.h"

#include "base/list.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>

enum {
	KEY_KINDS = 3,
	CHAIN_MAX = 16,
	NAMES_MAX = 1000,
	NAME_MAX_LEN = 255,
};

/* A certificate with its chain and key. */
struct pair {
	X509 *cert;
	STACK_OF(X509) * chain;
	EVP_PKEY *key;
};

/* Certificates for the same names, one for each kind of key, in one context. */
struct identity {
	struct list in_list;
	bool challenge;
	STACK_OF(OPENSSL_STRING) * names; /* lower case, sorted */
	struct pair pairs[KEY_KINDS];
	SSL_CTX *ctx;
};

struct tls_server {
	struct tls_server_opts opts;
	char *hostname;
	unsigned char *alpn; /* in wire form */
	unsigned alpn_n;
	SSL_CTX *base; /* what connections begin with: no certificate */
	pthread_rwlock_t lock;
	struct list identities; /* the newest first */
};

static const unsigned char acme_alpn[] = "\x0a"
					 "acme-tls/1";
enum { ACME_ALPN_N = sizeof(acme_alpn) - 1 };

static struct err ssl_err(enum err_code code, const char *what)
{
	char reason[160] = "no reason given";
	unsigned long e = ERR_peek_error();

	if (e)
		ERR_error_string_n(e, reason, sizeof(reason));
	ERR_clear_error();
	return err_make(code, "%s: %s", what, reason);
}

/* Certificates. */

static void pair_fini(struct pair *p)
{
	X509_free(p->cert);
	sk_X509_pop_free(p->chain, X509_free);
	EVP_PKEY_free(p->key);
	*p = (struct pair){0};
}

static struct pair pair_ref(const struct pair *p)
{
	if (!p->cert)
		return (struct pair){0};
	X509_up_ref(p->cert);
	EVP_PKEY_up_ref(p->key);
	return (struct pair){p->cert, X509_chain_up_ref(p->chain), p->key};
}

static int key_kind(const EVP_PKEY *key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA: return 0;
	case EVP_PKEY_EC: return 1;
	case EVP_PKEY_ED25519: return 2;
	default: return -1;
	}
}

static struct err pair_read(struct str pem, EVP_PKEY *key, struct pair *ret)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	struct pair p = {.chain = sk_X509_new_null()};
	X509 *x;

	assert(bio && p.chain);
	ERR_clear_error();
	p.cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	while (p.cert && sk_X509_num(p.chain) < CHAIN_MAX &&
	       (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
		sk_X509_push(p.chain, x);
	BIO_free(bio);
	if (!p.cert) {
		pair_fini(&p);
		return ssl_err(ERR_CONFIG, "read the certificate");
	}
	ERR_clear_error(); /* that of the end of the text */
	EVP_PKEY_up_ref(key);
	p.key = key;
	if (key_kind(key) < 0 || !X509_check_private_key(p.cert, key)) {
		pair_fini(&p);
		return ssl_err(ERR_CONFIG, "the key does not belong to the certificate");
	}
	*ret = p;
	return ERR_OK;
}

static void name_push(STACK_OF(OPENSSL_STRING) * names, const unsigned char *p, int n)
{
	char *z;

	if (n <= 0 || n > NAME_MAX_LEN || memchr(p, '\0', (size_t)n) ||
	    sk_OPENSSL_STRING_num(names) >= NAMES_MAX)
		return;
	z = OPENSSL_strndup((const char *)p, (size_t)n);
	if (!z)
		return;
	for (char *c = z; *c; c++)
		*c = ch_lower(*c);
	sk_OPENSSL_STRING_push(names, z);
}

static void common_name_push(STACK_OF(OPENSSL_STRING) * names, X509 *cert)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	if (at < 0)
		return;
	const ASN1_STRING *s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));

	name_push(names, ASN1_STRING_get0_data(s), ASN1_STRING_length(s));
}

static int name_cmp(const char *const *a, const char *const *b)
{
	return strcmp(*a, *b);
}

static void name_free(char *z)
{
	OPENSSL_free(z);
}

/* The DNS names a certificate is for; the subject's common name only if it has none. */
static STACK_OF(OPENSSL_STRING) * cert_names(X509 *cert)
{
	STACK_OF(OPENSSL_STRING) *names = sk_OPENSSL_STRING_new(name_cmp);
	GENERAL_NAMES *sans = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(sans); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(sans, i);

		if (g->type == GEN_DNS)
			name_push(names, ASN1_STRING_get0_data(g->d.dNSName),
				  ASN1_STRING_length(g->d.dNSName));
	}
	GENERAL_NAMES_free(sans);
	if (sk_OPENSSL_STRING_num(names) == 0)
		common_name_push(names, cert);
	sk_OPENSSL_STRING_sort(names);
	return names;
}

static bool names_eq(const STACK_OF(OPENSSL_STRING) * a, const STACK_OF(OPENSSL_STRING) * b)
{
	int n = sk_OPENSSL_STRING_num(a);
	bool eq = n == sk_OPENSSL_STRING_num(b);

	for (int i = 0; i < n && eq; i++)
		eq = strcmp(sk_OPENSSL_STRING_value(a, i), sk_OPENSSL_STRING_value(b, i)) == 0;
	return eq;
}

/* RFC 6125 §6.4.3: a leading `*.` stands for exactly one label. */
static bool name_matches(struct str pattern, struct str name)
{
	if (str_eq(pattern, name))
		return true;
	ssize_t dot = str_chr(name, '.');

	return dot > 0 && str_starts(pattern, STR("*.")) &&
	       str_eq(str_from(pattern, 1), str_from(name, (size_t)dot));
}

static void identity_free(struct identity *id)
{
	sk_OPENSSL_STRING_pop_free(id->names, name_free);
	for (size_t i = 0; i < KEY_KINDS; i++)
		pair_fini(&id->pairs[i]);
	SSL_CTX_free(id->ctx);
	free(id);
}

/* A name in lower case that a client asks for; empty: none. Exact before wildcard before newest. */
static struct identity *identity_find(struct tls_server *t, struct str name, bool challenge)
{
	struct identity *wild = NULL;

	list_for_each (&t->identities, n) {
		struct identity *id = CONTAINER_OF(n, struct identity, in_list);

		for (int i = 0; id->challenge == challenge && i < sk_OPENSSL_STRING_num(id->names);
		     i++) {
			struct str z = str_z(sk_OPENSSL_STRING_value(id->names, i));

			if (str_eq(z, name))
				return id;
			if (!wild && name_matches(z, name))
				wild = id;
		}
	}
	return wild;
}

static struct identity *identity_fallback(struct tls_server *t)
{
	struct identity *id = identity_find(t, str_z(t->hostname), false);

	for (struct list *n = t->identities.next; !id && n != &t->identities; n = n->next) {
		id = CONTAINER_OF(n, struct identity, in_list);
		if (id->challenge)
			id = NULL;
	}
	return id;
}

/* The client's first words, raw: SNI and ALPN decide on the certificate. */

/* RFC 6066 §3: the host_name of the list, or empty. */
static struct str hello_name(SSL *ssl)
{
	const unsigned char *p;
	size_t n;

	if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &p, &n) || n < 5)
		return STR("");
	size_t list = (size_t)p[0] << 8 | p[1], len = (size_t)p[3] << 8 | p[4];

	if (list != n - 2 || p[2] != TLSEXT_NAMETYPE_host_name || len > n - 5)
		return STR("");
	return str_of(p + 5, len);
}

static bool hello_offers_acme(SSL *ssl)
{
	const unsigned char *p;
	size_t n;

	/* RFC 8737 §3: it is the only protocol offered. */
	return SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation,
					 &p, &n) &&
	       n == 2 + ACME_ALPN_N && memcmp(p + 2, acme_alpn, ACME_ALPN_N) == 0;
}

static int on_client_hello(SSL *ssl, int *alert, void *arg)
{
	struct tls_server *t = arg;
	struct str sni = hello_name(ssl);
	char lower[NAME_MAX_LEN];
	size_t n = sni.n <= sizeof(lower) ? sni.n : 0;

	for (size_t i = 0; i < n; i++)
		lower[i] = ch_lower(sni.p[i]);
	bool acme = hello_offers_acme(ssl);

	pthread_rwlock_rdlock(&t->lock);
	struct identity *id = n ? identity_find(t, str_of(lower, n), acme) : NULL;

	if (!id && !acme)
		id = identity_fallback(t);
	if (id)
		SSL_set_SSL_CTX(ssl, id->ctx);
	pthread_rwlock_unlock(&t->lock);
	*alert = SSL_AD_UNRECOGNIZED_NAME;
	return id ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

/* Only so that the name is kept with a session that is resumed later. */
static int on_name(SSL *ssl, int *alert, void *arg)
{
	return SSL_TLSEXT_ERR_OK;
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
		   const unsigned char *in, unsigned in_n, void *arg)
{
	const struct tls_server *t = arg;

	if (in_n == ACME_ALPN_N && memcmp(in, acme_alpn, ACME_ALPN_N) == 0) {
		*out = acme_alpn + 1;
		*out_n = ACME_ALPN_N - 1;
		return SSL_TLSEXT_ERR_OK;
	}
	if (!t->alpn)
		return SSL_TLSEXT_ERR_NOACK;
	if (SSL_select_next_proto((unsigned char **)out, out_n, t->alpn, t->alpn_n, in, in_n) ==
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_OK;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* Any certificate will do, for its key; that the client has the key TLS itself proves. */
static int on_client_cert(X509_STORE_CTX *store, void *arg)
{
	return 1;
}

/* Contexts. */

static int version_number(enum tls_version v)
{
	switch (v) {
	case TLS_VERSION_10: return TLS1_VERSION;
	case TLS_VERSION_11: return TLS1_1_VERSION;
	case TLS_VERSION_13: return TLS1_3_VERSION;
	default: return TLS1_2_VERSION;
	}
}

static SSL_CTX *ctx_new(struct tls_server *t)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	uint64_t options = SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
			   SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_PRIORITIZE_CHACHA;

	if (!ctx)
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, version_number(t->opts.min));
	if (t->opts.min == TLS_VERSION_10 || t->opts.min == TLS_VERSION_11)
		SSL_CTX_set_cipher_list(ctx, "DEFAULT:@SECLEVEL=0"); /* they need SHA-1 */
	if (t->opts.no_tickets)
		options |= SSL_OP_NO_TICKET;
	SSL_CTX_set_options(ctx, options);
	SSL_CTX_set_num_tickets(ctx, t->opts.no_tickets ? 0 : 1);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"mox", 3);
	/* A parked connection keeps no buffers; what is sent may move between tries. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_dh_auto(ctx, 1);
	if (t->opts.ask_client_cert)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, on_client_cert, NULL);
	SSL_CTX_set_client_hello_cb(ctx, on_client_hello, t);
	SSL_CTX_set_tlsext_servername_callback(ctx, on_name);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, t);
	return ctx;
}

static struct err identity_build(struct tls_server *t, struct identity *id)
{
	id->ctx = ctx_new(t);
	if (!id->ctx)
		return ssl_err(ERR_RESOURCES, "make a TLS context");
	for (size_t i = 0; i < KEY_KINDS; i++) {
		struct pair *p = &id->pairs[i];

		if (p->cert && SSL_CTX_use_cert_and_key(id->ctx, p->cert, p->key, p->chain, 1) != 1)
			return ssl_err(ERR_CONFIG, "use the certificate");
	}
	return ERR_OK;
}

static struct identity *identity_twin(struct tls_server *t, const struct identity *id)
{
	list_for_each (&t->identities, n) {
		struct identity *old = CONTAINER_OF(n, struct identity, in_list);

		if (old->challenge == id->challenge && names_eq(old->names, id->names))
			return old;
	}
	return NULL;
}

/* The new one takes over what it does not replace of an older one for the same names. */
static struct err identity_put(struct tls_server *t, struct identity *id)
{
	struct identity *twin = identity_twin(t, id);

	for (size_t i = 0; twin && !id->challenge && i < KEY_KINDS; i++)
		if (!id->pairs[i].cert)
			id->pairs[i] = pair_ref(&twin->pairs[i]);
	TRY(identity_build(t, id));
	list_add_head(&t->identities, &id->in_list);
	if (twin) {
		list_remove(&twin->in_list);
		identity_free(twin);
	}
	return ERR_OK;
}

static struct err server_add(struct tls_server *t, struct str pem, EVP_PKEY *key, bool challenge)
{
	struct pair p = {0};

	TRY(pair_read(pem, key, &p));
	struct identity *id = calloc(1, sizeof(*id));

	if (!id) {
		pair_fini(&p);
		return err_make(ERR_RESOURCES, "add a certificate: no memory");
	}
	list_init(&id->in_list);
	id->challenge = challenge;
	id->names = cert_names(p.cert);
	id->pairs[key_kind(key)] = p;
	pthread_rwlock_wrlock(&t->lock);
	struct err e = identity_put(t, id);

	pthread_rwlock_unlock(&t->lock);
	if (err_failed(e))
		identity_free(id);
	return e;
}

struct err tls_server_add(struct tls_server *t, struct str chain_pem, EVP_PKEY *key)
{
	return server_add(t, chain_pem, key, false);
}

struct err tls_server_challenge_add(struct tls_server *t, struct str chain_pem, EVP_PKEY *key)
{
	return server_add(t, chain_pem, key, true);
}

void tls_server_challenge_remove(struct tls_server *t, struct str name)
{
	pthread_rwlock_wrlock(&t->lock);
	struct identity *id = identity_find(t, name, true);

	if (id) {
		list_remove(&id->in_list);
		identity_free(id);
	}
	pthread_rwlock_unlock(&t->lock);
}

bool tls_server_has(struct tls_server *t, struct str name)
{
	pthread_rwlock_rdlock(&t->lock);
	bool has = identity_find(t, name, false) != NULL;

	pthread_rwlock_unlock(&t->lock);
	return has;
}

/* RFC 7301 §3.1: each name behind a byte of its length. */
static bool alpn_wire(struct tls_server *t, const char *const *names)
{
	BUF_AUTO b = BUF_INIT(1024);

	for (; names && *names; names++) {
		buf_char(&b, (char)strlen(*names));
		buf_str_add(&b, str_z(*names));
	}
	if (!b.n)
		return true;
	t->alpn_n = (unsigned)b.n;
	t->alpn = (unsigned char *)TAKE_PTR(b.p);
	return !b.failed;
}

struct err tls_server_new(const struct tls_server_opts *opts, struct tls_server **ret)
{
	struct tls_server *t = calloc(1, sizeof(*t));

	if (!t)
		return err_make(ERR_RESOURCES, "make a TLS server: no memory");
	t->opts = *opts;
	list_init(&t->identities);
	pthread_rwlock_init(&t->lock, NULL);
	t->hostname = strndup(opts->hostname.p ? opts->hostname.p : "", opts->hostname.n);
	t->base = ctx_new(t);
	if (!t->hostname || !t->base || !alpn_wire(t, opts->alpn)) {
		tls_server_free(t);
		return ssl_err(ERR_RESOURCES, "make a TLS server");
	}
	t->opts.hostname = STR("");
	t->opts.alpn = NULL;
	for (char *c = t->hostname; *c; c++)
		*c = ch_lower(*c);
	*ret = t;
	return ERR_OK;
}

void tls_server_free(struct tls_server *t)
{
	struct list *n;

	if (!t)
		return;
	while ((n = list_pop(&t->identities)))
		identity_free(CONTAINER_OF(n, struct identity, in_list));
	SSL_CTX_free(t->base);
	pthread_rwlock_destroy(&t->lock);
	free(t->hostname);
	free(t->alpn);
	free(t);
}

SSL *tls_server_ssl(struct tls_server *t)
{
	SSL *ssl = SSL_new(t->base);

	if (ssl)
		SSL_set_accept_state(ssl);
	return ssl;
}

struct err tls_key_read(struct str pem, EVP_PKEY **ret)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	/* The empty passphrase: never ask the terminal for one. */
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"") : NULL;

	BIO_free(bio);
	ERR_clear_error();
	if (!key)
		return err_make(ERR_CONFIG, "not a private key in PEM form without a passphrase");
	*ret = key;
	return ERR_OK;
}

/* Clients in tests. */

SSL_CTX *tls_client_ctx_new(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx)
		return NULL;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return ctx;
}

SSL *tls_client_ssl(SSL_CTX *ctx, const char *name)
{
	SSL *ssl = SSL_new(ctx);

	if (!ssl)
		return NULL;
	SSL_set_connect_state(ssl);
	if (name[0])
		SSL_set_tlsext_host_name(ssl, name);
	return ssl;
}
