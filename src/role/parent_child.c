/* Starting a role and handing over what it needs; role/setup.c is the other end. */
#include "role/parent_internal.h"

#include "conf/conf.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { SETUP_S = 30 };

/* Who calls whom (design.md §3): a graph without cycles. */
static const struct channel {
	enum msg_role_id from, to;
} channels[PARENT_CHANNELS] = {
	{MSG_ROLE_ID_POST, MSG_ROLE_ID_SECRETS}, {MSG_ROLE_ID_POST, MSG_ROLE_ID_DNS},
	{MSG_ROLE_ID_SMTP, MSG_ROLE_ID_SECRETS}, {MSG_ROLE_ID_SMTP, MSG_ROLE_ID_DNS},
	{MSG_ROLE_ID_SMTP, MSG_ROLE_ID_POST},    {MSG_ROLE_ID_IMAP, MSG_ROLE_ID_SECRETS},
	{MSG_ROLE_ID_IMAP, MSG_ROLE_ID_POST},
};

static void *thread_main(void *arg)
{
	struct child *c = arg;
	struct parent *p = c->parent;
	struct role_host host = {.clock = &p->clock, .rand = rand_system(), .fs = &p->fs};
	uint64_t one = 1;

	err_ignore(role_main(c->kind, TAKE_FD(c->thread_fd), &host), "the role has logged it");
	if (write(p->ended_event, &one, sizeof(one)) < 0)
		return NULL;
	return NULL;
}

static struct err child_run(struct child *c, int *control)
{
	const char *const args[] = {"mox", "role", c->kind->name, NULL};

	if (c->parent->opts->one_process) {
		c->thread_fd = TAKE_FD(*control);
		if (pthread_create(&c->thread, NULL, thread_main, c) != 0)
			return err_make(ERR_RESOURCES, "no thread for role %s", c->kind->name);
	} else {
		TRY(process_start(args, control, 1, &c->process));
	}
	c->running = true;
	return ERR_OK;
}

/* A call of the setup: an answer, or the role is of no use. Descriptors stay ours. */
static struct err hand(struct child *c, unsigned call, const void *request,
		       const struct ipc_fds *fds)
{
	union {
		struct msg_setup_reply setup;
		struct msg_metrics_reply metrics;
		struct msg_listener_reply listener;
		struct msg_channel_reply channel;
		struct msg_key_reply key;
		struct msg_certificate_reply certificate;
	} reply;
	struct arena a;

	arena_init(&a, 4096);
	struct err e =
		ipc_call(c->control, call, request,
			 clock_mono(&c->parent->clock) + SETUP_S * NS_PER_S, fds, &a, &reply, NULL);

	arena_fini(&a);
	return err_add(e, "%s", msg_calls[call].name);
}

static struct ipc_fds one_fd(int fd)
{
	return (struct ipc_fds){.fd = {fd}, .n = 1};
}

static struct err setup_hand(struct child *c)
{
	struct parent *p = c->parent;
	struct msg_setup_request rq = {
		.role = c->kind->id,
		.data_dir = str_z(p->data_dir),
		.one_process = p->opts->one_process,
		.localserve = p->opts->localserve,
	};
	enum msg_role_id wake[MSG_ROLE_ID_N];
	struct msg_log_level level = {.level = (uint8_t)p->log.level};
	struct ipc_fds fds = {.fd = {p->stop_event, p->notify_fd, c->notes_fd}, .n = 3};

	role_config_texts(p->conf, &rq.config);
	rq.config.log_levels = &level;
	rq.config.log_levels_n = 1;
	rq.wake_roles = wake;
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++) {
		if (p->wake[id] < 0)
			continue;
		wake[rq.wake_roles_n++] = id;
		fds.fd[fds.n++] = p->wake[id];
	}
	return hand(c, MSG_CALL_SETUP, &rq, &fds);
}

static struct err metrics_hand(struct child *c)
{
	struct parent *p = c->parent;

	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++) {
		struct msg_metrics_request rq = {.role = id};
		struct ipc_fds fds = one_fd(p->child[id].metrics_fd);

		if (p->child[id].metrics && (id == c->kind->id || c->kind->id == MSG_ROLE_ID_POST))
			TRY(hand(c, MSG_CALL_METRICS, &rq, &fds));
	}
	return ERR_OK;
}

static struct err sockets_hand(struct child *c)
{
	struct parent *p = c->parent;

	for (size_t i = 0; i < p->socket_count; i++) {
		const struct parent_socket *s = &p->socket[i];
		struct msg_listener_request rq = {
			.name = s->name, .kind = s->kind, .address = s->address};
		struct ipc_fds fds = one_fd(s->fd);

		if (s->role == c->kind->id)
			TRY(hand(c, MSG_CALL_LISTENER, &rq, &fds));
	}
	return ERR_OK;
}

static struct err files_hand(struct child *c)
{
	struct parent *p = c->parent;
	bool tls = c->kind->id == MSG_ROLE_ID_SMTP || c->kind->id == MSG_ROLE_ID_IMAP;

	for (size_t i = 0; c->kind->id == MSG_ROLE_ID_SECRETS && i < p->key_count; i++) {
		struct msg_key_request rq = {.path = p->key[i].path};
		struct ipc_fds fds = one_fd(p->key[i].fd);

		TRY(hand(c, MSG_CALL_KEY, &rq, &fds));
	}
	for (size_t i = 0; tls && i < p->certificate_count; i++) {
		struct msg_certificate_request rq = {.listener = p->certificate[i].listener,
						     .pem = p->certificate[i].pem};

		TRY(hand(c, MSG_CALL_CERTIFICATE, &rq, NULL));
	}
	return ERR_OK;
}

static struct err channel_hand(struct child *to, enum msg_role_id other, bool callee, int fd)
{
	struct msg_channel_request rq = {.role = other, .callee = callee};
	struct ipc_fds fds = one_fd(fd);

	return hand(to, MSG_CALL_CHANNEL, &rq, &fds);
}

/* A socket pair for a channel, and an end for each role to take. */
static struct err channel_make(struct parent_channel *c)
{
	fd_close(&c->fd[CALLER]);
	fd_close(&c->fd[CALLEE]);
	return ipc_pair(c->fd);
}

struct err channels_make(struct parent *p)
{
	for (size_t i = 0; i < PARENT_CHANNELS; i++)
		TRY(channel_make(&p->channel[i]));
	return ERR_OK;
}

static struct err end_hand(struct parent *p, size_t i, enum parent_channel_end end)
{
	enum msg_role_id of[] = {[CALLER] = channels[i].from, [CALLEE] = channels[i].to};
	auto_close int fd = TAKE_FD(p->channel[i].fd[end]);

	return channel_hand(&p->child[of[end]], of[!end], end == CALLER, fd);
}

/* The ends that wait for c. Where none does c was started before: a new pair, whose other end
 * goes to the role that serves there, or waits for it. */
static struct err channels_hand(struct child *c)
{
	struct parent *p = c->parent;

	for (size_t i = 0; i < PARENT_CHANNELS; i++) {
		enum parent_channel_end end = channels[i].from == c->kind->id ? CALLER : CALLEE;
		enum msg_role_id other = end == CALLER ? channels[i].to : channels[i].from;

		if (end == CALLEE && channels[i].to != c->kind->id)
			continue;
		bool again = p->channel[i].fd[end] < 0;

		if (again)
			TRY(channel_make(&p->channel[i]));
		TRY(end_hand(p, i, end));
		if (again && p->child[other].control && p->child[other].served)
			TRY(end_hand(p, i, !end));
	}
	return ERR_OK;
}

static struct err serve_hand(struct child *c)
{
	struct msg_serve_request rq = {};
	struct msg_serve_reply rp;
	struct parent *p = c->parent;
	struct arena a;

	arena_init(&a, 8192);
	struct err e = IPC_CALL(c->control, msg_serve, &rq,
				clock_mono(&p->clock) + SETUP_S * NS_PER_S, &a, &rp);

	if (err_is_ok(e) && rp.unenforced.n)
		log_info(&p->lc, "this kernel does not enforce all of the role's promise",
			 F_Z("role", c->kind->name), F_STR("not", rp.unenforced));
	arena_fini(&a);
	return e;
}

static struct err hand_over(struct child *c)
{
	TRY(setup_hand(c));
	TRY(metrics_hand(c));
	TRY(sockets_hand(c));
	TRY(files_hand(c));
	TRY(channels_hand(c));
	return serve_hand(c);
}

static struct err control_open(struct child *c, int fd)
{
	struct parent *p = c->parent;
	struct ipc_opts opts = {
		.name = c->kind->name, .calls = msg_calls, .calls_n = MSG_CALL_N, .log = p->lc};

	return ipc_open(p->hub, &opts, fd, &c->control);
}

struct err child_spawn(struct child *c)
{
	int pair[2];

	c->served = false;
	TRY(ipc_pair(pair));
	auto_close int theirs = pair[1];
	struct err e = child_run(c, &theirs);

	/* Only the role holds it now: when it dies, calls to it fail at once. */
	fd_close(&theirs);
	if (err_failed(e)) {
		close(pair[0]);
		return e;
	}
	return control_open(c, pair[0]);
}

struct err child_serve(struct child *c)
{
	struct err e = hand_over(c);

	c->served = err_is_ok(e);
	if (err_failed(e))
		process_kill(&c->process);
	return err_add(e, "start role %s", c->kind->name);
}

void child_stop(struct child *c)
{
	struct msg_stop_request rq = {};
	struct msg_stop_reply rp;
	struct arena a;

	if (!c->control || !c->running)
		return;
	arena_init(&a, 4096);
	err_ignore(IPC_CALL(c->control, msg_stop, &rq, clock_mono(&c->parent->clock) + NS_PER_S, &a,
			    &rp),
		   "it ends with its control channel at the latest");
	arena_fini(&a);
}

int child_ended(struct child *c, struct buf *how)
{
	int signal = 0;

	if (c->parent->opts->one_process)
		pthread_join(c->thread, NULL);
	else
		process_end(&c->process, how, &signal);
	c->running = false;
	if (c->control)
		ipc_close(c->control);
	c->control = NULL;
	return signal;
}
