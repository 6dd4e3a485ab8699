/* imapd: the server side of IMAP: IMAP4rev1 (RFC 3501) and IMAP4rev2 (RFC 9051) in one, with the
 * extensions that capability.c announces.
 *
 * A session is a pure function of bytes, reasons (os/session.h) and what it asks of its
 * surroundings, all of which is on this page: struct imapd_env. Before login nothing of the store
 * is reached: what happens then is in session.c, answer.c, call.c, capability.c and the commands
 * that the table in command.c allows in that state.
 * Input: a stranger's until login, a user's afterwards; limits are those of imap/read.h.
 */
#ifndef MOX_IMAPD_IMAPD_H
#define MOX_IMAPD_IMAPD_H

#include "base/rand.h"
#include "os/file.h"
#include "os/question.h"
#include "os/session.h"

struct account;

enum { IMAPD_ACCOUNT_MAX = 64 };

/* The answer to a question about a password. */
struct imapd_answer {
	enum err_code code; /* NONE; AUTH, AUTH_TEMP, LOGIN_DISABLED, RATE_LIMIT ... */
	char account[IMAPD_ACCOUNT_MAX + 1];
};

/* Who answers fills in the answer, then calls imapd_call_done. */
struct imapd_call {
	struct question question;
	struct imapd_answer answer;
};

struct imapd_env {
	void *arg;
	/* Where a large message is kept while it is received. */
	struct fs *fs;
	int tmp_dirfd;
	struct rand_src *rand;

	/* Checks a password; answers with imapd_call_done, now or later. user and password are
	 * borrowed during the call. */
	void (*login)(void *arg, struct imapd_call *call, const struct session *s, struct str user,
		      struct str password);
	/* Opens the account that has logged in; the session closes it. */
	struct err (*open)(void *arg, struct str account, struct account **ret);
	/* Whether this session is to be woken (session_wake) when the account's counter moves. A
	 * wake too many does no harm. watch comes once, unwatch before the session is freed. May
	 * be NULL. */
	void (*watch)(void *arg, struct session *s, struct str account);
	void (*unwatch)(void *arg, struct session *s);
};

/* Of a listener. */
struct imapd_settings {
	bool require_tls;    /* for LOGIN and AUTHENTICATE */
	uint64_t append_max; /* size of a message, RFC 7889; 0: IMAPD_APPEND_MAX */
	struct str version;  /* of this program, told to who has logged in */
};

enum { IMAPD_APPEND_MAX = 100 * 1024 * 1024 };

struct imapd_service {
	struct session_service base; /* ops: imapd_ops */
	struct imapd_settings settings;
	const struct imapd_env *env;
};

extern const struct session_ops imapd_ops;

/* Exactly once for each question; from any thread, also while login() still runs. The session may
 * have gone meanwhile. */
static inline void imapd_call_done(struct imapd_call *call)
{
	question_answered(&call->question);
}

#endif
