/* facts: what is worked out of a message once, by whoever received its bytes.
 *
 * The record travels between roles, stands beside the message in its segment, and in the database.
 * It has everything that listing, threading, searching and judging a message needs, so that nobody
 * parses the message again: post inserts it, IMAP answers from it.
 * Offsets are into the bytes as received: headers added at delivery come before offset 0.
 * Input: the serialised form may come from a process that a stranger took over, so facts_read
 * believes nothing: every length and range is checked, and a tree of parts is really a tree.
 * Memory: a struct facts borrows; facts_read's strs point into the serialised bytes and its arrays
 * into the arena.
 */
#ifndef MOX_FACTS_FACTS_H
#define MOX_FACTS_FACTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum {
	FACTS_VERSION = 1,
	FACTS_SIZE_MAX = 1 << 20, /* serialised */
	FACTS_PARTS_MAX = 1000,
	FACTS_DEPTH_MAX = 101,
	FACTS_ADDRESSES_MAX = 1000,
	FACTS_REFERENCES_MAX = 100,
	FACTS_PREVIEW_MAX = 256, /* RFC 8970 §3.1 */
	FACTS_SIGNATURE_MAX = 64 << 10,
	FACTS_SUBJECT_MAX = 64 << 10,
	FACTS_ORIGIN_MAX = 64 << 10,
	FACTS_MESSAGE_ID_MAX = 4096,
	FACTS_REFERENCE_MAX = 4096,
	FACTS_PART_TEXT_MAX = 1000, /* type, subtype, charset */
	FACTS_PART_NAME_MAX = 4096,
	FACTS_ADDRESS_TEXT_MAX = 4096, /* name, local, domain */
};

enum facts_part_kind {
	FACTS_PART_LEAF,
	FACTS_PART_MULTIPART, /* its children are the parts */
	FACTS_PART_MESSAGE,   /* message/rfc822, message/global: one child, the message in it */
};

/* Content-Transfer-Encoding; UNKNOWN is one nobody can decode (UNKNOWN-CTE). */
enum facts_encoding {
	FACTS_ENCODING_7BIT,
	FACTS_ENCODING_8BIT,
	FACTS_ENCODING_BINARY,
	FACTS_ENCODING_QUOTED_PRINTABLE,
	FACTS_ENCODING_BASE64,
	FACTS_ENCODING_UNKNOWN,
};

/* A row of the part table: depth first, a parent before its children; row 0 is the message. */
struct facts_part {
	uint16_t parent; /* row; row 0 has itself */
	uint16_t number; /* among its parent's children, from 1; 0 in row 0 */
	enum facts_part_kind kind;
	enum facts_encoding encoding;
	uint64_t header_at, header_n; /* with the empty line */
	uint64_t body_at, body_n;     /* without the CRLF before the next boundary */
	uint32_t lines;               /* of the body */
	struct str type, subtype;     /* lower case: "text", "plain" */
	struct str charset;           /* as named, lower case; empty: none given */
	struct str filename;          /* decoded, UTF-8; empty: none */
	bool attachment;              /* Content-Disposition: anything but inline */
};

enum facts_role {
	FACTS_FROM,
	FACTS_SENDER,
	FACTS_REPLY_TO,
	FACTS_TO,
	FACTS_CC,
	FACTS_BCC,
	FACTS_ROLE_COUNT
};

struct facts_address {
	enum facts_role role;
	struct str name;   /* decoded, UTF-8; may be empty */
	struct str local;  /* unquoted */
	struct str domain; /* lower case, U-labels as they came */
};

struct facts {
	/* the bytes */
	uint64_t size;
	uint8_t sha256[32];
	uint64_t header_n;            /* with the empty line, if there is one */
	uint32_t lines, longest_line; /* bytes without the line's end */
	uint32_t bare_cr, bare_lf;
	bool has_8bit, has_nul;

	/* for IMAP, as it goes over the wire: "(...)", with neither a CR nor an LF nor a literal */
	struct str envelope;      /* RFC 9051 §7.5.2 ENVELOPE */
	struct str body;          /* BODY: BODYSTRUCTURE without extension data */
	struct str bodystructure; /* BODYSTRUCTURE */
	struct facts_part *parts;
	size_t part_count; /* at least 1 */

	/* who, when, what about */
	struct facts_address *addresses;
	size_t address_count;
	struct str message_id; /* canonical: lower case, without <>; raw if not parsable */
	struct str
		*references; /* canonical; References in order, then In-Reply-To's that it lacks */
	size_t reference_count;
	struct str subject;      /* decoded, UTF-8 */
	struct str subject_base; /* for threads: lower case, without re:, fwd:, [tags] */
	bool subject_is_reply;   /* something was taken away for subject_base */
	bool has_date;
	int64_t date;      /* unix seconds of the Date header */
	int16_t date_zone; /* minutes east of UTC: SENTON and friends disregard it (RFC 9051 §6.4.4)
			    */
	struct str preview; /* the first text, UTF-8, white space folded */

	/* for search: facts/signature.h; empty: not derived */
	struct str signature;
	/* who sent it: what was verified about the sender, written and read by the filter; opaque
	 * here */
	struct str origin;
};

/* The children of row `part`, in order: the first, then the next of the same parent; 0 when there
 * is none. */
size_t facts_part_child(const struct facts *f, size_t part);
size_t facts_part_next(const struct facts *f, size_t part);
/* The row that an IMAP section names (RFC 9051 §6.4.5: "1.2.3"; a message/rfc822's own numbers go
 * on in the message in it). n = 0 is row 0. A message that is not multipart has a part 1: row 0,
 * whose body is meant. False if there is no such part. */
bool facts_part_find(const struct facts *f, const uint32_t *section, size_t n, size_t *ret_part);

/* Appends the serialised form. LIMIT if it would be larger than FACTS_SIZE_MAX or b's maximum. */
struct err facts_write(const struct facts *f, struct buf *b);
/* CORRUPT if it is not exactly one well-formed record; VERSION if it is of a version we do not
 * know. `bytes` must live as long as *ret. */
struct err facts_read(struct str bytes, struct arena *a, struct facts *ret);

#endif
