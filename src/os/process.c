#include "os/process.h"

#include "base/buf.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_FD = 3, SAFE_FD = 100 };

/* Between fork and exec only calls that a signal handler may make: other threads of the parent may
 * have held any lock. Descriptors go out of the way first, since one may stand where another is to
 * be. All others are close-on-exec. */
static void child_exec(const char *const *args, const int *fds, size_t n, pid_t parent)
{
	static const char *const env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};
	int moved[PROCESS_FDS_MAX];
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(126);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* dup2 onto itself would leave it close-on-exec: we may have been started without input. */
	if (null < 0 ||
	    (null == STDIN_FILENO ? fcntl(null, F_SETFD, 0) : dup2(null, STDIN_FILENO)) < 0)
		_exit(126);
	for (size_t i = 0; i < n; i++)
		if ((moved[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, SAFE_FD)) < 0)
			_exit(126);
	for (size_t i = 0; i < n; i++)
		if (dup2(moved[i], FIRST_FD + (int)i) < 0)
			_exit(126);
	execve("/proc/self/exe", (char *const *)args, (char *const *)env);
	_exit(127);
}

struct err process_start(const char *const *args, const int *fds, size_t n, struct process *ret)
{
	pid_t parent = getpid();

	if (n > PROCESS_FDS_MAX)
		return err_make(ERR_INTERNAL, "%zu descriptors for a process", n);
	pid_t pid = fork();

	if (pid < 0)
		return err_errno("start a process");
	if (pid == 0)
		child_exec(args, fds, n, parent);
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0) {
		struct err e = err_errno("watch process %d", (int)pid);

		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return e;
	}
	fcntl(pidfd, F_SETFD, FD_CLOEXEC);
	*ret = (struct process){.pid = pid, .pidfd = pidfd};
	return ERR_OK;
}

bool process_end(struct process *p, struct buf *how, int *ret_signal)
{
	int status = 0;

	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(p->pidfd);
	*p = (struct process){.pidfd = -1};
	if (ret_signal)
		*ret_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (WIFSIGNALED(status))
		buf_printf(how, "signal %d", WTERMSIG(status));
	else
		buf_printf(how, "exit status %d", WEXITSTATUS(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void process_kill(const struct process *p)
{
	if (p->pid > 0)
		kill(p->pid, SIGKILL);
}

void process_ignore_pipe(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGPIPE, &ignore, NULL);
}

void process_raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	files.rlim_cur = files.rlim_max;
	/* Best effort: who can't have more has what it had. */
	setrlimit(RLIMIT_NOFILE, &files);
}

void process_leave_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}
