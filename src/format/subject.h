/* subject: a Subject without what replies, forwards and mailing lists add to it, so that messages
 * of one thread have the same. Made after RFC 5256 §2.1, with one-sided differences: case is
 * folded, and "fwd" stands for itself in a reply.
 */
#ifndef MOX_FORMAT_SUBJECT_H
#define MOX_FORMAT_SUBJECT_H

#include "base/buf.h"

enum { SUBJECT_MAX = 4096 };

/* Adds the base subject of s, which is decoded (word_decode) UTF-8 and of which at most SUBJECT_MAX
 * bytes count. True if s looks like a reply or a forward. */
bool subject_base(struct str s, struct buf *ret);

#endif
