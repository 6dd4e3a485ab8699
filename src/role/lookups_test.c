#include "base/test.h"

#include "os/clock.h"
#include "role/dns_testing.h"
#include "role/lookups.h"
#include <unistd.h>

enum { IN_FLIGHT = 3, ASKED_MAX = 32, ASKERS = 2 };

/* Questions that the test has asked of it, for the test to answer. */
struct fake {
	struct lookups_resolver resolver;
	struct fake_asked {
		void (*done)(void *lookup, const struct dns_answer *a);
		void *lookup;
		bool cancelled;
	} asked[ASKED_MAX];
	unsigned n, cancelled;
	bool refuses;
};

static struct err fake_ask(void *arg, const struct dns_question *q,
			   void (*done)(void *lookup, const struct dns_answer *a), void *lookup,
			   uint64_t *ret_id)
{
	struct fake *f = arg;

	assert_true(f->n < ASKED_MAX && dns_name_ok(q->name));
	if (f->refuses)
		return err_make(ERR_RESOURCES, "refused");
	*ret_id = f->n;
	f->asked[f->n++] = (struct fake_asked){.done = done, .lookup = lookup};
	return ERR_OK;
}

static void fake_cancel(void *arg, uint64_t id)
{
	struct fake *f = arg;

	assert_true(id < f->n && !f->asked[id].cancelled);
	f->asked[id].cancelled = true;
	f->cancelled++;
}

static void fake_init(struct fake *f)
{
	*f = (struct fake){.resolver = {fake_ask, fake_cancel, f}};
}

/* A role that asks, and one that has lookups. */
struct fixture {
	struct clock clock;
	struct role role;
	struct ipc_hub *hub;
	struct loop *loop;
	struct ipc *callee;
	pthread_mutex_t lock; /* lookups, fakes, counts */
	pthread_cond_t changed;
	struct lookups lookups;
	struct fake fake, other;
	struct rand_test rand;
	struct metrics metrics;
	struct task dropper;
	unsigned taken;
	struct asker asker[ASKERS];
};

static void lock(struct fixture *f)
{
	pthread_mutex_lock(&f->lock);
}

static void unlock(struct fixture *f)
{
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

static void on_lookup(struct ipc_request *q)
{
	struct fixture *f = q->ctx;

	lock(f);
	ipc_request_wake(q, &f->dropper);
	lookups_take(&f->lookups, q);
	f->taken++;
	unlock(f);
}

static void (*const handlers[MSG_CALL_N])(struct ipc_request *q) = {
	[MSG_CALL_DNS_LOOKUP] = on_lookup,
};

static struct park dropper_run(struct task *t, unsigned why)
{
	struct fixture *f = CONTAINER_OF(t, struct fixture, dropper);

	if (why & LOOP_STOP)
		return park_end();
	lock(f);
	(void)lookups_drop(&f->lookups);
	unlock(f);
	return park_on(LOOP_WAKE, 0);
}

static void dropper_done(struct task *t)
{
	(void)t;
}

static void connect_roles(struct fixture *f)
{
	struct ipc_opts caller = {.name = "dns", .calls = msg_calls, .calls_n = MSG_CALL_N},
			callee = caller;
	int pair[2];

	callee.handlers = handlers;
	callee.handlers_n = MSG_CALL_N;
	callee.ctx = f;
	callee.loop = f->loop;
	assert_ok(ipc_hub_new(&f->clock, &f->role.hub));
	assert_ok(ipc_hub_new(&f->clock, &f->hub));
	clock_hook_add(&f->clock, ipc_hub_settle_hook, f->role.hub);
	assert_ok(ipc_pair(pair));
	assert_ok(ipc_open(f->role.hub, &caller, pair[0], &f->role.channel[MSG_ROLE_ID_DNS].ipc));
	assert_ok(ipc_open(f->hub, &callee, pair[1], &f->callee));
}

static struct fixture *setup_new(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	clock_init(&f->clock);
	f->role.clock = &f->clock;
	f->role.kind = &role_smtp;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, NULL);
	rand_test_init(&f->rand, 1);
	metrics_init(&f->metrics, calloc(1, metric_page_size()));
	lookups_init(&f->lookups, &f->clock, IN_FLIGHT, &f->rand.src, &f->metrics);
	fake_init(&f->fake);
	fake_init(&f->other);
	lookups_resolve_by(&f->lookups, &f->fake.resolver);
	for (size_t i = 0; i < ASKERS; i++)
		asker_init(&f->asker[i]);
	assert_ok(loop_new(&f->clock, &f->loop));
	f->dropper = (struct task){.fd = -1, .run = dropper_run, .done = dropper_done};
	assert_true(loop_add(f->loop, &f->dropper));
	connect_roles(f);
	return f;
}

static void teardown(struct fixture *f)
{
	for (size_t i = 0; i < ASKERS; i++)
		dnsclient_end(f->asker[i].client);
	lock(f);
	lookups_fail(&f->lookups, STR("test ends"));
	unlock(f);
	loop_stop(f->loop, clock_mono(&f->clock) + NS_PER_S);
	ipc_close(f->callee);
	ipc_close(f->role.channel[MSG_ROLE_ID_DNS].ipc);
	ipc_hub_free(f->role.hub);
	ipc_hub_free(f->hub);
	assert_true(list_empty(&f->lookups.requests) && list_empty(&f->lookups.lookups));
	assert_int_equal(f->lookups.by_question.n, 0);
	lookups_fini(&f->lookups);
	free(f->metrics.page);
	metrics_fini(&f->metrics);
	free(f);
}

/* With the lock: until *n is at least want; fails after 30 s. */
static void wait_for(struct fixture *f, const unsigned *n, unsigned want)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 30;
	while (*n < want && r == 0)
		r = pthread_cond_timedwait(&f->changed, &f->lock, &until);
	assert_int_equal(*n, want);
}

/* Asks, and waits until the questions have arrived. */
static void ask(struct fixture *f, unsigned asker, const struct dns_question *q, size_t n,
		unsigned seconds)
{
	unsigned taken = f->taken;

	assert_ok(asker_ask(&f->asker[asker], &f->role, q, n,
			    clock_mono(&f->clock) + seconds * NS_PER_S));
	lock(f);
	wait_for(f, &f->taken, taken + 1);
	unlock(f);
}

static void answer(struct fixture *f, struct fake *fake, unsigned id)
{
	const struct dns_record r = {.ip = {.family = 4}};
	const struct dns_answer a = {.status = DNS_FOUND, .record = &r, .n = 1};

	lock(f);
	assert_true(id < fake->n && !fake->asked[id].cancelled);
	fake->asked[id].done(fake->asked[id].lookup, &a);
	unlock(f);
}

static void got(struct fixture *f, unsigned asker, size_t index, enum dns_status status,
		const char *error)
{
	const struct asker_answer *a = &f->asker[asker].to[index];

	if (a->times != 1 || a->status != status || !strstr(a->error, error))
		fail_msg("question %zu: %u answers, status %d, %s", index, a->times, a->status,
			 a->error);
}

static void counted(struct fixture *f, const char *line)
{
	BUF_AUTO b = BUF_INIT(1 << 20);

	assert_true(metric_write(&f->metrics.page, 1, &b));
	if (str_find(buf_str(&b), str_z(line), 0) < 0)
		fail_msg("no %s in %.*s", line, STR_ARG(buf_str(&b)));
}

static const struct dns_question a_example = {DNS_A, STR_INIT("a.example")};
static const struct dns_question b_example = {DNS_A, STR_INIT("b.example")};

static void asked_once_for_all_who_wait(void **state)
{
	static const struct dns_question q[] = {
		{DNS_A, STR_INIT("a.example")},
		{DNS_AAAA, STR_INIT("a.example")},
		{DNS_A, STR_INIT("a.example")},
	};
	struct fixture *f = setup_new();

	(void)state;
	ask(f, 0, q, ARRAY_LEN(q), 30);
	ask(f, 1, q, 1, 30);
	assert_int_equal(f->fake.n, 2);
	answer(f, &f->fake, 0);
	asker_wait(&f->asker[0], 2);
	asker_wait(&f->asker[1], 1);
	got(f, 0, 0, DNS_FOUND, "");
	got(f, 0, 2, DNS_FOUND, "");
	got(f, 1, 0, DNS_FOUND, "");
	/* An address of the wrong family. */
	answer(f, &f->fake, 1);
	asker_wait(&f->asker[0], 3);
	got(f, 0, 1, DNS_FAILED, "answer too large");
	teardown(f);
}

/* What was answered is asked again. */
static void asked_again(void **state)
{
	struct fixture *f = setup_new();

	(void)state;
	ask(f, 0, &a_example, 1, 30);
	answer(f, &f->fake, 0);
	asker_wait(&f->asker[0], 1);
	ask(f, 1, &a_example, 1, 30);
	assert_int_equal(f->fake.n, 2);
	assert_int_equal(f->fake.cancelled, 0);
	teardown(f);
}

static void in_flight_is_bounded(void **state)
{
	static const struct dns_question q[] = {
		{DNS_A, STR_INIT("a.example")}, {DNS_A, STR_INIT("b.example")},
		{DNS_A, STR_INIT("c.example")}, {DNS_A, STR_INIT("d.example")},
		{DNS_A, STR_INIT("a.example")},
	};
	struct fixture *f = setup_new();

	(void)state;
	ask(f, 0, q, ARRAY_LEN(q), 30);
	assert_int_equal(f->fake.n, IN_FLIGHT);
	asker_wait(&f->asker[0], 1);
	got(f, 0, 3, DNS_FAILED, "too many questions in flight");
	counted(f, "mox_dns_questions_total{result=\"asked\"} 3");
	counted(f, "mox_dns_questions_total{result=\"merged\"} 1");
	counted(f, "mox_dns_questions_total{result=\"refused\"} 1");
	counted(f, "mox_dns_in_flight 3");
	answer(f, &f->fake, 1);
	asker_wait(&f->asker[0], 2);
	counted(f, "mox_dns_in_flight 2");
	ask(f, 1, &q[3], 1, 30);
	assert_int_equal(f->fake.n, IN_FLIGHT + 1);
	teardown(f);
}

static void a_resolver_that_refuses(void **state)
{
	struct fixture *f = setup_new();

	(void)state;
	f->fake.refuses = true;
	ask(f, 0, &a_example, 1, 30);
	asker_wait(&f->asker[0], 1);
	got(f, 0, 0, DNS_FAILED, "refused");
	teardown(f);
}

/* Who waits longer still gets the answer. */
static void deadlines(void **state)
{
	struct fixture *f = setup_new();

	(void)state;
	ask(f, 0, &a_example, 1, 10);
	ask(f, 1, &a_example, 1, 20);
	clock_step(&f->clock, 11 * NS_PER_S);
	asker_wait(&f->asker[0], 1);
	got(f, 0, 0, DNS_FAILED, "no answer in time");
	lock(f);
	int64_t next = lookups_drop(&f->lookups);

	unlock(f);
	assert_in_range(next - clock_mono(&f->clock), 1, 9 * NS_PER_S);
	assert_int_equal(f->fake.cancelled, 0);
	clock_step(&f->clock, 10 * NS_PER_S);
	asker_wait(&f->asker[1], 1);
	lock(f);
	assert_int_equal(lookups_drop(&f->lookups), NS_NEVER);
	unlock(f);
	assert_int_equal(f->fake.cancelled, 1);
	teardown(f);
}

static void who_cancels_waits_no_more(void **state)
{
	struct fixture *f = setup_new();

	(void)state;
	ask(f, 0, &a_example, 1, 30);
	dnsclient_end(f->asker[0].client);
	f->asker[0].client = NULL;
	lock(f);
	wait_for(f, &f->fake.cancelled, 1);
	unlock(f);
	assert_int_equal(asker_answers(&f->asker[0]), 0);
	teardown(f);
}

static void who_dies_waits_no_more(void **state)
{
	struct fixture *f = setup_new();
	int pair[2];

	(void)state;
	ask(f, 0, &a_example, 1, 30);
	assert_ok(ipc_pair(pair));
	close(pair[0]);
	assert_ok(ipc_replace(f->role.channel[MSG_ROLE_ID_DNS].ipc, pair[1]));
	asker_wait(&f->asker[0], 1);
	lock(f);
	wait_for(f, &f->fake.cancelled, 1);
	unlock(f);
	teardown(f);
}

static void another_resolver(void **state)
{
	struct fixture *f = setup_new();

	(void)state;
	f->lookups.resolver = NULL;
	ask(f, 0, &a_example, 1, 30);
	assert_int_equal(f->fake.n, 0);
	lock(f);
	lookups_resolve_by(&f->lookups, &f->fake.resolver);
	unlock(f);
	ask(f, 1, &b_example, 1, 30);
	assert_int_equal(f->fake.n, 2);
	lock(f);
	lookups_resolve_by(&f->lookups, &f->other.resolver);
	unlock(f);
	assert_int_equal(f->fake.cancelled, 2);
	assert_int_equal(f->other.n, 2);
	answer(f, &f->other, 0);
	answer(f, &f->other, 1);
	asker_wait(&f->asker[0], 1);
	asker_wait(&f->asker[1], 1);
	got(f, 0, 0, DNS_FOUND, "");
	got(f, 1, 0, DNS_FOUND, "");
	teardown(f);
}

/* From the test's resolver, with a TTL. */
static void answer_for(struct fixture *f, struct fake *fake, unsigned id, uint32_t ttl)
{
	const struct dns_answer a = {.status = DNS_NXDOMAIN, .ede = DNS_EDE_NONE, .ttl = ttl};

	lock(f);
	fake->asked[id].done(fake->asked[id].lookup, &a);
	unlock(f);
}

/* What was answered is not asked again, and does not wait for what is. */
static void answered_lately(void **state)
{
	const struct dns_question q[] = {a_example, {DNS_MX, STR_INIT("a.example")}, a_example};
	struct fixture *f = setup_new();

	(void)state;
	ask(f, 0, &a_example, 1, 30);
	answer_for(f, &f->fake, 0, 30);
	asker_wait(&f->asker[0], 1);
	ask(f, 1, q, ARRAY_LEN(q), 30);
	asker_wait(&f->asker[1], 2);
	assert_int_equal(f->fake.n, 2);
	answer(f, &f->fake, 1);
	asker_wait(&f->asker[1], 3);
	got(f, 1, 0, DNS_NXDOMAIN, "");
	got(f, 1, 1, DNS_FOUND, "");
	got(f, 1, 2, DNS_NXDOMAIN, "");
	counted(f, "mox_dns_questions_total{result=\"cached\"} 2\n");
	/* Another resolver may know better. */
	lock(f);
	lookups_resolve_by(&f->lookups, &f->other.resolver);
	unlock(f);
	dnsclient_end(f->asker[0].client);
	asker_init(&f->asker[0]);
	ask(f, 0, &a_example, 1, 30);
	assert_int_equal(f->other.n, 1);
	answer(f, &f->other, 0);
	asker_wait(&f->asker[0], 1);
	got(f, 0, 0, DNS_FOUND, "");
	teardown(f);
}

/* As many as fit into a reply, one more, and a reply's worth more. */
static void many_answered_lately(void **state)
{
	static const size_t cases[] = {16, 17, 32, 33};
	struct dns_question q[33];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(q); i++)
		q[i] = i % 2 ? a_example : b_example;
	for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
		struct fixture *f = setup_new();

		ask(f, 0, q, 2, 30);
		answer_for(f, &f->fake, 0, 30);
		answer_for(f, &f->fake, 1, 30);
		asker_wait(&f->asker[0], 2);
		ask(f, 1, q, cases[c], 30);
		asker_wait(&f->asker[1], (unsigned)cases[c]);
		for (size_t i = 0; i < cases[c]; i++)
			got(f, 1, i, DNS_NXDOMAIN, "");
		assert_int_equal(f->fake.n, 2);
		teardown(f);
	}
}

static void bad_requests(void **state)
{
	struct msg_dns_question upper = {DNS_A, STR("A.example")}, type = {0, STR("a.example")};
	const struct {
		const char *name;
		struct msg_dns_lookup_request rq;
	} cases[] = {
		{"no question", {0}},
		{"a name in upper case", {.questions = &upper, .questions_n = 1}},
		{"a type that is none", {.questions = &type, .questions_n = 1}},
	};
	struct fixture *f = setup_new();
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct msg_dns_lookup_reply rp;
		struct err e =
			IPC_CALL(role_to(&f->role, MSG_ROLE_ID_DNS), msg_dns_lookup, &cases[i].rq,
				 clock_mono(&f->clock) + 30 * NS_PER_S, &a, &rp);

		if (!err_is(e, ERR_SYNTAX))
			fail_msg("%s: %.*s", cases[i].name, STR_ARG(err_text(e)));
	}
	assert_int_equal(f->fake.n, 0);
	arena_fini(&a);
	teardown(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asked_once_for_all_who_wait),
		cmocka_unit_test(asked_again),
		cmocka_unit_test(in_flight_is_bounded),
		cmocka_unit_test(a_resolver_that_refuses),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(who_cancels_waits_no_more),
		cmocka_unit_test(who_dies_waits_no_more),
		cmocka_unit_test(another_resolver),
		cmocka_unit_test(answered_lately),
		cmocka_unit_test(many_answered_lately),
		cmocka_unit_test(bad_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
