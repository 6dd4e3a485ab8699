/* spf_record: the text of SPF records (RFC 7208 §4.5, §4.6, §5, §6, §12): read whole before any of
 * it is evaluated, so that an error anywhere is an error (§4.6).
 *
 * Input: a stranger's TXT record, at most SPF_RECORD_MAX bytes. Linear cost.
 * Memory: views into the text.
 */
#ifndef MOX_VERIFY_SPF_RECORD_H
#define MOX_VERIFY_SPF_RECORD_H

#include "base/err.h"
#include "base/ip.h"
#include "verify/auth.h"

enum { SPF_RECORD_MAX = 4096 }; /* RFC 7208 §3.4 hopes for 450 */

enum spf_term_kind {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
	SPF_MODIFIER, /* no mechanism */
};

struct spf_term {
	enum spf_term_kind kind;
	struct str text;         /* all of it: "-a:%{d}/24" */
	enum auth_result result; /* of a mechanism that matches */
	struct str domain;       /* domain-spec, or a modifier's value; may be empty */
	struct str name;         /* of the mechanism or modifier */
	struct ip net;           /* ip4, ip6 */
	unsigned bits4, bits6;   /* prefix lengths; 32 and 128 where none is given */
};

struct spf_record {
	struct str text;
	struct spf_term redirect, exp; /* their text is empty where there is none */
	bool has_all;
	size_t terms;
};

/* Whether a TXT record is one of SPF version 1, well formed or not (RFC 7208 §4.5). */
bool spf_record_is(struct str text);
/* SYNTAX with what is wrong where, LIMIT. */
struct err spf_record_parse(struct str text, struct spf_record *ret);
/* The terms in order: *at begins as 0; false at the end. */
bool spf_record_next(const struct spf_record *r, size_t *at, struct spf_term *ret);

#endif
