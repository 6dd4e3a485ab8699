#include "base/test.h"

#include "base/attr.h"
#include "base/utf8.h"
#include "format/compose.h"
#include "format/header.h"
#include "format/word.h"

#define A50 "12345678901234567890123456789012345678901234567890"

static void text(void **state)
{
	static const struct {
		const char *in;
		bool utf8;
		const char *want;
	} cases[] = {
		{"", false, "Subject:\r\n"},
		{"Hello there", false, "Subject: Hello there\r\n"},
		{" trimmed \r\n", false, "Subject: trimmed\r\n"},
		{"a\r\nBcc: b", false, "Subject: =?utf-8?q?a__Bcc=3A?= b\r\n"},
		{"a\nBcc: b", false, "Subject: a Bcc: b\r\n"},
		{"gr\u00fcn", false, "Subject: =?utf-8?q?gr=C3=BCn?=\r\n"},
		{"gr\u00fcn", true, "Subject: gr\u00fcn\r\n"},
		{"so gr\u00fcn, so gr\u00fcn wie das", false,
		 "Subject: so =?utf-8?q?gr=C3=BCn=2C_so_gr=C3=BCn?= wie das\r\n"},
		{"two  spaces here", false, "Subject: =?utf-8?q?two__spaces?= here\r\n"},
		{"tab\there", false, "Subject: =?utf-8?q?tab=09here?=\r\n"},
		{"no =?utf-8?q?word?=", true,
		 "Subject: no =?utf-8?q?=3D=3Futf-8=3Fq=3Fword=3F=3D?=\r\n"},
		{A50 " 123456789012345678 x", false,
		 "Subject: " A50 " 123456789012345678\r\n x\r\n"},
		{A50 " 1234567890123456789 x", false,
		 "Subject: " A50 "\r\n 1234567890123456789 x\r\n"},
		{A50 A50 " x", false, "Subject: " A50 A50 "\r\n x\r\n"},
		{A50 " gr\u00fcn", false, "Subject: " A50 "\r\n =?utf-8?q?gr=C3=BCn?=\r\n"},
		{"a\xff", true, "Subject: a\ufffd\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);

		buf_header_text(&b, STR("Subject"), str_z(cases[i].in), cases[i].utf8);
		assert_str(cases[i].in, buf_str(&b), str_z(cases[i].want));
	}
}

static void no_line_passes_998(void **state)
{
	BUF_AUTO in = BUF_INIT(5000), b = BUF_INIT(20000), back = BUF_INIT(20000);
	struct header_iter it;
	struct header_field f;
	size_t from = 0;

	(void)state;
	buf_char_n(&in, 'x', 3000);
	buf_header_text(&b, STR("Subject"), buf_str(&in), true);
	for (ssize_t end; (end = str_find(buf_str(&b), STR("\r\n"), from)) >= 0;
	     from = (size_t)end + 2)
		assert_true((size_t)end - from <= COMPOSE_LINE);
	it = header_iter_of(buf_str(&b));
	assert_true(header_next(&it, &f));
	word_decode(f.value, &back);
	assert_str("back", buf_str(&back), buf_str(&in));
}

#define MB(n, l, d)                                                              \
	{                                                                        \
		.name = STR_INIT(n), .local = STR_INIT(l), .domain = STR_INIT(d) \
	}

static void addresses(void **state)
{
	static const struct {
		struct address at[4];
		size_t n;
		bool utf8;
		const char *want;
	} cases[] = {
		{{MB("", "a", "b.example")}, 1, false, "To: a@b.example\r\n"},
		{{MB("John Doe", "a", "b.example")}, 1, false, "To: John Doe <a@b.example>\r\n"},
		{{MB("Doe, John", "a", "b.example")},
		 1,
		 false,
		 "To: \"Doe, John\" <a@b.example>\r\n"},
		{{MB("J. \"x\\\" D", "a", "b.example")},
		 1,
		 false,
		 "To: \"J. \\\"x\\\\\\\" D\" <a@b.example>\r\n"},
		{{MB("J\u00f6rg", "a", "b\u00fc.example")},
		 1,
		 false,
		 "To: =?utf-8?q?J=C3=B6rg?= <a@xn--b-eha.example>\r\n"},
		{{MB("J\u00f6rg", "j\u00f6", "b\u00fc.example")},
		 1,
		 true,
		 "To: J\u00f6rg <j\u00f6@b\u00fc.example>\r\n"},
		{{MB("", "a b", "c.example"), MB("", "a\"b", "c.example")},
		 2,
		 false,
		 "To: \"a b\"@c.example, \"a\\\"b\"@c.example\r\n"},
		{{MB("", "a", "[192.0.2.1]"), MB("", "a", "[IPv6:2001:db8::1]")},
		 2,
		 false,
		 "To: a@[192.0.2.1], a@[IPv6:2001:db8::1]\r\n"},
		{{MB("x\r\nBcc: y", "a\r\nb", "c.example\r\nBcc: z")},
		 1,
		 false,
		 "To: \"x  Bcc: y\" <\"a  b\"@c.exampleBccz>\r\n"},
		{{MB("", "a>, <b", "c.example>, <d")}, 1, false, "To: \"a>, <b\"@c.exampled\r\n"},
		{{MB("", "root", "")}, 1, false, "To: <root>\r\n"},
		{{MB("nobody", "", "")}, 1, false, ""},
		{{{.kind = ADDRESS_GROUP_BEGIN, .name = STR_INIT("undisclosed-recipients")},
		  {.kind = ADDRESS_GROUP_END}},
		 2,
		 false,
		 "To: undisclosed-recipients:;\r\n"},
		{{{.kind = ADDRESS_GROUP_BEGIN, .name = STR_INIT("a b")},
		  MB("", "c", "d.example"),
		  {.kind = ADDRESS_GROUP_END},
		  MB("", "e", "f.example")},
		 4,
		 false,
		 "To: a b: c@d.example;, e@f.example\r\n"},
		{{MB(A50, "a", "b.example"), MB("", "e", "f.example"), MB("", "g", "h.example")},
		 3,
		 false,
		 "To: " A50 " <a@b.example>,\r\n e@f.example, g@h.example\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);

		buf_header_addresses(&b, STR("To"), cases[i].at, cases[i].n, cases[i].utf8);
		assert_str("addresses", buf_str(&b), str_z(cases[i].want));
	}
	struct address ad = MB("J\u00f6rg D.", "j\u00f6", "b.example");
	BUF_AUTO b = BUF_INIT(1000);

	assert_true(compose_needs_utf8(&ad, 1));
	buf_address(&b, &ad);
	assert_str("one", buf_str(&b), STR("\"J\u00f6rg D.\" <j\u00f6@b.example>"));
}

static void others(void **state)
{
	static const struct str ids[] = {STR_INIT("a@b"), STR_INIT("c\r\n>\r\nBcc: d"),
					 STR_INIT("<>")};
	BUF_AUTO b = BUF_INIT(1000);

	(void)state;
	buf_header_date(&b, STR("Date"), 1136210645, 60);
	buf_header_ids(&b, STR("References"), ids, 3);
	buf_header_ids(&b, STR("In-Reply-To"), ids + 2, 1);
	buf_header_structured(
		&b, STR("Received"),
		STR("from mail.example.org ([192.0.2.1]) by mx.example.net via tcp with "
		    "ESMTPS\r\n id abc; now"));
	assert_str(
		"fields", buf_str(&b),
		STR("Date: Mon, 2 Jan 2006 15:04:05 +0100\r\n"
		    "References: <a@b> <cBcc:d>\r\n"
		    "Received: from mail.example.org ([192.0.2.1]) by mx.example.net via tcp with\r\n"
		    " ESMTPS id abc; now\r\n"));
}

static void parts(void **state)
{
	const struct str part[] = {
		STR("a;"),
		STR("b=c (long enough to fold, with more than what one line can hold in it) d=e;"),
		STR("f\r\ng")};
	BUF_AUTO b = BUF_INIT(1000);

	buf_header_parts(&b, STR("Name"), part, ARRAY_LEN(part));
	assert_str(
		"parts", buf_str(&b),
		STR("Name: a;\r\n"
		    "\tb=c (long enough to fold, with more than what one line can hold in it)\r\n"
		    " d=e;\r\n"
		    "\tf g\r\n"));
}

static void params(void **state)
{
	static const struct {
		struct compose_param p;
		const char *want;
	} cases[] = {
		{{STR_INIT("charset"), STR_INIT("utf-8")}, "charset=utf-8"},
		{{STR_INIT("filename"), STR_INIT("a b.txt")}, "filename=\"a b.txt\""},
		{{STR_INIT("filename"), STR_INIT("\"a\\b\"")}, "filename=\"\\\"a\\\\b\\\"\""},
		{{STR_INIT("filename"), STR_INIT("")}, "filename=\"\""},
		{{STR_INIT("filename"), STR_INIT("gr\u00fcn %.txt")},
		 "filename*0*=utf-8''gr%C3%BCn%20%25.txt"},
		{{STR_INIT("filename"),
		  STR_INIT("\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc.txt")},
		 "filename*0*=utf-8''%C3%BC%C3%BC%C3%BC%C3%BC%C3%BC%C3%BC%C3%BC;\r\n"
		 " filename*1*=%C3%BC%C3%BC%C3%BC.txt"},
		{{STR_INIT("filename"), STR_INIT("a\r\nb")}, "filename=\"a  b\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000), want = BUF_INIT(1000);

		buf_header_params(&b, STR("C"), STR("x/y"), &cases[i].p, 1);
		buf_printf(&want, "C: x/y; %s\r\n", cases[i].want);
		assert_str("param", buf_str(&b), buf_str(&want));
	}
}

static void field_names(void **state)
{
	(void)state;
	assert_true(compose_name_ok(STR("X-Mox")));
	assert_false(compose_name_ok(STR("")));
	assert_false(compose_name_ok(STR("A B")));
	assert_false(compose_name_ok(STR("A:")));
	assert_false(compose_name_ok(STR("A\r\n")));
	assert_false(compose_name_ok(STR("\u00fc")));
	assert_true(compose_name_ok(STR(A50 "12345678901234567890")));
	assert_false(compose_name_ok(STR(A50 "123456789012345678901")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text),        cmocka_unit_test(no_line_passes_998),
		cmocka_unit_test(addresses),   cmocka_unit_test(others),
		cmocka_unit_test(parts),       cmocka_unit_test(params),
		cmocka_unit_test(field_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
