/* dmarc: whether the domain in From stands behind a message, and what it wants done with those it
 * does not (RFC 9989). Records written for RFC 7489 keep their pct.
 *
 * The organizational domain comes from the DNS alone (dmarc_tree); no list of public suffixes is
 * used.
 *
 * Input: a stranger's message and what strangers publish. Of a message with many signatures only
 * domains below the From domain's organizational domain cost questions.
 * Memory: results are views into the arguments and the batch's arena.
 */
#ifndef MOX_VERIFY_DMARC_H
#define MOX_VERIFY_DMARC_H

#include "dns/resolver.h"
#include "verify/auth.h"
#include "verify/dmarc_record.h"

/* The Author Domain (RFC 9989 §5.3.1). */
struct dmarc_from {
	/* A-labels, lower case. Empty unless there is one From field and all its addresses are of
	 * one domain: then DMARC says nothing (§4.2, §11.5 speak of those who make use of it). */
	struct str domain;
	size_t fields;    /* From fields */
	size_t addresses; /* of the first */
	const char *why;  /* why there is no domain, or NULL */
};

/* From a message's header section. Results live in the arena. */
void dmarc_from(struct str header, struct arena *a, struct dmarc_from *ret);

struct dmarc_args {
	struct str from; /* dmarc_from.domain */
	/* Of SPF the result for MAIL FROM alone, or for postmaster@ the HELO name where MAIL FROM
	 * is <> (RFC 9989 §3.2.4); of DKIM each signature's d=. */
	const struct auth_identifier *identifier;
	size_t n;
	uint64_t random; /* evenly distributed: decides whether pct takes this message */
};

/* Whose record it is. */
enum dmarc_found { DMARC_NOWHERE, DMARC_AT_DOMAIN, DMARC_AT_ORG, DMARC_AT_SUFFIX };
/* Why the policy applied is weaker than the one published. */
enum dmarc_relief { DMARC_NO_RELIEF, DMARC_TESTING, DMARC_SAMPLED_OUT };

struct dmarc_result {
	/* NONE: no record. PASS, FAIL. TEMPERROR: a lookup failed, or SPF or DKIM met a temporary
	 * error where a pass would have been a pass here. PERMERROR: a record without a policy, or
	 * no Author Domain. */
	enum auth_result result;
	enum dmarc_found found;
	struct str policy_domain;    /* where the record was found */
	struct str text;             /* the record */
	struct dmarc_record record;  /* if found */
	struct str org;              /* the Author Domain's organizational domain, if known */
	bool authentic;              /* DNSSEC proves record and organizational domain */
	bool nonexistent;            /* the Author Domain does not exist, and np counts */
	enum dmarc_policy published; /* of p, sp, np the one for this domain; UNSET: not known */
	enum dmarc_policy applied;   /* to a message that failed, by t and pct: policy.dmarc */
	enum dmarc_relief relief;
	/* The domain wants this message refused: it failed, and the policy published is reject or
	 * quarantine, which is treated alike. Testing or pct never leave it true. */
	bool reject;
	/* TEMPERROR, and with an answer it may come to be refused. */
	bool undecided;
	const struct auth_identifier *spf, *dkim; /* the first aligned pass of each; NULL: none */
	struct str why;                           /* for logs and people: what decided */
};

/* Resumable. a and what it points to live as long as the result. */
enum dns_wait dmarc_verify(struct dns_batch *b, const struct dmarc_args *a,
			   struct dmarc_result *ret);

#endif
