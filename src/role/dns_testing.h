/* dns_testing: for tests: who asks through role/dnsclient, and waits for the answers. */
#ifndef MOX_ROLE_DNS_TESTING_H
#define MOX_ROLE_DNS_TESTING_H

#include "base/test.h"

#include "role/dnsclient.h"
#include <time.h>

struct asker {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct dnsclient *client;
	unsigned answers; /* in all */
	bool end_at_once; /* ends the client within the first answer */
	struct asker_answer {
		unsigned times;
		enum dns_status status; /* of the last one */
		size_t records;
		char error[100];
	} to[DNS_BATCH_MAX];
};

static void asker_init(struct asker *a)
{
	memset(a, 0, sizeof(*a));
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
}

static void asker_answer(void *arg, size_t index, const struct dns_answer *answer)
{
	struct asker *a = arg;

	if (a->end_at_once) {
		dnsclient_end(a->client);
		a->client = NULL;
	}
	pthread_mutex_lock(&a->lock);
	struct asker_answer *to = &a->to[index];

	to->times++;
	to->status = answer->status;
	to->records = answer->n;
	snprintf(to->error, sizeof(to->error), "%.*s", STR_ARG(answer->error));
	a->answers++;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

static unsigned asker_answers(struct asker *a)
{
	pthread_mutex_lock(&a->lock);
	unsigned n = a->answers;

	pthread_mutex_unlock(&a->lock);
	return n;
}

/* Until n answers have come; fails after 30 s. */
static void asker_wait(struct asker *a, unsigned n)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 30;
	pthread_mutex_lock(&a->lock);
	while (a->answers < n && r == 0)
		r = pthread_cond_timedwait(&a->changed, &a->lock, &until);
	pthread_mutex_unlock(&a->lock);
	assert_int_equal(asker_answers(a), n);
}

static struct err asker_ask(struct asker *a, struct role *r, const struct dns_question *q, size_t n,
			    int64_t deadline)
{
	return dnsclient_ask(r, q, n, deadline, asker_answer, a, &a->client);
}

#endif
