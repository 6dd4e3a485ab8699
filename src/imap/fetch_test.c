#include "imap/fetch.h"

#include "base/test.h"
#include "imap/write.h"

static bool parse(struct str in, struct buf *out)
{
	struct arena a;
	struct cur c = cur_of(in);
	struct imap_fetch f = {0};

	arena_init(&a, 1 << 20);
	imap_x_fetch(&c, &a, &f);
	cur_xend(&c);
	if (!cur_failed(&c)) {
		if (f.has_changedsince)
			buf_printf(out, "since %ju ", (uintmax_t)f.changedsince);
		for (size_t i = 0; i < f.n; i++) {
			buf_str_add(out, i ? STR("|") : STR(""));
			buf_imap_fetch_name(out, &f.atts[i]);
			if (imap_fetch_sets_seen(&f.atts[i]))
				buf_char(out, '!');
		}
	}
	arena_fini(&a);
	return !cur_failed(&c);
}

static const struct {
	struct str in;
	const char *want; /* "!" behind what sets \Seen; NULL: a syntax error */
} cases[] = {
	{STR_INIT("1 FLAGS"), "FLAGS"},
	{STR_INIT("1 fast"), "FLAGS|INTERNALDATE|RFC822.SIZE"},
	{STR_INIT("1 FULL"), "FLAGS|INTERNALDATE|RFC822.SIZE|ENVELOPE|BODY"},
	{STR_INIT("1 (UID BODYSTRUCTURE BODY)"), "UID|BODYSTRUCTURE|BODY"},
	{STR_INIT("1 (FULL)"), NULL},
	{STR_INIT("1 BODY[]"), "BODY[]!"},
	{STR_INIT("1 BODY.PEEK[]"), "BODY[]"},
	{STR_INIT("1 body.peek[1.2.text]<0.10>"), "BODY[1.2.TEXT]<0>"},
	{STR_INIT("1 BODY[1.MIME]<5.1>"), "BODY[1.MIME]<5>!"},
	{STR_INIT("1 BODY[HEADER.FIELDS (To \"X Y\" {2}\r\nCc)]"),
	 "BODY[HEADER.FIELDS (To \"X Y\" Cc)]!"},
	{STR_INIT("1 BODY[1.HEADER.FIELDS.NOT (a)]"), "BODY[1.HEADER.FIELDS.NOT (a)]!"},
	{STR_INIT("1 BINARY[1]<0.5>"), "BINARY[1]<0>!"},
	{STR_INIT("1 BINARY.PEEK[]"), "BINARY[]"},
	{STR_INIT("1 BINARY.SIZE[1.2]"), "BINARY.SIZE[1.2]"},
	{STR_INIT("1 (RFC822 RFC822.HEADER RFC822.TEXT)"), "RFC822!|RFC822.HEADER|RFC822.TEXT!"},
	{STR_INIT("1:* (FLAGS MODSEQ) (CHANGEDSINCE 12)"), "since 12 FLAGS|MODSEQ"},
	{STR_INIT("1:* UID (CHANGEDSINCE 12 VANISHED)"), "since 12 UID"},
	{STR_INIT("1:* UID (VANISHED CHANGEDSINCE 12)"), "since 12 UID"},
	{STR_INIT("1:* UID (FOO)"), NULL},
	{STR_INIT("1 (PREVIEW (LAZY) SAVEDATE PREVIEW)"), "PREVIEW|SAVEDATE|PREVIEW"},
	{STR_INIT("1 PREVIEW (CHANGEDSINCE 1)"), "since 1 PREVIEW"},
	{STR_INIT("1 BODY[MIME]"), NULL},
	{STR_INIT("1 BODY[0]"), NULL},
	{STR_INIT("1 BODY[1.]"), NULL},
	{STR_INIT("1 BODY[1..2]"), NULL},
	{STR_INIT("1 BODY[HEADER.FIELDS ()]"), NULL},
	{STR_INIT("1 BODY[]<0.0>"), NULL},
	{STR_INIT("1 BODY[]<0>"), NULL},
	{STR_INIT("1 BODY.PEEK"), NULL},
	{STR_INIT("1 BINARY[1.TEXT]"), NULL},
	{STR_INIT("1 BINARY.SIZE[1]<0.5>"), NULL},
	{STR_INIT("1 FLAGS[]"), NULL},
	{STR_INIT("1 ()"), NULL},
	{STR_INIT("1 "), NULL},
	{STR_INIT("x FLAGS"), NULL},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO out = BUF_INIT(65536);
		bool ok = parse(cases[i].in, &out);

		if (ok != !!cases[i].want)
			print_error("%s\n", cases[i].in.p);
		assert_int_equal(ok, !!cases[i].want);
		if (ok)
			assert_str(cases[i].in.p, buf_str(&out), str_z(cases[i].want));
	}
}

static bool repeated(const char *head, const char *item, size_t n, const char *tail)
{
	BUF_AUTO in = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);

	buf_str_add(&in, str_z(head));
	for (size_t i = 0; i < n; i++)
		buf_str_add(&in, str_z(item));
	buf_str_add(&in, str_z(tail));
	return parse(buf_str(&in), &out);
}

static void test_limits(void **state)
{
	(void)state;
	assert_true(repeated("1 (UID", " UID", IMAP_FETCH_MAX - 1, ")"));
	assert_false(repeated("1 (UID", " UID", IMAP_FETCH_MAX, ")"));
	assert_true(repeated("1 BODY[1", ".1", IMAP_SECTION_DEPTH - 1, "]"));
	assert_false(repeated("1 BODY[1", ".1", IMAP_SECTION_DEPTH, "]"));
	assert_true(repeated("1 BODY[HEADER.FIELDS (a", " a", IMAP_SECTION_NAMES - 1, ")]"));
	assert_false(repeated("1 BODY[HEADER.FIELDS (a", " a", IMAP_SECTION_NAMES, ")]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
