#include "smtpd/count.h"

#include "base/metric.h"
#include "sasl/count.h"
#include "smtpd/session.h"

static struct metrics *metrics_of(const struct smtpd *s)
{
	return s->base.service->metrics;
}

static struct str kind(const struct smtpd *s)
{
	return s->settings->submission ? STR("submit") : STR("deliver");
}

void smtpd_count_connection(struct smtpd *s)
{
	METRIC_ADD(metrics_of(s), SMTPD_CONNECTION, 1, kind(s));
}

void smtpd_count_reply(struct smtpd *s, unsigned code, const char *enhanced)
{
	char number[4] = {(char)('0' + code / 100), (char)('0' + code / 10 % 10),
			  (char)('0' + code % 10)};
	char room[METRIC_LABEL_MAX];
	struct str verb = str_lower(smtp_verb_name(s->verb), room, sizeof(room));

	if (!s->commands)
		return; /* nothing was asked: the peer was silent, or the server stops */
	METRIC_OBSERVE(metrics_of(s), SMTPD_COMMAND, clock_mono(s->base.clock) - s->command_at,
		       kind(s), verb.n ? verb : STR("(unknown)"), str_z(number), str_z(enhanced));
}

void smtpd_count_login(struct smtpd *s, enum err_code code)
{
	sasl_count(metrics_of(s), STR("submission"), s->sasl.mech->name, code);
}

static struct str refusal(enum smtp_reply_code code)
{
	static const struct {
		enum smtp_reply_code code;
		struct str result;
	} refusals[] = {
		{SMTP_REPLY_FROM_HEADER_NOT_YOURS, STR_INIT("badfrom")},
		{SMTP_REPLY_RETURN_PATH, STR_INIT("badheader")},
		{SMTP_REPLY_TEST_PERM, STR_INIT("localserveerror")},
	};

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		if (refusals[i].code == code)
			return refusals[i].result;
	return STR("badmessage");
}

void smtpd_count_refused(struct smtpd *s, enum smtp_reply_code code)
{
	if (s->settings->submission)
		METRIC_ADD(metrics_of(s), SMTPD_SUBMISSION, 1, refusal(code));
}

static struct str result_of(const struct smtpd_rcpt *r)
{
	if (r->answer.verdict == SMTPD_RCPT_UNKNOWN)
		return STR("unknownuser");
	return r->result == ERR_NONE ? STR("delivered") : STR("delivererror");
}

void smtpd_count_results(struct smtpd *s)
{
	bool failed = false;

	for (const struct smtpd_rcpt *r = s->t.rcpts; r; r = r->next) {
		struct str result = result_of(r);

		failed |= !str_eq(result, STR("delivered"));
		if (!s->settings->submission)
			METRIC_ADD(metrics_of(s), SMTPD_DELIVERY, 1, result, STR(""));
	}
	if (s->settings->submission)
		METRIC_ADD(metrics_of(s), SMTPD_SUBMISSION, 1,
			   failed ? STR("queueerror") : STR("ok"));
}

/* The methods run side by side: what took part is counted with the time of all. */
void smtpd_count_verified(struct smtpd *s)
{
	const struct verify_result *r = &s->t.verify->result;
	const struct dmarc_result *d = &r->dmarc;
	int64_t sender = s->t.sender_known_at - s->t.verify_at;
	int64_t dmarc = clock_mono(s->base.clock) - s->t.sender_known_at;

	METRIC_OBSERVE(metrics_of(s), IPREV_LOOKUP, sender, auth_result_name(r->iprev.result));
	METRIC_OBSERVE(metrics_of(s), SPF_VERIFY, sender, auth_result_name(r->spf.result));
	for (size_t i = 0; i < r->dkim.n; i++)
		METRIC_OBSERVE(metrics_of(s), DKIM_VERIFY, sender,
			       dkim_algorithm_name(r->dkim.result[i].signature.algorithm),
			       auth_result_name(r->dkim.result[i].result));
	METRIC_OBSERVE(metrics_of(s), DMARC_VERIFY, dmarc, auth_result_name(d->result),
		       d->reject ? STR("true") : STR("false"),
		       d->relief == DMARC_SAMPLED_OUT ? STR("false") : STR("true"));
}
