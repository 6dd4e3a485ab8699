/* text: what of a message is text, in the form in which searching compares it (format/fold).
 *
 * There is one answer to what can be found, here: search signatures are made of these pieces and
 * exact searching looks into them, so that no signature misses what a search would find.
 *   - header fields, as "name: value", encoded words decoded: of the message, of its parts and of
 *     messages in it; and the file names of parts;
 *   - bodies of parts of type text (facts/body.h), attached ones too; with the addresses of an
 *     HTML page's links.
 * Not here: headers added at delivery, which are in front of the bytes as received.
 *
 * Input: the message and facts made of it; a range that is not inside it is empty. Linear cost.
 */
#ifndef MOX_FACTS_TEXT_H
#define MOX_FACTS_TEXT_H

#include "facts/body.h"
#include "format/fold.h"
#include "format/header.h"

enum {
	FACTS_TEXT_FIELD_MAX = 256 << 10, /* of a header field; what is past it is not found */
	/* Hostile text can grow to that; what people write stays near BODY_SOURCE_MAX. */
	FACTS_TEXT_PIECE_MAX = 32 << 20,
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
	enum {
		FACTS_TEXT_PART,
		FACTS_TEXT_FIELDS,
		FACTS_TEXT_NAME,
		FACTS_TEXT_TEXT,
		FACTS_TEXT_TEXT_MORE,
		FACTS_TEXT_PART_END,
	} at;
	struct header_iter fields;
	struct body body;
	struct fold fold;
	struct buf plain;
};

/* The message and the facts must live as long. */
void facts_text_init(struct facts_text *t, struct str message, const struct facts *f,
		     unsigned want);
void facts_text_fini(struct facts_text *t);
/* Puts the next piece into ret, in place of what is there; its maximum should be
 * FACTS_TEXT_PIECE_MAX. *ret_starts: it does not go on where the piece before ended, nothing is
 * found across. False after the last. When memory runs out ret has failed. */
bool facts_text_next(struct facts_text *t, struct buf *ret, bool *ret_starts);

#endif
