#include "os/listener.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BACKLOG = 1024,
	ACCEPT_AT_ONCE = 32,
};
#define STARVED_REST_NS (100 * NS_PER_MS)

static int spare_open(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void listener_unref(struct listener *l)
{
	if (atomic_fetch_sub(&l->refs, 1) != 1)
		return;
	if (l->task.fd >= 0)
		close(l->task.fd);
	if (l->spare_fd >= 0)
		close(l->spare_fd);
	free(l);
}

static bool is_proxy(const struct listener *l, struct ip ip)
{
	for (size_t i = 0; i < l->opts.proxy_n; i++)
		if (ip_in_net(ip, &l->opts.proxies[i]))
			return true;
	return false;
}

/* Out of descriptors: the peer that waits longest is told by a close that we are busy. */
static struct park starve(struct listener *l, int error)
{
	if (!l->starved)
		log_error(&l->log, "accept: too few file descriptors or memory, refusing peers",
			  F_Z("err", strerrordesc_np(error)));
	l->starved = true;
	if (l->spare_fd >= 0)
		close(l->spare_fd);
	int fd = accept4(l->task.fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		close(fd);
	l->spare_fd = spare_open();
	return park_on(0, clock_mono(loop_clock(l->opts.loop)) + STARVED_REST_NS);
}

/* What accept(2) says of the socket itself: wait a moment, the next time it may be better. */
static struct park broken(struct listener *l, int error)
{
	log_error(&l->log, "accept", F_Z("err", strerrordesc_np(error)));
	return park_on(0, clock_mono(loop_clock(l->opts.loop)) + STARVED_REST_NS);
}

static struct park accept_failed(struct listener *l, int error)
{
	switch (error) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM: return starve(l, error);
	case EBADF:
	case EFAULT:
	case EINVAL:
	case ENOTSOCK:
	case EOPNOTSUPP: return broken(l, error);
	default: return park_on(LOOP_READ, 0); /* nobody waits, or who did has gone */
	}
}

static struct park listener_run(struct task *t, unsigned why)
{
	struct listener *l = CONTAINER_OF(t, struct listener, task);

	if (why & LOOP_STOP)
		return park_end();
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		struct sockaddr_storage ss = {0};
		socklen_t n = sizeof(ss);
		int fd = accept4(t->fd, (struct sockaddr *)(void *)&ss, &n,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return accept_failed(l, errno);
		struct addr peer = addr_of_sockaddr((struct sockaddr *)(void *)&ss, n);

		l->starved = false;
		session_start(l, fd, &peer, is_proxy(l, peer.ip));
	}
	return park_on(LOOP_READ, 0);
}

static void listener_done(struct task *t)
{
	/* Nobody is to wait in a queue that is not served; the parent has the socket too. */
	close(t->fd);
	t->fd = -1;
	listener_unref(CONTAINER_OF(t, struct listener, task));
}

struct err listener_start(const struct listener_opts *opts, int fd)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (!l) {
		close(fd);
		return err_make(ERR_RESOURCES, "start a listener: no memory");
	}
	l->opts = *opts;
	atomic_init(&l->refs, 1);
	/* Ids go on after a restart where no earlier one has been: more than one connection a
	 * microsecond does not come. */
	atomic_init(&l->next_cid, (uint64_t)clock_wall(loop_clock(opts->loop)) / 1000);
	l->log = (struct log_ctx){.log = opts->log, .pkg = opts->service->ops->name};
	l->spare_fd = spare_open();
	l->task = (struct task){.fd = fd, .run = listener_run, .done = listener_done};
	if (!loop_add(opts->loop, &l->task)) {
		listener_unref(l);
		return err_make(ERR_RESOURCES, "start a listener: no memory");
	}
	return ERR_OK;
}

struct err listener_bind(const struct addr *a, int *ret_fd)
{
	struct sockaddr_storage ss;
	char text[ADDR_TEXT_MAX];
	int one = 1;
	socklen_t n = addr_sockaddr(a, &ss);
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	addr_text(a, text);
	if (fd < 0)
		return err_errno("listen on %s", text);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (a->ip.family == 6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)(void *)&ss, n) != 0 || listen(fd, BACKLOG) != 0) {
		struct err e = errno == EADDRINUSE
				       ? err_make(ERR_IN_USE, "listen on %s: port is in use", text)
				       : err_errno("listen on %s", text);

		close(fd);
		return e;
	}
	*ret_fd = fd;
	return ERR_OK;
}
