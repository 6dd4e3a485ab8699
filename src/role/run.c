/* The life of a role from `serve` to its end; role.h describes it. */
#include "role/role.h"

#include "conf/conf.h"
#include "os/crashnote.h"
#include "os/late.h"
#include "os/memory.h"
#include "os/sharedpage.h"
#include "role/promise.h"
#include "role/setup.h"
#include "store/store.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROLE_ARENA = 64 << 20 };

static void stop_ask(struct role *r)
{
	pthread_mutex_lock(&r->lock);
	r->stop_asked = true;
	pthread_cond_signal(&r->cond);
	pthread_mutex_unlock(&r->lock);
}

static void on_stop(struct ipc_request *q)
{
	struct msg_stop_reply rp = {};

	stop_ask(q->ctx);
	ipc_reply(q, &rp, NULL);
}

/* The other role was started anew. */
static void on_channel(struct ipc_request *q)
{
	struct role *r = q->ctx;
	const struct msg_channel_request *rq = q->args;
	struct msg_channel_reply rp = {};
	struct err e = err_make(ERR_SYNTAX, "a channel to a role that had none");

	if (q->fds.n == 1 && r->channel[rq->role].ipc)
		e = ipc_replace(r->channel[rq->role].ipc, TAKE_FD(q->fds.fd[0]));
	if (err_failed(e)) {
		ipc_reply_err(q, e);
		return;
	}
	if (rq->role == MSG_ROLE_ID_POST && rq->callee)
		role_watch(r);
	ipc_reply(q, &rp, NULL);
}

static void (*const control_handlers[MSG_CALL_N])(struct ipc_request *q) = {
	[MSG_CALL_STOP] = on_stop,
	[MSG_CALL_CHANNEL] = on_channel,
};

/* A role without its parent has no one to start others anew, and ends. */
static void parent_gone(struct ipc *c, void *ctx)
{
	(void)c;
	stop_ask(ctx);
}

/* To those who are called before the role starts, since it may want them; to those who call after
 * it, when it can answer. */
static struct err channels_open(struct role *r, bool callees)
{
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++) {
		const struct role_kind *kind = role_kind_of(id);
		struct ipc_opts opts = {
			.name = kind ? kind->name : "parent",
			.calls = msg_calls,
			.calls_n = MSG_CALL_N,
			.ctx = r,
			.loop = r->loop,
			.log = r->lc,
		};

		if (r->channel[id].fd < 0 || r->channel[id].callee != callees)
			continue;
		/* Calls go one way: who is called answers, who calls is not called. */
		if (!r->channel[id].callee) {
			opts.handlers = r->kind->handlers;
			opts.handlers_n = MSG_CALL_N;
		}
		TRY(ipc_open(r->hub, &opts, TAKE_FD(r->channel[id].fd), &r->channel[id].ipc));
	}
	return ERR_OK;
}

static struct err control_open(struct role *r, int control_fd)
{
	struct ipc_opts opts = {
		.name = "parent",
		.calls = msg_calls,
		.calls_n = MSG_CALL_N,
		.handlers = control_handlers,
		.handlers_n = MSG_CALL_N,
		.ctx = r,
		.loop = r->loop,
		.down = parent_gone,
		.log = r->lc,
	};

	return ipc_open(r->hub, &opts, control_fd, &r->control);
}

static struct err serve(struct role *r, int *control_fd, uint64_t serve_id)
{
	BUF_AUTO unenforced = BUF_INIT(1024);

	if (r->kind->prepare)
		TRY(r->kind->prepare(r));
	if (!r->one_process)
		TRY(promise_take(r, &unenforced));
	TRY(ipc_hub_new(r->clock, &r->hub));
	TRY(loop_new(r->clock, &r->loop));
	TRY(channels_open(r, true));
	if (r->channel[MSG_ROLE_ID_POST].ipc && r->channel[MSG_ROLE_ID_POST].callee) {
		role_watch(r);
		role_watch_wait(r);
	}
	TRY(r->kind->start(r));
	TRY(channels_open(r, false));
	TRY(setup_serving(*control_fd, serve_id, buf_str(&unenforced)));
	TRY(control_open(r, TAKE_FD(*control_fd)));
	memory_give_back_started();
	pthread_mutex_lock(&r->lock);
	while (!r->stop_asked)
		pthread_cond_wait(&r->cond, &r->lock);
	pthread_mutex_unlock(&r->lock);
	return ERR_OK;
}

/* Sessions first, while their calls are still answered; then the channels. */
static void end(struct role *r)
{
	int64_t deadline = clock_mono(r->clock) + ROLE_STOP_S * NS_PER_S;

	if (r->kind->end)
		r->kind->end(r);
	if (r->loop)
		loop_stop(r->loop, deadline);
	if (r->control)
		ipc_close(r->control);
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++)
		if (r->channel[id].ipc)
			ipc_close(r->channel[id].ipc);
	if (r->hub)
		ipc_hub_free(r->hub);
	if (r->kind->free)
		r->kind->free(r);
}

static void role_fini(struct role *r)
{
	for (size_t i = 0; i < r->listener_count; i++)
		fd_close(&r->listener[i].fd);
	for (size_t i = 0; i < r->key_count; i++)
		fd_close(&r->key[i].fd);
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++) {
		fd_close(&r->channel[id].fd);
		fd_close(&r->wake[id]);
	}
	fd_close(&r->stop_event);
	if (r->notify)
		munmap(r->notify, sizeof(*r->notify));
	sharedpage_unmap(r->notes, crashnote_page_size());
	metrics_fini(&r->metrics);
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++)
		sharedpage_unmap(r->counters[id], metric_page_size());
	conf_unref(r->conf);
	pthread_cond_destroy(&r->cond);
	pthread_mutex_destroy(&r->lock);
	arena_fini(&r->arena);
	free(r);
}

static struct role *role_new(const struct role_kind *kind, const struct role_host *host)
{
	struct role *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->kind = kind;
	r->clock = host->clock;
	r->rand = host->rand;
	r->fs = host->fs;
	log_init(&r->log, STDERR_FILENO, LOG_INFO);
	r->log.wall_ns = clock_wall_for_log;
	r->log.wall_arg = r->clock;
	r->lc = (struct log_ctx){.log = &r->log, .pkg = kind->name};
	arena_init(&r->arena, ROLE_ARENA);
	r->stop_event = -1;
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++)
		r->wake[id] = r->channel[id].fd = -1;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->cond, NULL);
	return r;
}

/* What takes long and depends on nothing, while other roles start. */
static struct err preload(const struct role_kind *kind)
{
	for (size_t i = 0; i < ROLE_LIBRARIES_MAX && kind->libraries[i]; i++)
		TRY(late_load(kind->libraries[i]));
	return kind->preload ? kind->preload() : ERR_OK;
}

struct err role_main(const struct role_kind *kind, int control_fd, const struct role_host *host)
{
	struct role *r = role_new(kind, host);
	uint64_t serve_id;

	if (!r) {
		fd_close(&control_fd);
		return err_make(ERR_RESOURCES, "no memory for role %s", kind->name);
	}
	struct err e = preload(kind);

	if (err_is_ok(e))
		e = setup_receive(r, control_fd, &serve_id);
	if (err_is_ok(e))
		e = serve(r, &control_fd, serve_id);
	if (err_failed(e) && !err_is(e, ERR_UNAVAILABLE))
		log_error(&r->lc, "role ends", F_ERR(e));
	end(r);
	fd_close(&control_fd);
	role_fini(r);
	return e;
}
