#include "base/test.h"

#include "base/attr.h"
#include "format/subject.h"

static void base(void **state)
{
	static const struct {
		const char *in, *want;
		bool reply;
	} cases[] = {
		{"", "", false},
		{"Hello", "hello", false},
		{"Hello\r\n  there \t you", "hello there you", false},
		{"Re: Hello", "hello", true},
		{"RE:Hello", "hello", true},
		{"re : Hello", "hello", true},
		{"Re: re: FWD: fw: Hello", "hello", true},
		{"Re[2]: Hello", "hello", true},
		{"re [2]: hello", "hello", true},
		{"[list] Hello", "hello", false},
		{"[list] Re: Hello", "hello", true},
		{"Re: [list] Hello", "hello", true},
		{"[a] [b] re: [c] fwd: hello", "hello", true},
		{"[list]", "[list]", false},
		{"Re: [list]", "[list]", true},
		{"Hello (fwd)", "hello", true},
		{"Hello (fwd) (FWD) ", "hello", true},
		{"[Fwd: Hello]", "hello", true},
		{"[Fwd: [fwd: Re: Hello (fwd)]]", "hello", true},
		{"[fwd: hello", "[fwd: hello", false},
		{"Reply: x", "reply: x", false},
		{"re", "re", false},
		{"Re:", "", true},
		{"fwd", "fwd", false},
		{"AW: Hello", "aw: hello", false},
		{"[unclosed hello", "[unclosed hello", false},
		{"[a[b] x", "[a[b] x", false},
		{"\u00c4rger", "\u00e4rger", false},
		{"Re: \u0416\u0423\u041a", "\u0436\u0443\u043a", true},
		{"a\xff", "a\ufffd", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);
		bool reply = subject_base(str_z(cases[i].in), &b);

		assert_str(cases[i].in, buf_str(&b), str_z(cases[i].want));
		assert_int_equal(reply, cases[i].reply);
	}
}

static void limit(void **state)
{
	BUF_AUTO in = BUF_INIT(2 * SUBJECT_MAX), out = BUF_INIT(4 * SUBJECT_MAX);

	(void)state;
	buf_char_n(&in, 'x', SUBJECT_MAX);
	subject_base(buf_str(&in), &out);
	assert_int_equal(out.n, SUBJECT_MAX);
	buf_clear(&out);
	buf_char(&in, 'x');
	subject_base(buf_str(&in), &out);
	assert_int_equal(out.n, SUBJECT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base),
		cmocka_unit_test(limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
