/* MAIL: RFC 5321 §4.1.1.2, begins a transaction. */
#include "smtpd/session.h"
#include "smtpd/special.h"

/* RFC 1870 §6.1: what is announced as too large is refused before it is sent. Below our default
 * the limit is the operator's policy. */
static struct smtp_reply check_size(const struct smtpd *s, const struct smtp_cmd *cmd)
{
	uint64_t max = s->settings->max_size;

	if (!(cmd->mail.params & SMTP_PARAM_SIZE) || cmd->mail.size <= max)
		return SMTPD_ALLOWED;
	return smtp_reply_of(max < SMTPD_MAX_SIZE_DEFAULT ? SMTP_REPLY_SIZE_POLICY
							  : SMTP_REPLY_SIZE);
}

static struct smtp_reply check_sender(const struct smtpd *s, const struct smtp_cmd *cmd)
{
	const struct smtp_path *from = &cmd->path;

	if (!s->settings->submission && ip_is_set(from->host.ip))
		return smtp_reply_of(SMTP_REPLY_FROM_LITERAL);
	if (s->settings->submission && !from->null &&
	    !s->env->sender(s->env->arg, s->config, s->peer.account, from))
		return smtp_reply_of(SMTP_REPLY_FROM_NOT_YOURS);
	return SMTPD_ALLOWED;
}

static struct smtp_reply check(struct smtpd *s, const struct smtp_cmd *cmd)
{
	struct smtp_reply r;

	if (s->env->suspect && s->env->suspect(s->env->arg, &s->peer))
		return smtp_reply_of(SMTP_REPLY_SUSPECT);
	if (s->settings->require_tls && !s->base.conn.tls)
		return smtp_reply_of(SMTP_REPLY_NEED_TLS);
	if (s->settings->submission && !smtpd_is_authenticated(s))
		return smtp_reply_of(SMTP_REPLY_NEED_AUTH);
	/* RFC 3030 §3 BINARYMIME is not announced. */
	if (cmd->mail.body == SMTP_BODY_BINARYMIME)
		return smtp_reply_of(SMTP_REPLY_BODY_TYPE);
	/* RFC 8689 §4.1 */
	if ((cmd->mail.params & SMTP_PARAM_REQUIRETLS) && !s->base.conn.tls)
		return smtp_reply_of(SMTP_REPLY_REQUIRETLS_TLS);
	r = check_size(s, cmd);
	return r.code ? r : check_sender(s, cmd);
}

static void begin(struct smtpd *s)
{
	s->state = SMTPD_MAIL;
	smtpd_reply_code(s, SMTP_REPLY_MAIL_OK);
}

/* RFC 7505 §4.2, RFC 5321 §3.6.2: to where nothing can be returned, nothing is promised. */
static void domain_checked(struct smtpd *s)
{
	static const struct {
		enum sender_result result;
		enum smtp_reply_code code;
	} refusals[] = {
		{SENDER_NULL_MX, SMTP_REPLY_FROM_NO_MAIL},
		{SENDER_NO_HOST, SMTP_REPLY_FROM_NO_HOST},
		{SENDER_NO_NAME, SMTP_REPLY_FROM_NO_HOST},
		{SENDER_TEMPORARY, SMTP_REPLY_FROM_DNS},
	};

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		if (s->sender != refusals[i].result)
			continue;
		log_info(&s->base.log, "sender's domain refused",
			 F_STR("domain", s->t.from.host.name),
			 F_STR("result", sender_result_name(s->sender)));
		smtpd_transaction_reset(s);
		smtpd_reply_code(s, refusals[i].code);
		return;
	}
	begin(s);
}

static void run(struct smtpd *s, const struct smtp_cmd *cmd)
{
	if (s->bad_transactions > SMTPD_TRANSACTIONS_BAD_MAX && s->good_transactions == 0) {
		smtpd_reply_close(s, SMTP_REPLY_TOO_MANY_BAD);
		return;
	}
	if (smtpd_special_at(s, SMTPD_SPECIAL_MAIL, &cmd->path))
		return;
	s->t.from = smtp_path_dup(&s->t.mem, &cmd->path);
	if (arena_failed(&s->t.mem)) {
		smtpd_reply_err(s, ERR_RESOURCES);
		return;
	}
	s->t.smtputf8 = cmd->mail.params & SMTP_PARAM_SMTPUTF8;
	s->t.requiretls = cmd->mail.params & SMTP_PARAM_REQUIRETLS;
	s->t.body = cmd->mail.body;
	s->t.rcpts_end = &s->t.rcpts;
	if (s->settings->verify && !s->settings->localserve && s->t.from.host.name.n)
		smtpd_verify_domain(s, domain_checked);
	else
		begin(s);
}

const struct smtpd_command smtpd_cmd_mail = {.verb = SMTP_MAIL,
					     .states = SMTPD_HELLO,
					     .check = check,
					     .run = run,
					     .rfc = "RFC 5321 §4.1.1.2"};
