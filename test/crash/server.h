/* server: a whole mail server in this process, and peers that talk to it over loopback.
 *
 * All roles are threads; what they do to the disk goes through the test's struct fs. Its folder is
 * one of localserve, with a second account. A peer has heard what it has read.
 */
#ifndef MOX_TEST_CRASH_SERVER_H
#define MOX_TEST_CRASH_SERVER_H

#include "base/test.h"

#include "cli/localserve.h"
#include "nameserver.h"
#include "os/file.h"
#include "role/parent.h"
#include <semaphore.h>
#include <signal.h>
#include <sys/time.h>

#define SERVER_ACCOUNT_OTHER "other"

enum { SERVER_SMTP = 1025, SERVER_IMAP = 1143, PEER_S = 60, PEER_LINE_MAX = 16 << 10 };

struct peer {
	int fd; /* 0: not connected */
	struct buf in;
	size_t at; /* what of it was looked at */
};

struct server {
	bool running;
	pthread_t thread;
	struct nameserver names;
	struct parent_opts opts;
	char config[128], why[256];
	sem_t ready;
	struct peer smtp, imap;
};

/* An address of loopback that no other test uses now; that of who asked first, for its children. */
static inline const char *server_ip(void)
{
	static char ip[32];
	unsigned id = (unsigned)getpid();

	if (!ip[0])
		snprintf(ip, sizeof(ip), "127.%u.%u.%u", 64 + (id >> 14) % 64, (id >> 7) % 128 + 1,
			 id % 128 + 1);
	return ip;
}

static inline void server_write(int dir, const char *name, struct str text)
{
	struct fs fs = FS_SYSTEM;

	assert_ok(fs_replace(&fs, dir, name, text, 0600));
}

/* The folder that server_start wants. */
static inline void server_prepare(const char *folder)
{
	static const char domains[] = "Domains:\n"
				      "\tlocalhost: nil\n"
				      "Accounts:\n"
				      "\tmox:\n"
				      "\t\tDomain: localhost\n"
				      "\t\tDestinations:\n"
				      "\t\t\tmox@localhost: nil\n"
				      "\t" SERVER_ACCOUNT_OTHER ":\n"
				      "\t\tDomain: localhost\n"
				      "\t\tDestinations:\n"
				      "\t\t\t" SERVER_ACCOUNT_OTHER "@localhost: nil\n";
	/* The anchor is for a zone that is not there, so that nobody expects signatures. */
	static const char anchor[] =
		"signed.invalid. DS 12345 13 2 "
		"0000000000000000000000000000000000000000000000000000000000000000"
		"\n";
	BUF_AUTO conf = BUF_INIT(1 << 20);
	bool made;

	assert_ok(localserve_init(folder, str_z(server_ip()), &made));
	auto_close int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_ok(file_read(dir, "mox.conf", &conf));
	buf_printf(&conf, "DNS:\n\tForwarders:\n\t\t- %s:%d\n\tTrustAnchors: anchors\n",
		   server_ip(), NAMESERVER_PORT);
	server_write(dir, "mox.conf", buf_str(&conf));
	server_write(dir, "anchors", str_z(anchor));
	server_write(dir, "domains.conf", str_z(domains));
}

static inline void server_serving(void *arg)
{
	sem_post(&((struct server *)arg)->ready);
}

static inline void *server_main(void *arg)
{
	struct server *s = arg;
	struct err e = parent_serve(&s->opts);

	snprintf(s->why, sizeof(s->why), "%.*s", STR_ARG(err_text(e)));
	sem_post(&s->ready);
	return NULL;
}

/* Returns when all roles serve. Signals are the server's from then on. */
static inline void server_start(struct server *s, const char *folder, struct fs *fs)
{
	sigset_t set;

	*s = (struct server){.running = true};
	snprintf(s->config, sizeof(s->config), "%s/mox.conf", folder);
	s->opts = (struct parent_opts){
		.static_path = s->config,
		.localserve = true,
		.one_process = true,
		.log_level = STR("error"),
		.fs = fs,
		.serving = server_serving,
		.arg = s,
	};
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	nameserver_start(&s->names, server_ip());
	sem_init(&s->ready, 0, 0);
	assert_int_equal(pthread_create(&s->thread, NULL, server_main, s), 0);
	while (sem_wait(&s->ready) != 0)
		;
	if (s->why[0])
		fail_msg("the server does not start: %s", s->why);
}

static inline void peer_close(struct peer *p)
{
	if (p->fd)
		close(p->fd);
	buf_fini(&p->in);
	*p = (struct peer){0};
}

static inline void server_stop(struct server *s)
{
	sigset_t set;

	if (!s->running)
		return;
	peer_close(&s->smtp);
	peer_close(&s->imap);
	kill(getpid(), SIGTERM);
	pthread_join(s->thread, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigtimedwait(&set, NULL, &(struct timespec){0});
	nameserver_stop(&s->names);
	sem_destroy(&s->ready);
	s->running = false;
}

/* ---- what a peer says and hears ---- */

static inline struct err peer_write(struct peer *p, struct str s)
{
	while (s.n) {
		ssize_t n = send(p->fd, s.p, s.n, MSG_NOSIGNAL);

		if (n <= 0)
			return err_errno("send");
		s = str_from(s, (size_t)n);
	}
	return ERR_OK;
}

/* The next line with its end; valid until the next call. */
static inline struct err peer_line(struct peer *p, struct str *ret)
{
	buf_consume(&p->in, p->at);
	p->at = 0;
	for (;;) {
		ssize_t end = str_find(buf_str(&p->in), STR("\r\n"), 0);
		char *to = end < 0 ? buf_reserve(&p->in, 1024) : NULL;

		if (end >= 0) {
			p->at = (size_t)end + 2;
			*ret = str_sub(buf_str(&p->in), 0, p->at);
			return ERR_OK;
		}
		ssize_t n = to ? recv(p->fd, to, 1024, 0) : -1;

		if (n <= 0)
			return err_make(ERR_IO, "the server has left");
		buf_commit(&p->in, (size_t)n);
	}
}

static inline struct err peer_connect(struct peer *p, int port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct timeval patience = {.tv_sec = PEER_S};

	inet_pton(AF_INET, server_ip(), &sa.sin_addr);
	buf_init(&p->in, PEER_LINE_MAX);
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(p->fd > 0);
	setsockopt(p->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(p->fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		return err_errno("connect");
	return ERR_OK;
}

/* Reads a whole reply: ERR_OK if it begins with that digit. */
static inline struct err smtp_reply(struct peer *p, char digit)
{
	struct str line;

	do
		TRY(peer_line(p, &line));
	while (line.n > 3 && line.p[3] == '-');
	if (line.p[0] != digit)
		return err_make(ERR_IO, "reply: %.*s", STR_ARG(str_sub(line, 0, line.n - 2)));
	return ERR_OK;
}

static inline struct err smtp_say(struct peer *p, struct str line, char digit)
{
	TRY(peer_write(p, line));
	return smtp_reply(p, digit);
}

static inline struct err smtp_begin(struct peer *p)
{
	TRY(peer_connect(p, SERVER_SMTP));
	TRY(smtp_reply(p, '2'));
	return smtp_say(p, STR("EHLO peer.example\r\n"), '2');
}

/* A transaction from MAIL to the reply to the message's end; rcpts and data as on the wire. */
static inline struct err smtp_transaction(struct peer *p, const char *const *rcpts, struct str data)
{
	TRY(smtp_say(p, STR("RSET\r\n"), '2'));
	TRY(smtp_say(p, STR("MAIL FROM:<a@peer.example>\r\n"), '2'));
	for (; *rcpts; rcpts++) {
		BUF_AUTO line = BUF_INIT(1024);

		buf_printf(&line, "RCPT TO:<%s>\r\n", *rcpts);
		TRY(smtp_say(p, buf_str(&line), '2'));
	}
	if (!str_starts(data, STR("BDAT")))
		TRY(smtp_say(p, STR("DATA\r\n"), '3'));
	return smtp_say(p, data, '2');
}

/* Sends a command tagged "a" (behind a literal the rest of it), reads up to its answer, which has
 * to be OK. */
static inline struct err imap_say(struct peer *p, struct str command)
{
	struct str line;

	TRY(peer_write(p, command));
	do
		TRY(peer_line(p, &line));
	while (!str_starts(line, STR("a ")));
	if (!str_starts(line, STR("a OK")))
		return err_make(ERR_IO, "answer: %.*s", STR_ARG(str_sub(line, 0, line.n - 2)));
	return ERR_OK;
}

static inline struct err imap_begin(struct peer *p)
{
	TRY(peer_connect(p, SERVER_IMAP));
	TRY(imap_say(p, STR("a LOGIN mox@localhost moxmoxmox\r\n")));
	return imap_say(p, STR("a SELECT Inbox\r\n"));
}

/* Connects at its first use. */
static inline struct err server_peer(struct peer *p, struct err (*begin)(struct peer *p))
{
	struct err e = p->fd ? ERR_OK : begin(p);

	if (err_failed(e))
		peer_close(p);
	return e;
}

#endif
