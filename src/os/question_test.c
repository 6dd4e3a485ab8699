#include "base/test.h"

#include "os/question.h"
#include "os/session_mem.h"
#include "os/session_toy.h"

struct asked {
	struct question question;
	int answer;
};

static const struct session_service service = {.ops = &toy_ops};
static int freed;

static void fini(struct question *q)
{
	(void)q;
	freed++;
}

struct place {
	struct clock clock;
	struct session_mem *m;
};

static struct asked *ask(struct place *p)
{
	freed = 0;
	clock_init(&p->clock);
	p->m = session_mem_new(&service, &p->clock, 0);
	return question_new(session_mem_session(p->m), sizeof(struct asked), fini);
}

static void answered_then_left(void **state)
{
	struct place p;
	struct asked *a = ask(&p);

	question_expect(&a->question, 1);
	question_answered(&a->question);
	assert_false(question_is_answered(&a->question));
	assert_true(session_mem_session(p.m)->mem_woken);
	a->answer = 7;
	question_answered(&a->question);
	assert_true(question_is_answered(&a->question));
	assert_int_equal(freed, 0);
	question_leave(&a->question);
	assert_int_equal(freed, 1);
	session_mem_free(p.m);
}

static void left_then_answered(void **state)
{
	struct place p;
	struct asked *a = ask(&p);

	question_expect(&a->question, 1);
	question_leave(&a->question);
	session_mem_free(p.m);
	question_answered(&a->question);
	assert_int_equal(freed, 0);
	question_answered(&a->question);
	assert_int_equal(freed, 1);
}

static void *answer_both(void *arg)
{
	struct asked *a = arg;

	question_answered(&a->question);
	question_answered(&a->question);
	return NULL;
}

/* Whoever is last frees it, and nobody wakes what has gone. */
static void raced(void **state)
{
	for (int i = 0; i < 200; i++) {
		struct place p;
		struct asked *a = ask(&p);
		pthread_t t;

		question_expect(&a->question, 1);
		assert_int_equal(pthread_create(&t, NULL, answer_both, a), 0);
		question_leave(&a->question);
		session_mem_free(p.m);
		pthread_join(t, NULL);
		assert_int_equal(freed, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answered_then_left),
		cmocka_unit_test(left_then_answered),
		cmocka_unit_test(raced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
