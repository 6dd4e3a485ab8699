/* charset_shift: the seven-bit East Asian forms, ISO-2022-JP (RFC 1468, 1554, 2237), ISO-2022-KR
 * (RFC 1557) and HZ (RFC 1843), turned into EUC byte by byte. Private to charset.
 *
 * iconv could read them, but its ISO-2022 modules have had the memory errors, and do not know the
 * vendors' characters that EUC-JP-MS has.
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
