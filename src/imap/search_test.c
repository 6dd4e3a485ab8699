#include "imap/search.h"

#include "imap/testing.h"

static void key_write(struct buf *out, const struct imap_search_key *k)
{
	static const char *const names[] = {
		"and",        "or",         "not",     "seq",       "uid",         "flag",
		"kw",         "hdr",        "body",    "text",      "before",      "on",
		"since",      "sentbefore", "senton",  "sentsince", "savedbefore", "savedon",
		"savedsince", "older",      "younger", "larger",    "smaller",     "modseq"};

	buf_str_add(out, str_z(names[k->op]));
	if (k->flag)
		buf_printf(out, " %u", k->flag);
	if (k->name.n)
		buf_strs(out, STR(" "), k->name);
	if (k->text.p)
		buf_strs(out, STR(" '"), k->text, STR("'"));
	if (k->date)
		buf_printf(out, " %d", k->date);
	if (k->n)
		buf_printf(out, " %ju", (uintmax_t)k->n);
	if (k->set.n)
		buf_str_add(out, STR(" "));
	buf_imap_seqset(out, k->set);
	if (k->set.saved)
		buf_str_add(out, STR(" $"));
	for (size_t i = 0; i < k->key_count; i++) {
		buf_str_add(out, i ? STR(", ") : STR("("));
		key_write(out, &k->keys[i]);
	}
	if (k->key_count)
		buf_char(out, ')');
}

static void do_search(struct cur *c, struct arena *a, struct buf *out)
{
	struct imap_search s = {0};

	imap_x_search(c, a, &s);
	if (cur_failed(c))
		return;
	if (s.extended)
		buf_printf(out, "ret %u ", s.ret);
	if (s.charset.n)
		buf_strs(out, s.charset, STR(" "));
	key_write(out, &s.root);
}

static const struct imap_testing_case cases[] = {
	{do_search, STR_INIT(" ALL"), "and(and)"},
	{do_search, STR_INIT(" answered UNSEEN"), "and(flag 2, not(flag 1))"},
	{do_search, STR_INIT(" FROM \"a b\" BODY {3}\r\nx y"), "and(hdr from 'a b', body 'x y')"},
	{do_search, STR_INIT(" HEADER X-Foo \"\""), "and(hdr X-Foo '')"},
	{do_search, STR_INIT(" OR SEEN NOT (1:3 UID 7)"),
	 "and(or(flag 1, not(and(seq 1:3, uid 7))))"},
	{do_search, STR_INIT(" $"), "and(seq $)"},
	{do_search, STR_INIT(" UID $"), "and(uid $)"},
	{do_search, STR_INIT(" RETURN () ALL"), "ret 4 and(and)"},
	{do_search, STR_INIT(" RETURN (MIN SAVE) CHARSET UTF-8 TEXT x"),
	 "ret 17 UTF-8 and(text 'x')"},
	{do_search, STR_INIT(" SINCE 2-Jan-1970 LARGER 10"), "and(since 1, larger 10)"},
	{do_search, STR_INIT(" MODSEQ 5"), "and(modseq 5)"},
	{do_search, STR_INIT(" MODSEQ \"/flags/\\\\draft\" all 620162338"),
	 "and(modseq 620162338)"},
	{do_search, STR_INIT(" NEW OLD"), "and(flag 32, not(flag 32))"},
	{do_search, STR_INIT(" UNKEYWORD $Junk"), "and(not(kw '$Junk'))"},
	{do_search, STR_INIT(" SUBJECT NIL"), "and(hdr subject 'NIL')"},
	{do_search, STR_INIT(" OLDER 60 YOUNGER 70"), "and(older 60, younger 70)"},
	{do_search, STR_INIT(" OLDER 0"), NULL},
	{do_search, STR_INIT(" SAVEDON 2-Jan-1970 SAVEDATESUPPORTED"), "and(savedon 1, and)"},
	{do_search, STR_INIT(""), NULL},
	{do_search, STR_INIT(" "), NULL},
	{do_search, STR_INIT(" FOO"), NULL},
	{do_search, STR_INIT(" ()"), NULL},
	{do_search, STR_INIT(" OR SEEN"), NULL},
	{do_search, STR_INIT(" NOT"), NULL},
	{do_search, STR_INIT(" RETURN (FOO) ALL"), NULL},
	{do_search, STR_INIT(" ALL "), NULL},
	{do_search, STR_INIT(" (ALL"), NULL},
	{do_search, STR_INIT(" BEFORE 31-Feb-2020"), NULL},
	{do_search, STR_INIT(" KEYWORD \\Seen"), NULL},
};

static void test_cases(void **state)
{
	(void)state;
	imap_testing_cases(cases, ARRAY_LEN(cases));
}

static bool nested(const char *open, const char *inner, const char *close, size_t n)
{
	BUF_AUTO in = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);

	buf_char(&in, ' ');
	for (size_t i = 0; i < n; i++)
		buf_str_add(&in, str_z(open));
	buf_str_add(&in, str_z(inner));
	for (size_t i = 0; i < n; i++)
		buf_str_add(&in, str_z(close));
	return imap_testing_parse(do_search, buf_str(&in), &out);
}

static void test_limits(void **state)
{
	(void)state;
	assert_true(nested("(", "ALL", ")", IMAP_SEARCH_DEPTH - 1));
	assert_false(nested("(", "ALL", ")", IMAP_SEARCH_DEPTH));
	assert_true(nested("NOT ", "ALL", "", IMAP_SEARCH_DEPTH - 1));
	assert_false(nested("NOT ", "ALL", "", IMAP_SEARCH_DEPTH));
	assert_false(nested("(", "ALL", ")", 10000));
	assert_true(nested("", "ALL", " ALL", IMAP_SEARCH_KEYS - 1));
	assert_false(nested("", "ALL", " ALL", IMAP_SEARCH_KEYS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
