/* address_spec: the strict half of address: addr-spec as grammar rules over a cursor, and comments
 * and folding white space, which dates and message ids share. RFC 5322 §3.2.2, §3.4.1, §4.4.
 */
#ifndef MOX_FORMAT_ADDRESS_SPEC_H
#define MOX_FORMAT_ADDRESS_SPEC_H

#include "base/buf.h"
#include "base/cur.h"

/* Skips [CFWS], obsolete folding included. Fails on a comment that does not end or nests deeper
 * than ADDRESS_COMMENT_DEPTH_MAX, on CR or LF that folds nothing. */
void address_opt_cfws(struct cur *c);
/* Appends the text of a quoted-string, without quotes and folds. */
void address_xquoted(struct cur *c, struct buf *b);
/* local-part, "@", domain, with CFWS around each; appends the unquoted local part and the domain
 * to b and says where the domain starts. */
void address_xspec(struct cur *c, struct buf *b, size_t *ret_domain_at);

#endif
