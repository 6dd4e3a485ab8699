#include "base/test.h"

#include "format/xml.h"

/* Writes down what a reader is told: `(name` or `(space|name`, then `text)`. */
struct notes {
	struct xml_reader xml;
	struct buf *to;
	unsigned elements;
	const char *refuse; /* an element's name: the reader's own error */
};

static struct err note_begin(struct xml_reader *x, struct str space, struct str name)
{
	struct notes *n = CONTAINER_OF(x, struct notes, xml);

	n->elements++;
	buf_strs(n->to, STR("("), space, space.n ? STR("|") : STR(""), name, STR(" "));
	if (n->refuse && str_eq(name, str_z(n->refuse)))
		return err_make(ERR_CONFLICT, "not this one");
	return ERR_OK;
}

static struct err note_end(struct xml_reader *x, struct str text)
{
	struct notes *n = CONTAINER_OF(x, struct notes, xml);

	buf_strs(n->to, text, STR(")"));
	return ERR_OK;
}

static struct err read_notes(struct str document, const char *refuse, struct notes *n,
			     struct buf *to)
{
	*n = (struct notes){{note_begin, note_end}, to, 0, refuse};
	return xml_read(document, &n->xml);
}

static void documents(void **state)
{
	static const struct {
		const char *name, *document, *want;
	} cases[] = {
		{"one", "<a/>", "(a )"},
		{"text", "<a> b\n</a>", "(a  b\n)"},
		{"nested", "<a> <b>1</b> <c>2</c> </a>", "(a (b 1)(c 2))"},
		{"text beside elements", "<a>x<b>1</b>y</a>", "(a (b 1))"},
		{"the five entities", "<a>&lt;&gt;&amp;&quot;&apos;</a>", "(a <>&\"')"},
		{"character references", "<a>&#65;&#x20ac;</a>", "(a A\xe2\x82\xac)"},
		{"CDATA", "<a>1<![CDATA[<b>&amp;]]>2</a>", "(a 1<b>&amp;2)"},
		{"comment", "<!-- x --><a>1<!-- <b> -->2</a>", "(a 12)"},
		{"attributes", "<a b='1' c=\"2\"/>", "(a )"},
		{"line ends", "<a>1\r\n2\r3</a>", "(a 1\n2\n3)"},
		{"namespace", "<a xmlns='urn:x'><b/></a>", "(urn:x|a (urn:x|b ))"},
		{"prefix", "<p:a xmlns:p='urn:x'><b/></p:a>", "(urn:x|a (b ))"},
		{"byte order mark", "\xef\xbb\xbf<a/>", "(a )"},
		{"declaration", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a/>", "(a )"},
		{"Latin-1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xfc</a>",
		 "(a \xc3\xbc)"},
		{"processing instruction", "<?x y?><a/><?z?>", "(a )"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO got = BUF_INIT(1000);
		struct notes n;

		assert_ok(read_notes(str_z(cases[i].document), NULL, &n, &got));
		assert_str(cases[i].name, buf_str(&got), str_z(cases[i].want));
	}
}

static void refused(void **state)
{
	static const struct {
		const char *name, *document;
	} cases[] = {
		{"nothing", ""},
		{"no element", "<!-- a -->"},
		{"not closed", "<a>"},
		{"closed wrongly", "<a></b>"},
		{"two roots", "<a/><b/>"},
		{"text behind", "<a/>x"},
		{"not UTF-8", "<a>\xff</a>"},
		{"NUL reference", "<a>&#0;</a>"},
		{"control character", "<a>\001</a>"},
		{"surrogate reference", "<a>&#xd800;</a>"},
		{"attribute twice", "<a b='1' b='2'/>"},
		{"attribute twice by namespace", "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>"},
		{"prefix without namespace", "<p:a/>"},
		{"separator in a namespace", "<a xmlns='x&#10;y'/>"},
		{"unknown encoding", "<?xml version=\"1.0\" encoding=\"x-evil\"?><a/>"},
		{"unknown entity", "<a>&nbsp;</a>"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO got = BUF_INIT(1000);
		struct notes n;

		if (!err_is(read_notes(str_z(cases[i].document), NULL, &n, &got), ERR_SYNTAX))
			fail_msg("%s", cases[i].name);
	}
}

/* A document type declaration ends the reading before any of it means something. */
static void bombs(void **state)
{
	static const struct {
		const char *name, *document;
	} cases[] = {
		{"billion laughs", "<!DOCTYPE a [<!ENTITY l \"lol\">"
				   "<!ENTITY l1 \"&l;&l;&l;&l;&l;&l;&l;&l;&l;&l;\">"
				   "<!ENTITY l2 \"&l1;&l1;&l1;&l1;&l1;&l1;&l1;&l1;&l1;&l1;\">"
				   "]><a>&l2;</a>"},
		{"parameter entities",
		 "<!DOCTYPE a [<!ENTITY % x \"<!ENTITY y 'z'>\"> %x;]><a>&y;</a>"},
		{"external entity",
		 "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"},
		{"external subset", "<!DOCTYPE a SYSTEM \"http://127.0.0.1/a.dtd\"><a/>"},
		{"public subset", "<!DOCTYPE a PUBLIC \"-//X//Y\" \"http://127.0.0.1/a.dtd\"><a/>"},
		{"default attributes", "<!DOCTYPE a [<!ATTLIST a b CDATA \"c\">]><a/>"},
		{"empty", "<!DOCTYPE a><a/>"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO got = BUF_INIT(1000);
		struct notes n;
		struct err e = read_notes(str_z(cases[i].document), NULL, &n, &got);

		assert_err(e, ERR_SYNTAX);
		if (str_find(err_text(e), STR("document type declaration"), 0) < 0)
			fail_msg("%s: %.*s", cases[i].name, STR_ARG(err_text(e)));
		assert_int_equal(n.elements, 0);
	}
}

/* Entities that expand quadratically need no depth, but a declaration. */
static void quadratic_blowup(void **state)
{
	BUF_AUTO document = BUF_INIT(1 << 20);
	BUF_AUTO got = BUF_INIT(1000);
	struct notes n;

	buf_str_add(&document, STR("<!DOCTYPE a [<!ENTITY x \""));
	buf_char_n(&document, 'x', 50000);
	buf_str_add(&document, STR("\">]><a>"));
	for (int i = 0; i < 50000; i++)
		buf_str_add(&document, STR("&x;"));
	buf_str_add(&document, STR("</a>"));
	assert_err(read_notes(buf_str(&document), NULL, &n, &got), ERR_SYNTAX);
	assert_int_equal(got.n, 0);
}

static struct err read_repeated(const char *before, char c, size_t n, const char *after)
{
	BUF_AUTO document = BUF_INIT(XML_SIZE_MAX + 1000);
	BUF_AUTO got = BUF_INIT(1 << 20);
	struct notes notes;

	buf_str_add(&document, str_z(before));
	buf_char_n(&document, c, n);
	buf_str_add(&document, str_z(after));
	assert_false(buf_failed(&document));
	return read_notes(buf_str(&document), NULL, &notes, &got);
}

static struct err read_nested(size_t depth)
{
	BUF_AUTO document = BUF_INIT(1 << 20);
	BUF_AUTO got = BUF_INIT(1 << 20);
	struct notes n;

	for (size_t i = 0; i < depth; i++)
		buf_str_add(&document, STR("<a>"));
	for (size_t i = 0; i < depth; i++)
		buf_str_add(&document, STR("</a>"));
	return read_notes(buf_str(&document), NULL, &n, &got);
}

static struct err read_many(size_t elements)
{
	BUF_AUTO document = BUF_INIT(XML_SIZE_MAX);
	BUF_AUTO got = BUF_INIT(100 << 20);
	struct notes n;

	buf_str_add(&document, STR("<a>"));
	for (size_t i = 1; i < elements; i++)
		buf_str_add(&document, STR("<b/>"));
	buf_str_add(&document, STR("</a>"));
	return read_notes(buf_str(&document), NULL, &n, &got);
}

static void limits(void **state)
{
	assert_err(read_nested(XML_DEPTH_MAX), ERR_NONE);
	assert_err(read_nested(XML_DEPTH_MAX + 1), ERR_LIMIT);
	assert_err(read_nested(100000), ERR_LIMIT);
	assert_err(read_many(XML_ELEMENTS_MAX), ERR_NONE);
	assert_err(read_many(XML_ELEMENTS_MAX + 1), ERR_LIMIT);
	assert_err(read_repeated("<a>", 'x', XML_TEXT_MAX, "</a>"), ERR_NONE);
	assert_err(read_repeated("<a>", 'x', XML_TEXT_MAX + 1, "</a>"), ERR_LIMIT);
	assert_err(read_repeated("<a>", '\n', XML_SIZE_MAX - 7, "</a>"), ERR_LIMIT);
	assert_err(read_repeated("<a/>", '\n', XML_SIZE_MAX - 4, ""), ERR_NONE);
	assert_err(read_repeated("<a/>", '\n', XML_SIZE_MAX - 3, ""), ERR_TOO_BIG);
	assert_err(read_repeated("<a b='", 'x', XML_TOKEN_MAX - 9, "'/>"), ERR_NONE);
	assert_err(read_repeated("<a b='", 'x', XML_TOKEN_MAX / 2 * 3, "'/>"), ERR_LIMIT);
	assert_err(read_repeated("<!--", 'x', 4 * XML_TOKEN_MAX, "--><a/>"), ERR_LIMIT);
	assert_err(read_repeated("<", 'x', 4 * XML_TOKEN_MAX, "/>"), ERR_LIMIT);
}

/* The reader's error is the result, and nothing is told after it. */
static void reader_refuses(void **state)
{
	BUF_AUTO got = BUF_INIT(1000);
	struct notes n;
	struct err e = read_notes(STR("<a>\n <b/><c/></a>"), "b", &n, &got);

	assert_err(e, ERR_CONFLICT);
	assert_str("where", err_text(e), STR("XML line 2 column 2: not this one"));
	assert_str("told", buf_str(&got), STR("(a (b "));
}

static void escaping(void **state)
{
	static const struct {
		const char *name, *s, *want;
	} cases[] = {
		{"plain", "abc", "abc"},
		{"markup", "<a b=\"c\" d='e'>&amp;",
		 "&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt;&amp;amp;"},
		{"end of CDATA", "]]>", "]]&gt;"},
		{"white space", "\t\n\r", "\t\n&#13;"},
		{"controls", "a\001b\x1b",
		 "a\xef\xbf\xbd"
		 "b\xef\xbf\xbd"},
		{"not UTF-8", "\xff", "\xef\xbf\xbd"},
		{"no character", "\xef\xbf\xbf", "\xef\xbf\xbd"},
		{"beyond the BMP", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO got = BUF_INIT(1000);

		buf_xml(&got, str_z(cases[i].s));
		assert_str(cases[i].name, buf_str(&got), str_z(cases[i].want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents), cmocka_unit_test(refused),
		cmocka_unit_test(bombs),     cmocka_unit_test(quadratic_blowup),
		cmocka_unit_test(limits),    cmocka_unit_test(reader_refuses),
		cmocka_unit_test(escaping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
