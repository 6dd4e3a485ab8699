#include "imap/args.h"

#include "imap/testing.h"

/* Every rule as a function that parses and writes what it found, for one table of cases. */
static void do_status(struct cur *c, struct arena *a, struct buf *out)
{
	(void)a;
	buf_u64(out, imap_x_status_atts(c));
}

static void do_append(struct cur *c, struct arena *a, struct buf *out)
{
	struct imap_append v = {0};

	imap_x_append(c, a, &v);
	buf_strs(out, v.mailbox, STR(" "));
	imap_testing_flags_write(out, v.flags);
	if (v.has_date)
		buf_printf(out, " %jd", (intmax_t)v.date);
	buf_strs(out, v.utf8 ? STR(" utf8 ") : STR(" "), cur_rest(c));
	c->at = c->s.n;
}

static void do_store(struct cur *c, struct arena *a, struct buf *out)
{
	struct imap_store v = {0};

	imap_x_store(c, a, &v);
	buf_char(out, v.op ? v.op : '?');
	buf_str_add(out, v.silent ? STR("silent ") : STR(" "));
	if (v.has_unchangedsince)
		buf_printf(out, "since %ju ", (uintmax_t)v.unchangedsince);
	imap_testing_flags_write(out, v.flags);
}

static void do_list(struct cur *c, struct arena *a, struct buf *out)
{
	struct imap_list v = {0};

	imap_x_list(c, a, &v);
	buf_printf(out, "%d %u %u %u %.*s", v.extended, v.select, v.ret, v.status,
		   STR_ARG(v.reference));
	for (size_t i = 0; i < v.n; i++)
		buf_strs(out, STR("|"), v.patterns[i]);
}

static void do_id(struct cur *c, struct arena *a, struct buf *out)
{
	struct imap_id v = {0};

	imap_x_id(c, a, &v);
	for (size_t i = 0; i < v.n; i++)
		buf_strs(out, v.pairs[i].field, STR("="), v.pairs[i].value, STR(";"));
}

static void do_enable(struct cur *c, struct arena *a, struct buf *out)
{
	struct imap_enable v = {0};

	imap_x_enable(c, a, &v);
	for (size_t i = 0; i < v.n; i++)
		buf_strs(out, v.names[i], STR(";"));
}

static void do_select(struct cur *c, struct arena *a, struct buf *out)
{
	struct imap_select v = {0};

	imap_x_select(c, a, &v);
	buf_strs(out, v.mailbox, v.condstore ? STR(" condstore") : STR(""));
	if (v.qresync) {
		buf_printf(out, " %u %ju ", v.uidvalidity, (uintmax_t)v.modseq);
		buf_imap_seqset(out, v.known);
		buf_char(out, '|');
		buf_imap_seqset(out, v.match_seqs);
		buf_char(out, '|');
		buf_imap_seqset(out, v.match_uids);
	}
}

static void do_create(struct cur *c, struct arena *a, struct buf *out)
{
	struct imap_create v = {0};

	imap_x_create(c, a, &v);
	buf_str_add(out, v.mailbox);
	for (size_t i = 0; i < v.n; i++)
		buf_strs(out, STR("|"), v.uses[i]);
}

static const struct imap_testing_case cases[] = {
	{do_status, STR_INIT("(MESSAGES unseen)"), "9"},
	{do_status, STR_INIT("()"), NULL},
	{do_status, STR_INIT("(FOO)"), NULL},
	{do_append, STR_INIT("x {3}"), "x 0 {3}"},
	{do_append, STR_INIT("x (\\Seen k) {3+}"), "x 1 k {3+}"},
	{do_append, STR_INIT("x () \" 1-Jan-1970 00:00:09 +0000\" ~{3}"), "x 0 9 ~{3}"},
	{do_append, STR_INIT("x UTF8 (~{3}"), "x 0 utf8 ~{3}"},
	{do_append, STR_INIT("{1}\r\nx {3}"), "x 0 {3}"},
	{do_append, STR_INIT("{5}"), NULL},
	{do_append, STR_INIT("x foo"), NULL},
	{do_store, STR_INIT("1 FLAGS (\\Seen)"), "= 1"},
	{do_store, STR_INIT("1 +flags.silent \\Seen a"), "+silent 1 a"},
	{do_store, STR_INIT("1 (unchangedsince 12) -FLAGS ()"), "- since 12 0"},
	{do_store, STR_INIT("1 FLAGS"), NULL},
	{do_store, STR_INIT("1 FLAGS "), NULL},
	{do_list, STR_INIT("\"\" %"), "0 0 0 0 |%"},
	{do_list, STR_INIT("(SUBSCRIBED RECURSIVEMATCH) a (b \"c\")"), "1 5 0 0 a|b|c"},
	{do_list, STR_INIT("\"\" * RETURN (CHILDREN STATUS (MESSAGES))"), "1 0 48 1 |*"},
	{do_list, STR_INIT("() \"\" * RETURN ()"), "1 0 0 0 |*"},
	{do_list, STR_INIT("(RECURSIVEMATCH) \"\" *"), NULL},
	{do_list, STR_INIT("(FOO) \"\" *"), NULL},
	{do_list, STR_INIT("\"\" ()"), NULL},
	{do_id, STR_INIT("NIL"), ""},
	{do_id, STR_INIT("()"), ""},
	{do_id, STR_INIT("(\"name\" \"x\" \"os\" NIL)"), "name=x;os=;"},
	{do_id, STR_INIT("(\"version\" 102.7.1)"), "version=102.7.1;"},
	{do_id, STR_INIT("(\"name\")"), NULL},
	{do_id, STR_INIT("(\"0123456789012345678901234567890\" NIL)"), NULL},
	{do_enable, STR_INIT(" CONDSTORE IMAP4rev2"), "CONDSTORE;IMAP4rev2;"},
	{do_enable, STR_INIT(""), NULL},
	{do_create, STR_INIT("x"), "x"},
	{do_create, STR_INIT("x (USE ())"), "x"},
	{do_create, STR_INIT("x (use (\\Sent \\X))"), "x|Sent|X"},
	{do_create, STR_INIT("x (USE (Sent))"), NULL},
	{do_create, STR_INIT("x ()"), NULL},
	{do_select, STR_INIT("inbox"), "inbox"},
	{do_select, STR_INIT("inbox (condstore)"), "inbox condstore"},
	{do_select, STR_INIT("x (QRESYNC (7 9))"), "x 7 9 ||"},
	{do_select, STR_INIT("x (QRESYNC (7 9 1:4,6) CONDSTORE)"), "x condstore 7 9 1:4,6||"},
	{do_select, STR_INIT("x (QRESYNC (7 9 1:4 (1,2 3,4)))"), "x 7 9 1:4|1,2|3,4"},
	{do_select, STR_INIT("x (QRESYNC (7 9 (1 3)))"), "x 7 9 |1|3"},
	{do_select, STR_INIT("x (QRESYNC (7 9 1:*))"), NULL},
	{do_select, STR_INIT("x (QRESYNC (0 9))"), NULL},
	{do_select, STR_INIT("x (QRESYNC 7 9)"), NULL},
	{do_select, STR_INIT("inbox (FOO)"), NULL},
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
	assert_true(imap_testing_repeated(do_list, "\"\" (x", " x", IMAP_PATTERNS_MAX - 1, ")"));
	assert_false(imap_testing_repeated(do_list, "\"\" (x", " x", IMAP_PATTERNS_MAX, ")"));
	assert_true(imap_testing_repeated(do_enable, " x", " x", IMAP_ENABLE_MAX - 1, ""));
	assert_false(imap_testing_repeated(do_enable, " x", " x", IMAP_ENABLE_MAX, ""));
	assert_true(
		imap_testing_repeated(do_id, "(\"a\" \"b\"", " \"a\" \"b\"", IMAP_ID_MAX - 1, ")"));
	assert_false(
		imap_testing_repeated(do_id, "(\"a\" \"b\"", " \"a\" \"b\"", IMAP_ID_MAX, ")"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
