#include "os/session_mem.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
	FEED_MAX = 64 * 1024 * 1024,
	OUT_MAX = 64 * 1024 * 1024,
	/* Steps without new input: more is a session that goes round in circles. */
	STEPS_MAX = 1000 * 1000,
};

struct session_mem {
	struct session *s;
	struct clock *clock;
	size_t chunk;
	struct buf feed, out, returned;
	size_t feed_at; /* what the session has got of feed */
	bool feed_eof, closed;
	int64_t delayed, until;
};

static void tls_invent(struct conn *c)
{
	struct conn_tls *t = calloc(1, sizeof(*t));

	assert(t);
	memcpy(t->version, "TLS1.3", sizeof("TLS1.3"));
	memcpy(t->cipher, "TLS_AES_128_GCM_SHA256", sizeof("TLS_AES_128_GCM_SHA256"));
	t->has_exporter = true;
	for (size_t i = 0; i < sizeof(t->exporter); i++)
		t->exporter[i] = (unsigned char)i;
	c->tls = t;
}

/* All that the session has said so far is sent. */
static void out_collect(struct session_mem *m)
{
	struct conn *c = &m->s->conn;

	assert(!c->out.failed);
	buf_str_add(&m->out, buf_str(&c->out));
	assert(!m->out.failed);
	c->bytes_out += c->out.n;
	buf_release(&c->out);
}

static void step(struct session_mem *m, enum session_why why)
{
	struct session *s = m->s;

	s->next = s->service->ops->step(s, why);
	if (s->next.verb != SESSION_DO_ABORT)
		out_collect(m);
	m->until = s->next.until ? s->next.until : clock_mono(m->clock) + s->read_timeout;
	if (s->next.verb == SESSION_DO_WAIT)
		assert(s->next.until);
}

static size_t feed_left(const struct session_mem *m)
{
	return m->feed.n - m->feed_at;
}

/* Moves the next piece of what was fed to the session. */
static bool input(struct session_mem *m)
{
	struct conn *c = &m->s->conn;
	size_t n = m->chunk && m->chunk < feed_left(m) ? m->chunk : feed_left(m);

	if (n == 0) {
		if (!m->feed_eof || m->s->eof_told)
			return false;
		c->eof = m->s->eof_told = true;
		step(m, SESSION_INPUT);
		return true;
	}
	if (n > conn_room(c))
		n = conn_room(c);
	assert(n > 0); /* in_max bytes, and the protocol wants more */
	conn_feed(c, m->feed.p + m->feed_at, n);
	m->feed_at += n;
	step(m, SESSION_INPUT);
	return true;
}

static bool woken(struct session_mem *m)
{
	if (!atomic_exchange(&m->s->mem_woken, false))
		return false;
	step(m, SESSION_WOKEN);
	return true;
}

static void starttls(struct session_mem *m)
{
	struct conn *c = &m->s->conn;
	bool behind = conn_in(c).n || feed_left(m);

	assert(session_can_starttls(m->s));
	if (behind && m->s->next.behind == SESSION_BEHIND_FAIL) {
		m->closed = true;
		return;
	}
	conn_take(c, conn_in(c).n);
	m->feed_at = m->feed.n;
	tls_invent(c);
	step(m, SESSION_TLS);
}

static void compress(struct session_mem *m)
{
	assert(session_can_deflate(m->s));
	if (conn_in(&m->s->conn).n || feed_left(m)) {
		m->closed = true;
		return;
	}
	m->s->deflated = true;
	step(m, SESSION_DEFLATE);
}

static void delay(struct session_mem *m)
{
	int64_t ns = m->s->next.until - clock_mono(m->clock);

	if (ns > 0) {
		clock_step(m->clock, ns);
		m->delayed += ns;
	}
	step(m, SESSION_DELAYED);
}

/* One more step, if there is cause for one. */
static bool go_on(struct session_mem *m)
{
	switch (m->s->next.verb) {
	case SESSION_DO_INPUT:
		if (input(m))
			return true;
		/* Told of the end, the session asks for more. */
		m->closed = m->s->eof_told;
		return false;
	case SESSION_DO_WAIT: return woken(m);
	case SESSION_DO_WAIT_INPUT: return woken(m) || input(m);
	case SESSION_DO_DELAY: delay(m); return true;
	case SESSION_DO_DRAIN: step(m, SESSION_DRAINED); return true;
	case SESSION_DO_AGAIN: step(m, SESSION_AGAIN); return true;
	case SESSION_DO_STARTTLS: starttls(m); return true;
	case SESSION_DO_DEFLATE: compress(m); return true;
	case SESSION_DO_CLOSE:
	case SESSION_DO_ABORT: m->closed = true; return false;
	}
	return false;
}

static void run(struct session_mem *m)
{
	size_t steps = 0, left = feed_left(m);

	while (!m->closed && go_on(m)) {
		steps = feed_left(m) < left ? 0 : steps + 1;
		left = feed_left(m);
		assert(steps < STEPS_MAX);
	}
	if (m->closed || left == 0) {
		buf_release(&m->feed);
		m->feed_at = 0;
	}
}

static struct addr addr_invent(const char *ip, uint16_t port)
{
	struct ip a = {0};
	bool ok = ip_parse(str_z(ip), &a);

	assert(ok);
	return addr_of_ip(a, port);
}

struct session_mem *session_mem_new(const struct session_service *service, struct clock *clock,
				    size_t chunk)
{
	struct session_mem *m = calloc(1, sizeof(*m));
	struct session *s = calloc(1, service->ops->size);

	assert(m && s);
	*m = (struct session_mem){.s = s, .clock = clock, .chunk = chunk};
	buf_init(&m->feed, FEED_MAX);
	buf_init(&m->out, OUT_MAX);
	buf_init(&m->returned, OUT_MAX);
	conn_init(&s->conn, -1, service->ops->in_max);
	s->conn.peer = addr_invent("192.0.2.1", 40000);
	s->conn.local = addr_invent("198.51.100.1", 25);
	addr_text(&s->conn.peer, s->peer_text);
	s->service = service;
	s->clock = clock;
	s->cid = 1;
	s->read_timeout = SESSION_READ_TIMEOUT_S * NS_PER_S;
	s->write_timeout = SESSION_WRITE_TIMEOUT_S * NS_PER_S;
	s->log = (struct log_ctx){.pkg = service->ops->name, .cid = 1, .peer = str_z(s->peer_text)};
	if (service->implicit_tls)
		tls_invent(&s->conn);
	step(m, SESSION_START);
	run(m);
	return m;
}

struct session *session_mem_session(struct session_mem *m)
{
	return m->s;
}

void session_mem_feed(struct session_mem *m, struct str bytes)
{
	if (m->closed)
		return;
	buf_str_add(&m->feed, bytes);
	assert(!m->feed.failed);
	run(m);
}

void session_mem_eof(struct session_mem *m)
{
	m->feed_eof = true;
	run(m);
}

struct str session_mem_out(struct session_mem *m)
{
	struct buf b = m->returned;

	m->returned = m->out;
	m->out = b;
	buf_clear(&m->out);
	return buf_str(&m->returned);
}

void session_mem_timeout(struct session_mem *m)
{
	int64_t ns = m->until - clock_mono(m->clock);

	assert(!m->closed);
	if (ns > 0)
		clock_step(m->clock, ns);
	step(m, SESSION_TIMEOUT);
	run(m);
}

bool session_mem_run(struct session_mem *m)
{
	bool pending = atomic_load(&m->s->mem_woken) && !m->closed;

	run(m);
	return pending;
}

void session_mem_shutdown(struct session_mem *m)
{
	if (m->closed)
		return;
	m->s->stopping = true;
	step(m, SESSION_SHUTDOWN);
	run(m);
}

struct session_next session_mem_next(struct session_mem *m)
{
	return m->s->next;
}

bool session_mem_closed(struct session_mem *m)
{
	return m->closed;
}

int64_t session_mem_delayed(struct session_mem *m)
{
	return m->delayed;
}

void session_mem_free(struct session_mem *m)
{
	if (!m)
		return;
	m->s->service->ops->free(m->s);
	conn_fini(&m->s->conn);
	free(m->s);
	buf_fini(&m->feed);
	buf_fini(&m->out);
	buf_fini(&m->returned);
	free(m);
}
