/* data/ctl: programs of the command line ask the running server. The socket's folder and mode say
 * who may: its owner and root, checked again by who is at the other end.
 */
#include "role/post.h"

#include "conf/conf.h"
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_ctl_stop(struct ipc_request *q)
{
	struct post_control *c = q->ctx;
	struct msg_ctl_stop_reply rp = {};
	uint64_t one = 1;

	log_info(&c->post->role->lc, "stop asked for at the control socket");
	if (write(c->post->role->stop_event, &one, sizeof(one)) < 0)
		ipc_reply_err(q, err_errno("tell the parent to stop"));
	else
		ipc_reply(q, &rp, NULL);
}

static struct err password_set(struct role *r, struct str account, struct str password)
{
	struct msg_password_set_request rq = {.account = account, .password = password};
	struct msg_password_set_reply rp;
	struct conf *conf = role_conf(r);
	bool known = conf_account(conf, account) != NULL;
	struct arena a;

	conf_unref(conf);
	if (!known)
		return err_make(ERR_NOT_FOUND, "there is no account \"%.*s\"", STR_ARG(account));
	arena_init(&a, 4096);
	struct err e = IPC_CALL(role_to(r, MSG_ROLE_ID_SECRETS), msg_password_set, &rq,
				role_deadline(r), &a, &rp);

	arena_fini(&a);
	return e;
}

static void on_ctl_password(struct ipc_request *q)
{
	struct post_control *c = q->ctx;
	const struct msg_ctl_password_request *rq = q->args;
	struct msg_ctl_password_reply rp = {};
	struct err e = password_set(c->post->role, rq->account, rq->password);

	if (err_failed(e))
		ipc_reply_err(q, e);
	else
		ipc_reply(q, &rp, NULL);
}

static void on_ctl_log_levels(struct ipc_request *q)
{
	struct post_control *c = q->ctx;
	const struct msg_ctl_log_levels_request *rq = q->args;
	struct msg_ctl_log_levels_reply rp = {};
	struct err e = rq->has_set ? post_log_level(c->post, &rq->set) : ERR_OK;

	if (err_is_ok(e))
		e = post_log_levels(c->post, &q->arena, &rp.levels, &rp.levels_n);
	if (err_failed(e))
		ipc_reply_err(q, e);
	else
		ipc_reply(q, &rp, NULL);
}

enum { METRICS_TEXT_MAX = 8 << 20 };

static void on_ctl_metrics(struct ipc_request *q)
{
	struct post_control *c = q->ctx;
	struct role *r = c->post->role;
	struct metric_page *pages[MSG_ROLE_ID_N];
	struct msg_ctl_metrics_reply rp = {};
	BUF_AUTO text = BUF_INIT(METRICS_TEXT_MAX);
	size_t n = 0;

	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++)
		if (r->counters[id])
			pages[n++] = r->counters[id];
	if (!metric_write(pages, n, &text) || buf_failed(&text)) {
		ipc_reply_err(q, err_make(ERR_RESOURCES, "no memory for metrics"));
		return;
	}
	rp.text = buf_str(&text);
	ipc_reply(q, &rp, NULL);
}

static void (*const handlers[MSG_CALL_N])(struct ipc_request *q) = {
	[MSG_CALL_CTL_STOP] = on_ctl_stop,
	[MSG_CALL_CTL_PASSWORD] = on_ctl_password,
	[MSG_CALL_CTL_LOG_LEVELS] = on_ctl_log_levels,
	[MSG_CALL_CTL_METRICS] = on_ctl_metrics,
};

static void ended(struct ipc *ipc, void *ctx)
{
	struct post_control *c = ctx;

	(void)ipc;
	c->ended = true;
	task_wake(&c->post->control);
}

/* A channel is closed here, since it can't be from its own callback. */
static void controls_close(struct post *p, bool all)
{
	for (size_t i = 0; i < POST_CONTROLS_MAX; i++) {
		struct post_control *c = &p->controls[i];

		if (!c->ipc || (!all && !c->ended))
			continue;
		ipc_close(c->ipc);
		c->ipc = NULL;
	}
}

static bool may_control(int fd)
{
	struct ucred who;
	socklen_t n = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 &&
	       (who.uid == 0 || who.uid == geteuid());
}

static void control_open(struct post *p, int fd)
{
	struct role *r = p->role;
	struct post_control *c = NULL;

	for (size_t i = 0; i < POST_CONTROLS_MAX && !c; i++)
		if (!p->controls[i].ipc)
			c = &p->controls[i];
	if (!c || !may_control(fd)) {
		log_error(&r->lc, "control connection refused", F_BOOL("busy", !c));
		close(fd);
		return;
	}
	struct ipc_opts opts = {
		.name = "command line",
		.calls = msg_calls,
		.calls_n = MSG_CALL_N,
		.handlers = handlers,
		.handlers_n = MSG_CALL_N,
		.ctx = c,
		.loop = r->loop,
		.in_flight = 8,
		.down = ended,
		.log = r->lc,
	};

	c->post = p;
	c->ended = false;
	struct err e = ipc_open(r->hub, &opts, fd, &c->ipc);

	if (err_failed(e))
		log_error(&r->lc, "control connection", F_ERR(e));
}

static struct park control_run(struct task *t, unsigned why)
{
	struct post *p = CONTAINER_OF(t, struct post, control);

	controls_close(p, (why & LOOP_STOP) != 0);
	if (why & LOOP_STOP)
		return park_end();
	for (;;) {
		int fd = accept4(t->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			break;
		control_open(p, fd);
	}
	return park_on(LOOP_READ | LOOP_WAKE, 0);
}

static void control_done(struct task *t)
{
	(void)t;
}

struct err post_control_start(struct post *p)
{
	for (size_t i = 0; i < p->role->listener_count; i++) {
		if (p->role->listener[i].kind != MSG_LISTENER_KIND_CTL)
			continue;
		p->control = (struct task){
			.fd = p->role->listener[i].fd, .run = control_run, .done = control_done};
		TRY(role_task(p->role, &p->control));
	}
	return ERR_OK;
}

void post_control_end(struct post *p)
{
	(void)p;
}
