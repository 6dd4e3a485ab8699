/* lookup: what a session wants to know of the DNS, asked and waited for without holding a worker.
 *
 * The steps of a transaction's checks share one batch (dns/resolver.h), so that what one has asked
 * the next need not ask again. smtpd_park_dns runs a step as often as answers come, until it is
 * done or its time is over; then every question without an answer has failed, which the step sees
 * as a temporary error.
 */
#ifndef MOX_SMTPD_LOOKUP_H
#define MOX_SMTPD_LOOKUP_H

#include "dns/resolver.h"
#include "smtpd/smtpd.h"

struct smtpd;

enum { SMTPD_DNS_ARENA = 8 << 20 }; /* answers and results of a transaction */

struct smtpd_dns {
	struct arena mem; /* for results, too */
	struct dns_batch batch;
	struct smtpd_lookup *asked;             /* list: what is on its way */
	enum dns_wait (*step)(struct smtpd *s); /* NULL: nothing is waited for */
	void (*then)(struct smtpd *s);
	int64_t until;
};

void smtpd_dns_init(struct smtpd_dns *d);
/* Forgets all answers; what is on its way arrives nowhere. */
void smtpd_dns_reset(struct smtpd_dns *d);
void smtpd_dns_fini(struct smtpd_dns *d);

/* Runs step until it is done, ns at most, then calls `then`: at once if nothing needs to be asked,
 * else this is the end of the session's step. */
void smtpd_park_dns(struct smtpd *s, enum dns_wait (*step)(struct smtpd *s), int64_t ns,
		    void (*then)(struct smtpd *s));
/* For the session: whether it waits here; answers have come; time is over. */
static inline bool smtpd_dns_waits(const struct smtpd_dns *d)
{
	return d->step != NULL;
}
void smtpd_dns_woken(struct smtpd *s);
void smtpd_dns_timed_out(struct smtpd *s);

#endif
