/* sender: whether the names a client gives itself and its sender exist: HELO's, MAIL FROM's.
 *
 * Input: names of strangers, A-labels.
 */
#ifndef MOX_VERIFY_SENDER_H
#define MOX_VERIFY_SENDER_H

#include "dns/resolver.h"

enum sender_result {
	SENDER_OK,
	SENDER_NO_NAME,   /* HELO: the DNS has no such name */
	SENDER_NULL_MX,   /* takes no mail, and says so (RFC 7505 §3) */
	SENDER_NO_HOST,   /* neither MX nor address: nothing could be returned to it */
	SENDER_TEMPORARY, /* nothing may be concluded */
};

/* "no name", "null mx"... for logs. */
struct str sender_result_name(enum sender_result r);

/* Resumable. The name of a HELO: NO_NAME only if it surely does not exist (RFC 5321 §2.3.5: only
 * names that resolve are permitted); a name without address is OK. */
enum dns_wait sender_helo_check(struct dns_batch *b, struct str name, enum sender_result *ret);
/* Resumable. The domain of a reverse-path: OK if mail could be sent to it (RFC 5321 §5.1). */
enum dns_wait sender_domain_check(struct dns_batch *b, struct str domain, enum sender_result *ret);

#endif
