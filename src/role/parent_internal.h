/* What the parts of the parent share. */
#ifndef MOX_ROLE_PARENT_INTERNAL_H
#define MOX_ROLE_PARENT_INTERNAL_H

#include "os/crashnote.h"
#include "os/process.h"
#include "role/parent.h"
#include "role/role.h"
#include <pthread.h>

struct conf;

enum { PARENT_SOCKETS_MAX = 256, PARENT_FILES_MAX = 256, PARENT_CHANNELS = 7 };

enum parent_channel_end { CALLER, CALLEE };

/* A role that was started: a process, or a thread. */
struct child {
	struct parent *parent;
	const struct role_kind *kind;
	struct process process;
	pthread_t thread;
	bool running; /* process or thread is to be waited for */
	bool served;  /* it answered serve */
	struct ipc *control;
	int thread_fd;    /* the thread's control channel, until it takes it */
	int failures;     /* starts in a row that did not come to serve */
	int64_t start_at; /* monotonic ns; 0: not to be started */
	int notes_fd;     /* what it was doing when it died; outlives it */
	struct crashnote_page *notes;
	int metrics_fd; /* what it counts; the parent's own are at its place in the table */
	struct metric_page *metrics;
};

struct parent {
	const struct parent_opts *opts;
	struct clock clock;
	struct fs fs;
	struct log log;
	struct log_ctx lc;
	struct arena arena;
	struct conf *conf;
	struct ipc_hub *hub;
	const char *data_dir;
	int lock_fd;   /* of the data folder */
	int signal_fd; /* TERM, INT, CHLD */
	int stop_event;
	int ended_event; /* a role's thread has ended */
	int notify_fd;
	int wake[MSG_ROLE_ID_N];

	struct parent_socket {
		int fd;
		enum msg_role_id role;
		enum msg_listener_kind kind;
		struct str name, address;
	} socket[PARENT_SOCKETS_MAX];
	size_t socket_count;
	struct parent_key {
		int fd;
		struct str path;
	} key[PARENT_FILES_MAX];
	size_t key_count;
	struct parent_certificate {
		struct str listener, pem;
	} certificate[PARENT_FILES_MAX];
	size_t certificate_count;

	struct parent_channel {
		int fd[2]; /* by parent_channel_end; -1: the role has taken it */
	} channel[PARENT_CHANNELS];

	struct child child[MSG_ROLE_ID_N];
	struct metrics metrics;       /* the parent's own */
	struct crashnote_found found; /* scratch of child_collect */
	bool stopping;
};

/* parent_open.c */
/* The data folder with its lock, sockets, files. */
struct err parent_open(struct parent *p);
void parent_close(struct parent *p);

/* parent_child.c */
/* Makes what roles call each other through; each takes its ends when it starts. */
struct err channels_make(struct parent *p);
/* Starts a role's process or thread. */
struct err child_spawn(struct child *c);
/* Hands everything over, waits until it serves. On failure it is killed. */
struct err child_serve(struct child *c);
/* Asks it to stop; does not wait. */
void child_stop(struct child *c);
/* It has ended: collects it, says how. The signal that ended it, or 0. */
int child_ended(struct child *c, struct buf *how);

#endif
