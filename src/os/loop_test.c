#include "base/test.h"

#include "os/clock.h"
#include "os/loop.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

/* A condition with a deadline, for waiting on what workers do. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int n;
};

static void gate_init(struct gate *g)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->changed, &attr);
	pthread_condattr_destroy(&attr);
	g->n = 0;
}

static void gate_fini(struct gate *g)
{
	pthread_mutex_destroy(&g->lock);
	pthread_cond_destroy(&g->changed);
}

static void gate_add(struct gate *g, int n)
{
	pthread_mutex_lock(&g->lock);
	g->n += n;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
}

static int gate_now(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	int n = g->n;
	pthread_mutex_unlock(&g->lock);
	return n;
}

/* Waits until n or more; fails after 30 s. */
static void gate_wait(struct gate *g, int n)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 30;
	pthread_mutex_lock(&g->lock);
	while (g->n < n && r == 0)
		r = pthread_cond_timedwait(&g->changed, &g->lock, &until);
	int got = g->n;
	pthread_mutex_unlock(&g->lock);
	if (got < n)
		fail_msg("waited for %d, got %d", n, got);
}

struct fixture {
	struct clock clock;
	struct loop *loop;
	struct gate runs, done;
};

static void setup(struct fixture *f, struct loop_opts opts)
{
	clock_init(&f->clock);
	gate_init(&f->runs);
	gate_init(&f->done);
	assert_ok(loop_new_opts(&f->clock, &opts, &f->loop));
	clock_hook_add(&f->clock, loop_settle_hook, f->loop);
}

static void teardown(struct fixture *f)
{
	loop_stop(f->loop, clock_mono(&f->clock) + 30 * NS_PER_S);
	gate_fini(&f->runs);
	gate_fini(&f->done);
}

struct unit {
	struct task task;
	struct fixture *f;
	struct gate *hold; /* a run waits until it is 1 */
	int runs, inside;
	unsigned seen;
	int64_t period;
};

static void unit_done(struct task *t)
{
	struct unit *u = CONTAINER_OF(t, struct unit, task);

	gate_add(&u->f->done, 1);
}

static void unit_start(struct unit *u, struct fixture *f,
		       struct park (*run)(struct task *t, unsigned why), int fd, uint64_t key)
{
	u->f = f;
	u->task = (struct task){.fd = fd, .key = key, .run = run, .done = unit_done};
	assert_true(loop_add(f->loop, &u->task));
}

/* Ends with the second wake. */
static struct park run_wake(struct task *t, unsigned why)
{
	struct unit *u = CONTAINER_OF(t, struct unit, task);

	u->seen |= why;
	gate_add(&u->f->runs, 1);
	if (u->hold)
		gate_wait(u->hold, 1);
	return ++u->runs == 3 || why & LOOP_STOP ? park_end() : park_on(LOOP_WAKE, 0);
}

static void wakes_are_not_lost(void **state)
{
	struct fixture f;
	struct unit u = {0};
	struct gate hold;

	(void)state;
	setup(&f, (struct loop_opts){0});
	gate_init(&hold);
	u.hold = &hold;
	unit_start(&u, &f, run_wake, -1, 0);
	gate_wait(&f.runs, 1);
	task_wake(&u.task); /* while it runs: it runs again */
	task_wake(&u.task);
	gate_add(&hold, 1);
	gate_wait(&f.runs, 2);
	task_wake(&u.task);
	gate_wait(&f.done, 1);
	assert_int_equal(u.seen, LOOP_START | LOOP_WAKE);
	teardown(&f);
	gate_fini(&hold);
}

/* Waits for a wake only after its deadline: a wake that came earlier is kept. */
static struct park run_keep(struct task *t, unsigned why)
{
	struct unit *u = CONTAINER_OF(t, struct unit, task);

	int64_t minute = clock_mono(&u->f->clock) + 60 * NS_PER_S;

	u->seen |= why;
	u->runs++;
	gate_add(&u->f->runs, 1); /* from here on the test may step the clock */
	if (why & LOOP_START)
		return park_on(0, minute);
	return why & (LOOP_WAKE | LOOP_STOP) ? park_end() : park_on(LOOP_WAKE, 0);
}

static void wake_is_kept(void **state)
{
	struct fixture f;
	struct unit u = {0};

	(void)state;
	setup(&f, (struct loop_opts){0});
	unit_start(&u, &f, run_keep, -1, 0);
	gate_wait(&f.runs, 1);
	task_wake(&u.task);
	clock_step(&f.clock, 59 * NS_PER_S);
	assert_int_equal(gate_now(&f.runs), 1);
	clock_step(&f.clock, NS_PER_S);
	gate_wait(&f.done, 1);
	assert_int_equal(u.runs, 3);
	assert_int_equal(u.seen, LOOP_START | LOOP_TIME | LOOP_WAKE);
	teardown(&f);
}

/* Runs every period until the loop stops. */
static struct park run_period(struct task *t, unsigned why)
{
	struct unit *u = CONTAINER_OF(t, struct unit, task);

	if (why & LOOP_STOP)
		return park_end();
	u->runs += (why & LOOP_TIME) != 0;
	int64_t until = clock_mono(&u->f->clock) + u->period;

	gate_add(&u->f->runs, 1);
	return park_on(0, until);
}

enum { MANY = 100000 };

/* design.md §3: the call that steps the clock returns when every timer then due has run. */
static void many_timers(void **state)
{
	struct fixture f;
	struct unit *u = calloc(MANY, sizeof(*u));

	(void)state;
	assert_non_null(u);
	setup(&f, (struct loop_opts){0});
	for (int i = 0; i < MANY; i++) {
		u[i].period = (i % 1000 + 1) * 3600 * NS_PER_S;
		unit_start(&u[i], &f, run_period, -1, 0);
	}
	gate_wait(&f.runs, MANY);
	/* The last may not have parked yet; the test's own timeout is the deadline. */
	while (loop_stats(f.loop).timers < MANY)
		sched_yield();
	clock_step(&f.clock, 3600 * NS_PER_S);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(u[i].runs, i % 1000 == 0);
	for (int h = 1; h < 10; h++)
		clock_step(&f.clock, 3600 * NS_PER_S);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(u[i].runs, 10 / (i % 1000 + 1));
	assert_in_range(loop_stats(f.loop).workers_peak, 1, 31);
	teardown(&f);
	assert_int_equal(f.done.n, MANY);
	free(u);
}

/* Echoes what comes, never two at once, ends at EOF. */
static struct park run_echo(struct task *t, unsigned why)
{
	struct unit *u = CONTAINER_OF(t, struct unit, task);
	char b[512];
	ssize_t n;

	assert(__atomic_add_fetch(&u->inside, 1, __ATOMIC_SEQ_CST) == 1);
	u->seen |= why;
	while ((n = recv(t->fd, b, sizeof(b), MSG_DONTWAIT)) > 0)
		if (send(t->fd, b, (size_t)n, MSG_NOSIGNAL) != n)
			break; /* the peer has gone */
	assert(__atomic_sub_fetch(&u->inside, 1, __ATOMIC_SEQ_CST) == 0);
	gate_add(&u->f->runs, 1);
	return n == 0 || why & LOOP_STOP ? park_end() : park_on(LOOP_READ | LOOP_WAKE, 0);
}

static void *wake_often(void *arg)
{
	struct unit *u = arg;

	for (int i = 0; i < 2000; i++)
		task_wake(&u->task);
	return NULL;
}

static void never_two_at_once(void **state)
{
	struct fixture f;
	struct unit u = {0};
	pthread_t wakers[2];
	int fd[2];

	(void)state;
	setup(&f, (struct loop_opts){0});
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	unit_start(&u, &f, run_echo, fd[1], 0);
	for (int i = 0; i < 2; i++)
		pthread_create(&wakers[i], NULL, wake_often, &u);
	for (int i = 0; i < 2000; i++) {
		char c = (char)i, back = 0;

		assert_int_equal(send(fd[0], &c, 1, MSG_NOSIGNAL), 1);
		assert_int_equal(recv(fd[0], &back, 1, MSG_WAITALL), 1);
		assert_int_equal(c, back);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(wakers[i], NULL);
	close(fd[0]);
	gate_wait(&f.done, 1);
	assert_int_equal(u.seen & (LOOP_READ | LOOP_WAKE), LOOP_READ | LOOP_WAKE);
	teardown(&f);
	close(fd[1]);
}

static struct park run_block(struct task *t, unsigned why)
{
	struct unit *u = CONTAINER_OF(t, struct unit, task);

	(void)why;
	gate_add(&u->f->runs, 1);
	gate_wait(u->hold, 1);
	return park_end();
}

static struct park run_once(struct task *t, unsigned why)
{
	struct unit *u = CONTAINER_OF(t, struct unit, task);

	(void)why;
	u->runs++;
	return park_end();
}

enum { BLOCKERS = 40, POOL = 16 };

/* One key blocks: it gets a quarter of the pool, a stranger is served; then the rest follows. */
static void one_key_gets_a_quarter(void **state)
{
	struct fixture f;
	struct unit u[BLOCKERS] = {0}, other = {0};
	struct gate hold;

	(void)state;
	setup(&f, (struct loop_opts){.workers_max = POOL});
	gate_init(&hold);
	for (int i = 0; i < BLOCKERS; i++) {
		u[i].hold = &hold;
		unit_start(&u[i], &f, run_block, -1, 7);
	}
	gate_wait(&f.runs, POOL / 4);
	unit_start(&other, &f, run_once, -1, 8);
	gate_wait(&f.done, 1);
	assert_int_equal(other.runs, 1);
	assert_int_equal(gate_now(&f.runs), POOL / 4);
	gate_add(&hold, 1);
	gate_wait(&f.done, BLOCKERS + 1);
	assert_int_equal(f.runs.n, BLOCKERS);
	teardown(&f);
	gate_fini(&hold);
}

/* The pool grows to its maximum when runs block, and shrinks to its minimum after. */
static void pool_grows_and_shrinks(void **state)
{
	struct fixture f;
	struct unit u[POOL] = {0};
	struct gate hold;

	(void)state;
	setup(&f, (struct loop_opts){.workers_max = POOL, .idle_ns = NS_PER_MS});
	gate_init(&hold);
	for (int i = 0; i < POOL; i++) {
		u[i].hold = &hold;
		unit_start(&u[i], &f, run_block, -1, 0);
	}
	gate_wait(&f.runs, POOL);
	assert_int_equal(loop_stats(f.loop).workers, POOL);
	gate_add(&hold, 1);
	gate_wait(&f.done, POOL);
	for (struct loop_stats s = loop_stats(f.loop); s.workers > 1; s = loop_stats(f.loop))
		sched_yield(); /* the test's own timeout is the deadline */
	teardown(&f);
	gate_fini(&hold);
}

#define STOP_NS (3600 * NS_PER_S)

/* Refuses to end at LOOP_STOP; once the other has ended, the deadline is there. */
static struct park run_stay(struct task *t, unsigned why)
{
	struct unit *u = CONTAINER_OF(t, struct unit, task);

	u->seen |= why;
	u->runs++;
	gate_add(&u->f->runs, 1);
	if (why & LOOP_STOP) {
		gate_wait(&u->f->done, 1);
		clock_step(&u->f->clock, STOP_NS);
	}
	return park_on(0, 0);
}

static void stop_has_a_deadline(void **state)
{
	struct fixture f;
	struct unit stays = {0}, goes = {0};

	(void)state;
	setup(&f, (struct loop_opts){0});
	unit_start(&stays, &f, run_stay, -1, 3);
	unit_start(&goes, &f, run_wake, -1, 0);
	gate_wait(&f.runs, 2);
	loop_stop(f.loop, clock_mono(&f.clock) + STOP_NS);
	assert_int_equal(f.done.n, 2);
	assert_int_equal(stays.seen, LOOP_START | LOOP_STOP);
	assert_int_equal(stays.runs, 2);
	assert_int_equal(goes.seen, LOOP_START | LOOP_STOP);
	gate_fini(&f.runs);
	gate_fini(&f.done);
}

/* Gives way 100 times; another task must get its turn in between. */
static struct park run_again(struct task *t, unsigned why)
{
	struct unit *u = CONTAINER_OF(t, struct unit, task);

	(void)why;
	return ++u->runs == 100 ? park_end() : park_on(LOOP_AGAIN, 0);
}

static void again_ends(void **state)
{
	struct fixture f;
	struct unit u[8] = {0};

	(void)state;
	setup(&f, (struct loop_opts){0});
	for (size_t i = 0; i < ARRAY_LEN(u); i++)
		unit_start(&u[i], &f, run_again, -1, i);
	gate_wait(&f.done, ARRAY_LEN(u));
	teardown(&f);
}

/* A task that ends and one that takes over its fd's number: no event of the first reaches it. */
static void fd_numbers_come_again(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, (struct loop_opts){0});
	for (int i = 0; i < 500; i++) {
		struct unit u = {0};
		int fd[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
		unit_start(&u, &f, run_echo, fd[1], 0);
		assert_int_equal(send(fd[0], "x", 1, MSG_NOSIGNAL), 1);
		close(fd[0]);
		gate_wait(&f.done, i + 1);
		close(fd[1]);
	}
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wakes_are_not_lost),
		cmocka_unit_test(wake_is_kept),
		cmocka_unit_test(many_timers),
		cmocka_unit_test(never_two_at_once),
		cmocka_unit_test(one_key_gets_a_quarter),
		cmocka_unit_test(pool_grows_and_shrinks),
		cmocka_unit_test(stop_has_a_deadline),
		cmocka_unit_test(again_ends),
		cmocka_unit_test(fd_numbers_come_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
