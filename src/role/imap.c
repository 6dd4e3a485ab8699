/* The imap role: sessions on the IMAP ports. It opens an account after secrets has said that the
 * password is right, and works on it directly.
 */
#include "role/role.h"

#include "base/list.h"
#include "conf/conf.h"
#include "facts/build.h"
#include "imapd/imapd.h"
#include "role/post.h"
#include "role/serve.h"
#include "store/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A session that wants to hear of changes in its account. */
struct watcher {
	struct list in_all;
	struct session *session;
	unsigned slot;
	uint32_t seen; /* the account's counter, when the session was last woken */
};

struct imap_role {
	struct role *role;
	struct serve_limits limits;
	struct serve_tls tls;
	struct imapd_env env;
	struct store *store;
	int tmp;
	struct imapd_service *services;
	struct task wake;     /* reads the role's wake event */
	struct task work;     /* the store's housekeeping */
	pthread_mutex_t lock; /* watchers */
	struct list watchers;
};

/* Waking. A wake event says that some counter moved; whose, the counters say. */

static void watchers_wake(struct imap_role *s)
{
	pthread_mutex_lock(&s->lock);
	list_for_each (&s->watchers, at) {
		struct watcher *w = CONTAINER_OF(at, struct watcher, in_all);
		uint32_t now = s->role->notify->counter[w->slot];

		if (now == w->seen)
			continue;
		w->seen = now;
		session_wake(w->session);
	}
	pthread_mutex_unlock(&s->lock);
}

static struct park wake_run(struct task *t, unsigned why)
{
	struct imap_role *s = CONTAINER_OF(t, struct imap_role, wake);
	uint64_t count;

	if (why & LOOP_STOP)
		return park_end();
	/* Emptied before looking, so that what moves meanwhile rings again. */
	if (read(t->fd, &count, sizeof(count)) > 0)
		watchers_wake(s);
	return park_on(LOOP_READ, 0);
}

static struct park work_run(struct task *t, unsigned why)
{
	struct imap_role *s = CONTAINER_OF(t, struct imap_role, work);

	if (why & LOOP_STOP)
		return park_end();
	store_work(s->store);
	return park_on(0, clock_mono(s->role->clock) + NS_PER_S);
}

static void task_nothing(struct task *t)
{
	(void)t;
}

static void env_watch(void *arg, struct session *session, struct str account)
{
	struct imap_role *s = arg;
	struct watcher *w = calloc(1, sizeof(*w));

	/* Without memory the session hears of changes at its next command. */
	if (!w)
		return;
	w->session = session;
	w->slot = store_notify_slot(account);
	w->seen = s->role->notify->counter[w->slot];
	pthread_mutex_lock(&s->lock);
	list_add_tail(&s->watchers, &w->in_all);
	pthread_mutex_unlock(&s->lock);
}

static void env_unwatch(void *arg, struct session *session)
{
	struct imap_role *s = arg;

	pthread_mutex_lock(&s->lock);
	list_for_each_safe (&s->watchers, at) {
		struct watcher *w = CONTAINER_OF(at, struct watcher, in_all);

		if (w->session != session)
			continue;
		list_remove(&w->in_all);
		free(w);
	}
	pthread_mutex_unlock(&s->lock);
}

static void login_done(void *arg, struct err e, struct str account)
{
	struct imapd_call *call = arg;
	struct imapd_answer *answer = &call->answer;

	answer->code = err_code(e);
	if (err_is_ok(e) && account.n < sizeof(answer->account))
		memcpy(answer->account, account.p, account.n);
	imapd_call_done(call);
}

static void env_login(void *arg, struct imapd_call *call, const struct session *session,
		      struct str user, struct str password)
{
	struct imap_role *s = arg;
	struct conf *conf = role_conf(s->role);

	serve_login(s->role, conf, &session->log, user, password, &session->conn.peer, login_done,
		    call);
	conf_unref(conf);
}

static struct err env_open(void *arg, struct str account, struct account **ret)
{
	struct imap_role *s = arg;

	return account_open(s->store, account, ret);
}

static struct err imap_prepare(struct role *r)
{
	struct imap_role *s = calloc(1, sizeof(*s));
	char path[4200];

	if (!s)
		return err_make(ERR_RESOURCES, "no memory for imap");
	r->own = s;
	s->role = r;
	pthread_mutex_init(&s->lock, NULL);
	list_init(&s->watchers);
	snprintf(path, sizeof(path), "%s/tmp", r->data_dir);
	s->tmp = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->tmp < 0)
		return err_errno("open %s", path);
	return role_store_open(r, &s->store);
}

static struct err service_make(struct role *r, const struct conf *conf, size_t i)
{
	struct imap_role *s = r->own;
	struct imapd_service *sv = &s->services[i];
	const struct role_listener *rl = &r->listener[i];
	const struct conf_listener *l = serve_listener(conf, rl->name);
	bool imaps = rl->kind == MSG_LISTENER_KIND_IMAPS;

	if (!l)
		return err_make(ERR_CONFIG, "no listener %.*s", STR_ARG(rl->name));
	struct tls_server *tls;

	TRY(serve_tls_get(r, &s->tls, l, false, &tls));
	sv->base = (struct session_service){.ops = &imapd_ops,
					    .tls = tls,
					    .implicit_tls = imaps,
					    .notes = r->notes,
					    .metrics = &r->metrics};
	sv->env = &s->env;
	sv->settings = (struct imapd_settings){
		.require_tls = !imaps && !l->imap->no_require_starttls,
		.append_max = l->smtp_max_message_size > 0 ? (uint64_t)l->smtp_max_message_size : 0,
		.version = STR(MOX_VERSION),
	};
	return serve_start(r, i, &sv->base, &s->limits);
}

static struct err services_start(struct role *r)
{
	struct imap_role *s = r->own;
	struct conf *conf = role_conf(r);
	struct err e = ERR_OK;

	s->services = calloc(r->listener_count + 1, sizeof(*s->services));
	if (!s->services) /* check: analyzer: they are the role's own */
		e = err_make(ERR_RESOURCES, "no memory for listeners");
	for (size_t i = 0; i < r->listener_count && err_is_ok(e); i++)
		e = service_make(r, conf, i);
	conf_unref(conf);
	return e;
}

static struct err imap_start(struct role *r)
{
	struct imap_role *s = r->own;

	TRY(serve_limits_new(r, &s->limits));
	s->env = (struct imapd_env){
		.arg = s,
		.fs = r->fs,
		.tmp_dirfd = s->tmp,
		.rand = r->rand,
		.login = env_login,
		.open = env_open,
		.watch = env_watch,
		.unwatch = env_unwatch,
	};
	s->wake = (struct task){
		.fd = r->wake[MSG_ROLE_ID_IMAP], .run = wake_run, .done = task_nothing};
	s->work = (struct task){.fd = -1, .run = work_run, .done = task_nothing};
	TRY(role_task(r, &s->wake));
	TRY(role_task(r, &s->work));
	return services_start(r);
}

static void imap_free(struct role *r)
{
	struct imap_role *s = r->own;

	if (!s)
		return;
	serve_tls_free(&s->tls);
	free(s->services);
	serve_limits_free(&s->limits);
	if (s->store)
		store_close(s->store);
	fd_close(&s->tmp);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

const struct role_kind role_imap = {
	.id = MSG_ROLE_ID_IMAP,
	.name = "imap",
	.libraries = {"crypto", "ssl", "sqlite3", "z"},
	.preload = facts_preload,
	.prepare = imap_prepare,
	.start = imap_start,
	.free = imap_free,
};
