/* dnsbl: blocklists of IP addresses in the DNS (RFC 5782).
 *
 * An answer is a listing only if it looks like one: addresses in 127.0.0.0/8 (RFC 5782 §2.3), and
 * none in 127.255.255.0/24, by which the large lists say that they do not serve who asks. All else,
 * as a resolver that lies about names that do not exist, is a temporary error: mail is not refused
 * for a list that is broken.
 * Input: the zone is the operator's, answers are the list's.
 * Memory: results are views into the batch's answers.
 */
#ifndef MOX_FILTER_DNSBL_H
#define MOX_FILTER_DNSBL_H

#include "dns/resolver.h"

enum { DNSBL_EXPLANATION_MAX = 512 };

enum dnsbl_status { DNSBL_UNLISTED, DNSBL_LISTED, DNSBL_TEMPERROR };

/* "unlisted", "listed", "temperror". */
struct str dnsbl_status_name(enum dnsbl_status status);

struct dnsbl_result {
	enum dnsbl_status status;
	struct ip code; /* the first address answered, if there is one */
	/* LISTED: what the list says of it, any bytes, cut to DNSBL_EXPLANATION_MAX; may be empty.
	 * TEMPERROR: why. */
	struct str explanation;
};

/* Resumable. The address is looked up as it is: ip_unmap what accept(2) gave. */
enum dns_wait dnsbl_check(struct dns_batch *b, struct str zone, struct ip ip,
			  struct dnsbl_result *ret);

/* Whether the list has what all lists have, and does not have what none has (RFC 5782 §5). */
struct dnsbl_health {
	enum { DNSBL_HEALTHY, DNSBL_UNHEALTHY, DNSBL_HEALTH_TEMPERROR } status;
	struct str why; /* if not healthy */
};

/* "healthy", "unhealthy", "temperror". */
struct str dnsbl_health_name(const struct dnsbl_health *h);

/* Resumable. family: 4 or 6, of the addresses to be looked up: lists need not have both. */
enum dns_wait dnsbl_health_check(struct dns_batch *b, struct str zone, unsigned family,
				 struct dnsbl_health *ret);

#endif
