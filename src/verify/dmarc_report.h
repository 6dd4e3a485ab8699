/* dmarc_report: whether a reporting address takes reports about a domain (RFC 9990 §4).
 *
 * Input: a domain's record and its address' record, both others' bytes.
 * Memory: results are views into the arguments and the batch's answers.
 */
#ifndef MOX_VERIFY_DMARC_REPORT_H
#define MOX_VERIFY_DMARC_REPORT_H

#include "dns/resolver.h"
#include "verify/dmarc_record.h"

enum dmarc_destination_status {
	DMARC_DESTINATION_SAME,    /* of the same organizational domain: needs no consent */
	DMARC_DESTINATION_CONSENT, /* of another, which publishes that it takes them */
	DMARC_DESTINATION_REFUSED, /* nothing published: no report goes there */
	DMARC_DESTINATION_BAD,     /* no host in the address, or no name to ask for */
	DMARC_DESTINATION_TEMPORARY,
};

/* "same organization", "consent"... for people. */
struct str dmarc_destination_name(enum dmarc_destination_status s);

struct dmarc_destination {
	enum dmarc_destination_status status;
	struct str host; /* of the address */
	struct str name; /* where consent was looked for */
	struct str text; /* the consent */
	bool authentic;  /* DNSSEC proves consent, or that there is none */
	/* Instead of the address; empty if there is none. All are at the same host. */
	struct dmarc_uris instead;
};

/* Resumable. domain is where the record with uri in its rua was found, A-labels in lower case. */
enum dns_wait dmarc_destination_check(struct dns_batch *b, struct str domain, struct str uri,
				      struct dmarc_destination *ret);

#endif
