/* utf8: UTF-8 as RFC 3629 §4 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef MOX_BASE_UTF8_H
#define MOX_BASE_UTF8_H

#include "base/buf.h"

enum { UTF8_REPLACEMENT = 0xfffd, UTF8_LAST = 0x10ffff };

/* The length (1-4) of the character at `at`, whose code point goes to ret_cp; 0 if there is none:
 * the end, or bytes that are not UTF-8. */
size_t utf8_decode(struct str s, size_t at, uint32_t *ret_cp);
/* The same for bytes of any kind: a piece that is not UTF-8 gives U+FFFD and the length of the
 * maximal subpart (Unicode 15, table 3-8). 0 only at the end. */
size_t utf8_decode_lossy(struct str s, size_t at, uint32_t *ret_cp);
/* The length of cp's UTF-8, written to ret; cp is a code point and no surrogate. */
size_t utf8_encode(uint32_t cp, char ret[4]);
void buf_utf8(struct buf *b, uint32_t cp);

bool utf8_valid(struct str s);
bool utf8_is_ascii(struct str s);
/* How many bytes from `at` are ASCII. */
size_t utf8_ascii_run(struct str s, size_t at);
/* The longest prefix of at most max bytes that does not end inside a character. */
struct str utf8_cut(struct str s, size_t max);
/* Adds s with U+FFFD in place of what is not UTF-8: at most three times as long. */
void buf_utf8_repair(struct buf *b, struct str s);

#endif
