/* process: starts the program again as a process of its own, and learns of its end.
 *
 * A child gets exactly the descriptors it is given, numbered from 3, its standard output and error,
 * /dev/null as input, and a clean environment. It dies with its parent.
 */
#ifndef MOX_OS_PROCESS_H
#define MOX_OS_PROCESS_H

#include "base/err.h"
#include <sys/types.h>

enum { PROCESS_FDS_MAX = 8 };

struct process {
	pid_t pid; /* 0: none */
	int pidfd; /* readable when it has ended */
};

/* Starts this program with args (NULL-terminated, args[0] is its name). fds stay the caller's. */
struct err process_start(const char *const *args, const int *fds, size_t n, struct process *ret);
/* For a process whose pidfd is readable (or that was killed): waits for it, closes the pidfd.
 * Appends how it ended to `how`: "exit status 1", "signal 11". True if it was exit status 0.
 * *ret_signal is the signal that ended it, or 0; may be NULL. */
struct buf;
bool process_end(struct process *p, struct buf *how, int *ret_signal);
/* SIGKILL. */
void process_kill(const struct process *p);

/* For every process that serves: a peer that closes is an error of write, not a signal. Call it
 * before the first thread. */
void process_ignore_pipe(void);
/* As many open files as the system lets us have; children inherit it. What is usual is little, for
 * programs that use select(2). */
void process_raise_files(void);
/* For a role's process: TERM, INT and HUP are the parent's business, also when a terminal sends
 * them to all. */
void process_leave_signals(void);

#endif
