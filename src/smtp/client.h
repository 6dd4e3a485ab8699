/* client: the client's side of SMTP, from greeting to QUIT, as a pure function of bytes: it reads
 * conn_in, writes conn_out, and says what must happen next. Who drives it owns the socket, TLS and
 * the clock (RFC 5321 §4.5.3.2). RFC 5321, with PIPELINING, SIZE, 8BITMIME, SMTPUTF8, STARTTLS,
 * REQUIRETLS and AUTH PLAIN where the server has them.
 *
 *	smtp_client_init, then smtp_client_step whenever bytes came or went
 *	READY: smtp_client_send with a message, or smtp_client_quit
 *	SENT: results of each recipient are there; READY again
 *
 * Input: a server's, a stranger; limits in smtp/response.h.
 * Memory: results in the client's arena until the next smtp_client_send.
 * Not handled: BDAT, DSN, mechanisms other than PLAIN, who to connect to and what certificate to
 * believe.
 */
#ifndef MOX_SMTP_CLIENT_H
#define MOX_SMTP_CLIENT_H

#include "os/conn.h"
#include "smtp/path.h"
#include "smtp/response.h"
#include "smtp/stuff.h"

enum smtp_client_starttls {
	SMTP_STARTTLS_NEVER, /* or TLS is there already */
	SMTP_STARTTLS_IF_OFFERED,
	SMTP_STARTTLS_REQUIRED,
};

struct smtp_client_opts {
	struct str hello; /* our name for EHLO, ASCII or an address literal */
	enum smtp_client_starttls starttls;
	/* With a user name it logs in; never without TLS unless plain_auth. */
	struct str username, password;
	bool plain_auth;
	const struct log_ctx *log; /* for the transcript; NULL: none */
};

enum smtp_client_verdict {
	SMTP_CLIENT_INPUT,    /* send conn_out, call again when more came */
	SMTP_CLIENT_DRAIN,    /* send conn_out, call again when it is mostly gone */
	SMTP_CLIENT_STARTTLS, /* do the handshake, then call again with conn.tls set */
	SMTP_CLIENT_READY,    /* for a message, or to quit */
	SMTP_CLIENT_SENT,     /* the transaction is over: read the results */
	SMTP_CLIENT_FAILED,   /* `failure` says why: close. It is the result too of all recipients
			       * of a message that was being sent, but for those refused before */
	SMTP_CLIENT_BYE,      /* QUIT was answered: close */
};

/* What a server (or we, code 0) said against something. */
struct smtp_client_result {
	unsigned code;       /* 0: nothing was said */
	struct str enhanced; /* "5.1.1"; empty: none */
	struct str text;
	bool temporary; /* later it may succeed */
	bool ok;
};

struct smtp_client_message {
	struct smtp_path from;
	const struct smtp_path *to;
	unsigned to_n;
	uint64_t size;
	bool eight_bit;  /* announced as 8BITMIME, where the server knows it */
	bool smtputf8;   /* can't be sent without */
	bool requiretls; /* can't be sent without */
	/* Reads the bytes at the offset, all n of them; on failure the connection is given up
	 * before the message's end. */
	struct err (*read)(void *arg, uint64_t offset, void *to, size_t n);
	void *arg;
};

struct smtp_client {
	struct smtp_client_opts opts;
	struct conn *conn;
	struct smtp_offer offer;
	const char *failed_at; /* the command: "EHLO" */
	struct smtp_client_result failure;
	/* Of the last message. */
	struct smtp_client_result *results; /* [to_n] */

	/* private */
	unsigned phase;
	struct smtp_response response;
	struct buf auth_mechs; /* what offer.auth borrows from */
	struct arena mem;
	struct smtp_client_message message;
	struct smtp_stuff stuff;
	uint64_t sent;         /* octets of the message */
	unsigned asked, heard; /* commands of the transaction: MAIL, RCPT..., DATA */
	unsigned accepted;
	bool transaction; /* RSET first, if one more is to come */
	bool sending;     /* between smtp_client_send and SENT */
};

/* opts and conn outlive the client. */
void smtp_client_init(struct smtp_client *c, const struct smtp_client_opts *opts,
		      struct conn *conn);
void smtp_client_fini(struct smtp_client *c);
enum smtp_client_verdict smtp_client_step(struct smtp_client *c);
/* In READY: begins a transaction; m's memory lives until SENT or FAILED. What the server can't take
 * (SIZE, SMTPUTF8, REQUIRETLS) is told by the results without asking it. */
enum smtp_client_verdict smtp_client_send(struct smtp_client *c,
					  const struct smtp_client_message *m);
enum smtp_client_verdict smtp_client_quit(struct smtp_client *c);

#endif
