/* stored: the strings of ENVELOPE and BODYSTRUCTURE texts, which are computed once, when a message
 * arrives, and stored.
 *
 * A stored text does not depend on a session: all of its strings are quoted, and those may hold any
 * byte but NUL, CR and LF. What a peer gets depends on what it enabled: buf_imap_stored sends the
 * text as it is where that is right, and turns quoted strings with bytes that may not be in quotes
 * for this peer into literals (RFC 3501 §4.3; RFC 9051 §4.3; RFC 6855 §3).
 */
#ifndef MOX_IMAP_STORED_H
#define MOX_IMAP_STORED_H

#include "base/buf.h"

enum { IMAP_STORED_STRING_MAX = 8192 };

/* A quoted string; NUL, CR and LF are left out, past IMAP_STORED_STRING_MAX bytes it is cut. */
void buf_imap_stored_string(struct buf *b, struct str s);
/* NIL for a str without bytes behind it (p NULL). */
void buf_imap_stored_nstring(struct buf *b, struct str s);

/* Sends a stored text; utf8: the peer takes UTF-8 in quoted strings. Linear time. */
void buf_imap_stored(struct buf *b, struct str text, bool utf8);

#endif
