/* mbox: many messages in one file (RFC 4155), in the mboxrd form: a message begins with a line
 * `From ` at the start of the file or after an empty line, and lines of it that begin with any
 * number of `>` and `From ` have one `>` more than the message had.
 *
 * Input: somebody's file. Everything between two such lines is a message; nothing is refused but a
 * file that does not begin with one.
 */
#ifndef MOX_FORMAT_MBOX_H
#define MOX_FORMAT_MBOX_H

#include "base/buf.h"

struct mbox {
	struct str s;
	size_t at;
};

struct mbox_message {
	struct str from; /* the first line, without its end */
	struct str raw;  /* what follows, as it stands, without the empty line before the next */
};

/* False if s is not empty and does not begin with `From `. */
bool mbox_open(struct str s, struct mbox *ret);
/* The next message; false after the last. */
bool mbox_next(struct mbox *m, struct mbox_message *ret);
/* Adds the message with the added `>` removed and line ends as CRLF. */
void mbox_message(struct str raw, struct buf *b);
/* The time in `From a@b Mon Jan  2 15:04:05 2006`, taken as UTC where there is no zone. */
bool mbox_from_time(struct str from, int64_t *ret_unix);

/* Adds s with every line end as CRLF; a bare CR stays. */
void buf_crlf(struct buf *b, struct str s);
/* Adds s with every CRLF as LF. */
void buf_lf(struct buf *b, struct str s);

#endif
