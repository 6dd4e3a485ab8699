#include "base/test.h"

#include "format/fold.h"

static void folds(void **state)
{
	static const struct {
		const char *name;
		struct str s, want;
	} cases[] = {
		{"empty", STR_INIT(""), STR_INIT("")},
		{"ascii", STR_INIT("HeLLo World"), STR_INIT("hello world")},
		{"white space", STR_INIT("\r\n a\t \r\n\r\nb \0c\x7f"), STR_INIT(" a b c ")},
		{"white space of other kinds",
		 STR_INIT("a\xc2\xa0 \xe3\x80\x80\xe2\x80\xa8\xc2\x85z"), STR_INIT("a z")},
		{"letters", STR_INIT("\xc3\x84\xc3\x96\xc3\x9c"),
		 STR_INIT("\xc3\xa4\xc3\xb6\xc3\xbc")},
		{"full case folding",
		 STR_INIT("Stra\xc3\x9f"
			  "e"),
		 STR_INIT("strasse")},
		{"decomposed", STR_INIT("A\xcc\x88z"), STR_INIT("\xc3\xa4z")},
		{"marks in another order", STR_INIT("a\xcc\x82\xcc\xa3"), STR_INIT("\xe1\xba\xad")},
		{"compatibility", STR_INIT("\xef\xac\x81\xef\xbc\xa1\xe2\x91\xa0"),
		 STR_INIT("fia1")},
		{"halfwidth katakana with voice mark", STR_INIT("\xef\xbd\xb6\xef\xbe\x9e"),
		 STR_INIT("\xe3\x82\xac")},
		{"hangul jamo", STR_INIT("\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8"),
		 STR_INIT("\xea\xb0\x81")},
		{"ideographs", STR_INIT("\xe7\xbb\x8f\xe6\xb5\x8e"),
		 STR_INIT("\xe7\xbb\x8f\xe6\xb5\x8e")},
		{"invisible", STR_INIT("in\xc2\xadvi\xe2\x80\x8bsible\xef\xbb\xbf"),
		 STR_INIT("invisible")},
		{"greek", STR_INIT("\xce\xa3\xcf\x82\xcf\x83"),
		 STR_INIT("\xcf\x83\xcf\x83\xcf\x83")},
		{"mark at the start",
		 STR_INIT("\xcc\x88"
			  "a"),
		 STR_INIT("\xcc\x88"
			  "a")},
		{"no utf-8", STR_INIT("a\xff\xc3"), STR_INIT("a\xef\xbf\xbd\xef\xbf\xbd")},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);
		BUF_AUTO again = BUF_INIT(1000);

		buf_fold(&b, cases[i].s);
		assert_str(cases[i].name, buf_str(&b), cases[i].want);
		buf_fold(&again, buf_str(&b));
		assert_str(cases[i].name, buf_str(&again), buf_str(&b));
	}
}

/* A letter with any number of marks costs no more than its bytes. */
static void many_marks(void **state)
{
	BUF_AUTO in = BUF_INIT(1 << 20);
	BUF_AUTO out = BUF_INIT((1 << 20) * FOLD_GROWTH);

	(void)state;
	buf_char(&in, 'a');
	for (int i = 0; i < 100000; i++)
		buf_str_add(&in, STR("\xcc\xa3\xcc\x82"));
	buf_fold(&out, buf_str(&in));
	assert_false(buf_failed(&out));
	assert_in_range(out.n, in.n - 10, in.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds),
		cmocka_unit_test(many_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
