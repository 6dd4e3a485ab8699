/* envelope: the ENVELOPE of a message as a stored text (imap/stored.h): RFC 9051 §7.5.2.
 *
 * Values are the header's bytes, unfolded: encoded words stay as they are, for the client to
 * decode. Of several fields of a name the first counts. An address without a domain has the empty
 * string as its host, because NIL would make it a group. Input: a stranger's header section; lists
 * are cut after IMAP_ENVELOPE_ADDRESSES.
 */
#ifndef MOX_IMAP_ENVELOPE_H
#define MOX_IMAP_ENVELOPE_H

#include "base/arena.h"
#include "base/buf.h"

enum { IMAP_ENVELOPE_ADDRESSES = 1000 };

/* Adds "(date subject ... message-id)". The arena is for scratch; past its cap values are missing
 * (arena_failed). Past b's maximum the buf has failed. */
void buf_imap_envelope(struct buf *b, struct str header, struct arena *a);

#endif
