#include "role/lookups.h"

#include "idl/messages.h"
#include "os/clock.h"
#include "role/dns_wire.h"
#include <stdlib.h>

enum {
	/* An answer and its message; many short strings of a TXT record need the most. */
	ANSWER_ARENA = 2 << 20,
	KEY_MAX = 2 + DNS_NAME_MAX,
	ANSWERS_MAX = 16, /* as msg_dns_lookup_reply.answers */
};

_Static_assert((int)KEY_MAX <= (int)DNSCACHE_KEY_MAX, "a question is a key of the cache");

/* A question in flight. */
struct lookup {
	struct lookups *all;
	struct list in_all;
	struct list waiters;
	uint64_t id;                  /* the resolver's */
	bool asked;                   /* and not answered yet: the id is good */
	struct dns_question question; /* its name is in the key */
	struct str key;
	char key_bytes[KEY_MAX];
};

struct request;

/* One question of a request. */
struct waiter {
	struct request *request;
	struct lookup *lookup; /* NULL: not asked, or answered */
	struct list in_lookup;
	bool answered;
};

struct request {
	struct ipc_request *q;
	struct list in_all;
	size_t open; /* questions without an answer */
	size_t n;
	struct waiter waiter[];
};

void lookups_init(struct lookups *l, struct clock *clock, size_t max, struct rand_src *rand,
		  struct metrics *metrics)
{
	struct map_seed seed;

	rand_fill(rand, &seed, sizeof(seed));
	*l = (struct lookups){.metrics = metrics};
	map_init(&l->by_question, max, seed);
	dnscache_init(&l->cache, clock, max, seed);
	list_init(&l->lookups);
	list_init(&l->requests);
}

void lookups_fini(struct lookups *l)
{
	map_fini(&l->by_question);
	dnscache_fini(&l->cache);
}

/* Requests: their answers. The request is gone after the last. */

/* Of n questions; true if these were the last. */
static bool request_answer(struct request *r, struct msg_dns_answered *answers, size_t n)
{
	struct msg_dns_lookup_reply rp = {.answers = answers, .answers_n = n};

	for (size_t i = 0; i < n; i++) {
		r->waiter[answers[i].index].lookup = NULL;
		r->waiter[answers[i].index].answered = true;
	}
	r->open -= n;
	if (r->open > 0) {
		ipc_reply_more(r->q, &rp, NULL);
		return false;
	}
	list_remove(&r->in_all);
	ipc_reply(r->q, &rp, NULL);
	return true;
}

static void waiter_answer(struct waiter *w, const struct msg_dns_answer *answer)
{
	struct msg_dns_answered a = {(uint16_t)(w - w->request->waiter), *answer};

	(void)request_answer(w->request, &a, 1);
}

static void waiter_fail(struct waiter *w, struct str why)
{
	struct msg_dns_answer answer = {.status = MSG_DNS_STATUS_FAILED, .error = why};

	waiter_answer(w, &answer);
}

/* Lookups. */

static struct str key_make(const struct dns_question *q, char to[KEY_MAX])
{
	to[0] = (char)(q->type >> 8);
	to[1] = (char)q->type;
	memcpy(to + 2, q->name.p, q->name.n);
	return str_of(to, 2 + q->name.n);
}

static struct lookup *lookup_find(const struct lookups *l, const struct dns_question *q)
{
	char key[KEY_MAX];

	return map_get(&l->by_question, key_make(q, key));
}

static struct lookup *lookup_new(struct lookups *l, const struct dns_question *q)
{
	struct lookup *k = calloc(1, sizeof(*k));
	void *old;

	if (!k)
		return NULL;
	k->all = l;
	list_init(&k->waiters);
	k->key = key_make(q, k->key_bytes);
	k->question = (struct dns_question){q->type, str_from(k->key, 2)};
	if (!map_put(&l->by_question, k->key, k, &old)) {
		free(k);
		return NULL;
	}
	list_add_tail(&l->lookups, &k->in_all);
	METRIC_GAUGE_ADD(l->metrics, DNS_IN_FLIGHT, 1);
	return k;
}

static void lookup_cancel(struct lookup *k)
{
	const struct lookups_resolver *r = k->all->resolver;

	if (k->asked)
		r->cancel(r->arg, k->id);
	k->asked = false;
}

/* Nobody waits for it any more. */
static void lookup_free(struct lookup *k)
{
	lookup_cancel(k);
	METRIC_GAUGE_ADD(k->all->metrics, DNS_IN_FLIGHT, -1);
	list_remove(&k->in_all);
	map_remove(&k->all->by_question, k->key);
	free(k);
}

static void lookup_answer(struct lookup *k, const struct dns_answer *a)
{
	struct msg_dns_answer answer;
	struct arena arena;
	struct list *first;

	arena_init(&arena, ANSWER_ARENA);
	dns_wire_answer_write(k->question.type, a, &arena, &answer);
	dnscache_put(&k->all->cache, k->key, k->question.type, a);
	while ((first = list_pop(&k->waiters)))
		waiter_answer(CONTAINER_OF(first, struct waiter, in_lookup), &answer);
	lookup_free(k);
	arena_fini(&arena);
}

static void lookup_done(void *arg, const struct dns_answer *a)
{
	struct lookup *k = arg;

	k->asked = false;
	lookup_answer(k, a);
}

static void lookup_fail(struct lookup *k, struct str why)
{
	const struct dns_answer a = {.status = DNS_FAILED, .ede = DNS_EDE_NONE, .error = why};

	lookup_answer(k, &a);
}

static void lookup_ask(struct lookup *k)
{
	const struct lookups_resolver *r = k->all->resolver;

	if (!r)
		return;
	struct err e = r->ask(r->arg, &k->question, lookup_done, k, &k->id);

	k->asked = err_is_ok(e);
	if (err_failed(e))
		lookup_fail(k, err_text(e));
}

void lookups_resolve_by(struct lookups *l, const struct lookups_resolver *resolver)
{
	list_for_each (&l->lookups, n)
		lookup_cancel(CONTAINER_OF(n, struct lookup, in_all));
	dnscache_clear(&l->cache);
	l->resolver = resolver;
	list_for_each_safe (&l->lookups, n)
		lookup_ask(CONTAINER_OF(n, struct lookup, in_all));
}

void lookups_fail(struct lookups *l, struct str why)
{
	list_for_each_safe (&l->lookups, n)
		lookup_fail(CONTAINER_OF(n, struct lookup, in_all), why);
}

/* Requests: their beginning, and their early end. */

static void waiter_ask(struct lookups *l, struct waiter *w, const struct dns_question *q)
{
	struct lookup *k = lookup_find(l, q);
	bool in_flight = k;

	if (!k)
		k = lookup_new(l, q);
	METRIC_ADD(l->metrics, DNS_QUESTIONS, 1,
		   in_flight ? STR("merged")
		   : k       ? STR("asked")
			     : STR("refused"));
	if (!k) {
		waiter_fail(w, STR("too many questions in flight"));
		return;
	}
	w->lookup = k;
	list_add_tail(&k->waiters, &w->in_lookup);
	if (!in_flight)
		lookup_ask(k);
}

static struct err questions_read(struct ipc_request *q, struct dns_question **ret)
{
	const struct msg_dns_lookup_request *rq = q->args;

	*ret = ARENA_NEW_N(&q->arena, struct dns_question, rq->questions_n);
	if (!*ret)
		return err_make(ERR_RESOURCES, "no memory for questions");
	for (size_t i = 0; i < rq->questions_n; i++)
		TRY(dns_wire_question_read(&rq->questions[i], &(*ret)[i]));
	return rq->questions_n ? ERR_OK : err_make(ERR_SYNTAX, "no question");
}

/* NULL without memory. */
static struct request *request_new(struct lookups *l, struct ipc_request *q)
{
	const struct msg_dns_lookup_request *rq = q->args;
	size_t n = rq->questions_n;
	struct request *r = arena_alloc(&q->arena, sizeof(*r) + n * sizeof(r->waiter[0]));

	if (!r)
		return NULL;
	r->q = q;
	r->open = r->n = n;
	for (size_t i = 0; i < n; i++)
		r->waiter[i].request = r;
	list_add_tail(&l->requests, &r->in_all);
	return r;
}

/* What was answered lately; true if that was all. */
static bool cached_answer(struct lookups *l, struct request *r, const struct dns_question *q)
{
	struct msg_dns_answered ready[ANSWERS_MAX];
	char key[KEY_MAX];
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (!dnscache_get(&l->cache, key_make(&q[i], key), &ready[n].answer))
			continue;
		METRIC_ADD(l->metrics, DNS_QUESTIONS, 1, STR("cached"));
		ready[n++].index = (uint16_t)i;
		if (n < ANSWERS_MAX)
			continue;
		if (request_answer(r, ready, n))
			return true;
		n = 0;
	}
	return n > 0 && request_answer(r, ready, n);
}

void lookups_take(struct lookups *l, struct ipc_request *q)
{
	struct dns_question *questions;
	struct err e = questions_read(q, &questions);
	struct request *r = err_is_ok(e) ? request_new(l, q) : NULL;

	if (!r) {
		ipc_reply_err(
			q, err_failed(e) ? e : err_make(ERR_RESOURCES, "no memory for questions"));
		return;
	}
	/* With the last answer the request is gone, and it may come at once. */
	if (cached_answer(l, r, questions))
		return;
	for (size_t i = 0, n = r->n, open = r->open; i < n && open > 0; i++) {
		if (r->waiter[i].answered)
			continue;
		open--;
		waiter_ask(l, &r->waiter[i], &questions[i]);
	}
}

static void request_drop(struct request *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct lookup *k = r->waiter[i].lookup;

		if (!k)
			continue;
		list_remove(&r->waiter[i].in_lookup);
		if (list_empty(&k->waiters))
			lookup_free(k);
	}
	list_remove(&r->in_all);
	ipc_reply_err(r->q, err_make(ERR_TIMEOUT, "no answer in time"));
}

int64_t lookups_drop(struct lookups *l)
{
	int64_t next = NS_NEVER;

	list_for_each_safe (&l->requests, n) {
		struct request *r = CONTAINER_OF(n, struct request, in_all);

		if (ipc_request_gone(r->q))
			request_drop(r);
		else if (r->q->deadline < next)
			next = r->q->deadline;
	}
	return next;
}
