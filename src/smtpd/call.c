#include "smtpd/call.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct smtpd_call {
	pthread_mutex_t lock;
	struct session *session; /* NULL: gone */
	bool done;
	struct smtpd_answer answer; /* the answerer's until done, then the session's */
};

struct smtpd_call *smtpd_call_new(struct session *s)
{
	struct smtpd_call *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	pthread_mutex_init(&c->lock, NULL);
	c->session = s;
	return c;
}

static void call_free(struct smtpd_call *c)
{
	pthread_mutex_destroy(&c->lock);
	free(c->answer.results);
	free(c);
}

struct smtpd_answer *smtpd_call_answer(struct smtpd_call *c)
{
	return &c->answer;
}

/* The wake is under the lock, so that the session can't be freed meanwhile. */
void smtpd_call_done(struct smtpd_call *c)
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

bool smtpd_call_is_done(struct smtpd_call *c)
{
	pthread_mutex_lock(&c->lock);
	bool done = c->done;

	pthread_mutex_unlock(&c->lock);
	return done;
}

void smtpd_call_leave(struct smtpd_call *c)
{
	pthread_mutex_lock(&c->lock);
	c->session = NULL;
	bool last = c->done;

	pthread_mutex_unlock(&c->lock);
	if (last)
		call_free(c);
}
