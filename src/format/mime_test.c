#include "base/test.h"

#include "base/buf.h"
#include "format/mime_check.h"

#define MULTIPART(b) "Content-Type: multipart/mixed; boundary=\"" b "\"\r\n\r\n"

/* A tree as text: type/subtype[header section|body]( children ), the body of leaves only. */
static void print_tree(const struct mime_part *m, struct str s, struct buf *out)
{
	buf_strs(out, m->type, STR("/"), m->subtype);
	if (m->kind == MIME_LEAF)
		buf_strs(out, STR("["), mime_body(m, s), STR("]"));
	if (m->child)
		buf_char(out, '(');
	for (const struct mime_part *c = m->child; c; c = c->next) {
		print_tree(c, s, out);
		buf_str_add(out, c->next ? STR(" ") : STR(")"));
	}
}

static const struct {
	const char *name, *message, *want;
} cases[] = {
	{"empty", "", "text/plain[]"},
	{"no header", "\r\nhello", "text/plain[hello]"},
	{"no separator", "Subject: x\r\n", "text/plain[]"},
	{"default type, RFC 2045 §5.2", "A: b\r\n\r\nx\r\n", "text/plain[x\r\n]"},
	{"type", "content-TYPE: Image/GIF\r\n\r\nx", "image/gif[x]"},
	{"type does not parse", "Content-Type: foo\r\n\r\nx", "application/octet-stream[x]"},
	{"first of two types", "Content-Type: a/b\r\nContent-Type: c/d\r\n\r\nx", "a/b[x]"},
	{"RFC 2046 §5.1.1 example",
	 MULTIPART("simple boundary") "preamble\r\n\r\n--simple boundary\r\n\r\nimplicit"
				      "\r\n--simple boundary\r\nContent-type: text/plain; "
				      "charset=us-ascii\r\n\r\nexplicit\r\n\r\n"
				      "--simple boundary--\r\n\r\nepilogue\r\n",
	 "multipart/mixed(text/plain[implicit] text/plain[explicit\r\n])"},
	{"bare LF", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n\n--b--\n",
	 "multipart/mixed(text/plain[x\n])"},
	{"white space after the boundary", MULTIPART("b") "--b \t\r\n\r\nx\r\n--b--  \r\n",
	 "multipart/mixed(text/plain[x])"},
	{"text after the boundary", MULTIPART("b") "--b\r\n\r\nx\r\n--b y\r\n--bc\r\n--b--",
	 "multipart/mixed(text/plain[x\r\n--b y\r\n--bc])"},
	{"boundary not at line start", MULTIPART("b") "--b\r\n\r\nx --b\r\n --b\r\n--b--",
	 "multipart/mixed(text/plain[x --b\r\n --b])"},
	{"bare CR starts no line", MULTIPART("b") "--b\r\n\r\nx\r--b\r\n--b--",
	 "multipart/mixed(text/plain[x\r--b])"},
	{"boundary parameter ends in space", MULTIPART("b  ") "--b  \r\n\r\nx\r\n--b  --\r\n",
	 "multipart/mixed(text/plain[x])"},
	{"no end boundary", MULTIPART("b") "--b\r\n\r\nx\r\n",
	 "multipart/mixed(text/plain[x\r\n])"},
	{"boundary is the end", MULTIPART("b") "--b\r\n\r\nx\r\n--b",
	 "multipart/mixed(text/plain[x] text/plain[])"},
	{"empty parts", MULTIPART("b") "--b\r\n--b\r\n\r\n--b\r\n\r\n\r\n--b--",
	 "multipart/mixed(text/plain[] text/plain[] text/plain[])"},
	{"header without body", MULTIPART("b") "--b\r\nContent-Type: a/b\r\n--b--",
	 "multipart/mixed(a/b[])"},
	{"delimiter in the epilogue", MULTIPART("b") "--b\r\n\r\nx\r\n--b--\r\n--b\r\n\r\ny",
	 "multipart/mixed(text/plain[x])"},
	{"nested",
	 MULTIPART("a") "--a\r\n" MULTIPART("b") "--b\r\n\r\nx\r\n--b--\r\n--a\r\n\r\ny\r\n--a--",
	 "multipart/mixed(multipart/mixed(text/plain[x]) text/plain[y])"},
	{"inner end missing",
	 MULTIPART("a") "--a\r\n" MULTIPART("b") "--b\r\n\r\nx\r\n--a\r\n\r\ny\r\n--a--",
	 "multipart/mixed(multipart/mixed(text/plain[x]) text/plain[y])"},
	{"inner end is outer end", MULTIPART("a") "--a\r\n" MULTIPART("b") "--b\r\n\r\n--a--",
	 "multipart/mixed(multipart/mixed(text/plain[]))"},
	{"one boundary starts the other",
	 MULTIPART("a") "--a\r\n" MULTIPART(
		 "a-1") "--a-1\r\n\r\nx\r\n--a-1--\r\n--a\r\n\r\ny\r\n--a--",
	 "multipart/mixed(multipart/mixed(text/plain[x]) text/plain[y])"},
	{"the longer boundary wins",
	 MULTIPART("a") "--a\r\n" MULTIPART("a--") "--a--\r\n\r\nx\r\n--a----\r\n--a--\r\n",
	 "multipart/mixed(multipart/mixed(text/plain[x]))"},
	{"same boundary inside",
	 MULTIPART("a") "--a\r\n" MULTIPART("a") "--a\r\n\r\nx\r\n--a--\r\n--a\r\n\r\ny\r\n--a--",
	 "multipart/mixed(multipart/mixed(text/plain[x]) text/plain[y])"},
	{"digest, RFC 2046 §5.1.5",
	 "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\ny\r\n"
	 "--b\r\nContent-Type: text/plain\r\n\r\nz\r\n--b--",
	 "multipart/digest(message/rfc822(text/plain[y]) text/plain[z])"},
	{"empty message in a digest",
	 "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n--b--",
	 "multipart/digest(message/rfc822(text/plain[]))"},
	{"message", "Content-Type: message/rfc822\r\n\r\nContent-Type: a/b\r\n\r\nx",
	 "message/rfc822(a/b[x])"},
	{"message/global, RFC 6532 §3.7", "Content-Type: message/global\r\n\r\n\r\nx",
	 "message/global(text/plain[x])"},
	{"message is cut by a boundary",
	 MULTIPART(
		 "b") "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n--b\r\n\r\ny\r\n--b--",
	 "multipart/mixed(message/rfc822(text/plain[]) text/plain[y])"},
	{"other message types are leaves", "Content-Type: message/delivery-status\r\n\r\nA: b\r\n",
	 "message/delivery-status[A: b\r\n]"},
	{"encoded message, RFC 2045 §6.4",
	 "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nQTogYg==",
	 "application/octet-stream[QTogYg==]"},
	{"multipart claims to be encoded",
	 "Content-Transfer-Encoding: quoted-printable\r\n" MULTIPART("b") "--b\r\n\r\nx\r\n--b--",
	 "multipart/mixed(text/plain[x])"},
	{"multipart is encoded", "Content-Transfer-Encoding: base64\r\n" MULTIPART("b") "LS1iDQo=",
	 "application/octet-stream[LS1iDQo=]"},
	{"no boundary parameter", "Content-Type: multipart/mixed\r\n\r\n--b\r\n",
	 "application/octet-stream[--b\r\n]"},
	{"empty boundary", MULTIPART("") "--\r\n\r\nx\r\n----\r\n",
	 "application/octet-stream[--\r\n\r\nx\r\n----\r\n]"},
	{"no part", MULTIPART("b") "pre\r\n--b--\r\nepi",
	 "application/octet-stream[pre\r\n--b--\r\nepi]"},
	{"boundary in continuations",
	 "Content-Type: multipart/mixed; boundary*0=a; boundary*1=\"b\"\r\n\r\n--ab\r\n\r\nx",
	 "multipart/mixed(text/plain[x])"},
};

static void trees(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str s = str_z(cases[i].message);
		BUF_AUTO b = BUF_INIT(1000);
		struct mime_tree t;
		struct arena a;

		arena_init(&a, MIME_ARENA_MAX);
		assert_ok(mime_parse(s, &a, &t));
		mime_check(&t, s);
		print_tree(t.root, s, &b);
		assert_str(cases[i].name, buf_str(&b), str_z(cases[i].want));
		assert_false(t.cut);
		arena_fini(&a);
	}
}

/* Everything a part knows. */
static void fields(void **state)
{
	struct str s = STR("Content-Type: Text/HTML; Charset=utf-8\r\n"
			   "Content-Transfer-Encoding: Base64 (x)\r\n"
			   "Content-ID: <a@b>\r\n"
			   "Content-Description: some\r\n text\r\n"
			   "Content-Disposition: Attachment; filename=x\r\n"
			   "Content-Language: en, de\r\n"
			   "Content-Location: http://x/\r\n"
			   "Content-MD5: Q2hlY2s=\r\n"
			   "Content-Foo: x\r\n"
			   "\r\n"
			   "a\r\nb\r\nc");
	struct mime_tree t;
	struct arena a;

	(void)state;
	arena_init(&a, 8192);
	assert_ok(mime_parse(s, &a, &t));
	mime_check(&t, s);
	const struct mime_part *m = t.root;

	assert_str("type", m->content_type.type_written, STR("Text"));
	assert_str("charset", param_raw(&m->content_type.params, STR("charset")), STR("utf-8"));
	assert_int_equal(m->encoding, ENCODING_BASE64);
	assert_str("encoding", m->encoding_written, STR("Base64 (x)"));
	assert_str("id", m->id, STR("<a@b>"));
	assert_str("description", m->description, STR("some text"));
	assert_str("disposition", m->disposition.type, STR("attachment"));
	assert_str("filename", param_raw(&m->disposition.params, STR("filename")), STR("x"));
	assert_int_equal(m->language.n, 2);
	assert_str("language", m->language.v[1], STR("de"));
	assert_str("location", m->location, STR("http://x/"));
	assert_str("md5", m->md5, STR("Q2hlY2s="));
	assert_int_equal(m->lines, 2);
	assert_int_equal(m->header_lines, 11);
	assert_int_equal(mime_size(m), 7);
	arena_fini(&a);
}

/* The example of RFC 9051 §6.4.5.1, and what is not in it. */
static void sections(void **state)
{
	static const struct {
		uint32_t path[4];
		size_t n;
		const char *want; /* the start of the body, "" for none */
	} paths[] = {
		{{1}, 1, "one"},
		{{2}, 1, "two"},
		{{3}, 1, "Content-Type: multipart/mixed"},
		{{3, 1}, 2, "three-one"},
		{{3, 2}, 2, "three-two"},
		{{4}, 1, "--c"},
		{{4, 1}, 2, "four-one"},
		{{4, 2}, 2, "Subject: x"},
		{{4, 2, 1}, 3, "four-two-one"},
		{{0}, 1, ""},
		{{5}, 1, ""},
		{{1, 1}, 2, ""},
		{{3, 3}, 2, ""},
		{{4, 2, 2}, 3, ""},
		{{4, 2, 1, 1}, 4, ""},
	};
	struct str s = STR(MULTIPART(
		"a") "--a\r\n\r\none\r\n--a\r\n\r\ntwo\r\n--a\r\n"
		     "Content-Type: message/rfc822\r\n\r\n" MULTIPART(
			     "b") "--b\r\n\r\n"
				  "three-one\r\n--b\r\n\r\nthree-two\r\n--b--\r\n--a\r\n" MULTIPART(
					  "c") "--c\r\n\r\nfour-one\r\n--c\r\n"
					       "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nfour-two-one\r\n"
					       "--c--\r\n--a--\r\n");
	struct mime_tree t;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_ok(mime_parse(s, &a, &t));
	mime_check(&t, s);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		const struct mime_part *m = mime_find(&t, paths[i].path, paths[i].n);
		struct str want = str_z(paths[i].want);

		assert_int_equal(m != NULL, want.n > 0);
		if (m)
			assert_str(paths[i].want, str_sub(mime_body(m, s), 0, want.n), want);
	}
	assert_null(mime_find(&t, NULL, 0));
	const struct mime_part *m = mime_embedded(mime_find(&t, (uint32_t[]){4, 2}, 2));

	assert_str("4.2.HEADER", mime_header(m, s), STR("Subject: x\r\n\r\n"));
	assert_str("4.2.TEXT", mime_body(m, s), STR("four-two-one"));
	assert_null(mime_embedded(m));
	arena_fini(&a);
}

/* A message that is no multipart is its own part 1. */
static void section_one(void **state)
{
	struct str s = STR("Content-Type: message/rfc822\r\n\r\n"
			   "Content-Type: message/rfc822\r\n\r\nA: b\r\n\r\nx");
	struct mime_tree t;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_ok(mime_parse(s, &a, &t));
	assert_ptr_equal(mime_find(&t, (uint32_t[]){1}, 1), t.root);
	assert_ptr_equal(mime_find(&t, (uint32_t[]){1, 1}, 2), t.root->child);
	assert_ptr_equal(mime_find(&t, (uint32_t[]){1, 1, 1}, 3), t.root->child->child);
	assert_null(mime_find(&t, (uint32_t[]){1, 1, 1, 1}, 4));
	assert_null(mime_find(&t, (uint32_t[]){2}, 1));
	arena_fini(&a);
}

/* Parses, checks, and gives parts and depth; the cost is checked by mime_check. */
static void measure(const struct buf *b, struct mime_tree *t, uint32_t *ret_depth)
{
	struct str s = buf_str(b);
	struct arena a;

	assert_false(buf_failed(b));
	arena_init(&a, MIME_ARENA_MAX);
	assert_ok(mime_parse(s, &a, t));
	mime_check(t, s);
	*ret_depth = 0;
	for (const struct mime_part *m = t->root; m; m = mime_next(m))
		*ret_depth = m->depth > *ret_depth ? m->depth : *ret_depth;
	arena_fini(&a);
}

static void nested(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "Content-Type: multipart/mixed; boundary=b%zu\r\n\r\n--b%zu\r\n", i,
			   i);
}

static void depth_limit(void **state)
{
	(void)state;
	for (size_t n = MIME_DEPTH_MAX; n <= MIME_DEPTH_MAX + 1; n++) {
		BUF_AUTO b = BUF_INIT(1 << 20);
		struct mime_tree t;
		uint32_t depth;

		nested(&b, n);
		measure(&b, &t, &depth);
		assert_int_equal(depth, MIME_DEPTH_MAX);
		assert_int_equal(t.cut, n > MIME_DEPTH_MAX);
	}
}

static void parts_limit(void **state)
{
	(void)state;
	for (size_t n = MIME_PARTS_MAX - 1; n <= MIME_PARTS_MAX; n++) {
		BUF_AUTO b = BUF_INIT(1 << 20);
		struct mime_tree t;
		uint32_t depth;

		buf_str_add(&b, STR(MULTIPART("b")));
		for (size_t i = 0; i < n; i++)
			buf_str_add(&b, STR("--b\r\n\r\nx\r\n"));
		buf_str_add(&b, STR("--b--\r\n"));
		measure(&b, &t, &depth);
		assert_int_equal(t.parts, MIME_PARTS_MAX);
		assert_true(t.cut);
	}
}

static void cost_is_linear(void **state)
{
	struct mime_tree t;
	uint32_t depth;

	(void)state;
	BUF_AUTO deep = BUF_INIT(4 << 20);
	nested(&deep, 10000);
	measure(&deep, &t, &depth);
	assert_true(t.cut);

	BUF_AUTO messages = BUF_INIT(4 << 20);
	for (size_t i = 0; i < 10000; i++)
		buf_str_add(&messages, STR("Content-Type: message/rfc822\r\n\r\n"));
	measure(&messages, &t, &depth);
	assert_int_equal(t.parts, MIME_DEPTH_MAX + 1);

	BUF_AUTO headers = BUF_INIT(32 << 20);
	for (size_t i = 0; i < 500000; i++)
		buf_str_add(&headers, STR("Content-Type: a/b\nA: b\n"));
	measure(&headers, &t, &depth);

	BUF_AUTO dashes = BUF_INIT(16 << 20);
	nested(&dashes, 100);
	buf_char_n(&dashes, '-', 10000000);
	measure(&dashes, &t, &depth);

	BUF_AUTO lines = BUF_INIT(16 << 20);
	nested(&lines, 100);
	for (size_t i = 0; i < 100000; i++)
		buf_str_add(&lines, STR("--b\n"));
	measure(&lines, &t, &depth);
}

#define TEN     "0123456789"
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

static void near_misses(void **state)
{
	BUF_AUTO b = BUF_INIT(16 << 20);
	struct mime_tree t;
	uint32_t depth;

	(void)state;
	nested(&b, 99);
	buf_str_add(&b, STR(MULTIPART(SEVENTY) "--" SEVENTY "\r\n\r\n"));
	for (size_t i = 0; i < 100000; i++)
		buf_str_add(&b, i % 2 ? STR("--" SEVENTY "-\r\n")
				      : STR("--" TEN TEN TEN TEN TEN TEN "012345678\r\n"));
	measure(&b, &t, &depth);
	assert_int_equal(t.parts, 101);
}

/* Values are bounded each and together: no message needs more than MIME_ARENA_MAX. */
static void memory_is_bounded(void **state)
{
	BUF_AUTO b = BUF_INIT(128 << 20);
	struct mime_tree t;
	uint32_t depth;

	(void)state;
	buf_str_add(&b, STR(MULTIPART("b")));
	for (size_t i = 0; i < 5000; i++) {
		buf_str_add(&b, STR("--b\r\nContent-Type: a/b"));
		for (size_t k = 0; k < 100; k++)
			buf_printf(&b, ";%zu=\"123456789\"\r\n ", k);
		buf_str_add(&b, STR("\r\n\r\nx\r\n"));
	}
	measure(&b, &t, &depth);
	assert_true(t.cut);

	struct arena small;

	arena_init(&small, 1 << 16);
	struct err e = mime_parse(buf_str(&b), &small, &t);
	assert_err(e, ERR_LIMIT);
	arena_fini(&small);
}

/* Wherever memory runs out, it is a LIMIT. */
static void memory_runs_out(void **state)
{
	struct str s = STR("Content-ID: <a>\r\nContent-Language: en\r\n" MULTIPART(
		"a") "--a\r\nContent-Type: message/rfc822\r\n\r\n" MULTIPART("b") "--b\r\n\r\nx");
	bool ok = false;

	(void)state;
	for (size_t cap = 0; !ok; cap += 16) {
		struct mime_tree t;
		struct arena a;

		assert_true(cap < 8192);
		arena_init(&a, cap);
		struct err e = mime_parse(s, &a, &t);

		ok = err_is_ok(e);
		assert_true(ok || err_is(e, ERR_LIMIT));
		if (ok)
			mime_check(&t, s);
		arena_fini(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees),
		cmocka_unit_test(fields),
		cmocka_unit_test(sections),
		cmocka_unit_test(section_one),
		cmocka_unit_test(depth_limit),
		cmocka_unit_test(parts_limit),
		cmocka_unit_test(cost_is_linear),
		cmocka_unit_test(near_misses),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
