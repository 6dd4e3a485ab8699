#include "base/test.h"

#include "base/attr.h"
#include "base/utf8.h"
#include "format/word.h"

static void decode(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{"", ""},
		{"plain\r\n text", "plain text"},
		{"two\r\n\t lines", "two\t lines"},
		/* RFC 2047 §8 */
		{"=?US-ASCII?Q?Keith_Moore?=", "Keith Moore"},
		{"=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=", "Keld J\u00f8rn Simonsen"},
		{"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n"
		 " =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
		 "If you can read this you understand the example."},
		{"=?ISO-8859-1?Q?a?=", "a"},
		{"=?ISO-8859-1?Q?a?= b", "a b"},
		{"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"},
		{"=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"},
		{"=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"},
		{"=?ISO-8859-1?Q?a_b?=", "a b"},
		{"=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"},
		{"=?iso-8859-8?b?7eXs+SDv4SDp7Oj08A==?=",
		 "\u05dd\u05d5\u05dc\u05e9 \u05df\u05d1 \u05d9\u05dc\u05d8\u05e4\u05e0"},
		/* RFC 2231 §5 */
		{"=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"},
		/* characters cut in two, in either encoding */
		{"=?utf-8?Q?gr=C3?= =?UTF-8?Q?=BCn?=", "gr\u00fcn"},
		{"=?utf-8?B?5w==?=\r\n =?utf-8?B?jKs=?=", "\u732b"},
		{"=?iso-2022-jp?B?GyRCRnw=?= =?iso-2022-jp?B?S1wbKEI=?=", "\u65e5\u672c"},
		{"=?utf-8?Q?=C3?= =?iso-8859-1?Q?=BC?=", "\ufffd\u00bc"},
		{"=?utf-8?Q?=C3?= x =?utf-8?Q?=BC?=", "\ufffd x \ufffd"},
		/* as real programs write them */
		{"=?iso-8859-1?q?this is some text?=", "this is some text"},
		{"[x]=?utf-8?B?YQ?=y", "[x]ay"},
		{"\"=?utf-8?q?a?=\"", "\"a\""},
		{"=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"},
		{"=?utf-8?Q?\?=", ""},
		{"=?utf-8?Q?Hello\r\n   \t  _there!?=", "Hello there!"},
		{"=?utf-8?B?VGhpcyBpcyB0aGUgb\r\n 3JpZ2luYWw=?=", "This is the original"},
		{"=?klingon?Q?gr=C3=BCn =FC?=", "gr\u00fcn \u00fc"},
		{"=?utf-8?q?a=?=", "a="},
		{"=?utf-8?q?=4?=", "=4"},
		{"=?utf-8?q?100%=25?=", "100%%"},
		/* no words */
		{"=?", "=?"},
		{"=?utf-8", "=?utf-8"},
		{"=?utf-8?q", "=?utf-8?q"},
		{"=?utf-8?q?a", "=?utf-8?q?a"},
		{"=?utf-8?x?a?=", "=?utf-8?x?a?="},
		{"=?\?q?a?=", "=?\?q?a?="},
		{"=? utf-8?q?a?=", "=? utf-8?q?a?="},
		{"a =?utf-8?q?b =?utf-8?q?c?=", "a b =?utf-8?q?c"},
		/* without words */
		{"gr\xc3\xbcn", "gr\u00fcn"},
		{"gr\xfcn", "gr\u00fcn"},
		/* nothing may end the line */
		{"=?utf-8?q?a=0D=0ABcc:_b=00c?=", "a  Bcc: b c"},
		{"=?utf-16?b?AA0ACgBi?=", "  b"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);

		word_decode(str_z(cases[i].in), &b);
		assert_str(cases[i].in, buf_str(&b), str_z(cases[i].want));
	}
}

static void params(void **state)
{
	static const struct {
		const char *value, *charset, *want;
	} cases[] = {
		{"gr\xfcn.txt", "iso-8859-1", "gr\u00fcn.txt"},
		{"gr\xc3\xbcn.txt", "", "gr\u00fcn.txt"},
		{"=?utf-8?q?gr=C3=BCn.txt?=", "", "gr\u00fcn.txt"},
		{"=?utf-8?q?a?=", "utf-8", "=?utf-8?q?a?="},
		{"gr\xfcn.txt", "klingon", "gr\u00fcn.txt"},
		{"a\r\nb", "utf-8", "a  b"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct param_text p = {.value = str_z(cases[i].value),
				       .charset = str_z(cases[i].charset)};
		BUF_AUTO b = BUF_INIT(1000);

		word_decode_param(&p, &b);
		assert_str(cases[i].value, buf_str(&b), str_z(cases[i].want));
	}
}

static void encode(void **state)
{
	static const struct {
		const char *in;
		size_t column;
		const char *want;
	} cases[] = {
		{"", 0, ""},
		{"gr\u00fcn und blau", 0, "=?utf-8?q?gr=C3=BCn_und_blau?="},
		{"\u65e5\u672c\u8a9e", 0, "=?utf-8?b?5pel5pys6Kqe?="},
		{"a=b?c\u00e4", 60, "\r\n =?utf-8?b?YT1iP2PDpA==?="},
		{"\u00e4 1234567890 1234567890 1234567890 1234567890 1234567890 \u00e4", 9,
		 "=?utf-8?q?=C3=A4_1234567890_1234567890_1234567890_1234567890_1234?=\r\n"
		 " =?utf-8?q?567890_=C3=A4?="},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);

		buf_words(&b, str_z(cases[i].in), cases[i].column);
		assert_str(cases[i].in, buf_str(&b), str_z(cases[i].want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode),
		cmocka_unit_test(params),
		cmocka_unit_test(encode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
