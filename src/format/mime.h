/* mime: the tree of parts of a message (RFC 2045, RFC 2046), as offsets into its bytes.
 *
 * A message is parsed once, in one pass. The tree tells where everything is; bodies are read by
 * range and decoded with format/encoding. It holds no pointer into the message: the bytes may go
 * away, or come from a file later.
 *
 * Input: a stranger's bytes, one str in memory or mapped, of any length. Cost is linear: `steps`
 * counts, and a test bounds it. At most MIME_DEPTH_MAX levels and MIME_PARTS_MAX parts; what is
 * past either is one application/octet-stream leaf. Boundaries may have MIME_BOUNDARY_MAX bytes.
 * A message is never refused: what cannot be taken apart is an opaque leaf, application/
 * octet-stream, with all its bytes: a Content-Type that does not parse; a multipart without
 * boundary, or without a single part in it (so a MULTIPART has a child, always); a message/rfc822
 * in base64 or quoted-printable, which RFC 2045 §6.4 forbids, and a message/global, for which
 * RFC 6532 §3.5 allows it: there are no offsets to tell. A multipart that claims to be encoded
 * is taken apart as it stands: bulk mailers write that over plain parts, clients show them, and
 * the filter must see what is shown; if it really is encoded no boundary is found in it.
 *
 * Boundaries (RFC 2046 §5.1.1): a line is one if it is `--`, the boundary, perhaps `--`, and then
 * white space only. The innermost open multipart with that boundary is meant, whatever is open
 * inside it ends. RFC 2046 §5.1.1 NOT: text after the boundary on its line, which the RFC would
 * ignore, makes it no boundary; else `--a` would end at `--ab`, and Thunderbird sees it as we do.
 * The line end before a boundary belongs to it. White space at the end of a boundary parameter
 * does not count. CRLF and bare LF both end lines.
 *
 * Memory: the tree lives in the arena given; about MIME_ARENA_MAX bytes at most.
 */
#ifndef MOX_FORMAT_MIME_H
#define MOX_FORMAT_MIME_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "format/encoding.h"
#include "format/param.h"

enum {
	MIME_DEPTH_MAX = 100,
	MIME_PARTS_MAX = 10000,
	MIME_BOUNDARY_MAX = 8192,
	MIME_ARENA_MAX = 32 << 20,
};

enum mime_kind {
	MIME_LEAF,
	MIME_MULTIPART, /* children are its parts, at least one */
	MIME_MESSAGE,   /* message/rfc822, message/global: one child, the message in it */
};

struct mime_part {
	struct mime_part *parent, *child, *next; /* NULL: none */
	struct mime_part *last_child;
	enum mime_kind kind;
	uint32_t number; /* among its parent's children, from 1 */
	uint32_t depth;  /* 0: the message itself */
	bool opaque;     /* not what its Content-Type says, shown as application/octet-stream */

	/* Bytes of the message: [header, body) is the header section with its empty line, [body,
	 * end) the body. The line end before the next boundary is in neither. A multipart's
	 * preamble is [body, child->header) with the boundary line; epilogue is 0 or where its last
	 * boundary line ends. */
	uint64_t header, body, end;
	uint64_t epilogue;
	uint64_t header_lines, lines; /* line feeds in header and body */

	/* What it is taken for: never empty, lower case. Without Content-Type: text/plain (RFC 2045
	 * §5.2), or message/rfc822 in a multipart/digest (RFC 2046 §5.1.5). */
	struct str type, subtype;
	/* Content-Type as written; type empty: the field is absent or does not parse. */
	struct content_type content_type;
	enum encoding encoding;
	struct str encoding_written; /* empty: absent */
	/* These are empty if the field is absent or does not parse; of several the first counts. */
	struct str id, description, location, md5;
	struct content_disposition disposition;
	struct param_strs language;
};

struct mime_tree {
	struct mime_part *root;
	uint32_t parts; /* all nodes, root and embedded messages included */
	bool cut;       /* a limit was met */
	uint64_t steps; /* a measure of the work done */
};

/* Parses a whole message. LIMIT if the arena has less room than the tree needs (never with
 * MIME_ARENA_MAX); nothing else fails. */
struct err mime_parse(struct str message, struct arena *a, struct mime_tree *ret);

static inline struct str mime_header(const struct mime_part *p, struct str message)
{
	return str_sub(message, p->header, p->body);
}
static inline struct str mime_body(const struct mime_part *p, struct str message)
{
	return str_sub(message, p->body, p->end);
}
static inline uint64_t mime_size(const struct mime_part *p)
{
	return p->end - p->body;
}
/* Whether the part is of that type; subtype "*" is any. Both lower case. */
bool mime_is(const struct mime_part *p, struct str type, struct str subtype);

/* The next part in document order (a parent before its children), or NULL: for walking the tree
 * from its root. */
const struct mime_part *mime_next(const struct mime_part *p);

/* The part that IMAP's section numbers name (RFC 9051 §6.4.5.1): path[0] is counted among the
 * parts of the root if that is a multipart, else 1 is the message's only part, the root itself.
 * Below a message/rfc822 the counting goes on in the message in it in the same way. NULL if there
 * is no such part, or n is 0. */
const struct mime_part *mime_find(const struct mime_tree *t, const uint32_t *path, size_t n);
/* What HEADER and TEXT after such a path mean: the message in a MIME_MESSAGE part, else NULL. */
const struct mime_part *mime_embedded(const struct mime_part *p);

#endif
