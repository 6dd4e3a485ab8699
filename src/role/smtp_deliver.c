/* Delivery in the smtp role: a message, its facts and its recipients go to post. */
#include "role/smtp_internal.h"

#include "facts/build.h"
#include "facts/origin.h"
#include <stdlib.h>
#include <unistd.h>

enum {
	DELIVER_ARENA = FACTS_ARENA_MAX + (96 << 20), /* and prefixes of many recipients */
	INLINE_MAX = 48 << 10,                        /* as msg_deliver_request.body */
	DELIVER_S = 600, /* a thousand recipients are a thousand syncs */
};

struct delivering {
	struct smtpd_call *call;
	struct role *role;
	unsigned count;
};

static void results_take(struct smtpd_answer *answer, const struct msg_deliver_reply *rp,
			 unsigned count)
{
	enum err_code *codes = calloc(count, sizeof(*codes));

	if (!codes || rp->results_n != count) {
		free(codes);
		answer->code = ERR_INTERNAL;
		return;
	}
	for (unsigned i = 0; i < count; i++)
		codes[i] = rp->results[i].code < ERR_CODE_COUNT ? (enum err_code)rp->results[i].code
								: ERR_INTERNAL;
	answer->results = codes;
	answer->result_count = count; /* check: analyzer: the call frees its answer's results */
}

static void delivered(void *arg, struct ipc_result *res)
{
	struct delivering *d = arg;
	struct smtpd_answer *answer = &d->call->answer;
	struct msg_deliver_reply rp;
	struct arena a;

	arena_init(&a, 4 << 20);
	struct err e = res->err;

	if (err_is_ok(e))
		e = ipc_result_read(res, &a, &rp);
	answer->code = err_code(e);
	if (err_is_ok(e))
		results_take(answer, &rp, d->count);
	else
		log_error(&d->role->lc, "delivery", F_ERR(e));
	arena_fini(&a);
	smtpd_call_done(d->call);
	free(d);
}

/* A recipient that is not ours to deliver to (unknown among known ones) is not handed over. */
static size_t recipients_make(const struct smtpd_message *m, struct arena *a,
			      struct msg_deliver_to *to)
{
	size_t n = 0;

	for (const struct smtpd_rcpt *r = m->rcpts; r; r = r->next) {
		BUF_AUTO prefix = BUF_INIT(65536);

		smtpd_prefix(&prefix, m, r);
		to[n].account = r->answer.account;
		to[n].mailbox = r->answer.mailbox.n ? r->answer.mailbox : STR("Inbox");
		to[n++].prefix = arena_dup(a, buf_str(&prefix));
	}
	return n;
}

static struct err facts_make(const struct smtpd_message *m, struct arena *a, struct buf *ret)
{
	struct facts facts;
	struct facts_known known = {.sha256 = m->sha256};
	BUF_AUTO origin = BUF_INIT(FACTS_ORIGIN_MAX);

	TRY(facts_build(m->bytes, &known, a, &facts));
	if (m->verify)
		origin_write(&origin, m->verify, m->peer->tls != NULL);
	facts.origin = buf_str(&origin);
	return facts_write(&facts, ret);
}

/* The bytes go in the request if they are few, else in a file: the spool's, or one made of
 * memory. */
static struct err bytes_hand(const struct smtpd_message *m, struct msg_deliver_request *rq,
			     struct ipc_fds *fds, int *ret_made)
{
	*ret_made = -1;
	rq->size = m->bytes.n;
	if (m->fd >= 0) {
		*fds = (struct ipc_fds){.fd = {m->fd}, .n = 1};
	} else if (m->bytes.n <= INLINE_MAX) {
		rq->body = m->bytes;
	} else {
		TRY(ipc_memfd(m->bytes, ret_made));
		*fds = (struct ipc_fds){.fd = {*ret_made}, .n = 1};
	}
	return ERR_OK;
}

static struct err deliver(struct smtp_role *s, const struct smtpd_message *m, struct arena *a,
			  struct delivering *d)
{
	struct msg_deliver_request rq = {};
	BUF_AUTO facts = BUF_INIT(FACTS_SIZE_MAX);
	struct ipc_fds fds = {0};
	auto_close int made = -1;

	rq.recipients = ARENA_NEW_N(a, struct msg_deliver_to, m->rcpt_count);
	if (!rq.recipients)
		return err_make(ERR_RESOURCES, "no memory for a delivery");
	rq.recipients_n = recipients_make(m, a, rq.recipients);
	TRY(facts_make(m, a, &facts));
	rq.facts = buf_str(&facts);
	TRY(bytes_hand(m, &rq, &fds, &made));
	d->count = (unsigned)rq.recipients_n;
	return ipc_start(role_to(s->role, MSG_ROLE_ID_POST), MSG_CALL_DELIVER, &rq,
			 clock_mono(s->role->clock) + DELIVER_S * NS_PER_S, &fds, delivered, d,
			 NULL);
}

void smtp_env_deliver(void *arg, void *config, struct smtpd_call *call,
		      const struct smtpd_message *m)
{
	struct smtp_role *s = arg;
	struct delivering *d = calloc(1, sizeof(*d));
	struct err e = err_make(ERR_RESOURCES, "no memory for a delivery");
	struct arena a;

	(void)config;
	arena_init(&a, DELIVER_ARENA);
	if (d) {
		*d = (struct delivering){.call = call, .role = s->role};
		e = deliver(s, m, &a, d);
	}
	arena_fini(&a);
	if (err_is_ok(e))
		return; /* check: analyzer: `delivered` frees d */
	log_error(&s->role->lc, "delivery", F_ERR(e));
	call->answer.code = err_code(e);
	smtpd_call_done(call);
	free(d);
}
