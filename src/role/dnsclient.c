#include "role/dnsclient.h"

#include "role/dns_wire.h"
#include <assert.h>
#include <stdlib.h>

enum {
	/* An answer, twice: as a message, and as it is given; many short strings of a TXT record
	 * need the most. */
	ANSWER_ARENA = 2 << 20,
	ANSWERED = 0, /* in the place of a type, where it is none */
};

struct dnsclient {
	struct role *role;
	struct ipc *ipc;
	uint64_t id;
	int64_t began; /* monotonic ns */
	dnsclient_answer_fn *answer;
	void *arg;
	bool running; /* `answer` may be running; set and read on the hub's thread */
	bool ended;   /* from within `answer` */
	size_t n;
	uint16_t type[]; /* of each question, or ANSWERED */
};

static void answer_give(struct dnsclient *c, size_t i, const struct dns_answer *a)
{
	struct role *r = c->role;

	METRIC_OBSERVE(&r->metrics, DNS_LOOKUP, clock_mono(r->clock) - c->began,
		       str_z(r->kind->name), dns_type_name((enum dns_type)c->type[i]),
		       dns_status_name(a->status));
	c->type[i] = ANSWERED;
	c->answer(c->arg, i, a);
}

/* What readers of a message may come to see: words about the DNS, none about roles. */
static struct str failure_text(struct err e)
{
	switch (err_code(e)) {
	case ERR_TIMEOUT: return STR("no answer in time");
	case ERR_RESOURCES: return STR("too many questions at once");
	case ERR_UNAVAILABLE: return STR("the resolver is not available");
	default: return STR("no answer");
	}
}

static void failed_give(struct dnsclient *c, struct str why)
{
	const struct dns_answer a = {.status = DNS_FAILED, .ede = DNS_EDE_NONE, .error = why};

	for (size_t i = 0; i < c->n && !c->ended; i++)
		if (c->type[i] != ANSWERED)
			answer_give(c, i, &a);
}

/* A second answer to a question, and one to a question that was not asked, are ignored. */
static struct err result_take(struct dnsclient *c, const struct ipc_result *res, struct arena *a)
{
	struct msg_dns_lookup_reply rp;

	TRY(res->err);
	TRY(ipc_result_read(res, a, &rp));
	for (size_t i = 0; i < rp.answers_n && !c->ended; i++) {
		const struct msg_dns_answered *m = &rp.answers[i];
		struct dns_answer answer;

		if (m->index >= c->n || c->type[m->index] == ANSWERED)
			continue;
		dns_wire_answer_read((enum dns_type)c->type[m->index], &m->answer, a, &answer);
		answer_give(c, m->index, &answer);
	}
	return ERR_OK;
}

static void answered(void *arg, struct ipc_result *res)
{
	struct dnsclient *c = arg;
	struct arena a;

	arena_init(&a, ANSWER_ARENA);
	c->running = true;
	struct err e = result_take(c, res, &a);

	if (err_failed(e)) {
		ipc_cancel(c->ipc, c->id);
		failed_give(c, failure_text(e));
	} else if (!res->more) {
		failed_give(c, STR("no answer"));
	}
	arena_fini(&a);
	c->running = false;
	if (c->ended)
		free(c);
}

static struct err ask(struct dnsclient *c, const struct dns_question *q, int64_t deadline)
{
	struct msg_dns_question questions[DNS_BATCH_MAX];
	struct msg_dns_lookup_request rq = {.questions = questions, .questions_n = c->n};

	for (size_t i = 0; i < c->n; i++) {
		dns_wire_question_write(&q[i], &questions[i]);
		c->type[i] = questions[i].type;
	}
	return ipc_start(c->ipc, MSG_CALL_DNS_LOOKUP, &rq, deadline, NULL, answered, c, &c->id);
}

struct err dnsclient_ask(struct role *r, const struct dns_question *q, size_t n, int64_t deadline,
			 dnsclient_answer_fn *answer, void *arg, struct dnsclient **ret)
{
	assert(n >= 1 && n <= DNS_BATCH_MAX);
	struct dnsclient *c = calloc(1, sizeof(*c) + n * sizeof(c->type[0]));

	if (!c)
		return err_make(ERR_RESOURCES, "no memory to ask the DNS");
	c->role = r;
	c->ipc = role_to(r, MSG_ROLE_ID_DNS);
	c->began = clock_mono(r->clock);
	c->answer = answer;
	c->arg = arg;
	c->n = n;
	*ret = c;
	struct err e = ask(c, q, deadline);

	if (err_failed(e)) {
		*ret = NULL;
		free(c);
	}
	return e;
}

void dnsclient_end(struct dnsclient *c)
{
	if (!c)
		return;
	/* Afterwards the callback runs only if we are in it. */
	ipc_cancel(c->ipc, c->id);
	if (c->running)
		c->ended = true;
	else
		free(c);
}
