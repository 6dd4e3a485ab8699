/* base64: RFC 4648 for short values: SASL, ids, keys, digests. Bodies have format/encoding, which
 * is lenient and incremental; this one is strict.
 *
 * Not for secrets' sake: the time taken depends on the bytes.
 */
#ifndef MOX_BASE_BASE64_H
#define MOX_BASE_BASE64_H

#include "base/buf.h"

/* Adds s encoded with padding, RFC 4648 §4. */
void buf_base64(struct buf *b, struct str s);
/* Adds s in the URL and file name safe alphabet without padding, RFC 4648 §5. */
void buf_base64url(struct buf *b, struct str s);

/* Adds the bytes that s encodes to ret. False, and nothing added, when s is not exactly what
 * buf_base64 writes: other bytes (white space too), wrong padding, stray bits in the last digit
 * (RFC 4648 §3.5). Whether ret was large enough says buf_failed(ret). */
bool base64_decode(struct str s, struct buf *ret) NODISCARD;
bool base64url_decode(struct str s, struct buf *ret) NODISCARD;

#endif
