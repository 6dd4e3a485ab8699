#include "base/test.h"

#include "base/utf8.h"
#include "facts/build.h"
#include "facts/signature.h"
#include "format/fold.h"

static struct facts build(struct str message, struct arena *a)
{
	struct facts f;

	arena_init(a, FACTS_ARENA_MAX);
	assert_ok(facts_build(message, NULL, a, &f));
	return f;
}

static bool may_have(const struct facts *f, struct str query)
{
	BUF_AUTO folded = BUF_INIT(1000);

	buf_fold(&folded, query);
	return signature_may_have(f->signature, buf_str(&folded));
}

#define MESSAGE                                                                                 \
	"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= from home\r\n"                                    \
	"X-Thing: folded\r\n\tvalue\r\n"                                                        \
	"Content-Type: multipart/mixed; boundary=x\r\n\r\n"                                     \
	"--x\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"                               \
	"Content-Transfer-Encoding: quoted-printable\r\n\r\n"                                   \
	"Stra=DFe im=\r\nmer\r\n  wieder\r\n"                                                   \
	"--x\r\nContent-Type: text/html\r\n\r\n"                                                \
	"<a href=\"https://links.example/?a&amp;b\">cli<b>ck</b></a> &eacute;t&eacute;\r\n"     \
	"--x\r\nContent-Disposition: attachment; filename*=utf-8''pr%C3%BCfung.bin\r\n"         \
	"Content-Type: application/octet-stream\r\n\r\nbinarybytes\r\n"                         \
	"--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner thing\r\n\r\ninner text\r\n" \
	"--x--\r\n"

static void found(void **state)
{
	static const struct str queries[] = {
		STR_INIT("Gr\xc3\xbc\xc3\x9f"
			 "e FROM"),
		STR_INIT("GR\xc3\x9cSSE"),
		STR_INIT("folded value"),
		STR_INIT("x-thing: f"),
		STR_INIT("STRASSE IMMER wieder"),
		STR_INIT("Stra\xc3\x9f"
			 "e"),
		STR_INIT("links.example/?a&b"),
		STR_INIT("click e\xcc\x81t\xc3\xa9"),
		STR_INIT("pr\xc3\xbc"
			 "fung.bin"),
		STR_INIT("inner thing"),
		STR_INIT("inner text"),
		STR_INIT(""),
		STR_INIT("zz"),
	};
	struct arena a;
	struct facts f = build(STR(MESSAGE), &a);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(queries); i++)
		assert_true(may_have(&f, queries[i]));
	arena_fini(&a);
}

static void not_found(void **state)
{
	static const struct str queries[] = {
		STR_INIT("binarybytes"), STR_INIT("xylophonist"),
		STR_INIT("home folded"), /* not across fields */
	};
	struct arena a;
	struct facts f = build(STR(MESSAGE), &a);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(queries); i++)
		assert_false(may_have(&f, queries[i]));
	arena_fini(&a);
}

static void no_signature(void **state)
{
	(void)state;
	assert_true(signature_may_have(STR(""), STR("abc")));
	assert_true(signature_may_have(STR("\0\0\0"), STR("abc")));
	assert_true(signature_may_have(STR("\0\0\0\0\0\0\0\0\0"), STR("abc")));
	assert_false(signature_may_have(STR("\0\0\0\0\0\0\0\0"), STR("abc")));
	assert_true(signature_may_have(STR("\0\0\0\0\0\0\0\0"), STR("ab")));
}

/* Stored signatures stay valid: the bits of a text are these and no others. */
static void stable(void **state)
{
	static const uint8_t want[] = {0x02, 0x80, 0, 0xd0, 0x10, 0x10, 0x20, 0x04};
	struct arena a;
	struct facts f = build(STR("a: bcdefghij\r\n\r\n"), &a);

	(void)state;
	assert_int_equal(f.signature.n, sizeof(want));
	assert_memory_equal(f.signature.p, want, sizeof(want));
	arena_fini(&a);
}

/* n different words. */
static void words(struct buf *b, unsigned n)
{
	uint32_t x = 1;

	buf_str_add(b, STR("\r\n"));
	for (unsigned i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		buf_printf(b, "%c%c%c%c%c ", 'a' + x % 26, 'a' + x / 26 % 26, 'a' + x / 676 % 26,
			   'a' + x / 17576 % 26, 'a' + x / 456976 % 26);
	}
}

static void sizes(void **state)
{
	static const struct {
		unsigned words;
		size_t min, max;
	} cases[] = {
		{0, 8, 8},
		{10, 16, 64},
		{1000, 1024, 4096},
		{4000, 4096, 16384},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(1 << 20);
		struct arena a;

		words(&b, cases[i].words);
		struct facts f = build(buf_str(&b), &a);

		assert_in_range(f.signature.n, cases[i].min, cases[i].max);
		arena_fini(&a);
	}
}

/* So much different text that a signature says nothing: it is short, and says "perhaps". */
static void full(void **state)
{
	BUF_AUTO b = BUF_INIT(8 << 20);
	struct arena a;
	uint32_t x = 1;

	(void)state;
	buf_str_add(&b, STR("Content-Type: text/plain; charset=utf-8\r\n\r\n"));
	for (int i = 0; i < 1500000; i++) {
		x = x * 1664525 + 1013904223;
		buf_utf8(&b, i < 1000000 ? 0x21 + (x >> 8) % 94 : 0x10000 + (x >> 8) % 0x100000);
	}
	struct facts f = build(buf_str(&b), &a);

	assert_int_equal(f.signature.n, 8);
	assert_true(may_have(&f, STR("anything")));
	arena_fini(&a);
}

/* More short fields than are worth the time. */
static void budget(void **state)
{
	BUF_AUTO b = BUF_INIT(8 << 20);
	struct arena a;

	(void)state;
	for (int i = 0; i < 520000; i++)
		buf_str_add(&b, STR("a:\r\n"));
	struct facts f = build(buf_str(&b), &a);

	assert_int_equal(f.signature.n, 8);
	assert_true(may_have(&f, STR("anything")));
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found),        cmocka_unit_test(not_found),
		cmocka_unit_test(no_signature), cmocka_unit_test(stable),
		cmocka_unit_test(sizes),        cmocka_unit_test(full),
		cmocka_unit_test(budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
