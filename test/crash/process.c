/* The process ends at the k-th call that changes the disk, for every k (of the store alone, and
 * without MOX_TEST_FULL: every fourth). What was written stays: the kernel lives on. With a server
 * all its roles end at once; every eighth time it starts again. */
#include "scenario.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { DIED = 77, STRIDE = 4, AGAIN = 8 };

struct shared {
	atomic_int calls;
	int die_at; /* 0: never */
	int acknowledged;
};

static struct shared *shared;

static int before(void *arg, const struct fs_call *call)
{
	(void)arg;
	(void)call;
	if (shared->die_at && ++shared->calls == shared->die_at)
		_exit(DIED);
	return 0;
}

static void run(const struct scenario *s, const char *folder, int die_at)
{
	struct fs fs = {.before = before};
	struct world w = {0};

	snprintf(w.folder, sizeof(w.folder), "%s", folder);
	/* How a server starts is no part of it. */
	if (!s->server)
		shared->die_at = die_at;
	world_open(&w, s->server, &fs);
	shared->die_at = die_at;
	for (int i = s->prepare; s->ops[i]; i++) {
		if (err_failed(s->ops[i](&w)))
			_exit(1);
		shared->acknowledged++;
	}
	_exit(0);
}

/* False when the scenario came to its end before call k. */
static bool crash_at(const struct scenario *s, const struct prepared *p, int k)
{
	char folder[96];
	int status;

	snprintf(folder, sizeof(folder), "%s-k", p->folder);
	copy_tree(p->folder, folder);
	*shared = (struct shared){0};
	fflush(NULL);
	pid_t pid = fork();

	if (pid == 0)
		run(s, folder, k);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != DIED)
		assert_int_equal(WEXITSTATUS(status), 0);
	if (!survived(s, p, folder, shared->acknowledged, false))
		fail_msg("%s: died at call %d, after %d operations", s->name, k,
			 shared->acknowledged);
	if (s->server && (k % AGAIN == 0 || getenv("MOX_TEST_FULL")))
		served_again(s, p, folder, shared->acknowledged);
	testing_remove(folder);
	return WEXITSTATUS(status) == DIED;
}

static void every_call(void **state)
{
	const struct scenario *s = *state;
	struct prepared p;
	int k = 1, stride = s->server || getenv("MOX_TEST_FULL") ? 1 : STRIDE;

	prepare(s, &p);
	while (crash_at(s, &p, k))
		k += stride;
	print_message("%s: at least %d calls\n", s->name, k - stride);
	assert_true(k > 3 * p.n);
	prepared_fini(&p);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[ARRAY_LEN(scenarios)];

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	for (size_t i = 0; i < ARRAY_LEN(scenarios); i++)
		tests[i] = (struct CMUnitTest){.name = scenarios[i].name,
					       .test_func = every_call,
					       .initial_state = (void *)(uintptr_t)&scenarios[i]};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
