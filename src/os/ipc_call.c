/* The calling end: calls in flight, answers, deadlines. */
#include "os/ipc_internal.h"

#include "os/clock.h"

#include <assert.h>
#include <stdlib.h>

enum { SLOTS_FIRST = 16 };

static bool on_hub_thread(const struct ipc_hub *h)
{
	return pthread_equal(pthread_self(), h->thread);
}

static struct ipc_pending *pending_get(const struct ipc *c, uint64_t id)
{
	uint32_t slot = (uint32_t)id;
	struct ipc_pending *p = slot < c->slots_n ? c->slots[slot] : NULL;

	return p && p->id == id ? p : NULL;
}

static bool slots_grow(struct ipc *c)
{
	unsigned n = c->slots_n ? 2 * c->slots_n : SLOTS_FIRST;

	if (n > c->opts.in_flight)
		n = c->opts.in_flight;
	if (n == c->slots_n)
		return false;
	struct ipc_pending **slots = realloc(c->slots, n * sizeof(struct ipc_pending *));

	if (slots)
		c->slots = slots;
	unsigned *free_slots = realloc(c->free_slots, n * sizeof(*free_slots));

	if (free_slots)
		c->free_slots = free_slots;
	if (!slots || !free_slots)
		return false;
	while (n > c->slots_n) {
		c->slots[c->slots_n] = NULL;
		c->free_slots[c->free_n++] = c->slots_n++;
	}
	return true;
}

static void pending_put(struct ipc *c, struct ipc_pending *p)
{
	unsigned slot = c->free_slots[--c->free_n];

	p->id = (uint64_t)++c->serial << 32 | slot;
	p->generation = c->generation;
	c->slots[slot] = p;
	if (p->deadline < c->next_deadline)
		c->next_deadline = p->deadline;
}

static void pending_remove(struct ipc *c, struct ipc_pending *p)
{
	unsigned slot = (uint32_t)p->id;

	c->slots[slot] = NULL;
	c->free_slots[c->free_n++] = slot; /* check: analyzer: p is in a slot */
	free(p);
}

/* Calls back, without the lock. Afterwards the pending may be gone: it was canceled meanwhile. */
static void deliver(struct ipc *c, struct ipc_pending *p, struct ipc_result *r)
{
	struct ipc_hub *h = c->hub;
	ipc_done_fn *done = p->done;
	void *arg = p->arg;

	h->running_chan = c;
	h->running_id = p->id;
	if (!r->more)
		pending_remove(c, p);
	ipc_unlock(h);
	done(arg, r);
	ipc_lock(h);
	h->running_chan = NULL;
	pthread_cond_broadcast(&h->changed);
}

static void deliver_err(struct ipc *c, struct ipc_pending *p, struct err e)
{
	struct ipc_result r = {
		.err = err_add(e, "role %s, call %s", c->opts.name, c->opts.calls[p->call].name)};

	deliver(c, p, &r);
}

/* The error as ipc_reply_err wrote it: two bytes of code and a text. */
static struct err answer_err(struct str body)
{
	unsigned code =
		body.n < 2 ? 0 : (unsigned char)body.p[0] | (unsigned)(unsigned char)body.p[1] << 8;

	if (code == ERR_NONE || code >= ERR_CODE_COUNT)
		return err_make(ERR_SYNTAX, "answer is an error of no known kind");
	return err_make((enum err_code)code, "%.*s", STR_ARG(str_from(body, 2)));
}

static void answer_value(struct ipc *c, struct ipc_pending *p, struct ipc_packet *packet)
{
	const struct wire_call *call = &c->opts.calls[p->call];

	if (packet->head.body_n < call->reply->min || packet->head.body_n > call->reply->max) {
		deliver_err(c, p, err_make(ERR_SYNTAX, "answer of impossible length"));
		return;
	}
	while (packet->fds.n > call->reply_fds) {
		struct ipc_fds surplus = {.fd = {packet->fds.fd[--packet->fds.n]}, .n = 1};

		ipc_fds_close(&surplus);
	}
	struct ipc_result r = {.more = packet->head.flags & IPC_MORE,
			       .packet = packet,
			       .type = call->reply,
			       .fds = &packet->fds};

	deliver(c, p, &r);
}

void ipc_on_answer(struct ipc *c, struct ipc_packet *packet)
{
	struct ipc_pending *p = pending_get(c, packet->head.id);

	/* Without one: it was canceled, or its deadline came first. */
	if (!p || p->generation != c->generation)
		return;
	if (packet->head.kind == IPC_ERROR)
		deliver_err(c, p, answer_err(packet->inline_body));
	else
		answer_value(c, p, packet);
}

void ipc_on_bad_answer(struct ipc *c, uint64_t id)
{
	struct ipc_pending *p = pending_get(c, id);

	if (p)
		deliver_err(c, p, err_make(ERR_SYNTAX, "answer is no message"));
}

void ipc_fail_old(struct ipc *c)
{
	for (unsigned i = 0; i < c->slots_n; i++) {
		struct ipc_pending *p = c->slots[i];

		if (p && p->generation != c->generation)
			deliver_err(c, p, err_make(ERR_UNAVAILABLE, "the role has ended"));
	}
}

static void cancel_send(struct ipc *c, uint64_t id)
{
	struct ipc_head head = {.kind = IPC_CANCEL, .id = id};

	/* If it can't be sent the callee works in vain, no more. */
	(void)ipc_chan_send(c, &head, STR(""), NULL, -1);
}

void ipc_expire(struct ipc *c, int64_t now)
{
	if (now < c->next_deadline)
		return;
	c->next_deadline = NS_NEVER;
	for (unsigned i = 0; i < c->slots_n; i++) {
		struct ipc_pending *p = c->slots[i];

		if (!p)
			continue;
		if (p->deadline <= now) {
			cancel_send(c, p->id);
			deliver_err(c, p, err_make(ERR_TIMEOUT, "no answer in time"));
		} else if (p->deadline < c->next_deadline) {
			c->next_deadline = p->deadline;
		}
	}
}

struct err ipc_result_read(const struct ipc_result *r, struct arena *a, void *ret_reply)
{
	struct str body;

	if (err_failed(r->err))
		return r->err;
	TRY(ipc_packet_body(r->packet, a, &body));
	return wire_read(body, a, r->type, ret_reply);
}

/* Registers before sending, as the answer may come before we are back. */
static struct err start_locked(struct ipc *c, struct ipc_pending *p, const struct ipc_body *body,
			       const struct ipc_fds *fds, uint64_t *ret_id)
{
	if (c->fd < 0)
		return err_make(ERR_UNAVAILABLE, "the role is not running");
	if (c->free_n == 0 && !slots_grow(c))
		return err_make(ERR_RESOURCES, "too many calls in flight");
	pending_put(c, p);
	if (ret_id)
		*ret_id = p->id;
	struct ipc_head head = {.kind = IPC_REQUEST,
				.call = (uint16_t)p->call,
				.id = p->id,
				.deadline = p->deadline};

	switch (ipc_chan_send(c, &head, buf_str(&body->buf), fds, body->memfd)) {
	case IPC_SENT: break;
	case IPC_SENT_GONE:
		c->slots[(uint32_t)p->id] = NULL;
		c->free_slots[c->free_n++] = (uint32_t)p->id;
		return err_make(ERR_UNAVAILABLE, "the role has ended");
	default:
		c->slots[(uint32_t)p->id] = NULL;
		c->free_slots[c->free_n++] = (uint32_t)p->id;
		return err_make(ERR_RESOURCES, "message can't be sent");
	}
	if (p->deadline < c->hub->sleeps_until)
		ipc_kick(c->hub);
	return ERR_OK;
}

struct err ipc_start(struct ipc *c, unsigned call, const void *request, int64_t deadline,
		     const struct ipc_fds *fds, ipc_done_fn *done, void *arg, uint64_t *ret_id)
{
	struct ipc_body body;

	assert(call < c->opts.calls_n && (!fds || fds->n <= c->opts.calls[call].request_fds));
	const char *name = c->opts.calls[call].name;

	TRY(ipc_body_make(c->opts.calls[call].request, request, &body));
	struct ipc_pending *p = malloc(sizeof(*p));

	if (!p) {
		ipc_body_fini(&body);
		return err_make(ERR_RESOURCES, "no memory");
	}
	*p = (struct ipc_pending){.call = call, .deadline = deadline, .done = done, .arg = arg};
	ipc_lock(c->hub);
	struct err e = start_locked(c, p, &body, fds, ret_id);

	ipc_unlock(c->hub);
	ipc_body_fini(&body);
	if (err_failed(e))
		free(p);
	/* NOLINTNEXTLINE: p is in a slot, where the answer finds it */
	return err_add(e, "role %s, call %s", c->opts.name, name); /* check: analyzer: as above */
}

void ipc_cancel(struct ipc *c, uint64_t id)
{
	struct ipc_hub *h = c->hub;

	ipc_lock(h);
	struct ipc_pending *p = pending_get(c, id);

	if (p) {
		pending_remove(c, p);
		cancel_send(c, id);
	}
	while (h->running_chan == c && h->running_id == id && !on_hub_thread(h))
		pthread_cond_wait(&h->changed, &h->lock);
	ipc_unlock(h);
}

/* The blocking call: what the callback leaves for the thread that waits. */
struct waiter {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done;
	struct arena *arena;
	struct str body;
	struct ipc_fds *ret_fds;
	enum err_code code;
	char text[512];
	size_t text_n;
};

static void waiter_err(struct waiter *w, struct err e)
{
	struct str text = str_sub(err_text(e), 0, sizeof(w->text));

	w->code = err_code(e);
	memcpy(w->text, text.p, text.n);
	w->text_n = text.n;
}

static void waiter_done(void *arg, struct ipc_result *r)
{
	struct waiter *w = arg;
	struct err e = r->err;

	pthread_mutex_lock(&w->lock);
	/* The thread sleeps: its arena may be used. The value is read there, not here. */
	if (err_is_ok(e) && !w->done)
		e = ipc_packet_body(r->packet, w->arena, &w->body);
	if (!w->done) {
		if (err_failed(e))
			waiter_err(w, e);
		else if (w->ret_fds) {
			*w->ret_fds = *r->fds;
			r->fds->n = 0;
		}
	}
	w->done = true;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void waiter_wait(struct waiter *w)
{
	pthread_mutex_lock(&w->lock);
	while (!w->done)
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

struct err ipc_call(struct ipc *c, unsigned call, const void *request, int64_t deadline,
		    const struct ipc_fds *fds, struct arena *a, void *ret_reply,
		    struct ipc_fds *ret_fds)
{
	struct waiter w = {.lock = PTHREAD_MUTEX_INITIALIZER,
			   .changed = PTHREAD_COND_INITIALIZER,
			   .arena = a,
			   .ret_fds = ret_fds};
	uint64_t id = 0;

	assert(!on_hub_thread(c->hub));
	if (ret_fds)
		ret_fds->n = 0;
	TRY(ipc_start(c, call, request, deadline, fds, waiter_done, &w, &id));
	waiter_wait(&w);
	/* Nothing more to a call that would be answered again; and w must outlive the callback. */
	ipc_cancel(c, id);
	if (w.code != ERR_NONE)
		return err_make(w.code, "%.*s", (int)w.text_n, w.text);
	struct err e = wire_read(w.body, a, c->opts.calls[call].reply, ret_reply);

	if (err_failed(e) && ret_fds)
		ipc_fds_close(ret_fds);
	return err_add(e, "role %s, call %s", c->opts.name, c->opts.calls[call].name);
}
