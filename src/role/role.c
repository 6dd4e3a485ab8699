#include "role/role.h"

#include "conf/conf.h"
#include <assert.h>

enum { WATCH_WAIT_S = 5 };

static const struct role_kind *const kinds[] = {&role_secrets, &role_dns, &role_post, &role_smtp,
						&role_imap};

const struct role_kind *role_kind_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_eq(str_z(kinds[i]->name), name))
			return kinds[i];
	return NULL;
}

const struct role_kind *role_kind_of(enum msg_role_id id)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i]->id == id)
			return kinds[i];
	return NULL;
}

struct err role_task(struct role *r, struct task *t)
{
	return loop_add(r->loop, t) ? ERR_OK : err_make(ERR_RESOURCES, "no memory for a task");
}

int64_t role_deadline(struct role *r)
{
	return clock_mono(r->clock) + ROLE_CALL_S * NS_PER_S;
}

struct ipc *role_to(struct role *r, enum msg_role_id to)
{
	assert(r->channel[to].ipc);
	return r->channel[to].ipc;
}

struct conf *role_conf(struct role *r)
{
	pthread_mutex_lock(&r->lock);
	struct conf *c = conf_ref(r->conf);

	pthread_mutex_unlock(&r->lock);
	return c;
}

struct err role_log_levels(struct role *r, const struct msg_log_level *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum log_level level = (enum log_level)v[i].level;

		if (v[i].level >= LOG_LEVEL_COUNT)
			return err_make(ERR_SYNTAX, "log level %u", v[i].level);
		if (log_level_of(&r->log, v[i].package) == level)
			continue;
		TRY(log_level_set(&r->log, v[i].package, level));
		log_info(&r->lc, "log level set", F_STR("package", v[i].package),
			 F_Z("level", log_level_name(level)));
	}
	return ERR_OK;
}

void role_on_log_levels(struct ipc_request *q)
{
	const struct msg_log_levels_request *rq = q->args;
	struct msg_log_levels_reply rp = {};
	struct err e = role_log_levels(q->ctx, rq->levels, rq->levels_n);

	if (err_failed(e))
		ipc_reply_err(q, e);
	else
		ipc_reply(q, &rp, NULL);
}

struct err role_configure(struct role *r, const struct msg_config_texts *t)
{
	struct conf_source src = {
		.number = t->number,
		.static_path = t->static_path,
		.static_text = t->static_text,
		.domains_path = t->domains_path,
		.domains_text = t->domains_text,
		.localserve = r->localserve,
	};
	struct conf *conf;

	TRY(role_log_levels(r, t->log_levels, t->log_levels_n));
	TRY(conf_parse(&src, NULL, &conf));
	role_conf_set(r, conf);
	return ERR_OK;
}

void role_conf_set(struct role *r, struct conf *conf)
{
	pthread_mutex_lock(&r->lock);
	struct conf *old = r->conf;

	r->conf = conf;
	pthread_mutex_unlock(&r->lock);
	conf_unref(old);
	if (old && r->kind->configured)
		r->kind->configured(r);
}

void role_config_texts(const struct conf *conf, struct msg_config_texts *ret)
{
	const struct conf_source *src = conf_source(conf);

	*ret = (struct msg_config_texts){
		.number = src->number,
		.static_path = src->static_path,
		.static_text = src->static_text,
		.domains_path = src->domains_path,
		.domains_text = src->domains_text,
	};
}

/* Watching: post answers with each new configuration until the channel ends; then again. */

static struct err take_over(struct role *r, const struct msg_config_texts *t)
{
	struct conf *now = role_conf(r);
	bool same = str_eq(conf_source(now)->domains_text, t->domains_text);

	conf_unref(now);
	TRY(role_configure(r, t));
	if (!same)
		log_info(&r->lc, "configuration taken over", F_U64("number", t->number));
	return ERR_OK;
}

static void heard(struct role *r)
{
	pthread_mutex_lock(&r->lock);
	r->heard = true;
	pthread_cond_broadcast(&r->cond);
	pthread_mutex_unlock(&r->lock);
}

static void watched(void *arg, struct ipc_result *res)
{
	struct role *r = arg;
	struct msg_config_watch_reply rp;
	struct arena a;

	arena_init(&a, ROLE_SETUP_ARENA);
	struct err e = res->err;

	if (err_is_ok(e))
		e = ipc_result_read(res, &a, &rp);
	if (err_is_ok(e))
		e = take_over(r, &rp.config);
	if (err_failed(e) && !err_is(e, ERR_UNAVAILABLE))
		log_error(&r->lc, "configuration not taken over", F_ERR(e));
	arena_fini(&a);
	heard(r);
}

void role_watch(struct role *r)
{
	struct msg_config_watch_request rq = {};
	struct err e = ipc_start(role_to(r, MSG_ROLE_ID_POST), MSG_CALL_CONFIG_WATCH, &rq, NS_NEVER,
				 NULL, watched, r, NULL);

	if (err_is_ok(e))
		return;
	log_error(&r->lc, "watching the configuration", F_ERR(e));
	heard(r);
}

void role_watch_wait(struct role *r)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WATCH_WAIT_S;
	pthread_mutex_lock(&r->lock);
	while (!r->heard && pthread_cond_timedwait(&r->cond, &r->lock, &until) == 0)
		;
	pthread_mutex_unlock(&r->lock);
}
