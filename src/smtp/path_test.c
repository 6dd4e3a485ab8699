#include "base/test.h"

#include "base/utf8.h"
#include "os/file.h"
#include "smtp/limit.h"
#include "smtp/path.h"

static bool parse(struct str s, struct smtp_path_rules r, struct arena *a, struct smtp_path *ret)
{
	struct cur c = cur_of(s);

	x_smtp_forward_path(&c, &r, a, ret);
	cur_xend(&c);
	return !cur_failed(&c);
}

/* What is accepted is written in its shortest form, and read again to the same value. */
static void paths(void **state)
{
	static const struct {
		const char *in;
		bool utf8;
		const char *want; /* NULL: refused */
	} cases[] = {
		{"<a@b.example>", false, "<a@b.example>"},
		{"<A.b+c@B.Example>", false, "<A.b+c@B.Example>"},
		{"<PostMaster>", false, "<PostMaster>"},
		{"<@x.example,@y.example:a@b.example>", false, "<a@b.example>"},
		{"<@x.example:postmaster>", false, NULL},
		{"<@x.example a@b.example>", false, NULL},
		{"<\"a\"@b.example>", false, "<a@b.example>"},
		{"<\"a b\"@b.example>", false, "<\"a b\"@b.example>"},
		{"<\"a\\ \\b\"@b.example>", false, "<\"a b\"@b.example>"},
		{"<\"a\\\"\\\\>\"@b.example>", false, "<\"a\\\"\\\\>\"@b.example>"},
		{"<\"\"@b.example>", false, "<\"\"@b.example>"},
		{"<\"a\"b@b.example>", false, NULL},
		{"<a@[192.0.2.1]>", false, "<a@[192.0.2.1]>"},
		{"<a@[ipv6:2001:DB8::1]>", false, "<a@[IPv6:2001:db8::1]>"},
		{"<a@[2001:db8::1]>", false, NULL},
		{"<a@[192.0.2.1>", false, NULL},
		{"<a@[x400:abc]>", false, NULL},
		{"<a@b_c.example>", false, NULL},
		{"<a@-b.example>", false, NULL},
		{"<a@b-.example>", false, NULL},
		{"<a@b..example>", false, NULL},
		{"<a@b.example.>", false, NULL},
		{"<.a@b.example>", false, NULL},
		{"<a.@b.example>", false, NULL},
		{"<a..b@b.example>", false, NULL},
		{"<a b@b.example>", false, NULL},
		{"<a@b@c.example>", false, NULL},
		{"<a>", false, NULL},
		{"<>", false, NULL},
		{"a@b.example", false, NULL},
		{"<a@b.example", false, NULL},
		{"<a@b.example> ", false, NULL},
		{"<\xc3\xa9@b.example>", false, NULL},
		{"<\xc3\xa9@b.example>", true, "<\xc3\xa9@b.example>"},
		{"<\"\xc3\xa9 \"@b.example>", true, "<\"\xc3\xa9 \"@b.example>"},
		{"<a@\xc3\xa9.example>", true, "<a@\xc3\xa9.example>"},
		{"<a@\xc3\xa9.example>", false, NULL},
		{"<\xc3@b.example>", true, NULL},
		{"<a@\xff.example>", true, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct smtp_path_rules r = {.utf8 = cases[i].utf8};
		struct smtp_path p, again;
		struct arena a;
		BUF_AUTO b = BUF_INIT(1024);

		arena_init(&a, 4096);
		bool ok = parse(str_z(cases[i].in), r, &a, &p);

		if (ok != (cases[i].want != NULL))
			fail_msg("%s: %s", cases[i].in, ok ? "accepted" : "refused");
		if (ok) {
			buf_smtp_path(&b, &p);
			assert_str(cases[i].in, buf_str(&b), str_z(cases[i].want));
			assert_true(parse(buf_str(&b), r, &a, &again));
			assert_true(smtp_path_eq(&p, &again));
		}
		arena_fini(&a);
	}
}

static bool parse_sizes(size_t local, size_t label_a, size_t labels, bool pedantic)
{
	struct smtp_path_rules r = {.pedantic = pedantic};
	struct smtp_path p;
	struct arena a;
	BUF_AUTO b = BUF_INIT(2048);

	arena_init(&a, 4096);
	buf_char(&b, '<');
	buf_char_n(&b, 'l', local);
	buf_char(&b, '@');
	for (size_t i = 0; i < labels; i++) {
		buf_char_n(&b, 'd', label_a);
		buf_char(&b, i + 1 < labels ? '.' : '>');
	}
	bool ok = parse(buf_str(&b), r, &a, &p);

	arena_fini(&a);
	return ok;
}

/* RFC 5321 §4.5.3.1 */
static void limits(void **state)
{
	(void)state;
	assert_true(parse_sizes(LIMIT_SMTP_LOCALPART, 7, 2, false));
	assert_false(parse_sizes(LIMIT_SMTP_LOCALPART + 1, 7, 2, false));
	assert_true(parse_sizes(LIMIT_SMTP_LOCALPART_PEDANTIC, 7, 2, true));
	assert_false(parse_sizes(LIMIT_SMTP_LOCALPART_PEDANTIC + 1, 7, 2, true));
	assert_true(parse_sizes(1, LIMIT_SMTP_LABEL, 2, false));
	assert_false(parse_sizes(1, LIMIT_SMTP_LABEL + 1, 2, false));
	/* <, local, @, 125 labels of one octet with a dot but for the last, >: 256 octets. */
	assert_true(parse_sizes(4, 1, 125, false));
	assert_false(parse_sizes(5, 1, 125, false));

	struct smtp_host h = {0};
	BUF_AUTO b = BUF_INIT(512);

	for (int i = 0; i < 127; i++)
		buf_str_add(&b, STR("a."));
	buf_char(&b, 'a');
	struct cur c = cur_of(buf_str(&b));
	x_smtp_domain(&c, false, &h);
	assert_int_equal(h.name.n, LIMIT_SMTP_DOMAIN);
	buf_char(&b, 'a');
	c = cur_of(buf_str(&b));
	x_smtp_domain(&c, false, &h);
	assert_true(cur_failed(&c));
}

static void raw_path_ends_outside_quotes(void **state)
{
	static const char *const cases[][2] = {
		{"<a@b> SIZE=1", "<a@b>"},
		{"<> X", "<>"},
		{"<\"a>b\"@c> X", "<\"a>b\"@c>"},
		{"<\"a\\\">b\"@c> X", "<\"a\\\">b\"@c>"},
		{"<a", ""},
		{"<\"a>", ""},
		{"<\"a\\", ""},
		{"a@b>", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cur c = cur_of(str_z(cases[i][0]));

		assert_str(cases[i][0], x_smtp_path_raw(&c), str_z(cases[i][1]));
	}
}

static bool element(struct str xml, size_t *at, struct str tag, struct str *ret)
{
	ssize_t from = str_find(xml, tag, *at);

	if (from < 0)
		return false;
	from += (ssize_t)tag.n;
	ssize_t to = str_chr(str_from(xml, (size_t)from), '<');

	assert_true(to >= 0);
	*ret = str_sub(xml, (size_t)from, (size_t)(from + to));
	*at = (size_t)(from + to);
	return true;
}

/* U+2400 + n stands for the control character n (test/data/address/tests.xml). */
static void unescape_char(struct buf *b, uint32_t c)
{
	if (c >= 0x2400 && c < 0x2420)
		buf_char(b, (char)(c - 0x2400));
	else
		buf_utf8(b, c);
}

static uint32_t hex_number(struct str s)
{
	uint32_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 4 |
		    (uint32_t)(ch_is_digit(s.p[i]) ? s.p[i] - '0' : ch_lower(s.p[i]) - 'a' + 10);
	return v;
}

static void unescape(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		ssize_t end = s.p[i] == '&' ? str_chr(str_from(s, i), ';') : -1;

		if (end < 0) {
			buf_char(b, s.p[i]);
			continue;
		}
		if (s.p[i + 1] == '#')
			unescape_char(b, hex_number(str_sub(s, i + 3, i + (size_t)end)));
		else
			buf_char(b, s.p[i + 1] == 'a' ? '&' : s.p[i + 1] == 'l' ? '<' : '>');
		i += (size_t)end;
	}
}

static bool must_accept(struct str category)
{
	return str_eq(category, STR("ISEMAIL_VALID_CATEGORY")) ||
	       str_eq(category, STR("ISEMAIL_RFC5321")) || str_eq(category, STR("ISEMAIL_DNSWARN"));
}

/* test/data/address/README.md: what the categories mean for SMTP. */
static void is_email(void **state)
{
	const char *root = getenv("MOX_SOURCE_ROOT");
	char path[4096];
	BUF_AUTO xml = BUF_INIT(1 << 20);
	struct str text, category;
	size_t at = 0, n = 0;

	(void)state;
	snprintf(path, sizeof(path), "%s/test/data/address/tests.xml", root ? root : ".");
	assert_ok(file_read(AT_FDCWD, path, &xml));
	at = (size_t)str_find(buf_str(&xml), STR("<test id=\"2\""), 0);
	while (element(buf_str(&xml), &at, STR("<address>"), &text)) {
		struct smtp_path_rules r = {.pedantic = true};
		struct smtp_path p;
		struct arena a;
		BUF_AUTO quoted = BUF_INIT(4096);

		assert_true(element(buf_str(&xml), &at, STR("<category>"), &category));
		buf_char(&quoted, '<');
		unescape(&quoted, text);
		buf_char(&quoted, '>');
		arena_init(&a, 4096);
		if (parse(buf_str(&quoted), r, &a, &p) != must_accept(category))
			fail_msg("%.*s is %.*s", STR_ARG(text), STR_ARG(category));
		arena_fini(&a);
		n++;
	}
	assert_int_equal(n, 163);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(limits),
		cmocka_unit_test(raw_path_ends_outside_quotes),
		cmocka_unit_test(is_email),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
