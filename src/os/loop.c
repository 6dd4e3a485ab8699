#include "os/loop_private.h"

#include "base/rand.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { EVENTS = 64 };

int64_t loop_system_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

struct timespec loop_timespec(int64_t ns)
{
	return (struct timespec){ns / NS_PER_S, ns % NS_PER_S};
}

void loop_kick(struct loop *l)
{
	uint64_t one = 1;

	if (l->kicked)
		return;
	l->kicked = true;
	/* The counter can't overflow: kicked says that it is 0. */
	if (write(l->kick_fd, &one, sizeof(one)) != sizeof(one))
		assert(!"eventfd");
}

/* Tasks and their deadlines. */

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
	pool_push(l, t);
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
	struct timer *first;

	while ((first = deadlines_first(&l->deadlines)) &&
	       deadlines_at(&l->deadlines, first) <= now) {
		struct task *t = CONTAINER_OF(first, struct task, timer);

		if (t->state != TASK_PARKED || !t->until) {
			deadlines_remove(&l->deadlines, first); /* its next verdict puts it back */
		} else if (t->until > now) {
			deadlines_set(&l->deadlines, first, t->until);
		} else {
			deadlines_remove(&l->deadlines, first);
			task_due(l, t);
		}
	}
}

/* When the first deadline is, at the earliest; NS_NEVER. */
static int64_t deadline_first(const struct loop *l)
{
	const struct timer *first = deadlines_first(&l->deadlines);

	return first ? deadlines_at(&l->deadlines, first) : NS_NEVER;
}

/* A later deadline of a task leaves its timer where it is, to be moved when it goes off: a busy
 * connection sets a deadline with every command and almost none is reached. */
static void deadline_set(struct loop *l, struct task *t, int64_t until)
{
	if (timer_is_set(&t->timer) && deadlines_at(&l->deadlines, &t->timer) <= until)
		return;
	deadlines_set(&l->deadlines, &t->timer, until);
	if (l->polling_until && until < l->polling_until)
		loop_kick(l);
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
	l->by_fd[t->fd].task = t;
}

static void task_disarm(struct loop *l, struct task *t)
{
	if (!t->registered)
		return;
	l->by_fd[t->fd].task = NULL;
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
	struct fd_owner *p = realloc(l->by_fd, n * sizeof(*p));

	if (!p)
		return false;
	l->by_fd = p;
	while (l->by_fd_n < n)
		l->by_fd[l->by_fd_n++].task = NULL;
	return true;
}

static void event_take(struct loop *l, const struct epoll_event *ev)
{
	uint32_t fd = (uint32_t)ev->data.u64, serial = (uint32_t)(ev->data.u64 >> 32);
	struct task *t = fd < l->by_fd_n ? l->by_fd[fd].task : NULL;
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

/* Runs. The lock is held at entry and return. */

static void task_finish(struct loop *l, struct task *t)
{
	t->state = TASK_ENDED;
	deadlines_remove(&l->deadlines, &t->timer);
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
		deadline_set(l, t, p.until);
	if (was_due) {
		l->due_n--;
		pthread_cond_broadcast(&l->changed);
	}
}

void task_run(struct loop *l, struct task *t)
{
	unsigned why = t->pending & wanted(t);
	struct park p = park_end();

	/* What was not waited for stays: a wake for the next verdict that waits for one. Events of
	 * the fd do not: a run that wants them reads or writes until it can't. */
	t->pending &= (unsigned char)~(why | LOOP_READ | LOOP_WRITE);
	t->state = TASK_RUNNING;
	l->worker_busy++;
	struct key_bucket *k = pool_key_enter(l, t);

	if (!l->killing) {
		pthread_mutex_unlock(&l->lock);
		p = t->run(t, why);
		pthread_mutex_lock(&l->lock);
	}
	pool_key_leave(l, k);
	if (p.end || l->killing)
		task_finish(l, t);
	else
		task_park(l, t, p);
	l->worker_busy--;
}

/* The poller. */

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
		pool_join(l);
		l->grow_watch = pool_grow(l);
		l->polling_until = deadline_first(l);
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
	deadlines_fini(&l->deadlines);
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
	pool_close(l);
	loop_kick(l);
	pthread_mutex_unlock(&l->lock);
	if (poller)
		pthread_join(l->poller, NULL);
	pthread_mutex_lock(&l->lock);
	while (l->worker_n)
		pthread_cond_wait(&l->changed, &l->lock);
	pool_join(l);
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
	bool ok = loop_thread_start(&l->poller, poller_main, l), poller = ok;

	for (unsigned i = 0; i < l->opts.workers_min && ok; i++)
		ok = pool_worker_start(l);
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
	if (!by_fd_room(l, t->fd) || !deadlines_room(&l->deadlines, l->task_n + 1)) {
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

void loop_settle(struct loop *l)
{
	pthread_mutex_lock(&l->lock);
	loop_kick(l); /* its idea of how long to sleep is of before the step */
	do {
		timers_fire(l, clock_mono(l->clock));
		while (l->due_n)
			pthread_cond_wait(&l->changed, &l->lock);
	} while (deadline_first(l) <= clock_mono(l->clock));
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
		struct timespec until = loop_timespec(loop_system_ns() + left);

		pthread_cond_timedwait(&l->changed, &l->lock, &until);
	}
	l->killing = true;
	pool_release(l);
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
		.timers = l->deadlines.n,
	};
	pthread_mutex_unlock(&l->lock);
	return s;
}
