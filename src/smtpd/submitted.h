/* submitted: what a submission server asks of a user's message, and adds to it (RFC 6409 §6, §8).
 */
#ifndef MOX_SMTPD_SUBMITTED_H
#define MOX_SMTPD_SUBMITTED_H

#include "format/header.h"
#include "smtp/reply.h"

struct smtpd;

/* SMTP_REPLY_OK, or why the message is refused. Sets the transaction's `added` to the fields that
 * are missing: Message-Id and Date. */
enum smtp_reply_code smtpd_submitted_judge(struct smtpd *s, struct str header, bool separator);

/* For a message that is accepted: puts the signatures that From's domain wants in front of
 * `added`. One that cannot be signed goes out without, and the log says why: it may still be
 * wanted where it goes. */
void smtpd_submitted_sign(struct smtpd *s, struct str header);
/* Sets the transaction's `results`: that who sent it has logged in (RFC 8601 §2.7.4). */
void smtpd_submitted_results(struct smtpd *s);

#endif
