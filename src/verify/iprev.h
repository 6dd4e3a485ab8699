/* iprev: whether the names that the DNS gives an IP address have that address (RFC 8601 §3).
 *
 * Input: the DNS of whoever holds the address. Of its names the first IPREV_NAMES_MAX that a host
 * may have are looked at.
 * Memory: results are views into the batch's answers.
 */
#ifndef MOX_VERIFY_IPREV_H
#define MOX_VERIFY_IPREV_H

#include "dns/resolver.h"
#include "verify/auth.h"

enum { IPREV_NAMES_MAX = 10 };

struct iprev_result {
	/* PASS, FAIL: no name has the address; PERMERROR: it has no names; TEMPERROR. */
	enum auth_result result;
	struct str name; /* that has the address; without a pass the first name, a mere claim */
	struct str names[IPREV_NAMES_MAX];
	size_t n;
	bool authentic; /* DNSSEC proves what decided */
	struct str why; /* for logs and people */
};

/* Resumable. An IPv4 address mapped into IPv6 is the IPv4 address. */
enum dns_wait iprev_check(struct dns_batch *b, struct ip ip, struct iprev_result *ret);

#endif
