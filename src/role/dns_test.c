#include "base/test.h"

#include "os/addr.h"
#include "os/clock.h"
#include "os/crashnote.h"
#include "os/sharedpage.h"
#include "role/dns_testing.h"
#include "store/store.h"
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A DNS server on loopback: every name has an address, those that begin with "late" only when the
 * test says so. */
struct server {
	int fd;
	uint16_t port;
	int stop;
	bool silent; /* never answers */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned asked, late;
	bool release;
	struct query {
		unsigned char packet[512];
		size_t n;
		struct sockaddr_storage from;
		socklen_t from_n;
	} kept; /* the last late one */
};

enum { HEAD = 12 };

/* Its one question's end, past type and class. */
static size_t question_end(const struct query *q)
{
	size_t at = HEAD;

	while (at < q->n && q->packet[at])
		at += q->packet[at] + 1U;
	return at + 5;
}

static void reply(const struct server *s, struct query *q)
{
	static const unsigned char address[] = {0xc0, HEAD, 0, 1, 0,   1, 0, 0,
						1,    0,    0, 4, 192, 0, 2, 1};
	size_t end = question_end(q);
	bool is_a = q->packet[end - 4] == 0 && q->packet[end - 3] == 1;

	if (end + sizeof(address) > sizeof(q->packet))
		return;
	q->packet[2] = 0x84; /* a response, with authority */
	q->packet[3] = 0x80;
	memset(q->packet + 6, 0, 6);
	q->packet[7] = is_a;
	memcpy(q->packet + end, address, sizeof(address));
	end += is_a ? sizeof(address) : 0;
	if (sendto(s->fd, q->packet, end, 0, (struct sockaddr *)&q->from, q->from_n) < 0)
		print_error("reply: error %d\n", errno);
}

static void query_take(struct server *s, struct query *q)
{
	bool late = q->n > HEAD + 5 && memcmp(q->packet + HEAD + 1, "late", 4) == 0;

	pthread_mutex_lock(&s->lock);
	s->asked++;
	late = late && !s->release;
	if (late) {
		s->late++;
		s->kept = *q;
	}
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	if (!late && !s->silent)
		reply(s, q);
}

static void *server_main(void *arg)
{
	struct server *s = arg;
	struct pollfd fds[] = {{.fd = s->fd, .events = POLLIN}, {.fd = s->stop, .events = POLLIN}};
	struct query q;

	while (poll(fds, 2, -1) >= 0 && !fds[1].revents) {
		q.from_n = sizeof(q.from);
		ssize_t n = recvfrom(s->fd, q.packet, sizeof(q.packet), 0,
				     (struct sockaddr *)&q.from, &q.from_n);

		q.n = n < 0 ? 0 : (size_t)n;
		if (q.n > HEAD && question_end(&q) <= q.n)
			query_take(s, &q);
	}
	return NULL;
}

static void server_start(struct server *s, bool silent)
{
	struct addr a = addr_of_ip((struct ip){.family = 4, .b = {127, 0, 0, 1}}, 0);
	struct sockaddr_storage sa;
	socklen_t n = addr_sockaddr(&a, &sa);

	*s = (struct server){.silent = silent};
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	s->stop = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sa, n), 0);
	s->port = addr_local(s->fd).port;
	assert_int_equal(pthread_create(&s->thread, NULL, server_main, s), 0);
}

static void server_end(struct server *s)
{
	uint64_t one = 1;

	assert_int_equal(write(s->stop, &one, sizeof(one)), sizeof(one));
	pthread_join(s->thread, NULL);
	close(s->fd);
	close(s->stop);
}

/* Until one of its counts is n or more. */
static void server_wait(struct server *s, const unsigned *count, unsigned n)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 30;
	pthread_mutex_lock(&s->lock);
	while (*count < n && r == 0)
		r = pthread_cond_timedwait(&s->changed, &s->lock, &until);
	pthread_mutex_unlock(&s->lock);
	assert_int_equal(r, 0);
}

static unsigned server_asked(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	unsigned n = s->asked;

	pthread_mutex_unlock(&s->lock);
	return n;
}

static void server_release(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	s->release = true;
	pthread_mutex_unlock(&s->lock);
	reply(s, &s->kept);
}

/* The role in a thread, its parent, and a role that asks. */
struct fixture {
	struct server server, dead;
	struct clock clock;
	struct fs fs;
	char folder[64];
	int control, stop_event, notify, notes;
	void *notes_page;
	pthread_t thread;
	struct ipc_hub *hub;
	struct ipc *parent;
	struct role asking;
	struct asker asker[8];
	char config[1000];
};

/* The role as it is, with its timers settled when the test steps the clock. */
static struct err start_with_hook(struct role *r)
{
	clock_hook_add(r->clock, loop_settle_hook, r->loop);
	return role_dns.start(r);
}

static void *role_thread(void *arg)
{
	struct fixture *f = arg;
	struct role_host host = {.clock = &f->clock, .rand = rand_system(), .fs = &f->fs};
	struct role_kind kind = role_dns;

	kind.start = start_with_hook;
	struct err e = role_main(&kind, f->control, &host);

	if (err_failed(e))
		print_error("%.*s\n", STR_ARG(err_text(e)));
	return NULL;
}

static void hand(struct fixture *f, unsigned call, const void *request, const struct ipc_fds *fds)
{
	char reply_room[4096];
	struct arena a;

	arena_init(&a, 65536);
	assert_ok(ipc_call(f->parent, call, request, clock_mono(&f->clock) + 30 * NS_PER_S, fds, &a,
			   reply_room, NULL));
	arena_fini(&a);
}

static void setup_hand(struct fixture *f)
{
	struct msg_setup_request rq = {
		.role = MSG_ROLE_ID_DNS,
		.data_dir = str_z(f->folder),
		.one_process = true,
		.config = {.static_path = STR("/nonexistent/mox.conf"),
			   .static_text = str_z(f->config),
			   .domains_path = STR("/nonexistent/domains.conf"),
			   .domains_text = STR("Domains:\n\tlocalhost: nil\nAccounts:\n\tmox:\n"
					       "\t\tDomain: localhost\n\t\tDestinations:\n"
					       "\t\t\tmox@localhost: nil\n")},
	};
	struct ipc_fds fds = {.fd = {f->stop_event, f->notify, f->notes}, .n = 3};

	hand(f, MSG_CALL_SETUP, &rq, &fds);
}

static void channel_hand(struct fixture *f)
{
	struct msg_channel_request rq = {.role = MSG_ROLE_ID_SMTP};
	struct ipc_opts opts = {.name = "dns", .calls = msg_calls, .calls_n = MSG_CALL_N};
	int pair[2];

	assert_ok(ipc_pair(pair));
	struct ipc_fds fds = {.fd = {pair[1]}, .n = 1};

	hand(f, MSG_CALL_CHANNEL, &rq, &fds);
	close(pair[1]);
	assert_ok(ipc_open(f->hub, &opts, pair[0], &f->asking.channel[MSG_ROLE_ID_DNS].ipc));
}

static void role_start(struct fixture *f)
{
	struct ipc_opts opts = {.name = "dns", .calls = msg_calls, .calls_n = MSG_CALL_N};
	struct msg_serve_request serve = {};
	int pair[2];

	assert_ok(ipc_pair(pair));
	f->control = pair[1];
	assert_int_equal(pthread_create(&f->thread, NULL, role_thread, f), 0);
	assert_ok(ipc_open(f->hub, &opts, pair[0], &f->parent));
	setup_hand(f);
	channel_hand(f);
	hand(f, MSG_CALL_SERVE, &serve, NULL);
}

/* A trust anchor that is not the root's, which libunbound would look for on the Internet. */
static void anchor_write(const struct fixture *f)
{
	static const char anchor[] = ". IN DS 1 8 2 00000000000000000000000000000000"
				     "00000000000000000000000000000000\n";
	char path[100];

	snprintf(path, sizeof(path), "%s/anchor", f->folder);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(anchor, file);
	assert_int_equal(fclose(file), 0);
}

/* With a server for all names, unless its port is 0. */
static void config_write(struct fixture *f, uint16_t port)
{
	char all[64] = "";

	if (port)
		snprintf(all, sizeof(all), "\tForwarders:\n\t\t- 127.0.0.1:%u\n", port);
	snprintf(f->config, sizeof(f->config),
		 "DataDir: data\nLogLevel: error\nHostname: localhost\n"
		 "AdminPasswordFile: adminpasswd\nListeners:\n\tlocal:\n\t\tIPs:\n"
		 "\t\t\t- 127.0.0.1\nPostmaster:\n\tAccount: mox\n\tMailbox: Inbox\n"
		 "DNS:\n\tTrustAnchors: %s/anchor\n%s\tZones:\n"
		 "\t\texample:\n\t\t\tPrivate: true\n\t\t\tForwarders:\n\t\t\t\t- 127.0.0.1:%u\n"
		 "\t\tdead.example:\n\t\t\tPrivate: true\n\t\t\tForwarders:\n"
		 "\t\t\t\t- 127.0.0.1:%u\n",
		 f->folder, all, f->server.port, f->dead.port);
}

enum whole { NOBODY, SERVER, DEAD };

static struct fixture *setup_with(enum whole whole)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char path[100];

	assert_non_null(f);
	server_start(&f->server, false);
	server_start(&f->dead, true);
	clock_init(&f->clock);
	f->asking.clock = &f->clock;
	f->asking.kind = &role_smtp;
	for (size_t i = 0; i < ARRAY_LEN(f->asker); i++)
		asker_init(&f->asker[i]);
	snprintf(f->folder, sizeof(f->folder), "/tmp/mox-dns-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(path, sizeof(path), "%s/dns", f->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	f->stop_event = eventfd(0, EFD_CLOEXEC);
	f->notify = memfd_create("notify", MFD_CLOEXEC);
	assert_int_equal(ftruncate(f->notify, sizeof(struct store_notify)), 0);
	assert_ok(sharedpage_new(crashnote_page_size(), &f->notes, &f->notes_page));
	anchor_write(f);
	config_write(f, whole == SERVER ? f->server.port : whole == DEAD ? f->dead.port : 0);
	assert_ok(ipc_hub_new(&f->clock, &f->hub));
	role_start(f);
	return f;
}

static struct fixture *setup_new(void)
{
	return setup_with(NOBODY);
}

static void role_stop(struct fixture *f)
{
	struct msg_stop_request stop = {};

	if (!f->parent)
		return;
	hand(f, MSG_CALL_STOP, &stop, NULL);
	pthread_join(f->thread, NULL);
	ipc_close(f->parent);
	f->parent = NULL;
}

static void teardown(struct fixture *f)
{
	char path[100];

	for (size_t i = 0; i < ARRAY_LEN(f->asker); i++)
		dnsclient_end(f->asker[i].client);
	role_stop(f);
	ipc_close(f->asking.channel[MSG_ROLE_ID_DNS].ipc);
	ipc_hub_free(f->hub);
	server_end(&f->server);
	server_end(&f->dead);
	close(f->stop_event);
	close(f->notify);
	close(f->notes);
	sharedpage_unmap(f->notes_page, crashnote_page_size());
	snprintf(path, sizeof(path), "%s/anchor", f->folder);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/dns", f->folder);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(f->folder), 0);
	free(f);
}

static void ask(struct fixture *f, unsigned asker, const struct dns_question *q, size_t n,
		int64_t ns)
{
	assert_ok(asker_ask(&f->asker[asker], &f->asking, q, n, clock_mono(&f->clock) + ns));
}

static void got(struct fixture *f, unsigned asker, enum dns_status status, const char *error)
{
	const struct asker_answer *a = &f->asker[asker].to[0];

	if (a->times != 1 || a->status != status || !strstr(a->error, error))
		fail_msg("asker %u: %u answers, status %d, %s", asker, a->times, a->status,
			 a->error);
}

static const struct dns_question quick = {DNS_A, STR_INIT("quick.example")},
				 late = {DNS_A, STR_INIT("late.example")},
				 dead = {DNS_A, STR_INIT("x.dead.example")};

static void answers_and_cache(void **state)
{
	static const struct dns_question q[] = {
		{DNS_A, STR_INIT("quick.example")},
		{DNS_TXT, STR_INIT("quick.example")},
	};
	struct fixture *f = setup_new();

	(void)state;
	ask(f, 0, q, ARRAY_LEN(q), 30 * NS_PER_S);
	asker_wait(&f->asker[0], ARRAY_LEN(q));
	got(f, 0, DNS_FOUND, "");
	assert_int_equal(f->asker[0].to[0].records, 1);
	assert_int_equal(f->asker[0].to[1].status, DNS_NODATA);
	ask(f, 1, &quick, 1, 30 * NS_PER_S);
	asker_wait(&f->asker[1], 1);
	got(f, 1, DNS_FOUND, "");
	assert_int_equal(server_asked(&f->server), ARRAY_LEN(q));
	teardown(f);
}

static void one_question_for_all_who_wait(void **state)
{
	struct fixture *f = setup_new();

	(void)state;
	ask(f, 0, &late, 1, 30 * NS_PER_S);
	server_wait(&f->server, &f->server.late, 1);
	ask(f, 1, &late, 1, 30 * NS_PER_S);
	/* Others do not wait behind it. */
	ask(f, 2, &quick, 1, 30 * NS_PER_S);
	asker_wait(&f->asker[2], 1);
	assert_int_equal(asker_answers(&f->asker[0]) + asker_answers(&f->asker[1]), 0);
	server_release(&f->server);
	asker_wait(&f->asker[0], 1);
	asker_wait(&f->asker[1], 1);
	got(f, 0, DNS_FOUND, "");
	got(f, 1, DNS_FOUND, "");
	teardown(f);
}

static void a_deadline(void **state)
{
	struct fixture *f = setup_new();

	(void)state;
	ask(f, 0, &dead, 1, 200 * NS_PER_MS);
	asker_wait(&f->asker[0], 1);
	got(f, 0, DNS_FAILED, "no answer in time");
	teardown(f);
}

static void the_role_ends(void **state)
{
	struct fixture *f = setup_new();

	(void)state;
	ask(f, 0, &dead, 1, 30 * NS_PER_S);
	ask(f, 1, &quick, 1, 30 * NS_PER_S);
	asker_wait(&f->asker[1], 1);
	role_stop(f);
	asker_wait(&f->asker[0], 1);
	got(f, 0, DNS_FAILED, "ends");
	assert_err(asker_ask(&f->asker[2], &f->asking, &quick, 1, NS_NEVER), ERR_UNAVAILABLE);
	teardown(f);
}

/* A server that does not answer keeps nobody from the others. */
static void a_thousand_for_a_dead_server(void **state)
{
	enum { BATCHES = 4, BATCH = 250 };
	static char names[BATCH][32];
	struct dns_question q[BATCH];
	struct fixture *f = setup_new();

	(void)state;
	for (unsigned k = 0; k < BATCHES; k++) {
		for (unsigned i = 0; i < BATCH; i++) {
			snprintf(names[i], sizeof(names[i]), "n%u.dead.example", k * BATCH + i);
			q[i] = (struct dns_question){DNS_A, str_z(names[i])};
		}
		ask(f, k, q, BATCH, 3600 * NS_PER_S);
	}
	server_wait(&f->dead, &f->dead.asked, BATCHES * BATCH);
	ask(f, BATCHES, &quick, 1, 30 * NS_PER_S);
	asker_wait(&f->asker[BATCHES], 1);
	got(f, BATCHES, DNS_FOUND, "");
	for (unsigned k = 0; k < BATCHES; k++)
		assert_int_equal(asker_answers(&f->asker[k]), 0);
	teardown(f);
}

/* Questions wait for the probe, but not for long; then the server is asked all the same. */
static void a_server_for_all_that_is_silent(void **state)
{
	struct fixture *f = setup_with(DEAD);

	(void)state;
	server_wait(&f->dead, &f->dead.asked, 1);
	ask(f, 0, &quick, 1, 60 * NS_PER_S);
	ask(f, 1, &late, 1, 9 * NS_PER_S);
	clock_step(&f->clock, 11 * NS_PER_S);
	asker_wait(&f->asker[0], 1);
	got(f, 0, DNS_FOUND, "");
	/* It was asked only now, when nobody waited any more. */
	asker_wait(&f->asker[1], 1);
	got(f, 1, DNS_FAILED, "no answer in time");
	assert_int_equal(server_asked(&f->server), 1);
	teardown(f);
}

/* It knows nothing of DNSSEC: the log says so, and that another resolver has taken over, which
 * knows the zones with servers of their own. */
static void a_server_for_all_that_breaks_dnssec(void **state)
{
	int before = dup(STDERR_FILENO), log = memfd_create("log", MFD_CLOEXEC);
	BUF_AUTO text = BUF_INIT(65536);

	(void)state;
	assert_int_equal(dup2(log, STDERR_FILENO), STDERR_FILENO);
	struct fixture *f = setup_with(SERVER);

	ask(f, 0, &quick, 1, 60 * NS_PER_S);
	asker_wait(&f->asker[0], 1);
	got(f, 0, DNS_FOUND, "");
	teardown(f);
	dup2(before, STDERR_FILENO);
	close(before);
	ssize_t n = pread(log, buf_reserve(&text, 65536), 65536, 0);

	close(log);
	assert_true(n > 0);
	buf_commit(&text, (size_t)n);
	assert_true(str_find(buf_str(&text), STR("breaks DNSSEC"), 0) >= 0);
	assert_true(str_find(buf_str(&text), STR("names are resolved from the root instead"), 0) >=
		    0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_and_cache),
		cmocka_unit_test(one_question_for_all_who_wait),
		cmocka_unit_test(a_deadline),
		cmocka_unit_test(the_role_ends),
		cmocka_unit_test(a_thousand_for_a_dead_server),
		cmocka_unit_test(a_server_for_all_that_is_silent),
		cmocka_unit_test(a_server_for_all_that_breaks_dnssec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
