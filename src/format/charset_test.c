#include "base/test.h"

#include "base/attr.h"
#include "base/utf8.h"
#include "format/charset.h"

struct sample {
	const char *name;
	struct str in, want;
};

/* Encoded by Python's codecs. */
static const struct sample samples[] = {
	/* clang-format off */
		{"utf-8", STR_INIT("gr\303\274n \360\237\230\200"), STR_INIT("gr\303\274n \360\237\230\200")},
		{"UTF-16", STR_INIT("\000\374\330=\336\000\000!"), STR_INIT("\303\274\360\237\230\200!")},
		{"utf-16le", STR_INIT("\374\000=\330\000\336!\000"), STR_INIT("\303\274\360\237\230\200!")},
		{"UTF-32BE", STR_INIT("\000\000\000\374\000\001\366\000"), STR_INIT("\303\274\360\237\230\200")},
		{"utf-7", STR_INIT("Hi +ImIDkQ. +-x +2D3eAA-"), STR_INIT("Hi \342\211\242\316\221. +x \360\237\230\200")},
		{"gb2312", STR_INIT("\304\343\272\303\243\254\300\312\351F\273\371\243\241"), STR_INIT("\344\275\240\345\245\275\357\274\214\346\234\227\351\225\225\345\237\272\357\274\201")},
		{"gb18030", STR_INIT("\326\320\316\304 \2252\2201 \250\271"), STR_INIT("\344\270\255\346\226\207 \360\240\202\207 \303\274")},
		{"big5", STR_INIT("\301c\305\351\244\244\244\345"), STR_INIT("\347\271\201\351\253\224\344\270\255\346\226\207")},
		{"Big5-HKSCS", STR_INIT("\210b\255\273\264\344"), STR_INIT("\303\212\314\204\351\246\231\346\270\257")},
		{"big5", STR_INIT("\207\337\241E\240\325\374w"), STR_INIT("\u9fcb\u2027\u7468\U0002f8a6")},
		{"euc-jp", STR_INIT("\306\374\313\334\270\354 \216\266\216\305"), STR_INIT("\346\227\245\346\234\254\350\252\236 \357\275\266\357\276\205")},
		{"Shift_JIS", STR_INIT("\223\372\226{\214\352\266\305\207@\356\340"), STR_INIT("\346\227\245\346\234\254\350\252\236\357\275\266\357\276\205\342\221\240\351\253\231")},
		{"x-sjis", STR_INIT("\225\134\134"), STR_INIT("\350\241\250\134")},
		{"ISO-2022-JP", STR_INIT("ab\033$BF|K\1348l\033(B\012cd\033(I6E\033(B \033$(D0!\033(B"), STR_INIT("ab\346\227\245\346\234\254\350\252\236\012cd\357\275\266\357\276\205 \344\270\202")},
		{"ks_c_5601-1987", STR_INIT("\307\321\261\271\276\356 \214\355"), STR_INIT("\355\225\234\352\265\255\354\226\264 \353\232\260")},
		{"euc-kr", STR_INIT("\276\310\263\347"), STR_INIT("\354\225\210\353\205\225")},
		{"iso-2022-kr", STR_INIT("a\033$)C\016>H3g\017b"), STR_INIT("a\354\225\210\353\205\225b")},
		{"hz-gb-2312", STR_INIT("a~~~{Dc:C~}~~b"), STR_INIT("a~\344\275\240\345\245\275~b")},
		{"iso-8859-1", STR_INIT("\200 \223gr\374n\224"), STR_INIT("\342\202\254 \342\200\234gr\303\274n\342\200\235")},
		{"Windows-1251", STR_INIT("\317\360\350\342\345\362"), STR_INIT("\320\237\321\200\320\270\320\262\320\265\321\202")},
		{"koi8-r", STR_INIT("\360\322\311\327\305\324"), STR_INIT("\320\237\321\200\320\270\320\262\320\265\321\202")},
		{"KOI8-U", STR_INIT("\267\255"), STR_INIT("\320\207\322\221")},
		{"iso-8859-2", STR_INIT("\243\363d\274"), STR_INIT("\305\201\303\263d\305\272")},
		{"ISO-8859-8-I", STR_INIT("\371\354\345\355"), STR_INIT("\327\251\327\234\327\225\327\235")},
		{"iso-8859-15", STR_INIT("\244\275"), STR_INIT("\342\202\254\305\223")},
		{"ibm866", STR_INIT("\217\340\261"), STR_INIT("\320\237\321\200\342\226\222")},
		{"macintosh", STR_INIT("\237\340"), STR_INIT("\303\274\342\200\241")},
		{"tis-620", STR_INIT("\344\267\302"), STR_INIT("\340\271\204\340\270\227\340\270\242")},
	/* clang-format on */
};

/* In one piece, and in pieces of every length by one decoder. */
static void check(const struct sample *c)
{
	BUF_AUTO all = BUF_INIT(1000), pieces = BUF_INIT(1000);
	struct charset_decoder d;

	assert_true(charset_to_utf8(str_z(c->name), c->in, &all));
	assert_str(c->name, buf_str(&all), c->want);
	charset_decoder_init(&d, charset_find(str_z(c->name)));
	for (size_t piece = 1; piece <= c->in.n; piece++) {
		buf_clear(&pieces);
		for (size_t i = 0; i < c->in.n; i += piece)
			charset_decode(&d, str_sub(c->in, i, i + piece), i + piece >= c->in.n,
				       &pieces);
		assert_str(c->name, buf_str(&pieces), c->want);
	}
}

static void known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++)
		check(&samples[i]);
}

static void broken(void **state)
{
	static const struct sample cases[] = {
		{"utf-8", STR_INIT("\xef\xbb\xbfx\xff\xe2\x82"), STR_INIT("x\ufffd\ufffd")},
		{"us-ascii", STR_INIT("gr\xc3\xbcn gr\xfcn \x80"),
		 STR_INIT("gr\u00fcn gr\u00fcn \u20ac")},
		{"unknown-8bit", STR_INIT("\xe2\x82"), STR_INIT("\u00e2\u201a")},
		{"utf-16", STR_INIT("\xff\xfe\xfc\x00"), STR_INIT("\u00fc")},
		{"utf-16le", STR_INIT("\xfe\xff\x00\xfc"), STR_INIT("\u00fc")},
		{"utf-16", STR_INIT("\xd8\x3d\x00\x61\xde\x00\xd8\x3d"),
		 STR_INIT("\ufffda\ufffd\ufffd")},
		{"utf-16", STR_INIT("\x00\x61\x00"), STR_INIT("a\ufffd")},
		{"utf-32", STR_INIT("\x00\x11\x00\x00\x00\x00\xd8\x00"), STR_INIT("\ufffd\ufffd")},
		{"utf-7", STR_INIT("a+-b+AOQ-c+AOQd+\xff"), STR_INIT("a+b\u00e4c\u00e4\ufffd")},
		{"utf-7", STR_INIT("+2D0-x"), STR_INIT("\ufffdx")},
		{"gb2312", STR_INIT("\xc4\xe3\xff\xba"), STR_INIT("\u4f60\ufffd\ufffd")},
		{"gb2312", STR_INIT("<\x81>\x81\x30<\x81\x30\x81\"\x81\x30\x81\x30\x80"),
		 STR_INIT("<\ufffd>\ufffd0<\ufffd0\ufffd\"\xc2\x80\u20ac")},
		{"gb18030",
		 STR_INIT("\x81\x35\xf4\x37\xa8\xbc\xe3\x32\x9a\x35\xe3\x32\x9a\x36-\x81"),
		 STR_INIT("\ue7c7\u1e3f\U0010ffff\ufffd-\ufffd")},
		{"gb18030",
		 STR_INIT("\x84\x31\xa4\x39\x84\x31\xa5\x30\x8f\x39\xfe\x39\x90\x30\x81\x30"),
		 STR_INIT("\uffff\ufffd\ufffd\U00010000")},
		{"big5", STR_INIT("\x88\x62\x88\x64\x88\xa3\x88\xa5\x88<\x88\xff\x80."),
		 STR_INIT("\u00ca\u0304\u00ca\u030c\u00ea\u0304\u00ea\u030c\ufffd<\ufffd\ufffd.")},
		{"euc-jp", STR_INIT("\x8e\xe0\x8e<\x8f<\x8f\xb0<\x8f\xb0\xa1\x80\xa1"),
		 STR_INIT("\ufffd\ufffd<\ufffd<\ufffd<\u4e02\ufffd\ufffd")},
		{"shift_jis",
		 STR_INIT("\x93\x0a"
			  "abc\x93"),
		 STR_INIT("\ufffd\nabc\ufffd")},
		{"shift_jis", STR_INIT("\xf0\x40\xf9\xfc\x80\xa0\xfd\x81<"),
		 STR_INIT("\ue000\ue757\xc2\x80\ufffd\ufffd\ufffd<")},
		{"euc-kr", STR_INIT("\xff\x41"),
		 STR_INIT("\ufffd"
			  "A")},
		{"iso-2022-jp", STR_INIT("\x1b$BF|\x1b(Xab\x1b"),
		 STR_INIT("\u65e5\ufffd\u75f0\ufffd")},
		{"iso-2022-jp", STR_INIT("\x1b$BF|\nab"), STR_INIT("\u65e5\nab")},
		{"iso-8859-8", STR_INIT("\xbf\xe0"), STR_INIT("\ufffd\u05d0")},
		{"windows-1252", STR_INIT("\x81"), STR_INIT("\ufffd")},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(&cases[i]);
}

static void names(void **state)
{
	static const struct {
		const char *name, *want; /* NULL: unknown */
	} cases[] = {
		{"UTF8", "utf-8"},
		{" Utf_8 ", "utf-8"},
		{"iso-8859-1", "windows-1252"},
		{"ISO_8859-1:1987", "windows-1252"},
		{"latin1", "windows-1252"},
		{"US-ASCII", "us-ascii"},
		{"ANSI_X3.4-1968", "us-ascii"},
		{"gb2312", "gb18030"},
		{"x-gbk", "gb18030"},
		{"ks_c_5601-1987", "euc-kr"},
		{"ms949", "euc-kr"},
		{"iso-ir-149", "euc-kr"},
		{"shift-jis", "shift_jis"},
		{"unicode-1-1-utf-7", "utf-7"},
		{"HZ-GB-2312", "hz-gb-2312"},
		{"ISO-8859-8-E", "iso-8859-8"},
		{"x-mac-cyrillic", "x-mac-cyrillic"},
		{"ISO-2022-JP-MS", "iso-2022-jp"},
		{"x-user-defined", "us-ascii"},
		{"\"utf-8\"", "utf-8"},
		{"", NULL},
		{"-", NULL},
		{"klingon", NULL},
		{"utf-8//TRANSLIT", NULL},
		{"../../tmp/evil", NULL},
		{"utf-8utf-8utf-8utf-8utf-8utf-8utf-8utf-8utf-8utf-8utf-8utf-8utf-8", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct charset *cs = charset_find(str_z(cases[i].name));
		BUF_AUTO b = BUF_INIT(10);

		assert_str(cases[i].name, cs ? charset_name(cs) : STR("unknown"),
			   cases[i].want ? str_z(cases[i].want) : STR("unknown"));
		assert_int_equal(charset_to_utf8(str_z(cases[i].name), STR("x"), &b), cs != NULL);
		assert_int_equal(b.n, cs != NULL);
	}
	assert_null(charset_find(STR("utf\0-8")));
}

static void output_is_bounded(void **state)
{
	BUF_AUTO in = BUF_INIT(100000), out = BUF_INIT(5000);

	(void)state;
	buf_char_n(&in, '\x81', 100000);
	assert_true(charset_to_utf8(STR("gbk"), buf_str(&in), &out));
	assert_true(buf_failed(&out));
	assert_true(out.n <= 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known),
		cmocka_unit_test(broken),
		cmocka_unit_test(names),
		cmocka_unit_test(output_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
