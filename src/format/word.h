/* word: encoded words, RFC 2047: header text that is not ASCII, from and to UTF-8.
 *
 * Reading is as tolerant as mail programs are: words anywhere, also inside quotes and beside other
 * text (§5 wants them apart), with spaces or no padding inside, longer than 75; characters split
 * between words of one character set; bytes above 127 without any word, read as UTF-8 or else
 * windows-1252; a language behind the character set (RFC 2231 §5). A word in a character set that
 * we do not know is read like such bytes.
 *
 * Input: a stranger's bytes, as header_field.value, or a name of format/address. Linear cost.
 */
#ifndef MOX_FORMAT_WORD_H
#define MOX_FORMAT_WORD_H

#include "base/buf.h"
#include "format/param.h"

enum {
	WORD_LINE_MAX = 76, /* of a line that holds an encoded word, RFC 2047 §2 */
	WORD_MAX = 75,
	WORD_GROWTH = 6, /* bytes of UTF-8 for one of input, at most */
};

/* Adds s as UTF-8 on one line: folding undone, encoded words decoded, the white space between two
 * of them dropped (RFC 2047 §6.2). CR, LF and NUL that words hold become spaces. */
void word_decode(struct str s, struct buf *ret);

/* Adds the value of a parameter (a file name) as UTF-8, from its character set (RFC 2231 §4) or,
 * where it has none, as encoded words, which Outlook and others write there. One line as above. */
void word_decode_param(const struct param_text *p, struct buf *ret);

/* Adds s, UTF-8, as encoded words in UTF-8, on lines of at most WORD_LINE_MAX that are folded with
 * CRLF and a space; column is where the line stands. Each word is whole characters, in Q where most
 * of it stays legible and with Q's bytes as a phrase needs them (§5 (3)), else in B. Returns the
 * column after it. Nothing is added for an empty s. */
size_t buf_words(struct buf *b, struct str s, size_t column);

#endif
