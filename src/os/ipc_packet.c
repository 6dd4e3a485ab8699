#include "os/ipc_packet.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FDS_ALL = IPC_FDS_MAX + 1, /* with the memory file */
	SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL,
};

void ipc_fds_close(struct ipc_fds *fds)
{
	for (unsigned i = 0; i < fds->n; i++)
		if (fds->fd[i] >= 0)
			close(fds->fd[i]);
	fds->n = 0;
}

struct err ipc_pair(int ret[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ret) != 0)
		return err_errno("channel between roles");
	return ERR_OK;
}

static bool write_all(int fd, struct str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s = str_from(s, (size_t)n);
	}
	return true;
}

struct err ipc_memfd(struct str body, int *ret)
{
	int fd = memfd_create("ipc", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return err_errno("memory file of %zu bytes", body.n);
	if (!write_all(fd, body) || fcntl(fd, F_ADD_SEALS, SEALS) != 0) {
		struct err e = err_errno("memory file of %zu bytes", body.n);

		close(fd);
		return e;
	}
	*ret = fd;
	return ERR_OK;
}

static void fds_attach(struct msghdr *m, const int *fds, unsigned n)
{
	struct cmsghdr *c;

	if (n == 0) {
		m->msg_control = NULL;
		m->msg_controllen = 0;
		return;
	}
	m->msg_controllen = CMSG_SPACE(n * sizeof(int));
	c = CMSG_FIRSTHDR(m);
	assert(c);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
}

enum ipc_sent ipc_packet_send(int fd, const struct ipc_head *head, struct str body,
			      const struct ipc_fds *fds, int memfd)
{
	struct ipc_head h = *head;
	char control[CMSG_SPACE(FDS_ALL * sizeof(int))] = {0};
	int all[FDS_ALL];
	unsigned n = 0;

	h.body_n = (uint32_t)body.n;
	if (memfd >= 0) {
		h.flags |= IPC_MEMFD;
		all[n++] = memfd;
		body.n = 0;
	}
	assert(body.n <= IPC_BODY_INLINE);
	for (unsigned i = 0; fds && i < fds->n; i++)
		all[n++] = fds->fd[i];
	struct iovec iov[] = {{&h, sizeof(h)}, {(void *)body.p, body.n}};
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = body.n ? 2 : 1, .msg_control = control};

	fds_attach(&m, all, n);
	for (;;) {
		if (sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return IPC_SENT;
		switch (errno) {
		case EINTR: continue;
		case EAGAIN: return IPC_SENT_FULL;
		case EPIPE:
		case ECONNRESET:
		case ENOTCONN: return IPC_SENT_GONE;
		default: return IPC_SENT_REFUSED;
		}
	}
}

/* Takes the descriptors out of the control data: the first is the memory file if there is one. */
static void fds_detach(struct msghdr *m, bool memfd, struct ipc_packet *ret)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (memfd && ret->memfd < 0)
				ret->memfd = fd;
			else if (ret->fds.n < IPC_FDS_MAX)
				ret->fds.fd[ret->fds.n++] = fd;
			else
				close(fd);
		}
	}
}

static bool head_is_good(const struct ipc_packet *p)
{
	const struct ipc_head *h = &p->head;

	if (h->kind < IPC_REQUEST || h->kind >= IPC_KIND_END || h->flags & ~IPC_FLAGS_ALL)
		return false;
	if (h->flags & IPC_MEMFD)
		return p->memfd >= 0 && p->inline_body.n == 0;
	return p->inline_body.n == h->body_n;
}

enum ipc_got ipc_packet_receive(int fd, char *room, struct ipc_packet *ret)
{
	char control[CMSG_SPACE(FDS_ALL * sizeof(int))];
	struct iovec iov = {room, IPC_PACKET_MAX};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	ssize_t n;

	*ret = (struct ipc_packet){.memfd = -1};
	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return IPC_GOT_NONE;
	if (n <= 0)
		return IPC_GOT_GONE;
	if ((size_t)n >= sizeof(ret->head)) {
		memcpy(&ret->head, room, sizeof(ret->head));
		ret->inline_body = str_of(room + sizeof(ret->head), (size_t)n - sizeof(ret->head));
	}
	fds_detach(&m, ret->head.flags & IPC_MEMFD, ret);
	if (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || !head_is_good(ret)) {
		ipc_packet_close(ret);
		return IPC_GOT_BAD;
	}
	return IPC_GOT;
}

static struct err memfd_read(int fd, size_t n, struct arena *a, struct str *ret)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & SEALS) != SEALS)
		return err_make(ERR_SYNTAX, "body is not a sealed memory file");
	if (fstat(fd, &st) != 0 || st.st_size < 0 || (uint64_t)st.st_size != n)
		return err_make(ERR_SYNTAX, "memory file is not of the size announced");
	char *p = arena_alloc(a, n);

	if (!p)
		return err_make(ERR_RESOURCES, "no memory for a body of %zu bytes", n);
	for (size_t at = 0; at < n;) {
		ssize_t got = pread(fd, p + at, n - at, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_make(ERR_IO, "memory file can't be read");
		at += (size_t)got;
	}
	*ret = str_of(p, n);
	return ERR_OK;
}

struct err ipc_packet_body(const struct ipc_packet *p, struct arena *a, struct str *ret)
{
	if (p->memfd >= 0)
		return memfd_read(p->memfd, p->head.body_n, a, ret);
	*ret = arena_dup(a, p->inline_body);
	if (!ret->p)
		return err_make(ERR_RESOURCES, "no memory for a body of %zu bytes",
				p->inline_body.n);
	return ERR_OK;
}

void ipc_packet_close(struct ipc_packet *p)
{
	ipc_fds_close(&p->fds);
	if (p->memfd >= 0)
		close(p->memfd);
	p->memfd = -1;
}
