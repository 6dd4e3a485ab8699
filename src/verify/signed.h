/* signed: a signature field of a message, checked against its key: what DKIM-Signature and
 * ARC-Message-Signature have in common (RFC 6376 §6.1).
 *
 * Memory: views into the message.
 */
#ifndef MOX_VERIFY_SIGNED_H
#define MOX_VERIFY_SIGNED_H

#include "format/header.h"
#include "verify/bodyhash.h"
#include "verify/dkim_key.h"
#include "verify/fields.h"

enum { DKIM_CLOCK_SLACK = 10 * 3600 }; /* seconds that t= may be in the future */

struct signed_field {
	struct str field; /* the whole field */
	struct str cut;   /* b= in it */
	size_t at;        /* its offset in the section */
	size_t body_id;   /* of its body hash */
};

/* Parses the field f of the section; the error is dkim_signature_parse's. */
struct err signed_parse(struct str section, const struct header_field *f, enum dkim_kind kind,
			struct arena *a, struct signed_field *ret, struct dkim_signature *ret_s);
/* Why a signature can't be good, whatever its key is; NULL. */
const char *signed_refusal(const struct dkim_signature *s, uint64_t now);
/* Says what is to be hashed for it. */
struct err signed_want(struct signed_field *sf, const struct dkim_signature *s,
		       struct fields *fields, struct bodyhash *bodies);
/* With all hashed: AUTH_PASS, AUTH_FAIL, or AUTH_TEMPERROR when memory ran out; and why. */
enum auth_result signed_verify(const struct signed_field *sf, const struct dkim_signature *s,
			       struct evp_pkey_st *pkey, struct fields *fields,
			       const struct bodyhash *bodies, const char **ret_why);

#endif
