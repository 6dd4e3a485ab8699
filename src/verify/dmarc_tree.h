/* dmarc_tree: the walk up the DNS to a domain's organizational domain (RFC 9989 §4.10): which names
 * are asked, what stands there, and what follows from it.
 *
 * All names of a walk are asked at once, at most DMARC_WALK_MAX, and judged in order; names above a
 * record that ends the walk do not count, whatever they answer.
 *
 * Input: domains of strangers, A-labels in lower case, and what they publish.
 * Memory: views into the domain and the batch's answers.
 */
#ifndef MOX_VERIFY_DMARC_TREE_H
#define MOX_VERIFY_DMARC_TREE_H

#include "dns/resolver.h"
#include "verify/dmarc_record.h"

enum { DMARC_WALK_MAX = 8 };

/* A name of the walk and what stands at _dmarc below it. */
struct dmarc_place {
	struct str domain;
	const struct dns_answer *answer;
	size_t records;             /* that begin with v=DMARC1; more than one: all are discarded */
	struct str text;            /* of the one */
	struct dmarc_record record; /* if records is 1 */
};

struct dmarc_walk {
	struct dmarc_place place[DMARC_WALK_MAX]; /* from the domain itself upwards */
	size_t n;       /* up to the record that ended the walk, or to the top */
	bool temporary; /* a lookup failed: org and publisher are not known */
	bool authentic; /* DNSSEC proves all answers */
	struct str org; /* the organizational domain */
	/* The place whose record is the policy for the domain (RFC 9989 §4.10.1): the domain's own,
	 * its organizational domain's, its public suffix's; NULL. With temporary it is set only if
	 * it is the domain's own. */
	const struct dmarc_place *publisher;
};

/* One place alone. */
enum dns_wait dmarc_place_ask(struct dns_batch *b, struct str domain, struct dmarc_place *ret);
/* *ret refers to itself: it is not copied. */
enum dns_wait dmarc_walk(struct dns_batch *b, struct str domain, struct dmarc_walk *ret);

#endif
