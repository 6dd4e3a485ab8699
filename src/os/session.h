/* session: drives a protocol's server side, which is pure: bytes and reasons in, bytes and a
 * verdict out. SMTP, IMAP (and what else speaks in commands) are written against this page.
 *
 * The driver accepts, checks connection limits, reads a PROXY header, does the TLS handshake, and
 * then calls `step` with a reason. A step consumes from conn_in(), appends to conn_out(), and
 * returns what must happen before the next step. The driver sends, receives, waits; it never calls
 * two steps of a session at once, and a session that waits holds no thread.
 *
 *	struct smtpd_session {
 *		struct session base;		first member
 *		...
 *	};
 *
 *	static struct session_next smtpd_step(struct session *s, enum session_why why)
 *	{
 *		while (a whole line is in conn_in(&s->conn)) {
 *			handle it, conn_take() it, answer to conn_out(&s->conn)
 *			if (conn_out_full(&s->conn))
 *				return session_drain();
 *		}
 *		return session_input();
 *	}
 *
 * A step that has more to do than what it was called for simply does it: `why` is the occasion, not
 * an order. Input that came earlier is still in conn_in whatever the reason is, and SESSION_INPUT
 * comes only for new bytes: before it returns session_input() or session_wait_input() a step deals
 * with all that is there.
 *
 * In tests and fuzzers os/session_mem.h drives the same ops over memory.
 */
#ifndef MOX_OS_SESSION_H
#define MOX_OS_SESSION_H

#include "base/log.h"
#include "os/clock.h"
#include "os/conn.h"
#include "os/loop.h"

struct crashnote_page;
struct metrics;
struct listener;
struct session;
struct tls_server;

/* Why a step is called. */
enum session_why {
	SESSION_START,   /* first call, TLS (if implicit) is up: greet */
	SESSION_INPUT,   /* more in conn_in, or conn.eof (conn_at_end: the peer has left) */
	SESSION_TIMEOUT, /* the verdict's deadline has passed: say so and close, or go on */
	SESSION_DELAYED, /* session_delay is over */
	SESSION_WOKEN,   /* session_wake was called while session_wait waits */
	SESSION_DRAINED, /* session_drain: no more than CONN_OUT_LOW is unsent */
	SESSION_AGAIN,   /* session_again: others had their turn */
	SESSION_TLS,     /* session_starttls: conn.tls is set now; nothing was kept of before */
	/* The server stops: say goodbye and close. Comes once, as soon as no other step runs, in
	 * place of what was waited for; a step that must first finish something (an answer from
	 * another role) returns session_wait and closes after it: s->stopping stays true. */
	SESSION_SHUTDOWN,
	SESSION_DEFLATE, /* session_deflate: both sides compress now */
};

enum session_verb {
	SESSION_DO_INPUT,
	SESSION_DO_DELAY,
	SESSION_DO_WAIT,
	SESSION_DO_WAIT_INPUT,
	SESSION_DO_DRAIN,
	SESSION_DO_AGAIN,
	SESSION_DO_STARTTLS,
	SESSION_DO_DEFLATE,
	SESSION_DO_CLOSE,
	SESSION_DO_ABORT,
};

/* What is to happen with bytes that came behind the STARTTLS command in plain text; they are never
 * taken as commands (CVE-2011-0411, RFC 3207 §4.2, RFC 9051 §6.2.1). */
enum session_behind { SESSION_BEHIND_FAIL, SESSION_BEHIND_DROP };

struct session_next {
	enum session_verb verb;
	int64_t until; /* deadline on the monotonic clock, ns; 0: now + the session's timeout */
	enum session_behind behind;
};

/* What was in conn_in can't be dealt with before more comes. What is in conn_out is sent. Until
 * read_timeout from now (every piece that comes begins it anew). */
static inline struct session_next session_input(void)
{
	return (struct session_next){.verb = SESSION_DO_INPUT};
}
/* The same with a deadline of its own, e.g. the 30 minutes for a whole DATA. */
static inline struct session_next session_input_until(int64_t until)
{
	return (struct session_next){.verb = SESSION_DO_INPUT, .until = until};
}
/* Sends conn_out, then nothing until the time given; input waits meanwhile. */
static inline struct session_next session_delay(int64_t until)
{
	return (struct session_next){.verb = SESSION_DO_DELAY, .until = until};
}
/* Sends conn_out and waits for session_wake (an answer from another role); input waits. A wake that
 * came during the step is not lost; one may be left from an earlier occasion, so look whether the
 * answer is there. Past the deadline (must be set): SESSION_TIMEOUT. */
static inline struct session_next session_wait(int64_t until)
{
	return (struct session_next){.verb = SESSION_DO_WAIT, .until = until};
}
/* For IDLE: a wake, or input, or the deadline (0: now + read_timeout). */
static inline struct session_next session_wait_input(int64_t until)
{
	return (struct session_next){.verb = SESSION_DO_WAIT_INPUT, .until = until};
}
/* For answers without bound: once conn_out_full, go on when the peer has read most of it. */
static inline struct session_next session_drain(void)
{
	return (struct session_next){.verb = SESSION_DO_DRAIN};
}
/* Call again after other sessions had their turn: for long work in slices. */
static inline struct session_next session_again(void)
{
	return (struct session_next){.verb = SESSION_DO_AGAIN};
}
/* Sends conn_out, then does the TLS handshake (within 1 minute) and calls with SESSION_TLS. Legal
 * if session_can_starttls. */
static inline struct session_next session_starttls(enum session_behind behind)
{
	return (struct session_next){.verb = SESSION_DO_STARTTLS, .behind = behind};
}
/* Sends conn_out, then has everything compressed, in both directions, and calls with
 * SESSION_DEFLATE (RFC 4978). Bytes behind the command end the session. Legal if
 * session_can_deflate. */
static inline struct session_next session_deflate(void)
{
	return (struct session_next){.verb = SESSION_DO_DEFLATE};
}
/* Sends conn_out (within write_timeout) and closes. */
static inline struct session_next session_close(void)
{
	return (struct session_next){.verb = SESSION_DO_CLOSE};
}
/* Closes without sending. */
static inline struct session_next session_abort(void)
{
	return (struct session_next){.verb = SESSION_DO_ABORT};
}

struct session_ops {
	const char *name;   /* "smtp", "submission", "imap": for logs and metrics */
	size_t size;        /* of the protocol's struct, which begins with struct session; zeroed */
	size_t in_max;      /* the most conn_in holds; 0: CONN_IN_MAX. session_input() with conn_in
			       full is a bug of the protocol: the driver closes */
	struct str refusal; /* sent in plain when a connection limit refuses the peer */
	struct session_next (*step)(struct session *s, enum session_why why);
	/* Frees what the protocol holds, not s itself; no session_wake may come after it returns.
	 * Called once, after the last step; not if there was none. */
	void (*free)(struct session *s);
};

/* What listeners offer: made by the role, unchanging, outlives its sessions. A protocol embeds it
 * in a struct with its own settings. */
struct session_service {
	const struct session_ops *ops;
	struct tls_server *tls; /* NULL: neither implicit TLS nor STARTTLS */
	bool implicit_tls;
	struct crashnote_page *notes; /* where a worker notes whom it handles; NULL: nowhere */
	struct metrics *metrics;      /* where sessions are counted; NULL: nowhere */
};

/* Defaults, seconds. */
enum {
	SESSION_READ_TIMEOUT_S = 30,
	SESSION_WRITE_TIMEOUT_S = 30,
	SESSION_TLS_TIMEOUT_S = 60,
};

struct session {
	struct task task; /* the driver's */
	struct conn conn;
	const struct session_service *service;
	struct clock *clock;
	uint64_t cid;       /* the connection's id: unique in this role's life; hex in logs */
	struct log_ctx log; /* with pkg = ops->name, cid and peer; log through this */
	bool stopping;
	bool deflated; /* session_deflate took place */
	/* ns; the driver sets the defaults above, the protocol changes them (after login). A peer
	 * that takes no byte for write_timeout is dropped, without a step. */
	int64_t read_timeout, write_timeout;

	char peer_text[ADDR_TEXT_MAX];

	/* private to the driver */
	struct listener *listener;
	struct session_next next;
	int64_t until;       /* of what is waited for: a verdict, a handshake, the peer's end */
	int64_t write_until; /* 0: nothing is unsent */
	int64_t slow_read, slow_write; /* slow mode: not before */
	unsigned char phase;
	bool woken, stop_owed, eof_told, started, counted, gave_way;
	const char *reason; /* why it ends, for the closing log line */
	int64_t began;
	_Atomic bool mem_woken;
};

/* Wakes a session in session_wait or session_wait_input: from any thread, until ops->free. */
void session_wake(struct session *s);

/* From a step: work of this session counts for this key (hash of the account) from now on, and no
 * longer for the peer's IP class; see os/loop.h. */
void session_set_key(struct session *s, uint64_t key);

static inline bool session_can_starttls(const struct session *s)
{
	return s->service->tls && !s->conn.tls;
}

static inline bool session_can_deflate(const struct session *s)
{
	return !s->deflated;
}

#endif
