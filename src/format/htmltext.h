/* htmltext: the text of an HTML page, without its markup: for previews and searching. It shows
 * nothing, it only reads: the result is text, never HTML to be shown.
 *
 * As forgiving as browsers are, and simpler: tags that end a line or a cell become a line feed,
 * others nothing; script, style and title go with what is in them; comments go; named (HTML 4) and
 * numbered characters are decoded. White space stays as it is.
 *
 * Input: a stranger's, UTF-8 in pieces of any size; bytes above 127 pass as they are. Linear cost,
 * no memory beyond the struct.
 */
#ifndef MOX_FORMAT_HTMLTEXT_H
#define MOX_FORMAT_HTMLTEXT_H

#include "base/buf.h"

enum {
	HTMLTEXT_NAME_MAX = 12,
	HTMLTEXT_ENTITY_MAX = 12,
	/* Bytes of output for one of input, at most; and HTMLTEXT_EXTRA. */
	HTMLTEXT_GROWTH = 1,
	HTMLTEXT_EXTRA = 32,
};

/* Private. */
struct htmltext {
	bool attributes; /* those that hold text are wanted */
	unsigned char state;
	bool closing; /* the tag is an end tag */
	bool wanted;  /* the attribute's value is */
	char quote;
	char name[HTMLTEXT_NAME_MAX]; /* of the tag or attribute, lower case, cut */
	size_t name_n;
	const char *skip; /* everything up to the end tag of that name; NULL: nothing */
	bool in_entity;
	char entity[HTMLTEXT_ENTITY_MAX]; /* what follows a `&`, so far */
	size_t entity_n;
	unsigned dashes; /* `-` in a row, in a comment */
};

/* attributes: href, alt and title count as text too, on lines of their own. */
void htmltext_init(struct htmltext *h, bool attributes);
void htmltext_add(struct htmltext *h, struct str s, struct buf *ret);
/* The page is complete: gives out what was held back. */
void htmltext_end(struct htmltext *h, struct buf *ret);

#endif
