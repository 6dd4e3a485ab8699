/* RCPT: RFC 5321 §4.1.1.3. */
#include "smtpd/session.h"
#include "smtpd/special.h"

static struct smtp_reply check(struct smtpd *s, const struct smtp_cmd *cmd)
{
	if (s->t.rcpt_count >= s->settings->max_rcpt)
		return smtp_reply_of(SMTP_REPLY_RCPT_COUNT);
	/* Bounces go to one sender. */
	if (s->t.from.null && s->t.rcpt_count >= 1)
		return smtp_reply_of(SMTP_REPLY_RCPT_NULL_COUNT);
	if (ip_is_set(cmd->path.host.ip))
		return smtp_reply_of(SMTP_REPLY_RCPT_LITERAL);
	return SMTPD_ALLOWED;
}

/* An unknown user is a stranger's business only after DATA, so that addresses can't be guessed for
 * the price of a RCPT. Where nobody can be told later that one of several failed, an unknown one
 * stands alone. */
static enum smtp_reply_code unknown_reply(const struct smtpd *s)
{
	if (s->settings->submission)
		return SMTP_REPLY_RCPT_UNKNOWN;
	if (!s->settings->bounces && s->t.rcpt_count > 0)
		return SMTP_REPLY_RCPT_UNKNOWN;
	return SMTP_REPLY_RCPT_OK;
}

static enum smtp_reply_code reply_for(const struct smtpd *s, enum smtpd_rcpt_verdict verdict)
{
	switch (verdict) {
	case SMTPD_RCPT_LOCAL:
	case SMTPD_RCPT_OUTGOING: break;
	case SMTPD_RCPT_UNKNOWN: return unknown_reply(s);
	case SMTPD_RCPT_DISABLED: return SMTP_REPLY_RCPT_DISABLED;
	case SMTPD_RCPT_FOREIGN:
		return s->settings->submission ? SMTP_REPLY_NO_OUTGOING : SMTP_REPLY_RCPT_NOT_HERE;
	}
	if (!s->settings->bounces && s->t.unknown_count > 0)
		return SMTP_REPLY_RCPT_COUNT;
	return SMTP_REPLY_RCPT_OK;
}

static void add(struct smtpd *s, const struct smtp_path *to, const struct smtpd_rcpt_answer *answer)
{
	struct smtpd_rcpt *r = ARENA_NEW(&s->t.mem, struct smtpd_rcpt);

	if (r)
		*r = (struct smtpd_rcpt){.to = smtp_path_dup(&s->t.mem, to), .answer = *answer};
	if (arena_failed(&s->t.mem)) {
		smtpd_reply_code(s, SMTP_REPLY_RCPT_COUNT);
		return;
	}
	*s->t.rcpts_end = r;
	s->t.rcpts_end = &r->next;
	s->t.rcpt_count++;
	s->t.unknown_count += answer->verdict == SMTPD_RCPT_UNKNOWN;
	s->state = SMTPD_RCPT;
	smtpd_reply_code(s, SMTP_REPLY_RCPT_OK);
}

static void decide(struct smtpd *s, const struct smtp_path *to)
{
	struct smtpd_rcpt_answer answer =
		s->env->rcpt(s->env->arg, s->config, &s->peer, to, &s->t.mem);
	enum smtp_reply_code code = reply_for(s, answer.verdict);

	if (code == SMTP_REPLY_RCPT_OK)
		add(s, to, &answer);
	else
		smtpd_reply_code(s, code);
}

static void spf_known(struct smtpd *s)
{
	if (s->t.spf.result == AUTH_PASS)
		decide(s, &s->t.pending);
	else
		smtpd_reply_code(s, SMTP_REPLY_RCPT_COUNT_SPF);
}

/* Where some recipients fail and others do not, the sender is told by a message: so that this never
 * goes to a stranger, several recipients are for senders that SPF confirms. */
static void run(struct smtpd *s, const struct smtp_cmd *cmd)
{
	if (smtpd_special_at(s, SMTPD_SPECIAL_RCPT, &cmd->path))
		return;
	if (!s->settings->verify || s->settings->localserve || s->t.rcpt_count == 0) {
		decide(s, &cmd->path);
		return;
	}
	s->t.pending = smtp_path_dup(&s->t.mem, &cmd->path);
	if (arena_failed(&s->t.mem))
		smtpd_reply_code(s, SMTP_REPLY_RCPT_COUNT);
	else
		smtpd_verify_spf(s, spf_known);
}

const struct smtpd_command smtpd_cmd_rcpt = {.verb = SMTP_RCPT,
					     .states = SMTPD_MAIL | SMTPD_RCPT,
					     .check = check,
					     .run = run,
					     .rfc = "RFC 5321 §4.1.1.3"};
