#include "base/test.h"

#include "os/listener.h"
#include "os/selfsigned.h"
#include "os/session_mem.h"
#include "os/session_toy.h"
#include "os/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PEM_MAX = 64 * 1024, PATIENCE_S = 30 };

/* A server of the toy protocol on loopback. */
struct fixture {
	struct clock clock;
	struct loop *loop;
	struct limit *rate, *open;
	struct tls_server *tls;
	struct session_service plain, implicit;
	struct ip_net proxies[1];
	struct addr addr;
	SSL_CTX *client;
};

static struct tls_server *tls_make(void)
{
	BUF_AUTO cert = BUF_INIT(PEM_MAX), key = BUF_INIT(PEM_MAX);
	struct str name = STR("mx.example.org");
	struct tls_server *t;
	EVP_PKEY *pkey;

	assert_ok(selfsigned_make(&name, 1, time(NULL), &cert, &key));
	assert_ok(tls_key_read(buf_str(&key), &pkey));
	assert_ok(tls_server_new(&(struct tls_server_opts){0}, &t));
	assert_ok(tls_server_add(t, buf_str(&cert), pkey));
	EVP_PKEY_free(pkey);
	return t;
}

static struct addr loopback(void)
{
	struct ip ip = {0};

	assert_true(ip_parse(STR("127.0.0.1"), &ip));
	return addr_of_ip(ip, 0);
}

static void listen_on(struct fixture *f, const struct session_service *service, bool proxied)
{
	struct addr a = loopback();
	struct listener_opts opts = {
		.loop = f->loop,
		.service = service,
		.rate = f->rate,
		.open = f->open,
		.proxies = f->proxies,
		.proxy_n = proxied,
	};
	int fd;

	assert_ok(listener_bind(&a, &fd));
	f->addr = addr_local(fd);
	assert_ok(listener_start(&opts, fd));
}

static void setup(struct fixture *f)
{
	*f = (struct fixture){0};
	clock_init(&f->clock);
	f->tls = tls_make();
	f->client = tls_client_ctx_new();
	f->plain = (struct session_service){.ops = &toy_ops, .tls = f->tls};
	f->implicit = f->plain;
	f->implicit.implicit_tls = true;
	assert_true(ip_net_parse(STR("127.0.0.0/8"), &f->proxies[0]));
	assert_ok(loop_new(&f->clock, &f->loop));
	clock_hook_add(&f->clock, loop_settle_hook, f->loop);
}

static void teardown(struct fixture *f)
{
	if (f->loop)
		loop_stop(f->loop, clock_mono(&f->clock) + PATIENCE_S * NS_PER_S);
	limit_free(f->rate);
	limit_free(f->open);
	tls_server_free(f->tls);
	SSL_CTX_free(f->client);
}

/* A peer, with blocking calls that give up after PATIENCE_S. */
struct peer {
	int fd;
	SSL *ssl;
	char got[512];
	size_t n;
};

static void peer_init(struct peer *p)
{
	struct timeval patience = {.tv_sec = PATIENCE_S};

	*p = (struct peer){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	assert_true(p->fd >= 0);
	setsockopt(p->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(p->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

static void peer_dial(struct fixture *f, struct peer *p)
{
	struct sockaddr_storage ss;
	socklen_t n = addr_sockaddr(&f->addr, &ss);

	assert_int_equal(connect(p->fd, (struct sockaddr *)&ss, n), 0);
}

static void peer_connect(struct fixture *f, struct peer *p)
{
	peer_init(p);
	peer_dial(f, p);
}

static void peer_tls(struct fixture *f, struct peer *p)
{
	p->ssl = tls_client_ssl(f->client, "mx.example.org");
	assert_non_null(p->ssl);
	SSL_set_fd(p->ssl, p->fd);
	assert_int_equal(SSL_connect(p->ssl), 1);
}

static void peer_close(struct peer *p)
{
	SSL_free(p->ssl);
	close(p->fd);
	*p = (struct peer){.fd = -1};
}

static void peer_send(struct peer *p, struct str s)
{
	ssize_t n = p->ssl ? SSL_write(p->ssl, s.p, (int)s.n) : send(p->fd, s.p, s.n, MSG_NOSIGNAL);

	assert_int_equal(n, s.n);
}

static ssize_t peer_recv(struct peer *p, void *to, size_t n)
{
	return p->ssl ? SSL_read(p->ssl, to, (int)n) : recv(p->fd, to, n, 0);
}

/* The next bytes must be these. */
static void peer_expect(struct peer *p, struct str want)
{
	while (p->n < want.n) {
		ssize_t n = peer_recv(p, p->got + p->n, want.n - p->n);

		if (n <= 0)
			break;
		p->n += (size_t)n;
	}
	assert_str("from the server", str_of(p->got, p->n), want);
	p->n = 0;
}

static void peer_expect_end(struct peer *p)
{
	char c;

	ssize_t n = peer_recv(p, &c, 1);

	assert_true(n == 0 || (n < 0 && errno != EAGAIN));
}

/* The same input gives the same output: through memory, plain, TLS, at once and byte by byte. */
static void same_as_in_memory(void **state)
{
	static const char *const scripts[] = {
		"a\r\nb\r\nquit\r\n",
		"slices\r\nidle\r\nc\r\nquit\r\n",
	};
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		struct str script = str_z(scripts[i]);
		struct clock clock;

		clock_init(&clock);
		struct session_mem *m = session_mem_new(&f.plain, &clock, 0);

		session_mem_feed(m, script);
		struct str want = session_mem_out(m);

		for (int way = 0; way < 4; way++) {
			bool tls = way & 1, bytes = way & 2;
			struct peer p;

			listen_on(&f, tls ? &f.implicit : &f.plain, false);
			peer_connect(&f, &p);
			if (tls)
				peer_tls(&f, &p);
			for (size_t k = 0; bytes && k < script.n; k++)
				peer_send(&p, str_sub(script, k, k + 1));
			if (!bytes)
				peer_send(&p, script);
			peer_expect(&p, want);
			peer_expect_end(&p);
			peer_close(&p);
		}
		session_mem_free(m);
	}
	teardown(&f);
}

static void starttls(void **state)
{
	struct fixture f;
	struct peer p;

	(void)state;
	setup(&f);
	listen_on(&f, &f.plain, false);
	peer_connect(&f, &p);
	peer_expect(&p, STR("start\r\n"));
	peer_send(&p, STR("tls\r\n"));
	peer_expect(&p, STR("ready\r\n"));
	peer_tls(&f, &p);
	peer_expect(&p, STR("tls is up\r\n"));
	peer_send(&p, STR("tls\r\nquit\r\n")); /* once is enough */
	peer_expect(&p, STR("echo tls\r\nbye\r\n"));
	peer_expect_end(&p);
	peer_close(&p);
	/* CVE-2011-0411: plain text behind the command is no command. */
	peer_connect(&f, &p);
	peer_send(&p, STR("tls\r\nevil\r\n"));
	peer_expect(&p, STR("start\r\nready\r\n"));
	peer_expect_end(&p);
	peer_close(&p);
	peer_connect(&f, &p);
	peer_send(&p, STR("tls-drop\r\nevil\r\n"));
	peer_expect(&p, STR("start\r\nready\r\n"));
	peer_tls(&f, &p);
	peer_expect(&p, STR("tls is up\r\n"));
	peer_send(&p, STR("quit\r\n"));
	peer_expect(&p, STR("bye\r\n"));
	peer_close(&p);
	teardown(&f);
}

/* Waits for the client's end of a connection; fails after PATIENCE_S. */
static void client_wait(struct conn *c, unsigned on)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};

	if (conn_wants(c, on) & LOOP_WRITE)
		p.events |= POLLOUT;
	assert_int_equal(poll(&p, 1, PATIENCE_S * 1000), 1);
}

static void client_send(struct conn *c, struct str s)
{
	enum conn_io io;

	buf_str_add(conn_out(c), s);
	while ((io = conn_flush(c, SIZE_MAX)) == CONN_WAIT)
		client_wait(c, LOOP_WRITE);
	assert_int_equal(io, CONN_DONE);
}

static void client_expect(struct conn *c, struct str want)
{
	while (conn_in(c).n < want.n && !c->eof) {
		enum conn_io io = conn_fill(c);

		assert_true(io == CONN_DONE || io == CONN_WAIT);
		if (io == CONN_WAIT)
			client_wait(c, LOOP_READ);
	}
	assert_str("from the server", str_sub(conn_in(c), 0, want.n), want);
	conn_take(c, want.n);
}

/* RFC 4978, over TLS: lines, and answers that fill all buffers on the way. */
static void compress(void **state)
{
	struct fixture f;
	struct peer p;
	struct conn c;
	size_t got = 0;

	(void)state;
	setup(&f);
	listen_on(&f, &f.implicit, false);
	peer_connect(&f, &p);
	peer_tls(&f, &p);
	fcntl(p.fd, F_SETFL, fcntl(p.fd, F_GETFL) | O_NONBLOCK);
	conn_init(&c, p.fd, 0);
	conn_tls_start(&c, p.ssl);
	client_send(&c, STR("deflate\r\n"));
	client_expect(&c, STR("start\r\nready\r\n"));
	assert_true(conn_deflate_start(&c));
	client_expect(&c, STR("deflated\r\n"));
	client_send(&c, STR("a\r\nde"));
	client_send(&c, STR("flate\r\n"));
	client_expect(&c, STR("echo a\r\necho deflate\r\n"));
	client_send(&c, STR("big\r\nquit\r\n"));
	while (!conn_at_end(&c)) {
		if (conn_fill(&c) == CONN_WAIT)
			client_wait(&c, LOOP_READ);
		got += conn_in(&c).n;
		conn_take(&c, conn_in(&c).n);
	}
	assert_int_equal(got, TOY_BIG + strlen("bye\r\n"));
	conn_fini(&c);
	/* Commands behind it, and what is no DEFLATE. */
	listen_on(&f, &f.plain, false);
	peer_connect(&f, &p);
	peer_send(&p, STR("deflate\r\na\r\n"));
	peer_expect(&p, STR("start\r\nready\r\n"));
	peer_expect_end(&p);
	peer_close(&p);
	peer_connect(&f, &p);
	peer_send(&p, STR("deflate\r\n"));
	peer_expect(&p, STR("start\r\nready\r\n"));
	peer_send(&p, STR("\xff\xff\xff\xff\r\n"));
	while (recv(p.fd, p.got, sizeof(p.got), 0) > 0)
		;
	peer_close(&p);
	teardown(&f);
}

/* Peers that fall silent: inside a line, a handshake, a PROXY header, and while we wait. */
static void deadlines(void **state)
{
	struct fixture f;
	struct peer line, shake, header, wait, delay;

	(void)state;
	setup(&f);
	listen_on(&f, &f.plain, false);
	peer_connect(&f, &line);
	peer_connect(&f, &wait);
	peer_connect(&f, &delay);
	peer_send(&line, STR("x\r\nhalf a li"));
	peer_expect(&line, STR("start\r\necho x\r\n"));
	peer_send(&wait, STR("x\r\nwait\r\n"));
	peer_expect(&wait, STR("start\r\necho x\r\n"));
	peer_send(&delay, STR("x\r\ndelay\r\nquit\r\n"));
	peer_expect(&delay, STR("start\r\necho x\r\n"));
	listen_on(&f, &f.implicit, false);
	peer_connect(&f, &shake);
	listen_on(&f, &f.plain, true);
	peer_connect(&f, &header);
	peer_send(&header, STR("PROXY TCP4 "));
	while (loop_stats(f.loop).tasks < 5 + 3)
		sched_yield(); /* until accepted; the test's own timeout is the deadline */
	clock_step(&f.clock, 10 * NS_PER_S);
	peer_expect_end(&header);
	peer_expect(&delay, STR("delayed\r\nbye\r\n"));
	peer_expect_end(&delay);
	peer_expect(&wait, STR("timeout\r\n"));
	peer_expect_end(&wait);
	clock_step(&f.clock, 20 * NS_PER_S);
	peer_expect(&line, STR("timeout\r\n"));
	peer_expect_end(&line);
	clock_step(&f.clock, 30 * NS_PER_S);
	peer_expect_end(&shake);
	peer_close(&line);
	peer_close(&shake);
	peer_close(&header);
	peer_close(&wait);
	peer_close(&delay);
	teardown(&f);
}

/* Who does not read is dropped after the write timeout. */
static void write_timeout(void **state)
{
	struct fixture f;
	struct peer p;
	size_t got = 0;
	static char b[65536];
	ssize_t n;

	(void)state;
	setup(&f);
	listen_on(&f, &f.plain, false);
	peer_connect(&f, &p);
	peer_send(&p, STR("big\r\n"));
	peer_expect(&p, STR("start\r\nx"));
	/* Each step either finds the kernel's buffers full or fills them further. */
	while (loop_stats(f.loop).tasks > 1)
		clock_step(&f.clock, 31 * NS_PER_S);
	while ((n = peer_recv(&p, b, sizeof(b))) > 0)
		got += (size_t)n;
	assert_true(n == 0 || errno == ECONNRESET);
	assert_in_range(got, 1, TOY_BIG - 2);
	peer_close(&p);
	/* And who reads gets all of it. */
	peer_connect(&f, &p);
	peer_send(&p, STR("big\r\nquit\r\n"));
	for (got = 0; (n = peer_recv(&p, b, sizeof(b))) > 0;)
		got += (size_t)n;
	assert_int_equal(got, strlen("start\r\nbye\r\n") + TOY_BIG);
	peer_close(&p);
	teardown(&f);
}

/* features.md §7.3: a second before each read, a byte a second out. */
static void slow_mode(void **state)
{
	struct fixture f;
	struct peer p;
	char c;

	(void)state;
	setup(&f);
	listen_on(&f, &f.plain, false);
	peer_connect(&f, &p);
	int64_t began = clock_mono(&f.clock);

	peer_send(&p, STR("slow\r\n"));
	peer_expect(&p, STR("start\r\n"));
	struct str want = STR("echo slow\r\n");

	for (size_t i = 0; i < want.n; i++) {
		peer_expect(&p, str_sub(want, i, i + 1));
		bool more = recv(p.fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) == 1;

		/* The clock moves by itself too, should this test be held up. */
		assert_true(!more || clock_mono(&f.clock) - began >= (int64_t)(i + 1) * NS_PER_S);
		clock_step(&f.clock, NS_PER_S);
	}
	/* The end of a long answer comes at once when the deadline nears. */
	peer_send(&p, STR("idle\r\n123456789012345678901234567890123456789\r\nquit\r\n"));
	for (int i = 0; i < 30; i++)
		clock_step(&f.clock, NS_PER_S);
	peer_expect(&p, STR("echo 123456789012345678901234567890123456789\r\nbye\r\n"));
	peer_expect_end(&p);
	peer_close(&p);
	teardown(&f);
}

static void connection_limits(void **state)
{
	struct limit_opts two = {.windows = {{.max = {2, 100, 100}}}};
	struct limit_opts five = {.windows = {{.ns = 3600 * NS_PER_S, .max = {5, 100, 100}}}};
	struct fixture f;
	struct peer p[5];

	(void)state;
	setup(&f);
	f.open = limit_new(&f.clock, &two);
	f.rate = limit_new(&f.clock, &five);
	listen_on(&f, &f.plain, false);
	for (int i = 0; i < 3; i++) {
		peer_connect(&f, &p[i]);
		peer_expect(&p[i], i < 2 ? STR("start\r\n") : STR("too many\r\n"));
	}
	peer_expect_end(&p[2]);
	peer_send(&p[0], STR("quit\r\n"));
	peer_expect(&p[0], STR("bye\r\n"));
	while (loop_stats(f.loop).tasks > 2)
		sched_yield();
	peer_connect(&f, &p[3]);
	peer_expect(&p[3], STR("start\r\n"));
	peer_send(&p[3], STR("quit\r\n"));
	peer_expect(&p[3], STR("bye\r\n"));
	while (loop_stats(f.loop).tasks > 2)
		sched_yield();
	peer_connect(&f, &p[4]); /* the fifth that is counted this hour */
	peer_expect(&p[4], STR("start\r\n"));
	peer_close(&p[4]);
	peer_connect(&f, &p[4]);
	peer_expect(&p[4], STR("too many\r\n"));
	for (size_t i = 0; i < ARRAY_LEN(p); i++)
		peer_close(&p[i]);
	teardown(&f);
}

static void proxy_header(void **state)
{
	struct fixture f;
	struct peer p;

	(void)state;
	setup(&f);
	listen_on(&f, &f.plain, true);
	peer_connect(&f, &p);
	peer_send(&p, STR("PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\nwho\r\nquit\r\n"));
	peer_expect(&p, STR("start\r\n192.0.2.7:40000\r\nbye\r\n"));
	peer_close(&p);
	peer_connect(&f, &p);
	peer_send(&p, STR("no header\r\n"));
	peer_expect_end(&p);
	peer_close(&p);
	listen_on(&f, &f.implicit, true);
	peer_connect(&f, &p);
	peer_send(&p, STR("PROXY TCP6 2001:db8::7 2001:db8::1 40000 465\r\n"));
	peer_tls(&f, &p);
	peer_send(&p, STR("who\r\n"));
	peer_expect(&p, STR("start\r\n[2001:db8::7]:40000\r\n"));
	peer_close(&p);
	teardown(&f);
}

static void shutdown_says_goodbye(void **state)
{
	struct fixture f;
	struct peer p[20];

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_LEN(p); i++) {
		if (i == 0 || i == 10)
			listen_on(&f, i < 10 ? &f.plain : &f.implicit, false);
		peer_connect(&f, &p[i]);
		if (i >= 10)
			peer_tls(&f, &p[i]);
		peer_send(&p[i], i % 2 ? STR("idle\r\n") : STR("delay\r\n"));
		peer_expect(&p[i], STR("start\r\n"));
	}
	loop_stop(TAKE_PTR(f.loop), clock_mono(&f.clock) + PATIENCE_S * NS_PER_S);
	for (size_t i = 0; i < ARRAY_LEN(p); i++) {
		peer_expect(&p[i], STR("shutdown\r\n"));
		peer_expect_end(&p[i]);
		peer_close(&p[i]);
	}
	teardown(&f);
}

enum { SLOW = 200, DELAYED = 200, DEAF = 100, CROWD = SLOW + DELAYED + DEAF };

/* Hundreds that wait hold nobody up and no threads. */
static void crowd_holds_nobody_up(void **state)
{
	struct rlimit files;
	struct fixture f;
	struct peer *crowd = calloc(CROWD, sizeof(*crowd)), p;

	(void)state;
	assert_non_null(crowd);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
	setrlimit(RLIMIT_NOFILE, &files);
	setup(&f);
	listen_on(&f, &f.plain, false);
	for (int i = 0; i < CROWD; i++) {
		peer_connect(&f, &crowd[i]);
		peer_expect(&crowd[i], STR("start\r\n"));
		peer_send(&crowd[i], i < SLOW             ? STR("slow\r\n")
				     : i < SLOW + DELAYED ? STR("delay\r\n")
							  : STR("big\r\n"));
		peer_connect(&f, &p);
		peer_send(&p, STR("hello\r\nquit\r\n"));
		peer_expect(&p, STR("start\r\necho hello\r\nbye\r\n"));
		peer_close(&p);
	}
	assert_in_range(loop_stats(f.loop).workers_peak, 1, 31);
	for (int i = 0; i < CROWD; i++)
		peer_close(&crowd[i]);
	free(crowd);
	teardown(&f);
}

/* Out of descriptors: who comes is refused, the listener lives on. */
static void out_of_descriptors(void **state)
{
	struct rlimit files, none;
	struct fixture f;
	struct peer p;

	(void)state;
	setup(&f);
	listen_on(&f, &f.plain, false);
	peer_connect(&f, &p);
	peer_expect(&p, STR("start\r\n"));
	peer_close(&p);
	while (loop_stats(f.loop).tasks > 1)
		sched_yield();
	peer_init(&p);
	/* All numbers below that of the next descriptor are taken. */
	int next = dup(p.fd);

	close(next);
	getrlimit(RLIMIT_NOFILE, &files);
	none = files;
	none.rlim_cur = (rlim_t)next;
	setrlimit(RLIMIT_NOFILE, &none);
	peer_dial(&f, &p);
	peer_expect_end(&p);
	setrlimit(RLIMIT_NOFILE, &files);
	peer_close(&p);
	clock_step(&f.clock, NS_PER_S);
	peer_connect(&f, &p);
	peer_expect(&p, STR("start\r\n"));
	peer_close(&p);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_in_memory),
		cmocka_unit_test(starttls),
		cmocka_unit_test(compress),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(write_timeout),
		cmocka_unit_test(slow_mode),
		cmocka_unit_test(connection_limits),
		cmocka_unit_test(proxy_header),
		cmocka_unit_test(shutdown_says_goodbye),
		cmocka_unit_test(crowd_holds_nobody_up),
		cmocka_unit_test(out_of_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
