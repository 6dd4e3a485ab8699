/* loop: one poller and a pool of workers that run tasks.
 *
 * A task is a piece of work that mostly waits: a connection, a listener, a timer. While it waits
 * it costs its own struct and nothing else; when what it waits for has come, a worker thread calls
 * its `run`, straight-line code that ends in a verdict saying what to wait for next. A run may
 * block on disk and on other roles under a deadline; it never waits for a peer, never sleeps.
 *
 * Workers grow from 1 to 256 when ready tasks wait although all workers are busy, and go after
 * idling. A task carries a key (its peer's IP class, later its account): no key runs on more than
 * a quarter of the workers allowed, so one peer's blocking work can't stop the others.
 *
 * Time: deadlines are on the monotonic scale of the loop's clock, in ns. A test that steps that
 * clock calls loop_settle after it.
 * Threads: a task runs on one worker at a time; between runs there is a happens-before, so a run
 * needs no lock for the task's own data. task_wake may be called from any thread.
 */
#ifndef MOX_OS_LOOP_H
#define MOX_OS_LOOP_H

#include "base/err.h"
#include "base/list.h"
#include "os/deadlines.h"

struct clock;
struct loop;
struct task;

/* What a task waits for, and why it runs. */
enum {
	LOOP_READ = 1,   /* its fd can be read, or has ended or failed */
	LOOP_WRITE = 2,  /* its fd can be written, or has failed */
	LOOP_WAKE = 4,   /* task_wake was called */
	LOOP_TIME = 8,   /* the deadline has passed (only in `why`) */
	LOOP_START = 16, /* the first run (only in `why`) */
	LOOP_STOP = 32,  /* the loop is stopping: come to an end (only in `why`; once) */
	LOOP_AGAIN = 64, /* run again soon, after the others that are ready */
};

/* The verdict of a run. */
struct park {
	unsigned on;   /* LOOP_READ | LOOP_WRITE | LOOP_WAKE | LOOP_AGAIN */
	bool end;      /* nothing any more: `done` is called */
	int64_t until; /* deadline, monotonic ns; 0: none */
};

/* A task without a deadline and with nothing to wait for but LOOP_STOP is legal. */
static inline struct park park_on(unsigned on, int64_t until)
{
	return (struct park){.on = on, .until = until};
}
static inline struct park park_end(void)
{
	return (struct park){.end = true};
}

/* Embedded in its owner's struct; the owner sets the first four, zeroes the rest. */
struct task {
	int fd;       /* what is polled, from loop_add to done; -1: none */
	uint64_t key; /* the class for fairness; 0: no class. May be set by the run itself */
	/* Runs on a worker; why is a set of LOOP_ reasons. */
	struct park (*run)(struct task *t, unsigned why);
	/* Called on a worker after a verdict of end (or past loop_stop's deadline, without a last
	 * run): the loop does not know the task any more, the owner closes the fd and frees. */
	void (*done)(struct task *t);

	/* The loop's own, under its lock. */
	struct loop *loop;
	struct list in_all;
	struct list in_queue; /* ready, or held because of its key */
	int64_t until;        /* of the last verdict */
	int64_t ready_at;     /* system time, for growing the pool */
	struct timer timer;   /* goes off at `until` or before */
	uint32_t serial;      /* tells its events from those of an earlier owner of the fd */
	unsigned char state;
	unsigned char want;    /* of the last verdict */
	unsigned char armed;   /* what epoll will report once */
	unsigned char pending; /* reasons that came and were not yet given to a run */
	bool registered, due;
};

/* The loop with its poller and first workers running, all signals blocked in them (SIGPIPE too).
 * RESOURCES if threads or descriptors can't be had. */
struct err loop_new(struct clock *clock, struct loop **ret);

struct loop_opts {
	unsigned workers_min, workers_max; /* 0: 1 and 256 */
	int64_t idle_ns;                   /* a worker above the minimum goes after this; 0: 10 s */
};
struct err loop_new_opts(struct clock *clock, const struct loop_opts *opts, struct loop **ret);

/* Hands a task over; its first run comes at once, with LOOP_START. From any thread. After
 * loop_stop has begun the first run has LOOP_STOP too. False without memory: nothing was done. */
bool loop_add(struct loop *l, struct task *t) NODISCARD;

/* Has the task run with LOOP_WAKE: at once if its last verdict waits for it, after the current run
 * if it runs; else kept until a verdict waits for it. Never lost, several may become one. The
 * owner sees to it that no call comes after `done` was called. From any thread. */
void task_wake(struct task *t);

/* Tells every task LOOP_STOP, waits until all have ended or the deadline (monotonic ns of the
 * clock) has passed; then ends those left, joins all threads and frees the loop. A run that blocks
 * past the deadline is waited for. Called once, not from a worker. */
void loop_stop(struct loop *l, int64_t deadline);

/* For tests with a stepped clock: returns when every deadline that is due by the clock has had its
 * run, including those that became due by these runs. */
void loop_settle(struct loop *l);
/* The same as a hook for clock_hook_add. */
void loop_settle_hook(void *loop);

struct loop_stats {
	unsigned workers, workers_busy, workers_peak;
	size_t tasks, ready, timers;
};
struct loop_stats loop_stats(struct loop *l);

struct clock *loop_clock(struct loop *l);

#endif
