/* smtpd: the server side of SMTP: reception from strangers (port 25) and submission by users (465,
 * 587). RFC 5321, RFC 6409, RFC 8314; the extensions that cmd_hello.c announces.
 *
 * A session is a pure function of bytes, reasons (os/session.h) and what it asks of its
 * surroundings, all of which is on this page: struct smtpd_env. The role wires it to configuration
 * snapshots and other roles, tests give it fakes.
 *
 * What takes time is asked and answered, from any thread, while the session is parked: a password
 * and a delivery with a struct smtpd_call, names of the DNS with a struct smtpd_lookup.
 * Input: all of it a stranger's; limits in smtp/limit.h and struct smtpd_settings.
 */
#ifndef MOX_SMTPD_SMTPD_H
#define MOX_SMTPD_SMTPD_H

#include "base/rand.h"
#include "dns/resolver.h"
#include "os/file.h"
#include "os/question.h"
#include "smtp/data.h"
#include "smtp/receivedid.h"
#include "smtp/syntax.h"

struct verify;

/* What the configuration says about a recipient. */
enum smtpd_rcpt_verdict {
	SMTPD_RCPT_LOCAL,    /* an account's; *_answer.account is set */
	SMTPD_RCPT_UNKNOWN,  /* one of our domains, but no such user */
	SMTPD_RCPT_FOREIGN,  /* no domain of ours */
	SMTPD_RCPT_OUTGOING, /* no domain of ours, and a submitted message may go there */
	SMTPD_RCPT_DISABLED, /* a domain of ours that takes nothing for now */
};

struct smtpd_rcpt_answer {
	enum smtpd_rcpt_verdict verdict;
	struct str account; /* in the arena given */
	struct str mailbox; /* where it goes in that account; empty: Inbox */
};

struct smtpd_rcpt {
	struct smtpd_rcpt *next;
	struct smtp_path to;
	struct smtpd_rcpt_answer answer;
	enum err_code result; /* ERR_NONE once it is delivered */
};

/* What is known of the peer and the session; borrowed by messages and questions. */
struct smtpd_peer {
	struct addr remote, local;
	const struct conn_tls *tls; /* NULL: plain */
	bool ehlo;                  /* rather than HELO */
	struct smtp_host hello;
	struct str hello_text; /* as written */
	struct str account;    /* who has logged in; empty: nobody */
	struct str login;      /* with which name */
};

/* A finished transaction. All of it is borrowed during smtpd_env.deliver only. */
struct smtpd_message {
	const struct smtpd_settings *settings;
	const struct smtpd_peer *peer;
	struct smtp_path from;
	struct smtpd_rcpt *rcpts; /* list; also the unknown ones among others that are known */
	unsigned rcpt_count;
	bool smtputf8, requiretls;
	enum smtp_body body;
	struct smtp_data_facts data;
	int64_t received; /* wall clock, seconds */
	uint64_t cid;
	struct str id; /* opaque, of the connection */
	struct str bytes;
	int fd; /* of a large one: a file without a name that has the bytes; else -1 */
	unsigned char sha256[32];
	/* Fields the server adds to a submitted message that lacks them (Message-Id, Date); they
	 * come before the message, behind the trace fields. */
	struct str added;
	/* Who sent it: the fields that say so, and all that is known; NULL where it was not
	 * looked up. */
	struct str results;
	const struct verify *verify;
};

/* Who may be wrong: the question's answer. Fill it, then smtpd_call_done. */
struct smtpd_answer {
	/* login: ERR_NONE, AUTH, AUTH_TEMP, LOGIN_DISABLED, RATE_LIMIT... and the account.
	 * deliver: ERR_NONE and a result each, or why nothing at all was done. */
	enum err_code code;
	char account[64];
	/* In the order of the recipients; behind result_count: as `code`. */
	enum err_code *results; /* malloc'ed; taken over */
	unsigned result_count;
	bool slow;        /* the peer is to be served slowly from now on */
	int64_t delay_ns; /* before the reply, e.g. for a first-time sender */
};

struct smtpd_call {
	struct question question;
	struct smtpd_answer answer;
};

struct smtpd_lookup;

/* A submitted message that is to be signed; all of it borrowed. */
struct smtpd_signing {
	struct str domain;       /* of From: who signs; A-labels */
	struct str identity;     /* the address in From */
	struct str header, body; /* the header section with what the server adds to it */
	uint64_t now;            /* wall clock, seconds */
};

struct smtpd_env {
	void *arg;
	struct rand_src *rand;
	const struct receivedid *id;
	/* Where spool files are made. */
	struct fs *fs;
	int tmp_dirfd;

	/* A snapshot of the configuration, kept for as long as the session; NULL where `arg` is
	 * all there is. */
	void *(*config_ref)(void *arg);
	void (*config_unref)(void *arg, void *config);

	/* Whether we crashed while we handled this peer: no message of its is looked at for a
	 * while. May be NULL. */
	bool (*suspect)(void *arg, const struct smtpd_peer *peer);

	/* What becomes of a recipient. Strings of the answer go into the arena. */
	struct smtpd_rcpt_answer (*rcpt)(void *arg, void *config, const struct smtpd_peer *peer,
					 const struct smtp_path *to, struct arena *a);
	/* Whether the account may send with this address, in MAIL FROM or a From field. */
	bool (*sender)(void *arg, void *config, struct str account, const struct smtp_path *from);
	/* Asks the DNS n questions, borrowed during the call. Each gets one answer, with
	 * smtpd_lookup_answer, by the deadline (monotonic ns) at the latest. May be NULL: then
	 * every look-up fails. */
	void (*lookup)(void *arg, struct smtpd_lookup *l, const struct dns_question *q, size_t n,
		       int64_t deadline);
	/* Adds the DKIM-Signature fields that the domain wants to the empty ret, none if it wants
	 * none; with an error those that could be made. May block on another role. May be NULL. */
	struct err (*sign)(void *arg, void *config, const struct smtpd_signing *what,
			   struct buf *ret);
	/* Checks a password; answers with smtpd_call_done, now or later. user and password are
	 * borrowed during the call. */
	void (*login)(void *arg, void *config, struct smtpd_call *call,
		      const struct smtpd_peer *peer, struct str user, struct str password);
	/* Delivers; answers likewise, only after what it reports as delivered survives a power
	 * cut. */
	void (*deliver)(void *arg, void *config, struct smtpd_call *call,
			const struct smtpd_message *m);
};

/* Of a listener. */
struct smtpd_settings {
	struct str hostname; /* ASCII */
	uint64_t max_size;
	bool submission;
	bool pedantic;
	bool localserve;
	bool verify;      /* mail from strangers: who sends it is looked up */
	int64_t dns_ns;   /* for all of a look-up together */
	bool require_tls; /* for mail (port 25), for authentication (submission) */
	bool requiretls;  /* RFC 8689 is offered */
	bool bounces;     /* deliver() tells the sender about unknown recipients among known ones */
	unsigned max_rcpt;
};

enum {
	SMTPD_MAX_SIZE_DEFAULT = 100 * 1024 * 1024,
	SMTPD_MAX_RCPT = 1000,
};

/* What is asked of the DNS together may take so long; in localserve nobody likes to wait. */
#define SMTPD_DNS_TIMEOUT       (60 * NS_PER_S)
#define SMTPD_DNS_TIMEOUT_LOCAL (2 * NS_PER_S)

struct smtpd_service {
	struct session_service base; /* ops: smtpd_ops or smtpd_submission_ops */
	struct smtpd_settings settings;
	const struct smtpd_env *env;
};

/* The same but for the name in logs and metrics. */
extern const struct session_ops smtpd_ops;
extern const struct session_ops smtpd_submission_ops;

/* Exactly once for each question; from any thread, also while login() or deliver() still runs. The
 * session may have gone meanwhile. */
static inline void smtpd_call_done(struct smtpd_call *call)
{
	question_answered(&call->question);
}

/* The answer to question index of a look-up, copied: from any thread, also while lookup() still
 * runs. After the last one l is gone. */
void smtpd_lookup_answer(struct smtpd_lookup *l, size_t index, const struct dns_answer *answer);

/* The fields that come before the message as received for one recipient: Delivered-To, Return-Path,
 * Received, then m->added. RFC 5321 §4.4. */
void smtpd_prefix(struct buf *b, const struct smtpd_message *m, const struct smtpd_rcpt *rcpt);

#endif
