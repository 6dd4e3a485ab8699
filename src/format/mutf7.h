/* mutf7: mailbox names of IMAP4rev1 in modified UTF-7 (RFC 3501 §5.1.3), from and to UTF-8.
 *
 * Printable ASCII stands for itself but '&', which is written "&-"; everything else is UTF-16 in
 * base64 with ',' for '/' and no padding, between '&' and '-'.
 * Input: names from clients. There is one way to write a name; any other is refused, so that a
 * name can't be written twice (RFC 3501 §5.1.3: no superfluous shifts, no printable ASCII in them).
 */
#ifndef MOX_FORMAT_MUTF7_H
#define MOX_FORMAT_MUTF7_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the UTF-8 of name. SYNTAX, saying why, if it is not modified UTF-7. */
struct err mutf7_decode(struct str name, struct buf *ret);
/* Appends name, valid UTF-8, as modified UTF-7; what is not UTF-8 becomes U+FFFD. */
void mutf7_encode(struct str name, struct buf *ret);

#endif
