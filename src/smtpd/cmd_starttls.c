/* STARTTLS: RFC 3207. All that was said before is forgotten, and what was sent along in plain text
 * is never taken as commands (CVE-2011-0411). */
#include "smtpd/session.h"

static struct smtp_reply check(struct smtpd *s, const struct smtp_cmd *cmd)
{
	if (s->base.conn.tls)
		return smtp_reply_of(SMTP_REPLY_TLS_ALREADY);
	if (!session_can_starttls(&s->base))
		return smtp_reply_of(SMTP_REPLY_NOT_OFFERED);
	if (smtpd_is_authenticated(s))
		return smtp_reply_of(SMTP_REPLY_TLS_AFTER_AUTH);
	return SMTPD_ALLOWED;
}

static void run(struct smtpd *s, const struct smtp_cmd *cmd)
{
	struct smtp_reply r = smtp_reply_of(SMTP_REPLY_TLS_GO);

	r.id = s->id;
	smtpd_reply(s, &r);
	smtpd_park(s, session_starttls(SESSION_BEHIND_DROP));
}

const struct smtpd_command smtpd_cmd_starttls = {.verb = SMTP_STARTTLS,
						 .states = SMTPD_ANY & ~SMTPD_NEW,
						 .check = check,
						 .run = run,
						 .rfc = "RFC 3207 §4"};
