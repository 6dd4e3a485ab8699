#include "base/test.h"

#include "base/buf.h"
#include "format/param.h"

/* "type/subtype;name=value;.." or "none". */
static void print_list(const struct param_list *list, struct buf *out)
{
	for (size_t i = 0; i < list->n; i++)
		buf_strs(out, STR(";"), list->v[i].name, STR("="), list->v[i].value);
}

static void content_type(void **state)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{" text/plain", "text/plain"},
		{"TEXT/Plain; Charset=US-ASCII", "text/plain;charset=US-ASCII"},
		{"text/plain; charset=us-ascii (Plain text)", "text/plain;charset=us-ascii"},
		{"text/plain; charset =\r\n \"us-ascii\"", "text/plain;charset=us-ascii"},
		{"(a(b\\)c)) text (d) / (e) plain (f); x=y", "text/plain;x=y"},
		{"image/ jpeg", "image/jpeg"},
		{"multipart/mixed;\r\n\tboundary=\"a\r\n b\"", "multipart/mixed;boundary=a b"},
		{"a/b; x=\"q\\\"\\\\z\"", "a/b;x=q\"\\z"},
		{"a/b; x=\"\"", "a/b;x="},
		{"a/b; x=\"C:\\TEMP\\a.png\"", "a/b;x=C:\\TEMP\\a.png"},
		/* lenient */
		{"text/plain;", "text/plain"},
		{"text/plain ;;; = ;; name=\"value\"", "text/plain;name=value"},
		{"text/plain; =v; noequals; x=1", "text/plain;x=1"},
		{"text/html charset=utf-8", "text/html;charset=utf-8"},
		{"a/b; x=\"1\" y=2", "a/b;x=1;y=2"},
		{"a/b; x=1 y=2", "a/b;x=1;y=2"},
		{"a/b; name=my file (1).pdf", "a/b;name=my file"},
		{"a/b; name=my file(1).pdf; x=y", "a/b;name=my file(1).pdf;x=y"},
		{"multipart/mixed; boundary=gc0pJq0M:08jU534c0p",
		 "multipart/mixed;boundary=gc0pJq0M:08jU534c0p"},
		{"a/b; x=\"no end", "a/b;x=no end"},
		{"a/b; x=\"no end\\", "a/b;x=no end\\"},
		{"a/b; x=\"a\"junk=1; y=2", "a/b;x=a;junk=1;y=2"},
		{"a/b; x=\"a\".txt; y=2", "a/b;x=a;y=2"},
		{"a/b; x=1; X=2", "a/b;x=1"},
		{"image/gif; name==?iso-8859-6?b?5d==?=.gif",
		 "image/gif;name==?iso-8859-6?b?5d==?=.gif"},
		{"a/b; name=\xc3\xa4.txt", "a/b;name=\xc3\xa4.txt"},
		{"a/b; x=(c)", "a/b;x="},
		{"a/b (no end", "a/b"},
		{"a/b; x=  ", "a/b;x="},
		/* not parsable */
		{"", "none"},
		{"text", "none"},
		{"text/", "none"},
		{"/plain", "none"},
		{"/", "none"},
		{";charset=utf-8", "none"},
		{"text/plain/x", "none"},
		{"text plain", "none"},
		{"text/pl\xc3\xa4in", "none"},
		{"\"text\"/plain", "none"},
		{"text; charset=utf-8", "none"},
	};
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);
		struct content_type t;

		if (param_content_type(str_z(cases[i].value), &a, &t)) {
			buf_strs(&b, t.type, STR("/"), t.subtype);
			print_list(&t.params, &b);
		} else {
			buf_str_add(&b, STR("none"));
		}
		assert_str(cases[i].value, buf_str(&b), str_z(cases[i].want));
	}
	struct content_type t;

	assert_true(param_content_type(STR("Text/HTML"), &a, &t));
	assert_str("as written", t.type_written, STR("Text"));
	assert_str("as written", t.subtype_written, STR("HTML"));
	arena_fini(&a);
}

static void disposition(void **state)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{" inline", "inline"},
		{"Attachment; filename=\"a b.txt\"; size=12",
		 "attachment;filename=a b.txt;size=12"},
		{"attachment filename=x", "attachment;filename=x"},
		{"form-data", "form-data"},
		{"", "none"},
		{"; filename=x", "none"},
		{"\"attachment\"", "none"},
		{"attachment, filename=x", "none"},
	};
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);
		struct content_disposition d;

		if (param_content_disposition(str_z(cases[i].value), &a, &d)) {
			buf_str_add(&b, d.type);
			print_list(&d.params, &b);
		} else {
			buf_str_add(&b, STR("none"));
		}
		assert_str(cases[i].value, buf_str(&b), str_z(cases[i].want));
	}
	arena_fini(&a);
}

/* "name=value" and, where given, "'charset'language", separated by ";". */
static void joined(void **state)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{"a/b; x=1; y=2", "x=1;y=2;"},
		/* RFC 2231 §3 */
		{"message/external-body; access-type=URL; URL*0=\"ftp://\"; URL*1=\"cs.utk.edu/x\"",
		 "access-type=URL;url=ftp://cs.utk.edu/x;"},
		/* RFC 2231 §4 */
		{"a/b; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
		 "title=This is ***fun***'us-ascii'en-us;"},
		/* RFC 2231 §4.1 */
		{"a/b; title*0*=us-ascii'en'This%20is%20even%20more%20;"
		 " title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"",
		 "title=This is even more ***fun*** isn't it!'us-ascii'en;"},
		{"a/b; n*1=b; n*0=a; n*2=c", "n=abc;"},
		{"a/b; n*0=a; n*2=c", "n=a;"},
		{"a/b; n*1=b; x=y", "x=y;"},
		{"a/b; n*0=a%20; n*1*=b%20c", "n=a%20b c;"},
		{"a/b; n=plain; n*=utf-8''ext", "n=ext'utf-8';"},
		{"a/b; n=plain; n*0=cont", "n=cont;"},
		{"a/b; n*=utf-8''%zz%4%", "n=%zz%4%'utf-8';"},
		{"a/b; n*=no%20quotes", "n=no quotes;"},
		{"a/b; n*=one'quote", "n=one'quote;"},
		{"a/b; n*=UTF-8'de'%E2%82%AC", "n=\xe2\x82\xac'utf-8'de;"},
		{"a/b; n*=\"utf-8''q%20d\"", "n=q d'utf-8';"},
		{"a/b; n*01=x; n**=y; *=z; n*999=w", "n*01=x;n**=y;*=z;n*999=w;"},
	};
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1000);
		struct param_texts ts;
		struct content_type t;

		assert_true(param_content_type(str_z(cases[i].value), &a, &t));
		assert_true(param_join(&t.params, &a, &ts));
		for (size_t k = 0; k < ts.n; k++) {
			const struct param_text *x = &ts.v[k];

			buf_strs(&b, x->name, STR("="), x->value);
			if (x->charset.n)
				buf_strs(&b, STR("'"), x->charset, STR("'"), x->language);
			buf_char(&b, ';');
		}
		assert_str(cases[i].value, buf_str(&b), str_z(cases[i].want));
	}
	arena_fini(&a);
}

static void get(void **state)
{
	struct param_text x;
	struct content_type t;
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	assert_true(param_content_type(STR("a/b; charset=x; n*0=1; n*1=2"), &a, &t));
	assert_str("raw", param_raw(&t.params, STR("n*1")), STR("2"));
	assert_null(param_raw(&t.params, STR("n")).p);
	assert_true(param_get(&t.params, STR("n"), &a, &x));
	assert_str("name", x.name, STR("n"));
	assert_str("value", x.value, STR("12"));
	assert_false(param_get(&t.params, STR("m"), &a, &x));
	assert_false(arena_failed(&a));
	arena_fini(&a);
}

static void texts(void **state)
{
	struct param_strs l;
	struct str text;
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	assert_true(param_content_text(STR(" <a@b>\r\n (c) "), &a, &text));
	assert_str("id", text, STR("<a@b> (c)"));
	assert_false(param_content_text(STR(" \r\n "), &a, &text));
	assert_true(param_content_language(STR(" en, de-CH (Swiss),,fr"), &a, &l));
	assert_int_equal(l.n, 3);
	assert_str("second", l.v[1], STR("de-CH"));
	assert_false(param_content_language(STR(" , "), &a, &l));
	arena_fini(&a);
}

/* Limits at n and n + 1. */
static void limits(void **state)
{
	struct content_type t;
	struct str text;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t over = 0; over < 2; over++) {
		BUF_AUTO value = BUF_INIT(PARAM_VALUE_MAX + 1);
		BUF_AUTO params = BUF_INIT(PARAM_VALUE_MAX);

		buf_str_add(&value, STR("a/b; x="));
		buf_char_n(&value, 'x', PARAM_VALUE_MAX + over - value.n);
		assert_int_equal(param_content_type(buf_str(&value), &a, &t), !over);
		assert_int_equal(param_content_text(buf_str(&value), &a, &text), !over);
		buf_str_add(&params, STR("a/b"));
		for (size_t i = 0; i < PARAM_MAX + over; i++)
			buf_printf(&params, ";p%zu=v", i);
		assert_true(param_content_type(buf_str(&params), &a, &t));
		assert_int_equal(t.params.n, PARAM_MAX);
	}
	arena_fini(&a);
	for (size_t cap = 0; cap < 1200; cap += 16) {
		arena_init(&a, cap);
		if (!param_content_type(STR("a/b; x=y; z=\"w\""), &a, &t))
			assert_true(arena_failed(&a));
		arena_fini(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_type), cmocka_unit_test(disposition),
		cmocka_unit_test(joined),       cmocka_unit_test(get),
		cmocka_unit_test(texts),        cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
