#include "os/ipc_internal.h"

#include "os/clock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	IN_FLIGHT = 1024,
	UNREAD = 4 << 20,
	/* What a queued packet counts beyond its body, so that empty ones are bounded too. */
	OUT_COST = 512,
	/* Packets read from one channel before the others get their turn. */
	READ_BATCH = 32,
};

void ipc_lock(struct ipc_hub *h)
{
	pthread_mutex_lock(&h->lock);
}

void ipc_unlock(struct ipc_hub *h)
{
	pthread_mutex_unlock(&h->lock);
}

void ipc_kick(struct ipc_hub *h)
{
	uint64_t one = 1;

	if (h->kicked)
		return;
	h->kicked = true;
	/* The counter can't overflow: kicked says that it is 0. */
	if (write(h->kick_fd, &one, sizeof(one)) != sizeof(one))
		assert(!"eventfd");
}

/* The socket and its queue. */

static bool poll_for(struct ipc *c, int op, bool write)
{
	struct epoll_event ev = {.events = EPOLLIN | (write ? EPOLLOUT : 0u), .data.ptr = c};

	c->want_write = write;
	return epoll_ctl(c->hub->epoll_fd, op, c->fd, &ev) == 0;
}

/* Frees the first that waits, if there is one. */
static bool out_drop(struct ipc *c)
{
	struct list *first = list_pop(&c->out);

	if (!first)
		return false;
	struct ipc_out *o = CONTAINER_OF(first, struct ipc_out, in_out);

	c->out_bytes -= o->n + OUT_COST;
	ipc_fds_close(&o->fds);
	if (o->memfd >= 0)
		close(o->memfd);
	free(o);
	return true;
}

void ipc_chan_break(struct ipc *c)
{
	if (c->fd < 0)
		return;
	/* Closing alone would not end the polling while a child that was forked has not yet exec'd.
	 */
	epoll_ctl(c->hub->epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
	close(c->fd);
	c->fd = -1;
	c->generation++;
	c->broken = true;
	while (out_drop(c))
		;
	ipc_requests_gone(c);
	ipc_kick(c->hub);
}

static bool fds_dup(struct ipc_out *o, const struct ipc_fds *fds, int memfd)
{
	for (unsigned i = 0; fds && i < fds->n; i++) {
		int fd = fcntl(fds->fd[i], F_DUPFD_CLOEXEC, 3);

		if (fd < 0)
			return false;
		o->fds.fd[o->fds.n++] = fd;
	}
	o->memfd = memfd < 0 ? -1 : fcntl(memfd, F_DUPFD_CLOEXEC, 3);
	return memfd < 0 || o->memfd >= 0;
}

static enum ipc_sent enqueue(struct ipc *c, const struct ipc_head *head, struct str body,
			     const struct ipc_fds *fds, int memfd)
{
	size_t n = memfd < 0 ? body.n : 0;

	if (n + OUT_COST > c->opts.unread - c->out_bytes) {
		log_error(&c->opts.log, "role does not read its channel, dropping it",
			  F_Z("role", c->opts.name));
		ipc_chan_break(c);
		return IPC_SENT_GONE;
	}
	struct ipc_out *o = calloc(1, sizeof(*o) + n);

	if (!o)
		return IPC_SENT_REFUSED;
	o->head = *head;
	o->n = n;
	if (n)
		memcpy(o->body, body.p, n);
	/* The size travels in the head when the body is in a file. */
	o->head.body_n = (uint32_t)body.n;
	if (!fds_dup(o, fds, memfd)) {
		ipc_fds_close(&o->fds);
		free(o);
		return IPC_SENT_REFUSED;
	}
	list_add_tail(&c->out, &o->in_out);
	c->out_bytes += n + OUT_COST;
	if (!c->want_write && !poll_for(c, EPOLL_CTL_MOD, true))
		assert(!"epoll");
	return IPC_SENT;
}

enum ipc_sent ipc_chan_send(struct ipc *c, const struct ipc_head *head, struct str body,
			    const struct ipc_fds *fds, int memfd)
{
	enum ipc_sent sent = IPC_SENT_FULL;

	if (c->fd < 0)
		return IPC_SENT_GONE;
	if (list_empty(&c->out))
		sent = ipc_packet_send(c->fd, head, body, fds, memfd);
	if (sent == IPC_SENT_FULL)
		sent = enqueue(c, head, body, fds, memfd);
	if (sent == IPC_SENT_GONE)
		ipc_chan_break(c);
	return sent;
}

static void flush(struct ipc *c)
{
	while (c->fd >= 0 && !list_empty(&c->out)) {
		struct ipc_out *o = CONTAINER_OF(c->out.next, struct ipc_out, in_out);
		struct str body = str_of(o->body, o->memfd < 0 ? o->n : o->head.body_n);
		enum ipc_sent sent = ipc_packet_send(c->fd, &o->head, body, &o->fds, o->memfd);

		if (sent == IPC_SENT_FULL)
			return;
		/* A packet that the kernel refuses now was promised: the exchange can't be ended
		 * in order any more, so the channel is. */
		if (sent != IPC_SENT) {
			ipc_chan_break(c);
			return;
		}
		out_drop(c);
	}
	if (c->fd >= 0 && c->want_write && !poll_for(c, EPOLL_CTL_MOD, false))
		assert(!"epoll");
}

struct err ipc_body_make(const struct wire_type *t, const void *value, struct ipc_body *ret)
{
	*ret = (struct ipc_body){.buf = BUF_INIT(t->max), .memfd = -1};
	wire_write(&ret->buf, t, value);
	if (buf_failed(&ret->buf)) {
		buf_fini(&ret->buf);
		return err_make(ERR_LIMIT, "message %s: a value is past its maximum", t->name);
	}
	if (ret->buf.n <= IPC_BODY_INLINE)
		return ERR_OK;
	struct err e = ipc_memfd(buf_str(&ret->buf), &ret->memfd);

	if (err_failed(e))
		buf_fini(&ret->buf);
	return e;
}

void ipc_body_fini(struct ipc_body *b)
{
	buf_fini(&b->buf);
	if (b->memfd >= 0)
		close(b->memfd);
}

/* The hub's thread. */

static void packet_got(struct ipc *c, struct ipc_packet *p)
{
	switch (p->head.kind) {
	case IPC_REQUEST: ipc_on_request(c, p); break;
	case IPC_CANCEL: ipc_on_cancel(c, p->head.id); break;
	default: ipc_on_answer(c, p); break;
	}
	ipc_packet_close(p);
}

static void on_readable(struct ipc *c)
{
	for (int i = 0; i < READ_BATCH && c->fd >= 0; i++) {
		struct ipc_packet p;

		switch (ipc_packet_receive(c->fd, c->hub->room, &p)) {
		case IPC_GOT: packet_got(c, &p); break;
		case IPC_GOT_NONE: return;
		case IPC_GOT_GONE: ipc_chan_break(c); return;
		case IPC_GOT_BAD:
			log_error(&c->opts.log, "bad packet from role", F_Z("role", c->opts.name));
			if (p.head.kind == IPC_REPLY || p.head.kind == IPC_ERROR)
				ipc_on_bad_answer(c, p.head.id);
			break;
		}
	}
}

static struct ipc *chan_find(struct ipc_hub *h, const void *p)
{
	list_for_each (&h->chans, n) {
		struct ipc *c = CONTAINER_OF(n, struct ipc, in_hub);

		if (c == p)
			return c;
	}
	return NULL;
}

/* Calls of a socket that is gone are failed; then whoever wants to know is told. */
static void chan_after_break(struct ipc *c)
{
	struct ipc_hub *h = c->hub;

	c->broken = false;
	ipc_fail_old(c);
	if (c->closing) {
		list_remove(&c->in_hub);
		c->closed = true;
		pthread_cond_broadcast(&h->changed);
	} else if (c->opts.down) {
		ipc_unlock(h);
		c->opts.down(c, c->opts.ctx);
		ipc_lock(h);
	}
}

/* Only this thread takes channels from the list, so the walk survives the callbacks. */
static void pass(struct ipc_hub *h)
{
	int64_t now = clock_mono(h->clock);

	h->passes_begun++;
	list_for_each_safe (&h->chans, n) {
		struct ipc *c = CONTAINER_OF(n, struct ipc, in_hub);

		ipc_expire(c, now);
		if (c->broken)
			chan_after_break(c);
	}
	h->passes_ended = h->passes_begun;
	pthread_cond_broadcast(&h->changed);
}

static int sleep_ms(struct ipc_hub *h)
{
	h->sleeps_until = NS_NEVER;
	list_for_each (&h->chans, n) {
		struct ipc *c = CONTAINER_OF(n, struct ipc, in_hub);

		if (c->next_deadline < h->sleeps_until)
			h->sleeps_until = c->next_deadline;
	}
	if (h->kicked)
		return 0;
	if (h->sleeps_until == NS_NEVER)
		return -1;
	int64_t ns = h->sleeps_until - clock_mono(h->clock);

	if (ns <= 0)
		return 0;
	return ns > 60 * NS_PER_S ? 60000 : (int)((ns + NS_PER_MS - 1) / NS_PER_MS);
}

static void kick_clear(struct ipc_hub *h)
{
	uint64_t v;

	if (h->kicked && read(h->kick_fd, &v, sizeof(v)) == sizeof(v))
		h->kicked = false;
}

static void on_event(struct ipc_hub *h, const struct epoll_event *ev)
{
	struct ipc *c = ev->data.ptr ? chan_find(h, ev->data.ptr) : NULL;

	if (!c || c->fd < 0)
		return;
	if (ev->events & EPOLLOUT)
		flush(c);
	/* What was sent before the other end closed is still read: EOF comes after it. */
	if (c->fd >= 0 && ev->events & ~(unsigned)EPOLLOUT)
		on_readable(c);
}

static void *hub_run(void *arg)
{
	struct ipc_hub *h = arg;
	struct epoll_event ev[16];

	ipc_lock(h);
	while (!h->stop) {
		pass(h);
		int ms = sleep_ms(h);

		ipc_unlock(h);
		int n = epoll_wait(h->epoll_fd, ev, ARRAY_LEN(ev), ms);
		ipc_lock(h);
		h->sleeps_until = 0;
		kick_clear(h);
		for (int i = 0; i < n; i++)
			on_event(h, &ev[i]);
	}
	ipc_unlock(h);
	return NULL;
}

void ipc_hub_settle_hook(void *hub)
{
	struct ipc_hub *h = hub;

	ipc_lock(h);
	uint64_t want = h->passes_begun + 1;

	ipc_kick(h);
	while (h->passes_ended < want)
		pthread_cond_wait(&h->changed, &h->lock);
	ipc_unlock(h);
}

/* Signals are for the thread that asked for them. */
static int thread_start(struct ipc_hub *h)
{
	sigset_t all, old;

	sigfillset(&all);
	/* Open for os/sandbox: a refused call would end the process. */
	sigdelset(&all, SIGSYS);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int r = pthread_create(&h->thread, NULL, hub_run, h);

	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r;
}

static struct err hub_start(struct ipc_hub *h)
{
	struct epoll_event ev = {.events = EPOLLIN};

	h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	h->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (h->epoll_fd < 0 || h->kick_fd < 0 ||
	    epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, h->kick_fd, &ev) != 0)
		return err_errno("hub of the roles' channels");
	h->room = malloc(IPC_PACKET_MAX);
	if (!h->room)
		return err_make(ERR_RESOURCES, "no memory");
	errno = thread_start(h);
	return errno ? err_errno("hub of the roles' channels: thread") : ERR_OK;
}

/* Takes the lock, which it gives back. */
static void hub_unref(struct ipc_hub *h)
{
	bool last = --h->refs == 0;

	ipc_unlock(h);
	if (!last)
		return;
	if (h->epoll_fd >= 0)
		close(h->epoll_fd);
	if (h->kick_fd >= 0)
		close(h->kick_fd);
	pthread_cond_destroy(&h->changed);
	pthread_mutex_destroy(&h->lock);
	free(h->room);
	free(h);
}

struct err ipc_hub_new(struct clock *clock, struct ipc_hub **ret)
{
	struct ipc_hub *h = calloc(1, sizeof(*h));

	if (!h)
		return err_make(ERR_RESOURCES, "no memory");
	h->clock = clock;
	h->refs = 1;
	list_init(&h->chans);
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->changed, NULL);
	struct err e = hub_start(h);

	if (err_failed(e)) {
		ipc_lock(h);
		hub_unref(h);
		return e;
	}
	*ret = h;
	return ERR_OK;
}

void ipc_hub_free(struct ipc_hub *h)
{
	ipc_lock(h);
	assert(list_empty(&h->chans));
	h->stop = true;
	ipc_kick(h);
	ipc_unlock(h);
	pthread_join(h->thread, NULL);
	ipc_lock(h);
	hub_unref(h);
}

/* Channels. */

void ipc_chan_unref_unlock(struct ipc *c)
{
	struct ipc_hub *h = c->hub;

	if (--c->refs > 0) {
		ipc_unlock(h);
		return;
	}
	free(c->slots);
	free(c->free_slots);
	free(c);
	hub_unref(h);
}

static bool fd_take(struct ipc *c, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return false;
	c->fd = fd;
	if (poll_for(c, EPOLL_CTL_ADD, false))
		return true;
	c->fd = -1;
	return false;
}

struct err ipc_open(struct ipc_hub *h, const struct ipc_opts *opts, int fd, struct ipc **ret)
{
	struct ipc *c = calloc(1, sizeof(*c));

	if (!c)
		goto fail;
	*c = (struct ipc){.hub = h, .opts = *opts, .fd = -1, .refs = 1, .next_deadline = NS_NEVER};
	c->opts.in_flight = opts->in_flight ? opts->in_flight : IN_FLIGHT;
	c->opts.unread = opts->unread ? opts->unread : UNREAD;
	list_init(&c->out);
	list_init(&c->requests);
	ipc_lock(h);
	if (fd >= 0 && !fd_take(c, fd)) {
		ipc_unlock(h);
		goto fail;
	}
	h->refs++;
	list_add_tail(&h->chans, &c->in_hub);
	ipc_unlock(h);
	*ret = c;
	return ERR_OK;
fail:
	if (fd >= 0)
		close(fd);
	free(c);
	return err_make(ERR_RESOURCES, "open channel to role %s", opts->name);
}

struct err ipc_replace(struct ipc *c, int fd)
{
	struct err e = ERR_OK;

	ipc_lock(c->hub);
	ipc_chan_break(c);
	if (!fd_take(c, fd)) {
		e = err_errno("channel to role %s", c->opts.name);
		close(fd);
	}
	ipc_unlock(c->hub);
	return e;
}

void ipc_close(struct ipc *c)
{
	struct ipc_hub *h = c->hub;

	assert(!pthread_equal(pthread_self(), h->thread));
	ipc_lock(h);
	c->closing = true;
	ipc_chan_break(c);
	/* Also when it was down already: the hub's thread lets go of it. */
	c->broken = true;
	ipc_kick(h);
	while (!c->closed)
		pthread_cond_wait(&h->changed, &h->lock);
	ipc_chan_unref_unlock(c);
}
