/* The configuration in the post role: it looks each second whether domains.conf has changed, takes
 * the new one over if it is right (else the old one stays and the log says why), numbers it, and
 * answers everyone who watches.
 */
#include "role/post.h"

#include "conf/conf.h"

/* Answers every watcher, drops those that are gone. */
static void watchers_tell(struct post *p)
{
	struct conf *conf = role_conf(p->role);
	struct msg_config_watch_reply rp;
	struct arena a;

	arena_init(&a, 65536);
	role_config_texts(conf, &rp.config);
	err_ignore(post_log_levels(p, &a, &rp.config.log_levels, &rp.config.log_levels_n),
		   "without memory for them levels stay as they are");
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < POST_WATCHERS_MAX; i++) {
		struct ipc_request *q = p->watcher[i];

		if (!q)
			continue;
		if (ipc_request_gone(q)) {
			p->watcher[i] = NULL;
			ipc_reply_err(q, err_make(ERR_CANCELED, "watcher is gone"));
			continue;
		}
		ipc_reply_more(q, &rp, NULL);
	}
	pthread_mutex_unlock(&p->lock);
	arena_fini(&a);
	conf_unref(conf);
}

void post_on_config_watch(struct ipc_request *q)
{
	struct role *r = q->ctx;
	struct post *p = r->own;
	bool taken = false;

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < POST_WATCHERS_MAX && !taken; i++) {
		if (p->watcher[i] && !ipc_request_gone(p->watcher[i]))
			continue;
		if (p->watcher[i])
			ipc_reply_err(p->watcher[i], err_make(ERR_CANCELED, "watcher is gone"));
		p->watcher[i] = q;
		taken = true;
	}
	pthread_mutex_unlock(&p->lock);
	if (!taken)
		ipc_reply_err(q, err_make(ERR_RESOURCES, "too many watch the configuration"));
	else
		watchers_tell(p);
}

/* The same mistake is told once, not each second. */
static void mistake_tell(struct post *p, struct err e)
{
	struct str said = str_z(p->reload_failed), now = STR("");

	if (err_failed(e))
		now = str_sub(err_text(e), 0, sizeof(p->reload_failed) - 1);
	if (now.n && !str_eq(now, said))
		log_error(&p->role->lc, "domains.conf not taken over, the old one stays", F_ERR(e));
	memcpy(p->reload_failed, now.p, now.n);
	p->reload_failed[now.n] = '\0';
}

void post_config_look(struct post *p)
{
	struct role *r = p->role;
	struct conf *now = role_conf(r), *next = NULL;
	bool other;

	mistake_tell(p, conf_reload(now, &next));
	/* The first look finds what the parent handed over. */
	other = next && !str_eq(conf_source(next)->domains_text, conf_source(now)->domains_text);
	conf_unref(now);
	if (next)
		role_conf_set(r, next);
	if (other) {
		log_info(&r->lc, "domains.conf taken over",
			 F_U64("number", conf_source(next)->number));
		watchers_tell(p);
	}
}

static struct park files_run(struct task *t, unsigned why)
{
	struct post *p = CONTAINER_OF(t, struct post, files);

	if (why & LOOP_STOP)
		return park_end();
	post_config_look(p);
	return park_on(0, clock_mono(p->role->clock) + NS_PER_S);
}

static void files_done(struct task *t)
{
	(void)t;
}

struct err post_config_start(struct post *p)
{
	p->files = (struct task){.fd = -1, .run = files_run, .done = files_done};
	TRY(role_task(p->role, &p->files));
	return ERR_OK;
}

void post_config_end(struct post *p)
{
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < POST_WATCHERS_MAX; i++) {
		struct ipc_request *q = p->watcher[i];

		p->watcher[i] = NULL;
		if (q)
			ipc_reply_err(q, err_make(ERR_SHUTDOWN, "post ends"));
	}
	pthread_mutex_unlock(&p->lock);
}

struct err post_log_levels(struct post *p, struct arena *a, struct msg_log_level **ret,
			   size_t *ret_n)
{
	const struct log *l = &p->role->log;
	size_t n = (size_t)l->package_count + 1;

	struct msg_log_level *v = ARENA_NEW_N(a, struct msg_log_level, LOG_PACKAGES_MAX + 1);

	if (!v)
		return err_make(ERR_RESOURCES, "no memory for log levels");
	v[0].level = (uint8_t)l->level;
	for (size_t i = 1; i < n && i <= LOG_PACKAGES_MAX; i++) {
		v[i].package = str_z(l->packages[i - 1].name);
		v[i].level = (uint8_t)l->packages[i - 1].level;
	}
	*ret = v;
	*ret_n = n;
	return ERR_OK;
}

struct err post_log_level(struct post *p, const struct msg_log_level *level)
{
	static const enum msg_role_id others[] = {MSG_ROLE_ID_SECRETS, MSG_ROLE_ID_DNS};
	struct msg_log_levels_request rq = {};
	struct msg_log_levels_reply rp;
	struct role *r = p->role;
	struct arena a;

	arena_init(&a, 1 << 20);
	struct err e = role_log_levels(r, level, 1);

	if (err_is_ok(e))
		e = post_log_levels(p, &a, &rq.levels, &rq.levels_n);
	if (err_is_ok(e))
		watchers_tell(p);
	for (size_t i = 0; i < ARRAY_LEN(others) && err_is_ok(e); i++)
		e = IPC_CALL(role_to(r, others[i]), msg_log_levels, &rq, role_deadline(r), &a, &rp);
	arena_fini(&a);
	return e;
}
