/* call: a question to another role, shared by the session that waits and by who answers. Whoever
 * is last frees it, so that an answer may come when the session has gone.
 */
#ifndef MOX_SMTPD_CALL_H
#define MOX_SMTPD_CALL_H

#include "smtpd/smtpd.h"

/* For one answer; NULL without memory. */
struct smtpd_call *smtpd_call_new(struct session *s);
/* The session's side: whether it is answered; then its answer may be read. */
bool smtpd_call_is_done(struct smtpd_call *c);
/* The session does not want to know any more (or has dealt with the answer). */
void smtpd_call_leave(struct smtpd_call *c);

#endif
