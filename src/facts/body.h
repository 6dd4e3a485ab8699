/* body: the body of a text part, decoded into UTF-8, piece by piece.
 *
 * Of text/html it is what format/htmltext makes of it. Without a character set, or with one that we
 * do not know, text is read as UTF-8 where it is UTF-8, else as windows-1252.
 * Input: a stranger's; linear cost. Memory: a few times BODY_SOURCE_MAX at a time.
 */
#ifndef MOX_FACTS_BODY_H
#define MOX_FACTS_BODY_H

#include "facts/facts.h"
#include "format/charset.h"
#include "format/encoding.h"
#include "format/htmltext.h"

enum {
	BODY_SOURCE_MAX = 16 << 10, /* bytes of the message a piece is made of */
	BODY_PIECE_MAX = CHARSET_GROWTH * (BODY_SOURCE_MAX + ENCODING_SLACK) + CHARSET_EXTRA +
			 HTMLTEXT_EXTRA,
};

/* Private. */
struct body {
	struct str rest;
	bool html, identity, ended;
	struct encoding_decoder encoding;
	struct charset_decoder charset;
	struct htmltext markup;
	struct buf decoded, text;
};

/* Whether a part is a text whose encoding we know. */
bool body_is_text(const struct facts_part *p);

/* The message must live as long; a range that is not inside it is empty. attributes: those of HTML
 * that hold text are wanted. */
void body_init(struct body *b, const struct facts_part *p, struct str message, bool attributes);
void body_fini(struct body *b);
/* Appends the next piece, at most BODY_PIECE_MAX bytes of whole characters, perhaps none. False:
 * there was no more. When memory runs out ret has failed. */
bool body_next(struct body *b, struct buf *ret);

#endif
