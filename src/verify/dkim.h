/* dkim: who signed a message (RFC 6376, RFC 8301, RFC 8463, RFC 8616).
 *
 * Every DKIM-Signature gets a result of its own, in the order of the message:
 *	pass       the signature is good
 *	fail       body, header or signature do not fit together
 *	policy     not looked at, by options.policy: l=, or Subject not signed
 *	none       the key is for testing (t=y), and the result was not pass
 *	temperror  the key could not be had, or several records are keys of the type
 *	permerror  the signature or its key can never be good: syntax, expired, a public
 *	           suffix for d=, no key, one revoked or too short, rsa-sha1 (RFC 8301 §3.1)
 * neutral is not used. No signatures: no results, which is "none" for the message.
 *
 * Input: a message and DNS records of strangers. Of the signatures the first
 * options.signatures_max are looked at; the body is hashed once for each canonicalisation, at most,
 * and only when a key is there; each signature hashes the header once, at most. More than
 * FIELDS_MAX fields with names that are signed: permerror.
 * Memory: the message, header section and body with CRLF line ends in one piece, outlives the
 * struct; all else is in the arena, whose being full gives LIMIT or temperror. Records are the
 * batch's.
 * Threads: one at a time.
 */
#ifndef MOX_VERIFY_DKIM_H
#define MOX_VERIFY_DKIM_H

#include "verify/dkim_key.h"

enum { DKIM_SIGNATURES_MAX = 10 };

struct dkim_options {
	uint64_t now;            /* Unix seconds: when the message arrived */
	bool policy;             /* refuse l=, and signatures that do not cover Subject */
	unsigned signatures_max; /* 0: DKIM_SIGNATURES_MAX; more never */
	unsigned rsa_bits_min;   /* 0: DKIM_RSA_BITS_MIN; less never */
};

struct dkim_result {
	enum auth_result result;
	struct str why;                  /* for people, in the arena; of a pass too */
	struct dkim_signature signature; /* what could be read of it */
	struct str record;               /* the TXT record that decided, if one did */
	unsigned key_bits;               /* 0: no key */
	bool testing;                    /* the key has t=y */
	bool authentic;                  /* DNSSEC proves the answer about the key */
};

struct dkim_results {
	struct dkim_result *result;
	size_t n;
	size_t found; /* signatures in the message; more than n: not all were looked at */
};

struct dkim;

/* Finds and parses the signatures. LIMIT when the arena is full. */
struct err dkim_begin(struct str message, const struct dkim_options *o, struct arena *a,
		      struct dkim **ret);
/* The step: asks for the keys, then verifies. *ret is written when done; it lives in the arena. */
enum dns_wait dkim_check(struct dkim *d, struct dns_batch *batch, struct dkim_results *ret);

/* Why options.policy refuses a signature; NULL if it does not. */
const char *dkim_policy(const struct dkim_signature *s);
/* One word for the message: the best there is, in the order pass, temperror, policy, fail,
 * permerror, none. */
enum auth_result dkim_overall(const struct dkim_results *r);

#endif
