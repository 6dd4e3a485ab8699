/* question: what a session asks of another role, shared by the session that waits and by who
 * answers. Whoever is last frees it, so that an answer may come when the session has gone.
 *
 * A protocol's question begins with a struct question; behind it is where the answers go:
 *
 *	struct smtpd_call { struct question question; struct smtpd_answer answer; };
 *	struct smtpd_call *c = question_new(&s->base, sizeof(*c), NULL);
 *
 * Memory: from malloc.
 * Threads: the session's step, and any others that answer.
 */
#ifndef MOX_OS_QUESTION_H
#define MOX_OS_QUESTION_H

#include "os/session.h"
#include <pthread.h>

struct question {
	/* private */
	pthread_mutex_t lock;
	struct session *session; /* NULL: gone */
	unsigned open;           /* answers that are still to come */
	void (*fini)(struct question *q);
};

/* A zeroed struct of that size, to which one answer is to come; fini (may be NULL) frees what it
 * holds at its end. NULL without memory. */
void *question_new(struct session *s, size_t size, void (*fini)(struct question *q));
/* n answers more are to come. */
void question_expect(struct question *q, unsigned n);
/* One answer is there: exactly once for each. Wakes the session. What is written before it the
 * session may read after question_is_answered. */
void question_answered(struct question *q);
/* Whether all answers are there. */
bool question_is_answered(struct question *q);
/* The session does not want to know any more, or has dealt with the answers. */
void question_leave(struct question *q);

/* For what both sides touch while answers are still to come. */
void question_lock(struct question *q);
void question_unlock(struct question *q);

#endif
