#include "base/test.h"
#include "imap/read.h"

/* What a reader says of input fed in pieces of `chunk` bytes (0: all at once), as text: one line an
 * event. Literals announced above 200 KiB are streamed; others accepted, or refused. */
static void play(struct str in, size_t chunk, struct buf *out)
{
	struct imap_reader r;
	BUF_AUTO data = BUF_INIT(1 << 20);
	size_t at = 0, end = 0;

	imap_reader_init(&r);
	while (end < in.n || at < end) {
		size_t used;

		if (end < in.n)
			end = chunk && end + chunk < in.n ? end + chunk : in.n;
		for (;;) {
			enum imap_read e = imap_reader_feed(&r, str_sub(in, at, end), &used);

			at += used;
			if (e == IMAP_READ_COMMAND) {
				buf_strs(out, STR("cmd "), buf_str(&r.text), STR("\n"));
				imap_reader_next(&r);
			} else if (e == IMAP_READ_DISCARDED) {
				buf_str_add(out, STR("discarded\n"));
				imap_reader_next(&r);
			} else if (e == IMAP_READ_LITERAL) {
				bool msg = str_find(buf_str(&r.text), STR("APPEND"), 0) >= 0;

				buf_printf(out, "lit %ju%s%s\n", (uintmax_t)r.literal.n,
					   r.literal.nonsync ? "+" : "",
					   r.literal.binary ? "~" : "");
				if (str_find(buf_str(&r.text), STR("REFUSE"), 0) >= 0)
					imap_reader_discard(&r);
				else if (msg)
					imap_reader_stream(&r);
				else if (!imap_reader_accept(&r))
					imap_reader_discard(&r);
			} else if (e == IMAP_READ_DATA) {
				buf_str_add(&data, r.data);
			} else if (e == IMAP_READ_DATA_END) {
				buf_strs(out, STR("data "), buf_str(&data), STR("\n"));
				buf_clear(&data);
			} else if (e == IMAP_READ_TOO_LONG) {
				buf_str_add(out, STR("too long\n"));
				imap_reader_fini(&r);
				return;
			} else {
				break;
			}
		}
		if (end == in.n)
			break;
	}
	imap_reader_fini(&r);
}

static const struct {
	const char *name;
	struct str in, want;
} cases[] = {
	{"one", STR_INIT("a NOOP\r\n"), STR_INIT("cmd a NOOP\n")},
	{"two", STR_INIT("a NOOP\r\nb LOGOUT\r\n"), STR_INIT("cmd a NOOP\ncmd b LOGOUT\n")},
	{"empty line", STR_INIT("\r\n"), STR_INIT("cmd \n")},
	{"bare LF stays", STR_INIT("a NOOP\n"), STR_INIT("cmd a NOOP\n\n")},
	{"literal", STR_INIT("a LOGIN {3}\r\nfoo {1+}\r\nx\r\n"),
	 STR_INIT("lit 3\nlit 1+\ncmd a LOGIN {3}\r\nfoo {1+}\r\nx\n")},
	{"literal8", STR_INIT("a X ~{2}\r\n\0z\r\n"), STR_INIT("lit 2~\ncmd a X ~{2}\r\n\0z\n")},
	{"bare LF is no header", STR_INIT("a X {2}\nb\r\n"), STR_INIT("cmd a X {2}\n\ncmd b\n")},
	{"zero", STR_INIT("a X {0+}\r\n\r\n"), STR_INIT("lit 0+\ncmd a X {0+}\r\n\n")},
	{"no number", STR_INIT("a X {}\r\n"), STR_INIT("cmd a X {}\n")},
	{"minus", STR_INIT("a X {-}\r\n"), STR_INIT("cmd a X {-}\n")},
	{"number64 at its limit", STR_INIT("a REFUSE {9223372036854775807}\r\nb\r\n"),
	 STR_INIT("lit 9223372036854775807\ncmd b\n")},
	{"above number64", STR_INIT("a X {9223372036854775808}\r\n"),
	 STR_INIT("cmd a X {9223372036854775808}\n")},
	{"streamed", STR_INIT("a APPEND x {5}\r\nhello\r\n"),
	 STR_INIT("lit 5\ndata hello\ncmd a APPEND x {5}\r\n\n")},
	{"streamed zero", STR_INIT("a APPEND x {0+}\r\n\r\n"),
	 STR_INIT("lit 0+\ndata \ncmd a APPEND x {0+}\r\n\n")},
	{"refused, synchronising", STR_INIT("a REFUSE {5}\r\nb NOOP\r\n"),
	 STR_INIT("lit 5\ncmd b NOOP\n")},
	{"refused, not synchronising", STR_INIT("a REFUSE {5+}\r\nhello {3+}\r\nabc\r\nb NOOP\r\n"),
	 STR_INIT("lit 5+\ndiscarded\ncmd b NOOP\n")},
	{"refused, both kinds", STR_INIT("a REFUSE {5+}\r\nhello {3}\r\nb NOOP\r\n"),
	 STR_INIT("lit 5+\ndiscarded\ncmd b NOOP\n")},
	{"string too large", STR_INIT("a X {102401}\r\nb NOOP\r\n"),
	 STR_INIT("lit 102401\ncmd b NOOP\n")},
};

/* Whatever the pieces, the events are the same. */
static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (size_t chunk = 0; chunk < 4; chunk++) {
			BUF_AUTO out = BUF_INIT(1 << 20);

			play(cases[i].in, chunk, &out);
			assert_str(cases[i].name, buf_str(&out), cases[i].want);
		}
	}
}

static void test_line_limit(void **state)
{
	(void)state;
	for (int over = 0; over < 2; over++) {
		for (size_t chunk = 0; chunk < 2; chunk++) {
			BUF_AUTO in = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);

			buf_char_n(&in, 'x', IMAP_LINE_MAX + (size_t)over);
			buf_str_add(&in, STR("\r\n"));
			play(buf_str(&in), chunk, &out);
			assert_int_equal(str_eq(buf_str(&out), STR("too long\n")), over);
			assert_int_equal(str_starts(buf_str(&out), STR("cmd x")), !over);
		}
	}
}

/* RFC 9051 §4.3: one literal, all of a command, and how many: each at n and n+1. */
static bool accepts(size_t count, size_t size)
{
	struct imap_reader r;
	BUF_AUTO in = BUF_INIT(4 << 20);
	size_t used, at = 0, accepted = 0;

	imap_reader_init(&r);
	for (size_t i = 0; i < count; i++) {
		buf_printf(&in, " {%zu+}\r\n", size);
		buf_char_n(&in, 'x', size);
	}
	while (accepted < count &&
	       imap_reader_feed(&r, str_from(buf_str(&in), at), &used) == IMAP_READ_LITERAL) {
		at += used;
		if (!imap_reader_accept(&r))
			break;
		accepted++;
	}
	imap_reader_fini(&r);
	return accepted == count;
}

static void test_literal_limits(void **state)
{
	(void)state;
	assert_true(accepts(1, IMAP_LITERAL_MAX));
	assert_false(accepts(1, IMAP_LITERAL_MAX + 1));
	assert_true(accepts(16, IMAP_LITERAL_TOTAL / 16));
	assert_false(accepts(17, IMAP_LITERAL_TOTAL / 16));
	assert_true(accepts(IMAP_LITERAL_COUNT, 1));
	assert_false(accepts(IMAP_LITERAL_COUNT + 1, 1));
}

static void test_plain_line(void **state)
{
	struct imap_reader r;
	size_t used;

	(void)state;
	imap_reader_init(&r);
	r.plain_line = true;
	assert_int_equal(imap_reader_feed(&r, STR("x{3+}\r\n"), &used), IMAP_READ_COMMAND);
	assert_str("text", buf_str(&r.text), STR("x{3+}"));
	imap_reader_next(&r);
	assert_int_equal(imap_reader_feed(&r, STR("x{3+}\r\n"), &used), IMAP_READ_LITERAL);
	imap_reader_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_line_limit),
		cmocka_unit_test(test_literal_limits),
		cmocka_unit_test(test_plain_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
