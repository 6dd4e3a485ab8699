#include "imap/fetch.h"

#include "imap/testing.h"
#include "imap/write.h"

/* "!" behind what sets \Seen. */
static void do_fetch(struct cur *c, struct arena *a, struct buf *out)
{
	struct imap_fetch f = {0};

	imap_x_fetch(c, a, &f);
	if (f.has_changedsince)
		buf_printf(out, "since %ju ", (uintmax_t)f.changedsince);
	for (size_t i = 0; i < f.n && !cur_failed(c); i++) {
		buf_str_add(out, i ? STR("|") : STR(""));
		buf_imap_fetch_name(out, &f.atts[i]);
		if (imap_fetch_sets_seen(&f.atts[i]))
			buf_char(out, '!');
	}
}

static const struct imap_testing_case cases[] = {
	{do_fetch, STR_INIT("1 FLAGS"), "FLAGS"},
	{do_fetch, STR_INIT("1 fast"), "FLAGS|INTERNALDATE|RFC822.SIZE"},
	{do_fetch, STR_INIT("1 FULL"), "FLAGS|INTERNALDATE|RFC822.SIZE|ENVELOPE|BODY"},
	{do_fetch, STR_INIT("1 (UID BODYSTRUCTURE BODY)"), "UID|BODYSTRUCTURE|BODY"},
	{do_fetch, STR_INIT("1 (FULL)"), NULL},
	{do_fetch, STR_INIT("1 BODY[]"), "BODY[]!"},
	{do_fetch, STR_INIT("1 BODY.PEEK[]"), "BODY[]"},
	{do_fetch, STR_INIT("1 body.peek[1.2.text]<0.10>"), "BODY[1.2.TEXT]<0>"},
	{do_fetch, STR_INIT("1 BODY[1.MIME]<5.1>"), "BODY[1.MIME]<5>!"},
	{do_fetch, STR_INIT("1 BODY[HEADER.FIELDS (To \"X Y\" {2}\r\nCc)]"),
	 "BODY[HEADER.FIELDS (To \"X Y\" Cc)]!"},
	{do_fetch, STR_INIT("1 BODY[1.HEADER.FIELDS.NOT (a)]"), "BODY[1.HEADER.FIELDS.NOT (a)]!"},
	{do_fetch, STR_INIT("1 BINARY[1]<0.5>"), "BINARY[1]<0>!"},
	{do_fetch, STR_INIT("1 BINARY.PEEK[]"), "BINARY[]"},
	{do_fetch, STR_INIT("1 BINARY.SIZE[1.2]"), "BINARY.SIZE[1.2]"},
	{do_fetch, STR_INIT("1 (RFC822 RFC822.HEADER RFC822.TEXT)"),
	 "RFC822!|RFC822.HEADER|RFC822.TEXT!"},
	{do_fetch, STR_INIT("1:* (FLAGS MODSEQ) (CHANGEDSINCE 12)"), "since 12 FLAGS|MODSEQ"},
	{do_fetch, STR_INIT("1:* UID (CHANGEDSINCE 12 VANISHED)"), "since 12 UID"},
	{do_fetch, STR_INIT("1:* UID (VANISHED CHANGEDSINCE 12)"), "since 12 UID"},
	{do_fetch, STR_INIT("1:* UID (FOO)"), NULL},
	{do_fetch, STR_INIT("1 (PREVIEW (LAZY) SAVEDATE PREVIEW)"), "PREVIEW|SAVEDATE|PREVIEW"},
	{do_fetch, STR_INIT("1 PREVIEW (CHANGEDSINCE 1)"), "since 1 PREVIEW"},
	{do_fetch, STR_INIT("1 BODY[MIME]"), NULL},
	{do_fetch, STR_INIT("1 BODY[0]"), NULL},
	{do_fetch, STR_INIT("1 BODY[1.]"), NULL},
	{do_fetch, STR_INIT("1 BODY[1..2]"), NULL},
	{do_fetch, STR_INIT("1 BODY[HEADER.FIELDS ()]"), NULL},
	{do_fetch, STR_INIT("1 BODY[]<0.0>"), NULL},
	{do_fetch, STR_INIT("1 BODY[]<0>"), NULL},
	{do_fetch, STR_INIT("1 BODY.PEEK"), NULL},
	{do_fetch, STR_INIT("1 BINARY[1.TEXT]"), NULL},
	{do_fetch, STR_INIT("1 BINARY.SIZE[1]<0.5>"), NULL},
	{do_fetch, STR_INIT("1 FLAGS[]"), NULL},
	{do_fetch, STR_INIT("1 ()"), NULL},
	{do_fetch, STR_INIT("1 "), NULL},
	{do_fetch, STR_INIT("x FLAGS"), NULL},
};

static void test_cases(void **state)
{
	(void)state;
	imap_testing_cases(cases, ARRAY_LEN(cases));
}

static void test_limits(void **state)
{
	(void)state;
	assert_true(imap_testing_repeated(do_fetch, "1 (UID", " UID", IMAP_FETCH_MAX - 1, ")"));
	assert_false(imap_testing_repeated(do_fetch, "1 (UID", " UID", IMAP_FETCH_MAX, ")"));
	assert_true(imap_testing_repeated(do_fetch, "1 BODY[1", ".1", IMAP_SECTION_DEPTH - 1, "]"));
	assert_false(imap_testing_repeated(do_fetch, "1 BODY[1", ".1", IMAP_SECTION_DEPTH, "]"));
	assert_true(imap_testing_repeated(do_fetch, "1 BODY[HEADER.FIELDS (a", " a",
					  IMAP_SECTION_NAMES - 1, ")]"));
	assert_false(imap_testing_repeated(do_fetch, "1 BODY[HEADER.FIELDS (a", " a",
					   IMAP_SECTION_NAMES, ")]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
