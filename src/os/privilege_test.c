#include "base/test.h"

#include "os/privilege.h"

#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(cond)                                                   \
	do {                                                          \
		if (!(cond)) {                                        \
			dprintf(2, "line %d: %s\n", __LINE__, #cond); \
			_exit(1);                                     \
		}                                                     \
	} while (0)

static void child_ends_well(pid_t pid)
{
	int status;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool may_bind_low_ports(void)
{
	/* Of the bounding set: what exec could bring back. */
	return prctl(PR_CAPBSET_READ, 10 /* NET_BIND_SERVICE */, 0, 0, 0) == 1;
}

/* As root: becomes nobody. As anyone else: stays, and can't become another. */
static void drop(void **state)
{
	struct privilege_user nobody = {65534, 65534}, me = {getuid(), getgid()};

	(void)state;
	pid_t pid = fork();

	if (pid == 0) {
		if (getuid() != 0) {
			CHECK(err_is(privilege_drop(&nobody), ERR_ACCESS) || getuid() == 65534);
			CHECK(err_is_ok(privilege_drop(&me)));
			_exit(0);
		}
		CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
		CHECK(err_is_ok(privilege_drop(&nobody)));
		CHECK(getuid() == 65534 && geteuid() == 65534 && getgid() == 65534);
		CHECK(getgroups(0, NULL) == 0);
		CHECK(setuid(0) == -1 && setgid(0) == -1);
		CHECK(!may_bind_low_ports());
		int sig = 0;

		CHECK(prctl(PR_GET_PDEATHSIG, &sig) == 0 && sig == SIGKILL);
		_exit(0);
	}
	child_ends_well(pid);
}

static void capabilities(void **state)
{
	(void)state;
	pid_t pid = fork();

	if (pid == 0) {
		bool root = getuid() == 0;

		CHECK(err_is_ok(privilege_drop_capabilities()));
		if (root) {
			CHECK(getuid() == 0 && !may_bind_low_ports());
			/* Not setgid, which asks all threads: ThreadSanitizer's own has more. */
			CHECK(syscall(SYS_setgid, 65534) == -1);
		}
		_exit(0);
	}
	child_ends_well(pid);
}

static void lookup(void **state)
{
	static const struct {
		const char *name;
		enum err_code want;
		unsigned uid;
	} cases[] = {
		{"1234", ERR_NONE, 1234},      {"4294967294", ERR_NONE, 4294967294u},
		{"4294967295", ERR_SYNTAX, 0}, {"0", ERR_SYNTAX, 0},
		{"12x", ERR_SYNTAX, 0},        {"", ERR_SYNTAX, 0},
		{"root", ERR_CONFIG, 0},       {"no-such-user-here", ERR_CONFIG, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct privilege_user u = {0};

		assert_err(privilege_lookup(str_z(cases[i].name), &u), cases[i].want);
		if (cases[i].want == ERR_NONE)
			assert_int_equal(u.uid, cases[i].uid);
	}
	struct privilege_user u;

	assert_ok(privilege_lookup(STR("daemon"), &u));
	assert_true(u.uid > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drop),
		cmocka_unit_test(capabilities),
		cmocka_unit_test(lookup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
