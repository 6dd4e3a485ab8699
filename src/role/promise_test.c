#include "base/test.h"

#include "conf/conf.h"
#include "facts/build.h"
#include "os/sandbox.h"
#include "role/promise.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Every role takes its promise in a child, and tries what an intruder would, in its first thread
 * and in a later one. What each may is said here once more, so that a row of the table that grows
 * does so on purpose. */

static char folder[] = "/tmp/mox-promise-XXXXXX";

enum { NO, READ = SANDBOX_READ, WRITE = SANDBOX_WRITE };

static const char *const files[] = {"data/secrets/file", "data/accounts/file", "data/tmp/file",
				    "config/file",       "data/file",          "keys/file",
				    "data/dns/file",     "config/dkim/file"};
enum { FILES = ARRAY_LEN(files) };

static const struct expected {
	const char *role;
	int may[FILES];
	bool connects; /* has sockets of its own */
} roles[] = {
	{"secrets", {WRITE, NO, NO, NO, NO, READ, NO, READ}, false},
	{"dns", {NO, NO, NO, NO, NO, NO, WRITE, NO}, true},
	{"post", {NO, WRITE, WRITE, READ, NO, NO, NO, READ}, false},
	{"smtp", {NO, NO, WRITE, NO, NO, NO, NO, NO}, false},
	{"imap", {NO, WRITE, WRITE, NO, NO, NO, NO, NO}, false},
};

static const struct call {
	const char *name;
	long nr;
	bool connects; /* not in roles that connect */
} deadly[] = {
	{"execve", SYS_execve},
	{"execveat", SYS_execveat},
	{"socket", SYS_socket, true},
	{"connect", SYS_connect, true},
	{"bind", SYS_bind, true},
	{"mount", SYS_mount},
	{"bpf", SYS_bpf},
	{"keyctl", SYS_keyctl},
	{"process_vm_readv", SYS_process_vm_readv},
	{"io_uring_setup", SYS_io_uring_setup},
	{"userfaultfd", SYS_userfaultfd},
#if !BUILD_SANITIZED
	{"ptrace", SYS_ptrace},
#endif
};

static void file_make(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static int setup(void **state)
{
	static const char *const folders[] = {"data",        "data/secrets", "data/accounts",
					      "data/tmp",    "config",       "keys",
					      "config/dkim", "data/dns"};

	(void)state;
	if (!mkdtemp(folder) || chdir(folder) != 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		assert_int_equal(mkdir(folders[i], 0700), 0);
	for (size_t i = 0; i < FILES; i++)
		file_make(files[i]);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct conf *conf_make_empty(void)
{
	struct conf_source src = {
		.number = 1,
		.static_path = STR("config/mox.conf"),
		.static_text = STR("DataDir: ../data\nLogLevel: info\nHostname: localhost\n"
				   "AdminPasswordFile: adminpasswd\nListeners:\n\tlocal:\n"
				   "\t\tIPs:\n\t\t\t- 127.0.0.1\nPostmaster:\n\tAccount: mox\n"
				   "\tMailbox: Inbox\n"),
		.domains_path = STR("config/domains.conf"),
		.domains_text = STR("Domains:\n\tlocalhost:\n\t\tDKIM:\n\t\t\tSelectors:\n"
				    "\t\t\t\ts:\n\t\t\t\t\tPrivateKeyFile: ../keys/file\n"
				    "Accounts:\n\tmox:\n"
				    "\t\tDomain: localhost\n\t\tDestinations:\n"
				    "\t\t\tmox@localhost: nil\n"),
	};
	struct conf *conf = NULL;

	assert_ok(conf_parse(&src, NULL, &conf));
	return conf;
}

/* Whether the text of a message in GB18030 cannot be read: that needs no file. */
static bool text_wrong(void)
{
	static const uint8_t hash[32] = {1};
	const struct facts_known known = {.sha256 = hash};
	struct arena a;
	struct facts f;

	arena_init(&a, FACTS_ARENA_MAX);
	struct err e = facts_build(STR("Subject: =?gb18030?b?1tDOxA==?=\r\n"
				       "Content-Type: text/plain; charset=gb18030\r\n\r\n"
				       "\xc4\xe3\xba\xc3 \x95\x32\x90\x31\r\n"),
				   &known, &a, &f);
	bool wrong = err_failed(e) || !str_eq(f.subject, STR("\u4e2d\u6587")) ||
		     !str_eq(f.preview, STR("\u4f60\u597d \U00020087"));

	arena_fini(&a);
	return wrong;
}

/* What is tried in a child, and how many of the tries went wrong. */
struct attempt {
	const struct expected *role;
	const struct call *call; /* NULL: files */
	int wrong;
};

static int errno_of(int fd)
{
	int no = fd < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return no;
}

/* Whether another socket than one to the Internet can be had, or one that strangers connect to. */
static bool sockets_wrong(void)
{
	static const int families[] = {AF_UNIX, AF_NETLINK, AF_PACKET, AF_ALG, AF_VSOCK};
	int tcp = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool wrong = tcp < 0 || listen(tcp, 1) == 0 || errno != ENOSYS;

	close(tcp);
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		wrong |= errno_of(socket(families[i], SOCK_DGRAM | SOCK_CLOEXEC, 0)) != ENOSYS;
	return wrong;
}

static void *attempt_run(void *arg)
{
	struct attempt *a = arg;

	if (a->call) {
		syscall(a->call->nr, 0, 0, 0, 0, 0, 0);
		a->wrong = 1; /* still alive */
		return NULL;
	}
	for (size_t i = 0; i < FILES; i++) {
		int rd = errno_of(open(files[i], O_RDONLY | O_CLOEXEC)),
		    wr = errno_of(open(files[i], O_WRONLY | O_CLOEXEC));
		int may = a->role->may[i];
		bool ok = rd == (may == NO ? EACCES : 0) && wr == (may == WRITE ? 0 : EACCES);

		if (!ok)
			dprintf(2, "%s %s: read %d, write %d\n", a->role->role, files[i], rd, wr);
		a->wrong += !ok;
	}
	a->wrong += errno_of(open("/etc/passwd", O_RDONLY | O_CLOEXEC)) != EACCES;
	a->wrong += a->role->connects && sockets_wrong();
	a->wrong += text_wrong();
	return NULL;
}

/* In the child. */
static void promise_and_attempt(struct attempt *a, struct conf *conf, bool thread)
{
	static struct role r;
	BUF_AUTO missing = BUF_INIT(1000);
	pthread_t t;

	r.kind = role_kind_find(str_z(a->role->role));
	r.data_dir = "data";
	arena_init(&r.arena, 65536);
	r.conf = conf;
	if (!r.kind || err_failed(promise_take(&r, &missing)))
		_exit(100);
	if (!thread)
		attempt_run(a);
	else if (pthread_create(&t, NULL, attempt_run, a) == 0)
		pthread_join(t, NULL);
	else
		a->wrong++;
}

static int child_status(struct attempt a, struct conf *conf, bool thread)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		promise_and_attempt(&a, conf, thread);
		/* Not exit: what the sanitizer and cmocka do at the end is not the test's. */
		_exit(a.wrong);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void an_intruder_ends_the_role(void **state)
{
	struct conf *conf = conf_make_empty();

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(roles) * ARRAY_LEN(deadly) * 2; k++) {
		struct attempt a = {.role = &roles[k / 2 / ARRAY_LEN(deadly)],
				    .call = &deadly[k / 2 % ARRAY_LEN(deadly)]};

		if (a.role->connects && a.call->connects)
			continue;
		int status = child_status(a, conf, k % 2);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("%s in role %s: status %x", a.call->name, a.role->role, status);
	}
	conf_unref(conf);
}

static void other_paths_are_closed_and_text_is_read(void **state)
{
	struct conf *conf = conf_make_empty();

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(roles) * 2; k++)
		assert_int_equal(child_status((struct attempt){.role = &roles[k / 2]}, conf, k % 2),
				 0);
	conf_unref(conf);
}

/* A role without a row here would be a role without a test. */
static void every_role_is_in_the_table(void **state)
{
	size_t kinds = 0;

	(void)state;
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++)
		kinds += role_kind_of(id) != NULL;
	assert_int_equal(kinds, ARRAY_LEN(roles));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_role_is_in_the_table),
		cmocka_unit_test(other_paths_are_closed_and_text_is_read),
		cmocka_unit_test(an_intruder_ends_the_role),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
