/* hex: base 16, RFC 4648 §8, written in lower case. */
#ifndef MOX_BASE_HEX_H
#define MOX_BASE_HEX_H

#include "base/buf.h"

void buf_hex(struct buf *b, struct str s);
/* The value of a hexadecimal digit of either case, or -1. */
int hex_digit(char c);
/* Adds the bytes that s encodes to ret. False, and nothing added, for an odd length or another
 * byte. */
bool hex_decode(struct str s, struct buf *ret) NODISCARD;

#endif
