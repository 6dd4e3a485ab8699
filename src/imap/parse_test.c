#include "imap/testing.h"

/* Every rule as a function that parses and writes what it found, for one table of cases. */
static void do_tag(struct cur *c, struct arena *a, struct buf *out)
{
	(void)a;
	buf_str_add(out, imap_x_tag(c));
}

static void do_astring(struct cur *c, struct arena *a, struct buf *out)
{
	buf_str_add(out, imap_x_astring(c, a));
}

static void do_nstring(struct cur *c, struct arena *a, struct buf *out)
{
	bool nil;
	struct str s = imap_x_nstring(c, a, &nil);

	buf_strs(out, nil ? STR("nil:") : STR("str:"), s);
}

static void do_list_mailbox(struct cur *c, struct arena *a, struct buf *out)
{
	buf_str_add(out, imap_x_list_mailbox(c, a));
}

static void do_seqset(struct cur *c, struct arena *a, struct buf *out)
{
	struct imap_seqset s = imap_x_seqset(c, a), r;

	if (s.saved) {
		buf_char(out, '$');
		return;
	}
	assert_true(imap_seqset_resolve(s, 10, a, &r));
	buf_imap_seqset(out, r);
}

static void do_flags(struct cur *c, struct arena *a, struct buf *out)
{
	imap_testing_flags_write(out, imap_x_flag_list(c, a));
}

static void do_date(struct cur *c, struct arena *a, struct buf *out)
{
	(void)a;
	buf_i64(out, imap_x_date(c));
}

static void do_date_time(struct cur *c, struct arena *a, struct buf *out)
{
	(void)a;
	buf_i64(out, imap_x_date_time(c));
}

static const struct imap_testing_case cases[] = {
	{do_tag, STR_INIT("a001"), "a001"},
	{do_tag, STR_INIT("a.]-$"), "a.]-$"},
	{do_tag, STR_INIT("a+b"), NULL},
	{do_tag, STR_INIT("*"), NULL},
	{do_tag, STR_INIT(""), NULL},
	{do_tag, STR_INIT("a\x80"), NULL},
	{do_astring, STR_INIT("a]b"), "a]b"},
	{do_astring, STR_INIT("\"\""), ""},
	{do_astring, STR_INIT("\"a \\\"b\\\\\""), "a \"b\\"},
	{do_astring, STR_INIT("\"a\\b\""), NULL},
	{do_astring, STR_INIT("\"a"), NULL},
	{do_astring, STR_INIT("\"a\\"), NULL},
	{do_astring, STR_INIT("\"a\rb\""), NULL},
	{do_astring, STR_INIT("\"a\0b\""), NULL},
	{do_astring, STR_INIT("\"\xc3\xa9\""), "\xc3\xa9"},
	{do_astring, STR_INIT("\"\xc3\""), NULL},
	{do_astring, STR_INIT("{3}\r\nabc"), "abc"},
	{do_astring, STR_INIT("{3+}\r\na\r\n"), "a\r\n"},
	{do_astring, STR_INIT("{3}\r\nab"), NULL},
	{do_astring, STR_INIT("{3}\r\na\0c"), NULL},
	{do_astring, STR_INIT("a(b"), NULL},
	{do_nstring, STR_INIT("nil"), "nil:"},
	{do_nstring, STR_INIT("\"NIL\""), "str:NIL"},
	{do_nstring, STR_INIT("atom"), NULL},
	{do_list_mailbox, STR_INIT("a/%*]"), "a/%*]"},
	{do_list_mailbox, STR_INIT("\"a %\""), "a %"},
	{do_seqset, STR_INIT("1"), "1"},
	{do_seqset, STR_INIT("$"), "$"},
	{do_seqset, STR_INIT("*"), "10"},
	{do_seqset, STR_INIT("*:4,5:7"), "4:10"},
	{do_seqset, STR_INIT("2,4:7,9,12:*"), "2,4:7,9:12"},
	{do_seqset, STR_INIT("4:2,1"), "1:4"},
	{do_seqset, STR_INIT("4294967295,1:4294967295"), "1:4294967295"},
	{do_seqset, STR_INIT("4294967296"), NULL},
	{do_seqset, STR_INIT("0"), NULL},
	{do_seqset, STR_INIT("1,"), NULL},
	{do_seqset, STR_INIT("1:"), NULL},
	{do_seqset, STR_INIT("1,$"), NULL},
	{do_flags, STR_INIT("()"), "0"},
	{do_flags, STR_INIT("(\\seen $Junk \\DELETED x)"), "9 $Junk x"},
	{do_flags, STR_INIT("(\\Foo)"), NULL},
	{do_flags, STR_INIT("(\\*)"), NULL},
	{do_flags, STR_INIT("(a  b)"), NULL},
	{do_date, STR_INIT("1-Jan-1970"), "0"},
	{do_date, STR_INIT("\"01-jan-1970\""), "0"},
	{do_date, STR_INIT("29-Feb-2024"), "19782"},
	{do_date, STR_INIT("29-Feb-2023"), NULL},
	{do_date, STR_INIT("00-Feb-2023"), NULL},
	{do_date, STR_INIT("1-Foo-2023"), NULL},
	{do_date, STR_INIT("\"1-Jan-2023"), NULL},
	{do_date_time, STR_INIT("\" 1-Jan-1970 00:00:00 +0000\""), "0"},
	{do_date_time, STR_INIT("\"17-Jul-1996 02:44:25 -0700\""), "837596665"},
	{do_date_time, STR_INIT("\"1-Jan-1970 00:00:00 +0000\""), NULL},
	{do_date_time, STR_INIT("\"01-Jan-1970 24:00:00 +0000\""), NULL},
	{do_date_time, STR_INIT("\"01-Jan-1970 00:00:00 0000\""), NULL},
};

static void test_cases(void **state)
{
	(void)state;
	imap_testing_cases(cases, ARRAY_LEN(cases));
}

/* Each limit at n and n+1. */
static void test_limits(void **state)
{
	(void)state;
	assert_true(imap_testing_repeated(do_flags, "(x", " x", IMAP_FLAGS_MAX - 1, ")"));
	assert_false(imap_testing_repeated(do_flags, "(x", " x", IMAP_FLAGS_MAX, ")"));
}

static void test_seqset(void **state)
{
	struct arena a;
	struct imap_seqset_build b = {.arena = &a};

	(void)state;
	arena_init(&a, 4096);
	for (uint32_t v = 1; v <= 20; v++) {
		if (v % 5)
			imap_seqset_add(&b, v);
	}
	assert_int_equal(imap_seqset_count(b.set), 16);
	for (uint32_t v = 0; v <= 21; v++)
		assert_int_equal(imap_seqset_has(b.set, v), v >= 1 && v <= 20 && v % 5 != 0);
	for (uint32_t v = 30; !b.failed; v += 2)
		imap_seqset_add(&b, v);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_seqset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
