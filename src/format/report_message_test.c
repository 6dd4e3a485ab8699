#include "base/test.h"

#include "format/encoding.h"
#include "format/mime.h"
#include "format/report_message.h"
#include "format/unpack.h"

struct fixture {
	struct arena arena;
	struct buf content;
	struct report_found found;
};

static struct err find(struct fixture *f, struct str message)
{
	arena_init(&f->arena, MIME_ARENA_MAX);
	buf_init(&f->content, UNPACK_MAX);
	return report_message_find(message, &f->arena, &f->content, &f->found);
}

static void end(struct fixture *f)
{
	arena_fini(&f->arena);
	buf_fini(&f->content);
}

static void add_part(struct buf *m, const char *type, struct str content)
{
	buf_strs(m, STR("--x\r\nContent-Type: "), str_z(type),
		 STR("\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
	encoding_encode_all(ENCODING_BASE64, content, m);
}

static const struct str begin =
	STR_INIT("From: a@example.org\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n");
static const struct str last = STR_INIT("--x--\r\n");

/* The types that reporters give what they attach. */
static void types(void **state)
{
	static const struct {
		const char *type, *content;
		bool gzip, found;
		enum report_kind kind;
	} cases[] = {
		{"application/gzip", "<feedback/>", true, true, REPORT_KIND_DMARC},
		{"application/x-gzip", "<feedback/>", true, true, REPORT_KIND_DMARC},
		{"application/zip", "<feedback/>", true, true, REPORT_KIND_DMARC}, /* and is gzip */
		{"application/octet-stream", "<feedback/>", true, true, REPORT_KIND_DMARC},
		{"application/octet-stream", "{}", false, true, REPORT_KIND_TLS},
		{"text/xml", "\xef\xbb\xbf <feedback/>", false, true, REPORT_KIND_DMARC},
		{"application/xml", "<feedback/>", false, true, REPORT_KIND_DMARC},
		{"application/tlsrpt+gzip", "{}", true, true, REPORT_KIND_TLS},
		{"application/tlsrpt+json", "\r\n{}", false, true, REPORT_KIND_TLS},
		{"application/json", "{}", false, true, REPORT_KIND_TLS},
		{"message/feedback-report", "Feedback-Type: abuse\n", false, true, REPORT_KIND_ARF},
		{"application/octet-stream", "\x89PNG", false, false, 0},
		{"application/pdf", "<feedback/>", true, false, 0},
		{"text/html", "<feedback/>", false, false, 0},
		{"text/plain", "{}", false, false, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO packed = BUF_INIT(1000), m = BUF_INIT(1 << 20);
		struct fixture f;

		if (cases[i].gzip)
			pack_gzip(str_z(cases[i].content), &packed);
		else
			buf_str_add(&packed, str_z(cases[i].content));
		buf_str_add(&m, begin);
		add_part(&m, "text/plain", STR("Dear postmaster"));
		add_part(&m, cases[i].type, buf_str(&packed));
		buf_str_add(&m, last);
		struct err e = find(&f, buf_str(&m));

		if (err_code(e) != (cases[i].found ? ERR_NONE : ERR_NOT_FOUND))
			fail_msg("%s: %.*s", cases[i].type, STR_ARG(err_text(e)));
		if (cases[i].found) {
			assert_str(cases[i].type, f.found.content, str_z(cases[i].content));
			assert_int_equal(f.found.kind, cases[i].kind);
		}
		end(&f);
	}
}

/* The report as a file of its own. */
static void bare(void **state)
{
	static const struct {
		struct str file;
		enum err_code want;
		enum report_kind kind;
	} cases[] = {
		{STR_INIT("<feedback/>"), ERR_NONE, REPORT_KIND_DMARC},
		{STR_INIT("\xff\xfe<\0a\0/\0>\0"), ERR_NONE, REPORT_KIND_DMARC},
		{STR_INIT(" {}"), ERR_NONE, REPORT_KIND_TLS},
		{STR_INIT("\x1f\x8b\x08"), ERR_SYNTAX, 0},
		{STR_INIT("PK\x03\x04"), ERR_SYNTAX, 0},
		{STR_INIT(""), ERR_NOT_FOUND, 0},
		{STR_INIT("Subject: x\n\n<feedback/>"), ERR_NOT_FOUND, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture f;

		assert_err(find(&f, cases[i].file), cases[i].want);
		if (cases[i].want == ERR_NONE)
			assert_int_equal(f.found.kind, cases[i].kind);
		end(&f);
	}
}

/* A broken part does not hide the report behind it; alone it is the error. */
static void broken_parts(void **state)
{
	BUF_AUTO m = BUF_INIT(1 << 20);
	struct fixture f;

	buf_str_add(&m, begin);
	add_part(&m, "application/gzip", STR("\x1f\x8b\x08 broken"));
	size_t n = m.n;

	buf_str_add(&m, last);
	assert_err(find(&f, buf_str(&m)), ERR_SYNTAX);
	end(&f);
	buf_truncate(&m, n);
	add_part(&m, "application/octet-stream", STR("<feedback/>"));
	buf_str_add(&m, last);
	assert_ok(find(&f, buf_str(&m)));
	assert_str("content", f.found.content, STR("<feedback/>"));
	end(&f);
}

static void tries(void **state)
{
	for (int n = REPORT_TRIES_MAX; n <= REPORT_TRIES_MAX + 1; n++) {
		BUF_AUTO m = BUF_INIT(1 << 20);
		struct fixture f;

		buf_str_add(&m, begin);
		for (int i = 1; i < n; i++)
			add_part(&m, "application/octet-stream", STR("x"));
		add_part(&m, "application/octet-stream", STR("<feedback/>"));
		buf_str_add(&m, last);
		assert_err(find(&f, buf_str(&m)), n == REPORT_TRIES_MAX ? ERR_NONE : ERR_NOT_FOUND);
		end(&f);
	}
}

/* Ends at the limits of unpacking, with all that a message of a megabyte may hold. */
static void bomb(void **state)
{
	BUF_AUTO zeros = BUF_INIT(UNPACK_MAX), packed = BUF_INIT(2 * UNPACK_MAX);
	BUF_AUTO m = BUF_INIT(1 << 20);
	struct fixture f;

	buf_char_n(&zeros, ' ', UNPACK_MAX);
	pack_gzip(buf_str(&zeros), &packed);
	buf_str_add(&m, begin);
	for (int i = 0; i < 2 * REPORT_TRIES_MAX; i++)
		add_part(&m, "application/gzip", buf_str(&packed));
	buf_str_add(&m, last);
	assert_false(buf_failed(&m));
	assert_err(find(&f, buf_str(&m)), ERR_TOO_BIG);
	end(&f);
}

/* What a bounce returns may be a report of our own. */
static void message_inside(void **state)
{
	struct fixture f;

	assert_err(find(&f, STR("Content-Type: multipart/report; boundary=x\n\n"
				"--x\nContent-Type: message/rfc822\n\n"
				"Content-Type: text/xml\n\n<feedback/>\n--x--\n")),
		   ERR_NOT_FOUND);
	end(&f);
}

static void original_header(void **state)
{
	static const struct {
		const char *name, *part, *want;
	} cases[] = {
		{"message", "\nContent-Type: message/rfc822\n\nA: b\n\nbody\n--x--\n", "A: b\n\n"},
		{"header", "\nContent-Type: text/rfc822-headers\n\nA: b\n--x--\n", "A: b"},
		{"encoded header",
		 "\nContent-Type: text/rfc822-headers\nContent-Transfer-Encoding: base64\n\n"
		 "QTogYg==\n--x--\n",
		 "A: b"},
		{"other", "\n\nA: b\n--x--\n", ""},
		{"none", "--\n", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO m = BUF_INIT(1000);
		struct fixture f;

		buf_strs(
			&m,
			STR("Content-Type: multipart/report; boundary=x\n\n"
			    "--x\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--x"),
			str_z(cases[i].part));
		assert_ok(find(&f, buf_str(&m)));
		assert_int_equal(f.found.kind, REPORT_KIND_ARF);
		assert_str(cases[i].name, f.found.content, STR("Feedback-Type: abuse"));
		assert_str(cases[i].name, f.found.original_header, str_z(cases[i].want));
		end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types),
		cmocka_unit_test(bare),
		cmocka_unit_test(broken_parts),
		cmocka_unit_test(tries),
		cmocka_unit_test(bomb),
		cmocka_unit_test(message_inside),
		cmocka_unit_test(original_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
