/* count: what the session counts: metrics of the SMTP server, in the page of its service. */
#ifndef MOX_SMTPD_COUNT_H
#define MOX_SMTPD_COUNT_H

#include "base/err.h"
#include "smtp/reply.h"

struct smtpd;

void smtpd_count_connection(struct smtpd *s);
/* A reply to the command that is being executed, and how long it took. */
void smtpd_count_reply(struct smtpd *s, unsigned code, const char *enhanced);
/* An attempt to log in has ended. */
void smtpd_count_login(struct smtpd *s, enum err_code code);
/* A submitted message is refused for what it is; TEST_PERM: because localserve was asked to. */
void smtpd_count_refused(struct smtpd *s, enum smtp_reply_code code);
/* What became of each recipient of a message, or of a submission as a whole. */
void smtpd_count_results(struct smtpd *s);

/* What was found out about who sent the message. */
void smtpd_count_verified(struct smtpd *s);

#endif
