#include "base/test.h"

#include "dns/testing.h"
#include "dns/unbound.h"
#include "os/clock.h"
#include "os/file.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DEADLINE_MS = 20000, PACKET_MAX = 1500, IN_FLIGHT = 3 };

/* A name server on loopback that says what the test wants, when it wants. */
struct server {
	int fd;
	uint16_t port;
	struct sockaddr_in peer;
	uint8_t query[PACKET_MAX];
	size_t n, question_end;
};

struct fixture {
	struct server server;
	struct dns_unbound *u;
};

struct heard {
	unsigned count;
	enum dns_status status;
	bool authentic;
	struct ip ip;
	uint32_t ttl;
};

static void hear(void *arg, const struct dns_answer *a)
{
	struct heard *h = arg;

	h->count++;
	h->status = a->status;
	h->authentic = a->authentic;
	h->ttl = a->ttl;
	if (a->n)
		h->ip = a->record[0].ip;
}

static void server_open(struct server *s)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(sa);

	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(s->fd >= 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&sa, &n), 0);
	s->port = ntohs(sa.sin_port);
}

static struct dns_forward forward_to(const struct server *s, struct str zone)
{
	return (struct dns_forward){
		.zone = zone, .ip = {.family = 4, .b = {127, 0, 0, 1}}, .port = s->port};
}

static void setup(struct fixture *f, size_t in_flight)
{
	server_open(&f->server);
	struct dns_forward forward = forward_to(&f->server, STR(""));

	assert_ok(dns_unbound_new(&(struct dns_unbound_opts){.forward = &forward,
							     .forwards = 1,
							     .in_flight = in_flight},
				  &f->u));
}

static void teardown(struct fixture *f)
{
	dns_unbound_free(f->u);
	close(f->server.fd);
}

static void wait_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (poll(&p, 1, DEADLINE_MS) != 1)
		fail_msg("nothing came");
}

/* The next query; its name in wire form is what stands at byte 12. */
static struct str server_hear(struct server *s)
{
	socklen_t len = sizeof(s->peer);

	wait_readable(s->fd);
	ssize_t n =
		recvfrom(s->fd, s->query, sizeof(s->query), 0, (struct sockaddr *)&s->peer, &len);

	assert_true(n > 12);
	s->n = (size_t)n;
	for (s->question_end = 12; s->query[s->question_end];)
		s->question_end += 1U + s->query[s->question_end];
	struct str name = str_of(s->query + 12, s->question_end - 12);

	s->question_end += 5;
	assert_true(s->question_end <= s->n);
	return name;
}

/* Answers the last query: the code, and an A record for 0. */
static void server_say(struct server *s, unsigned rcode)
{
	BUF_AUTO b = BUF_INIT(PACKET_MAX);

	buf_add(&b, s->query, 2);
	testing_be(&b, 0x8180 | rcode, 2);
	testing_be(&b, 1, 2);
	testing_be(&b, rcode == 0, 2);
	testing_be(&b, 0, 4);
	buf_add(&b, s->query + 12, s->question_end - 12);
	if (rcode == 0)
		testing_rr(&b, STR("@12"), DNS_A, 77, STR("\300\0\2\1"));
	assert_int_equal(sendto(s->fd, b.p, b.n, 0, (struct sockaddr *)&s->peer, sizeof(s->peer)),
			 b.n);
}

static uint64_t ask(struct fixture *f, struct str name, struct heard *h)
{
	struct dns_question q = {DNS_A, name};
	uint64_t id = 0;

	assert_ok(dns_unbound_ask(f->u, &q, hear, h, &id));
	return id;
}

static bool may_ask(struct fixture *f, struct str name, struct heard *h)
{
	struct dns_question q = {DNS_A, name};
	uint64_t id;
	struct err e = dns_unbound_ask(f->u, &q, hear, h, &id);

	if (err_failed(e))
		assert_err(e, ERR_RESOURCES);
	return err_is_ok(e);
}

/* Answers what the server is asked until *count is 1; a query may come again. Whether one was for
 * the name, in wire form. */
static bool answer_until(struct fixture *f, unsigned rcode, const unsigned *count, struct str name)
{
	struct pollfd p[] = {{.fd = f->server.fd, .events = POLLIN},
			     {.fd = dns_unbound_fd(f->u), .events = POLLIN}};
	bool seen = false;

	while (*count == 0) {
		if (poll(p, 2, DEADLINE_MS) < 1)
			fail_msg("nothing came");
		if (p[0].revents) {
			seen |= str_eq(server_hear(&f->server), name);
			server_say(&f->server, rcode);
		}
		if (p[1].revents)
			dns_unbound_process(f->u);
	}
	assert_int_equal(*count, 1);
	return seen;
}

/* Every name goes to the forward, also those that libunbound knows by itself, and as it is. */
static void names(void **state)
{
	static const struct {
		struct str name, wire;
	} cases[] = {
		{STR_INIT("a.example"), STR_INIT("\1a\7example")},
		{STR_INIT("a.test"), STR_INIT("\1a\4test")},
		{STR_INIT("localhost"), STR_INIT("\11localhost")},
		{STR_INIT("a.invalid"), STR_INIT("\1a\7invalid")},
		{STR_INIT("a.onion"), STR_INIT("\1a\5onion")},
		{STR_INIT("a.home.arpa"), STR_INIT("\1a\4home\4arpa")},
		{STR_INIT("a.local"), STR_INIT("\1a\5local")},
		{STR_INIT("1.0.0.10.in-addr.arpa"), STR_INIT("\1"
							     "1\1"
							     "0\1"
							     "0\2"
							     "10\7in-addr\4arpa")},
		{STR_INIT("1.0.31.172.in-addr.arpa"), STR_INIT("\1"
							       "1\1"
							       "0\2"
							       "31\3"
							       "172\7in-addr\4arpa")},
		{STR_INIT("1.0.64.100.in-addr.arpa"), STR_INIT("\1"
							       "1\1"
							       "0\2"
							       "64\3"
							       "100\7in-addr\4arpa")},
		{STR_INIT("1.0.0.127.in-addr.arpa"), STR_INIT("\1"
							      "1\1"
							      "0\1"
							      "0\3"
							      "127\7in-addr\4arpa")},
		{STR_INIT("a b\\\"\377@.example"), STR_INIT("\7a b\\\"\377@\7example")},
	};
	struct fixture f;

	setup(&f, IN_FLIGHT);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct heard h = {0};

		ask(&f, cases[i].name, &h);
		assert_true(answer_until(&f, 0, &h.count, cases[i].wire));
		if (h.status != DNS_FOUND || h.ttl != 77 || h.ip.b[3] != 1)
			fail_msg("%.*s: status %d, ttl %u", STR_ARG(cases[i].name), h.status,
				 h.ttl);
		assert_false(h.authentic);
	}
	teardown(&f);
}

static void statuses(void **state)
{
	static const struct {
		unsigned rcode;
		enum dns_status status;
	} cases[] = {{0, DNS_FOUND}, {3, DNS_NXDOMAIN}};
	struct fixture f;

	setup(&f, IN_FLIGHT);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct heard h = {0};
		char name[16];

		snprintf(name, sizeof(name), "n%zu.example", i);
		ask(&f, str_z(name), &h);
		answer_until(&f, cases[i].rcode, &h.count, STR(""));
		assert_int_equal(h.status, cases[i].status);
	}
	teardown(&f);
}

/* What is cancelled is not heard of, counts until libunbound has ended it, and its id is not that
 * of the question that then takes its place. */
static void cancel(void **state)
{
	struct heard cancelled = {0}, other = {0};
	struct fixture f;

	setup(&f, 1);
	uint64_t id = ask(&f, STR("a.example"), &cancelled);

	assert_false(may_ask(&f, STR("b.example"), &other));
	dns_unbound_cancel(f.u, id);
	assert_false(may_ask(&f, STR("b.example"), &other));
	server_hear(&f.server);
	server_say(&f.server, 0);
	wait_readable(dns_unbound_fd(f.u));
	dns_unbound_process(f.u);
	assert_true(may_ask(&f, STR("b.example"), &other));
	dns_unbound_cancel(f.u, id);
	answer_until(&f, 0, &other.count, STR(""));
	assert_int_equal(cancelled.count, 0);
	teardown(&f);
}

/* The callback may ask again. */
struct again {
	struct fixture *f;
	struct heard h;
};

static void hear_and_ask(void *arg, const struct dns_answer *a)
{
	struct again *again = arg;

	ask(again->f, STR("second.example"), &again->h);
}

static void ask_in_callback(void **state)
{
	struct dns_question q = {DNS_A, STR("first.example")};
	struct fixture f;
	struct again again = {.f = &f};
	uint64_t id;

	setup(&f, IN_FLIGHT);
	assert_ok(dns_unbound_ask(f.u, &q, hear_and_ask, &again, &id));
	answer_until(&f, 0, &again.h.count, STR(""));
	teardown(&f);
}

/* All of a batch is asked before the deadline of the first has passed; silence is a failure. */
static void batch(void **state)
{
	bool seen[IN_FLIGHT] = {0};
	struct dns_batch b;
	struct fixture f;
	struct arena arena;
	char name[16];

	setup(&f, IN_FLIGHT);
	arena_init(&arena, 1 << 20);
	dns_batch_init(&b, &arena);
	for (size_t i = 0; i < IN_FLIGHT + 1; i++) {
		snprintf(name, sizeof(name), "n%zu.example", i);
		assert_null(dns_ask(&b, DNS_A, str_z(name)));
	}
	dns_batch_resolve(&b, dns_unbound_resolver(f.u, 100 * NS_PER_MS));
	assert_false(dns_batch_waits(&b));
	assert_str("silence", dns_ask(&b, DNS_A, STR("n0.example"))->error,
		   STR("no answer in time"));
	assert_str("too many", dns_ask(&b, DNS_A, STR("n3.example"))->error,
		   STR("too many DNS questions in flight"));
	for (size_t n = 0; n < IN_FLIGHT;) {
		struct str wire = server_hear(&f.server);
		size_t i = (size_t)(wire.p[2] - '0');

		assert_true(i < IN_FLIGHT);
		n += !seen[i];
		seen[i] = true;
	}
	arena_fini(&arena);
	teardown(&f);
}

static void file_write(const char *path, const char *text)
{
	struct fs fs = FS_SYSTEM;

	assert_ok(fs_replace(&fs, AT_FDCWD, path, str_z(text), 0600));
}

#define ANCHOR                   \
	"test. IN DS 1234 13 2 " \
	"0000000000000000000000000000000000000000000000000000000000000000\n"

/* What is wrong with options is said at once. */
static void options(void **state)
{
	static const struct {
		const char *name, *anchor, *text;
		struct str error; /* empty: none */
	} cases[] = {
		{"a good anchor", "good", ANCHOR, STR_INIT("")},
		{"no file", "missing", NULL, STR_INIT("trust anchor: ")},
		{"an empty file", "empty", "\n", STR_INIT("is empty")},
		{"no records", "text", "test. IN DS what\n", STR_INIT("refused")},
		{"a path that cannot be quoted", "a\"b", ANCHOR, STR_INIT("not a usable path")},
	};
	char dir[] = "/tmp/mox-unbound-XXXXXX", path[64];

	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dns_unbound *u = NULL;

		snprintf(path, sizeof(path), "%s/%s", dir, cases[i].anchor);
		if (cases[i].text)
			file_write(path, cases[i].text);
		struct err e = dns_unbound_new(&(struct dns_unbound_opts){.anchor = path}, &u);

		if (err_failed(e) != (cases[i].error.n > 0) ||
		    str_find(err_text(e), cases[i].error, 0) < 0)
			fail_msg("%s: %.*s", cases[i].name, STR_ARG(err_text(e)));
		dns_unbound_free(u);
		unlink(path);
	}
	rmdir(dir);
}

static void forwards(void **state)
{
	static const struct dns_forward bad[] = {
		{.zone = STR_INIT("a..b"), .ip = {.family = 4}},
		{.zone = STR_INIT("a")},
	};
	struct dns_unbound *u = NULL;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_err(
			dns_unbound_new(
				&(struct dns_unbound_opts){.forward = &bad[i], .forwards = 1}, &u),
			ERR_CONFIG);
}

/* One server of a zone stands in for another, whatever the case of the zone's letters. */
static void forward_of_zone(void **state)
{
	struct dns_forward forward[2];
	struct server dead;
	struct fixture f;
	struct heard h = {0};

	server_open(&dead);
	server_open(&f.server);
	close(dead.fd);
	forward[0] = forward_to(&dead, STR("a.test"));
	forward[1] = forward_to(&f.server, STR("A.test"));
	forward[1].private = true;
	assert_ok(dns_unbound_new(
		&(struct dns_unbound_opts){.forward = forward, .forwards = ARRAY_LEN(forward)},
		&f.u));
	ask(&f, STR("x.a.test"), &h);
	answer_until(&f, 0, &h.count, STR(""));
	assert_int_equal(h.status, DNS_FOUND);
	teardown(&f);
}

/* The file that follows the keys begins as the anchor, and is kept if it is there. */
static void anchor_auto(void **state)
{
	char dir[] = "/tmp/mox-unbound-XXXXXX", anchor[64], follows[64];
	BUF_AUTO text = BUF_INIT(10000);
	struct dns_unbound *u;

	assert_non_null(mkdtemp(dir));
	snprintf(anchor, sizeof(anchor), "%s/anchor", dir);
	snprintf(follows, sizeof(follows), "%s/follows", dir);
	file_write(anchor, ANCHOR);
	struct dns_unbound_opts opts = {.anchor_auto = follows};

	assert_err(dns_unbound_new(&opts, &u), ERR_CONFIG);
	opts.anchor = anchor;
	for (int i = 0; i < 2; i++) {
		assert_ok(dns_unbound_new(&opts, &u));
		dns_unbound_free(u);
	}
	assert_ok(file_read(AT_FDCWD, follows, &text));
	assert_true(str_find(buf_str(&text), STR("DS"), 0) >= 0);
	unlink(anchor);
	unlink(follows);
	rmdir(dir);
}

/* The line of /proc/self/task/ID/status that begins with what. */
static struct str status_line(const char *task, const char *what, struct buf *b)
{
	struct str line, rest;
	char path[300];

	snprintf(path, sizeof(path), "/proc/self/task/%s/status", task);
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	for (int c = fgetc(file); c != EOF; c = fgetc(file))
		buf_char(b, (char)c);
	fclose(file);
	for (rest = buf_str(b); str_cut(rest, '\n', &line, &rest);)
		if (str_starts(line, str_z(what)))
			return str_trim(str_from(line, strlen(what)));
	fail_msg("no %s", what);
	return str_of("", 0);
}

/* One thread from the first question on, without signals (all but KILL, STOP, SYS and those of
 * libc). */
static void thread(void **state)
{
	struct heard h = {0};
	struct fixture f;
	char self[32];
	size_t others = 0;

	setup(&f, IN_FLIGHT);
	ask(&f, STR("a.example"), &h);
	server_hear(&f.server);
	snprintf(self, sizeof(self), "%d", getpid());
	DIR *tasks = opendir("/proc/self/task");

	for (struct dirent *d = readdir(tasks); d; d = readdir(tasks)) {
		BUF_AUTO b = BUF_INIT(100000);

		if (d->d_name[0] == '.' || str_eq(str_z(d->d_name), str_z(self)))
			continue;
		others++;
		assert_str("blocked", status_line(d->d_name, "SigBlk:", &b),
			   STR("fffffffe3ffbfeff"));
	}
	closedir(tasks);
	assert_int_equal(others, 1);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),       cmocka_unit_test(statuses),
		cmocka_unit_test(cancel),      cmocka_unit_test(ask_in_callback),
		cmocka_unit_test(batch),       cmocka_unit_test(options),
		cmocka_unit_test(forwards),    cmocka_unit_test(forward_of_zone),
		cmocka_unit_test(anchor_auto), cmocka_unit_test(thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
