/* loop_private: what the two halves of the loop share: loop.c (tasks, deadlines, poller) and
 * loop_pool.c (ready tasks, keys, workers). Everything here is called under the loop's lock.
 */
#ifndef MOX_OS_LOOP_PRIVATE_H
#define MOX_OS_LOOP_PRIVATE_H

#include "os/clock.h"
#include "os/deadlines.h"
#include "os/loop.h"
#include <pthread.h>
#include <time.h>

enum {
	WORKERS_MIN = 1,
	WORKERS_MAX = 256,
	/* Keys are counted in buckets: two that share one share its part of the pool. */
	KEY_BUCKETS = 1024,
};
#define WORKER_IDLE_NS (10 * NS_PER_S)
/* How often the poller looks whether the pool must grow. */
#define GROW_LOOK_NS (2 * NS_PER_MS)

enum task_state { TASK_PARKED, TASK_READY, TASK_RUNNING, TASK_ENDED };

struct key_bucket {
	unsigned running;
	struct list held; /* ready tasks above the share */
};

struct fd_owner {
	struct task *task;
};

struct loop {
	struct clock *clock;
	struct loop_opts opts;
	int epoll_fd, kick_fd;
	pthread_t poller;
	pthread_mutex_t lock; /* for all below, and the loop's part of every task */
	pthread_cond_t changed;

	struct list all, ready;
	size_t ready_n, task_n;
	struct deadlines deadlines;
	struct fd_owner *by_fd;
	size_t by_fd_n;
	uint32_t serial;
	struct key_bucket keys[KEY_BUCKETS];
	uint64_t key_seed;

	struct list idle, gone; /* workers; idle: the one that idles shortest is first */
	unsigned worker_n, worker_busy, worker_peak;
	size_t due_n;          /* runs owed because of a deadline, for loop_settle */
	int64_t polling_until; /* what the poller sleeps for (loop's clock); 0: it is awake */
	bool grow_watch;       /* the poller looks every GROW_LOOK_NS */
	bool kicked, stopping, killing, closing;
};

/* The poller looks again at everything. */
void loop_kick(struct loop *l);
/* Runs a ready task and deals with its verdict; the lock is not held during the task's own code. */
void task_run(struct loop *l, struct task *t);

int64_t loop_system_ns(void);
struct timespec loop_timespec(int64_t ns);
/* A thread with a small stack and no signals; false if there can be no more. */
bool loop_thread_start(pthread_t *thread, void *(*main)(void *), void *arg);

/* A task is to be run. */
void pool_push(struct loop *l, struct task *t);
/* The task's key has one worker more, or one less. */
struct key_bucket *pool_key_enter(struct loop *l, const struct task *t);
void pool_key_leave(struct loop *l, struct key_bucket *k);
/* No task waits for its key any more. */
void pool_release(struct loop *l);
bool pool_worker_start(struct loop *l);
/* Starts a worker if the first ready task waits although all work. Returns whether to look again
 * soon. */
bool pool_grow(struct loop *l);
/* Joins workers that have left. */
void pool_join(struct loop *l);
/* Has idle workers see that the loop is closing. */
void pool_close(struct loop *l);

#endif
