#include "imap/bodystructure.h"

#include "base/test.h"

static const struct {
	const char *name;
	struct str message, body, structure;
} cases[] = {
	{"plain, no MIME", STR_INIT("Subject: x\r\n\r\na\r\nb\r\n"),
	 STR_INIT("(\"text\" \"plain\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 6 2)"),
	 STR_INIT("(\"text\" \"plain\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 6 2 NIL NIL NIL "
		  "NIL)")},
	{"all fields of one part",
	 STR_INIT("Content-Type: image/png; name=\"a b.png\"\r\nContent-Id: <1@x>\r\n"
		  "Content-Description: d\r\nContent-Transfer-Encoding: base64\r\n"
		  "Content-Disposition: attachment; filename=x.png; size=3\r\n"
		  "Content-Language: en, de\r\nContent-Location: http://x/\r\n"
		  "Content-MD5: Q2hlY2s=\r\n\r\nAAAA"),
	 STR_INIT("(\"image\" \"png\" (\"name\" \"a b.png\") \"<1@x>\" \"d\" \"BASE64\" 4)"),
	 STR_INIT("(\"image\" \"png\" (\"name\" \"a b.png\") \"<1@x>\" \"d\" \"BASE64\" 4 "
		  "\"Q2hlY2s=\" (\"attachment\" (\"filename\" \"x.png\" \"size\" \"3\")) "
		  "(\"en\" \"de\") \"http://x/\")")},
	{"multipart",
	 STR_INIT("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\n"
		  "Content-Type: text/html; charset=utf-8\r\n"
		  "Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>\r\n\r\n--b--\r\n"),
	 STR_INIT("((\"text\" \"plain\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 2 0)"
		  "(\"text\" \"html\" (\"charset\" \"utf-8\") NIL NIL \"QUOTED-PRINTABLE\" 5 1) "
		  "\"mixed\")"),
	 STR_INIT(
		 "((\"text\" \"plain\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 2 0 NIL NIL NIL "
		 "NIL)(\"text\" \"html\" (\"charset\" \"utf-8\") NIL NIL \"QUOTED-PRINTABLE\" 5 1 "
		 "NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)")},
	{"message", STR_INIT("Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n"),
	 STR_INIT("(\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 18 "
		  "(NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL) "
		  "(\"text\" \"plain\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 3 1) 3)"),
	 STR_INIT("(\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 18 "
		  "(NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL) "
		  "(\"text\" \"plain\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 3 1 NIL NIL NIL "
		  "NIL) 3 NIL NIL NIL NIL)")},
	{"RFC 2231 is joined",
	 STR_INIT("Content-Type: application/x; name*0=\"a\"; name*1=b; "
		  "title*0*=utf-8''%C3%A9; title*1*=%20x\r\n\r\n"),
	 STR_INIT(
		 "(\"application\" \"x\" (\"name\" \"ab\" \"title*\" \"utf-8''%C3%A9%20x\") NIL NIL "
		 "\"7BIT\" 0)"),
	 STR_INIT(
		 "(\"application\" \"x\" (\"name\" \"ab\" \"title*\" \"utf-8''%C3%A9%20x\") NIL NIL "
		 "\"7BIT\" 0 NIL NIL NIL NIL)")},
	{"unknown encoding", STR_INIT("Content-Transfer-Encoding: x-uu\r\n\r\n"),
	 STR_INIT("(\"text\" \"plain\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"x-uu\" 0 0)"),
	 STR_INIT("(\"text\" \"plain\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"x-uu\" 0 0 NIL NIL NIL "
		  "NIL)")},
	/* RFC 2046 §4.1.2 */
	{"no charset", STR_INIT("Content-Type: TEXT/Plain; format=flowed\r\n\r\n"),
	 STR_INIT("(\"text\" \"plain\" (\"format\" \"flowed\" \"CHARSET\" \"US-ASCII\") NIL NIL "
		  "\"7BIT\" 0 0)"),
	 STR_INIT("(\"text\" \"plain\" (\"format\" \"flowed\" \"CHARSET\" \"US-ASCII\") NIL NIL "
		  "\"7BIT\" 0 0 NIL NIL NIL NIL)")},
	{"no parameters", STR_INIT("Content-Type: text/plain\r\n\r\n"),
	 STR_INIT("(\"text\" \"plain\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 0 0)"),
	 STR_INIT("(\"text\" \"plain\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 0 0 NIL NIL NIL "
		  "NIL)")},
	{"charset in extended form", STR_INIT("Content-Type: text/plain; charset*=''utf-8\r\n\r\n"),
	 STR_INIT("(\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7BIT\" 0 0)"),
	 STR_INIT(
		 "(\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7BIT\" 0 0 NIL NIL NIL NIL)")},
	{"other text has no default", STR_INIT("Content-Type: text/html\r\n\r\n"),
	 STR_INIT("(\"text\" \"html\" NIL NIL NIL \"7BIT\" 0 0)"),
	 STR_INIT("(\"text\" \"html\" NIL NIL NIL \"7BIT\" 0 0 NIL NIL NIL NIL)")},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(65536), x = BUF_INIT(65536);
		struct arena a;
		struct mime_tree t;

		arena_init(&a, MIME_ARENA_MAX);
		assert_ok(mime_parse(cases[i].message, &a, &t));
		buf_imap_bodystructure(&b, t.root, cases[i].message, false, &a);
		buf_imap_bodystructure(&x, t.root, cases[i].message, true, &a);
		assert_str(cases[i].name, buf_str(&b), cases[i].body);
		assert_str(cases[i].name, buf_str(&x), cases[i].structure);
		arena_fini(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
