/* DATA: RFC 5321 §4.1.1.4. */
#include "smtpd/session.h"

static struct smtp_reply check(struct smtpd *s, const struct smtp_cmd *cmd)
{
	/* RFC 3030 §2 MUST: 503 for DATA behind BDAT. */
	if (s->state == SMTPD_BDAT)
		return smtp_reply_of(SMTP_REPLY_CHUNKS_MIXED);
	if (s->state == SMTPD_MAIL)
		return smtp_reply_of(SMTP_REPLY_NO_RCPT);
	return SMTPD_ALLOWED;
}

static void run(struct smtpd *s, const struct smtp_cmd *cmd)
{
	smtpd_message_begin(s);
	s->mode = SMTPD_DATA_OCTETS;
	smtpd_reply_code(s, SMTP_REPLY_DATA_GO);
}

bool smtpd_data_input(struct smtpd *s)
{
	struct str in = conn_in(&s->base.conn), rest = in, piece;

	while (!s->parked && (piece = smtp_data_next(&s->t.data, &rest)).n)
		smtpd_message_octets(s, piece);
	conn_take(&s->base.conn, in.n - rest.n);
	if (s->parked || !smtp_data_ended(&s->t.data))
		return s->parked;
	s->mode = SMTPD_COMMANDS;
	smtpd_message_end(s);
	return true;
}

const struct smtpd_command smtpd_cmd_data = {.verb = SMTP_DATA,
					     .states = SMTPD_MAIL | SMTPD_RCPT | SMTPD_BDAT,
					     .check = check,
					     .run = run,
					     .rfc = "RFC 5321 §4.1.1.4"};
