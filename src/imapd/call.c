#include "imapd/call.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct imapd_call {
	pthread_mutex_t lock;
	struct session *session; /* NULL: gone */
	bool done;
	struct imapd_answer answer; /* the answerer's until done, then the session's */
};

struct imapd_call *imapd_call_new(struct session *s)
{
	struct imapd_call *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	pthread_mutex_init(&c->lock, NULL);
	c->session = s;
	return c;
}

static void call_free(struct imapd_call *c)
{
	pthread_mutex_destroy(&c->lock);
	free(c);
}

struct imapd_answer *imapd_call_answer(struct imapd_call *c)
{
	return &c->answer;
}

/* The wake is under the lock, so that the session can't be freed meanwhile. */
void imapd_call_done(struct imapd_call *c)
{
	pthread_mutex_lock(&c->lock);
	assert(!c->done);
	c->done = true;
	bool last = !c->session;

	if (c->session)
		session_wake(c->session);
	pthread_mutex_unlock(&c->lock);
	if (last)
		call_free(c);
}

bool imapd_call_is_done(struct imapd_call *c)
{
	pthread_mutex_lock(&c->lock);
	bool done = c->done;

	pthread_mutex_unlock(&c->lock);
	return done;
}

void imapd_call_leave(struct imapd_call *c)
{
	pthread_mutex_lock(&c->lock);
	c->session = NULL;
	bool last = c->done;

	pthread_mutex_unlock(&c->lock);
	if (last)
		call_free(c);
}
