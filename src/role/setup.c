#include "role/setup.h"

#include "conf/conf.h"
#include "os/crashnote.h"
#include "os/sharedpage.h"
#include "store/store.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIXED_FDS = 3 }; /* of the message setup: stop event, notify page, crash notes */

/* The arena of the role keeps the texts that must live as long as it: names, certificates. */
static struct err keep(struct role *r, struct str s, struct str *ret)
{
	*ret = arena_dup(&r->arena, s);
	return ret->p ? ERR_OK : err_make(ERR_RESOURCES, "no memory for start-up");
}

static int fd_take(struct ipc_fds *fds, unsigned i)
{
	return i < fds->n ? TAKE_FD(fds->fd[i]) : -1;
}

static struct err notify_map(struct role *r, int fd)
{
	void *p =
		mmap(NULL, sizeof(struct store_notify), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return err_errno("map the notify page");
	r->notify = p;
	return ERR_OK;
}

static struct err notes_map(struct role *r, int fd)
{
	void *p;

	TRY(sharedpage_map(fd, crashnote_page_size(), &p));
	r->notes = p;
	return ERR_OK;
}

static struct err on_setup(struct role *r, struct str body, struct arena *a, struct ipc_fds *fds)
{
	struct msg_setup_request rq;

	TRY(msg_setup_request_read(body, a, &rq));
	if (rq.role != r->kind->id || fds->n != FIXED_FDS + rq.wake_roles_n)
		return err_make(ERR_SYNTAX, "setup of another role, or without its descriptors");
	r->data_dir = arena_strz(&r->arena, rq.data_dir);
	if (!r->data_dir)
		return err_make(ERR_SYNTAX, "data folder");
	r->one_process = rq.one_process;
	r->localserve = rq.localserve;
	r->stop_event = fd_take(fds, 0);
	auto_close int notify = fd_take(fds, 1);
	auto_close int notes = fd_take(fds, 2);

	TRY(notify_map(r, notify));
	TRY(notes_map(r, notes));
	for (size_t i = 0; i < rq.wake_roles_n; i++)
		r->wake[rq.wake_roles[i]] = fd_take(fds, FIXED_FDS + (unsigned)i);
	return role_configure(r, &rq.config);
}

static struct err on_metrics(struct role *r, struct str body, struct arena *a, struct ipc_fds *fds)
{
	struct msg_metrics_request rq;
	void *page;

	TRY(msg_metrics_request_read(body, a, &rq));
	if (fds->n != 1 || r->counters[rq.role])
		return err_make(ERR_SYNTAX, "metrics without page, or twice");
	auto_close int fd = fd_take(fds, 0);

	TRY(sharedpage_map(fd, metric_page_size(), &page));
	r->counters[rq.role] = page;
	if (rq.role == r->kind->id)
		metrics_init(&r->metrics, page);
	return ERR_OK;
}

static struct err on_listener(struct role *r, struct str body, struct arena *a, struct ipc_fds *fds)
{
	struct msg_listener_request rq;

	TRY(msg_listener_request_read(body, a, &rq));
	if (fds->n != 1 || r->listener_count == ROLE_LISTENERS_MAX)
		return err_make(ERR_SYNTAX, "listener without socket, or too many");
	struct role_listener *l = &r->listener[r->listener_count];

	TRY(keep(r, rq.name, &l->name));
	TRY(keep(r, rq.address, &l->address));
	l->kind = rq.kind;
	l->fd = fd_take(fds, 0);
	r->listener_count++;
	return ERR_OK;
}

static struct err on_channel(struct role *r, struct str body, struct arena *a, struct ipc_fds *fds)
{
	struct msg_channel_request rq;

	TRY(msg_channel_request_read(body, a, &rq));
	if (fds->n != 1 || r->channel[rq.role].fd >= 0)
		return err_make(ERR_SYNTAX, "channel without socket, or twice");
	r->channel[rq.role].fd = fd_take(fds, 0);
	r->channel[rq.role].callee = rq.callee;
	return ERR_OK;
}

static struct err on_key(struct role *r, struct str body, struct arena *a, struct ipc_fds *fds)
{
	struct msg_key_request rq;

	TRY(msg_key_request_read(body, a, &rq));
	if (fds->n != 1 || r->key_count == ROLE_LISTENERS_MAX)
		return err_make(ERR_SYNTAX, "key without file, or too many");
	TRY(keep(r, rq.path, &r->key[r->key_count].path));
	r->key[r->key_count++].fd = fd_take(fds, 0);
	return ERR_OK;
}

static struct err on_certificate(struct role *r, struct str body, struct arena *a,
				 struct ipc_fds *fds)
{
	struct msg_certificate_request rq;

	(void)fds;
	TRY(msg_certificate_request_read(body, a, &rq));
	if (r->certificate_count == ROLE_LISTENERS_MAX)
		return err_make(ERR_SYNTAX, "too many certificates");
	struct role_certificate *c = &r->certificate[r->certificate_count];

	TRY(keep(r, rq.listener, &c->listener));
	TRY(keep(r, rq.pem, &c->pem));
	r->certificate_count++;
	return ERR_OK;
}

typedef struct err setup_fn(struct role *r, struct str body, struct arena *a, struct ipc_fds *fds);

static setup_fn *const handlers[MSG_CALL_N] = {
	[MSG_CALL_SETUP] = on_setup,       [MSG_CALL_METRICS] = on_metrics,
	[MSG_CALL_LISTENER] = on_listener, [MSG_CALL_CHANNEL] = on_channel,
	[MSG_CALL_KEY] = on_key,           [MSG_CALL_CERTIFICATE] = on_certificate,
};

/* The next packet; blocks. */
static struct err packet_next(int fd, char *room, struct ipc_packet *ret)
{
	for (;;) {
		switch (ipc_packet_receive(fd, room, ret)) {
		case IPC_GOT: return ERR_OK;
		case IPC_GOT_GONE: return err_make(ERR_UNAVAILABLE, "the parent went away");
		case IPC_GOT_BAD: return err_make(ERR_SYNTAX, "a bad packet of the parent");
		case IPC_GOT_NONE: break;
		}
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			return err_errno("wait for the parent");
	}
}

/* All answers of the setup are empty but serve's. */
static struct err answer(int fd, unsigned call, uint64_t id, struct str body)
{
	struct ipc_head head = {
		.kind = IPC_REPLY, .call = (uint16_t)call, .body_n = (uint32_t)body.n, .id = id};

	if (ipc_packet_send(fd, &head, body, NULL, -1) != IPC_SENT)
		return err_make(ERR_UNAVAILABLE, "the parent does not take answers");
	return ERR_OK;
}

static struct err packet_handle(struct role *r, int fd, struct ipc_packet *p)
{
	struct arena a;
	struct str body;

	if (p->head.kind != IPC_REQUEST || p->head.call >= MSG_CALL_N || !handlers[p->head.call])
		return err_make(ERR_SYNTAX, "call %u in the setup", p->head.call);
	arena_init(&a, ROLE_SETUP_ARENA);
	struct err e = ipc_packet_body(p, &a, &body);

	if (err_is_ok(e))
		e = handlers[p->head.call](r, body, &a, &p->fds);
	arena_fini(&a);
	TRY(err_add(e, "%s", msg_calls[p->head.call].name));
	return answer(fd, p->head.call, p->head.id, STR(""));
}

static struct err receive(struct role *r, int fd, char *room, uint64_t *ret_serve)
{
	struct ipc_packet p;

	for (;;) {
		TRY(packet_next(fd, room, &p));
		if (p.head.kind == IPC_REQUEST && p.head.call == MSG_CALL_SERVE) {
			ipc_packet_close(&p);
			*ret_serve = p.head.id;
			return r->conf ? ERR_OK : err_make(ERR_SYNTAX, "serve before setup");
		}
		struct err e = packet_handle(r, fd, &p);

		ipc_packet_close(&p);
		TRY(e);
	}
}

struct err setup_receive(struct role *r, int fd, uint64_t *ret_serve)
{
	char *room = malloc(IPC_PACKET_MAX);

	if (!room)
		return err_make(ERR_RESOURCES, "no memory for start-up");
	struct err e = receive(r, fd, room, ret_serve);

	free(room);
	return e;
}

struct err setup_serving(int fd, uint64_t serve, struct str unenforced)
{
	struct msg_serve_reply rp = {.unenforced = str_sub(unenforced, 0, 1024)};
	BUF_AUTO body = BUF_INIT(4096);

	msg_serve_reply_write(&body, &rp);
	return answer(fd, MSG_CALL_SERVE, serve, buf_str(&body));
}
