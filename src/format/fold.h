/* fold: text in the form in which searching compares it: case folded and normalised (Unicode's NFKC
 * with full case folding), characters that nobody sees removed, white space and controls of any
 * kind and number one space. What is searched for and what is searched in are folded alike; then
 * bytes are compared.
 *
 * Input: UTF-8 in pieces of whole characters; what is not UTF-8 becomes U+FFFD. Pieces of any size
 * give the same. Linear cost. Of more than FOLD_CLUSTER marks on one letter, each so many are
 * folded by themselves.
 */
#ifndef MOX_FORMAT_FOLD_H
#define MOX_FORMAT_FOLD_H

#include "base/buf.h"

enum {
	FOLD_CLUSTER = 32,
	FOLD_GROWTH = 12, /* bytes for one of input, at most; and FOLD_EXTRA */
	FOLD_EXTRA = FOLD_CLUSTER * 36,
};

/* Private. */
struct fold {
	int32_t held[FOLD_CLUSTER]; /* a letter and the marks on it so far */
	size_t n;
	bool space; /* the last character given out is one */
};

void fold_init(struct fold *f);
void fold_add(struct fold *f, struct str s, struct buf *ret);
/* The text is complete: gives out what was held back. The fold is as new. */
void fold_end(struct fold *f, struct buf *ret);
/* All at once. */
void buf_fold(struct buf *b, struct str s);

#endif
