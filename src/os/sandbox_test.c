#include "base/test.h"

#include "os/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Every test takes its promise in a child, whose end it judges. */

static char folder[] = "/tmp/mox-sandbox-XXXXXX";

static void child_end(int code)
{
	/* Not exit: what the sanitizer and cmocka do at the end is not the test's. */
	_exit(code);
}

#define CHECK(cond)                                                                    \
	do {                                                                           \
		if (!(cond)) {                                                         \
			dprintf(2, "line %d: %s: errno %d\n", __LINE__, #cond, errno); \
			child_end(1);                                                  \
		}                                                                      \
	} while (0)

static int child_wait(pid_t pid)
{
	int status;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void promise_take(unsigned may)
{
	static const struct sandbox_path paths[] = {{"tmp", SANDBOX_READ | SANDBOX_WRITE},
						    {"acc", SANDBOX_WRITE},
						    {"lib", SANDBOX_READ},
						    {"out/one", SANDBOX_READ}};
	struct sandbox_promise p = {"test", may};
	BUF_AUTO missing = BUF_INIT(1000);

	CHECK(chdir(folder) == 0);
	struct err e = sandbox_take(&p, paths, ARRAY_LEN(paths), &missing);

	if (err_failed(e))
		dprintf(2, "%.*s\n", STR_ARG(err_text(e)));
	CHECK(err_is_ok(e));
}

struct call {
	const char *name;
	long nr, a, b, c;
};

static void *call_run(void *arg)
{
	const struct call *c = arg;

	errno = 0;
	syscall(c->nr, c->a, c->b, c->c, 0, 0, 0);
	return NULL;
}

/* How the process ends when it makes this call, by itself or in a thread. */
static int call_status(const struct call *c, unsigned may, bool thread)
{
	pid_t pid = fork();
	pthread_t t;

	if (pid == 0) {
		promise_take(may);
		if (thread) {
			CHECK(pthread_create(&t, NULL, call_run, (void *)c) == 0);
			pthread_join(t, NULL);
		} else {
			call_run((void *)c);
		}
		child_end(0);
	}
	return child_wait(pid);
}

static void an_intruders_calls_end_the_process(void **state)
{
	static const struct call calls[] = {
		{"execve", SYS_execve, 0, 0, 0},
		{"execveat", SYS_execveat, -1, 0, 0},
#if !BUILD_SANITIZED
		{"ptrace", SYS_ptrace, 0, 0, 0},
#endif
		{"mount", SYS_mount, 0, 0, 0},
		{"bpf", SYS_bpf, 0, 0, 0},
		{"keyctl", SYS_keyctl, 0, 0, 0},
		{"io_uring_setup", SYS_io_uring_setup, 1, 0, 0},
		{"process_vm_readv", SYS_process_vm_readv, 1, 0, 0},
		{"userfaultfd", SYS_userfaultfd, 0, 0, 0},
		{"unshare", SYS_unshare, 0, 0, 0},
		{"socket", SYS_socket, AF_INET, SOCK_STREAM, 0},
		{"connect", SYS_connect, -1, 0, 0},
		{"bind", SYS_bind, -1, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		for (int thread = 0; thread < 2; thread++) {
			int status = call_status(&calls[i], SANDBOX_ACCEPT, thread);

			if (!WIFSIGNALED(status))
				print_error("%s in thread %d: status %x\n", calls[i].name, thread,
					    status);
			assert_true(WIFSIGNALED(status));
			assert_int_equal(WTERMSIG(status), SIGSYS);
		}
}

/* The parent's filter is its children's too: it leaves what they need, and exec. */
static void the_parent_may_more(void **state)
{
	static const struct call execve_call = {"execve", SYS_execve, 0, 0, 0},
				 socket_call = {"socket", SYS_socket, AF_INET, SOCK_STREAM, 0},
				 bpf_call = {"bpf", SYS_bpf, 0, 0, 0};

	(void)state;
	assert_int_equal(call_status(&execve_call, SANDBOX_PARENT, false), 0);
	assert_int_equal(call_status(&socket_call, SANDBOX_PARENT, false), 0);
	assert_int_equal(WTERMSIG(call_status(&bpf_call, SANDBOX_PARENT, false)), SIGSYS);
}

/* Any other call fails with ENOSYS, and is said once. */
static void other_calls_are_refused_and_said(void **state)
{
	static const char want[] = "l=error m=\"system call refused\" pkg=sandbox role=test nr=170 "
				   "call=sethostname\n";
	char got[500];
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();

	if (pid == 0) {
		CHECK(dup2(fds[1], STDERR_FILENO) == STDERR_FILENO);
		promise_take(0);
		for (int i = 0; i < 3; i++) {
			CHECK(syscall(SYS_sethostname, "x", 1) == -1);
			CHECK(errno == ENOSYS);
		}
		child_end(0);
	}
	close(fds[1]);
	int status = child_wait(pid);
	ssize_t n = read(fds[0], got, sizeof(got));

	close(fds[0]);
	assert_int_equal(status, 0);
#if defined(__x86_64__)
	assert_str("line", str_of(got, n < 0 ? 0 : (size_t)n), str_z(want));
#endif
}

static int open_errno(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static void *paths_check(void *arg)
{
	(void)arg;
	CHECK(open_errno("/etc/passwd", O_RDONLY) == EACCES);
	CHECK(open_errno("/", O_RDONLY | O_DIRECTORY) == EACCES);
	CHECK(open_errno("out/two", O_RDONLY) == EACCES);
	CHECK(open_errno("out/one", O_RDONLY) == 0);
	CHECK(open_errno("out/one", O_WRONLY) == EACCES);
	CHECK(open_errno("lib/file", O_RDONLY) == 0);
	CHECK(open_errno("lib/file", O_WRONLY) == EACCES);
	CHECK(open_errno("lib/new", O_WRONLY | O_CREAT) == EACCES);
	CHECK(unlink("lib/file") == -1 && errno == EACCES);
	CHECK(open_errno("tmp/message", O_WRONLY | O_CREAT) == 0);
	CHECK(link("tmp/message", "acc/message") == 0);
	CHECK(rename("tmp/message", "acc/message2") == 0);
	CHECK(mkdir("acc/sub", 0700) == 0 && rmdir("acc/sub") == 0);
	CHECK(unlink("acc/message") == 0 && unlink("acc/message2") == 0);
	CHECK(link("acc/../lib/file", "acc/stolen") == -1);
	return NULL;
}

static void paths_are_kept(void **state)
{
	pthread_t t;

	(void)state;
	pid_t pid = fork();

	if (pid == 0) {
		promise_take(0);
		paths_check(NULL);
		CHECK(pthread_create(&t, NULL, paths_check, NULL) == 0);
		pthread_join(t, NULL);
		child_end(0);
	}
	assert_int_equal(child_wait(pid), 0);
}

static void *ends_early(void *arg)
{
	pthread_exit(arg);
}

/* What a role does all day is not refused: nothing on stderr, no failure. */
static void daily_work(void **state)
{
	int fds[2], said[2];

	(void)state;
	assert_int_equal(pipe2(said, O_NONBLOCK), 0);
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t t;
		char c;

		CHECK(dup2(said[1], STDERR_FILENO) == STDERR_FILENO);
		promise_take(SANDBOX_ACCEPT);
		CHECK(pthread_create(&t, NULL, ends_early, NULL) == 0);
		CHECK(pthread_join(t, NULL) == 0);
		CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
		CHECK(send(fds[0], "x", 1, MSG_NOSIGNAL) == 1 && read(fds[1], &c, 1) == 1);
		CHECK(memfd_create("x", MFD_CLOEXEC) >= 0);
		void *p = malloc(1 << 22);

		CHECK(p);
		free(p);
#if !BUILD_SANITIZED
		CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		      MAP_FAILED);
#endif
		child_end(0);
	}
	int status = child_wait(pid);
	char got[500];
	ssize_t n = read(said[0], got, sizeof(got));
	struct str text = str_of(got, n < 0 ? 0 : (size_t)n);

	close(said[0]);
	close(said[1]);
	assert_int_equal(status, 0);
	/* The executable mapping, asked for on purpose, is all that was refused. */
	assert_str("said", text,
		   BUILD_SANITIZED ? STR("")
				   : STR("l=error m=\"system call refused\" pkg=sandbox role=test "
					 "nr=9 call=mmap\n"));
}

static void sql(sqlite3 *db, const char *text)
{
	char *e = NULL;

	if (sqlite3_exec(db, text, NULL, NULL, &e) != SQLITE_OK) {
		dprintf(2, "%s: %s\n", text, e);
		child_end(1);
	}
}

static void sqlite_sorts(void **state)
{
	(void)state;
	pid_t pid = fork();

	if (pid == 0) {
		sqlite3 *db;

		promise_take(0);
		CHECK(sqlite3_open("acc/index.db", &db) == SQLITE_OK);
		sql(db, "pragma temp_store=memory; pragma journal_mode=wal; "
			"pragma synchronous=off; create table t(a, b)");
		sql(db, "with recursive n(i) as (select 1 union all select i + 1 from n "
			"where i < 200000) insert into t select i, hex(randomblob(20)) from n");
		sql(db, "select count(*) from (select b from t order by b limit -1 offset 5)");
		sql(db, "create index tb on t(b); begin; create temp table q as select * from t; "
			"commit");
		CHECK(sqlite3_close(db) == SQLITE_OK);
		child_end(0);
	}
	assert_int_equal(child_wait(pid), 0);
}

static void a_path_that_is_not_there(void **state)
{
	(void)state;
	pid_t pid = fork();

	if (pid == 0) {
		struct sandbox_path path = {"/no/such/folder", SANDBOX_READ};
		struct sandbox_promise p = {"test", 0};
		BUF_AUTO missing = BUF_INIT(1000);

		CHECK(err_is(sandbox_take(&p, &path, 1, &missing), ERR_NOT_FOUND));
		child_end(0);
	}
	assert_int_equal(child_wait(pid), 0);
}

static void file_make(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static int setup(void **state)
{
	static const char *const folders[] = {"tmp", "acc", "lib", "out"};

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		assert_int_equal(mkdir(folders[i], 0700), 0);
	file_make("lib/file");
	file_make("out/one");
	file_make("out/two");
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = {"lib/file",     "out/one",          "out/two",
					    "acc/index.db", "acc/index.db-wal", "acc/index.db-shm"};
	static const char *const folders[] = {"tmp", "acc", "lib", "out", folder};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		unlink(files[i]);
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		rmdir(folders[i]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_intruders_calls_end_the_process),
		cmocka_unit_test(the_parent_may_more),
		cmocka_unit_test(other_calls_are_refused_and_said),
		cmocka_unit_test(paths_are_kept),
		cmocka_unit_test(daily_work),
		cmocka_unit_test(sqlite_sorts),
		cmocka_unit_test(a_path_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
