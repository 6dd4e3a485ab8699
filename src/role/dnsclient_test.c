#include "base/test.h"

#include "os/clock.h"
#include "role/dns_testing.h"
#include "role/dns_wire.h"

static const struct dns_question questions[] = {
	{DNS_A, STR_INIT("a.example")},
	{DNS_MX, STR_INIT("b.example")},
	{DNS_A, STR_INIT("c.example")},
};
enum { QUESTIONS = ARRAY_LEN(questions) };

/* A role that asks, and one that says what the test has it say. */
struct fixture {
	struct clock clock;
	struct role role;
	struct ipc_hub *hub;
	struct ipc *callee;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct ipc_request *asked;
	struct asker asker;
};

static void on_lookup(struct ipc_request *q)
{
	struct fixture *f = q->ctx;

	pthread_mutex_lock(&f->lock);
	f->asked = q;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

static void (*const handlers[MSG_CALL_N])(struct ipc_request *q) = {
	[MSG_CALL_DNS_LOOKUP] = on_lookup,
};

static struct fixture *setup_new(void)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct ipc_opts caller = {.name = "dns", .calls = msg_calls, .calls_n = MSG_CALL_N},
			callee = caller;
	int pair[2];

	assert_non_null(f);
	clock_init(&f->clock);
	f->role.clock = &f->clock;
	f->role.kind = &role_smtp;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, NULL);
	asker_init(&f->asker);
	callee.handlers = handlers;
	callee.handlers_n = MSG_CALL_N;
	callee.ctx = f;
	assert_ok(ipc_hub_new(&f->clock, &f->role.hub));
	assert_ok(ipc_hub_new(&f->clock, &f->hub));
	clock_hook_add(&f->clock, ipc_hub_settle_hook, f->role.hub);
	assert_ok(ipc_pair(pair));
	assert_ok(ipc_open(f->role.hub, &caller, pair[0], &f->role.channel[MSG_ROLE_ID_DNS].ipc));
	assert_ok(ipc_open(f->hub, &callee, pair[1], &f->callee));
	return f;
}

/* The role that is asked ends. */
static void callee_end(struct fixture *f)
{
	if (f->callee)
		ipc_close(f->callee);
	f->callee = NULL;
	if (f->asked)
		ipc_reply_err(f->asked, err_make(ERR_SHUTDOWN, "ends"));
	f->asked = NULL;
}

static void teardown(struct fixture *f)
{
	dnsclient_end(f->asker.client);
	callee_end(f);
	ipc_close(f->role.channel[MSG_ROLE_ID_DNS].ipc);
	ipc_hub_free(f->role.hub);
	ipc_hub_free(f->hub);
	free(f);
}

static struct err ask(struct fixture *f)
{
	return asker_ask(&f->asker, &f->role, questions, QUESTIONS,
			 clock_mono(&f->clock) + 30 * NS_PER_S);
}

/* Asks, and waits until the other role has the questions. */
static void ask_and_arrive(struct fixture *f)
{
	assert_ok(ask(f));
	pthread_mutex_lock(&f->lock);
	while (!f->asked)
		pthread_cond_wait(&f->changed, &f->lock);
	pthread_mutex_unlock(&f->lock);
	const struct msg_dns_lookup_request *rq = f->asked->args;

	assert_int_equal(rq->questions_n, QUESTIONS);
	for (size_t i = 0; i < QUESTIONS; i++) {
		assert_int_equal(rq->questions[i].type, questions[i].type);
		assert_str("name", rq->questions[i].name, questions[i].name);
	}
}

static void address_reply(struct fixture *f, unsigned index, bool more)
{
	struct str address = STR("1234");
	struct msg_dns_answered answer = {
		.index = (uint16_t)index,
		.answer = {.status = MSG_DNS_STATUS_FOUND, .addresses = &address, .addresses_n = 1},
	};
	struct msg_dns_lookup_reply rp = {.answers = &answer, .answers_n = 1};

	if (more) {
		ipc_reply_more(f->asked, &rp, NULL);
		return;
	}
	ipc_reply(f->asked, &rp, NULL);
	f->asked = NULL;
}

static void got(struct fixture *f, size_t index, enum dns_status status, const char *error)
{
	const struct asker_answer *a = &f->asker.to[index];

	if (a->times != 1 || a->status != status || !strstr(a->error, error))
		fail_msg("question %zu: %u answers, status %d, %s", index, a->times, a->status,
			 a->error);
}

static void answers_in_any_order(void **state)
{
	struct fixture *f = setup_new();

	(void)state;
	ask_and_arrive(f);
	address_reply(f, 2, true);
	asker_wait(&f->asker, 1);
	address_reply(f, 1, true); /* an address for MX */
	address_reply(f, 0, false);
	asker_wait(&f->asker, QUESTIONS);
	got(f, 0, DNS_FOUND, "");
	got(f, 1, DNS_FAILED, "malformed answer");
	got(f, 2, DNS_FOUND, "");
	teardown(f);
}

static void surplus_answers(void **state)
{
	struct fixture *f = setup_new();

	(void)state;
	ask_and_arrive(f);
	address_reply(f, 0, true);
	address_reply(f, 0, true);
	address_reply(f, QUESTIONS, true);
	address_reply(f, 65535, false);
	asker_wait(&f->asker, QUESTIONS);
	got(f, 0, DNS_FOUND, "");
	got(f, 1, DNS_FAILED, "no answer");
	got(f, 2, DNS_FAILED, "no answer");
	teardown(f);
}

static void an_error_answers_the_rest(void **state)
{
	struct fixture *f = setup_new();

	(void)state;
	ask_and_arrive(f);
	address_reply(f, 2, true);
	ipc_reply_err(f->asked, err_make(ERR_RESOURCES, "too many questions"));
	f->asked = NULL;
	asker_wait(&f->asker, QUESTIONS);
	got(f, 0, DNS_FAILED, "too many questions");
	got(f, 1, DNS_FAILED, "too many questions");
	got(f, 2, DNS_FOUND, "");
	teardown(f);
}

static void death_answers_the_rest(void **state)
{
	struct fixture *f = setup_new();

	(void)state;
	ask_and_arrive(f);
	address_reply(f, 1, true);
	asker_wait(&f->asker, 1);
	callee_end(f);
	asker_wait(&f->asker, QUESTIONS);
	got(f, 0, DNS_FAILED, "the resolver is not available");
	got(f, 2, DNS_FAILED, "the resolver is not available");
	dnsclient_end(f->asker.client);
	assert_err(ask(f), ERR_UNAVAILABLE);
	assert_null(f->asker.client);
	assert_int_equal(asker_answers(&f->asker), QUESTIONS);
	teardown(f);
}

static void the_deadline_answers_the_rest(void **state)
{
	struct fixture *f = setup_new();

	(void)state;
	ask_and_arrive(f);
	address_reply(f, 2, true);
	asker_wait(&f->asker, 1);
	clock_step(&f->clock, 20 * NS_PER_S);
	assert_int_equal(asker_answers(&f->asker), 1);
	clock_step(&f->clock, 10 * NS_PER_S);
	asker_wait(&f->asker, QUESTIONS);
	got(f, 0, DNS_FAILED, "no answer in time");
	got(f, 1, DNS_FAILED, "no answer in time");
	teardown(f);
}

static void nothing_comes_after_the_end(void **state)
{
	struct fixture *f = setup_new();

	(void)state;
	ask_and_arrive(f);
	address_reply(f, 2, true);
	asker_wait(&f->asker, 1);
	dnsclient_end(f->asker.client);
	f->asker.client = NULL;
	address_reply(f, 1, true);
	callee_end(f);
	assert_err(ask(f), ERR_UNAVAILABLE); /* the hub has seen all that came before */
	assert_int_equal(asker_answers(&f->asker), 1);
	teardown(f);
}

static void the_end_within_an_answer(void **state)
{
	struct fixture *f = setup_new();

	(void)state;
	f->asker.end_at_once = true;
	ask_and_arrive(f);
	callee_end(f);
	asker_wait(&f->asker, 1);
	teardown(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_in_any_order),
		cmocka_unit_test(surplus_answers),
		cmocka_unit_test(an_error_answers_the_rest),
		cmocka_unit_test(death_answers_the_rest),
		cmocka_unit_test(the_deadline_answers_the_rest),
		cmocka_unit_test(nothing_comes_after_the_end),
		cmocka_unit_test(the_end_within_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
