/* session: what all files of imapd share: the session's state, and how a command answers. Nothing
 * here knows the store: what a user has is behind struct imapd_user (imapd/user.h).
 *
 * A command's life: the reader has it whole (or up to a literal that wants streaming); its row says
 * whether it is legal now; `run` parses the arguments and
 *
 *	- ends it:      imapd_ok, imapd_no, imapd_bad, imapd_fail; or
 *	- goes on:      s->job is called again and again, until the command is ended, with other
 *	                sessions' turns and the peer's reading in between (answers without bound,
 *	                long searches); or
 *	- waits:        imapd_park.
 *
 * When it has ended, what others changed meanwhile is told (unless message numbers must not change
 * now, RFC 9051 §5.5), then comes the tagged answer.
 */
#ifndef MOX_IMAPD_SESSION_H
#define MOX_IMAPD_SESSION_H

#include "imap/args.h"
#include "imap/read.h"
#include "imapd/imapd.h"
#include "sasl/sasl.h"

/* Bits, so that a command's legal states are a set. RFC 9051 §3. */
enum imapd_state {
	IMAPD_STRANGER = 1, /* not authenticated */
	IMAPD_USER = 2,     /* authenticated, no mailbox selected */
	IMAPD_SELECTED = 4,
	IMAPD_LOGGED_IN = IMAPD_USER | IMAPD_SELECTED,
	IMAPD_ANY = 7,
};

/* RFC 5161: what the client has shown to understand. */
enum imapd_enabled {
	IMAPD_REV2 = 1,
	IMAPD_UTF8 = 2,
	IMAPD_CONDSTORE = 4,
	IMAPD_QRESYNC = 8, /* CONDSTORE comes with it */
};

struct imapd_user;
struct imapd_command;

struct imapd {
	struct session base;
	const struct imapd_service *service;
	const struct imapd_env *env;
	enum imapd_state state;
	unsigned enabled;

	struct imap_reader reader;
	bool text_held;    /* the arguments still point into reader.text */
	uint64_t commands; /* that were understood */
	unsigned bad;      /* in a row that were not */

	/* of the command */
	struct arena mem;
	struct str tag; /* empty: none is being executed */
	const struct imapd_command *command;
	int64_t command_at; /* when it came */
	bool server_error;  /* it fails for a reason of ours */
	bool uid;           /* UID FETCH rather than FETCH */
	struct buf ended;   /* the tagged answer without its tag; empty: not ended yet */
	void (*job)(struct imapd *s);
	void *job_data;                    /* in mem, or what job_free frees */
	void (*job_free)(struct imapd *s); /* once, when command or session end; may be NULL */
	/* Where input goes instead of a new command: a line (AUTHENTICATE, IDLE). */
	void (*line)(struct imapd *s, struct str line);
	/* Where a streamed literal goes; p NULL: the command is whole. */
	void (*data)(struct imapd *s, struct str piece);
	/* Behind a streamed literal another one begins: takes it, or ends the command. */
	void (*data_next)(struct imapd *s);

	/* waiting */
	bool parked, closing;
	bool idle;              /* changes are told as they come */
	bool starttls, deflate; /* when the command has ended */
	struct session_next next;
	void (*then)(struct imapd *s);
	struct imapd_call *call;

	/* logging in */
	struct sasl_server sasl;
	unsigned auth_failures;

	struct imapd_user *user; /* NULL before login */
};

struct imapd_command {
	struct str name; /* upper case; "UID" commands by the name behind it */
	unsigned states;
	void (*run)(struct imapd *s, struct cur *c);
	bool uid;        /* may be prefixed with UID */
	bool secret;     /* its arguments are credentials */
	bool keeps_seqs; /* without UID, message numbers must not change during it */
	/* Called with the text up to a literal's header: whether the literal is to be streamed
	 * (then it has taken over: accepted, or ended the command). NULL: never. */
	bool (*literal)(struct imapd *s, struct cur *c);
	const char *rfc;
};

/* In command.c. NULL: no such command. */
const struct imapd_command *imapd_command_find(struct str name);

static inline struct buf *imapd_out(struct imapd *s)
{
	return conn_out(&s->base.conn);
}
static inline bool imapd_is_enabled(const struct imapd *s, unsigned what)
{
	return (s->enabled & what) != 0;
}
/* Whether quoted strings to this peer may hold UTF-8, and mailbox names are UTF-8. */
static inline bool imapd_utf8(const struct imapd *s)
{
	return imapd_is_enabled(s, IMAPD_REV2 | IMAPD_UTF8);
}
static inline bool imapd_has_ended(const struct imapd *s)
{
	return s->ended.n > 0;
}

/* Ends the command. `code` is a response code without brackets, or empty. A command is ended once.
 */
void imapd_ok(struct imapd *s, struct str code, struct str text);
void imapd_no(struct imapd *s, struct str code, struct str text);
void imapd_bad(struct imapd *s, struct str text);
/* NO (or BAD for SYNTAX), with what the error table says for a peer. Logs what is not the peer's
 * doing. */
void imapd_fail(struct imapd *s, struct err e);
/* Nothing more may stand in the arguments, and all must have been right: else BAD, and false. */
bool imapd_args_end(struct imapd *s, struct cur *c);
/* "* OK [code] text", at once. */
void imapd_untagged_ok(struct imapd *s, struct str code, struct str text);
/* "* BYE [code] text"; the connection is closed when that is sent. */
void imapd_bye(struct imapd *s, struct str code, struct str text);
/* The command continuation request. */
void imapd_continue(struct imapd *s, struct str text);
/* What a literal that breaks a limit gets: BAD [TOOBIG], or BYE when it comes whatever we say
 * (RFC 7888 §4, §5). */
void imapd_literal_refuse(struct imapd *s);

/* Ends this step; `then` is called when it is time. */
void imapd_park(struct imapd *s, struct session_next next, void (*then)(struct imapd *s));

/* transcript.c: at trace levels, RC is what the client says, LC what we say (but for the lines of
 * answers with data). Credentials need traceauth, messages tracedata. */
void imapd_trace_in(struct imapd *s, struct str text, bool secret);
void imapd_trace_data(struct imapd *s, struct str piece);
void imapd_trace_out(struct imapd *s, struct str status);

/* capability.c: "CAPABILITY IMAP4rev2 ..." as it is in this state. */
void buf_imapd_capability(struct buf *b, const struct imapd *s);

/* count.c: metrics. */
void imapd_count_connection(struct imapd *s);
/* The command has ended. */
void imapd_count_command(struct imapd *s);
/* An attempt to log in has ended; the command and the sasl server are still there. */
void imapd_count_login(struct imapd *s, enum err_code code);

/* login.c: the sasl server has credentials: checks them, and ends the command. */
void imapd_login(struct imapd *s);
/* Whether a password may be sent now; ends the command if not. */
bool imapd_login_allowed(struct imapd *s);

/* user.c: the store's side of the session. */
struct err imapd_user_new(struct imapd *s, struct str account);
void imapd_user_free(struct imapd *s);
/* Tells what changed in the selected mailbox; called until it returns true. */
bool imapd_update(struct imapd *s);

#define IMAPD_LOGIN_TIMEOUT   (60 * NS_PER_S)
#define IMAPD_READ_TIMEOUT    (30 * 60 * NS_PER_S)
#define IMAPD_WRITE_TIMEOUT   (5 * 60 * NS_PER_S)
#define IMAPD_LITERAL_TIMEOUT (30 * NS_PER_S)
enum { IMAPD_BAD_MAX = 20 };

#endif
