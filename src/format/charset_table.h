/* charset_table: the character sets and their names. Private to charset. */
#ifndef MOX_FORMAT_CHARSET_TABLE_H
#define MOX_FORMAT_CHARSET_TABLE_H

#include "format/charset_east.h"

enum charset_kind {
	CHARSET_TABLE,
	CHARSET_GUESS, /* UTF-8, or else of a table */
	CHARSET_UTF8,
	CHARSET_UTF7,
	CHARSET_UTF16, /* big-endian unless a byte order mark says otherwise (RFC 2781 §4.3) */
	CHARSET_UTF16LE,
	CHARSET_UTF32,
	CHARSET_UTF32LE,
	CHARSET_EAST,
	/* seven-bit forms of these */
	CHARSET_ISO2022JP,
	CHARSET_ISO2022KR,
	CHARSET_HZ,
};

struct charset {
	const char *name;
	enum charset_kind kind;
	const uint16_t *table; /* of bytes 0x80-0xff */
	charset_east_fn *east; /* of CHARSET_EAST and the seven-bit forms */
	/* Other names, a space between them, in lower case without `-` and `_`. */
	const char *aliases;
};

extern const struct charset charset_table[];
extern const size_t charset_table_n;

#endif
