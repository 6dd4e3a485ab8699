#include "base/test.h"

#include "base/attr.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "format/address.h"

enum { ARENA = 8 << 20 };

/* One line an entry: name, local part and domain with `|` between; groups as `name:` and `;`. */
static void write_list(const struct address_list *l, struct buf *b)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct address *a = &l->at[i];

		if (a->kind == ADDRESS_GROUP_BEGIN)
			buf_strs(b, a->name, STR(":\n"));
		else if (a->kind == ADDRESS_GROUP_END)
			buf_str_add(b, STR(";\n"));
		else
			buf_strs(b, a->name, STR("|"), a->local, STR("|"), a->domain, STR("\n"));
	}
}

static void check(const char *name, struct str in, struct str want)
{
	struct address_list l;
	struct arena a;
	BUF_AUTO b = BUF_INIT(1 << 20);

	arena_init(&a, ARENA);
	address_list_parse(in, &a, &l);
	write_list(&l, &b);
	assert_false(l.truncated);
	assert_str(name, buf_str(&b), want);
	arena_fini(&a);
}

static void lists(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		/* empty elements and ends */
		{"", ""},
		{" \r\n\t", ""},
		{",,", ""},
		{",a@b.example,, ,c@d.example,", "|a|b.example\n|c|d.example\n"},
		{"a@b.example; c@d.example", "|a|b.example\n|c|d.example\n"},
		{"()", ""},
		/* bounce addresses and bare words */
		{"<>", "||\n"},
		{"Mail Delivery <>", "Mail Delivery||\n"},
		{"root", "|root|\n"},
		{"root (Cron Daemon)", "Cron Daemon|root|\n"},
		{"John Doe", "John Doe||\n"},
		{"John Doe, a@b.example", "John Doe||\n|a|b.example\n"},
		/* names */
		{"Mr. J. Doe Jr. <a@b.example>", "Mr. J. Doe Jr.|a|b.example\n"},
		{"'J. Doe' <a@b.example>", "'J. Doe'|a|b.example\n"},
		{"\"Doe, John\" <a@b.example>", "Doe, John|a|b.example\n"},
		{"Doe, John <a@b.example>", "|Doe|\nJohn|a|b.example\n"},
		{"\"a\\\\b\" <a@b.example>", "a\\b|a|b.example\n"},
		{"J\xc3\xb6rg <j\xc3\xb6rg@b\xc3\xbc.example>",
		 "J\xc3\xb6rg|j\xc3\xb6rg|b\xc3\xbc.example\n"},
		{"J\xf6rg <a@b.example>", "J\xf6rg|a|b.example\n"},
		{"a@b.example (John (the) Doe)", "John (the) Doe|a|b.example\n"},
		{"a@b.example (John \\) Doe)", "John ) Doe|a|b.example\n"},
		{"a@b.example <c@d.example>", "a@b.example|c|d.example\n"},
		{"=?utf-8?q?a=2C?= <a@b.example>", "=?utf-8?q?a=2C?=|a|b.example\n"},
		{"[list] John <a@b.example>", "[list] John|a|b.example\n"},
		{"[list John <a@b.example>, \"x]\" <c@d.example>",
		 "[list John|a|b.example\nx]|c|d.example\n"},
		/* without brackets, or with too few */
		{"John Doe a@b.example", "John Doe|a|b.example\n"},
		{"a@b.example John Doe", "John Doe|a|b.example\n"},
		{"a@b.example c@d.example", "|a|b.example\n|c|d.example\n"},
		{"John <a@b.example", "John|a|b.example\n"},
		{"John <a@b.example, Jane <c@d.example>", "John|a|b.example\nJane|c|d.example\n"},
		{"John <a@b.example> Jane <c@d.example>", "John|a|b.example\nJane|c|d.example\n"},
		{"John a@b.example>", "John|a|b.example\n"},
		{"<<a@b.example>>", "|a|b.example\n"},
		{"\"a@b.example\"", "|a|b.example\n"},
		/* addr-specs that are none */
		{"a..b@c.example", "|a..b|c.example\n"},
		{".a.@c.example", "|.a.|c.example\n"},
		{"<a@b.example.>", "|a|b.example.\n"},
		{"<a b@c.example>", "|ab|c.example\n"},
		{"<a@b@c.example>", "|a@b|c.example\n"},
		{"<@b.example>", "||b.example\n"},
		{"<a@>", "|a|\n"},
		{"@", "@||\n"},
		/* quoted local parts, literals, routes */
		{"\"a b\"@c.example", "|a b|c.example\n"},
		{"\"a@b\"@c.example", "|a@b|c.example\n"},
		{"<\"a\\\"b\" . c @ d (x) . example>", "|a\"b.c|d.example\n"},
		{"a@[192.0.2.1]", "|a|[192.0.2.1]\n"},
		{"a@[IPv6:2001:db8::1]", "|a|[IPv6:2001:db8::1]\n"},
		{"<@x.example,@y.example:a@b.example>", "|a|b.example\n"},
		{"John <@x.example:a@b.example>, c@d.example", "John|a|b.example\n|c|d.example\n"},
		/* groups */
		{"undisclosed-recipients:;", "undisclosed-recipients:\n;\n"},
		{"undisclosed-recipients:", "undisclosed-recipients:\n;\n"},
		{"g: a@b.example, c@d.example", "g:\n|a|b.example\n|c|d.example\n;\n"},
		{"g:a@b.example;,h:;,c@d.example", "g:\n|a|b.example\n;\nh:\n;\n|c|d.example\n"},
		{"g:a@b.example;c@d.example", "g:\n|a|b.example\n;\n|c|d.example\n"},
		{"g: <a@b.example>;", "g:\n|a|b.example\n;\n"},
		{"\"a: b\": c@d.example;", "a: b:\n|c|d.example\n;\n"},
		{"g: h: c@d.example;", "g:\nh:|c|d.example\n;\n"},
		{"mailto:a@b.example", "mailto:\n|a|b.example\n;\n"},
		{":;", "|:|\n"},
		/* what does not end is text, and costs nobody else */
		{"\"John <a@b.example>", "\"John|a|b.example\n"},
		{"John (x <a@b.example>", "John (x|a|b.example\n"},
		{"\"A\" <a@b.example>, \"B <c@d.example>", "A|a|b.example\n\"B|c|d.example\n"},
		{"\"A\" <a@b.example>, (B <c@d.example>", "A|a|b.example\n(B|c|d.example\n"},
		{"a@b.example\\", "|a|b.example\\\n"},
		/* folding */
		{"\"John\r\n Doe\"\r\n\t<a@\r\n b.example>", "John Doe|a|b.example\n"},
		{"John\n Doe <a@\n b.example>", "John Doe|a|b.example\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(cases[i].in, str_z(cases[i].in), str_z(cases[i].want));
	check("NUL", STR("\"a\0b\" <c\0@d.example>"), STR("ab|c|d.example\n"));
}

/* A backslash and r, n, t or another one. */
static void unescape(struct str s, struct buf *ret)
{
	static const char names[] = "r\rn\nt\t\\\\";

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n) {
			const char *c = strchr(names, s.p[++i]);

			assert_non_null(c);
			buf_char(ret, c[1]);
		} else {
			buf_char(ret, s.p[i]);
		}
	}
}

/* test/data/fields/address.txt: a field's value behind `> `, then what it holds. */
static void field_vectors(void **state)
{
	BUF_AUTO file = BUF_INIT(1 << 20);
	struct str rest, line;
	size_t cases = 0;

	(void)state;
	test_data_read("test/data/fields/address.txt", &file);
	rest = buf_str(&file);
	while (rest.n) {
		BUF_AUTO in = BUF_INIT(1 << 16);

		str_cut(rest, '\n', &line, &rest);
		assert_true(str_starts(line, STR("> ")));
		unescape(str_from(line, 2), &in);
		struct str want = str_sub(rest, 0, 0);

		while (rest.n && !str_starts(rest, STR("> "))) {
			str_cut(rest, '\n', &line, &rest);
			want.n += line.n + 1;
		}
		check("address.txt", buf_str(&in), want);
		cases++;
	}
	assert_int_equal(cases, 60);
}

static bool tag(struct str xml, size_t *at, struct str open, struct str close, struct str *ret)
{
	ssize_t from = str_find(xml, open, *at);
	ssize_t to = from < 0 ? -1 : str_find(xml, close, (size_t)from);

	if (to < 0)
		return false;
	*ret = str_sub(xml, (size_t)from + open.n, (size_t)to);
	*at = (size_t)to;
	return true;
}

/* Reads an entity: three names occur, and hexadecimal numbers. */
static size_t entity(struct str s, uint32_t *ret_cp)
{
	static const char *const names[] = {"&amp;", "&lt;<", "&gt;>", "&quot;\""};
	size_t n = (size_t)str_chr(s, ';') + 1;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_starts(str_z(names[i]), str_sub(s, 0, n)))
			*ret_cp = (unsigned char)(i ? names[i][n] : '&');
	if (str_starts(s, STR("&#x"))) {
		*ret_cp = 0;
		for (size_t i = 3; i + 1 < n; i++)
			*ret_cp = *ret_cp * 16 + (uint32_t)hex_digit(s.p[i]);
	}
	return n;
}

/* U+2400 + n stands for the control character n. */
static void xml_text(struct str s, struct buf *ret)
{
	uint32_t cp;

	for (size_t i = 0, n; i < s.n; i += n) {
		if (s.p[i] == '&')
			n = entity(str_from(s, i), &cp);
		else
			n = utf8_decode_lossy(s, i, &cp);
		buf_utf8(ret, cp >= 0x2400 && cp < 0x2420 ? cp - 0x2400 : cp);
	}
}

/* is_email: errors are refused, the rest is RFC 5322 syntax. RFC 5322 §3.4.1 lets a hyphen stand
 * anywhere in a domain; RFC 1035 §2.3.1 does not, and is for others to enforce. A bare LF folds. */
static bool is_email_case(struct str address, struct str category, struct str diagnosis)
{
	BUF_AUTO in = BUF_INIT(4096);
	struct address ad;
	struct arena a;

	xml_text(address, &in);
	bool want = !str_eq(category, STR("ISEMAIL_ERR")) ||
		    str_starts(diagnosis, STR("ISEMAIL_ERR_DOMAINHYPHEN")) ||
		    str_find(buf_str(&in), STR("\\\r\n "), 0) >= 0;

	arena_init(&a, ARENA);
	struct err e = address_spec_parse(buf_str(&in), &a, &ad);

	if (err_is_ok(e) != want)
		fail_msg("%.*s: %.*s, %.*s", STR_ARG(buf_str(&in)), STR_ARG(diagnosis),
			 STR_ARG(err_text(e)));
	arena_fini(&a);
	return want;
}

static void is_email(void **state)
{
	static const char *const files[] = {
		"test/data/address/tests.xml",
		"test/data/address/tests-original.xml",
	};
	size_t accepted = 0, refused = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		BUF_AUTO xml = BUF_INIT(1 << 20);
		struct str test, address, category, diagnosis;
		size_t at = 0;

		test_data_read(files[i], &xml);
		while (tag(buf_str(&xml), &at, STR("<test id="), STR("</test>"), &test)) {
			size_t in = 0;

			if (!tag(test, &in, STR("<address>"), STR("</address>"), &address))
				continue;
			assert_true(
				tag(test, &in, STR("<category>"), STR("</category>"), &category));
			assert_true(tag(test, &in, STR("<diagnosis>"), STR("</diagnosis>"),
					&diagnosis));
			if (is_email_case(address, category, diagnosis))
				accepted++;
			else
				refused++;
		}
	}
	assert_int_equal(accepted, 298);
	assert_int_equal(refused, 144);
}

static void limits(void **state)
{
	struct address_list l;
	struct arena a;
	BUF_AUTO b = BUF_INIT(1 << 20);

	(void)state;
	arena_init(&a, ARENA);
	buf_str_add(&b, STR("g:"));
	for (int i = 0; i < ADDRESS_LIST_MAX - 2; i++)
		buf_str_add(&b, STR("a@b,"));
	address_list_parse(buf_str(&b), &a, &l);
	assert_int_equal(l.n, ADDRESS_LIST_MAX);
	assert_false(l.truncated);
	assert_int_equal(l.at[l.n - 1].kind, ADDRESS_GROUP_END);
	buf_str_add(&b, STR("a@b"));
	address_list_parse(buf_str(&b), &a, &l);
	assert_int_equal(l.n, ADDRESS_LIST_MAX);
	assert_true(l.truncated);
	assert_int_equal(l.at[l.n - 1].kind, ADDRESS_GROUP_END);
	arena_fini(&a);

	arena_init(&a, 1 << 14);
	address_list_parse(buf_str(&b), &a, &l);
	assert_true(l.truncated);
	assert_int_equal(l.at[l.n - 1].kind, ADDRESS_GROUP_END);
	assert_in_range(l.n, 10, 200);
	arena_fini(&a);

	for (int over = 0; over < 2; over++) {
		int depth = ADDRESS_COMMENT_DEPTH_MAX + over;

		arena_init(&a, ARENA);
		buf_clear(&b);
		buf_str_add(&b, STR("a@b "));
		buf_char_n(&b, '(', (size_t)depth);
		buf_char_n(&b, ')', (size_t)depth);
		struct address ad;

		assert_int_equal(err_is_ok(address_spec_parse(buf_str(&b), &a, &ad)), !over);
		address_list_parse(buf_str(&b), &a, &l);
		assert_int_equal(l.n, 1);
		assert_int_equal(l.irregular, over);
		arena_fini(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(field_vectors),
		cmocka_unit_test(is_email),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
