#include "os/loop_private.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

enum {
	/* How many of the workers one key may have: 1 in KEY_SHARE. */
	KEY_SHARE = 4,
	STACK = 256 * 1024,
	STACK_SANITIZED = 2 * 1024 * 1024,
};
/* One more worker is started when all are busy and the first ready task has waited so long for each
 * of them: quickly while there are few, slowly towards the maximum, so that a burst of short work
 * does not make threads. */
#define GROW_AFTER_NS (NS_PER_MS / 2)

enum worker_state { WORKER_RUNS, WORKER_IDLES, WORKER_GONE };

struct worker {
	struct loop *loop;
	pthread_t thread;
	pthread_cond_t wake;
	struct list in_list; /* idle or gone */
	enum worker_state state;
};

/* The queue of ready tasks. */

static struct key_bucket *bucket_of(struct loop *l, uint64_t key)
{
	uint64_t h = (key ^ l->key_seed) * UINT64_C(0x9e3779b97f4a7c15);
	struct key_bucket *k = &l->keys[h >> 54];

	if (!key)
		return NULL;
	/* Most are never used: their memory stays untouched. */
	if (!k->held.next)
		list_init(&k->held);
	return k;
}

static unsigned key_max(const struct loop *l)
{
	unsigned max = l->opts.workers_max / KEY_SHARE;

	return max ? max : 1;
}

void pool_push(struct loop *l, struct task *t)
{
	list_add_tail(&l->ready, &t->in_queue);
	t->ready_at = loop_system_ns();
	l->ready_n++;
	if (!list_empty(&l->idle)) {
		struct worker *w = CONTAINER_OF(list_pop(&l->idle), struct worker, in_list);

		w->state = WORKER_RUNS;
		pthread_cond_signal(&w->wake);
	} else if (!l->grow_watch && l->polling_until && l->worker_n < l->opts.workers_max) {
		loop_kick(l);
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

struct key_bucket *pool_key_enter(struct loop *l, const struct task *t)
{
	struct key_bucket *k = bucket_of(l, t->key);

	if (k)
		k->running++;
	return k;
}

void pool_key_leave(struct loop *l, struct key_bucket *k)
{
	if (!k)
		return;
	k->running--;
	struct list *n = list_pop(&k->held);

	if (n)
		pool_push(l, CONTAINER_OF(n, struct task, in_queue));
}

void pool_release(struct loop *l)
{
	for (size_t i = 0; i < KEY_BUCKETS; i++) {
		struct list *n;

		while (l->keys[i].held.next && (n = list_pop(&l->keys[i].held)))
			pool_push(l, CONTAINER_OF(n, struct task, in_queue));
	}
}

/* Workers. */

/* False: idle for too long, or the loop ends. */
static bool worker_wait(struct loop *l, struct worker *w)
{
	struct timespec until = loop_timespec(loop_system_ns() + l->opts.idle_ns);

	w->state = WORKER_IDLES;
	list_add_head(&l->idle, &w->in_list);
	while (w->state == WORKER_IDLES && !l->closing) {
		if (pthread_cond_timedwait(&w->wake, &l->lock, &until) != ETIMEDOUT)
			continue;
		until = loop_timespec(loop_system_ns() + l->opts.idle_ns);
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
	loop_kick(l); /* to be joined */
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

bool loop_thread_start(pthread_t *thread, void *(*main)(void *), void *arg)
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
bool pool_worker_start(struct loop *l)
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
	if (!loop_thread_start(&w->thread, worker_main, w)) {
		pthread_cond_destroy(&w->wake);
		free(w);
		return false;
	}
	if (++l->worker_n > l->worker_peak)
		l->worker_peak = l->worker_n;
	return true;
}

void pool_join(struct loop *l)
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

bool pool_grow(struct loop *l)
{
	if (list_empty(&l->ready) || l->worker_n >= l->opts.workers_max)
		return false;
	struct task *first = CONTAINER_OF(l->ready.next, struct task, in_queue);
	int64_t waited = loop_system_ns() - first->ready_at;

	if (l->worker_busy == l->worker_n && waited >= GROW_AFTER_NS * (int64_t)l->worker_n)
		pool_worker_start(l);
	return true;
}

void pool_close(struct loop *l)
{
	list_for_each (&l->idle, n)
		pthread_cond_signal(&CONTAINER_OF(n, struct worker, in_list)->wake);
}
