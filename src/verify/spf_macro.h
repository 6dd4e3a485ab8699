/* spf_macro: the macro strings of SPF (RFC 7208 §7): their syntax, and what they expand to.
 *
 * Input: a stranger's record; what it expands to is a stranger's too, and not escaped but by the
 * macros in upper case. The caller bounds the number of macros.
 */
#ifndef MOX_VERIFY_SPF_MACRO_H
#define MOX_VERIFY_SPF_MACRO_H

#include "base/buf.h"
#include "base/cur.h"
#include "base/ip.h"

/* What macros stand for. */
struct spf_values {
	struct str local;    /* l */
	struct str sender;   /* o: the domain of the sender, A-labels */
	struct str domain;   /* d: the domain whose record it is */
	struct str host;     /* p: the validated name of ip, or "unknown" */
	struct str helo;     /* h */
	struct str receiver; /* r */
	struct ip ip;        /* i, v, c */
	int64_t now;         /* t */
};

enum spf_macro_place {
	SPF_MACRO_NAME,  /* domain-spec: without c, r and t */
	SPF_MACRO_VALUE, /* of an unknown modifier */
	SPF_MACRO_TEXT,  /* explain-string: spaces too */
};

/* Grammar rules (RFC 7208 §7.1) over a cursor that ends where they do: all of it is consumed, or
 * it fails. */
void x_spf_macro_string(struct cur *c, enum spf_macro_place place);
void x_spf_domain_spec(struct cur *c);

/* These take a string that has passed the rules. How many macros it has: */
size_t spf_macro_count(struct str s);
/* Whether it has a macro of one of these letters, given in lower case. */
bool spf_macro_uses(struct str s, struct str letters);
void buf_spf_macro(struct buf *b, struct str s, const struct spf_values *v);
/* The name that a domain-spec expands to, in lower case, its left labels cut off past DNS_NAME_MAX
 * (RFC 7208 §7.3). False, and nothing added, if no such name can exist, or it is not ASCII. */
bool spf_target_name(struct buf *b, struct str domain_spec, const struct spf_values *v);

#endif
