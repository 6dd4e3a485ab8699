#include "base/test.h"

#include "base/buf.h"
#include "os/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* This program is its own child: what it does then is named by its second argument. */

extern char **environ;

static int child_says_what_it_has(void)
{
	char c;
	struct stat in, null;
	int fds = 0, vars = 0;

	for (int fd = 0; fd < 1024; fd++)
		fds += fcntl(fd, F_GETFD) >= 0;
	for (char **e = environ; *e; e++)
		vars++;
	if (fstat(STDIN_FILENO, &in) != 0 || stat("/dev/null", &null) != 0 ||
	    in.st_rdev != null.st_rdev)
		return 2;
	/* Standard ones and the two given, the second of which is the pipe's reading end. */
	if (fds != 5)
		return 3;
	if (getenv("HOME") || vars > 3)
		return 4;
	if (read(4, &c, 1) != 1 || c != 'x')
		return 5;
	return write(3, "ok", 2) == 2 ? 0 : 6;
}

static int child_waits(void)
{
	char c;

	if (write(3, "up", 2) != 2)
		return 2;
	return read(4, &c, 1) == 0 ? 0 : 3;
}

/* Starts one that waits, says its number, and dies without a word to it. */
static int child_leaves_a_child(void)
{
	const char *const args[] = {"mox", "child", "waits", NULL};
	const int fds[] = {3, 4};
	struct process p;

	if (err_failed(process_start(args, fds, 2, &p)))
		return 2;
	raise(SIGKILL);
	return 3;
}

static int child_fails(void)
{
	return 7;
}

static const struct {
	const char *name;
	int (*run)(void);
} children[] = {
	{"has", child_says_what_it_has},
	{"waits", child_waits},
	{"leaves", child_leaves_a_child},
	{"fails", child_fails},
};

static int child_main(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(children); i++)
		if (strcmp(children[i].name, name) == 0)
			/* Not exit: the leak checker is the parent's. */
			_exit(children[i].run());
	_exit(99);
}

/* A child with the writing end of one pipe and the reading end of another. */
struct running {
	struct process p;
	int from, to;
};

static void running_start(struct running *r, const char *name)
{
	const char *const args[] = {"mox", "child", name, NULL};
	int out[2], in[2];

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	const int fds[] = {out[1], in[0]};

	assert_ok(process_start(args, fds, 2, &r->p));
	close(out[1]);
	close(in[0]);
	r->from = out[0];
	r->to = in[1];
}

static bool readable_soon(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 30000) == 1;
}

static bool said(struct running *r, const char *want)
{
	char got[8];

	return readable_soon(r->from) && read(r->from, got, sizeof(got)) == 2 &&
	       memcmp(got, want, 2) == 0;
}

/* Waits for the end by the pidfd. */
static bool running_end(struct running *r, const char *how_want)
{
	BUF_AUTO how = BUF_INIT(100);

	assert_true(readable_soon(r->p.pidfd));
	bool ok = process_end(&r->p, &how, NULL);

	assert_str("how", buf_str(&how), str_z(how_want));
	assert_int_equal(r->p.pid, 0);
	close(r->from);
	if (r->to >= 0)
		close(r->to);
	return ok;
}

static void a_child_gets_what_it_is_given(void **state)
{
	struct running r;

	(void)state;
	setenv("HOME", "/nowhere", 1);
	running_start(&r, "has");
	assert_int_equal(write(r.to, "x", 1), 1);
	bool ok = said(&r, "ok");

	assert_true(running_end(&r, "exit status 0") && ok);
}

static void ends_are_told_apart(void **state)
{
	struct running r;

	(void)state;
	running_start(&r, "fails");
	assert_false(running_end(&r, "exit status 7"));
	running_start(&r, "waits");
	assert_true(said(&r, "up"));
	process_kill(&r.p);
	assert_false(running_end(&r, "signal 9"));
	running_start(&r, "waits");
	assert_true(said(&r, "up"));
	close(r.to);
	r.to = -1;
	assert_true(running_end(&r, "exit status 0"));
}

/* A child whose parent is killed does not stay: its end of the pipe closes. */
static void a_child_dies_with_its_parent(void **state)
{
	struct running r;
	char c;

	(void)state;
	running_start(&r, "leaves");
	assert_true(readable_soon(r.p.pidfd));
	/* It may have come to say that it is up; then there is the end. */
	while (readable_soon(r.from) && read(r.from, &c, 1) == 1)
		;
	assert_int_equal(read(r.from, &c, 1), 0);
	assert_false(running_end(&r, "signal 9"));
}

static void too_many_descriptors(void **state)
{
	const char *const args[] = {"mox", "child", "fails", NULL};
	int fds[PROCESS_FDS_MAX + 1] = {0};
	struct process p;

	(void)state;
	assert_err(process_start(args, fds, PROCESS_FDS_MAX + 1, &p), ERR_INTERNAL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_gets_what_it_is_given),
		cmocka_unit_test(ends_are_told_apart),
		cmocka_unit_test(a_child_dies_with_its_parent),
		cmocka_unit_test(too_many_descriptors),
	};

	if (argc == 3 && strcmp(argv[1], "child") == 0)
		return child_main(argv[2]);
	/* Whatever started this test may have left some open. */
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
