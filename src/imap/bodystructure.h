/* bodystructure: BODY and BODYSTRUCTURE of a message as stored texts (imap/stored.h): RFC 9051
 * §7.5.2, RFC 3501 §7.4.2.
 *
 * Types, encodings and parameter names are as format/mime.h took them; what is opaque there is
 * application/octet-stream here. Parameters split by RFC 2231 are joined. One with a charset is
 * given as `name*` in the extended form of RFC 2231 §4, in one piece, which clients of either
 * revision can read. RFC 9051 §7.5.2 NOT: it would have the server convert to UTF-8.
 */
#ifndef MOX_IMAP_BODYSTRUCTURE_H
#define MOX_IMAP_BODYSTRUCTURE_H

#include "base/arena.h"
#include "base/buf.h"
#include "format/mime.h"

/* Adds the structure of the part and all below it. `message` are the bytes the tree was made of
 * (for envelopes); extended: BODYSTRUCTURE, else BODY. The arena is for scratch. Past b's maximum
 * the buf has failed. */
void buf_imap_bodystructure(struct buf *b, const struct mime_part *p, struct str message,
			    bool extended, struct arena *a);

#endif
