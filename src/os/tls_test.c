#include "base/test.h"

#include "os/conn.h"
#include "os/selfsigned.h"
#include "os/tls.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <time.h>

enum { PEM_MAX = 64 * 1024 };

struct made {
	struct buf cert, key;
	EVP_PKEY *pkey;
};

static void made_init(struct made *m, const char *name)
{
	struct str s = str_z(name);

	buf_init(&m->cert, PEM_MAX);
	buf_init(&m->key, PEM_MAX);
	assert_ok(selfsigned_make(&s, 1, time(NULL), &m->cert, &m->key));
	assert_ok(tls_key_read(buf_str(&m->key), &m->pkey));
}

static void made_fini(struct made *m)
{
	buf_fini(&m->cert);
	buf_fini(&m->key);
	EVP_PKEY_free(m->pkey);
}

/* Both sides of a handshake in one thread, over a socket pair. */
struct pair_of_conns {
	struct conn server, client;
	enum conn_io server_io, client_io;
};

static void shake(struct pair_of_conns *p, SSL *server, SSL *client)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd), 0);
	conn_init(&p->server, fd[0], 0);
	conn_init(&p->client, fd[1], 0);
	conn_tls_start(&p->server, server);
	conn_tls_start(&p->client, client);
	p->server_io = p->client_io = CONN_WAIT;
	for (int i = 0; i < 20; i++) {
		if (p->client_io == CONN_WAIT)
			p->client_io = conn_handshake(&p->client);
		if (p->server_io == CONN_WAIT)
			p->server_io = conn_handshake(&p->server);
	}
}

static void unshake(struct pair_of_conns *p)
{
	conn_fini(&p->server);
	conn_fini(&p->client);
}

static void got_name(struct pair_of_conns *p, char to[256])
{
	X509 *cert = SSL_get1_peer_certificate(p->client.ssl);

	to[0] = '\0';
	if (!cert)
		return;
	static const char *const names[] = {"mx.example.org", "www.example.com", "a.w.example",
					    "challenge.example"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (X509_check_host(cert, names[i], 0, 0, NULL) == 1)
			snprintf(to, 256, "%s", names[i]);
	X509_free(cert);
}

/* features.md §1 "TLS SNI fallback" */
static void certificate_by_name(void **state)
{
	static const struct {
		const char *sni, *want;
	} cases[] = {
		{"", "mx.example.org"},
		{"unknown.example", "mx.example.org"},
		{"mx.example.org", "mx.example.org"},
		{"www.example.com", "www.example.com"},
		{"WWW.Example.COM", "www.example.com"},
		{"a.w.example", "a.w.example"},
		{"b.w.example", "a.w.example"},
		{"a.b.w.example", "mx.example.org"},
		{"w.example", "mx.example.org"},
		{"challenge.example", "mx.example.org"},
	};
	struct tls_server *t;
	struct made host, www, wild, challenge;
	SSL_CTX *client = tls_client_ctx_new();

	(void)state;
	made_init(&host, "mx.example.org");
	made_init(&www, "www.example.com");
	made_init(&wild, "*.w.example");
	made_init(&challenge, "challenge.example");
	assert_ok(tls_server_new(&(struct tls_server_opts){.hostname = STR("MX.example.org")}, &t));
	assert_ok(tls_server_add(t, buf_str(&host.cert), host.pkey));
	assert_ok(tls_server_add(t, buf_str(&www.cert), www.pkey));
	assert_ok(tls_server_add(t, buf_str(&wild.cert), wild.pkey));
	assert_ok(tls_server_challenge_add(t, buf_str(&challenge.cert), challenge.pkey));
	assert_err(tls_server_add(t, buf_str(&www.cert), wild.pkey), ERR_CONFIG);
	assert_err(tls_server_add(t, STR("no PEM"), wild.pkey), ERR_CONFIG);
	assert_true(tls_server_has(t, STR("x.w.example")));
	assert_false(tls_server_has(t, STR("challenge.example")));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pair_of_conns p;
		char got[256];

		shake(&p, tls_server_ssl(t), tls_client_ssl(client, cases[i].sni));
		assert_int_equal(p.server_io, CONN_DONE);
		got_name(&p, got);
		assert_str(cases[i].sni, str_z(got), str_z(cases[i].want));
		assert_true(str_eq_nocase(str_z(p.server.tls->sni), str_z(cases[i].sni)));
		assert_string_equal(p.server.tls->version, "TLS1.3");
		unshake(&p);
	}
	/* RFC 8737 §3 */
	struct pair_of_conns p;
	char got[256];
	SSL *ssl = tls_client_ssl(client, "challenge.example");

	SSL_set_alpn_protos(ssl,
			    (const unsigned char *)"\x0a"
						   "acme-tls/1",
			    11);
	shake(&p, tls_server_ssl(t), ssl);
	got_name(&p, got);
	assert_string_equal(got, "challenge.example");
	assert_string_equal(p.server.tls->alpn, "acme-tls/1");
	unshake(&p);
	tls_server_challenge_remove(t, STR("challenge.example"));
	ssl = tls_client_ssl(client, "challenge.example");
	SSL_set_alpn_protos(ssl,
			    (const unsigned char *)"\x0a"
						   "acme-tls/1",
			    11);
	shake(&p, tls_server_ssl(t), ssl);
	assert_int_equal(p.server_io, CONN_FAILED);
	unshake(&p);
	SSL_CTX_free(client);
	tls_server_free(t);
	made_fini(&host);
	made_fini(&www);
	made_fini(&wild);
	made_fini(&challenge);
}

/* Both sides agree on the bindings (RFC 9266, RFC 5929 §3), in either version; the versions and
 * the minimum are as set. */
static void versions_and_bindings(void **state)
{
	static const struct {
		enum tls_version server_min;
		int client_max;
		const char *want; /* NULL: no handshake */
	} cases[] = {
		{TLS_VERSION_DEFAULT, TLS1_3_VERSION, "TLS1.3"},
		{TLS_VERSION_DEFAULT, TLS1_2_VERSION, "TLS1.2"},
		{TLS_VERSION_DEFAULT, TLS1_1_VERSION, NULL},
		{TLS_VERSION_13, TLS1_2_VERSION, NULL},
		{TLS_VERSION_10, TLS1_VERSION, "TLS1.0"},
		{TLS_VERSION_10, TLS1_1_VERSION, "TLS1.1"},
	};
	struct made host;

	(void)state;
	made_init(&host, "mx.example.org");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tls_server *t;
		struct pair_of_conns p;
		SSL_CTX *client = tls_client_ctx_new();

		SSL_CTX_set_min_proto_version(client, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(client, cases[i].client_max);
		SSL_CTX_set_cipher_list(client, "DEFAULT:@SECLEVEL=0");
		assert_ok(
			tls_server_new(&(struct tls_server_opts){.min = cases[i].server_min}, &t));
		assert_ok(tls_server_add(t, buf_str(&host.cert), host.pkey));
		shake(&p, tls_server_ssl(t), tls_client_ssl(client, ""));
		assert_int_equal(p.server_io, cases[i].want ? CONN_DONE : CONN_FAILED);
		if (cases[i].want) {
			struct conn_tls *a = p.server.tls, *b = p.client.tls;

			assert_string_equal(a->version, cases[i].want);
			assert_string_equal(a->cipher, b->cipher);
			assert_true(a->has_exporter && b->has_exporter);
			assert_memory_equal(a->exporter, b->exporter, sizeof(a->exporter));
			assert_int_equal(a->unique_n, strcmp(a->version, "TLS1.3") ? 12 : 0);
			assert_int_equal(a->unique_n, b->unique_n);
			assert_memory_equal(a->unique, b->unique, a->unique_n);
		}
		unshake(&p);
		SSL_CTX_free(client);
		tls_server_free(t);
	}
	made_fini(&host);
}

static void client_certificates(void **state)
{
	struct made host, user;
	struct tls_server *t;
	struct pair_of_conns p;

	(void)state;
	made_init(&host, "mx.example.org");
	made_init(&user, "user");
	for (int ask = 0; ask < 2; ask++) {
		SSL_CTX *client = tls_client_ctx_new();
		BIO *bio = BIO_new_mem_buf(user.cert.p, (int)user.cert.n);
		X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		unsigned char *der = NULL, want[32];
		int n = i2d_PUBKEY(user.pkey, &der);

		EVP_Digest(der, (size_t)n, want, NULL, EVP_sha256(), NULL);
		OPENSSL_free(der);
		SSL_CTX_use_certificate(client, cert);
		SSL_CTX_use_PrivateKey(client, user.pkey);
		assert_ok(tls_server_new(&(struct tls_server_opts){.ask_client_cert = ask}, &t));
		assert_ok(tls_server_add(t, buf_str(&host.cert), host.pkey));
		shake(&p, tls_server_ssl(t), tls_client_ssl(client, ""));
		assert_int_equal(p.server_io, CONN_DONE);
		assert_int_equal(p.server.tls->client_cert, ask);
		if (ask)
			assert_memory_equal(p.server.tls->client_spki, want, 32);
		unshake(&p);
		X509_free(cert);
		BIO_free(bio);
		SSL_CTX_free(client);
		tls_server_free(t);
	}
	made_fini(&host);
	made_fini(&user);
}

static void alpn(void **state)
{
	static const char *const ours[] = {"h2", "http/1.1", NULL};
	static const struct {
		const char *offer, *want; /* NULL: refused */
	} cases[] = {
		{"\x08http/1.1\x02h2", "h2"},
		{"\x08http/1.1", "http/1.1"},
		{"", ""},
		{"\x04imap", NULL},
	};
	struct made host;
	struct tls_server *t;
	SSL_CTX *client = tls_client_ctx_new();

	(void)state;
	made_init(&host, "mx.example.org");
	assert_ok(tls_server_new(&(struct tls_server_opts){.alpn = ours}, &t));
	assert_ok(tls_server_add(t, buf_str(&host.cert), host.pkey));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pair_of_conns p;
		SSL *ssl = tls_client_ssl(client, "");
		size_t n = strlen(cases[i].offer);

		if (n)
			SSL_set_alpn_protos(ssl, (const unsigned char *)cases[i].offer,
					    (unsigned)n);
		shake(&p, tls_server_ssl(t), ssl);
		assert_int_equal(p.server_io, cases[i].want ? CONN_DONE : CONN_FAILED);
		if (cases[i].want)
			assert_string_equal(p.server.tls->alpn, cases[i].want);
		unshake(&p);
	}
	SSL_CTX_free(client);
	tls_server_free(t);
	made_fini(&host);
}

/* Bytes pass, in records and at the end: what TLS holds is read before anyone waits. */
static void bytes_pass(void **state)
{
	struct made host;
	struct tls_server *t;
	struct pair_of_conns p;
	SSL_CTX *client = tls_client_ctx_new();

	(void)state;
	made_init(&host, "mx.example.org");
	assert_ok(tls_server_new(&(struct tls_server_opts){0}, &t));
	assert_ok(tls_server_add(t, buf_str(&host.cert), host.pkey));
	shake(&p, tls_server_ssl(t), tls_client_ssl(client, ""));
	for (size_t n = 1; n < 100000; n = n * 3 + 1) {
		buf_char_n(conn_out(&p.client), 'x', n);
		for (size_t got = 0; got < n;) {
			enum conn_io io = conn_flush(&p.client, SIZE_MAX);

			assert_true(io == CONN_DONE || io == CONN_WAIT);
			io = conn_fill(&p.server);
			assert_true(io == CONN_DONE || io == CONN_WAIT);
			got += conn_in(&p.server).n;
			conn_take(&p.server, conn_in(&p.server).n);
		}
		assert_int_equal(conn_fill(&p.server), CONN_WAIT);
		assert_int_equal(conn_unsent(&p.client), 0);
	}
	conn_shutdown(&p.client);
	assert_int_equal(conn_fill(&p.server), CONN_DONE);
	assert_true(conn_at_end(&p.server));
	assert_int_equal(p.server.bytes_in, p.client.bytes_out);
	unshake(&p);
	SSL_CTX_free(client);
	tls_server_free(t);
	made_fini(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificate_by_name), cmocka_unit_test(versions_and_bindings),
		cmocka_unit_test(client_certificates), cmocka_unit_test(alpn),
		cmocka_unit_test(bytes_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
