#include "os/question.h"

#include <assert.h>
#include <stdlib.h>

void *question_new(struct session *s, size_t size, void (*fini)(struct question *q))
{
	struct question *q = calloc(1, size);

	assert(size >= sizeof(*q));
	if (!q)
		return NULL;
	pthread_mutex_init(&q->lock, NULL);
	q->session = s;
	q->open = 1;
	q->fini = fini;
	return q;
}

static void question_free(struct question *q)
{
	pthread_mutex_destroy(&q->lock);
	if (q->fini)
		q->fini(q);
	free(q);
}

void question_lock(struct question *q)
{
	pthread_mutex_lock(&q->lock);
}

void question_unlock(struct question *q)
{
	pthread_mutex_unlock(&q->lock);
}

void question_expect(struct question *q, unsigned n)
{
	question_lock(q);
	q->open += n;
	question_unlock(q);
}

/* The wake is under the lock, so that the session can't be freed meanwhile. */
void question_answered(struct question *q)
{
	question_lock(q);
	assert(q->open > 0);
	q->open--;
	bool last = !q->session && q->open == 0;

	if (q->session)
		session_wake(q->session);
	question_unlock(q);
	if (last)
		question_free(q);
}

bool question_is_answered(struct question *q)
{
	question_lock(q);
	bool answered = q->open == 0;

	question_unlock(q);
	return answered;
}

void question_leave(struct question *q)
{
	question_lock(q);
	q->session = NULL;
	bool last = q->open == 0;

	question_unlock(q);
	if (last)
		question_free(q);
}
