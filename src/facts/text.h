/* text: what of a message is text, in the form in which searching compares it (format/fold).
 *
 * There is one answer to what can be found, here: search signatures are made of these pieces and
 * exact searching looks into them, so that no signature can miss what a search would find.
 *   - header fields, as "name: value", encoded words decoded, of the message, of messages in it and
 *     of parts; and the file names of parts;
 *   - bodies of parts that are text/..., attached ones too, decoded into UTF-8; of text/html what
 *     format/htmltext makes of it, addresses of links included.
 * Not here: headers added at delivery, which are in front of the bytes as received.
 *
 * Input: the message and facts made of it; ranges of the facts that do not fit the message are
 * taken as empty. Linear cost: every part's range is read once, and ranges of parts do not overlap.
 * Memory: at most FACTS_TEXT_PIECE_MAX bytes in ret; and as much besides.
 */
#ifndef MOX_FACTS_TEXT_H
#define MOX_FACTS_TEXT_H

#include "facts/facts.h"
#include "format/charset.h"
#include "format/encoding.h"
#include "format/fold.h"
#include "format/header.h"
#include "format/htmltext.h"

enum {
	FACTS_TEXT_SOURCE_MAX = 16 << 10, /* bytes of the message a piece is made of */
	FACTS_TEXT_PIECE_MAX = 4 << 20,
	FACTS_TEXT_FIELD_MAX = 64 << 10, /* of a header field; the rest of it is not text */
};

enum facts_text_want {
	FACTS_TEXT_HEADER = 1 << 0, /* the fields of the message itself */
	FACTS_TEXT_BODY = 1 << 1,   /* all else */
	FACTS_TEXT_ALL = FACTS_TEXT_HEADER | FACTS_TEXT_BODY,
};

/* Private. */
struct facts_text {
	struct str message;
	const struct facts *f;
	unsigned want;
	size_t part;
	enum { FACTS_TEXT_AT_FIELDS, FACTS_TEXT_AT_NAME, FACTS_TEXT_AT_BODY, FACTS_TEXT_IN_BODY } at;
	struct header_iter fields;
	struct str rest; /* of the body that is being read */
	bool html, raw;  /* raw: the character set is not known */
	struct encoding_decoder encoding;
	struct charset_decoder charset;
	struct htmltext markup;
	struct fold fold;
	struct buf decoded, text, plain;
};

/* The message and facts must live as long. */
void facts_text_init(struct facts_text *t, struct str message, const struct facts *f,
		     unsigned want);
void facts_text_fini(struct facts_text *t);
/* Empties ret and puts the next piece there. *ret_starts: it begins something else than the piece
 * before; what is searched for is not found across. False after the last. RESOURCES: the buf has
 * failed. */
bool facts_text_next(struct facts_text *t, struct buf *ret, bool *ret_starts);

#endif
