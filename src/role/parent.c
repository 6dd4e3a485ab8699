#include "role/parent_internal.h"

#include "conf/conf.h"
#include "os/memory.h"
#include "store/store.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
	RETRY_FIRST_MS = 100,
	RETRY_MAX_MS = 60000,
	/* A role has ROLE_STOP_S for its peers and ROLE_STOP_LAST_S for itself. */
	KILL_AFTER_S = ROLE_STOP_S + ROLE_STOP_LAST_S,
};

/* Who is called before who calls; the other way round they stop. */
static const struct role_kind *const order[] = {&role_secrets, &role_dns, &role_post, &role_smtp,
						&role_imap};

static struct err signals_open(struct parent *p)
{
	sigset_t set;

	process_ignore_pipe();
	process_raise_files();
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	/* Before the first thread: all inherit the mask. */
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	p->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return p->signal_fd < 0 ? err_errno("take signals") : ERR_OK;
}

static void wakers_tell(struct parent *p)
{
	uint64_t one = 1;

	/* What a role that died had committed may be unheard: everyone looks. A full counter was
	 * rung already. */
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++)
		if (p->wake[id] >= 0 && write(p->wake[id], &one, sizeof(one)) < 0)
			continue;
}

static void retry_plan(struct child *c)
{
	int64_t ms = 0;

	if (!c->served) {
		ms = (int64_t)RETRY_FIRST_MS << (c->failures < 10 ? c->failures : 10);
		c->failures++;
	}
	if (ms > RETRY_MAX_MS)
		ms = RETRY_MAX_MS;
	c->start_at = clock_mono(&c->parent->clock) + ms * NS_PER_MS;
}

/* What it was doing. Who kills a process has nothing against its peers; any other signal is a
 * mistake of ours that one of them has found. */
static void notes_log(struct child *c, int signal)
{
	struct parent *p = c->parent;
	bool crashed = signal != 0 && signal != SIGKILL && signal != SIGTERM;

	crashnote_take(c->notes, crashed, clock_mono(&p->clock), &p->found);
	for (size_t i = 0; crashed && i < p->found.n; i++) {
		const struct crashnote_item *note = &p->found.item[i];

		log_error(&p->lc, "it was handling", F_Z("role", c->kind->name),
			  F_STR("remote", crashnote_peer(note)),
			  F_STR("what", crashnote_what(note)), F_HEX("cid", note->digest));
	}
}

static void child_collect(struct child *c)
{
	struct parent *p = c->parent;
	BUF_AUTO how = BUF_INIT(200);
	int signal = child_ended(c, &how);

	if (p->stopping)
		return;
	METRIC_ADD(&p->metrics, PANIC, 1, str_z(c->kind->name));
	log_error(&p->lc, "role died, starting it again", F_Z("role", c->kind->name),
		  F_STR("how", buf_str(&how)), F_BOOL("served", c->served));
	notes_log(c, signal);
	retry_plan(c);
	wakers_tell(p);
}

static void child_restart(struct child *c)
{
	c->start_at = 0;
	struct err e = child_spawn(c);

	if (err_is_ok(e))
		e = child_serve(c);

	if (err_is_ok(e)) {
		c->failures = 0;
		log_info(&c->parent->lc, "role serves again", F_Z("role", c->kind->name));
		return;
	}
	log_error(&c->parent->lc, "role does not start", F_ERR(e));
	if (!c->running)
		retry_plan(c);
}

/* What to wait for: signals, the stop event, the ends of the roles. */
static int64_t next_start(const struct parent *p)
{
	int64_t at = NS_NEVER;

	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++)
		if (p->child[id].start_at && p->child[id].start_at < at)
			at = p->child[id].start_at;
	return at;
}

static int wait_ms(struct parent *p, int64_t until)
{
	int64_t at = next_start(p), now = clock_mono(&p->clock);

	if (until < at)
		at = until;
	if (at == NS_NEVER)
		return -1;
	return at <= now ? 0 : (int)((at - now) / NS_PER_MS) + 1;
}

/* Waits for the next event, and collects what ended. True if somebody wants the server to stop. */
static bool event_wait(struct parent *p, int64_t until)
{
	struct pollfd fds[3 + MSG_ROLE_ID_N] = {
		{.fd = p->signal_fd, .events = POLLIN},
		{.fd = p->stop_event, .events = POLLIN},
		{.fd = p->ended_event, .events = POLLIN},
	};
	struct child *who[MSG_ROLE_ID_N];
	nfds_t n = 3;

	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++) {
		struct child *c = &p->child[id];

		if (!c->running || p->opts->one_process)
			continue;
		who[n - 3] = c;
		fds[n++] = (struct pollfd){.fd = c->process.pidfd, .events = POLLIN};
	}
	if (poll(fds, n, wait_ms(p, until)) < 0)
		return false;
	for (nfds_t i = 3; i < n; i++)
		if (fds[i].revents)
			child_collect(who[i - 3]);
	/* A role's thread that ends without being asked can't be started again beside the others.
	 */
	return fds[0].revents || fds[1].revents || fds[2].revents;
}

static bool any_running(const struct parent *p)
{
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++)
		if (p->child[id].running)
			return true;
	return false;
}

static void threads_stop(struct parent *p)
{
	for (size_t i = ARRAY_LEN(order); i > 0; i--) {
		struct child *c = &p->child[order[i - 1]->id];
		BUF_AUTO how = BUF_INIT(200);

		child_stop(c);
		if (c->running)
			child_ended(c, &how);
	}
}

/* Those who talk to peers first, then the ones they call. */
static void processes_stop(struct parent *p)
{
	int64_t until = clock_mono(&p->clock) + KILL_AFTER_S * NS_PER_S;

	for (size_t i = ARRAY_LEN(order); i > 0; i--) {
		struct child *c = &p->child[order[i - 1]->id];

		child_stop(c);
		/* smtp and imap stop side by side. */
		if (c->kind->id == MSG_ROLE_ID_IMAP)
			continue;
		while ((c->running ||
			(c->kind->id == MSG_ROLE_ID_SMTP && p->child[MSG_ROLE_ID_IMAP].running)) &&
		       clock_mono(&p->clock) < until)
			event_wait(p, until);
	}
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++) {
		if (p->child[id].running)
			log_error(&p->lc, "role does not end, killed",
				  F_Z("role", p->child[id].kind->name));
		process_kill(&p->child[id].process);
	}
	while (any_running(p))
		event_wait(p, NS_NEVER);
}

static void stop(struct parent *p)
{
	p->stopping = true;
	log_info(&p->lc, "stopping");
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++)
		p->child[id].start_at = 0;
	if (p->opts->one_process)
		threads_stop(p);
	else
		processes_stop(p);
	log_info(&p->lc, "stopped");
}

static void sockets_log(struct parent *p)
{
	for (size_t i = 0; i < p->socket_count; i++)
		log_info(&p->lc, "listening",
			 F_Z("kind", msg_listener_kind_name(p->socket[i].kind)),
			 F_STR("listener", p->socket[i].name),
			 F_STR("address", p->socket[i].address));
}

struct serving {
	struct child *child;
	pthread_t thread;
	char why[256]; /* empty: it serves */
};

static void *serving_main(void *arg)
{
	struct serving *s = arg;
	struct err e = child_serve(s->child);

	if (err_failed(e))
		snprintf(s->why, sizeof(s->why), "%.*s", STR_ARG(err_text(e)));
	return NULL;
}

/* All come up side by side: who calls another that does not serve yet waits for its answer. */
static struct err all_serve(struct parent *p)
{
	struct serving serving[ARRAY_LEN(order)] = {};
	struct err e = ERR_OK;
	size_t n = 0;

	while (n < ARRAY_LEN(order) && err_is_ok(e)) {
		struct serving *s = &serving[n];

		s->child = &p->child[order[n]->id];
		if (pthread_create(&s->thread, NULL, serving_main, s) == 0)
			n++;
		else
			e = err_make(ERR_RESOURCES, "no thread to start with");
	}
	for (size_t i = 0; i < n; i++)
		pthread_join(serving[i].thread, NULL);
	for (size_t i = 0; i < n && err_is_ok(e); i++)
		if (serving[i].why[0])
			e = err_make(ERR_UNAVAILABLE, "%s", serving[i].why);
	return e;
}

static struct err run(struct parent *p)
{
	TRY(channels_make(p));
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		TRY(child_spawn(&p->child[order[i]->id]));
	TRY(all_serve(p));
	sockets_log(p);
	log_info(&p->lc, "serving", F_Z("version", MOX_VERSION));
	if (p->opts->serving)
		p->opts->serving(p->opts->arg);
	memory_give_back_started();
	for (;;) {
		if (event_wait(p, NS_NEVER))
			return ERR_OK;
		for (unsigned id = 0; id < MSG_ROLE_ID_N; id++)
			if (p->child[id].start_at && p->child[id].start_at <= clock_mono(&p->clock))
				child_restart(&p->child[id]);
	}
}

/* One line for keys that are read but have no effect yet. */
static void later_log(struct parent *p)
{
	size_t n;
	const char *const *keys = conf_later(p->conf, &n);
	BUF_AUTO b = BUF_INIT(8192);

	for (size_t i = 0; i < n; i++)
		buf_strs(&b, i ? STR(" ") : STR(""), str_z(keys[i]));
	if (n)
		log_info(&p->lc, "configuration has keys without effect in this version",
			 F_STR("keys", buf_str(&b)));
}

/* Levels of the configuration; warn is a level of older versions. */
static const enum log_level conf_levels[] = {
	[CONF_LOG_LEVEL_UNSET] = LOG_INFO,          [CONF_LOG_LEVEL_ERROR] = LOG_ERROR,
	[CONF_LOG_LEVEL_WARN] = LOG_ERROR,          [CONF_LOG_LEVEL_INFO] = LOG_INFO,
	[CONF_LOG_LEVEL_DEBUG] = LOG_DEBUG,         [CONF_LOG_LEVEL_TRACE] = LOG_TRACE,
	[CONF_LOG_LEVEL_TRACEAUTH] = LOG_TRACEAUTH, [CONF_LOG_LEVEL_TRACEDATA] = LOG_TRACEDATA,
};

static struct err level_take(struct parent *p)
{
	enum log_level level = conf_levels[conf_static(p->conf)->log_level];

	if (p->opts->log_level.n && !log_level_parse(p->opts->log_level, &level))
		return err_make(ERR_USAGE, "there is no log level \"%.*s\"",
				STR_ARG(p->opts->log_level));
	return log_level_set(&p->log, STR(""), level);
}

static struct err configure(struct parent *p)
{
	TRY(conf_load(p->opts->static_path, 1, p->opts->localserve, NULL, &p->conf));
	TRY(level_take(p));
	later_log(p);
	return ERR_OK;
}

static struct err serve(struct parent *p)
{
	TRY(configure(p));
	TRY(signals_open(p));
	TRY(parent_open(p));
	TRY(ipc_hub_new(&p->clock, &p->hub));
	struct err e = run(p);

	/* A text of its own: stopping makes errors of other calls. */
	if (err_failed(e))
		log_error(&p->lc, "server does not start", F_ERR(e));
	stop(p);
	ipc_hub_free(p->hub);
	return e;
}

static struct parent *parent_new(const struct parent_opts *opts)
{
	struct parent *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->opts = opts;
	if (opts->fs)
		p->fs = *opts->fs;
	clock_init(&p->clock);
	log_init(&p->log, STDERR_FILENO, LOG_INFO);
	p->log.wall_ns = clock_wall_for_log;
	p->log.wall_arg = &p->clock;
	p->lc = (struct log_ctx){.log = &p->log, .pkg = "parent"};
	arena_init(&p->arena, 64 << 20);
	p->lock_fd = p->signal_fd = p->stop_event = p->ended_event = p->notify_fd = -1;
	for (size_t i = 0; i < PARENT_CHANNELS; i++)
		p->channel[i].fd[CALLER] = p->channel[i].fd[CALLEE] = -1;
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++) {
		p->wake[id] = -1;
		p->child[id] = (struct child){.parent = p,
					      .kind = role_kind_of(id),
					      .process = {.pidfd = -1},
					      .thread_fd = -1,
					      .notes_fd = -1,
					      .metrics_fd = -1};
	}
	return p;
}

struct err parent_serve(const struct parent_opts *opts)
{
	struct parent *p = parent_new(opts);

	if (!p)
		return err_make(ERR_RESOURCES, "no memory to start");
	struct err e = serve(p);

	parent_close(p);
	conf_unref(p->conf);
	arena_fini(&p->arena);
	free(p);
	return e;
}
