#include "store/lock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { AGAIN_MS = 20 };

static struct err set(int fd, int cmd, short type)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET};

	return fcntl(fd, cmd, &l) == 0 ? ERR_OK : err_errno("lock");
}

static void interrupted(int sig) {}

/* fcntl's wait has no deadline; a timer's signal ends it (EINTR), for which a handler must exist.
 */
static void handler_install(void)
{
	struct sigaction sa = {.sa_handler = interrupted};

	sigaction(SIGRTMIN, &sa, NULL);
}

/* A timer that signals this thread after ms and, as the first signal may come before the wait
 * began, again and again. */
static struct err timer_start(unsigned ms, timer_t *ret)
{
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN};
	struct itimerspec t = {
		.it_value = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000},
		.it_interval = {.tv_nsec = AGAIN_MS * 1000000L},
	};

	ev._sigev_un._tid = gettid();
	if (timer_create(CLOCK_MONOTONIC, &ev, ret) != 0)
		return err_errno("timer for a lock");
	if (timer_settime(*ret, 0, &t, NULL) != 0) {
		timer_delete(*ret);
		return err_errno("timer for a lock");
	}
	return ERR_OK;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct err wait_for(int fd, unsigned ms)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int64_t until = now_ms() + ms;
	timer_t timer;
	int r;

	pthread_once(&once, handler_install);
	TRY(timer_start(ms, &timer));
	do
		r = fcntl(fd, F_OFD_SETLKW, &l);
	while (r != 0 && errno == EINTR && now_ms() < until);
	struct err e = r == 0 ? ERR_OK
		       : errno == EINTR
			       ? err_make(ERR_TIMEOUT, "the lock was not free for %u ms", ms)
			       : err_errno("lock");
	timer_delete(timer);
	return e;
}

struct err lock_take(int fd, unsigned ms)
{
	struct err e = set(fd, F_OFD_SETLK, F_WRLCK);

	if (err_is_ok(e) || (errno != EAGAIN && errno != EACCES))
		return e;
	return ms ? wait_for(fd, ms) : err_make(ERR_TIMEOUT, "the lock is taken");
}

void lock_drop(int fd)
{
	struct err e = set(fd, F_OFD_SETLK, F_UNLCK);

	assert(err_is_ok(e));
}
