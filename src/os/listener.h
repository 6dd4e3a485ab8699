/* listener: accepts connections of one listening socket and makes sessions of them.
 *
 * Who is over a connection limit gets the protocol's refusal and is closed. Out of descriptors the
 * listener says so once, refuses who waits by means of a spare one, and rests a moment.
 * Memory: a listener lives until loop_stop and its last session; nobody frees it.
 */
#ifndef MOX_OS_LISTENER_H
#define MOX_OS_LISTENER_H

#include "base/log.h"
#include "os/limit.h"
#include "os/session.h"

struct listener_opts {
	struct loop *loop;
	struct log *log; /* NULL: silent */
	const struct session_service *service;
	/* Shared by the listeners of a protocol; outlive the loop. NULL: no limit. */
	struct limit *rate, *open;
	/* Peers from these networks begin with a PROXY header; outlive the loop. */
	const struct ip_net *proxies;
	size_t proxy_n;
};

/* fd listens and is non-blocking; it becomes the listener's. */
struct err listener_start(const struct listener_opts *opts, int fd);

/* A listening socket for listener_start. Port 0: any; addr_local tells. IN_USE, ACCESS, IO. */
struct err listener_bind(const struct addr *a, int *ret_fd);

/* For os/session. */
struct listener {
	struct task task;
	struct listener_opts opts;
	_Atomic size_t refs;
	_Atomic uint64_t next_cid;
	struct log_ctx log;
	int spare_fd; /* closed to have one descriptor when there is none */
	bool starved; /* and this was logged */
};
void listener_unref(struct listener *l);

/* Begins a session of the listener's service on an accepted socket, which it takes over; with
 * proxied the peer's real address comes in a PROXY header. */
void session_start(struct listener *l, int fd, const struct addr *peer, bool proxied);

#endif
