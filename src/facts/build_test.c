#include "base/test.h"

#include "facts/build.h"

static const char message[] = "Date: Mon, 2 Jan 2006 15:04:05 -0700\r\n"
			      "From: \"A. B\" <Ab@Example.ORG>\r\n"
			      "To: c@example.net, Group: d@example.net;\r\n"
			      "Cc: e@example.net\r\n"
			      "Message-ID: <One@Example.org>\r\n"
			      "References: <a@x> <b@x>\r\n"
			      "In-Reply-To: <c@x>\r\n"
			      "Subject: Re: [list] hello\r\n"
			      "MIME-Version: 1.0\r\n"
			      "Content-Type: multipart/mixed; boundary=b\r\n"
			      "\r\n"
			      "--b\r\n"
			      "Content-Type: text/plain; charset=UTF-8\r\n"
			      "\r\n"
			      "first\r\n\r\n   second line\r\n"
			      "--b\r\n"
			      "Content-Type: application/pdf; name=old.pdf\r\n"
			      "Content-Disposition: attachment; filename=\"new.pdf\"\r\n"
			      "Content-Transfer-Encoding: base64\r\n"
			      "\r\n"
			      "AAAA\r\n"
			      "--b--\r\n";

static void of_a_message(void **state)
{
	struct arena a;
	struct facts f;
	size_t part;

	(void)state;
	arena_init(&a, FACTS_ARENA_MAX);
	assert_ok(facts_build(str_z(message), NULL, &a, &f));
	assert_int_equal(f.size, sizeof(message) - 1);
	assert_str("id", f.message_id, STR("one@example.org"));
	assert_int_equal(f.reference_count, 3);
	assert_str("nearest", f.references[2], STR("c@x"));
	assert_str("subject", f.subject, STR("Re: [list] hello"));
	assert_str("base", f.subject_base, STR("hello"));
	assert_true(f.subject_is_reply);
	assert_int_equal(f.date, 1136239445);
	assert_int_equal(f.date_zone, -420);
	assert_str("preview", f.preview, STR("first second line"));
	assert_int_equal(f.address_count, 4);
	assert_str("name", f.addresses[0].name, STR("A. B"));
	assert_str("local", f.addresses[0].local, STR("Ab"));
	assert_str("domain", f.addresses[0].domain, STR("example.org"));
	assert_int_equal(f.addresses[3].role, FACTS_CC);
	assert_int_equal(f.part_count, 3);
	assert_true(facts_part_find(&f, (uint32_t[]){2}, 1, &part));
	assert_str("file name", f.parts[part].filename, STR("new.pdf"));
	assert_true(f.parts[part].attachment);
	assert_int_equal(f.parts[part].encoding, FACTS_ENCODING_BASE64);
	assert_str("its body",
		   str_sub(str_z(message), f.parts[part].body_at,
			   f.parts[part].body_at + f.parts[part].body_n),
		   STR("AAAA"));
	assert_true(str_starts(f.bodystructure, STR("((\"text\" \"plain\"")));
	assert_true(str_starts(f.envelope, STR("(\"Mon, 2 Jan 2006")));
	assert_int_equal(f.bare_cr + f.bare_lf, 0);
	assert_int_equal(f.longest_line, 51);
	arena_fini(&a);
}

static void line_facts(void **state)
{
	static const struct {
		const char *name;
		struct str bytes;
		uint32_t lines, longest, cr, lf;
		bool high, nul;
	} cases[] = {
		{"empty", STR_INIT(""), 0, 0, 0, 0, false, false},
		{"no end", STR_INIT("abc"), 1, 3, 0, 0, false, false},
		{"crlf", STR_INIT("abc\r\nde\r\n"), 2, 3, 0, 0, false, false},
		{"lf", STR_INIT("abc\nde\n"), 2, 3, 0, 2, false, false},
		{"cr", STR_INIT("a\rb\r\n\r"), 2, 3, 2, 0, false, false},
		{"cr cr lf", STR_INIT("a\r\r\n"), 1, 2, 1, 0, false, false},
		{"8 bit", STR_INIT("\xc3\xa4\r\n"), 1, 2, 0, 0, true, false},
		{"nul", STR_INIT("a\0b"), 1, 3, 0, 0, false, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena a;
		struct facts f;

		arena_init(&a, FACTS_ARENA_MAX);
		assert_ok(facts_build(cases[i].bytes, NULL, &a, &f));
		if (f.lines != cases[i].lines || f.longest_line != cases[i].longest ||
		    f.bare_cr != cases[i].cr || f.bare_lf != cases[i].lf ||
		    f.has_8bit != cases[i].high || f.has_nul != cases[i].nul)
			fail_msg("%s: %u lines, longest %u, %u cr, %u lf", cases[i].name, f.lines,
				 f.longest_line, f.bare_cr, f.bare_lf);
		arena_fini(&a);
	}
}

/* More parts than the table holds: the message is bytes, and its facts still fit. */
static void too_many_parts(void **state)
{
	struct arena a;
	struct facts f;
	BUF_AUTO m = BUF_INIT(1 << 20);
	BUF_AUTO out = BUF_INIT(FACTS_SIZE_MAX);

	(void)state;
	buf_str_add(&m, STR("Content-Type: multipart/mixed; boundary=b\r\n\r\n"));
	for (int i = 0; i < FACTS_PARTS_MAX; i++)
		buf_str_add(&m, STR("--b\r\n\r\nx\r\n"));
	arena_init(&a, FACTS_ARENA_MAX);
	assert_ok(facts_build(buf_str(&m), NULL, &a, &f));
	assert_int_equal(f.part_count, 1);
	assert_str("type", f.parts[0].subtype, STR("octet-stream"));
	assert_ok(facts_write(&f, &out));
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_message),
		cmocka_unit_test(line_facts),
		cmocka_unit_test(too_many_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
