/* role: what every role of the server is made of, and how it comes up.
 *
 * A role is a function of a struct role: clock, random source, data folder, listeners and channels
 * come in, nothing is global. It runs as a process of its own (`mox role NAME`, started by the
 * parent with a control channel on descriptor 3), or as a thread of one process.
 *
 * Life: role_main receives over the control channel, one thread only, what the parent hands over
 * (messages setup, channel, listener, key, certificate); at `serve` it calls the kind's `prepare`
 * (which loads what loads late), takes the promise, starts hub, loop and channels, calls the kind's
 * `start`, and answers. It ends with `stop`, or when the parent is gone.
 */
#ifndef MOX_ROLE_ROLE_H
#define MOX_ROLE_ROLE_H

#include "base/arena.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/rand.h"
#include "idl/messages.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/ipc.h"
#include "os/loop.h"
#include <pthread.h>

struct conf;
struct crashnote_page;
struct store_notify;

enum {
	ROLE_CONTROL_FD = 3, /* in a process of its own */
	ROLE_LISTENERS_MAX = 256,
	ROLE_LIBRARIES_MAX = 4,
	ROLE_SETUP_ARENA = 256 << 20, /* for the largest configuration */
	ROLE_STOP_S = 3,              /* for peers, after stop; then connections are cut */
	ROLE_STOP_LAST_S = 1,
	ROLE_CALL_S = 30, /* deadline of a call to another role, where nothing else is said */
};

struct role_listener {
	int fd;
	enum msg_listener_kind kind;
	struct str name;
	struct str address;
};

struct role_key {
	int fd;
	struct str path;
};

struct role_certificate {
	struct str listener;
	struct str pem;
};

struct role {
	const struct role_kind *kind;
	struct clock *clock;
	struct rand_src *rand;
	struct fs *fs;
	struct log log;
	struct log_ctx lc;
	bool one_process, localserve;
	struct arena arena; /* for what lives as long as the role */
	const char *data_dir;

	struct conf *conf; /* under lock: role_conf */
	pthread_mutex_t lock;

	int stop_event; /* written to by who wants the server to end; -1 where not allowed */
	struct store_notify *notify;
	struct crashnote_page *notes; /* what its workers handle, for after a crash */
	struct metrics metrics;       /* its own counters */
	struct metric_page *counters[MSG_ROLE_ID_N]; /* pages: its own; post has all. NULL: none */
	int wake[MSG_ROLE_ID_N]; /* eventfds of roles that wait for changes; -1 */

	struct role_listener listener[ROLE_LISTENERS_MAX];
	size_t listener_count;
	struct role_key key[ROLE_LISTENERS_MAX];
	size_t key_count;
	struct role_certificate certificate[ROLE_LISTENERS_MAX];
	size_t certificate_count;
	struct {
		int fd; /* until the channel is open */
		bool callee;
		struct ipc *ipc;
	} channel[MSG_ROLE_ID_N];

	struct ipc_hub *hub;
	struct loop *loop;
	struct ipc *control;
	void *own; /* the kind's */
	/* What the role's first thread waits for, with lock. */
	bool stop_asked;
	bool heard; /* post has answered role_watch, or can't */
	pthread_cond_t cond;
};

struct role_kind {
	enum msg_role_id id;
	const char *name;
	/* Of the late ones (os/late.h) those that it calls; up to the first NULL. */
	const char *libraries[ROLE_LIBRARIES_MAX];
	/* Loads what takes long and depends on nothing, while other roles start; may be NULL. */
	struct err (*preload)(void);
	/* Loads what must be there before the promise is taken; may be NULL. */
	struct err (*prepare)(struct role *r);
	/* Serves from now on; channels and loop are there. */
	struct err (*start)(struct role *r);
	/* The end begins: loop and channels are still there; may be NULL. */
	void (*end)(struct role *r);
	/* Loop and channels have ended: frees what the role owns; also after a failed start. May be
	 * NULL. */
	void (*free)(struct role *r);
	/* By call number: what other roles may ask; NULL: nothing. */
	void (*const *handlers)(struct ipc_request *q);
	/* A new configuration is in r->conf; may be NULL. */
	void (*configured)(struct role *r);
};

extern const struct role_kind role_secrets, role_dns, role_post, role_smtp, role_imap;
/* By name; NULL. */
const struct role_kind *role_kind_find(struct str name);
const struct role_kind *role_kind_of(enum msg_role_id id);

/* What a role gets from its process, or from a test that holds them. */
struct role_host {
	struct clock *clock;
	struct rand_src *rand;
	struct fs *fs;
};

/* Runs a role until it is told to stop, or the parent's end of the control channel closes. Takes
 * the descriptor. */
struct err role_main(const struct role_kind *kind, int control_fd, const struct role_host *host);

/* The configuration of now, a reference the caller gives back (conf_unref). */
struct conf *role_conf(struct role *r);
/* Takes texts over as the configuration; the old one stays on an error. */
struct err role_configure(struct role *r, const struct msg_config_texts *texts);

/* Takes over log levels, by package. */
struct err role_log_levels(struct role *r, const struct msg_log_level *levels, size_t n);

/* The handler of log_levels, for roles that do not watch the configuration. */
void role_on_log_levels(struct ipc_request *q);

/* Puts conf in the place of the old one; takes the reference. */
void role_conf_set(struct role *r, struct conf *conf);
/* Its texts, borrowed, without log levels. */
void role_config_texts(const struct conf *conf, struct msg_config_texts *ret);

/* Has post tell r of every change of the configuration. Again when post was started anew. */
void role_watch(struct role *r);
/* Waits for the first answer, but not for long: what the parent handed over is the configuration of
 * its start. */
void role_watch_wait(struct role *r);

/* The channel on which r may call another role. A role without it is a bug. */
struct ipc *role_to(struct role *r, enum msg_role_id to);
/* Hands a task to the role's loop. */
struct err role_task(struct role *r, struct task *t);
/* Monotonic ns, ROLE_CALL_S from now. */
int64_t role_deadline(struct role *r);

#endif
