/* testing: IMAP sessions over memory on an account in a folder of its own.
 *
 * The user is "mox", the password "moxmoxmox". It begins at 2024-01-02 03:04:04 UTC; time goes
 * on, so that no test should look at seconds.
 */
#ifndef MOX_IMAPD_TESTING_H
#define MOX_IMAPD_TESTING_H

#include "store/testing.h"

#include "imapd/imapd.h"
#include "os/session_mem.h"

struct imapd_testing {
	struct testing store;
	struct imapd_env env;
	struct imapd_service service;
	struct fs fs;
	bool hold_login; /* the answer comes by imapd_testing_answer */
	struct imapd_call *call;
};

static inline void imapd_testing_answer(struct imapd_testing *t, enum err_code code)
{
	t->call->answer.code = code;
	memcpy(t->call->answer.account, "mox", sizeof("mox"));
	imapd_call_done(t->call);
}

static inline void imapd_testing_login(void *arg, struct imapd_call *call, const struct session *s,
				       struct str user, struct str password)
{
	struct imapd_testing *t = arg;
	bool right = str_eq(user, STR("mox")) && str_eq(password, STR("moxmoxmox"));

	(void)s;
	t->call = call;
	if (!t->hold_login)
		imapd_testing_answer(t, right ? ERR_NONE : ERR_AUTH);
}

static inline struct err imapd_testing_open(void *arg, struct str account, struct account **ret)
{
	return account_create(((struct imapd_testing *)arg)->store.store, account, ret);
}

static inline void imapd_testing_begin(struct imapd_testing *t)
{
	memset(t, 0, sizeof(*t));
	testing_begin(&t->store);
	clock_set(&t->store.clock, 1704164644 * NS_PER_S);
	t->env = (struct imapd_env){
		.arg = t,
		.fs = &t->fs,
		.tmp_dirfd = AT_FDCWD,
		.rand = rand_system(),
		.login = imapd_testing_login,
		.open = imapd_testing_open,
	};
	t->service = (struct imapd_service){
		.base = {.ops = &imapd_ops},
		.settings = {.append_max = 1 << 20, .version = STR("1.2.3")},
		.env = &t->env,
	};
}

static inline void imapd_testing_end(struct imapd_testing *t)
{
	testing_end(&t->store);
}

/* A session, greeted. */
static inline struct session_mem *imapd_testing_connect(struct imapd_testing *t, size_t chunk)
{
	struct session_mem *m = session_mem_new(&t->service.base, &t->store.clock, chunk);

	assert_true(str_starts(session_mem_out(m), STR("* OK [CAPABILITY IMAP4rev2 IMAP4rev1 ")));
	return m;
}

/* A session that has logged in. */
static inline struct session_mem *imapd_testing_user(struct imapd_testing *t, size_t chunk)
{
	struct session_mem *m = imapd_testing_connect(t, chunk);

	session_mem_feed(m, STR("l LOGIN mox moxmoxmox\r\n"));
	assert_true(str_starts(session_mem_out(m), STR("l OK [CAPABILITY ")));
	return m;
}

#endif
