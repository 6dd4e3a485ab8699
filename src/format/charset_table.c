#include "format/charset_table.h"

#include "base/attr.h"
#include "format/charset_tables.h"

/* clang-format off */
const struct charset charset_table[] = {
	{"utf-8", CHARSET_UTF8, NULL, NULL, "unicode11utf8 unicode20utf8 xunicode20utf8 utf8mb4 cp65001 csutf8"},
	{"us-ascii", CHARSET_GUESS, cp1252, NULL,
	 "ascii ansix3.41968 iso646us iso646.irv:1991 us usascii7 unknown8bit unknown xunknown 8bit 7bit binary "
	 "default xuserdefined csascii"},
	{"utf-7", CHARSET_UTF7, NULL, NULL, "unicode11utf7 xunicode20utf7 csunicode11utf7"},
	{"utf-16", CHARSET_UTF16, NULL, NULL, "utf16be unicodefffe ucs2 iso10646ucs2 csutf16 csutf16be"},
	{"utf-16le", CHARSET_UTF16LE, NULL, NULL, "unicode unicodefeff csunicode csutf16le ucs2le"},
	{"utf-32", CHARSET_UTF32, NULL, NULL, "utf32be ucs4 iso10646ucs4 csutf32 csutf32be"},
	{"utf-32le", CHARSET_UTF32LE, NULL, NULL, "ucs4le csutf32le"},

	{"gb18030", CHARSET_EAST, NULL, charset_east_gb18030,
	 "gb2312 gbk xgbk cp936 ms936 windows936 chinese csgb2312 csiso58gb231280 gb23121980 gb231280 euccn xeuccn "
	 "isoir58 gb180302022"},
	{"big5", CHARSET_EAST, NULL, charset_east_big5, "big5hkscs cnbig5 csbig5 xxbig5 cp950 ms950 windows950"},
	{"euc-jp", CHARSET_EAST, NULL, charset_east_euc_jp,
	 "xeucjp cseucpkdfmtjapanese eucjpms ujis extendedunixcodepackedformatforjapanese"},
	{"shift_jis", CHARSET_EAST, NULL, charset_east_shift_jis,
	 "csshiftjis ms932 mskanji sjis windows31j xsjis cp932 windows932 cswindows31j"},
	{"euc-kr", CHARSET_EAST, NULL, charset_east_euc_kr,
	 "cseuckr csksc56011987 isoir149 korean ksc5601 ksc56011987 ksc56011989 windows949 cp949 ms949 uhc"},
	{"iso-2022-jp", CHARSET_ISO2022JP, NULL, charset_east_euc_jp,
	 "csiso2022jp iso2022jp1 iso2022jp2 iso2022jp3 iso2022jpms iso2022jp2004 csiso2022jp2 cp50220 cp50221 "
	 "cp50222 jis"},
	{"iso-2022-kr", CHARSET_ISO2022KR, NULL, charset_east_euc_kr, "csiso2022kr"},
	{"hz-gb-2312", CHARSET_HZ, NULL, charset_east_gb18030, "hz"},

	{"windows-1250", CHARSET_TABLE, cp1250, NULL, "cp1250 xcp1250"},
	{"windows-1251", CHARSET_TABLE, cp1251, NULL, "cp1251 xcp1251"},
	{"windows-1252", CHARSET_TABLE, cp1252, NULL,
	 "cp1252 xcp1252 ansi iso88591 iso88591:1987 88591 latin1 l1 isoir100 cp819 ibm819 csisolatin1"},
	{"windows-1253", CHARSET_TABLE, cp1253, NULL, "cp1253 xcp1253"},
	{"windows-1254", CHARSET_TABLE, cp1254, NULL,
	 "cp1254 xcp1254 iso88599 iso88599:1989 88599 latin5 l5 isoir148 csisolatin5"},
	{"windows-1255", CHARSET_TABLE, cp1255, NULL, "cp1255 xcp1255"},
	{"windows-1256", CHARSET_TABLE, cp1256, NULL, "cp1256 xcp1256"},
	{"windows-1257", CHARSET_TABLE, cp1257, NULL, "cp1257 xcp1257"},
	{"windows-1258", CHARSET_TABLE, cp1258, NULL, "cp1258 xcp1258"},
	{"windows-874", CHARSET_TABLE, cp874, NULL, "cp874 dos874 iso885911 tis620 tis620.2533 cstis620"},
	{"iso-8859-2", CHARSET_TABLE, iso8859_2, NULL,
	 "iso88592:1987 88592 latin2 l2 isoir101 csisolatin2"},
	{"iso-8859-3", CHARSET_TABLE, iso8859_3, NULL,
	 "iso88593:1988 88593 latin3 l3 isoir109 csisolatin3"},
	{"iso-8859-4", CHARSET_TABLE, iso8859_4, NULL,
	 "iso88594:1988 88594 latin4 l4 isoir110 csisolatin4"},
	{"iso-8859-5", CHARSET_TABLE, iso8859_5, NULL,
	 "iso88595:1988 88595 cyrillic isoir144 csisolatincyrillic"},
	{"iso-8859-6", CHARSET_TABLE, iso8859_6, NULL,
	 "iso88596:1987 88596 iso88596e iso88596i arabic asmo708 ecma114 isoir127 csisolatinarabic "
	 "csiso88596e csiso88596i"},
	{"iso-8859-7", CHARSET_TABLE, iso8859_7, NULL,
	 "iso88597:1987 88597 greek greek8 ecma118 elot928 isoir126 csisolatingreek suneugreek"},
	{"iso-8859-8", CHARSET_TABLE, iso8859_8, NULL,
	 "iso88598:1988 88598 iso88598e iso88598i hebrew visual logical isoir138 csisolatinhebrew "
	 "csiso88598e csiso88598i"},
	{"iso-8859-10", CHARSET_TABLE, iso8859_10, NULL, "latin6 l6 isoir157 csisolatin6"},
	{"iso-8859-13", CHARSET_TABLE, iso8859_13, NULL, "latin7"},
	{"iso-8859-14", CHARSET_TABLE, iso8859_14, NULL, "latin8"},
	{"iso-8859-15", CHARSET_TABLE, iso8859_15, NULL, "latin9 l9 csisolatin9"},
	{"iso-8859-16", CHARSET_TABLE, iso8859_16, NULL, "latin10 l10"},
	{"koi8-r", CHARSET_TABLE, koi8_r, NULL, "koi koi8 cskoi8r"},
	{"koi8-u", CHARSET_TABLE, koi8_u, NULL, "koi8ru"},
	{"macintosh", CHARSET_TABLE, mac_roman, NULL, "mac macroman xmacroman csmacintosh"},
	{"x-mac-cyrillic", CHARSET_TABLE, mac_cyrillic, NULL, "maccyrillic xmacukrainian"},
	{"ibm437", CHARSET_TABLE, cp437, NULL, "cp437 437"},
	{"ibm850", CHARSET_TABLE, cp850, NULL, "cp850 850"},
	{"ibm852", CHARSET_TABLE, cp852, NULL, "cp852 852"},
	{"ibm855", CHARSET_TABLE, cp855, NULL, "cp855 855"},
	{"ibm857", CHARSET_TABLE, cp857, NULL, "cp857 857"},
	{"ibm858", CHARSET_TABLE, cp858, NULL, "cp858 ibm00858 cp00858"},
	{"ibm862", CHARSET_TABLE, cp862, NULL, "cp862 862 dos862"},
	{"ibm866", CHARSET_TABLE, cp866, NULL, "cp866 866 csibm866"},
};
/* clang-format on */

const size_t charset_table_n = ARRAY_LEN(charset_table);
