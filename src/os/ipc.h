/* ipc: calls between roles (doc/design.md §3), over channels of one connected socket each.
 *
 * A hub is one thread that reads all channels of a role. Both ends of a channel may call and serve.
 * What is said is defined in idl/messages.idl, whose generated table (`msg_calls`) a channel gets:
 *
 *	struct msg_sign_request rq = {...};
 *	struct msg_sign_reply rp;
 *	TRY(IPC_CALL(secrets, msg_sign, &rq, deadline, &arena, &rp));
 *
 * A caller blocks (ipc_call, for workers) or gives a callback (ipc_start). One request may be
 * answered several times, the last answer closes it. Every call ends by its deadline (monotonic ns
 * of the hub's clock) at the latest, with TIMEOUT; when the other role dies, all its calls fail at
 * once with UNAVAILABLE, and later ones until the parent has sent a new socket (ipc_replace).
 *
 * Who serves gives a table of handlers. A handler runs on a worker of the channel's loop (without a
 * loop: on the hub's thread, then it may not block), and answers then or later, from any thread.
 * No answer ever blocks: it waits in a bounded queue, and a peer that does not read is dropped.
 *
 * Input: the other role may have been taken over. A bad message ends that exchange; descriptors
 * beyond what a call declares are closed; both ends bound what is in flight.
 * Threads: everything from any thread. A callback runs on the hub's thread, without locks, and may
 * not block.
 */
#ifndef MOX_OS_IPC_H
#define MOX_OS_IPC_H

#include "base/arena.h"
#include "base/list.h"
#include "base/log.h"
#include "base/wire.h"
#include "os/ipc_packet.h"
#include "os/loop.h"
#include <stdatomic.h>

struct clock;
struct ipc;
struct ipc_hub;
struct ipc_request;

struct err ipc_hub_new(struct clock *clock, struct ipc_hub **ret);
/* After all channels were closed. */
void ipc_hub_free(struct ipc_hub *h);
/* For clock_hook_add in tests: every deadline that is due has ended its call. */
void ipc_hub_settle_hook(void *hub);

struct ipc_opts {
	const char *name; /* of the role at the other end: for errors and logs; a constant */
	const struct wire_call *calls; /* outlives the channel, as does handlers */
	unsigned calls_n;
	/* By call number; NULL: this end does not serve it. */
	void (*const *handlers)(struct ipc_request *r);
	unsigned handlers_n;
	void *ctx;          /* for the handlers and for down */
	struct loop *loop;  /* where handlers run; NULL: on the hub's thread */
	unsigned in_flight; /* calls open at once, each way; 0: 1024 */
	size_t unread;      /* bytes that wait for a peer that does not read; 0: 4 MiB */
	/* On the hub's thread, when the other end went away (not after ipc_close); may be NULL. */
	void (*down)(struct ipc *c, void *ctx);
	struct log_ctx log;
};

/* Takes the fd over, even on failure; -1: a channel that is down until ipc_replace. */
struct err ipc_open(struct ipc_hub *h, const struct ipc_opts *opts, int fd, struct ipc **ret);
/* A new socket to a role that was started again. What was open on the old one fails. Takes the fd.
 */
struct err ipc_replace(struct ipc *c, int fd);
/* Fails what is open with UNAVAILABLE, and waits for callbacks that run; requests being handled
 * may still be answered, into the void. Not from a callback or from a handler of this channel. */
void ipc_close(struct ipc *c);

/* Calling. */

/* Calls and waits for the first answer (a call that is answered several times is for ipc_start).
 * The answer's texts and lists live in the arena. fds: sent along, stay the caller's; ret_fds:
 * those that came, which the caller closes; both may be NULL. UNAVAILABLE; TIMEOUT; RESOURCES with
 * too many calls in flight; SYNTAX for an answer that makes no sense; what the callee answers. */
struct err ipc_call(struct ipc *c, unsigned call, const void *request, int64_t deadline,
		    const struct ipc_fds *fds, struct arena *a, void *ret_reply,
		    struct ipc_fds *ret_fds);

/* The same, typed: name is what the call is named in the definition, with its prefix. */
#define IPC_CALL(c, name, rq, deadline, a, rp) \
	ipc_call((c), name##_call((rq), (rp)), (rq), (deadline), NULL, (a), (rp), NULL)
#define IPC_CALL_FDS(c, name, rq, deadline, fds, a, rp, ret_fds) \
	ipc_call((c), name##_call((rq), (rp)), (rq), (deadline), (fds), (a), (rp), (ret_fds))

/* An answer, for the time of the callback. */
struct ipc_result {
	struct err err; /* of this thread; then there is nothing else, and `more` is false */
	bool more;      /* others will follow */
	const struct ipc_packet *packet;
	const struct wire_type *type;
	struct ipc_fds *fds; /* take by setting to -1; the rest is closed */
};
/* The answer's value; texts and lists live in the arena. */
struct err ipc_result_read(const struct ipc_result *r, struct arena *a, void *ret_reply);

typedef void ipc_done_fn(void *arg, struct ipc_result *r);

/* Begins a call. After ERR_OK `done` is called once for every answer, or once with an error; after
 * an error (those that ipc_call gives before anything was sent) never. *ret_id is set before `done`
 * can run; it may be NULL. */
struct err ipc_start(struct ipc *c, unsigned call, const void *request, int64_t deadline,
		     const struct ipc_fds *fds, ipc_done_fn *done, void *arg, uint64_t *ret_id);
/* When this returns `done` does not run and won't any more (from `done` itself: won't any more).
 * The callee is told. An id that has ended is fine. The caller holds no lock that `done` takes. */
void ipc_cancel(struct ipc *c, uint64_t id);

/* Serving. */

/* What a handler gets; it lives until the last answer is given, and one must be given. */
struct ipc_request {
	void *ctx;          /* of the channel */
	const void *args;   /* the request's struct */
	struct ipc_fds fds; /* take by setting to -1; the rest is closed at the end */
	struct arena arena; /* holds the args; for the handler's use until the last answer */
	int64_t deadline;   /* monotonic ns: later nobody waits for the answer */
	unsigned call;

	/* private */
	struct task task;
	struct ipc *chan;
	struct list in_chan;
	struct task *wakes; /* when gone */
	struct str body;
	uint64_t id;
	uint32_t generation;
	int refs;
	bool answered;
	atomic_bool gone;
};

/* The last answer; r is gone after it. fds stay the caller's. An answer that can't be sent (out of
 * its type's range, too big) becomes an error to the caller. */
void ipc_reply(struct ipc_request *r, const void *reply, const struct ipc_fds *fds);
/* An answer that is not the last. */
void ipc_reply_more(struct ipc_request *r, const void *reply, const struct ipc_fds *fds);
/* The last answer: code and text travel. e is not ERR_OK. */
void ipc_reply_err(struct ipc_request *r, struct err e);
/* Nobody waits for the answer any more (it must be given all the same). */
bool ipc_request_gone(const struct ipc_request *r);
/* Has the task woken when the caller cancels or dies (at the deadline it is not), now if that was
 * already. Until the last answer the task is one that may be woken. */
void ipc_request_wake(struct ipc_request *r, struct task *task);

#endif
