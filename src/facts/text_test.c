#include "base/test.h"

#include "facts/build.h"
#include "facts/text.h"

#define MESSAGE                                                                                 \
	"Subject: =?utf-8?q?=C3=84?= \r\n b\r\n"                                                \
	"Content-Type: multipart/mixed; boundary=x\r\n\r\npreamble\r\n"                         \
	"--x\r\nX: Y\r\n\r\nFirst  text\r\n"                                                    \
	"--x\r\nContent-Type: text/html\r\n\r\n<b>A</b>&auml;\r\n"                              \
	"--x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nM\r\n" \
	"--x\r\nContent-Type: image/png; name=N.png\r\n\r\nbytes\r\n"                           \
	"--x\r\nContent-Type: message/rfc822\r\n\r\nTo: C\r\n\r\nInner\r\n"                     \
	"--x--\r\n"

/* Pieces, with a | before what starts anew. */
static void text_of(struct str message, unsigned want, struct buf *ret)
{
	BUF_AUTO piece = BUF_INIT(FACTS_TEXT_PIECE_MAX);
	struct facts_text t;
	struct facts f;
	struct arena a;
	bool starts;

	arena_init(&a, FACTS_ARENA_MAX);
	assert_ok(facts_build(message, NULL, &a, &f));
	facts_text_init(&t, message, &f, want);
	while (facts_text_next(&t, &piece, &starts))
		buf_strs(ret, starts ? STR("|") : STR(""), buf_str(&piece));
	assert_false(buf_failed(&piece));
	facts_text_fini(&t);
	arena_fini(&a);
}

static void pieces(void **state)
{
	static const struct {
		unsigned want;
		struct str text;
	} cases[] = {
		{FACTS_TEXT_HEADER,
		 STR_INIT("|subject: \xc3\xa4 b|content-type: multipart/mixed; boundary=x")},
		{FACTS_TEXT_BODY,
		 STR_INIT("|x: y|first text"
			  "|content-type: text/html|a\xc3\xa4"
			  "|content-type: text/plain|content-transfer-encoding: x-uuencode"
			  "|content-type: image/png; name=n.png|n.png"
			  "|content-type: message/rfc822|to: c|inner")},
		{0, STR_INIT("")},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(10000);

		text_of(STR(MESSAGE), cases[i].want, &b);
		assert_str("text", buf_str(&b), cases[i].text);
	}
}

/* A body of many pieces is one text: characters and white space across them are whole. */
static void long_body(void **state)
{
	BUF_AUTO message = BUF_INIT(1 << 20);
	BUF_AUTO want = BUF_INIT(1 << 20);
	BUF_AUTO got = BUF_INIT(1 << 20);

	(void)state;
	buf_str_add(&message, STR("Content-Type: text/plain; charset=utf-8\r\n\r\n"));
	buf_char(&want, '|');
	for (int i = 0; i < 20000; i++) {
		buf_str_add(&message, STR("A\xcc\x88 \r\n\t\xe4\xbd\xa0"));
		buf_str_add(&want, STR("\xc3\xa4 \xe4\xbd\xa0"));
	}
	text_of(buf_str(&message), FACTS_TEXT_BODY, &got);
	assert_str("long", buf_str(&got), buf_str(&want));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces),
		cmocka_unit_test(long_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
