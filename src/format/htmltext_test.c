#include "base/test.h"

#include "format/htmltext.h"

static void convert(struct str html, bool attributes, size_t piece, struct buf *ret)
{
	struct htmltext h;

	htmltext_init(&h, attributes);
	for (size_t i = 0; i < html.n; i += piece)
		htmltext_add(&h, str_sub(html, i, i + piece), ret);
	htmltext_end(&h, ret);
}

static void texts(void **state)
{
	static const struct {
		const char *name;
		struct str html, want;
	} cases[] = {
		{"empty", STR_INIT(""), STR_INIT("")},
		{"text", STR_INIT("a b"), STR_INIT("a b")},
		{"inline", STR_INIT("he<b>ll</B>o"), STR_INIT("hello")},
		{"block", STR_INIT("<p>a</p><P CLASS=x>b<br/>c"), STR_INIT("\na\n\nb\nc")},
		{"cells", STR_INIT("<td>a</td><td>b</td>"), STR_INIT("\na\n\nb\n")},
		{"quoted >", STR_INIT("<a title='>' href=\">\">x</a>"), STR_INIT("x")},
		{"bare value", STR_INIT("<a href=http://x/>y</a>"), STR_INIT("y")},
		{"spaces around =", STR_INIT("<a href = \"b>c\" x>y"), STR_INIT("y")},
		{"style", STR_INIT("<style>p > b { }</style>a"), STR_INIT("\n\na")},
		{"script", STR_INIT("<script>if (a<b) '</p>' </scripty></script >a"),
		 STR_INIT("\n\na")},
		{"title", STR_INIT("<head><title>x &amp; y</title></head>a"),
		 STR_INIT("\n\n\n\na")},
		{"comment", STR_INIT("a<!-- <b> -- > -->b<!-->c<!---->d"), STR_INIT("abcd")},
		{"conditional comment", STR_INIT("<!--[if mso]>x<![endif]-->a<![if !mso]>b"),
		 STR_INIT("ab")},
		{"declaration", STR_INIT("<!DOCTYPE html>a<?xml b?>c"), STR_INIT("ac")},
		{"no tag", STR_INIT("1 < 2 <3 a<"), STR_INIT("1 < 2 <3 a<")},
		{"end of nothing", STR_INIT("a</>b</3>c"), STR_INIT("abc")},
		{"no end", STR_INIT("a<b href='"), STR_INIT("a")},
		{"named", STR_INIT("&lt;&auml;&Auml;&nbsp;&hellip;&thetasym;&apos;"),
		 STR_INIT("<\xc3\xa4\xc3\x84\xc2\xa0\xe2\x80\xa6\xcf\x91'")},
		{"numbered", STR_INIT("&#228;&#xE4;&#X1F600;&#150;"),
		 STR_INIT("\xc3\xa4\xc3\xa4\xf0\x9f\x98\x80\xe2\x80\x93")},
		{"without semicolon", STR_INIT("&lt b&#65<p>&amp"), STR_INIT("< bA\n&")},
		{"no character", STR_INIT("AT&T & &x; &#; &#x; &#xd800; &#0; &#1114112; &&amp;"),
		 STR_INIT("AT&T & &x; &#; &#x; &#xd800; &#0; &#1114112; &&")},
		{"long no character", STR_INIT("&abcdefghijklmnop;"),
		 STR_INIT("&abcdefghijklmnop;")},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO whole = BUF_INIT(1000);
		BUF_AUTO pieces = BUF_INIT(1000);

		convert(cases[i].html, false, 1000, &whole);
		convert(cases[i].html, false, 1, &pieces);
		assert_str(cases[i].name, buf_str(&whole), cases[i].want);
		assert_str(cases[i].name, buf_str(&pieces), cases[i].want);
	}
}

static void attributes(void **state)
{
	BUF_AUTO b = BUF_INIT(1000);

	(void)state;
	convert(STR("<a class=\"c\" HREF=\"http://x/?a=1&amp;b=2\">y</a><img src=s alt=z>"
		    "<script href=n>m</script>"),
		true, 1000, &b);
	assert_str("attributes", buf_str(&b), STR("\nhttp://x/?a=1&b=2\ny\n\nz\n\n\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(attributes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
