/* parent: the process at the top: it reads mox.conf, binds ports, opens the files that mox.conf
 * names, starts the roles and starts them anew when they die. It has no other input than signals,
 * the stop event, and its children's ends.
 *
 * A role that dies is started again at once, with new channels to the others, while they serve on;
 * listening sockets stay open here, so that peers wait in the kernel meanwhile. Only a role that
 * dies before it serves is given time: 100 ms, doubled up to a minute.
 */
#ifndef MOX_ROLE_PARENT_H
#define MOX_ROLE_PARENT_H

#include "base/err.h"
#include "base/str.h"

struct fs;

struct parent_opts {
	const char *static_path; /* mox.conf */
	bool localserve;
	bool one_process;
	struct str log_level; /* instead of the configuration's; empty: that */
	struct fs *fs;        /* with one_process: what tests do to the disk's calls; may be NULL */
	/* Called when all roles serve; may be NULL. */
	void (*serving)(void *arg);
	void *arg;
};

/* Serves until it is told to stop; then ERR_OK. */
struct err parent_serve(const struct parent_opts *opts);

#endif
