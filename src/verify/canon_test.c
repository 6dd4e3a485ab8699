#include "base/test.h"

#include "verify/canon.h"

static void put(void *arg, struct str piece)
{
	buf_str_add(arg, piece);
}

static void body_run(enum canon kind, struct str body, size_t step, struct buf *ret)
{
	struct canon_sink sink = {.put = put, .arg = ret};
	struct canon_body b = {.kind = kind, .to = &sink};

	buf_clear(ret);
	for (size_t at = 0; at < body.n; at += step)
		canon_body_add(&b, str_sub(body, at, at + step));
	canon_body_end(&b);
}

/* RFC 6376 §3.4.3, §3.4.4; the example is that of §3.4.5. */
static void bodies(void **state)
{
	static const struct {
		const char *name, *body, *simple, *relaxed;
	} cases[] = {
		{"empty", "", "\r\n", ""},
		{"one empty line", "\r\n", "\r\n", ""},
		{"empty lines", "\r\n\r\n\r\n", "\r\n", ""},
		{"example", " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n"},
		{"no line end", "a", "a\r\n", "a\r\n"},
		{"white space only", " \t \r\n", " \t \r\n", ""},
		{"white space, no line end", " \t", " \t\r\n", ""},
		{"white space at the end", "a \r\n \r\n", "a \r\n \r\n", "a\r\n"},
		{"white space, then end", "a \t", "a \t\r\n", "a\r\n"},
		{"empty lines inside", "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n",
		 "a\r\n\r\n\r\nb\r\n"},
		{"blank lines inside", "a\r\n \t\r\nb\r\n", "a\r\n \t\r\nb\r\n", "a\r\n\r\nb\r\n"},
		{"leading white space", "\t\ta\r\n", "\t\ta\r\n", " a\r\n"},
		{"leading empty lines", "\r\n\r\na", "\r\n\r\na\r\n", "\r\n\r\na\r\n"},
		{"bare LF is data", "a \nb\n", "a \nb\n\r\n", "a \nb\n\r\n"},
		{"bare CR is data", "a \rb\r", "a \rb\r\r\n", "a \rb\r\r\n"},
		{"CR CR LF", "a\r\r\n", "a\r\r\n", "a\r\r\n"},
		{"space, CR, space", "a \r \r\nb", "a \r \r\nb\r\n", "a \r\r\nb\r\n"},
		{"8 bit and NUL-free controls", "\xff\x01\r\n", "\xff\x01\r\n", "\xff\x01\r\n"},
	};
	BUF_AUTO got = BUF_INIT(1 << 20);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (size_t step = 1; step < 8; step++) {
			body_run(CANON_SIMPLE, str_z(cases[i].body), step, &got);
			assert_str(cases[i].name, buf_str(&got), str_z(cases[i].simple));
			body_run(CANON_RELAXED, str_z(cases[i].body), step, &got);
			assert_str(cases[i].name, buf_str(&got), str_z(cases[i].relaxed));
		}
	}
}

/* RFC 6376 §3.4.1, §3.4.2; a field without CRLF at its end. */
static void fields(void **state)
{
	static const struct {
		const char *name, *field, *cut, *simple, *relaxed;
	} cases[] = {
		{"example A", "A: X\r\n", "", "A: X", "a:X"},
		{"example B", "B : Y\t\r\n\tZ  \r\n", "", "B : Y\t\r\n\tZ  ", "b:Y Z"},
		{"no line end", "A: X", "", "A: X", "a:X"},
		{"LF", "A: X\n Y\n", "", "A: X\n Y", "a:X Y"},
		{"empty value", "A:\r\n", "", "A:", "a:"},
		{"white space value", "A: \t \r\n", "", "A: \t ", "a:"},
		{"only the name's case", "SUBJect: AbC\r\n", "", "SUBJect: AbC", "subject:AbC"},
		{"colons", "A:b :c\r\n", "", "A:b :c", "a:b :c"},
		{"CR is data", "A: x\ry\r\n", "", "A: x\ry", "a:x\ry"},
		{"cut inside", "D: b= xy ;c=d\r\n", " xy ", "D: b=;c=d", "d:b=;c=d"},
		{"cut at the end", "D: c=d; b=xy\r\n", "xy\r\n", "D: c=d; b=", "d:c=d; b="},
		{"cut before the end", "D: c=d; b=xy\r\n", "xy", "D: c=d; b=", "d:c=d; b="},
		{"cut keeps one space", "D: b=x  c\r\n", "x", "D: b=  c", "d:b= c"},
	};
	BUF_AUTO got = BUF_INIT(1 << 20);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str field = str_z(cases[i].field), cut = str_z(cases[i].cut);
		ssize_t at = str_find(field, cut, 0);

		cut = str_sub(field, (size_t)at, (size_t)at + cut.n);
		for (int c = 0; c < CANON_N; c++) {
			struct canon_sink sink = {.put = put, .arg = &got};

			buf_clear(&got);
			canon_field(&sink, (enum canon)c, field, cut);
			canon_flush(&sink);
			assert_str(cases[i].name, buf_str(&got),
				   str_z(c ? cases[i].relaxed : cases[i].simple));
		}
	}
}

/* Pieces larger than the sink's are passed on as they are, in order. */
static void large(void **state)
{
	BUF_AUTO body = BUF_INIT(1 << 20);
	BUF_AUTO got = BUF_INIT(1 << 20);

	for (int i = 0; i < 1000; i++) {
		buf_printf(&body, "line %d ", i);
		buf_char_n(&body, 'x', (size_t)(i * 7 % 5000) / 10);
		buf_str_add(&body, STR("\r\n"));
	}
	buf_char_n(&body, 'y', 10000);
	buf_str_add(&body, STR("\r\n"));
	for (size_t step = 1; step < 20000; step = step * 3 + 1) {
		body_run(CANON_SIMPLE, buf_str(&body), step, &got);
		assert_str("same", buf_str(&got), buf_str(&body));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies),
		cmocka_unit_test(fields),
		cmocka_unit_test(large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
