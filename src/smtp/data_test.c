#include "base/test.h"

#include "base/buf.h"
#include "smtp/data.h"

/* Decodes in steps of chunk octets (0: all at once); returns how much of the input was taken. */
static size_t decode(struct str in, size_t chunk, struct smtp_data *d, struct buf *ret)
{
	size_t taken = 0;

	smtp_data_init(d);
	while (taken < in.n && !smtp_data_ended(d)) {
		struct str step = str_sub(in, taken, chunk ? taken + chunk : in.n);
		struct str rest = step, piece;

		while ((piece = smtp_data_next(d, &rest)).n)
			buf_str_add(ret, piece);
		taken += step.n - rest.n;
	}
	return taken;
}

enum { CR_ = 1, LF_ = 2 };

static const struct {
	const char *in;
	const char *want;
	const char *left; /* behind the end; NULL: no end */
	unsigned spoiled;
} cases[] = {
	{".\r\n", "", "", 0},
	{"a\r\n.\r\nMAIL", "a\r\n", "MAIL", 0},
	{"..\r\n.\r\n", ".\r\n", "", 0},
	{"..a\r\n.b\r\n.\r\n", ".a\r\nb\r\n", "", 0},
	{"a.b\r\n\r\n.\r\n", "a.b\r\n\r\n", "", 0},
	{"a\r\n.", "a\r\n", NULL, 0},
	{"a\r\n.\r", "a\r\n", NULL, 0},
	{"a", "a", NULL, 0},
	/* Other people's ends of data: none is ours. */
	{"a\n.\n", "a\n.\n", NULL, LF_},
	{"a\n.\r\n", "a\n.\r\n", NULL, LF_},
	{"a\r\n.\n", "a\r\n\n", NULL, LF_},
	{"a\r.\r", "a\r.\r", NULL, CR_},
	{"a\r\n.\r\r\n", "a\r\n\r\r\n", NULL, CR_},
	{"a\r.\r\n", "a\r.\r\n", NULL, CR_},
	{"a\r\n\r.\r\n", "a\r\n\r.\r\n", NULL, CR_},
	{"a\r\n.\rb\r\n", "a\r\n\rb\r\n", NULL, CR_},
	{"a\n\n.\r\n", "a\n\n.\r\n", NULL, LF_},
	{"a\r\n.\r.\r\n", "a\r\n\r.\r\n", NULL, CR_},
	{"a\n\r.\r\n", "a\n\r.\r\n", NULL, CR_ | LF_},
	{"a\r\r\n.\r\nX", "a\r\r\n", "X", CR_},
	{"\n.\n\r\n.\r\nX", "\n.\n\r\n", "X", LF_},
};

static void decodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str in = str_z(cases[i].in);

		for (size_t chunk = 0; chunk < 4; chunk++) {
			struct smtp_data d;
			BUF_AUTO b = BUF_INIT(4096);
			size_t taken = decode(in, chunk, &d, &b);
			unsigned spoiled =
				(d.facts.bare_cr ? CR_ : 0) | (d.facts.bare_lf ? LF_ : 0);

			assert_str(cases[i].in, buf_str(&b), str_z(cases[i].want));
			assert_int_equal(smtp_data_ended(&d), cases[i].left != NULL);
			assert_str(cases[i].in, str_from(in, taken), str_z(cases[i].left));
			if (cases[i].left || !d.after_cr)
				assert_int_equal(spoiled, cases[i].spoiled);
			assert_int_equal(d.facts.size, b.n);
		}
	}
}

static void facts(void **state)
{
	struct smtp_data d;
	BUF_AUTO b = BUF_INIT(4096);

	(void)state;
	decode(STR("12345\r\n..345678\r\n\r\n\xc3\xa9\r\n.\r\n"), 1, &d, &b);
	assert_int_equal(d.facts.lines, 4);
	assert_int_equal(d.facts.longest_line, 7);
	assert_true(d.facts.eight_bit);
	assert_false(d.facts.nul);
	assert_true(d.facts.ends_in_crlf);
	buf_clear(&b);
	decode(STR("a\0b\r\n.\r\n"), 0, &d, &b);
	assert_true(d.facts.nul);
	assert_false(d.facts.eight_bit);
}

static void chunks(void **state)
{
	struct smtp_data d;

	(void)state;
	smtp_data_init(&d);
	smtp_data_chunk(&d, STR("a\r"));
	smtp_data_chunk(&d, STR("\n.\r\nb"));
	assert_false(d.facts.ends_in_crlf);
	smtp_data_chunk(&d, STR("\r\n"));
	smtp_data_chunks_end(&d);
	assert_false(d.facts.bare_cr || d.facts.bare_lf);
	assert_true(d.facts.ends_in_crlf && smtp_data_ended(&d));
	assert_int_equal(d.facts.size, 9);

	smtp_data_init(&d);
	smtp_data_chunk(&d, STR("a\r"));
	smtp_data_chunk(&d, STR("b\r"));
	assert_true(d.facts.bare_cr);
	smtp_data_init(&d);
	smtp_data_chunk(&d, STR("a\r"));
	smtp_data_chunks_end(&d);
	assert_true(d.facts.bare_cr);
	smtp_data_init(&d);
	smtp_data_chunk(&d, STR("\n"));
	assert_true(d.facts.bare_lf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(facts),
		cmocka_unit_test(chunks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
