/* The commands of a line or two: RSET, NOOP, QUIT, VRFY, EXPN, HELP. */
#include "smtpd/session.h"

static void rset(struct smtpd *s, const struct smtp_cmd *cmd)
{
	smtpd_transaction_reset(s);
	smtpd_reply_code(s, SMTP_REPLY_OK);
}

static void noop(struct smtpd *s, const struct smtp_cmd *cmd)
{
	smtpd_reply_code(s, SMTP_REPLY_OK);
}

static void quit(struct smtpd *s, const struct smtp_cmd *cmd)
{
	smtpd_reply_close(s, SMTP_REPLY_BYE);
}

/* RFC 5321 §7.3: nobody learns who has a mailbox here. */
static void vrfy(struct smtpd *s, const struct smtp_cmd *cmd)
{
	smtpd_reply_code(s, SMTP_REPLY_CANNOT_VRFY);
}

static void help(struct smtpd *s, const struct smtp_cmd *cmd)
{
	smtpd_reply_code(s, SMTP_REPLY_HELP);
}

const struct smtpd_command smtpd_cmd_rset = {
	.verb = SMTP_RSET, .states = SMTPD_ANY, .run = rset, .rfc = "RFC 5321 §4.1.1.5"};
const struct smtpd_command smtpd_cmd_noop = {
	.verb = SMTP_NOOP, .states = SMTPD_ANY, .run = noop, .rfc = "RFC 5321 §4.1.1.9"};
const struct smtpd_command smtpd_cmd_quit = {
	.verb = SMTP_QUIT, .states = SMTPD_ANY, .run = quit, .rfc = "RFC 5321 §4.1.1.10"};
const struct smtpd_command smtpd_cmd_vrfy = {
	.verb = SMTP_VRFY, .states = SMTPD_ANY, .run = vrfy, .rfc = "RFC 5321 §4.1.1.6"};
const struct smtpd_command smtpd_cmd_expn = {
	.verb = SMTP_EXPN, .states = SMTPD_ANY, .run = vrfy, .rfc = "RFC 5321 §4.1.1.7"};
const struct smtpd_command smtpd_cmd_help = {
	.verb = SMTP_HELP, .states = SMTPD_ANY, .run = help, .rfc = "RFC 5321 §4.1.1.8"};
