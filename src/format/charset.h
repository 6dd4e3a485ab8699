/* charset: text in the character sets of mail, as UTF-8.
 *
 * Names and bytes mean what the WHATWG Encoding Standard says, which is what mail programs mean by
 * them (iso-8859-1 is windows-1252, gb2312 is GB18030, shift_jis is CP932). The system's converters
 * are not asked. us-ascii, and the names that say nothing (unknown-8bit), are read as UTF-8 where
 * they are UTF-8 and byte by byte as windows-1252 where not.
 *
 * Input: any bytes. What means nothing becomes U+FFFD; the result is UTF-8 always, and at most
 * CHARSET_GROWTH times as long.
 * Threads: a decoder belongs to one.
 */
#ifndef MOX_FORMAT_CHARSET_H
#define MOX_FORMAT_CHARSET_H

#include "base/buf.h"

enum {
	CHARSET_NAME_MAX = 64,
	CHARSET_GROWTH = 6, /* bytes of UTF-8 for one that is broken, else 3; and CHARSET_EXTRA */
	CHARSET_EXTRA = 16,
};

struct charset;

/* The set of a name as it stands in charset=, any case, `-` and `_` ignored. NULL if it is none
 * that we know: the caller treats the text as raw bytes. */
const struct charset *charset_find(struct str name);
/* Its name in our spelling: "windows-1252". */
struct str charset_name(const struct charset *cs);

/* Adds s decoded to ret. False, and nothing added, for an unknown name. */
bool charset_to_utf8(struct str name, struct str s, struct buf *ret) NODISCARD;

/* The same in pieces: each piece's characters come out as soon as they are whole. A decoder owns
 * nothing. */
struct charset_decoder {
	const struct charset *cs;
	size_t n; /* bytes in stage */
	unsigned char stage[256];
	unsigned char mode, escape[4], escape_n; /* of ISO-2022 and HZ */
	bool started, little_endian, second;
	uint32_t bits, bits_n, high; /* of UTF-7; high: the first half of a surrogate pair */
};
void charset_decoder_init(struct charset_decoder *d, const struct charset *cs);
/* Adds what s completes. With last, what is unfinished becomes U+FFFD and the decoder is as new. */
void charset_decode(struct charset_decoder *d, struct str s, bool last, struct buf *ret);

#endif
