/* post: what the parts of the post role share. */
#ifndef MOX_ROLE_POST_H
#define MOX_ROLE_POST_H

#include "base/list.h"
#include "role/role.h"

struct store;

enum { POST_CONTROLS_MAX = 16, POST_WATCHERS_MAX = 16 };

/* A program of the command line, connected to data/ctl. */
struct post_control {
	struct post *post;
	struct ipc *ipc;    /* NULL: the place is free */
	_Atomic bool ended; /* to be closed by the task */
};

struct post {
	struct role *role;
	struct store *store;
	struct task work;     /* the store's housekeeping */
	struct task files;    /* looks whether domains.conf has changed */
	struct task control;  /* accepts on data/ctl */
	pthread_mutex_t lock; /* watcher */
	struct ipc_request *watcher[POST_WATCHERS_MAX];
	char reload_failed[512]; /* the mistake in domains.conf that was told; "": none */
	struct post_control controls[POST_CONTROLS_MAX];
};

/* Opens the role's store; rings who waits for changes. Before the promise, since the data folder
 * itself is beyond it. */
struct err role_store_open(struct role *r, struct store **ret);

/* post_config.c: domains.conf is read again when it changes, and handed to who watches. */
/* Before start for the first time: when post was started anew, the file may be newer than what the
 * parent has. */
void post_config_look(struct post *p);
struct err post_config_start(struct post *p);
void post_config_end(struct post *p);
void post_on_config_watch(struct ipc_request *q);
/* Sets a level here, in secrets and dns, and in all who watch. */
struct err post_log_level(struct post *p, const struct msg_log_level *level);
/* All levels that were set, the default first. */
struct err post_log_levels(struct post *p, struct arena *a, struct msg_log_level **ret,
			   size_t *ret_n);

/* post_control.c: data/ctl. */
struct err post_control_start(struct post *p);
void post_control_end(struct post *p);

#endif
