#include "os/sandbox.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <termios.h>
#include <ucontext.h>
#include <unistd.h>

/* clang-format off */

/* What only an intruder does: the process ends. */
static const char *const deadly[] = {
	"mount", "umount2", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "open_tree",
	"mount_setattr", "pivot_root", "chroot", "bpf", "keyctl", "add_key", "request_key",
	"io_uring_setup", "io_uring_enter", "io_uring_register", "process_vm_readv",
	"process_vm_writev", "userfaultfd", "perf_event_open", "init_module", "finit_module",
	"delete_module", "kexec_load", "kexec_file_load", "setns", "unshare", "swapon", "swapoff",
	"reboot", "iopl", "ioperm", "acct", "open_by_handle_at",
#if !BUILD_SANITIZED
	"ptrace", /* the leak checker's */
#endif
	NULL};
static const char *const deadly_exec[] = {"execve", "execveat", NULL};
static const char *const deadly_socket[] = {"socket", "connect", "bind", NULL};

/* What libraries probe for and do without: ENOSYS, and no line. glibc makes threads with clone if
 * clone3 is not there, whose flags we can look at. */
static const char *const probed[] = {"clone3", "set_mempolicy", "mbind", NULL};

/* Memory, threads, time, signals of its own, descriptors that it has. */
static const char *const always[] = {
	"brk", "munmap", "mremap", "madvise", "mlock", "munlock", "mincore", "membarrier",
	"futex", "futex_waitv", "set_robust_list", "get_robust_list", "rseq", "set_tid_address",
	"gettid", "getpid", "getppid", "getpgrp", "getuid", "geteuid", "getgid", "getegid",
	"exit", "exit_group", "sched_yield", "sched_getaffinity", "getcpu", "arch_prctl",
	"restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending",
	"rt_sigtimedwait", "sigaltstack", "tgkill", "signalfd4",
	"clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time",
	"timerfd_create", "timerfd_settime", "timerfd_gettime",
	"timer_create", "timer_settime", "timer_delete", /* the deadline of store/lock */
	"getrandom", "uname", "sysinfo", "getrusage", "getrlimit", "times",
	"read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",
	"pwritev2", "lseek", "close", "close_range", "dup", "dup2", "dup3", "fcntl", "fstat",
	"pipe2", "sendfile", "splice", "copy_file_range", "memfd_create", "ftruncate", "fallocate",
	"poll", "ppoll", "select", "pselect6", "epoll_create1", "epoll_ctl", "epoll_wait",
	"epoll_pwait", "epoll_pwait2", "eventfd2",
	"sendmsg", "recvmsg", "sendto", "recvfrom", "sendmmsg", "recvmmsg", "shutdown",
	"getsockopt", "getsockname", "getpeername",
	/* files: where is for Landlock to say */
	"open", "openat", "creat", "access", "faccessat", "faccessat2", "stat", "lstat",
	"newfstatat", "statx", "statfs", "fstatfs", "getdents64", "readlink", "readlinkat",
	"getcwd", "chdir", "fchdir", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename",
	"renameat", "renameat2", "link", "linkat", "truncate", "fsync", "fdatasync",
	"sync_file_range", "flock", "fadvise64", "chmod", "fchmod", "fchmodat", "fchown", "umask",
	"utimensat", "fchownat", "msync",
	NULL};
static const char *const with_accept[] = {"accept", "accept4", "setsockopt", NULL};
static const char *const with_connect[] = {"connect", "bind", "setsockopt", NULL};
static const char *const with_fork[] = {"fork", "vfork", "clone", "wait4", "waitid", "kill",
	"pidfd_open", "pidfd_send_signal", "setpgid", NULL};
#if BUILD_SANITIZED
static const char *const with_sanitizer[] = {"clone", "ptrace", "wait4", "prctl", "mmap",
	"mprotect", "ioctl", "prlimit64", "personality", "kill", "socketpair",
	"process_madvise", "rt_tgsigqueueinfo", NULL};
#endif
/* clang-format on */

struct rule_set {
	scmp_filter_ctx ctx;
	bool failed;
};

static void rules_add(struct rule_set *s, uint32_t action, const char *const *names)
{
	for (; *names; names++) {
		int nr = seccomp_syscall_resolve_name(*names);

		/* A call that libseccomp or this machine does not have needs no rule. */
		if (nr == __NR_SCMP_ERROR || nr < 0)
			continue;
		if (seccomp_rule_add(s->ctx, action, nr, 0) != 0)
			s->failed = true;
	}
}

static void rule_if(struct rule_set *s, int nr, struct scmp_arg_cmp cmp)
{
	if (seccomp_rule_add_array(s->ctx, SCMP_ACT_ALLOW, nr, 1, &cmp) != 0)
		s->failed = true;
}

/* Calls of which only some uses are in the promise. */
static void rules_of_arguments(struct rule_set *s, unsigned may)
{
	static const unsigned families[] = {AF_INET, AF_INET6};
	static const unsigned requests[] = {FIONREAD, FIONBIO, TCGETS, TIOCGWINSZ};
	static const unsigned options[] = {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE,
					   PR_SET_PDEATHSIG, 0x53564d41 /* PR_SET_VMA */};

	for (size_t i = 0; may & SANDBOX_CONNECT && i < ARRAY_LEN(families); i++)
		rule_if(s, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, families[i]));
	if (BUILD_SANITIZED)
		return;
	rule_if(s, SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	rule_if(s, SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!(may & SANDBOX_FORK))
		rule_if(s, SCMP_SYS(clone),
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_NEWUSER, CLONE_THREAD));
	for (size_t i = 0; i < ARRAY_LEN(requests); i++)
		rule_if(s, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, requests[i]));
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		rule_if(s, SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, options[i]));
	/* Reading a limit, not setting one. */
	rule_if(s, SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0));
	rule_if(s, SCMP_SYS(socketpair), SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
}

static void rules_of(struct rule_set *s, unsigned may)
{
	rules_add(s, SCMP_ACT_KILL_PROCESS, deadly);
	if (may & SANDBOX_PARENT)
		return;
	rules_add(s, SCMP_ACT_KILL_PROCESS, deadly_exec);
	if (!(may & SANDBOX_CONNECT))
		rules_add(s, SCMP_ACT_KILL_PROCESS, deadly_socket);
	rules_add(s, SCMP_ACT_ALLOW, always);
	if (may & SANDBOX_ACCEPT)
		rules_add(s, SCMP_ACT_ALLOW, with_accept);
	if (may & SANDBOX_CONNECT)
		rules_add(s, SCMP_ACT_ALLOW, with_connect);
	if (may & SANDBOX_FORK)
		rules_add(s, SCMP_ACT_ALLOW, with_fork);
#if BUILD_SANITIZED
	rules_add(s, SCMP_ACT_ALLOW, with_sanitizer);
#endif
	rules_of_arguments(s, may);
	if (!(may & SANDBOX_QUIET))
		rules_add(s, SCMP_ACT_ERRNO(ENOSYS), probed);
}

static uint32_t default_action(unsigned may)
{
	if (may & SANDBOX_PARENT)
		return SCMP_ACT_ALLOW;
	return may & SANDBOX_QUIET ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_TRAP;
}

static struct err filter_load(unsigned may)
{
	struct rule_set s = {.ctx = seccomp_init(default_action(may))};

	if (!s.ctx)
		return err_make(ERR_RESOURCES, "make promise about system calls");
	rules_of(&s, may);
	/* All threads: there is one, but a sanitizer may have made another. */
	s.failed |= seccomp_attr_set(s.ctx, SCMP_FLTATR_CTL_TSYNC, 1) != 0;
	/* Calls of another kind of machine (32 bit) end the process. */
	s.failed |= seccomp_attr_set(s.ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0;
	s.failed |= seccomp_attr_set(s.ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0;
	int r = s.failed ? -EINVAL : seccomp_load(s.ctx);

	seccomp_release(s.ctx);
	errno = -r;
	return r == 0 ? ERR_OK : err_errno("take promise about system calls");
}

/* The handler of refused calls. A signal handler has no other place for what it needs; written
 * before the promise is taken, but for the marks. */
enum { CALLS = 512 };
static struct {
	const char *role;
	char *names[CALLS];
	atomic_bool said[CALLS];
} refused;

static size_t text_add(char *line, size_t n, size_t max, const char *text)
{
	while (*text && n < max)
		line[n++] = *text++;
	return n;
}

/* Only what is safe in a signal handler: no log, no printf. */
static void refused_say(int nr)
{
	char line[200], digits[12];
	size_t n = 0, d = sizeof(digits) - 1;

	digits[d] = '\0';
	for (unsigned v = (unsigned)nr; d > 0; v /= 10) {
		digits[--d] = (char)('0' + v % 10);
		if (v < 10)
			break;
	}
	n = text_add(line, n, sizeof(line), "l=error m=\"system call refused\" pkg=sandbox role=");
	n = text_add(line, n, sizeof(line), refused.role);
	n = text_add(line, n, sizeof(line), " nr=");
	n = text_add(line, n, sizeof(line), digits + d);
	if (nr >= 0 && nr < CALLS && refused.names[nr]) {
		n = text_add(line, n, sizeof(line), " call=");
		n = text_add(line, n, sizeof(line) - 1, refused.names[nr]);
	}
	n = text_add(line, n, sizeof(line), "\n");
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}

static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	int nr = info->si_syscall, saved = errno;

	if (nr < 0 || nr >= CALLS || !atomic_exchange(&refused.said[nr], true))
		refused_say(nr);
	errno = saved;
#if defined(__x86_64__)
	u->uc_mcontext.gregs[REG_RAX] = -ENOSYS;
#elif defined(__aarch64__)
	u->uc_mcontext.regs[0] = (unsigned long long)-ENOSYS;
#else
#error "where does this machine return a system call's result?"
#endif
}

static struct err handler_install(const char *role)
{
	struct sigaction sa = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO | SA_NODEFER};
	sigset_t sys;

	refused.role = role;
	for (int i = 0; i < CALLS; i++)
		if (!refused.names[i])
			refused.names[i] =
				seccomp_syscall_resolve_num_arch(seccomp_arch_native(), i);
	sigemptyset(&sys);
	sigaddset(&sys, SIGSYS);
	if (sigaction(SIGSYS, &sa, NULL) != 0 || sigprocmask(SIG_UNBLOCK, &sys, NULL) != 0)
		return err_errno("handler of refused system calls");
	return ERR_OK;
}

/* Landlock binds the calling thread and those it starts. */
static struct err threads_check(void)
{
	DIR *d = opendir("/proc/self/task");
	int n = 0;

	if (!d)
		return ERR_OK;
	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	/* ThreadSanitizer has one of its own. */
	if (n > 1 && !BUILD_SANITIZED)
		return err_make(ERR_INTERNAL, "promise taken after %d threads were started", n);
	return ERR_OK;
}

static struct err process_harden(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_errno("no new privileges");
	if (setrlimit(RLIMIT_CORE, &(struct rlimit){0}) != 0)
		return err_errno("no core files");
	/* Others of our user can't look into it; the leak checker must. */
	if (!BUILD_SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return err_errno("not dumpable");
	return ERR_OK;
}

struct err sandbox_take(const struct sandbox_promise *p, const struct sandbox_path *paths,
			size_t paths_n, struct buf *ret_missing)
{
	TRY(threads_check());
	/* glibc loads it when a thread ends by pthread_exit or is canceled: too late then. It stays
	 * loaded; where it does not exist nothing needs it. */
	(void)dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_GLOBAL);
	TRY(handler_install(p->name));
	TRY(process_harden());
	if (!(p->may & SANDBOX_PARENT))
		TRY(sandbox_paths_take(paths, paths_n, ret_missing));
	return err_add(filter_load(p->may), "role %s", p->name);
}
