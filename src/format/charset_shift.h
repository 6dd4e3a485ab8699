/* charset_shift: the seven-bit East Asian forms, ISO-2022-JP (RFC 1468, 1554, 2237), ISO-2022-KR
 * (RFC 1557) and HZ (RFC 1843), turned into EUC byte by byte, so that one reader of a set does for
 * both. Private to charset.
 */
#ifndef MOX_FORMAT_CHARSET_SHIFT_H
#define MOX_FORMAT_CHARSET_SHIFT_H

#include "format/charset.h"
#include "format/charset_table.h"

enum { CHARSET_SHIFT_MAX = 4 }; /* bytes that one byte may stage */

static inline bool charset_is_shifted(enum charset_kind kind)
{
	return kind >= CHARSET_ISO2022JP;
}
/* Stages what c means in d's set, which is one of the shifted; d->stage has CHARSET_SHIFT_MAX bytes
 * of room. */
void charset_shift(struct charset_decoder *d, unsigned char c);
/* The text is over: an unfinished escape sequence becomes a byte that is none of EUC. */
void charset_shift_end(struct charset_decoder *d);

#endif
