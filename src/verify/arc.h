/* arc: the Authenticated Received Chain of a message (RFC 8617): what forwarders before us saw.
 *
 * A message has one result:
 *	none  no ARC fields
 *	pass  every seal, and the newest ARC-Message-Signature, is good
 *	fail  anything else, a DNS that does not answer too (RFC 8617 §5.2.1)
 * A pass says that those who sealed say so; whom of them to believe is the caller's business: all
 * of them must be trusted.
 *
 * Input: a message and DNS records of strangers; at most ARC_INSTANCE_MAX sets (§4.2.1). Keys of
 * older sets are asked for only when the newest is good.
 * Memory, Threads: as in dkim.h.
 * Not handled: comments inside ARC fields (CFWS).
 */
#ifndef MOX_VERIFY_ARC_H
#define MOX_VERIFY_ARC_H

#include "verify/dkim_key.h"

struct arc_options {
	uint64_t now;          /* Unix seconds: when the message arrived */
	unsigned rsa_bits_min; /* 0: DKIM_RSA_BITS_MIN; less never */
};

/* What one forwarder added. */
struct arc_set {
	struct dkim_signature message; /* ARC-Message-Signature */
	struct dkim_signature seal;    /* ARC-Seal */
	struct str results;            /* ARC-Authentication-Results, behind "i=N;" */
};

struct arc_result {
	enum auth_result result;   /* AUTH_NONE, AUTH_PASS, AUTH_FAIL */
	struct str why;            /* for people, in the arena */
	const struct arc_set *set; /* oldest first: set[0] has i=1 */
	size_t n;                  /* 0 unless the sets are complete */
	unsigned oldest_pass; /* RFC 8617 §5.2: the oldest set whose message signature is good, 0:
			       * all are; with AUTH_PASS */
	bool authentic;       /* DNSSEC proves all keys; with AUTH_PASS */
};

struct arc;

/* Finds and parses the sets. LIMIT when the arena is full. */
struct err arc_begin(struct str message, const struct arc_options *o, struct arena *a,
		     struct arc **ret);
/* The step: asks for keys, verifies, and asks for more. */
enum dns_wait arc_check(struct arc *c, struct dns_batch *batch, struct arc_result *ret);

#endif
