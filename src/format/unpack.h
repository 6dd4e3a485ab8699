/* unpack: what is inside a gzip (RFC 1952) or zip file, as reports are attached to mail.
 *
 * Input: a stranger's bytes, made to explode if they can. At most UNPACK_MAX bytes come out, and
 * past UNPACK_RATIO_FREE of them not more than UNPACK_RATIO times what went in (DMARC reports reach
 * 60). Cost is linear in what goes in and what comes out.
 * A gzip file may have several members, and zeros after the last (RFC 1952 §2.2).
 * Of a zip file all entries are checked before the first file (no folder) is taken out: both of its
 * headers must say the same, entries may not overlap, and checksum and length must be as they were
 * promised. At most UNPACK_ENTRIES_MAX entries. Nothing may stand behind the directory but its end.
 * Not handled: zip files of several disks, encrypted ones, ZIP64, methods but stored and deflated.
 */
#ifndef MOX_FORMAT_UNPACK_H
#define MOX_FORMAT_UNPACK_H

#include "base/buf.h"
#include "base/err.h"

enum {
	UNPACK_MAX = 20 << 20,
	UNPACK_RATIO = 200,
	UNPACK_RATIO_FREE = 1 << 20,
	UNPACK_ENTRIES_MAX = 16,
};

enum unpack_kind { UNPACK_PLAIN, UNPACK_GZIP, UNPACK_ZIP };

/* By the first bytes. */
enum unpack_kind unpack_kind(struct str s);

/* The content, added to ret: of a gzip or zip file what is inside, of others the bytes themselves.
 * SYNTAX: not a whole, sound file. TOO_BIG: past a limit, UNPACK_MAX or ret's own. UNSUPPORTED.
 * After an error ret may hold a part. */
struct err unpack(struct str s, struct buf *ret);

/* Adds s as a gzip file; a full buf shows in buf_failed. */
void pack_gzip(struct str s, struct buf *ret);

#endif
