/* sandbox: a role's promise of what it will ever do, held by the kernel (doc/design.md §3).
 *
 * seccomp ends the process at calls that only an intruder makes (exec, ptrace, mount, bpf, keyctl,
 * io_uring, process_vm_*, userfaultfd, ...; and socket, connect, bind where the promise has none).
 * Any other call that is not in the promise gives ENOSYS and, once for each call, a line on stderr.
 * That is done by a SIGSYS handler: a thread that blocks SIGSYS dies at such a call, so our threads
 * leave it open; SANDBOX_QUIET is for libraries whose threads don't, and costs the line.
 * Landlock refuses paths beyond those given with EACCES (a link or rename to where it is not
 * allowed: EXDEV or EACCES). Memory can't be made executable.
 *
 * Order: start-up, then everything that loads late (TLS and its certificates, getpwnam), then the
 * promise, then the first thread. It can't be taken back, and is inherited by fork and exec.
 * Sanitizer builds allow what the sanitizer's run-time needs.
 */
#ifndef MOX_OS_SANDBOX_H
#define MOX_OS_SANDBOX_H

#include "base/buf.h"
#include "base/err.h"

/* What a role may do beyond memory, threads, time, files under its paths and the descriptors that
 * it has or is sent. */
enum {
	SANDBOX_ACCEPT = 1,  /* accept and set up connections of listeners that it is given */
	SANDBOX_CONNECT = 2, /* Internet sockets of its own: socket, connect, bind; no listen */
	SANDBOX_FORK = 4,    /* make child processes, that keep the promise */
	SANDBOX_QUIET = 8,   /* ENOSYS without a line */
	/* For the parent, whose children inherit what it takes: everything but the calls that end
	 * the process, and those without exec; no limit on paths. */
	SANDBOX_PARENT = 16,
};

/* One line in the role's file. */
struct sandbox_promise {
	const char *name; /* of the role */
	unsigned may;
};

enum {
	SANDBOX_READ = 1,  /* files and folders below */
	SANDBOX_WRITE = 2, /* and change, make, remove, rename, link */
};

struct sandbox_path {
	const char *path; /* a folder with all below it, or a file */
	unsigned access;
};

/* Takes the promise. What this kernel can't hold is written to ret_missing, as text for one line in
 * the log; empty when all is held. The role must not go on after an error. NOT_FOUND if a path does
 * not exist. */
struct err sandbox_take(const struct sandbox_promise *p, const struct sandbox_path *paths,
			size_t paths_n, struct buf *ret_missing);

/* The part of it that is about paths; sandbox_take calls it. */
struct err sandbox_paths_take(const struct sandbox_path *paths, size_t n, struct buf *ret_missing);

#endif
