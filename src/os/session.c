#include "os/session.h"

#include "base/metric.h"
#include "os/crashnote.h"
#include "os/listener.h"
#include "os/proxyproto.h"
#include "os/tls.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	/* After so many steps the worker looks after others first. */
	TURN_STEPS = 32,
	PROXY_TIMEOUT_S = 10,
	LINGER_S = 2,
};
#define SLOW_NS NS_PER_S

enum phase {
	PHASE_PROXY, /* reading the PROXY header */
	PHASE_BEGIN,
	PHASE_TLS, /* handshake: implicit, or after STARTTLS */
	PHASE_SERVE,
	PHASE_LINGER, /* our end is sent; the peer's is awaited, so that no reset eats our last
			 words */
};

/* Functions that return bool: true, go on at once; false, wait for *ret (or end). */

static bool session_end(struct session *s, const char *reason, struct park *ret)
{
	s->reason = reason;
	*ret = park_end();
	return false;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return !a ? b : !b ? a : a < b ? a : b;
}

/* Waits for these events, or the deadline, or what unsent output needs. */
static bool wait_for(struct session *s, unsigned on, int64_t until, struct park *ret)
{
	const struct conn *c = &s->conn;

	if (conn_unsent(c)) {
		bool slow = s->slow_write > clock_mono(s->clock);

		until = earlier(until, s->write_until);
		if (slow)
			until = earlier(until, s->slow_write);
		else
			on |= LOOP_WRITE;
	}
	*ret = park_on(on & LOOP_READ ? conn_wants(c, on) : on, until);
	return false;
}

/* One step of the protocol. */
static bool step(struct session *s, enum session_why why)
{
	s->started = true;
	if (why == SESSION_SHUTDOWN)
		s->stop_owed = false;
	s->next = s->service->ops->step(s, why);
	s->until = s->next.until ? s->next.until : clock_mono(s->clock) + s->read_timeout;
	return true;
}

/* Output. */

/* features.md §7.3: a byte a second, the rest at once when the write deadline nears. */
static size_t slow_share(struct session *s, int64_t now)
{
	if (!s->conn.slow || now >= s->write_until - s->write_timeout / 4) {
		s->slow_write = 0;
		return SIZE_MAX;
	}
	if (now < s->slow_write)
		return 0;
	s->slow_write = now + SLOW_NS;
	return 1;
}

/* Sends what can be sent. NULL, or the reason why the session must end. */
static const char *output(struct session *s)
{
	struct conn *c = &s->conn;
	int64_t now = clock_mono(s->clock);
	uint64_t before = c->wire_out;

	if (c->out.failed)
		return "answer too large";
	if (!conn_unsent(c))
		return NULL;
	if (!s->write_until)
		s->write_until = now + s->write_timeout;
	size_t max = slow_share(s, now);

	if (max && conn_flush(c, max) == CONN_FAILED)
		return "write failed";
	if (!conn_unsent(c))
		s->write_until = s->slow_write = 0;
	else if (max == SIZE_MAX && c->wire_out > before)
		s->write_until = now + s->write_timeout;
	else if (now >= s->write_until)
		return "write timeout";
	return NULL;
}

/* Verdicts. */

/* Whether input may be read now; if not, it is time for something else or for waiting. */
static bool may_read(struct session *s, int64_t now)
{
	if (conn_unsent(&s->conn) > CONN_OUT_HIGH)
		return false;
	if (!s->conn.slow)
		return true;
	if (!s->slow_read)
		s->slow_read = now + SLOW_NS;
	return now >= s->slow_read;
}

static bool step_input(struct session *s)
{
	s->eof_told = s->conn.eof;
	s->slow_read = 0;
	return step(s, SESSION_INPUT);
}

static bool do_input(struct session *s, int64_t now, struct park *ret)
{
	unsigned on = LOOP_READ;

	if (s->stop_owed)
		return step(s, SESSION_SHUTDOWN);
	if (s->conn.eof && s->eof_told)
		return session_end(s, "peer closed", ret);
	if (may_read(s, now)) {
		switch (conn_fill(&s->conn)) {
		case CONN_DONE: return step_input(s);
		case CONN_FAILED: return session_end(s, "read failed", ret);
		case CONN_FULL: return session_end(s, "input without end", ret);
		case CONN_WAIT: break;
		}
	} else {
		on = 0;
	}
	if (now >= s->until)
		return step(s, SESSION_TIMEOUT);
	return wait_for(s, on, earlier(s->until, on ? 0 : s->slow_read), ret);
}

static bool do_wait_input(struct session *s, int64_t now, struct park *ret)
{
	unsigned on = LOOP_WAKE;

	if (s->stop_owed)
		return step(s, SESSION_SHUTDOWN);
	if (s->woken) {
		s->woken = false;
		return step(s, SESSION_WOKEN);
	}
	bool ended = s->conn.eof && s->eof_told;

	if (!ended && may_read(s, now)) {
		switch (conn_fill(&s->conn)) {
		case CONN_DONE: return step_input(s);
		case CONN_FAILED: return session_end(s, "read failed", ret);
		case CONN_FULL: break;
		case CONN_WAIT: on |= LOOP_READ; break;
		}
	}
	if (now >= s->until)
		return step(s, SESSION_TIMEOUT);
	return wait_for(s, on, earlier(s->until, on & LOOP_READ ? 0 : s->slow_read), ret);
}

static bool do_wait(struct session *s, int64_t now, struct park *ret)
{
	if (s->stop_owed)
		return step(s, SESSION_SHUTDOWN);
	if (s->woken) {
		s->woken = false;
		return step(s, SESSION_WOKEN);
	}
	if (now >= s->until)
		return step(s, SESSION_TIMEOUT);
	return wait_for(s, LOOP_WAKE, s->until, ret);
}

static bool do_delay(struct session *s, int64_t now, struct park *ret)
{
	if (s->stop_owed)
		return step(s, SESSION_SHUTDOWN);
	if (now >= s->until)
		return step(s, SESSION_DELAYED);
	return wait_for(s, 0, s->until, ret);
}

static bool do_drain(struct session *s, int64_t now, struct park *ret)
{
	if (s->stop_owed)
		return step(s, SESSION_SHUTDOWN);
	if (conn_unsent(&s->conn) <= CONN_OUT_LOW)
		return step(s, SESSION_DRAINED);
	return wait_for(s, 0, 0, ret);
}

static bool do_again(struct session *s, int64_t now, struct park *ret)
{
	if (s->stop_owed)
		return step(s, SESSION_SHUTDOWN);
	s->gave_way = !s->gave_way;
	if (s->gave_way)
		return wait_for(s, LOOP_AGAIN, 0, ret);
	return step(s, SESSION_AGAIN);
}

/* The TLS side, or false without memory. */
static bool tls_begin(struct session *s)
{
	struct ssl_st *ssl = tls_server_ssl(s->service->tls);

	if (!ssl)
		return false;
	conn_tls_start(&s->conn, ssl);
	s->phase = PHASE_TLS;
	s->until = clock_mono(s->clock) + SESSION_TLS_TIMEOUT_S * NS_PER_S;
	return true;
}

static bool do_starttls(struct session *s, int64_t now, struct park *ret)
{
	struct conn *c = &s->conn;

	if (conn_unsent(c))
		return wait_for(s, 0, 0, ret);
	if (conn_in(c).n && s->next.behind == SESSION_BEHIND_FAIL)
		return session_end(s, "plain text behind starttls", ret);
	conn_take(c, conn_in(c).n);
	if (!tls_begin(s))
		return session_end(s, "no memory for tls", ret);
	return true;
}

static bool do_deflate(struct session *s, int64_t now, struct park *ret)
{
	struct conn *c = &s->conn;

	if (conn_unsent(c))
		return wait_for(s, 0, 0, ret);
	/* RFC 4978 §3: the client waits for our answer before it sends more. */
	if (conn_in(c).n)
		return session_end(s, "plain text behind compress", ret);
	if (!conn_deflate_start(c))
		return session_end(s, "no memory for compress", ret);
	s->deflated = true;
	return step(s, SESSION_DEFLATE);
}

static bool unread(const struct conn *c)
{
	int n = 0;

	return conn_in(c).n || (ioctl(c->fd, FIONREAD, &n) == 0 && n > 0);
}

static bool do_close(struct session *s, int64_t now, struct park *ret)
{
	if (conn_unsent(&s->conn))
		return wait_for(s, 0, 0, ret);
	bool linger = !s->conn.eof && unread(&s->conn);

	conn_shutdown(&s->conn);
	if (!linger)
		return session_end(s, "closed", ret);
	s->phase = PHASE_LINGER;
	s->until = now + LINGER_S * NS_PER_S;
	return true;
}

static bool do_abort(struct session *s, int64_t now, struct park *ret)
{
	return session_end(s, "closed at once", ret);
}

static bool (*const verdicts[])(struct session *s, int64_t now, struct park *ret) = {
	[SESSION_DO_INPUT] = do_input,       [SESSION_DO_DELAY] = do_delay,
	[SESSION_DO_WAIT] = do_wait,         [SESSION_DO_WAIT_INPUT] = do_wait_input,
	[SESSION_DO_DRAIN] = do_drain,       [SESSION_DO_AGAIN] = do_again,
	[SESSION_DO_STARTTLS] = do_starttls, [SESSION_DO_DEFLATE] = do_deflate,
	[SESSION_DO_CLOSE] = do_close,       [SESSION_DO_ABORT] = do_abort,
};

static bool phase_serve(struct session *s, struct park *ret)
{
	const char *problem = s->next.verb == SESSION_DO_ABORT ? NULL : output(s);

	if (problem)
		return session_end(s, problem, ret);
	return verdicts[s->next.verb](s, clock_mono(s->clock), ret);
}

/* What comes before and after. */

/* The protocol's words for a peer over its limits. Under TLS there would be a handshake first: who
 * has too many connections does not get one more. */
static void refuse(struct session *s)
{
	struct str text = s->service->ops->refusal;

	if (!s->service->implicit_tls && text.n &&
	    send(s->conn.fd, text.p, text.n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return; /* best effort */
}

static bool within_limits(struct session *s)
{
	const struct listener_opts *o = &s->listener->opts;

	if (o->rate && !limit_add(o->rate, s->conn.peer.ip, 1))
		return false;
	if (o->open && !limit_add(o->open, s->conn.peer.ip, 1))
		return false;
	s->counted = true;
	return true;
}

static bool phase_begin(struct session *s, struct park *ret)
{
	s->log.peer = addr_text(&s->conn.peer, s->peer_text);
	s->task.key = addr_class_key(s->conn.peer.ip, 0);
	if (!within_limits(s)) {
		refuse(s);
		return session_end(s, "over connection limit", ret);
	}
	log_debug(&s->log, "new connection");
	if (s->service->implicit_tls) {
		if (!tls_begin(s))
			return session_end(s, "no memory for tls", ret);
		return true;
	}
	s->phase = PHASE_SERVE;
	return step(s, SESSION_START);
}

static bool phase_proxy(struct session *s, struct park *ret)
{
	struct conn *c = &s->conn;
	struct proxyproto p;
	char bytes[PROXYPROTO_MAX];

	switch (proxyproto_read(conn_in(c), &p)) {
	case PROXYPROTO_BAD: return session_end(s, "bad PROXY header", ret);
	case PROXYPROTO_DONE:
		conn_take(c, p.n);
		if (ip_is_set(p.peer.ip)) {
			c->peer = p.peer;
			c->local = p.local;
		}
		s->phase = PHASE_BEGIN;
		return true;
	case PROXYPROTO_MORE: break;
	}
	ssize_t n = recv(c->fd, bytes, p.n < sizeof(bytes) ? p.n : sizeof(bytes), 0);

	if (n > 0) {
		conn_feed(c, bytes, (size_t)n);
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR) || s->stop_owed ||
	    clock_mono(s->clock) >= s->until)
		return session_end(s, "no PROXY header", ret);
	return wait_for(s, LOOP_READ, s->until, ret);
}

static bool tls_failed(struct session *s, struct park *ret)
{
	char reason[160];

	log_info(&s->log, "tls handshake failed",
		 F_STR("err", conn_tls_reason(reason, sizeof(reason))));
	return session_end(s, "tls handshake failed", ret);
}

static bool phase_tls(struct session *s, struct park *ret)
{
	struct conn *c = &s->conn;

	switch (conn_handshake(c)) {
	case CONN_DONE: break;
	case CONN_WAIT:
		if (s->stop_owed)
			return session_end(s, "shutdown", ret);
		if (clock_mono(s->clock) >= s->until)
			return session_end(s, "tls handshake timeout", ret);
		*ret = park_on(c->want_write ? LOOP_WRITE : LOOP_READ, s->until);
		return false;
	default: return tls_failed(s, ret);
	}
	log_debug(&s->log, "tls established", F_Z("version", c->tls->version),
		  F_Z("cipher", c->tls->cipher), F_Z("sni", c->tls->sni));
	s->phase = PHASE_SERVE;
	return step(s, s->started ? SESSION_TLS : SESSION_START);
}

static bool phase_linger(struct session *s, struct park *ret)
{
	if (conn_discard(&s->conn) != CONN_WAIT || clock_mono(s->clock) >= s->until)
		return session_end(s, "closed", ret);
	*ret = park_on(LOOP_READ, s->until);
	return false;
}

static bool (*const phases[])(struct session *s, struct park *ret) = {
	[PHASE_PROXY] = phase_proxy, [PHASE_BEGIN] = phase_begin,   [PHASE_TLS] = phase_tls,
	[PHASE_SERVE] = phase_serve, [PHASE_LINGER] = phase_linger,
};

static struct park turn(struct session *s, unsigned why)
{
	struct park p;

	if (why & LOOP_WAKE)
		s->woken = true;
	if (why & LOOP_STOP)
		s->stopping = s->stop_owed = true;
	for (int i = 0; i < TURN_STEPS; i++) {
		if (phases[s->phase](s, &p))
			continue;
		conn_release(&s->conn);
		return p;
	}
	return park_on(LOOP_AGAIN, 0);
}

/* Decryption and inflating are as much a peer's doing as its commands: the whole turn is noted. */
static struct park session_run(struct task *t, unsigned why)
{
	struct session *s = CONTAINER_OF(t, struct session, task);
	struct crashnote_page *notes = s->service->notes;
	BUF_AUTO ip = BUF_INIT(64);

	if (!notes)
		return turn(s, why);
	buf_ip(&ip, s->conn.peer.ip);
	int note = crashnote_begin(notes, buf_str(&ip), str_z(s->service->ops->name), s->cid);
	struct park p = turn(s, why);

	crashnote_end(notes, note);
	return p;
}

static void session_done(struct task *t)
{
	struct session *s = CONTAINER_OF(t, struct session, task);
	struct listener *l = s->listener;

	if (s->started)
		s->service->ops->free(s);
	METRIC_GAUGE_ADD(s->service->metrics, CONNECTIONS, -1);
	log_info(&s->log, "connection closed", F_Z("reason", s->reason ? s->reason : "shutdown"),
		 F_U64("in", s->conn.bytes_in), F_U64("out", s->conn.bytes_out),
		 F_I64("ms", (clock_mono(s->clock) - s->began) / NS_PER_MS));
	if (s->counted && l->opts.open)
		limit_sub(l->opts.open, s->conn.peer.ip, 1);
	conn_fini(&s->conn);
	free(s);
	listener_unref(l);
}

void session_start(struct listener *l, int fd, const struct addr *peer, bool proxied)
{
	const struct session_service *service = l->opts.service;
	struct session *s = calloc(1, service->ops->size);
	int one = 1;

	if (!s) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	conn_init(&s->conn, fd, service->ops->in_max);
	s->conn.peer = *peer;
	s->conn.local = addr_local(fd);
	s->service = service;
	s->listener = l;
	s->clock = loop_clock(l->opts.loop);
	s->cid = atomic_fetch_add(&l->next_cid, 1);
	s->log = l->log;
	s->log.cid = s->cid;
	s->log.peer = addr_text(peer, s->peer_text);
	s->read_timeout = SESSION_READ_TIMEOUT_S * NS_PER_S;
	s->write_timeout = SESSION_WRITE_TIMEOUT_S * NS_PER_S;
	s->began = clock_mono(s->clock);
	s->phase = proxied ? PHASE_PROXY : PHASE_BEGIN;
	s->until = s->began + PROXY_TIMEOUT_S * NS_PER_S;
	s->task = (struct task){
		.fd = fd,
		.key = addr_class_key(peer->ip, 0),
		.run = session_run,
		.done = session_done,
	};
	atomic_fetch_add(&l->refs, 1);
	METRIC_GAUGE_ADD(service->metrics, CONNECTIONS, 1);
	if (!loop_add(l->opts.loop, &s->task))
		session_done(&s->task);
}

void session_wake(struct session *s)
{
	if (s->task.loop)
		task_wake(&s->task);
	else
		atomic_store(&s->mem_woken, true); /* os/session_mem */
}

void session_set_key(struct session *s, uint64_t key)
{
	s->task.key = key;
}
