/* call: a question about a password, shared by the session that waits and by who answers. Whoever
 * is last frees it, so that an answer may come when the session has gone.
 */
#ifndef MOX_IMAPD_CALL_H
#define MOX_IMAPD_CALL_H

#include "imapd/imapd.h"

/* For one answer; NULL without memory. */
struct imapd_call *imapd_call_new(struct session *s);
/* The session's side: whether it is answered; then its answer may be read. */
bool imapd_call_is_done(struct imapd_call *c);
/* The session does not want to know any more (or has dealt with the answer). */
void imapd_call_leave(struct imapd_call *c);

#endif
