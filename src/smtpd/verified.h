/* verified: what the DNS says about who sends, where a session asks it: the name of HELO, the
 * domain of MAIL FROM, SPF before a second recipient, all methods behind a message.
 *
 * Each parks the session, and calls `then` when it is known, or could not be known in time: at
 * once if nothing needs to be asked. Only for mail from strangers, settings->verify.
 */
#ifndef MOX_SMTPD_VERIFIED_H
#define MOX_SMTPD_VERIFIED_H

struct smtpd;

/* s->sender: whether the name in s->peer.hello, the domain in s->t.from, exists. */
void smtpd_verify_helo(struct smtpd *s, void (*then)(struct smtpd *s));
void smtpd_verify_domain(struct smtpd *s, void (*then)(struct smtpd *s));
/* s->t.spf */
void smtpd_verify_spf(struct smtpd *s, void (*then)(struct smtpd *s));
/* s->t.verify, and s->t.results: the fields that say it. Both stay empty without memory. */
void smtpd_verify_message(struct smtpd *s, void (*then)(struct smtpd *s));

#endif
