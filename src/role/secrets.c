/* The secrets role: private keys, password verifiers, limits of failed logins.
 *
 * Input: other roles, any of which may have been taken over. They can have things signed and
 * passwords checked, nothing more: no key and no verifier leaves.
 */
#include "role/role.h"

#include "conf/conf.h"
#include "os/limit.h"
#include "role/keyfile.h"
#include "role/password.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct secrets {
	struct keys *keys;
	struct keyfiles *keyfiles;
	struct passwords *passwords;
	struct limit *failures; /* of logins, by IP class */
	int dir;

	/* Work that costs much memory and time waits here and not on a worker, so that however many
	 * guess passwords, signing goes on. */
	pthread_mutex_t lock;
	struct list waiting; /* struct costly; no more than callers may have in flight */
	unsigned running;
	bool stopping;
};

enum { COSTLY_RUNNING_MAX = 2 };

/* In the request's arena. */
struct costly {
	struct list in_waiting;
	struct ipc_request *q;
	void (*run)(struct ipc_request *q);
};

/* features: failed logins an IP class may have; the same counters for SMTP, IMAP and web. */
static const struct limit_opts failure_limit = {
	.windows = {{60 * NS_PER_S, {10, 30, 90}}, {24 * 3600 * NS_PER_S, {50, 150, 450}}},
};

static struct err keys_load(struct role *r, struct secrets *s)
{
	TRY(keys_new(&s->keys));
	TRY(keyfiles_new(s->keys, &s->keyfiles));
	for (size_t i = 0; i < r->key_count; i++) {
		char id[KEY_ID_LEN + 1];

		TRY(err_add(key_file_add(s->keys, r->key[i].fd, id), "private key %.*s",
			    STR_ARG(r->key[i].path)));
		log_debug(&r->lc, "private key", F_STR("file", r->key[i].path), F_Z("id", id));
	}
	return ERR_OK;
}

/* data/secrets, made if it is missing. */
static struct err dir_open(struct role *r, int *ret)
{
	auto_close int data = open(r->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (data < 0)
		return err_errno("open data folder %s", r->data_dir);
	struct err e = fs_mkdir(r->fs, data, "secrets", 0700);

	if (err_is_ok(e))
		e = fs_sync_dir(r->fs, data);
	if (err_failed(e) && !err_is(e, ERR_EXISTS))
		return e;
	*ret = openat(data, "secrets", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret < 0 ? err_errno("open %s/secrets", r->data_dir) : ERR_OK;
}

static struct err secrets_prepare(struct role *r)
{
	struct secrets *s = calloc(1, sizeof(*s));

	if (!s)
		return err_make(ERR_RESOURCES, "no memory for secrets");
	r->own = s;
	s->dir = -1;
	pthread_mutex_init(&s->lock, NULL);
	list_init(&s->waiting);
	TRY(keys_load(r, s));
	return dir_open(r, &s->dir);
}

static struct err secrets_start(struct role *r)
{
	struct secrets *s = r->own;

	struct limit_opts opts = failure_limit;

	opts.exempt_loopback = r->localserve;
	s->failures = limit_new(r->clock, &opts);
	if (!s->failures)
		return err_make(ERR_RESOURCES, "no memory for limits");
	return passwords_open(r->fs, s->dir, r->clock, r->rand, &s->passwords);
}

/* What waits is not begun any more. */
static void secrets_end(struct role *r)
{
	struct secrets *s = r->own;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_mutex_unlock(&s->lock);
}

static void secrets_free(struct role *r)
{
	struct secrets *s = r->own;

	if (!s)
		return;
	passwords_free(s->passwords);
	limit_free(s->failures);
	keyfiles_free(s->keyfiles);
	keys_free(s->keys);
	fd_close(&s->dir);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static void on_sign(struct ipc_request *q)
{
	struct role *r = q->ctx;
	const struct msg_sign_request *rq = q->args;
	const struct secrets *s = r->own;
	struct msg_sign_reply rp;
	struct err e =
		keys_sign(s->keys, rq->key_id, rq->scheme, rq->data, &q->arena, &rp.signature);

	if (err_failed(e))
		ipc_reply_err(q, e);
	else
		ipc_reply(q, &rp, NULL);
}

static void on_key_file(struct ipc_request *q)
{
	struct role *r = q->ctx;
	const struct secrets *s = r->own;
	const struct msg_key_file_request *rq = q->args;
	struct msg_key_file_reply rp = {};
	char id[KEY_ID_LEN + 1];
	struct err e = keyfiles_get(s->keyfiles, rq->path, id, &rp.kind);

	rp.key_id = str_of(id, KEY_ID_LEN);
	if (err_failed(e))
		ipc_reply_err(q, e);
	else
		ipc_reply(q, &rp, NULL);
}

/* A peer with too many failures is refused before the password is looked at; success forgives. */
static struct err verify(struct secrets *s, const struct msg_password_verify_request *rq)
{
	struct ip ip = {0};
	bool known = ip_parse(rq->remote, &ip);

	if (known && !limit_can_add(s->failures, ip, 1))
		return err_make(ERR_RATE_LIMIT, "too many failed logins from %.*s",
				STR_ARG(rq->remote));
	struct err e = passwords_verify(s->passwords, rq->account, rq->password);

	/* Past the limit it stays at it. */
	if (known && err_is(e, ERR_AUTH) && !limit_add(s->failures, ip, 1))
		return e;
	if (known && err_is_ok(e))
		limit_reset(s->failures, ip);
	return e;
}

static void password_verify(struct ipc_request *q)
{
	struct role *r = q->ctx;
	struct msg_password_verify_reply rp = {};
	struct err e = verify(r->own, q->args);

	if (err_failed(e))
		ipc_reply_err(q, e);
	else
		ipc_reply(q, &rp, NULL);
}

static void password_set(struct ipc_request *q)
{
	struct role *r = q->ctx;
	const struct secrets *s = r->own;
	const struct msg_password_set_request *rq = q->args;
	struct msg_password_set_reply rp = {};
	struct err e = passwords_set(s->passwords, rq->account, rq->password);

	if (err_failed(e)) {
		ipc_reply_err(q, e);
		return;
	}
	log_info(&r->lc, "password set", F_STR("account", rq->account));
	ipc_reply(q, &rp, NULL);
}

/* The next one that waits; NULL: there is none, and this worker is free. */
static struct costly *costly_next(struct secrets *s, bool *ret_stopping)
{
	pthread_mutex_lock(&s->lock);
	struct list *first = list_pop(&s->waiting);

	s->running -= !first;
	*ret_stopping = s->stopping;
	pthread_mutex_unlock(&s->lock);
	return first ? CONTAINER_OF(first, struct costly, in_waiting) : NULL;
}

static void costly_run(struct role *r, const struct costly *c, bool stopping)
{
	if (stopping)
		ipc_reply_err(c->q, err_make(ERR_SHUTDOWN, "secrets ends"));
	else if (ipc_request_gone(c->q) || clock_mono(r->clock) > c->q->deadline)
		ipc_reply_err(c->q, err_make(ERR_UNAVAILABLE, "too many passwords to check"));
	else
		c->run(c->q);
}

static void costly(struct ipc_request *q, void (*run)(struct ipc_request *q))
{
	struct role *r = q->ctx;
	struct secrets *s = r->own;
	struct costly *c = ARENA_NEW(&q->arena, struct costly);
	bool stopping;

	if (!c) {
		ipc_reply_err(q, err_make(ERR_RESOURCES, "no memory to check a password"));
		return;
	}
	*c = (struct costly){.q = q, .run = run};
	pthread_mutex_lock(&s->lock);
	list_add_tail(&s->waiting, &c->in_waiting);
	bool mine = s->running < COSTLY_RUNNING_MAX;

	s->running += mine;
	pthread_mutex_unlock(&s->lock);
	while (mine && (c = costly_next(s, &stopping)))
		costly_run(r, c, stopping);
}

static void on_password_verify(struct ipc_request *q)
{
	const struct role *r = q->ctx;
	const struct secrets *s = r->own;
	const struct msg_password_verify_request *rq = q->args;

	/* Who logs in often does not wait behind those who guess. */
	if (passwords_remember(s->passwords, rq->account, rq->password))
		password_verify(q);
	else
		costly(q, password_verify);
}

static void on_password_set(struct ipc_request *q)
{
	costly(q, password_set);
}

static void (*const handlers[MSG_CALL_N])(struct ipc_request *q) = {
	[MSG_CALL_LOG_LEVELS] = role_on_log_levels, [MSG_CALL_SIGN] = on_sign,
	[MSG_CALL_KEY_FILE] = on_key_file,          [MSG_CALL_PASSWORD_VERIFY] = on_password_verify,
	[MSG_CALL_PASSWORD_SET] = on_password_set,
};

const struct role_kind role_secrets = {
	.id = MSG_ROLE_ID_SECRETS,
	.name = "secrets",
	.libraries = {"crypto", "sodium"},
	.prepare = secrets_prepare,
	.start = secrets_start,
	.end = secrets_end,
	.free = secrets_free,
	.handlers = handlers,
};
