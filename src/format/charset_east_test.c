#include "base/test.h"

#include "base/attr.h"
#include "format/charset.h"
#include <iconv.h>

/* Every sequence of one and of two bytes, and some of three and four, beside what glibc's iconv
 * makes of them. Where the two differ is named here. */

enum set { GB18030, BIG5, EUC_JP, SHIFT_JIS, EUC_KR, SETS };

static const struct {
	const char *name, *iconv;
} sets[SETS] = {
	[GB18030] = {"gb18030", "GB18030"}, [BIG5] = {"big5", "BIG5-HKSCS"},
	[EUC_JP] = {"euc-jp", "EUC-JP-MS"}, [SHIFT_JIS] = {"shift_jis", "CP932"},
	[EUC_KR] = {"euc-kr", "CP949"},
};

/* Who gives a sequence a meaning: both, but another one. */
enum who { BOTH, OURS, ICONV };

static const struct difference {
	enum set set;
	uint32_t from, to; /* some of these, which have as many bytes */
	enum who who;
	const char *why;
} differences[] = {
	/* clang-format off */
	{GB18030, 0x80, 0x80, OURS, "the euro of code page 936"},
	{GB18030, 0x8000, 0x8080, OURS, "the same, and another byte"},
	{GB18030, 0xa3a0, 0xa3a0, BOTH, "a space in GBK as it is found"},
	{GB18030, 0xfe51, 0xfe53, BOTH, "private use, where GB18030-2022 has nothing else either"},
	{GB18030, 0xfe6c, 0xfe6c, BOTH, "the same"},
	{GB18030, 0xfe76, 0xfe76, BOTH, "the same"},
	{GB18030, 0xfe91, 0xfe91, BOTH, "the same"},
	{GB18030, 0x82359037, 0x82359134, OURS, "a second form of a6d9 to fea0"},
	{GB18030, 0x84318236, 0x84318335, OURS, "the same"},
	{GB18030, 0x8431a437, 0x8431a437, ICONV, "U+FFFD itself"},
	{BIG5, 0x80, 0x80, ICONV, "nothing, if not a control character"},
	{BIG5, 0x8000, 0x8080, ICONV, "the same, and another byte"},
	{BIG5, 0x8e69, 0xa0e4, OURS, "dropped from HKSCS, since Big5 has it"},
	{BIG5, 0xa145, 0xa247, BOTH, "signs as in code page 950"},
	{BIG5, 0xa15a, 0xa240, OURS, "the same"},
	{BIG5, 0xa2cc, 0xa2ce, OURS, "the same"},
	{BIG5, 0xa3c0, 0xa3e1, OURS, "pictures of control characters, and the euro"},
	{BIG5, 0xc6cf, 0xc6df, OURS, "dropped from HKSCS, since Big5 has it"},
	{BIG5, 0xfa5f, 0xfedd, OURS, "the same"},
	{EUC_JP, 0x80, 0x9f, ICONV, "nothing, if not control characters"},
	{EUC_JP, 0x8000, 0x9fff, ICONV, "the same, and another byte"},
	{EUC_JP, 0xf5a1, 0xfefe, ICONV, "private use"},
	{EUC_JP, 0xf9a1, 0xfcfe, BOTH, "NEC's selection of IBM's characters, not private use"},
	{EUC_JP, 0x8fa2c3, 0x8fa2c3, BOTH, "the broken bar, not its full width"},
	{EUC_JP, 0x8ff3f3, 0x8ff4fe, ICONV, "IBM's characters outside of JIS X 0212"},
	{EUC_JP, 0x8ff5a1, 0x8ffefe, ICONV, "private use"},
	{SHIFT_JIS, 0x80, 0x80, OURS, "a control character"},
	{SHIFT_JIS, 0x8000, 0x80df, OURS, "the same, and another byte"},
	{SHIFT_JIS, 0xa180, 0xdf80, OURS, "the same behind a half-width character"},
	/* clang-format on */
};

static bool is_used[ARRAY_LEN(differences)];

struct comparison {
	enum set set;
	iconv_t oracle;
};

/* The sequence as UTF-8; empty if it means nothing. */
static void oracle_read(iconv_t cd, struct str s, struct buf *ret)
{
	char out[32], *in = (char *)(uintptr_t)s.p, *to = out;
	size_t left = s.n, room = sizeof(out);

	buf_clear(ret);
	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &in, &left, &to, &room) == (size_t)-1)
		return;
	iconv(cd, NULL, NULL, &to, &room);
	buf_add(ret, out, (size_t)(to - out));
}

/* The same of ours, before a full stop, which must stay as any ASCII behind a lead byte must. */
static void ours_read(enum set set, struct str s, struct buf *ret)
{
	struct charset_decoder d;

	buf_clear(ret);
	charset_decoder_init(&d, charset_find(str_z(sets[set].name)));
	charset_decode(&d, s, false, ret);
	charset_decode(&d, STR("."), true, ret);
	assert_true(ret->n > 0 && ret->p[--ret->n] == '.');
	if (str_find(buf_str(ret), STR("\ufffd"), 0) < 0)
		return;
	assert_true(s.p[s.n - 1] < 0 || s.n == 4 || ret->p[ret->n - 1] == s.p[s.n - 1]);
	buf_clear(ret);
}

static bool is_named(enum set set, uint32_t code, enum who who)
{
	for (size_t i = 0; i < ARRAY_LEN(differences); i++) {
		const struct difference *d = &differences[i];

		if (d->set == set && d->who == who && code >= d->from && code <= d->to)
			return is_used[i] = true;
	}
	return false;
}

/* n bytes, of which the first is code's highest. */
static void compare(const struct comparison *c, uint32_t code, size_t n)
{
	char bytes[4];
	BUF_AUTO want = BUF_INIT(64), got = BUF_INIT(64);

	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)(code >> 8 * (n - 1 - i));
	oracle_read(c->oracle, str_of(bytes, n), &want);
	ours_read(c->set, str_of(bytes, n), &got);
	enum who who = !want.n ? OURS : !got.n ? ICONV : BOTH;

	if (!str_eq(buf_str(&want), buf_str(&got)) && !is_named(c->set, code, who))
		fail_msg("%s %x: \"%.*s\", but \"%.*s\"", sets[c->set].name, code,
			 STR_ARG(buf_str(&got)), STR_ARG(buf_str(&want)));
}

static void compare_set(enum set set)
{
	struct comparison c = {set, iconv_open("UTF-8", sets[set].iconv)};

	assert_true(c.oracle != (iconv_t)-1);
	for (uint32_t code = 0; code < 0x100; code++)
		compare(&c, code, 1);
	for (uint32_t code = 0x8000; code < 0x10000; code++)
		compare(&c, code, 2);
	for (uint32_t code = 0x8f8080; set == EUC_JP && code < 0x900000; code++)
		compare(&c, code, 3);
	/* All four-byte pointers of the first plane, and every 37th of what is beyond. */
	for (uint32_t p = 0; set == GB18030 && p < 126 * 12600; p += p < 39500 ? 1 : 37)
		compare(&c,
			0x81308130 + (p / 12600 << 24) + (p / 1260 % 10 << 16) +
				(p / 10 % 126 << 8) + p % 10,
			4);
	iconv_close(c.oracle);
}

static void as_iconv(void **state)
{
	(void)state;
	for (enum set set = 0; set < SETS; set++)
		compare_set(set);
	for (size_t i = 0; i < ARRAY_LEN(differences); i++)
		if (!is_used[i])
			fail_msg("%s does not differ: %s", sets[differences[i].set].name,
				 differences[i].why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_iconv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
