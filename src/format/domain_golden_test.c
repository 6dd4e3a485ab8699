/* Unicode's conformance tests of UTS #46, and a collection of Punycode: test/data/idna. Where
 * domain and libidn2 depart from UTS #46 is said in doc/verification.md, with why. Each departure
 * is named by a rule here, and counted, so that one more or less on either side is noticed. */
#include "base/test.h"

#include "base/attr.h"
#include "base/utf8.h"
#include "format/domain.h"
#include <utf8proc.h>

struct idna_case {
	struct str line;
	struct buf source, unicode, ascii;
	struct str status; /* of ToASCII, "[]" if all is well */
};

static unsigned hex_digit(char c)
{
	return ch_is_digit(c) ? (unsigned)(c - '0') : (unsigned)(ch_lower(c) - 'a') + 10;
}

/* A code point; half a surrogate pair becomes a byte that is not UTF-8, as it would be met. */
static void buf_code_point(struct buf *b, uint32_t cp)
{
	if (cp >= 0xd800 && cp < 0xe000)
		buf_char(b, '\355');
	else
		buf_utf8(b, cp);
}

/* \uXXXX and \x{X...}; "" is the empty string. */
static void unescape(struct str s, struct buf *b)
{
	for (size_t i = str_eq(s, STR("\"\"")) ? 2 : 0; i < s.n;) {
		if (s.p[i] != '\\') {
			buf_char(b, s.p[i++]);
			continue;
		}
		bool braces = s.p[i + 1] == 'x';
		size_t from = i + (braces ? 3 : 2), to = from;
		uint32_t cp = 0;

		for (; braces ? s.p[to] != '}' : to < from + 4; to++)
			cp = cp * 16 + hex_digit(s.p[to]);
		i = to + braces;
		buf_code_point(b, cp);
	}
}

/* JSON's \\uXXXX, with pairs of surrogates. */
static void unescape_json(struct str s, struct buf *b)
{
	uint32_t high = 0;

	for (size_t i = 0; i < s.n;) {
		uint32_t cp = 0;

		if (s.p[i] != '\\' || s.p[i + 1] != 'u') {
			i += s.p[i] == '\\';
			buf_char(b, s.p[i++]);
			continue;
		}
		for (size_t k = 2; k < 6; k++)
			cp = cp * 16 + hex_digit(s.p[i + k]);
		i += 6;
		if (cp >= 0xd800 && cp < 0xdc00)
			high = cp - 0xd800 + 0x40;
		else
			buf_utf8(b, cp >= 0xdc00 && cp < 0xe000 ? high << 10 | (cp - 0xdc00) : cp);
	}
}

static struct str column(struct str *rest)
{
	struct str c;

	(void)str_cut(*rest, ';', &c, rest);
	return str_trim(c);
}

/* A line's columns as the file's head explains them: what is blank is as the column before. */
static bool case_read(struct str line, struct idna_case *c)
{
	struct str rest, comment, status[2], text[2];
	struct buf *bufs[] = {&c->source, &c->unicode, &c->ascii};

	(void)str_cut(line, '#', &rest, &comment);
	if (!str_trim(rest).n)
		return false;
	c->line = str_trim(rest);
	for (size_t i = 0; i < 3; i++)
		buf_clear(bufs[i]);
	unescape(column(&rest), &c->source);
	for (size_t i = 0; i < 2; i++) {
		text[i] = column(&rest);
		status[i] = column(&rest);
		if (text[i].n)
			unescape(text[i], bufs[i + 1]);
		else
			buf_str_add(bufs[i + 1], buf_str(bufs[i]));
	}
	c->status = status[1].n ? status[1] : status[0].n ? status[0] : STR("[]");
	return true;
}

/* Whether the status names nothing but rules of these: letters of the file's list. */
static bool only(struct str status, const char *rules)
{
	for (size_t i = 1; i < status.n; i++)
		if ((status.p[i - 1] == '[' || status.p[i - 1] == ' ') &&
		    !strchr(rules, status.p[i]))
			return false;
	return true;
}

/* RFC 5892 §2.1 LetterDigits; what else IDNA2008 permits (§2.6) is not met in these tests. */
static bool is_letter_digit(uint32_t cp)
{
	utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)cp);

	return k == UTF8PROC_CATEGORY_LL || k == UTF8PROC_CATEGORY_LU ||
	       k == UTF8PROC_CATEGORY_LO || k == UTF8PROC_CATEGORY_ND ||
	       k == UTF8PROC_CATEGORY_LM || k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_MC;
}

static bool has(struct str s, bool (*is)(uint32_t cp))
{
	uint32_t cp;

	for (size_t i = 0, n; (n = utf8_decode_lossy(s, i, &cp)) > 0; i += n)
		if (is(cp))
			return true;
	return false;
}

static bool is_disallowed(uint32_t cp)
{
	return cp >= 0x80 && !is_letter_digit(cp) && cp != 0x200c && cp != 0x200d &&
	       utf8proc_category((utf8proc_int32_t)cp) != UTF8PROC_CATEGORY_CN;
}

/* Characters of Unicode 15.1 and later, which neither library knows. */
static bool is_new(uint32_t cp)
{
	return utf8proc_category((utf8proc_int32_t)cp) == UTF8PROC_CATEGORY_CN;
}

/* Characters whose mapping is younger than the library: U+1E9E was ss, the others had none. */
static bool is_remapped(uint32_t cp)
{
	return cp == 0x4c0 || (cp >= 0x10a0 && cp <= 0x10cd) || cp == 0x115f || cp == 0x1e9e ||
	       cp == 0x2f868 || cp == 0x2f874 || cp == 0x2f91f || cp == 0x2f95f || cp == 0x2f9bf;
}

enum departure {
	AS_UTS46,
	A_LABEL,    /* accepted: an ASCII name is taken as it is */
	ROOT_DOT,   /* accepted: the dot of the root is dropped */
	HYPHENS,    /* accepted: two hyphens in the third and fourth place */
	BIDI,       /* accepted: the Bidi rule is broken */
	DISALLOWED, /* refused: a character that IDNA2008 has not */
	NEW,        /* refused: a character younger than the library */
	REMAPPED,   /* otherwise, or refused: a mapping younger than the library */
	DEPARTURES,
};

static enum departure accepted(const struct idna_case *c)
{
	if (utf8_is_ascii(buf_str(&c->source)) &&
	    str_find_nocase(buf_str(&c->source), STR("xn--"), 0) >= 0)
		return A_LABEL;
	if (str_eq(c->status, STR("[A4_2]")) && str_ends(buf_str(&c->ascii), STR(".")))
		return ROOT_DOT;
	if (str_eq(c->status, STR("[V2]")))
		return HYPHENS;
	return only(c->status, "B") ? BIDI : DEPARTURES;
}

static enum departure refused(const struct idna_case *c)
{
	if (has(buf_str(&c->unicode), is_disallowed))
		return DISALLOWED;
	if (has(buf_str(&c->unicode), is_new))
		return NEW;
	return has(buf_str(&c->source), is_remapped) ? REMAPPED : DEPARTURES;
}

static enum departure to_ascii(const struct idna_case *c)
{
	BUF_AUTO got = BUF_INIT(DOMAIN_MAX);
	bool ok = domain_ascii(buf_str(&c->source), &got);
	bool want = str_eq(c->status, STR("[]"));

	if (ok != want)
		return ok ? accepted(c) : refused(c);
	if (!ok || str_eq(buf_str(&got), buf_str(&c->ascii)))
		return AS_UTS46;
	return has(buf_str(&c->source), is_remapped) ? REMAPPED : DEPARTURES;
}

/* What is shown leads back to the name; and is as UTS #46 has it where ToASCII was. */
static bool to_unicode(const struct idna_case *c, enum departure d)
{
	BUF_AUTO got = BUF_INIT(4 * DOMAIN_MAX);
	struct str s = buf_str(&c->source);

	if (!domain_unicode(s, &got))
		return d == AS_UTS46 ? !str_eq(c->status, STR("[]")) : d >= DISALLOWED;
	if (!domain_eq(s, buf_str(&got)))
		return false;
	return d != AS_UTS46 || str_eq(buf_str(&got), buf_str(&c->unicode)) ||
	       has(buf_str(&c->unicode), is_disallowed) || has(buf_str(&c->unicode), is_new);
}

static void uts46(void **state)
{
	static const struct {
		const char *name;
		size_t n;
	} want[DEPARTURES] = {
		[AS_UTS46] = {"as UTS #46 has it", 4299},
		[A_LABEL] = {"A-labels that are not tested", 1906},
		[ROOT_DOT] = {"the dot of the root", 37},
		[HYPHENS] = {"hyphens", 7},
		[BIDI] = {"the Bidi rule", 37},
		[DISALLOWED] = {"characters that IDNA2008 has not", 75},
		[NEW] = {"new characters", 2},
		[REMAPPED] = {"new mappings", 28},
	};
	size_t n[DEPARTURES] = {0};
	BUF_AUTO file = BUF_INIT(1 << 20);
	struct idna_case c = {
		.source = BUF_INIT(4096), .unicode = BUF_INIT(4096), .ascii = BUF_INIT(4096)};
	struct str rest, line;
	bool failed = false;

	test_data_read("test/data/idna/IdnaTestV2.txt", &file);
	for (rest = buf_str(&file); rest.n;) {
		(void)str_cut(rest, '\n', &line, &rest);
		if (!case_read(line, &c))
			continue;
		enum departure d = to_ascii(&c);

		if (d == DEPARTURES || !to_unicode(&c, d)) {
			print_error("%.*s\n", STR_ARG(c.line));
			failed = true;
		} else {
			print_message("%s: %.*s\n", want[d].name, STR_ARG(c.line));
			n[d]++;
		}
	}
	for (size_t i = 0; i < DEPARTURES; i++)
		if (n[i] != want[i].n) {
			print_error("%s: %zu, not %zu\n", want[i].name, n[i], want[i].n);
			failed = true;
		}
	buf_fini(&c.source);
	buf_fini(&c.unicode);
	buf_fini(&c.ascii);
	assert_false(failed);
}

/* The string behind a key of the line of an object in JSON, or of the next such line. */
static bool json_next(struct str *rest, struct str key, struct buf *ret)
{
	ssize_t at = str_find(*rest, key, 0);

	if (at < 0)
		return false;
	*rest = str_from(*rest, (size_t)at + key.n);
	struct str line, value;

	(void)str_cut(*rest, '\n', &line, &value);
	size_t from = (size_t)str_chr(line, '"') + 1;

	buf_clear(ret);
	unescape_json(str_sub(line, from, (size_t)str_rchr(line, '"')), ret);
	return true;
}

/* Each string that could be a label of a name goes both ways. */
static void punycode(void **state)
{
	BUF_AUTO file = BUF_INIT(1 << 20);
	BUF_AUTO decoded = BUF_INIT(4096);
	BUF_AUTO encoded = BUF_INIT(4096);
	struct str rest;
	size_t labels = 0, n = 0;

	test_data_read("test/data/idna/punycode_tests.json", &file);
	rest = buf_str(&file);
	for (; json_next(&rest, STR("\"decoded\":"), &decoded); n++) {
		BUF_AUTO a_label = BUF_INIT(300);
		BUF_AUTO got = BUF_INIT(300);

		assert_true(json_next(&rest, STR("\"encoded\":"), &encoded));
		buf_strs(&a_label, STR("xn--"), buf_str(&encoded));
		if (!domain_ascii(buf_str(&decoded), &got) ||
		    !str_eq(buf_str(&got), buf_str(&a_label)))
			continue;
		buf_clear(&got);
		assert_true(domain_unicode(buf_str(&a_label), &got));
		assert_str("U-label", buf_str(&got), buf_str(&decoded));
		print_message("%.*s\n", STR_ARG(buf_str(&a_label)));
		labels++;
	}
	assert_int_equal(n, 25);
	assert_int_equal(labels, 11);
}

/* More than a label can be: no overflow, and refused. */
static void punycode_bad(void **state)
{
	BUF_AUTO file = BUF_INIT(1 << 20);
	BUF_AUTO decoded = BUF_INIT(1 << 16);
	BUF_AUTO got = BUF_INIT(300);
	struct str rest;

	test_data_read("test/data/idna/bad_punycode_tests.json", &file);
	rest = buf_str(&file);
	assert_true(json_next(&rest, STR("\"decoded\":"), &decoded));
	assert_true(decoded.n > 8000);
	assert_false(domain_ascii(buf_str(&decoded), &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uts46),
		cmocka_unit_test(punycode),
		cmocka_unit_test(punycode_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
