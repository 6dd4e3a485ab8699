/* A message's end: what the server has to say about it, and its delivery. */
#include "smtpd/count.h"
#include "smtpd/session.h"
#include "smtpd/special.h"
#include "smtpd/submitted.h"
#include <stdlib.h>

enum {
	HEADER_MAX = 1024 * 1024, /* octets of a header section */
	RECEIVED_MAX = 100,       /* RFC 5321 §6.3 asks for 100 at least */
};

void smtpd_message_begin(struct smtpd *s)
{
	s->t.until = clock_mono(s->base.clock) + SMTPD_DATA_TIMEOUT;
	smtp_data_init(&s->t.data);
	spool_init(&s->t.spool, s->env->fs, s->env->tmp_dirfd, s->env->rand);
	/* Bad until it has been delivered. */
	s->bad_transactions++;
}

static void spool_give_up(struct smtpd *s, enum err_code code)
{
	s->t.spool_failed = code;
	spool_fini(&s->t.spool);
}

/* Too large, or no room: the rest is read and dropped, so that the client hears why. RFC 5321 has
 * no reply amid a message; one who does not stop at twice the size is cut off. */
void smtpd_message_octets(struct smtpd *s, struct str octets)
{
	uint64_t max = s->settings->max_size;

	smtpd_trace_data(s, octets);
	if (!s->t.spool_failed && s->t.data.facts.size > max)
		spool_give_up(s, ERR_TOO_BIG);
	if (s->t.spool_failed) {
		if (s->t.data.facts.size / 2 > max)
			smtpd_reply_close(s, SMTP_REPLY_SIZE);
		return;
	}
	struct err e = spool_add(&s->t.spool, octets);

	if (err_failed(e)) {
		log_error(&s->base.log, "spooling message", F_ERR(e));
		spool_give_up(s, err_code(e));
	}
}

/* The transaction is over with this reply. */
static void finish(struct smtpd *s, const struct smtp_reply *r)
{
	log_info(&s->base.log, "transaction", F_U64("code", r->code),
		 F_U64("size", s->t.data.facts.size), F_U64("recipients", s->t.rcpt_count),
		 F_U64("unknown", s->t.unknown_count));
	smtpd_reply(s, r);
	smtpd_transaction_reset(s);
}

static void finish_code(struct smtpd *s, enum smtp_reply_code code)
{
	struct smtp_reply r = smtp_reply_of(code);

	finish(s, &r);
}

/* For what the message is. */
static void refuse(struct smtpd *s, enum smtp_reply_code code)
{
	smtpd_count_refused(s, code);
	finish_code(s, code);
}

static void finish_err(struct smtpd *s, enum err_code code)
{
	struct smtp_reply r = smtp_reply_of_err(code);

	finish(s, &r);
}

static void finish_delayed(struct smtpd *s)
{
	finish(s, &s->delayed);
}

/* What is refused for its octets alone; SMTP_REPLY_OK if nothing is. */
static enum smtp_reply_code octets_judge(const struct smtpd *s)
{
	const struct smtp_data_facts *f = &s->t.data.facts;

	if (f->bare_cr || f->bare_lf)
		return SMTP_REPLY_LINE_ENDS;
	if (f->nul)
		return SMTP_REPLY_HAS_NUL;
	if (s->settings->submission && s->settings->pedantic && f->eight_bit &&
	    s->t.body == SMTP_BODY_7BIT && !s->t.smtputf8)
		return SMTP_REPLY_EIGHT_BIT;
	return SMTP_REPLY_OK;
}

/* A build for the test of what a crash leaves behind: test/e2e/test_crash.py. */
#ifndef BUILD_CRASH_LINE
#define BUILD_CRASH_LINE 0
#endif
static void crash_if_asked(struct str head)
{
	if (BUILD_CRASH_LINE && header_count(head, STR("X-Mox-Crash")) > 0)
		abort();
}

static enum smtp_reply_code header_judge(struct smtpd *s)
{
	bool separator;
	struct str start = str_sub(s->t.bytes, 0, HEADER_MAX), header;

	s->t.header = header = str_sub(start, 0, header_end(start, &separator));
	crash_if_asked(header);
	if (!separator && start.n < s->t.bytes.n)
		return SMTP_REPLY_HEADER_TOO_LARGE;
	if (header_count(header, STR("Received")) > RECEIVED_MAX)
		return SMTP_REPLY_LOOP;
	if (!s->settings->submission)
		return SMTP_REPLY_OK;
	return smtpd_submitted_judge(s, header, separator);
}

/* The unknown ones alone: the delay makes guessing addresses slow. */
static bool all_unknown(struct smtpd *s)
{
	if (s->t.unknown_count < s->t.rcpt_count)
		return false;
	smtpd_count_results(s);
	s->delayed = smtp_reply_of(SMTP_REPLY_RCPT_UNKNOWN);
	smtpd_park_delay(s, SMTPD_UNKNOWN_DELAY, finish_delayed);
	return true;
}

static bool special(struct smtpd *s)
{
	for (const struct smtpd_rcpt *r = s->t.rcpts; r; r = r->next)
		if (smtpd_special_at(s, SMTPD_SPECIAL_MESSAGE, &r->to)) {
			smtpd_count_refused(s, SMTP_REPLY_TEST_PERM);
			return true;
		}
	return false;
}

/* Who was not told about, is told now: RFC 5321 §4.4 wants a notification for each that failed;
 * where there is nobody to write one, the client keeps the message and tries again, or tells its
 * user. */
static struct smtp_reply reply_of_results(const struct smtpd *s)
{
	unsigned failed = 0, temporary = 0;
	enum err_code first = ERR_NONE;
	bool same = true;

	for (const struct smtpd_rcpt *r = s->t.rcpts; r; r = r->next) {
		if (r->result == ERR_NONE)
			continue;
		struct smtp_reply one = smtp_reply_of_err(r->result);

		same = same && (failed == 0 || r->result == first);
		first = failed ? first : r->result;
		failed++;
		temporary += smtp_reply_is_temporary(&one);
	}
	if (failed == 0 || (s->settings->bounces && failed < s->t.rcpt_count))
		return smtp_reply_of(SMTP_REPLY_DELIVERED);
	if (same)
		return smtp_reply_of_err(first);
	return smtp_reply_of(temporary ? SMTP_REPLY_MULTIPLE_TEMP : SMTP_REPLY_MULTIPLE_PERM);
}

static void results_take(struct smtpd *s, const struct smtpd_answer *a)
{
	unsigned i = 0;

	for (struct smtpd_rcpt *r = s->t.rcpts; r; r = r->next, i++)
		r->result = i < a->result_count ? a->results[i] : a->code;
}

static void delivered(struct smtpd *s)
{
	struct smtpd_answer timeout = {.code = ERR_TIMEOUT};
	const struct smtpd_answer *a = s->call ? &s->call->answer : &timeout;
	int64_t delay = a->delay_ns;

	results_take(s, a);
	smtpd_count_results(s);
	s->delayed = reply_of_results(s);
	if (!smtp_reply_is_error(&s->delayed)) {
		s->good_transactions++;
		s->bad_transactions--;
	}
	if (a->slow || !smtp_reply_is_error(&s->delayed))
		conn_set_slow(&s->base.conn, a->slow);
	smtpd_call_end(s);
	if (delay > 0)
		smtpd_park_delay(s, delay, finish_delayed);
	else
		finish_delayed(s);
}

static struct smtpd_message message_of(struct smtpd *s)
{
	return (struct smtpd_message){
		.settings = s->settings,
		.peer = &s->peer,
		.from = s->t.from,
		.rcpts = s->t.rcpts,
		.rcpt_count = s->t.rcpt_count,
		.smtputf8 = s->t.smtputf8,
		.requiretls = s->t.requiretls,
		.body = s->t.body,
		.data = s->t.data.facts,
		.received = clock_unix(s->base.clock),
		.cid = s->base.cid,
		.id = s->id,
		.bytes = s->t.bytes,
		.fd = s->t.spool.fd,
		.added = s->t.added,
		.results = s->t.results,
		.verify = s->t.verify,
	};
}

static void deliver(struct smtpd *s)
{
	struct smtpd_message m = message_of(s);
	struct smtpd_call *call = smtpd_park_call(s, SMTPD_DELIVER_TIMEOUT, delivered);

	memcpy(m.sha256, s->t.sha256, sizeof(m.sha256));
	if (call)
		s->env->deliver(s->env->arg, s->config, call, &m);
	else
		finish_err(s, ERR_RESOURCES);
}

/* A message that could not be looked at for lack of memory may be what its sender forbids. */
static void deliver_verified(struct smtpd *s)
{
	if (s->t.verify)
		deliver(s);
	else
		finish_err(s, ERR_RESOURCES);
}

static void deliver_submitted(struct smtpd *s)
{
	smtpd_submitted_sign(s, s->t.header);
	smtpd_submitted_results(s);
	deliver(s);
}

void smtpd_message_end(struct smtpd *s)
{
	enum smtp_reply_code code;
	struct err e;

	if (s->t.spool_failed) {
		finish_err(s, s->t.spool_failed);
		return;
	}
	code = octets_judge(s);
	if (code != SMTP_REPLY_OK) {
		refuse(s, code);
		return;
	}
	e = spool_end(&s->t.spool, s->t.sha256);
	if (err_is_ok(e))
		e = spool_bytes(&s->t.spool, &s->t.bytes);
	if (err_failed(e)) {
		log_error(&s->base.log, "spooling message", F_ERR(e));
		finish_err(s, err_code(e));
		return;
	}
	code = header_judge(s);
	if (code != SMTP_REPLY_OK)
		refuse(s, code);
	else if (special(s) || all_unknown(s))
		return;
	else if (s->settings->submission)
		deliver_submitted(s);
	else if (s->settings->verify)
		smtpd_verify_message(s, deliver_verified);
	else
		deliver(s);
}
