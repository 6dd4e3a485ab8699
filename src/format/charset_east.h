/* charset_east: the East Asian sets, whose characters have one to four bytes. Private to charset.
 *
 * Read as the decoders of the WHATWG Encoding Standard read them, from its indexes
 * (tools/charsets.py makes them): `gb18030` is GB18030-2022, GBK and GB2312; `big5` has the Hong
 * Kong supplement; `shift_jis` is code page 932, `euc_kr` 949. `euc_jp` has JIS X 0212, and NEC's
 * and IBM's characters where JIS X 0208 has room for them. An ASCII byte that does not complete a
 * character is never a part of what is broken before it: no lead byte hides a quote or a tag. (Only
 * the digits of a four-byte form are: those of one that has no meaning, and of one that the text
 * ends in.)
 */
#ifndef MOX_FORMAT_CHARSET_EAST_H
#define MOX_FORMAT_CHARSET_EAST_H

#include <stddef.h>
#include <stdint.h>

/* Two words, so that it is returned in registers. */
struct charset_east {
	size_t n;        /* its bytes; 0: p ends within it */
	uint64_t points; /* what they mean, U+FFFD if nothing; a second code point, or 0, is above
			    it */
};

/* The character at p, which has n > 0 bytes and does not begin with ASCII. */
typedef struct charset_east charset_east_fn(const unsigned char *p, size_t n);

charset_east_fn charset_east_gb18030, charset_east_big5, charset_east_euc_jp,
	charset_east_shift_jis, charset_east_euc_kr;

#endif
