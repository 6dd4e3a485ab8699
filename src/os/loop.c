#include "os/loop.h"

#include "base/rand.h"
#include "os/clock.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
	WORKERS_MIN = 2,
	WORKERS_MAX = 256,
	/* How many of the workers one key may have: 1 in KEY_SHARE. */
	KEY_SHARE = 4,
	/* Keys are counted in buckets: two that share one share its part of the pool. */
	KEY_BUCKETS = 1024,
	EVENTS = 64,
	STACK = 256 * 1024,
	STACK_SANITIZED = 2 * 1024 * 1024,
};
#define WORKER_IDLE_NS (10 * NS_PER_S)
/* One more worker is started when all are busy and the first ready task has waited so long for each
 * of them: quickly while there are few, slowly towards the maximum, so that a burst of short work
 * does not make threads. */
#define GROW_AFTER_NS (NS_PER_MS / 2)
/* How often the poller looks for that. */
#define GROW_LOOK_NS (2 * NS_PER_MS)

enum task_state { TASK_PARKED, TASK_READY, TASK_RUNNING, TASK_ENDED };
enum worker_state { WORKER_RUNS, WORKER_IDLES, WORKER_GONE };

struct worker {
	struct loop *loop;
	pthread_t thread;
	pthread_cond_t wake;
	struct list in_list; /* idle or gone */
	enum worker_state state;
};

struct key_bucket {
	unsigned running;
	struct list held; /* ready tasks above the share */
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
	struct task **heap; /* by heap_at; room for every task */
	size_t heap_n, heap_cap;
	struct task **by_fd;
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

static int64_t system_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static struct timespec timespec_of(int64_t ns)
{
	return (struct timespec){ns / NS_PER_S, ns % NS_PER_S};
}

/* The poller looks again at everything. */
static void kick(struct loop *l)
{
	uint64_t one = 1;

	if (l->kicked)
		return;
	l->kicked = true;
	/* The counter can't overflow: kicked says that it is 0. */
	if (write(l->kick_fd, &one, sizeof(one)) != sizeof(one))
		assert(!"eventfd");
}

/* Deadlines: a binary heap by heap_at. A later deadline of a task that is in it already leaves the
 * entry where it is, to be moved when it comes to the top: a busy connection sets a deadline with
 * every command and almost none is reached. */

static void heap_put(struct loop *l, size_t i, struct task *t)
{
	l->heap[i] = t;
	t->heap_i = i + 1;
}

static void heap_up(struct loop *l, struct task *t)
{
	size_t i = t->heap_i - 1;

	while (i > 0 && l->heap[(i - 1) / 2]->heap_at > t->heap_at) {
		heap_put(l, i, l->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_put(l, i, t);
}

static void heap_down(struct loop *l, struct task *t)
{
	size_t i = t->heap_i - 1;

	for (size_t child; (child = 2 * i + 1) < l->heap_n; i = child) {
		if (child + 1 < l->heap_n && l->heap[child + 1]->heap_at < l->heap[child]->heap_at)
			child++;
		if (l->heap[child]->heap_at >= t->heap_at)
			break;
		heap_put(l, i, l->heap[child]);
	}
	heap_put(l, i, t);
}

static void heap_remove(struct loop *l, struct task *t)
{
	if (!t->heap_i)
		return;
	struct task *last = l->heap[--l->heap_n];

	if (last != t) {
		heap_put(l, t->heap_i - 1, last);
		heap_up(l, last);
		heap_down(l, last);
	}
	t->heap_i = 0;
}

static void heap_set(struct loop *l, struct task *t, int64_t until)
{
	if (t->heap_i && t->heap_at <= until)
		return;
	if (!t->heap_i)
		heap_put(l, l->heap_n++, t);
	t->heap_at = until;
	heap_up(l, t);
	if (l->polling_until && until < l->polling_until)
		kick(l);
}

/* Workers and the queue of ready tasks. */

static struct key_bucket *bucket_of(struct loop *l, uint64_t key)
{
	uint64_t h = (key ^ l->key_seed) * UINT64_C(0x9e3779b97f4a7c15);

	return key ? &l->keys[h >> 54] : NULL;
}

static unsigned key_max(const struct loop *l)
{
	unsigned max = l->opts.workers_max / KEY_SHARE;

	return max ? max : 1;
}

static void ready_push(struct loop *l, struct task *t)
{
	list_add_tail(&l->ready, &t->in_queue);
	t->ready_at = system_ns();
	l->ready_n++;
	if (!list_empty(&l->idle)) {
		struct worker *w = CONTAINER_OF(list_pop(&l->idle), struct worker, in_list);

		w->state = WORKER_RUNS;
		pthread_cond_signal(&w->wake);
	} else if (!l->grow_watch && l->polling_until && l->worker_n < l->opts.workers_max) {
		kick(l);
	}
}

/* The first ready task whose key has a worker left; others are held until one of their key ends.
 */
static struct task *ready_pop(struct loop *l)
{
	struct list *n;

	while ((n = list_pop(&l->ready))) {
		struct task *t = CONTAINER_OF(n, struct task, in_queue);
		struct key_bucket *k = bucket_of(l, t->key);

		l->ready_n--;
		if (!k || k->running < key_max(l) || l->killing)
			return t;
		list_add_tail(&k->held, n);
	}
	return NULL;
}

static void key_leave(struct loop *l, struct key_bucket *k)
{
	k->running--;
	struct list *n = list_pop(&k->held);

	if (n)
		ready_push(l, CONTAINER_OF(n, struct task, in_queue));
}

static void held_release(struct loop *l)
{
	for (size_t i = 0; i < KEY_BUCKETS; i++) {
		struct list *n;

		while ((n = list_pop(&l->keys[i].held)))
			ready_push(l, CONTAINER_OF(n, struct task, in_queue));
	}
}

static unsigned wanted(const struct task *t)
{
	return t->want | LOOP_TIME | LOOP_START | LOOP_STOP;
}

/* Something has happened to t. */
static void task_tell(struct loop *l, struct task *t, unsigned why)
{
	t->pending |= why;
	if (t->state != TASK_PARKED || !(t->pending & wanted(t)))
		return;
	t->state = TASK_READY;
	ready_push(l, t);
}

static void task_due(struct loop *l, struct task *t)
{
	if (!t->due) {
		t->due = true;
		l->due_n++;
	}
	task_tell(l, t, LOOP_TIME);
}

/* Has all tasks run whose deadline has passed. */
static void timers_fire(struct loop *l, int64_t now)
{
	while (l->heap_n && l->heap[0]->heap_at <= now) {
		struct task *t = l->heap[0];

		if (t->state != TASK_PARKED || !t->until) {
			heap_remove(l, t); /* its next verdict puts it back */
		} else if (t->until > now) {
			t->heap_at = t->until;
			heap_down(l, t);
		} else {
			heap_remove(l, t);
			task_due(l, t);
		}
	}
}

/* epoll. Events are reported once and name fd and serial, not the task: by the time one is looked
 * at, its task may be gone and the fd may be another's. */

static uint32_t epoll_bits(unsigned on)
{
	return (on & LOOP_READ ? EPOLLIN | EPOLLRDHUP : 0u) | (on & LOOP_WRITE ? EPOLLOUT : 0u) |
	       EPOLLONESHOT;
}

static void task_arm(struct loop *l, struct task *t)
{
	unsigned on = t->want & (LOOP_READ | LOOP_WRITE);

	if (!on || t->fd < 0 || t->armed == on)
		return;
	struct epoll_event ev = {
		.events = epoll_bits(on),
		.data.u64 = (uint64_t)t->serial << 32 | (uint32_t)t->fd,
	};
	int op = t->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (epoll_ctl(l->epoll_fd, op, t->fd, &ev) != 0) {
		/* ENOMEM, or an fd that can't be polled: let the run find out by itself. */
		task_tell(l, t, on);
		return;
	}
	t->registered = true;
	t->armed = (unsigned char)on;
	l->by_fd[t->fd] = t;
}

static void task_disarm(struct loop *l, struct task *t)
{
	if (!t->registered)
		return;
	l->by_fd[t->fd] = NULL;
	epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, t->fd, NULL);
	t->registered = false;
	t->armed = 0;
	t->pending &= (unsigned char)~(LOOP_READ | LOOP_WRITE);
}

/* Sees to it that arming needs no memory later. */
static bool by_fd_room(struct loop *l, int fd)
{
	size_t n = l->by_fd_n ? l->by_fd_n : 64;

	if (fd < 0 || (size_t)fd < l->by_fd_n)
		return true;
	while (n <= (size_t)fd)
		n *= 2;
	struct task **p = realloc(l->by_fd, n * sizeof(*p));

	if (!p)
		return false;
	for (size_t i = l->by_fd_n; i < n; i++)
		p[i] = NULL;
	l->by_fd = p;
	l->by_fd_n = n;
	return true;
}

static bool heap_room(struct loop *l)
{
	if (l->task_n < l->heap_cap)
		return true;
	size_t n = l->heap_cap ? l->heap_cap * 2 : 64;
	struct task **p = realloc(l->heap, n * sizeof(*p));

	if (!p)
		return false;
	l->heap = p;
	l->heap_cap = n;
	return true;
}

static void event_take(struct loop *l, const struct epoll_event *ev)
{
	uint32_t fd = (uint32_t)ev->data.u64, serial = (uint32_t)(ev->data.u64 >> 32);
	struct task *t = fd < l->by_fd_n ? l->by_fd[fd] : NULL;
	unsigned why = 0;

	if (!t || t->serial != serial)
		return;
	if (ev->events & (EPOLLIN | EPOLLRDHUP))
		why |= LOOP_READ;
	if (ev->events & EPOLLOUT)
		why |= LOOP_WRITE;
	if (ev->events & (EPOLLERR | EPOLLHUP))
		why |= LOOP_READ | LOOP_WRITE;
	t->armed = 0;
	task_tell(l, t, why);
}

/* Runs. The lock is held at entry and return, not during the task's own code. */

static void task_finish(struct loop *l, struct task *t)
{
	t->state = TASK_ENDED;
	heap_remove(l, t);
	task_disarm(l, t);
	list_remove(&t->in_all);
	bool due = t->due;

	pthread_mutex_unlock(&l->lock);
	t->done(t);
	pthread_mutex_lock(&l->lock);
	l->due_n -= due;
	if (--l->task_n == 0 || due)
		pthread_cond_broadcast(&l->changed);
}

static void task_park(struct loop *l, struct task *t, struct park p)
{
	bool was_due = t->due;

	t->due = false;
	t->want = (unsigned char)p.on;
	t->until = p.until;
	t->state = TASK_PARKED;
	if (p.on & LOOP_AGAIN)
		t->pending |= LOOP_AGAIN;
	if (t->pending & wanted(t))
		task_tell(l, t, 0);
	else if (p.until && p.until <= clock_mono(l->clock))
		task_due(l, t);
	else
		task_arm(l, t);
	if (p.until && t->state == TASK_PARKED)
		heap_set(l, t, p.until);
	if (was_due) {
		l->due_n--;
		pthread_cond_broadcast(&l->changed);
	}
}

static void task_run(struct loop *l, struct task *t)
{
	struct key_bucket *k = bucket_of(l, t->key);
	unsigned why = t->pending & wanted(t);
	struct park p = park_end();

	/* What was not waited for stays: a wake for the next verdict that waits for one. Events of
	 * the fd do not: a run that wants them reads or writes until it can't. */
	t->pending &= (unsigned char)~(why | LOOP_READ | LOOP_WRITE);
	t->state = TASK_RUNNING;
	l->worker_busy++;
	if (k)
		k->running++;
	if (!l->killing) {
		pthread_mutex_unlock(&l->lock);
		p = t->run(t, why);
		pthread_mutex_lock(&l->lock);
	}
	if (k)
		key_leave(l, k);
	if (p.end || l->killing)
		task_finish(l, t);
	else
		task_park(l, t, p);
	l->worker_busy--;
}

/* False: idle for too long, or the loop ends. */
static bool worker_wait(struct loop *l, struct worker *w)
{
	struct timespec until = timespec_of(system_ns() + l->opts.idle_ns);

	w->state = WORKER_IDLES;
	list_add_head(&l->idle, &w->in_list);
	while (w->state == WORKER_IDLES && !l->closing) {
		if (pthread_cond_timedwait(&w->wake, &l->lock, &until) != ETIMEDOUT)
			continue;
		until = timespec_of(system_ns() + l->opts.idle_ns);
		if (w->state == WORKER_IDLES && l->worker_n > l->opts.workers_min)
			break;
	}
	if (w->state != WORKER_IDLES)
		return true;
	list_remove(&w->in_list);
	return false;
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct loop *l = w->loop;

	pthread_mutex_lock(&l->lock);
	for (;;) {
		struct task *t = ready_pop(l);

		if (t)
			task_run(l, t);
		else if (l->closing || !worker_wait(l, w))
			break;
	}
	l->worker_n--;
	w->state = WORKER_GONE;
	list_add_tail(&l->gone, &w->in_list);
	pthread_cond_broadcast(&l->changed);
	kick(l); /* to be joined */
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

static bool thread_start(pthread_t *thread, void *(*main)(void *), void *arg)
{
	size_t stack = STACK;
	pthread_attr_t attr;
	sigset_t all, old;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	stack = STACK_SANITIZED;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
	stack = STACK_SANITIZED;
#endif
#endif
	/* Signals are for the main thread. */
	sigfillset(&all);
	/* Open for os/sandbox: a refused call would end the process. */
	sigdelset(&all, SIGSYS);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, stack);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int r = pthread_create(thread, &attr, main, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return r == 0;
}

/* Under the lock. False without memory or threads: we go on with those there are. */
static bool worker_start(struct loop *l)
{
	struct worker *w = calloc(1, sizeof(*w));
	pthread_condattr_t attr;

	if (!w)
		return false;
	w->loop = l;
	list_init(&w->in_list);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (!thread_start(&w->thread, worker_main, w)) {
		pthread_cond_destroy(&w->wake);
		free(w);
		return false;
	}
	if (++l->worker_n > l->worker_peak)
		l->worker_peak = l->worker_n;
	return true;
}

/* Joins workers that have left. */
static void gone_join(struct loop *l)
{
	struct list *n;

	while ((n = list_pop(&l->gone))) {
		struct worker *w = CONTAINER_OF(n, struct worker, in_list);

		pthread_mutex_unlock(&l->lock);
		pthread_join(w->thread, NULL);
		pthread_mutex_lock(&l->lock);
		pthread_cond_destroy(&w->wake);
		free(w);
	}
}

/* The poller. */

/* Starts a worker if the first ready task waits although all work. Returns whether to look again
 * soon. */
static bool pool_grow(struct loop *l)
{
	if (list_empty(&l->ready) || l->worker_n >= l->opts.workers_max)
		return false;
	struct task *first = CONTAINER_OF(l->ready.next, struct task, in_queue);
	int64_t waited = system_ns() - first->ready_at;

	if (l->worker_busy == l->worker_n && waited >= GROW_AFTER_NS * (int64_t)l->worker_n)
		worker_start(l);
	return true;
}

static int poll_timeout(struct loop *l, int64_t now)
{
	int64_t ns = l->polling_until - now;

	if (l->polling_until == NS_NEVER)
		ns = 3600 * NS_PER_S;
	if (l->grow_watch && ns > GROW_LOOK_NS)
		ns = GROW_LOOK_NS;
	if (ns > 3600 * NS_PER_S)
		ns = 3600 * NS_PER_S;
	/* Rounded up: a millisecond early would be a busy loop. */
	return (int)((ns + NS_PER_MS - 1) / NS_PER_MS);
}

static void *poller_main(void *arg)
{
	struct loop *l = arg;
	struct epoll_event ev[EVENTS];

	pthread_mutex_lock(&l->lock);
	while (!l->closing) {
		int64_t now = clock_mono(l->clock);

		timers_fire(l, now);
		gone_join(l);
		l->grow_watch = pool_grow(l);
		l->polling_until = l->heap_n ? l->heap[0]->heap_at : NS_NEVER;
		int timeout = poll_timeout(l, now);

		pthread_mutex_unlock(&l->lock);
		int n = epoll_wait(l->epoll_fd, ev, EVENTS, timeout);
		pthread_mutex_lock(&l->lock);
		l->polling_until = 0;
		for (int i = 0; i < n; i++) {
			uint64_t count;

			if (ev[i].data.u64 != UINT64_MAX)
				event_take(l, &ev[i]);
			else if (read(l->kick_fd, &count, sizeof(count)) > 0)
				l->kicked = false;
		}
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

/* The outside. */

static void loop_free(struct loop *l)
{
	if (l->kick_fd >= 0)
		close(l->kick_fd);
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	free(l->heap);
	free(l->by_fd);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static struct loop *loop_alloc(struct clock *clock, const struct loop_opts *opts)
{
	struct loop *l = calloc(1, sizeof(*l));
	pthread_condattr_t attr;

	if (!l)
		return NULL;
	l->clock = clock;
	l->opts = *opts;
	if (!l->opts.workers_min)
		l->opts.workers_min = WORKERS_MIN;
	if (!l->opts.workers_max)
		l->opts.workers_max = WORKERS_MAX;
	if (!l->opts.idle_ns)
		l->opts.idle_ns = WORKER_IDLE_NS;
	list_init(&l->all);
	list_init(&l->ready);
	list_init(&l->idle);
	list_init(&l->gone);
	for (size_t i = 0; i < KEY_BUCKETS; i++)
		list_init(&l->keys[i].held);
	l->key_seed = rand_u64(rand_system());
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->changed, &attr);
	pthread_condattr_destroy(&attr);
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	l->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return l;
}

/* Ends the workers, then the poller, which joins those that left before. */
static void threads_end(struct loop *l, bool poller)
{
	l->closing = true;
	list_for_each (&l->idle, n)
		pthread_cond_signal(&CONTAINER_OF(n, struct worker, in_list)->wake);
	kick(l);
	pthread_mutex_unlock(&l->lock);
	if (poller)
		pthread_join(l->poller, NULL);
	pthread_mutex_lock(&l->lock);
	while (l->worker_n)
		pthread_cond_wait(&l->changed, &l->lock);
	gone_join(l);
	pthread_mutex_unlock(&l->lock);
}

struct err loop_new_opts(struct clock *clock, const struct loop_opts *opts, struct loop **ret)
{
	struct loop *l = loop_alloc(clock, opts);

	if (!l)
		return err_make(ERR_RESOURCES, "start the loop: no memory");
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = UINT64_MAX};

	if (l->epoll_fd < 0 || l->kick_fd < 0 ||
	    epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->kick_fd, &ev) != 0) {
		struct err e = err_errno("start the loop");

		loop_free(l);
		return e;
	}
	pthread_mutex_lock(&l->lock);
	bool ok = thread_start(&l->poller, poller_main, l), poller = ok;

	for (unsigned i = 0; i < l->opts.workers_min && ok; i++)
		ok = worker_start(l);
	if (!ok) {
		threads_end(l, poller);
		loop_free(l);
		return err_make(ERR_RESOURCES, "start the loop: no more threads");
	}
	pthread_mutex_unlock(&l->lock);
	*ret = l;
	return ERR_OK;
}

struct err loop_new(struct clock *clock, struct loop **ret)
{
	return loop_new_opts(clock, &(struct loop_opts){0}, ret);
}

struct clock *loop_clock(struct loop *l)
{
	return l->clock;
}

bool loop_add(struct loop *l, struct task *t)
{
	pthread_mutex_lock(&l->lock);
	if (!by_fd_room(l, t->fd) || !heap_room(l)) {
		pthread_mutex_unlock(&l->lock);
		return false;
	}
	l->task_n++;
	t->loop = l;
	t->serial = l->serial++;
	list_init(&t->in_queue);
	list_add_tail(&l->all, &t->in_all);
	task_tell(l, t, l->stopping ? LOOP_START | LOOP_STOP : LOOP_START);
	pthread_mutex_unlock(&l->lock);
	return true;
}

void task_wake(struct task *t)
{
	struct loop *l = t->loop;

	pthread_mutex_lock(&l->lock);
	task_tell(l, t, LOOP_WAKE);
	pthread_mutex_unlock(&l->lock);
}

bool task_set_fd(struct task *t, int fd)
{
	struct loop *l = t->loop;

	pthread_mutex_lock(&l->lock);
	assert(t->state == TASK_RUNNING);
	bool ok = by_fd_room(l, fd);

	if (ok) {
		task_disarm(l, t);
		t->fd = fd;
		t->serial = l->serial++;
	}
	pthread_mutex_unlock(&l->lock);
	return ok;
}

void loop_settle(struct loop *l)
{
	pthread_mutex_lock(&l->lock);
	kick(l); /* its idea of how long to sleep is of before the step */
	do {
		timers_fire(l, clock_mono(l->clock));
		while (l->due_n)
			pthread_cond_wait(&l->changed, &l->lock);
	} while (l->heap_n && l->heap[0]->heap_at <= clock_mono(l->clock));
	pthread_cond_broadcast(&l->changed); /* loop_stop waits by this clock */
	pthread_mutex_unlock(&l->lock);
}

void loop_settle_hook(void *loop)
{
	loop_settle(loop);
}

static void all_tell(struct loop *l, unsigned why)
{
	list_for_each (&l->all, n)
		task_tell(l, CONTAINER_OF(n, struct task, in_all), why);
}

void loop_stop(struct loop *l, int64_t deadline)
{
	int64_t left;

	pthread_mutex_lock(&l->lock);
	assert(!l->stopping);
	l->stopping = true;
	all_tell(l, LOOP_STOP);
	while (l->task_n && (left = deadline - clock_mono(l->clock)) > 0) {
		struct timespec until = timespec_of(system_ns() + left);

		pthread_cond_timedwait(&l->changed, &l->lock, &until);
	}
	l->killing = true;
	held_release(l);
	all_tell(l, LOOP_STOP);
	while (l->task_n)
		pthread_cond_wait(&l->changed, &l->lock);
	threads_end(l, true);
	loop_free(l);
}

struct loop_stats loop_stats(struct loop *l)
{
	pthread_mutex_lock(&l->lock);
	struct loop_stats s = {
		.workers = l->worker_n,
		.workers_busy = l->worker_busy,
		.workers_peak = l->worker_peak,
		.tasks = l->task_n,
		.ready = l->ready_n,
		.timers = l->heap_n,
	};
	pthread_mutex_unlock(&l->lock);
	return s;
}
