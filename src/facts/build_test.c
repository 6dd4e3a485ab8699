#include "base/test.h"

#include "base/hex.h"
#include "facts/build.h"
#include <ftw.h>

static struct facts build(struct str message, struct arena *a)
{
	struct facts f;

	arena_init(a, FACTS_ARENA_MAX);
	assert_ok(facts_build(message, NULL, a, &f));
	return f;
}

/* Whatever is built is written with room for origin, and reads back. */
static void writes_and_reads(const char *name, const struct facts *f)
{
	BUF_AUTO b = BUF_INIT(FACTS_SIZE_MAX - FACTS_ORIGIN_MAX);
	struct facts g;
	struct arena a;

	arena_init(&a, 4 << 20);
	assert_ok(err_add(facts_write(f, &b), "%s", name));
	assert_ok(err_add(facts_read(buf_str(&b), &a, &g), "%s", name));
	assert_str(name, g.envelope, f->envelope);
	assert_int_equal(g.part_count, f->part_count);
	assert_int_equal(g.address_count, f->address_count);
	arena_fini(&a);
}

#define MIXED                                              \
	"From: \"Joe Q. Public\" <John.Q@Example.ORG>\r\n" \
	"To: a@b.example, Group: c@d.example;\r\n"         \
	"Cc: e@f.example\r\n"                              \
	"Subject: Re: [list] Lunch\r\n"                    \
	"Date: Mon, 2 Jan 2006 15:04:05 +0100\r\n"         \
	"Message-ID: <Foo@Bar.example>\r\n"                \
	"References: <a@x> <b@x>\r\n"                      \
	"In-Reply-To: <B@x> <c@x>\r\n"                     \
	"Content-Type: multipart/mixed; boundary=x\r\n"    \
	"\r\n"                                             \
	"--x\r\n"                                          \
	"Content-Type: text/plain; charset=UTF-8\r\n"      \
	"\r\n"                                             \
	"hello\r\n"                                        \
	"--x\r\n"                                          \
	"Content-Type: message/rfc822\r\n"                 \
	"\r\n"                                             \
	"Subject: inner\r\n"                               \
	"\r\n"                                             \
	"text\r\n"                                         \
	"--x\r\n"                                          \
	"Content-Type: application/pdf; name=a.pdf\r\n"    \
	"Content-Disposition: attachment\r\n"              \
	"Content-Transfer-Encoding: base64\r\n"            \
	"\r\n"                                             \
	"aGVsbG8=\r\n"                                     \
	"--x--\r\n"

static void whole(void **state)
{
	struct str m = STR(MIXED);
	struct arena a;
	struct facts f = build(m, &a);
	static const struct {
		uint16_t parent, number;
		enum facts_part_kind kind;
		struct str type, body;
	} parts[] = {
		{0, 0, FACTS_PART_MULTIPART, STR_INIT("mixed"), {NULL, 0}},
		{0, 1, FACTS_PART_LEAF, STR_INIT("plain"), STR_INIT("hello")},
		{0, 2, FACTS_PART_MESSAGE, STR_INIT("rfc822"),
		 STR_INIT("Subject: inner\r\n\r\ntext")},
		{2, 1, FACTS_PART_LEAF, STR_INIT("plain"), STR_INIT("text")},
		{0, 3, FACTS_PART_LEAF, STR_INIT("pdf"), STR_INIT("aGVsbG8=")},
	};

	(void)state;
	assert_int_equal(f.part_count, ARRAY_LEN(parts));
	for (size_t i = 0; i < f.part_count; i++) {
		const struct facts_part *p = &f.parts[i];

		assert_int_equal(p->parent, parts[i].parent);
		assert_int_equal(p->number, parts[i].number);
		assert_int_equal(p->kind, parts[i].kind);
		assert_str("subtype", p->subtype, parts[i].type);
		if (parts[i].body.p)
			assert_str("body", str_sub(m, p->body_at, p->body_at + p->body_n),
				   parts[i].body);
	}
	assert_str("charset", f.parts[1].charset, STR("utf-8"));
	assert_str("filename", f.parts[4].filename, STR("a.pdf"));
	assert_true(f.parts[4].attachment && !f.parts[1].attachment);
	assert_int_equal(f.parts[4].encoding, FACTS_ENCODING_BASE64);
	assert_str("id", f.message_id, STR("foo@bar.example"));
	assert_str("subject", f.subject, STR("Re: [list] Lunch"));
	assert_str("base", f.subject_base, STR("lunch"));
	assert_true(f.subject_is_reply && f.has_date);
	assert_int_equal(f.date, 1136210645);
	assert_int_equal(f.date_zone, 60);
	assert_int_equal(f.size, m.n);
	assert_int_equal(f.lines, 27);
	writes_and_reads("whole", &f);
	arena_fini(&a);
}

static void people(void **state)
{
	struct arena a;
	struct facts f = build(STR(MIXED), &a);
	static const struct facts_address want[] = {
		{FACTS_FROM, STR_INIT("Joe Q. Public"), STR_INIT("John.Q"),
		 STR_INIT("example.org")},
		{FACTS_TO, STR_INIT(""), STR_INIT("a"), STR_INIT("b.example")},
		{FACTS_TO, STR_INIT(""), STR_INIT("c"), STR_INIT("d.example")},
		{FACTS_CC, STR_INIT(""), STR_INIT("e"), STR_INIT("f.example")},
	};

	(void)state;
	assert_int_equal(f.address_count, ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		assert_int_equal(f.addresses[i].role, want[i].role);
		assert_str("name", f.addresses[i].name, want[i].name);
		assert_str("local", f.addresses[i].local, want[i].local);
		assert_str("domain", f.addresses[i].domain, want[i].domain);
	}
	arena_fini(&a);
}

/* In-Reply-To adds what References lacks. */
static void references(void **state)
{
	static const struct str want[] = {STR_INIT("a@x"), STR_INIT("b@x"), STR_INIT("c@x")};
	struct arena a;
	struct facts f = build(STR(MIXED), &a);

	(void)state;
	assert_int_equal(f.reference_count, ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_str("reference", f.references[i], want[i]);
	arena_fini(&a);
}

static void wire_texts(void **state)
{
	struct arena a;
	struct facts f = build(STR("Subject: x\r\nContent-Type: text/html\r\n\r\nabc\r\n"), &a);

	(void)state;
	assert_str("envelope", f.envelope, STR("(NIL \"x\" NIL NIL NIL NIL NIL NIL NIL NIL)"));
	assert_str("body", f.body, STR("(\"text\" \"html\" NIL NIL NIL \"7BIT\" 5 1)"));
	assert_str("bodystructure", f.bodystructure,
		   STR("(\"text\" \"html\" NIL NIL NIL \"7BIT\" 5 1 NIL NIL NIL NIL)"));
	arena_fini(&a);
}

static void lines(void **state)
{
	static const struct {
		struct str message;
		uint32_t lines, longest, cr, lf;
		bool has_8bit, has_nul;
	} cases[] = {
		{STR_INIT(""), 0, 0, 0, 0, false, false},
		{STR_INIT("\r\n"), 1, 0, 0, 0, false, false},
		{STR_INIT("a: b\r\n\r\nabcdef"), 3, 6, 0, 0, false, false},
		{STR_INIT("a: b\n\r\nab\rc\n"), 3, 4, 1, 2, false, false},
		{STR_INIT("a\r"), 1, 2, 1, 0, false, false},
		{STR_INIT("a\r\r\n"), 1, 2, 1, 0, false, false},
		{STR_INIT("a\0\r\n"), 1, 2, 0, 0, false, true},
		{STR_INIT("a: \xc3\xa4\r\n"), 1, 5, 0, 0, true, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena a;
		struct facts f = build(cases[i].message, &a);

		assert_int_equal(f.lines, cases[i].lines);
		assert_int_equal(f.longest_line, cases[i].longest);
		assert_int_equal(f.bare_cr, cases[i].cr);
		assert_int_equal(f.bare_lf, cases[i].lf);
		assert_int_equal(f.has_8bit, cases[i].has_8bit);
		assert_int_equal(f.has_nul, cases[i].has_nul);
		arena_fini(&a);
	}
}

static void hash(void **state)
{
	static const uint8_t given[32] = {1, 2, 3};
	const struct facts_known known = {.sha256 = given};
	BUF_AUTO hex = BUF_INIT(100);
	struct arena a;
	struct facts f;

	(void)state;
	assert_ok(facts_preload());
	f = build(STR("abc"), &a);
	buf_hex(&hex, str_of(f.sha256, 32));
	/* FIPS 180-4's example */
	assert_str("abc", buf_str(&hex),
		   STR("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	assert_ok(facts_build(STR("abc"), &known, &a, &f));
	assert_memory_equal(f.sha256, given, 32);
	arena_fini(&a);
}

/* Encoded words and RFC 2231's file names. */
static void decoded(void **state)
{
	struct arena a;
	struct facts f = build(STR("Subject: =?utf-8?q?Re:_=C3=84?=\r\n =?utf-8?b?w5Y=?=  \r\n"
				   "From: =?iso-8859-1?q?J=F6rg?= <j@x.example>\r\n"
				   "Content-Disposition: attachment;\r\n"
				   " filename*0*=utf-8''%C3%A4; filename*1=.txt\r\n\r\n"),
			       &a);

	(void)state;
	assert_str("subject", f.subject, STR("Re: \xc3\x84\xc3\x96"));
	assert_str("base", f.subject_base, STR("\xc3\xa4\xc3\xb6"));
	assert_str("name", f.addresses[0].name, STR("J\xc3\xb6rg"));
	assert_str("file", f.parts[0].filename, STR("\xc3\xa4.txt"));
	arena_fini(&a);
}

#define TEXT(type, encoding) "Content-Type: text/" type "\r\n" encoding "\r\n"
#define PART(type, body)     "--x\r\nContent-Type: " type "\r\n\r\n" body "\r\n"

static void previews(void **state)
{
	static const struct {
		struct str message, preview;
	} cases[] = {
		{STR_INIT(""), STR_INIT("")},
		{STR_INIT("\r\n"), STR_INIT("")},
		{STR_INIT("\r\n  a \r\n\r\n\tb\r\n"), STR_INIT("a b")},
		{STR_INIT(TEXT("plain; charset=iso-8859-1", "") "\xe4"), STR_INIT("\xc3\xa4")},
		{STR_INIT(TEXT("plain; charset=x-nobody", "") "\xe4"), STR_INIT("\xc3\xa4")},
		{STR_INIT(TEXT("plain", "Content-Transfer-Encoding: base64\r\n") "aGVsbG8="),
		 STR_INIT("hello")},
		{STR_INIT(TEXT("plain",
			       "Content-Transfer-Encoding: quoted-printable\r\n") "a=\r\nb"),
		 STR_INIT("ab")},
		{STR_INIT(TEXT("plain", "Content-Disposition: attachment\r\n") "a"), STR_INIT("")},
		{STR_INIT(TEXT("html", "") "<style>x</style><p>a<b>b</b>&amp;</p>c"),
		 STR_INIT("ab& c")},
		{STR_INIT(TEXT("calendar", "") "a"), STR_INIT("")},
		{STR_INIT("Content-Type: multipart/mixed; boundary=x\r\n\r\n" PART(
			 "text/plain", " ") PART("image/png", "b") PART("text/plain", "c")),
		 STR_INIT("c")},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena a;
		struct facts f = build(cases[i].message, &a);

		assert_str(cases[i].message.p, f.preview, cases[i].preview);
		arena_fini(&a);
	}
}

/* -- limits -- */

static void repeat(struct buf *b, struct str s, size_t n)
{
	while (n--)
		buf_str_add(b, s);
}

/* multipart/mixed with n parts, each with more header lines. */
static void multipart(struct buf *b, struct str more, size_t n)
{
	buf_str_add(b, STR("Content-Type: multipart/mixed; boundary=x\r\n\r\n"));
	for (size_t i = 0; i < n; i++)
		buf_strs(b, STR("--x\r\n"), more, STR("\r\n"));
	buf_str_add(b, STR("--x--\r\n"));
}

static void parts_limit(void **state)
{
	(void)state;
	for (size_t n = FACTS_PARTS_MAX - 1; n <= FACTS_PARTS_MAX; n++) {
		BUF_AUTO b = BUF_INIT(1 << 20);
		struct arena a;

		multipart(&b, STR(""), n);
		struct facts f = build(buf_str(&b), &a);

		assert_int_equal(f.part_count, n < FACTS_PARTS_MAX ? n + 1 : 1);
		writes_and_reads("parts", &f);
		if (f.part_count == 1) {
			assert_str("type", f.parts[0].subtype, STR("octet-stream"));
			assert_int_equal(f.parts[0].header_n + f.parts[0].body_n, b.n);
			assert_true(str_starts(f.body, STR("(\"application\" \"octet-stream\"")));
		}
		arena_fini(&a);
	}
}

/* A tree of any depth fits: what is deeper is a leaf in it. */
static void depth(void **state)
{
	BUF_AUTO b = BUF_INIT(1 << 20);
	struct arena a;

	(void)state;
	repeat(&b, STR("Content-Type: message/rfc822\r\n\r\n"), 200);
	struct facts f = build(buf_str(&b), &a);

	assert_in_range(f.part_count, 100, FACTS_DEPTH_MAX);
	writes_and_reads("depth", &f);
	arena_fini(&a);
}

/* What does not fit is cut; the record always does. */
static void texts_limits(void **state)
{
	static const struct {
		const char *name;
		struct str before, unit, after;
		size_t n;
	} cases[] = {
		{"subject", STR_INIT("Subject: "), STR_INIT("abc\xc3\xa4"), STR_INIT("\r\n"),
		 100000},
		{"folded subject", STR_INIT("Subject: "), STR_INIT("a\r\n "), STR_INIT("\r\n"),
		 100000},
		{"subjects", STR_INIT(""), STR_INIT("Subject: x\r\n"), STR_INIT("\r\n"), 10000},
		{"to", STR_INIT("To: "), STR_INIT("a@b.example,"), STR_INIT("\r\n"), 20000},
		{"long to", STR_INIT("To: "),
		 STR_INIT("01234567890123456789@01234567890123456789,"), STR_INIT("\r\n"), 20000},
		{"long from", STR_INIT("From: "), STR_INIT("\"\\\"\\\"\\\"\\\"\\\"\\\"\"@b,"),
		 STR_INIT("\r\n"), 20000},
		{"references", STR_INIT("References: "), STR_INIT("<a@b>"), STR_INIT("\r\n"),
		 20000},
		{"message-id", STR_INIT("Message-ID: "), STR_INIT("abcdef"), STR_INIT("\r\n"),
		 20000},
		{"description", STR_INIT("Content-Description: "), STR_INIT("\"\\"),
		 STR_INIT("\r\n"), 20000},
		{"type", STR_INIT("Content-Type: "), STR_INIT("aaaa"), STR_INIT("/b\r\n"), 3000},
		{"filename", STR_INIT("Content-Disposition: a; filename="), STR_INIT("\xff"),
		 STR_INIT("\r\n"), 10000},
		{"fields", STR_INIT(""), STR_INIT("From: a <b@c.example>\r\n"), STR_INIT("\r\n"),
		 50000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(8 << 20);
		struct arena a;

		buf_str_add(&b, cases[i].before);
		repeat(&b, cases[i].unit, cases[i].n);
		buf_str_add(&b, cases[i].after);
		struct facts f = build(buf_str(&b), &a);

		writes_and_reads(cases[i].name, &f);
		arena_fini(&a);
	}
}

/* A structure text that does not fit makes the message a leaf, in the table too. */
static void structure_limit(void **state)
{
	BUF_AUTO b = BUF_INIT(8 << 20);
	BUF_AUTO more = BUF_INIT(1 << 20);
	struct arena a;

	(void)state;
	buf_str_add(&more, STR("Content-Description: "));
	repeat(&more, STR("abcdefgh"), 100);
	buf_str_add(&more, STR("\r\n"));
	multipart(&b, buf_str(&more), 500);
	struct facts f = build(buf_str(&b), &a);

	assert_int_equal(f.part_count, 1);
	assert_true(str_starts(f.body, STR("(\"application\" \"octet-stream\"")));
	assert_true(str_starts(f.bodystructure, STR("(\"application\" \"octet-stream\"")));
	writes_and_reads("structure", &f);
	arena_fini(&a);
}

/* An envelope that does not fit loses its long fields only. */
static void envelope_limit(void **state)
{
	BUF_AUTO b = BUF_INIT(8 << 20);
	struct arena a;

	(void)state;
	buf_str_add(&b, STR("From: a@b.example\r\nTo: "));
	repeat(&b,
	       STR("01234567890123456789012345678901234567890123456789@"
		   "01234567890123456789012345678901234567890123456789012345678901234567890123456789,"
		   "\r\n "),
	       1000);
	buf_str_add(&b, STR("x@y.example\r\nSubject: s\r\n\r\n"));
	struct facts f = build(buf_str(&b), &a);

	assert_str("envelope", f.envelope,
		   STR("(NIL \"s\" ((NIL NIL \"a\" \"b.example\")) ((NIL NIL \"a\" \"b.example\"))"
		       " ((NIL NIL \"a\" \"b.example\")) NIL NIL NIL NIL NIL)"));
	assert_int_equal(f.addresses[0].role, FACTS_FROM);
	assert_true(f.address_count > 500);
	writes_and_reads("envelope", &f);
	arena_fini(&a);
}

/* The most bytes that a field's can become, in every field: two for an empty group. */
static void envelope_worst(void **state)
{
	static const struct str names[] = {STR_INIT("From: "),     STR_INIT("Sender: "),
					   STR_INIT("Reply-To: "), STR_INIT("To: "),
					   STR_INIT("Cc: "),       STR_INIT("Bcc: ")};

	(void)state;
	for (size_t n = 100; n < 5000; n += 133) {
		BUF_AUTO b = BUF_INIT(1 << 20);
		struct arena a;

		for (size_t i = 0; i < ARRAY_LEN(names); i++) {
			buf_str_add(&b, names[i]);
			repeat(&b, STR(":;"), n);
			buf_str_add(&b, STR("\r\n"));
		}
		struct facts f = build(buf_str(&b), &a);

		assert_true(str_starts(f.envelope, STR("(NIL ")));
		writes_and_reads("worst", &f);
		arena_fini(&a);
	}
}

static void preview_limit(void **state)
{
	BUF_AUTO b = BUF_INIT(1 << 20);
	struct arena a;

	(void)state;
	buf_str_add(&b, STR("Content-Type: text/plain; charset=utf-8\r\n\r\nx"));
	repeat(&b, STR("\xc3\xa4"), 10000);
	struct facts f = build(buf_str(&b), &a);

	assert_int_equal(f.preview.n, FACTS_PREVIEW_MAX - 1);
	assert_true(str_ends(f.preview, STR("\xc3\xa4")));
	arena_fini(&a);
}

static void little_memory(void **state)
{
	struct facts f;
	struct arena a;

	(void)state;
	arena_init(&a, 1000);
	assert_err(facts_build(STR(MIXED), NULL, &a, &f), ERR_RESOURCES);
	arena_fini(&a);
}

/* -- real messages -- */

static size_t root_n; /* of the source tree, with the slash */
static int files;

static int file_build(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	BUF_AUTO b = BUF_INIT(1 << 20);
	struct arena a;

	(void)st;
	(void)ftw;
	if (type != FTW_F)
		return 0;
	test_data_read(path + root_n, &b);
	struct facts f = build(buf_str(&b), &a);

	writes_and_reads(path, &f);
	arena_fini(&a);
	files++;
	return 0;
}

static void real_messages(void **state)
{
	char root[4096];

	(void)state;
	const char *source = getenv("MOX_SOURCE_ROOT");

	assert_true(source);
	root_n = strlen(source) + 1;
	snprintf(root, sizeof(root), "%s/test/data/mime", source);
	assert_int_equal(nftw(root, file_build, 10, FTW_PHYS), 0);
	assert_true(files > 180);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),          cmocka_unit_test(people),
		cmocka_unit_test(references),     cmocka_unit_test(wire_texts),
		cmocka_unit_test(lines),          cmocka_unit_test(hash),
		cmocka_unit_test(decoded),        cmocka_unit_test(previews),
		cmocka_unit_test(parts_limit),    cmocka_unit_test(depth),
		cmocka_unit_test(texts_limits),   cmocka_unit_test(structure_limit),
		cmocka_unit_test(envelope_limit), cmocka_unit_test(preview_limit),
		cmocka_unit_test(envelope_worst), cmocka_unit_test(little_memory),
		cmocka_unit_test(real_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
