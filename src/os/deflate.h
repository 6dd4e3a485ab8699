/* deflate: raw DEFLATE (RFC 1951) in both directions of a connection, as IMAP's COMPRESS wants it
 * (RFC 4978 §4).
 *
 * Input: what the peer sends expands at most to the room given at each call; what it can't use
 * waits. Memory: about 80 KiB a connection, for as long as it lives. Threads: one at a time.
 */
#ifndef MOX_OS_DEFLATE_H
#define MOX_OS_DEFLATE_H

#include "base/buf.h"

struct deflate;

/* NULL without memory. */
struct deflate *deflate_new(void);
void deflate_free(struct deflate *d);

/* Appends in, compressed, such that the peer can read all of it (a sync flush). False if out is
 * full: then the stream is broken. */
bool deflate_pack(struct deflate *d, struct str in, struct buf *out) NODISCARD;

/* Decompresses to at most n bytes at `to`, and cuts from *in what was used. Less than n: all of *in
 * was used, or the stream has ended (deflate_ended). -1: this is not DEFLATE. */
ssize_t deflate_unpack(struct deflate *d, struct str *in, void *to, size_t n);
bool deflate_ended(const struct deflate *d);

#endif
