/* write: what an IMAP server sends, each kind of value by the writer that knows its context, so
 * that no value can end a line or begin a response: RFC 9051 §4, §9.
 */
#ifndef MOX_IMAP_WRITE_H
#define MOX_IMAP_WRITE_H

#include "base/buf.h"
#include "imap/parse.h"

/* string: quoted when it is printable ASCII and short, else a literal. NUL, which no string may
 * hold, is left out of a literal (RFC 9051 §4.3.1). */
void buf_imap_string(struct buf *b, struct str s);
/* The same, and quoted may hold UTF-8, for peers that enabled it. */
void buf_imap_string_utf8(struct buf *b, struct str s);
/* NIL for a str without bytes behind it (p NULL), else string. */
void buf_imap_nstring(struct buf *b, struct str s);
/* An atom if it can be one (and is not NIL), else string. */
void buf_imap_astring(struct buf *b, struct str s);
/* "{n}" CRLF, or "~{n}" CRLF: the n bytes are the caller's to send. */
void buf_imap_literal_head(struct buf *b, uint64_t n, bool binary);
/* Human text of a response: at most 512 bytes, with "?" for what is not printable ASCII; never
 * empty (text = 1*TEXT-CHAR) and never with "[" in front, which would begin a response code. */
void buf_imap_text(struct buf *b, struct str s);
/* `\Seen \Draft`, without parentheses; bits of IMAP_FLAG_*. */
void buf_imap_system_flags(struct buf *b, unsigned flags);
/* date-time with its quotes, in UTC. Years outside 0-9999 become those. */
void buf_imap_date_time(struct buf *b, int64_t unix_seconds);

#endif
