#include "base/utf8.h"

#include <assert.h>

/* How a character may begin: RFC 3629 §4, a row for each alternative of UTF8-2, -3 and -4. The
 * second byte's range excludes overlong forms, surrogates and what lies above U+10FFFF. */
static const struct lead {
	unsigned char from, to, len, second_from, second_to;
} leads[] = {
	{0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
	{0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
	{0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static const struct lead *lead_find(unsigned char c)
{
	for (size_t i = 0; i < ARRAY_LEN(leads); i++)
		if (c >= leads[i].from && c <= leads[i].to)
			return &leads[i];
	return NULL;
}

/* The code point, or -1 with the number of bytes that could have begun one (at least 1). */
static int32_t decode(struct str s, size_t at, size_t *ret_n)
{
	const unsigned char *p = (const unsigned char *)s.p + at;
	size_t left = s.n - at;

	*ret_n = 1;
	if (p[0] < 0x80)
		return p[0];
	const struct lead *l = lead_find(p[0]);

	if (!l || left < 2 || p[1] < l->second_from || p[1] > l->second_to)
		return -1;
	uint32_t cp = p[0] & (0x7fu >> l->len);

	cp = cp << 6 | (p[1] & 0x3f);
	for (*ret_n = 2; *ret_n < l->len; ++*ret_n) {
		if (*ret_n >= left || (p[*ret_n] & 0xc0) != 0x80)
			return -1;
		cp = cp << 6 | (p[*ret_n] & 0x3f);
	}
	return (int32_t)cp;
}

size_t utf8_decode(struct str s, size_t at, uint32_t *ret_cp)
{
	size_t n;

	if (at >= s.n)
		return 0;
	int32_t cp = decode(s, at, &n);

	if (cp < 0)
		return 0;
	*ret_cp = (uint32_t)cp;
	return n;
}

size_t utf8_decode_lossy(struct str s, size_t at, uint32_t *ret_cp)
{
	size_t n;

	if (at >= s.n)
		return 0;
	int32_t cp = decode(s, at, &n);

	*ret_cp = cp < 0 ? UTF8_REPLACEMENT : (uint32_t)cp;
	return n;
}

size_t utf8_encode(uint32_t cp, char ret[4])
{
	assert(cp <= UTF8_LAST && (cp < 0xd800 || cp > 0xdfff));
	if (cp < 0x80) {
		ret[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		ret[0] = (char)(0xc0 | cp >> 6);
		ret[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		ret[0] = (char)(0xe0 | cp >> 12);
		ret[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		ret[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	ret[0] = (char)(0xf0 | cp >> 18);
	ret[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	ret[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	ret[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

void buf_utf8(struct buf *b, uint32_t cp)
{
	char t[4];

	buf_add(b, t, utf8_encode(cp, t));
}

size_t utf8_ascii_run(struct str s, size_t at)
{
	size_t i = at;

	for (; i + 8 <= s.n; i += 8) {
		uint64_t w;

		memcpy(&w, s.p + i, 8);
		if (w & 0x8080808080808080u)
			break;
	}
	while (i < s.n && (unsigned char)s.p[i] < 0x80)
		i++;
	return i - at;
}

bool utf8_is_ascii(struct str s)
{
	return utf8_ascii_run(s, 0) == s.n;
}

/* The length of the prefix of s, from `at`, that is UTF-8. */
static size_t valid_run(struct str s, size_t at)
{
	size_t i = at, n;

	while (i < s.n) {
		if ((unsigned char)s.p[i] < 0x80)
			i++;
		else if (decode(s, i, &n) >= 0)
			i += n;
		else
			break;
	}
	return i - at;
}

bool utf8_valid(struct str s)
{
	return valid_run(s, 0) == s.n;
}

struct str utf8_cut(struct str s, size_t max)
{
	if (s.n <= max)
		return s;
	size_t n = max;

	while (n > 0 && max - n < 3 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	/* Bytes that are no UTF-8 are cut anywhere. */
	return str_sub(s, 0, ((unsigned char)s.p[n] & 0xc0) == 0x80 ? max : n);
}

void buf_utf8_repair(struct buf *b, struct str s)
{
	size_t i = 0, n;

	while (i < s.n) {
		size_t run = valid_run(s, i);

		buf_add(b, s.p + i, run);
		i += run;
		if (i < s.n) {
			decode(s, i, &n);
			buf_utf8(b, UTF8_REPLACEMENT);
			i += n;
		}
	}
}
