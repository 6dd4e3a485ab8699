/* The serving end: requests being handled, and their answers. */
#include "os/ipc_internal.h"

#include "os/clock.h"

#include <assert.h>
#include <stdlib.h>

enum {
	/* A list's items are larger in C than on the wire, at most so many times (an empty text in
	 * a list: 4 bytes and 16; a struct of optional values: worse); and what a handler uses. */
	ARENA_FACTOR = 32,
	ARENA_EXTRA = 1 << 20,
	ERR_TEXT_MAX = 400,
};

static enum ipc_sent err_send(struct ipc *c, uint64_t id, unsigned call, struct err e)
{
	struct ipc_head head = {.kind = IPC_ERROR, .call = (uint16_t)call, .id = id};
	struct str text = str_sub(err_text(e), 0, ERR_TEXT_MAX);
	char body[2 + ERR_TEXT_MAX];
	unsigned code = err_code(e);

	body[0] = (char)(code & 0xff);
	body[1] = (char)(code >> 8);
	memcpy(body + 2, text.p, text.n);
	return ipc_chan_send(c, &head, str_of(body, 2 + text.n), NULL, -1);
}

/* A caller that can't even be told would wait: it learns by the end of the channel. */
static void err_answer(struct ipc *c, uint64_t id, unsigned call, struct err e)
{
	if (err_send(c, id, call, e) == IPC_SENT_REFUSED)
		ipc_chan_break(c);
}

bool ipc_request_gone(const struct ipc_request *r)
{
	return atomic_load(&r->gone) || clock_mono(r->chan->hub->clock) >= r->deadline;
}

static void request_gone(struct ipc_request *r)
{
	atomic_store(&r->gone, true);
	if (r->wakes)
		task_wake(r->wakes);
}

void ipc_requests_gone(struct ipc *c)
{
	list_for_each (&c->requests, n)
		request_gone(CONTAINER_OF(n, struct ipc_request, in_chan));
}

void ipc_request_wake(struct ipc_request *r, struct task *task)
{
	ipc_lock(r->chan->hub);
	r->wakes = task;
	if (atomic_load(&r->gone))
		task_wake(task);
	ipc_unlock(r->chan->hub);
}

void ipc_on_cancel(struct ipc *c, uint64_t id)
{
	list_for_each (&c->requests, n) {
		struct ipc_request *r = CONTAINER_OF(n, struct ipc_request, in_chan);

		if (r->id == id && r->generation == c->generation)
			request_gone(r);
	}
}

/* Two hold a request: the run of its handler, and the answer that is owed. Takes the hub's lock. */
static void request_unref(struct ipc_request *r)
{
	struct ipc *c = r->chan; /* check: analyzer: refs counts */

	ipc_lock(c->hub);
	if (--r->refs > 0) { /* check: analyzer: refs counts */
		ipc_unlock(c->hub);
		return;
	}
	ipc_fds_close(&r->fds);
	arena_fini(&r->arena);
	free(r);
	ipc_chan_unref_unlock(c);
}

/* The last answer was given, or nobody waits for it. */
static void request_end(struct ipc_request *r)
{
	ipc_lock(r->chan->hub);
	assert(!r->answered);
	r->answered = true;
	list_remove(&r->in_chan);
	r->chan->serving--;
	ipc_unlock(r->chan->hub);
	request_unref(r);
}

static bool request_open(const struct ipc_request *r)
{
	return !atomic_load(&r->gone) && r->generation == r->chan->generation;
}

void ipc_reply_err(struct ipc_request *r, struct err e)
{
	assert(err_failed(e));
	ipc_lock(r->chan->hub);
	if (request_open(r))
		err_answer(r->chan, r->id, r->call, e);
	ipc_unlock(r->chan->hub);
	request_end(r);
}

static void answer_send(struct ipc_request *r, const struct ipc_body *body,
			const struct ipc_fds *fds, bool more)
{
	struct ipc *c = r->chan;
	struct ipc_head head = {.kind = IPC_REPLY,
				.flags = more ? IPC_MORE : 0,
				.call = (uint16_t)r->call,
				.id = r->id};

	ipc_lock(c->hub);
	if (request_open(r) &&
	    ipc_chan_send(c, &head, buf_str(&body->buf), fds, body->memfd) == IPC_SENT_REFUSED) {
		err_answer(c, r->id, r->call, err_make(ERR_RESOURCES, "answer can't be sent"));
		atomic_store(&r->gone, true);
	}
	ipc_unlock(c->hub);
}

static struct err answer(struct ipc_request *r, const void *reply, const struct ipc_fds *fds,
			 bool more)
{
	const struct wire_call *call = &r->chan->opts.calls[r->call];
	struct ipc_body body;

	assert(!r->answered && (!fds || fds->n <= call->reply_fds));
	if (ipc_request_gone(r))
		return ERR_OK;
	TRY(ipc_body_make(call->reply, reply, &body));
	answer_send(r, &body, fds, more);
	ipc_body_fini(&body);
	return ERR_OK;
}

void ipc_reply(struct ipc_request *r, const void *reply, const struct ipc_fds *fds)
{
	struct err e = answer(r, reply, fds, false);

	if (err_failed(e))
		ipc_reply_err(r, e);
	else
		request_end(r);
}

void ipc_reply_more(struct ipc_request *r, const void *reply, const struct ipc_fds *fds)
{
	struct err e = answer(r, reply, fds, true);

	if (err_is_ok(e))
		return;
	/* The error is the last that the caller hears. */
	ipc_lock(r->chan->hub);
	if (request_open(r))
		err_answer(r->chan, r->id, r->call, e);
	atomic_store(&r->gone, true);
	ipc_unlock(r->chan->hub);
}

/* Reading the value is work for a worker too. */
static void request_handle(struct ipc_request *r)
{
	const struct wire_type *t = r->chan->opts.calls[r->call].request;

	if (ipc_request_gone(r)) {
		request_end(r);
		return;
	}
	void *args = arena_alloc(&r->arena, t->size);
	struct err e = args ? wire_read(r->body, &r->arena, t, args)
			    : err_make(ERR_RESOURCES, "no memory for a request");

	if (err_failed(e)) {
		log_error(&r->chan->opts.log, "bad request from role",
			  F_Z("role", r->chan->opts.name), F_ERR(e));
		ipc_reply_err(r, e);
		return;
	}
	r->args = args;
	r->chan->opts.handlers[r->call](r);
}

static struct park request_run(struct task *t, unsigned why)
{
	request_handle(CONTAINER_OF(t, struct ipc_request, task));
	return park_end();
}

static void request_run_done(struct task *t)
{
	request_unref(CONTAINER_OF(t, struct ipc_request, task));
}

static struct err request_check(const struct ipc *c, const struct ipc_packet *p)
{
	unsigned call = p->head.call;

	if (call >= c->opts.handlers_n || call >= c->opts.calls_n || !c->opts.handlers[call])
		return err_make(ERR_UNSUPPORTED, "not served here");
	const struct wire_type *t = c->opts.calls[call].request;

	if (p->head.body_n < t->min || p->head.body_n > t->max)
		return err_make(ERR_SYNTAX, "request of impossible length");
	if (c->serving >= c->opts.in_flight)
		return err_make(ERR_RESOURCES, "too many requests at once");
	return ERR_OK;
}

static struct err request_fill(struct ipc *c, struct ipc_packet *p, struct ipc_request *r)
{
	*r = (struct ipc_request){.ctx = c->opts.ctx,
				  .deadline = p->head.deadline,
				  .call = p->head.call,
				  .chan = c,
				  .id = p->head.id,
				  .generation = c->generation,
				  .refs = 2,
				  .task = {.fd = -1, .run = request_run, .done = request_run_done}};
	arena_init(&r->arena, (size_t)p->head.body_n * ARENA_FACTOR + ARENA_EXTRA);
	TRY(ipc_packet_body(p, &r->arena, &r->body));
	/* Those beyond what the call declares stay in the packet, and are closed with it. */
	unsigned max = c->opts.calls[r->call].request_fds;

	for (; r->fds.n < p->fds.n && r->fds.n < max; r->fds.n++) {
		r->fds.fd[r->fds.n] = p->fds.fd[r->fds.n];
		p->fds.fd[r->fds.n] = -1;
	}
	return ERR_OK;
}

static void request_begin(struct ipc *c, struct ipc_request *r)
{
	struct ipc_hub *h = c->hub;

	c->refs++;
	c->serving++;
	list_add_tail(&c->requests, &r->in_chan);
	if (c->opts.loop && loop_add(c->opts.loop, &r->task))
		return;
	ipc_unlock(h);
	if (c->opts.loop)
		ipc_reply_err(r, err_make(ERR_RESOURCES, "no memory for a request"));
	else
		request_handle(r);
	request_unref(r); /* NOLINT: of two references the analyzer knows one */
	ipc_lock(h);
}

void ipc_on_request(struct ipc *c, struct ipc_packet *p)
{
	struct ipc_request *r = malloc(sizeof(*r));
	struct err e = r ? request_check(c, p) : err_make(ERR_RESOURCES, "no memory for a request");

	if (r && err_is_ok(e)) {
		e = request_fill(c, p, r);
		if (err_is_ok(e)) {
			request_begin(c, r);
			return;
		}
		arena_fini(&r->arena);
	}
	free(r);
	err_answer(c, p->head.id, p->head.call, e);
}
