/* The post role: delivery into accounts, the configuration, the control socket.
 *
 * Input: smtp hands over messages and their facts; it may have been taken over. Facts are checked
 * for form and against the size of what rides along; whom smtp names as recipient must be an
 * account of the configuration. The control socket belongs to who may open data/ctl.
 */
#include "role/post.h"

#include "conf/conf.h"
#include "facts/facts.h"
#include "store/data.h"
#include "store/message.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORK_NS = 1000 * NS_PER_MS };

static void ring(void *arg, unsigned slot)
{
	struct role *r = arg;
	uint64_t one = 1;

	(void)slot;
	/* A counter that is full has been rung: whoever waits will look. */
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++)
		if (r->wake[id] >= 0 && write(r->wake[id], &one, sizeof(one)) < 0)
			continue;
}

struct err role_store_open(struct role *r, struct store **ret)
{
	struct store_options o = {
		.root = r->data_dir,
		.fs = r->fs,
		.clock = r->clock,
		.log = &r->log,
		.notify = r->notify,
		.ring = ring,
		.ring_arg = r,
	};

	return store_open(&o, ret);
}

/* The store's housekeeping, each second. */

static struct park work_run(struct task *t, unsigned why)
{
	struct post *p = CONTAINER_OF(t, struct post, work);

	if (why & LOOP_STOP)
		return park_end();
	store_work(p->store);
	return park_on(0, clock_mono(p->role->clock) + WORK_NS);
}

static void work_done(struct task *t)
{
	(void)t;
}

/* The bytes of a message to deliver: in the request, or in the file that came along. */
static struct err bytes_of(const struct msg_deliver_request *rq, const struct ipc_fds *fds,
			   struct message_bytes *ret)
{
	struct stat st;

	*ret = (struct message_bytes){.fd = -1, .memory = rq->body, .size = rq->size};
	if (fds->n == 0)
		return rq->body.n == rq->size
			       ? ERR_OK
			       : err_make(ERR_SYNTAX, "message of %zu bytes, not %llu", rq->body.n,
					  (unsigned long long)rq->size);
	ret->fd = fds->fd[0];
	if (fstat(ret->fd, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size < rq->size)
		return err_make(ERR_SYNTAX, "message file is not of %llu bytes",
				(unsigned long long)rq->size);
	return ERR_OK;
}

static struct err deliver(struct post *p, struct ipc_request *q, struct msg_deliver_reply *rp)
{
	const struct msg_deliver_request *rq = q->args;
	struct message_bytes bytes;
	struct facts facts;

	TRY(bytes_of(rq, &q->fds, &bytes));
	TRY(facts_read(rq->facts, &q->arena, &facts));
	if (facts.size != rq->size)
		return err_make(ERR_SYNTAX, "facts of another message");
	struct delivery *d = ARENA_NEW_N(&q->arena, struct delivery, rq->recipients_n);

	rp->results = ARENA_NEW_N(&q->arena, struct msg_deliver_result, rq->recipients_n);
	if (!d || !rp->results)
		return err_make(ERR_RESOURCES, "no memory for a delivery");
	for (size_t i = 0; i < rq->recipients_n; i++) {
		d[i].account = rq->recipients[i].account;
		d[i].add = (struct message_add){
			.bytes = bytes,
			.facts = &facts,
			.facts_bytes = rq->facts,
			.prefix = rq->recipients[i].prefix,
			.mailbox = rq->recipients[i].mailbox,
			.mailbox_create = true,
		};
	}
	message_deliver(p->store, d, rq->recipients_n);
	rp->results_n = rq->recipients_n;
	for (size_t i = 0; i < rq->recipients_n; i++) {
		rp->results[i].code = (uint16_t)d[i].ret_code;
		rp->results[i].why = str_z(d[i].ret_why);
	}
	return ERR_OK;
}

static void delivery_log(struct role *r, const struct msg_deliver_request *rq,
			 const struct msg_deliver_reply *rp)
{
	for (size_t i = 0; i < rp->results_n; i++) {
		const struct msg_deliver_to *to = &rq->recipients[i];

		if (rp->results[i].code)
			log_error(&r->lc, "message not delivered", F_STR("account", to->account),
				  F_STR("mailbox", to->mailbox), F_STR("err", rp->results[i].why));
		else
			log_info(&r->lc, "message delivered", F_STR("account", to->account),
				 F_STR("mailbox", to->mailbox), F_U64("size", rq->size));
	}
}

static void on_deliver(struct ipc_request *q)
{
	struct role *r = q->ctx;
	struct msg_deliver_reply rp = {};
	struct err e = deliver(r->own, q, &rp);

	if (err_failed(e)) {
		ipc_reply_err(q, e);
		return;
	}
	delivery_log(r, q->args, &rp);
	ipc_reply(q, &rp, NULL);
}

static void (*const handlers[MSG_CALL_N])(struct ipc_request *q) = {
	[MSG_CALL_DELIVER] = on_deliver,
	[MSG_CALL_CONFIG_WATCH] = post_on_config_watch,
};

/* Makes the accounts of the configuration that have no folder yet. */
static struct err accounts_make(struct role *r, struct post *p)
{
	struct conf *conf = role_conf(r);
	struct err e = ERR_OK;
	struct account *a;

	const struct conf_dynamic *dynamic = conf_dynamic(conf);

	for (size_t i = 0; i < dynamic->accounts_n && err_is_ok(e); i++) {
		e = account_create(p->store, dynamic->accounts[i].name, &a);
		if (err_is_ok(e))
			account_close(a);
		e = err_add(e, "account %.*s", STR_ARG(dynamic->accounts[i].name));
	}
	conf_unref(conf);
	return e;
}

static void post_configured(struct role *r)
{
	struct err e = accounts_make(r, r->own);

	if (err_failed(e))
		log_error(&r->lc, "making new accounts", F_ERR(e));
}

static struct err post_prepare(struct role *r)
{
	struct post *p = calloc(1, sizeof(*p));

	if (!p)
		return err_make(ERR_RESOURCES, "no memory for post");
	r->own = p;
	p->role = r;
	pthread_mutex_init(&p->lock, NULL);
	TRY(role_store_open(r, &p->store));
	post_config_look(p);
	return ERR_OK;
}

static struct err post_start(struct role *r)
{
	struct post *p = r->own;

	TRY(accounts_make(r, p));
	TRY(post_config_start(p));
	TRY(post_control_start(p));
	p->work = (struct task){.fd = -1, .run = work_run, .done = work_done};
	TRY(role_task(r, &p->work));
	return ERR_OK;
}

static void post_end(struct role *r)
{
	struct post *p = r->own;

	if (p) {
		post_control_end(p);
		post_config_end(p);
	}
}

static void post_free(struct role *r)
{
	struct post *p = r->own;

	if (!p)
		return;
	if (p->store)
		store_close(p->store);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

const struct role_kind role_post = {
	.id = MSG_ROLE_ID_POST,
	.name = "post",
	.libraries = {"sqlite3", "z"},
	.prepare = post_prepare,
	.start = post_start,
	.end = post_end,
	.free = post_free,
	.handlers = handlers,
	.configured = post_configured,
};
