/* special: local parts that make a development server (localserve) fail on purpose, so that a
 * program's error handling can be tried: the local part ends in `temperror` (451), `permerror`
 * (550), three digits 400-599 (that code), or `timeout` (an hour's wait, then 451). One that
 * begins with `mailfrom` or `rcptto` fails at that command, others behind the message.
 */
#ifndef MOX_SMTPD_SPECIAL_H
#define MOX_SMTPD_SPECIAL_H

#include "smtp/path.h"

struct smtpd;

enum smtpd_special_at { SMTPD_SPECIAL_MAIL, SMTPD_SPECIAL_RCPT, SMTPD_SPECIAL_MESSAGE };

struct smtpd_special {
	unsigned code;
	bool timeout;
};

/* Whether the local part asks for a failure at this place. */
bool smtpd_special_of(struct str local, enum smtpd_special_at at, struct smtpd_special *ret);
/* If this is a development server and the address asks for it, fails (or waits first), and true. */
bool smtpd_special_at(struct smtpd *s, enum smtpd_special_at at, const struct smtp_path *p);

#endif
