/* dkim_signature: the value of a signature field: DKIM-Signature (RFC 6376 §3.5),
 * ARC-Message-Signature and ARC-Seal (RFC 8617 §4.1), which share most tags.
 *
 * Input: a stranger's header field, at most TAGLIST_SIZE_MAX bytes; DKIM_NAMES_MAX names in h=.
 * U-labels in d=, s= and i= are taken for any message (RFC 8616 §5).
 * Memory: views into the field where it can be, else the arena.
 */
#ifndef MOX_VERIFY_DKIM_SIGNATURE_H
#define MOX_VERIFY_DKIM_SIGNATURE_H

#include "base/arena.h"
#include "base/err.h"
#include "verify/canon.h"

enum {
	DKIM_NAMES_MAX = 1000,     /* names in h= */
	DKIM_SIGNATURE_MAX = 1024, /* bytes of b=: RSA of 8192 bits */
	DKIM_HASH_N = 32,          /* bytes of SHA-256 */
	ARC_INSTANCE_MAX = 50,     /* RFC 8617 §4.2.1 */
};

/* What a larger l=, t= or x= counts as. */
#define DKIM_NUMBER_MAX (UINT64_MAX - 1)

enum dkim_algorithm {
	DKIM_ALGORITHM_NONE, /* missing or unknown */
	DKIM_RSA_SHA1,       /* known by name only: RFC 8301 §3.1 */
	DKIM_RSA_SHA256,
	DKIM_ED25519_SHA256, /* RFC 8463 */
	DKIM_ALGORITHM_N
};

/* "rsa-sha256"; empty for none. */
struct str dkim_algorithm_name(enum dkim_algorithm a);

enum dkim_kind { DKIM_SIGNATURE, ARC_MESSAGE_SIGNATURE, ARC_SEAL, DKIM_KIND_N };

struct dkim_signature {
	enum dkim_kind kind;
	enum dkim_algorithm algorithm;
	enum canon header_canon, body_canon;
	struct str domain;          /* d=: A-labels, lower case */
	struct str selector;        /* s=: the same */
	struct str identity;        /* i= decoded; "@" and d= without it; not in ARC */
	struct str identity_domain; /* A-labels, lower case */
	struct str names;           /* h= as written; taglist_next with ':' gives the names */
	size_t names_n;
	struct str body_hash;      /* bh=, decoded: DKIM_HASH_N bytes */
	struct str signature;      /* b=, decoded */
	struct str signature_text; /* b= in base64, without white space */
	bool has_length, has_time, has_expiry;
	uint64_t length; /* l= */
	uint64_t time;   /* t=, Unix seconds */
	uint64_t expiry; /* x= */
	/* ARC */
	unsigned instance; /* i=, from 1 */
	enum arc_cv { ARC_CV_NONE, ARC_CV_PASS, ARC_CV_FAIL } cv;
	size_t raw_at, raw_to; /* b= with the white space around it, in value: counts as deleted */
};

/* Parses the value of a field (what follows the colon). The first thing that is wrong is the
 * error (SYNTAX, LIMIT, UNSUPPORTED); ret has the tags that could be read all the same.
 */
struct err dkim_signature_parse(struct str value, enum dkim_kind kind, struct arena *a,
				struct dkim_signature *ret);
/* The start of b=, by which results name a signature (RFC 8601 §2.3, RFC 6008 §4). */
static inline struct str dkim_signature_b(const struct dkim_signature *s)
{
	return str_sub(s->signature_text, 0, 12);
}
/* Whether h= has the name. */
bool dkim_signature_covers(const struct dkim_signature *s, struct str name);

#endif
