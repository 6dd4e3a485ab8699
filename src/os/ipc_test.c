#include "base/test.h"

#include "idl/sample.h"
#include "os/clock.h"
#include "os/ipc.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Two roles in one process: a calls, b serves. */
struct pair {
	struct clock clock;
	struct ipc_hub *hub_a, *hub_b;
	struct loop *loop;
	struct ipc *a, *b;
	struct arena arena;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* What the handlers and callbacks of a test left. */
	struct ipc_request *kept[64];
	unsigned kept_n, answers, last, downs;
	enum err_code code;
	bool ended;
};

static void pair_lock(struct pair *p)
{
	pthread_mutex_lock(&p->lock);
}

static void pair_unlock(struct pair *p)
{
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

/* With the lock: until *n is want or more; fails after 30 s. */
static void wait_for(struct pair *p, const unsigned *n, unsigned want)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 30;
	while (*n < want && r == 0)
		r = pthread_cond_timedwait(&p->changed, &p->lock, &until);
	assert_true(*n >= want);
}

static void serve_echo(struct ipc_request *r)
{
	const struct sample_echo_request *rq = r->args;
	struct sample_echo_reply rp = {.text = rq->text};

	ipc_reply(r, &rp, NULL);
}

static void serve_count(struct ipc_request *r)
{
	const struct sample_count_request *rq = r->args;
	struct sample_count_reply rp = {0};

	for (; rp.i < rq->n && !ipc_request_gone(r); rp.i++)
		ipc_reply_more(r, &rp, NULL);
	ipc_reply(r, &rp, NULL);
}

static void serve_file(struct ipc_request *r)
{
	char text[100] = "";
	struct sample_file_reply rp = {.text = str_of(text, 0)};
	struct ipc_fds fds = {.n = 1};
	int pipe_fds[2];

	if (r->fds.n != 1 || pipe2(pipe_fds, O_CLOEXEC) != 0) {
		ipc_reply_err(r, err_make(ERR_USAGE, "%u files", r->fds.n));
		return;
	}
	ssize_t n = pread(r->fds.fd[0], text, sizeof(text), 0);

	rp.text.n = n < 0 ? 0 : (size_t)n;
	fds.fd[0] = pipe_fds[0];
	if (write(pipe_fds[1], "pipe", 4) != 4)
		rp.text.n = 0;
	ipc_reply(r, &rp, &fds);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static void serve_fail(struct ipc_request *r)
{
	const struct sample_fail_request *rq = r->args;

	ipc_reply_err(r, err_make((enum err_code)rq->code, "as asked"));
}

static void serve_silence(struct ipc_request *r)
{
	struct pair *p = r->ctx;

	pair_lock(p);
	assert_true(p->kept_n < ARRAY_LEN(p->kept));
	p->kept[p->kept_n++] = r;
	pair_unlock(p);
}

static void (*const handlers[])(struct ipc_request *) = {
	[SAMPLE_CALL_ECHO] = serve_echo,       [SAMPLE_CALL_COUNT] = serve_count,
	[SAMPLE_CALL_FILE] = serve_file,       [SAMPLE_CALL_FAIL] = serve_fail,
	[SAMPLE_CALL_SILENCE] = serve_silence,
};

static void on_down(struct ipc *c, void *ctx)
{
	struct pair *p = ctx;

	pair_lock(p);
	p->downs++;
	pair_unlock(p);
}

static struct ipc_opts opts_of(struct pair *p, const char *name)
{
	return (struct ipc_opts){.name = name,
				 .calls = sample_calls,
				 .calls_n = SAMPLE_CALL_N,
				 .handlers = handlers,
				 .handlers_n = SAMPLE_CALL_N,
				 .ctx = p,
				 .in_flight = 50,
				 .down = on_down,
				 .loop = p->loop};
}

static void pair_setup(struct pair *p)
{
	*p = (struct pair){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	clock_init(&p->clock);
	arena_init(&p->arena, 64 << 20);
	assert_ok(loop_new(&p->clock, &p->loop));
	assert_ok(ipc_hub_new(&p->clock, &p->hub_a));
	assert_ok(ipc_hub_new(&p->clock, &p->hub_b));
}

static void pair_connect(struct pair *p)
{
	struct ipc_opts to_b = opts_of(p, "b"), to_a = opts_of(p, "a");
	int fds[2];

	assert_ok(ipc_pair(fds));
	assert_ok(ipc_open(p->hub_a, &to_b, fds[0], &p->a));
	assert_ok(ipc_open(p->hub_b, &to_a, fds[1], &p->b));
}

static int64_t soon(struct pair *p)
{
	return clock_mono(&p->clock) + 30 * NS_PER_S;
}

static void pair_end(struct pair *p)
{
	if (p->a)
		ipc_close(p->a);
	if (p->b)
		ipc_close(p->b);
	for (unsigned i = 0; i < p->kept_n; i++)
		ipc_reply_err(p->kept[i], err_make(ERR_SHUTDOWN, "test ends"));
	loop_stop(p->loop, soon(p));
	ipc_hub_free(p->hub_a);
	ipc_hub_free(p->hub_b);
	arena_fini(&p->arena);
}

static struct err echo(struct pair *p, struct ipc *c, size_t n)
{
	struct sample_echo_request rq;
	struct sample_echo_reply rp;
	char *text = arena_alloc(&p->arena, n);

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		text[i] = (char)(i * 31 >> 3);
	rq.text = str_of(text, n);
	TRY(IPC_CALL(c, sample_echo, &rq, soon(p), &p->arena, &rp));
	assert_true(str_eq(rp.text, rq.text));
	return ERR_OK;
}

/* Both ways, and around the size from which the body travels in a file. */
static void bodies_of_all_sizes(void **state)
{
	static const size_t sizes[] = {0,      1,      IPC_BODY_INLINE - 4, IPC_BODY_INLINE - 3,
				       300000, 1000000};
	struct pair p;

	(void)state;
	pair_setup(&p);
	pair_connect(&p);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		assert_ok(echo(&p, p.a, sizes[i]));
		assert_ok(echo(&p, p.b, sizes[i]));
	}
	assert_err(echo(&p, p.a, 1000001), ERR_LIMIT);
	pair_end(&p);
}

static void errors_travel(void **state)
{
	struct sample_fail_request rq = {.code = ERR_OVER_QUOTA};
	struct sample_fail_reply rp;
	struct pair p;

	(void)state;
	pair_setup(&p);
	pair_connect(&p);
	struct err e = IPC_CALL(p.a, sample_fail, &rq, soon(&p), &p.arena, &rp);

	assert_err(e, ERR_OVER_QUOTA);
	assert_str("text", err_text(e), STR("role b, call fail: as asked"));
	pair_end(&p);
}

static void files_ride_along(void **state)
{
	struct sample_file_request rq = {0};
	struct sample_file_reply rp;
	struct ipc_fds fds = {.n = 1}, came;
	char text[5];
	struct pair p;

	(void)state;
	pair_setup(&p);
	pair_connect(&p);
	fds.fd[0] = memfd_create("test", MFD_CLOEXEC);
	assert_int_equal(write(fds.fd[0], "hello", 5), 5);
	assert_ok(IPC_CALL_FDS(p.a, sample_file, &rq, soon(&p), &fds, &p.arena, &rp, &came));
	assert_str("text", rp.text, STR("hello"));
	assert_int_equal(came.n, 1);
	assert_int_equal(fcntl(came.fd[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(read(came.fd[0], text, 5), 4);
	ipc_fds_close(&came);
	/* A caller that does not want them has nothing to close. */
	assert_ok(IPC_CALL_FDS(p.a, sample_file, &rq, soon(&p), &fds, &p.arena, &rp, NULL));
	ipc_fds_close(&fds);
	pair_end(&p);
}

static void on_count(void *arg, struct ipc_result *r)
{
	struct pair *p = arg;
	struct sample_count_reply rp = {0};
	struct arena a;

	arena_init(&a, 4096);
	struct err e = ipc_result_read(r, &a, &rp);

	pair_lock(p);
	p->code = err_code(e);
	if (err_is_ok(e) && rp.i == p->answers)
		p->answers++;
	p->ended = !r->more;
	p->last += !r->more;
	pair_unlock(p);
	arena_fini(&a);
}

static void several_answers(void **state)
{
	struct sample_count_request rq = {.n = 1000};
	struct pair p;

	(void)state;
	pair_setup(&p);
	pair_connect(&p);
	assert_ok(ipc_start(p.a, SAMPLE_CALL_COUNT, &rq, soon(&p), NULL, on_count, &p, NULL));
	pair_lock(&p);
	wait_for(&p, &p.answers, 1001);
	assert_true(p.ended);
	assert_int_equal(p.last, 1);
	pair_unlock(&p);
	pair_end(&p);
}

/* The test's clock moves, nobody waits. */
static void deadlines(void **state)
{
	struct sample_silence_request rq;
	struct pair p;

	(void)state;
	pair_setup(&p);
	pair_connect(&p);
	clock_hook_add(&p.clock, ipc_hub_settle_hook, p.hub_a);
	int64_t now = clock_mono(&p.clock);

	assert_ok(ipc_start(p.a, SAMPLE_CALL_SILENCE, &rq, now + 3600 * NS_PER_S, NULL, on_count,
			    &p, NULL));
	assert_ok(ipc_start(p.a, SAMPLE_CALL_SILENCE, &rq, now + 7200 * NS_PER_S, NULL, on_count,
			    &p, NULL));
	pair_lock(&p);
	wait_for(&p, &p.kept_n, 2);
	pair_unlock(&p);
	clock_step(&p.clock, 3500 * NS_PER_S);
	assert_int_equal(p.last, 0);
	clock_step(&p.clock, 200 * NS_PER_S);
	assert_int_equal(p.last, 1);
	assert_int_equal(p.code, ERR_TIMEOUT);
	clock_step(&p.clock, 3600 * NS_PER_S);
	assert_int_equal(p.last, 2);
	/* A blocking caller wakes as well: its deadline is long past. */
	struct sample_silence_reply rp;

	assert_err(IPC_CALL(p.a, sample_silence, &rq, now, &p.arena, &rp), ERR_TIMEOUT);
	pair_end(&p);
}

static void cancel_reaches_the_other_end(void **state)
{
	struct sample_silence_request rq;
	uint64_t id;
	struct pair p;

	(void)state;
	pair_setup(&p);
	pair_connect(&p);
	assert_ok(ipc_start(p.a, SAMPLE_CALL_SILENCE, &rq, soon(&p), NULL, on_count, &p, &id));
	pair_lock(&p);
	wait_for(&p, &p.kept_n, 1);
	assert_false(ipc_request_gone(p.kept[0]));
	pair_unlock(&p);
	ipc_cancel(p.a, id);
	ipc_cancel(p.a, id);
	/* Packets keep their order: once a later call is answered the cancel was seen. */
	assert_ok(echo(&p, p.a, 1));
	assert_true(ipc_request_gone(p.kept[0]));
	struct sample_silence_reply rp;

	ipc_reply(p.kept[0], &rp, NULL);
	p.kept_n = 0;
	assert_ok(echo(&p, p.a, 1));
	assert_int_equal(p.last, 0);
	pair_end(&p);
}

/* Counts how often it is woken. */
struct woken {
	struct task task;
	struct pair *pair;
	unsigned times;
};

static struct park woken_run(struct task *t, unsigned why)
{
	struct woken *w = CONTAINER_OF(t, struct woken, task);

	if (why & LOOP_STOP)
		return park_end();
	pair_lock(w->pair);
	w->times += (why & LOOP_WAKE) != 0;
	pair_unlock(w->pair);
	return park_on(LOOP_WAKE, 0);
}

static void woken_done(struct task *t) {}

/* By a cancel, by the end of the channel, and when it was gone already. */
static void a_task_is_woken_when_nobody_waits(void **state)
{
	struct sample_silence_request rq;
	struct pair p;
	struct woken w = {.task = {.fd = -1, .run = woken_run, .done = woken_done}, .pair = &p};
	uint64_t id;

	(void)state;
	pair_setup(&p);
	pair_connect(&p);
	assert_true(loop_add(p.loop, &w.task));
	for (unsigned i = 0; i < 2; i++)
		assert_ok(ipc_start(p.a, SAMPLE_CALL_SILENCE, &rq, soon(&p), NULL, on_count, &p,
				    &id));
	pair_lock(&p);
	wait_for(&p, &p.kept_n, 2);
	pair_unlock(&p);
	ipc_request_wake(p.kept[0], &w.task);
	ipc_request_wake(p.kept[1], &w.task);
	ipc_cancel(p.a, id);
	pair_lock(&p);
	wait_for(&p, &w.times, 1);
	pair_unlock(&p);
	ipc_close(p.a);
	p.a = NULL;
	pair_lock(&p);
	wait_for(&p, &w.times, 2);
	pair_unlock(&p);
	ipc_request_wake(p.kept[0], &w.task);
	pair_lock(&p);
	wait_for(&p, &w.times, 3);
	pair_unlock(&p);
	pair_end(&p);
}

static void a_role_dies_and_comes_back(void **state)
{
	struct sample_silence_request rq;
	struct ipc_opts to_a;
	int fds[2];
	struct pair p;

	(void)state;
	pair_setup(&p);
	pair_connect(&p);
	for (int i = 0; i < 3; i++)
		assert_ok(ipc_start(p.a, SAMPLE_CALL_SILENCE, &rq, soon(&p), NULL, on_count, &p,
				    NULL));
	ipc_close(p.b);
	pair_lock(&p);
	wait_for(&p, &p.last, 3);
	assert_int_equal(p.code, ERR_UNAVAILABLE);
	wait_for(&p, &p.downs, 1);
	pair_unlock(&p);
	assert_err(echo(&p, p.a, 1), ERR_UNAVAILABLE);
	assert_ok(ipc_pair(fds));
	to_a = opts_of(&p, "a");
	assert_ok(ipc_open(p.hub_b, &to_a, fds[1], &p.b));
	assert_ok(ipc_replace(p.a, fds[0]));
	assert_ok(echo(&p, p.a, 100000));
	pair_end(&p);
}

static void in_flight_is_bounded(void **state)
{
	struct sample_silence_request rq;
	struct pair p;

	(void)state;
	pair_setup(&p);
	pair_connect(&p);
	for (int i = 0; i < 50; i++)
		assert_ok(ipc_start(p.a, SAMPLE_CALL_SILENCE, &rq, soon(&p), NULL, on_count, &p,
				    NULL));
	assert_err(ipc_start(p.a, SAMPLE_CALL_SILENCE, &rq, soon(&p), NULL, on_count, &p, NULL),
		   ERR_RESOURCES);
	pair_lock(&p);
	wait_for(&p, &p.kept_n, 50);
	pair_unlock(&p);
	struct sample_silence_reply rp;

	ipc_reply(p.kept[--p.kept_n], &rp, NULL);
	pair_lock(&p);
	wait_for(&p, &p.last, 1);
	pair_unlock(&p);
	assert_ok(echo(&p, p.a, 1));
	pair_end(&p);
}

/* A role that was taken over: the test holds its socket. */
struct wild {
	struct pair p;
	int fd;
};

static void wild_setup(struct wild *w, size_t unread)
{
	int fds[2];

	pair_setup(&w->p);
	struct ipc_opts o = opts_of(&w->p, "wild");

	o.unread = unread;
	assert_ok(ipc_pair(fds));
	assert_ok(ipc_open(w->p.hub_b, &o, fds[1], &w->p.b));
	w->fd = fds[0];
	assert_int_equal(fcntl(w->fd, F_SETFL, 0), 0);
	assert_int_equal(setsockopt(w->fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 30},
				    sizeof(struct timeval)),
			 0);
}

static void wild_end(struct wild *w)
{
	close(w->fd);
	pair_end(&w->p);
}

/* The next answer's kind; its error code, if it is one, in *ret. The wild end blocks. */
static int wild_answer(struct wild *w, struct ipc_head *ret_head, unsigned *ret_code)
{
	static char room[IPC_PACKET_MAX];
	ssize_t n = recv(w->fd, room, sizeof(room), 0);

	assert_true(n >= (ssize_t)sizeof(*ret_head));
	memcpy(ret_head, room, sizeof(*ret_head));
	*ret_code = 0;
	if (ret_head->kind == IPC_ERROR)
		*ret_code = (unsigned char)room[sizeof(*ret_head)];
	return ret_head->kind;
}

static struct str echo_body(const char *text, char *room)
{
	size_t n = strlen(text);
	struct buf b = BUF_INIT(1000);
	struct sample_echo_request rq = {.text = str_of(text, n)};

	sample_echo_request_write(&b, &rq);
	memcpy(room, b.p, b.n);
	n = b.n;
	buf_fini(&b);
	return str_of(room, n);
}

/* After whatever the wild end sent, an honest call is still answered. */
static void wild_still_served(struct wild *w)
{
	struct ipc_head head = {
		.kind = IPC_REQUEST, .call = SAMPLE_CALL_ECHO, .id = 77, .deadline = NS_NEVER};
	char room[100];
	unsigned code;
	struct str body = echo_body("hi", room);

	assert_int_equal(ipc_packet_send(w->fd, &head, body, NULL, -1), IPC_SENT);
	assert_int_equal(wild_answer(w, &head, &code), IPC_REPLY);
	assert_int_equal(head.id, 77);
}

static void bad_requests_end_alone(void **state)
{
	static const struct {
		const char *name;
		unsigned call;
		const char *body;
		size_t n;
		unsigned want;
	} cases[] = {
		{"unknown call", SAMPLE_CALL_N, "", 0, ERR_UNSUPPORTED},
		{"far call", 65535, "", 0, ERR_UNSUPPORTED},
		{"too short", SAMPLE_CALL_ECHO, "\0\0", 2, ERR_SYNTAX},
		{"text past the end", SAMPLE_CALL_ECHO, "\5\0\0\0abcd", 8, ERR_SYNTAX},
		{"left over", SAMPLE_CALL_ECHO, "\1\0\0\0ab", 6, ERR_SYNTAX},
		{"longer than it can be", SAMPLE_CALL_FAIL, "123", 3, ERR_SYNTAX},
	};
	struct wild w;

	(void)state;
	wild_setup(&w, 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ipc_head head = {.kind = IPC_REQUEST,
					.call = (uint16_t)cases[i].call,
					.id = i,
					.deadline = NS_NEVER};
		unsigned code;

		assert_int_equal(
			ipc_packet_send(w.fd, &head, str_of(cases[i].body, cases[i].n), NULL, -1),
			IPC_SENT);
		assert_int_equal(wild_answer(&w, &head, &code), IPC_ERROR);
		if (code != cases[i].want)
			print_error("%s\n", cases[i].name);
		assert_int_equal(code, cases[i].want);
		assert_int_equal(head.id, i);
	}
	wild_still_served(&w);
	wild_end(&w);
}

static void bad_packets_are_dropped(void **state)
{
	static const struct ipc_head heads[] = {
		{.kind = 0},
		{.kind = IPC_KIND_END},
		{.kind = IPC_REQUEST, .flags = 4},
		{.kind = IPC_REQUEST, .flags = IPC_MEMFD, .body_n = 10},
		{.kind = IPC_REQUEST, .body_n = 10},
		{.kind = IPC_REPLY, .id = 12345},
		{.kind = IPC_ERROR, .id = 1},
		{.kind = IPC_CANCEL, .id = 1},
	};
	struct wild w;

	(void)state;
	wild_setup(&w, 0);
	assert_int_equal(send(w.fd, "x", 1, 0), 1);
	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		assert_int_equal(send(w.fd, &heads[i], sizeof(heads[i]), 0), sizeof(heads[i]));
	wild_still_served(&w);
	wild_end(&w);
}

static int memfd_of(size_t n, int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0 && ftruncate(fd, (off_t)n) == 0);
	if (seals)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void memory_files_are_checked(void **state)
{
	const int all = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	const struct {
		size_t size, says;
		int seals;
		int want;
	} cases[] = {
		{8, 8, 0, IPC_ERROR},
		{8, 8, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, IPC_ERROR},
		{8, 8, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL, IPC_ERROR},
		{8, 9, all, IPC_ERROR},
		{9, 8, all, IPC_ERROR},
		{2000000, 2000000, all, IPC_ERROR},
		{4, 4, all, IPC_REPLY}, /* the empty text */
	};
	struct wild w;

	(void)state;
	wild_setup(&w, 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ipc_head head = {
			.kind = IPC_REQUEST, .call = SAMPLE_CALL_ECHO, .deadline = NS_NEVER};
		int fd = memfd_of(cases[i].size, cases[i].seals);
		unsigned code;

		assert_int_equal(
			ipc_packet_send(w.fd, &head, str_of(NULL, cases[i].says), NULL, fd),
			IPC_SENT);
		close(fd);
		assert_int_equal(wild_answer(&w, &head, &code), cases[i].want);
	}
	wild_still_served(&w);
	wild_end(&w);
}

static unsigned fds_open(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Descriptors that a call does not declare are closed, also when there are too many for a packet.
 */
static void surplus_files_are_closed(void **state)
{
	struct ipc_head head = {
		.kind = IPC_REQUEST, .call = SAMPLE_CALL_ECHO, .id = 1, .deadline = NS_NEVER};
	struct ipc_fds fds = {.n = IPC_FDS_MAX};
	char room[100];
	unsigned code;
	struct wild w;

	(void)state;
	wild_setup(&w, 0);
	for (unsigned i = 0; i < fds.n; i++)
		fds.fd[i] = w.fd;
	struct str body = echo_body("hi", room);
	unsigned before = fds_open();

	assert_int_equal(ipc_packet_send(w.fd, &head, body, &fds, -1), IPC_SENT);
	assert_int_equal(wild_answer(&w, &head, &code), IPC_REPLY);
	/* Nine descriptors and no memory file among them: one is too many. */
	head.kind = IPC_REQUEST;
	assert_int_equal(ipc_packet_send(w.fd, &head, STR("\0\0\0\0"), &fds, w.fd), IPC_SENT);
	assert_int_equal(wild_answer(&w, &head, &code), IPC_ERROR);
	wild_still_served(&w);
	assert_int_equal(fds_open(), before);
	wild_end(&w);
}

/* Answers to a peer that does not read pile up to the bound, then it is dropped. */
static void who_does_not_read_is_dropped(void **state)
{
	struct ipc_head head = {
		.kind = IPC_REQUEST, .call = SAMPLE_CALL_COUNT, .id = 1, .deadline = NS_NEVER};
	static char room[IPC_PACKET_MAX];
	struct wild w;

	(void)state;
	wild_setup(&w, 100000);
	assert_int_equal(ipc_packet_send(w.fd, &head, STR("\0\0\0\1"), NULL, -1), IPC_SENT);
	pair_lock(&w.p);
	wait_for(&w.p, &w.p.downs, 1);
	pair_unlock(&w.p);
	/* What the kernel held is there, then the end. */
	while (recv(w.fd, room, sizeof(room), 0) > 0)
		;
	assert_int_equal(recv(w.fd, room, sizeof(room), 0), 0);
	wild_end(&w);
}

/* An answer that makes no sense fails its call, and no other. */
static void bad_answers_end_alone(void **state)
{
	struct sample_count_request rq = {.n = 1};
	struct wild w;
	char room[200];
	struct ipc_head head;

	(void)state;
	wild_setup(&w, 0);
	for (int i = 0; i < 2; i++)
		assert_ok(ipc_start(w.p.b, SAMPLE_CALL_COUNT, &rq, soon(&w.p), NULL, on_count, &w.p,
				    NULL));
	assert_true(recv(w.fd, room, sizeof(room), 0) > 0);
	memcpy(&head, room, sizeof(head));
	head.kind = IPC_REPLY;
	assert_int_equal(ipc_packet_send(w.fd, &head, STR("12345"), NULL, -1), IPC_SENT);
	pair_lock(&w.p);
	wait_for(&w.p, &w.p.last, 1);
	assert_int_equal(w.p.code, ERR_SYNTAX);
	pair_unlock(&w.p);
	assert_true(recv(w.fd, room, sizeof(room), 0) > 0);
	memcpy(&head, room, sizeof(head));
	head.kind = IPC_REPLY;
	assert_int_equal(ipc_packet_send(w.fd, &head, STR("\0\0\0\0"), NULL, -1), IPC_SENT);
	pair_lock(&w.p);
	wait_for(&w.p, &w.p.last, 2);
	assert_int_equal(w.p.code, ERR_NONE);
	pair_unlock(&w.p);
	wild_end(&w);
}

enum { STORM_THREADS = 8, STORM_CALLS = 200 };

struct storm {
	struct pair *p;
	struct ipc *chan;
	unsigned ok, unavailable;
};

static void *storm_run(void *arg)
{
	struct storm *s = arg;
	struct sample_echo_request rq = {.text = STR("storm")};
	struct sample_echo_reply rp;
	struct arena a;

	arena_init(&a, 65536);
	for (int i = 0; i < STORM_CALLS; i++) {
		struct err e = IPC_CALL(s->chan, sample_echo, &rq, soon(s->p), &a, &rp);

		s->ok += err_is_ok(e) && str_eq(rp.text, rq.text);
		s->unavailable += err_is(e, ERR_UNAVAILABLE);
		arena_reset(&a);
	}
	arena_fini(&a);
	return NULL;
}

/* Many threads call both ways while the sockets are replaced: every call ends, with its answer or
 * with UNAVAILABLE. */
static void storm(void **state)
{
	pthread_t threads[STORM_THREADS];
	struct storm s[STORM_THREADS];
	struct pair p;
	int fds[2];

	(void)state;
	pair_setup(&p);
	pair_connect(&p);
	for (int i = 0; i < STORM_THREADS; i++) {
		s[i] = (struct storm){.p = &p, .chan = i % 2 ? p.a : p.b};
		assert_int_equal(pthread_create(&threads[i], NULL, storm_run, &s[i]), 0);
	}
	for (int i = 0; i < 5; i++) {
		assert_ok(ipc_pair(fds));
		assert_ok(ipc_replace(p.a, fds[0]));
		assert_ok(ipc_replace(p.b, fds[1]));
	}
	for (int i = 0; i < STORM_THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(s[i].ok + s[i].unavailable, STORM_CALLS);
	}
	assert_ok(echo(&p, p.a, 1));
	pair_end(&p);
}

/* Without a loop handlers run on the hub's thread. */
static void without_a_loop(void **state)
{
	struct pair p;
	struct ipc_opts to_a, to_b;
	int fds[2];

	(void)state;
	pair_setup(&p);
	to_a = opts_of(&p, "a");
	to_b = opts_of(&p, "b");
	to_a.loop = NULL;
	assert_ok(ipc_pair(fds));
	assert_ok(ipc_open(p.hub_a, &to_b, fds[0], &p.a));
	assert_ok(ipc_open(p.hub_b, &to_a, fds[1], &p.b));
	assert_ok(echo(&p, p.a, 100000));
	pair_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_of_all_sizes),
		cmocka_unit_test(errors_travel),
		cmocka_unit_test(files_ride_along),
		cmocka_unit_test(several_answers),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(cancel_reaches_the_other_end),
		cmocka_unit_test(a_task_is_woken_when_nobody_waits),
		cmocka_unit_test(a_role_dies_and_comes_back),
		cmocka_unit_test(in_flight_is_bounded),
		cmocka_unit_test(bad_requests_end_alone),
		cmocka_unit_test(bad_packets_are_dropped),
		cmocka_unit_test(memory_files_are_checked),
		cmocka_unit_test(surplus_files_are_closed),
		cmocka_unit_test(who_does_not_read_is_dropped),
		cmocka_unit_test(bad_answers_end_alone),
		cmocka_unit_test(storm),
		cmocka_unit_test(without_a_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
