/* session: what the files of smtpd share: the session's state, and the table of commands.
 *
 * A command is a row: in which states it is legal, `check` (state, policy: may it be done? without
 * any effect) and `run` (the effect, and the reply).
 * A session waits by naming what comes then: smtpd_park_delay, smtpd_park_call.
 */
#ifndef MOX_SMTPD_SESSION_H
#define MOX_SMTPD_SESSION_H

#include "os/spool.h"
#include "sasl/sasl.h"
#include "smtp/limit.h"
#include "smtp/reply.h"
#include "smtpd/lookup.h"
#include "smtpd/smtpd.h"
#include "smtpd/verified.h"
#include "verify/sender.h"
#include "verify/verify.h"

/* Bits, so that a command's legal states are a set. */
enum smtpd_state {
	SMTPD_NEW = 1,   /* greeted, or behind STARTTLS: nothing is known of the peer */
	SMTPD_HELLO = 2, /* no transaction */
	SMTPD_MAIL = 4,  /* a reverse-path */
	SMTPD_RCPT = 8,  /* and at least one recipient */
	SMTPD_BDAT = 16, /* and at least one chunk */
	SMTPD_ANY = 31,
};

/* What the next bytes are. */
enum smtpd_mode {
	SMTPD_COMMANDS,
	SMTPD_AUTH_RESPONSE,
	SMTPD_DATA_OCTETS,
	SMTPD_CHUNK_OCTETS,
};

/* A mail transaction, RFC 5321 §3.3; empty between two. */
struct smtpd_transaction {
	struct arena mem;
	struct smtp_path from;
	struct smtpd_rcpt *rcpts, **rcpts_end;
	unsigned rcpt_count, unknown_count; /* those unknown are counted in both */
	bool smtputf8, requiretls;
	enum smtp_body body;
	int64_t until; /* monotonic: when DATA or BDAT must have ended; 0: not begun */
	struct smtp_data data;
	struct spool spool;
	struct str bytes;  /* of the whole message, in the spool */
	struct str header; /* its header section */
	unsigned char sha256[32];
	enum err_code
		spool_failed; /* why the message can't be kept; the rest is read and dropped */
	uint64_t chunk_left;  /* octets of the chunk that are still to come */
	bool chunk_last;
	struct smtp_reply
		chunk_refusal;   /* code other than 0: the chunk is dropped, then this is said */
	struct str added;        /* fields for a submitted message */
	struct smtp_path author; /* of it: the first address in From */

	/* What is known of the sender: in the session's `dns.mem`. */
	struct spf_result spf;             /* once a second recipient was asked for */
	struct verify *verify;             /* behind the message; NULL: not verified */
	struct str results;                /* fields that say what was found */
	void (*verified)(struct smtpd *s); /* what comes then */
	int64_t verify_at,
		sender_known_at;  /* monotonic: when it began; when DMARC alone was left */
	struct smtp_path pending; /* a recipient that waits for SPF */
};

struct smtpd {
	struct session base;
	const struct smtpd_service *service;
	const struct smtpd_settings *settings;
	const struct smtpd_env *env;
	void *config;
	char id_text[RECEIVEDID_TEXT];
	struct str id;

	enum smtpd_state state;
	enum smtpd_mode mode;
	bool ehlo;
	struct arena hello_mem; /* what EHLO said */
	struct arena login_mem; /* who has logged in */
	struct smtpd_peer peer;
	uint64_t commands;
	enum smtp_verb verb; /* of the last command */
	int64_t command_at;  /* when it came */
	unsigned bad_transactions, good_transactions;
	unsigned auth_failures;
	struct sasl_server sasl;
	struct smtpd_transaction t;
	struct smtpd_dns dns; /* of the transaction, or of HELO before it */
	enum sender_result sender;

	/* Waiting: the verdict of this step, and what comes then. */
	bool parked;
	struct session_next next;
	void (*then)(struct smtpd *s);
	struct smtpd_call *call; /* asked and not yet answered, or answered and being dealt with */
	struct smtp_reply delayed; /* of a special address (special.h) */
};

struct smtpd_command {
	enum smtp_verb verb;
	unsigned states; /* set of enum smtpd_state in which it is legal */
	/* A reply of code 0 when it may be done, else the refusal. NULL: it may. */
	struct smtp_reply (*check)(struct smtpd *s, const struct smtp_cmd *cmd);
	void (*run)(struct smtpd *s, const struct smtp_cmd *cmd);
	const char *rfc;
};

/* One file a command (cmd_simple.c has those of a line or two). */
extern const struct smtpd_command smtpd_cmd_helo, smtpd_cmd_ehlo, smtpd_cmd_mail, smtpd_cmd_rcpt,
	smtpd_cmd_data, smtpd_cmd_bdat, smtpd_cmd_rset, smtpd_cmd_noop, smtpd_cmd_quit,
	smtpd_cmd_vrfy, smtpd_cmd_expn, smtpd_cmd_help, smtpd_cmd_starttls, smtpd_cmd_auth;

#define SMTPD_ALLOWED ((struct smtp_reply){0})

/* Answers. An error reply ends with the connection's opaque id. */
void smtpd_reply(struct smtpd *s, const struct smtp_reply *r);
void smtpd_reply_code(struct smtpd *s, enum smtp_reply_code code);
void smtpd_reply_err(struct smtpd *s, enum err_code code);
/* The last thing said. */
void smtpd_reply_close(struct smtpd *s, enum smtp_reply_code code);

/* Ends this step; `then` is called when it is time. */
void smtpd_park(struct smtpd *s, struct session_next next);
void smtpd_park_delay(struct smtpd *s, int64_t ns, void (*then)(struct smtpd *s));
/* A question is about to be asked: `then` finds it answered in s->call, or (past ns) gone, with
 * TIMEOUT as its code. RESOURCES: there is no memory for it, *ret_call is NULL. */
struct smtpd_call *smtpd_park_call(struct smtpd *s, int64_t ns, void (*then)(struct smtpd *s));
/* For `then`: the answer's code and more; the call is over with the next smtpd_call_end. */
void smtpd_call_end(struct smtpd *s);

/* The transaction is over, whatever became of it. */
void smtpd_transaction_reset(struct smtpd *s);
/* As after the greeting (RFC 3207 §4.2); a login stays. */
void smtpd_forget_peer(struct smtpd *s);

/* The modes' input: takes what it can from conn_in; false if it needs more. */
bool smtpd_auth_input(struct smtpd *s);
bool smtpd_data_input(struct smtpd *s);
bool smtpd_chunk_input(struct smtpd *s);
/* A BDAT that may not be: its octets are read and dropped, then the refusal is said. */
void smtpd_chunk_refuse(struct smtpd *s, const struct smtp_cmd *cmd, const struct smtp_reply *r);
/* A line with its CRLF of at most max octets, which the caller takes (line.n + 2); false if there
 * is none yet. Longer lines and bare LF are answered here, and parked for closing. */
bool smtpd_line(struct smtpd *s, size_t max, struct str *ret_line);

/* A message begins, by DATA or the first BDAT; more of it; it is complete: judge it, deliver it,
 * reply. message.c */
void smtpd_message_begin(struct smtpd *s);
void smtpd_message_octets(struct smtpd *s, struct str octets);
void smtpd_message_end(struct smtpd *s);
bool smtpd_is_authenticated(const struct smtpd *s);

/* The transcript, at trace levels. transcript.c */
void smtpd_trace_in(struct smtpd *s, struct str line, enum log_level level);
void smtpd_trace_out(struct smtpd *s, size_t from);
void smtpd_trace_data(struct smtpd *s, struct str octets);

enum { SMTPD_TRANSACTIONS_BAD_MAX = 10 };
/* Deadlines for answers of other roles, and delays; ns. */
#define SMTPD_LOGIN_TIMEOUT   (60 * NS_PER_S)
#define SMTPD_DELIVER_TIMEOUT (10 * 60 * NS_PER_S)
#define SMTPD_DATA_TIMEOUT    (30 * 60 * NS_PER_S)
#define SMTPD_UNKNOWN_DELAY   (5 * NS_PER_S)
#define SMTPD_SPECIAL_DELAY   (60 * 60 * NS_PER_S)

#endif
