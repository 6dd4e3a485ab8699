/* ipc_internal: what the files of os/ipc share. Everything is under the hub's lock. */
#ifndef MOX_OS_IPC_INTERNAL_H
#define MOX_OS_IPC_INTERNAL_H

#include "os/ipc.h"
#include <pthread.h>

struct ipc_hub {
	struct clock *clock;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a callback ended, a pass ended, a channel was closed */
	pthread_t thread;
	int epoll_fd, kick_fd;
	struct list chans;
	int64_t sleeps_until; /* monotonic ns; what the thread waits for at most */
	/* How often the thread looked at all deadlines and broken channels. */
	uint64_t passes_begun, passes_ended;
	unsigned refs; /* the owner, and every channel */
	bool kicked, stop;
	/* The callback that runs, without the lock; NULL: none. */
	const struct ipc *running_chan;
	uint64_t running_id;
	char *room; /* the thread's: what is being received, of IPC_PACKET_MAX */
};

/* A call that this end made. */
struct ipc_pending {
	uint64_t id;
	uint32_t generation; /* of the socket it was sent on */
	unsigned call;
	int64_t deadline;
	ipc_done_fn *done;
	void *arg;
};

/* A packet that waits for room in the socket; owns its body and descriptors. */
struct ipc_out {
	struct list in_out;
	struct ipc_head head;
	struct ipc_fds fds;
	int memfd;
	size_t n;
	char body[];
};

struct ipc {
	struct ipc_hub *hub;
	struct list in_hub;
	struct ipc_opts opts;
	int fd;              /* -1: down */
	uint32_t generation; /* of the socket: answers to an older one are dropped */
	unsigned refs;       /* the owner, and every request being handled */
	bool broken; /* the hub's thread has not yet failed what was open on the old socket */
	bool closing, closed;
	bool want_write; /* what epoll was told */

	struct list out; /* struct ipc_out */
	size_t out_bytes;

	/* Calls: an id is generation of the slot << 32 | its index. */
	struct ipc_pending **slots; /* NULL: free */
	unsigned *free_slots;
	unsigned slots_n; /* grows up to opts.in_flight; an end that never calls has none */
	unsigned free_n;
	uint32_t serial;
	int64_t next_deadline; /* no call ends earlier */

	struct list requests; /* struct ipc_request: being handled */
	unsigned serving;
};

void ipc_lock(struct ipc_hub *h);
void ipc_unlock(struct ipc_hub *h);
/* Has the hub's thread look at everything again. */
void ipc_kick(struct ipc_hub *h);

/* Sends now, or queues. GONE: the channel is or was just taken down; REFUSED: not this packet. */
enum ipc_sent ipc_chan_send(struct ipc *c, const struct ipc_head *head, struct str body,
			    const struct ipc_fds *fds, int memfd);
/* Gives the socket up; the hub's thread then fails what is open. */
void ipc_chan_break(struct ipc *c);
/* Drops a reference, the last frees, and gives the lock back. */
void ipc_chan_unref_unlock(struct ipc *c);

/* A value's bytes, in a memory file too when they do not fit a packet. */
struct ipc_body {
	struct buf buf;
	int memfd;
};
struct err ipc_body_make(const struct wire_type *t, const void *value, struct ipc_body *ret);
void ipc_body_fini(struct ipc_body *b);

/* The hub's thread, on packets. May unlock and lock again. */
void ipc_on_answer(struct ipc *c, struct ipc_packet *p);
void ipc_on_bad_answer(struct ipc *c, uint64_t id);
void ipc_on_request(struct ipc *c, struct ipc_packet *p);
void ipc_on_cancel(struct ipc *c, uint64_t id);
/* Ends every call of an older socket, or every call whose deadline has passed. */
void ipc_fail_old(struct ipc *c);
void ipc_expire(struct ipc *c, int64_t now);
/* Marks the requests of a socket that is gone. */
void ipc_requests_gone(struct ipc *c);

#endif
