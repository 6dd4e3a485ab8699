/* fetch: FETCH's arguments: RFC 9051 §6.4.5, RFC 3501 §6.4.5, RFC 7162 §3.1.4, RFC 3516,
 * RFC 8514, RFC 8970.
 *
 * Input: a stranger's; attributes, part numbers and header names are counted against limits.
 */
#ifndef MOX_IMAP_FETCH_H
#define MOX_IMAP_FETCH_H

#include "base/buf.h"
#include "imap/parse.h"

enum {
	IMAP_FETCH_MAX = 100,     /* attributes of one command */
	IMAP_SECTION_DEPTH = 100, /* numbers of one section-part */
	IMAP_SECTION_NAMES = 200, /* names of one HEADER.FIELDS */
};

enum imap_fetch_kind {
	IMAP_FETCH_BODY, /* BODY without a section: the structure without extensions */
	IMAP_FETCH_BODYSTRUCTURE,
	IMAP_FETCH_ENVELOPE,
	IMAP_FETCH_FLAGS,
	IMAP_FETCH_INTERNALDATE,
	IMAP_FETCH_MODSEQ,
	IMAP_FETCH_PREVIEW,       /* RFC 8970 */
	IMAP_FETCH_SAVEDATE,      /* RFC 8514 */
	IMAP_FETCH_RFC822,        /* these three: RFC 3501 only; BODY[] and so on by another name */
	IMAP_FETCH_RFC822_HEADER, /* does not set \Seen */
	IMAP_FETCH_RFC822_TEXT,
	IMAP_FETCH_RFC822_SIZE,
	IMAP_FETCH_UID,
	IMAP_FETCH_SECTION, /* BODY[...] */
	IMAP_FETCH_BINARY,
	IMAP_FETCH_BINARY_SIZE,
	IMAP_FETCH_KIND_COUNT
};

enum imap_section_text {
	IMAP_SECTION_ALL, /* nothing behind the part: the part's content */
	IMAP_SECTION_HEADER,
	IMAP_SECTION_FIELDS,
	IMAP_SECTION_FIELDS_NOT,
	IMAP_SECTION_TEXT,
	IMAP_SECTION_MIME,
};

struct imap_section {
	uint32_t *part; /* 1.2.3; none for the message */
	size_t part_n;
	enum imap_section_text text;
	struct str *fields;
	size_t field_n;
};

struct imap_fetch_att {
	enum imap_fetch_kind kind;
	bool peek; /* .PEEK: does not set \Seen */
	struct imap_section section;
	bool partial;
	uint64_t offset, count; /* count > 0 */
};

struct imap_fetch {
	struct imap_seqset set;
	struct imap_fetch_att *atts;
	size_t n;
	bool has_changedsince;
	uint64_t changedsince;
	bool vanished; /* RFC 7162 §3.2.6 */
};

/* sequence-set SP atts [SP "(" modifiers ")"], RFC 7162 §3.1.4.1: CHANGEDSINCE n, VANISHED */
void imap_x_fetch(struct cur *c, struct arena *a, struct imap_fetch *ret);
/* Whether answering it sets \Seen: RFC 9051 §6.4.5 BODY[], RFC 3516 §4.3, RFC 3501 RFC822. */
bool imap_fetch_sets_seen(const struct imap_fetch_att *att);
/* The name in the answer: `BODY[1.HEADER.FIELDS (To)]<0>`: never .PEEK, of a partial the offset. */
void buf_imap_fetch_name(struct buf *b, const struct imap_fetch_att *att);

#endif
