#include "smtpd/lookup.h"

#include "smtpd/session.h"
#include <assert.h>

struct arrived {
	struct arrived *next;
	size_t id;
	const struct dns_answer *answer;
};

/* Questions that were asked together: first .. first + n - 1 of the batch. */
struct smtpd_lookup {
	struct question question;
	struct smtpd_lookup *next;
	size_t first, n;
	enum dns_type type[DNS_BATCH_MAX];
	/* Under the question's lock. */
	struct arena mem;
	struct arrived *arrived;
};

static void lookup_fini(struct question *q)
{
	arena_fini(&CONTAINER_OF(q, struct smtpd_lookup, question)->mem);
}

void smtpd_lookup_answer(struct smtpd_lookup *l, size_t index, const struct dns_answer *answer)
{
	assert(index < l->n);
	question_lock(&l->question);
	struct arrived *a = ARENA_NEW(&l->mem, struct arrived);

	if (a) {
		*a = (struct arrived){l->arrived, l->first + index,
				      dns_answer_copy(&l->mem, l->type[index], answer)};
		l->arrived = a;
	}
	question_unlock(&l->question);
	question_answered(&l->question);
}

void smtpd_dns_init(struct smtpd_dns *d)
{
	*d = (struct smtpd_dns){0};
	arena_init(&d->mem, SMTPD_DNS_ARENA);
	dns_batch_init(&d->batch, &d->mem);
}

void smtpd_dns_reset(struct smtpd_dns *d)
{
	for (struct smtpd_lookup *l = d->asked, *next; l; l = next) {
		next = l->next;
		question_leave(&l->question);
	}
	d->asked = NULL;
	d->step = NULL;
	d->then = NULL;
	arena_reset(&d->mem);
	dns_batch_init(&d->batch, &d->mem);
}

void smtpd_dns_fini(struct smtpd_dns *d)
{
	smtpd_dns_reset(d);
	arena_fini(&d->mem);
}

/* What has arrived goes into the batch. An answer for which there was no memory is a failure. */
static bool take(struct dns_batch *b, struct smtpd_lookup *l)
{
	const struct dns_answer lost = {.status = DNS_FAILED,
					.ede = DNS_EDE_NONE,
					.error = STR("no memory for the answer")};
	bool all = question_is_answered(&l->question);

	question_lock(&l->question);
	for (struct arrived *a = l->arrived; a; a = a->next)
		(void)dns_batch_set(b, a->id, a->answer);
	l->arrived = NULL;
	arena_reset(&l->mem);
	question_unlock(&l->question);
	for (size_t i = 0; all && i < l->n; i++)
		(void)dns_batch_set(b, l->first + i, &lost);
	return all;
}

static void take_all(struct smtpd_dns *d)
{
	for (struct smtpd_lookup **at = &d->asked; *at;) {
		struct smtpd_lookup *l = *at;

		if (!take(&d->batch, l)) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		question_leave(&l->question);
	}
}

/* What was not asked yet, taken off the batch; NULL without memory. */
static struct smtpd_lookup *lookup_new(struct smtpd *s, struct dns_question *q)
{
	struct smtpd_lookup *l = question_new(&s->base, sizeof(*l), lookup_fini);
	struct dns_question one = {0};
	size_t id;

	if (!l)
		return NULL;
	arena_init(&l->mem, SMTPD_DNS_ARENA);
	l->first = s->dns.batch.handed;
	while (dns_batch_next(&s->dns.batch, &id, &one)) {
		l->type[l->n] = one.type;
		q[l->n++] = one;
	}
	question_expect(&l->question, (unsigned)l->n - 1);
	l->next = s->dns.asked;
	s->dns.asked = l;
	return l;
}

static void ask(struct smtpd *s)
{
	struct dns_question q[DNS_BATCH_MAX];
	struct smtpd_lookup *l = s->env->lookup ? lookup_new(s, q) : NULL;

	if (l)
		s->env->lookup(s->env->arg, l, q, l->n, s->dns.until);
	else
		dns_batch_fail(&s->dns.batch, STR("there is no resolver"));
}

static void done(struct smtpd *s)
{
	void (*then)(struct smtpd *) = s->dns.then;

	s->dns.step = NULL;
	s->dns.then = NULL;
	then(s);
}

/* An answer may be there before lookup() returns. */
static void go_on(struct smtpd *s)
{
	struct smtpd_dns *d = &s->dns;
	size_t answered;

	do {
		answered = d->batch.answered;
		if (d->step(s) == DNS_DONE) {
			done(s);
			return;
		}
		assert(dns_batch_waits(&d->batch));
		if (d->batch.handed < d->batch.n)
			ask(s);
		take_all(d);
	} while (d->batch.answered > answered);
	smtpd_park(s, session_wait(d->until));
}

void smtpd_park_dns(struct smtpd *s, enum dns_wait (*step)(struct smtpd *s), int64_t ns,
		    void (*then)(struct smtpd *s))
{
	assert(!s->dns.step);
	s->dns.step = step;
	s->dns.then = then;
	s->dns.until = clock_mono(s->base.clock) + ns;
	go_on(s);
}

void smtpd_dns_woken(struct smtpd *s)
{
	size_t answered = s->dns.batch.answered;

	take_all(&s->dns);
	if (s->dns.batch.answered > answered)
		go_on(s);
	else
		smtpd_park(s, session_wait(s->dns.until));
}

/* A step that learns of failures may have more questions: they have failed, too. */
void smtpd_dns_timed_out(struct smtpd *s)
{
	struct smtpd_dns *d = &s->dns;

	take_all(d);
	do {
		dns_batch_fail(&d->batch, STR("no answer in time"));
	} while (d->step(s) == DNS_WAIT);
	done(s);
}
