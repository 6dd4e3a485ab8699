#include "dns/unbound.h"

#include "dns/text.h"
#include "dns/unbound_config.h"
#include "dns/wire.h"
#include "os/clock.h"
#include "os/late.h"
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unbound.h>

enum { IN_FLIGHT_MAX = 1 << 16, ARENA_CAP = 1 << 20, CLASS_IN = 1 };

/* A question in flight; in a chain of free ones otherwise. A cancelled one has no callback. */
struct asked {
	struct dns_unbound *u;
	void (*done)(void *arg, const struct dns_answer *a);
	void *arg;
	struct asked *next;
	uint32_t generation; /* of the place: an id is good once */
	uint16_t type;
	uint8_t name_n;
	char name[DNS_NAME_MAX];
};

struct dns_unbound {
	struct ub_ctx *ctx;
	struct arena arena; /* of the answer that is being delivered */
	struct asked *asked;
	struct asked *free;
	size_t used; /* places that were ever used: what is behind them costs no memory */
	size_t max;
	bool started;
	struct dns_resolver resolver;
	int64_t timeout_ns;
	struct clock clock;
};

static struct err context_set_up(struct dns_unbound *u, const struct dns_unbound_opts *opts)
{
	TRY(late_load("unbound"));
	u->ctx = ub_ctx_create();
	if (!u->ctx)
		return err_make(ERR_RESOURCES, "DNS resolver: no context");
	ub_ctx_debugout(u->ctx, NULL);
	ub_ctx_async(u->ctx, 1);
	TRY(dns_unbound_configure(opts, u->ctx));
	/* This makes it final: files are read now. */
	int rc = ub_ctx_zone_remove(u->ctx, "final.invalid.");

	if (rc)
		return err_make(ERR_CONFIG, "DNS resolver: options or trust anchors refused: %s",
				ub_strerror(rc));
	return ERR_OK;
}

struct err dns_unbound_new(const struct dns_unbound_opts *opts, struct dns_unbound **ret)
{
	struct dns_unbound *u = calloc(1, sizeof(*u));
	size_t max = opts->in_flight ? opts->in_flight : DNS_UNBOUND_IN_FLIGHT;

	assert(max <= IN_FLIGHT_MAX);
	if (u)
		u->asked = calloc(max, sizeof(*u->asked));
	if (!u || !u->asked) {
		free(u);
		return err_make(ERR_RESOURCES, "out of memory");
	}
	u->max = max;
	arena_init(&u->arena, ARENA_CAP);
	clock_init(&u->clock);
	struct err e = context_set_up(u, opts);

	if (err_failed(e))
		dns_unbound_free(u);
	else
		*ret = u;
	return e;
}

void dns_unbound_free(struct dns_unbound *u)
{
	if (!u)
		return;
	if (u->ctx)
		ub_ctx_delete(u->ctx);
	arena_fini(&u->arena);
	free(u->asked);
	free(u);
}

int dns_unbound_fd(const struct dns_unbound *u)
{
	return ub_fd(u->ctx);
}

void dns_unbound_process(struct dns_unbound *u)
{
	int rc = ub_process(u->ctx);

	/* The pipe to our own thread: without it no question ever ends. */
	assert(rc == 0 && "libunbound's thread is gone");
}

/* What libunbound says in words, as a code of RFC 8914 §4, because its version in Debian 12 gives
 * library users no code: the first row that fits. */
static int ede_of(struct str why)
{
	enum {
		EDE_BOGUS = 6,
		EDE_EXPIRED = 7,
		EDE_NOT_YET = 8,
		EDE_NO_DNSKEY = 9,
		EDE_NO_RRSIG = 10,
		EDE_NO_ZONE_KEY = 11,
		EDE_NO_NSEC = 12,
	};
	static const struct {
		struct str words;
		int ede;
	} rows[] = {
		{STR_INIT("signature expired"), EDE_EXPIRED},
		{STR_INIT("signature before inception date"), EDE_NOT_YET},
		{STR_INIT("No DNSKEY record"), EDE_NO_DNSKEY},
		{STR_INIT("no DNSKEY rrset"), EDE_NO_DNSKEY},
		{STR_INIT("no keys have a DS"), EDE_NO_DNSKEY},
		{STR_INIT("signatures from unknown keys"), EDE_NO_DNSKEY},
		{STR_INIT("signature missing"), EDE_NO_RRSIG},
		{STR_INIT("no signatures"), EDE_NO_RRSIG},
		{STR_INIT("dnskey without ZSK flag"), EDE_NO_ZONE_KEY},
		{STR_INIT("no DNSSEC records"), EDE_NO_NSEC},
		{STR_INIT("proof failed"), EDE_NO_NSEC},
		{STR_INIT("does not prove absence"), EDE_NO_NSEC},
		{STR_INIT("no NSEC3"), EDE_NO_NSEC},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_find(why, rows[i].words, 0) >= 0)
			return rows[i].ede;
	return EDE_BOGUS;
}

/* bogus comes first: such a result may hold records and claim success. */
static void answer_of(struct asked *q, int error, const struct ub_result *r, struct dns_answer *ret)
{
	struct dns_question question = {q->type, str_of(q->name, q->name_n)};
	struct str why = str_z(r ? r->why_bogus : NULL);

	*ret = (struct dns_answer){.status = DNS_FAILED, .ede = DNS_EDE_NONE};
	if (error || !r) {
		ret->error = str_z(ub_strerror(error));
	} else if (r->bogus) {
		ret->status = DNS_BOGUS;
		ret->ede = ede_of(why);
		ret->error = why.n ? str_sub(why, 0, DNS_ERROR_MAX) : STR("does not validate");
	} else if (r->answer_len <= 0) {
		ret->error = STR("server failure");
	} else {
		dns_wire_answer(str_of(r->answer_packet, (size_t)r->answer_len), &question,
				&q->u->arena, ret);
		ret->authentic = r->secure && !dns_is_temporary(ret);
	}
}

static void place_free(struct dns_unbound *u, struct asked *q)
{
	q->generation++;
	q->done = NULL;
	q->next = u->free;
	u->free = q;
}

static void answered(void *arg, int error, struct ub_result *r)
{
	struct asked *q = arg;
	struct dns_unbound *u = q->u;
	void (*done)(void *arg, const struct dns_answer *a) = q->done;
	void *done_arg = q->arg;
	struct dns_answer a;

	if (done)
		answer_of(q, error, r, &a);
	place_free(u, q);
	if (done)
		done(done_arg, &a);
	arena_reset(&u->arena);
	if (r)
		ub_resolve_free(r);
}

static struct asked *place_take(struct dns_unbound *u)
{
	struct asked *q = u->free;

	if (q)
		u->free = q->next;
	else if (u->used < u->max)
		q = &u->asked[u->used++];
	return q;
}

/* The thread inherits the mask: signals are for the program's own threads, but for that of
 * os/sandbox. */
static int resolve_start(struct dns_unbound *u, const char *name, struct asked *q)
{
	sigset_t all, before;

	if (!u->started) {
		sigfillset(&all);
		sigdelset(&all, SIGSYS);
		pthread_sigmask(SIG_SETMASK, &all, &before);
	}
	int rc = ub_resolve_async(u->ctx, name, q->type, CLASS_IN, q, answered, NULL);

	if (!u->started)
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	u->started = true;
	return rc;
}

struct err dns_unbound_ask(struct dns_unbound *u, const struct dns_question *question,
			   void (*done)(void *arg, const struct dns_answer *a), void *arg,
			   uint64_t *ret_id)
{
	BUF_AUTO name = BUF_INIT(DNS_NAME_TEXT_MAX + 1);

	assert(dns_name_ok(question->name));
	buf_dns_name(&name, question->name);
	buf_char(&name, '\0');
	struct asked *q = buf_failed(&name) ? NULL : place_take(u);

	if (!q)
		return err_make(ERR_RESOURCES, "too many DNS questions in flight");
	q->u = u;
	q->done = done;
	q->arg = arg;
	q->type = (uint16_t)question->type;
	q->name_n = (uint8_t)question->name.n;
	memcpy(q->name, question->name.p, question->name.n);
	int rc = resolve_start(u, name.p, q);

	if (rc) {
		place_free(u, q);
		return err_make(ERR_RESOURCES, "DNS resolver: %s", ub_strerror(rc));
	}
	*ret_id = (uint64_t)q->generation << 32 | (uint64_t)(q - u->asked);
	return ERR_OK;
}

/* ub_cancel would only hide that libunbound goes on: the place is kept, so that in_flight bounds
 * what is being worked on. */
void dns_unbound_cancel(struct dns_unbound *u, uint64_t id)
{
	uint32_t place = (uint32_t)id;

	assert(place < u->used);
	if (u->asked[place].generation == id >> 32)
		u->asked[place].done = NULL;
}

/* A question of a batch while resolve_all waits for it. */
struct waiting {
	struct dns_batch *batch;
	size_t id;
	uint64_t asked;
};

static void batch_set(void *arg, const struct dns_answer *a)
{
	struct waiting *w = arg;

	(void)dns_batch_set(w->batch, w->id, a);
}

/* The number that is in flight now. */
static size_t batch_ask(struct dns_unbound *u, struct dns_batch *b, struct waiting *w)
{
	struct dns_question q;
	size_t n = 0, id;

	while (dns_batch_next(b, &id, &q)) {
		w[n] = (struct waiting){.batch = b, .id = id};
		struct err e = dns_unbound_ask(u, &q, batch_set, &w[n], &w[n].asked);

		if (err_is_ok(e)) {
			n++;
			continue;
		}
		const struct dns_answer a = {
			.status = DNS_FAILED, .ede = DNS_EDE_NONE, .error = err_text(e)};

		(void)dns_batch_set(b, id, &a);
	}
	return n;
}

static void resolve_all(struct dns_resolver *r, struct dns_batch *b)
{
	struct dns_unbound *u = CONTAINER_OF(r, struct dns_unbound, resolver);
	int64_t deadline = clock_mono(&u->clock) + u->timeout_ns, left = u->timeout_ns;
	struct waiting w[DNS_BATCH_MAX];
	size_t n = batch_ask(u, b, w);

	while (dns_batch_waits(b) && left > 0) {
		struct pollfd p = {.fd = dns_unbound_fd(u), .events = POLLIN};
		int64_t ms = (left + NS_PER_MS - 1) / NS_PER_MS;

		if (poll(&p, 1, ms > INT32_MAX ? INT32_MAX : (int)ms) > 0)
			dns_unbound_process(u);
		left = deadline - clock_mono(&u->clock);
	}
	for (size_t i = 0; i < n; i++)
		dns_unbound_cancel(u, w[i].asked);
	dns_batch_fail(b, STR("no answer in time"));
}

static void resolve(struct dns_resolver *r, const struct dns_question *q, struct arena *arena,
		    struct dns_answer *ret)
{
	const struct dns_answer *a;
	struct dns_batch b;

	dns_batch_init(&b, arena);
	(void)dns_ask(&b, q->type, q->name);
	resolve_all(r, &b);
	a = dns_ask(&b, q->type, q->name);
	*ret = *a;
}

struct dns_resolver *dns_unbound_resolver(struct dns_unbound *u, int64_t timeout_ns)
{
	u->resolver = (struct dns_resolver){resolve, resolve_all};
	u->timeout_ns = timeout_ns;
	return &u->resolver;
}
