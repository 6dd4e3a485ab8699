#include "os/conn.h"

#include "os/deflate.h"
#include "os/loop.h"

#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_CHUNK = 16 * 1024, /* a TLS record */
	/* So much that was sent already may stand before what was not. */
	OUT_SENT_MAX = 64 * 1024,
	/* With COMPRESS: what is compressed at once, and read at once. */
	PACK_CHUNK = 32 * 1024,
	RAW_CHUNK = 4 * 1024,
	/* What is dropped after our end before we close whatever still comes. */
	DISCARD_MAX = 256 * 1024,
};

/* COMPRESS, between the buffers and the layer below. */
struct conn_packed {
	struct deflate *deflate;
	struct buf out;
	size_t out_at;
	struct str in; /* what is left of raw */
	char raw[RAW_CHUNK];
};

/* The buffers. */

struct str conn_in(const struct conn *c)
{
	return str_from(buf_str(&c->in), c->in_at);
}

void conn_take(struct conn *c, size_t n)
{
	assert(n <= c->in.n - c->in_at);
	c->in_at += n;
	if (c->in_at == c->in.n) {
		buf_clear(&c->in);
		c->in_at = 0;
	}
}

size_t conn_room(const struct conn *c)
{
	return c->in.max - (c->in.n - c->in_at);
}

/* Where at least 1 and at most *n bytes can be put; what is taken goes out of the way. */
static char *in_reserve(struct conn *c, size_t *n)
{
	if (*n > conn_room(c))
		*n = conn_room(c);
	if (!*n)
		return NULL;
	if (*n > c->in.max - c->in.n || c->in_at > READ_CHUNK) {
		buf_consume(&c->in, c->in_at);
		c->in_at = 0;
	}
	return buf_reserve(&c->in, *n);
}

static void in_commit(struct conn *c, size_t n)
{
	buf_commit(&c->in, n);
	c->bytes_in += n;
}

void conn_feed(struct conn *c, const void *p, size_t n)
{
	size_t room = n;
	char *to = in_reserve(c, &room);

	assert(room == n);
	if (!to)
		return;
	memcpy(to, p, n);
	in_commit(c, n);
}

static void out_sent(struct conn *c, size_t n)
{
	c->out_at += n;
	c->bytes_out += n;
	if (c->out_at == c->out.n) {
		buf_clear(&c->out);
		c->out_at = 0;
	} else if (c->out_at > OUT_SENT_MAX) {
		buf_consume(&c->out, c->out_at);
		c->out_at = 0;
	}
}

void conn_release(struct conn *c)
{
	if (!c->in.n)
		buf_release(&c->in);
	if (!c->out.n && !c->out.failed)
		buf_release(&c->out);
	if (c->packed && !c->packed_unsent)
		buf_release(&c->packed->out);
}

/* The layer below the buffers: the socket, or TLS over it. */

struct layer {
	/* > 0: so many bytes; 0: the peer has ended; -1: CONN_WAIT or CONN_FAILED in *ret. After a
	 * write that said CONN_WAIT the same bytes come again: TLS may then take more than n. */
	ssize_t (*read)(struct conn *c, void *p, size_t n, enum conn_io *ret);
	ssize_t (*write)(struct conn *c, const void *p, size_t n, enum conn_io *ret);
};

static enum conn_io of_errno(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? CONN_WAIT : CONN_FAILED;
}

static ssize_t plain_read(struct conn *c, void *p, size_t n, enum conn_io *ret)
{
	ssize_t r = recv(c->fd, p, n, 0);

	if (r < 0)
		*ret = of_errno();
	return r;
}

static ssize_t plain_write(struct conn *c, const void *p, size_t n, enum conn_io *ret)
{
	ssize_t r = send(c->fd, p, n, MSG_NOSIGNAL);

	if (r < 0)
		*ret = of_errno();
	return r;
}

/* Many clients end the connection without close_notify. We take that as the end it is: the
 * protocols know from their own text whether something is missing. */
static ssize_t tls_result(struct conn *c, int r, enum conn_io *ret)
{
	c->want_write = false;
	switch (SSL_get_error(c->ssl, r)) {
	case SSL_ERROR_WANT_WRITE: c->want_write = true; FALLTHROUGH;
	case SSL_ERROR_WANT_READ: *ret = CONN_WAIT; return -1;
	case SSL_ERROR_ZERO_RETURN: return 0;
	default: *ret = CONN_FAILED; return -1;
	}
}

static ssize_t tls_read(struct conn *c, void *p, size_t n, enum conn_io *ret)
{
	size_t got = 0;

	ERR_clear_error();
	int r = SSL_read_ex(c->ssl, p, n, &got);

	if (r == 1)
		return (ssize_t)got;
	return tls_result(c, r, ret);
}

static ssize_t tls_write(struct conn *c, const void *p, size_t n, enum conn_io *ret)
{
	size_t put = 0;

	if (n < c->retry_n)
		n = c->retry_n;
	ERR_clear_error();
	int r = SSL_write_ex(c->ssl, p, n, &put);

	c->retry_n = r == 1 ? 0 : n;
	if (r == 1)
		return (ssize_t)put;
	r = (int)tls_result(c, r, ret);
	if (r == 0)
		*ret = CONN_FAILED;
	return -1;
}

static const struct layer plain = {plain_read, plain_write};
static const struct layer tls = {tls_read, tls_write};

static const struct layer *layer_of(const struct conn *c)
{
	return c->ssl ? &tls : &plain;
}

/* COMPRESS. */

static ssize_t packed_read(struct conn *c, void *p, size_t n, enum conn_io *ret)
{
	struct conn_packed *k = c->packed;

	for (;;) {
		ssize_t got = deflate_unpack(k->deflate, &k->in, p, n);

		if (got < 0)
			*ret = CONN_FAILED;
		if (got || deflate_ended(k->deflate))
			return got;
		ssize_t raw = layer_of(c)->read(c, k->raw, sizeof(k->raw), ret);

		if (raw <= 0)
			return raw;
		k->in = str_of(k->raw, (size_t)raw);
	}
}

static bool pack(struct conn *c)
{
	struct conn_packed *k = c->packed;
	struct str unpacked = str_sub(str_from(buf_str(&c->out), c->out_at), 0, PACK_CHUNK);

	buf_release(&k->out);
	k->out_at = 0;
	if (!unpacked.n || !deflate_pack(k->deflate, unpacked, &k->out))
		return false;
	out_sent(c, unpacked.n);
	c->packed_unsent = k->out.n;
	return true;
}

bool conn_deflate_start(struct conn *c)
{
	struct str early = conn_in(c);

	assert(!c->packed && !conn_unsent(c));
	struct conn_packed *k = early.n <= RAW_CHUNK ? calloc(1, sizeof(*k)) : NULL;

	if (!k)
		return false;
	if (early.n)
		memcpy(k->raw, early.p, early.n);
	k->in = str_of(k->raw, early.n);
	conn_take(c, early.n);
	buf_init(&k->out, 2 * PACK_CHUNK); /* what can't be compressed grows by less */
	k->deflate = deflate_new();
	c->packed = k;
	return k->deflate != NULL;
}

static void packed_free(struct conn_packed *k)
{
	if (!k)
		return;
	deflate_free(k->deflate);
	buf_fini(&k->out);
	free(k);
}

/* In and out. */

static ssize_t read_some(struct conn *c, void *p, size_t n, enum conn_io *ret)
{
	return c->packed ? packed_read(c, p, n, ret) : layer_of(c)->read(c, p, n, ret);
}

enum conn_io conn_fill(struct conn *c)
{
	enum conn_io io = CONN_WAIT;
	bool some = false;

	if (c->failed)
		return CONN_FAILED;
	/* TLS keeps what it has deciphered: read until it has no more, or epoll never tells. */
	while (!c->eof) {
		size_t n = READ_CHUNK;
		char *p = in_reserve(c, &n);

		if (!p)
			return some ? CONN_DONE : CONN_FULL;
		ssize_t got = read_some(c, p, n, &io);

		if (got < 0)
			break;
		c->eof = got == 0;
		in_commit(c, (size_t)got);
		some = true;
		if (!c->ssl && !c->packed && (size_t)got < n)
			break; /* the socket is empty; epoll tells of more */
	}
	c->failed = io == CONN_FAILED;
	return some || c->eof ? CONN_DONE : io;
}

/* What goes out next; empty: nothing, or there is no room to compress it. */
static struct str next_out(struct conn *c)
{
	if (!c->packed)
		return str_from(buf_str(&c->out), c->out_at);
	if (!c->packed_unsent && !pack(c))
		return STR("");
	return str_from(buf_str(&c->packed->out), c->packed->out_at);
}

static void next_out_sent(struct conn *c, size_t n)
{
	c->wire_out += n;
	if (!c->packed) {
		out_sent(c, n);
		return;
	}
	c->packed->out_at += n;
	c->packed_unsent -= n;
}

enum conn_io conn_flush(struct conn *c, size_t max)
{
	enum conn_io io = CONN_DONE;

	if (c->failed)
		return CONN_FAILED;
	while (conn_unsent(c) && max) {
		struct str s = str_sub(next_out(c), 0, max);
		ssize_t put = s.n ? layer_of(c)->write(c, s.p, s.n, &io) : -1;

		if (!s.n)
			io = CONN_FAILED;
		if (put < 0)
			break;
		next_out_sent(c, (size_t)put);
		max -= (size_t)put < max ? (size_t)put : max;
	}
	c->failed = io == CONN_FAILED;
	return io;
}

unsigned conn_wants(const struct conn *c, unsigned wished)
{
	return c->ssl && c->want_write ? wished | LOOP_WRITE : wished;
}

/* TLS. */

void conn_tls_start(struct conn *c, struct ssl_st *ssl)
{
	assert(!c->ssl);
	c->ssl = ssl;
	if (c->fd >= 0)
		SSL_set_fd(ssl, c->fd);
}

static void copy_z(char *to, size_t n, const char *from, size_t len)
{
	if (!from || len >= n)
		len = 0;
	for (size_t i = 0; i < len; i++)
		to[i] = ch_lower(from[i]);
	to[len] = '\0';
}

static void tls_client_cert(struct conn_tls *t, SSL *ssl)
{
	X509 *cert = SSL_get1_peer_certificate(ssl);

	if (!cert)
		return;
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	if (n > 0)
		t->client_cert =
			EVP_Digest(der, (size_t)n, t->client_spki, NULL, EVP_sha256(), NULL);
	OPENSSL_free(der);
	X509_free(cert);
}

/* RFC 9266 §4.2: before TLS 1.3 only with the extended master secret. */
static void tls_bindings(struct conn_tls *t, SSL *ssl)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	bool tls13 = SSL_version(ssl) >= TLS1_3_VERSION;

	if (tls13 || SSL_get_extms_support(ssl) == 1)
		t->has_exporter =
			SSL_export_keying_material(ssl, t->exporter, sizeof(t->exporter), label,
						   sizeof(label) - 1, NULL, 0, 0) == 1;
	if (tls13)
		return;
	/* RFC 5929 §3.1: the first Finished message of the handshake; the client's in a full one,
	 * the server's when a session is resumed. */
	bool server = SSL_is_server(ssl), resumed = SSL_session_reused(ssl);
	size_t n = server == resumed ? SSL_get_finished(ssl, t->unique, sizeof(t->unique))
				     : SSL_get_peer_finished(ssl, t->unique, sizeof(t->unique));

	t->unique_n = n <= sizeof(t->unique) ? (unsigned char)n : 0;
}

static struct conn_tls *tls_facts(SSL *ssl)
{
	struct conn_tls *t = calloc(1, sizeof(*t));
	const char *cipher = SSL_get_cipher_name(ssl), *version = SSL_get_version(ssl);
	const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	const unsigned char *alpn;
	unsigned alpn_n;

	if (!t)
		return NULL;
	/* OpenSSL says "TLSv1.3"; mail headers and logs say "TLS1.3". */
	snprintf(t->version, sizeof(t->version), "TLS%s",
		 strncmp(version, "TLSv", 4) == 0 ? version + 4 : "");
	if (strcmp(t->version, "TLS1") == 0)
		memcpy(t->version, "TLS1.0", sizeof("TLS1.0"));
	snprintf(t->cipher, sizeof(t->cipher), "%s", cipher);
	copy_z(t->sni, sizeof(t->sni), sni, sni ? strlen(sni) : 0);
	SSL_get0_alpn_selected(ssl, &alpn, &alpn_n);
	copy_z(t->alpn, sizeof(t->alpn), (const char *)alpn, alpn_n);
	t->resumed = SSL_session_reused(ssl) == 1;
	tls_client_cert(t, ssl);
	tls_bindings(t, ssl);
	return t;
}

enum conn_io conn_handshake(struct conn *c)
{
	enum conn_io io = CONN_FAILED;

	ERR_clear_error();
	errno = 0;
	int r = SSL_do_handshake(c->ssl);

	if (r == 1) {
		c->want_write = false;
		c->tls = tls_facts(c->ssl);
		return c->tls ? CONN_DONE : CONN_FAILED;
	}
	if (tls_result(c, r, &io) == 0)
		io = CONN_FAILED;
	c->failed = io == CONN_FAILED;
	return io;
}

struct str conn_tls_reason(char *to, size_t n)
{
	unsigned long e = ERR_peek_error();

	if (e)
		ERR_error_string_n(e, to, n);
	else
		snprintf(to, n, "%s", errno ? strerrordesc_np(errno) : "the peer closed");
	return str_z(to);
}

/* Begin and end. */

void conn_init(struct conn *c, int fd, size_t in_max)
{
	*c = (struct conn){.fd = fd};
	buf_init(&c->in, in_max ? in_max : CONN_IN_MAX);
	buf_init(&c->out, CONN_OUT_MAX);
}

void conn_fini(struct conn *c)
{
	SSL_free(c->ssl);
	free(c->tls);
	packed_free(c->packed);
	buf_fini(&c->in);
	buf_fini(&c->out);
	if (c->fd >= 0)
		close(c->fd);
	*c = (struct conn){.fd = -1};
}

void conn_shutdown(struct conn *c)
{
	if (c->ssl && !c->failed) {
		ERR_clear_error();
		SSL_shutdown(c->ssl);
	}
	if (c->fd >= 0)
		shutdown(c->fd, SHUT_WR);
}

enum conn_io conn_discard(struct conn *c)
{
	char b[4096];
	size_t total = 0;
	ssize_t n;

	while ((n = recv(c->fd, b, sizeof(b), MSG_DONTWAIT)) > 0) {
		total += (size_t)n;
		if (total > DISCARD_MAX)
			return CONN_FULL;
	}
	return n < 0 ? of_errno() : CONN_DONE;
}
