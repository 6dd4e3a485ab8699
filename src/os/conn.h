/* conn: a connection to a peer: socket, TLS, buffers, deadlines' raw material.
 *
 * Everything is non-blocking. The session driver (os/session) moves bytes between the socket and
 * two buffers; a protocol sees only these: it looks at conn_in, takes what it has dealt with by
 * conn_take, and appends its answers to conn_out. So a protocol is a pure function of bytes and
 * runs the same over TCP, TLS and memory.
 *
 * Memory: buffers are given back while empty, TLS keeps none while it waits: an idle TLS connection
 * costs under 20 KiB, one with COMPRESS 80 more.
 * Threads: one at a time (the task that owns it).
 */
#ifndef MOX_OS_CONN_H
#define MOX_OS_CONN_H

#include "base/buf.h"
#include "base/err.h"
#include "os/addr.h"

enum {
	/* Past this much unsent a protocol that could go on for long returns session_drain(). */
	CONN_OUT_HIGH = 64 * 1024,
	/* It is called again when no more than this is unsent. */
	CONN_OUT_LOW = 16 * 1024,
	/* What one answer may add at most; past it the connection is closed. */
	CONN_OUT_MAX = 4 * 1024 * 1024,
	CONN_IN_MAX = 64 * 1024, /* default for how much is read ahead */
};

/* What is known of a connection's TLS; filled when the handshake is done. */
struct conn_tls {
	char version[8];  /* "TLS1.3", "TLS1.2": as in Received comments */
	char cipher[40];  /* "TLS_AES_128_GCM_SHA256" */
	char sni[256];    /* the name the client asked for, lower case; "" without */
	char alpn[32];    /* the protocol agreed on; "" without */
	bool client_cert; /* a certificate came and its key was proven; spki is set */
	bool resumed;
	unsigned char client_spki[32]; /* SHA-256 of the SubjectPublicKeyInfo */
	/* RFC 9266 tls-exporter. Not usable (false) under TLS 1.2 without extended master secret.
	 */
	bool has_exporter;
	unsigned char exporter[32];
	/* RFC 5929 §3 tls-unique; 0 bytes with TLS 1.3, where it is not defined. */
	unsigned char unique[64];
	unsigned char unique_n;
};

struct conn {
	struct buf out; /* what the peer is to get; append through conn_out */
	bool slow;      /* slow mode, see conn_set_slow */
	bool eof;       /* the peer will send nothing more */
	bool failed;    /* the socket or TLS failed: nothing can be sent */
	int fd;         /* -1: memory only */
	struct addr peer, local;
	struct conn_tls *tls;         /* NULL: plain */
	uint64_t bytes_in, bytes_out; /* as seen by the protocol */

	/* private */
	struct buf in;
	size_t in_at, out_at; /* bytes at the front that are taken, sent */
	struct ssl_st *ssl;
	size_t retry_n;  /* what TLS has begun to write: to be offered again, no less */
	bool want_write; /* TLS can't read, or shake hands, before the socket takes bytes */
	struct conn_packed *packed; /* COMPRESS is on */
	size_t packed_unsent;       /* bytes that are compressed and not sent */
	uint64_t wire_out;          /* bytes that went to the layer below the buffers */
};

/* Input that waits, oldest first; valid until the next conn_take. */
struct str conn_in(const struct conn *c);
/* The first n bytes of conn_in are dealt with. Constant time. */
void conn_take(struct conn *c, size_t n);
/* Where answers go. */
static inline struct buf *conn_out(struct conn *c)
{
	return &c->out;
}
/* How much of it is not sent yet. */
static inline size_t conn_unsent(const struct conn *c)
{
	return c->out.n - c->out_at + c->packed_unsent;
}
/* Whether a protocol that could add more should return session_drain() first. */
static inline bool conn_out_full(const struct conn *c)
{
	return conn_unsent(c) > CONN_OUT_HIGH;
}
/* The peer has ended its side and all it sent is dealt with. */
static inline bool conn_at_end(const struct conn *c)
{
	return c->eof && c->in.n == c->in_at;
}

/* Slow mode, for peers that behave badly: 1 s before each read, one byte a second out (the rest at
 * once when the write deadline nears). The driver does it; a protocol only switches. */
static inline void conn_set_slow(struct conn *c, bool slow)
{
	c->slow = slow;
}

/* What follows is for those that drive a conn: os/session, os/session_mem, clients in tests. */

enum conn_io {
	CONN_DONE,   /* fill: new bytes or eof; flush: all is sent; handshake: TLS is up */
	CONN_WAIT,   /* nothing more without the socket; conn_wants says what */
	CONN_FULL,   /* fill: no room */
	CONN_FAILED, /* c->failed is set, errno or the TLS library's reason logged by the caller */
};

/* fd is non-blocking and becomes the conn's; -1: memory only. */
void conn_init(struct conn *c, int fd, size_t in_max);
/* Closes and frees; what is unsent is lost. */
void conn_fini(struct conn *c);

/* Reads what there is, up to the buffer's room. */
enum conn_io conn_fill(struct conn *c);
/* Sends up to max bytes of what is unsent. */
enum conn_io conn_flush(struct conn *c, size_t max);
/* LOOP_READ or LOOP_WRITE: what the last call that said CONN_WAIT waits for. */
unsigned conn_wants(const struct conn *c, unsigned wished);

/* Makes the conn a TLS one, as the server side of a connection; it takes over ssl. */
void conn_tls_start(struct conn *c, struct ssl_st *ssl);
/* The next piece of the handshake. When done conn.tls is set. */
enum conn_io conn_handshake(struct conn *c);
/* The TLS library's reason of the last failure on this thread, for the log. */
struct str conn_tls_reason(char *to, size_t n);
/* From here on both directions are compressed (RFC 4978 §3), what is in conn_in already too.
 * Nothing may be unsent. False without memory, or if more than 4 KiB came already. */
bool conn_deflate_start(struct conn *c) NODISCARD;
/* Says that nothing more will come from us: TLS close_notify, FIN. */
void conn_shutdown(struct conn *c);
/* Reads and drops what comes. DONE: the peer has ended; FULL: it sent more than we drop. */
enum conn_io conn_discard(struct conn *c);
/* Gives back the memory of empty buffers: before waiting. */
void conn_release(struct conn *c);

/* For memory: as if n bytes had come; at most conn_room. */
void conn_feed(struct conn *c, const void *p, size_t n);
size_t conn_room(const struct conn *c);

#endif
