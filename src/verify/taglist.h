/* taglist: lists of tag=value as DKIM signatures and keys have them (RFC 6376 §3.2), and records
 * that borrow the form (ARC, DMARC, TLSRPT).
 *
 * Input: a stranger's header field or DNS record, at most TAGLIST_SIZE_MAX bytes and TAGLIST_MAX
 * tags. Folding white space may stand around names, values and within values.
 * Memory: everything is a view into the given bytes.
 */
#ifndef MOX_VERIFY_TAGLIST_H
#define MOX_VERIFY_TAGLIST_H

#include "base/err.h"
#include "base/str.h"

enum { TAGLIST_MAX = 64, TAGLIST_SIZE_MAX = 64 << 10 };

struct tag {
	struct str name;
	struct str value;      /* without white space at its ends; may hold folds inside */
	size_t raw_at, raw_to; /* of all that stands between "=" and the ";" or end */
};

struct taglist {
	struct tag tag[TAGLIST_MAX];
	size_t n;
};

/* SYNTAX with what is wrong and where: no "=", a bad name, a byte no value may have, a tag that
 * comes twice (RFC 6376 §3.2 MUST NOT); LIMIT. A last ";" is fine, an empty tag elsewhere is not.
 */
struct err taglist_parse(struct str s, struct taglist *ret);
/* By name, with regard to case; NULL. */
const struct tag *taglist_get(const struct taglist *l, struct str name);
/* Its value; empty if it is not there. */
struct str taglist_value(const struct taglist *l, struct str name);

/* The parts of a value between separators, each without white space around it; the calls go on
 * until false. "" has one part, the empty one. */
bool taglist_next(struct str *rest, char separator, struct str *ret);

#endif
