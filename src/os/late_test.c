#include "base/test.h"
#include "os/late.h"
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 };

/* What os/late_x86_64.S is for the program. */
extern void *late_slots[];
void *late_slots[PAGE / sizeof(void *)] __attribute__((aligned(PAGE)));
__asm__(".globl late_slots_end\n.set late_slots_end, late_slots + 8 * 4");
extern const char late_names[];
const char late_names[] = "\0m\0libm.so.6\0floor\0ceil\0"
			  "\0absent\0libabsent.so.1\0absent_function\0"
			  "\0c\0libc.so.6\0absent_function\0\0";

void late_first_call(void **slot);

static void loads_once(void **state)
{
	double (*ceiling)(double);
	void *floor_at;

	(void)state;
	assert_ok(late_load("m"));
	floor_at = late_slots[0];
	assert_non_null(floor_at);
	memcpy(&ceiling, &late_slots[1], sizeof(ceiling));
	assert_true(ceiling(1.5) == 2.0);
	assert_null(late_slots[2]);
	assert_ok(late_load("m"));
	assert_ptr_equal(late_slots[0], floor_at);
}

static void says_what_is_wrong(void **state)
{
	static const struct {
		const char *library;
		enum err_code code;
		const char *text;
	} cases[] = {
		{"absent", ERR_UNSUPPORTED, "library absent cannot be loaded: libabsent.so.1: "},
		{"c", ERR_UNSUPPORTED, "libc.so.6 has no absent_function"},
		{"other", ERR_INTERNAL, "there is no late library other"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = late_load(cases[i].library);

		assert_int_equal(err_code(e), cases[i].code);
		if (!str_starts(err_text(e), str_z(cases[i].text)))
			assert_str(cases[i].library, err_text(e), str_z(cases[i].text));
	}
}

/* How a child ends that does it. */
static int ends(void (*what)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		/* cmocka would go on with the next test. */
		sigaction(SIGSEGV, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
		sigaction(SIGABRT, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void first_call(void)
{
	late_first_call(&late_slots[1]);
	_exit(late_slots[0] && late_slots[1] && !late_slots[2] ? 7 : 1);
}

static void first_call_of_absent(void)
{
	late_first_call(&late_slots[2]);
}

static void slot_write(void)
{
	*(void *volatile *)&late_slots[0] = NULL;
}

static void first_calls(void **state)
{
	int status;

	(void)state;
	status = ends(first_call);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	status = ends(first_call_of_absent);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void slots_are_read_only(void **state)
{
	(void)state;
	assert_ok(late_load("m"));
	int status = ends(slot_write);

	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_calls),
		cmocka_unit_test(loads_once),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(slots_are_read_only),
	};

	return cmocka_run_group_tests_name("late", tests, NULL, NULL);
}
