#include "base/test.h"

#include "os/sandbox.h"
#include "store/lock.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, PROCESSES = 3, ROUNDS = 50 };

static char path[] = "/tmp/mox-lock-XXXXXX";

static int file(void)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void times_out(void **state)
{
	int a = file(), b = file();

	(void)state;
	assert_ok(lock_take(a, 0));
	assert_err(lock_take(b, 0), ERR_TIMEOUT);
	assert_err(lock_take(b, 30), ERR_TIMEOUT);
	lock_drop(a);
	assert_ok(lock_take(b, 30));
	close(b);
	assert_ok(lock_take(a, 0));
	close(a);
}

static _Atomic int inside, most;

static void *worker(void *arg)
{
	int fd = file();

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		assert_ok(lock_take(fd, 60000));
		int n = ++inside;

		if (n > most)
			most = n;
		inside--;
		lock_drop(fd);
	}
	close(fd);
	return NULL;
}

static void excludes_threads(void **state)
{
	pthread_t t[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, worker, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(most, 1);
}

/* Each adds one to a number in the file, many times; and a process that dies gives the lock back.
 */
static void count_and_die(void)
{
	int fd = file();

	for (int i = 0; i < ROUNDS; i++) {
		int n = 0;

		if (err_failed(lock_take(fd, 60000)) || pread(fd, &n, sizeof(n), 0) < 0)
			_exit(1);
		n++;
		if (pwrite(fd, &n, sizeof(n), 0) != sizeof(n))
			_exit(1);
		if (i + 1 < ROUNDS)
			lock_drop(fd);
	}
	_exit(0);
}

static void excludes_processes(void **state)
{
	int fd = file(), n = 0, status;

	(void)state;
	assert_int_equal(ftruncate(fd, 0), 0);
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			count_and_die();
	for (int i = 0; i < PROCESSES; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(pread(fd, &n, sizeof(n), 0), sizeof(n));
	assert_int_equal(n, PROCESSES * ROUNDS);
	close(fd);
}

static void wait_under_promise(void)
{
	static const struct sandbox_promise promise = {.name = "test"};
	BUF_AUTO missing = BUF_INIT(1000);
	int fd = file();

	if (err_failed(sandbox_take(&promise, NULL, 0, &missing)))
		_exit(1);
	_exit(err_is(lock_take(fd, 30), ERR_TIMEOUT) ? 0 : 2);
}

/* The calls that waiting makes are in every role's promise. */
static void under_promise(void **state)
{
	int fd = file(), status;

	(void)state;
	assert_ok(lock_take(fd, 0));
	pid_t pid = fork();

	if (pid == 0)
		wait_under_promise();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_out),
		cmocka_unit_test(excludes_processes),
		cmocka_unit_test(under_promise),
		cmocka_unit_test(excludes_threads),
	};

	close(mkstemp(path));
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	unlink(path);
	return failed;
}
